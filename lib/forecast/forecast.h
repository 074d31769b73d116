// SPDX-License-Identifier: GPL-3.0-or-later
// What every load will draw and every PV plant could give.
//
// From the first day on a load follows its standard profile (shape, average, peak, calendar) and a PV plant the clear
// sky; both are corrected by what was measured lately, with the correction fading over the hours ahead. (Quantiles and
// scenarios come with learned history.)
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
