// SPDX-License-Identifier: GPL-3.0-or-later
// Islands in the engine: what witnesses tell goes into each island's state machine, and what follows from a new state
// is done at once.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"

enum {
    SILENT_MS = 60 * 1000, // no witness at all for so long: the grid counts as gone
    OPEN_MS = 2 * 1000,    // a breaker, or the protection, opens within so long
    CLOSE_MS = 60 * 1000,  // closing takes its synchroniser's time
    RESTART_MS = 15 * 60 * 1000,
    RETRY_MS = 2 * 60 * 1000,
    SWITCHES_MS = 10 * 1000, // circuits that are not seen to open by then are known not to
    ENERGISE_MS = 90 * 1000, // somebody who was told to has brought voltage by then
    DEAD_MS = 3 * 1000,      // nothing flowed anywhere for so long: the bus is dead
    STUCK_BLACK_MS = 5 * 60 * 1000,
    HANGS_MS = 1000, // a breaker of the interconnection has opened by then
    MOST_STEPS = 8,  // of a state machine in one look
};

static const double FLOWS_W = 1; // more than nothing

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
    b->paused = calloc(s->n_assets + 1, sizeof *b->paused);
    b->islands = calloc(s->n_islands, sizeof *b->islands);
    bool whole = b->switches && b->first_switch && b->waiting && b->limited && b->served_w && b->spare_w && b->paused &&
                 b->islands;
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
        b->forming = b->serving = b->first_witness = -1;
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

// ---- sense ----------------------------------------------------------------------------------------------------------

static struct sense_settings sense_settings_of(const struct engine *e, int island)
{
    const struct site_outage *o = &e->site->outage;
    const struct site_island *i = &e->site->islands[island];
    return (struct sense_settings){.nominal_v = i->voltage_v,
                                   .nominal_hz = i->frequency_hz,
                                   .lost_voltage_frac = o->lost_voltage_frac,
                                   .lost_frequency_hz = o->lost_frequency_hz,
                                   .stable_voltage_frac = o->stable_voltage_frac,
                                   .stable_frequency_hz = o->stable_frequency_hz,
                                   .confirm_ms = (uint64_t)(o->confirm_ms > 0 ? o->confirm_ms : 0),
                                   .silent_ms = SILENT_MS > 3 * (uint64_t)e->site->control.cycle_ms
                                                    ? SILENT_MS
                                                    : 3 * (uint64_t)e->site->control.cycle_ms,
                                   .stable_ms = area_ms(e, o->stable_s)};
}

uint64_t outage_wait_ms(const struct engine *e, int island, struct instant now)
{
    struct sense_settings settings = sense_settings_of(e, island);
    return sense_wait_ms(&e->outage.islands[island].sense, &settings, now.mono_ms);
}

static enum witness worse(enum witness a, enum witness b)
{
    return a == WITNESS_NO || b == WITNESS_NO ? WITNESS_NO : a == WITNESS_SILENT ? b : a;
}

static enum witness contact(const struct engine *e, int device, enum quantity q, uint64_t now)
{
    struct value v = device_value(e, device, q, now);
    return !value_usable(v) ? WITNESS_SILENT : v.v >= 0.5 ? WITNESS_YES : WITNESS_NO;
}

// A meter that has a voltage and no frequency to it in the same poll does not measure any.
static void read_meter(const struct engine *e, int grid, uint64_t now, struct sense_reading *r)
{
    for (int d = e->assets[asset_of(e, ASSET_GRID, grid)].first_device; d >= 0; d = e->devices[d].next_of_asset) {
        struct value volts = device_value(e, d, QUANTITY_VOLTAGE_V, now);
        struct value hertz = device_value(e, d, QUANTITY_FREQUENCY_HZ, now);
        if (value_usable(volts) && !r->has_voltage) {
            r->has_voltage = true;
            r->voltage_v = volts.v;
        }
        bool together = !value_usable(volts) || hertz.mono_ms >= volts.mono_ms;
        if (value_usable(hertz) && !r->has_frequency && together && hertz.v > 0) {
            r->has_frequency = true;
            r->frequency_hz = hertz.v;
        }
    }
}

// What a driver says of the grid, in replay say, is a witness where there is no other, and is never worth less.
static struct sense_reading read_witnesses(const struct engine *e, int island, uint64_t now)
{
    const struct site_island *site = &e->site->islands[island];
    struct sense_reading r = {.relay = WITNESS_SILENT, .breaker = WITNESS_SILENT};
    read_meter(e, site->grid, now, &r);
    for (int d = e->outage.islands[island].first_witness; d >= 0; d = e->devices[d].next_of_asset) {
        r.relay = worse(r.relay, contact(e, d, QUANTITY_GRID_PRESENT, now));
        r.breaker = worse(r.breaker, contact(e, d, QUANTITY_CLOSED, now));
    }
    int breaker = site->breaker >= 0 ? e->outage.switches[site->breaker].device : -1;
    if (breaker >= 0)
        r.breaker = worse(r.breaker, contact(e, breaker, QUANTITY_CLOSED, now));
    bool away = e->grids[site->grid].away;
    if (away)
        r.relay = WITNESS_NO;
    if (is_coarse(e)) { // nobody tells anything else; the interconnection opens and closes with its grid
        r.relay = away ? WITNESS_NO : WITNESS_YES;
        r.breaker = breaker < 0 ? r.relay : r.breaker;
    }
    return r;
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

// Loads that stand still all at once, though their circuits are closed, have no voltage.
static bool anything_flows(const struct engine *e, int island, uint64_t now)
{
    int bus = e->site->islands[island].bus, known = 0;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_asset *a = site_asset_at(e, (int)i);
        if (!is_at(e, i, bus) || a->kind != ASSET_LOAD || !asset_known(e, (int)i, now))
            continue;
        if (fabs(e->assets[i].good.v) > FLOWS_W)
            return true;
        known += serving_shed_frac(e, a->of_kind) < 0.99;
    }
    return known == 0;
}

static bool just_started(const struct engine *e, uint64_t now)
{
    return elapsed_ms(e->started.mono_ms, now) < START_GRACE_MS;
}

static bool judge_life(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    enum witness volts = bus_voltage(e, island, now.mono_ms);
    enum island_state state = b->island.state;
    bool carried = state == ISLAND_CONNECTED && sense_relies(&b->sense);
    if (carried || anything_flows(e, island, now.mono_ms))
        b->seen_mono_ms = now.mono_ms;
    if (carried || just_started(e, now.mono_ms))
        return carried || b->lives;
    if (volts != WITNESS_SILENT)
        return volts == WITNESS_YES;
    if (state == ISLAND_CONNECTED)
        return elapsed_ms(b->seen_mono_ms, now.mono_ms) < DEAD_MS;
    if (b->forming < 0)
        return false;
    bool rises = state == ISLAND_RESTARTING || state == ISLAND_BLACK || b->island.was_black;
    return forming_holds(e, island, b->forming, now) && (rises || elapsed_ms(b->seen_mono_ms, now.mono_ms) < DEAD_MS);
}

static bool switches_stand_open(const struct engine *e, int island, struct instant now)
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

static bool somebody_can_form(const struct engine *e, int island, struct instant now)
{
    for (size_t i = 0; i < e->site->islands[island].n_forming; i++)
        if (forming_can(e, island, (int)i, now))
            return true;
    return false;
}

static struct island_input input_of(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    const struct sense_settings settings = sense_settings_of(e, island);
    const struct sense *s = &b->sense;
    b->lives = judge_life(e, island, now);
    return (struct island_input){.relies = sense_relies(s),
                                 .stable = sense_is_stable(s, &settings, now.mono_ms),
                                 .grid_there = s->supply == SUPPLY_THERE && !s->disagree,
                                 .breaker_known = s->breaker_known,
                                 .breaker_open = s->breaker_open,
                                 .lives = b->lives,
                                 .can_form = somebody_can_form(e, island, now),
                                 .switches_open = switches_stand_open(e, island, now),
                                 .restarted = b->restart.phase == RESTART_DONE,
                                 .failed = b->restart.phase == RESTART_FAILED};
}

// ---- what follows from a new state ----------------------------------------------------------------------------------

static void shed_all(struct engine *e, int island, struct instant now)
{
    static const size_t most = SITE_MAX_SWITCHES + SITE_MAX_ASSETS * TIER_COUNT;
    struct shed_item items[SITE_MAX_SWITCHES + SITE_MAX_ASSETS * TIER_COUNT];
    size_t n = serving_items(e, island, now, items);
    for (size_t i = 0; i < n && i < most; i++)
        serving_set(e, island, (int)i, false, now);
}

static void lose_grid(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->lost_mono_ms = now.mono_ms;
    b->seen_mono_ms = now.mono_ms;
    b->shed_w = 0;
    if (e->outage.since_utc_ms == NEVER_MS)
        e->outage.since_utc_ms = now.utc_ms;
    forming_refresh(e, now);
    b->shed_w = serving_shed(e, island, forming_deficit_w(e, island, now), now);
}

static void find_grid(struct engine *e, int island)
{
    struct island_book *b = &e->outage.islands[island];
    b->forming = -1;
    b->import_w = b->shed_w = 0;
    b->restart = (struct restart){0};
    for (size_t i = 0; i < outage_islands(e); i++)
        if (island_is_alone(&e->outage.islands[i].island))
            return;
    e->outage.since_utc_ms = NEVER_MS;
}

static void tell_state(struct engine *e, int island, const struct island_step *step, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    if (island_is_alone(&b->island))
        alarm_renew(e, ALARM_ISLAND, island);
    alarm_set(e, ALARM_ISLAND, island, island_is_alone(&b->island), now.utc_ms,
              "Island %s is without the grid: %s (%s)", e->site->islands[island].id, island_state_name(step->to),
              step->cause);
}

static void enter(struct engine *e, int island, const struct island_step *step, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->since_utc_ms = now.utc_ms;
    journal_step(e, island, step->from, step->to, step->cause);
    tell_state(e, island, step, now);
    if (step->from == ISLAND_CONNECTED)
        lose_grid(e, island, now);
    if (step->to == ISLAND_BLACK) {
        if (b->forming >= 0 && !b->lives)
            forming_trips(e, island, now);
        b->forming = -1;
        b->restart = (struct restart){0};
        shed_all(e, island, now);
    } else if (step->to == ISLAND_RESTARTING) {
        restart_begin(&b->restart, now.mono_ms);
    } else if (step->to == ISLAND_CONNECTED) {
        find_grid(e, island);
    }
    planning_request(e);
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

// ---- breakers -------------------------------------------------------------------------------------------------------

bool breaker_may_close(const struct engine *e, int island)
{
    const struct island_book *b = &e->outage.islands[island];
    return b->island.state == ISLAND_RESYNCHRONISING && island_breaker(&b->island) == BREAKER_CLOSE &&
           b->sense.supply == SUPPLY_THERE && !b->sense.disagree;
}

static void tell_breaker(struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    int breaker = e->site->islands[island].breaker;
    enum breaker_wish wish = island_breaker(&b->island);
    if (breaker < 0 || wish == BREAKER_LEAVE)
        return;
    if (wish == BREAKER_OPEN || breaker_may_close(e, island))
        switch_want(e, breaker, wish == BREAKER_CLOSE, now);
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

// What was drawn is remembered as long as nobody has any doubt: the reading that shows a loss shows no import either.
static void note_import(struct engine *e, int island)
{
    struct island_book *b = &e->outage.islands[island];
    const struct asset_state *g = &e->assets[asset_of(e, ASSET_GRID, e->site->islands[island].grid)];
    if (island_is_connected(&b->island) && b->sense.doubt_mono_ms == 0 && b->sense.breaker_seen != WITNESS_NO)
        b->import_w = g->good.v;
}

static bool is_heard(const struct sense_reading *r)
{
    return r->has_voltage || r->has_frequency || r->relay != WITNESS_SILENT || r->breaker != WITNESS_SILENT;
}

// True when the grid was lost just now.
static bool look(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    const struct sense_settings sense = sense_settings_of(e, island);
    const struct island_settings settings = settings_of(e, island);
    const struct sense_reading reading = read_witnesses(e, island, now.mono_ms);
    const struct island_orders orders = outage_orders(e, island, now.utc_ms);
    bool was_connected = island_is_connected(&b->island);
    struct island_step step;
    e->outage.now_utc_ms = now.utc_ms;
    b->heard |= is_heard(&reading);
    if (!b->heard) // before the first word of any witness there is nothing to fall silent
        return false;
    sense_update(&b->sense, &sense, &reading, now.mono_ms);
    note_import(e, island);
    for (int i = 0; i < MOST_STEPS; i++) {
        const struct island_input input = input_of(e, island, now);
        if (!island_advance(&b->island, &settings, &orders, &input, now.mono_ms, &step))
            break;
        enter(e, island, &step, now);
    }
    tell_breaker(e, island, now);
    bool lost = was_connected && island_is_alone(&b->island);
    if (lost)
        serving_help(e, now);
    return lost;
}

static int island_heard(const struct engine *e, int device)
{
    const struct site_device *site = &e->site->devices[device];
    if (site->asset >= 0) {
        const struct site_asset *a = site_asset_at(e, site->asset);
        return a->kind == ASSET_GRID ? site_island_of_grid(e->site, a->of_kind) : -1;
    }
    if (site->of_switch >= 0 && (size_t)site->of_switch < outage_switches(e))
        return site_island_of_breaker(e->site, site->of_switch);
    return site->of_island >= 0 && (size_t)site->of_island < outage_islands(e) ? site->of_island : -1;
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
    int of_switch = e->site->devices[device].asset < 0 ? e->site->devices[device].of_switch : -1;
    if (of_switch >= 0 && (size_t)of_switch < outage_switches(e))
        switch_hears(e, of_switch, now.mono_ms);
    int island = island_heard(e, device);
    if (island >= 0)
        return look(e, island, now);
    bool rested = elapsed_ms(e->regulated_mono_ms, now.mono_ms) >= FAST_PATH_MS;
    return rested && !is_coarse(e) && strains(e, device, now);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

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

static void restart_on(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    struct shed_item items[SITE_MAX_SWITCHES + SITE_MAX_ASSETS * TIER_COUNT];
    double low_w, high_w;
    const struct restart_settings settings = outage_restart_settings(e);
    forming_limits(e, island, now, &low_w, &high_w);
    double forming_w = b->forming >= 0 ? forming_power_w(e, island) : 0;
    const struct restart_input input = {.breaker_open = b->sense.breaker_known && b->sense.breaker_open,
                                        .switches_open = switches_stand_open(e, island, now),
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

static void refresh_alarms(struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    const char *id = e->site->islands[island].id;
    bool black = b->island.state == ISLAND_BLACK || (b->island.state == ISLAND_WAITING && b->island.was_black);
    bool stuck = black && elapsed_ms(b->island.since_mono_ms, now.mono_ms) >= STUCK_BLACK_MS;
    bool alone = island_is_alone(&b->island);
    bool mute = !b->heard && elapsed_ms(e->started.mono_ms, now.mono_ms) >= SILENT_MS;
    alarm_set(e, ALARM_ISLAND_WITNESS, island, b->sense.disagree || mute, now.utc_ms,
              mute ? "Nobody tells whether the grid of %s is there: its meter's voltage, a relay or a contact is needed"
                   : "Witnesses of the grid of %s contradict each other: it is not relied upon; check them all",
              id);
    alarm_set(e, ALARM_ISLAND_BREAKER, island, b->island.breaker_stuck, now.utc_ms,
              "The breaker of %s does not do what it is told: operate it by hand, mind that nothing feeds the grid",
              id);
    alarm_set(e, ALARM_ISLAND_FORMING, island, alone && !somebody_can_form(e, island, now), now.utc_ms,
              "Nobody can hold island %s: its batteries, generators and ties are empty, faulted or out of reach", id);
    alarm_set(e, ALARM_ISLAND_BLACK, island, stuck, now.utc_ms,
              "Island %s stays black: see `aemsctl outage status` for what a restart waits for", id);
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
            restart_on(e, (int)i, now);
        refresh_alarms(e, (int)i, now);
    }
    switches_tick(e, now);
    serving_tick(e, now);
    enduring_tick(e, now);
}
