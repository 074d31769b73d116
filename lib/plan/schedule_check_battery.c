// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries and stores.
#include <math.h>

#include "plan/curve.h"
#include "plan/envelope.h"
#include "plan/limits.h"
#include "plan/schedule_check.h"

static void judge_battery_power(struct judge *j, const struct plan_battery *b, const struct envelope *e, size_t k,
                                double power_w)
{
    double lowest_w = b->available ? -plan_charge_limit_w(b, k) : -e->held_charge_w[k];
    double highest_w = b->available ? plan_discharge_limit_w(b, k) : e->held_discharge_w[k];
    if (power_w < lowest_w - judge_near_w(lowest_w) || power_w > highest_w + judge_near_w(highest_w))
        judge_refuse(j, "%s: %.0f W in step %zu, possible are %.0f to %.0f W", b->id, power_w, k, lowest_w, highest_w);
    if (!b->available) {
        judge_miss(j, OBJECTIVE_LIMITS, highest_w - fmax(0, power_w), k);
        judge_miss(j, OBJECTIVE_LIMITS, -lowest_w - fmax(0, -power_w), k);
    }
}

// The energy at the end of the step has to permit the power. Within the tolerance of the energy.
static void judge_curves(struct judge *j, const struct plan_battery *b, const struct envelope *e, size_t k,
                         double power_w, double energy_wh)
{
    double charge_w = curve_power_w(&b->charge_curve, energy_wh - e->above_curve_wh[k] - JUDGE_NEAR_WH);
    double discharge_w = curve_power_w(&b->discharge_curve, energy_wh + e->below_curve_wh[k] + JUDGE_NEAR_WH);
    if (b->available &&
        (-power_w > charge_w + judge_near_w(charge_w) || power_w > discharge_w + judge_near_w(discharge_w)))
        judge_refuse(j, "%s: %.0f W in step %zu is beyond its curve", b->id, power_w, k);
}

void judge_battery(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_battery *b = &j->p->batteries[i];
    struct envelope e;
    double energy_wh = b->energy_wh, worst_wh = 0, near_wh = JUDGE_NEAR_WH + JUDGE_NEAR_SHARE * b->max_wh;
    battery_envelope(j->p, b, &e);
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
        double h = j->p->hours[k], power_w = a->power_w[k];
        double flow_w = power_w < 0 ? -power_w * b->charge_efficiency : -power_w / b->discharge_efficiency;
        judge_battery_power(j, b, &e, k, power_w);
        energy_wh = energy_wh * (1 - b->self_discharge_per_h * h) + flow_w * h;
        if (fabs(energy_wh - a->energy_wh[k]) > near_wh)
            judge_refuse(j, "%s: %.0f Wh after step %zu, its powers make %.0f Wh", b->id, a->energy_wh[k], k,
                         energy_wh);
        if (energy_wh < e.floor_wh[k] - near_wh || energy_wh > e.ceiling_wh[k] + near_wh)
            judge_refuse(j, "%s: %.0f Wh after step %zu, possible are %.0f to %.0f Wh", b->id, energy_wh, k,
                         e.floor_wh[k], e.ceiling_wh[k]);
        judge_curves(j, b, &e, k, power_w, energy_wh);
        worst_wh = fmax(worst_wh, fmax(0, e.wanted_low_wh[k] - energy_wh) + fmax(0, energy_wh - e.wanted_high_wh[k]));
        judge_pay(j, fabs(power_w) * h / 1000 * b->wear_per_kwh);
        judge_flow(j, b->bus, k, power_w);
    }
    j->missed_kwh[OBJECTIVE_RESERVE] += worst_wh / 1000;
    judge_pay(j, -(energy_wh - b->min_wh) / 1000 * b->end_value_per_kwh);
}
