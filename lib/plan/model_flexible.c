// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads. Where nothing is fed back, one row a session says what it needs: no energy chain. Where
// something may be, the session has the storage equation of a battery.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "plan/model.h"

struct part { // one flexible, while it is put together
    struct model *m;
    const struct plan_flexible *f;
    struct model_flexible *c;
    size_t i;
};

static int column_at(const struct part *a, const char *family, size_t k)
{
    return model_column_at(a->m, family, a->i, a->f->id, k, k, true);
}

static int row_at(const struct part *a, const char *family, size_t k)
{
    return model_row_at(a->m, family, a->i, a->f->id, k, k, true);
}

// ---- power ----------------------------------------------------------------------------------------------------------

static double most_charge_kw(const struct part *a, size_t k)
{
    return (a->f->available ? a->f->max_charge_w * a->c->stays->share[k] : fmax(0, -a->c->stays->held_w[k])) / KILO;
}

static double most_discharge_kw(const struct part *a, const struct stay *s, size_t k)
{
    if (!a->f->available)
        return fmax(0, a->c->stays->held_w[k]) / KILO;
    return s->feeds_back ? a->f->max_discharge_w * a->c->stays->share[k] / KILO : 0;
}

static double least_charge_kw(const struct part *a, size_t k, signed char runs, double most_kw)
{
    return runs > 0 && a->f->available ? fmin(a->f->min_charge_w * a->c->stays->share[k] / KILO, most_kw) : 0;
}

static void add_direction(const struct part *a, int column, size_t k, double sign, double lower_kw, double upper_kw,
                          double money, double small)
{
    double h = a->m->p->hours[k];
    bool fixed = !a->f->available && !a->m->with_slack;
    model_bound(a->m, column, fixed ? upper_kw : lower_kw, upper_kw);
    model_cost(a->m, column, money * h, small * h);
    model_entry(a->m, model_balance(a->m, a->f->bus, k), column, sign);
}

static void add_power(const struct part *a, const struct stay *s, size_t k, signed char sign, signed char runs)
{
    const struct plan_flexible *f = a->f;
    double charge_kw = most_charge_kw(a, k), discharge_kw = most_discharge_kw(a, s, k);
    double charging = model_charging_cost(a->m, f->id, k), circle = 0;
    if (s->feeds_back)
        circle = model_circulation_cost(a->m, f->bus, f->charge_efficiency, f->discharge_efficiency, k);
    a->c->charge[k] = column_at(a, "charge", k);
    charge_kw = sign > 0 || (runs < 0 && f->available) ? 0 : charge_kw;
    add_direction(a, a->c->charge[k], k, -1, least_charge_kw(a, k, runs, charge_kw), charge_kw, 0, charging + circle);
    if (discharge_kw <= 0)
        return;
    a->c->discharge[k] = column_at(a, "discharge", k);
    add_direction(a, a->c->discharge[k], k, 1, 0, sign < 0 ? 0 : discharge_kw, f->wear_per_kwh,
                  model_small_cost(a->m, f->id, k) + circle);
}

// ---- energy ---------------------------------------------------------------------------------------------------------

// kWh short of the goal, counted by the energy that is missing at the end.
static void add_miss(const struct part *a, size_t n, int row, size_t last)
{
    int miss = model_column_at(a->m, "session_miss", a->i, a->f->id, n, last, true);
    double weight = a->f->priority == TIER_LIFELINE ? 1 : model_comfort_weight(a->f->priority);
    model_bound(a->m, miss, 0, LP_INFINITY);
    model_penalise(a->m, miss, stay_tier(a->f), weight, 0); // kWh are read from the energy itself
    model_entry(a->m, row, miss, 1);
}

// eta sum(h charge) + miss >= goal - start, <= what it holds.
static void add_goal(const struct part *a, const struct stay *s, size_t n)
{
    const struct plan_problem *p = a->m->p;
    double need_wh = s->goal_wh - s->start_wh, most_wh = s->high_wh - s->start_wh, possible_wh = 0;
    for (size_t k = s->first; k < s->first + s->count; k++)
        possible_wh += a->f->charge_efficiency * a->f->max_charge_w * a->c->stays->share[k] * p->hours[k];
    if (need_wh <= 0 && possible_wh <= most_wh)
        return;
    size_t last = s->first + s->count - 1;
    int row = model_row_at(a->m, "session", a->i, a->f->id, n, last, true);
    a->c->goal_row[n] = row;
    for (size_t k = s->first; k < s->first + s->count; k++)
        model_entry(a->m, row, a->c->charge[k], a->f->charge_efficiency * p->hours[k]);
    model_row_is(a->m, row, need_wh > 0 ? need_wh / KILO : -LP_INFINITY, most_wh / KILO);
    if (need_wh > 0 && a->m->with_slack)
        add_miss(a, n, row, last);
}

// e[k] - e[k-1] - eta_c h charge + h / eta_d discharge = 0, with the known start in the first step of the session.
static void add_storage(const struct part *a, const struct stay *s, size_t k)
{
    double h = a->m->p->hours[k], start_kwh = k == s->first ? s->start_wh / KILO : 0;
    int row = row_at(a, "session_storage", k), energy = column_at(a, "session_energy", k);
    a->c->storage_row[k] = row;
    a->c->energy[k] = energy;
    model_bound(a->m, energy, s->low_wh / KILO, s->high_wh / KILO);
    model_entry(a->m, row, energy, 1);
    if (k > s->first)
        model_entry(a->m, row, a->c->energy[k - 1], -1);
    model_entry(a->m, row, a->c->charge[k], -a->f->charge_efficiency * h);
    model_entry(a->m, row, a->c->discharge[k], h / a->f->discharge_efficiency);
    model_row_is(a->m, row, start_kwh, start_kwh);
}

static void add_chain(const struct part *a, const struct stay *s, size_t n)
{
    size_t last = s->first + s->count - 1;
    for (size_t k = s->first; k <= last && a->m->error == 0; k++)
        add_storage(a, s, k);
    if (a->m->error < 0 || s->goal_wh <= s->low_wh)
        return;
    if (!a->m->with_slack) {
        model_bound(a->m, a->c->energy[last], s->goal_wh / KILO, s->high_wh / KILO);
        return;
    }
    int row = model_row_at(a->m, "session", a->i, a->f->id, n, last, true);
    model_entry(a->m, row, a->c->energy[last], 1);
    model_row_is(a->m, row, s->goal_wh / KILO, LP_INFINITY);
    add_miss(a, n, row, last);
}

// ---- what cannot be told anything -----------------------------------------------------------------------------------

// power + miss = held power
static void add_held_miss(const struct part *a, size_t k)
{
    double h = a->m->p->hours[k], held_kw = fabs(a->c->stays->held_w[k]) / KILO;
    if (held_kw <= 0)
        return;
    int miss = column_at(a, "held_miss", k), row = row_at(a, "held", k);
    a->c->held_miss[k] = miss;
    model_bound(a->m, miss, 0, held_kw);
    model_penalise(a->m, miss, OBJECTIVE_LIMITS, h, h);
    model_entry(a->m, row, a->c->stays->held_w[k] < 0 ? a->c->charge[k] : a->c->discharge[k], 1);
    model_entry(a->m, row, miss, 1);
    model_row_is(a->m, row, held_kw, held_kw);
}

static void add_stay(const struct part *a, size_t n, const signed char *sign, const signed char *runs)
{
    const struct stay *s = &a->c->stays->at[n];
    for (size_t k = s->first; k < s->first + s->count && a->m->error == 0; k++) {
        add_power(a, s, k, sign[k], runs ? runs[k] : 0);
        if (a->m->error == 0 && !a->f->available && a->m->with_slack)
            add_held_miss(a, k);
    }
    if (a->m->error < 0 || !a->f->available || s->count == 0)
        return;
    if (s->feeds_back)
        add_chain(a, s, n);
    else
        add_goal(a, s, n);
}

// ---- the whole ------------------------------------------------------------------------------------------------------

enum { RUNS = 5 };

static bool allocate(struct model *m, struct model_flexible *c)
{
    size_t n = m->p->n_steps;
    int *all = malloc(RUNS * n * sizeof(int));
    c->charge = all;
    c->stays = m->block == 0 ? malloc(sizeof(*c->stays)) : (c - m->block * m->p->n_flexibles)->stays;
    if (!all || !c->stays)
        return false;
    for (size_t k = 0; k < RUNS * n; k++)
        all[k] = -1;
    c->discharge = all + n;
    c->energy = all + 2 * n;
    c->storage_row = all + 3 * n;
    c->held_miss = all + 4 * n;
    return true;
}

void model_add_flexible(struct model *m, size_t i, const signed char *sign, const signed char *runs)
{
    struct part a = {.m = m, .f = &m->p->flexibles[i], .c = &m->flexibles[i], .i = i};
    if (m->error < 0)
        return;
    if (!allocate(m, a.c)) {
        m->error = AEMS_E_NOMEM;
        return;
    }
    if (m->block == 0)
        plan_stays(m->p, a.f, a.c->stays);
    for (size_t n = 0; n < PLAN_MAX_SESSIONS; n++)
        a.c->goal_row[n] = -1;
    for (size_t n = 0; n < a.c->stays->count && m->error == 0; n++)
        add_stay(&a, n, sign, runs);
}

void model_free_flexible(struct model_flexible *c, bool first)
{
    free(c->charge);
    if (first)
        free(c->stays);
}
