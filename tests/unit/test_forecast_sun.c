// SPDX-License-Identifier: GPL-3.0-or-later
// Where the sun stands, and what a clear sky gives.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/instant.h"
#include "forecast/sun.h"
#include "tests/unit/run_suite.h"

static const int64_t minute = 60000, day = 86400000;

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

static double highest_elevation(int64_t from_ms, double latitude_deg, double longitude_deg)
{
    double highest = -90;
    for (int64_t t = from_ms; t < from_ms + day; t += minute)
        highest = fmax(highest, sun_position_at(t, latitude_deg, longitude_deg).elevation_deg);
    return highest;
}

START_TEST(at_equinox_the_sun_culminates_at_90_degrees_less_latitude)
{
    // Equinox: 2026-03-20T14:46Z. Declination changes 0.4 degrees a day.
    for (double latitude = -60; latitude <= 60; latitude += 20)
        ck_assert_double_eq_tol(highest_elevation(at("2026-03-20T02:46:00Z"), latitude, -41), 90 - fabs(latitude), 0.1);
}
END_TEST

START_TEST(at_solstice_the_sun_culminates_one_obliquity_higher_or_lower)
{
    ck_assert_double_eq_tol(highest_elevation(at("2026-06-20T15:00:00Z"), 52.5, 13.4), 37.5 + 23.436, 0.05);
    ck_assert_double_eq_tol(highest_elevation(at("2026-12-21T00:00:00Z"), 52.5, 13.4), 37.5 - 23.436, 0.05);
    ck_assert_double_eq_tol(highest_elevation(at("2026-12-21T00:00:00Z"), -33.9, 18.4), 56.1 + 23.436, 0.05);
}
END_TEST

START_TEST(solar_noon_follows_longitude_and_the_equation_of_time)
{
    // The sun is 16.4 minutes early on 3 November and 14.2 minutes late on 11 February.
    ck_assert_double_eq_tol(sun_position_at(at("2026-11-03T11:43:36Z"), 50, 0).azimuth_deg, 180, 0.15);
    ck_assert_double_eq_tol(sun_position_at(at("2026-02-11T12:14:12Z"), 50, 0).azimuth_deg, 180, 0.15);
    ck_assert_double_eq_tol(sun_position_at(at("2026-02-11T03:14:12Z"), 35, 135).azimuth_deg, 180, 0.15);
    ck_assert_double_lt(sun_position_at(at("2026-02-11T00:00:00Z"), 35, 135).azimuth_deg, 180);
    ck_assert_double_gt(sun_position_at(at("2026-02-11T06:00:00Z"), 35, 135).azimuth_deg, 180);
}
END_TEST

START_TEST(the_sun_rises_and_sets_when_the_almanac_says)
{
    // Sunrise is counted at -0.833 degrees. Tokyo, 1 January 2026: 06:51 to 16:38 local time.
    ck_assert_double_eq_tol(sun_position_at(at("2026-01-01T06:51:00+09:00"), 35.69, 139.69).elevation_deg, -0.833,
                            0.25);
    ck_assert_double_eq_tol(sun_position_at(at("2026-01-01T16:38:00+09:00"), 35.69, 139.69).elevation_deg, -0.833,
                            0.25);
    // Berlin, 21 June 2026: 04:43 to 21:33 summer time.
    ck_assert_double_eq_tol(sun_position_at(at("2026-06-21T04:43:00+02:00"), 52.52, 13.40).elevation_deg, -0.833, 0.25);
    ck_assert_double_eq_tol(sun_position_at(at("2026-06-21T21:33:00+02:00"), 52.52, 13.40).elevation_deg, -0.833, 0.25);
}
END_TEST

START_TEST(a_clear_sky_gives_nothing_at_night_and_never_too_much)
{
    int64_t start = at("2026-01-01T00:00:00Z");
    for (int64_t t = start; t < start + 365 * day; t += 47 * minute) {
        double frac = sun_clear_sky_frac(t, 35.89, 139.95, 30, 180);
        ck_assert(frac >= 0 && frac <= 1.1);
        if (sun_position_at(t, 35.89, 139.95).elevation_deg <= 0)
            ck_assert_double_eq(frac, 0);
    }
}
END_TEST

static double day_sum(int64_t from_ms, double tilt_deg, double azimuth_deg)
{
    double sum = 0;
    for (int64_t t = from_ms; t < from_ms + day; t += 10 * minute)
        sum += sun_clear_sky_frac(t, 35.89, 139.95, tilt_deg, azimuth_deg) / 6;
    return sum;
}

START_TEST(a_tilt_towards_the_south_pays_in_winter)
{
    int64_t winter = at("2025-12-20T15:00:00Z"), summer = at("2026-06-20T15:00:00Z");
    double flat = day_sum(winter, 0, 180);
    ck_assert_double_gt(day_sum(winter, 30, 180), 1.3 * flat);
    ck_assert_double_lt(day_sum(winter, 30, 0), 0.7 * flat);
    ck_assert_double_lt(day_sum(summer, 60, 180), day_sum(summer, 0, 180));
    // Full-sun hours of a clear day on flat ground in Tokyo: about 3 in December, 8.5 in June.
    ck_assert_double_eq_tol(flat, 3.0, 0.5);
    ck_assert_double_eq_tol(day_sum(summer, 0, 180), 8.5, 0.5);
}
END_TEST

START_TEST(east_gives_more_in_the_morning)
{
    int64_t morning = at("2026-04-10T08:00:00+09:00"), evening = at("2026-04-10T16:00:00+09:00");
    ck_assert_double_gt(sun_clear_sky_frac(morning, 35.89, 139.95, 30, 90),
                        sun_clear_sky_frac(morning, 35.89, 139.95, 30, 270));
    ck_assert_double_lt(sun_clear_sky_frac(evening, 35.89, 139.95, 30, 90),
                        sun_clear_sky_frac(evening, 35.89, 139.95, 30, 270));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast_sun");
    TCase *c = tcase_create("sun");
    tcase_add_test(c, at_equinox_the_sun_culminates_at_90_degrees_less_latitude);
    tcase_add_test(c, at_solstice_the_sun_culminates_one_obliquity_higher_or_lower);
    tcase_add_test(c, solar_noon_follows_longitude_and_the_equation_of_time);
    tcase_add_test(c, the_sun_rises_and_sets_when_the_almanac_says);
    tcase_add_test(c, a_clear_sky_gives_nothing_at_night_and_never_too_much);
    tcase_add_test(c, a_tilt_towards_the_south_pays_in_winter);
    tcase_add_test(c, east_gives_more_in_the_morning);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
