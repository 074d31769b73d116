// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/normal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "solver/cholesky.h"

struct normal {
    const struct standard_form *f;
    struct cholesky *cholesky;
    int *slots; // of each pair of entries of a column, column by column
};

// The columns of each row, as `start` and `columns`.
struct by_rows {
    int *start, *columns;
};

static int sort_by_rows(const struct standard_form *f, struct by_rows *r)
{
    r->start = calloc((size_t)f->n_rows + 2, sizeof(int));
    r->columns = calloc((size_t)f->start[f->n_columns] + 1, sizeof(int));
    if (!r->start || !r->columns)
        return AEMS_E_NOMEM;
    for (int p = 0; p < f->start[f->n_columns]; p++)
        r->start[f->row[p] + 2]++;
    for (int i = 2; i < f->n_rows + 2; i++)
        r->start[i] += r->start[i - 1];
    for (int j = 0; j < f->n_columns; j++)
        for (int p = f->start[j]; p < f->start[j + 1]; p++)
            r->columns[r->start[f->row[p] + 1]++] = j;
    return 0;
}

// Calls for each row that shares a column with row i, once. `mark` is of the rows.
static int neighbours(const struct standard_form *f, const struct by_rows *r, int i, int *mark, int *ret)
{
    int count = 0;
    mark[i] = i + 1;
    for (int c = r->start[i]; c < r->start[i + 1]; c++) {
        int j = r->columns[c];
        for (int p = f->start[j]; p < f->start[j + 1]; p++) {
            int other = f->row[p];
            if (mark[other] == i + 1)
                continue;
            mark[other] = i + 1;
            if (ret)
                ret[count] = other;
            count++;
        }
    }
    return count;
}

static int analyse(struct normal *n, const struct by_rows *r, int *mark, int *start)
{
    const struct standard_form *f = n->f;
    for (int i = 0; i < f->n_rows; i++)
        start[i + 1] = start[i] + neighbours(f, r, i, mark, NULL);
    int *adjacent = calloc((size_t)start[f->n_rows] + 1, sizeof(int));
    if (!adjacent)
        return AEMS_E_NOMEM;
    memset(mark, 0, (size_t)f->n_rows * sizeof(int));
    for (int i = 0; i < f->n_rows; i++)
        neighbours(f, r, i, mark, &adjacent[start[i]]);
    int rc = cholesky_new(f->n_rows, start, adjacent, &n->cholesky);
    free(adjacent);
    return rc;
}

static int find_slots(struct normal *n)
{
    const struct standard_form *f = n->f;
    size_t pairs = 0;
    for (int j = 0; j < f->n_columns; j++) {
        size_t count = (size_t)(f->start[j + 1] - f->start[j]);
        pairs += count * (count + 1) / 2;
    }
    n->slots = calloc(pairs + 1, sizeof(int));
    if (!n->slots)
        return AEMS_E_NOMEM;
    int *slot = n->slots;
    for (int j = 0; j < f->n_columns; j++)
        for (int p = f->start[j]; p < f->start[j + 1]; p++)
            for (int q = f->start[j]; q <= p; q++)
                *slot++ = cholesky_slot(n->cholesky, f->row[p], f->row[q]);
    return 0;
}

int normal_new(const struct standard_form *f, struct normal **ret_normal)
{
    struct normal *n = calloc(1, sizeof(*n));
    struct by_rows r = {0};
    int *mark = calloc((size_t)f->n_rows + 1, sizeof(int)), *start = calloc((size_t)f->n_rows + 1, sizeof(int));
    int rc = n && mark && start ? sort_by_rows(f, &r) : AEMS_E_NOMEM;
    if (rc == 0) {
        n->f = f;
        rc = analyse(n, &r, mark, start);
    }
    if (rc == 0)
        rc = find_slots(n);
    free(r.start);
    free(r.columns);
    free(mark);
    free(start);
    if (rc < 0) {
        normal_free(n);
        return rc;
    }
    *ret_normal = n;
    return 0;
}

void normal_free(struct normal *n)
{
    if (!n)
        return;
    cholesky_free(n->cholesky);
    free(n->slots);
    free(n);
}

void normal_factor(struct normal *n, const double *weight)
{
    const struct standard_form *f = n->f;
    double *values = cholesky_values(n->cholesky);
    const int *slot = n->slots;
    memset(values, 0, (size_t)cholesky_count(n->cholesky) * sizeof(double));
    for (int j = 0; j < f->n_columns; j++)
        for (int p = f->start[j]; p < f->start[j + 1]; p++)
            for (int q = f->start[j]; q <= p; q++)
                values[*slot++] += weight[j] * f->value[p] * f->value[q];
    cholesky_factor(n->cholesky);
}

void normal_solve(struct normal *n, double *x)
{
    cholesky_solve(n->cholesky, x);
}
