// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share.
#pragma once

#include "forecast/forecast.h"
#include "forecast/history.h"

enum { FORECAST_SAMPLE_MS = 5 * 60 * 1000, FORECAST_MAX_SAMPLES = 600 };

// What was learned of one load or plant beside its history.
struct forecast_memory {
    double recent;  // correction of the last half hour: of a load relative to `slow`, of PV to the clear sky
    double slow;    // correction of the last days, relative to the standard profile or the clear sky
    int64_t utc_ms; // of the last reading; 0: none yet
};

// What a correction may be; a plausible plant or building does not leave it.
struct forecast_bounds {
    double recent_low, recent_high, slow_low, slow_high;
};
extern const struct forecast_bounds forecast_load_bounds, forecast_pv_bounds;

struct forecast_temperature {
    double outside_degc;
    int64_t utc_ms; // until then; 0: none yet
};

struct forecast {
    const struct site *site;
    enum forecast_method method;
    forecast_given_fn *given;
    void *given_context;
    struct forecast_temperature temperature;
    struct forecast_weather weather[FORECAST_MAX_WEATHER]; // ascending
    size_t n_weather;
    struct forecast_memory *loads; // recent: ratio to standard * slow; slow: ratio to standard
    struct forecast_memory *pvs;   // both: ratio to the clear sky
    struct history history;        // loads, then PV plants
};

bool forecast_has(int index, size_t count); // a load or plant
bool forecast_is_instant(int64_t utc_ms);   // from 1970 to 9999

// Whether [from, to) can be learned; leaves its last day.
bool forecast_is_span(int64_t *io_from_ms, int64_t to_ms);

// By a method that is not the learned one; false where that has no answer.
bool forecast_replaced_w(const struct forecast *f, enum asset_kind kind, int of_kind, int64_t now_ms, int64_t from_ms,
                         int64_t to_ms, double *ret_w);

// Power of the plant under a clear sky.
double forecast_clear_sky_w(const struct forecast *f, int pv, int64_t utc_ms);

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
