// SPDX-License-Identifier: GPL-3.0-or-later
// Generators and CHPs: power, fuel that is left, ramp, and heat that is used as far as somebody takes it.
#include <math.h>

#include "plan/limits.h"
#include "plan/model.h"

// Heat is rather used than lost: below every other small cost.
static const double LOST_HEAT = 1e-5; // per kWh, in units of the largest price

// Nothing says yet whether it runs: between 0 and its limit. Else off, or between its lowest power and its limit.
static void bound_power(struct model *m, const struct plan_generator *g, int column, size_t k, signed char runs)
{
    double most_kw = runs < 0 ? 0 : plan_generator_most_w(g, k) / KILO, least_kw = runs > 0 ? g->min_power_w / KILO : 0;
    double held_kw = plan_generator_held_w(m->p, g, k) / KILO;
    if (g->available)
        model_bound(m, column, fmin(least_kw, most_kw), most_kw);
    else
        model_bound(m, column, m->with_slack ? 0 : held_kw, held_kw);
}

static void add_power(struct model *m, const struct plan_generator *g, int power, const signed char *runs)
{
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        int column = power + (int)k;
        double h = m->p->hours[k], heat = g->heat_bus >= 0 ? g->heat_ratio * LOST_HEAT * m->price_unit * h : 0;
        bound_power(m, g, column, k, runs[k]);
        model_cost(m, column, plan_generator_cost_per_kwh(m->p, g) * h, model_small_cost(m, g->id, k) * h + heat);
        model_emit(m, column, g->co2_kg_per_kwh * h);
        model_entry(m, model_balance(m, g->bus, k), column, 1);
    }
}

// heat used <= ratio x power
static void add_heat(struct model *m, const struct plan_generator *g, size_t i, struct model_generator *c)
{
    c->heat = model_columns(m, "heat", i, g->id, m->p->n_steps);
    int row = model_rows(m, "heat_limit", i, g->id, m->p->n_steps);
    for (size_t j = 0; j < m->p->n_steps && m->error == 0; j++) {
        int k = (int)j;
        model_bound(m, c->heat + k, 0, LP_INFINITY);
        model_cost(m, c->heat + k, 0, -LOST_HEAT * m->price_unit * m->p->hours[j]);
        model_entry(m, model_balance(m, g->heat_bus, j), c->heat + k, 1);
        model_entry(m, row + k, c->heat + k, 1);
        model_entry(m, row + k, c->power + k, -g->heat_ratio);
        model_row_is(m, row + k, -LP_INFINITY, 0);
    }
}

static void add_fuel(struct model *m, const struct plan_generator *g, size_t i, struct model_generator *c)
{
    c->fuel_row = model_rows(m, "fuel", i, g->id, 1);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++)
        model_entry(m, c->fuel_row, c->power + (int)k, m->p->hours[k]);
    model_row_is(m, c->fuel_row, -LP_INFINITY, g->fuel_wh / KILO);
}

// Between two steps in which it runs the ramp counts; at a start or a stop its lowest power comes or goes at once. It
// cannot rise faster; when nobody takes what it still gives, it falls faster and that is a limit missed. Where it may
// not run any more it just stops.
static void add_ramp(struct model *m, const struct plan_generator *g, size_t i, struct model_generator *c,
                     const signed char *runs)
{
    size_t n = m->p->n_steps;
    c->ramp_row = model_decision_rows(m, "ramp", i, g->id, n);
    c->ramp_miss = m->with_slack ? model_decisions(m, "ramp_miss", i, g->id, n) : -1;
    for (size_t j = 0; j < n && m->error == 0; j++) {
        int k = (int)j;
        bool goes_on = runs[j] > 0 && (j > 0 ? runs[j - 1] > 0 : plan_generator_runs_before(g));
        double most_kw = (plan_ramp_w(m->p, g->ramp_w_per_s, j) + (goes_on ? 0 : g->min_power_w)) / KILO;
        double before_kw = j == 0 ? g->power_before_w / KILO : 0;
        model_entry(m, c->ramp_row + k, c->power + k, 1);
        if (j > 0)
            model_entry(m, c->ramp_row + k, c->power + k - 1, -1);
        bool may_run = plan_generator_most_w(g, j) > 0;
        model_row_is(m, c->ramp_row + k, may_run ? before_kw - most_kw : -LP_INFINITY, before_kw + most_kw);
        if (!m->with_slack)
            continue;
        model_bound(m, c->ramp_miss + k, 0, LP_INFINITY);
        model_penalise(m, c->ramp_miss + k, OBJECTIVE_LIMITS, m->p->hours[j], m->p->hours[j]);
        model_entry(m, c->ramp_row + k, c->ramp_miss + k, 1);
    }
}

// power + miss = held power
static void add_miss(struct model *m, const struct plan_generator *g, size_t i, struct model_generator *c)
{
    c->held_miss = model_decisions(m, "generator_miss", i, g->id, m->p->n_steps);
    int row = model_decision_rows(m, "generator_miss", i, g->id, m->p->n_steps);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++)
        model_miss(m, row + (int)k, c->power + (int)k, c->held_miss + (int)k, k,
                   plan_generator_held_w(m->p, g, k) / KILO);
}

void model_add_generator(struct model *m, size_t i, const signed char *runs)
{
    const struct plan_generator *g = &m->p->generators[i];
    struct model_generator *c = &m->generators[i];
    *c = (struct model_generator){.heat = -1, .held_miss = -1, .ramp_miss = -1, .ramp_row = -1, .fuel_row = -1};
    c->power = model_decisions(m, "generator", i, g->id, m->p->n_steps);
    add_power(m, g, c->power, runs);
    if (g->heat_bus >= 0 && g->heat_ratio > 0)
        add_heat(m, g, i, c);
    if (!g->available) {
        if (m->with_slack)
            add_miss(m, g, i, c);
        return;
    }
    if (g->fuel_wh < PLAN_NO_LIMIT_W)
        add_fuel(m, g, i, c);
    if (plan_generator_has_ramp(m->p, g) && plan_generator_ever_w(m->p, g) > 0)
        add_ramp(m, g, i, c, runs);
}
