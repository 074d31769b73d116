// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "tests/unit/random_area.h"

// 1 W beside 1 GW, and whatever lies between them.
static double size(uint64_t *dice)
{
    static const double sizes[] = {1e-5, 1e-3, 1, 1, 1, 1e2, 1e4};
    return sizes[(size_t)random_between(dice, 0, 6.99)];
}

static double price(uint64_t *dice)
{
    static const double prices[] = {1e-6, 1e-3, 1, 1e3, -1e3, 0};
    return prices[(size_t)random_between(dice, 0, 5.99)] * random_between(dice, 0.5, 1);
}

static void multiply(double *values, size_t n, double factor)
{
    for (size_t i = 0; i < n; i++)
        values[i] *= factor;
}

static void stretch_steps(uint64_t *dice, struct plan_problem *p)
{
    int64_t at = p->start_utc_ms[0];
    for (size_t k = 0; k < p->n_steps; k++) {
        p->start_utc_ms[k] = at;
        p->hours[k] = random_chance(dice, 0.5) ? 1.0 / 60 : 2;
        at += (int64_t)(p->hours[k] * 3600000 + 0.5);
    }
}

static void stretch_grid(uint64_t *dice, struct plan_problem *p, struct plan_grid *g)
{
    double by = size(dice);
    g->import_limit_w *= by;
    g->export_limit_w *= by;
    g->power_before_w *= by;
    g->peak_so_far_w *= by;
    g->demand_charge_per_kw = random_chance(dice, 0.3) ? 1e6 : g->demand_charge_per_kw;
    for (size_t k = 0; k < p->n_steps; k++) {
        g->import_price_per_kwh[k] = price(dice);
        g->export_price_per_kwh[k] = fmin(g->import_price_per_kwh[k], price(dice));
    }
}

static void stretch_battery(uint64_t *dice, struct plan_battery *b)
{
    double by = size(dice);
    double *const all[] = {&b->energy_wh,  &b->min_wh,       &b->max_wh,
                           &b->reserve_wh, &b->max_charge_w, &b->max_discharge_w};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] *= by;
    b->charge_curve.n = b->discharge_curve.n = 0;
    b->charge_efficiency = random_chance(dice, 0.4) ? 0.1 : b->charge_efficiency;
    b->discharge_efficiency = random_chance(dice, 0.4) ? 0.1 : b->discharge_efficiency;
    b->wear_per_kwh = random_chance(dice, 0.3) ? 1e6 : b->wear_per_kwh;
    b->end_value_per_kwh = price(dice);
}

static void stretch_flexible(uint64_t *dice, struct plan_flexible *f)
{
    double factor = size(dice);
    f->max_charge_w *= factor;
    f->min_charge_w *= factor;
    f->max_discharge_w *= size(dice);
    f->charge_efficiency = random_chance(dice, 0.4) ? 0.1 : f->charge_efficiency;
    for (int i = 0; i < f->n_sessions; i++) {
        double by = size(dice);
        f->sessions[i].energy_wh *= by;
        f->sessions[i].wanted_wh *= by;
        f->sessions[i].max_wh *= by;
        f->sessions[i].min_wh *= by;
    }
}

static void stretch_supply(uint64_t *dice, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_generators; i++) {
        struct plan_generator *g = &p->generators[i];
        double by = size(dice);
        g->max_power_w *= by;
        g->min_power_w *= by;
        g->power_before_w *= by;
        g->held_power_w *= by;
        g->fuel_cost_per_kwh = fabs(price(dice));
    }
    for (size_t i = 0; i < p->n_converters; i++)
        for (size_t k = 0; k < p->n_steps; k++)
            p->converters[i].cop[k] = random_chance(dice, 0.3) ? 0.01 : p->converters[i].cop[k];
    for (size_t i = 0; i < p->n_ties; i++) {
        p->ties[i].limit_w *= size(dice);
        p->ties[i].loss_frac = random_chance(dice, 0.3) ? 0.5 : p->ties[i].loss_frac;
    }
}

// What is short is not spread evenly here: with milliwatts beside gigawatts its rows make one model in forty look
// infeasible to the solver, which then keeps to the tiers with more room.
void random_area_stretch(uint64_t *dice, struct plan_problem *p)
{
    p->least_frac = 0;
    stretch_steps(dice, p);
    for (size_t i = 0; i < p->n_grids; i++)
        stretch_grid(dice, p, &p->grids[i]);
    for (size_t i = 0; i < p->n_pvs; i++)
        multiply(p->pvs[i].available_w, p->n_steps, size(dice));
    for (size_t i = 0; i < p->n_batteries; i++)
        stretch_battery(dice, &p->batteries[i]);
    for (size_t i = 0; i < p->n_groups; i++)
        p->groups[i].limit_w *= size(dice);
    for (size_t i = 0; i < p->n_flexibles; i++)
        stretch_flexible(dice, &p->flexibles[i]);
    for (size_t i = 0; i < p->n_loads; i++)
        multiply(p->loads[i].demand_w, p->n_steps, size(dice));
    stretch_supply(dice, p);
    for (size_t i = 0; i < p->n_offers; i++) {
        multiply(p->offers[i].available_w, p->n_steps, size(dice));
        p->offers[i].price_per_kwh = fabs(price(dice));
    }
}
