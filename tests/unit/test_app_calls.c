// SPDX-License-Identifier: GPL-3.0-or-later
// What the control socket answers.
#include <check.h>
#include <jansson.h>

#include "calls_asked.h"
#include "daemon/app/ledger_book.h"
#include "daemon/app/report_book.h"
#include "tests/unit/run_suite.h"

START_TEST(requests_that_make_no_sense_are_answered_with_an_error)
{
    static const char *const lines[] = {
        "", "x", "[]", "null", "\"status\"", "{\"call\":\"status\"} x", "{\"call\":\"status\",\"call\":\"plan\"}"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        expect_error(lines[i], "expected one JSON object");
    expect_error("{}", "no such call");
    expect_error("{\"call\":7}", "no such call");
    expect_error("{\"call\":\"explode\"}", "no such call");
}
END_TEST

START_TEST(the_status_holds_the_engines_view_the_daemon_and_all_alarms)
{
    alarm_board_set(world.driver.alarms, "mqtt", ALARM_WARNING, "away", driver_now(&world.driver));
    json_t *reply = ask("{\"call\":\"status\"}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    const json_t *status = json_object_get(reply, "status");
    ck_assert_uint_eq(json_array_size(json_object_get(status, "assets")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(status, "mode")), "starting");
    const json_t *battery = json_array_get(json_object_get(status, "assets"), 1);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(battery, "devices"), 0)), "d1");
    const json_t *alarms = json_object_get(status, "alarms");
    ck_assert_uint_eq(json_array_size(alarms), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(alarms, 0), "id")), "mqtt");
    const json_t *daemon = json_object_get(status, "daemon");
    ck_assert_str_eq(json_string_value(json_object_get(daemon, "mqtt")), "disabled");
    json_decref(reply);
}
END_TEST

START_TEST(without_a_plan_the_call_for_it_says_so)
{
    expect_error("{\"call\":\"plan\"}", "no plan yet");
}
END_TEST

START_TEST(a_setpoint_needs_an_asset_a_power_and_an_end)
{
    expect_error("{\"call\":\"setpoint\"}", "no such asset");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b2\",\"power_w\":1,\"valid_for_s\":9}", "b2: no such asset");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"valid_for_s\":9}", "power_w");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":\"1\",\"valid_for_s\":9}", "power_w");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":1e300,\"valid_for_s\":9}", "power_w");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":1}", "valid_for_s");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":1,\"valid_for_s\":0}", "valid_for_s");
    expect_error("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":1,\"valid_for_s\":1e9}", "valid_for_s");
    ck_assert_uint_eq(world.commands.accepted, 0);
}
END_TEST

START_TEST(weather_is_told_whole_or_refused)
{
    json_t *reply = ask("{\"call\":\"weather\",\"points\":[{\"from\":\"2026-01-01T01:00:00Z\",\"temp_degc\":-3}]}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    json_decref(reply);
    expect_error("{\"call\":\"weather\"}", "points: expected 1 to");
    expect_error("{\"call\":\"weather\",\"points\":[{\"from\":\"2026-01-01T01:00:00Z\",\"temp_degc\":-300}]}",
                 "points[0]: temp_degc");
    expect_error("{\"call\":\"weather\",\"points\":[{\"from\":\"2020-01-01T01:00:00Z\",\"temp_degc\":3}]}",
                 "the weather is all of the past");
    ck_assert_uint_eq(world.commands.accepted, 1);
}
END_TEST

START_TEST(only_loads_and_plants_have_a_forecast)
{
    expect_error("{\"call\":\"forecast\",\"asset\":\"b1\"}", "only loads and PV plants");
    expect_error("{\"call\":\"forecast\",\"asset\":\"b2\"}", "b2: no such asset");
    json_t *reply = ask("{\"call\":\"forecast\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "forecasts")), 0);
    ck_assert_ptr_nonnull(json_object_get(reply, "timezone"));
    json_decref(reply);
}
END_TEST

START_TEST(what_the_engine_refuses_is_refused_with_its_reason_and_counted)
{
    expect_error("{\"call\":\"setpoint\",\"asset\":\"pcc\",\"power_w\":1000,\"valid_for_s\":60}", "");
    ck_assert_uint_eq(world.commands.refused, 1);
    ck_assert_uint_eq(world.commands.accepted, 0);
}
END_TEST

START_TEST(a_good_command_is_carried_to_the_engine)
{
    json_t *reply = ask("{\"call\":\"setpoint\",\"asset\":\"b1\",\"power_w\":-5000,\"valid_for_s\":60}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    json_decref(reply);
    reply = ask("{\"call\":\"automatic\",\"asset\":\"b1\"}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    json_decref(reply);
    ck_assert_uint_eq(world.commands.accepted, 2);
}
END_TEST

// Makes a command for b1 that is good at the present moment.
static void send_good_command(double power_w)
{
    char payload[160], now[RFC3339_SIZE], later[RFC3339_SIZE];
    struct instant at = driver_now(&world.driver);
    rfc3339_format(at.utc_ms, now);
    rfc3339_format(at.utc_ms + 600000, later);
    snprintf(payload, sizeof(payload), "{\"t\":\"%s\",\"power_w\":%.0f,\"valid_until\":\"%s\"}", now, power_w, later);
    commands_mqtt(&world.commands,
                  &(struct mqtt_message){.topic = "command/b1", .payload = payload, .length = strlen(payload)});
}

START_TEST(a_flood_of_rubbish_does_not_drown_a_good_command)
{
    static const char *const topics[] = {"command/b1", "command/nobody", "command/", "command/b1/x"};
    for (int i = 0; i < 10000; i++)
        commands_mqtt(&world.commands, &(struct mqtt_message){.topic = topics[i % 4], .payload = "{", .length = 1});
    for (int i = 0; i < 100; i++) // well-formed, but beyond what the battery can do
        send_good_command(1e9);
    send_good_command(5000);
    ck_assert_uint_eq(world.commands.accepted, 1);
    ck_assert_uint_eq(world.commands.refused, 10100);
}
END_TEST

START_TEST(a_flood_of_good_commands_is_held_to_its_rate)
{
    uint64_t begin_ms = clock_mono_ms();
    for (int i = 0; i < 1000; i++)
        send_good_command(i);
    uint64_t earned = (clock_mono_ms() - begin_ms) * COMMANDS_PER_SECOND / 1000;
    ck_assert_uint_ge(world.commands.accepted, COMMANDS_BURST);
    ck_assert_uint_le(world.commands.accepted, COMMANDS_BURST + earned + 1);
    world.commands.tokens_mono_ms -= 100; // time for one more has passed
    uint64_t accepted = world.commands.accepted;
    send_good_command(5000);
    ck_assert_uint_eq(world.commands.accepted, accepted + 1);
}
END_TEST

static void book(const char *start, const char *tie, double amount)
{
    char json[300];
    int64_t utc_ms;
    ck_assert_int_eq(rfc3339_parse(start, &utc_ms), 0);
    snprintf(json, sizeof(json),
             "{\"start\":\"%s\",\"end\":\"later\",\"tie\":\"%s\",\"flows\":[{\"giver\":\"a\",\"getter\":\"b\","
             "\"given_wh\":1000,\"got_wh\":900,\"amount\":%g}]}",
             start, tie, amount);
    ledger_book_add(world.driver.store, utc_ms, tie, json);
}

START_TEST(the_ledger_of_a_month_holds_each_interval_once_and_forgets_old_days)
{
    book("2026-01-31T23:30:00Z", "t1", 1);
    book("2026-02-01T00:00:00Z", "t1", 2);
    book("2026-02-01T00:00:00Z", "t2", 3);
    book("2026-02-01T00:00:00Z", "t1", 4); // again, after a crash
    json_t *reply = ask("{\"call\":\"ledger\",\"month\":\"2026-02\"}");
    const json_t *intervals = json_object_get(reply, "intervals");
    ck_assert_str_eq(json_string_value(json_object_get(reply, "month")), "2026-02");
    ck_assert_uint_eq(json_array_size(intervals), 2);
    double amount = 0;
    for (size_t i = 0; i < 2; i++) {
        const json_t *flows = json_object_get(json_array_get(intervals, i), "flows");
        amount += json_number_value(json_object_get(json_array_get(flows, 0), "amount"));
    }
    ck_assert_double_eq(amount, 7);
    json_decref(reply);
    book("2026-06-01T00:00:00Z", "t1", 5); // more than a hundred days on
    reply = ask("{\"call\":\"ledger\",\"month\":\"2026-02\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "intervals")), 0);
    json_decref(reply);
    expect_error("{\"call\":\"ledger\",\"month\":\"February\"}", "month: expected");
    expect_error("{\"call\":\"ledger\",\"month\":2}", "month: expected");
    expect_error("{\"call\":\"ledger\",\"month\":\"2026-13\"}", "month: expected");
}
END_TEST

START_TEST(alarms_of_the_daemon_are_raised_once_and_end)
{
    struct instant now = driver_now(&world.driver);
    alarm_board_set(world.driver.alarms, "store", ALARM_CRITICAL, "disk", now);
    alarm_board_set(world.driver.alarms, "store", ALARM_CRITICAL, "disk", now);
    ck_assert_uint_eq(alarm_board_count(world.driver.alarms), 1);
    struct alarm engine_alarm = {.id = "planner", .active = true};
    alarm_board_take(world.driver.alarms, &engine_alarm, now);
    ck_assert_uint_eq(alarm_board_count(world.driver.alarms), 2);
    alarm_board_clear_engine(world.driver.alarms, now);
    ck_assert_uint_eq(alarm_board_count(world.driver.alarms), 1);
    alarm_board_clear(world.driver.alarms, "store", now);
    ck_assert_uint_eq(alarm_board_count(world.driver.alarms), 0);
}
END_TEST

static void settle(const char *event, const char *from, double delivered_wh)
{
    struct settled_slot slot = {.baseline_w = 1000, .measured_w = 600, .requested_w = 500, .delivered_w = 400};
    struct settled_party area = {.id = "test", .has_baseline = true, .slots = &slot, .n_slots = 1};
    struct settlement s = {.parties = &area, .n_parties = 1};
    ck_assert_int_eq(rfc3339_parse(from, &s.from_utc_ms), 0);
    snprintf(s.event, sizeof(s.event), "%s", event);
    s.until_utc_ms = s.from_utc_ms + 900000;
    slot.from_utc_ms = s.from_utc_ms;
    slot.until_utc_ms = s.until_utc_ms;
    area.delivered_wh = delivered_wh;
    ck_assert_int_eq(report_book_add(world.driver.store, &s), 0);
}

static size_t reports_of(const char *line, json_t **ret_reply)
{
    *ret_reply = ask(line);
    return json_array_size(json_object_get(*ret_reply, "reports"));
}

START_TEST(the_report_of_a_month_holds_each_event_once_in_order_and_forgets_old_ones)
{
    json_t *reply;
    settle("late", "2026-02-20T10:00:00Z", 1);
    settle("early", "2026-02-01T10:00:00Z", 2);
    settle("early", "2026-02-01T10:00:00Z", 3); // again, after a crash
    settle("early", "2026-02-02T10:00:00Z", 4); // under its name, and another one
    settle("other", "2026-03-01T00:00:00Z", 5);
    ck_assert_uint_eq(reports_of("{\"call\":\"report\",\"month\":\"2026-02\"}", &reply), 3);
    const json_t *reports = json_object_get(reply, "reports");
    const json_t *first = json_array_get(json_object_get(json_array_get(reports, 0), "parties"), 0);
    ck_assert_double_eq(json_number_value(json_object_get(first, "delivered_wh")), 3);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(reports, 2), "event")), "late");
    ck_assert_str_eq(json_string_value(json_object_get(reply, "timezone")), "UTC");
    json_decref(reply);
    ck_assert_uint_eq(reports_of("{\"call\":\"report\",\"month\":\"2026-04\"}", &reply), 0);
    json_decref(reply);
    settle("new", "2027-03-30T00:00:00Z", 6); // four hundred days on
    ck_assert_uint_eq(reports_of("{\"call\":\"report\",\"month\":\"2026-02\"}", &reply), 0);
    json_decref(reply);
    ck_assert_uint_eq(reports_of("{\"call\":\"report\",\"month\":\"2026-03\"}", &reply), 1);
    json_decref(reply);
    expect_error("{\"call\":\"report\",\"month\":\"x\"}", "month: expected");
}
END_TEST

static void count_item(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    (void)json;
    ck_assert_ptr_null(strstr(id, "2025-10"));
    ++*(int *)user;
}

START_TEST(days_of_meters_that_nobody_asks_for_any_more_are_forgotten)
{
    int n = 0;
    store_put(world.driver.store, "meter", "area.2025-10-27", "{}", false);
    store_put(world.driver.store, "meter", "area.2025-12-01", "{}", false);
    store_put(world.driver.store, "meter", "building/x.2026-01-01", "{}", false);
    report_book_clean_meters(world.driver.store, 1767225600000); // 1 January 2026
    ck_assert_int_eq(store_each(world.driver.store, "meter", count_item, &n), 0);
    ck_assert_int_eq(n, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("app calls");
    TCase *t = tcase_create("calls");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, requests_that_make_no_sense_are_answered_with_an_error);
    tcase_add_test(t, the_status_holds_the_engines_view_the_daemon_and_all_alarms);
    tcase_add_test(t, the_ledger_of_a_month_holds_each_interval_once_and_forgets_old_days);
    tcase_add_test(t, the_report_of_a_month_holds_each_event_once_in_order_and_forgets_old_ones);
    tcase_add_test(t, days_of_meters_that_nobody_asks_for_any_more_are_forgotten);
    tcase_add_test(t, without_a_plan_the_call_for_it_says_so);
    tcase_add_test(t, a_setpoint_needs_an_asset_a_power_and_an_end);
    tcase_add_test(t, weather_is_told_whole_or_refused);
    tcase_add_test(t, only_loads_and_plants_have_a_forecast);
    tcase_add_test(t, what_the_engine_refuses_is_refused_with_its_reason_and_counted);
    tcase_add_test(t, a_good_command_is_carried_to_the_engine);
    tcase_add_test(t, a_flood_of_rubbish_does_not_drown_a_good_command);
    tcase_add_test(t, a_flood_of_good_commands_is_held_to_its_rate);
    tcase_add_test(t, alarms_of_the_daemon_are_raised_once_and_end);
    suite_add_tcase(s, t);
    return run_suite(s);
}
