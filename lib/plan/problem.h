// SPDX-License-Identifier: GPL-3.0-or-later
// One dispatch problem, complete in itself: the site's limits that matter, the state, forecasts and prices per step.
// The engine makes it, the planner process solves it, a file keeps it for replay. Sets and equations: see
// docs/dispatch.md.
//
// Arrays over steps have `n_steps` entries. Powers in W are averages over a step; signs as everywhere: magnitudes here,
// with their direction in the name.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum { PLAN_MAX_STEPS = 400, PLAN_MAX_CURVE = 4, PLAN_MAX_SESSIONS = 6, PLAN_MAX_SCENARIOS = 10 };

#define PLAN_NO_LIMIT_W 1e10 // a limit that is none; of energies in Wh as well

struct plan_grid {
    char id[SITE_ID_MAX];
    int bus;
    int community;                         // -1 none
    double import_limit_w, export_limit_w; // kept in every step
    double *dr_import_limit_w;             // per step: what a demand-response event allows; PLAN_NO_LIMIT_W none
    double *dr_export_limit_w;
    double *dr_baseline_w;        // per step: import below this earns the incentive
    double *dr_incentive_per_kwh; // per step, >= 0; 0: no event
    double *import_price_per_kwh; // per step
    double *export_price_per_kwh;
    double *co2_kg_per_kwh; // per step, of import
    double demand_charge_per_kw;
    int demand_window_s;      // 0: no demand charge and no contract power
    double contract_w;        // most that a demand window may average; PLAN_NO_LIMIT_W none
    double peak_so_far_w;     // this month
    double window_elapsed_wh; // imported in the demand window that is under way at the start
    double ramp_w_per_s;      // of the flow, from step to step; 0: no limit
    double power_before_w;    // flow at the start, signed; the first step's ramp starts there
    double *available;        // per step: 1, or 0 while it is away; nothing flows then, and no tier can buy that
};

// Grid connections whose flows are netted in every step and paid for as one, beside what each costs by itself.
struct plan_community {
    char id[SITE_ID_MAX];
    double *import_price_per_kwh; // per step, of the sum where it is drawn
    double *export_price_per_kwh; // and where it is fed in
};

struct plan_pv {
    char id[SITE_ID_MAX];
    int bus;
    double *available_w; // per step
    bool curtailable;
};

// Most power at an energy in store: on straight lines between the points, beyond them as at the end. Concave from the
// lower limit of the energy to the upper: a curve that falls ends at the upper limit or above, one that rises begins at
// the lower or below.
struct plan_curve {
    int n; // 0: no curve
    double energy_wh[PLAN_MAX_CURVE], power_w[PLAN_MAX_CURVE];
};

// A reserve that is used up comes back within so many hours, one that is missing in part sooner. Sooner is no aim: it
// would lift the month's peak right after what the reserve was for.
#define PLAN_RESERVE_REFILL_H 4.0

struct plan_battery {
    char id[SITE_ID_MAX];
    enum asset_kind kind; // ASSET_BATTERY, or ASSET_STORE of heat or cold
    int bus;
    double energy_wh; // at the start; may lie outside its limits
    double min_wh, max_wh, reserve_wh;
    double *keeps_reserve; // per step: 1, or 0 where the reserve is there to be used: in an outage
    double *dr_wanted_wh;  // per step: what demand response wants in it at the step's end, at least; 0 nothing
    double max_charge_w, max_discharge_w;
    double *kept_frac; // per step: share of these powers that is left free, of who holds an island's voltage
    struct plan_curve charge_curve, discharge_curve; // falling with energy; rising with energy
    double charge_efficiency, discharge_efficiency, self_discharge_per_h;
    double wear_per_kwh;
    double end_value_per_kwh; // of what is left above min_wh at the end of the horizon
    bool available;           // false: holds still (unreachable or faulted); `held_power_w` counts instead
    double held_power_w;
};

// What hangs behind one breaker, or shares one charging station: sum of powers within +-limit_w in every step.
struct plan_group {
    char id[SITE_ID_MAX];
    int within; // group that it hangs behind itself, -1 none; of a lower number than this one's
    double limit_w;
};

// A stay of a vehicle, or the window of one run of a flexible load. Of one that outlasts the horizon the plan wants at
// its end what a constant power would have reached. A step in which two overlap counts as the longer one's.
struct plan_session {
    int64_t from_utc_ms, until_utc_ms; // may have begun before the start of the plan
    double energy_wh;                  // in the vehicle at its start, or now; of a flexible load: had already
    double wanted_wh;                  // at `until`, at least; what is missing is missed in the tier of its priority
    double max_wh;                     // it holds no more
    double min_wh;                     // feeding back leaves so much
};

struct plan_flexible { // a charger, or a flexible load
    char id[SITE_ID_MAX];
    enum asset_kind kind; // ASSET_CHARGER or ASSET_FLEXIBLE
    int bus;
    int group; // -1 none
    double max_charge_w, max_discharge_w;
    double min_charge_w; // lowest power it runs at, or not; a run may end within one step of a session
    double charge_efficiency, discharge_efficiency;
    double wear_per_kwh; // of feeding back
    enum load_tier priority;
    bool available; // false: goes on at `held_power_w` as long as its session lasts
    double held_power_w;
    int n_sessions; // in order of time, not overlapping
    struct plan_session sessions[PLAN_MAX_SESSIONS];
};

struct plan_load {
    char id[SITE_ID_MAX];
    int bus;
    double *demand_w; // per step
    double tier_share[TIER_COUNT];
    bool sheddable[TIER_COUNT];
    double shed_cost_per_kwh[TIER_COUNT];
};

struct plan_generator {
    char id[SITE_ID_MAX];
    int bus;
    double max_power_w;       // 0 while it may not run
    double *allowed;          // per step: share of this that it may give, 0: it may not run (1)
    double min_power_w;       // lowest power it runs at, or off
    double fuel_cost_per_kwh; // per electric kWh
    double co2_kg_per_kwh;    // likewise
    double fuel_wh;           // electric energy that is left in the tank; PLAN_NO_LIMIT_W: fuel does not end
    double ramp_w_per_s;      // 0: no limit
    double power_before_w;    // at the start
    double start_cost;
    double min_run_h;  // it runs so long at least ...
    double has_run_h;  // ... and has already, 0 while it is off
    int heat_bus;      // of a CHP, -1 none
    double heat_ratio; // kWh of heat per electric kWh; what nobody takes is lost
    bool available;    // false: goes on at `held_power_w`
    double held_power_w;
};

struct plan_converter { // heat pump, chiller, electric boiler
    char id[SITE_ID_MAX];
    int from, to;
    double max_power_w, min_power_w; // drawn from `from`; below the minimum off
    double *cop;                     // per step: given to `to` per unit drawn, > 0
    bool available;                  // false: goes on at `held_power_w`
    double held_power_w;             // signed at `from`: <= 0
};

struct plan_tie {
    char id[SITE_ID_MAX];
    int from, to;
    double limit_w, loss_frac, transfer_price_per_kwh;
    bool available;
    double held_power_w;
};

// What a building does without when it is asked to: reduces the load of its bus. All offers at a bus, and what is shed
// there, are no more than its loads draw.
struct plan_offer {
    char id[SITE_ID_MAX]; // of the building, and a number: "tower-0"
    int bus;
    double *available_w;  // per step: most reduction; 0 where it is not asked
    double energy_wh;     // of all steps together, at most: its power for its longest duration
    double price_per_kwh; // >= 0
};

// Another course that loads, PV and prices may take: arrays asset-major, n_steps each, in the order of the problem's.
struct plan_scenario {
    double weight;
    double *demand_w;             // n_loads x n_steps
    double *available_w;          // n_pvs x n_steps
    double *import_price_per_kwh; // n_grids x n_steps
    double *export_price_per_kwh;
    double *community_import_price_per_kwh; // n_communities x n_steps
    double *community_export_price_per_kwh;
};

struct plan_problem {
    char area[SITE_ID_MAX];
    int64_t made_utc_ms;
    double co2_price_per_kg;
    bool co2_first; // emissions are a tier above money
    size_t n_steps;
    int64_t *start_utc_ms; // per step
    double *hours;         // per step, > 0
    size_t n_buses;
    char (*bus_ids)[SITE_ID_MAX];
    enum carrier *carriers; // per bus
    struct plan_grid *grids;
    size_t n_grids;
    struct plan_community *communities;
    size_t n_communities;
    struct plan_pv *pvs;
    size_t n_pvs;
    struct plan_battery *batteries; // batteries, then stores
    size_t n_batteries;
    struct plan_group *groups;
    size_t n_groups;
    struct plan_flexible *flexibles; // chargers, then flexible loads
    size_t n_flexibles;
    struct plan_load *loads;
    size_t n_loads;
    struct plan_generator *generators;
    size_t n_generators;
    struct plan_converter *converters;
    size_t n_converters;
    struct plan_tie *ties;
    size_t n_ties;
    struct plan_offer *offers; // of buildings
    size_t n_offers;

    // Per step: what a demand-response event allows all electric connections together, net; PLAN_NO_LIMIT_W none.
    double *area_import_limit_w;
    double *area_export_limit_w;

    // In steps in which a grid connection is away: so much of what each electric bus demands is served in every step
    // before any step gets more of what ranks alike, and what is beyond that is spread evenly. 0: only sums count.
    double least_frac;
    // Per step: 1 where only lifelines, and loads that cannot be shed, are wanted: after the time that an outage is
    // planned for. 0 else.
    double *lifelines_only;

    // The arrays above are the expected course, of weight 1 less those of the others. Decisions of the first `shared_s`
    // are the same in all: what storages, flexibles, generators, converters and ties do; grids, PV and load follow.
    struct plan_scenario *scenarios;
    size_t n_scenarios;
    int shared_s;
};

// Arrays of every asset kind as configured, with room for the steps; limits copied from the site, states and
// forecasts left for the caller. Emergency generators are allowed in no step. Steps over `horizon_s`: 5 min up to the
// first hour, then 15 min to 6 h, then 60 min to 60 h, then 2 h, or the site's shortest where that is more, each ending
// on a clock mark or at one of `cuts_utc_ms` (starts and ends of demand-response events: plan_steps says how they are
// kept; NULL when there are none). AEMS_E_NOMEM, AEMS_E_LIMIT.
int plan_problem_new(const struct site *s, int64_t now_utc_ms, int64_t horizon_s, const int64_t *cuts_utc_ms,
                     size_t n_cuts, struct plan_problem **ret_problem);
void plan_problem_free(struct plan_problem *p);

// Gives the problem `count` further courses, each a copy of the expected one and of equal weight with it, for the
// caller to change. Once a problem. AEMS_E_LIMIT, AEMS_E_NOMEM.
int plan_problem_add_scenarios(struct plan_problem *p, size_t count);

// Gives the problem `count` offers, all 0 yet, for the caller to fill. Once a problem, that has none. AEMS_E_LIMIT,
// AEMS_E_NOMEM.
int plan_problem_add_offers(struct plan_problem *p, size_t count);

// Weight of the expected course: 1 less those of the scenarios.
double plan_problem_expected_weight(const struct plan_problem *p);

// What a kWh costs with its emissions at the CO2 price: drawn at a grid connection in step k, without what a community
// pays for it, made by a generator.
static inline double plan_import_cost_per_kwh(const struct plan_problem *p, const struct plan_grid *g, size_t k)
{
    return g->import_price_per_kwh[k] + g->co2_kg_per_kwh[k] * p->co2_price_per_kg;
}

static inline double plan_generator_cost_per_kwh(const struct plan_problem *p, const struct plan_generator *g)
{
    return g->fuel_cost_per_kwh + g->co2_kg_per_kwh * p->co2_price_per_kg;
}

// Refuses numbers that are not finite or not sensible, with a name and a place in `ret_why` ("batteries.b1.energy_wh:
// nan"). AEMS_E_RANGE.
int plan_problem_check(const struct plan_problem *p, char *ret_why, size_t size);

// JSON text of a problem and back; the wire between daemon and planner. Owned by the caller (free, plan_problem_free).
int plan_problem_to_json(const struct plan_problem *p, char **ret_text);
int plan_problem_from_json(const char *text, size_t length, struct plan_problem **ret_problem);
