// SPDX-License-Identifier: GPL-3.0-or-later
// Problem -> schedule: builds the LP (plan/model.c: variables, balances, storage, limits, objective - one function
// each), solves it tier by tier and reads reasons from the duals.
//
// A first solve assumes that no tier needs slack, which is nearly always so. Only if that is infeasible are the tiers
// solved one after the other, each held while the next is solved.
//
// A problem with scenarios is solved for its expected course alone, and then with as many of them as the time that is
// left allows by the experience of former solves. An answer in hand is never lost for a better one.
#pragma once

#include <limits.h>

#include "plan/schedule.h"
#include "solver/solver.h"

struct planner; // keeps the solver and its basis between solves

int planner_new(struct planner **ret_planner);
void planner_free(struct planner *p);

// A clock in ms that only goes forward, for deadlines. Without it only what the solver takes counts, which is less than
// the whole.
typedef double planner_clock_fn(void *context);
void planner_set_clock(struct planner *p, planner_clock_fn *clock, void *context);

// Instead of a deadline: all courses are weighed whatever it takes, and nothing depends on how fast the machine is.
#define PLANNER_NO_DEADLINE INT_MAX

// 0 and an owned schedule, or AEMS_E_RANGE (the problem is refused), AEMS_E_TIMEOUT, AEMS_E_STATE (the solver found no
// usable answer), AEMS_E_NOMEM; a sentence in `ret_why` then.
int planner_solve(struct planner *p, const struct plan_problem *problem, int deadline_ms,
                  struct schedule **ret_schedule, char *ret_why, size_t size);

// Calls `watch` after every LP that was solved, with its model and the solver's answer, both borrowed for the call:
// for comparing each tier with another solver. NULL: no more.
typedef void planner_watch_fn(void *user, const struct lp *lp, const struct lp_solution *solution);
void planner_watch(struct planner *p, planner_watch_fn *watch, void *user);

// Writes the model of the last tier solved. AEMS_E_STATE before the first solve, AEMS_E_IO.
int planner_write_lp(const struct planner *p, const char *path);
int planner_write_mps(const struct planner *p, const char *path);
