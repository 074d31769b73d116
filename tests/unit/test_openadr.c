// SPDX-License-Identifier: GPL-3.0-or-later
// What published events look like, in this program's terms, and what goes out.
#include <stdlib.h>

#include "openadr_world.h"
#include "tests/unit/run_suite.h"

#define KW(type) "\"payloadDescriptors\":[{\"payloadType\":\"" type "\",\"units\":\"KW\"}]"

// ---- what published events look like --------------------------------------------------------------------------------

START_TEST(a_minimal_event_has_a_price_for_an_hour)
{
    taken_at(noon, "{\"eventName\":\"simple\",\"programID\":\"7\"," AT_ONE "," ONE("PRICE", "0.17") "}");
    ck_assert_int_eq(m.operation, OPENADR_CREATE);
    ck_assert_uint_eq(m.event->n_signals, 1);
    signal_is(0, DR_PRICE, 0, HOUR_MS, 0.17);
    ck_assert_int_eq(m.event->from_utc_ms, at("2026-01-14T13:00:00Z"));
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T14:00:00Z"));
    ck_assert_str_eq(m.event->name, "simple");
    ck_assert_str_eq(m.event->program, "7");
    ck_assert_int_eq(m.event->priority, DR_PRIORITY_NULL);
    ck_assert_int_eq(m.event->grid, -1);
    ck_assert_int_eq(m.event->received_utc_ms, at(noon));
    ck_assert_int_eq(m.event->modified_utc_ms, at(noon));
    ck_assert_int_eq(m.event->turn_ms, 0);
    ck_assert_double_lt(m.event->reference_w, 0);
    ck_assert_str_eq(m.notes, "");
}
END_TEST

START_TEST(an_event_without_an_id_is_named_by_its_content)
{
    char first[DR_ID_SIZE];
    taken_at(noon, "{\"programID\":\"7\"," AT_ONE "," ONE("PRICE", "0.17") "}");
    snprintf(first, sizeof(first), "%s", m.id);
    ck_assert_uint_eq(strlen(first), 18);
    ck_assert_str_eq(m.event->id, first);
    taken_at(noon, "{" ONE("PRICE", "0.17") ", " AT_ONE ", \"programID\":\"7\"}"); // in another order
    ck_assert_str_eq(m.id, first);
    taken_at(noon, "{\"programID\":\"7\"," AT_ONE "," ONE("PRICE", "0.18") "}");
    ck_assert_str_ne(m.id, first);
}
END_TEST

START_TEST(a_stored_event_has_metadata_that_may_be_slipshod)
{
    taken_at(noon, "{\"id\":\"0\",\"createdDateTime\":\"14:13:26\",\"objectType\":\"EVENT\",\"programID\":\"0\"," AT_ONE
                   ",\"modificationDateTime\":\"2026-01-13T08:00:00Z\",\"somethingNew\":[1]," ONE("PRICE", "0.17") "}");
    ck_assert_str_eq(m.id, "0");
    ck_assert_int_eq(m.event->modified_utc_ms, at("2026-01-13T08:00:00Z"));
}
END_TEST

START_TEST(several_values_split_their_interval)
{
    taken_at(noon, event("\"payloadDescriptors\":[{\"payloadType\":\"PRICE\",\"units\":\"KWH\",\"currency\":\"USD\"}],"
                         "\"intervals\":[{\"id\":0,\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\","
                         "\"duration\":\"PT3H\"},\"payloads\":[{\"type\":\"PRICE\",\"values\":[0.17,0.03,0.11]}]}]"));
    ck_assert_uint_eq(m.event->n_signals, 3);
    signal_is(0, DR_PRICE, 0, HOUR_MS, 0.17);
    signal_is(1, DR_PRICE, HOUR_MS, 2 * HOUR_MS, 0.03);
    signal_is(2, DR_PRICE, 2 * HOUR_MS, 3 * HOUR_MS, 0.11);
}
END_TEST

START_TEST(parts_of_an_interval_that_does_not_divide_leave_no_gap)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT10S\"}," ONE(
                       "PRICE", "1,2,3")));
    signal_is(0, DR_PRICE, 0, 3333, 1);
    signal_is(1, DR_PRICE, 3333, 6666, 2);
    signal_is(2, DR_PRICE, 6666, 10000, 3);
}
END_TEST

START_TEST(intervals_follow_each_other_and_may_have_a_length_of_their_own)
{
    taken_at(noon, event(AT_ONE ",\"intervals\":[{\"id\":0,\"payloads\":[{\"type\":\"PRICE\",\"values\":[0.17]}]},"
                                "{\"id\":1,\"intervalPeriod\":{\"duration\":\"PT2H\"},"
                                "\"payloads\":[{\"type\":\"PRICE\",\"values\":[0.22]}]},"
                                "{\"id\":1,\"payloads\":[{\"type\":\"PRICE\",\"values\":[0.2]}]},"
                                "{\"id\":3,\"intervalPeriod\":{\"start\":\"2026-01-14T18:00:00Z\"},"
                                "\"payloads\":[{\"type\":\"PRICE\",\"values\":[0.1]}]}]"));
    ck_assert_uint_eq(m.event->n_signals, 4);
    signal_is(0, DR_PRICE, 0, HOUR_MS, 0.17);
    signal_is(1, DR_PRICE, HOUR_MS, 3 * HOUR_MS, 0.22);
    signal_is(2, DR_PRICE, 3 * HOUR_MS, 4 * HOUR_MS, 0.2);
    signal_is(3, DR_PRICE, 5 * HOUR_MS, 6 * HOUR_MS, 0.1); // after a gap
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T19:00:00Z"));
}
END_TEST

START_TEST(prices_and_emissions_come_together)
{
    taken_at(noon, event(AT_ONE ",\"payloadDescriptors\":[{\"payloadType\":\"PRICE\",\"units\":\"KWH\",\"currency\":"
                                "\"USD\"},{\"payloadType\":\"GHG\"}],\"intervals\":[{\"id\":0,\"payloads\":["
                                "{\"type\":\"PRICE\",\"values\":[0.17]},{\"type\":\"GHG\",\"values\":[430]},"
                                "{\"type\":\"EXPORT_PRICE\",\"values\":[-0.02]}]}]"));
    ck_assert_uint_eq(m.event->n_signals, 3);
    signal_is(0, DR_PRICE, 0, HOUR_MS, 0.17);
    signal_is(1, DR_EXPORT_PRICE, 0, HOUR_MS, -0.02);
    signal_is(2, DR_GHG, 0, HOUR_MS, 430);
}
END_TEST

START_TEST(an_event_that_also_asks_for_reports_is_marked)
{
    taken_at(noon, event(AT_ONE ",\"reportDescriptors\":[{\"payLoadType\":\"USAGE\",\"aggregate\":true}]," ONE(
                       "PRICE", "0.17")));
    ck_assert(m.event->wants_report);
    ck_assert_str_eq(m.notes, "");
}
END_TEST

START_TEST(an_event_that_only_asks_for_reports_holds_nothing_else)
{
    taken_at(noon,
             "{\"programID\":\"0\",\"intervalPeriod\":{\"start\":\"0001-01-01\",\"duration\":\"PT0H\"},"
             "\"reportDescriptors\":[{\"payloadType\":\"STORAGE_CHARGE_LEVEL\"},{\"payloadType\":\"USAGE\"},{}]}");
    ck_assert_ptr_null(m.event);
    ck_assert_int_eq(m.operation, OPENADR_CREATE);
    ck_assert_str_eq(m.notes, "asks for reports only: STORAGE_CHARGE_LEVEL, USAGE, without a type");
}
END_TEST

START_TEST(an_alert_holds_while_its_words_are_kept_harmless)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT4H\"}," ONE(
                       "ALERT_GRID_EMERGENCY", "\"storm\\n\\u001b[31m\", \"stay home\", \"storm\\n\\u001b[31m\"")));
    ck_assert_uint_eq(m.event->n_signals, 1);
    signal_is(0, DR_EMERGENCY, 0, 4 * HOUR_MS, 1);
    ck_assert_str_eq(m.event->text, "storm\\n\\x1B[31m; stay home");
    taken_at(noon, event(AT_ONE "," ONE("ALERT_BLACK_START", "\"\"")));
    signal_is(0, DR_BLACK_START, 0, HOUR_MS, 1);
}
END_TEST

START_TEST(long_words_are_cut_at_a_whole_character)
{
    struct text words = {0};
    for (int i = 0; i < 100; i++)
        text_append(&words, "\u96fb"); // three bytes each
    char members[1024];
    snprintf(members, sizeof(members), AT_ONE "," ONE("ALERT_GRID_EMERGENCY", "\"x%s\""), words.data);
    taken_at(noon, event(members));
    ck_assert_uint_eq(strlen(m.event->text), 1 + (DR_TEXT_SIZE - 2) / 3 * 3);
    json_t *utf8 = json_string(m.event->text);
    ck_assert_ptr_nonnull(utf8);
    json_decref(utf8);
    text_free(&words);
}
END_TEST

START_TEST(a_level_is_a_whole_number)
{
    taken_at(noon, event(AT_ONE "," ONE("SIMPLE", "0,1,2,3.0")));
    ck_assert_uint_eq(m.event->n_signals, 4);
    signal_is(3, DR_SIMPLE, HOUR_MS / 4 * 3, HOUR_MS, 3);
    refused_at(noon, event(AT_ONE "," ONE("SIMPLE", "1.5")), AEMS_E_RANGE,
               "intervals[0].payloads[0].values[0]: expected a level, 0 to 3 for SIMPLE, found 1.5");
    refused_at(noon, event(AT_ONE "," ONE("SIMPLE", "1,4")), AEMS_E_RANGE,
               "intervals[0].payloads[0].values[1]: expected a level, 0 to 3 for SIMPLE, found 4");
}
END_TEST

START_TEST(a_dispatch_without_an_end_lasts_for_ever)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2023-02-10T00:00:00.000Z\",\"duration\":\"P9999Y\"}," KW(
                       "DISPATCH_SETPOINT") "," ONE("DISPATCH_SETPOINT", "0.5")));
    ck_assert_int_eq(m.event->until_utc_ms, DR_FOREVER_MS);
    signal_is(0, DR_SETPOINT, 0, DR_FOREVER_MS - at("2023-02-10T00:00:00Z"), 500);
}
END_TEST

START_TEST(limits_of_both_directions_hold_interval_by_interval)
{
    taken_at(noon, event("\"intervalPeriod\":{\"start\":\"2026-01-14T13:00:00Z\",\"duration\":\"PT30M\"},"
                         "\"payloadDescriptors\":[{\"payloadType\":\"IMPORT_CAPACITY_LIMIT\",\"units\":\"KW\"},"
                         "{\"payloadType\":\"EXPORT_CAPACITY_LIMIT\",\"units\":\"W\"}],\"intervals\":["
                         "{\"id\":0,\"payloads\":[{\"type\":\"IMPORT_CAPACITY_LIMIT\",\"values\":[10]},"
                         "{\"type\":\"EXPORT_CAPACITY_LIMIT\",\"values\":[4000]}]},"
                         "{\"id\":1,\"payloads\":[{\"type\":\"IMPORT_CAPACITY_LIMIT\",\"values\":[8]},"
                         "{\"type\":\"EXPORT_CAPACITY_LIMIT\",\"values\":[6000]}]}]"));
    ck_assert_uint_eq(m.event->n_signals, 4);
    signal_is(0, DR_IMPORT_LIMIT, 0, 30 * MINUTE_MS, 10000);
    signal_is(1, DR_IMPORT_LIMIT, 30 * MINUTE_MS, HOUR_MS, 8000);
    signal_is(2, DR_EXPORT_LIMIT, 0, 30 * MINUTE_MS, 4000);
    signal_is(3, DR_EXPORT_LIMIT, 30 * MINUTE_MS, HOUR_MS, 6000);
}
END_TEST

START_TEST(what_is_not_known_is_left_aside_and_named)
{
    taken_at(noon,
             event(AT_ONE ",\"intervals\":[{\"id\":0,\"payloads\":[{\"type\":\"CURVE\",\"values\":[{\"x\":1,"
                          "\"y\":2}]},{\"type\":\"PRICE\",\"values\":[0.1]},{\"type\":\"MY\\nOWN\",\"values\":null}"
                          "]},{\"id\":1,\"payloads\":[{\"type\":\"CURVE\"}]}]"));
    ck_assert_uint_eq(m.event->n_signals, 1);
    ck_assert_str_eq(m.notes, "ignored: CURVE, MY\\nOWN");
    ck_assert_str_eq(m.event->notes, m.notes);
    ck_assert_int_eq(m.event->until_utc_ms, at("2026-01-14T15:00:00Z"));
    refused_at(noon, event(AT_ONE "," ONE("CURVE", "{\"x\":0.17,\"y\":0.26}")), AEMS_E_REFUSED,
               "nothing in it is known here: CURVE");
    refused_at(noon,
               event("\"intervalPeriod\":{\"start\":\"2023-02-10T00:00:00Z\",\"duration\":\"P9999Y\"}," ONE(
                   "CAPACITY_SUBSCRIPTION", "240")),
               AEMS_E_REFUSED, "nothing in it is known here: CAPACITY_SUBSCRIPTION");
    refused_at(noon, event(AT_ONE ",\"intervals\":[{\"id\":0,\"payloads\":[]}]"), AEMS_E_REFUSED,
               "nothing in it is known here: no payloads");
}
END_TEST

START_TEST(each_name_that_is_left_aside_is_told_once_also_where_one_is_part_of_another)
{
    taken_at(noon, event(AT_ONE
                         ",\"intervals\":[{\"payloads\":[{\"type\":\"MY_CURVE_2\"},{\"type\":\"PRICE\",\"values\":[1]},"
                         "{\"type\":\"CURVE\"},{\"type\":\"MY_CURVE\"},{\"type\":\"CURVE\"}]}]"));
    ck_assert_str_eq(m.notes, "ignored: MY_CURVE_2, CURVE, MY_CURVE");
}
END_TEST

START_TEST(names_of_what_is_left_aside_do_not_outgrow_their_place)
{
    struct text members = {0};
    text_append(&members, AT_ONE ",\"intervals\":[{\"id\":0,\"payloads\":[{\"type\":\"PRICE\",\"values\":[1]}");
    for (int i = 0; i < 100; i++)
        text_appendf(&members, ",{\"type\":\"SOMETHING_NEW_%d\",\"values\":[1]}", i);
    text_append(&members, "]}]");
    taken_at(noon, event(members.data));
    ck_assert_ptr_nonnull(strstr(m.notes, "ignored: SOMETHING_NEW_0, SOMETHING_NEW_1, "));
    ck_assert_str_eq(m.notes + strlen(m.notes) - 5, ", ...");
    text_free(&members);
}
END_TEST

START_TEST(what_is_over_is_refused)
{
    refused_at("2026-01-14T14:00:00Z", event(AT_ONE "," ONE("PRICE", "1")), AEMS_E_REFUSED,
               "it is over since 2026-01-14T14:00:00Z");
    taken_at("2026-01-14T13:59:59.999Z", event(AT_ONE "," ONE("PRICE", "1")));
    ck_assert_int_eq(m.event->from_utc_ms, at("2026-01-14T13:00:00Z"));
    ck_assert_str_eq(m.id, "e1");
}
END_TEST

// ---- units ----------------------------------------------------------------------------------------------------------

static void value_of(const char *type, const char *units, const char *value, double expected)
{
    char members[512], described[128] = "";
    if (units != NULL)
        snprintf(described, sizeof(described), "\"payloadDescriptors\":[{\"payloadType\":\"%s\",\"units\":\"%s\"}],",
                 type, units);
    snprintf(members, sizeof(members),
             "%s" AT_ONE ",\"intervals\":[{\"payloads\":[{\"type\":\"%s\",\"values\":[%s]}]}]", described, type, value);
    taken_at(noon, event(members));
    ck_assert_double_eq_tol(m.event->signals[0].value, expected, 1e-9 * (1 + (expected < 0 ? -expected : expected)));
}

START_TEST(units_go_by_the_descriptor)
{
    value_of("IMPORT_CAPACITY_LIMIT", NULL, "10", 10000);
    value_of("IMPORT_CAPACITY_LIMIT", "KW", "10", 10000);
    value_of("IMPORT_CAPACITY_LIMIT", "kW", "10", 10000);
    value_of("EXPORT_CAPACITY_LIMIT", "MW", "0.5", 500000);
    value_of("DISPATCH_SETPOINT", "W", "-150", -150);
    value_of("DISPATCH_SETPOINT_RELATIVE", "KW", "-1.5", -1500);
    value_of("PRICE", NULL, "0.2", 0.2);
    value_of("PRICE", "MWH", "200", 0.2);
    value_of("EXPORT_PRICE", "WH", "0.0002", 0.2);
    value_of("GHG", "GHG", "300", 300);
    value_of("CHARGE_STATE_SETPOINT", NULL, "40", 40000);
    ck_assert(m.event->signals[0].is_energy);
    value_of("CHARGE_STATE_SETPOINT", "KWH", "40", 40000);
    ck_assert(m.event->signals[0].is_energy);
    value_of("CHARGE_STATE_SETPOINT", "PERCENT", "40", 0.4);
    ck_assert(!m.event->signals[0].is_energy);
    value_of("CHARGE_STATE_SETPOINT", "PERCENTAGE", "100", 1);
}
END_TEST

START_TEST(units_that_do_not_fit_are_refused)
{
    refused_at(noon,
               event("\"payloadDescriptors\":[{\"payloadType\":\"CURVE\",\"units\":\"X\"},{\"payloadType\":"
                     "\"PRICE\",\"units\":\"KW\"}]," AT_ONE "," ONE("PRICE", "1")),
               AEMS_E_FORMAT, "payloadDescriptors[1].units: expected KWH, MWH or WH of PRICE, found \"KW\"");
    refused_at(noon,
               event("\"payloadDescriptors\":[{\"payloadType\":\"IMPORT_CAPACITY_LIMIT\",\"units\":\"mW\"}]," AT_ONE
                     "," ONE("IMPORT_CAPACITY_LIMIT", "1")),
               AEMS_E_FORMAT,
               "payloadDescriptors[0].units: expected KW, W or MW of IMPORT_CAPACITY_LIMIT, found \"mW\"");
    refused_at(noon,
               event("\"payloadDescriptors\":[{\"payloadType\":\"PRICE\",\"currency\":\"JPY\"}]," AT_ONE
                     "," ONE("PRICE", "1")),
               AEMS_E_FORMAT,
               "payloadDescriptors[0].currency: expected USD, in which this area reckons, found \"JPY\"");
    refused_at(noon,
               event("\"payloadDescriptors\":[{\"payloadType\":\"PRICE\"},{\"payLoadType\":\"PRICE\"}]," AT_ONE
                     "," ONE("PRICE", "1")),
               AEMS_E_FORMAT, "payloadDescriptors[1].payloadType: PRICE is described twice");
    refused_at(noon, event("\"payloadDescriptors\":[{}]," AT_ONE "," ONE("PRICE", "1")), AEMS_E_FORMAT,
               "payloadDescriptors[0].payloadType: expected a payload type such as PRICE, found nothing");
    refused_at(
        noon,
        event("\"payloadDescriptors\":[{\"payloadType\":\"CHARGE_STATE_SETPOINT\",\"units\":\"PERCENT\"}]," AT_ONE
              "," ONE("CHARGE_STATE_SETPOINT", "101")),
        AEMS_E_RANGE, "intervals[0].payloads[0].values[0]: expected 0 to 100 % for CHARGE_STATE_SETPOINT, found 101");
}
END_TEST

// ---- out ------------------------------------------------------------------------------------------------------------

START_TEST(an_event_that_is_written_is_read_back)
{
    const struct openadr_value values[] = {{"IMPORT_CAPACITY_LIMIT", 12.5}, {"SIMPLE", 2}, {"PRICE", NAN}};
    const struct openadr_interval intervals[] = {
        {at("2026-01-14T13:00:00Z"), at("2026-01-14T13:30:00Z"), values, 3},
        {at("2026-01-14T14:00:00Z"), at("2026-01-14T14:15:00Z"), values + 1, 1},
    };
    const struct openadr_descriptor descriptors[] = {{"IMPORT_CAPACITY_LIMIT", "KW", NULL}, {"PRICE", "KWH", "USD"}};
    static const char *const targets[] = {"feeder-12"};
    const struct openadr_event_text e = {
        "b-1",       "Less", "prog",    3, at("2026-01-14T11:00:00Z"), at("2026-01-14T11:30:00Z"), targets, 1,
        descriptors, 2,      intervals, 2};
    json_t *json = openadr_write_event(&e);
    ck_assert_ptr_nonnull(json);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    ck_assert_ptr_nonnull(strstr(text, "\"objectType\":\"EVENT_PAYLOAD_DESCRIPTOR\""));
    ck_assert_ptr_null(strstr(text, "null"));
    taken_at(noon, text);
    free(text);
    ck_assert_uint_eq(m.event->n_signals, 3);
    signal_is(0, DR_SIMPLE, 0, 30 * MINUTE_MS, 2);
    signal_is(1, DR_SIMPLE, HOUR_MS, 75 * MINUTE_MS, 2);
    signal_is(2, DR_IMPORT_LIMIT, 0, 30 * MINUTE_MS, 12500);
    ck_assert_str_eq(m.event->name, "Less");
    ck_assert_int_eq(m.event->priority, 3);
    ck_assert_int_eq(m.event->modified_utc_ms, at("2026-01-14T11:30:00Z"));
}
END_TEST

START_TEST(an_event_without_an_end_or_a_priority_is_written_so)
{
    const struct openadr_value value = {"SIMPLE", 1};
    const struct openadr_interval interval = {at("2026-01-14T13:00:00Z"), DR_FOREVER_MS, &value, 1};
    const struct openadr_event_text e = {.id = "b-1",
                                         .program = "p",
                                         .priority = DR_PRIORITY_NULL,
                                         .created_utc_ms = at(noon),
                                         .modified_utc_ms = at(noon),
                                         .intervals = &interval,
                                         .n_intervals = 1};
    json_t *json = openadr_write_event(&e);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    ck_assert_ptr_nonnull(strstr(text, "\"duration\":\"P9999Y\""));
    ck_assert_ptr_nonnull(strstr(text, "\"priority\":null"));
    ck_assert_ptr_null(strstr(text, "eventName"));
    taken_at(noon, text);
    ck_assert_int_eq(m.event->until_utc_ms, DR_FOREVER_MS);
    free(text);
}
END_TEST

START_TEST(a_report_has_its_resources)
{
    const struct openadr_value values[] = {{"USAGE", 12.25}, {"BASELINE", 20}};
    const struct openadr_interval interval = {at("2026-01-14T13:00:00Z"), at("2026-01-14T13:15:00Z"), values, 2};
    const struct openadr_resource resources[] = {{"kashiwa", &interval, 1}, {"tower", &interval, 1}};
    const struct openadr_descriptor descriptor = {"USAGE", "KWH", NULL};
    const struct openadr_report_text r = {"r-1",    "proof",     "e1", "kashiwa", NULL,
                                          at(noon), &descriptor, 1,    resources, 2};
    json_t *json = openadr_write_report(&r);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(json);
    ck_assert_str_eq(
        text,
        "{\"clientID\":\"kashiwa\",\"clientName\":\"kashiwa\",\"createdDateTime\":\"2026-01-14T12:00:00Z\",\"eventID\":"
        "\"e1\","
        "\"id\":\"r-1\",\"modificationDateTime\":\"2026-01-14T12:00:00Z\",\"objectType\":\"REPORT\","
        "\"payloadDescriptors\":["
        "{\"objectType\":\"REPORT_PAYLOAD_DESCRIPTOR\",\"payloadType\":\"USAGE\",\"units\":\"KWH\"}],\"reportName\":"
        "\"proof\","
        "\"resources\":[{\"intervals\":[{\"id\":0,\"intervalPeriod\":{\"duration\":\"PT15M\",\"start\":"
        "\"2026-01-14T13:00:00Z\"},\"payloads\":[{\"type\":\"USAGE\",\"values\":[12.25]},{\"type\":\"BASELINE\","
        "\"values\":"
        "[20]}]}],\"resourceName\":\"kashiwa\"},{\"intervals\":[{\"id\":0,\"intervalPeriod\":{\"duration\":\"PT15M\","
        "\"start\":\"2026-01-14T13:00:00Z\"},\"payloads\":[{\"type\":\"USAGE\",\"values\":[12.25]},{\"type\":"
        "\"BASELINE\","
        "\"values\":[20]}]}],\"resourceName\":\"tower\"}]}");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openadr");
    TCase *tests = tcase_create("openadr");
    tcase_add_checked_fixture(tests, openadr_world_start, openadr_world_end);
    tcase_add_test(tests, a_minimal_event_has_a_price_for_an_hour);
    tcase_add_test(tests, an_event_without_an_id_is_named_by_its_content);
    tcase_add_test(tests, a_stored_event_has_metadata_that_may_be_slipshod);
    tcase_add_test(tests, several_values_split_their_interval);
    tcase_add_test(tests, parts_of_an_interval_that_does_not_divide_leave_no_gap);
    tcase_add_test(tests, intervals_follow_each_other_and_may_have_a_length_of_their_own);
    tcase_add_test(tests, prices_and_emissions_come_together);
    tcase_add_test(tests, an_event_that_also_asks_for_reports_is_marked);
    tcase_add_test(tests, an_event_that_only_asks_for_reports_holds_nothing_else);
    tcase_add_test(tests, an_alert_holds_while_its_words_are_kept_harmless);
    tcase_add_test(tests, long_words_are_cut_at_a_whole_character);
    tcase_add_test(tests, a_level_is_a_whole_number);
    tcase_add_test(tests, a_dispatch_without_an_end_lasts_for_ever);
    tcase_add_test(tests, limits_of_both_directions_hold_interval_by_interval);
    tcase_add_test(tests, what_is_not_known_is_left_aside_and_named);
    tcase_add_test(tests, each_name_that_is_left_aside_is_told_once_also_where_one_is_part_of_another);
    tcase_add_test(tests, names_of_what_is_left_aside_do_not_outgrow_their_place);
    tcase_add_test(tests, what_is_over_is_refused);
    tcase_add_test(tests, units_go_by_the_descriptor);
    tcase_add_test(tests, units_that_do_not_fit_are_refused);
    tcase_add_test(tests, an_event_that_is_written_is_read_back);
    tcase_add_test(tests, an_event_without_an_end_or_a_priority_is_written_so);
    tcase_add_test(tests, a_report_has_its_resources);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
