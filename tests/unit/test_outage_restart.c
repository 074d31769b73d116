// SPDX-License-Identifier: GPL-3.0-or-later
// An island comes up from black, phase by phase, and what stops it.
#include <check.h>
#include <stdlib.h>

#include "outage/restart.h"
#include "tests/unit/run_suite.h"

enum { OPEN_MS = 5000, ENERGISE_MS = 60000, SETTLE_MS = 20000, N = 4 };
static const struct restart_settings settings = {OPEN_MS, ENERGISE_MS, SETTLE_MS};
static const uint64_t START = 1000;

struct rig {
    struct restart restart;
    struct restart_input in;
    struct shed_item items[N];
    uint64_t now;
};

static struct rig begun(void)
{
    struct rig r = {.now = START,
                    .in = {.breaker_open = true, .switches_open = true, .forming_limit_w = 100, .step_w = 60}};
    const enum load_tier tiers[N] = {TIER_ORDINARY, TIER_LIFELINE, TIER_IMPORTANT, TIER_LIFELINE};
    const double powers_w[N] = {30, 20, 25, 15};
    for (int i = 0; i < N; i++)
        r.items[i] = (struct shed_item){.tier = tiers[i],
                                        .power_w = powers_w[i],
                                        .inrush_w = 2 * powers_w[i],
                                        .can_shed = true,
                                        .can_serve = true,
                                        .changed_mono_ms = (uint64_t)i};
    restart_begin(&r.restart, r.now);
    return r;
}

static int go(struct rig *r, uint64_t ms)
{
    r->now += ms;
    int item = restart_advance(&r->restart, &settings, &r->in, r->items, N, r->now);
    if (item >= 0) {
        r->items[item].served = true;
        r->in.forming_w += r->items[item].power_w;
    }
    return item;
}

static void assert_phase(const struct rig *r, enum restart_phase phase)
{
    ck_assert_str_eq(restart_phase_name(r->restart.phase), restart_phase_name(phase));
    ck_assert_int_eq(r->restart.why != NULL, phase == RESTART_FAILED);
}

// The bus has voltage and has settled: the first circuit is next.
static struct rig steady(void)
{
    struct rig r = begun();
    ck_assert_int_eq(go(&r, 0), -1);
    assert_phase(&r, RESTART_ENERGISING);
    r.in.lives = true;
    ck_assert_int_eq(go(&r, 1000), -1);
    assert_phase(&r, RESTART_STEADYING);
    ck_assert_int_eq(go(&r, SETTLE_MS - 1), -1);
    assert_phase(&r, RESTART_STEADYING);
    r.now += 1;
    return r;
}

START_TEST(lifelines_come_first_and_each_circuit_settles_before_the_next)
{
    struct rig r = steady();
    static const int order[] = {1, 3, 2, 0};
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(go(&r, 0), order[i]);
        assert_phase(&r, RESTART_SERVING);
        ck_assert_int_eq(go(&r, SETTLE_MS - 1), -1);
        r.now += 1;
    }
    ck_assert_int_eq(go(&r, 0), -1);
    assert_phase(&r, RESTART_DONE);
    ck_assert_int_eq(go(&r, 100000), -1);
    assert_phase(&r, RESTART_DONE);
}
END_TEST

START_TEST(it_is_done_when_nothing_more_fits)
{
    struct rig r = steady();
    r.in.forming_limit_w = 40;
    ck_assert_int_eq(go(&r, 0), 1);
    ck_assert_int_eq(go(&r, SETTLE_MS), 3);
    ck_assert_int_eq(go(&r, SETTLE_MS), -1); // the important one does not fit, and none goes before it
    assert_phase(&r, RESTART_DONE);
}
END_TEST

START_TEST(a_step_that_the_forming_asset_does_not_bear_is_not_made)
{
    struct rig r = steady();
    r.in.step_w = 39;
    ck_assert_int_eq(go(&r, 0), 3); // 30 W at once, where the other would be 40 W
    ck_assert_int_eq(go(&r, SETTLE_MS), -1);
    assert_phase(&r, RESTART_DONE);
}
END_TEST

START_TEST(nothing_is_energised_while_the_breaker_is_not_known_to_be_open)
{
    struct rig r = begun();
    r.in.breaker_open = false;
    go(&r, OPEN_MS - 1);
    assert_phase(&r, RESTART_OPENING);
    go(&r, 1);
    assert_phase(&r, RESTART_FAILED);
    r.in.breaker_open = true;
    go(&r, 1000);
    assert_phase(&r, RESTART_FAILED); // until it is begun again
    restart_begin(&r.restart, r.now);
    assert_phase(&r, RESTART_OPENING);
}
END_TEST

START_TEST(a_breaker_that_closes_before_there_is_voltage_ends_it)
{
    struct rig r = begun();
    go(&r, 0);
    assert_phase(&r, RESTART_ENERGISING);
    r.in.breaker_open = false;
    go(&r, 1);
    assert_phase(&r, RESTART_FAILED);
}
END_TEST

START_TEST(a_switch_that_is_not_seen_to_open_holds_it_up_no_longer_than_it_may_take)
{
    struct rig r = begun();
    r.in.switches_open = false;
    go(&r, OPEN_MS - 1);
    assert_phase(&r, RESTART_OPENING);
    go(&r, 1);
    assert_phase(&r, RESTART_ENERGISING);
}
END_TEST

START_TEST(without_voltage_in_its_time_it_has_failed)
{
    struct rig r = begun();
    go(&r, 0);
    go(&r, ENERGISE_MS - 1);
    assert_phase(&r, RESTART_ENERGISING);
    go(&r, 1);
    assert_phase(&r, RESTART_FAILED);
}
END_TEST

START_TEST(a_bus_that_goes_dead_again_ends_it)
{
    struct rig r = steady();
    ck_assert_int_eq(go(&r, 0), 1);
    r.in.lives = false;
    ck_assert_int_eq(go(&r, 10), -1);
    assert_phase(&r, RESTART_FAILED);
    r = steady();
    r.in.lives = false;
    ck_assert_int_eq(go(&r, 0), -1);
    assert_phase(&r, RESTART_FAILED);
}
END_TEST

START_TEST(every_phase_has_a_name)
{
    static const char *const names[] = {"opening", "energising", "steadying", "serving", "done", "failed"};
    for (int phase = 0; phase < RESTART_PHASE_COUNT; phase++)
        ck_assert_str_eq(restart_phase_name((enum restart_phase)phase), names[phase]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_restart");
    TCase *tests = tcase_create("restart");
    tcase_add_test(tests, lifelines_come_first_and_each_circuit_settles_before_the_next);
    tcase_add_test(tests, it_is_done_when_nothing_more_fits);
    tcase_add_test(tests, a_step_that_the_forming_asset_does_not_bear_is_not_made);
    tcase_add_test(tests, nothing_is_energised_while_the_breaker_is_not_known_to_be_open);
    tcase_add_test(tests, a_breaker_that_closes_before_there_is_voltage_ends_it);
    tcase_add_test(tests, a_switch_that_is_not_seen_to_open_holds_it_up_no_longer_than_it_may_take);
    tcase_add_test(tests, without_voltage_in_its_time_it_has_failed);
    tcase_add_test(tests, a_bus_that_goes_dead_again_ends_it);
    tcase_add_test(tests, every_phase_has_a_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
