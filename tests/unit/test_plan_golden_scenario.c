// SPDX-License-Identifier: GPL-3.0-or-later
// Plans that weigh several courses of load, PV and prices, worked out by hand: an expected course and one other,
// equally likely unless a test says otherwise; the first hour's decisions are the same in both.
#include "plan_fixture.h"

static struct plan_problem *two_courses(size_t n_steps, size_t n_pvs)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = n_steps, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_pvs = n_pvs, .n_scenarios = 1});
    p->scenarios[0].weight = 0.5;
    p->shared_s = 3600;
    for (size_t k = 0; k < n_steps; k++)
        p->grids[0].import_price_per_kwh[k] = p->scenarios[0].import_price_per_kwh[k] = 20;
    return p;
}

static void both_prices(struct plan_problem *p, size_t k, double price)
{
    p->grids[0].import_price_per_kwh[k] = p->scenarios[0].import_price_per_kwh[k] = price;
}

// Hour 1 is cheap, hour 2 dear; how much is needed then is not known.
static struct plan_problem *unsure_of_the_evening(double expected_kw, double other_kw, double low, double high)
{
    struct plan_problem *p = two_courses(2, 0);
    both_prices(p, 0, low);
    both_prices(p, 1, high);
    FILL_KW(p->loads[0].demand_w, 0, expected_kw);
    FILL_KW(p->scenarios[0].demand_w, 0, other_kw);
    return p;
}

START_TEST(energy_that_one_of_two_futures_needs_is_stored_when_it_costs_less_than_half)
{
    struct plan_problem *p = unsure_of_the_evening(2, 10, 10, 30);
    struct schedule *s = solved(p);
    // The last 8 kWh are needed in one future of two: 0.5 * 30 > 10. Nobody pays for what is left over.
    ASSERT_NEAR(power_kw(s, "s0", 0), -10);
    ASSERT_NEAR(power_kw(s, "s0", 1), 2);
    ASSERT_MONEY(s, 10 * 10);
    ASSERT_NEAR(s->expected_cost, 10 * 10);
    ck_assert_int_eq(s->scenarios, 2);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(energy_that_one_of_two_futures_needs_is_not_stored_when_it_costs_more_than_half)
{
    struct plan_problem *p = unsure_of_the_evening(2, 10, 16, 30);
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), -2); // needed in both
    ASSERT_MONEY(s, 2 * 16);
    ASSERT_NEAR(s->expected_cost, 0.5 * (2 * 16) + 0.5 * (2 * 16 + 8 * 30));
    done(p, s);
}
END_TEST

START_TEST(weights_count)
{
    struct plan_problem *p = unsure_of_the_evening(2, 10, 16, 30);
    p->scenarios[0].weight = 0.75; // 0.75 * 30 > 16
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), -10);
    ASSERT_MONEY(s, 10 * 16);
    ASSERT_NEAR(s->expected_cost, 10 * 16);
    done(p, s);
}
END_TEST

START_TEST(a_stored_kwh_is_worth_its_expectation_over_the_futures)
{
    struct plan_problem *p = unsure_of_the_evening(2, 10, 10, 30);
    p->batteries[0].max_charge_w = 5e3;
    struct schedule *s = solved(p);
    // 5 kWh are there. One more serves one future of two: 15. What is drawn now costs 10 in either.
    ASSERT_NEAR(power_kw(s, "s0", 0), -5);
    ck_assert_double_eq_tol(schedule_find(s, "s0")->energy_value_per_kwh[0], 15, 0.02);
    ck_assert_double_eq_tol(s->price_per_kwh[0], 10, 0.02);
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_POWER_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(after_the_shared_time_each_future_goes_its_own_way)
{
    struct plan_problem *p = two_courses(3, 0);
    both_prices(p, 0, 40);
    both_prices(p, 1, 10);
    both_prices(p, 2, 30);
    FILL_KW(p->loads[0].demand_w, 0, 0, 2);
    FILL_KW(p->scenarios[0].demand_w, 0, 0, 10);
    struct schedule *s = solved(p);
    // What will be needed is known by hour 2, which is cheap: nothing is bought for the other future.
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    ASSERT_NEAR(power_kw(s, "s0", 1), -2);
    ASSERT_MONEY(s, 2 * 10);
    ASSERT_NEAR(s->expected_cost, 0.5 * 20 + 0.5 * 100);
    done(p, s);
}
END_TEST

// Only one future has sun in hour 2, as much as hour 3 needs in both.
static struct plan_problem *unsure_of_the_sun(double price_now)
{
    struct plan_problem *p = two_courses(3, 1);
    both_prices(p, 0, price_now);
    both_prices(p, 1, 40);
    both_prices(p, 2, 40);
    FILL_KW(p->loads[0].demand_w, 0, 0, 10);
    FILL_KW(p->scenarios[0].demand_w, 0, 0, 10);
    FILL_KW(p->scenarios[0].available_w, 0, 10, 0);
    return p;
}

START_TEST(room_is_left_for_the_sun_that_may_come)
{
    // A kWh bought now saves 40 in one future of two: 20 is the most that it may cost.
    struct plan_problem *p = unsure_of_the_sun(18);
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), -10);
    ASSERT_NEAR(s->expected_cost, 180);
    done(p, s);
    p = unsure_of_the_sun(22);
    s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), 0); // a plan for the mean of the two would have bought 5
    ASSERT_NEAR(s->expected_cost, 0.5 * 400);
    done(p, s);
}
END_TEST

START_TEST(a_price_that_may_rise_is_weighed)
{
    for (int i = 0; i < 2; i++) {
        struct plan_problem *p = two_courses(2, 0);
        double now = i == 0 ? 24 : 26;
        both_prices(p, 0, now);
        p->scenarios[0].import_price_per_kwh[1] = 30; // 20 or 30, 25 on average
        FILL_KW(p->loads[0].demand_w, 0, 10);
        FILL_KW(p->scenarios[0].demand_w, 0, 10);
        struct schedule *s = solved(p);
        ASSERT_NEAR(power_kw(s, "s0", 0), i == 0 ? -10 : 0);
        ASSERT_NEAR(s->expected_cost, i == 0 ? 240 : 250);
        done(p, s);
    }
}
END_TEST

START_TEST(the_grid_takes_what_differs_in_the_shared_hour)
{
    struct plan_problem *p = two_courses(2, 0);
    both_prices(p, 0, 40);
    FILL_KW(p->loads[0].demand_w, 6, 0);
    FILL_KW(p->scenarios[0].demand_w, 2, 0);
    p->batteries[0].energy_wh = 10e3;
    p->grids[0].export_price_per_kwh[0] = p->scenarios[0].export_price_per_kwh[0] = 5;
    both_prices(p, 1, 22);
    p->batteries[0].end_value_per_kwh = 21;
    struct schedule *s = solved(p);
    // Up to 2 kW serve load in both, up to 6 kW in the expected one, else 5 are earned: 0.5 (40 + 5) = 22.5 > 21 > 5.
    ASSERT_NEAR(power_kw(s, "s0", 0), 6);
    ASSERT_MONEY(s, -4 * 21);
    ASSERT_NEAR(s->expected_cost, -4 * 21 - 0.5 * 4 * 5);
    done(p, s);
}
END_TEST

START_TEST(nothing_is_shared_where_nothing_else_could_follow_the_load)
{
    struct plan_problem *p = two_courses(2, 0);
    fixture_outage(&p->grids[0], 0, p->n_steps);
    FILL_KW(p->loads[0].demand_w, 4, 4);
    FILL_KW(p->scenarios[0].demand_w, 1, 1);
    p->batteries[0].energy_wh = 9e3;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "s0", 0), 4);
    ck_assert_int_eq(s->solves, 2); // none that a tier needs
    done(p, s);
}
END_TEST

START_TEST(a_future_that_cannot_be_served_does_not_cost_the_expected_one_its_plan)
{
    struct plan_problem *p = two_courses(2, 0);
    p->batteries[0].max_wh = 0;
    FILL_KW(p->loads[0].demand_w, 10, 10);
    FILL_KW(p->scenarios[0].demand_w, 10, 150);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s); // in the other, 50 kWh flow beyond the contract
    ASSERT_MONEY(s, 20 * 20);
    ASSERT_NEAR(s->expected_cost, 0.5 * 400 + 0.5 * 160 * 20);
    done(p, s);
}
END_TEST

START_TEST(each_future_pays_for_its_own_peak)
{
    struct plan_problem *p = two_courses(2, 0);
    p->grids[0].demand_charge_per_kw = 100;
    p->grids[0].demand_window_s = 3600;
    FILL_KW(p->loads[0].demand_w, 0, 10);
    FILL_KW(p->scenarios[0].demand_w, 0, 20);
    p->batteries[0].max_charge_w = 5e3;
    struct schedule *s = solved(p);
    // Charging c now: peaks of max(c, 10 - c) and of 20 - c, so 5 serve both.
    ASSERT_NEAR(power_kw(s, "s0", 0), -5);
    ASSERT_MONEY(s, 10 * 20 + 5 * 100);
    ASSERT_NEAR(s->expected_cost, 0.5 * 700 + 0.5 * (20 * 20 + 15 * 100));
    done(p, s);
}
END_TEST

START_TEST(no_flow_runs_both_ways_in_any_course)
{
    struct plan_problem *p = two_courses(2, 0);
    p->batteries[0].charge_efficiency = p->batteries[0].discharge_efficiency = 0.9;
    p->batteries[0].energy_wh = 5e3;
    both_prices(p, 0, -20);
    p->scenarios[0].import_price_per_kwh[1] = -30;
    p->grids[0].export_price_per_kwh[0] = p->scenarios[0].export_price_per_kwh[0] = -20;
    p->grids[0].export_price_per_kwh[1] = 10;
    p->scenarios[0].export_price_per_kwh[1] = -30;
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), -5 / 0.9); // filled while that is paid for; more cannot be burnt
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_golden_scenario");
    TCase *tc = tcase_create("scenarios");
    tcase_add_test(tc, energy_that_one_of_two_futures_needs_is_stored_when_it_costs_less_than_half);
    tcase_add_test(tc, energy_that_one_of_two_futures_needs_is_not_stored_when_it_costs_more_than_half);
    tcase_add_test(tc, weights_count);
    tcase_add_test(tc, a_stored_kwh_is_worth_its_expectation_over_the_futures);
    tcase_add_test(tc, after_the_shared_time_each_future_goes_its_own_way);
    tcase_add_test(tc, room_is_left_for_the_sun_that_may_come);
    tcase_add_test(tc, a_price_that_may_rise_is_weighed);
    tcase_add_test(tc, the_grid_takes_what_differs_in_the_shared_hour);
    tcase_add_test(tc, nothing_is_shared_where_nothing_else_could_follow_the_load);
    tcase_add_test(tc, a_future_that_cannot_be_served_does_not_cost_the_expected_one_its_plan);
    tcase_add_test(tc, each_future_pays_for_its_own_peak);
    tcase_add_test(tc, no_flow_runs_both_ways_in_any_course);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
