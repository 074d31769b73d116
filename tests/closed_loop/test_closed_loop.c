// SPDX-License-Identifier: GPL-3.0-or-later
// Two days of a block with jumping loads and clouds, the second with a demand response: limits are kept, and the
// batteries do little more than was planned. bench_month does the same for a month.
#include <check.h>
#include <stdio.h>

#include "base/instant.h"
#include "closed_loop.h"
#include "tests/unit/run_suite.h"

enum { DAYS = 2, DAY_S = 86400 };

static const char *config_path;
static struct closed_loop_figures figures; // of the one run that all tests look at

static void run_two_days(void)
{
    struct closed_loop_options options = {.seed = 1,
                                          .load_steps = 0.3,
                                          .clouds = 0.7,
                                          .meter_noise_frac = 0.001,
                                          .dr_every_days = DAYS,
                                          .dr_limit_w = 500e3};
    struct closed_loop *loop;
    ck_assert_int_eq(rfc3339_parse("2026-05-07T00:00:00+09:00", &options.start_utc_ms), 0); // a Thursday
    ck_assert_int_eq(closed_loop_open(config_path, &options, &loop), 0);
    closed_loop_run(loop, (int64_t)DAYS * DAY_S);
    closed_loop_figures(loop, &figures);
    closed_loop_close(loop);
}

START_TEST(a_plan_is_found_every_time)
{
    ck_assert_uint_ge(figures.plans, DAYS * DAY_S / 300);
    ck_assert_uint_eq(figures.failed_plans, 0);
}
END_TEST

START_TEST(no_window_exceeds_the_contract_or_the_demand_response)
{
    ck_assert_uint_ge(figures.windows, 2 * DAYS * 47);
    ck_assert_uint_eq(figures.over_contract, 0);
    ck_assert_uint_eq(figures.over_limit, 0);
}
END_TEST

START_TEST(limits_of_each_second_are_exceeded_for_moments_only)
{
    ck_assert_double_le(figures.outside_longest_s, 2); // one until it is measured, one until the device is told
    ck_assert_double_le(figures.over_limit_longest_s, 2);
    ck_assert_double_le(figures.group_over_s, 2);
}
END_TEST

START_TEST(batteries_stay_within_their_limits)
{
    ck_assert_double_eq(figures.soc_outside_s, 0);
    ck_assert_double_ge(figures.soc_lowest_frac, 0.099);
    ck_assert_double_le(figures.soc_highest_frac, 0.951);
}
END_TEST

// Beyond half a percent; a single one of 53 kW at a connection of 400 kW stays 0.2 kW above that.
START_TEST(windows_keep_the_peaks_of_month_and_plan)
{
    ck_assert_uint_le(figures.over_peak, 1);
    ck_assert_double_le(figures.worst_peak_w, 300);
}
END_TEST

START_TEST(batteries_move_little_more_than_planned)
{
    ck_assert_double_gt(figures.planned_wh, 1e6);
    ck_assert_double_le(figures.throughput_wh, 1.1 * figures.planned_wh);
}
END_TEST

START_TEST(batteries_hardly_turn_without_cause)
{
    ck_assert_uint_le(figures.turns_per_min, 1);
    ck_assert_uint_eq(figures.restless_minutes, 0);
}
END_TEST

START_TEST(vehicles_leave_with_what_they_wanted)
{
    ck_assert_uint_ge(figures.stays, 6);
    ck_assert_uint_eq(figures.short_stays, 0);
}
END_TEST

int main(int argc, char **argv)
{
    config_path = argc > 1 ? argv[1] : "tests/closed_loop/block.yaml";
    Suite *suite = suite_create("closed loop");
    TCase *c = tcase_create("two days");
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, run_two_days, NULL);
    tcase_add_test(c, a_plan_is_found_every_time);
    tcase_add_test(c, no_window_exceeds_the_contract_or_the_demand_response);
    tcase_add_test(c, limits_of_each_second_are_exceeded_for_moments_only);
    tcase_add_test(c, batteries_stay_within_their_limits);
    tcase_add_test(c, windows_keep_the_peaks_of_month_and_plan);
    tcase_add_test(c, batteries_move_little_more_than_planned);
    tcase_add_test(c, batteries_hardly_turn_without_cause);
    tcase_add_test(c, vehicles_leave_with_what_they_wanted);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
