// SPDX-License-Identifier: GPL-3.0-or-later
// One demand-response event of the grid operator, judged and in this program's own terms: what holds when.
//
// OpenADR objects become one (dr/openadr.h), the timeline resolves many of them (dr/timeline.h), the store and records
// keep it as JSON. It says what was asked for; what is done about it is decided elsewhere.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum {
    DR_ID_SIZE = 129,                      // OpenADR ids have 1 to 128 of [A-Za-z0-9_-]
    DR_TEXT_SIZE = 160,                    // of an alert
    DR_NOTES_SIZE = 192,                   // as long as the reasons that openadr_read gives
    DR_MAX_INTERVALS = 96,                 // of one event; what its values split an interval into counts
    DR_MAX_SIGNALS = DR_MAX_INTERVALS * 4, // of one event
    DR_MAX_EVENTS = 64,                    // known at a time
    DR_MAX_TARGETS = 16,
    DR_PRIORITY_NULL = INT32_MAX, // the lowest
};

// What an interval asks for. Units of `value` behind each.
enum dr_signal_kind {
    DR_SIMPLE,            // level 0-3
    DR_PRICE,             // currency/kWh of import
    DR_EXPORT_PRICE,      // currency/kWh
    DR_GHG,               // g/kWh of import
    DR_IMPORT_LIMIT,      // W >= 0
    DR_EXPORT_LIMIT,      // W >= 0
    DR_SETPOINT,          // W that the target is to draw; negative: to feed in
    DR_SETPOINT_RELATIVE, // W more (negative: less) than it would draw otherwise
    DR_CHARGE_STATE,      // share of the capacity of every battery, 0-1; see `is_energy`
    DR_EMERGENCY,         // value 1; the words are in `text`
    DR_BLACK_START,       // likewise
    DR_SIGNAL_COUNT
};

static const int64_t DR_FOREVER_MS = INT64_C(253402300799000); // 9999-12-31T23:59:59Z

struct dr_signal {
    enum dr_signal_kind kind;
    bool is_energy;            // of DR_CHARGE_STATE: `value` is in Wh in all batteries together
    int64_t from_ms, until_ms; // since the event's start, of one turn; until > from
    double value;              // finite
};

struct dr_event {
    char id[DR_ID_SIZE];
    char name[DR_ID_SIZE]; // for people, may be empty; harmless in a log line
    char program[DR_ID_SIZE];
    char sender[SITE_ID_MAX]; // who signed it; empty: nobody
    int priority;             // 0 highest, DR_PRIORITY_NULL lowest
    int grid;                 // what it aims at: a grid connection, -1 the area as a whole
    int64_t received_utc_ms;
    int64_t modified_utc_ms;   // modificationDateTime, or when it was received: an older version never replaces a newer
    uint64_t order;            // counts what was accepted: of two that are equal otherwise the greater is the newer
    int64_t from_utc_ms;       // with its random shift in it
    int64_t until_utc_ms;      // DR_FOREVER_MS: until it is cancelled; not after `from`: it says nothing any more
    int64_t spread_ms;         // randomizeStart, at most a day; 0: none
    int64_t shift_ms;          // what was drawn of it: `from` and `until` have it in them
    int64_t turn_ms;           // its signals come again after so long; 0: they do not
    struct dr_signal *signals; // owned; ascending by kind, then from_ms; those of a kind do not overlap
    size_t n_signals;
    double reference_w;        // import of its target that was expected without it, mean over its time, W >= 0; < 0:
                               // not known. Frozen when it is accepted: levels and relative setpoints rest on it
    char text[DR_TEXT_SIZE];   // of an alert
    char notes[DR_NOTES_SIZE]; // what was left aside of it: part of its status; may be empty
    bool wants_report;         // it has report descriptors
};

void dr_event_free(struct dr_event *e);                                   // NULL is fine
int dr_event_copy(const struct dr_event *e, struct dr_event **ret_event); // AEMS_E_NOMEM

// Moves the whole event; what never ends does not. The shift grows by it.
void dr_event_shift(struct dr_event *e, int64_t by_ms);
// A new version whose start, without shifts, and spread are those of the known one keeps the shift of that one: devices
// that are spread must not all move whenever the sender says something else anew.
void dr_event_keep_shift(struct dr_event *e, const struct dr_event *known);

// Puts its signals in their order: there may be hundreds, and they are looked up many times a second.
void dr_event_sort(struct dr_event *e);

// The signal of a kind that holds at `utc_ms`, or NULL. Borrowed.
const struct dr_signal *dr_event_signal_at(const struct dr_event *e, enum dr_signal_kind kind, int64_t utc_ms);

// The next instant after `utc_ms` at which any signal begins or ends, the event's own start and end included;
// DR_FOREVER_MS: never.
int64_t dr_event_next_change(const struct dr_event *e, int64_t utc_ms);

// Does `s`, one of its signals, hold at any time within [from, to)?
bool dr_event_touches(const struct dr_event *e, const struct dr_signal *s, int64_t from_utc_ms, int64_t to_utc_ms);

bool dr_event_has(const struct dr_event *e, enum dr_signal_kind kind);

// What every event has that this program made: texts that end, numbers in their ranges, signals in their order, and a
// target that a site of `n_grids` connections has.
bool dr_event_is_sound(const struct dr_event *e, size_t n_grids);

// Stable names: "SIMPLE", "IMPORT_CAPACITY_LIMIT", ...: the payload types of OpenADR. Static.
const char *dr_signal_name(enum dr_signal_kind kind);

// Everything of it as one line of JSON, and back with every number judged again; owned by the caller. A connection goes
// by its name in `site`, so that the text outlives changes of the configuration. AEMS_E_NOMEM, AEMS_E_FORMAT (a text
// that this program cannot have written, or bytes that are not UTF-8), AEMS_E_NOT_FOUND (its connection is gone).
int dr_event_to_json(const struct dr_event *e, const struct site *site, char **ret_text);
int dr_event_from_json(const char *text, size_t length, const struct site *site, struct dr_event **ret_event);
