// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "plan/limits.h"
#include "plan/schedule_check.h"

void judge_converter(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_converter *v = &j->p->converters[i];
    double most_w = v->available ? plan_converter_most_w(v) : plan_converter_held_w(v);
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double drawn_w = -a->power_w[k], given_w = v->cop[k] * drawn_w;
        if (drawn_w < -JUDGE_NEAR_W || drawn_w > most_w + judge_near_w(most_w))
            judge_refuse(j, "%s: draws %.0f W of %.0f W in step %zu", v->id, drawn_w, most_w, k);
        if (v->available && drawn_w > PLAN_RUNS_W && drawn_w < v->min_power_w - judge_near_w(v->min_power_w))
            judge_refuse(j, "%s: draws %.0f W in step %zu, at least %.0f W or off", v->id, drawn_w, k, v->min_power_w);
        if (fabs(a->heat_w[k] - given_w) > judge_near_w(given_w))
            judge_refuse(j, "%s: gives %.0f W in step %zu, its power makes %.0f W", v->id, a->heat_w[k], k, given_w);
        if (!v->available)
            judge_miss(j, OBJECTIVE_LIMITS, most_w - drawn_w, k);
        judge_flow(j, v->from, k, a->power_w[k]);
        judge_flow(j, v->to, k, given_w);
    }
}
