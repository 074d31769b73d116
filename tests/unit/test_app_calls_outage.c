// SPDX-License-Identifier: GPL-3.0-or-later
// What the control socket answers about outages, the journal's book, and who is told what.
#include <check.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_world.h"
#include "daemon/app/journal_book.h"
#include "island_town.h"
#include "tests/unit/run_suite.h"

static struct calls_world world;
static struct engine_device devices[TOWN_DEVICES];

static void setup(void)
{
    memset(&world, 0, sizeof world);
    memcpy(devices, ISLAND_TOWN_DEVICES, sizeof devices);
    ck_assert_int_eq(calls_world_make_of(&world, ISLAND_TOWN, devices), 0);
}

static void teardown(void)
{
    calls_world_free(&world);
}

static json_t *ask(const char *line)
{
    char *text = calls_answer(&world.calls, line, strlen(line));
    json_t *reply = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    ck_assert_ptr_nonnull(reply);
    return reply;
}

static void expect_good(const char *line)
{
    json_t *reply = ask(line);
    const char *error = json_string_value(json_object_get(reply, "error"));
    ck_assert_msg(json_is_true(json_object_get(reply, "ok")), "%s: %s", line, error != NULL ? error : "");
    json_decref(reply);
}

static void expect_error(const char *line, const char *message)
{
    json_t *reply = ask(line);
    const char *error = json_string_value(json_object_get(reply, "error"));
    ck_assert_msg(error != NULL && strstr(error, message) != NULL, "%s: %s", line, error != NULL ? error : "good");
    json_decref(reply);
}

static void keep(uint64_t number)
{
    struct journal_entry e = {.number = number, .utc_ms = 1000 * (int64_t)number, .to = ISLAND_ISLANDING};
    char *text = NULL;
    snprintf(e.cause, sizeof e.cause, "%" PRIu64, number);
    ck_assert_int_eq(journal_book_add(world.driver.store, world.area.site, &e, &text), 0);
    free(text);
}

static int64_t number_of(const json_t *list, size_t index)
{
    return json_integer_value(json_object_get(json_array_get(list, index), "number"));
}

START_TEST(the_view_comes_with_the_last_entries_of_the_journal)
{
    for (uint64_t i = 1; i <= 30; i++)
        keep(i);
    json_t *reply = ask("{\"call\":\"outage\"}");
    ck_assert_ptr_nonnull(json_object_get(json_object_get(reply, "outage"), "islands"));
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "journal")), 10);
    ck_assert_int_eq(number_of(json_object_get(reply, "journal"), 9), 30);
    json_decref(reply);
    reply = ask("{\"call\":\"outage_journal\",\"before\":11}");
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "journal")), 10);
    ck_assert_int_eq(number_of(json_object_get(reply, "journal"), 0), 1);
    json_decref(reply);
    expect_error("{\"call\":\"outage_journal\",\"before\":0}", "before:");
    expect_error("{\"call\":\"outage_journal\",\"before\":\"x\"}", "before:");
}
END_TEST

START_TEST(the_newest_ten_thousand_entries_are_kept_in_their_order)
{
    for (uint64_t i = 1; i <= JOURNAL_ENTRIES + 5; i++)
        keep(i);
    json_t *all = journal_book_read(world.driver.store, UINT64_MAX, SIZE_MAX);
    ck_assert_uint_eq(json_array_size(all), JOURNAL_ENTRIES);
    ck_assert_int_eq(number_of(all, 0), 6);
    ck_assert_int_eq(number_of(all, JOURNAL_ENTRIES - 1), JOURNAL_ENTRIES + 5);
    json_decref(all);
}
END_TEST

START_TEST(words_go_the_way_of_commands)
{
    expect_good("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"forbid\",\"state\":\"black\","
                "\"for_s\":60}}");
    expect_error("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"forbid\",\"state\":\"black\","
                 "\"for_s\":86401}}",
                 "24 h at most");
    expect_good("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"free\",\"state\":\"black\"}}");
    expect_error("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"free\",\"state\":\"black\"}}",
                 "nothing of that is known");
    ck_assert_uint_eq(world.commands.accepted, 2);
}
END_TEST

START_TEST(a_forced_state_that_has_to_wait_is_answered_with_what_for)
{
    json_t *reply = ask("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"force\",\"state\":"
                        "\"restarting\",\"for_s\":60}}");
    const char *remark = json_string_value(json_object_get(reply, "remark"));
    ck_assert_ptr_nonnull(remark);
    ck_assert_ptr_nonnull(strstr(remark, " waits: the bus is not black"));
    json_decref(reply);
    reply = ask("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"free\",\"state\":\"restarting\"}}");
    ck_assert_ptr_null(json_object_get(reply, "remark"));
    json_decref(reply);
}
END_TEST

static void warn(const char *id, bool retained)
{
    char payload[200], t[RFC3339_SIZE];
    rfc3339_format(driver_now(&world.driver).utc_ms, t);
    snprintf(payload, sizeof payload, "{\"t\":\"%s\",\"id\":\"%s\",\"for_s\":3600}", t, id);
    commands_warning(&world.commands, &(struct mqtt_message){.topic = "outage/warning",
                                                             .payload = payload,
                                                             .length = strlen(payload),
                                                             .retained = retained});
}

START_TEST(warnings_from_outside_leave_room_for_operators)
{
    char id[16];
    warn("old", true);
    ck_assert_uint_eq(world.commands.refused, 1);
    for (int i = 0; i < 12; i++) {
        snprintf(id, sizeof id, "w%d", i);
        warn(id, false);
    }
    ck_assert_uint_eq(world.commands.accepted, COMMANDS_WARNINGS);
    warn("w0", false); // takes its own place
    ck_assert_uint_eq(world.commands.accepted, COMMANDS_WARNINGS + 1);
}
END_TEST

START_TEST(a_drill_marks_its_notices_and_ends)
{
    notices_tick(&world.notices, 2000);
    expect_error("{\"call\":\"outage_drill\",\"for_s\":-1}", "for_s:");
    expect_error("{\"call\":\"outage_drill\",\"for_s\":\"x\"}", "for_s:");
    json_t *reply = ask("{\"call\":\"outage_drill\",\"for_s\":600}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    ck_assert_ptr_nonnull(json_object_get(json_object_get(reply, "rehearsal"), "islands"));
    json_decref(reply);
    notices_tick(&world.notices, 5000);
    ck_assert_int_eq(world.notices.told[0].notice.kind, NOTICE_DRILL);
    expect_good("{\"call\":\"outage_drill\",\"for_s\":0}");
    notices_tick(&world.notices, 7000);
    ck_assert_int_eq(world.notices.told[0].notice.kind, NOTICE_NONE);
}
END_TEST

START_TEST(the_status_tells_of_outages_and_of_no_autonomy_before_it_is_reckoned)
{
    json_t *reply = ask("{\"call\":\"status\"}");
    const json_t *outage = json_object_get(json_object_get(reply, "status"), "outage");
    ck_assert(json_is_false(json_object_get(outage, "on")));
    json_t *hours = json_object_get(outage, "autonomy_h"); // of an engine that never ticked: not reckoned yet
    ck_assert(json_is_null(json_object_get(hours, "lifeline")) && json_is_null(json_object_get(hours, "deferrable")));
    json_decref(reply);
}
END_TEST

START_TEST(without_islands_all_of_it_is_refused_with_what_to_do)
{
    calls_world_free(&world);
    ck_assert_int_eq(calls_world_make(&world), 0);
    expect_error("{\"call\":\"outage\"}", "looks after no islands");
    expect_error("{\"call\":\"outage_plan\"}", "looks after no islands");
    expect_error("{\"call\":\"outage_drill\"}", "looks after no islands");
    expect_error("{\"call\":\"command\",\"id\":\"outage\",\"payload\":{\"action\":\"warn\",\"for_s\":60}}",
                 "looks after no islands");
    json_t *reply = ask("{\"call\":\"status\"}");
    ck_assert(json_is_null(json_object_get(json_object_get(reply, "status"), "outage")));
    json_decref(reply);
    notices_tick(&world.notices, 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("app calls outage");
    TCase *tests = tcase_create("calls");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_view_comes_with_the_last_entries_of_the_journal);
    tcase_add_test(tests, the_newest_ten_thousand_entries_are_kept_in_their_order);
    tcase_add_test(tests, words_go_the_way_of_commands);
    tcase_add_test(tests, a_forced_state_that_has_to_wait_is_answered_with_what_for);
    tcase_add_test(tests, warnings_from_outside_leave_room_for_operators);
    tcase_add_test(tests, a_drill_marks_its_notices_and_ends);
    tcase_add_test(tests, the_status_tells_of_outages_and_of_no_autonomy_before_it_is_reckoned);
    tcase_add_test(tests, without_islands_all_of_it_is_refused_with_what_to_do);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
