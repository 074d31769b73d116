// SPDX-License-Identifier: GPL-3.0-or-later
// Everything is computed on the points of a time grid and read linearly between them: cheap for a thousand assets at
// many steps a second, and the same whatever the steps are.
#include "simulate/nature.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "simulate/disturbance.h"
#include "simulate/noise.h"

enum { GRID_MS = 10000 };

static const double load_deviation = 0.02; // of the standard load
static const double load_memory_s = 180.0;
static const double cloud_memory_s = 1500.0;
static const double warmth_memory_s = 6.0 * 3600.0;

struct course { // a curve between two grid points
    struct drift drift;
    double from_w, to_w;
    struct jumps jumps;   // loads
    struct clouds clouds; // PV plants
};

struct nature {
    const struct site *site;
    int64_t grid_utc_ms; // grid point at or before now
    double share;        // of the way to the next one
    struct drift clouds; // over the whole area
    struct course *loads, *pvs;
    struct drift warmth;
    double temp_degc;
    double noise[PLANT_NOISE_COUNT];
};

static double load_at(const struct nature *n, size_t i, double wandering, int64_t utc_ms)
{
    double standard = load_standard_w(n->site, &n->site->loads[i], utc_ms);
    return fmax(standard * (1.0 + load_deviation * wandering), 0.0);
}

// Clear half of the time; clouds take up to three quarters.
static double cloud_factor(double area, double local)
{
    return clamp(1.0 - 0.35 * fmax(0.9 * area + 0.44 * local, 0.0), 0.25, 1.0);
}

static double pv_at(const struct nature *n, size_t i, double factor, int64_t utc_ms)
{
    const struct site *s = n->site;
    const struct site_pv *pv = &s->pvs[i];
    double clear = sun_clear_sky_frac(utc_ms, s->latitude_deg, s->longitude_deg, pv->tilt_deg, pv->azimuth_deg);
    return clamp(clear * factor * pv->peak_power_w, 0.0, pv->peak_power_w * 1.1);
}

// Cold in January in the north, in July in the south; warmest in the afternoon.
static double temp_at(const struct nature *n, int64_t utc_ms)
{
    const double day_ms = 86400000.0, year_ms = 365.25 * day_ms, turn = 6.283185307179586;
    double season = cos(turn * ((double)utc_ms - 20.0 * day_ms) / year_ms) * (n->site->latitude_deg < 0.0 ? -1.0 : 1.0);
    double sun_ms = (double)utc_ms + n->site->longitude_deg / 360.0 * day_ms;
    double hour = cos(turn * (sun_ms / day_ms - 15.0 / 24.0));
    return 15.0 - 11.0 * season + 4.0 * hour + 2.0 * n->warmth.from;
}

// Both ends of every curve for the present grid point.
static void lay_courses(struct nature *n)
{
    int64_t from = n->grid_utc_ms, to = n->grid_utc_ms + GRID_MS;
    for (size_t i = 0; i < n->site->n_loads; i++) {
        struct course *c = &n->loads[i];
        c->from_w = load_at(n, i, c->drift.from, from);
        c->to_w = load_at(n, i, c->drift.to, to);
    }
    for (size_t i = 0; i < n->site->n_pvs; i++) {
        struct course *c = &n->pvs[i];
        c->from_w = pv_at(n, i, cloud_factor(n->clouds.from, c->drift.from), from);
        c->to_w = pv_at(n, i, cloud_factor(n->clouds.to, c->drift.to), to);
    }
    n->temp_degc = temp_at(n, from);
}

static void seed_disturbances(struct nature *n, uint64_t seed)
{
    for (size_t i = 0; i < n->site->n_loads; i++)
        n->loads[i].jumps = jumps_seeded(seed, 3000 + i, n->grid_utc_ms);
    for (size_t i = 0; i < n->site->n_pvs; i++)
        n->pvs[i].clouds = clouds_seeded(seed, 4000 + i, n->grid_utc_ms);
}

static void seed_courses(struct nature *n, uint64_t seed)
{
    double grid_s = GRID_MS / 1000.0;
    n->clouds = drift_seeded(seed, 0, grid_s, cloud_memory_s);
    n->warmth = drift_seeded(seed, 1, grid_s, warmth_memory_s);
    for (size_t i = 0; i < n->site->n_loads; i++)
        n->loads[i].drift = drift_seeded(seed, 1000 + i, grid_s, load_memory_s);
    for (size_t i = 0; i < n->site->n_pvs; i++)
        n->pvs[i].drift = drift_seeded(seed, 2000 + i, grid_s, cloud_memory_s);
}

int nature_new(const struct site *site, uint64_t seed, int64_t start_utc_ms, struct nature **ret_nature)
{
    struct nature *n = calloc(1, sizeof *n);
    if (!n)
        return AEMS_E_NOMEM;
    n->site = site;
    n->loads = calloc(site->n_loads + 1, sizeof *n->loads);
    n->pvs = calloc(site->n_pvs + 1, sizeof *n->pvs);
    if (!n->loads || !n->pvs) {
        nature_free(n);
        return AEMS_E_NOMEM;
    }
    n->grid_utc_ms = start_utc_ms;
    seed_courses(n, seed);
    seed_disturbances(n, seed);
    lay_courses(n);
    *ret_nature = n;
    return 0;
}

void nature_free(struct nature *n)
{
    if (!n)
        return;
    free(n->loads);
    free(n->pvs);
    free(n);
}

static void advance_drifts(struct nature *n)
{
    drift_advance(&n->clouds);
    drift_advance(&n->warmth);
    for (size_t i = 0; i < n->site->n_loads; i++)
        drift_advance(&n->loads[i].drift);
    for (size_t i = 0; i < n->site->n_pvs; i++)
        drift_advance(&n->pvs[i].drift);
}

void nature_advance(struct nature *n, int64_t utc_ms)
{
    bool moved = false;
    for (; utc_ms - n->grid_utc_ms >= GRID_MS; n->grid_utc_ms += GRID_MS) {
        advance_drifts(n);
        moved = true;
    }
    if (moved)
        lay_courses(n);
    double at_least = moved ? 0.0 : n->share;
    n->share = clamp((double)(utc_ms - n->grid_utc_ms) / GRID_MS, at_least, 1.0);
    for (size_t i = 0; i < n->site->n_loads; i++)
        jumps_advance(&n->loads[i].jumps, utc_ms);
    for (size_t i = 0; i < n->site->n_pvs; i++)
        clouds_advance(&n->pvs[i].clouds, utc_ms);
}

static double on_course(const struct nature *n, const struct course *c)
{
    return c->from_w + (c->to_w - c->from_w) * n->share;
}

double nature_load_w(const struct nature *n, int load)
{
    const struct course *c = &n->loads[load];
    return on_course(n, c) * jumps_factor(&c->jumps, n->noise[PLANT_NOISE_STEPS]);
}

double nature_pv_w(const struct nature *n, int pv)
{
    const struct course *c = &n->pvs[pv];
    return on_course(n, c) * clouds_factor(&c->clouds, n->noise[PLANT_NOISE_CLOUDS]);
}

double nature_temp_degc(const struct nature *n)
{
    return n->temp_degc;
}

void nature_set_noise(struct nature *n, enum plant_noise kind, double share)
{
    n->noise[kind] = share;
}
