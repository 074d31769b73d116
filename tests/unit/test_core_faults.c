// SPDX-License-Identifier: GPL-3.0-or-later
// The engine when devices, meters, values or clocks fail it.
#include "base/error.h"
#include "tests/unit/run_suite.h"
#include "world.h"

static struct world w;

static void setup(void)
{
    world_start(&w);
    w.load_w = 500e3;
    world_run(&w, 2);
    world_give_plan(&w, 100e3, 0.3);
    world_run(&w, 5);
    world_clear(&w);
}

static void teardown(void)
{
    world_end(&w);
}

// ---- the battery ----------------------------------------------------------------------------------------------------

START_TEST(a_silent_battery_is_named_once_and_no_longer_commanded)
{
    w.dead[DEV_BATTERY] = true;
    world_run(&w, 60);
    ck_assert(world_alarm(&w, "device-b-down"));
    ck_assert_int_eq(w.seen.alarms_raised, 1);
    ck_assert(!world_view(&w, A_BATTERY).reachable);
    ck_assert(!world_view(&w, A_BATTERY).has_setpoint); // its lease has run out
    ck_assert_int_le(w.seen.writes[DEV_BATTERY], 1);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN); // the rest goes on
}
END_TEST

START_TEST(a_battery_that_is_back_gets_its_setpoint_again)
{
    w.dead[DEV_BATTERY] = true;
    world_run(&w, 10);
    w.dead[DEV_BATTERY] = false;
    w.battery_w = w.battery_goal_w = 0; // it rebooted
    world_clear(&w);
    world_run(&w, 3);
    ck_assert(!world_alarm(&w, "device-b-down"));
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1);
}
END_TEST

START_TEST(one_poll_that_fails_changes_nothing)
{
    w.dead[DEV_BATTERY] = true;
    world_run(&w, 1);
    w.dead[DEV_BATTERY] = false;
    world_run(&w, 5);
    ck_assert_int_eq(w.seen.alarms_raised, 0);
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 0);
}
END_TEST

START_TEST(a_battery_is_not_moved_while_its_last_answer_was_no_value)
{
    w.broken_soc = true;
    world_run(&w, 1);
    w.load_w = 1300e3;
    world_run(&w, 1);
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1);
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 0); // it may be a slip
    w.broken_soc = false;
    world_run(&w, 1);
    ck_assert_double_eq_tol(w.battery_goal_w, 320e3, 2000);
}
END_TEST

START_TEST(a_battery_without_a_state_of_charge_is_released)
{
    w.broken_soc = true;
    world_run(&w, 6);
    ck_assert(world_alarm(&w, "asset-bat-soc"));
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 1);
    ck_assert(!world_view(&w, A_BATTERY).has_setpoint);
    w.broken_soc = false;
    world_run(&w, 3);
    ck_assert(!world_alarm(&w, "asset-bat-soc"));
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1);
}
END_TEST

START_TEST(a_battery_that_ignores_its_setpoint_is_derated_and_named)
{
    world_give_plan(&w, 300e3, 0.3);
    world_run(&w, 1);
    w.disobedient = true;
    w.battery_w = 0;
    world_run(&w, 8);
    ck_assert(!world_alarm(&w, "device-b-disobeys"));
    world_run(&w, 6);
    ck_assert(world_alarm(&w, "device-b-disobeys"));
    ck_assert(!world_view(&w, A_BATTERY).obeys);
    ck_assert_double_le(w.battery_goal_w, 21e3); // not more than it does, and a little
    ck_assert_int_eq(w.seen.alarms_raised, 1);
    w.disobedient = false;
    world_run(&w, 310);
    ck_assert(!world_alarm(&w, "device-b-disobeys"));
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
}
END_TEST

START_TEST(a_battery_that_climbs_as_fast_as_its_setpoint_obeys)
{
    w.disobedient = true; // its power is set here
    w.battery_w = 0;
    for (int i = 0; i < 30; i++) {
        world_give_plan(&w, 200e3 + 6e3 * i, 0.3);
        w.battery_w = 6e3 * i;
        world_run(&w, 1);
    }
    ck_assert_double_gt(w.battery_goal_w - w.battery_w, 150e3);
    ck_assert(!world_alarm(&w, "device-b-disobeys"));
}
END_TEST

START_TEST(a_battery_that_does_more_than_it_was_told_is_counted_as_it_is)
{
    w.disobedient = true;
    w.battery_w = -400e3;
    world_run(&w, 14);
    ck_assert(world_alarm(&w, "device-b-disobeys"));
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1); // it is told all the same
    w.disobedient = false;
    world_run(&w, 3);
    ck_assert(!world_alarm(&w, "device-b-disobeys"));
}
END_TEST

START_TEST(a_write_that_reads_back_otherwise_raises_an_alarm)
{
    struct event e = {.kind = EVENT_WRITE_RESULT,
                      .write_result = {.device = DEV_BATTERY, .status = WRITE_MISMATCH, .power_w = 1, .readback_w = 2}};
    world_tell(&w, e);
    world_run(&w, 1);
    ck_assert(world_alarm(&w, "device-b-disobeys"));
    e.write_result.status = WRITE_DONE;
    world_tell(&w, e);
    world_run(&w, 1);
    ck_assert(!world_alarm(&w, "device-b-disobeys"));
}
END_TEST

START_TEST(a_write_that_failed_is_repeated)
{
    struct event e = {.kind = EVENT_WRITE_RESULT, .write_result = {.device = DEV_BATTERY, .status = WRITE_FAILED}};
    world_tell(&w, e);
    world_clear(&w);
    world_run(&w, 1);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 1);
    world_run(&w, 1);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 1);
}
END_TEST

START_TEST(a_device_that_the_bus_released_is_commanded_anew)
{
    world_tell(&w, (struct event){.kind = EVENT_WRITE_RESULT,
                                  .write_result = {.device = DEV_BATTERY, .status = WRITE_RELEASED}});
    world_clear(&w);
    world_run(&w, 1);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 1);
}
END_TEST

START_TEST(a_battery_that_reports_a_fault_is_released)
{
    struct reading r = {.quantity = QUANTITY_STATUS, .value = 2};
    world_tell(&w,
               (struct event){.kind = EVENT_READINGS, .readings = {.device = DEV_BATTERY, .readings = &r, .count = 1}});
    world_run(&w, 1);
    ck_assert(world_alarm(&w, "asset-bat-fault"));
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 1);
}
END_TEST

START_TEST(the_limits_that_the_device_reports_hold)
{
    struct reading r = {.quantity = QUANTITY_AVAILABLE_W, .value = 30e3};
    for (int i = 0; i < 3; i++) {
        world_tell(&w, (struct event){.kind = EVENT_READINGS,
                                      .readings = {.device = DEV_BATTERY, .readings = &r, .count = 1}});
        world_run(&w, 1);
    }
    ck_assert_double_eq_tol(w.battery_goal_w, 30e3, 1);
}
END_TEST

// ---- meters ---------------------------------------------------------------------------------------------------------

START_TEST(a_lost_grid_meter_leaves_an_open_loop_with_a_margin)
{
    w.dead[DEV_GRID] = true;
    w.load_w = 1000e3;
    world_run(&w, 10);
    ck_assert(world_alarm(&w, "meter-grid-lost"));
    // 1 MW less 2 % and 10 %
    ck_assert_double_eq_tol(w.battery_goal_w, 120e3, 2000);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    w.dead[DEV_GRID] = false;
    world_run(&w, 3);
    ck_assert(!world_alarm(&w, "meter-grid-lost"));
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 2000);
}
END_TEST

START_TEST(a_grid_meter_lost_soon_after_the_start_is_a_loss_all_the_same)
{
    world_end(&w);
    world_start(&w);
    world_run(&w, 2);
    w.dead[DEV_GRID] = true;
    w.load_w = 1000e3;
    world_run(&w, 5);
    ck_assert(world_alarm(&w, "meter-grid-lost"));
    ck_assert_double_eq_tol(w.battery_goal_w, 120e3, 2000);
}
END_TEST

START_TEST(with_the_load_meter_lost_too_the_devices_are_released)
{
    w.dead[DEV_GRID] = w.dead[DEV_LOAD] = true;
    world_run(&w, 10);
    ck_assert_int_eq(engine_mode(w.engine), MODE_SAFE);
    ck_assert(world_alarm(&w, "bus-gate-blind"));
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 1);
    int writes = w.seen.writes[DEV_BATTERY];
    world_run(&w, 30);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], writes);
    w.dead[DEV_GRID] = false;
    world_run(&w, 3);
    ck_assert_int_ne(engine_mode(w.engine), MODE_SAFE);
    ck_assert(!world_alarm(&w, "bus-gate-blind"));
    ck_assert_int_gt(w.seen.writes[DEV_BATTERY], writes);
}
END_TEST

START_TEST(a_lost_load_meter_alone_changes_nothing)
{
    w.dead[DEV_LOAD] = true;
    world_run(&w, 10);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1);
}
END_TEST

START_TEST(a_frozen_grid_meter_is_not_believed)
{
    for (int i = 0; i < 320; i++) {
        w.load_w = 500e3; // to the bit
        world_second(&w);
    }
    ck_assert(world_alarm(&w, "meter-grid-lost"));
    ck_assert(world_alarm(&w, "asset-grid-value"));
}
END_TEST

START_TEST(a_spike_of_the_grid_meter_moves_nothing)
{
    double load_w = w.load_w;
    w.load_w = 3e6;
    world_second(&w);
    w.load_w = load_w;
    world_run(&w, 3);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 0);
    ck_assert_int_eq(w.seen.alarms_raised, 0);
}
END_TEST

START_TEST(a_reading_that_is_not_implemented_does_not_count_as_zero)
{
    struct reading r = {.quantity = QUANTITY_POWER_W, .status = READING_NOT_IMPLEMENTED};
    for (int i = 0; i < 6; i++) {
        w.dead[DEV_GRID] = true;
        w.now.mono_ms += 1;
        world_tell(
            &w, (struct event){.kind = EVENT_READINGS, .readings = {.device = DEV_GRID, .readings = &r, .count = 1}});
        world_run(&w, 1);
    }
    ck_assert_int_eq(world_view(&w, A_GRID).power.quality, QUALITY_INVALID);
    ck_assert(world_alarm(&w, "meter-grid-lost"));
}
END_TEST

START_TEST(events_of_devices_that_cannot_be_are_refused)
{
    struct reading r = {.quantity = QUANTITY_COUNT};
    struct event e = {.kind = EVENT_READINGS, .readings = {.device = 99, .readings = &r, .count = 1}};
    ck_assert_int_eq(world_tell(&w, e), AEMS_E_RANGE);
    e.readings.device = DEV_GRID;
    ck_assert_int_eq(world_tell(&w, e), AEMS_E_RANGE);
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {.device = -1}}),
                     AEMS_E_RANGE);
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_WRITE_RESULT, .write_result = {.device = 4}}),
                     AEMS_E_RANGE);
}
END_TEST

// ---- clocks ---------------------------------------------------------------------------------------------------------

static int commands_before_reading(void)
{
    world_clear(&w);
    world_tell(&w, (struct event){.kind = EVENT_TICK});
    return w.seen.writes[DEV_BATTERY] + w.seen.releases[DEV_BATTERY];
}

START_TEST(after_a_suspend_everything_is_stale_first)
{
    double energy_wh = world_view(&w, A_LOAD).energy_out_wh;
    w.now.utc_ms += 600 * 1000;
    w.now.mono_ms += 600 * 1000;
    ck_assert_int_eq(commands_before_reading(), 0);
    ck_assert_int_eq(world_view(&w, A_GRID).power.quality, QUALITY_STALE);
    ck_assert_int_eq(engine_mode(w.engine), MODE_STARTING);
    ck_assert_double_eq(world_view(&w, A_LOAD).energy_out_wh, energy_wh);
    world_run(&w, 3);
    ck_assert_int_ne(engine_mode(w.engine), MODE_STARTING);
    ck_assert_int_gt(w.seen.writes[DEV_BATTERY], 0);
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 0);
}
END_TEST

START_TEST(a_suspend_that_the_monotonic_clock_did_not_see_is_seen_by_utc)
{
    w.now.utc_ms += 600 * 1000;
    ck_assert_int_eq(commands_before_reading(), 0);
    ck_assert_int_eq(world_view(&w, A_GRID).power.quality, QUALITY_STALE);
    ck_assert(world_alarm(&w, "clock"));
    world_run(&w, 70);
    ck_assert(!world_alarm(&w, "clock"));
}
END_TEST

START_TEST(a_clock_set_by_an_hour_asks_for_a_new_plan)
{
    w.now.utc_ms += _i ? 3600 * 1000 : -3600 * 1000;
    world_run(&w, 3);
    ck_assert_int_eq(engine_mode(w.engine), MODE_RULES); // the plan does not cover this hour
    ck_assert_int_eq(w.seen.solves, 1);
    world_give_plan(&w, 50e3, 0.3);
    world_run(&w, 3);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    ck_assert_double_eq_tol(w.battery_goal_w, 50e3, 1);
}
END_TEST

static Suite *faults_suite(void)
{
    Suite *s = suite_create("core faults");
    TCase *c = tcase_create("bad times");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_silent_battery_is_named_once_and_no_longer_commanded);
    tcase_add_test(c, a_battery_that_is_back_gets_its_setpoint_again);
    tcase_add_test(c, one_poll_that_fails_changes_nothing);
    tcase_add_test(c, a_battery_is_not_moved_while_its_last_answer_was_no_value);
    tcase_add_test(c, a_grid_meter_lost_soon_after_the_start_is_a_loss_all_the_same);
    tcase_add_test(c, a_battery_without_a_state_of_charge_is_released);
    tcase_add_test(c, a_battery_that_ignores_its_setpoint_is_derated_and_named);
    tcase_add_test(c, a_battery_that_climbs_as_fast_as_its_setpoint_obeys);
    tcase_add_test(c, a_battery_that_does_more_than_it_was_told_is_counted_as_it_is);
    tcase_add_test(c, a_write_that_reads_back_otherwise_raises_an_alarm);
    tcase_add_test(c, a_write_that_failed_is_repeated);
    tcase_add_test(c, a_device_that_the_bus_released_is_commanded_anew);
    tcase_add_test(c, a_battery_that_reports_a_fault_is_released);
    tcase_add_test(c, the_limits_that_the_device_reports_hold);
    tcase_add_test(c, a_lost_grid_meter_leaves_an_open_loop_with_a_margin);
    tcase_add_test(c, with_the_load_meter_lost_too_the_devices_are_released);
    tcase_add_test(c, a_lost_load_meter_alone_changes_nothing);
    tcase_add_test(c, a_frozen_grid_meter_is_not_believed);
    tcase_add_test(c, a_spike_of_the_grid_meter_moves_nothing);
    tcase_add_test(c, a_reading_that_is_not_implemented_does_not_count_as_zero);
    tcase_add_test(c, events_of_devices_that_cannot_be_are_refused);
    tcase_add_test(c, after_a_suspend_everything_is_stale_first);
    tcase_add_test(c, a_suspend_that_the_monotonic_clock_did_not_see_is_seen_by_utc);
    tcase_add_loop_test(c, a_clock_set_by_an_hour_asks_for_a_new_plan, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(faults_suite());
}
