// SPDX-License-Identifier: GPL-3.0-or-later
// What may be relied upon on each bus, and what its assets did at the instant of the grid's reading.
#include <math.h>

#include "control/bus.h"
#include "core/internal.h"

static const double SMOOTH_S = 30;

// ---- modes ----------------------------------------------------------------------------------------------------------

struct bus_survey {
    int grids, known_grids;
    int loads, known_loads;
    int unknown_pvs;
    int steerable;
    int metered_grid; // asset of a grid that has a meter, -1 none
};

static void survey_asset(const struct engine *e, int asset, uint64_t now, struct bus_survey *s)
{
    const struct asset_state *a = &e->assets[asset];
    bool known = asset_known(e, asset, now);
    switch (site_asset_at(e, asset)->kind) {
    case ASSET_GRID:
        s->grids++;
        s->known_grids += known;
        if (a->first_device >= 0)
            s->metered_grid = asset;
        break;
    case ASSET_LOAD:
        s->loads++;
        s->known_loads += known;
        break;
    case ASSET_PV:
        s->unknown_pvs += a->first_device >= 0 && !known;
        break;
    default:
        break;
    }
    s->steerable += a->control >= 0;
}

static struct bus_survey survey_bus(const struct engine *e, int bus, uint64_t now)
{
    struct bus_survey s = {.metered_grid = -1};
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (site_asset_at(e, (int)i)->bus == bus)
            survey_asset(e, (int)i, now, &s);
    return s;
}

static enum bus_mode bus_mode_of(const struct engine *e, int bus, const struct bus_survey *s, uint64_t now)
{
    if (s->known_grids == s->grids) // without a grid the flows of the bus add up to nothing by themselves
        return e->received ? BUS_CLOSED : BUS_WAITING;
    if (now < e->buses[bus].waiting_until_mono_ms)
        return BUS_WAITING;
    bool loads = s->loads > 0 && s->known_loads == s->loads;
    return loads && s->unknown_pvs == 0 ? BUS_OPEN : BUS_BLIND;
}

// The forming asset's reading stands for the connection's. Without one nobody may bring voltage to the bus.
static enum bus_mode island_mode_of(const struct engine *e, int bus, const struct bus_survey *s, uint64_t now)
{
    int forming = forming_asset(e, bus);
    if (forming >= 0 && asset_known(e, forming, now))
        return BUS_CLOSED;
    if (now < e->buses[bus].waiting_until_mono_ms)
        return BUS_WAITING;
    bool loads = s->loads > 0 && s->known_loads == s->loads && s->unknown_pvs == 0;
    return forming >= 0 && loads ? BUS_OPEN : BUS_BLIND;
}

static void refresh_bus(struct engine *e, int bus, struct instant now)
{
    struct bus_state *b = &e->buses[bus];
    struct bus_survey s = survey_bus(e, bus, now.mono_ms);
    bool alone = bus_is_alone(e, bus);
    b->mode = alone ? island_mode_of(e, bus, &s, now.mono_ms) : bus_mode_of(e, bus, &s, now.mono_ms);
    if (b->mode == BUS_CLOSED)
        b->waiting_until_mono_ms = 0; // it has been seen: from now on a loss is a loss
    else
        b->has_uncontrolled = false;
    bool black = alone && forming_asset(e, bus) < 0; // that is said already
    alarm_set(e, ALARM_BLIND, bus, b->mode == BUS_BLIND && s.steerable > 0 && !black, now.utc_ms,
              "Bus %s has lost its meters: its devices are released until they are back", e->site->buses[bus].id);
    bool lost = b->mode == BUS_OPEN || b->mode == BUS_BLIND;
    for (size_t g = 0; g < e->site->n_grids; g++) {
        int asset = asset_of(e, ASSET_GRID, (int)g);
        if (e->site->grids[g].bus != bus || e->assets[asset].first_device < 0)
            continue;
        alarm_set(
            e, ALARM_METER, (int)g, lost && !asset_known(e, asset, now.mono_ms), now.utc_ms,
            "The meter of %s is lost: its limits are kept from the other meters of the bus, with a margin, as long "
            "as these answer",
            e->site->grids[g].id);
    }
}

static enum engine_mode area_mode(const struct engine *e, struct instant now)
{
    bool waiting = false, sighted = false;
    for (size_t b = 0; b < e->site->n_buses; b++) {
        bool own = first_grid_of_bus(e, (int)b) >= 0;
        sighted |= own && (e->buses[b].mode == BUS_CLOSED || e->buses[b].mode == BUS_OPEN);
        waiting |= e->buses[b].mode == BUS_WAITING;
    }
    if (!sighted && e->site->n_grids > 0)
        return waiting ? (e->mode == MODE_SAFE ? MODE_SAFE : MODE_STARTING) : MODE_SAFE;
    if (!e->received)
        return MODE_STARTING;
    return planning_current(e, now, NULL) ? MODE_PLAN : MODE_RULES;
}

void buses_refresh(struct engine *e, struct instant now)
{
    for (size_t b = 0; b < e->site->n_buses; b++)
        refresh_bus(e, (int)b, now);
    enum engine_mode mode = area_mode(e, now);
    if (mode != e->mode)
        queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
    e->mode = mode;
}

// ---- what the assets did at the grid's instant ----------------------------------------------------------------------
//
// Meter and devices are polled at different moments. A reading from before a setpoint took effect, put beside a grid
// reading from after it, would look like a jump of the load, and answering it would make the setpoint hunt. Where an
// asset may stand anywhere between two powers, the one is assumed that lets the load change least.

struct interval {
    double low, high;
};

static struct interval between(double a, double b)
{
    return (struct interval){fmin(a, b), fmax(a, b)};
}

// A device that has been seen moving towards its setpoint goes on as it began. One that has not moved yet may still be
// waiting, or may have jumped right after it was read: nothing is foretold then.
static bool foretell(const struct asset_state *a, uint64_t grid_mono_ms, double *ret_w)
{
    double way_w = a->setpoint_w - a->previous.v;
    if (a->previous.quality != QUALITY_GOOD || a->previous.mono_ms < a->setpoint_mono_ms || way_w == 0)
        return false;
    double moved = (a->good.v - a->previous.v) / way_w;
    double dt_ms = (double)elapsed_ms(a->previous.mono_ms, a->good.mono_ms);
    if (moved < 0.05 || moved > 1 || dt_ms <= 0)
        return false;
    double rate = -log(1 - fmin(moved, 0.999)) / dt_ms;
    double rest_w = (a->good.v - a->setpoint_w) * exp(-rate * (double)elapsed_ms(a->good.mono_ms, grid_mono_ms));
    *ret_w = a->setpoint_w + rest_w;
    return true;
}

static struct interval power_at(const struct asset_state *a, uint64_t grid_mono_ms)
{
    uint64_t read = a->good.mono_ms;
    double power = a->good.v;
    bool close = elapsed_ms(read, grid_mono_ms) <= SKEW_MS && elapsed_ms(grid_mono_ms, read) <= SKEW_MS;
    if (close)
        return between(power, power);
    if (read > grid_mono_ms) {
        bool recent = a->previous.quality == QUALITY_GOOD && elapsed_ms(a->previous.mono_ms, read) <= a->stale_ms;
        return between(power, recent ? a->previous.v : power);
    }
    if (!a->has_setpoint || a->setpoint_mono_ms > grid_mono_ms)
        return between(power, power);
    bool settled = elapsed_ms(a->setpoint_mono_ms, grid_mono_ms) > SETTLE_MS;
    if (read < a->setpoint_mono_ms)
        return settled ? between(a->setpoint_w, a->setpoint_w) : between(power, a->setpoint_w);
    double foretold_w;
    if (!settled && foretell(a, grid_mono_ms, &foretold_w))
        return between(foretold_w, foretold_w);
    return settled ? between(power, power) : between(power, a->setpoint_w);
}

static bool starts_at(const struct engine *e, int asset, int bus)
{
    const struct site_asset *site = site_asset_at(e, asset);
    return site->kind == ASSET_TIE && e->site->ties[site->of_kind].from == bus;
}

static bool takes_part(const struct engine *e, int asset, int bus, uint64_t now)
{
    const struct site_asset *site = site_asset_at(e, asset);
    bool here = site->bus == bus || starts_at(e, asset, bus);
    return here && site->kind != ASSET_GRID && site->kind != ASSET_LOAD && !asset_forms(e, asset) &&
           asset_known(e, asset, now);
}

// What flows into `bus`.
static struct interval flow_at(const struct engine *e, int asset, int bus, uint64_t grid_mono_ms)
{
    struct interval p = power_at(&e->assets[asset], grid_mono_ms);
    if (!starts_at(e, asset, bus))
        return p;
    double loss_frac = e->site->ties[site_asset_at(e, asset)->of_kind].loss_frac;
    return between(tie_from_flow_w(p.low, loss_frac), tie_from_flow_w(p.high, loss_frac));
}

static bool grid_reading(const struct engine *e, int bus, uint64_t *ret_mono_ms, double *ret_w)
{
    double sum = 0;
    uint64_t newest = 0;
    int forming = forming_asset(e, bus);
    if (forming >= 0) {
        const struct island_book *b = &e->outage.islands[site_island_of_bus(e->site, bus)];
        uint64_t read = e->assets[forming].good.mono_ms;
        *ret_w = forming_power_w(e, site_island_of_bus(e->site, bus));
        *ret_mono_ms = read > b->lost_mono_ms ? read : b->lost_mono_ms;
        return true;
    }
    for (size_t g = 0; g < e->site->n_grids; g++) {
        if (e->site->grids[g].bus != bus)
            continue;
        const struct asset_state *a = &e->assets[asset_of(e, ASSET_GRID, (int)g)];
        sum += a->good.v;
        newest = a->good.mono_ms > newest ? a->good.mono_ms : newest;
    }
    *ret_w = sum;
    *ret_mono_ms = newest;
    return newest > 0;
}

// The two ends of a tie are read with different grids, at different instants.
static void set_estimate(struct engine *e, int asset, int bus, double flow_w)
{
    struct asset_state *a = &e->assets[asset];
    if (starts_at(e, asset, bus))
        a->estimated_from_w =
            tie_power_for_from_flow(flow_w, e->site->ties[site_asset_at(e, asset)->of_kind].loss_frac);
    else
        a->estimated_w = flow_w;
}

static void spread(struct engine *e, int bus, uint64_t grid_mono_ms, double share, uint64_t now)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (!takes_part(e, (int)i, bus, now))
            continue;
        struct interval p = flow_at(e, (int)i, bus, grid_mono_ms);
        set_estimate(e, (int)i, bus, p.low + share * (p.high - p.low));
    }
}

static void smooth(const struct engine *e, struct bus_state *b, double uncontrolled_w, uint64_t now)
{
    double dt_s = area_seconds(e, elapsed_ms(b->smoothed_mono_ms, now));
    double share = b->has_uncontrolled ? 1 - exp(-dt_s / SMOOTH_S) : 1;
    b->smooth_w += share * (uncontrolled_w - b->smooth_w);
    b->smoothed_mono_ms = now;
}

static void estimate_bus(struct engine *e, int bus, uint64_t now)
{
    struct bus_state *b = &e->buses[bus];
    uint64_t grid_mono_ms;
    double grid_w;
    if (b->mode != BUS_CLOSED || !grid_reading(e, bus, &grid_mono_ms, &grid_w))
        return;
    struct interval sum = {0, 0};
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (!takes_part(e, (int)i, bus, now))
            continue;
        struct interval p = flow_at(e, (int)i, bus, grid_mono_ms);
        sum.low += p.low;
        sum.high += p.high;
    }
    double width = sum.high - sum.low;
    double wanted = b->has_uncontrolled ? -grid_w - b->uncontrolled_w : (sum.low + sum.high) / 2;
    double chosen = fmin(fmax(wanted, sum.low), sum.high);
    spread(e, bus, grid_mono_ms, width > 0 ? (chosen - sum.low) / width : 0, now);
    smooth(e, b, -grid_w - chosen, now);
    b->uncontrolled_w = -grid_w - chosen;
    b->has_uncontrolled = true;
}

void balance_refresh(struct engine *e, uint64_t now_mono_ms)
{
    for (size_t i = 0; i < e->site->n_assets; i++)
        e->assets[i].estimated_w = e->assets[i].estimated_from_w = e->assets[i].good.v;
    for (size_t b = 0; b < e->site->n_buses; b++)
        estimate_bus(e, (int)b, now_mono_ms);
}
