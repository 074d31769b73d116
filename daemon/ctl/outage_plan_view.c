// SPDX-License-Identifier: GPL-3.0-or-later
// What would be switched, in which order, as a table a part.
#include <string.h>

#include "daemon/ctl/outage_view.h"

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "-";
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void add_step(struct table *t, const json_t *step)
{
    const char *what = word(step, "what");
    bool of_item = json_object_get(step, "tier") != NULL;
    table_cell(t, TINT_PLAIN, "%.0f s", number(step, "at_s"));
    table_cell(t, strcmp(what, "shed") == 0 ? TINT_WARN : TINT_PLAIN, "%s",
               !of_item                    ? ""
               : strcmp(what, "shed") == 0 ? "goes"
                                           : "comes back");
    table_cell(t, TINT_PLAIN, "%s", of_item ? word(step, "switch") : what);
    table_cell(t, TINT_PLAIN, "%s", of_item ? word(step, "load") : "");
    table_cell(t, TINT_PLAIN, "%s", of_item ? word(step, "tier") : "");
    if (of_item)
        table_cell(t, TINT_PLAIN, "%.1f", number(step, "power_w") / 1000);
    else
        table_cell(t, TINT_PLAIN, "%s", "");
    table_cell(t, TINT_PLAIN, "%.1f", number(step, "drawn_w") / 1000);
}

static void append_end(const json_t *part, const struct style *style, struct text *out)
{
    if (json_is_string(json_object_get(part, "failed"))) {
        text_append(out, "  ");
        tinted(out, style, TINT_BAD, word(part, "failed"));
        text_append(out, "\n");
    }
    if (number(part, "deficit_w") > 0) {
        char line[120];
        snprintf(line, sizeof(line), "  %.1f kW are missing although everything has gone that can be switched off\n",
                 number(part, "deficit_w") / 1000);
        tinted(out, style, TINT_BAD, line);
    }
}

static void append_part(const json_t *island, const char *name, const char *title, const struct style *style,
                        struct text *out)
{
    static const char *const headings[] = {"after", "", "switch", "load", "tier", ">kW", ">all kW"};
    const json_t *step, *part = json_object_get(island, name), *steps = json_object_get(part, "steps");
    size_t i;
    text_append(out, "\n");
    tinted(out, style, TINT_BOLD, title);
    text_append(out, "\n");
    if (json_array_size(steps) == 0)
        text_append(out, "  nothing is switched\n");
    struct table *t = json_array_size(steps) > 0 ? table_new(headings, sizeof(headings) / sizeof(headings[0])) : NULL;
    if (t != NULL) {
        json_array_foreach(steps, i, step) add_step(t, step);
        table_render(t, style, 2, out);
    }
    table_free(t);
    append_end(part, style, out);
}

static void append_island(const json_t *island, const struct style *style, struct text *out)
{
    text_append(out, "\n");
    tinted(out, style, TINT_BOLD, word(island, "id"));
    if (json_is_null(json_object_get(island, "forming")))
        tinted(out, style, TINT_BAD, ": nobody could hold it; it would go black");
    else
        text_appendf(out,
                     ": %s would hold it with up to %.1f kW; %.1f kW are more than it and the others can take over",
                     word(island, "forming"), number(island, "forming_w") / 1000, number(island, "deficit_w") / 1000);
    text_append(out, "\n");
    append_part(island, "loss", "The grid fails now", style, out);
    if (json_is_null(json_object_get(island, "restarting")))
        tinted(out, style, TINT_BAD, "\nBlack, it could not be brought up again: nobody can\n");
    else
        append_part(island, "black", "It went black, and comes up again", style, out);
    append_part(island, "return", "The grid is back", style, out);
}

void outage_view_rehearsal(const json_t *rehearsal, const struct style *style, struct text *out)
{
    const json_t *island;
    size_t i;
    outage_view_line(json_object_get(rehearsal, "outage"), style, out);
    json_array_foreach(json_object_get(rehearsal, "islands"), i, island) append_island(island, style, out);
}
