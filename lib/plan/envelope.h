// SPDX-License-Identifier: GPL-3.0-or-later
// What a battery's energy can be at all, step by step: so that a start outside its limits is never "no plan".
#pragma once

#include "plan/problem.h"

struct envelope {
    // Power of a battery that holds still, as far as its energy permits; 0 while it is available.
    double held_charge_w[PLAN_MAX_STEPS], held_discharge_w[PLAN_MAX_STEPS];
    // Hard bounds of the energy at the end of each step: its own limits, widened by where it comes from by itself.
    double floor_wh[PLAN_MAX_STEPS], ceiling_wh[PLAN_MAX_STEPS];
    // How far the hard bounds lie beyond the ends of the power curves, which are moved by as much in this step: so that
    // power 0 is always allowed.
    double above_curve_wh[PLAN_MAX_STEPS], below_curve_wh[PLAN_MAX_STEPS];
    // What the reserve tier wants: at least the reserve, or where that is missing the way back to it; at most the upper
    // limit. Equal to the hard bounds while the battery cannot be told anything.
    double wanted_low_wh[PLAN_MAX_STEPS], wanted_high_wh[PLAN_MAX_STEPS];
};

void battery_envelope(const struct plan_problem *p, const struct plan_battery *b, struct envelope *ret_envelope);
