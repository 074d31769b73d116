// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate/noise.h"

#include <math.h>

static const double two_pi = 6.283185307179586;

// splitmix64: small, and good enough for weather.
static uint64_t next(struct noise *n)
{
    uint64_t z = n->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct noise noise_seeded(uint64_t seed, uint64_t stream)
{
    struct noise n = {.state = seed};
    n.state = next(&n) ^ (stream * 0xD1342543DE82EF95u);
    next(&n);
    return n;
}

double noise_uniform(struct noise *n)
{
    return ((double)(next(n) >> 12) + 0.5) / 4503599627370496.0; // 2^52
}

double noise_gaussian(struct noise *n)
{
    double radius = sqrt(-2.0 * log(noise_uniform(n)));
    return radius * cos(two_pi * noise_uniform(n));
}

struct drift drift_seeded(uint64_t seed, uint64_t stream, double grid_s, double time_constant_s)
{
    struct drift d = {.noise = noise_seeded(seed, stream), .memory = exp(-grid_s / time_constant_s)};
    d.to = noise_gaussian(&d.noise);
    drift_advance(&d);
    return d;
}

void drift_advance(struct drift *d)
{
    d->from = d->to;
    d->to = d->memory * d->from + sqrt(1.0 - d->memory * d->memory) * noise_gaussian(&d->noise);
}

double drift_between(const struct drift *d, double share)
{
    return d->from + (d->to - d->from) * share;
}
