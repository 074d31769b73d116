// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside: usual, measured, told.
#include <check.h>
#include <math.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "forecast/climate.h"
#include "forecast/forecast.h"
#include "tests/unit/run_suite.h"

static const int64_t minute = 60000, hour = 3600000;
static struct site site = {.timezone = "Europe/Berlin", .latitude_deg = 52, .longitude_deg = 13};
static struct forecast *f;
static int64_t now;

static void setup(void)
{
    ck_assert_int_eq(local_time_set_zone(site.timezone), 0);
    ck_assert_int_eq(rfc3339_parse("2026-01-14T12:00:00Z", &now), 0);
    ck_assert_int_eq(forecast_new(&site, &f), 0);
}

static void teardown(void)
{
    forecast_free(f);
}

START_TEST(it_is_as_warm_as_usual_until_somebody_measures)
{
    ck_assert_double_eq(forecast_outside_degc(f, now), climate_temp_degc(&site, now));
    forecast_learn_temperature(f, now - minute, now, -11);
    ck_assert_double_eq_tol(forecast_outside_degc(f, now), -11, 1e-9);
}
END_TEST

// Colder than usual now means colder tonight, and hardly next week.
START_TEST(what_was_measured_fades_into_what_is_usual)
{
    double usual = climate_temp_degc(&site, now);
    forecast_learn_temperature(f, now - minute, now, usual - 10);
    double tonight = forecast_outside_degc(f, now + 12 * hour) - climate_temp_degc(&site, now + 12 * hour);
    double next_week = forecast_outside_degc(f, now + 168 * hour) - climate_temp_degc(&site, now + 168 * hour);
    ck_assert(tonight < -7 && tonight > -9);
    ck_assert(next_week < 0 && next_week > -0.5);
}
END_TEST

START_TEST(a_weather_forecast_counts_where_it_reaches)
{
    struct forecast_weather points[] = {{now, 4, NAN, NAN}, {now + hour, 6, NAN, NAN}, {now + 2 * hour, NAN, 300, 0}};
    const struct forecast_weather *known;
    ck_assert_int_eq(forecast_take_weather(f, points, 3), 0);
    ck_assert_uint_eq(forecast_weather(f, &known), 3);
    ck_assert_double_eq(known[1].outside_degc, 6);
    ck_assert_double_eq(forecast_outside_degc(f, now + 30 * minute), 4);
    ck_assert_double_eq(forecast_outside_degc(f, now + hour), 6);
    ck_assert_double_eq(forecast_outside_degc(f, now + 2 * hour), climate_temp_degc(&site, now + 2 * hour));
    ck_assert_double_eq(forecast_outside_degc(f, now - 1), climate_temp_degc(&site, now - 1));
    ck_assert_double_eq(forecast_outside_degc(f, now + 4 * hour), climate_temp_degc(&site, now + 4 * hour));
}
END_TEST

// A district is a little colder than its weather forecast throughout, but the forecast knows when it thaws.
START_TEST(a_weather_forecast_is_moved_to_what_is_measured)
{
    struct forecast_weather points[24];
    for (int i = 0; i < 24; i++)
        points[i] = (struct forecast_weather){now + i * hour, 5 + i, NAN, NAN};
    ck_assert_int_eq(forecast_take_weather(f, points, 24), 0);
    forecast_learn_temperature(f, now - minute, now + minute, 3);
    ck_assert_double_eq_tol(forecast_outside_degc(f, now + minute), 3, 0.01);
    ck_assert(forecast_outside_degc(f, now + hour) > 4 && forecast_outside_degc(f, now + hour) < 5);
    ck_assert_double_eq_tol(forecast_outside_degc(f, now + 23 * hour), 28, 0.1);
}
END_TEST

START_TEST(no_temperature_leaves_the_earth)
{
    forecast_learn_temperature(f, now - minute, now, 60);
    ck_assert_double_le(forecast_outside_degc(f, now + 6 * hour), 60);
    forecast_learn_temperature(f, now, now + minute, NAN);
    forecast_learn_temperature(f, now, now + minute, -80);
    ck_assert_double_eq_tol(forecast_outside_degc(f, now), 60, 1e-9);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("forecast outside");
    TCase *c = tcase_create("outside");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, it_is_as_warm_as_usual_until_somebody_measures);
    tcase_add_test(c, what_was_measured_fades_into_what_is_usual);
    tcase_add_test(c, a_weather_forecast_counts_where_it_reaches);
    tcase_add_test(c, a_weather_forecast_is_moved_to_what_is_measured);
    tcase_add_test(c, no_temperature_leaves_the_earth);
    suite_add_tcase(s, c);
    return run_suite(s);
}
