// SPDX-License-Identifier: GPL-3.0-or-later
// What an event's intervals ask for, and when.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/openadr_internal.h"

enum { SHORTEST_PART_MS = 1000, LONGEST_SHIFT_MS = 86400000 }; // regulation acts once a second

struct intervals { // while they are read; instants are absolute until the end
    const struct openadr_reader *r;
    struct openadr_scales scales;
    struct openadr_period period; // the event's
    const char *randomize;        // the one that counts
    int64_t first_utc_ms, end_utc_ms;
    size_t n_parts;
    bool known;        // of any payload
    char unknown[150]; // their names: leaves room for words around them
    struct dr_event *e;
};

struct span {
    int64_t from_utc_ms, until_utc_ms;
};

// ---- when -----------------------------------------------------------------------------------------------------------

static int interval_start(const struct intervals *v, const struct openadr_place *at, size_t i,
                          const struct openadr_period *own, int64_t *ret_utc_ms)
{
    const struct openadr_place period = {at, "intervalPeriod", 0};
    const struct openadr_place here = {&period, "start", 0};
    char earlier[RFC3339_SIZE];
    if (i > 0 && v->end_utc_ms >= DR_FOREVER_MS)
        return openadr_complain(v->r, at, AEMS_E_FORMAT, "the interval before it has no end");
    if (own->has_start)
        *ret_utc_ms = own->start_utc_ms;
    else if (i > 0)
        *ret_utc_ms = v->end_utc_ms;
    else if (v->period.has_start)
        *ret_utc_ms = v->period.start_utc_ms;
    else
        return openadr_complain(v->r, &here, AEMS_E_FORMAT, "expected a start here or in the event's intervalPeriod");
    if (i > 0 && *ret_utc_ms < v->end_utc_ms) {
        rfc3339_format(v->end_utc_ms, earlier);
        return openadr_complain(v->r, &here, AEMS_E_FORMAT,
                                "expected no earlier time than %s, when the interval before "
                                "it ends",
                                earlier);
    }
    return 0;
}

static int interval_end(const struct intervals *v, const struct openadr_place *at, const struct openadr_period *own,
                        int64_t from_utc_ms, int64_t *ret_utc_ms)
{
    const struct openadr_place period = {at, "intervalPeriod", 0};
    const struct openadr_place here = {&period, "duration", 0};
    const char *duration = own->has_duration ? own->duration : v->period.duration;
    if (duration == NULL)
        return openadr_complain(v->r, &here, AEMS_E_FORMAT, "expected one here or in the event's intervalPeriod");
    if (openadr_duration_end(duration, from_utc_ms, ret_utc_ms) < 0 || *ret_utc_ms <= from_utc_ms)
        return openadr_complain(v->r, &here, AEMS_E_RANGE, "expected more than no time, found \"%.24s\"", duration);
    return 0;
}

static void keep_randomize(struct intervals *v, size_t i, const struct openadr_period *own)
{
    if (own->randomize == NULL)
        return;
    if (i == 0)
        v->randomize = own->randomize;
    else
        openadr_note(v->r, "ignored: ", "randomizeStart of a later interval");
}

static int read_span(struct intervals *v, const struct openadr_place *at, size_t i, const json_t *json,
                     struct span *ret_span)
{
    struct openadr_period own;
    int result = openadr_read_period(v->r, at, json, &own);
    if (result == 0)
        result = interval_start(v, at, i, &own, &ret_span->from_utc_ms);
    if (result == 0)
        result = interval_end(v, at, &own, ret_span->from_utc_ms, &ret_span->until_utc_ms);
    if (result < 0)
        return result;
    keep_randomize(v, i, &own);
    if (i == 0)
        v->first_utc_ms = ret_span->from_utc_ms;
    v->end_utc_ms = ret_span->until_utc_ms;
    return 0;
}

// ---- what -----------------------------------------------------------------------------------------------------------

static int add_signal(struct intervals *v, const struct openadr_place *at, struct dr_signal signal)
{
    struct dr_event *e = v->e;
    if (e->n_signals >= DR_MAX_SIGNALS)
        return openadr_complain(v->r, at, AEMS_E_LIMIT, "more than %d values in one event", DR_MAX_SIGNALS);
    e->signals[e->n_signals++] = signal;
    return 0;
}

// Words of alerts, one behind the other, each once.
static void add_words(struct dr_event *e, const char *words)
{
    char line[DR_TEXT_SIZE];
    openadr_copy_line(line, sizeof(line), words);
    size_t length = strlen(e->text);
    if (strstr(e->text, line) != NULL)
        return;
    if (length > 0 && length + 2 < sizeof(e->text)) {
        memcpy(e->text + length, "; ", 3);
        length += 2;
    }
    openadr_copy_line(e->text + length, sizeof(e->text) - length, line);
}

// Several values split the interval into equal parts; the words of an alert belong together.
static int read_values(struct intervals *v, const struct openadr_place *at, struct span span, enum dr_signal_kind kind,
                       const json_t *values)
{
    size_t n = json_array_size(values), parts = openadr_is_alert(kind) ? 1 : n;
    const struct openadr_scale *scale = &v->scales.of[kind];
    int64_t length_ms = span.until_utc_ms - span.from_utc_ms;
    if (parts > 1 && span.until_utc_ms >= DR_FOREVER_MS)
        return openadr_complain(v->r, at, AEMS_E_FORMAT, "%zu values cannot split an interval without an end", parts);
    if (length_ms < SHORTEST_PART_MS * (int64_t)parts)
        return openadr_complain(v->r, at, AEMS_E_RANGE, "expected at least a second for each value");
    for (size_t i = 0; i < n; i++) {
        const struct openadr_place here = {at, NULL, i};
        const json_t *json = json_array_get(values, i);
        double value;
        int result = openadr_read_value(v->r, &here, json, kind, scale, &value);
        if (result < 0)
            return result;
        if (openadr_is_alert(kind))
            add_words(v->e, json_string_value(json));
        if (i >= parts)
            continue;
        struct dr_signal signal = {.kind = kind, .is_energy = scale->is_energy, .value = value};
        signal.from_ms = span.from_utc_ms + length_ms / (int64_t)parts * (int64_t)i +
                         length_ms % (int64_t)parts * (int64_t)i / (int64_t)parts;
        signal.until_ms = span.from_utc_ms + length_ms / (int64_t)parts * (int64_t)(i + 1) +
                          length_ms % (int64_t)parts * (int64_t)(i + 1) / (int64_t)parts;
        result = add_signal(v, &here, signal);
        if (result < 0)
            return result;
    }
    return 0;
}

static void note_unknown(struct intervals *v, const char *type)
{
    struct openadr_reader r = *v->r;
    r.notes = v->unknown;
    r.notes_size = sizeof(v->unknown);
    openadr_note(&r, "", type);
}

// One payload of an interval. `ret_parts` grows to what it splits the interval into.
static int read_payload(struct intervals *v, const struct openadr_place *at, struct span span, const json_t *json,
                        bool *seen, size_t *ret_parts)
{
    char found[OPENADR_FOUND_SIZE];
    if (!json_is_object(json))
        return openadr_complain(v->r, at, AEMS_E_FORMAT, "expected an object, found %s", openadr_found(json, found));
    const struct openadr_place type_place = {at, "type", 0}, values_place = {at, "values", 0};
    const json_t *type = openadr_member(json, "type");
    if (!json_is_string(type) || json_string_length(type) == 0)
        return openadr_complain(v->r, &type_place, AEMS_E_FORMAT, "expected a payload type such as PRICE, found %s",
                                openadr_found(type, found));
    int kind = openadr_kind(json_string_value(type));
    if (kind < 0) {
        note_unknown(v, json_string_value(type));
        return 0;
    }
    const json_t *values = openadr_member(json, "values");
    if (json_array_size(values) == 0)
        return openadr_complain(v->r, &values_place, AEMS_E_FORMAT, "expected a list of values, found %s",
                                openadr_found(values, found));
    if (seen[kind])
        return openadr_complain(v->r, &type_place, AEMS_E_FORMAT, "%s stands twice in the interval",
                                json_string_value(type));
    seen[kind] = v->known = true;
    if (!openadr_is_alert((enum dr_signal_kind)kind) && json_array_size(values) > *ret_parts)
        *ret_parts = json_array_size(values);
    if (v->n_parts + *ret_parts > DR_MAX_INTERVALS)
        return openadr_complain(v->r, &values_place, AEMS_E_LIMIT,
                                "intervals and what their values split them into "
                                "are more than %d",
                                DR_MAX_INTERVALS);
    return read_values(v, &values_place, span, (enum dr_signal_kind)kind, values);
}

static int read_interval(struct intervals *v, const struct openadr_place *at, size_t i, const json_t *json)
{
    char found[OPENADR_FOUND_SIZE];
    struct span span;
    if (!json_is_object(json))
        return openadr_complain(v->r, at, AEMS_E_FORMAT, "expected an object, found %s", openadr_found(json, found));
    int result = read_span(v, at, i, json, &span);
    if (result < 0)
        return result;
    const struct openadr_place payloads_place = {at, "payloads", 0};
    const json_t *payloads = openadr_member(json, "payloads");
    if (!json_is_array(payloads))
        return openadr_complain(v->r, &payloads_place, AEMS_E_FORMAT, "expected a list, found %s",
                                openadr_found(payloads, found));
    bool seen[DR_SIGNAL_COUNT] = {false};
    size_t parts = 1;
    for (size_t n = 0; n < json_array_size(payloads) && result == 0; n++) {
        const struct openadr_place here = {&payloads_place, NULL, n};
        result = read_payload(v, &here, span, json_array_get(payloads, n), seen, &parts);
    }
    v->n_parts += parts;
    return result;
}

// ---- the event's own times ------------------------------------------------------------------------------------------

// `duration` of the event: its intervals come again until then, or are cut off there.
static int apply_duration(struct intervals *v, const struct openadr_place *at, const json_t *json)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "duration", 0};
    struct dr_event *e = v->e;
    int64_t end = 0;
    e->from_utc_ms = v->first_utc_ms;
    e->until_utc_ms = v->end_utc_ms;
    if (json == NULL)
        return 0;
    if (!json_is_string(json) || openadr_duration_end(json_string_value(json), e->from_utc_ms, &end) < 0)
        return openadr_complain(v->r, &here, AEMS_E_FORMAT, "expected a duration such as PT1H30M, found %s",
                                openadr_found(json, found));
    if (end < e->from_utc_ms)
        return openadr_complain(v->r, &here, AEMS_E_RANGE, "expected more than no time, found %s",
                                openadr_found(json, found));
    if (end == e->from_utc_ms) // PT0S is what the definition takes for a duration that is not said
        return 0;
    if (end > e->until_utc_ms)
        e->turn_ms = e->until_utc_ms - e->from_utc_ms;
    e->until_utc_ms = end;
    return 0;
}

// Instants become times since the start; what lies beyond a shortened end falls away.
static void settle_signals(struct dr_event *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->n_signals; i++) {
        struct dr_signal s = e->signals[i];
        if (s.from_ms >= e->until_utc_ms)
            continue;
        s.until_ms = s.until_ms < e->until_utc_ms ? s.until_ms : e->until_utc_ms;
        s.from_ms -= e->from_utc_ms;
        s.until_ms -= e->from_utc_ms;
        e->signals[kept++] = s;
    }
    e->n_signals = kept;
    dr_event_sort(e);
}

// Moves the whole event by up to `randomizeStart`, either way, but never before both its start and now.
static int shift(const struct intervals *v, const struct openadr_place *at, double random)
{
    struct dr_event *e = v->e;
    int64_t end, earliest = e->from_utc_ms < v->r->now.utc_ms ? e->from_utc_ms : v->r->now.utc_ms;
    const struct openadr_place period = {at, "intervalPeriod", 0};
    const struct openadr_place here = {&period, "randomizeStart", 0};
    if (v->randomize == NULL)
        return 0;
    if (openadr_duration_end(v->randomize, e->from_utc_ms, &end) < 0 || llabs(end - e->from_utc_ms) > LONGEST_SHIFT_MS)
        return openadr_complain(v->r, &here, AEMS_E_RANGE, "expected at most PT24H, found \"%.24s\"", v->randomize);
    int64_t by = llround((2 * random - 1) * (double)llabs(end - e->from_utc_ms));
    if (e->from_utc_ms + by < earliest)
        by = earliest - e->from_utc_ms;
    e->spread_ms = llabs(end - e->from_utc_ms);
    dr_event_shift(e, by);
    return 0;
}

// ---- all of it ------------------------------------------------------------------------------------------------------

static int judge_whole(const struct intervals *v, const struct openadr_place *at)
{
    char since[RFC3339_SIZE];
    if (!v->known || v->e->n_signals == 0)
        return openadr_complain(v->r, at, AEMS_E_REFUSED, "nothing in it is known here: %s",
                                v->unknown[0] != '\0' ? v->unknown : "no payloads");
    if (v->e->until_utc_ms <= v->r->now.utc_ms) {
        rfc3339_format(v->e->until_utc_ms, since);
        return openadr_complain(v->r, at, AEMS_E_REFUSED, "it is over since %s", since);
    }
    return 0;
}

static void shrink(struct dr_event *e)
{
    struct dr_signal *smaller = realloc(e->signals, (e->n_signals > 0 ? e->n_signals : 1) * sizeof(*smaller));
    if (smaller != NULL)
        e->signals = smaller;
}

static int read_all(struct intervals *v, const struct openadr_place *at, const json_t *event)
{
    json_t *list;
    const struct openadr_place here = {at, "intervals", 0};
    int result = openadr_list(v->r, at, event, "intervals", &list);
    if (result == 0 && json_array_size(list) == 0)
        result = openadr_complain(v->r, &here, AEMS_E_FORMAT, "expected at least one interval");
    if (result == 0 && json_array_size(list) > DR_MAX_INTERVALS)
        result = openadr_complain(v->r, &here, AEMS_E_LIMIT, "%zu are more than %d", json_array_size(list),
                                  DR_MAX_INTERVALS);
    for (size_t i = 0; result == 0 && i < json_array_size(list); i++) {
        const struct openadr_place element = {&here, NULL, i};
        result = read_interval(v, &element, i, json_array_get(list, i));
    }
    return result;
}

int openadr_read_intervals(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                           double random, struct dr_event *e)
{
    struct intervals v = {.r = r, .e = e};
    e->signals = calloc(DR_MAX_SIGNALS, sizeof(*e->signals));
    if (e->signals == NULL)
        return AEMS_E_NOMEM;
    int result = openadr_read_scales(r, at, event, &v.scales);
    if (result == 0)
        result = openadr_read_period(r, at, event, &v.period);
    v.randomize = v.period.randomize;
    if (result == 0)
        result = read_all(&v, at, event);
    if (result == 0)
        result = apply_duration(&v, at, openadr_member(event, "duration"));
    if (result < 0)
        return result;
    settle_signals(e);
    result = shift(&v, at, random);
    if (result == 0)
        result = judge_whole(&v, at);
    if (result == 0 && v.unknown[0] != '\0')
        openadr_note(r, "ignored: ", v.unknown);
    shrink(e);
    return result;
}
