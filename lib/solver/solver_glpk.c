// SPDX-License-Identifier: GPL-3.0-or-later
// Solving with GLPK: the last basis first, then from scratch in ways that fail for different reasons. Whatever GLPK
// says, only an answer with a certificate counts as optimal.
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "solver/basis.h"
#include "solver/certificate.h"
#include "solver/glpk_model.h"

static const double FINE_TOLERANCE = 1e-10;

struct solver {
    struct basis basis; // the last optimal one
};

enum { MANY_STEPS = 1000, MANY_TIMES = 4 };

enum start { START_LAST_BASIS, START_CRASH_DUAL, START_CRASH_PRIMAL, START_PRESOLVE, START_INTERIOR, START_COUNT };

int solver_new(struct solver **ret_solver)
{
    struct solver *s = calloc(1, sizeof(*s));
    if (!s)
        return AEMS_E_NOMEM;
    *ret_solver = s;
    return 0;
}

void solver_free(struct solver *s)
{
    if (!s)
        return;
    basis_forget(&s->basis);
    free(s);
}

void lp_solution_free(struct lp_solution *solution)
{
    free(solution->x);
    free(solution->reduced_cost);
    free(solution->row_dual);
    free(solution->row_value);
    *solution = (struct lp_solution){0};
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

// ---- the basis ------------------------------------------------------------------------------------------------------

static_assert(BASIS_BASIC == GLP_BS && BASIS_LOWER == GLP_NL && BASIS_UPPER == GLP_NU && BASIS_FREE == GLP_NF &&
                  BASIS_FIXED == GLP_NS,
              "statuses pass between GLPK and the basis unchanged");

struct statuses {
    int *columns, *rows;
};

static bool statuses_new(const struct lp *lp, struct statuses *ret)
{
    *ret = (struct statuses){.columns = calloc(lp->n_columns + 1, sizeof(int)),
                             .rows = calloc(lp->n_rows + 1, sizeof(int))};
    return ret->columns && ret->rows;
}

static void statuses_free(struct statuses *s)
{
    free(s->columns);
    free(s->rows);
}

// Losing the basis for want of memory only costs time.
static void keep_basis(struct solver *s, glp_prob *problem, const struct lp *lp)
{
    struct statuses now;
    if (statuses_new(lp, &now)) {
        for (size_t i = 0; i < lp->n_rows; i++)
            now.rows[i] = glp_get_row_stat(problem, (int)i + 1);
        for (size_t j = 0; j < lp->n_columns; j++)
            now.columns[j] = glp_get_col_stat(problem, (int)j + 1);
        (void)basis_keep(&s->basis, lp, now.columns, now.rows);
    }
    statuses_free(&now);
}

static bool set_last_basis(const struct solver *s, glp_prob *problem, const struct lp *lp, int *ret_repairs)
{
    struct statuses next = {0};
    if (s->basis.n_columns == 0)
        return false;
    bool done = statuses_new(lp, &next);
    if (done) {
        basis_map(&s->basis, lp, next.columns, next.rows);
        done = basis_repair(lp, next.columns, next.rows, ret_repairs) == 0;
    }
    for (size_t i = 0; done && i < lp->n_rows; i++)
        glp_set_row_stat(problem, (int)i + 1, next.rows[i]);
    for (size_t j = 0; done && j < lp->n_columns; j++)
        glp_set_col_stat(problem, (int)j + 1, next.columns[j]);
    statuses_free(&next);
    return done && glp_warm_up(problem) == 0;
}

// ---- one attempt ----------------------------------------------------------------------------------------------------

static int time_limit(double remaining_ms)
{
    return remaining_ms < 1 ? 1 : remaining_ms > INT_MAX ? INT_MAX : (int)remaining_ms;
}

static int solve_simplex(glp_prob *problem, enum start start, double remaining_ms)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.pricing = GLP_PT_PSE;
    how.r_test = start == START_CRASH_DUAL ? GLP_RT_FLIP : GLP_RT_HAR;
    how.presolve = start == START_PRESOLVE ? GLP_ON : GLP_OFF;
    how.tm_lim = time_limit(remaining_ms);
    // Rarely the simplex goes round in circles. One that has taken so many steps does; another start will not.
    how.it_lim = MANY_STEPS + MANY_TIMES * (glp_get_num_rows(problem) + glp_get_num_cols(problem));
    how.meth = GLP_DUALP;
    // A basis that only new costs have spoilt is still feasible: the primal goes on from there.
    bool feasible = start == START_LAST_BASIS && glp_get_prim_stat(problem) == GLP_FEAS;
    if (feasible || start == START_CRASH_PRIMAL)
        how.meth = GLP_PRIMAL;
    return glp_simplex(problem, &how);
}

static enum lp_status simplex_status(glp_prob *problem, int code)
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

static void read_simplex(glp_prob *problem, struct lp_solution *r)
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

static void read_interior(glp_prob *problem, struct lp_solution *r)
{
    r->objective = glp_ipt_obj_val(problem);
    for (size_t j = 0; j < r->n_columns; j++) {
        r->x[j] = glp_ipt_col_prim(problem, (int)j + 1);
        r->reduced_cost[j] = glp_ipt_col_dual(problem, (int)j + 1);
    }
    for (size_t i = 0; i < r->n_rows; i++) {
        r->row_value[i] = glp_ipt_row_prim(problem, (int)i + 1);
        r->row_dual[i] = glp_ipt_row_dual(problem, (int)i + 1);
    }
}

// Its return code is not asked: it often reports failure at a point that the certificate finds good.
static void solve_interior(glp_prob *problem, const struct lp *lp, struct lp_solution *r)
{
    glp_iptcp how;
    glp_init_iptcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.ord_alg = GLP_ORD_SYMAMD;
    r->method = "interior point";
    r->status = LP_FAILED;
    if (glp_interior(problem, &how) == GLP_EFAIL)
        return;
    read_interior(problem, r);
    if (lp_certify(lp, r) == 0)
        r->status = LP_OPTIMAL;
}

static bool set_start(const struct solver *s, glp_prob *problem, const struct lp *lp, enum start start,
                      struct lp_solution *r)
{
    r->warm = start == START_LAST_BASIS;
    if (start == START_LAST_BASIS)
        return set_last_basis(s, problem, lp, &r->repairs);
    if (start == START_CRASH_DUAL || start == START_CRASH_PRIMAL)
        glp_cpx_basis(problem);
    return true;
}

// The status of what simplex found; an optimum that the certificate does not confirm is LP_FAILED.
static enum lp_status judge_simplex(glp_prob *problem, const struct lp *lp, int code, struct lp_solution *r)
{
    enum lp_status status = simplex_status(problem, code);
    r->iterations = glp_get_it_cnt(problem);
    if (status != LP_OPTIMAL)
        return status;
    read_simplex(problem, r);
    return lp_certify(lp, r) < 0 ? LP_FAILED : LP_OPTIMAL;
}

// An optimum within GLPK's usual tolerances whose sum over many columns is not: a few steps more, with finer ones.
static int refine_simplex(glp_prob *problem, double remaining_ms)
{
    glp_smcp how;
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.meth = GLP_PRIMAL;
    how.tol_dj = how.tol_bnd = FINE_TOLERANCE;
    how.tm_lim = time_limit(remaining_ms);
    return glp_simplex(problem, &how);
}

// False when this start is not possible or did not come to a status that can be relied upon.
static bool attempt(struct solver *s, glp_prob *problem, const struct lp *lp, enum start start, double remaining_ms,
                    struct lp_solution *r)
{
    if (!set_start(s, problem, lp, start, r))
        return false;
    if (start == START_INTERIOR) {
        solve_interior(problem, lp, r);
        return r->status == LP_OPTIMAL;
    }
    r->method = start == START_CRASH_PRIMAL ? "primal simplex" : "dual simplex";
    double begin_ms = now_ms();
    int code = solve_simplex(problem, start, remaining_ms);
    r->status = judge_simplex(problem, lp, code, r);
    if (r->status == LP_FAILED && code == 0 && glp_get_status(problem) == GLP_OPT) {
        code = refine_simplex(problem, remaining_ms - (now_ms() - begin_ms));
        r->status = judge_simplex(problem, lp, code, r);
    }
    if (r->status == LP_OPTIMAL)
        keep_basis(s, problem, lp);
    return r->status != LP_FAILED;
}

// ---- all of them ----------------------------------------------------------------------------------------------------

static int allocate(const struct lp *lp, struct lp_solution *r)
{
    *r = (struct lp_solution){.status = LP_FAILED, .method = "none"};
    r->n_columns = lp->n_columns;
    r->n_rows = lp->n_rows;
    r->x = calloc(lp->n_columns + 1, sizeof(double));
    r->reduced_cost = calloc(lp->n_columns + 1, sizeof(double));
    r->row_dual = calloc(lp->n_rows + 1, sizeof(double));
    r->row_value = calloc(lp->n_rows + 1, sizeof(double));
    if (r->x && r->reduced_cost && r->row_dual && r->row_value)
        return 0;
    lp_solution_free(r);
    return AEMS_E_NOMEM;
}

int solver_solve(struct solver *s, const struct lp *lp, int deadline_ms, struct lp_solution *ret)
{
    double begin_ms = now_ms();
    struct lp_solution r;
    int rc = allocate(lp, &r);
    if (rc < 0)
        return rc;
    glp_prob *problem;
    rc = glpk_model_of(lp, &problem);
    if (rc < 0) {
        lp_solution_free(&r);
        return rc;
    }
    glp_scale_prob(problem, GLP_SF_AUTO);
    bool had_basis = s->basis.n_columns > 0;
    for (int start = START_LAST_BASIS; start < START_COUNT; start++) {
        double remaining_ms = deadline_ms - (now_ms() - begin_ms);
        if (remaining_ms <= 0) {
            r.status = LP_TIME_LIMIT;
            break;
        }
        if (attempt(s, problem, lp, (enum start)start, remaining_ms, &r))
            break;
        // Without a former plan there was no basis that could fail.
        r.fallbacks += start != START_LAST_BASIS || had_basis;
    }
    glp_delete_prob(problem);
    r.solve_ms = now_ms() - begin_ms;
    *ret = r;
    return 0;
}
