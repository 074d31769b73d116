// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "base/number.h"
#include "plan/extract_asset.h"

void extract_offers(const struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    for (size_t i = 0; i < p->n_offers; i++) {
        memcpy(r->s->offer_ids[i], p->offers[i].id, SITE_ID_MAX);
        for (size_t k = 0; k < p->n_steps; k++) {
            size_t at = i * p->n_steps + k;
            double power_w = reader_watts(reader_value(r, r->m->offer_column[at], 0));
            r->s->offer_w[at] = clamp(power_w, 0, p->offers[i].available_w[k]);
        }
    }
}
