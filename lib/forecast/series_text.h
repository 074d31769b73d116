// SPDX-License-Identifier: GPL-3.0-or-later
// The history of one series as text: two characters a value, in steps of a 4094th of the highest. For this room.
#pragma once

#include <jansson.h>

#include "forecast/history.h"

// {"scale", "quarters", "hours"}, the newest first; NULL without memory.
json_t *series_text_pack(const struct history *h, size_t series);

// Whether series_text_unpack can read it: AEMS_E_FORMAT, AEMS_E_RANGE for a scale beyond `most`.
int series_text_check(const json_t *json, double most);
void series_text_unpack(struct history *h, size_t series, const json_t *json, int64_t newest_quarter);
