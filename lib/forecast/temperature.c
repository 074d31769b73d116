// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside, and how loads answer to it.
//
// What is typical of an hour contains what weather is usual. Only what differs from that counts: colder below 16 degC,
// and warmer above 20, each with a slope of its own that is learned, and is small until it is sure.
#include <math.h>

#include "base/number.h"
#include "forecast/internal.h"

static const double cold_degc = 16, warm_degc = 20;
static const double usual_memory_days = 7;    // days of the same hour
static const double slope_memory_h = 28 * 24; // hours
static const double fading = 0.97;            // of an unusual temperature, in an hour
static const double doubt = 200;              // degree-hours squared that speak against any slope
static const double largest_share = 0.5;      // of what is typical

static void end_hour(struct forecast_temperature *t)
{
    float *usual = &t->usual_degc[t->hour % FORECAST_SLOTS];
    double mean = t->hour_sum / t->hour_ms;
    t->unusual_degc = isnan(*usual) ? 0 : mean - (double)*usual;
    *usual = isnan(*usual) ? (float)mean : *usual + (float)((mean - (double)*usual) / usual_memory_days);
}

void forecast_learn_temperature(struct forecast *f, int64_t from_utc_ms, int64_t to_utc_ms, double outside_degc)
{
    struct forecast_temperature *t = &f->temperature;
    if (!forecast_is_span(&from_utc_ms, to_utc_ms) || !in_range(outside_degc, -60, 60))
        return;
    for (int64_t at = from_utc_ms; at < to_utc_ms;) {
        int64_t hour = at / HISTORY_HOUR_MS, end = (hour + 1) * HISTORY_HOUR_MS;
        int64_t until = to_utc_ms < end ? to_utc_ms : end;
        if (hour != t->hour && t->hour_ms > 0)
            end_hour(t);
        if (hour != t->hour)
            t->hour_sum = t->hour_ms = 0;
        t->hour = hour;
        t->hour_sum += outside_degc * (double)(until - at);
        t->hour_ms += (double)(until - at);
        at = until;
    }
    t->outside_degc = outside_degc;
    t->utc_ms = to_utc_ms;
}

// How much colder below the one limit and warmer above the other it is than usual; false: nothing is known.
static bool degrees(const struct forecast *f, const struct forecast_hour *h, double *ret_cold, double *ret_warm)
{
    const struct forecast_temperature *t = &f->temperature;
    double usual = (double)t->usual_degc[h->utc_slot];
    const struct forecast_weather *w = forecast_weather_at(f, h->hour * HISTORY_HOUR_MS + HISTORY_HOUR_MS / 2);
    if (isnan(usual))
        return false;
    double expected = usual + t->unusual_degc * pow(fading, fmax((double)(h->hour - t->hour), 0));
    if (h->hour == t->hour && t->hour_ms > 0)
        expected = t->hour_sum / t->hour_ms;
    else if (w != NULL && !isnan(w->outside_degc))
        expected = w->outside_degc;
    *ret_cold = fmax(cold_degc - expected, 0) - fmax(cold_degc - usual, 0);
    *ret_warm = fmax(expected - warm_degc, 0) - fmax(usual - warm_degc, 0);
    return true;
}

void forecast_learn_heating(struct forecast *f, size_t series, double residual)
{
    struct forecast_heating *b = &f->series[series].heating;
    double cold, warm, left = exp(-1 / slope_memory_h);
    if (f->temperature.utc_ms < f->past.now.hour * HISTORY_HOUR_MS || !degrees(f, &f->past.now, &cold, &warm))
        return;
    b->cold_cold = left * b->cold_cold + cold * cold;
    b->cold_warm = left * b->cold_warm + cold * warm;
    b->warm_warm = left * b->warm_warm + warm * warm;
    b->cold_load = left * b->cold_load + cold * residual;
    b->warm_load = left * b->warm_load + warm * residual;
}

double forecast_heating_at(const struct forecast *f, const struct forecast_series *s, const struct forecast_hour *h)
{
    const struct forecast_heating *b = &s->heating;
    double cold, warm;
    if (b->cold_cold + b->warm_warm <= 0 || !degrees(f, h, &cold, &warm))
        return 0;
    double cc = b->cold_cold + doubt, ww = b->warm_warm + doubt, determinant = cc * ww - b->cold_warm * b->cold_warm;
    double per_cold = (b->cold_load * ww - b->warm_load * b->cold_warm) / determinant;
    double per_warm = (b->warm_load * cc - b->cold_load * b->cold_warm) / determinant;
    double most = largest_share * fmax(s->slots[h->kind][h->slot].expert[0], 0);
    return clamp(per_cold * cold + per_warm * warm, -most, most);
}
