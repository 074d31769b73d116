// SPDX-License-Identifier: GPL-3.0-or-later
// GLPK's simplex, one run at a time: for the files of this room.
#pragma once

#include "solver/glpk_model.h"

enum { SIMPLEX_LARGE_ROWS = 400 }; // from here on the interior point is the faster way from scratch

enum simplex_start {
    SIMPLEX_BASIS,  // from the problem's own: primal when that is feasible, else dual
    SIMPLEX_DUAL,   // from a crash basis, with long steps
    SIMPLEX_PRIMAL, // from a crash basis
    SIMPLEX_PRESOLVE
};

// Runs until `until_ms` of solver_now_ms at most. GLPK's return code.
int simplex_run(glp_prob *problem, enum simplex_start start, double until_ms);

// The same from the problem's basis, with finer tolerances: for an optimum whose sum over many columns is none. It
// takes a step or two, or goes round in circles among its ties and is given up soon.
int simplex_refine(glp_prob *problem, double until_ms);

// Reads what a run that returned `code` has found. An optimum that the certificate does not confirm is LP_FAILED.
enum lp_status simplex_judge(glp_prob *problem, const struct lp *lp, int code, struct lp_solution *ret);

// Whether the basis that a run ended with shows by itself that nothing meets the model, within rounding.
bool simplex_proves_infeasible(glp_prob *problem);
