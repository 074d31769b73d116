// SPDX-License-Identifier: GPL-3.0-or-later
// The solver's answer -> one asset of the schedule, a file a kind. For the files of this room.
#pragma once

#include "plan/extract.h"

struct reader {
    const struct model *m;
    const struct lp_solution *solution;
    struct schedule *s;
};

// kW of column `first` + k, 0 where there is no column.
double reader_value(const struct reader *r, int first, size_t k);
// W, where rounding of the solver is 0.
double reader_watts(double kw);

// Asset `i` of its array; everything in `a` is 0 before.
void extract_grid(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_pv(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_battery(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_flexible(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_load(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_generator(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_converter(const struct reader *r, size_t i, struct schedule_asset *a);
void extract_tie(const struct reader *r, size_t i, struct schedule_asset *a);

// What the program's costs leave out in the course at hand: starts of generators, and what incentives pay. Currency.
double extract_start_costs(const struct reader *r);
double extract_incentives(const struct reader *r);

// What buildings are asked for.
void extract_offers(const struct reader *r);

// The highest window averages, once the grids' powers are there.
void extract_peaks(const struct reader *r);
// The worst shortfall of each battery, not its sum over steps. kWh.
double extract_reserve_missed(const struct reader *r);
