// SPDX-License-Identifier: GPL-3.0-or-later
// Flows that run both ways at once.
#include <math.h>

#include "plan/extract_asset.h"

// Below this it is rounding of the solver, not a decision.
static const double BOTH_WAYS_KW = 1e-4;

static size_t direct(double forward_kw, double backward_kw, bool all, signed char *sign)
{
    bool both = fmin(forward_kw, backward_kw) > BOTH_WAYS_KW;
    if ((both || all) && *sign == 0)
        *sign = forward_kw >= backward_kw ? 1 : -1;
    return both;
}

static double of_column(const struct model *m, const struct lp_solution *solution, int column)
{
    return column < 0 ? 0 : solution->x[model_column(m, column)];
}

static size_t direct_block(const struct model *m, const struct lp_solution *solution, bool all,
                           const struct directions *d, signed char *sign)
{
    struct reader r = {.m = m, .solution = solution};
    size_t both = 0;
    for (size_t i = 0; i < d->n_grids; i++)
        for (size_t k = 0; k < d->n_steps; k++) {
            const struct model_grid *c = &m->grids[i];
            both += direct(reader_value(&r, c->import, k) + reader_value(&r, c->import_over, k),
                           reader_value(&r, c->export, k) + reader_value(&r, c->export_over, k), all, sign++);
        }
    for (size_t i = 0; i < d->n_batteries; i++)
        for (size_t k = 0; k < d->n_steps; k++)
            both += direct(reader_value(&r, m->batteries[i].discharge, k), reader_value(&r, m->batteries[i].charge, k),
                           all, sign++);
    for (size_t i = 0; i < d->n_flexibles; i++)
        for (size_t k = 0; k < d->n_steps; k++)
            both += direct(of_column(m, solution, m->flexibles[i].discharge[k]),
                           of_column(m, solution, m->flexibles[i].charge[k]), all, sign++);
    for (size_t i = 0; i < d->n_ties; i++)
        for (size_t k = 0; k < d->n_steps; k++)
            both +=
                direct(reader_value(&r, m->ties[i].forward, k), reader_value(&r, m->ties[i].backward, k), all, sign++);
    return both;
}

size_t extract_directions(const struct model *m, const struct lp_solution *solution, bool all, struct directions *d)
{
    size_t both = 0, flows = directions_per_course(d);
    struct model at = *m;
    for (size_t block = 0; block < d->n_courses; block++) {
        model_at_block(&at, block);
        both += direct_block(&at, solution, all, d, d->sign + block * flows);
    }
    return both;
}
