// SPDX-License-Identifier: GPL-3.0-or-later
// The interior point, the equations that it solves, and the way from there to a vertex.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "solver/certificate.h"
#include "solver/cholesky.h"
#include "solver/clock.h"
#include "solver/interior.h"
#include "solver/ordering.h"
#include "solver/solution.h"
#include "solver/standard_form.h"
#include "tests/unit/random_lp.h"
#include "tests/unit/run_suite.h"

// ---- equations ------------------------------------------------------------------------------------------------------

enum { SIDE = 60 };

struct pattern {
    int start[SIDE + 1], adjacent[SIDE * SIDE];
};

static void fill_pattern(struct pattern *p, double m[SIDE][SIDE])
{
    int count = 0;
    for (int i = 0; i < SIDE; i++) {
        p->start[i] = count;
        for (int j = 0; j < SIDE; j++)
            if (i != j && m[i][j] != 0)
                p->adjacent[count++] = j;
    }
    p->start[SIDE] = count;
}

static void fill_matrix(struct random_lp *r, double m[SIDE][SIDE])
{
    memset(m, 0, sizeof(double) * SIDE * SIDE);
    for (int i = 0; i < SIDE; i++)
        m[i][i] = random_between(r, 20, 40);
    for (int e = 0; e < 3 * SIDE; e++) {
        int i = (int)random_between(r, 0, SIDE - 1), j = (int)random_between(r, 0, SIDE - 1);
        if (i != j)
            m[i][j] = m[j][i] = random_between(r, -1, 1);
    }
}

START_TEST(factors_solve_the_equations_they_were_made_from_again_and_again)
{
    struct random_lp r = {.dice = 11};
    struct pattern p;
    double m[SIDE][SIDE], x[SIDE];
    fill_matrix(&r, m);
    fill_pattern(&p, m);
    struct cholesky *c;
    ck_assert_int_eq(cholesky_new(SIDE, p.start, p.adjacent, &c), 0);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j <= i; j++)
                if (m[i][j] != 0)
                    cholesky_values(c)[cholesky_slot(c, i, j)] = round * m[i][j];
        cholesky_factor(c);
        for (int i = 0; i < SIDE; i++) {
            x[i] = 0;
            for (int j = 0; j < SIDE; j++)
                x[i] += round * m[i][j] * (j - 7);
        }
        cholesky_solve(c, x);
        for (int i = 0; i < SIDE; i++)
            ck_assert_double_eq_tol(x[i], i - 7, 1e-9);
    }
    cholesky_free(c);
}
END_TEST

START_TEST(an_order_is_a_permutation_and_leaves_the_hub_of_a_star_to_the_end)
{
    double m[SIDE][SIDE] = {{0}};
    struct pattern p;
    int order[SIDE], seen[SIDE] = {0};
    for (int i = 0; i < SIDE; i++)
        m[i][5] = m[5][i] = 1;
    fill_pattern(&p, m);
    ck_assert_int_eq(order_least_degree(SIDE, p.start, p.adjacent, order), 0);
    for (int k = 0; k < SIDE; k++) {
        ck_assert_int_eq(seen[order[k]]++, 0);
        ck_assert(order[k] != 5 || k >= SIDE - 2);
    }
}
END_TEST

START_TEST(a_row_that_repeats_another_is_left_out_of_the_factors)
{
    int start[] = {0, 1, 2}, adjacent[] = {1, 0};
    double x[] = {3, 3};
    struct cholesky *c;
    ck_assert_int_eq(cholesky_new(2, start, adjacent, &c), 0);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j <= i; j++)
            cholesky_values(c)[cholesky_slot(c, i, j)] = 1;
    cholesky_factor(c);
    cholesky_solve(c, x);
    ck_assert(isfinite(x[0]) && isfinite(x[1]));
    ck_assert_double_eq_tol(x[0] + x[1], 3, 1e-9);
    cholesky_free(c);
}
END_TEST

START_TEST(a_long_column_becomes_a_chain_and_fixed_columns_and_free_rows_go)
{
    struct lp *lp;
    struct standard_form f;
    ck_assert_int_eq(lp_new(&lp), 0);
    int peak = lp_add_column(lp, 0, 9, 1, "peak"), fixed = lp_add_column(lp, 2, 2, 1, "fixed");
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "r%d", i);
        ck_assert_int_eq(lp_add_row(lp, i == 99 ? -LP_INFINITY : 1, LP_INFINITY, name), i);
        ck_assert_int_eq(lp_add(lp, i, peak, 1), 0);
        ck_assert_int_eq(lp_add(lp, i, fixed, 1), 0);
    }
    ck_assert_int_eq(standard_form_of(lp, &f), 0);
    ck_assert_int_eq(f.column_of[fixed], -1);
    ck_assert_int_eq(f.row_of[99], -1);
    ck_assert_int_eq(f.n_rows, 99 + 9); // ten links
    ck_assert_int_eq(f.n_columns, 10 + 99);
    ck_assert_double_eq(f.right[0], -2);
    for (int j = 0; j < f.n_columns; j++)
        ck_assert_int_le(f.start[j + 1] - f.start[j], 12);
    standard_form_free(&f);
    lp_free(lp);
}
END_TEST

// ---- optima ---------------------------------------------------------------------------------------------------------

static double objective_of_simplex(const struct lp *lp)
{
    struct solver *s;
    struct lp_solution r;
    ck_assert_int_eq(solver_new(&s), 0);
    ck_assert_int_eq(solver_solve(s, lp, 60000, &r), 0);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    ck_assert_ptr_nonnull(strstr(r.method, "simplex"));
    double objective = r.objective;
    lp_solution_free(&r);
    solver_free(s);
    return objective;
}

static void expect_same_optimum(struct lp *lp, uint64_t seed)
{
    struct lp_solution r;
    double expected = objective_of_simplex(lp);
    ck_assert_int_eq(lp_solution_new(lp, &r), 0);
    ck_assert_int_eq(interior_solve(lp, INFINITY, &r), 0);
    ck_assert_msg(r.status == LP_OPTIMAL, "%s at seed %d", lp_status_name(r.status), (int)seed);
    ck_assert_int_eq(lp_certify(lp, &r), 0);
    ck_assert_msg(fabs(r.objective - expected) <= 1e-6 * (1 + fabs(expected)), "%.9g, not %.9g, at seed %d",
                  r.objective, expected, (int)seed);
    lp_solution_free(&r);
    lp_free(lp);
}

START_TEST(an_interior_optimum_is_that_of_the_simplex_in_three_hundred_models)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        expect_same_optimum(random_sparse_lp(seed, 20 + (int)seed, 10 + (int)seed / 2), seed);
        expect_same_optimum(random_store_lp(seed, (int)seed % 4, 8 + (int)seed % 40), seed);
    }
}
END_TEST

START_TEST(a_model_without_a_solution_is_proved_to_have_none)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct lp *lp = random_store_lp(seed, 2, 30);
        struct lp_solution r;
        ck_assert_int_eq(lp_set_row_bounds(lp, 10, 5000, 5000), 0); // a load beyond the connection
        ck_assert_int_eq(lp_solution_new(lp, &r), 0);
        ck_assert_int_eq(interior_solve(lp, INFINITY, &r), 0);
        ck_assert_int_eq(r.status, LP_INFEASIBLE);
        lp_solution_free(&r);
        lp_free(lp);
    }
}
END_TEST

START_TEST(a_deadline_ends_the_interior_point_at_its_next_step)
{
    struct lp *lp = random_store_lp(1, 2, 30);
    struct lp_solution r;
    ck_assert_int_eq(lp_solution_new(lp, &r), 0);
    ck_assert_int_eq(interior_solve(lp, 0, &r), 0);
    ck_assert_int_eq(r.status, LP_TIME_LIMIT);
    lp_solution_free(&r);
    lp_free(lp);
}
END_TEST

// ---- vertices -------------------------------------------------------------------------------------------------------

static size_t count_between_bounds(const struct lp_solution *r)
{
    size_t count = 0;
    for (size_t j = 0; j < r->n_columns; j++)
        count += fabs(r->reduced_cost[j]) < 1e-12;
    return count;
}

START_TEST(a_large_model_is_solved_from_inside_and_its_vertex_starts_the_next_plan)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct lp *lp = random_store_lp(seed, 5, 96);
        struct solver *s;
        struct lp_solution first, second;
        ck_assert_int_eq(solver_new(&s), 0);
        ck_assert_int_eq(solver_solve(s, lp, 60000, &first), 0);
        ck_assert_int_eq(first.status, LP_OPTIMAL);
        ck_assert_str_eq(first.method, "interior point");
        ck_assert_int_eq(first.fallbacks, 0);
        ck_assert_uint_le(count_between_bounds(&first), first.n_rows);
        ck_assert_int_eq(solver_solve(s, lp, 60000, &second), 0);
        ck_assert(second.warm);
        ck_assert_int_eq(second.iterations, 0);
        ck_assert_double_eq_tol(second.objective, first.objective, 1e-9 * (1 + fabs(first.objective)));
        lp_solution_free(&first);
        lp_solution_free(&second);
        solver_free(s);
        lp_free(lp);
    }
}
END_TEST

START_TEST(an_optimum_without_a_vertex_is_the_same_and_leaves_no_basis)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct lp *lp = random_store_lp(seed, 5, 96);
        struct solver *s;
        struct lp_solution first, second;
        ck_assert_int_eq(solver_new(&s), 0);
        ck_assert_int_eq(solver_find_optimum(s, lp, 60000, &first), 0);
        ck_assert_int_eq(first.status, LP_OPTIMAL);
        ck_assert_int_eq(solver_solve(s, lp, 60000, &second), 0);
        ck_assert(!second.warm);
        ck_assert_double_eq_tol(second.objective, first.objective, 1e-6 * (1 + fabs(first.objective)));
        lp_solution_free(&first);
        lp_solution_free(&second);
        solver_free(s);
        lp_free(lp);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver interior");
    TCase *tc = tcase_create("interior");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, factors_solve_the_equations_they_were_made_from_again_and_again);
    tcase_add_test(tc, an_order_is_a_permutation_and_leaves_the_hub_of_a_star_to_the_end);
    tcase_add_test(tc, a_row_that_repeats_another_is_left_out_of_the_factors);
    tcase_add_test(tc, a_long_column_becomes_a_chain_and_fixed_columns_and_free_rows_go);
    tcase_add_test(tc, an_interior_optimum_is_that_of_the_simplex_in_three_hundred_models);
    tcase_add_test(tc, a_model_without_a_solution_is_proved_to_have_none);
    tcase_add_test(tc, a_deadline_ends_the_interior_point_at_its_next_step);
    tcase_add_test(tc, a_large_model_is_solved_from_inside_and_its_vertex_starts_the_next_plan);
    tcase_add_test(tc, an_optimum_without_a_vertex_is_the_same_and_leaves_no_basis);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
