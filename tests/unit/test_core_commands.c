// SPDX-License-Identifier: GPL-3.0-or-later
// What an operator may ask of the engine.
#include "tests/unit/run_suite.h"
#include "world.h"

static struct world w;

static void setup(void)
{
    world_start(&w);
}

static void teardown(void)
{
    world_end(&w);
}

static int command(enum command_kind kind, int asset, double power_w, int64_t seconds)
{
    return world_tell(&w, (struct event){.kind = EVENT_COMMAND,
                                         .command = {.kind = kind,
                                                     .asset = asset,
                                                     .power_w = power_w,
                                                     .valid_until_utc_ms = w.now.utc_ms + seconds * 1000}});
}

START_TEST(a_manual_setpoint_holds_for_its_time)
{
    world_run(&w, 22);
    ck_assert_int_eq(command(COMMAND_MANUAL_SETPOINT, A_BATTERY, -77e3, 10), 0);
    world_run(&w, 9);
    ck_assert_double_eq_tol(w.battery_goal_w, -77e3, 1);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_MANUAL);
    world_run(&w, 3);
    ck_assert_double_gt(w.battery_goal_w, 0);
}
END_TEST

START_TEST(automatic_ends_a_manual_setpoint)
{
    world_run(&w, 22);
    command(COMMAND_MANUAL_SETPOINT, A_BATTERY, -77e3, 1000);
    world_run(&w, 3);
    ck_assert_int_eq(command(COMMAND_AUTOMATIC, A_BATTERY, 0, 0), 0);
    world_run(&w, 3);
    ck_assert_double_gt(w.battery_goal_w, 0);
}
END_TEST

START_TEST(grid_limits_win_over_a_manual_setpoint)
{
    w.load_w = 900e3;
    world_run(&w, 3);
    command(COMMAND_MANUAL_SETPOINT, A_BATTERY, -300e3, 1000);
    world_run(&w, 5);
    ck_assert_double_eq_tol(w.battery_goal_w, -80e3, 2000);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_IMPORT_LIMIT);
}
END_TEST

START_TEST(a_manual_setpoint_caps_the_pv_plant)
{
    w.pv_w = 150e3;
    world_run(&w, 3);
    ck_assert_int_eq(command(COMMAND_MANUAL_SETPOINT, A_PV, 60e3, 1000), 0);
    world_run(&w, 5);
    ck_assert_double_eq_tol(w.cap_w, 60e3, 1);
}
END_TEST

START_TEST(commands_that_make_no_sense_are_refused)
{
    world_run(&w, 3);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_BATTERY, 600e3, 10), 0);
    ck_assert_str_ne(engine_last_refusal(w.engine), "");
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_BATTERY, NAN, 10), 0);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_BATTERY, 1e3, -10), 0);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_BATTERY, 1e3, 25 * 3600), 0);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_GRID, 1e3, 10), 0);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, A_LOAD, -1e3, 10), 0);
    ck_assert_int_lt(command(COMMAND_MANUAL_SETPOINT, 99, 1e3, 10), 0);
    ck_assert_int_lt(command(COMMAND_AUTOMATIC, -1, 0, 0), 0);
    world_run(&w, 3);
    ck_assert_int_ne(world_view(&w, A_BATTERY).reason.kind, REASON_MANUAL);
}
END_TEST

START_TEST(a_command_asks_for_a_new_plan)
{
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.2);
    world_clear(&w);
    ck_assert_int_eq(command(COMMAND_REPLAN, -1, 0, 0), 0);
    world_run(&w, 1);
    ck_assert_int_eq(w.seen.solves, 1);
}
END_TEST

static Suite *commands_suite(void)
{
    Suite *s = suite_create("core commands");
    TCase *c = tcase_create("commands");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_manual_setpoint_holds_for_its_time);
    tcase_add_test(c, automatic_ends_a_manual_setpoint);
    tcase_add_test(c, grid_limits_win_over_a_manual_setpoint);
    tcase_add_test(c, a_manual_setpoint_caps_the_pv_plant);
    tcase_add_test(c, commands_that_make_no_sense_are_refused);
    tcase_add_test(c, a_command_asks_for_a_new_plan);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(commands_suite());
}
