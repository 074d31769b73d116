// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/glpk_model.h"

#include <stdlib.h>

#include "base/error.h"

static int bound_type(const struct lp_bounds *b)
{
    bool has_lower = lp_is_finite(b->lower), has_upper = lp_is_finite(b->upper);
    if (has_lower && has_upper)
        return b->lower == b->upper ? GLP_FX : GLP_DB;
    if (has_lower)
        return GLP_LO;
    return has_upper ? GLP_UP : GLP_FR;
}

static void set_bounds(const struct lp *lp, glp_prob *problem)
{
    for (size_t i = 0; i < lp->n_rows; i++) {
        const struct lp_bounds *b = &lp->rows[i];
        glp_set_row_bnds(problem, (int)i + 1, bound_type(b), b->lower, b->upper);
    }
    for (size_t j = 0; j < lp->n_columns; j++) {
        const struct lp_bounds *b = &lp->columns[j];
        glp_set_col_bnds(problem, (int)j + 1, bound_type(b), b->lower, b->upper);
        glp_set_obj_coef(problem, (int)j + 1, lp->costs[j]);
    }
}

static int load_entries(const struct lp *lp, const struct lp_matrix *m, glp_prob *problem)
{
    // GLPK counts from 1 and takes whole columns with their first element unused.
    int *rows = calloc(lp->n_rows + 1, sizeof(*rows));
    double *values = calloc(lp->n_rows + 1, sizeof(*values));
    int rc = rows && values ? 0 : AEMS_E_NOMEM;
    for (size_t j = 0; rc == 0 && j < lp->n_columns; j++) {
        int count = 0;
        for (size_t i = m->start[j]; i < m->start[j + 1]; i++) {
            rows[++count] = m->row[i] + 1;
            values[count] = m->value[i];
        }
        glp_set_mat_col(problem, (int)j + 1, count, rows, values);
    }
    free(rows);
    free(values);
    return rc;
}

void glpk_model_name(const struct lp *lp, glp_prob *problem)
{
    for (size_t i = 0; i < lp->n_rows; i++)
        glp_set_row_name(problem, (int)i + 1, lp->rows[i].name);
    for (size_t j = 0; j < lp->n_columns; j++)
        glp_set_col_name(problem, (int)j + 1, lp->columns[j].name);
}

int glpk_model_of(const struct lp *lp, glp_prob **ret_problem)
{
    struct lp_matrix m;
    int rc = lp_matrix_of(lp, &m);
    if (rc < 0)
        return rc;
    glp_term_out(GLP_OFF);
    glp_prob *problem = glp_create_prob();
    glp_set_obj_dir(problem, GLP_MIN);
    if (lp->n_rows > 0)
        glp_add_rows(problem, (int)lp->n_rows);
    if (lp->n_columns > 0)
        glp_add_cols(problem, (int)lp->n_columns);
    set_bounds(lp, problem);
    rc = load_entries(lp, &m, problem);
    lp_matrix_free(&m);
    if (rc < 0) {
        glp_delete_prob(problem);
        return rc;
    }
    *ret_problem = problem;
    return 0;
}

void glpk_model_set_basis(glp_prob *problem, const int *column_status, const int *row_status)
{
    for (int i = 1; i <= glp_get_num_rows(problem); i++)
        glp_set_row_stat(problem, i, row_status[i - 1]);
    for (int j = 1; j <= glp_get_num_cols(problem); j++)
        glp_set_col_stat(problem, j, column_status[j - 1]);
}
