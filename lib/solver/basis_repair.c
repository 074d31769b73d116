// SPDX-License-Identifier: GPL-3.0-or-later
// Which columns of a would-be basis are independent?
//
// Pivots are taken where a row or a column has a single entry left, again and again: plans are chains in time, and
// hardly anything else remains. What does remain is eliminated densely. A column without a pivot leaves the basis, a
// row without one takes its slack in.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "solver/basis.h"

enum { MOST_DENSE = 4000000 }; // numbers, 32 MB

static const double SMALLEST_PIVOT = 1e-7; // relative to the column's largest entry

struct repair {
    struct lp_matrix m; // by columns
    size_t *row_start;  // the basic columns of each row
    int *row_column;
    int *column_left, *row_left; // entries not yet crossed out; -1 when the column or row is done
    int *stack;                  // columns as j, rows as -1 - i
    size_t depth;
    size_t n_columns, n_rows;
    int *column_status, *row_status;
    int changes;
};

static void push(struct repair *r, int what)
{
    r->stack[r->depth++] = what;
}

static void take_in_slack(struct repair *r, size_t row)
{
    r->row_status[row] = BASIS_BASIC;
    r->row_left[row] = -1;
    r->changes++;
}

static void leave_out(struct repair *r, size_t column)
{
    r->column_status[column] = BASIS_LOWER;
    r->column_left[column] = -1;
    r->changes++;
}

static void cross_out_row(struct repair *r, size_t row)
{
    r->row_left[row] = -1;
    for (size_t i = r->row_start[row]; i < r->row_start[row + 1]; i++) {
        int column = r->row_column[i];
        if (r->column_left[column] > 0 && --r->column_left[column] <= 1)
            push(r, column);
    }
}

static void cross_out_column(struct repair *r, size_t column)
{
    r->column_left[column] = -1;
    for (size_t i = r->m.start[column]; i < r->m.start[column + 1]; i++) {
        int row = r->m.row[i];
        if (r->row_left[row] > 0 && --r->row_left[row] <= 1)
            push(r, -1 - row);
    }
}

static void pivot(struct repair *r, size_t row, size_t column)
{
    r->column_left[column] = -1; // first, so that neither counts the other
    cross_out_row(r, row);
    cross_out_column(r, column);
}

static void judge_column(struct repair *r, size_t column)
{
    if (r->column_left[column] == 0)
        leave_out(r, column);
    if (r->column_left[column] != 1)
        return;
    size_t i = r->m.start[column];
    while (r->row_left[r->m.row[i]] < 0)
        i++;
    pivot(r, (size_t)r->m.row[i], column);
}

static void judge_row(struct repair *r, size_t row)
{
    if (r->row_left[row] == 0)
        take_in_slack(r, row);
    if (r->row_left[row] != 1)
        return;
    size_t i = r->row_start[row];
    while (r->column_left[r->row_column[i]] < 0)
        i++;
    pivot(r, row, (size_t)r->row_column[i]);
}

static void peel(struct repair *r)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (r->row_status[i] == BASIS_BASIC)
            cross_out_row(r, i);
    for (size_t j = 0; j < r->n_columns; j++)
        if (r->column_left[j] == 0 || r->column_left[j] == 1)
            push(r, (int)j);
    for (size_t i = 0; i < r->n_rows; i++)
        if (r->row_left[i] == 0 || r->row_left[i] == 1)
            push(r, -1 - (int)i);
    while (r->depth > 0) {
        int what = r->stack[--r->depth];
        if (what >= 0)
            judge_column(r, (size_t)what);
        else
            judge_row(r, (size_t)(-1 - what));
    }
}

// ---- what remains ---------------------------------------------------------------------------------------------------

struct core {
    double *values; // column by column, n_rows each
    size_t *columns, *rows;
    bool *row_done;
    size_t n_columns, n_rows;
};

static size_t largest_row(const struct core *c, const double *column)
{
    size_t best = c->n_rows;
    for (size_t i = 0; i < c->n_rows; i++)
        if (!c->row_done[i] && (best == c->n_rows || fabs(column[i]) > fabs(column[best])))
            best = i;
    return best;
}

static void eliminate(const struct core *c, size_t pivot_row, size_t pivot_column)
{
    const double *from = &c->values[pivot_column * c->n_rows];
    for (size_t j = pivot_column + 1; j < c->n_columns; j++) {
        double *to = &c->values[j * c->n_rows];
        double factor = to[pivot_row] / from[pivot_row];
        if (factor == 0)
            continue;
        for (size_t i = 0; i < c->n_rows; i++)
            if (!c->row_done[i])
                to[i] -= factor * from[i];
    }
}

static void eliminate_all(struct repair *r, const struct core *c)
{
    for (size_t j = 0; j < c->n_columns; j++) {
        const double *column = &c->values[j * c->n_rows];
        size_t best = largest_row(c, column);
        if (best == c->n_rows || fabs(column[best]) < SMALLEST_PIVOT) {
            leave_out(r, c->columns[j]);
            continue;
        }
        c->row_done[best] = true;
        eliminate(c, best, j);
    }
    for (size_t i = 0; i < c->n_rows; i++)
        if (!c->row_done[i])
            take_in_slack(r, c->rows[i]);
}

static void load_core(const struct repair *r, struct core *c, size_t *place)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_rows; i++)
        if (r->row_left[i] >= 0) {
            place[i] = n;
            c->rows[n++] = i;
        }
    n = 0;
    for (size_t j = 0; j < r->n_columns; j++) {
        if (r->column_left[j] < 0)
            continue;
        double largest = 0, *column = &c->values[n * c->n_rows];
        for (size_t i = r->m.start[j]; i < r->m.start[j + 1]; i++)
            largest = fmax(largest, fabs(r->m.value[i]));
        for (size_t i = r->m.start[j]; i < r->m.start[j + 1]; i++)
            if (r->row_left[r->m.row[i]] >= 0)
                column[place[r->m.row[i]]] = r->m.value[i] / largest;
        c->columns[n++] = j;
    }
}

static int repair_core(struct repair *r)
{
    struct core c = {0};
    for (size_t j = 0; j < r->n_columns; j++)
        c.n_columns += r->column_left[j] >= 0;
    for (size_t i = 0; i < r->n_rows; i++)
        c.n_rows += r->row_left[i] >= 0;
    if ((double)c.n_columns * (double)c.n_rows > MOST_DENSE)
        return AEMS_E_LIMIT;
    size_t *place = calloc(r->n_rows + 1, sizeof(*place));
    c.values = calloc(c.n_columns * c.n_rows + 1, sizeof(double));
    c.columns = calloc(c.n_columns + 1, sizeof(size_t));
    c.rows = calloc(c.n_rows + 1, sizeof(size_t));
    c.row_done = calloc(c.n_rows + 1, sizeof(bool));
    int rc = place && c.values && c.columns && c.rows && c.row_done ? 0 : AEMS_E_NOMEM;
    if (rc == 0) {
        load_core(r, &c, place);
        eliminate_all(r, &c);
    }
    free(place);
    free(c.values);
    free(c.columns);
    free(c.rows);
    free(c.row_done);
    return rc;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static bool is_basic(const struct repair *r, size_t column)
{
    return r->column_status[column] == BASIS_BASIC;
}

static void index_rows(struct repair *r)
{
    for (size_t j = 0; j < r->n_columns; j++) {
        r->column_left[j] = is_basic(r, j) ? (int)(r->m.start[j + 1] - r->m.start[j]) : -1;
        for (size_t i = r->m.start[j]; is_basic(r, j) && i < r->m.start[j + 1]; i++)
            r->row_left[r->m.row[i]]++;
    }
    for (size_t i = 0; i < r->n_rows; i++)
        r->row_start[i + 1] = r->row_start[i] + (size_t)r->row_left[i];
    // `row_left` counts down while the row's list fills up.
    for (size_t j = 0; j < r->n_columns; j++)
        for (size_t i = r->m.start[j]; is_basic(r, j) && i < r->m.start[j + 1]; i++) {
            int row = r->m.row[i];
            r->row_column[r->row_start[row + 1] - (size_t)r->row_left[row]--] = (int)j;
        }
    for (size_t i = 0; i < r->n_rows; i++)
        r->row_left[i] = (int)(r->row_start[i + 1] - r->row_start[i]);
}

static int allocate(struct repair *r, const struct lp *lp)
{
    int rc = lp_matrix_of(lp, &r->m);
    if (rc < 0)
        return rc;
    r->n_columns = lp->n_columns;
    r->n_rows = lp->n_rows;
    r->row_start = calloc(r->n_rows + 2, sizeof(size_t));
    r->row_column = calloc(r->m.count + 1, sizeof(int));
    r->column_left = calloc(r->n_columns + 1, sizeof(int));
    r->row_left = calloc(r->n_rows + 1, sizeof(int));
    // Each is pushed at most three times: at the start, with one entry left, with none.
    r->stack = calloc(3 * (r->n_columns + r->n_rows) + 1, sizeof(int));
    return r->row_start && r->row_column && r->column_left && r->row_left && r->stack ? 0 : AEMS_E_NOMEM;
}

int basis_repair(const struct lp *lp, int *column_status, int *row_status, int *ret_changes)
{
    struct repair r = {.column_status = column_status, .row_status = row_status};
    int rc = allocate(&r, lp);
    if (rc == 0) {
        index_rows(&r);
        peel(&r);
        rc = repair_core(&r);
    }
    if (rc == 0)
        *ret_changes = r.changes;
    lp_matrix_free(&r.m);
    free(r.row_start);
    free(r.row_column);
    free(r.column_left);
    free(r.row_left);
    free(r.stack);
    return rc;
}
