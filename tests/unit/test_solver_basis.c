// SPDX-License-Identifier: GPL-3.0-or-later
// The basis of one plan as the start of the next.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "solver/basis.h"
#include "tests/unit/run_suite.h"

enum { MOST_STEPS = 60 };

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double between(uint64_t *dice, double low, double high)
{
    return low + (high - low) * (double)(next(dice) % 1000001) / 1e6;
}

// ---- a store that buys cheaply and serves a load --------------------------------------------------------------------

struct store {
    size_t n, first; // steps, and the hour of the first one
    double price[MOST_STEPS], load[MOST_STEPS], level;
};

static int column(struct lp *lp, const char *family, size_t hour, double upper, double cost)
{
    char name[48];
    snprintf(name, sizeof(name), "%s_%zu", family, hour);
    int j = lp_add_column(lp, 0, upper, cost, name);
    ck_assert_int_ge(j, 0);
    ck_assert_int_eq(lp_place_column(lp, j, family, (int64_t)hour), 0);
    return j;
}

static int row(struct lp *lp, const char *family, size_t hour, double lower, double upper)
{
    char name[48];
    snprintf(name, sizeof(name), "%s_%zu", family, hour);
    int i = lp_add_row(lp, lower, upper, name);
    ck_assert_int_ge(i, 0);
    ck_assert_int_eq(lp_place_row(lp, i, family, (int64_t)hour), 0);
    return i;
}

static void entry(struct lp *lp, int i, int j, double value)
{
    ck_assert_int_eq(lp_add(lp, i, j, value), 0);
}

static struct lp *store_lp(const struct store *s)
{
    struct lp *lp;
    ck_assert_int_eq(lp_new(&lp), 0);
    int peak = lp_add_column(lp, 0, LP_INFINITY, 3, "peak"), before = -1;
    for (size_t k = 0; k < s->n; k++) {
        size_t hour = s->first + k;
        int buy = column(lp, "buy", hour, 40, s->price[k]), charge = column(lp, "charge", hour, 8, 0.01);
        int discharge = column(lp, "discharge", hour, 8, 0.01);
        int level = column(lp, "level", hour, 20, k + 1 == s->n ? -0.5 : 0);
        int balance = row(lp, "balance", hour, s->load[k], s->load[k]);
        int storage = row(lp, "storage", hour, k == 0 ? s->level : 0, k == 0 ? s->level : 0);
        int limit = row(lp, "limit", hour, -LP_INFINITY, 5);
        entry(lp, balance, buy, 1);
        entry(lp, balance, charge, -1);
        entry(lp, balance, discharge, 1);
        entry(lp, storage, level, 1);
        if (before >= 0)
            entry(lp, storage, before, -0.999);
        entry(lp, storage, charge, -0.95);
        entry(lp, storage, discharge, 1 / 0.95);
        entry(lp, limit, buy, 1);
        entry(lp, limit, peak, -1);
        before = level;
    }
    return lp;
}

static void draw(uint64_t *dice, struct store *s, size_t n)
{
    *s = (struct store){.n = n, .level = between(dice, 0, 20)};
    for (size_t k = 0; k < n; k++) {
        s->price[k] = between(dice, -0.2, 1);
        s->load[k] = between(dice, 0, 20);
    }
}

// One hour on: the first step is gone, the others differ a little, and `n` steps are seen.
static void roll(uint64_t *dice, struct store *s, size_t n)
{
    memmove(s->price, s->price + 1, sizeof(s->price) - sizeof(s->price[0]));
    memmove(s->load, s->load + 1, sizeof(s->load) - sizeof(s->load[0]));
    for (size_t k = 0; k < n; k++) {
        bool is_new = k + 1 >= s->n;
        s->price[k] = is_new ? between(dice, -0.2, 1) : s->price[k] * between(dice, 0.95, 1.05);
        s->load[k] = is_new ? between(dice, 0, 20) : s->load[k] * between(dice, 0.95, 1.05);
    }
    s->level = between(dice, 0, 20);
    s->first++;
    s->n = n;
}

static struct lp_solution solve(struct solver *s, const struct lp *lp)
{
    struct lp_solution r;
    ck_assert_int_eq(solver_solve(s, lp, 20000, &r), 0);
    ck_assert_int_eq(r.status, LP_OPTIMAL);
    return r;
}

static double cold_objective(const struct lp *lp, int *ret_iterations)
{
    struct solver *s;
    ck_assert_int_eq(solver_new(&s), 0);
    struct lp_solution r = solve(s, lp);
    ck_assert(!r.warm);
    double objective = r.objective;
    *ret_iterations = r.iterations;
    lp_solution_free(&r);
    solver_free(s);
    return objective;
}

// ---- tests ----------------------------------------------------------------------------------------------------------

START_TEST(a_plan_one_step_on_starts_warm_and_costs_what_a_cold_one_does)
{
    uint64_t dice = 7;
    struct store store;
    struct solver *solver;
    ck_assert_int_eq(solver_new(&solver), 0);
    draw(&dice, &store, 48);
    struct lp *lp = store_lp(&store);
    struct lp_solution first = solve(solver, lp);
    lp_solution_free(&first);
    lp_free(lp);
    roll(&dice, &store, 48);
    lp = store_lp(&store);
    struct lp_solution second = solve(solver, lp);
    int cold_iterations;
    double cold = cold_objective(lp, &cold_iterations);
    ck_assert(second.warm);
    ck_assert_int_eq(second.fallbacks, 0);
    ck_assert_double_eq_tol(second.objective, cold, 1e-7 * (1 + fabs(cold)));
    ck_assert_int_lt(second.iterations, cold_iterations);
    lp_solution_free(&second);
    lp_free(lp);
    solver_free(solver);
}
END_TEST

START_TEST(a_hundred_rolling_plans_of_changing_length_all_start_warm_and_agree_with_cold_ones)
{
    uint64_t dice = 20260105;
    struct store store;
    struct solver *solver;
    int warm_iterations = 0, cold_iterations = 0;
    ck_assert_int_eq(solver_new(&solver), 0);
    draw(&dice, &store, 30);
    for (int i = 0; i <= 100; i++) {
        struct lp *lp = store_lp(&store);
        struct lp_solution r = solve(solver, lp);
        int iterations;
        double cold = cold_objective(lp, &iterations);
        ck_assert_msg(r.warm == (i > 0) && r.fallbacks == 0, "plan %d: warm %d, %d fallbacks", i, r.warm, r.fallbacks);
        ck_assert_double_eq_tol(r.objective, cold, 1e-7 * (1 + fabs(cold)));
        warm_iterations += i > 0 ? r.iterations : 0;
        cold_iterations += i > 0 ? iterations : 0;
        lp_solution_free(&r);
        lp_free(lp);
        roll(&dice, &store, 20 + next(&dice) % 30);
    }
    ck_assert_int_lt(warm_iterations, cold_iterations);
    solver_free(solver);
}
END_TEST

START_TEST(a_series_gives_the_status_of_the_step_that_held_it_and_new_last_steps_that_of_the_last)
{
    struct lp *old, *new;
    struct basis basis = {0};
    ck_assert_int_eq(lp_new(&old), 0);
    ck_assert_int_eq(lp_new(&new), 0);
    column(old, "x", 60, 1, 0);
    column(old, "x", 120, 1, 0);
    row(old, "r", 60, 0, 0);
    const size_t at[] = {15, 60, 75, 120, 180};
    const int expected[] = {BASIS_UPPER, BASIS_UPPER, BASIS_BASIC, BASIS_BASIC, BASIS_BASIC};
    for (size_t k = 0; k < 5; k++)
        column(new, "x", at[k], 1, 0);
    column(new, "unknown", 60, 1, 0);
    row(new, "unknown", 60, 0, 0);
    ck_assert_int_eq(basis_keep(&basis, old, (int[]){BASIS_UPPER, BASIS_BASIC}, (int[]){BASIS_FIXED}), 0);
    int columns[6], rows[1];
    basis_map(&basis, new, columns, rows);
    for (size_t k = 0; k < 5; k++)
        ck_assert_int_eq(columns[k], expected[k]);
    ck_assert_int_eq(columns[5], BASIS_LOWER);
    ck_assert_int_eq(rows[0], BASIS_BASIC);
    basis_forget(&basis);
    lp_free(old);
    lp_free(new);
}
END_TEST

// Columns a = (1, 2, 0), b = (2, 4, 0), c = (1, 0, 1), d = (0, 0, 3): a and b depend on each other.
static struct lp *dependent_lp(void)
{
    struct lp *lp;
    ck_assert_int_eq(lp_new(&lp), 0);
    int a = column(lp, "a", 0, 1, 0), b = column(lp, "b", 0, 1, 0), c = column(lp, "c", 0, 1, 0);
    int d = column(lp, "d", 0, 1, 0);
    int r = row(lp, "r", 0, 0, 1), s = row(lp, "s", 0, 0, 1), t = row(lp, "t", 0, 0, 1);
    entry(lp, r, a, 1);
    entry(lp, s, a, 2);
    entry(lp, r, b, 2);
    entry(lp, s, b, 4);
    entry(lp, r, c, 1);
    entry(lp, t, c, 1);
    entry(lp, t, d, 3);
    return lp;
}

static int count_basic(const int *columns, size_t n_columns, const int *rows, size_t n_rows)
{
    int n = 0;
    for (size_t j = 0; j < n_columns; j++)
        n += columns[j] == BASIS_BASIC;
    for (size_t i = 0; i < n_rows; i++)
        n += rows[i] == BASIS_BASIC;
    return n;
}

START_TEST(a_singular_basis_loses_the_dependent_column_and_gains_a_slack)
{
    struct lp *lp = dependent_lp();
    int columns[] = {BASIS_BASIC, BASIS_BASIC, BASIS_LOWER, BASIS_BASIC},
        rows[] = {BASIS_UPPER, BASIS_UPPER, BASIS_UPPER};
    int changes;
    ck_assert_int_eq(basis_repair(lp, columns, rows, &changes), 0);
    ck_assert_int_eq(changes, 2);
    ck_assert_int_eq(columns[3], BASIS_BASIC);
    ck_assert_int_ne(columns[0], columns[1]);
    ck_assert_int_ne(rows[0], rows[1]); // one slack of the two rows that a and b share
    ck_assert_int_eq(rows[2], BASIS_UPPER);
    ck_assert_int_eq(count_basic(columns, 4, rows, 3), 3);
    lp_free(lp);
}
END_TEST

START_TEST(too_many_or_too_few_basic_columns_are_made_as_many_as_rows)
{
    struct lp *lp = dependent_lp();
    for (int mask = 0; mask < 128; mask++) {
        int columns[4], rows[3], changes = -1;
        for (int j = 0; j < 4; j++)
            columns[j] = mask >> j & 1 ? BASIS_BASIC : BASIS_LOWER;
        for (int i = 0; i < 3; i++)
            rows[i] = mask >> (4 + i) & 1 ? BASIS_BASIC : BASIS_LOWER;
        ck_assert_int_eq(basis_repair(lp, columns, rows, &changes), 0);
        ck_assert_int_eq(count_basic(columns, 4, rows, 3), 3);
        ck_assert_msg(!(columns[0] == BASIS_BASIC && columns[1] == BASIS_BASIC), "mask %d", mask);
        int again = -1;
        ck_assert_int_eq(basis_repair(lp, columns, rows, &again), 0);
        ck_assert_msg(again == 0, "mask %d: a repaired basis needs no repair", mask);
        ck_assert_int_ge(changes, 0);
    }
    lp_free(lp);
}
END_TEST

START_TEST(a_model_whose_basis_would_be_singular_is_repaired_and_solved_warm)
{
    struct lp *lp = dependent_lp();
    struct solver *solver;
    ck_assert_int_eq(solver_new(&solver), 0);
    for (int j = 0; j < 4; j++)
        ck_assert_int_eq(lp_set_cost(lp, j, j == 1 ? -0.1 : -1), 0);
    struct lp_solution first = solve(solver, lp);
    // Every column of the next model takes the status of one that was in the basis.
    struct lp *other;
    ck_assert_int_eq(lp_new(&other), 0);
    int r = row(other, "r", 0, 0, 1), s = row(other, "s", 0, 0, 1);
    for (size_t k = 1; k <= 3; k++) {
        int j = column(other, "a", k, 1, -1);
        entry(other, r, j, 1);
        entry(other, s, j, 1);
    }
    struct lp_solution second = solve(solver, other);
    ck_assert(second.warm);
    ck_assert_int_eq(second.fallbacks, 0);
    ck_assert_int_gt(second.repairs, 0);
    ck_assert_double_eq_tol(second.objective, -1, 1e-9);
    lp_solution_free(&first);
    lp_solution_free(&second);
    lp_free(other);
    lp_free(lp);
    solver_free(solver);
}
END_TEST

START_TEST(places_without_a_column_a_row_or_a_sound_name_are_refused)
{
    struct lp *lp = dependent_lp();
    ck_assert_int_eq(lp_place_column(lp, 4, "x", 0), AEMS_E_RANGE);
    ck_assert_int_eq(lp_place_column(lp, -1, "x", 0), AEMS_E_RANGE);
    ck_assert_int_eq(lp_place_column(lp, 0, "a b", 0), AEMS_E_RANGE);
    ck_assert_int_eq(lp_place_row(lp, 3, "x", 0), AEMS_E_RANGE);
    ck_assert_int_eq(lp_place_row(lp, 0, "", 0), AEMS_E_RANGE);
    lp_free(lp);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver basis");
    TCase *tc = tcase_create("basis");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_plan_one_step_on_starts_warm_and_costs_what_a_cold_one_does);
    tcase_add_test(tc, a_hundred_rolling_plans_of_changing_length_all_start_warm_and_agree_with_cold_ones);
    tcase_add_test(tc, a_series_gives_the_status_of_the_step_that_held_it_and_new_last_steps_that_of_the_last);
    tcase_add_test(tc, a_singular_basis_loses_the_dependent_column_and_gains_a_slack);
    tcase_add_test(tc, too_many_or_too_few_basic_columns_are_made_as_many_as_rows);
    tcase_add_test(tc, a_model_whose_basis_would_be_singular_is_repaired_and_solved_warm);
    tcase_add_test(tc, places_without_a_column_a_row_or_a_sound_name_are_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
