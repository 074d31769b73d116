// SPDX-License-Identifier: GPL-3.0-or-later
// An engine with an asset of every kind, and anything that may be said to it, in any order, with any number: what is
// written keeps the device's limits, every problem is sound, and what it saves it takes back.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/every_kind.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { MOST_EVENTS = 60, MOST_POINTS = 12 };

struct input {
    const unsigned char *at, *end;
};

static unsigned char byte(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static double number(struct input *in)
{
    static const double known[] = {0,   -1,     1,       NAN,  INFINITY, -INFINITY, 1e9,  -1e9,   1e300,
                                   0.5, 1e-300, -1e-300, 22e3, -22e3,    10e3,      50e3, 1e10,   1e6,
                                   1.5, 1e-3,   0.01,    60e3, 4e3,      -4e3,      1e15, 2.5e10, -1e300};
    double value = 0;
    unsigned char which = byte(in);
    if (which < sizeof known / sizeof *known)
        return known[which];
    if (which < 128)
        return (double)(which - 64) * 1000;
    for (size_t i = 0; i < sizeof value; i++)
        ((unsigned char *)&value)[i] = byte(in);
    return value;
}

// Around now, or anywhere at all.
static int64_t instant(struct input *in, const struct every_kind *w)
{
    static const int64_t away_ms[] = {0, 1, -1, 1000, 60000, 3600000, -3600000, 86400000, 31 * INT64_C(86400000)};
    int64_t value = 0;
    unsigned char which = byte(in);
    if (which < 200)
        return w->now.utc_ms + away_ms[which % 9] * (1 + which / 9);
    for (size_t i = 0; i < sizeof value; i++)
        ((unsigned char *)&value)[i] = byte(in);
    return value;
}

static void read_device(struct input *in, struct every_kind *w)
{
    struct reading r[3];
    for (int i = 0; i < 3; i++) {
        unsigned char kinds = byte(in);
        r[i] = (struct reading){.quantity = (enum quantity)(kinds % QUANTITY_COUNT),
                                .status = kinds < 200 ? READING_GOOD : (enum reading_status)(kinds % 4),
                                .value = number(in)};
    }
    every_kind_tell(w, &(struct event){.kind = EVENT_READINGS,
                                       .readings = {byte(in) % (int)w->site->n_assets, r, 1 + byte(in) % 3}});
}

static void wish(struct input *in, struct every_kind *w)
{
    struct event e = {.kind = EVENT_SESSION};
    e.session.asset = byte(in) % ((int)w->site->n_assets + 2) - 1;
    e.session.until_utc_ms = instant(in, w);
    e.session.wanted_wh = number(in);
    e.session.capacity_wh = number(in);
    e.session.energy_wh = number(in);
    every_kind_tell(w, &e);
}

static void limit(struct input *in, struct every_kind *w)
{
    struct event e = {.kind = EVENT_LIMIT};
    unsigned char which = byte(in);
    e.limit.id[0] = (char)('a' + which % 26);
    e.limit.id[1] = (char)(which >= 250 ? '/' : '0' + which / 26);
    e.limit.grid = which % 16 == 15 ? 7 : 0;
    e.limit.from_utc_ms = instant(in, w);
    e.limit.until_utc_ms = instant(in, w);
    e.limit.import_limit_w = number(in);
    e.limit.export_limit_w = number(in);
    e.limit.incentive_per_kwh = number(in);
    e.limit.baseline_w = number(in);
    every_kind_tell(w, &e);
}

static void tell_prices(struct input *in, struct every_kind *w)
{
    struct site_price_point points[MOST_POINTS] = {0};
    struct event e = {.kind = EVENT_PRICES, .prices = {0, points, byte(in) % (MOST_POINTS + 1)}};
    int64_t at = instant(in, w);
    for (size_t i = 0; i < e.prices.count; i++) {
        points[i] = (struct site_price_point){at, number(in), number(in), number(in), byte(in) % 2, byte(in) % 2};
        at = byte(in) < 240 ? (int64_t)((uint64_t)at + 900000) : instant(in, w);
    }
    every_kind_tell(w, &e);
}

static void tell_weather(struct input *in, struct every_kind *w)
{
    struct forecast_weather points[MOST_POINTS];
    struct event e = {.kind = EVENT_WEATHER, .weather = {points, byte(in) % (MOST_POINTS + 1)}};
    int64_t at = instant(in, w);
    for (size_t i = 0; i < e.weather.count; i++) {
        points[i] = (struct forecast_weather){at, number(in), number(in), byte(in) / 255.0};
        at = byte(in) < 240 ? (int64_t)((uint64_t)at + 3600000) : instant(in, w);
    }
    every_kind_tell(w, &e);
}

static void reply(struct input *in, struct every_kind *w)
{
    struct event e = {.kind = EVENT_REPLY};
    e.reply.building = byte(in) % 4 - 1;
    e.reply.accepts = byte(in) % 2;
    e.reply.until_utc_ms = byte(in) % 2 ? instant(in, w) : 0;
    e.reply.n_offers = byte(in) % (SITE_MAX_OFFERS + 2);
    for (size_t i = 0; i < e.reply.n_offers && i < SITE_MAX_OFFERS; i++)
        e.reply.offers[i] = (struct site_offer){(enum load_tier)(byte(in) % (TIER_COUNT + 1)), number(in), number(in),
                                                byte(in) * byte(in)};
    every_kind_tell(w, &e);
}

static void command(struct input *in, struct every_kind *w)
{
    struct event e = {.kind = EVENT_COMMAND};
    e.command.kind = (enum command_kind)(byte(in) % 4);
    e.command.asset = byte(in) % ((int)w->site->n_assets + 2) - 1;
    e.command.power_w = number(in);
    e.command.valid_until_utc_ms = instant(in, w);
    every_kind_tell(w, &e);
}

static void put_event(struct input *in, struct every_kind *w)
{
    struct dr_event *e = calloc(1, sizeof *e);
    size_t n = byte(in) % 9;
    every_kind_require(e != NULL && (e->signals = calloc(n + 1, sizeof *e->signals)) != NULL, "memory");
    e->id[0] = (char)('a' + byte(in) % 26);
    e->sender[0] = byte(in) % 8 == 0 ? 'x' : '\0';
    e->priority = byte(in) % 4 == 0 ? DR_PRIORITY_NULL : byte(in) % 5 - (byte(in) == 255);
    e->grid = byte(in) % 5 == 4 ? 1 : byte(in) % 2 - 1;
    e->modified_utc_ms = instant(in, w);
    e->from_utc_ms = instant(in, w);
    e->until_utc_ms = instant(in, w);
    e->turn_ms = byte(in) % 3 == 0 ? byte(in) * INT64_C(7001) : 0;
    e->reference_w = byte(in) % 4 == 0 ? number(in) : -1;
    for (int64_t at_ms = 0; e->n_signals < n; e->n_signals++) {
        int64_t length_ms = 1 + byte(in) * INT64_C(10007);
        e->signals[e->n_signals] = (struct dr_signal){(enum dr_signal_kind)(byte(in) % (DR_SIGNAL_COUNT + 1)),
                                                      byte(in) % 2, at_ms, at_ms + length_ms, number(in)};
        at_ms += byte(in) % 4 == 0 ? -length_ms : length_ms;
    }
    struct event event = {.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}};
    if (byte(in) % 2 == 0)
        (void)engine_dr_judge(w->engine, e, w->now);
    if (every_kind_tell(w, &event) < 0)
        dr_event_free(e);
}

static void withdraw_event(struct input *in, struct every_kind *w)
{
    static const char *const senders[] = {"", "x", "operator"};
    const char id[] = {(char)('a' + byte(in) % 26), '\0'};
    every_kind_tell(w, &(struct event){.kind = EVENT_DR,
                                       .dr = {.operation = DR_WITHDRAW, .id = id, .sender = senders[byte(in) % 3]}});
}

static void hear_sender(struct input *in, struct every_kind *w)
{
    every_kind_tell(w, &(struct event){.kind = EVENT_DR_SENDER, .dr_sender = {(enum dr_sender_event)(byte(in) % 4)}});
}

static void write_result(struct input *in, struct every_kind *w)
{
    struct event e = {.kind = EVENT_WRITE_RESULT};
    e.write_result.device = byte(in) % ((int)w->site->n_assets + 2) - 1;
    e.write_result.status = (enum write_status)(byte(in) % 4);
    e.write_result.power_w = number(in);
    e.write_result.readback_w = number(in);
    every_kind_tell(w, &e);
}

static void pass_time(struct input *in, struct every_kind *w)
{
    static const int64_t spans_ms[] = {1000, 1000, 5000, 60000, 900000, 3600000, 86400000};
    unsigned char which = byte(in);
    int64_t span = spans_ms[which % 7];
    w->now.mono_ms += (uint64_t)span;
    w->now.utc_ms += which < 230 ? span : which < 243 ? -3600000 : 3600000; // steps of the clock
    every_kind_tell(w, &(struct event){.kind = EVENT_TICK});
}

static void happen(struct input *in, struct every_kind *w)
{
    static void (*const each[])(struct input *, struct every_kind *) = {
        pass_time,   read_device, read_device,  wish,      limit,          tell_prices, command,   write_result,
        read_device, pass_time,   tell_weather, put_event, withdraw_event, hear_sender, put_event, reply};
    const unsigned char n_kinds = sizeof each / sizeof *each;
    unsigned char which = byte(in) % (n_kinds + 2);
    if (which < n_kinds)
        each[which](in, w);
    else if (which == n_kinds)
        every_kind_tell(
            w, &(struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {byte(in) % (int)w->site->n_assets, "x"}});
    else
        every_kind_restart(w);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct every_kind w;
    struct input in = {data, data + size};
    every_kind_start(&w);
    for (int i = 0; i < MOST_EVENTS && in.at < in.end; i++)
        happen(&in, &w);
    every_kind_judge(&w);
    every_kind_restart(&w);
    every_kind_judge(&w);
    every_kind_end(&w);
    return 0;
}
