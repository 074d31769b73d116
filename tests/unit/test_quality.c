// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "quality/quality.h"
#include "quality/sign.h"
#include "tests/unit/run_suite.h"

static const struct quality_limits limits = {
    .low = -1000, .high = 1000, .max_step = 100, .frozen_ms = 60000, .stale_ms = 3000};

static enum quality take_with(struct judge *j, const struct quality_limits *l, enum reading_status status, double value,
                              uint64_t now_mono_ms)
{
    struct reading r = {.quantity = QUANTITY_POWER_W, .status = status, .value = value};
    return judge_reading(j, l, &r, now_mono_ms);
}

static enum quality take(struct judge *j, double value, uint64_t now_mono_ms)
{
    return take_with(j, &limits, READING_GOOD, value, now_mono_ms);
}

static void assert_value(const struct judge *j, uint64_t now_mono_ms, double v, uint64_t mono_ms, enum quality q)
{
    struct value value = judge_value(j, &limits, now_mono_ms);
    ck_assert_double_eq(value.v, v);
    ck_assert_uint_eq(value.mono_ms, mono_ms);
    ck_assert_str_eq(quality_name(value.quality), quality_name(q));
    ck_assert(value_usable(value) == (q == QUALITY_GOOD));
}

START_TEST(a_value_that_was_never_read_is_none)
{
    struct judge j = {0};
    assert_value(&j, 1000000, 0, 0, QUALITY_NONE);
    ck_assert_int_eq(take_with(&j, &limits, READING_MISSING, 0, 1000), QUALITY_NONE);
}
END_TEST

START_TEST(a_plausible_reading_is_good_at_once)
{
    struct judge j = {0};
    ck_assert_int_eq(take(&j, 500, 1000), QUALITY_GOOD);
    assert_value(&j, 1500, 500, 1000, QUALITY_GOOD);
}
END_TEST

START_TEST(a_reading_that_is_not_implemented_is_invalid_and_keeps_the_last_good_value)
{
    struct judge j = {0};
    take(&j, 500, 1000);
    ck_assert_int_eq(take_with(&j, &limits, READING_NOT_IMPLEMENTED, 0, 2000), QUALITY_INVALID);
    assert_value(&j, 2000, 500, 1000, QUALITY_INVALID);
    assert_value(&j, 90000, 500, 1000, QUALITY_INVALID);
    ck_assert_int_eq(take(&j, 510, 3000), QUALITY_GOOD);
    assert_value(&j, 3000, 510, 3000, QUALITY_GOOD);
}
END_TEST

START_TEST(readings_out_of_range_or_not_finite_are_invalid)
{
    static const double wrong[] = {1000.1, -1000.1, 1e300, NAN, INFINITY, -INFINITY};
    struct judge j = {0};
    take(&j, 1, 500);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(take(&j, wrong[i], 1000), QUALITY_INVALID);
    ck_assert_int_eq(take_with(&j, &limits, READING_OUT_OF_RANGE, 5, 1000), QUALITY_INVALID);
    assert_value(&j, 1000, 1, 500, QUALITY_INVALID);
}
END_TEST

START_TEST(a_state_of_charge_above_100_or_below_0_percent_is_invalid)
{
    static const struct quality_limits soc = {.low = 0, .high = 1, .stale_ms = 3000};
    struct judge j = {0};
    ck_assert_int_eq(take_with(&j, &soc, READING_GOOD, 1.01, 1), QUALITY_INVALID);
    ck_assert_int_eq(take_with(&j, &soc, READING_GOOD, -0.01, 2), QUALITY_INVALID);
    ck_assert_int_eq(take_with(&j, &soc, READING_GOOD, 1, 3), QUALITY_GOOD);
}
END_TEST

START_TEST(an_invalid_value_does_not_become_usable_by_a_poll_without_answer)
{
    struct judge j = {0};
    take(&j, 500, 1000);
    take(&j, NAN, 2000);
    ck_assert_int_eq(take_with(&j, &limits, READING_MISSING, 0, 2500), QUALITY_INVALID);
    assert_value(&j, 2500, 500, 1000, QUALITY_INVALID);
}
END_TEST

START_TEST(the_first_good_reading_after_only_invalid_ones_is_no_spike)
{
    struct judge j = {0};
    take(&j, NAN, 1000);
    ck_assert_int_eq(take(&j, 900, 2000), QUALITY_GOOD);
}
END_TEST

START_TEST(a_spike_is_suspect_and_does_not_move_the_value)
{
    struct judge j = {0};
    take(&j, 0, 1000);
    ck_assert_int_eq(take(&j, 800, 2000), QUALITY_SUSPECT);
    assert_value(&j, 2000, 0, 1000, QUALITY_SUSPECT);
    ck_assert_int_eq(take(&j, 10, 3000), QUALITY_GOOD);
    assert_value(&j, 3000, 10, 3000, QUALITY_GOOD);
}
END_TEST

START_TEST(a_jump_that_a_second_reading_confirms_is_accepted)
{
    struct judge j = {0};
    take(&j, 0, 1000);
    take(&j, 800, 2000);
    ck_assert_int_eq(take(&j, 750, 3000), QUALITY_GOOD);
    assert_value(&j, 3000, 750, 3000, QUALITY_GOOD);
}
END_TEST

START_TEST(wild_readings_do_not_confirm_each_other)
{
    struct judge j = {0};
    take(&j, 0, 1000);
    ck_assert_int_eq(take(&j, 800, 2000), QUALITY_SUSPECT);
    ck_assert_int_eq(take(&j, -800, 3000), QUALITY_SUSPECT);
    ck_assert_int_eq(take(&j, 400, 4000), QUALITY_SUSPECT);
    // Nothing was accepted for more than three seconds.
    ck_assert_int_eq(take(&j, -400, 5000), QUALITY_STALE);
    assert_value(&j, 5000, 0, 1000, QUALITY_STALE);
}
END_TEST

START_TEST(an_invalid_reading_between_two_spikes_spoils_the_confirmation)
{
    struct judge j = {0};
    take(&j, 0, 1000);
    take(&j, 800, 2000);
    take(&j, NAN, 3000);
    ck_assert_int_ne(take(&j, 800, 3500), QUALITY_GOOD);
}
END_TEST

START_TEST(a_value_grows_stale_after_its_last_accepted_reading)
{
    struct judge j = {0};
    take(&j, 500, 1000);
    assert_value(&j, 4000, 500, 1000, QUALITY_GOOD);
    assert_value(&j, 4001, 500, 1000, QUALITY_STALE);
    ck_assert_int_eq(take_with(&j, &limits, READING_MISSING, 0, 4001), QUALITY_STALE);
    ck_assert_int_eq(take(&j, 510, 5000), QUALITY_GOOD);
}
END_TEST

START_TEST(an_age_below_zero_is_no_age)
{
    struct judge j = {0};
    take(&j, 500, 5000);
    assert_value(&j, 4000, 500, 5000, QUALITY_GOOD);
}
END_TEST

START_TEST(a_value_that_does_not_move_is_suspect_until_it_moves)
{
    struct judge j = {0};
    for (uint64_t now = 1000; now < 61000; now += 1000)
        ck_assert_int_eq(take(&j, 123.4, now), QUALITY_GOOD);
    ck_assert_int_eq(take(&j, 123.4, 61000), QUALITY_SUSPECT);
    assert_value(&j, 61000, 123.4, 61000, QUALITY_SUSPECT);
    ck_assert_int_eq(take(&j, 123.4, 62000), QUALITY_SUSPECT);
    ck_assert_int_eq(take(&j, 123.5, 63000), QUALITY_GOOD);
    ck_assert_int_eq(take(&j, 123.5, 64000), QUALITY_GOOD);
}
END_TEST

START_TEST(zero_power_at_night_is_not_frozen)
{
    struct judge j = {0};
    for (uint64_t now = 1000; now < 200000; now += 1000)
        ck_assert_int_eq(take(&j, 0, now), QUALITY_GOOD);
}
END_TEST

START_TEST(time_without_readings_does_not_freeze_a_value)
{
    struct judge j = {0};
    take(&j, 123.4, 1000);
    ck_assert_int_eq(take(&j, 123.4, 100000), QUALITY_GOOD);
    for (uint64_t now = 101000; now < 160000; now += 1000)
        ck_assert_int_eq(take(&j, 123.4, now), QUALITY_GOOD);
    ck_assert_int_eq(take(&j, 123.4, 160000), QUALITY_SUSPECT);
}
END_TEST

START_TEST(checks_that_are_off_let_everything_in_range_pass)
{
    static const struct quality_limits loose = {.low = -1000, .high = 1000, .stale_ms = 3000};
    struct judge j = {0};
    for (uint64_t now = 1000; now < 200000; now += 1000)
        ck_assert_int_eq(take_with(&j, &loose, READING_GOOD, now < 100000 ? 7 : -900, now), QUALITY_GOOD);
}
END_TEST

START_TEST(meters_of_loads_are_turned_round)
{
    ck_assert(!sign_is_turned(PROFILE_METER, ASSET_GRID, false));
    ck_assert(!sign_is_turned(PROFILE_METER, ASSET_TIE, false));
    ck_assert(sign_is_turned(PROFILE_METER, ASSET_LOAD, false));
    ck_assert(sign_is_turned(PROFILE_METER, ASSET_CHARGER, false));
    ck_assert(sign_is_turned(PROFILE_METER, ASSET_FLEXIBLE, false));
    ck_assert(sign_is_turned(PROFILE_METER, ASSET_CONVERTER, false));
    ck_assert(!sign_is_turned(PROFILE_METER, ASSET_STORE, false));
    ck_assert(!sign_is_turned(PROFILE_CHARGER, ASSET_CHARGER, false));
    ck_assert(!sign_is_turned(PROFILE_METER, ASSET_PV, false));
    ck_assert(!sign_is_turned(PROFILE_METER, ASSET_LOAD, true));
    ck_assert(!sign_is_turned(PROFILE_BATTERY, ASSET_BATTERY, false));
    ck_assert(sign_is_turned(PROFILE_BATTERY, ASSET_BATTERY, true));
}
END_TEST

START_TEST(turning_round_changes_power_and_swaps_the_counters)
{
    ck_assert_double_eq(sign_value_at_bus(QUANTITY_POWER_W, 5, true), -5);
    ck_assert_double_eq(sign_value_at_bus(QUANTITY_POWER_W, 5, false), 5);
    ck_assert_double_eq(sign_value_at_bus(QUANTITY_SOC_FRAC, 0.5, true), 0.5);
    ck_assert_int_eq(sign_quantity_at_bus(QUANTITY_ENERGY_IN_WH, true), QUANTITY_ENERGY_OUT_WH);
    ck_assert_int_eq(sign_quantity_at_bus(QUANTITY_ENERGY_OUT_WH, true), QUANTITY_ENERGY_IN_WH);
    ck_assert_int_eq(sign_quantity_at_bus(QUANTITY_ENERGY_IN_WH, false), QUANTITY_ENERGY_IN_WH);
    ck_assert_int_eq(sign_quantity_at_bus(QUANTITY_POWER_W, true), QUANTITY_POWER_W);
}
END_TEST

static void add_judging(TCase *c)
{
    tcase_add_test(c, a_value_that_was_never_read_is_none);
    tcase_add_test(c, a_plausible_reading_is_good_at_once);
    tcase_add_test(c, a_reading_that_is_not_implemented_is_invalid_and_keeps_the_last_good_value);
    tcase_add_test(c, readings_out_of_range_or_not_finite_are_invalid);
    tcase_add_test(c, a_state_of_charge_above_100_or_below_0_percent_is_invalid);
    tcase_add_test(c, an_invalid_value_does_not_become_usable_by_a_poll_without_answer);
    tcase_add_test(c, the_first_good_reading_after_only_invalid_ones_is_no_spike);
    tcase_add_test(c, a_spike_is_suspect_and_does_not_move_the_value);
    tcase_add_test(c, a_jump_that_a_second_reading_confirms_is_accepted);
    tcase_add_test(c, wild_readings_do_not_confirm_each_other);
    tcase_add_test(c, an_invalid_reading_between_two_spikes_spoils_the_confirmation);
    tcase_add_test(c, a_value_grows_stale_after_its_last_accepted_reading);
    tcase_add_test(c, an_age_below_zero_is_no_age);
    tcase_add_test(c, a_value_that_does_not_move_is_suspect_until_it_moves);
    tcase_add_test(c, zero_power_at_night_is_not_frozen);
    tcase_add_test(c, time_without_readings_does_not_freeze_a_value);
    tcase_add_test(c, checks_that_are_off_let_everything_in_range_pass);
}

int main(void)
{
    Suite *suite = suite_create("quality");
    TCase *judging = tcase_create("judging");
    add_judging(judging);
    suite_add_tcase(suite, judging);
    TCase *sign = tcase_create("sign");
    tcase_add_test(sign, meters_of_loads_are_turned_round);
    tcase_add_test(sign, turning_round_changes_power_and_swaps_the_counters);
    suite_add_tcase(suite, sign);
    return run_suite(suite);
}
