// SPDX-License-Identifier: GPL-3.0-or-later
// Generators, CHPs, heat pumps, chillers and CO2 by hand.
#include "plan_fixture.h"

static enum reason_kind reason_kind(const struct schedule *s, const char *id, size_t k)
{
    return schedule_find(s, id)->reasons[k].kind;
}

// Import at 30, fuel at 20, a generator of 4 to 20 kW; what is too much is sold for nothing.
static struct plan_problem *with_generator(size_t n_steps)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = n_steps, .n_grids = 1, .n_loads = 1, .n_generators = 1});
    for (size_t k = 0; k < n_steps; k++) {
        p->grids[0].import_price_per_kwh[k] = 30;
        p->loads[0].demand_w[k] = 10e3;
    }
    p->generators[0].max_power_w = 20e3;
    p->generators[0].min_power_w = 4e3;
    p->generators[0].fuel_cost_per_kwh = 20;
    return p;
}

// ---- on and off -----------------------------------------------------------------------------------------------------

START_TEST(a_generator_rests_where_its_lowest_power_is_too_much)
{
    struct plan_problem *p = with_generator(1);
    FILL_KW(p->loads[0].demand_w, 2);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 2 * 30); // 4 * 20 is more
    ASSERT_NEAR(power_kw(s, "n0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(a_generator_runs_at_its_lowest_power_where_that_still_pays)
{
    struct plan_problem *p = with_generator(1);
    FILL_KW(p->loads[0].demand_w, 3);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 4 * 20); // 3 * 30 is more
    ASSERT_NEAR(power_kw(s, "n0", 0), 4);
    ck_assert_int_eq(reason_kind(s, "n0", 0), REASON_MIN_POWER);
    done(p, s);
}
END_TEST

START_TEST(each_hour_of_small_load_is_decided_by_itself)
{
    struct plan_problem *p = with_generator(4);
    FILL_KW(p->loads[0].demand_w, 10, 2, 3, 1);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 20 + 2 * 30 + 4 * 20 + 1 * 30);
    done(p, s);
}
END_TEST

START_TEST(a_generator_keeps_its_lowest_power_where_an_incentive_is_forgone)
{
    struct plan_problem *p = with_generator(1);
    FILL(p->grids[0].import_price_per_kwh, 20);
    FILL_KW(p->grids[0].dr_baseline_w, 40);
    FILL(p->grids[0].dr_incentive_per_kwh, 12);
    FILL_KW(p->loads[0].demand_w, 60);
    p->grids[0].import_limit_w = 50e3;
    p->generators[0].max_power_w = 60e3;
    p->generators[0].min_power_w = 11e3;
    p->generators[0].fuel_cost_per_kwh = 30;
    struct schedule *s = solved(p);
    // Taking it, all comes from the generator: 60 * 30 - 40 * 12 = 1320. Else it gives as little as it can.
    ASSERT_MONEY(s, 49 * 20 + 11 * 30);
    ASSERT_NEAR(power_kw(s, "n0", 0), 11);
    done(p, s);
}
END_TEST

START_TEST(a_start_that_does_not_earn_its_cost_is_dropped)
{
    struct plan_problem *p = with_generator(3);
    FILL_KW(p->loads[0].demand_w, 0, 8, 0);
    p->generators[0].start_cost = 81;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 8 * 30); // 8 (30 - 20) < 81
    done(p, s);
}
END_TEST

START_TEST(a_start_that_earns_its_cost_is_paid_once)
{
    struct plan_problem *p = with_generator(3);
    FILL_KW(p->loads[0].demand_w, 8, 8, 8);
    p->generators[0].start_cost = 81;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 24 * 20 + 81);
    done(p, s);
}
END_TEST

START_TEST(a_generator_that_runs_already_is_not_started)
{
    struct plan_problem *p = with_generator(1);
    p->generators[0].start_cost = 500;
    p->generators[0].has_run_h = 2;
    p->generators[0].power_before_w = 10e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 20);
    done(p, s);
}
END_TEST

START_TEST(a_short_pause_is_cheaper_than_another_start)
{
    struct plan_problem *p = with_generator(3);
    FILL_KW(p->loads[0].demand_w, 10, 2, 10);
    p->generators[0].start_cost = 50;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 50 + (10 + 4 + 10) * 20); // running through costs 80 - 60 more than pausing, a start 50
    done(p, s);
}
END_TEST

START_TEST(a_run_lasts_as_long_as_it_has_to)
{
    struct plan_problem *p = with_generator(4);
    FILL_KW(p->loads[0].demand_w, 10, 2, 2, 2);
    p->generators[0].min_run_h = 3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (10 + 4 + 4) * 20 + 2 * 30); // 3 hours: 100 saved, 2 x 20 lost
    done(p, s);
}
END_TEST

START_TEST(the_last_plans_pattern_is_taken_over_at_once)
{
    struct planner *planner;
    struct schedule *first, *next;
    char why[200];
    struct plan_problem *p = with_generator(4);
    FILL_KW(p->loads[0].demand_w, 10, 2, 2, 10);
    p->generators[0].start_cost = 1;
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_msg(planner_solve(planner, p, 20000, &first, why, sizeof why) == 0, "%s", why);
    ck_assert_msg(planner_solve(planner, p, 20000, &next, why, sizeof why) == 0, "%s", why);
    ck_assert_double_eq_tol(next->objective[OBJECTIVE_MONEY], first->objective[OBJECTIVE_MONEY], 1e-6);
    ck_assert_int_le(next->solves, first->solves);
    schedule_free(next);
    planner_free(planner);
    done(p, first);
}
END_TEST

START_TEST(an_island_with_a_battery_is_fed_by_turns)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_generators = 1});
    fixture_outage(&p->grids[0], 0, p->n_steps);
    FILL_KW(p->loads[0].demand_w, 5, 5, 5, 5);
    p->generators[0].max_power_w = 20e3;
    p->generators[0].min_power_w = 10e3;
    p->generators[0].fuel_cost_per_kwh = 20;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 20 * 20); // 10 kW in two of the four hours; 5 kW throughout is not possible
    done(p, s);
}
END_TEST

START_TEST(an_island_too_small_for_its_generator_is_shed_not_infeasible)
{
    struct plan_problem *p = with_generator(2);
    fixture_outage(&p->grids[0], 0, p->n_steps);
    FILL_KW(p->loads[0].demand_w, 3, 5);
    fixture_tiers(&p->loads[0]);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0.4 * 3);                          // 3 kW cannot be fed, 5 kW can
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_COMFORT], 0.6 * 3, 1e-3); // with the room of a tier that is held
    ASSERT_NEAR(power_kw(s, "n0", 0), 0);
    ck_assert_double_eq_tol(power_kw(s, "n0", 1), 5, 1e-3);
    done(p, s);
}
END_TEST

// ---- fuel, ramp, what it holds --------------------------------------------------------------------------------------

START_TEST(fuel_that_ends_is_kept_for_the_dear_hour)
{
    struct plan_problem *p = with_generator(2);
    FILL(p->grids[0].import_price_per_kwh, 25, 40);
    p->generators[0].fuel_wh = 12e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 25 + 10 * 20); // 2 kWh would be left for a run of 4 kW
    ck_assert_int_eq(reason_kind(s, "n0", 0), REASON_NONE);
    done(p, s);
}
END_TEST

START_TEST(fuel_binds_without_a_lowest_power)
{
    struct plan_problem *p = with_generator(2);
    FILL(p->grids[0].import_price_per_kwh, 25, 40);
    p->generators[0].min_power_w = 0;
    p->generators[0].fuel_wh = 12e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 8 * 25 + 12 * 20);
    ck_assert_int_eq(reason_kind(s, "n0", 0), REASON_FUEL);
    done(p, s);
}
END_TEST

START_TEST(a_generator_starts_at_its_lowest_power_and_rises_with_its_ramp)
{
    struct plan_problem *p = with_generator(3);
    FILL_KW(p->loads[0].demand_w, 10, 20, 20);
    p->generators[0].ramp_w_per_s = 4.0 / 3.6; // 4 kW an hour: 2 kW within the first half of it
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "n0", 0), 4 + 2);
    ASSERT_NEAR(power_kw(s, "n0", 1), 10);
    ASSERT_NEAR(power_kw(s, "n0", 2), 14);
    ASSERT_MONEY(s, 30 * 20 + (4 + 10 + 6) * 30);
    ck_assert_int_eq(reason_kind(s, "n0", 1), REASON_RAMP);
    done(p, s);
}
END_TEST

START_TEST(a_generator_that_cannot_be_told_anything_runs_until_its_fuel_ends)
{
    struct plan_problem *p = with_generator(3);
    p->generators[0].available = false;
    p->generators[0].held_power_w = 6e3;
    p->generators[0].fuel_wh = 9e3;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "n0", 1), 3);
    ASSERT_NEAR(power_kw(s, "n0", 2), 0);
    ASSERT_MONEY(s, 9 * 20 + 21 * 30 + 0);
    done(p, s);
}
END_TEST

// ---- heat -----------------------------------------------------------------------------------------------------------

// Bus 1 is heat: 2 kWh of it per electric kWh of a CHP, a boiler of 90 %, a load of 10 kW.
static struct plan_problem *with_chp(double import_price)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 1, .n_buses = 2, .n_grids = 1, .n_loads = 2, .n_generators = 1, .n_converters = 1});
    p->carriers[1] = CARRIER_HEAT;
    FILL(p->grids[0].import_price_per_kwh, import_price);
    p->loads[1].bus = 1;
    FILL_KW(p->loads[0].demand_w, 10);
    FILL_KW(p->loads[1].demand_w, 10);
    p->generators[0].max_power_w = 20e3;
    p->generators[0].fuel_cost_per_kwh = 30;
    p->generators[0].heat_bus = 1;
    p->generators[0].heat_ratio = 2;
    strcpy(p->converters[0].id, "h0");
    p->converters[0].to = 1;
    p->converters[0].max_power_w = 50e3;
    p->converters[0].cop[0] = 0.9;
    return p;
}

START_TEST(heat_makes_a_chp_run_that_current_alone_would_not)
{
    struct plan_problem *p = with_chp(20);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 30 + 5 * 20); // 5 kW make the 10 kW of heat; by the boiler it would cost 11.1 * 20
    ASSERT_NEAR(power_kw(s, "n0", 0), 5);
    ASSERT_NEAR(schedule_find(s, "n0")->heat_w[0], 10e3);
    ck_assert_int_eq(reason_kind(s, "n0", 0), REASON_HEAT);
    done(p, s);
}
END_TEST

START_TEST(heat_that_nobody_takes_is_lost_when_current_pays_for_all)
{
    struct plan_problem *p = with_chp(40);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 30); // 20 kWh of heat, 10 are used
    ASSERT_NEAR(power_kw(s, "n0", 0), 10);
    ASSERT_NEAR(schedule_find(s, "n0")->heat_w[0], 10e3);
    done(p, s);
}
END_TEST

START_TEST(no_heat_is_made_to_be_lost_at_a_negative_price)
{
    struct plan_problem *p = with_chp(-20);
    FILL(p->grids[0].export_price_per_kwh, -20);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -20 * (10 + 10 / 0.9)); // the boiler, and no more than is needed
    ASSERT_NEAR(power_kw(s, "n0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(heat_that_cannot_be_made_is_shed_like_any_load)
{
    struct plan_problem *p = with_chp(20);
    p->generators[0].max_power_w = 0;
    p->converters[0].max_power_w = 5e3;
    FILL(p->loads[1].tier_share, 0, 0, 1, 0);
    p->loads[1].sheddable[TIER_ORDINARY] = true;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 10 - 4.5);
    ASSERT_NEAR(power_kw(s, "h0", 0), -5);
    ASSERT_NEAR(schedule_find(s, "h0")->heat_w[0], 4500);
    ck_assert_int_eq(reason_kind(s, "h0", 0), REASON_POWER_LIMIT);
    done(p, s);
}
END_TEST

// ---- heat pumps and chillers ----------------------------------------------------------------------------------------

// A store on bus 1 that loses 10 % an hour; a converter of 10 kW.
static struct plan_problem *with_store(enum carrier carrier, double price0, double price1)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 2, .n_buses = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_converters = 1});
    p->carriers[1] = carrier;
    FILL(p->grids[0].import_price_per_kwh, price0, price1);
    p->loads[0].bus = p->batteries[0].bus = 1;
    p->batteries[0].kind = ASSET_STORE;
    p->batteries[0].max_wh = p->batteries[0].max_charge_w = p->batteries[0].max_discharge_w = 50e3;
    p->batteries[0].self_discharge_per_h = 0.1;
    strcpy(p->converters[0].id, "h0");
    p->converters[0].to = 1;
    p->converters[0].max_power_w = 10e3;
    FILL(p->converters[0].cop, 3, 3);
    return p;
}

START_TEST(a_chiller_fills_the_ice_store_at_night)
{
    struct plan_problem *p = with_store(CARRIER_COOLING, 10, 30);
    FILL_KW(p->loads[0].demand_w, 0, 18);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 20 / 3.0 * 10); // 20 kWh at night, 18 of them by day: 66.7; by day 6 * 30 = 180
    ASSERT_NEAR(power_kw(s, "h0", 1), 0);
    ck_assert_int_eq(reason_kind(s, "h0", 0), REASON_PRICE);
    done(p, s);
}
END_TEST

START_TEST(a_heat_pump_works_when_the_air_is_warm)
{
    struct plan_problem *p = with_store(CARRIER_HEAT, 20, 20);
    FILL(p->converters[0].cop, 4, 3);
    FILL_KW(p->loads[0].demand_w, 0, 18);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 20); // 20 kWh at a COP of 4 for 18; at once at a COP of 3: 6 kWh
    done(p, s);
}
END_TEST

START_TEST(a_heat_pump_works_when_it_is_needed_if_the_store_loses_more)
{
    struct plan_problem *p = with_store(CARRIER_HEAT, 20, 20);
    FILL(p->converters[0].cop, 3.2, 3);
    FILL_KW(p->loads[0].demand_w, 0, 18);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 6 * 20); // 20 / 3.2 = 6.25
    ck_assert_int_eq(reason_kind(s, "h0", 1), REASON_HEAT);
    done(p, s);
}
END_TEST

START_TEST(a_chiller_with_a_lowest_power_runs_by_turns)
{
    struct plan_problem *p = with_store(CARRIER_COOLING, 20, 20);
    p->batteries[0].self_discharge_per_h = 0;
    p->converters[0].min_power_w = 6e3;
    FILL_KW(p->loads[0].demand_w, 9, 9);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 6 * 20); // 18 kWh in the first hour, nothing in the second
    ASSERT_NEAR(power_kw(s, "h0", 0), -6);
    done(p, s);
}
END_TEST

START_TEST(a_heat_pump_that_cannot_be_told_anything_goes_on)
{
    struct plan_problem *p = with_store(CARRIER_HEAT, 10, 30);
    p->converters[0].available = false;
    p->converters[0].held_power_w = -5e3;
    FILL_KW(p->loads[0].demand_w, 15, 15);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 5 * 10 + 5 * 30);
    done(p, s);
}
END_TEST

// ---- CO2 ------------------------------------------------------------------------------------------------------------

static struct plan_problem *clean_or_cheap(void)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 30, 10);
    FILL(p->grids[0].co2_kg_per_kwh, 0.1, 0.5);
    FILL_KW(p->loads[0].demand_w, 5, 10);
    return p;
}

START_TEST(at_the_price_alone_the_cheap_hour_serves)
{
    struct plan_problem *p = clean_or_cheap();
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 30 + 10 * 10);
    ASSERT_NEAR(s->co2_kg, 0.5 + 5);
    ASSERT_NEAR(s->co2_price_per_kg, 0);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(with_co2_first_the_clean_hour_serves_and_money_comes_after)
{
    struct plan_problem *p = clean_or_cheap();
    p->co2_first = true;
    struct schedule *s = solved(p);
    // All 10 kWh from the clean hour: 1.5 kg. A ten-thousandth of it is left to money.
    ck_assert_double_eq_tol(s->co2_kg, 1.5, 2e-4);
    ck_assert_double_eq_tol(s->objective[OBJECTIVE_MONEY], 15 * 30, 0.02);
    ck_assert_double_eq_tol(s->co2_price_per_kg, (30 - 10) / (0.5 - 0.1), 0.1); // what keeps the dirty hour out
    ck_assert_int_eq(s->solves, 2);
    done(p, s);
}
END_TEST

START_TEST(with_co2_first_a_dirty_generator_rests_though_it_is_cheap)
{
    struct plan_problem *p = with_generator(1);
    p->co2_first = true;
    FILL(p->grids[0].co2_kg_per_kwh, 0.3);
    p->generators[0].co2_kg_per_kwh = 0.8;
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(power_kw(s, "g0", 0), 10, 1e-2); // the room that money has
    ck_assert_double_eq_tol(s->co2_kg, 3, 1e-3);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden units");
    TCase *tc = tcase_create("units");
    tcase_add_test(tc, a_generator_rests_where_its_lowest_power_is_too_much);
    tcase_add_test(tc, a_generator_runs_at_its_lowest_power_where_that_still_pays);
    tcase_add_test(tc, each_hour_of_small_load_is_decided_by_itself);
    tcase_add_test(tc, a_generator_keeps_its_lowest_power_where_an_incentive_is_forgone);
    tcase_add_test(tc, a_start_that_does_not_earn_its_cost_is_dropped);
    tcase_add_test(tc, a_start_that_earns_its_cost_is_paid_once);
    tcase_add_test(tc, a_generator_that_runs_already_is_not_started);
    tcase_add_test(tc, a_short_pause_is_cheaper_than_another_start);
    tcase_add_test(tc, a_run_lasts_as_long_as_it_has_to);
    tcase_add_test(tc, the_last_plans_pattern_is_taken_over_at_once);
    tcase_add_test(tc, an_island_with_a_battery_is_fed_by_turns);
    tcase_add_test(tc, an_island_too_small_for_its_generator_is_shed_not_infeasible);
    tcase_add_test(tc, fuel_that_ends_is_kept_for_the_dear_hour);
    tcase_add_test(tc, fuel_binds_without_a_lowest_power);
    tcase_add_test(tc, a_generator_starts_at_its_lowest_power_and_rises_with_its_ramp);
    tcase_add_test(tc, a_generator_that_cannot_be_told_anything_runs_until_its_fuel_ends);
    tcase_add_test(tc, heat_makes_a_chp_run_that_current_alone_would_not);
    tcase_add_test(tc, heat_that_nobody_takes_is_lost_when_current_pays_for_all);
    tcase_add_test(tc, no_heat_is_made_to_be_lost_at_a_negative_price);
    tcase_add_test(tc, heat_that_cannot_be_made_is_shed_like_any_load);
    tcase_add_test(tc, a_chiller_fills_the_ice_store_at_night);
    tcase_add_test(tc, a_heat_pump_works_when_the_air_is_warm);
    tcase_add_test(tc, a_heat_pump_works_when_it_is_needed_if_the_store_loses_more);
    tcase_add_test(tc, a_chiller_with_a_lowest_power_runs_by_turns);
    tcase_add_test(tc, a_heat_pump_that_cannot_be_told_anything_goes_on);
    tcase_add_test(tc, at_the_price_alone_the_cheap_hour_serves);
    tcase_add_test(tc, with_co2_first_the_clean_hour_serves_and_money_comes_after);
    tcase_add_test(tc, with_co2_first_a_dirty_generator_rests_though_it_is_cheap);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
