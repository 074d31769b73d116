// SPDX-License-Identifier: GPL-3.0-or-later
// The real engine and the real planner against the physics of the simulated area, in one process and in injected time,
// a second at a time: what a month of weather, jumping loads, vehicles and demand response makes of the limits.
//
//     closed_loop_open("block.yaml", &options, &loop);
//     closed_loop_run(loop, 86400);
//     closed_loop_figures(loop, &figures);
//
// Meters are a little wrong, devices are polled each second but not all at once, setpoints arrive a second after they
// were written and plans two seconds after they were asked for.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dr/settlement.h"
#include "replay/record.h"
#include "simulate/model.h"
#include "units.h"

struct closed_loop;

struct closed_loop_options {
    uint64_t seed;
    int64_t start_utc_ms;
    double load_steps, clouds;         // shares, see plant_noise
    double meter_noise_frac;           // deviation of a reading, of its rating
    double meter_step_w;               // readings are whole multiples of this; 0: as they are
    int dr_every_days;                 // a demand response from five to seven in the evening; 0: never
    double dr_limit_w;                 // of import at the first grid connection
    void (*configure)(struct site *s); // changes what was loaded; NULL: nothing is
    // With islands, breakers and switches as plant_model_set_islands makes them up; all devices are polled just before
    // a tick then, steps may differ in length, and what only a second's steps can tell is not judged.
    bool islands;
    int poll_ms;  // no device is polled more often: as long as the longest step; 0: as configured
    bool patient; // plans take the time they need, so that nothing depends on how fast the machine is
    // Before each step of the model, to fix what people and the sky do; NULL: the model's own.
    void (*nature)(void *context, struct closed_loop *loop);
    void (*journal)(void *context, const struct journal_entry *entry); // NULL: nobody reads it
    void *context;                                                     // borrowed
    FILE *talk; // says what goes wrong and when; NULL: nobody listens
};

struct closed_loop_figures {
    unsigned windows;                       // of all grid connections
    unsigned over_contract, over_limit;     // by more than the control's own margin
    unsigned over_peak;                     // above both the month's peak so far and the one that the plan took on
    double worst_contract_w, worst_limit_w; // furthest average above
    double worst_peak_w;
    double outside_import_s, outside_longest_s; // beyond the grids' limits in single seconds
    double over_limit_s, over_limit_longest_s;  // beyond the limit of demand response in single seconds
    double soc_lowest_frac, soc_highest_frac;   // of the battery that went furthest
    double soc_outside_s;
    double throughput_wh, planned_wh; // of all batteries, both directions
    unsigned turns, turns_per_min;    // changes of direction in all; most in a minute, without cause
    unsigned restless_minutes;        // with more than one, without cause
    double group_over_s, group_worst_w;
    unsigned stays, short_stays;
    double missing_wh;
    double unserved_wh, spilled_wh; // of heat and cold
    unsigned plans, failed_plans;
    unsigned solves, most_solves;     // of LPs, in all plans and in one
    double solve_s, solve_longest_ms; // processor time
    unsigned steps;
    double engine_s, plant_s;
};

// AEMS_E_* of the configuration (told on stderr), AEMS_E_NOMEM.
int closed_loop_open(const char *config_path, const struct closed_loop_options *options, struct closed_loop **ret_loop);
void closed_loop_close(struct closed_loop *c);

void closed_loop_run(struct closed_loop *c, int64_t seconds);
void closed_loop_step(struct closed_loop *c, int step_ms); // at once
void closed_loop_figures(const struct closed_loop *c, struct closed_loop_figures *ret_figures);

// Now, as if it had come from outside. AEMS_E_*.
int closed_loop_tell(struct closed_loop *c, struct event event);

// The truth of now: borrowed from the loop.
struct plant_model *closed_loop_model(const struct closed_loop *c);
struct engine *closed_loop_engine(const struct closed_loop *c);
const struct settlement *closed_loop_report(const struct closed_loop *c); // the last; NULL: none yet
struct instant closed_loop_now(const struct closed_loop *c);

// From here on `record` (borrowed; NULL: no more) is told everything; `configuration` is the one that the loop was
// opened with. AEMS_E_*.
int closed_loop_record(struct closed_loop *c, struct record_writer *record, const char *configuration,
                       enum record_cause cause);

// Borrowed from the loop.
const struct unit_figures *closed_loop_unit(const struct closed_loop *c, int asset);
const struct site *closed_loop_site(const struct closed_loop *c);
