// SPDX-License-Identifier: GPL-3.0-or-later
// Arrival and judgement of messages of the grid operator.
#include "daemon/app/dr_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timex.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/app/dr_desk_internal.h"
#include "dr/envelope.h"
#include "report/messages.h"

enum { TURN_MS = 5, LATER_MS = 20 };

static const struct dr_origin NOBODY = {0};

static bool system_clock_is_synchronised(void *user)
{
    (void)user;
    struct timex t = {0};
    return adjtimex(&t) >= 0 && (t.status & STA_UNSYNC) == 0;
}

// ---- judging what waits ---------------------------------------------------------------------------------------------

// In [0, 1): for an event whose start is to be spread.
static double draw(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
        return 0.5;
    return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

// An event of this sender that was for this area and has other targets now is withdrawn here.
static void follow_targets(const struct dr_desk *d, const struct dr_origin *origin, struct openadr_message *m)
{
    const struct dr_event *known = dr_timeline_find(engine_dr_events(d->driver->engine), m->id);
    if (!m->not_for_us || known == NULL || strcmp(known->sender, origin->sender) != 0)
        return;
    m->not_for_us = false;
    m->operation = OPENADR_DELETE;
}

static void judge_event(struct dr_desk *d, const struct dr_origin *origin, const char *payload, size_t length)
{
    struct instant now = driver_now(d->driver);
    struct openadr_message m = {0};
    char why[DESK_WHY_SIZE] = "";
    int r = openadr_read(engine_site(d->driver->engine), payload, length, now, draw(), &m, why, sizeof(why));
    if (r < 0) {
        desk_refuse(d, origin, m.id, why[0] != '\0' ? why : aems_error_text(r));
        return;
    }
    follow_targets(d, origin, &m);
    if (m.not_for_us) {
        desk_pass_over(d, origin, m.id);
    } else if (desk_judge(d, origin, &m, now, why, sizeof(why)) < 0) {
        desk_refuse(d, origin, m.id, why);
    } else {
        desk_keep(d, origin, &m);
    }
    openadr_message_free(&m);
}

static void judge_content(struct dr_desk *d, const struct dr_origin *origin, bool heartbeat, const char *payload,
                          size_t length)
{
    char why[DESK_WHY_SIZE] = "";
    if (!heartbeat)
        judge_event(d, origin, payload, length);
    else if (message_read_heartbeat(engine_site(d->driver->engine), payload, length, driver_now(d->driver), why,
                                    sizeof(why)) < 0)
        desk_refuse(d, origin, "", why);
    else
        desk_heartbeat(d, origin);
}

static void judge_signed(struct dr_desk *d, const struct dr_letter *letter, int tray)
{
    const struct site *s = engine_site(d->driver->engine);
    struct instant now = driver_now(d->driver);
    struct dr_origin origin = {0};
    struct envelope envelope;
    char *payload = NULL, why[DESK_WHY_SIZE] = "";
    size_t length = 0;
    int sender = -1;
    int r = envelope_verify(s, letter->topic, letter->payload, letter->length, now.utc_ms, &envelope, &sender, &payload,
                            &length, why, sizeof(why));
    if (r < 0) {
        dr_trays_forged(&d->trays, tray, now.mono_ms);
        desk_refuse(d, &NOBODY, "", why);
        return;
    }
    dr_trays_good(&d->trays, tray);
    text_copy(origin.sender, sizeof(origin.sender), s->dr.senders[sender].id);
    origin.proven = true;
    r = desk_sequence_judge(d, origin.sender, envelope.sequence, why, sizeof(why));
    if (r == 0 && (r = desk_sequence_use(d, origin.sender, envelope.sequence)) < 0)
        snprintf(why, sizeof(why), "%s", aems_error_text(r));
    if (r < 0)
        desk_refuse(d, &NOBODY, "", why); // a copy proves nothing of who sent it
    else
        judge_content(d, &origin, letter->heartbeat, payload, length);
    free(payload);
}

static void judge_letter(struct dr_desk *d, const struct dr_letter *letter, int tray)
{
    struct dr_origin origin = {0};
    if (!letter->local && envelope_is(letter->payload, letter->length)) {
        judge_signed(d, letter, tray);
        return;
    }
    if (letter->local) {
        text_copy(origin.sender, sizeof(origin.sender), DR_OPERATOR);
        origin.proven = true;
    }
    uint64_t before = d->counters.refused;
    judge_content(d, &origin, letter->heartbeat, letter->payload, letter->length);
    if (d->counters.refused == before) // what is refused costs no token: nobody signed it
        dr_trays_good(&d->trays, tray);
}

// A few milliseconds at a time: the loop has other things to do. While messages come in only one in each turn: the good
// one may be still on its way, and what was read can be put in order of its worth.
static void on_wake(void *user)
{
    struct dr_desk *d = user;
    uint64_t until = clock_mono_ms() + (d->arrived ? 0 : TURN_MS);
    int tray = 0;
    d->arrived = false;
    desk_act(d);
    while (d->pending.kind == PENDING_NOTHING) {
        struct dr_letter *letter = dr_trays_take(&d->trays, clock_mono_ms(), &tray);
        if (letter == NULL) {
            if (d->trays.count > 0) // out of tokens
                loop_timer_start(d->later, LATER_MS, 0);
            return;
        }
        judge_letter(d, letter, tray);
        free(letter);
        if (clock_mono_ms() >= until) {
            loop_wake(d->waker);
            return;
        }
    }
}

// From a thread of the store.
static void on_written(void *user)
{
    struct dr_desk *d = user;
    loop_wake(d->waker);
}

// ---- arrival --------------------------------------------------------------------------------------------------------

static int judge_envelope(const struct dr_desk *d, const char *topic, const struct mqtt_message *m, int *ret_sender,
                          char *ret_why, size_t size)
{
    const struct site *s = engine_site(d->driver->engine);
    struct envelope envelope;
    int r = envelope_judge(s, topic, m->payload, m->length, driver_now(d->driver).utc_ms, &envelope, ret_sender,
                           ret_why, size);
    return r < 0 ? r : desk_sequence_judge(d, s->dr.senders[*ret_sender].id, envelope.sequence, ret_why, size);
}

static bool is_object(const struct mqtt_message *m)
{
    static const char spaces[] = " \t\r\n";
    size_t from = 0, to = m->length;
    while (from < to && strchr(spaces, m->payload[from]) != NULL && m->payload[from] != '\0')
        from++;
    while (to > from && strchr(spaces, m->payload[to - 1]) != NULL && m->payload[to - 1] != '\0')
        to--;
    return to - from >= 2 && m->payload[from] == '{' && m->payload[to - 1] == '}';
}

// What can be said at little cost. `ret_sender` is the one it claims to be of, -1 nobody.
static int judge_shape(const struct dr_desk *d, const struct mqtt_message *m, int *ret_sender, char *ret_why,
                       size_t size)
{
    const struct site *s = engine_site(d->driver->engine);
    *ret_sender = -1;
    if (m->length > ENVELOPE_MAX_BYTES) {
        snprintf(ret_why, size, "%zu bytes: expected at most %d", m->length, ENVELOPE_MAX_BYTES);
        return AEMS_E_LIMIT;
    }
    if (envelope_is(m->payload, m->length))
        return judge_envelope(d, m->topic, m, ret_sender, ret_why, size);
    if (s->dr.is_signed) {
        snprintf(ret_why, size, "it is not signed, and this area takes signed messages only");
        return AEMS_E_REFUSED;
    }
    if (!is_object(m)) {
        snprintf(ret_why, size, "expected a JSON object, or a signed message");
        return AEMS_E_FORMAT;
    }
    return 0;
}

static void put_in_tray(struct dr_desk *d, int tray, struct dr_letter *letter)
{
    if (letter == NULL) {
        desk_refuse(d, &NOBODY, "", aems_error_text(AEMS_E_NOMEM));
        return;
    }
    d->arrived = true;
    struct dr_letter *out = dr_trays_put(&d->trays, tray, letter);
    if (out != NULL)
        desk_refuse(d, &NOBODY, "", "too many messages wait to be judged");
    free(out);
    loop_wake(d->waker);
}

void dr_desk_message(struct dr_desk *d, const struct mqtt_message *m)
{
    char why[DESK_WHY_SIZE] = "";
    int sender = -1;
    if (m->retained) {
        d->counters.retained++;
        return;
    }
    if (judge_shape(d, m, &sender, why, sizeof(why)) < 0) {
        desk_refuse(d, &NOBODY, "", why);
        return;
    }
    struct dr_letter *letter = dr_letter_new(m->topic, m->payload, m->length);
    if (letter != NULL)
        letter->heartbeat = !m->outside && strcmp(m->topic, "dr/heartbeat") == 0;
    put_in_tray(d, dr_tray_of(sender), letter);
}

int dr_desk_local(struct dr_desk *d, const char *payload, size_t length, char ret_id[static DR_ID_SIZE], char *ret_why,
                  size_t size)
{
    struct dr_origin origin = {.sender = DR_OPERATOR, .proven = true};
    struct instant now = driver_now(d->driver);
    struct openadr_message m = {0};
    ret_id[0] = '\0';
    if (!engine_site(d->driver->engine)->dr.enabled) {
        snprintf(ret_why, size, "demand_response.enabled is false: no event is listened to");
        return AEMS_E_STATE;
    }
    int r = openadr_read(engine_site(d->driver->engine), payload, length, now, 0, &m, ret_why, size);
    text_copy(ret_id, DR_ID_SIZE, m.id);
    if (r < 0)
        return r;
    follow_targets(d, &origin, &m);
    if (m.not_for_us) {
        snprintf(ret_why, size, "none of its targets is this area, a connection or a building of it");
        r = AEMS_E_REFUSED;
    } else {
        r = desk_judge(d, &origin, &m, now, ret_why, size);
    }
    openadr_message_free(&m);
    struct dr_letter *letter = r == 0 ? dr_letter_new("dr/event", payload, length) : NULL;
    if (letter == NULL)
        return r < 0 ? r : AEMS_E_NOMEM;
    letter->local = true;
    put_in_tray(d, DR_TRAY_LOCAL, letter);
    return 0;
}

// ---- the sender -----------------------------------------------------------------------------------------------------

static void tell_engine(struct dr_desk *d, enum dr_sender_event kind)
{
    struct event e = {.kind = EVENT_DR_SENDER, .at = driver_now(d->driver)};
    e.dr_sender.kind = kind;
    driver_consume(d->driver, &e);
}

void dr_desk_broker(struct dr_desk *d, bool connected)
{
    if (d->connected && !connected)
        d->away_mono_ms = clock_mono_ms();
    d->connected = connected;
    if (connected && d->lost) {
        d->lost = false;
        tell_engine(d, DR_SENDER_BACK);
    }
}

static void watch_sender(struct dr_desk *d, uint64_t now_mono_ms)
{
    const struct site *s = engine_site(d->driver->engine);
    if (!s->dr.enabled || !s->mqtt.enabled || d->connected || d->lost)
        return;
    if (now_mono_ms - d->away_mono_ms < (uint64_t)s->dr.lost_after_s * 1000)
        return;
    d->lost = true;
    tell_engine(d, DR_SENDER_LOST);
}

// ---- begin and end --------------------------------------------------------------------------------------------------

void dr_desk_tick(struct dr_desk *d)
{
    uint64_t now_mono_ms = clock_mono_ms();
    desk_tell_tick(d, now_mono_ms);
    desk_act(d); // a disk that hangs wakes nobody
    watch_sender(d, now_mono_ms);
    if (d->trays.count > 0)
        loop_wake(d->waker);
}

void dr_desk_changed(struct dr_desk *d)
{
    desk_drop_pending(d, "the configuration was changed meanwhile; send it again");
}

void dr_desk_counters(const struct dr_desk *d, struct dr_desk_counters *ret_counters)
{
    *ret_counters = d->counters;
    ret_counters->waiting = d->trays.count;
}

int dr_desk_new(struct loop *loop, struct driver *driver, dr_clock_fn *is_synchronised, void *user,
                struct dr_desk **ret_desk)
{
    struct dr_desk *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return AEMS_E_NOMEM;
    *d = (struct dr_desk){.loop = loop,
                          .driver = driver,
                          .is_synchronised = is_synchronised != NULL ? is_synchronised : system_clock_is_synchronised,
                          .user = user,
                          .away_mono_ms = clock_mono_ms()};
    dr_trays_start(&d->trays);
    int r = loop_waker_new(loop, on_wake, d, &d->waker);
    if (r == 0)
        r = loop_timer_new(loop, on_wake, d, &d->later);
    if (r < 0) {
        dr_desk_free(d);
        return r;
    }
    store_on_written(driver->store, on_written, d);
    *ret_desk = d;
    return 0;
}

void dr_desk_free(struct dr_desk *d)
{
    if (d == NULL)
        return;
    if (d->driver->store != NULL)
        store_on_written(d->driver->store, NULL, NULL);
    desk_drop_pending(d, "the controller is being stopped; send it again");
    dr_trays_clear(&d->trays);
    loop_timer_free(d->later);
    loop_waker_free(d->waker);
    free(d->sequences);
    free(d);
}
