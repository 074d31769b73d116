// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/random_area.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plan/problem_alloc.h"

static const int64_t START_MS = INT64_C(1767600000000); // 2026-01-05T08:00:00Z

// ---- the dice -------------------------------------------------------------------------------------------------------

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

double random_between(uint64_t *dice, double low, double high)
{
    return low + (high - low) * (double)(next(dice) % 1000001) / 1e6;
}

bool random_chance(uint64_t *dice, double probability)
{
    return random_between(dice, 0, 1) < probability;
}

static size_t count(uint64_t *dice, size_t low, size_t high)
{
    return low + next(dice) % (high - low + 1);
}

static int any(uint64_t *dice, size_t n)
{
    return (int)(next(dice) % n);
}

static void draw_series(uint64_t *dice, double *values, size_t n, double low, double high)
{
    for (size_t k = 0; k < n; k++)
        values[k] = random_between(dice, low, high);
}

// ---- places ---------------------------------------------------------------------------------------------------------

// The last bus, where there are three or more, may be one of heat or cooling.
static void draw_buses(uint64_t *dice, struct plan_problem *p, bool heat)
{
    if (heat)
        p->carriers[p->n_buses - 1] = random_chance(dice, 0.5) ? CARRIER_HEAT : CARRIER_COOLING;
    for (size_t b = 0; b < p->n_buses; b++)
        snprintf(p->bus_ids[b], SITE_ID_MAX, "bus%zu", b);
}

static bool has_heat(const struct plan_problem *p)
{
    return p->carriers[p->n_buses - 1] != CARRIER_ELECTRICITY;
}

static int heat_bus(const struct plan_problem *p)
{
    return (int)p->n_buses - 1;
}

static int electric_bus(uint64_t *dice, const struct plan_problem *p)
{
    return any(dice, p->n_buses - has_heat(p));
}

static void draw_hold(uint64_t *dice, const struct random_area *how, double low_w, double high_w, bool *available,
                      double *held_power_w)
{
    *available = how->steerable || random_chance(dice, 0.85);
    *held_power_w = random_between(dice, low_w, high_w);
}

// ---- grids ----------------------------------------------------------------------------------------------------------

static void draw_prices(uint64_t *dice, const struct random_area *how, const struct plan_problem *p,
                        double *import_price, double *export_price)
{
    draw_series(dice, import_price, p->n_steps, how->lowest_price, how->highest_price);
    for (size_t k = 0; k < p->n_steps; k++)
        export_price[k] = how->wild ? random_between(dice, how->lowest_price, how->highest_price)
                                    : fmin(import_price[k], random_between(dice, how->lowest_price, import_price[k]));
}

static void draw_events(uint64_t *dice, const struct random_area *how, const struct plan_problem *p,
                        struct plan_grid *g)
{
    size_t from = count(dice, 0, p->n_steps - 1), to = count(dice, from, p->n_steps - 1);
    bool limits = random_chance(dice, 0.3), shuts = random_chance(dice, 0.1), pays = random_chance(dice, 0.3);
    double import_w = random_between(dice, 0, 300e3), baseline_w = random_between(dice, 0, 500e3);
    double incentive = random_between(dice, 0, how->highest_price);
    for (size_t k = from; k <= to; k++) {
        if (limits)
            g->dr_import_limit_w[k] = import_w;
        if (shuts)
            g->dr_export_limit_w[k] = 0;
        if (pays) {
            g->dr_baseline_w[k] = baseline_w;
            g->dr_incentive_per_kwh[k] = incentive;
        }
    }
}

// All the time, or some steps of it.
static void draw_outage(uint64_t *dice, const struct random_area *how, const struct plan_problem *p,
                        struct plan_grid *g)
{
    size_t from = 0, to = p->n_steps;
    if (how->steerable || !random_chance(dice, 0.2))
        return;
    if (random_chance(dice, 0.5)) {
        from = count(dice, 0, p->n_steps - 1);
        to = count(dice, from, p->n_steps);
    }
    for (size_t k = from; k < to; k++)
        g->available[k] = 0;
}

static void draw_grid(uint64_t *dice, const struct random_area *how, struct plan_problem *p, struct plan_grid *g)
{
    g->bus = electric_bus(dice, p);
    g->import_limit_w = random_between(dice, 50e3, 900e3);
    g->export_limit_w = random_chance(dice, 0.3) ? 0 : random_between(dice, 10e3, 500e3);
    draw_prices(dice, how, p, g->import_price_per_kwh, g->export_price_per_kwh);
    draw_series(dice, g->co2_kg_per_kwh, p->n_steps, 0, 0.8);
    g->demand_charge_per_kw = random_chance(dice, 0.5) ? random_between(dice, 0, 45 * how->highest_price) : 0;
    g->demand_window_s = random_chance(dice, 0.5) ? 900 : 1800;
    g->contract_w = random_chance(dice, 0.2) ? random_between(dice, 50e3, 500e3) : PLAN_NO_LIMIT_W;
    g->peak_so_far_w = random_between(dice, 0, 300e3);
    g->window_elapsed_wh = random_between(dice, 0, 20e3);
    g->power_before_w = random_between(dice, -50e3, 200e3);
    g->ramp_w_per_s = random_chance(dice, 0.2) ? random_between(dice, 50, 1000) : 0;
    if (p->n_communities > 0 && random_chance(dice, 0.7))
        g->community = any(dice, p->n_communities);
    draw_outage(dice, how, p, g);
    draw_events(dice, how, p, g);
}

// ---- storages and flexibles -----------------------------------------------------------------------------------------

static void draw_curves(uint64_t *dice, struct plan_battery *b)
{
    if (random_chance(dice, 0.3))
        b->charge_curve = (struct plan_curve){
            .n = 2, .energy_wh = {0.8 * b->max_wh, b->max_wh}, .power_w = {b->max_charge_w, 0.1 * b->max_charge_w}};
    if (random_chance(dice, 0.2))
        b->discharge_curve = (struct plan_curve){.n = 2,
                                                 .energy_wh = {b->min_wh, b->min_wh + 0.2 * b->max_wh},
                                                 .power_w = {0.2 * b->max_discharge_w, b->max_discharge_w}};
}

static void draw_battery(uint64_t *dice, const struct random_area *how, struct plan_problem *p, struct plan_battery *b)
{
    double capacity_wh = random_between(dice, 10e3, 2000e3);
    bool store = has_heat(p) && b == &p->batteries[p->n_batteries - 1];
    b->kind = store ? ASSET_STORE : ASSET_BATTERY;
    b->bus = store ? heat_bus(p) : electric_bus(dice, p);
    b->energy_wh = random_between(dice, 0, 1) * capacity_wh;
    b->min_wh = 0.1 * capacity_wh;
    b->max_wh = 0.95 * capacity_wh;
    b->reserve_wh = random_chance(dice, 0.5) ? 0.3 * capacity_wh : b->min_wh;
    b->max_charge_w = random_between(dice, 0, 0.5) * capacity_wh;
    b->max_discharge_w = random_between(dice, 0, 0.5) * capacity_wh;
    b->charge_efficiency = random_between(dice, 0.7, 1);
    b->discharge_efficiency = random_between(dice, 0.7, 1);
    b->self_discharge_per_h = random_chance(dice, 0.3) ? random_between(dice, 0, 0.02) : 0;
    b->wear_per_kwh = random_between(dice, 0, 0.1) * how->highest_price;
    b->end_value_per_kwh = random_between(dice, 0, 0.8) * how->highest_price;
    draw_curves(dice, b);
    draw_hold(dice, how, -100e3, 100e3, &b->available, &b->held_power_w);
}

static void draw_sessions(uint64_t *dice, const struct plan_problem *p, struct plan_flexible *f)
{
    int64_t at = START_MS - 3600000, end = p->start_utc_ms[p->n_steps - 1] + 5400000;
    int n = (int)count(dice, 0, 2);
    for (int i = 0; i < n && at < end; i++) {
        struct plan_session *s = &f->sessions[f->n_sessions];
        s->from_utc_ms = at + (int64_t)random_between(dice, 0, 3600000);
        s->until_utc_ms = s->from_utc_ms + (int64_t)random_between(dice, 600000, 6 * 3600000);
        s->max_wh = random_between(dice, 10e3, 300e3);
        s->energy_wh = random_between(dice, 0, 0.9) * s->max_wh;
        s->wanted_wh = random_between(dice, s->energy_wh, s->max_wh);
        s->min_wh = random_chance(dice, 0.5) ? 0.2 * s->max_wh : 0;
        at = s->until_utc_ms;
        if (at > START_MS)
            f->n_sessions++;
    }
}

static void draw_flexible(uint64_t *dice, const struct random_area *how, struct plan_problem *p,
                          struct plan_flexible *f)
{
    f->kind = f == &p->flexibles[p->n_flexibles - 1] && random_chance(dice, 0.3) ? ASSET_FLEXIBLE : ASSET_CHARGER;
    f->bus = electric_bus(dice, p);
    f->group = p->n_groups > 0 && random_chance(dice, 0.7) ? any(dice, p->n_groups) : -1;
    f->max_charge_w = random_between(dice, 3e3, 150e3);
    f->min_charge_w = random_chance(dice, 0.3) ? random_between(dice, 0, 1) * f->max_charge_w : 0;
    f->max_discharge_w = f->kind == ASSET_CHARGER && random_chance(dice, 0.4) ? random_between(dice, 3e3, 50e3) : 0;
    f->charge_efficiency = random_between(dice, 0.8, 1);
    f->discharge_efficiency = random_between(dice, 0.8, 1);
    f->wear_per_kwh = random_between(dice, 0, 0.2) * how->highest_price;
    f->priority = (enum load_tier)any(dice, TIER_COUNT);
    draw_sessions(dice, p, f);
    draw_hold(dice, how, -f->max_charge_w, 0, &f->available, &f->held_power_w);
}

static void draw_groups(uint64_t *dice, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_groups; i++) {
        p->groups[i].within = i > 0 && random_chance(dice, 0.5) ? any(dice, i) : -1;
        p->groups[i].limit_w = random_between(dice, 5e3, 200e3);
    }
}

// ---- loads and sources ----------------------------------------------------------------------------------------------

static void draw_load(uint64_t *dice, const struct random_area *how, struct plan_problem *p, struct plan_load *l)
{
    bool heat = has_heat(p) && l == &p->loads[p->n_loads - 1];
    l->bus = heat ? heat_bus(p) : electric_bus(dice, p);
    draw_series(dice, l->demand_w, p->n_steps, 0, random_between(dice, 10e3, 400e3));
    memcpy(l->tier_share, (double[TIER_COUNT]){0.4, 0.3, 0.2, 0.1}, sizeof(l->tier_share));
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        l->sheddable[tier] = random_chance(dice, 0.6);
        l->shed_cost_per_kwh[tier] = random_between(dice, 0, 5) * how->highest_price;
    }
}

static void draw_generator(uint64_t *dice, const struct random_area *how, struct plan_problem *p,
                           struct plan_generator *g)
{
    g->bus = electric_bus(dice, p);
    g->max_power_w = random_between(dice, 0, 300e3);
    g->min_power_w = random_chance(dice, 0.4) ? random_between(dice, 0, 0.6) * g->max_power_w : 0;
    g->fuel_cost_per_kwh = random_between(dice, 0.2, 1.2) * how->highest_price;
    g->co2_kg_per_kwh = random_between(dice, 0, 0.7);
    g->fuel_wh = random_chance(dice, 0.3) ? random_between(dice, 0, 500e3) : PLAN_NO_LIMIT_W;
    g->ramp_w_per_s = random_chance(dice, 0.3) ? random_between(dice, 50, 1000) : 0;
    g->power_before_w = random_chance(dice, 0.5) ? random_between(dice, g->min_power_w, g->max_power_w) : 0;
    g->start_cost = random_chance(dice, 0.3) ? random_between(dice, 0, 20) * how->highest_price : 0;
    g->min_run_h = random_chance(dice, 0.2) ? 0.5 : 0;
    g->has_run_h = g->power_before_w > 0 ? random_between(dice, 0, 1) : 0;
    if (has_heat(p) && random_chance(dice, 0.5)) {
        g->heat_bus = heat_bus(p);
        g->heat_ratio = random_between(dice, 0.5, 1.8);
    }
    draw_hold(dice, how, 0, g->max_power_w, &g->available, &g->held_power_w);
}

static void draw_converter(uint64_t *dice, const struct random_area *how, struct plan_problem *p,
                           struct plan_converter *c)
{
    c->from = electric_bus(dice, p);
    c->to = heat_bus(p);
    c->max_power_w = random_between(dice, 0, 200e3);
    c->min_power_w = random_chance(dice, 0.3) ? random_between(dice, 0, 0.5) * c->max_power_w : 0;
    draw_series(dice, c->cop, p->n_steps, 0.9, 5);
    draw_hold(dice, how, -c->max_power_w, 0, &c->available, &c->held_power_w);
}

static void draw_tie(uint64_t *dice, const struct random_area *how, struct plan_problem *p, struct plan_tie *t)
{
    size_t n = p->n_buses - has_heat(p);
    t->from = any(dice, n);
    t->to = (t->from + 1) % (int)n;
    t->limit_w = random_between(dice, 0, 500e3);
    t->loss_frac = random_chance(dice, 0.3) ? 0 : random_between(dice, 0, 0.1);
    t->transfer_price_per_kwh = random_between(dice, 0, 0.05) * how->highest_price;
    draw_hold(dice, how, -50e3, 50e3, &t->available, &t->held_power_w);
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static void draw_steps(struct plan_problem *p)
{
    int64_t at = START_MS;
    for (size_t k = 0; k < p->n_steps; k++) {
        p->start_utc_ms[k] = at;
        p->hours[k] = k < 6 ? 1.0 / 12 : k < 12 ? 0.25 : 1;
        at += (int64_t)(p->hours[k] * 3600000 + 0.5);
    }
}

static void draw_sources(uint64_t *dice, const struct random_area *how, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_grids; i++)
        draw_grid(dice, how, p, &p->grids[i]);
    for (size_t i = 0; i < p->n_communities; i++)
        draw_prices(dice, how, p, p->communities[i].import_price_per_kwh, p->communities[i].export_price_per_kwh);
    for (size_t i = 0; i < p->n_pvs; i++) {
        p->pvs[i].bus = electric_bus(dice, p);
        p->pvs[i].curtailable = random_chance(dice, 0.7);
        draw_series(dice, p->pvs[i].available_w, p->n_steps, 0, random_between(dice, 0, 500e3));
    }
    for (size_t i = 0; i < p->n_generators; i++)
        draw_generator(dice, how, p, &p->generators[i]);
    for (size_t i = 0; i < p->n_converters; i++)
        draw_converter(dice, how, p, &p->converters[i]);
    for (size_t i = 0; i < p->n_ties; i++)
        draw_tie(dice, how, p, &p->ties[i]);
}

static void draw_takers(uint64_t *dice, const struct random_area *how, struct plan_problem *p)
{
    draw_groups(dice, p);
    for (size_t i = 0; i < p->n_batteries; i++)
        draw_battery(dice, how, p, &p->batteries[i]);
    bool flexible = false; // chargers come first
    for (size_t i = 0; i < p->n_flexibles; i++) {
        draw_flexible(dice, how, p, &p->flexibles[i]);
        flexible |= p->flexibles[i].kind == ASSET_FLEXIBLE;
        ck_assert(!flexible || i + 1 == p->n_flexibles);
    }
    for (size_t i = 0; i < p->n_loads; i++)
        draw_load(dice, how, p, &p->loads[i]);
}

// Of all connections together, and what is wanted in batteries, for some steps: by dice of their own, so that the areas
// are what they were without.
static void draw_area_limits(uint64_t seed, struct plan_problem *p)
{
    uint64_t own = seed ^ 0x9e3779b97f4a7c15u, *dice = &own;
    size_t from = count(dice, 0, p->n_steps - 1), to = count(dice, from, p->n_steps - 1);
    bool import = random_chance(dice, 0.3), export = random_chance(dice, 0.15);
    bool wants = random_chance(dice, 0.1);
    double import_w = random_between(dice, 0, 400e3), export_w = random_between(dice, 0, 200e3);
    double wanted_frac = random_between(dice, 0, 1);
    for (size_t k = from; k <= to; k++) {
        if (import)
            p->area_import_limit_w[k] = import_w;
        if (export)
            p->area_export_limit_w[k] = export_w;
        for (size_t i = 0; i < p->n_batteries && wants; i++)
            p->batteries[i].dr_wanted_wh[k] = wanted_frac * p->batteries[i].max_wh;
    }
}

// What an outage changes, by dice of its own: evenness, emergency generators, who forms an island, reserves that are
// there to be used, and lifelines alone after its end.
static void draw_outage_plan(uint64_t seed, struct plan_problem *p)
{
    uint64_t own = seed ^ UINT64_C(0xd1b54a32d192ed03), *dice = &own;
    if (!random_chance(dice, 0.4))
        return;
    size_t end = count(dice, 0, p->n_steps);
    p->least_frac = random_chance(dice, 0.8) ? random_between(dice, 0, 1) : 0;
    for (size_t k = end; k < p->n_steps && random_chance(dice, 0.5); k++)
        p->lifelines_only[k] = 1;
    for (size_t i = 0; i < p->n_generators; i++) {
        size_t from = count(dice, 0, p->n_steps), to = count(dice, from, p->n_steps);
        for (size_t k = from; k < to && random_chance(dice, 0.9); k++)
            p->generators[i].allowed[k] = random_chance(dice, 0.5) ? 0 : 0.8;
    }
    for (size_t i = 0; i < p->n_batteries; i++)
        for (size_t k = 0; k < p->n_steps; k++) {
            p->batteries[i].keeps_reserve[k] = k >= end;
            p->batteries[i].kept_frac[k] = k < end ? 0.2 : 0;
        }
}

static void draw_scenarios(uint64_t *dice, struct plan_problem *p, size_t n)
{
    ck_assert_int_eq(plan_problem_add_scenarios(p, n), 0);
    for (size_t i = 0; i < n; i++) {
        struct plan_scenario *s = &p->scenarios[i];
        for (size_t k = 0; k < p->n_loads * p->n_steps; k++)
            s->demand_w[k] *= random_between(dice, 0.7, 1.3);
        for (size_t k = 0; k < p->n_pvs * p->n_steps; k++)
            s->available_w[k] *= random_between(dice, 0.3, 1);
    }
}

// By dice of their own, so that everything else stays as it is without them.
static void draw_offers(uint64_t dice, const struct random_area *how, struct plan_problem *p)
{
    ck_assert_int_eq(plan_problem_add_offers(p, random_chance(&dice, 0.5) ? count(&dice, 1, 4) : 0), 0);
    for (size_t i = 0; i < p->n_offers; i++) {
        struct plan_offer *o = &p->offers[i];
        double power_w = random_between(&dice, 0, 60e3);
        size_t from = count(&dice, 0, p->n_steps - 1), to = count(&dice, from, p->n_steps - 1);
        snprintf(o->id, SITE_ID_MAX, "o-%zu", i);
        o->bus = p->loads[any(&dice, p->n_loads)].bus;
        o->price_per_kwh = random_chance(&dice, 0.2) ? 0 : random_between(&dice, 0, 2) * how->highest_price;
        o->energy_wh = power_w * random_between(&dice, 0, 4);
        for (size_t k = from; k <= to; k++)
            o->available_w[k] = random_chance(&dice, 0.8) ? power_w : 0;
    }
}

static void name_all(struct plan_problem *p)
{
    snprintf(p->area, SITE_ID_MAX, "random");
#define NAME(section, letter)                                                                                          \
    for (size_t i = 0; i < p->n_##section; i++)                                                                        \
    snprintf(p->section[i].id, SITE_ID_MAX, letter "%zu", i)
    NAME(grids, "g");
    NAME(pvs, "v");
    NAME(batteries, "s");
    NAME(groups, "b");
    NAME(flexibles, "c");
    NAME(loads, "l");
    NAME(generators, "n");
    NAME(converters, "h");
    NAME(ties, "t");
    NAME(communities, "m");
#undef NAME
}

struct plan_problem *random_area_draw(uint64_t *dice, const struct random_area *how)
{
    uint64_t own = *dice ^ UINT64_C(0x9e3779b97f4a7c15);
    struct plan_sizes sizes = {.n_steps = count(dice, 1, how->most_steps), .n_buses = count(dice, 1, 4)};
    sizes.n_grids = count(dice, how->steerable, 2);
    sizes.n_communities = count(dice, 0, 1);
    sizes.n_pvs = count(dice, 0, 2);
    sizes.n_batteries = count(dice, 0, 3);
    sizes.n_groups = count(dice, 0, 2);
    sizes.n_flexibles = count(dice, 0, 3);
    sizes.n_loads = count(dice, 1, 3);
    sizes.n_generators = count(dice, 0, 2);
    sizes.n_converters = count(dice, 0, 1);
    sizes.n_ties = sizes.n_buses > 2 ? count(dice, 1, 2) : 0;
    bool heat = sizes.n_buses > 2 && random_chance(dice, 0.7);
    if (!heat)
        sizes.n_converters = 0;
    struct plan_problem *p;
    ck_assert_int_eq(plan_problem_alloc(&sizes, &p), 0);
    p->made_utc_ms = START_MS;
    p->shared_s = 1800;
    p->co2_price_per_kg = random_chance(dice, 0.5) ? random_between(dice, 0, 0.3) * how->highest_price : 0;
    p->co2_first = random_chance(dice, 0.1);
    draw_buses(dice, p, heat);
    name_all(p);
    draw_steps(p);
    draw_sources(dice, how, p);
    draw_takers(dice, how, p);
    if (how->most_scenarios > 0)
        draw_scenarios(dice, p, count(dice, 0, how->most_scenarios));
    draw_offers(own | 1, how, p);
    draw_area_limits(*dice, p);
    draw_outage_plan(*dice, p);
    return p;
}
