// SPDX-License-Identifier: GPL-3.0-or-later
// Two hundred good answers that the certificate accepts, each of another model, and what somebody has done to each.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "solver/certificate.h"
#include "solver/model.h"
#include "tests/unit/random_lp.h"
#include "tests/unit/run_suite.h"

enum { ANSWERS = 200 };

struct answer {
    struct lp *lp;
    struct lp_solution r;
    struct random_lp dice;
};

static void answer_new(uint64_t seed, struct answer *ret)
{
    struct solver *s;
    int size = 5 + (int)(seed % 37);
    ret->lp = seed % 2 ? random_store_lp(seed, 1 + (int)(seed % 3), size) : random_sparse_lp(seed, 2 * size, size);
    ret->dice = (struct random_lp){.dice = seed * 77 + 5};
    ck_assert_int_eq(solver_new(&s), 0);
    ck_assert_int_eq(solver_solve(s, ret->lp, 60000, &ret->r), 0);
    ck_assert_int_eq(ret->r.status, LP_OPTIMAL);
    solver_free(s);
}

static void answer_free(struct answer *a)
{
    lp_solution_free(&a->r);
    lp_free(a->lp);
}

static size_t any(struct answer *a, size_t count)
{
    return (size_t)random_between(&a->dice, 0, (double)count - 0.001);
}

// The activities, the objective and the reduced costs as they follow: so that nothing but the deed itself can show.
static void make_consistent(struct answer *a)
{
    struct lp_matrix m;
    ck_assert_int_eq(lp_matrix_of(a->lp, &m), 0);
    memset(a->r.row_value, 0, a->r.n_rows * sizeof(double));
    a->r.objective = 0;
    for (size_t j = 0; j < a->r.n_columns; j++) {
        a->r.objective += a->lp->costs[j] * a->r.x[j];
        a->r.reduced_cost[j] = a->lp->costs[j];
        for (size_t e = m.start[j]; e < m.start[j + 1]; e++) {
            a->r.row_value[m.row[e]] += m.value[e] * a->r.x[j];
            a->r.reduced_cost[j] -= m.value[e] * a->r.row_dual[m.row[e]];
        }
    }
    lp_matrix_free(&m);
}

// A bounded column that is not fixed.
static size_t any_column(struct answer *a)
{
    for (;;) {
        size_t j = any(a, a->r.n_columns);
        const struct lp_bounds *b = &a->lp->columns[j];
        if (lp_is_finite(b->upper) && b->upper > b->lower)
            return j;
    }
}

// ---- deeds ----------------------------------------------------------------------------------------------------------

static void nudge_a_column_off_its_bound(struct answer *a)
{
    size_t j = any_column(a);
    const struct lp_bounds *b = &a->lp->columns[j];
    double up = a->r.x[j] > (b->lower + b->upper) / 2 ? 1 : -1;
    a->r.x[j] = (up > 0 ? b->upper : b->lower);
    a->r.x[j] += up * 1e-4 * (1 + fabs(a->r.x[j]));
    make_consistent(a);
}

static void change_one_value(struct answer *a)
{
    size_t j = any_column(a);
    a->r.x[j] += 1e-3 * (1 + fabs(a->r.x[j]));
}

static void swap_two_columns(struct answer *a)
{
    for (int tries = 0; tries < 10000; tries++) {
        size_t i = any(a, a->r.n_columns), j = any(a, a->r.n_columns);
        double kept = a->r.x[i];
        if (fabs(kept - a->r.x[j]) < 0.1)
            continue;
        a->r.x[i] = a->r.x[j];
        a->r.x[j] = kept;
        return;
    }
    ck_abort_msg("all columns alike");
}

static void turn_the_sign_of_a_multiplier(struct answer *a)
{
    size_t i = 0;
    for (size_t r = 0; r < a->r.n_rows; r++)
        i = fabs(a->r.row_dual[r]) > fabs(a->r.row_dual[i]) ? r : i;
    a->r.row_dual[i] = -a->r.row_dual[i];
    make_consistent(a);
}

static void scale_the_multipliers(struct answer *a)
{
    for (size_t i = 0; i < a->r.n_rows; i++)
        a->r.row_dual[i] *= 1.01;
    make_consistent(a);
}

static void turn_the_sign_of_a_reduced_cost(struct answer *a)
{
    size_t k = 0;
    for (size_t j = 0; j < a->r.n_columns; j++)
        k = fabs(a->r.reduced_cost[j]) > fabs(a->r.reduced_cost[k]) ? j : k;
    a->r.reduced_cost[k] = -a->r.reduced_cost[k];
}

static void change_an_activity(struct answer *a)
{
    double *value = &a->r.row_value[any(a, a->r.n_rows)];
    *value += 1e-2 * (1 + fabs(*value));
}

static void shift_the_objective(struct answer *a)
{
    a->r.objective += 1e-4 * (1 + fabs(a->r.objective));
}

static void put_in_what_is_no_number(struct answer *a)
{
    static const double none[] = {NAN, INFINITY, -INFINITY};
    double *arrays[] = {a->r.x, a->r.row_dual, a->r.reduced_cost, a->r.row_value, &a->r.objective};
    size_t counts[] = {a->r.n_columns, a->r.n_rows, a->r.n_columns, a->r.n_rows, 1};
    size_t which = any(a, 5);
    arrays[which][any(a, counts[which])] = none[any(a, 3)];
}

static void set_a_column_to_nothing(struct answer *a)
{
    size_t k = 0;
    for (size_t j = 0; j < a->r.n_columns; j++)
        k = fabs(a->r.x[j]) > fabs(a->r.x[k]) ? j : k;
    a->r.x[k] = 0;
    make_consistent(a);
}

// An honest optimum, of other costs: feasible in every respect, and not the best.
static void take_the_vertex_of_other_costs(struct answer *a)
{
    struct solver *s;
    struct lp_solution other;
    double *costs = calloc(a->r.n_columns, sizeof(double));
    ck_assert_ptr_nonnull(costs);
    memcpy(costs, a->lp->costs, a->r.n_columns * sizeof(double));
    for (size_t j = 0; j < a->r.n_columns; j++)
        ck_assert_int_eq(lp_set_cost(a->lp, (int)j, fabs(costs[j]) + random_between(&a->dice, 0, 1)), 0);
    ck_assert_int_eq(solver_new(&s), 0);
    ck_assert_int_eq(solver_solve(s, a->lp, 60000, &other), 0);
    ck_assert_int_eq(other.status, LP_OPTIMAL);
    for (size_t j = 0; j < a->r.n_columns; j++)
        ck_assert_int_eq(lp_set_cost(a->lp, (int)j, costs[j]), 0);
    memcpy(a->r.x, other.x, a->r.n_columns * sizeof(double));
    make_consistent(a);
    lp_solution_free(&other);
    solver_free(s);
    free(costs);
}

// The same point and multipliers for a model whose cost has changed since.
static void answer_to_yesterdays_costs(struct answer *a)
{
    size_t j = any_column(a);
    double away = a->r.x[j] > (a->lp->columns[j].lower + a->lp->columns[j].upper) / 2 ? 5 : -5;
    ck_assert_int_eq(lp_set_cost(a->lp, (int)j, away), 0);
    make_consistent(a);
}

typedef void deed_fn(struct answer *a);

static const struct {
    const char *name;
    deed_fn *run;
} deeds[] = {
    {"a column nudged off its bound", nudge_a_column_off_its_bound},
    {"one value changed", change_one_value},
    {"two columns swapped", swap_two_columns},
    {"a multiplier with the wrong sign", turn_the_sign_of_a_multiplier},
    {"multipliers a hundredth too large", scale_the_multipliers},
    {"a reduced cost with the wrong sign", turn_the_sign_of_a_reduced_cost},
    {"an activity changed", change_an_activity},
    {"the objective shifted", shift_the_objective},
    {"what is no number", put_in_what_is_no_number},
    {"a column set to nothing", set_a_column_to_nothing},
    {"the vertex of other costs", take_the_vertex_of_other_costs},
    {"an answer to yesterday's costs", answer_to_yesterdays_costs},
};

enum { DEEDS = sizeof(deeds) / sizeof(deeds[0]) };

START_TEST(two_hundred_answers_pass_and_none_of_them_does_after_what_was_done_to_it)
{
    for (uint64_t seed = 1; seed <= ANSWERS; seed++) {
        struct answer a;
        size_t deed = seed % DEEDS;
        answer_new(seed, &a);
        ck_assert_msg(lp_certify(a.lp, &a.r) == 0, "answer %d was good", (int)seed);
        deeds[deed].run(&a);
        ck_assert_msg(lp_certify(a.lp, &a.r) == AEMS_E_REFUSED, "answer %d: %s was not noticed", (int)seed,
                      deeds[deed].name);
        answer_free(&a);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver certificate");
    TCase *tc = tcase_create("certificate");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_hundred_answers_pass_and_none_of_them_does_after_what_was_done_to_it);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
