// SPDX-License-Identifier: GPL-3.0-or-later
// When to regulate, and what a step says about limits and prices.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"
#include "core/slots.h"

enum { LIMIT_ALARM_MS = 5 * 1000 };

double bus_price_per_kwh(const struct engine *e, int bus, struct instant now)
{
    int step;
    if (planning_current(e, now, &step)) {
        double price = e->plan.schedule->price_per_kwh[(size_t)bus * e->plan.schedule->n_steps + (size_t)step];
        if (isfinite(price))
            return price;
    }
    int grid = first_grid_of_bus(e, bus);
    if (grid < 0)
        return 0;
    bool exporting = e->assets[asset_of(e, ASSET_GRID, grid)].good.v < 0;
    struct community_prices with = community_prices(e, grid, -1, now.utc_ms);
    return exporting ? grid_export_price_per_kwh(e, grid, now.utc_ms) + with.export_per_kwh
                     : grid_import_price_per_kwh(e, grid, now.utc_ms) + with.import_per_kwh;
}

// Over a slot's average more may flow for a moment.
static double excess_w(const struct engine *e, int grid, double power_w, double margin_frac, struct instant now)
{
    const struct site_grid *g = &e->site->grids[grid];
    double import_limit_w = grid_import_limit_w(e, grid, now), export_limit_w = grid_export_limit_w(e, grid, now);
    if (import_limit_w < g->import_limit_w && !grid_is_lost(e, grid))
        import_limit_w = slots_import_limit_w(e, grid, import_limit_w, g->import_limit_w, now);
    if (export_limit_w < g->export_limit_w && !grid_is_lost(e, grid))
        export_limit_w = slots_export_limit_w(e, grid, export_limit_w, g->export_limit_w, now);
    double import_w = power_w - import_limit_w * (1 - margin_frac);
    double export_w = -power_w - export_limit_w * (1 - margin_frac);
    return fmax(fmax(import_w, export_w), 0);
}

// Of the limit that several connections share; 0 where there is none, or what flows is not known.
static double area_excess_w(const struct engine *e, double margin_frac, struct instant now)
{
    double power_w, import_limit_w, export_limit_w, over_w = 0;
    area_limits_within(e, now.utc_ms, now.utc_ms + 1, &import_limit_w, &export_limit_w);
    if (!area_is_shared(e) || !area_power_w(e, now, &power_w))
        return 0;
    if (import_limit_w < PLAN_NO_LIMIT_W)
        over_w = power_w - slots_import_limit_w(e, -1, import_limit_w, PLAN_NO_LIMIT_W, now) * (1 - margin_frac);
    if (export_limit_w < PLAN_NO_LIMIT_W)
        over_w = fmax(over_w,
                      -power_w - slots_export_limit_w(e, -1, export_limit_w, PLAN_NO_LIMIT_W, now) * (1 - margin_frac));
    return fmax(over_w, 0);
}

// A step of the load is answered on its first reading, without waiting for the tick.
bool regulating_is_urgent(const struct engine *e, int device, struct instant now)
{
    const struct site_asset *site = site_device_asset(e->site, &e->site->devices[device]);
    if (site == NULL || site->kind != ASSET_GRID)
        return false;
    const struct asset_state *a = &e->assets[e->site->devices[device].asset];
    if (!e->ticked || is_coarse(e) || e->buses[site->bus].mode != BUS_CLOSED)
        return false;
    if (!value_usable(a->power) || bus_is_alone(e, site->bus))
        return false;
    if (elapsed_ms(e->regulated_mono_ms, a->power.mono_ms) < FAST_PATH_MS)
        return false;
    double half = e->site->control.limit_margin_frac / 2;
    return excess_w(e, site->of_kind, a->power.v, half, now) > 0 || area_excess_w(e, half, now) > 0;
}

// Only what stands above the contract itself, and for a while, is worth a word.
static void refresh_limit_alarm(struct engine *e, int grid, struct instant now)
{
    struct grid_state *g = &e->grids[grid];
    const struct site_grid *site = &e->site->grids[grid];
    int asset = asset_of(e, ASSET_GRID, grid);
    // In the span that the reading is of; and what an island carries is no matter of its connection's limits.
    bool was_there = (is_coarse(e) && g->away) || bus_is_alone(e, site->bus);
    double over_w =
        asset_known(e, asset, now.mono_ms) && !was_there ? excess_w(e, grid, e->assets[asset].good.v, 0, now) : 0;
    // Meters are not more exact than this.
    if (over_w <= 0.001 * fmax(site->import_limit_w, site->export_limit_w) + 10)
        g->over_since_mono_ms = 0;
    else if (g->over_since_mono_ms == 0)
        g->over_since_mono_ms = now.mono_ms;
    uint64_t patience_ms = is_coarse(e) ? 0 : LIMIT_ALARM_MS; // a mean is no moment
    bool lasting = g->over_since_mono_ms != 0 && elapsed_ms(g->over_since_mono_ms, now.mono_ms) >= patience_ms;
    alarm_set(e, ALARM_LIMIT, grid, lasting, now.utc_ms,
              "The limit of %s is exceeded by %.1f kW and nothing that can be steered is left: reduce loads", site->id,
              over_w / 1000);
}

static void refresh_area_alarm(struct engine *e, struct instant now)
{
    uint64_t *since = &e->area_over_since_mono_ms;
    double over_w = area_excess_w(e, 0, now), exact_w = 10;
    for (size_t g = 0; g < e->site->n_grids; g++)
        exact_w += 0.001 * e->site->grids[g].import_limit_w;
    if (over_w <= exact_w)
        *since = 0;
    else if (*since == 0)
        *since = now.mono_ms;
    bool lasting = *since != 0 && elapsed_ms(*since, now.mono_ms) >= (is_coarse(e) ? 0 : LIMIT_ALARM_MS);
    alarm_set(e, ALARM_AREA, 0, lasting, now.utc_ms,
              "The limit of all grid connections together is exceeded by %.1f kW and nothing that can be steered is "
              "left: reduce loads",
              over_w / 1000);
}

static void refresh_group_alarm(struct engine *e, int group, struct instant now)
{
    uint64_t *since = &e->group_over_since_mono_ms[group];
    const struct site_group *site = &e->site->groups[group];
    double over_w = e->group_results[group].excess_w;
    if (over_w <= 0.001 * site->limit_w + 10)
        *since = 0;
    else if (*since == 0)
        *since = now.mono_ms;
    bool lasting = *since != 0 && elapsed_ms(*since, now.mono_ms) >= LIMIT_ALARM_MS;
    alarm_set(e, ALARM_GROUP, group, lasting, now.utc_ms,
              "The limit of %s is, or may be, exceeded by %.1f kW: chargers behind it do not follow or do not answer",
              site->id, over_w / 1000);
}

void limit_alarms_refresh(struct engine *e, struct instant now)
{
    for (size_t g = 0; g < e->site->n_grids; g++)
        refresh_limit_alarm(e, (int)g, now);
    refresh_area_alarm(e, now);
}

void regulating_step(struct engine *e, struct instant now)
{
    double dt_s = (double)elapsed_ms(e->regulated_mono_ms, now.mono_ms) / 1000;
    assemble(e, now);
    const struct regulate_area area = {.assets = e->regulate_assets,
                                       .n_assets = e->site->n_assets,
                                       .buses = e->regulate_buses,
                                       .n_buses = e->site->n_buses,
                                       .groups = e->regulate_groups,
                                       .n_groups = e->site->n_groups,
                                       .dt_s = clamp(dt_s, 0, fmax(10, e->site->control.cycle_ms / 1000.0)),
                                       .exact = is_coarse(e)};
    regulate(&area, e->commands, e->results, e->group_results);
    apply_commands(e, now);
    e->regulated_mono_ms = now.mono_ms;
    if (!is_coarse(e)) // what is measured then is from before this step
        limit_alarms_refresh(e, now);
    for (size_t g = 0; g < e->site->n_groups; g++)
        refresh_group_alarm(e, (int)g, now);
}
