// SPDX-License-Identifier: GPL-3.0-or-later
// Durations of ISO 8601 and times as OpenADR objects have them.
#include "dr/openadr_internal.h"
#include "openadr_world.h"
#include "tests/unit/run_suite.h"

static int64_t end_of(const char *from, const char *duration)
{
    int64_t end = -1;
    ck_assert_msg(openadr_duration_end(duration, at(from), &end) == 0, "%s", duration);
    return end;
}

START_TEST(a_duration_ends_where_the_calendar_says)
{
    static const char *const rows[][3] = {
        {"2026-01-14T12:00:00Z", "PT1H", "2026-01-14T13:00:00Z"},
        {"2026-01-14T12:00:00Z", "PT1H30M", "2026-01-14T13:30:00Z"},
        {"2026-01-14T12:00:00Z", "PT90M", "2026-01-14T13:30:00Z"},
        {"2026-01-14T12:00:00Z", "PT0S", "2026-01-14T12:00:00Z"},
        {"2026-01-14T12:00:00Z", "PT0H", "2026-01-14T12:00:00Z"},
        {"2026-01-14T12:00:00Z", "PT0.25S", "2026-01-14T12:00:00.250Z"},
        {"2026-01-14T12:00:00Z", "PT1.0019S", "2026-01-14T12:00:01.001Z"},
        {"2026-01-14T12:00:00Z", "P2W", "2026-01-28T12:00:00Z"},
        {"2026-01-14T12:00:00Z", "P1DT12H", "2026-01-16T00:00:00Z"},
        {"2026-01-14T12:00:00Z", "P1DT", "2026-01-15T12:00:00Z"},
        {"2026-01-14T12:00:00Z", "P1M", "2026-02-14T12:00:00Z"},
        {"2026-01-31T12:00:00Z", "P1M", "2026-02-28T12:00:00Z"},
        {"2028-01-31T12:00:00Z", "P1M", "2028-02-29T12:00:00Z"},
        {"2028-02-29T12:00:00.500Z", "P1Y", "2029-02-28T12:00:00.500Z"},
        {"2026-11-14T12:00:00Z", "P2M", "2027-01-14T12:00:00Z"},
        {"2026-01-14T12:00:00Z", "P1Y2M3DT4H5M6S", "2027-03-17T16:05:06Z"},
        {"2026-01-14T12:00:00Z", "-PT1H", "2026-01-14T11:00:00Z"},
        {"2026-03-31T12:00:00Z", "-P1M", "2026-02-28T12:00:00Z"},
        {"1970-01-02T00:00:00Z", "-P1Y", "1970-01-01T00:00:00Z"},
        {"1970-01-02T00:00:00Z", "-P99999999999W", "1970-01-01T00:00:00Z"},
        {"2038-01-19T03:14:07Z", "PT1S", "2038-01-19T03:14:08Z"},
        {"2106-02-07T06:28:15Z", "PT1S", "2106-02-07T06:28:16Z"},
        {"2016-12-31T23:59:59Z", "PT1S", "2017-01-01T00:00:00Z"}, // a leap second lay between
        {"2026-01-14T12:00:00Z", "P9999Y", "9999-12-31T23:59:59Z"},
        {"2026-01-14T12:00:00Z", "P99999999999999999999Y", "9999-12-31T23:59:59Z"},
        {"2026-01-14T12:00:00Z", "PT99999999999999999999H", "9999-12-31T23:59:59Z"},
        {"2026-01-14T12:00:00Z", "P99999999999999999999W", "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(end_of(rows[i][0], rows[i][1]) == at(rows[i][2]), "%s %s", rows[i][0], rows[i][1]);
}
END_TEST

START_TEST(a_day_of_23_or_25_hours_does_not_move_a_duration)
{
    // Summer time began in Europe on 29 March 2026, and ends on 25 October: P1D is 24 h of UTC all the same.
    ck_assert_int_eq(end_of("2026-03-28T23:00:00Z", "P1D") - at("2026-03-28T23:00:00Z"), DAY_MS);
    ck_assert_int_eq(end_of("2026-10-24T22:00:00Z", "P1D") - at("2026-10-24T22:00:00Z"), DAY_MS);
}
END_TEST

START_TEST(what_is_no_duration_is_refused)
{
    static const char *const texts[] = {"",      "P",       "PT",    "T1H",    "1H",      "PT1",   "P1H",    "PT1D",
                                        "P1S",   "P1D1W",   "P1W1D", "P1D1M",  "PT1M1H",  "P1.5D", "PT1.5H", "PT.5S",
                                        "PT1.S", "PT1,5S",  "+PT1H", "--PT1H", "P-1D",    "PT1H ", " PT1H",  "pt1h",
                                        "PT1h",  "PT1HT1M", "P1Y1Y", "PT1H1H", "PT1S1M",  "P1M1Y", "PTS",    "P1DT1",
                                        "PTH1",  "P0x10D",  "P1D\n", "NaN",    "Infinity"};
    int64_t end = 7;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        ck_assert_msg(openadr_duration_end(texts[i], 0, &end) == AEMS_E_FORMAT && end == 7, "\"%s\"", texts[i]);
}
END_TEST

START_TEST(a_length_of_time_is_written_and_read_back)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "PT0S"},
                {1, "PT0.001S"},
                {1000, "PT1S"},
                {90000, "PT1M30S"},
                {3600000, "PT1H"},
                {5400000, "PT1H30M"},
                {86400000, "P1D"},
                {86400001, "P1DT0.001S"},
                {90061250, "P1DT1H1M1.250S"},
                {INT64_C(253402300799000), "P2932896DT23H59M59S"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[DURATION_SIZE];
        int64_t end = -1;
        openadr_duration_format(rows[i].ms, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_int_eq(openadr_duration_end(text, 0, &end), 0);
        ck_assert_int_eq(end, rows[i].ms);
    }
}
END_TEST

START_TEST(the_first_day_of_all_is_now)
{
    static const char *const texts[] = {"0001-01-01",
                                        "0001-01-01T00:00:00",
                                        "0001-01-01T00:00:00Z",
                                        "0001-01-01T00:00:00.000Z",
                                        "0001-01-01T00:00:00.0Z",
                                        "0001-01-01T00:00:00+00:00"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int64_t utc_ms = -1;
        bool is_now = false;
        ck_assert_msg(openadr_time(texts[i], at(noon), &utc_ms, &is_now) == 0, "%s", texts[i]);
        ck_assert(is_now);
        ck_assert_int_eq(utc_ms, at(noon));
    }
}
END_TEST

START_TEST(times_are_rfc_3339_or_a_date)
{
    static const struct {
        const char *text, *same;
    } rows[] = {{"2026-01-14T13:00:00Z", "2026-01-14T13:00:00Z"},
                {"2026-01-14T22:00:00+09:00", "2026-01-14T13:00:00Z"},
                {"2026-01-14T13:00:00.000000001Z", "2026-01-14T13:00:00Z"},
                {"2026-01-14", "2026-01-14T00:00:00Z"},
                {"2028-02-29", "2028-02-29T00:00:00Z"},
                {"2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z"},
                {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"}};
    static const char *const wrong[] = {"",
                                        "now",
                                        "14:13:26",
                                        "2026-02-29",
                                        "2026-1-14",
                                        "2026-01-14Z",
                                        "2026-01-14T13:00:00",
                                        "2026-01-14T13:00Z",
                                        "2026-01-14 13:00:00Z",
                                        "0001-01-02",
                                        "0001-01-01T00:00:01Z",
                                        "0001-01-01T00:00:00.1Z",
                                        "0001-01-01T00:00:00Zx",
                                        "0001-01-01x",
                                        "1969-12-31T23:59:59Z",
                                        "10000-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t utc_ms = -1;
        bool is_now = true;
        ck_assert_msg(openadr_time(rows[i].text, 0, &utc_ms, &is_now) == 0, "%s", rows[i].text);
        ck_assert(!is_now);
        ck_assert_msg(utc_ms == at(rows[i].same), "%s", rows[i].text);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int64_t utc_ms = -1;
        bool is_now = false;
        ck_assert_msg(openadr_time(wrong[i], 0, &utc_ms, &is_now) == AEMS_E_FORMAT, "%s", wrong[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openadr time");
    TCase *tests = tcase_create("openadr time");
    tcase_add_test(tests, a_duration_ends_where_the_calendar_says);
    tcase_add_test(tests, a_day_of_23_or_25_hours_does_not_move_a_duration);
    tcase_add_test(tests, what_is_no_duration_is_refused);
    tcase_add_test(tests, a_length_of_time_is_written_and_read_back);
    tcase_add_test(tests, the_first_day_of_all_is_now);
    tcase_add_test(tests, times_are_rfc_3339_or_a_date);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
