// SPDX-License-Identifier: GPL-3.0-or-later
// PV, loads and ties.
#include <math.h>

#include "plan/limits.h"
#include "plan/reasons.h"

struct reason reason_of_pv(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_pv *v = &l->m->p->pvs[i];
    struct reason none = {.kind = REASON_NONE, .price_per_kwh = look_price(l, v->bus, k)};
    if (look_power(l, asset)[k] >= v->available_w[k] - REASON_NEAR_W)
        return none;
    struct reason r = look_outside(l, v->bus, k);
    if (r.kind == REASON_NONE)
        r.kind = r.price_per_kwh < 0 ? REASON_PRICE : REASON_SURPLUS;
    return r;
}

struct reason reason_of_load(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_load *load = &l->m->p->loads[i];
    struct reason r = look_outside(l, load->bus, k);
    if (-look_power(l, asset)[k] < plan_demand_w(l->m->p, load, k) - REASON_NEAR_W) {
        r.kind = REASON_SHORTAGE;
        return r;
    }
    return (struct reason){.kind = REASON_NONE, .price_per_kwh = r.price_per_kwh};
}

struct reason reason_of_tie(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_tie *t = &l->m->p->ties[i];
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = look_price(l, t->to, k)};
    if (look_tie_is_full(l, i, k))
        r.kind = REASON_TIE_LIMIT;
    else if (t->available && fabs(look_power(l, asset)[k]) > REASON_NEAR_W)
        r.kind = REASON_PRICE;
    return r;
}
