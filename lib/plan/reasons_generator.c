// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "plan/limits.h"
#include "plan/reasons.h"

static bool row_is_worth(const struct look *l, int row)
{
    return row >= 0 && look_is_much(l, fabs(l->solution->row_dual[l->m->rows.lp[row]]));
}

// What running earns per electric kWh beside its fuel, without the heat.
static double margin(const struct look *l, const struct plan_generator *g, size_t k)
{
    double co2_price = l->s->co2_price_per_kg - l->m->p->co2_price_per_kg;
    return look_price(l, g->bus, k) - plan_generator_cost_per_kwh(l->m->p, g) - co2_price * g->co2_kg_per_kwh;
}

static enum reason_kind running_reason(const struct look *l, size_t i, double power_w, size_t k)
{
    const struct plan_generator *g = &l->m->p->generators[i];
    const struct model_generator *c = &l->m->generators[i];
    double loss = -margin(l, g, k), heat = g->heat_bus >= 0 ? g->heat_ratio * look_price(l, g->heat_bus, k) : 0;
    if (c->ramp_row >= 0 && row_is_worth(l, c->ramp_row + (int)k))
        return REASON_RAMP;
    if (look_is_much(l, loss) && look_is_much(l, heat) && !look_is_much(l, loss - heat))
        return REASON_HEAT;
    if (look_is_much(l, loss - heat) && power_w <= g->min_power_w + REASON_NEAR_W)
        return REASON_MIN_POWER;
    return REASON_NONE;
}

struct reason reason_of_generator(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_generator *g = &l->m->p->generators[i];
    double power_w = look_power(l, asset)[k];
    bool ends = row_is_worth(l, l->m->generators[i].fuel_row);
    struct reason r = {.price_per_kwh = look_price(l, g->bus, k)};
    if (!g->available || power_w < REASON_NEAR_W) {
        r.kind = g->available && ends && look_is_much(l, margin(l, g, k)) ? REASON_FUEL : REASON_NONE;
        return r;
    }
    r.kind = running_reason(l, i, power_w, k);
    if (r.kind != REASON_NONE)
        return r;
    r = look_outside(l, g->bus, k);
    bool away = r.kind == REASON_OUTAGE, free = r.kind == REASON_NONE || away;
    if (free && power_w >= plan_generator_most_w(g, k) - REASON_NEAR_W)
        r = (struct reason){.kind = REASON_POWER_LIMIT, .price_per_kwh = r.price_per_kwh};
    else if (free && ends)
        r = (struct reason){.kind = REASON_FUEL, .price_per_kwh = r.price_per_kwh};
    else if (r.kind == REASON_NONE)
        r.kind = REASON_PRICE;
    return r;
}
