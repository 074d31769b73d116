// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/schedule_check.h"

void judge_generator(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_generator *g = &j->p->generators[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = a->power_w[k];
        if (power_w < -JUDGE_NEAR_W || power_w > g->max_power_w + judge_near_w(g->max_power_w))
            judge_refuse(j, "%s: %.0f W of %.0f W in step %zu", g->id, power_w, g->max_power_w, k);
        judge_pay(j, power_w * j->p->hours[k] / 1000 * plan_generator_cost_per_kwh(j->p, g));
        judge_flow(j, g->bus, k, power_w);
    }
}
