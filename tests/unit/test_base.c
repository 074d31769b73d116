// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "base/log.h"
#include "base/number.h"
#include "base/quantity.h"
#include "base/text.h"
#include "tests/unit/run_suite.h"

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

// ---- instants -------------------------------------------------------------------------------------------------------

START_TEST(rfc3339_texts_become_the_instant_they_name)
{
    ck_assert_int_eq(at("1970-01-01T00:00:00Z"), 0);
    ck_assert_int_eq(at("2026-01-31T12:34:56.789Z"), 1769862896789);
    ck_assert_int_eq(at("2026-01-31T21:34:56+09:00"), 1769862896000);
    ck_assert_int_eq(at("2026-01-31t12:34:56.7899999z"), 1769862896789);
    ck_assert_int_eq(at("2026-01-31T12:34:56.5Z"), 1769862896500);
    ck_assert_int_eq(at("2024-02-29T00:00:00Z"), 1709164800000);
    ck_assert_int_eq(at("2000-02-29T00:00:00-01:30"), 951787800000);
    ck_assert_int_eq(at("2038-01-19T03:14:08Z"), 2147483648000);
    ck_assert_int_eq(at("9999-12-31T23:59:59.999Z"), 253402300799999);
    ck_assert_int_eq(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
}
END_TEST

START_TEST(rfc3339_texts_that_are_malformed_are_refused)
{
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-01-31",
        "2026-01-31T12:34:56",
        "2026-01-31 12:34:56Z",
        "2026-01-31T12:34Z",
        "2026-1-31T12:34:56Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-13-10T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:34:60Z",
        "2026-01-31T12:34:61Z",
        "2026-01-31T12:34:56.Z",
        "2026-01-31T12:34:56,5Z",
        "2026-01-31T12:34:56Z ",
        " 2026-01-31T12:34:56Z",
        "2026-01-31T12:34:56+9:00",
        "2026-01-31T12:34:56+0900",
        "2026-01-31T12:34:56+24:00",
        "2026-01-31T12:34:56+09:60",
        "2026-01-31T12:34:56+09:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+09:00",
        "9999-12-31T23:59:59-09:00",
        "0000-01-01T00:00:00Z",
        "+026-01-31T12:34:56Z",
        "2026-01-31T12:34:-6Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t untouched = 42;
        ck_assert_msg(rfc3339_parse(wrong[i], &untouched) == AEMS_E_FORMAT, "\"%s\" is accepted", wrong[i]);
        ck_assert_int_eq(untouched, 42);
    }
}
END_TEST

START_TEST(instants_are_written_in_utc_and_read_back_the_same)
{
    char text[RFC3339_SIZE];
    rfc3339_format(1769862896789, text);
    ck_assert_str_eq(text, "2026-01-31T12:34:56.789Z");
    rfc3339_format(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
    for (int64_t utc_ms = 1; utc_ms < 253402300800000; utc_ms += 86399999 * INT64_C(97)) {
        rfc3339_format(utc_ms, text);
        ck_assert_int_eq(at(text), utc_ms);
    }
}
END_TEST

START_TEST(instants_outside_four_digit_years_are_written_as_invalid)
{
    static const int64_t outside[] = {-1, INT64_MIN, INT64_MAX, 253402300800000};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        char text[RFC3339_SIZE];
        rfc3339_format(outside[i], text);
        ck_assert_str_eq(text, "invalid");
    }
}
END_TEST

// ---- local time -----------------------------------------------------------------------------------------------------

START_TEST(only_zones_of_the_database_exist)
{
    ck_assert(local_time_zone_exists("Asia/Tokyo"));
    ck_assert(local_time_zone_exists("Europe/Berlin"));
    static const char *const wrong[] = {"",
                                        "Asia",
                                        "Asia/Tokio",
                                        "../zoneinfo/UTC",
                                        "/usr/share/zoneinfo/UTC",
                                        ":UTC",
                                        "zone.tab",
                                        "EST5EDT,M3.2.0,M11.1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!local_time_zone_exists(wrong[i]), "%s exists", wrong[i]);
    ck_assert(!local_time_zone_exists(NULL));
}
END_TEST

START_TEST(an_unknown_zone_leaves_the_old_one)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), AEMS_OK);
    ck_assert_int_eq(local_time_set_zone("Asia/Tokio"), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(local_time_at(0).utc_offset_s, 9 * 3600);
}
END_TEST

START_TEST(local_time_names_day_weekday_and_minute)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), AEMS_OK);
    struct local_time t = local_time_at(at("2026-01-31T15:07:08Z"));
    ck_assert_int_eq(t.year, 2026);
    ck_assert_int_eq(t.month, 2);
    ck_assert_int_eq(t.day, 1);
    ck_assert_int_eq(t.weekday, 0);
    ck_assert_int_eq(t.day_of_year, 32);
    ck_assert_int_eq(t.minute, 7);
    ck_assert_int_eq(t.second, 8);
    ck_assert_int_eq(local_time_at(-1).second, 59);
}
END_TEST

static void assert_day_starts(const char *zone, const char *instant, const char *start)
{
    ck_assert_int_eq(local_time_set_zone(zone), AEMS_OK);
    char text[RFC3339_SIZE];
    rfc3339_format(local_day_start_ms(at(instant)), text);
    ck_assert_str_eq(text, start);
}

START_TEST(days_of_23_24_and_25_hours_start_at_local_midnight)
{
    assert_day_starts("Asia/Tokyo", "2026-03-29T14:59:59.999Z", "2026-03-28T15:00:00Z");
    assert_day_starts("Asia/Tokyo", "2026-03-29T15:00:00Z", "2026-03-29T15:00:00Z");
    // Berlin leaves winter time on 29 March and comes back on 25 October 2026, at 01:00 UTC.
    assert_day_starts("Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-28T23:00:00Z");
    assert_day_starts("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-28T23:00:00Z");
    assert_day_starts("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-29T22:00:00Z");
    assert_day_starts("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z");
    assert_day_starts("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z");
    // Cairo's summer time begins at midnight: the day of 24 April 2026 starts at one o'clock.
    assert_day_starts("Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z");
}
END_TEST

START_TEST(months_start_at_local_midnight_of_their_first_day)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), AEMS_OK);
    ck_assert_int_eq(local_month_start_ms(at("2026-03-31T20:00:00Z")), at("2026-02-28T23:00:00Z"));
    ck_assert_int_eq(local_month_start_ms(at("2026-10-31T22:59:59Z")), at("2026-09-30T22:00:00Z"));
    ck_assert_int_eq(local_month_start_ms(at("2026-10-31T23:00:00Z")), at("2026-10-31T23:00:00Z"));
}
END_TEST

// ---- text -----------------------------------------------------------------------------------------------------------

START_TEST(a_text_grows_with_what_is_appended)
{
    struct text t = {0};
    for (int i = 0; i < 1000; i++)
        text_appendf(&t, "%d,", i % 10);
    text_append(&t, "end");
    ck_assert(!t.failed);
    ck_assert_uint_eq(t.length, 2003);
    ck_assert_str_eq(t.data + 1996, "8,9,end");
    text_free(&t);
    ck_assert_ptr_null(t.data);
}
END_TEST

START_TEST(copies_that_do_not_fit_are_refused)
{
    char target[4] = "old";
    ck_assert_int_eq(text_copy(target, sizeof target, "four"), AEMS_E_LIMIT);
    ck_assert_str_eq(target, "");
    ck_assert_int_eq(text_copy(target, sizeof target, "3ch"), AEMS_OK);
    ck_assert_str_eq(target, "3ch");
}
END_TEST

START_TEST(control_characters_are_escaped)
{
    char out[64];
    ck_assert_uint_eq(text_escape(out, sizeof out, "a\nb\r\t\x1b[0m\x7f\xc2\x9b \xe6\x9f\x8f"), 27);
    ck_assert_str_eq(out, "a\\nb\\r\\t\\x1B[0m\\x7F\\x9B \xe6\x9f\x8f");
    text_escape(out, sizeof out, "a\xe2\x80\xae \xe2\x80\xa8 \xe2\x80\x94"); // writing turns, a line ends; a dash
    ck_assert_str_eq(out, "a\\xE2\\x80\\xAE \\xE2\\x80\\xA8 \xe2\x80\x94");
    ck_assert_uint_eq(text_escape(out, 4, "abcdef"), 3);
    ck_assert_uint_eq(text_escape(out, 4, "ab\ncd"), 2);
    ck_assert_str_eq(out, "ab");
    ck_assert_uint_eq(text_escape(out, 4, "ab\xc3\xa9"), 2); // no half of a letter
    ck_assert_uint_eq(text_escape(out, sizeof out, "a\xc3 \xff\xed\xa0\x80\xf0\x9f\x98\x80"), 26);
    ck_assert_str_eq(out, "a\\xC3 \\xFF\\xED\\xA0\\x80\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(a_slip_finds_the_name_that_was_meant)
{
    static const char *const names[] = {"capacity", "max_charge", "max_discharge", "soc_min", "soc_max", "bus"};
    ck_assert_str_eq(text_nearest("capcity", names, 6), "capacity");
    ck_assert_str_eq(text_nearest("Capacity", names, 6), "capacity");
    ck_assert_str_eq(text_nearest("max_dischrage", names, 6), "max_discharge");
    ck_assert_str_eq(text_nearest("soc_mni", names, 6), "soc_min");
    ck_assert_str_eq(text_nearest("bsu", names, 6), "bus");
    ck_assert_ptr_null(text_nearest("temperature", names, 6));
    ck_assert_ptr_null(text_nearest("", names, 6));
    ck_assert_ptr_null(text_nearest("x", NULL, 0));
}
END_TEST

START_TEST(ids_are_short_and_safe_in_topics)
{
    ck_assert(text_is_id("gs_li"));
    ck_assert(text_is_id("9-a"));
    ck_assert(text_is_id("a2345678901234567890123456789012345678901234567"));
    static const char *const wrong[] = {"",
                                        "_a",
                                        "-a",
                                        "a/b",
                                        "a b",
                                        "a+",
                                        "a#b",
                                        "a.b",
                                        "a\n",
                                        "gr\xc3\xbcn",
                                        "a23456789012345678901234567890123456789012345678"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!text_is_id(wrong[i]), "%s is an id", wrong[i]);
}
END_TEST

// ---- numbers and names ----------------------------------------------------------------------------------------------

START_TEST(numbers_that_are_not_finite_are_in_no_range)
{
    ck_assert(in_range(1, 0, 1));
    ck_assert(!in_range(NAN, -INFINITY, INFINITY));
    ck_assert(!in_range(INFINITY, -INFINITY, INFINITY));
    ck_assert_double_eq(clamp(NAN, 2, 3), 2);
    ck_assert_double_eq(clamp(5, 2, 3), 3);
}
END_TEST

START_TEST(quantities_are_found_by_their_names)
{
    for (int q = 0; q < QUANTITY_COUNT; q++)
        ck_assert_int_eq(quantity_by_name(quantity_name((enum quantity)q)), q);
    ck_assert_str_eq(quantity_name(QUANTITY_POWER_W), "power_w");
    ck_assert_int_eq(quantity_by_name("power"), QUANTITY_COUNT);
    ck_assert_str_eq(quantity_name(QUANTITY_COUNT), "unknown");
}
END_TEST

START_TEST(every_error_code_has_a_text)
{
    for (int code = 0; code >= AEMS_E_REFUSED; code--)
        ck_assert_str_ne(aems_error_text(code), "unknown error");
    ck_assert_str_eq(aems_error_text(-99), "unknown error");
}
END_TEST

// ---- messages -------------------------------------------------------------------------------------------------------

START_TEST(messages_are_printed_in_the_order_of_their_places)
{
    struct diagnostics d = {0};
    diagnostics_add(&d, SEVERITY_ERROR, (struct place){"b.yaml", 1, 1}, "third");
    diagnostics_add(&d, SEVERITY_WARNING, (struct place){"a.yaml", 17, 15}, "second");
    ck_assert(!diagnostics_has_errors(&d) || d.errors == 1);
    diagnostics_add(&d, SEVERITY_ERROR, (struct place){"a.yaml", 2, 9}, "first %d \"x\ny\"", 7);
    diagnostics_add(&d, SEVERITY_ERROR, (struct place){"a.yaml", 0, 0}, "whole file");
    ck_assert(diagnostics_has_errors(&d));
    ck_assert_uint_eq(d.errors, 3);
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    diagnostics_print(&d, f);
    fclose(f);
    ck_assert_str_eq(out, "a.yaml: whole file\na.yaml:2:9: first 7 \"x\\ny\"\na.yaml:17:15: warning: second\n"
                          "b.yaml:1:1: third\n");
    free(out);
    diagnostics_free(&d);
    ck_assert_uint_eq(d.count, 0);
}
END_TEST

START_TEST(warnings_are_no_errors_but_lost_messages_are)
{
    struct diagnostics d = {0};
    diagnostics_add(&d, SEVERITY_WARNING, (struct place){"a.yaml", 1, 1}, "mind");
    ck_assert(!diagnostics_has_errors(&d));
    d.failed = true;
    ck_assert(diagnostics_has_errors(&d));
    diagnostics_free(&d);
}
END_TEST

// What log_line writes to stderr, read back through a pipe.
static size_t logged(enum log_level level, const char *argument, char *ret_line, size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_line(level, "device %s", argument);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], ret_line, size - 1);
    close(ends[0]);
    ck_assert_int_ge(length, 0);
    ret_line[length] = '\0';
    return (size_t)length;
}

START_TEST(outside_text_cannot_forge_a_log_line)
{
    char line[256];
    logged(LOG_LEVEL_WARNING, "a\n<3>forged\x1b[2J", line, sizeof line);
    ck_assert_str_eq(line, "<4>device a\\n<3>forged\\x1B[2J\n");
}
END_TEST

START_TEST(lines_above_the_level_are_not_written)
{
    char line[256];
    ck_assert_uint_eq(logged(LOG_LEVEL_DEBUG, "quiet", line, sizeof line), 0);
    log_set_level(LOG_LEVEL_DEBUG);
    ck_assert_uint_gt(logged(LOG_LEVEL_DEBUG, "loud", line, sizeof line), 0);
    log_set_level(LOG_LEVEL_INFO);
}
END_TEST

START_TEST(a_log_line_that_is_too_long_still_ends)
{
    static char argument[5000], line[10000];
    memset(argument, '\n', sizeof argument - 1);
    size_t length = logged(LOG_LEVEL_ERROR, argument, line, sizeof line);
    ck_assert_uint_gt(length, 3000);
    ck_assert_uint_le(length, PIPE_BUF);
    ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
}
END_TEST

START_TEST(a_reader_of_the_log_that_has_stopped_holds_nobody_up)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    for (int i = 0; i < 2000; i++) // far more than the pipe takes
        log_line(LOG_LEVEL_ERROR, "line %d of many that nobody reads", i);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    char first[16] = "";
    ck_assert_int_eq(read(ends[0], first, 10), 10);
    ck_assert_str_eq(first, "<3>line 0 ");
    close(ends[0]);
}
END_TEST

static void add_instants(Suite *suite)
{
    TCase *c = tcase_create("time");
    tcase_add_test(c, rfc3339_texts_become_the_instant_they_name);
    tcase_add_test(c, rfc3339_texts_that_are_malformed_are_refused);
    tcase_add_test(c, instants_are_written_in_utc_and_read_back_the_same);
    tcase_add_test(c, instants_outside_four_digit_years_are_written_as_invalid);
    tcase_add_test(c, only_zones_of_the_database_exist);
    tcase_add_test(c, an_unknown_zone_leaves_the_old_one);
    tcase_add_test(c, local_time_names_day_weekday_and_minute);
    tcase_add_test(c, days_of_23_24_and_25_hours_start_at_local_midnight);
    tcase_add_test(c, months_start_at_local_midnight_of_their_first_day);
    suite_add_tcase(suite, c);
}

static void add_texts(Suite *suite)
{
    TCase *c = tcase_create("text");
    tcase_add_test(c, a_text_grows_with_what_is_appended);
    tcase_add_test(c, copies_that_do_not_fit_are_refused);
    tcase_add_test(c, control_characters_are_escaped);
    tcase_add_test(c, a_slip_finds_the_name_that_was_meant);
    tcase_add_test(c, ids_are_short_and_safe_in_topics);
    tcase_add_test(c, numbers_that_are_not_finite_are_in_no_range);
    tcase_add_test(c, quantities_are_found_by_their_names);
    tcase_add_test(c, every_error_code_has_a_text);
    suite_add_tcase(suite, c);
}

static void add_messages(Suite *suite)
{
    TCase *c = tcase_create("messages");
    tcase_add_test(c, messages_are_printed_in_the_order_of_their_places);
    tcase_add_test(c, warnings_are_no_errors_but_lost_messages_are);
    tcase_add_test(c, outside_text_cannot_forge_a_log_line);
    tcase_add_test(c, lines_above_the_level_are_not_written);
    tcase_add_test(c, a_log_line_that_is_too_long_still_ends);
    tcase_add_test(c, a_reader_of_the_log_that_has_stopped_holds_nobody_up);
    suite_add_tcase(suite, c);
}

int main(void)
{
    Suite *suite = suite_create("base");
    add_instants(suite);
    add_texts(suite);
    add_messages(suite);
    return run_suite(suite);
}
