// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/stays.h"

#include <math.h>

#include "plan/limits.h"
#include "plan/steps.h"

static const double HOUR_MS = 3.6e6, NOTHING_WH = 1;

static double overlap_ms(const struct plan_session *s, int64_t from, int64_t to)
{
    int64_t begin = s->from_utc_ms > from ? s->from_utc_ms : from, end = s->until_utc_ms < to ? s->until_utc_ms : to;
    return end > begin ? (double)(end - begin) : 0;
}

// ---- whose a step is ------------------------------------------------------------------------------------------------

static void own_steps(const struct plan_problem *p, const struct plan_session *const *sessions, struct stays *s)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        double most_ms = 0;
        s->owner[k] = -1;
        for (size_t i = 0; i < s->count; i++) {
            double ms = overlap_ms(sessions[i], p->start_utc_ms[k], plan_step_end_ms(p, k));
            if (ms > most_ms) {
                most_ms = ms;
                s->owner[k] = (signed char)i;
            }
        }
        s->share[k] = fmin(1, most_ms / (p->hours[k] * HOUR_MS));
        if (s->owner[k] >= 0) {
            struct stay *stay = &s->at[(int)s->owner[k]];
            stay->first = stay->count == 0 ? k : stay->first;
            stay->count++;
        }
    }
}

// ---- what can be had ------------------------------------------------------------------------------------------------

static double gain_wh(const struct plan_flexible *f, double hours)
{
    return f->charge_efficiency * f->max_charge_w * hours;
}

static double wanted_wh(const struct plan_problem *p, const struct plan_flexible *f, const struct plan_session *s)
{
    int64_t start = p->start_utc_ms[0], end = plan_step_end_ms(p, p->n_steps - 1);
    if (s->until_utc_ms <= end || s->wanted_wh <= s->energy_wh)
        return s->wanted_wh;
    double all_h = overlap_ms(s, start, s->until_utc_ms) / HOUR_MS, planned_h = overlap_ms(s, start, end) / HOUR_MS;
    return s->energy_wh + fmin(s->wanted_wh - s->energy_wh, gain_wh(f, all_h)) * planned_h / all_h;
}

static void set_limits(const struct plan_problem *p, const struct plan_flexible *f, const struct plan_session *from,
                       const struct stays *s, struct stay *stay)
{
    double hours = 0;
    for (size_t k = stay->first; k < stay->first + stay->count; k++)
        hours += p->hours[k] * s->share[k];
    stay->start_wh = from->energy_wh;
    stay->low_wh = fmin(from->min_wh, from->energy_wh);
    stay->high_wh = fmax(from->max_wh, from->energy_wh);
    stay->wanted_wh = wanted_wh(p, f, from);
    stay->goal_wh = fmin(stay->wanted_wh, fmin(stay->high_wh, stay->start_wh + gain_wh(f, hours)));
    stay->feeds_back = f->available && f->max_discharge_w > 0 && from->energy_wh >= from->min_wh;
}

static void hold(const struct plan_problem *p, const struct plan_flexible *f, const struct stay *stay, struct stays *s)
{
    double energy_wh = stay->start_wh;
    for (size_t k = stay->first; k < stay->first + stay->count; k++) {
        double h = p->hours[k], held_w = f->held_power_w * s->share[k];
        double lowest_w = -fmax(0, stay->high_wh - energy_wh) / (f->charge_efficiency * h);
        double highest_w = fmax(0, energy_wh - stay->low_wh) * f->discharge_efficiency / h;
        s->held_w[k] = f->available ? 0 : fmin(fmax(held_w, lowest_w), highest_w);
        energy_wh = stay_energy_after(f, energy_wh, s->held_w[k], h);
    }
}

// ---- all ------------------------------------------------------------------------------------------------------------

void plan_stays(const struct plan_problem *p, const struct plan_flexible *f, struct stays *ret_stays)
{
    const struct plan_session *sessions[PLAN_MAX_SESSIONS];
    int64_t start = p->start_utc_ms[0], end = plan_step_end_ms(p, p->n_steps - 1);
    *ret_stays = (struct stays){0};
    for (int i = 0; i < f->n_sessions; i++)
        if (f->sessions[i].until_utc_ms > start && f->sessions[i].from_utc_ms < end)
            sessions[ret_stays->count++] = &f->sessions[i];
    own_steps(p, sessions, ret_stays);
    for (size_t i = 0; i < ret_stays->count; i++) {
        set_limits(p, f, sessions[i], ret_stays, &ret_stays->at[i]);
        hold(p, f, &ret_stays->at[i], ret_stays);
    }
}

double stay_energy_after(const struct plan_flexible *f, double energy_wh, double power_w, double hours)
{
    double stored_w = power_w < 0 ? -power_w * f->charge_efficiency : -power_w / f->discharge_efficiency;
    return energy_wh + stored_w * hours;
}

double stay_missed_wh(const struct stay *s, double energy_wh)
{
    double missed_wh = s->wanted_wh - energy_wh;
    return missed_wh > NOTHING_WH ? missed_wh : 0;
}

enum objective_tier stay_tier(const struct plan_flexible *f)
{
    return f->priority == TIER_LIFELINE ? OBJECTIVE_LIFELINES : OBJECTIVE_COMFORT;
}

bool stay_keeps_lowest_power(const struct plan_flexible *f, const struct stays *stays, size_t stay,
                             const double *power_w)
{
    const struct stay *s = &stays->at[stay];
    size_t below = 0;
    for (size_t k = s->first; k < s->first + s->count; k++) {
        double least_w = f->min_charge_w * stays->share[k];
        below += power_w[k] < -PLAN_RUNS_W && -power_w[k] < least_w * (1 - 1e-6) - 1;
    }
    return !f->available || s->feeds_back || below <= 1;
}
