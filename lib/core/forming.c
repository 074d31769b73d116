// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds an island's voltage and frequency, and what is left of its strength. That asset stands where the grid
// stood: it takes what all the others leave.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"

enum {
    TRIPPED_MS = 300 * 1000, // one that did not hold is not tried again for so long
    REST_MS = 2 * 1000,      // who went down with the bus hears no word to begin before
};

static const double LOW_FRAC = 0.02;   // so little above its floor a battery hands over to the next who can ...
static const double BACK_FRAC = 0.10;  // ... and is the first again so far above it
static const double EMPTY_FRAC = 0.01; // nobody restarts an island with less
static const double EMPTY_TANK = 0.005;

// ---- who can --------------------------------------------------------------------------------------------------------

static int tie_end(const struct engine *e, int asset, int bus)
{
    return site_tie_other_end(&e->site->ties[site_asset_at(e, asset)->of_kind], bus);
}

// The other end is on its grid, or is held by its own: by a battery or a generator, or by one more tie that leads to
// one. Ties that go round in a ring hold nobody.
static bool end_lives(const struct engine *e, int asset, int bus)
{
    int from = bus;
    for (size_t i = 0; i <= outage_islands(e); i++) {
        int end = tie_end(e, asset, bus), island = site_island_of_bus(e->site, end);
        if (end == from) // it is the one who holds the others
            return false;
        if (island < 0 || !bus_is_alone(e, end))
            return e->buses[end].mode != BUS_BLIND;
        const struct island_book *b = &e->outage.islands[island];
        if (!b->lives || b->forming < 0 || b->forming == asset)
            return false;
        if (site_asset_at(e, b->forming)->kind != ASSET_TIE)
            return true;
        asset = b->forming;
        bus = end;
    }
    return false;
}

static bool has_energy(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind == ASSET_BATTERY)
        return soc_known(e, asset, now.mono_ms) &&
               a->good_soc.v > e->site->batteries[of->of_kind].soc_min_frac + EMPTY_FRAC;
    if (of->kind == ASSET_GENERATOR)
        return !value_usable(a->fuel) || a->fuel.v > EMPTY_TANK;
    return true;
}

static int place_of(const struct engine *e, int island, int asset)
{
    const struct site_island *site = &e->site->islands[island];
    for (size_t i = 0; i < site->n_forming; i++)
        if (site->forming[i] == asset)
            return (int)i;
    return -1;
}

static bool is_well(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    return a->control >= 0 && a->reachable && !a->faulted && asset_known(e, asset, now.mono_ms);
}

bool forming_can(const struct engine *e, int island, int candidate, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    const struct site_island *site = &e->site->islands[island];
    int asset = site->forming[candidate];
    bool tripped = b->trips[candidate] && elapsed_ms(b->tripped_mono_ms[candidate], now.mono_ms) < TRIPPED_MS;
    if (tripped || !is_well(e, asset, now) || !has_energy(e, asset, now))
        return false;
    return site_asset_at(e, asset)->kind != ASSET_TIE || end_lives(e, asset, site->bus);
}

// A battery holds from one moment to the next, a generator only while it runs.
bool forming_holds(const struct engine *e, int island, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    if (!is_well(e, asset, now))
        return false;
    switch (site_asset_at(e, asset)->kind) {
    case ASSET_GENERATOR:
        return a->runs || a->status_runs;
    case ASSET_TIE:
        return end_lives(e, asset, e->site->islands[island].bus);
    default:
        return true;
    }
}

// Out of reach says nothing of whether it still holds.
bool forming_is_silent(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    return !a->faulted && (!a->reachable || !asset_known(e, asset, now.mono_ms));
}

// ---- who does -------------------------------------------------------------------------------------------------------

int forming_asset(const struct engine *e, int bus)
{
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    if (island < 0 || !island_is_alone(&e->outage.islands[island].island))
        return -1;
    return e->outage.islands[island].forming;
}

static bool is_low(const struct engine *e, int asset, double above_frac)
{
    const struct site_asset *of = site_asset_at(e, asset);
    return of->kind == ASSET_BATTERY &&
           e->assets[asset].good_soc.v < e->site->batteries[of->of_kind].soc_min_frac + above_frac;
}

// While it comes up from black anybody who can may begin; else only who holds already.
static int best(const struct engine *e, int island, bool rises, struct instant now)
{
    const struct site_island *site = &e->site->islands[island];
    int low = -1;
    for (size_t i = 0; i < site->n_forming; i++) {
        int asset = site->forming[i];
        bool is_now = asset == e->outage.islands[island].forming;
        if (!forming_can(e, island, (int)i, now) && !(is_now && is_well(e, asset, now)))
            continue;
        if (!rises && !forming_holds(e, island, asset, now))
            continue;
        if (!is_low(e, asset, is_now ? LOW_FRAC : BACK_FRAC))
            return asset;
        low = low < 0 || is_now ? asset : low;
    }
    return low;
}

int forming_next(const struct engine *e, int island, struct instant now)
{
    return best(e, island, false, now);
}

void forming_trips(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    int asset = b->forming;
    int place = place_of(e, island, asset);
    if (place < 0)
        return;
    b->trips[place] = true;
    b->tripped_mono_ms[place] = now.mono_ms;
    journal(e, island, "%s does not hold the island any more: %s", site_asset_at(e, asset)->id,
            e->assets[asset].faulted ? "its device reports a fault" : "it does not answer, stands still or is empty");
}

static void hand_over(struct engine *e, int island, int to, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    int from = b->forming;
    if (from == to)
        return;
    if (from >= 0 && forming_is_silent(e, from, now))
        journal(e, island, "%s does not answer: nobody can say whether it still holds the island",
                site_asset_at(e, from)->id);
    else if (from >= 0 && !forming_holds(e, island, from, now))
        forming_trips(e, island, now);
    b->forming = to;
    if (to >= 0)
        journal(e, island, "%s holds the island", site_asset_at(e, to)->id);
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

// Just after a restart or a stall of the program nobody was read yet: who held the island then does so still.
static bool is_awaited(const struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    int asset = b->forming;
    if (asset < 0 || !outage_looks_around(e, now.mono_ms))
        return false;
    bool is_battery = site_asset_at(e, asset)->kind == ASSET_BATTERY;
    bool known = asset_known(e, asset, now.mono_ms) && (!is_battery || soc_known(e, asset, now.mono_ms));
    return !known && !e->assets[asset].faulted;
}

static void refresh(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    enum island_state state = b->island.state;
    bool rises = state == ISLAND_RESTARTING && b->restart.phase != RESTART_FAILED;
    bool none = state == ISLAND_CONNECTED || state == ISLAND_BLACK ||
                (state != ISLAND_RESTARTING && b->island.was_black) || (rises && b->restart.phase == RESTART_OPENING);
    if (none) {
        b->forming = -1;
        return;
    }
    if (rises && b->forming < 0 && elapsed_ms(b->island.since_mono_ms, now.mono_ms) < REST_MS)
        return;
    bool begins = rises && b->forming >= 0 && is_well(e, b->forming, now); // one that was told to is given its time
    if (begins || is_awaited(e, island, now))
        return;
    hand_over(e, island, best(e, island, rises, now), now);
}

void forming_refresh(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < outage_islands(e); i++)
        refresh(e, (int)i, now);
}

// ---- what it can ----------------------------------------------------------------------------------------------------

// What an asset beside the forming one can add at once; what it draws it can leave.
static double relief_w(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_asset *of = site_asset_at(e, asset);
    bool steered =
        a->control >= 0 && a->reachable && !a->faulted && !a->obedience.unwilling && asset_known(e, asset, now.mono_ms);
    if (!steered)
        return 0;
    switch (of->kind) {
    case ASSET_BATTERY:
        return soc_known(e, asset, now.mono_ms) && has_energy(e, asset, now) ? storage_discharge_w(e, asset) - a->good.v
                                                                             : fmax(-a->good.v, 0);
    case ASSET_GENERATOR: {
        const struct site_generator *g = &e->site->generators[of->of_kind];
        double room_w = g->max_power_w - a->good.v;
        return a->runs ? (g->ramp_w_per_s > 0 ? fmin(room_w, g->ramp_w_per_s) : room_w) : 0;
    }
    case ASSET_CONVERTER: // chargers and flexible loads are paused by whoever sheds
        return fmax(-a->good.v, 0);
    default:
        return 0;
    }
}

static double lifelines_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (e->site->loads[i].bus == bus)
            sum += load_natural_w(e, (int)i, now) * e->site->loads[i].tier_share[TIER_LIFELINE];
    return sum;
}

bool gives_beside(const struct engine *e, int asset, int bus, int forming, struct instant now)
{
    const struct site_asset *of = site_asset_at(e, asset);
    bool gives = of->kind == ASSET_BATTERY || of->kind == ASSET_GENERATOR || of->kind == ASSET_PV;
    return gives && of->bus == bus && asset != forming && asset_known(e, asset, now.mono_ms);
}

// What others at the bus beside `forming` give, or could at once.
static double own_w(const struct engine *e, int bus, int forming, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (gives_beside(e, (int)i, bus, forming, now))
            sum += fmax(e->assets[i].good.v + fmax(relief_w(e, (int)i, now), 0), 0);
    return sum;
}

// The lifelines of an island that hangs on its neighbour come before what the neighbour has to spare, as far as nobody
// else there can give it.
static void tie_limits(const struct engine *e, int island, int asset, struct instant now, double *ret_low_w,
                       double *ret_high_w)
{
    int bus = e->site->islands[island].bus, end = tie_end(e, asset, bus), other = site_island_of_bus(e->site, end);
    const struct site_tie *t = &e->site->ties[site_asset_at(e, asset)->of_kind];
    double most_w = t->limit_w * (1 - t->loss_frac), spare_w = most_w, low_w = 0, high_w = 0;
    int grid = first_grid_of_bus(e, end);
    if (other >= 0 && bus_is_alone(e, end)) {
        bool lives = end_lives(e, asset, bus); // else the way there may have no end
        if (lives)
            forming_limits(e, other, now, &low_w, &high_w);
        spare_w = lives ? high_w - forming_power_w(e, other) + forming_power_w(e, island) : 0;
    } else if (grid >= 0) {
        spare_w = grid_import_limit_w(e, grid, now) - e->assets[asset_of(e, ASSET_GRID, grid)].good.v +
                  forming_power_w(e, island);
    }
    *ret_high_w = clamp(fmax(spare_w, lifelines_w(e, bus, now) - own_w(e, bus, asset, now)), 0, most_w);
    *ret_low_w = -t->limit_w;
}

void forming_limits_of(const struct engine *e, int island, int asset, struct instant now, double *ret_low_w,
                       double *ret_high_w)
{
    const struct site_island *site = &e->site->islands[island];
    const struct site_asset *of = site_asset_at(e, asset);
    double kept = 1 - clamp(site->headroom_frac, 0, 0.9);
    if (of->kind == ASSET_BATTERY) {
        const struct site_battery *b = &e->site->batteries[of->of_kind];
        double soc = e->assets[asset].good_soc.v;
        double above_wh = fmax(soc - b->soc_min_frac, 0) * b->capacity_wh * b->discharge_efficiency;
        double below_wh = fmax(b->soc_max_frac - soc, 0) * b->capacity_wh / b->charge_efficiency;
        *ret_high_w = fmin(storage_discharge_w(e, asset) * kept, above_wh / taper_h(e));
        *ret_low_w = -fmin(storage_charge_w(e, asset) * kept, below_wh / taper_h(e));
    } else if (of->kind == ASSET_GENERATOR) {
        const struct site_generator *g = &e->site->generators[of->of_kind];
        *ret_high_w = fmin(g->max_power_w * kept, e->assets[asset].available_w);
        *ret_low_w = fmin(g->min_power_w, *ret_high_w);
    } else if (of->kind == ASSET_TIE) {
        tie_limits(e, island, asset, now, ret_low_w, ret_high_w);
        *ret_high_w *= kept;
        *ret_low_w *= kept;
    }
}

void forming_limits(const struct engine *e, int island, struct instant now, double *ret_low_w, double *ret_high_w)
{
    int asset = e->outage.islands[island].forming;
    *ret_low_w = *ret_high_w = 0;
    if (asset < 0)
        return;
    forming_limits_of(e, island, asset, now, ret_low_w, ret_high_w);
    const struct island_book *b = &e->outage.islands[island];
    if (now.mono_ms < b->clear_mono_ms)
        *ret_low_w = fmin(*ret_low_w + b->clear_w, fmax(*ret_low_w, *ret_high_w));
}

// What the connection still carries, with a breaker that has not opened yet, say: it may end any moment.
static double connection_w(const struct engine *e, int island)
{
    int grid = e->site->islands[island].grid;
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_GRID, grid)];
    double noise_w = 0.002 * e->site->grids[grid].import_limit_w;
    bool fresh = value_usable(a->power) && a->good.mono_ms >= e->outage.islands[island].lost_mono_ms;
    return fresh && fabs(a->good.v) > noise_w ? a->good.v : 0;
}

// Until it is read again it counts as having taken over what the connection carried, but for what was shed.
double forming_power_w(const struct engine *e, int island)
{
    const struct island_book *b = &e->outage.islands[island];
    if (b->forming < 0)
        return 0;
    const struct asset_state *a = &e->assets[b->forming];
    double power_w = a->good.v;
    const struct site_asset *of = site_asset_at(e, b->forming);
    if (of->kind == ASSET_TIE && of->bus != e->site->islands[island].bus)
        power_w = -power_w; // it starts here
    double carried_w = connection_w(e, island);
    if (a->good.mono_ms > b->lost_mono_ms)
        return power_w + carried_w;
    return power_w + (carried_w != 0 ? carried_w : b->import_w) - b->shed_w;
}

// ---- at the moment of a loss ----------------------------------------------------------------------------------------

// A tie gives nothing any more when its other end has lost its grid as well.
static double lost_ties_w(const struct engine *e, int bus, int forming)
{
    double sum = 0;
    for (size_t t = 0; t < e->site->n_ties; t++) {
        const struct site_tie *site = &e->site->ties[t];
        int asset = asset_of(e, ASSET_TIE, (int)t);
        int end = site_tie_other_end(site, bus);
        if (end >= 0 && asset != forming && bus_is_alone(e, end))
            sum += fmax(site->to == bus ? e->assets[asset].good.v : -e->assets[asset].good.v, 0);
    }
    return sum;
}

double forming_deficit_w(const struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    int bus = e->site->islands[island].bus;
    double low_w, high_w, relief = 0;
    forming_limits(e, island, now, &low_w, &high_w);
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (site_asset_at(e, (int)i)->bus == bus && (int)i != b->forming)
            relief += fmax(relief_w(e, (int)i, now), 0);
    double left_w = b->forming >= 0 ? forming_power_w(e, island) : b->import_w;
    return fmax(left_w + lost_ties_w(e, bus, b->forming) - relief - high_w, 0);
}
