// SPDX-License-Identifier: GPL-3.0-or-later
// An engine with an asset of every kind, one device each, for fuzz targets. Ends the program when the engine asks for
// what may not be.
#pragma once

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/local_time.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "dr/settlement.h"
#include "forecast/forecast.h"

static const char every_kind_site[] =
    "area: {id: all, name: All, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"
    "mqtt: {enabled: false}\n"
    "demand_response: {enabled: true, signed: false, slot: 30 min, floor: 4.2 kW, default_import_limit: 40 kW,\n"
    "                  failsafe: {enabled: true, import_limit: 30 kW, export_limit: 10 kW}}\n"
    "tariffs: {t: {import: [{price: 0.4 /kWh, from: \"16:00\", to: \"20:00\"}, {price: 0.2 /kWh}],\n"
    "              export: [{price: 0.05 /kWh}], demand_charge: 10 /kW, demand_window: 30 min}}\n"
    "buses: {main: {}, side: {}, warm: {carrier: heat}}\n"
    "grids: {grid: {bus: main, import_limit: 60 kW, export_limit: 60 kW, tariff: t}}\n"
    "pv: {sun: {bus: main, peak_power: 20 kW, curtailable: true}}\n"
    "batteries: {bat: {bus: main, capacity: 40 kWh, max_charge: 20 kW, max_discharge: 20 kW, soc_min: 10 %}}\n"
    "stores: {tank: {bus: warm, capacity: 60 kWh, max_charge: 30 kW, max_discharge: 30 kW, self_discharge: 0.5 %/h}}\n"
    "groups: {yard: {limit: 40 kW}, breaker: {limit: 30 kW, within: yard}}\n"
    "chargers:\n"
    "  c1: {bus: main, group: breaker, max_charge: 22 kW, min_charge: 4 kW, capacity: 60 kWh,\n"
    "       sessions: [{from: \"18:00\", until: \"06:00\", energy: 24 kWh}]}\n"
    "  c2: {bus: side, group: yard, max_charge: 22 kW, max_discharge: 10 kW, min_charge: 4 kW, capacity: 60 kWh,\n"
    "       discharge_efficiency: 90 %}\n"
    "flexible_loads: {pump: {bus: main, max_power: 10 kW, sessions: [{from: \"13:00\", until: \"15:00\", energy: 5 "
    "kWh}]}}\n"
    "loads: {house: {bus: main, shape: flat, average: 15 kW, peak: 20 kW},\n"
    "        radiators: {bus: warm, shape: flat, average: 12 kW, peak: 15 kW}}\n"
    "buildings: {home: {loads: [house], incentive: 0.3 /kWh,\n"
    "                   offers: [{power: 5 kW, price: 0.3 /kWh}, {power: 3 kW, price: 0.5 /kWh, max_duration: 1 h}]}}\n"
    "generators: {chp: {bus: main, max_power: 10 kW, min_power: 5 kW, fuel_cost: 0.25 /kWh, fuel: 100 kWh,\n"
    "                   min_run: 30 min, heat_bus: warm, heat_ratio: 1.5}}\n"
    "converters: {hp: {from: main, to: warm, max_power: 8 kW, min_power: 2 kW, cop: 3.2, cop_per_degc: 0.05}}\n"
    "ties: {line: {from: main, to: side, limit: 30 kW, loss: 2 %}}\n";

enum { MOST_SAVED = 2 * DR_MAX_EVENTS }; // of a kind: of events there are more than of assets

struct every_kind {
    struct site *site;
    struct engine_device *devices;
    struct engine *engine;
    struct instant now;
};

static inline void every_kind_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

// ---- the site, the same for all runs --------------------------------------------------------------------------------

static inline struct site *every_kind_load(void)
{
    struct diagnostics d = {0};
    struct site *site = NULL;
    log_set_level(LOG_LEVEL_ERROR);
    if (conf_load_text("all.yaml", every_kind_site, strlen(every_kind_site), &d, &site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    every_kind_require(site != NULL && local_time_set_zone(site->timezone) == 0, "the site");
    site->n_devices = site->n_assets;
    free(site->devices);
    site->devices = calloc(site->n_assets, sizeof *site->devices);
    every_kind_require(site->devices != NULL, "memory");
    for (size_t i = 0; i < site->n_assets; i++) {
        site->devices[i] = (struct site_device){.asset = (int)i, .poll_ms = 1000, .control = true};
        memcpy(site->devices[i].id, site->assets[i].id, sizeof site->devices[i].id);
    }
    return site;
}

static inline struct engine_device *every_kind_devices(const struct site *site)
{
    struct engine_device *devices = calloc(site->n_assets, sizeof *devices);
    every_kind_require(devices != NULL, "memory");
    for (size_t i = 0; i < site->n_assets; i++) {
        enum asset_kind kind = site->assets[i].kind;
        devices[i].kind = kind == ASSET_LOAD ? PROFILE_METER : profile_kind_of_asset(kind);
        devices[i].can_write = kind != ASSET_GRID && kind != ASSET_LOAD && kind != ASSET_STORE;
    }
    return devices;
}

static inline void every_kind_start(struct every_kind *w)
{
    static struct site *site;
    static struct engine_device *devices;
    if (site == NULL) {
        site = every_kind_load();
        devices = every_kind_devices(site);
    }
    *w = (struct every_kind){.site = site, .devices = devices};
    w->now = (struct instant){.utc_ms = INT64_C(1767628740000), .mono_ms = 1000000}; // 2026-01-05T15:59:00Z
    every_kind_require(engine_new(site, devices, w->now, &w->engine) == 0, "an engine");
}

static inline void every_kind_end(struct every_kind *w)
{
    engine_free(w->engine);
}

// ---- what it asks for -----------------------------------------------------------------------------------------------

static inline void every_kind_judge_problem(struct plan_problem *p)
{
    char why[200] = "";
    if (plan_problem_check(p, why, sizeof why) < 0)
        every_kind_require(false, why);
    plan_problem_free(p);
}

static inline void every_kind_judge_write(const struct every_kind *w, const struct action *a)
{
    const struct site_asset *asset = &w->site->assets[a->write.asset];
    every_kind_require(isfinite(a->write.power_w), "a setpoint that is no number");
    every_kind_require(a->write.power_w >= asset->min_power_w - 1 && a->write.power_w <= asset->max_power_w + 1,
                       "a setpoint beyond the device's limits");
}

// What the engine said of it.
static inline int every_kind_tell(struct every_kind *w, const struct event *event)
{
    struct event at = *event;
    struct action a;
    at.at = w->now;
    int code = engine_consume(w->engine, &at);
    while (engine_produce(w->engine, w->now, &a)) {
        if (a.kind == ACTION_WRITE)
            every_kind_judge_write(w, &a);
        else if (a.kind == ACTION_SOLVE)
            every_kind_judge_problem(a.problem);
        else if (a.kind == ACTION_DR_REPORT)
            settlement_free(a.report);
    }
    return code;
}

// A problem can be made and is sound, and every view holds numbers.
static inline void every_kind_judge(struct every_kind *w)
{
    struct plan_problem *p;
    every_kind_tell(w, &(struct event){.kind = EVENT_TICK});
    if (engine_make_problem(w->engine, w->now, &p) == 0)
        every_kind_judge_problem(p);
    for (size_t i = 0; i < w->site->n_assets; i++) {
        struct asset_view v;
        engine_asset(w->engine, (int)i, w->now, &v);
        every_kind_require(isfinite(v.power.v) && isfinite(v.soc.v) && isfinite(v.fuel.v), "a value");
        every_kind_require(isfinite(v.session.missing_wh) && isfinite(v.session.energy_wh), "a session");
        every_kind_require(isfinite(v.energy_in_wh) && isfinite(v.energy_out_wh), "an energy");
    }
    struct dr_view asked;
    engine_dr(w->engine, w->now, &asked);
    every_kind_require(asked.import_limit_w >= 0 && asked.import_limit_w <= PLAN_NO_LIMIT_W, "an import limit");
    every_kind_require(asked.export_limit_w >= 0 && asked.export_limit_w <= PLAN_NO_LIMIT_W, "an export limit");
}

// Kill -9: a new engine knows only what was saved, and takes all of it.
static inline void every_kind_restart(struct every_kind *w)
{
    struct engine *former = w->engine;
    every_kind_require(engine_new(w->site, w->devices, w->now, &w->engine) == 0, "an engine");
    for (int kind = 0; kind < SAVED_KIND_COUNT; kind++)
        for (int i = 0; i < MOST_SAVED; i++) {
            struct saved item;
            if (engine_saved(former, (enum saved_kind)kind, i, &item) < 0 || item.json == NULL)
                continue;
            if (item.json != NULL && engine_restore(w->engine, &item, w->now) < 0) {
                fprintf(stderr, "%s %s: %s\n", saved_kind_name(item.kind), item.id, item.json);
                every_kind_require(false, "it does not take back what it saved");
            }
            saved_free(&item);
        }
    engine_free(former);
}
