// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections: which of their limits bind, and what that means for the assets near them.
#include <math.h>
#include <string.h>

#include "plan/reasons.h"
#include "plan/steps.h"

static enum reason_kind grid_binding(const struct look *l, size_t i, size_t k)
{
    const struct plan_grid *g = &l->m->p->grids[i];
    const struct model_grid *c = &l->m->grids[i];
    double power_w = look_power(l, i)[k];
    bool imports_all = power_w >= g->import_limit_w - REASON_NEAR_W,
         exports_all = -power_w >= g->export_limit_w - REASON_NEAR_W;
    if (g->away)
        return REASON_IMPORT_LIMIT;
    if (power_w > g->import_limit_w + REASON_NEAR_W || (imports_all && look_is_worth(l, c->import, k)))
        return REASON_IMPORT_LIMIT;
    if (-power_w > g->export_limit_w + REASON_NEAR_W || (exports_all && look_is_worth(l, c->export, k)))
        return REASON_EXPORT_LIMIT;
    return REASON_NONE;
}

static void mark_peaks(struct look *l, size_t i)
{
    const struct plan_problem *p = l->m->p;
    int64_t at = p->start_utc_ms[0];
    struct demand_window w;
    int row = l->m->grids[i].peak_row;
    if (row < 0)
        return;
    for (; demand_window_next(p, &p->grids[i], &at, &w); row++)
        for (size_t k = w.first; k <= w.last; k++) {
            unsigned char *binding = &l->grid[i * p->n_steps + k];
            bool binds = look_is_much(l, -l->solution->row_dual[row]);
            if (binds && *binding == REASON_NONE && look_power(l, i)[k] > REASON_NEAR_W)
                *binding = REASON_PEAK;
        }
}

void reasons_mark_grids(struct look *l)
{
    for (size_t i = 0; i < l->s->n_grids; i++) {
        for (size_t k = 0; k < l->s->n_steps; k++)
            l->grid[i * l->s->n_steps + k] = (unsigned char)grid_binding(l, i, k);
        mark_peaks(l, i);
    }
}

struct reason reason_of_grid(const struct look *l, size_t i, size_t asset, size_t k)
{
    enum reason_kind binding = l->grid[i * l->s->n_steps + k];
    struct reason r = {.kind = binding, .price_per_kwh = look_price(l, l->m->p->grids[i].bus, k)};
    if (binding == REASON_NONE && fabs(look_power(l, asset)[k]) > REASON_NEAR_W)
        r.kind = REASON_PRICE;
    return r;
}
