// SPDX-License-Identifier: GPL-3.0-or-later
// Demand response and buildings: configuration -> site; defaults; warnings. What is refused stands in broken/.
#include "base/error.h"
#include "base/instant.h"
#include "conf/conf.h"
#include "conf_files.h"
#include "dr/event.h"
#include "plan/problem.h"
#include "tests/unit/run_suite.h"

static struct diagnostics d;
static struct site *site;

static void tear_down(void)
{
    site_free(site);
    site = NULL;
    diagnostics_free(&d);
}

static const char base[] = "area: {id: a, latitude: 50 deg, longitude: 8 deg}\n"
                           "buses: {main: {}}\n"
                           "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
                           "grids: {g: {bus: main, import_limit: 500 kW, tariff: t}}\n"
                           "loads:\n"
                           "  offices: {bus: main, shape: office, average: 50 kW, peak: 90 kW}\n"
                           "  canteen: {bus: main, shape: office, average: 5 kW, peak: 10 kW}\n"
                           "  shops: {bus: main, shape: mall, average: 50 kW, peak: 90 kW}\n";

#define KEY       "LtRnhDGJzFM8_amA6K2tptL5kdvB3HbAhn52Zit7lUo"
#define OTHER_KEY "LtRnhDGJzFM8_amA6K2tptL5kdvB3HbAhn52Zit7lUs"

static void load(const char *more)
{
    char text[4096];
    snprintf(text, sizeof(text), "%s%s", base, more);
    if (conf_load_text("aems.yaml", text, strlen(text), &d, &site) < 0) {
        diagnostics_print(&d, stderr);
        ck_abort_msg("refused");
    }
}

static void load_quietly(const char *more)
{
    load(more);
    diagnostics_print(&d, stderr);
    ck_assert_uint_eq(d.count, 0);
}

static void expect_warning(const char *more, const char *part)
{
    load(more);
    ck_assert_uint_eq(d.errors, 0);
    for (size_t i = 0; i < d.count; i++)
        if (strstr(d.items[i].text, part) != NULL)
            return;
    diagnostics_print(&d, stderr);
    ck_abort_msg("not said: %s", part);
}

START_TEST(demand_response_is_off_and_strict_unless_somebody_says_otherwise)
{
    load_quietly("");
    const struct site_dr *dr = &site->dr;
    ck_assert(!dr->enabled && dr->is_signed && dr->needs_clock && dr->average);
    ck_assert_int_eq(dr->slot_s, 1800);
    ck_assert_double_eq_tol(dr->levels[0], 0.9, 1e-9);
    ck_assert_double_eq_tol(dr->levels[1], 0.75, 1e-9);
    ck_assert_double_eq_tol(dr->levels[2], 0.5, 1e-9);
    ck_assert_double_eq_tol(dr->emergency_frac, 0.5, 1e-9);
    ck_assert_double_eq_tol(dr->deliver_frac, 0.8, 1e-9);
    ck_assert_double_eq(dr->floor_w, 0);
    ck_assert_double_eq(dr->default_import_limit_w, PLAN_NO_LIMIT_W);
    ck_assert_int_eq(dr->lost_after_s, 900);
    ck_assert_int_eq(dr->baseline, BASELINE_HIGH_4_OF_5);
    ck_assert_str_eq(dr->program, "a");
    ck_assert(!dr->failsafe.enabled);
    ck_assert_int_eq(dr->failsafe.heartbeat_s, 120);
    ck_assert_int_eq(dr->failsafe.duration_s, 7200);
    ck_assert_double_eq(dr->failsafe.import_limit_w, PLAN_NO_LIMIT_W);
    ck_assert_double_eq(dr->failsafe.export_limit_w, PLAN_NO_LIMIT_W);
}
END_TEST

START_TEST(everything_that_is_said_arrives)
{
    load_quietly("demand_response:\n"
                 "  enabled: true\n"
                 "  clock: false\n"
                 "  senders:\n"
                 "    utility: {keys: {old: {public_key: " KEY ", until: 2026-12-31, revoked: true},\n"
                 "      new: {public_key: " OTHER_KEY ", from: 2026-12-01, until: 2027-12-31T12:00:00+09:00}}}\n"
                 "  topics: [utility/events]\n"
                 "  targets: [feeder-12, north]\n"
                 "  program: winter\n"
                 "  keep: instant\n"
                 "  slot: 15 min\n"
                 "  floor: 4.2 kW\n"
                 "  level_1: 80 %\n"
                 "  level_2: 60 %\n"
                 "  level_3: 10 %\n"
                 "  emergency: 0 %\n"
                 "  default_import_limit: 0 W\n"
                 "  lost_after: 5 min\n"
                 "  failsafe: {enabled: true, heartbeat: 60 s, duration: 4 h, import_limit: 50 kW,\n"
                 "    export_limit: none}\n"
                 "  incentive: 5 /kWh\n"
                 "  penalty: 2 /kWh\n"
                 "  baseline: meter-before\n"
                 "  deliver: 90 %\n");
    const struct site_dr *dr = &site->dr;
    ck_assert(dr->enabled && dr->is_signed && !dr->needs_clock && !dr->average);
    ck_assert_str_eq(dr->topics[0], "utility/events");
    ck_assert_uint_eq(dr->n_targets, 2);
    ck_assert_str_eq(dr->targets[1], "north");
    ck_assert_str_eq(dr->program, "winter");
    ck_assert_double_eq(dr->floor_w, 4200);
    ck_assert_double_eq_tol(dr->levels[2], 0.1, 1e-9);
    ck_assert_double_eq(dr->default_import_limit_w, 0);
    ck_assert_double_eq(dr->failsafe.import_limit_w, 50e3);
    ck_assert_double_eq(dr->failsafe.export_limit_w, PLAN_NO_LIMIT_W);
    ck_assert_int_eq(dr->failsafe.duration_s, 4 * 3600);
    ck_assert_double_eq(dr->incentive_per_kwh, 5);
    ck_assert_int_eq(dr->baseline, BASELINE_METER_BEFORE);
}
END_TEST

static int64_t utc_ms(const char *text)
{
    int64_t t = 0;
    ck_assert_int_eq(rfc3339_parse(text, &t), 0);
    return t;
}

START_TEST(a_key_holds_from_the_beginning_of_a_day_to_the_end_of_one)
{
    load_quietly("demand_response:\n"
                 "  senders: {utility: {keys: {\n"
                 "    k1: {public_key: " KEY ", from: 2028-02-29, until: 2028-12-31},\n"
                 "    k2: {public_key: " OTHER_KEY "}}}}\n");
    const struct site_dr_key *keys = site->dr.senders[0].keys;
    ck_assert_str_eq(keys[0].public_key, KEY);
    ck_assert_int_eq(keys[0].from_utc_ms, utc_ms("2028-02-29T00:00:00Z"));
    ck_assert_int_eq(keys[0].until_utc_ms, utc_ms("2029-01-01T00:00:00Z"));
    ck_assert_int_eq(keys[1].from_utc_ms, 0);
    ck_assert_int_eq(keys[1].until_utc_ms, DR_FOREVER_MS);
    ck_assert(!keys[1].revoked);
}
END_TEST

START_TEST(a_building_knows_its_loads_and_what_it_offers)
{
    load_quietly("buildings:\n"
                 "  mall: {loads: [shops]}\n"
                 "  tower:\n"
                 "    name: Tower\n"
                 "    loads: [canteen, offices]\n"
                 "    offers:\n"
                 "      - {power: 20 kW, price: 3 /kWh, max_duration: 90 min, tier: ordinary}\n"
                 "      - {power: 5 kW}\n"
                 "    incentive_type: rebate\n"
                 "    incentive: 4 /kWh\n"
                 "    penalty: 1 /kWh\n"
                 "    baseline: 10-of-10\n");
    const struct site_building *b = &site->buildings[1];
    ck_assert_str_eq(site->buildings[0].name, "mall");
    ck_assert_str_eq(b->name, "Tower");
    ck_assert_uint_eq(b->n_loads, 2);
    ck_assert_str_eq(site->loads[b->loads[0]].id, "canteen");
    ck_assert_str_eq(site->loads[b->loads[1]].id, "offices");
    ck_assert_int_eq(site_building_of(site, b->loads[1]), 1);
    ck_assert_double_eq(b->offers[0].power_w, 20e3);
    ck_assert_double_eq(b->offers[0].price_per_kwh, 3);
    ck_assert_int_eq(b->offers[0].max_duration_s, 5400);
    ck_assert_int_eq(b->offers[0].tier, TIER_ORDINARY);
    ck_assert_int_eq(b->offers[1].max_duration_s, 4 * 3600);
    ck_assert_int_eq(b->offers[1].tier, TIER_DEFERRABLE);
    ck_assert_int_eq(b->incentive, INCENTIVE_REBATE);
    ck_assert_int_eq(b->baseline, BASELINE_10_OF_10);
}
END_TEST

static const struct {
    const char *more, *said;
} warnings[] = {
    {"buildings: {tower: {loads: [canteen], offers: [{power: 8 kW}, {power: 3 kW}]}}\n",
     "buildings.tower.offers: offers 11 kW in all, but its loads draw 10 kW at most"},
    {"mqtt: {enabled: false}\ndemand_response: {enabled: true, signed: false}\n",
     "without mqtt.enabled only events entered with aemsctl arrive"},
    {"demand_response: {enabled: true, signed: false, failsafe: {enabled: true}}\n",
     "without import_limit or export_limit nothing changes when the heartbeat is lost"},
    {"demand_response: {failsafe: {enabled: true, import_limit: 5 kW}}\n",
     "no heartbeat is expected while demand_response.enabled is false"},
    {"demand_response: {enabled: true, senders: {utility: {keys: {k: {public_key: " KEY ", revoked: true}}}}}\n",
     "every key is revoked: no event is accepted"},
    {"demand_response: {enabled: true, signed: false, senders: {utility: {}}}\n",
     "no event of it is accepted without a key"},
    {"mqtt: {host: broker.example}\ndemand_response: {enabled: true, signed: false}\n",
     "events cross the network neither signed nor encrypted"},
};

START_TEST(what_is_allowed_but_hardly_meant_is_said)
{
    expect_warning(warnings[_i].more, warnings[_i].said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf response");
    TCase *tests = tcase_create("conf response");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, demand_response_is_off_and_strict_unless_somebody_says_otherwise);
    tcase_add_test(tests, everything_that_is_said_arrives);
    tcase_add_test(tests, a_key_holds_from_the_beginning_of_a_day_to_the_end_of_one);
    tcase_add_test(tests, a_building_knows_its_loads_and_what_it_offers);
    tcase_add_loop_test(tests, what_is_allowed_but_hardly_meant_is_said, 0, sizeof(warnings) / sizeof(*warnings));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
