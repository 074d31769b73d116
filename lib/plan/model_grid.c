// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections: import, export, what goes beyond the contract, and the demand charge.
#include "plan/limits.h"
#include "plan/model.h"
#include "plan/steps.h"

// A peak that is forecast for later may not come, one that is set now stands for the month: a plan that takes the later
// one for granted would fill storages in the night, or let the morning go, up to it. So growth within each of these
// spans from now costs this share of the charge on top, as if that were how likely the later peak is to stay away. It
// decides where the money is about the same, and is not part of it.
static const struct {
    const char *family;
    double until_h;
} SOONER[] = {{"peak_1h", 1}, {"peak_3h", 3}, {"peak_8h", 8}, {"peak_16h", 16}};
static const double SOONER_SHARE = 0.03;

enum { N_SOONER = sizeof SOONER / sizeof *SOONER };

// Within a window only the average is charged. Without this a plan would rest for half of it and make up for that at
// full power in the other; above the other tie breaks, far below any price.
static const double UNSTEADY = 1e-3; // per kWh above the peak, in units of the largest price

static void add_flow(struct model *m, const struct plan_grid *g, int column, size_t k, double sign, double upper_kw,
                     double price)
{
    double h = m->p->hours[k];
    if (sign > 0)
        model_emit(m, column, g->co2_kg_per_kwh[k] * h);
    model_bound(m, column, 0, plan_is_away(g, k) ? 0 : upper_kw);
    model_cost(m, column, sign * price * h, sign < 0 ? EXPORT_TIE_BREAK * m->price_unit * h : 0);
    model_entry(m, model_balance(m, g->bus, k), column, sign);
}

// Import below the baseline is worth the incentive, import above it is not dearer for that: no straight line. Taken for
// one all the way, it is exact where import ends up below the baseline; where it does not, the step forgoes it.
static double import_price(const struct model *m, const struct plan_grid *g, size_t k, const signed char *forgoes)
{
    return plan_import_cost_per_kwh(m->p, g, k) + (forgoes[k] ? 0 : plan_incentive_per_kwh(g, k));
}

static void add_within_limits(struct model *m, const struct plan_grid *g, const struct model_grid *c,
                              const signed char *sign, const signed char *forgoes)
{
    for (size_t k = 0; k < m->p->n_steps; k++) {
        double import_kw = sign[k] < 0 ? 0 : plan_import_limit_w(g, k) / KILO;
        double export_kw = sign[k] > 0 ? 0 : plan_export_limit_w(g, k) / KILO;
        add_flow(m, g, c->import + (int)k, k, 1, import_kw, import_price(m, g, k, forgoes));
        add_flow(m, g, c->export + (int)k, k, -1, export_kw, g->export_price_per_kwh[k]);
    }
}

static void add_beyond_limits(struct model *m, const struct plan_grid *g, const struct model_grid *c,
                              const signed char *sign, const signed char *forgoes)
{
    for (size_t k = 0; k < m->p->n_steps; k++) {
        double h = m->p->hours[k];
        add_flow(m, g, c->import_over + (int)k, k, 1, sign[k] < 0 ? 0 : LP_INFINITY, import_price(m, g, k, forgoes));
        add_flow(m, g, c->export_over + (int)k, k, -1, sign[k] > 0 ? 0 : LP_INFINITY, g->export_price_per_kwh[k]);
        model_penalise(m, c->import_over + (int)k, OBJECTIVE_LIMITS, h, h);
        model_penalise(m, c->export_over + (int)k, OBJECTIVE_LIMITS, h, h);
    }
}

// Columns of the growth until then, each no larger than the next, the last of them the month's.
static void add_sooner(struct model *m, const struct plan_grid *g, size_t i, int peak, int *ret_columns)
{
    int row = model_rows(m, "sooner", i, g->id, N_SOONER);
    for (int n = N_SOONER - 1; n >= 0 && m->error == 0; n--) {
        ret_columns[n] = model_columns(m, SOONER[n].family, i, g->id, 1);
        model_bound(m, ret_columns[n], 0, LP_INFINITY);
        model_cost(m, ret_columns[n], 0, SOONER_SHARE * g->demand_charge_per_kw);
        model_entry(m, row + n, ret_columns[n], 1);
        model_entry(m, row + n, n + 1 < N_SOONER ? ret_columns[n + 1] : peak, -1);
        model_row_is(m, row + n, -LP_INFINITY, 0);
    }
}

static int growth_column(const struct plan_problem *p, const struct demand_window *w, const int *sooner, int peak)
{
    double in_h = (double)(w->start_utc_ms - p->start_utc_ms[0]) / 3600e3;
    for (int n = 0; n < N_SOONER; n++)
        if (in_h < SOONER[n].until_h)
            return sooner[n];
    return peak;
}

// Average of each window <= peak so far + peak; the column is what the month's peak grows by.
static void add_peak(struct model *m, const struct plan_grid *g, size_t i, struct model_grid *c)
{
    const struct plan_problem *p = m->p;
    double window_h = g->demand_window_s / 3600.0;
    c->peak = model_columns(m, "peak", i, g->id, 1);
    c->peak_row = model_window_rows(m, "window", i);
    model_bound(m, c->peak, 0, LP_INFINITY);
    model_cost(m, c->peak, g->demand_charge_per_kw, 0);
    int sooner[N_SOONER];
    add_sooner(m, g, i, c->peak, sooner);
    int64_t at = p->start_utc_ms[0];
    struct demand_window w;
    for (int row = c->peak_row; m->error == 0 && demand_window_next(p, g, &at, &w); row++) {
        model_entry(m, row, growth_column(p, &w, sooner, c->peak), -1);
        model_window_average(m, i, &w, row);
        model_row_is(m, row, -LP_INFINITY, (g->peak_so_far_w - w.elapsed_wh / window_h) / KILO);
    }
}

static size_t count_within_windows(const struct plan_problem *p, const struct plan_grid *g)
{
    size_t n = 0;
    while (n < p->n_steps && p->hours[n] < 0.9 * g->demand_window_s / 3600.0)
        n++;
    return n;
}

// Import of each step that is shorter than a window <= peak so far + peak + above.
static void add_steadiness(struct model *m, const struct plan_grid *g, size_t i, const struct model_grid *c)
{
    size_t n = count_within_windows(m->p, g);
    int above = model_columns(m, "unsteady", i, g->id, n), row = model_rows(m, "steady", i, g->id, n);
    for (size_t j = 0; j < n && m->error == 0; j++) {
        int k = (int)j;
        model_bound(m, above + k, 0, LP_INFINITY);
        model_cost(m, above + k, 0, UNSTEADY * m->price_unit * m->p->hours[j]);
        model_entry(m, row + k, c->import + k, 1);
        if (c->import_over >= 0)
            model_entry(m, row + k, c->import_over + k, 1);
        model_entry(m, row + k, c->peak, -1);
        model_entry(m, row + k, above + k, -1);
        model_row_is(m, row + k, -LP_INFINITY, g->peak_so_far_w / KILO);
    }
}

static void add_further_limits(struct model *m, const struct plan_grid *g, size_t i, struct model_grid *c)
{
    if (g->demand_charge_per_kw > 0 && g->demand_window_s > 0) {
        add_peak(m, g, i, c);
        add_steadiness(m, g, i, c);
    }
    if (plan_has_contract(g) && m->error == 0)
        model_add_contract(m, i);
    if (g->ramp_w_per_s > 0 && m->error == 0)
        model_add_grid_ramp(m, i);
}

void model_add_grid(struct model *m, size_t i, const signed char *sign, const signed char *forgoes)
{
    const struct plan_grid *g = &m->p->grids[i];
    struct model_grid *c = &m->grids[i];
    *c = (struct model_grid){.import_over = -1,
                             .export_over = -1,
                             .peak = -1,
                             .peak_row = -1,
                             .contract_over = -1,
                             .contract_row = -1,
                             .ramp_row = -1};
    c->import = model_columns(m, "import", i, g->id, m->p->n_steps);
    c->export = model_columns(m, "export", i, g->id, m->p->n_steps);
    if (m->error < 0)
        return;
    add_within_limits(m, g, c, sign, forgoes);
    if (m->with_slack) {
        c->import_over = model_columns(m, "import_over", i, g->id, m->p->n_steps);
        c->export_over = model_columns(m, "export_over", i, g->id, m->p->n_steps);
        if (m->error == 0)
            add_beyond_limits(m, g, c, sign, forgoes);
    }
    add_further_limits(m, g, i, c);
    m->money_constant += g->demand_charge_per_kw * g->peak_so_far_w / KILO;
}
