// SPDX-License-Identifier: GPL-3.0-or-later
// An event as one line of JSON, for the store and for records: numbers come back to the last bit.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "dr/event.h"

// ---- out ------------------------------------------------------------------------------------------------------------

static json_t *pack_signals(const struct dr_event *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->n_signals; i++) {
        const struct dr_signal *s = &e->signals[i];
        json_t *one = json_pack("[s, I, I, f, b]", dr_signal_name(s->kind), (json_int_t)s->from_ms,
                                (json_int_t)s->until_ms, s->value, (int)s->is_energy);
        if (list == NULL || one == NULL || json_array_append_new(list, one) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *pack(const struct dr_event *e, const struct site *site)
{
    json_t *signals = pack_signals(e);
    const char *grid = e->grid >= 0 ? site->grids[e->grid].id : NULL;
    if (signals == NULL)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:s, s:b, s:I, s:I, s:o}",
                     "id", e->id, "name", e->name, "program", e->program, "sender", e->sender, "priority", e->priority,
                     "grid", grid, "received_ms", (json_int_t)e->received_utc_ms, "modified_ms",
                     (json_int_t)e->modified_utc_ms, "order", (json_int_t)e->order, "from_ms",
                     (json_int_t)e->from_utc_ms, "until_ms", (json_int_t)e->until_utc_ms, "turn_ms",
                     (json_int_t)e->turn_ms, "reference_w", e->reference_w, "text", e->text, "notes", e->notes,
                     "wants_report", (int)e->wants_report, "spread_ms", (json_int_t)e->spread_ms, "shift_ms",
                     (json_int_t)e->shift_ms, "signals", signals);
}

static bool is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

int dr_event_to_json(const struct dr_event *e, const struct site *site, char **ret_text)
{
    if (!dr_event_is_sound(e, site->n_grids))
        return AEMS_E_FORMAT;
    if (!is_utf8(e->name) || !is_utf8(e->program) || !is_utf8(e->sender) || !is_utf8(e->text) || !is_utf8(e->notes))
        return AEMS_E_FORMAT;
    json_t *json = pack(e, site);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (text == NULL)
        return AEMS_E_NOMEM;
    *ret_text = text;
    return 0;
}

// ---- and back -------------------------------------------------------------------------------------------------------

static int signal_of(const char *name)
{
    for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++)
        if (strcmp(dr_signal_name((enum dr_signal_kind)kind), name) == 0)
            return kind;
    return -1;
}

static int unpack_signals(json_t *list, struct dr_event *e)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > DR_MAX_SIGNALS)
        return AEMS_E_FORMAT;
    e->signals = calloc(json_array_size(list) + 1, sizeof *e->signals);
    if (e->signals == NULL)
        return AEMS_E_NOMEM;
    json_array_foreach(list, i, item)
    {
        const char *name;
        json_int_t from, until;
        double value;
        int is_energy;
        if (json_unpack(item, "[s, I, I, F, b!]", &name, &from, &until, &value, &is_energy) < 0 || signal_of(name) < 0)
            return AEMS_E_FORMAT;
        e->signals[e->n_signals++] =
            (struct dr_signal){(enum dr_signal_kind)signal_of(name), is_energy, from, until, value};
    }
    return 0;
}

struct texts {
    const char *id, *name, *program, *sender, *text, *notes;
};

static bool take_texts(const struct texts *t, struct dr_event *e)
{
    return text_copy(e->id, sizeof e->id, t->id) == 0 && text_copy(e->name, sizeof e->name, t->name) == 0 &&
           text_copy(e->program, sizeof e->program, t->program) == 0 &&
           text_copy(e->sender, sizeof e->sender, t->sender) == 0 && text_copy(e->text, sizeof e->text, t->text) == 0 &&
           text_copy(e->notes, sizeof e->notes, t->notes) == 0;
}

static int find_grid(const struct site *site, const char *id)
{
    for (size_t g = 0; g < site->n_grids; g++)
        if (strcmp(site->grids[g].id, id) == 0)
            return (int)g;
    return -1;
}

static int unpack(json_t *json, const struct site *site, struct dr_event *e)
{
    struct texts t = {0};
    json_int_t received, modified, order, from, until, turn, spread, shift;
    int wants_report;
    json_t *grid, *signals;
    if (json_unpack(
            json, "{s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:F, s:s, s:s, s:b, s:I, s:I, s:o!}",
            "id", &t.id, "name", &t.name, "program", &t.program, "sender", &t.sender, "priority", &e->priority, "grid",
            &grid, "received_ms", &received, "modified_ms", &modified, "order", &order, "from_ms", &from, "until_ms",
            &until, "turn_ms", &turn, "reference_w", &e->reference_w, "text", &t.text, "notes", &t.notes,
            "wants_report", &wants_report, "spread_ms", &spread, "shift_ms", &shift, "signals", &signals) < 0 ||
        !take_texts(&t, e) || order < 0)
        return AEMS_E_FORMAT;
    e->received_utc_ms = received;
    e->modified_utc_ms = modified;
    e->order = (uint64_t)order;
    e->from_utc_ms = from;
    e->until_utc_ms = until;
    e->turn_ms = turn;
    e->spread_ms = spread;
    e->shift_ms = shift;
    e->wants_report = wants_report;
    e->grid = json_is_string(grid) ? find_grid(site, json_string_value(grid)) : -1;
    int result = unpack_signals(signals, e);
    dr_event_sort(e);
    if (result == 0 && !dr_event_is_sound(e, site->n_grids))
        result = AEMS_E_FORMAT;
    if (result == 0 && !json_is_string(grid) && !json_is_null(grid))
        result = AEMS_E_FORMAT;
    if (result == 0 && json_is_string(grid) && e->grid < 0)
        result = AEMS_E_NOT_FOUND;
    return result;
}

int dr_event_from_json(const char *text, size_t length, const struct site *site, struct dr_event **ret_event)
{
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    struct dr_event *e = calloc(1, sizeof *e);
    int result = e == NULL ? AEMS_E_NOMEM : json == NULL ? AEMS_E_FORMAT : unpack(json, site, e);
    json_decref(json);
    if (result < 0) {
        dr_event_free(e);
        return result;
    }
    *ret_event = e;
    return 0;
}
