// SPDX-License-Identifier: GPL-3.0-or-later
// Saved items as a spoilt disk or a curious hand may leave them: each is refused without effect or taken, and the
// engine goes on with sound problems and setpoints.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/every_kind.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static json_t *strange(unsigned char which)
{
    static const double numbers[] = {0, -1, 1e9, -1e9, 1e300, -1e300, 0.5, 1e10, 1e-300, 1e15};
    static const json_int_t integers[] = {0,
                                          -1,
                                          1,
                                          INT64_MAX,
                                          INT64_MIN,
                                          INT64_C(1767628740001),
                                          INT64_C(1767629740000),
                                          -2,
                                          INT64_C(253402300799000),
                                          INT64_MAX - 1};
    if (which < 80)
        return json_real(numbers[which % 10]);
    if (which < 160)
        return json_integer(integers[which % 10]);
    switch (which % 6) {
    case 0:
        return json_null();
    case 1:
        return json_string("a/b");
    case 2:
        return json_array();
    case 3:
        return json_boolean(which % 4 == 1);
    case 4:
        return json_object();
    default:
        return json_string("");
    }
}

// Puts something strange in the place of the `io_place`th leaf.
static void spoil(json_t *json, int *io_place, unsigned char which)
{
    const char *key;
    json_t *value;
    void *next;
    size_t i;
    json_object_foreach_safe(json, next, key, value)
    {
        if (json_is_object(value) || json_is_array(value))
            spoil(value, io_place, which);
        else if ((*io_place)-- == 0)
            json_object_set_new(json, key, strange(which));
    }
    json_array_foreach(json, i, value)
    {
        if (json_is_object(value) || json_is_array(value))
            spoil(value, io_place, which);
        else if ((*io_place)-- == 0)
            json_array_set_new(json, i, strange(which));
    }
}

static char *spoilt(const char *text, const unsigned char *data, size_t size)
{
    json_t *json = json_loads(text, 0, NULL);
    every_kind_require(json != NULL, "what was saved");
    for (size_t i = 0; i + 1 < size && i < 6; i += 2) {
        int place = data[i];
        spoil(json, &place, data[i + 1]);
    }
    char *out = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return out;
}

static void tell_event(struct every_kind *w)
{
    struct dr_event *e = calloc(1, sizeof *e);
    struct dr_signal *signals = calloc(2, sizeof *signals);
    every_kind_require(e != NULL && signals != NULL, "memory");
    *e = (struct dr_event){.id = "storm-1",
                           .grid = 0,
                           .from_utc_ms = w->now.utc_ms,
                           .until_utc_ms = w->now.utc_ms + 7200000,
                           .turn_ms = 1800000,
                           .reference_w = -1,
                           .signals = signals,
                           .n_signals = 2};
    signals[0] = (struct dr_signal){DR_SIMPLE, false, 0, 900000, 2};
    signals[1] = (struct dr_signal){DR_IMPORT_LIMIT, false, 0, 1800000, 20e3};
    if (every_kind_tell(w, &(struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}}) < 0)
        dr_event_free(e);
}

static void restore(struct every_kind *w, enum saved_kind kind, char *text, const char *id)
{
    struct saved item = {.kind = kind, .json = text};
    snprintf(item.id, sizeof item.id, "%s", id);
    engine_restore(w->engine, &item, w->now);
}

// In the middle of an event.
static void ask_building(struct every_kind *w)
{
    char text[1200];
    long long at = w->now.utc_ms;
    snprintf(text, sizeof text,
             "{\"accepted\":true,\"opted_out\":false,\"word_until_ms\":%lld,\"has_offers\":true,"
             "\"offers_until_ms\":0,\"version\":3,\"signalled_ms\":%lld,\"event_ms\":%lld,\"failing\":true,"
             "\"most_w\":900.0,\"noise_w\":150.0,\"offers\":[[3,4000.0,0.2,3600]],"
             "\"slots\":[[%lld,%lld,2000.0,9000.0,2,0.3],[%lld,%lld,1000.0,9000.0,1,0.3]],\"past\":[[%lld,100.0]],"
             "\"used_wh\":[50.0,0.0],\"expected_w\":[5000.0,6000.0]}",
             at + 3600000, at, at - 600000, at - 300000, at + 600000, at + 600000, at + 1500000,
             at - at % 900000 - 900000);
    restore(w, SAVED_BUILDING, text, "home");
}

static void tell_something(struct every_kind *w)
{
    struct site_price_point points[] = {{w->now.utc_ms, 0.3, 0.1, 400, false, false},
                                        {w->now.utc_ms + 900000, 0.2, 0.1, -1, false, true}};
    struct forecast_weather weather[] = {{w->now.utc_ms, -5, 200, 0.5}, {w->now.utc_ms + 3600000, NAN, NAN, 1}};
    struct grid_limit limit = {"x", 0, w->now.utc_ms, w->now.utc_ms + 3600000, 30e3, PLAN_NO_LIMIT_W, 0.1, 40e3};
    struct session_wish wish = {site_find_asset(w->site, "c1"), w->now.utc_ms + 7200000, 20e3, 60e3, 10e3};
    struct reading r[] = {{.quantity = QUANTITY_POWER_W, .value = 5e3}, {.quantity = QUANTITY_SOC_FRAC, .value = 0.4}};
    for (size_t i = 0; i < w->site->n_assets; i++)
        every_kind_tell(w, &(struct event){.kind = EVENT_READINGS, .readings = {(int)i, r, 2}});
    every_kind_tell(w, &(struct event){.kind = EVENT_PRICES, .prices = {0, points, 2}});
    every_kind_tell(w, &(struct event){.kind = EVENT_WEATHER, .weather = {weather, 2}});
    every_kind_tell(w, &(struct event){.kind = EVENT_LIMIT, .limit = limit});
    every_kind_tell(w, &(struct event){.kind = EVENT_SESSION, .session = wish});
    tell_event(w);
    ask_building(w);
    every_kind_tell(w, &(struct event){.kind = EVENT_TICK});
}

// The first two bytes choose an item; then leaves of it are spoilt, or the rest takes its place.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct every_kind w;
    struct saved item;
    if (size < 4)
        return 0;
    every_kind_start(&w);
    tell_something(&w);
    enum saved_kind kind = (enum saved_kind)(data[0] % SAVED_KIND_COUNT);
    if (engine_saved(w.engine, kind, data[1] % (int)w.site->n_assets, &item) < 0 || item.json == NULL) {
        every_kind_end(&w);
        return 0;
    }
    char *text = data[2] % 4 ? spoilt(item.json, data + 3, size - 3) : strndup((const char *)data + 3, size - 3);
    every_kind_end(&w);
    every_kind_start(&w);
    if (text != NULL)
        restore(&w, kind, text, item.id);
    free(text);
    saved_free(&item);
    for (int i = 0; i < 3; i++) {
        w.now.utc_ms += 1000;
        w.now.mono_ms += 1000;
        every_kind_judge(&w);
    }
    tell_something(&w);
    every_kind_judge(&w);
    every_kind_restart(&w);
    every_kind_end(&w);
    return 0;
}
