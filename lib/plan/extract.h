// SPDX-License-Identifier: GPL-3.0-or-later
// The solver's answer in kW -> the schedule in W: for the files of this room.
#pragma once

#include "plan/model.h"

// AEMS_E_NOMEM.
int extract_schedule(const struct model *m, const struct lp_solution *solution, struct schedule **ret_schedule);

// Money over all courses by their weights, starts and incentives included.
double extract_expected_cost(const struct model *m, const struct lp_solution *solution);

// Forbids the weaker direction of every flow that runs both ways at once (with `all`: of every flow). Returns how many
// flows ran both ways.
size_t extract_directions(const struct model *m, const struct lp_solution *solution, bool all, struct directions *d);

// Lets every step forgo the incentive in which import ends up above the baseline. Returns how many are new.
size_t extract_forgone(const struct model *m, const struct lp_solution *solution, struct directions *d);

// Reasons of all assets and steps, once powers, energies and prices are there.
int reasons_fill(const struct model *m, const struct lp_solution *solution, struct schedule *s);
