// SPDX-License-Identifier: GPL-3.0-or-later
// Events of the grid operator: taken in, begun, ended, withdrawn; and what holds while nobody is heard.
#include "core/dr.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"

enum {
    PLACES_OF_OTHERS = 8,          // of DR_MAX_EVENTS
    DOUBT_MS = 2 * 3600 * 1000,    // so long a clock that jumped ahead may come back
    START_DOUBT_MS = 5 * 60 * 1000 // and so long after a start: the clock may not have been set yet
};
static const int64_t DAY_MS = 24 * 3600 * 1000;
static const char OPERATOR[] = "operator"; // who is at the gateway itself

// ---- begin and end --------------------------------------------------------------------------------------------------

void dr_start(struct engine *e, struct instant now)
{
    struct dr_book *b = &e->dr;
    if (e->site->dr.enabled && e->site->dr.failsafe.enabled)
        guard_start(&b->guard, now.mono_ms);
    b->doubt_from_utc_ms = NEVER_MS;
    b->doubt_until_utc_ms = now.utc_ms;
    b->doubt_over_mono_ms = now.mono_ms + START_DOUBT_MS;
}

void dr_free(struct engine *e)
{
    dr_timeline_clear(&e->dr.timeline);
}

static struct guard_settings guard_settings(const struct engine *e)
{
    const struct site_dr_failsafe *f = &e->site->dr.failsafe;
    return (struct guard_settings){(uint64_t)f->heartbeat_s * 1000, (uint64_t)f->duration_s * 1000};
}

// ---- alarms ---------------------------------------------------------------------------------------------------------

static void alert(struct engine *e, enum alarm_kind kind, enum dr_signal_kind signal, const char *what,
                  struct instant now)
{
    const struct dr_event *event = NULL;
    bool on = dr_alerts(e, signal, now.utc_ms, &event);
    alarm_set(e, kind, 0, on, now.utc_ms, "%s (event %.60s): %.80s", what, on ? event->id : "",
              on && event->text[0] != '\0' ? event->text : "no words with it");
}

static void refresh_alarms(struct engine *e, struct instant now)
{
    const struct site_dr *dr = &e->site->dr;
    alarm_set(e, ALARM_DR_FAILSAFE, 0, guard_is_failsafe(&e->dr.guard), now.utc_ms,
              "No heartbeat, or no limit after it, from the grid operator: the fail-safe limits hold; check the way "
              "to it");
    alarm_set(e, ALARM_DR_SENDER, 0, e->dr.sender_lost, now.utc_ms,
              "The grid operator cannot be reached: known events go on%s",
              dr->default_import_limit_w < PLAN_NO_LIMIT_W ? ", then the default import limit holds" : "");
    alert(e, ALARM_DR_EMERGENCY, DR_EMERGENCY, "Emergency in the grid", now);
    alert(e, ALARM_DR_BLACK_START, DR_BLACK_START, "The grid is to be started from black: batteries are spared", now);
}

// ---- acting at once -------------------------------------------------------------------------------------------------

// Setpoints do not wait for the next tick.
static void act(struct engine *e, struct instant now)
{
    refresh_alarms(e, now);
    planning_request(e);
    queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
    if (e->ticked && !is_coarse(e))
        regulating_step(e, now);
}

static bool binds_now(const struct engine *e, const struct dr_event *event, struct instant now)
{
    int64_t ahead_ms = (int64_t)(area_seconds(e, LIMIT_AHEAD_MS) * 1000);
    return event->from_utc_ms <= now.utc_ms + ahead_ms && event->until_utc_ms > now.utc_ms;
}

// ---- taking them in -------------------------------------------------------------------------------------------------

static int refuse_with(struct engine *e, int code, const char *why)
{
    refuse(e, "%s", why);
    return code;
}

// Nobody may take all places: an important event of another sender, or of aemsctl, has to find one.
static bool has_its_share(const struct engine *e, const struct dr_event *event)
{
    const struct dr_timeline *t = &e->dr.timeline;
    int n = 0;
    for (size_t i = 0; i < t->count; i++)
        n += strcmp(t->events[i]->sender, event->sender) == 0;
    return n >= DR_MAX_EVENTS - PLACES_OF_OTHERS && dr_timeline_find(t, event->id) == NULL;
}

static int judge(struct engine *e, const struct dr_event *event, struct instant now)
{
    if (!e->site->dr.enabled)
        return refuse_with(e, AEMS_E_REFUSED, "demand response is not listened to: demand_response.enabled is false");
    if (event == NULL || !dr_event_is_sound(event, e->site->n_grids) || event->until_utc_ms <= event->from_utc_ms)
        return refuse_with(e, AEMS_E_REFUSED, "not an event that can be acted upon");
    if (event->until_utc_ms <= now.utc_ms)
        return refuse_with(e, AEMS_E_REFUSED, "its end has passed");
    int code = dr_timeline_judge(&e->dr.timeline, event);
    if (code == AEMS_E_REFUSED)
        return refuse_with(e, code, "a newer version of it is known already");
    if (code == AEMS_E_STATE)
        return refuse_with(e, code, "an event of this id was sent by another sender");
    if (code == AEMS_E_LIMIT)
        refuse(e, "%d events are known already: withdraw one", (int)DR_MAX_EVENTS);
    if (code == 0 && has_its_share(e, event)) {
        refuse(e, "%d events of this sender are known already, all that one may have: withdraw one",
               DR_MAX_EVENTS - PLACES_OF_OTHERS);
        return AEMS_E_LIMIT;
    }
    return code;
}

// An update in which times and target stay keeps what was reckoned: the plan reckons with the event by now.
static double reference_w(const struct engine *e, const struct dr_event *event, struct instant now)
{
    const struct dr_event *known = dr_timeline_find(&e->dr.timeline, event->id);
    if (known != NULL && known->grid == event->grid && known->from_utc_ms == event->from_utc_ms &&
        known->until_utc_ms == event->until_utc_ms && known->reference_w >= 0)
        return known->reference_w;
    int64_t from_ms = event->from_utc_ms > now.utc_ms ? event->from_utc_ms : now.utc_ms;
    int64_t to_ms = event->until_utc_ms - from_ms > DAY_MS ? from_ms + DAY_MS : event->until_utc_ms;
    return dr_expected_w(e, event->grid, now.utc_ms, from_ms, to_ms);
}

int engine_dr_judge(struct engine *e, struct dr_event *event, struct instant now)
{
    const struct dr_event *known = event != NULL ? dr_timeline_find(&e->dr.timeline, event->id) : NULL;
    if (known != NULL)
        dr_event_keep_shift(event, known);
    int code = judge(e, event, now);
    if (code < 0)
        return code;
    event->order = e->dr.timeline.order + 1;
    event->reference_w = reference_w(e, event, now);
    return 0;
}

// A word of the grid operator about what may be drawn or fed in, whether it asks for less or for nothing any more. Did
// that change what holds?
static bool hear_limit(struct engine *e, const struct dr_event *event, struct instant now)
{
    static const enum dr_signal_kind kinds[] = {DR_IMPORT_LIMIT, DR_EXPORT_LIMIT, DR_SETPOINT, DR_SETPOINT_RELATIVE,
                                                DR_SIMPLE};
    const struct guard_settings s = guard_settings(e);
    bool limits = false;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        limits |= dr_event_has(event, kinds[k]);
    return limits && strcmp(event->sender, OPERATOR) != 0 && guard_limit(&e->dr.guard, &s, now.mono_ms);
}

static int put(struct engine *e, struct dr_event *event, struct instant now)
{
    int code = judge(e, event, now);
    if (code < 0)
        return code;
    int place = dr_place(e, event->id);
    if (place < 0)
        return refuse_with(e, AEMS_E_LIMIT, "too many events have come and gone just now");
    const struct dr_event *known = dr_timeline_find(&e->dr.timeline, event->id);
    bool acts = binds_now(e, event, now) || (known != NULL && binds_now(e, known, now));
    if (event->order <= e->dr.timeline.order) // it was judged together with others
        event->order = e->dr.timeline.order + 1;
    if (event->reference_w < 0)
        event->reference_w = reference_w(e, event, now);
    dr_timeline_put(&e->dr.timeline, event);
    dr_tell(e, place, engine_dr_state(e, event, now), event->notes);
    queue_add(&e->queue, TASK_SAVE_DR_EVENT, place);
    if (hear_limit(e, event, now) || acts)
        act(e, now);
    planning_request(e);
    return 0;
}

static void say_goodbye(struct engine *e, struct dr_event *event, bool cancelled, const char *why, struct instant now)
{
    int place = dr_place(e, event->id);
    if (place >= 0 && (cancelled || e->dr.places[place].state != DR_COMPLETED))
        dr_tell(e, place, cancelled ? DR_CANCELLED : DR_COMPLETED, why);
    // Kept as one that is over before it is taken out as one that is known: in between nothing is lost.
    proving_event_over(e, event, now.utc_ms, cancelled);
    if (place >= 0)
        queue_add(&e->queue, TASK_SAVE_DR_EVENT, place);
    dr_event_free(event);
}

static int withdraw(struct engine *e, const char *id, const char *sender, struct instant now)
{
    const struct dr_event *known = id != NULL ? dr_timeline_find(&e->dr.timeline, id) : NULL;
    const char *by = sender != NULL ? sender : "";
    if (known == NULL)
        return refuse_with(e, AEMS_E_REFUSED, "no event of this id is known");
    bool is_operator = strcmp(by, OPERATOR) == 0;
    if (strcmp(known->sender, by) != 0 && !is_operator)
        return refuse_with(e, AEMS_E_STATE, "the event of this id was sent by another sender");
    bool acts = binds_now(e, known, now);
    struct dr_event *event = dr_timeline_remove(&e->dr.timeline, id);
    acts |= strcmp(event->sender, by) == 0 && hear_limit(e, event, now);
    say_goodbye(e, event, true, is_operator ? "withdrawn at the gateway" : "withdrawn by its sender", now);
    if (acts)
        act(e, now);
    planning_request(e);
    return 0;
}

int dr_consume(struct engine *e, const struct event *event)
{
    if (event->dr.operation == DR_PUT)
        return put(e, event->dr.event, event->at);
    return withdraw(e, event->dr.id, event->dr.sender, event->at);
}

int dr_sender_consume(struct engine *e, const struct event *event)
{
    const struct guard_settings s = guard_settings(e);
    struct dr_book *b = &e->dr;
    bool changed = false;
    if (!e->site->dr.enabled)
        return refuse_with(e, AEMS_E_REFUSED, "demand response is not listened to: demand_response.enabled is false");
    switch (event->dr_sender.kind) {
    case DR_HEARTBEAT:
        changed = guard_heartbeat(&b->guard, &s, event->at.mono_ms);
        break;
    case DR_SENDER_LOST:
    case DR_SENDER_BACK:
        changed = b->sender_lost != (event->dr_sender.kind == DR_SENDER_LOST);
        b->sender_lost = event->dr_sender.kind == DR_SENDER_LOST;
        break;
    default:
        return AEMS_E_RANGE;
    }
    if (changed)
        act(e, event->at);
    return 0;
}

// ---- once a tick ----------------------------------------------------------------------------------------------------

// A clock that jumps ahead is perhaps wrong: what ended in that moment is over, and not forgotten.
static void watch_clock(struct engine *e, struct instant now)
{
    struct dr_book *b = &e->dr;
    if (now.mono_ms >= b->doubt_over_mono_ms)
        b->doubt_from_utc_ms = b->doubt_until_utc_ms = NEVER_MS;
    bool stepped = b->ticked_utc_ms != 0 && e->clock_step_mono_ms == now.mono_ms;
    if (stepped && now.utc_ms > b->ticked_utc_ms) {
        bool none = b->doubt_until_utc_ms == NEVER_MS;
        b->doubt_from_utc_ms =
            none || b->ticked_utc_ms < b->doubt_from_utc_ms ? b->ticked_utc_ms : b->doubt_from_utc_ms;
        b->doubt_until_utc_ms = now.utc_ms > b->doubt_until_utc_ms ? now.utc_ms : b->doubt_until_utc_ms;
        b->doubt_over_mono_ms = now.mono_ms + DOUBT_MS;
    }
    if (now.utc_ms < b->doubt_until_utc_ms) // it has come back
        b->doubt_until_utc_ms = now.utc_ms;
    b->ticked_utc_ms = now.utc_ms;
}

static bool may_come_back(const struct dr_book *b, const struct dr_event *event)
{
    return event->until_utc_ms > b->doubt_from_utc_ms && event->until_utc_ms <= b->doubt_until_utc_ms;
}

static void tell_changes(struct engine *e, struct instant now)
{
    const struct dr_timeline *t = &e->dr.timeline;
    for (size_t i = 0; i < t->count; i++) {
        int place = dr_place(e, t->events[i]->id);
        enum dr_state state = engine_dr_state(e, t->events[i], now);
        if (place >= 0 && e->dr.places[place].state != state)
            dr_tell(e, place, state, t->events[i]->notes);
    }
}

static void retire(struct engine *e, struct instant now)
{
    struct dr_timeline *t = &e->dr.timeline;
    for (size_t i = t->count; i-- > 0;) {
        const struct dr_event *event = t->events[i];
        if (event->until_utc_ms <= now.utc_ms && !may_come_back(&e->dr, event))
            say_goodbye(e, dr_timeline_remove(t, event->id), false, event->notes, now);
    }
}

void dr_tick(struct engine *e, struct instant now)
{
    const struct guard_settings s = guard_settings(e);
    watch_clock(e, now);
    if (guard_tick(&e->dr.guard, &s, now.mono_ms))
        planning_request(e);
    tell_changes(e, now);
    retire(e, now);
    refresh_alarms(e, now);
}
