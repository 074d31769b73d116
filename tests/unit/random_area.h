// SPDX-License-Identifier: GPL-3.0-or-later
// Areas by the dice: dispatch problems with every kind of asset, price and limit, feasible or not, the same for the
// same seed.
#pragma once

#include "plan/problem.h"

struct random_area {
    double lowest_price, highest_price; // per kWh, import and export alike where `wild`
    bool wild;                          // export may pay more than import costs
    bool steerable;                     // everything answers: nothing is held, no grid is away
    size_t most_steps;
    size_t most_scenarios; // courses beside the expected one
};

// Owned by the caller (plan_problem_free). Ends the test without memory.
struct plan_problem *random_area_draw(uint64_t *dice, const struct random_area *how);

// The same at extreme scales, without other courses: 1 W beside 1 GW, prices of 1e-6 beside 1e6, steps of a minute
// beside two hours, efficiencies of 10 % and a coefficient of performance of 0.01.
void random_area_stretch(uint64_t *dice, struct plan_problem *p);

double random_between(uint64_t *dice, double low, double high);
bool random_chance(uint64_t *dice, double probability);
