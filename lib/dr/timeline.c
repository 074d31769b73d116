// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// Loops of very short turns would make a walk endless: beyond so many pieces the strictest of all signals is taken.
enum { MAX_PIECES = 1024 };

// ---- what is known --------------------------------------------------------------------------------------------------

void dr_timeline_clear(struct dr_timeline *t)
{
    for (size_t i = 0; i < t->count; i++)
        dr_event_free(t->events[i]);
    *t = (struct dr_timeline){0};
}

static int find(const struct dr_timeline *t, const char *id)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->events[i]->id, id) == 0)
            return (int)i;
    return -1;
}

static struct dr_event *take_out(struct dr_timeline *t, size_t index)
{
    struct dr_event *e = t->events[index];
    t->count--;
    memmove(&t->events[index], &t->events[index + 1], (t->count - index) * sizeof *t->events);
    t->events[t->count] = NULL;
    return e;
}

// In the order of acceptance; restored ones come in any.
static void insert(struct dr_timeline *t, struct dr_event *event)
{
    size_t at = t->count;
    while (at > 0 && t->events[at - 1]->order > event->order)
        at--;
    memmove(&t->events[at + 1], &t->events[at], (t->count - at) * sizeof *t->events);
    t->events[at] = event;
    t->count++;
    if (event->order > t->order)
        t->order = event->order;
}

int dr_timeline_judge(const struct dr_timeline *t, const struct dr_event *event)
{
    int known = find(t, event->id);
    if (known < 0)
        return t->count < DR_MAX_EVENTS ? 0 : AEMS_E_LIMIT;
    if (strcmp(t->events[known]->sender, event->sender) != 0)
        return AEMS_E_STATE;
    return t->events[known]->modified_utc_ms > event->modified_utc_ms ? AEMS_E_REFUSED : 0;
}

int dr_timeline_put(struct dr_timeline *t, struct dr_event *event)
{
    int code = dr_timeline_judge(t, event), known = find(t, event->id);
    if (code < 0)
        return code;
    if (known >= 0)
        dr_event_free(take_out(t, (size_t)known));
    if (event->order == 0)
        event->order = t->order + 1;
    dr_event_sort(event);
    insert(t, event);
    return 0;
}

int dr_timeline_withdraw(struct dr_timeline *t, const char *id, const char *sender)
{
    int known = find(t, id);
    if (known < 0)
        return AEMS_E_NOT_FOUND;
    if (strcmp(t->events[known]->sender, sender) != 0)
        return AEMS_E_STATE;
    dr_event_free(take_out(t, (size_t)known));
    return 0;
}

struct dr_event *dr_timeline_remove(struct dr_timeline *t, const char *id)
{
    int known = find(t, id);
    return known >= 0 ? take_out(t, (size_t)known) : NULL;
}

const struct dr_event *dr_timeline_find(const struct dr_timeline *t, const char *id)
{
    int known = find(t, id);
    return known >= 0 ? t->events[known] : NULL;
}

struct dr_event *dr_timeline_take_over(struct dr_timeline *t, int64_t utc_ms)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->events[i]->until_utc_ms <= utc_ms || t->events[i]->until_utc_ms <= t->events[i]->from_utc_ms)
            return take_out(t, i);
    return NULL;
}

// ---- who wins -------------------------------------------------------------------------------------------------------

// > 0: `a` asks for less import, or export, than `b`; 0: the kind knows no strictness, or they are equal.
static double stricter_by(enum dr_signal_kind kind, double a, double b)
{
    switch (kind) {
    case DR_IMPORT_LIMIT:
    case DR_EXPORT_LIMIT:
    case DR_SETPOINT:
    case DR_SETPOINT_RELATIVE:
        return b - a;
    case DR_SIMPLE:
        return a - b;
    default:
        return 0;
    }
}

static bool wins(const struct dr_event *event, const struct dr_signal *signal, const struct dr_event *over,
                 const struct dr_signal *than)
{
    if (event->priority != over->priority)
        return event->priority < over->priority;
    double by = stricter_by(signal->kind, signal->value, than->value);
    if (by != 0)
        return by > 0;
    if (event->order != over->order)
        return event->order > over->order;
    return strcmp(event->id, over->id) > 0; // not accepted by anybody: by name, whatever they were put in first
}

bool dr_timeline_at(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t utc_ms,
                    struct dr_signal *ret_signal, const struct dr_event **ret_event)
{
    const struct dr_event *best = NULL;
    const struct dr_signal *signal = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const struct dr_event *e = t->events[i];
        const struct dr_signal *s = e->grid == grid ? dr_event_signal_at(e, kind, utc_ms) : NULL;
        if (s != NULL && (best == NULL || wins(e, s, best, signal))) {
            best = e;
            signal = s;
        }
    }
    if (best == NULL)
        return false;
    *ret_signal = *signal;
    if (ret_event != NULL)
        *ret_event = best;
    return true;
}

// ---- over some time -------------------------------------------------------------------------------------------------

int64_t dr_timeline_next_change(const struct dr_timeline *t, int64_t utc_ms)
{
    int64_t next_ms = DR_FOREVER_MS;
    for (size_t i = 0; i < t->count; i++) {
        int64_t change_ms = dr_event_next_change(t->events[i], utc_ms);
        next_ms = change_ms < next_ms ? change_ms : next_ms;
    }
    return next_ms;
}

// The end of the piece that begins at `utc_ms`, in which nothing changes.
static int64_t piece_end(const struct dr_timeline *t, int64_t utc_ms, int64_t to_utc_ms)
{
    int64_t next_ms = dr_timeline_next_change(t, utc_ms);
    return next_ms < to_utc_ms ? next_ms : to_utc_ms;
}

static bool overlaps(const struct dr_event *e, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return e->from_utc_ms < to_utc_ms && e->until_utc_ms > from_utc_ms;
}

static void take_stricter(enum dr_signal_kind kind, double value, bool *io_found, double *io_value)
{
    if (!*io_found || stricter_by(kind, value, *io_value) > 0)
        *io_value = value;
    *io_found = true;
}

bool dr_timeline_strictest(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t from_utc_ms,
                           int64_t to_utc_ms, double *ret_value)
{
    struct dr_signal signal;
    bool found = false;
    double value = 0;
    int64_t at_ms = from_utc_ms;
    for (int piece = 0; at_ms < to_utc_ms && piece < MAX_PIECES; piece++) {
        if (dr_timeline_at(t, grid, kind, at_ms, &signal, NULL))
            take_stricter(kind, signal.value, &found, &value);
        at_ms = piece_end(t, at_ms, to_utc_ms);
    }
    for (size_t i = 0; at_ms < to_utc_ms && i < t->count; i++)
        for (size_t k = 0; k < t->events[i]->n_signals; k++)
            if (t->events[i]->grid == grid && t->events[i]->signals[k].kind == kind &&
                overlaps(t->events[i], at_ms, to_utc_ms))
                take_stricter(kind, t->events[i]->signals[k].value, &found, &value);
    if (found)
        *ret_value = value;
    return found;
}

bool dr_timeline_mean(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t from_utc_ms,
                      int64_t to_utc_ms, double *ret_value, double *ret_share)
{
    struct dr_signal signal;
    double sum = 0, held_ms = 0;
    int64_t at_ms = from_utc_ms;
    for (int piece = 0; at_ms < to_utc_ms && piece < MAX_PIECES; piece++) {
        int64_t end_ms = piece_end(t, at_ms, to_utc_ms);
        if (dr_timeline_at(t, grid, kind, at_ms, &signal, NULL)) {
            sum += signal.value * (double)(end_ms - at_ms);
            held_ms += (double)(end_ms - at_ms);
        }
        at_ms = end_ms;
    }
    if (held_ms <= 0)
        return false;
    *ret_value = sum / held_ms;
    *ret_share = held_ms / (double)(at_ms - from_utc_ms);
    return true;
}
