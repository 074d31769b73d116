// SPDX-License-Identifier: GPL-3.0-or-later
// PV plants and loads in a regulation step: their setpoint is a cap.
//
// What a plant could give beyond its cap is unknown unless it says so. While the cap binds, a little more is assumed;
// as soon as the plant stays below it, what it gives is what it can.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"

bool cap_binds(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    double slack_w = 0.02 * asset_range_w(e, asset);
    return a->cap.active && a->good.v >= a->setpoint_w - slack_w && site_asset_at(e, asset)->kind == ASSET_PV;
}

void assemble_pv(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    (void)c;
    const struct asset_state *a = &e->assets[asset];
    double peak_w = site_asset_at(e, asset)->max_power_w;
    double gives_w = fmax(a->estimated_w, 0);
    r->min_w = 0;
    r->max_w = gives_w;
    // What is measured at the beginning of a long cycle is under the cap of the last one.
    if (cap_binds(e, asset) || (is_coarse(e) && isfinite(a->available_w)))
        r->max_w = isfinite(a->available_w) ? fmax(a->available_w, gives_w)
                                            : fmin(peak_w, fmax(a->setpoint_w, gives_w) + 0.1 * peak_w);
    r->has_setpoint = false;
    if (a->manual.active)
        r->max_w = fmin(r->max_w, fmax(a->manual.power_w, 0));
}

void assemble_load(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    (void)c;
    const struct asset_state *a = &e->assets[asset];
    const struct site_load *l = &e->site->loads[site_asset_at(e, asset)->of_kind];
    double share = 0;
    r->more_cost_per_kwh = COST_SHED;
    r->less_saving_per_kwh = 0;
    r->has_setpoint = false;
    // On an island the order of tiers alone limits it (serving.c): here it counts with what it draws. What it would
    // draw unlimited is not there to be given.
    if (bus_is_alone(e, r->bus)) {
        r->min_w = r->max_w = fmin(a->estimated_w, 0);
        return;
    }
    for (int t = 0; t < TIER_COUNT; t++)
        share += l->sheddable[t] ? l->tier_share[t] : 0;
    double natural_w = fmin(a->cap.active ? fmin(a->cap.natural_w, a->estimated_w) : a->estimated_w, 0);
    r->min_w = fmax(natural_w, fmin(-serving_left_w(e, site_asset_at(e, asset)->of_kind),
                                    0)); // what is still shed afterwards is not there either
    r->max_w = fmax(natural_w * (1 - clamp(share, 0, 1)), r->min_w);
    if (a->manual.active)
        r->min_w = clamp(a->manual.power_w, r->min_w, r->max_w);
}
