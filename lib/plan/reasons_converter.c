// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/limits.h"
#include "plan/reasons.h"

static bool is_wanted(const struct plan_problem *p, int bus, size_t k)
{
    for (size_t i = 0; i < p->n_loads; i++)
        if (p->loads[i].bus == bus && plan_demand_w(p, &p->loads[i], k) > REASON_NEAR_W)
            return true;
    return false;
}

struct reason reason_of_converter(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_converter *c = &l->m->p->converters[i];
    double drawn_w = -look_power(l, asset)[k];
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = look_price(l, c->from, k)};
    if (!c->available || drawn_w < REASON_NEAR_W)
        return r;
    double loss = r.price_per_kwh - c->cop[k] * look_price(l, c->to, k);
    if (look_is_much(l, loss) && drawn_w <= c->min_power_w + REASON_NEAR_W)
        r.kind = REASON_MIN_POWER;
    else if (drawn_w >= c->max_power_w - REASON_NEAR_W)
        r.kind = REASON_POWER_LIMIT;
    else
        r.kind = is_wanted(l->m->p, c->to, k) ? REASON_HEAT : REASON_PRICE;
    return r;
}
