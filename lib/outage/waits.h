// SPDX-License-Identifier: GPL-3.0-or-later
// What a state that an operator forces waits for, for people. Decides nothing: island.c does.
#pragma once

#include "outage/island.h"

enum island_wait {
    ISLAND_WAITS_NOT,       // the island is there, or on its way
    ISLAND_WAITS_FORBIDDEN, // it, or a state on the way to it, is
    ISLAND_WAITS_WORD,      // another state is forced as well
    ISLAND_WAITS_HANDS,     // no breaker is ours to open
    ISLAND_WAITS_BREAKER,   // it is not known to be open
    ISLAND_WAITS_SWITCHES,  // not all circuits are open
    ISLAND_WAITS_FORMING,   // nobody can hold the bus
    ISLAND_WAITS_BLACK,     // only a black bus can be restarted
    ISLAND_WAITS_OUTAGE,    // who is on the grid has none to return to
    ISLAND_WAITS_GRID,      // it is away, or disputed
    ISLAND_WAITS_STABLE,    // it was not there for the stable time yet, or an attempt or a trip was a moment ago
    ISLAND_WAIT_COUNT
};

// Of a state that is forced, whether or not `orders` says that it is forbidden as well. `input` without a drill.
enum island_wait island_waits_for(const struct island *i, const struct island_settings *settings,
                                  const struct island_orders *orders, const struct island_input *input,
                                  enum island_state forced, uint64_t now_mono_ms);
const char *island_wait_text(enum island_wait wait); // "the breaker is not known to be open"; "" of ISLAND_WAITS_NOT
