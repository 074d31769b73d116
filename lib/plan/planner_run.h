// SPDX-License-Identifier: GPL-3.0-or-later
// One problem with a fixed number of scenarios -> schedule (planner.c); how many scenarios and in which order
// (planner_scenarios.c). For the files of this room.
#pragma once

#include "plan/planner.h"

struct planner_bases {
    struct solver *plain, *slack; // one basis for each form of the model
};

// How long a plan with so many courses took lately, by their number; 0: not known.
struct planner_pace {
    double ms[PLAN_MAX_SCENARIOS + 1];
    double size; // steps x assets of the problem that was measured
};

struct planner {
    struct planner_bases alone, many; // the expected course alone, and with scenarios
    struct planner_pace pace;
    struct lp *last;
    enum objective_tier first_missed; // by the last plan; OBJECTIVE_MONEY: none was
    signed char *runs; // the pattern of running that the expected course alone got; n_runs is 0 when there is none
    size_t n_runs;
    bool turns_released;        // it leaves the lowest powers of flexibles to regulation
    signed char *last_runs;     // the pattern of the last plan ...
    int64_t *last_start_utc_ms; // ... and its steps; both NULL before the first
    size_t n_last_units, n_last_flexibles, n_last_steps;
    planner_watch_fn *watch; // NULL: nobody looks on
    void *watch_user;
    planner_clock_fn *clock;
    void *clock_context;
    double solved_ms; // the time when there is no clock: what the solver took, ever
};

double planner_now_ms(const struct planner *p);

// As planner_solve, of a problem that has been checked, with all of its scenarios, until the planner's clock says
// `until_ms`.
int planner_run(struct planner *p, struct planner_bases *bases, const struct plan_problem *problem, double until_ms,
                struct schedule **ret_schedule, char *ret_why, size_t size);
