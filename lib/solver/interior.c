// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interior.h"

#include <string.h>

#include "solver/clock.h"
#include "solver/interior_point.h"
#include "solver/solution.h"

enum { MOST_STEPS = 100, MOST_SHORT_STEPS = 5, MOST_IDLE_STEPS = 15 };

static const double CONVERGED = 1e-9; // residuals and gap, relative
static const double NEARLY = 5e-7;    // the same, where it gets no further
static const double SHORT_STEP = 1e-3;

// ---- the start ------------------------------------------------------------------------------------------------------

// The x nearest to 0 (or the bounds) that solves A x = right, and the y that leaves least of the cost, each moved
// inside.
static void begin(struct point *p)
{
    const struct standard_form *f = p->f;
    for (int j = 0; j < f->n_columns; j++) {
        p->weight[j] = 1;
        p->x[j] = point_inside(p, j, 0, 0);
        p->force[j] = 0;
    }
    normal_factor(p->normal, p->weight);
    point_measure(p);
    point_solve(p);
    double distance = 0, mean_cost = 0;
    for (int j = 0; j < f->n_columns; j++) {
        double wanted = p->x[j] + p->dx[j];
        distance += fabs(point_inside(p, j, wanted, 0) - wanted);
        p->x[j] = wanted;
        p->force[j] = f->cost[j];
    }
    memset(p->miss_row, 0, (size_t)f->n_rows * sizeof(double));
    point_solve(p);
    memcpy(p->y, p->dy, (size_t)f->n_rows * sizeof(double));
    for (int j = 0; j < f->n_columns; j++)
        mean_cost += fabs(f->cost[j] - point_column_times(f, j, p->y));
    double room = 1 + distance / (1 + f->n_columns), push = 1e-3 + mean_cost / (1 + f->n_columns);
    for (int j = 0; j < f->n_columns; j++) {
        double reduced = f->cost[j] - point_column_times(f, j, p->y);
        p->x[j] = point_inside(p, j, p->x[j], room);
        p->z_low[j] = point_has_low(p, j) ? fmax(reduced, 0) + push : 0;
        p->z_up[j] = point_has_up(p, j) ? fmax(-reduced, 0) + push : 0;
    }
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static void keep_best(struct point *p)
{
    p->idle++;
    if (!(point_worst(p) < p->best))
        return;
    p->best = point_worst(p);
    p->idle = 0;
    memcpy(p->best_x, p->x, (size_t)p->f->n_columns * sizeof(double));
    memcpy(p->best_y, p->y, (size_t)p->f->n_rows * sizeof(double));
}

static bool gets_no_further(const struct point *p, int short_steps)
{
    return !isfinite(point_worst(p)) || p->steps >= MOST_STEPS || p->idle >= MOST_IDLE_STEPS ||
           short_steps >= MOST_SHORT_STEPS;
}

static enum lp_status run(struct point *p, double until_ms)
{
    int short_steps = 0;
    p->best = INFINITY;
    p->reached = 1;
    begin(p);
    for (;;) {
        point_measure(p);
        keep_best(p);
        if (p->best <= CONVERGED)
            return LP_OPTIMAL;
        if (p->worst_row > CONVERGED && point_proves_infeasible(p))
            return LP_INFEASIBLE;
        if (gets_no_further(p, short_steps))
            return p->best <= NEARLY ? LP_OPTIMAL : LP_FAILED;
        if (solver_now_ms() >= until_ms)
            return LP_TIME_LIMIT;
        short_steps = point_step(p) < SHORT_STEP ? short_steps + 1 : 0;
    }
}

static int read_answer(const struct point *p, const struct lp *lp, struct lp_solution *r)
{
    const struct standard_form *f = p->f;
    for (size_t j = 0; j < lp->n_columns; j++)
        r->x[j] = f->column_of[j] < 0 ? lp->columns[j].lower : p->best_x[f->column_of[j]];
    for (size_t i = 0; i < lp->n_rows; i++)
        r->row_dual[i] = f->row_of[i] < 0 ? 0 : p->best_y[f->row_of[i]];
    return lp_solution_derive(lp, r);
}

int interior_solve(const struct lp *lp, double until_ms, struct lp_solution *ret)
{
    struct standard_form f;
    struct point p;
    int rc = standard_form_of(lp, &f);
    if (rc < 0)
        return rc;
    rc = point_new(&f, &p);
    if (rc == 0) {
        ret->status = run(&p, until_ms);
        ret->iterations = p.steps;
        rc = read_answer(&p, lp, ret);
        point_free(&p);
    }
    standard_form_free(&f);
    return rc;
}
