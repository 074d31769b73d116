// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "replay/internal.h"

// No setpoint stands for longer than an hour unless somebody asks for it, however far apart the data's rows are.
enum { SHORTEST_CYCLE_S = 60, LONGEST_CYCLE_S = 24 * 3600, LONGEST_OWN_S = 3600 };

static const uint64_t MONO_START_MS = 1000 * 1000; // no clock begins at 0

// ---- making ---------------------------------------------------------------------------------------------------------

int64_t replay_cycle_ms(const struct replay_data *data, const struct replay_options *o)
{
    double own_s = fmin((double)data->step_ms / 1000, LONGEST_OWN_S);
    double s = o->cycle_s > 0 ? o->cycle_s : own_s;
    return (int64_t)clamp(s, SHORTEST_CYCLE_S, LONGEST_CYCLE_S) * 1000;
}

static int choose_span(struct replay *r, char *ret_why, size_t size)
{
    const struct replay_data *d = r->data;
    int64_t first = d->n_rows > 0 ? d->utc_ms[0] : 0, last = d->n_rows > 0 ? d->end_utc_ms : 0;
    r->begin_utc_ms = r->options.from_utc_ms > first ? r->options.from_utc_ms : first;
    r->end_utc_ms = r->options.to_utc_ms > 0 && r->options.to_utc_ms < last ? r->options.to_utc_ms : last;
    r->cycle_ms = replay_cycle_ms(d, &r->options);
    if (r->begin_utc_ms + r->cycle_ms <= r->end_utc_ms)
        return 0;
    snprintf(ret_why, size, "the data have no cycle of %lld s in that time", (long long)(r->cycle_ms / 1000));
    return AEMS_E_RANGE;
}

static bool make_room(struct replay *r)
{
    const struct site *s = r->site;
    r->inputs = calloc(s->n_assets + 1, sizeof *r->inputs);
    r->running = calloc(s->n_assets + 1, sizeof *r->running);
    r->stay_until_utc_ms = calloc(s->n_assets + 1, sizeof *r->stay_until_utc_ms);
    r->assets = calloc(s->n_assets + 1, sizeof *r->assets);
    r->grids = calloc(s->n_grids + 1, sizeof *r->grids);
    r->windows = calloc(s->n_grids + 1, sizeof *r->windows);
    return r->inputs && r->running && r->stay_until_utc_ms && r->assets && r->grids && r->windows;
}

static void find_assets(struct replay *r)
{
    for (size_t i = r->site->n_assets; i-- > 0;)
        r->first_asset[r->site->assets[i].kind] = (int)i;
    r->temp_asset = -1;
    for (size_t c = r->data->n_columns; c-- > 0;)
        if (r->data->columns[c].quantity == REPLAY_TEMP_DEGC)
            r->temp_asset = r->data->columns[c].asset;
}

static void fill_storages(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++) {
        const struct site_battery *b = site_storage_of(r->site, (int)i);
        double wanted = r->options.soc_frac < 0 ? 0.5 : r->options.soc_frac;
        if (b != NULL)
            (void)plant_model_set_soc(r->plant, (int)i, clamp(wanted, b->soc_min_frac, b->soc_max_frac));
    }
}

// Loads and sun are not known until the first cycle has begun.
static void forget_inputs(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++) {
        enum asset_kind kind = r->site->assets[i].kind;
        r->inputs[i].known = kind != ASSET_LOAD && kind != ASSET_PV;
    }
}

static struct instant at(const struct replay *r, int64_t utc_ms)
{
    int64_t start = r->begin_utc_ms - r->cycle_ms;
    return (struct instant){utc_ms, MONO_START_MS + (uint64_t)(utc_ms - start)};
}

// What batteries hold now. Vehicles take theirs away.
static double stored_kwh(const struct replay *r)
{
    double wh = 0;
    for (size_t i = 0; i < r->site->n_assets; i++)
        if (r->site->assets[i].kind == ASSET_BATTERY)
            wh += plant_model_asset(r->plant, (int)i)->energy_wh;
    return wh / 1000;
}

static int start(struct replay *r)
{
    struct instant before = at(r, r->begin_utc_ms - r->cycle_ms);
    r->now = at(r, r->begin_utc_ms);
    int result = plant_model_new(r->site, r->options.seed, r->now, &r->plant);
    if (result == 0)
        result = engine_new(&r->own, r->engine_device, before, &r->engine);
    if (result == 0)
        result = planner_new(&r->planner);
    if (result < 0)
        return result;
    plant_model_lead(r->plant);
    plant_model_set_forming(r->plant, true);
    fill_storages(r);
    r->stored_at_start_kwh = stored_kwh(r);
    forget_inputs(r);
    inputs_connect(r);
    inputs_teach(r);
    return 0;
}

int replay_new(const struct site *site, const struct replay_data *data, const struct replay_options *options,
               struct replay **ret_replay, char *ret_why, size_t size)
{
    struct replay *r = calloc(1, sizeof *r);
    snprintf(ret_why, size, "%s", aems_error_text(AEMS_E_NOMEM));
    if (r == NULL)
        return AEMS_E_NOMEM;
    r->site = site;
    r->data = data;
    r->options = *options;
    int result = choose_span(r, ret_why, size);
    if (result == 0 && local_time_set_zone(site->timezone) < 0) {
        snprintf(ret_why, size, "no such time zone: %s", site->timezone);
        result = AEMS_E_RANGE;
    }
    find_assets(r);
    if (result == 0)
        result = make_room(r) ? area_prepare(r) : AEMS_E_NOMEM;
    if (result == 0)
        result = start(r);
    if (result < 0) {
        replay_free(r);
        return result;
    }
    *ret_replay = r;
    return 0;
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    engine_free(r->engine);
    planner_free(r->planner);
    plant_model_free(r->plant);
    free(r->devices);
    free(r->engine_device);
    free(r->inputs);
    free(r->running);
    free(r->stay_until_utc_ms);
    free(r->assets);
    free(r->grids);
    free(r->windows);
    free(r->times.ms);
    free(r);
}

// ---- a cycle --------------------------------------------------------------------------------------------------------

int replay_step(struct replay *r, const struct replay_step **ret_step)
{
    if (r->now.utc_ms + r->cycle_ms > r->end_utc_ms)
        return 0;
    r->step = (struct replay_step){
        .start_utc_ms = r->now.utc_ms, .hours = (double)r->cycle_ms / 3600e3, .assets = r->assets, .grids = r->grids};
    visits_begin(r);
    deciding_look(r);
    inputs_take(r);
    deciding_act(r);
    settling_begin(r);
    struct instant next = at(r, r->now.utc_ms + r->cycle_ms);
    plant_model_step(r->plant, next);
    settling_end(r);
    r->now = next;
    *ret_step = &r->step;
    return 1;
}

// ---- figures --------------------------------------------------------------------------------------------------------

static double missed_kwh(const struct replay *r)
{
    double wh = 0;
    for (size_t i = 0; i < r->site->n_assets; i++)
        wh += plant_model_asset(r->plant, (int)i)->stays.missing_wh;
    return wh / 1000;
}

void replay_figures(const struct replay *r, struct replay_figures *ret_figures)
{
    struct replay_figures f = r->figures;
    f.from_utc_ms = r->begin_utc_ms;
    f.to_utc_ms = r->now.utc_ms;
    f.demand_charge = settling_demand_charge(r);
    f.total_cost = f.energy_cost + f.demand_charge + f.wear_cost + f.fuel_cost + f.start_cost + f.shed_cost +
                   f.transfer_cost + f.co2_cost;
    f.missed_kwh = missed_kwh(r);
    f.stored_change_kwh = stored_kwh(r) - r->stored_at_start_kwh;
    f.self_sufficiency = f.load_kwh > 0 ? clamp(1 - f.import_kwh / f.load_kwh, 0, 1) : 0;
    *ret_figures = f;
}

void replay_set_clock(struct replay *r, replay_clock_fn *clock, void *context)
{
    r->times.clock = clock;
    r->times.context = context;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double replay_solve_ms(const struct replay *r, double quantile)
{
    const struct solve_times *t = &r->times;
    double *sorted = t->count > 0 ? malloc(t->count * sizeof *sorted) : NULL;
    if (sorted == NULL)
        return 0;
    for (size_t i = 0; i < t->count; i++)
        sorted[i] = t->ms[i];
    qsort(sorted, t->count, sizeof *sorted, by_size);
    double ms = sorted[(size_t)(clamp(quantile, 0, 1) * (double)(t->count - 1) + 0.5)];
    free(sorted);
    return ms;
}
