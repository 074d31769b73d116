// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/number.h"
#include "plan/extract_asset.h"
#include "plan/limits.h"

void extract_converter(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_converter *v = &r->m->p->converters[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double power_w = reader_watts(reader_value(r, r->m->converters[i].power, k));
        double most_w = v->available ? plan_converter_most_w(v) : plan_converter_held_w(v);
        double drawn_w = clamp(power_w, 0, most_w);
        a->power_w[k] = drawn_w > 0 ? -drawn_w : 0;
        a->heat_w[k] = v->cop[k] * drawn_w;
    }
}
