// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers with units as people write them: "200 kWh", "1.5 MW", "15 min", "95 %".
#pragma once

#include "conf/schema.h"

// Reads `text` as a value of a numeric `type` into the type's stored unit. A unit is needed for powers, energies and
// durations, so that nobody confuses W with kW. AEMS_E_FORMAT (no number, unknown or missing unit), AEMS_E_RANGE (not
// finite).
int measure_parse(enum conf_type type, const char *text, double *ret_value);

// "an energy such as 200 kWh"; static.
const char *measure_expectation(enum conf_type type);
