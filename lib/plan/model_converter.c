// SPDX-License-Identifier: GPL-3.0-or-later
// Heat pumps, chillers, electric boilers: what they draw at one bus comes out at another, times their COP.
#include <math.h>

#include "plan/limits.h"
#include "plan/model.h"

static void add_power(struct model *m, const struct plan_converter *v, int power, const signed char *runs)
{
    double held_kw = plan_converter_held_w(v) / KILO;
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        int column = power + (int)k;
        double most_kw = runs[k] < 0 ? 0 : plan_converter_most_w(v) / KILO;
        double least_kw = runs[k] > 0 ? fmin(v->min_power_w / KILO, most_kw) : 0;
        if (v->available)
            model_bound(m, column, least_kw, most_kw);
        else
            model_bound(m, column, m->with_slack ? 0 : held_kw, held_kw);
        model_cost(m, column, 0, model_small_cost(m, v->id, k) * m->p->hours[k]);
        model_entry(m, model_balance(m, v->from, k), column, -1);
        model_entry(m, model_balance(m, v->to, k), column, v->cop[k]);
    }
}

void model_add_converter(struct model *m, size_t i, const signed char *runs)
{
    const struct plan_converter *v = &m->p->converters[i];
    struct model_converter *c = &m->converters[i];
    c->held_miss = -1;
    c->power = model_decisions(m, "converter", i, v->id, m->p->n_steps);
    add_power(m, v, c->power, runs);
    if (v->available || !m->with_slack)
        return;
    c->held_miss = model_decisions(m, "converter_miss", i, v->id, m->p->n_steps);
    int row = model_decision_rows(m, "converter_miss", i, v->id, m->p->n_steps);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++)
        model_miss(m, row + (int)k, c->power + (int)k, c->held_miss + (int)k, k, plan_converter_held_w(v) / KILO);
}
