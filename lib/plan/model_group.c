// SPDX-License-Identifier: GPL-3.0-or-later
// Groups: what hangs behind one breaker or shares one charging station.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "plan/model.h"

static double most_kw(const struct plan_flexible *f, const struct model_flexible *c, size_t k)
{
    if (c->charge[k] < 0)
        return 0;
    double most_w = f->available ? fmax(f->max_charge_w, f->max_discharge_w) : fabs(f->held_power_w);
    return most_w * c->stays->share[k] / KILO;
}

// Rows only where the members together could exceed the limit, inner groups' limits considered. A group hangs behind
// one of a lower number.
static void add_rows(struct model *m, size_t k, double *reach_kw)
{
    const struct plan_problem *p = m->p;
    for (size_t g = 0; g < p->n_groups; g++)
        reach_kw[g] = 0;
    for (size_t i = 0; i < p->n_flexibles; i++)
        if (p->flexibles[i].group >= 0)
            reach_kw[p->flexibles[i].group] += most_kw(&p->flexibles[i], &m->flexibles[i], k);
    for (size_t g = p->n_groups; g-- > 0;) {
        const struct plan_group *group = &p->groups[g];
        double limit_kw = group->limit_w / KILO;
        bool binds = reach_kw[g] > limit_kw;
        int row = binds ? model_row_at(m, "group", g, group->id, k, k, true) : -1;
        m->group_row[g * p->n_steps + k] = row;
        if (binds)
            model_row_is(m, row, -limit_kw, limit_kw);
        if (group->within >= 0)
            reach_kw[group->within] += fmin(reach_kw[g], limit_kw);
    }
}

static void add_entries(struct model *m, size_t i, size_t k)
{
    const struct plan_problem *p = m->p;
    const struct model_flexible *c = &m->flexibles[i];
    for (int g = p->flexibles[i].group; g >= 0 && c->charge[k] >= 0; g = p->groups[g].within) {
        int row = m->group_row[(size_t)g * p->n_steps + k];
        if (row < 0)
            continue;
        model_entry(m, row, c->charge[k], 1);
        if (c->discharge[k] >= 0)
            model_entry(m, row, c->discharge[k], -1);
    }
}

void model_add_groups(struct model *m)
{
    const struct plan_problem *p = m->p;
    double *reach_kw = calloc(p->n_groups + 1, sizeof(*reach_kw));
    m->n_shared = p->n_steps; // what all members decide alike
    for (size_t i = 0; i < p->n_flexibles; i++) {
        size_t n = model_steps_shared_at(m, p->flexibles[i].bus);
        m->n_shared = n < m->n_shared ? n : m->n_shared;
    }
    if (!reach_kw && m->error == 0)
        m->error = AEMS_E_NOMEM;
    for (size_t k = 0; k < p->n_steps && m->error == 0; k++)
        add_rows(m, k, reach_kw);
    for (size_t i = 0; i < p->n_flexibles; i++)
        for (size_t k = 0; k < p->n_steps && m->error == 0; k++)
            add_entries(m, i, k);
    free(reach_kw);
}
