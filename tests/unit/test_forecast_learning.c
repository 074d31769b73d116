// SPDX-License-Identifier: GPL-3.0-or-later
// What forecasts learn of an area's own days, what they do not learn, and how they judge themselves.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "tests/unit/run_suite.h"

static const int64_t minute = 60000, hour = 3600000, day = 86400000;

static struct site_load loads[] = {{.id = "home", .shape = SHAPE_HOME, .average_w = 1000, .peak_w = 3000},
                                   {.id = "office", .shape = SHAPE_OFFICE, .average_w = 30e3, .peak_w = 45e3}};
static struct site_pv pvs[] = {{.id = "roof", .peak_power_w = 10e3, .tilt_deg = 20, .azimuth_deg = 180}};
static const struct site area = {
    .latitude_deg = 48, .longitude_deg = 11, .loads = loads, .n_loads = 2, .pvs = pvs, .n_pvs = 1};

enum { HOME, OFFICE };

static struct forecast *f;

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

static void begin(void)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    ck_assert_int_eq(forecast_new(&area, &f), 0);
}

static void end(void)
{
    forecast_free(f);
    f = NULL;
}

// Between 0 and 1, by the instant alone.
static double dice(int64_t utc_ms, unsigned of)
{
    uint64_t x = (uint64_t)(utc_ms / (15 * minute)) * 8 + of + 1;
    x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
    return (double)(x >> 40) / (double)(1 << 24);
}

// Little by night, a peak at seven, a higher one in the evening; each quarter a little different.
static double home_w(int64_t utc_ms)
{
    int m = local_time_at(utc_ms).minute;
    double usual = m >= 420 && m < 480 ? 2000 : m >= 1080 && m < 1320 ? 3000 : 300;
    return usual * (0.8 + 0.4 * dice(utc_ms, 0));
}

static double clear_w(int64_t utc_ms)
{
    return 10e3 * sun_clear_sky_frac(utc_ms, 48, 11, 20, 180);
}

static double cloudiness(int64_t utc_ms)
{
    return dice((utc_ms / day) * day, 3) < 0.5 ? 1 : 0; // of a whole UTC day
}

static double pv_w(int64_t utc_ms)
{
    return clear_w(utc_ms) * (cloudiness(utc_ms) > 0 ? 0.25 : 0.95);
}

static void learn_home(int64_t from_ms, int64_t to_ms, double (*power_w)(int64_t))
{
    for (int64_t t = from_ms; t < to_ms; t += 15 * minute)
        forecast_learn_load(f, HOME, t, t + 15 * minute, power_w(t));
}

static double expected_w(int64_t now_ms, int64_t from_ms)
{
    return forecast_load_w(f, HOME, now_ms, from_ms, from_ms + hour);
}

// ---- days -----------------------------------------------------------------------------------------------------------

START_TEST(a_load_is_expected_to_do_what_it_did_at_this_hour)
{
    int64_t now = at("2026-03-04T00:00:00+01:00");
    learn_home(now - 10 * day, now, home_w);
    ck_assert_double_eq_tol(expected_w(now, now + 3 * hour), 300, 60);
    ck_assert_double_eq_tol(expected_w(now, now + 7 * hour), 2000, 400);
    ck_assert_double_eq_tol(expected_w(now, now + 19 * hour), 3000, 300);
    double band[FORECAST_QUANTILES];
    forecast_load_quantiles_w(f, HOME, now, now + 19 * hour, now + 20 * hour, band);
    ck_assert(band[0] > 2000 && band[0] < band[1] && band[1] < band[2] && band[2] < 4000);
}
END_TEST

START_TEST(profiles_follow_the_local_clock_over_its_change)
{
    int64_t change = at("2026-03-29T00:00:00+01:00"); // the clock goes forward at two
    learn_home(change - 14 * day, change, home_w);
    int64_t seven = at("2026-03-30T07:00:00+02:00");
    ck_assert_double_gt(expected_w(change, seven), 1500);
    ck_assert_double_lt(expected_w(change, seven + 2 * hour), 700);
    learn_home(change, seven - 7 * hour, home_w);
    ck_assert_double_gt(expected_w(seven - 7 * hour, seven), 1500);
}
END_TEST

static double office_w(int64_t utc_ms)
{
    int weekday = local_time_at(utc_ms).weekday;
    return (weekday == 0 || weekday == 6 ? 5e3 : 40e3) * (0.95 + 0.1 * dice(utc_ms, 1));
}

START_TEST(weekends_are_told_from_working_days)
{
    int64_t monday = at("2026-03-02T00:00:00+01:00");
    for (int64_t t = monday - 28 * day; t < monday; t += hour)
        forecast_learn_load(f, OFFICE, t, t + hour, office_w(t));
    for (int back = 0; back < 7; back++) {
        int64_t noon = monday + back * day + 12 * hour;
        double expected = back >= 5 ? 5e3 : 40e3;
        ck_assert_double_eq_tol(forecast_load_w(f, OFFICE, monday, noon, noon + hour), expected, 0.1 * expected);
    }
}
END_TEST

// ---- what is not learned --------------------------------------------------------------------------------------------

static double error_of_a_day(int64_t now_ms)
{
    double sum_w = 0;
    for (int64_t t = now_ms; t < now_ms + day; t += hour) {
        double came_w = 0;
        for (int q = 0; q < 4; q++)
            came_w += home_w(t + q * 15 * minute) / 4;
        sum_w += fabs(expected_w(now_ms, t) - came_w) / 24;
    }
    return sum_w;
}

START_TEST(a_meter_that_stands_still_is_not_learned)
{
    int64_t now = at("2026-03-04T19:00:00+01:00");
    learn_home(now - 12 * day, now, home_w);
    double before_w = error_of_a_day(now);
    for (int64_t t = now; t < now + 2 * day; t += 15 * minute)
        forecast_learn_load(f, HOME, t, t + 15 * minute, 2900);
    ck_assert_double_le(error_of_a_day(now + 2 * day), 1.5 * before_w);
}
END_TEST

START_TEST(a_load_that_has_become_constant_is_believed_after_days)
{
    int64_t now = at("2026-03-04T19:00:00+01:00");
    learn_home(now - 12 * day, now, home_w);
    for (int64_t t = now; t < now + 20 * day; t += 15 * minute)
        forecast_learn_load(f, HOME, t, t + 15 * minute, 800);
    ck_assert_double_eq_tol(expected_w(now + 20 * day, now + 20 * day + 9 * hour), 800, 100);
}
END_TEST

START_TEST(spikes_are_not_learned)
{
    int64_t now = at("2026-03-04T00:00:00+01:00");
    learn_home(now - 5 * day, now, home_w);
    double before_w = error_of_a_day(now);
    for (int64_t t = now; t < now + 5 * day; t += 15 * minute) // each hour one quarter far beyond all that ever was
        forecast_learn_load(f, HOME, t, t + 15 * minute, t % hour == 0 ? 25e3 : home_w(t));
    ck_assert_double_le(error_of_a_day(now + 5 * day), 1.5 * before_w);
}
END_TEST

static double noisy_w(int64_t utc_ms)
{
    return home_w(utc_ms) * (0.2 + 1.6 * dice(utc_ms / hour * hour, 6));
}

START_TEST(over_a_gap_what_is_known_stands)
{
    int64_t now = at("2026-03-04T00:00:00+01:00");
    learn_home(now - 10 * day, now, home_w);
    double before_w = error_of_a_day(now);
    ck_assert_double_le(error_of_a_day(now + 6 * day), 2 * before_w);
    learn_home(now + 6 * day, now + 7 * day, home_w); // and goes on after it
    ck_assert_double_le(error_of_a_day(now + 7 * day), 2 * before_w);
}
END_TEST

START_TEST(what_a_plant_cannot_give_is_not_learned)
{
    int64_t noon = at("2026-06-15T12:00:00Z");
    for (int64_t t = noon - 5 * day; t < noon; t += hour) {
        forecast_learn_pv(f, 0, t, t + hour, 0.9 * clear_w(t + hour / 2));
        forecast_learn_pv(f, 0, t, t + hour, -5e3);
        forecast_learn_pv(f, 0, t, t + hour, 90e3);
        forecast_learn_pv(f, 0, t, t + hour, NAN);
    }
    double noon_w = forecast_pv_w(f, 0, noon, noon + day, noon + day + hour);
    ck_assert_double_eq_tol(noon_w / clear_w(noon + day + hour / 2), 0.9, 0.06);
}
END_TEST

// ---- how good they were ---------------------------------------------------------------------------------------------

START_TEST(the_accuracy_of_a_noisy_load_is_better_than_yesterday)
{
    int64_t now = at("2026-03-04T00:00:00+01:00");
    struct forecast_accuracy a;
    learn_home(now - 30 * day, now, noisy_w);
    ck_assert_int_eq(forecast_load_accuracy(f, HOME, &a), 0);
    ck_assert(a.hours > 500 && a.hours <= 28 * 24);
    ck_assert(a.skill > 0.1 && a.mae_w < a.persistence_mae_w && !a.replaced);
    ck_assert(a.band_frac > 0.7 && a.band_frac < 0.9);
    ck_assert(fabs(a.bias_w) < a.mae_w && a.pinball_w > 0 && a.pinball_w < a.mae_w);
}
END_TEST

// A new day's course every third day: yesterday is the better guess.
static double restless_w(int64_t utc_ms)
{
    int64_t days = (utc_ms + hour) / day;
    return 300 + 3000 * dice(days / 3 * day + utc_ms % day / hour * hour, 2);
}

START_TEST(a_forecast_worse_than_persistence_is_replaced_until_it_is_better)
{
    int64_t now = at("2026-03-04T00:00:00Z");
    struct forecast_accuracy a;
    learn_home(now - 30 * day, now, restless_w);
    ck_assert_int_eq(forecast_load_accuracy(f, HOME, &a), 0);
    ck_assert(a.replaced && a.skill < 0);
    double yesterday_w = restless_w(now - 14 * hour);
    ck_assert_double_eq_tol(expected_w(now, now + 10 * hour), yesterday_w, 0.02 * yesterday_w);
    learn_home(now, now + 60 * day, home_w);
    ck_assert_int_eq(forecast_load_accuracy(f, HOME, &a), 0);
    ck_assert(!a.replaced && a.skill > 0.1);
}
END_TEST

// ---- weather --------------------------------------------------------------------------------------------------------

static double outside_degc(int64_t utc_ms)
{
    return -5 + 15 * dice((utc_ms / day) * day, 4); // each day its own
}

static double heated_w(int64_t utc_ms)
{
    return 500 + 100 * fmax(16 - outside_degc(utc_ms), 0);
}

static void learn_heated(int64_t from_ms, int64_t to_ms, bool temperature)
{
    for (int64_t t = from_ms; t < to_ms; t += hour) {
        if (temperature)
            forecast_learn_temperature(f, t, t + hour, outside_degc(t));
        forecast_learn_load(f, HOME, t, t + hour, heated_w(t) * (0.95 + 0.1 * dice(t, 5)));
    }
}

START_TEST(a_heated_load_follows_the_temperature_that_is_foretold)
{
    int64_t now = at("2026-02-01T00:00:00Z");
    double with_w = 0, without_w = 0;
    for (int told = 0; told < 2; told++) {
        end();
        begin();
        learn_heated(now - 28 * day, now, told > 0);
        for (int ahead = 0; ahead < 10; ahead++) {
            int64_t today = now + ahead * day;
            struct forecast_weather points[24];
            for (int i = 0; i < 24; i++)
                points[i] = (struct forecast_weather){today + i * hour, outside_degc(today), NAN, NAN};
            if (told)
                ck_assert_int_eq(forecast_take_weather(f, points, 24), 0);
            double error_w = fabs(expected_w(today, today + 15 * hour) - heated_w(today));
            *(told ? &with_w : &without_w) += error_w;
            learn_heated(today, today + day, told > 0);
        }
    }
    ck_assert_double_lt(with_w, 0.5 * without_w);
}
END_TEST

START_TEST(clouds_that_are_foretold_count_by_how_right_they_were)
{
    int64_t now = at("2026-06-01T00:00:00Z");
    double error_w = 0, blind_w = 0;
    for (int ahead = -20; ahead < 10; ahead++) {
        int64_t today = now + ahead * day, noon = today + 11 * hour;
        struct forecast_weather points[24];
        for (int i = 0; i < 24; i++)
            points[i] = (struct forecast_weather){today + i * hour, NAN, NAN, cloudiness(today)};
        double blind = forecast_pv_w(f, 0, today, noon, noon + hour);
        ck_assert_int_eq(forecast_take_weather(f, points, 24), 0);
        if (ahead >= 0) {
            error_w += fabs(forecast_pv_w(f, 0, today, noon, noon + hour) - pv_w(noon + hour / 2));
            blind_w += fabs(blind - pv_w(noon + hour / 2));
        }
        for (int64_t t = today; t < today + day; t += 15 * minute)
            forecast_learn_pv(f, 0, t, t + 15 * minute, pv_w(t + 450000));
    }
    ck_assert_double_lt(error_w, 0.5 * blind_w);
}
END_TEST

// ---- what is kept ---------------------------------------------------------------------------------------------------

static json_t *through_text(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_lt(strlen(text), 40000);
    free(text);
    json_decref(json);
    return again;
}

static struct forecast *restored(void)
{
    struct forecast *copy;
    json_t *load, *pv, *all;
    ck_assert_int_eq(forecast_new(&area, &copy), 0);
    ck_assert_int_eq(forecast_load_to_json(f, HOME, &load), 0);
    ck_assert_int_eq(forecast_pv_to_json(f, 0, &pv), 0);
    ck_assert_int_eq(forecast_area_to_json(f, &all), 0);
    load = through_text(load);
    pv = through_text(pv);
    all = through_text(all);
    ck_assert_int_eq(forecast_area_from_json(copy, all), 0);
    ck_assert_int_eq(forecast_load_from_json(copy, HOME, load), 0);
    ck_assert_int_eq(forecast_pv_from_json(copy, 0, pv), 0);
    json_decref(load);
    json_decref(pv);
    json_decref(all);
    return copy;
}

static void live(struct forecast *one, int64_t from_ms, int64_t to_ms)
{
    for (int64_t t = from_ms; t < to_ms; t += 5 * minute) {
        forecast_learn_temperature(one, t, t + 5 * minute, outside_degc(t));
        forecast_learn_load(one, HOME, t, t + 5 * minute, home_w(t));
        forecast_learn_pv(one, 0, t, t + 5 * minute, pv_w(t));
    }
}

static void expect_same(struct forecast *one, struct forecast *other, int64_t now_ms)
{
    enum { STEPS = 36 };
    int64_t from[STEPS], to[STEPS];
    double w[2][STEPS];
    for (int k = 0; k < STEPS; k++)
        from[k] = now_ms + k * hour, to[k] = from[k] + hour;
    struct forecast_steps *steps[2];
    ck_assert_int_eq(forecast_steps_new(one, now_ms, from, to, STEPS, 7, &steps[0]), 0);
    ck_assert_int_eq(forecast_steps_new(other, now_ms, from, to, STEPS, 7, &steps[1]), 0);
    for (int scenario = 0; scenario <= 7; scenario++)
        for (int pv = 0; pv < 2; pv++) {
            for (int i = 0; i < 2; i++)
                (pv ? forecast_steps_pv_w : forecast_steps_load_w)(steps[i], 0, scenario, w[i]);
            for (int k = 0; k < STEPS; k++)
                ck_assert_double_eq(w[0][k], w[1][k]);
        }
    forecast_steps_free(steps[0]);
    forecast_steps_free(steps[1]);
}

START_TEST(what_is_restored_goes_on_to_the_last_bit)
{
    int64_t now = at("2026-03-04T10:35:00Z"); // within a quarter
    live(f, now - 25 * day, now);
    struct forecast *copy = restored();
    expect_same(f, copy, now);
    for (int i = 0; i < 60; i++, now += hour) {
        live(f, now, now + hour);
        live(copy, now, now + hour);
        expect_same(f, copy, now + hour);
    }
    struct forecast_accuracy a, b;
    ck_assert_int_eq(forecast_load_accuracy(f, HOME, &a), 0);
    ck_assert_int_eq(forecast_load_accuracy(copy, HOME, &b), 0);
    ck_assert(a.hours == b.hours && a.mae_w == b.mae_w && a.band_frac == b.band_frac && a.hours > 400);
    forecast_free(copy);
}
END_TEST

START_TEST(a_state_with_anything_spoilt_is_refused)
{
    int64_t now = at("2026-03-04T10:35:00Z");
    static const char *const members[] = {"newest", "numbers", "profile", "history", "clearness"};
    live(f, now - 2 * day, now);
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        for (int how = 0; how < 3; how++) {
            json_t *json;
            ck_assert_int_eq(forecast_pv_to_json(f, 0, &json), 0);
            json_object_set_new(json, members[i],
                                how == 0   ? json_null()
                                : how == 1 ? json_string("?")
                                           : json_pack("{s:s, s:s}", "quarters", "AA", "hours", "//////"));
            ck_assert_int_lt(forecast_pv_from_json(f, 0, json), 0);
            json_decref(json);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast_learning");
    TCase *tc = tcase_create("learning");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, a_load_is_expected_to_do_what_it_did_at_this_hour);
    tcase_add_test(tc, profiles_follow_the_local_clock_over_its_change);
    tcase_add_test(tc, weekends_are_told_from_working_days);
    tcase_add_test(tc, a_meter_that_stands_still_is_not_learned);
    tcase_add_test(tc, a_load_that_has_become_constant_is_believed_after_days);
    tcase_add_test(tc, spikes_are_not_learned);
    tcase_add_test(tc, over_a_gap_what_is_known_stands);
    tcase_add_test(tc, what_a_plant_cannot_give_is_not_learned);
    tcase_add_test(tc, the_accuracy_of_a_noisy_load_is_better_than_yesterday);
    tcase_add_test(tc, a_forecast_worse_than_persistence_is_replaced_until_it_is_better);
    tcase_add_test(tc, a_heated_load_follows_the_temperature_that_is_foretold);
    tcase_add_test(tc, clouds_that_are_foretold_count_by_how_right_they_were);
    tcase_add_test(tc, what_is_restored_goes_on_to_the_last_bit);
    tcase_add_test(tc, a_state_with_anything_spoilt_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
