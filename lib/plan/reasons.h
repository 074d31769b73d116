// SPDX-License-Identifier: GPL-3.0-or-later
// What the reasons of all kinds look at. For the files of this room.
#pragma once

#include "plan/assets.h"
#include "plan/extract.h"

#define REASON_NEAR_W 1.0

struct look {
    const struct model *m;
    const struct lp_solution *solution;
    struct schedule *s;
    unsigned char *grid; // enum reason_kind that binds each grid in each step, grid-major
    bool is_short;       // while a grid is away
    double dearest;      // per kWh: what is beyond it is no price
    bool *area;          // the same limit of the area's binds all electric connections, grid-major
};

// Power of the asset of this number, per step.
const double *look_power(const struct look *l, size_t asset);
double look_price(const struct look *l, int bus, size_t k);
// Would moving the upper bound of column + k earn more than what the small costs that break ties amount to? And for
// anything else: is so much per kWh worth a word?
bool look_is_worth(const struct look *l, int column, size_t k);
bool look_is_much(const struct look *l, double per_kwh);
// The grid connection or tie that shapes the bus in this step; REASON_NONE if there is none, with the bus's price.
struct reason look_outside(const struct look *l, int bus, size_t k);
bool look_has_surplus(const struct look *l, size_t k);
bool look_tie_is_full(const struct look *l, size_t i, size_t k);

// Which limit binds each grid: before all others.
void reasons_mark_grids(struct look *l);

// Asset `i` of its array, `asset` in the schedule.
struct reason reason_of_grid(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_pv(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_battery(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_flexible(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_load(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_generator(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_converter(const struct look *l, size_t i, size_t asset, size_t k);
struct reason reason_of_tie(const struct look *l, size_t i, size_t asset, size_t k);
