// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries: the storage equation, its limits, wear, and the value of what is left at the end.
#include <math.h>

#include "plan/model.h"

static const double TIE_BREAK = 1e-4; // per kWh, in units of the largest price

// Of equal times to charge the sooner is better: what is stored is stored, whatever the forecast was. Steeper than the
// other tie breaks for the next hours, and within the tolerance of prices for ever.
static const double LATE = 3e-4; // likewise, when it is far off
static const double LATE_H = 2;

// What circulating one kWh through both directions at once would earn at a negative price, per kWh and direction, and a
// little more: so that it never pays.
static double circulation_cost(const struct plan_battery *b, double negative_price)
{
    double back = 1 / b->discharge_efficiency;
    return 1.05 * negative_price * back * (back - b->charge_efficiency) / 2;
}

static double late_cost(const struct model *m, size_t k)
{
    double from_now_h = (double)(m->p->start_utc_ms[k] - m->p->start_utc_ms[0]) / 3.6e6 + m->p->hours[k] / 2;
    return LATE * m->price_unit * -expm1(-from_now_h / LATE_H);
}

static void add_power(struct model *m, const struct plan_battery *b, const struct model_battery *c, size_t k,
                      signed char sign)
{
    double h = m->p->hours[k], wear = b->wear_per_kwh * h;
    double small = (TIE_BREAK * m->price_unit * model_tie_break(b->id, m->p->start_utc_ms[k] + (int64_t)(h * 1.8e6)) +
                    circulation_cost(b, model_negative_price(m->p, k))) *
                   h;
    int charge = c->charge + (int)k, discharge = c->discharge + (int)k, balance = model_balance(m, b->bus, k);
    model_bound(m, charge, 0, sign > 0 ? 0 : b->max_charge_w / KILO);
    model_bound(m, discharge, 0, sign < 0 ? 0 : b->max_discharge_w / KILO);
    model_cost(m, charge, wear, small + late_cost(m, k) * h);
    model_cost(m, discharge, wear, small);
    model_entry(m, balance, charge, -1);
    model_entry(m, balance, discharge, 1);
}

// e[k] - (1 - sigma h) e[k-1] - eta_c h charge + h / eta_d discharge = 0, with the known start in the first step.
static void add_storage(struct model *m, const struct plan_battery *b, const struct model_battery *c, size_t k)
{
    double h = m->p->hours[k], kept = 1 - b->self_discharge_per_h * h;
    double start_kwh = k == 0 ? kept * b->energy_wh / KILO : 0;
    int row = c->storage_row + (int)k, energy = c->energy + (int)k;
    model_entry(m, row, energy, 1);
    if (k > 0)
        model_entry(m, row, energy - 1, -kept);
    model_entry(m, row, c->charge + (int)k, -b->charge_efficiency * h);
    model_entry(m, row, c->discharge + (int)k, h / b->discharge_efficiency);
    model_row_is(m, row, start_kwh, start_kwh);
}

static void add_energy_bounds(struct model *m, const struct model_battery *c, size_t k)
{
    const struct envelope *e = &c->envelope;
    if (m->with_slack)
        model_bound(m, c->energy + (int)k, e->floor_wh[k] / KILO, e->ceiling_wh[k] / KILO);
    else
        model_bound(m, c->energy + (int)k, e->wanted_low_wh[k] / KILO, e->wanted_high_wh[k] / KILO);
}

// energy + below >= wanted low, energy - above <= wanted high. Missing counts for as long as it lasts.
static void add_reserve(struct model *m, size_t i, const struct plan_battery *b, struct model_battery *c)
{
    size_t n = m->p->n_steps;
    c->below = model_columns(m, "below", i, b->id, n);
    c->above = model_columns(m, "above", i, b->id, n);
    int low = model_rows(m, "low", i, b->id, n), high = model_rows(m, "high", i, b->id, n);
    for (size_t j = 0; j < n && m->error == 0; j++) {
        int k = (int)j;
        model_bound(m, c->below + k, 0, LP_INFINITY);
        model_bound(m, c->above + k, 0, LP_INFINITY);
        model_penalise(m, c->below + k, OBJECTIVE_RESERVE, m->p->hours[j], 1);
        model_penalise(m, c->above + k, OBJECTIVE_RESERVE, m->p->hours[j], 1);
        model_entry(m, low + k, c->energy + k, 1);
        model_entry(m, low + k, c->below + k, 1);
        model_row_is(m, low + k, c->envelope.wanted_low_wh[j] / KILO, LP_INFINITY);
        model_entry(m, high + k, c->energy + k, 1);
        model_entry(m, high + k, c->above + k, -1);
        model_row_is(m, high + k, -LP_INFINITY, c->envelope.wanted_high_wh[j] / KILO);
    }
}

// A battery that cannot be told anything goes on as it does, unless its bus cannot take that.
static void add_held(struct model *m, const struct model_battery *c, size_t k)
{
    double charge_kw = c->envelope.held_charge_w[k] / KILO, discharge_kw = c->envelope.held_discharge_w[k] / KILO;
    bool fixed = !m->with_slack;
    model_bound(m, c->charge + (int)k, fixed ? charge_kw : 0, charge_kw);
    model_bound(m, c->discharge + (int)k, fixed ? discharge_kw : 0, discharge_kw);
}

// power + miss = held power
static int add_misses(struct model *m, size_t i, const char *id, const char *family, int power, const double *held_w)
{
    int miss = model_columns(m, family, i, id, m->p->n_steps);
    int row = model_rows(m, family, i, id, m->p->n_steps);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        double h = m->p->hours[k], held_kw = held_w[k] / KILO;
        model_bound(m, miss + (int)k, 0, held_kw);
        model_penalise(m, miss + (int)k, OBJECTIVE_LIMITS, h, h);
        model_entry(m, row + (int)k, power + (int)k, 1);
        model_entry(m, row + (int)k, miss + (int)k, 1);
        model_row_is(m, row + (int)k, held_kw, held_kw);
    }
    return miss;
}

static void add_slack(struct model *m, size_t i, const struct plan_battery *b, struct model_battery *c)
{
    add_reserve(m, i, b, c);
    if (b->available)
        return;
    c->charge_miss = add_misses(m, i, b->id, "charge_miss", c->charge, c->envelope.held_charge_w);
    c->discharge_miss = add_misses(m, i, b->id, "discharge_miss", c->discharge, c->envelope.held_discharge_w);
}

void model_add_battery(struct model *m, size_t i, const signed char *sign)
{
    const struct plan_battery *b = &m->p->batteries[i];
    struct model_battery *c = &m->batteries[i];
    size_t n = m->p->n_steps;
    c->below = c->above = c->charge_miss = c->discharge_miss = -1;
    battery_envelope(m->p, b, &c->envelope);
    c->charge = model_decisions(m, "charge", i, b->id, n);
    c->discharge = model_decisions(m, "discharge", i, b->id, n);
    c->energy = model_decisions(m, "energy", i, b->id, n);
    c->storage_row = model_decision_rows(m, "storage", i, b->id, n);
    for (size_t k = 0; k < n && m->error == 0; k++) {
        add_power(m, b, c, k, sign[k]);
        add_storage(m, b, c, k);
        add_energy_bounds(m, c, k);
        if (!b->available)
            add_held(m, c, k);
    }
    if (m->error < 0)
        return;
    model_cost(m, c->energy + (int)n - 1, -b->end_value_per_kwh, 0);
    m->money_constant += b->end_value_per_kwh * b->min_wh / KILO;
    if (m->with_slack)
        add_slack(m, i, b, c);
}
