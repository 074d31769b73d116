// SPDX-License-Identifier: GPL-3.0-or-later
// How warm it usually is outside, where nobody measures or foretells it.
#pragma once

#include <stdint.h>

#include "site/site.h"

// A sine of the year and one of the day by latitude alone: 52 degrees north -2 degC on a January night, 25 degC on a
// July afternoon. Right to some degrees over the year, not on a given day.
double climate_temp_degc(const struct site *s, int64_t utc_ms);
