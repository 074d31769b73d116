// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries and stores: the storage equation, its limits, wear, and the value of what is left at the end.
#include <math.h>

#include "plan/curve.h"
#include "plan/limits.h"
#include "plan/model.h"

// ---- power ----------------------------------------------------------------------------------------------------------

static double most_w(double limit_w, const struct plan_curve *c, double best_wh)
{
    return fmin(limit_w, curve_power_w(c, best_wh));
}

static void add_power(struct model *m, const struct plan_battery *b, const struct model_battery *c, size_t k,
                      signed char sign)
{
    double h = m->p->hours[k], wear = b->wear_per_kwh * h;
    double circulation = model_circulation_cost(m, b->bus, b->charge_efficiency, b->discharge_efficiency, k);
    int charge = c->charge + (int)k, discharge = c->discharge + (int)k, balance = model_balance(m, b->bus, k);
    model_bound(m, charge, 0, sign > 0 ? 0 : most_w(plan_charge_limit_w(b, k), &b->charge_curve, 0) / KILO);
    model_bound(m, discharge, 0,
                sign < 0 ? 0 : most_w(plan_discharge_limit_w(b, k), &b->discharge_curve, HUGE_VAL) / KILO);
    model_cost(m, charge, wear, (model_charging_cost(m, b->id, k) + circulation) * h);
    model_cost(m, discharge, wear, (model_small_cost(m, b->id, k) + circulation) * h);
    model_entry(m, balance, charge, -1);
    model_entry(m, balance, discharge, 1);
}

// One line of a curve: power - slope energy <= power - slope energy of the point it starts from. Energy is that at the
// end of the step, when the battery is fullest (emptiest) and the limit lowest, so that it holds throughout.
static void add_line(struct model *m, const struct plan_battery *b, const char *family, const struct plan_curve *curve,
                     int point, double shift_wh, int power, int energy, size_t k)
{
    const double *at_wh = curve->energy_wh + point, *power_w = curve->power_w + point;
    double slope = (power_w[1] - power_w[0]) / (at_wh[1] - at_wh[0]);
    size_t battery = (size_t)(b - m->p->batteries);
    int row = model_row_at(m, family, battery, b->id, k, k, true);
    if (m->error < 0)
        return;
    model_entry(m, row, power, 1);
    model_entry(m, row, energy, -slope);
    model_row_is(m, row, -LP_INFINITY, (power_w[0] - slope * (at_wh[0] + shift_wh)) / KILO);
}

// Only lines that some energy it could have by then brings below its largest power.
static void add_curves(struct model *m, const struct plan_battery *b, const struct model_battery *c)
{
    static const char *const in[] = {"charge_curve_1", "charge_curve_2", "charge_curve_3"};
    static const char *const out[] = {"discharge_curve_1", "discharge_curve_2", "discharge_curve_3"};
    const struct plan_curve *falls = &b->charge_curve, *rises = &b->discharge_curve;
    double most_wh = b->energy_wh, least_wh = b->energy_wh;
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        double h = m->p->hours[k];
        most_wh += b->charge_efficiency * b->max_charge_w * h;
        least_wh = least_wh * (1 - b->self_discharge_per_h * h) - b->max_discharge_w * h / b->discharge_efficiency;
        for (int i = 0; i + 1 < falls->n; i++)
            if (most_wh > falls->energy_wh[i] && falls->power_w[i + 1] < b->max_charge_w)
                add_line(m, b, in[i], falls, i, c->envelope.above_curve_wh[k], c->charge + (int)k, c->energy + (int)k,
                         k);
        for (int i = 0; i + 1 < rises->n; i++)
            if (least_wh < rises->energy_wh[i + 1] && rises->power_w[i] < b->max_discharge_w)
                add_line(m, b, out[i], rises, i, -c->envelope.below_curve_wh[k], c->discharge + (int)k,
                         c->energy + (int)k, k);
    }
}

// ---- energy ---------------------------------------------------------------------------------------------------------

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
    if (b->available)
        add_curves(m, b, c);
    model_cost(m, c->energy + (int)n - 1, -b->end_value_per_kwh, 0);
    m->money_constant += b->end_value_per_kwh * b->min_wh / KILO;
    if (m->with_slack)
        add_slack(m, i, b, c);
}
