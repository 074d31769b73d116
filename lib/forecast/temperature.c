// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside, and how loads answer to it.
//
// The days that a profile is made of are moved to what temperature is usual, so only what differs from that counts:
// colder below 16 degC, and warmer above 20, each with a slope of its own that is learned, and is small until it is
// sure.
#include <math.h>

#include "base/number.h"
#include "forecast/internal.h"

static const double cold_degc = 16, warm_degc = 20;
static const double usual_memory_days = 7;    // days of the same hour
static const double slope_memory_h = 28 * 24; // hours
static const double fading = 0.97;            // of an unusual temperature, in an hour
static const double doubt = 200;              // degree-hours squared that speak against any slope
static const double largest_share = 0.8;      // of what is typical

void forecast_temperature_begin(struct forecast_temperature *t)
{
    *t = (struct forecast_temperature){0};
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        t->usual_degc[slot] = NAN;
    for (int i = 0; i < HISTORY_HOURS; i++)
        t->past_degc[i] = FORECAST_NO_DEGC;
}

static void end_hour(struct forecast_temperature *t)
{
    float *usual = &t->usual_degc[t->hour % FORECAST_SLOTS];
    double mean = t->hour_sum / t->hour_ms;
    t->unusual_degc = isnan(*usual) ? 0 : mean - (double)*usual;
    *usual = isnan(*usual) ? (float)mean : *usual + (float)((mean - (double)*usual) / usual_memory_days);
}

// What lay in the places of hours that have begun since is forgotten.
static void go_to(struct forecast_temperature *t, int64_t hour)
{
    int64_t gone = hour - t->hour > HISTORY_HOURS || hour < t->hour ? HISTORY_HOURS : hour - t->hour;
    for (int64_t i = 0; i < gone; i++)
        t->past_degc[(hour - i) % HISTORY_HOURS] = FORECAST_NO_DEGC;
    t->hour_sum = t->hour_ms = 0;
    t->hour = hour;
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
            go_to(t, hour);
        t->hour_sum += outside_degc * (double)(until - at);
        t->hour_ms += (double)(until - at);
        t->past_degc[hour % HISTORY_HOURS] = (float)(t->hour_sum / t->hour_ms);
        at = until;
    }
    t->outside_degc = outside_degc;
    t->utc_ms = to_utc_ms;
}

struct degrees {
    double cold, warm; // below the one limit and above the other, more than is usual
};

static struct degrees beyond(double degc, double usual_degc)
{
    return (struct degrees){.cold = fmax(cold_degc - degc, 0) - fmax(cold_degc - usual_degc, 0),
                            .warm = fmax(degc - warm_degc, 0) - fmax(usual_degc - warm_degc, 0)};
}

// False: nothing is known.
static bool degrees_then(const struct forecast *f, int64_t hour, struct degrees *ret)
{
    const struct forecast_temperature *t = &f->temperature;
    double usual = (double)t->usual_degc[hour % FORECAST_SLOTS];
    float then = t->past_degc[hour % HISTORY_HOURS];
    if (isnan(usual) || hour > t->hour || hour <= t->hour - HISTORY_HOURS || then <= FORECAST_NO_DEGC)
        return false;
    *ret = beyond((double)then, usual);
    return true;
}

static bool degrees_ahead(const struct forecast *f, const struct forecast_hour *h, struct degrees *ret)
{
    const struct forecast_temperature *t = &f->temperature;
    double usual = (double)t->usual_degc[h->utc_slot];
    const struct forecast_weather *w = forecast_weather_at(f, h->hour * HISTORY_HOUR_MS + HISTORY_HOUR_MS / 2);
    if (degrees_then(f, h->hour, ret))
        return true;
    if (isnan(usual))
        return false;
    double expected = usual + t->unusual_degc * pow(fading, fmax((double)(h->hour - t->hour), 0));
    if (w != NULL && !isnan(w->outside_degc))
        expected = w->outside_degc;
    *ret = beyond(expected, usual);
    return true;
}

void forecast_learn_heating(struct forecast *f, size_t series, double residual)
{
    struct forecast_heating *b = &f->series[series].heating;
    double left = exp(-1 / slope_memory_h);
    struct degrees d;
    if (!degrees_then(f, f->past.now.hour, &d))
        return;
    b->cold_cold = left * b->cold_cold + d.cold * d.cold;
    b->cold_warm = left * b->cold_warm + d.cold * d.warm;
    b->warm_warm = left * b->warm_warm + d.warm * d.warm;
    b->cold_load = left * b->cold_load + d.cold * residual;
    b->warm_load = left * b->warm_load + d.warm * residual;
}

static double load_of(const struct forecast_heating *b, struct degrees d)
{
    double cc = b->cold_cold + doubt, ww = b->warm_warm + doubt, determinant = cc * ww - b->cold_warm * b->cold_warm;
    double per_cold = (b->cold_load * ww - b->warm_load * b->cold_warm) / determinant;
    double per_warm = (b->warm_load * cc - b->cold_load * b->cold_warm) / determinant;
    return per_cold * d.cold + per_warm * d.warm;
}

static bool is_learned(const struct forecast_heating *b)
{
    return b->cold_cold + b->warm_warm > 0;
}

double forecast_heating_at(const struct forecast *f, const struct forecast_series *s, const struct forecast_hour *h)
{
    struct degrees d;
    if (!is_learned(&s->heating) || !degrees_ahead(f, h, &d))
        return 0;
    double most = largest_share * fmax((double)s->slots[h->kind][h->slot].expert[0], 0);
    return clamp(load_of(&s->heating, d), -most, 2 * most);
}

double forecast_heating_then(const struct forecast *f, const struct forecast_series *s, int64_t hour)
{
    struct degrees d;
    return is_learned(&s->heating) && degrees_then(f, hour, &d) ? load_of(&s->heating, d) : 0;
}
