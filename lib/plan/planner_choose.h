// SPDX-License-Identifier: GPL-3.0-or-later
// One plan while it is under way: for planner.c and for what is decided between solves. For the files of this room.
#pragma once

#include "plan/extract.h"
#include "plan/planner_run.h"

enum { RUN_IMPOSSIBLE = 1 }; // this choice has no answer: not an error

struct run {
    struct planner *planner;
    struct planner_bases *bases;
    const struct plan_problem *problem;
    struct directions directions;
    double until_ms;                  // by the planner's clock
    bool needs_slack, may_need_slack; // a choice that has no answer without slack is impossible, unless it may need it
    enum objective_tier first_missed; // by the last plan; OBJECTIVE_MONEY: none was
    int solves, iterations, fallbacks, repairs;
    double hold_room; // share of a tier's optimum by which it may be missed when it is held
    double solve_ms, gap;
    struct model *model;
    struct lp_solution solution; // of the last solve
    char *why;
    size_t size;
};

// Solves with the directions, running and forgoing that `directions` asks for, and again until nothing runs both ways
// and no incentive is misjudged. 0 with model and solution, RUN_IMPOSSIBLE, or an error with a sentence in `why`.
int run_settle(struct run *r);

// Decides what a linear program cannot: which generators and converters run, and which steps forgo an incentive. The
// model and solution of the best choice found remain. 0 or an error as planner_solve.
int run_choose(struct run *r);
