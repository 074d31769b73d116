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
    ck_assert_int_eq(schedule_find(s, "g0")->reasons[1].kind, REASON_IMPORT_LIMIT);
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
    suite_add_tcase(s, tc);
    return run_suite(s);
}
