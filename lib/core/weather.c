// SPDX-License-Identifier: GPL-3.0-or-later
// Weather forecasts that somebody tells: taken whole or not at all, and kept while they reach into the future.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "core/saving.h"

static const int64_t HOUR_MS = INT64_C(3600) * 1000;
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

static bool is_known_or_in(double v, double low, double high)
{
    return isnan(v) || in_range(v, low, high);
}

static bool point_is_sound(struct engine *e, const struct forecast_weather *points, size_t i)
{
    const struct forecast_weather *p = &points[i];
    if (p->from_utc_ms < HOUR_MS || p->from_utc_ms > LATEST_MS - HOUR_MS)
        refuse(e, "point %zu: not a time of our days", i + 1);
    else if (i > 0 && p->from_utc_ms <= points[i - 1].from_utc_ms)
        refuse(e, "point %zu: not after the one before it", i + 1);
    else if (!is_known_or_in(p->outside_degc, -60, 60))
        refuse(e, "point %zu: temperature: not between -60 and 60 degC", i + 1);
    else if (!is_known_or_in(p->irradiance_wm2, 0, 1500))
        refuse(e, "point %zu: irradiance: not between 0 and 1500 W/m2", i + 1);
    else if (!is_known_or_in(p->cloud_frac, 0, 1))
        refuse(e, "point %zu: clouds: not between 0 and 1", i + 1);
    else
        return true;
    return false;
}

int weather_consume(struct engine *e, const struct event *event)
{
    const struct forecast_weather *points = event->weather.points;
    size_t count = event->weather.count;
    if (count < 1 || count > FORECAST_MAX_WEATHER || points == NULL) {
        refuse(e, "expected 1 to %d points", (int)FORECAST_MAX_WEATHER);
        return AEMS_E_REFUSED;
    }
    for (size_t i = 0; i < count; i++)
        if (!point_is_sound(e, points, i))
            return AEMS_E_REFUSED;
    if (points[count - 1].from_utc_ms + HOUR_MS <= event->at.utc_ms) {
        refuse(e, "the weather is all of the past");
        return AEMS_E_REFUSED;
    }
    int result = forecast_take_weather(e->forecast, points, count);
    if (result < 0)
        return result;
    queue_add(&e->queue, TASK_SAVE_WEATHER, 0);
    planning_suggest(e);
    return 0;
}

// ---- over a restart -------------------------------------------------------------------------------------------------

static json_t *pack_known(double v)
{
    return isnan(v) ? json_null() : json_real(v);
}

json_t *save_weather(const struct engine *e)
{
    const struct forecast_weather *points;
    size_t n = forecast_weather(e->forecast, &points);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("[I, o, o, o]", (json_int_t)points[i].from_utc_ms,
                                              pack_known(points[i].outside_degc), pack_known(points[i].irradiance_wm2),
                                              pack_known(points[i].cloud_frac)));
    return json_pack("{s:o}", "points", list);
}

static bool read_known(const json_t *json, double *ret)
{
    *ret = json_is_null(json) ? (double)NAN : json_number_value(json);
    return json_is_null(json) || json_is_number(json);
}

static bool read_point(json_t *item, struct forecast_weather *ret)
{
    json_int_t from;
    json_t *degc, *irradiance, *cloud;
    if (json_unpack(item, "[I, o, o, o!]", &from, &degc, &irradiance, &cloud) < 0)
        return false;
    ret->from_utc_ms = from;
    return read_known(degc, &ret->outside_degc) && read_known(irradiance, &ret->irradiance_wm2) &&
           read_known(cloud, &ret->cloud_frac);
}

int restore_weather(struct engine *e, json_t *json, struct instant now)
{
    json_t *list, *item;
    size_t i;
    struct forecast_weather points[FORECAST_MAX_WEATHER];
    if (json_unpack(json, "{s:o!}", "points", &list) < 0 || !json_is_array(list) ||
        json_array_size(list) > FORECAST_MAX_WEATHER)
        return AEMS_E_FORMAT;
    size_t count = json_array_size(list);
    json_array_foreach(list, i, item)
    {
        if (!read_point(item, &points[i]) || !point_is_sound(e, points, i))
            return AEMS_E_FORMAT;
    }
    if (count == 0 || points[count - 1].from_utc_ms + HOUR_MS <= now.utc_ms)
        return 0; // it was kept for too long
    return forecast_take_weather(e->forecast, points, count) < 0 ? AEMS_E_FORMAT : 0;
}
