// SPDX-License-Identifier: GPL-3.0-or-later
// What a struct lp holds: for the files of this room only.
#pragma once

#include <stdint.h>

#include "solver/solver.h"

enum { LP_NAME_MAX = 96 };

// What a column or row is, whatever model it stands in.
struct lp_place {
    uint64_t series; // hash of the series' name
    int64_t at;
};

struct lp_bounds {
    double lower, upper; // beyond +-LP_INFINITY: none
    char name[LP_NAME_MAX];
    struct lp_place place;
};

struct lp_entry {
    int row, column;
    double value;
};

struct lp {
    struct lp_bounds *columns, *rows;
    double *costs;
    struct lp_entry *entries; // as added; pairs may repeat
    size_t n_columns, n_rows, n_entries;
    size_t columns_room, rows_room, entries_room;
};

// The matrix by columns, each pair once and no zeros: entries of column j are start[j] .. start[j + 1] - 1.
struct lp_matrix {
    size_t *start;
    int *row;
    double *value;
    size_t count;
};

int lp_matrix_of(const struct lp *lp, struct lp_matrix *ret_matrix); // AEMS_E_NOMEM
void lp_matrix_free(struct lp_matrix *m);

static inline bool lp_is_finite(double bound)
{
    return bound > -LP_INFINITY && bound < LP_INFINITY;
}
