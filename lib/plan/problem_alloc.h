// SPDX-License-Identifier: GPL-3.0-or-later
// A problem with room for everything: for the files of this room that make one.
#pragma once

#include "plan/problem.h"

struct plan_sizes {
    size_t n_steps, n_buses, n_grids, n_pvs, n_batteries, n_groups, n_flexibles, n_loads, n_generators, n_converters,
        n_ties, n_communities, n_offers, n_scenarios;
};

// All members 0, but for limits that are none, references to nothing (-1) and availability (true): see the initial
// values in problem_fields.c. AEMS_E_LIMIT when a size is beyond what a site may have, AEMS_E_NOMEM.
int plan_problem_alloc(const struct plan_sizes *sizes, struct plan_problem **ret_problem);
