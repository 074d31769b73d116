// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interior_point.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const double PROOF = 1e-7; // that nothing is feasible, relative to the terms of the proof
static const double FAR = 1e9;    // kW, kWh: where nothing bounds a column, for that proof

int point_new(const struct standard_form *f, struct point *ret_point)
{
    struct point point = {.f = f}, *p = &point;
    double **of_columns[] = {&p->x,      &p->z_low, &p->z_up,        &p->dx,       &p->dz_low,  &p->dz_up,
                             &p->weight, &p->force, &p->miss_column, &p->push_low, &p->push_up, &p->best_x};
    double **of_rows[] = {&p->y, &p->dy, &p->rows, &p->miss_row, &p->best_y};
    size_t n = (size_t)f->n_columns + 1, m = (size_t)f->n_rows + 1;
    enum {
        COLUMN_ARRAYS = sizeof(of_columns) / sizeof(of_columns[0]),
        ROW_ARRAYS = sizeof(of_rows) / sizeof(of_rows[0])
    };
    p->block = calloc(COLUMN_ARRAYS * n + ROW_ARRAYS * m, sizeof(double));
    if (!p->block)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < COLUMN_ARRAYS; i++)
        *of_columns[i] = p->block + i * n;
    for (size_t i = 0; i < ROW_ARRAYS; i++)
        *of_rows[i] = p->block + COLUMN_ARRAYS * n + i * m;
    int rc = normal_new(f, &p->normal);
    if (rc < 0)
        point_free(p);
    else
        *ret_point = point;
    return rc;
}

void point_free(struct point *p)
{
    normal_free(p->normal);
    free(p->block);
}

// ---- products -------------------------------------------------------------------------------------------------------

double point_column_times(const struct standard_form *f, int j, const double *y)
{
    double sum = 0;
    for (int e = f->start[j]; e < f->start[j + 1]; e++)
        sum += f->value[e] * y[f->row[e]];
    return sum;
}

void point_add_column(const struct standard_form *f, int j, double x, double *rows)
{
    for (int e = f->start[j]; e < f->start[j + 1]; e++)
        rows[f->row[e]] += f->value[e] * x;
}

static double norm(const double *values, int n)
{
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

// ---- where it stands ------------------------------------------------------------------------------------------------

static void judge_column(struct point *p, int j, double *complementarity, int *bounds)
{
    const struct standard_form *f = p->f;
    p->miss_column[j] = f->cost[j] - point_column_times(f, j, p->y) - p->z_low[j] + p->z_up[j];
    p->primal += f->cost[j] * p->x[j];
    point_add_column(f, j, -p->x[j], p->miss_row);
    if (point_has_low(p, j)) {
        *complementarity += p->z_low[j] * point_above_low(p, j);
        p->dual += p->z_low[j] * f->lower[j];
        ++*bounds;
    }
    if (point_has_up(p, j)) {
        *complementarity += p->z_up[j] * point_below_up(p, j);
        p->dual -= p->z_up[j] * f->upper[j];
        ++*bounds;
    }
}

void point_measure(struct point *p)
{
    const struct standard_form *f = p->f;
    double complementarity = 0;
    int bounds = 0;
    memcpy(p->miss_row, f->right, (size_t)f->n_rows * sizeof(double));
    p->primal = p->dual = 0;
    for (int i = 0; i < f->n_rows; i++)
        p->dual += f->right[i] * p->y[i];
    for (int j = 0; j < f->n_columns; j++)
        judge_column(p, j, &complementarity, &bounds);
    p->mu = bounds > 0 ? complementarity / bounds : 0;
    p->worst_row = norm(p->miss_row, f->n_rows) / (1 + norm(f->right, f->n_rows));
    p->worst_column = norm(p->miss_column, f->n_columns) / (1 + norm(f->cost, f->n_columns));
    p->gap = fabs(p->primal - p->dual) / (1 + fabs(p->primal));
}

double point_worst(const struct point *p)
{
    bool sound = isfinite(p->primal) && isfinite(p->dual); // fmax would not see a NaN
    return sound ? fmax(fmax(p->worst_row, p->worst_column), p->gap) : INFINITY;
}

// Any multipliers y bound from below how far the rows are missed by what lies within the bounds: by their sum over the
// right side, less the most that y'A x can come to. If that is above 0, nothing meets the rows.
bool point_proves_infeasible(const struct point *p)
{
    double sum = 0, scale = 0;
    for (int i = 0; i < p->f->n_rows; i++) {
        sum += p->f->right[i] * p->y[i];
        scale += fabs(p->f->right[i] * p->y[i]);
    }
    for (int j = 0; j < p->f->n_columns; j++) {
        double pull = p->f->cost[j] - p->miss_column[j] - p->z_low[j] + p->z_up[j];
        double bound = pull > 0 ? p->f->upper[j] : p->f->lower[j];
        if (!isfinite(bound))
            bound = pull > 0 ? FAR : -FAR;
        sum -= pull * bound;
        scale += fabs(pull * bound);
    }
    return sum > PROOF * scale;
}

double point_inside(const struct point *p, int j, double value, double room)
{
    double low = p->f->lower[j], up = p->f->upper[j];
    double margin = fmin(room, 0.5 * (up - low));
    return fmin(fmax(value, low + margin), up - margin);
}
