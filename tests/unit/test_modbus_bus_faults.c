// SPDX-License-Identifier: GPL-3.0-or-later
// The bus thread against Modbus TCP servers that misbehave.
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus_rig.h"
#include "daemon/loop/clock.h"
#include "tests/unit/run_suite.h"

START_TEST(a_device_that_restarts_gets_its_setpoint_again)
{
    struct rig r;
    rig_start_running(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_written);
    fake_device_pause(r.fake);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "refused");
    fake_device_set(r.fake, SETPOINT_AT + 1, 0);
    r.seen[0].readings = r.seen[0].written[WRITE_DONE] = 0;
    fake_device_resume(r.fake);
    ck_assert_seen(&r, has_readings);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), 500);
    rig_finish(&r);
}
END_TEST

START_TEST(a_silent_device_is_down_and_back_as_soon_as_it_speaks)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, FAKE_SILENT, 0, 0, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "register 100: no answer within 100 ms");
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    rig_finish(&r);
}
END_TEST

START_TEST(an_answer_that_drips_is_given_up_in_time)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, FAKE_DRIP, 0, 0, 60); // 17 bytes: over a second in all
    uint64_t from_ms = clock_mono_ms();
    ck_assert_seen(&r, is_down);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 700);
    rig_finish(&r);
}
END_TEST

START_TEST(late_answers_are_never_taken_for_later_questions)
{
    struct rig r;
    rig_start_running(&r);
    for (int i = 0; i < 12; i++) { // the answer comes while a later question is open
        fake_device_fault(r.fake, FAKE_LATE, 0, 0, RESPONSE_MS + 10 + 10 * i);
        run_until(&r, NULL, RESPONSE_MS);
        fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
        run_until(&r, NULL, 2 * RESPONSE_MS);
    }
    ck_assert_int_gt(r.seen[0].downs, 0);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    rig_finish(&r);
}
END_TEST

START_TEST(an_exception_is_named_with_its_register)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, FAKE_EXCEPTION, 0, 2, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "exception 2 (illegal data address)");
    assert_why(&r, "register ");
    rig_finish(&r);
}
END_TEST

struct nonsense {
    enum fake_fault fault;
    const char *why;
};

static const struct nonsense nonsense[] = {
    {FAKE_WRONG_UNIT, "unit 9 answered"},
    {FAKE_HANGS_UP, "register 100: "},
    {FAKE_HALF, "register 100: "},
    {FAKE_WEB_PAGE, "is not Modbus: is the port right?"},
};

START_TEST(nonsense_is_refused_and_the_device_back_afterwards)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, nonsense[_i].fault, 0, 0, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, nonsense[_i].why);
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    rig_finish(&r);
}
END_TEST

START_TEST(extra_bytes_never_become_values)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, FAKE_EXTRA_BYTES, 0, 0, 0);
    run_until(&r, NULL, 400);
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    rig_finish(&r);
}
END_TEST

START_TEST(a_false_echo_is_a_failed_write)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_fault(r.fake, FAKE_FALSE_ECHO, 0, 0, 0);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, has_failed);
    assert_why(&r, "register 200: another register or value was confirmed");
    rig_finish(&r);
}
END_TEST

static bool is_mismatch(const struct rig *r)
{
    return r->seen[0].written[WRITE_MISMATCH] >= 1;
}

START_TEST(an_ignored_setpoint_is_written_once_more_and_then_reported)
{
    struct rig r;
    rig_start_running(&r);
    fake_device_set(r.fake, SETPOINT_AT + 1, 77);
    fake_device_fault(r.fake, FAKE_IGNORES, 0, 0, 0);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_mismatch);
    ck_assert_double_eq(r.seen[0].readback_w, 77);
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 2);
    ck_assert_int_eq(r.seen[0].written[WRITE_DONE], 0);
    rig_finish(&r);
}
END_TEST

static bool second_has_readings(const struct rig *r)
{
    return r->seen[1].readings >= 40;
}

START_TEST(one_dead_unit_does_not_stop_the_others_of_its_gateway)
{
    struct rig r;
    rig_prepare_with_device(&r, 2);
    fake_device_fault(r.fake, FAKE_SILENT, 1, 0, 0);
    rig_start(&r);
    ck_assert_seen(&r, second_has_readings);
    ck_assert_int_eq(r.seen[0].readings, 0);
    ck_assert_int_gt(r.seen[0].downs, 0);
    ck_assert_int_eq(r.seen[1].downs, 0);
    ck_assert_int_eq(r.seen[1].wrong, 0);
    rig_finish(&r);
}
END_TEST

// A listener whose queue is full: connecting to it gets no answer at all.
static int open_black_hole(int *ret_port, int fillers[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

START_TEST(a_black_hole_is_given_up_and_does_not_hold_up_a_stop)
{
    struct rig r;
    int fillers[4];
    rig_prepare(&r, 1);
    int fd = open_black_hole(&r.link.port, fillers);
    rig_start(&r);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "timed out");
    uint64_t from_ms = clock_mono_ms();
    modbus_bus_stop(r.bus, 200);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 1000);
    r.bus = NULL;
    rig_finish(&r);
    close(fd);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
}
END_TEST

START_TEST(stopping_is_bounded_when_a_device_is_silent)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    r.link.response_timeout_ms = 30000;
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    modbus_bus_write(r.bus, 0, 500, 60000);
    ck_assert_seen(&r, is_written);
    fake_device_fault(r.fake, FAKE_SILENT, 0, 0, 0);
    run_until(&r, NULL, 200);
    uint64_t from_ms = clock_mono_ms();
    modbus_bus_stop(r.bus, 500);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 1500);
    r.bus = NULL;
    rig_finish(&r);
}
END_TEST

START_TEST(a_hanging_poll_does_not_keep_a_device_from_its_release_at_the_end)
{
    struct rig r;
    rig_prepare_with_device(&r, 2);
    r.link.response_timeout_ms = 30000;
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    modbus_bus_write(r.bus, 0, 500, 60000);
    ck_assert_seen(&r, is_written);
    fake_device_fault(r.fake, FAKE_SILENT, 2, 0, 0);
    run_until(&r, NULL, 200); // the poll of the second device hangs now
    modbus_bus_stop(r.bus, 3000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    r.bus = NULL;
    rig_finish(&r);
}
END_TEST

static TCase *fault_tests(void)
{
    TCase *tests = tcase_create("faults");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_device_that_restarts_gets_its_setpoint_again);
    tcase_add_test(tests, a_silent_device_is_down_and_back_as_soon_as_it_speaks);
    tcase_add_test(tests, an_answer_that_drips_is_given_up_in_time);
    tcase_add_test(tests, late_answers_are_never_taken_for_later_questions);
    tcase_add_test(tests, an_exception_is_named_with_its_register);
    tcase_add_loop_test(tests, nonsense_is_refused_and_the_device_back_afterwards, 0,
                        (int)(sizeof(nonsense) / sizeof(nonsense[0])));
    tcase_add_test(tests, extra_bytes_never_become_values);
    tcase_add_test(tests, a_false_echo_is_a_failed_write);
    tcase_add_test(tests, an_ignored_setpoint_is_written_once_more_and_then_reported);
    tcase_add_test(tests, one_dead_unit_does_not_stop_the_others_of_its_gateway);
    tcase_add_test(tests, a_black_hole_is_given_up_and_does_not_hold_up_a_stop);
    tcase_add_test(tests, stopping_is_bounded_when_a_device_is_silent);
    tcase_add_test(tests, a_hanging_poll_does_not_keep_a_device_from_its_release_at_the_end);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("modbus bus faults");
    suite_add_tcase(suite, fault_tests());
    return run_suite(suite);
}
