// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a model when a way to solve it does not come to an end. GLPK's simplex goes round in circles here on
// demand: a call of it ends as one does that is stopped by the first of its limits.
#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "solver/clock.h"
#include "solver/simplex.h"
#include "tests/unit/random_lp.h"
#include "tests/unit/run_suite.h"

enum { LONG_MS = 1000000, BRIEF_MS = 15, MOST_CALLS = 64 };

enum circles { NO_CIRCLES, CIRCLES_IN_NEXT, CIRCLES_WHEN_FINE, CIRCLES_ALWAYS };

static struct {
    enum circles circles;
    bool takes_time;
    bool steps_are_slow; // the iteration limit is never reached
    int calls;
    int time_limit_ms[MOST_CALLS], step_limit[MOST_CALLS]; // of each call
} glpk;

static int go_round(const glp_smcp *how)
{
    if (!glpk.steps_are_slow && how->it_lim < INT_MAX)
        return GLP_EITLIM;
    for (double until_ms = solver_now_ms() + how->tm_lim; glpk.takes_time && solver_now_ms() < until_ms;)
        ;
    return GLP_ETMLIM;
}

// Stands in for the library's, which it calls otherwise.
int glp_simplex(glp_prob *problem, const glp_smcp *how)
{
    static int (*simplex)(glp_prob *, const glp_smcp *);
    if (!simplex)
        *(void **)&simplex = dlsym(RTLD_NEXT, "glp_simplex");
    ck_assert_int_lt(glpk.calls, MOST_CALLS);
    glpk.time_limit_ms[glpk.calls] = how->tm_lim;
    glpk.step_limit[glpk.calls++] = how->it_lim;
    enum circles circles = glpk.circles;
    if (circles == CIRCLES_IN_NEXT)
        glpk.circles = NO_CIRCLES;
    bool fine = how->tol_dj < 1e-9;
    return circles == NO_CIRCLES || (circles == CIRCLES_WHEN_FINE && !fine) ? simplex(problem, how) : go_round(how);
}

static void begin_circles(enum circles circles, bool steps_are_slow)
{
    glpk.circles = circles;
    glpk.steps_are_slow = steps_are_slow;
    glpk.takes_time = false;
    glpk.calls = 0;
}

static struct lp_solution solve(struct solver *s, const struct lp *lp, int deadline_ms)
{
    struct lp_solution r;
    ck_assert_int_eq(solver_solve(s, lp, deadline_ms, &r), 0);
    return r;
}

// A solver that has the basis of this model's optimum.
static struct solver *solver_that_knows(const struct lp *lp, double *ret_objective)
{
    struct solver *s;
    begin_circles(NO_CIRCLES, false);
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution r = solve(s, lp, LONG_MS);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    *ret_objective = r.objective;
    lp_solution_free(&r);
    return s;
}

static void expect_optimum(struct lp_solution *r, double objective)
{
    ck_assert_str_eq(lp_status_name(r->status), lp_status_name(LP_OPTIMAL));
    ck_assert_double_eq_tol(r->objective, objective, 1e-6 * (1 + fabs(objective)));
    lp_solution_free(r);
}

START_TEST(a_start_from_the_last_basis_that_stalls_leaves_most_of_the_time_to_the_other_ways)
{
    double objective;
    struct lp *lp = random_store_lp(3, 1, 20);
    struct solver *s = solver_that_knows(lp, &objective);
    begin_circles(CIRCLES_IN_NEXT, true);
    struct lp_solution r = solve(s, lp, LONG_MS);
    ck_assert(!r.warm);
    ck_assert_int_eq(r.fallbacks, 1);
    ck_assert_str_eq(r.method, "dual simplex");
    ck_assert_int_gt(glpk.time_limit_ms[0], LONG_MS / 10);
    ck_assert_int_le(glpk.time_limit_ms[0], LONG_MS * 2 / 5);
    ck_assert_int_gt(glpk.time_limit_ms[1], glpk.time_limit_ms[0]);
    expect_optimum(&r, objective);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(every_way_but_the_last_leaves_time_to_those_that_follow)
{
    double objective;
    struct lp *lp = random_store_lp(3, 1, 20);
    struct solver *s = solver_that_knows(lp, &objective);
    begin_circles(CIRCLES_ALWAYS, true);
    struct lp_solution r = solve(s, lp, LONG_MS);
    ck_assert_str_eq(r.method, "interior point");
    ck_assert_int_eq(r.fallbacks, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(glpk.time_limit_ms[i] < LONG_MS * 3 / 4, "way %d has %d ms", i, glpk.time_limit_ms[i]);
    expect_optimum(&r, objective);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(a_vertex_that_is_not_found_costs_a_share_of_the_time_and_the_optimum_inside_stays)
{
    double objective;
    struct lp *lp = random_store_lp(4, 5, 96);
    struct solver *s = solver_that_knows(lp, &objective);
    solver_free(s);
    ck_assert_int_eq(solver_new(&s), 0);
    begin_circles(CIRCLES_ALWAYS, true);
    struct lp_solution r = solve(s, lp, LONG_MS);
    ck_assert_str_eq(r.method, "interior point");
    ck_assert_int_eq(r.fallbacks, 0);
    ck_assert_int_eq(glpk.calls, 1);
    ck_assert_int_le(glpk.time_limit_ms[0], LONG_MS * 2 / 5);
    expect_optimum(&r, objective);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(only_a_deadline_that_is_over_is_a_time_limit_and_the_last_basis_outlives_it)
{
    double objective;
    struct lp *lp = random_store_lp(3, 1, 20);
    struct solver *s = solver_that_knows(lp, &objective);
    begin_circles(CIRCLES_ALWAYS, true);
    glpk.takes_time = true;
    struct lp_solution r = solve(s, lp, BRIEF_MS);
    ck_assert_int_eq(r.status, LP_TIME_LIMIT);
    ck_assert_int_gt(glpk.time_limit_ms[0], BRIEF_MS / 2); // so little is not shared
    ck_assert_double_ge_tol(r.solve_ms, BRIEF_MS, 1e-3);
    lp_solution_free(&r);
    begin_circles(NO_CIRCLES, false);
    r = solve(s, lp, LONG_MS);
    ck_assert(r.warm);
    expect_optimum(&r, objective);
    solver_free(s);
    lp_free(lp);
}
END_TEST

// Whether a large model starts from the last basis again when that one has not led to an optimum. An optimum inside,
// found after it, leaves none in its place.
static bool starts_warm_after_circles(bool steps_are_slow)
{
    double objective;
    struct lp *lp = random_store_lp(4, 5, 96);
    struct solver *s = solver_that_knows(lp, &objective);
    struct lp_solution r;
    begin_circles(CIRCLES_IN_NEXT, steps_are_slow);
    ck_assert_int_eq(solver_find_optimum(s, lp, LONG_MS, &r), 0);
    ck_assert_str_eq(r.method, "interior point");
    ck_assert_int_eq(r.fallbacks, 1);
    expect_optimum(&r, objective);
    r = solve(s, lp, LONG_MS);
    bool warm = r.warm;
    expect_optimum(&r, objective);
    solver_free(s);
    lp_free(lp);
    return warm;
}

START_TEST(a_basis_that_took_its_share_of_the_time_in_vain_is_forgotten)
{
    ck_assert(!starts_warm_after_circles(true));
}
END_TEST

START_TEST(a_basis_that_was_only_far_away_is_tried_again)
{
    ck_assert(starts_warm_after_circles(false));
}
END_TEST

START_TEST(finer_tolerances_that_lead_into_circles_are_given_up_after_some_steps)
{
    struct lp *lp;
    struct solver *s;
    begin_circles(CIRCLES_WHEN_FINE, false);
    ck_assert_int_eq(lp_new(&lp), 0);
    ck_assert_int_eq(solver_new(&s), 0);
    int row = lp_add_row(lp, -LP_INFINITY, 1e9, "sum");
    for (int j = 0; j < 200; j++) { // below the usual tolerance each
        char name[16];
        snprintf(name, sizeof(name), "x%d", j);
        ck_assert_int_eq(lp_add_column(lp, 0, 1000, -5e-8, name), j);
        ck_assert_int_eq(lp_add(lp, row, j, 1), 0);
    }
    struct lp_solution r = solve(s, lp, LONG_MS);
    ck_assert_int_ge(glpk.calls, 2);
    for (int i = 0; i < glpk.calls; i++)
        ck_assert_msg(glpk.step_limit[i] < 10000, "call %d has %d steps", i, glpk.step_limit[i]);
    expect_optimum(&r, -0.01);
    solver_free(s);
    lp_free(lp);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver ways");
    TCase *tc = tcase_create("ways");
    tcase_add_test(tc, a_start_from_the_last_basis_that_stalls_leaves_most_of_the_time_to_the_other_ways);
    tcase_add_test(tc, every_way_but_the_last_leaves_time_to_those_that_follow);
    tcase_add_test(tc, a_vertex_that_is_not_found_costs_a_share_of_the_time_and_the_optimum_inside_stays);
    tcase_add_test(tc, only_a_deadline_that_is_over_is_a_time_limit_and_the_last_basis_outlives_it);
    tcase_add_test(tc, a_basis_that_took_its_share_of_the_time_in_vain_is_forgotten);
    tcase_add_test(tc, a_basis_that_was_only_far_away_is_tried_again);
    tcase_add_test(tc, finer_tolerances_that_lead_into_circles_are_given_up_after_some_steps);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
