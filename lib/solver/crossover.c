// SPDX-License-Identifier: GPL-3.0-or-later
// A degenerate optimum has fewer columns between their bounds than rows. The rows left over hold by their multipliers,
// and their slacks in the basis would set these to 0: far from the optimum. So another column takes the slack's place,
// the first whose own multiplier comes to 0 as that of the row is moved.
#include "solver/crossover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "solver/basis.h"
#include "solver/simplex.h"

enum { MOST_ROUNDS = 6, MOST_DIRECTIONS = 2000 };

// Close to an optimum the distance to a bound times its multiplier is next to nothing: one of them clearly is more than
// that, the other less. In kW and currency, the distances are the larger numbers.
static const double DISTANCE_PER_MULTIPLIER = 1e3;
static const double SMALLEST_PIVOT = 1e-5, LET_GO = 1e-9;

struct crossover {
    const struct lp *lp;
    const struct lp_solution *interior;
    glp_prob *problem;
    struct lp_matrix m;
    int *columns, *rows; // statuses
    int *held;           // statuses of the rows as the interior point has them
    int *chosen;         // of each row: the column to take its slack's place, or -1
    double *merit;       // of that column
    double *direction;   // of the rows' multipliers, from 1 on
};

static int status_of(const struct lp_bounds *b, double value, double multiplier)
{
    double pull = DISTANCE_PER_MULTIPLIER * multiplier;
    if (b->lower == b->upper)
        return BASIS_FIXED;
    if (lp_is_finite(b->lower) && pull > value - b->lower)
        return BASIS_LOWER;
    if (lp_is_finite(b->upper) && -pull > b->upper - value)
        return BASIS_UPPER;
    return BASIS_BASIC;
}

static void set_statuses(struct crossover *c)
{
    const struct lp *lp = c->lp;
    const struct lp_solution *s = c->interior;
    for (size_t j = 0; j < lp->n_columns; j++)
        c->columns[j] = status_of(&lp->columns[j], s->x[j], s->reduced_cost[j]);
    for (size_t i = 0; i < lp->n_rows; i++)
        c->rows[i] = c->held[i] = status_of(&lp->rows[i], s->row_value[i], s->row_dual[i]);
}

static bool is_left_over(const struct crossover *c, size_t i)
{
    return c->rows[i] == BASIS_BASIC && c->held[i] != BASIS_BASIC;
}

static bool may_enter(const struct crossover *c, size_t j)
{
    return c->columns[j] != BASIS_BASIC && c->columns[j] != BASIS_FIXED;
}

// An equation's slack gives way to any column, that of another row only to a better one.
static double merit_of_slack(const struct crossover *c, size_t i)
{
    return c->lp->rows[i].lower == c->lp->rows[i].upper ? INFINITY : fabs(c->interior->row_dual[i]);
}

static void forget_choice(struct crossover *c)
{
    for (size_t i = 0; i < c->lp->n_rows; i++) {
        c->chosen[i] = -1;
        c->merit[i] = merit_of_slack(c, i);
    }
}

// As if each row's multiplier could move alone: nearly so for most.
static void choose_by_rows(struct crossover *c)
{
    for (size_t j = 0; j < c->lp->n_columns; j++)
        for (size_t e = c->m.start[j]; may_enter(c, j) && e < c->m.start[j + 1]; e++) {
            size_t i = (size_t)c->m.row[e];
            double merit = fabs(c->interior->reduced_cost[j] / c->m.value[e]);
            if (is_left_over(c, i) && merit < c->merit[i]) {
                c->merit[i] = merit;
                c->chosen[i] = (int)j;
            }
        }
}

// How the multipliers of all rows move with that of row i while those of the basic columns stay 0.
static void find_direction(struct crossover *c, size_t i)
{
    memset(c->direction, 0, (c->lp->n_rows + 1) * sizeof(double));
    c->direction[glp_get_row_bind(c->problem, (int)i + 1)] = 1;
    glp_btran(c->problem, c->direction);
}

static void choose_along(struct crossover *c, size_t i)
{
    double largest = 0;
    find_direction(c, i);
    for (size_t j = 0; j < c->lp->n_columns; j++) {
        double change = 0;
        for (size_t e = c->m.start[j]; may_enter(c, j) && e < c->m.start[j + 1]; e++)
            change += c->m.value[e] * c->direction[c->m.row[e] + 1];
        if (fabs(change) < SMALLEST_PIVOT)
            continue;
        double merit = fmax(LET_GO, fabs(c->interior->reduced_cost[j] / change));
        if (merit > c->merit[i] || (merit >= c->merit[i] && fabs(change) <= largest))
            continue;
        c->merit[i] = merit;
        c->chosen[i] = (int)j;
        largest = fabs(change);
    }
}

static size_t take_in_chosen(struct crossover *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->lp->n_rows; i++) {
        int j = c->chosen[i];
        if (j < 0 || c->columns[j] == BASIS_BASIC)
            continue;
        c->columns[j] = BASIS_BASIC;
        c->rows[i] = c->held[i];
        count++;
    }
    return count;
}

static int load(struct crossover *c)
{
    int repairs;
    int rc = basis_repair(c->lp, c->columns, c->rows, &repairs);
    if (rc == 0)
        glpk_model_set_basis(c->problem, c->columns, c->rows);
    if (rc == 0 && glp_factorize(c->problem) != 0)
        rc = AEMS_E_LIMIT;
    return rc;
}

static int find_basis(struct crossover *c)
{
    set_statuses(c);
    int rc = load(c);
    for (int round = 0; rc == 0 && round < MOST_ROUNDS; round++) {
        size_t directions = 0;
        forget_choice(c);
        if (round == 0)
            choose_by_rows(c);
        for (size_t i = 0; round > 0 && i < c->lp->n_rows; i++)
            if (is_left_over(c, i) && directions++ < MOST_DIRECTIONS)
                choose_along(c, i);
        if (take_in_chosen(c) == 0)
            break;
        rc = load(c);
    }
    return rc;
}

static int allocate(struct crossover *c)
{
    size_t n = c->lp->n_columns + 1, m = c->lp->n_rows + 1;
    c->columns = calloc(n, sizeof(int));
    c->rows = calloc(m, sizeof(int));
    c->held = calloc(m, sizeof(int));
    c->chosen = calloc(m, sizeof(int));
    c->merit = calloc(m, sizeof(double));
    c->direction = calloc(m, sizeof(double));
    return c->columns && c->rows && c->held && c->chosen && c->merit && c->direction ? 0 : AEMS_E_NOMEM;
}

// Costs with which the multipliers of the interior point belong to this basis and hold everything where it is.
static void shift_costs(const struct crossover *c)
{
    for (size_t j = 0; j < c->lp->n_columns; j++) {
        double reduced = c->interior->reduced_cost[j];
        int status = c->columns[j];
        bool holds =
            status == BASIS_FIXED || (status == BASIS_LOWER && reduced > 0) || (status == BASIS_UPPER && reduced < 0);
        if (!holds)
            glp_set_obj_coef(c->problem, (int)j + 1, c->lp->costs[j] - reduced);
    }
}

static void restore_costs(const struct crossover *c)
{
    for (size_t j = 0; j < c->lp->n_columns; j++)
        glp_set_obj_coef(c->problem, (int)j + 1, c->lp->costs[j]);
}

// First the dual simplex, for what leaves its bounds as the basis is not quite that of the interior point, then the
// primal, for what its multipliers were. Each has a few steps to go.
static int clean_up(const struct crossover *c, double until_ms)
{
    shift_costs(c);
    int code = glp_warm_up(c->problem);
    if (code == 0)
        code = simplex_run(c->problem, SIMPLEX_BASIS, until_ms);
    restore_costs(c);
    if (code == 0)
        code = glp_warm_up(c->problem);
    return code == 0 ? simplex_run(c->problem, SIMPLEX_BASIS, until_ms) : code;
}

int crossover(const struct lp *lp, const struct lp_solution *interior, glp_prob *problem, double until_ms)
{
    struct crossover c = {.lp = lp, .interior = interior, .problem = problem};
    if (lp_matrix_of(lp, &c.m) < 0)
        return GLP_EFAIL;
    int rc = allocate(&c);
    if (rc == 0)
        rc = find_basis(&c);
    int code = rc == 0 ? clean_up(&c, until_ms) : GLP_EFAIL;
    lp_matrix_free(&c.m);
    free(c.columns);
    free(c.rows);
    free(c.held);
    free(c.chosen);
    free(c.merit);
    free(c.direction);
    return code;
}
