// SPDX-License-Identifier: GPL-3.0-or-later
#include "dynamics.h"

#include <math.h>

#include "base/number.h"

static const double lag_s = 0.5;

double dynamics_follow(double now_w, double target_w, double ramp_w_per_s, double dt_s)
{
    double change = (target_w - now_w) * (1.0 - exp(-dt_s / lag_s));
    if (ramp_w_per_s > 0.0)
        change = clamp(change, -ramp_w_per_s * dt_s, ramp_w_per_s * dt_s);
    return now_w + change;
}

double dynamics_limited(double now_w, double natural_w, double limit_w, double dt_s)
{
    double limit = fmax(limit_w, 0.0);
    if (limit >= natural_w)
        return natural_w;
    return dynamics_follow(fmin(now_w, natural_w), limit, 0.0, dt_s);
}

double dynamics_generator_target(const struct site_generator *g, const struct plant_asset *a)
{
    if (!a->commanded || a->setpoint_w < g->min_power_w / 2.0)
        return 0.0;
    return clamp(a->setpoint_w, g->min_power_w, g->max_power_w);
}

double dynamics_battery_power(const struct site_battery *b, double energy_wh, double power_w, double hours)
{
    double power = clamp(power_w, -b->max_charge_w, b->max_discharge_w);
    double room_wh = fmax(b->capacity_wh - energy_wh, 0.0);
    if (hours <= 0.0)
        return power < 0.0 ? (room_wh > 0.0 ? power : 0.0) : (energy_wh > 0.0 ? power : 0.0);
    double most_in_w = room_wh / (b->charge_efficiency * hours);
    double most_out_w = fmax(energy_wh, 0.0) * b->discharge_efficiency / hours;
    return clamp(power, -most_in_w, most_out_w);
}

double dynamics_battery_energy(const struct site_battery *b, double energy_wh, double power_w, double hours)
{
    double stored_w = power_w < 0.0 ? -power_w * b->charge_efficiency : -power_w / b->discharge_efficiency;
    double kept_wh = energy_wh * fmax(1.0 - b->self_discharge_per_h * hours, 0.0);
    return clamp(kept_wh + stored_w * hours, 0.0, b->capacity_wh);
}

double dynamics_tie_from_power(const struct site_tie *t, double to_power_w)
{
    double through = 1.0 - t->loss_frac;
    return to_power_w > 0.0 ? -to_power_w / through : -to_power_w * through;
}

double dynamics_tie_target(const struct site_tie *t, const struct plant_asset *a)
{
    return a->commanded ? clamp(a->setpoint_w, -t->limit_w, t->limit_w * (1.0 - t->loss_frac)) : 0.0;
}
