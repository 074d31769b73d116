// SPDX-License-Identifier: GPL-3.0-or-later
// The planner process: started, asked, and killed when it is late.
//
// GLPK may abort and its time limit is not reliable, so it lives in a child (aems-planner) that stays between solves to
// keep its basis warm. One problem at a time; a frame (daemon/planner/frame.h) carries JSON:
//
//     {"deadline_ms": 5000, "problem": {...}}  ->  {"schedule": {...}}  or  {"error": "..."}
#pragma once

#include "daemon/loop/loop.h"
#include "plan/schedule.h"

struct planner_link;

struct planner_callbacks {
    // The answer has already passed schedule_check. Taken over by the callee.
    void (*on_schedule)(void *user, struct schedule *schedule);
    void (*on_failure)(void *user, const char *why);
    void *user;
};

// `program` is the path of aems-planner. Restarts the child with back-off (0.2 s to 30 s) when it dies, is late, or
// answers what cannot be used. AEMS_E_NOT_FOUND: there is no such program; AEMS_E_IO, AEMS_E_NOMEM.
int planner_link_start(struct loop *loop, const char *program, const struct planner_callbacks *callbacks,
                       struct planner_link **ret_link);

// Takes `problem`, also on errors (AEMS_E_NOMEM, AEMS_E_LIMIT). While a solve is under way, or the child is being
// restarted, the new problem waits, replacing one that waits already. Each problem that was not replaced leads to one
// callback; `deadline_ms` counts from when the child is asked. Problems and answers are written and read on a thread.
// May be called from a callback.
int planner_link_solve(struct planner_link *p, struct plan_problem *problem, int deadline_ms);
pid_t planner_link_pid(const struct planner_link *p); // -1 while it is being restarted
void planner_link_stop(struct planner_link *p);       // not from a callback
