// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that tell or ask for data: the sharing ledger, demand response, prices, weather, forecasts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "daemon/app/calls_internal.h"
#include "daemon/app/ledger_book.h"
#include "daemon/app/report_book.h"
#include "report/messages.h"

// The local month of the request, else the one that is under way.
static int find_month(struct call *c, int64_t *ret_from_ms, int64_t *ret_to_ms)
{
    const json_t *month = json_object_get(c->request, "month");
    const char *text = json_string_value(month);
    int64_t within_ms = c->now.utc_ms;
    if (month != NULL) {
        char middle[40];
        snprintf(middle, sizeof(middle), "%.8s-15T00:00:00Z", text != NULL ? text : "");
        if (text == NULL || strlen(text) != strlen("2026-01") || rfc3339_parse(middle, &within_ms) < 0)
            return call_sorry(c, AEMS_E_FORMAT, "month: expected one such as 2026-01");
    }
    *ret_from_ms = local_month_start_ms(within_ms);
    *ret_to_ms = local_month_start_ms(*ret_from_ms + INT64_C(32) * 24 * 3600 * 1000);
    return 0;
}

static void add_month(struct call *c, int64_t from_ms)
{
    struct local_time month = local_time_at(from_ms);
    json_object_set_new(c->reply, "month", json_sprintf("%04d-%02d", month.year, month.month));
    json_object_set_new(c->reply, "currency", json_string(engine_site(c->calls->driver->engine)->currency));
}

int call_ledger(struct call *c)
{
    int64_t from_ms = 0, to_ms = 0;
    int r = find_month(c, &from_ms, &to_ms);
    if (r < 0)
        return r;
    json_t *intervals = ledger_book_read(c->calls->driver->store, from_ms, to_ms);
    if (intervals == NULL)
        return call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    add_month(c, from_ms);
    json_object_set_new(c->reply, "intervals", intervals);
    return 0;
}

// Events that began in the month, whenever they ended.
int call_report(struct call *c)
{
    const struct site *s = engine_site(c->calls->driver->engine);
    int64_t from_ms = 0, to_ms = 0;
    int r = find_month(c, &from_ms, &to_ms);
    if (r < 0)
        return r;
    json_t *reports = report_book_read(c->calls->driver->store, from_ms, to_ms);
    if (reports == NULL)
        return call_sorry(c, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    add_month(c, from_ms);
    json_object_set_new(c->reply, "timezone", json_string(s->timezone));
    json_object_set_new(c->reply, "area", json_string(s->id));
    json_object_set_new(c->reply, "reports", reports);
    return 0;
}

int call_prices(struct call *c)
{
    const char *tariff = json_string_value(json_object_get(c->request, "tariff"));
    char t[RFC3339_SIZE];
    struct site_price_point *points = NULL;
    struct event e = {0};
    rfc3339_format(c->now.utc_ms, t);
    json_t *payload = json_pack("{s:s, s:O?}", "t", t, "points", json_object_get(c->request, "points"));
    char *text = payload != NULL ? json_dumps(payload, JSON_COMPACT) : NULL;
    json_decref(payload);
    if (tariff == NULL || text == NULL) {
        free(text);
        return call_sorry(c, AEMS_E_FORMAT, "expected a tariff and points");
    }
    int r = message_read_prices(engine_site(c->calls->driver->engine), tariff, text, strlen(text), c->now, &points, &e,
                                c->why, sizeof(c->why));
    free(text);
    if (r == 0)
        r = call_carry(c, &e);
    free(points);
    return r;
}

int call_weather(struct call *c)
{
    char t[RFC3339_SIZE];
    struct forecast_weather *points = NULL;
    struct event e = {0};
    rfc3339_format(c->now.utc_ms, t);
    json_t *payload = json_pack("{s:s, s:O?}", "t", t, "points", json_object_get(c->request, "points"));
    char *text = payload != NULL ? json_dumps(payload, JSON_COMPACT) : NULL;
    json_decref(payload);
    if (text == NULL)
        return call_sorry(c, AEMS_E_FORMAT, "expected points");
    int r = message_read_weather(engine_site(c->calls->driver->engine), text, strlen(text), c->now, &points, &e, c->why,
                                 sizeof(c->why));
    free(text);
    if (r == 0)
        r = call_carry(c, &e);
    free(points);
    return r;
}

int call_forecast(struct call *c)
{
    const struct engine *e = c->calls->driver->engine;
    char *text = NULL;
    int asset = -1, r = 0;
    json_object_set_new(c->reply, "timezone", json_string(engine_site(e)->timezone));
    if (json_object_get(c->request, "asset") == NULL) {
        r = message_accuracies(e, c->now, &text);
        return call_add_message(c, "forecasts", r, text);
    }
    r = call_find_asset(c, &asset);
    if (r < 0)
        return r;
    r = message_forecast(e, asset, c->now, &text);
    if (r == AEMS_E_NOT_FOUND)
        return call_sorry(c, r, "only loads and PV plants have a forecast");
    return call_add_message(c, "forecast", r, text);
}

// ---- buildings ------------------------------------------------------------------------------------------------------

int call_buildings(struct call *c)
{
    char *text = NULL;
    json_object_set_new(c->reply, "timezone", json_string(engine_site(c->calls->driver->engine)->timezone));
    int r = message_buildings(c->calls->driver->engine, c->now, &text);
    return call_add_message(c, "buildings", r, text);
}

int call_capability(struct call *c)
{
    char *text = NULL;
    json_object_set_new(c->reply, "timezone", json_string(engine_site(c->calls->driver->engine)->timezone));
    int r = message_capability(c->calls->driver->engine, c->now, &text);
    return call_add_message(c, "capability", r, text);
}
