// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a difference between what is measured and what is typical: in a quiet hour, until the evening, over
// midnight; and of what was learned of that.
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "forecast/forecast.h"
#include "tests/unit/run_suite.h"

static const int64_t minute = 60000, hour = 3600000, day = 86400000;

static struct site_load loads[] = {{.id = "shops", .shape = SHAPE_FLAT, .average_w = 50e3, .peak_w = 50e3}};
static struct site_pv pvs[] = {{.id = "roof", .peak_power_w = 10e3, .tilt_deg = 20, .azimuth_deg = 180}};
static const struct site area = {
    .latitude_deg = 36, .longitude_deg = 140, .loads = loads, .n_loads = 1, .pvs = pvs, .n_pvs = 1};

static struct forecast *f;
static int64_t monday; // 00:00 local, after three weeks that were learned

static double usual_w(int64_t utc_ms) // 100 kW by day, 20 kW by night
{
    int m = local_time_at(utc_ms).minute;
    return m >= 480 && m < 1260 ? 100e3 : 20e3;
}

// Between 0.9 and 1.1, by the number alone.
static double dice(int64_t number)
{
    uint64_t x = (uint64_t)number * 8 + 1;
    x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
    return 0.9 + 0.2 * (double)(x >> 40) / (double)(1 << 24);
}

// High and low in turn, so that neither yesterday nor last week is a guide.
static double level_of_day(int64_t utc_ms)
{
    int64_t number = (utc_ms - monday + 70 * day) / day;
    return number % 2 ? fmax(dice(number), 2 - dice(number)) : fmin(dice(number), 2 - dice(number));
}

static double level_of_hour(int64_t utc_ms)
{
    return dice((utc_ms - monday) / hour);
}

static void learn(int64_t from_ms, int64_t to_ms, double (*factor)(int64_t))
{
    for (int64_t t = from_ms; t < to_ms; t += 15 * minute)
        forecast_learn_load(f, 0, t, t + 15 * minute, usual_w(t) * factor(t));
}

static double high(int64_t utc_ms)
{
    (void)utc_ms;
    return 1.15;
}

// Forecast for the hour, as a share of what is usual.
static double expected(int64_t now_ms, int64_t from_ms)
{
    return forecast_load_w(f, 0, now_ms, from_ms, from_ms + hour) / usual_w(from_ms);
}

static void begin(void)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(rfc3339_parse("2026-03-02T00:00:00+09:00", &monday), 0);
    ck_assert_int_eq(forecast_new(&area, &f), 0);
}

static void end(void)
{
    forecast_free(f);
    f = NULL;
}

START_TEST(a_day_that_began_high_is_expected_to_stay_so_until_it_ends_and_no_longer)
{
    learn(monday - 21 * day, monday, level_of_day);
    learn(monday, monday + 10 * hour, high);
    int64_t now = monday + 10 * hour;
    ck_assert_double_eq_tol(expected(now, monday + 12 * hour), 1.15, 0.03);
    ck_assert_double_eq_tol(expected(now, monday + 19 * hour), 1.15, 0.05);
    ck_assert_double_eq_tol(expected(now, monday + 34 * hour), 1, 0.04);
}
END_TEST

START_TEST(what_comes_and_goes_with_the_hours_is_not_expected_to_stay)
{
    learn(monday - 21 * day, monday, level_of_hour);
    learn(monday, monday + 10 * hour, high);
    ck_assert_double_eq_tol(expected(monday + 10 * hour, monday + 16 * hour), 1, 0.06);
}
END_TEST

START_TEST(by_night_a_difference_is_as_small_as_what_is_drawn)
{
    learn(monday - 21 * day, monday, level_of_day);
    learn(monday, monday + 20 * hour, high);
    ck_assert_double_eq_tol(expected(monday + 20 * hour, monday + 23 * hour), 1.15, 0.04); // 15 kW would be 1.75
    learn(monday + 20 * hour, monday + day + 6 * hour, high);
    double morning = expected(monday + day + 6 * hour, monday + day + 12 * hour);
    ck_assert(morning > 1.03 && morning < 1.2); // of 3 kW by night some 10 are believed
}
END_TEST

START_TEST(the_band_opens_as_less_of_the_present_is_left)
{
    double soon[FORECAST_QUANTILES], late[FORECAST_QUANTILES];
    learn(monday - 21 * day, monday, level_of_day);
    learn(monday, monday + 10 * hour, high);
    int64_t now = monday + 10 * hour;
    forecast_load_quantiles_w(f, 0, now, now + hour, now + 2 * hour, soon);
    forecast_load_quantiles_w(f, 0, now, now + day, now + day + hour, late);
    double early = soon[FORECAST_P90] - soon[FORECAST_P10], later = late[FORECAST_P90] - late[FORECAST_P10];
    ck_assert(early > 0 && early < 0.7 * later);
}
END_TEST

START_TEST(the_band_stays_open_however_well_differences_have_lasted)
{
    learn(monday - 21 * day, monday, level_of_day);
    learn(monday, monday + hour, high);
    for (int ahead = 1; ahead < 20; ahead++) {
        double band[FORECAST_QUANTILES];
        int64_t from = monday + ahead * hour;
        forecast_load_quantiles_w(f, 0, monday + hour, from, from + hour, band);
        ck_assert_double_gt(band[FORECAST_P90] - band[FORECAST_P10], 0.01 * band[FORECAST_P50]);
    }
}
END_TEST

static double as_large_as_a_town(int64_t utc_ms)
{
    return 500 * level_of_day(utc_ms);
}

START_TEST(the_state_of_a_very_large_load_is_understood_too)
{
    json_t *state;
    learn(monday - 21 * day, monday, as_large_as_a_town); // 50 MW
    ck_assert_int_eq(forecast_load_to_json(f, 0, &state), AEMS_OK);
    ck_assert_int_eq(forecast_load_from_json(f, 0, state), AEMS_OK);
    json_decref(state);
}
END_TEST

// Before version 3 four numbers of what is left of a difference stood among the others.
static json_t *as_version_2(json_t *json)
{
    json_t *numbers = json_object_get(json, "numbers");
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(json_array_insert_new(numbers, 9, json_real(i)), 0);
    ck_assert_int_eq(json_object_del(json, "turns"), 0);
    ck_assert_int_eq(json_object_set_new(json, "version", json_integer(2)), 0);
    return json;
}

START_TEST(a_state_that_knew_of_one_hour_alone_is_understood)
{
    json_t *state;
    int64_t now = monday + 10 * hour;
    learn(monday - 21 * day, monday, level_of_day);
    learn(monday, now, high);
    double tomorrow = expected(now, monday + 2 * day);
    ck_assert_int_eq(forecast_load_to_json(f, 0, &state), AEMS_OK);
    end();
    begin();
    ck_assert_int_eq(forecast_load_from_json(f, 0, as_version_2(state)), AEMS_OK);
    ck_assert_double_eq_tol(expected(now, monday + 2 * day), tomorrow, 1e-9);
    ck_assert_double_eq_tol(expected(now, monday + 12 * hour), 1, 0.03); // the present is learned anew
    json_decref(state);
}
END_TEST

START_TEST(a_state_with_impossible_differences_is_refused)
{
    static const struct {
        int place;
        double value;
    } wrong[] = {{1, -1}, {0, 1e300}, {24, -1}, {27, -5}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *state;
        learn(monday - 2 * day, monday, level_of_day);
        ck_assert_int_eq(forecast_load_to_json(f, 0, &state), AEMS_OK);
        ck_assert_int_eq(
            json_array_set_new(json_object_get(state, "turns"), (size_t)wrong[i].place, json_real(wrong[i].value)), 0);
        ck_assert_int_eq(forecast_load_from_json(f, 0, state), AEMS_E_RANGE);
        json_object_del(state, "turns");
        ck_assert_int_eq(forecast_load_from_json(f, 0, state), AEMS_E_FORMAT);
        json_decref(state);
        end();
        begin();
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("what is left of a difference");
    TCase *c = tcase_create("turns");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_day_that_began_high_is_expected_to_stay_so_until_it_ends_and_no_longer);
    tcase_add_test(c, what_comes_and_goes_with_the_hours_is_not_expected_to_stay);
    tcase_add_test(c, by_night_a_difference_is_as_small_as_what_is_drawn);
    tcase_add_test(c, the_band_opens_as_less_of_the_present_is_left);
    tcase_add_test(c, the_band_stays_open_however_well_differences_have_lasted);
    tcase_add_test(c, the_state_of_a_very_large_load_is_understood_too);
    tcase_add_test(c, a_state_that_knew_of_one_hour_alone_is_understood);
    tcase_add_test(c, a_state_with_impossible_differences_is_refused);
    suite_add_tcase(s, c);
    return run_suite(s);
}
