// SPDX-License-Identifier: GPL-3.0-or-later
// L L' = M for a sparse symmetric positive matrix whose pattern stays while its values change: for the files of this
// room.
#pragma once

struct cholesky;

// Orders and analyses a pattern as in order_least_degree. AEMS_E_NOMEM.
int cholesky_new(int n, const int *start, const int *adjacent, struct cholesky **ret_cholesky);
void cholesky_free(struct cholesky *c);

// Where the entry (i, j), which is that of (j, i), stands among the values: borrowed, `cholesky_count` numbers.
int cholesky_slot(const struct cholesky *c, int i, int j);
double *cholesky_values(struct cholesky *c);
int cholesky_count(const struct cholesky *c);

// Factors the values. A pivot that vanishes beside what it was is a row that depends on others: it is left out.
void cholesky_factor(struct cholesky *c);

// x becomes M^-1 x by the last factors.
void cholesky_solve(struct cholesky *c, double *x);
