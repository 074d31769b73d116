// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl: command lines, tables, and the view of the area.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/ledger_view.h"
#include "daemon/ctl/report_view.h"
#include "daemon/ctl/status_view.h"
#include "daemon/ctl/table.h"
#include "tests/unit/run_suite.h"

static char why[256];
static struct ctl_options options;
static const struct ctl_command *command;
static const struct style plain = {.width = 200};

// Splits at spaces. What is parsed points into the line, which stays until the next call.
static int parse(const char *words)
{
    static char line[256];
    char *argv[16] = {line};
    int argc = 1;
    snprintf(line, sizeof(line), "aemsctl %s", words);
    strtok(line, " ");
    for (char *word = strtok(NULL, " "); word != NULL && argc < 15; word = strtok(NULL, " "))
        argv[argc++] = word;
    return ctl_parse(argc, argv, &options, &command, why, sizeof(why));
}

static void teardown(void)
{
    free(options.words);
    options.words = NULL;
}

START_TEST(options_may_stand_before_and_after_the_command)
{
    ck_assert_int_eq(parse("-c a.yaml status --json"), CTL_OK);
    ck_assert_ptr_eq(command, &ctl_status);
    ck_assert_str_eq(options.config, "a.yaml");
    ck_assert(options.json);
}
END_TEST

START_TEST(a_negative_power_is_not_taken_for_an_option)
{
    ck_assert_int_eq(parse("setpoint b1 -50kW --for 15min"), CTL_OK);
    ck_assert_uint_eq(options.n_words, 2);
    ck_assert_str_eq(options.words[1], "-50kW");
    ck_assert_str_eq(options.duration, "15min");
}
END_TEST

START_TEST(a_slip_in_the_command_is_told_with_the_nearest_one)
{
    ck_assert_int_eq(parse("stauts"), CTL_USAGE);
    ck_assert_ptr_nonnull(strstr(why, "did you mean status?"));
}
END_TEST

START_TEST(an_option_of_another_command_is_refused)
{
    ck_assert_int_eq(parse("status --lp x"), CTL_USAGE);
    ck_assert_str_eq(why, "status takes no --lp");
}
END_TEST

START_TEST(missing_words_show_the_usage)
{
    ck_assert_int_eq(parse("setpoint b1"), CTL_USAGE);
    ck_assert_ptr_nonnull(strstr(why, "setpoint ASSET POWER"));
}
END_TEST

START_TEST(help_needs_no_command)
{
    ck_assert_int_eq(parse("--help"), CTL_OK);
    ck_assert_ptr_null(command);
    ck_assert(options.help);
}
END_TEST

START_TEST(columns_line_up_though_names_are_not_ascii)
{
    static const char *const headings[] = {"name", ">kW"};
    struct table *t = table_new(headings, 2);
    struct text out = {0};
    table_cell(t, TINT_PLAIN, "%s", "caf\xC3\xA9");
    table_cell(t, TINT_PLAIN, "%.1f", 12.25);
    table_cell(t, TINT_PLAIN, "%s", "longer");
    table_cell(t, TINT_PLAIN, "%.1f", -1.0);
    table_render(t, &plain, 1, &out);
    ck_assert_str_eq(out.data, " name      kW\n caf\xC3\xA9    12.2\n longer  -1.0\n");
    table_free(t);
    text_free(&out);
}
END_TEST

START_TEST(no_line_is_wider_than_the_screen)
{
    static const char *const headings[] = {"a", "b"};
    struct table *t = table_new(headings, 2);
    struct style narrow = {.width = 12};
    struct text out = {0};
    table_cell(t, TINT_PLAIN, "%s", "12345");
    table_cell(t, TINT_PLAIN, "%s", "a reason that goes on and on");
    table_render(t, &narrow, 0, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\n12345  a rea\n"));
    table_free(t);
    text_free(&out);
}
END_TEST

START_TEST(bars_are_full_empty_or_between)
{
    char text[64];
    bar(text, sizeof(text), &plain, 0.5, 4);
    ck_assert_str_eq(text, "##..");
    bar(text, sizeof(text), &plain, 7, 4);
    ck_assert_str_eq(text, "####");
    bar(text, sizeof(text), &plain, -1, 4);
    ck_assert_str_eq(text, "....");
}
END_TEST

static const char status_text[] =
    "{\"t\":\"2026-01-14T08:31:10Z\",\"area\":\"test\",\"name\":\"Test\",\"currency\":\"EUR\","
    "\"mode\":\"plan\",\"outside_degc\":-3.5,\"plan\":{\"age_s\":180,\"status\":\"optimal\",\"solve_ms\":34.2},"
    "\"buses\":[{\"id\":\"main\",\"price_per_kwh\":0.31}],"
    "\"assets\":[{\"id\":\"pcc\",\"kind\":\"grid\",\"bus\":\"main\",\"power_w\":50000,\"quality\":\"good\"},"
    "{\"id\":\"b1\",\"kind\":\"battery\",\"bus\":\"main\",\"power_w\":-30000,\"quality\":\"good\",\"soc_frac\":0.5,"
    "\"setpoint_w\":-30000,\"min_power_w\":-100000,\"max_power_w\":100000,\"energy_value_per_kwh\":0.3,"
    "\"reason\":\"b1 charges 30 kW: cheap\"},"
    "{\"id\":\"c1\",\"kind\":\"charger\",\"bus\":\"main\",\"power_w\":0,\"quality\":\"good\",\"setpoint_w\":0,"
    "\"session\":{\"connected\":false,\"active\":false},\"reason\":\"c1 rests: nothing binds\"},"
    "{\"id\":\"l1\",\"kind\":\"load\",\"bus\":\"main\",\"power_w\":-20000,\"quality\":\"stale\",\"reachable\":false}],"
    "\"grids\":[{\"id\":\"pcc\",\"import_limit_w\":1000000,\"export_limit_w\":0,\"month_peak_w\":300000,"
    "\"window_wh\":12000,\"window_start\":\"2026-01-14T08:30:00Z\"}],"
    "\"alarms\":[{\"id\":\"device-l1-down\",\"severity\":\"warning\",\"text\":\"silent\"}],"
    "\"daemon\":{\"mqtt\":\"connected\",\"store\":\"ok\"}}";

static void show(const char *json, struct text *out)
{
    json_t *status = json_loads(json, 0, NULL);
    ck_assert_ptr_nonnull(status);
    status_view(status, &plain, false, out);
    json_decref(status);
    ck_assert(!out->failed);
}

START_TEST(the_view_shows_mode_powers_balance_and_alarms)
{
    struct text out = {0};
    show(status_text, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "mode plan   plan 3 min old (optimal, 34 ms)   outside -3.5 degC"));
    ck_assert_ptr_nonnull(strstr(out.data, "+0.0 ")); // 50 - 30 - 20
    ck_assert_ptr_nonnull(strstr(out.data, "#####.....  50%"));
    ck_assert_ptr_nonnull(strstr(out.data, "good    cheap; worth 0.30/kWh"));
    ck_assert_ptr_nonnull(strstr(out.data, "nobody"));
    ck_assert_ptr_null(strstr(out.data, "nothing binds")); // where nobody is
    ck_assert_ptr_nonnull(strstr(out.data, "silent"));
    ck_assert_ptr_nonnull(strstr(out.data, "12.0 kWh since 08:30"));
    ck_assert_ptr_nonnull(strstr(out.data, "device-l1-down  warning"));
    ck_assert_ptr_null(strchr(out.data, '\033'));
    text_free(&out);
}
END_TEST

START_TEST(a_narrow_screen_shows_the_reason_and_what_is_wrong)
{
    const struct style narrow = {.width = 80, .height = 24};
    struct text out = {0};
    json_t *status = json_loads(status_text, 0, NULL);
    ck_assert_ptr_nonnull(status);
    status_view(status, &narrow, false, &out);
    json_decref(status);
    ck_assert(!out.failed);
    ck_assert_ptr_nonnull(strstr(out.data, "   mode plan\nplan 3 min old"));
    ck_assert_ptr_nonnull(strstr(out.data, "  cheap\n"));
    ck_assert_ptr_nonnull(strstr(out.data, " 50%"));
    ck_assert_ptr_nonnull(strstr(out.data, "silent\n"));
    ck_assert_ptr_null(strstr(out.data, "##"));
    text_free(&out);
}
END_TEST

START_TEST(critical_alarms_come_first_and_many_are_counted)
{
    const struct style screen = {.width = 80, .height = 10};
    struct text out = {0};
    json_t *alarms = json_array();
    for (int i = 0; i < 12; i++)
        json_array_append_new(alarms, json_pack("{s:s, s:s}", "id", i == 11 ? "last" : "other", "severity",
                                                i == 11 ? "critical" : "warning"));
    json_t *status = json_pack("{s:o}", "alarms", alarms);
    status_view(status, &screen, false, &out);
    json_decref(status);
    ck_assert(!out.failed);
    ck_assert_ptr_nonnull(strstr(out.data, "\nlast  critical"));
    ck_assert_ptr_nonnull(strstr(out.data, "and 7 more alarms"));
    text_free(&out);
}
END_TEST

START_TEST(what_is_missing_shows_as_missing_and_not_as_zero)
{
    struct text out = {0};
    show("{\"mode\":\"starting\",\"plan\":null,\"buses\":[{\"id\":\"main\"}],"
         "\"assets\":[{\"id\":\"b1\",\"bus\":\"main\",\"power_w\":null}],\"grids\":[],\"alarms\":[]}",
         &out);
    ck_assert_ptr_nonnull(strstr(out.data, "plan none"));
    ck_assert_ptr_null(strstr(out.data, "0.00"));
    text_free(&out);
    show("{}", &out);
    text_free(&out);
}
END_TEST

START_TEST(the_ledger_sums_what_each_block_gave_and_owes)
{
    json_t *flow = json_pack("{s:s, s:s, s:f, s:f, s:f}", "giver", "offices", "getter", "mall", "given_wh", 50e3,
                             "got_wh", 48e3, "amount", 96.0);
    json_t *back = json_pack("{s:s, s:s, s:f, s:f, s:f}", "giver", "mall", "getter", "offices", "given_wh", 10e3,
                             "got_wh", 9e3, "amount", 18.0);
    json_t *reply = json_pack("{s:s, s:s, s:[{s:s, s:s, s:[o, o]}]}", "month", "2026-01", "currency", "JPY",
                              "intervals", "tie", "bridge", "start", "2026-01-05T10:00:00Z", "flows", flow, back);
    struct text out = {0};
    ledger_view_text(reply, &plain, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "+78.00"));
    ck_assert_ptr_nonnull(strstr(out.data, "-78.00"));
    ck_assert_ptr_nonnull(strstr(out.data, "3.0")); // lost
    text_free(&out);
    ledger_view_csv(reply, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\n2026-01-05T10:00:00Z,,bridge,offices,mall,50.000000,48.000000,"));
    text_free(&out);
    json_decref(reply);
}
END_TEST

static json_t *settled(const char *event, double asked_wh, double given_wh, bool has_baseline)
{
    json_t *slot =
        json_pack("{s:s, s:s, s:f, s:n, s:f, s:n}", "from", "2026-01-05T10:00:00Z", "until", "2026-01-05T10:15:00Z",
                  "baseline_w", 2000.0, "measured_w", "requested_w", 500.0, "delivered_w");
    json_t *party =
        json_pack("{s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:[o]}", "id", "tower", "method", "high-4-of-5",
                  "has_baseline", (int)has_baseline, "requested_wh", asked_wh, "delivered_wh", given_wh, "baseline_wh",
                  2e5, "measured_wh", 1e5, "incentive", 12.5, "penalty", 2.25, "slots", slot);
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:[o]}", "event", event, "name", "", "from", "2026-01-05T10:00:00Z",
                     "until", "2026-01-05T12:00:00Z", "cancelled", 0, "parties", party);
}

START_TEST(the_report_shows_each_event_and_sums_each_party)
{
    json_t *reply = json_pack("{s:s, s:s, s:[o, o]}", "month", "2026-01", "currency", "JPY", "reports",
                              settled("e1", 100e3, 90e3, true), settled("e2", 0, 0, false));
    struct text out = {0};
    report_view_text(reply, &plain, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "2026-01: 2 events settled"));
    ck_assert_ptr_nonnull(strstr(out.data, "90 %"));
    ck_assert_ptr_nonnull(strstr(out.data, "no baseline"));
    ck_assert_ptr_nonnull(strstr(out.data, "+20.50")); // twice 12.50 less 2.25
    text_free(&out);
    report_view_csv(reply, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\ne1,tower,high-4-of-5,2026-01-05T10:00:00Z,2026-01-05T10:15:00Z,2.000000,,"
                                           "0.500000,\n"));
    text_free(&out);
    json_decref(reply);
    reply = json_pack("{s:s, s:[]}", "month", "2026-02", "reports");
    report_view_text(reply, &plain, &out);
    ck_assert_str_eq(out.data, "2026-02: 0 events settled\n");
    text_free(&out);
    json_decref(reply);
}
END_TEST

// A street of forty chargers behind two breakers, and one generator.
static json_t *crowded_status(void)
{
    json_t *assets = json_array();
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%d", i);
        json_array_append_new(assets,
                              json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:s, s:b, s:{s:b, s:b, s:s, s:f}}", "id", id,
                                        "kind", "charger", "bus", "main", "group", i < 25 ? "north" : "south",
                                        "power_w", -2000.0, "setpoint_w", -2000.0, "quality", "good", "reachable",
                                        i != 3, "session", "connected", i % 2, "active", i % 2, "until",
                                        "2026-01-01T05:00:00Z", "missing_wh", i % 2 ? 1500.0 : 0.0));
    }
    json_array_append_new(assets,
                          json_pack("{s:s, s:s, s:s, s:f, s:s, s:b, s:f}", "id", "chp", "kind", "generator", "bus",
                                    "main", "power_w", 0.0, "quality", "good", "reachable", 1, "fuel_frac", 0.4));
    return json_pack("{s:s, s:s, s:{s:f, s:s, s:i, s:i}, s:[{s:s}], s:o, s:[{s:s, s:s, s:s, s:s, s:f}]}", "name",
                     "Street", "mode", "plan", "plan", "age_s", 5.0, "status", "optimal", "scenarios", 4, "fallbacks",
                     1, "buses", "id", "main", "assets", assets, "limits", "id", "dr-1", "grid", "pcc", "from",
                     "2026-01-01T05:00:00Z", "until", "2026-01-01T06:00:00Z", "import_limit_w", 500e3);
}

START_TEST(many_chargers_stand_in_one_row_a_group_unless_all_are_wanted)
{
    struct text few = {0}, all = {0};
    json_t *status = crowded_status();
    status_view(status, &plain, false, &few);
    status_view(status, &plain, true, &all);
    json_decref(status);
    ck_assert_ptr_nonnull(strstr(few.data, "25 x charger"));
    ck_assert_ptr_nonnull(strstr(few.data, "15 x charger"));
    ck_assert_ptr_nonnull(strstr(few.data, "12 connected, 18.0 kWh wanted"));
    ck_assert_ptr_nonnull(strstr(few.data, "1 silent"));
    ck_assert_ptr_null(strstr(few.data, "c17"));
    ck_assert_ptr_nonnull(strstr(few.data, "fuel 40 %"));
    ck_assert_ptr_nonnull(strstr(few.data, "4 courses, 1 fallbacks"));
    ck_assert_ptr_nonnull(strstr(few.data, "dr-1 at pcc: import up to 500"));
    ck_assert_ptr_nonnull(strstr(all.data, "c17"));
    ck_assert_ptr_nonnull(strstr(all.data, "1.5 kWh by"));
    text_free(&few);
    text_free(&all);
}
END_TEST

START_TEST(a_session_a_limit_and_prices_are_asked_for_by_name)
{
    ck_assert_int_eq(parse("session c1 --until 2026-01-01T05:00:00Z --energy 20kWh"), CTL_OK);
    ck_assert_str_eq(options.energy, "20kWh");
    free(options.words);
    ck_assert_int_eq(parse("limit pcc --import 500kW --from a --until b --id dr-1"), CTL_OK);
    ck_assert_str_eq(options.import, "500kW");
    free(options.words);
    ck_assert_int_eq(parse("limit pcc --withdraw"), CTL_OK);
    ck_assert(options.withdraw);
    free(options.words);
    ck_assert_int_eq(parse("prices t"), CTL_USAGE);
    free(options.words);
    ck_assert_int_eq(parse("plan --energy 5kWh"), CTL_USAGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aemsctl");
    TCase *t = tcase_create("aemsctl");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, options_may_stand_before_and_after_the_command);
    tcase_add_test(t, a_negative_power_is_not_taken_for_an_option);
    tcase_add_test(t, a_slip_in_the_command_is_told_with_the_nearest_one);
    tcase_add_test(t, an_option_of_another_command_is_refused);
    tcase_add_test(t, missing_words_show_the_usage);
    tcase_add_test(t, help_needs_no_command);
    tcase_add_test(t, columns_line_up_though_names_are_not_ascii);
    tcase_add_test(t, no_line_is_wider_than_the_screen);
    tcase_add_test(t, bars_are_full_empty_or_between);
    tcase_add_test(t, the_view_shows_mode_powers_balance_and_alarms);
    tcase_add_test(t, a_narrow_screen_shows_the_reason_and_what_is_wrong);
    tcase_add_test(t, critical_alarms_come_first_and_many_are_counted);
    tcase_add_test(t, what_is_missing_shows_as_missing_and_not_as_zero);
    tcase_add_test(t, the_ledger_sums_what_each_block_gave_and_owes);
    tcase_add_test(t, the_report_shows_each_event_and_sums_each_party);
    tcase_add_test(t, many_chargers_stand_in_one_row_a_group_unless_all_are_wanted);
    tcase_add_test(t, a_session_a_limit_and_prices_are_asked_for_by_name);
    suite_add_tcase(s, t);
    return run_suite(s);
}
