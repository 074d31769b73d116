// SPDX-License-Identifier: GPL-3.0-or-later
// Forecasts of a whole plan at once, and what else may come: what days of the past did.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "forecast/forecast.h"
#include "tests/unit/run_suite.h"

enum { STEPS = 36 * 4, SCENARIOS = FORECAST_MAX_SCENARIOS };

static const int64_t minute = 60000, hour = 3600000, day = 86400000;

static struct site_load loads[] = {
    {.id = "office", .shape = SHAPE_OFFICE, .average_w = 30e3, .peak_w = 45e3},
    {.id = "homes", .shape = SHAPE_HOME, .average_w = 10e3, .peak_w = 20e3},
    {.id = "pump", .shape = SHAPE_FLAT, .average_w = 5e3, .peak_w = 5e3},
};
static struct site_pv pvs[] = {{.id = "roof", .peak_power_w = 100e3, .tilt_deg = 20, .azimuth_deg = 180}};
static const struct site area = {
    .latitude_deg = 35.89, .longitude_deg = 139.63, .loads = loads, .n_loads = 3, .pvs = pvs, .n_pvs = 1};

enum { OFFICE, HOMES, PUMP };

static struct forecast *f;
static struct forecast_steps *steps;
static int64_t from[STEPS], to[STEPS];
static double power_w[STEPS];

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

static void set_up(void)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(forecast_new(&area, &f), 0);
    steps = NULL;
}

static void tear_down(void)
{
    forecast_steps_free(steps);
    forecast_free(f);
}

// Each load at this share of its standard profile, PV at this share of the clear sky.
static void live(int64_t from_ms, int64_t to_ms, double load_ratio, double clearness)
{
    struct forecast *clear;
    ck_assert_int_eq(forecast_new(&area, &clear), 0);
    json_t *sunny = json_pack("{s:f, s:f, s:i}", "recent", 1.0, "slow", 1.0, "utc_ms", 0);
    ck_assert_int_eq(forecast_pv_from_json(clear, 0, sunny), 0);
    json_decref(sunny);
    for (int64_t t = from_ms; t < to_ms; t += minute) {
        for (int i = 0; i < 3; i++)
            forecast_learn_load(f, i, t, t + minute, load_ratio * load_standard_w(&area, &loads[i], t));
        forecast_learn_pv(f, 0, t, t + minute, clearness * forecast_pv_w(clear, 0, t, t, t));
    }
    forecast_free(clear);
}

static double level_of_day(int back)
{
    return 0.6 + 0.1 * back;
}

// Whole days, each with a level of its own: `back` days before `today`.
static void live_days(int64_t today, int days)
{
    for (int back = days; back >= 1; back--)
        live(today - back * day, today - (back - 1) * day, level_of_day(back), level_of_day(back) - 0.4);
}

static void look_ahead(int64_t now, int scenarios)
{
    for (int k = 0; k < STEPS; k++) {
        from[k] = now + k * 15 * minute;
        to[k] = from[k] + 15 * minute;
    }
    forecast_steps_free(steps);
    ck_assert_int_eq(forecast_steps_new(f, now, from, to, STEPS, scenarios, &steps), 0);
}

static double load_ratio(int load, int scenario, int step)
{
    int64_t middle = (from[step] + to[step]) / 2;
    forecast_steps_load_w(steps, load, scenario, power_w);
    return power_w[step] / load_standard_w(&area, &loads[load], middle);
}

START_TEST(the_expected_course_is_what_each_step_alone_is_forecast_to_be)
{
    int64_t now = at("2026-01-15T10:20:00+09:00");
    live(now - 2 * day, now - hour, 1.1, 0.5);
    live(now - hour, now, 1.4, 0.2);
    look_ahead(now, SCENARIOS);
    from[STEPS - 1] = to[STEPS - 2];
    to[STEPS - 1] = from[STEPS - 1] + 3 * hour + 7000; // an uneven one
    forecast_steps_free(steps);
    ck_assert_int_eq(forecast_steps_new(f, now, from, to, STEPS, 0, &steps), 0);
    for (int i = 0; i < 3; i++) {
        forecast_steps_load_w(steps, i, 0, power_w);
        for (int k = 0; k < STEPS; k++)
            ck_assert_double_eq_tol(power_w[k], forecast_load_w(f, i, now, from[k], to[k]), 1e-6);
    }
    forecast_steps_pv_w(steps, 0, 0, power_w);
    for (int k = 0; k < STEPS; k++)
        ck_assert_double_eq_tol(power_w[k], forecast_pv_w(f, 0, now, from[k], to[k]), 1e-6);
}
END_TEST

START_TEST(without_history_courses_spread_from_the_present_level)
{
    int64_t now = at("2026-01-15T10:00:00+09:00");
    look_ahead(now, SCENARIOS);
    double lowest = 9, highest = 0;
    for (int s = 1; s <= SCENARIOS; s++) {
        ck_assert_double_eq_tol(load_ratio(PUMP, s, 0), load_ratio(PUMP, 0, 0), 0.01);
        lowest = fmin(lowest, load_ratio(PUMP, s, STEPS - 1));
        highest = fmax(highest, load_ratio(PUMP, s, STEPS - 1));
    }
    ck_assert_double_eq_tol(lowest, 0.85, 0.01);
    ck_assert_double_eq_tol(highest, 1.15, 0.01);
    double expected_w[STEPS];
    forecast_steps_pv_w(steps, 0, 0, expected_w);
    ck_assert_int_eq(forecast_steps_days(steps), 0);
    forecast_steps_pv_w(steps, 0, 2, power_w);
    ck_assert_double_eq_tol(power_w[100] / expected_w[100], 0.5, 0.01); // 11:00 of the next day
    forecast_steps_pv_w(steps, 0, 3, power_w);
    ck_assert_double_eq_tol(power_w[100] / expected_w[100], 1.4, 0.01);
}
END_TEST

START_TEST(a_scenario_does_what_a_former_day_did)
{
    int64_t today = at("2026-01-16T00:00:00+09:00"); // a Friday; 12 to 15 were working days
    live_days(today, 4);
    look_ahead(today, 4);
    for (int s = 1; s <= 4; s++) { // late today, when the present level has faded
        ck_assert_double_eq_tol(load_ratio(OFFICE, s, 92), level_of_day(s), 0.08);
        ck_assert_double_eq_tol(load_ratio(HOMES, s, 92), level_of_day(s), 0.08);
    }
    double clear_w = 0;
    forecast_steps_pv_w(steps, 0, 4, power_w);
    clear_w = power_w[48] / (level_of_day(4) - 0.4); // 12:00
    forecast_steps_pv_w(steps, 0, 1, power_w);
    ck_assert_double_eq_tol(power_w[48] / clear_w, level_of_day(1) - 0.4, 0.08);
}
END_TEST

START_TEST(each_scenario_begins_at_what_was_measured_just_now)
{
    int64_t today = at("2026-01-16T00:00:00+09:00"), now = today + 10 * hour;
    live_days(today, 4);
    live(today, now, 0.9, 0.5);
    look_ahead(now, 4);
    for (int s = 1; s <= 4; s++) {
        double then = level_of_day(s), before = fabs(then - 0.9);
        ck_assert_double_le(fabs(load_ratio(HOMES, s, 0) - 0.9), 0.2 * before + 0.02);
        for (int k = 4; k < 48; k += 8) {
            double difference = fabs(load_ratio(HOMES, s, k) - 0.9);
            ck_assert_double_ge(difference, before > 0.05 ? 0.9 * fabs(load_ratio(HOMES, s, k - 4) - 0.9) - 0.02 : 0);
            ck_assert_double_le(difference, fabs(then - 0.9) + 0.03);
        }
    }
}
END_TEST

START_TEST(days_of_the_same_kind_come_first)
{
    int64_t today = at("2026-01-19T00:00:00+09:00"), now = today + hour; // a Monday
    live_days(today, 9);
    look_ahead(now, 9);
    static const int days_back[] = {3, 4, 5, 6, 7, 1, 2, 8, 9}; // Friday to Monday, then the weekends
    for (int s = 1; s <= 9; s++)
        ck_assert_double_eq_tol(load_ratio(HOMES, s, 88), level_of_day(days_back[s - 1]), 0.17);
}
END_TEST

START_TEST(a_few_scenarios_stand_for_all_days)
{
    int64_t today = at("2026-01-16T00:00:00+09:00"); // a Friday; of the eight days before six were working days
    static const double level[] = {0.9, 0.5, 1.1, 1.3, 0, 0, 0.7, 1.5};
    for (int back = 8; back >= 1; back--)
        live(today - back * day, today - (back - 1) * day, level[(back + 7) % 8], 0.5);
    look_ahead(today + hour, 3);
    static const double chosen[] = {1.1, 0.7, 1.5}; // the middle ones of 0.5 0.7, 0.9 1.1, 1.3 1.5, the higher of two
    for (int s = 1; s <= 3; s++)
        ck_assert_double_eq_tol(load_ratio(HOMES, s, 80), chosen[s - 1], 0.1);
}
END_TEST

START_TEST(tomorrow_takes_whole_days_that_have_been)
{
    int64_t today = at("2026-01-15T00:00:00+09:00"), now = today + 20 * hour; // a Thursday evening
    live_days(today, 3);
    live(today, now, 2, 0.5);
    look_ahead(now, 3);
    for (int s = 1; s <= 3; s++)
        ck_assert_double_eq_tol(load_ratio(HOMES, s, STEPS - 40), level_of_day(s), 0.15);
}
END_TEST

START_TEST(scenarios_beyond_the_days_that_are_known_have_a_spread)
{
    int64_t today = at("2026-01-16T00:00:00+09:00"), now = today + hour;
    live_days(today, 1);
    look_ahead(now, 3);
    ck_assert_int_eq(forecast_steps_days(steps), 1);
    double expected = load_ratio(HOMES, 0, 88);
    ck_assert_double_eq_tol(load_ratio(HOMES, 1, 88), level_of_day(1), 0.02);
    ck_assert_double_eq_tol(load_ratio(HOMES, 2, 88) / expected, 1.15, 0.01);
    ck_assert_double_eq_tol(load_ratio(HOMES, 3, 88) / expected, 0.85, 0.01);
}
END_TEST

START_TEST(a_gap_is_filled_with_what_is_expected)
{
    int64_t today = at("2026-01-16T00:00:00+09:00"), now = today + 10 * hour;
    live(today - day, today - 12 * hour, 0.7, 0.5); // nothing was measured in the afternoon
    live(today, now, 1.5, 0.5);
    look_ahead(now, 1);
    ck_assert_double_eq_tol(load_ratio(HOMES, 1, 20), load_ratio(HOMES, 0, 20), 1e-9);
}
END_TEST

START_TEST(days_that_are_too_long_ago_are_forgotten)
{
    int64_t today = at("2026-01-16T00:00:00+09:00");
    live_days(today, 4);
    int64_t later = today + 40 * day;
    live(later, later + hour, 1, 0);
    look_ahead(later + hour, 1);
    ck_assert_int_eq(forecast_steps_days(steps), 0);
    ck_assert_double_eq_tol(load_ratio(HOMES, 1, 88) / load_ratio(HOMES, 0, 88), 1, 0.01);
}
END_TEST

START_TEST(a_clock_set_back_by_days_begins_a_new_history)
{
    int64_t today = at("2026-01-16T00:00:00+09:00");
    live(today + 300 * day, today + 301 * day, 2, 0.5); // before the first synchronisation
    live_days(today, 2);
    look_ahead(today + hour, 2);
    ck_assert_double_eq_tol(load_ratio(HOMES, 2, 88), level_of_day(2), 0.02);
}
END_TEST

START_TEST(a_new_configuration_takes_the_history_over)
{
    static const struct site renamed = {
        .latitude_deg = 35.89, .longitude_deg = 139.63, .loads = loads + 1, .n_loads = 2, .pvs = pvs, .n_pvs = 1};
    int64_t today = at("2026-01-16T00:00:00+09:00");
    live_days(today, 3);
    double old_w[STEPS];
    look_ahead(today + hour, 3);
    forecast_steps_load_w(steps, PUMP, 2, old_w);
    forecast_steps_free(steps);
    steps = NULL;
    struct forecast *former = f;
    ck_assert_int_eq(forecast_new(&renamed, &f), 0);
    forecast_adopt_load(f, 1, former, PUMP);
    forecast_adopt_pv(f, 0, former, 0);
    forecast_adopt_load(f, 7, former, 1); // there is no such load
    forecast_free(former);
    look_ahead(today + hour, 3);
    forecast_steps_load_w(steps, 1, 2, power_w);
    for (int k = 0; k < STEPS; k++)
        ck_assert_double_eq_tol(power_w[k], old_w[k], 1e-6);
}
END_TEST

START_TEST(what_does_not_exist_has_no_power)
{
    look_ahead(at("2026-01-16T00:00:00+09:00"), 2);
    const int strange[][2] = {{-1, 0}, {3, 0}, {0, -1}, {0, 3}};
    for (size_t i = 0; i < 4; i++) {
        power_w[5] = 1;
        forecast_steps_load_w(steps, strange[i][0], strange[i][1], power_w);
        ck_assert_double_eq(power_w[5], 0);
        power_w[50] = 1;
        forecast_steps_pv_w(steps, strange[i][0], strange[i][1], power_w);
        ck_assert_double_eq(power_w[50], 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast_scenario");
    TCase *tc = tcase_create("scenarios");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_expected_course_is_what_each_step_alone_is_forecast_to_be);
    tcase_add_test(tc, without_history_courses_spread_from_the_present_level);
    tcase_add_test(tc, a_scenario_does_what_a_former_day_did);
    tcase_add_test(tc, each_scenario_begins_at_what_was_measured_just_now);
    tcase_add_test(tc, days_of_the_same_kind_come_first);
    tcase_add_test(tc, a_few_scenarios_stand_for_all_days);
    tcase_add_test(tc, tomorrow_takes_whole_days_that_have_been);
    tcase_add_test(tc, scenarios_beyond_the_days_that_are_known_have_a_spread);
    tcase_add_test(tc, a_gap_is_filled_with_what_is_expected);
    tcase_add_test(tc, days_that_are_too_long_ago_are_forgotten);
    tcase_add_test(tc, a_clock_set_back_by_days_begins_a_new_history);
    tcase_add_test(tc, a_new_configuration_takes_the_history_over);
    tcase_add_test(tc, what_does_not_exist_has_no_power);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
