// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "replay/drill_internal.h"

enum {
    SETTLE_S = 15 * 60, // before the grid fails: forecasts, a plan, and the area as it usually is
    AFTER_S = 60 * 60,  // at most, after it is back
    FINE_MS = 100,      // steps around the loss, when every moment counts, ...
    FINE_AROUND_S = 10,
    COARSE_MS = 1000, // ... and otherwise
    PLAN_DELAY_MS = 2000,
    SOLVE_DEADLINE_MS = 10000,
    MINUTE_MS = 60000,
    OUTAGE_LONGEST_S = 7 * 86400,
};

// ---- making --------------------------------------------------------------------------------------------------------

static int charge_batteries(struct drill *d)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < d->site->n_assets; i++)
        if (d->site->assets[i].kind == ASSET_BATTERY && d->options.soc_frac >= 0)
            r = plant_model_set_soc(d->model, (int)i, d->options.soc_frac);
    return r;
}

static int start(struct drill *d)
{
    d->orders = calloc(d->site->n_devices + 1, sizeof *d->orders);
    d->states = calloc(d->site->n_islands + 1, sizeof *d->states);
    int r = d->orders != NULL && d->states != NULL ? 0 : AEMS_E_NOMEM;
    if (r == 0)
        r = plant_model_new(d->site, d->options.seed, d->now, &d->model);
    if (r == 0)
        r = plant_model_set_islands(d->model, true);
    if (r == 0)
        r = charge_batteries(d);
    if (r == 0)
        r = engine_new(d->site, d->devices, d->now, &d->engine);
    return r == 0 ? planner_new(&d->planner) : r;
}

int drill_new(const struct site *site, const struct engine_device *devices, const struct drill_options *options,
              struct drill **ret_drill)
{
    if (site->n_islands == 0 || !site->outage.enabled)
        return AEMS_E_STATE;
    if (!in_range(options->outage_s, 60, OUTAGE_LONGEST_S) || !(options->soc_frac <= 1))
        return AEMS_E_RANGE;
    struct drill *d = calloc(1, sizeof *d);
    if (d == NULL)
        return AEMS_E_NOMEM;
    *d = (struct drill){.site = site, .devices = devices, .options = *options};
    d->now = (struct instant){.utc_ms = options->start_utc_ms - SETTLE_S * 1000, .mono_ms = 100000};
    d->f.balance_s = d->f.return_s = INFINITY;
    d->f.worst_lifeline_frac = 1;
    d->f.worst_lifeline_load = -1;
    int r = start(d);
    if (r < 0) {
        drill_free(d);
        return r;
    }
    *ret_drill = d;
    return 0;
}

void drill_free(struct drill *d)
{
    if (d == NULL)
        return;
    schedule_free(d->answer);
    engine_free(d->engine);
    planner_free(d->planner);
    plant_model_free(d->model);
    free(d->orders);
    free(d->states);
    free(d);
}

void drill_say(struct drill *d, const char *format, ...)
{
    char text[320];
    va_list arguments;
    if (d->options.say == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    d->options.say(d->options.user, d->now.utc_ms, text);
}

// ---- the engine ----------------------------------------------------------------------------------------------------

int drill_tell(struct drill *d, struct event event)
{
    event.at = d->now;
    return engine_consume(d->engine, &event);
}

static void solve(struct drill *d, struct plan_problem *problem)
{
    char why[256] = "";
    struct schedule *s = NULL;
    int r = planner_solve(d->planner, problem, SOLVE_DEADLINE_MS, &s, why, sizeof why);
    if (r == 0)
        r = schedule_check(s, problem, why, sizeof why);
    plan_problem_free(problem);
    d->f.plans++;
    if (r < 0) {
        schedule_free(s);
        d->f.failed_plans++;
        drill_say(d, "no plan: %s", why);
        drill_tell(d, (struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {.why = why}});
        return;
    }
    schedule_free(d->answer);
    d->answer = s;
    d->answer_mono_ms = d->now.mono_ms + PLAN_DELAY_MS;
}

static void write_down(struct drill *d, const struct action *a)
{
    const struct site_device *of = &d->site->devices[a->write.device];
    bool of_switch = of->asset < 0 && of->of_switch >= 0 && (size_t)of->of_switch < d->site->n_switches;
    d->orders[a->write.device] = (struct drill_order){.given = true, .power_w = a->write.power_w};
    if (!d->away && !d->back)
        return;
    *(of_switch ? &d->f.switched : &d->f.setpoints) += 1;
    if (of_switch)
        drill_say(d, "switch %s is told to %s", d->site->switches[of->of_switch].id,
                  a->write.power_w > 0.5 ? "close" : "open");
}

static void note(struct drill *d, const struct journal_entry *j)
{
    const char *island =
        j->island >= 0 && (size_t)j->island < d->site->n_islands ? d->site->islands[j->island].id : "-";
    if (j->from != j->to)
        drill_say(d, "island %s: %s -> %s: %s", island, island_state_name(j->from), island_state_name(j->to), j->cause);
    else
        drill_say(d, "island %s: %s", island, j->cause);
}

static void carry_out(struct drill *d)
{
    struct action a;
    while (engine_produce(d->engine, d->now, &a)) {
        if (a.kind == ACTION_WRITE)
            write_down(d, &a);
        else if (a.kind == ACTION_RELEASE)
            d->orders[a.release.device] = (struct drill_order){.given = true, .release = true};
        else if (a.kind == ACTION_SOLVE)
            solve(d, a.problem);
        else if (a.kind == ACTION_DR_REPORT)
            settlement_free(a.report);
        else if (a.kind == ACTION_JOURNAL)
            note(d, &a.journal);
    }
}

static void deliver_plan(struct drill *d)
{
    struct schedule *s = d->answer;
    if (s == NULL || d->now.mono_ms < d->answer_mono_ms)
        return;
    d->answer = NULL;
    drill_tell(d, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}});
}

// ---- judging -------------------------------------------------------------------------------------------------------

static double import_w(const struct drill *d)
{
    double sum_w = 0;
    for (size_t i = 0; i < d->site->n_assets; i++)
        if (d->site->assets[i].kind == ASSET_GRID)
            sum_w += plant_model_asset(d->model, (int)i)->power_w;
    return sum_w;
}

static void count_minute(struct drill *d, int64_t step_ms)
{
    d->minute_wh += import_w(d) * (double)step_ms / 3600e3;
    if (d->now.utc_ms - d->minute_utc_ms < MINUTE_MS)
        return;
    double mean_w = d->minute_wh * 3600e3 / (double)(d->now.utc_ms - d->minute_utc_ms);
    if (!d->away && !d->back)
        d->f.peak_before_w = fmax(d->f.peak_before_w, mean_w);
    else if (d->back)
        d->f.peak_after_w = fmax(d->f.peak_after_w, mean_w);
    d->minute_utc_ms = d->now.utc_ms;
    d->minute_wh = 0;
}

static bool is_balanced(const struct drill *d, int island)
{
    const struct plant_island *p = plant_model_island(d->model, island);
    struct island_view v;
    engine_island(d->engine, island, d->now, &v);
    if (!p->lives || v.state == ISLAND_CONNECTED || v.state == ISLAND_ISLANDING)
        return false;
    double power_w = p->forming >= 0 ? plant_model_asset(d->model, p->forming)->power_w : 0;
    const struct site_asset *a = p->forming >= 0 ? &d->site->assets[p->forming] : NULL;
    return a != NULL && power_w >= a->min_power_w && power_w <= a->max_power_w;
}

static void judge(struct drill *d)
{
    bool balanced = true, connected = true, whole = true;
    for (size_t i = 0; i < d->site->n_islands; i++) {
        struct island_view v;
        balanced &= is_balanced(d, (int)i);
        engine_island(d->engine, (int)i, d->now, &v);
        connected &= v.state == ISLAND_CONNECTED;
        for (int t = 0; t < TIER_COUNT; t++)
            whole &= v.served[t];
    }
    if (d->away && !balanced)
        d->f.balance_s = INFINITY;
    else if (d->away && !isfinite(d->f.balance_s))
        d->f.balance_s = (double)(d->now.utc_ms - d->lost_utc_ms) / 1000;
    if (d->back && connected && whole && !isfinite(d->f.return_s))
        d->f.return_s = (double)(d->now.utc_ms - d->back_utc_ms) / 1000;
}

static void count_loads(struct drill *d)
{
    for (size_t l = 0; l < d->site->n_loads; l++) {
        const struct plant_served *p = plant_model_served(d->model, (int)l);
        for (int t = 0; t < TIER_COUNT; t++) {
            d->f.wanted_wh[t] += p->wanted_wh[t];
            d->f.served_wh[t] += p->served_wh[t];
        }
        double wanted_wh = p->wanted_wh[TIER_LIFELINE], served_wh = p->served_wh[TIER_LIFELINE];
        if (wanted_wh > 0 && served_wh < d->f.worst_lifeline_frac * wanted_wh) {
            d->f.worst_lifeline_frac = served_wh / wanted_wh;
            d->f.worst_lifeline_load = (int)l;
        }
    }
    for (size_t i = 0; i < d->site->n_islands; i++) {
        const struct plant_island *p = plant_model_island(d->model, (int)i);
        d->f.black_s = fmax(d->f.black_s, p->black_s);
        d->f.blackouts += p->blackouts;
    }
}

// ---- running -------------------------------------------------------------------------------------------------------

static void step(struct drill *d, int64_t step_ms)
{
    d->now.utc_ms += step_ms;
    d->now.mono_ms += (uint64_t)step_ms;
    drill_deliver(d);
    plant_model_step(d->model, d->now);
    count_minute(d, step_ms);
    drill_confirm(d);
    deliver_plan(d);
    drill_read(d);
    carry_out(d);
    if (d->now.mono_ms - d->tick_mono_ms >= (uint64_t)d->site->control.cycle_ms) {
        d->tick_mono_ms = d->now.mono_ms;
        drill_tell(d, (struct event){.kind = EVENT_TICK});
        carry_out(d);
    }
    if (d->away || d->back)
        judge(d);
}

static void run_until(struct drill *d, int64_t until_utc_ms)
{
    while (d->now.utc_ms < until_utc_ms) {
        bool fine = d->away && d->now.utc_ms - d->lost_utc_ms < FINE_AROUND_S * 1000;
        step(d, fine ? FINE_MS : COARSE_MS);
    }
}

static void set_grids(struct drill *d, bool available)
{
    for (size_t g = 0; g < d->site->n_grids; g++)
        plant_model_set_grid(d->model, (int)g, available);
}

void drill_settle(struct drill *d)
{
    d->minute_utc_ms = d->now.utc_ms;
    run_until(d, d->options.start_utc_ms);
}

const struct engine *drill_engine(const struct drill *d)
{
    return d->engine;
}

struct instant drill_now(const struct drill *d)
{
    return d->now;
}

void drill_run(struct drill *d)
{
    drill_settle(d);
    charge_batteries(d);
    plant_model_reset_violations(d->model);
    d->away = true;
    d->lost_utc_ms = d->now.utc_ms;
    set_grids(d, false);
    drill_say(d, "the grid fails");
    run_until(d, d->lost_utc_ms + (int64_t)d->options.outage_s * 1000);
    count_loads(d);
    d->away = false;
    d->back = true;
    d->back_utc_ms = d->now.utc_ms;
    set_grids(d, true);
    drill_say(d, "the grid is there again");
    int64_t last = d->back_utc_ms + (int64_t)AFTER_S * 1000, quiet = 0;
    while (d->now.utc_ms < last && (quiet == 0 || d->now.utc_ms < quiet)) {
        step(d, COARSE_MS);
        if (quiet == 0 && isfinite(d->f.return_s))
            quiet = d->now.utc_ms + 10 * MINUTE_MS; // a rebound would come now
    }
    for (size_t i = 0; i < d->site->n_islands; i++)
        d->f.backfeed_s += plant_model_island(d->model, (int)i)->backfeed_s;
}

void drill_figures(const struct drill *d, struct drill_figures *ret_figures)
{
    *ret_figures = d->f;
}
