// SPDX-License-Identifier: GPL-3.0-or-later
// A black island comes up again: its circuits stand open, somebody brings voltage, and loads come back one by one.
#include <math.h>

#include "core/internal.h"

enum {
    SWITCHES_MS = 10 * 1000, // circuits that are not seen to open by then are known not to
    ENERGISE_MS = 90 * 1000, // somebody who was told to has brought voltage by then
};

bool island_switches_stand_open(const struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    bool waited = elapsed_ms(b->island.since_mono_ms, now.mono_ms) >= SWITCHES_MS;
    for (size_t i = 0; i < outage_switches(e); i++) {
        int load = e->site->switches[i].load;
        bool here = load >= 0 && e->site->loads[load].bus == e->site->islands[island].bus;
        if (here && !switch_is_open(e, (int)i) && !(waited && e->outage.switches[i].disobeys))
            return false;
    }
    return true;
}

static int longest_start_s(const struct engine *e)
{
    int longest = 0;
    for (size_t i = 0; i < outage_islands(e); i++)
        for (size_t f = 0; f < e->site->islands[i].n_forming; f++) {
            const struct site_asset *a = site_asset_at(e, e->site->islands[i].forming[f]);
            int start_s = a->kind == ASSET_GENERATOR ? e->site->generators[a->of_kind].start_time_s : 0;
            longest = start_s > longest ? start_s : longest;
        }
    return longest;
}

// An engine is given the time that it takes to start.
struct restart_settings outage_restart_settings(const struct engine *e)
{
    return (struct restart_settings){.open_ms = SWITCHES_MS,
                                     .energise_ms = ENERGISE_MS + 1000 * (uint64_t)longest_start_s(e),
                                     .settle_ms = area_ms(e, e->site->outage.settle_s)};
}

void island_restart(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    struct shed_item items[SERVING_MAX_ITEMS];
    double low_w, high_w;
    const struct restart_settings settings = outage_restart_settings(e);
    forming_limits(e, island, now, &low_w, &high_w);
    double forming_w = b->forming >= 0 ? forming_power_w(e, island) : 0;
    const struct restart_input input = {.breaker_open = b->sense.breaker_known && b->sense.breaker_open,
                                        .switches_open = island_switches_stand_open(e, island, now),
                                        .lives = b->lives && b->forming >= 0,
                                        .forming_limit_w = high_w,
                                        .forming_w = forming_w,
                                        .step_w = fmax(high_w - forming_w, 0)};
    size_t n = serving_items(e, island, now, items);
    enum restart_phase before = b->restart.phase;
    int item = restart_advance(&b->restart, &settings, &input, items, n, now.mono_ms);
    if (item >= 0) {
        b->served_mono_ms = now.mono_ms;
        serving_set(e, island, item, true, now);
    }
    if (b->restart.phase != before && b->restart.phase == RESTART_FAILED)
        journal(e, island, "the restart failed: %s", b->restart.why);
}
