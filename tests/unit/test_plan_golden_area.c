// SPDX-License-Identifier: GPL-3.0-or-later
// Demand response of the area as a whole by hand: what all connections draw and feed in together, and what is wanted in
// batteries.
#include "base/error.h"
#include "plan_fixture.h"

static const struct reason *reason(const struct schedule *s, const char *id, size_t k)
{
    return &schedule_find(s, id)->reasons[k];
}

static double energy_kwh(const struct schedule *s, const char *id, size_t k)
{
    return schedule_find(s, id)->energy_wh[k] / 1000;
}

// Two buses with a connection, a load and a battery each; no tie.
static struct plan_problem *two_houses(size_t n_steps)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = n_steps, .n_buses = 2, .n_grids = 2, .n_loads = 2, .n_batteries = 2});
    p->grids[1].bus = p->loads[1].bus = p->batteries[1].bus = 1;
    for (size_t k = 0; k < n_steps; k++) {
        p->grids[0].import_price_per_kwh[k] = 20;
        p->grids[1].import_price_per_kwh[k] = 30;
    }
    return p;
}

START_TEST(a_limit_of_the_area_holds_for_the_sum_of_its_connections_where_it_is_cheapest)
{
    struct plan_problem *p = two_houses(1);
    FILL_KW(p->loads[0].demand_w, 8);
    FILL_KW(p->loads[1].demand_w, 6);
    p->batteries[0].energy_wh = p->batteries[1].energy_wh = 10e3;
    p->batteries[0].end_value_per_kwh = p->batteries[1].end_value_per_kwh = 40;
    FILL_KW(p->area_import_limit_w, 9);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "g0", 0) + power_kw(s, "g1", 0), 9);
    ASSERT_NEAR(power_kw(s, "s1", 0), 5); // where a kWh costs 30
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(its_reason_is_a_limit_of_the_area)
{
    struct plan_problem *p = two_houses(1);
    FILL_KW(p->loads[0].demand_w, 8);
    p->batteries[0].energy_wh = 10e3;
    p->batteries[0].end_value_per_kwh = 40;
    FILL_KW(p->area_import_limit_w, 5);
    struct schedule *s = solved(p);
    ck_assert_int_eq(reason(s, "g0", 0)->kind, REASON_DR_LIMIT);
    ck_assert_str_eq(reason(s, "g0", 0)->asset, "test");
    ck_assert_int_eq(reason(s, "s0", 0)->kind, REASON_DR_LIMIT);
    ck_assert_str_eq(reason(s, "s0", 0)->asset, "test");
    done(p, s);
}
END_TEST

START_TEST(what_one_connection_feeds_in_the_other_may_draw)
{
    struct plan_problem *p = two_houses(1);
    FILL_KW(p->loads[1].demand_w, 9);
    p->batteries[0].energy_wh = 10e3;
    p->batteries[0].end_value_per_kwh = 10;
    p->batteries[1].max_discharge_w = 0;
    FILL_KW(p->area_import_limit_w, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "g0", 0), -7);
    ASSERT_NEAR(power_kw(s, "g1", 0), 9);
    done(p, s);
}
END_TEST

START_TEST(batteries_of_all_buses_are_charged_ahead_of_an_announced_event)
{
    struct plan_problem *p = two_houses(3);
    FILL_KW(p->loads[0].demand_w, 8, 8, 8);
    FILL_KW(p->loads[1].demand_w, 8, 8, 8);
    FILL_KW(p->area_import_limit_w, 1e7, 4, 4);
    p->batteries[0].max_wh = p->batteries[1].max_wh = 13e3;
    p->batteries[0].max_charge_w = p->batteries[1].max_charge_w = 13e3;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(energy_kwh(s, "s0", 0) + energy_kwh(s, "s1", 0), 24);
    for (size_t k = 1; k < 3; k++)
        ASSERT_NEAR(power_kw(s, "g0", k) + power_kw(s, "g1", k), 4);
    ASSERT_NEAR(power_kw(s, "g0", 0) + power_kw(s, "g1", 0), 40);
    done(p, s);
}
END_TEST

START_TEST(a_limit_that_cannot_be_kept_is_missed_by_the_excess_of_the_sum)
{
    struct plan_problem *p = two_houses(2);
    FILL_KW(p->loads[0].demand_w, 8, 1);
    FILL_KW(p->loads[1].demand_w, 6, 1);
    FILL_KW(p->area_import_limit_w, 9, 9);
    p->batteries[0].max_charge_w = p->batteries[1].max_charge_w = 0;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 5);
    ck_assert_int_eq(reason(s, "g1", 0)->kind, REASON_DR_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(the_sun_is_curtailed_where_the_area_may_not_feed_in)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 1, .n_buses = 2, .n_grids = 2, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[1].export_price_per_kwh, 5);
    FILL(p->grids[0].import_price_per_kwh, 20);
    p->grids[1].bus = p->pvs[0].bus = 1;
    FILL_KW(p->pvs[0].available_w, 9);
    FILL_KW(p->loads[0].demand_w, 4);
    FILL_KW(p->area_export_limit_w, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "v0", 0), 6); // 4 of them are drawn by the other
    ck_assert_int_eq(reason(s, "v0", 0)->kind, REASON_DR_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(heat_that_is_bought_is_no_import_of_the_area)
{
    struct plan_problem *p = two_houses(1);
    p->carriers[1] = CARRIER_HEAT;
    p->batteries[0].kind = p->batteries[1].kind = ASSET_STORE;
    FILL_KW(p->loads[0].demand_w, 3);
    FILL_KW(p->loads[1].demand_w, 8);
    FILL_KW(p->area_import_limit_w, 3);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

// The second future draws more: there the batteries have to give it.
START_TEST(it_is_kept_in_each_future)
{
    struct plan_problem *p = two_houses(2);
    FILL_KW(p->loads[0].demand_w, 4, 4);
    FILL_KW(p->area_import_limit_w, 1e7, 5);
    ck_assert_int_eq(plan_problem_add_scenarios(p, 1), 0);
    FILL_KW(p->scenarios[0].demand_w, 4, 9);
    p->shared_s = 3600;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(energy_kwh(s, "s0", 0), 4);
    done(p, s);
}
END_TEST

START_TEST(an_answer_that_draws_more_than_the_area_may_is_refused)
{
    struct plan_problem *p = two_houses(1);
    char why[256] = "";
    FILL_KW(p->loads[0].demand_w, 8);
    FILL_KW(p->loads[1].demand_w, 6);
    struct schedule *s = solved(p);
    ck_assert_int_eq(schedule_check(s, p, why, sizeof why), 0);
    FILL_KW(p->area_import_limit_w, 13);
    ck_assert_int_eq(schedule_check(s, p, why, sizeof why), AEMS_E_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "limits"));
    done(p, s);
}
END_TEST

START_TEST(limits_that_are_none_and_numbers_that_cannot_be_are_refused)
{
    struct plan_problem *p = two_houses(1);
    char why[256] = "";
    FILL(p->area_import_limit_w, -1);
    ck_assert_int_eq(plan_problem_check(p, why, sizeof why), AEMS_E_RANGE);
    ck_assert_ptr_nonnull(strstr(why, "area_import_limit_w"));
    FILL(p->area_import_limit_w, 0);
    FILL(p->area_export_limit_w, NAN);
    ck_assert_int_eq(plan_problem_check(p, why, sizeof why), AEMS_E_RANGE);
    ck_assert_ptr_nonnull(strstr(why, "area_export_limit_w"));
    plan_problem_free(p);
}
END_TEST

START_TEST(limits_of_the_area_come_back_from_json_and_are_left_out_where_there_are_none)
{
    struct plan_problem *p = two_houses(2), *back;
    char *text;
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    ck_assert_ptr_null(strstr(text, "area_import_limit_w"));
    ck_assert_int_eq(plan_problem_from_json(text, strlen(text), &back), 0);
    ck_assert_double_eq(back->area_import_limit_w[1], PLAN_NO_LIMIT_W);
    plan_problem_free(back);
    free(text);
    FILL_KW(p->area_export_limit_w, 1e7, 3);
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    ck_assert_int_eq(plan_problem_from_json(text, strlen(text), &back), 0);
    ck_assert_double_eq(back->area_import_limit_w[1], PLAN_NO_LIMIT_W);
    ck_assert_double_eq(back->area_export_limit_w[1], 3e3);
    plan_problem_free(back);
    free(text);
    plan_problem_free(p);
}
END_TEST

// ---- what is wanted in batteries ------------------------------------------------------------------------------------

static struct plan_problem *wanted(double kwh_after_2, double kwh_after_3)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 30, 20, 60, 40);
    FILL_KW(p->loads[0].demand_w, 5, 5, 5, 5);
    FILL_KW(p->batteries[0].dr_wanted_wh, 0, kwh_after_2, kwh_after_3, 0);
    return p;
}

START_TEST(a_state_of_charge_is_reached_in_time_and_held_at_any_price)
{
    struct plan_problem *p = wanted(8, 8);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(energy_kwh(s, "s0", 1), 10); // two of them are for the dear hour
    ASSERT_NEAR(energy_kwh(s, "s0", 2), 8);
    ASSERT_NEAR(energy_kwh(s, "s0", 3), 3);
    done(p, s);
}
END_TEST

START_TEST(a_state_of_charge_out_of_reach_is_approached_as_far_as_limits_permit)
{
    struct plan_problem *p = wanted(10, 10);
    p->grids[0].import_limit_w = 8e3;
    struct schedule *s = solved(p);
    ASSERT_NEAR(energy_kwh(s, "s0", 1), 6);
    ASSERT_NEAR(energy_kwh(s, "s0", 2), 9);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 4);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    done(p, s);
}
END_TEST

START_TEST(more_than_a_battery_holds_is_a_full_battery)
{
    struct plan_problem *p = wanted(50, 50);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(energy_kwh(s, "s0", 2), 10);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden area");
    TCase *tc = tcase_create("area");
    tcase_add_test(tc, a_limit_of_the_area_holds_for_the_sum_of_its_connections_where_it_is_cheapest);
    tcase_add_test(tc, its_reason_is_a_limit_of_the_area);
    tcase_add_test(tc, what_one_connection_feeds_in_the_other_may_draw);
    tcase_add_test(tc, batteries_of_all_buses_are_charged_ahead_of_an_announced_event);
    tcase_add_test(tc, a_limit_that_cannot_be_kept_is_missed_by_the_excess_of_the_sum);
    tcase_add_test(tc, the_sun_is_curtailed_where_the_area_may_not_feed_in);
    tcase_add_test(tc, heat_that_is_bought_is_no_import_of_the_area);
    tcase_add_test(tc, it_is_kept_in_each_future);
    tcase_add_test(tc, an_answer_that_draws_more_than_the_area_may_is_refused);
    tcase_add_test(tc, limits_that_are_none_and_numbers_that_cannot_be_are_refused);
    tcase_add_test(tc, limits_of_the_area_come_back_from_json_and_are_left_out_where_there_are_none);
    tcase_add_test(tc, a_state_of_charge_is_reached_in_time_and_held_at_any_price);
    tcase_add_test(tc, a_state_of_charge_out_of_reach_is_approached_as_far_as_limits_permit);
    tcase_add_test(tc, more_than_a_battery_holds_is_a_full_battery);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
