// SPDX-License-Identifier: GPL-3.0-or-later
// Who is served: what goes at once, in the order of tiers, and what comes back, be it that an island has room for it or
// that the grid is there again. What a plan says is in serving_plan.c.
#include <math.h>

#include "core/serving_items.h"

static const double REST_FRAC = 0.1; // of what an island may give stays free when something comes back

enum {
    OBEYED_MS = 500, // a contactor has opened, and its load is off
    SHED_AGAIN_MS = 10 * 1000,
};

// ---- at once --------------------------------------------------------------------------------------------------------

// Chargers and flexible loads stand still from the first moment, because what they draw can wait; but none that is more
// important than a circuit that stays on.
static double pause_first(struct engine *e, const struct item *items, const struct shed_item *as_seen, size_t n,
                          struct instant now)
{
    double off_w = 0;
    int least = -1;
    for (size_t i = 0; i < n; i++)
        if (items[i].kind != ITEM_PAUSED && as_seen[i].served && as_seen[i].can_shed && (int)items[i].tier > least)
            least = (int)items[i].tier;
    for (size_t i = 0; i < n; i++) {
        if (items[i].kind != ITEM_PAUSED || (int)items[i].tier < least || e->outage.paused[items[i].index])
            continue;
        off_w += e->assets[items[i].index].commandable ? fmax(-e->assets[items[i].index].good.v, 0) : 0;
        item_set(e, &items[i], false, now);
    }
    return off_w;
}

double serving_shed(struct engine *e, int island, double deficit_w, struct instant now)
{
    struct item items[SERVING_MAX_ITEMS];
    struct shed_item as_seen[SERVING_MAX_ITEMS];
    bool shed[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    serving_items(e, island, now, as_seen);
    deficit_w -= pause_first(e, items, as_seen, n, now);
    serving_items(e, island, now, as_seen);
    e->outage.islands[island].shed_mono_ms = now.mono_ms;
    if (deficit_w <= 0)
        return 0;
    double off_w = shedding_shed(as_seen, n, deficit_w, shed);
    for (size_t i = 0; i < n; i++)
        if (shed[i])
            item_set(e, &items[i], false, now);
    serving_tell(e, island, now);
    return off_w;
}

// ---- while it lives on, and afterwards ------------------------------------------------------------------------------

double serving_grid_room_w(const struct engine *e, int grid, struct instant now)
{
    return grid_import_limit_w(e, grid, now) * (1 - REST_FRAC);
}

double serving_room_w(const struct engine *e, int island, struct instant now, double *ret_step_w)
{
    const struct site_island *site = &e->site->islands[island];
    const struct island_book *b = &e->outage.islands[island];
    double low_w, high_w;
    if (island_is_connected(&b->island)) {
        const struct asset_state *g = &e->assets[asset_of(e, ASSET_GRID, site->grid)];
        *ret_step_w = high_w = serving_grid_room_w(e, site->grid, now);
        return high_w - g->good.v;
    }
    forming_limits(e, island, now, &low_w, &high_w);
    *ret_step_w = fmax(high_w - forming_power_w(e, island), 0);
    return high_w * (1 - REST_FRAC) - forming_power_w(e, island);
}

static bool anything_off(const struct engine *e, int island)
{
    int bus = e->site->islands[island].bus;
    for (size_t i = 0; i < e->site->n_loads; i++) {
        if (e->site->loads[i].bus != bus)
            continue;
        if (e->outage.limited[i] != 0)
            return true;
        for (int s = e->outage.first_switch[i]; s >= 0; s = e->outage.switches[s].next_of_load)
            if (e->outage.switches[s].told && !e->outage.switches[s].wanted_closed)
                return true;
    }
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (e->outage.paused[i] && site_asset_at(e, (int)i)->bus == bus)
            return true;
    return false;
}

// Connected again: one after the other, whatever a plan says.
static void come_back(struct engine *e, int island, struct instant now)
{
    struct shed_item items[SERVING_MAX_ITEMS];
    struct island_book *b = &e->outage.islands[island];
    const uint64_t settle_ms = area_ms(e, e->site->outage.settle_s);
    double step_w, room_w = serving_room_w(e, island, now, &step_w);
    if (elapsed_ms(b->served_mono_ms, now.mono_ms) < settle_ms || elapsed_ms(b->shed_mono_ms, now.mono_ms) < settle_ms)
        return;
    size_t n = serving_items(e, island, now, items);
    int item = shedding_serve(items, n, room_w, step_w, 0, 0, now.mono_ms);
    if (item < 0)
        return;
    b->served_mono_ms = now.mono_ms;
    serving_set(e, island, item, true, now);
}

// What was shed takes some seconds to show. Beyond all that who forms the island can do there are no such seconds: what
// has not obeyed by the first reading after it will not save the island.
static bool may_shed_again(const struct engine *e, int island, double high_w, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    double kept = fmax(1 - e->site->islands[island].headroom_frac, 0.1);
    bool beyond = forming_power_w(e, island) > high_w / kept;
    bool is_read = e->assets[b->forming].good.mono_ms > b->shed_mono_ms + OBEYED_MS;
    return (beyond && is_read) || elapsed_ms(b->shed_mono_ms, now.mono_ms) >= SHED_AGAIN_MS;
}

static void serve(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    enum island_state state = b->island.state;
    double low_w, high_w;
    bool going = state == ISLAND_ISLANDED || (state == ISLAND_WAITING && b->lives) || state == ISLAND_RESYNCHRONISING;
    bool rises = state == ISLAND_RESTARTING && b->lives && b->restart.phase == RESTART_SERVING;
    if ((going || rises) && b->forming >= 0) {
        forming_limits(e, island, now, &low_w, &high_w);
        double over_w = forming_power_w(e, island) - high_w;
        if (over_w > 0.02 * high_w + 100 && may_shed_again(e, island, high_w, now)) {
            b->shed_w += serving_shed(e, island, over_w, now);
            serving_help(e, now);
        }
    }
    if (going && b->forming >= 0)
        serving_follow_plan(e, island, now);
    else
        b->by_plan = (struct serving){0};
    if (state == ISLAND_CONNECTED && anything_off(e, island))
        come_back(e, island, now);
    else if (state == ISLAND_CONNECTED)
        serving_tell_all(e, island);
}

void serving_tick(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_loads && outage_is_watched(e); i++)
        item_refresh_limit(e, (int)i, now);
    for (size_t i = 0; i < outage_islands(e); i++)
        serve(e, (int)i, now);
}
