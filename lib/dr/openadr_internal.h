// SPDX-License-Identifier: GPL-3.0-or-later
// What the files that read OpenADR objects share: where in the object a reader is, and how it complains.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dr/openadr.h"

// A place in the object: a chain on the stack, from a member outwards. `key` NULL: an element of a list.
struct openadr_place {
    const struct openadr_place *up;
    const char *key;
    size_t index;
};

struct openadr_reader {
    const struct site *site;
    struct instant now;
    char *why;
    size_t why_size;
    char *notes;
    size_t notes_size;
};

// "intervals[3].payloads[0].values[0]: " and the sentence; returns `code`.
int openadr_complain(const struct openadr_reader *r, const struct openadr_place *at, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// What was found instead of the expected, short and harmless: `"PT"`, 1e+300, a list, nothing.
enum { OPENADR_FOUND_SIZE = 48 };
const char *openadr_found(const json_t *json, char ret_text[static OPENADR_FOUND_SIZE]);

// A member that is null counts as missing. A member of the wrong type is AEMS_E_FORMAT.
json_t *openadr_member(const json_t *object, const char *key); // borrowed, NULL: missing
int openadr_list(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object, const char *key,
                 json_t **ret_list); // NULL: missing
int openadr_object(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object,
                   const char *key,
                   json_t **ret_object); // NULL: missing
// Control characters are written out; AEMS_E_FORMAT when it is longer than `size`. Missing: empty.
int openadr_text(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object, const char *key,
                 char *ret_text, size_t size);

// Copies a line of UTF-8 with its control characters written out, cut off at a whole character.
void openadr_copy_line(char *target, size_t size, const char *source);

// Adds `name` to a list such as "ignored: A, B" once; what no longer fits becomes "...".
void openadr_note(const struct openadr_reader *r, const char *lead, const char *name);

// ---- openadr_time.c -------------------------------------------------------------------------------------------------

// RFC 3339; a date alone is its midnight in UTC; 0001-01-01 is `now` (`ret_is_now`). AEMS_E_FORMAT.
int openadr_time(const char *text, int64_t now_utc_ms, int64_t *ret_utc_ms, bool *ret_is_now);

// An intervalPeriod as it stands.
struct openadr_period {
    bool has_start, is_now, has_duration;
    int64_t start_utc_ms;
    const char *duration; // well-formed; borrowed
    const char *randomize;
};

// The member `intervalPeriod` of an event or an interval; nothing set when it is missing.
int openadr_read_period(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object,
                        struct openadr_period *ret_period);
bool openadr_is_nothing(const char *duration, int64_t utc_ms); // a duration of no length

// ---- openadr_targets.c ----------------------------------------------------------------------------------------------

// Is an event without targets, or with a name of this area or of a connection of it among them? `ret_grid`:
// the connection, -1 the area as a whole. AEMS_E_REFUSED: several connections are named.
int openadr_read_targets(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                         bool *ret_is_ours, int *ret_grid);

// ---- openadr_payload.c ----------------------------------------------------------------------------------------------

struct openadr_scale { // from what stands in a payload to W, Wh, per kWh, a share of 1
    double factor;
    double low, high; // of what stands there
    bool is_energy;
    const char *units; // as they were said, for sentences; static or borrowed
};

struct openadr_scales {
    struct openadr_scale of[DR_SIGNAL_COUNT];
};

// From `payloadDescriptors` of an event; of a kind without a descriptor the usual units.
int openadr_read_scales(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                        struct openadr_scales *ret_scales);

// The kind of a payload, or -1: not known here.
int openadr_kind(const char *type);
bool openadr_is_alert(enum dr_signal_kind kind);

// One value of a payload.
int openadr_read_value(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                       enum dr_signal_kind kind, const struct openadr_scale *scale, double *ret_value);

// ---- openadr_interval.c ---------------------------------------------------------------------------------------------

// Reads periods, `intervals` and `duration` of an event into `e`: from, until, turn, signals and text. Notes what is
// not known here. AEMS_E_REFUSED: nothing in it is known, or it is over.
int openadr_read_intervals(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                           double random, struct dr_event *e);
