// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/outage_view.h"

#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"

static const char *const tiers[] = {"lifeline", "important", "ordinary", "deferrable"};
enum { TIERS = sizeof(tiers) / sizeof(tiers[0]) };

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "-";
}

static bool is(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static double kilo(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name)) / 1000;
}

void outage_view_time(const json_t *object, const char *key, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    int64_t utc_ms;
    if (text == NULL || rfc3339_parse(text, &utc_ms) < 0) {
        snprintf(ret_text, size, "-");
        return;
    }
    struct local_time l = local_time_at(utc_ms);
    snprintf(ret_text, size, "%02d-%02d %02d:%02d", l.month, l.day, l.minute / 60, l.minute % 60);
}

// ---- the area ------------------------------------------------------------------------------------------------------

static void append_autonomy(const json_t *outage, struct text *out)
{
    const json_t *hours = json_object_get(outage, "autonomy_h");
    if (!json_is_number(json_object_get(hours, tiers[0]))) { // just after a start
        text_append(out, "not known yet");
        return;
    }
    for (size_t t = 0; t < TIERS; t++) {
        const json_t *h = json_object_get(hours, tiers[t]);
        text_appendf(out, "%s%s ", t > 0 ? ", " : "", t == 0 ? tiers[t] : t == TIERS - 1 ? "all" : tiers[t]);
        if (json_is_number(h))
            text_appendf(out, "%.1f h", json_number_value(h));
        else
            text_append(out, "?");
    }
}

static void append_state(const json_t *outage, const struct style *style, struct text *out)
{
    char since[32], until[32], line[160];
    if (is(outage, "on")) {
        outage_view_time(outage, "since", since, sizeof(since));
        outage_view_time(outage, "expected_until", until, sizeof(until));
        snprintf(line, sizeof(line), "outage since %s, %s %s", since,
                 is(outage, "expected_said") ? "grid expected" : "nobody knows for how long: planned until", until);
        tinted(out, style, TINT_BAD, line);
    } else if (is(outage, "warned")) {
        outage_view_time(outage, "warned_from", since, sizeof(since));
        outage_view_time(outage, "warned_until", until, sizeof(until));
        snprintf(line, sizeof(line), "outage ahead: %s to %s", since, until);
        tinted(out, style, TINT_WARN, line);
    } else {
        text_append(out, "no outage");
    }
}

void outage_view_line(const json_t *outage, const struct style *style, struct text *out)
{
    if (!json_is_object(outage))
        return;
    append_state(outage, style, out);
    text_append(out, "   autonomy: ");
    append_autonomy(outage, out);
    text_append(out, "\n");
}

// ---- islands -------------------------------------------------------------------------------------------------------

static enum tint tint_of(const char *state)
{
    return strcmp(state, "connected") == 0 ? TINT_GOOD : strcmp(state, "black") == 0 ? TINT_BAD : TINT_WARN;
}

static void add_island(struct table *t, const json_t *island)
{
    char since[32], stable[32];
    const json_t *of_tiers = json_object_get(island, "tiers");
    outage_view_time(island, "since", since, sizeof(since));
    outage_view_time(island, "grid_stable", stable, sizeof(stable));
    table_cell(t, TINT_PLAIN, "%s", word(island, "id"));
    table_cell(t, tint_of(word(island, "state")), "%s", word(island, "state"));
    table_cell(t, TINT_PLAIN, "%s", since);
    table_cell(t, is(island, "disagree") ? TINT_WARN : TINT_PLAIN, "%s%s", word(island, "supply"),
               is(island, "disagree") ? ", disputed" : "");
    table_cell(t, TINT_PLAIN, "%s", stable);
    table_cell(t, TINT_PLAIN, "%s", word(island, "forming"));
    if (json_is_number(json_object_get(island, "forming_w")))
        table_cell(t, TINT_PLAIN, "%.1f of %.0f to %.0f", kilo(island, "forming_w"), kilo(island, "forming_low_w"),
                   kilo(island, "forming_high_w"));
    else
        table_cell(t, TINT_PLAIN, "-");
    for (size_t k = 0; k < TIERS; k++) {
        const json_t *tier = json_object_get(of_tiers, tiers[k]);
        table_cell(t, is(tier, "served") ? TINT_PLAIN : TINT_WARN, "%.0f/%.0f", kilo(tier, "served_w"),
                   kilo(tier, "demand_w"));
    }
}

static void append_islands(const json_t *outage, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"island",     "state",     "since",       "grid",
                                           "stable",     "formed by", "kW of range", ">lifeline",
                                           ">important", ">ordinary", ">deferrable"};
    const json_t *island;
    size_t i;
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(json_object_get(outage, "islands"), i, island) add_island(t, island);
    table_render(t, style, 0, out);
    table_free(t);
}

static void add_switch(struct table *t, const json_t *island, const json_t *of)
{
    const json_t *closed = json_object_get(of, "closed");
    bool trouble = !is(of, "obeys") || !is(of, "reachable");
    char since[32];
    outage_view_time(of, "since", since, sizeof(since));
    table_cell(t, TINT_PLAIN, "%s", word(of, "id"));
    table_cell(t, TINT_PLAIN, "%s", word(island, "id"));
    table_cell(t, TINT_PLAIN, "%s", is(of, "breaker") ? "breaker" : word(of, "load"));
    table_cell(t, TINT_PLAIN, "%s", is(of, "breaker") ? "" : word(of, "tier"));
    table_cell(t, json_is_true(closed) ? TINT_PLAIN : TINT_WARN, "%s",
               json_is_true(closed)    ? "closed"
               : json_is_false(closed) ? "open"
                                       : "not known");
    table_cell(t, TINT_PLAIN, "%s", since);
    table_cell(t, TINT_PLAIN, "%.1f", kilo(of, "power_w"));
    table_cell(t, trouble ? TINT_BAD : TINT_PLAIN, "%s",
               !is(of, "reachable") ? "does not answer"
               : !is(of, "obeys")   ? "does not obey"
                                    : "");
}

static void append_switches(const json_t *outage, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"switch", "island", "load", "tier", "is", "since", ">kW", ""};
    const json_t *island, *of;
    size_t i, k;
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(json_object_get(outage, "islands"), i, island)
    {
        json_array_foreach(json_object_get(island, "switches"), k, of) add_switch(t, island, of);
    }
    text_append(out, "\n");
    table_render(t, style, 0, out);
    table_free(t);
}

// Of what people said, and why, nothing is cut off at the edge of the screen.
static struct style without_end(const struct style *style)
{
    struct style whole = *style;
    whole.width = TABLE_MAX_COLUMNS * CELL_MAX;
    return whole;
}

static void append_words(const json_t *outage, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"word", "id", "island", "state", "from", "until", "who", "why"};
    const struct style whole = without_end(style);
    const json_t *w, *words = json_object_get(outage, "words");
    size_t i;
    if (json_array_size(words) == 0)
        return;
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(words, i, w)
    {
        char from[32], until[32];
        outage_view_time(w, "from", from, sizeof(from));
        outage_view_time(w, "until", until, sizeof(until));
        table_cell(t, TINT_PLAIN, "%s", word(w, "action"));
        table_cell(t, TINT_PLAIN, "%s", word(w, "id"));
        table_cell(t, TINT_PLAIN, "%s", json_is_null(json_object_get(w, "island")) ? "all" : word(w, "island"));
        table_cell(t, TINT_PLAIN, "%s", word(w, "state"));
        table_cell(t, TINT_PLAIN, "%s", from);
        table_cell(t, TINT_PLAIN, "%s", until);
        table_cell(t, TINT_PLAIN, "%s", word(w, "who"));
        table_cell(t, TINT_PLAIN, "%s", word(w, "why"));
    }
    text_append(out, "\n");
    table_render(t, &whole, 0, out);
    table_free(t);
}

void outage_view_status(const json_t *reply, const struct style *style, struct text *out)
{
    const json_t *outage = json_object_get(reply, "outage"), *fuel = json_object_get(outage, "fuel_wh");
    outage_view_line(outage, style, out);
    text_appendf(out, "stored %.1f kWh, fuel for ", kilo(outage, "stored_wh"));
    if (json_is_number(fuel))
        text_appendf(out, "%.0f kWh", json_number_value(fuel) / 1000);
    else
        text_append(out, "as long as it comes");
    text_appendf(out, ", %.0f %% of the batteries kept in reserve\n\n",
                 100 * json_number_value(json_object_get(outage, "reserve_frac")));
    append_islands(outage, style, out);
    append_switches(outage, style, out);
    append_words(outage, style, out);
    if (json_array_size(json_object_get(reply, "journal")) > 0) {
        text_append(out, "\n");
        outage_view_journal(json_object_get(reply, "journal"), style, out);
    }
}

// ---- the journal ---------------------------------------------------------------------------------------------------

// To the second: what follows upon what matters here.
static void time_of(const json_t *entry, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(entry, "t"));
    int64_t utc_ms;
    snprintf(ret_text, size, "-");
    if (text == NULL || rfc3339_parse(text, &utc_ms) < 0)
        return;
    struct local_time l = local_time_at(utc_ms);
    snprintf(ret_text, size, "%04d-%02d-%02d %02d:%02d:%02d", l.year, l.month, l.day, l.minute / 60, l.minute % 60,
             l.second);
}

void outage_view_journal(const json_t *entries, const struct style *style, struct text *out)
{
    static const char *const headings[] = {">no", "time", "island", "from", "to", "cause"};
    const struct style whole = without_end(style);
    const json_t *e;
    size_t i;
    if (json_array_size(entries) == 0) {
        text_append(out, "The journal is empty.\n");
        return;
    }
    struct table *t = table_new(headings, sizeof(headings) / sizeof(headings[0]));
    if (t == NULL) {
        out->failed = true;
        return;
    }
    json_array_foreach(entries, i, e)
    {
        char time[32];
        bool moved = strcmp(word(e, "from"), word(e, "to")) != 0;
        time_of(e, time, sizeof(time));
        table_cell(t, TINT_PLAIN, "%lld", (long long)json_integer_value(json_object_get(e, "number")));
        table_cell(t, TINT_PLAIN, "%s", time);
        table_cell(t, TINT_PLAIN, "%s", word(e, "island"));
        table_cell(t, TINT_PLAIN, "%s", moved ? word(e, "from") : "");
        table_cell(t, moved ? tint_of(word(e, "to")) : TINT_PLAIN, "%s", moved ? word(e, "to") : "");
        table_cell(t, TINT_PLAIN, "%s", word(e, "cause"));
    }
    table_render(t, &whole, 0, out);
    table_free(t);
}

static void append_quoted(struct text *out, const char *text)
{
    text_append(out, "\"");
    for (const char *c = text; *c != '\0'; c++)
        text_appendf(out, *c == '"' ? "\"%c" : "%c", *c);
    text_append(out, "\"");
}

void outage_view_journal_csv(const json_t *entries, struct text *out)
{
    const json_t *e;
    size_t i;
    text_append(out, "number,time,island,from,to,cause\n");
    json_array_foreach(entries, i, e)
    {
        text_appendf(out, "%lld,%s,%s,%s,%s,", (long long)json_integer_value(json_object_get(e, "number")),
                     word(e, "t"), word(e, "island"), word(e, "from"), word(e, "to"));
        append_quoted(out, word(e, "cause"));
        text_append(out, "\n");
    }
}
