// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries in a regulation step. (Stores of heat and cold take what their bus has over: they are not steered, see
// assembling_heat.c.)
#include <math.h>

#include "core/assembling.h"

static const double RESERVE_BAND_FRAC = 0.01;

double taper_h(const struct engine *e)
{
    if (is_coarse(e)) // a long cycle meets them at its end
        return e->site->control.cycle_ms / 3600e3;
    double cycles_s = area_seconds(e, 5 * (uint64_t)e->site->control.cycle_ms);
    return fmax(60, cycles_s) / 3600;
}

// On straight lines between the points, beyond them as at the end.
static double on_curve(const struct site_curve_point *points, size_t n, double soc_frac, double otherwise_w)
{
    if (n == 0)
        return otherwise_w;
    if (soc_frac <= points[0].soc_frac)
        return points[0].power_w;
    for (size_t i = 1; i < n; i++) {
        double width = points[i].soc_frac - points[i - 1].soc_frac;
        if (soc_frac < points[i].soc_frac && width > 0)
            return points[i - 1].power_w +
                   (points[i].power_w - points[i - 1].power_w) * (soc_frac - points[i - 1].soc_frac) / width;
    }
    return points[n - 1].power_w;
}

double storage_discharge_w(const struct engine *e, int asset)
{
    const struct site_battery *b = site_storage_of(e->site, asset);
    double curve_w = on_curve(b->discharge_curve, b->n_discharge_curve, e->assets[asset].good_soc.v, INFINITY);
    return fmin(fmin(b->max_discharge_w, curve_w), e->assets[asset].available_w);
}

double storage_charge_w(const struct engine *e, int asset)
{
    const struct site_battery *b = site_storage_of(e->site, asset);
    double curve_w = on_curve(b->charge_curve, b->n_charge_curve, e->assets[asset].good_soc.v, INFINITY);
    return fmin(fmin(b->max_charge_w, curve_w), e->assets[asset].max_charge_w);
}

// Freed a little above the reserve only: a price that takes what was just put there would turn the battery for ever.
// When the grid is to be started from black all of it is reserve.
void hold_reserve(struct engine *e, int asset)
{
    struct asset_state *a = &e->assets[asset];
    const struct site_battery *b = site_storage_of(e->site, asset);
    double kept_frac = fmax(b->reserve_frac, dr_charge_frac(e, b->bus, e->last_tick.utc_ms));
    kept_frac = fmax(kept_frac, fmin(outage_reserve_frac(e, e->last_tick.utc_ms), b->soc_max_frac));
    if (bus_is_alone(e, b->bus)) // this is what it was kept for
        kept_frac = b->soc_min_frac;
    double free_frac = fmin(kept_frac + RESERVE_BAND_FRAC, b->soc_max_frac);
    a->on_reserve = a->good_soc.v <= kept_frac || (a->on_reserve && a->good_soc.v < free_frac) ||
                    (!bus_is_alone(e, b->bus) && dr_alerts(e, DR_BLACK_START, e->last_tick.utc_ms, NULL));
}

void assemble_battery(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_battery *b = site_storage_of(e->site, asset);
    double soc = a->good_soc.v;
    double above_wh = fmax(soc - b->soc_min_frac, 0) * b->capacity_wh * b->discharge_efficiency;
    double below_wh = fmax(b->soc_max_frac - soc, 0) * b->capacity_wh / b->charge_efficiency;
    r->max_w = fmin(storage_discharge_w(e, asset), above_wh / taper_h(e));
    r->min_w = -fmin(storage_charge_w(e, asset), below_wh / taper_h(e));
    r->ramp_w_per_s = b->ramp_w_per_s;
    r->more_cost_per_kwh = r->less_saving_per_kwh = RULE_STORE;
    if (c->planned) {
        double value = planned_value(e, c, asset);
        r->more_cost_per_kwh = value / b->discharge_efficiency + b->wear_per_kwh;
        r->less_saving_per_kwh = value * b->charge_efficiency - b->wear_per_kwh;
    }
    if (planning_awaits_first(e, c->now)) { // only limits count
        r->more_cost_per_kwh = COST_RESERVE;
        r->less_saving_per_kwh = -COST_RESERVE;
    }
    if (a->on_reserve)
        r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, COST_RESERVE);
}
