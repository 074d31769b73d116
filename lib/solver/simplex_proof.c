// SPDX-License-Identifier: GPL-3.0-or-later
// A basic variable is a sum of those that stand at their bounds. Where that sum cannot come to within the variable's
// own bounds whatever they do within theirs, nothing meets the model: that is what the dual simplex ends with, and it
// can be seen without believing it.
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "solver/simplex.h"

enum { MOST_ROWS = 20 }; // that are looked at, the worst first

static const double PROOF = 1e-8;    // of all that the sum is made of
static const double NOTHING = 1e-12; // a coefficient that is left of rounding
static const double OUTSIDE = 1e-9;

struct tableau {
    glp_prob *problem;
    int rows;
    int *index; // from 1; rows first, then columns
    double *value;
    double *outside; // per row of the basis: how far its variable is beyond its bounds, signed
};

static double low_of(const struct tableau *t, int k)
{
    return k <= t->rows ? glp_get_row_lb(t->problem, k) : glp_get_col_lb(t->problem, k - t->rows);
}

static double up_of(const struct tableau *t, int k)
{
    return k <= t->rows ? glp_get_row_ub(t->problem, k) : glp_get_col_ub(t->problem, k - t->rows);
}

static double value_of(const struct tableau *t, int k)
{
    return k <= t->rows ? glp_get_row_prim(t->problem, k) : glp_get_col_prim(t->problem, k - t->rows);
}

static void find_outside(struct tableau *t)
{
    for (int i = 1; i <= t->rows; i++) {
        int k = glp_get_bhead(t->problem, i);
        double x = value_of(t, k), low = low_of(t, k), up = up_of(t, k), slack = OUTSIDE * (1 + fabs(x));
        t->outside[i] = x < low - slack ? (x - low) / (1 + fabs(low)) : x > up + slack ? (x - up) / (1 + fabs(up)) : 0;
    }
}

// The most that the variable can come to, or the least; false where something without a bound takes part.
static bool reach(struct tableau *t, int k, bool most, double *ret_reach, double *ret_scale)
{
    int n = glp_eval_tab_row(t->problem, k, t->index, t->value);
    double sum = 0, scale = 1, largest = 0;
    for (int e = 1; e <= n; e++)
        largest = fmax(largest, fabs(t->value[e]));
    for (int e = 1; e <= n; e++) {
        double bound = (t->value[e] > 0) == most ? up_of(t, t->index[e]) : low_of(t, t->index[e]);
        if (fabs(t->value[e]) <= NOTHING * largest)
            continue;
        if (fabs(bound) >= DBL_MAX)
            return false;
        sum += t->value[e] * bound;
        scale += fabs(t->value[e] * bound);
    }
    *ret_reach = sum;
    *ret_scale = scale;
    return true;
}

static bool row_proves(struct tableau *t, int row)
{
    int k = glp_get_bhead(t->problem, row);
    bool below = t->outside[row] < 0;
    double bound = below ? low_of(t, k) : up_of(t, k), most, scale;
    if (!reach(t, k, below, &most, &scale))
        return false;
    double missing = below ? bound - most : most - bound;
    return missing > PROOF * (scale + fabs(bound));
}

static bool any_row_proves(struct tableau *t)
{
    find_outside(t);
    for (int tries = 0; tries < MOST_ROWS; tries++) {
        int worst = 1;
        for (int i = 2; i <= t->rows; i++)
            if (fabs(t->outside[i]) > fabs(t->outside[worst]))
                worst = i;
        if (t->outside[worst] == 0)
            return false;
        if (row_proves(t, worst))
            return true;
        t->outside[worst] = 0;
    }
    return false;
}

bool simplex_proves_infeasible(glp_prob *problem)
{
    struct tableau t = {.problem = problem, .rows = glp_get_num_rows(problem)};
    size_t room = (size_t)t.rows + (size_t)glp_get_num_cols(problem) + 1;
    if (t.rows == 0 || (!glp_bf_exists(problem) && glp_factorize(problem) != 0))
        return false;
    t.index = calloc(room, sizeof(int));
    t.value = calloc(room, sizeof(double));
    t.outside = calloc((size_t)t.rows + 1, sizeof(double));
    bool proves = t.index && t.value && t.outside && any_row_proves(&t);
    free(t.index);
    free(t.value);
    free(t.outside);
    return proves;
}
