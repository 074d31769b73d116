// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/simplex.h"

#include <limits.h>

#include "solver/certificate.h"
#include "solver/clock.h"

static const double FINE_TOLERANCE = 1e-10;

enum { MANY_STEPS = 1000, MANY_TIMES = 4, BASIS_STEPS = 200, BASIS_SHARE = 20 };

static int time_limit(double until_ms)
{
    double remaining_ms = until_ms - solver_now_ms();
    return remaining_ms < 1 ? 1 : remaining_ms > INT_MAX ? INT_MAX : (int)remaining_ms;
}

// A former basis of a large model that is not near is given up: the interior point is faster then.
static int patience(glp_prob *problem, enum simplex_start start)
{
    int size = glp_get_num_rows(problem) + glp_get_num_cols(problem);
    if (start == SIMPLEX_BASIS && glp_get_num_rows(problem) >= SIMPLEX_LARGE_ROWS)
        return BASIS_STEPS + size / BASIS_SHARE;
    // Rarely the simplex goes round in circles. One that has taken so many steps does; another start will not.
    return MANY_STEPS + MANY_TIMES * size;
}

int simplex_run(glp_prob *problem, enum simplex_start start, double until_ms)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.pricing = GLP_PT_PSE;
    how.r_test = start == SIMPLEX_DUAL ? GLP_RT_FLIP : GLP_RT_HAR;
    how.presolve = start == SIMPLEX_PRESOLVE ? GLP_ON : GLP_OFF;
    how.tm_lim = time_limit(until_ms);
    how.it_lim = patience(problem, start);
    how.meth = GLP_DUALP;
    // A basis that only new costs have spoilt is still feasible: the primal goes on from there.
    bool feasible = start == SIMPLEX_BASIS && glp_get_prim_stat(problem) == GLP_FEAS;
    if (feasible || start == SIMPLEX_PRIMAL)
        how.meth = GLP_PRIMAL;
    if (start == SIMPLEX_DUAL || start == SIMPLEX_PRIMAL)
        glp_cpx_basis(problem);
    return glp_simplex(problem, &how);
}

int simplex_refine(glp_prob *problem, double until_ms)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.meth = GLP_PRIMAL;
    how.tol_dj = how.tol_bnd = FINE_TOLERANCE;
    how.tm_lim = time_limit(until_ms);
    how.it_lim = patience(problem, SIMPLEX_BASIS);
    return glp_simplex(problem, &how);
}

static enum lp_status status_of(glp_prob *problem, int code)
{
    if (code == GLP_ETMLIM)
        return LP_TIME_LIMIT;
    if (code == GLP_ENOPFS)
        return LP_INFEASIBLE;
    if (code == GLP_ENODFS)
        return LP_UNBOUNDED;
    if (code != 0)
        return LP_FAILED;
    switch (glp_get_status(problem)) {
    case GLP_OPT:
        return LP_OPTIMAL;
    case GLP_NOFEAS:
        return LP_INFEASIBLE;
    case GLP_UNBND:
        return LP_UNBOUNDED;
    default:
        return LP_FAILED;
    }
}

static void read_answer(glp_prob *problem, struct lp_solution *r)
{
    r->objective = glp_get_obj_val(problem);
    for (size_t j = 0; j < r->n_columns; j++) {
        r->x[j] = glp_get_col_prim(problem, (int)j + 1);
        r->reduced_cost[j] = glp_get_col_dual(problem, (int)j + 1);
    }
    for (size_t i = 0; i < r->n_rows; i++) {
        r->row_value[i] = glp_get_row_prim(problem, (int)i + 1);
        r->row_dual[i] = glp_get_row_dual(problem, (int)i + 1);
    }
}

enum lp_status simplex_judge(glp_prob *problem, const struct lp *lp, int code, struct lp_solution *ret)
{
    enum lp_status status = status_of(problem, code);
    if (status != LP_OPTIMAL)
        return status;
    read_answer(problem, ret);
    return lp_certify(lp, ret) < 0 ? LP_FAILED : LP_OPTIMAL;
}
