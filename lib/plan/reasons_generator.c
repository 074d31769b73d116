// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/reasons.h"

struct reason reason_of_generator(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_generator *g = &l->m->p->generators[i];
    double power_w = look_power(l, asset)[k];
    if (power_w < REASON_NEAR_W)
        return (struct reason){.kind = REASON_NONE, .price_per_kwh = look_price(l, g->bus, k)};
    struct reason r = look_outside(l, g->bus, k);
    if (r.kind == REASON_NONE)
        r.kind = power_w >= g->max_power_w - REASON_NEAR_W ? REASON_POWER_LIMIT : REASON_PRICE;
    return r;
}
