// SPDX-License-Identifier: GPL-3.0-or-later
// Communities: the sum of several grid connections is drawn and paid for, or fed in and paid out.
#include <math.h>

#include "plan/model.h"

// To feed in for more than it costs to draw would pay both at once. What is drawn and fed in then costs a little more
// than that would earn, so that it never pays: as with energy in circles at a negative price.
static const double BEYOND_GAIN = 1.05;

static void add_sum(struct model *m, const struct plan_community *of, const struct model_community *c, size_t k)
{
    double h = m->p->hours[k], import_price = of->import_price_per_kwh[k], export_price = of->export_price_per_kwh[k];
    double circle = BEYOND_GAIN * fmax(0, export_price - import_price) / 2;
    int row = c->row + (int)k, import = c->import + (int)k, export = c->export + (int)k;
    model_bound(m, import, 0, LP_INFINITY);
    model_bound(m, export, 0, LP_INFINITY);
    model_cost(m, import, import_price * h, circle * h);
    model_cost(m, export, -export_price * h, (circle + EXPORT_TIE_BREAK * m->price_unit) * h);
    model_entry(m, row, import, -1);
    model_entry(m, row, export, 1);
    model_row_is(m, row, 0, 0);
}

static void add_member(struct model *m, const struct model_grid *g, const struct model_community *c, size_t k)
{
    int row = c->row + (int)k;
    model_entry(m, row, g->import + (int)k, 1);
    model_entry(m, row, g->export + (int)k, -1);
    if (g->import_over < 0)
        return;
    model_entry(m, row, g->import_over + (int)k, 1);
    model_entry(m, row, g->export_over + (int)k, -1);
}

// sum of what the members draw, less what they feed in = import - export
void model_add_community(struct model *m, size_t i)
{
    const struct plan_problem *p = m->p;
    const struct plan_community *of = &p->communities[i];
    struct model_community *c = &m->communities[i];
    c->import = model_columns(m, "community_import", i, of->id, p->n_steps);
    c->export = model_columns(m, "community_export", i, of->id, p->n_steps);
    c->row = model_rows(m, "community", i, of->id, p->n_steps);
    for (size_t k = 0; k < p->n_steps && m->error == 0; k++) {
        add_sum(m, of, c, k);
        for (size_t g = 0; g < p->n_grids; g++)
            if (p->grids[g].community == (int)i)
                add_member(m, &m->grids[g], c, k);
    }
}
