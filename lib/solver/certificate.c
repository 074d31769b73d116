// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/certificate.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "solver/model.h"

struct sums {
    double *activity;        // of each row
    double *activity_scale;  // the largest term in it
    double primal_objective; // c.x
    double dual_objective;   // what the multipliers promise
    double primal_residual, dual_residual;
    double cost_scale; // the largest cost
};

static void note(double *worst, double deviation)
{
    // The comparison is turned round so that a NaN is noted, too.
    if (!(deviation <= *worst))
        *worst = isnan(deviation) ? INFINITY : deviation;
}

static double outside(double value, double lower, double upper)
{
    if (lp_is_finite(lower) && !(value >= lower))
        return lower - value;
    if (lp_is_finite(upper) && !(value <= upper))
        return value - upper;
    return 0;
}

// A multiplier pulls towards one bound and earns it; where that bound does not exist, the multiplier is an error.
static void add_dual(struct sums *sums, double multiplier, const struct lp_bounds *b, double scale)
{
    double bound = multiplier > 0 ? b->lower : b->upper;
    if (multiplier == 0)
        return;
    if (lp_is_finite(bound))
        sums->dual_objective += multiplier * bound;
    else
        note(&sums->dual_residual, fabs(multiplier) / (1 + scale));
}

static void judge_column(const struct lp *lp, const struct lp_matrix *m, const struct lp_solution *s, size_t j,
                         struct sums *sums)
{
    double x = s->x[j], reduced = lp->costs[j], scale = fabs(lp->costs[j]);
    for (size_t i = m->start[j]; i < m->start[j + 1]; i++) {
        int row = m->row[i];
        double pull = m->value[i] * s->row_dual[row], term = m->value[i] * x;
        reduced -= pull;
        scale = fmax(scale, fabs(pull));
        sums->activity[row] += term;
        sums->activity_scale[row] = fmax(sums->activity_scale[row], fabs(term));
    }
    const struct lp_bounds *b = &lp->columns[j];
    note(&sums->primal_residual, outside(x, b->lower, b->upper) / (1 + fabs(x)));
    note(&sums->dual_residual, fabs(reduced - s->reduced_cost[j]) / (1 + scale));
    add_dual(sums, reduced, b, scale);
    sums->primal_objective += lp->costs[j] * x;
}

static void judge_row(const struct lp *lp, const struct lp_solution *s, size_t i, struct sums *sums)
{
    const struct lp_bounds *b = &lp->rows[i];
    double activity = sums->activity[i], scale = 1 + sums->activity_scale[i];
    note(&sums->primal_residual, outside(activity, b->lower, b->upper) / scale);
    note(&sums->primal_residual, fabs(activity - s->row_value[i]) / scale);
    add_dual(sums, s->row_dual[i], b, sums->cost_scale);
}

static int judge(const struct lp *lp, struct lp_solution *s, const struct lp_matrix *m, struct sums *sums)
{
    for (size_t j = 0; j < lp->n_columns; j++)
        sums->cost_scale = fmax(sums->cost_scale, fabs(lp->costs[j]));
    for (size_t j = 0; j < lp->n_columns; j++)
        judge_column(lp, m, s, j, sums);
    for (size_t i = 0; i < lp->n_rows; i++)
        judge_row(lp, s, i, sums);
    double scale = 1 + fabs(sums->primal_objective);
    s->primal_residual = sums->primal_residual;
    s->dual_residual = sums->dual_residual;
    s->gap = fabs(sums->primal_objective - sums->dual_objective) / scale;
    note(&s->gap, fabs(sums->primal_objective - s->objective) / scale);
    bool holds = s->primal_residual <= CERTIFICATE_TOLERANCE && s->dual_residual <= CERTIFICATE_TOLERANCE &&
                 s->gap <= CERTIFICATE_TOLERANCE;
    return holds ? 0 : AEMS_E_REFUSED;
}

int lp_certify(const struct lp *lp, struct lp_solution *s)
{
    s->primal_residual = s->dual_residual = s->gap = INFINITY;
    if (s->n_columns != lp->n_columns || s->n_rows != lp->n_rows || !s->x || !s->row_dual)
        return AEMS_E_REFUSED;
    struct lp_matrix m;
    int rc = lp_matrix_of(lp, &m);
    if (rc < 0)
        return rc;
    struct sums sums = {.activity = calloc(lp->n_rows + 1, sizeof(double)),
                        .activity_scale = calloc(lp->n_rows + 1, sizeof(double))};
    rc = sums.activity && sums.activity_scale ? judge(lp, s, &m, &sums) : AEMS_E_NOMEM;
    free(sums.activity);
    free(sums.activity_scale);
    lp_matrix_free(&m);
    return rc;
}
