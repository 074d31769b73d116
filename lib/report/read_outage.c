// SPDX-License-Identifier: GPL-3.0-or-later
// What operators say of outages, and what others warn of. Bytes from outside: everything that is not exactly as it
// should be is refused whole.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "report/messages.h"
#include "report/payload.h"

static const int64_t HOUR_MS = INT64_C(3600000);
static const int64_t DAY_MS = INT64_C(86400000);
enum { LEASE_MOST_H = 24, WARNING_MOST_DAYS = 31, AHEAD_MOST_DAYS = 366 };

static const char *const names[OUTAGE_WORD_KIND_COUNT] = {
    [OUTAGE_WARNING] = "warn", [OUTAGE_PLANNED] = "plan", [OUTAGE_FORBID] = "forbid",
    [OUTAGE_FORCE] = "force",  [OUTAGE_FREE] = "free",    [OUTAGE_EXPECT] = "expect",
};

const char *outage_word_name(enum outage_word_kind kind)
{
    return (unsigned)kind < OUTAGE_WORD_KIND_COUNT ? names[kind] : "unknown";
}

// ---- what it is about ----------------------------------------------------------------------------------------------

static int read_kind(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    const char *text = json_string_value(json_object_get(json, "action"));
    for (int i = 0; text != NULL && i < OUTAGE_WORD_KIND_COUNT; i++)
        if (strcmp(text, names[i]) == 0) {
            w->kind = (enum outage_word_kind)i;
            return 0;
        }
    return payload_complain(r, AEMS_E_FORMAT, "action: expected warn, plan, forbid, force, free or expect");
}

static int read_island(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    char id[SITE_ID_MAX];
    w->island = -1;
    if (json_object_get(json, "island") == NULL)
        return 0;
    int result = payload_text(r, json, "island", id, sizeof id);
    for (size_t i = 0; result == 0 && i < r->site->n_islands; i++)
        if (strcmp(r->site->islands[i].id, id) == 0) {
            w->island = (int)i;
            return 0;
        }
    return result < 0 ? result : payload_complain(r, AEMS_E_NOT_FOUND, "island: there is no %s", id);
}

static int read_state(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    json_t *state = json_object_get(json, "state");
    w->state = ISLAND_STATE_COUNT;
    if (state == NULL)
        return 0;
    const char *text = json_string_value(state);
    w->state = text != NULL ? island_state_by_name(text) : ISLAND_STATE_COUNT;
    if (w->state == ISLAND_STATE_COUNT)
        return payload_complain(r, AEMS_E_FORMAT,
                                "state: expected connected, islanding, islanded, black, restarting, "
                                "waiting or resynchronising");
    return 0;
}

// Shown to people: no control characters, and nothing that turns the direction of writing, which could pretend to be
// something else on a terminal or in a log.
static bool is_line(const char *text)
{
    char plain[4 * sizeof(((struct outage_word *)0)->why)];
    text_escape(plain, sizeof plain, text);
    return strcmp(plain, text) == 0 && (text[0] == '\0' || text[strspn(text, " ")] != '\0');
}

static int read_line(const struct payload_reader *r, json_t *json, const char *key, char *ret_text, size_t size)
{
    json_t *line = json_object_get(json, key);
    const char *text = json_string_value(line);
    if (line == NULL)
        return 0;
    if (text == NULL || json_string_length(line) >= size || strlen(text) != json_string_length(line))
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected a text of at most %zu bytes", key, size - 1);
    if (!is_line(text))
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected one line of text", key);
    memcpy(ret_text, text, strlen(text) + 1);
    return 0;
}

// Islands whose names begin alike must not take one another's words: what is cut off stands at the end as a number.
static void name_word(const struct site *s, struct outage_word *w)
{
    char whole[3 * SITE_ID_MAX];
    uint32_t sum = 2166136261U; // FNV-1a
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    snprintf(whole, sizeof whole, "%s%s%s%s%s", names[w->kind], leases ? "-" : "",
             leases ? island_state_name(w->state) : "", w->island >= 0 ? "-" : "",
             w->island >= 0 ? s->islands[w->island].id : "");
    for (const char *c = whole; *c != '\0'; c++)
        sum = (sum ^ (unsigned char)*c) * 16777619U;
    if (text_copy(w->id, sizeof w->id, whole) < 0)
        snprintf(w->id, sizeof w->id, "%.38s-%08" PRIx32, whole, sum);
}

// Without a name of its own, one that says what it is: said again, it takes its own place.
static int read_id(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    if (json_object_get(json, "id") != NULL)
        return payload_text(r, json, "id", w->id, sizeof w->id);
    if (w->kind != OUTAGE_FREE)
        name_word(r->site, w);
    return 0;
}

// ---- when ----------------------------------------------------------------------------------------------------------

// A time, or so long from the beginning on: the sender's clock may be another one.
static int read_end(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    static const struct payload_number number = {"for_s", "1 s to 31 days", 1, 31 * 86400.0, false};
    double for_s = 0;
    if (json_object_get(json, "for_s") == NULL)
        return payload_time(r, json, "until", &w->until_utc_ms);
    if (json_object_get(json, "until") != NULL)
        return payload_complain(r, AEMS_E_FORMAT, "for_s: until is given as well");
    int result = payload_number(r, json, &number, &for_s);
    w->until_utc_ms = w->from_utc_ms + (int64_t)(for_s * 1000);
    return result;
}

static int read_times(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    int result = 0;
    w->from_utc_ms = r->now.utc_ms;
    if (json_object_get(json, "from") != NULL)
        result = payload_time(r, json, "from", &w->from_utc_ms);
    if (result == 0)
        result = read_end(r, json, w);
    if (result < 0)
        return result;
    if (w->until_utc_ms <= r->now.utc_ms)
        return payload_complain(r, AEMS_E_RANGE, "until: it has passed");
    if (w->until_utc_ms <= w->from_utc_ms)
        return payload_complain(r, AEMS_E_RANGE, "until: expected a time after from");
    if (w->until_utc_ms - r->now.utc_ms > AHEAD_MOST_DAYS * DAY_MS)
        return payload_complain(r, AEMS_E_RANGE, "until: more than %d days ahead", AHEAD_MOST_DAYS);
    return 0;
}

static int judge_times(const struct payload_reader *r, const struct outage_word *w)
{
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    if (leases && w->until_utc_ms - w->from_utc_ms > LEASE_MOST_H * HOUR_MS)
        return payload_complain(r, AEMS_E_RANGE, "until: %s holds for %d h at most; say it again when that is over",
                                names[w->kind], LEASE_MOST_H);
    if (w->kind == OUTAGE_WARNING && w->until_utc_ms - w->from_utc_ms > WARNING_MOST_DAYS * DAY_MS)
        return payload_complain(r, AEMS_E_RANGE, "until: a warning holds for %d days at most", WARNING_MOST_DAYS);
    return 0;
}

// ---- whole ---------------------------------------------------------------------------------------------------------

static int check_fields(const struct payload_reader *r, json_t *json, const struct outage_word *w)
{
    static const char *const known[OUTAGE_WORD_KIND_COUNT] = {
        [OUTAGE_WARNING] = " t action id island from until for_s why who ",
        [OUTAGE_PLANNED] = " t action id island from until for_s why who ",
        [OUTAGE_FORBID] = " t action id island state from until for_s why who ",
        [OUTAGE_FORCE] = " t action id island state from until for_s why who ",
        [OUTAGE_FREE] = " t action id island state why who ",
        [OUTAGE_EXPECT] = " t action id island until for_s why who "};
    int result = payload_keys(r, json, known[w->kind]);
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    if (result == 0 && leases && w->state == ISLAND_STATE_COUNT)
        return payload_complain(r, AEMS_E_FORMAT, "state: expected the one that is %s",
                                w->kind == OUTAGE_FORBID ? "forbidden" : "forced");
    if (result == 0 && w->kind == OUTAGE_PLANNED && json_object_get(json, "from") == NULL)
        return payload_complain(r, AEMS_E_FORMAT, "from: expected a time such as 2026-01-31T12:00:00Z");
    bool named = json_object_get(json, "id") != NULL;
    if (result == 0 && w->kind == OUTAGE_FREE && !named && w->state == ISLAND_STATE_COUNT)
        return payload_complain(r, AEMS_E_FORMAT, "id: expected that of an earlier word, or a state");
    bool narrowed = w->state != ISLAND_STATE_COUNT || json_object_get(json, "island") != NULL;
    if (result == 0 && w->kind == OUTAGE_FREE && named && narrowed)
        return payload_complain(r, AEMS_E_FORMAT, "id: names one word whole: give it alone, or a state and its island");
    return result;
}

static int read_word(const struct payload_reader *r, json_t *json, struct outage_word *w)
{
    int result = read_state(r, json, w);
    if (result == 0)
        result = check_fields(r, json, w);
    if (result == 0)
        result = read_island(r, json, w);
    if (result == 0)
        result = read_line(r, json, "why", w->why, sizeof w->why);
    if (result == 0)
        result = read_line(r, json, "who", w->who, sizeof w->who);
    if (result == 0)
        result = read_id(r, json, w);
    if (result == 0 && w->kind != OUTAGE_FREE)
        result = read_times(r, json, w);
    if (result == 0 && w->kind != OUTAGE_FREE)
        result = judge_times(r, w);
    if (w->state == ISLAND_STATE_COUNT) // it has none
        w->state = ISLAND_CONNECTED;
    return result;
}

static int read_payload(const struct payload_reader *r, const char *payload, size_t length, bool warns_only,
                        struct outage_word *w)
{
    json_t *json;
    if (length == 0 || length > COMMAND_MAX_BYTES)
        return payload_complain(r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, COMMAND_MAX_BYTES);
    int result = payload_object(r, payload, length, &json);
    if (result < 0)
        return result;
    if (warns_only && json_object_get(json, "action") == NULL)
        w->kind = OUTAGE_WARNING;
    else
        result = read_kind(r, json, w);
    if (result == 0 && warns_only && w->kind != OUTAGE_WARNING)
        result = payload_complain(r, AEMS_E_REFUSED, "action: only warnings are taken here");
    if (result == 0)
        result = read_word(r, json, w);
    if (result == 0)
        result = payload_age(r, json, COMMAND_MAX_AGE_S);
    json_decref(json);
    return result;
}

int message_read_outage(const struct site *s, const char *payload, size_t length, struct instant now,
                        struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    struct outage_word w = {.island = -1};
    int result = read_payload(&r, payload, length, false, &w);
    if (result == 0)
        *ret_event = (struct event){.kind = EVENT_OUTAGE, .at = now, .outage = w};
    return result;
}

// Its names are kept apart from those of operators, so that whoever may only warn takes the place of no other word.
int message_read_warning(const struct site *s, const char *payload, size_t length, struct instant now,
                         struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    struct outage_word w = {.island = -1};
    int result = read_payload(&r, payload, length, true, &w);
    if (result < 0)
        return result;
    char own[SITE_ID_MAX];
    if (snprintf(own, sizeof own, OUTAGE_NOTICE_PREFIX "%s", w.id) >= (int)sizeof own)
        return payload_complain(&r, AEMS_E_FORMAT, "id: expected at most %zu letters",
                                sizeof own - sizeof OUTAGE_NOTICE_PREFIX);
    memcpy(w.id, own, sizeof own);
    *ret_event = (struct event){.kind = EVENT_OUTAGE, .at = now, .outage = w};
    return 0;
}
