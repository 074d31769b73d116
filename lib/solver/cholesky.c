// SPDX-License-Identifier: GPL-3.0-or-later
// Row by row: each row of L is a triangular solve along the elimination tree (Davis, Direct Methods for Sparse Linear
// Systems, chapter 4).
#include "solver/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "solver/ordering.h"

static const double VANISHED = 1e-18; // of a pivot, in units of the diagonal entry it was
static const double LEFT_OUT = 1e64;  // what such a pivot becomes: nothing moves along it any more

struct cholesky {
    int n;
    int *order, *place; // order[place[i]] = i
    // The upper triangle with its diagonal by columns, rows rising, in the order of elimination.
    int *start, *row;
    double *value;
    int *parent; // of each column in the elimination tree
    int *factor_start, *factor_row;
    double *factor;
    int *mark, *path, *filled; // while factoring; `filled`: where each column of the factor goes on
    double *work;
};

// ---- analysis -------------------------------------------------------------------------------------------------------

static int allocate(struct cholesky *c, int entries)
{
    size_t n = (size_t)c->n + 1;
    int **arrays[] = {&c->order, &c->place, &c->start, &c->parent, &c->factor_start, &c->mark, &c->path, &c->filled};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        if (!(*arrays[i] = calloc(n + 1, sizeof(int))))
            return AEMS_E_NOMEM;
    c->row = calloc((size_t)entries + 1, sizeof(int));
    c->value = calloc((size_t)entries + 1, sizeof(double));
    c->work = calloc(n, sizeof(double));
    return c->row && c->value && c->work ? 0 : AEMS_E_NOMEM;
}

static void take_pattern(struct cholesky *c, const int *start, const int *adjacent)
{
    for (int k = 0; k < c->n; k++)
        c->place[c->order[k]] = k;
    for (int i = 0; i < c->n; i++) {
        c->start[c->place[i] + 1]++;
        for (int a = start[i]; a < start[i + 1]; a++)
            c->start[c->place[i] + 1] += c->place[adjacent[a]] < c->place[i];
    }
    for (int k = 0; k < c->n; k++)
        c->start[k + 1] += c->start[k];
    memcpy(c->filled, c->start, (size_t)c->n * sizeof(int));
    for (int k = 0; k < c->n; k++) {
        int i = c->order[k];
        for (int a = start[i]; a < start[i + 1]; a++)
            if (c->place[adjacent[a]] > k)
                c->row[c->filled[c->place[adjacent[a]]]++] = k;
        c->row[c->filled[k]++] = k; // its smaller rows are all there by now
    }
}

static void grow_tree(struct cholesky *c, int *ancestor)
{
    for (int k = 0; k < c->n; k++) {
        c->parent[k] = ancestor[k] = -1;
        for (int p = c->start[k]; p < c->start[k + 1]; p++)
            for (int i = c->row[p], next; i >= 0 && i < k; i = next) {
                next = ancestor[i];
                ancestor[i] = k;
                if (next < 0)
                    c->parent[i] = k;
            }
    }
}

// The columns that have an entry in row k of the factor, each before its parent: path[top] .. path[n - 1].
static int reach(struct cholesky *c, int k)
{
    int top = c->n;
    c->mark[k] = k + 1;
    for (int p = c->start[k]; p < c->start[k + 1]; p++) {
        int depth = 0;
        for (int i = c->row[p]; c->mark[i] != k + 1; i = c->parent[i]) {
            c->path[depth++] = i;
            c->mark[i] = k + 1;
        }
        while (depth > 0)
            c->path[--top] = c->path[--depth];
    }
    return top;
}

static int lay_out_factor(struct cholesky *c)
{
    for (int k = 0; k < c->n; k++) {
        c->factor_start[k + 1]++;
        for (int t = reach(c, k); t < c->n; t++)
            c->factor_start[c->path[t] + 1]++;
    }
    for (int k = 0; k < c->n; k++)
        c->factor_start[k + 1] += c->factor_start[k];
    size_t count = (size_t)c->factor_start[c->n] + 1;
    c->factor_row = calloc(count, sizeof(int));
    c->factor = calloc(count, sizeof(double));
    return c->factor_row && c->factor ? 0 : AEMS_E_NOMEM;
}

int cholesky_new(int n, const int *start, const int *adjacent, struct cholesky **ret_cholesky)
{
    struct cholesky *c = calloc(1, sizeof(*c));
    if (!c)
        return AEMS_E_NOMEM;
    c->n = n;
    int rc = allocate(c, start[n] / 2 + n);
    if (rc == 0)
        rc = order_least_degree(n, start, adjacent, c->order);
    if (rc == 0) {
        take_pattern(c, start, adjacent);
        grow_tree(c, c->path);
        rc = lay_out_factor(c);
    }
    if (rc < 0) {
        cholesky_free(c);
        return rc;
    }
    *ret_cholesky = c;
    return 0;
}

void cholesky_free(struct cholesky *c)
{
    if (!c)
        return;
    int *arrays[] = {c->order, c->place, c->start,  c->parent, c->factor_start,
                     c->mark,  c->path,  c->filled, c->row,    c->factor_row};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        free(arrays[i]);
    free(c->value);
    free(c->work);
    free(c->factor);
    free(c);
}

// ---- values ---------------------------------------------------------------------------------------------------------

int cholesky_slot(const struct cholesky *c, int i, int j)
{
    int row = c->place[i], column = c->place[j];
    if (row > column) {
        row = c->place[j];
        column = c->place[i];
    }
    int low = c->start[column], high = c->start[column + 1] - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (c->row[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double *cholesky_values(struct cholesky *c)
{
    return c->value;
}

int cholesky_count(const struct cholesky *c)
{
    return c->start[c->n];
}

void cholesky_factor(struct cholesky *c)
{
    double *x = c->work;
    memset(c->mark, 0, (size_t)c->n * sizeof(int));
    memcpy(c->filled, c->factor_start, (size_t)c->n * sizeof(int));
    for (int k = 0; k < c->n; k++) {
        int top = reach(c, k);
        for (int p = c->start[k]; p < c->start[k + 1]; p++)
            x[c->row[p]] = c->value[p];
        double diagonal = x[k], pivot = x[k];
        x[k] = 0;
        for (int t = top; t < c->n; t++) {
            int i = c->path[t], end = c->filled[i]++;
            double entry = x[i] / c->factor[c->factor_start[i]];
            x[i] = 0;
            for (int p = c->factor_start[i] + 1; p < end; p++)
                x[c->factor_row[p]] -= c->factor[p] * entry;
            pivot -= entry * entry;
            c->factor_row[end] = k;
            c->factor[end] = entry;
        }
        int at = c->filled[k]++;
        c->factor_row[at] = k;
        c->factor[at] = pivot > VANISHED * diagonal ? sqrt(pivot) : LEFT_OUT;
    }
}

void cholesky_solve(struct cholesky *c, double *x)
{
    double *z = c->work;
    for (int k = 0; k < c->n; k++)
        z[k] = x[c->order[k]];
    for (int k = 0; k < c->n; k++) {
        int begin = c->factor_start[k];
        z[k] /= c->factor[begin];
        for (int p = begin + 1; p < c->factor_start[k + 1]; p++)
            z[c->factor_row[p]] -= c->factor[p] * z[k];
    }
    for (int k = c->n; k-- > 0;) {
        int begin = c->factor_start[k];
        for (int p = begin + 1; p < c->factor_start[k + 1]; p++)
            z[k] -= c->factor[p] * z[c->factor_row[p]];
        z[k] /= c->factor[begin];
    }
    for (int k = 0; k < c->n; k++) {
        x[c->order[k]] = z[k];
        z[k] = 0;
    }
}
