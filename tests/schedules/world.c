// SPDX-License-Identifier: GPL-3.0-or-later
// Between engine and plant: devices are read, orders reach them a step later, what is to be kept is kept, and the
// daemon dies and comes back.
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/planner.h"
#include "quality/sign.h"

enum { MAX_READINGS = 12, MOST_ACTIONS = 20000 };

// ---- telling --------------------------------------------------------------------------------------------------------

int trial_tell(struct trial *s, struct event event)
{
    event.at = s->now;
    return engine_consume(s->engine, &event);
}

// What is of the world itself is never refused.
static void tell(struct trial *s, struct event event)
{
    int status = trial_tell(s, event);
    if (status < 0)
        trial_break(s, "the engine refuses event %d: %s", event.kind, aems_error_text(status));
}

// ---- readings -------------------------------------------------------------------------------------------------------

static void add(struct reading *r, size_t *n, enum quantity q, double value)
{
    r[(*n)++] = (struct reading){.quantity = q, .value = value};
}

static void read_grid(struct trial *s, int device, int island, struct reading *r, size_t *n)
{
    const struct plant_island *of = plant_model_island(s->model, island);
    bool lies = s->at[device].fault == DEVICE_LIES;
    double volts = lies ? (of->supply_v > 115 ? 0 : 230) : of->supply_v;
    double hertz = lies ? (of->supply_v > 115 ? 0 : 50) : of->supply_hz;
    add(r, n, QUANTITY_VOLTAGE_V, volts);
    if (hertz > 0)
        add(r, n, QUANTITY_FREQUENCY_HZ, hertz);
    trial_judge_reading(s, island, fabs(volts - 230) <= 23 && fabs(hertz - 50) <= 0.2, !lies);
}

static void read_storage(struct trial *s, int asset, struct reading *r, size_t *n)
{
    const struct plant_asset *a = plant_model_asset(s->model, asset);
    add(r, n, QUANTITY_SOC_FRAC, plant_model_soc_frac(s->model, asset));
    add(r, n, QUANTITY_MAX_CHARGE_W, a->max_charge_w);
    add(r, n, QUANTITY_AVAILABLE_W, a->natural_w);
}

static double status(const struct site_asset *of, const struct plant_asset *a)
{
    bool stands = of->kind == ASSET_GENERATOR && a->power_w <= 0 && a->started_s <= 0;
    return a->tripped ? 2 : stands ? 0 : 1;
}

static void read_asset(struct trial *s, int device, struct reading *r, size_t *n)
{
    int asset = s->site->devices[device].asset;
    const struct site_asset *of = &s->site->assets[asset];
    const struct plant_asset *a = plant_model_asset(s->model, asset);
    bool turned = sign_is_turned(s->devices[device].kind, of->kind, false);
    double power_w = a->power_w + (fabs(a->power_w) > 0 ? noise_gaussian(&s->dice) : 0);
    int island = site_island_of_bus(s->site, of->bus);
    if (s->at[device].fault == DEVICE_LIES)
        power_w *= 0.5;
    add(r, n, QUANTITY_POWER_W, sign_value_at_bus(QUANTITY_POWER_W, power_w, turned));
    if (of->kind == ASSET_GRID)
        read_grid(s, device, island, r, n);
    if (of->kind == ASSET_LOAD && s->tells_volts)
        add(r, n, QUANTITY_VOLTAGE_V, plant_model_island(s->model, island)->voltage_v);
    if (of->kind == ASSET_BATTERY || of->kind == ASSET_CHARGER)
        read_storage(s, asset, r, n);
    if (of->kind == ASSET_PV)
        add(r, n, QUANTITY_AVAILABLE_W, a->natural_w);
    if (of->kind == ASSET_BATTERY || of->kind == ASSET_GENERATOR || of->kind == ASSET_PV)
        add(r, n, QUANTITY_STATUS, status(of, a));
    if (of->kind == ASSET_GENERATOR)
        add(r, n, QUANTITY_FUEL_FRAC, plant_model_fuel_frac(s->model, asset));
    if (of->kind == ASSET_CHARGER)
        add(r, n, QUANTITY_CONNECTED, a->stay.present);
}

static size_t read_device(struct trial *s, int device, struct reading *r)
{
    const struct site_device *of = &s->site->devices[device];
    bool lies = s->at[device].fault == DEVICE_LIES;
    size_t n = 0;
    if (of->asset >= 0) {
        read_asset(s, device, r, &n);
    } else if (of->of_switch >= 0) {
        int island = site_island_of_breaker(s->site, of->of_switch);
        bool closed = island >= 0 ? plant_model_island(s->model, island)->breaker_closed
                                  : plant_model_switch_at(s->model, of->of_switch)->closed;
        add(r, &n, QUANTITY_CLOSED, closed != lies);
    } else {
        bool there = plant_model_island(s->model, of->of_island)->supplied != lies;
        add(r, &n, QUANTITY_GRID_PRESENT, there);
        trial_judge_reading(s, of->of_island, there, !lies);
    }
    return n;
}

static void read_all(struct trial *s)
{
    for (size_t d = 0; d < s->site->n_devices && s->engine; d++) {
        struct reading r[MAX_READINGS];
        if (s->at[d].fault == DEVICE_SILENT) {
            tell(s, (struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {.device = (int)d, .why = "time-out"}});
        } else {
            size_t n = read_device(s, (int)d, r);
            tell(s, (struct event){.kind = EVENT_READINGS, .readings = {.device = (int)d, .readings = r, .count = n}});
        }
        world_drain(s); // as the daemon does: what a loss asks for goes out at once
    }
}

// ---- orders ---------------------------------------------------------------------------------------------------------

static void carry_out_order(struct trial *s, int device)
{
    const struct site_device *of = &s->site->devices[device];
    struct device_now *at = &s->at[device];
    if (of->of_switch >= 0 && of->asset < 0) {
        if (at->fault != DEVICE_IGNORES)
            plant_model_switch(s->model, of->of_switch, at->order_w >= 0.5);
    } else if (at->released) {
        plant_model_release(s->model, of->asset);
        at->lease_mono_ms = 0;
    } else if (at->fault != DEVICE_IGNORES) {
        plant_model_command(s->model, of->asset, at->order_w);
    }
}

// Setpoints of the step before reach their devices; those that nobody renews lapse.
void world_obey(struct trial *s)
{
    for (size_t d = 0; d < s->site->n_devices; d++) {
        struct device_now *at = &s->at[d];
        if (at->ordered && at->fault != DEVICE_SILENT)
            carry_out_order(s, (int)d);
        at->confirm = at->ordered;
        at->ordered = false;
        if (at->lease_mono_ms > 0 && s->now.mono_ms > at->lease_mono_ms && s->site->devices[d].asset >= 0) {
            plant_model_release(s->model, s->site->devices[d].asset);
            at->lease_mono_ms = 0;
        }
    }
}

static void confirm_all(struct trial *s)
{
    for (size_t d = 0; d < s->site->n_devices && s->engine; d++) {
        struct device_now *at = &s->at[d];
        if (!at->confirm)
            continue;
        at->confirm = false;
        struct event e = {.kind = EVENT_WRITE_RESULT, .write_result = {.device = (int)d}};
        e.write_result.status = at->fault == DEVICE_SILENT ? WRITE_FAILED : at->released ? WRITE_RELEASED : WRITE_DONE;
        e.write_result.power_w = e.write_result.readback_w = at->order_w;
        tell(s, e);
        world_drain(s);
    }
}

// ---- actions --------------------------------------------------------------------------------------------------------

static void keep(struct trial *s, enum saved_kind kind, int index)
{
    struct saved item;
    if (engine_saved(s->engine, kind, index, &item) < 0)
        return;
    size_t i = 0;
    while (i < s->n_kept && (s->kept[i].item.kind != kind || strcmp(s->kept[i].item.id, item.id) != 0))
        i++;
    if (i == TRIAL_MAX_KEPT) {
        saved_free(&item);
        return;
    }
    if (i == s->n_kept)
        s->n_kept++;
    else
        saved_free(&s->kept[i].item);
    s->kept[i].item = item;
}

static void solve(struct trial *s, struct plan_problem *problem)
{
    enum { MOST_PLANS = 4, DEADLINE_MS = 10000 };
    char why[256];
    struct schedule *schedule = NULL;
    if (s->mode == PLANNER_REAL && s->f.plans < MOST_PLANS) {
        if (planner_solve(s->planner, problem, DEADLINE_MS, &schedule, why, sizeof why) < 0)
            schedule = NULL;
        s->f.plans++;
    }
    plan_problem_free(problem);
    if (s->mode != PLANNER_SILENT)
        oddities_answer(s, schedule);
}

static void carry_out(struct trial *s, struct action *a)
{
    switch (a->kind) {
    case ACTION_WRITE:
    case ACTION_RELEASE: {
        int device = a->kind == ACTION_WRITE ? a->write.device : a->release.device;
        struct device_now *at = &s->at[device];
        at->ordered = true;
        at->released = a->kind == ACTION_RELEASE;
        if (at->released)
            break;
        if (s->site->devices[device].asset >= 0 && fabs(at->order_w - a->write.power_w) > 100)
            trial_say(s, "%s is told %.0f W", s->site->devices[device].id, a->write.power_w);
        at->order_w = a->write.power_w;
        at->lease_mono_ms = s->now.mono_ms + (uint64_t)a->write.lease_ms;
        if (s->site->devices[device].asset < 0)
            trial_say(s, "%s is told %g", s->site->devices[device].id, a->write.power_w);
        trial_judge_write(s, device, a->write.power_w);
        break;
    }
    case ACTION_SOLVE:
        solve(s, a->problem);
        break;
    case ACTION_SAVE:
        keep(s, a->save.kind, a->save.index);
        break;
    case ACTION_JOURNAL:
        trial_judge_entry(s, &a->journal);
        break;
    case ACTION_DR_REPORT:
        settlement_free(a->report);
        break;
    case ACTION_ALARM:
        trial_say(s, "alarm %s %s: %s", a->alarm.id, a->alarm.active ? "raised" : "over", a->alarm.text);
        break;
    default:
        break;
    }
}

void world_drain(struct trial *s)
{
    struct action a;
    int n = 0;
    while (s->engine && engine_produce(s->engine, s->now, &a)) {
        carry_out(s, &a);
        if (++n == MOST_ACTIONS) {
            trial_break(s, "the engine does not come to rest");
            break;
        }
        if (s->kill_after >= 0 && s->kill_after-- == 0)
            world_kill(s);
    }
}

// ---- dying and coming back ------------------------------------------------------------------------------------------

void world_kill(struct trial *s)
{
    oddities_forget(s);
    engine_free(s->engine);
    s->engine = NULL;
    s->kill_after = -1;
    s->f.kills++;
    trial_say(s, "killed");
}

int world_restart(struct trial *s)
{
    int status = engine_new(s->site, s->devices, s->now, &s->engine);
    if (status < 0)
        return status;
    engine_set_planning(s->engine, s->mode != PLANNER_OFF);
    for (size_t i = 0; i < s->n_kept; i++) {
        status = s->kept[i].item.json ? engine_restore(s->engine, &s->kept[i].item, s->now) : 0;
        if (status < 0)
            trial_break(s, "what was saved of %s %s is refused: %s", saved_kind_name(s->kept[i].item.kind),
                        s->kept[i].item.id, aems_error_text(status));
    }
    s->restarted_mono_ms = s->f.kills > 0 ? s->now.mono_ms : 0;
    for (size_t i = 0; i < s->site->n_switches; i++) {
        struct switch_view v;
        engine_switch(s->engine, (int)i, s->now, &v);
        s->wanted_closed[i] = v.wanted_closed;
    }
    trial_say(s, "started, with %zu things that were kept", s->n_kept);
    return 0;
}

// A bus that starts anew releases its devices.
static void start_buses_anew(struct trial *s)
{
    for (size_t d = 0; d < s->site->n_devices; d++) {
        struct device_now *at = &s->at[d];
        bool steered = s->site->devices[d].asset >= 0 && at->lease_mono_ms > 0;
        at->ordered = at->confirm = at->released = false;
        if (steered && at->fault != DEVICE_SILENT) {
            plant_model_release(s->model, s->site->devices[d].asset);
            at->lease_mono_ms = 0;
        }
    }
}

void world_reload(struct trial *s, bool anew)
{
    struct engine *former = s->engine;
    if (engine_new(s->site, s->devices, s->now, &s->engine) < 0) {
        s->engine = former;
        return;
    }
    oddities_forget(s);
    if (anew)
        start_buses_anew(s);
    engine_set_planning(s->engine, s->mode != PLANNER_OFF);
    engine_adopt(s->engine, former, s->now);
    trial_judge_reload(s, former);
    engine_free(former);
    s->f.reloads++;
    s->dazed_mono_ms = s->now.mono_ms;
    trial_say(s, "the configuration is read again%s", anew ? ", and buses start anew" : "");
    world_drain(s);
}

void world_tick(struct trial *s)
{
    if (!s->engine)
        return;
    oddities_deliver(s);
    confirm_all(s);
    read_all(s);
    if (s->engine)
        tell(s, (struct event){.kind = EVENT_TICK});
    world_drain(s);
    if (s->engine && s->kill_after >= 0) // the instant between two steps
        world_kill(s);
}
