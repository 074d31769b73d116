// SPDX-License-Identifier: GPL-3.0-or-later
// A model as an interior point wants it: A x = right, lower <= x <= upper, and no column long enough to couple
// everything with everything. For the files of this room.
//
// Rows that are no equations get a slack column, fixed columns move to the right side, free and empty rows go. A column
// with many entries becomes a chain of equal columns with a few entries each.
#pragma once

#include "solver/model.h"

struct standard_form {
    int n_columns, n_rows;
    int *start, *row; // by columns
    double *value;
    double *lower, *upper, *cost; // -INFINITY, INFINITY: none
    double *right;
    int *column_of; // of each column of the model; -1: fixed
    int *row_of;    // of each row of the model; -1: gone
    int *slack_of;  // column of each row of the model; -1: an equation, or gone
};

int standard_form_of(const struct lp *lp, struct standard_form *ret_form); // AEMS_E_NOMEM
void standard_form_free(struct standard_form *f);
