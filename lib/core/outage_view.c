// SPDX-License-Identifier: GPL-3.0-or-later
// Outages as they stand, for reports.
#include <math.h>

#include "core/internal.h"

// ---- switches -------------------------------------------------------------------------------------------------------

void engine_switch(const struct engine *e, int of_switch, struct instant now, struct switch_view *ret_view)
{
    *ret_view = (struct switch_view){.closed = true, .wanted_closed = true};
    if (of_switch < 0 || (size_t)of_switch >= outage_switches(e))
        return;
    const struct switch_state *s = &e->outage.switches[of_switch];
    bool unconfirmed = e->site->switches[of_switch].unconfirmed;
    *ret_view = (struct switch_view){.known = unconfirmed ? s->told : s->has_seen,
                                     .closed = !switch_is_open(e, of_switch),
                                     .wanted_closed = s->wanted_closed,
                                     .obeys = !s->disobeys,
                                     .reachable = switch_reachable(e, of_switch),
                                     .power_w = switch_power_w(e, of_switch, now),
                                     .since_utc_ms = s->since_utc_ms};
}

// ---- islands --------------------------------------------------------------------------------------------------------

static void add_items(const struct engine *e, int island, struct instant now, struct island_view *v)
{
    struct shed_item items[SERVING_MAX_ITEMS];
    size_t n = serving_items(e, island, now, items);
    for (size_t i = 0; i < n; i++) {
        if (items[i].served)
            continue;
        v->demand_w[items[i].tier] += items[i].power_w;
        v->served[items[i].tier] = false;
    }
}

// What loads draw, by their shares; what is switched off is wanted all the same.
static void add_demand(const struct engine *e, int island, struct instant now, struct island_view *v)
{
    for (int t = 0; t < TIER_COUNT; t++)
        v->served[t] = v->lives;
    for (size_t i = 0; i < e->site->n_loads && v->lives; i++) {
        const struct site_load *l = &e->site->loads[i];
        int asset = asset_of(e, ASSET_LOAD, (int)i);
        double shares[TIER_COUNT], sum = 0;
        if (l->bus != e->site->islands[island].bus || !asset_known(e, asset, now.mono_ms))
            continue;
        for (int t = 0; t < TIER_COUNT; t++)
            sum += shares[t] = l->tier_share[t] * (1 - serving_tier_shed_frac(e, (int)i, (enum load_tier)t));
        for (int t = 0; t < TIER_COUNT && sum > 0; t++)
            v->served_w[t] += fmax(-e->assets[asset].good.v, 0) * shares[t] / sum;
    }
    for (int t = 0; t < TIER_COUNT; t++)
        v->demand_w[t] = v->served_w[t];
    add_items(e, island, now, v);
}

void engine_island(const struct engine *e, int island, struct instant now, struct island_view *ret_view)
{
    *ret_view = (struct island_view){.forming = -1};
    if (island < 0 || (size_t)island >= outage_islands(e))
        return;
    const struct island_book *b = &e->outage.islands[island];
    struct island_view v = {.state = b->island.state,
                            .since_utc_ms = b->since_utc_ms,
                            .supply = b->sense.supply,
                            .disagree = b->sense.disagree,
                            .lives = b->lives,
                            .forming = island_is_alone(&b->island) ? b->forming : -1};
    uint64_t wait_ms = outage_wait_ms(e, island, now);
    if (island_is_alone(&b->island) && wait_ms != UINT64_MAX)
        v.grid_stable_utc_ms = now.utc_ms + (int64_t)(area_seconds(e, wait_ms) * 1000);
    if (v.forming >= 0) {
        v.forming_w = e->assets[v.forming].good.v;
        forming_limits(e, island, now, &v.forming_low_w, &v.forming_high_w);
    }
    add_demand(e, island, now, &v);
    *ret_view = v;
}

bool engine_looks_after_outages(const struct engine *e)
{
    return outage_is_watched(e);
}

// ---- all of it ------------------------------------------------------------------------------------------------------

// The first of what is to come, or holds.
static void add_warnings(const struct engine *e, struct instant now, struct outage_view *v)
{
    for (size_t i = 0; i < e->outage.n_words; i++) {
        const struct outage_word *w = &e->outage.words[i];
        if ((w->kind != OUTAGE_WARNING && w->kind != OUTAGE_PLANNED) || w->until_utc_ms <= now.utc_ms)
            continue;
        if (v->warned && w->from_utc_ms >= v->warned_from_utc_ms)
            continue;
        v->warned = true;
        v->warned_from_utc_ms = w->from_utc_ms;
        v->warned_until_utc_ms = w->until_utc_ms;
    }
}

static double kept_frac(const struct engine *e, int64_t utc_ms)
{
    double most = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++) {
        const struct site_battery *b = &e->site->batteries[i];
        double frac = fmax(b->reserve_frac, dr_charge_frac(e, b->bus, utc_ms));
        most = fmax(most, fmax(frac, fmin(outage_reserve_frac(e, utc_ms), b->soc_max_frac)));
    }
    return most;
}

void engine_outage(const struct engine *e, struct instant now, struct outage_view *ret_view)
{
    struct outage_view v = {.words = e->outage.words, .n_words = e->outage.n_words};
    if (outage_is_watched(e)) {
        v.on = e->outage.since_utc_ms != NEVER_MS;
        v.since_utc_ms = v.on ? e->outage.since_utc_ms : 0;
        v.expected_until_utc_ms = v.on ? outage_horizon_ms(e, now.utc_ms, false) : 0;
        v.said = v.on && outage_return_is_said(e, now.utc_ms);
        add_warnings(e, now, &v);
        v.reckoned = e->outage.told_utc_ms != 0;
        v.reserve_frac = kept_frac(e, now.utc_ms);
        for (int t = 0; t < TIER_COUNT; t++)
            v.autonomy_h[t] = e->outage.autonomy_h[t];
        v.stored_wh = outage_stored_wh(e, now);
        v.fuel_wh = outage_fuel_wh(e);
    }
    *ret_view = v;
}
