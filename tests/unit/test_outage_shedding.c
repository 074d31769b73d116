// SPDX-License-Identifier: GPL-3.0-or-later
// Who goes and who comes back: the order of tiers, the least harm, no flicker; by hand and by the dice.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "outage/shedding.h"
#include "tests/unit/run_suite.h"

enum { MAX_ITEMS = 12, DRAWS = 20000, REST_MS = 900000 };
static const uint64_t NOW = 10000000;

static struct shed_item on(enum load_tier tier, double power_w)
{
    return (struct shed_item){tier, power_w, power_w, true, true, true, 0};
}

static struct shed_item off(enum load_tier tier, double power_w)
{
    return (struct shed_item){tier, power_w, power_w, false, true, true, 0};
}

static const struct shed_item *street(void)
{
    static struct shed_item items[6];
    items[0] = on(TIER_LIFELINE, 50);
    items[1] = on(TIER_IMPORTANT, 40);
    items[2] = on(TIER_ORDINARY, 10);
    items[3] = on(TIER_ORDINARY, 30);
    items[4] = on(TIER_ORDINARY, 20);
    items[5] = on(TIER_DEFERRABLE, 15);
    items[0].can_shed = false;
    return items;
}

static void assert_shed(double deficit_w, double off_w, const char *expected)
{
    bool shed[6];
    ck_assert_double_eq_tol(shedding_shed(street(), 6, deficit_w, shed), off_w, 1e-9);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(shed[i] == (expected[i] == 'x'), "item %d at a deficit of %g W", i, deficit_w);
}

START_TEST(least_important_tiers_go_first_and_no_more_than_is_needed)
{
    assert_shed(0, 0, "......");
    assert_shed(-5, 0, "......");
    assert_shed(NAN, 0, "......");
    assert_shed(1, 15, ".....x");
    assert_shed(15, 15, ".....x");
    assert_shed(16, 25, "..x..x");
    assert_shed(27, 35, "....xx");
    assert_shed(45, 45, "...x.x");
    assert_shed(46, 55, "..xx.x"); // the largest, then the smallest that is enough
    assert_shed(75, 75, "..xxxx");
    assert_shed(76, 115, ".xxxxx");
    assert_shed(1000, 115, ".xxxxx"); // the lifeline may not
    assert_shed(INFINITY, 115, ".xxxxx");
}
END_TEST

START_TEST(a_lifeline_goes_last_and_only_when_it_may)
{
    struct shed_item items[] = {on(TIER_LIFELINE, 10), on(TIER_IMPORTANT, 5), on(TIER_IMPORTANT, 0)};
    bool shed[3];
    ck_assert_double_eq(shedding_shed(items, 3, 6, shed), 15);
    ck_assert(shed[0] && shed[1] && shed[2]); // what draws nothing now could begin to
}
END_TEST

START_TEST(what_does_not_obey_or_is_off_already_is_passed_over)
{
    struct shed_item items[] = {on(TIER_DEFERRABLE, 10), off(TIER_DEFERRABLE, 10), on(TIER_ORDINARY, 10)};
    items[0].can_shed = false;
    bool shed[3];
    ck_assert_double_eq(shedding_shed(items, 3, 5, shed), 10);
    ck_assert(!shed[0] && !shed[1] && shed[2]);
}
END_TEST

START_TEST(a_circuit_that_a_later_one_makes_needless_stays_on)
{
    // 8 is the largest that is not enough alone; then 7 closes the gap, and 1 would have been too little.
    struct shed_item items[] = {on(TIER_ORDINARY, 1), on(TIER_ORDINARY, 7), on(TIER_ORDINARY, 8)};
    bool shed[3];
    ck_assert_double_eq(shedding_shed(items, 3, 15, shed), 15);
    ck_assert(!shed[0] && shed[1] && shed[2]);
}
END_TEST

START_TEST(powers_that_are_no_numbers_count_as_nothing)
{
    struct shed_item items[] = {on(TIER_ORDINARY, NAN), on(TIER_ORDINARY, -5), on(TIER_IMPORTANT, 10)};
    bool shed[3];
    ck_assert_double_eq(shedding_shed(items, 3, 5, shed), 10);
    bool served[3];
    ck_assert_double_eq(shedding_fit(items, 3, 10, 0, REST_MS, NOW, served), 10);
}
END_TEST

static int serve(const struct shed_item *items, size_t n, double room_w, double step_w)
{
    return shedding_serve(items, n, room_w, step_w, 0, REST_MS, NOW);
}

START_TEST(the_most_important_comes_back_first_and_the_one_longest_off_within_its_tier)
{
    struct shed_item items[] = {off(TIER_ORDINARY, 5), off(TIER_IMPORTANT, 10), off(TIER_IMPORTANT, 10)};
    items[1].changed_mono_ms = 2000;
    items[2].changed_mono_ms = 1000;
    ck_assert_int_eq(serve(items, 3, 100, 100), 2);
    items[2].served = true;
    ck_assert_int_eq(serve(items, 3, 100, 100), 1);
    items[1].served = true;
    ck_assert_int_eq(serve(items, 3, 100, 100), 0);
    items[0].served = true;
    ck_assert_int_eq(serve(items, 3, 100, 100), -1);
}
END_TEST

START_TEST(it_comes_back_only_where_its_power_and_its_inrush_fit)
{
    struct shed_item items[] = {off(TIER_IMPORTANT, 10), off(TIER_ORDINARY, 1)};
    items[0].inrush_w = 30;
    ck_assert_int_eq(serve(items, 2, 9.9, 30), -1); // and nothing less important before it
    ck_assert_int_eq(serve(items, 2, 10, 29), -1);
    ck_assert_int_eq(serve(items, 2, 10, 30), 0);
    ck_assert_int_eq(serve(items, 2, NAN, 30), -1);
    items[0].can_serve = false; // it can never come back: the next does
    ck_assert_int_eq(serve(items, 2, 10, 30), 1);
}
END_TEST

START_TEST(another_of_the_same_tier_may_fit_where_the_first_does_not)
{
    struct shed_item items[] = {off(TIER_IMPORTANT, 10), off(TIER_IMPORTANT, 4)};
    ck_assert_int_eq(serve(items, 2, 5, 100), 1);
}
END_TEST

START_TEST(what_was_just_shed_rests_unless_it_is_easy)
{
    struct shed_item item = off(TIER_ORDINARY, 10);
    item.changed_mono_ms = NOW - REST_MS + 1;
    ck_assert_int_eq(serve(&item, 1, 100, 100), -1);
    ck_assert_int_eq(shedding_serve(&item, 1, 100, 100, 11, REST_MS, NOW), 0);
    item.changed_mono_ms = NOW - REST_MS;
    ck_assert_int_eq(serve(&item, 1, 100, 100), 0);
}
END_TEST

static void assert_fit(const struct shed_item *items, size_t n, double budget_w, double band_w, const char *expected)
{
    bool served[MAX_ITEMS];
    double drawn_w = shedding_fit(items, n, budget_w, band_w, REST_MS, NOW, served), sum_w = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(served[i] == (expected[i] == 'x'), "item %zu within %g W", i, budget_w);
        sum_w += served[i] ? items[i].power_w : 0;
    }
    ck_assert_double_eq_tol(drawn_w, sum_w, 1e-9);
}

START_TEST(a_budget_serves_by_the_order_of_tiers)
{
    assert_fit(street(), 6, 165, 0, "xxxxxx");
    assert_fit(street(), 6, 164, 0, "xxxxx.");
    assert_fit(street(), 6, 150, 0, "xxxxx.");
    assert_fit(street(), 6, 149, 0, "xxxx.."); // 10 and 30 of the ordinary ones, in their order
    assert_fit(street(), 6, 110, 0, "xxx...");
    assert_fit(street(), 6, 90, 0, "xx....");
    assert_fit(street(), 6, 89, 0, "x.....");
    assert_fit(street(), 6, 0, 0, "x....."); // it may not be shed, and is counted
    assert_fit(street(), 6, NAN, 0, "x.....");
}
END_TEST

START_TEST(what_stays_on_by_itself_takes_its_part_of_the_budget)
{
    struct shed_item items[] = {on(TIER_DEFERRABLE, 10), on(TIER_IMPORTANT, 10)};
    items[0].can_shed = false;
    assert_fit(items, 2, 15, 0, "x.");
    assert_fit(items, 2, 20, 0, "xx");
}
END_TEST

START_TEST(what_goes_off_holds_those_after_it_off_also_where_nobody_said_that_it_could_come_back)
{
    struct shed_item items[] = {on(TIER_ORDINARY, 30), on(TIER_DEFERRABLE, 5)};
    items[0].can_serve = items[1].can_serve = false;
    assert_fit(items, 2, 10, 0, "..");
}
END_TEST

START_TEST(what_has_just_changed_stays_where_the_order_and_the_band_allow_it)
{
    struct shed_item items[] = {on(TIER_IMPORTANT, 50), on(TIER_ORDINARY, 10), off(TIER_ORDINARY, 10)};
    items[1].changed_mono_ms = items[2].changed_mono_ms = NOW - 1000;
    assert_fit(items, 3, 55, 5, "xx.");  // 5 W over, within the band
    assert_fit(items, 3, 54, 5, "x..");  // beyond it
    assert_fit(items, 3, 100, 5, "xx."); // off a second ago: it waits
    items[2].changed_mono_ms = NOW - REST_MS;
    assert_fit(items, 3, 100, 5, "xxx");
    // Something less important is on: then the order is above its rest.
    items[2].tier = TIER_IMPORTANT;
    items[2].changed_mono_ms = NOW - 1000;
    assert_fit(items, 3, 100, 5, "xxx");
    assert_fit(items, 3, 60, 5, "x.x");
}
END_TEST

START_TEST(a_budget_that_swings_moves_a_circuit_no_more_than_once_in_its_rest)
{
    struct shed_item items[] = {on(TIER_IMPORTANT, 50), on(TIER_ORDINARY, 10)};
    unsigned changes = 0;
    for (uint64_t t = 1; t < 4 * REST_MS; t += 1000) {
        bool served[2];
        shedding_fit(items, 2, t / 1000 % 2 ? 59 : 61, 0.5, REST_MS, t, served);
        for (int i = 0; i < 2; i++) {
            if (served[i] == items[i].served)
                continue;
            items[i].served = served[i];
            items[i].changed_mono_ms = t;
            changes++;
        }
    }
    // Off at once when it must be; on again only after its rest.
    ck_assert_uint_ge(changes, 4);
    ck_assert_uint_le(changes, 9);
}
END_TEST

// ---- by the dice ----------------------------------------------------------------------------------------------------

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)dice_state * sides) >> 32);
}

static size_t draw_items(struct shed_item *ret_items)
{
    size_t n = dice(MAX_ITEMS + 1);
    for (size_t i = 0; i < n; i++) {
        double power_w = dice(5) ? dice(100) : 0;
        ret_items[i] = (struct shed_item){.tier = (enum load_tier)dice(TIER_COUNT),
                                          .power_w = power_w,
                                          .inrush_w = power_w * (1 + dice(3)),
                                          .served = dice(2),
                                          .can_shed = dice(5) > 0,
                                          .can_serve = dice(5) > 0,
                                          .changed_mono_ms = dice(2) ? NOW - dice(2 * REST_MS) : 0};
    }
    return n;
}

static double drawn_w(const struct shed_item *items, size_t n)
{
    double sum_w = 0;
    for (size_t i = 0; i < n; i++)
        sum_w += items[i].served ? items[i].power_w : 0;
    return sum_w;
}

START_TEST(shedding_keeps_the_order_and_takes_off_what_it_says)
{
    dice_state = 1;
    for (int draw = 0; draw < DRAWS; draw++) {
        struct shed_item items[MAX_ITEMS];
        bool shed[MAX_ITEMS];
        size_t n = draw_items(items);
        bool was_in_order = shedding_is_in_order(items, n);
        double before_w = drawn_w(items, n), deficit_w = dice(400), could_w = 0;
        double off_w = shedding_shed(items, n, deficit_w, shed);
        bool wrong = false;
        for (size_t i = 0; i < n; i++) {
            could_w += items[i].served && items[i].can_shed ? items[i].power_w : 0;
            wrong |= shed[i] && (!items[i].served || !items[i].can_shed);
            items[i].served &= !shed[i];
        }
        wrong |= fabs(before_w - drawn_w(items, n) - off_w) > 1e-9 || off_w < fmin(deficit_w, could_w) - 1e-9;
        wrong |= was_in_order && !shedding_is_in_order(items, n);
        ck_assert_msg(!wrong, "draw %d", draw);
    }
}
END_TEST

START_TEST(serving_one_after_the_other_keeps_the_order_and_its_bounds)
{
    dice_state = 2;
    for (int draw = 0; draw < DRAWS; draw++) {
        struct shed_item items[MAX_ITEMS];
        size_t n = draw_items(items);
        if (!shedding_is_in_order(items, n))
            continue;
        double room_w = dice(300), step_w = dice(150), easy_w = dice(20);
        bool wrong = false;
        for (int next; (next = shedding_serve(items, n, room_w, step_w, easy_w, REST_MS, NOW)) >= 0;) {
            struct shed_item *item = &items[next];
            bool rests = item->changed_mono_ms != 0 && NOW - item->changed_mono_ms < REST_MS;
            wrong |= item->served || !item->can_serve || item->power_w > room_w || item->inrush_w > step_w;
            wrong |= rests && item->power_w >= easy_w;
            item->served = true;
            room_w -= item->power_w;
            wrong |= !shedding_is_in_order(items, n);
        }
        ck_assert_msg(!wrong, "draw %d", draw);
    }
}
END_TEST

START_TEST(a_budget_is_kept_in_order_whatever_there_was_before)
{
    dice_state = 3;
    for (int draw = 0; draw < DRAWS; draw++) {
        struct shed_item items[MAX_ITEMS];
        bool served[MAX_ITEMS];
        size_t n = draw_items(items);
        double budget_w = dice(400), band_w = dice(30), fixed_w = 0;
        double fit_w = shedding_fit(items, n, budget_w, band_w, REST_MS, NOW, served);
        bool wrong = false;
        for (size_t i = 0; i < n; i++) {
            fixed_w += items[i].served && !items[i].can_shed ? items[i].power_w : 0;
            wrong |= served[i] != items[i].served && !(served[i] ? items[i].can_serve : items[i].can_shed);
            items[i].served = served[i];
        }
        wrong |= fabs(fit_w - drawn_w(items, n)) > 1e-9 || fit_w > fmax(budget_w + band_w, fixed_w) + 1e-9;
        wrong |= !shedding_is_in_order(items, n);
        ck_assert_msg(!wrong, "draw %d", draw);
        bool again[MAX_ITEMS]; // it is where it belongs: nothing moves for its own sake
        for (size_t i = 0; i < n; i++)
            items[i].changed_mono_ms = NOW;
        shedding_fit(items, n, budget_w, band_w, REST_MS, NOW, again);
        for (size_t i = 0; i < n; i++)
            wrong |= again[i] != served[i];
        ck_assert_msg(!wrong, "draw %d: it moves again", draw);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_shedding");
    TCase *tests = tcase_create("shedding");
    tcase_add_test(tests, least_important_tiers_go_first_and_no_more_than_is_needed);
    tcase_add_test(tests, a_lifeline_goes_last_and_only_when_it_may);
    tcase_add_test(tests, what_does_not_obey_or_is_off_already_is_passed_over);
    tcase_add_test(tests, a_circuit_that_a_later_one_makes_needless_stays_on);
    tcase_add_test(tests, powers_that_are_no_numbers_count_as_nothing);
    tcase_add_test(tests, the_most_important_comes_back_first_and_the_one_longest_off_within_its_tier);
    tcase_add_test(tests, it_comes_back_only_where_its_power_and_its_inrush_fit);
    tcase_add_test(tests, another_of_the_same_tier_may_fit_where_the_first_does_not);
    tcase_add_test(tests, what_was_just_shed_rests_unless_it_is_easy);
    tcase_add_test(tests, a_budget_serves_by_the_order_of_tiers);
    tcase_add_test(tests, what_stays_on_by_itself_takes_its_part_of_the_budget);
    tcase_add_test(tests, what_goes_off_holds_those_after_it_off_also_where_nobody_said_that_it_could_come_back);
    tcase_add_test(tests, what_has_just_changed_stays_where_the_order_and_the_band_allow_it);
    tcase_add_test(tests, a_budget_that_swings_moves_a_circuit_no_more_than_once_in_its_rest);
    tcase_add_test(tests, shedding_keeps_the_order_and_takes_off_what_it_says);
    tcase_add_test(tests, serving_one_after_the_other_keeps_the_order_and_its_bounds);
    tcase_add_test(tests, a_budget_is_kept_in_order_whatever_there_was_before);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
