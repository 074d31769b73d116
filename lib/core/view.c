// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine knows, for reports.
#include <math.h>

#include "core/internal.h"

enum engine_mode engine_mode(const struct engine *e)
{
    return e->mode;
}

const char *engine_mode_name(enum engine_mode mode)
{
    static const char *const names[] = {
        [MODE_STARTING] = "starting", [MODE_PLAN] = "plan", [MODE_RULES] = "rules", [MODE_SAFE] = "safe"};
    return (unsigned)mode < sizeof names / sizeof *names ? names[mode] : "unknown";
}

const struct site *engine_site(const struct engine *e)
{
    return e->site;
}

// Without its grid only a plan tells what a kWh is worth at a bus; where supply is short it has no price.
static bool is_priced(const struct engine *e, int bus, struct instant now)
{
    const struct schedule *s = e->plan.schedule;
    int grid = first_grid_of_bus(e, bus), step;
    if (grid < 0 || !planning_current(e, now, &step) || s->made_utc_ms < e->outage.since_utc_ms)
        return false;
    return isfinite(s->assets[asset_of(e, ASSET_GRID, grid)].reasons[step].price_per_kwh);
}

// Without a plan only a grid connection of its own tells what a kWh is worth at a bus.
double engine_bus_price_per_kwh(const struct engine *e, int bus, struct instant now)
{
    if (bus_is_alone(e, bus) && !is_priced(e, bus, now))
        return NAN;
    bool known = planning_current(e, now, NULL) || first_grid_of_bus(e, bus) >= 0;
    return known ? bus_price_per_kwh(e, bus, now) : NAN;
}

double engine_outside_degc(const struct engine *e)
{
    return value_usable(e->outside.value) ? e->outside.value.v : (double)NAN;
}

struct forecast *engine_forecast(const struct engine *e)
{
    return e->forecast;
}

const struct schedule *engine_plan(const struct engine *e)
{
    return e->plan.schedule;
}

static struct session_view session_of(const struct session_state *s)
{
    return (struct session_view){.connected = s->connected,
                                 .active = s->active,
                                 .wished = s->active && s->wished,
                                 .until_utc_ms = s->active ? s->until_utc_ms : 0,
                                 .missing_wh = session_missing_wh(s),
                                 .energy_wh = session_energy_wh(s),
                                 .capacity_wh = s->capacity_wh};
}

void engine_asset(const struct engine *e, int asset, struct instant now, struct asset_view *ret_view)
{
    const struct asset_state *a = &e->assets[asset];
    struct asset_view v = {.power = a->power, .soc = a->soc, .fuel = a->fuel, .session = session_of(&a->session)};
    // The judged values are as old as the last tick; a view may be asked for later.
    if (v.power.quality == QUALITY_GOOD && !asset_known(e, asset, now.mono_ms))
        v.power.quality = QUALITY_STALE;
    v.has_setpoint = a->has_setpoint;
    v.setpoint_w = a->setpoint_w;
    v.setpoint_valid_until_utc_ms = setpoint_valid_until_ms(e, asset, now);
    v.reason = a->reason;
    v.marginal_price_per_kwh = engine_bus_price_per_kwh(e, site_asset_at(e, asset)->bus, now);
    v.energy_in_wh = a->energy_in_wh;
    v.energy_out_wh = a->energy_out_wh;
    v.reachable = a->reachable;
    bool derated = a->obedience.derated_until_mono_ms != 0 && site_flexible_of(e->site, asset) == NULL;
    v.obeys = !a->obedience.unwilling && !derated;
    *ret_view = v;
}

void engine_community(const struct engine *e, int community, struct instant now, struct community_view *ret_view)
{
    *ret_view =
        (struct community_view){.import_price_per_kwh = community_import_price_per_kwh(e, community, now.utc_ms),
                                .export_price_per_kwh = community_export_price_per_kwh(e, community, now.utc_ms)};
}

void engine_grid(const struct engine *e, int grid, struct instant now, struct grid_view *ret_view)
{
    const struct grid_state *g = &e->grids[grid];
    bool begun = g->window_start_utc_ms != NEVER_MS;
    struct limit_in_force l = limits_within(e, grid, now.utc_ms, now.utc_ms + 1);
    *ret_view = (struct grid_view){.available = !grid_is_lost(e, grid),
                                   .import_limit_w = grid_import_limit_w(e, grid, now),
                                   .export_limit_w = grid_export_limit_w(e, grid, now),
                                   .import_price_per_kwh = grid_import_price_per_kwh(e, grid, now.utc_ms),
                                   .export_price_per_kwh = grid_export_price_per_kwh(e, grid, now.utc_ms),
                                   .co2_g_per_kwh = grid_co2_kg_per_kwh(e, grid, now.utc_ms) * 1000,
                                   .incentive_per_kwh = l.incentive_per_kwh,
                                   .baseline_w = l.baseline_w,
                                   .month_peak_w = g->month_peak_w,
                                   .window_wh = g->window_wh,
                                   .window_start_utc_ms = begun ? g->window_start_utc_ms : 0};
}
