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

static double clear_w(int64_t utc_ms)
{
    return 100e3 * sun_clear_sky_frac(utc_ms, 35.89, 139.95, 20, 180);
}

static double load_w(int load, int64_t now_ms, int64_t ahead_ms)
{
    return forecast_load_w(f, load, now_ms, now_ms + ahead_ms, now_ms + ahead_ms);
}

// The load runs at `factor` times its standard for `span_ms` until `until_ms`.
static void live(int load, int64_t until_ms, int64_t span_ms, double factor)
{
    for (int64_t t = until_ms - span_ms; t <= until_ms; t += minute)
        forecast_learn_load(f, load, t - minute, t, factor * standard_w(load, t));
}

START_TEST(from_the_first_day_on_a_load_follows_its_standard)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    for (int64_t ahead = 0; ahead < 2 * day; ahead += hour)
        ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, ahead), standard_w(SHAPE_OFFICE, now + ahead), 0.05 * 2.2e6);
}
END_TEST

START_TEST(a_load_above_its_standard_is_expected_to_stay_so_and_to_come_back)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    live(SHAPE_OFFICE, now, 2 * hour, 1.5);
    double at_once = load_w(SHAPE_OFFICE, now, 0) / standard_w(SHAPE_OFFICE, now);
    double later = load_w(SHAPE_OFFICE, now, 3 * hour) / standard_w(SHAPE_OFFICE, now + 3 * hour);
    double next_day = load_w(SHAPE_OFFICE, now, day) / standard_w(SHAPE_OFFICE, now + day);
    ck_assert_double_eq_tol(at_once, 1.5, 0.1);
    ck_assert(later > 1.15 && later < at_once - 0.05);
    ck_assert(next_day > 0.95 && next_day < at_once);
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

START_TEST(absurd_measurements_are_ignored)
{
    static const double absurd[] = {NAN, INFINITY, -INFINITY, -1, 1e300, 11 * 2.2e6};
    int64_t now = at("2026-01-14T12:00:00+09:00");
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++)
        for (int k = 0; k < 60; k++) {
            int64_t t = now - (60 - k) * minute;
            forecast_learn_load(f, SHAPE_OFFICE, t - minute, t, absurd[i]);
            forecast_learn_pv(f, 0, t - minute, t, absurd[i] == -1 ? -1e5 : absurd[i]);
        }
    forecast_learn_load(f, SHAPE_OFFICE, INT64_MIN, INT64_MIN + 1, 1e6);
    forecast_learn_load(f, SHAPE_OFFICE, INT64_MIN, INT64_MAX, 1e6);
    forecast_learn_load(f, SHAPE_OFFICE, INT64_MAX - 1, INT64_MAX, 1e6);
    forecast_learn_load(f, SHAPE_OFFICE, now, now, 1e6);
    forecast_learn_load(f, SHAPE_OFFICE, now, now - minute, 1e6);
    forecast_learn_load(f, -1, now - minute, now, 1e6);
    forecast_learn_load(f, SHAPE_COUNT, now - minute, now, 1e6);
    forecast_learn_pv(f, 1, now - minute, now, 1e4);
    struct forecast *fresh;
    ck_assert_int_eq(forecast_new(&area, &fresh), AEMS_OK);
    ck_assert_double_eq(load_w(SHAPE_OFFICE, now, 0), forecast_load_w(fresh, SHAPE_OFFICE, now, now, now));
    ck_assert_double_eq(forecast_pv_w(f, 0, now, now, now), forecast_pv_w(fresh, 0, now, now, now));
    forecast_free(fresh);
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
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now - hour, 0) / standard_w(SHAPE_OFFICE, now - hour), 0.85, 0.1);
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

static void shine(int64_t from_ms, int64_t to_ms, double clearness)
{
    for (int64_t t = from_ms; t <= to_ms; t += minute)
        forecast_learn_pv(f, 0, t - minute, t, clearness * clear_w(t));
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
    ck_assert(clearness_at(noon, noon + 3 * hour) > 0.22 && clearness_at(noon, noon + 3 * hour) < 0.5);
    ck_assert_double_gt(clearness_at(noon, noon + day), clearness_at(noon, noon + 3 * hour) + 0.1);
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
    forecast_learn_pv(f, 0, noon + day - minute, noon + day, 0);
    ck_assert_double_gt(clearness_at(noon + day, noon + day), 0.45);
}
END_TEST

START_TEST(what_was_learned_can_be_kept_and_restored)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    live(SHAPE_OFFICE, now, 2 * hour, 1.5);
    shine(now - 2 * hour, now, 0.2);
    json_t *load, *pv, *all;
    forecast_learn_temperature(f, now - minute, now, -3.5);
    ck_assert_int_eq(forecast_load_to_json(f, SHAPE_OFFICE, &load), AEMS_OK);
    ck_assert_int_eq(forecast_pv_to_json(f, 0, &pv), AEMS_OK);
    ck_assert_int_eq(forecast_area_to_json(f, &all), AEMS_OK);
    double load_before = load_w(SHAPE_OFFICE, now, hour), pv_before = clearness_at(now, now + hour);
    end();
    begin();
    ck_assert_int_eq(forecast_load_from_json(f, SHAPE_OFFICE, load), AEMS_OK);
    ck_assert_int_eq(forecast_pv_from_json(f, 0, pv), AEMS_OK);
    ck_assert_int_eq(forecast_area_from_json(f, all), AEMS_OK);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, hour) / load_before, 1, 1e-3);
    ck_assert_double_eq_tol(clearness_at(now, now + hour), pv_before, 1e-3);
    json_decref(load);
    json_decref(pv);
    json_decref(all);
}
END_TEST

static json_t *older_state(double recent, double slow, json_int_t utc_ms)
{
    return json_pack("{s:f, s:f, s:I}", "recent", recent, "slow", slow, "utc_ms", utc_ms);
}

START_TEST(a_state_of_an_older_version_is_understood)
{
    int64_t now = at("2026-01-14T12:00:00+09:00");
    json_t *load = older_state(1, 1.3, now), *pv = older_state(0.2, 0.2, now);
    ck_assert_int_eq(forecast_load_from_json(f, SHAPE_OFFICE, load), AEMS_OK);
    ck_assert_int_eq(forecast_pv_from_json(f, 0, pv), AEMS_OK);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, hour) / standard_w(SHAPE_OFFICE, now + hour), 1.3, 0.04);
    ck_assert_double_eq_tol(clearness_at(now, now + hour), 0.2, 0.01);
    json_decref(load);
    json_decref(pv);
}
END_TEST

static int restored(json_t *json, bool pv)
{
    int result = pv ? forecast_pv_from_json(f, 0, json) : forecast_load_from_json(f, 0, json);
    json_decref(json);
    return result;
}

START_TEST(a_state_that_cannot_be_is_refused)
{
    static const double wrong[][3] = {{1e300, 1, 1}, {1, -1, 1}, {9, 1, 1}, {1, 9, 1}, {1, 1, -1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int pv = 0; pv < 2; pv++)
            ck_assert_int_eq(restored(older_state(wrong[i][0], wrong[i][1], (json_int_t)wrong[i][2]), pv),
                             AEMS_E_RANGE);
    for (int pv = 0; pv < 2; pv++) {
        ck_assert_int_eq(restored(json_array(), pv), AEMS_E_FORMAT);
        ck_assert_int_eq(restored(json_pack("{s:f}", "recent", 1.0), pv), AEMS_E_FORMAT);
    }
    json_t *good = older_state(1, 1, 1);
    ck_assert_int_eq(forecast_load_from_json(f, SHAPE_COUNT, good), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(forecast_pv_from_json(f, -1, good), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(forecast_area_from_json(f, good), AEMS_E_FORMAT);
    json_decref(good);
}
END_TEST

// ---- another method -------------------------------------------------------------------------------------------------

START_TEST(persistence_says_what_was_at_this_time_of_yesterday)
{
    int64_t now = at("2026-01-15T12:00:00+09:00");
    live(SHAPE_OFFICE, now - 12 * hour, day, 1.2);
    forecast_set_method(f, FORECAST_PERSISTENCE);
    double yesterday_w = 1.2 * standard_w(SHAPE_OFFICE, now - 22 * hour - 7 * minute);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, 2 * hour - 7 * minute), yesterday_w, 0.02 * yesterday_w);
    // What is still to come today is not known of tomorrow either: then the day before counts.
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, 26 * hour), 1.2 * standard_w(SHAPE_OFFICE, now + 2 * hour - day),
                            0.02 * yesterday_w);
    end();
    begin();
    shine(now - 36 * hour, now - 12 * hour, 0.5);
    forecast_set_method(f, FORECAST_PERSISTENCE);
    ck_assert_double_eq_tol(clearness_at(now, now + 2 * hour), 0.5, 0.02);
}
END_TEST

START_TEST(persistence_without_a_day_is_what_is_expected)
{
    int64_t now = at("2026-01-15T12:00:00+09:00");
    forecast_set_method(f, FORECAST_PERSISTENCE);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, hour), standard_w(SHAPE_OFFICE, now + hour), 0.05 * 2.2e6);
}
END_TEST

static double seven_watts(void *context, enum asset_kind kind, int of_kind, int64_t from_ms, int64_t to_ms)
{
    *(int *)context += 1;
    ck_assert_int_le(from_ms, to_ms);
    return kind == ASSET_PV ? NAN : of_kind == 0 ? 7 : -7;
}

START_TEST(what_is_given_is_believed_where_it_can_be)
{
    int64_t now = at("2026-01-15T12:00:00+09:00");
    int asked = 0;
    forecast_set_given(f, seven_watts, &asked);
    ck_assert_double_gt(load_w(0, now, hour), 7);
    ck_assert_int_eq(asked, 0);
    forecast_set_method(f, FORECAST_GIVEN);
    ck_assert_double_eq(load_w(0, now, hour), 7);
    ck_assert_double_eq_tol(load_w(SHAPE_OFFICE, now, 0), standard_w(SHAPE_OFFICE, now), 0.05 * 2.2e6);
    ck_assert_double_eq_tol(clearness_at(now, now), 0.6, 1e-6);
    ck_assert_int_eq(asked, 3);
    double power_w;
    struct forecast_steps *steps;
    ck_assert_int_eq(forecast_steps_new(f, now, (int64_t[]){now}, (int64_t[]){now + hour}, 1, 1, &steps), AEMS_OK);
    for (int scenario = 0; scenario < 2; scenario++) {
        forecast_steps_load_w(steps, 0, scenario, &power_w);
        ck_assert_double_eq(power_w, 7);
    }
    forecast_steps_free(steps);
}
END_TEST

// ---- weather of others ----------------------------------------------------------------------------------------------

START_TEST(a_weather_forecast_that_cannot_be_is_refused)
{
    int64_t now = at("2026-01-15T12:00:00+09:00");
    struct forecast_weather good = {now, 5, 300, 0.5};
    struct forecast_weather wrong[] = {{0, 5, 300, 0.5},    {now, -61, 300, 0.5},      {now, 5, 1501, 0.5},
                                       {now, 5, 300, 1.01}, {now, INFINITY, 300, 0.5}, {now, 5, -1, 0.5}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(forecast_take_weather(f, &wrong[i], 1), AEMS_E_RANGE);
    ck_assert_int_eq(forecast_take_weather(f, (struct forecast_weather[]){good, good}, 2), AEMS_E_RANGE);
    ck_assert_int_eq(forecast_take_weather(f, &good, FORECAST_MAX_WEATHER + 1), AEMS_E_RANGE);
    ck_assert_int_eq(forecast_take_weather(f, &good, 1), AEMS_OK);
    ck_assert_int_eq(forecast_take_weather(f, &(struct forecast_weather){now, NAN, NAN, NAN}, 1), AEMS_OK);
    ck_assert_int_eq(forecast_take_weather(f, NULL, 0), AEMS_OK);
}
END_TEST

// ---- how sure -------------------------------------------------------------------------------------------------------

START_TEST(quantiles_ascend_around_what_is_expected)
{
    int64_t now = at("2026-01-15T12:00:00+09:00");
    double load[FORECAST_QUANTILES], pv[FORECAST_QUANTILES];
    forecast_load_quantiles_w(f, SHAPE_OFFICE, now, now + hour, now + 2 * hour, load);
    forecast_pv_quantiles_w(f, 0, now, now + hour, now + 2 * hour, pv);
    ck_assert(load[0] < load[1] && load[1] < load[2] && pv[0] < pv[1] && pv[1] < pv[2]);
    ck_assert_double_lt(load[0], forecast_load_w(f, SHAPE_OFFICE, now, now + hour, now + 2 * hour));
    ck_assert_double_gt(pv[2], forecast_pv_w(f, 0, now, now + hour, now + 2 * hour));
    struct forecast_accuracy a;
    ck_assert_int_eq(forecast_load_accuracy(f, SHAPE_OFFICE, &a), AEMS_OK);
    ck_assert(a.hours == 0 && !a.replaced);
    ck_assert_int_eq(forecast_pv_accuracy(f, 1, &a), AEMS_E_NOT_FOUND);
}
END_TEST

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
    tcase_add_test(c, absurd_measurements_are_ignored);
    tcase_add_test(c, questions_about_nothing_or_never_are_answered_with_zero);
    tcase_add_test(c, a_clock_set_back_does_not_stop_learning);
    tcase_add_test(c, a_long_interval_is_forecast_by_its_mean);
    tcase_add_test(c, pv_gives_nothing_at_night);
    tcase_add_test(c, the_present_sky_lasts_for_hours_and_not_for_days);
    tcase_add_test(c, a_sunny_season_is_learned);
    tcase_add_test(c, a_reading_after_a_long_gap_counts_little);
    tcase_add_test(c, what_was_learned_can_be_kept_and_restored);
    tcase_add_test(c, a_state_of_an_older_version_is_understood);
    tcase_add_test(c, a_state_that_cannot_be_is_refused);
    tcase_add_test(c, persistence_says_what_was_at_this_time_of_yesterday);
    tcase_add_test(c, persistence_without_a_day_is_what_is_expected);
    tcase_add_test(c, what_is_given_is_believed_where_it_can_be);
    tcase_add_test(c, a_weather_forecast_that_cannot_be_is_refused);
    tcase_add_test(c, quantiles_ascend_around_what_is_expected);
    suite_add_tcase(suite, c);
}

int main(void)
{
    Suite *suite = suite_create("forecast");
    add_shapes(suite);
    add_forecast(suite);
    return run_suite(suite);
}
