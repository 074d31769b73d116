// SPDX-License-Identifier: GPL-3.0-or-later
// The planner's answer: powers and energies per step, what they cost, why, and what could not be kept.
#pragma once

#include "plan/problem.h"

// Tiers in their order; a lower one never buys from a higher one.
enum objective_tier {
    OBJECTIVE_LIFELINES, // lifeline and unsheddable load served
    OBJECTIVE_LIMITS,    // grid contract and demand-response limits
    OBJECTIVE_RESERVE,   // energy reserve; states outside their limits
    OBJECTIVE_COMFORT,   // important, ordinary and deferrable loads
    OBJECTIVE_MONEY,     // energy, demand charge, wear, fuel, CO2
    OBJECTIVE_COUNT
};

enum reason_kind {
    REASON_NONE,        // nothing binds: it stands still
    REASON_PRICE,       // the price of this step against the value of the energy
    REASON_POWER_LIMIT, // its own largest power
    REASON_FULL,
    REASON_EMPTY,
    REASON_RESERVE,
    REASON_IMPORT_LIMIT,
    REASON_EXPORT_LIMIT, // of the grid connection `asset`
    REASON_PEAK,         // the month's peak at `asset`
    REASON_TIE_LIMIT,
    REASON_SURPLUS,      // PV that would be curtailed or sold for less
    REASON_SHORTAGE,     // load had to be shed
    REASON_RULE,         // no plan: self-consumption rule
    REASON_SAFE,         // safe value: data lost
    REASON_MANUAL,       // an operator's command
    REASON_REGULATION,   // takes a deviation between plans
    REASON_DR_LIMIT,     // a demand-response event at `asset`
    REASON_DR_INCENTIVE, // what it pays
    REASON_CONTRACT,     // contract power of the demand window at `asset`
    REASON_RAMP,         // how fast it may change
    REASON_GROUP_LIMIT,  // the breaker or charging station `asset`
    REASON_DEPARTURE,    // energy that is wanted by then
    REASON_CURVE,        // its power falls with its state of charge
    REASON_HEAT,         // heat or cold that is needed on the other side
    REASON_MIN_POWER,    // it runs at this power at least, or not at all
    REASON_FUEL,         // what is left in the tank
    REASON_OUTAGE,       // the grid `asset` is away
    REASON_FORMING,      // it holds an island
    REASON_ISLAND_GIVE,  // `asset` holds the island, or would, and is to stay within what it can give
    REASON_ISLAND_TAKE,  // likewise take
    REASON_KIND_COUNT
};

struct reason {
    enum reason_kind kind;
    char asset[SITE_ID_MAX]; // what binds, empty: the asset itself
    double price_per_kwh;    // the price it responds to; NAN: none, where the grid is away and supply is short
};

struct schedule_asset { // one per asset, in the order of site.assets
    char id[SITE_ID_MAX];
    enum asset_kind kind;
    double *power_w;   // per step, signed, at its bus (tie: into `to`)
    double *energy_wh; // storages and flexibles: at the end of each step (of a session: in the vehicle, or had
                       // so far; 0 outside); else NULL
    double *shed_w;    // loads: n_steps x TIER_COUNT, step-major; else NULL
    double *energy_value_per_kwh; // likewise: value of one kWh more in it at the end of each step; else NULL
    double *heat_w;               // generators and converters: heat or cold given to the other bus; else NULL
    double missed_wh;             // flexibles: short of what their sessions want
    bool below_lowest;            // flexibles: their lowest power is not planned with; regulation has them take turns
    struct reason *reasons;       // per step
};

struct schedule {
    int64_t made_utc_ms;
    size_t n_steps;
    int64_t *start_utc_ms;
    double *hours;
    struct schedule_asset *assets;
    size_t n_assets;
    size_t n_buses;
    double *price_per_kwh; // marginal price, n_buses x n_steps, bus-major
    size_t n_communities;
    double *community_price_per_kwh; // of the next kWh that its members draw together or lack, n_communities x n_steps
    size_t n_offers;
    char (*offer_ids)[SITE_ID_MAX];
    double *offer_w; // reduction of each building's offer, n_offers x n_steps, offer-major, in the problem's order
    double *peak_w;  // per grid (site order): highest window average assumed, including the month's so far
    size_t n_grids;
    double objective[OBJECTIVE_COUNT]; // kWh missed for the tiers above money; currency for money
    double lp_objective; // of the last LP, as planner_write_lp dumps it: money, less what is constant, and tie-breaks
    int iterations;
    double solve_ms;
    int solves;              // LPs solved, 1 unless a tier needed slack
    int fallbacks;           // ways of solving that failed before one succeeded, over all solves
    int repairs;             // places changed so that the last plan's basis could be used
    int scenarios;           // courses weighed, the expected one included
    double expected_cost;    // money over all courses by their weights; objective[] is of the expected course
    double co2_kg;           // of import and fuel in the expected course
    double co2_price_per_kg; // what a kg counted in the end: configured, or what being first makes of it
    double gap;              // largest relative gap of its certificate
    char status[24];         // "optimal"
};

void schedule_free(struct schedule *s);

// Index of the step that holds `utc_ms`, or -1 before the first or after the last.
int schedule_step_at(const struct schedule *s, int64_t utc_ms);
const struct schedule_asset *schedule_find(const struct schedule *s, const char *id);

// Does the answer keep the problem's own physics and limits? Balances close, storage integrates, nothing exceeds its
// limits except by what `objective` admits. AEMS_E_REFUSED with a sentence in `ret_why`.
int schedule_check(const struct schedule *s, const struct plan_problem *p, char *ret_why, size_t size);

// JSON text (also the MQTT `plan` topic and `aemsctl plan --json`) and back. Owned by the caller.
int schedule_to_json(const struct schedule *s, char **ret_text);
int schedule_from_json(const char *text, size_t length, struct schedule **ret_schedule);

// "b1 charges 120 kW: export limit at pcc, 0.00/kWh"; always NUL-terminated.
void reason_text(const char *asset, enum asset_kind kind, double power_w, const struct reason *r, char *ret_text,
                 size_t size);
const char *reason_kind_name(enum reason_kind kind);
