// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and writing of members by name, for the two JSON formats of this room.
//
// Readers note the first failure in `json_in` and return a harmless value; check `failed` once at the end.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

struct json_in {
    bool failed;
};

double json_in_number(struct json_in *in, const json_t *object, const char *name);
int64_t json_in_integer(struct json_in *in, const json_t *object, const char *name, int64_t low, int64_t high);
bool json_in_bool(struct json_in *in, const json_t *object, const char *name);
void json_in_text(struct json_in *in, const json_t *object, const char *name, char *ret_text, size_t size);

// An array of `name` with 0 to `limit` elements; NULL and failed when it is none.
const json_t *json_in_array(struct json_in *in, const json_t *object, const char *name, size_t limit);

// Exactly `count` numbers into `ret_values`, which may be NULL after a failed allocation: failed then.
void json_in_numbers(struct json_in *in, const json_t *object, const char *name, double *ret_values, size_t count);
void json_in_integers(struct json_in *in, const json_t *object, const char *name, int64_t *ret_values, size_t count);
void json_in_bools(struct json_in *in, const json_t *object, const char *name, bool *ret_values, size_t count);

// Numbers that are not finite are written as null, which no reader takes for a number.
json_t *json_out_number(double value);
json_t *json_out_numbers(const double *values, size_t count);
json_t *json_out_integers(const int64_t *values, size_t count);
json_t *json_out_bools(const bool *values, size_t count);

// Compact text with all 17 digits; consumes `value`. AEMS_E_NOMEM, also when `value` is NULL.
int json_out_text(json_t *value, char **ret_text);

// The object of a whole text, duplicates and trailing bytes refused; NULL when it is none.
json_t *json_in_object(const char *text, size_t length);
