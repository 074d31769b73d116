// SPDX-License-Identifier: GPL-3.0-or-later
// Reading what comes in, with strictness that all readers share: what is not exactly as it should be is refused whole.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "site/site.h"

struct payload_reader {
    const struct site *site;
    struct instant now;
    char *why;
    size_t size;
};

// Writes the sentence and returns `code`.
int payload_complain(const struct payload_reader *r, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// 0, or AEMS_E_FORMAT or AEMS_E_RANGE with a sentence that begins with the key.
int payload_object(const struct payload_reader *r, const char *text, size_t length, json_t **ret_json); // owned
int payload_keys(const struct payload_reader *r, json_t *json, const char *known); // each between spaces
int payload_time(const struct payload_reader *r, json_t *json, const char *key, int64_t *ret_utc_ms);
int payload_text(const struct payload_reader *r, json_t *json, const char *key, char *ret_text, size_t size);

// A number in [low, high]; `what` says what is expected. Where the key may be left out, `ret` keeps its value.
struct payload_number {
    const char *key, *what;
    double low, high;
    bool optional;
};

int payload_number(const struct payload_reader *r, json_t *json, const struct payload_number *n, double *ret);

// `t`: sent no more than `max_age_s` ago, and not in the future. AEMS_E_REFUSED.
int payload_age(const struct payload_reader *r, json_t *json, int max_age_s);

// One element of a list: fills `ret_point`, or complains.
typedef int payload_point_fn(const struct payload_reader *r, json_t *json, void *ret_point);

// The list of an object {"t", "points": [...]} of 1 to `most` points of `point_size` bytes each; of a point that is not
// sound the number comes before what is wrong with it. `*ret_points` is owned by the caller (free). AEMS_E_FORMAT,
// AEMS_E_RANGE, AEMS_E_NOMEM.
int payload_points(const struct payload_reader *r, json_t *json, payload_point_fn *read_point, size_t point_size,
                   size_t most, void **ret_points, size_t *ret_count);
