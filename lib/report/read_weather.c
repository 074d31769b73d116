// SPDX-License-Identifier: GPL-3.0-or-later
// A weather forecast that somebody publishes: {"t", "points": [{"from", "temp_degc", ...}]}.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/payload.h"

// One that is left out, or null, is not known.
static int read_known(const struct payload_reader *r, json_t *json, struct payload_number n, double *ret)
{
    *ret = NAN;
    n.optional = true;
    return json_is_null(json_object_get(json, n.key)) ? 0 : payload_number(r, json, &n, ret);
}

static int read_point(const struct payload_reader *r, json_t *json, struct forecast_weather *ret)
{
    struct forecast_weather p = {0};
    if (!json_is_object(json))
        return payload_complain(r, AEMS_E_FORMAT, "expected an object");
    int result = payload_keys(r, json, " from temp_degc irradiance_wm2 cloud_frac ");
    if (result == 0)
        result = payload_time(r, json, "from", &p.from_utc_ms);
    if (result == 0)
        result = read_known(r, json, (struct payload_number){"temp_degc", "degC between -60 and 60", -60, 60, true},
                            &p.outside_degc);
    if (result == 0)
        result =
            read_known(r, json, (struct payload_number){"irradiance_wm2", "W/m2 between 0 and 1500", 0, 1500, true},
                       &p.irradiance_wm2);
    if (result == 0)
        result = read_known(r, json, (struct payload_number){"cloud_frac", "a share between 0 and 1", 0, 1, true},
                            &p.cloud_frac);
    if (result == 0 && isnan(p.outside_degc) && isnan(p.irradiance_wm2) && isnan(p.cloud_frac))
        return payload_complain(r, AEMS_E_FORMAT, "expected one of temp_degc, irradiance_wm2, cloud_frac");
    *ret = p;
    return result;
}

// Which point it was comes before what was wrong with it.
static int read_points(const struct payload_reader *r, json_t *list, struct forecast_weather *points)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        char why[128] = "";
        struct payload_reader inner = {r->site, r->now, why, sizeof why};
        int result = read_point(&inner, item, &points[i]);
        if (result < 0)
            return payload_complain(r, result, "points[%zu]: %s", i, why);
    }
    return 0;
}

static int read_list(const struct payload_reader *r, json_t *json, struct forecast_weather **ret_points,
                     size_t *ret_count)
{
    json_t *list = json_object_get(json, "points");
    int64_t t;
    int result = payload_keys(r, json, " t points ");
    if (result == 0)
        result = payload_time(r, json, "t", &t); // weather is data: when it was sent does not matter
    if (result < 0)
        return result;
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count < 1 || count > FORECAST_MAX_WEATHER)
        return payload_complain(r, AEMS_E_FORMAT, "points: expected 1 to %d of them", (int)FORECAST_MAX_WEATHER);
    struct forecast_weather *points = calloc(count, sizeof *points);
    if (points == NULL)
        return payload_complain(r, AEMS_E_NOMEM, "no memory");
    result = read_points(r, list, points);
    if (result < 0) {
        free(points);
        return result;
    }
    *ret_points = points;
    *ret_count = count;
    return 0;
}

int message_read_weather(const struct site *s, const char *payload, size_t length, struct instant now,
                         struct forecast_weather **ret_points, struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    struct forecast_weather *points = NULL;
    size_t count = 0;
    json_t *json;
    if (length == 0 || length > WEATHER_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, WEATHER_MAX_BYTES);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    result = read_list(&r, json, &points, &count);
    json_decref(json);
    if (result < 0)
        return result;
    *ret_points = points;
    *ret_event = (struct event){.kind = EVENT_WEATHER, .at = now, .weather = {.points = points, .count = count}};
    return 0;
}
