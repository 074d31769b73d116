// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/number.h"
#include "plan/extract_asset.h"
#include "plan/limits.h"
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
        double in =
            within(reader_value(r, c->import, k), plan_import_limit_w(g, k), reader_value(r, c->import_over, k));
        double out =
            within(reader_value(r, c->export, k), plan_export_limit_w(g, k), reader_value(r, c->export_over, k));
        a->power_w[k] = reader_watts(in - out);
    }
}

static double import_kw(const struct reader *r, size_t i, size_t k)
{
    return reader_value(r, r->m->grids[i].import, k) + reader_value(r, r->m->grids[i].import_over, k);
}

// The program takes what is imported for so much less earned; what is earned counts from the baseline down.
double extract_incentives(const struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    double sum = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        for (size_t k = 0; k < p->n_steps; k++) {
            const struct plan_grid *g = &p->grids[i];
            double kw = import_kw(r, i, k), taken_kw = r->m->forgoes[i * p->n_steps + k] ? 0 : kw;
            sum += (plan_incentive_per_h(g, k, kw * KILO) + plan_incentive_per_kwh(g, k) * taken_kw) * p->hours[k];
        }
    return sum;
}

static size_t forgo_block(const struct reader *r, signed char *forgoes)
{
    const struct plan_problem *p = r->m->p;
    size_t forgone = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        for (size_t k = 0; k < p->n_steps; k++, forgoes++) {
            const struct plan_grid *g = &p->grids[i];
            bool earns = plan_incentive_per_kwh(g, k) <= 0 || import_kw(r, i, k) <= g->dr_baseline_w[k] / KILO + 1e-3;
            if (*forgoes || earns)
                continue;
            *forgoes = 1;
            forgone++;
        }
    return forgone;
}

size_t extract_forgone(const struct model *m, const struct lp_solution *solution, struct directions *d)
{
    size_t forgone = 0;
    struct model at = *m;
    struct reader r = {.m = &at, .solution = solution};
    for (size_t block = 0; block < d->n_courses; block++) {
        model_at_block(&at, block);
        forgone += forgo_block(&r, d->forgoes + block * d->n_grids * d->n_steps);
    }
    return forgone;
}

void extract_peaks(const struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        int64_t at = p->start_utc_ms[0];
        struct demand_window w;
        double peak_w = g->peak_so_far_w;
        while (plan_has_windows(g) && demand_window_next(p, g, &at, &w)) {
            double wh = w.elapsed_wh;
            for (size_t k = w.first; k <= w.last; k++)
                wh += fmax(0, r->s->assets[i].power_w[k]) * demand_window_overlap_h(p, g, &w, k);
            peak_w = fmax(peak_w, wh / (g->demand_window_s / 3600.0));
        }
        r->s->peak_w[i] = peak_w;
    }
}
