// SPDX-License-Identifier: GPL-3.0-or-later
// The dispatch problem as it stands now: prices, forecasts, states, limits.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"
#include "tariff/tariff.h"

enum { PRICE_SAMPLES = 4 };

static int64_t step_ms(const struct plan_problem *p, size_t k)
{
    return (int64_t)(p->hours[k] * 3600e3);
}

// Long steps may hold a change of price.
static double mean_price(const struct site *s, int tariff, const struct plan_problem *p, size_t k,
                         double (*price)(const struct site *, int, int64_t))
{
    double sum = 0;
    for (int i = 0; i < PRICE_SAMPLES; i++)
        sum += price(s, tariff, p->start_utc_ms[k] + step_ms(p, k) * (2 * i + 1) / (2 * PRICE_SAMPLES));
    return sum / PRICE_SAMPLES;
}

static void fill_grid(const struct engine *e, int grid, struct plan_problem *p, struct instant now)
{
    const struct site_grid *site = &e->site->grids[grid];
    const struct grid_state *state = &e->grids[grid];
    struct plan_grid *g = &p->grids[grid];
    double margin = clamp(e->site->control.limit_margin_frac, 0, 1);
    g->import_limit_w = site->import_limit_w * (1 - margin);
    g->export_limit_w = site->export_limit_w * (1 - margin);
    for (size_t k = 0; k < p->n_steps; k++) {
        g->import_price_per_kwh[k] = mean_price(e->site, site->tariff, p, k, tariff_import_price_per_kwh);
        g->export_price_per_kwh[k] = mean_price(e->site, site->tariff, p, k, tariff_export_price_per_kwh);
    }
    g->peak_so_far_w = state->month_peak_w;
    const struct site_tariff *t = &e->site->tariffs[site->tariff];
    bool same = t->demand_window_s > 0 && state->window_start_utc_ms == demand_window_start_ms(t, now.utc_ms);
    g->window_elapsed_wh = same ? state->window_wh : 0;
}

static void fill_forecasts(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t from = p->start_utc_ms[k], to = from + step_ms(p, k);
        for (size_t i = 0; i < p->n_loads; i++)
            p->loads[i].demand_w[k] = forecast_load_w(e->forecast, (int)i, now.utc_ms, from, to);
        for (size_t i = 0; i < p->n_pvs; i++)
            p->pvs[i].available_w[k] = forecast_pv_w(e->forecast, (int)i, now.utc_ms, from, to);
    }
}

// What is left at the end is worth what it costs to fill it again at the cheapest time, a little less so that nothing
// is bought only to be left over.
static double end_value(const struct engine *e, const struct plan_problem *p, int battery)
{
    const struct site_battery *b = &e->site->batteries[battery];
    int grid = first_grid_of_bus(e, b->bus);
    for (size_t t = 0; grid < 0 && t < e->site->n_ties; t++) {
        const struct site_tie *tie = &e->site->ties[t];
        if (tie->to == b->bus || tie->from == b->bus)
            grid = first_grid_of_bus(e, tie->to == b->bus ? tie->from : tie->to);
    }
    if (grid < 0)
        return 0;
    double lowest = INFINITY;
    for (size_t k = 0; k < p->n_steps; k++)
        lowest = fmin(lowest, plan_import_cost_per_kwh(p, &p->grids[grid], k));
    return isfinite(lowest) ? fmax(0.98 * lowest / b->charge_efficiency, 0) : 0;
}

static double held_w(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    if (asset_known(e, asset, now.mono_ms))
        return a->good.v;
    if (a->control >= 0 && e->site->devices[a->control].has_safe_power)
        return e->site->devices[a->control].safe_power_w;
    return 0;
}

// Before the first readings the trial solve still wants a problem: a battery then counts as half full.
static void fill_battery(struct engine *e, int battery, struct plan_problem *p, struct instant now)
{
    int asset = asset_of(e, ASSET_BATTERY, battery);
    struct asset_state *a = &e->assets[asset];
    const struct site_battery *site = &e->site->batteries[battery];
    struct plan_battery *b = &p->batteries[battery];
    bool seen = a->good_soc.quality == QUALITY_GOOD;
    double soc = seen ? a->good_soc.v : (site->soc_min_frac + site->soc_max_frac) / 2;
    b->energy_wh = clamp(soc, 0, 1) * site->capacity_wh;
    b->end_value_per_kwh = end_value(e, p, battery);
    bool reachable = a->reachable && !a->faulted && !a->obedience.unwilling && !a->manual.active;
    b->available = !e->received || (a->control >= 0 && reachable && soc_known(e, asset, now.mono_ms));
    b->held_power_w = a->manual.active ? a->manual.power_w : held_w(e, asset, now);
}

static void fill_generator(const struct engine *e, int generator, struct plan_problem *p)
{
    const struct site_generator *site = &e->site->generators[generator];
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_GENERATOR, generator)];
    struct plan_generator *g = &p->generators[generator];
    bool usable = a->control >= 0 && (!e->received || (a->reachable && !a->faulted && !a->obedience.unwilling));
    g->max_power_w = usable && !site->emergency ? site->max_power_w : 0;
}

static void fill_tie(const struct engine *e, int tie, struct plan_problem *p, struct instant now)
{
    int asset = asset_of(e, ASSET_TIE, tie);
    const struct asset_state *a = &e->assets[asset];
    bool usable = a->control >= 0 && a->reachable && !a->faulted && !a->obedience.unwilling && !a->manual.active;
    p->ties[tie].available = !e->received || usable;
    p->ties[tie].held_power_w = a->manual.active ? a->manual.power_w : held_w(e, asset, now);
}

static void fill_loads_and_pvs(const struct engine *e, struct plan_problem *p)
{
    // What no device can switch off is not planned to be shed or curtailed.
    for (size_t i = 0; i < p->n_pvs; i++)
        p->pvs[i].curtailable = e->site->pvs[i].curtailable && e->assets[asset_of(e, ASSET_PV, (int)i)].control >= 0;
}

int engine_make_problem(struct engine *e, struct instant now, struct plan_problem **ret_problem)
{
    struct plan_problem *p;
    int result = plan_problem_new(e->site, now.utc_ms, NULL, 0, &p);
    if (result < 0)
        return result;
    for (size_t g = 0; g < p->n_grids; g++)
        fill_grid(e, (int)g, p, now);
    fill_forecasts(e, p, now);
    fill_loads_and_pvs(e, p);
    for (size_t b = 0; b < p->n_batteries; b++)
        fill_battery(e, (int)b, p, now);
    for (size_t g = 0; g < p->n_generators; g++)
        fill_generator(e, (int)g, p);
    for (size_t t = 0; t < p->n_ties; t++)
        fill_tie(e, (int)t, p, now);
    *ret_problem = p;
    return 0;
}
