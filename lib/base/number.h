// SPDX-License-Identifier: GPL-3.0-or-later
// Every number that comes from outside, goes to the solver or to a device passes one of these first.
#pragma once

#include <math.h>
#include <stdbool.h>

// False for NaN and infinities as well.
static inline bool in_range(double value, double low, double high)
{
    return isfinite(value) && value >= low && value <= high;
}

// Limits a finite value; a `value` that is not finite becomes `low`.
static inline double clamp(double value, double low, double high)
{
    if (!isfinite(value) || value < low)
        return low;
    return value > high ? high : value;
}
