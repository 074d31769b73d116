// SPDX-License-Identifier: GPL-3.0-or-later
// PV, loads and ties.
#include "base/number.h"
#include "plan/extract_asset.h"
#include "plan/limits.h"

void extract_pv(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_pv *v = &r->m->p->pvs[i];
    const struct model_pv *c = &r->m->pvs[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double kw =
            c->used >= 0 ? reader_value(r, c->used, k) : v->available_w[k] / KILO - reader_value(r, c->spill, k);
        a->power_w[k] = clamp(reader_watts(kw), 0, v->available_w[k]);
    }
}

void extract_load(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_load *l = &r->m->p->loads[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double served_w = plan_demand_w(r->m->p, l, k);
        for (int tier = 0; tier < TIER_COUNT; tier++) {
            double shed_w = reader_watts(reader_value(r, r->m->loads[i].shed[tier], k));
            a->shed_w[k * TIER_COUNT + (size_t)tier] = shed_w;
            served_w -= shed_w;
        }
        a->power_w[k] = served_w > 0 ? -served_w : 0;
    }
}

void extract_tie(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct model_tie *c = &r->m->ties[i];
    double arrives = 1 - r->m->p->ties[i].loss_frac;
    for (size_t k = 0; k < r->s->n_steps; k++)
        a->power_w[k] = reader_watts(reader_value(r, c->forward, k) * arrives - reader_value(r, c->backward, k));
}
