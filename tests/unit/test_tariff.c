// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "tariff/tariff.h"
#include "tests/unit/run_suite.h"

enum { ALL_MONTHS = 0x0FFF, SUMMER = 7 << 6 };

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == AEMS_OK, "%s is refused", text);
    return utc_ms;
}

static struct site_price_period tokyo_import[] = {
    {38.5, 780, 960, DAYS_WEEKDAYS, SUMMER},
    {31.2, 480, 1320, DAYS_WEEKDAYS, ALL_MONTHS},
    {23.9, 0, 1440, DAYS_ALL, ALL_MONTHS},
};
static struct site_price_period tokyo_export[] = {{8, 0, 1440, DAYS_ALL, ALL_MONTHS}};
static struct site_price_period night_import[] = {
    {0.10, 1320, 360, DAYS_ALL, ALL_MONTHS}, // 22:00 to 06:00
    {0.50, 135, 150, DAYS_ALL, ALL_MONTHS},  // hidden by the first
    {0.30, 0, 1440, DAYS_ALL, ALL_MONTHS},
};
static struct site_price_period edges_import[] = {
    {0.50, 150, 170, DAYS_ALL, ALL_MONTHS}, // 02:30 to 02:50
    {-0.05, 720, 721, DAYS_WEEKENDS, ALL_MONTHS},
    {0.30, 0, 1440, DAYS_ALL, ALL_MONTHS},
};
static struct site_tariff tariffs[] = {
    {.id = "tokyo", tokyo_import, 3, tokyo_export, 1, 1800, 1800},
    {.id = "night", night_import, 3, NULL, 0, 0, 900},
    {.id = "edges", edges_import, 3, NULL, 0, 0, 900},
};
static struct site_price_point day_ahead[] = {
    {.from_utc_ms = 1768345200000, .import_price_per_kwh = 0.20, .export_price_per_kwh = 0.07, .co2_g_per_kwh = 300},
    {.from_utc_ms = 1768348800000, .import_price_per_kwh = -0.03, .co2_g_per_kwh = -1, .lacks_export = true},
    {.from_utc_ms = 1768350600000, .co2_g_per_kwh = 280, .lacks_import = true, .lacks_export = true},
};
static struct site_price_period spot_export[] = {{0.05, 0, 1440, DAYS_ALL, ALL_MONTHS}};
static struct site_tariff spot[] = {
    {.id = "spot", night_import, 3, spot_export, 1, 0, 900, day_ahead, 3},
    {.id = "single", night_import, 3, NULL, 0, 0, 900, day_ahead, 1},
};
static struct site_grid grids[] = {{.id = "g", .tariff = 0, .co2_g_per_kwh = 400}, {.id = "h", .tariff = -1}};
static const struct site spot_area = {.tariffs = spot, .n_tariffs = 2, .grids = grids, .n_grids = 2};
static int32_t holidays[] = {20260101, 20260112, 20261103};
static const struct site area = {.tariffs = tariffs, .n_tariffs = 3, .holidays = holidays, .n_holidays = 3};

enum { TOKYO, NIGHT, EDGES };

static void set_zone(const char *zone)
{
    ck_assert_int_eq(local_time_set_zone(zone), AEMS_OK);
}

static double import_price(int tariff, const char *instant)
{
    return tariff_import_price_per_kwh(&area, tariff, at(instant));
}

START_TEST(the_first_period_that_matches_gives_the_price)
{
    set_zone("Asia/Tokyo");
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T13:00:00+09:00"), 38.5);
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T12:59:59+09:00"), 31.2);
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T16:00:00+09:00"), 31.2);
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T22:00:00+09:00"), 23.9);
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T07:59:59.999+09:00"), 23.9);
    ck_assert_double_eq(import_price(TOKYO, "2026-08-03T08:00:00+09:00"), 31.2);
}
END_TEST

START_TEST(months_are_local_months)
{
    set_zone("Asia/Tokyo");
    ck_assert_double_eq(import_price(TOKYO, "2026-06-30T14:00:00+09:00"), 31.2);
    ck_assert_double_eq(import_price(TOKYO, "2026-07-01T14:00:00+09:00"), 38.5);
    ck_assert_double_eq(import_price(TOKYO, "2026-09-30T14:00:00+09:00"), 38.5);
    ck_assert_double_eq(import_price(TOKYO, "2026-10-01T14:00:00+09:00"), 31.2);
}
END_TEST

START_TEST(weekends_and_holidays_are_local_days)
{
    set_zone("Asia/Tokyo");
    ck_assert(calendar_is_weekend(&area, at("2026-01-16T15:00:00Z")));
    ck_assert(!calendar_is_weekend(&area, at("2026-01-16T14:59:59Z")));
    ck_assert(calendar_is_weekend(&area, at("2026-01-18T12:00:00+09:00")));
    ck_assert(calendar_is_weekend(&area, at("2026-01-12T12:00:00+09:00")));
    ck_assert(!calendar_is_weekend(&area, at("2026-01-13T12:00:00+09:00")));
    ck_assert(calendar_is_weekend(&area, at("2026-11-03T12:00:00+09:00")));
    ck_assert(!calendar_is_weekend(&area, at("2026-11-04T12:00:00+09:00")));
    ck_assert_double_eq(import_price(TOKYO, "2026-01-12T12:00:00+09:00"), 23.9);
    ck_assert_double_eq(import_price(TOKYO, "2026-01-13T12:00:00+09:00"), 31.2);
}
END_TEST

START_TEST(a_period_may_go_over_midnight)
{
    set_zone("Europe/Berlin");
    ck_assert_double_eq(import_price(NIGHT, "2026-01-13T21:59:59+01:00"), 0.30);
    ck_assert_double_eq(import_price(NIGHT, "2026-01-13T22:00:00+01:00"), 0.10);
    ck_assert_double_eq(import_price(NIGHT, "2026-01-14T00:00:00+01:00"), 0.10);
    ck_assert_double_eq(import_price(NIGHT, "2026-01-14T05:59:59+01:00"), 0.10);
    ck_assert_double_eq(import_price(NIGHT, "2026-01-14T06:00:00+01:00"), 0.30);
}
END_TEST

START_TEST(feeding_in_pays_nothing_unless_configured)
{
    set_zone("Asia/Tokyo");
    int64_t noon = at("2026-01-13T12:00:00+09:00");
    ck_assert_double_eq(tariff_export_price_per_kwh(&area, TOKYO, noon), 8);
    ck_assert_double_eq(tariff_export_price_per_kwh(&area, NIGHT, noon), 0);
    ck_assert_double_eq(tariff_import_price_per_kwh(&area, 7, noon), 0);
    ck_assert_double_eq(tariff_import_price_per_kwh(&area, -1, noon), 0);
}
END_TEST

static void assert_next_change(int tariff, const char *instant, const char *expected)
{
    char text[RFC3339_SIZE];
    rfc3339_format(tariff_next_change_ms(&area, tariff, at(instant)), text);
    ck_assert_str_eq(text, expected);
}

START_TEST(the_next_change_is_an_edge_or_midnight)
{
    set_zone("Asia/Tokyo");
    assert_next_change(TOKYO, "2026-01-13T00:00:00+09:00", "2026-01-12T23:00:00Z");
    assert_next_change(TOKYO, "2026-01-13T07:59:59.999+09:00", "2026-01-12T23:00:00Z");
    assert_next_change(TOKYO, "2026-01-13T08:00:00+09:00", "2026-01-13T04:00:00Z");
    assert_next_change(TOKYO, "2026-01-13T22:00:00+09:00", "2026-01-13T15:00:00Z");
    assert_next_change(99, "2026-01-13T22:00:00+09:00", "2026-01-13T15:00:00Z");
}
END_TEST

START_TEST(a_change_of_the_clock_is_a_change_of_price)
{
    set_zone("Europe/Berlin");
    // At 01:00 UTC on 29 March the clock jumps from 02:00 to 03:00, over the period from 02:30.
    assert_next_change(EDGES, "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z");
    assert_next_change(EDGES, "2026-03-29T01:00:00Z", "2026-03-29T10:00:00Z");
    // On 25 October 02:30 to 02:50 comes twice.
    assert_next_change(EDGES, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z");
    assert_next_change(EDGES, "2026-10-25T00:50:00Z", "2026-10-25T01:00:00Z");
    assert_next_change(EDGES, "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z");
    assert_next_change(EDGES, "2026-10-25T01:30:00Z", "2026-10-25T01:50:00Z");
    ck_assert_double_eq(import_price(EDGES, "2026-10-25T00:30:00Z"), 0.50);
    ck_assert_double_eq(import_price(EDGES, "2026-10-25T01:30:00Z"), 0.50);
    ck_assert_double_eq(import_price(EDGES, "2026-10-25T11:00:30Z"), -0.05);
}
END_TEST

START_TEST(between_two_changes_the_price_stands_still)
{
    set_zone("Europe/Berlin");
    int64_t end = at("2026-04-01T00:00:00Z");
    for (int tariff = TOKYO; tariff <= EDGES; tariff++) {
        int64_t change = at("2026-03-27T00:00:07Z");
        double price = tariff_import_price_per_kwh(&area, tariff, change);
        for (int64_t t = change; t < end; t += 60000) {
            if (t >= change) {
                price = tariff_import_price_per_kwh(&area, tariff, t);
                change = tariff_next_change_ms(&area, tariff, t);
                ck_assert_int_gt(change, t);
                ck_assert_int_le(change - t, 86400000);
            }
            ck_assert_double_eq(tariff_import_price_per_kwh(&area, tariff, t), price);
        }
    }
}
END_TEST

// ---- series of known prices -----------------------------------------------------------------------------------------

enum { SPOT, SINGLE };

static double spot_price(int tariff, const char *instant)
{
    return tariff_import_price_per_kwh(&spot_area, tariff, at(instant));
}

START_TEST(known_prices_hold_before_the_periods_from_the_first_to_the_last)
{
    set_zone("Europe/Berlin"); // the series begins on 14 January at 00:00 local time
    ck_assert_double_eq(spot_price(SPOT, "2026-01-13T23:59:59.999+01:00"), 0.10);
    ck_assert_double_eq(spot_price(SPOT, "2026-01-14T00:00:00+01:00"), 0.20);
    ck_assert_double_eq(spot_price(SPOT, "2026-01-14T00:59:59.999+01:00"), 0.20);
    ck_assert_double_eq(spot_price(SPOT, "2026-01-14T01:00:00+01:00"), -0.03);
    ck_assert_double_eq(spot_price(SINGLE, "2026-01-14T00:59:59.999+01:00"), 0.20); // one point alone holds an hour
    ck_assert_double_eq(spot_price(SINGLE, "2026-01-14T01:00:00+01:00"), 0.10);
}
END_TEST

START_TEST(a_price_that_a_series_lacks_is_that_of_the_periods)
{
    set_zone("Europe/Berlin");
    ck_assert_double_eq(spot_price(SPOT, "2026-01-14T01:30:00+01:00"), 0.10);
    ck_assert_double_eq(tariff_export_price_per_kwh(&spot_area, SPOT, at("2026-01-14T00:30:00+01:00")), 0.07);
    ck_assert_double_eq(tariff_export_price_per_kwh(&spot_area, SPOT, at("2026-01-14T01:00:00+01:00")), 0.05);
    ck_assert_double_eq(tariff_export_price_per_kwh(&spot_area, SPOT, at("2026-01-14T12:00:00+01:00")), 0.05);
}
END_TEST

START_TEST(emissions_are_those_of_the_series_where_it_knows_them)
{
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 0, at("2026-01-13T22:59:59Z")), 400);
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 0, at("2026-01-13T23:00:00Z")), 300);
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 0, at("2026-01-14T00:00:00Z")), 400);
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 0, at("2026-01-14T00:59:59Z")), 280);
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 0, at("2026-01-14T01:00:00Z")),
                        400); // as long as half an hour
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 1, at("2026-01-14T00:30:00Z")), 0);
    ck_assert_double_eq(tariff_co2_g_per_kwh(&spot_area, 2, at("2026-01-14T00:30:00Z")), 0);
}
END_TEST

START_TEST(each_point_of_a_series_is_a_change_and_so_is_its_end)
{
    static const char *const expected[] = {"2026-01-13T23:00:00Z", "2026-01-14T00:00:00Z", "2026-01-14T00:30:00Z",
                                           "2026-01-14T01:00:00Z", "2026-01-14T01:15:00Z", "2026-01-14T01:30:00Z"};
    set_zone("Europe/Berlin");
    int64_t t = at("2026-01-13T22:15:00Z");
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        t = tariff_next_change_ms(&spot_area, SPOT, t);
        ck_assert_int_eq(t, at(expected[i]));
    }
}
END_TEST

static void assert_window(int tariff, const char *instant, const char *expected)
{
    char text[RFC3339_SIZE];
    rfc3339_format(demand_window_start_ms(&tariffs[tariff], at(instant)), text);
    ck_assert_str_eq(text, expected);
}

START_TEST(demand_windows_are_aligned_to_the_local_hour)
{
    set_zone("Asia/Tokyo");
    assert_window(TOKYO, "2026-01-13T12:29:59.999Z", "2026-01-13T12:00:00Z");
    assert_window(TOKYO, "2026-01-13T12:30:00Z", "2026-01-13T12:30:00Z");
    assert_window(NIGHT, "2026-01-13T12:59:00Z", "2026-01-13T12:45:00Z");
    set_zone("Asia/Kathmandu"); // UTC+05:45
    assert_window(TOKYO, "2026-01-13T12:14:00Z", "2026-01-13T11:45:00Z");
    assert_window(TOKYO, "2026-01-13T12:15:00Z", "2026-01-13T12:15:00Z");
}
END_TEST

START_TEST(days_of_23_and_25_hours_have_92_and_100_quarter_hours)
{
    set_zone("Europe/Berlin");
    static const char *const noons[] = {"2026-03-29T12:00:00Z", "2026-10-25T12:00:00Z", "2026-06-01T12:00:00Z"};
    static const int expected[] = {92, 100, 96};
    for (int i = 0; i < 3; i++) {
        int64_t start = local_day_start_ms(at(noons[i]));
        int64_t end = local_day_start_ms(start + 30 * INT64_C(3600000));
        int windows = 0;
        for (int64_t t = start; t < end; t += 300000)
            windows += demand_window_start_ms(&tariffs[NIGHT], t) == t;
        ck_assert_int_eq(windows, expected[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tariff");
    TCase *c = tcase_create("tariff");
    tcase_add_test(c, the_first_period_that_matches_gives_the_price);
    tcase_add_test(c, months_are_local_months);
    tcase_add_test(c, weekends_and_holidays_are_local_days);
    tcase_add_test(c, a_period_may_go_over_midnight);
    tcase_add_test(c, feeding_in_pays_nothing_unless_configured);
    tcase_add_test(c, the_next_change_is_an_edge_or_midnight);
    tcase_add_test(c, a_change_of_the_clock_is_a_change_of_price);
    tcase_add_test(c, between_two_changes_the_price_stands_still);
    tcase_add_test(c, known_prices_hold_before_the_periods_from_the_first_to_the_last);
    tcase_add_test(c, a_price_that_a_series_lacks_is_that_of_the_periods);
    tcase_add_test(c, emissions_are_those_of_the_series_where_it_knows_them);
    tcase_add_test(c, each_point_of_a_series_is_a_change_and_so_is_its_end);
    tcase_add_test(c, demand_windows_are_aligned_to_the_local_hour);
    tcase_add_test(c, days_of_23_and_25_hours_have_92_and_100_quarter_hours);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
