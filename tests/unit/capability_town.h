// SPDX-License-Identifier: GPL-3.0-or-later
// A small area with demand response around an engine that follows plans of the real planner, and what it then says it
// could do.
#pragma once

#include "area_world.h"
#include "plan/planner.h"

#define START "2026-01-05T10:05:00Z"

#define HEAD                                                                                                           \
    "area: {id: town, timezone: UTC, latitude: 35 deg, longitude: 139 deg, currency: EUR}\n"                           \
    "plan: {interval: 5 min, horizon: 30 h, deadline: 10 s, max_age: 15 min, scenarios: 1}\n"                          \
    "control: {cycle: 1 s, limit_margin: 0 %}\n"                                                                       \
    "mqtt: {enabled: false}\n"                                                                                         \
    "demand_response: {enabled: true, signed: false}\n"                                                                \
    "buses: {main: {}}\n"

#define FLAT_PRICE "tariffs: {t: {import: [{price: 0.3 /kWh}], export: [{price: 0.05 /kWh}]}}\n"
#define GRID       "grids: {grid: {bus: main, import_limit: 500 kW, export_limit: 20 kW, tariff: t}}\n"
#define LOAD       "loads: {l1: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}}\n"

struct town {
    struct area_world w;
    struct planner *planner;
    struct capability_slot slots[CAPABILITY_SLOTS];
    size_t n;
};

static inline struct schedule *solve(struct town *t)
{
    struct schedule *s = NULL;
    char why[200] = "";
    ck_assert_msg(planner_solve(t->planner, t->w.problem, 20000, &s, why, sizeof why) == 0, "%s", why);
    ck_assert_msg(schedule_check(s, t->w.problem, why, sizeof why) == 0, "%s", why);
    return s;
}

static inline void follow_plan(struct town *t)
{
    area_problem(&t->w);
    struct event e = {.kind = EVENT_PLAN, .plan = {.schedule = solve(t)}};
    ck_assert_int_eq(area_tell(&t->w, e), 0);
    area_run(&t->w, 2);
    t->n = engine_capability(t->w.engine, t->w.now, t->slots);
}

static inline void start(struct town *t, const char *text)
{
    *t = (struct town){0};
    area_start(&t->w, text, START);
    ck_assert_int_eq(planner_new(&t->planner), 0);
    for (size_t i = 0; i < t->w.site->n_assets; i++) {
        const struct site_asset *a = &t->w.site->assets[i];
        if (a->kind == ASSET_LOAD)
            t->w.things[i].power_w = t->w.site->loads[a->of_kind].average_w;
        if (a->kind == ASSET_BATTERY)
            t->w.things[i].soc = 0.5;
    }
    area_run(&t->w, 3);
}

static inline void end(struct town *t)
{
    planner_free(t->planner);
    area_end(&t->w);
}

static inline double kw(double w)
{
    return w / 1000;
}
