// SPDX-License-Identifier: GPL-3.0-or-later
// When events are, for whom, and what notifications say of them.
#include <stdlib.h>

#include "openadr_world.h"
#include "tests/unit/run_suite.h"

// ---- times ----------------------------------------------------------------------------------------------------------

START_TEST(a_start_on_the_first_day_of_all_is_now)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"0001-01-01\",\"duration\":\"PT15M\"}," ONE("SIMPLE", "2")));
    ck_assert_int_eq(m.event->from_utc_ms, at(noon));
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T12:15:00Z"));
}
END_TEST

START_TEST(a_duration_of_the_event_lets_its_intervals_come_again)
{
    taken_at(noon, event("\"duration\":\"P1D\",\"intervalPeriod\":{\"start\":\"2026-01-14T00:00:00Z\",\"duration\":"
                         "\"PT30M\"},\"intervals\":[{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]},"
                         "{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[0]}]}]"));
    ck_assert_int_eq(m.event->turn_ms, HOUR_MS);
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-15T00:00:00Z"));
    signal_is(1, DR_SIMPLE, 30 * MINUTE_MS, HOUR_MS, 0);
    taken_at(noon, event("\"duration\":\"P9999Y\"," AT_ONE "," ONE("SIMPLE", "1,2")));
    ck_assert_int_eq(m.event->turn_ms, HOUR_MS);
    ck_assert_int_eq(m.event->until_utc_ms, DR_FOREVER_MS);
}
END_TEST

START_TEST(a_shorter_duration_of_the_event_cuts_its_intervals_off)
{
    taken_at(noon, event("\"duration\":\"PT90M\"," AT_ONE
                         ",\"intervals\":[{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]},"
                         "{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[2]}]},"
                         "{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[3]}]}]"));
    ck_assert_int_eq(m.event->turn_ms, 0);
    ck_assert_uint_eq(m.event->n_signals, 2);
    signal_is(1, DR_SIMPLE, HOUR_MS, 90 * MINUTE_MS, 2);
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T14:30:00Z"));
    taken_at(noon, event("\"duration\":\"PT1H\"," AT_ONE "," ONE("SIMPLE", "1"))); // just as long
    ck_assert_int_eq(m.event->turn_ms, 0);
    taken_at(noon, event("\"duration\":\"PT0S\"," AT_ONE "," ONE("SIMPLE", "1"))); // what is taken for none
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T14:00:00Z"));
    refused_at(noon, event("\"duration\":\"-PT1H\"," AT_ONE "," ONE("SIMPLE", "1")), AEMS_E_RANGE,
               "duration: expected more than no time, found \"-PT1H\"");
}
END_TEST

static void starts_with(double random, const char *now, const char *start)
{
    dice = random;
    taken_at(now, event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT1H\","
                        "\"randomizeStart\":\"PT20M\"}," ONE("SIMPLE", "1,2")));
    ck_assert_int_eq(m.event->from_utc_ms, at(start));
    ck_assert_int_eq(m.event->until_utc_ms, at(start) + HOUR_MS);
    signal_is(1, DR_SIMPLE, HOUR_MS / 2, HOUR_MS, 2);
}

START_TEST(a_random_start_lies_on_either_side_but_not_before_now)
{
    starts_with(0, noon, "2026-01-14T12:40:00Z");
    starts_with(0.5, noon, "2026-01-14T13:00:00Z");
    starts_with(0.75, noon, "2026-01-14T13:10:00Z");
    starts_with(0, "2026-01-14T12:50:00Z", "2026-01-14T12:50:00Z");
    starts_with(0, "2026-01-14T13:30:00Z", "2026-01-14T13:00:00Z"); // it has begun
    dice = 0.25;
    taken_at(noon,
             event("\"intervals\":[{\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"P9999Y\","
                   "\"randomizeStart\":\"-PT20M\"},\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]}]"));
    ck_assert_int_eq(m.event->from_utc_ms, at("2026-01-14T12:50:00Z"));
    ck_assert_int_eq(m.event->until_utc_ms, DR_FOREVER_MS);
    refused_at(noon,
               event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT1H\",\"randomizeStart\":"
                     "\"P2D\"}," ONE("SIMPLE", "1")),
               AEMS_E_RANGE, "intervalPeriod.randomizeStart: expected at most PT24H, found \"P2D\"");
}
END_TEST

static void period_refused(const char *period, int code, const char *sentence)
{
    char members[512];
    snprintf(members, sizeof(members), "\"intervalPeriod\":%s," ONE("SIMPLE", "1"), period);
    refused_at(noon, event(members), code, sentence);
}

START_TEST(times_that_make_no_sense_are_refused)
{
    period_refused("null", AEMS_E_FORMAT,
                   "intervals[0].intervalPeriod.start: expected a start here or in the event's intervalPeriod");
    period_refused("{\"duration\":\"PT1H\"}", AEMS_E_FORMAT,
                   "intervals[0].intervalPeriod.start: expected a start here or in the event's intervalPeriod");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\"}", AEMS_E_FORMAT,
                   "intervals[0].intervalPeriod.duration: expected one here or in the event's intervalPeriod");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT0S\"}", AEMS_E_RANGE,
                   "intervals[0].intervalPeriod.duration: expected more than no time, found \"PT0S\"");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"-PT1H\"}", AEMS_E_RANGE,
                   "intervals[0].intervalPeriod.duration: expected more than no time, found \"-PT1H\"");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT0.9S\"}", AEMS_E_RANGE,
                   "intervals[0].payloads[0].values: expected at least a second for each value");
    period_refused("{\"start\":\"14:13:26\",\"duration\":\"PT1H\"}", AEMS_E_FORMAT,
                   "intervalPeriod.start: expected a time such as 2026-01-14T13:00:00Z, found \"14:13:26\"");
    period_refused("{\"start\":1790000000,\"duration\":\"PT1H\"}", AEMS_E_FORMAT,
                   "intervalPeriod.start: expected a time such as 2026-01-14T13:00:00Z, found 1790000000");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"1 h\"}", AEMS_E_FORMAT,
                   "intervalPeriod.duration: expected a duration such as PT1H30M, found \"1 h\"");
    period_refused("{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":3600}", AEMS_E_FORMAT,
                   "intervalPeriod.duration: expected a duration such as PT1H30M, found 3600");
    period_refused("[]", AEMS_E_FORMAT, "intervalPeriod: expected an object, found an empty list");
    refused_at(noon, event("\"duration\":{}," AT_ONE "," ONE("SIMPLE", "1")), AEMS_E_FORMAT,
               "duration: expected a duration such as PT1H30M, found an object");
}
END_TEST

static void second_interval_refused(const char *start, const char *sentence)
{
    char members[512];
    snprintf(members, sizeof(members),
             AT_ONE
             ",\"intervals\":[{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]},{\"intervalPeriod\":{\"start\":"
             "\"%s\"},\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]}]",
             start);
    refused_at(noon, event(members), AEMS_E_FORMAT, sentence);
}

START_TEST(intervals_neither_overlap_nor_go_back)
{
    second_interval_refused("2026-01-14T13:59:59Z", "intervals[1].intervalPeriod.start: expected no earlier time than "
                                                    "2026-01-14T14:00:00Z, when the interval before it ends");
    second_interval_refused("2026-01-13T13:00:00Z", "intervals[1].intervalPeriod.start: expected no earlier time than "
                                                    "2026-01-14T14:00:00Z, when the interval before it ends");
    second_interval_refused("0001-01-01", "intervals[1].intervalPeriod.start: expected no earlier time than "
                                          "2026-01-14T14:00:00Z, when the interval before it ends");
    refused_at(noon,
               event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"P9999Y\"},\"intervals\":["
                     "{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]},"
                     "{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]}]"),
               AEMS_E_FORMAT, "intervals[1]: the interval before it has no end");
    refused_at(
        noon,
        event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"P9999Y\"}," ONE("SIMPLE", "1,2")),
        AEMS_E_FORMAT, "intervals[0].payloads[0].values: 2 values cannot split an interval without an end");
}
END_TEST

START_TEST(times_of_32_bits_and_days_of_23_hours_are_nothing_special)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2038-01-19T03:00:00Z\",\"duration\":\"PT1H\"}," ONE(
                       "SIMPLE", "1,2,3,0")));
    ck_assert_int_eq(m.event->from_utc_ms, INT64_C(2147482800000));
    ck_assert_int_eq(m.event->until_utc_ms, INT64_C(2147486400000));
    // 96 quarter hours from midnight in Berlin on the day of 23 hours end an hour into the next.
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2026-03-29T00:00:00+01:00\",\"duration\":\"PT23H\"}," ONE(
                       "SIMPLE", "1")));
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-03-30T00:00:00+02:00"));
}
END_TEST

// ---- for whom, and how important ------------------------------------------------------------------------------------

static void aims(const char *targets, bool ours, int grid)
{
    char members[512];
    snprintf(members, sizeof(members), "\"targets\":%s," AT_ONE "," ONE("SIMPLE", "1"), targets);
    ck_assert_msg(read_at(noon, event(members)) == 0, "%s: %s", targets, why);
    ck_assert_msg(m.not_for_us == !ours, "%s", targets);
    ck_assert(ours == (m.event != NULL));
    if (ours)
        ck_assert_msg(m.event->grid == grid, "%s", targets);
    ck_assert_str_eq(m.id, "e1");
}

START_TEST(targets_name_the_area_or_a_connection)
{
    aims("null", true, -1);
    aims("[]", true, -1);
    aims("[\"kashiwa\"]", true, -1);
    aims("[\"elsewhere\",\"feeder-12\"]", true, -1);
    aims("[\"south\"]", true, 1);
    aims("[\"south\",\"south\"]", true, 1);
    aims("[\"south\",\"kashiwa\"]", true, -1);
    aims("[\"VEN-99\"]", false, 0);
    aims("[{\"type\":\"GROUP\",\"values\":[\"x\",\"north\"]}]", true, 0);
    aims("[{\"type\":\"VEN_NAME\",\"values\":[\"VEN-99\"]}]", false, 0);
    aims("[{\"type\":\"VEN_NAME\"}]", false, 0);
    refused_at(noon, event("\"targets\":[\"north\",\"south\"]," AT_ONE "," ONE("SIMPLE", "1")), AEMS_E_REFUSED,
               "targets: 2 connections of this area are named: expected an event for each, or for the area");
    refused_at(noon, event("\"targets\":[7]," AT_ONE "," ONE("SIMPLE", "1")), AEMS_E_FORMAT,
               "targets[0]: expected a name, found 7");
    refused_at(noon, event("\"targets\":[{\"type\":\"GROUP\",\"values\":[[]]}]," AT_ONE "," ONE("SIMPLE", "1")),
               AEMS_E_FORMAT, "targets[0].values[0]: expected a name, found an empty list");
    refused_at(noon, event("\"targets\":\"kashiwa\"," AT_ONE "," ONE("SIMPLE", "1")), AEMS_E_FORMAT,
               "targets: expected a list, found \"kashiwa\"");
}
END_TEST

START_TEST(of_what_is_for_others_nothing_else_is_judged)
{
    ck_assert_int_eq(read_at(noon, "{\"id\":\"x\",\"targets\":[\"VEN-99\"],\"intervals\":[{\"payloads\":[{\"type\":"
                                   "\"PRICE\",\"values\":[\"dear\"]}]}]}"),
                     0);
    ck_assert(m.not_for_us);
    ck_assert_ptr_null(m.event);
}
END_TEST

START_TEST(a_priority_is_a_whole_number_or_null)
{
    taken_at(noon, event("\"priority\":0," AT_ONE "," ONE("SIMPLE", "1")));
    ck_assert_int_eq(m.event->priority, 0);
    taken_at(noon, event("\"priority\":2147483646," AT_ONE "," ONE("SIMPLE", "1")));
    ck_assert_int_eq(m.event->priority, 2147483646);
    taken_at(noon, event("\"priority\":null," AT_ONE "," ONE("SIMPLE", "1")));
    ck_assert_int_eq(m.event->priority, DR_PRIORITY_NULL);
    static const char *const wrong[][2] = {
        {"-1", "-1"}, {"1.5", "1.5"}, {"\"1\"", "\"1\""}, {"2147483647", "2147483647"}, {"true", "true"}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char members[512];
        snprintf(members, sizeof(members), "\"priority\":%s," AT_ONE "," ONE("SIMPLE", "1"), wrong[i][0]);
        ck_assert_int_lt(read_at(noon, event(members)), 0);
        ck_assert_msg(strstr(why, "priority: expected null or a whole number from 0") == why, "%s", why);
        ck_assert_str_eq(why + strlen(why) - strlen(wrong[i][1]), wrong[i][1]);
    }
}
END_TEST

// ---- notifications, withdrawal --------------------------------------------------------------------------------------

START_TEST(a_notification_says_what_became_of_an_event)
{
    static const char *const created[] = {
        "{\"objectType\":\"EVENT\",\"operation\":\"CREATE\",\"object\":{\"id\":\"e1\","
        "\"objectType\":\"EVENT\"," AT_ONE "," ONE("SIMPLE", "1") "},\"targets\":null}",
        "{\"operation\":\"UPDATE\",\"object\":{\"id\":\"e1\"," AT_ONE "," ONE("SIMPLE", "1") "}}"};
    taken_at(noon, created[0]);
    ck_assert_int_eq(m.operation, OPENADR_CREATE);
    ck_assert_ptr_nonnull(m.event);
    taken_at(noon, created[1]);
    ck_assert_int_eq(m.operation, OPENADR_UPDATE);
    ck_assert_ptr_nonnull(m.event);
    taken_at(noon,
             "{\"objectType\":\"EVENT\",\"operation\":\"DELETE\",\"object\":{\"id\":\"e1\",\"targets\":[\"x\"]}}");
    ck_assert_int_eq(m.operation, OPENADR_DELETE);
    ck_assert_str_eq(m.id, "e1");
    ck_assert_ptr_null(m.event);
}
END_TEST

START_TEST(other_notifications_are_refused_by_name)
{
    refused_at(noon, "{\"objectType\":\"EVENT\",\"operation\":\"READ\",\"object\":{\"id\":\"e1\"}}", AEMS_E_REFUSED,
               "operation: expected CREATE, UPDATE or DELETE, found \"READ\"");
    refused_at(noon, "{\"objectType\":\"PROGRAM\",\"operation\":\"POST\",\"object\":{\"id\":\"0\"}}", AEMS_E_REFUSED,
               "objectType: expected EVENT, for nothing else is listened to here, found \"PROGRAM\"");
    refused_at(noon, "{\"objectType\":\"EVENT\",\"object\":{\"id\":\"e1\"}}", AEMS_E_FORMAT,
               "operation: expected CREATE, UPDATE or DELETE, found nothing");
    refused_at(noon, "{\"objectType\":\"EVENT\",\"operation\":\"CREATE\"}", AEMS_E_FORMAT,
               "object: expected the event, found nothing");
    refused_at(noon, "{\"operation\":\"CREATE\",\"object\":{\"objectType\":\"REPORT\"}}", AEMS_E_REFUSED,
               "object.objectType: expected EVENT, for nothing else is listened to here, found \"REPORT\"");
    refused_at(noon, "{\"operation\":\"CREATE\",\"object\":{\"programName\":\"x\"}}", AEMS_E_REFUSED,
               "object: expected an event, found a program");
    refused_at(noon, "{\"operation\":\"DELETE\",\"object\":{\"eventName\":\"x\"}}", AEMS_E_FORMAT,
               "object.id: expected the id of the event that was deleted");
    refused_at(noon, "{\"operation\":\"CREATE\",\"object\":{\"id\":\"e1\"," AT_ONE "," ONE("PRICE", "true") "}}",
               AEMS_E_FORMAT, "object.intervals[0].payloads[0].values[0]: expected a number for PRICE, found true");
    ck_assert_str_eq(m.id, "e1");
}
END_TEST

START_TEST(a_report_is_no_event)
{
    refused_at(noon, "{\"reportName\":\"r\",\"eventID\":\"0\",\"clientName\":\"c\",\"resources\":[]}", AEMS_E_REFUSED,
               "expected an event, found a report");
    refused_at(noon, "{\"objectType\":\"REPORT\",\"id\":\"0\",\"eventID\":\"0\",\"resources\":[]}", AEMS_E_REFUSED,
               "objectType: expected EVENT, for nothing else is listened to here, found \"REPORT\"");
}
END_TEST

START_TEST(now_and_for_no_time_withdraws_an_event)
{
    static const char *const rest[] = {
        "", "," ONE("SIMPLE", "1"),
        (",\"intervals\":[{\"intervalPeriod\":{\"start\":\"0001-01-01\",\"duration\":\"PT0H\"},"
         "\"payloads\":[]}]")};
    for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
        char members[512];
        snprintf(members, sizeof(members),
                 "\"intervalPeriod\":{\"start\":\"0001-01-01T00:00:00Z\",\"duration\":\"PT0S\"}%s", rest[i]);
        taken_at(noon, event(members));
        ck_assert_int_eq(m.operation, OPENADR_DELETE);
        ck_assert_str_eq(m.id, "e1");
        ck_assert_ptr_null(m.event);
    }
    refused_at(noon, "{\"intervalPeriod\":{\"start\":\"0001-01-01\",\"duration\":\"PT0S\"}," ONE("SIMPLE", "1") "}",
               AEMS_E_FORMAT, "id: expected the id of the event that is withdrawn");
    // An interval with a time of its own means something.
    taken_at(noon,
             event("\"intervalPeriod\":{\"start\":\"0001-01-01\",\"duration\":\"PT0S\"},\"intervals\":[{"
                   "\"intervalPeriod\":{\"duration\":\"PT1H\"},\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]}]"));
    ck_assert_int_eq(m.operation, OPENADR_CREATE);
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T13:00:00Z"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openadr events");
    TCase *tests = tcase_create("openadr events");
    tcase_add_checked_fixture(tests, openadr_world_start, openadr_world_end);
    tcase_add_test(tests, a_start_on_the_first_day_of_all_is_now);
    tcase_add_test(tests, a_duration_of_the_event_lets_its_intervals_come_again);
    tcase_add_test(tests, a_shorter_duration_of_the_event_cuts_its_intervals_off);
    tcase_add_test(tests, a_random_start_lies_on_either_side_but_not_before_now);
    tcase_add_test(tests, times_that_make_no_sense_are_refused);
    tcase_add_test(tests, intervals_neither_overlap_nor_go_back);
    tcase_add_test(tests, times_of_32_bits_and_days_of_23_hours_are_nothing_special);
    tcase_add_test(tests, targets_name_the_area_or_a_connection);
    tcase_add_test(tests, of_what_is_for_others_nothing_else_is_judged);
    tcase_add_test(tests, a_priority_is_a_whole_number_or_null);
    tcase_add_test(tests, a_notification_says_what_became_of_an_event);
    tcase_add_test(tests, other_notifications_are_refused_by_name);
    tcase_add_test(tests, a_report_is_no_event);
    tcase_add_test(tests, now_and_for_no_time_withdraws_an_event);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
