// SPDX-License-Identifier: GPL-3.0-or-later
// Generators, converters and ties in the problem.
#include <math.h>

#include "base/number.h"
#include "core/problem.h"

static void fill_generator(const struct engine *e, int generator, struct plan_problem *p, struct instant now)
{
    int asset = asset_of(e, ASSET_GENERATOR, generator);
    const struct site_generator *site = &e->site->generators[generator];
    const struct asset_state *a = &e->assets[asset];
    struct plan_generator *g = &p->generators[generator];
    if (site->fuel_wh > 0)
        g->fuel_wh = site->fuel_wh * (a->fuel.quality == QUALITY_NONE ? 1 : clamp(a->fuel.v, 0, 1));
    g->power_before_w = asset_known(e, asset, now.mono_ms) ? fmax(a->good.v, 0) : 0;
    double run_h = area_seconds(e, elapsed_ms(a->switched_mono_ms, now.mono_ms)) / 3600;
    g->has_run_h = a->runs ? clamp(run_h, 1e-3, 1e4) : 0;
    g->available = problem_follows(e, asset);
    g->held_power_w = fmax(problem_held_w(e, asset, now), 0);
    // What cannot be told to run does not run, unless it is seen to.
    bool idle = !g->available && g->held_power_w < 0.01 * site->max_power_w;
    if (idle || (e->received && a->control < 0 && g->held_power_w <= 0))
        g->max_power_w = 0;
}

static void fill_tie(const struct engine *e, int tie, struct plan_problem *p, struct instant now)
{
    int asset = asset_of(e, ASSET_TIE, tie);
    p->ties[tie].available = problem_follows(e, asset);
    p->ties[tie].held_power_w = problem_held_w(e, asset, now);
}

void problem_fill_supply(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t g = 0; g < p->n_generators; g++)
        fill_generator(e, (int)g, p, now);
    for (size_t t = 0; t < p->n_ties; t++)
        fill_tie(e, (int)t, p, now);
}

double converter_cop(const struct engine *e, int converter, int64_t utc_ms)
{
    const struct site_converter *c = &e->site->converters[converter];
    if (c->cop_per_degc == 0)
        return c->cop;
    return clamp(c->cop + c->cop_per_degc * (forecast_outside_degc(e->forecast, utc_ms) - 15), fmin(1, c->cop), 50);
}

static void fill_converter(const struct engine *e, int converter, struct plan_problem *p, struct instant now)
{
    int asset = asset_of(e, ASSET_CONVERTER, converter);
    struct plan_converter *c = &p->converters[converter];
    for (size_t k = 0; k < p->n_steps; k++)
        c->cop[k] = converter_cop(e, converter, (p->start_utc_ms[k] + problem_step_end_ms(p, k)) / 2);
    c->available = problem_follows(e, asset);
    c->held_power_w = fmin(problem_held_w(e, asset, now), 0);
}

void problem_fill_converters(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t c = 0; c < p->n_converters; c++)
        fill_converter(e, (int)c, p, now);
}
