// SPDX-License-Identifier: GPL-3.0-or-later
// The engine over recorded data: what would have been decided, what would have happened, what it would have cost.
//
//     replay_new(site, data, &options, &r);
//     while (replay_step(r, &step))
//         write_down(step);
//     replay_figures(r, &figures);
//
// No clock, no chance but the seed: the same data, site, options and seed give the same bytes. The equipment is that of
// lib/simulate: loads, PV, prices, vehicles and the grid's presence come from the data, or from the site where the data
// have no column of them.
//
// Time goes in cycles of the data's own step, an hour at most (or `cycle_s`). At its start a plan is made where one is
// due, from what was measured until then and, of REPLAY_DAEMON, from what flows as it begins: the service plans so
// often that it knows that. Then the cycle's loads are seen, the engine regulates, and its setpoints hold to the end.
#pragma once

#include "plan/schedule.h"
#include "replay/data.h"

enum replay_controller {
    REPLAY_NONE,        // no storage moves, nothing is shifted or shed: what everything is compared with
    REPLAY_RULE,        // the engine without a plan: stores what is over, uses it when it is lacking
    REPLAY_DAEMON,      // the engine as it is: its own forecasts, plan and regulation
    REPLAY_PERSISTENCE, // the same with yesterday as forecast
    REPLAY_PERFECT,     // the same with the data themselves as forecast
    REPLAY_SCHEDULE,    // the daemon's plan without regulation: each cycle's setpoints are fixed before it is seen
    REPLAY_CONTROLLER_COUNT
};
const char *replay_controller_name(enum replay_controller controller); // "none", "rule", "daemon", ...; static
enum replay_controller replay_controller_by_name(const char *name);    // REPLAY_CONTROLLER_COUNT: none

struct replay_options {
    enum replay_controller controller;
    bool perfect;                   // REPLAY_SCHEDULE: with the data as forecast
    int64_t from_utc_ms, to_utc_ms; // 0: all of the data
    int64_t learn_from_utc_ms;      // the forecasts learn from the data since then, before anything is decided; 0: from
    int cycle_s;                    // 0: the data's step, an hour at most
    int plan_interval_s;            // 0: as configured, at least a cycle
    double soc_frac;                // of all batteries and stores at the start; < 0: half full, within their limits
    uint64_t seed;
    const struct dr_event *const *events; // of demand response, by modified_utc_ms, at which they are told; borrowed
    size_t n_events;
};

struct replay_asset_step {
    double measured_w; // at the bus, as seen when the cycle began; NAN: not measured
    double planned_w;  // by the plan in force; NAN: none
    double setpoint_w; // NAN: none
    double realised_w; // mean of the cycle, signed
    double soc_frac;   // at its end; NAN: stores nothing, or no vehicle
    double unserved_w; // loads, and buses of heat or cold by their first load: wanted and not given, >= 0
};

struct replay_grid_step {
    double import_price_per_kwh, export_price_per_kwh, co2_kg_per_kwh;
    double import_limit_w, export_limit_w; // in force
    bool available;
    bool over; // beyond a limit by more than 0.1 % of it
};

struct replay_step {
    int64_t start_utc_ms;
    double hours;
    const struct replay_asset_step *assets; // as site->assets
    const struct replay_grid_step *grids;   // as site->grids
    size_t alarms;                          // active
    bool planned;                           // a plan was made at its start
    double cost;                            // of the cycle: energy, wear, fuel, shed; without the demand charge
};

struct replay_figures { // over the whole time
    int64_t from_utc_ms, to_utc_ms;
    double energy_cost, demand_charge, wear_cost, fuel_cost, shed_cost, transfer_cost, start_cost, co2_cost, total_cost;
    double co2_kg, import_kwh, export_kwh, peak_import_kw;
    double pv_kwh, pv_used_kwh, load_kwh, battery_in_kwh, battery_out_kwh, fuel_kwh;
    double stored_change_kwh;               // in batteries: at the end less at the start
    double shed_kwh[TIER_COUNT];            // by order of the controller
    double unserved_kwh;                    // electric load that nobody could feed
    double unserved_heat_kwh;               // heat and cold likewise
    double missed_kwh;                      // of vehicles and flexible loads: short of what was wanted
    double self_sufficiency;                // share of the load that was not imported, 0-1
    double hours_over_limit, unknown_hours; // beyond a grid's limit; with an input that was not known
    unsigned plans, failed_plans, solves;
    struct {
        unsigned events;
        double requested_kwh, delivered_kwh; // of events that were settled before the end, by their target
    } dr;
};

struct replay;

// Borrows `site` and `data`, which must outlive it, and copies what it must change of the site. AEMS_E_NOMEM,
// AEMS_E_RANGE (a sentence in `ret_why`).
int replay_new(const struct site *site, const struct replay_data *data, const struct replay_options *options,
               struct replay **ret_replay, char *ret_why, size_t size);
void replay_free(struct replay *r);

// The next cycle. `ret_step` points into the replay until the next call. 0 at the end, 1 for a step, or AEMS_E_NOMEM.
int replay_step(struct replay *r, const struct replay_step **ret_step);

// What would be planned at the start of the next cycle, from what has been seen until then; `ret_problem` is owned by
// the caller. For a replay that goes no further. AEMS_E_NOMEM, AEMS_E_STATE.
int replay_make_problem(struct replay *r, struct plan_problem **ret_problem);

// Length of a cycle: `cycle_s`, a minute to a day, or the data's step, a minute to an hour.
int64_t replay_cycle_ms(const struct replay_data *data, const struct replay_options *options);

void replay_figures(const struct replay *r, struct replay_figures *ret_figures);

// Processor time of the plans in ms: they are for people, and in none of the files that must not change.
// `quantile` 0-1. Needs a clock: NULL none, then 0.
typedef double replay_clock_fn(void *context);
void replay_set_clock(struct replay *r, replay_clock_fn *clock, void *context);
double replay_solve_ms(const struct replay *r, double quantile);
