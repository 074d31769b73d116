// SPDX-License-Identifier: GPL-3.0-or-later
// Weather forecasts as others send them.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"

static const struct instant NOON = {.utc_ms = INT64_C(1768392000000), .mono_ms = 5000}; // 2026-01-14T12:00:00Z
static const struct site site = {.id = "block"};
static char why[160];

static int read_weather(const char *payload, size_t length, struct event *ret_event,
                        struct forecast_weather **ret_points)
{
    *ret_points = NULL;
    why[0] = '\0';
    return message_read_weather(&site, payload, length, NOON, ret_points, ret_event, why, sizeof why);
}

START_TEST(sixteen_days_of_hours_fit_into_one_message)
{
    struct text text = {0};
    struct forecast_weather *points;
    struct event e;
    text_append(&text, "{\"t\":\"2026-01-14T12:00:00.000Z\",\"points\":[");
    for (int i = 0; i < FORECAST_MAX_WEATHER; i++) {
        char from[RFC3339_SIZE];
        rfc3339_format(NOON.utc_ms + i * INT64_C(3600000), from);
        text_appendf(&text, "%s{\"from\":\"%s\",\"temp_degc\":%.12g,\"irradiance_wm2\":%.12g,\"cloud_frac\":%.12g}",
                     i > 0 ? "," : "", from, -10.0 - i / 17.0, 300.0 + i / 3.0, i / 400.0);
    }
    text_append(&text, "]}");
    ck_assert_msg(read_weather(text.data, text.length, &e, &points) == 0, "%zu bytes: %s", text.length, why);
    ck_assert_int_eq(e.kind, EVENT_WEATHER);
    ck_assert_uint_eq(e.weather.count, FORECAST_MAX_WEATHER);
    ck_assert_double_eq_tol(points[17].outside_degc, -11, 1e-9);
    ck_assert_double_eq_tol(points[200].cloud_frac, 0.5, 1e-9);
    free(points);
    text_free(&text);
}
END_TEST

START_TEST(what_a_point_leaves_out_is_not_known)
{
    static const char payload[] = "{\"t\":\"2025-01-01T00:00:00Z\",\"points\":["
                                  "{\"from\":\"2026-01-14T12:00:00Z\",\"temp_degc\":-3,\"cloud_frac\":null},"
                                  "{\"from\":\"2026-01-14T14:00:00+01:00\",\"irradiance_wm2\":0}]}";
    struct forecast_weather *points;
    struct event e;
    ck_assert_msg(read_weather(payload, strlen(payload), &e, &points) == 0, "%s", why);
    ck_assert_double_eq(points[0].outside_degc, -3);
    ck_assert(isnan(points[0].irradiance_wm2) && isnan(points[0].cloud_frac));
    ck_assert_int_eq(points[1].from_utc_ms, NOON.utc_ms + 3600000);
    ck_assert(isnan(points[1].outside_degc));
    ck_assert_double_eq(points[1].irradiance_wm2, 0);
    free(points);
}
END_TEST

#define POINT(rest) "{\"t\":\"2026-01-14T12:00:00Z\",\"points\":[{\"from\":\"2026-01-14T12:00:00Z\"" rest "}]}"
static const struct {
    const char *payload, *why;
} REFUSED[] = {
    {"", "0 bytes"},
    {"[]", "expected a JSON object"},
    {"{\"points\":[]}", "t: expected a time"},
    {"{\"t\":\"2026-01-14T12:00:00Z\"}", "points: expected 1 to 384"},
    {"{\"t\":\"2026-01-14T12:00:00Z\",\"points\":{}}", "points: expected 1 to 384"},
    {"{\"t\":\"2026-01-14T12:00:00Z\",\"points\":[7]}", "points[0]: expected an object"},
    {"{\"t\":\"2026-01-14T12:00:00Z\",\"points\":[{\"temp_degc\":3}]}", "points[0]: from: expected a time"},
    {POINT(""), "points[0]: expected one of temp_degc"},
    {POINT(",\"temp_degc\":null"), "points[0]: expected one of temp_degc"},
    {POINT(",\"temp_degc\":-80"), "points[0]: temp_degc: expected degC between -60 and 60"},
    {POINT(",\"temp_degc\":\"3\""), "points[0]: temp_degc: expected degC"},
    {POINT(",\"temp_f\":30"), "points[0]: \"temp_f\" does not belong here"},
    {POINT(",\"irradiance_wm2\":1501"), "points[0]: irradiance_wm2: expected W/m2"},
    {POINT(",\"cloud_frac\":60"), "points[0]: cloud_frac: expected a share"},
    {POINT(",\"temp_degc\":1,\"temp_degc\":2"), "not JSON"},
};

START_TEST(weather_that_is_not_exactly_right_is_refused_whole)
{
    struct forecast_weather *points;
    struct event e;
    const char *payload = REFUSED[_i].payload;
    ck_assert_int_lt(read_weather(payload, strlen(payload), &e, &points), 0);
    ck_assert_msg(strncmp(why, REFUSED[_i].why, strlen(REFUSED[_i].why)) == 0, "%s", why);
    ck_assert_ptr_null(points);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_not_even_read)
{
    size_t length = WEATHER_MAX_BYTES + 1;
    char *payload = calloc(length, 1);
    struct forecast_weather *points;
    struct event e;
    memset(payload, ' ', length);
    ck_assert_int_eq(read_weather(payload, length, &e, &points), AEMS_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(why, "bytes"));
    free(payload);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report weather");
    TCase *c = tcase_create("weather");
    tcase_add_test(c, sixteen_days_of_hours_fit_into_one_message);
    tcase_add_test(c, what_a_point_leaves_out_is_not_known);
    tcase_add_loop_test(c, weather_that_is_not_exactly_right_is_refused_whole, 0,
                        (int)(sizeof REFUSED / sizeof *REFUSED));
    tcase_add_test(c, a_message_that_is_too_long_is_not_even_read);
    suite_add_tcase(s, c);
    return run_suite(s);
}
