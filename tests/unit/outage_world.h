// SPDX-License-Identifier: GPL-3.0-or-later
// A block with a breaker and its neighbour on a tie, in injected time: the engine on one side, the simulated physics of
// both islands on the other, led from outside. What the journal and the store get is looked after.
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
#include "quality/sign.h"
#include "simulate/model.h"

#define OUTAGE_HEAD                                                                                                    \
    "area: {id: block, name: Block, timezone: UTC, latitude: 36 deg, longitude: 140 deg, currency: EUR}\n"             \
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"                                        \
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"                  \
    "mqtt: {enabled: false}\n"                                                                                         \
    "outage: {enabled: true, stable_time: 300 s, dwell: 60 s, settle: 10 s, confirm: 500 ms}\n"                        \
    "tariffs:\n"                                                                                                       \
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}]}\n"                                               \
    "modbus:\n"                                                                                                        \
    "  wire: {tcp: \"127.0.0.1:502\"}\n"

static const char BLOCK[] =
    OUTAGE_HEAD "buses: {gate: {}}\n"
                "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t}}\n"
                "pv: {sun: {bus: gate, peak_power: 400 kW, curtailable: true}}\n"
                "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 200 kW, max_discharge: 200 kW,\n"
                "                  soc_min: 10 %, soc_max: 90 %, reserve: 10 %}}\n"
                "chargers: {car: {bus: gate, max_charge: 22 kW, capacity: 60 kWh}}\n"
                "loads: {hall: {bus: gate, shape: flat, average: 300 kW, peak: 600 kW, sheddable: [],\n"
                "               tiers: {lifeline: 20 %, important: 30 %, ordinary: 30 %, deferrable: 20 %}}}\n"
                "generators: {gas: {bus: gate, max_power: 300 kW, min_power: 60 kW, fuel_cost: 0.4 /kWh, fuel: 3 MWh,\n"
                "                   emergency: true}}\n"
                "islands: {block: {grid: grid, forming: [bat, gas], breaker: brk, voltage: 230 V, frequency: 50 Hz}}\n"
                "switches:\n"
                "  brk: {}\n"
                "  light: {load: hall, tier: important}\n"
                "  air: {load: hall, tier: ordinary, share: 15 %}\n"
                "  heat: {load: hall, tier: ordinary, share: 15 %, inrush: 1.5}\n"
                "  pool: {load: hall, tier: deferrable}\n"
                "devices:\n"
                "  m_grid: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}\n"
                "  m_sun: {link: wire, unit: 2, profile: generic-pv, asset: sun, poll: 1 s, control: true}\n"
                "  m_bat: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true}\n"
                "  m_car: {link: wire, unit: 4, profile: generic-charger, asset: car, poll: 1 s, control: true}\n"
                "  m_hall: {link: wire, unit: 5, profile: generic-meter, asset: hall, poll: 1 s}\n"
                "  m_gas: {link: wire, unit: 6, profile: generic-generator, asset: gas, poll: 1 s, control: true}\n"
                "  m_brk: {link: wire, unit: 7, profile: generic-switch, switch: brk, poll: 1 s, control: true}\n"
                "  m_light: {link: wire, unit: 8, profile: generic-switch, switch: light, poll: 1 s, control: true}\n"
                "  m_air: {link: wire, unit: 9, profile: generic-switch, switch: air, poll: 1 s, control: true}\n"
                "  m_heat: {link: wire, unit: 10, profile: generic-switch, switch: heat, poll: 1 s, control: true}\n"
                "  m_pool: {link: wire, unit: 11, profile: generic-switch, switch: pool, poll: 1 s, control: true}\n"
                "  m_relay: {link: wire, unit: 12, profile: generic-grid-relay, island: block, poll: 1 s}\n";

enum { KEPT_ENTRIES = 512 };

struct outage_world {
    struct site *site;
    struct engine *engine;
    struct engine_device *devices;
    struct plant_model *plant;
    struct instant now;
    bool dead[SITE_MAX_DEVICES];                // devices that do not answer
    double relay;                               // what the relay says whatever is so; NAN: the truth
    double meter_volts;                         // likewise the grid's meter
    struct saved saved;                         // what the store has of the outage
    struct journal_entry journal[KEPT_ENTRIES]; // what it has of the journal, by number - 1
    uint64_t last_entry;
    bool kills; // the journal is not kept any more: the program is about to die
    int solves, switch_writes;
    struct plan_problem *problem;
};

static inline enum profile_kind outage_kind(const struct site *s, const struct site_device *d)
{
    bool is_metered = d->asset >= 0 && s->assets[d->asset].kind == ASSET_LOAD && !d->control;
    return is_metered ? PROFILE_METER : profile_kind_of_device(s, d);
}

static inline void outage_new_engine(struct outage_world *w)
{
    ck_assert_int_eq(engine_new(w->site, w->devices, w->now, &w->engine), 0);
    engine_set_planning(w->engine, false);
}

static inline int outage_asset(const struct outage_world *w, const char *id)
{
    int asset = site_find_asset(w->site, id);
    ck_assert_msg(asset >= 0, "%s", id);
    return asset;
}

static inline int outage_switch(const struct outage_world *w, const char *id)
{
    for (size_t i = 0; i < w->site->n_switches; i++)
        if (strcmp(w->site->switches[i].id, id) == 0)
            return (int)i;
    ck_abort_msg("%s", id);
    return -1;
}

static inline void outage_load(struct outage_world *w, double load_w, double sun_w)
{
    ck_assert_int_eq(plant_model_fix(w->plant, outage_asset(w, "hall"), load_w), 0);
    ck_assert_int_eq(plant_model_fix(w->plant, outage_asset(w, "sun"), sun_w), 0);
}

static inline void outage_begin(struct outage_world *w, const char *text)
{
    struct diagnostics d = {0};
    *w = (struct outage_world){.relay = NAN, .meter_volts = NAN};
    if (conf_load_text("outage.yaml", text, strlen(text), &d, &w->site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_ptr_nonnull(w->site);
    ck_assert_int_eq(local_time_set_zone(w->site->timezone), 0);
    w->now = (struct instant){.utc_ms = INT64_C(1768413600000), .mono_ms = 1000000}; // 2026-01-14T18:00:00Z
    w->devices = calloc(w->site->n_devices, sizeof *w->devices);
    for (size_t i = 0; i < w->site->n_devices; i++) {
        enum profile_kind kind = outage_kind(w->site, &w->site->devices[i]);
        w->devices[i] = (struct engine_device){.kind = kind, .can_write = w->site->devices[i].control};
    }
    ck_assert_int_eq(plant_model_new(w->site, 1, w->now, &w->plant), 0);
    plant_model_lead(w->plant);
    ck_assert_int_eq(plant_model_set_islands(w->plant, true), 0);
    outage_new_engine(w);
}

static inline void outage_end(struct outage_world *w)
{
    engine_free(w->engine);
    plant_model_free(w->plant);
    plan_problem_free(w->problem);
    saved_free(&w->saved);
    free(w->devices);
    site_free(w->site);
}

// ---- the engine's side ----------------------------------------------------------------------------------------------

static inline void outage_write(struct outage_world *w, const struct action *a)
{
    const struct site_device *d = &w->site->devices[a->write.device];
    if (w->dead[a->write.device])
        return;
    if (d->asset >= 0) {
        ck_assert_int_eq(plant_model_command(w->plant, d->asset, a->write.power_w), 0);
        return;
    }
    ck_assert(a->write.power_w == 0 || a->write.power_w == 1);
    w->switch_writes++;
    ck_assert_int_eq(plant_model_switch(w->plant, d->of_switch, a->write.power_w > 0), 0);
}

// Without a gap, and none twice but word for word.
static inline void outage_keep(struct outage_world *w, const struct journal_entry *j)
{
    if (w->kills)
        return;
    ck_assert_uint_ge(j->number, 1);
    ck_assert_uint_le(j->number, w->last_entry + 1);
    ck_assert_uint_le(j->number, KEPT_ENTRIES);
    struct journal_entry *kept = &w->journal[j->number - 1];
    if (j->number <= w->last_entry)
        ck_assert_str_eq(kept->cause, j->cause);
    *kept = *j;
    w->last_entry = j->number > w->last_entry ? j->number : w->last_entry;
    if (getenv("WORLD_TALKS") != NULL)
        fprintf(stderr, "%8.1f #%d %s -> %s: %s\n", (double)w->now.mono_ms / 1000, (int)j->number,
                island_state_name(j->from), island_state_name(j->to), j->cause);
}

static inline void outage_carry_out(struct outage_world *w, struct action *a)
{
    if (a->kind == ACTION_WRITE) {
        outage_write(w, a);
    } else if (a->kind == ACTION_RELEASE) {
        const struct site_device *d = &w->site->devices[a->release.device];
        if (d->asset >= 0)
            plant_model_release(w->plant, d->asset);
    } else if (a->kind == ACTION_SOLVE) {
        plan_problem_free(w->problem);
        w->problem = a->problem;
        w->solves++;
    } else if (a->kind == ACTION_SAVE && a->save.kind == SAVED_OUTAGE) {
        saved_free(&w->saved);
        ck_assert_int_eq(engine_saved(w->engine, SAVED_OUTAGE, 0, &w->saved), 0);
    } else if (a->kind == ACTION_JOURNAL) {
        outage_keep(w, &a->journal);
    } else if (a->kind == ACTION_DR_REPORT) {
        settlement_free(a->report);
    } else if (a->kind == ACTION_ALARM && getenv("WORLD_TALKS") != NULL) {
        fprintf(stderr, "%8.1f %s %s: %s\n", (double)w->now.mono_ms / 1000, a->alarm.active ? "raised" : "cleared",
                a->alarm.id, a->alarm.text);
    }
}

// The first `most` actions alone: then it is killed.
static inline int outage_drain_some(struct outage_world *w, int most)
{
    struct action a;
    int n = 0;
    for (; n < most && engine_produce(w->engine, w->now, &a); n++)
        outage_carry_out(w, &a);
    return n;
}

static inline int outage_tell(struct outage_world *w, struct event event)
{
    event.at = w->now;
    int result = engine_consume(w->engine, &event);
    outage_drain_some(w, 100000);
    return result;
}

// ---- the world's side -----------------------------------------------------------------------------------------------

static inline size_t outage_readings(const struct outage_world *w, int device, struct reading *ret)
{
    const struct site_device *d = &w->site->devices[device];
    const struct plant_island *i = plant_model_island(w->plant, d->of_island >= 0 ? d->of_island : 0);
    size_t n = 0;
    if (d->asset < 0) {
        bool is_switch = d->of_switch >= 0;
        double closed = is_switch ? plant_model_switch_at(w->plant, d->of_switch)->closed : 0;
        ret[n++] = is_switch ? (struct reading){.quantity = QUANTITY_CLOSED, .value = closed}
                             : (struct reading){.quantity = QUANTITY_GRID_PRESENT,
                                                .value = isnan(w->relay) ? i->supplied : w->relay};
        return n;
    }
    const struct plant_asset *a = plant_model_asset(w->plant, d->asset);
    enum asset_kind kind = w->site->assets[d->asset].kind;
    // Meters count what is drawn through them; that of a living load is never still.
    double wobble = kind == ASSET_LOAD && a->power_w != 0 ? (double)(w->now.mono_ms / 1000 % 2) : 0;
    bool turned = sign_is_turned(w->devices[device].kind, kind, false);
    ret[n++] =
        (struct reading){.quantity = QUANTITY_POWER_W, .value = turned ? -a->power_w + wobble : a->power_w - wobble};
    if (kind == ASSET_GRID) {
        const struct plant_island *of = plant_model_island(w->plant, w->site->assets[d->asset].of_kind);
        double volts = isnan(w->meter_volts) ? of->supply_v : w->meter_volts;
        ret[n++] = (struct reading){.quantity = QUANTITY_VOLTAGE_V, .value = volts};
        if (volts > 50)
            ret[n++] =
                (struct reading){.quantity = QUANTITY_FREQUENCY_HZ, .value = of->supply_hz > 0 ? of->supply_hz : 50};
    }
    if (kind == ASSET_BATTERY) {
        ret[n++] = (struct reading){.quantity = QUANTITY_SOC_FRAC, .value = plant_model_soc_frac(w->plant, d->asset)};
        ret[n++] = (struct reading){.quantity = QUANTITY_STATUS, .value = a->tripped ? 2 : 1};
    }
    if (kind == ASSET_GENERATOR)
        ret[n++] = (struct reading){.quantity = QUANTITY_FUEL_FRAC, .value = plant_model_fuel_frac(w->plant, d->asset)};
    if (kind == ASSET_CHARGER)
        ret[n++] = (struct reading){.quantity = QUANTITY_CONNECTED, .value = a->stay.present};
    return n;
}

static inline void outage_poll(struct outage_world *w, int device)
{
    struct reading readings[8];
    if (w->dead[device]) {
        outage_tell(w, (struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {.device = device, .why = "time-out"}});
        return;
    }
    size_t n = outage_readings(w, device, readings);
    outage_tell(
        w, (struct event){.kind = EVENT_READINGS, .readings = {.device = device, .readings = readings, .count = n}});
}

// What must never be, whatever happens.
static inline void outage_watch(const struct outage_world *w)
{
    for (size_t i = 0; i < w->site->n_islands; i++)
        ck_assert_msg(plant_model_island(w->plant, (int)i)->backfeed_s == 0, "it fed a grid that is away");
}

static inline void outage_second(struct outage_world *w)
{
    w->now.utc_ms += 1000;
    w->now.mono_ms += 1000;
    plant_model_step(w->plant, w->now);
    outage_watch(w);
    for (size_t d = 0; d < w->site->n_devices; d++)
        outage_poll(w, (int)d);
    outage_tell(w, (struct event){.kind = EVENT_TICK});
}

static inline void outage_run(struct outage_world *w, int seconds)
{
    for (int s = 0; s < seconds; s++)
        outage_second(w);
}

static inline void outage_grid(struct outage_world *w, bool there)
{
    ck_assert_int_eq(plant_model_set_grid(w->plant, 0, there), 0);
}

// Kill -9: a new engine knows only what was saved last.
static inline void outage_kill(struct outage_world *w)
{
    engine_free(w->engine);
    w->now.utc_ms += 3000;
    w->now.mono_ms += 3000;
    outage_new_engine(w);
    w->kills = false;
    if (w->saved.json != NULL)
        ck_assert_int_eq(engine_restore(w->engine, &w->saved, w->now), 0);
    outage_drain_some(w, 100000);
}

// ---- what is seen ---------------------------------------------------------------------------------------------------

static inline struct island_view outage_island(const struct outage_world *w, int island)
{
    struct island_view v;
    engine_island(w->engine, island, w->now, &v);
    return v;
}

static inline bool outage_is_in(const struct outage_world *w, enum island_state state)
{
    return outage_island(w, 0).state == state;
}

static inline void outage_until(struct outage_world *w, enum island_state state, int seconds)
{
    int s = 0;
    for (; s < seconds && !outage_is_in(w, state); s++)
        outage_second(w);
    ck_assert_msg(outage_is_in(w, state), "after %d s it is %s, not %s", s,
                  island_state_name(outage_island(w, 0).state), island_state_name(state));
}

static inline void outage_lose_grid(struct outage_world *w)
{
    outage_grid(w, false);
    outage_until(w, ISLAND_ISLANDED, 10);
}

static inline bool outage_closed(const struct outage_world *w, const char *id)
{
    return plant_model_switch_at(w->plant, outage_switch(w, id))->closed;
}

static inline bool outage_alarm(const struct outage_world *w, const char *id)
{
    const struct alarm *alarms;
    size_t n = engine_alarms(w->engine, &alarms);
    for (size_t i = 0; i < n; i++)
        if (strcmp(alarms[i].id, id) == 0)
            return true;
    return false;
}

static inline bool outage_journaled(const struct outage_world *w, const char *words)
{
    for (uint64_t i = 0; i < w->last_entry; i++)
        if (strstr(w->journal[i].cause, words) != NULL)
            return true;
    return false;
}

static inline double outage_power_w(const struct outage_world *w, const char *id)
{
    return plant_model_asset(w->plant, outage_asset(w, id))->power_w;
}
