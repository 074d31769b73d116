// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside as measured, and weather forecasts of others.
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

static const int64_t HOUR_MS = INT64_C(3600000);

void forecast_learn_temperature(struct forecast *f, int64_t from_utc_ms, int64_t to_utc_ms, double outside_degc)
{
    if (!forecast_is_span(&from_utc_ms, to_utc_ms) || !in_range(outside_degc, -60, 60))
        return;
    f->temperature = (struct forecast_temperature){.outside_degc = outside_degc, .utc_ms = to_utc_ms};
}

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
