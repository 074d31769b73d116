// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/basis.h"

#include <stdlib.h>

#include "base/error.h"

static int compare(const void *left, const void *right)
{
    const struct lp_place *a = &((const struct basis_item *)left)->place;
    const struct lp_place *b = &((const struct basis_item *)right)->place;
    if (a->series != b->series)
        return a->series < b->series ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static struct basis_item *sorted(const struct lp_bounds *bounds, const int *status, size_t count)
{
    struct basis_item *items = calloc(count + 1, sizeof(*items));
    if (!items)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = (struct basis_item){.place = bounds[i].place, .status = status[i]};
    qsort(items, count, sizeof(*items), compare);
    return items;
}

int basis_keep(struct basis *b, const struct lp *lp, const int *column_status, const int *row_status)
{
    basis_forget(b);
    b->columns = sorted(lp->columns, column_status, lp->n_columns);
    b->rows = sorted(lp->rows, row_status, lp->n_rows);
    if (!b->columns || !b->rows) {
        basis_forget(b);
        return AEMS_E_NOMEM;
    }
    b->n_columns = lp->n_columns;
    b->n_rows = lp->n_rows;
    return 0;
}

void basis_forget(struct basis *b)
{
    free(b->columns);
    free(b->rows);
    *b = (struct basis){0};
}

// The first item at or after this place in its series, else the last of the series, else NULL.
static const struct basis_item *find(const struct basis_item *items, size_t count, const struct lp_place *place)
{
    struct basis_item wanted = {.place = *place};
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && items[low].place.series == place->series)
        return &items[low];
    return low > 0 && items[low - 1].place.series == place->series ? &items[low - 1] : NULL;
}

void basis_map(const struct basis *b, const struct lp *lp, int *ret_column_status, int *ret_row_status)
{
    for (size_t j = 0; j < lp->n_columns; j++) {
        const struct basis_item *item = find(b->columns, b->n_columns, &lp->columns[j].place);
        ret_column_status[j] = item ? item->status : BASIS_LOWER;
    }
    for (size_t i = 0; i < lp->n_rows; i++) {
        const struct basis_item *item = find(b->rows, b->n_rows, &lp->rows[i].place);
        ret_row_status[i] = item ? item->status : BASIS_BASIC;
    }
}
