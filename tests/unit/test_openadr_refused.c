// SPDX-License-Identifier: GPL-3.0-or-later
// The absurd is refused whole, with its place and the reason.
#include <stdlib.h>

#include "openadr_world.h"
#include "tests/unit/run_suite.h"

// ---- the absurd -----------------------------------------------------------------------------------------------------

START_TEST(values_must_be_numbers_in_range)
{
    static const char *const rows[][3] = {
        {"IMPORT_CAPACITY_LIMIT", "-1", "expected 0 to 10,000,000 kW for IMPORT_CAPACITY_LIMIT, found -1"},
        {"IMPORT_CAPACITY_LIMIT", "-1e-9", "expected 0 to 10,000,000 kW for IMPORT_CAPACITY_LIMIT, found -1e-09"},
        {"EXPORT_CAPACITY_LIMIT", "1e300", "expected 0 to 10,000,000 kW for EXPORT_CAPACITY_LIMIT, found 1e+300"},
        {"DISPATCH_SETPOINT", "-1e300", "expected -10,000,000 to 10,000,000 kW for DISPATCH_SETPOINT, found -1e+300"},
        {"DISPATCH_SETPOINT", "9223372036854775807",
         "expected -10,000,000 to 10,000,000 kW for DISPATCH_SETPOINT, found 9.223372037e+18"},
        {"PRICE", "\"NaN\"", "expected a number for PRICE, found \"NaN\""},
        {"PRICE", "\"0.17\"", "expected a number for PRICE, found \"0.17\""},
        {"PRICE", "null", "expected a number for PRICE, found nothing"},
        {"PRICE", "[0.1]", "expected a number for PRICE, found a list"},
        {"PRICE", "{\"x\":1,\"y\":2}", "expected a number for PRICE, found an object"},
        {"PRICE", "1e7", "expected -1,000,000 to 1,000,000 per kWh for PRICE, found 10000000"},
        {"GHG", "-1", "expected 0 to 100,000 g/kWh for GHG, found -1"},
        {"SIMPLE", "-1", "expected a level, 0 to 3 for SIMPLE, found -1"},
        {"SIMPLE", "false", "expected a number for SIMPLE, found false"},
        {"CHARGE_STATE_SETPOINT", "-1", "expected 0 to 10,000,000 kWh for CHARGE_STATE_SETPOINT, found -1"},
        {"ALERT_GRID_EMERGENCY", "1", "expected a text, found 1"},
        {"ALERT_BLACK_START", "true", "expected a text, found true"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char members[512], sentence[OPENADR_WHY_SIZE];
        snprintf(members, sizeof(members), AT_ONE ",\"intervals\":[{\"payloads\":[{\"type\":\"%s\",\"values\":[%s]}]}]",
                 rows[i][0], rows[i][1]);
        snprintf(sentence, sizeof(sentence), "intervals[0].payloads[0].values[0]: %s", rows[i][2]);
        int result = read_at(noon, event(members));
        ck_assert_msg(result == AEMS_E_RANGE || result == AEMS_E_FORMAT, "%s %s", rows[i][0], rows[i][1]);
        ck_assert_str_eq(why, sentence);
    }
}
END_TEST

START_TEST(forms_that_are_none_are_refused_with_their_place)
{
    static const char *const rows[][2] = {
        {"\"intervals\":[]", "intervals: expected at least one interval"},
        {"\"intervals\":null", "intervals: expected at least one interval"},
        {"\"intervals\":{}", "intervals: expected a list, found an object"},
        {"\"intervals\":[7]", "intervals[0]: expected an object, found 7"},
        {"\"intervals\":[{}]", "intervals[0].payloads: expected a list, found nothing"},
        {"\"intervals\":[{\"payloads\":{}}]", "intervals[0].payloads: expected a list, found an object"},
        {"\"intervals\":[{\"payloads\":[[]]}]", "intervals[0].payloads[0]: expected an object, found an empty list"},
        {"\"intervals\":[{\"payloads\":[{\"values\":[1]}]}]",
         "intervals[0].payloads[0].type: expected a payload type such as PRICE, found nothing"},
        {"\"intervals\":[{\"payloads\":[{\"type\":\"\"}]}]",
         "intervals[0].payloads[0].type: expected a payload type such as PRICE, found \"\""},
        {"\"intervals\":[{\"payloads\":[{\"type\":\"PRICE\"}]}]",
         "intervals[0].payloads[0].values: expected a list of values, found nothing"},
        {"\"intervals\":[{\"payloads\":[{\"type\":\"PRICE\",\"values\":0.17}]}]",
         "intervals[0].payloads[0].values: expected a list of values, found 0.17"},
        {"\"intervals\":[{\"payloads\":[{\"type\":\"PRICE\",\"values\":[]}]}]",
         "intervals[0].payloads[0].values: expected a list of values, found an empty list"},
        {"\"intervals\":[{\"payloads\":[{\"type\":\"PRICE\",\"values\":[1]},{\"type\":\"PRICE\",\"values\":[1]}]}]",
         "intervals[0].payloads[1].type: PRICE stands twice in the interval"},
        {"\"payloadDescriptors\":[7]," ONE("PRICE", "1"), "payloadDescriptors[0]: expected an object, found 7"},
        {"\"reportDescriptors\":7," ONE("PRICE", "1"), "reportDescriptors: expected a list, found 7"},
        {"\"eventName\":7," ONE("PRICE", "1"), "eventName: expected a text of at most 128 bytes, found 7"},
        {"\"modificationDateTime\":\"17:35\"," ONE("PRICE", "1"),
         "modificationDateTime: expected a time such as 2026-01-14T13:00:00Z, found \"17:35\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char members[512];
        snprintf(members, sizeof(members), AT_ONE ",%s", rows[i][0]);
        refused_at(noon, event(members), AEMS_E_FORMAT, rows[i][1]);
    }
}
END_TEST

START_TEST(ids_are_safe_in_topics)
{
    static const char *const wrong[] = {"\"\"",     "\"a b\"", "\"a/b\"", "\"#\"",      "\"+\"",
                                        "\"../x\"", "7",       "[]",      "\"\\u00e9\""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char text[512];
        snprintf(text, sizeof(text), "{\"id\":%s," AT_ONE "," ONE("SIMPLE", "1") "}", wrong[i]);
        ck_assert_int_eq(read_at(noon, text), AEMS_E_FORMAT);
        ck_assert_msg(strstr(why, "id: expected 1 to 128 letters, digits, _ or -, found ") == why, "%s", why);
        ck_assert_str_eq(m.id, "");
    }
    char text[512];
    for (int length = 128; length <= 129; length++) {
        snprintf(text, sizeof(text), "{\"id\":\"%0*d\"," AT_ONE "," ONE("SIMPLE", "1") "}", length, 1);
        ck_assert_int_eq(read_at(noon, text), length == 128 ? 0 : AEMS_E_FORMAT);
    }
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "nonsense",
                                        "{\"id\":\"a\",\"id\":\"b\"}",
                                        "{} {}",
                                        "{\"a\":NaN}",
                                        "{\"a\":1e400}",
                                        "{\"a\":Infinity}",
                                        "{'a':1}",
                                        "{\"a\":01}",
                                        "{\"a\":\"\\u0000\"}",
                                        "{\"a\":123456789012345678901}",
                                        "\xFF\xFE",
                                        "{\"a\":\"\xC3\x28\"}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        ck_assert_msg(read_at(noon, texts[i]) == AEMS_E_FORMAT, "%s", texts[i]);
        ck_assert_msg(strstr(why, "no JSON: line ") == why, "%s", why);
    }
    refused_at(noon, "[]", AEMS_E_FORMAT, "expected an object");
    ck_assert_int_eq(read_bytes(noon, "{}\0{}", 5), AEMS_E_FORMAT);
    struct text deep = {0};
    for (int i = 0; i < 16000; i++)
        text_append(&deep, "[");
    ck_assert_int_eq(read_at(noon, deep.data), AEMS_E_FORMAT);
    text_free(&deep);
}
END_TEST

static int read_intervals(int n_intervals, int n_values)
{
    struct text members = {0};
    text_append(&members, AT_ONE ",\"intervals\":[");
    for (int i = 0; i < n_intervals; i++) {
        text_appendf(&members, "%s{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1", i > 0 ? "," : "");
        for (int k = 1; k < n_values; k++)
            text_append(&members, ",1");
        text_append(&members, "]}]}");
    }
    text_append(&members, "]");
    int result = read_at(noon, event(members.data));
    text_free(&members);
    return result;
}

START_TEST(there_are_96_intervals_at_most_and_what_values_make_of_them_counts)
{
    ck_assert_int_eq(read_intervals(96, 1), 0);
    ck_assert_uint_eq(m.event->n_signals, 96);
    ck_assert_int_eq(read_intervals(97, 1), AEMS_E_LIMIT);
    ck_assert_str_eq(why, "intervals: 97 are more than 96");
    ck_assert_int_eq(read_intervals(48, 2), 0);
    ck_assert_int_eq(read_intervals(49, 2), AEMS_E_LIMIT);
    ck_assert_str_eq(why, "intervals[48].payloads[0].values: intervals and what their values split them into are more "
                          "than 96");
    ck_assert_int_eq(read_intervals(1, 96), 0);
    ck_assert_int_eq(read_intervals(1, 97), AEMS_E_LIMIT);
    ck_assert_int_eq(read_intervals(1, 7000), AEMS_E_LIMIT);
}
END_TEST

START_TEST(signals_of_all_kinds_have_a_bound_too)
{
    struct text members = {0};
    text_append(&members, AT_ONE ",\"intervals\":[{\"payloads\":[");
    static const char *const types[] = {"PRICE", "EXPORT_PRICE", "GHG", "SIMPLE", "IMPORT_CAPACITY_LIMIT"};
    for (int n = 0; n < 5; n++) {
        text_appendf(&members, "%s{\"type\":\"%s\",\"values\":[1", n > 0 ? "," : "", types[n]);
        for (int k = 1; k < 96; k++)
            text_append(&members, ",1");
        text_append(&members, "]}");
    }
    text_append(&members, "]}]");
    ck_assert_int_eq(read_at(noon, event(members.data)), AEMS_E_LIMIT);
    ck_assert_str_eq(why, "intervals[0].payloads[4].values[0]: more than 384 values in one event");
    text_free(&members);
}
END_TEST

START_TEST(more_bytes_than_16_kib_are_not_even_looked_at)
{
    static char text[OPENADR_MAX_BYTES + 1];
    int used = snprintf(text, sizeof(text), "%s", event(AT_ONE "," ONE("SIMPLE", "1")));
    memset(text + used, ' ', sizeof(text) - (size_t)used);
    ck_assert_int_eq(read_bytes(noon, text, OPENADR_MAX_BYTES), 0);
    ck_assert_int_eq(read_bytes(noon, text, OPENADR_MAX_BYTES + 1), AEMS_E_LIMIT);
    ck_assert_str_eq(why, "16385 bytes are more than 16384");
    ck_assert_str_eq(m.id, "");
}
END_TEST

START_TEST(a_sentence_shows_nothing_that_harms_a_line_of_a_log)
{
    ck_assert_int_eq(read_at(noon, event("\"eventName\":[\"\"],\"priority\":\"\\u001b]0;x\\u0007\\r\\n\"," AT_ONE
                                         "," ONE("SIMPLE", "1"))),
                     AEMS_E_FORMAT);
    ck_assert_int_eq(read_at(noon, event("\"priority\":\"\\u001b]0;x\\u0007\\r\\n\"," AT_ONE "," ONE("SIMPLE", "1"))),
                     AEMS_E_FORMAT);
    ck_assert_ptr_nonnull(strstr(why, "found \"\\x1B]0;x\\x07\\r\\n\""));
    ck_assert_int_eq(read_bytes(noon, "{\"a\":\x1b}", 7), AEMS_E_FORMAT);
    for (const char *c = why; *c != '\0'; c++)
        ck_assert_int_ge((unsigned char)*c, 0x20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openadr refused");
    TCase *tests = tcase_create("openadr refused");
    tcase_add_checked_fixture(tests, openadr_world_start, openadr_world_end);
    tcase_add_test(tests, values_must_be_numbers_in_range);
    tcase_add_test(tests, forms_that_are_none_are_refused_with_their_place);
    tcase_add_test(tests, ids_are_safe_in_topics);
    tcase_add_test(tests, what_is_no_json_is_refused);
    tcase_add_test(tests, there_are_96_intervals_at_most_and_what_values_make_of_them_counts);
    tcase_add_test(tests, signals_of_all_kinds_have_a_bound_too);
    tcase_add_test(tests, more_bytes_than_16_kib_are_not_even_looked_at);
    tcase_add_test(tests, a_sentence_shows_nothing_that_harms_a_line_of_a_log);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
