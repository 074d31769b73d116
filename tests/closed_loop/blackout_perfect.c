// SPDX-License-Identifier: GPL-3.0-or-later
// What one who knew the whole course beforehand would plan: the same LP, solved once over the whole outage.
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "blackout.h"
#include "blackout_scene.h"
#include "plan/planner.h"

static const int64_t hour_ms = 3600000;

// Tiers that are behind switches, or that a device limits.
static void fill_load(const struct site *s, const struct draw *d, int load, struct plan_problem *p)
{
    struct plan_load *l = &p->loads[load];
    for (size_t i = 0; i < s->n_switches; i++)
        if (s->switches[i].load == load)
            l->sheddable[s->switches[i].tier] = true;
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t end_ms = p->start_utc_ms[k] + (int64_t)llround(p->hours[k] * 3600e3);
        l->demand_w[k] = draw_mean_load_w(d, load, p->start_utc_ms[k], end_ms);
    }
}

static void fill(const struct site *s, const struct draw *d, const struct blackout *b, struct plan_problem *p)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t end_ms = p->start_utc_ms[k] + (int64_t)llround(p->hours[k] * 3600e3);
        for (size_t g = 0; g < p->n_grids; g++)
            p->grids[g].available[k] = 0.0;
        for (size_t g = 0; g < p->n_generators; g++)
            p->generators[g].allowed[k] = 1.0;
        for (size_t i = 0; i < p->n_batteries; i++)
            p->batteries[i].keeps_reserve[k] = 0.0;
        for (size_t i = 0; i < p->n_pvs; i++)
            p->pvs[i].available_w[k] = draw_mean_pv_w(d, (int)i, p->start_utc_ms[k], end_ms);
    }
    for (size_t i = 0; i < p->n_loads; i++)
        fill_load(s, d, (int)i, p);
    for (size_t i = 0; i < p->n_batteries; i++) {
        p->batteries[i].energy_wh = 0.5 * s->batteries[i].capacity_wh;
        p->batteries[i].available = true;
    }
    for (size_t g = 0; g < p->n_generators; g++)
        p->generators[g].available = true;
    for (size_t t = 0; t < p->n_ties; t++)
        p->ties[t].available = true;
    p->made_utc_ms = b->at_utc_ms;
    p->least_frac = s->outage.least_frac;
}

static void count(const struct plan_problem *p, const struct schedule *s, const struct draw *d,
                  const struct blackout *b, struct served *served)
{
    served->n = (size_t)b->hours;
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t end_ms = p->start_utc_ms[k] + (int64_t)llround(p->hours[k] * 3600e3);
        for (size_t i = 0; i < p->n_loads; i++) {
            const struct plan_load *l = &p->loads[i];
            const struct schedule_asset *a = schedule_find(s, l->id);
            for (int64_t t = p->start_utc_ms[k]; t < end_ms; t += DRAW_STEP_S * 1000) { // a step may be two hours
                struct served_hour *hour = &served->hours[(t - b->at_utc_ms) / hour_ms];
                double w = draw_mean_load_w(d, (int)i, t, t + DRAW_STEP_S * 1000);
                for (int tier = 0; tier < TIER_COUNT; tier++) {
                    double wanted_wh = w * l->tier_share[tier] * DRAW_STEP_S / 3600.0;
                    double all_w = l->demand_w[k] * l->tier_share[tier];
                    double shed = all_w > 0.0 ? a->shed_w[k * TIER_COUNT + (size_t)tier] / all_w : 0.0;
                    hour->wanted_wh[tier] += wanted_wh;
                    hour->served_wh[tier] += wanted_wh * fmin(fmax(1.0 - shed, 0.0), 1.0);
                }
            }
        }
    }
}

static int solve(const struct site *s, const struct draw *d, const struct blackout *b,
                 struct blackout_outcome *ret_outcome)
{
    struct blackout_outcome o = {0};
    struct plan_problem *p = NULL;
    struct planner *planner = NULL;
    struct schedule *schedule = NULL;
    char why[256] = "";
    int status = plan_problem_new(s, b->at_utc_ms, (int64_t)b->hours * 3600, NULL, 0, &p);
    if (status == 0)
        fill(s, d, b, p);
    if (status == 0)
        status = planner_new(&planner);
    if (status == 0)
        status = planner_solve(planner, p, PLANNER_NO_DEADLINE, &schedule, why, sizeof why);
    if (status == 0)
        status = schedule_check(schedule, p, why, sizeof why);
    if (status == 0) {
        count(p, schedule, d, b, &o.served);
        o.verdict = served_judge(o.served.hours, o.served.n);
        *ret_outcome = o;
    } else {
        fprintf(stderr, "perfect foresight: %s\n", why);
    }
    schedule_free(schedule);
    planner_free(planner);
    plan_problem_free(p);
    return status;
}

int blackout_perfect(const struct blackout *b, struct blackout_outcome *ret_outcome)
{
    struct site *site = NULL;
    struct draw draw = {0};
    int status = scene_load(b->config_path, &site);
    if (status == 0)
        status = scene_draw(b, site, &draw);
    if (status == 0)
        status = solve(site, &draw, b, ret_outcome);
    draw_free(&draw);
    site_free(site);
    return status;
}
