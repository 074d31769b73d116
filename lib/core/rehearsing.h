// SPDX-License-Identifier: GPL-3.0-or-later
// What would be if the grid failed now, from what the engine knows now. Nothing is switched, and nothing changes.
#pragma once

#include "core/engine.h"
#include "outage/rehearsal.h"

struct rehearsed_item {
    int of_switch; // -1: it is told to draw less, by a device of its own
    int asset;     // load, charger or flexible load
    enum load_tier tier;
};

struct rehearsal {    // of one island
    int forming;      // asset that would hold it; -1: nobody could, and it would go black
    double forming_w; // most that it may give, headroom taken off
    double deficit_w; // what it and the others there cannot take over at once
    int restarting;   // asset that would bring it up from black; -1: nobody could
    double restarting_w, fixed_w;
    struct rehearsed_item *items;
    size_t n_items;
    struct rehearsal_step *steps;
    size_t n_steps;
    struct rehearsal_end ends[REHEARSAL_PART_COUNT];
};

// Owned by the caller (rehearsal_free). AEMS_E_NOT_FOUND: no such island; AEMS_E_NOMEM.
int engine_rehearse(const struct engine *e, int island, struct instant now, struct rehearsal **ret_rehearsal);
void rehearsal_free(struct rehearsal *r); // NULL is fine

// Of all islands: which switches would be opened at once. `ret_shed` has an entry for each of the site.
void engine_rehearse_switches(const struct engine *e, struct instant now, bool *ret_shed);
