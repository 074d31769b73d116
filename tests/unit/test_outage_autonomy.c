// SPDX-License-Identifier: GPL-3.0-or-later
// For how long would it last: cases reckoned by hand.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "outage/autonomy.h"
#include "tests/unit/run_suite.h"

enum { STEPS = 72 };
static double loads_w[TIER_COUNT][STEPS], sun_w[STEPS];

// 72 hours of 1 kW lifelines, 1 kW important, 2 kW ordinary and 1 kW deferrable loads, no sun; nothing in store.
static struct autonomy_input area(void)
{
    static const double tier_w[TIER_COUNT] = {1000, 1000, 2000, 1000};
    struct autonomy_input in = {.n_steps = STEPS, .step_h = 1, .pv_w = sun_w, .charge_efficiency = 1};
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        for (int i = 0; i < STEPS; i++)
            loads_w[tier][i] = tier_w[tier];
        in.load_w[tier] = loads_w[tier];
    }
    for (int i = 0; i < STEPS; i++)
        sun_w[i] = 0;
    return in;
}

static void assert_hours(struct autonomy_input in, double lifeline, double important, double ordinary, double all)
{
    double h[TIER_COUNT];
    autonomy_hours(&in, h);
    const double expected[TIER_COUNT] = {lifeline, important, ordinary, all};
    for (int tier = 0; tier < TIER_COUNT; tier++)
        ck_assert_msg(fabs(h[tier] - expected[tier]) < 1e-6, "tier %d lasts %.9g h, not %.9g", tier, h[tier],
                      expected[tier]);
}

START_TEST(nothing_in_store_lasts_no_time)
{
    assert_hours(area(), 0, 0, 0, 0);
}
END_TEST

START_TEST(a_battery_lasts_as_long_as_its_energy_within_an_hour_too)
{
    struct autonomy_input in = area();
    in.stored_wh = 10500;
    in.give_w = 10000;
    assert_hours(in, 10.5, 5.25, 10500.0 / 4000, 2.1);
}
END_TEST

START_TEST(a_battery_too_weak_for_the_load_does_not_serve_it_at_all)
{
    struct autonomy_input in = area();
    in.stored_wh = 10000;
    in.give_w = 2500;
    assert_hours(in, 10, 5, 0, 0);
}
END_TEST

START_TEST(a_generator_lasts_as_long_as_its_fuel)
{
    struct autonomy_input in = area();
    in.fuel_wh = 60000;
    in.generator_w = 4000;
    assert_hours(in, 60, 30, 15, 0);
    in.fuel_wh = INFINITY;
    assert_hours(in, 72, 72, 72, 0);
}
END_TEST

START_TEST(both_together_bear_what_neither_can_alone)
{
    struct autonomy_input in = area();
    in.stored_wh = 3000;
    in.give_w = 1000;
    in.fuel_wh = 40000;
    in.generator_w = 4000;
    // All: 4 kW from the generator, 1 kW from the battery, which is empty after 3 h. Ordinary: 43 kWh at 4 kW.
    assert_hours(in, 43, 21.5, 10.75, 3);
}
END_TEST

START_TEST(the_sun_serves_and_what_is_over_is_kept_for_the_night)
{
    struct autonomy_input in = area();
    for (int i = 0; i < STEPS; i++)
        sun_w[i] = i % 24 < 8 ? 4000 : 0; // 32 kWh a day
    in.give_w = in.take_w = 3000;
    in.room_wh = 100000;
    in.charge_efficiency = 0.8;
    // Lifelines: 8 h of 3 kW over, 24 kWh * 0.8 = 19.2 kWh for 16 h of 1 kW: it never ends.
    // Important: 2 kW over, 16 kWh * 0.8 = 12.8 kWh last 6.4 h of the night. Ordinary: the day alone. All: at once.
    assert_hours(in, 72, 14.4, 8, 0);
    in.room_wh = 5000; // 5 kWh put in give 4 kWh
    assert_hours(in, 12, 10, 8, 0);
    in.room_wh = 100000;
    in.take_w = 1000; // 8 kWh put in give 6.4 kWh
    assert_hours(in, 14.4, 11.2, 8, 0);
}
END_TEST

START_TEST(a_battery_that_is_used_first_leaves_room_for_the_sun)
{
    struct autonomy_input in = area();
    in.n_steps = 40;
    for (int i = 12; i < 18; i++)
        sun_w[i] = 3000;
    in.stored_wh = 12000;
    in.give_w = in.take_w = 5000;
    in.fuel_wh = 1000;
    in.generator_w = 1000;
    // 12 h of lifelines from the battery, then the sun fills it: 12 kWh until hour 30, and an hour of fuel. With the
    // generator first there would be room for 11 kWh of the sun alone.
    assert_hours(in, 31, 6.5, 3.25, 2.6);
}
END_TEST

START_TEST(a_generator_fills_the_battery_for_the_peak)
{
    struct autonomy_input in = area();
    for (int i = 0; i < STEPS; i++)
        loads_w[TIER_LIFELINE][i] = i % 2 ? 3000 : 1000;
    in.room_wh = 1000;
    in.give_w = in.take_w = 1000;
    in.fuel_wh = INFINITY;
    in.generator_w = 2000;
    assert_hours(in, 72, 1, 0, 0);
}
END_TEST

START_TEST(a_tier_more_never_lasts_longer)
{
    struct autonomy_input in = area();
    uint32_t state = 7;
    for (int draw = 0; draw < 300; draw++) {
        double dice[8];
        for (int i = 0; i < 8; i++) {
            state = state * 1664525u + 1013904223u;
            dice[i] = (state >> 8) / 16777216.0;
        }
        for (int i = 0; i < STEPS; i++)
            sun_w[i] = i % 24 < 8 ? 5000 * dice[0] : 0;
        in.stored_wh = 50000 * dice[1], in.room_wh = 50000 * dice[2], in.charge_efficiency = dice[3];
        in.give_w = 8000 * dice[4], in.take_w = 8000 * dice[5];
        in.fuel_wh = 200000 * dice[6], in.generator_w = 6000 * dice[7];
        double h[TIER_COUNT];
        autonomy_hours(&in, h);
        for (int tier = 0; tier < TIER_COUNT; tier++) {
            ck_assert(h[tier] >= 0 && h[tier] <= STEPS + 1e-9);
            ck_assert(tier == 0 || h[tier] <= h[tier - 1]);
        }
    }
}
END_TEST

START_TEST(what_is_missing_or_no_number_counts_as_nothing)
{
    struct autonomy_input in = {.n_steps = 4, .step_h = 0.5};
    assert_hours(in, 2, 2, 2, 2); // nobody draws anything
    in = area();
    in.stored_wh = in.give_w = in.take_w = in.room_wh = in.fuel_wh = in.generator_w = in.charge_efficiency = NAN;
    assert_hours(in, 0, 0, 0, 0);
    in.stored_wh = 5000;
    in.give_w = 5000;
    assert_hours(in, 5, 2.5, 1.25, 1);
    in.n_steps = 0;
    assert_hours(in, 0, 0, 0, 0);
}
END_TEST

START_TEST(a_forecast_that_is_too_long_is_cut)
{
    static double long_w[AUTONOMY_MAX_STEPS];
    struct autonomy_input in = {.n_steps = 10 * AUTONOMY_MAX_STEPS, .step_h = 1, .load_w = {long_w}};
    double h[TIER_COUNT];
    autonomy_hours(&in, h);
    ck_assert_double_eq(h[TIER_LIFELINE], AUTONOMY_MAX_STEPS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_autonomy");
    TCase *tests = tcase_create("autonomy");
    tcase_add_test(tests, nothing_in_store_lasts_no_time);
    tcase_add_test(tests, a_battery_lasts_as_long_as_its_energy_within_an_hour_too);
    tcase_add_test(tests, a_battery_too_weak_for_the_load_does_not_serve_it_at_all);
    tcase_add_test(tests, a_generator_lasts_as_long_as_its_fuel);
    tcase_add_test(tests, both_together_bear_what_neither_can_alone);
    tcase_add_test(tests, the_sun_serves_and_what_is_over_is_kept_for_the_night);
    tcase_add_test(tests, a_battery_that_is_used_first_leaves_room_for_the_sun);
    tcase_add_test(tests, a_generator_fills_the_battery_for_the_peak);
    tcase_add_test(tests, a_tier_more_never_lasts_longer);
    tcase_add_test(tests, what_is_missing_or_no_number_counts_as_nothing);
    tcase_add_test(tests, a_forecast_that_is_too_long_is_cut);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
