// SPDX-License-Identifier: GPL-3.0-or-later
// The equations A D A' y = r of an interior point, for a D that changes from step to step: for the files of this room.
#pragma once

#include "solver/standard_form.h"

struct normal;

// `f` is borrowed. AEMS_E_NOMEM.
int normal_new(const struct standard_form *f, struct normal **ret_normal);
void normal_free(struct normal *n);

// `weight` is D's diagonal, one number > 0 a column.
void normal_factor(struct normal *n, const double *weight);
void normal_solve(struct normal *n, double *x); // from the right side to the answer, in place
