// SPDX-License-Identifier: GPL-3.0-or-later
// Outages, islands and switches: configuration -> site; defaults; what follows. What is refused stands in broken/.
#include "base/error.h"
#include "conf/conf.h"
#include "conf_files.h"
#include "tests/unit/run_suite.h"

static struct diagnostics d;
static struct site *site;

static void tear_down(void)
{
    site_free(site);
    site = NULL;
    diagnostics_free(&d);
}

static const char base[] =
    "area: {id: a, latitude: 50 deg, longitude: 8 deg}\n"
    "buses: {main: {}, second: {}}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
    "grids:\n"
    "  g: {bus: main, import_limit: 500 kW, tariff: t}\n"
    "  h: {bus: second, import_limit: 500 kW, tariff: t}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "generators: {gas: {bus: main, max_power: 100 kW, fuel_cost: 0.3 /kWh, emergency: true}}\n"
    "ties: {line: {from: main, to: second, limit: 50 kW}}\n"
    "loads:\n"
    "  offices: {bus: main, average: 50 kW, peak: 90 kW}\n"
    "  shops: {bus: second, average: 50 kW, peak: 90 kW, sheddable: [ordinary]}\n"
    "modbus: {room: {tcp: \"10.0.0.1:502\"}}\n";

static const char islands[] =
    "islands:\n"
    "  west: {grid: g, forming: [b1, gas], breaker: coupling, voltage: 400 V, frequency: 50 Hz}\n"
    "  east: {grid: h, forming: [line], headroom: 20 %}\n";

static void load(const char *more)
{
    char text[8192];
    snprintf(text, sizeof(text), "%s%s", base, more);
    if (conf_load_text("aems.yaml", text, strlen(text), &d, &site) < 0) {
        diagnostics_print(&d, stderr);
        ck_abort_msg("refused");
    }
}

static void load_area(const char *switches, const char *devices)
{
    char text[4096];
    snprintf(text, sizeof(text), "%sswitches:\n  coupling: {}\n%sdevices:\n%s", islands, switches, devices);
    load(text);
}

START_TEST(an_outage_is_left_alone_unless_somebody_says_otherwise)
{
    load("");
    const struct site_outage *o = &site->outage;
    ck_assert(!o->enabled);
    ck_assert_int_eq(o->horizon_s, 72 * 3600);
    ck_assert_int_eq(o->beyond_s, 2 * 3600);
    ck_assert_double_eq_tol(o->least_frac, 0.5, 1e-9);
    ck_assert_double_eq_tol(o->warned_frac, 0.9, 1e-9);
    ck_assert_double_eq_tol(o->pv_quantile, 0.3, 1e-9);
    ck_assert_int_eq(o->stable_s, 300);
    ck_assert_int_eq(o->dwell_s, 900);
    ck_assert_int_eq(o->settle_s, 20);
    ck_assert_double_eq_tol(o->lost_voltage_frac, 0.2, 1e-9);
    ck_assert_double_eq_tol(o->lost_frequency_hz, 2.5, 1e-9);
    ck_assert_double_eq_tol(o->stable_voltage_frac, 0.1, 1e-9);
    ck_assert_double_eq_tol(o->stable_frequency_hz, 0.2, 1e-9);
    ck_assert_int_eq(o->confirm_ms, 300);
    ck_assert_uint_eq(site->n_islands, 0);
    ck_assert_uint_eq(site->n_switches, 0);
}
END_TEST

START_TEST(everything_that_is_said_of_an_outage_arrives)
{
    load("outage: {enabled: true, horizon: 48 h, beyond: 1 h, least_served: 40 %, warned_reserve: 80 %,\n"
         "  pv_quantile: 20 %, stable_time: 10 min, dwell: 5 min, settle: 30 s, lost_voltage: 15 %,\n"
         "  lost_frequency: 2 Hz, stable_voltage: 5 %, stable_frequency: 100 mHz, confirm: 1 s}\n"
         "islands: {west: {grid: g, forming: [b1]}}\n");
    const struct site_outage *o = &site->outage;
    ck_assert(o->enabled);
    ck_assert_int_eq(o->horizon_s, 48 * 3600);
    ck_assert_int_eq(o->beyond_s, 3600);
    ck_assert_double_eq_tol(o->least_frac, 0.4, 1e-9);
    ck_assert_double_eq_tol(o->warned_frac, 0.8, 1e-9);
    ck_assert_double_eq_tol(o->pv_quantile, 0.2, 1e-9);
    ck_assert_int_eq(o->stable_s, 600);
    ck_assert_int_eq(o->dwell_s, 300);
    ck_assert_int_eq(o->settle_s, 30);
    ck_assert_double_eq_tol(o->lost_voltage_frac, 0.15, 1e-9);
    ck_assert_double_eq_tol(o->lost_frequency_hz, 2, 1e-9);
    ck_assert_double_eq_tol(o->stable_voltage_frac, 0.05, 1e-9);
    ck_assert_double_eq_tol(o->stable_frequency_hz, 0.1, 1e-9);
    ck_assert_int_eq(o->confirm_ms, 1000);
}
END_TEST

START_TEST(an_island_knows_its_bus_its_breaker_and_who_forms_it)
{
    load_area("", "  breaker: {link: room, profile: p, switch: coupling, control: true}\n");
    ck_assert_uint_eq(site->n_islands, 2);
    const struct site_island *west = &site->islands[0], *east = &site->islands[1];
    ck_assert_str_eq(west->id, "west");
    ck_assert_int_eq(west->grid, 0);
    ck_assert_int_eq(west->bus, 0);
    ck_assert_uint_eq(west->n_forming, 2);
    ck_assert_str_eq(site->assets[west->forming[0]].id, "b1");
    ck_assert_str_eq(site->assets[west->forming[1]].id, "gas");
    ck_assert_int_eq(west->breaker, 0);
    ck_assert_double_eq_tol(west->headroom_frac, 0.15, 1e-9);
    ck_assert_double_eq(west->voltage_v, 400);
    ck_assert_double_eq(west->frequency_hz, 50);
    ck_assert_int_eq(east->bus, 1);
    ck_assert_int_eq(east->breaker, -1);
    ck_assert_uint_eq(east->n_forming, 1);
    ck_assert_str_eq(site->assets[east->forming[0]].id, "line");
    ck_assert_double_eq_tol(east->headroom_frac, 0.2, 1e-9);
    ck_assert_double_eq(east->voltage_v, 0);
    ck_assert_int_eq(site->switches[0].load, -1);
    ck_assert_int_eq(site_island_of_bus(site, 1), 1);
    ck_assert_int_eq(site_island_of_grid(site, 0), 0);
    ck_assert_int_eq(site_island_of_breaker(site, 0), 0);
}
END_TEST

START_TEST(a_device_is_of_an_asset_or_a_switch_or_an_island)
{
    load_area("", "  breaker: {link: room, unit: 1, profile: p, switch: coupling, control: true}\n"
                  "  relay: {link: room, unit: 2, profile: p, island: east}\n"
                  "  battery: {link: room, unit: 3, profile: p, asset: b1}\n");
    const struct site_device *breaker = &site->devices[0], *relay = &site->devices[1], *battery = &site->devices[2];
    ck_assert_int_eq(breaker->of_switch, 0);
    ck_assert_int_eq(breaker->of_island, -1);
    ck_assert_int_eq(breaker->asset, -1);
    ck_assert_int_eq(relay->of_switch, -1);
    ck_assert_int_eq(relay->of_island, 1);
    ck_assert_int_eq(relay->asset, -1);
    ck_assert_int_eq(battery->of_switch, -1);
    ck_assert_int_eq(battery->of_island, -1);
    ck_assert_ptr_nonnull(site_device_asset(site, battery));
    ck_assert_int_eq(site_device_of_switch(site, 0), 0);
}
END_TEST

START_TEST(switches_that_do_not_say_divide_what_others_leave_of_the_tier)
{
    load_area("  o1: {load: offices, tier: ordinary, share: 20 %, inrush: 3, unconfirmed: true}\n"
              "  o2: {load: offices, tier: ordinary}\n"
              "  o3: {load: offices, tier: ordinary}\n"
              "  i1: {load: offices, tier: important}\n"
              "  s1: {load: shops, tier: ordinary}\n",
              "  k: {link: room, unit: 1, profile: p, switch: coupling, control: true}\n"
              "  d1: {link: room, unit: 2, profile: p, switch: o1, control: true}\n"
              "  d2: {link: room, unit: 3, profile: p, switch: o2, control: true}\n"
              "  d3: {link: room, unit: 4, profile: p, switch: o3, control: true}\n"
              "  d4: {link: room, unit: 5, profile: p, switch: i1, control: true}\n"
              "  d5: {link: room, unit: 6, profile: p, switch: s1, control: true}\n");
    const struct site_switch *w = site->switches; // the breaker first
    ck_assert_double_eq_tol(w[1].share, 0.2, 1e-9);
    ck_assert_double_eq_tol(w[2].share, 0.15, 1e-9);
    ck_assert_double_eq_tol(w[3].share, 0.15, 1e-9);
    ck_assert_double_eq_tol(w[4].share, 0.2, 1e-9);
    ck_assert_double_eq_tol(w[5].share, 0.5, 1e-9);
    ck_assert_double_eq(w[1].inrush, 3);
    ck_assert_double_eq(w[2].inrush, 1.5);
    ck_assert(w[1].unconfirmed && !w[2].unconfirmed);
    ck_assert_int_eq(w[5].load, 1);
    ck_assert_int_eq(w[4].tier, TIER_IMPORTANT);
}
END_TEST

struct warned {
    const char *more, *said;
};

static const struct warned warnings[] = {
    {"outage: {stable_time: 30 s}\n", "less than a minute"},
    {"outage: {enabled: true}\nislands: {west: {grid: g, forming: [b1]}}\n",
     "islands.west: no load on bus main has a switch or `sheddable`"},
    {"switches: {s: {load: offices, tier: lifeline}}\n", "lifelines behind a switch"},
    {"switches: {s: {load: shops, tier: ordinary, share: 10 %}}\n", "switches reach 10 % of shops"},
    {"switches: {s: {load: offices, tier: important}}\n",
     "switches.s.tier: \"important\": what of offices is ordinary is less important and stays on"},
    {"islands: {west: {grid: g, forming: [b1]}}\nswitches: {s: {load: shops, tier: ordinary}}\n",
     "switches.s: no island has bus second of shops: it is never opened"},
    {"outage: {enabled: true}\nislands: {west: {grid: g, forming: [b1]}}\n",
     "loads.shops.bus: \"second\": no island has bus second"},
    {"islands: {west: {grid: g, forming: [b1]}}\n"
     "devices: {d: {link: room, profile: p, island: west, poll: 1 min}}\n",
     "devices.d.poll: \"1 min\": it tells whether the grid is there"},
    {"switches: {s: {load: offices, tier: ordinary}}\ndevices: {d: {link: room, profile: p, asset: b1}}\n",
     "switches.s: no device drives it: expected one with `switch: s`"},
    {"switches: {s: {load: offices, tier: ordinary}}\ndevices: {d: {link: room, profile: p, switch: s}}\n",
     "expected true: a switch that is never told anything"},
    {"islands: {west: {grid: g, forming: [b1]}}\ndevices: {d: {link: room, profile: p, asset: b1}}\n",
     "islands.west.forming[0]: \"b1\": no device with `control: true` drives it"},
};

START_TEST(what_is_allowed_but_hardly_meant_is_said)
{
    load(warnings[_i].more);
    if (!has_message(&d, SEVERITY_WARNING, -1, warnings[_i].said))
        diagnostics_print(&d, stderr);
    ck_assert_msg(has_message(&d, SEVERITY_WARNING, -1, warnings[_i].said), "not said: %s", warnings[_i].said);
}
END_TEST

START_TEST(islands_that_help_each_other_are_no_circle_while_one_has_a_battery)
{
    load("islands:\n  west: {grid: g, forming: [b1, line]}\n  east: {grid: h, forming: [line]}\n");
    ck_assert_uint_eq(d.errors, 0);
    ck_assert_uint_eq(site->n_islands, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf outage");
    TCase *tests = tcase_create("conf outage");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, an_outage_is_left_alone_unless_somebody_says_otherwise);
    tcase_add_test(tests, everything_that_is_said_of_an_outage_arrives);
    tcase_add_test(tests, an_island_knows_its_bus_its_breaker_and_who_forms_it);
    tcase_add_test(tests, a_device_is_of_an_asset_or_a_switch_or_an_island);
    tcase_add_test(tests, switches_that_do_not_say_divide_what_others_leave_of_the_tier);
    tcase_add_loop_test(tests, what_is_allowed_but_hardly_meant_is_said, 0, sizeof(warnings) / sizeof(*warnings));
    tcase_add_test(tests, islands_that_help_each_other_are_no_circle_while_one_has_a_battery);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
