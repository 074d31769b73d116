// SPDX-License-Identifier: GPL-3.0-or-later
// A whole configuration -> every member of the site; defaults; warnings.
#include "base/error.h"
#include "base/instant.h"
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

static int load(const char *text)
{
    return conf_load_text("aems.yaml", text, strlen(text), &d, &site);
}

static void load_well(const char *text)
{
    if (load(text) < 0) {
        diagnostics_print(&d, stderr);
        ck_abort_msg("refused");
    }
}

static const char full[] =
    "area: {id: kashiwa, name: Kashiwa-no-ha, timezone: Asia/Tokyo, latitude: 35.89 deg, longitude: 139.95 deg,\n"
    "  currency: JPY, co2_price: 0.01 /kg, holidays: [2026-05-03, 2026-01-01, 2026-05-03]}\n"
    "plan: {interval: 10 min, horizon: 24 h, deadline: 8 s, max_age: 20 min}\n"
    "control: {cycle: 500 ms, stale_polls: 4, lease: 1 min, limit_margin: 3 %, open_loop_margin: 12 %,\n"
    "  socket: /run/aems/x.sock}\n"
    "state: {directory: /srv/aems}\n"
    "mqtt: {enabled: true, host: broker, tls: true, ca_file: /ca, cert_file: /cert, key_file: /key, username: u,\n"
    "  prefix: site/aems, keepalive: 20 s, max_payload: 1000}\n"
    "simulation: {speed: 60, start: 2026-01-14T08:00:00+09:00}\n"
    "tariffs:\n"
    "  tokyo:\n"
    "    import:\n"
    "      - {price: 38.5 /kWh, from: \"13:00\", to: \"16:00\", days: weekdays, months: 7-9}\n"
    "      - {price: 31.2 /kWh, from: \"22:00\", to: \"08:00\", days: weekends, months: [1, 11-12]}\n"
    "      - {price: 23.9}\n"
    "    export:\n"
    "      - {price: 8 /kWh}\n"
    "    demand_charge: 1800 /kW\n"
    "    demand_window: 15 min\n"
    "buses: {gate_square: {}, mall: }\n"
    "grids: {gs_grid: {bus: gate_square, import_limit: 5 MW, export_limit: 100 kW, tariff: tokyo, co2: 450 g/kWh}}\n"
    "pv: {gs_pv: {bus: mall, peak_power: 220 kW, tilt: 25 deg, azimuth: 170 deg, curtailable: true}}\n"
    "batteries: {gs_li: {bus: gate_square, capacity: 3.8 MWh, max_charge: 400 kW, max_discharge: 500 kW,\n"
    "  charge_efficiency: 94 %, discharge_efficiency: 0.93, self_discharge: 0.002 %/h, soc_min: 10 %,\n"
    "  soc_max: 90 %, reserve: 30 %, wear: 2 /kWh, ramp: 100 kW/s}}\n"
    "loads: {offices: {bus: mall, shape: office, average: 1200 kW, peak: 2200 kW,\n"
    "  tiers: {lifeline: 10 %, important: 20 %, ordinary: 60 %, deferrable: 10 %},\n"
    "  sheddable: [ordinary, deferrable], shed_cost: {lifeline: 30000 /kWh, deferrable: 500 /kWh}}}\n"
    "generators: {gas: {bus: gate_square, max_power: 2 MW, min_power: 600 kW, fuel_cost: 25 /kWh, co2: 500 g/kWh,\n"
    "  ramp: 20 kW/s, emergency: true}}\n"
    "ties: {interchange: {from: gate_square, to: mall, limit: 1000 kW, loss: 3 %, transfer_price: 1 /kWh,\n"
    "  ramp: 50 kW/s}}\n"
    "modbus:\n"
    "  bus1: {tcp: \"10.0.0.5:1502\", response_timeout: 300 ms, connect_delay: 20 ms, request_delay: 5 ms}\n"
    "  bus2: {serial: /dev/ttyUSB0, baud: 19200, parity: even, stop_bits: 2}\n"
    "  bus3: {tcp: \"[2001:db8::1]:503\"}\n"
    "  bus4: {tcp: inverter.local}\n"
    "devices:\n"
    "  inverter: {link: bus1, unit: 7, profile: generic-battery, asset: gs_li, poll: 200 ms, control: true,\n"
    "    safe_power: -1 kW, serial_number: ABC}\n"
    "  meter: {link: bus2, profile: ./m.yaml, asset: interchange, invert: true}\n";

START_TEST(the_area_and_the_service_are_filled)
{
    load_well(full);
    ck_assert_str_eq(site->id, "kashiwa");
    ck_assert_str_eq(site->name, "Kashiwa-no-ha");
    ck_assert_str_eq(site->timezone, "Asia/Tokyo");
    ck_assert_str_eq(site->currency, "JPY");
    ck_assert_double_eq(site->latitude_deg, 35.89);
    ck_assert_double_eq(site->longitude_deg, 139.95);
    ck_assert_double_eq(site->co2_price_per_kg, 0.01);
    ck_assert_uint_eq(site->n_holidays, 2);
    ck_assert_int_eq(site->holidays[0], 20260101);
    ck_assert_int_eq(site->holidays[1], 20260503);
    ck_assert_int_eq(site->plan.interval_s, 600);
    ck_assert_int_eq(site->plan.horizon_s, 86400);
    ck_assert_int_eq(site->plan.deadline_ms, 8000);
    ck_assert_int_eq(site->plan.max_age_s, 1200);
    ck_assert_int_eq(site->control.cycle_ms, 500);
    ck_assert_int_eq(site->control.stale_polls, 4);
    ck_assert_int_eq(site->control.lease_s, 60);
    ck_assert_double_eq_tol(site->control.limit_margin_frac, 0.03, 1e-12);
    ck_assert_double_eq_tol(site->control.open_loop_margin_frac, 0.12, 1e-12);
    ck_assert_str_eq(site->control.socket, "/run/aems/x.sock");
    ck_assert_str_eq(site->state_directory, "/srv/aems");
    ck_assert_double_eq(site->simulation.speed, 60);
    int64_t start;
    ck_assert_int_eq(rfc3339_parse("2026-01-13T23:00:00Z", &start), 0);
    ck_assert_int_eq(site->simulation.start_utc_ms, start);
}
END_TEST

START_TEST(the_broker_is_filled)
{
    load_well(full);
    ck_assert(site->mqtt.enabled);
    ck_assert_str_eq(site->mqtt.host, "broker");
    ck_assert_int_eq(site->mqtt.port, 8883);
    ck_assert(site->mqtt.tls);
    ck_assert_str_eq(site->mqtt.ca_file, "/ca");
    ck_assert_str_eq(site->mqtt.cert_file, "/cert");
    ck_assert_str_eq(site->mqtt.key_file, "/key");
    ck_assert_str_eq(site->mqtt.client_id, "aems-kashiwa");
    ck_assert_str_eq(site->mqtt.username, "u");
    ck_assert_str_eq(site->mqtt.password, "");
    ck_assert_str_eq(site->mqtt.prefix, "site/aems");
    ck_assert_int_eq(site->mqtt.keepalive_s, 20);
    ck_assert_int_eq(site->mqtt.max_payload_bytes, 1000);
}
END_TEST

START_TEST(tariffs_are_filled)
{
    load_well(full);
    ck_assert_uint_eq(site->n_tariffs, 1);
    const struct site_tariff *t = &site->tariffs[0];
    ck_assert_str_eq(t->id, "tokyo");
    ck_assert_uint_eq(t->n_import, 3);
    ck_assert_double_eq(t->import[0].price_per_kwh, 38.5);
    ck_assert_int_eq(t->import[0].from_minute, 780);
    ck_assert_int_eq(t->import[0].to_minute, 960);
    ck_assert_int_eq(t->import[0].days, DAYS_WEEKDAYS);
    ck_assert_uint_eq(t->import[0].months, 0x1C0);
    ck_assert_int_eq(t->import[1].from_minute, 1320);
    ck_assert_int_eq(t->import[1].to_minute, 480);
    ck_assert_int_eq(t->import[1].days, DAYS_WEEKENDS);
    ck_assert_uint_eq(t->import[1].months, 0xC01);
    ck_assert_double_eq(t->import[2].price_per_kwh, 23.9);
    ck_assert_int_eq(t->import[2].from_minute, 0);
    ck_assert_int_eq(t->import[2].to_minute, 1440);
    ck_assert_int_eq(t->import[2].days, DAYS_ALL);
    ck_assert_uint_eq(t->import[2].months, 0xFFF);
    ck_assert_uint_eq(t->n_export, 1);
    ck_assert_double_eq(t->export[0].price_per_kwh, 8);
    ck_assert_double_eq(t->demand_charge_per_kw, 1800);
    ck_assert_int_eq(t->demand_window_s, 900);
}
END_TEST

START_TEST(grid_pv_and_battery_are_filled)
{
    load_well(full);
    ck_assert_uint_eq(site->n_buses, 2);
    ck_assert_str_eq(site->buses[1].id, "mall");
    const struct site_grid *grid = &site->grids[0];
    ck_assert_str_eq(grid->id, "gs_grid");
    ck_assert_int_eq(grid->bus, 0);
    ck_assert_int_eq(grid->tariff, 0);
    ck_assert_double_eq(grid->import_limit_w, 5e6);
    ck_assert_double_eq(grid->export_limit_w, 1e5);
    ck_assert_double_eq(grid->co2_g_per_kwh, 450);
    const struct site_pv *pv = &site->pvs[0];
    ck_assert_int_eq(pv->bus, 1);
    ck_assert_double_eq(pv->peak_power_w, 220e3);
    ck_assert_double_eq(pv->tilt_deg, 25);
    ck_assert_double_eq(pv->azimuth_deg, 170);
    ck_assert(pv->curtailable);
    const struct site_battery *b = &site->batteries[0];
    ck_assert_int_eq(b->bus, 0);
    ck_assert_double_eq(b->capacity_wh, 3.8e6);
    ck_assert_double_eq(b->max_charge_w, 400e3);
    ck_assert_double_eq(b->max_discharge_w, 500e3);
    ck_assert_double_eq_tol(b->charge_efficiency, 0.94, 1e-12);
    ck_assert_double_eq_tol(b->discharge_efficiency, 0.93, 1e-12);
    ck_assert_double_eq_tol(b->self_discharge_per_h, 2e-5, 1e-15);
    ck_assert_double_eq_tol(b->soc_min_frac, 0.1, 1e-12);
    ck_assert_double_eq_tol(b->soc_max_frac, 0.9, 1e-12);
    ck_assert_double_eq_tol(b->reserve_frac, 0.3, 1e-12);
    ck_assert_double_eq(b->wear_per_kwh, 2);
    ck_assert_double_eq(b->ramp_w_per_s, 100e3);
}
END_TEST

START_TEST(load_generator_and_tie_are_filled)
{
    static const double shares[] = {0.1, 0.2, 0.6, 0.1}, costs[] = {30000, 20000, 5000, 500};
    load_well(full);
    const struct site_load *l = &site->loads[0];
    ck_assert_int_eq(l->bus, 1);
    ck_assert_int_eq(l->shape, SHAPE_OFFICE);
    ck_assert_double_eq(l->average_w, 1.2e6);
    ck_assert_double_eq(l->peak_w, 2.2e6);
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        ck_assert_double_eq_tol(l->tier_share[tier], shares[tier], 1e-12);
        ck_assert_double_eq(l->shed_cost_per_kwh[tier], costs[tier]);
        ck_assert_int_eq(l->sheddable[tier], tier >= TIER_ORDINARY);
    }
    const struct site_generator *g = &site->generators[0];
    ck_assert_int_eq(g->bus, 0);
    ck_assert_double_eq(g->max_power_w, 2e6);
    ck_assert_double_eq(g->min_power_w, 600e3);
    ck_assert_double_eq(g->fuel_cost_per_kwh, 25);
    ck_assert_double_eq(g->co2_g_per_kwh, 500);
    ck_assert_double_eq(g->ramp_w_per_s, 20e3);
    ck_assert(g->emergency);
    const struct site_tie *t = &site->ties[0];
    ck_assert_int_eq(t->from, 0);
    ck_assert_int_eq(t->to, 1);
    ck_assert_double_eq(t->limit_w, 1e6);
    ck_assert_double_eq_tol(t->loss_frac, 0.03, 1e-12);
    ck_assert_double_eq(t->transfer_price_per_kwh, 1);
    ck_assert_double_eq(t->ramp_w_per_s, 50e3);
}
END_TEST

START_TEST(links_are_filled)
{
    load_well(full);
    ck_assert_uint_eq(site->n_links, 4);
    ck_assert_str_eq(site->links[0].host, "10.0.0.5");
    ck_assert_int_eq(site->links[0].port, 1502);
    ck_assert_str_eq(site->links[0].serial, "");
    ck_assert_int_eq(site->links[0].response_timeout_ms, 300);
    ck_assert_int_eq(site->links[0].connect_delay_ms, 20);
    ck_assert_int_eq(site->links[0].request_delay_ms, 5);
    ck_assert_str_eq(site->links[1].serial, "/dev/ttyUSB0");
    ck_assert_str_eq(site->links[1].host, "");
    ck_assert_int_eq(site->links[1].baud, 19200);
    ck_assert_int_eq(site->links[1].parity, 'E');
    ck_assert_int_eq(site->links[1].stop_bits, 2);
    ck_assert_str_eq(site->links[2].host, "2001:db8::1");
    ck_assert_int_eq(site->links[2].port, 503);
    ck_assert_int_eq(site->links[2].parity, 'N');
    ck_assert_str_eq(site->links[3].host, "inverter.local");
    ck_assert_int_eq(site->links[3].port, 502);
}
END_TEST

START_TEST(devices_are_filled_and_point_to_their_assets)
{
    load_well(full);
    ck_assert_uint_eq(site->n_devices, 2);
    const struct site_device *inverter = &site->devices[0], *meter = &site->devices[1];
    ck_assert_int_eq(inverter->link, 0);
    ck_assert_int_eq(inverter->unit, 7);
    ck_assert_str_eq(inverter->profile, "generic-battery");
    ck_assert_int_eq(inverter->asset, site_find_asset(site, "gs_li"));
    ck_assert_int_eq(inverter->poll_ms, 200);
    ck_assert(inverter->control);
    ck_assert(inverter->has_safe_power);
    ck_assert_double_eq(inverter->safe_power_w, -1000);
    ck_assert_str_eq(inverter->serial_number, "ABC");
    ck_assert_int_eq(meter->link, 1);
    ck_assert_int_eq(meter->unit, 1);
    ck_assert_int_eq(meter->asset, site_find_asset(site, "interchange"));
    ck_assert_int_eq(meter->poll_ms, 1000);
    ck_assert(meter->invert);
    ck_assert(!meter->control);
    ck_assert(!meter->has_safe_power);
    ck_assert_uint_eq(site->n_assets, 6);
    ck_assert_uint_eq(d.count, 3); // what no device sees
}
END_TEST

START_TEST(one_unit_may_serve_two_assets_of_a_hybrid_inverter)
{
    load_well("area: {id: house, latitude: 48 deg, longitude: 11 deg}\n"
              "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
              "buses: {b: {}}\n"
              "grids: {g: {bus: b, import_limit: 14 kW, tariff: t}}\n"
              "pv: {p: {bus: b, peak_power: 9 kW}}\n"
              "batteries: {s: {bus: b, capacity: 10 kWh, max_charge: 5 kW, max_discharge: 5 kW}}\n"
              "modbus: {m: {tcp: \"127.0.0.1:502\"}}\n"
              "devices:\n"
              "  roof: {link: m, unit: 3, profile: generic-pv, asset: p, control: true}\n"
              "  cellar: {link: m, unit: 3, profile: generic-battery, asset: s, control: true}\n");
    ck_assert_uint_eq(site->n_devices, 2);
    ck_assert_int_eq(site->devices[0].unit, site->devices[1].unit);
}
END_TEST

// ---- defaults -----------------------------------------------------------------------------------------------------

static const char house[] = "area: {id: house, latitude: 48 deg, longitude: 11 deg}\n"
                            "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
                            "buses: {b: {}}\n"
                            "grids: {g: {bus: b, import_limit: 14 kW, tariff: t}}\n"
                            "batteries: {s: {bus: b, capacity: 10 kWh, max_charge: 5 kW, max_discharge: 5 kW}}\n"
                            "loads: {l: {bus: b, average: 500 W, peak: 3 kW}}\n";

START_TEST(a_house_needs_few_lines)
{
    static const double shares[] = {0.2, 0.2, 0.5, 0.1};
    load_well(house);
    ck_assert_uint_eq(d.count, 0);
    ck_assert_str_eq(site->name, "house");
    ck_assert_str_eq(site->timezone, "UTC");
    ck_assert_str_eq(site->currency, "EUR");
    ck_assert_int_eq(site->plan.interval_s, 300);
    ck_assert_int_eq(site->plan.horizon_s, 36 * 3600);
    ck_assert_int_eq(site->plan.deadline_ms, 10000);
    ck_assert_int_eq(site->plan.max_age_s, 900);
    ck_assert_int_eq(site->control.cycle_ms, 1000);
    ck_assert_int_eq(site->control.lease_s, 30);
    ck_assert_int_eq(site->mqtt.port, 1883);
    ck_assert_str_eq(site->mqtt.client_id, "aems-house");
    ck_assert_double_eq(site->simulation.speed, 1);
    ck_assert_int_lt(site->simulation.start_utc_ms, 0);
    ck_assert_str_eq(site->state_directory, "/var/lib/aems");
    ck_assert_double_eq(site->grids[0].export_limit_w, 0);
    ck_assert_double_eq_tol(site->batteries[0].soc_min_frac, 0.1, 1e-12);
    ck_assert_double_eq_tol(site->batteries[0].reserve_frac, 0.1, 1e-12);
    ck_assert_int_eq(site->tariffs[0].demand_window_s, 1800);
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        ck_assert_double_eq_tol(site->loads[0].tier_share[tier], shares[tier], 1e-12);
        ck_assert(!site->loads[0].sheddable[tier]);
    }
}
END_TEST

START_TEST(an_option_left_empty_has_its_default)
{
    load_well("area: {id: a, latitude: 1, longitude: 1, currency: }\nbuses: {b: }\nplan:\nmqtt: {port: , ca_file: }\n");
    ck_assert_str_eq(site->currency, "EUR");
    ck_assert_int_eq(site->plan.interval_s, 300);
    ck_assert_int_eq(site->mqtt.port, 1883);
}
END_TEST

// ---- warnings -----------------------------------------------------------------------------------------------------

// Loads the house with more text, which must earn exactly one warning.
static void expect_warning(const char *more, const char *part)
{
    char text[4096];
    snprintf(text, sizeof(text), "%s%s", house, more);
    load_well(text);
    if (d.count != 1 || !has_message(&d, SEVERITY_WARNING, -1, part)) {
        diagnostics_print(&d, stderr);
        ck_abort_msg("expected one warning: %s", part);
    }
}

START_TEST(a_bus_that_nothing_supplies_earns_a_warning)
{
    load_well(
        "area: {id: a, latitude: 1, longitude: 1}\nbuses: {dark: {}, lit: {}, tied: {}}\n"
        "generators: {g: {bus: lit, max_power: 1 kW, fuel_cost: 1}}\nties: {t: {from: tied, to: lit, limit: 1 kW}}\n");
    ck_assert_uint_eq(d.count, 1);
    ck_assert(has_message(&d, SEVERITY_WARNING, 2, "buses.dark"));
}
END_TEST

START_TEST(export_above_import_earns_a_warning_with_the_time)
{
    load_well(
        "area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\n"
        "tariffs:\n  t:\n    import:\n      - {price: 5, days: weekends, months: 7, from: \"10:00\", to: \"11:00\"}\n"
        "      - {price: 20}\n    export:\n      - {price: 9}\n"
        "grids: {g: {bus: b, import_limit: 1 kW, tariff: t}}\n");
    ck_assert_uint_eq(d.count, 1);
    ck_assert(has_message(&d, SEVERITY_WARNING, 9, "in July on weekends at 10:00 it pays 9 /kWh and import costs 5"));
}
END_TEST

START_TEST(a_negative_import_price_without_export_earns_a_warning)
{
    load_well("area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\n"
              "tariffs:\n  t:\n    import: [{price: -1 /kWh}]\n"
              "grids: {g: {bus: b, import_limit: 1 kW, tariff: t}}\n");
    ck_assert(has_message(&d, SEVERITY_WARNING, 5, "it pays 0 /kWh and import costs -1"));
}
END_TEST

START_TEST(a_password_in_plain_text_earns_a_warning_that_does_not_show_it)
{
    expect_warning("mqtt: {username: u, password: hunter2}\n", "in plain text");
    ck_assert(!mentions(&d, "hunter2"));
    ck_assert_str_eq(site->mqtt.password, "hunter2");
}
END_TEST

START_TEST(shed_costs_against_the_order_of_tiers_earn_a_warning)
{
    char text[4096];
    snprintf(text, sizeof(text), "%s", house);
    strcpy(strstr(text, "peak: 3 kW"), "peak: 3 kW, shed_cost: {ordinary: 90000 /kWh}}}\n");
    load_well(text);
    ck_assert_uint_eq(d.count, 1);
    ck_assert(mentions(&d, "loads.l.shed_cost.ordinary: \"90000 /kWh\": costs more than important"));
}
END_TEST

START_TEST(an_asset_that_no_device_sees_earns_a_warning)
{
    expect_warning("modbus: {m: {tcp: host}}\ndevices: {d: {link: m, profile: p, asset: s}}\n",
                   "grids.g: no device measures it: its limits cannot be watched");
    tear_down();
    expect_warning("modbus: {m: {tcp: host}}\ndevices: {d: {link: m, profile: p, asset: g}}\n",
                   "batteries.s: no device measures or drives it");
}
END_TEST

START_TEST(a_safe_power_without_control_earns_a_warning)
{
    expect_warning("modbus: {m: {tcp: host}}\ndevices: {d: {link: m, profile: p, asset: s, safe_power: 0 W},\n"
                   "          m: {link: m, unit: 2, profile: p, asset: g}}\n",
                   "nothing is written to this device without control: true");
}
END_TEST

// ---- hostile texts ------------------------------------------------------------------------------------------------

START_TEST(messages_cut_and_clean_what_they_quote)
{
    static const char start[] = "plan: {interval: \"\\e[31m";
    char text[5000];
    memset(text, 'x', sizeof(text));
    memcpy(text, start, strlen(start));
    strcpy(text + 4990, "\"}\n");
    ck_assert_int_eq(load(text), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "plan.interval: \"?[31mxxx"));
    for (size_t i = 0; i < d.count; i++)
        ck_assert_uint_lt(strlen(d.items[i].text), 400);
}
END_TEST

START_TEST(too_many_entries_are_refused)
{
    size_t size = 200000, length = 0;
    char *text = malloc(size);
    length += (size_t)sprintf(text, "area: {id: a, latitude: 1, longitude: 1}\nbuses:\n");
    for (int i = 0; i < 101; i++)
        length += (size_t)sprintf(text + length, "  b%d: {}\n", i);
    ck_assert_int_eq(load(text), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "buses: a map: expected at most 100 entries, found 101"));
    free(text);
}
END_TEST

START_TEST(more_assets_than_the_limit_over_all_kinds_are_refused)
{
    size_t size = 200000, length = 0;
    char *text = malloc(size);
    length += (size_t)sprintf(text, "area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\npv:\n");
    for (int i = 0; i < 200; i++)
        length += (size_t)sprintf(text + length, "  p%d: {bus: b, peak_power: 1 kW}\n", i);
    length += (size_t)sprintf(text + length, "loads:\n");
    for (int i = 0; i < 101; i++)
        length += (size_t)sprintf(text + length, "  l%d: {bus: b, average: 1 W, peak: 1 kW}\n", i);
    ck_assert_int_eq(load(text), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "expected at most 300 assets in all, found 301"));
    free(text);
}
END_TEST

START_TEST(an_include_in_a_text_without_a_file_is_refused)
{
    ck_assert_int_eq(load("include: [/etc/passwd]\narea: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\n"),
                     AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, 1, "expected in a file only"));
}
END_TEST

static TCase *filled(void)
{
    TCase *tests = tcase_create("filled");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, the_area_and_the_service_are_filled);
    tcase_add_test(tests, the_broker_is_filled);
    tcase_add_test(tests, tariffs_are_filled);
    tcase_add_test(tests, grid_pv_and_battery_are_filled);
    tcase_add_test(tests, load_generator_and_tie_are_filled);
    tcase_add_test(tests, links_are_filled);
    tcase_add_test(tests, devices_are_filled_and_point_to_their_assets);
    tcase_add_test(tests, one_unit_may_serve_two_assets_of_a_hybrid_inverter);
    tcase_add_test(tests, a_house_needs_few_lines);
    tcase_add_test(tests, an_option_left_empty_has_its_default);
    return tests;
}

static TCase *judged(void)
{
    TCase *tests = tcase_create("judged");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, an_asset_that_no_device_sees_earns_a_warning);
    tcase_add_test(tests, a_bus_that_nothing_supplies_earns_a_warning);
    tcase_add_test(tests, export_above_import_earns_a_warning_with_the_time);
    tcase_add_test(tests, a_negative_import_price_without_export_earns_a_warning);
    tcase_add_test(tests, a_password_in_plain_text_earns_a_warning_that_does_not_show_it);
    tcase_add_test(tests, shed_costs_against_the_order_of_tiers_earn_a_warning);
    tcase_add_test(tests, a_safe_power_without_control_earns_a_warning);
    tcase_add_test(tests, messages_cut_and_clean_what_they_quote);
    tcase_add_test(tests, too_many_entries_are_refused);
    tcase_add_test(tests, more_assets_than_the_limit_over_all_kinds_are_refused);
    tcase_add_test(tests, an_include_in_a_text_without_a_file_is_refused);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("conf");
    suite_add_tcase(suite, filled());
    suite_add_tcase(suite, judged());
    return run_suite(suite);
}
