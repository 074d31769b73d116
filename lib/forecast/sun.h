// SPDX-License-Identifier: GPL-3.0-or-later
// Where the sun stands and what a clear sky gives; used by the PV forecast and by the simulated area.
#pragma once

#include <stdint.h>

struct sun_position {
    double elevation_deg; // above the horizon; negative at night
    double azimuth_deg;   // clockwise from north
};

// Within about 0.1 degree for 1950-2050 (NOAA's low-accuracy formulas).
struct sun_position sun_position_at(int64_t utc_ms, double latitude_deg, double longitude_deg);

// Share (0-1.1) of a plant's peak power under a clear sky, for its tilt and azimuth (0 north, 90 east).
double sun_clear_sky_frac(int64_t utc_ms, double latitude_deg, double longitude_deg, double tilt_deg,
                          double azimuth_deg);

// The same in two parts, for many plants at one instant.
struct sun_sky {
    struct sun_position sun;
    double ground_w_per_m2, diffuse_w_per_m2, beam_w_per_m2; // on level ground: all, from the sky; towards the sun
};
struct sun_sky sun_clear_sky_at(int64_t utc_ms, double latitude_deg, double longitude_deg);
double sun_plant_frac(const struct sun_sky *sky, double tilt_deg, double azimuth_deg);
