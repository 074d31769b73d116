// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to solve a model, one after the other until one comes to an answer that can be relied upon: the last basis
// first, then from scratch in ways that fail for different reasons. Whatever a method says, only an answer with a
// certificate counts as optimal. A way that stalls is no answer either: the next is tried while there is time.
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "solver/basis.h"
#include "solver/certificate.h"
#include "solver/clock.h"
#include "solver/crossover.h"
#include "solver/interior.h"
#include "solver/simplex.h"
#include "solver/solution.h"

struct solver {
    struct basis basis; // the last optimal one
};

enum way { WAY_LAST_BASIS, WAY_INTERIOR, WAY_DUAL, WAY_PRIMAL, WAY_PRESOLVE, WAY_COUNT };

// What a way may take of the time that is left while others follow. A former basis helps only if it does so soon; the
// interior point takes its time with a large model but comes to an end.
static const double SHARE[WAY_COUNT] = {
    [WAY_LAST_BASIS] = 0.25, [WAY_INTERIOR] = 0.7, [WAY_DUAL] = 0.5, [WAY_PRIMAL] = 0.5, [WAY_PRESOLVE] = 0.5};
static const double VERTEX_SHARE = 0.25;  // the same, of the step from an optimum inside to a vertex
static const double LEAST_SHARE_MS = 100; // within which nobody can tell a way that stalls from a slow machine

// One model on its way to an answer.
struct attempt {
    struct solver *solver;
    const struct lp *lp;
    glp_prob *problem;
    double until_ms, way_until_ms; // the whole, and the way that is tried; of solver_now_ms
    bool needs_vertex;
    int doubts; // ways that called it infeasible without a proof
    struct lp_solution *r;
};

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
static void keep_basis(const struct attempt *a)
{
    struct statuses now;
    if (statuses_new(a->lp, &now)) {
        for (size_t i = 0; i < a->lp->n_rows; i++)
            now.rows[i] = glp_get_row_stat(a->problem, (int)i + 1);
        for (size_t j = 0; j < a->lp->n_columns; j++)
            now.columns[j] = glp_get_col_stat(a->problem, (int)j + 1);
        (void)basis_keep(&a->solver->basis, a->lp, now.columns, now.rows);
    }
    statuses_free(&now);
}

static bool set_last_basis(const struct attempt *a)
{
    struct statuses next = {0};
    bool done = statuses_new(a->lp, &next);
    if (done) {
        basis_map(&a->solver->basis, a->lp, next.columns, next.rows);
        done = basis_repair(a->lp, next.columns, next.rows, &a->r->repairs) == 0;
    }
    if (done)
        glpk_model_set_basis(a->problem, next.columns, next.rows);
    statuses_free(&next);
    return done && glp_warm_up(a->problem) == 0;
}

// ---- one way --------------------------------------------------------------------------------------------------------

// Among numbers of very different size the simplex may call a model infeasible that is not: without a proof two ways
// must agree.
static void doubt(struct attempt *a)
{
    if (a->r->status == LP_INFEASIBLE && !simplex_proves_infeasible(a->problem) && a->doubts++ == 0)
        a->r->status = LP_FAILED;
}

static void run_simplex(struct attempt *a, enum simplex_start start)
{
    a->r->method = start == SIMPLEX_PRIMAL ? "primal simplex" : "dual simplex";
    int code = simplex_run(a->problem, start, a->way_until_ms);
    a->r->status = simplex_judge(a->problem, a->lp, code, a->r);
    if (a->r->status == LP_FAILED && code == 0 && glp_get_status(a->problem) == GLP_OPT) {
        code = simplex_refine(a->problem, a->way_until_ms);
        a->r->status = simplex_judge(a->problem, a->lp, code, a->r);
    }
    a->r->iterations = glp_get_it_cnt(a->problem);
    doubt(a);
    if (a->r->status == LP_OPTIMAL)
        keep_basis(a);
}

static double share_of(double share, double until_ms)
{
    double now_ms = solver_now_ms();
    return fmin(until_ms, now_ms + fmax(LEAST_SHARE_MS, share * (until_ms - now_ms)));
}

// A basis that has stalled once would do so again; one that had too little time may be a good one.
static void run_last_basis(struct attempt *a)
{
    a->r->warm = true;
    if (set_last_basis(a))
        run_simplex(a, SIMPLEX_BASIS);
    if (a->r->status == LP_TIME_LIMIT && a->way_until_ms < a->until_ms)
        basis_forget(&a->solver->basis);
}

// An optimum inside is one already; the vertex beside it has cleaner numbers, and its basis starts the next plan.
static void run_interior(const struct attempt *a)
{
    a->r->method = "interior point";
    if (interior_solve(a->lp, a->way_until_ms, a->r) < 0)
        a->r->status = LP_FAILED;
    if (a->r->status != LP_OPTIMAL)
        return;
    if (lp_certify(a->lp, a->r) < 0) {
        a->r->status = LP_FAILED;
        return;
    }
    struct lp_solution vertex;
    if (!a->needs_vertex || lp_solution_new(a->lp, &vertex) < 0)
        return;
    int code = crossover(a->lp, a->r, a->problem, share_of(VERTEX_SHARE, a->way_until_ms));
    if (simplex_judge(a->problem, a->lp, code, &vertex) == LP_OPTIMAL) {
        lp_solution_take_values(a->r, &vertex);
        keep_basis(a);
    }
    a->r->iterations += glp_get_it_cnt(a->problem);
    lp_solution_free(&vertex);
}

// False when this way is not open or came to no status that can be relied upon.
static bool try_way(struct attempt *a, enum way way)
{
    static const enum simplex_start starts[WAY_COUNT] = {
        [WAY_DUAL] = SIMPLEX_DUAL, [WAY_PRIMAL] = SIMPLEX_PRIMAL, [WAY_PRESOLVE] = SIMPLEX_PRESOLVE};
    a->r->status = LP_FAILED;
    a->r->warm = false;
    if (way == WAY_LAST_BASIS)
        run_last_basis(a);
    else if (way == WAY_INTERIOR)
        run_interior(a);
    else
        run_simplex(a, starts[way]);
    return a->r->status != LP_FAILED && a->r->status != LP_TIME_LIMIT;
}

// ---- all of them ----------------------------------------------------------------------------------------------------

static void try_ways(struct attempt *a)
{
    static const enum way when_large[] = {WAY_LAST_BASIS, WAY_INTERIOR, WAY_DUAL, WAY_PRIMAL, WAY_PRESOLVE};
    static const enum way when_small[] = {WAY_LAST_BASIS, WAY_DUAL, WAY_PRIMAL, WAY_PRESOLVE, WAY_INTERIOR};
    const enum way *ways = a->lp->n_rows >= SIMPLEX_LARGE_ROWS ? when_large : when_small;
    // Without a former plan there is no basis that could fail.
    for (int i = a->solver->basis.n_columns > 0 ? 0 : 1; i < WAY_COUNT && solver_now_ms() < a->until_ms; i++) {
        a->way_until_ms = i == WAY_COUNT - 1 ? a->until_ms : share_of(SHARE[ways[i]], a->until_ms);
        if (try_way(a, ways[i]))
            return;
        a->r->fallbacks++;
    }
    if (solver_now_ms() >= a->until_ms)
        a->r->status = LP_TIME_LIMIT;
}

static int solve(struct solver *s, const struct lp *lp, int deadline_ms, bool needs_vertex, struct lp_solution *ret)
{
    double begin_ms = solver_now_ms();
    struct lp_solution r;
    struct attempt a = {
        .solver = s, .lp = lp, .until_ms = begin_ms + deadline_ms, .needs_vertex = needs_vertex, .r = &r};
    int rc = lp_solution_new(lp, &r);
    if (rc < 0)
        return rc;
    rc = glpk_model_of(lp, &a.problem);
    if (rc < 0) {
        lp_solution_free(&r);
        return rc;
    }
    glp_scale_prob(a.problem, GLP_SF_AUTO);
    try_ways(&a);
    glp_delete_prob(a.problem);
    r.solve_ms = solver_now_ms() - begin_ms;
    *ret = r;
    return 0;
}

int solver_solve(struct solver *s, const struct lp *lp, int deadline_ms, struct lp_solution *ret)
{
    return solve(s, lp, deadline_ms, true, ret);
}

int solver_find_optimum(struct solver *s, const struct lp *lp, int deadline_ms, struct lp_solution *ret)
{
    return solve(s, lp, deadline_ms, false, ret);
}
