// SPDX-License-Identifier: GPL-3.0-or-later
// What would happen if the grid failed now, step by step: which circuits go at once, how an island that went black
// comes up again, and how it goes back to the grid. Pure, and decided by the same functions that switch when it comes
// to it.
#pragma once

#include "outage/restart.h"
#include "outage/shedding.h"

enum rehearsal_part { REHEARSAL_LOSS, REHEARSAL_BLACK, REHEARSAL_RETURN, REHEARSAL_PART_COUNT };
const char *rehearsal_part_name(enum rehearsal_part part); // "loss", "black", "return"

struct rehearsal_input {
    const struct shed_item *items; // as they stand now
    const bool *pauses;            // n entries: it stands still from the first moment, whatever is missing
    size_t n;
    double fixed_w;     // drawn by what no item stands for, >= 0
    double import_w;    // that flows through the connection now
    double deficit_w;   // what nobody can take over when it is gone, >= 0; pauses not reckoned with
    double black_w;     // most that the asset may give that brings it up from black, headroom taken off; 0: nobody can
    double room_w;      // most that may be drawn from the grid after the return, when something comes back
    uint64_t lives_ms;  // from being told to run until there is voltage
    uint64_t stable_ms; // that the grid must be there before it is taken
    struct restart_settings restart;
};

struct rehearsal_step {
    enum rehearsal_part part;
    uint64_t at_ms;   // since the part began
    int item;         // -1: none
    bool served;      // it comes back, else it goes
    double power_w;   // of it
    double drawn_w;   // in all, afterwards
    const char *what; // where there is no item; static
};

struct rehearsal_end { // of each part
    bool served_all;   // everything that was served before
    double drawn_w;
    double deficit_w; // of the loss: what is missing although all has gone that can
    uint64_t took_ms;
    const char *why; // of BLACK that failed; NULL: it did not; static
};

// Writes at most `most` steps, in their order, and returns their number. `ret_shed` (n entries): what goes at the loss;
// `scratch` has room for `n` items.
size_t rehearse(const struct rehearsal_input *input, bool *ret_shed, struct shed_item *scratch,
                struct rehearsal_step *ret_steps, size_t most,
                struct rehearsal_end ret_ends[static REHEARSAL_PART_COUNT]);
