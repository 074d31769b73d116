// SPDX-License-Identifier: GPL-3.0-or-later
// Steps and figures of a replay that never was, made up by plain formulas, for everything that writes them down.
//
//     made_up_start(&m, REPLAY_DAEMON, from, HOURS(1));
//     while (made_up_step(&m, to))
//         look at m.step
//
// A block with PV, a battery, chargers, a generator, two buildings and a boiler house. Nothing is measured of the
// offices from 13:00 to 16:00 of the third day; power is short for an hour of the fifth.
#pragma once

#include <stdbool.h>

#include "replay/replay.h"

#define MADE_UP_FROM INT64_C(1774393200000) // 2026-03-25 00:00 in Berlin; the 29th has 23 hours
#define HOUR_MS      INT64_C(3600000)

enum { M_GRID, M_PV, M_BATTERY, M_STORE, M_CARS, M_OFFICES, M_SHOPS, M_WARMTH, M_GENSET, M_BOILER, M_ASSETS };

struct made_up {
    struct site *site;
    enum replay_controller controller;
    int64_t step_ms, next_utc_ms, start_utc_ms;
    double stored_wh;
    struct replay_asset_step assets[M_ASSETS];
    struct replay_grid_step grids[1];
    struct replay_step step;
    struct replay_figures figures; // of the steps so far
};

// The area; sets the process's zone. `name` is what people call it.
struct site *made_up_site(const char *name);

void made_up_start(struct made_up *m, struct site *site, enum replay_controller controller, int64_t from_utc_ms,
                   int64_t step_ms);
bool made_up_step(struct made_up *m, int64_t to_utc_ms); // false at the end
