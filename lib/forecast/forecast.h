// SPDX-License-Identifier: GPL-3.0-or-later
// What every load will draw and every PV plant could give: expected course, quantiles, scenarios, and how good they
// were.
//
//     forecast_learn_load(f, load, from, to, power_w);              // what was measured, in order of time
//     forecast_load_w(f, load, now, from, to);                      // what is expected
//     forecast_steps_new(f, now, starts, ends, n, scenarios, &s);   // all steps of a plan, and what else may come
//
// Learned from the area's own past alone. Of each hour of the day the last four weeks are known: a load is expected to
// do what weighted medians of former days did, of the same kind of day (weekend, holiday) or of all, whichever erred
// less lately; to this come the temperature where it is known, and how the last hour differed, in proportion to what is
// typical of each hour (up to three times), which fades as such differences did before. PV likewise, in shares of what
// a clear sky would give there and then; a weather forecast counts beside it by how little it erred. On the first day
// the standard profile (shape, average, peak) and a usual sky stand in, and give way with each day. Hours follow the
// local clock. The band is that of former days, as wide as own errors demand. A median is below the mean where peaks
// are rare: the expected course is the hour one is most likely to be near to, not the one to add up. Meters that stand
// still, spikes and gaps are not learned.
//
// Powers are magnitudes in W, times UTC in ms. Everything is deterministic: no clock, no dice. A `struct forecast`
// belongs to one thread.
#pragma once

#include <jansson.h>

#include "base/instant.h"
#include "site/site.h"

// Average power (W, >= 0 as a magnitude) that the load's standard profile draws at an instant: `average_w` over a
// working day and `peak_w` at its highest.
double load_standard_w(const struct site *s, const struct site_load *load, int64_t utc_ms);

struct forecast; // learned state of all loads and PV plants

int forecast_new(const struct site *s,
                 struct forecast **ret_forecast); // keeps `s`, which must outlive it; AEMS_E_NOMEM
void forecast_free(struct forecast *f);

// ---- which forecast ------------------------------------------------------------------------------------------------

enum forecast_method {
    FORECAST_LEARNED,     // the default; an asset whose accuracy has become worse than persistence falls back to it
    FORECAST_PERSISTENCE, // the same local time of yesterday, or of the last day that is known
    FORECAST_GIVEN,       // what forecast_set_given says: perfect foresight in replay
};

// Holds for all loads and plants, in all courses; what is learned goes on alike.
void forecast_set_method(struct forecast *f, enum forecast_method method);

// Mean power (W, >= 0) over [from, to) of a load or PV plant (`of_kind` counts within its kind); NAN: not known, the
// learned forecast then stands in. At an instant `from` is `to`.
typedef double forecast_given_fn(void *context, enum asset_kind kind, int of_kind, int64_t from_utc_ms,
                                 int64_t to_utc_ms);

// Asked while the method is FORECAST_GIVEN; `context` must live as long. NULL: nothing is given.
void forecast_set_given(struct forecast *f, forecast_given_fn *given, void *context);

// ---- learning ------------------------------------------------------------------------------------------------------
//
// Mean over [from, to) of a usable measurement; spans may be a second or some hours long and come in order of time. Of
// more than a day the last day counts. What cannot be (NaN, negative, far beyond the asset, years 1 and 99999) is
// ignored. Load: consumed magnitude; PV: what it could give, so only while not curtailed.

void forecast_learn_load(struct forecast *f, int load, int64_t from_utc_ms, int64_t to_utc_ms, double power_w);
void forecast_learn_pv(struct forecast *f, int pv, int64_t from_utc_ms, int64_t to_utc_ms, double power_w);
void forecast_learn_temperature(struct forecast *f, int64_t from_utc_ms, int64_t to_utc_ms, double outside_degc);

struct forecast_weather {
    int64_t from_utc_ms;   // 1970 to 9999
    double outside_degc;   // -60 to 60; NAN: not known
    double irradiance_wm2; // on level ground, 0-1500; NAN: not known
    double cloud_frac;     // 0-1; NAN: not known
};

enum { FORECAST_MAX_WEATHER = 384 };

// A weather forecast: replaces what it covers. Each point holds until the next one, the last for an hour. Without
// effect: AEMS_E_RANGE for a number out of range, points that do not ascend, or more than FORECAST_MAX_WEATHER;
// AEMS_E_NOMEM. Nothing is an empty forecast and changes nothing.
int forecast_take_weather(struct forecast *f, const struct forecast_weather *points, size_t count);

// What is known of it, ascending; returns their number. Borrowed until the next is taken.
size_t forecast_weather(const struct forecast *f, const struct forecast_weather **ret_points);

// Temperature outside, within -60 and 60 degC: the weather forecast's, else what is usual of the place, the season and
// the hour; both moved to what was last measured, which fades over the hours before and after.
double forecast_outside_degc(const struct forecast *f, int64_t utc_ms);

// ---- forecasting ---------------------------------------------------------------------------------------------------

// Mean power (W, >= 0) over [from, to), as seen at `now`. A load or plant that does not exist has 0.
double forecast_load_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms);
double forecast_pv_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms);

enum { FORECAST_P10, FORECAST_P50, FORECAST_P90, FORECAST_QUANTILES };

// Of the mean power over [from, to): it stays below these with a probability of 10, 50 and 90 %. W, >= 0, ascending.
void forecast_load_quantiles_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms,
                               int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES]);
void forecast_pv_quantiles_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms,
                             int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES]);

// ---- all steps of a plan, and scenarios ----------------------------------------------------------------------------
//
// Scenario 1 and up: each step does what the same local time of a former day did (of PV: in shares of the clear sky),
// moved by how the last hour differs from that day's, which fades. A scenario takes the same day for all loads and
// plants, since they depend on the same weather and calendar, and goes on from day to day as that time did. Days are
// those of the last three weeks: of the same kind (weekend or not) first, until two weeks have shown that all are as
// good; of more than are wanted some that stand for all, evenly from the one that drew least to the one that drew most.
// When fewer days are known the others are the expected course with a spread that opens over the hours: load +-15 % and
// less, PV between half and 1.4 times. With all days of equal weight plans are best without the expected course among
// them: it has none of their peaks.

enum { FORECAST_MAX_SCENARIOS = 10 };

struct forecast_steps; // what the forecasts of one plan have in common

// Steps k with [from, to), in order of time, as seen at `now`. `f` must outlive it and learn nothing meanwhile.
// AEMS_E_NOMEM, AEMS_E_LIMIT (steps of more than a year).
int forecast_steps_new(const struct forecast *f, int64_t now_utc_ms, const int64_t *from_utc_ms,
                       const int64_t *to_utc_ms, size_t n_steps, int scenarios, struct forecast_steps **ret_steps);
void forecast_steps_free(struct forecast_steps *s);

// How many of the scenarios repeat a former day in the present one: that many days are known.
int forecast_steps_days(const struct forecast_steps *s);

// Mean power (W, >= 0) of every step. Scenario 0 is the expected course, the same as forecast_load_w of each step.
// Fastest when all scenarios of a load are asked for one after the other. A load, plant or scenario that does not exist
// has 0.
void forecast_steps_load_w(struct forecast_steps *s, int load, int scenario, double *ret_power_w);
void forecast_steps_pv_w(struct forecast_steps *s, int pv, int scenario, double *ret_power_w);

// ---- how good they were --------------------------------------------------------------------------------------------

// Of hourly means forecast a day ahead, over about the last four weeks; by the learned forecast, whether or not it is
// in use.
struct forecast_accuracy {
    unsigned hours;           // compared; 0: nothing is known, and the rest is 0
    double mae_w, bias_w;     // mean absolute error; mean of forecast less measured
    double pinball_w;         // mean over the quantiles 10, 50, 90
    double persistence_mae_w; // of the better of yesterday and last week, same time
    double skill;             // 1 - mae / persistence's mae; 0 where that is 0
    double band_frac;         // share of hours between the quantiles 10 and 90
    bool replaced;            // persistence is used instead, until it is better again
};

// AEMS_E_NOT_FOUND for a load or plant that does not exist.
int forecast_load_accuracy(const struct forecast *f, int load, struct forecast_accuracy *ret_accuracy);
int forecast_pv_accuracy(const struct forecast *f, int pv, struct forecast_accuracy *ret_accuracy);

// ---- what must survive ---------------------------------------------------------------------------------------------

// Everything learned of one load or plant, or of the area (the temperature), as a compact JSON object; owned by the
// caller. AEMS_E_NOT_FOUND, AEMS_E_NOMEM.
int forecast_load_to_json(const struct forecast *f, int load, json_t **ret_json);
int forecast_pv_to_json(const struct forecast *f, int pv, json_t **ret_json);
int forecast_area_to_json(const struct forecast *f, json_t **ret_json);

// And back, before anything is learned. Without effect: AEMS_E_FORMAT for what is not such an object, AEMS_E_RANGE for
// what this program cannot have written, AEMS_E_NOT_FOUND. States of older versions are understood.
int forecast_load_from_json(struct forecast *f, int load, const json_t *json);
int forecast_pv_from_json(struct forecast *f, int pv, const json_t *json);
int forecast_area_from_json(struct forecast *f, const json_t *json);

// Takes over what another forecast has learned of a load or plant, its history included. What does not exist, or does
// not fit, is not taken over.
void forecast_adopt_load(struct forecast *f, int load, const struct forecast *former, int former_load);
void forecast_adopt_pv(struct forecast *f, int pv, const struct forecast *former, int former_pv);
// Likewise of the area: temperature and weather forecast.
void forecast_adopt_area(struct forecast *f, const struct forecast *former);
