// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/app/journal_book.h"
#include "daemon/app/ledger_book.h"
#include "daemon/app/report_book.h"
#include "report/messages.h"

enum { MOST_LOGGED = 12 };

struct instant driver_now(const struct driver *d)
{
    return clock_now(d->clock);
}

// ---- acting -------------------------------------------------------------------------------------------------------

// Once a day, with the last quarter hours of the day before.
static void clean_meters(struct driver *d, const struct saved *item)
{
    char today[METER_DATE_SIZE];
    meter_date(driver_now(d).utc_ms, today);
    if (item->kind == SAVED_METER && strstr(item->id, today) == NULL)
        report_book_clean_meters(d->store, driver_now(d).utc_ms);
}

static void save(struct driver *d, enum saved_kind kind, int index)
{
    struct saved item = {0};
    if (engine_saved(d->engine, kind, index, &item) < 0)
        return;
    // Peaks are money, leases are control over devices, limits are promised to others: they must be on the disk. The
    // rest can be lost by a second.
    bool durable = kind == SAVED_PEAK || kind == SAVED_LEASE || kind == SAVED_LIMITS || kind == SAVED_BUILDING ||
                   kind == SAVED_DR_EVENT || kind == SAVED_DR_ENDED || kind == SAVED_OUTAGE;
    if (item.json == NULL) // it is over
        store_delete(d->store, saved_kind_name(kind), item.id);
    else
        store_put(d->store, saved_kind_name(kind), item.id, item.json, durable);
    clean_meters(d, &item);
    saved_free(&item);
}

// Where the area's time runs faster, a plan must still come before the last one is too old to be followed.
static int deadline_ms(const struct site *s)
{
    const double share = 0.45, shortest_ms = 1000.0; // twice: one plan is being made while the next becomes due
    double speed = s->simulation.speed > 1 ? s->simulation.speed : 1;
    return (int)fmin(s->plan.deadline_ms, fmax(share * s->plan.max_age_s * 1000.0 / speed, shortest_ms));
}

static void solve(struct driver *d, struct plan_problem *problem)
{
    if (d->planner == NULL) {
        plan_problem_free(problem);
        return;
    }
    int r = planner_link_solve(d->planner, problem, deadline_ms(engine_site(d->engine)));
    if (r < 0)
        driver_plan_failed(d, aems_error_text(r));
}

static void keep_ledger(struct driver *d, const struct ledger_entry *entry, struct instant now)
{
    char *json = NULL;
    int r = message_ledger(engine_site(d->engine), entry, now, &json);
    if (r < 0) {
        log_warning("an interval of the sharing ledger is lost: %s", aems_error_text(r));
        return;
    }
    ledger_book_add(d->store, entry->start_utc_ms, engine_site(d->engine)->ties[entry->tie].id, json);
    publisher_ledger(d->publisher, entry->tie, json);
    free(json);
}

// Kept first: nothing that was told may be forgotten.
static void keep_report(struct driver *d, struct settlement *s, struct instant now)
{
    char *json = NULL;
    int r = report_book_add(d->store, s);
    if (r == 0)
        r = message_dr_report(engine_site(d->engine), s, now, &json);
    if (r < 0)
        log_warning("event %s: its settlement is lost: %s", s->event, aems_error_text(r));
    else
        publisher_dr_report(d->publisher, s->event, json);
    const struct settled_party *p = s->n_parties > 0 ? &s->parties[0] : NULL;
    if (p != NULL && p->has_baseline)
        log_info("event %s: %.1f of %.1f kWh delivered, %.1f kWh drawn", s->event, p->delivered_wh / 1000,
                 p->requested_wh / 1000, p->measured_wh / 1000);
    else if (p != NULL)
        log_notice("event %s: %.1f kWh drawn; too little was measured before for a baseline (%s)", s->event,
                   p->measured_wh / 1000, baseline_method_name(p->method));
    free(json);
    settlement_free(s);
}

// The entry and the state that it speaks of, or neither: a restart must not go on from a state that nobody told of, nor
// give its number away twice.
static void keep_journal(struct driver *d, const struct journal_entry *entry)
{
    const struct site *s = engine_site(d->engine);
    char *json = NULL;
    store_begin_together(d->store);
    int r = journal_book_add(d->store, s, entry, &json);
    save(d, SAVED_OUTAGE, 0);
    store_end_together(d->store);
    if (r < 0)
        log_warning("an entry of the journal is lost: %s", aems_error_text(r));
    else
        publisher_journal(d->publisher, json);
    free(json);
    const char *island =
        entry->island >= 0 && (size_t)entry->island < s->n_islands ? s->islands[entry->island].id : "-";
    if (entry->from != entry->to)
        log_notice("island %s is %s: %s", island, island_state_name(entry->to), entry->cause);
    else
        log_notice("island %s: %s", island, entry->cause);
}

static bool follows_plans(enum asset_kind kind)
{
    return kind != ASSET_GRID && kind != ASSET_PV && kind != ASSET_LOAD;
}

// What a new plan asks for now, and why; in a large area the first few, the rest is in `aemsctl plan`.
static void log_plan(const struct schedule *s, struct instant now)
{
    int step = s != NULL ? schedule_step_at(s, now.utc_ms) : -1, moves = 0;
    for (size_t i = 0; step >= 0 && i < s->n_assets; i++) {
        const struct schedule_asset *a = &s->assets[i];
        char text[160];
        if (!follows_plans(a->kind) || fabs(a->power_w[step]) < 0.5 || ++moves > MOST_LOGGED)
            continue;
        reason_text(a->id, a->kind, a->power_w[step], &a->reasons[step], text, sizeof(text));
        log_info("plan: %s", text);
    }
    if (moves > MOST_LOGGED)
        log_info("plan: %d more", moves - MOST_LOGGED);
}

static void tell_response(struct driver *d, const struct dr_status *status, struct instant now)
{
    log_notice("event %s is %s%s%s", status->id, dr_state_name(status->state), status->why[0] != '\0' ? ": " : "",
               status->why);
    publisher_dr_status(d->publisher, status->id, status, true, true, now);
}

static void carry_out(struct driver *d, const struct action *a, struct instant now)
{
    switch (a->kind) {
    case ACTION_WRITE:
        buses_write(d->buses, a->write.device, a->write.power_w, a->write.lease_ms);
        break;
    case ACTION_RELEASE:
        buses_release(d->buses, a->release.device);
        break;
    case ACTION_SOLVE:
        solve(d, a->problem);
        break;
    case ACTION_OUTAGE:
        publisher_outage(d->publisher, d->engine, now);
        break;
    case ACTION_JOURNAL:
        keep_journal(d, &a->journal);
        break;
    case ACTION_PUBLISH_STATE:
        publisher_area(d->publisher, d->engine, now);
        break;
    case ACTION_PUBLISH_ASSET:
        publisher_asset(d->publisher, d->engine, a->asset, now);
        break;
    case ACTION_PUBLISH_SETPOINT:
        publisher_setpoint(d->publisher, d->engine, a->asset, now);
        break;
    case ACTION_PUBLISH_PLAN:
        publisher_plan(d->publisher, d->engine, now);
        log_plan(engine_plan(d->engine), now);
        break;
    case ACTION_PUBLISH_FORECAST:
        publisher_forecast(d->publisher, d->engine, a->asset, now);
        break;
    case ACTION_ALARM:
        alarm_board_take(d->alarms, &a->alarm, now);
        break;
    case ACTION_SAVE:
        save(d, a->save.kind, a->save.index);
        break;
    case ACTION_SIGNAL:
        publisher_signal(d->publisher, d->engine, a->building, now);
        break;
    case ACTION_DR_STATUS:
        tell_response(d, &a->dr, now);
        break;
    case ACTION_CAPABILITY:
        publisher_capability(d->publisher, d->engine, now);
        break;
    case ACTION_DR_REPORT:
        keep_report(d, a->report, now);
        break;
    case ACTION_LEDGER:
        keep_ledger(d, &a->ledger, now);
        break;
    }
}

// Bounded, so that whatever goes wrong with the engine the loop turns.
static void drain(struct driver *d)
{
    if (d->draining)
        return;
    d->draining = true;
    const struct site *site = engine_site(d->engine);
    size_t bound = 256 + 8 * (site->n_assets + site->n_devices);
    struct instant now = driver_now(d);
    struct action a;
    while (bound > 0 && engine_produce(d->engine, now, &a)) {
        recorder_action(d->recorder, now, &a);
        carry_out(d, &a, now);
        bound--;
    }
    recorder_drained(d->recorder, now, bound > 0);
    d->draining = false;
    if (bound == 0 && d->stopped_short++ == 0)
        log_warning("the engine asks for more than one cycle can do; the rest waits for the next");
}

// ---- telling ------------------------------------------------------------------------------------------------------

int driver_consume(struct driver *d, const struct event *event)
{
    recorder_event(d->recorder, event);
    int r = engine_consume(d->engine, event);
    recorder_code(d->recorder, r);
    if (r == 0)
        drain(d);
    return r;
}

void driver_tell_forecasts(struct driver *d)
{
    d->told = 0;
}

// Too many to be made in one cycle.
static void tell_forecast(struct driver *d)
{
    if (d->told < engine_site(d->engine)->n_assets && publisher_connected(d->publisher))
        publisher_forecast(d->publisher, d->engine, (int)d->told++, driver_now(d));
}

void driver_tick(struct driver *d)
{
    driver_consume(d, &(struct event){.kind = EVENT_TICK, .at = driver_now(d)});
    recorder_tick(d->recorder, d->engine, d->alarms, driver_now(d));
    tell_forecast(d);
    d->cycles++;
}

void driver_bus_report(struct driver *d, const struct bus_report *r)
{
    struct event e = {.at = driver_now(d)};
    switch (r->kind) {
    case BUS_READINGS:
        // The value is as old as its reply, not as the moment at which the loop came to look at it.
        e.at.mono_ms = r->mono_ms;
        e.kind = EVENT_READINGS;
        e.readings.device = r->device;
        e.readings.readings = r->readings;
        e.readings.count = r->count;
        break;
    case BUS_DOWN:
        e.kind = EVENT_DEVICE_DOWN;
        e.device_down.device = r->device;
        e.device_down.why = r->why;
        break;
    case BUS_WRITTEN:
        e.kind = EVENT_WRITE_RESULT;
        e.write_result.device = r->device;
        e.write_result.status = (enum write_status)r->write_status;
        e.write_result.power_w = r->power_w;
        e.write_result.readback_w = r->readback_w;
        break;
    }
    driver_consume(d, &e);
}

void driver_schedule(struct driver *d, struct schedule *schedule)
{
    struct event e = {.kind = EVENT_PLAN, .at = driver_now(d)};
    e.plan.schedule = schedule;
    int r = driver_consume(d, &e);
    if (r < 0)
        log_warning("a plan was turned down by the engine: %s", aems_error_text(r));
}

void driver_plan_failed(struct driver *d, const char *why)
{
    struct event e = {.kind = EVENT_PLAN_FAILED, .at = driver_now(d)};
    e.plan_failed.why = why;
    driver_consume(d, &e);
}

// ---- remembering --------------------------------------------------------------------------------------------------

struct restoring {
    struct driver *driver;
    enum saved_kind kind;
    size_t taken, refused;
};

static void restore_one(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    struct restoring *r = user;
    struct saved item = {.kind = r->kind, .json = strdup(json)};
    int code = item.json != NULL ? text_copy(item.id, sizeof(item.id), id) : AEMS_E_NOMEM;
    if (code == 0)
        code = engine_restore(r->driver->engine, &item, driver_now(r->driver));
    if (code < 0)
        log_notice("stored %s of \"%s\" is not taken over: %s", saved_kind_name(r->kind), id, aems_error_text(code));
    *(code < 0 ? &r->refused : &r->taken) += 1;
    saved_free(&item);
}

static void restore_journal(struct driver *d)
{
    json_t *last = journal_book_read(d->store, UINT64_MAX, 1);
    json_int_t number = json_integer_value(json_object_get(json_array_get(last, 0), "number"));
    if (number > 0)
        engine_journal_after(d->engine, (uint64_t)number);
    json_decref(last);
}

void driver_restore(struct driver *d)
{
    size_t taken = 0;
    for (int kind = 0; kind < SAVED_KIND_COUNT; kind++) {
        struct restoring r = {.driver = d, .kind = (enum saved_kind)kind};
        int code = store_each(d->store, saved_kind_name(r.kind), restore_one, &r);
        if (code < 0)
            log_warning("stored %s cannot be read: %s", saved_kind_name(r.kind), aems_error_text(code));
        taken += r.taken;
    }
    restore_journal(d);
    report_book_clean_meters(d->store, driver_now(d).utc_ms);
    if (taken > 0)
        log_info("%zu stored items taken over", taken);
}

void driver_save_all(struct driver *d)
{
    const struct site *s = engine_site(d->engine);
    for (size_t i = 0; i < s->n_grids; i++)
        save(d, SAVED_PEAK, (int)i);
    for (size_t i = 0; i < s->n_assets; i++) {
        save(d, SAVED_ENERGY, (int)i);
        save(d, SAVED_FORECAST, (int)i);
        save(d, SAVED_SESSION, (int)i);
    }
    for (size_t i = 0; i < s->n_devices; i++)
        save(d, SAVED_LEASE, (int)i);
    for (size_t i = 0; i < s->n_ties; i++)
        save(d, SAVED_LEDGER, (int)i);
    save(d, SAVED_PLAN, 0);
    save(d, SAVED_LIMITS, 0);
    for (size_t t = 0; t < s->n_tariffs; t++)
        save(d, SAVED_PRICES, (int)t);
    save(d, SAVED_WEATHER, 0);
    save(d, SAVED_FORECAST_AREA, 0);
    save(d, SAVED_OUTAGE, 0);
    for (size_t i = 0; i < 1 + s->n_buildings + s->n_grids; i++)
        save(d, SAVED_METER, (int)i);
    for (size_t i = 0; i < s->n_buildings; i++)
        save(d, SAVED_BUILDING, (int)i);
}
