// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections: which of their limits bind, and what that means for the assets near them.
#include <math.h>
#include <string.h>

#include "plan/limits.h"
#include "plan/reasons.h"
#include "plan/steps.h"

static enum reason_kind import_kind(const struct plan_grid *g, size_t k)
{
    return g->dr_import_limit_w[k] < g->import_limit_w ? REASON_DR_LIMIT : REASON_IMPORT_LIMIT;
}

static enum reason_kind export_kind(const struct plan_grid *g, size_t k)
{
    return g->dr_export_limit_w[k] < g->export_limit_w ? REASON_DR_LIMIT : REASON_EXPORT_LIMIT;
}

static enum reason_kind grid_binding(const struct look *l, size_t i, size_t k)
{
    const struct plan_grid *g = &l->m->p->grids[i];
    const struct model_grid *c = &l->m->grids[i];
    double power_w = look_power(l, i)[k];
    double import_w = plan_import_limit_w(g, k), export_w = plan_export_limit_w(g, k);
    bool imports_all = power_w >= import_w - REASON_NEAR_W, exports_all = -power_w >= export_w - REASON_NEAR_W;
    if (plan_is_away(g, k))
        return REASON_OUTAGE;
    if (power_w > import_w + REASON_NEAR_W || (imports_all && look_is_worth(l, c->import, k)))
        return import_kind(g, k);
    if (-power_w > export_w + REASON_NEAR_W || (exports_all && look_is_worth(l, c->export, k)))
        return export_kind(g, k);
    return REASON_NONE;
}

static bool row_is_worth(const struct look *l, int row)
{
    return look_is_much(l, fabs(l->solution->row_dual[l->m->rows.lp[row]]));
}

// What bounds changes over time, or pays for them.
static enum reason_kind grid_shaping(const struct look *l, size_t i, size_t k)
{
    const struct plan_grid *g = &l->m->p->grids[i];
    int ramp_row = l->m->grids[i].ramp_row;
    if (ramp_row >= 0 && row_is_worth(l, ramp_row + (int)k))
        return REASON_RAMP;
    bool earns = plan_incentive_per_kwh(g, k) > 0 && !l->m->forgoes[i * l->s->n_steps + k];
    return earns && look_power(l, i)[k] < g->dr_baseline_w[k] - REASON_NEAR_W ? REASON_DR_INCENTIVE : REASON_NONE;
}

// Marks the steps of the windows whose row binds: of the month's peak, of the contract power.
static void mark_windows(struct look *l, size_t i, int row, enum reason_kind kind)
{
    const struct plan_problem *p = l->m->p;
    int64_t at = p->start_utc_ms[0];
    struct demand_window w;
    for (; row >= 0 && demand_window_next(p, &p->grids[i], &at, &w); row++)
        for (size_t k = w.first; k <= w.last; k++) {
            unsigned char *binding = &l->grid[i * p->n_steps + k];
            if (*binding == REASON_NONE && row_is_worth(l, row) && look_power(l, i)[k] > REASON_NEAR_W)
                *binding = (unsigned char)kind;
        }
}

static bool area_exceeds(const struct look *l, size_t k)
{
    const struct plan_problem *p = l->m->p;
    double sum_w = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        sum_w += plan_is_electric(p, &p->grids[i]) ? look_power(l, i)[k] : 0;
    return sum_w > p->area_import_limit_w[k] + REASON_NEAR_W || -sum_w > p->area_export_limit_w[k] + REASON_NEAR_W;
}

static bool area_binds(const struct look *l, size_t k)
{
    int row = l->m->area_row[k];
    if (row < 0)
        return false;
    return area_exceeds(l, k) || look_is_much(l, fabs(l->solution->row_dual[l->m->rows.lp[row]]) / l->s->hours[k]);
}

// What binds the area binds each connection that has no nearer reason of its own.
static void mark_area(struct look *l)
{
    const struct plan_problem *p = l->m->p;
    for (size_t k = 0; k < p->n_steps; k++)
        for (size_t i = 0; i < p->n_grids && area_binds(l, k); i++) {
            size_t at = i * p->n_steps + k;
            if (l->grid[at] != REASON_NONE || !plan_is_electric(p, &p->grids[i]))
                continue;
            l->grid[at] = REASON_DR_LIMIT;
            l->area[at] = true;
        }
}

void reasons_mark_grids(struct look *l)
{
    for (size_t i = 0; i < l->s->n_grids; i++) {
        unsigned char *binding = l->grid + i * l->s->n_steps;
        for (size_t k = 0; k < l->s->n_steps; k++)
            binding[k] = (unsigned char)grid_binding(l, i, k);
    }
    mark_area(l);
    for (size_t i = 0; i < l->s->n_grids; i++) {
        unsigned char *binding = l->grid + i * l->s->n_steps;
        mark_windows(l, i, l->m->grids[i].contract_row, REASON_CONTRACT);
        mark_windows(l, i, l->m->grids[i].peak_row, REASON_PEAK);
        for (size_t k = 0; k < l->s->n_steps; k++)
            if (binding[k] == REASON_NONE)
                binding[k] = (unsigned char)grid_shaping(l, i, k);
    }
}

struct reason reason_of_grid(const struct look *l, size_t i, size_t asset, size_t k)
{
    enum reason_kind binding = l->grid[i * l->s->n_steps + k];
    struct reason r = {.kind = binding, .price_per_kwh = look_price(l, l->m->p->grids[i].bus, k)};
    if (l->area[i * l->s->n_steps + k])
        memcpy(r.asset, l->m->p->area, SITE_ID_MAX);
    if (binding == REASON_NONE && fabs(look_power(l, asset)[k]) > REASON_NEAR_W)
        r.kind = REASON_PRICE;
    return r;
}
