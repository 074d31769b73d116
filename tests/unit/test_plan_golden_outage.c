// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections that are away for some steps, by hand.
#include "plan_fixture.h"

// So many hours at 10 kW and 20 a kWh; a battery of 10 kW and 10 kWh, empty.
static struct plan_problem *hours(size_t n)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = n, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    for (size_t k = 0; k < n; k++) {
        p->grids[0].import_price_per_kwh[k] = 20;
        p->loads[0].demand_w[k] = 10e3;
    }
    return p;
}

START_TEST(an_outage_that_is_expected_is_prepared_for)
{
    struct plan_problem *p = hours(3);
    p->loads[0].demand_w[1] = 6e3;
    fixture_outage(&p->grids[0], 1, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 26 * 20);
    ASSERT_NEAR(power_kw(s, "g0", 0), 16);
    ASSERT_NEAR(power_kw(s, "g0", 1), 0);
    ASSERT_NEAR(power_kw(s, "g0", 2), 10);
    ck_assert_int_eq(schedule_find(s, "g0")->reasons[1].kind, REASON_OUTAGE);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(what_cannot_flow_is_shed_in_that_step_only_and_no_limit_is_missed)
{
    struct plan_problem *p = hours(3);
    fixture_outage(&p->grids[0], 1, 2);
    p->batteries[0].max_charge_w = 3e3;
    fixture_tiers(&p->loads[0]);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 1); // 4 of 10 kW are lifelines, 3 kWh are in store
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 6, 1e-3); // with the room of a tier that is held
    ASSERT_NEAR(power_kw(s, "g0", 1), 0);
    ASSERT_NEAR(power_kw(s, "l0", 2), -10);
    done(p, s);
}
END_TEST

START_TEST(surplus_that_finds_no_grid_is_curtailed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_pvs = 1});
    FILL(p->grids[0].export_price_per_kwh, 8, 8);
    FILL_KW(p->pvs[0].available_w, 5, 5);
    fixture_outage(&p->grids[0], 0, 1);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -5 * 8);
    ASSERT_NEAR(power_kw(s, "v0", 0), 0);
    ASSERT_NEAR(power_kw(s, "v0", 1), 5);
    done(p, s);
}
END_TEST

START_TEST(a_ramp_does_not_hold_into_an_outage_or_out_of_it)
{
    struct plan_problem *p = hours(4);
    p->batteries[0].energy_wh = 10e3;
    p->grids[0].ramp_w_per_s = 1.0 / 3.6; // 1 kW an hour
    p->grids[0].power_before_w = 10e3;
    fixture_outage(&p->grids[0], 1, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "g0", 1), 0);
    ASSERT_NEAR(power_kw(s, "g0", 2), 10);
    done(p, s);
}
END_TEST

START_TEST(a_demand_window_without_a_grid_misses_no_contract)
{
    struct plan_problem *p = hours(2);
    p->grids[0].demand_window_s = 3600;
    p->grids[0].contract_w = 10e3;
    p->grids[0].window_elapsed_wh = 30e3; // whatever was drawn before
    p->batteries[0].energy_wh = 10e3;
    fixture_outage(&p->grids[0], 0, 1);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "g0", 1), 10);
    done(p, s);
}
END_TEST

START_TEST(an_outage_earns_no_incentive)
{
    struct plan_problem *p = hours(2);
    p->batteries[0].energy_wh = 10e3;
    FILL(p->grids[0].dr_incentive_per_kwh, 5, 5);
    FILL_KW(p->grids[0].dr_baseline_w, 20, 20);
    fixture_outage(&p->grids[0], 0, 1);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 20 - 10 * 5);
    done(p, s);
}
END_TEST

// Two courses, equally likely; the first two steps are decided once, but for the second, in which nothing else could
// follow the load.
START_TEST(decisions_are_shared_up_to_an_outage_and_no_further)
{
    struct plan_problem *p = hours(3);
    ck_assert_int_eq(plan_problem_add_scenarios(p, 1), 0);
    p->shared_s = 7200;
    FILL_KW(p->loads[0].demand_w, 10, 8, 0);
    FILL_KW(p->scenarios[0].demand_w, 10, 2, 0);
    fixture_outage(&p->grids[0], 1, 2);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "s0", 0), -8);
    ASSERT_NEAR(power_kw(s, "s0", 1), 8);
    ck_assert_int_eq(s->scenarios, 2);
    ASSERT_NEAR(s->expected_cost, 18 * 20);
    done(p, s);
}
END_TEST

// ---- a long outage --------------------------------------------------------------------------------------------------

// So many hours without a grid, at 10 kW in tiers: 4 lifeline, 3 important, 2 ordinary, 1 deferrable; a battery that
// lasts for some of it, and a dear generator that may not run.
static struct plan_problem *dark_hours(size_t n, double stored_kwh)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = n, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_generators = 1});
    for (size_t k = 0; k < n; k++) {
        p->loads[0].demand_w[k] = 10e3;
        p->grids[0].import_price_per_kwh[k] = 20;
        p->generators[0].allowed[k] = 0;
    }
    fixture_outage(&p->grids[0], 0, n);
    fixture_tiers(&p->loads[0]);
    p->batteries[0].energy_wh = p->batteries[0].max_wh = stored_kwh * 1000;
    p->generators[0].max_power_w = 8e3;
    p->generators[0].fuel_cost_per_kwh = 500;
    return p;
}

static double shed_kw(const struct schedule *s, enum load_tier tier, size_t k)
{
    return schedule_find(s, "l0")->shed_w[k * TIER_COUNT + (size_t)tier] / 1000;
}

START_TEST(what_is_short_is_spread_evenly_over_the_hours)
{
    struct plan_problem *p = dark_hours(4, 34);
    p->least_frac = 0.5;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 6, 1e-3);
    for (size_t k = 0; k < 4; k++) // no hour is served less than 75 %, up to which all is alike
        ck_assert_double_le(power_kw(s, "l0", k), -7.5 + 1e-3);
    done(p, s);
}
END_TEST

// What going without it weighs is the price of a kWh to the plan, and to nobody else.
START_TEST(the_reasons_of_a_dark_hour_are_the_outage_and_the_shortage_at_no_price)
{
    struct plan_problem *p = dark_hours(4, 34);
    p->least_frac = 0.5;
    struct schedule *s = solved(p), *back = NULL;
    char *text = NULL;
    ck_assert_int_eq(schedule_to_json(s, &text), 0);
    ck_assert_int_eq(schedule_from_json(text, strlen(text), &back), 0);
    for (size_t k = 0; k < 4; k++) {
        ck_assert_int_eq(schedule_find(back, "g0")->reasons[k].kind, REASON_OUTAGE);
        ck_assert_int_eq(schedule_find(back, "l0")->reasons[k].kind, REASON_SHORTAGE);
        ck_assert(isnan(schedule_find(back, "l0")->reasons[k].price_per_kwh));
        enum reason_kind battery = schedule_find(back, "s0")->reasons[k].kind;
        ck_assert(battery == (k < 3 ? REASON_OUTAGE : REASON_EMPTY));
        ck_assert(isnan(schedule_find(back, "s0")->reasons[k].price_per_kwh));
    }
    free(text);
    schedule_free(back);
    done(p, s);
}
END_TEST

START_TEST(with_enough_for_all_the_price_in_an_outage_is_that_of_fuel)
{
    struct plan_problem *p = dark_hours(2, 10);
    p->batteries[0].end_value_per_kwh = 600;
    p->generators[0].allowed[0] = p->generators[0].allowed[1] = 1;
    p->generators[0].max_power_w = 20e3;
    struct schedule *s = solved(p);
    const struct reason *r = schedule_find(s, "n0")->reasons;
    ck_assert_int_ne(r[0].kind, REASON_IMPORT_LIMIT);
    ck_assert(isfinite(r[0].price_per_kwh) && r[0].price_per_kwh < 1000);
    ck_assert_int_eq(schedule_find(s, "l0")->reasons[0].kind, REASON_NONE);
    done(p, s);
}
END_TEST

START_TEST(in_the_worst_need_every_hour_gets_the_least_share_before_any_gets_more)
{
    struct plan_problem *p = dark_hours(5, 31);
    FILL_KW(p->loads[0].demand_w, 10, 10, 10, 2, 20);
    FILL(p->loads[0].tier_share, 0.1, 0, 0.8, 0.1);
    p->batteries[0].max_discharge_w = 20e3;
    p->least_frac = 0.6; // 31.2 kWh of 52
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 21, 2e-3);
    for (size_t k = 0; k < 5; k++)
        ck_assert_double_le(power_kw(s, "l0", k), -0.579 * p->loads[0].demand_w[k] / 1000);
    done(p, s);
}
END_TEST

START_TEST(what_is_missing_of_the_least_share_is_spread_evenly_too)
{
    struct plan_problem *p = dark_hours(2, 10.6);
    FILL(p->loads[0].tier_share, 0.1, 0, 0.8, 0.1);
    p->least_frac = 0.6; // 12 kWh
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    for (size_t k = 0; k < 2; k++)
        ck_assert_double_le(power_kw(s, "l0", k), -5.04 + 1e-3);
    done(p, s);
}
END_TEST

START_TEST(the_order_of_loads_holds_over_all_hours)
{
    struct plan_problem *p = dark_hours(3, 18);
    p->least_frac = 0.9; // which is out of reach
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    double important = 0, ordinary = 0;
    for (size_t k = 0; k < 3; k++) {
        important += shed_kw(s, TIER_IMPORTANT, k);
        ordinary += shed_kw(s, TIER_ORDINARY, k);
        ck_assert_double_eq_tol(shed_kw(s, TIER_DEFERRABLE, k), 1, 1e-3);
    }
    ck_assert_double_eq_tol(important, 3, 1e-3);
    ck_assert_double_eq_tol(ordinary, 6, 1e-3);
    done(p, s);
}
END_TEST

START_TEST(lifelines_that_do_not_last_are_served_first_and_dark_at_last)
{
    struct plan_problem *p = dark_hours(3, 10);
    p->least_frac = 0.5;
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_LIFELINES], 2, 1e-3);
    ck_assert_double_eq_tol(shed_kw(s, TIER_LIFELINE, 2), 2, 1e-3);
    done(p, s);
}
END_TEST

START_TEST(an_emergency_generator_runs_where_it_may_and_no_price_keeps_it_from_that)
{
    struct plan_problem *p = dark_hours(3, 10);
    p->batteries[0].end_value_per_kwh = 10;
    p->generators[0].allowed[0] = 0;
    p->generators[0].allowed[1] = 0.5;
    p->generators[0].allowed[2] = 1;
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "n0", 0), 0);
    ck_assert_double_eq_tol(power_kw(s, "n0", 1), 4, 1e-3);
    ck_assert_double_eq_tol(power_kw(s, "n0", 2), 8, 1e-3);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 8, 1e-3);
    char why[256];
    schedule_find(s, "n0")->power_w[0] = 2e3; // of a step in which it may not
    ck_assert_int_ne(schedule_check(s, p, why, sizeof(why)), 0);
    ck_assert_ptr_nonnull(strstr(why, "n0: 2000 W of 0 W"));
    done(p, s);
}
END_TEST

START_TEST(a_lowest_power_that_is_more_than_what_is_allowed_keeps_it_off)
{
    struct plan_problem *p = dark_hours(2, 10);
    p->generators[0].min_power_w = 5e3;
    p->generators[0].ramp_w_per_s = 1; // 3.6 kW an hour, which nothing that may not run is held back by
    p->generators[0].power_before_w = 8e3;
    p->generators[0].has_run_h = 1;
    p->generators[0].allowed[0] = 0.6;
    p->generators[0].allowed[1] = 1;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ASSERT_NEAR(power_kw(s, "n0", 0), 0);
    ck_assert_double_ge(power_kw(s, "n0", 1), 5);
    done(p, s);
}
END_TEST

START_TEST(who_forms_the_island_keeps_headroom)
{
    struct plan_problem *p = dark_hours(2, 20);
    FILL(p->batteries[0].kept_frac, 0.5, 0);
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(power_kw(s, "s0", 0), 5, 1e-3);
    ck_assert_double_eq_tol(power_kw(s, "s0", 1), 10, 1e-3);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 5, 1e-3);
    done(p, s);
}
END_TEST

START_TEST(after_the_time_that_is_planned_for_only_lifelines_are_wanted)
{
    struct plan_problem *p = dark_hours(3, 21);
    p->lifelines_only[2] = 1;
    p->loads[0].sheddable[TIER_DEFERRABLE] = false; // nobody can switch it off: 5 kW in all
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ck_assert_double_eq_tol(power_kw(s, "l0", 2), -5, 1e-3);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 4, 1e-3);
    schedule_find(s, "l0")->power_w[2] = -10e3;
    char why[256];
    ck_assert_int_ne(schedule_check(s, p, why, sizeof(why)), 0);
    done(p, s);
}
END_TEST

START_TEST(a_reserve_is_there_to_be_used_in_an_outage_and_comes_back_after_it)
{
    struct plan_problem *p = hours(6);
    p->batteries[0].energy_wh = p->batteries[0].reserve_wh = 8e3;
    fixture_outage(&p->grids[0], 0, 1);
    FILL(p->batteries[0].keeps_reserve, 0, 1, 1, 1, 1, 1);
    fixture_tiers(&p->loads[0]);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 0);
    ck_assert_double_eq_tol(power_kw(s, "s0", 0), 8, 1e-3);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 2, 1e-3);
    for (size_t k = 1; k < 5; k++)
        ck_assert_double_ge(schedule_find(s, "s0")->energy_wh[k], 2e3 * (double)k - 1);
    done(p, s);
}
END_TEST

START_TEST(what_belongs_to_an_outage_makes_the_journey_through_json)
{
    struct plan_problem *p = dark_hours(2, 10), *again = NULL;
    char *text = NULL;
    p->least_frac = 0.4;
    FILL(p->lifelines_only, 0, 1);
    FILL(p->generators[0].allowed, 0.25, 1);
    FILL(p->batteries[0].kept_frac, 0.125, 0);
    FILL(p->batteries[0].keeps_reserve, 0, 1);
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    ck_assert_int_eq(plan_problem_from_json(text, strlen(text), &again), 0);
    ck_assert_double_eq(again->least_frac, 0.4);
    ck_assert_double_eq(again->lifelines_only[1], 1);
    ck_assert_double_eq(again->generators[0].allowed[0], 0.25);
    ck_assert_double_eq(again->batteries[0].kept_frac[0], 0.125);
    ck_assert_double_eq(again->batteries[0].keeps_reserve[0], 0);
    again->least_frac = 1.5;
    char why[128];
    ck_assert_int_ne(plan_problem_check(again, why, sizeof(why)), 0);
    ck_assert_ptr_nonnull(strstr(why, "least_frac"));
    free(text);
    plan_problem_free(again);
    plan_problem_free(p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan golden outage");
    TCase *tc = tcase_create("outage");
    tcase_add_test(tc, an_outage_that_is_expected_is_prepared_for);
    tcase_add_test(tc, what_cannot_flow_is_shed_in_that_step_only_and_no_limit_is_missed);
    tcase_add_test(tc, surplus_that_finds_no_grid_is_curtailed);
    tcase_add_test(tc, a_ramp_does_not_hold_into_an_outage_or_out_of_it);
    tcase_add_test(tc, a_demand_window_without_a_grid_misses_no_contract);
    tcase_add_test(tc, an_outage_earns_no_incentive);
    tcase_add_test(tc, decisions_are_shared_up_to_an_outage_and_no_further);
    tcase_add_test(tc, what_is_short_is_spread_evenly_over_the_hours);
    tcase_add_test(tc, the_reasons_of_a_dark_hour_are_the_outage_and_the_shortage_at_no_price);
    tcase_add_test(tc, with_enough_for_all_the_price_in_an_outage_is_that_of_fuel);
    tcase_add_test(tc, in_the_worst_need_every_hour_gets_the_least_share_before_any_gets_more);
    tcase_add_test(tc, what_is_missing_of_the_least_share_is_spread_evenly_too);
    tcase_add_test(tc, the_order_of_loads_holds_over_all_hours);
    tcase_add_test(tc, lifelines_that_do_not_last_are_served_first_and_dark_at_last);
    tcase_add_test(tc, an_emergency_generator_runs_where_it_may_and_no_price_keeps_it_from_that);
    tcase_add_test(tc, a_lowest_power_that_is_more_than_what_is_allowed_keeps_it_off);
    tcase_add_test(tc, who_forms_the_island_keeps_headroom);
    tcase_add_test(tc, after_the_time_that_is_planned_for_only_lifelines_are_wanted);
    tcase_add_test(tc, a_reserve_is_there_to_be_used_in_an_outage_and_comes_back_after_it);
    tcase_add_test(tc, what_belongs_to_an_outage_makes_the_journey_through_json);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
