// SPDX-License-Identifier: GPL-3.0-or-later
// Answers in the making: for the files of this room.
#pragma once

#include "solver/model.h"

// An answer to `lp` with all numbers 0 and LP_FAILED; lp_solution_free. AEMS_E_NOMEM.
int lp_solution_new(const struct lp *lp, struct lp_solution *ret_solution);

// The numbers of another answer to the same model, with its residuals. `from` keeps what was there.
void lp_solution_take_values(struct lp_solution *s, struct lp_solution *from);

// Objective, reduced costs and activities as they follow from x and row_dual. AEMS_E_NOMEM.
int lp_solution_derive(const struct lp *lp, struct lp_solution *s);
