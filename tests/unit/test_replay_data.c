// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded data: what is read, what is refused and how it is said, and what holds at an instant.
#include <math.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf_files.h"
#include "replay/data.h"
#include "tests/unit/run_suite.h"

static const char area[] =
    "area: {id: a, latitude: 52, longitude: 13, timezone: Europe/Berlin}\n"
    "tariffs: {t: {import: [{price: 0.3}]}}\n"
    "buses: {b: {}, warm: {carrier: heat}}\n"
    "grids: {grid: {bus: b, import_limit: 100 kW, tariff: t}}\n"
    "pv: {roof: {bus: b, peak_power: 10 kW}}\n"
    "chargers: {post: {bus: b, max_charge: 11 kW, capacity: 50 kWh}}\n"
    "loads: {home: {bus: b, average: 500 W, peak: 1 kW}, radiators: {bus: warm, average: 2 kW, peak: 5 kW}}\n";

static struct site *site;
static struct diagnostics d;
static struct replay_data *data;

static void set_up(void)
{
    ck_assert_int_eq(conf_load_text("area.yaml", area, strlen(area), &d, &site), 0);
    diagnostics_free(&d);
}

static void forget(void)
{
    replay_data_free(data);
    data = NULL;
    diagnostics_free(&d);
}

static void tear_down(void)
{
    forget();
    site_free(site);
    site = NULL;
}

static int read_bytes(const char *bytes, size_t length)
{
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "r");
    ck_assert_ptr_nonnull(stream);
    int code = replay_data_read(stream, "data.csv", site, &d, &data);
    fclose(stream);
    return code;
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static double value(const char *asset, enum replay_quantity quantity, int64_t utc_ms)
{
    return replay_data_value(data, site_find_asset(site, asset), quantity, utc_ms);
}

static double mean(const char *asset, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return replay_data_mean(data, site_find_asset(site, asset), REPLAY_LOAD_W, from_utc_ms, to_utc_ms);
}

enum { HOUR_MS = 3600000 };

// ---- what is read -------------------------------------------------------------------------------------------------

START_TEST(a_value_holds_until_the_next_row)
{
    ck_assert_int_eq(read_text("time,home.load_w,roof.pv_w,grid.import_price\n"
                               "1970-01-01T00:00:00Z,400,0,0.25\n"
                               "1970-01-01T01:00:00Z,600.5,,-0.1\n"),
                     0);
    ck_assert_uint_eq(d.count, 0);
    ck_assert_uint_eq(data->n_rows, 2);
    ck_assert_int_eq(data->step_ms, HOUR_MS);
    ck_assert_int_eq(data->end_utc_ms, 2 * HOUR_MS);
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, HOUR_MS - 1), 400);
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, HOUR_MS), 600.5);
    ck_assert_double_eq(value("grid", REPLAY_IMPORT_PRICE, 2 * HOUR_MS - 1), -0.1);
    ck_assert_double_nan(value("home", REPLAY_LOAD_W, -1));
    ck_assert_double_nan(value("home", REPLAY_LOAD_W, 2 * HOUR_MS));
    ck_assert_double_nan(value("roof", REPLAY_PV_W, HOUR_MS));         // an empty cell
    ck_assert_double_nan(value("grid", REPLAY_EXPORT_PRICE, HOUR_MS)); // no such column
}
END_TEST

START_TEST(a_mean_weighs_what_is_known_by_its_time)
{
    ck_assert_int_eq(read_text("time,home.load_w\n1970-01-01T00:00:00Z,100\n1970-01-01T01:00:00Z,\n"
                               "1970-01-01T02:00:00Z,400\n"),
                     0);
    ck_assert_double_eq(mean("home", 0, 3 * HOUR_MS), 250);
    ck_assert_double_eq(mean("home", -HOUR_MS, 9 * HOUR_MS), 250);
    ck_assert_double_eq(mean("home", HOUR_MS / 2, 4 * HOUR_MS), 300);
    ck_assert_double_nan(mean("home", HOUR_MS, 2 * HOUR_MS));
    ck_assert_double_nan(mean("home", 3 * HOUR_MS, 4 * HOUR_MS));
    ck_assert_double_nan(mean("home", HOUR_MS, HOUR_MS));
}
END_TEST

START_TEST(quotes_marks_comments_blanks_and_other_line_ends_are_understood)
{
    ck_assert_int_eq(read_text("\xEF\xBB\xBF# from the meter\r\n\r\n\"time\", \"home.load_w\" ,roof.pv_w\r\n"
                               " \t\r\n\"1970-01-01T00:00:00Z\" ,\"4e2\",\t12 \r\n1970-01-01 01:00:00Z,1e-3,0.1"),
                     0);
    ck_assert_uint_eq(d.count, 0);
    ck_assert_uint_eq(data->n_rows, 2);
    ck_assert_uint_eq(data->told.rows, 2);
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, 0), 400);
    ck_assert_double_eq(value("roof", REPLAY_PV_W, 0), 12);
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, HOUR_MS), 0.001);
    ck_assert_double_eq(value("roof", REPLAY_PV_W, HOUR_MS), 0.1);
}
END_TEST

START_TEST(times_may_be_of_any_zone_so_the_hour_that_comes_twice_is_no_duplicate)
{
    ck_assert_int_eq(read_text("time,home.load_w\n2026-10-25T02:00:00+02:00,1\n2026-10-25T02:00:00+01:00,2\n"
                               "2026-10-25T11:00:00+09:00,3\n2026-10-25T03:00:00Z,4\n"),
                     0);
    ck_assert_uint_eq(data->n_rows, 4);
    ck_assert_uint_eq(data->told.refused + data->told.gaps, 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq(data->columns[0].values[i], (double)i + 1);
}
END_TEST

START_TEST(a_load_of_heat_has_two_names)
{
    ck_assert_int_eq(read_text("time,radiators.heat_w,post.connected,home.temp_degc\n1970-01-01T00:00:00Z,3000,1,-9\n"),
                     0);
    ck_assert_double_eq(value("radiators", REPLAY_HEAT_W, 0), 3000);
    ck_assert_double_eq(value("radiators", REPLAY_LOAD_W, 0), 3000);
    ck_assert_double_eq(value("post", REPLAY_CONNECTED, 0), 1);
    ck_assert_double_eq(value("home", REPLAY_TEMP_DEGC, 0), -9);
    forget();
    ck_assert_int_eq(read_text("time,radiators.heat_w,radiators.load_w\n1970-01-01T00:00:00Z,1,1\n"), AEMS_E_FORMAT);
    ck_assert(has_message(&d, SEVERITY_ERROR, 1, "\"radiators.load_w\": expected each column once"));
}
END_TEST

START_TEST(what_sensors_show_of_nothing_is_zero)
{
    ck_assert_int_eq(read_text("time,home.load_w,roof.pv_w,roof.irradiance_wm2\n1970-01-01T00:00:00Z,-9,-90,-12.5\n"),
                     0);
    ck_assert_uint_eq(d.count, 0);
    for (size_t c = 0; c < 3; c++)
        ck_assert_double_eq(data->columns[c].values[0], 0);
}
END_TEST

// ---- order --------------------------------------------------------------------------------------------------------

START_TEST(rows_in_any_order_are_sorted_and_counted)
{
    ck_assert_int_eq(read_text("time,home.load_w\n1970-01-01T02:00:00Z,3\n1970-01-01T00:00:00Z,1\n"
                               "1970-01-01T03:00:00Z,4\n1970-01-01T01:00:00Z,2\n"),
                     0);
    ck_assert_uint_eq(data->told.reordered, 2);
    ck_assert(has_message(&d, SEVERITY_WARNING, 3, "earlier than a row before it, and 1 rows more: sorted"));
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(data->utc_ms[i], (int64_t)i * HOUR_MS);
        ck_assert_double_eq(data->columns[0].values[i], (double)i + 1);
    }
}
END_TEST

START_TEST(of_rows_of_the_same_time_the_last_one_counts)
{
    ck_assert_int_eq(read_text("time,home.load_w\n1970-01-01T00:00:00Z,1\n1970-01-01T01:00:00Z,2\n"
                               "1970-01-01T01:00:00+01:00,3\n1970-01-01T00:00:00Z,\n"),
                     0);
    ck_assert_uint_eq(data->n_rows, 2);
    ck_assert_uint_eq(data->told.refused, 2);
    ck_assert_double_nan(value("home", REPLAY_LOAD_W, 0));
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, HOUR_MS), 2);
    ck_assert(has_message(&d, SEVERITY_WARNING, 2, "1970-01-01T00:00:00Z stands in line 4 again"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 4, "1970-01-01T00:00:00Z stands in line 5 again, which counts"));
}
END_TEST

START_TEST(gaps_are_counted_and_the_longest_is_said)
{
    ck_assert_int_eq(read_text("time,home.load_w\n1970-01-01T00:00:00Z,1\n1970-01-01T00:15:00Z,1\n"
                               "1970-01-01T00:30:00Z,1\n1970-01-01T01:00:00Z,1\n1970-01-01T09:00:00Z,1\n"),
                     0);
    ck_assert_int_eq(data->step_ms, HOUR_MS / 4);
    ck_assert_uint_eq(data->told.gaps, 2);
    ck_assert(mentions(&d, "2 gaps of more than a step of 900 s"));
    ck_assert(mentions(&d, "the longest is 8 h after 1970-01-01T01:00:00Z"));
}
END_TEST

// ---- what is refused ----------------------------------------------------------------------------------------------

START_TEST(each_refused_cell_is_said_and_read_as_empty)
{
    ck_assert_int_eq(read_text("time,home.load_w,grid.grid_available,grid.co2_g_per_kwh\n"
                               "1970-01-01T00:00:00Z,-11,0.5,NaN\n"
                               "1970-01-01T01:00:00Z,10001,2,inf\n"
                               "1970-01-01T02:00:00Z,1e400,1,5001\n"
                               "1970-01-01T03:00:00Z,\"0,5\",1,0x10\n"
                               "1970-01-01T04:00:00Z,10000,0,-1\n"),
                     0);
    ck_assert_uint_eq(data->n_rows, 5);
    ck_assert_uint_eq(data->told.cells, 11);
    ck_assert_uint_eq(data->told.refused, 0);
    ck_assert_uint_eq(d.count, 11);
    ck_assert(has_message(&d, SEVERITY_WARNING, 2, "home.load_w: \"-11\": expected 0 to 10000"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 2, "grid.grid_available: \"0.5\": expected 0 or 1"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 2, "grid.co2_g_per_kwh: \"NaN\": expected a number such as"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 4, "home.load_w: \"1e400\": expected a number"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 5,
                          "\"0,5\": expected a number such as 480.5 without a unit, or nothing,"
                          " with a point instead of a comma"));
    ck_assert_double_nan(value("home", REPLAY_LOAD_W, HOUR_MS));
    ck_assert_double_eq(value("home", REPLAY_LOAD_W, 4 * HOUR_MS), 10000);
}
END_TEST

START_TEST(each_refused_row_is_said_with_its_line)
{
    ck_assert_int_eq(read_text("time,home.load_w\n1970-01-01T00:00:00Z,1\n1970-01-01T01:00:00Z\n"
                               "1970-01-01T02:00:00Z,1,\n2026-02-29T00:00:00Z,1\n2026-01-14T08:00:00,1\n,1\n"
                               "\"1970-01-01T03:00:00Z,1\n\"1970-01-01T03:00:00Z\"x,1\n20260114,1\n"),
                     0);
    ck_assert_uint_eq(data->told.rows, 9);
    ck_assert_uint_eq(data->told.refused, 8);
    ck_assert(has_message(&d, SEVERITY_WARNING, 3, "expected 2 cells as in the first line, found 1: row refused"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 4, "expected 2 cells as in the first line, found 3: row refused"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 5, "time: \"2026-02-29T00:00:00Z\": expected a date and time"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 6, "with its zone: local time says one hour twice in autumn"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 7, "time: \"\": expected a date and time"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 8, "a quote does not close"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 9, "does not end its cell"));
}
END_TEST

START_TEST(lines_without_sense_or_end_cost_one_row)
{
    struct text text = {0};
    text_append(&text, "time,home.load_w\n1970-01-01T00:00:00Z,1\n");
    size_t at = text.length;
    for (int i = 0; i < 300000; i++)
        text_append(&text, "\x1b[31mnonsense");
    text_append(&text, "\n1970-01-01T01:00:00Z,0\n1970-01-01T02:00:00Z,2\n");
    ck_assert_uint_gt(text.length - at, 3000000);
    char *nul = strstr(text.data + text.length - 60, "01:00:00Z");
    ck_assert_ptr_nonnull(nul);
    *nul = '\0';
    ck_assert_int_eq(read_bytes(text.data, text.length), 0);
    ck_assert_uint_eq(data->n_rows, 2);
    ck_assert_uint_eq(data->told.refused, 2);
    ck_assert(has_message(&d, SEVERITY_WARNING, 3, "longer than 1 MiB"));
    ck_assert(has_message(&d, SEVERITY_WARNING, 4, "NUL byte"));
    text_free(&text);
}
END_TEST

START_TEST(beyond_a_thousand_refusals_are_only_counted)
{
    struct text text = {0};
    text_append(&text, "time,home.load_w\n1970-01-01T00:00:00Z,1\n");
    for (int i = 0; i < 1500; i++)
        text_append(&text, "yesterday,1\n");
    ck_assert_int_eq(read_text(text.data), 0);
    ck_assert_uint_eq(data->told.refused, 1500);
    ck_assert_uint_eq(d.count, 1001);
    ck_assert(mentions(&d, "500 more rows and cells were refused"));
    text_free(&text);
}
END_TEST

// ---- what makes a file useless ------------------------------------------------------------------------------------

START_TEST(names_of_columns_that_cannot_be_are_errors_with_a_hint)
{
    static const struct {
        const char *text, *message;
    } heads[] = {
        {"\n\n", "begins with the names of its columns: it is empty"},
        {"home.load_w,time\n", "\"home.load_w\": expected the column time first"},
        {"Time,home.load_w\n", "did you mean time?"},
        {"time\n", "\"time\" alone"},
        {"time;home.load_w\n", "expected cells separated by commas; here they are by \";\""},
        {"time,\n", "\"\": expected the name of an asset, a point and a quantity"},
        {"time,load_w\n", "\"load_w\": expected the name of an asset"},
        {"time,hom.load_w\n", "\"hom.load_w\": the site has no \"hom\"; did you mean home?"},
        {"time,home.loadw\n", "home is a load and has no \"loadw\"; expected load_w, temp_degc, most likely load_w"},
        {"time,home.pv_w\n", "home is a load and has no \"pv_w\"; expected load_w, temp_degc"},
        {"time,home.heat_w\n", "home is a load and has no \"heat_w\""},
        {"time,home.load_w,home.load_w\n", "\"home.load_w\": expected each column once"},
        {"time,\"home.load_w\n", "a quote does not close"},
        {"\xFF\xFEt,i\n", "this may be UTF-16"},
        {"time,home.load_w\n", "expected rows: there are none but the names of the columns"},
        {"time,home.load_w\nmonday,1\ntuesday,2\n", "expected rows: none of 2 can be used"},
        {"time,home.load_w\n1970-01-01T00:00:00Z,much\n", "expected values: none of 1 rows has any"},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        ck_assert_msg(read_text(heads[i].text) == AEMS_E_FORMAT, "%s", heads[i].text);
        ck_assert_ptr_null(data);
        ck_assert_uint_eq(d.errors, 1);
        ck_assert_msg(mentions(&d, heads[i].message), "%s: %s", heads[i].text, d.items[d.count - 1].text);
        forget();
    }
}
END_TEST

START_TEST(a_stream_that_cannot_be_read_is_an_error_of_its_own)
{
    FILE *folder = fopen("/", "r");
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(replay_data_read(folder, "/", site, &d, &data), AEMS_E_IO);
    ck_assert(mentions(&d, "cannot be read: Is a directory"));
    fclose(folder);
}
END_TEST

// ---- speed --------------------------------------------------------------------------------------------------------

// 0.1 s are asked for of a plain build; sanitizers and other work on the machine take their part.
START_TEST(a_year_of_hours_is_read_in_no_time)
{
    struct text area_text = {0}, text = {0};
    struct site *large = NULL;
    text_append(&area_text, "area: {id: a, latitude: 52, longitude: 13}\nbuses: {b: {}}\nloads:\n");
    text_append(&text, "time");
    for (int i = 0; i < 30; i++) {
        text_appendf(&area_text, "  home%d: {bus: b, average: 500 W, peak: 1 kW}\n", i);
        text_appendf(&text, ",home%d.load_w", i);
    }
    ck_assert_int_eq(conf_load_text("a.yaml", area_text.data, area_text.length, &d, &large), 0);
    diagnostics_free(&d);
    for (int64_t hour = 0; hour < 8760; hour++) {
        char time[RFC3339_SIZE];
        rfc3339_format(hour * HOUR_MS, time);
        text_appendf(&text, "\n%s", time);
        for (int i = 0; i < 30; i++)
            text_appendf(&text, ",%.3f", (double)(hour * 31 + i) / 300);
    }
    struct site *small = site;
    site = large;
    clock_t before = clock();
    ck_assert_int_eq(read_text(text.data), 0);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    ck_assert_uint_eq(data->n_rows, 8760);
    ck_assert_uint_eq(d.count, 0);
    ck_assert_double_lt(seconds, 1);
    printf("8760 rows of 30 columns: %.0f ms\n", seconds * 1e3);
    site = small;
    site_free(large);
    text_free(&area_text);
    text_free(&text);
}
END_TEST

static TCase *reading(void)
{
    TCase *tests = tcase_create("what is read");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_value_holds_until_the_next_row);
    tcase_add_test(tests, a_mean_weighs_what_is_known_by_its_time);
    tcase_add_test(tests, quotes_marks_comments_blanks_and_other_line_ends_are_understood);
    tcase_add_test(tests, times_may_be_of_any_zone_so_the_hour_that_comes_twice_is_no_duplicate);
    tcase_add_test(tests, a_load_of_heat_has_two_names);
    tcase_add_test(tests, what_sensors_show_of_nothing_is_zero);
    tcase_add_test(tests, rows_in_any_order_are_sorted_and_counted);
    tcase_add_test(tests, of_rows_of_the_same_time_the_last_one_counts);
    tcase_add_test(tests, gaps_are_counted_and_the_longest_is_said);
    tcase_add_test(tests, a_year_of_hours_is_read_in_no_time);
    return tests;
}

static TCase *refusing(void)
{
    TCase *tests = tcase_create("what is refused");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, each_refused_cell_is_said_and_read_as_empty);
    tcase_add_test(tests, each_refused_row_is_said_with_its_line);
    tcase_add_test(tests, lines_without_sense_or_end_cost_one_row);
    tcase_add_test(tests, beyond_a_thousand_refusals_are_only_counted);
    tcase_add_test(tests, names_of_columns_that_cannot_be_are_errors_with_a_hint);
    tcase_add_test(tests, a_stream_that_cannot_be_read_is_an_error_of_its_own);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("replay data");
    suite_add_tcase(suite, reading());
    suite_add_tcase(suite, refusing());
    return run_suite(suite);
}
