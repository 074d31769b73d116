// SPDX-License-Identifier: GPL-3.0-or-later
// Mehrotra's predictor and corrector (1992).
#include <string.h>

#include "solver/interior_point.h"

static const double TO_THE_BOUND = 0.9995; // largest part of the way to a bound
static const double APART = 1e-15;         // from a bound, at least, so that rounding does not put it there
static const double JAMMED = 0.1, CENTRE_WHEN_JAMMED = 0.5;
static const double STIFFNESS = 1e-10; // of a column that no bound holds

// ---- the direction --------------------------------------------------------------------------------------------------

static void set_weights(struct point *p)
{
    for (int j = 0; j < p->f->n_columns; j++) {
        double stiffness = STIFFNESS;
        if (point_has_low(p, j))
            stiffness += p->z_low[j] / point_above_low(p, j);
        if (point_has_up(p, j))
            stiffness += p->z_up[j] / point_below_up(p, j);
        p->weight[j] = 1 / stiffness;
    }
    normal_factor(p->normal, p->weight);
}

void point_solve(struct point *p)
{
    const struct standard_form *f = p->f;
    memcpy(p->dy, p->miss_row, (size_t)f->n_rows * sizeof(double));
    for (int j = 0; j < f->n_columns; j++)
        point_add_column(f, j, p->weight[j] * p->force[j], p->dy);
    normal_solve(p->normal, p->dy);
    // What rounding has left of A dx = miss_row, once more.
    memcpy(p->rows, p->miss_row, (size_t)f->n_rows * sizeof(double));
    for (int j = 0; j < f->n_columns; j++)
        point_add_column(f, j, -p->weight[j] * (point_column_times(f, j, p->dy) - p->force[j]), p->rows);
    normal_solve(p->normal, p->rows);
    for (int i = 0; i < f->n_rows; i++)
        p->dy[i] += p->rows[i];
    for (int j = 0; j < f->n_columns; j++)
        p->dx[j] = p->weight[j] * (point_column_times(f, j, p->dy) - p->force[j]);
}

static void find_direction(struct point *p)
{
    for (int j = 0; j < p->f->n_columns; j++) {
        p->force[j] = p->miss_column[j];
        if (point_has_low(p, j))
            p->force[j] -= p->push_low[j] / point_above_low(p, j);
        if (point_has_up(p, j))
            p->force[j] += p->push_up[j] / point_below_up(p, j);
    }
    point_solve(p);
    for (int j = 0; j < p->f->n_columns; j++) {
        if (point_has_low(p, j))
            p->dz_low[j] = (p->push_low[j] - p->z_low[j] * p->dx[j]) / point_above_low(p, j);
        if (point_has_up(p, j))
            p->dz_up[j] = (p->push_up[j] + p->z_up[j] * p->dx[j]) / point_below_up(p, j);
    }
}

// How far along the direction until something that is > 0 is 0.
static double reach(double value, double change, double so_far)
{
    return change < 0 && -value / change < so_far ? -value / change : so_far;
}

static void longest(const struct point *p, double *ret_primal, double *ret_dual)
{
    double primal = 1 / TO_THE_BOUND, dual = 1 / TO_THE_BOUND;
    for (int j = 0; j < p->f->n_columns; j++) {
        if (point_has_low(p, j)) {
            primal = reach(point_above_low(p, j), p->dx[j], primal);
            dual = reach(p->z_low[j], p->dz_low[j], dual);
        }
        if (point_has_up(p, j)) {
            primal = reach(point_below_up(p, j), -p->dx[j], primal);
            dual = reach(p->z_up[j], p->dz_up[j], dual);
        }
    }
    *ret_primal = TO_THE_BOUND * primal;
    *ret_dual = TO_THE_BOUND * dual;
}

static double complementarity_after(const struct point *p, double primal, double dual)
{
    double sum = 0;
    int bounds = 0;
    for (int j = 0; j < p->f->n_columns; j++) {
        if (point_has_low(p, j)) {
            sum += (point_above_low(p, j) + primal * p->dx[j]) * (p->z_low[j] + dual * p->dz_low[j]);
            bounds++;
        }
        if (point_has_up(p, j)) {
            sum += (point_below_up(p, j) - primal * p->dx[j]) * (p->z_up[j] + dual * p->dz_up[j]);
            bounds++;
        }
    }
    return bounds > 0 ? sum / bounds : 0;
}

// First straight at the optimum, then with as much centring as that has shown to need, and its curvature.
static void choose_direction(struct point *p)
{
    int n = p->f->n_columns;
    for (int j = 0; j < n; j++) {
        p->push_low[j] = point_has_low(p, j) ? -p->z_low[j] * point_above_low(p, j) : 0;
        p->push_up[j] = point_has_up(p, j) ? -p->z_up[j] * point_below_up(p, j) : 0;
    }
    find_direction(p);
    double primal, dual;
    longest(p, &primal, &dual);
    double ratio = p->mu > 0 ? complementarity_after(p, primal, dual) / p->mu : 0;
    bool jammed = p->reached < JAMMED; // close to bounds that it should leave first
    double centre = p->mu * (jammed ? fmax(CENTRE_WHEN_JAMMED, ratio) : ratio * ratio * ratio);
    double curvature = jammed ? 0 : 1;
    for (int j = 0; j < n; j++) {
        if (point_has_low(p, j))
            p->push_low[j] += centre - curvature * p->dx[j] * p->dz_low[j];
        if (point_has_up(p, j))
            p->push_up[j] += centre + curvature * p->dx[j] * p->dz_up[j];
    }
    find_direction(p);
}

// The part of the direction that was possible, the greater of both.
static double move_on(struct point *p)
{
    double primal, dual;
    longest(p, &primal, &dual);
    for (int j = 0; j < p->f->n_columns; j++) {
        p->x[j] = point_inside(p, j, p->x[j] + primal * p->dx[j], APART * (1 + fabs(p->x[j])));
        p->z_low[j] += dual * p->dz_low[j];
        p->z_up[j] += dual * p->dz_up[j];
    }
    for (int i = 0; i < p->f->n_rows; i++)
        p->y[i] += dual * p->dy[i];
    p->steps++;
    p->reached = fmin(primal, dual);
    return fmax(primal, dual);
}

double point_step(struct point *p)
{
    set_weights(p);
    choose_direction(p);
    return move_on(p);
}
