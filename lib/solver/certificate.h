// SPDX-License-Identifier: GPL-3.0-or-later
// Is this answer an optimum of this model? Judged from the model's own numbers, not from what a solver says.
//
// Weak duality: any row multipliers bound the optimum from below; if a feasible point's cost meets that bound, it is
// optimal, whoever found it.
#pragma once

#include "solver/solver.h"

#define CERTIFICATE_TOLERANCE 1e-6 // relative

// Computes activities, residuals and gap of `s` from x and row_dual, and compares the objective, reduced costs and
// activities that it claims; the largest deviation counts as a residual. 0, or AEMS_E_REFUSED when a residual or the
// gap is above the tolerance or a number is not finite; AEMS_E_NOMEM. Writes primal_residual, dual_residual and gap.
int lp_certify(const struct lp *lp, struct lp_solution *s);
