// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate/dynamics.h"

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

double dynamics_generator_target(const struct site_generator *g, const struct plant_asset *a, double fuel_wh)
{
    if (!a->commanded || a->setpoint_w < g->min_power_w / 2.0 || fuel_wh <= 0.0)
        return 0.0;
    return clamp(a->setpoint_w, g->min_power_w, g->max_power_w);
}

// ---- stores -------------------------------------------------------------------------------------------------------

double dynamics_curve_w(const struct site_curve_point *curve, size_t count, double soc_frac, double otherwise_w)
{
    if (count == 0)
        return otherwise_w;
    if (soc_frac <= curve[0].soc_frac)
        return curve[0].power_w;
    for (size_t i = 1; i < count; i++) {
        double width = curve[i].soc_frac - curve[i - 1].soc_frac;
        if (soc_frac < curve[i].soc_frac && width > 0.0)
            return curve[i - 1].power_w +
                   (curve[i].power_w - curve[i - 1].power_w) * (soc_frac - curve[i - 1].soc_frac) / width;
    }
    return curve[count - 1].power_w;
}

struct dynamics_store dynamics_battery(const struct site_battery *b, double energy_wh)
{
    double soc_frac = energy_wh / b->capacity_wh;
    double charge_w = dynamics_curve_w(b->charge_curve, b->n_charge_curve, soc_frac, b->max_charge_w);
    double discharge_w = dynamics_curve_w(b->discharge_curve, b->n_discharge_curve, soc_frac, b->max_discharge_w);
    return (struct dynamics_store){
        .energy_wh = energy_wh,
        .high_wh = b->capacity_wh,
        .charge_efficiency = b->charge_efficiency,
        .discharge_efficiency = b->discharge_efficiency,
        .curve_of = b->n_efficiency_curve > 0 ? b : NULL,
        .max_charge_w = energy_wh < b->capacity_wh ? fmin(charge_w, b->max_charge_w) : 0.0,
        .max_discharge_w = energy_wh > 0.0 ? fmin(discharge_w, b->max_discharge_w) : 0.0,
    };
}

double dynamics_taper_w(double max_charge_w, double soc_frac)
{
    const double falls_from = 0.8, least = 0.05;
    return max_charge_w * clamp((1.0 - soc_frac) / (1.0 - falls_from), soc_frac < 1.0 ? least : 0.0, 1.0);
}

double dynamics_efficiency(const struct dynamics_store *s, double power_w)
{
    const struct site_battery *b = s->curve_of;
    if (b == NULL)
        return power_w < 0.0 ? s->charge_efficiency : s->discharge_efficiency;
    const struct site_efficiency_point *p = b->efficiency_curve;
    double rated_w = power_w < 0.0 ? b->max_charge_w : b->max_discharge_w;
    double share = rated_w > 0.0 ? fabs(power_w) / rated_w : 0.0;
    size_t i = 0, n = b->n_efficiency_curve;
    while (i < n && p[i].power_frac < share)
        i++;
    if (i == 0 || i == n)
        return p[i == 0 ? 0 : n - 1].efficiency;
    double part = (share - p[i - 1].power_frac) / (p[i].power_frac - p[i - 1].power_frac);
    return p[i - 1].efficiency + part * (p[i].efficiency - p[i - 1].efficiency);
}

// What moves in the store per hour.
static double stored_w(const struct dynamics_store *s, double power_w)
{
    double efficiency = dynamics_efficiency(s, power_w);
    return power_w < 0.0 ? -power_w * efficiency : -power_w / efficiency;
}

// The power up to `most_w`, of its sign, that moves so much per hour. Along a curve it is found by halves.
static double power_that_moves(const struct dynamics_store *s, double most_w, double w)
{
    double low_w = 0.0, high_w = most_w;
    if (fabs(stored_w(s, most_w)) <= w)
        return most_w;
    if (s->curve_of == NULL)
        return most_w < 0.0 ? -w / s->charge_efficiency : w * s->discharge_efficiency;
    for (int i = 0; i < 60; i++) {
        double middle_w = (low_w + high_w) / 2.0;
        *(fabs(stored_w(s, middle_w)) > w ? &high_w : &low_w) = middle_w;
    }
    return low_w;
}

double dynamics_store_power(const struct dynamics_store *s, double power_w, double hours)
{
    double room_wh = fmax(s->high_wh - s->energy_wh, 0.0), left_wh = fmax(s->energy_wh - s->low_wh, 0.0);
    double most_in_w = room_wh > 0.0 ? s->max_charge_w : 0.0, most_out_w = left_wh > 0.0 ? s->max_discharge_w : 0.0;
    if (hours > 0.0) {
        most_in_w = -power_that_moves(s, -most_in_w, room_wh / hours);
        most_out_w = power_that_moves(s, most_out_w, left_wh / hours);
    }
    return clamp(power_w, -most_in_w, most_out_w);
}

double dynamics_store_energy(const struct dynamics_store *s, double power_w, double hours)
{
    return s->energy_wh + stored_w(s, power_w) * hours;
}

// ---- what joins buses ---------------------------------------------------------------------------------------------

double dynamics_tie_from_power(const struct site_tie *t, double to_power_w)
{
    double through = 1.0 - t->loss_frac;
    return to_power_w > 0.0 ? -to_power_w / through : -to_power_w * through;
}

double dynamics_tie_target(const struct site_tie *t, const struct plant_asset *a)
{
    return a->commanded ? clamp(a->setpoint_w, -t->limit_w, t->limit_w * (1.0 - t->loss_frac)) : 0.0;
}

double dynamics_cop(const struct site_converter *c, double outside_degc)
{
    const double reference_degc = 15.0, least = 0.1;
    return fmax(c->cop + c->cop_per_degc * (outside_degc - reference_degc), least);
}

double dynamics_converter_draw_w(const struct site_converter *c, double draw_w)
{
    return draw_w < c->min_power_w / 2.0 ? 0.0 : clamp(draw_w, c->min_power_w, c->max_power_w);
}
