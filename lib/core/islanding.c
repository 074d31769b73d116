// SPDX-License-Identifier: GPL-3.0-or-later
// Islands in the engine: what witnesses tell goes into each island's state machine, and what follows from a new state
// is done at once.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"

enum {
    OPEN_MS = 2 * 1000,   // a breaker, or the protection, opens within so long
    CLOSE_MS = 60 * 1000, // closing takes its synchroniser's time
    RESTART_MS = 15 * 60 * 1000,
    RETRY_MS = 2 * 60 * 1000,
    STUCK_BLACK_MS = 5 * 60 * 1000,
    DISPUTE_FROM_MS = 5 * 1000, // witnesses are read one after the other
    DISPUTE_MS = 30 * 1000,     // so long the alarm stays: a contact may chatter
    STUCK_MS = 3 * 60 * 1000,   // likewise of a breaker: it clears after so long a quiet
    HANGS_MS = 1000,            // a breaker of the interconnection has opened by then
    FRAIL_MS = 5 * 60 * 1000,   // so often it is asked whether the grid could be done without
    MOST_STEPS = 8,             // of a state machine in one look
};

// ---- begin and end --------------------------------------------------------------------------------------------------

// Devices without an asset are not in any other chain.
static void chain_witnesses(struct engine *e)
{
    for (size_t d = e->site->n_devices; d-- > 0;) {
        const struct site_device *site = &e->site->devices[d];
        bool is_one = site->asset < 0 && site->of_island >= 0 && (size_t)site->of_island < outage_islands(e);
        if (!is_one)
            continue;
        struct island_book *b = &e->outage.islands[site->of_island];
        e->devices[d].next_of_asset = b->first_witness;
        b->first_witness = (int)d;
    }
}

static void chain_switches(struct engine *e)
{
    struct outage_book *b = &e->outage;
    for (size_t i = 0; i < e->site->n_loads; i++)
        b->first_switch[i] = -1;
    for (size_t i = e->site->n_switches; i-- > 0;) {
        int load = e->site->switches[i].load;
        b->switches[i].next_of_load = load >= 0 ? b->first_switch[load] : -1;
        if (load >= 0)
            b->first_switch[load] = (int)i;
    }
}

static int allocate(struct engine *e)
{
    const struct site *s = e->site;
    struct outage_book *b = &e->outage;
    b->switches = calloc(s->n_switches + 1, sizeof *b->switches);
    b->first_switch = calloc(s->n_loads + 1, sizeof *b->first_switch);
    b->waiting = calloc(JOURNAL_MAX_WAITING, sizeof *b->waiting);
    b->limited = calloc(s->n_loads + 1, sizeof *b->limited);
    b->served_w = calloc(s->n_loads + 1, sizeof *b->served_w);
    b->spare_w = calloc(s->n_loads + 1, sizeof *b->spare_w);
    b->brought_w = calloc(s->n_ties + 1, sizeof *b->brought_w);
    b->paused = calloc(s->n_assets + 1, sizeof *b->paused);
    b->islands = calloc(s->n_islands, sizeof *b->islands);
    bool whole = b->switches && b->first_switch && b->waiting && b->limited && b->served_w && b->spare_w &&
                 b->brought_w && b->paused && b->islands;
    return whole ? enduring_start(e) : AEMS_E_NOMEM;
}

int outage_start(struct engine *e, struct instant now)
{
    e->outage.since_utc_ms = NEVER_MS;
    if (!e->site->outage.enabled || e->site->n_islands == 0)
        return 0;
    int result = allocate(e);
    if (result < 0)
        return result;
    for (size_t i = 0; i < e->site->n_switches; i++) {
        e->outage.switches[i].wanted_closed = true;
        e->outage.switches[i].device = site_device_of_switch(e->site, (int)i);
    }
    for (size_t i = 0; i < e->site->n_loads; i++)
        e->outage.served_w[i] = INFINITY;
    for (size_t i = 0; i < e->site->n_islands; i++) {
        struct island_book *b = &e->outage.islands[i];
        b->forming = b->first_witness = -1;
        b->lives = true;
        b->since_utc_ms = now.utc_ms;
    }
    chain_witnesses(e);
    chain_switches(e);
    return 0;
}

void outage_free(struct engine *e)
{
    struct outage_book *b = &e->outage;
    enduring_free(e);
    free(b->islands);
    free(b->switches);
    free(b->first_switch);
    free(b->waiting);
    free(b->limited);
    free(b->served_w);
    free(b->spare_w);
    free(b->brought_w);
    free(b->paused);
}

// ---- small questions ------------------------------------------------------------------------------------------------

bool bus_is_alone(const struct engine *e, int bus)
{
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    return island >= 0 && island_is_alone(&e->outage.islands[island].island);
}

bool grid_is_lost(const struct engine *e, int grid)
{
    int island = outage_is_watched(e) ? site_island_of_grid(e->site, grid) : -1;
    return e->grids[grid].away || (island >= 0 && island_is_alone(&e->outage.islands[island].island));
}

// The breaker has not opened in time, and nothing flows: who is told to give now would feed a dead grid. So it may be
// just after a start, when the first who spoke said no.
bool bus_hangs_on_dead_grid(const struct engine *e, int bus, uint64_t now_mono_ms)
{
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    if (island < 0)
        return false;
    const struct island_book *b = &e->outage.islands[island];
    bool open = b->sense.breaker_known && b->sense.breaker_open;
    if (island_is_connected(&b->island)) // a lost grid leaves it so where operators forbid islanding
        return b->heard &&
               (b->sense.supply == SUPPLY_GONE ? !open
                                               : b->sense.supply == SUPPLY_UNKNOWN && b->sense.doubt_mono_ms != 0);
    uint64_t since = b->lost_mono_ms > e->started.mono_ms ? b->lost_mono_ms : e->started.mono_ms;
    return b->island.state == ISLAND_ISLANDING && !open && b->sense.supply != SUPPLY_THERE &&
           (b->lost_mono_ms == 0 || elapsed_ms(since, now_mono_ms) >= HANGS_MS) && b->seen_mono_ms < since + HANGS_MS;
}

// ---- what is known of the bus ---------------------------------------------------------------------------------------

static struct island_input input_of(const struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    const struct sense_settings settings = witness_settings(e, island);
    const struct sense *s = &b->sense;
    return (struct island_input){.relies = sense_relies(s),
                                 .stable = sense_is_stable(s, &settings, now.mono_ms),
                                 .grid_there = s->supply == SUPPLY_THERE && !s->disagree,
                                 .breaker_known = s->breaker_known,
                                 .breaker_open = s->breaker_open,
                                 .lives = b->lives,
                                 .can_form = somebody_can_form(e, island, now),
                                 .switches_open = island_switches_stand_open(e, island, now),
                                 .restarted = b->restart.phase == RESTART_DONE,
                                 .failed = b->restart.phase == RESTART_FAILED};
}

// ---- one look -------------------------------------------------------------------------------------------------------

static struct island_settings settings_of(const struct engine *e, int island)
{
    const struct site_island *site = &e->site->islands[island];
    return (struct island_settings){.has_breaker = site->breaker >= 0,
                                    .open_ms = OPEN_MS,
                                    .close_ms = CLOSE_MS,
                                    .restart_ms = RESTART_MS,
                                    .retry_ms = RETRY_MS,
                                    .stable_ms = area_ms(e, e->site->outage.stable_s)};
}

enum island_wait outage_waits_for(const struct engine *e, int island, enum island_state forced, struct instant now)
{
    const struct island_settings settings = settings_of(e, island);
    const struct island_orders orders = outage_orders(e, island, now.utc_ms);
    const struct island_input input = input_of(e, island, now);
    return island_waits_for(&e->outage.islands[island].island, &settings, &orders, &input, forced, now.mono_ms);
}

// What was drawn is remembered as long as nobody has any doubt: the reading that shows a loss shows no import either.
static void note_import(struct engine *e, int island)
{
    struct island_book *b = &e->outage.islands[island];
    const struct asset_state *g = &e->assets[asset_of(e, ASSET_GRID, e->site->islands[island].grid)];
    if (island_is_connected(&b->island) && b->sense.doubt_mono_ms == 0 && b->sense.breaker_seen != WITNESS_NO)
        b->import_w = g->good.v;
}

static bool was_disputed(const struct island_book *b, uint64_t now_mono_ms)
{
    return b->disputed_mono_ms != 0 && elapsed_ms(b->disputed_mono_ms, now_mono_ms) < DISPUTE_MS;
}

static void note_dispute(struct island_book *b, uint64_t now_mono_ms)
{
    if (!b->sense.disagree)
        return;
    if (!was_disputed(b, now_mono_ms))
        b->dispute_mono_ms = now_mono_ms;
    b->disputed_mono_ms = now_mono_ms;
}

// At each loss and return they contradict each other until all of them were read: no fault of theirs.
static bool is_disputed(const struct island_book *b, uint64_t now_mono_ms)
{
    return was_disputed(b, now_mono_ms) && b->disputed_mono_ms - b->dispute_mono_ms >= DISPUTE_FROM_MS;
}

// True when the grid was lost just now.
static bool look(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    const struct sense_settings sense = witness_settings(e, island);
    const struct island_settings settings = settings_of(e, island);
    const struct sense_reading reading = witnesses_read(e, island, now.mono_ms);
    const struct island_orders orders = outage_orders(e, island, now.utc_ms);
    bool was_connected = island_is_connected(&b->island);
    struct island_step step;
    e->outage.now_utc_ms = now.utc_ms;
    b->heard |= witnesses_speak(&reading);
    if (!b->heard) // before the first word of any witness there is nothing to fall silent
        return false;
    sense_update(&b->sense, &sense, &reading, now.mono_ms);
    note_dispute(b, now.mono_ms);
    note_import(e, island);
    for (int i = 0; i < MOST_STEPS; i++) {
        b->lives = bus_lives(e, island, now);
        const struct island_input input = input_of(e, island, now);
        if (!island_advance(&b->island, &settings, &orders, &input, now.mono_ms, &step))
            break;
        island_enter(e, island, &step, now);
    }
    island_tell_breaker(e, island, now);
    bool lost = was_connected && island_is_alone(&b->island);
    if (lost)
        serving_help(e, now);
    return lost;
}

// The asset that holds an island is beyond what it can do: that does not wait for the tick either.
static bool strains(struct engine *e, int device, struct instant now)
{
    int asset = e->site->devices[device].asset;
    for (size_t i = 0; i < outage_islands(e) && asset >= 0; i++) {
        struct island_book *b = &e->outage.islands[i];
        double low_w, high_w, power_w = forming_power_w(e, (int)i);
        if (b->forming != asset || !island_is_alone(&b->island))
            continue;
        forming_limits(e, (int)i, now, &low_w, &high_w);
        return power_w > high_w + 0.02 * asset_range_w(e, asset) || power_w < low_w - 0.02 * asset_range_w(e, asset);
    }
    return false;
}

bool outage_hears(struct engine *e, int device, struct instant now)
{
    if (!outage_is_watched(e) || !e->ticked)
        return false;
    if (elapsed_ms(e->last_tick.mono_ms, now.mono_ms) > outage_stall_ms(e)) // the tick looks around first
        return false;
    int of_switch = e->site->devices[device].asset < 0 ? e->site->devices[device].of_switch : -1;
    if (of_switch >= 0 && (size_t)of_switch < outage_switches(e))
        switch_hears(e, of_switch, now.mono_ms);
    int island = witness_of_island(e, device);
    if (island >= 0)
        return look(e, island, now);
    bool rested = elapsed_ms(e->regulated_mono_ms, now.mono_ms) >= FAST_PATH_MS;
    return rested && !is_coarse(e) && strains(e, device, now);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

// It did not do what it was told, now or a while ago: one that does so only now and then has to be looked after as
// well.
static bool breaker_fails(struct island_book *b, uint64_t now_mono_ms)
{
    if (b->island.breaker_stuck)
        b->stuck_mono_ms = now_mono_ms;
    return b->stuck_mono_ms != 0 && elapsed_ms(b->stuck_mono_ms, now_mono_ms) < STUCK_MS;
}

static void refresh_alarms(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    const char *id = e->site->islands[island].id;
    bool black = b->island.state == ISLAND_BLACK || (b->island.state == ISLAND_WAITING && b->island.was_black);
    bool stuck = black && elapsed_ms(b->island.since_mono_ms, now.mono_ms) >= STUCK_BLACK_MS;
    bool alone = island_is_alone(&b->island);
    bool mute = !b->heard && elapsed_ms(e->started.mono_ms, now.mono_ms) >= WITNESSES_SILENT_MS;
    bool disputed = is_disputed(b, now.mono_ms);
    alarm_set(e, ALARM_ISLAND_WITNESS, island, disputed || mute, now.utc_ms,
              mute ? "Nobody tells whether the grid of %s is there: its meter's voltage, a relay or a contact is needed"
                   : "Witnesses of the grid of %s contradict each other: it is not relied upon; check them all",
              id);
    alarm_set(e, ALARM_ISLAND_BREAKER, island, breaker_fails(b, now.mono_ms), now.utc_ms,
              "The breaker of %s does not do what it is told: operate it by hand, mind that nothing feeds the grid",
              id);
    alone &= !outage_looks_around(e, now.mono_ms); // nobody was read yet
    alarm_set(e, ALARM_ISLAND_FORMING, island, alone && !somebody_can_form(e, island, now), now.utc_ms,
              "Nobody can hold island %s: its batteries, generators and ties are empty, faulted or out of reach", id);
    alarm_set(e, ALARM_ISLAND_BLACK, island, stuck, now.utc_ms,
              "Island %s stays black: see `aemsctl outage status` for what a restart waits for", id);
}

// In its own time: what is drawn varies, and people can do no more about it than ties do.
static void refresh_frailty(struct engine *e, int island, struct instant now)
{
    bool due = now.mono_ms / FRAIL_MS != e->regulated_mono_ms / FRAIL_MS;
    if (!due || outage_looks_around(e, now.mono_ms))
        return;
    double short_w = surviving_short_w(e, island, now);
    alarm_set(e, ALARM_ISLAND_FRAIL, island, short_w > 0, now.utc_ms,
              "Island %s would not survive the loss of its grid: %.0f kW missing; see `aemsctl outage plan`",
              e->site->islands[island].id, short_w / 1000);
}

void outage_tick(struct engine *e, struct instant now)
{
    if (!outage_is_watched(e))
        return;
    e->outage.now_utc_ms = now.utc_ms;
    words_expire(e, now);
    for (size_t i = 0; i < outage_switches(e); i++)
        switch_hears(e, (int)i, now.mono_ms);
    for (size_t i = 0; i < outage_islands(e); i++)
        look(e, (int)i, now);
    forming_refresh(e, now);
    for (size_t i = 0; i < outage_islands(e); i++) {
        if (e->outage.islands[i].island.state == ISLAND_RESTARTING)
            island_restart(e, (int)i, now);
        refresh_alarms(e, (int)i, now);
        refresh_frailty(e, (int)i, now);
    }
    forced_tick(e, now);
    switches_tick(e, now);
    serving_tick(e, now);
    enduring_tick(e, now);
}
