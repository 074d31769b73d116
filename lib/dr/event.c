// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/event.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const double LONGEST_SPREAD_MS = 86400e3;
static const double LARGEST_W = 1e10, LARGEST_WH = 1e10, LARGEST_PRICE = 1e6, LARGEST_G_PER_KWH = 1e6;

void dr_event_free(struct dr_event *e)
{
    if (e == NULL)
        return;
    free(e->signals);
    free(e);
}

int dr_event_copy(const struct dr_event *e, struct dr_event **ret_event)
{
    struct dr_event *copy = malloc(sizeof *copy);
    struct dr_signal *signals = calloc(e->n_signals + 1, sizeof *signals);
    if (copy == NULL || signals == NULL) {
        free(copy);
        free(signals);
        return AEMS_E_NOMEM;
    }
    *copy = *e;
    copy->signals = signals;
    if (e->n_signals > 0)
        memcpy(signals, e->signals, e->n_signals * sizeof *signals);
    *ret_event = copy;
    return 0;
}

// ---- spread starts --------------------------------------------------------------------------------------------------

void dr_event_shift(struct dr_event *e, int64_t by_ms)
{
    bool forever = e->until_utc_ms >= DR_FOREVER_MS;
    e->shift_ms += by_ms;
    e->from_utc_ms += by_ms;
    e->until_utc_ms = forever || e->until_utc_ms + by_ms > DR_FOREVER_MS ? DR_FOREVER_MS : e->until_utc_ms + by_ms;
    for (size_t i = 0; forever && e->turn_ms == 0 && i < e->n_signals; i++)
        if (e->signals[i].until_ms > DR_FOREVER_MS - e->from_utc_ms)
            e->signals[i].until_ms = DR_FOREVER_MS - e->from_utc_ms;
}

void dr_event_keep_shift(struct dr_event *e, const struct dr_event *known)
{
    bool same_start = e->from_utc_ms - e->shift_ms == known->from_utc_ms - known->shift_ms;
    if (same_start && e->spread_ms == known->spread_ms && e->spread_ms > 0)
        dr_event_shift(e, known->shift_ms - e->shift_ms);
}

// ---- what holds when ------------------------------------------------------------------------------------------------

static bool is_on(const struct dr_event *e, int64_t utc_ms)
{
    return utc_ms >= e->from_utc_ms && utc_ms < e->until_utc_ms;
}

static int by_kind_and_time(const void *a, const void *b)
{
    const struct dr_signal *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

void dr_event_sort(struct dr_event *e)
{
    if (e->n_signals > 1)
        qsort(e->signals, e->n_signals, sizeof *e->signals, by_kind_and_time);
}

// The first signal behind all of `kind` that began by `since_ms`.
static size_t behind(const struct dr_event *e, enum dr_signal_kind kind, int64_t since_ms)
{
    const struct dr_signal wanted = {.kind = kind, .from_ms = since_ms};
    size_t low = 0, high = e->n_signals;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_kind_and_time(&e->signals[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct dr_signal *dr_event_signal_at(const struct dr_event *e, enum dr_signal_kind kind, int64_t utc_ms)
{
    if (!is_on(e, utc_ms))
        return NULL;
    int64_t since_ms = utc_ms - e->from_utc_ms;
    if (e->turn_ms > 0)
        since_ms %= e->turn_ms;
    size_t next = behind(e, kind, since_ms);
    const struct dr_signal *s = next > 0 ? &e->signals[next - 1] : NULL;
    return s != NULL && s->kind == kind && since_ms < s->until_ms ? s : NULL;
}

// The nearest end of any signal of a kind that lies after `since_ms`, in this turn or the next; the first of that kind
// is `first`, `ret_after` becomes the first of the next one.
static int64_t next_end(const struct dr_event *e, size_t first, int64_t since_ms, size_t *ret_after)
{
    enum dr_signal_kind kind = e->signals[first].kind;
    size_t next = behind(e, kind, since_ms);
    *ret_after = behind(e, kind, INT64_MAX);
    if (next > first && e->signals[next - 1].until_ms > since_ms)
        return e->signals[next - 1].until_ms;
    if (next < *ret_after)
        return e->signals[next].from_ms;
    return e->turn_ms > 0 ? e->signals[first].from_ms + e->turn_ms : DR_FOREVER_MS;
}

int64_t dr_event_next_change(const struct dr_event *e, int64_t utc_ms)
{
    if (e->until_utc_ms <= e->from_utc_ms || utc_ms >= e->until_utc_ms)
        return DR_FOREVER_MS;
    if (utc_ms < e->from_utc_ms)
        return e->from_utc_ms;
    int64_t since_ms = utc_ms - e->from_utc_ms;
    int64_t turn_began_ms = e->turn_ms > 0 ? since_ms - since_ms % e->turn_ms : 0;
    int64_t next_ms = e->until_utc_ms;
    for (size_t i = 0; i < e->n_signals;) {
        int64_t end_ms = e->from_utc_ms + turn_began_ms + next_end(e, i, since_ms - turn_began_ms, &i);
        next_ms = end_ms < next_ms ? end_ms : next_ms;
    }
    return next_ms;
}

bool dr_event_touches(const struct dr_event *e, const struct dr_signal *s, int64_t from_utc_ms, int64_t to_utc_ms)
{
    int64_t from = from_utc_ms > e->from_utc_ms ? from_utc_ms : e->from_utc_ms;
    int64_t to = to_utc_ms < e->until_utc_ms ? to_utc_ms : e->until_utc_ms;
    int64_t since_ms = from - e->from_utc_ms, length_ms = to - from;
    if (length_ms <= 0)
        return false;
    if (e->turn_ms > 0 && length_ms >= e->turn_ms)
        return true;
    if (e->turn_ms > 0)
        since_ms %= e->turn_ms;
    bool now = s->from_ms < since_ms + length_ms && s->until_ms > since_ms;
    return now || (e->turn_ms > 0 && s->from_ms < since_ms + length_ms - e->turn_ms);
}

bool dr_event_has(const struct dr_event *e, enum dr_signal_kind kind)
{
    for (size_t i = 0; i < e->n_signals; i++)
        if (e->signals[i].kind == kind)
            return true;
    return false;
}

const char *dr_signal_name(enum dr_signal_kind kind)
{
    static const char *const names[DR_SIGNAL_COUNT] = {[DR_SIMPLE] = "SIMPLE",
                                                       [DR_PRICE] = "PRICE",
                                                       [DR_EXPORT_PRICE] = "EXPORT_PRICE",
                                                       [DR_GHG] = "GHG",
                                                       [DR_IMPORT_LIMIT] = "IMPORT_CAPACITY_LIMIT",
                                                       [DR_EXPORT_LIMIT] = "EXPORT_CAPACITY_LIMIT",
                                                       [DR_SETPOINT] = "DISPATCH_SETPOINT",
                                                       [DR_SETPOINT_RELATIVE] = "DISPATCH_SETPOINT_RELATIVE",
                                                       [DR_CHARGE_STATE] = "CHARGE_STATE_SETPOINT",
                                                       [DR_EMERGENCY] = "ALERT_GRID_EMERGENCY",
                                                       [DR_BLACK_START] = "ALERT_BLACK_START"};
    return (unsigned)kind < DR_SIGNAL_COUNT ? names[kind] : "unknown";
}

// ---- is it one of ours? ---------------------------------------------------------------------------------------------

static bool value_is_sound(const struct dr_signal *s)
{
    switch (s->kind) {
    case DR_SIMPLE:
        return in_range(s->value, 0, SITE_DR_LEVELS) && s->value == floor(s->value);
    case DR_PRICE:
    case DR_EXPORT_PRICE:
        return in_range(s->value, -LARGEST_PRICE, LARGEST_PRICE);
    case DR_GHG:
        return in_range(s->value, 0, LARGEST_G_PER_KWH);
    case DR_IMPORT_LIMIT:
    case DR_EXPORT_LIMIT:
        return in_range(s->value, 0, LARGEST_W);
    case DR_SETPOINT:
    case DR_SETPOINT_RELATIVE:
        return in_range(s->value, -LARGEST_W, LARGEST_W);
    case DR_CHARGE_STATE:
        return in_range(s->value, 0, s->is_energy ? LARGEST_WH : 1);
    case DR_EMERGENCY:
    case DR_BLACK_START:
        return s->value == 1;
    case DR_SIGNAL_COUNT:
        break;
    }
    return false;
}

static bool signals_are_sound(const struct dr_event *e)
{
    int64_t over_ms[DR_SIGNAL_COUNT] = {0};
    int64_t latest_ms = e->turn_ms > 0 ? e->turn_ms : DR_FOREVER_MS;
    if (e->n_signals > DR_MAX_SIGNALS || (e->n_signals > 0 && e->signals == NULL))
        return false;
    for (size_t i = 0; i < e->n_signals; i++) {
        const struct dr_signal *s = &e->signals[i];
        if ((unsigned)s->kind >= DR_SIGNAL_COUNT || !value_is_sound(s))
            return false;
        if (s->from_ms < over_ms[s->kind] || s->until_ms <= s->from_ms || s->until_ms > latest_ms)
            return false;
        over_ms[s->kind] = s->until_ms;
    }
    return true;
}

static bool is_event_id(const char id[DR_ID_SIZE])
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strnlen(id, DR_ID_SIZE);
    return length > 0 && length < DR_ID_SIZE && strspn(id, allowed) == length;
}

static bool texts_end(const struct dr_event *e)
{
    return memchr(e->name, '\0', sizeof e->name) != NULL && memchr(e->program, '\0', sizeof e->program) != NULL &&
           memchr(e->sender, '\0', sizeof e->sender) != NULL && memchr(e->text, '\0', sizeof e->text) != NULL &&
           memchr(e->notes, '\0', sizeof e->notes) != NULL;
}

// Differences of instants must not leave the range of the type.
static bool is_instant(int64_t utc_ms)
{
    return utc_ms >= -DR_FOREVER_MS && utc_ms <= DR_FOREVER_MS;
}

bool dr_event_is_sound(const struct dr_event *e, size_t n_grids)
{
    bool times = is_instant(e->received_utc_ms) && is_instant(e->modified_utc_ms) && is_instant(e->from_utc_ms) &&
                 is_instant(e->until_utc_ms) && e->turn_ms >= 0 && e->turn_ms <= DR_FOREVER_MS;
    times &= in_range((double)e->spread_ms, 0, LONGEST_SPREAD_MS) &&
             in_range((double)e->shift_ms, -(double)e->spread_ms, (double)e->spread_ms);
    bool numbers = e->priority >= 0 && e->order <= INT64_MAX && e->grid >= -1 &&
                   (e->grid < 0 || (size_t)e->grid < n_grids) && in_range(e->reference_w, -1, LARGEST_W);
    return times && numbers && is_event_id(e->id) && texts_end(e) && signals_are_sound(e);
}
