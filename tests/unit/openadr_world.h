// SPDX-License-Identifier: GPL-3.0-or-later
// An area that messages of the grid operator are for, and a short way to read them at an instant.
#pragma once

#include <check.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "base/text.h"
#include "conf/conf.h"
#include "dr/openadr.h"

static const char OPENADR_SITE[] =
    "area: {id: kashiwa, latitude: 35 deg, longitude: 139 deg, timezone: Asia/Tokyo, currency: USD}\n"
    "buses: {gate: {}, pier: {}}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
    "grids:\n"
    "  north: {bus: gate, import_limit: 1 MW, tariff: t}\n"
    "  south: {bus: pier, import_limit: 1 MW, tariff: t}\n"
    "demand_response: {enabled: true, signed: false, targets: [feeder-12]}\n";

enum { HOUR_MS = 3600000, MINUTE_MS = 60000, DAY_MS = 86400000 };

static struct site *site;
static struct openadr_message m;
static char why[OPENADR_WHY_SIZE];
static double dice; // decides a randomizeStart

static inline void openadr_world_start(void)
{
    struct diagnostics d = {0};
    if (conf_load_text("world.yaml", OPENADR_SITE, strlen(OPENADR_SITE), &d, &site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_ptr_nonnull(site);
    dice = 0.5;
}

static inline void openadr_world_end(void)
{
    openadr_message_free(&m);
    site_free(site);
    site = NULL;
}

static inline int64_t at(const char *time)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(time, &utc_ms) == 0, "%s", time);
    return utc_ms;
}

static inline int read_bytes(const char *now, const char *text, size_t length)
{
    openadr_message_free(&m);
    struct instant instant = {.utc_ms = at(now), .mono_ms = 1000};
    int result = openadr_read(site, text, length, instant, dice, &m, why, sizeof(why));
    ck_assert_msg((result == 0) == (why[0] == '\0'), "%d: %s", result, why);
    ck_assert(result == 0 || m.event == NULL);
    return result;
}

static inline int read_at(const char *now, const char *text)
{
    return read_bytes(now, text, strlen(text));
}

static inline void taken_at(const char *now, const char *text)
{
    int result = read_at(now, text);
    ck_assert_msg(result == 0, "%s\n-> %d %s", text, result, why);
    ck_assert(!m.not_for_us);
    ck_assert(m.event == NULL || dr_event_is_sound(m.event, site->n_grids));
}

// Refused with this code and exactly this sentence.
static inline void refused_at(const char *now, const char *text, int code, const char *sentence)
{
    int result = read_at(now, text);
    ck_assert_msg(result == code && strcmp(why, sentence) == 0, "%s\n-> %d %s\nexpected %d %s", text, result, why, code,
                  sentence);
}

static inline void signal_is(size_t i, enum dr_signal_kind kind, int64_t from_ms, int64_t until_ms, double value)
{
    ck_assert_uint_lt(i, m.event->n_signals);
    const struct dr_signal *s = &m.event->signals[i];
    ck_assert_int_eq(s->kind, kind);
    ck_assert_int_eq(s->from_ms, from_ms);
    ck_assert_int_eq(s->until_ms, until_ms);
    ck_assert_double_eq_tol(s->value, value, 1e-9 * (1 + (value < 0 ? -value : value)));
}

static const char noon[] = "2026-01-14T12:00:00Z";

// An event with these members beside an id.
static inline const char *event(const char *members)
{
    static char text[OPENADR_MAX_BYTES + 1024];
    snprintf(text, sizeof(text), "{\"id\":\"e1\",\"programID\":\"p\",%s}", members);
    return text;
}

#define AT_ONE            "\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT1H\"}"
#define ONE(type, values) "\"intervals\":[{\"id\":0,\"payloads\":[{\"type\":\"" type "\",\"values\":[" values "]}]}]"
