// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/trial.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "daemon/planner/planner_link.h"

enum { START_ALLOWANCE_MS = 5000 }; // for the planner to start, beside the deadline of the solve

struct trial {
    struct planner_link *planner;
    struct loop_timer *timer; // the time limit; then the way out of the planner's own callback
    trial_done_fn *done;
    void *user;
    struct schedule *schedule;
    char why[256];
};

static void on_schedule(void *user, struct schedule *schedule)
{
    struct trial *t = user;
    schedule_free(t->schedule);
    t->schedule = schedule;
    loop_timer_start(t->timer, 0, 0);
}

static void on_failure(void *user, const char *why)
{
    struct trial *t = user;
    snprintf(t->why, sizeof(t->why), "%s", why);
    loop_timer_start(t->timer, 0, 0);
}

static void on_timer(void *user)
{
    struct trial *t = user;
    t->done(t->user, t->schedule, t->schedule != NULL ? NULL : t->why);
}

static int make_problem(const struct app_area *area, const struct site *present, struct instant now,
                        struct plan_problem **ret_problem)
{
    struct engine *engine = NULL;
    int r = local_time_set_zone(area->site->timezone);
    if (r == 0)
        r = engine_new(area->site, area->devices, now, &engine);
    if (r == 0)
        r = engine_make_problem(engine, now, ret_problem);
    engine_free(engine);
    if (present != NULL)
        local_time_set_zone(present->timezone);
    return r;
}

static int start(struct trial *t, struct loop *loop, const char *planner, const struct site *site,
                 struct plan_problem *problem)
{
    struct planner_callbacks callbacks = {on_schedule, on_failure, t};
    int r = loop_timer_new(loop, on_timer, t, &t->timer);
    if (r == 0)
        r = planner_link_start(loop, planner, &callbacks, &t->planner);
    if (r < 0) {
        plan_problem_free(problem);
        return r;
    }
    snprintf(t->why, sizeof(t->why), "the planner did not answer in time");
    loop_timer_start(t->timer, (uint64_t)site->plan.deadline_ms + START_ALLOWANCE_MS, 0);
    return planner_link_solve(t->planner, problem, site->plan.deadline_ms);
}

int trial_start(struct loop *loop, const char *planner, const struct app_area *area, const struct site *present,
                struct instant now, trial_done_fn *done, void *user, struct trial **ret_trial)
{
    struct plan_problem *problem = NULL;
    int r = make_problem(area, present, now, &problem);
    if (r < 0)
        return r;
    struct trial *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        plan_problem_free(problem);
        return AEMS_E_NOMEM;
    }
    t->done = done;
    t->user = user;
    r = start(t, loop, planner, area->site, problem);
    if (r < 0) {
        trial_free(t);
        return r;
    }
    *ret_trial = t;
    return 0;
}

void trial_free(struct trial *t)
{
    if (t == NULL)
        return;
    planner_link_stop(t->planner);
    loop_timer_free(t->timer);
    schedule_free(t->schedule);
    free(t);
}
