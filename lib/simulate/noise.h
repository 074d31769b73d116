// SPDX-License-Identifier: GPL-3.0-or-later
// Repeatable chance: the same seed gives the same weather and the same people, on every machine.
#pragma once

#include <stdint.h>

struct noise {
    uint64_t state;
};

// `stream` separates the chances of several things under one seed.
struct noise noise_seeded(uint64_t seed, uint64_t stream);
double noise_uniform(struct noise *n);  // (0, 1)
double noise_gaussian(struct noise *n); // mean 0, deviation 1

// A value that drifts about 0 with deviation 1 (a first-order autoregressive process), known at the points of a time
// grid and read linearly between two of them, so that it depends on time alone and not on who asks how often.
struct drift {
    struct noise noise;
    double memory;   // correlation of neighbouring points, 0-1
    double from, to; // at the point before and after now
};

struct drift drift_seeded(uint64_t seed, uint64_t stream, double grid_s, double time_constant_s);
void drift_advance(struct drift *d); // one grid point on
double drift_between(const struct drift *d, double share);
