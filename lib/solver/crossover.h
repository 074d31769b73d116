// SPDX-License-Identifier: GPL-3.0-or-later
// From an interior optimum to a basis, for the simplex to go on from: for the files of this room.
#pragma once

#include "solver/glpk_model.h"

// Brings `problem`, which is `lp`, to an optimal basis next to the interior optimum. GLPK's return code of the last
// simplex, or GLP_EFAIL; simplex_judge says what it is worth.
int crossover(const struct lp *lp, const struct lp_solution *interior, glp_prob *problem, double until_ms);
