// SPDX-License-Identifier: GPL-3.0-or-later
// Many numbers as short text, and back to the last bit. For this room.
#pragma once

#include <jansson.h>

#include "forecast/history.h"

// Six characters a number; NULL without memory.
json_t *series_text_of_floats(const float *numbers, size_t count);
// AEMS_E_FORMAT where it is not the text of so many, AEMS_E_RANGE for one that is not within low and high.
int series_text_floats(const json_t *json, size_t count, double low, double high, float *ret_numbers);

// A history, three characters a value: {"quarters", "hours"}, the newest first; NULL without memory.
json_t *series_text_pack(const struct history *h, size_t series);

// Whether series_text_unpack can read it: AEMS_E_FORMAT, AEMS_E_RANGE for a value beyond `most`.
int series_text_check(const json_t *json, double most);
void series_text_unpack(struct history *h, size_t series, const json_t *json, int64_t newest_quarter);
