// SPDX-License-Identifier: GPL-3.0-or-later
// How aemsctl shows outages, and what it does not send.
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/outage_view.h"
#include "tests/unit/run_suite.h"

static const struct style plain = {.width = 160};

static json_t *json_of(const char *text)
{
    json_error_t e;
    json_t *json = json_loads(text, 0, &e);
    ck_assert_msg(json != NULL, "%s", e.text);
    return json;
}

static void expect(struct text *out, const char *part)
{
    ck_assert(!out->failed);
    ck_assert_msg(strstr(out->data, part) != NULL, "\"%s\" is not in\n%s", part, out->data);
}

static const char REPLY[] =
    "{\"outage\":{\"on\":true,\"since\":\"2026-01-14T09:00:00Z\",\"expected_until\":\"2026-01-15T09:00:00Z\","
    "\"warned\":false,\"reserve_frac\":0.2,\"stored_wh\":120000,\"fuel_wh\":null,"
    "\"autonomy_h\":{\"lifeline\":80.25,\"important\":40,\"ordinary\":3,\"deferrable\":2},"
    "\"islands\":[{\"id\":\"mall\",\"state\":\"islanded\",\"since\":\"2026-01-14T09:00:01Z\",\"supply\":\"gone\","
    "\"disagree\":true,\"grid_stable\":null,\"forming\":\"nas\",\"forming_w\":50000,\"forming_low_w\":-90000,"
    "\"forming_high_w\":85000,\"tiers\":{\"lifeline\":{\"served\":true,\"demand_w\":20000,\"served_w\":20000},"
    "\"ordinary\":{\"served\":false,\"demand_w\":75000,\"served_w\":30000}},"
    "\"switches\":[{\"id\":\"main\",\"breaker\":true,\"closed\":false,\"obeys\":true,\"reachable\":true,\"power_w\":0,"
    "\"since\":null},{\"id\":\"k1\",\"load\":\"shops\",\"tier\":\"ordinary\",\"closed\":null,\"obeys\":false,"
    "\"reachable\":true,\"power_w\":45000,\"since\":\"2026-01-14T09:00:00Z\"}]}],"
    "\"words\":[{\"action\":\"forbid\",\"id\":\"crew\",\"island\":null,\"state\":\"resynchronising\",\"from\":"
    "\"2026-01-14T09:00:00Z\",\"until\":\"2026-01-14T11:00:00Z\",\"why\":\"at work\"}]},"
    "\"journal\":[{\"number\":4,\"t\":\"2026-01-14T09:00:01Z\",\"island\":\"mall\",\"from\":\"islanding\",\"to\":"
    "\"islanded\",\"cause\":\"it lives, \\\"alone\\\"\"}]}";

START_TEST(the_status_shows_islands_switches_words_and_the_journal)
{
    struct text out = {0};
    json_t *reply = json_of(REPLY);
    outage_view_status(reply, &plain, &out);
    expect(&out, "outage since 01-14 09:00, nobody knows for how long: planned until 01-15 09:00   autonomy: lifeline "
                 "80.2 h, important 40.0 h");
    expect(&out, "fuel for as long as it comes");
    expect(&out, "gone, disputed");
    expect(&out, "50.0 of -90 to 85");
    expect(&out, "30/75");
    expect(&out, "not known");
    expect(&out, "does not obey");
    expect(&out, "breaker");
    expect(&out, "at work");
    expect(&out, "2026-01-14 09:00:01");
    text_free(&out);
    outage_view_journal_csv(json_object_get(reply, "journal"), &out);
    expect(&out, "4,2026-01-14T09:00:01Z,mall,islanding,islanded,\"it lives, \"\"alone\"\"\"\n");
    text_free(&out);
    json_decref(reply);
}
END_TEST

START_TEST(what_people_said_is_shown_whole_on_a_narrow_screen_as_well)
{
    struct text out = {0};
    const struct style narrow = {.width = 60};
    json_t *entries = json_array();
    char cause[224] = "";
    memset(cause, 'a', sizeof cause - 6);
    memcpy(cause + sizeof cause - 6, "20:00", 6);
    json_array_append_new(entries, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "number", 1, "t", "2026-01-14T09:00:01Z",
                                             "island", "mall", "from", "islanded", "to", "islanded", "cause", cause));
    outage_view_journal(entries, &narrow, &out);
    expect(&out, cause);
    text_free(&out);
    json_decref(entries);
}
END_TEST

START_TEST(an_area_without_islands_has_no_line_of_outages)
{
    struct text out = {0};
    json_t *none = json_null(),
           *warned = json_of("{\"on\":false,\"warned\":true,\"warned_from\":\"2026-01-14T15:00:00Z\","
                             "\"warned_until\":\"2026-01-14T21:00:00Z\",\"autonomy_h\":{}}");
    outage_view_line(none, &plain, &out);
    ck_assert_uint_eq(out.length, 0);
    outage_view_line(warned, &plain, &out);
    expect(&out, "outage ahead: 01-14 15:00 to 01-14 21:00   autonomy: not known yet");
    text_free(&out);
    json_decref(warned);
}
END_TEST

START_TEST(a_dry_run_shows_the_order_and_what_is_missing)
{
    struct text out = {0};
    json_t *r = json_of(
        "{\"outage\":null,\"islands\":[{\"id\":\"mall\",\"forming\":\"nas\",\"forming_w\":85000,\"deficit_w\":40000,"
        "\"restarting\":null,\"loss\":{\"deficit_w\":5000,\"failed\":null,\"steps\":[{\"at_s\":0,\"drawn_w\":80000,"
        "\"what\":"
        "\"shed\",\"switch\":\"k1\",\"load\":\"shops\",\"tier\":\"ordinary\",\"power_w\":35000}]},"
        "\"black\":{\"steps\":[]},\"return\":{\"deficit_w\":0,\"failed\":null,\"steps\":[{\"at_s\":300,\"drawn_w\":"
        "80000,"
        "\"what\":\"it was stable: the breaker is closed\"}]}}]}");
    outage_view_rehearsal(r, &plain, &out);
    expect(&out, "mall: nas would hold it with up to 85.0 kW; 40.0 kW are more");
    expect(&out, "goes  k1");
    expect(&out, "5.0 kW are missing although everything has gone");
    expect(&out, "Black, it could not be brought up again");
    expect(&out, "300 s");
    text_free(&out);
    json_decref(r);
}
END_TEST

static int run(const char *const *words, size_t n)
{
    char *argv[16] = {(char *)"aemsctl", (char *)"--socket", (char *)"/nonexistent/aems.sock", (char *)"outage"};
    struct ctl_options o;
    const struct ctl_command *c = NULL;
    char why[256] = "";
    for (size_t i = 0; i < n; i++)
        argv[4 + i] = (char *)words[i];
    int r = ctl_parse((int)n + 4, argv, &o, &c, why, sizeof why);
    if (r == CTL_OK)
        r = c->run(&o);
    free(o.words);
    return r;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

START_TEST(what_makes_no_sense_is_not_sent)
{
    ck_assert_int_eq(RUN("explode"), CTL_USAGE);
    ck_assert_int_eq(RUN("warn"), CTL_USAGE);
    ck_assert_int_eq(RUN("warn", "--until", "tomorrow"), CTL_USAGE);
    ck_assert_int_eq(RUN("announce", "--until", "2026-01-14T21:00:00Z"), CTL_USAGE);
    ck_assert_int_eq(RUN("forbid", "on", "--for", "2 h"), CTL_USAGE);
    ck_assert_int_eq(RUN("forbid", "black"), CTL_USAGE);
    ck_assert_int_eq(RUN("forbid", "black", "--for", "2 h", "--until", "2026-01-14T21:00:00Z"), CTL_USAGE);
    ck_assert_int_eq(RUN("force", "black", "--for", "long"), CTL_USAGE);
    ck_assert_int_eq(RUN("expect", "soon"), CTL_USAGE);
    ck_assert_int_eq(RUN("drill"), CTL_USAGE);
    ck_assert_int_eq(RUN("drill", "--tell", "--simulated"), CTL_USAGE);
    ck_assert_int_eq(RUN("drill", "--tell", "--seed", "3"), CTL_USAGE);
    ck_assert_int_eq(RUN("plan", "--at", "2026-01-14T21:00:00Z"), CTL_USAGE);
    ck_assert_int_eq(RUN("status", "--why", "x"), CTL_USAGE);
    ck_assert_int_eq(RUN("forbid", "black", "--for", "2 h"), CTL_UNREACHABLE);
    ck_assert_int_eq(RUN("free", "crew"), CTL_UNREACHABLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aemsctl outage");
    TCase *tests = tcase_create("views and words");
    local_time_set_zone("UTC");
    tcase_add_test(tests, what_people_said_is_shown_whole_on_a_narrow_screen_as_well);
    tcase_add_test(tests, the_status_shows_islands_switches_words_and_the_journal);
    tcase_add_test(tests, an_area_without_islands_has_no_line_of_outages);
    tcase_add_test(tests, a_dry_run_shows_the_order_and_what_is_missing);
    tcase_add_test(tests, what_makes_no_sense_is_not_sent);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
