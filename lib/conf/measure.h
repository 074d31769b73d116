// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers with units as people write them: "200 kWh", "1.5 MW", "15 min", "95 %".
#pragma once

#include <stddef.h>

#include "conf/schema.h"

// Reads `text` as a value of a numeric `type` into the type's stored unit. A unit is needed for powers, energies and
// durations, so that nobody confuses W with kW. Numbers have a decimal point in every locale. AEMS_E_FORMAT (no number,
// unknown or missing unit, not a numeric type), AEMS_E_RANGE (not finite).
int measure_parse(enum conf_type type, const char *text, double *ret_value);

// Writes `value`, in the type's stored unit, in the unit that reads best: "200 kWh".
void measure_format(enum conf_type type, double value, char *ret_text, size_t size);

// "an energy such as 200 kWh"; static. Also for types that are no measures.
const char *measure_expectation(enum conf_type type);

// What is probably wrong with a text that measure_parse refuses, e.g. ", with a point instead of a comma"; static, ""
// if nothing can be said.
const char *measure_hint(enum conf_type type, const char *text);

// The units of a type for people: "W, kW, MW, GW"; "" when it has none.
void measure_units(enum conf_type type, char *ret_text, size_t size);

// A regular expression for what measure_parse takes, for the JSON Schema.
void measure_pattern(enum conf_type type, char *ret_text, size_t size);
