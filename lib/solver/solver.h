// SPDX-License-Identifier: GPL-3.0-or-later
// One narrow contract between the model and a linear solver. GLPK's simplex and an interior point of this room stand
// behind it; glpk.h appears nowhere else.
//
// Numbers are checked on the way in (GLPK aborts on NaN) and the answer is checked on the way out: `status` is
// LP_OPTIMAL only if the model's own residuals say so. Call it in a process that may be killed (see planner/).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A minimisation: rows lower <= a.x <= upper, columns lower <= x <= upper; infinite bounds are +-LP_INFINITY.
#define LP_INFINITY 1e30

struct lp;

int lp_new(struct lp **ret_lp);
void lp_free(struct lp *lp);

// Each returns the new index >= 0, or AEMS_E_RANGE (not finite, lower > upper, beyond 1e12), AEMS_E_NOMEM.
// `name` is copied; letters, digits and _ only, so that any solver reads the dump.
int lp_add_column(struct lp *lp, double lower, double upper, double cost, const char *name);
int lp_add_row(struct lp *lp, double lower, double upper, const char *name);

// Adds to the coefficient of (row, column); entries of one pair add up.
int lp_add(struct lp *lp, int row, int column, double coefficient);

// Says what a column or row is beyond this model: its place, in the caller's unit (a step's end in ms UTC), in a series
// that has the same name in every model. The basis of the last model is carried over by series and place. Without it a
// column or row is known by its own name alone. AEMS_E_RANGE.
int lp_place_column(struct lp *lp, int column, const char *series, int64_t at);
int lp_place_row(struct lp *lp, int row, const char *series, int64_t at);

int lp_set_cost(struct lp *lp, int column, double cost);
int lp_set_column_bounds(struct lp *lp, int column, double lower, double upper);
int lp_set_row_bounds(struct lp *lp, int row, double lower, double upper);

const char *lp_column_name(const struct lp *lp, int column); // borrowed
size_t lp_columns(const struct lp *lp);
size_t lp_rows(const struct lp *lp);
size_t lp_entries(const struct lp *lp);

enum lp_status { LP_OPTIMAL, LP_INFEASIBLE, LP_UNBOUNDED, LP_TIME_LIMIT, LP_FAILED };

struct lp_solution {
    enum lp_status status;
    double objective;
    double *x;            // value of each column
    double *reduced_cost; // of each column: d objective / d bound
    double *row_dual;     // of each row: d objective / d right-hand side
    double *row_value;    // activity of each row
    size_t n_columns, n_rows;
    int iterations;
    double solve_ms;
    bool warm;                             // started from the previous basis
    int repairs;                           // columns and slacks that changed places so that this basis was one
    int fallbacks;                         // ways tried before without an answer that can be relied upon
    const char *method;                    // "dual simplex", "primal simplex", "interior point"; static
    double primal_residual, dual_residual; // largest violation, relative; gap too:
    double gap;
};

struct solver; // keeps the basis of the last optimal solve, for models of other sizes as well

int solver_new(struct solver **ret_solver);
void solver_free(struct solver *s);

// Solves within `deadline_ms` (best effort: the caller's process boundary is the real deadline). 0 when it came to a
// status, whatever it is; AEMS_E_NOMEM. A way to solve it that stalls takes a share of the time, then the next is
// tried: LP_TIME_LIMIT says that all of it has gone without an answer. `ret` owns its arrays: lp_solution_free.
int solver_solve(struct solver *s, const struct lp *lp, int deadline_ms, struct lp_solution *ret);
// Where nothing but the optimum counts: a large model without a former basis is left at a point between the optimal
// vertices, which is much faster where there are many; no basis follows from it for the next model.
int solver_find_optimum(struct solver *s, const struct lp *lp, int deadline_ms, struct lp_solution *ret);
void lp_solution_free(struct lp_solution *solution);

const char *lp_status_name(enum lp_status status);

// Writes the model for other solvers: CPLEX LP or free MPS. AEMS_E_IO.
int lp_write_lp(const struct lp *lp, const char *path);
int lp_write_mps(const struct lp *lp, const char *path);
