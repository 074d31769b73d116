// SPDX-License-Identifier: GPL-3.0-or-later
// Generators, converters and ties in a regulation step.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"

enum { REST_MS = 180 * 1000 }; // a compressor that starts and stops more often wears out

static double since_switched_s(const struct engine *e, int asset, struct instant now)
{
    return area_seconds(e, elapsed_ms(e->assets[asset].switched_mono_ms, now.mono_ms));
}

// ---- generators -----------------------------------------------------------------------------------------------------

void assemble_generator(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct site_generator *g = &e->site->generators[site_asset_at(e, asset)->of_kind];
    r->on_w = g->min_power_w;
    r->max_w = g->max_power_w;
    r->ramp_w_per_s = g->ramp_w_per_s;
    r->stay_on = e->assets[asset].runs && since_switched_s(e, asset, c->now) < g->min_run_s;
    double cost = g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * c->co2_price_per_kg;
    if (c->planned && g->heat_bus >= 0 && g->heat_ratio > 0)
        cost -= g->heat_ratio * fmax(planned_price(e, c, g->heat_bus), 0);
    r->more_cost_per_kwh = c->planned ? cost : COST_GENERATOR;
    r->less_saving_per_kwh = cost;
}

// ---- converters -----------------------------------------------------------------------------------------------------

// What the loads on a bus of heat or cold draw now, or usually do.
static double demand_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_loads; i++) {
        int asset = asset_of(e, ASSET_LOAD, (int)i);
        if (e->site->loads[i].bus != bus)
            continue;
        bool known = asset_known(e, asset, now.mono_ms);
        sum += known ? fmax(-e->assets[asset].good.v, 0)
                     : forecast_load_w(e->forecast, (int)i, now.utc_ms, now.utc_ms, now.utc_ms + 60 * 1000);
    }
    return sum;
}

static double largest_supply_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_converters; i++)
        if (e->site->converters[i].to == bus)
            sum += e->site->converters[i].max_power_w * converter_cop(e, (int)i, now.utc_ms);
    return sum;
}

// How full the stores on a bus are between their limits, 0-1; < 0: there is none that is measured.
static double filling(const struct engine *e, int bus, struct instant now)
{
    double above_wh = 0, size_wh = 0;
    for (size_t i = 0; i < e->site->n_stores; i++) {
        const struct site_battery *b = &e->site->stores[i];
        int asset = asset_of(e, ASSET_STORE, (int)i);
        if (b->bus != bus || !soc_known(e, asset, now.mono_ms))
            continue;
        above_wh += (e->assets[asset].good_soc.v - b->soc_min_frac) * b->capacity_wh;
        size_wh += (b->soc_max_frac - b->soc_min_frac) * b->capacity_wh;
    }
    return size_wh > 0 ? clamp(above_wh / size_wh, 0, 1) : -1;
}

// By rule a store is filled when it is below half and left alone when it is full; without one it follows the load.
static void assemble_rule(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct site_converter *v = &e->site->converters[site_asset_at(e, asset)->of_kind];
    double full = filling(e, v->to, c->now);
    double largest_w = largest_supply_w(e, v->to, c->now);
    double share = largest_w > 0 ? fmin(demand_w(e, v->to, c->now) / largest_w, 1) : 0;
    bool fills = full < 0.5 || (e->assets[asset].runs && full < 0.98);
    r->plan_w = full < 0 ? -share * v->max_power_w : fills ? -v->max_power_w : 0;
    r->more_cost_per_kwh = COST_HEAT;
    r->less_saving_per_kwh = full >= 0 && full < 0.98 ? RULE_HEAT : -COST_HEAT;
}

void assemble_converter(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int converter = site_asset_at(e, asset)->of_kind;
    const struct site_converter *v = &e->site->converters[converter];
    const struct asset_state *a = &e->assets[asset];
    r->min_w = -v->max_power_w;
    r->on_w = v->min_power_w;
    r->ramp_w_per_s = v->ramp_w_per_s;
    bool switched = since_switched_s(e, asset, c->now) * 1000 < REST_MS && a->switched_mono_ms != 0;
    r->stay_on = v->min_power_w > 0 && switched && a->runs;
    r->stay_off = v->min_power_w > 0 && switched && !a->runs;
    if (!c->planned) {
        assemble_rule(e, c, asset, r);
        return;
    }
    double worth = planned_price(e, c, v->to) * converter_cop(e, converter, c->now.utc_ms);
    r->more_cost_per_kwh = r->less_saving_per_kwh = worth;
}

// ---- ties -----------------------------------------------------------------------------------------------------------

void assemble_tie(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    (void)c;
    const struct site_tie *t = &e->site->ties[site_asset_at(e, asset)->of_kind];
    r->bus = t->to;
    r->from_bus = t->from;
    r->loss_frac = t->loss_frac;
    r->min_w = -t->limit_w;
    r->max_w = t->limit_w * (1 - t->loss_frac);
    r->ramp_w_per_s = t->ramp_w_per_s;
}
