// SPDX-License-Identifier: GPL-3.0-or-later
// How fast equipment moves, and what a store can take and give. Pure functions of numbers.
#pragma once

#include "simulate/model.h"

// One step of `dt_s` monotonic seconds towards `target_w`: a lag of half a second, no faster than the ramp (0: none).
double dynamics_follow(double now_w, double target_w, double ramp_w_per_s, double dt_s);

// Magnitude after `dt_s` of something that would be at `natural_w` but for a limit (INFINITY: none). A limit bites with
// the lag of an inverter; growth below the limit is immediate.
double dynamics_limited(double now_w, double natural_w, double limit_w, double dt_s);

// `fuel_wh`: left in the tank, INFINITY where fuel does not end.
double dynamics_generator_target(const struct site_generator *g, const struct plant_asset *a, double fuel_wh);

// Power at a state of charge, between the points of a curve on a straight line; `otherwise_w` without a curve.
double dynamics_curve_w(const struct site_curve_point *curve, size_t count, double soc_frac, double otherwise_w);

struct dynamics_store { // a battery, a vehicle, a tank of hot water, during one step
    double energy_wh, low_wh, high_wh;
    double charge_efficiency, discharge_efficiency;
    double max_charge_w, max_discharge_w; // at the bus, >= 0
    const struct site_battery *curve_of;  // whose efficiency curve counts instead; NULL none. Borrowed
};

// One way, at this power at the bus.
double dynamics_efficiency(const struct dynamics_store *s, double power_w);

// The battery, or store of heat, with `energy_wh` in it.
struct dynamics_store dynamics_battery(const struct site_battery *b, double energy_wh);

// What a vehicle's battery takes falls near full, as cells do.
double dynamics_taper_w(double max_charge_w, double soc_frac);

// Power at the bus that the store really exchanges over the next `hours`, so that it stops exactly when empty or full.
double dynamics_store_power(const struct dynamics_store *s, double power_w, double hours);

// Energy in the store after `hours` at `power_w`, without its standing loss.
double dynamics_store_energy(const struct dynamics_store *s, double power_w, double hours);

// What arrives at, or is taken from, the `from` bus while `to_power_w` flows into `to`: signed into `from`.
double dynamics_tie_from_power(const struct site_tie *t, double to_power_w);

// A setpoint within what the tie can carry; the limit holds at the sending end.
double dynamics_tie_target(const struct site_tie *t, const struct plant_asset *a);

// Heat or cold per unit of electricity.
double dynamics_cop(const struct site_converter *c, double outside_degc);

// What it draws (>= 0) when it is to draw `draw_w`: nothing below half of its minimum.
double dynamics_converter_draw_w(const struct site_converter *c, double draw_w);
