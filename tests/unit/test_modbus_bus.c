// SPDX-License-Identifier: GPL-3.0-or-later
// The bus thread against real Modbus TCP servers that misbehave. Time is real here, and short.
#include <arpa/inet.h>
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine.h"
#include "daemon/clock.h"
#include "daemon/modbus_bus.h"
#include "fake_device.h"

enum { RESPONSE_MS = 100, POLL_MS = 40, POWER_W = 1234, VOLTAGE_V = 230, LEASE_AT = 200, SETPOINT_AT = 202 };

static const char profile_text[] =
    "name: test\nkind: battery\nserial: {address: 300, count: 4}\npoints:\n"
    "  power_w: {address: 100, type: int32}\n"
    "  soc_frac: {address: 102, type: uint16, scale: 0.001}\n"
    "  energy_in_wh: {address: 103, type: uint16}\n"
    "  voltage_v: {address: 150, type: uint16}\n"
    "write:\n  set:\n    - {address: 200, type: uint16, function: 6, from: lease}\n"
    "    - {address: 202, type: int32, from: setpoint}\n"
    "  release:\n    - {address: 200, type: uint16, function: 6, from: constant, value: 0}\n"
    "  read_back: {step: 1, tolerance: 5 W}\n  refresh_every: 1 h\n  device_reverts: true\n";

struct seen { // of one device
    int readings, downs, written[4], wrong;
    double power_w, readback_w;
    enum quantity energy;
    char why[160];
    uint64_t written_ms;
};

struct rig {
    struct loop *loop;
    struct loop_timer *tick;
    struct fake_device *fake;
    struct profile *profile;
    const struct profile *profiles[2];
    struct site site;
    struct site_link link;
    struct site_device devices[2];
    struct site_asset asset;
    struct modbus_bus *bus;
    struct seen seen[2];
    bool (*done)(const struct rig *r);
    uint64_t end_ms;
    bool in_time;
};

// ---- the rig ------------------------------------------------------------------------------------------------------

static void on_readings(struct seen *s, const struct bus_report *report)
{
    s->readings++;
    for (size_t i = 0; i < report->count; i++) {
        const struct reading *r = &report->readings[i];
        if (r->quantity == QUANTITY_POWER_W)
            s->power_w = r->value;
        if (r->quantity == QUANTITY_POWER_W && fabs(r->value) != POWER_W)
            s->wrong++;
        if (r->quantity == QUANTITY_VOLTAGE_V && r->status == READING_GOOD && r->value != VOLTAGE_V)
            s->wrong++;
        if (r->quantity == QUANTITY_ENERGY_IN_WH || r->quantity == QUANTITY_ENERGY_OUT_WH)
            s->energy = r->quantity;
    }
}

static void on_report(void *user, const struct bus_report *report)
{
    struct rig *r = user;
    struct seen *s = &r->seen[report->device];
    if (report->kind == BUS_READINGS)
        on_readings(s, report);
    if (report->kind == BUS_DOWN)
        s->downs++;
    if (report->kind == BUS_WRITTEN) {
        s->written[report->write_status]++;
        s->readback_w = report->readback_w;
        s->written_ms = report->mono_ms;
    }
    if (report->why)
        snprintf(s->why, sizeof(s->why), "%s", report->why);
}

static void on_tick(void *user)
{
    struct rig *r = user;
    if (r->done && r->done(r))
        r->in_time = true;
    if (r->in_time || clock_mono_ms() >= r->end_ms)
        loop_stop(r->loop);
}

// Runs the loop until `done`, or for the whole time when it is NULL.
static bool run_until(struct rig *r, bool (*done)(const struct rig *r), int ms)
{
    r->done = done;
    r->in_time = false;
    r->end_ms = clock_mono_ms() + (uint64_t)ms;
    loop_timer_start(r->tick, 1, 2);
    loop_run(r->loop);
    loop_timer_stop(r->tick);
    return r->in_time;
}

#define ck_assert_seen(r, condition)                                                                                   \
    ck_assert_msg(run_until(r, condition, 6000), #condition ": %d readings, %d downs, last why \"%s\"",                \
                  (r)->seen[0].readings, (r)->seen[0].downs, (r)->seen[0].why)

static void prepare(struct rig *r, int devices)
{
    struct diagnostics d = {0};
    *r = (struct rig){0};
    ck_assert_int_eq(loop_new(&r->loop), 0);
    ck_assert_int_eq(loop_timer_new(r->loop, on_tick, r, &r->tick), 0);
    ck_assert_int_eq(profile_load_text("test", profile_text, strlen(profile_text), &d, &r->profile), 0);
    r->profiles[0] = r->profiles[1] = r->profile;
    r->asset = (struct site_asset){.kind = ASSET_BATTERY, .min_power_w = -50000, .max_power_w = 50000};
    r->link = (struct site_link){.id = "bus", .host = "127.0.0.1", .response_timeout_ms = RESPONSE_MS};
    for (int i = 0; i < devices; i++)
        r->devices[i] = (struct site_device){.id = "device", .unit = i + 1, .poll_ms = POLL_MS, .control = true};
    r->site = (struct site){.links = &r->link, .n_links = 1, .devices = r->devices, .n_devices = (size_t)devices};
    r->site.assets = &r->asset;
    r->site.n_assets = 1;
}

static void prepare_with_device(struct rig *r, int devices)
{
    prepare(r, devices);
    r->fake = fake_device_start();
    r->link.port = fake_device_port(r->fake);
    fake_device_set(r->fake, 101, POWER_W);
    fake_device_set(r->fake, 102, 500);
    fake_device_set(r->fake, 150, VOLTAGE_V);
    fake_device_set(r->fake, 300, 'S' << 8 | 'N');
    fake_device_set(r->fake, 301, '7' << 8);
}

static void start(struct rig *r)
{
    ck_assert_int_eq(modbus_bus_start(r->loop, &r->site, 0, r->profiles, on_report, r, &r->bus), 0);
}

static void finish(struct rig *r)
{
    modbus_bus_stop(r->bus, 2000);
    loop_timer_free(r->tick);
    loop_free(r->loop);
    if (r->fake)
        fake_device_stop(r->fake);
    profile_free(r->profile);
}

static bool has_readings(const struct rig *r)
{
    return r->seen[0].readings >= 3;
}

static bool is_down(const struct rig *r)
{
    return r->seen[0].downs >= 1;
}

static bool is_written(const struct rig *r)
{
    return r->seen[0].written[WRITE_DONE] >= 1;
}

static bool is_released(const struct rig *r)
{
    return r->seen[0].written[WRITE_RELEASED] >= 1;
}

static bool has_failed(const struct rig *r)
{
    return r->seen[0].written[WRITE_FAILED] >= 1;
}

static void start_running(struct rig *r)
{
    prepare_with_device(r, 1);
    start(r);
    ck_assert_seen(r, has_readings);
}

static int32_t setpoint_of(struct rig *r)
{
    return (int32_t)((uint32_t)fake_device_get(r->fake, SETPOINT_AT) << 16 | fake_device_get(r->fake, SETPOINT_AT + 1));
}

static void assert_why(const struct rig *r, const char *part)
{
    ck_assert_msg(strstr(r->seen[0].why, part) != NULL, "\"%s\" does not say \"%s\"", r->seen[0].why, part);
}

// ---- a healthy device ---------------------------------------------------------------------------------------------

START_TEST(readings_arrive_at_their_period)
{
    struct rig r;
    start_running(&r);
    int before = r.seen[0].readings;
    run_until(&r, NULL, 20 * POLL_MS);
    ck_assert_int_ge(r.seen[0].readings - before, 8); // a busy machine may lose some beats
    ck_assert_int_le(r.seen[0].readings - before, 22);
    ck_assert_double_eq(r.seen[0].power_w, POWER_W);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    ck_assert_int_eq(r.seen[0].downs, 0);
    finish(&r);
}
END_TEST

START_TEST(a_setpoint_is_written_at_once_and_read_back)
{
    struct rig r;
    prepare_with_device(&r, 1);
    r.devices[0].poll_ms = 60000; // nothing else wakes the bus
    start(&r);
    run_until(&r, NULL, 200);
    uint64_t asked_ms = clock_mono_ms();
    modbus_bus_write(r.bus, 0, -7000, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), -7000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 30);
    ck_assert_double_eq(r.seen[0].readback_w, -7000);
    ck_assert_uint_le(fake_device_last_write_ms(r.fake) - asked_ms, 250);
    finish(&r);
}
END_TEST

START_TEST(a_renewed_setpoint_is_not_written_again_but_a_changed_one_is)
{
    struct rig r;
    start_running(&r);
    for (int i = 0; i < 10; i++) {
        modbus_bus_write(r.bus, 0, 500, 30000);
        run_until(&r, i == 0 ? is_written : NULL, i == 0 ? 3000 : 10);
    }
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 1);
    modbus_bus_write(r.bus, 0, 600, 30000);
    run_until(&r, NULL, 300);
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 2);
    ck_assert_int_eq(setpoint_of(&r), 600);
    finish(&r);
}
END_TEST

START_TEST(a_lease_that_lapses_is_released_by_the_bus_itself)
{
    struct rig r;
    start_running(&r);
    modbus_bus_write(r.bus, 0, 500, 300);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 1);
    ck_assert_seen(&r, is_released);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    run_until(&r, NULL, 300);
    ck_assert_int_eq(r.seen[0].written[WRITE_RELEASED], 1);
    finish(&r);
}
END_TEST

START_TEST(stopping_releases_what_is_held)
{
    struct rig r;
    start_running(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_written);
    modbus_bus_begin_stop(r.bus);
    modbus_bus_stop(r.bus, 2000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 2);
    r.bus = NULL;
    finish(&r);
}
END_TEST

START_TEST(an_inverted_device_has_its_signs_turned)
{
    struct rig r;
    prepare_with_device(&r, 1);
    r.devices[0].invert = true;
    start(&r);
    ck_assert_seen(&r, has_readings);
    ck_assert_double_eq(r.seen[0].power_w, -POWER_W);
    ck_assert_int_eq(r.seen[0].energy, QUANTITY_ENERGY_OUT_WH);
    modbus_bus_write(r.bus, 0, 800, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), -800);
    ck_assert_double_eq(r.seen[0].readback_w, 800);
    finish(&r);
}
END_TEST

START_TEST(a_setpoint_beyond_the_asset_is_cut_to_what_it_can_do)
{
    struct rig r;
    start_running(&r);
    modbus_bus_write(r.bus, 0, 1e9, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), 50000);
    finish(&r);
}
END_TEST

START_TEST(what_may_not_be_commanded_is_not)
{
    struct rig r;
    prepare_with_device(&r, 1);
    r.devices[0].control = false;
    start(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, has_failed);
    assert_why(&r, "not commanded");
    modbus_bus_release(r.bus, 0);
    run_until(&r, NULL, 100);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    finish(&r);
}
END_TEST

START_TEST(a_setpoint_that_is_no_number_is_not_written)
{
    struct rig r;
    start_running(&r);
    modbus_bus_write(r.bus, 0, NAN, 30000);
    ck_assert_seen(&r, has_failed);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    finish(&r);
}
END_TEST

START_TEST(another_serial_number_quarantines_the_device)
{
    struct rig r;
    prepare_with_device(&r, 1);
    snprintf(r.devices[0].serial_number, sizeof(r.devices[0].serial_number), "SN8");
    start(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "serial number is \"SN7\", \"SN8\" is configured");
    run_until(&r, NULL, 300);
    ck_assert_int_eq(r.seen[0].readings, 0);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    finish(&r);
}
END_TEST

START_TEST(the_right_serial_number_is_accepted)
{
    struct rig r;
    prepare_with_device(&r, 1);
    snprintf(r.devices[0].serial_number, sizeof(r.devices[0].serial_number), "SN7");
    start(&r);
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].downs, 0);
    finish(&r);
}
END_TEST

// ---- faults -------------------------------------------------------------------------------------------------------

START_TEST(a_device_that_restarts_gets_its_setpoint_again)
{
    struct rig r;
    start_running(&r);
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
    finish(&r);
}
END_TEST

START_TEST(a_silent_device_is_down_and_back_as_soon_as_it_speaks)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, FAKE_SILENT, 0, 0, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "register 100: no answer within 100 ms");
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    finish(&r);
}
END_TEST

START_TEST(an_answer_that_drips_is_given_up_in_time)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, FAKE_DRIP, 0, 0, 60); // 17 bytes: over a second in all
    uint64_t from_ms = clock_mono_ms();
    ck_assert_seen(&r, is_down);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 700);
    finish(&r);
}
END_TEST

START_TEST(late_answers_are_never_taken_for_later_questions)
{
    struct rig r;
    start_running(&r);
    for (int i = 0; i < 12; i++) { // around the time-out
        fake_device_fault(r.fake, FAKE_LATE, 0, 0, RESPONSE_MS - 30 + 5 * i);
        run_until(&r, NULL, 60);
        fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
        run_until(&r, NULL, 60);
    }
    ck_assert_int_gt(r.seen[0].downs, 0);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    finish(&r);
}
END_TEST

START_TEST(an_exception_is_named_with_its_register)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, FAKE_EXCEPTION, 0, 2, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "exception 2 (illegal data address)");
    assert_why(&r, "register ");
    finish(&r);
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
};

START_TEST(nonsense_is_refused_and_the_device_back_afterwards)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, nonsense[_i].fault, 0, 0, 0);
    ck_assert_seen(&r, is_down);
    assert_why(&r, nonsense[_i].why);
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    finish(&r);
}
END_TEST

START_TEST(extra_bytes_never_become_values)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, FAKE_EXTRA_BYTES, 0, 0, 0);
    run_until(&r, NULL, 400);
    fake_device_fault(r.fake, FAKE_HEALTHY, 0, 0, 0);
    r.seen[0].readings = 0;
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    finish(&r);
}
END_TEST

START_TEST(a_false_echo_is_a_failed_write)
{
    struct rig r;
    start_running(&r);
    fake_device_fault(r.fake, FAKE_FALSE_ECHO, 0, 0, 0);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, has_failed);
    assert_why(&r, "register 200: another register or value was confirmed");
    finish(&r);
}
END_TEST

static bool is_mismatch(const struct rig *r)
{
    return r->seen[0].written[WRITE_MISMATCH] >= 1;
}

START_TEST(an_ignored_setpoint_is_written_once_more_and_then_reported)
{
    struct rig r;
    start_running(&r);
    fake_device_set(r.fake, SETPOINT_AT + 1, 77);
    fake_device_fault(r.fake, FAKE_IGNORES, 0, 0, 0);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_mismatch);
    ck_assert_double_eq(r.seen[0].readback_w, 77);
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 2);
    ck_assert_int_eq(r.seen[0].written[WRITE_DONE], 0);
    finish(&r);
}
END_TEST

static bool second_has_readings(const struct rig *r)
{
    return r->seen[1].readings >= 40;
}

START_TEST(one_dead_unit_does_not_stop_the_others_of_its_gateway)
{
    struct rig r;
    prepare_with_device(&r, 2);
    fake_device_fault(r.fake, FAKE_SILENT, 1, 0, 0);
    start(&r);
    ck_assert_seen(&r, second_has_readings);
    ck_assert_int_eq(r.seen[0].readings, 0);
    ck_assert_int_gt(r.seen[0].downs, 0);
    ck_assert_int_eq(r.seen[1].downs, 0);
    ck_assert_int_eq(r.seen[1].wrong, 0);
    finish(&r);
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
    prepare(&r, 1);
    int fd = open_black_hole(&r.link.port, fillers);
    start(&r);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "timed out");
    uint64_t from_ms = clock_mono_ms();
    modbus_bus_stop(r.bus, 200);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 1000);
    r.bus = NULL;
    finish(&r);
    close(fd);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
}
END_TEST

START_TEST(stopping_is_bounded_when_a_device_is_silent)
{
    struct rig r;
    prepare_with_device(&r, 1);
    r.link.response_timeout_ms = 30000;
    start(&r);
    ck_assert_seen(&r, has_readings);
    modbus_bus_write(r.bus, 0, 500, 60000);
    ck_assert_seen(&r, is_written);
    fake_device_fault(r.fake, FAKE_SILENT, 0, 0, 0);
    run_until(&r, NULL, 200);
    uint64_t from_ms = clock_mono_ms();
    modbus_bus_stop(r.bus, 500);
    ck_assert_uint_le(clock_mono_ms() - from_ms, 1500);
    r.bus = NULL;
    finish(&r);
}
END_TEST

START_TEST(a_hanging_poll_does_not_keep_a_device_from_its_release_at_the_end)
{
    struct rig r;
    prepare_with_device(&r, 2);
    r.link.response_timeout_ms = 30000;
    start(&r);
    ck_assert_seen(&r, has_readings);
    modbus_bus_write(r.bus, 0, 500, 60000);
    ck_assert_seen(&r, is_written);
    fake_device_fault(r.fake, FAKE_SILENT, 2, 0, 0);
    run_until(&r, NULL, 200); // the poll of the second device hangs now
    modbus_bus_stop(r.bus, 3000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    r.bus = NULL;
    finish(&r);
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
    Suite *suite = suite_create("modbus bus");
    TCase *tests = tcase_create("healthy");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, readings_arrive_at_their_period);
    tcase_add_test(tests, a_setpoint_is_written_at_once_and_read_back);
    tcase_add_test(tests, a_renewed_setpoint_is_not_written_again_but_a_changed_one_is);
    tcase_add_test(tests, a_lease_that_lapses_is_released_by_the_bus_itself);
    tcase_add_test(tests, stopping_releases_what_is_held);
    tcase_add_test(tests, an_inverted_device_has_its_signs_turned);
    tcase_add_test(tests, a_setpoint_beyond_the_asset_is_cut_to_what_it_can_do);
    tcase_add_test(tests, what_may_not_be_commanded_is_not);
    tcase_add_test(tests, a_setpoint_that_is_no_number_is_not_written);
    tcase_add_test(tests, another_serial_number_quarantines_the_device);
    tcase_add_test(tests, the_right_serial_number_is_accepted);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, fault_tests());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
