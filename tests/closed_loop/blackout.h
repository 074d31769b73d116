// SPDX-License-Identifier: GPL-3.0-or-later
// A blackout of the whole area, from the instant it comes until the grid is back, against the physics of the simulated
// area: with aems, and with a controller that does not plan, in the same draw of sun and load.
#pragma once

#include "closed_loop.h"
#include "draw.h"
#include "fixed_order.h"
#include "served.h"

// The draw begins so many days before the blackout's day: what there is to learn from. That day belongs to them.
enum { BLACKOUT_HISTORY_DAYS = 7 };

struct blackout {
    const char *config_path;
    int64_t at_utc_ms;     // at a full hour
    int hours;             // a multiple of 24 is when the grid comes back
    int after_s;           // how long it is watched after that; 0: the outage goes on
    uint64_t seed, future; // of the draw
    int step_ms;           // of model and engine while nothing changes; finer around the blackout and the grid's return
    void (*look)(void *context, struct closed_loop *loop); // at the end of the hours, before the grid is back; or NULL
    void *context;                                         // borrowed
    FILE *talk;                                            // NULL: nobody listens
};

struct blackout_outcome {
    struct served served;
    struct served_verdict verdict;
    double fuel_left_wh, stored_left_wh; // stored: above the batteries' lowest state
    unsigned switchings, circuits;       // of circuits, in all; how many there are
    unsigned blackouts;                  // an island lived and went black
    double backfeed_s, black_s;
    double out_of_order_s; // a circuit stays off while one of a less important tier on its bus is served
    double first_shed_ms;  // from the blackout until nothing more was shed for the first time
    double sun_lost_wh;
    double plan_ms, plan_longest_ms, engine_us; // processor time of a plan, mean and longest; of a tick
    unsigned plans, failed_plans;
    double after_peak_frac, after_average_frac; // after the return: highest second, and highest demand window, of what
                                                // a connection may draw
    double connected_s;                         // until all islands were connected again; < 0: not at all
    double lowest_frac;                         // state of charge of any battery below its own lowest, 0: it never was
};

// AEMS_E_*.
int blackout_run(const struct blackout *b, struct blackout_outcome *ret_outcome);
// One who knows the course beforehand: what the LP plans, as if it were done.
int blackout_perfect(const struct blackout *b, struct blackout_outcome *ret_outcome);
int blackout_fixed_order(const struct blackout *b, const struct fixed_order_steps *steps,
                         struct blackout_outcome *ret_outcome);
