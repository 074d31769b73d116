// SPDX-License-Identifier: GPL-3.0-or-later
// The state machine of an island: every transition, without and with a breaker that can be told.
#include <check.h>
#include <stdlib.h>

#include "tests/unit/island_rig.h"
#include "tests/unit/run_suite.h"

static const struct island_settings breakerless = {false, OPEN_MS, CLOSE_MS, RESTART_MS, RETRY_MS, STABLE_MS};

// ---- the way out and back -------------------------------------------------------------------------------------------

START_TEST(a_lost_grid_goes_all_the_way_to_an_island_and_back)
{
    struct rig r = rig_new();
    ck_assert(island_is_connected(&r.island) && !island_is_alone(&r.island));
    assert_stays(&r, carried, 100000);
    assert_wish(&r, BREAKER_LEAVE);
    assert_step(&r, lost, 10, ISLAND_ISLANDING);
    ck_assert(!island_is_connected(&r.island) && island_is_alone(&r.island));
    assert_wish(&r, BREAKER_OPEN);
    assert_step(&r, alone, 100, ISLAND_ISLANDED);
    assert_wish(&r, BREAKER_OPEN);
    assert_stays(&r, alone, 3600000);
    assert_step(&r, back, 1000, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    assert_stays(&r, back, STABLE_MS - 1);
    assert_step(&r, stable, 1, ISLAND_RESYNCHRONISING);
    assert_wish(&r, BREAKER_CLOSE);
    assert_stays(&r, stable, 5000);
    assert_step(&r, carried, 100, ISLAND_CONNECTED);
    assert_wish(&r, BREAKER_LEAVE);
    ck_assert(!r.island.was_open && !r.island.was_black);
}
END_TEST

START_TEST(an_open_breaker_is_a_loss_too)
{
    struct rig r = rig_new();
    assert_step(&r, back, 10, ISLAND_ISLANDING);
    assert_step(&r, back, 0, ISLAND_ISLANDED);
    assert_step(&r, back, 0, ISLAND_WAITING);
    assert_stays(&r, back, 0);
}
END_TEST

// A witness that lies, or a fault behind it: it opens each time that it is closed.
START_TEST(a_breaker_that_opened_by_itself_is_not_closed_again_before_the_stable_time)
{
    struct rig r = rig_in(ISLAND_RESYNCHRONISING);
    struct island_input dead = stable;
    dead.lives = false;
    for (int i = 0; i < 3; i++) {
        assert_step(&r, carried, 2000, ISLAND_CONNECTED);
        assert_step(&r, dead, 1000, ISLAND_ISLANDING);
        assert_step(&r, dead, OPEN_MS, ISLAND_BLACK);
        assert_step(&r, dead, 0, ISLAND_WAITING);
        assert_stays(&r, dead, STABLE_MS - OPEN_MS - 1);
        ck_assert_uint_eq(island_rest_ms(&r.island, STABLE_MS, r.now), 1);
        assert_wish(&r, BREAKER_OPEN);
        assert_step(&r, dead, 1, ISLAND_RESYNCHRONISING);
        ck_assert_uint_eq(island_rest_ms(&r.island, STABLE_MS, r.now), 0);
    }
}
END_TEST

START_TEST(where_the_interconnection_closes_by_itself_there_is_nothing_to_hold_back)
{
    struct rig r = rig_new();
    r.settings = breakerless;
    assert_step(&r, stable, 10, ISLAND_ISLANDING);
    assert_step(&r, stable, 0, ISLAND_ISLANDED);
    assert_step(&r, stable, 0, ISLAND_WAITING);
    assert_step(&r, stable, 0, ISLAND_RESYNCHRONISING);
    assert_step(&r, carried, 10000, ISLAND_CONNECTED);
}
END_TEST

// Nobody is left in the dark for it.
START_TEST(a_breaker_that_opened_by_itself_delays_no_restart)
{
    struct rig r = rig_new();
    assert_step(&r, stable, 10, ISLAND_ISLANDING);
    assert_step(&r, dark, OPEN_MS, ISLAND_BLACK);
    assert_step(&r, dark, 0, ISLAND_RESTARTING);
}
END_TEST

START_TEST(a_grid_that_nobody_has_told_of_yet_is_no_loss)
{
    struct rig r = rig_new();
    assert_stays(&r, (struct island_input){.relies = true, .lives = true}, 100000);
}
END_TEST

START_TEST(islanding_ends_in_black_when_nobody_holds_the_bus)
{
    struct rig r = rig_in(ISLAND_ISLANDING);
    assert_stays(&r, dark, OPEN_MS - 1); // the forming asset takes a moment
    assert_step(&r, dark, 1, ISLAND_BLACK);
    ck_assert(r.island.was_black);
    assert_wish(&r, BREAKER_OPEN);
}
END_TEST

START_TEST(a_dip_that_is_over_before_the_breaker_opened_leads_back_at_once)
{
    struct rig r = rig_in(ISLAND_ISLANDING);
    assert_step(&r, carried, 400, ISLAND_CONNECTED);
    assert_wish(&r, BREAKER_LEAVE);
}
END_TEST

START_TEST(once_the_breaker_was_open_nothing_leads_back_before_the_stable_time)
{
    struct rig r = rig_in(ISLAND_ISLANDING);
    assert_step(&r, alone, 100, ISLAND_ISLANDED);
    assert_step(&r, carried, 100, ISLAND_ISLANDING); // somebody closed it by hand
    assert_stays(&r, carried, OPEN_MS - 1);
    assert_step(&r, carried, 1, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    r = rig_in(ISLAND_ISLANDING);
    struct island_input dead_behind = alone;
    dead_behind.lives = false;
    assert_stays(&r, dead_behind, 100);
    struct island_input reclosed = carried;
    assert_stays(&r, reclosed, 100);
}
END_TEST

START_TEST(an_island_that_dies_goes_black_and_restarts_when_all_is_open)
{
    struct rig r = rig_in(ISLAND_ISLANDED);
    assert_step(&r, dark, 10, ISLAND_BLACK);
    struct island_input closed = dark, unable = dark;
    closed.switches_open = false;
    unable.can_form = false;
    assert_stays(&r, closed, 10);
    assert_stays(&r, unable, 10);
    assert_step(&r, dark, 10, ISLAND_RESTARTING);
    struct island_input up = alone;
    assert_stays(&r, up, 60000);
    ck_assert(r.island.was_black);
    up.restarted = true;
    assert_step(&r, up, 10, ISLAND_ISLANDED);
    ck_assert(!r.island.was_black);
}
END_TEST

START_TEST(a_restart_that_fails_or_takes_too_long_is_tried_again_after_its_rest)
{
    struct rig r = rig_in(ISLAND_RESTARTING);
    struct island_input failed = dark;
    failed.failed = true; // of the attempt before: not before this one has begun
    assert_stays(&r, failed, 0);
    assert_step(&r, failed, 10, ISLAND_BLACK);
    assert_stays(&r, dark, RETRY_MS - 1);
    assert_step(&r, dark, 1, ISLAND_RESTARTING);
    assert_stays(&r, dark, RESTART_MS - 1);
    assert_step(&r, dark, 1, ISLAND_BLACK);
}
END_TEST

START_TEST(a_bus_is_energised_only_while_its_breaker_is_known_to_be_open)
{
    struct island_input closed = dark, unknown = dark;
    closed.breaker_open = false;
    unknown.breaker_known = unknown.breaker_open = false;
    for (int word = ISLAND_FREE; word <= ISLAND_FORCED; word += ISLAND_FORCED) {
        for (int state = 0; state < ISLAND_STATE_COUNT; state++) {
            if (state == ISLAND_BLACK)
                continue;
            struct rig r = with(rig_in(ISLAND_BLACK), (enum island_state)state, (enum island_word)word);
            assert_stays(&r, closed, 1000000);
            assert_stays(&r, unknown, 1000000);
        }
    }
    struct rig r = rig_in(ISLAND_RESTARTING);
    assert_step(&r, closed, 10, ISLAND_BLACK);
    r = rig_in(ISLAND_RESTARTING);
    assert_step(&r, unknown, 10, ISLAND_BLACK);
    r = rig_in(ISLAND_RESTARTING); // it lives already: a contact that falls silent takes nothing from anybody
    unknown.lives = true;
    assert_stays(&r, unknown, 10);
    closed.lives = true;
    assert_step(&r, closed, 10, ISLAND_BLACK);
}
END_TEST

START_TEST(a_grid_that_comes_back_is_waited_for_from_every_state)
{
    struct rig r = rig_in(ISLAND_ISLANDED);
    assert_step(&r, back, 10, ISLAND_WAITING);
    ck_assert(!r.island.was_black);
    r = rig_black_waiting();
    ck_assert(r.island.was_black);
    r = rig_in(ISLAND_RESTARTING);
    struct island_input in = dark;
    in.grid_there = true;
    assert_step(&r, in, 10, ISLAND_WAITING);
    ck_assert(r.island.was_black);
    r = rig_in(ISLAND_RESTARTING);
    assert_step(&r, back, 10, ISLAND_WAITING);
    ck_assert(!r.island.was_black); // what was brought up so far goes on
    r = rig_in(ISLAND_ISLANDING);   // its breaker cannot be seen
    in = back;
    in.breaker_known = in.breaker_open = false;
    assert_stays(&r, in,
                 OPEN_MS); // it may never have opened: not before anybody can say, or all has waited long enough
    in.stable = true;
    assert_step(&r, in, 1, ISLAND_WAITING);
}
END_TEST

START_TEST(a_grid_that_goes_again_while_waiting_leads_back_to_where_it_was)
{
    struct rig r = rig_in(ISLAND_WAITING);
    assert_step(&r, alone, 10, ISLAND_ISLANDED);
    r = rig_black_waiting();
    assert_step(&r, dark, 10, ISLAND_BLACK);
    r = rig_in(ISLAND_WAITING); // closed by hand meanwhile: not an island
    assert_step(&r, lost, 10, ISLAND_ISLANDING);
    r = rig_in(ISLAND_WAITING); // just moving, or out of sight
    struct island_input unknown = alone;
    unknown.breaker_known = unknown.breaker_open = false;
    assert_step(&r, unknown, 10, ISLAND_ISLANDING);
    r = rig_in(ISLAND_WAITING); // it died while it waited
    struct island_input in = back;
    in.lives = false;
    assert_step(&r, in, 10, ISLAND_BLACK);
    assert_step(&r, in, 0, ISLAND_WAITING);
    assert_stays(&r, in, 10);
    ck_assert(r.island.was_black);
}
END_TEST

START_TEST(a_flapping_grid_never_gets_beyond_waiting)
{
    struct rig r = rig_in(ISLAND_ISLANDED);
    for (int i = 0; i < 50; i++) {
        if (i > 0) // what flutters does not come through
            assert_stays(&r, back, STABLE_MS / 5 - 1000);
        assert_step(&r, back, 1000, ISLAND_WAITING);
        assert_stays(&r, back, STABLE_MS - 1000);
        assert_wish(&r, BREAKER_OPEN);
        assert_step(&r, alone, 1000, ISLAND_ISLANDED);
    }
}
END_TEST

START_TEST(a_black_bus_is_connected_to_a_stable_grid_too)
{
    struct rig r = rig_black_waiting();
    struct island_input in = stable;
    in.lives = false;
    assert_step(&r, in, STABLE_MS, ISLAND_RESYNCHRONISING);
    assert_step(&r, carried, 1000, ISLAND_CONNECTED);
    ck_assert(!r.island.was_black);
}
END_TEST

START_TEST(a_grid_that_goes_or_sways_while_connecting_begins_the_wait_anew)
{
    struct rig r = rig_in(ISLAND_RESYNCHRONISING);
    assert_step(&r, alone, 100, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    assert_step(&r, alone, 0, ISLAND_ISLANDED);
    r = rig_in(ISLAND_RESYNCHRONISING);
    assert_step(&r, back, 100, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    assert_stays(&r, stable, STABLE_MS - 1); // whatever the witnesses' own time says
    assert_step(&r, stable, 1, ISLAND_RESYNCHRONISING);
}
END_TEST

START_TEST(a_breaker_that_does_not_close_in_its_time_is_stuck_and_the_wait_begins_anew)
{
    struct rig r = rig_in(ISLAND_RESYNCHRONISING);
    assert_stays(&r, stable, CLOSE_MS - 1);
    ck_assert(!r.island.breaker_stuck);
    assert_step(&r, stable, 1, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    assert_stays(&r, stable, STABLE_MS - 1);
    assert_step(&r, stable, 1, ISLAND_RESYNCHRONISING);
    // Nobody can see it: that it is closed is not taken for granted.
    struct island_input unseen = carried;
    unseen.breaker_known = false;
    assert_stays(&r, unseen, CLOSE_MS - 1);
    assert_step(&r, unseen, 1, ISLAND_WAITING);
}
END_TEST

START_TEST(a_breaker_that_does_not_open_makes_no_island)
{
    struct rig r = rig_in(ISLAND_ISLANDING);
    assert_stays(&r, lost, OPEN_MS - 1);
    ck_assert(!r.island.breaker_stuck);
    assert_stays(&r, lost, 1);
    ck_assert(r.island.breaker_stuck);
    assert_wish(&r, BREAKER_OPEN);
    assert_stays(&r, lost, 3600000);
    assert_state(&r, ISLAND_ISLANDING);
    struct rig grid_back = r; // its return leads back at once
    assert_step(&grid_back, carried, 10, ISLAND_CONNECTED);
    ck_assert(!grid_back.island.breaker_stuck);
    struct island_input dead = lost;
    dead.lives = false;
    struct rig dies = r;
    assert_step(&dies, dead, 10, ISLAND_BLACK);
    ck_assert(dies.island.breaker_stuck);
    assert_stays(&dies, dead, 1000000);
    assert_step(&r, alone, 10, ISLAND_ISLANDED); // at last
    ck_assert(!r.island.breaker_stuck);
}
END_TEST

START_TEST(an_island_whose_breaker_is_found_closed_is_none)
{
    struct rig r = rig_in(ISLAND_ISLANDED);
    assert_step(&r, lost, 10, ISLAND_ISLANDING);
    assert_wish(&r, BREAKER_OPEN);
    assert_step(&r, alone, 10, ISLAND_ISLANDED);
    struct island_input unknown = alone;
    unknown.breaker_known = unknown.breaker_open = false;
    assert_stays(&r, unknown, 10); // a contact that falls silent is none that closed
    assert_stays(&r, unknown, OPEN_MS);
    ck_assert(r.island.breaker_stuck); // but nobody can say that it obeys
}
END_TEST

// ---- without a breaker ----------------------------------------------------------------------------------------------

START_TEST(without_a_breaker_the_interconnection_opens_and_closes_by_itself)
{
    struct rig r = rig_new();
    r.settings = breakerless;
    struct island_input seen_by_nobody = carried, gone = {.lives = true}, there = carried;
    seen_by_nobody.breaker_known = there.breaker_known = false;
    there.stable = false;
    assert_stays(&r, seen_by_nobody, 10);
    assert_step(&r, gone, 10, ISLAND_ISLANDING);
    assert_step(&r, gone, 0, ISLAND_ISLANDED);
    assert_wish(&r, BREAKER_LEAVE);
    ck_assert(!r.island.breaker_stuck);
    assert_step(&r, there, 1000, ISLAND_WAITING);
    assert_step(&r, seen_by_nobody, STABLE_MS, ISLAND_RESYNCHRONISING);
    assert_wish(&r, BREAKER_LEAVE);
    assert_stays(&r, seen_by_nobody, CLOSE_MS - 1); // the protection takes its time
    assert_step(&r, seen_by_nobody, 1, ISLAND_CONNECTED);
    // Where its contact is seen, that says so.
    assert_step(&r, alone, 1000, ISLAND_ISLANDING);
    assert_step(&r, alone, 0, ISLAND_ISLANDED);
    assert_step(&r, carried, 1000, ISLAND_WAITING);
    assert_step(&r, carried, STABLE_MS, ISLAND_RESYNCHRONISING);
    assert_step(&r, carried, 0, ISLAND_CONNECTED);
}
END_TEST

START_TEST(without_a_breaker_nobody_can_force_it_off_the_grid_or_up_from_black)
{
    for (int state = 0; state < ISLAND_STATE_COUNT; state++) {
        struct rig r = with(rig_new(), (enum island_state)state, ISLAND_FORCED);
        r.settings = breakerless;
        assert_stays(&r, carried, 10);
    }
    struct rig r = rig_new();
    r.settings = breakerless;
    struct island_input in = {.can_form = true, .switches_open = true};
    assert_step(&r, in, 10, ISLAND_ISLANDING);
    assert_step(&r, in, OPEN_MS, ISLAND_BLACK);
    r.orders.words[ISLAND_RESTARTING] = ISLAND_FORCED;
    assert_stays(&r, in, 1000000); // nobody knows whether the interconnection is open
    in.breaker_known = in.breaker_open = true;
    assert_step(&r, in, 10, ISLAND_RESTARTING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_island");
    TCase *tests = tcase_create("island");
    tcase_add_test(tests, a_lost_grid_goes_all_the_way_to_an_island_and_back);
    tcase_add_test(tests, an_open_breaker_is_a_loss_too);
    tcase_add_test(tests, a_breaker_that_opened_by_itself_is_not_closed_again_before_the_stable_time);
    tcase_add_test(tests, where_the_interconnection_closes_by_itself_there_is_nothing_to_hold_back);
    tcase_add_test(tests, a_breaker_that_opened_by_itself_delays_no_restart);
    tcase_add_test(tests, a_grid_that_nobody_has_told_of_yet_is_no_loss);
    tcase_add_test(tests, islanding_ends_in_black_when_nobody_holds_the_bus);
    tcase_add_test(tests, a_dip_that_is_over_before_the_breaker_opened_leads_back_at_once);
    tcase_add_test(tests, once_the_breaker_was_open_nothing_leads_back_before_the_stable_time);
    tcase_add_test(tests, an_island_that_dies_goes_black_and_restarts_when_all_is_open);
    tcase_add_test(tests, a_restart_that_fails_or_takes_too_long_is_tried_again_after_its_rest);
    tcase_add_test(tests, a_bus_is_energised_only_while_its_breaker_is_known_to_be_open);
    tcase_add_test(tests, a_grid_that_comes_back_is_waited_for_from_every_state);
    tcase_add_test(tests, a_grid_that_goes_again_while_waiting_leads_back_to_where_it_was);
    tcase_add_test(tests, a_flapping_grid_never_gets_beyond_waiting);
    tcase_add_test(tests, a_black_bus_is_connected_to_a_stable_grid_too);
    tcase_add_test(tests, a_grid_that_goes_or_sways_while_connecting_begins_the_wait_anew);
    tcase_add_test(tests, a_breaker_that_does_not_close_in_its_time_is_stuck_and_the_wait_begins_anew);
    tcase_add_test(tests, a_breaker_that_does_not_open_makes_no_island);
    tcase_add_test(tests, an_island_whose_breaker_is_found_closed_is_none);
    tcase_add_test(tests, without_a_breaker_the_interconnection_opens_and_closes_by_itself);
    tcase_add_test(tests, without_a_breaker_nobody_can_force_it_off_the_grid_or_up_from_black);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
