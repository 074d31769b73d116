// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/number.h"
#include "plan/extract_asset.h"

// The energy is integrated from the powers that are handed out, so that both always agree.
void extract_battery(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_battery *b = &r->m->p->batteries[i];
    const struct model_battery *c = &r->m->batteries[i];
    double energy_wh = b->energy_wh;
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double h = r->s->hours[k];
        double power_w = reader_watts(reader_value(r, c->discharge, k) - reader_value(r, c->charge, k));
        double stored_w = power_w < 0 ? -power_w * b->charge_efficiency : -power_w / b->discharge_efficiency;
        energy_wh = energy_wh * (1 - b->self_discharge_per_h * h) + stored_w * h;
        a->power_w[k] = power_w;
        a->energy_wh[k] = energy_wh;
        a->energy_value_per_kwh[k] = clamp(-r->solution->row_dual[c->storage_row + (int)k], -1e6, 1e6);
    }
}

double extract_reserve_missed(const struct reader *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->m->p->n_batteries; i++) {
        double worst = 0;
        for (size_t k = 0; k < r->s->n_steps; k++)
            worst = fmax(worst,
                         reader_value(r, r->m->batteries[i].below, k) + reader_value(r, r->m->batteries[i].above, k));
        sum += worst;
    }
    return sum;
}
