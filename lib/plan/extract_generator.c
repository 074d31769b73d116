// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/number.h"
#include "plan/extract_asset.h"
#include "plan/limits.h"

void extract_generator(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_generator *g = &r->m->p->generators[i];
    const struct model_generator *c = &r->m->generators[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double power_w = reader_watts(reader_value(r, c->power, k));
        double most_w = g->available ? plan_generator_most_w(g, k) : plan_generator_held_w(r->m->p, g, k);
        a->power_w[k] = clamp(power_w, 0, most_w);
        a->heat_w[k] = clamp(reader_watts(reader_value(r, c->heat, k)), 0, g->heat_ratio * a->power_w[k]);
    }
}

double extract_start_costs(const struct reader *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->m->p->n_generators; i++) {
        bool runs = plan_generator_runs_before(&r->m->p->generators[i]);
        for (size_t k = 0; k < r->m->p->n_steps; k++) {
            bool ran = runs;
            runs = reader_value(r, r->m->generators[i].power, k) * KILO > PLAN_RUNS_W;
            sum += runs && !ran ? r->m->p->generators[i].start_cost : 0;
        }
    }
    return sum;
}
