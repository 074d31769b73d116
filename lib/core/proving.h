// SPDX-License-Identifier: GPL-3.0-or-later
// Meters of the parties and events that wait for their settlement: for the proving*.c files.
#pragma once

#include "core/dr.h"
#include "core/image.h"
#include "dr/settlement.h"

// Parties: the area, the buildings in their order, then, where an area has several electric connections, these.
struct party {
    struct meter meter;
    double tick_wh;      // drawn in the last tick; NAN: not known
    double last_wh;      // energy of its assets at the last tick
    bool continued;      // all of them were known then
    int64_t slot_utc_ms; // that was under way then; 0: none yet
};

struct ended_event {        // one that waits for its last quarter hour to be complete
    struct dr_event *event; // owned; NULL: this place is free
    int64_t until_utc_ms;   // of what has passed of it
    bool cancelled;
};

// A long event of many buildings is settled over several ticks: the loop must turn.
struct settling {
    int number;                // of the event in `ended`; -1: none is under way
    size_t looked_at;          // parties that were settled, or have no part in it
    struct settlement *so_far; // owned; NULL: nothing, or to be made anew
};

struct proving {
    struct party *parties;
    size_t n_parties;
    struct ended_event ended[DR_MAX_EVENTS];
    struct settling settling;
};

size_t proving_n_parties(const struct site *s);
int party_of_building(int building);
int party_of_event(const struct engine *e, const struct dr_event *event); // whose import it is about
const char *party_id(const struct site *s, int party);

// proving_settle.c: as many parties of an event as fit into a tick, and at least one. Returns 1 when it is done, with
// the settlement in `ret_settlement`, owned by the caller; 0: go on in the next tick; AEMS_E_NOMEM: try it again;
// AEMS_E_NOT_FOUND: there is nothing to settle.
int settle_on(struct engine *e, int number, struct settlement **ret_settlement);
void settling_drop(struct proving *p);

// proving_saving.c
struct saved;
int proving_saved(const struct engine *e, enum saved_kind kind, int index, struct saved *ret_saved);
int proving_restore(struct engine *e, const struct saved *item, struct instant now);
void proving_adopt(struct engine *e, const struct engine *former);
void image_proving(struct image *m, struct engine *e);
