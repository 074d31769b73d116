// SPDX-License-Identifier: GPL-3.0-or-later
// How fast equipment moves, and what a store can take and give. Pure functions of numbers.
#pragma once

#include "model.h"

// One step of `dt_s` monotonic seconds towards `target_w`: a lag of half a second, no faster than the ramp (0: none).
double dynamics_follow(double now_w, double target_w, double ramp_w_per_s, double dt_s);

// Magnitude after `dt_s` of something that would be at `natural_w` but for a limit (INFINITY: none). A limit bites with
// the lag of an inverter; growth below the limit is immediate.
double dynamics_limited(double now_w, double natural_w, double limit_w, double dt_s);

double dynamics_generator_target(const struct site_generator *g, const struct plant_asset *a);

// Power at the bus that the store really exchanges over the next `hours`, so that it stops exactly when empty or full.
double dynamics_battery_power(const struct site_battery *b, double energy_wh, double power_w, double hours);

// Energy in the store after `hours` at `power_w`.
double dynamics_battery_energy(const struct site_battery *b, double energy_wh, double power_w, double hours);

// What arrives at, or is taken from, the `from` bus while `to_power_w` flows into `to`: signed into `from`.
double dynamics_tie_from_power(const struct site_tie *t, double to_power_w);

// A setpoint within what the tie can carry; the limit holds at the sending end.
double dynamics_tie_target(const struct site_tie *t, const struct plant_asset *a);
