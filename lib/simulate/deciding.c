// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds each bus bar in the step under way: the first in its island's order that can, its neighbours before it
// where it hangs on them.
#include <math.h>

#include "simulate/internal.h"

static const double engine_s = 5.0; // until an engine runs that nothing else is known of
// Of its capacity above the lowest: a battery hands over to somebody else who can, and takes over again.
static const double leaves_at_frac = 0.02, resumes_from_frac = 0.10;
static const uint64_t follows_ms = 300000; // after a trip, while somebody else forms

enum answer { NO, YES, NOT_YET };

// With voltage, one that forms already goes on when its setpoint lapses; without, it takes a new word to start.
static bool is_in_force(const struct plant_model *m, const struct island_now *n, int asset)
{
    if (!n->seen.lives)
        return islands_told_since(m, n, asset);
    return m->assets[asset].commanded || n->seen.forming == asset;
}

enum ask { WHO_IS_WELL, WHO_IS_NOT_EMPTY, WHO_IS_THERE, ASK_COUNT }; // one after the other, until somebody is found

static double low_frac(enum ask ask, bool forms_now)
{
    return ask == WHO_IS_NOT_EMPTY ? 0.0 : forms_now ? leaves_at_frac : resumes_from_frac;
}

// One that has tripped comes back as a follower, unless it is the one that brought the bus up again.
static bool has_just_tripped(const struct plant_model *m, int asset)
{
    return m->tripped_ms[asset] > 0 && m->now.mono_ms < m->tripped_ms[asset] + follows_ms;
}

static bool battery_forms(const struct plant_model *m, const struct island_now *n, int asset, enum ask ask)
{
    const struct site_battery *b = site_storage_of(m->site, asset);
    double frac = b->soc_min_frac + low_frac(ask, n->seen.forming == asset);
    bool enough = m->assets[asset].energy_wh > frac * b->capacity_wh;
    if (ask == WHO_IS_THERE)
        enough = n->seen.lives; // it still takes what is over
    bool follows = has_just_tripped(m, asset) && n->seen.forming != asset;
    return is_in_force(m, n, asset) && enough && (ask != WHO_IS_WELL || !follows);
}

static bool generator_forms(const struct plant_model *m, const struct island_now *n, int asset)
{
    const struct site_generator *g = &m->site->generators[m->site->assets[asset].of_kind];
    const struct plant_asset *a = &m->assets[asset];
    if (!is_in_force(m, n, asset) || (g->fuel_wh > 0.0 && a->fuel_wh <= 0.0))
        return false;
    if (!a->commanded)
        return true; // it formed, and nobody told it to stop
    double from_s = n->seen.lives ? (double)g->start_time_s : fmax(g->start_time_s, engine_s);
    return a->setpoint_w >= g->min_power_w / 2.0 && a->started_s > 0.0 && a->started_s >= from_s;
}

static enum answer tie_forms(const struct plant_model *m, const struct island_now *n, int asset, int bus)
{
    const struct site_tie *t = &m->site->ties[m->site->assets[asset].of_kind];
    int other = t->from == bus ? t->to : t->from, island = site_island_of_bus(m->site, other);
    if (!n->seen.lives && !islands_told_since(m, n, asset))
        return NO;
    if (island >= 0 && !m->islands[island].is_decided)
        return NOT_YET;
    return m->bus_lives[other] ? YES : NO;
}

static enum answer forms(const struct plant_model *m, int island, int asset, enum ask ask)
{
    const struct island_now *n = &m->islands[island];
    enum asset_kind kind = m->site->assets[asset].kind;
    if (m->assets[asset].tripped)
        return NO;
    if (kind == ASSET_BATTERY)
        return battery_forms(m, n, asset, ask) ? YES : NO;
    if (kind == ASSET_GENERATOR)
        return generator_forms(m, n, asset) ? YES : NO;
    return kind == ASSET_TIE ? tie_forms(m, n, asset, m->site->islands[island].bus) : NO;
}

static void decide(struct plant_model *m, int island, int forming, bool lives)
{
    struct island_now *n = &m->islands[island];
    n->is_decided = true;
    n->will_form = forming;
    m->bus_lives[m->site->islands[island].bus] = lives;
    if (lives)
        m->island_order[m->n_alive++] = island;
}

// False while it hangs on another island that is not decided; with `now`, that one does not count.
static bool try_to_decide(struct plant_model *m, int island, bool now)
{
    const struct site_island *of = &m->site->islands[island];
    const struct island_now *n = &m->islands[island];
    bool connected = m->bus_grids[of->bus] > 0;
    if (connected || n->seen.breaker_closed || n->stress_frac >= 1.0 - 1e-9) {
        decide(m, island, -1, connected); // a dead grid, or too much to bear, pulls it down
        return true;
    }
    for (int ask = 0; ask < ASK_COUNT; ask++)
        for (size_t i = 0; i < of->n_forming; i++) {
            enum answer answer = forms(m, island, of->forming[i], (enum ask)ask);
            if (answer == NOT_YET && !now)
                return false;
            if (answer == YES) {
                decide(m, island, of->forming[i], true);
                return true;
            }
        }
    decide(m, island, -1, false);
    return true;
}

void deciding_all(struct plant_model *m)
{
    for (size_t undecided = m->site->n_islands; undecided > 0;) {
        size_t before = undecided;
        int first = -1;
        for (size_t i = 0; i < m->site->n_islands; i++) {
            if (m->islands[i].is_decided)
                continue;
            if (try_to_decide(m, (int)i, false))
                undecided--;
            else if (first < 0)
                first = (int)i;
        }
        if (undecided == before && try_to_decide(m, first, true)) // a ring: somebody has to begin
            undecided--;
    }
}
