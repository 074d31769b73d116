// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads: the energy of each session from its powers, and the groups that they share.
#include <math.h>
#include <stdlib.h>

#include "plan/assets.h"
#include "plan/schedule_check.h"
#include "plan/stays.h"

static void judge_power(struct judge *j, const struct plan_flexible *f, const struct stays *stays, size_t k,
                        double power_w)
{
    double held_w = stays->held_w[k], share = stays->share[k];
    const struct stay *s = stays->owner[k] < 0 ? NULL : &stays->at[(int)stays->owner[k]];
    double lowest_w = s ? -f->max_charge_w * share : 0, highest_w = s && s->feeds_back ? f->max_discharge_w * share : 0;
    if (!f->available) {
        lowest_w = fmin(0, held_w);
        highest_w = fmax(0, held_w);
        judge_miss(j, OBJECTIVE_LIMITS, fabs(held_w) - fabs(power_w), k);
    }
    if (power_w < lowest_w - judge_near_w(lowest_w) || power_w > highest_w + judge_near_w(highest_w))
        judge_refuse(j, "%s: %.0f W in step %zu, possible are %.0f to %.0f W", f->id, power_w, k, lowest_w, highest_w);
}

static void judge_energy(struct judge *j, const char *id, size_t k, double claimed_wh, double energy_wh, double low_wh,
                         double high_wh)
{
    double near_wh = JUDGE_NEAR_WH + JUDGE_NEAR_SHARE * high_wh;
    if (fabs(energy_wh - claimed_wh) > near_wh)
        judge_refuse(j, "%s: %.0f Wh after step %zu, its powers make %.0f Wh", id, claimed_wh, k, energy_wh);
    if (energy_wh < low_wh - near_wh || energy_wh > high_wh + near_wh)
        judge_refuse(j, "%s: %.0f Wh after step %zu, possible are %.0f to %.0f Wh", id, energy_wh, k, low_wh, high_wh);
}

static double judge_stay(struct judge *j, const struct plan_flexible *f, const struct stay *s,
                         const struct schedule_asset *a)
{
    double energy_wh = s->start_wh;
    for (size_t k = s->first; k < s->first + s->count; k++) {
        energy_wh = stay_energy_after(f, energy_wh, a->power_w[k], j->p->hours[k]);
        judge_energy(j, f->id, k, a->energy_wh[k], energy_wh, s->low_wh, s->high_wh);
    }
    return stay_missed_wh(s, energy_wh);
}

void judge_flexible(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_flexible *f = &j->p->flexibles[i];
    struct stays stays;
    double missed_wh = 0;
    plan_stays(j->p, f, &stays);
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
        judge_power(j, f, &stays, k, a->power_w[k]);
        if (stays.owner[k] < 0)
            judge_energy(j, f->id, k, a->energy_wh[k], 0, 0, 0);
        judge_pay(j, fmax(0, a->power_w[k]) * j->p->hours[k] / 1000 * f->wear_per_kwh);
        judge_flow(j, f->bus, k, a->power_w[k]);
    }
    for (size_t n = 0; n < stays.count && !j->refused; n++) {
        missed_wh += judge_stay(j, f, &stays.at[n], a);
        if (!a->below_lowest && !stay_keeps_lowest_power(f, &stays, n, a->power_w))
            judge_refuse(j, "%s: runs below its lowest power of %.0f W in several steps", f->id, f->min_charge_w);
    }
    if (fabs(missed_wh - a->missed_wh) > JUDGE_NEAR_WH + JUDGE_NEAR_SHARE * missed_wh)
        judge_refuse(j, "%s: misses %.0f Wh, admitted are %.0f Wh", f->id, missed_wh, a->missed_wh);
    j->missed_kwh[stay_tier(f)] += missed_wh / 1000;
}

// ---- groups ---------------------------------------------------------------------------------------------------------

void judge_groups(struct judge *j)
{
    const struct plan_problem *p = j->p;
    size_t first = plan_first_asset(p, ASSET_CHARGER);
    double *flow_w = calloc(p->n_groups + 1, sizeof(*flow_w));
    if (!flow_w)
        judge_refuse(j, "no memory to judge it");
    for (size_t k = 0; k < p->n_steps && !j->refused; k++) {
        for (size_t g = 0; g < p->n_groups; g++)
            flow_w[g] = 0;
        for (size_t i = 0; i < p->n_flexibles; i++)
            for (int g = p->flexibles[i].group; g >= 0; g = p->groups[g].within)
                flow_w[g] += j->s->assets[first + i].power_w[k];
        for (size_t g = 0; g < p->n_groups; g++)
            if (fabs(flow_w[g]) > p->groups[g].limit_w + judge_near_w(p->groups[g].limit_w))
                judge_refuse(j, "%s: %.0f W in step %zu is beyond its limit", p->groups[g].id, flow_w[g], k);
    }
    free(flow_w);
}
