// SPDX-License-Identifier: GPL-3.0-or-later
// Words on outages as they come in, and what goes out: the area's view, the journal, notices to people.
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/rehearsing.h"
#include "island_town.h"
#include "report/messages.h"
#include "report/notice.h"
#include "tests/unit/run_suite.h"

static struct site *site;
static struct engine *engine;
static struct instant now;
static char why[192];

static void setup(void)
{
    struct diagnostics d = {0};
    if (conf_load_text("town", ISLAND_TOWN, strlen(ISLAND_TOWN), &d, &site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_ptr_nonnull(site);
    local_time_set_zone("UTC");
    now = (struct instant){.utc_ms = INT64_C(1767225600000), .mono_ms = 1000000}; // 2026-01-01T00:00:00Z
    ck_assert_int_eq(engine_new(site, ISLAND_TOWN_DEVICES, now, &engine), 0);
}

static void teardown(void)
{
    engine_free(engine);
    site_free(site);
}

static void drain(void)
{
    struct action a;
    while (engine_produce(engine, now, &a))
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
}

static void seconds(int n, double load_w, double volts, bool closed)
{
    for (int i = 0; i < n; i++) {
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        for (int d = 0; d < TOWN_DEVICES; d++) {
            struct reading r[3];
            size_t count = island_town_readings(d, load_w, volts, closed, r);
            engine_consume(engine, &(struct event){.kind = EVENT_READINGS,
                                                   .at = now,
                                                   .readings = {.device = d, .readings = r, .count = count}});
        }
        engine_consume(engine, &(struct event){.kind = EVENT_TICK, .at = now});
        drain();
    }
}

static int read_word(const char *payload, struct event *e)
{
    why[0] = '\0';
    return message_read_outage(site, payload, strlen(payload), now, e, why, sizeof why);
}

static void expect_refused(const char *fields, const char *reason)
{
    char payload[400];
    struct event e;
    snprintf(payload, sizeof payload, "{\"t\":\"2026-01-01T00:00:00Z\",%s}", fields);
    ck_assert_msg(read_word(payload, &e) < 0, "%s", fields);
    ck_assert_msg(strstr(why, reason) != NULL, "%s: %s", fields, why);
}

static json_t *outage(void)
{
    char *text = NULL;
    ck_assert_int_eq(message_outage(engine, now, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    free(text);
    ck_assert_ptr_nonnull(json);
    return json;
}

static void make_notice(const bool *shed, struct notice *ret)
{
    struct notice_look look;
    notice_look(engine, now, &look);
    notice_make(engine, &look, 0, now, shed, ret);
}

START_TEST(a_word_is_read_whole)
{
    struct event e;
    ck_assert_int_eq(read_word("{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"force\",\"island\":\"square\",\"state\":"
                               "\"islanded\",\"for_s\":7200,\"why\":\"works\"}",
                               &e),
                     0);
    ck_assert_int_eq(e.kind, EVENT_OUTAGE);
    ck_assert_int_eq(e.outage.kind, OUTAGE_FORCE);
    ck_assert_int_eq(e.outage.island, 0);
    ck_assert_int_eq(e.outage.state, ISLAND_ISLANDED);
    ck_assert_int_eq(e.outage.from_utc_ms, now.utc_ms);
    ck_assert_int_eq(e.outage.until_utc_ms, now.utc_ms + 7200 * 1000);
    ck_assert_str_eq(e.outage.why, "works");
    ck_assert_str_eq(e.outage.id, "force-islanded-square");
    ck_assert_int_eq(read_word("{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"free\",\"id\":\"x\"}", &e), 0);
    ck_assert_int_eq(e.outage.kind, OUTAGE_FREE);
    ck_assert_int_eq(e.outage.island, -1);
}
END_TEST

static void make_name(int island, const char *id, struct outage_word *ret_word)
{
    struct event e;
    char payload[400];
    snprintf(site->islands[island].id, sizeof site->islands[island].id, "%s", id);
    snprintf(payload, sizeof payload,
             "{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"forbid\",\"state\":\"resynchronising\",\"for_s\":60,"
             "\"island\":\"%s\"}",
             id);
    ck_assert_msg(read_word(payload, &e) == 0, "%s", why);
    *ret_word = e.outage;
}

START_TEST(islands_whose_names_begin_alike_have_words_of_their_own)
{
    struct outage_word a, b;
    make_name(0, "residential_block_north", &a);
    make_name(0, "residential_block_south", &b);
    ck_assert_str_eq(a.id, "forbid-resynchronising-residential_block_north");
    ck_assert_str_ne(a.id, b.id);
    make_name(0, "residential_block_behind_the_old_station_north", &a);
    make_name(0, "residential_block_behind_the_old_station_south", &b);
    ck_assert_str_ne(a.id, b.id);
    ck_assert_uint_eq(strlen(a.id), 47);
}
END_TEST

START_TEST(what_is_not_exactly_so_is_refused_with_its_place)
{
    expect_refused("\"action\":\"explode\"", "action: expected");
    expect_refused("\"action\":\"warn\"", "until: expected a time");
    expect_refused("\"action\":\"warn\",\"until\":\"2025-12-31T00:00:00Z\"", "until: it has passed");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-03-31T00:00:00Z\"", "31 days at most");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"for_s\":60", "until is given as well");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"state\":\"black\"",
                   "does not belong here");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"why\":\"a\\u001bb\"", "one line");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"why\":\"a\\u0000b\"", "not JSON");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"who\":\"a\\nb\"",
                   "who: expected one line");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"who\":\"a\\u009b31mb\"",
                   "who: expected one line"); // begins a command of the terminal
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"why\":\"a\\u202eb\"", "why: expected one");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"who\":\"  \"", "who: expected one line");
    expect_refused("\"action\":\"warn\",\"until\":\"2026-01-01T05:00:00Z\",\"island\":\"x\"", "there is no x");
    expect_refused("\"action\":\"plan\",\"until\":\"2026-01-01T05:00:00Z\"", "from: expected");
    expect_refused("\"action\":\"forbid\",\"for_s\":60", "state: expected the one that is forbidden");
    expect_refused("\"action\":\"forbid\",\"state\":\"islanded\",\"for_s\":86401", "24 h at most");
    expect_refused("\"action\":\"force\",\"state\":\"on\",\"for_s\":60", "state: expected connected");
    expect_refused("\"action\":\"free\"", "id: expected");
    expect_refused("\"action\":\"free\",\"id\":\"works\",\"island\":\"square\"", "id: names one word whole");
    expect_refused("\"action\":\"free\",\"id\":\"works\",\"state\":\"black\"", "id: names one word whole");
}
END_TEST

START_TEST(who_may_warn_can_do_no_more_and_takes_no_others_place)
{
    static const char force[] =
        "{\"t\":\"2026-01-01T00:00:00Z\",\"action\":\"force\",\"state\":\"black\",\"for_s\":60}";
    static const char storm[] = "{\"t\":\"2026-01-01T00:00:00Z\",\"id\":\"works\",\"until\":\"2026-01-02T00:00:00Z\"}";
    static const char old[] = "{\"t\":\"2025-12-31T23:58:00Z\",\"until\":\"2026-01-02T00:00:00Z\"}";
    struct event e;
    ck_assert_int_lt(message_read_warning(site, force, strlen(force), now, &e, why, sizeof why), 0);
    ck_assert_ptr_nonnull(strstr(why, "only warnings"));
    ck_assert_int_lt(message_read_warning(site, old, strlen(old), now, &e, why, sizeof why), 0);
    ck_assert_int_eq(message_read_warning(site, storm, strlen(storm), now, &e, why, sizeof why), 0);
    ck_assert_int_eq(e.outage.kind, OUTAGE_WARNING);
    ck_assert_str_eq(e.outage.id, "notice-works");
}
END_TEST

START_TEST(the_view_tells_of_islands_switches_and_words)
{
    seconds(5, 150e3, 230, true);
    struct event e;
    ck_assert_int_eq(
        read_word(
            "{\"t\":\"2026-01-01T00:00:05Z\",\"action\":\"warn\",\"for_s\":3600,\"why\":\"storm\",\"who\":\"anna\"}",
            &e),
        0);
    ck_assert_int_eq(engine_consume(engine, &e), 0);
    json_t *json = outage(), *island = json_array_get(json_object_get(json, "islands"), 0);
    ck_assert(json_is_false(json_object_get(json, "on")));
    ck_assert(json_is_true(json_object_get(json, "warned")));
    ck_assert_str_eq(json_string_value(json_object_get(island, "state")), "connected");
    ck_assert_str_eq(json_string_value(json_object_get(island, "supply")), "there");
    ck_assert(json_is_null(json_object_get(island, "forming")));
    ck_assert_uint_eq(json_array_size(json_object_get(island, "switches")), 3);
    const json_t *word = json_array_get(json_object_get(json, "words"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(word, "why")), "storm");
    ck_assert_str_eq(json_string_value(json_object_get(word, "who")), "anna");
    ck_assert(json_is_null(json_object_get(word, "state")));
    json_decref(json);
    seconds(3, 150e3, 0, false);
    json = outage();
    island = json_array_get(json_object_get(json, "islands"), 0);
    ck_assert(json_is_true(json_object_get(json, "on")));
    ck_assert_str_eq(json_string_value(json_object_get(island, "forming")), "b1");
    json_decref(json);
}
END_TEST

START_TEST(what_was_just_told_to_open_is_not_said_to_be_supplied)
{
    struct notice n;
    struct switch_view v;
    seconds(5, 150e3, 230, true);
    seconds(1, 150e3, 0, true); // its contact has not moved yet
    engine_switch(engine, 2, now, &v);
    ck_assert(v.known && v.closed && !v.wanted_closed);
    make_notice(NULL, &n);
    ck_assert_int_eq(n.kind, NOTICE_OUTAGE);
    ck_assert_int_eq(n.tiers[TIER_LIFELINE], TIER_SUPPLIED);
    ck_assert_int_eq(n.tiers[TIER_ORDINARY], TIER_OFF);
}
END_TEST

START_TEST(people_are_told_what_is_supplied_until_when_and_what_to_save)
{
    struct notice n, before;
    seconds(5, 150e3, 230, true);
    make_notice(NULL, &before);
    ck_assert_int_eq(before.kind, NOTICE_NONE);
    seconds(3, 150e3, 0, true);
    seconds(5, 60e3, 0, false);
    make_notice(NULL, &n);
    ck_assert_int_eq(n.kind, NOTICE_OUTAGE);
    ck_assert(notice_is_urgent(&before, &n));
    ck_assert_int_eq(n.tiers[TIER_LIFELINE], TIER_SUPPLIED);
    ck_assert_int_eq(n.tiers[TIER_ORDINARY], TIER_OFF);
    ck_assert_int_eq(n.tiers[TIER_DEFERRABLE], TIER_ABSENT);
    ck_assert_ptr_nonnull(strstr(n.text, "Power cut: the public grid is away since 00:00"));
    ck_assert_ptr_nonnull(strstr(n.text, "Supplied: lifelines"));
    ck_assert_ptr_nonnull(strstr(n.text, "Switched off for now:"));
    ck_assert_ptr_nonnull(strstr(n.text, "It is not known when the public grid will be back."));
    ck_assert_int_eq(n.until_utc_ms, 0);
    ck_assert_ptr_nonnull(strstr(n.text, "Please save"));
    before = n;
    before.tiers[TIER_ORDINARY] = TIER_PARTLY;
    ck_assert(!notice_is_urgent(&before, &n) && !notice_is_same(&before, &n));
    before.tiers[TIER_ORDINARY] = TIER_SUPPLIED; // nobody waits in the dark to be told that it is
    ck_assert(notice_is_urgent(&before, &n));
    ck_assert(!notice_is_urgent(&n, &before));
}
END_TEST

START_TEST(a_warning_is_told_ahead_and_a_drill_is_marked_as_one)
{
    bool shed[3] = {false, false, true};
    struct notice n;
    struct event e;
    seconds(5, 150e3, 230, true);
    ck_assert_int_eq(read_word("{\"t\":\"2026-01-01T00:00:05Z\",\"action\":\"plan\",\"from\":\"2026-01-01T15:00:00Z\","
                               "\"until\":\"2026-01-01T21:00:00Z\",\"why\":\"new cable\"}",
                               &e),
                     0);
    ck_assert_int_eq(engine_consume(engine, &e), 0);
    make_notice(NULL, &n);
    ck_assert_int_eq(n.kind, NOTICE_PLANNED);
    ck_assert_ptr_nonnull(strstr(n.text, "from 15:00 until 21:00: new cable."));
    ck_assert_ptr_nonnull(strstr(n.text, "Charge before then"));
    make_notice(shed, &n);
    ck_assert_int_eq(n.kind, NOTICE_DRILL);
    ck_assert_int_eq(n.tiers[TIER_IMPORTANT], TIER_SUPPLIED);
    ck_assert_int_eq(n.tiers[TIER_ORDINARY], TIER_OFF);
    ck_assert_int_eq(strncmp(n.text, "DRILL, nothing is switched", 26), 0);
    char *text = NULL;
    ck_assert_int_eq(message_notice(site, 0, &n, now, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    ck_assert(json_is_true(json_object_get(json, "drill")));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "tiers"), "ordinary")), "off");
    ck_assert_ptr_null(json_object_get(json_object_get(json, "tiers"), "deferrable"));
    json_decref(json);
    free(text);
}
END_TEST

START_TEST(a_rehearsal_sheds_what_nobody_can_take_over_and_changes_nothing)
{
    struct bytes before = {0}, after = {0};
    struct rehearsal *r = NULL;
    seconds(5, 150e3, 230, true);
    ck_assert_int_eq(engine_image(engine, &before), 0);
    ck_assert_int_eq(engine_rehearse(engine, 0, now, &r), 0);
    ck_assert_int_eq(r->forming, site_find_asset(site, "b1"));
    ck_assert_double_gt(r->deficit_w, 0);
    ck_assert_uint_ge(r->n_steps, 1);
    ck_assert_int_eq(r->steps[0].part, REHEARSAL_LOSS);
    ck_assert_int_eq(r->items[r->steps[0].item].of_switch, 2);
    ck_assert_double_eq_tol(r->steps[0].power_w, 75e3, 1);
    ck_assert(r->ends[REHEARSAL_RETURN].served_all);
    ck_assert_ptr_null(r->ends[REHEARSAL_BLACK].why);
    ck_assert_int_eq(engine_image(engine, &after), 0);
    ck_assert_uint_eq(before.length, after.length);
    ck_assert_int_eq(memcmp(before.data, after.data, before.length), 0);
    rehearsal_free(r);
    bytes_free(&before);
    bytes_free(&after);
    ck_assert_int_eq(engine_rehearse(engine, 1, now, &r), AEMS_E_NOT_FOUND);
}
END_TEST

START_TEST(an_entry_of_the_journal_names_island_and_states)
{
    const struct journal_entry entry = {
        7, INT64_C(1767225600000), 0, ISLAND_CONNECTED, ISLAND_ISLANDING, "grid \"lost\""};
    char *text = NULL;
    ck_assert_int_eq(message_journal(site, &entry, &text), 0);
    ck_assert_str_eq(text, "{\"t\":\"2026-01-01T00:00:00Z\",\"number\":7,\"island\":\"square\",\"from\":\"connected\","
                           "\"to\":\"islanding\",\"cause\":\"grid \\\"lost\\\"\"}");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report outage");
    TCase *tests = tcase_create("words and views");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, islands_whose_names_begin_alike_have_words_of_their_own);
    tcase_add_test(tests, a_word_is_read_whole);
    tcase_add_test(tests, what_is_not_exactly_so_is_refused_with_its_place);
    tcase_add_test(tests, who_may_warn_can_do_no_more_and_takes_no_others_place);
    tcase_add_test(tests, the_view_tells_of_islands_switches_and_words);
    tcase_add_test(tests, people_are_told_what_is_supplied_until_when_and_what_to_save);
    tcase_add_test(tests, what_was_just_told_to_open_is_not_said_to_be_supplied);
    tcase_add_test(tests, a_warning_is_told_ahead_and_a_drill_is_marked_as_one);
    tcase_add_test(tests, a_rehearsal_sheds_what_nobody_can_take_over_and_changes_nothing);
    tcase_add_test(tests, an_entry_of_the_journal_names_island_and_states);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
