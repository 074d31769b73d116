// SPDX-License-Identifier: GPL-3.0-or-later
// The basis of a former model, carried over to one with other steps, and repaired so that it is never singular: for the
// files of this room.
#pragma once

#include <stddef.h>

#include "solver/model.h"

// GLPK's own numbers, so that statuses pass through unchanged.
enum basis_status { BASIS_BASIC = 1, BASIS_LOWER, BASIS_UPPER, BASIS_FREE, BASIS_FIXED };

struct basis_item {
    struct lp_place place;
    int status;
};

// By place, in rising order. All zero: nothing is known.
struct basis {
    struct basis_item *columns, *rows;
    size_t n_columns, n_rows;
};

// Takes the statuses of a model's columns and rows; what was there before is forgotten. AEMS_E_NOMEM.
int basis_keep(struct basis *b, const struct lp *lp, const int *column_status, const int *row_status);
void basis_forget(struct basis *b);

// Statuses for another model: each column and row takes that of the same series at the same place, else at the next
// later one (the longer step that it was part of), else the last. What has no such series starts at its bound, a row
// with its slack in the basis.
void basis_map(const struct basis *b, const struct lp *lp, int *ret_column_status, int *ret_row_status);

// Takes columns out of the basis and puts slacks in until it is a basis. Writes how many changed places. AEMS_E_NOMEM,
// AEMS_E_LIMIT when what is neither triangular nor small enough to eliminate remains.
int basis_repair(const struct lp *lp, int *column_status, int *row_status, int *ret_changes);
