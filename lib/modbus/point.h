// SPDX-License-Identifier: GPL-3.0-or-later
// One point of a profile: its registers -> a judged number.
#pragma once

#include "modbus/block.h"

// `registers` holds the point's registers, `scale_register` its power of ten (NULL where the point has none).
// Writes the value of a good reading, or the one that is out of range (0 when it is not finite).
enum reading_status point_decode(const struct profile_point *point, const uint16_t *registers,
                                 const uint16_t *scale_register, double *ret_value);

// 10^exponent of a SunSpec scale register. AEMS_E_NOT_FOUND when it says "not implemented", AEMS_E_RANGE outside +-10.
int scale_decode(uint16_t scale_register, double *ret_factor);

// Plausible range and the like; `value` is what point_decode gave, or a sum of such values.
enum reading_status point_judge(const struct profile_point *point, double value);
