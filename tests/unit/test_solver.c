// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "solver/certificate.h"
#include "solver/solver.h"
#include "tests/unit/run_suite.h"

// max 3x + 2y, x + y <= 4, x + 3y <= 7, x <= 3: x = 3, y = 1, value 11; the rows' multipliers are 2 and 0.
static struct lp *small_lp(void)
{
    struct lp *lp;
    ck_assert_int_eq(lp_new(&lp), 0);
    int x = lp_add_column(lp, 0, 3, -3, "x"), y = lp_add_column(lp, 0, LP_INFINITY, -2, "y");
    int a = lp_add_row(lp, -LP_INFINITY, 4, "a"), b = lp_add_row(lp, -LP_INFINITY, 7, "b");
    ck_assert_int_eq(lp_add(lp, a, x, 1), 0);
    ck_assert_int_eq(lp_add(lp, a, y, 1), 0);
    ck_assert_int_eq(lp_add(lp, b, x, 1), 0);
    ck_assert_int_eq(lp_add(lp, b, y, 1), 0);
    ck_assert_int_eq(lp_add(lp, b, y, 2), 0); // adds up to 3
    return lp;
}

static struct lp_solution solve(struct solver *s, const struct lp *lp)
{
    struct lp_solution r;
    ck_assert_int_eq(solver_solve(s, lp, 10000, &r), 0);
    return r;
}

START_TEST(an_optimum_comes_with_its_values_duals_and_certificate)
{
    struct lp *lp = small_lp();
    struct solver *s;
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution r = solve(s, lp);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    ck_assert_uint_eq(lp_entries(lp), 4);
    ck_assert_double_eq_tol(r.objective, -11, 1e-9);
    ck_assert_double_eq_tol(r.x[0], 3, 1e-9);
    ck_assert_double_eq_tol(r.x[1], 1, 1e-9);
    ck_assert_double_eq_tol(r.row_dual[0], -2, 1e-9);
    ck_assert_double_eq_tol(r.row_dual[1], 0, 1e-9);
    ck_assert_double_eq_tol(r.reduced_cost[0], -1, 1e-9);
    ck_assert_double_eq_tol(r.row_value[1], 6, 1e-9);
    ck_assert(r.gap < 1e-9 && r.primal_residual < 1e-9 && r.dual_residual < 1e-9);
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(a_model_of_the_same_size_starts_from_the_last_basis)
{
    struct lp *lp = small_lp();
    struct solver *s;
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution first = solve(s, lp);
    ck_assert(!first.warm);
    ck_assert_int_eq(lp_set_row_bounds(lp, 0, -LP_INFINITY, 3.5), 0);
    struct lp_solution second = solve(s, lp);
    ck_assert(second.warm);
    ck_assert_double_eq_tol(second.objective, -10, 1e-9);
    ck_assert_int_eq(lp_set_cost(lp, 0, 1), 0);
    struct lp_solution third = solve(s, lp);
    ck_assert_int_eq(third.status, LP_OPTIMAL);
    ck_assert_double_eq_tol(third.objective, -14.0 / 3, 1e-9); // y = 7/3
    lp_solution_free(&first);
    lp_solution_free(&second);
    lp_solution_free(&third);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(infeasible_and_unbounded_models_are_told_apart)
{
    struct lp *lp = small_lp();
    struct solver *s;
    ck_assert_int_eq(solver_new(&s), 0);
    ck_assert_int_eq(lp_set_row_bounds(lp, 1, 20, LP_INFINITY), 0);
    struct lp_solution r = solve(s, lp);
    ck_assert_int_eq(r.status, LP_INFEASIBLE);
    lp_solution_free(&r);
    ck_assert_int_eq(lp_set_row_bounds(lp, 1, -LP_INFINITY, LP_INFINITY), 0);
    ck_assert_int_eq(lp_set_row_bounds(lp, 0, -LP_INFINITY, LP_INFINITY), 0);
    r = solve(s, lp);
    ck_assert_int_eq(r.status, LP_UNBOUNDED);
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(numbers_and_names_that_glpk_would_not_survive_are_refused)
{
    struct lp *lp = small_lp();
    ck_assert_int_eq(lp_add_column(lp, NAN, 1, 0, "n"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1, INFINITY, "n"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 2, 1, 0, "n"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1e20, 0, "n"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1, 0, "a b"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1, 0, "1a"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1, 0, "e12"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_column(lp, 0, 1, 0, ""), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add_row(lp, 0, NAN, "n"), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add(lp, 0, 0, NAN), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add(lp, 2, 0, 1), AEMS_E_RANGE);
    ck_assert_int_eq(lp_add(lp, 0, -1, 1), AEMS_E_RANGE);
    ck_assert_int_eq(lp_set_cost(lp, 0, NAN), AEMS_E_RANGE);
    ck_assert_int_eq(lp_set_row_bounds(lp, 9, 0, 1), AEMS_E_RANGE);
    ck_assert_uint_eq(lp_columns(lp), 2);
    ck_assert_uint_eq(lp_rows(lp), 2);
    lp_free(lp);
}
END_TEST

static void expect_refused(const struct lp *lp, struct lp_solution *r, const char *what)
{
    ck_assert_msg(lp_certify(lp, r) == AEMS_E_REFUSED, "%s was not noticed", what);
}

START_TEST(a_certificate_refuses_an_answer_that_was_tampered_with)
{
    struct lp *lp = small_lp();
    struct solver *s;
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution r = solve(s, lp);
    ck_assert_int_eq(lp_certify(lp, &r), 0);
    double *places[] = {&r.objective,       &r.x[0],         &r.x[1],
                        &r.row_dual[0],     &r.row_dual[1],  &r.reduced_cost[0],
                        &r.reduced_cost[1], &r.row_value[0], &r.row_value[1]};
    const double changes[] = {1e-4, -1e-4, 1, -1, 1e9, NAN};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        for (size_t c = 0; c < sizeof(changes) / sizeof(changes[0]); c++) {
            char what[64];
            double before = *places[i];
            snprintf(what, sizeof(what), "place %zu changed by %g", i, changes[c]);
            *places[i] += changes[c];
            expect_refused(lp, &r, what);
            *places[i] = before;
        }
    ck_assert_int_eq(lp_certify(lp, &r), 0);
    r.x[0] = 2; // feasible and consistent, but no optimum
    r.row_value[0] = 3;
    r.row_value[1] = 5;
    r.objective = -8;
    expect_refused(lp, &r, "a point that is no optimum");
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(an_empty_model_has_an_optimum)
{
    struct lp *lp;
    struct solver *s;
    ck_assert_int_eq(lp_new(&lp), 0);
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution r = solve(s, lp);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(a_deadline_that_has_passed_is_a_status)
{
    struct lp *lp = small_lp();
    struct solver *s;
    struct lp_solution r;
    ck_assert_int_eq(solver_new(&s), 0);
    ck_assert_int_eq(solver_solve(s, lp, 0, &r), 0);
    ck_assert_int_eq(r.status, LP_TIME_LIMIT);
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(dumps_go_to_plain_files_only)
{
    struct lp *lp = small_lp();
    char path[] = "/tmp/aems-lp-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(lp_write_lp(lp, path), 0);
    ck_assert_int_gt((int)lseek(fd, 0, SEEK_END), 50);
    ck_assert_int_eq(lp_write_mps(lp, path), 0);
    ck_assert_int_eq(lp_write_lp(lp, "/dev/stdout"), AEMS_E_IO);
    ck_assert_int_eq(lp_write_lp(lp, "model.gz"), AEMS_E_IO);
    ck_assert_int_eq(lp_write_mps(lp, ""), AEMS_E_IO);
    ck_assert_int_eq(lp_write_mps(lp, "/no/such/folder/model"), AEMS_E_IO);
    close(fd);
    unlink(path);
    lp_free(lp);
}
END_TEST

START_TEST(many_reduced_costs_below_the_usual_tolerance_add_up_and_are_refined)
{
    struct lp *lp;
    struct solver *s;
    ck_assert_int_eq(lp_new(&lp), 0);
    ck_assert_int_eq(solver_new(&s), 0);
    int row = lp_add_row(lp, -LP_INFINITY, 1e9, "sum");
    for (int j = 0; j < 200; j++) {
        char name[16];
        snprintf(name, sizeof(name), "x%d", j);
        ck_assert_int_eq(lp_add_column(lp, 0, 1000, -5e-8, name), j);
        ck_assert_int_eq(lp_add(lp, row, j, 1), 0);
    }
    struct lp_solution r = solve(s, lp);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    ck_assert_int_eq(r.fallbacks, 0);
    ck_assert_double_eq_tol(r.objective, -0.01, 1e-9);
    lp_solution_free(&r);
    solver_free(s);
    lp_free(lp);
}
END_TEST

START_TEST(an_mps_dump_says_that_it_is_of_the_free_form)
{
    struct lp *lp = small_lp();
    char path[] = "/tmp/aems-lp-XXXXXX", line[32] = "";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(lp_write_mps(lp, path), 0);
    ck_assert_int_gt((int)read(fd, line, sizeof(line) - 1), 15);
    ck_assert_int_eq(strncmp(line, "NAME aems FREE\n", 15), 0);
    close(fd);
    unlink(path);
    lp_free(lp);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver");
    TCase *tc = tcase_create("solver");
    tcase_add_test(tc, an_optimum_comes_with_its_values_duals_and_certificate);
    tcase_add_test(tc, a_model_of_the_same_size_starts_from_the_last_basis);
    tcase_add_test(tc, infeasible_and_unbounded_models_are_told_apart);
    tcase_add_test(tc, numbers_and_names_that_glpk_would_not_survive_are_refused);
    tcase_add_test(tc, a_certificate_refuses_an_answer_that_was_tampered_with);
    tcase_add_test(tc, an_empty_model_has_an_optimum);
    tcase_add_test(tc, a_deadline_that_has_passed_is_a_status);
    tcase_add_test(tc, dumps_go_to_plain_files_only);
    tcase_add_test(tc, many_reduced_costs_below_the_usual_tolerance_add_up_and_are_refined);
    tcase_add_test(tc, an_mps_dump_says_that_it_is_of_the_free_form);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
