// SPDX-License-Identifier: GPL-3.0-or-later
// The grid connections of a bus as one: limits, prices and what stands behind them.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"

static const double LARGEST_W = 1e12;
static const double LEAST_SHARE = 0.1; // of a change that a connection is counted to carry

static double sound_limit(double limit_w)
{
    return isnan(limit_w) ? 0 : fmin(fmax(limit_w, -LARGEST_W), LARGEST_W);
}

static bool is_measured(const struct regulate_asset *a)
{
    return a->measured && isfinite(a->measured_w);
}

// Prices: the dearest leads.
static void add_prices(struct bus_balance *b, const struct regulate_asset *a)
{
    double import_price = isfinite(a->import_price_per_kwh) ? a->import_price_per_kwh : 0;
    double export_price = isfinite(a->export_price_per_kwh) ? a->export_price_per_kwh : 0;
    double peak_price = isfinite(a->peak_price_per_kwh) ? a->peak_price_per_kwh : import_price;
    b->import_price = b->has_grid ? fmax(b->import_price, import_price) : import_price;
    b->export_price = b->has_grid ? fmax(b->export_price, export_price) : export_price;
    b->peak_price = fmax(b->has_grid ? fmax(b->peak_price, peak_price) : peak_price, b->import_price);
}

static void add_grid(struct bus_balance *b, const struct regulate_asset *a, int index)
{
    b->measured = (b->has_grid ? b->measured : true) && is_measured(a);
    b->import_limit_w += sound_limit(a->import_limit_w);
    b->export_limit_w += sound_limit(a->export_limit_w);
    b->peak_limit_w += isnan(a->peak_limit_w) ? LARGEST_W : fmin(fmax(a->peak_limit_w, 0), LARGEST_W);
    b->peak_slack_w += a->peak_slack_w > 0 ? fmin(a->peak_slack_w, LARGEST_W) : 0;
    add_prices(b, a);
    if (!b->has_grid)
        b->import_grid = b->export_grid = index;
    b->has_grid = true;
    if (is_measured(a))
        b->uncontrolled_w -= a->measured_w;
}

// Share of a change of the bus's flow that a connection carries: physics knows. Where it carries much it is taken for
// its share of the flow, else for its share of the limits, so that none exceeds its own limit while others have room.
static double share_of(double flow_w, double total_w, double limit_w, double total_limit_w)
{
    double least = total_limit_w > 0 ? clamp(limit_w / total_limit_w, LEAST_SHARE, 1) : 1;
    if (flow_w <= 0)
        return least;
    return total_w > 0 ? clamp(flow_w / total_w, least, 1) : 1;
}

// How far the flow of the bus, in the direction of `sign`, may go until the first of its connections is at its limit.
static double reach_w(const struct regulation *r, int bus, int sign, int *ret_grid)
{
    const struct bus_balance *b = &r->buses[bus];
    double total_w = -b->uncontrolled_w * sign, reach_w = INFINITY;
    double total_limit_w = sign > 0 ? b->import_limit_w : b->export_limit_w;
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        if (a->kind != ASSET_GRID || a->bus != bus)
            continue;
        double limit_w = sound_limit(sign > 0 ? a->import_limit_w : a->export_limit_w), flow_w = a->measured_w * sign;
        double way_w = (limit_w - flow_w) / share_of(flow_w, total_w, limit_w, total_limit_w);
        if (way_w >= reach_w)
            continue;
        reach_w = way_w;
        *ret_grid = (int)i;
    }
    return total_w + reach_w;
}

// Flows that circle through the connections may leave no flow that keeps both: then the one in the middle is kept, and
// nobody gives so that another may take.
static void set_reach(struct bus_balance *b, double import_w, double export_w)
{
    double middle_w = (import_w - export_w) / 2;
    b->import_limit_w = import_w >= -export_w ? import_w : middle_w;
    b->export_limit_w = import_w >= -export_w ? export_w : -middle_w;
}

static void name_limits(const struct regulation *r, struct bus_balance *b)
{
    enum reason_kind import = r->assets[b->import_grid].import_reason, export = r->assets[b->export_grid].export_reason;
    b->import_reason = import != REASON_NONE ? import : REASON_IMPORT_LIMIT;
    b->export_reason = export != REASON_NONE ? export : REASON_EXPORT_LIMIT;
}

// A bus without a connection is one whose "grid" carries nothing and may carry nothing.
void connections_start(struct regulation *r)
{
    int grids[SITE_MAX_BUSES] = {0};
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        if (a->kind != ASSET_GRID || !bus_exists(r, a->bus))
            continue;
        add_grid(&r->buses[a->bus], a, (int)i);
        grids[a->bus]++;
    }
    for (size_t bus = 0; bus < r->n_buses; bus++) {
        struct bus_balance *b = &r->buses[bus];
        if (b->measured && grids[bus] > 1) {
            double import_w = reach_w(r, (int)bus, 1, &b->import_grid);
            double export_w = reach_w(r, (int)bus, -1, &b->export_grid);
            set_reach(b, import_w, export_w);
        }
        if (b->has_grid)
            name_limits(r, b);
        if (!b->measured)
            b->uncontrolled_w = 0;
    }
}
