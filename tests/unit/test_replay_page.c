// SPDX-License-Identifier: GPL-3.0-or-later
// The data inside report.html; what a browser makes of them is a system test.
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "made_up_replay.h"
#include "replay/report.h"
#include "tests/unit/run_suite.h"

static struct site *site;
static char *page;
static size_t length;
static json_t *data;

static void setup(void)
{
    site = made_up_site("A & <b>");
}

static void teardown(void)
{
    site_free(site);
    json_decref(data);
    free(page);
    data = NULL;
    page = NULL;
}

static void write_page(int days, int64_t step_ms)
{
    struct replay_report_about about = {.version = "1",
                                        .data_name = "d.csv",
                                        .forecast = "daemon",
                                        .asked = REPLAY_DAEMON,
                                        .n_controllers = 2,
                                        .from_utc_ms = MADE_UP_FROM,
                                        .to_utc_ms = MADE_UP_FROM + (24 * days - (days > 4)) * HOUR_MS,
                                        .step_ms = step_ms};
    struct replay_report *r;
    ck_assert_int_eq(replay_report_new(site, &about, &r), 0);
    for (int i = 0; i < 2; i++) {
        enum replay_controller c = i == 0 ? REPLAY_NONE : REPLAY_DAEMON;
        struct made_up m;
        made_up_start(&m, site, c, about.from_utc_ms, step_ms);
        while (made_up_step(&m, about.to_utc_ms))
            ck_assert_int_eq(replay_report_add(r, c, &m.step), 0);
        ck_assert_int_eq(replay_report_close(r, c, &m.figures, NULL), 0);
    }
    free(page);
    FILE *stream = open_memstream(&page, &length);
    ck_assert_int_eq(replay_report_html(r, stream), 0);
    fclose(stream);
    replay_report_free(r);
    static const char BEGIN[] = "id=\"data\">";
    const char *from = strstr(page, BEGIN) + strlen(BEGIN), *end = strstr(from, "</script>");
    json_decref(data);
    data = json_loadb(from, (size_t)(end - from), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(data);
}

static const json_t *run_of(const char *name)
{
    size_t i;
    json_t *run, *runs = json_object_get(data, "runs");
    json_array_foreach(runs, i, run)
    {
        if (strcmp(json_string_value(json_object_get(run, "name")), name) == 0)
            return run;
    }
    ck_abort_msg("no run %s", name);
}

static const json_t *asset_series(const char *run, int asset, const char *name)
{
    return json_object_get(json_array_get(json_object_get(run_of(run), "assets"), (size_t)asset), name);
}

// The value of a series, NAN where it is null.
static double value(const json_t *series, size_t i)
{
    double unit = pow(10, (double)json_integer_value(json_object_get(series, "e")));
    const json_t *constant = json_object_get(series, "c"), *v = json_array_get(json_object_get(series, "v"), i);
    if (constant != NULL)
        return unit * json_number_value(constant);
    ck_assert_ptr_nonnull(v);
    return json_is_null(v) ? NAN : unit * json_number_value(v);
}

static double number(const char *key)
{
    return json_number_value(json_object_get(data, key));
}

START_TEST(powers_and_charge_are_those_of_the_steps)
{
    struct made_up m;
    write_page(3, HOUR_MS);
    ck_assert_double_eq(number("n_points"), 72);
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS);
    for (size_t i = 0; made_up_step(&m, MADE_UP_FROM + 72 * HOUR_MS); i++) {
        ck_assert_double_eq_tol(value(asset_series("daemon", M_GRID, "power"), i), m.assets[M_GRID].realised_w, 50);
        ck_assert_double_eq_tol(value(asset_series("daemon", M_PV, "planned"), i), m.assets[M_PV].planned_w, 50);
        ck_assert_double_eq_tol(value(asset_series("daemon", M_BATTERY, "soc"), i), m.assets[M_BATTERY].soc_frac, 1e-3);
    }
    ck_assert(json_is_null(asset_series("none", M_GRID, "planned")));  // plans nothing
    ck_assert(isnan(value(asset_series("daemon", M_CARS, "soc"), 0))); // nobody there
}
END_TEST

START_TEST(what_was_not_measured_is_marked)
{
    write_page(4, HOUR_MS);
    const json_t *unknown = json_object_get(run_of("daemon"), "unknown");
    for (size_t i = 0; i < 96; i++)
        ck_assert_double_eq(value(unknown, i), i >= 48 + 13 && i < 48 + 16);
    ck_assert_double_eq_tol(value(json_object_get(json_object_get(run_of("daemon"), "days"), "unknown_h"), 2), 3, 1e-9);
}
END_TEST

START_TEST(days_are_local_ones_and_may_have_23_hours)
{
    write_page(7, HOUR_MS);
    const json_t *days = json_object_get(data, "days"), *offsets = json_object_get(data, "offsets");
    ck_assert_uint_eq(json_array_size(days), 8);
    for (size_t day = 0; day < 7; day++)
        ck_assert_int_eq(json_integer_value(json_array_get(days, day + 1)) -
                             json_integer_value(json_array_get(days, day)),
                         (day == 4 ? 23 : 24) * HOUR_MS);
    ck_assert_uint_eq(json_array_size(offsets), 2);
    const json_t *summer = json_array_get(offsets, 1);
    ck_assert_int_eq(json_integer_value(json_array_get(summer, 0)), INT64_C(1774746000000)); // 2026-03-29T01:00:00Z
    ck_assert_int_eq(json_integer_value(json_array_get(summer, 1)), 7200);
}
END_TEST

START_TEST(a_days_peak_is_the_highest_demand_window)
{
    struct made_up m;
    double sum = 0, highest = 0;
    int n = 0;
    write_page(1, HOUR_MS / 12);
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS / 12);
    while (made_up_step(&m, MADE_UP_FROM + 24 * HOUR_MS)) { // three steps of 5 min a window
        sum += fmax(m.assets[M_GRID].realised_w, 0) / 3;
        if (++n % 3 == 0) {
            highest = fmax(highest, sum);
            sum = 0;
        }
    }
    ck_assert_double_eq_tol(value(json_array_get(json_object_get(run_of("daemon"), "peaks"), 0), 0), highest, 50);
}
END_TEST

START_TEST(the_sums_of_the_days_are_the_figures)
{
    write_page(7, HOUR_MS / 4);
    const json_t *figures = json_object_get(run_of("daemon"), "figures");
    const json_t *bought = json_object_get(json_object_get(run_of("daemon"), "days"), "import_kwh");
    double sum = 0;
    for (size_t day = 0; day < 7; day++)
        sum += value(bought, day);
    ck_assert_double_eq_tol(sum, json_number_value(json_object_get(figures, "import_kwh")), 7);
}
END_TEST

START_TEST(a_year_of_minutes_is_averaged_to_a_size_that_opens)
{
    write_page(365, HOUR_MS / 60);
    ck_assert_uint_lt(length, 15000000);
    ck_assert_double_gt(number("point_s"), 60);
    ck_assert_double_le(number("point_s"), 3600);
    ck_assert_double_lt(number("n_points"), 100000);
    ck_assert_double_eq(number("origin_ms"), (double)MADE_UP_FROM); // midnight, so that days begin with a point
    ck_assert_uint_eq(json_array_size(json_object_get(data, "days")), 366);
    // The mean of a point is that of its steps.
    struct made_up m;
    double sum = 0;
    int n = 0;
    made_up_start(&m, site, REPLAY_DAEMON, MADE_UP_FROM, HOUR_MS / 60);
    while (made_up_step(&m, MADE_UP_FROM + 4 * HOUR_MS))
        if (m.step.start_utc_ms >= MADE_UP_FROM + 4 * HOUR_MS - (int64_t)(1e3 * number("point_s")))
            sum += m.assets[M_GRID].realised_w, n++;
    size_t point = (size_t)(4 * 3600 / number("point_s")) - 1;
    ck_assert_double_eq_tol(value(asset_series("daemon", M_GRID, "power"), point), sum / n, 50);
}
END_TEST

START_TEST(a_name_cannot_become_part_of_the_page)
{
    write_page(1, HOUR_MS);
    ck_assert_ptr_nonnull(strstr(page, "<title>A &amp; &lt;b>: replay</title>"));
    ck_assert_ptr_null(strstr(page, "A & <b>"));
    const json_t *area = json_object_get(json_object_get(data, "about"), "area");
    ck_assert_str_eq(json_string_value(json_object_get(area, "name")), "A & <b>");
}
END_TEST

START_TEST(the_page_is_the_same_every_time)
{
    write_page(3, HOUR_MS);
    char *first = strdup(page);
    write_page(3, HOUR_MS);
    ck_assert_str_eq(first, page);
    free(first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay page");
    TCase *tests = tcase_create("page");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, powers_and_charge_are_those_of_the_steps);
    tcase_add_test(tests, what_was_not_measured_is_marked);
    tcase_add_test(tests, days_are_local_ones_and_may_have_23_hours);
    tcase_add_test(tests, a_days_peak_is_the_highest_demand_window);
    tcase_add_test(tests, the_sums_of_the_days_are_the_figures);
    tcase_add_test(tests, a_year_of_minutes_is_averaged_to_a_size_that_opens);
    tcase_add_test(tests, a_name_cannot_become_part_of_the_page);
    tcase_add_test(tests, the_page_is_the_same_every_time);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
