// SPDX-License-Identifier: GPL-3.0-or-later
// All known events of the grid operator, and what holds of them at an instant: resolved the same way every time.
//
// Of several signals of one kind at the same time the one of the higher priority holds; of equal priority the stricter
// (of prices and other kinds that know no strictness: the newer); of equal strictness the newer. Every kind is resolved
// by itself: a price of one event does not hide a limit of another. Events of a grid connection and of the area as a
// whole do not hide each other: both hold.
#pragma once

#include "dr/event.h"

struct dr_timeline {                        // zero-initialise
    struct dr_event *events[DR_MAX_EVENTS]; // owned, in the order in which they were accepted
    size_t count;
    uint64_t order; // of the last that was accepted
};

void dr_timeline_clear(struct dr_timeline *t);

// What dr_timeline_put would say. Without effect.
int dr_timeline_judge(const struct dr_timeline *t, const struct dr_event *event);
// Takes `event` over, in the place of one of the same id (and sender); of order 0 it is given the next. Its
// signals are sorted by kind and time. AEMS_E_LIMIT: DR_MAX_EVENTS are known; AEMS_E_REFUSED: the version known is
// newer; AEMS_E_STATE: that one is of another sender. The event then stays the caller's.
int dr_timeline_put(struct dr_timeline *t, struct dr_event *event);
// AEMS_E_NOT_FOUND; AEMS_E_STATE: it is another sender's.
int dr_timeline_withdraw(struct dr_timeline *t, const char *id, const char *sender);
// Takes an event out and hands it over; NULL: there is none of that id.
struct dr_event *dr_timeline_remove(struct dr_timeline *t, const char *id);
const struct dr_event *dr_timeline_find(const struct dr_timeline *t, const char *id); // borrowed, or NULL

// Takes out, and hands over, one event that is over at `utc_ms`; NULL: there is none.
struct dr_event *dr_timeline_take_over(struct dr_timeline *t, int64_t utc_ms);

// What holds of a kind for a target (`grid` -1: the area) at `utc_ms`; false: nothing. `ret_event`: whose it is,
// borrowed; may be NULL.
bool dr_timeline_at(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t utc_ms,
                    struct dr_signal *ret_signal, const struct dr_event **ret_event);

// The strictest that holds of a limit kind (DR_IMPORT_LIMIT, DR_EXPORT_LIMIT, DR_SETPOINT, DR_SETPOINT_RELATIVE,
// DR_SIMPLE) at any time within [from, to).
bool dr_timeline_strictest(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t from_utc_ms,
                           int64_t to_utc_ms, double *ret_value);

// The mean by time of a kind over [from, to), of the part where it holds; `ret_share` (0-1] is that part.
bool dr_timeline_mean(const struct dr_timeline *t, int grid, enum dr_signal_kind kind, int64_t from_utc_ms,
                      int64_t to_utc_ms, double *ret_value, double *ret_share);

// The next instant after `utc_ms` at which anything changes; DR_FOREVER_MS: never.
int64_t dr_timeline_next_change(const struct dr_timeline *t, int64_t utc_ms);
