// SPDX-License-Identifier: GPL-3.0-or-later
#include "blackout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "blackout_scene.h"
#include "forecast/forecast.h"

enum {
    BEFORE_S = 600, // the area is connected, and watched, so long before
    SECOND_MS = 1000,
    SUDDENLY_MS = 3000,  // a switch that moves so soon after the grid was lost was shed at once
    PLAN_EVERY_S = 1800, // beside the plans that the engine asks for because something happened
    LESSON_S = 300
};

struct play {
    const struct blackout *b;
    struct closed_loop *loop;
    const struct site *site;
    struct draw draw;
    bool *closed; // as site->switches, at the last look
    struct blackout_outcome o;
};

// ---- before -------------------------------------------------------------------------------------------------------

static void plan_seldom(struct site *s)
{
    s->plan.interval_s = PLAN_EVERY_S;
    s->plan.max_age_s = 2 * PLAN_EVERY_S;
}

static void set_nature(void *context, struct closed_loop *loop)
{
    const struct play *p = context;
    scene_weather(p->site, &p->draw, closed_loop_model(loop), closed_loop_now(loop).utc_ms);
}

// What was measured of loads and sun until now, and nothing else.
static void teach(struct play *p, int64_t until_utc_ms)
{
    struct forecast *f = engine_forecast(closed_loop_engine(p->loop));
    for (int64_t t = p->draw.start_utc_ms; t + LESSON_S * 1000 <= until_utc_ms; t += LESSON_S * 1000) {
        for (size_t i = 0; i < p->site->n_loads; i++)
            forecast_learn_load(f, (int)i, t, t + LESSON_S * 1000,
                                draw_mean_load_w(&p->draw, (int)i, t, t + LESSON_S * 1000));
        for (size_t i = 0; i < p->site->n_pvs; i++)
            forecast_learn_pv(f, (int)i, t, t + LESSON_S * 1000,
                              draw_mean_pv_w(&p->draw, (int)i, t, t + LESSON_S * 1000));
    }
}

// ---- watching -----------------------------------------------------------------------------------------------------

static bool is_out_of_order(const struct play *p, const struct plant_model *m)
{
    const struct site *s = p->site;
    for (size_t i = 0; i < s->n_switches; i++) {
        if (s->switches[i].load < 0 || plant_model_switch_at(m, (int)i)->closed)
            continue;
        for (size_t k = 0; k < s->n_switches; k++)
            if (s->switches[k].load >= 0 && s->switches[k].tier > s->switches[i].tier &&
                s->loads[s->switches[k].load].bus == s->loads[s->switches[i].load].bus &&
                plant_model_switch_at(m, (int)k)->closed)
                return true;
    }
    return false;
}

static void watch(struct play *p, int step_ms, int64_t since_ms)
{
    const struct plant_model *m = closed_loop_model(p->loop);
    for (size_t i = 0; i < p->site->n_switches; i++) {
        bool closed = plant_model_switch_at(m, (int)i)->closed;
        if (p->site->switches[i].load < 0 || closed == p->closed[i])
            continue;
        p->closed[i] = closed;
        p->o.switchings++;
        if (!closed && since_ms <= SUDDENLY_MS)
            p->o.first_shed_ms = (double)since_ms;
    }
    p->o.out_of_order_s += is_out_of_order(p, m) ? step_ms / 1e3 : 0.0;
    for (size_t i = 0; i < p->site->n_assets; i++) {
        const struct plant_asset *a = plant_model_asset(m, (int)i);
        const struct site_battery *b = site_storage_of(p->site, (int)i);
        if (p->site->assets[i].kind == ASSET_PV)
            p->o.sun_lost_wh += fmax(a->natural_w - a->power_w, 0.0) * step_ms / 3600e3;
        if (b)
            p->o.lowest_frac = fmin(p->o.lowest_frac, a->energy_wh / b->capacity_wh - b->soc_min_frac);
    }
}

static int run_hours(struct play *p)
{
    served_begin(&p->o.served, p->site, closed_loop_model(p->loop));
    for (int hour = 0; hour < p->b->hours; hour++) {
        int64_t end_ms = p->b->at_utc_ms + (hour + 1) * INT64_C(3600000);
        while (closed_loop_now(p->loop).utc_ms < end_ms) {
            int64_t since_ms = closed_loop_now(p->loop).utc_ms - p->b->at_utc_ms;
            int step_ms = scene_step_ms(p->b, closed_loop_now(p->loop).utc_ms);
            closed_loop_step(p->loop, step_ms);
            watch(p, step_ms, since_ms + step_ms);
        }
        int status = served_hour(&p->o.served, p->site, closed_loop_model(p->loop));
        if (status < 0)
            return status;
    }
    return 0;
}

// ---- after ----------------------------------------------------------------------------------------------------------

static bool is_connected(const struct play *p)
{
    for (size_t i = 0; i < p->site->n_islands; i++)
        if (!plant_model_island(closed_loop_model(p->loop), (int)i)->breaker_closed)
            return false;
    return true;
}

static void return_to_grid(struct play *p)
{
    struct plant_model *m = closed_loop_model(p->loop);
    p->o.connected_s = -1.0;
    for (size_t g = 0; g < p->site->n_grids; g++)
        plant_model_set_grid(m, (int)g, true);
    for (int s = 0; s < p->b->after_s; s++) {
        closed_loop_step(p->loop, SECOND_MS);
        if (p->o.connected_s < 0.0 && is_connected(p))
            p->o.connected_s = s + 1;
        for (size_t g = 0; g < p->site->n_grids; g++) {
            const struct site_grid *of = &p->site->grids[g];
            const struct plant_asset *a = plant_model_asset(m, site_find_asset(p->site, of->id));
            double allowed_w = of->contract_power_w > 0.0 ? of->contract_power_w : of->import_limit_w;
            p->o.after_peak_frac = fmax(p->o.after_peak_frac, a->power_w / of->import_limit_w);
            p->o.after_average_frac = fmax(p->o.after_average_frac, a->windows.peak_w / allowed_w);
        }
    }
}

static void take_figures(struct play *p)
{
    struct closed_loop_figures f;
    closed_loop_figures(p->loop, &f);
    p->o.plans = f.plans;
    p->o.failed_plans = f.failed_plans;
    p->o.plan_ms = f.plans > 0 ? f.solve_s * 1e3 / f.plans : 0.0;
    p->o.plan_longest_ms = f.solve_longest_ms;
    p->o.engine_us = f.steps > 0 ? f.engine_s * 1e6 / f.steps : 0.0;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static int play(struct play *p)
{
    struct plant_model *m = closed_loop_model(p->loop);
    teach(p, p->b->at_utc_ms - BEFORE_S * 1000);
    for (size_t i = 0; i < p->site->n_switches; i++)
        p->closed[i] = true;
    closed_loop_run(p->loop, BEFORE_S);
    scene_begin(p->site, m);
    int status = run_hours(p);
    if (status < 0)
        return status;
    p->o.verdict = served_judge(p->o.served.hours, p->o.served.n);
    scene_end(p->site, m, &p->o);
    if (p->b->look)
        p->b->look(p->b->context, p->loop);
    if (p->b->after_s > 0)
        return_to_grid(p);
    take_figures(p);
    return 0;
}

int blackout_run(const struct blackout *b, struct blackout_outcome *ret_outcome)
{
    struct play p = {.b = b};
    struct closed_loop_options options = {.seed = b->seed,
                                          .start_utc_ms = b->at_utc_ms - BEFORE_S * 1000,
                                          .meter_noise_frac = 0.001,
                                          .configure = plan_seldom,
                                          .islands = true,
                                          .poll_ms = b->step_ms,
                                          .nature = set_nature,
                                          .context = &p,
                                          .talk = b->talk};
    int status = closed_loop_open(b->config_path, &options, &p.loop);
    if (status < 0)
        return status;
    p.site = closed_loop_site(p.loop);
    p.closed = calloc(p.site->n_switches + 1, sizeof *p.closed);
    status = p.closed ? scene_draw(b, p.site, &p.draw) : AEMS_E_NOMEM;
    if (status == 0)
        status = play(&p);
    if (status == 0)
        *ret_outcome = p.o;
    draw_free(&p.draw);
    free(p.closed);
    closed_loop_close(p.loop);
    return status;
}
