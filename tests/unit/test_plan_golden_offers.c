// SPDX-License-Identifier: GPL-3.0-or-later
// Offers of buildings by hand: who is asked first, how much, and how long.
#include "plan_fixture.h"

static double offer_kw(const struct schedule *s, size_t offer, size_t k)
{
    ck_assert_uint_lt(offer, s->n_offers);
    return s->offer_w[offer * s->n_steps + k] / 1000;
}

static void offer(struct plan_problem *p, size_t i, const char *id, double kw, double kwh, double price)
{
    struct plan_offer *o = &p->offers[i];
    snprintf(o->id, SITE_ID_MAX, "%s", id);
    o->price_per_kwh = price;
    o->energy_wh = kwh * 1000;
    for (size_t k = 0; k < p->n_steps; k++)
        o->available_w[k] = kw * 1000;
}

// Hours of 20 kW at a price of 10 behind a limit.
static struct plan_problem *limited(size_t n_steps, size_t n_offers, size_t n_batteries, double limit_kw)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = n_steps, .n_grids = 1, .n_loads = 1, .n_offers = n_offers, .n_batteries = n_batteries});
    for (size_t k = 0; k < n_steps; k++) {
        p->grids[0].import_price_per_kwh[k] = 10;
        p->loads[0].demand_w[k] = 20e3;
        p->grids[0].dr_import_limit_w[k] = limit_kw * 1000;
    }
    return p;
}

START_TEST(the_cheapest_offer_is_asked_first_and_the_dearest_only_for_the_rest)
{
    struct plan_problem *p = limited(1, 3, 0, 9);
    offer(p, 0, "hall-0", 6, 6, 40);
    offer(p, 1, "tower-0", 4, 4, 20);
    offer(p, 2, "tower-1", 5, 5, 30);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(offer_kw(s, 1, 0), 4);
    ASSERT_NEAR(offer_kw(s, 2, 0), 5);
    ASSERT_NEAR(offer_kw(s, 0, 0), 2);
    ck_assert_str_eq(s->offer_ids[2], "tower-1");
    ASSERT_MONEY(s, 9 * 10 + 4 * 20 + 5 * 30 + 2 * 40);
    ck_assert_double_eq_tol(s->price_per_kwh[0], 40, 0.1); // the next kWh there would come from the hall
    done(p, s);
}
END_TEST

START_TEST(a_battery_takes_its_turn_between_offers_by_what_its_energy_is_worth)
{
    struct plan_problem *p = limited(1, 2, 1, 9);
    p->batteries[0].energy_wh = 10e3;
    p->batteries[0].max_discharge_w = 5e3;
    p->batteries[0].end_value_per_kwh = 30;
    offer(p, 0, "hall-0", 6, 6, 40);
    offer(p, 1, "tower-0", 4, 4, 20);
    struct schedule *s = solved(p);
    ASSERT_NEAR(offer_kw(s, 1, 0), 4);
    ASSERT_NEAR(power_kw(s, "s0", 0), 5);
    ASSERT_NEAR(offer_kw(s, 0, 0), 2);
    done(p, s);
}
END_TEST

START_TEST(an_offer_lasts_for_its_longest_duration_and_no_more)
{
    struct plan_problem *p = limited(4, 2, 0, 15);
    offer(p, 0, "tower-0", 5, 10, 20); // two hours of four
    offer(p, 1, "hall-0", 5, 20, 40);
    struct schedule *s = solved(p);
    double tower = 0, hall = 0;
    for (size_t k = 0; k < 4; k++) {
        tower += offer_kw(s, 0, k);
        hall += offer_kw(s, 1, k);
        ASSERT_NEAR(offer_kw(s, 0, k) + offer_kw(s, 1, k), 5);
    }
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(tower, 10);
    ASSERT_NEAR(hall, 10);
    done(p, s);
}
END_TEST

START_TEST(two_buildings_share_by_what_each_can_give)
{
    struct plan_problem *p = limited(1, 2, 0, 8);
    offer(p, 0, "tower-0", 9, 9, 20);
    offer(p, 1, "hall-0", 3, 3, 20);
    struct schedule *s = solved(p);
    ASSERT_NEAR(offer_kw(s, 0, 0), 9);
    ASSERT_NEAR(offer_kw(s, 1, 0), 3);
    ASSERT_MONEY(s, 8 * 10 + 12 * 20);
    done(p, s);
}
END_TEST

START_TEST(offers_at_a_bus_are_no_more_than_its_loads_draw_and_what_is_shed_counts)
{
    struct plan_problem *p = limited(1, 2, 0, 0);
    FILL_KW(p->loads[0].demand_w, 8);
    p->grids[0].export_price_per_kwh[0] = 9;
    fixture_tiers(&p->loads[0]);
    offer(p, 0, "tower-0", 5, 5, 1);
    offer(p, 1, "hall-0", 6, 6, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(offer_kw(s, 0, 0), 5);
    ASSERT_NEAR(offer_kw(s, 1, 0), 3); // nothing is sold that nobody makes
    ASSERT_NEAR(power_kw(s, "g0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(what_offers_cannot_give_is_shed_and_then_missed)
{
    struct plan_problem *p = limited(1, 1, 0, 0);
    FILL_KW(p->loads[0].demand_w, 10);
    fixture_tiers(&p->loads[0]);
    offer(p, 0, "tower-0", 3, 3, 500);
    struct schedule *s = solved(p);
    ASSERT_NEAR(offer_kw(s, 0, 0), 3); // before a kWh is shed, whatever it costs
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 6);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 1);
    done(p, s);
}
END_TEST

START_TEST(steps_in_which_nothing_is_asked_have_no_column_and_cost_nothing)
{
    struct plan_problem *p = limited(3, 1, 0, 1e6), *plain = limited(3, 0, 0, 1e6);
    offer(p, 0, "tower-0", 0, 5, 0);
    struct schedule *s = solved(p), *t = solved(plain);
    ASSERT_MONEY(s, t->objective[OBJECTIVE_MONEY]);
    ck_assert_double_eq_tol(s->lp_objective, t->lp_objective, 1e-9);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_double_eq(offer_kw(s, 0, k), 0);
        ck_assert_double_eq(s->price_per_kwh[k], t->price_per_kwh[k]);
    }
    done(p, s);
    done(plain, t);
}
END_TEST

START_TEST(in_all_courses_the_first_steps_ask_for_the_same_within_what_each_course_draws)
{
    struct plan_problem *p = limited(2, 1, 0, 15);
    p->shared_s = 3600;
    offer(p, 0, "tower-0", 20, 40, 5); // cheaper than energy: as much as there is
    ck_assert_int_eq(plan_problem_add_scenarios(p, 1), 0);
    FILL_KW(p->scenarios[0].demand_w, 12, 12);
    struct schedule *s = solved(p);
    ASSERT_NEAR(offer_kw(s, 0, 0), 12); // the other course draws no more
    ASSERT_NEAR(offer_kw(s, 0, 1), 20);
    done(p, s);
}
END_TEST

START_TEST(an_answer_that_asks_for_more_than_is_offered_is_refused)
{
    char why[256] = "";
    struct plan_problem *p = limited(2, 1, 0, 15);
    offer(p, 0, "tower-0", 5, 10, 20);
    struct schedule *s = solved(p);
    s->offer_w[0] += 100;
    ck_assert_int_lt(schedule_check(s, p, why, sizeof(why)), 0);
    ck_assert_ptr_nonnull(strstr(why, "tower-0"));
    s->offer_w[0] -= 100;
    p->offers[0].energy_wh = 9e3;
    ck_assert_int_lt(schedule_check(s, p, why, sizeof(why)), 0);
    p->offers[0].energy_wh = 10e3;
    strcpy(s->offer_ids[0], "hall-0");
    ck_assert_int_lt(schedule_check(s, p, why, sizeof(why)), 0);
    done(p, s);
}
END_TEST

START_TEST(a_problem_with_offers_survives_its_journey_and_absurd_ones_are_refused)
{
    char why[256] = "", *text = NULL;
    struct plan_problem *p = limited(2, 1, 0, 15), *again = NULL;
    offer(p, 0, "tower-0", 5, 10, 20);
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    ck_assert_int_eq(plan_problem_from_json(text, strlen(text), &again), 0);
    ck_assert_uint_eq(again->n_offers, 1);
    ck_assert_double_eq(again->offers[0].available_w[1], 5e3);
    again->offers[0].price_per_kwh = NAN;
    ck_assert_int_lt(plan_problem_check(again, why, sizeof(why)), 0);
    ck_assert_ptr_nonnull(strstr(why, "offers.tower-0.price_per_kwh"));
    free(text);
    plan_problem_free(again);
    plan_problem_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden offers");
    TCase *tc = tcase_create("offers");
    tcase_add_test(tc, the_cheapest_offer_is_asked_first_and_the_dearest_only_for_the_rest);
    tcase_add_test(tc, a_battery_takes_its_turn_between_offers_by_what_its_energy_is_worth);
    tcase_add_test(tc, an_offer_lasts_for_its_longest_duration_and_no_more);
    tcase_add_test(tc, two_buildings_share_by_what_each_can_give);
    tcase_add_test(tc, offers_at_a_bus_are_no_more_than_its_loads_draw_and_what_is_shed_counts);
    tcase_add_test(tc, what_offers_cannot_give_is_shed_and_then_missed);
    tcase_add_test(tc, steps_in_which_nothing_is_asked_have_no_column_and_cost_nothing);
    tcase_add_test(tc, in_all_courses_the_first_steps_ask_for_the_same_within_what_each_course_draws);
    tcase_add_test(tc, an_answer_that_asks_for_more_than_is_offered_is_refused);
    tcase_add_test(tc, a_problem_with_offers_survives_its_journey_and_absurd_ones_are_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
