// SPDX-License-Identifier: GPL-3.0-or-later
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "made_up_replay.h"
#include "replay/report.h"
#include "replay/writer.h"
#include "tests/unit/run_suite.h"

static struct site *site;
static char *written; // of the last stream
static size_t length;

static void setup(void)
{
    site = made_up_site("The block");
}

static void teardown(void)
{
    site_free(site);
    free(written);
    written = NULL;
}

static FILE *open_stream(void)
{
    free(written);
    written = NULL;
    FILE *stream = open_memstream(&written, &length);
    ck_assert_ptr_nonnull(stream);
    return stream;
}

// ---- numbers and texts ----------------------------------------------------------------------------------------------

static const char *fixed(double value, int decimals)
{
    FILE *stream = open_stream();
    bool is = write_fixed(stream, value, decimals);
    fclose(stream);
    return is ? written : "nothing";
}

START_TEST(numbers_have_exactly_their_decimals)
{
    ck_assert_str_eq(fixed(1.5, 1), "1.5");
    ck_assert_str_eq(fixed(-1234.56789, 3), "-1234.568");
    ck_assert_str_eq(fixed(0.9999, 2), "1.00");
    ck_assert_str_eq(fixed(7, 0), "7");
    ck_assert_str_eq(fixed(0.000001, 6), "0.000001");
    ck_assert_str_eq(fixed(123456789012345.0, 1), "123456789012345.0");
}
END_TEST

START_TEST(zero_has_no_sign_and_what_is_no_number_is_not_written)
{
    ck_assert_str_eq(fixed(-0.0, 1), "0.0");
    ck_assert_str_eq(fixed(-0.04, 1), "0.0");
    ck_assert_str_eq(fixed(-0.06, 1), "-0.1");
    ck_assert_str_eq(fixed(NAN, 1), "nothing");
    ck_assert_str_eq(fixed(INFINITY, 1), "nothing");
    ck_assert_str_eq(fixed(1e16, 1), "nothing");
}
END_TEST

static const char *quoted(const char *text)
{
    FILE *stream = open_stream();
    struct json_writer w = {.stream = stream};
    out_text(&w, NULL, text);
    fclose(stream);
    return written;
}

START_TEST(texts_cannot_leave_their_quotes_or_a_script)
{
    ck_assert_str_eq(quoted("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
    ck_assert_str_eq(quoted("a\"b\\c\n"), "\"a\\u0022b\\u005cc\\u000a\"");
    ck_assert_str_eq(quoted("</script><!--&"), "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
    ck_assert_str_eq(quoted("\xff-\xc0\x80-\xed\xa0\x80"), "\"\\ufffd-\\ufffd\\ufffd-\\ufffd\\ufffd\\ufffd\"");
    ck_assert_str_eq(quoted("\xe2\x82"), "\"\\ufffd\\ufffd\""); // cut off
}
END_TEST

// ---- steps.csv ------------------------------------------------------------------------------------------------------

static const char *csv(int n_steps)
{
    struct made_up m;
    FILE *stream = open_stream();
    ck_assert_int_eq(replay_steps_header(site, stream), 0);
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS);
    while (n_steps-- > 0 && made_up_step(&m, INT64_MAX))
        ck_assert_int_eq(replay_steps_row(site, &m.step, stream), 0);
    fclose(stream);
    return written;
}

// The cell of a column (by its name) in a row (0: the header); "" when it is empty.
static const char *cell(const char *table, int row, const char *column)
{
    static char found[64];
    int index = -1, i = 0;
    for (const char *p = table; *p != '\n'; i++) {
        size_t n = strcspn(p, ",\n");
        if (n == strlen(column) && memcmp(p, column, n) == 0)
            index = i;
        p += n + (p[n] == ',');
    }
    ck_assert_msg(index >= 0, "no column %s", column);
    for (; row > 0; row--)
        table = strchr(table, '\n') + 1;
    for (; index > 0; index--)
        table = strchr(table, ',') + 1;
    size_t n = strcspn(table, ",\n");
    ck_assert_uint_lt(n, sizeof(found));
    memcpy(found, table, n);
    found[n] = '\0';
    return found;
}

START_TEST(a_row_says_of_every_asset_what_was_measured_planned_and_done)
{
    const char *table = csv(3);
    ck_assert_str_eq(cell(table, 1, "time"), "2026-03-24T23:00:00Z");
    ck_assert_str_eq(cell(table, 3, "time"), "2026-03-25T01:00:00Z");
    ck_assert_str_eq(cell(table, 1, "grid.realised_w"), "72000.0");
    ck_assert_str_eq(cell(table, 1, "cellar.soc_frac"), "0.50000");
    ck_assert_str_eq(cell(table, 3, "cellar.setpoint_w"), "-60000.0");
    ck_assert_str_eq(cell(table, 3, "cellar.planned_w"), "-64800.0");
    ck_assert_str_eq(cell(table, 1, "roof.measured_w"), "0.0");
    ck_assert_str_eq(cell(table, 1, "shops.unserved_w"), "0.0");
    ck_assert_str_eq(cell(table, 1, "grid.import_limit_w"), "400000.0");
    ck_assert_str_eq(cell(table, 1, "grid.grid_available"), "1");
    ck_assert_str_eq(cell(table, 1, "planned"), "1");
}
END_TEST

START_TEST(what_is_not_known_is_an_empty_cell)
{
    const char *table = csv(24 * 2 + 15);
    ck_assert_str_eq(cell(table, 24 * 2 + 14, "offices.measured_w"), "");
    ck_assert_str_ne(cell(table, 24 * 2 + 14, "offices.realised_w"), "");
    ck_assert_str_eq(cell(table, 1, "cars.soc_frac"), ""); // no vehicle
    ck_assert_str_eq(cell(table, 1, "roof.setpoint_w"), "");
}
END_TEST

START_TEST(every_row_has_the_cells_of_the_header)
{
    int commas = -1;
    for (const char *p = csv(30); *p != '\0';) {
        int n = 0;
        for (; *p != '\n'; p++)
            n += *p == ',';
        ck_assert(commas < 0 || n == commas);
        commas = n;
        p++;
    }
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct made_up m;
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    ck_assert_int_eq(replay_steps_header(site, full), AEMS_E_IO);
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS);
    ck_assert(made_up_step(&m, INT64_MAX));
    ck_assert_int_eq(replay_steps_row(site, &m.step, full), AEMS_E_IO);
    fclose(full);
}
END_TEST

// ---- report.json ----------------------------------------------------------------------------------------------------

static struct replay_data data = {
    .told = {.rows = 200, .refused = 3, .cells = 2, .reordered = 1, .gaps = 4},
};

static struct replay_report_about about_days(int days)
{
    return (struct replay_report_about){.version = "1.2.3",
                                        .data_name = "year.csv",
                                        .forecast = "daemon",
                                        .seed = UINT64_MAX,
                                        .asked = REPLAY_DAEMON,
                                        .n_controllers = 2,
                                        .from_utc_ms = MADE_UP_FROM,
                                        .to_utc_ms = MADE_UP_FROM + days * 24 * HOUR_MS,
                                        .step_ms = HOUR_MS,
                                        .data = &data};
}

static void run(struct replay_report *r, enum replay_controller c, const struct replay_report_about *about,
                const struct replay_solve_times *times)
{
    struct made_up m;
    made_up_start(&m, site, c, about->from_utc_ms, about->step_ms);
    while (made_up_step(&m, about->to_utc_ms))
        ck_assert_int_eq(replay_report_add(r, c, &m.step), 0);
    ck_assert_int_eq(replay_report_close(r, c, &m.figures, times), 0);
}

static json_t *report(bool baseline, const struct replay_solve_times *times)
{
    struct replay_report_about about = about_days(7);
    struct replay_report *r;
    ck_assert_int_eq(replay_report_new(site, &about, &r), 0);
    if (baseline)
        run(r, REPLAY_NONE, &about, NULL);
    run(r, REPLAY_DAEMON, &about, times);
    FILE *stream = open_stream();
    ck_assert_int_eq(replay_report_json(r, stream), 0);
    fclose(stream);
    replay_report_free(r);
    json_t *json = json_loads(written, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    ck_assert_msg(json != NULL, "%s", written);
    return json;
}

static double number(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    ck_assert_msg(json_is_number(value), "%s", key);
    return json_number_value(value);
}

static const char *const FIGURES[] = {
    "energy_cost", "demand_charge",  "wear_cost", "fuel_cost",   "total_cost",   "co2_kg",           "import_kwh",
    "export_kwh",  "peak_import_kw", "pv_kwh",    "pv_used_kwh", "unserved_kwh", "self_sufficiency", "solves"};

START_TEST(the_report_has_the_figures_of_the_asked_the_baseline_and_all)
{
    json_t *json = report(true, NULL), *baseline = json_object_get(json, "baseline");
    json_t *all = json_object_get(json, "controllers"), *daemon = json_object_get(all, "daemon");
    for (size_t i = 0; i < sizeof(FIGURES) / sizeof(FIGURES[0]); i++) {
        ck_assert_double_eq(number(json, FIGURES[i]), number(daemon, FIGURES[i]));
        ck_assert_double_eq(number(baseline, FIGURES[i]), number(json_object_get(all, "none"), FIGURES[i]));
    }
    ck_assert_uint_eq(json_object_size(all), 2);
    ck_assert_double_lt(number(json, "total_cost"), number(baseline, "total_cost"));
    ck_assert_double_eq(number(json_object_get(json, "shed_kwh"), "lifeline"), 0);
    ck_assert_double_eq(number(json_object_get(json, "dr"), "delivered_kwh"), 110);
    ck_assert_double_eq(number(json_object_get(baseline, "dr"), "delivered_kwh"), 20);
    json_decref(json);
}
END_TEST

START_TEST(the_report_says_what_was_replayed_and_read)
{
    json_t *json = report(false, NULL), *read = json_object_get(json, "read");
    ck_assert_str_eq(json_string_value(json_object_get(json, "from")), "2026-03-24T23:00:00Z");
    ck_assert_str_eq(json_string_value(json_object_get(json, "to")), "2026-03-31T23:00:00Z");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "area"), "name")), "The block");
    ck_assert_str_eq(json_string_value(json_object_get(json, "controller")), "daemon");
    ck_assert_str_eq(json_string_value(json_object_get(json, "version")), "1.2.3");
    ck_assert_ptr_nonnull(strstr(written, "\"seed\": 18446744073709551615"));
    ck_assert_double_eq(number(json, "step_s"), 3600);
    ck_assert_double_eq(number(read, "rows"), 200);
    ck_assert_double_eq(number(read, "refused"), 3);
    ck_assert_double_eq(number(read, "gaps"), 4);
    ck_assert(json_is_null(json_object_get(json, "baseline"))); // was not run
    json_decref(json);
}
END_TEST

START_TEST(solve_times_are_null_unless_they_are_given)
{
    struct replay_solve_times times = {.p50_ms = 4.25, .p99_ms = 20, .max_ms = 31};
    json_t *json = report(false, NULL), *solve = json_object_get(json, "solve_ms");
    ck_assert(json_is_null(json_object_get(solve, "p50")));
    ck_assert(json_is_null(json_object_get(solve, "max")));
    json_decref(json);
    json = report(false, &times);
    solve = json_object_get(json, "solve_ms");
    ck_assert_double_eq(number(solve, "p50"), 4.25);
    ck_assert_double_eq(number(solve, "p99"), 20);
    ck_assert_double_eq(number(solve, "max"), 31);
    json_decref(json);
}
END_TEST

START_TEST(the_same_steps_give_the_same_bytes_under_every_locale)
{
    json_decref(report(true, NULL));
    char *first = strdup(written);
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
    (void)setlocale(LC_NUMERIC, "de_DE.UTF-8"); // where the machine has it
    json_decref(report(true, NULL));
    setlocale(LC_ALL, "C");
    ck_assert_str_eq(first, written);
    free(first);
}
END_TEST

START_TEST(steps_that_cannot_be_are_refused)
{
    struct replay_report_about about = about_days(1), wrong = about;
    struct replay_report *r;
    struct made_up m;
    wrong.to_utc_ms = wrong.from_utc_ms;
    ck_assert_int_eq(replay_report_new(site, &wrong, &r), AEMS_E_RANGE);
    wrong = about;
    wrong.step_ms = 0;
    ck_assert_int_eq(replay_report_new(site, &wrong, &r), AEMS_E_RANGE);
    ck_assert_int_eq(replay_report_new(site, &about, &r), 0);
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS);
    ck_assert(made_up_step(&m, INT64_MAX));
    ck_assert_int_eq(replay_report_close(r, REPLAY_DAEMON, &m.figures, NULL), AEMS_E_STATE);
    ck_assert_int_eq(replay_report_json(r, stderr), AEMS_E_STATE);
    ck_assert_int_eq(replay_report_add(r, REPLAY_DAEMON, &m.step), 0);
    ck_assert_int_eq(replay_report_add(r, REPLAY_DAEMON, &m.step), AEMS_E_RANGE); // again
    m.step.start_utc_ms = about.to_utc_ms;
    ck_assert_int_eq(replay_report_add(r, REPLAY_DAEMON, &m.step), AEMS_E_RANGE);
    m.step.start_utc_ms = MADE_UP_FROM + HOUR_MS;
    m.step.hours = NAN;
    ck_assert_int_eq(replay_report_add(r, REPLAY_DAEMON, &m.step), AEMS_E_RANGE);
    replay_report_free(r);
    replay_report_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay report");
    TCase *writer = tcase_create("writer"), *steps = tcase_create("steps"), *json = tcase_create("json");
    tcase_add_test(writer, numbers_have_exactly_their_decimals);
    tcase_add_test(writer, zero_has_no_sign_and_what_is_no_number_is_not_written);
    tcase_add_test(writer, texts_cannot_leave_their_quotes_or_a_script);
    suite_add_tcase(suite, writer);
    tcase_add_checked_fixture(steps, setup, teardown);
    tcase_add_test(steps, a_row_says_of_every_asset_what_was_measured_planned_and_done);
    tcase_add_test(steps, what_is_not_known_is_an_empty_cell);
    tcase_add_test(steps, every_row_has_the_cells_of_the_header);
    tcase_add_test(steps, a_full_disk_is_an_error);
    suite_add_tcase(suite, steps);
    tcase_add_checked_fixture(json, setup, teardown);
    tcase_add_test(json, the_report_has_the_figures_of_the_asked_the_baseline_and_all);
    tcase_add_test(json, the_report_says_what_was_replayed_and_read);
    tcase_add_test(json, solve_times_are_null_unless_they_are_given);
    tcase_add_test(json, the_same_steps_give_the_same_bytes_under_every_locale);
    tcase_add_test(json, steps_that_cannot_be_are_refused);
    suite_add_tcase(suite, json);
    return run_suite(suite);
}
