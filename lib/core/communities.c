// SPDX-License-Identifier: GPL-3.0-or-later
// What being billed together changes for the next kWh at a grid connection.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"

// By plan both sides have the price that it expects: what is drawn here while others feed in only forgoes what that
// earns, what is fed in while they draw saves what they pay, and what it comes to is not known before it is.
struct community_prices community_prices(const struct engine *e, int grid, int step, int64_t utc_ms)
{
    int community = site_community_of(e->site, grid);
    if (community < 0)
        return (struct community_prices){0, 0};
    double import = community_import_price_per_kwh(e, community, utc_ms);
    double export = community_export_price_per_kwh(e, community, utc_ms);
    if (step < 0)
        return (struct community_prices){import, export};
    const struct schedule *s = e->plan.schedule;
    double planned = s->community_price_per_kwh[(size_t)community * s->n_steps + (size_t)step];
    double price = clamp(planned, fmin(export, import), fmax(export, import));
    return (struct community_prices){price, price};
}
