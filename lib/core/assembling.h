// SPDX-License-Identifier: GPL-3.0-or-later
// One regulation step's arrays, a file for each kind of asset. For assembling*.c.
#pragma once

#include "core/internal.h"

// Without a plan these stand in for prices: using one's own energy is worth more than selling it, the peak more than
// both. A generator, wishes, the reserve, a person's word and load are kept from every price; only hard limits take
// them, in this order, which is that of the plan's tiers.
#define RULE_IMPORT    2.0
#define RULE_SURPLUS   1.5 // what a vehicle that still wants energy gives for it: before a battery does
#define RULE_STORE     1.0
#define RULE_HEAT      0.5
#define RULE_EXPORT    0.0
#define RULE_PEAK      100.0
#define COST_GENERATOR 5e2
#define COST_HEAT      3e4 // above any demand charge
#define COST_RESERVE   1e5
#define COST_MANUAL    1e6
#define COST_SHED      1e7

struct assembling {
    struct instant now;
    bool planned; // a plan that may be followed is at `step`
    int step;
    double co2_price_per_kg;
};

static inline const struct schedule_asset *planned_asset(const struct engine *e, const struct assembling *c, int asset)
{
    return c->planned ? &e->plan.schedule->assets[asset] : NULL;
}

// Value of a kWh in store by the plan, or the price of the bus where the plan says none.
double planned_value(const struct engine *e, const struct assembling *c, int asset);
double planned_price(const struct engine *e, const struct assembling *c, int bus); // marginal, by the plan

// Close to its bounds a storage slows down, so that it meets them without starting and stopping: as if it had a minute
// to them, or some control cycles where the area's time runs faster.
double taper_h(const struct engine *e);

// Whether a battery is kept from prices for its reserve. Before it is assembled.
void hold_reserve(struct engine *e, int asset);

void assemble_grid(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_battery(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_flexible(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_pv(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_load(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_generator(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_converter(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);

// Islands (assembling_forming.c): the forming asset in place of the grid, the grid in place of nothing, and all others
// as planned against what the island's energy is worth.
void assemble_forming(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
void assemble_lost_grid(struct regulate_asset *r);
void stand_by_island(const struct engine *e, const struct assembling *c, struct regulate_asset *r);

// After all assets: what heats or cools a bus is corrected, so that its stores neither run empty nor overflow.
void assemble_heat(struct engine *e, const struct assembling *c, int bus);

// After all assets: limits of the area as a whole are shared out to its grid connections.
void assemble_area(struct engine *e, const struct assembling *c);

// By rule, without a plan: what share of its power a unit is to give to a bus of heat or cold, 0-1: it fills a store
// that is below half until that is full. And how full the stores are between their limits, 0-1; < 0: none is measured.
double heat_rule_share(const struct engine *e, const struct assembling *c, int asset, int bus);
double heat_filling(const struct engine *e, int bus, struct instant now);

// What a battery or store can take and give at its state of charge, as far as its curves and its device say.
double storage_charge_w(const struct engine *e, int asset);
double storage_discharge_w(const struct engine *e, int asset);

void assemble_tie(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r);
