// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "plan/limits.h"
#include "plan/schedule_check.h"
#include "plan/steps.h"

// Averages of all windows: the highest is the peak, and what exceeds the contract power is a limit missed for as long
// as the windows last.
static double judge_windows(struct judge *j, const struct plan_grid *g, const double *power_w)
{
    int64_t at = j->p->start_utc_ms[0];
    double highest = g->peak_so_far_w, window_h = g->demand_window_s / 3600.0;
    struct demand_window w;
    while (plan_has_windows(g) && demand_window_next(j->p, g, &at, &w)) {
        double wh = w.elapsed_wh;
        for (size_t k = w.first; k <= w.last; k++)
            wh += fmax(0, power_w[k]) * demand_window_overlap_h(j->p, g, &w, k);
        highest = fmax(highest, wh / window_h);
        if (plan_has_contract(g) && !demand_window_is_away(g, &w) && wh / window_h > g->contract_w)
            j->missed_kwh[OBJECTIVE_LIMITS] += (wh / window_h - g->contract_w) * (double)(at - w.start_utc_ms) / 3.6e9;
    }
    return highest;
}

static void judge_grid_ramp(struct judge *j, const struct plan_grid *g, const double *power_w)
{
    for (size_t k = 0; k < j->p->n_steps; k++) {
        if (!plan_has_grid_ramp(g, k))
            continue;
        double before_w = k > 0 ? power_w[k - 1] : g->power_before_w;
        judge_miss(j, OBJECTIVE_LIMITS, fabs(power_w[k] - before_w) - plan_ramp_w(j->p, g->ramp_w_per_s, k), k);
    }
}

void judge_grid(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_grid *g = &j->p->grids[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double in_w = fmax(0, a->power_w[k]), out_w = fmax(0, -a->power_w[k]), kh = j->p->hours[k] / 1000;
        if (plan_is_away(g, k) && in_w + out_w > JUDGE_NEAR_W)
            judge_refuse(j, "%s: %.0f W in step %zu though the grid is away", g->id, a->power_w[k], k);
        judge_miss(j, OBJECTIVE_LIMITS, in_w - plan_import_limit_w(g, k), k);
        judge_miss(j, OBJECTIVE_LIMITS, out_w - plan_export_limit_w(g, k), k);
        judge_pay(j, in_w * kh * plan_import_cost_per_kwh(j->p, g, k));
        judge_pay(j, -out_w * kh * g->export_price_per_kwh[k]);
        judge_pay(j, -plan_incentive_per_h(g, k, in_w) * j->p->hours[k]);
        judge_emit(j, in_w * kh * g->co2_kg_per_kwh[k]);
        judge_flow(j, g->bus, k, a->power_w[k]);
    }
    judge_grid_ramp(j, g, a->power_w);
    double peak_w = judge_windows(j, g, a->power_w);
    if (fabs(peak_w - j->s->peak_w[i]) > judge_near_w(peak_w))
        judge_refuse(j, "%s: a peak of %.0f W instead of %.0f W", g->id, j->s->peak_w[i], peak_w);
    judge_pay(j, peak_w / 1000 * g->demand_charge_per_kw);
}

void judge_area(struct judge *j)
{
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double sum_w = 0;
        for (size_t g = 0; g < j->p->n_grids && plan_has_area_limit(j->p, k); g++) // the first assets are the grids
            sum_w += plan_is_electric(j->p, &j->p->grids[g]) ? j->s->assets[g].power_w[k] : 0;
        judge_miss(j, OBJECTIVE_LIMITS, sum_w - j->p->area_import_limit_w[k], k);
        judge_miss(j, OBJECTIVE_LIMITS, -sum_w - j->p->area_export_limit_w[k], k);
    }
}

static void judge_community(struct judge *j, size_t i)
{
    const struct plan_community *c = &j->p->communities[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double sum_w = 0, kh = j->p->hours[k] / 1000;
        for (size_t g = 0; g < j->p->n_grids; g++) // the first assets are the grids
            sum_w += j->p->grids[g].community == (int)i ? j->s->assets[g].power_w[k] : 0;
        judge_pay(j, fmax(0, sum_w) * kh * c->import_price_per_kwh[k]);
        judge_pay(j, -fmax(0, -sum_w) * kh * c->export_price_per_kwh[k]);
    }
}

void judge_communities(struct judge *j)
{
    for (size_t i = 0; i < j->p->n_communities; i++)
        judge_community(j, i);
}
