// SPDX-License-Identifier: GPL-3.0-or-later
// Storage of a model, and the checks of every number that goes into it.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "solver/model.h"

static const double LARGEST = 1e12;

int lp_new(struct lp **ret_lp)
{
    struct lp *lp = calloc(1, sizeof(*lp));
    if (!lp)
        return AEMS_E_NOMEM;
    *ret_lp = lp;
    return 0;
}

void lp_free(struct lp *lp)
{
    if (!lp)
        return;
    free(lp->columns);
    free(lp->rows);
    free(lp->costs);
    free(lp->entries);
    free(lp);
}

static bool bounds_are_sound(double lower, double upper)
{
    if (isnan(lower) || isnan(upper) || lower > upper || lower >= LP_INFINITY || upper <= -LP_INFINITY)
        return false;
    return (!lp_is_finite(lower) || fabs(lower) <= LARGEST) && (!lp_is_finite(upper) || fabs(upper) <= LARGEST);
}

// Names that every reader of the LP format takes: no digit first, nothing that looks like a number such as e12.
static bool name_is_sound(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= LP_NAME_MAX || isdigit((unsigned char)name[0]))
        return false;
    if ((name[0] == 'e' || name[0] == 'E') && (length == 1 || isdigit((unsigned char)name[1])))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!(name[i] == '_' || isalnum((unsigned char)name[i])))
            return false;
    return true;
}

static int grow(void **array, size_t *room, size_t needed, size_t item)
{
    if (needed <= *room)
        return 0;
    size_t wanted = *room ? *room * 2 : 256;
    void *larger = reallocarray(*array, wanted, item);
    if (!larger)
        return AEMS_E_NOMEM;
    *array = larger;
    *room = wanted;
    return 0;
}

static void set(struct lp_bounds *b, double lower, double upper)
{
    b->lower = lower <= -LP_INFINITY ? -LP_INFINITY : lower;
    b->upper = upper >= LP_INFINITY ? LP_INFINITY : upper;
}

static struct lp_place place(const char *series, int64_t at)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *c = series; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    return (struct lp_place){.series = hash, .at = at};
}

int lp_add_column(struct lp *lp, double lower, double upper, double cost, const char *name)
{
    if (!bounds_are_sound(lower, upper) || !in_range(cost, -LARGEST, LARGEST) || !name_is_sound(name))
        return AEMS_E_RANGE;
    size_t costs_room = lp->columns_room;
    int rc = grow((void **)&lp->costs, &costs_room, lp->n_columns + 1, sizeof(*lp->costs));
    if (rc == 0)
        rc = grow((void **)&lp->columns, &lp->columns_room, lp->n_columns + 1, sizeof(*lp->columns));
    if (rc < 0)
        return rc;
    struct lp_bounds *column = &lp->columns[lp->n_columns];
    set(column, lower, upper);
    strcpy(column->name, name);
    column->place = place(name, 0);
    lp->costs[lp->n_columns] = cost;
    return (int)lp->n_columns++;
}

int lp_add_row(struct lp *lp, double lower, double upper, const char *name)
{
    if (!bounds_are_sound(lower, upper) || !name_is_sound(name))
        return AEMS_E_RANGE;
    int rc = grow((void **)&lp->rows, &lp->rows_room, lp->n_rows + 1, sizeof(*lp->rows));
    if (rc < 0)
        return rc;
    struct lp_bounds *row = &lp->rows[lp->n_rows];
    set(row, lower, upper);
    strcpy(row->name, name);
    row->place = place(name, 0);
    return (int)lp->n_rows++;
}

int lp_add(struct lp *lp, int row, int column, double coefficient)
{
    if (row < 0 || (size_t)row >= lp->n_rows || column < 0 || (size_t)column >= lp->n_columns ||
        !in_range(coefficient, -LARGEST, LARGEST))
        return AEMS_E_RANGE;
    int rc = grow((void **)&lp->entries, &lp->entries_room, lp->n_entries + 1, sizeof(*lp->entries));
    if (rc < 0)
        return rc;
    lp->entries[lp->n_entries++] = (struct lp_entry){.row = row, .column = column, .value = coefficient};
    return 0;
}

int lp_place_column(struct lp *lp, int column, const char *series, int64_t at)
{
    if (column < 0 || (size_t)column >= lp->n_columns || !name_is_sound(series))
        return AEMS_E_RANGE;
    lp->columns[column].place = place(series, at);
    return 0;
}

int lp_place_row(struct lp *lp, int row, const char *series, int64_t at)
{
    if (row < 0 || (size_t)row >= lp->n_rows || !name_is_sound(series))
        return AEMS_E_RANGE;
    lp->rows[row].place = place(series, at);
    return 0;
}

int lp_set_cost(struct lp *lp, int column, double cost)
{
    if (column < 0 || (size_t)column >= lp->n_columns || !in_range(cost, -LARGEST, LARGEST))
        return AEMS_E_RANGE;
    lp->costs[column] = cost;
    return 0;
}

int lp_set_column_bounds(struct lp *lp, int column, double lower, double upper)
{
    if (column < 0 || (size_t)column >= lp->n_columns || !bounds_are_sound(lower, upper))
        return AEMS_E_RANGE;
    set(&lp->columns[column], lower, upper);
    return 0;
}

int lp_set_row_bounds(struct lp *lp, int row, double lower, double upper)
{
    if (row < 0 || (size_t)row >= lp->n_rows || !bounds_are_sound(lower, upper))
        return AEMS_E_RANGE;
    set(&lp->rows[row], lower, upper);
    return 0;
}

const char *lp_column_name(const struct lp *lp, int column)
{
    return lp->columns[column].name;
}

size_t lp_columns(const struct lp *lp)
{
    return lp->n_columns;
}

size_t lp_rows(const struct lp *lp)
{
    return lp->n_rows;
}

size_t lp_entries(const struct lp *lp)
{
    struct lp_matrix m;
    if (lp_matrix_of(lp, &m) < 0)
        return lp->n_entries;
    size_t count = m.count;
    lp_matrix_free(&m);
    return count;
}

const char *lp_status_name(enum lp_status status)
{
    static const char *const names[] = {"optimal", "infeasible", "unbounded", "time limit", "failed"};
    return (unsigned)status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}
