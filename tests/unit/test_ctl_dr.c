// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl dr: what people see of events, and private keys in files.
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/local_time.h"
#include "daemon/ctl/dr.h"
#include "daemon/ctl/dr_view.h"
#include "tests/unit/run_suite.h"

static const struct style plain = {.width = 200};
static struct text out;
static char folder[] = "/tmp/aems-test.XXXXXX", path[64];

static void setup(void)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    out = (struct text){0};
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/k.key", folder);
}

static void teardown(void)
{
    text_free(&out);
    unlink(path);
    rmdir(folder);
}

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

static void expect(const char *words)
{
    ck_assert_msg(out.data != NULL && strstr(out.data, words) != NULL, "no \"%s\" in\n%s", words, out.data);
}

// 2026-01-14T12:00:00Z, and an hour or for ever from then on.
#define NOON    "1768392000000"
#define ONE     "1768395600000"
#define FOREVER "253402300799000"

static const char two_events[] =
    "{\"enabled\":true,\"area\":{\"import_limit_w\":250000,\"export_limit_w\":null,\"level\":2,\"emergency\":false,"
    "\"black_start\":false,\"guard\":\"controlled\",\"sender_lost\":true,\"on\":true},\"events\":["
    "{\"id\":\"e1\",\"state\":\"active\",\"sender\":\"utility\",\"target\":\"north\",\"priority\":3,\"received_utc_"
    "ms\":1,"
    "\"from_utc_ms\":" NOON ",\"until_utc_ms\":" ONE ",\"turn_ms\":0,\"reference_w\":400000,\"text\":\"\","
    "\"notes\":\"ignored: CURVE\",\"signals\":["
    "{\"type\":\"IMPORT_CAPACITY_LIMIT\",\"from_ms\":0,\"until_ms\":1800000,\"value\":250000,\"unit\":\"W\"},"
    "{\"type\":\"SIMPLE\",\"from_ms\":0,\"until_ms\":3600000,\"value\":2,\"unit\":\"level\"},"
    "{\"type\":\"IMPORT_CAPACITY_LIMIT\",\"from_ms\":1800000,\"until_ms\":9900000,\"value\":300000,\"unit\":\"W\"}],"
    "\"now\":[{\"type\":\"SIMPLE\",\"value\":2,\"unit\":\"level\"},"
    "{\"type\":\"IMPORT_CAPACITY_LIMIT\",\"value\":250000,\"unit\":\"W\"}]},"
    "{\"id\":\"e2\",\"state\":\"scheduled\",\"sender\":\"operator\",\"target\":\"kashiwa\",\"priority\":null,"
    "\"from_utc_ms\":" ONE ",\"until_utc_ms\":" FOREVER ",\"turn_ms\":1800000,\"reference_w\":null,\"text\":\"storm\","
    "\"notes\":\"\",\"signals\":["
    "{\"type\":\"PRICE\",\"from_ms\":0,\"until_ms\":900000,\"value\":0.25,\"unit\":\"EUR/kWh\"},"
    "{\"type\":\"CHARGE_STATE_SETPOINT\",\"from_ms\":0,\"until_ms\":900000,\"value\":0.8,\"unit\":\"share\"},"
    "{\"type\":\"ALERT_GRID_EMERGENCY\",\"from_ms\":0,\"until_ms\":900000,\"value\":1,\"unit\":\"\"},"
    "{\"type\":\"PRICE\",\"from_ms\":900000,\"until_ms\":1800000,\"value\":0.5,\"unit\":\"EUR/kWh\"}],\"now\":[]}]}";

START_TEST(the_list_says_what_holds_now_and_what_each_event_asks_for)
{
    json_t *reply = parse(two_events);
    dr_view_list(reply, &plain, &out);
    expect("Now:  import at most 250.0 kW  level 2  heartbeat: controlled  the sender is lost");
    expect("SIMPLE 2, IMPORT_CAPACITY_LIMIT 250 kW");                               // of an active one: what holds now
    expect("PRICE 0.25 EUR/kWh, CHARGE_STATE_SETPOINT 80 %, ALERT_GRID_EMERGENCY"); // of another: how it begins
    expect("01-14 13:00  01-14 14:00");
    expect("01-14 14:00  for ever");
    ck_assert_ptr_null(strstr(out.data, "0.5 EUR"));
    json_decref(reply);
}
END_TEST

START_TEST(times_are_those_of_the_area_wherever_it_is_asked_from)
{
    json_t *reply = parse(two_events);
    dr_view_zone(reply); // of a daemon that does not say its zone: as it was
    json_object_set_new(reply, "timezone", json_string("Asia/Tokyo"));
    dr_view_zone(reply);
    dr_view_list(reply, &plain, &out);
    expect("01-14 21:00  01-14 22:00");
    json_decref(reply);
}
END_TEST

START_TEST(an_area_without_events_says_so_and_why)
{
    json_t *reply = parse("{\"enabled\":true,\"area\":{\"guard\":\"off\"},\"events\":[]}");
    dr_view_list(reply, &plain, &out);
    ck_assert_str_eq(out.data, "No event is known.\n");
    json_decref(reply);
    text_free(&out);
    reply = parse("{\"enabled\":false,\"area\":{},\"events\":[]}");
    dr_view_list(reply, &plain, &out);
    expect("demand_response.enabled is false");
    json_decref(reply);
}
END_TEST

START_TEST(one_event_is_shown_with_every_part_of_it)
{
    json_t *reply = parse(two_events);
    dr_view_event(dr_view_find(reply, "e1"), &plain, &out);
    expect("e1 is active\n  ignored: CURVE\n  expected without it: 400.0 kW\n");
    expect("01-14 13:00  01-14 13:30  IMPORT_CAPACITY_LIMIT 250 kW");
    expect("01-14 13:30  01-14 14:00  IMPORT_CAPACITY_LIMIT 300 kW"); // cut off with the event
    text_free(&out);
    dr_view_event(dr_view_find(reply, "e2"), &plain, &out);
    expect("  \"storm\"\n  comes again every 30 min until for ever\n");
    ck_assert_ptr_null(dr_view_find(reply, "e3"));
    json_decref(reply);
}
END_TEST

START_TEST(a_reply_that_lacks_everything_shows_nothing_wrong)
{
    json_t *reply = parse("{\"events\":[{},{\"id\":7,\"signals\":[{}],\"now\":5}]}");
    dr_view_list(reply, &plain, &out);
    dr_view_event(json_array_get(json_object_get(reply, "events"), 1), &plain, &out);
    ck_assert_ptr_null(strstr(out.data, "nan"));
    json_decref(reply);
}
END_TEST

// ---- keys -----------------------------------------------------------------------------------------------------------

START_TEST(a_private_key_is_for_its_owner_alone)
{
    uint8_t seed[ENVELOPE_SEED_SIZE], again[ENVELOPE_SEED_SIZE];
    struct stat st;
    envelope_key_make(seed);
    ck_assert_int_eq(dr_key_write(path, seed), CTL_OK);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(dr_key_read(path, again), CTL_OK);
    ck_assert_mem_eq(seed, again, sizeof(seed));
    ck_assert_int_eq(dr_key_write(path, seed), CTL_FAILED); // never over another
    static const mode_t open_to_others[] = {0640, 0604, 0620, 0644, 0666, 0610};
    for (size_t i = 0; i < sizeof(open_to_others) / sizeof(*open_to_others); i++) {
        ck_assert_int_eq(chmod(path, open_to_others[i]), 0);
        ck_assert_msg(dr_key_read(path, again) == CTL_FAILED, "%o", (unsigned)open_to_others[i]);
    }
    ck_assert_int_eq(chmod(path, 0400), 0);
    ck_assert_int_eq(dr_key_read(path, again), CTL_OK);
}
END_TEST

START_TEST(what_is_no_private_key_is_refused)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "short",
                                        "-----BEGIN PRIVATE KEY-----",
                                        "LtRnhDGJzFM8_amA6K2tptL5kdvB3HbAhn52Zit7lUoLtRn",
                                        "LtRnhDGJzFM8/amA6K2tptL5kdvB3HbAhn52Zit7lUo"};
    uint8_t seed[ENVELOPE_SEED_SIZE];
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ck_assert_int_eq(write(fd, texts[i], strlen(texts[i])), (ssize_t)strlen(texts[i]));
        close(fd);
        ck_assert_msg(dr_key_read(path, seed) == CTL_FAILED, "%s", texts[i]);
    }
    ck_assert_int_eq(dr_key_read(folder, seed), CTL_FAILED); // a folder
    ck_assert_int_eq(dr_key_read("/nowhere/k.key", seed), CTL_FAILED);
}
END_TEST

// ---- the command line -----------------------------------------------------------------------------------------------

static int run(size_t n_words, const char **words, struct ctl_options o)
{
    o.words = words;
    o.n_words = n_words;
    return ctl_dr.run(&o);
}

START_TEST(a_command_line_that_makes_no_sense_is_refused_before_anything_is_done)
{
    const char *unknown[] = {"sned", "x"}, *list[] = {"list", "x"}, *send[] = {"send"}, *sign[] = {"sign", "-"};
    ck_assert_int_eq(run(2, unknown, (struct ctl_options){0}), CTL_USAGE);
    ck_assert_int_eq(run(2, list, (struct ctl_options){0}), CTL_USAGE);
    ck_assert_int_eq(run(1, send, (struct ctl_options){0}), CTL_USAGE);
    ck_assert_int_eq(run(1, list, (struct ctl_options){.kid = "u1"}), CTL_USAGE);
    const struct ctl_options good = {.key = path, .kid = "u1", .area = "home"};
    struct ctl_options wrong[] = {good, good, good, good, good, good, good, good};
    wrong[0].key = NULL;
    wrong[1].kid = "a b";
    wrong[2].area = NULL;
    wrong[3].sequence = "0";
    wrong[4].sequence = "9007199254740993"; // 2^53 + 1
    wrong[5].sequence = "-1";
    wrong[6].duration = "25 h";
    wrong[7].at = "yesterday";
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        ck_assert_msg(run(2, sign, wrong[i]) == CTL_USAGE, "%zu", i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aemsctl dr");
    TCase *tests = tcase_create("aemsctl dr");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_list_says_what_holds_now_and_what_each_event_asks_for);
    tcase_add_test(tests, times_are_those_of_the_area_wherever_it_is_asked_from);
    tcase_add_test(tests, an_area_without_events_says_so_and_why);
    tcase_add_test(tests, one_event_is_shown_with_every_part_of_it);
    tcase_add_test(tests, a_reply_that_lacks_everything_shows_nothing_wrong);
    tcase_add_test(tests, a_private_key_is_for_its_owner_alone);
    tcase_add_test(tests, what_is_no_private_key_is_refused);
    tcase_add_test(tests, a_command_line_that_makes_no_sense_is_refused_before_anything_is_done);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
