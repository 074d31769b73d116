// SPDX-License-Identifier: GPL-3.0-or-later
// How warm it is outside: measured, told by others, or as usual.
#include "base/number.h"
#include "forecast/climate.h"
#include "forecast/internal.h"

static const double HOUR_MS = 3600e3;
static const double TOLD_FADES_H = 6;   // forecasts soon know the weather better than a sensor of the past
static const double USUAL_FADES_H = 48; // a cold spell lasts for days
static const int64_t POINT_HOLDS_MS = INT64_C(6) * 3600 * 1000; // where the next one is far

size_t forecast_weather(const struct forecast *f, const struct forecast_weather **ret_points)
{
    *ret_points = f->weather;
    return f->n_weather;
}

// NAN where no forecast reaches.
static double told_degc(const struct forecast *f, int64_t utc_ms)
{
    size_t next = 0;
    while (next < f->n_weather && f->weather[next].from_utc_ms <= utc_ms)
        next++;
    if (next == 0)
        return NAN;
    double gone_ms = (double)utc_ms - (double)f->weather[next - 1].from_utc_ms;
    double holds_ms = next < f->n_weather ? (double)POINT_HOLDS_MS : HOUR_MS;
    return gone_ms < holds_ms ? f->weather[next - 1].outside_degc : NAN;
}

double forecast_outside_degc(const struct forecast *f, int64_t utc_ms)
{
    const struct forecast_temperature *t = &f->temperature;
    double usual = climate_temp_degc(f->site, utc_ms), told = told_degc(f, utc_ms);
    double base = isnan(told) ? usual : told;
    if (t->utc_ms == 0)
        return clamp(base, -60, 60);
    double then = isnan(told) ? climate_temp_degc(f->site, t->utc_ms) : told_degc(f, t->utc_ms);
    double apart_h = fabs((double)utc_ms - (double)t->utc_ms) / HOUR_MS;
    double left = exp(-apart_h / (isnan(told) ? USUAL_FADES_H : TOLD_FADES_H));
    return clamp(base + (isnan(then) ? 0 : (t->outside_degc - then) * left), -60, 60);
}
