// SPDX-License-Identifier: GPL-3.0-or-later
// A CSV of prices -> points, or messages with their line and column.
#include "base/error.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/price_series.h"
#include "conf_files.h"
#include "tests/unit/run_suite.h"

static struct diagnostics d;
static struct site_price_point *points;
static size_t n_points;

static void tear_down(void)
{
    free(points);
    points = NULL;
    n_points = 0;
    diagnostics_free(&d);
}

static int parse(const char *text)
{
    return price_series_parse("p.csv", text, strlen(text), &d, &points, &n_points);
}

START_TEST(rows_become_points)
{
    ck_assert_int_eq(parse("time,import_price,export_price,co2_g_per_kwh\n"
                           "1970-01-01T00:00:01Z,0.25,0.08,310\n"
                           "1970-01-01T01:00:00+00:30,-0.01,-0.02,0\n"),
                     0);
    ck_assert_uint_eq(n_points, 2);
    ck_assert_uint_eq(d.count, 0);
    ck_assert_int_eq(points[0].from_utc_ms, 1000);
    ck_assert_double_eq(points[0].import_price_per_kwh, 0.25);
    ck_assert_double_eq(points[0].export_price_per_kwh, 0.08);
    ck_assert_double_eq(points[0].co2_g_per_kwh, 310);
    ck_assert_int_eq(points[1].from_utc_ms, 1800000);
    ck_assert_double_eq(points[1].import_price_per_kwh, -0.01);
    ck_assert(!points[1].lacks_import && !points[1].lacks_export);
}
END_TEST

START_TEST(columns_come_in_any_order_and_cells_may_be_missing)
{
    ck_assert_int_eq(parse("\xEF\xBB\xBF# from the exchange\r\n\r\ntime, co2_g_per_kwh ,import_price\r\n"
                           "1970-01-01T00:00:00Z,, 0.5\r\n \t\r\n1970-01-01T00:15:00Z,420,"),
                     0);
    ck_assert_uint_eq(n_points, 2);
    ck_assert(!points[0].lacks_import && points[0].lacks_export);
    ck_assert_double_lt(points[0].co2_g_per_kwh, 0);
    ck_assert_double_eq(points[0].import_price_per_kwh, 0.5);
    ck_assert(points[1].lacks_import && points[1].lacks_export);
    ck_assert_double_eq(points[1].co2_g_per_kwh, 420);
}
END_TEST

START_TEST(each_mistake_is_said_with_its_line)
{
    ck_assert_int_eq(parse("time,import_price\n"
                           "2026-01-14 00:00,0.2\n"
                           "2026-01-14T00:00:00Z,0.2 EUR\n"
                           "2026-01-14T01:00:00Z,0,3\n"
                           "2026-01-14T02:00:00Z,nan\n"
                           "2026-01-14T03:00:00Z,1e9\n"
                           "2026-01-14T04:00:00Z\n"
                           "2026-01-14T05:00:00Z,0.1\n"
                           "2026-01-14T05:00:00Z,0.1\n"),
                     AEMS_E_FORMAT);
    ck_assert_ptr_null(points);
    ck_assert(has_message(&d, SEVERITY_ERROR, 2, "time: \"2026-01-14 00:00\": expected a date and time such as"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 3, "import_price: \"0.2 EUR\": expected a number such as 0.31"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 4, "expected 2 cells as in the head, found 3"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 5, "import_price: \"nan\": expected a number"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 6, "import_price: \"1e9\": expected -1e+06 to 1e+06"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 7, "expected 2 cells as in the head, found 1"));
    ck_assert(has_message(&d, SEVERITY_ERROR, 9, "expected a later time than that of the row before"));
    ck_assert_uint_eq(d.errors, 7);
    ck_assert_int_eq(d.items[1].column, 22);
}
END_TEST

START_TEST(a_head_must_name_known_columns)
{
    static const char *const heads[] = {"",        "\n",          "time",       "import_price,time\n",
                                        "time,\n", "time,time\n", "time,co2\n", "time,import_price,import_price\n"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        ck_assert_msg(parse(heads[i]) == AEMS_E_FORMAT, "%s", heads[i]);
        ck_assert_uint_eq(d.errors, 1);
        tear_down();
    }
    ck_assert_int_eq(parse("time,import_price\n"), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "expected a head and at least one row of prices"));
}
END_TEST

START_TEST(bytes_that_are_no_text_are_shown_harmlessly)
{
    static const char bytes[] = "time,import_price\n2026-01-14T00:00:00Z,\x1b[31m\0\xFF\n";
    ck_assert_int_eq(price_series_parse("p.csv", bytes, sizeof(bytes) - 1, &d, &points, &n_points), AEMS_E_FORMAT);
    ck_assert(mentions(&d, "import_price: \"?[31m??\": expected a number"));
}
END_TEST

START_TEST(a_row_beyond_the_limit_is_refused)
{
    struct text text = {0};
    text_append(&text, "time,import_price\n");
    for (int i = 0; i <= SITE_MAX_PRICES; i++)
        text_appendf(&text, "2026-01-%02dT%02d:%02d:00Z,1\n", i / 96 + 1, i / 4 % 24, i % 4 * 15);
    ck_assert_int_eq(parse(text.data), AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, SITE_MAX_PRICES + 2, "expected at most 1000 rows"));
    text_free(&text);
}
END_TEST

START_TEST(the_first_row_that_pays_more_than_it_costs_earns_a_warning)
{
    ck_assert_int_eq(parse("time,import_price,export_price\n2026-01-14T00:00:00Z,0.1,0.1\n"
                           "2026-01-14T01:00:00Z,0.1,0.2\n2026-01-14T02:00:00Z,0.1,0.3\n"),
                     0);
    ck_assert_uint_eq(d.count, 1);
    ck_assert(has_message(&d, SEVERITY_WARNING, 3, "it pays 0.2 /kWh and import costs 0.1 /kWh"));
}
END_TEST

// ---- in a configuration -------------------------------------------------------------------------------------------

static const char area[] = "area: {id: a, latitude: 1, longitude: 1}\nbuses: {b: {}}\n"
                           "tariffs:\n  t:\n    import: [{price: 1}]\n    series: prices.csv\n"
                           "grids: {g: {bus: b, import_limit: 1 kW, tariff: t}}\n";

START_TEST(a_tariff_reads_its_series_beside_the_configuration)
{
    struct site *site = NULL;
    scratch_open();
    scratch_write("prices.csv", "time,import_price\n2026-01-14T00:00:00Z,0.2\n2026-01-14T01:00:00Z,0.3\n");
    ck_assert_int_eq(conf_load(scratch_write("aems.yaml", area), &d, &site), 0);
    ck_assert_uint_eq(site->tariffs[0].n_series, 2);
    ck_assert_double_eq(site->tariffs[0].series[1].import_price_per_kwh, 0.3);
    site_free(site);
    scratch_close();
}
END_TEST

START_TEST(what_is_wrong_in_a_series_is_said_with_the_name_of_its_file)
{
    struct site *site = NULL;
    scratch_open();
    scratch_write("prices.csv", "time,import_price\n2026-01-14T00:00:00Z,cheap\n");
    ck_assert_int_eq(conf_load(scratch_write("aems.yaml", area), &d, &site), AEMS_E_FORMAT);
    ck_assert_uint_eq(d.count, 1);
    ck_assert(has_message(&d, SEVERITY_ERROR, 2, "import_price: \"cheap\""));
    ck_assert_str_eq(d.items[0].file, scratch_path("prices.csv"));
    diagnostics_free(&d);
    ck_assert_int_eq(remove(scratch_path("prices.csv")), 0);
    ck_assert_int_eq(conf_load(scratch_path("aems.yaml"), &d, &site), AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, 6, "tariffs.t.series: \"prices.csv\": expected a file that can be read"));
    scratch_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("price series");
    TCase *tests = tcase_create("price series");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, rows_become_points);
    tcase_add_test(tests, columns_come_in_any_order_and_cells_may_be_missing);
    tcase_add_test(tests, each_mistake_is_said_with_its_line);
    tcase_add_test(tests, a_head_must_name_known_columns);
    tcase_add_test(tests, bytes_that_are_no_text_are_shown_harmlessly);
    tcase_add_test(tests, a_row_beyond_the_limit_is_refused);
    tcase_add_test(tests, the_first_row_that_pays_more_than_it_costs_earns_a_warning);
    tcase_add_test(tests, a_tariff_reads_its_series_beside_the_configuration);
    tcase_add_test(tests, what_is_wrong_in_a_series_is_said_with_the_name_of_its_file);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
