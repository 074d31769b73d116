// SPDX-License-Identifier: GPL-3.0-or-later
// What a test adds to nature, by the dice: loads that jump, and clouds that pass. Both depend on time alone, not on
// who asks how often.
#pragma once

#include <stdint.h>

#include "simulate/noise.h"

// A factor that holds until the next jump, some minutes later: 1, or up to `share` more or less.
struct jumps {
    struct noise noise;
    int64_t next_utc_ms;
    double place; // -1, 0 or 1
};

struct jumps jumps_seeded(uint64_t seed, uint64_t stream, int64_t start_utc_ms);
void jumps_advance(struct jumps *j, int64_t utc_ms);
double jumps_factor(const struct jumps *j, double share);

// Clouds over one plant: each takes `share` of the sun, with an edge of some seconds.
struct clouds {
    struct noise noise;
    int64_t from_utc_ms, until_utc_ms; // of the cloud under way, or the next one
    double edge_ms;
    double depth; // 0-1, of the share
    int64_t now_utc_ms;
};

struct clouds clouds_seeded(uint64_t seed, uint64_t stream, int64_t start_utc_ms);
void clouds_advance(struct clouds *c, int64_t utc_ms);
double clouds_factor(const struct clouds *c, double share);
