// SPDX-License-Identifier: GPL-3.0-or-later
// The devices of the closed loop: what they tell of the simulated area, a little wrong, and what they do when they are
// told something.
#pragma once

#include "core/engine.h"
#include "simulate/model.h"
#include "simulate/noise.h"

enum { DEVICES_MAX_READINGS = 10 };

struct devices {
    const struct site *site;
    struct plant_model *model;
    const struct engine_device *kinds; // as site->devices
    struct noise noise;
    double noise_frac; // deviation of a reading, of its rating
    double step_w;     // readings are whole multiples of this; 0: as they are
};

void devices_describe(const struct site *s, struct engine_device *ret_kinds);

// What a device tells. `assets`: as they were when it was polled; NULL: now. Returns the number of readings.
size_t devices_read(struct devices *d, int device, const struct plant_asset *assets,
                    struct reading ret_readings[static DEVICES_MAX_READINGS]);

void devices_set(struct devices *d, int device, double power_w); // its setpoint
void devices_release(struct devices *d, int device);
