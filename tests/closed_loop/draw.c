// SPDX-License-Identifier: GPL-3.0-or-later
#include "draw.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "simulate/noise.h"

enum { STEPS_A_DAY = 86400 / DRAW_STEP_S, POINTS = DRAW_STEPS + 1, PASSING_STEPS = 3600 / DRAW_STEP_S };

static const double least_yield = 0.5, most_yield = 4.0; // kWh per kW of peak power and day
static const double level_deviation = 0.05;              // from day to day
static const double wandering = 0.02;                    // of loads within the day
static const double load_memory_s = 1800.0, cloud_memory_s = 2400.0;

static int64_t point_ms(const struct draw *d, int point)
{
    return d->start_utc_ms + (int64_t)point * DRAW_STEP_S * 1000;
}

static void draw_days(struct draw *d, uint64_t seed, uint64_t future, int known_days)
{
    for (int day = 0; day < DRAW_DAYS; day++) {
        struct noise n = noise_seeded(seed, (day < known_days ? 100 : 200 + 1000 * future) + (uint64_t)day);
        d->yield_kwh_per_kw[day] = least_yield + (most_yield - least_yield) * noise_uniform(&n);
        d->level[day] = fmax(1.0 + level_deviation * noise_gaussian(&n), 0.5);
    }
}

// Which courses belong to the past and which to the future: streams of each day apart.
static uint64_t stream_of(int what, size_t which, int day, uint64_t future, int known_days)
{
    uint64_t of_future = day < known_days ? 0 : 1 + future;
    return 100000u * (uint64_t)(what + 1) + 1000u * (uint64_t)which + (uint64_t)day + 10000000u * of_future;
}

// ---- loads ----------------------------------------------------------------------------------------------------------

static double level_at(const struct draw *d, int point)
{
    int day = point / STEPS_A_DAY, in_day = point % STEPS_A_DAY;
    int before = day > 0 ? day - 1 : 0, after = day + 1 < DRAW_DAYS ? day + 1 : DRAW_DAYS - 1;
    if (day >= DRAW_DAYS)
        return d->level[DRAW_DAYS - 1];
    if (in_day < PASSING_STEPS)
        return d->level[before] + (d->level[day] - d->level[before]) * (0.5 + 0.5 * in_day / PASSING_STEPS);
    if (in_day >= STEPS_A_DAY - PASSING_STEPS)
        return d->level[day] +
               (d->level[after] - d->level[day]) * 0.5 * (in_day - STEPS_A_DAY + PASSING_STEPS) / PASSING_STEPS;
    return d->level[day];
}

static void draw_load(const struct site *s, struct draw *d, size_t load, uint64_t seed, uint64_t future, int known)
{
    struct drift drift = {0};
    for (int i = 0; i < POINTS; i++) {
        if (i % STEPS_A_DAY == 0)
            drift = drift_seeded(seed, stream_of(0, load, i / STEPS_A_DAY, future, known), DRAW_STEP_S, load_memory_s);
        double standard_w = load_standard_w(s, &s->loads[load], point_ms(d, i));
        d->load_w[load * POINTS + (size_t)i] = fmax(standard_w * level_at(d, i) * (1.0 + wandering * drift.from), 0.0);
        drift_advance(&drift);
    }
}

// ---- PV -------------------------------------------------------------------------------------------------------------

// Clouds make the course uneven and the day's yield makes its sum; no plant gives more than its peak power.
static void draw_pv_day(const struct site *s, struct draw *d, size_t pv, int day, uint64_t stream_seed, uint64_t stream)
{
    const struct site_pv *plant = &s->pvs[pv];
    struct drift drift = drift_seeded(stream_seed, stream, DRAW_STEP_S, cloud_memory_s);
    double *power_w = &d->pv_w[pv * POINTS + (size_t)day * STEPS_A_DAY], sum = 0.0;
    for (int i = 0; i < STEPS_A_DAY; i++) {
        double clear = sun_clear_sky_frac(point_ms(d, day * STEPS_A_DAY + i), s->latitude_deg, s->longitude_deg,
                                          plant->tilt_deg, plant->azimuth_deg);
        power_w[i] = clear * exp(0.4 * drift.from);
        sum += power_w[i] * DRAW_STEP_S / 3600.0;
        drift_advance(&drift);
    }
    double wanted = d->yield_kwh_per_kw[day];
    for (int round = 0; round < 20 && sum > 0.0; round++) { // what a peak is cut off by the rest of the day makes up
        double factor = wanted / sum;
        sum = 0.0;
        for (int i = 0; i < STEPS_A_DAY; i++) {
            power_w[i] = fmin(power_w[i] * factor, 1.0);
            sum += power_w[i] * DRAW_STEP_S / 3600.0;
        }
    }
    for (int i = 0; i < STEPS_A_DAY; i++)
        power_w[i] *= plant->peak_power_w;
}

int draw_new(const struct site *s, uint64_t seed, uint64_t future, int64_t start_utc_ms, int known_days,
             struct draw *ret_draw)
{
    struct draw d = {.start_utc_ms = start_utc_ms};
    d.load_w = calloc(s->n_loads * POINTS + 1, sizeof *d.load_w);
    d.pv_w = calloc(s->n_pvs * POINTS + 1, sizeof *d.pv_w);
    if (!d.load_w || !d.pv_w) {
        draw_free(&d);
        return AEMS_E_NOMEM;
    }
    draw_days(&d, seed, future, known_days);
    for (size_t i = 0; i < s->n_loads; i++)
        draw_load(s, &d, i, seed, future, known_days);
    for (size_t i = 0; i < s->n_pvs; i++)
        for (int day = 0; day < DRAW_DAYS; day++)
            draw_pv_day(s, &d, i, day, seed, stream_of(1, i, day, future, known_days));
    *ret_draw = d;
    return 0;
}

void draw_free(struct draw *d)
{
    free(d->load_w);
    free(d->pv_w);
    d->load_w = d->pv_w = NULL;
}

// ---- asking ---------------------------------------------------------------------------------------------------------

static double on_lines(const double *points, int64_t start_utc_ms, int64_t utc_ms)
{
    double at = clamp((double)(utc_ms - start_utc_ms) / (DRAW_STEP_S * 1000.0), 0.0, DRAW_STEPS);
    size_t i = (size_t)fmin(at, DRAW_STEPS - 1);
    return points[i] + (points[i + 1] - points[i]) * (at - (double)i);
}

double draw_load_w(const struct draw *d, int load, int64_t utc_ms)
{
    return on_lines(&d->load_w[(size_t)load * POINTS], d->start_utc_ms, utc_ms);
}

double draw_pv_w(const struct draw *d, int pv, int64_t utc_ms)
{
    return on_lines(&d->pv_w[(size_t)pv * POINTS], d->start_utc_ms, utc_ms);
}

static double mean_of(const double *points, int64_t start_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double sum = 0.0;
    int n = 0;
    for (int64_t t = from_utc_ms; t < to_utc_ms; t += DRAW_STEP_S * 1000, n++)
        sum += (on_lines(points, start_utc_ms, t) + on_lines(points, start_utc_ms, t + DRAW_STEP_S * 1000)) / 2.0;
    return n > 0 ? sum / n : 0.0;
}

double draw_mean_load_w(const struct draw *d, int load, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return mean_of(&d->load_w[(size_t)load * POINTS], d->start_utc_ms, from_utc_ms, to_utc_ms);
}

double draw_mean_pv_w(const struct draw *d, int pv, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return mean_of(&d->pv_w[(size_t)pv * POINTS], d->start_utc_ms, from_utc_ms, to_utc_ms);
}
