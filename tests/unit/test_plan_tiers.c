// SPDX-License-Identifier: GPL-3.0-or-later
// What happens when not everything can be kept: amounts by hand, tier by tier, and never "no plan".
#include "plan_fixture.h"

// ---- shedding -------------------------------------------------------------------------------------------------------

static struct plan_problem *ten_kw_at_a_limit(double limit_kw)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1});
    FILL(p->grids[0].import_price_per_kwh, 20);
    FILL_KW(p->loads[0].demand_w, 10);
    p->grids[0].import_limit_w = limit_kw * 1000;
    fixture_tiers(&p->loads[0]);
    return p;
}

static double shed_kw(const struct schedule *s, enum load_tier tier)
{
    return schedule_find(s, "l0")->shed_w[tier] / 1000;
}

START_TEST(deferrable_load_is_given_up_before_ordinary)
{
    struct plan_problem *p = ten_kw_at_a_limit(8);
    struct schedule *s = solved(p);
    ASSERT_NEAR(shed_kw(s, TIER_DEFERRABLE), 1); // all of it
    ASSERT_NEAR(shed_kw(s, TIER_ORDINARY), 1);   // half of it
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 2);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ASSERT_MONEY(s, 8 * 20);
    ck_assert_int_eq(schedule_find(s, "l0")->reasons[0].kind, REASON_SHORTAGE);
    ck_assert_int_gt(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(important_load_is_given_up_after_ordinary)
{
    struct plan_problem *p = ten_kw_at_a_limit(5);
    struct schedule *s = solved(p);
    ASSERT_NEAR(shed_kw(s, TIER_DEFERRABLE), 1);
    ASSERT_NEAR(shed_kw(s, TIER_ORDINARY), 2);
    ASSERT_NEAR(shed_kw(s, TIER_IMPORTANT), 2);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 5);
    done(p, s);
}
END_TEST

START_TEST(lifelines_are_served_beyond_the_import_limit)
{
    struct plan_problem *p = ten_kw_at_a_limit(3);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 1); // 4 kW of lifelines at a limit of 3
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 6);
    ASSERT_NEAR(power_kw(s, "g0", 0), 4);
    ck_assert_int_eq(schedule_find(s, "g0")->reasons[0].kind, REASON_IMPORT_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(load_that_cannot_be_shed_breaks_the_limit_by_what_is_missing)
{
    struct plan_problem *p = ten_kw_at_a_limit(7);
    memset(p->loads[0].sheddable, 0, sizeof(p->loads[0].sheddable));
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 3);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 0);
    ASSERT_MONEY(s, 10 * 20);
    done(p, s);
}
END_TEST

START_TEST(shedding_that_costs_less_goes_first_among_equals)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 2});
    p->grids[0].import_limit_w = 15e3;
    FILL(p->grids[0].import_price_per_kwh, 20);
    for (int i = 0; i < 2; i++) {
        FILL_KW(p->loads[i].demand_w, 10);
        FILL(p->loads[i].tier_share, 0, 0, 1, 0);
        p->loads[i].sheddable[TIER_ORDINARY] = true;
        p->loads[i].shed_cost_per_kwh[TIER_ORDINARY] = i == 0 ? 300 : 100;
    }
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 5);
    ASSERT_NEAR(power_kw(s, "l1", 0), -5);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_MONEY], 15 * 20 + 5 * 100, 0.01);
    done(p, s);
}
END_TEST

START_TEST(comfort_is_never_sold_for_money)
{
    struct plan_problem *p = ten_kw_at_a_limit(20);
    FILL(p->grids[0].import_price_per_kwh, 5000);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 50000);
    done(p, s);
}
END_TEST

START_TEST(a_battery_keeps_the_import_limit_whatever_it_costs)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 50, 10);
    FILL_KW(p->loads[0].demand_w, 4, 9);
    p->grids[0].import_limit_w = 7e3;
    p->batteries[0].wear_per_kwh = 100;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, (4 + 2) * 50 + 7 * 10 + 4 * 100); // 2 kWh are bought early
    done(p, s);
}
END_TEST

// ---- outage ---------------------------------------------------------------------------------------------------------

static struct plan_problem *outage(double energy_kwh, double reserve_kwh)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    fixture_outage(&p->grids[0], 0, p->n_steps);
    FILL_KW(p->loads[0].demand_w, 10);
    fixture_tiers(&p->loads[0]);
    p->batteries[0].energy_wh = energy_kwh * 1000;
    p->batteries[0].reserve_wh = reserve_kwh * 1000;
    return p;
}

START_TEST(without_a_grid_lifelines_are_shed_last)
{
    struct plan_problem *p = outage(2, 0);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 6);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 2); // 4 kWh wanted, 2 in store
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ASSERT_NEAR(power_kw(s, "g0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(the_reserve_serves_lifelines_in_an_outage)
{
    struct plan_problem *p = outage(4, 4);
    FILL(p->loads[0].tier_share, 0.3, 0.4, 0.2, 0.1);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 3); // lifelines of 3 kWh
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 7); // and nothing else
    done(p, s);
}
END_TEST

START_TEST(a_bus_without_any_source_is_shed_not_infeasible)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_loads = 1});
    FILL_KW(p->loads[0].demand_w, 3, 5);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 8);
    done(p, s);
}
END_TEST

// ---- stores outside their limits ------------------------------------------------------------------------------------

static struct plan_problem *four_hours_with_battery(double energy_kwh)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 40, 20, 20, 20);
    FILL_KW(p->loads[0].demand_w, 5, 5, 5, 5);
    p->batteries[0].energy_wh = energy_kwh * 1000;
    return p;
}

START_TEST(a_store_below_its_lower_limit_is_brought_back_at_once)
{
    struct plan_problem *p = four_hours_with_battery(1);
    p->batteries[0].min_wh = p->batteries[0].reserve_wh = 2e3;
    p->batteries[0].max_charge_w = 500;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 0.5); // after the first hour 1.5 kWh
    ASSERT_MONEY(s, 5.5 * 40 + 5.5 * 20 + 2 * 5 * 20);
    ASSERT_NEAR(schedule_find(s, "s0")->energy_wh[1], 2000);
    done(p, s);
}
END_TEST

START_TEST(a_store_above_its_upper_limit_is_brought_back_at_once)
{
    struct plan_problem *p = four_hours_with_battery(10);
    p->batteries[0].max_wh = 8e3;
    p->batteries[0].max_discharge_w = 1e3;
    p->batteries[0].end_value_per_kwh = 50;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 1); // 9 after an hour, 8 after two
    ASSERT_MONEY(s, 4 * 40 + 4 * 20 + 2 * 5 * 20 - 8 * 50);
    done(p, s);
}
END_TEST

START_TEST(a_store_below_its_limit_that_cannot_charge_stays_where_it_is)
{
    struct plan_problem *p = four_hours_with_battery(1);
    p->batteries[0].min_wh = p->batteries[0].reserve_wh = 2e3;
    p->batteries[0].max_charge_w = 0;
    p->batteries[0].self_discharge_per_h = 0.1;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 2 - 0.6561); // 0.9^4
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(the_reserve_is_kept_at_any_price)
{
    struct plan_problem *p = four_hours_with_battery(6);
    p->batteries[0].reserve_wh = 4e3;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 3 * 40 + 3 * 5 * 20); // 2 kWh above the reserve
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_RESERVE);
    done(p, s);
}
END_TEST

// 4 kWh within four hours: 2 after the first, 3 after the second, at any price, but no sooner.
START_TEST(a_reserve_that_is_missing_is_filled_within_hours_at_any_price)
{
    struct plan_problem *p = four_hours_with_battery(1);
    p->batteries[0].reserve_wh = 4e3;
    p->batteries[0].max_charge_w = 2e3;
    FILL(p->grids[0].import_price_per_kwh, 40, 30, 20, 10);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 6 * 40 + 6 * 30 + 6 * 20 + 5 * 10);
    done(p, s);
}
END_TEST

START_TEST(a_reserve_that_comes_back_too_slowly_is_missed_by_as_much)
{
    struct plan_problem *p = four_hours_with_battery(1);
    p->batteries[0].reserve_wh = 4e3;
    p->batteries[0].max_charge_w = 500;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 1.5); // 2.5 after three hours
    ASSERT_MONEY(s, 5.5 * 40 + 3 * 5.5 * 20);
    done(p, s);
}
END_TEST

START_TEST(a_battery_that_cannot_be_told_anything_goes_on_as_it_does)
{
    struct plan_problem *p = four_hours_with_battery(3);
    p->batteries[0].available = false;
    p->batteries[0].held_power_w = -2e3;
    p->batteries[0].reserve_wh = 8e3; // nothing can be done about it
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    // charges 2 + 2 + 2 kWh, then 1 until it is full
    ASSERT_MONEY(s, 7 * 40 + 7 * 20 + 7 * 20 + 6 * 20);
    ASSERT_NEAR(schedule_find(s, "s0")->energy_wh[3], 10000);
    done(p, s);
}
END_TEST

START_TEST(a_held_discharge_ends_where_the_energy_ends)
{
    struct plan_problem *p = four_hours_with_battery(3);
    p->batteries[0].available = false;
    p->batteries[0].held_power_w = 2e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 3 * 40 + 4 * 20 + 2 * 5 * 20);
    done(p, s);
}
END_TEST

START_TEST(a_held_discharge_that_nobody_can_take_is_a_limit_missed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_loads = 1, .n_batteries = 1});
    FILL_KW(p->loads[0].demand_w, 1);
    p->batteries[0].energy_wh = 5e3;
    p->batteries[0].available = false;
    p->batteries[0].held_power_w = 3e3;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 2);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    done(p, s);
}
END_TEST

// ---- surplus --------------------------------------------------------------------------------------------------------

static struct plan_problem *sun_that_cannot_be_curtailed(double export_limit_kw)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_pvs = 1, .n_batteries = 1});
    p->pvs[0].curtailable = false;
    FILL(p->grids[0].export_price_per_kwh, 5);
    FILL(p->grids[0].import_price_per_kwh, 10);
    FILL_KW(p->pvs[0].available_w, 10);
    FILL_KW(p->loads[0].demand_w, 2);
    p->grids[0].export_limit_w = export_limit_kw * 1000;
    p->batteries[0].energy_wh = 10e3; // full
    p->batteries[0].end_value_per_kwh = 20;
    return p;
}

START_TEST(sun_that_cannot_be_curtailed_breaks_the_export_limit)
{
    struct plan_problem *p = sun_that_cannot_be_curtailed(4);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 4);
    ASSERT_NEAR(power_kw(s, "g0", 0), -8);
    ASSERT_NEAR(power_kw(s, "v0", 0), 10);
    ASSERT_MONEY(s, -8 * 5 - 10 * 20);
    done(p, s);
}
END_TEST

START_TEST(a_limit_is_not_kept_by_burning_energy_in_a_battery)
{
    struct plan_problem *p = sun_that_cannot_be_curtailed(4);
    p->batteries[0].charge_efficiency = p->batteries[0].discharge_efficiency = 0.5;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 4); // in and out at once would burn 4 kW
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(a_battery_with_room_keeps_the_export_limit)
{
    struct plan_problem *p = sun_that_cannot_be_curtailed(4);
    p->batteries[0].energy_wh = 5e3;
    p->batteries[0].end_value_per_kwh = 0;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, -4 * 5);
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_EXPORT_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(sun_on_an_island_that_nobody_can_take_is_a_limit_missed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_loads = 1, .n_pvs = 1});
    p->pvs[0].curtailable = false;
    FILL_KW(p->pvs[0].available_w, 10);
    FILL_KW(p->loads[0].demand_w, 3);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 7);
    ASSERT_NEAR(power_kw(s, "v0", 0), 3);
    done(p, s);
}
END_TEST

START_TEST(a_held_tie_that_its_bus_cannot_feed_carries_less)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 1, .n_buses = 2, .n_grids = 1, .n_loads = 1, .n_ties = 1});
    p->grids[0].bus = 1; // nothing on bus 0 can send
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->loads[0].bus = 1;
    FILL_KW(p->loads[0].demand_w, 6);
    p->ties[0].limit_w = 10e3;
    p->ties[0].available = false;
    p->ties[0].held_power_w = 5e3;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 5);
    ASSERT_MONEY(s, 60);
    done(p, s);
}
END_TEST

// ---- plans in a row -------------------------------------------------------------------------------------------------

static struct schedule *next_plan(struct planner *planner, double limit_kw)
{
    struct plan_problem *p = ten_kw_at_a_limit(limit_kw);
    struct schedule *s = NULL, *alone = solved(p);
    char why[256] = "";
    ck_assert_msg(planner_solve(planner, p, 20000, &s, why, sizeof(why)) == 0, "%s", why);
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        ASSERT_NEAR(s->objective[tier], alone->objective[tier]);
    done(p, alone);
    return s;
}

START_TEST(a_shortage_that_lasts_costs_no_more_solves_than_its_own_tiers)
{
    // Enough, comfort short, still short, lifelines short, comfort short again, enough, enough.
    static const struct {
        double limit_kw;
        int most_solves;
    } plans[] = {{20, 1}, {8, 5}, {7, 2}, {2, 6}, {8, 5}, {20, 2}, {20, 1}};
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
        struct schedule *s = next_plan(planner, plans[i].limit_kw);
        ck_assert_msg(s->solves <= plans[i].most_solves, "plan %zu: %d solves", i, s->solves);
        schedule_free(s);
    }
    planner_free(planner);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan tiers");
    TCase *tc = tcase_create("tiers");
    tcase_add_test(tc, deferrable_load_is_given_up_before_ordinary);
    tcase_add_test(tc, important_load_is_given_up_after_ordinary);
    tcase_add_test(tc, lifelines_are_served_beyond_the_import_limit);
    tcase_add_test(tc, load_that_cannot_be_shed_breaks_the_limit_by_what_is_missing);
    tcase_add_test(tc, shedding_that_costs_less_goes_first_among_equals);
    tcase_add_test(tc, comfort_is_never_sold_for_money);
    tcase_add_test(tc, a_battery_keeps_the_import_limit_whatever_it_costs);
    tcase_add_test(tc, without_a_grid_lifelines_are_shed_last);
    tcase_add_test(tc, the_reserve_serves_lifelines_in_an_outage);
    tcase_add_test(tc, a_bus_without_any_source_is_shed_not_infeasible);
    tcase_add_test(tc, a_store_below_its_lower_limit_is_brought_back_at_once);
    tcase_add_test(tc, a_store_above_its_upper_limit_is_brought_back_at_once);
    tcase_add_test(tc, a_store_below_its_limit_that_cannot_charge_stays_where_it_is);
    tcase_add_test(tc, the_reserve_is_kept_at_any_price);
    tcase_add_test(tc, a_reserve_that_is_missing_is_filled_within_hours_at_any_price);
    tcase_add_test(tc, a_reserve_that_comes_back_too_slowly_is_missed_by_as_much);
    tcase_add_test(tc, a_battery_that_cannot_be_told_anything_goes_on_as_it_does);
    tcase_add_test(tc, a_held_discharge_ends_where_the_energy_ends);
    tcase_add_test(tc, a_held_discharge_that_nobody_can_take_is_a_limit_missed);
    tcase_add_test(tc, sun_that_cannot_be_curtailed_breaks_the_export_limit);
    tcase_add_test(tc, a_limit_is_not_kept_by_burning_energy_in_a_battery);
    tcase_add_test(tc, a_battery_with_room_keeps_the_export_limit);
    tcase_add_test(tc, sun_on_an_island_that_nobody_can_take_is_a_limit_missed);
    tcase_add_test(tc, a_held_tie_that_its_bus_cannot_feed_carries_less);
    tcase_add_test(tc, a_shortage_that_lasts_costs_no_more_solves_than_its_own_tiers);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
