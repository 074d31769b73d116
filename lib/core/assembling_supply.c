// SPDX-License-Identifier: GPL-3.0-or-later
// Generators, converters and ties in a regulation step.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"
#include "core/assembling.h"

// ---- generators -----------------------------------------------------------------------------------------------------

void assemble_generator(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct site_generator *g = &e->site->generators[site_asset_at(e, asset)->of_kind];
    r->on_w = g->min_power_w;
    r->max_w = g->max_power_w;
    r->ramp_w_per_s = g->ramp_w_per_s;
    double cost = g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * c->co2_price_per_kg;
    if (c->planned && g->heat_bus >= 0 && g->heat_ratio > 0)
        cost -= g->heat_ratio * fmax(planned_price(e, c, g->heat_bus), 0);
    r->more_cost_per_kwh = c->planned ? cost : COST_GENERATOR;
    r->less_saving_per_kwh = cost;
    int bus = site_asset_at(e, asset)->bus;
    if (!c->planned && e->site->buses[bus].carrier != CARRIER_ELECTRICITY)
        r->plan_w = heat_rule_share(e, c, asset, bus) * g->max_power_w;
}

// ---- converters -----------------------------------------------------------------------------------------------------

// By rule a store is filled when it is below half and left alone when it is full; without one it follows the load.
static void assemble_rule(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct site_converter *v = &e->site->converters[site_asset_at(e, asset)->of_kind];
    double full = heat_filling(e, v->to, c->now);
    r->plan_w = -heat_rule_share(e, c, asset, v->to) * v->max_power_w;
    r->more_cost_per_kwh = COST_HEAT;
    r->less_saving_per_kwh = full >= 0 && full < 0.98 ? RULE_HEAT : -COST_HEAT;
}

void assemble_converter(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int converter = site_asset_at(e, asset)->of_kind;
    const struct site_converter *v = &e->site->converters[converter];
    r->min_w = -v->max_power_w;
    r->on_w = v->min_power_w;
    r->ramp_w_per_s = v->ramp_w_per_s;
    if (!c->planned) {
        assemble_rule(e, c, asset, r);
        return;
    }
    double worth = planned_price(e, c, v->to) * converter_cop(e, converter, c->now.utc_ms);
    r->more_cost_per_kwh = r->less_saving_per_kwh = worth;
}

// ---- ties -----------------------------------------------------------------------------------------------------------

// An island at one of its ends is held up over it.
static void hold_up(const struct engine *e, int tie, struct regulate_asset *r)
{
    const struct site_tie *t = &e->site->ties[tie];
    double here_w = surviving_import_w(e, tie, t->to), there_w = surviving_import_w(e, tie, t->from);
    if (here_w > 0)
        r->min_w = clamp(here_w, r->min_w, r->max_w);
    if (there_w > 0)
        r->max_w = clamp(tie_power_for_from_flow(there_w, t->loss_frac), r->min_w, r->max_w);
}

void assemble_tie(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int tie = site_asset_at(e, asset)->of_kind;
    const struct site_tie *t = &e->site->ties[tie];
    r->bus = t->to;
    r->from_bus = t->from;
    r->loss_frac = t->loss_frac;
    r->more_cost_per_kwh = t->transfer_price_per_kwh;
    r->from_skew_w = e->assets[asset].estimated_from_w - e->assets[asset].estimated_w;
    r->min_w = -fmin(t->limit_w, surviving_export_w(e, tie, t->to, c->now));
    r->max_w = fmin(t->limit_w, surviving_export_w(e, tie, t->from, c->now)) * (1 - t->loss_frac);
    hold_up(e, tie, r);
    r->ramp_w_per_s = t->ramp_w_per_s;
}
