// SPDX-License-Identifier: GPL-3.0-or-later
// Configuration and profiles together: what fits, where the message points to, and what a reload may leave running.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/app/area.h"
#include "daemon/app/buses.h"
#include "daemon/app/judge.h"
#include "tests/unit/run_suite.h"

static const char *source_root;
static char folder[64], config[128], folders[1024];

static const char head[] =
    "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "pv: {roof: {bus: main, peak_power: 100 kW, tilt: 20 deg, azimuth: 180 deg}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "modbus:\n"
    "  east: {tcp: \"127.0.0.1:15020\", response_timeout: 500 ms}\n"
    "  west: {tcp: \"127.0.0.1:15021\", response_timeout: 500 ms}\n"
    "devices:\n";

static const char devices[] =
    "  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 1 s}\n"
    "  d1: {link: west, unit: 1, profile: generic-battery, asset: b1, poll: 1 s, control: true}\n";

static void setup(void)
{
    snprintf(folder, sizeof(folder), "/tmp/aems-test-area-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(config, sizeof(config), "%s/aems.yaml", folder);
    snprintf(folders, sizeof(folders), "%s/devices:%s/config/devices", folder, source_root);
}

static void teardown(void)
{
    unlink(config);
    rmdir(folder);
}

static void write_config(const char *text_of_head, const char *text_of_devices)
{
    FILE *f = fopen(config, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text_of_head, f);
    fputs(text_of_devices, f);
    ck_assert_int_eq(fclose(f), 0);
}

static struct app_area *load_good(const char *text_of_head, const char *text_of_devices)
{
    struct diagnostics d = {0};
    struct app_area *area = NULL;
    write_config(text_of_head, text_of_devices);
    int r = app_area_load(config, folders, &d, &area);
    diagnostics_print(&d, stderr);
    ck_assert_int_eq(r, 0);
    diagnostics_free(&d);
    return area;
}

// Loads what must be refused, or warned of, with this message at this line.
static void expect_of(const char *text_of_head, const char *text_of_devices, enum severity severity, int line,
                      const char *message)
{
    struct diagnostics d = {0};
    struct app_area *area = NULL;
    write_config(text_of_head, text_of_devices);
    int r = app_area_load(config, folders, &d, &area);
    ck_assert_int_eq(r, severity == SEVERITY_ERROR ? AEMS_E_FORMAT : 0);
    bool found = false;
    for (size_t i = 0; i < d.count; i++)
        found = found || (d.items[i].severity == severity && d.items[i].line == line && d.items[i].column > 1 &&
                          strstr(d.items[i].text, message) != NULL);
    if (!found)
        diagnostics_print(&d, stderr);
    ck_assert_msg(found, "no message \"%s\" at line %d", message, line);
    diagnostics_free(&d);
    app_area_release(area);
}

static void expect(const char *text_of_devices, enum severity severity, int line, const char *message)
{
    expect_of(head, text_of_devices, severity, line, message);
}

START_TEST(a_good_area_shares_profiles_and_tells_the_engine_about_its_devices)
{
    struct app_area *area = load_good(head, devices);
    ck_assert_uint_eq(area->n_loaded, 2);
    ck_assert_int_eq(area->devices[1].kind, PROFILE_BATTERY);
    ck_assert(area->devices[1].can_write);
    ck_assert(!area->devices[0].can_write);
    app_area_release(area);
}
END_TEST

START_TEST(a_profile_that_does_not_exist_is_named_at_its_line)
{
    expect("  m1: {link: east, unit: 1, profile: no-such-meter, asset: pcc}\n", SEVERITY_ERROR, 11, "no-such-meter");
}
END_TEST

START_TEST(a_battery_profile_on_a_pv_plant_is_an_error)
{
    expect("  d1: {link: east, unit: 1, profile: generic-battery, asset: roof}\n", SEVERITY_ERROR, 11,
           "is for a battery, but roof is a pv");
}
END_TEST

START_TEST(a_sensor_measures_no_asset_and_anything_else_does)
{
    expect("  d1: {link: east, unit: 1, profile: generic-sensor, asset: roof}\n", SEVERITY_ERROR, 11,
           "for a sensor of the whole area");
    expect("  d1: {link: east, unit: 1, profile: generic-pv}\n", SEVERITY_ERROR, 11, "expected the asset");
    struct app_area *area = load_good(head, "  d1: {link: east, unit: 1, profile: generic-sensor, poll: 1 min}\n"
                                            "  d2: {link: west, unit: 1, profile: generic-sensor, poll: 1 min}\n");
    ck_assert_int_eq(area->devices[1].kind, PROFILE_SENSOR);
    app_area_release(area);
}
END_TEST

static const char head_of_island[] =
    "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "loads: {offices: {bus: main, average: 50 kW, peak: 90 kW}}\n"
    "islands: {block: {grid: pcc, forming: [b1]}}\n"
    "modbus: {east: {tcp: \"127.0.0.1:15020\", response_timeout: 500 ms}}\n"
    "switches: {o1: {load: offices, tier: ordinary}}\n"
    "devices:\n";

START_TEST(a_switch_needs_a_profile_of_its_kind)
{
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: generic-meter, switch: o1, control: true}\n",
              SEVERITY_ERROR, 11, "is for a meter, but o1 is a switch");
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: generic-switch, asset: offices}\n", SEVERITY_ERROR,
              11, "expected `switch` with the name of the switch");
    struct app_area *area =
        load_good(head_of_island, "  d1: {link: east, unit: 1, profile: generic-switch, switch: o1, control: true}\n"
                                  "  d2: {link: east, unit: 2, profile: generic-grid-relay, island: block}\n");
    ck_assert_int_eq(area->devices[0].kind, PROFILE_SWITCH);
    ck_assert(area->devices[0].can_write);
    ck_assert_int_eq(area->devices[1].kind, PROFILE_SENSOR);
    app_area_release(area);
}
END_TEST

START_TEST(a_relay_of_a_board_is_named_with_its_channel)
{
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: waveshare-relay-d, switch: o1, control: true}\n",
              SEVERITY_ERROR, 11, "expected the channel as well, from waveshare-relay-d:1 to waveshare-relay-d:8");
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: waveshare-relay-d:9, switch: o1, control: true}\n",
              SEVERITY_ERROR, 11, "expected a channel that the profile has");
    app_area_release(load_good(head_of_island,
                               "  d1: {link: east, unit: 1, profile: waveshare-relay-d:8, switch: o1, control: true}\n"
                               "  d2: {link: east, unit: 1, profile: waveshare-relay-d-input:1, island: block}\n"));
}
END_TEST

START_TEST(a_switch_without_feedback_is_an_error_unless_that_is_known)
{
    static const char deaf[] = "name: deaf\nkind: switch\npoints: {status: {address: 1, type: uint16}}\n"
                               "write: {set: [{address: 2, type: uint16, from: setpoint}]}\n";
    char profile[256], text[512], marked[sizeof(head_of_island) + 32];
    snprintf(profile, sizeof(profile), "%s/deaf.yaml", folder);
    FILE *f = fopen(profile, "w");
    ck_assert_ptr_nonnull(f);
    fputs(deaf, f);
    ck_assert_int_eq(fclose(f), 0);
    snprintf(text, sizeof(text), "  d1: {link: east, unit: 1, profile: \"%s\", switch: o1, control: true}\n", profile);
    expect_of(head_of_island, text, SEVERITY_ERROR, 11, "has no `closed`, so nobody can see whether o1 obeys");
    const char *end = strstr(head_of_island, "ordinary}") + strlen("ordinary");
    snprintf(marked, sizeof(marked), "%.*s, unconfirmed: true%s", (int)(end - head_of_island), head_of_island, end);
    app_area_release(load_good(marked, text));
    unlink(profile);
}
END_TEST

START_TEST(a_witness_tells_of_the_grid_and_names_its_island)
{
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: generic-sensor, island: block}\n", SEVERITY_ERROR,
              11, "tells nothing of the grid");
    expect_of(head_of_island, "  d1: {link: east, unit: 1, profile: generic-grid-relay}\n", SEVERITY_ERROR, 11,
              "expected `island` with the name of the island");
}
END_TEST

static const char head_of_watched[] =
    "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "outage: {enabled: true}\n"
    "switches: {coupling: {}}\n"
    "islands: {block: {grid: pcc, forming: [b1], voltage: 230 V, breaker: coupling}}\n"
    "modbus: {east: {tcp: \"127.0.0.1:15020\", response_timeout: 500 ms}}\n"
    "devices:\n"
    "  k: {link: east, unit: 9, profile: generic-switch, switch: coupling, control: true}\n";

START_TEST(an_island_needs_somebody_who_tells_of_its_grid)
{
    expect_of(head_of_watched, "", SEVERITY_ERROR, 8, "islands.block: expected a witness of its grid");
    expect_of(head_of_watched, "  r: {link: east, unit: 1, profile: generic-grid-relay, island: block}\n",
              SEVERITY_WARNING, 8, "islands.block.voltage: no device of pcc tells voltage_v");
    expect_of(head_of_watched, "  m: {link: east, unit: 1, profile: generic-meter, asset: pcc}\n", SEVERITY_WARNING, 8,
              "islands.block.frequency: m tells frequency_hz");
    expect_of(head_of_island, "  r: {link: east, unit: 1, profile: generic-grid-relay, island: block}\n",
              SEVERITY_WARNING, 7, "islands.block: nobody tells whether it is separated from the grid");
}
END_TEST

START_TEST(control_over_a_meter_is_an_error)
{
    expect("  d1: {link: east, unit: 1, profile: generic-meter, asset: b1, control: true}\n", SEVERITY_ERROR, 11,
           "cannot write setpoints");
}
END_TEST

START_TEST(two_devices_for_the_same_quantity_of_an_asset_are_an_error)
{
    expect("  d1: {link: east, unit: 1, profile: generic-battery, asset: b1}\n"
           "  d2: {link: east, unit: 2, profile: generic-meter, asset: b1}\n",
           SEVERITY_ERROR, 12, "power_w of b1 is already measured by d1");
}
END_TEST

START_TEST(a_poll_that_one_silent_device_would_make_stale_is_an_error)
{
    expect("  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 100 ms}\n", SEVERITY_ERROR, 11,
           "expected at least 167 ms");
    expect("  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 300 ms}\n", SEVERITY_WARNING, 11,
           "one silent device");
}
END_TEST

START_TEST(all_errors_are_found_at_once)
{
    struct diagnostics d = {0};
    struct app_area *area = NULL;
    write_config(head, "  d1: {link: east, unit: 1, profile: nowhere, asset: b1}\n"
                       "  d2: {link: west, unit: 1, profile: generic-pv, asset: pcc, poll: 100 ms}\n");
    ck_assert_int_eq(app_area_load(config, folders, &d, &area), AEMS_E_FORMAT);
    ck_assert_uint_eq(d.errors, 3);
    diagnostics_free(&d);
    write_config(head, "  d1: {link: east, unit: 1, profile: nowhere, asset: b1}\n"
                       "  d2: {link: nowhere, unit: 1, profile: generic-pv, asset: roof}\n");
    ck_assert_int_eq(app_area_load(config, folders, &d, &area), AEMS_E_FORMAT);
    ck_assert_uint_eq(d.errors, 2);
    diagnostics_free(&d);
}
END_TEST

START_TEST(a_bus_stays_the_same_when_only_prices_and_numbers_change)
{
    struct app_area *a = load_good(head, devices);
    static const char more_assets[] =
        "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
        "tariffs: {flat: {import: [{price: 0.9 /kWh}]}}\n"
        "buses: {main: {}}\n"
        "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
        "batteries: {b0: {bus: main, capacity: 1 kWh, max_charge: 1 kW, max_discharge: 1 kW},"
        " b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
        "modbus:\n"
        "  west: {tcp: \"127.0.0.1:15021\", response_timeout: 500 ms}\n"
        "  east: {tcp: \"127.0.0.1:15020\", response_timeout: 400 ms}\n"
        "devices:\n";
    struct app_area *b = load_good(more_assets, devices);
    ck_assert(!buses_same_link(a, 0, b, 1)); // another time-out
    ck_assert(buses_same_link(a, 1, b, 0));  // west, though its numbers shifted
    ck_assert(!buses_same_link(a, 0, b, 0));
    app_area_release(a);
    app_area_release(b);
}
END_TEST

START_TEST(a_bus_is_another_one_when_a_device_changes_comes_or_goes)
{
    static const char *const changed[] = {
        "  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 2 s}\n",
        "  m1: {link: east, unit: 1, profile: eastron-sdm630, asset: pcc, poll: 1 s}\n",
        "  m1: {link: west, unit: 1, profile: generic-meter, asset: pcc, poll: 1 s}\n",
        ("  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 1 s}\n"
         "  m2: {link: east, unit: 2, profile: generic-pv, asset: roof, poll: 1 s}\n"),
    };
    struct app_area *a =
        load_good(head, "  m1: {link: east, unit: 1, profile: generic-meter, asset: pcc, poll: 1 s}\n");
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        struct app_area *b = load_good(head, changed[i]);
        ck_assert_msg(!buses_same_link(a, 0, b, 0), "%s", changed[i]);
        ck_assert(buses_same_link(b, 0, b, 0));
        app_area_release(b);
    }
    app_area_release(a);
}
END_TEST

int main(int argc, char *argv[])
{
    source_root = argc > 1 ? argv[1] : ".";
    Suite *s = suite_create("app area");
    TCase *t = tcase_create("area");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_good_area_shares_profiles_and_tells_the_engine_about_its_devices);
    tcase_add_test(t, a_profile_that_does_not_exist_is_named_at_its_line);
    tcase_add_test(t, a_battery_profile_on_a_pv_plant_is_an_error);
    tcase_add_test(t, a_sensor_measures_no_asset_and_anything_else_does);
    tcase_add_test(t, a_switch_needs_a_profile_of_its_kind);
    tcase_add_test(t, a_relay_of_a_board_is_named_with_its_channel);
    tcase_add_test(t, a_switch_without_feedback_is_an_error_unless_that_is_known);
    tcase_add_test(t, a_witness_tells_of_the_grid_and_names_its_island);
    tcase_add_test(t, an_island_needs_somebody_who_tells_of_its_grid);
    tcase_add_test(t, control_over_a_meter_is_an_error);
    tcase_add_test(t, two_devices_for_the_same_quantity_of_an_asset_are_an_error);
    tcase_add_test(t, a_poll_that_one_silent_device_would_make_stale_is_an_error);
    tcase_add_test(t, all_errors_are_found_at_once);
    tcase_add_test(t, a_bus_stays_the_same_when_only_prices_and_numbers_change);
    tcase_add_test(t, a_bus_is_another_one_when_a_device_changes_comes_or_goes);
    suite_add_tcase(s, t);
    return run_suite(s);
}
