// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "plan/schedule_check.h"
#include "plan/steps.h"

static double highest_window_w(const struct judge *j, const struct plan_grid *g, const double *power_w)
{
    int64_t at = j->p->start_utc_ms[0];
    double highest = g->peak_so_far_w, window_h = g->demand_window_s / 3600.0;
    struct demand_window w;
    while (g->demand_charge_per_kw > 0 && demand_window_next(j->p, g, &at, &w)) {
        double wh = w.elapsed_wh;
        for (size_t k = w.first; k <= w.last; k++)
            wh += fmax(0, power_w[k]) * demand_window_overlap_h(j->p, g, &w, k);
        highest = fmax(highest, wh / window_h);
    }
    return highest;
}

void judge_grid(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_grid *g = &j->p->grids[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double in_w = fmax(0, a->power_w[k]), out_w = fmax(0, -a->power_w[k]), kh = j->p->hours[k] / 1000;
        if (g->away && in_w + out_w > JUDGE_NEAR_W)
            judge_refuse(j, "%s: %.0f W in step %zu though the grid is away", g->id, a->power_w[k], k);
        judge_miss(j, OBJECTIVE_LIMITS, in_w - g->import_limit_w, k);
        judge_miss(j, OBJECTIVE_LIMITS, out_w - g->export_limit_w, k);
        judge_pay(j, in_w * kh * plan_import_cost_per_kwh(j->p, g, k));
        judge_pay(j, -out_w * kh * g->export_price_per_kwh[k]);
        judge_flow(j, g->bus, k, a->power_w[k]);
    }
    double peak_w = highest_window_w(j, g, a->power_w);
    if (fabs(peak_w - j->s->peak_w[i]) > judge_near_w(peak_w))
        judge_refuse(j, "%s: a peak of %.0f W instead of %.0f W", g->id, j->s->peak_w[i], peak_w);
    judge_pay(j, peak_w / 1000 * g->demand_charge_per_kw);
}
