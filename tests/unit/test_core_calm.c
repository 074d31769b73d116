// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries that do not work for nothing: what the plan wants stands, windows count by their average, reserves are left
// in peace.
#include "tests/unit/run_suite.h"
#include "world.h"

static struct world w;

static void setup(void)
{
    world_start(&w);
    w.load_w = 450e3;
    world_run(&w, 2);
}

static void teardown(void)
{
    world_end(&w);
}

static void follow(struct schedule *s)
{
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

// ---- the plan stands ------------------------------------------------------------------------------------------------

// A kWh given would save 0.3; at these values giving costs less than that, and taking brings more.
START_TEST(at_the_price_that_a_plan_weighed_its_powers_stand_whatever_the_values)
{
    static const double values[] = {0.01, 24};
    struct schedule *s = world_plan(&w, 0, values[_i]);
    for (size_t k = 0; k < s->n_steps; k++)
        s->assets[A_GRID].power_w[k] = 450e3;
    follow(s);
    world_run(&w, 20);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
}
END_TEST

START_TEST(what_comes_otherwise_than_planned_is_taken_by_value)
{
    struct schedule *s = world_plan(&w, 0, 0.2);
    for (size_t k = 0; k < s->n_steps; k++)
        s->assets[A_GRID].power_w[k] = 450e3;
    follow(s);
    w.load_w = 50e3;
    w.pv_w = 150e3; // 100 kW would be sold for 0.08
    world_run(&w, 20);
    ck_assert_double_le(w.battery_goal_w, -90e3);
}
END_TEST

START_TEST(at_a_mark_the_step_before_goes_on_until_the_next_plan_is_there)
{
    struct schedule *s = world_plan(&w, 100e3, 0.3);
    s->assets[A_BATTERY].power_w[1] = -200e3;
    int64_t mark_utc_ms = s->start_utc_ms[1];
    follow(s);
    while (w.now.utc_ms < mark_utc_ms + 5000) {
        world_run(&w, 1);
        if (w.now.utc_ms > mark_utc_ms - 100000)
            ck_assert_double_eq_tol(w.battery_goal_w, 100e3, 1);
    }
    world_run(&w, 10); // none has come
    ck_assert_double_eq_tol(w.battery_goal_w, -200e3, 1);
}
END_TEST

START_TEST(an_event_at_a_mark_does_not_wait_for_the_next_plan)
{
    struct schedule *s = world_plan(&w, 100e3, 0.3);
    s->assets[A_BATTERY].power_w[1] = 200e3;
    int64_t mark_utc_ms = s->start_utc_ms[1];
    struct grid_limit limit = {.id = "evening",
                               .from_utc_ms = mark_utc_ms,
                               .until_utc_ms = mark_utc_ms + 3600000,
                               .import_limit_w = 900e3,
                               .export_limit_w = PLAN_NO_LIMIT_W};
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = limit}), 0);
    follow(s);
    while (w.now.utc_ms < mark_utc_ms + 3000)
        world_run(&w, 1);
    ck_assert_double_eq_tol(w.battery_goal_w, 200e3, 1);
}
END_TEST

// ---- reserves -------------------------------------------------------------------------------------------------------

START_TEST(a_price_takes_nothing_until_a_battery_is_clearly_above_its_reserve)
{
    struct schedule *s = world_plan(&w, 0, 0.3);
    world_plan_peak(s, 200e3); // the rest would lift it
    w.soc = 0.2;
    follow(s);
    world_run(&w, 60);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.soc = 0.205;
    world_run(&w, 5);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.soc = 0.3;
    world_run(&w, 5);
    ck_assert_double_gt(w.battery_goal_w, 50e3);
}
END_TEST

// ---- peaks ----------------------------------------------------------------------------------------------------------

START_TEST(the_months_peak_is_kept_against_a_battery_that_would_rest_at_the_price)
{
    w.load_w = 300e3;
    world_run(&w, 2);
    struct schedule *s = world_plan(&w, 0, 0.3);
    world_plan_peak(s, 350e3);
    world_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}});
    world_run(&w, 300);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.load_w = 800e3; // within the limit, but it would lift the peak
    world_run(&w, 60);
    ck_assert_double_gt(w.battery_goal_w, 100e3);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_PEAK);
    world_run(&w, 540); // to the end of its window
    struct grid_view g;
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_le(g.month_peak_w, 350e3 * 1.002);
    ck_assert_double_ge(g.month_peak_w, 350e3 * 0.98);
}
END_TEST

START_TEST(a_jump_early_in_a_window_that_comes_back_by_itself_is_left_to_the_grid)
{
    struct schedule *s = world_plan(&w, 0, 0.3);
    world_plan_peak(s, 500e3);
    world_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}});
    for (int minute = 0; minute < 5; minute++) {
        w.load_w = minute % 2 ? 450e3 : 580e3;
        world_run(&w, 60);
        ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    }
}
END_TEST

START_TEST(a_window_that_is_just_at_the_peak_ends_without_a_move)
{
    w.now.utc_ms = (w.now.utc_ms / 900000 + 1) * 900000;
    for (int t = 0; t < 900; t++) {
        if (t % 300 == 0) {
            struct schedule *s = world_plan(&w, 0, 0.3);
            world_plan_peak(s, 455e3);
            follow(s);
        }
        world_run(&w, 1);
        ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core calm");
    TCase *c = tcase_create("calm");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, at_the_price_that_a_plan_weighed_its_powers_stand_whatever_the_values, 0, 2);
    tcase_add_test(c, what_comes_otherwise_than_planned_is_taken_by_value);
    tcase_add_test(c, at_a_mark_the_step_before_goes_on_until_the_next_plan_is_there);
    tcase_add_test(c, an_event_at_a_mark_does_not_wait_for_the_next_plan);
    tcase_add_test(c, a_price_takes_nothing_until_a_battery_is_clearly_above_its_reserve);
    tcase_add_test(c, the_months_peak_is_kept_against_a_battery_that_would_rest_at_the_price);
    tcase_add_test(c, a_jump_early_in_a_window_that_comes_back_by_itself_is_left_to_the_grid);
    tcase_add_test(c, a_window_that_is_just_at_the_peak_ends_without_a_move);
    suite_add_tcase(s, c);
    return run_suite(s);
}
