// SPDX-License-Identifier: GPL-3.0-or-later
// The controllers: readings to the engine, plans for it, and setpoints to the plant.
//
// A cycle's readings come twice: the means of the one that has ended, from which the engine learns and plans, and then
// what flows as the new one begins, from which it regulates. The second are a millisecond later.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "dr/settlement.h"
#include "forecast/forecast.h"
#include "quality/sign.h"
#include "replay/internal.h"

enum { MAX_READINGS = 8, MOMENT_MS = 1, MAX_LOOKS = 3 };

static bool has_engine(const struct replay *r)
{
    return r->options.controller != REPLAY_NONE;
}

// ---- readings -------------------------------------------------------------------------------------------------------

static void add(struct reading *r, size_t *n, enum quantity q, double value)
{
    r[(*n)++] = (struct reading){.quantity = q, .value = value};
}

static size_t read_device(const struct replay *r, int asset, struct reading *ret)
{
    const struct site_asset *of = &r->site->assets[asset];
    const struct plant_asset *a = plant_model_asset(r->plant, asset);
    const struct site_battery *b = site_storage_of(r->site, asset);
    bool turned = sign_is_turned(r->engine_device[asset].kind, of->kind, false);
    size_t n = 0;
    add(ret, &n, QUANTITY_POWER_W, sign_value_at_bus(QUANTITY_POWER_W, a->power_w, turned));
    if (b != NULL || (of->kind == ASSET_CHARGER && a->stay.capacity_wh > 0))
        add(ret, &n, QUANTITY_SOC_FRAC, clamp(plant_model_soc_frac(r->plant, asset), 0, 1));
    if (b != NULL)
        add(ret, &n, QUANTITY_MAX_CHARGE_W, a->max_charge_w);
    if (b != NULL || of->kind == ASSET_PV)
        add(ret, &n, QUANTITY_AVAILABLE_W, a->natural_w);
    if (of->kind == ASSET_CHARGER)
        add(ret, &n, QUANTITY_CONNECTED, a->stay.present);
    if (site_flexible_of(r->site, asset) != NULL)
        add(ret, &n, QUANTITY_SESSION_WH, fmax(a->stay.session_wh, 0));
    if (of->kind == ASSET_GENERATOR && r->site->generators[of->of_kind].fuel_wh > 0)
        add(ret, &n, QUANTITY_FUEL_FRAC, clamp(plant_model_fuel_frac(r->plant, asset), 0, 1));
    return n;
}

// What is not in the data was not measured.
static void read_all(struct replay *r, struct instant at)
{
    for (size_t i = 0; i < r->site->n_assets; i++) {
        struct reading readings[MAX_READINGS];
        if (!r->inputs[i].known)
            continue;
        size_t n = read_device(r, (int)i, readings);
        struct event e = {
            .kind = EVENT_READINGS, .at = at, .readings = {.device = (int)i, .readings = readings, .count = n}};
        (void)engine_consume(r->engine, &e);
    }
}

// ---- plans ----------------------------------------------------------------------------------------------------------

static void note_time(struct solve_times *t, double ms)
{
    if (t->count == t->room) {
        size_t room = t->room > 0 ? 2 * t->room : 256;
        double *more = realloc(t->ms, room * sizeof *more);
        if (more == NULL)
            return;
        t->ms = more;
        t->room = room;
    }
    t->ms[t->count++] = ms;
}

static int plan(struct replay *r, const struct plan_problem *problem, struct schedule **ret, char *ret_why, size_t size)
{
    struct solve_times *t = &r->times;
    double begun_ms = t->clock != NULL ? t->clock(t->context) : 0;
    int result = planner_solve(r->planner, problem, PLANNER_NO_DEADLINE, ret, ret_why, size);
    if (result == 0)
        result = schedule_check(*ret, problem, ret_why, size);
    if (t->clock != NULL)
        note_time(t, t->clock(t->context) - begun_ms);
    return result;
}

static void solve(struct replay *r, struct plan_problem *problem, struct instant at)
{
    char why[256] = "";
    struct schedule *s = NULL;
    int result = plan(r, problem, &s, why, sizeof why);
    plan_problem_free(problem);
    r->figures.plans++;
    struct event e = {.kind = EVENT_PLAN, .at = at, .plan = {.schedule = s}};
    if (result < 0) {
        schedule_free(s);
        r->figures.failed_plans++;
        e = (struct event){.kind = EVENT_PLAN_FAILED, .at = at, .plan_failed = {.why = why}};
    } else {
        r->figures.solves += (unsigned)s->solves;
        r->step.planned = true;
    }
    (void)engine_consume(r->engine, &e);
}

// What the event asked its target for, and what that gave.
static void note_report(struct replay *r, struct settlement *s)
{
    if (s->n_parties > 0) {
        r->figures.dr.events++;
        r->figures.dr.requested_kwh += s->parties[0].requested_wh / 1000;
        r->figures.dr.delivered_kwh += s->parties[0].delivered_wh / 1000;
    }
    settlement_free(s);
}

// What the engine wants done; setpoints only where it is to be obeyed. True when a plan was made.
static bool carry_out(struct replay *r, struct instant at, bool obeyed)
{
    struct action a;
    bool planned = false;
    while (engine_produce(r->engine, at, &a)) {
        if (a.kind == ACTION_SOLVE) {
            solve(r, a.problem, at);
            planned = true;
        } else if (a.kind == ACTION_DR_REPORT) {
            note_report(r, a.report);
        } else if (a.kind == ACTION_WRITE && obeyed) {
            (void)plant_model_command(r->plant, a.write.asset, a.write.power_w);
        } else if (a.kind == ACTION_RELEASE && obeyed) {
            plant_model_release(r->plant, r->devices[a.release.device].asset);
        }
    }
    return planned;
}

static void tell_events(struct replay *r)
{
    const struct replay_options *o = &r->options;
    for (; r->n_told < o->n_events && o->events[r->n_told]->modified_utc_ms <= r->now.utc_ms; r->n_told++) {
        struct event e = {.kind = EVENT_DR, .at = r->now, .dr = {.operation = DR_PUT}};
        if (dr_event_copy(o->events[r->n_told], &e.dr.event) == 0 && engine_consume(r->engine, &e) < 0)
            dr_event_free(e.dr.event);
    }
}

void deciding_look(struct replay *r)
{
    if (!has_engine(r))
        return;
    for (size_t g = 0; g < r->site->n_grids; g++) {
        struct event e = {.kind = EVENT_GRID, .at = r->now};
        e.grid.grid = (int)g;
        e.grid.available = input_grid_available(r, (int)g, r->now.utc_ms);
        (void)engine_consume(r->engine, &e);
    }
    tell_events(r);
    read_all(r, r->now);
    double degc = input_outside_degc(r, r->now.utc_ms - r->cycle_ms, r->now.utc_ms);
    if (isfinite(degc))
        forecast_learn_temperature(engine_forecast(r->engine), r->now.utc_ms - r->cycle_ms, r->now.utc_ms, degc);
    (void)engine_consume(r->engine, &(struct event){.kind = EVENT_SURVEY, .at = r->now});
    carry_out(r, r->now, false);
}

// ---- setpoints ------------------------------------------------------------------------------------------------------

double deciding_planned_w(const struct replay *r, int asset)
{
    const struct schedule *s = has_engine(r) ? engine_plan(r->engine) : NULL;
    int64_t from = r->step.start_utc_ms, to = from + r->cycle_ms;
    double sum_wh = 0, hours = 0;
    for (size_t k = 0; s != NULL && k < s->n_steps; k++) {
        double begin = (double)(s->start_utc_ms[k] > from ? s->start_utc_ms[k] : from);
        double end = fmin((double)s->start_utc_ms[k] + s->hours[k] * 3600e3, (double)to);
        double h = fmax(end - begin, 0) / 3600e3;
        sum_wh += s->assets[asset].power_w[k] * h;
        hours += h;
    }
    return hours > 0 ? sum_wh / hours : (double)NAN;
}

// A plan in force, and no regulation: caps only where the plan wants less than there is expected to be.
static void follow_plan(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++) {
        const struct site_asset *of = &r->site->assets[i];
        double w = deciding_planned_w(r, (int)i);
        bool capped = of->kind == ASSET_PV || of->kind == ASSET_LOAD;
        const struct schedule *s = engine_plan(r->engine);
        if (!r->devices[i].control || isnan(w)) {
            plant_model_release(r->plant, (int)i);
            continue;
        }
        int step = schedule_step_at(s, r->now.utc_ms);
        enum reason_kind why = step >= 0 ? s->assets[i].reasons[step].kind : REASON_NONE;
        bool cuts = of->kind == ASSET_PV ? why != REASON_NONE : why == REASON_SHORTAGE;
        if (capped && !cuts)
            plant_model_release(r->plant, (int)i);
        else
            (void)plant_model_command(r->plant, (int)i, w);
    }
}

// Without control a generator beside a grid gives what the connections cannot carry.
static void relieve_grids(struct replay *r)
{
    for (size_t g = 0; g < r->site->n_generators; g++) {
        const struct site_generator *of = &r->site->generators[g];
        double over_w = 0, carried_w = 0;
        bool connected = false;
        for (size_t k = 0; k < r->site->n_grids; k++) {
            if (r->site->grids[k].bus != of->bus || !input_grid_available(r, (int)k, r->now.utc_ms))
                continue;
            connected = true;
            carried_w += r->site->grids[k].import_limit_w;
            over_w += plant_model_asset(r->plant, asset_number(r, ASSET_GRID, (int)k))->power_w;
        }
        int asset = asset_number(r, ASSET_GENERATOR, (int)g);
        over_w -= carried_w;
        plant_model_release(r->plant, asset);
        if (connected && over_w > 0)
            (void)plant_model_command(r->plant, asset, clamp(over_w, of->min_power_w, of->max_power_w));
        plant_model_step(r->plant, r->now);
    }
}

static void regulate_cycle(struct replay *r)
{
    for (int look = 1; look <= MAX_LOOKS; look++) {
        struct instant at = {r->now.utc_ms + look * MOMENT_MS, r->now.mono_ms + (uint64_t)look * MOMENT_MS};
        read_all(r, at);
        (void)engine_consume(r->engine, &(struct event){.kind = EVENT_TICK, .at = at});
        if (!carry_out(r, at, true))
            return;
    }
}

void deciding_act(struct replay *r)
{
    plant_model_step(r->plant, r->now); // no time passes: the cycle's loads meet the last one's setpoints
    if (r->options.controller == REPLAY_NONE)
        relieve_grids(r);
    else if (r->options.controller == REPLAY_SCHEDULE)
        follow_plan(r);
    else
        regulate_cycle(r);
}
