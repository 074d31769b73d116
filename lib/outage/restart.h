// SPDX-License-Identifier: GPL-3.0-or-later
// An island comes up from black: everything open, one who forms, then load by load. Pure, so that the same code that
// switches can be asked beforehand what it would do.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outage/shedding.h"

enum restart_phase {
    RESTART_OPENING,    // breaker and switches are opened, and seen to be
    RESTART_ENERGISING, // one who forms is told to run, until the bus has voltage
    RESTART_STEADYING,  // it has had it for the settling time
    RESTART_SERVING,    // circuits are closed one after the other, lifelines first
    RESTART_DONE,
    RESTART_FAILED,
    RESTART_PHASE_COUNT
};

struct restart_settings {
    uint64_t open_ms;     // until switches are seen to be open, else those that are not are left out of the sum
    uint64_t energise_ms; // until there is voltage, else it has failed
    uint64_t settle_ms;   // after voltage, and after each circuit (20 s)
};

struct restart_input {
    bool breaker_open; // known to be: never energised onto a grid that somebody may work on
    bool switches_open;
    bool lives;
    double forming_limit_w; // what the forming asset can give, headroom taken off
    double forming_w;       // gives now
    double step_w;          // largest step that it bears
};

struct restart { // zero: not begun
    enum restart_phase phase;
    uint64_t since_mono_ms; // of the phase, or of the last circuit
    const char *why;        // of RESTART_FAILED; static
};

void restart_begin(struct restart *r, uint64_t now_mono_ms);
// Moves on; returns the item that is to be served now, -1 none. `items`: all of the island.
int restart_advance(struct restart *r, const struct restart_settings *settings, const struct restart_input *input,
                    const struct shed_item *items, size_t n, uint64_t now_mono_ms);
const char *restart_phase_name(enum restart_phase phase);
