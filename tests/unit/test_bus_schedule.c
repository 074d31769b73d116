// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <stdlib.h>

#include "daemon/bus/schedule.h"
#include "tests/unit/run_suite.h"

// A schedule and its time: tests say what comes next and how it went.
struct rig {
    struct bus_schedule *s;
    uint64_t now_ms;
};

enum { START_MS = 1000000 };

static struct rig rig_of(const struct bus_timing *timings, size_t n)
{
    struct rig r = {.now_ms = START_MS};
    ck_assert_int_eq(bus_schedule_new(timings, n, 7, r.now_ms, &r.s), 0);
    return r;
}

// The next task, moving the time to it.
static struct bus_task next(struct rig *r)
{
    for (int i = 0; i < 1000; i++) {
        uint64_t wait_until_ms = UINT64_MAX;
        struct bus_task task = bus_schedule_next(r->s, r->now_ms, &wait_until_ms);
        if (task.kind != BUS_TASK_NONE)
            return task;
        ck_assert_uint_ne(wait_until_ms, UINT64_MAX);
        ck_assert_uint_gt(wait_until_ms, r->now_ms);
        r->now_ms = wait_until_ms;
    }
    ck_abort_msg("never anything due");
    return (struct bus_task){0};
}

static void finish(struct rig *r, const struct bus_task *task, enum bus_outcome outcome, uint64_t took_ms)
{
    r->now_ms += took_ms;
    bus_schedule_done(r->s, task, outcome, r->now_ms);
}

static struct bus_task expect(struct rig *r, enum bus_task_kind kind, enum bus_outcome outcome)
{
    struct bus_task task = next(r);
    ck_assert_msg(task.kind == kind, "task %d instead of %d", task.kind, kind);
    finish(r, &task, outcome, 1);
    return task;
}

static void connect_and_identify(struct rig *r, int devices)
{
    expect(r, BUS_TASK_CONNECT, OUTCOME_DONE);
    for (int i = 0; i < devices; i++)
        expect(r, BUS_TASK_IDENTIFY, OUTCOME_DONE);
}

// Connects; each of several devices is identified and polled once.
static void connect_all(struct rig *r, int devices)
{
    expect(r, BUS_TASK_CONNECT, OUTCOME_DONE);
    for (int i = 0; i < devices; i++) {
        ck_assert_int_eq(expect(r, BUS_TASK_IDENTIFY, OUTCOME_DONE).device, i);
        ck_assert_int_eq(expect(r, BUS_TASK_POLL, OUTCOME_DONE).device, i);
    }
}

static const struct bus_timing plain = {.poll_ms = 1000, .refresh_ms = 10000};

// A connected schedule of one device that was polled once.
static struct rig running(struct bus_timing timing)
{
    struct rig r = rig_of(&timing, 1);
    connect_and_identify(&r, 1);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    return r;
}

// ---- polling ------------------------------------------------------------------------------------------------------

START_TEST(polls_keep_to_absolute_times)
{
    struct rig r = running(plain);
    for (int i = 1; i <= 5; i++) {
        struct bus_task task = next(&r);
        ck_assert_uint_eq(r.now_ms, START_MS + 1000u * (unsigned)i);
        finish(&r, &task, OUTCOME_DONE, 300); // a slow answer does not shift the next one
    }
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(missed_beats_are_skipped_and_not_made_up_for)
{
    struct rig r = running(plain);
    r.now_ms = START_MS + 5700;
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    struct bus_task task = next(&r);
    ck_assert_int_eq(task.kind, BUS_TASK_POLL);
    ck_assert_uint_eq(r.now_ms, START_MS + 6000);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_dead_unit_is_asked_less_and_less_and_leaves_the_others_alone)
{
    struct bus_timing timings[2] = {plain, plain};
    struct rig r = rig_of(timings, 2);
    int polls[2] = {0};
    connect_all(&r, 2);
    while (r.now_ms < START_MS + 60000) {
        struct bus_task task = next(&r);
        if (task.kind == BUS_TASK_POLL)
            polls[task.device]++;
        bool dead = task.device == 0 && task.kind != BUS_TASK_CONNECT && r.now_ms > START_MS + 500;
        if (task.kind == BUS_TASK_IDENTIFY && task.device == 0)
            polls[0]++; // its attempts
        finish(&r, &task, dead ? OUTCOME_FAILED : OUTCOME_DONE, dead ? 500 : 5);
    }
    ck_assert_int_ge(polls[1], 55);
    ck_assert_int_le(polls[0], 15);
    ck_assert_int_ge(polls[0], 6); // at most 12.5 s apart
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(one_slip_costs_one_beat_only)
{
    struct rig r = running(plain);
    expect(&r, BUS_TASK_POLL, OUTCOME_FAILED);
    expect(&r, BUS_TASK_IDENTIFY, OUTCOME_DONE);
    ck_assert_uint_le(r.now_ms, START_MS + 2001);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

// ---- the link -----------------------------------------------------------------------------------------------------

START_TEST(a_refused_connection_is_tried_again_with_growing_jittered_pauses)
{
    struct rig r = rig_of(&plain, 1);
    uint64_t pauses[8];
    for (int i = 0; i < 8; i++) {
        uint64_t before_ms = r.now_ms;
        expect(&r, BUS_TASK_CONNECT, OUTCOME_LOST);
        pauses[i] = r.now_ms - 1 - before_ms;
    }
    ck_assert_uint_eq(pauses[0], 0);
    ck_assert(pauses[1] >= 375 && pauses[1] <= 625);
    ck_assert(pauses[2] >= 750 && pauses[2] <= 1250);
    ck_assert(pauses[7] >= 7500 && pauses[7] <= 12500);
    ck_assert(pauses[6] != pauses[7]);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_lost_connection_is_opened_at_once_and_all_devices_are_asked_again)
{
    struct rig r = running(plain);
    expect(&r, BUS_TASK_POLL, OUTCOME_LOST);
    uint64_t lost_ms = r.now_ms;
    connect_and_identify(&r, 1);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    ck_assert_uint_le(r.now_ms, lost_ms + 5);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_peer_that_accepts_and_hangs_up_is_not_knocked_at_in_a_circle)
{
    struct rig r = rig_of(&plain, 1);
    int connects = 0;
    while (r.now_ms < START_MS + 60000) {
        struct bus_task task = next(&r);
        connects += task.kind == BUS_TASK_CONNECT;
        finish(&r, &task, task.kind == BUS_TASK_CONNECT ? OUTCOME_DONE : OUTCOME_LOST, 1);
    }
    ck_assert_int_le(connects, 20);
    bus_schedule_free(r.s);
}
END_TEST

// Counts the connections of a minute in which every poll of `bad` cuts the connection, while all else goes well.
static int connects_while_cut(size_t devices, int bad)
{
    const struct bus_timing timings[2] = {plain, plain};
    struct rig r = rig_of(timings, devices);
    int connects = 0;
    while (r.now_ms < START_MS + 60000) {
        struct bus_task task = next(&r);
        connects += task.kind == BUS_TASK_CONNECT;
        finish(&r, &task, task.kind == BUS_TASK_POLL && task.device == bad ? OUTCOME_LOST : OUTCOME_DONE, 1);
    }
    bus_schedule_free(r.s);
    return connects;
}

START_TEST(a_device_that_cuts_the_connection_at_each_poll_does_not_make_it_a_storm)
{
    ck_assert_int_le(connects_while_cut(1, 0), 20); // its profile asks nothing to identify it
    ck_assert_int_le(connects_while_cut(2, 1), 180);
}
END_TEST

START_TEST(a_connection_closed_after_nonsense_is_opened_without_asking_the_others_who_they_are)
{
    struct bus_timing timings[2] = {plain, plain};
    struct rig r = rig_of(timings, 2);
    connect_all(&r, 2);
    struct bus_task first = expect(&r, BUS_TASK_POLL, OUTCOME_FAILED);
    bus_schedule_closed(r.s);
    expect(&r, BUS_TASK_CONNECT, OUTCOME_DONE);
    struct bus_task task = expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    ck_assert_int_ne(task.device, first.device);
    bus_schedule_free(r.s);
}
END_TEST

// ---- setpoints ----------------------------------------------------------------------------------------------------

START_TEST(a_setpoint_goes_before_polls_and_is_refreshed)
{
    struct rig r = running(plain);
    r.now_ms = START_MS + 1000; // the poll is due as well
    bus_schedule_write(r.s, 0, -5000, 30000, r.now_ms);
    struct bus_task task = expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    ck_assert_double_eq(task.power_w, -5000);
    ck_assert_int_eq(task.lease_s, 30);
    uint64_t written_ms = r.now_ms;
    for (int polls = 0;; polls++) {
        task = next(&r);
        finish(&r, &task, OUTCOME_DONE, 1);
        if (task.kind == BUS_TASK_REFRESH)
            break;
        ck_assert_int_eq(task.kind, BUS_TASK_POLL);
        ck_assert_int_lt(polls, 12);
    }
    ck_assert_uint_eq(r.now_ms, written_ms + 10001);
    bus_schedule_free(r.s);
}
END_TEST

static uint64_t until(struct rig *r, enum bus_task_kind kind)
{
    uint64_t from_ms = r->now_ms;
    for (int i = 0; i < 200; i++) {
        struct bus_task task = next(r);
        uint64_t at_ms = r->now_ms;
        finish(r, &task, OUTCOME_DONE, 1);
        if (task.kind == kind)
            return at_ms - from_ms;
    }
    ck_abort_msg("task %d never came", kind);
    return 0;
}

START_TEST(a_device_that_does_not_answer_does_not_hold_up_the_setpoints_of_the_others)
{
    const struct bus_timing timings[3] = {plain, plain, plain};
    struct rig r = rig_of(timings, 3);
    connect_all(&r, 3);
    ck_assert_int_eq(expect(&r, BUS_TASK_POLL, OUTCOME_FAILED).device, 0);
    for (int i = 0; i < 3; i++)
        bus_schedule_write(r.s, i, 1, 30000, r.now_ms);
    ck_assert_int_eq(expect(&r, BUS_TASK_SET, OUTCOME_DONE).device, 1);
    ck_assert_int_eq(expect(&r, BUS_TASK_SET, OUTCOME_DONE).device, 2);
    ck_assert_int_eq(expect(&r, BUS_TASK_IDENTIFY, OUTCOME_DONE).device, 0); // still before the polls that are due
    ck_assert_int_eq(expect(&r, BUS_TASK_SET, OUTCOME_DONE).device, 0);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_short_lease_is_refreshed_within_its_half)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 4000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    ck_assert_uint_le(until(&r, BUS_TASK_REFRESH), 2000);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(the_same_setpoint_again_renews_and_is_not_written)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 3000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    for (int i = 0; i < 10; i++) {
        struct bus_task task = next(&r);
        ck_assert(task.kind == BUS_TASK_POLL || task.kind == BUS_TASK_REFRESH);
        finish(&r, &task, OUTCOME_DONE, 1);
        bus_schedule_write(r.s, 0, 100, 3000, r.now_ms);
    }
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_lease_that_is_not_renewed_is_released_once)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 2500, r.now_ms);
    uint64_t at_ms = r.now_ms;
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    until(&r, BUS_TASK_RELEASE);
    ck_assert_uint_eq(r.now_ms, at_ms + 2501);
    for (int i = 0; i < 20; i++) {
        struct bus_task task = expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
        ck_assert_int_eq(task.device, 0);
    }
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_release_that_fails_is_tried_until_it_succeeds)
{
    struct rig r = running((struct bus_timing){.poll_ms = 100000});
    bus_schedule_write(r.s, 0, 100, 1000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    expect(&r, BUS_TASK_RELEASE, OUTCOME_REFUSED);
    expect(&r, BUS_TASK_RELEASE, OUTCOME_BUSY);
    expect(&r, BUS_TASK_RELEASE, OUTCOME_DONE);
    ck_assert_int_eq(next(&r).kind, BUS_TASK_POLL);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_setpoint_that_never_reached_the_device_is_dropped_with_its_lease)
{
    struct rig r = rig_of(&plain, 1);
    bus_schedule_write(r.s, 0, 100, 1000, r.now_ms);
    while (r.now_ms < START_MS + 2000)
        expect(&r, BUS_TASK_CONNECT, OUTCOME_LOST);
    connect_and_identify(&r, 1);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(the_newest_of_several_setpoints_wins)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 30000, r.now_ms);
    struct bus_task task = next(&r);
    bus_schedule_write(r.s, 0, 200, 30000, r.now_ms); // while the first is on the wire
    bus_schedule_write(r.s, 0, 300, 30000, r.now_ms);
    finish(&r, &task, OUTCOME_DONE, 5);
    task = expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    ck_assert_double_eq(task.power_w, 300);
    ck_assert_int_ne(next(&r).kind, BUS_TASK_SET);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(changed_setpoints_keep_the_least_interval_but_a_release_does_not)
{
    struct rig r = running((struct bus_timing){.poll_ms = 1000, .min_interval_ms = 20000});
    bus_schedule_write(r.s, 0, 100, 60000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_write(r.s, 0, 200, 60000, r.now_ms);
    ck_assert_uint_eq(until(&r, BUS_TASK_SET), 20000);
    bus_schedule_write(r.s, 0, 300, 60000, r.now_ms);
    bus_schedule_release(r.s, 0, r.now_ms);
    expect(&r, BUS_TASK_RELEASE, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_device_that_comes_back_gets_its_setpoint_again)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 30000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    expect(&r, BUS_TASK_POLL, OUTCOME_FAILED);
    expect(&r, BUS_TASK_IDENTIFY, OUTCOME_DONE);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);

    expect(&r, BUS_TASK_POLL, OUTCOME_LOST);
    expect(&r, BUS_TASK_CONNECT, OUTCOME_DONE);
    expect(&r, BUS_TASK_IDENTIFY, OUTCOME_DONE);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_peer_that_hangs_up_between_tasks_costs_no_poll_but_a_rewrite)
{
    struct rig r = running(plain);
    bus_schedule_write(r.s, 0, 100, 30000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_hung_up(r.s, r.now_ms);
    connect_and_identify(&r, 1);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_busy_device_is_asked_again_soon_and_a_refusing_one_later)
{
    struct rig r = running((struct bus_timing){.poll_ms = 100000});
    bus_schedule_write(r.s, 0, 100, 90000, r.now_ms);
    uint64_t busy_ms = r.now_ms;
    expect(&r, BUS_TASK_SET, OUTCOME_BUSY);
    expect(&r, BUS_TASK_SET, OUTCOME_REFUSED);
    ck_assert_uint_le(r.now_ms, busy_ms + 250);
    uint64_t refused_ms = r.now_ms;
    bus_schedule_write(r.s, 0, 100, 90000, r.now_ms); // the same number once more changes nothing
    expect(&r, BUS_TASK_SET, OUTCOME_REFUSED);
    ck_assert_uint_ge(r.now_ms, refused_ms + 750);
    refused_ms = r.now_ms;
    bus_schedule_write(r.s, 0, 50, 90000, r.now_ms); // another one may be welcome
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    ck_assert_uint_le(r.now_ms, refused_ms + 1);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_foreign_device_gets_no_polls_and_no_setpoints)
{
    struct rig r = rig_of(&plain, 1);
    bus_schedule_write(r.s, 0, 100, 600000, r.now_ms);
    expect(&r, BUS_TASK_CONNECT, OUTCOME_DONE);
    for (int i = 0; i < 5; i++) {
        uint64_t before_ms = r.now_ms;
        expect(&r, BUS_TASK_IDENTIFY, OUTCOME_FOREIGN);
        ck_assert(i == 0 || r.now_ms - before_ms >= 60000);
    }
    expect(&r, BUS_TASK_IDENTIFY, OUTCOME_DONE); // the right one is back
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(a_release_is_sent_even_without_a_setpoint_of_this_process)
{
    struct rig r = running(plain);
    bus_schedule_release(r.s, 0, r.now_ms);
    expect(&r, BUS_TASK_RELEASE, OUTCOME_DONE);
    expect(&r, BUS_TASK_POLL, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

// ---- stopping -----------------------------------------------------------------------------------------------------

START_TEST(stopping_releases_what_is_held_and_then_ends)
{
    struct bus_timing timings[3] = {plain, plain, plain};
    struct rig r = rig_of(timings, 3);
    connect_all(&r, 3);
    bus_schedule_write(r.s, 0, 100, 30000, r.now_ms);
    bus_schedule_write(r.s, 2, 100, 30000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    bus_schedule_stop(r.s, r.now_ms);
    bus_schedule_write(r.s, 1, 100, 30000, r.now_ms);
    ck_assert_int_eq(expect(&r, BUS_TASK_RELEASE, OUTCOME_DONE).device, 0);
    ck_assert_int_eq(expect(&r, BUS_TASK_RELEASE, OUTCOME_FAILED).device, 2);
    expect(&r, BUS_TASK_IDENTIFY, OUTCOME_FAILED);
    expect(&r, BUS_TASK_END, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

START_TEST(stopping_without_a_lease_or_a_connection_ends_at_once_or_soon)
{
    struct rig r = rig_of(&plain, 1);
    bus_schedule_stop(r.s, r.now_ms);
    expect(&r, BUS_TASK_END, OUTCOME_DONE);
    bus_schedule_free(r.s);

    r = running(plain);
    bus_schedule_write(r.s, 0, 100, 30000, r.now_ms);
    expect(&r, BUS_TASK_SET, OUTCOME_DONE);
    expect(&r, BUS_TASK_POLL, OUTCOME_LOST);
    bus_schedule_stop(r.s, r.now_ms);
    expect(&r, BUS_TASK_CONNECT, OUTCOME_LOST);
    expect(&r, BUS_TASK_CONNECT, OUTCOME_LOST);
    expect(&r, BUS_TASK_END, OUTCOME_DONE);
    bus_schedule_free(r.s);
}
END_TEST

static TCase *polling_tests(void)
{
    TCase *tests = tcase_create("polling");
    tcase_add_test(tests, polls_keep_to_absolute_times);
    tcase_add_test(tests, missed_beats_are_skipped_and_not_made_up_for);
    tcase_add_test(tests, a_dead_unit_is_asked_less_and_less_and_leaves_the_others_alone);
    tcase_add_test(tests, one_slip_costs_one_beat_only);
    tcase_add_test(tests, a_refused_connection_is_tried_again_with_growing_jittered_pauses);
    tcase_add_test(tests, a_device_that_cuts_the_connection_at_each_poll_does_not_make_it_a_storm);
    tcase_add_test(tests, a_lost_connection_is_opened_at_once_and_all_devices_are_asked_again);
    tcase_add_test(tests, a_peer_that_accepts_and_hangs_up_is_not_knocked_at_in_a_circle);
    tcase_add_test(tests, a_connection_closed_after_nonsense_is_opened_without_asking_the_others_who_they_are);
    return tests;
}

static TCase *setpoint_tests(void)
{
    TCase *tests = tcase_create("setpoints");
    tcase_add_test(tests, a_setpoint_goes_before_polls_and_is_refreshed);
    tcase_add_test(tests, a_device_that_does_not_answer_does_not_hold_up_the_setpoints_of_the_others);
    tcase_add_test(tests, a_short_lease_is_refreshed_within_its_half);
    tcase_add_test(tests, the_same_setpoint_again_renews_and_is_not_written);
    tcase_add_test(tests, a_lease_that_is_not_renewed_is_released_once);
    tcase_add_test(tests, a_release_that_fails_is_tried_until_it_succeeds);
    tcase_add_test(tests, a_setpoint_that_never_reached_the_device_is_dropped_with_its_lease);
    tcase_add_test(tests, the_newest_of_several_setpoints_wins);
    tcase_add_test(tests, changed_setpoints_keep_the_least_interval_but_a_release_does_not);
    tcase_add_test(tests, a_device_that_comes_back_gets_its_setpoint_again);
    tcase_add_test(tests, a_peer_that_hangs_up_between_tasks_costs_no_poll_but_a_rewrite);
    tcase_add_test(tests, a_busy_device_is_asked_again_soon_and_a_refusing_one_later);
    tcase_add_test(tests, a_foreign_device_gets_no_polls_and_no_setpoints);
    tcase_add_test(tests, a_release_is_sent_even_without_a_setpoint_of_this_process);
    tcase_add_test(tests, stopping_releases_what_is_held_and_then_ends);
    tcase_add_test(tests, stopping_without_a_lease_or_a_connection_ends_at_once_or_soon);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("bus schedule");
    suite_add_tcase(suite, polling_tests());
    suite_add_tcase(suite, setpoint_tests());
    return run_suite(suite);
}
