// SPDX-License-Identifier: GPL-3.0-or-later
// The linear program of a problem, in kW and kWh: which column and row means what. For the files of this room.
//
// Without slack it is the whole problem with every tier above money satisfied: small, and nearly always feasible. With
// slack it is always feasible, and rows hold what the tiers above have reached.
//
// Each course of load, PV and prices is one block of columns and rows, all built by the same functions; the expected
// course is block 0. Decisions of the first steps exist once for all blocks. Costs and tiers of a block count by its
// weight relative to the expected course's, so that block 0 and its duals look as they would alone.
#pragma once

#include "plan/course.h"
#include "plan/envelope.h"
#include "plan/schedule.h"
#include "plan/stays.h"
#include "plan/steps.h"
#include "solver/solver.h"

// Each member is the first column (or row) of a run of n_steps, -1 where there is none: column of step k = member + k.
struct model_grid {
    int import, export, import_over, export_over;
    int peak;                        // one column: kW above the peak so far
    int peak_row;                    // first of a run over demand windows
    int contract_over, contract_row; // runs over demand windows
    int ramp_row;
};

struct model_community {
    int import, export; // of the sum
    int row;
};

struct model_pv {
    int used;  // curtailable
    int spill; // not curtailable, with slack
};

struct model_battery {
    int charge, discharge, energy;
    int below, above;                // kWh outside what is wanted, with slack
    int charge_miss, discharge_miss; // kW short of the held power, with slack
    int storage_row;
    struct envelope envelope;
};

// Of its sessions' steps only: runs of n_steps with the column or row of each step, -1 where there is none.
struct model_flexible {
    int *charge, *discharge, *energy;
    int *storage_row;
    int *held_miss;                  // kW short of the held power, with slack
    int goal_row[PLAN_MAX_SESSIONS]; // of stays that do not feed back, -1 where nothing is wanted
    struct stays *stays;             // the same in all blocks
};

struct model_load {
    int shed[TIER_COUNT]; // with slack
};

struct model_generator {
    int power;
    int heat;      // used, of a CHP
    int held_miss; // kW short of the held power, with slack
    int ramp_miss; // kW that it falls too fast, with slack
    int ramp_row, fuel_row;
};

struct model_converter {
    int power; // drawn
    int held_miss;
};

struct model_tie {
    int forward, backward; // sent by `from`, by `to`
    int forward_miss, backward_miss;
};

// Directions in which an asset may go in a step: 0 both, +1 or -1 only that of this sign (import, discharge, forward
// are +1). One entry an asset and step, asset-major; grids, batteries, flexibles, ties; so for each
// course.
struct directions {
    signed char *sign;
    size_t n_courses, n_steps, n_grids, n_batteries, n_flexibles, n_ties;
    // Generators, then converters, asset-major, the same in all courses: +1 runs at its lowest power at least, -1 is
    // off, 0 anything up to its limit. Then flexibles, in the expected course and where that decides for all.
    signed char *runs;
    // Grids, of each course: 0 import is taken as if it always changed what an incentive pays, 1 as if it never did.
    signed char *forgoes;
};

static inline size_t directions_per_course(const struct directions *d)
{
    return (d->n_grids + d->n_batteries + d->n_flexibles + d->n_ties) * d->n_steps;
}

// Columns, or rows, as the parts of the model count them: in block 0 those of the LP; in the other blocks a number may
// stand for one that block 0 has already.
struct model_lines {
    int *lp; // the LP's column or row of each
    size_t count, capacity;
    size_t first, per_block; // of block 0: where it begins, how many
};

struct model {
    const struct plan_problem *p; // as the block at hand has it: its loads, PV and prices
    struct lp *lp;
    const struct directions *directions; // borrowed
    const signed char *forgoes;          // of them, of the block at hand
    bool with_slack;
    int error; // the first failure, or 0

    struct plan_courses courses;
    size_t block;    // at hand: while building the one that is built, afterwards 0
    size_t n_shared; // first steps in which the asset at hand does the same in all blocks
    struct model_lines columns, rows;

    double *expected;      // currency per unit of each column in the expected course
    double *money;         // the same over all courses by their weights
    double *tie_break;     // tiny or preventive cost that is not money
    double *weight;        // in the tier of the column
    double *kwh;           // what one unit misses, kWh
    double *expected_kg;   // CO2 that one unit emits in the expected course, kg
    double *kg;            // the same over all courses by their weights
    int *tier;             // enum objective_tier; OBJECTIVE_MONEY for columns without one
    double *balance_rhs;   // kW, n_buses x n_steps, bus-major
    double money_constant; // of the expected course
    double price_unit;     // a power of ten near the largest price: tiny costs are relative to it

    int balance_row;               // n_buses x n_steps, bus-major, of the block at hand
    int *balance_rows;             // that of each block
    int tier_row[OBJECTIVE_MONEY]; // with slack
    int co2_row;                   // kg of CO2 over all courses, where they are a tier; else -1
    struct model_grid *grids;      // of the block at hand, as all below; those of the next block follow
    struct model_community *communities;
    struct model_pv *pvs;
    struct model_battery *batteries;
    struct model_flexible *flexibles;
    int *area_row;  // n_steps: of what all connections draw together; -1 where that is not limited
    int *group_row; // n_groups x n_steps, group-major; -1 where the members could not exceed it
    struct model_load *loads;
    struct model_generator *generators;
    struct model_converter *converters;
    struct model_tie *ties;
    int *offer_column; // n_offers x n_steps, offer-major; -1 in steps in which it may not be asked
};

// `p` is borrowed. AEMS_E_NOMEM, AEMS_E_RANGE.
int model_new(const struct plan_problem *p, const struct directions *directions, bool with_slack,
              struct model **ret_model);
void model_free(struct model *m);

// Costs of one tier onto the columns.
int model_set_objective(struct model *m, enum objective_tier tier);

// From now on the tier's weighted sum stays at or below `value`, with a share of it (and of 1) as room for rounding.
int model_hold(struct model *m, enum objective_tier tier, double value, double room);

// First steps in which what is decided at a bus is the same in all blocks.
size_t model_steps_shared_at(const struct model *m, int bus);

// The same for emissions, a tier above money where the problem says so.
int model_set_co2_objective(struct model *m);
int model_hold_co2(struct model *m, double kg);

// Lets p, balance_row and the parts (grids, pvs, ...) be those of another block. A copy of the struct will do.
void model_at_block(struct model *m, size_t block);

// Makes the duals of what is shared, and prices of buses and communities in steps that are shared, expectations over
// the courses; they are sums over all blocks in the answer. No certificate confirms such duals.
void model_expect_duals(const struct model *m, struct lp_solution *solution);

// Money over all courses by their weights.
double model_expected_cost(const struct model *m, const double *x);

// ---- for the parts of the model -------------------------------------------------------------------------------------

enum { KILO = 1000 };

// Prices of what is short at a bus in an outage, by its share.
enum { MODEL_DEPTHS = 7 };

// Per kWh fed in, in units of the largest price: a flow in and out at once earns nothing real; this keeps it out where
// prices would not mind.
#define EXPORT_TIE_BREAK 1e-5

// A run of columns or rows, bounds and costs all 0 yet. Returns the first, or -1 with `error` set.
int model_columns(struct model *m, const char *family, size_t index, const char *id, size_t count);
int model_rows(struct model *m, const char *family, size_t index, const char *id, size_t count);
// The same for what the asset at hand decides, and for rows that hold nothing else: in the steps that are shared, those
// of the first block stand for those of all.
int model_decisions(struct model *m, const char *family, size_t index, const char *id, size_t count);
int model_decision_rows(struct model *m, const char *family, size_t index, const char *id, size_t count);
// Rows that do not stand for the first steps, one each: what of the former plan this one goes on from.
void model_place_row(struct model *m, int row, const char *family, const char *id, int64_t end_utc_ms);
// A single one, for what belongs to some steps only: `number` makes its name, the step that it ends with its place.
// What `decides` is shared with the other blocks if all its steps are.
int model_column_at(struct model *m, const char *family, size_t index, const char *id, size_t number, size_t last_step,
                    bool decides);
int model_row_at(struct model *m, const char *family, size_t index, const char *id, size_t number, size_t last_step,
                 bool decides);
void model_bound(struct model *m, int column, double lower, double upper);
void model_cost(struct model *m, int column, double money, double tie_break);
void model_penalise(struct model *m, int column, enum objective_tier tier, double weight, double kwh);
void model_emit(struct model *m, int column, double kg);
// column + miss = `held_kw` in step k; what is missing is a limit missed.
void model_miss(struct model *m, int row, int column, int miss, size_t k, double held_kw);
void model_entry(struct model *m, int row, int column, double value);
void model_row_is(struct model *m, int row, double lower, double upper);

static inline int model_column(const struct model *m, int column)
{
    return m->columns.lp[column];
}

static inline int model_balance(const struct model *m, int bus, size_t k)
{
    return m->balance_row + bus * (int)m->p->n_steps + (int)k;
}

static inline int model_community_row(const struct model *m, size_t community, size_t k)
{
    return m->communities[community].row + (int)k;
}

// A number in (0, 1] that is fixed for an asset and an instant, as its mean over step k: it breaks ties between equal
// plans the same way each time, and an hour's step costs the mean of the quarters it is later cut into.
double model_tie_break(const struct plan_problem *p, const char *id, size_t k);

// How much an energy that only circulates could earn in step k: the depth of the lowest negative price, else 0.
double model_negative_price(const struct plan_problem *p, size_t k);

// Costs that break ties or keep energy from circulating, per kWh that is moved in step k: of any asset with a plan of
// its own; instead of that, of charging, which is better sooner; and of each direction of what stores with losses.
double model_small_cost(const struct model *m, const char *id, size_t k);
double model_charging_cost(const struct model *m, const char *id, size_t k);
double model_circulation_cost(const struct model *m, int bus, double charge_efficiency, double discharge_efficiency,
                              size_t k);

// Within comfort the more important tier goes last.
double model_comfort_weight(enum load_tier tier);

// Rows over the demand windows of grid i in their order, and the average import of a window in such a row.
int model_window_rows(struct model *m, const char *family, size_t i);
void model_window_average(struct model *m, size_t i, const struct demand_window *w, int row);
void model_add_contract(struct model *m, size_t i);
void model_add_grid_ramp(struct model *m, size_t i);

void model_add_grid(struct model *m, size_t i, const signed char *sign, const signed char *forgoes);
// Once the grids are there.
void model_add_area_limits(struct model *m);
void model_add_community(struct model *m, size_t i);
void model_add_pv(struct model *m, size_t i);
void model_add_battery(struct model *m, size_t i, const signed char *sign);
// `runs`: NULL where nothing is decided about it.
void model_add_flexible(struct model *m, size_t i, const signed char *sign, const signed char *runs);
// `first`: it is that of block 0, which owns what is the same in all.
void model_free_flexible(struct model_flexible *c, bool first);
// Once the flexibles are there.
void model_add_groups(struct model *m);
void model_add_load(struct model *m, size_t i);
void model_add_generator(struct model *m, size_t i, const signed char *runs);
void model_add_converter(struct model *m, size_t i, const signed char *runs);
// Once the loads are there.
void model_add_depths(struct model *m);
void model_add_offer(struct model *m, size_t i);
void model_add_offer_bounds(struct model *m);
void model_add_tie(struct model *m, size_t i, const signed char *sign);
