// SPDX-License-Identifier: GPL-3.0-or-later
// From what is known to the arrays of one regulation step: what is common to all kinds of assets.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"
#include "core/assembling.h"

static const double A_FLOW = 0.01; // of the connections' limits: less is no flow that a plan is for

double planned_price(const struct engine *e, const struct assembling *c, int bus)
{
    const struct schedule *s = e->plan.schedule;
    return s->price_per_kwh[(size_t)bus * s->n_steps + (size_t)c->step];
}

double planned_value(const struct engine *e, const struct assembling *c, int asset)
{
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    double value = plan->energy_value_per_kwh != NULL ? plan->energy_value_per_kwh[c->step] : NAN;
    return isfinite(value) ? value : planned_price(e, c, site_asset_at(e, asset)->bus);
}

// A person's word stands against every price and yields to hard limits alone.
static void assemble_manual(const struct asset_state *a, struct regulate_asset *r)
{
    if (!a->manual.active)
        return;
    r->has_plan = true;
    r->stay_on = r->stay_off = false;
    r->plan_w = a->manual.power_w;
    r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, COST_MANUAL);
    r->less_saving_per_kwh = -COST_MANUAL;
}

static void derate(const struct asset_state *a, struct regulate_asset *r)
{
    if (a->obedience.derated_until_mono_ms == 0)
        return;
    r->max_w = clamp(a->obedience.derated_max_w, r->min_w, r->max_w);
    r->min_w = clamp(a->obedience.derated_min_w, r->min_w, r->max_w);
}

// ---- who may be steered ---------------------------------------------------------------------------------------------

static bool bus_steers(const struct engine *e, int bus)
{
    return e->buses[bus].mode == BUS_CLOSED || e->buses[bus].mode == BUS_OPEN;
}

// Emergency generators run for an island: their own, or one that a tie brings their power to.
static bool helps_island(const struct engine *e, int bus)
{
    if (!outage_is_watched(e) || bus_is_alone(e, bus))
        return outage_is_watched(e);
    for (size_t t = 0; t < e->site->n_ties; t++) {
        const struct site_tie *tie = &e->site->ties[t];
        if ((tie->from == bus && bus_is_alone(e, tie->to)) || (tie->to == bus && bus_is_alone(e, tie->from)))
            return true;
    }
    return false;
}

static bool may_command(const struct engine *e, int asset, uint64_t now)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_asset *site = site_asset_at(e, asset);
    if (a->control < 0 || !a->reachable || a->faulted || a->obedience.unwilling || !asset_known(e, asset, now))
        return false;
    if (!bus_steers(e, site->bus))
        return false;
    switch (site->kind) {
    case ASSET_BATTERY:
        return soc_known(e, asset, now) && !asset_doubtful(e, asset);
    case ASSET_PV:
        return e->site->pvs[site->of_kind].curtailable;
    case ASSET_GENERATOR:
        return !e->site->generators[site->of_kind].emergency || a->manual.active || helps_island(e, site->bus);
    case ASSET_TIE:
        return bus_steers(e, e->site->ties[site->of_kind].from);
    case ASSET_STORE:
    case ASSET_GRID:
        return false;
    default:
        return true;
    }
}

// The lowest power an asset out of reach may have: what it does by itself once its lease has run out is unknown.
static double worst_case_w(const struct engine *e, int asset, uint64_t now)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_asset *site = site_asset_at(e, asset);
    if (site->kind == ASSET_PV || site->kind == ASSET_GENERATOR)
        return 0;
    if (site->kind == ASSET_TIE || a->control < 0)
        return asset_known(e, asset, now) ? a->good.v : 0;
    // No vehicle draws where none is; whether one has come since, nobody can say.
    if (site->kind == ASSET_CHARGER && a->connected.quality != QUALITY_NONE && !a->session.connected)
        return 0;
    const struct site_device *d = &e->site->devices[a->control];
    double own_w = d->has_safe_power ? d->safe_power_w : site->min_power_w;
    return a->has_setpoint ? fmin(a->setpoint_w, own_w) : own_w;
}

// The plan weighed the price at which it has the bus draw or deliver, and what it wants stands against that: its values
// move as soon as it is made anew, and would take those to and fro that are worth just about the price. Where things
// come otherwise (sun is left over, a peak is near) the values decide. Grids are assembled before all others.
static void stand_by_plan(const struct engine *e, const struct assembling *c, struct regulate_asset *r)
{
    double planned_w = 0, limit_w = 0, import_price = -INFINITY, export_price = -INFINITY;
    if (bus_is_alone(e, r->bus)) {
        stand_by_island(e, c, r);
        return;
    }
    for (size_t g = 0; g < e->site->n_grids; g++) {
        int grid = asset_of(e, ASSET_GRID, (int)g);
        const struct regulate_asset *of = &e->regulate_assets[grid];
        if (of->bus != r->bus)
            continue;
        planned_w += e->plan.schedule->assets[grid].power_w[c->step];
        limit_w += e->site->grids[g].import_limit_w;
        import_price = fmax(import_price, of->import_price_per_kwh);
        export_price = fmax(export_price, of->export_price_per_kwh);
    }
    double flow_w = fabs(planned_w) > A_FLOW * limit_w ? planned_w : 0, bus_price = planned_price(e, c, r->bus);
    bool draws = flow_w > 0 || (flow_w == 0 && bus_price >= import_price - price_band(bus_price, import_price));
    bool delivers = flow_w < 0 || (flow_w == 0 && bus_price <= export_price + price_band(bus_price, export_price));
    double price = draws ? import_price : export_price;
    if ((!draws && !delivers) || !isfinite(price))
        return;
    // A price that has risen since is news to the plan.
    r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, fmin(price, fmax(bus_price, export_price)));
    r->less_saving_per_kwh = fmin(r->less_saving_per_kwh, price);
}

static void assemble_kind(struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    typedef void assemble_fn(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
    static assemble_fn *const of_kind[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = assemble_grid,
        [ASSET_PV] = assemble_pv,
        [ASSET_BATTERY] = assemble_battery,
        [ASSET_CHARGER] = assemble_flexible,
        [ASSET_FLEXIBLE] = assemble_flexible,
        [ASSET_LOAD] = assemble_load,
        [ASSET_GENERATOR] = assemble_generator,
        [ASSET_CONVERTER] = assemble_converter,
        [ASSET_TIE] = assemble_tie,
    };
    if (of_kind[r->kind] == NULL)
        return;
    of_kind[r->kind](e, c, asset, r);
    if (r->kind == ASSET_GRID || r->kind == ASSET_PV || r->kind == ASSET_LOAD)
        return;
    if (r->has_plan && r->kind != ASSET_TIE)
        stand_by_plan(e, c, r);
    assemble_manual(&e->assets[asset], r);
    derate(&e->assets[asset], r);
}

static void assemble_asset(struct engine *e, const struct assembling *c, int asset)
{
    struct asset_state *a = &e->assets[asset];
    struct regulate_asset *r = &e->regulate_assets[asset];
    const struct site_asset *site = site_asset_at(e, asset);
    a->commandable = may_command(e, asset, c->now.mono_ms);
    *r = (struct regulate_asset){.kind = site->kind, .bus = site->bus, .from_bus = -1, .group = -1};
    r->commandable = a->commandable;
    r->measured = asset_known(e, asset, c->now.mono_ms);
    r->measured_w = site->kind == ASSET_GRID ? a->good.v : a->estimated_w;
    r->assumed_w = worst_case_w(e, asset, c->now.mono_ms);
    r->has_setpoint = a->has_setpoint;
    r->setpoint_w = a->setpoint_w;
    r->starting = asset_starting(e, asset, c->now.mono_ms);
    r->stay_on = asset_stays_on(e, asset, c->now);
    r->stay_off = asset_stays_off(e, asset, c->now);
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    r->has_plan = plan != NULL;
    r->plan_w = plan != NULL ? plan->power_w[c->step] : 0;
    if (site->kind == ASSET_BATTERY)
        hold_reserve(e, asset);
    if (asset_forms(e, asset))
        assemble_forming(e, c, asset, r);
    else if (site->kind == ASSET_GRID && forming_asset(e, site->bus) >= 0)
        assemble_lost_grid(r);
    else
        assemble_kind(e, c, asset, r);
}

void assemble(struct engine *e, struct instant now)
{
    struct assembling c = {.now = now, .co2_price_per_kg = e->site->co2_price_per_kg};
    c.planned = planning_current(e, now, &c.step);
    // Where emissions come first, the plan has found what a kg is worth.
    if (c.planned && e->site->plan.co2_first && isfinite(e->plan.schedule->co2_price_per_kg))
        c.co2_price_per_kg = fmax(e->plan.schedule->co2_price_per_kg, c.co2_price_per_kg);
    balance_refresh(e, now.mono_ms);
    surviving_refresh(e, now);
    for (size_t i = 0; i < e->site->n_assets; i++)
        assemble_asset(e, &c, (int)i);
    for (size_t b = 0; b < e->site->n_buses; b++)
        if (e->site->buses[b].carrier != CARRIER_ELECTRICITY)
            assemble_heat(e, &c, (int)b);
    assemble_area(e, &c);
}
