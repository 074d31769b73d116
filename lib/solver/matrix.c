// SPDX-License-Identifier: GPL-3.0-or-later
// The entries of a model by columns, pairs added up: GLPK ends the process when it meets a pair twice.
#include <stdlib.h>

#include "base/error.h"
#include "solver/model.h"

static int allocate(const struct lp *lp, struct lp_matrix *m)
{
    m->start = calloc(lp->n_columns + 2, sizeof(*m->start));
    m->row = calloc(lp->n_entries + 1, sizeof(*m->row));
    m->value = calloc(lp->n_entries + 1, sizeof(*m->value));
    if (m->start && m->row && m->value)
        return 0;
    lp_matrix_free(m);
    return AEMS_E_NOMEM;
}

// A counting sort by column; within a column in the order of adding.
static void sort_by_column(const struct lp *lp, struct lp_matrix *m)
{
    for (size_t i = 0; i < lp->n_entries; i++)
        m->start[lp->entries[i].column + 2]++;
    for (size_t j = 2; j < lp->n_columns + 2; j++)
        m->start[j] += m->start[j - 1];
    for (size_t i = 0; i < lp->n_entries; i++) {
        size_t at = m->start[lp->entries[i].column + 1]++;
        m->row[at] = lp->entries[i].row;
        m->value[at] = lp->entries[i].value;
    }
}

// `place[row]` is 1 + the index where the present column holds this row.
static void merge_repeated(const struct lp *lp, struct lp_matrix *m, size_t *place)
{
    size_t out = 0;
    for (size_t j = 0; j < lp->n_columns; j++) {
        size_t begin = m->start[j], end = m->start[j + 1], first = out;
        m->start[j] = first;
        for (size_t i = begin; i < end; i++) {
            size_t *known = &place[m->row[i]];
            if (*known > first && m->row[*known - 1] == m->row[i] && *known <= out) {
                m->value[*known - 1] += m->value[i];
                continue;
            }
            m->row[out] = m->row[i];
            m->value[out] = m->value[i];
            *known = ++out;
        }
        size_t kept = first;
        for (size_t i = first; i < out; i++)
            if (m->value[i] != 0) {
                m->row[kept] = m->row[i];
                m->value[kept++] = m->value[i];
            }
        out = kept;
    }
    m->start[lp->n_columns] = out;
    m->count = out;
}

int lp_matrix_of(const struct lp *lp, struct lp_matrix *ret_matrix)
{
    struct lp_matrix m = {0};
    int rc = allocate(lp, &m);
    if (rc < 0)
        return rc;
    size_t *place = calloc(lp->n_rows + 1, sizeof(*place));
    if (!place) {
        lp_matrix_free(&m);
        return AEMS_E_NOMEM;
    }
    sort_by_column(lp, &m);
    merge_repeated(lp, &m, place);
    free(place);
    *ret_matrix = m;
    return 0;
}

void lp_matrix_free(struct lp_matrix *m)
{
    free(m->start);
    free(m->row);
    free(m->value);
    *m = (struct lp_matrix){0};
}
