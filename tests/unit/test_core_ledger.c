// SPDX-License-Identifier: GPL-3.0-or-later
// The sharing ledger: what a tie carried, counted by interval.
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"
#include "world.h"

static const char TWO_BLOCKS[] =
    "area: {id: pair, timezone: Asia/Tokyo, latitude: 36 deg, longitude: 140 deg, currency: JPY}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {dear: {import: [{price: 30 /kWh}]}, cheap: {import: [{price: 20 /kWh}]}}\n"
    "buses: {offices: {}, mall: {}}\n"
    "grids:\n"
    "  g1: {bus: offices, import_limit: 1 MW, tariff: cheap}\n"
    "  g2: {bus: mall, import_limit: 1 MW, tariff: dear}\n"
    "ties: {bridge: {from: offices, to: mall, limit: 200 kW, loss: 4 %, transfer_price: 2 /kWh}}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices: {meter: {link: wire, unit: 1, profile: generic-tie, asset: bridge, poll: 1 s}}\n";

static struct site *site;
static struct engine *engine;
static struct instant now;
static struct ledger_entry closed[16];
static size_t n_closed;

static const struct engine_device DEVICE = {.kind = PROFILE_TIE};

static void drain(void)
{
    struct action a;
    while (engine_produce(engine, now, &a)) {
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
        if (a.kind == ACTION_LEDGER && n_closed < 16)
            closed[n_closed++] = a.ledger;
    }
}

static void setup(void)
{
    n_closed = 0;
    site = world_site(TWO_BLOCKS);
    now = (struct instant){.mono_ms = 1000000};
    ck_assert_int_eq(rfc3339_parse("2026-01-05T09:59:00Z", &now.utc_ms), 0);
    ck_assert_int_eq(engine_new(site, &DEVICE, now, &engine), 0);
}

static void teardown(void)
{
    engine_free(engine);
    site_free(site);
}

// Seconds in which the tie carries `power_w` into the mall.
static void carry(double power_w, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        struct reading r = {.quantity = QUANTITY_POWER_W, .value = power_w};
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        struct event e = {.kind = EVENT_READINGS, .at = now, .readings = {.readings = &r, .count = 1}};
        ck_assert_int_eq(engine_consume(engine, &e), 0);
        ck_assert_int_eq(engine_consume(engine, &(struct event){.kind = EVENT_TICK, .at = now}), 0);
        drain();
    }
}

START_TEST(what_left_one_block_and_reached_the_other_is_counted_by_interval)
{
    carry(96e3, 60 + 1800 + 1);
    ck_assert_uint_eq(n_closed, 2);
    const struct ledger_entry *e = &closed[1];
    ck_assert_int_eq(e->end_utc_ms - e->start_utc_ms, 1800000);
    ck_assert_int_eq(e->start_utc_ms % 1800000, 0);
    ck_assert_double_eq_tol(e->forward.got_wh, 48e3, 1);
    ck_assert_double_eq_tol(e->forward.given_wh, 50e3, 1);
    ck_assert_double_eq(e->backward.given_wh, 0);
    ck_assert_double_eq_tol(e->measured_s, 1800, 1e-6);
    ck_assert_double_eq_tol(e->forward.giver_price_per_kwh, 20, 1e-9);
    ck_assert_double_eq_tol(e->forward.getter_price_per_kwh, 30, 1e-9);
    ck_assert_double_eq(e->transfer_price_per_kwh, 2);
}
END_TEST

START_TEST(both_directions_of_an_interval_are_kept_apart)
{
    carry(0, 60);
    carry(-100e3, 900);
    carry(96e3, 901);
    const struct ledger_entry *e = &closed[n_closed - 1];
    ck_assert_double_eq_tol(e->backward.given_wh, 25e3, 30);
    ck_assert_double_eq_tol(e->backward.got_wh, 24e3, 30);
    ck_assert_double_eq_tol(e->forward.given_wh, 25e3, 30);
    ck_assert_double_eq_tol(e->forward.got_wh, 24e3, 30);
    ck_assert_double_eq_tol(e->backward.giver_price_per_kwh, 30, 1e-9); // the mall gives
}
END_TEST

START_TEST(time_without_a_reading_is_not_made_up)
{
    carry(96e3, 60 + 600);
    for (int i = 0; i < 600; i++) {
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        engine_consume(engine, &(struct event){.kind = EVENT_TICK, .at = now});
        drain();
    }
    carry(96e3, 601);
    const struct ledger_entry *e = &closed[n_closed - 1];
    ck_assert_double_lt(e->measured_s, 1210);
    ck_assert_double_gt(e->measured_s, 1190);
    ck_assert_double_eq_tol(e->forward.got_wh, 96e3 * e->measured_s / 3600, 1);
}
END_TEST

START_TEST(an_interval_goes_on_after_a_restart)
{
    struct saved item;
    carry(96e3, 60 + 900);
    ck_assert_int_eq(engine_saved(engine, SAVED_LEDGER, 0, &item), 0);
    ck_assert_str_eq(item.id, "bridge");
    engine_free(engine);
    ck_assert_int_eq(engine_new(site, &DEVICE, now, &engine), 0);
    ck_assert_int_eq(engine_restore(engine, &item, now), 0);
    saved_free(&item);
    carry(96e3, 901);
    ck_assert_double_eq_tol(closed[n_closed - 1].forward.got_wh, 48e3, 100);
    struct ledger_entry under_way;
    ck_assert(engine_ledger(engine, 0, &under_way));
    ck_assert_int_eq(under_way.start_utc_ms, closed[n_closed - 1].end_utc_ms);
}
END_TEST

START_TEST(an_interval_that_ended_while_nobody_ran_is_closed_at_the_first_tick)
{
    struct saved item;
    carry(96e3, 60 + 900);
    ck_assert_int_eq(engine_saved(engine, SAVED_LEDGER, 0, &item), 0);
    engine_free(engine);
    n_closed = 0;
    now.utc_ms += 7200000;
    ck_assert_int_eq(engine_new(site, &DEVICE, now, &engine), 0);
    ck_assert_int_eq(engine_restore(engine, &item, now), 0);
    saved_free(&item);
    carry(96e3, 1);
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_double_eq_tol(closed[0].forward.got_wh, 24e3, 100);
    ck_assert_double_eq_tol(closed[0].measured_s, 900, 1e-6);
}
END_TEST

START_TEST(what_this_program_cannot_have_written_is_not_taken_over)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"start_ms\":1767607200000,\"forward\":[1,2,3],\"backward\":[0,0,0,0],\"measured_s\":1}",
        "{\"start_ms\":1767607200000,\"forward\":[-1,2,3,4],\"backward\":[0,0,0,0],\"measured_s\":1}",
        "{\"start_ms\":1767607200001,\"forward\":[1,2,3,4],\"backward\":[0,0,0,0],\"measured_s\":1}",
        "{\"start_ms\":1767607200000,\"forward\":[1,2,3,4],\"backward\":[0,0,0,0],\"measured_s\":-1}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct saved item = {.kind = SAVED_LEDGER, .id = "bridge", .json = (char *)texts[i]};
        ck_assert_int_lt(engine_restore(engine, &item, now), 0);
    }
    struct ledger_entry e;
    ck_assert(!engine_ledger(engine, 0, &e));
}
END_TEST

START_TEST(the_message_names_giver_getter_and_what_is_owed)
{
    carry(96e3, 60 + 1800 + 1);
    char *text = NULL;
    ck_assert_int_eq(message_ledger(site, &closed[1], now, &text), 0);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *flows = json_object_get(json, "flows"), *flow = json_array_get(flows, 0);
    ck_assert_uint_eq(json_array_size(flows), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json, "start")), "2026-01-05T10:00:00Z");
    ck_assert_str_eq(json_string_value(json_object_get(flow, "giver")), "offices");
    ck_assert_str_eq(json_string_value(json_object_get(flow, "getter")), "mall");
    ck_assert_double_eq_tol(json_number_value(json_object_get(flow, "amount")), 96, 0.01);
    json_decref(json);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core ledger");
    TCase *t = tcase_create("ledger");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_left_one_block_and_reached_the_other_is_counted_by_interval);
    tcase_add_test(t, both_directions_of_an_interval_are_kept_apart);
    tcase_add_test(t, time_without_a_reading_is_not_made_up);
    tcase_add_test(t, an_interval_goes_on_after_a_restart);
    tcase_add_test(t, an_interval_that_ended_while_nobody_ran_is_closed_at_the_first_tick);
    tcase_add_test(t, what_this_program_cannot_have_written_is_not_taken_over);
    tcase_add_test(t, the_message_names_giver_getter_and_what_is_owed);
    suite_add_tcase(s, t);
    return run_suite(s);
}
