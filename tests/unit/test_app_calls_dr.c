// SPDX-License-Identifier: GPL-3.0-or-later
// What the control socket answers about demand response.
#include <check.h>
#include <jansson.h>

#include "calls_asked.h"
#include "tests/unit/run_suite.h"

static void tell_event(const char *id, int grid, struct dr_signal *signals, size_t count)
{
    struct dr_event event = {.grid = grid, .priority = DR_PRIORITY_NULL, .signals = signals, .n_signals = count};
    struct dr_event *copy = NULL;
    struct instant now = driver_now(&world.driver);
    snprintf(event.id, sizeof(event.id), "%s", id);
    snprintf(event.sender, sizeof(event.sender), "utility");
    event.received_utc_ms = event.modified_utc_ms = event.from_utc_ms = now.utc_ms;
    event.until_utc_ms = now.utc_ms + 3600000;
    ck_assert_int_eq(dr_event_copy(&event, &copy), 0);
    ck_assert_int_eq(engine_dr_judge(world.driver.engine, copy, now), 0);
    struct event e = {.kind = EVENT_DR, .at = now};
    e.dr.operation = DR_PUT;
    e.dr.event = copy;
    ck_assert_int_eq(engine_consume(world.driver.engine, &e), 0);
}

START_TEST(the_list_of_events_says_what_each_asks_for_and_when)
{
    struct dr_signal limits[] = {{DR_IMPORT_LIMIT, false, 0, 1800000, 5e5},
                                 {DR_CHARGE_STATE, true, 0, 3600000, 4e4},
                                 {DR_IMPORT_LIMIT, false, 1800000, 3600000, 4e5}};
    struct dr_signal price = {DR_PRICE, false, 0, 3600000, 0.5};
    tell_event("e1", 0, limits, 3);
    tell_event("e2", -1, &price, 1);
    json_t *reply = ask("{\"call\":\"dr_list\"}");
    ck_assert(json_is_true(json_object_get(reply, "ok")) && json_is_true(json_object_get(reply, "enabled")));
    ck_assert_str_eq(json_string_value(json_object_get(reply, "timezone")), engine_site(world.driver.engine)->timezone);
    const json_t *events = json_object_get(reply, "events");
    ck_assert_uint_eq(json_array_size(events), 2);
    const json_t *first = json_array_get(events, 0), *second = json_array_get(events, 1);
    ck_assert_str_eq(json_string_value(json_object_get(first, "id")), "e1");
    ck_assert_str_eq(json_string_value(json_object_get(first, "target")), "pcc");
    ck_assert_str_eq(json_string_value(json_object_get(first, "sender")), "utility");
    ck_assert(json_is_null(json_object_get(first, "priority")));
    ck_assert_uint_eq(json_array_size(json_object_get(first, "signals")), 3);
    const json_t *now = json_object_get(first, "now");
    ck_assert_uint_eq(json_array_size(now), 2); // the second limit comes later
    ck_assert_double_eq(json_number_value(json_object_get(json_array_get(now, 0), "value")), 5e5);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(now, 1), "unit")), "Wh");
    ck_assert_str_eq(json_string_value(json_object_get(second, "target")), "test");
    const json_t *told = json_array_get(json_object_get(second, "signals"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(told, "unit")), "EUR/kWh");
    json_decref(reply);
}
END_TEST

START_TEST(events_by_hand_need_a_payload_an_id_and_a_desk)
{
    expect_error("{\"call\":\"dr_send\"}", "payload: expected the event as a text");
    expect_error("{\"call\":\"dr_send\",\"payload\":{}}", "payload: expected the event as a text");
    expect_error("{\"call\":\"dr_cancel\"}", "id: expected that of an event");
    expect_error("{\"call\":\"dr_cancel\",\"id\":7}", "id: expected that of an event");
    expect_error("{\"call\":\"dr_send\",\"payload\":\"{}\"}", "demand response is not listened to");
    expect_error("{\"call\":\"dr_cancel\",\"id\":\"e1\"}", "demand response is not listened to");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("app calls dr");
    TCase *t = tcase_create("calls dr");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_list_of_events_says_what_each_asks_for_and_when);
    tcase_add_test(t, events_by_hand_need_a_payload_an_id_and_a_desk);
    suite_add_tcase(s, t);
    return run_suite(s);
}
