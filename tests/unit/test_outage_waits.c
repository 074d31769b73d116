// SPDX-License-Identifier: GPL-3.0-or-later
// What a state that an operator forces waits for: as the island's own decisions have it.
#include "outage/waits.h"
#include "tests/unit/island_rig.h"
#include "tests/unit/run_suite.h"

static void assert_waits(const struct rig *r, struct island_input in, enum island_state to, enum island_wait wait)
{
    enum island_wait found = island_waits_for(&r->island, &r->settings, &r->orders, &in, to, r->now);
    ck_assert_msg(found == wait, "%s, %s is wanted: \"%s\", not \"%s\"", island_state_name(r->island.state),
                  island_state_name(to), island_wait_text(found), island_wait_text(wait));
}

START_TEST(a_forced_state_that_waits_says_for_what)
{
    struct rig r = with(rig_new(), ISLAND_ISLANDED, ISLAND_FORCED);
    assert_waits(&r, carried, ISLAND_ISLANDED, ISLAND_WAITS_NOT);
    assert_waits(&r, carried, ISLAND_RESTARTING, ISLAND_WAITS_BLACK);
    assert_waits(&r, carried, ISLAND_RESYNCHRONISING, ISLAND_WAITS_OUTAGE);
    r.settings.has_breaker = false;
    assert_waits(&r, carried, ISLAND_ISLANDED, ISLAND_WAITS_HANDS);
    r = with(with(rig_new(), ISLAND_ISLANDED, ISLAND_FORCED), ISLAND_ISLANDING, ISLAND_FORBIDDEN);
    assert_waits(&r, carried, ISLAND_ISLANDED, ISLAND_WAITS_FORBIDDEN);
    r = with(rig_in(ISLAND_BLACK), ISLAND_RESTARTING, ISLAND_FORCED);
    struct island_input in = dark;
    assert_waits(&r, in, ISLAND_RESTARTING, ISLAND_WAITS_NOT);
    in.can_form = false;
    assert_waits(&r, in, ISLAND_RESTARTING, ISLAND_WAITS_FORMING);
    in.switches_open = false;
    assert_waits(&r, in, ISLAND_RESTARTING, ISLAND_WAITS_SWITCHES);
    in.breaker_known = false;
    assert_waits(&r, in, ISLAND_RESTARTING, ISLAND_WAITS_BREAKER);
    r = with(rig_in(ISLAND_WAITING), ISLAND_RESYNCHRONISING, ISLAND_FORCED);
    assert_waits(&r, back, ISLAND_RESYNCHRONISING, ISLAND_WAITS_STABLE);
    assert_waits(&r, stable, ISLAND_RESYNCHRONISING, ISLAND_WAITS_NOT);
    assert_waits(&r, alone, ISLAND_RESYNCHRONISING, ISLAND_WAITS_GRID);
    r = with(r, ISLAND_WAITING, ISLAND_FORCED);
    assert_waits(&r, stable, ISLAND_CONNECTED, ISLAND_WAITS_WORD);
}
END_TEST

// Whatever is known: what waits for nothing gets there, or somewhere nearer, and what waits does not.
START_TEST(what_waits_stays_and_what_does_not_goes)
{
    static const enum island_state from[] = {ISLAND_CONNECTED, ISLAND_BLACK, ISLAND_WAITING};
    static const enum island_state to[] = {ISLAND_ISLANDED, ISLAND_RESTARTING, ISLAND_RESYNCHRONISING};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        for (unsigned bits = 0; bits < 64; bits++) {
            struct rig r = with(rig_in(from[i]), to[i], ISLAND_FORCED);
            struct island_input in = {.relies = from[i] == ISLAND_CONNECTED,
                                      .grid_there = from[i] != ISLAND_BLACK && (bits & 1) != 0,
                                      .stable = (bits & 1) != 0 && (bits & 2) != 0,
                                      .breaker_known = (bits & 4) != 0,
                                      .breaker_open = from[i] != ISLAND_CONNECTED && (bits & 8) != 0,
                                      .lives = from[i] != ISLAND_BLACK,
                                      .can_form = (bits & 16) != 0,
                                      .switches_open = (bits & 32) != 0};
            r.now += 2 * STABLE_MS;
            enum island_wait wait = island_waits_for(&r.island, &r.settings, &r.orders, &in, to[i], r.now);
            bool went = go(&r, in, 0) && r.island.state != ISLAND_ISLANDED;
            ck_assert_msg(went == (wait == ISLAND_WAITS_NOT) || wait == ISLAND_WAITS_GRID, "%s, %u: \"%s\"",
                          island_state_name(from[i]), bits, island_wait_text(wait));
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_waits");
    TCase *tests = tcase_create("waits");
    tcase_add_test(tests, a_forced_state_that_waits_says_for_what);
    tcase_add_test(tests, what_waits_stays_and_what_does_not_goes);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
