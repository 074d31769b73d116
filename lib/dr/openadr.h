// SPDX-License-Identifier: GPL-3.0-or-later
// OpenADR 3.1 objects: events and notifications in, events and reports out. The event format, not a certified VEN.
//
// Lenient in form, for what is published slips from the schema: objectType may be missing, keys may be unknown, a date
// may stand without a time. Strict in what is acted upon: every value finite and in range, every time and duration
// well-formed, an event whole or not at all.
#pragma once

#include <jansson.h>

#include "base/instant.h"
#include "dr/event.h"

enum { OPENADR_MAX_BYTES = 16384, OPENADR_WHY_SIZE = 192 };

// ---- in -------------------------------------------------------------------------------------------------------------

enum openadr_operation { OPENADR_CREATE, OPENADR_UPDATE, OPENADR_DELETE };

struct openadr_message {
    enum openadr_operation operation; // a bare event: CREATE
    char id[DR_ID_SIZE];              // of the event; one without an id has a name made from its content: "e-" and hex
    struct dr_event *event;           // owned; NULL of DELETE, and of an event that only asks for reports
    bool not_for_us;                  // it has targets, and none is ours: nothing else is judged
    char notes[OPENADR_WHY_SIZE];     // what was left aside: "ignored: CURVE, EXPORT_RESERVATION_FEE"; empty: nothing
};

// `random` in [0, 1) decides a randomizeStart of at most 24 h, which never leads before both the start and now. A start
// of 0001-01-01 is `now`; with PT0S, in the period of the event, it withdraws the event of that id (OPENADR_DELETE, for
// which targets do not count). A part that values split an interval into lasts at least a second. A priority of null or
// none is the lowest. Units go by the payload descriptor: W, KW, MW; WH, KWH, MWH; PERCENT; without one KW, KWH, and
// currency/KWH. AEMS_E_FORMAT, AEMS_E_RANGE, AEMS_E_LIMIT (bytes, intervals), AEMS_E_REFUSED (it is over; it holds
// nothing that is known here), with a sentence for the sender in `ret_why` (OPENADR_WHY_SIZE) that names the place:
// "intervals[3].payloads[0].values[0]: ...". Nothing to free then; `ret_message->id` is filled as soon as it was
// readable, and empty otherwise. Nothing is left out silently.
int openadr_read(const struct site *s, const char *payload, size_t length, struct instant now, double random,
                 struct openadr_message *ret_message, char *ret_why, size_t why_size);
void openadr_message_free(struct openadr_message *m);

// An ISO 8601 duration from `utc_ms` on (years and months by the calendar of UTC): its end in `ret_utc_ms`, at most
// DR_FOREVER_MS. AEMS_E_FORMAT.
int openadr_duration_end(const char *text, int64_t utc_ms, int64_t *ret_utc_ms);
// A length of time as ISO 8601, "PT1H30M"; >= 0.
enum { DURATION_SIZE = 40 };
void openadr_duration_format(int64_t ms, char ret_text[static DURATION_SIZE]);

// ---- out ------------------------------------------------------------------------------------------------------------

struct openadr_value { // one payload of an interval
    const char *type;  // "IMPORT_CAPACITY_LIMIT"
    double value;
};

struct openadr_interval {
    int64_t from_utc_ms, until_utc_ms;
    const struct openadr_value *values; // borrowed
    size_t n_values;
};

struct openadr_descriptor {              // of one payload type
    const char *type, *units, *currency; // NULL: not said
};

// A whole event object, as it would come from a VTN. Owned by the caller, NULL without memory. `targets` are names.
struct openadr_event_text {
    const char *id, *name, *program;
    int priority; // DR_PRIORITY_NULL: null
    int64_t created_utc_ms, modified_utc_ms;
    const char *const *targets;
    size_t n_targets;
    const struct openadr_descriptor *descriptors;
    size_t n_descriptors;
    const struct openadr_interval *intervals;
    size_t n_intervals;
};
json_t *openadr_write_event(const struct openadr_event_text *e);

// A report object about an event: one resource a building, and one for the area.
struct openadr_resource {
    const char *name;
    const struct openadr_interval *intervals;
    size_t n_intervals;
};
struct openadr_report_text {
    const char *id, *name, *event_id, *client, *program;
    int64_t created_utc_ms;
    const struct openadr_descriptor *descriptors;
    size_t n_descriptors;
    const struct openadr_resource *resources;
    size_t n_resources;
};
json_t *openadr_write_report(const struct openadr_report_text *r);
