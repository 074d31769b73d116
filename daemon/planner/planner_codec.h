// SPDX-License-Identifier: GPL-3.0-or-later
// What goes to the planner process and what comes back: text, without the process.
#pragma once

#include <stddef.h>

#include "plan/schedule.h"

// A whole frame, its length first. Owned by the caller. AEMS_E_NOMEM, AEMS_E_LIMIT.
int planner_encode(const struct plan_problem *problem, int deadline_ms, char **ret_frame, size_t *ret_length);

// The schedule, when it is one and fits the problem. AEMS_E_STATE: the planner itself says that it found none;
// AEMS_E_FORMAT, AEMS_E_RANGE, AEMS_E_REFUSED: its answer cannot be used; AEMS_E_NOMEM. A sentence in `ret_why` then.
int planner_judge(const char *answer, size_t length, const struct plan_problem *problem, char *ret_why, size_t size,
                  struct schedule **ret_schedule);
