// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that are billed together, by hand.
#include "plan_fixture.h"

// Two houses, a bus, a connection and a load each, in one community that draws for 30 and feeds in for 10; their own
// tariffs cost nothing.
static struct plan_problem *two_houses(struct plan_sizes sizes)
{
    sizes.n_buses = sizes.n_grids = sizes.n_loads = 2;
    sizes.n_communities = 1;
    struct plan_problem *p = fixture(sizes);
    for (int i = 0; i < 2; i++) {
        p->grids[i].bus = p->loads[i].bus = i;
        p->grids[i].community = 0;
    }
    for (size_t k = 0; k < p->n_steps; k++) {
        p->communities[0].import_price_per_kwh[k] = 30;
        p->communities[0].export_price_per_kwh[k] = 10;
    }
    return p;
}

START_TEST(what_one_feeds_in_while_the_other_draws_is_netted)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 3, .n_pvs = 1});
    FILL_KW(p->pvs[0].available_w, 5, 5, 5);
    FILL_KW(p->loads[1].demand_w, 5, 8, 1);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 3 * 30 - 4 * 10);
    ASSERT_NEAR(power_kw(s, "g0", 1), -5);
    ASSERT_NEAR(power_kw(s, "g1", 1), 8);
    done(p, s);
}
END_TEST

START_TEST(the_price_of_a_bus_is_its_own_and_that_of_the_community)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 2, .n_pvs = 1});
    FILL_KW(p->pvs[0].available_w, 5, 5);
    FILL_KW(p->loads[1].demand_w, 8, 1);
    FILL(p->grids[1].import_price_per_kwh, 4, 4); // for the network
    p->co2_price_per_kg = 2;
    FILL(p->grids[1].co2_kg_per_kwh, 1, 1);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 3 * 30 - 4 * 10 + 9 * (4 + 2));
    ASSERT_NEAR(s->co2_kg, 9);
    ck_assert_double_eq_tol(s->price_per_kwh[0 * 2 + 0], 30, 0.01); // while others draw, that is saved
    ck_assert_double_eq_tol(s->price_per_kwh[1 * 2 + 0], 36, 0.01);
    ck_assert_double_eq_tol(s->price_per_kwh[0 * 2 + 1], 10, 0.01);
    ck_assert_double_eq_tol(s->price_per_kwh[1 * 2 + 1], 16, 0.01);
    ck_assert_double_eq_tol(s->community_price_per_kwh[0], 30, 0.01);
    ck_assert_double_eq_tol(s->community_price_per_kwh[1], 10, 0.01);
    done(p, s);
}
END_TEST

// The others' sun may come or not: a kWh saves 30 then, or earns 10.
START_TEST(what_a_community_pays_in_shared_steps_is_an_expectation)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 2, .n_pvs = 1});
    FILL_KW(p->pvs[0].available_w, 5, 5);
    FILL_KW(p->loads[1].demand_w, 8, 8);
    ck_assert_int_eq(plan_problem_add_scenarios(p, 1), 0);
    p->shared_s = 3600;
    for (size_t k = 0; k < 2; k++)
        p->scenarios[0].available_w[k] = 9e3;
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(s->community_price_per_kwh[0], 20, 0.01);
    ck_assert_double_eq_tol(s->community_price_per_kwh[1], 30, 0.01); // later steps are those of the expected course
    done(p, s);
}
END_TEST

START_TEST(a_battery_works_for_the_neighbours)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 2, .n_pvs = 1, .n_batteries = 1});
    p->pvs[0].bus = 1; // sun and load in one house, the battery in the other
    FILL_KW(p->pvs[0].available_w, 6, 0);
    FILL_KW(p->loads[1].demand_w, 0, 6);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_NEAR(power_kw(s, "g0", 0), 6);
    ASSERT_NEAR(power_kw(s, "g0", 1), -6);
    done(p, s);
}
END_TEST

START_TEST(one_that_is_no_member_pays_alone)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 1, .n_pvs = 1});
    p->grids[1].community = -1;
    p->grids[1].import_price_per_kwh[0] = 20;
    FILL_KW(p->pvs[0].available_w, 5);
    FILL_KW(p->loads[1].demand_w, 5);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 20 - 5 * 10);
    done(p, s);
}
END_TEST

// Drawing and feeding in at once would earn 20 a kWh without end.
START_TEST(feeding_in_for_more_than_drawing_costs_goes_in_no_circle)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 2, .n_pvs = 1});
    FILL(p->communities[0].export_price_per_kwh, 50, 50);
    FILL_KW(p->pvs[0].available_w, 5, 5);
    FILL_KW(p->loads[1].demand_w, 8, 1);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 3 * 30 - 4 * 50);
    done(p, s);
}
END_TEST

START_TEST(negative_prices_curtail_the_sun_of_all)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 1, .n_pvs = 1});
    FILL(p->communities[0].import_price_per_kwh, -3);
    FILL(p->communities[0].export_price_per_kwh, -5);
    FILL_KW(p->pvs[0].available_w, 5);
    FILL_KW(p->loads[1].demand_w, 8);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -8 * 3);
    ASSERT_NEAR(power_kw(s, "v0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(limits_and_peaks_stay_those_of_each_connection)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 1, .n_pvs = 1});
    FILL_KW(p->pvs[0].available_w, 9);
    FILL_KW(p->loads[1].demand_w, 8);
    p->grids[0].export_limit_w = 6e3;
    p->grids[1].import_limit_w = 7e3;
    p->grids[1].demand_charge_per_kw = 100;
    p->grids[1].demand_window_s = 1800;
    fixture_tiers(&p->loads[1]);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 1, 1e-3);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_MONEY], 30 + 7 * 100, 0.5);
    ASSERT_NEAR(power_kw(s, "g0", 0), -6);
    done(p, s);
}
END_TEST

START_TEST(each_future_is_netted_by_itself)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 1, .n_pvs = 1});
    FILL_KW(p->pvs[0].available_w, 5);
    FILL_KW(p->loads[1].demand_w, 8);
    ck_assert_int_eq(plan_problem_add_scenarios(p, 1), 0);
    FILL_KW(p->scenarios[0].demand_w, 0, 1);
    FILL(p->scenarios[0].community_export_price_per_kwh, 12);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 3 * 30);
    ASSERT_NEAR(s->expected_cost, (3 * 30 - 4 * 12) / 2.0);
    done(p, s);
}
END_TEST

START_TEST(an_answer_for_other_prices_or_other_members_is_refused)
{
    struct plan_problem *p = two_houses((struct plan_sizes){.n_steps = 1, .n_pvs = 1});
    char why[256] = "";
    FILL_KW(p->pvs[0].available_w, 5);
    FILL_KW(p->loads[1].demand_w, 8);
    struct schedule *s = solved(p);
    p->communities[0].import_price_per_kwh[0] = 31;
    ck_assert_int_lt(schedule_check(s, p, why, sizeof why), 0);
    p->communities[0].import_price_per_kwh[0] = 30;
    p->grids[0].community = -1;
    ck_assert_int_lt(schedule_check(s, p, why, sizeof why), 0);
    p->grids[0].community = 1;
    ck_assert_int_lt(plan_problem_check(p, why, sizeof why), 0);
    ck_assert_ptr_nonnull(strstr(why, "grids.g0.community"));
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan golden community");
    TCase *tc = tcase_create("community");
    tcase_add_test(tc, what_one_feeds_in_while_the_other_draws_is_netted);
    tcase_add_test(tc, the_price_of_a_bus_is_its_own_and_that_of_the_community);
    tcase_add_test(tc, what_a_community_pays_in_shared_steps_is_an_expectation);
    tcase_add_test(tc, a_battery_works_for_the_neighbours);
    tcase_add_test(tc, one_that_is_no_member_pays_alone);
    tcase_add_test(tc, feeding_in_for_more_than_drawing_costs_goes_in_no_circle);
    tcase_add_test(tc, negative_prices_curtail_the_sun_of_all);
    tcase_add_test(tc, limits_and_peaks_stay_those_of_each_connection);
    tcase_add_test(tc, each_future_is_netted_by_itself);
    tcase_add_test(tc, an_answer_for_other_prices_or_other_members_is_refused);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
