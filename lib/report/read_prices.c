// SPDX-License-Identifier: GPL-3.0-or-later
// Prices that somebody publishes: {"t", "points": [{"from", "import_price_per_kwh", ...}]}.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/payload.h"

static const double LARGEST_PRICE = 1e6, LARGEST_CO2_G = 1e6;

static int find_tariff(const struct site *s, const char *id)
{
    for (size_t t = 0; t < s->n_tariffs; t++)
        if (strcmp(s->tariffs[t].id, id) == 0)
            return (int)t;
    return -1;
}

static int read_point(const struct payload_reader *r, json_t *json, void *ret_point)
{
    const struct payload_number import = {"import_price_per_kwh", "a price per kWh between -1e6 and 1e6",
                                          -LARGEST_PRICE, LARGEST_PRICE, true};
    const struct payload_number export = {"export_price_per_kwh", "a price per kWh between -1e6 and 1e6",
                                          -LARGEST_PRICE, LARGEST_PRICE, true};
    const struct payload_number co2 = {"co2_g_per_kwh", "g/kWh between 0 and 1e6", 0, LARGEST_CO2_G, true};
    struct site_price_point p = {.co2_g_per_kwh = -1};
    int result = payload_keys(r, json, " from import_price_per_kwh export_price_per_kwh co2_g_per_kwh ");
    if (result == 0)
        result = payload_time(r, json, "from", &p.from_utc_ms);
    if (result == 0)
        result = payload_number(r, json, &import, &p.import_price_per_kwh);
    if (result == 0)
        result = payload_number(r, json, &export, &p.export_price_per_kwh);
    if (result == 0)
        result = payload_number(r, json, &co2, &p.co2_g_per_kwh);
    p.lacks_import = json_object_get(json, import.key) == NULL;
    p.lacks_export = json_object_get(json, export.key) == NULL;
    if (result == 0 && p.lacks_import && p.lacks_export && p.co2_g_per_kwh < 0)
        return payload_complain(r, AEMS_E_FORMAT, "expected a price");
    *(struct site_price_point *)ret_point = p;
    return result;
}

int message_read_prices(const struct site *s, const char *tariff_id, const char *payload, size_t length,
                        struct instant now, struct site_price_point **ret_points, struct event *ret_event,
                        char *ret_why, size_t size)
{
    struct payload_reader r = {s, now, ret_why, size};
    void *points = NULL;
    size_t count = 0;
    json_t *json;
    int tariff = find_tariff(s, tariff_id);
    if (length == 0 || length > PRICES_MAX_BYTES)
        return payload_complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, PRICES_MAX_BYTES);
    if (tariff < 0)
        return payload_complain(&r, AEMS_E_NOT_FOUND, "%.48s: no such tariff", tariff_id);
    int result = payload_object(&r, payload, length, &json);
    if (result < 0)
        return result;
    result = payload_points(&r, json, read_point, sizeof(struct site_price_point), SITE_MAX_PRICES, &points, &count);
    json_decref(json);
    if (result < 0)
        return result;
    *ret_points = points;
    *ret_event =
        (struct event){.kind = EVENT_PRICES, .at = now, .prices = {.tariff = tariff, .points = points, .count = count}};
    return 0;
}
