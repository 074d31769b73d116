// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "tests/unit/control_assets.h"
#include "tests/unit/run_suite.h"

// ---- limits ---------------------------------------------------------------------------------------------------------

START_TEST(a_load_step_above_the_import_limit_is_held_in_one_step)
{
    struct regulate_asset a[] = {grid(1.2e6), battery(0)}; // 900 kW before, + 300 kW
    struct outcome o = step(a, 2, 1);
    ck_assert(o.commands[1].command);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 2e5, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_IMPORT_LIMIT);
    ck_assert_int_eq(o.commands[1].reason_asset, 0);
    ck_assert_double_eq(o.buses[0].excess_import_w, 0);
}
END_TEST

START_TEST(what_nobody_can_take_off_the_limit_is_reported)
{
    struct regulate_asset a[] = {grid(1.8e6), battery(0)};
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 5e5, 1);
    ck_assert_double_eq_tol(o.buses[0].excess_import_w, 3e5, 1);
}
END_TEST

START_TEST(cheaper_batteries_hold_the_limit_first)
{
    struct regulate_asset a[] = {grid(1.6e6), battery(0), battery(0)};
    a[2].more_cost_per_kwh = 33;
    struct outcome o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 5e5, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 1e5, 1);
}
END_TEST

START_TEST(a_full_battery_leaves_the_export_limit_to_the_pv_plant)
{
    struct regulate_asset a[] = {grid(-150e3), battery(0), pv(200e3)};
    a[0].export_limit_w = 0;
    a[1].min_w = 0; // full
    struct outcome o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 50e3, 1);
    ck_assert_int_eq(o.commands[2].reason, REASON_EXPORT_LIMIT);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 0, 1);
    ck_assert_double_eq(o.buses[0].excess_export_w, 0);
}
END_TEST

START_TEST(a_battery_with_room_takes_the_surplus_before_the_pv_plant_is_curtailed)
{
    struct regulate_asset a[] = {grid(-150e3), battery(0), pv(200e3)};
    a[0].export_limit_w = 0;
    struct outcome o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, -150e3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 200e3, 1);
}
END_TEST

START_TEST(an_import_is_kept_by_those_who_give_and_by_nobody_else)
{
    struct regulate_asset a[] = {grid(0), battery(20e3), pv(100e3)};
    a[0].export_limit_w = -5e3;
    a[1].plan_w = 20e3;
    struct outcome o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 15e3, 1);
    // The load alone draws less than what is to be kept.
    a[1].plan_w = a[1].measured_w = a[1].setpoint_w = 0;
    a[2].measured_w = a[2].max_w = 0;
    a[0].measured_w = 3e3;
    o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 0, 1);
    ck_assert_double_eq(o.buses[0].excess_export_w, 0);
}
END_TEST

START_TEST(a_curtailed_pv_plant_is_given_back_when_there_is_room)
{
    struct regulate_asset a[] = {grid(30e3), pv(50e3)};
    a[0].export_limit_w = 0;
    a[1].max_w = 200e3; // could give more
    a[1].has_setpoint = true;
    a[1].setpoint_w = 50e3;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 80e3, 1);
}
END_TEST

START_TEST(a_negative_export_price_curtails_pv)
{
    struct regulate_asset a[] = {grid(-50e3), pv(200e3)};
    a[0].export_price_per_kwh = -4;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 150e3, 1);
}
END_TEST

START_TEST(sheddable_load_and_generators_hold_the_import_limit_when_the_battery_cannot)
{
    struct regulate_asset a[] = {grid(1.9e6), battery(0), sheddable_load(), generator(0)};
    struct outcome o = step(a, 4, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 5e5, 1);
    ck_assert_double_eq_tol(o.commands[3].setpoint_w, 2e5, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, -700e3, 1);
    ck_assert_double_eq(o.buses[0].excess_import_w, 0);
}
END_TEST

START_TEST(no_load_is_shed_while_a_battery_is_on_its_way)
{
    struct regulate_asset a[] = {grid(1.2e6), battery(0), sheddable_load()};
    a[1].ramp_w_per_s = 150e3;
    struct outcome o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, -900e3, 1);
    a[0].measured_w = 1.6e6; // more than it will have covered in a moment
    o = step(a, 3, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 150e3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, -600e3, 1);
}
END_TEST

START_TEST(a_generator_that_is_needed_runs_at_its_minimum_at_least)
{
    struct regulate_asset a[] = {grid(1.02e6), generator(0)};
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, 100e3, 1);
    a[0].measured_w = 0.9e6;
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, 0, 1);
}
END_TEST

// ---- merit order ----------------------------------------------------------------------------------------------------

START_TEST(a_battery_worth_less_than_the_import_price_takes_the_deviation)
{
    struct regulate_asset a[] = {grid(80e3), battery(0)};
    a[1].more_cost_per_kwh = 20;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 80e3, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_REGULATION);
}
END_TEST

START_TEST(a_battery_whose_value_equals_the_price_keeps_to_the_plan)
{
    struct regulate_asset a[] = {grid(280e3), battery(-100e3)};
    a[1].plan_w = -200e3;
    a[1].more_cost_per_kwh = 30.001;
    a[1].less_saving_per_kwh = 30.0;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, -200e3, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_NONE);
}
END_TEST

START_TEST(the_months_peak_is_kept_by_the_battery)
{
    struct regulate_asset a[] = {grid(900e3), battery(0)};
    a[0].peak_limit_w = 800e3;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 100e3, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_PEAK);
}
END_TEST

START_TEST(charging_does_not_go_beyond_the_months_peak)
{
    struct regulate_asset a[] = {grid(700e3), battery(0)};
    a[0].peak_limit_w = 800e3;
    a[1].plan_w = -300e3;
    a[1].more_cost_per_kwh = 45;
    a[1].less_saving_per_kwh = 40;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, -100e3, 1);
}
END_TEST

START_TEST(without_a_plan_the_costs_of_the_rule_decide)
{
    struct regulate_asset a[] = {grid(-60e3), battery(10e3)};
    a[1].has_plan = false;
    a[1].more_cost_per_kwh = a[1].less_saving_per_kwh = 20; // between export and import price
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, -50e3, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_RULE);
    a[0].measured_w = 40e3;
    o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 50e3, 1);
}
END_TEST

START_TEST(a_ramp_limits_the_change_of_a_setpoint)
{
    struct regulate_asset a[] = {grid(1.4e6), battery(0)};
    a[1].ramp_w_per_s = 50e3;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 50e3, 1);
    ck_assert_double_eq_tol(o.buses[0].excess_import_w, 350e3, 1);
}
END_TEST

START_TEST(a_limit_of_the_asset_is_kept_at_once_even_by_a_plan)
{
    struct regulate_asset a[] = {grid(0), battery(300e3)};
    a[1].plan_w = 300e3;
    a[1].max_w = 0; // empty by now
    a[1].ramp_w_per_s = 10e3;
    struct outcome o = step(a, 2, 1);
    ck_assert_double_eq(o.commands[1].setpoint_w, 0);
}
END_TEST

START_TEST(small_changes_leave_the_setpoint_standing)
{
    struct regulate_asset a[] = {grid(1e6 + 900), battery(0)};
    a[1].has_setpoint = true;
    ck_assert_double_eq(step(a, 2, 1).commands[1].setpoint_w, 0);
    a[0].measured_w = 1e6 + 2500;
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, 2500, 1);
    struct regulate_asset rest[] = {grid(100e3), battery(40)}; // but rest is rest
    rest[1].more_cost_per_kwh = 31;
    ck_assert_double_eq(step(rest, 2, 1).commands[1].setpoint_w, 0);
}
END_TEST

// ---- what is lost ---------------------------------------------------------------------------------------------------

START_TEST(without_a_grid_reading_an_unreachable_battery_counts_with_its_worst_case)
{
    struct regulate_asset load = {.kind = ASSET_LOAD, .from_bus = -1, .measured = true, .measured_w = -900e3};
    struct regulate_asset a[] = {grid(0), battery(0), battery(0), load};
    a[0].measured = false;
    a[2].commandable = a[2].measured = false;
    a[2].assumed_w = -300e3;
    struct outcome o = step(a, 4, 1);
    ck_assert(!o.commands[2].command);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 200e3, 1);
}
END_TEST

START_TEST(with_a_grid_reading_it_counts_with_what_it_really_does)
{
    struct regulate_asset a[] = {grid(1.1e6), battery(0), battery(0)};
    a[2].commandable = a[2].measured = false;
    a[2].assumed_w = -300e3;
    ck_assert_double_eq_tol(step(a, 3, 1).commands[1].setpoint_w, 100e3, 1);
}
END_TEST

static void spoil(struct regulate_asset *a, int which)
{
    double *numbers[] = {&a->measured_w,        &a->setpoint_w,          &a->plan_w,      &a->min_w, &a->max_w,
                         &a->more_cost_per_kwh, &a->less_saving_per_kwh, &a->ramp_w_per_s};
    *numbers[which] = which % 2 ? NAN : INFINITY;
}

START_TEST(an_asset_with_a_number_that_is_none_is_left_alone)
{
    struct regulate_asset a[] = {grid(1.2e6), battery(0), battery(0)};
    spoil(&a[1], _i);
    struct outcome o = step(a, 3, 1);
    ck_assert(!o.commands[1].command);
    ck_assert(o.commands[2].command);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 2e5, 1);
}
END_TEST

START_TEST(a_grid_reading_that_is_no_number_does_not_spread)
{
    struct regulate_asset a[] = {grid(NAN), battery(0)};
    a[0].import_price_per_kwh = NAN;
    struct outcome o = step(a, 2, 1);
    ck_assert(isfinite(o.commands[1].setpoint_w));
    ck_assert(isfinite(o.buses[0].excess_import_w));
}
END_TEST

// ---- closed loop ----------------------------------------------------------------------------------------------------

struct loop {
    double load_w;
    double battery_w;
    double delayed[3]; // setpoints on their way
    int lag;
    int turns; // changes of direction of the setpoint
    double last_setpoint_w, last_move_w;
};

static double loop_step(struct loop *l, double limit_w)
{
    l->battery_w = l->lag == 0 ? l->last_setpoint_w : l->delayed[l->lag - 1];
    struct regulate_asset a[] = {grid(l->load_w - l->battery_w), battery(l->battery_w)};
    a[0].import_limit_w = limit_w;
    a[1].setpoint_w = l->last_setpoint_w;
    double setpoint_w = step(a, 2, 1).commands[1].setpoint_w;
    double move_w = setpoint_w - l->last_setpoint_w;
    if (move_w * l->last_move_w < 0)
        l->turns++;
    if (move_w != 0)
        l->last_move_w = move_w;
    memmove(l->delayed + 1, l->delayed, 2 * sizeof *l->delayed);
    l->delayed[0] = l->last_setpoint_w = setpoint_w;
    return l->load_w - l->battery_w;
}

START_TEST(a_step_is_answered_without_oscillation_by_a_device_that_lags)
{
    struct loop l = {.load_w = 900e3, .lag = _i};
    for (int k = 0; k < 5; k++)
        loop_step(&l, 980e3);
    l.load_w = 1200e3;
    double grid_w = 0;
    for (int k = 0; k < 20; k++) {
        grid_w = loop_step(&l, 980e3);
        ck_assert(k <= _i || grid_w <= 981e3);
    }
    ck_assert_double_eq_tol(grid_w, 980e3, 1000);
    ck_assert_int_eq(l.turns, 0);
    l.load_w = 900e3;
    for (int k = 0; k < 20; k++)
        loop_step(&l, 980e3);
    ck_assert_int_eq(l.turns, 1); // back, once
    ck_assert_double_eq_tol(l.last_setpoint_w, 0, 1000);
}
END_TEST

START_TEST(noise_turns_the_setpoint_no_more_often_than_it_turns_itself)
{
    struct loop l = {.load_w = 1100e3, .lag = _i};
    unsigned seed = 7;
    int turns = 0;
    double last_noise_w = 0, last_move_w = 0;
    for (int k = 0; k < 500; k++) {
        seed = seed * 1103515245u + 12345u;
        double noise_w = ((seed >> 16) % 2001 - 1000.0) * 5; // +-5 kW
        double move_w = noise_w - last_noise_w;
        turns += move_w * last_move_w < 0;
        last_move_w = move_w;
        last_noise_w = noise_w;
        l.load_w = 1100e3 + noise_w;
        loop_step(&l, 980e3);
    }
    ck_assert_int_le(l.turns, turns + 1);
    ck_assert_double_eq_tol(l.last_setpoint_w, 120e3, 7e3);
}
END_TEST

START_TEST(noise_within_the_deadband_moves_nothing)
{
    struct loop l = {.load_w = 1100e3, .lag = 1};
    for (int k = 0; k < 5; k++)
        loop_step(&l, 980e3);
    double setpoint_w = l.last_setpoint_w;
    for (int k = 0; k < 100; k++) {
        l.load_w = 1100e3 + (k % 2 ? 800 : -800);
        loop_step(&l, 980e3);
        ck_assert_double_eq(l.last_setpoint_w, setpoint_w);
    }
}
END_TEST

START_TEST(nothing_is_allocated)
{
    allocations_watch();
    struct regulate_asset a[] = {grid(1.6e6), battery(0), grid(1.1e6), tie(), pv(1e5)};
    a[2].bus = 1;
    size_t before = allocation_count;
    struct outcome o = step(a, 5, 2);
    ck_assert_uint_eq(allocation_count, before);
    free(malloc(16));
    ck_assert_uint_gt(allocation_count, before); // the counter counts
    ck_assert(o.commands[1].command);
}
END_TEST

START_TEST(more_assets_than_an_area_may_have_are_refused_quietly)
{
    size_t n = SITE_MAX_ASSETS + 1;
    struct regulate_asset *a = calloc(n, sizeof *a);
    struct regulate_command *c = calloc(n, sizeof *c);
    struct regulate_bus_result b;
    c[n - 1].command = true;
    struct regulate_bus electric = {true};
    const struct regulate_area area = {.assets = a, .n_assets = n, .buses = &electric, .n_buses = 1, .dt_s = 1};
    regulate(&area, c, &b, NULL);
    ck_assert(!c[n - 1].command);
    free(a);
    free(c);
}
END_TEST

static Suite *control_suite(void)
{
    Suite *s = suite_create("control");
    TCase *limits = tcase_create("limits");
    tcase_add_test(limits, a_load_step_above_the_import_limit_is_held_in_one_step);
    tcase_add_test(limits, what_nobody_can_take_off_the_limit_is_reported);
    tcase_add_test(limits, cheaper_batteries_hold_the_limit_first);
    tcase_add_test(limits, a_full_battery_leaves_the_export_limit_to_the_pv_plant);
    tcase_add_test(limits, a_battery_with_room_takes_the_surplus_before_the_pv_plant_is_curtailed);
    tcase_add_test(limits, an_import_is_kept_by_those_who_give_and_by_nobody_else);
    tcase_add_test(limits, a_curtailed_pv_plant_is_given_back_when_there_is_room);
    tcase_add_test(limits, a_negative_export_price_curtails_pv);
    tcase_add_test(limits, sheddable_load_and_generators_hold_the_import_limit_when_the_battery_cannot);
    tcase_add_test(limits, no_load_is_shed_while_a_battery_is_on_its_way);
    tcase_add_test(limits, a_generator_that_is_needed_runs_at_its_minimum_at_least);
    suite_add_tcase(s, limits);
    TCase *merit = tcase_create("merit order");
    tcase_add_test(merit, a_battery_worth_less_than_the_import_price_takes_the_deviation);
    tcase_add_test(merit, a_battery_whose_value_equals_the_price_keeps_to_the_plan);
    tcase_add_test(merit, the_months_peak_is_kept_by_the_battery);
    tcase_add_test(merit, charging_does_not_go_beyond_the_months_peak);
    tcase_add_test(merit, without_a_plan_the_costs_of_the_rule_decide);
    tcase_add_test(merit, a_ramp_limits_the_change_of_a_setpoint);
    tcase_add_test(merit, a_limit_of_the_asset_is_kept_at_once_even_by_a_plan);
    tcase_add_test(merit, small_changes_leave_the_setpoint_standing);
    suite_add_tcase(s, merit);
    TCase *lost = tcase_create("lost data");
    tcase_add_test(lost, without_a_grid_reading_an_unreachable_battery_counts_with_its_worst_case);
    tcase_add_test(lost, with_a_grid_reading_it_counts_with_what_it_really_does);
    tcase_add_loop_test(lost, an_asset_with_a_number_that_is_none_is_left_alone, 0, 8);
    tcase_add_test(lost, a_grid_reading_that_is_no_number_does_not_spread);
    tcase_add_test(lost, more_assets_than_an_area_may_have_are_refused_quietly);
    suite_add_tcase(s, lost);
    TCase *loop = tcase_create("closed loop");
    tcase_add_loop_test(loop, a_step_is_answered_without_oscillation_by_a_device_that_lags, 0, 3);
    tcase_add_loop_test(loop, noise_turns_the_setpoint_no_more_often_than_it_turns_itself, 0, 3);
    tcase_add_test(loop, noise_within_the_deadband_moves_nothing);
    tcase_add_test(loop, nothing_is_allocated);
    suite_add_tcase(s, loop);
    return s;
}

int main(void)
{
    return run_suite(control_suite());
}
