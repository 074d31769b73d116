// SPDX-License-Identifier: GPL-3.0-or-later
// The engine in good times: modes, plans, limits, what it publishes and how it counts.
#include "allocations.h"
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

// ---- modes and plans ------------------------------------------------------------------------------------------------

START_TEST(it_starts_without_commands_and_goes_to_rules_with_the_first_readings)
{
    world_tell(&w, (struct event){.kind = EVENT_TICK});
    ck_assert_int_eq(engine_mode(w.engine), MODE_STARTING);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 0);
    world_run(&w, 2);
    ck_assert_int_eq(engine_mode(w.engine), MODE_RULES);
    ck_assert_int_gt(w.seen.writes[DEV_BATTERY], 0);
}
END_TEST

START_TEST(rules_cover_the_own_consumption_from_the_battery)
{
    w.load_w = 120e3;
    world_run(&w, 22); // the planner does not answer
    ck_assert_double_eq_tol(w.battery_goal_w, 120e3, 10);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_RULE);
}
END_TEST

START_TEST(while_the_first_plan_is_on_its_way_only_limits_move_the_battery)
{
    w.load_w = 500e3;
    world_run(&w, 5);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.load_w = 1100e3;
    world_run(&w, 2);
    ck_assert_double_eq_tol(w.battery_goal_w, 120e3, 2000);
}
END_TEST

START_TEST(rules_leave_the_reserve_alone_but_not_the_import_limit)
{
    w.soc = 0.15;
    w.load_w = 300e3;
    world_run(&w, 5);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.load_w = 1100e3;
    world_run(&w, 3);
    ck_assert_double_eq_tol(w.battery_goal_w, 120e3, 2000);
}
END_TEST

START_TEST(the_first_problem_is_asked_for_as_soon_as_all_values_are_there)
{
    world_second(&w);
    ck_assert_int_eq(w.seen.solves, 1);
}
END_TEST

START_TEST(a_problem_is_asked_for_on_every_clock_mark)
{
    world_second(&w);
    world_give_plan(&w, 0, 0.2);
    world_clear(&w);
    world_run(&w, 298);
    ck_assert_int_eq(w.seen.solves, 0);
    world_run(&w, 2);
    ck_assert_int_eq(w.seen.solves, 1);
}
END_TEST

START_TEST(a_problem_holds_what_is_measured)
{
    struct plan_problem *p;
    w.soc = 0.7;
    world_run(&w, 3);
    ck_assert_int_eq(engine_make_problem(w.engine, w.now, &p), 0);
    ck_assert_double_eq_tol(p->batteries[0].energy_wh, 700e3, 2e3);
    ck_assert(p->batteries[0].available);
    ck_assert_double_eq_tol(p->grids[0].import_limit_w, 980e3, 1);
    ck_assert_double_eq_tol(p->grids[0].import_price_per_kwh[0], 0.3, 1e-9);
    ck_assert_double_gt(p->loads[0].demand_w[0], 0);
    char why[128];
    ck_assert_msg(plan_problem_check(p, why, sizeof why) == 0, "%s", why);
    plan_problem_free(p);
}
END_TEST

START_TEST(a_plan_is_followed_with_its_reason)
{
    world_run(&w, 2);
    ck_assert_int_eq(world_give_plan(&w, -150e3, 0.295), 0);
    world_run(&w, 3);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    ck_assert_double_eq_tol(w.battery_goal_w, -150e3, 1);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_PRICE);
    ck_assert_double_eq_tol(world_view(&w, A_BATTERY).marginal_price_per_kwh, 0.3, 1e-9);
    ck_assert_int_eq(w.seen.plans, 1);
    ck_assert_int_eq(w.seen.saves[SAVED_PLAN], 1);
}
END_TEST

START_TEST(a_plan_of_another_site_is_refused)
{
    world_run(&w, 2);
    struct schedule *s = world_plan(&w, 0, 0.2);
    strcpy(s->assets[A_BATTERY].id, "other");
    ck_assert_int_lt(world_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
    ck_assert_ptr_null(engine_plan(w.engine));
    ck_assert(world_alarm(&w, "planner"));
}
END_TEST

START_TEST(a_plan_with_a_number_that_is_none_is_refused)
{
    world_run(&w, 2);
    ck_assert_int_lt(world_give_plan(&w, NAN, 0.2), 0);
    ck_assert_ptr_null(engine_plan(w.engine));
}
END_TEST

START_TEST(without_a_planner_the_plan_is_followed_for_its_age_and_rules_take_over)
{
    world_run(&w, 2);
    world_give_plan(&w, -150e3, 0.295);
    world_run(&w, 5);
    world_tell(&w, (struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {.why = "killed"}});
    ck_assert(world_alarm(&w, "planner"));
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    world_clear(&w);
    world_run(&w, 14 * 60);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    ck_assert_int_ge(w.seen.solves, 2); // tried again and again
    world_run(&w, 70);
    ck_assert_int_eq(engine_mode(w.engine), MODE_RULES);
    ck_assert_int_eq(w.seen.alarms_raised, 0); // said once
    world_give_plan(&w, 0, 0.2);
    ck_assert(!world_alarm(&w, "planner"));
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
}
END_TEST

START_TEST(a_failed_solve_is_tried_again_after_a_pause)
{
    world_run(&w, 2);
    world_tell(&w, (struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {.why = "killed"}});
    world_clear(&w);
    world_run(&w, 29);
    ck_assert_int_eq(w.seen.solves, 0);
    world_run(&w, 2);
    ck_assert_int_eq(w.seen.solves, 1);
}
END_TEST

// ---- limits ---------------------------------------------------------------------------------------------------------

START_TEST(a_step_over_the_import_limit_is_answered_on_the_grids_reading)
{
    w.load_w = 900e3;
    w.soc = 0.5;
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.3); // worth as much as the import price: left alone
    world_run(&w, 3);
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    w.load_w = 1200e3;
    w.now.mono_ms += 300;
    w.now.utc_ms += 300;
    world_read(&w, DEV_GRID); // no tick
    ck_assert_double_eq_tol(w.battery_goal_w, 220e3, 2000);
    ck_assert_int_eq(world_view(&w, A_BATTERY).reason.kind, REASON_IMPORT_LIMIT);
    ck_assert_str_eq(world_view(&w, A_BATTERY).reason.asset, "grid");
}
END_TEST

START_TEST(a_step_during_a_swing_of_the_battery_is_answered_in_full)
{
    w.load_w = 900e3;
    world_run(&w, 2);
    world_give_plan(&w, 400e3, 0.3);
    world_run(&w, 10);
    world_give_plan(&w, 0, 0.3);
    world_tell(&w, (struct event){.kind = EVENT_TICK});
    ck_assert_double_eq_tol(w.battery_goal_w, 0, 1);
    for (int i = 1; i <= 12; i++) { // it follows with a time constant of 0.4 s, is read 200 ms before the grid
        w.now.utc_ms += 50;
        w.now.mono_ms += 50;
        w.battery_w += (w.battery_goal_w - w.battery_w) * (1 - exp(-50 / 400.0));
        if (i % 5 == 1)
            world_read(&w, DEV_BATTERY);
        if (i % 5 == 0)
            world_read(&w, DEV_GRID);
        if (i == 6)
            w.load_w = 1200e3;
    }
    ck_assert_double_eq_tol(w.battery_goal_w, 220e3, 10e3);
}
END_TEST

START_TEST(polls_at_other_moments_than_the_meter_do_not_make_it_hunt)
{
    w.load_w = 900e3;
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.3);
    world_run(&w, 20);
    w.load_w = 1200e3;
    double highest_w = 0, last_w = 0;
    int turns = 0;
    for (int i = 0; i < 200; i++) { // grid at 0, tick at 300, battery follows at 500, is read at 600
        w.now.utc_ms += 100;
        w.now.mono_ms += 100;
        if (i % 10 == 0)
            for (int d = 0; d < DEV_COUNT; d++)
                if (d != DEV_BATTERY)
                    world_read(&w, d);
        if (i % 10 == 3)
            world_tell(&w, (struct event){.kind = EVENT_TICK});
        if (i % 10 == 5)
            w.battery_w = w.battery_goal_w;
        if (i % 10 == 6)
            world_read(&w, DEV_BATTERY);
        turns += w.battery_goal_w < last_w - 1;
        last_w = w.battery_goal_w;
        highest_w = fmax(highest_w, last_w);
    }
    ck_assert_double_le(highest_w, 222e3);
    ck_assert_double_eq_tol(last_w, 220e3, 2000);
    ck_assert_int_eq(turns, 0);
}
END_TEST

START_TEST(a_full_battery_leaves_the_export_limit_to_a_cap_on_the_pv_plant)
{
    w.load_w = 50e3;
    w.pv_w = 200e3;
    w.soc = 0.95;
    world_run(&w, 6);
    ck_assert_double_le(-world_grid_w(&w), 100e3);
    ck_assert_double_eq_tol(w.cap_w, 140e3, 3e3);
    ck_assert_int_eq(world_view(&w, A_PV).reason.kind, REASON_EXPORT_LIMIT);
    w.load_w = 400e3; // room again: the cap is lifted step by step
    world_run(&w, 20);
    ck_assert_double_eq_tol(world_pv_w(&w), 200e3, 1);
}
END_TEST

START_TEST(an_uncurtailed_pv_plant_is_never_written_to)
{
    w.pv_w = 100e3;
    world_run(&w, 100);
    ck_assert_int_eq(w.seen.writes[DEV_PV], 0);
}
END_TEST

START_TEST(an_empty_battery_does_not_discharge_even_by_plan)
{
    w.soc = 0.10;
    world_run(&w, 2);
    world_give_plan(&w, 200e3, 0.1);
    world_run(&w, 3);
    ck_assert_double_le(w.battery_goal_w, 0);
}
END_TEST

START_TEST(a_full_battery_does_not_charge_even_by_plan)
{
    w.soc = 0.96;
    world_run(&w, 2);
    world_give_plan(&w, -200e3, 0.5);
    world_run(&w, 3);
    ck_assert_double_ge(w.battery_goal_w, 0);
}
END_TEST

START_TEST(a_limit_out_of_reach_raises_an_alarm_once_and_clears_it)
{
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.3);
    world_run(&w, 20);
    world_clear(&w);
    w.load_w = 1800e3;
    world_run(&w, 30);
    ck_assert(world_alarm(&w, "limit-grid"));
    ck_assert_int_eq(w.seen.alarms_raised, 1);
    w.load_w = 500e3;
    world_run(&w, 30);
    ck_assert(!world_alarm(&w, "limit-grid"));
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
}
END_TEST

// ---- publishing and leases ------------------------------------------------------------------------------------------

START_TEST(a_lease_is_renewed_at_a_third_of_its_time)
{
    w.load_w = 500e3;
    world_run(&w, 2);
    world_give_plan(&w, 100e3, 0.295);
    world_run(&w, 5);
    world_clear(&w);
    world_run(&w, 60);
    ck_assert_int_ge(w.seen.writes[DEV_BATTERY], 6);
    ck_assert_int_le(w.seen.writes[DEV_BATTERY], 8);
    ck_assert_int_eq(w.seen.saves[SAVED_LEASE], 0); // only when it is taken or given back
}
END_TEST

START_TEST(setpoints_are_published_on_change_and_each_minute)
{
    world_run(&w, 2);
    world_give_plan(&w, 100e3, 0.295);
    world_run(&w, 5);
    world_clear(&w);
    world_run(&w, 125);
    ck_assert_int_eq(w.seen.setpoints[A_BATTERY], 2);
    world_give_plan(&w, 150e3, 0.295);
    world_run(&w, 2);
    ck_assert_int_eq(w.seen.setpoints[A_BATTERY], 3);
}
END_TEST

START_TEST(states_are_published_every_few_seconds)
{
    world_run(&w, 5);
    world_clear(&w);
    world_run(&w, 60);
    ck_assert_int_eq(w.seen.asset_states[A_LOAD], 12);
    ck_assert_int_ge(w.seen.states, 12);
    ck_assert_int_le(w.seen.states, 16);
    ck_assert_int_eq(w.seen.saves[SAVED_ENERGY], 4);
}
END_TEST

START_TEST(a_driver_that_does_not_ask_for_long_finds_a_bounded_list)
{
    struct event tick = {.kind = EVENT_TICK};
    world_run(&w, 3);
    for (int i = 0; i < 5000; i++) {
        w.now.mono_ms += 1000;
        w.now.utc_ms += 1000;
        tick.at = w.now;
        engine_consume(w.engine, &tick);
    }
    ck_assert_int_lt(world_drain(&w), 80);
}
END_TEST

START_TEST(a_tick_without_a_new_plan_allocates_nothing)
{
    allocations_watch();
    world_run(&w, 2);
    world_give_plan(&w, 100e3, 0.295);
    world_run(&w, 5);
    size_t before = allocation_count;
    world_run(&w, 200);
    ck_assert_uint_eq(allocation_count, before);
    free(malloc(16));
    ck_assert_uint_gt(allocation_count, before);
}
END_TEST

// ---- energies and peaks ---------------------------------------------------------------------------------------------

START_TEST(energies_are_counted_by_direction)
{
    w.load_w = 360e3;
    world_run(&w, 2);
    world_give_plan(&w, -36e3, 0.295);
    world_run(&w, 5);
    struct asset_view before = world_view(&w, A_BATTERY), load = world_view(&w, A_LOAD);
    world_run(&w, 100);
    ck_assert_double_eq_tol(world_view(&w, A_BATTERY).energy_out_wh - before.energy_out_wh, 1000, 1);
    ck_assert_double_eq(world_view(&w, A_BATTERY).energy_in_wh, before.energy_in_wh);
    ck_assert_double_eq_tol(world_view(&w, A_LOAD).energy_out_wh - load.energy_out_wh, 10000, 10);
}
END_TEST

START_TEST(a_clock_that_is_set_neither_doubles_nor_loses_energy)
{
    world_run(&w, 5);
    double before = world_view(&w, A_LOAD).energy_out_wh;
    for (int i = 0; i < 60; i++) {
        if (i == 20)
            w.now.utc_ms -= 3600 * 1000;
        if (i == 40)
            w.now.utc_ms += 3600 * 1000;
        world_run(&w, 1);
    }
    double counted = world_view(&w, A_LOAD).energy_out_wh - before;
    ck_assert_double_le(counted, 500e3 * 60 / 3600 + 1);
    ck_assert_double_ge(counted, 500e3 * 57.5 / 3600); // what lies in the moment of doubt is not made up
}
END_TEST

START_TEST(the_highest_window_becomes_the_months_peak)
{
    struct grid_view g;
    w.soc = 0.10;
    w.load_w = 400e3;
    world_run(&w, 900);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_eq_tol(g.month_peak_w, 400e3, 4e3);
    ck_assert_int_gt(w.seen.saves[SAVED_PEAK], 0);
    w.load_w = 200e3;
    world_run(&w, 900);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_eq_tol(g.month_peak_w, 400e3, 4e3);
}
END_TEST

START_TEST(a_window_that_was_under_way_at_the_start_counts_as_if_it_had_been_as_now)
{
    struct grid_view g;
    w.soc = 0.10;
    w.now.utc_ms += 10 * 60 * 1000; // ten minutes into the window
    world_run(&w, 60);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_eq_tol(g.window_wh, 500e3 * 11 / 60, 500e3 * 3 / 3600);
}
END_TEST

START_TEST(what_a_lost_meter_did_not_count_is_filled_when_it_is_back)
{
    struct grid_view g;
    w.soc = 0.10;
    world_run(&w, 60);
    w.dead[DEV_GRID] = true;
    world_run(&w, 120);
    w.dead[DEV_GRID] = false;
    world_run(&w, 60);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_eq_tol(g.window_wh, 500e3 * 4 / 60, 500e3 * 3 / 3600);
}
END_TEST

START_TEST(a_tick_over_the_end_of_a_window_is_shared_by_both)
{
    struct grid_view g;
    w.soc = 0.10;
    world_run(&w, 898);
    w.now.utc_ms += 6000; // ticks were late
    w.now.mono_ms += 6000;
    world_run(&w, 1);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_eq_tol(g.window_wh, 500e3 * 5 / 3600, 5);
    ck_assert_double_eq_tol(g.month_peak_w, 500e3, 100);
}
END_TEST

// The forecast of a load without a meter learns from what the other meters leave over.
START_TEST(a_load_without_a_meter_is_learnt_from_the_rest_of_its_bus)
{
    struct plan_problem *p;
    char text[sizeof WORLD_SITE];
    strcpy(text, WORLD_SITE);
    *strstr(text, "  l: {link") = '\0';
    world_end(&w);
    w = (struct world){.load_w = 250e3, .pv_w = 50e3, .soc = 0.10, .cap_w = INFINITY, .dead[DEV_LOAD] = true};
    w.now = (struct instant){.utc_ms = INT64_C(1767265200000), .mono_ms = 1000000};
    w.site = world_site(text);
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    world_run(&w, 2 * 3600);
    ck_assert_int_eq(engine_make_problem(w.engine, w.now, &p), 0);
    ck_assert_double_eq_tol(p->loads[0].demand_w[0], 250e3, 10e3);
    plan_problem_free(p);
}
END_TEST

START_TEST(a_new_month_begins_without_a_peak_and_a_clock_set_back_keeps_it)
{
    struct grid_view g;
    w.soc = 0.10;
    w.load_w = 400e3;
    world_run(&w, 901);
    w.now.utc_ms = INT64_C(1769900390000); // 2026-01-31T22:59:50Z: ten seconds before midnight in Berlin
    world_run(&w, 5);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_gt(g.month_peak_w, 300e3);
    world_run(&w, 10);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_lt(g.month_peak_w, 100e3);
    world_run(&w, 900);
    w.now.utc_ms -= 3600 * 1000; // back into January
    world_run(&w, 5);
    engine_grid(w.engine, 0, w.now, &g);
    ck_assert_double_gt(g.month_peak_w, 300e3);
}
END_TEST

START_TEST(the_day_of_the_clock_change_has_its_100_windows)
{
    // 2025-10-25T22:00Z to 2025-10-26T23:00Z is one local day of 25 hours.
    struct grid_view g;
    int windows = 0;
    int64_t last = 0;
    w.now.utc_ms = INT64_C(1761429600000);
    world_run(&w, 1);
    engine_grid(w.engine, 0, w.now, &g);
    last = g.window_start_utc_ms;
    for (int64_t t = 0; t < 25 * 3600; t += 60) {
        w.now.utc_ms = INT64_C(1761429600000) + t * 1000 + 1000;
        w.now.mono_ms += 60000;
        world_tell(&w, (struct event){.kind = EVENT_TICK});
        engine_grid(w.engine, 0, w.now, &g);
        windows += g.window_start_utc_ms != last || t == 0;
        ck_assert_int_ge(g.window_start_utc_ms, last);
        last = g.window_start_utc_ms;
    }
    ck_assert_int_eq(windows, 100);
}
END_TEST

static Suite *core_suite(void)
{
    Suite *s = suite_create("core");
    TCase *c = tcase_create("good times");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, it_starts_without_commands_and_goes_to_rules_with_the_first_readings);
    tcase_add_test(c, rules_cover_the_own_consumption_from_the_battery);
    tcase_add_test(c, while_the_first_plan_is_on_its_way_only_limits_move_the_battery);
    tcase_add_test(c, rules_leave_the_reserve_alone_but_not_the_import_limit);
    tcase_add_test(c, the_first_problem_is_asked_for_as_soon_as_all_values_are_there);
    tcase_add_test(c, a_problem_is_asked_for_on_every_clock_mark);
    tcase_add_test(c, a_problem_holds_what_is_measured);
    tcase_add_test(c, a_plan_is_followed_with_its_reason);
    tcase_add_test(c, a_plan_of_another_site_is_refused);
    tcase_add_test(c, a_plan_with_a_number_that_is_none_is_refused);
    tcase_add_test(c, without_a_planner_the_plan_is_followed_for_its_age_and_rules_take_over);
    tcase_add_test(c, a_failed_solve_is_tried_again_after_a_pause);
    tcase_add_test(c, a_step_over_the_import_limit_is_answered_on_the_grids_reading);
    tcase_add_test(c, a_step_during_a_swing_of_the_battery_is_answered_in_full);
    tcase_add_test(c, polls_at_other_moments_than_the_meter_do_not_make_it_hunt);
    tcase_add_test(c, a_full_battery_leaves_the_export_limit_to_a_cap_on_the_pv_plant);
    tcase_add_test(c, an_uncurtailed_pv_plant_is_never_written_to);
    tcase_add_test(c, an_empty_battery_does_not_discharge_even_by_plan);
    tcase_add_test(c, a_full_battery_does_not_charge_even_by_plan);
    tcase_add_test(c, a_limit_out_of_reach_raises_an_alarm_once_and_clears_it);
    tcase_add_test(c, a_lease_is_renewed_at_a_third_of_its_time);
    tcase_add_test(c, setpoints_are_published_on_change_and_each_minute);
    tcase_add_test(c, states_are_published_every_few_seconds);
    tcase_add_test(c, a_driver_that_does_not_ask_for_long_finds_a_bounded_list);
    tcase_add_test(c, a_tick_without_a_new_plan_allocates_nothing);
    tcase_add_test(c, energies_are_counted_by_direction);
    tcase_add_test(c, a_clock_that_is_set_neither_doubles_nor_loses_energy);
    tcase_add_test(c, the_highest_window_becomes_the_months_peak);
    tcase_add_test(c, a_window_that_was_under_way_at_the_start_counts_as_if_it_had_been_as_now);
    tcase_add_test(c, what_a_lost_meter_did_not_count_is_filled_when_it_is_back);
    tcase_add_test(c, a_tick_over_the_end_of_a_window_is_shared_by_both);
    tcase_add_test(c, a_load_without_a_meter_is_learnt_from_the_rest_of_its_bus);
    tcase_add_test(c, a_new_month_begins_without_a_peak_and_a_clock_set_back_keeps_it);
    tcase_add_test(c, the_day_of_the_clock_change_has_its_100_windows);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(core_suite());
}
