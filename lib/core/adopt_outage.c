// SPDX-License-Identifier: GPL-3.0-or-later
// A new configuration in the middle of an outage: islands, switches and loads of the same name go on where they were.
#include <string.h>

#include "core/internal.h"

static int asset_now(const struct engine *e, const struct engine *former, int asset)
{
    return asset >= 0 ? site_find_asset(e->site, site_asset_at(former, asset)->id) : -1;
}

static bool may_form(const struct site_island *site, int asset)
{
    for (size_t i = 0; i < site->n_forming; i++)
        if (site->forming[i] == asset)
            return true;
    return false;
}

// Its chain of witnesses is the new configuration's, and so are the places of those that may form it.
static void adopt_island(struct engine *e, int island, const struct engine *former, const struct island_book *old)
{
    struct island_book *b = &e->outage.islands[island];
    int first_witness = b->first_witness, forming = asset_now(e, former, old->forming);
    *b = *old;
    b->first_witness = first_witness;
    b->forming = may_form(&e->site->islands[island], forming) ? forming : -1;
    memset(b->trips, 0, sizeof b->trips);
    memset(b->tripped_mono_ms, 0, sizeof b->tripped_mono_ms);
}

static int island_now(const struct engine *e, const struct engine *former, int island)
{
    for (size_t i = 0; i < outage_islands(e) && island >= 0; i++)
        if (strcmp(e->site->islands[i].id, former->site->islands[island].id) == 0)
            return (int)i;
    return -1;
}

static void adopt_islands(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < outage_islands(former); i++) {
        int now = island_now(e, former, (int)i);
        if (now >= 0)
            adopt_island(e, now, former, &former->outage.islands[i]);
    }
}

static void adopt_switch(struct switch_state *s, const struct switch_state *old)
{
    int device = s->device, next_of_load = s->next_of_load;
    *s = *old;
    s->device = device;
    s->next_of_load = next_of_load;
}

// With what it may draw: a reading of who forms has the area regulated before the first tick reckons that anew.
static void adopt_limit(struct engine *e, size_t load, const struct engine *former, size_t old)
{
    e->outage.limited[load] = former->outage.limited[old];
    e->outage.served_w[load] = former->outage.served_w[old];
    e->outage.spare_w[load] = former->outage.spare_w[old];
}

static void adopt_switches(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < outage_switches(e); i++)
        for (size_t k = 0; k < outage_switches(former); k++)
            if (strcmp(e->site->switches[i].id, former->site->switches[k].id) == 0)
                adopt_switch(&e->outage.switches[i], &former->outage.switches[k]);
    for (size_t i = 0; i < e->site->n_loads; i++)
        for (size_t k = 0; k < former->site->n_loads; k++)
            if (strcmp(e->site->loads[i].id, former->site->loads[k].id) == 0)
                adopt_limit(e, i, former, k);
    for (size_t k = 0; k < former->site->n_assets; k++) {
        int asset = former->outage.paused[k] ? asset_now(e, former, (int)k) : -1;
        if (asset >= 0)
            e->outage.paused[asset] = true;
    }
}

static void adopt_words(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < former->outage.n_words; i++) {
        struct outage_word w = former->outage.words[i];
        bool all = w.island < 0;
        w.island = island_now(e, former, w.island);
        if (all || w.island >= 0)
            e->outage.words[e->outage.n_words++] = w;
    }
}

// What waits is still to be said; an entry of an island that is gone is said of the first.
static void adopt_journal(struct engine *e, const struct engine *former)
{
    struct outage_book *b = &e->outage;
    b->journal_number = former->outage.journal_number;
    b->saved_number = former->outage.saved_number;
    b->journal_mono_ms = former->outage.journal_mono_ms;
    b->left_out = former->outage.left_out;
    b->first_waiting = 0;
    b->n_waiting = former->outage.n_waiting;
    for (size_t i = 0; i < b->n_waiting; i++) {
        b->waiting[i] = *journal_waiting(former, i);
        int island = island_now(e, former, b->waiting[i].island);
        b->waiting[i].island = b->waiting[i].island < 0 ? -1 : island >= 0 ? island : 0;
    }
    if (b->n_waiting > 0)
        queue_add(&e->queue, TASK_JOURNAL, 0);
}

void outage_adopt(struct engine *e, const struct engine *former)
{
    if (!outage_is_watched(e) || !outage_is_watched(former))
        return;
    adopt_islands(e, former);
    adopt_switches(e, former);
    adopt_words(e, former);
    adopt_journal(e, former);
    bool alone = false;
    for (size_t i = 0; i < outage_islands(e); i++)
        alone |= island_is_alone(&e->outage.islands[i].island);
    e->outage.since_utc_ms = alone ? former->outage.since_utc_ms : NEVER_MS;
    e->outage.told_utc_ms = former->outage.told_utc_ms;
    memcpy(e->outage.autonomy_h, former->outage.autonomy_h, sizeof e->outage.autonomy_h);
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}
