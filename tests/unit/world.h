// SPDX-License-Identifier: GPL-3.0-or-later
// A small area around an engine: a gate of 1 MW, a battery, a PV plant, a load, and the devices that measure and drive
// them, all in injected time. A test sets what the world does, lets seconds pass and looks at what the engine asked
// for.
#pragma once

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "dr/settlement.h"
#include "plan/schedule_alloc.h"

static const char WORLD_SITE[] =
    "area: {id: world, name: World, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"
    "mqtt: {enabled: false}\n"
    "tariffs:\n"
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}], demand_charge: 10 /kW, demand_window: 15 min}\n"
    "buses: {gate: {}}\n"
    "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 100 kW, tariff: t}}\n"
    "pv: {sun: {bus: gate, peak_power: 200 kW, curtailable: true}}\n"
    "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %,\n"
    "                  soc_max: 95 %, reserve: 20 %, wear: 0.01 /kWh}}\n"
    "loads: {hall: {bus: gate, shape: flat, average: 500 kW, peak: 1200 kW}}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  m: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}\n"
    "  p: {link: wire, unit: 2, profile: generic-pv, asset: sun, poll: 1 s, control: true}\n"
    "  b: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true, safe_power: 0 kW}\n"
    "  l: {link: wire, unit: 4, profile: generic-meter, asset: hall, poll: 1 s}\n";

enum { DEV_GRID, DEV_PV, DEV_BATTERY, DEV_LOAD, DEV_COUNT };
enum { A_GRID, A_PV, A_BATTERY, A_LOAD };

static const struct engine_device WORLD_DEVICES[DEV_COUNT] = {
    [DEV_GRID] = {.kind = PROFILE_METER},
    [DEV_PV] = {.kind = PROFILE_PV, .can_write = true},
    [DEV_BATTERY] = {.kind = PROFILE_BATTERY, .can_write = true, .device_reverts = true},
    [DEV_LOAD] = {.kind = PROFILE_METER},
};

struct seen { // what the engine asked for since it was last cleared
    int writes[DEV_COUNT], releases[DEV_COUNT];
    int solves, alarms_raised, alarms_cleared, states, plans, ledgers;
    int asset_states[DEV_COUNT], setpoints[DEV_COUNT], forecasts[DEV_COUNT];
    int saves[SAVED_KIND_COUNT];
    char last_alarm[96];
};

struct world {
    struct site *site;
    struct engine *engine;
    struct instant now;
    double load_w, pv_w, battery_w, soc; // load as a magnitude, pv: what the sun gives
    double cap_w;                        // of the PV plant
    double battery_goal_w;               // last written
    bool disobedient;                    // the battery keeps its power
    bool dead[DEV_COUNT];
    bool broken_soc;
    struct seen seen;
};

static inline struct site *world_site(const char *text)
{
    struct diagnostics d = {0};
    struct site *site = NULL;
    if (conf_load_text("world.yaml", text, strlen(text), &d, &site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_ptr_nonnull(site);
    ck_assert_int_eq(local_time_set_zone(site->timezone), 0);
    return site;
}

static inline void world_start(struct world *w)
{
    *w = (struct world){.load_w = 500e3, .soc = 0.5, .cap_w = INFINITY};
    w->now = (struct instant){.utc_ms = INT64_C(1767265200000), .mono_ms = 1000000}; // 2026-01-01T11:00:00Z
    w->site = world_site(WORLD_SITE);
    ck_assert_int_eq(engine_new(w->site, WORLD_DEVICES, w->now, &w->engine), 0);
}

static inline void world_end(struct world *w)
{
    engine_free(w->engine);
    site_free(w->site);
}

// ---- the engine's side ----------------------------------------------------------------------------------------------

static inline void world_carry_out(struct world *w, struct action *a)
{
    struct seen *s = &w->seen;
    switch (a->kind) {
    case ACTION_WRITE:
        s->writes[a->write.device]++;
        if (a->write.device == DEV_BATTERY)
            w->battery_goal_w = a->write.power_w;
        if (a->write.device == DEV_PV)
            w->cap_w = a->write.power_w;
        break;
    case ACTION_RELEASE:
        s->releases[a->release.device]++;
        break;
    case ACTION_SOLVE:
        s->solves++;
        plan_problem_free(a->problem);
        break;
    case ACTION_DR_STATUS:
    case ACTION_CAPABILITY:
    case ACTION_OUTAGE:
    case ACTION_JOURNAL:
    case ACTION_SIGNAL:
        break;
    case ACTION_DR_REPORT:
        settlement_free(a->report);
        break;
    case ACTION_PUBLISH_STATE:
        s->states++;
        break;
    case ACTION_PUBLISH_ASSET:
        s->asset_states[a->asset]++;
        break;
    case ACTION_PUBLISH_SETPOINT:
        s->setpoints[a->asset]++;
        break;
    case ACTION_PUBLISH_PLAN:
        s->plans++;
        break;
    case ACTION_PUBLISH_FORECAST:
        s->forecasts[a->asset]++;
        break;
    case ACTION_ALARM:
        s->alarms_raised += a->alarm.active;
        if (getenv("WORLD_TALKS") != NULL)
            fprintf(stderr, "%s %s: %s\n", a->alarm.active ? "raised" : "cleared", a->alarm.id, a->alarm.text);
        s->alarms_cleared += !a->alarm.active;
        memcpy(s->last_alarm, a->alarm.id, sizeof s->last_alarm);
        break;
    case ACTION_SAVE:
        s->saves[a->save.kind]++;
        break;
    case ACTION_LEDGER:
        s->ledgers++;
        break;
    }
}

static inline int world_drain(struct world *w)
{
    struct action a;
    int n = 0;
    while (engine_produce(w->engine, w->now, &a)) {
        world_carry_out(w, &a);
        n++;
    }
    return n;
}

static inline int world_tell(struct world *w, struct event event)
{
    event.at = w->now;
    int result = engine_consume(w->engine, &event);
    world_drain(w);
    return result;
}

// ---- the world's side -----------------------------------------------------------------------------------------------

static inline double world_pv_w(const struct world *w)
{
    return fmin(w->pv_w, w->cap_w);
}

static inline double world_grid_w(const struct world *w)
{
    return w->load_w - world_pv_w(w) - w->battery_w;
}

static inline double world_power_w(const struct world *w, int device)
{
    switch (device) {
    case DEV_GRID:
        return world_grid_w(w);
    case DEV_PV:
        return world_pv_w(w);
    case DEV_BATTERY:
        return w->battery_w;
    default:
        return w->load_w; // a meter counts what is drawn
    }
}

static inline int world_read(struct world *w, int device)
{
    struct reading r[2] = {{.quantity = QUANTITY_POWER_W, .value = world_power_w(w, device)},
                           {.quantity = QUANTITY_SOC_FRAC, .value = w->broken_soc ? 1.7 : w->soc}};
    struct event e = {.kind = EVENT_READINGS,
                      .readings = {.device = device, .readings = r, .count = device == DEV_BATTERY ? 2 : 1}};
    return world_tell(w, e);
}

static inline void world_read_all(struct world *w)
{
    for (int d = 0; d < DEV_COUNT; d++) {
        if (!w->dead[d])
            world_read(w, d);
        else
            world_tell(w, (struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {.device = d, .why = "time-out"}});
    }
}

// One second: devices follow what was written a second ago, are polled, and the tick comes.
static inline void world_second(struct world *w)
{
    w->now.utc_ms += 1000;
    w->now.mono_ms += 1000;
    if (!w->disobedient)
        w->battery_w = w->battery_goal_w;
    w->soc -= w->battery_w / 3600 / 1e6;
    world_read_all(w);
    world_tell(w, (struct event){.kind = EVENT_TICK});
}

static inline void world_run(struct world *w, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        w->load_w += i % 2 ? 1 : -1; // a living meter is never still
        world_second(w);
    }
}

static inline void world_clear(struct world *w)
{
    memset(&w->seen, 0, sizeof w->seen);
}

static inline struct asset_view world_view(const struct world *w, int asset)
{
    struct asset_view v;
    engine_asset(w->engine, asset, w->now, &v);
    return v;
}

static inline bool world_alarm(const struct world *w, const char *id)
{
    const struct alarm *alarms;
    size_t n = engine_alarms(w->engine, &alarms);
    for (size_t i = 0; i < n; i++)
        if (strcmp(alarms[i].id, id) == 0)
            return true;
    return false;
}

// ---- plans by hand --------------------------------------------------------------------------------------------------

// The highest import that the plan expects, which it has come in every step.
static inline void world_plan_peak(struct schedule *s, double peak_w)
{
    s->peak_w[0] = peak_w;
    for (size_t k = 0; k < s->n_steps; k++)
        s->assets[A_GRID].power_w[k] = peak_w;
}

// Six steps of five minutes from the last mark on: the battery at `battery_w`, one kWh in store worth `value`.
static inline struct schedule *world_plan(const struct world *w, double battery_w, double value)
{
    struct schedule *s;
    ck_assert_int_eq(schedule_alloc(6, w->site->n_assets, 1, 1, w->site->n_communities, 0, &s), 0);
    s->made_utc_ms = w->now.utc_ms;
    strcpy(s->status, "optimal");
    for (size_t i = 0; i < w->site->n_assets; i++)
        ck_assert_int_eq(schedule_alloc_asset(s, i, w->site->assets[i].id, w->site->assets[i].kind), 0);
    for (size_t k = 0; k < 6; k++) {
        s->start_utc_ms[k] = w->now.utc_ms / 300000 * 300000 + (int64_t)k * 300000;
        s->hours[k] = 300 / 3600.0;
        s->price_per_kwh[k] = 0.3;
        s->assets[A_BATTERY].power_w[k] = battery_w;
        s->assets[A_BATTERY].energy_wh[k] = w->soc * 1e6 - battery_w * 300 / 3600.0 * (double)(k + 1);
        s->assets[A_BATTERY].energy_value_per_kwh[k] = value;
        s->assets[A_BATTERY].reasons[k] = (struct reason){.kind = REASON_PRICE, .price_per_kwh = 0.3};
    }
    world_plan_peak(s, 1e6);
    return s;
}

static inline int world_give_plan(struct world *w, double battery_w, double value)
{
    return world_tell(w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = world_plan(w, battery_w, value)}});
}
