// SPDX-License-Identifier: GPL-3.0-or-later
// From what is known to the arrays of one regulation step.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"
#include "solver/solver.h"
#include "tariff/tariff.h"

// Without a plan these stand in for prices: using one's own energy is worth more than selling it, the peak more than
// both. The reserve, a person's word and load are kept from every price; only hard limits take them.
static const double RULE_IMPORT = 2, RULE_STORE = 1, RULE_EXPORT = 0, RULE_PEAK = 100;
static const double COST_RESERVE = 1e5, COST_GENERATOR = 1e5, COST_MANUAL = 1e6, COST_SHED = 1e7;

// Close to its bounds a battery slows down, so that it meets them without starting and stopping: as if it had a minute
// to them, or some control cycles where the area's time runs faster.
static double taper_h(const struct engine *e)
{
    double cycles_s = area_seconds(e, 5 * (uint64_t)e->site->control.cycle_ms);
    return fmax(60, cycles_s) / 3600;
}

struct context {
    struct instant now;
    bool planned;
    int step;
};

static const struct schedule_asset *planned_asset(const struct engine *e, const struct context *c, int asset)
{
    return c->planned ? &e->plan.schedule->assets[asset] : NULL;
}

// ---- grid connections -----------------------------------------------------------------------------------------------

static double margin(const struct engine *e, int bus)
{
    double frac = e->site->control.limit_margin_frac;
    if (e->buses[bus].mode != BUS_CLOSED)
        frac += e->site->control.open_loop_margin_frac;
    return fmin(fmax(frac, 0), 1);
}

static void assemble_prices(const struct engine *e, const struct context *c, int grid, struct regulate_asset *r)
{
    const struct site_grid *g = &e->site->grids[grid];
    const struct site_tariff *t = &e->site->tariffs[g->tariff];
    double import = tariff_import_price_per_kwh(e->site, g->tariff, c->now.utc_ms);
    double export = tariff_export_price_per_kwh(e->site, g->tariff, c->now.utc_ms);
    if (!c->planned) {
        r->import_price_per_kwh = RULE_IMPORT;
        r->export_price_per_kwh = export < 0 ? -1 : RULE_EXPORT;
        r->peak_price_per_kwh = RULE_PEAK;
        return;
    }
    r->import_price_per_kwh = import + g->co2_g_per_kwh / 1000 * e->site->co2_price_per_kg;
    r->export_price_per_kwh = export;
    // One kW more on the window's average costs the charge; it takes the window's length in kWh.
    double window_h = t->demand_window_s > 0 ? t->demand_window_s / 3600.0 : 1;
    r->peak_price_per_kwh = r->import_price_per_kwh + t->demand_charge_per_kw / window_h;
}

// A window is charged by its average: what the load wanders around its own mean is left to the grid, so that no battery
// works for noise.
static double peak_slack_w(const struct engine *e, int grid)
{
    const struct bus_state *b = &e->buses[e->site->grids[grid].bus];
    double bound_w = 0.05 * e->site->grids[grid].import_limit_w;
    return b->has_uncontrolled ? clamp(b->smooth_w - b->uncontrolled_w, -bound_w, bound_w) : 0;
}

static void assemble_grid(const struct engine *e, const struct context *c, int grid, struct regulate_asset *r)
{
    const struct site_grid *g = &e->site->grids[grid];
    double off = margin(e, g->bus);
    // A meter's noise would cross an export limit of zero all the time: stay a little on the import side of it.
    double bias_w = 0.5 * e->site->control.limit_margin_frac * g->import_limit_w;
    r->import_limit_w = g->import_limit_w * (1 - off);
    r->export_limit_w = fmin(g->export_limit_w * (1 - off), g->export_limit_w - fmin(bias_w, r->import_limit_w));
    assemble_prices(e, c, grid, r);
    r->peak_limit_w = accounting_peak_limit_w(e, grid, c->now) + peak_slack_w(e, grid);
}

// ---- batteries ------------------------------------------------------------------------------------------------------

static void assemble_battery(const struct engine *e, const struct context *c, int asset, struct regulate_asset *r)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_battery *b = &e->site->batteries[site_asset_at(e, asset)->of_kind];
    double soc = a->good_soc.v;
    double above_wh = fmax(soc - b->soc_min_frac, 0) * b->capacity_wh * b->discharge_efficiency;
    double below_wh = fmax(b->soc_max_frac - soc, 0) * b->capacity_wh / b->charge_efficiency;
    r->max_w = fmin(fmin(b->max_discharge_w, a->available_w), above_wh / taper_h(e));
    r->min_w = -fmin(fmin(b->max_charge_w, a->max_charge_w), below_wh / taper_h(e));
    r->ramp_w_per_s = b->ramp_w_per_s;
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    r->more_cost_per_kwh = r->less_saving_per_kwh = RULE_STORE;
    if (plan != NULL) {
        double value = plan->energy_value_per_kwh != NULL ? plan->energy_value_per_kwh[c->step] : NAN;
        if (!isfinite(value)) // no value in the plan: its powers stand
            value = r->import_price_per_kwh;
        r->more_cost_per_kwh = value / b->discharge_efficiency + b->wear_per_kwh;
        r->less_saving_per_kwh = value * b->charge_efficiency - b->wear_per_kwh;
    }
    if (planning_awaits_first(e, c->now)) { // only limits count
        r->more_cost_per_kwh = COST_RESERVE;
        r->less_saving_per_kwh = -COST_RESERVE;
    }
    if (soc <= b->reserve_frac)
        r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, COST_RESERVE);
}

// ---- assets whose setpoint is a cap ---------------------------------------------------------------------------------
//
// What a plant could give beyond its cap is unknown unless it says so. While the cap binds, a little more is assumed;
// as soon as the plant stays below it, what it gives is what it can.

bool cap_binds(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    double slack_w = 0.02 * asset_range_w(e, asset);
    return a->cap.active && a->good.v >= a->setpoint_w - slack_w && site_asset_at(e, asset)->kind == ASSET_PV;
}

static void assemble_pv(const struct engine *e, int asset, struct regulate_asset *r)
{
    const struct asset_state *a = &e->assets[asset];
    double peak_w = site_asset_at(e, asset)->max_power_w;
    double gives_w = fmax(a->estimated_w, 0);
    r->min_w = 0;
    r->max_w = gives_w;
    if (cap_binds(e, asset))
        r->max_w = isfinite(a->available_w) ? fmax(a->available_w, gives_w)
                                            : fmin(peak_w, fmax(a->setpoint_w, gives_w) + 0.1 * peak_w);
    r->has_setpoint = false;
    if (a->manual.active)
        r->max_w = fmin(r->max_w, fmax(a->manual.power_w, 0));
}

static void assemble_load(const struct engine *e, int asset, struct regulate_asset *r)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_load *l = &e->site->loads[site_asset_at(e, asset)->of_kind];
    double share = 0;
    for (int t = 0; t < TIER_COUNT; t++)
        share += l->sheddable[t] ? l->tier_share[t] : 0;
    double natural_w = fmin(a->cap.active ? fmin(a->cap.natural_w, a->estimated_w) : a->estimated_w, 0);
    r->min_w = natural_w;
    r->max_w = natural_w * (1 - clamp(share, 0, 1));
    r->more_cost_per_kwh = COST_SHED;
    r->less_saving_per_kwh = 0;
    r->has_setpoint = false;
    if (a->manual.active)
        r->min_w = clamp(a->manual.power_w, r->min_w, r->max_w);
}

// ---- the others -----------------------------------------------------------------------------------------------------

static void assemble_generator(const struct engine *e, const struct context *c, int asset, struct regulate_asset *r)
{
    const struct site_generator *g = &e->site->generators[site_asset_at(e, asset)->of_kind];
    r->on_w = g->min_power_w;
    r->max_w = g->max_power_w;
    r->ramp_w_per_s = g->ramp_w_per_s;
    double cost = g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * e->site->co2_price_per_kg;
    r->more_cost_per_kwh = c->planned ? cost : COST_GENERATOR;
    r->less_saving_per_kwh = cost;
}

static void assemble_tie(const struct engine *e, int asset, struct regulate_asset *r)
{
    const struct site_tie *t = &e->site->ties[site_asset_at(e, asset)->of_kind];
    r->bus = t->to;
    r->from_bus = t->from;
    r->loss_frac = t->loss_frac;
    r->min_w = -t->limit_w;
    r->max_w = t->limit_w * (1 - t->loss_frac);
    r->ramp_w_per_s = t->ramp_w_per_s;
}

// A person's word stands against every price and yields to hard limits alone.
static void assemble_manual(const struct asset_state *a, struct regulate_asset *r)
{
    if (!a->manual.active)
        return;
    r->has_plan = true;
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
        return !e->site->generators[site->of_kind].emergency || a->manual.active;
    case ASSET_TIE:
        return bus_steers(e, e->site->ties[site->of_kind].from);
    default:
        return site->kind == ASSET_LOAD;
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
    const struct site_device *d = &e->site->devices[a->control];
    double own_w = d->has_safe_power ? d->safe_power_w : site->min_power_w;
    return a->has_setpoint ? fmin(a->setpoint_w, own_w) : own_w;
}

static void assemble_kind(struct engine *e, const struct context *c, int asset, struct regulate_asset *r)
{
    const struct site_asset *site = site_asset_at(e, asset);
    switch (site->kind) {
    case ASSET_GRID:
        assemble_grid(e, c, site->of_kind, r);
        return;
    case ASSET_PV:
        assemble_pv(e, asset, r);
        return;
    case ASSET_LOAD:
        assemble_load(e, asset, r);
        return;
    case ASSET_BATTERY:
        assemble_battery(e, c, asset, r);
        break;
    case ASSET_GENERATOR:
        assemble_generator(e, c, asset, r);
        break;
    case ASSET_TIE:
        assemble_tie(e, asset, r);
        break;
    default:
        return;
    }
    assemble_manual(&e->assets[asset], r);
    derate(&e->assets[asset], r);
}

static void assemble_asset(struct engine *e, const struct context *c, int asset)
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
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    r->has_plan = plan != NULL;
    r->plan_w = plan != NULL ? plan->power_w[c->step] : 0;
    assemble_kind(e, c, asset, r);
}

void assemble(struct engine *e, struct instant now)
{
    struct context c = {.now = now};
    c.planned = planning_current(e, now, &c.step);
    balance_refresh(e, now.mono_ms);
    for (size_t i = 0; i < e->site->n_assets; i++)
        assemble_asset(e, &c, (int)i);
}
