// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings are asked for.
#include "plan/schedule_check.h"

static void judge_offer(struct judge *j, size_t i)
{
    const struct plan_offer *o = &j->p->offers[i];
    double energy_wh = 0;
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = j->s->offer_w[i * j->p->n_steps + k];
        if (power_w < -JUDGE_NEAR_W || power_w > o->available_w[k] + judge_near_w(o->available_w[k]))
            judge_refuse(j, "%s: asked for %.0f W of %.0f W in step %zu", o->id, power_w, o->available_w[k], k);
        energy_wh += power_w * j->p->hours[k];
        judge_pay(j, power_w * j->p->hours[k] / 1000 * o->price_per_kwh);
        judge_flow(j, o->bus, k, power_w);
    }
    if (energy_wh > o->energy_wh + JUDGE_NEAR_WH + JUDGE_NEAR_SHARE * o->energy_wh)
        judge_refuse(j, "%s: asked for %.0f Wh of %.0f Wh", o->id, energy_wh, o->energy_wh);
}

// What loads of the bus still draw after what was shed.
static double served_w(const struct judge *j, int bus, size_t k)
{
    double sum_w = 0;
    for (size_t n = 0, load = 0; n < j->s->n_assets; n++)
        if (j->s->assets[n].kind == ASSET_LOAD && j->p->loads[load++].bus == bus)
            sum_w -= j->s->assets[n].power_w[k];
    return sum_w;
}

static double asked_w(const struct judge *j, int bus, size_t k)
{
    double sum_w = 0;
    for (size_t i = 0; i < j->p->n_offers; i++)
        if (j->p->offers[i].bus == bus)
            sum_w += j->s->offer_w[i * j->p->n_steps + k];
    return sum_w;
}

void judge_offers(struct judge *j)
{
    for (size_t i = 0; i < j->p->n_offers && !j->refused; i++)
        judge_offer(j, i);
    for (size_t b = 0; b < j->p->n_buses && j->p->n_offers > 0; b++)
        for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
            double asked = asked_w(j, (int)b, k), most = asked > 0 ? served_w(j, (int)b, k) : 0;
            if (asked > most + judge_near_w(most) + JUDGE_CRUMB_W * (double)j->s->n_assets)
                judge_refuse(j, "bus %.47s: asked for %.0f W in step %zu where %.0f W are drawn", j->p->bus_ids[b],
                             asked, k, most);
        }
}
