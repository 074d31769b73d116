// SPDX-License-Identifier: GPL-3.0-or-later
// An island and the words of operators: each transition forbidden and forced, taken up again after a restart of the
// program, drilled, and what no word can do; by hand and by the dice.
#include <check.h>
#include <stdlib.h>

#include "tests/unit/island_rig.h"
#include "tests/unit/run_suite.h"

// ---- forbidden ------------------------------------------------------------------------------------------------------

START_TEST(forbidden_islanding_leaves_the_breaker_alone_and_the_bus_to_its_grid)
{
    struct rig r = with(rig_new(), ISLAND_ISLANDING, ISLAND_FORBIDDEN);
    assert_stays(&r, lost, 10); // the bus has voltage: whoever says that the grid is gone may be wrong
    struct island_input dead = dark;
    dead.breaker_open = false;
    assert_step(&r, dead, 10, ISLAND_BLACK);
    assert_wish(&r, BREAKER_LEAVE);
    assert_stays(&r, dead, 1000000);
    assert_step(&r, carried, 10, ISLAND_WAITING);
    assert_wish(&r, BREAKER_LEAVE);
    assert_step(&r, carried, STABLE_MS, ISLAND_RESYNCHRONISING);
    assert_step(&r, carried, 10, ISLAND_CONNECTED);
    // An open breaker is a fact.
    assert_step(&r, alone, 10, ISLAND_ISLANDING);
    // Likewise an operator who sends it off, while another forbids it.
    r = with(with(rig_new(), ISLAND_ISLANDING, ISLAND_FORBIDDEN), ISLAND_ISLANDED, ISLAND_FORCED);
    assert_stays(&r, carried, 10);
}
END_TEST

START_TEST(forbidden_states_are_not_decided_for)
{
    struct rig r = with(rig_in(ISLAND_ISLANDING), ISLAND_CONNECTED, ISLAND_FORBIDDEN);
    assert_stays(&r, carried, 100);
    r = with(rig_in(ISLAND_ISLANDING), ISLAND_ISLANDED, ISLAND_FORBIDDEN);
    assert_stays(&r, alone, 100000);
    assert_step(&r, back, 100, ISLAND_WAITING);
    assert_stays(&r, alone, 100);
    r = with(rig_in(ISLAND_ISLANDED), ISLAND_WAITING, ISLAND_FORBIDDEN);
    assert_stays(&r, stable, 1000000);
    r = with(rig_in(ISLAND_BLACK), ISLAND_RESTARTING, ISLAND_FORBIDDEN);
    assert_stays(&r, dark, 1000000);
    r = with(rig_in(ISLAND_BLACK), ISLAND_ISLANDED, ISLAND_FORBIDDEN); // an island is what a restart would make
    assert_stays(&r, dark, 1000000);
    r = with(rig_in(ISLAND_BLACK), ISLAND_WAITING, ISLAND_FORBIDDEN);
    struct island_input in = dark;
    in.grid_there = in.stable = true;
    assert_step(&r, in, 10, ISLAND_RESTARTING);
    assert_stays(&r, in, 10);
    r = with(rig_in(ISLAND_RESTARTING), ISLAND_ISLANDED, ISLAND_FORBIDDEN);
    in = alone;
    in.restarted = true;
    assert_stays(&r, in, 2 * RESTART_MS);
    r = with(rig_in(ISLAND_WAITING), ISLAND_RESYNCHRONISING, ISLAND_FORBIDDEN);
    assert_stays(&r, stable, 1000000);
    r = with(rig_in(ISLAND_WAITING), ISLAND_CONNECTED, ISLAND_FORBIDDEN);
    assert_stays(&r, stable, 1000000);
    assert_wish(&r, BREAKER_OPEN);
}
END_TEST

START_TEST(a_word_that_comes_while_the_breaker_closes_takes_it_back)
{
    struct rig r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_CONNECTED, ISLAND_FORBIDDEN);
    assert_step(&r, carried, 10, ISLAND_WAITING);
    assert_wish(&r, BREAKER_OPEN);
    r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_ISLANDED, ISLAND_FORCED);
    assert_step(&r, stable, 10, ISLAND_WAITING);
    assert_step(&r, stable, 0, ISLAND_ISLANDED);
    assert_stays(&r, stable, 1000000);
}
END_TEST

START_TEST(where_waiting_is_forbidden_a_failed_connection_falls_back_further)
{
    struct rig r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_WAITING, ISLAND_FORBIDDEN);
    assert_step(&r, alone, 10, ISLAND_ISLANDED);
    r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_WAITING, ISLAND_FORBIDDEN);
    assert_step(&r, lost, 10, ISLAND_ISLANDING);
    r = rig_black_waiting();
    struct island_input in = dark;
    in.grid_there = in.stable = true;
    assert_step(&r, in, STABLE_MS, ISLAND_RESYNCHRONISING);
    r.orders.words[ISLAND_WAITING] = ISLAND_FORBIDDEN;
    assert_step(&r, dark, 10, ISLAND_BLACK);
}
END_TEST

START_TEST(a_dead_bus_is_black_whoever_forbids_it)
{
    static const enum island_state states[] = {ISLAND_ISLANDING, ISLAND_ISLANDED, ISLAND_WAITING};
    for (int i = 0; i < 3; i++) {
        struct rig r = with(rig_in(states[i]), ISLAND_BLACK, ISLAND_FORBIDDEN);
        assert_step(&r, dark, OPEN_MS, ISLAND_BLACK);
    }
}
END_TEST

START_TEST(a_lost_grid_is_lost_whoever_forbids_it)
{
    for (int word = ISLAND_FORBIDDEN; word <= ISLAND_FORCED; word++) {
        struct rig r = with(rig_new(), ISLAND_CONNECTED, (enum island_word)word);
        assert_step(&r, lost, 10, ISLAND_ISLANDING);
    }
}
END_TEST

// ---- forced ---------------------------------------------------------------------------------------------------------

START_TEST(an_operator_sends_it_off_a_good_grid_and_holds_it_there)
{
    static const enum island_state words[] = {ISLAND_ISLANDING, ISLAND_ISLANDED};
    for (int i = 0; i < 2; i++) {
        struct rig r = with(rig_new(), words[i], ISLAND_FORCED);
        assert_step(&r, carried, 10, ISLAND_ISLANDING);
        assert_wish(&r, BREAKER_OPEN);
        assert_stays(&r, carried, 100); // not called an island while it hangs on the grid
        assert_stays(&r, carried, 1000000);
        ck_assert(r.island.breaker_stuck);
        assert_step(&r, stable, 10, ISLAND_ISLANDED);
        assert_stays(&r, stable, 1000000);
        r.orders.words[words[i]] = ISLAND_FREE; // the lease has passed
        assert_step(&r, stable, 10, ISLAND_WAITING);
        assert_step(&r, stable, 0, ISLAND_RESYNCHRONISING); // the witnesses' stable time has run
    }
}
END_TEST

START_TEST(a_forced_island_restarts_by_itself_rather_than_wait_for_the_grid)
{
    struct rig r = with(rig_black_waiting(), ISLAND_ISLANDED, ISLAND_FORCED);
    struct island_input in = dark;
    in.grid_there = true;
    assert_step(&r, in, 10, ISLAND_BLACK);
    assert_step(&r, in, 0, ISLAND_RESTARTING);
    assert_stays(&r, in, 1000);
    in.lives = in.restarted = true;
    assert_step(&r, in, 1000, ISLAND_ISLANDED);
    assert_stays(&r, in, 1000);
}
END_TEST

START_TEST(a_forced_restart_does_not_wait_for_its_rest_or_the_grid)
{
    struct rig r = with(rig_in(ISLAND_RESTARTING), ISLAND_RESTARTING, ISLAND_FORCED);
    struct island_input in = dark;
    in.grid_there = in.stable = true;
    assert_stays(&r, in, 1000);
    in.failed = true;
    assert_step(&r, in, 1000, ISLAND_BLACK);
    in.failed = false;
    assert_stays(&r, in, OPEN_MS - 1);
    assert_step(&r, in, 1, ISLAND_RESTARTING);
    in.lives = in.restarted = true;
    assert_step(&r, in, 1000, ISLAND_ISLANDED); // which is no decision against it
    r = with(rig_black_waiting(), ISLAND_RESTARTING, ISLAND_FORCED);
    assert_step(&r, in = (struct island_input){.grid_there = true}, 10, ISLAND_BLACK);
    assert_stays(&r, in, 1000000); // but the breaker is not known to be open
}
END_TEST

START_TEST(black_can_be_forced_and_is_held)
{
    static const enum island_state states[] = {ISLAND_ISLANDED, ISLAND_RESTARTING, ISLAND_WAITING};
    for (int i = 0; i < 3; i++) {
        struct rig r = with(rig_in(states[i]), ISLAND_BLACK, ISLAND_FORCED);
        assert_step(&r, alone.lives && states[i] == ISLAND_WAITING ? back : alone, 10, ISLAND_BLACK);
        assert_stays(&r, stable, 1000000);
        assert_stays(&r, dark, 1000000);
        r.orders.words[ISLAND_BLACK] = ISLAND_FREE;
        assert_step(&r, dark, 10, ISLAND_RESTARTING);
    }
    struct rig r = with(rig_new(), ISLAND_BLACK, ISLAND_FORCED);
    assert_step(&r, carried, 10, ISLAND_ISLANDING);
    assert_stays(&r, carried, 100); // first off the grid
    assert_step(&r, back, 100, ISLAND_BLACK);
    r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_BLACK, ISLAND_FORCED);
    assert_step(&r, stable, 10, ISLAND_WAITING);
    assert_step(&r, stable, 0, ISLAND_BLACK);
}
END_TEST

START_TEST(forced_waiting_does_not_go_on_and_forced_resynchronising_does_not_give_up)
{
    struct rig r = with(rig_in(ISLAND_WAITING), ISLAND_WAITING, ISLAND_FORCED);
    assert_stays(&r, stable, 1000000);
    r = with(rig_in(ISLAND_RESYNCHRONISING), ISLAND_RESYNCHRONISING, ISLAND_FORCED);
    assert_stays(&r, stable, 10 * CLOSE_MS);
    ck_assert(r.island.breaker_stuck);
    assert_wish(&r, BREAKER_CLOSE);
    struct rig lost_again = r;
    assert_step(&lost_again, alone, 10, ISLAND_WAITING);
    assert_wish(&lost_again, BREAKER_OPEN);
    assert_step(&r, carried, 10, ISLAND_CONNECTED);
}
END_TEST

START_TEST(no_word_connects_before_the_stable_time)
{
    for (int state = 0; state < ISLAND_STATE_COUNT; state++) {
        struct rig r = with(rig_in(ISLAND_WAITING), (enum island_state)state, ISLAND_FORCED);
        for (int second = 0; second < 1000; second++) {
            go(&r, back, 1000);
            ck_assert_int_ne(island_breaker(&r.island), BREAKER_CLOSE);
            ck_assert(r.island.state != ISLAND_RESYNCHRONISING && r.island.state != ISLAND_CONNECTED);
        }
    }
}
END_TEST

// ---- taken up again -------------------------------------------------------------------------------------------------

static struct rig resumed(enum island_state state, bool was_black)
{
    struct rig r = rig_new();
    r.now = 5000000;
    island_resume(&r.island, state, was_black, r.now);
    return r;
}

START_TEST(every_state_is_taken_up_again_and_stays_while_nothing_is_known)
{
    static const struct island_input nothing = {.relies = true, .lives = true};
    for (int state = 0; state < ISLAND_STATE_COUNT; state++) {
        struct rig r = resumed((enum island_state)state, state == ISLAND_BLACK);
        assert_state(&r, (enum island_state)state);
        ck_assert_int_eq(island_is_alone(&r.island), state != ISLAND_CONNECTED);
        assert_wish(&r, BREAKER_LEAVE);
        assert_stays(&r, nothing, 0);
        assert_stays(&r, nothing, OPEN_MS - 1);
        ck_assert_int_ne(island_breaker(&r.island), BREAKER_CLOSE);
    }
    struct rig r = resumed(ISLAND_ISLANDED, false); // even when it is said to be dead: meters are not read yet
    assert_stays(&r, (struct island_input){.relies = true}, OPEN_MS - 1);
    assert_step(&r, dark, 1, ISLAND_BLACK);
}
END_TEST

START_TEST(from_every_state_it_goes_on_as_before)
{
    struct rig r = resumed(ISLAND_CONNECTED, false);
    assert_step(&r, lost, 0, ISLAND_ISLANDING);
    r = resumed(ISLAND_ISLANDING, false);
    assert_step(&r, alone, 10, ISLAND_ISLANDED);
    r = resumed(ISLAND_ISLANDING, false);
    assert_step(&r, carried, 10, ISLAND_CONNECTED);
    r = resumed(ISLAND_ISLANDED, false);
    assert_step(&r, back, OPEN_MS, ISLAND_WAITING);
    r = resumed(ISLAND_BLACK, true);
    assert_step(&r, dark, OPEN_MS, ISLAND_RESTARTING);
    r = resumed(ISLAND_RESTARTING, true);
    assert_stays(&r, dark, OPEN_MS);
    struct island_input in = alone;
    in.restarted = true;
    assert_step(&r, in, 10, ISLAND_ISLANDED);
    r = resumed(ISLAND_WAITING, true);
    assert_step(&r, dark, OPEN_MS, ISLAND_BLACK);
    r = resumed(ISLAND_WAITING, false);
    assert_step(&r, alone, OPEN_MS, ISLAND_ISLANDED);
    r = resumed(ISLAND_WAITING, false);
    assert_stays(&r, back, STABLE_MS - 1); // the witnesses' time runs anew
    assert_step(&r, stable, 1, ISLAND_RESYNCHRONISING);
}
END_TEST

START_TEST(a_connection_that_was_under_way_is_done_or_begins_with_waiting)
{
    struct rig r = resumed(ISLAND_RESYNCHRONISING, false);
    struct island_input in = carried;
    in.stable = false;
    assert_step(&r, in, 10, ISLAND_CONNECTED); // it has closed meanwhile
    r = resumed(ISLAND_RESYNCHRONISING, false);
    assert_step(&r, back, 10, ISLAND_WAITING);
    assert_stays(&r, back, 10);
    r = resumed(ISLAND_RESYNCHRONISING, false);
    assert_step(&r, alone, 10, ISLAND_WAITING);
    r = resumed(ISLAND_RESYNCHRONISING, false);
    assert_step(&r, (struct island_input){.relies = true, .lives = true}, OPEN_MS, ISLAND_WAITING);
}
END_TEST

// ---- drills ---------------------------------------------------------------------------------------------------------

START_TEST(a_drill_runs_the_sequence_without_a_breaker_that_moves_and_a_real_loss_ends_it)
{
    struct rig r = with(rig_new(), ISLAND_ISLANDED, ISLAND_FORCED);
    struct island_input drill = carried;
    drill.drill = true;
    assert_step(&r, drill, 10, ISLAND_ISLANDING);
    assert_step(&r, drill, 10, ISLAND_ISLANDED);
    assert_stays(&r, drill, 1000);
    struct rig real = r;
    struct island_input gone = lost;
    gone.drill = true;
    assert_step(&real, gone, 10, ISLAND_ISLANDING); // its breaker is closed in fact
    r.orders.words[ISLAND_ISLANDED] = ISLAND_FREE;
    assert_step(&r, drill, 10, ISLAND_WAITING);
    assert_step(&r, drill, STABLE_MS, ISLAND_RESYNCHRONISING);
    assert_step(&r, drill, 10, ISLAND_CONNECTED);
}
END_TEST

// ---- by the dice ----------------------------------------------------------------------------------------------------

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)dice_state * sides) >> 32);
}

// What a real area could tell: who relies has no breaker that is known to be open, and stable is there.
static struct island_input draw_input(void)
{
    struct island_input in = {.grid_there = dice(2),
                              .breaker_known = dice(4) > 0,
                              .lives = dice(3) > 0,
                              .can_form = dice(3) > 0,
                              .switches_open = dice(3) > 0,
                              .restarted = dice(4) == 0,
                              .failed = dice(8) == 0,
                              .drill = dice(20) == 0};
    in.breaker_open = in.breaker_known && dice(2);
    in.relies = !in.breaker_open && (in.grid_there || dice(4) == 0);
    in.stable = in.grid_there && dice(2);
    return in;
}

static void draw_orders(struct island_orders *orders)
{
    for (int state = 0; state < ISLAND_STATE_COUNT; state++)
        orders->words[state] = dice(6) ? ISLAND_FREE : dice(2) ? ISLAND_FORBIDDEN : ISLAND_FORCED;
}

// What no word and no input may lead to; NULL where all is well.
static const char *wrong_step(const struct rig *r, bool stepped)
{
    const struct island_input *in = &r->in;
    bool drills = in->drill && in->grid_there, open = in->breaker_known && in->breaker_open;
    bool unwitnessed = !r->settings.has_breaker && !in->breaker_known && !in->relies;
    if (island_breaker(&r->island) == BREAKER_CLOSE && (r->island.state != ISLAND_RESYNCHRONISING || !in->stable))
        return "the breaker is closed where it may not be";
    if (island_breaker(&r->island) != BREAKER_LEAVE && !r->settings.has_breaker)
        return "a breaker that is not there is told something";
    if (!stepped)
        return NULL;
    if (r->step.from == r->step.to || r->step.to != r->island.state || !r->step.cause[0])
        return "the step is not what happened";
    if (r->step.to == ISLAND_RESTARTING && !open && !drills)
        return "energised while the breaker is not known to be open";
    if (r->step.to == ISLAND_ISLANDED && r->step.from != ISLAND_RESYNCHRONISING && in->breaker_known && !open &&
        !drills)
        return "called an island while it hangs on the grid";
    if (r->step.from == ISLAND_ISLANDING && r->step.to == ISLAND_ISLANDED && !open && !unwitnessed && !drills)
        return "called an island while nobody knows";
    if (r->step.to == ISLAND_CONNECTED && (!in->grid_there || (!in->relies && !drills)))
        return "connected without a grid";
    if (r->step.to == ISLAND_RESYNCHRONISING && !in->stable)
        return "connecting before the stable time";
    if (r->orders.words[r->step.to] == ISLAND_FORBIDDEN && r->step.to != ISLAND_BLACK && r->step.to != ISLAND_ISLANDING)
        return "a forbidden state was decided for";
    return NULL;
}

START_TEST(whatever_is_known_and_whoever_says_what_it_settles_and_keeps_its_interlocks)
{
    dice_state = 1;
    for (int draw = 0; draw < 2000; draw++) {
        struct rig r = rig_new();
        r.settings.has_breaker = dice(4) > 0;
        for (int i = 0; i < 100; i++) {
            if (dice(5) == 0)
                draw_orders(&r.orders);
            if (dice(50) == 0)
                island_resume(&r.island, (enum island_state)dice(ISLAND_STATE_COUNT), dice(2), r.now);
            struct island_input in = draw_input();
            uint64_t ms = dice(3) ? dice(3000) : dice(400000);
            int steps = 0;
            for (bool stepped = true; stepped && steps < 10; ms = 0, steps++) {
                stepped = go(&r, in, ms);
                const char *wrong = wrong_step(&r, stepped);
                if (wrong)
                    ck_abort_msg("draw %d, %d: %s (%s to %s)", draw, i, wrong, island_state_name(r.step.from),
                                 island_state_name(r.step.to));
            }
            if (steps >= 7)
                ck_abort_msg("draw %d, %d: it does not come to rest", draw, i);
        }
    }
}
END_TEST

START_TEST(every_state_has_a_name_and_is_found_by_it)
{
    for (int state = 0; state < ISLAND_STATE_COUNT; state++)
        ck_assert_int_eq(island_state_by_name(island_state_name((enum island_state)state)), state);
    ck_assert_int_eq(island_state_by_name("elsewhere"), ISLAND_STATE_COUNT);
    ck_assert_str_eq(island_state_name(ISLAND_STATE_COUNT), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_orders");
    TCase *tests = tcase_create("island");
    tcase_add_test(tests, forbidden_islanding_leaves_the_breaker_alone_and_the_bus_to_its_grid);
    tcase_add_test(tests, forbidden_states_are_not_decided_for);
    tcase_add_test(tests, a_word_that_comes_while_the_breaker_closes_takes_it_back);
    tcase_add_test(tests, where_waiting_is_forbidden_a_failed_connection_falls_back_further);
    tcase_add_test(tests, a_dead_bus_is_black_whoever_forbids_it);
    tcase_add_test(tests, a_lost_grid_is_lost_whoever_forbids_it);
    tcase_add_test(tests, an_operator_sends_it_off_a_good_grid_and_holds_it_there);
    tcase_add_test(tests, a_forced_island_restarts_by_itself_rather_than_wait_for_the_grid);
    tcase_add_test(tests, a_forced_restart_does_not_wait_for_its_rest_or_the_grid);
    tcase_add_test(tests, black_can_be_forced_and_is_held);
    tcase_add_test(tests, forced_waiting_does_not_go_on_and_forced_resynchronising_does_not_give_up);
    tcase_add_test(tests, no_word_connects_before_the_stable_time);
    tcase_add_test(tests, every_state_is_taken_up_again_and_stays_while_nothing_is_known);
    tcase_add_test(tests, from_every_state_it_goes_on_as_before);
    tcase_add_test(tests, a_connection_that_was_under_way_is_done_or_begins_with_waiting);
    tcase_add_test(tests, a_drill_runs_the_sequence_without_a_breaker_that_moves_and_a_real_loss_ends_it);
    tcase_add_test(tests, whatever_is_known_and_whoever_says_what_it_settles_and_keeps_its_interlocks);
    tcase_add_test(tests, every_state_has_a_name_and_is_found_by_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
