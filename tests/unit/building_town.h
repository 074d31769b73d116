// SPDX-License-Identifier: GPL-3.0-or-later
// Three buildings of 100 kW behind one connection, an empty battery, and a planner: for what buildings are asked for.
#pragma once

#include "area_world.h"
#include "forecast/forecast.h"
#include "plan/planner.h"

#define TOWN_START "2026-01-05T10:00:00Z"

static const char TOWN[] =
    "demand_response: {enabled: true, signed: false, clock: false, keep: instant}\n"
    "area: {id: town, name: Town, timezone: UTC, latitude: 35 deg, longitude: 139 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"
    "control: {cycle: 1 s, limit_margin: 0 %}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.4 /kWh, from: \"16:00\", to: \"20:00\"}, {price: 0.2 /kWh}],\n"
    "              export: [{price: 0.05 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {grid: {bus: main, import_limit: 1 MW, export_limit: 100 kW, tariff: t}}\n"
    "batteries: {bat: {bus: main, capacity: 100 kWh, max_charge: 50 kW, max_discharge: 50 kW, soc_min: 10 %}}\n"
    "loads:\n"
    "  l1: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "  l2: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "  l3: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "buildings:\n"
    "  hall: {loads: [l1], incentive: 0.3 /kWh,\n"
    "         offers: [{power: 40 kW, price: 0.5 /kWh, max_duration: 2 h}]}\n"
    "  tower: {loads: [l2], incentive_type: critical_peak, incentive: 0.9 /kWh,\n"
    "          offers: [{power: 20 kW, price: 0.6 /kWh, max_duration: 4 h},\n"
    "                   {power: 40 kW, price: 0.9 /kWh, max_duration: 4 h}]}\n"
    "  flats: {loads: [l3], incentive_type: time_of_use}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices: {m: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}}\n";

enum { HALL, TOWER, FLATS, BUILDINGS };

struct town {
    struct area_world w;
    struct planner *planner;
    double follows[BUILDINGS]; // share of what is asked that it gives
    int solved, signals;
    bool planner_dead;
    double draws_kw;                                 // each
    double (*wanders)(int building, int64_t utc_ms); // share that it draws on top; NULL: none
};

static inline void town_start(struct town *t)
{
    *t = (struct town){.follows = {1, 1, 1}, .draws_kw = 100};
    area_start(&t->w, TOWN, TOWN_START);
    ck_assert_int_eq(planner_new(&t->planner), 0);
    area_thing(&t->w, "bat")->soc = 0.1; // empty: buildings have to do it
}

static inline void town_end(struct town *t)
{
    planner_free(t->planner);
    area_end(&t->w);
}

static inline struct building_view town_view(const struct town *t, int building)
{
    struct building_view v;
    engine_building(t->w.engine, building, t->w.now, &v);
    return v;
}

static inline void town_plan(struct town *t)
{
    struct schedule *s = NULL;
    char why[200] = "";
    if (t->w.problem == NULL || t->w.solves == t->solved)
        return;
    t->solved = t->w.solves;
    if (t->planner_dead) {
        area_tell(&t->w, (struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {.why = "dead"}});
        return;
    }
    ck_assert_msg(planner_solve(t->planner, t->w.problem, 10000, &s, why, sizeof why) == 0, "%s", why);
    ck_assert_msg(schedule_check(s, t->w.problem, why, sizeof why) == 0, "%s", why);
    ck_assert_int_eq(area_tell(&t->w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static inline double drawn_w(const struct town *t, int building)
{
    return t->draws_kw * 1000 * (1 + (t->wanders != NULL ? t->wanders(building, t->w.now.utc_ms) : 0));
}

// Buildings react at once, by their share.
static inline void town_run(struct town *t, int seconds)
{
    static const char *const loads[BUILDINGS] = {"l1", "l2", "l3"};
    for (int i = 0; i < seconds; i++) {
        for (int b = 0; b < BUILDINGS; b++)
            area_thing(&t->w, loads[b])->power_w =
                drawn_w(t, b) - t->follows[b] * town_view(t, b).asked_w + (t->w.now.utc_ms / 1000 % 2 ? 1 : -1);
        area_second(&t->w);
        town_plan(t);
    }
}

// The gate may draw so much from `from_min` of now on for an hour.
static inline void town_limit(struct town *t, double kw, int from_min)
{
    struct event e = {.kind = EVENT_LIMIT,
                      .limit = {.id = "dr",
                                .grid = 0,
                                .from_utc_ms = t->w.now.utc_ms + from_min * 60000,
                                .until_utc_ms = t->w.now.utc_ms + (from_min + 60) * 60000,
                                .import_limit_w = kw * 1000,
                                .export_limit_w = PLAN_NO_LIMIT_W}};
    ck_assert_int_eq(area_tell(&t->w, e), 0);
}
