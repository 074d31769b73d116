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

static int read_point(const struct payload_reader *r, json_t *json, void *ret_point)
{
    struct forecast_weather p = {0};
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
    *(struct forecast_weather *)ret_point = p;
    return result;
}

int message_read_weather(const struct site *s, const char *payload, size_t length, struct instant now,
                         struct forecast_weather **ret_points, struct event *ret_event, char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    void *points = NULL;
    size_t count = 0;
    json_t *json;
    if (length == 0 || length > WEATHER_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, WEATHER_MAX_BYTES);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    result =
        payload_points(&r, json, read_point, sizeof(struct forecast_weather), FORECAST_MAX_WEATHER, &points, &count);
    json_decref(json);
    if (result < 0)
        return result;
    *ret_points = points;
    *ret_event = (struct event){.kind = EVENT_WEATHER, .at = now, .weather = {.points = points, .count = count}};
    return 0;
}
