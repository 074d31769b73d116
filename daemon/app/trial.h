// SPDX-License-Identifier: GPL-3.0-or-later
// Can this area be planned? One plan on its standard profiles, solved by a short-lived planner of its own.
//
//     trial_start(loop, planner, area, now, done, user, &trial);   // returns at once
//     ...done(user, schedule, NULL) or done(user, NULL, why)       // once, from the loop
//     trial_free(trial);                                           // also from within `done`
#pragma once

#include "daemon/app/area.h"
#include "daemon/loop/loop.h"
#include "plan/schedule.h"

struct trial;

typedef void trial_done_fn(void *user, const struct schedule *schedule, const char *why); // borrowed for the call

// `area` is borrowed until trial_free. Must be called from the main thread: the area's zone is set while the problem is
// made, and the zone of `present` (NULL: none) after it. Errors: AEMS_E_NOMEM, AEMS_E_IO, and those of
// engine_make_problem.
int trial_start(struct loop *loop, const char *planner, const struct app_area *area, const struct site *present,
                struct instant now, trial_done_fn *done, void *user, struct trial **ret_trial);
void trial_free(struct trial *t);
