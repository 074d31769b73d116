// SPDX-License-Identifier: GPL-3.0-or-later
// An interior point with bounds as bounds: for the files of this room.
//
// GLPK's own adds a row for each column with two bounds, which nearly every column here has, and has no time limit.
#pragma once

#include "solver/model.h"

// Writes numbers and status of `ret`, whose arrays are there: LP_OPTIMAL when the method converged (the certificate is
// still to judge), LP_INFEASIBLE with a proof of its own, LP_TIME_LIMIT, or LP_FAILED. `until_ms` is of solver_now_ms.
// AEMS_E_NOMEM.
int interior_solve(const struct lp *lp, double until_ms, struct lp_solution *ret);
