// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rehearsing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"

enum { LIVES_MS = 5 * 1000, PARTS = REHEARSAL_PART_COUNT, MOST_STEPS_FIXED = 16 };

// ---- as if all grids had failed just now ---------------------------------------------------------------------------

// The first that can, of those that hold from one moment to the next where `at_once`; -1 none.
static int candidate(const struct engine *e, int island, bool at_once, bool ties, struct instant now)
{
    const struct site_island *site = &e->site->islands[island];
    for (size_t i = 0; i < site->n_forming; i++) {
        bool is_tie = e->site->assets[site->forming[i]].kind == ASSET_TIE;
        if ((!is_tie || ties) && forming_can(e, island, (int)i, now) &&
            (!at_once || forming_holds(e, island, site->forming[i], now)))
            return site->forming[i];
    }
    return -1;
}

static void lose(const struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->island.state = ISLAND_ISLANDING;
    b->lost_mono_ms = now.mono_ms;
    b->shed_w = 0;
    b->lives = true;
    b->forming = candidate(e, island, true, false, now);
}

// What is written into the engine's books here is taken back by whoever kept a copy. Ties come last: whether they can
// help depends on their other ends.
static void lose_all(const struct engine *e, const struct island_book *before, struct instant now)
{
    size_t n = outage_islands(e);
    for (size_t i = 0; i < n; i++)
        if (island_is_connected(&before[i].island))
            lose(e, (int)i, now);
    for (size_t i = 0; i < n; i++)
        if (island_is_connected(&before[i].island))
            e->outage.islands[i].forming = candidate(e, (int)i, true, true, now);
}

static struct island_book *keep_books(const struct engine *e)
{
    size_t bytes = outage_islands(e) * sizeof *e->outage.islands;
    struct island_book *copy = malloc(bytes > 0 ? bytes : 1);
    if (copy != NULL && bytes > 0)
        memcpy(copy, e->outage.islands, bytes);
    return copy;
}

static void put_books_back(const struct engine *e, struct island_book *copy)
{
    memcpy(e->outage.islands, copy, outage_islands(e) * sizeof *copy);
    free(copy);
}

// ---- one island ----------------------------------------------------------------------------------------------------

struct room { // to work in
    struct shed_item *items, *scratch;
    bool *pauses, *shed;
};

static double fixed_w(const struct engine *e, int island, const struct room *r, size_t n, struct instant now)
{
    double sum_w = 0;
    for (size_t l = 0; l < e->site->n_loads; l++)
        if (e->site->loads[l].bus == e->site->islands[island].bus)
            sum_w += load_natural_w(e, (int)l, now);
    for (size_t i = 0; i < n; i++)
        sum_w -= r->pauses[i] ? 0 : r->items[i].power_w;
    return fmax(sum_w, 0);
}

static void name_items(const struct engine *e, int island, struct rehearsal *r, bool *ret_pauses)
{
    for (size_t i = 0; i < r->n_items; i++) {
        struct rehearsed_item *item = &r->items[i];
        serving_name(e, island, (int)i, &item->of_switch, &item->asset, &item->tier);
        ret_pauses[i] = item->asset >= 0 && site_flexible_of(e->site, item->asset) != NULL;
    }
}

// Once it is back; while it is away nothing may be drawn from it.
static double grid_room_w(const struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    enum island_state state = b->island.state;
    b->island.state = ISLAND_CONNECTED;
    double room_w = serving_grid_room_w(e, e->site->islands[island].grid, now);
    b->island.state = state;
    return room_w;
}

static struct rehearsal_input gather(const struct engine *e, int island, const struct island_book *before,
                                     const struct room *room, struct rehearsal *r, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    double low_w;
    bool connected = island_is_connected(&before[island].island);
    r->forming = b->forming;
    forming_limits(e, island, now, &low_w, &r->forming_w);
    r->deficit_w = connected ? forming_deficit_w(e, island, now) : 0;
    r->fixed_w = fixed_w(e, island, room, r->n_items, now);
    b->forming = r->restarting = candidate(e, island, false, true, now);
    forming_limits(e, island, now, &low_w, &r->restarting_w);
    return (struct rehearsal_input){.items = room->items,
                                    .pauses = room->pauses,
                                    .n = r->n_items,
                                    .fixed_w = r->fixed_w,
                                    .import_w = connected ? b->import_w : 0,
                                    .deficit_w = r->deficit_w,
                                    .black_w = r->restarting >= 0 ? r->restarting_w : 0,
                                    .room_w = grid_room_w(e, island, now),
                                    .lives_ms = LIVES_MS,
                                    .stable_ms = (uint64_t)e->site->outage.stable_s * 1000,
                                    .restart = outage_restart_settings(e)};
}

static bool make_room(struct rehearsal *r, struct room *room, size_t most)
{
    r->items = calloc(most + 1, sizeof *r->items);
    r->steps = calloc(3 * most + MOST_STEPS_FIXED, sizeof *r->steps);
    room->items = calloc(most + 1, sizeof *room->items);
    room->scratch = calloc(most + 1, sizeof *room->scratch);
    room->pauses = calloc(most + 1, sizeof *room->pauses);
    room->shed = calloc(most + 1, sizeof *room->shed);
    return r->items && r->steps && room->items && room->scratch && room->pauses && room->shed;
}

static void free_room(struct room *room)
{
    free(room->items);
    free(room->scratch);
    free(room->pauses);
    free(room->shed);
}

static void fill(const struct engine *e, int island, const struct island_book *before, struct room *room,
                 struct rehearsal *r, struct instant now)
{
    r->n_items = serving_items(e, island, now, room->items);
    name_items(e, island, r, room->pauses);
    lose_all(e, before, now);
    struct rehearsal_input input = gather(e, island, before, room, r, now);
    r->n_steps = rehearse(&input, room->shed, room->scratch, r->steps, 3 * r->n_items + MOST_STEPS_FIXED, r->ends);
}

int engine_rehearse(const struct engine *e, int island, struct instant now, struct rehearsal **ret_rehearsal)
{
    if (island < 0 || (size_t)island >= outage_islands(e))
        return AEMS_E_NOT_FOUND;
    struct room room = {0};
    struct rehearsal *r = calloc(1, sizeof *r);
    struct island_book *before = keep_books(e);
    size_t most = e->site->n_switches + e->site->n_assets * TIER_COUNT;
    bool good = r != NULL && before != NULL && make_room(r, &room, most);
    if (good) {
        fill(e, island, before, &room, r, now);
        put_books_back(e, before);
        *ret_rehearsal = r;
    } else {
        free(before);
        rehearsal_free(r);
    }
    free_room(&room);
    return good ? 0 : AEMS_E_NOMEM;
}

void rehearsal_free(struct rehearsal *r)
{
    if (r == NULL)
        return;
    free(r->items);
    free(r->steps);
    free(r);
}

void engine_rehearse_switches(const struct engine *e, struct instant now, bool *ret_shed)
{
    memset(ret_shed, 0, e->site->n_switches * sizeof *ret_shed);
    for (size_t i = 0; i < outage_islands(e); i++) {
        struct rehearsal *r = NULL;
        if (engine_rehearse(e, (int)i, now, &r) < 0)
            continue;
        for (size_t k = 0; k < r->n_steps; k++) {
            int item = r->steps[k].item;
            if (r->steps[k].part == REHEARSAL_LOSS && item >= 0 && r->items[item].of_switch >= 0)
                ret_shed[r->items[item].of_switch] = true;
        }
        rehearsal_free(r);
    }
}
