// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "tests/unit/run_suite.h"

static const int64_t minute = 60000, hour = 3600000, day = 86400000;

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

// ---- the sun --------------------------------------------------------------------------------------------------------

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

// ---- standard profiles ----------------------------------------------------------------------------------------------

static struct site_load loads[SHAPE_COUNT] = {
    {.id = "flat", .shape = SHAPE_FLAT, .average_w = 1e6, .peak_w = 1e6},
    {.id = "office", .shape = SHAPE_OFFICE, .average_w = 1.2e6, .peak_w = 2.2e6},
    {.id = "mall", .shape = SHAPE_MALL, .average_w = 1e6, .peak_w = 1.6e6},
    {.id = "home", .shape = SHAPE_HOME, .average_w = 600, .peak_w = 1000},
    {.id = "hotel", .shape = SHAPE_HOTEL, .average_w = 3e5, .peak_w = 4e5},
    {.id = "school", .shape = SHAPE_SCHOOL, .average_w = 8e4, .peak_w = 1.6e5},
};
static struct site_pv pvs[] = {{.id = "pv1", .peak_power_w = 100e3, .tilt_deg = 20, .azimuth_deg = 180}};
static int32_t holidays[] = {20260112};
static const struct site area = {.latitude_deg = 35.89,
                                 .longitude_deg = 139.95,
                                 .loads = loads,
                                 .n_loads = SHAPE_COUNT,
                                 .pvs = pvs,
                                 .n_pvs = 1,
                                 .holidays = holidays,
                                 .n_holidays = 1};

static void set_zone(const char *zone)
{
    ck_assert_int_eq(local_time_set_zone(zone), AEMS_OK);
}

static void day_of(int load, int64_t start_ms, double *ret_mean_w, double *ret_highest_w)
{
    double sum = 0, highest = 0;
    for (int64_t t = start_ms; t < start_ms + day; t += minute) {
        double power_w = load_standard_w(&area, &loads[load], t);
        ck_assert(isfinite(power_w) && power_w >= 0);
        sum += power_w / 1440;
        highest = fmax(highest, power_w);
    }
    *ret_mean_w = sum;
    *ret_highest_w = highest;
}

START_TEST(a_working_day_has_the_configured_average_and_peak)
{
    set_zone("Asia/Tokyo");
    for (int i = 0; i < SHAPE_COUNT; i++) {
        double mean_w, highest_w;
        day_of(i, at("2026-01-14T00:00:00+09:00"), &mean_w, &highest_w);
        ck_assert_double_eq_tol(mean_w / loads[i].average_w, 1, 1e-6);
        ck_assert_double_eq_tol(highest_w / loads[i].peak_w, 1, 1e-9);
    }
}
END_TEST

START_TEST(at_weekends_offices_rest_and_malls_are_full)
{
    set_zone("Asia/Tokyo");
    double mean_w, highest_w;
    day_of(SHAPE_OFFICE, at("2026-01-17T00:00:00+09:00"), &mean_w, &highest_w);
    ck_assert_double_lt(mean_w, 0.7 * loads[SHAPE_OFFICE].average_w);
    day_of(SHAPE_SCHOOL, at("2026-01-17T00:00:00+09:00"), &mean_w, &highest_w);
    ck_assert_double_lt(mean_w, 0.7 * loads[SHAPE_SCHOOL].average_w);
    day_of(SHAPE_MALL, at("2026-01-17T00:00:00+09:00"), &mean_w, &highest_w);
    ck_assert_double_gt(mean_w, 1.05 * loads[SHAPE_MALL].average_w);
    day_of(SHAPE_FLAT, at("2026-01-17T00:00:00+09:00"), &mean_w, &highest_w);
    ck_assert_double_eq_tol(mean_w, loads[SHAPE_FLAT].average_w, 1e-3);
}
END_TEST

START_TEST(holidays_are_like_weekends)
{
    set_zone("Asia/Tokyo");
    double holiday = load_standard_w(&area, &loads[SHAPE_OFFICE], at("2026-01-12T14:00:00+09:00"));
    ck_assert_double_eq(holiday, load_standard_w(&area, &loads[SHAPE_OFFICE], at("2026-01-17T14:00:00+09:00")));
    ck_assert_double_gt(load_standard_w(&area, &loads[SHAPE_OFFICE], at("2026-01-13T14:00:00+09:00")), 2 * holiday);
}
END_TEST

START_TEST(profiles_follow_the_local_clock_without_jumps)
{
    set_zone("Asia/Tokyo");
    for (int i = 0; i < SHAPE_COUNT; i++) {
        double before = load_standard_w(&area, &loads[i], at("2026-01-11T00:00:00+09:00"));
        for (int64_t t = at("2026-01-11T00:01:00+09:00"); t < at("2026-01-19T00:00:00+09:00"); t += minute) {
            double now = load_standard_w(&area, &loads[i], t);
            ck_assert_double_le(fabs(now - before), 0.02 * loads[i].peak_w);
            before = now;
        }
    }
    ck_assert_double_eq(load_standard_w(&area, &loads[SHAPE_OFFICE], at("2026-01-14T14:00:00+09:00")), 2.2e6);
    set_zone("Europe/Berlin");
    ck_assert_double_eq(load_standard_w(&area, &loads[SHAPE_OFFICE], at("2026-07-15T14:00:00+02:00")), 2.2e6);
}
END_TEST

START_TEST(a_peak_far_above_the_average_never_makes_a_load_negative)
{
    set_zone("Asia/Tokyo");
    static const struct site_load steep = {.shape = SHAPE_OFFICE, .average_w = 100, .peak_w = 10000};
    static const struct site_load upside_down = {.shape = SHAPE_OFFICE, .average_w = 100, .peak_w = 50};
    for (int64_t t = at("2026-01-14T00:00:00+09:00"); t < at("2026-01-19T00:00:00+09:00"); t += 10 * minute) {
        ck_assert_double_ge(load_standard_w(&area, &steep, t), 0);
        ck_assert_double_eq(load_standard_w(&area, &upside_down, t), 100);
    }
}
END_TEST

// ---- forecast -------------------------------------------------------------------------------------------------------

static struct forecast *f;

static void begin(void)
{
    set_zone("Asia/Tokyo");
    ck_assert_int_eq(forecast_new(&area, &f), AEMS_OK);
}

static void end(void)
{
    forecast_free(f);
    f = NULL;
}

static double standard_w(int load, int64_t utc_ms)
{
    return load_standard_w(&area, &loads[load], utc_ms);
}

static double load_w(int load, int64_t now_ms, int64_t ahead_ms)
{
    return forecast_load_w(f, load, now_ms, now_ms + ahead_ms, now_ms + ahead_ms);
}

// The load runs at `factor` times its standard for `span_ms` until `until_ms`.
static void live(int load, int64_t until_ms, int64_t span_ms, double factor)
{
    for (int64_t t = until_ms - span_ms; t <= until_ms; t += minute)
        forecast_learn_load(f, load, t, factor * standard_w(load, t));
}

START_TEST(from_the_first_day_on_a_load_follows_its_standard)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    for (int64_t ahead = 0; ahead < 2 * day; ahead += hour)
        ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, ahead), standard_w(SHAPE_OFFICE, now + ahead), 1e-6);
}
END_TEST

START_TEST(a_load_above_its_standard_is_expected_to_stay_so_and_to_come_back)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    live(SHAPE_OFFICE, now, 2 * hour, 1.5);
    double at_once = load_w(SHAPE_OFFICE, now, 0) / standard_w(SHAPE_OFFICE, now);
    double later = load_w(SHAPE_OFFICE, now, 3 * hour) / standard_w(SHAPE_OFFICE, now + 3 * hour);
    double next_day = load_w(SHAPE_OFFICE, now, day) / standard_w(SHAPE_OFFICE, now + day);
    ck_assert_double_eq_tol(at_once, 1.5, 0.03);
    ck_assert_double_eq_tol(later, 1 + 0.5 / M_E, 0.03);
    ck_assert_double_eq_tol(next_day, 1.0, 0.02);
}
END_TEST

START_TEST(a_load_that_is_higher_for_days_is_expected_to_be_higher_tomorrow)
{
    int64_t now = at("2026-01-16T12:00:00+09:00");
    live(SHAPE_HOTEL, now, 12 * day, 1.3);
    ck_assert_double_eq_tol(load_w(SHAPE_HOTEL, now, day) / standard_w(SHAPE_HOTEL, now + day), 1.3, 0.03);
    ck_assert_double_eq_tol(load_w(SHAPE_HOTEL, now, 0) / standard_w(SHAPE_HOTEL, now), 1.3, 0.03);
}
END_TEST

START_TEST(corrections_stay_within_their_bounds)
{
    int64_t now = at("2026-01-14T03:00:00+09:00");
    live(SHAPE_HOME, now, 5 * hour, 0);
    ck_assert_double_gt(load_w(SHAPE_HOME, now, 0), 0.15 * standard_w(SHAPE_HOME, now));
    live(SHAPE_HOME, now + day, 5 * hour, 4);
    ck_assert_double_le(load_w(SHAPE_HOME, now + day, 0), 6 * standard_w(SHAPE_HOME, now + day));
}
END_TEST

START_TEST(absurd_measurements_are_ignored)
{
    static const double absurd[] = {NAN, INFINITY, -INFINITY, -1, 1e300, 3.1 * 2.2e6};
    int64_t now = at("2026-01-14T12:00:00+09:00");
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++)
        for (int k = 0; k < 60; k++) {
            forecast_learn_load(f, SHAPE_OFFICE, now - (60 - k) * minute, absurd[i]);
            forecast_learn_pv(f, 0, now - (60 - k) * minute, absurd[i] == -1 ? -1e5 : absurd[i]);
        }
    forecast_learn_load(f, SHAPE_OFFICE, INT64_MIN, 1e6);
    forecast_learn_load(f, SHAPE_OFFICE, INT64_MAX, 1e6);
    forecast_learn_load(f, -1, now, 1e6);
    forecast_learn_load(f, SHAPE_COUNT, now, 1e6);
    forecast_learn_pv(f, 1, now, 1e4);
    struct forecast_memory m;
    ck_assert_int_eq(forecast_load_memory(f, SHAPE_OFFICE, &m), AEMS_OK);
    ck_assert(m.recent == 1 && m.slow == 1 && m.utc_ms == 0);
    ck_assert_int_eq(forecast_pv_memory(f, 0, &m), AEMS_OK);
    ck_assert(m.recent == 0.6 && m.slow == 0.6 && m.utc_ms == 0);
}
END_TEST

START_TEST(questions_about_nothing_or_never_are_answered_with_zero)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    ck_assert_double_eq(forecast_load_w(f, -1, now, now, now + hour), 0);
    ck_assert_double_eq(forecast_load_w(f, SHAPE_COUNT, now, now, now + hour), 0);
    ck_assert_double_eq(forecast_pv_w(f, 1, now, now, now + hour), 0);
    ck_assert_double_eq(forecast_load_w(f, 0, now, INT64_MIN, INT64_MAX), 0);
    ck_assert(isfinite(forecast_load_w(f, 0, INT64_MIN, now, now + hour)));
    ck_assert(isfinite(forecast_pv_w(f, 0, INT64_MAX, now, now + hour)));
}
END_TEST

START_TEST(a_clock_set_back_does_not_stop_learning)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    live(SHAPE_OFFICE, now, 2 * hour, 1.5);
    live(SHAPE_OFFICE, now - hour, hour, 0.8);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now - hour, 0) / standard_w(SHAPE_OFFICE, now - hour), 0.89, 0.05);
}
END_TEST

START_TEST(a_long_interval_is_forecast_by_its_mean)
{
    int64_t midnight = at("2026-01-14T00:00:00+09:00");
    ck_assert_double_eq_tol(forecast_load_w(f, SHAPE_OFFICE, midnight, midnight, midnight + day), 1.2e6, 1e3);
    double quarters = 0;
    for (int64_t t = midnight + 8 * hour; t < midnight + 12 * hour; t += 15 * minute)
        quarters += forecast_load_w(f, SHAPE_OFFICE, midnight, t, t + 15 * minute) / 16;
    double whole = forecast_load_w(f, SHAPE_OFFICE, midnight, midnight + 8 * hour, midnight + 12 * hour);
    ck_assert_double_eq_tol(whole, quarters, 1);
}
END_TEST

START_TEST(pv_gives_nothing_at_night)
{
    int64_t evening = at("2026-01-14T18:00:00+09:00");
    ck_assert_double_eq(forecast_pv_w(f, 0, evening, evening, evening + 12 * hour), 0);
    ck_assert_double_gt(forecast_pv_w(f, 0, evening, evening + 17 * hour, evening + 19 * hour), 10e3);
}
END_TEST

static double clear_w(int64_t utc_ms)
{
    return 100e3 * sun_clear_sky_frac(utc_ms, 35.89, 139.95, 20, 180);
}

static void shine(int64_t from_ms, int64_t to_ms, double clearness)
{
    for (int64_t t = from_ms; t <= to_ms; t += minute)
        forecast_learn_pv(f, 0, t, clearness * clear_w(t));
}

static double clearness_at(int64_t now_ms, int64_t utc_ms)
{
    return forecast_pv_w(f, 0, now_ms, utc_ms, utc_ms) / clear_w(utc_ms);
}

START_TEST(the_present_sky_lasts_for_hours_and_not_for_days)
{
    int64_t noon = at("2026-01-14T12:00:00+09:00");
    ck_assert_double_eq_tol(clearness_at(noon, noon), 0.6, 1e-6);
    shine(noon - 2 * hour, noon, 0.2);
    ck_assert_double_eq_tol(clearness_at(noon, noon), 0.2, 0.03);
    ck_assert_double_eq_tol(clearness_at(noon, noon + 3 * hour), 0.2 + 0.4 * (1 - 1 / M_E), 0.04);
    ck_assert_double_eq_tol(clearness_at(noon, noon + day), 0.6, 0.03);
}
END_TEST

START_TEST(a_sunny_season_is_learned)
{
    int64_t midnight = at("2026-01-14T00:00:00+09:00");
    for (int i = 0; i < 20; i++)
        shine(midnight + i * day, midnight + (i + 1) * day - minute, 0.95);
    ck_assert_double_eq_tol(clearness_at(midnight + 20 * day, midnight + 20 * day + 12 * hour), 0.95, 0.05);
}
END_TEST

START_TEST(a_reading_after_a_long_gap_counts_little)
{
    int64_t noon = at("2026-01-14T12:00:00+09:00");
    shine(noon - 3 * hour, noon, 1.0);
    forecast_learn_pv(f, 0, noon + day, 0);
    ck_assert_double_gt(clearness_at(noon + day, noon + day), 0.45);
}
END_TEST

START_TEST(what_was_learned_can_be_kept_and_restored)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    live(SHAPE_OFFICE, now, 2 * hour, 1.5);
    shine(now - 2 * hour, now, 0.2);
    struct forecast_memory load, pv;
    ck_assert_int_eq(forecast_load_memory(f, SHAPE_OFFICE, &load), AEMS_OK);
    ck_assert_int_eq(forecast_pv_memory(f, 0, &pv), AEMS_OK);
    double load_before = load_w(SHAPE_OFFICE, now, hour), pv_before = clearness_at(now, now + hour);
    end();
    begin();
    ck_assert_int_eq(forecast_restore_load(f, SHAPE_OFFICE, load), AEMS_OK);
    ck_assert_int_eq(forecast_restore_pv(f, 0, pv), AEMS_OK);
    ck_assert_double_eq(load_w(SHAPE_OFFICE, now, hour), load_before);
    ck_assert_double_eq(clearness_at(now, now + hour), pv_before);
}
END_TEST

START_TEST(a_memory_that_cannot_be_is_refused)
{
    static const struct forecast_memory wrong[] = {{NAN, 1, 1}, {1, INFINITY, 1}, {9, 1, 1}, {1, 9, 1}, {1, 1, -1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(forecast_restore_load(f, 0, wrong[i]), AEMS_E_RANGE);
        ck_assert_int_eq(forecast_restore_pv(f, 0, wrong[i]), AEMS_E_RANGE);
    }
    ck_assert_int_eq(forecast_restore_load(f, SHAPE_COUNT, (struct forecast_memory){1, 1, 1}), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(forecast_restore_pv(f, -1, (struct forecast_memory){1, 1, 1}), AEMS_E_NOT_FOUND);
}
END_TEST

static void add_sun(Suite *suite)
{
    TCase *c = tcase_create("sun");
    tcase_add_test(c, at_equinox_the_sun_culminates_at_90_degrees_less_latitude);
    tcase_add_test(c, at_solstice_the_sun_culminates_one_obliquity_higher_or_lower);
    tcase_add_test(c, solar_noon_follows_longitude_and_the_equation_of_time);
    tcase_add_test(c, the_sun_rises_and_sets_when_the_almanac_says);
    tcase_add_test(c, a_clear_sky_gives_nothing_at_night_and_never_too_much);
    tcase_add_test(c, a_tilt_towards_the_south_pays_in_winter);
    tcase_add_test(c, east_gives_more_in_the_morning);
    suite_add_tcase(suite, c);
}

static void add_shapes(Suite *suite)
{
    TCase *c = tcase_create("shapes");
    tcase_add_test(c, a_working_day_has_the_configured_average_and_peak);
    tcase_add_test(c, at_weekends_offices_rest_and_malls_are_full);
    tcase_add_test(c, holidays_are_like_weekends);
    tcase_add_test(c, profiles_follow_the_local_clock_without_jumps);
    tcase_add_test(c, a_peak_far_above_the_average_never_makes_a_load_negative);
    suite_add_tcase(suite, c);
}

static void add_forecast(Suite *suite)
{
    TCase *c = tcase_create("forecast");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, from_the_first_day_on_a_load_follows_its_standard);
    tcase_add_test(c, a_load_above_its_standard_is_expected_to_stay_so_and_to_come_back);
    tcase_add_test(c, a_load_that_is_higher_for_days_is_expected_to_be_higher_tomorrow);
    tcase_add_test(c, corrections_stay_within_their_bounds);
    tcase_add_test(c, absurd_measurements_are_ignored);
    tcase_add_test(c, questions_about_nothing_or_never_are_answered_with_zero);
    tcase_add_test(c, a_clock_set_back_does_not_stop_learning);
    tcase_add_test(c, a_long_interval_is_forecast_by_its_mean);
    tcase_add_test(c, pv_gives_nothing_at_night);
    tcase_add_test(c, the_present_sky_lasts_for_hours_and_not_for_days);
    tcase_add_test(c, a_sunny_season_is_learned);
    tcase_add_test(c, a_reading_after_a_long_gap_counts_little);
    tcase_add_test(c, what_was_learned_can_be_kept_and_restored);
    tcase_add_test(c, a_memory_that_cannot_be_is_refused);
    suite_add_tcase(suite, c);
}

int main(void)
{
    Suite *suite = suite_create("forecast");
    add_sun(suite);
    add_shapes(suite);
    add_forecast(suite);
    return run_suite(suite);
}
