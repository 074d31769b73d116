// SPDX-License-Identifier: GPL-3.0-or-later
// Problems small enough to work out by hand: what the plan costs when every tier above money is kept. Tests compare
// costs and amounts, and powers only where there is one optimum.
#include "plan_fixture.h"

// ---- storage --------------------------------------------------------------------------------------------------------

START_TEST(a_load_is_bought_at_the_price_of_each_step)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1});
    FILL(p->grids[0].import_price_per_kwh, 20, 30);
    FILL_KW(p->loads[0].demand_w, 10, 10);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 20 + 10 * 30);
    ASSERT_NEAR(s->price_per_kwh[0], 20); // one kWh more would be bought
    ASSERT_NEAR(s->price_per_kwh[1], 30);
    ASSERT_NOTHING_MISSED(s);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

static struct plan_problem *two_prices(double low, double high)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, low, high);
    FILL_KW(p->loads[0].demand_w, 10, 10);
    return p;
}

START_TEST(energy_moves_to_the_dear_hour_with_its_losses_and_wear)
{
    struct plan_problem *p = two_prices(10, 40);
    struct plan_battery *b = &p->batteries[0];
    b->charge_efficiency = b->discharge_efficiency = 0.9;
    b->max_charge_w = b->max_discharge_w = 5e3;
    b->wear_per_kwh = 1;
    struct schedule *s = solved(p);
    // Charge 5 kWh -> 4.5 stored -> 4.05 back. (10+5)*10 + (10-4.05)*40 + wear 9.05
    ASSERT_MONEY(s, 150 + 238 + 9.05);
    ASSERT_NEAR(power_kw(s, "s0", 0), -5);
    ASSERT_NEAR(power_kw(s, "s0", 1), 4.05);
    ASSERT_NEAR(schedule_find(s, "s0")->energy_wh[0], 4500);
    done(p, s);
}
END_TEST

START_TEST(a_spread_below_losses_and_wear_moves_nothing)
{
    struct plan_problem *p = two_prices(10, 13);
    p->batteries[0].charge_efficiency = p->batteries[0].discharge_efficiency = 0.9;
    p->batteries[0].wear_per_kwh = 1;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 100 + 130); // 0.81*13 - 10 - 1.81 < 0
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(self_discharge_is_bought_as_well)
{
    struct plan_problem *p = two_prices(10, 40);
    FILL_KW(p->loads[0].demand_w, 0, 9);
    p->batteries[0].self_discharge_per_h = 0.1;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10); // 10 kWh stored in hour 1, 9 are left in hour 2
    done(p, s);
}
END_TEST

START_TEST(energy_is_worth_what_it_saves_at_the_dear_hour)
{
    struct plan_problem *p = two_prices(10, 40);
    p->batteries[0].discharge_efficiency = 0.8;
    p->batteries[0].max_charge_w = 5e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 150 + (10 - 4) * 40);
    // one more kWh in store gives 0.8 kWh at 40
    ck_assert_double_eq_tol(schedule_find(s, "s0")->energy_value_per_kwh[0], 32, 0.02);
    done(p, s);
}
END_TEST

static struct plan_problem *one_hour_with_battery(double price, double end_value)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, price);
    p->batteries[0].end_value_per_kwh = end_value;
    p->batteries[0].max_charge_w = p->batteries[0].max_discharge_w = 20e3;
    return p;
}

START_TEST(an_end_value_above_the_price_and_its_losses_fills_the_store)
{
    struct plan_problem *p = one_hour_with_battery(20, 25);
    p->batteries[0].charge_efficiency = 0.9;
    p->batteries[0].max_wh = 9e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 20 - 9 * 25); // 0.9*25 = 22.5 > 20
    done(p, s);
}
END_TEST

START_TEST(an_end_value_below_the_price_empties_the_store)
{
    struct plan_problem *p = one_hour_with_battery(20, 15);
    FILL_KW(p->loads[0].demand_w, 20);
    p->batteries[0].energy_wh = 9e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (20 - 9) * 20);
    done(p, s);
}
END_TEST

START_TEST(the_end_value_counts_from_the_lower_limit)
{
    struct plan_problem *p = one_hour_with_battery(20, 22);
    FILL_KW(p->loads[0].demand_w, 20);
    p->batteries[0].energy_wh = 9e3;
    p->batteries[0].min_wh = 1e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (20 + 1) * 20 - (10 - 1) * 22); // fills the last kWh as well: 22 > 20
    done(p, s);
}
END_TEST

START_TEST(the_battery_that_wears_less_goes_first)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_batteries = 2});
    FILL(p->grids[0].import_price_per_kwh, 40);
    FILL_KW(p->loads[0].demand_w, 5);
    for (int i = 0; i < 2; i++) {
        p->batteries[i].energy_wh = 10e3;
        p->batteries[i].end_value_per_kwh = 30;
        p->batteries[i].wear_per_kwh = i == 0 ? 5 : 1;
    }
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 1 - 10 * 30 - 5 * 30); // 40 - 30 - 1 > 40 - 30 - 5
    ASSERT_NEAR(power_kw(s, "s1", 0), 5);
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(steps_of_different_length_count_by_their_hours)
{
    struct plan_problem *p = two_prices(10, 40);
    fixture_hours(p, (double[]){0.25, 0.5});
    p->batteries[0].charge_efficiency = 0.8;
    struct schedule *s = solved(p);
    // 10 kW for 15 min: 2.5 kWh bought, 2 stored; hour 2 needs 5 kWh, buys 3. (2.5 + 2.5)*10 + 3*40
    ASSERT_MONEY(s, 50 + 120);
    done(p, s);
}
END_TEST

// ---- PV and export --------------------------------------------------------------------------------------------------

static struct plan_problem *morning_sun(double export_price)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_pvs = 1});
    FILL(p->grids[0].import_price_per_kwh, 30, 30);
    FILL(p->grids[0].export_price_per_kwh, export_price, export_price);
    FILL_KW(p->pvs[0].available_w, 10, 0);
    FILL_KW(p->loads[0].demand_w, 4, 8);
    p->batteries[0].discharge_efficiency = 0.9;
    return p;
}

START_TEST(surplus_is_stored_when_selling_pays_less)
{
    struct plan_problem *p = morning_sun(5);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (8 - 5.4) * 30); // 6 kWh stored, 5.4 back
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_SURPLUS);
    done(p, s);
}
END_TEST

START_TEST(surplus_is_sold_when_storing_saves_less)
{
    struct plan_problem *p = morning_sun(28);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -6 * 28 + 8 * 30); // 0.9*30 = 27 < 28
    done(p, s);
}
END_TEST

START_TEST(what_the_export_limit_does_not_take_is_curtailed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    p->grids[0].export_limit_w = 3e3;
    FILL(p->grids[0].export_price_per_kwh, 5);
    FILL_KW(p->pvs[0].available_w, 10);
    FILL_KW(p->loads[0].demand_w, 2);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -3 * 5);
    ASSERT_NEAR(power_kw(s, "v0", 0), 5);
    ck_assert_int_eq(schedule_find(s, "v0")->reasons[0].kind, REASON_EXPORT_LIMIT);
    ck_assert_str_eq(schedule_find(s, "v0")->reasons[0].asset, "g0");
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(sun_is_curtailed_when_export_costs_money)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[0].import_price_per_kwh, 10);
    FILL(p->grids[0].export_price_per_kwh, -2);
    FILL_KW(p->pvs[0].available_w, 10);
    FILL_KW(p->loads[0].demand_w, 4);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_NEAR(power_kw(s, "v0", 0), 4);
    done(p, s);
}
END_TEST

START_TEST(a_battery_takes_the_first_of_equal_suns)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_pvs = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 0.3, 0.3, 0.3, 0.3);
    p->grids[0].export_limit_w = 0;
    FILL_KW(p->pvs[0].available_w, 8, 8, 8, 8);
    p->batteries[0].end_value_per_kwh = 0.2;
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), -8);
    ASSERT_NEAR(power_kw(s, "s0", 1), -2);
    done(p, s);
}
END_TEST

// ---- demand charge --------------------------------------------------------------------------------------------------

static struct plan_problem *with_demand_charge(double peak_so_far_kw)
{
    struct plan_problem *p = two_prices(10, 10);
    FILL_KW(p->loads[0].demand_w, 10, 20);
    p->grids[0].demand_charge_per_kw = 100;
    p->grids[0].demand_window_s = 1800;
    p->grids[0].peak_so_far_w = peak_so_far_kw * 1000;
    p->batteries[0].energy_wh = 10e3;
    return p;
}

START_TEST(the_battery_shaves_the_peak)
{
    struct plan_problem *p = with_demand_charge(0);
    struct schedule *s = solved(p);
    // All 10 kWh are worth 10 each, and best used in the second hour: 10 and 10 kW.
    ASSERT_MONEY(s, 20 * 10 + 10 * 100);
    ASSERT_NEAR(s->peak_w[0], 10e3);
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[1].kind, REASON_PEAK);
    done(p, s);
}
END_TEST

START_TEST(a_peak_that_is_set_already_is_not_shaved_further)
{
    struct plan_problem *p = with_demand_charge(15);
    p->batteries[0].end_value_per_kwh = 12; // better kept than used for energy at 10
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (10 + 15) * 10 + 15 * 100 - 5 * 12); // 5 kWh are used to stay at 15 kW
    done(p, s);
}
END_TEST

START_TEST(the_elapsed_part_of_the_window_counts)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1});
    p->start_utc_ms[0] += 900000;
    p->hours[0] = 0.25;
    FILL(p->grids[0].import_price_per_kwh, 10);
    FILL_KW(p->loads[0].demand_w, 4);
    p->grids[0].demand_charge_per_kw = 100;
    p->grids[0].demand_window_s = 1800;
    p->grids[0].window_elapsed_wh = 6000;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 1 * 10 + 14 * 100); // (6 + 1) kWh in half an hour: 14 kW
    ASSERT_NEAR(s->peak_w[0], 14e3);
    done(p, s);
}
END_TEST

START_TEST(a_window_is_the_average_of_its_steps)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 3, .n_grids = 1, .n_loads = 1});
    fixture_hours(p, (double[]){0.25, 0.25, 1});
    FILL(p->grids[0].import_price_per_kwh, 0, 0, 0);
    FILL_KW(p->loads[0].demand_w, 30, 6, 12);
    p->grids[0].demand_charge_per_kw = 100;
    p->grids[0].demand_window_s = 1800;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 18 * 100); // (30 + 6) / 2; the long step counts as its average
    done(p, s);
}
END_TEST

START_TEST(within_a_window_a_battery_works_evenly)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 6, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    double five_min = 1 / 12.0;
    fixture_hours(p, (double[]){five_min, five_min, five_min, five_min, five_min, five_min});
    FILL(p->grids[0].import_price_per_kwh, 10, 10, 10, 10, 10, 10);
    FILL_KW(p->loads[0].demand_w, 10, 12, 14, 14, 12, 10);
    p->grids[0].demand_charge_per_kw = 100;
    p->grids[0].demand_window_s = 1800;
    p->batteries[0].energy_wh = 1000;
    struct schedule *s = solved(p);
    ASSERT_NEAR(s->peak_w[0], 10e3);
    for (size_t k = 0; k < 6; k++) // in one step alone it could do the same
        ASSERT_NEAR(power_kw(s, "g0", k), 10);
    done(p, s);
}
END_TEST

// ---- generators, CO2 ------------------------------------------------------------------------------------------------

START_TEST(a_cheaper_generator_runs_to_its_limit)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_generators = 1});
    FILL(p->grids[0].import_price_per_kwh, 30);
    FILL_KW(p->loads[0].demand_w, 10);
    p->generators[0].max_power_w = 6e3;
    p->generators[0].fuel_cost_per_kwh = 20;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 6 * 20 + 4 * 30);
    ck_assert_int_eq(schedule_find(s, "n0")->reasons[0].kind, REASON_POWER_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(co2_can_make_the_generator_cheaper_than_the_grid)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_generators = 1});
    FILL(p->grids[0].import_price_per_kwh, 20, 16);
    p->co2_price_per_kg = 10;
    FILL(p->grids[0].co2_kg_per_kwh, 0.5, 0.5);
    FILL_KW(p->loads[0].demand_w, 10, 10);
    p->generators[0].max_power_w = 50e3;
    p->generators[0].fuel_cost_per_kwh = 22;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 22 + 10 * 21); // 20 + 5 > 22 > 16 + 5
    done(p, s);
}
END_TEST

// ---- prices that tempt ----------------------------------------------------------------------------------------------

START_TEST(a_negative_price_fills_the_store_but_does_not_burn_energy_in_it)
{
    struct plan_problem *p = one_hour_with_battery(-10, 0);
    FILL_KW(p->loads[0].demand_w, 5);
    FILL(p->grids[0].export_price_per_kwh, -10);
    p->batteries[0].charge_efficiency = p->batteries[0].discharge_efficiency = 0.8;
    p->batteries[0].max_wh = 4e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -10 * (5 + 5)); // 5 kW * 0.8 = 4 kWh: full. In and out at once would earn more
    ASSERT_NEAR(power_kw(s, "s0", 0), -5);
    done(p, s);
}
END_TEST

START_TEST(a_negative_price_does_not_burn_energy_in_a_tie)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 1, .n_buses = 2, .n_grids = 1, .n_loads = 1, .n_ties = 1});
    FILL(p->grids[0].import_price_per_kwh, -10);
    FILL(p->grids[0].export_price_per_kwh, -10);
    FILL_KW(p->loads[0].demand_w, 5);
    p->ties[0].limit_w = 50e3;
    p->ties[0].loss_frac = 0.1;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -50);
    ASSERT_NEAR(power_kw(s, "t0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(equal_prices_do_not_make_import_and_export_run_at_once)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[0].import_price_per_kwh, 10);
    FILL(p->grids[0].export_price_per_kwh, 10);
    FILL_KW(p->loads[0].demand_w, 5);
    FILL_KW(p->pvs[0].available_w, 8);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -30);
    done(p, s);
}
END_TEST

START_TEST(an_export_price_above_the_import_price_is_no_money_machine)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[0].import_price_per_kwh, 10, 10);
    FILL(p->grids[0].export_price_per_kwh, 20, 20);
    FILL_KW(p->loads[0].demand_w, 5, 5);
    FILL_KW(p->pvs[0].available_w, 0, 8);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 10 - 3 * 20);
    done(p, s);
}
END_TEST

START_TEST(free_energy_leaves_everything_where_it_is)
{
    struct plan_problem *p = two_prices(0, 0);
    p->batteries[0].energy_wh = 5e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    ASSERT_NEAR(power_kw(s, "s0", 1), 0);
    done(p, s);
}
END_TEST

// ---- ties -----------------------------------------------------------------------------------------------------------

static struct plan_problem *two_buses(double price0, double price1)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 1, .n_buses = 2, .n_grids = 2, .n_loads = 1, .n_ties = 1});
    FILL(p->grids[0].import_price_per_kwh, price0);
    FILL(p->grids[1].import_price_per_kwh, price1);
    p->grids[1].bus = 1;
    p->loads[0].bus = 1;
    FILL_KW(p->loads[0].demand_w, 20);
    p->ties[0].limit_w = 10e3;
    p->ties[0].loss_frac = 0.1;
    return p;
}

START_TEST(a_tie_carries_cheap_power_up_to_its_limit_and_loses_on_the_way)
{
    struct plan_problem *p = two_buses(10, 30);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10 + 11 * 30); // 10 sent, 9 arrive
    ASSERT_NEAR(power_kw(s, "t0", 0), 9);
    ck_assert_int_eq(schedule_find(s, "t0")->reasons[0].kind, REASON_TIE_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(a_tie_rests_when_its_losses_eat_the_spread)
{
    struct plan_problem *p = two_buses(28, 30);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 20 * 30); // 28 / 0.9 = 31.1
    done(p, s);
}
END_TEST

START_TEST(a_tie_rests_when_its_transfer_price_eats_the_spread)
{
    struct plan_problem *p = two_buses(10, 30);
    p->ties[0].transfer_price_per_kwh = 25;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 20 * 30);
    done(p, s);
}
END_TEST

START_TEST(a_tie_works_backward_with_the_loss_at_the_receiving_end)
{
    struct plan_problem *p = two_buses(30, 10);
    p->loads[0].bus = 0;
    FILL_KW(p->loads[0].demand_w, 9);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10); // bus 1 sends 10, 9 arrive at bus 0
    ASSERT_NEAR(power_kw(s, "t0", 0), -10);
    done(p, s);
}
END_TEST

START_TEST(a_tie_that_cannot_be_told_anything_goes_on_as_it_does)
{
    struct plan_problem *p = two_buses(10, 30);
    p->ties[0].available = false;
    p->ties[0].held_power_w = 4.5e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 10 + 15.5 * 30); // 5 sent for 4.5
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden");
    TCase *tc = tcase_create("money");
    tcase_add_test(tc, a_load_is_bought_at_the_price_of_each_step);
    tcase_add_test(tc, energy_moves_to_the_dear_hour_with_its_losses_and_wear);
    tcase_add_test(tc, a_spread_below_losses_and_wear_moves_nothing);
    tcase_add_test(tc, self_discharge_is_bought_as_well);
    tcase_add_test(tc, energy_is_worth_what_it_saves_at_the_dear_hour);
    tcase_add_test(tc, an_end_value_above_the_price_and_its_losses_fills_the_store);
    tcase_add_test(tc, an_end_value_below_the_price_empties_the_store);
    tcase_add_test(tc, the_end_value_counts_from_the_lower_limit);
    tcase_add_test(tc, the_battery_that_wears_less_goes_first);
    tcase_add_test(tc, steps_of_different_length_count_by_their_hours);
    tcase_add_test(tc, surplus_is_stored_when_selling_pays_less);
    tcase_add_test(tc, surplus_is_sold_when_storing_saves_less);
    tcase_add_test(tc, what_the_export_limit_does_not_take_is_curtailed);
    tcase_add_test(tc, sun_is_curtailed_when_export_costs_money);
    tcase_add_test(tc, a_battery_takes_the_first_of_equal_suns);
    tcase_add_test(tc, the_battery_shaves_the_peak);
    tcase_add_test(tc, a_peak_that_is_set_already_is_not_shaved_further);
    tcase_add_test(tc, the_elapsed_part_of_the_window_counts);
    tcase_add_test(tc, a_window_is_the_average_of_its_steps);
    tcase_add_test(tc, within_a_window_a_battery_works_evenly);
    tcase_add_test(tc, a_cheaper_generator_runs_to_its_limit);
    tcase_add_test(tc, co2_can_make_the_generator_cheaper_than_the_grid);
    tcase_add_test(tc, a_negative_price_fills_the_store_but_does_not_burn_energy_in_it);
    tcase_add_test(tc, a_negative_price_does_not_burn_energy_in_a_tie);
    tcase_add_test(tc, equal_prices_do_not_make_import_and_export_run_at_once);
    tcase_add_test(tc, an_export_price_above_the_import_price_is_no_money_machine);
    tcase_add_test(tc, free_energy_leaves_everything_where_it_is);
    tcase_add_test(tc, a_tie_carries_cheap_power_up_to_its_limit_and_loses_on_the_way);
    tcase_add_test(tc, a_tie_rests_when_its_losses_eat_the_spread);
    tcase_add_test(tc, a_tie_rests_when_its_transfer_price_eats_the_spread);
    tcase_add_test(tc, a_tie_works_backward_with_the_loss_at_the_receiving_end);
    tcase_add_test(tc, a_tie_that_cannot_be_told_anything_goes_on_as_it_does);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
