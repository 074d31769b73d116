// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/number.h"
#include "plan/extract_asset.h"

void extract_generator(const struct reader *r, size_t i, struct schedule_asset *a)
{
    for (size_t k = 0; k < r->s->n_steps; k++)
        a->power_w[k] =
            clamp(reader_watts(reader_value(r, r->m->generators[i].power, k)), 0, r->m->p->generators[i].max_power_w);
}
