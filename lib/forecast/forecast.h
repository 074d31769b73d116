// SPDX-License-Identifier: GPL-3.0-or-later
// What every load will draw and every PV plant could give.
//
// From the first day on a load follows its standard profile (shape, average, peak, calendar) and a PV plant the clear
// sky; both are corrected by what was measured lately, with the correction fading over the hours ahead. Beside this
// expected course, scenarios say what else may come: each is what a day of the last ten did.
#pragma once

#include "base/instant.h"
#include "site/site.h"

// Average power (W, >= 0 as a magnitude) that the load's standard profile draws at an instant: `average_w` over a
// working day and `peak_w` at its highest.
double load_standard_w(const struct site *s, const struct site_load *load, int64_t utc_ms);

struct forecast; // learned state of all loads and PV plants

int forecast_new(const struct site *s, struct forecast **ret_forecast); // keeps `s`, which must outlive it
void forecast_free(struct forecast *f);

// Learns from a usable measurement. Load: consumed magnitude in W; PV: what it gives, only while not curtailed.
void forecast_learn_load(struct forecast *f, int load, int64_t utc_ms, double power_w);
void forecast_learn_pv(struct forecast *f, int pv, int64_t utc_ms, double power_w);

// Mean power (W, >= 0) over [from, to), as seen at `now`.
double forecast_load_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms);
double forecast_pv_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms);

// ---- all steps of a plan, and scenarios ----------------------------------------------------------------------------
//
// Scenario 1 and up: each step does what the same local time of a former day did, relative to the standard profile or
// the clear sky, moved to what was measured in the last half hour, which fades as in the expected course. A scenario
// takes the same day for all loads and plants, since they depend on the same weather and calendar: one of the
// same kind (weekend or not), or of another if those are too few; of more than are wanted some that stand for all,
// evenly from the one that drew least to the one that drew most. When fewer days are known the others are the expected
// course with a spread that opens over the hours: load +-15 % and less, PV between half and 1.4 times.

enum { FORECAST_MAX_SCENARIOS = 9 };

struct forecast_steps; // what the forecasts of one plan have in common

// Steps k with [from, to), in order of time, as seen at `now`. `f` must outlive it and learn nothing meanwhile.
// AEMS_E_NOMEM, AEMS_E_LIMIT (steps of more than a year).
int forecast_steps_new(const struct forecast *f, int64_t now_utc_ms, const int64_t *from_utc_ms,
                       const int64_t *to_utc_ms, size_t n_steps, int scenarios, struct forecast_steps **ret_steps);
void forecast_steps_free(struct forecast_steps *s);

// Mean power (W, >= 0) of every step. Scenario 0 is the expected course, the same as forecast_load_w of each step.
// Fastest when all scenarios of a load are asked for one after the other. A load, plant or scenario that does not exist
// has 0.
void forecast_steps_load_w(struct forecast_steps *s, int load, int scenario, double *ret_power_w);
void forecast_steps_pv_w(struct forecast_steps *s, int pv, int scenario, double *ret_power_w);

// ---- what must survive ---------------------------------------------------------------------------------------------

// What was learned of one load or plant, to be kept over a restart or a change of configuration.
struct forecast_memory {
    double recent;  // correction of the last half hour: of a load relative to `slow`, of PV to the clear sky
    double slow;    // correction of the last days, relative to the standard profile or the clear sky
    int64_t utc_ms; // of the last reading; 0: none yet
};

// AEMS_E_NOT_FOUND for a load or plant that does not exist.
int forecast_load_memory(const struct forecast *f, int load, struct forecast_memory *ret_memory);
int forecast_pv_memory(const struct forecast *f, int pv, struct forecast_memory *ret_memory);

// As above, and AEMS_E_RANGE, without effect, for a memory that this program cannot have written.
int forecast_restore_load(struct forecast *f, int load, struct forecast_memory memory);
int forecast_restore_pv(struct forecast *f, int pv, struct forecast_memory memory);

// Takes over what another forecast has learned of a load or plant, its history included. What does not exist, or does
// not fit, is not taken over.
void forecast_adopt_load(struct forecast *f, int load, const struct forecast *former, int former_load);
void forecast_adopt_pv(struct forecast *f, int pv, const struct forecast *former, int former_pv);
