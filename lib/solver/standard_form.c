// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/standard_form.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

enum { LONG_COLUMN = 30, LINK_ENTRIES = 10 };

static bool is_fixed(const struct lp_bounds *b)
{
    return b->lower == b->upper;
}

static size_t length_of(const struct lp_matrix *m, size_t j)
{
    return m->start[j + 1] - m->start[j];
}

static size_t links_of(size_t entries)
{
    return entries > LONG_COLUMN ? (entries + LINK_ENTRIES - 1) / LINK_ENTRIES : 1;
}

// ---- sizes ----------------------------------------------------------------------------------------------------------

struct sizes {
    size_t columns, rows, entries;
};

static struct sizes size_of(const struct lp *lp, const struct lp_matrix *m)
{
    struct sizes s = {.columns = lp->n_rows, .rows = lp->n_rows, .entries = m->count + lp->n_rows};
    for (size_t j = 0; j < lp->n_columns; j++) {
        size_t links = links_of(length_of(m, j));
        s.columns += links;
        s.rows += links - 1;
        s.entries += 2 * (links - 1);
    }
    return s;
}

static int allocate(struct standard_form *f, const struct lp *lp, const struct sizes *s)
{
    f->start = calloc(s->columns + 1, sizeof(int));
    f->row = calloc(s->entries + 1, sizeof(int));
    f->value = calloc(s->entries + 1, sizeof(double));
    f->lower = calloc(s->columns + 1, sizeof(double));
    f->upper = calloc(s->columns + 1, sizeof(double));
    f->cost = calloc(s->columns + 1, sizeof(double));
    f->right = calloc(s->rows + 1, sizeof(double));
    f->column_of = calloc(lp->n_columns + 1, sizeof(int));
    f->row_of = calloc(lp->n_rows + 1, sizeof(int));
    f->slack_of = calloc(lp->n_rows + 1, sizeof(int));
    bool done = f->start && f->row && f->value && f->lower && f->upper && f->cost && f->right && f->column_of &&
                f->row_of && f->slack_of;
    return done ? 0 : AEMS_E_NOMEM;
}

void standard_form_free(struct standard_form *f)
{
    void *arrays[] = {f->start, f->row,   f->value,     f->lower,  f->upper,
                      f->cost,  f->right, f->column_of, f->row_of, f->slack_of};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        free(arrays[i]);
    *f = (struct standard_form){0};
}

// ---- columns and rows -----------------------------------------------------------------------------------------------

static double bound(double value)
{
    return lp_is_finite(value) ? value : value < 0 ? -INFINITY : INFINITY;
}

static int add_column(struct standard_form *f, const struct lp_bounds *b, double cost)
{
    int j = f->n_columns++;
    f->lower[j] = bound(b->lower);
    f->upper[j] = bound(b->upper);
    f->cost[j] = cost;
    f->start[j + 1] = f->start[j];
    return j;
}

static void add_entry(struct standard_form *f, int row, double value)
{
    int at = f->start[f->n_columns]++;
    f->row[at] = row;
    f->value[at] = value;
}

static void count_rows(struct standard_form *f, const struct lp *lp, const struct lp_matrix *m)
{
    for (size_t j = 0; j < lp->n_columns; j++)
        for (size_t p = m->start[j]; p < m->start[j + 1] && !is_fixed(&lp->columns[j]); p++)
            f->row_of[m->row[p]] = 1;
    for (size_t i = 0; i < lp->n_rows; i++) {
        const struct lp_bounds *b = &lp->rows[i];
        bool free_row = !lp_is_finite(b->lower) && !lp_is_finite(b->upper);
        f->row_of[i] = f->row_of[i] && !free_row ? f->n_rows++ : -1;
        f->slack_of[i] = -1;
        if (f->row_of[i] >= 0 && is_fixed(b))
            f->right[f->row_of[i]] = b->lower;
    }
}

static void move_to_right(struct standard_form *f, const struct lp_matrix *m, size_t j, double x)
{
    for (size_t p = m->start[j]; p < m->start[j + 1]; p++)
        if (f->row_of[m->row[p]] >= 0)
            f->right[f->row_of[m->row[p]]] -= m->value[p] * x;
}

// Link l holds its share of the entries and equals the next by a row of their own.
static void add_chain(struct standard_form *f, const struct lp *lp, const struct lp_matrix *m, size_t j)
{
    size_t links = links_of(length_of(m, j)), p = m->start[j];
    int equal_row = f->n_rows;
    f->n_rows += (int)links - 1;
    f->column_of[j] = f->n_columns;
    for (size_t l = 0; l < links; l++) {
        size_t end = l + 1 < links ? p + LINK_ENTRIES : m->start[j + 1];
        add_column(f, &lp->columns[j], l == 0 ? lp->costs[j] : 0);
        for (; p < end; p++)
            if (f->row_of[m->row[p]] >= 0)
                add_entry(f, f->row_of[m->row[p]], m->value[p]);
        if (l > 0)
            add_entry(f, equal_row + (int)l - 1, -1);
        if (l + 1 < links)
            add_entry(f, equal_row + (int)l, 1);
    }
}

static void add_slacks(struct standard_form *f, const struct lp *lp)
{
    for (size_t i = 0; i < lp->n_rows; i++) {
        if (f->row_of[i] < 0 || is_fixed(&lp->rows[i]))
            continue;
        f->slack_of[i] = add_column(f, &lp->rows[i], 0);
        add_entry(f, f->row_of[i], -1);
    }
}

int standard_form_of(const struct lp *lp, struct standard_form *ret_form)
{
    struct lp_matrix m;
    struct standard_form f = {0};
    int rc = lp_matrix_of(lp, &m);
    if (rc < 0)
        return rc;
    struct sizes sizes = size_of(lp, &m);
    rc = allocate(&f, lp, &sizes);
    if (rc == 0) {
        count_rows(&f, lp, &m);
        for (size_t j = 0; j < lp->n_columns; j++) {
            f.column_of[j] = -1;
            if (is_fixed(&lp->columns[j]))
                move_to_right(&f, &m, j, lp->columns[j].lower);
            else
                add_chain(&f, lp, &m, j);
        }
        add_slacks(&f, lp);
    }
    lp_matrix_free(&m);
    if (rc < 0) {
        standard_form_free(&f);
        return rc;
    }
    *ret_form = f;
    return 0;
}
