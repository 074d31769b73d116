// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/solution.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int lp_solution_new(const struct lp *lp, struct lp_solution *ret_solution)
{
    struct lp_solution s = {.status = LP_FAILED, .method = "none", .n_columns = lp->n_columns, .n_rows = lp->n_rows};
    s.x = calloc(lp->n_columns + 1, sizeof(double));
    s.reduced_cost = calloc(lp->n_columns + 1, sizeof(double));
    s.row_dual = calloc(lp->n_rows + 1, sizeof(double));
    s.row_value = calloc(lp->n_rows + 1, sizeof(double));
    if (!s.x || !s.reduced_cost || !s.row_dual || !s.row_value) {
        lp_solution_free(&s);
        return AEMS_E_NOMEM;
    }
    *ret_solution = s;
    return 0;
}

void lp_solution_free(struct lp_solution *solution)
{
    free(solution->x);
    free(solution->reduced_cost);
    free(solution->row_dual);
    free(solution->row_value);
    *solution = (struct lp_solution){0};
}

static void swap(double **a, double **b)
{
    double *kept = *a;
    *a = *b;
    *b = kept;
}

void lp_solution_take_values(struct lp_solution *s, struct lp_solution *from)
{
    swap(&s->x, &from->x);
    swap(&s->reduced_cost, &from->reduced_cost);
    swap(&s->row_dual, &from->row_dual);
    swap(&s->row_value, &from->row_value);
    s->objective = from->objective;
    s->primal_residual = from->primal_residual;
    s->dual_residual = from->dual_residual;
    s->gap = from->gap;
}

int lp_solution_derive(const struct lp *lp, struct lp_solution *s)
{
    struct lp_matrix m;
    int rc = lp_matrix_of(lp, &m);
    if (rc < 0)
        return rc;
    memset(s->row_value, 0, lp->n_rows * sizeof(double));
    s->objective = 0;
    for (size_t j = 0; j < lp->n_columns; j++) {
        s->objective += lp->costs[j] * s->x[j];
        s->reduced_cost[j] = lp->costs[j];
        for (size_t e = m.start[j]; e < m.start[j + 1]; e++) {
            s->row_value[m.row[e]] += m.value[e] * s->x[j];
            s->reduced_cost[j] -= m.value[e] * s->row_dual[m.row[e]];
        }
    }
    lp_matrix_free(&m);
    return 0;
}
