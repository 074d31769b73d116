// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections: contract power of a demand window, and how fast the flow may change.
#include "plan/limits.h"
#include "plan/model.h"
#include "plan/steps.h"

static size_t count_windows(const struct plan_problem *p, const struct plan_grid *g)
{
    int64_t at = p->start_utc_ms[0];
    struct demand_window w;
    size_t n = 0;
    while (demand_window_next(p, g, &at, &w))
        n++;
    return n;
}

int model_window_rows(struct model *m, const char *family, size_t i)
{
    const struct plan_grid *g = &m->p->grids[i];
    int64_t at = m->p->start_utc_ms[0];
    struct demand_window w;
    int first = model_rows(m, family, i, g->id, count_windows(m->p, g));
    for (int row = first; m->error == 0 && demand_window_next(m->p, g, &at, &w); row++)
        model_place_row(m, row, family, g->id, plan_step_end_ms(m->p, w.last));
    return first;
}

void model_window_average(struct model *m, size_t i, const struct demand_window *w, int row)
{
    const struct plan_grid *g = &m->p->grids[i];
    const struct model_grid *c = &m->grids[i];
    for (size_t k = w->first; k <= w->last; k++) {
        double share = demand_window_overlap_h(m->p, g, w, k) * 3600 / g->demand_window_s;
        model_entry(m, row, c->import + (int)k, share);
        if (c->import_over >= 0)
            model_entry(m, row, c->import_over + (int)k, share);
    }
}

// Average of each window <= contract power; beyond it counts for as long as the windows last that the row stands for.
void model_add_contract(struct model *m, size_t i)
{
    const struct plan_grid *g = &m->p->grids[i];
    struct model_grid *c = &m->grids[i];
    struct demand_window w;
    int64_t at = m->p->start_utc_ms[0];
    c->contract_row = model_window_rows(m, "contract", i);
    c->contract_over = m->with_slack ? model_columns(m, "contract_over", i, g->id, count_windows(m->p, g)) : -1;
    for (int n = 0; m->error == 0 && demand_window_next(m->p, g, &at, &w); n++) {
        double elapsed_w = w.elapsed_wh * 3600 / g->demand_window_s, hours = (double)(at - w.start_utc_ms) / 3.6e6;
        model_window_average(m, i, &w, c->contract_row + n);
        bool away = demand_window_is_away(g, &w);
        model_row_is(m, c->contract_row + n, -LP_INFINITY, away ? LP_INFINITY : (g->contract_w - elapsed_w) / KILO);
        if (away || !m->with_slack)
            continue;
        model_bound(m, c->contract_over + n, 0, LP_INFINITY);
        model_penalise(m, c->contract_over + n, OBJECTIVE_LIMITS, hours, hours);
        model_entry(m, c->contract_row + n, c->contract_over + n, -1);
    }
}

static void add_flow(struct model *m, const struct model_grid *c, int row, size_t k, double sign)
{
    model_entry(m, row, c->import + (int)k, sign);
    model_entry(m, row, c->export + (int)k, -sign);
    if (c->import_over >= 0) {
        model_entry(m, row, c->import_over + (int)k, sign);
        model_entry(m, row, c->export_over + (int)k, -sign);
    }
}

static void add_ramp_slack(struct model *m, int column, int row, size_t k, double sign)
{
    model_bound(m, column, 0, LP_INFINITY);
    model_penalise(m, column, OBJECTIVE_LIMITS, m->p->hours[k], m->p->hours[k]);
    model_entry(m, row, column, sign);
}

// -ramp <= flow[k] - flow[k - 1] <= ramp
void model_add_grid_ramp(struct model *m, size_t i)
{
    const struct plan_grid *g = &m->p->grids[i];
    struct model_grid *c = &m->grids[i];
    size_t n = m->p->n_steps;
    c->ramp_row = model_rows(m, "grid_ramp", i, g->id, n);
    int up = m->with_slack ? model_columns(m, "rise_miss", i, g->id, n) : -1;
    int down = m->with_slack ? model_columns(m, "fall_miss", i, g->id, n) : -1;
    for (size_t j = 0; j < n && m->error == 0; j++) {
        int row = c->ramp_row + (int)j;
        double most_kw = plan_ramp_w(m->p, g->ramp_w_per_s, j) / KILO,
               before_kw = j == 0 ? g->power_before_w / KILO : 0;
        add_flow(m, c, row, j, 1);
        if (j > 0)
            add_flow(m, c, row, j - 1, -1);
        bool holds = plan_has_grid_ramp(g, j);
        model_row_is(m, row, holds ? before_kw - most_kw : -LP_INFINITY, holds ? before_kw + most_kw : LP_INFINITY);
        if (m->with_slack) {
            add_ramp_slack(m, up + (int)j, row, j, -1);
            add_ramp_slack(m, down + (int)j, row, j, 1);
        }
    }
}
