// SPDX-License-Identifier: GPL-3.0-or-later
// Does an island's bus live? Voltage says so, or what flows; and silence says nothing, neither that of a link that is
// down nor that of a machine that slept.
#include <math.h>

#include "core/internal.h"

enum {
    DEAD_MS = 3 * 1000, // nothing flowed anywhere for so long: the bus is dead
    POLL_MS = 1000,     // as devices are commonly read
};

static const double FLOWS_W = 1;       // of a load: more than nothing
static const double FLOWS_FRAC = 0.02; // of what others can: more than their meters' errors

// ---- sleep ----------------------------------------------------------------------------------------------------------

// Readings of before a stall are old, and those after it are yet to come.
static uint64_t looks_since(const struct engine *e)
{
    return e->started.mono_ms > e->outage.woke_mono_ms ? e->started.mono_ms : e->outage.woke_mono_ms;
}

bool outage_looks_around(const struct engine *e, uint64_t now_mono_ms)
{
    return elapsed_ms(looks_since(e), now_mono_ms) < START_GRACE_MS;
}

// Ticks that come so late say nothing of devices that were not read meanwhile.
uint64_t outage_stall_ms(const struct engine *e)
{
    uint64_t stale_ms = (uint64_t)e->site->control.cycle_ms + POLL_MS * (uint64_t)e->site->control.stale_polls;
    return is_coarse(e) || stale_ms > suspend_gap_ms(e) ? suspend_gap_ms(e) : stale_ms;
}

// An outage has lasted as long as it has, whatever the clock is set to.
static void shift_begin(struct engine *e, double drift_ms)
{
    if (fabs(drift_ms) <= CLOCK_STEP_MS || e->outage.since_utc_ms == NEVER_MS)
        return;
    int64_t since = e->outage.since_utc_ms + (int64_t)drift_ms;
    e->outage.since_utc_ms = since > 0 ? since : 1;
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
}

// Before last_tick moves on. All times in which something should have been heard begin anew.
void outage_notice_gap(struct engine *e, uint64_t gap_ms, double drift_ms, struct instant now)
{
    bool slept = gap_ms > outage_stall_ms(e) || drift_ms > SUSPEND_GAP_MS;
    if (!outage_is_watched(e))
        return;
    shift_begin(e, drift_ms);
    if (!slept)
        return;
    e->outage.woke_mono_ms = now.mono_ms;
    for (size_t i = 0; i < outage_islands(e); i++) {
        struct island_book *b = &e->outage.islands[i];
        sense_wake(&b->sense, now.mono_ms);
        island_wake(&b->island, now.mono_ms);
        b->restart.since_mono_ms = now.mono_ms;
        b->seen_mono_ms = now.mono_ms;
    }
}

// ---- what is known of the bus ---------------------------------------------------------------------------------------

static bool is_at(const struct engine *e, size_t asset, int bus)
{
    return site_asset_at(e, (int)asset)->bus == bus;
}

// Voltage that the island's own devices measure: any that has it is enough, none that has it where some can tell is no.
static enum witness bus_voltage(const struct engine *e, int island, uint64_t now)
{
    const struct site_island *site = &e->site->islands[island];
    enum witness w = WITNESS_SILENT;
    for (size_t i = 0; i < e->site->n_assets && site->voltage_v > 0; i++) {
        if (!is_at(e, i, site->bus) || site_asset_at(e, (int)i)->kind == ASSET_GRID)
            continue;
        for (int d = e->assets[i].first_device; d >= 0; d = e->devices[d].next_of_asset) {
            struct value v = device_value(e, d, QUANTITY_VOLTAGE_V, now);
            if (!value_usable(v))
                continue;
            if (v.v > 0.5 * site->voltage_v)
                return WITNESS_YES;
            w = WITNESS_NO;
        }
    }
    return w;
}

// A battery that is charged, an engine or a plant that gives: nobody does so without voltage.
static bool gives_or_takes(const struct engine *e, int asset)
{
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    bool stands_alone = kind == ASSET_BATTERY || kind == ASSET_GENERATOR || kind == ASSET_PV || kind == ASSET_CHARGER;
    return stands_alone && fabs(e->assets[asset].good.v) > FLOWS_FRAC * asset_range_w(e, asset);
}

// Loads that stand still all at once, though their circuits are closed, have no voltage; unless something else flows.
// Silent: none can say.
static enum witness flow(const struct engine *e, int island, uint64_t now)
{
    int bus = e->site->islands[island].bus, known = 0;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_asset *a = site_asset_at(e, (int)i);
        if (!is_at(e, i, bus) || !asset_known(e, (int)i, now))
            continue;
        if (gives_or_takes(e, (int)i))
            return WITNESS_YES;
        if (a->kind != ASSET_LOAD)
            continue;
        if (fabs(e->assets[i].good.v) > FLOWS_W)
            return WITNESS_YES;
        known += serving_shed_frac(e, a->of_kind) < 0.99;
    }
    return known > 0 ? WITNESS_NO : WITNESS_SILENT;
}

bool somebody_can_form(const struct engine *e, int island, struct instant now)
{
    for (size_t i = 0; i < e->site->islands[island].n_forming; i++)
        if (forming_can(e, island, (int)i, now))
            return true;
    return false;
}

// The one who held it is out of reach: that is no blackout while loads draw, or while nobody at all can be heard.
static bool lives_unheld(const struct engine *e, int island, enum witness flows, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    for (int i = 0; i < SITE_MAX_FORMING; i++)
        if (b->trips[i] && elapsed_ms(b->tripped_mono_ms[i], now.mono_ms) < DEAD_MS)
            return false;
    if (!b->lives)
        return false;
    return flows == WITNESS_YES || (flows == WITNESS_SILENT && !somebody_can_form(e, island, now));
}

// Just started or awake, and nothing has told of this bus since: readings are yet to come.
static bool is_unseen(const struct engine *e, int island, enum witness flows, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    bool unread = b->forming >= 0 && !e->assets[b->forming].faulted && !forming_holds(e, island, b->forming, now);
    return outage_looks_around(e, now.mono_ms) &&
           (flows == WITNESS_SILENT || unread || b->seen_mono_ms <= looks_since(e));
}

bool bus_lives(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    enum witness volts = bus_voltage(e, island, now.mono_ms), flows = flow(e, island, now.mono_ms);
    enum island_state state = b->island.state;
    bool carried = state == ISLAND_CONNECTED && sense_relies(&b->sense);
    if (carried || flows == WITNESS_YES || (flows == WITNESS_SILENT && !outage_looks_around(e, now.mono_ms)))
        b->seen_mono_ms = now.mono_ms;
    if (carried || is_unseen(e, island, flows, now))
        return carried || b->lives;
    if (volts != WITNESS_SILENT)
        return volts == WITNESS_YES;
    bool drawn = elapsed_ms(b->seen_mono_ms, now.mono_ms) < DEAD_MS;
    if (state == ISLAND_CONNECTED)
        return drawn;
    if (b->forming < 0 || (state != ISLAND_RESTARTING && forming_is_silent(e, b->forming, now)))
        return lives_unheld(e, island, flows, now);
    bool rises = state == ISLAND_RESTARTING || state == ISLAND_BLACK || b->island.was_black;
    return forming_holds(e, island, b->forming, now) && (rises || drawn);
}
