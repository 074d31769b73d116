// SPDX-License-Identifier: GPL-3.0-or-later
// A struct lp as a GLPK problem: for the files of this room that call GLPK.
#pragma once

#include <glpk.h>

#include "solver/model.h"

// A new, unscaled problem, owned by the caller (glp_delete_prob). AEMS_E_NOMEM. GLPK is silent from here on.
int glpk_model_of(const struct lp *lp, glp_prob **ret_problem);

// Names for a dump; solving needs none.
void glpk_model_name(const struct lp *lp, glp_prob *problem);

// Statuses of the columns and rows, in GLPK's numbers.
void glpk_model_set_basis(glp_prob *problem, const int *column_status, const int *row_status);
