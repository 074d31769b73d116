// SPDX-License-Identifier: GPL-3.0-or-later
// What people draw and what the sky gives, at every instant of UTC, from one seed.
#pragma once

#include <stdint.h>

#include "simulate/model.h"
#include "site/site.h"

struct nature;

int nature_new(const struct site *site, uint64_t seed, int64_t start_utc_ms, struct nature **ret_nature);
void nature_free(struct nature *n);

// Moves to `utc_ms`; an instant before the last one changes nothing.
void nature_advance(struct nature *n, int64_t utc_ms);

double nature_load_w(const struct nature *n, int load); // >= 0
double nature_pv_w(const struct nature *n, int pv);     // >= 0
double nature_temp_degc(const struct nature *n);        // outside

// Adds a disturbance from now on; `share` 0-1.
void nature_set_noise(struct nature *n, enum plant_noise kind, double share);
