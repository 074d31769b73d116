// SPDX-License-Identifier: GPL-3.0-or-later
// What holds while the grid operator is not heard: fail-safe limits, the default, and what is still known.
#include "dr_world.h"
#include "tests/unit/run_suite.h"

static const char GUARDED[] =
    DR_HEAD("UTC", ", default_import_limit: 320 kW, failsafe: {enabled: true, heartbeat: 120 s, "
                   "duration: 2 h, import_limit: 150 kW, export_limit: 60 kW}") DR_HOUSE;
static const char DEFAULTED[] = DR_HEAD("UTC", ", default_import_limit: 320 kW") DR_HOUSE;

enum { TWO_HOURS_S = 7200 };

static void guarded(void)
{
    dr_start_area(GUARDED, "2026-01-05T12:00:00Z");
}

static void defaulted(void)
{
    dr_start_area(DEFAULTED, "2026-01-05T12:00:00Z");
}

static void teardown(void)
{
    area_end(&w);
}

static void beat(int seconds)
{
    for (int s = 0; s < seconds; s++) {
        if (s % 60 == 0)
            ck_assert_int_eq(dr_hear(DR_HEARTBEAT), 0);
        area_run(&w, 1);
    }
}

// ---- fail-safe ------------------------------------------------------------------------------------------------------

START_TEST(it_starts_with_the_fail_safe_limits_and_an_alarm)
{
    struct dr_view v = dr_now();
    ck_assert_int_eq(v.guard, GUARD_INIT);
    ck_assert(v.on);
    ck_assert_double_eq(v.import_limit_w, 150e3);
    ck_assert_double_eq(v.export_limit_w, 60e3);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
    ck_assert(area_alarm(&w, "dr-failsafe"));
    area_run(&w, 10);
    ck_assert_double_le(area_grid_w(&w), 150e3);
}
END_TEST

START_TEST(a_heartbeat_and_a_limit_after_it_put_the_limit_in_its_place_at_once)
{
    area_run(&w, 10);
    dr_ask("early", DR_IMPORT_LIMIT, 250e3, 0, 3600);
    ck_assert_double_eq(dr_import_limit_w(), 150e3); // no heartbeat yet
    ck_assert_int_eq(dr_hear(DR_HEARTBEAT), 0);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
    dr_ask("e", DR_IMPORT_LIMIT, 260e3, 0, 3600);
    ck_assert_int_eq(dr_now().guard, GUARD_CONTROLLED);
    ck_assert_double_eq(dr_import_limit_w(), 250e3);
    ck_assert(!area_alarm(&w, "dr-failsafe"));
    area_run(&w, 5);
    ck_assert_double_eq_tol(area_grid_w(&w), 250e3 * 0.98, 5e3);
}
END_TEST

START_TEST(a_limit_that_is_withdrawn_is_a_word_about_limits_as_well)
{
    dr_ask("early", DR_IMPORT_LIMIT, 250e3, 0, 3600);
    dr_hear(DR_HEARTBEAT);
    ck_assert_int_eq(dr_take_back("early", ""), 0);
    ck_assert_int_eq(dr_now().guard, GUARD_CONTROLLED);
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
}
END_TEST

START_TEST(prices_and_the_operator_at_the_gateway_do_not_end_fail_safe)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("p", DR_PRICE, 0.5, 0, 3600);
    struct dr_event *e = dr_asked("own", DR_IMPORT_LIMIT, 250e3, 0, 3600);
    snprintf(e->sender, sizeof e->sender, "operator");
    ck_assert_int_eq(dr_put(e), 0);
    ck_assert_int_eq(dr_now().guard, GUARD_INIT);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
}
END_TEST

START_TEST(two_minutes_without_a_heartbeat_bring_the_fail_safe_limit_in_that_second)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 300e3, 0, 3600);
    area_run(&w, 119);
    ck_assert_double_eq(dr_import_limit_w(), 300e3);
    area_run(&w, 1);
    ck_assert_int_eq(dr_now().guard, GUARD_FAILSAFE);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
    ck_assert(area_alarm(&w, "dr-failsafe"));
    area_run(&w, 5);
    ck_assert_double_le(area_grid_w(&w), 150e3);
}
END_TEST

START_TEST(on_loss_limits_only_tighten)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 120e3, 0, 3600);
    area_run(&w, 130);
    ck_assert_int_eq(dr_now().guard, GUARD_FAILSAFE);
    ck_assert_double_eq(dr_import_limit_w(), 120e3);
}
END_TEST

START_TEST(heartbeats_without_a_limit_set_it_free_after_two_hours)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 300e3, 0, 60);
    area_run(&w, 121);
    ck_assert_int_eq(dr_now().guard, GUARD_FAILSAFE);
    beat(TWO_HOURS_S - 2);
    ck_assert_int_eq(dr_now().guard, GUARD_FAILSAFE);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
    beat(2);
    ck_assert_int_eq(dr_now().guard, GUARD_AUTONOMOUS);
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
}
END_TEST

START_TEST(setting_the_clock_neither_shortens_nor_stretches_fail_safe)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 300e3, 0, 36000);
    area_run(&w, 60);
    w.now.utc_ms += 3600000;
    area_run(&w, 59);
    ck_assert_int_eq(dr_now().guard, GUARD_CONTROLLED);
    w.now.utc_ms -= 7200000;
    area_run(&w, 1);
    ck_assert_int_eq(dr_now().guard, GUARD_FAILSAFE);
}
END_TEST

START_TEST(after_a_restart_it_is_in_fail_safe_again)
{
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 300e3, 0, 3600);
    area_restart(&w, 1000);
    area_run(&w, 1);
    ck_assert_int_eq(dr_now().guard, GUARD_INIT);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
    dr_hear(DR_HEARTBEAT);
    dr_ask("e", DR_IMPORT_LIMIT, 300e3, 0, 3600);
    ck_assert_double_eq(dr_import_limit_w(), 300e3);
}
END_TEST

START_TEST(a_plan_counts_on_fail_safe_to_its_end)
{
    struct plan_problem *p = area_problem(&w);
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_eq_tol(p->grids[0].dr_import_limit_w[k], 150e3 * 0.98, 1e-6);
}
END_TEST

// ---- the way is lost ------------------------------------------------------------------------------------------------

START_TEST(a_lost_sender_leaves_known_events_to_their_end_and_then_the_default)
{
    dr_ask("e", DR_IMPORT_LIMIT, 350e3, 0, 60);
    area_run(&w, 10);
    ck_assert_int_eq(dr_hear(DR_SENDER_LOST), 0);
    ck_assert(dr_now().sender_lost);
    ck_assert(area_alarm(&w, "dr-sender"));
    for (int s = 0; s < 49; s++) {
        ck_assert_double_eq(dr_import_limit_w(), 350e3);
        area_run(&w, 1);
    }
    area_run(&w, 1);
    ck_assert_double_eq(dr_import_limit_w(), 320e3);
    area_run(&w, 5);
    ck_assert_double_le(area_grid_w(&w), 320e3);
    ck_assert_int_eq(dr_hear(DR_SENDER_BACK), 0);
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
    ck_assert(!area_alarm(&w, "dr-sender"));
}
END_TEST

START_TEST(the_default_fills_the_gaps_between_known_events)
{
    double import_w = 0;
    dr_ask("later", DR_IMPORT_LIMIT, 350e3, 600, 1200);
    dr_hear(DR_SENDER_LOST);
    for (int s = 0; s < 1300; s += 100, area_run(&w, 100)) {
        import_w = dr_import_limit_w();
        ck_assert_double_eq(import_w, s >= 600 && s < 1200 ? 350e3 : 320e3);
    }
}
END_TEST

START_TEST(a_black_start_spares_the_batteries)
{
    area_run(&w, 2);
    dr_ask("b", DR_BLACK_START, 1, 0, 600);
    hall->power_w = 900e3;
    area_run(&w, 20);
    ck_assert_double_le(battery->power_w, 1); // below the connection's own limit nothing is taken out
    ck_assert(area_alarm(&w, "dr-black-start"));
    ck_assert_double_eq_tol(area_problem(&w)->batteries[0].reserve_wh, 900e3, 1);
    hall->power_w = 1200e3;
    area_run(&w, 20);
    ck_assert_double_ge(battery->power_w, 190e3); // the area's own limits come first
}
END_TEST

static Suite *core_dr_sender_suite(void)
{
    Suite *suite = suite_create("core dr sender");
    TCase *failsafe = tcase_create("failsafe"), *lost = tcase_create("lost");
    tcase_add_checked_fixture(failsafe, guarded, teardown);
    tcase_add_checked_fixture(lost, defaulted, teardown);
    tcase_add_test(failsafe, it_starts_with_the_fail_safe_limits_and_an_alarm);
    tcase_add_test(failsafe, a_heartbeat_and_a_limit_after_it_put_the_limit_in_its_place_at_once);
    tcase_add_test(failsafe, a_limit_that_is_withdrawn_is_a_word_about_limits_as_well);
    tcase_add_test(failsafe, prices_and_the_operator_at_the_gateway_do_not_end_fail_safe);
    tcase_add_test(failsafe, two_minutes_without_a_heartbeat_bring_the_fail_safe_limit_in_that_second);
    tcase_add_test(failsafe, on_loss_limits_only_tighten);
    tcase_add_test(failsafe, heartbeats_without_a_limit_set_it_free_after_two_hours);
    tcase_add_test(failsafe, setting_the_clock_neither_shortens_nor_stretches_fail_safe);
    tcase_add_test(failsafe, after_a_restart_it_is_in_fail_safe_again);
    tcase_add_test(failsafe, a_plan_counts_on_fail_safe_to_its_end);
    tcase_add_test(lost, a_lost_sender_leaves_known_events_to_their_end_and_then_the_default);
    tcase_add_test(lost, the_default_fills_the_gaps_between_known_events);
    tcase_add_test(lost, a_black_start_spares_the_batteries);
    tcase_set_timeout(failsafe, 60);
    suite_add_tcase(suite, failsafe);
    suite_add_tcase(suite, lost);
    return suite;
}

int main(void)
{
    return run_suite(core_dr_sender_suite());
}
