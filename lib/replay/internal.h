// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of a replay share: its memory, and who works on it.
#pragma once

#include "core/engine.h"
#include "plan/planner.h"
#include "replay/replay.h"
#include "simulate/model.h"

struct input {          // of one asset
    bool known;         // what it drew or could give in the cycle that has begun is in the data, or follows the site
    double magnitude_w; // loads, PV: in force; the last known value where the data have none
};

struct window { // demand window of a grid connection, and its month
    int64_t start_utc_ms, month_utc_ms;
    double import_wh, hours;
    double peak_w; // highest average of the month
};

struct solve_times {
    double *ms;
    size_t count, room;
    replay_clock_fn *clock; // NULL: none
    void *context;
};

struct replay {
    const struct site *site;             // as configured
    struct site own;                     // the same with a device an asset, and the replay's cycle and plans
    struct site_device *devices;         // of `own`
    struct engine_device *engine_device; // likewise
    const struct replay_data *data;
    struct replay_options options;
    int first_asset[ASSET_KIND_COUNT]; // site.assets lists the kinds one after the other
    int temp_asset;                    // whose column tells the temperature outside, -1 none

    struct instant now; // where the next cycle begins
    int64_t begin_utc_ms, end_utc_ms, cycle_ms;
    uint64_t mono_offset_ms;

    struct engine *engine;
    struct planner *planner;
    struct plant_model *plant;
    size_t n_told;              // events
    struct input *inputs;       // per asset
    bool *running;              // per asset: generators, in the last cycle
    int64_t *stay_until_utc_ms; // per asset: told; chargers and flexible loads that are there

    struct replay_step step;
    struct replay_asset_step *assets;
    struct replay_grid_step *grids;
    struct window *windows; // per grid
    struct replay_figures figures;
    double stored_at_start_kwh;
    struct solve_times times;
};

static inline int asset_number(const struct replay *r, enum asset_kind kind, int of_kind)
{
    return r->first_asset[kind] + of_kind;
}

// area.c: the site as the engine of a replay sees it.
int area_prepare(struct replay *r); // AEMS_E_NOMEM

// inputs.c: what the data say, and the site where they say nothing.
//
// Magnitude of a load or PV plant over [from, to); NAN: not known.
double input_mean_w(const struct replay *r, int asset, int64_t from_utc_ms, int64_t to_utc_ms);
bool input_grid_available(const struct replay *r, int grid, int64_t utc_ms);
double input_outside_degc(const struct replay *r, int64_t from_utc_ms, int64_t to_utc_ms); // NAN: not known
struct engine_price input_price(const struct replay *r, int grid, int64_t from_utc_ms, int64_t to_utc_ms); // all known
struct engine_price input_tariff_price(const struct replay *r, int tariff, int64_t from_utc_ms,
                                       int64_t to_utc_ms); // as configured; no emissions
void inputs_take(struct replay *r);                        // of the cycle that begins now: into the plant
void inputs_teach(struct replay *r);                       // the forecasts, before the start
void inputs_connect(struct replay *r);                     // the engine, to what the data know
bool inputs_are_known(const struct replay *r);             // every column has a value now

// visits.c: vehicles that come and go, and runs of flexible loads; the engine is told.
void visits_begin(struct replay *r);

// deciding.c: from what is measured to setpoints.
void deciding_look(struct replay *r); // at the start of a cycle, before it is seen: learn, and plan
void deciding_act(struct replay *r);  // the cycle is seen: setpoints for all of it
double deciding_planned_w(const struct replay *r, int asset); // mean of this cycle; NAN: there is no plan

// settling.c: the cycle that has ended.
void settling_begin(struct replay *r); // before it: what is known at its start
void settling_end(struct replay *r);
double settling_demand_charge(const struct replay *r); // of the months so far
