// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections in the problem: limits, prices, emissions, peak and demand window.
#include "base/number.h"
#include "core/problem.h"
#include "core/slots.h"
#include "tariff/tariff.h"

enum { PRICE_SAMPLES = 4 };

// Long steps may hold a change of price. `of`: a grid connection, or a community.
static double mean_of(const struct engine *e, int of, const struct plan_problem *p, size_t k,
                      double (*at)(const struct engine *, int, int64_t))
{
    double sum = 0;
    int64_t from = p->start_utc_ms[k], length = problem_step_end_ms(p, k) - from;
    for (int i = 0; i < PRICE_SAMPLES; i++)
        sum += at(e, of, from + length * (2 * i + 1) / (2 * PRICE_SAMPLES));
    return sum / PRICE_SAMPLES;
}

static void fill_prices(const struct engine *e, int grid, struct plan_problem *p)
{
    struct plan_grid *g = &p->grids[grid];
    for (size_t k = 0; k < p->n_steps; k++) {
        g->import_price_per_kwh[k] = mean_of(e, grid, p, k, grid_import_price_per_kwh);
        g->export_price_per_kwh[k] = mean_of(e, grid, p, k, grid_export_price_per_kwh);
        g->co2_kg_per_kwh[k] = clamp(mean_of(e, grid, p, k, grid_co2_kg_per_kwh), 0, 1e3);
    }
}

// Within the slot that is under way the limit of each step is what is left of the slot's.
static void fill_demand_response(const struct engine *e, int grid, struct plan_problem *p, double kept,
                                 struct instant now)
{
    struct plan_grid *g = &p->grids[grid];
    for (size_t k = 0; k < p->n_steps; k++) {
        struct limit_in_force l = limits_within(e, grid, p->start_utc_ms[k], problem_step_end_ms(p, k));
        bool present = slots_are_present(e, problem_step_end_ms(p, k), now);
        if (l.import_limit_w < PLAN_NO_LIMIT_W)
            g->dr_import_limit_w[k] =
                present ? slots_import_limit_w(e, grid, l.import_limit_w * kept, g->import_limit_w, now)
                        : l.import_limit_w * kept;
        if (l.export_limit_w < PLAN_NO_LIMIT_W)
            g->dr_export_limit_w[k] =
                present ? slots_export_limit_w(e, grid, l.export_limit_w * kept, g->export_limit_w, now)
                        : l.export_limit_w * kept;
        g->dr_incentive_per_kwh[k] = clamp(l.incentive_per_kwh, 0, 1e6);
        g->dr_baseline_w[k] = l.baseline_w;
    }
}

static void fill_grid(const struct engine *e, int grid, struct plan_problem *p, struct instant now)
{
    const struct site_grid *site = &e->site->grids[grid];
    const struct grid_state *state = &e->grids[grid];
    struct plan_grid *g = &p->grids[grid];
    double kept = 1 - clamp(e->site->control.limit_margin_frac, 0, 1);
    g->import_limit_w = site->import_limit_w * kept;
    g->export_limit_w = site->export_limit_w * kept;
    if (site->contract_power_w > 0)
        g->contract_w = site->contract_power_w * kept;
    for (size_t k = 0; k < p->n_steps; k++)
        g->available[k] = grid_expected(e, grid, p->start_utc_ms[k], problem_step_end_ms(p, k), now.utc_ms) &&
                          !problem_is_away(e, grid, p->start_utc_ms[k], problem_step_end_ms(p, k), now.utc_ms);
    fill_prices(e, grid, p);
    fill_demand_response(e, grid, p, kept, now);
    g->peak_so_far_w = state->month_peak_w;
    const struct site_tariff *t = &e->site->tariffs[site->tariff];
    bool same = t->demand_window_s > 0 && state->window_start_utc_ms == demand_window_start_ms(t, now.utc_ms);
    g->window_elapsed_wh = same ? state->window_wh : 0;
    int asset = asset_of(e, ASSET_GRID, grid);
    g->power_before_w = asset_known(e, asset, now.mono_ms) ? e->assets[asset].good.v : 0;
}

static void fill_area_limits(const struct engine *e, struct plan_problem *p, struct instant now)
{
    double import_w, export_w, kept = 1 - clamp(e->site->control.limit_margin_frac, 0, 1);
    for (size_t k = 0; k < p->n_steps && area_is_shared(e); k++) {
        area_limits_within(e, p->start_utc_ms[k], problem_step_end_ms(p, k), &import_w, &export_w);
        bool present = slots_are_present(e, problem_step_end_ms(p, k), now);
        double most_w = PLAN_NO_LIMIT_W;
        if (import_w < most_w)
            p->area_import_limit_w[k] =
                present ? slots_import_limit_w(e, -1, import_w * kept, most_w, now) : import_w * kept;
        if (export_w < most_w)
            p->area_export_limit_w[k] =
                present ? slots_export_limit_w(e, -1, export_w * kept, most_w, now) : export_w * kept;
    }
}

void problem_fill_grids(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t g = 0; g < p->n_grids; g++)
        fill_grid(e, (int)g, p, now);
    fill_area_limits(e, p, now);
    for (size_t i = 0; i < p->n_communities; i++)
        for (size_t k = 0; k < p->n_steps; k++) {
            struct plan_community *c = &p->communities[i];
            c->import_price_per_kwh[k] = mean_of(e, (int)i, p, k, community_import_price_per_kwh);
            c->export_price_per_kwh[k] = mean_of(e, (int)i, p, k, community_export_price_per_kwh);
        }
}
