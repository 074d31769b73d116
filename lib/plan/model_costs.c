// SPDX-License-Identifier: GPL-3.0-or-later
// Costs that are not money: they choose between equal plans, and keep energy from running in circles.
#include <math.h>

#include "plan/model.h"

static const double TIE_BREAK = 2e-4; // per kWh, in units of the largest price

// Of equal times to charge the sooner is better: what is stored is stored, whatever the forecast was. By the same for
// every hour, so that the next plan, which starts later, ranks the times as this one does; among stores by less.
static const double LATE = 2e-5; // likewise, per hour
static const double TIE_BREAK_CHARGING = 1e-5;

double model_small_cost(const struct model *m, const char *id, size_t k)
{
    return TIE_BREAK * m->price_unit * model_tie_break(m->p, id, k);
}

double model_charging_cost(const struct model *m, const char *id, size_t k)
{
    double from_now_h = (double)(m->p->start_utc_ms[k] - m->p->start_utc_ms[0]) / 3.6e6 + m->p->hours[k] / 2;
    return m->price_unit * (LATE * from_now_h + TIE_BREAK_CHARGING * model_tie_break(m->p, id, k));
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
