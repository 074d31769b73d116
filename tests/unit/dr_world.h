// SPDX-License-Identifier: GPL-3.0-or-later
// A house of 400 kW with a battery that can carry it, and events of the grid operator.
#pragma once

#include <stdio.h>

#include "area_world.h"
#include "base/error.h"

#define DR_HEAD(zone, response)                                                                                        \
    "area: {id: dr, name: DR, timezone: " zone ", latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"               \
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"                                        \
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"                  \
    "mqtt: {enabled: false}\n"                                                                                         \
    "demand_response: {enabled: true, signed: false, keep: instant" response "}\n"                                     \
    "tariffs:\n"                                                                                                       \
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}], demand_window: 15 min}\n"

#define DR_HOUSE                                                                                                       \
    "buses: {gate: {}}\n"                                                                                              \
    "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t, co2: 400 g/kWh}}\n"                \
    "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %,\n"     \
    "                  soc_max: 95 %, reserve: 10 %}}\n"                                                               \
    "loads: {hall: {bus: gate, shape: flat, average: 400 kW, peak: 900 kW}}\n"

#define DR_NOTHING PLAN_NO_LIMIT_W

static struct area_world w;
static struct thing *battery, *hall;

// The battery is worth as much as the import price: it rests, but for limits.
static inline void dr_rest(void)
{
    enum { STEPS = 60 };
    struct schedule *s;
    ck_assert_int_eq(
        schedule_alloc(STEPS, w.site->n_assets, w.site->n_buses, w.site->n_grids, w.site->n_communities, 0, &s), 0);
    s->made_utc_ms = w.now.utc_ms;
    strcpy(s->status, "optimal");
    for (size_t i = 0; i < w.site->n_assets; i++)
        ck_assert_int_eq(schedule_alloc_asset(s, i, w.site->assets[i].id, w.site->assets[i].kind), 0);
    for (size_t k = 0; k < STEPS; k++) {
        s->start_utc_ms[k] = w.now.utc_ms / 300000 * 300000 + (int64_t)k * 300000;
        s->hours[k] = 1.0 / 12;
        for (size_t b = 0; b < w.site->n_buses; b++)
            s->price_per_kwh[b * STEPS + k] = 0.3;
        for (size_t i = 0; i < w.site->n_assets; i++)
            if (s->assets[i].energy_value_per_kwh != NULL)
                s->assets[i].energy_value_per_kwh[k] = 0.3;
        s->assets[0].power_w[k] = 400e3;
    }
    for (size_t g = 0; g < w.site->n_grids; g++)
        s->peak_w[g] = 1e6;
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static inline void dr_start_area(const char *text, const char *start)
{
    area_start(&w, text, start);
    battery = area_thing(&w, "bat");
    hall = area_thing(&w, "hall");
    battery->soc = 0.9;
    hall->power_w = 400e3;
    area_run(&w, 3);
    dr_rest();
}

// An event of the area with one signal, from and until in seconds from now.
static inline struct dr_event *dr_asked(const char *id, enum dr_signal_kind kind, double value, int from_s, int until_s)
{
    struct dr_event *e = calloc(1, sizeof *e);
    snprintf(e->id, sizeof e->id, "%s", id);
    e->priority = 1;
    e->grid = -1;
    e->reference_w = -1;
    e->received_utc_ms = e->modified_utc_ms = w.now.utc_ms;
    e->from_utc_ms = w.now.utc_ms + from_s * INT64_C(1000);
    e->until_utc_ms = w.now.utc_ms + until_s * INT64_C(1000);
    e->signals = calloc(1, sizeof *e->signals);
    e->n_signals = 1;
    e->signals[0] = (struct dr_signal){.kind = kind, .until_ms = DR_FOREVER_MS, .value = value};
    return e;
}

// Frees what is not accepted.
static inline int dr_put(struct dr_event *e)
{
    int code = area_tell(&w, (struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}});
    if (code < 0)
        dr_event_free(e);
    return code;
}

static inline void dr_ask(const char *id, enum dr_signal_kind kind, double value, int from_s, int until_s)
{
    ck_assert_int_eq(dr_put(dr_asked(id, kind, value, from_s, until_s)), 0);
}

static inline int dr_take_back(const char *id, const char *sender)
{
    return area_tell(&w,
                     (struct event){.kind = EVENT_DR, .dr = {.operation = DR_WITHDRAW, .id = id, .sender = sender}});
}

static inline int dr_hear(enum dr_sender_event kind)
{
    return area_tell(&w, (struct event){.kind = EVENT_DR_SENDER, .dr_sender = {.kind = kind}});
}

static inline struct dr_view dr_now(void)
{
    struct dr_view v;
    engine_dr(w.engine, w.now, &v);
    return v;
}

static inline double dr_import_limit_w(void) // of the connection, as it is kept
{
    struct grid_view v;
    engine_grid(w.engine, 0, w.now, &v);
    return v.import_limit_w;
}

static inline void dr_assert_told(const char *id, enum dr_state state)
{
    ck_assert_str_eq(w.status.id, id);
    ck_assert_int_eq(w.status.state, state);
}
