// SPDX-License-Identifier: GPL-3.0-or-later
// PV, loads and ties.
#include <math.h>

#include "plan/limits.h"
#include "plan/schedule_check.h"

void judge_pv(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_pv *v = &j->p->pvs[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = a->power_w[k];
        if (power_w < -JUDGE_NEAR_W || power_w > v->available_w[k] + JUDGE_NEAR_W)
            judge_refuse(j, "%s: %.0f W of %.0f W in step %zu", v->id, power_w, v->available_w[k], k);
        if (!v->curtailable)
            judge_miss(j, OBJECTIVE_LIMITS, v->available_w[k] - power_w, k);
        judge_flow(j, v->bus, k, power_w);
    }
}

void judge_load(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_load *l = &j->p->loads[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double demand_w = plan_demand_w(j->p, l, k), served_w = demand_w;
        for (int tier = 0; tier < TIER_COUNT; tier++) {
            double shed_w = a->shed_w[k * TIER_COUNT + (size_t)tier], most_w = plan_tier_demand_w(j->p, l, tier, k);
            if (shed_w < -JUDGE_NEAR_W || shed_w > most_w + judge_near_w(most_w))
                judge_refuse(j, "%s: sheds %.0f W of %.0f W %s load in step %zu", l->id, shed_w, most_w,
                             load_tier_name((enum load_tier)tier), k);
            judge_miss(j, plan_is_lifeline(l, tier) ? OBJECTIVE_LIFELINES : OBJECTIVE_COMFORT, shed_w, k);
            judge_pay(j, shed_w * j->p->hours[k] / 1000 * l->shed_cost_per_kwh[tier]);
            served_w -= shed_w;
        }
        if (fabs(a->power_w[k] + served_w) > judge_near_w(demand_w))
            judge_refuse(j, "%s: %.0f W in step %zu instead of %.0f W", l->id, a->power_w[k], k, -served_w);
        judge_flow(j, l->bus, k, a->power_w[k]);
    }
}

void judge_tie(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_tie *t = &j->p->ties[i];
    double arrives = 1 - t->loss_frac;
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double forward_w = fmax(0, a->power_w[k]) / arrives, backward_w = fmax(0, -a->power_w[k]);
        double held_forward_w = fmax(0, t->held_power_w) / arrives, held_backward_w = fmax(0, -t->held_power_w);
        double most_forward_w = t->available ? t->limit_w : held_forward_w;
        double most_backward_w = t->available ? t->limit_w : held_backward_w;
        if (forward_w > most_forward_w + judge_near_w(most_forward_w) ||
            backward_w > most_backward_w + judge_near_w(most_backward_w))
            judge_refuse(j, "%s: %.0f W in step %zu is beyond its limit", t->id, a->power_w[k], k);
        if (!t->available) {
            judge_miss(j, OBJECTIVE_LIMITS, held_forward_w - forward_w, k);
            judge_miss(j, OBJECTIVE_LIMITS, held_backward_w - backward_w, k);
        }
        judge_pay(j, (forward_w + backward_w) * j->p->hours[k] / 1000 * t->transfer_price_per_kwh);
        judge_flow(j, t->to, k, a->power_w[k]);
        judge_flow(j, t->from, k, backward_w * arrives - forward_w);
    }
}
