// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads, worked out by hand. Vehicles have 10 kWh and hold 100; chargers have 10 kW and no losses
// unless a test says otherwise.
#include "plan_fixture.h"

static struct plan_problem *chargers(size_t n_flexibles, size_t n_groups, size_t n_steps)
{
    return fixture((struct plan_sizes){
        .n_steps = n_steps, .n_grids = 1, .n_loads = 1, .n_flexibles = n_flexibles, .n_groups = n_groups});
}

static const struct reason *reason_at(const struct schedule *s, const char *id, size_t k)
{
    return &schedule_find(s, id)->reasons[k];
}

// ---- one vehicle ----------------------------------------------------------------------------------------------------

START_TEST(a_vehicle_charges_in_the_cheapest_hours)
{
    struct plan_problem *p = chargers(1, 0, 4);
    FILL(p->grids[0].import_price_per_kwh, 30, 10, 20, 40);
    fixture_session(&p->flexibles[0], 0, 4, 25);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10 + 5 * 20); // 15 kWh: a full hour at 10, half of one at 20
    ASSERT_NEAR(power_kw(s, "f0", 1), -10);
    ASSERT_NEAR(power_kw(s, "f0", 2), -5);
    const struct schedule_asset *a = schedule_find(s, "f0");
    ck_assert_int_eq(a->kind, ASSET_CHARGER);
    ASSERT_NEAR(a->energy_wh[0], 10e3);
    ASSERT_NEAR(a->energy_wh[3], 25e3);
    ck_assert_double_eq_tol(a->energy_value_per_kwh[0], 20, 0.05); // one kWh more need not be bought at 20
    ck_assert_int_eq(a->reasons[0].kind, REASON_PRICE);            // it waits
    ck_assert_int_eq(a->reasons[1].kind, REASON_POWER_LIMIT);
    ck_assert_int_eq(a->reasons[2].kind, REASON_PRICE);
    ck_assert_int_eq(s->solves, 1);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(losses_of_charging_are_bought_as_well)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, 10, 20);
    p->flexibles[0].charge_efficiency = 0.8;
    fixture_session(&p->flexibles[0], 0, 2, 20);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10 + 2.5 * 20); // 8 kWh of the first ten, 2 of 2.5
    done(p, s);
}
END_TEST

START_TEST(a_vehicle_that_cannot_make_it_charges_all_it_can_without_another_solve)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, 10, 50);
    fixture_session(&p->flexibles[0], 0, 2, 40);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 10 * 10 + 10 * 50);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 10); // 10 + 20 of 40
    ASSERT_NEAR(schedule_find(s, "f0")->missed_wh, 10e3);
    ck_assert_int_eq(reason_at(s, "f0", 0)->kind, REASON_DEPARTURE);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(a_step_that_a_session_covers_in_part_gives_its_part)
{
    struct plan_problem *p = chargers(1, 0, 3);
    FILL(p->grids[0].import_price_per_kwh, 10, 20, 1);
    fixture_session(&p->flexibles[0], 0.5, 2, 25);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 5 * 10 + 10 * 20); // half an hour in the first step; the third is too late
    ASSERT_NEAR(power_kw(s, "f0", 0), -5);
    ASSERT_NEAR(power_kw(s, "f0", 2), 0);
    ASSERT_NEAR(schedule_find(s, "f0")->energy_wh[2], 0);
    done(p, s);
}
END_TEST

START_TEST(a_session_that_has_begun_goes_on_from_the_energy_of_now)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, 20, 10);
    fixture_session(&p->flexibles[0], -5, 2, 14);
    fixture_session(&p->flexibles[0], 20, 30, 90); // beyond the plan
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 4 * 10);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(one_charger_serves_two_sessions)
{
    struct plan_problem *p = chargers(1, 0, 4);
    FILL(p->grids[0].import_price_per_kwh, 30, 10, 40, 20);
    fixture_session(&p->flexibles[0], 0, 2, 16);
    fixture_session(&p->flexibles[0], 2, 4, 22);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 6 * 10 + 10 * 20 + 2 * 40);
    ASSERT_NEAR(schedule_find(s, "f0")->energy_wh[1], 16e3);
    ASSERT_NEAR(schedule_find(s, "f0")->energy_wh[2], 12e3);
    done(p, s);
}
END_TEST

START_TEST(a_step_of_two_sessions_is_that_of_the_longer_one)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, 10, 10);
    fixture_session(&p->flexibles[0], 0, 0.25, 12); // its only step is mostly the other's
    fixture_session(&p->flexibles[0], 0.5, 2, 25);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (5 + 10) * 10);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 2);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(a_session_beyond_the_horizon_is_not_put_off)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, 30, 10);
    fixture_session(&p->flexibles[0], 0, 4, 26);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 8 * 10); // half of its time: half of 16 kWh
    ASSERT_NOTHING_MISSED(s);
    schedule_free(s);
    p->flexibles[0].sessions[0].wanted_wh = 100e3; // 40 kWh can be had in its four hours: half of that
    s = solved(p);
    ASSERT_MONEY(s, 10 * 30 + 10 * 10);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(a_flexible_load_runs_in_its_window)
{
    struct plan_problem *p = chargers(1, 0, 4);
    struct plan_flexible *f = &p->flexibles[0];
    FILL(p->grids[0].import_price_per_kwh, 5, 20, 15, 1);
    f->kind = ASSET_FLEXIBLE;
    f->max_charge_w = 4e3;
    struct plan_session *window = fixture_session(f, 1, 3, 6);
    window->energy_wh = 0;
    window->max_wh = 6e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 4 * 15 + 2 * 20);
    ck_assert_int_eq(schedule_find(s, "f0")->kind, ASSET_FLEXIBLE);
    done(p, s);
}
END_TEST

START_TEST(a_vehicle_takes_no_more_than_it_holds_even_when_paid_for_it)
{
    struct plan_problem *p = chargers(1, 0, 2);
    FILL(p->grids[0].import_price_per_kwh, -10, -20);
    fixture_session(&p->flexibles[0], 0, 2, 10)->max_wh = 22e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -10 * 20 - 2 * 10);
    schedule_free(s);
    p->flexibles[0].sessions[0].energy_wh = 30e3; // more than it holds
    s = solved(p);
    ASSERT_MONEY(s, 0);
    ck_assert_int_eq(reason_at(s, "f0", 0)->kind, REASON_FULL);
    done(p, s);
}
END_TEST

// ---- what cannot be told anything -----------------------------------------------------------------------------------

START_TEST(an_unavailable_charger_goes_on_while_its_session_lasts)
{
    struct plan_problem *p = chargers(1, 0, 3);
    struct plan_flexible *f = &p->flexibles[0];
    FILL(p->grids[0].import_price_per_kwh, 10, 10, 10);
    f->available = false;
    f->held_power_w = -7e3;
    fixture_session(f, 0, 1.5, 30);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (7 + 3.5) * 10);
    ASSERT_NEAR(power_kw(s, "f0", 1), -3.5);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 9.5);
    ck_assert_int_eq(s->solves, 1);
    schedule_free(s);
    f->sessions[0].wanted_wh = f->sessions[0].max_wh = 15e3; // full after 5 kWh
    s = solved(p);
    ASSERT_MONEY(s, 5 * 10);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(a_held_power_beyond_its_breaker_is_a_limit_missed)
{
    struct plan_problem *p = chargers(1, 1, 1);
    struct plan_flexible *f = &p->flexibles[0];
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->groups[0].limit_w = 6e3;
    f->group = 0;
    f->available = false;
    f->held_power_w = -10e3;
    fixture_session(f, 0, 1, 12);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 4);
    ASSERT_NEAR(power_kw(s, "f0", 0), -6);
    done(p, s);
}
END_TEST

// ---- groups ---------------------------------------------------------------------------------------------------------

START_TEST(two_vehicles_share_a_breaker)
{
    struct plan_problem *p = chargers(2, 1, 2);
    FILL(p->grids[0].import_price_per_kwh, 10, 20);
    p->groups[0].limit_w = 12e3;
    for (int i = 0; i < 2; i++) {
        p->flexibles[i].group = 0;
        fixture_session(&p->flexibles[i], 0, 2, 20);
    }
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 12 * 10 + 8 * 20);
    ASSERT_NEAR(power_kw(s, "f0", 0) + power_kw(s, "f1", 0), -12);
    size_t slower = power_kw(s, "f0", 0) > power_kw(s, "f1", 0) ? 0 : 1;
    const struct reason *r = reason_at(s, slower == 0 ? "f0" : "f1", 0);
    ck_assert_int_eq(r->kind, REASON_GROUP_LIMIT);
    ck_assert_str_eq(r->asset, "b0");
    ASSERT_NEAR(r->price_per_kwh, 10);
    ck_assert_int_eq(s->solves, 1);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(what_the_breaker_keeps_from_a_vehicle_is_comfort_missed)
{
    struct plan_problem *p = chargers(2, 1, 1);
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->groups[0].limit_w = 12e3;
    p->flexibles[0].priority = TIER_IMPORTANT;
    for (int i = 0; i < 2; i++) {
        p->flexibles[i].group = 0;
        fixture_session(&p->flexibles[i], 0, 1, 20);
    }
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 8);
    ASSERT_NEAR(power_kw(s, "f0", 0), -10); // the important one
    ASSERT_NEAR(power_kw(s, "f1", 0), -2);
    ASSERT_NEAR(schedule_find(s, "f1")->missed_wh, 8e3);
    ASSERT_MONEY(s, 12 * 10);
    done(p, s);
}
END_TEST

START_TEST(groups_hang_behind_groups)
{
    struct plan_problem *p = chargers(3, 2, 2);
    FILL(p->grids[0].import_price_per_kwh, 10, 30);
    p->groups[0].limit_w = 13e3;
    p->groups[1].limit_w = 8e3;
    p->groups[1].within = 0;
    for (int i = 0; i < 3; i++) {
        p->flexibles[i].group = i < 2 ? 1 : 0;
        fixture_session(&p->flexibles[i], 0, 2, i < 2 ? 18 : 14);
    }
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (8 + 4) * 10 + 8 * 30); // the inner one binds: 8 of 16; the third has its 4 at once
    schedule_free(s);
    p->groups[0].limit_w = 11e3;
    s = solved(p);
    ASSERT_MONEY(s, 11 * 10 + 9 * 30); // now the outer one
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(a_depot_gives_each_bus_its_energy_in_time)
{
    struct plan_problem *p = chargers(3, 1, 4);
    const double until_h[] = {1, 2, 4}, wanted_kwh[] = {20, 25, 30};
    FILL(p->grids[0].import_price_per_kwh, 10, 10, 30, 30);
    p->groups[0].limit_w = 20e3;
    for (int i = 0; i < 3; i++) {
        p->flexibles[i].group = 0;
        p->flexibles[i].max_charge_w = 15e3;
        fixture_session(&p->flexibles[i], 0, until_h[i], wanted_kwh[i]);
    }
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 40 * 10 + 5 * 30); // 45 kWh, of which two hours of 20 kW are cheap
    ASSERT_NEAR(power_kw(s, "f0", 0), -10);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

// ---- feeding back ---------------------------------------------------------------------------------------------------

static struct plan_problem *feeding_back(double wear_per_kwh)
{
    struct plan_problem *p = chargers(1, 0, 2);
    struct plan_flexible *f = &p->flexibles[0];
    FILL(p->grids[0].import_price_per_kwh, 10, 50);
    FILL_KW(p->loads[0].demand_w, 10, 10);
    f->max_discharge_w = 10e3;
    f->charge_efficiency = f->discharge_efficiency = 0.9;
    f->wear_per_kwh = wear_per_kwh;
    fixture_session(f, 0, 2, 10);
    return p;
}

START_TEST(feeding_back_earns_more_than_its_wear)
{
    struct plan_problem *p = feeding_back(5);
    struct schedule *s = solved(p);
    // 10 kWh charged are 9 in the vehicle are 8.1 back: (10 + 10) * 10 + 1.9 * 50 + wear of 8.1
    ASSERT_MONEY(s, 200 + 95 + 8.1 * 5);
    ASSERT_NEAR(schedule_find(s, "f0")->energy_wh[0], 19e3);
    ASSERT_NEAR(schedule_find(s, "f0")->energy_wh[1], 10e3);
    done(p, s);
}
END_TEST

START_TEST(feeding_back_does_not_earn_its_wear)
{
    struct plan_problem *p = feeding_back(38); // 50 - 10 / 0.81 = 37.65
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 100 + 500);
    done(p, s);
}
END_TEST

START_TEST(feeding_back_leaves_what_the_vehicle_has_to_keep)
{
    struct plan_problem *p = feeding_back(0);
    FILL(p->grids[0].import_price_per_kwh, 50, 50);
    p->flexibles[0].sessions[0].wanted_wh = 0;
    p->flexibles[0].sessions[0].min_wh = 4e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (20 - 6 * 0.9) * 50);
    schedule_free(s);
    p->flexibles[0].sessions[0].min_wh = 40e3; // it begins below: nothing is fed back, nothing bought for it
    s = solved(p);
    ASSERT_MONEY(s, 20 * 50);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(energy_does_not_run_in_circles_at_negative_prices)
{
    struct plan_problem *p = chargers(1, 0, 1);
    struct plan_flexible *f = &p->flexibles[0];
    FILL(p->grids[0].import_price_per_kwh, -20);
    FILL(p->grids[0].export_price_per_kwh, -20);
    f->max_discharge_w = 10e3;
    f->charge_efficiency = f->discharge_efficiency = 0.7;
    fixture_session(f, 0, 1, 10)->max_wh = 10e3; // full: wasting energy would be paid for
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_NEAR(power_kw(s, "f0", 0), 0);
    schedule_free(s);
    f->sessions[0].max_wh = 14e3;
    s = solved(p);
    ASSERT_MONEY(s, -20 * 4 / 0.7);
    done(p, s);
}
END_TEST

// ---- shortage -------------------------------------------------------------------------------------------------------

START_TEST(a_lifeline_vehicle_goes_before_an_ordinary_one)
{
    struct plan_problem *p = chargers(2, 0, 1);
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->grids[0].import_limit_w = 10e3;
    p->flexibles[1].priority = TIER_LIFELINE;
    for (int i = 0; i < 2; i++)
        fixture_session(&p->flexibles[i], 0, 1, 18);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 6);
    ASSERT_NEAR(power_kw(s, "f1", 0), -8);
    ASSERT_MONEY(s, 10 * 10);
    schedule_free(s);
    p->grids[0].import_limit_w = 5e3; // a lifeline goes before the limit of the grid
    s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 3);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 8);
    done(p, s);
}
END_TEST

START_TEST(deferrable_load_goes_before_an_ordinary_vehicle)
{
    struct plan_problem *p = chargers(1, 0, 1);
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->grids[0].import_limit_w = 12e3;
    FILL_KW(p->loads[0].demand_w, 10);
    fixture_tiers(&p->loads[0]);
    fixture_session(&p->flexibles[0], 0, 1, 15);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 3); // 1 kWh deferrable, then 2 of 10 : 10 with ordinary load
    ASSERT_NEAR(schedule_find(s, "l0")->shed_w[TIER_DEFERRABLE], 1000);
    ASSERT_MONEY(s, 12 * 10);
    done(p, s);
}
END_TEST

// ---- several courses ------------------------------------------------------------------------------------------------

// An hour at 10 is sure, the next costs 30 or `other`, either as likely; the first hour is the same in both. One
// vehicle behind a breaker of 8 kW.
static struct plan_problem *two_futures(double other, bool feeds_back)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 2, .n_grids = 1, .n_loads = 1, .n_flexibles = 1, .n_groups = 1, .n_scenarios = 1});
    p->scenarios[0].weight = 0.5;
    p->shared_s = 3600;
    FILL(p->grids[0].import_price_per_kwh, 10, 30);
    FILL(p->scenarios[0].import_price_per_kwh, 10, other);
    p->groups[0].limit_w = 8e3;
    p->flexibles[0].group = 0;
    p->flexibles[0].max_discharge_w = feeds_back ? 1e3 : 0;
    p->flexibles[0].wear_per_kwh = 100;
    fixture_session(&p->flexibles[0], 0, 2, 16)->max_wh = 16e3;
    return p;
}

START_TEST(a_vehicle_waits_for_what_the_next_hour_costs_on_average)
{
    for (int feeds_back = 0; feeds_back < 2; feeds_back++) {
        struct plan_problem *p = two_futures(-14, feeds_back); // (30 - 14) / 2 = 8: less than 10
        struct schedule *s = solved(p);
        ASSERT_NEAR(power_kw(s, "f0", 0), 0);
        ASSERT_MONEY(s, 6 * 30);
        ASSERT_NEAR(s->expected_cost, 0.5 * 6 * 30 - 0.5 * 6 * 14);
        done(p, s);
        p = two_futures(4, feeds_back); // 17: more than 10
        s = solved(p);
        ASSERT_NEAR(power_kw(s, "f0", 0), -6);
        ASSERT_NEAR(s->expected_cost, 6 * 10);
        done(p, s);
    }
}
END_TEST

// More rows than the simplex is started with: the tiers are solved from inside.
START_TEST(forty_vehicles_share_what_the_breaker_leaves_them)
{
    enum { VEHICLES = 40, HOURS = 24 };
    struct plan_problem *p = chargers(VEHICLES, 1, HOURS);
    p->groups[0].limit_w = 50e3;
    for (int k = 0; k < HOURS; k++)
        p->grids[0].import_price_per_kwh[k] = 10;
    for (int i = 0; i < VEHICLES; i++) {
        struct plan_flexible *f = &p->flexibles[i];
        f->group = 0;
        f->max_discharge_w = 5e3; // storage rows: 40 x 24
        f->wear_per_kwh = 1;
        fixture_session(f, 0, HOURS, 50);
    }
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 40 * 40 - 50 * 24); // 1600 kWh wanted, 1200 can come
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 0);
    ASSERT_MONEY(s, 1200 * 10);
    ck_assert_int_gt(s->solves, 1);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden flexible");
    TCase *tc = tcase_create("one vehicle");
    tcase_add_test(tc, a_vehicle_charges_in_the_cheapest_hours);
    tcase_add_test(tc, losses_of_charging_are_bought_as_well);
    tcase_add_test(tc, a_vehicle_that_cannot_make_it_charges_all_it_can_without_another_solve);
    tcase_add_test(tc, a_step_that_a_session_covers_in_part_gives_its_part);
    tcase_add_test(tc, a_session_that_has_begun_goes_on_from_the_energy_of_now);
    tcase_add_test(tc, one_charger_serves_two_sessions);
    tcase_add_test(tc, a_step_of_two_sessions_is_that_of_the_longer_one);
    tcase_add_test(tc, a_session_beyond_the_horizon_is_not_put_off);
    tcase_add_test(tc, a_flexible_load_runs_in_its_window);
    tcase_add_test(tc, a_vehicle_takes_no_more_than_it_holds_even_when_paid_for_it);
    suite_add_tcase(suite, tc);
    tc = tcase_create("held, groups");
    tcase_add_test(tc, an_unavailable_charger_goes_on_while_its_session_lasts);
    tcase_add_test(tc, a_held_power_beyond_its_breaker_is_a_limit_missed);
    tcase_add_test(tc, two_vehicles_share_a_breaker);
    tcase_add_test(tc, what_the_breaker_keeps_from_a_vehicle_is_comfort_missed);
    tcase_add_test(tc, groups_hang_behind_groups);
    tcase_add_test(tc, a_depot_gives_each_bus_its_energy_in_time);
    suite_add_tcase(suite, tc);
    tc = tcase_create("feeding back, shortage");
    tcase_add_test(tc, feeding_back_earns_more_than_its_wear);
    tcase_add_test(tc, feeding_back_does_not_earn_its_wear);
    tcase_add_test(tc, feeding_back_leaves_what_the_vehicle_has_to_keep);
    tcase_add_test(tc, energy_does_not_run_in_circles_at_negative_prices);
    tcase_add_test(tc, a_lifeline_vehicle_goes_before_an_ordinary_one);
    tcase_add_test(tc, deferrable_load_goes_before_an_ordinary_vehicle);
    tcase_add_test(tc, a_vehicle_waits_for_what_the_next_hour_costs_on_average);
    tcase_add_test(tc, forty_vehicles_share_what_the_breaker_leaves_them);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
