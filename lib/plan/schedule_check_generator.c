// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/limits.h"
#include "plan/schedule_check.h"

static void judge_power(struct judge *j, const struct plan_generator *g, size_t k, double power_w)
{
    double most_w = g->available ? plan_generator_most_w(g, k) : plan_generator_held_w(j->p, g, k);
    if (power_w < -JUDGE_NEAR_W || power_w > most_w + judge_near_w(most_w))
        judge_refuse(j, "%s: %.0f W of %.0f W in step %zu", g->id, power_w, most_w, k);
    if (g->available && power_w > PLAN_RUNS_W && power_w < g->min_power_w - judge_near_w(g->min_power_w))
        judge_refuse(j, "%s: %.0f W in step %zu, at least %.0f W or off", g->id, power_w, k, g->min_power_w);
    if (!g->available)
        judge_miss(j, OBJECTIVE_LIMITS, most_w - power_w, k);
}

static void judge_ramp(struct judge *j, const struct plan_generator *g, size_t k, double before_w, double power_w)
{
    bool ran = k > 0 ? before_w > PLAN_RUNS_W : plan_generator_runs_before(g), runs = power_w > PLAN_RUNS_W;
    double most_w = plan_ramp_w(j->p, g->ramp_w_per_s, k) + (ran && runs ? 0 : g->min_power_w);
    if (power_w - before_w > most_w + judge_near_w(most_w))
        judge_refuse(j, "%s: from %.0f W to %.0f W in step %zu, possible are %.0f W", g->id, before_w, power_w, k,
                     before_w + most_w);
    if (plan_generator_most_w(g, k) > 0)
        judge_miss(j, OBJECTIVE_LIMITS, before_w - power_w - most_w, k);
}

static void judge_start(struct judge *j, const struct plan_generator *g, size_t k, double before_w, double power_w)
{
    bool ran = k > 0 ? before_w > PLAN_RUNS_W : plan_generator_runs_before(g);
    if (power_w > PLAN_RUNS_W && !ran)
        judge_pay(j, g->start_cost);
}

static void judge_heat(struct judge *j, const struct plan_generator *g, size_t k, double power_w, double heat_w)
{
    double most_w = g->heat_bus >= 0 ? g->heat_ratio * power_w : 0;
    if (heat_w < -JUDGE_NEAR_W || heat_w > most_w + judge_near_w(most_w))
        judge_refuse(j, "%s: %.0f W of heat in step %zu, possible are %.0f W", g->id, heat_w, k, most_w);
    if (g->heat_bus >= 0)
        judge_flow(j, g->heat_bus, k, heat_w);
}

void judge_generator(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_generator *g = &j->p->generators[i];
    double burned_wh = 0;
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = a->power_w[k], before_w = k > 0 ? a->power_w[k - 1] : g->power_before_w;
        judge_power(j, g, k, power_w);
        if (g->available && g->ramp_w_per_s > 0 && plan_generator_ever_w(j->p, g) > 0)
            judge_ramp(j, g, k, before_w, power_w);
        judge_start(j, g, k, before_w, power_w);
        judge_heat(j, g, k, power_w, a->heat_w[k]);
        judge_pay(j, power_w * j->p->hours[k] / 1000 * plan_generator_cost_per_kwh(j->p, g));
        judge_emit(j, power_w * j->p->hours[k] / 1000 * g->co2_kg_per_kwh);
        judge_flow(j, g->bus, k, power_w);
        burned_wh += power_w * j->p->hours[k];
    }
    if (g->fuel_wh < PLAN_NO_LIMIT_W && burned_wh > g->fuel_wh + JUDGE_NEAR_WH + JUDGE_NEAR_SHARE * g->fuel_wh)
        judge_refuse(j, "%s: fuel for %.0f Wh, %.0f Wh are left", g->id, burned_wh, g->fuel_wh);
}
