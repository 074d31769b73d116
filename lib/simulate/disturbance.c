// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate/disturbance.h"

#include <math.h>

#include "base/number.h"

static int64_t some_ms(struct noise *n, double least_s, double most_s)
{
    return (int64_t)(1000.0 * (least_s + (most_s - least_s) * noise_uniform(n)));
}

// ---- loads that jump ----------------------------------------------------------------------------------------------

static void wait_for_jump(struct jumps *j)
{
    j->next_utc_ms += some_ms(&j->noise, 60.0, 900.0);
}

struct jumps jumps_seeded(uint64_t seed, uint64_t stream, int64_t start_utc_ms)
{
    struct jumps j = {.noise = noise_seeded(seed, stream), .next_utc_ms = start_utc_ms};
    wait_for_jump(&j);
    return j;
}

void jumps_advance(struct jumps *j, int64_t utc_ms)
{
    while (utc_ms >= j->next_utc_ms) {
        // From the middle to either side, from a side back to the middle: a jump is never larger than the share.
        double side = noise_uniform(&j->noise) < 0.5 ? -1.0 : 1.0;
        j->place = fabs(j->place) > 0.5 ? 0.0 : side;
        wait_for_jump(j);
    }
}

double jumps_factor(const struct jumps *j, double share)
{
    return fmax(1.0 + j->place * share, 0.0);
}

// ---- clouds that pass ---------------------------------------------------------------------------------------------

static void wait_for_cloud(struct clouds *c)
{
    c->from_utc_ms = c->until_utc_ms + some_ms(&c->noise, 60.0, 900.0);
    c->until_utc_ms = c->from_utc_ms + some_ms(&c->noise, 60.0, 400.0);
    c->edge_ms = (double)some_ms(&c->noise, 5.0, 30.0);
    c->depth = 0.5 + 0.5 * noise_uniform(&c->noise);
}

struct clouds clouds_seeded(uint64_t seed, uint64_t stream, int64_t start_utc_ms)
{
    struct clouds c = {.noise = noise_seeded(seed, stream), .until_utc_ms = start_utc_ms, .now_utc_ms = start_utc_ms};
    wait_for_cloud(&c);
    return c;
}

void clouds_advance(struct clouds *c, int64_t utc_ms)
{
    c->now_utc_ms = utc_ms;
    while (utc_ms >= c->until_utc_ms)
        wait_for_cloud(c);
}

double clouds_factor(const struct clouds *c, double share)
{
    double since_ms = (double)(c->now_utc_ms - c->from_utc_ms), left_ms = (double)(c->until_utc_ms - c->now_utc_ms);
    return 1.0 - share * c->depth * clamp(fmin(since_ms, left_ms) / c->edge_ms, 0.0, 1.0);
}
