// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/buildings_view.h"

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void power(struct table *t, enum tint tint, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_number(value))
        table_cell(t, tint, "%.1f", json_number_value(value) / 1000);
    else
        table_cell(t, TINT_DIM, "-");
}

static enum tint tint_of(const char *state)
{
    if (strcmp(state, "failing") == 0)
        return TINT_BAD;
    if (strcmp(state, "opted_out") == 0)
        return TINT_WARN;
    return strcmp(state, "idle") == 0 ? TINT_DIM : TINT_GOOD;
}

enum { TIME_SIZE = 48 };

static const char *local(const char *utc, char ret_text[static TIME_SIZE])
{
    int64_t utc_ms;
    if (rfc3339_parse(utc, &utc_ms) < 0)
        return "?";
    struct local_time l = local_time_at(utc_ms);
    snprintf(ret_text, TIME_SIZE, "%02d-%02d %02d:%02d", l.month, l.day, l.minute / 60, l.minute % 60);
    return ret_text;
}

// The highest that is asked of it in the slots it was told, and until when.
static void next(struct table *t, const json_t *building)
{
    size_t i;
    const json_t *slot;
    double most_w = 0;
    const char *from = "", *until = "";
    char begin[TIME_SIZE], end[TIME_SIZE];
    json_array_foreach(json_object_get(building, "slots"), i, slot)
    {
        double reduction_w = json_number_value(json_object_get(slot, "reduction_w"));
        if (reduction_w <= 0)
            continue;
        from = *from == '\0' ? word(slot, "from") : from;
        until = word(slot, "until");
        most_w = reduction_w > most_w ? reduction_w : most_w;
    }
    if (most_w > 0)
        table_cell(t, TINT_PLAIN, "up to %.1f kW, %s - %s", most_w / 1000, local(from, begin), local(until, end));
    else
        table_cell(t, TINT_DIM, "nothing");
}

void buildings_view(const json_t *buildings, const struct style *style, struct text *out)
{
    const char *const headings[] = {"building", ">draws kW", ">offers kW", ">asked kW", ">gives kW", "state", "told"};
    size_t i;
    const json_t *b;
    const json_t *list = json_object_get(buildings, "buildings");
    if (json_array_size(list) == 0) {
        text_appendf(out, "no buildings are configured\n");
        return;
    }
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    json_array_foreach(list, i, b)
    {
        table_cell(t, TINT_PLAIN, "%s", word(b, "id"));
        power(t, TINT_PLAIN, b, "drawn_w");
        power(t, TINT_PLAIN, b, "offered_w");
        power(t, TINT_BOLD, b, "asked_w");
        power(t, TINT_PLAIN, b, "delivered_w");
        table_cell(t, tint_of(word(b, "state")), "%s", word(b, "state"));
        next(t, b);
    }
    table_render(t, style, 0, out);
    table_free(t);
}
