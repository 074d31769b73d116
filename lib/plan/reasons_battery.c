// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries and stores.
#include <math.h>

#include "plan/curve.h"
#include "plan/limits.h"
#include "plan/reasons.h"

static const double NEAR_WH = 1.0;

static enum reason_kind energy_reason(const struct look *l, size_t i, size_t k, double energy_wh)
{
    const struct plan_battery *b = &l->m->p->batteries[i];
    double kept_wh = fmax(plan_reserve_wh(b, k), b->dr_wanted_wh[k]);
    if (energy_wh >= b->max_wh - NEAR_WH)
        return REASON_FULL;
    if (energy_wh <= fmax(b->min_wh, kept_wh) + NEAR_WH)
        return kept_wh > b->min_wh ? REASON_RESERVE : REASON_EMPTY;
    return REASON_NONE;
}

static double curve_limit_w(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_battery *b = &l->m->p->batteries[i];
    const struct envelope *e = &l->m->batteries[i].envelope;
    double energy_wh = l->s->assets[asset].energy_wh[k];
    if (look_power(l, asset)[k] < 0)
        return curve_power_w(&b->charge_curve, energy_wh - e->above_curve_wh[k]);
    return curve_power_w(&b->discharge_curve, energy_wh + e->below_curve_wh[k]);
}

// A battery at its own limit is not held back by a limit of the grid that would hold it back as well.
static bool opposes(enum reason_kind kind, double power_w)
{
    if (kind == REASON_EXPORT_LIMIT)
        return power_w > 0;
    return (kind == REASON_IMPORT_LIMIT || kind == REASON_PEAK) && power_w < 0;
}

struct reason reason_of_battery(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_battery *b = &l->m->p->batteries[i];
    double power_w = look_power(l, asset)[k];
    double limit_w = power_w < 0 ? plan_charge_limit_w(b, k) : plan_discharge_limit_w(b, k);
    enum reason_kind energy = energy_reason(l, i, k, l->s->assets[asset].energy_wh[k]);
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = look_price(l, b->bus, k)};
    if (!b->available)
        return r;
    if (fabs(power_w) > REASON_NEAR_W) {
        struct reason from_outside = look_outside(l, b->bus, k);
        bool is_at_limit = fabs(power_w) >= limit_w - REASON_NEAR_W;
        bool away = from_outside.kind == REASON_OUTAGE; // what is its own says more
        if (from_outside.kind != REASON_NONE && !away && !(is_at_limit && opposes(from_outside.kind, power_w)))
            return from_outside;
        if (is_at_limit)
            r.kind = REASON_POWER_LIMIT;
        else if (fabs(power_w) >= curve_limit_w(l, i, asset, k) - REASON_NEAR_W)
            r.kind = REASON_CURVE;
        else if (energy != REASON_NONE && (energy == REASON_FULL) == (power_w < 0))
            r.kind = energy;
        else if (power_w < 0 && look_has_surplus(l, k))
            r.kind = REASON_SURPLUS;
        else if (away)
            r = from_outside;
        else
            r.kind = REASON_PRICE;
        return r;
    }
    r.kind = energy;
    return r;
}
