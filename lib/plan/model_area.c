// SPDX-License-Identifier: GPL-3.0-or-later
// What demand response allows all electric grid connections together, net. Rows only where it does.
#include "plan/limits.h"
#include "plan/model.h"

static void add_flow(struct model *m, const struct model_grid *c, int row, size_t k)
{
    model_entry(m, row, c->import + (int)k, 1);
    model_entry(m, row, c->export + (int)k, -1);
    if (c->import_over < 0)
        return;
    model_entry(m, row, c->import_over + (int)k, 1);
    model_entry(m, row, c->export_over + (int)k, -1);
}

static void add_slack(struct model *m, const char *family, int row, size_t k, double sign)
{
    int column = model_column_at(m, family, 0, m->p->area, k, k, false);
    if (m->error < 0)
        return;
    model_bound(m, column, 0, LP_INFINITY);
    model_penalise(m, column, OBJECTIVE_LIMITS, m->p->hours[k], m->p->hours[k]);
    model_entry(m, row, column, sign);
}

static double most_kw(double limit_w)
{
    return limit_w < PLAN_NO_LIMIT_W ? limit_w / KILO : LP_INFINITY;
}

// -export limit - over <= import - export of all <= import limit + over
static void add_row(struct model *m, size_t k)
{
    const struct plan_problem *p = m->p;
    int row = m->area_row[k] = model_row_at(m, "area_limit", 0, p->area, k, k, false);
    for (size_t i = 0; i < p->n_grids && m->error == 0; i++)
        if (plan_is_electric(p, &p->grids[i]))
            add_flow(m, &m->grids[i], row, k);
    if (m->error < 0)
        return;
    model_row_is(m, row, -most_kw(p->area_export_limit_w[k]), most_kw(p->area_import_limit_w[k]));
    if (!m->with_slack)
        return;
    if (p->area_import_limit_w[k] < PLAN_NO_LIMIT_W)
        add_slack(m, "area_import_over", row, k, -1);
    if (p->area_export_limit_w[k] < PLAN_NO_LIMIT_W)
        add_slack(m, "area_export_over", row, k, 1);
}

void model_add_area_limits(struct model *m)
{
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        m->area_row[k] = -1;
        if (plan_has_area_limit(m->p, k))
            add_row(m, k);
    }
}
