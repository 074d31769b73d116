// SPDX-License-Identifier: GPL-3.0-or-later
// Stores, groups, chargers, flexible loads, converters, CHP and curves: every member, the order of groups, warnings.
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

static void load(const char *text)
{
    int code = conf_load_text("aems.yaml", text, strlen(text), &d, &site);
    if (code < 0)
        diagnostics_print(&d, stderr);
    ck_assert_int_eq(code, 0);
}

#define AREA                                                                                                           \
    "area: {id: a, latitude: 1, longitude: 1}\n"                                                                       \
    "tariffs: {t: {import: [{price: 1}]}}\n"                                                                           \
    "grids: {pcc: {bus: main, import_limit: 1 MW, tariff: t}}\n"
#define BUSES "buses: {main: {}, warm: {carrier: heat}, cold: {carrier: cooling}}\n"

static const char campus[] = AREA BUSES
    "pv: {roof: {bus: main, peak_power: 50 kW}}\n"
    "batteries: {b: {bus: main, capacity: 1 MWh, max_charge: 500 kW, max_discharge: 500 kW,\n"
    "  charge_curve: [{soc: 80 %, power: 500 kW}, {soc: 100 %, power: 100 kW}],\n"
    "  discharge_curve: [{soc: 5 %, power: 100 kW}, {soc: 20 %, power: 500 kW}, {soc: 95 %, power: 300 kW}]}}\n"
    "stores: {ice: {bus: cold, capacity: 6 MWh, max_charge: 800 kW, max_discharge: 900 kW, self_discharge: 0.5 %/h},\n"
    "  tank: {bus: warm, capacity: 2 MWh, max_charge: 500 kW, max_discharge: 400 kW, charge_efficiency: 99 %,\n"
    "    discharge_efficiency: 98 %, soc_min: 10 %, soc_max: 90 %, ramp: 10 kW/s}}\n"
    "groups: {outlet: {limit: 22 kW, within: station}, garage: {limit: 90 kW}, station: {limit: 50 kW, within: "
    "garage}}\n"
    "chargers: {cp: {bus: main, group: outlet, max_charge: 22 kW, min_charge: 4 kW, max_discharge: 11 kW,\n"
    "  charge_efficiency: 94 %, discharge_efficiency: 92 %, wear: 0.05 /kWh, capacity: 75 kWh, soc_min: 30 %,\n"
    "  priority: important, sessions: [{from: \"18:30\", until: \"06:00\", energy: 30 kWh, days: weekdays},\n"
    "  {from: \"12:00\", until: \"14:00\", energy: 10 kWh}]}, plain: {bus: main, max_charge: 11 kW}}\n"
    "flexible_loads: {pump: {bus: main, group: garage, max_power: 40 kW, min_power: 10 kW,\n"
    "  sessions: [{from: \"00:00\", until: \"24:00\", energy: 200 kWh}]}}\n"
    "loads: {l: {bus: main, average: 1 kW, peak: 3 kW}, h: {bus: warm, average: 1 kW, peak: 3 kW}}\n"
    "generators: {chp: {bus: main, max_power: 400 kW, fuel_cost: 0.1, fuel: 20 MWh, start_cost: 12.5, min_run: 1 h,\n"
    "  heat_bus: warm, heat_ratio: 1.2}, boiler: {bus: warm, max_power: 800 kW, fuel_cost: 0.08}}\n"
    "converters: {hp: {from: main, to: warm, max_power: 100 kW, min_power: 30 kW, cop: 3.8, cop_per_degc: 0.06,\n"
    "  ramp: 5 kW/s}, chiller: {from: main, to: cold, max_power: 250 kW, cop: 4.5, cop_per_degc: -0.08}}\n";

START_TEST(storages_have_their_curves)
{
    load(campus);
    ck_assert_uint_eq(d.count, 0);
    const struct site_battery *b = &site->batteries[0];
    ck_assert_uint_eq(b->n_charge_curve, 2);
    ck_assert_double_eq_tol(b->charge_curve[1].soc_frac, 1, 1e-12);
    ck_assert_double_eq(b->charge_curve[1].power_w, 100e3);
    ck_assert_uint_eq(b->n_discharge_curve, 3);
    ck_assert_double_eq_tol(b->discharge_curve[0].soc_frac, 0.05, 1e-12);
}
END_TEST

START_TEST(stores_are_batteries_with_other_defaults)
{
    load(campus);
    const struct site_battery *ice = &site->stores[0], *tank = &site->stores[1];
    ck_assert_int_eq(site->buses[ice->bus].carrier, CARRIER_COOLING);
    ck_assert_double_eq(ice->capacity_wh, 6e6);
    ck_assert_double_eq(ice->max_discharge_w, 900e3);
    ck_assert_double_eq(ice->charge_efficiency, 1);
    ck_assert_double_eq(ice->soc_min_frac, 0);
    ck_assert_double_eq(ice->soc_max_frac, 1);
    ck_assert_double_eq_tol(ice->self_discharge_per_h, 0.005, 1e-12);
    ck_assert_double_eq_tol(tank->discharge_efficiency, 0.98, 1e-12);
    ck_assert_double_eq_tol(tank->reserve_frac, 0.1, 1e-12);
    ck_assert_double_eq(tank->ramp_w_per_s, 10e3);
}
END_TEST

START_TEST(a_charger_has_its_sessions)
{
    load(campus);
    const struct site_flexible *c = &site->chargers[0];
    ck_assert_double_eq(c->max_charge_w, 22e3);
    ck_assert_double_eq(c->min_charge_w, 4e3);
    ck_assert_double_eq(c->max_discharge_w, 11e3);
    ck_assert_double_eq_tol(c->charge_efficiency, 0.94, 1e-12);
    ck_assert_double_eq_tol(c->discharge_efficiency, 0.92, 1e-12);
    ck_assert_double_eq(c->wear_per_kwh, 0.05);
    ck_assert_double_eq(c->capacity_wh, 75e3);
    ck_assert_double_eq_tol(c->min_frac, 0.3, 1e-12);
    ck_assert_int_eq(c->priority, TIER_IMPORTANT);
    ck_assert_uint_eq(c->n_sessions, 2);
    ck_assert_int_eq(c->sessions[0].from_minute, 1110);
    ck_assert_int_eq(c->sessions[0].until_minute, 360);
    ck_assert_double_eq(c->sessions[0].energy_wh, 30e3);
    ck_assert_int_eq(c->sessions[0].days, DAYS_WEEKDAYS);
    ck_assert_int_eq(c->sessions[1].days, DAYS_ALL);
}
END_TEST

START_TEST(a_plain_charger_and_a_flexible_load_need_few_lines)
{
    load(campus);
    const struct site_flexible *c = &site->chargers[1], *f = &site->flexibles[0];
    ck_assert_int_eq(c->group, -1);
    ck_assert_double_eq(c->min_charge_w, 0);
    ck_assert_double_eq(c->max_discharge_w, 0);
    ck_assert_double_eq_tol(c->charge_efficiency, 0.95, 1e-12);
    ck_assert_double_eq(c->discharge_efficiency, 1);
    ck_assert_double_eq(c->capacity_wh, 60e3);
    ck_assert_int_eq(c->priority, TIER_ORDINARY);
    ck_assert_double_eq(f->max_charge_w, 40e3);
    ck_assert_double_eq(f->min_charge_w, 10e3);
    ck_assert_double_eq(f->charge_efficiency, 1);
    ck_assert_int_eq(f->priority, TIER_DEFERRABLE);
    ck_assert_int_eq(f->sessions[0].until_minute, 1440);
}
END_TEST

static int group_by_id(const char *id)
{
    for (size_t i = 0; i < site->n_groups; i++)
        if (strcmp(site->groups[i].id, id) == 0)
            return (int)i;
    return -1;
}

START_TEST(groups_stand_behind_those_they_are_within_whatever_the_order_of_the_file)
{
    load(campus);
    ck_assert_uint_eq(site->n_groups, 3);
    for (size_t i = 0; i < site->n_groups; i++)
        ck_assert_int_lt(site->groups[i].within, (int)i);
    ck_assert_int_eq(site->groups[group_by_id("outlet")].within, group_by_id("station"));
    ck_assert_int_eq(site->groups[group_by_id("station")].within, group_by_id("garage"));
    ck_assert_double_eq(site->groups[group_by_id("station")].limit_w, 50e3);
    ck_assert_int_eq(site->chargers[0].group, group_by_id("outlet"));
    ck_assert_int_eq(site->flexibles[0].group, group_by_id("garage"));
}
END_TEST

START_TEST(chp_boiler_and_converters_join_the_carriers)
{
    load(campus);
    const struct site_generator *chp = &site->generators[0], *boiler = &site->generators[1];
    const struct site_converter *hp = &site->converters[0];
    ck_assert_double_eq(chp->fuel_wh, 20e6);
    ck_assert_double_eq(chp->start_cost, 12.5);
    ck_assert_int_eq(chp->min_run_s, 3600);
    ck_assert_int_eq(chp->start_time_s, 60);
    ck_assert_str_eq(site->buses[chp->heat_bus].id, "warm");
    ck_assert_double_eq(chp->heat_ratio, 1.2);
    ck_assert_int_eq(boiler->heat_bus, -1);
    ck_assert_int_eq(site->buses[boiler->bus].carrier, CARRIER_HEAT);
    ck_assert_str_eq(site->buses[hp->from].id, "main");
    ck_assert_str_eq(site->buses[hp->to].id, "warm");
    ck_assert_double_eq(hp->max_power_w, 100e3);
    ck_assert_double_eq(hp->min_power_w, 30e3);
    ck_assert_double_eq(hp->cop, 3.8);
    ck_assert_double_eq(hp->cop_per_degc, 0.06);
    ck_assert_double_eq(hp->ramp_w_per_s, 5e3);
}
END_TEST

START_TEST(plan_grid_and_area_have_the_new_options)
{
    load("area: {id: a, latitude: 1, longitude: 1, settlement: 15 min}\nbuses: {main: {}}\n"
         "plan: {scenarios: 7, shared: 30 min, co2_first: true}\ntariffs: {t: {import: [{price: 1}]}}\n"
         "grids: {pcc: {bus: main, import_limit: 1 MW, tariff: t, contract_power: 800 kW, ramp: 50 kW/s}}\n");
    ck_assert_int_eq(site->settlement_s, 900);
    ck_assert_int_eq(site->plan.scenarios, 7);
    ck_assert_int_eq(site->plan.shared_s, 1800);
    ck_assert(site->plan.co2_first);
    ck_assert_double_eq(site->grids[0].contract_power_w, 800e3);
    ck_assert_double_eq(site->grids[0].ramp_w_per_s, 50e3);
    tear_down();
    load(campus);
    ck_assert_int_eq(site->settlement_s, 1800);
    ck_assert_int_eq(site->plan.scenarios, 4);
    ck_assert_int_eq(site->plan.shared_s, 3600);
    ck_assert(!site->plan.co2_first);
    ck_assert_double_eq(site->grids[0].contract_power_w, 0);
}
END_TEST

START_TEST(devices_point_to_the_new_kinds)
{
    char text[8192];
    snprintf(
        text, sizeof(text), "%s%s", campus,
        "modbus: {m: {tcp: host}}\n"
        "devices: {d1: {link: m, profile: p, asset: tank}, d2: {link: m, profile: p, unit: 2, asset: pump},\n"
        "  d3: {link: m, profile: p, unit: 3, asset: chiller}, d4: {link: m, profile: p, unit: 4, asset: boiler}}\n");
    load(text);
    for (size_t i = 0; i < site->n_devices; i++) {
        static const char *const assets[] = {"tank", "pump", "chiller", "boiler"};
        ck_assert_str_eq(site->assets[site->devices[i].asset].id, assets[i]);
    }
    ck_assert(has_message(&d, SEVERITY_WARNING, -1, "chargers.cp: no device measures or drives it"));
    ck_assert(has_message(&d, SEVERITY_WARNING, -1, "stores.ice: no device measures or drives it"));
}
END_TEST

// ---- warnings -----------------------------------------------------------------------------------------------------

static void expect_warning(const char *text, int line, const char *part)
{
    load(text);
    if (d.count != 1 || !has_message(&d, SEVERITY_WARNING, line, part)) {
        diagnostics_print(&d, stderr);
        ck_abort_msg("expected one warning: %s", part);
    }
    tear_down();
}

START_TEST(a_bus_of_heat_that_nothing_supplies_earns_a_warning)
{
    expect_warning(AREA
                   "buses: {main: {}, warm: {carrier: heat}}\nloads: {h: {bus: warm, average: 1 kW, peak: 2 kW}}\n",
                   4, "buses.warm: no boiler, CHP or converter that is supplied itself reaches this bus");
    expect_warning(AREA "buses: {main: {}, dark: {}, warm: {carrier: heat}}\n"
                        "converters: {hp: {from: main, to: warm, max_power: 1 kW, cop: 3}}\n",
                   4, "buses.dark");
}
END_TEST

START_TEST(heat_reaches_over_chp_converter_and_tie)
{
    load(AREA
         "buses: {main: {}, h1: {carrier: heat}, h2: {carrier: heat}, h3: {carrier: heat}, c: {carrier: cooling}}\n"
         "generators: {chp: {bus: main, max_power: 1 kW, fuel_cost: 1, heat_bus: h1, heat_ratio: 1}}\n"
         "ties: {pipe: {from: h2, to: h1, limit: 1 kW}}\n"
         "converters: {hp: {from: main, to: h3, max_power: 1 kW, cop: 3}, ch: {from: main, to: c, max_power: 1 kW, "
         "cop: 3}}\n");
    ck_assert_uint_eq(d.count, 0);
}
END_TEST

START_TEST(a_contract_power_above_the_import_limit_earns_a_warning)
{
    expect_warning("area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\ntariffs: {t: {import: [{price: 1}]}}\n"
                   "grids: {g: {bus: b, import_limit: 1 MW, contract_power: 2 MW, tariff: t}}\n",
                   4, "grids.g.contract_power: \"2 MW\": above import_limit");
}
END_TEST

START_TEST(a_session_that_cannot_be_met_earns_a_warning)
{
    expect_warning(AREA "buses: {main: {}}\nchargers:\n  c:\n    {bus: main, max_charge: 11 kW,\n"
                        "     sessions: [{from: \"22:00\", until: \"02:00\", energy: 50 kWh}]}\n",
                   8, "22:00 to 02:00 suffices for 41.8 kWh only, with 11 kW of max_charge");
    expect_warning(AREA "buses: {main: {}}\ngroups: {stair: {limit: 5 kW}}\nflexible_loads:\n"
                        "  f: {bus: main, max_power: 10 kW, group: stair, sessions:\n"
                        "        [{from: \"00:00\", until: \"04:00\", energy: 30 kWh}]}\n",
                   8, "suffices for 20 kWh only, with 5 kW of stair");
}
END_TEST

START_TEST(a_group_without_members_earns_a_warning)
{
    expect_warning(AREA "buses: {main: {}}\ngroups: {idle: {limit: 5 kW}}\n", 5, "groups.idle");
}
END_TEST

START_TEST(stays_one_after_the_other_do_not_overlap)
{
    load(AREA "buses: {main: {}}\nchargers:\n  c: {bus: main, max_charge: 50 kW, sessions: [\n"
              "    {from: \"18:00\", until: \"06:00\", energy: 20 kWh, days: weekdays},\n"
              "    {from: \"06:00\", until: \"18:00\", energy: 20 kWh, days: weekdays},\n"
              "    {from: \"12:00\", until: \"06:00\", energy: 20 kWh, days: weekends}]}\n");
    ck_assert_uint_eq(d.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf assets");
    TCase *tests = tcase_create("conf assets");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, storages_have_their_curves);
    tcase_add_test(tests, stores_are_batteries_with_other_defaults);
    tcase_add_test(tests, a_charger_has_its_sessions);
    tcase_add_test(tests, a_plain_charger_and_a_flexible_load_need_few_lines);
    tcase_add_test(tests, groups_stand_behind_those_they_are_within_whatever_the_order_of_the_file);
    tcase_add_test(tests, chp_boiler_and_converters_join_the_carriers);
    tcase_add_test(tests, plan_grid_and_area_have_the_new_options);
    tcase_add_test(tests, devices_point_to_the_new_kinds);
    tcase_add_test(tests, a_bus_of_heat_that_nothing_supplies_earns_a_warning);
    tcase_add_test(tests, heat_reaches_over_chp_converter_and_tie);
    tcase_add_test(tests, a_contract_power_above_the_import_limit_earns_a_warning);
    tcase_add_test(tests, a_session_that_cannot_be_met_earns_a_warning);
    tcase_add_test(tests, a_group_without_members_earns_a_warning);
    tcase_add_test(tests, stays_one_after_the_other_do_not_overlap);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
