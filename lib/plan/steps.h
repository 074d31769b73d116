// SPDX-License-Identifier: GPL-3.0-or-later
// Steps of a plan and the demand windows they fall into.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan/problem.h"

// Steps from `now_utc_ms` until the horizon is covered (from 12 h on: up to the local clock's next six-hour mark),
// each ending on a local clock mark, so that the steps of two plans in a row share their ends and a plan does not jump
// because its grid of time did. They last 5 min up to an hour from now, 15 min up to six hours, an hour up to 60, then
// two, but no less than `shortest_s` (a divisor of the hour; 0: 5 min), and that much at first. Steps end at
// `cuts_utc_ms` as well (starts and ends of events, in any order, the most important first; those outside the horizon
// do nothing), but none of them is shorter than a minute: of two cuts that are closer the second is left out, and so is
// one within the first minute. When the cuts make too many steps the last half of them is left out, and so on. Returns
// the number of steps, 0 when there are none or more than PLAN_MAX_STEPS; writes them where the arrays are given.
size_t plan_steps(int64_t now_utc_ms, int64_t horizon_s, int shortest_s, const int64_t *cuts_utc_ms, size_t n_cuts,
                  int64_t *ret_start_utc_ms, double *ret_hours);

int64_t plan_step_end_ms(const struct plan_problem *p, size_t k);

// Demand windows of a grid connection that the plan touches, in order of time. Windows lie on multiples of their length
// in UTC, which is the local hour's quarter or half in every zone whose offset is a multiple of the window.
struct demand_window {
    int64_t start_utc_ms;
    size_t first, last; // steps that lie in it at least in part
    double elapsed_wh;  // imported before the plan starts; only in the first window
};

// True and the window that contains `*io_utc_ms`, which moves on to the next window; false at the end of the horizon.
// Start with plan_start. Windows that lie wholly within one step come as one: they have the same average.
bool demand_window_next(const struct plan_problem *p, const struct plan_grid *g, int64_t *io_utc_ms,
                        struct demand_window *ret_window);

// Is the connection away throughout the window? What was drawn of it before cannot be helped then.
bool demand_window_is_away(const struct plan_grid *g, const struct demand_window *w);

// Hours of step `k` that lie in the window.
double demand_window_overlap_h(const struct plan_problem *p, const struct plan_grid *g, const struct demand_window *w,
                               size_t k);
