// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/forecast.h"
#include "replay/record_internal.h"
#include "replay/record_unpack.h"

struct record_reader {
    struct unpacker *unpacker;
    struct record_state state;
    struct bytes_in in; // of the present chunk
    struct record_entry entry;
    enum record_ending ending;
    size_t good_bytes; // of the file, up to the last entry that could be read
    bool begun, over, no_memory;

    // what entries lend
    char *configuration, *text;
    struct engine_device *devices;
    struct reading readings[RECORD_MAX_READINGS];
    struct forecast_weather weather[FORECAST_MAX_WEATHER];
    struct site_price_point *points;
    struct schedule *schedule;
    struct dr_event *dr_event;
    char dr_id[DR_ID_SIZE], dr_sender[SITE_ID_MAX];
};

int record_reader_new(const void *data, size_t length, struct record_reader **ret_reader)
{
    struct record_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return AEMS_E_NOMEM;
    r->in = bytes_in_of(NULL, 0);
    int code = unpacker_new(data, length, &r->unpacker);
    if (code < 0) {
        free(r);
        return code;
    }
    *ret_reader = r;
    return 0;
}

static void free_lent(struct record_reader *r)
{
    if (r->entry.kind == RECORD_EVENT && r->entry.event.event.kind == EVENT_PLAN && r->schedule != NULL)
        schedule_free(r->entry.event.event.plan.schedule); // nobody took it
    if (r->entry.kind == RECORD_EVENT && r->entry.event.event.kind == EVENT_DR && r->dr_event != NULL)
        dr_event_free(r->entry.event.event.dr.event);
    r->schedule = NULL;
    r->dr_event = NULL;
    free(r->text);
    free(r->points);
    r->text = NULL;
    r->points = NULL;
}

void record_reader_free(struct record_reader *r)
{
    if (r == NULL)
        return;
    free_lent(r);
    free(r->configuration);
    free(r->devices);
    record_state_free(&r->state);
    unpacker_free(r->unpacker);
    free(r);
}

// ---- pieces -------------------------------------------------------------------------------------------------------

// A copy with a NUL at its end.
static char *take_text(struct record_reader *r, size_t limit)
{
    size_t length = 0;
    const char *text = bytes_take_text(&r->in, limit, &length);
    char *copy = text != NULL ? strndup(text, length) : NULL;
    r->no_memory |= text != NULL && copy == NULL;
    return copy;
}

static struct instant take_instant(struct record_reader *r)
{
    struct record_state *s = &r->state;
    uint64_t first = bytes_take_unsigned(&r->in);
    uint64_t mono_ms = s->last.mono_ms + (uint64_t)bytes_unzigzag(first >> 1);
    uint64_t utc_ms = (uint64_t)record_expected_utc_ms(s, mono_ms);
    if ((first & 1) != 0)
        utc_ms += (uint64_t)bytes_take_varint(&r->in);
    s->last = (struct instant){(int64_t)utc_ms, mono_ms};
    return s->last;
}

static int take_int(struct record_reader *r, int low, int high)
{
    int64_t value = bytes_take_varint(&r->in);
    r->in.failed |= value < low || value > high;
    return r->in.failed ? low : (int)value;
}

static int take_kind(struct record_reader *r, int count)
{
    uint8_t kind = bytes_take_byte(&r->in);
    r->in.failed |= kind >= count;
    return r->in.failed ? 0 : kind;
}

static struct record_device *take_device(struct record_reader *r, uint64_t number)
{
    r->in.failed |= number >= r->state.n_devices;
    return r->in.failed ? NULL : &r->state.devices[number];
}

// ---- the beginning ------------------------------------------------------------------------------------------------

static void take_devices(struct record_reader *r)
{
    uint64_t n = bytes_take_unsigned(&r->in);
    r->in.failed |= n > SITE_MAX_DEVICES;
    if (r->in.failed)
        return;
    record_state_free(&r->state);
    free(r->devices);
    r->devices = calloc((size_t)n + 1, sizeof *r->devices);
    if (record_state_init(&r->state, (size_t)n) < 0 || r->devices == NULL) {
        r->no_memory = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        r->devices[i].kind = (enum profile_kind)take_kind(r, PROFILE_KIND_COUNT);
        uint8_t flags = bytes_take_byte(&r->in);
        r->devices[i].can_write = (flags & 1) != 0;
        r->devices[i].device_reverts = (flags & 2) != 0;
        r->devices[i].refresh_ms = take_int(r, 0, INT32_MAX);
    }
}

static void take_begin(struct record_reader *r)
{
    struct record_begin head = {0};
    r->in.failed |= bytes_take_unsigned(&r->in) != RECORD_FORMAT;
    bytes_take_chars(&r->in, head.program, sizeof head.program);
    bytes_take_chars(&r->in, head.area, sizeof head.area);
    head.at.utc_ms = bytes_take_varint(&r->in);
    head.at.mono_ms = bytes_take_unsigned(&r->in);
    head.speed = bytes_take_double(&r->in);
    head.cause = (enum record_cause)take_kind(r, RECORD_CAUSE_COUNT);
    free(r->configuration);
    r->configuration = take_text(r, RECORD_MAX_TEXT);
    if (r->configuration != NULL)
        head.digest = record_digest(r->configuration, strlen(r->configuration));
    take_devices(r);
    r->state.last = head.at;
    r->state.speed = head.speed;
    r->begun = true;
    r->entry.kind = RECORD_BEGIN;
    r->entry.begin.head = head;
    r->entry.begin.configuration = r->configuration;
    r->entry.begin.devices = r->devices;
    r->entry.begin.n_devices = r->state.n_devices;
}

static void take_memory(struct record_reader *r)
{
    uint64_t length = bytes_take_unsigned(&r->in);
    r->in.failed |= length > RECORD_CHUNK_MAX;
    r->entry.kind = RECORD_MEMORY;
    r->entry.memory.image = bytes_take(&r->in, r->in.failed ? 0 : (size_t)length);
    r->entry.memory.length = (size_t)length;
}

// ---- events -------------------------------------------------------------------------------------------------------

static void take_layout(struct record_reader *r, struct record_device *d)
{
    uint64_t n = bytes_take_unsigned(&r->in);
    r->in.failed |= n > RECORD_MAX_READINGS;
    const uint8_t *layout = bytes_take(&r->in, r->in.failed ? 0 : (size_t)n);
    if (layout != NULL)
        r->no_memory |= record_set_layout(d, layout, (size_t)n) < 0;
}

static void take_readings(struct record_reader *r, struct event *e)
{
    uint64_t first = bytes_take_unsigned(&r->in);
    struct record_device *d = take_device(r, first >> 1);
    if (d != NULL && (first & 1) != 0)
        take_layout(r, d);
    if (d == NULL || r->in.failed || r->no_memory)
        return;
    for (size_t i = 0; i < d->n; i++) {
        struct reading *reading = &r->readings[i];
        r->in.failed |= d->layout[i] >= QUANTITY_COUNT * 4;
        reading->quantity = (enum quantity)(r->in.failed ? 0 : d->layout[i] / 4);
        reading->status = (enum reading_status)(d->layout[i] % 4);
        reading->value = record_take_number(&r->in, &d->values[i]);
    }
    e->readings.device = (int)(first >> 1);
    e->readings.readings = r->readings;
    e->readings.count = d->n;
}

static void take_result(struct record_reader *r, struct event *e)
{
    int device = take_int(r, INT32_MIN, INT32_MAX);
    uint8_t how = bytes_take_byte(&r->in);
    bool known = device >= 0 && (size_t)device < r->state.n_devices;
    r->in.failed |= (how & RESULT_AS_WRITTEN) != 0 && !known;
    if (r->in.failed)
        return;
    double power_w = (how & RESULT_AS_WRITTEN) != 0 ? r->state.devices[device].written_w : bytes_take_double(&r->in);
    double read_w = 0;
    if ((how & RESULT_READ_AS_ASKED) != 0)
        read_w = power_w;
    else if ((how & RESULT_READ_NOTHING) == 0)
        read_w = bytes_take_double(&r->in);
    e->write_result.device = device;
    e->write_result.status = (enum write_status)(how & RESULT_STATUS);
    e->write_result.power_w = power_w;
    e->write_result.readback_w = read_w;
}

static void take_schedule(struct record_reader *r, struct event *e)
{
    size_t length = 0;
    const char *text = bytes_take_text(&r->in, RECORD_MAX_TEXT, &length);
    e->plan.schedule = NULL;
    if (text == NULL)
        return;
    int code = schedule_from_json(text, length, &r->schedule);
    r->no_memory |= code == AEMS_E_NOMEM;
    r->in.failed |= code < 0;
    e->plan.schedule = code == 0 ? r->schedule : NULL;
}

static const char *take_why(struct record_reader *r)
{
    r->text = take_text(r, RECORD_MAX_WHY);
    return r->text != NULL ? r->text : "";
}

static void take_command(struct record_reader *r, struct event *e)
{
    e->command.kind = (enum command_kind)take_kind(r, COMMAND_REPLAN + 1);
    e->command.asset = take_int(r, INT32_MIN, INT32_MAX);
    e->command.power_w = bytes_take_double(&r->in);
    e->command.valid_until_utc_ms = bytes_take_varint(&r->in);
}

static void take_session(struct record_reader *r, struct session_wish *s)
{
    s->asset = take_int(r, INT32_MIN, INT32_MAX);
    s->until_utc_ms = bytes_take_varint(&r->in);
    s->wanted_wh = bytes_take_double(&r->in);
    s->capacity_wh = bytes_take_double(&r->in);
    s->energy_wh = bytes_take_double(&r->in);
}

static void take_limit(struct record_reader *r, struct grid_limit *l)
{
    bytes_take_chars(&r->in, l->id, sizeof l->id);
    l->grid = take_int(r, INT32_MIN, INT32_MAX);
    l->from_utc_ms = bytes_take_varint(&r->in);
    l->until_utc_ms = bytes_take_varint(&r->in);
    l->import_limit_w = bytes_take_double(&r->in);
    l->export_limit_w = bytes_take_double(&r->in);
    l->incentive_per_kwh = bytes_take_double(&r->in);
    l->baseline_w = bytes_take_double(&r->in);
}

static void take_prices(struct record_reader *r, struct event *e)
{
    int tariff = take_int(r, INT32_MIN, INT32_MAX);
    uint64_t count = bytes_take_unsigned(&r->in);
    r->in.failed |= count > SITE_MAX_PRICES;
    if (r->in.failed)
        return;
    r->points = calloc((size_t)count + 1, sizeof *r->points);
    r->no_memory |= r->points == NULL;
    for (size_t i = 0; r->points != NULL && i < count; i++) {
        struct site_price_point *p = &r->points[i];
        p->from_utc_ms = bytes_take_varint(&r->in);
        p->import_price_per_kwh = bytes_take_double(&r->in);
        p->export_price_per_kwh = bytes_take_double(&r->in);
        p->co2_g_per_kwh = bytes_take_double(&r->in);
        uint8_t lacks = bytes_take_byte(&r->in);
        p->lacks_import = (lacks & PRICE_LACKS_IMPORT) != 0;
        p->lacks_export = (lacks & PRICE_LACKS_EXPORT) != 0;
    }
    e->prices.tariff = tariff;
    e->prices.points = r->points;
    e->prices.count = (size_t)count;
}

static void take_weather(struct record_reader *r, struct event *e)
{
    uint64_t count = bytes_take_unsigned(&r->in);
    r->in.failed |= count > FORECAST_MAX_WEATHER;
    for (size_t i = 0; i < count && !r->in.failed; i++) {
        struct forecast_weather *p = &r->weather[i];
        p->from_utc_ms = bytes_take_varint(&r->in);
        p->outside_degc = bytes_take_double(&r->in);
        p->irradiance_wm2 = bytes_take_double(&r->in);
        p->cloud_frac = bytes_take_double(&r->in);
    }
    e->weather.points = r->weather;
    e->weather.count = (size_t)count;
}

static void take_reply(struct record_reader *r, struct building_reply *reply)
{
    reply->building = take_int(r, INT32_MIN, INT32_MAX);
    reply->accepts = bytes_take_byte(&r->in) != 0;
    bytes_take_chars(&r->in, reply->event, sizeof reply->event);
    reply->until_utc_ms = bytes_take_varint(&r->in);
    uint64_t n = bytes_take_unsigned(&r->in);
    r->in.failed |= n > SITE_MAX_OFFERS;
    for (uint64_t i = 0; i < n && !r->in.failed; i++) {
        reply->offers[i].tier = (enum load_tier)bytes_take_byte(&r->in);
        reply->offers[i].power_w = bytes_take_double(&r->in);
        reply->offers[i].price_per_kwh = bytes_take_double(&r->in);
        reply->offers[i].max_duration_s = take_int(r, INT32_MIN, INT32_MAX);
    }
    reply->n_offers = r->in.failed ? 0 : (size_t)n;
}

static void take_word(struct record_reader *r, struct outage_word *w)
{
    w->kind = (enum outage_word_kind)take_int(r, INT32_MIN, INT32_MAX);
    bytes_take_chars(&r->in, w->id, sizeof w->id);
    w->island = take_int(r, INT32_MIN, INT32_MAX);
    w->state = (enum island_state)take_int(r, INT32_MIN, INT32_MAX);
    w->from_utc_ms = bytes_take_varint(&r->in);
    w->until_utc_ms = bytes_take_varint(&r->in);
    bytes_take_chars(&r->in, w->why, sizeof w->why);
    bytes_take_chars(&r->in, w->who, sizeof w->who);
}

static void take_dr_event(struct record_reader *r, struct event *e)
{
    static const struct site no_site;
    size_t length = 0;
    e->dr.event = NULL;
    if (bytes_take_byte(&r->in) == 0)
        return;
    int grid = take_int(r, INT32_MIN, INT32_MAX);
    const char *text = bytes_take_text(&r->in, RECORD_MAX_TEXT, &length);
    if (text == NULL || length == 0)
        return;
    int code = dr_event_from_json(text, length, &no_site, &r->dr_event);
    r->no_memory |= code == AEMS_E_NOMEM;
    r->in.failed |= code < 0;
    if (code < 0)
        return;
    r->dr_event->grid = grid;
    e->dr.event = r->dr_event;
}

static void take_dr(struct record_reader *r, struct event *e)
{
    e->dr.operation = (enum dr_operation)take_kind(r, DR_WITHDRAW + 1);
    if (e->dr.operation == DR_PUT) {
        take_dr_event(r, e);
        return;
    }
    bytes_take_chars(&r->in, r->dr_id, sizeof r->dr_id);
    bytes_take_chars(&r->in, r->dr_sender, sizeof r->dr_sender);
    e->dr.id = r->dr_id;
    e->dr.sender = r->dr_sender;
}

static void take_content(struct record_reader *r, struct event *e)
{
    switch (e->kind) {
    case EVENT_TICK:
    case EVENT_SURVEY:
        break;
    case EVENT_OUTAGE:
        take_word(r, &e->outage);
        break;
    case EVENT_READINGS:
        take_readings(r, e);
        break;
    case EVENT_DEVICE_DOWN:
        e->device_down.device = take_int(r, INT32_MIN, INT32_MAX);
        e->device_down.why = take_why(r);
        break;
    case EVENT_WRITE_RESULT:
        take_result(r, e);
        break;
    case EVENT_PLAN:
        take_schedule(r, e);
        break;
    case EVENT_PLAN_FAILED:
        e->plan_failed.why = take_why(r);
        break;
    case EVENT_COMMAND:
        take_command(r, e);
        break;
    case EVENT_SESSION:
        take_session(r, &e->session);
        break;
    case EVENT_LIMIT:
        take_limit(r, &e->limit);
        break;
    case EVENT_PRICES:
        take_prices(r, e);
        break;
    case EVENT_WEATHER:
        take_weather(r, e);
        break;
    case EVENT_DR:
        take_dr(r, e);
        break;
    case EVENT_DR_SENDER:
        e->dr_sender.kind = (enum dr_sender_event)take_kind(r, DR_SENDER_BACK + 1);
        break;
    case EVENT_REPLY:
        take_reply(r, &e->reply);
        break;
    case EVENT_GRID:
        e->grid.grid = take_int(r, INT32_MIN, INT32_MAX);
        e->grid.available = bytes_take_byte(&r->in) != 0;
        break;
    }
}

static void take_event(struct record_reader *r, uint8_t tag)
{
    struct event e = {.kind = (enum event_kind)((tag & TAG_KIND) - TAG_EVENT)};
    r->in.failed |= e.kind > EVENT_OUTAGE;
    if (r->in.failed)
        return;
    e.at = take_instant(r);
    take_content(r, &e);
    r->entry.kind = RECORD_EVENT;
    r->entry.event.event = e;
    r->entry.event.quiet = (tag & TAG_FLAG_QUIET) != 0;
    r->entry.event.code = (tag & TAG_FLAG_CODE) != 0 ? take_int(r, INT32_MIN, 0) : 0;
}

// ---- what was decided ---------------------------------------------------------------------------------------------

static void take_write(struct record_reader *r, struct action *a)
{
    uint64_t first = bytes_take_unsigned(&r->in);
    struct record_device *d = take_device(r, first >> 1);
    a->kind = ACTION_WRITE;
    if (d == NULL)
        return;
    if ((first & 1) == 0)
        d->written_w = bytes_take_double(&r->in);
    int64_t lease_ms = (int64_t)((uint64_t)d->lease_ms + (uint64_t)bytes_take_varint(&r->in));
    r->in.failed |= lease_ms < INT32_MIN || lease_ms > INT32_MAX;
    d->lease_ms = r->in.failed ? 0 : (int)lease_ms;
    a->write.device = (int)(first >> 1);
    a->write.power_w = d->written_w;
    a->write.lease_ms = d->lease_ms;
}

static void take_action(struct record_reader *r, uint8_t tag)
{
    struct action a = {0};
    r->entry.kind = RECORD_ACTION;
    r->entry.action.now = take_instant(r);
    r->entry.action.silent = (size_t)bytes_take_unsigned(&r->in);
    r->entry.action.digest = 0;
    if (tag == TAG_WRITE) {
        take_write(r, &a);
    } else if (tag == TAG_RELEASE) {
        a.kind = ACTION_RELEASE;
        a.release.device = take_int(r, 0, SITE_MAX_DEVICES);
    } else if (tag == TAG_SOLVE) {
        a.kind = ACTION_SOLVE;
        r->entry.action.digest = bytes_take_u64(&r->in);
    } else {
        a.kind = ACTION_ALARM;
        bytes_take_chars(&r->in, a.alarm.id, sizeof a.alarm.id);
        a.alarm.active = bytes_take_byte(&r->in) != 0;
    }
    r->entry.action.action = a;
}

static void take_drained(struct record_reader *r, bool complete)
{
    r->entry.kind = RECORD_DRAINED;
    r->entry.drained.now = take_instant(r);
    r->entry.drained.silent = (size_t)bytes_take_unsigned(&r->in);
    r->entry.drained.complete = complete;
}

// ---- entries ------------------------------------------------------------------------------------------------------

static void take_entry(struct record_reader *r)
{
    uint8_t tag = bytes_take_byte(&r->in), kind = tag & TAG_KIND;
    r->entry = (struct record_entry){0};
    if (kind == TAG_BEGIN)
        take_begin(r);
    else if (!r->begun)
        r->in.failed = true;
    else if (kind == TAG_MEMORY)
        take_memory(r);
    else if (kind >= TAG_EVENT)
        take_event(r, tag);
    else if (kind >= TAG_WRITE && kind <= TAG_ALARM)
        take_action(r, kind);
    else if (kind == TAG_DRAINED)
        take_drained(r, (tag & TAG_FLAG_CODE) == 0);
    else if (kind == TAG_END)
        r->entry.kind = RECORD_END;
    else
        r->in.failed = true;
}

static int end(struct record_reader *r, enum record_ending ending)
{
    r->over = true;
    r->ending = ending;
    return 0;
}

// True when there are bytes to take an entry from.
static bool next_chunk(struct record_reader *r)
{
    const uint8_t *raw;
    size_t length;
    while (r->in.at == r->in.end) {
        r->good_bytes = unpacker_position(r->unpacker);
        enum unpacked found = unpacker_next(r->unpacker, &raw, &length);
        if (found != UNPACKED_CHUNK) {
            r->no_memory |= found == UNPACKED_NO_MEMORY;
            end(r, found == UNPACKED_END ? RECORD_OPEN : found == UNPACKED_CUT ? RECORD_CUT : RECORD_DAMAGED);
            return false;
        }
        r->in = bytes_in_of(raw, length);
    }
    return true;
}

int record_next(struct record_reader *r, struct record_entry **ret_entry)
{
    free_lent(r);
    r->entry = (struct record_entry){0};
    if (r->over || !next_chunk(r))
        return r->no_memory ? AEMS_E_NOMEM : 0;
    take_entry(r);
    if (r->no_memory)
        return AEMS_E_NOMEM;
    if (r->in.failed)
        return end(r, RECORD_DAMAGED);
    if (r->entry.kind == RECORD_END) {
        r->good_bytes = unpacker_position(r->unpacker);
        return end(r, RECORD_WHOLE);
    }
    *ret_entry = &r->entry;
    return 1;
}

enum record_ending record_ending(const struct record_reader *r, size_t *ret_bytes)
{
    *ret_bytes = r->good_bytes;
    return r->ending;
}
