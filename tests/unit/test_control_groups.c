// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers, flexible loads and converters in a regulation step, and what hangs behind one breaker.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "tests/unit/control_assets.h"
#include "tests/unit/run_suite.h"

static const struct regulate_group breaker[] = {{-1, 22e3}};

static double setpoint(struct outcome o, int i)
{
    ck_assert(o.commands[i].command);
    return o.commands[i].setpoint_w;
}

#define ck_assert_power(o, i, w) ck_assert_double_eq_tol(setpoint((o), i), w, 1)

// ---- groups ---------------------------------------------------------------------------------------------------------

START_TEST(chargers_of_equal_value_share_what_the_breaker_leaves)
{
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    struct outcome o = step_groups(a, 4, 1, breaker, 1);
    for (int i = 1; i < 4; i++) {
        ck_assert_power(o, i, -22e3 / 3);
        ck_assert_int_eq(o.commands[i].reason, REASON_GROUP_LIMIT);
        ck_assert_int_eq(o.commands[i].reason_asset, 0);
    }
    ck_assert_double_eq(o.groups[0].excess_w, 0);
}
END_TEST

START_TEST(the_vehicle_that_leaves_later_waits_for_the_one_that_leaves_soon)
{
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    a[2].more_cost_per_kwh = 80; // leaves next
    a[3].more_cost_per_kwh = 60;
    struct outcome o = step_groups(a, 4, 1, breaker, 1);
    ck_assert_power(o, 1, 0);
    ck_assert_power(o, 2, -11e3);
    ck_assert_power(o, 3, -11e3);
}
END_TEST

START_TEST(the_cheapest_falls_to_its_lowest_power_before_the_next_gives_way)
{
    struct regulate_group group[] = {{-1, 17e3}};
    struct regulate_asset a[] = {grid(22e3), charger(11e3, 0), charger(11e3, 0)};
    a[2].more_cost_per_kwh = 80;
    struct outcome o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 1, -6e3);
    ck_assert_power(o, 2, -11e3);
    group[0].limit_w = 13e3; // 2 kW are less than it runs at
    o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 1, 0);
    ck_assert_power(o, 2, -11e3);
}
END_TEST

START_TEST(nobody_draws_less_than_its_lowest_power_unless_it_stands_still)
{
    const struct regulate_group group[] = {{-1, 10e3}};
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    struct outcome o = step_groups(a, 4, 1, group, 1);
    ck_assert_power(o, 1, -5e3);
    ck_assert_power(o, 2, -5e3);
    ck_assert_power(o, 3, 0); // the last stops first
}
END_TEST

START_TEST(a_charger_out_of_reach_counts_with_its_worst_case)
{
    struct regulate_asset a[] = {grid(22e3), charger(11e3, 0), charger(11e3, 0)};
    const struct regulate_group group[] = {{-1, 16e3}};
    a[1].commandable = a[1].measured = false;
    struct outcome o = step_groups(a, 3, 1, group, 1);
    ck_assert(!o.commands[1].command);
    ck_assert_power(o, 2, -5e3);
}
END_TEST

START_TEST(a_charger_that_cannot_be_commanded_counts_with_what_it_draws)
{
    struct regulate_asset a[] = {grid(22e3), charger(7e3, 0), charger(11e3, 0)};
    const struct regulate_group group[] = {{-1, 16e3}};
    a[1].commandable = false;
    struct outcome o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 2, -9e3);
}
END_TEST

START_TEST(what_the_others_hold_already_is_beyond_anybodys_reach_and_said)
{
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    const struct regulate_group group[] = {{-1, 20e3}};
    a[1].commandable = a[2].commandable = false;
    struct outcome o = step_groups(a, 4, 1, group, 1);
    ck_assert_power(o, 3, 0);
    ck_assert_double_eq_tol(o.groups[0].excess_w, 2e3, 1);
}
END_TEST

START_TEST(a_group_behind_a_group_keeps_both_limits)
{
    const struct regulate_group nested[] = {{-1, 24e3}, {0, 12e3}, {0, 40e3}};
    struct regulate_asset a[] = {grid(44e3), charger(11e3, 1), charger(11e3, 1), charger(11e3, 2), charger(11e3, 2)};
    struct outcome o = step_groups(a, 5, 1, nested, 3);
    double inner_w = setpoint(o, 1) + setpoint(o, 2), all_w = inner_w + setpoint(o, 3) + setpoint(o, 4);
    ck_assert_double_ge(inner_w, -12e3 - 1);
    ck_assert_double_eq_tol(all_w, -24e3, 1);
    ck_assert_double_eq_tol(setpoint(o, 1), setpoint(o, 2), 1);
    ck_assert_double_eq_tol(setpoint(o, 3), setpoint(o, 4), 1);
}
END_TEST

START_TEST(a_vehicle_that_feeds_back_makes_room_for_the_others)
{
    struct regulate_asset a[] = {grid(24e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    a[3].max_w = 10e3;
    a[3].plan_w = a[3].measured_w = a[3].setpoint_w = 10e3;
    struct regulate_group group[] = {{-1, 12e3}};
    struct outcome o = step_groups(a, 4, 1, group, 1);
    ck_assert_power(o, 1, -11e3);
    ck_assert_power(o, 2, -11e3);
    ck_assert_power(o, 3, 10e3);
    group[0].limit_w = 8e3;
    o = step_groups(a, 4, 1, group, 1);
    ck_assert_double_eq_tol(setpoint(o, 1) + setpoint(o, 2) + setpoint(o, 3), -8e3, 1);
}
END_TEST

START_TEST(feeding_back_stays_within_the_breaker_too)
{
    struct regulate_asset a[] = {grid(30e3), charger(0, 0), charger(0, 0)};
    a[1].max_w = a[2].max_w = 11e3;
    a[1].plan_w = a[2].plan_w = 11e3;
    const struct regulate_group group[] = {{-1, 16e3}};
    struct outcome o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 1, 8e3);
    ck_assert_power(o, 2, 8e3);
}
END_TEST

START_TEST(surplus_goes_to_the_vehicles_no_further_than_the_breaker_allows)
{
    struct regulate_asset a[] = {grid(-60e3), charger(4e3, 0), charger(4e3, 0), charger(4e3, 0)};
    struct outcome o = step_groups(a, 4, 1, breaker, 1);
    ck_assert_double_eq_tol(setpoint(o, 1) + setpoint(o, 2) + setpoint(o, 3), -22e3, 1);
    ck_assert_int_eq(o.commands[1].reason, REASON_REGULATION);
}
END_TEST

START_TEST(what_one_still_draws_no_other_draws_as_well)
{
    struct regulate_asset a[] = {grid(20e3), charger(11e3, 0), charger(11e3, 0)};
    a[1].plan_w = -4e3; // told just now
    a[2].plan_w = -11e3;
    a[2].measured_w = a[2].setpoint_w = -9e3;
    const struct regulate_group group[] = {{-1, 20e3}};
    struct outcome o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 1, -4e3);
    ck_assert_power(o, 2, -9e3);
    a[1].measured_w = a[1].setpoint_w = -4e3; // done
    o = step_groups(a, 3, 1, group, 1);
    ck_assert_power(o, 2, -11e3);
}
END_TEST

START_TEST(sharing_allocates_nothing)
{
    allocations_watch();
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    size_t before = allocation_count;
    struct outcome o = step_groups(a, 4, 1, breaker, 1);
    ck_assert_uint_eq(allocation_count, before);
    free(malloc(16));
    ck_assert_uint_gt(allocation_count, before); // the counter counts
    ck_assert(o.commands[1].command);
}
END_TEST

// ---- starting and stopping ------------------------------------------------------------------------------------------

START_TEST(a_charger_that_was_stopped_starts_again_only_with_room_to_spare)
{
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    a[3].measured_w = a[3].setpoint_w = 0;
    struct regulate_group group[] = {{-1, 12.2e3}};
    struct outcome o = step_groups(a, 4, 1, group, 1);
    ck_assert_power(o, 3, 0); // three times 4 kW would do, but only just
    ck_assert_power(o, 1, -6.1e3);
    group[0].limit_w = 12.6e3;
    for (int i = 1; i < 3; i++)
        a[i].measured_w = a[i].setpoint_w = -4e3;
    o = step_groups(a, 4, 1, group, 1);
    ck_assert_double_le(setpoint(o, 3), -4e3);
}
END_TEST

START_TEST(one_that_has_not_rested_long_enough_is_not_started)
{
    struct regulate_asset a[] = {grid(0), charger(11e3, -1)};
    a[1].measured_w = a[1].setpoint_w = 0;
    ck_assert_power(step(a, 2, 1), 1, -11e3);
    a[1].stay_off = true;
    ck_assert_power(step(a, 2, 1), 1, 0);
    a[0].measured_w = -100e3; // not even for a limit
    a[0].export_limit_w = 50e3;
    ck_assert_power(step(a, 2, 1), 1, 0);
}
END_TEST

START_TEST(one_that_has_not_run_long_enough_stops_only_for_a_limit)
{
    struct regulate_asset a[] = {grid(11e3), charger(11e3, -1), battery(0)};
    a[1].stay_on = true;
    a[1].plan_w = 0;
    ck_assert_power(step(a, 3, 1), 1, -4e3);
    a[0].measured_w = 1.2e6; // which the battery can hold
    ck_assert_power(step(a, 3, 1), 1, -4e3);
    a[2].max_w = 0;
    struct outcome o = step(a, 3, 1);
    ck_assert_power(o, 1, 0);
    ck_assert_int_eq(o.commands[1].reason, REASON_IMPORT_LIMIT);
}
END_TEST

START_TEST(an_on_off_charger_draws_all_or_nothing)
{
    struct regulate_asset a[] = {grid(33e3), charger(11e3, 0), charger(11e3, 0), charger(11e3, 0)};
    for (int i = 1; i < 4; i++)
        a[i].on_w = 11e3;
    const struct regulate_group group[] = {{-1, 30e3}};
    struct outcome o = step_groups(a, 4, 1, group, 1);
    ck_assert_power(o, 1, -11e3);
    ck_assert_power(o, 2, -11e3);
    ck_assert_power(o, 3, 0);
}
END_TEST

START_TEST(a_start_for_the_limit_gives_back_what_others_need_not_do_any_more)
{
    struct regulate_asset a[] = {grid(1.52e6), battery(0), generator(0)};
    struct outcome o = step(a, 3, 1);
    ck_assert_power(o, 2, 100e3);
    ck_assert_power(o, 1, 420e3);
}
END_TEST

START_TEST(a_generator_slows_down_to_its_minimum_before_it_stops)
{
    struct regulate_asset a[] = {grid(0.5e6), generator(150e3)};
    a[1].has_setpoint = true;
    a[1].setpoint_w = 150e3;
    a[1].ramp_w_per_s = 20e3;
    ck_assert_power(step(a, 2, 1), 1, 130e3);
    a[1].setpoint_w = 110e3;
    ck_assert_power(step(a, 2, 1), 1, 0);
}
END_TEST

// ---- assets on the bus ----------------------------------------------------------------------------------------------

START_TEST(chargers_give_way_to_the_import_limit_by_value_before_any_load_is_shed)
{
    struct regulate_asset a[] = {grid(1.012e6), charger(11e3, -1), charger(11e3, -1), sheddable_load()};
    a[2].more_cost_per_kwh = 60;
    struct outcome o = step(a, 4, 1);
    ck_assert_power(o, 1, 0);
    ck_assert_power(o, 2, -10e3);
    ck_assert_power(o, 3, -900e3);
}
END_TEST

START_TEST(a_heat_pump_draws_the_surplus_that_is_worth_more_as_heat)
{
    struct regulate_asset pump = charger(0, -1);
    pump.kind = ASSET_CONVERTER;
    struct regulate_asset a[] = {grid(-9e3), pump};
    struct outcome o = step(a, 2, 1);
    ck_assert_power(o, 1, -9e3);
    ck_assert_int_eq(o.commands[1].reason, REASON_REGULATION);
    a[0].measured_w = -1e3; // less than it runs at
    ck_assert_power(step(a, 2, 1), 1, 0);
}
END_TEST

START_TEST(without_a_plan_a_charger_does_what_the_rule_wants_within_the_limits)
{
    struct regulate_asset a[] = {grid(0), charger(6e3, 0)};
    a[1].has_plan = false;
    struct outcome o = step_groups(a, 2, 1, breaker, 1);
    ck_assert_power(o, 1, -6e3);
    ck_assert_int_eq(o.commands[1].reason, REASON_RULE);
}
END_TEST

START_TEST(a_store_and_whatever_hangs_on_heat_is_left_alone)
{
    struct regulate_asset store = battery(100e3), boiler = battery(100e3);
    store.kind = ASSET_STORE;
    boiler.bus = 1;
    struct regulate_asset a[] = {grid(1.2e6), store, boiler, battery(0)};
    const struct regulate_bus buses[] = {{true}, {false}};
    struct regulate_command commands[4];
    struct regulate_bus_result results[2];
    const struct regulate_area area = {.assets = a, .n_assets = 4, .buses = buses, .n_buses = 2, .dt_s = 1};
    regulate(&area, commands, results, NULL);
    ck_assert(!commands[1].command);
    ck_assert(!commands[2].command);
    ck_assert_double_eq_tol(commands[3].setpoint_w, 200e3, 1);
    ck_assert_double_eq(results[1].excess_import_w, 0);
    ck_assert_double_eq(results[1].excess_export_w, 0);
}
END_TEST

// ---- what limits ----------------------------------------------------------------------------------------------------

START_TEST(the_reason_names_what_makes_the_limit)
{
    static const enum reason_kind kinds[] = {REASON_NONE, REASON_CONTRACT, REASON_DR_LIMIT};
    static const enum reason_kind said[] = {REASON_IMPORT_LIMIT, REASON_CONTRACT, REASON_DR_LIMIT};
    struct regulate_asset a[] = {grid(0.5e6), battery(0)};
    a[0].import_limit_w = 0.4e6;
    a[0].import_reason = kinds[_i];
    struct outcome o = step(a, 2, 1);
    ck_assert_power(o, 1, 100e3);
    ck_assert_int_eq(o.commands[1].reason, said[_i]);
    ck_assert_int_eq(o.commands[1].reason_asset, 0);
}
END_TEST

START_TEST(a_demand_response_limit_on_feeding_in_is_named_as_well)
{
    struct regulate_asset a[] = {grid(-300e3), pv(400e3)};
    a[0].export_limit_w = 200e3;
    a[0].export_reason = REASON_DR_LIMIT;
    struct outcome o = step(a, 2, 1);
    ck_assert_power(o, 1, 300e3);
    ck_assert_int_eq(o.commands[1].reason, REASON_DR_LIMIT);
}
END_TEST

START_TEST(the_months_peak_below_the_limit_is_the_reason_while_it_binds)
{
    struct regulate_asset a[] = {grid(0.9e6), battery(0)};
    a[0].peak_limit_w = 0.8e6;
    a[0].import_reason = REASON_DR_LIMIT;
    ck_assert_int_eq(step(a, 2, 1).commands[1].reason, REASON_PEAK);
}
END_TEST

START_TEST(two_connections_of_a_bus_each_keep_their_own_limit)
{
    struct regulate_asset a[] = {grid(0.6e6), grid(0.6e6), battery(0)};
    a[1].import_limit_w = 0.5e6; // it carries half, whatever its limit is
    struct outcome o = step(a, 3, 1);
    ck_assert_power(o, 2, 200e3);
    ck_assert_int_eq(o.commands[2].reason_asset, 1);
    a[0].measured_w = a[1].measured_w = 0.4e6;
    ck_assert_power(step(a, 3, 1), 2, 0);
}
END_TEST

static TCase *group_cases(void)
{
    TCase *c = tcase_create("groups");
    tcase_add_test(c, chargers_of_equal_value_share_what_the_breaker_leaves);
    tcase_add_test(c, the_vehicle_that_leaves_later_waits_for_the_one_that_leaves_soon);
    tcase_add_test(c, the_cheapest_falls_to_its_lowest_power_before_the_next_gives_way);
    tcase_add_test(c, nobody_draws_less_than_its_lowest_power_unless_it_stands_still);
    tcase_add_test(c, a_charger_out_of_reach_counts_with_its_worst_case);
    tcase_add_test(c, a_charger_that_cannot_be_commanded_counts_with_what_it_draws);
    tcase_add_test(c, what_the_others_hold_already_is_beyond_anybodys_reach_and_said);
    tcase_add_test(c, a_group_behind_a_group_keeps_both_limits);
    tcase_add_test(c, a_vehicle_that_feeds_back_makes_room_for_the_others);
    tcase_add_test(c, feeding_back_stays_within_the_breaker_too);
    tcase_add_test(c, surplus_goes_to_the_vehicles_no_further_than_the_breaker_allows);
    tcase_add_test(c, what_one_still_draws_no_other_draws_as_well);
    tcase_add_test(c, sharing_allocates_nothing);
    return c;
}

static TCase *start_cases(void)
{
    TCase *c = tcase_create("starting and stopping");
    tcase_add_test(c, a_charger_that_was_stopped_starts_again_only_with_room_to_spare);
    tcase_add_test(c, one_that_has_not_rested_long_enough_is_not_started);
    tcase_add_test(c, one_that_has_not_run_long_enough_stops_only_for_a_limit);
    tcase_add_test(c, an_on_off_charger_draws_all_or_nothing);
    tcase_add_test(c, a_start_for_the_limit_gives_back_what_others_need_not_do_any_more);
    tcase_add_test(c, a_generator_slows_down_to_its_minimum_before_it_stops);
    return c;
}

static Suite *control_groups_suite(void)
{
    Suite *s = suite_create("control_groups");
    suite_add_tcase(s, group_cases());
    suite_add_tcase(s, start_cases());
    TCase *assets = tcase_create("assets on the bus");
    tcase_add_test(assets, chargers_give_way_to_the_import_limit_by_value_before_any_load_is_shed);
    tcase_add_test(assets, a_heat_pump_draws_the_surplus_that_is_worth_more_as_heat);
    tcase_add_test(assets, without_a_plan_a_charger_does_what_the_rule_wants_within_the_limits);
    tcase_add_test(assets, a_store_and_whatever_hangs_on_heat_is_left_alone);
    suite_add_tcase(s, assets);
    TCase *limits = tcase_create("what limits");
    tcase_add_loop_test(limits, the_reason_names_what_makes_the_limit, 0, 3);
    tcase_add_test(limits, a_demand_response_limit_on_feeding_in_is_named_as_well);
    tcase_add_test(limits, the_months_peak_below_the_limit_is_the_reason_while_it_binds);
    tcase_add_test(limits, two_connections_of_a_bus_each_keep_their_own_limit);
    suite_add_tcase(s, limits);
    return s;
}

int main(void)
{
    return run_suite(control_groups_suite());
}
