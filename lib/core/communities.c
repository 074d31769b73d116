// SPDX-License-Identifier: GPL-3.0-or-later
// What being billed together changes for the next kWh at a grid connection.
#include <math.h>

#include "core/internal.h"

static const double BALANCED = 1e-3; // of what the members may draw: a sum below this is none

// Of a plan the sum of its members, W, and what the smallest sum is that counts.
static double planned_sum_w(const struct engine *e, const struct site_community *of, int step, double *ret_least_w)
{
    double sum_w = 0, limit_w = 0;
    for (size_t i = 0; i < of->n_grids; i++) {
        sum_w += e->plan.schedule->assets[asset_of(e, ASSET_GRID, of->grids[i])].power_w[step];
        limit_w += e->site->grids[of->grids[i]].import_limit_w;
    }
    *ret_least_w = BALANCED * limit_w;
    return sum_w;
}

// While the others draw anyway, what is fed in here saves their price; while they feed in, what is drawn here only
// forgoes what that earns. Where the plan has the sum at nothing, or there is no plan, each side has its own price.
struct community_prices community_prices(const struct engine *e, int grid, int step, int64_t utc_ms)
{
    int community = site_community_of(e->site, grid);
    if (community < 0)
        return (struct community_prices){0, 0};
    const struct site_community *of = &e->site->communities[community];
    struct community_prices p = {community_import_price_per_kwh(e, community, utc_ms),
                                 community_export_price_per_kwh(e, community, utc_ms)};
    if (step < 0)
        return p;
    double least_w, sum_w = planned_sum_w(e, of, step, &least_w);
    if (sum_w > least_w)
        p.export_per_kwh = p.import_per_kwh;
    else if (sum_w < -least_w)
        p.import_per_kwh = p.export_per_kwh;
    return p;
}
