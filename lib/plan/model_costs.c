// SPDX-License-Identifier: GPL-3.0-or-later
// Costs that are not money: they choose between equal plans, and keep energy from running in circles.
#include <math.h>

#include "plan/model.h"

static const double TIE_BREAK = 1e-4; // per kWh, in units of the largest price

// Of equal times to charge the sooner is better: what is stored is stored, whatever the forecast was. Steeper than the
// other tie breaks for the next hours, and within the tolerance of prices for ever.
static const double LATE = 3e-4; // likewise, when it is far off
static const double LATE_H = 2;

double model_small_cost(const struct model *m, const char *id, size_t k)
{
    int64_t middle = m->p->start_utc_ms[k] + (int64_t)(m->p->hours[k] * 1.8e6);
    return TIE_BREAK * m->price_unit * model_tie_break(id, middle);
}

double model_late_cost(const struct model *m, size_t k)
{
    double from_now_h = (double)(m->p->start_utc_ms[k] - m->p->start_utc_ms[0]) / 3.6e6 + m->p->hours[k] / 2;
    return LATE * m->price_unit * -expm1(-from_now_h / LATE_H);
}

// A converter that gives less than it draws makes a negative price on its other side the deeper.
static double deepest_on(const struct model *m, int bus, size_t k)
{
    const struct plan_problem *p = m->p;
    double factor = 1;
    for (size_t i = 0; i < p->n_converters; i++)
        if (p->converters[i].to == bus)
            factor = fmax(factor, 1 / p->converters[i].cop[k]);
    return factor * model_negative_price(p, k);
}

// What circulating one kWh through both directions at once would earn at a negative price, per kWh and direction, and a
// little more: so that it never pays.
double model_circulation_cost(const struct model *m, int bus, double charge_efficiency, double discharge_efficiency,
                              size_t k)
{
    double back = 1 / discharge_efficiency;
    return 1.05 * deepest_on(m, bus, k) * back * (back - charge_efficiency) / 2;
}

double model_comfort_weight(enum load_tier tier)
{
    static const double weights[TIER_COUNT] = {
        [TIER_LIFELINE] = 1, [TIER_IMPORTANT] = 100, [TIER_ORDINARY] = 10, [TIER_DEFERRABLE] = 1};
    return weights[tier];
}
