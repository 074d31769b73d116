// SPDX-License-Identifier: GPL-3.0-or-later
// For how long would it last? Energy in store, fuel and expected sun against what each tier draws. Pure; a plain walk
// through time, no optimisation: it is said every minute, connected or not.
#pragma once

#include <stddef.h>

#include "site/site.h"

enum { AUTONOMY_MAX_STEPS = 336 };

struct autonomy_input {               // of buses that can help each other
    size_t n_steps;                   // at most AUTONOMY_MAX_STEPS
    double step_h;                    // of each
    const double *load_w[TIER_COUNT]; // per step, >= 0, expected
    const double *pv_w;               // per step, a cautious forecast
    double stored_wh;                 // that can be taken out, at the bus
    double room_wh;                   // that can still be put in, at the bus
    double charge_efficiency;         // (0-1], there and back
    double give_w, take_w;            // most power of the batteries
    double fuel_wh;                   // electric; INFINITY: it does not end
    double generator_w;               // most power, 0: none
};

// `ret_h[t]`: how long all tiers from lifeline to t can be served together from now on; n_steps * step_h where they
// outlast the forecast. Never less than with one tier more. What is not a number counts as 0.
void autonomy_hours(const struct autonomy_input *input, double ret_h[static TIER_COUNT]);
