// SPDX-License-Identifier: GPL-3.0-or-later
// The state machine of limits that are, or are not, heard: every transition, and every boundary to the millisecond.
#include <check.h>
#include <stdlib.h>

#include "dr/guard.h"
#include "tests/unit/run_suite.h"

enum { HEARTBEAT_MS = 120 * 1000, FAILSAFE_MS = 2 * 3600 * 1000, LONGEST_MS = 24 * 3600 * 1000 };

static const struct guard_settings settings = {HEARTBEAT_MS, FAILSAFE_MS};
static const uint64_t START = 1000;

static void assert_state(const struct guard *g, enum guard_state state)
{
    ck_assert_str_eq(guard_state_name(g->state), guard_state_name(state));
    ck_assert(guard_is_failsafe(g) == (state == GUARD_INIT || state == GUARD_FAILSAFE));
}

static struct guard started(void)
{
    struct guard g = {0};
    guard_start(&g, START);
    assert_state(&g, GUARD_INIT);
    return g;
}

// Controlled since `START`, the last heartbeat then.
static struct guard controlled(void)
{
    struct guard g = started();
    ck_assert(!guard_heartbeat(&g, &settings, START));
    ck_assert(guard_limit(&g, &settings, START));
    assert_state(&g, GUARD_CONTROLLED);
    return g;
}

// In fail-safe since the instant that is returned.
static struct guard failsafe(uint64_t *ret_since)
{
    struct guard g = controlled();
    *ret_since = START + HEARTBEAT_MS;
    ck_assert(guard_tick(&g, &settings, *ret_since));
    assert_state(&g, GUARD_FAILSAFE);
    return g;
}

// Heartbeats each minute within [from, to).
static void beat(struct guard *g, uint64_t from, uint64_t to)
{
    for (uint64_t t = from; t < to; t += 60 * 1000) {
        guard_tick(g, &settings, t);
        guard_heartbeat(g, &settings, t);
    }
}

START_TEST(without_being_started_it_is_off_and_stays_so)
{
    struct guard g = {0};
    ck_assert(!guard_heartbeat(&g, &settings, 1));
    ck_assert(!guard_limit(&g, &settings, 2));
    ck_assert(!guard_tick(&g, &settings, 3));
    assert_state(&g, GUARD_OFF);
}
END_TEST

START_TEST(it_starts_in_fail_safe_and_stays_there_for_days_when_nothing_is_heard)
{
    struct guard g = started();
    for (uint64_t t = START; t < START + 3 * (uint64_t)LONGEST_MS; t += 60 * 1000)
        ck_assert(!guard_tick(&g, &settings, t));
    assert_state(&g, GUARD_INIT);
}
END_TEST

START_TEST(a_limit_without_a_heartbeat_changes_nothing)
{
    struct guard g = started();
    ck_assert(!guard_limit(&g, &settings, START + 5));
    assert_state(&g, GUARD_INIT);
    ck_assert(!guard_heartbeat(&g, &settings, START + 6));
    assert_state(&g, GUARD_INIT);
    ck_assert(guard_limit(&g, &settings, START + 7));
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

START_TEST(after_the_start_a_limit_counts_until_the_heartbeat_is_120_s_old)
{
    struct guard g = started();
    guard_heartbeat(&g, &settings, START);
    struct guard late = g;
    ck_assert(guard_limit(&g, &settings, START + HEARTBEAT_MS - 1));
    assert_state(&g, GUARD_CONTROLLED);
    ck_assert(!guard_limit(&late, &settings, START + HEARTBEAT_MS));
    assert_state(&late, GUARD_INIT);
}
END_TEST

START_TEST(after_the_start_120_s_of_heartbeats_without_a_limit_set_it_free)
{
    struct guard g = started();
    beat(&g, START, START + HEARTBEAT_MS);
    ck_assert(!guard_tick(&g, &settings, START + HEARTBEAT_MS - 1));
    assert_state(&g, GUARD_INIT);
    ck_assert(guard_tick(&g, &settings, START + HEARTBEAT_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(a_heartbeat_itself_may_complete_the_120_s)
{
    struct guard g = started();
    guard_heartbeat(&g, &settings, START);
    guard_heartbeat(&g, &settings, START + 60 * 1000);
    ck_assert(guard_heartbeat(&g, &settings, START + HEARTBEAT_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(a_break_of_heartbeats_begins_the_120_s_anew)
{
    struct guard g = started();
    guard_heartbeat(&g, &settings, START);
    guard_heartbeat(&g, &settings, START + HEARTBEAT_MS); // the first had become too old
    assert_state(&g, GUARD_INIT);
    guard_heartbeat(&g, &settings, START + HEARTBEAT_MS + 60 * 1000);
    ck_assert(!guard_tick(&g, &settings, START + 2 * HEARTBEAT_MS - 1));
    ck_assert(guard_tick(&g, &settings, START + 2 * HEARTBEAT_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(under_control_120_s_without_a_heartbeat_are_fail_safe)
{
    struct guard g = controlled();
    ck_assert(!guard_tick(&g, &settings, START + HEARTBEAT_MS - 1));
    assert_state(&g, GUARD_CONTROLLED);
    ck_assert(guard_tick(&g, &settings, START + HEARTBEAT_MS));
    assert_state(&g, GUARD_FAILSAFE);
}
END_TEST

START_TEST(under_control_limits_alone_do_not_replace_the_heartbeat)
{
    struct guard g = controlled();
    for (uint64_t t = START; t < START + HEARTBEAT_MS; t += 1000)
        ck_assert(!guard_limit(&g, &settings, t));
    ck_assert(guard_limit(&g, &settings, START + HEARTBEAT_MS));
    assert_state(&g, GUARD_FAILSAFE);
}
END_TEST

START_TEST(under_control_heartbeats_without_limits_keep_it_for_ever)
{
    struct guard g = controlled();
    beat(&g, START, START + 3 * (uint64_t)LONGEST_MS);
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

START_TEST(alone_a_limit_brings_it_under_control)
{
    struct guard g = started();
    beat(&g, START, START + HEARTBEAT_MS + 1);
    assert_state(&g, GUARD_AUTONOMOUS);
    ck_assert(guard_limit(&g, &settings, START + HEARTBEAT_MS + 2));
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

START_TEST(alone_120_s_without_a_heartbeat_are_fail_safe)
{
    struct guard g = started();
    beat(&g, START, START + HEARTBEAT_MS + 1);
    assert_state(&g, GUARD_AUTONOMOUS);
    ck_assert(!guard_tick(&g, &settings, START + 2 * HEARTBEAT_MS - 1));
    ck_assert(guard_tick(&g, &settings, START + 2 * HEARTBEAT_MS));
    assert_state(&g, GUARD_FAILSAFE);
}
END_TEST

START_TEST(without_a_heartbeat_fail_safe_never_ends_and_a_limit_is_not_heard)
{
    uint64_t since;
    struct guard g = failsafe(&since);
    ck_assert(!guard_tick(&g, &settings, since + LONGEST_MS));
    ck_assert(!guard_limit(&g, &settings, since + LONGEST_MS));
    ck_assert(!guard_tick(&g, &settings, since + 10 * (uint64_t)LONGEST_MS));
    assert_state(&g, GUARD_FAILSAFE);
}
END_TEST

START_TEST(a_heartbeat_and_a_limit_after_it_leave_fail_safe_at_once)
{
    uint64_t since;
    struct guard g = failsafe(&since);
    ck_assert(!guard_heartbeat(&g, &settings, since + 10));
    assert_state(&g, GUARD_FAILSAFE);
    ck_assert(guard_limit(&g, &settings, since + 11));
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

START_TEST(a_limit_before_the_heartbeat_does_not_leave_fail_safe)
{
    uint64_t since;
    struct guard g = failsafe(&since);
    ck_assert(!guard_limit(&g, &settings, since + 10));
    ck_assert(!guard_heartbeat(&g, &settings, since + 11));
    assert_state(&g, GUARD_FAILSAFE);
}
END_TEST

START_TEST(heartbeats_without_a_limit_leave_fail_safe_when_its_least_time_is_over)
{
    uint64_t since;
    struct guard g = failsafe(&since);
    beat(&g, since, since + FAILSAFE_MS);
    ck_assert(!guard_tick(&g, &settings, since + FAILSAFE_MS - 1));
    assert_state(&g, GUARD_FAILSAFE);
    ck_assert(guard_tick(&g, &settings, since + FAILSAFE_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(heartbeats_that_come_back_late_are_waited_for_120_s)
{
    uint64_t since;
    struct guard g = failsafe(&since);
    uint64_t back = since + FAILSAFE_MS + 5;
    guard_heartbeat(&g, &settings, back);
    guard_heartbeat(&g, &settings, back + 60 * 1000);
    ck_assert(!guard_tick(&g, &settings, back + HEARTBEAT_MS - 1));
    assert_state(&g, GUARD_FAILSAFE);
    ck_assert(guard_tick(&g, &settings, back + HEARTBEAT_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(the_least_time_of_fail_safe_may_be_a_day)
{
    const struct guard_settings longest = {HEARTBEAT_MS, LONGEST_MS};
    uint64_t since;
    struct guard g = failsafe(&since);
    for (uint64_t t = since; t < since + LONGEST_MS; t += 60 * 1000) {
        ck_assert(!guard_tick(&g, &longest, t));
        ck_assert(!guard_heartbeat(&g, &longest, t));
    }
    ck_assert(!guard_tick(&g, &longest, since + LONGEST_MS - 1));
    ck_assert(guard_tick(&g, &longest, since + LONGEST_MS));
    assert_state(&g, GUARD_AUTONOMOUS);
}
END_TEST

START_TEST(a_heartbeat_that_comes_too_late_still_shows_the_loss_before_it)
{
    struct guard g = controlled();
    ck_assert(guard_heartbeat(&g, &settings, START + HEARTBEAT_MS)); // no tick in between
    assert_state(&g, GUARD_FAILSAFE);
    ck_assert(guard_limit(&g, &settings, START + HEARTBEAT_MS + 1));
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

START_TEST(a_clock_that_seems_to_go_back_changes_nothing)
{
    struct guard g = controlled();
    ck_assert(!guard_tick(&g, &settings, 0));
    ck_assert(!guard_limit(&g, &settings, 0));
    assert_state(&g, GUARD_CONTROLLED);
}
END_TEST

static Suite *dr_guard_suite(void)
{
    Suite *suite = suite_create("dr_guard");
    TCase *start = tcase_create("start"), *loss = tcase_create("loss"), *back = tcase_create("back");
    tcase_add_test(start, without_being_started_it_is_off_and_stays_so);
    tcase_add_test(start, it_starts_in_fail_safe_and_stays_there_for_days_when_nothing_is_heard);
    tcase_add_test(start, a_limit_without_a_heartbeat_changes_nothing);
    tcase_add_test(start, after_the_start_a_limit_counts_until_the_heartbeat_is_120_s_old);
    tcase_add_test(start, after_the_start_120_s_of_heartbeats_without_a_limit_set_it_free);
    tcase_add_test(start, a_heartbeat_itself_may_complete_the_120_s);
    tcase_add_test(start, a_break_of_heartbeats_begins_the_120_s_anew);
    tcase_add_test(loss, under_control_120_s_without_a_heartbeat_are_fail_safe);
    tcase_add_test(loss, under_control_limits_alone_do_not_replace_the_heartbeat);
    tcase_add_test(loss, under_control_heartbeats_without_limits_keep_it_for_ever);
    tcase_add_test(loss, alone_a_limit_brings_it_under_control);
    tcase_add_test(loss, alone_120_s_without_a_heartbeat_are_fail_safe);
    tcase_add_test(back, without_a_heartbeat_fail_safe_never_ends_and_a_limit_is_not_heard);
    tcase_add_test(back, a_heartbeat_and_a_limit_after_it_leave_fail_safe_at_once);
    tcase_add_test(back, a_limit_before_the_heartbeat_does_not_leave_fail_safe);
    tcase_add_test(back, heartbeats_without_a_limit_leave_fail_safe_when_its_least_time_is_over);
    tcase_add_test(back, heartbeats_that_come_back_late_are_waited_for_120_s);
    tcase_add_test(back, the_least_time_of_fail_safe_may_be_a_day);
    tcase_add_test(back, a_heartbeat_that_comes_too_late_still_shows_the_loss_before_it);
    tcase_add_test(back, a_clock_that_seems_to_go_back_changes_nothing);
    suite_add_tcase(suite, start);
    suite_add_tcase(suite, loss);
    suite_add_tcase(suite, back);
    return suite;
}

int main(void)
{
    return run_suite(dr_guard_suite());
}
