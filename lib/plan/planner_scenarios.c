// SPDX-License-Identifier: GPL-3.0-or-later
// The expected course alone first, so that there is an answer; then with as many scenarios as the time that is left
// will do, judged by how long such plans took before. The last complete answer is given.
#include "plan/planner_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static const double CAUTION = 1.5; // a solve may take so many times as long as one like it did
static const double GROWTH = 1.7;  // power of the number of courses, and of the size, with which time grows at worst
static const double FORGETS = 0.9; // what was too slow is tried again some plans later
static const double LEISURE_MS = 1e9;
static const double IN_TIME = 0.9; // share of the remaining time that further courses may take

int planner_new(struct planner **ret_planner)
{
    struct planner *p = calloc(1, sizeof(*p));
    if (!p)
        return AEMS_E_NOMEM;
    p->first_missed = OBJECTIVE_MONEY;
    struct solver **solvers[] = {&p->alone.plain, &p->alone.slack, &p->many.plain, &p->many.slack};
    int rc = 0;
    for (size_t i = 0; i < sizeof(solvers) / sizeof(*solvers) && rc == 0; i++)
        rc = solver_new(solvers[i]);
    if (rc < 0) {
        planner_free(p);
        return rc;
    }
    *ret_planner = p;
    return 0;
}

void planner_free(struct planner *p)
{
    if (!p)
        return;
    solver_free(p->alone.plain);
    solver_free(p->alone.slack);
    solver_free(p->many.plain);
    solver_free(p->many.slack);
    lp_free(p->last);
    free(p->runs);
    free(p->last_runs);
    free(p->last_start_utc_ms);
    free(p);
}

void planner_set_clock(struct planner *p, planner_clock_fn *clock, void *context)
{
    p->clock = clock;
    p->clock_context = context;
}

void planner_watch(struct planner *p, planner_watch_fn *watch, void *user)
{
    p->watch = watch;
    p->watch_user = user;
}

double planner_now_ms(const struct planner *p)
{
    return p->clock ? p->clock(p->clock_context) : p->solved_ms;
}

// ---- how many -------------------------------------------------------------------------------------------------------

static double size_of(const struct plan_problem *p)
{
    size_t assets = p->n_grids + p->n_pvs + p->n_batteries + p->n_flexibles + p->n_loads + p->n_generators +
                    p->n_converters + p->n_ties;
    return (double)(assets * p->n_steps);
}

// What was measured with a problem of another size is adjusted to this one's.
static void scale_pace(struct planner_pace *pace, double size)
{
    double factor = pace->size > 0 ? pow(size / pace->size, GROWTH) : 1;
    for (size_t n = 0; n <= PLAN_MAX_SCENARIOS; n++)
        pace->ms[n] *= factor;
    pace->size = size;
}

static void note_pace(struct planner_pace *pace, size_t courses, double ms)
{
    double *known = &pace->ms[courses];
    *known = ms > *known ? ms : (*known + ms) / 2;
}

// From the nearest number that is known, the larger one first: fewer courses take no longer.
static double expected_ms(const struct planner_pace *pace, size_t courses)
{
    for (size_t n = courses; n > 0; n--)
        if (pace->ms[n] > 0)
            return CAUTION * pace->ms[n] * pow((double)courses / (double)n, GROWTH);
    return INFINITY;
}

static size_t most_courses(const struct planner_pace *pace, size_t wanted, double remaining_ms)
{
    size_t n = wanted;
    while (n > 1 && expected_ms(pace, n) > remaining_ms)
        n--;
    return n;
}

// ---- with so many ---------------------------------------------------------------------------------------------------

// The expected course and the first scenarios, in the same proportions.
static void with_courses(const struct plan_problem *p, size_t courses, struct plan_scenario *scenarios,
                         struct plan_problem *ret)
{
    double sum = plan_problem_expected_weight(p);
    *ret = *p;
    ret->scenarios = scenarios;
    ret->n_scenarios = courses - 1;
    for (size_t i = 0; i < courses - 1; i++)
        sum += p->scenarios[i].weight;
    for (size_t i = 0; i < courses - 1; i++) {
        scenarios[i] = p->scenarios[i];
        scenarios[i].weight /= sum;
    }
}

static int solve_with(struct planner *p, const struct plan_problem *problem, size_t courses, double until_ms,
                      struct schedule **ret_schedule, char *ret_why, size_t size)
{
    struct plan_scenario scenarios[PLAN_MAX_SCENARIOS];
    struct plan_problem part;
    with_courses(problem, courses, scenarios, &part);
    double begin_ms = planner_now_ms(p);
    struct planner_bases *bases = courses > 1 ? &p->many : &p->alone;
    int rc = planner_run(p, bases, &part, until_ms, ret_schedule, ret_why, size);
    double took_ms = planner_now_ms(p) - begin_ms;
    note_pace(&p->pace, courses, rc < 0 ? 2 * took_ms : took_ms);
    return rc;
}

// What the former answer took belongs to the new one.
static void replace(struct schedule **best, struct schedule *next)
{
    next->solves += (*best)->solves;
    next->iterations += (*best)->iterations;
    next->fallbacks += (*best)->fallbacks;
    next->repairs += (*best)->repairs;
    next->solve_ms += (*best)->solve_ms;
    schedule_free(*best);
    *best = next;
}

static void add_courses(struct planner *p, const struct plan_problem *problem, double until_ms, struct schedule **best)
{
    size_t wanted = problem->n_scenarios + 1, done = 1;
    while (done < wanted) {
        double remaining_ms = IN_TIME * (until_ms - planner_now_ms(p));
        size_t courses = most_courses(&p->pace, wanted, remaining_ms);
        struct schedule *next;
        char why[128];
        if (courses <= done)
            break;
        if (solve_with(p, problem, courses, planner_now_ms(p) + remaining_ms, &next, why, sizeof(why)) < 0)
            break;
        replace(best, next);
        done = courses;
    }
    for (size_t n = done + 1; n <= wanted; n++)
        p->pace.ms[n] *= FORGETS;
}

// What runs or stands still is found for the expected course alone, and tried first for all.
static bool starts_alone(const struct plan_problem *p)
{
    return p->n_scenarios == 0 || p->n_generators + p->n_converters + p->n_flexibles > 0;
}

// All courses together; the expected one alone before, where that helps, or after, where nothing else does.
static int solve_at_leisure(struct planner *p, const struct plan_problem *problem, struct schedule **ret_schedule,
                            char *ret_why, size_t size)
{
    struct plan_problem alone;
    double until_ms = planner_now_ms(p) + LEISURE_MS;
    bool has_answer = starts_alone(problem);
    with_courses(problem, 1, NULL, &alone);
    int rc = has_answer ? planner_run(p, &p->alone, &alone, until_ms, ret_schedule, ret_why, size) : 0;
    if (problem->n_scenarios == 0 || rc < 0)
        return rc;
    struct schedule *all = NULL;
    rc = planner_run(p, &p->many, problem, until_ms, &all, ret_why, size);
    if (rc < 0)
        return has_answer ? 0 : planner_run(p, &p->alone, &alone, until_ms, ret_schedule, ret_why, size);
    if (has_answer)
        replace(ret_schedule, all);
    else
        *ret_schedule = all;
    return 0;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

int planner_solve(struct planner *p, const struct plan_problem *problem, int deadline_ms,
                  struct schedule **ret_schedule, char *ret_why, size_t size)
{
    if (size > 0)
        ret_why[0] = '\0';
    int rc = plan_problem_check(problem, ret_why, size);
    if (rc < 0)
        return rc;
    if (deadline_ms == PLANNER_NO_DEADLINE)
        return solve_at_leisure(p, problem, ret_schedule, ret_why, size);
    double until_ms = planner_now_ms(p) + deadline_ms;
    scale_pace(&p->pace, size_of(problem));
    rc = solve_with(p, problem, 1, until_ms, ret_schedule, ret_why, size);
    if (rc == 0)
        add_courses(p, problem, until_ms, ret_schedule);
    return rc;
}

int planner_write_lp(const struct planner *p, const char *path)
{
    return p->last ? lp_write_lp(p->last, path) : AEMS_E_STATE;
}

int planner_write_mps(const struct planner *p, const char *path)
{
    return p->last ? lp_write_mps(p->last, path) : AEMS_E_STATE;
}
