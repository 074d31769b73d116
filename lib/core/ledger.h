// SPDX-License-Identifier: GPL-3.0-or-later
// The sharing ledger's state: for the files of this room.
#pragma once

#include <jansson.h>

#include "core/engine.h"

struct ledger_sum { // one direction
    double given_wh, got_wh;
    double giver_value, getter_value; // energies times the marginal prices of their buses
};

struct ledger_state {     // of one tie
    int64_t start_utc_ms; // of the interval under way, NEVER_MS before the first
    struct ledger_sum forward, backward;
    double measured_s;
    struct ledger_entry closed; // the last that ended, until it is taken away
};

void ledger_start(struct engine *e);

// `in_wh` arrived at the tie's `to`, `out_wh` left it, within the `seconds` that ended now. Once a tick and tie, with 0
// where nothing was measured.
void ledger_count(struct engine *e, int tie, double in_wh, double out_wh, double seconds, struct instant now);

// The interval under way, to be kept; owned by the caller, NULL when there is none. Back: false, without effect, for
// what this program cannot have written.
json_t *ledger_pack(const struct engine *e, int tie);
bool ledger_restore(struct engine *e, int tie, json_t *json);
