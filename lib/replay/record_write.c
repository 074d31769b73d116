// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/forecast.h"
#include "replay/record_internal.h"

struct record_writer {
    struct record_state state;
    struct bytes out;
    bool at_event;    // the last entry is an event, of which ...
    size_t event_tag; // ... the tag stands here, nothing was taken away since
    size_t silent;    // actions since the last that was kept, in this drain
    bool spoke;       // one was kept in this drain
};

int record_writer_new(const struct site *site, struct record_writer **ret_writer)
{
    struct record_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return AEMS_E_NOMEM;
    if (record_state_init(&w->state, site->n_devices) < 0) {
        free(w);
        return AEMS_E_NOMEM;
    }
    *ret_writer = w;
    return 0;
}

void record_writer_free(struct record_writer *w)
{
    if (w == NULL)
        return;
    record_state_free(&w->state);
    bytes_free(&w->out);
    free(w);
}

struct bytes *record_written(struct record_writer *w)
{
    return &w->out;
}

// ---- the beginning ------------------------------------------------------------------------------------------------

static void put_head(struct record_writer *w, const struct record_begin *h, const char *configuration)
{
    struct bytes *b = &w->out;
    bytes_put_byte(b, TAG_BEGIN);
    bytes_put_unsigned(b, RECORD_FORMAT);
    bytes_put_text(b, h->program);
    bytes_put_text(b, h->area);
    bytes_put_varint(b, h->at.utc_ms);
    bytes_put_unsigned(b, h->at.mono_ms);
    bytes_put_double(b, h->speed);
    bytes_put_byte(b, (uint8_t)h->cause);
    bytes_put_text(b, configuration);
    w->state.last = h->at;
    w->state.speed = h->speed;
}

static void put_devices(struct record_writer *w, const struct engine_device *devices)
{
    struct bytes *b = &w->out;
    bytes_put_unsigned(b, w->state.n_devices);
    for (size_t i = 0; i < w->state.n_devices; i++) {
        bytes_put_byte(b, (uint8_t)devices[i].kind);
        bytes_put_byte(b, (uint8_t)(devices[i].can_write | devices[i].device_reverts << 1));
        bytes_put_varint(b, devices[i].refresh_ms);
    }
}

int record_begin(struct record_writer *w, const struct record_begin *begin, const char *configuration,
                 const struct engine_device *devices, const struct engine *engine)
{
    struct bytes image = {0};
    put_head(w, begin, configuration);
    put_devices(w, devices);
    if (engine_image(engine, &image) < 0)
        w->out.failed = true;
    bytes_put_byte(&w->out, TAG_MEMORY);
    bytes_put_unsigned(&w->out, image.length);
    bytes_put(&w->out, image.data, image.length);
    bytes_free(&image);
    return w->out.failed ? AEMS_E_NOMEM : 0;
}

// ---- events -------------------------------------------------------------------------------------------------------

// The lowest bit says that UTC is not where the monotonic clock has it.
static void put_instant(struct record_writer *w, struct instant at)
{
    struct record_state *s = &w->state;
    uint64_t late = bytes_zigzag((int64_t)(at.mono_ms - s->last.mono_ms)) & (UINT64_MAX >> 1);
    int64_t astray = (int64_t)((uint64_t)at.utc_ms - (uint64_t)record_expected_utc_ms(s, at.mono_ms));
    bytes_put_unsigned(&w->out, late << 1 | (astray != 0));
    if (astray != 0)
        bytes_put_varint(&w->out, astray);
    s->last = at;
}

// Which device, and whether it tells the same quantities as last time.
static void put_readings(struct record_writer *w, int device, const struct reading *readings, size_t n)
{
    struct bytes *b = &w->out;
    uint8_t layout[RECORD_MAX_READINGS];
    if (device < 0 || (size_t)device >= w->state.n_devices || n > RECORD_MAX_READINGS) {
        b->failed = true;
        return;
    }
    struct record_device *d = &w->state.devices[device];
    for (size_t i = 0; i < n; i++)
        layout[i] = record_layout_of(&readings[i]);
    bool same = d->layout != NULL && d->n == n && memcmp(layout, d->layout, n) == 0;
    bytes_put_unsigned(b, (uint64_t)device << 1 | !same);
    if (!same) {
        bytes_put_unsigned(b, n);
        bytes_put(b, layout, n);
        b->failed |= record_set_layout(d, layout, n) < 0;
    }
    for (size_t i = 0; i < n && !b->failed; i++)
        record_put_number(b, &d->values[i], readings[i].value);
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void put_result(struct record_writer *w, const struct event *e)
{
    struct bytes *b = &w->out;
    int device = e->write_result.device;
    bool known = device >= 0 && (size_t)device < w->state.n_devices;
    double power_w = e->write_result.power_w, read_w = e->write_result.readback_w;
    unsigned how = (unsigned)e->write_result.status & RESULT_STATUS;
    if (known && same_bits(power_w, w->state.devices[device].written_w))
        how |= RESULT_AS_WRITTEN;
    if (same_bits(read_w, power_w))
        how |= RESULT_READ_AS_ASKED;
    else if (same_bits(read_w, 0.0))
        how |= RESULT_READ_NOTHING;
    bytes_put_varint(b, device);
    bytes_put_byte(b, (uint8_t)how);
    if ((how & RESULT_AS_WRITTEN) == 0)
        bytes_put_double(b, power_w);
    if ((how & (RESULT_READ_AS_ASKED | RESULT_READ_NOTHING)) == 0)
        bytes_put_double(b, read_w);
}

static void put_schedule(struct record_writer *w, const struct schedule *s)
{
    char *text = NULL;
    if (schedule_to_json(s, &text) < 0)
        w->out.failed = true;
    bytes_put_text(&w->out, text != NULL ? text : "");
    free(text);
}

static void put_command(struct bytes *b, const struct event *e)
{
    bytes_put_byte(b, (uint8_t)e->command.kind);
    bytes_put_varint(b, e->command.asset);
    bytes_put_double(b, e->command.power_w);
    bytes_put_varint(b, e->command.valid_until_utc_ms);
}

static void put_session(struct bytes *b, const struct session_wish *s)
{
    bytes_put_varint(b, s->asset);
    bytes_put_varint(b, s->until_utc_ms);
    bytes_put_double(b, s->wanted_wh);
    bytes_put_double(b, s->capacity_wh);
    bytes_put_double(b, s->energy_wh);
}

static void put_limit(struct bytes *b, const struct grid_limit *l)
{
    bytes_put_text(b, l->id);
    bytes_put_varint(b, l->grid);
    bytes_put_varint(b, l->from_utc_ms);
    bytes_put_varint(b, l->until_utc_ms);
    bytes_put_double(b, l->import_limit_w);
    bytes_put_double(b, l->export_limit_w);
    bytes_put_double(b, l->incentive_per_kwh);
    bytes_put_double(b, l->baseline_w);
}

static void put_reply(struct bytes *b, const struct building_reply *r)
{
    size_t n = r->n_offers <= SITE_MAX_OFFERS ? r->n_offers : 0;
    bytes_put_varint(b, r->building);
    bytes_put_byte(b, r->accepts);
    bytes_put_text(b, r->event);
    bytes_put_varint(b, r->until_utc_ms);
    bytes_put_unsigned(b, n);
    for (size_t i = 0; i < n; i++) {
        bytes_put_byte(b, (uint8_t)r->offers[i].tier);
        bytes_put_double(b, r->offers[i].power_w);
        bytes_put_double(b, r->offers[i].price_per_kwh);
        bytes_put_varint(b, r->offers[i].max_duration_s);
    }
}

static void put_prices(struct bytes *b, const struct event *e)
{
    bytes_put_varint(b, e->prices.tariff);
    bytes_put_unsigned(b, e->prices.count);
    for (size_t i = 0; i < e->prices.count; i++) {
        const struct site_price_point *p = &e->prices.points[i];
        bytes_put_varint(b, p->from_utc_ms);
        bytes_put_double(b, p->import_price_per_kwh);
        bytes_put_double(b, p->export_price_per_kwh);
        bytes_put_double(b, p->co2_g_per_kwh);
        bytes_put_byte(
            b, (uint8_t)((p->lacks_import ? PRICE_LACKS_IMPORT : 0) | (p->lacks_export ? PRICE_LACKS_EXPORT : 0)));
    }
}

static void put_weather(struct bytes *b, const struct event *e)
{
    bytes_put_unsigned(b, e->weather.count);
    for (size_t i = 0; i < e->weather.count; i++) {
        bytes_put_varint(b, e->weather.points[i].from_utc_ms);
        bytes_put_double(b, e->weather.points[i].outside_degc);
        bytes_put_double(b, e->weather.points[i].irradiance_wm2);
        bytes_put_double(b, e->weather.points[i].cloud_frac);
    }
}

// Its connection goes by its number: the record has the configuration beside it.
static void put_dr_event(struct bytes *b, const struct dr_event *event)
{
    static const struct site no_site;
    char *text = NULL;
    struct dr_event copy;
    bytes_put_byte(b, event != NULL);
    if (event == NULL)
        return;
    copy = *event;
    copy.grid = -1;
    b->failed |= dr_event_to_json(&copy, &no_site, &text) == AEMS_E_NOMEM;
    bytes_put_varint(b, event->grid);
    bytes_put_text(b, text != NULL ? text : ""); // nothing of what is no event at all
    free(text);
}

static void put_dr(struct bytes *b, const struct event *e)
{
    bytes_put_byte(b, (uint8_t)e->dr.operation);
    if (e->dr.operation == DR_PUT) {
        put_dr_event(b, e->dr.event);
        return;
    }
    bytes_put_text(b, e->dr.id != NULL ? e->dr.id : "");
    bytes_put_text(b, e->dr.sender != NULL ? e->dr.sender : "");
}

static void put_word(struct bytes *b, const struct outage_word *w)
{
    bytes_put_varint(b, w->kind);
    bytes_put_text(b, w->id);
    bytes_put_varint(b, w->island);
    bytes_put_varint(b, w->state);
    bytes_put_varint(b, w->from_utc_ms);
    bytes_put_varint(b, w->until_utc_ms);
    bytes_put_text(b, w->why);
    bytes_put_text(b, w->who);
}

static void put_why(struct bytes *b, const char *why)
{
    size_t length = strnlen(why, RECORD_MAX_WHY);
    bytes_put_unsigned(b, length);
    bytes_put(b, why, length);
}

static void put_event(struct record_writer *w, const struct event *e)
{
    struct bytes *b = &w->out;
    switch (e->kind) {
    case EVENT_TICK:
    case EVENT_SURVEY:
        break;
    case EVENT_OUTAGE:
        put_word(b, &e->outage);
        break;
    case EVENT_READINGS:
        put_readings(w, e->readings.device, e->readings.readings, e->readings.count);
        break;
    case EVENT_DEVICE_DOWN:
        bytes_put_varint(b, e->device_down.device);
        put_why(b, e->device_down.why);
        break;
    case EVENT_WRITE_RESULT:
        put_result(w, e);
        break;
    case EVENT_PLAN:
        put_schedule(w, e->plan.schedule);
        break;
    case EVENT_PLAN_FAILED:
        put_why(b, e->plan_failed.why);
        break;
    case EVENT_COMMAND:
        put_command(b, e);
        break;
    case EVENT_SESSION:
        put_session(b, &e->session);
        break;
    case EVENT_LIMIT:
        put_limit(b, &e->limit);
        break;
    case EVENT_PRICES:
        put_prices(b, e);
        break;
    case EVENT_WEATHER:
        put_weather(b, e);
        break;
    case EVENT_DR:
        put_dr(b, e);
        break;
    case EVENT_DR_SENDER:
        bytes_put_byte(b, (uint8_t)e->dr_sender.kind);
        break;
    case EVENT_REPLY:
        put_reply(b, &e->reply);
        break;
    case EVENT_GRID:
        bytes_put_varint(b, e->grid.grid);
        bytes_put_byte(b, e->grid.available);
        break;
    }
}

static void put_silence(struct record_writer *w, uint8_t tag, struct instant now)
{
    bytes_put_byte(&w->out, tag);
    put_instant(w, now);
    bytes_put_unsigned(&w->out, w->silent);
    w->silent = 0;
    w->at_event = false;
    w->spoke = true;
}

void record_event(struct record_writer *w, const struct event *event)
{
    if (w->silent > 0) // what came before it in the same drain
        put_silence(w, TAG_DRAINED | TAG_FLAG_CODE, w->state.last);
    w->at_event = true;
    w->event_tag = w->out.length;
    bytes_put_byte(&w->out, (uint8_t)(TAG_EVENT + event->kind));
    put_instant(w, event->at);
    put_event(w, event);
}

static void flag_event(struct record_writer *w, uint8_t flag)
{
    if (!w->out.failed && w->event_tag < w->out.length)
        w->out.data[w->event_tag] |= flag;
}

void record_code(struct record_writer *w, int code)
{
    if (code == 0 || !w->at_event)
        return;
    flag_event(w, TAG_FLAG_CODE);
    bytes_put_varint(&w->out, code);
}

// ---- what was decided ---------------------------------------------------------------------------------------------

static void put_write(struct record_writer *w, const struct action *a)
{
    struct bytes *b = &w->out;
    if (a->write.device < 0 || (size_t)a->write.device >= w->state.n_devices) {
        b->failed = true;
        return;
    }
    struct record_device *d = &w->state.devices[a->write.device];
    bool again = same_bits(d->written_w, a->write.power_w);
    bytes_put_unsigned(b, (uint64_t)a->write.device << 1 | again);
    if (!again)
        bytes_put_double(b, a->write.power_w);
    bytes_put_varint(b, (int64_t)a->write.lease_ms - d->lease_ms);
    d->written_w = a->write.power_w;
    d->lease_ms = a->write.lease_ms;
}

static uint8_t tag_of(const struct action *a)
{
    switch (a->kind) {
    case ACTION_WRITE:
        return TAG_WRITE;
    case ACTION_RELEASE:
        return TAG_RELEASE;
    case ACTION_SOLVE:
        return TAG_SOLVE;
    case ACTION_ALARM:
        return TAG_ALARM;
    default:
        return 0;
    }
}

void record_action(struct record_writer *w, struct instant now, const struct action *a, uint64_t digest)
{
    struct bytes *b = &w->out;
    uint8_t tag = tag_of(a);
    if (tag == 0) {
        w->silent++;
        return;
    }
    put_silence(w, tag, now);
    if (tag == TAG_WRITE)
        put_write(w, a);
    else if (tag == TAG_RELEASE)
        bytes_put_varint(b, a->release.device);
    else if (tag == TAG_SOLVE)
        bytes_put_u64(b, digest);
    else {
        bytes_put_text(b, a->alarm.id);
        bytes_put_byte(b, a->alarm.active);
    }
}

void record_drained(struct record_writer *w, struct instant now, bool complete)
{
    if (w->at_event && w->silent == 0 && !w->spoke && complete) {
        flag_event(w, TAG_FLAG_QUIET);
        w->at_event = false;
        return;
    }
    put_silence(w, (uint8_t)(TAG_DRAINED | (complete ? 0 : TAG_FLAG_CODE)), now);
    w->spoke = false;
}

void record_end(struct record_writer *w)
{
    bytes_put_byte(&w->out, TAG_END);
}
