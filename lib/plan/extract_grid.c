// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/number.h"
#include "plan/extract_asset.h"
#include "plan/steps.h"

static double within(double kw, double limit_w, double over_kw)
{
    return reader_watts(over_kw) > 0 ? kw + over_kw : clamp(kw, 0, limit_w / KILO);
}

void extract_grid(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct model_grid *c = &r->m->grids[i];
    const struct plan_grid *g = &r->m->p->grids[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double in = within(reader_value(r, c->import, k), g->import_limit_w, reader_value(r, c->import_over, k));
        double out = within(reader_value(r, c->export, k), g->export_limit_w, reader_value(r, c->export_over, k));
        a->power_w[k] = reader_watts(in - out);
    }
}

void extract_peaks(const struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        int64_t at = p->start_utc_ms[0];
        struct demand_window w;
        double peak_w = g->peak_so_far_w;
        while (g->demand_charge_per_kw > 0 && demand_window_next(p, g, &at, &w)) {
            double wh = w.elapsed_wh;
            for (size_t k = w.first; k <= w.last; k++)
                wh += fmax(0, r->s->assets[i].power_w[k]) * demand_window_overlap_h(p, g, &w, k);
            peak_w = fmax(peak_w, wh / (g->demand_window_s / 3600.0));
        }
        r->s->peak_w[i] = peak_w;
    }
}
