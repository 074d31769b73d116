// SPDX-License-Identifier: GPL-3.0-or-later
// What is expected of loads and PV plants, and how good that was, for people.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

// All of them: the accuracy of each. `forecasts` and `forecast` are those of the call `forecast`.
void forecast_view_all(const json_t *forecasts, const struct style *style, struct text *out);

// One: its next 24 hours with their band, in the local time of the area.
void forecast_view_one(const json_t *forecast, const struct style *style, struct text *out);
