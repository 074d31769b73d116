// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/number.h"
#include "plan/extract_asset.h"

static double column(const struct reader *r, int column)
{
    return column < 0 ? 0 : r->solution->x[model_column(r->m, column)];
}

// Value of one kWh more in the vehicle: from the storage row of its step, or from the one row of its session.
static double value_of(const struct reader *r, const struct model_flexible *c, size_t stay, size_t k)
{
    double value = 0;
    if (c->storage_row[k] >= 0)
        value = -r->solution->row_dual[c->storage_row[k]];
    else if (c->goal_row[stay] >= 0)
        value = r->solution->row_dual[c->goal_row[stay]];
    return clamp(value, -1e6, 1e6);
}

// The energy is integrated from the powers that are handed out, so that both always agree.
void extract_flexible(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_flexible *f = &r->m->p->flexibles[i];
    const struct model_flexible *c = &r->m->flexibles[i];
    for (size_t n = 0; n < c->stays->count; n++) {
        const struct stay *s = &c->stays->at[n];
        double energy_wh = s->start_wh;
        for (size_t k = s->first; k < s->first + s->count; k++) {
            double charge_kw = column(r, c->charge[k]), discharge_kw = column(r, c->discharge[k]);
            a->power_w[k] = reader_watts(discharge_kw - charge_kw);
            energy_wh = stay_energy_after(f, energy_wh, a->power_w[k], r->s->hours[k]);
            a->energy_wh[k] = energy_wh;
            a->energy_value_per_kwh[k] = value_of(r, c, n, k);
        }
        a->missed_wh += stay_missed_wh(s, energy_wh);
        a->below_lowest |= !stay_keeps_lowest_power(f, c->stays, n, a->power_w);
    }
}
