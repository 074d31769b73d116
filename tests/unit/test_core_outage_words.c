// SPDX-License-Identifier: GPL-3.0-or-later
// What people read of an outage: why everybody does what he does, and what operators said of it.
#include "base/error.h"
#include "outage_world.h"
#include "tests/unit/run_suite.h"

static struct outage_world w;

static void setup(void)
{
    outage_begin(&w, BLOCK); // 2026-01-14T18:00:00Z
    outage_load(&w, 300e3, 0);
    outage_run(&w, 30);
}

static void teardown(void)
{
    outage_end(&w);
}

static int say(enum outage_word_kind kind, enum island_state state, int until_s, const char *id)
{
    struct outage_word said = {.kind = kind,
                               .island = kind == OUTAGE_EXPECT ? -1 : 0,
                               .state = state,
                               .from_utc_ms = w.now.utc_ms,
                               .until_utc_ms = w.now.utc_ms + until_s * INT64_C(1000),
                               .why = "crew at work",
                               .who = "anna"};
    strcpy(said.id, id);
    return outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = said});
}

static int times_journaled(const char *words)
{
    int n = 0;
    for (uint64_t i = 0; i < w.last_entry; i++)
        n += strstr(w.journal[i].cause, words) != NULL;
    return n;
}

static const struct journal_entry *last(void)
{
    return &w.journal[w.last_entry - 1];
}

static struct reason reason_of(const char *id)
{
    struct asset_view v;
    engine_asset(w.engine, outage_asset(&w, id), w.now, &v);
    ck_assert_msg(v.has_setpoint, "%s", id);
    return v.reason;
}

START_TEST(reasons_on_an_island_name_who_holds_it_and_neither_a_limit_of_the_grid_nor_its_price)
{
    outage_load(&w, 100e3, 400e3);
    outage_run(&w, 20);
    outage_lose_grid(&w);
    outage_run(&w, 30);
    ck_assert_int_eq(reason_of("bat").kind, REASON_FORMING);
    ck_assert(isnan(reason_of("bat").price_per_kwh));
    struct reason sun = reason_of("sun"); // 300 kW too much for 200 kW that can be taken
    ck_assert_int_eq(sun.kind, REASON_ISLAND_TAKE);
    ck_assert_str_eq(sun.asset, "bat");
    struct asset_view v;
    engine_asset(w.engine, outage_asset(&w, "sun"), w.now, &v);
    ck_assert(isnan(v.marginal_price_per_kwh));
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.8), 0);
    static const char *const circuits[] = {"light", "air", "heat", "pool"};
    for (int i = 0; i < 4; i++)
        plant_model_stick(w.plant, outage_switch(&w, circuits[i]), true);
    outage_load(&w, 190e3, 0); // more than is to be given, and nothing of it goes
    outage_run(&w, 60);
    struct reason gas = reason_of("gas");
    ck_assert_msg(gas.kind == REASON_ISLAND_GIVE, "%s", reason_kind_name(gas.kind));
    ck_assert_str_eq(gas.asset, "bat");
}
END_TEST

START_TEST(who_said_what_of_which_island_until_when_is_in_the_journal)
{
    ck_assert_int_eq(say(OUTAGE_FORBID, ISLAND_RESYNCHRONISING, 3600, ""), 0);
    ck_assert_str_eq(last()->cause, "anna forbids resynchronising until 2026-01-14 19:00: crew at work");
    ck_assert_int_eq(last()->island, 0);
    ck_assert_int_eq(last()->utc_ms, w.now.utc_ms);
    outage_lose_grid(&w);
    ck_assert_int_eq(say(OUTAGE_EXPECT, ISLAND_CONNECTED, 7200, ""), 0);
    ck_assert_str_eq(last()->cause, "anna expects the grid back by 2026-01-14 20:00: crew at work");
    ck_assert_int_eq(last()->island, -1);
    ck_assert_int_eq(say(OUTAGE_EXPECT, ISLAND_CONNECTED, -7200, ""), AEMS_E_REFUSED);
    struct outage_word ahead = {.kind = OUTAGE_PLANNED,
                                .island = 0,
                                .from_utc_ms = w.now.utc_ms + 24 * INT64_C(3600000),
                                .until_utc_ms = w.now.utc_ms + 26 * INT64_C(3600000)};
    ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = ahead}), 0);
    ck_assert_str_eq(last()->cause, "somebody announces an outage from 2026-01-15 18:00 until 2026-01-15 20:00");
}
END_TEST

START_TEST(what_is_said_again_is_no_entry_and_what_is_prolonged_is_one)
{
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_ISLANDED, 3600, "works"), 0);
    outage_run(&w, 60);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_ISLANDED, 3540, "works"), 0);
    ck_assert_int_eq(times_journaled("anna forces islanded"), 1);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_ISLANDED, 7140, "works"), 0);
    ck_assert_int_eq(times_journaled("anna forces islanded until 2026-01-14 20:00"), 1);
}
END_TEST

START_TEST(words_that_end_or_are_taken_back_are_in_the_journal_over_a_kill)
{
    ck_assert_int_eq(say(OUTAGE_WARNING, ISLAND_CONNECTED, 60, "storm"), 0);
    ck_assert_int_eq(say(OUTAGE_FORBID, ISLAND_ISLANDING, 3600, "crew"), 0);
    outage_kill(&w);
    outage_run(&w, 90);
    ck_assert_int_eq(times_journaled("over: anna warns of an outage until 2026-01-14 18:01"), 1);
    struct outage_word free = {.kind = OUTAGE_FREE, .island = -1, .id = "crew", .who = "bert"};
    ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = free}), 0);
    ck_assert_str_eq(last()->cause, "bert takes back: anna forbids islanding until 2026-01-14 19:00");
    ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = free}), AEMS_E_REFUSED);
    ck_assert_int_eq(times_journaled("takes back"), 1);
}
END_TEST

START_TEST(a_word_that_takes_the_place_of_another_says_so_in_the_journal_and_in_its_answer)
{
    ck_assert_int_eq(say(OUTAGE_FORBID, ISLAND_RESYNCHRONISING, 3600, "works"), 0);
    ck_assert_int_eq(say(OUTAGE_FORBID, ISLAND_RESYNCHRONISING, 7200, "works"), 0); // goes on for longer
    ck_assert_int_eq(times_journaled("replaces"), 0);
    ck_assert_str_eq(engine_last_remark(w.engine), "");
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_ISLANDED, 3600, "works"), 0);
    ck_assert_int_eq(times_journaled("anna replaces: anna forbids resynchronising until 2026-01-14 20:00"), 1);
    ck_assert_str_eq(last()->cause, "anna forces islanded until 2026-01-14 19:00: crew at work");
    ck_assert_ptr_nonnull(strstr(engine_last_remark(w.engine), "the same id: anna forbids resynchronising"));
    struct outage_word ahead = {.kind = OUTAGE_PLANNED, .island = -1, .id = "plan"};
    for (int day = 1; day <= 2; day++) { // another day, though the same name
        ahead.from_utc_ms = w.now.utc_ms + day * INT64_C(86400000);
        ahead.until_utc_ms = ahead.from_utc_ms + 3600000;
        ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = ahead}), 0);
    }
    ck_assert_int_eq(times_journaled("replaces: somebody announces an outage from 2026-01-15 18:00"), 1);
    ck_assert_int_eq(times_journaled("somebody announces an outage from 2026-01-16 18:00"), 1);
}
END_TEST

START_TEST(of_what_several_expect_the_last_word_counts)
{
    struct outage_view v;
    outage_lose_grid(&w);
    ck_assert_int_eq(say(OUTAGE_EXPECT, ISLAND_CONNECTED, 7200, "anna"), 0);
    outage_run(&w, 60);
    ck_assert_int_eq(say(OUTAGE_EXPECT, ISLAND_CONNECTED, 3600, "bert"), 0);
    engine_outage(w.engine, w.now, &v);
    ck_assert_int_eq(v.expected_until_utc_ms, w.now.utc_ms + 3600 * 1000);
    ck_assert_int_eq(say(OUTAGE_EXPECT, ISLAND_CONNECTED, 5400, "anna"), 0);
    engine_outage(w.engine, w.now, &v);
    ck_assert_int_eq(v.expected_until_utc_ms, w.now.utc_ms + 5400 * 1000);
}
END_TEST

START_TEST(what_a_forced_state_waits_for_is_told_once_and_to_whoever_forces_it)
{
    outage_lose_grid(&w);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_CONNECTED, 3600, "home"), 0);
    ck_assert_str_eq(engine_last_remark(w.engine), "block waits: the grid is not there, or its witnesses disagree");
    ck_assert_str_eq(last()->cause, "connected is forced and waits: the grid is not there, or its witnesses disagree");
    outage_run(&w, 60);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_CONNECTED, 3540, "home"), 0);
    ck_assert_str_ne(engine_last_remark(w.engine), "");
    outage_grid(&w, true);
    outage_run(&w, 60);
    ck_assert_int_eq(times_journaled("is forced and waits"), 1);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_RESYNCHRONISING, 3600, ""), 0);
    ck_assert_ptr_nonnull(strstr(engine_last_remark(w.engine), "its stable time yet (24"));
    ck_assert_int_eq(times_journaled("resynchronising is forced and waits: the grid was not there"), 1);
    ck_assert_int_eq(say(OUTAGE_FORBID, ISLAND_BLACK, 3600, ""), 0);
    ck_assert_str_eq(engine_last_remark(w.engine), "");
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_CONNECTED, 3600, "forbid-0-black"), 0); // there is room for all of it
    ck_assert_ptr_nonnull(strstr(engine_last_remark(w.engine), "it replaces what had the same id: anna forbids black"));
    ck_assert_ptr_nonnull(strstr(engine_last_remark(w.engine), "; block waits: the grid was not there for its stable"));
    outage_until(&w, ISLAND_CONNECTED, 420);
    ck_assert_int_eq(times_journaled("is forced and waits"), 2);
}
END_TEST

START_TEST(what_is_in_the_way_later_is_told_as_well)
{
    plant_model_set_protection(w.plant, 0, false);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), true);
    ck_assert_int_eq(say(OUTAGE_FORCE, ISLAND_ISLANDED, 3600, ""), 0);
    ck_assert_str_eq(engine_last_remark(w.engine), "");
    outage_run(&w, 30);
    ck_assert_int_eq(times_journaled("islanded is forced and waits: the breaker is not known to be open"), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage words");
    TCase *tc = tcase_create("words");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, reasons_on_an_island_name_who_holds_it_and_neither_a_limit_of_the_grid_nor_its_price);
    tcase_add_test(tc, who_said_what_of_which_island_until_when_is_in_the_journal);
    tcase_add_test(tc, what_is_said_again_is_no_entry_and_what_is_prolonged_is_one);
    tcase_add_test(tc, words_that_end_or_are_taken_back_are_in_the_journal_over_a_kill);
    tcase_add_test(tc, a_word_that_takes_the_place_of_another_says_so_in_the_journal_and_in_its_answer);
    tcase_add_test(tc, of_what_several_expect_the_last_word_counts);
    tcase_add_test(tc, what_a_forced_state_waits_for_is_told_once_and_to_whoever_forces_it);
    tcase_add_test(tc, what_is_in_the_way_later_is_told_as_well);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
