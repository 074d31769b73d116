// SPDX-License-Identifier: GPL-3.0-or-later
// The bus thread against a Modbus TCP server that does as it should.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_rig.h"
#include "daemon/loop/clock.h"
#include "tests/unit/run_suite.h"

START_TEST(readings_arrive_at_their_period)
{
    struct rig r;
    rig_start_running(&r);
    int before = r.seen[0].readings;
    run_until(&r, NULL, 20 * POLL_MS);
    ck_assert_int_ge(r.seen[0].readings - before, 8); // a busy machine may lose some beats
    ck_assert_int_le(r.seen[0].readings - before, 22);
    ck_assert_double_eq(r.seen[0].power_w, POWER_W);
    ck_assert_int_eq(r.seen[0].wrong, 0);
    ck_assert_int_eq(r.seen[0].downs, 0);
    rig_finish(&r);
}
END_TEST

START_TEST(a_setpoint_is_written_at_once_and_read_back)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    r.devices[0].poll_ms = 60000; // nothing else wakes the bus
    rig_start(&r);
    run_until(&r, NULL, 200);
    uint64_t asked_ms = clock_mono_ms();
    modbus_bus_write(r.bus, 0, -7000, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), -7000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 30);
    ck_assert_double_eq(r.seen[0].readback_w, -7000);
    ck_assert_uint_le(fake_device_last_write_ms(r.fake) - asked_ms, 250);
    rig_finish(&r);
}
END_TEST

static bool is_seen_closed(const struct rig *r)
{
    return r->seen[0].closed == 1;
}

// Two relays of one board; the second stays as it is.
START_TEST(a_relay_is_told_by_its_coil_and_seen_by_its_input)
{
    static const char relay[] =
        "name: relay\nkind: switch\nlimits: {max_read: 8}\npoints:\n"
        "  closed: {address: 2, type: uint16, function: 2, states: {0: open, 1: closed}}\n"
        "write:\n  set: [{address: 2, type: uint16, function: 5, from: setpoint, limit: [0, 1]}]\n"
        "  read_back: {step: 0, tolerance: 0.1 W}\n";
    struct diagnostics d = {0};
    struct rig r;
    rig_prepare_with_device(&r, 1);
    profile_free(r.profile);
    ck_assert_int_eq(profile_load_text("relay", relay, strlen(relay), &d, &r.profile), 0);
    r.profiles[0] = r.profile;
    r.devices[0].asset = -1;
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    ck_assert_double_eq(r.seen[0].closed, 0);
    modbus_bus_write(r.bus, 0, 1, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert(fake_device_coil(r.fake, 2) && !fake_device_coil(r.fake, 3));
    ck_assert_double_eq(r.seen[0].readback_w, 1);
    fake_device_set_input(r.fake, 2, true);
    ck_assert_seen(&r, is_seen_closed);
    modbus_bus_release(r.bus, 0); // it latches: nobody opens it
    run_until(&r, NULL, 3 * POLL_MS);
    ck_assert(fake_device_coil(r.fake, 2));
    ck_assert_int_eq(fake_device_writes(r.fake, 2), 1);
    rig_finish(&r);
}
END_TEST

START_TEST(a_renewed_setpoint_is_not_written_again_but_a_changed_one_is)
{
    struct rig r;
    rig_start_running(&r);
    for (int i = 0; i < 10; i++) {
        modbus_bus_write(r.bus, 0, 500, 30000);
        run_until(&r, i == 0 ? is_written : NULL, i == 0 ? 3000 : 10);
    }
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 1);
    modbus_bus_write(r.bus, 0, 600, 30000);
    run_until(&r, NULL, 300);
    ck_assert_int_eq(fake_device_writes(r.fake, SETPOINT_AT), 2);
    ck_assert_int_eq(setpoint_of(&r), 600);
    rig_finish(&r);
}
END_TEST

START_TEST(a_lease_that_lapses_is_released_by_the_bus_itself)
{
    struct rig r;
    rig_start_running(&r);
    modbus_bus_write(r.bus, 0, 500, 300);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 1);
    ck_assert_seen(&r, is_released);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    run_until(&r, NULL, 300);
    ck_assert_int_eq(r.seen[0].written[WRITE_RELEASED], 1);
    rig_finish(&r);
}
END_TEST

START_TEST(stopping_releases_what_is_held)
{
    struct rig r;
    rig_start_running(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_written);
    modbus_bus_begin_stop(r.bus);
    modbus_bus_stop(r.bus, 2000);
    ck_assert_int_eq(fake_device_get(r.fake, LEASE_AT), 0);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 2);
    r.bus = NULL;
    rig_finish(&r);
}
END_TEST

// The engine turns powers, once; the bus passes them as the device counts them.
START_TEST(an_inverted_device_is_read_and_told_as_it_counts)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    r.devices[0].invert = true;
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    ck_assert_double_eq(r.seen[0].power_w, POWER_W);
    ck_assert_int_eq(r.seen[0].energy, QUANTITY_ENERGY_IN_WH);
    modbus_bus_write(r.bus, 0, 800, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), 800);
    ck_assert_double_eq(r.seen[0].readback_w, 800);
    rig_finish(&r);
}
END_TEST

START_TEST(the_limits_and_the_safe_power_of_an_inverted_device_are_turned)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    r.devices[0].invert = true;
    r.devices[0].has_safe_power = true;
    r.devices[0].safe_power_w = -3000;
    r.asset.max_power_w = 20000; // the other way round: from -20 to 50 kW
    r.profile->n_release = 0;
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    modbus_bus_write(r.bus, 0, -30000, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), -20000);
    modbus_bus_release(r.bus, 0);
    ck_assert_seen(&r, is_released);
    ck_assert_int_eq(setpoint_of(&r), 3000);
    rig_finish(&r);
}
END_TEST

START_TEST(a_setpoint_beyond_the_asset_is_cut_to_what_it_can_do)
{
    struct rig r;
    rig_start_running(&r);
    modbus_bus_write(r.bus, 0, 1e9, 30000);
    ck_assert_seen(&r, is_written);
    ck_assert_int_eq(setpoint_of(&r), 50000);
    rig_finish(&r);
}
END_TEST

START_TEST(what_may_not_be_commanded_is_not)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    r.devices[0].control = false;
    rig_start(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, has_failed);
    assert_why(&r, "not commanded");
    modbus_bus_release(r.bus, 0);
    run_until(&r, NULL, 100);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    rig_finish(&r);
}
END_TEST

START_TEST(a_setpoint_that_is_no_number_is_not_written)
{
    struct rig r;
    rig_start_running(&r);
    modbus_bus_write(r.bus, 0, NAN, 30000);
    ck_assert_seen(&r, has_failed);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    rig_finish(&r);
}
END_TEST

START_TEST(another_serial_number_quarantines_the_device)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    snprintf(r.devices[0].serial_number, sizeof(r.devices[0].serial_number), "SN8");
    rig_start(&r);
    modbus_bus_write(r.bus, 0, 500, 30000);
    ck_assert_seen(&r, is_down);
    assert_why(&r, "serial number is \"SN7\", \"SN8\" is configured");
    run_until(&r, NULL, 300);
    ck_assert_int_eq(r.seen[0].readings, 0);
    ck_assert_int_eq(fake_device_writes(r.fake, LEASE_AT), 0);
    rig_finish(&r);
}
END_TEST

START_TEST(the_right_serial_number_is_accepted)
{
    struct rig r;
    rig_prepare_with_device(&r, 1);
    snprintf(r.devices[0].serial_number, sizeof(r.devices[0].serial_number), "SN7");
    rig_start(&r);
    ck_assert_seen(&r, has_readings);
    ck_assert_int_eq(r.seen[0].downs, 0);
    rig_finish(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modbus bus");
    TCase *tests = tcase_create("healthy");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, readings_arrive_at_their_period);
    tcase_add_test(tests, a_setpoint_is_written_at_once_and_read_back);
    tcase_add_test(tests, a_relay_is_told_by_its_coil_and_seen_by_its_input);
    tcase_add_test(tests, a_renewed_setpoint_is_not_written_again_but_a_changed_one_is);
    tcase_add_test(tests, a_lease_that_lapses_is_released_by_the_bus_itself);
    tcase_add_test(tests, stopping_releases_what_is_held);
    tcase_add_test(tests, an_inverted_device_is_read_and_told_as_it_counts);
    tcase_add_test(tests, the_limits_and_the_safe_power_of_an_inverted_device_are_turned);
    tcase_add_test(tests, a_setpoint_beyond_the_asset_is_cut_to_what_it_can_do);
    tcase_add_test(tests, what_may_not_be_commanded_is_not);
    tcase_add_test(tests, a_setpoint_that_is_no_number_is_not_written);
    tcase_add_test(tests, another_serial_number_quarantines_the_device);
    tcase_add_test(tests, the_right_serial_number_is_accepted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
