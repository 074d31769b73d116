// SPDX-License-Identifier: GPL-3.0-or-later
// One course of days that nobody knows beforehand: what the sun yields each day and how much people draw, drawn from a
// seed. Power between the points of a five minutes' grid is read on straight lines.
#pragma once

#include <stdint.h>

#include "site/site.h"

enum { DRAW_DAYS = 12, DRAW_STEP_S = 300, DRAW_STEPS = DRAW_DAYS * 86400 / DRAW_STEP_S };

struct draw {
    int64_t start_utc_ms;               // midnight of the first day
    double yield_kwh_per_kw[DRAW_DAYS]; // of every PV plant alike: it is the same sky
    double level[DRAW_DAYS];            // of all loads, about 1
    double *load_w;                     // n_loads x (DRAW_STEPS + 1)
    double *pv_w;                       // n_pvs x (DRAW_STEPS + 1)
};

// Daily yield uniform in [0.5, 4) kWh per kW of peak power, spread over the day as by passing clouds; daily level
// Gaussian with a deviation of 5 %, passing from one day's to the next one's in the two hours about midnight, and
// wandering by 2 % within the day. Days after `known_days` come from another stream of `seed` than those before, so
// that the same past can have another future (`future` 0, 1, ...). Months without change of the clock only. 0 or
// AEMS_E_NOMEM.
int draw_new(const struct site *s, uint64_t seed, uint64_t future, int64_t start_utc_ms, int known_days,
             struct draw *ret_draw);
void draw_free(struct draw *d);

double draw_load_w(const struct draw *d, int load, int64_t utc_ms); // >= 0
double draw_pv_w(const struct draw *d, int pv, int64_t utc_ms);     // >= 0, what the sun gives
// Means over [from, to): whole grid steps.
double draw_mean_load_w(const struct draw *d, int load, int64_t from_utc_ms, int64_t to_utc_ms);
double draw_mean_pv_w(const struct draw *d, int pv, int64_t from_utc_ms, int64_t to_utc_ms);
