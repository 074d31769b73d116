// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share.
#pragma once

#include "forecast/forecast.h"
#include "forecast/history.h"

enum { FORECAST_SAMPLE_MS = 5 * 60 * 1000, FORECAST_MAX_SAMPLES = 600 };

struct forecast {
    const struct site *site;
    struct forecast_memory *loads; // recent: ratio to standard * slow; slow: ratio to standard
    struct forecast_memory *pvs;   // both: ratio to the clear sky
    struct history history;        // loads, then PV plants
};

// Of how many equal pieces the mean over [from, to) is made; the middle of piece `i`.
int forecast_samples(int64_t from_ms, int64_t to_ms);
int64_t forecast_sample_ms(int64_t from_ms, int64_t to_ms, int samples, int i);

// When the correction was measured, as seen at `now`.
int64_t forecast_known_ms(const struct forecast_memory *m, int64_t now_ms);

// The share of the recent correction that is left `elapsed_ms` after it was measured.
double forecast_left_after(double elapsed_ms);

// The correction relative to the standard profile, or the clear sky, when so much of it is left.
double forecast_load_level(const struct forecast_memory *m, double left);
double forecast_pv_level(const struct forecast_memory *m, double left);

double forecast_pv_most_w(const struct forecast *f, int pv);

// load_standard_w in two parts. How far the shape is below its peak, 1 where a working day is on average: the same for
// all loads of a shape. And what that is of a load.
double load_shape_depth(const struct site *s, enum load_shape shape, int64_t utc_ms);
double load_standard_of_depth_w(const struct site_load *load, double depth);
