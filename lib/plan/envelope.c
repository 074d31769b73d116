// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/envelope.h"

#include <math.h>

#include "plan/limits.h"

// Energy after step `k` of held power, written to the envelope.
static double hold(const struct plan_problem *p, const struct plan_battery *b, size_t k, double energy_wh,
                   struct envelope *e)
{
    double h = p->hours[k], left_wh = energy_wh * (1 - b->self_discharge_per_h * h);
    double room_wh = fmax(0, b->max_wh - left_wh), above_wh = fmax(0, left_wh - b->min_wh);
    e->held_charge_w[k] = fmin(fmax(0, -b->held_power_w), room_wh / (b->charge_efficiency * h));
    e->held_discharge_w[k] = fmin(fmax(0, b->held_power_w), above_wh * b->discharge_efficiency / h);
    return left_wh + b->charge_efficiency * e->held_charge_w[k] * h -
           e->held_discharge_w[k] * h / b->discharge_efficiency;
}

// Where the reserve wants the energy after `hours`: one that is missing comes back at an even rate that does not depend
// on how much is missing, so that neither it lifts a peak nor the next plan puts it off. Below the lower limit: at
// once.
// What demand response wants is wanted all at once, as soon as it is wanted. After an outage that may have used all of
// it up the way back begins there.
static double wanted_wh(const struct plan_battery *b, size_t k, double begin_wh, double hours)
{
    double reserve_wh = plan_reserve_wh(b, k), all_wh = fmax(reserve_wh - b->min_wh, 0);
    double back_wh = begin_wh + all_wh * hours / PLAN_RESERVE_REFILL_H;
    return fmax(fmax(b->min_wh, fmin(reserve_wh, back_wh)), fmin(b->dr_wanted_wh[k], b->max_wh));
}

void battery_envelope(const struct plan_problem *p, const struct plan_battery *b, struct envelope *ret_envelope)
{
    struct envelope *e = ret_envelope;
    double idle_wh = b->energy_wh, held_wh = b->energy_wh, begin_wh = b->energy_wh, gone_h = 0;
    *e = (struct envelope){0};
    for (size_t k = 0; k < p->n_steps; k++) {
        idle_wh *= 1 - b->self_discharge_per_h * p->hours[k];
        held_wh = hold(p, b, k, held_wh, e);
        if (b->available) {
            e->held_charge_w[k] = e->held_discharge_w[k] = 0;
            held_wh = idle_wh;
        }
        e->floor_wh[k] = fmin(b->min_wh, fmin(idle_wh, held_wh));
        e->ceiling_wh[k] = fmax(b->max_wh, fmax(idle_wh, held_wh));
        if (b->charge_curve.n > 0)
            e->above_curve_wh[k] = fmax(0, e->ceiling_wh[k] - b->charge_curve.energy_wh[b->charge_curve.n - 1]);
        if (b->discharge_curve.n > 0)
            e->below_curve_wh[k] = fmax(0, b->discharge_curve.energy_wh[0] - e->floor_wh[k]);
        bool keeps = b->keeps_reserve[k] > 0;
        begin_wh = keeps ? begin_wh : b->min_wh;
        gone_h = keeps ? gone_h + p->hours[k] : 0;
        e->wanted_low_wh[k] = b->available ? wanted_wh(b, k, begin_wh, gone_h) : e->floor_wh[k];
        e->wanted_high_wh[k] = b->available ? b->max_wh : e->ceiling_wh[k];
    }
}
