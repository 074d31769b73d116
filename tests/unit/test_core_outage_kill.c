// SPDX-License-Identifier: GPL-3.0-or-later
// An outage goes on over kill -9 in any state, over images and new configurations, and its journal with it.
#include "base/error.h"
#include "outage_world.h"
#include "tests/unit/run_suite.h"

enum { BAT_DEVICE = 2, GAS_DEVICE = 5 };

static struct outage_world w;

static void setup(void)
{
    outage_begin(&w, BLOCK);
    outage_load(&w, 300e3, 0);
    outage_run(&w, 30);
}

static void teardown(void)
{
    outage_end(&w);
}

// ---- killed
// ----------------------------------------------------------------------------------------------------------

static void into(enum island_state state)
{
    if (state == ISLAND_CONNECTED)
        return;
    if (state == ISLAND_BLACK || state == ISLAND_RESTARTING) {
        outage_lose_grid(&w);
        plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
        w.dead[GAS_DEVICE] = state == ISLAND_BLACK;
    } else {
        outage_grid(&w, false);
        outage_until(&w, state == ISLAND_ISLANDING ? state : ISLAND_ISLANDED, 10);
        if (state == ISLAND_WAITING || state == ISLAND_RESYNCHRONISING)
            outage_grid(&w, true);
    }
    outage_until(&w, state, 400);
}

START_TEST(killed_in_any_state_it_goes_on_safely_and_the_journal_has_neither_gap_nor_double)
{
    enum island_state state = (enum island_state)_i;
    if (state == ISLAND_ISLANDING) // the breaker opens at once otherwise
        plant_model_stick(w.plant, outage_switch(&w, "brk"), true), plant_model_set_protection(w.plant, 0, false);
    into(state);
    outage_kill(&w);
    struct island_view v = outage_island(&w, 0);
    ck_assert_str_eq(island_state_name(v.state), island_state_name(state));
    int before = w.switch_writes;
    outage_run(&w, 3);
    if (state == ISLAND_CONNECTED)
        ck_assert_int_eq(w.switch_writes, before);
    bool may_be_closed = state == ISLAND_CONNECTED || state == ISLAND_ISLANDING || state == ISLAND_RESYNCHRONISING;
    ck_assert(!plant_model_island(w.plant, 0)->breaker_closed || may_be_closed);
    if (state == ISLAND_ISLANDED || state == ISLAND_WAITING)
        ck_assert(plant_model_island(w.plant, 0)->lives);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), false);
    w.dead[GAS_DEVICE] = false;
    outage_grid(&w, true);
    outage_until(&w, ISLAND_CONNECTED, 900);
    for (uint64_t i = 0; i < w.last_entry; i++)
        ck_assert_uint_eq(w.journal[i].number, i + 1);
}
END_TEST

START_TEST(after_a_restart_who_held_the_island_is_waited_for_until_it_is_read)
{
    outage_lose_grid(&w);
    outage_run(&w, 20);
    int bat = outage_asset(&w, "bat");
    ck_assert_int_eq(outage_island(&w, 0).forming, bat);
    w.dead[BAT_DEVICE] = true;
    outage_kill(&w);
    uint64_t entries = w.last_entry;
    int before = w.switch_writes;
    struct outage_view v;
    engine_outage(w.engine, w.now, &v);
    ck_assert(v.on && !v.reckoned && !v.said); // nobody is told of hours that were not reckoned
    outage_run(&w, 5);
    ck_assert_int_eq(outage_island(&w, 0).forming, bat);
    ck_assert_int_eq(w.switch_writes, before);
    ck_assert_uint_eq(w.last_entry, entries);
    w.dead[BAT_DEVICE] = false;
    outage_run(&w, 20);
    ck_assert_int_eq(outage_island(&w, 0).forming, bat);
    w.dead[BAT_DEVICE] = true; // for good: then it is not believed to hold any more
    outage_kill(&w);
    outage_run(&w, 30);
    ck_assert_int_ne(outage_island(&w, 0).forming, bat);
}
END_TEST

START_TEST(killed_between_any_two_actions_the_journal_has_neither_gap_nor_double)
{
    for (int most = 0; most < 12; most++) {
        outage_grid(&w, most % 2 != 0);
        w.now.mono_ms += 1000;
        w.now.utc_ms += 1000;
        plant_model_step(w.plant, w.now);
        struct reading readings[8];
        size_t n = outage_readings(&w, 0, readings);
        struct event e = {.kind = EVENT_READINGS, .at = w.now, .readings = {.readings = readings, .count = n}};
        engine_consume(w.engine, &e);
        outage_drain_some(&w, most);
        outage_kill(&w);
        outage_run(&w, 4);
    }
    ck_assert_uint_ge(w.last_entry, 6);
    for (uint64_t i = 0; i < w.last_entry; i++)
        ck_assert_uint_eq(w.journal[i].number, i + 1);
}
END_TEST

START_TEST(entries_that_are_kept_are_not_numbered_again_when_what_was_saved_is_lost)
{
    outage_lose_grid(&w);
    uint64_t last = w.last_entry;
    saved_free(&w.saved);
    outage_grid(&w, true);
    outage_kill(&w);
    engine_journal_after(w.engine, last);
    engine_journal_after(w.engine, last - 1);
    outage_grid(&w, false);
    outage_run(&w, 10);
    ck_assert_uint_gt(w.last_entry, last);
}
END_TEST

START_TEST(what_was_saved_is_judged_before_any_of_it_counts)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"number\": 1}",
        "{\"number\":-1,\"since_ms\":0,\"islands\":[],\"switches\":[],\"limited\":{},\"words\":[],\"waiting\":[]}",
        "{\"number\":1,\"since_ms\":0,\"islands\":[{\"id\":\"block\",\"state\":\"flying\",\"was_black\":false,"
        "\"lives\":true,\"since_ms\":0,\"forming\":\"\"}],\"switches\":[],\"limited\":{},\"words\":[],\"waiting\":[]}",
        "{\"number\":1,\"since_ms\":0,\"islands\":[],\"switches\":[{\"id\":\"pool\",\"closed\":true,\"told\":true,"
        "\"obeyed\":true,"
        "\"power_w\":1e300,\"since_ms\":0}],\"limited\":{},\"words\":[],\"waiting\":[]}",
        "{\"number\":1,\"since_ms\":0,\"islands\":[],\"switches\":[],\"limited\":{\"hall\":16},\"words\":[],"
        "\"waiting\":[]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct saved item = {.kind = SAVED_OUTAGE, .id = "area", .json = (char *)bad[i]};
        ck_assert_msg(engine_restore(w.engine, &item, w.now) == AEMS_E_FORMAT, "%s", bad[i]);
    }
    ck_assert(outage_is_in(&w, ISLAND_CONNECTED));
}
END_TEST

START_TEST(an_image_taken_in_an_outage_goes_on_exactly_as_it_would)
{
    struct bytes image = {0}, again = {0};
    outage_lose_grid(&w);
    outage_run(&w, 20);
    ck_assert_int_eq(engine_image(w.engine, &image), 0);
    engine_free(w.engine);
    outage_new_engine(&w);
    ck_assert_int_eq(engine_take_image(w.engine, image.data, image.length), 0);
    ck_assert_int_eq(engine_image(w.engine, &again), 0);
    ck_assert_uint_eq(image.length, again.length);
    ck_assert_int_eq(memcmp(image.data, again.data, image.length), 0);
    bytes_free(&image);
    bytes_free(&again);
}
END_TEST

START_TEST(a_new_configuration_in_an_outage_goes_on_where_the_old_one_was)
{
    struct engine *former = w.engine;
    outage_lose_grid(&w);
    outage_run(&w, 20);
    outage_new_engine(&w);
    engine_adopt(w.engine, former, w.now);
    engine_free(former);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    int before = w.switch_writes;
    outage_run(&w, 8);
    ck_assert_int_eq(w.switch_writes, before);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert(plant_model_island(w.plant, 0)->lives);
}
END_TEST

// The dead grid pulls the bus down, in the first seconds of a program.
START_TEST(just_after_a_start_a_dead_bus_is_seen_to_be_and_who_never_held_it_brings_it_up)
{
    outage_run(&w, 600);
    outage_kill(&w);
    outage_run(&w, 2);
    plant_model_set_protection(w.plant, 0, false);
    outage_grid(&w, false);
    outage_run(&w, 7);
    ck_assert(outage_is_in(&w, ISLAND_BLACK) || outage_is_in(&w, ISLAND_RESTARTING));
    ck_assert(!outage_closed(&w, "light") && !outage_closed(&w, "air") && !outage_closed(&w, "brk"));
    outage_until(&w, ISLAND_ISLANDED, 120);
    ck_assert(!outage_journaled(&w, "does not hold the island any more"));
    ck_assert_int_eq(plant_model_island(w.plant, 0)->forming, outage_asset(&w, "bat"));
    ck_assert_int_eq(outage_island(&w, 0).forming, outage_asset(&w, "bat"));
    outage_run(&w, 400);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 1);
    ck_assert_int_eq(plant_model_island(w.plant, 0)->forming, outage_island(&w, 0).forming);
}
END_TEST

START_TEST(an_island_whose_loads_all_stand_still_lives_while_its_battery_is_charged)
{
    outage_load(&w, 300e3, 100e3);
    outage_run(&w, 30);
    outage_lose_grid(&w);
    outage_run(&w, 10);
    outage_load(&w, 0, 100e3);
    outage_run(&w, 30);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    ck_assert_double_lt(outage_power_w(&w, "bat"), -50e3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage kill");
    TCase *t = tcase_create("kill");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_island_whose_loads_all_stand_still_lives_while_its_battery_is_charged);
    tcase_add_test(t, just_after_a_start_a_dead_bus_is_seen_to_be_and_who_never_held_it_brings_it_up);
    tcase_add_test(t, after_a_restart_who_held_the_island_is_waited_for_until_it_is_read);
    tcase_add_loop_test(t, killed_in_any_state_it_goes_on_safely_and_the_journal_has_neither_gap_nor_double, 0,
                        ISLAND_STATE_COUNT);
    tcase_add_test(t, killed_between_any_two_actions_the_journal_has_neither_gap_nor_double);
    tcase_add_test(t, entries_that_are_kept_are_not_numbered_again_when_what_was_saved_is_lost);
    tcase_add_test(t, what_was_saved_is_judged_before_any_of_it_counts);
    tcase_add_test(t, an_image_taken_in_an_outage_goes_on_exactly_as_it_would);
    tcase_add_test(t, a_new_configuration_in_an_outage_goes_on_where_the_old_one_was);
    suite_add_tcase(s, t);
    return run_suite(s);
}
