// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/dr_view.h"

#include <math.h>
#include <string.h>

#include "base/local_time.h"
#include "dr/event.h"

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static int64_t integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

// ---- times and values -----------------------------------------------------------------------------------------------

void dr_view_zone(const json_t *reply)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    if (zone != NULL)
        local_time_set_zone(zone);
}

// Local time of the area, as people read it: "01-14 13:00".
static void format_time(int64_t utc_ms, char *ret_text, size_t size)
{
    struct local_time l = local_time_at(utc_ms);
    if (utc_ms >= DR_FOREVER_MS)
        snprintf(ret_text, size, "for ever");
    else
        snprintf(ret_text, size, "%02d-%02d %02d:%02d", l.month, l.day, l.minute / 60, l.minute % 60);
}

static void format_value(const json_t *signal, char *ret_text, size_t size)
{
    const char *type = word(signal, "type"), *unit = word(signal, "unit");
    double value = json_number_value(json_object_get(signal, "value"));
    if (strcmp(unit, "W") == 0)
        snprintf(ret_text, size, "%s %.10g kW", type, value / 1000);
    else if (strcmp(unit, "Wh") == 0)
        snprintf(ret_text, size, "%s %.10g kWh", type, value / 1000);
    else if (strcmp(unit, "share") == 0)
        snprintf(ret_text, size, "%s %.10g %%", type, value * 100);
    else if (strcmp(unit, "level") == 0)
        snprintf(ret_text, size, "%s %.0f", type, value);
    else if (unit[0] == '\0')
        snprintf(ret_text, size, "%s", type);
    else
        snprintf(ret_text, size, "%s %.10g %s", type, value, unit);
}

// What it asks for now, else at first, in one line.
static void format_asks(const json_t *event, char *ret_text, size_t size)
{
    size_t used = 0, i;
    const json_t *signal, *now = json_object_get(event, "now");
    const json_t *signals = json_object_get(event, "signals");
    int64_t first = integer(json_array_get(signals, 0), "from_ms");
    ret_text[0] = '\0';
    bool active = json_array_size(now) > 0;
    json_array_foreach(active ? now : signals, i, signal)
    {
        char text[96];
        if (!active && integer(signal, "from_ms") > first)
            continue;
        format_value(signal, text, sizeof(text));
        int n = snprintf(ret_text + used, size - used, "%s%s", used > 0 ? ", " : "", text);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

static enum tint tint_of(const char *state)
{
    return strcmp(state, "active") == 0 ? TINT_WARN : strcmp(state, "refused") == 0 ? TINT_BAD : TINT_PLAIN;
}

// ---- the list -------------------------------------------------------------------------------------------------------

static void add_row(struct table *t, const json_t *event)
{
    char from[32], until[32], asks[CELL_MAX];
    const json_t *priority = json_object_get(event, "priority");
    format_time(integer(event, "from_utc_ms"), from, sizeof(from));
    format_time(integer(event, "until_utc_ms"), until, sizeof(until));
    format_asks(event, asks, sizeof(asks));
    table_cell(t, TINT_PLAIN, "%s", word(event, "id"));
    table_cell(t, tint_of(word(event, "state")), "%s", word(event, "state"));
    table_cell(t, TINT_PLAIN, "%s", from);
    table_cell(t, TINT_PLAIN, "%s", until);
    if (json_is_integer(priority))
        table_cell(t, TINT_PLAIN, "%d", (int)json_integer_value(priority));
    else
        table_cell(t, TINT_PLAIN, "-");
    table_cell(t, TINT_PLAIN, "%s", word(event, "sender")[0] != '\0' ? word(event, "sender") : "-");
    table_cell(t, TINT_PLAIN, "%s", word(event, "target"));
    table_cell(t, TINT_PLAIN, "%s", asks);
}

static void add_limit(struct text *out, const json_t *area, const char *key, const char *what)
{
    const json_t *limit = json_object_get(area, key);
    if (json_is_number(limit))
        text_appendf(out, "  %s at most %.1f kW", what, json_number_value(limit) / 1000);
}

// What holds now, if anything, and whether the sender is heard.
static void add_area(const json_t *area, const struct style *style, struct text *out)
{
    struct text line = {0};
    add_limit(&line, area, "import_limit_w", "import");
    add_limit(&line, area, "export_limit_w", "export");
    if (integer(area, "level") > 0)
        text_appendf(&line, "  level %d", (int)integer(area, "level"));
    if (json_is_true(json_object_get(area, "emergency")))
        text_append(&line, "  grid emergency");
    if (json_is_true(json_object_get(area, "black_start")))
        text_append(&line, "  black start");
    if (word(area, "guard")[0] != '\0' && strcmp(word(area, "guard"), "off") != 0)
        text_appendf(&line, "  heartbeat: %s", word(area, "guard"));
    if (json_is_true(json_object_get(area, "sender_lost")))
        text_append(&line, "  the sender is lost");
    if (line.length > 0) {
        text_append(out, "Now:");
        tinted(out, style, TINT_WARN, line.data);
        text_append(out, "\n\n");
    }
    text_free(&line);
}

void dr_view_list(const json_t *reply, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"event",    "state",  "from",   "until",
                                           "priority", "sender", "target", "asks for"};
    const json_t *event, *events = json_object_get(reply, "events");
    size_t i;
    add_area(json_object_get(reply, "area"), style, out);
    if (json_array_size(events) == 0) {
        text_append(out, json_is_false(json_object_get(reply, "enabled"))
                             ? "demand_response.enabled is false: no event is listened to.\n"
                             : "No event is known.\n");
        return;
    }
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(events, i, event) add_row(t, event);
    table_render(t, style, 0, out);
    table_free(t);
}

// ---- one event ------------------------------------------------------------------------------------------------------

static void add_signals(const json_t *event, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"from", "until", "asks for"};
    const json_t *signal, *signals = json_object_get(event, "signals");
    size_t i;
    struct table *t = table_new(headings, 3);
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(signals, i, signal)
    {
        char from[32], until[32], text[96];
        int64_t start = integer(event, "from_utc_ms"), end = integer(event, "until_utc_ms");
        int64_t until_ms = start + integer(signal, "until_ms");
        format_time(start + integer(signal, "from_ms"), from, sizeof(from));
        format_time(until_ms > end ? end : until_ms, until, sizeof(until));
        format_value(signal, text, sizeof(text));
        table_cell(t, TINT_PLAIN, "%s", from);
        table_cell(t, TINT_PLAIN, "%s", until);
        table_cell(t, TINT_PLAIN, "%s", text);
    }
    table_render(t, style, 2, out);
    table_free(t);
}

void dr_view_event(const json_t *event, const struct style *style, struct text *out)
{
    text_appendf(out, "%s is ", word(event, "id"));
    tinted(out, style, tint_of(word(event, "state")), word(event, "state"));
    text_append(out, "\n");
    if (word(event, "notes")[0] != '\0')
        text_appendf(out, "  %s\n", word(event, "notes"));
    if (word(event, "text")[0] != '\0')
        text_appendf(out, "  \"%s\"\n", word(event, "text"));
    if (integer(event, "turn_ms") > 0) {
        char until[32];
        format_time(integer(event, "until_utc_ms"), until, sizeof(until));
        text_appendf(out, "  comes again every %.10g min until %s\n", (double)integer(event, "turn_ms") / 60000, until);
    }
    if (json_is_number(json_object_get(event, "reference_w")))
        text_appendf(out, "  expected without it: %.1f kW\n",
                     json_number_value(json_object_get(event, "reference_w")) / 1000);
    add_signals(event, style, out);
}

const json_t *dr_view_find(const json_t *reply, const char *id)
{
    const json_t *event;
    size_t i;
    json_array_foreach(json_object_get(reply, "events"), i, event) if (strcmp(word(event, "id"), id) == 0) return event;
    return NULL;
}
