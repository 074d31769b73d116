// SPDX-License-Identifier: GPL-3.0-or-later
// Weather forecasts of others, and what a PV plant makes of them.
//
// Irradiance or clouds give a clearness of the sky. How a plant answers to it is learned for each hour of the day, and
// how far it can be trusted beside the plant's own days: each counts by how little it erred.
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

static const int64_t HOUR_MS = INT64_C(3600000);
static const double unknown_response = 0.9;
static const double response_memory_days = 7, trust_memory_h = 100;

static bool is_unknown_or(double value, double low, double high)
{
    return isnan(value) || in_range(value, low, high);
}

static bool is_sound(const struct forecast_weather *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!forecast_is_instant(points[i].from_utc_ms) ||
            (i > 0 && points[i].from_utc_ms <= points[i - 1].from_utc_ms) ||
            !is_unknown_or(points[i].outside_degc, -60, 60) || !is_unknown_or(points[i].irradiance_wm2, 0, 1500) ||
            !is_unknown_or(points[i].cloud_frac, 0, 1))
            return false;
    return true;
}

// The older ones go when there are more than fit: what is ahead counts.
static void append(struct forecast_weather *merged, size_t *io_count, struct forecast_weather point)
{
    if (*io_count == FORECAST_MAX_WEATHER)
        memmove(merged, merged + 1, --*io_count * sizeof(*merged));
    merged[(*io_count)++] = point;
}

int forecast_take_weather(struct forecast *f, const struct forecast_weather *points, size_t count)
{
    if (count > FORECAST_MAX_WEATHER || !is_sound(points, count))
        return AEMS_E_RANGE;
    if (count == 0)
        return AEMS_OK;
    struct forecast_weather merged[FORECAST_MAX_WEATHER];
    size_t n = 0, i = 0;
    int64_t end_ms = points[count - 1].from_utc_ms + HOUR_MS;
    for (; i < f->n_weather && f->weather[i].from_utc_ms < points[0].from_utc_ms; i++)
        append(merged, &n, f->weather[i]);
    for (size_t k = 0; k < count; k++)
        append(merged, &n, points[k]);
    for (; i < f->n_weather; i++)
        if (f->weather[i].from_utc_ms >= end_ms)
            append(merged, &n, f->weather[i]);
    memcpy(f->weather, merged, n * sizeof(*merged));
    f->n_weather = n;
    return AEMS_OK;
}

const struct forecast_weather *forecast_weather_at(const struct forecast *f, int64_t utc_ms)
{
    size_t low = 0, high = f->n_weather; // the first that begins later
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->weather[middle].from_utc_ms <= utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || (low == f->n_weather && utc_ms >= f->weather[low - 1].from_utc_ms + HOUR_MS))
        return NULL;
    return &f->weather[low - 1];
}

// Of a clear sky's light on level ground; negative: not known, or the sun is too low to say. Clouds take it away after
// Kasten and Czeplak (1980).
static double sky_clearness(const struct forecast *f, const struct forecast_hour *h)
{
    int64_t middle = h->hour * HISTORY_HOUR_MS + HISTORY_HOUR_MS / 2;
    const struct forecast_weather *w = forecast_weather_at(f, middle);
    if (w == NULL || (isnan(w->irradiance_wm2) && isnan(w->cloud_frac)))
        return -1;
    if (isnan(w->irradiance_wm2))
        return 1 - 0.75 * pow(w->cloud_frac, 3.4);
    struct sun_sky sky = sun_clear_sky_at(middle, f->site->latitude_deg, f->site->longitude_deg);
    return sky.ground_w_per_m2 > 20 ? clamp(w->irradiance_wm2 / sky.ground_w_per_m2, 0, 1.2) : -1;
}

static double response_of(const struct forecast_series *s, int slot)
{
    return s->sky_response[slot] > 0 ? (double)s->sky_response[slot] : unknown_response;
}

double forecast_with_sky(const struct forecast *f, size_t series, double typical, const struct forecast_hour *h)
{
    const struct forecast_series *s = &f->series[series];
    double clearness = f->n_weather > 0 ? sky_clearness(f, h) : -1;
    if (clearness < 0)
        return typical;
    double own = pow((double)s->sky_mae, 2), sky = pow((double)s->own_mae, 2); // the one counts as the other erred
    double share = own + sky > 0 ? sky / (own + sky) : 0.7;
    return share * clearness * response_of(s, h->utc_slot) + (1 - share) * typical;
}

static void follow(float *mean, double value, double memory)
{
    *mean = *mean > 0 ? *mean + (float)((value - (double)*mean) / memory) : (float)value;
}

void forecast_learn_sky(struct forecast *f, size_t series, double clearness)
{
    struct forecast_series *s = &f->series[series];
    const struct forecast_hour *h = &f->past.now;
    const struct forecast_slot *slot = &s->slots[0][h->utc_slot];
    double sky = f->n_weather > 0 ? sky_clearness(f, h) : -1;
    if (sky < 0)
        return;
    if (slot->expert[0] >= 0 && s->sky_response[h->utc_slot] > 0) {
        follow(&s->sky_mae, fabs(clearness - sky * response_of(s, h->utc_slot)), trust_memory_h);
        follow(&s->own_mae, fabs(clearness - (double)slot->expert[0]), trust_memory_h);
    }
    if (sky > 0.1)
        follow(&s->sky_response[h->utc_slot], clamp(clearness / sky, 0.05, 3), response_memory_days);
}
