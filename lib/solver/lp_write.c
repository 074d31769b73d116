// SPDX-License-Identifier: GPL-3.0-or-later
// Dumps of a model for other solvers. GLPK's own MPS keeps 11 digits, too few where a sum of bounds must meet a demand;
// so this one is written here, with all of them. Its LP format keeps 15.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "solver/glpk_model.h"

// GLPK gives a meaning to these names: it would write to the terminal, or compress.
static bool is_plain_file(const char *path)
{
    size_t length = path ? strlen(path) : 0;
    return length > 0 && strncmp(path, "/dev/", 5) != 0 && !(length >= 3 && strcmp(path + length - 3, ".gz") == 0);
}

int lp_write_lp(const struct lp *lp, const char *path)
{
    if (!is_plain_file(path))
        return AEMS_E_IO;
    glp_prob *problem;
    int rc = glpk_model_of(lp, &problem);
    if (rc < 0)
        return rc;
    glpk_model_name(lp, problem);
    glp_set_prob_name(problem, "aems");
    glp_set_obj_name(problem, "cost");
    int failed = glp_write_lp(problem, NULL, path);
    glp_delete_prob(problem);
    return failed ? AEMS_E_IO : 0;
}

// ---- free MPS -------------------------------------------------------------------------------------------------------

// 0 for a row without bounds: readers differ on what that is, so it is left out.
static char row_type(const struct lp_bounds *b)
{
    if (lp_is_finite(b->lower) && b->lower == b->upper)
        return 'E';
    if (lp_is_finite(b->upper))
        return 'L';
    return lp_is_finite(b->lower) ? 'G' : '\0';
}

static void write_rows(const struct lp *lp, FILE *out)
{
    // Without FREE some readers take short lines for the old form with fixed columns.
    fputs("NAME aems FREE\nROWS\n N cost\n", out);
    for (size_t i = 0; i < lp->n_rows; i++)
        if (row_type(&lp->rows[i]))
            fprintf(out, " %c %s\n", row_type(&lp->rows[i]), lp->rows[i].name);
}

static void write_columns(const struct lp *lp, const struct lp_matrix *m, FILE *out)
{
    fputs("COLUMNS\n", out);
    for (size_t j = 0; j < lp->n_columns; j++) {
        // Some readers refuse a zero; only a column without any entry needs one to exist.
        if (lp->costs[j] != 0 || m->start[j] == m->start[j + 1])
            fprintf(out, " %s cost %.17g\n", lp->columns[j].name, lp->costs[j]);
        for (size_t i = m->start[j]; i < m->start[j + 1]; i++)
            if (row_type(&lp->rows[m->row[i]]))
                fprintf(out, " %s %s %.17g\n", lp->columns[j].name, lp->rows[m->row[i]].name, m->value[i]);
    }
}

static void write_right_sides(const struct lp *lp, FILE *out)
{
    fputs("RHS\n", out);
    for (size_t i = 0; i < lp->n_rows; i++) {
        char type = row_type(&lp->rows[i]);
        if (type)
            fprintf(out, " RHS %s %.17g\n", lp->rows[i].name, type == 'G' ? lp->rows[i].lower : lp->rows[i].upper);
    }
    fputs("RANGES\n", out);
    for (size_t i = 0; i < lp->n_rows; i++)
        if (row_type(&lp->rows[i]) == 'L' && lp_is_finite(lp->rows[i].lower))
            fprintf(out, " RNG %s %.17g\n", lp->rows[i].name, lp->rows[i].upper - lp->rows[i].lower);
}

static void write_bounds(const struct lp *lp, FILE *out)
{
    fputs("BOUNDS\n", out);
    for (size_t j = 0; j < lp->n_columns; j++) {
        const struct lp_bounds *b = &lp->columns[j];
        bool has_lower = lp_is_finite(b->lower), has_upper = lp_is_finite(b->upper);
        if (has_lower && b->lower == b->upper) {
            fprintf(out, " FX BND %s %.17g\n", b->name, b->lower);
            continue;
        }
        if (has_lower)
            fprintf(out, " LO BND %s %.17g\n", b->name, b->lower);
        else
            fprintf(out, " %s BND %s\n", has_upper ? "MI" : "FR", b->name);
        if (has_upper)
            fprintf(out, " UP BND %s %.17g\n", b->name, b->upper);
    }
    fputs("ENDATA\n", out);
}

int lp_write_mps(const struct lp *lp, const char *path)
{
    if (!is_plain_file(path))
        return AEMS_E_IO;
    struct lp_matrix m;
    int rc = lp_matrix_of(lp, &m);
    if (rc < 0)
        return rc;
    FILE *out = fopen(path, "we");
    if (out) {
        write_rows(lp, out);
        write_columns(lp, &m, out);
        write_right_sides(lp, out);
        write_bounds(lp, out);
    }
    bool failed = !out || ferror(out);
    if (out)
        failed |= fclose(out) != 0;
    lp_matrix_free(&m);
    return failed ? AEMS_E_IO : 0;
}
