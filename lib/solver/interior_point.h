// SPDX-License-Identifier: GPL-3.0-or-later
// Where an interior point method stands, and one step of it: for the files of this room.
//
// Columns stay strictly between their bounds throughout; only A x = right is reached on the way.
#pragma once

#include <math.h>

#include "solver/normal.h"

struct point {
    const struct standard_form *f;
    struct normal *normal;
    double *x, *y, *z_low, *z_up;     // z: multipliers of the bounds, >= 0; 0 where there is none
    double *dx, *dy, *dz_low, *dz_up; // the direction
    double *weight;                   // x per unit of force
    double *force, *rows;             // right sides
    double *miss_row, *miss_column;   // right - A x, cost - A' y - z_low + z_up
    double *push_low, *push_up;       // what the complementarity of each bound shall come to
    double mu, primal, dual;          // mean complementarity; objectives
    double worst_row, worst_column, gap;
    double *best_x, *best_y, best; // the point with the least of `worst`, so far
    int steps, idle;               // steps in all; since it got nearer
    double reached;                // part of the last direction that was possible, the lesser of both
    double *block;
};

// All numbers 0. `f` is borrowed. AEMS_E_NOMEM.
int point_new(const struct standard_form *f, struct point *ret_point);
void point_free(struct point *p);

// Residuals, objectives, complementarity.
void point_measure(struct point *p);

// The largest residual or the gap, relative; INFINITY when a number is not sound.
double point_worst(const struct point *p);

// The multipliers as they are prove that nothing meets the rows.
bool point_proves_infeasible(const struct point *p);

// dx, dy with A dx = miss_row, A' dy - dx / weight = force, by the weights last factored.
void point_solve(struct point *p);

// A value inside the bounds by `room`, or in their middle when they are closer than that.
double point_inside(const struct point *p, int j, double value, double room);

// Column j of A times the rows' numbers; or times x, added onto them.
double point_column_times(const struct standard_form *f, int j, const double *rows);
void point_add_column(const struct standard_form *f, int j, double x, double *rows);

// One step: straight at the optimum first, then with as much centring as that has shown to need. Returns the part of
// the direction that was possible for x or for the multipliers, the greater.
double point_step(struct point *p);

static inline bool point_has_low(const struct point *p, int j)
{
    return p->f->lower[j] > -INFINITY;
}

static inline bool point_has_up(const struct point *p, int j)
{
    return p->f->upper[j] < INFINITY;
}

static inline double point_above_low(const struct point *p, int j)
{
    return p->x[j] - p->f->lower[j];
}

static inline double point_below_up(const struct point *p, int j)
{
    return p->f->upper[j] - p->x[j];
}
