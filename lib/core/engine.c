// SPDX-License-Identifier: GPL-3.0-or-later
// Events in, actions out. What is decided where: values.c, buses.c (what is known), accounting.c, assembling.c,
// regulating.c, applying.c, obedience.c, learning.c (each second), planning.c, problem.c (each interval), alarms.c,
// publishing.c.
#include "core/engine.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "core/dr.h"
#include "core/internal.h"
#include "core/proving.h"
#include "core/slots.h"
#include "quality/sign.h"

// ---- begin and end --------------------------------------------------------------------------------------------------

static int allocate(struct engine *e)
{
    const struct site *s = e->site;
    e->devices = calloc(s->n_devices + 1, sizeof *e->devices);
    e->assets = calloc(s->n_assets + 1, sizeof *e->assets);
    e->buses = calloc(s->n_buses + 1, sizeof *e->buses);
    e->grids = calloc(s->n_grids + 1, sizeof *e->grids);
    e->ledgers = calloc(s->n_ties + 1, sizeof *e->ledgers);
    e->regulate_assets = calloc(s->n_assets + 1, sizeof *e->regulate_assets);
    e->commands = calloc(s->n_assets + 1, sizeof *e->commands);
    e->results = calloc(s->n_buses + 1, sizeof *e->results);
    e->regulate_buses = calloc(s->n_buses + 1, sizeof *e->regulate_buses);
    e->regulate_groups = calloc(s->n_groups + 1, sizeof *e->regulate_groups);
    e->group_results = calloc(s->n_groups + 1, sizeof *e->group_results);
    e->group_over_since_mono_ms = calloc(s->n_groups + 1, sizeof *e->group_over_since_mono_ms);
    bool state = e->devices && e->assets && e->buses && e->grids && e->ledgers;
    bool regulation = e->regulate_assets && e->regulate_buses && e->regulate_groups && e->commands && e->results &&
                      e->group_results && e->group_over_since_mono_ms;
    return state && regulation ? 0 : AEMS_E_NOMEM;
}

static int start_queue(struct engine *e)
{
    const struct site *s = e->site;
    const size_t sizes[TASK_KIND_COUNT] = {
        [TASK_WRITE] = s->n_devices,
        [TASK_RELEASE] = s->n_devices,
        [TASK_PUBLISH_SETPOINT] = s->n_assets,
        [TASK_PUBLISH_ASSET] = s->n_assets,
        [TASK_PUBLISH_STATE] = 1,
        [TASK_PUBLISH_PLAN] = 1,
        [TASK_PUBLISH_FORECAST] = s->n_assets,
        [TASK_SAVE_PEAK] = s->n_grids,
        [TASK_SAVE_ENERGY] = s->n_assets,
        [TASK_SAVE_LEASE] = s->n_devices,
        [TASK_SAVE_PLAN] = 1,
        [TASK_SAVE_FORECAST] = s->n_assets,
        [TASK_SAVE_LEDGER] = s->n_ties,
        [TASK_LEDGER] = s->n_ties,
        [TASK_SAVE_SESSION] = s->n_assets,
        [TASK_SAVE_LIMITS] = 1,
        [TASK_SAVE_PRICES] = s->n_tariffs,
        [TASK_SAVE_WEATHER] = 1,
        [TASK_SAVE_FORECAST_AREA] = 1,
        [TASK_CAPABILITY] = 1,
        [TASK_DR_STATUS] = DR_PLACES,
        [TASK_SAVE_DR_EVENT] = DR_PLACES,
        [TASK_SIGNAL] = s->n_buildings,
        [TASK_SAVE_BUILDING] = s->n_buildings,
        [TASK_SAVE_METER] = 2 * e->proving->n_parties,
        [TASK_SAVE_ENDED] = DR_MAX_EVENTS,
        [TASK_OUTAGE] = 1,
        [TASK_JOURNAL] = 1,
        [TASK_SAVE_OUTAGE] = 1,
        [TASK_DR_REPORT] = DR_MAX_EVENTS,
        [TASK_ALARM] = e->alarms.n_slots + ALARM_MAX_ORPHANS,
    };
    return queue_new(&e->queue, sizes);
}

static void start_state(struct engine *e, const struct engine_device *devices, struct instant now)
{
    for (size_t i = e->site->n_assets; i-- > 0;)
        e->first_asset[e->site->assets[i].kind] = (int)i;
    for (size_t b = 0; b < e->site->n_buses; b++)
        e->regulate_buses[b].electric = e->site->buses[b].carrier == CARRIER_ELECTRICITY;
    for (size_t g = 0; g < e->site->n_groups; g++)
        e->regulate_groups[g] = (struct regulate_group){e->site->groups[g].within, e->site->groups[g].limit_w};
    for (size_t i = 0; i < e->site->n_devices; i++)
        e->devices[i].info = devices[i];
    for (size_t g = 0; g < e->site->n_grids; g++)
        e->grids[g] = (struct grid_state){
            .month_start_utc_ms = NEVER_MS, .window_start_utc_ms = NEVER_MS, .counted_utc_ms = NEVER_MS};
    slots_start(e);
    for (size_t b = 0; b < e->site->n_buses; b++)
        e->buses[b].waiting_until_mono_ms = now.mono_ms + START_GRACE_MS;
    e->started = e->last_tick = now;
    e->regulated_mono_ms = e->saved_mono_ms = now.mono_ms;
    e->learned_utc_ms = now.utc_ms;
    e->plan.next_utc_ms = NEVER_MS;
    values_start(e);
    ledger_start(e);
    dr_start(e, now);
}

int engine_new(const struct site *site, const struct engine_device *devices, struct instant now,
               struct engine **ret_engine)
{
    struct engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        return AEMS_E_NOMEM;
    e->site = site;
    int result = allocate(e);
    if (result == 0)
        result = alarms_start(e);
    if (result == 0)
        result = proving_start(e);
    if (result == 0)
        result = start_queue(e);
    if (result == 0)
        result = outage_start(e, now);
    if (result == 0)
        result = prices_start(e);
    if (result == 0)
        result = buildings_start(e);
    if (result == 0)
        result = forecast_new(site, &e->forecast);
    if (result < 0) {
        engine_free(e);
        return result;
    }
    start_state(e, devices, now);
    *ret_engine = e;
    return 0;
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    prices_free(e);
    dr_free(e);
    buildings_free(e);
    proving_free(e);
    outage_free(e);
    capability_free(e);
    schedule_free(e->plan.schedule);
    forecast_free(e->forecast);
    queue_free(&e->queue);
    alarms_free(e);
    free(e->devices);
    free(e->assets);
    free(e->buses);
    free(e->grids);
    free(e->ledgers);
    free(e->regulate_assets);
    free(e->commands);
    free(e->results);
    free(e->regulate_buses);
    free(e->regulate_groups);
    free(e->group_results);
    free(e->group_over_since_mono_ms);
    free(e);
}

// ---- small questions ------------------------------------------------------------------------------------------------

int asset_of(const struct engine *e, enum asset_kind kind, int of_kind)
{
    return of_kind >= 0 ? e->first_asset[kind] + of_kind : -1;
}

int first_grid_of_bus(const struct engine *e, int bus)
{
    for (size_t g = 0; g < e->site->n_grids; g++)
        if (e->site->grids[g].bus == bus)
            return (int)g;
    return -1;
}

void refuse(struct engine *e, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->refusal, sizeof e->refusal, format, arguments);
    va_end(arguments);
}

// ---- time -----------------------------------------------------------------------------------------------------------

// After a sleep nothing that was read before may steer, whatever the monotonic clock says about its age.
static void distrust_values(struct engine *e, struct instant now)
{
    e->fresh_from_mono_ms = now.mono_ms + 1;
    for (size_t b = 0; b < e->site->n_buses; b++)
        e->buses[b].waiting_until_mono_ms = now.mono_ms + START_GRACE_MS;
    for (size_t i = 0; i < e->site->n_assets; i++)
        e->assets[i].integrates = false;
}

static void watch_clocks(struct engine *e, struct instant now)
{
    if (!e->ticked)
        return;
    uint64_t gap_ms = elapsed_ms(e->last_tick.mono_ms, now.mono_ms);
    double drift_ms = (double)(now.utc_ms - e->last_tick.utc_ms) - area_seconds(e, gap_ms) * 1000;
    bool stepped = fabs(drift_ms) > CLOCK_STEP_MS;
    // A machine that slept with its monotonic clock standing still shows as a step of UTC alone.
    if (gap_ms > suspend_gap_ms(e) || drift_ms > SUSPEND_GAP_MS)
        distrust_values(e, now);
    outage_notice_gap(e, gap_ms, drift_ms, now);
    if (stepped) {
        e->clock_step_mono_ms = now.mono_ms;
        learning_mistrusts(e, drift_ms, now);
        planning_request(e);
    }
    bool recent = e->clock_step_mono_ms != 0 && elapsed_ms(e->clock_step_mono_ms, now.mono_ms) < 60 * 1000;
    alarm_set(e, ALARM_CLOCK, 0, recent, now.utc_ms, "The clock was set by %.0f s, or the machine slept",
              drift_ms / 1000);
}

static void tick(struct engine *e, struct instant now, bool regulates)
{
    watch_clocks(e, now);
    uint64_t dt_mono_ms = e->ticked ? elapsed_ms(e->last_tick.mono_ms, now.mono_ms) : 0;
    e->last_tick = now;
    e->ticked = true;
    values_refresh(e, now);
    outage_tick(e, now);
    buses_refresh(e, now);
    outside_refresh(e, now);
    accounting_tick(e, now, dt_mono_ms);
    proving_tick(e, now, dt_mono_ms);
    learning_tick(e, now, dt_mono_ms);
    commands_expire(e, now);
    limits_expire(e, now);
    dr_tick(e, now);
    buildings_tick(e, now, dt_mono_ms);
    sessions_tick(e, now, dt_mono_ms);
    obedience_refresh(e, now);
    if (regulates)
        regulating_step(e, now);
    else
        limit_alarms_refresh(e, now);
    planning_tick(e, now);
    publishing_tick(e, now);
    capability_tick(e, now);
    foretelling_tick(e, now, dt_mono_ms);
}

// ---- events ---------------------------------------------------------------------------------------------------------

static bool device_exists(const struct engine *e, int device)
{
    return device >= 0 && (size_t)device < e->site->n_devices;
}

static int consume_readings(struct engine *e, const struct event *event)
{
    if (!device_exists(e, event->readings.device))
        return AEMS_E_RANGE;
    int result = values_consume(e, event);
    if (result < 0)
        return result;
    bool lost = outage_hears(e, event->readings.device, event->at);
    if (lost || regulating_is_urgent(e, event->readings.device, event->at))
        regulating_step(e, event->at);
    return result;
}

int engine_consume(struct engine *e, const struct event *event)
{
    switch (event->kind) {
    case EVENT_TICK:
    case EVENT_SURVEY:
        tick(e, event->at, event->kind == EVENT_TICK);
        return 0;
    case EVENT_READINGS:
        return consume_readings(e, event);
    case EVENT_DEVICE_DOWN:
        if (!device_exists(e, event->device_down.device))
            return AEMS_E_RANGE;
        values_device_down(e, event);
        return 0;
    case EVENT_WRITE_RESULT:
        if (!device_exists(e, event->write_result.device))
            return AEMS_E_RANGE;
        apply_write_result(e, event);
        return 0;
    case EVENT_PLAN:
        return planning_accept(e, event->plan.schedule, event->at);
    case EVENT_PLAN_FAILED:
        planning_failed(e, event->plan_failed.why, event->at);
        return 0;
    case EVENT_COMMAND:
        return command_consume(e, event);
    case EVENT_SESSION:
        return sessions_consume(e, event);
    case EVENT_LIMIT:
        return limits_consume(e, event);
    case EVENT_PRICES:
        return prices_consume(e, event);
    case EVENT_WEATHER:
        return weather_consume(e, event);
    case EVENT_GRID:
        return outages_consume(e, event);
    case EVENT_OUTAGE:
        return outage_consume(e, event);
    case EVENT_REPLY:
        return buildings_consume(e, event);
    case EVENT_DR:
        return dr_consume(e, event);
    case EVENT_DR_SENDER:
        return dr_sender_consume(e, event);
    }
    return AEMS_E_RANGE;
}

const char *engine_last_refusal(const struct engine *e)
{
    return e->refusal;
}

// ---- actions --------------------------------------------------------------------------------------------------------

static struct action write_action(const struct engine *e, int device)
{
    const struct device_state *d = &e->devices[device];
    const struct site_device *site = &e->site->devices[device];
    if (site->asset < 0)
        return switch_action(e, device);
    bool turned = sign_is_turned(d->info.kind, site_asset_at(e, site->asset)->kind, site->invert);
    return (struct action){.kind = ACTION_WRITE,
                           .write = {.device = device,
                                     .asset = site->asset,
                                     .power_w = sign_value_at_bus(QUANTITY_POWER_W, d->written_w, turned),
                                     .lease_ms = e->site->control.lease_s * 1000}};
}

static struct action save_action(enum saved_kind kind, int index)
{
    return (struct action){.kind = ACTION_SAVE, .save = {.kind = kind, .index = index}};
}

static const enum saved_kind SAVED_BY[TASK_KIND_COUNT] = {
    [TASK_SAVE_PEAK] = SAVED_PEAK,
    [TASK_SAVE_ENERGY] = SAVED_ENERGY,
    [TASK_SAVE_LEASE] = SAVED_LEASE,
    [TASK_SAVE_PLAN] = SAVED_PLAN,
    [TASK_SAVE_FORECAST] = SAVED_FORECAST,
    [TASK_SAVE_LEDGER] = SAVED_LEDGER,
    [TASK_SAVE_SESSION] = SAVED_SESSION,
    [TASK_SAVE_LIMITS] = SAVED_LIMITS,
    [TASK_SAVE_PRICES] = SAVED_PRICES,
    [TASK_SAVE_WEATHER] = SAVED_WEATHER,
    [TASK_SAVE_FORECAST_AREA] = SAVED_FORECAST_AREA,
    [TASK_SAVE_DR_EVENT] = SAVED_DR_EVENT,
    [TASK_SAVE_BUILDING] = SAVED_BUILDING,
    [TASK_SAVE_METER] = SAVED_METER,
    [TASK_SAVE_ENDED] = SAVED_DR_ENDED,
    [TASK_SAVE_OUTAGE] = SAVED_OUTAGE,
};

// False when the task has nothing to say any more.
static bool to_action(struct engine *e, struct task t, struct action *ret)
{
    switch (t.kind) {
    case TASK_WRITE:
        *ret = write_action(e, t.index);
        return true;
    case TASK_RELEASE:
        *ret = (struct action){.kind = ACTION_RELEASE, .release = {.device = t.index}};
        return true;
    case TASK_ALARM:
        *ret = (struct action){.kind = ACTION_ALARM};
        return alarm_announce(e, t.index, &ret->alarm);
    case TASK_PUBLISH_SETPOINT:
        *ret = (struct action){.kind = ACTION_PUBLISH_SETPOINT, .asset = t.index};
        return true;
    case TASK_PUBLISH_ASSET:
        *ret = (struct action){.kind = ACTION_PUBLISH_ASSET, .asset = t.index};
        return true;
    case TASK_PUBLISH_STATE:
        *ret = (struct action){.kind = ACTION_PUBLISH_STATE};
        return true;
    case TASK_PUBLISH_PLAN:
        *ret = (struct action){.kind = ACTION_PUBLISH_PLAN};
        return true;
    case TASK_PUBLISH_FORECAST:
        *ret = (struct action){.kind = ACTION_PUBLISH_FORECAST, .asset = t.index};
        return true;
    case TASK_SIGNAL:
        *ret = (struct action){.kind = ACTION_SIGNAL, .building = t.index};
        return true;
    case TASK_CAPABILITY:
        *ret = (struct action){.kind = ACTION_CAPABILITY};
        return true;
    case TASK_DR_STATUS:
        *ret = (struct action){.kind = ACTION_DR_STATUS, .dr = e->dr.places[t.index]};
        return true;
    case TASK_LEDGER:
        *ret = (struct action){.kind = ACTION_LEDGER, .ledger = e->ledgers[t.index].closed};
        return true;
    case TASK_OUTAGE:
        *ret = (struct action){.kind = ACTION_OUTAGE};
        return true;
    case TASK_JOURNAL:
        *ret = (struct action){.kind = ACTION_JOURNAL};
        return journal_take(e, &ret->journal);
    case TASK_DR_REPORT:
        *ret = (struct action){.kind = ACTION_DR_REPORT, .report = proving_take(e)};
        return ret->report != NULL;
    default:
        if (t.kind == TASK_SAVE_OUTAGE) // the driver asks for it right away
            e->outage.saved_number = e->outage.journal_number;
        *ret = save_action(SAVED_BY[t.kind], t.index);
        return true;
    }
}

static bool produce_problem(struct engine *e, struct instant now, struct action *ret_action)
{
    struct plan_problem *problem;
    if (!e->plan.due)
        return false;
    e->plan.due = false;
    int result = engine_make_problem(e, now, &problem);
    if (result < 0) {
        planning_failed(e, aems_error_text(result), now);
        return false;
    }
    e->plan.solving = true;
    e->plan.asked_mono_ms = now.mono_ms;
    *ret_action = (struct action){.kind = ACTION_SOLVE, .problem = problem};
    return true;
}

bool engine_produce(struct engine *e, struct instant now, struct action *ret_action)
{
    struct task task;
    while (queue_take(&e->queue, &task))
        if (to_action(e, task, ret_action))
            return true;
    return produce_problem(e, now, ret_action);
}
