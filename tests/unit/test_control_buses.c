// SPDX-License-Identifier: GPL-3.0-or-later
// Regulation of several buses: each keeps its own limits, and ties help.
#include <check.h>
#include <math.h>

#include "tests/unit/control_assets.h"
#include "tests/unit/run_suite.h"

START_TEST(each_bus_keeps_its_own_limit)
{
    struct regulate_asset a[] = {grid(1.1e6), battery(0), grid(0.2e6), battery(0)};
    a[2].bus = a[3].bus = 1;
    struct outcome o = step(a, 4, 2);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 100e3, 1);
    ck_assert_double_eq_tol(o.commands[3].setpoint_w, 0, 1);
}
END_TEST

START_TEST(a_tie_helps_a_bus_that_cannot_hold_its_limit_alone)
{
    struct regulate_asset a[] = {grid(0.5e6), battery(0), grid(1.1e6), tie()};
    a[2].bus = 1;
    struct outcome o = step(a, 4, 2);
    ck_assert_double_eq_tol(o.commands[3].setpoint_w, 100e3, 1);
    ck_assert_int_eq(o.commands[3].reason, REASON_IMPORT_LIMIT);
    ck_assert_double_eq(o.buses[1].excess_import_w, 0);
}
END_TEST

START_TEST(a_tie_helps_only_as_far_as_the_other_bus_has_room)
{
    struct regulate_asset a[] = {grid(0.95e6), grid(1.2e6), tie()};
    a[1].bus = 1;
    struct outcome o = step(a, 3, 2);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 49e3, 1); // 50 kW of room less 2 %
    ck_assert_double_eq_tol(o.buses[1].excess_import_w, 151e3, 1);
    ck_assert_double_eq(o.buses[0].excess_import_w, 0);
}
END_TEST

START_TEST(a_tie_helps_in_its_other_direction_too)
{
    struct regulate_asset a[] = {grid(1.1e6), grid(0.1e6), tie()};
    a[1].bus = 1;
    struct outcome o = step(a, 3, 2);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, -100e3 / 0.98, 1);
    ck_assert_double_eq(o.buses[0].excess_import_w, 0);
}
END_TEST

// 300 kW on bus 1 where 200 kW are free of the peak; bus 0 may draw 600 kW and draws 400.
static void near_the_peak(struct regulate_asset a[static 3])
{
    a[0] = grid(0.4e6);
    a[1] = grid(0.3e6);
    a[2] = tie();
    a[0].peak_limit_w = 0.6e6;
    a[1].peak_limit_w = 0.2e6;
    a[1].bus = 1;
}

START_TEST(a_tie_brings_what_would_lift_the_peak_and_names_it)
{
    struct regulate_asset a[3];
    near_the_peak(a);
    struct outcome o = step(a, 3, 2);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 100e3, 1);
    ck_assert_int_eq(o.commands[2].reason, REASON_PEAK);
}
END_TEST

START_TEST(a_tie_makes_no_new_peak_at_its_other_end)
{
    struct regulate_asset a[3];
    near_the_peak(a);
    a[0].measured_w = 0.55e6;
    ck_assert_double_eq_tol(step(a, 3, 2).commands[2].setpoint_w, 49e3, 1); // 50 kW of room less 2 %
}
END_TEST

START_TEST(for_the_peak_the_cheaper_of_tie_and_battery_goes_first)
{
    struct regulate_asset a[4];
    near_the_peak(a);
    a[3] = battery(0);
    a[3].bus = 1;
    struct outcome o = step(a, 4, 2); // the grid beyond the tie sells at 30 / 0.98, the battery gives at 35
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 100e3, 1);
    ck_assert_double_eq_tol(o.commands[3].setpoint_w, 0, 1);
    a[3].more_cost_per_kwh = 30.5;
    o = step(a, 4, 2);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 0, 1);
    ck_assert_double_eq_tol(o.commands[3].setpoint_w, 100e3, 1);
}
END_TEST

START_TEST(what_may_flow_above_the_peak_for_now_moves_nobody_either_way)
{
    struct regulate_asset a[] = {grid(0.5e6), battery(0)};
    a[0].peak_limit_w = 0.4e6;
    a[0].peak_slack_w = 0.2e6;
    a[1].less_saving_per_kwh = 32; // would take at the price of import
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, 0, 1);
    a[0].measured_w = 0.65e6;
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, 50e3, 1);
    a[0].measured_w = 0.3e6;
    ck_assert_double_eq_tol(step(a, 2, 1).commands[1].setpoint_w, -100e3, 1);
}
END_TEST

START_TEST(a_tie_that_moved_between_the_readings_of_its_ends_is_no_change_of_the_load)
{
    struct regulate_asset a[] = {grid(1.0e6), battery(0), grid(0.2e6), tie()};
    a[2].bus = 1;
    a[3].measured_w = a[3].setpoint_w = a[3].plan_w = 0;
    a[3].has_setpoint = a[3].has_plan = true;
    a[3].from_skew_w = 98e3; // it still sent 100 kW when bus 0 was read
    ck_assert_double_eq_tol(step(a, 4, 2).commands[1].setpoint_w, 0, 1);
}
END_TEST

START_TEST(a_bus_without_a_grid_is_balanced_by_its_battery)
{
    struct regulate_asset a[] = {battery(120e3)};
    ck_assert_double_eq_tol(step(a, 1, 1).commands[0].setpoint_w, 120e3, 1);
}
END_TEST

START_TEST(a_boiler_on_a_bus_of_heat_follows_its_plan)
{
    struct regulate_asset assets[] = {grid(900e3), generator(0)};
    static const struct regulate_bus buses[] = {{true}, {false}};
    struct outcome o;
    assets[1].bus = 1;
    assets[1].has_plan = true;
    assets[1].plan_w = 150e3;
    const struct regulate_area area = {.assets = assets, .n_assets = 2, .buses = buses, .n_buses = 2, .dt_s = 1};
    regulate(&area, o.commands, o.buses, NULL);
    ck_assert(o.commands[1].command);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 150e3, 1);
    assets[1].plan_w = 0;
    assets[1].has_setpoint = true;
    assets[1].setpoint_w = 150e3;
    assets[1].stay_on = true;
    regulate(&area, o.commands, o.buses, NULL);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 100e3, 1);
}
END_TEST

// 100 kW too much are drawn, and the engine that is to give them does not yet.
START_TEST(an_engine_that_is_starting_is_not_counted_on)
{
    struct regulate_asset assets[] = {grid(1100e3), generator(0), battery(0)};
    assets[1].has_plan = assets[1].has_setpoint = assets[1].starting = true;
    assets[1].plan_w = assets[1].setpoint_w = 150e3;
    struct outcome o = step(assets, 3, 1);
    ck_assert_double_eq_tol(o.commands[1].setpoint_w, 150e3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 100e3, 600);
    assets[1].starting = false;
    o = step(assets, 3, 1);
    ck_assert_double_eq_tol(o.commands[2].setpoint_w, 0, 600);
}
END_TEST

// Else what it was told would count as given the moment that it has started.
START_TEST(an_engine_that_is_starting_is_not_told_more_while_it_rises)
{
    struct regulate_asset assets[] = {grid(1100e3), generator(0), battery(0)};
    assets[1].has_plan = assets[1].has_setpoint = assets[1].starting = true;
    assets[1].ramp_w_per_s = 10e3;
    assets[1].plan_w = assets[1].max_w;
    assets[1].setpoint_w = assets[1].on_w;
    assets[1].measured = true;
    assets[1].measured_w = 0.5 * assets[1].on_w;
    ck_assert_double_eq_tol(step(assets, 3, 1).commands[1].setpoint_w, assets[1].on_w, 1);
    assets[1].starting = false;
    ck_assert_double_eq_tol(step(assets, 3, 1).commands[1].setpoint_w, assets[1].on_w + 10e3, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("control buses");
    TCase *buses = tcase_create("several buses");
    tcase_add_test(buses, each_bus_keeps_its_own_limit);
    tcase_add_test(buses, a_tie_helps_a_bus_that_cannot_hold_its_limit_alone);
    tcase_add_test(buses, a_tie_helps_only_as_far_as_the_other_bus_has_room);
    tcase_add_test(buses, a_tie_helps_in_its_other_direction_too);
    tcase_add_test(buses, a_tie_brings_what_would_lift_the_peak_and_names_it);
    tcase_add_test(buses, a_tie_makes_no_new_peak_at_its_other_end);
    tcase_add_test(buses, for_the_peak_the_cheaper_of_tie_and_battery_goes_first);
    tcase_add_test(buses, what_may_flow_above_the_peak_for_now_moves_nobody_either_way);
    tcase_add_test(buses, a_tie_that_moved_between_the_readings_of_its_ends_is_no_change_of_the_load);
    tcase_add_test(buses, a_bus_without_a_grid_is_balanced_by_its_battery);
    tcase_add_test(buses, a_boiler_on_a_bus_of_heat_follows_its_plan);
    tcase_add_test(buses, an_engine_that_is_starting_is_not_counted_on);
    tcase_add_test(buses, an_engine_that_is_starting_is_not_told_more_while_it_rises);
    suite_add_tcase(s, buses);
    return run_suite(s);
}
