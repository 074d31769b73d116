// SPDX-License-Identifier: GPL-3.0-or-later
// From a judged message to the engine, by way of the disk: nothing is acted upon that a power loss could undo.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/app/dr_desk_internal.h"

// ---- sequence numbers -----------------------------------------------------------------------------------------------

static struct dr_sequence *find_sequence(const struct dr_desk *d, const char *sender)
{
    for (size_t i = 0; i < d->n_sequences; i++)
        if (strcmp(d->sequences[i].sender, sender) == 0)
            return &d->sequences[i];
    return NULL;
}

int desk_sequence_judge(const struct dr_desk *d, const char *sender, uint64_t number, char *ret_why, size_t size)
{
    const struct dr_sequence *last = find_sequence(d, sender);
    if (last == NULL || number > last->number)
        return 0;
    snprintf(ret_why, size,
             "sequence %" PRIu64 " of %s is not above %" PRIu64 ", the last one: sent again, or out of order", number,
             sender, last->number);
    return AEMS_E_REFUSED;
}

static int set_sequence(struct dr_desk *d, const char *sender, uint64_t number)
{
    struct dr_sequence *s = find_sequence(d, sender);
    if (s == NULL) {
        struct dr_sequence *grown = realloc(d->sequences, (d->n_sequences + 1) * sizeof(*grown));
        if (grown == NULL)
            return AEMS_E_NOMEM;
        d->sequences = grown;
        s = &grown[d->n_sequences++];
        text_copy(s->sender, sizeof(s->sender), sender);
    }
    s->number = number;
    return 0;
}

int desk_sequence_use(struct dr_desk *d, const char *sender, uint64_t number)
{
    char text[24];
    int r = set_sequence(d, sender, number);
    if (r < 0)
        return r;
    snprintf(text, sizeof(text), "%" PRIu64, number);
    store_put(d->driver->store, "dr_sequence", sender, text, true);
    return 0;
}

static void restore_sequence(void *user, const char *kind, const char *sender, const char *json)
{
    (void)kind;
    struct dr_desk *d = user;
    char *end = NULL;
    uint64_t number = strtoull(json, &end, 10);
    if (end == json || *end != '\0' || number == 0 || set_sequence(d, sender, number) < 0)
        log_warning("the stored sequence number of %s cannot be read: older messages of it are not refused", sender);
}

void dr_desk_restore(struct dr_desk *d)
{
    int r = store_each(d->driver->store, "dr_sequence", restore_sequence, d);
    if (r < 0)
        log_warning("stored sequence numbers cannot be read: %s", aems_error_text(r));
}

// ---- judging --------------------------------------------------------------------------------------------------------

static int judge_withdrawal(const struct dr_desk *d, const struct dr_origin *origin, const char *id, char *ret_why,
                            size_t size)
{
    const struct dr_event *known = dr_timeline_find(engine_dr_events(d->driver->engine), id);
    if (known == NULL) {
        snprintf(ret_why, size, "no such event is known: it may be over already");
        return AEMS_E_NOT_FOUND;
    }
    bool is_operator = strcmp(origin->sender, DR_OPERATOR) == 0; // may take back anybody's
    if (strcmp(known->sender, origin->sender) != 0 && !is_operator) {
        snprintf(ret_why, size, "the event is another sender's");
        return AEMS_E_STATE;
    }
    return 0;
}

// A demonstration has a clock of its own.
static bool knows_the_time(const struct dr_desk *d)
{
    const struct site *s = engine_site(d->driver->engine);
    bool real = s->simulation.speed == 1 && s->simulation.start_utc_ms < 0;
    return !s->dr.needs_clock || !real || d->is_synchronised(d->user);
}

int desk_judge(struct dr_desk *d, const struct dr_origin *origin, struct openadr_message *m, struct instant now,
               char *ret_why, size_t size)
{
    if (m->operation == OPENADR_DELETE)
        return judge_withdrawal(d, origin, m->id, ret_why, size);
    if (m->event == NULL) {
        snprintf(ret_why, size, "it asks for reports and nothing else; they are made of every event");
        return AEMS_E_REFUSED;
    }
    if (strcmp(m->id, DR_UNKNOWN) == 0) {
        snprintf(ret_why, size,
                 "id: \"" DR_UNKNOWN "\" is where refusals of nobody's messages are told: choose another");
        return AEMS_E_REFUSED;
    }
    if (!knows_the_time(d)) {
        snprintf(ret_why, size, "this area's clock is not synchronised: no new event until it is");
        return AEMS_E_STATE;
    }
    text_copy(m->event->sender, sizeof(m->event->sender), origin->sender);
    int r = engine_dr_judge(d->driver->engine, m->event, now);
    if (r < 0)
        snprintf(ret_why, size, "%s", engine_last_refusal(d->driver->engine));
    return r;
}

// ---- keeping --------------------------------------------------------------------------------------------------------

// As the engine has it, which may be not at all.
static void put_back(struct dr_desk *d, const char *id)
{
    const struct dr_event *known = dr_timeline_find(engine_dr_events(d->driver->engine), id);
    char *text = NULL;
    if (known != NULL && dr_event_to_json(known, engine_site(d->driver->engine), &text) == 0)
        store_put(d->driver->store, "dr_event", id, text, true);
    else if (known == NULL)
        store_delete(d->driver->store, "dr_event", id);
    free(text);
}

static void tell_received(struct dr_desk *d, const struct dr_event *e, const char *notes)
{
    struct dr_status status = {.state = DR_RECEIVED,
                               .from_utc_ms = e->from_utc_ms,
                               .until_utc_ms = e->until_utc_ms,
                               .reference_w = e->reference_w};
    text_copy(status.id, sizeof(status.id), e->id);
    snprintf(status.why, sizeof(status.why), "%s", notes);
    publisher_dr_status(d->driver->publisher, e->id, &status, true, true, driver_now(d->driver));
}

static void begin_pending(struct dr_desk *d, enum pending_kind kind, const struct dr_origin *origin, const char *id)
{
    d->pending = (struct pending){.kind = kind,
                                  .origin = *origin,
                                  .mark = store_mark(d->driver->store),
                                  .since_mono_ms = driver_now(d->driver).mono_ms};
    text_copy(d->pending.id, sizeof(d->pending.id), id);
}

void desk_heartbeat(struct dr_desk *d, const struct dr_origin *origin)
{
    begin_pending(d, PENDING_HEARTBEAT, origin, "");
    desk_act(d);
}

void desk_keep(struct dr_desk *d, const struct dr_origin *origin, struct openadr_message *m)
{
    char *text = NULL;
    if (m->operation == OPENADR_DELETE) {
        store_delete(d->driver->store, "dr_event", m->id);
        begin_pending(d, PENDING_WITHDRAW, origin, m->id);
        desk_act(d);
        return;
    }
    int r = dr_event_to_json(m->event, engine_site(d->driver->engine), &text);
    if (r < 0) {
        desk_refuse(d, origin, m->id, aems_error_text(r));
        return;
    }
    bool news = dr_timeline_find(engine_dr_events(d->driver->engine), m->id) == NULL;
    store_put(d->driver->store, "dr_event", m->id, text, true);
    free(text);
    begin_pending(d, PENDING_PUT, origin, m->id);
    d->pending.event = m->event;
    m->event = NULL;
    if (news) // the state of one that is known stays until the engine has a new one
        tell_received(d, d->pending.event, m->notes);
    desk_act(d);
}

// ---- acting ---------------------------------------------------------------------------------------------------------

void desk_drop_pending(struct dr_desk *d, const char *why)
{
    struct pending p = d->pending;
    d->pending = (struct pending){0};
    if (p.kind == PENDING_PUT || p.kind == PENDING_WITHDRAW)
        put_back(d, p.id);
    dr_event_free(p.event);
    if (p.kind == PENDING_PUT)
        desk_take_back(d, &p.origin, p.id, why);
    else if (p.kind != PENDING_NOTHING)
        desk_refuse(d, &p.origin, p.id, why);
}

static void carry_out(struct dr_desk *d)
{
    struct pending *p = &d->pending;
    struct event e = {.at = driver_now(d->driver)};
    if (p->kind == PENDING_HEARTBEAT) {
        e.kind = EVENT_DR_SENDER;
        e.dr_sender.kind = DR_HEARTBEAT;
    } else {
        e.kind = EVENT_DR;
        e.dr.operation = p->kind == PENDING_PUT ? DR_PUT : DR_WITHDRAW;
        e.dr.event = p->event;
        e.dr.id = p->id;
        e.dr.sender = p->origin.sender;
    }
    int r = driver_consume(d->driver, &e);
    if (r < 0) {
        const char *refusal = engine_last_refusal(d->driver->engine);
        desk_drop_pending(d, r == AEMS_E_NOMEM || refusal[0] == '\0' ? aems_error_text(r) : refusal);
        return;
    }
    if (p->kind == PENDING_HEARTBEAT)
        d->counters.heartbeats++;
    else {
        d->counters.accepted++;
        log_notice("demand response from %s: %s %s", p->origin.sender[0] != '\0' ? p->origin.sender : "nobody known",
                   p->id, p->kind == PENDING_PUT ? "is taken in" : "is withdrawn");
    }
    *p = (struct pending){0};
}

void desk_act(struct dr_desk *d)
{
    if (d->pending.kind == PENDING_NOTHING)
        return;
    enum store_safety safety = store_safety(d->driver->store, d->pending.mark);
    bool alive = d->pending.kind == PENDING_HEARTBEAT; // of no use later, and no limit is worth a fail-safe state
    if (safety == STORE_SAFE || (safety == STORE_NOT_SAFE && alive))
        carry_out(d);
    else if (safety == STORE_NOT_SAFE)
        desk_drop_pending(d, "the disk of this area's controller cannot be written, and what is accepted must be kept");
    else if (driver_now(d->driver).mono_ms - d->pending.since_mono_ms >= DESK_DISK_MS)
        desk_drop_pending(d, "the disk of this area's controller does not answer; send it again later");
}
