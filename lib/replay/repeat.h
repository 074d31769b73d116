// SPDX-License-Identifier: GPL-3.0-or-later
// A record once more: the same engine is told the same at the same instants, and what it decides is compared with what
// was decided then, to the bit. What the planner answered is part of the record.
//
// The local time zone must be the area's (local_time_set_zone), which repeat_record sees to from the configuration in
// the record. Plants that were measured, prices that were told: `watch` shows them to whoever makes something else of a
// record.
#pragma once

#include "base/text.h"
#include "replay/record.h"

enum repeat_kind { REPEAT_SETPOINT, REPEAT_RELEASE, REPEAT_PROBLEM, REPEAT_ALARM, REPEAT_ANSWER, REPEAT_KIND_COUNT };
const char *repeat_kind_name(enum repeat_kind kind); // "setpoint", ...; static

struct repeat_difference {
    enum repeat_kind kind;
    int64_t utc_ms;
    char what[96];                   // device, alarm, or kind of event
    bool was_recorded, was_repeated; // false: it was not decided at all
    double recorded_w, repeated_w;   // of setpoints
    char reason[160];                // of the repeated one
};

enum { REPEAT_MAX_DIFFERENCES = 20 };

struct repeat_figures {
    struct record_begin begin;
    int64_t from_utc_ms, to_utc_ms; // first and last event
    size_t events, ticks;
    size_t recorded[REPEAT_KIND_COUNT]; // decisions of each kind; of answers: events that the engine judged
    size_t equal[REPEAT_KIND_COUNT];    // of them repeated to the bit
    size_t added[REPEAT_KIND_COUNT];    // repeated only
    bool cold; // the engine's memory is that of another version: it began without, and the beginning may differ
    enum record_ending ending;
    size_t bytes;                                                 // that were read
    struct repeat_difference differences[REPEAT_MAX_DIFFERENCES]; // the first ones
    size_t n_differences;                                         // all of them
    char why[192];                                                // of an error
};

// Called while a record is repeated; any may be NULL. Everything is borrowed for the call.
struct repeat_watch {
    void *user;
    // Once, before the first event.
    void (*begin)(void *user, const struct record_entry *begin, const struct site *site);
    // Before the engine is told.
    void (*event)(void *user, const struct engine *engine, const struct event *event);
    // After a control cycle.
    void (*tick)(void *user, const struct engine *engine, struct instant now);
    // A problem that the engine makes, `same` as it did then.
    void (*problem)(void *user, const struct plan_problem *problem, bool same);
};

// 0 when it was read to its end, whatever the differences; else a sentence is in `ret_figures->why`: AEMS_E_FORMAT (no
// record, or one without a sound beginning), AEMS_E_NOMEM.
int repeat_record(const void *data, size_t length, const struct repeat_watch *watch,
                  struct repeat_figures *ret_figures);

// True when everything was decided again to the bit. Problems may differ: a forecast may know less of former days than
// it did then, and what was decided followed from the answer, which is recorded.
bool repeat_is_exact(const struct repeat_figures *f);
