// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections in a regulation step: the least of all limits, and what the next kWh costs.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"
#include "core/slots.h"

static double margin(const struct engine *e, int bus)
{
    double frac = e->site->control.limit_margin_frac;
    if (e->buses[bus].mode != BUS_CLOSED)
        frac += e->site->control.open_loop_margin_frac;
    return fmin(fmax(frac, 0), 1);
}

// What a demand-response event pays for import below its baseline makes every kWh dearer that is drawn there; one who
// is above it anyway gains nothing by a little less.
static double incentive_per_kwh(const struct engine *e, const struct assembling *c, int grid, int asset)
{
    struct limit_in_force l = limits_within(e, grid, c->now.utc_ms, c->now.utc_ms + 1);
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    double import_w = plan != NULL ? plan->power_w[c->step] : e->assets[asset].good.v;
    return l.incentive_per_kwh > 0 && import_w <= l.baseline_w ? l.incentive_per_kwh : 0;
}

static void assemble_prices(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int grid = site_asset_at(e, asset)->of_kind;
    const struct site_tariff *t = &e->site->tariffs[e->site->grids[grid].tariff];
    struct community_prices with = community_prices(e, grid, c->planned ? c->step : -1, c->now.utc_ms);
    double import = grid_import_price_per_kwh(e, grid, c->now.utc_ms) + with.import_per_kwh;
    double export = grid_export_price_per_kwh(e, grid, c->now.utc_ms) + with.export_per_kwh;
    double incentive = incentive_per_kwh(e, c, grid, asset);
    if (!c->planned) {
        r->import_price_per_kwh = RULE_IMPORT + (incentive > 0 ? RULE_IMPORT : 0);
        r->export_price_per_kwh = export < 0 ? -1 : RULE_EXPORT;
        r->peak_price_per_kwh = RULE_PEAK;
        return;
    }
    r->import_price_per_kwh = import + grid_co2_kg_per_kwh(e, grid, c->now.utc_ms) * c->co2_price_per_kg + incentive;
    r->export_price_per_kwh = export;
    // One kW more on the window's average costs the charge; it takes the window's length in kWh.
    double window_h = t->demand_window_s > 0 ? t->demand_window_s / 3600.0 : 1;
    r->peak_price_per_kwh = r->import_price_per_kwh + t->demand_charge_per_kw / window_h;
}

// A window is charged by its average: what the load wanders around its own mean is left to the grid, so that no battery
// works for noise.
static double window_slack_w(const struct engine *e, int grid, double bound_w)
{
    const struct bus_state *b = &e->buses[e->site->grids[grid].bus];
    return b->has_uncontrolled ? clamp(b->smooth_w - b->uncontrolled_w, -bound_w, bound_w) : 0;
}

// What slips through while the mean follows a step is made up for in the rest of the window: towards its end there is
// less and less of that.
static double contract_bound_w(const struct engine *e, int grid, struct instant now)
{
    const struct site_grid *g = &e->site->grids[grid];
    double gone_s = (double)(now.utc_ms - e->grids[grid].window_start_utc_ms) / 1000;
    double left_s = e->site->tariffs[g->tariff].demand_window_s - gone_s;
    return 0.25 * g->contract_power_w * clamp(left_s / 90, 0, 1);
}

// What the batteries of a bus could give beyond the plan until the end of the window, reserves left alone.
static double spare_w(const struct engine *e, const struct assembling *c, int bus, double left_h)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++) {
        int asset = asset_of(e, ASSET_BATTERY, (int)i);
        const struct site_battery *b = &e->site->batteries[i];
        const struct asset_state *a = &e->assets[asset];
        const struct schedule_asset *plan = planned_asset(e, c, asset);
        if (site_asset_at(e, asset)->bus != bus || !a->commandable || a->on_reserve)
            continue;
        double above_wh = fmax(a->good_soc.v - fmax(b->reserve_frac, b->soc_min_frac), 0) * b->capacity_wh;
        double most_w = fmin(b->max_discharge_w, above_wh * b->discharge_efficiency / fmax(left_h, taper_h(e)));
        sum_w += fmax(most_w - (plan != NULL ? fmax(plan->power_w[c->step], 0) : 0), 0);
    }
    return sum_w;
}

// What the bus draws beyond `limit_w` when its batteries do as planned.
static double need_w(const struct engine *e, const struct assembling *c, int bus, double limit_w)
{
    const struct bus_state *b = &e->buses[bus];
    double flow_w = b->has_uncontrolled ? b->uncontrolled_w - b->smooth_w : 0; // without what it wanders
    for (size_t g = 0; g < e->site->n_grids; g++)
        flow_w += e->site->grids[g].bus == bus ? e->assets[asset_of(e, ASSET_GRID, (int)g)].good.v : 0;
    for (size_t i = 0; i < e->site->n_batteries; i++) {
        int asset = asset_of(e, ASSET_BATTERY, (int)i);
        const struct schedule_asset *plan = planned_asset(e, c, asset);
        if (site_asset_at(e, asset)->bus == bus && plan != NULL)
            flow_w += e->assets[asset].estimated_w - plan->power_w[c->step];
    }
    return fmax(flow_w - limit_w, 0);
}

// Early in a window its average is still open: what jumps up there often comes back by itself, or the next plan takes
// it into account. What is let through shrinks with the window and is paid back in it. Where s is let through at first,
// a lasting need d takes up to 2 sqrt(s d) <= 2 s in the end, or d + s where d is the larger: the batteries have to be
// able to give that.
static double early_slack_w(const struct engine *e, const struct assembling *c, int grid, double limit_w)
{
    const struct site_grid *g = &e->site->grids[grid];
    double length_h = e->site->tariffs[g->tariff].demand_window_s / 3600.0;
    double gone_h = (double)(c->now.utc_ms - e->grids[grid].window_start_utc_ms) / 3600e3;
    if (length_h <= 0 || is_coarse(e))
        return 0;
    double left_h = clamp(length_h - gone_h, 0, length_h);
    double spare = spare_w(e, c, g->bus, left_h);
    return fmax(fmin(0.5 * spare, spare - need_w(e, c, g->bus, limit_w)), 0) * left_h / length_h;
}

static void tighten(double *io_limit_w, enum reason_kind *io_reason, double limit_w, enum reason_kind reason)
{
    if (limit_w >= *io_limit_w)
        return;
    *io_limit_w = limit_w;
    *io_reason = reason;
}

static void assemble_limits(const struct engine *e, const struct assembling *c, int grid, struct regulate_asset *r)
{
    const struct site_grid *g = &e->site->grids[grid];
    if (grid_is_lost(e, grid)) { // no noise of a meter asks for a little import
        r->import_limit_w = r->export_limit_w = 0;
        return;
    }
    double kept = 1 - margin(e, g->bus);
    int64_t ahead_ms = slots_average(e) ? 1 : (int64_t)(area_seconds(e, LIMIT_AHEAD_MS) * 1000);
    struct limit_in_force l = limits_within(e, grid, c->now.utc_ms, c->now.utc_ms + ahead_ms);
    r->import_limit_w = g->import_limit_w * kept;
    tighten(&r->import_limit_w, &r->import_reason,
            slots_import_limit_w(e, grid, l.import_limit_w * kept, r->import_limit_w, c->now), REASON_DR_LIMIT);
    l.export_limit_w = slots_export_limit_w(e, grid, l.export_limit_w, g->export_limit_w, c->now);
    double export_w = fmin(g->export_limit_w, l.export_limit_w);
    if (g->contract_power_w > 0) {
        double budget_w = accounting_window_limit_w(e, grid, g->contract_power_w * kept, c->now);
        tighten(&r->import_limit_w, &r->import_reason,
                fmax(budget_w + window_slack_w(e, grid, contract_bound_w(e, grid, c->now)), 0), REASON_CONTRACT);
    }
    // A meter's noise would cross an export limit of zero all the time: stay a little on the import side of it.
    double bias_w = 0.5 * e->site->control.limit_margin_frac * g->import_limit_w;
    r->export_limit_w = fmin(export_w * kept, export_w - fmin(bias_w, r->import_limit_w));
    if (l.export_limit_w < g->export_limit_w)
        r->export_reason = REASON_DR_LIMIT;
}

void assemble_grid(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int grid = site_asset_at(e, asset)->of_kind;
    assemble_limits(e, c, grid, r);
    assemble_prices(e, c, asset, r);
    r->peak_limit_w =
        accounting_peak_limit_w(e, grid, c->now) + window_slack_w(e, grid, 0.05 * e->site->grids[grid].import_limit_w);
    r->peak_slack_w = early_slack_w(e, c, grid, r->peak_limit_w);
}
