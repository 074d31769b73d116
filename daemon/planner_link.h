// SPDX-License-Identifier: GPL-3.0-or-later
// The planner process: started, asked, and killed when it is late.
//
// GLPK may abort and its time limit is not reliable, so it lives in a child (aems-planner) that stays between solves to
// keep its basis warm. One problem at a time; a frame is a 4-byte big-endian length and JSON.
#pragma once

#include "daemon/loop.h"
#include "plan/schedule.h"

struct planner_link;

struct planner_callbacks {
    // The answer has already passed schedule_check. Taken over by the callee.
    void (*on_schedule)(void *user, struct schedule *schedule);
    void (*on_failure)(void *user, const char *why);
    void *user;
};

// `program` is the path of aems-planner. Restarts the child with back-off when it dies.
int planner_link_start(struct loop *loop, const char *program, const struct planner_callbacks *callbacks,
                       struct planner_link **ret_link);

// Takes `problem`. While a solve is under way the new problem waits, replacing one that waits already.
int planner_link_solve(struct planner_link *p, struct plan_problem *problem, int deadline_ms);
pid_t planner_link_pid(const struct planner_link *p);
void planner_link_stop(struct planner_link *p);
