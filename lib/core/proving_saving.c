// SPDX-License-Identifier: GPL-3.0-or-later
// Meters and events that wait for their settlement: over a restart, into a new configuration, and into a record.
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "base/text.h"
#include "core/internal.h"
#include "core/proving.h"

static const int64_t DAY_MS = INT64_C(86400000);
static const int64_t SANE_UTC_MS = INT64_C(1704067200000);
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

// Beside the names of buildings and connections, which may be the same.
static void name_party(const struct site *s, size_t party, char *ret, size_t size)
{
    const char *id = party_id(s, (int)party);
    if (party == 0)
        snprintf(ret, size, "area");
    else
        snprintf(ret, size, "%s/%s", party <= s->n_buildings ? "building" : "grid", id);
}

static int party_by_name(const struct site *s, const char *name)
{
    char other[SITE_ID_MAX + 16];
    for (size_t i = 0; i < proving_n_parties(s); i++) {
        name_party(s, i, other, sizeof other);
        if (strcmp(name, other) == 0)
            return (int)i;
    }
    return -1;
}

// ---- out ------------------------------------------------------------------------------------------------------------

// Index: the party, for the present day; that and the number of parties, for the day before.
static int saved_meter(const struct engine *e, int index, struct saved *item)
{
    size_t n = e->proving->n_parties, party = (size_t)index % n;
    if (index < 0 || (size_t)index >= 2 * n)
        return AEMS_E_NOT_FOUND;
    const struct meter *m = &e->proving->parties[party].meter;
    int64_t day = local_day_start_ms(m->last_utc_ms);
    if ((size_t)index >= n)
        day = local_day_start_ms(day - DAY_MS / 2);
    char name[SITE_ID_MAX + 16], date[METER_DATE_SIZE];
    name_party(e->site, party, name, sizeof name);
    meter_date(day, date);
    snprintf(item->id, sizeof item->id, "%s.%s", name, date);
    return m->last_utc_ms != 0 ? meter_day_to_json(m, day, &item->json) : AEMS_E_NOT_FOUND;
}

static char *pack_ended(const struct engine *e, const struct ended_event *o)
{
    char *event = NULL;
    if (dr_event_to_json(o->event, e->site, &event) < 0)
        return NULL;
    json_t *inner = json_loads(event, 0, NULL);
    json_t *json = json_pack("{s:o, s:I, s:b}", "event", inner, "until_ms", (json_int_t)o->until_utc_ms, "cancelled",
                             (int)o->cancelled);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    free(event);
    return text;
}

static int saved_ended(const struct engine *e, int index, struct saved *item)
{
    if (index < 0 || index >= DR_MAX_EVENTS)
        return AEMS_E_NOT_FOUND;
    const struct ended_event *o = &e->proving->ended[index];
    snprintf(item->id, sizeof item->id, "%d", index);
    if (o->event == NULL)
        return 0; // settled: to be deleted
    item->json = pack_ended(e, o);
    return item->json != NULL ? 0 : AEMS_E_NOMEM;
}

int proving_saved(const struct engine *e, enum saved_kind kind, int index, struct saved *ret_saved)
{
    struct saved item = {.kind = kind};
    int result = kind == SAVED_METER ? saved_meter(e, index, &item) : saved_ended(e, index, &item);
    if (result == 0)
        *ret_saved = item;
    return result;
}

// ---- and back -------------------------------------------------------------------------------------------------------

// A day of the future was counted by a clock that was wrong.
static bool is_of_future(const char *date, int64_t now_utc_ms)
{
    char tomorrow[METER_DATE_SIZE];
    meter_date(now_utc_ms + DAY_MS, tomorrow);
    return now_utc_ms >= SANE_UTC_MS && strcmp(date, tomorrow) > 0;
}

static int restore_meter(struct engine *e, const struct saved *item, struct instant now)
{
    char name[SITE_ID_MAX + 16];
    const char *dot = strrchr(item->id, '.');
    size_t length = dot != NULL ? (size_t)(dot - item->id) : sizeof name;
    if (length >= sizeof name)
        return AEMS_E_FORMAT;
    memcpy(name, item->id, length);
    name[length] = '\0';
    int party = party_by_name(e->site, name);
    if (party < 0)
        return AEMS_E_NOT_FOUND;
    if (is_of_future(dot + 1, now.utc_ms))
        return 0;
    return meter_day_from_json(&e->proving->parties[party].meter, item->json, strlen(item->json));
}

static int read_ended(const struct site *s, const char *text, struct ended_event *ret)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *event;
    json_int_t until;
    int cancelled, result = AEMS_E_FORMAT;
    if (json_unpack(json, "{s:o, s:I, s:b!}", "event", &event, "until_ms", &until, "cancelled", &cancelled) == 0 &&
        until >= 0 && until <= LATEST_MS) {
        char *inner = json_dumps(event, JSON_COMPACT);
        *ret = (struct ended_event){.until_utc_ms = until, .cancelled = cancelled != 0};
        result = inner != NULL ? dr_event_from_json(inner, strlen(inner), s, &ret->event) : AEMS_E_NOMEM;
        free(inner);
    }
    json_decref(json);
    return result;
}

static int restore_ended(struct engine *e, const struct saved *item)
{
    struct ended_event ended;
    for (int i = 0; i < DR_MAX_EVENTS; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        struct ended_event *place = &e->proving->ended[i];
        if (strcmp(id, item->id) != 0)
            continue;
        int result = read_ended(e->site, item->json, &ended);
        if (result < 0)
            return result;
        dr_event_free(place->event);
        *place = ended;
        return 0;
    }
    return AEMS_E_NOT_FOUND;
}

int proving_restore(struct engine *e, const struct saved *item, struct instant now)
{
    return item->kind == SAVED_METER ? restore_meter(e, item, now) : restore_ended(e, item);
}

// ---- a new configuration --------------------------------------------------------------------------------------------

static void adopt_meter(struct meter *m, const struct meter *former)
{
    memcpy(m->slots, former->slots, METER_SLOTS * sizeof *m->slots);
    m->last_utc_ms = former->last_utc_ms;
    m->open = former->open;
}

// By way of its text: a connection goes by its name.
static void adopt_ended(struct engine *e, const struct engine *former, int index)
{
    const struct ended_event *o = &former->proving->ended[index];
    struct ended_event mine;
    char *text = o->event != NULL ? pack_ended(former, o) : NULL;
    if (text != NULL && read_ended(e->site, text, &mine) == 0)
        e->proving->ended[index] = mine;
    free(text);
}

void proving_adopt(struct engine *e, const struct engine *former)
{
    char name[SITE_ID_MAX + 16];
    for (size_t i = 0; i < former->proving->n_parties; i++) {
        name_party(former->site, i, name, sizeof name);
        int mine = party_by_name(e->site, name);
        if (mine < 0)
            continue;
        adopt_meter(&e->proving->parties[mine].meter, &former->proving->parties[i].meter);
        e->proving->parties[mine].slot_utc_ms = former->proving->parties[i].slot_utc_ms;
    }
    for (int i = 0; i < DR_MAX_EVENTS; i++)
        adopt_ended(e, former, i);
}

// ---- a record -------------------------------------------------------------------------------------------------------

static void image_float(struct image *m, float *value)
{
    double wide = (double)*value;
    image_double(m, &wide);
    *value = (float)wide;
}

KNOWS(struct meter_slot, 24);
static void image_slot(struct image *m, struct meter_slot *s)
{
    bool marked = s->event;
    image_float(m, &s->mean_w);
    image_float(m, &s->measured);
    image_bool(m, &marked);
    s->event = marked;
    if (!marked)
        return;
    image_float(m, &s->during_w);
    image_float(m, &s->during);
    image_float(m, &s->asked_w);
}

// Those that hold anything, each after its number and one more; 0 ends them.
static void write_slots(struct image *m, struct meter *meter)
{
    uint64_t end = 0;
    for (uint64_t i = 0; i < METER_SLOTS; i++) {
        struct meter_slot *s = &meter->slots[i];
        uint64_t number = i + 1;
        if (s->measured <= 0 && s->asked_w <= 0 && !s->event)
            continue;
        image_unsigned(m, &number);
        image_slot(m, s);
    }
    image_unsigned(m, &end);
}

static bool is_sound(const struct meter *m)
{
    for (size_t i = 0; i < METER_SLOTS; i++) {
        const struct meter_slot *s = &m->slots[i];
        if (!isfinite(s->mean_w) || !isfinite(s->during_w) || !isfinite(s->asked_w) ||
            !in_range((double)s->measured, 0, 1) || !in_range((double)s->during, 0, 1))
            return false;
    }
    return m->last_utc_ms >= 0 && m->last_utc_ms <= LATEST_MS && meter_slot_start(m->last_utc_ms) == m->last_utc_ms &&
           isfinite(m->open.ms + m->open.wh + m->open.during_ms + m->open.during_wh + m->open.asked_wh);
}

static void read_slots(struct image *m, struct meter *meter)
{
    uint64_t number = 0;
    for (image_unsigned(m, &number); number > 0 && number <= METER_SLOTS; image_unsigned(m, &number))
        image_slot(m, &meter->slots[number - 1]);
    if (number == 0 && is_sound(meter))
        return;
    m->in->failed = true;
    memset(meter->slots, 0, METER_SLOTS * sizeof *meter->slots);
    meter->last_utc_ms = 0;
}

KNOWS(struct meter, 56);
static void image_meter(struct image *m, struct meter *meter)
{
    image_signed(m, &meter->last_utc_ms);
    image_double(m, &meter->open.ms);
    image_double(m, &meter->open.wh);
    image_double(m, &meter->open.during_ms);
    image_double(m, &meter->open.during_wh);
    image_double(m, &meter->open.asked_wh);
    if (m->out != NULL)
        write_slots(m, meter);
    else
        read_slots(m, meter);
}

KNOWS(struct party, 88);
static void image_party(struct image *m, struct party *p)
{
    image_meter(m, &p->meter); // tick_wh is made anew in each tick
    image_double(m, &p->last_wh);
    image_bool(m, &p->continued);
    image_signed(m, &p->slot_utc_ms);
}

static void write_ended(struct image *m, const struct engine *e, const struct ended_event *o)
{
    char *text = o->event != NULL ? pack_ended(e, o) : NULL;
    m->out->failed |= o->event != NULL && text == NULL;
    bytes_put_text(m->out, text != NULL ? text : "");
    free(text);
}

static void read_one_ended(struct image *m, struct engine *e, struct ended_event *o)
{
    enum { LONGEST = 1 << 20 };
    size_t length = 0;
    const char *text = bytes_take_text(m->in, LONGEST, &length);
    char *copy = text != NULL && length > 0 ? strndup(text, length) : NULL;
    if (copy != NULL) {
        struct ended_event ended;
        if (read_ended(e->site, copy, &ended) < 0) {
            m->in->failed = true;
        } else {
            dr_event_free(o->event);
            *o = ended;
        }
    }
    free(copy);
}

// What was settled so far is worked out again: from the meters, which have not changed since.
KNOWS(struct settling, 24);
static void image_settling(struct image *m, struct settling *s)
{
    int64_t number = s->number;
    uint64_t looked_at = s->looked_at;
    image_signed(m, &number);
    image_unsigned(m, &looked_at);
    if (m->out != NULL)
        return;
    m->in->failed |= number < -1 || number >= DR_MAX_EVENTS;
    *s = (struct settling){.number = m->in->failed ? -1 : (int)number, .looked_at = (size_t)looked_at};
}

KNOWS(struct ended_event, 24);
void image_proving(struct image *m, struct engine *e)
{
    for (size_t i = 0; i < e->proving->n_parties; i++)
        image_party(m, &e->proving->parties[i]);
    for (size_t i = 0; i < DR_MAX_EVENTS; i++) {
        if (m->out != NULL)
            write_ended(m, e, &e->proving->ended[i]);
        else
            read_one_ended(m, e, &e->proving->ended[i]);
    }
    image_settling(m, &e->proving->settling);
}
