// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries whose power depends on their energy, and stores of heat and cold, worked out by hand.
#include "base/error.h"
#include "plan/curve.h"
#include "plan_fixture.h"

static struct plan_problem *battery(size_t n_steps)
{
    return fixture((struct plan_sizes){.n_steps = n_steps, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
}

static void give_curve(struct plan_curve *c, double first_kwh, double first_kw, double last_kwh, double last_kw)
{
    *c = (struct plan_curve){2, {first_kwh * 1000, last_kwh * 1000}, {first_kw * 1000, last_kw * 1000}};
}

// ---- curves ---------------------------------------------------------------------------------------------------------

START_TEST(charging_slows_down_when_the_battery_is_nearly_full)
{
    struct plan_problem *p = battery(2);
    FILL(p->grids[0].import_price_per_kwh, 10, 40);
    FILL_KW(p->loads[0].demand_w, 0, 10);
    p->batteries[0].energy_wh = 5e3;
    give_curve(&p->batteries[0].charge_curve, 5, 10, 10, 0);
    struct schedule *s = solved(p);
    // c <= 10 - 2 (e - 5) with e = 5 + c at the end of the hour: c = 10 / 3
    ASSERT_NEAR(power_kw(s, "s0", 0), -10.0 / 3);
    ASSERT_MONEY(s, 10.0 / 3 * 10 + (10 - 5 - 10.0 / 3) * 40);
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_CURVE);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(a_curve_of_two_slopes_holds_on_each)
{
    struct plan_problem *p = battery(2);
    FILL(p->grids[0].import_price_per_kwh, 10, 40);
    FILL_KW(p->loads[0].demand_w, 0, 20);
    p->batteries[0].charge_curve = (struct plan_curve){3, {4e3, 8e3, 10e3}, {10e3, 6e3, 0}};
    struct schedule *s = solved(p);
    // from empty: c = e, c <= 10 - (e - 4) gives 7, and 6 - 3 (e - 8) = 9 is more: 7 kWh
    ASSERT_NEAR(power_kw(s, "s0", 0), -7);
    schedule_free(s);
    p->batteries[0].energy_wh = 6e3;
    s = solved(p);
    // c <= 10 - (6 + c - 4) gives 4, c <= 6 - 3 (6 + c - 8) gives 3
    ASSERT_NEAR(power_kw(s, "s0", 0), -3);
    ASSERT_MONEY(s, 3 * 10 + 11 * 40);
    done(p, s);
}
END_TEST

START_TEST(discharging_slows_down_when_the_battery_is_nearly_empty)
{
    struct plan_problem *p = battery(1);
    FILL(p->grids[0].import_price_per_kwh, 40);
    FILL_KW(p->loads[0].demand_w, 10);
    p->batteries[0].energy_wh = 5e3;
    give_curve(&p->batteries[0].discharge_curve, 0, 0, 5, 10);
    struct schedule *s = solved(p);
    ASSERT_NEAR(power_kw(s, "s0", 0), 10.0 / 3); // d <= 2 e with e = 5 - d
    ASSERT_MONEY(s, (10 - 10.0 / 3) * 40);
    ck_assert_int_eq(schedule_find(s, "s0")->reasons[0].kind, REASON_CURVE);
    done(p, s);
}
END_TEST

START_TEST(a_full_battery_above_its_limit_has_a_plan_in_spite_of_its_curve)
{
    struct plan_problem *p = battery(2);
    FILL(p->grids[0].import_price_per_kwh, -10, -10);
    p->grids[0].export_limit_w = 0;
    p->batteries[0].energy_wh = 11e3; // no load that could take the eleventh kWh
    give_curve(&p->batteries[0].charge_curve, 5, 10, 10, 0);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_MISSED(s, OBJECTIVE_RESERVE, 1);
    done(p, s);
}
END_TEST

START_TEST(an_empty_battery_below_its_limit_is_charged_in_spite_of_its_curve)
{
    struct plan_problem *p = battery(1);
    FILL(p->grids[0].import_price_per_kwh, 40);
    FILL_KW(p->loads[0].demand_w, 10);
    p->batteries[0].energy_wh = 1e3;
    p->batteries[0].min_wh = 2e3;
    give_curve(&p->batteries[0].discharge_curve, 2, 0, 5, 10);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (10 + 1) * 40);
    ASSERT_NOTHING_MISSED(s);
    done(p, s);
}
END_TEST

START_TEST(a_battery_that_cannot_be_told_anything_heeds_no_curve)
{
    struct plan_problem *p = battery(1);
    FILL(p->grids[0].import_price_per_kwh, 10);
    p->batteries[0].energy_wh = 5e3;
    p->batteries[0].available = false;
    p->batteries[0].held_power_w = -4e3;
    give_curve(&p->batteries[0].charge_curve, 5, 10, 10, 0);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 4 * 10); // what it does, it does
    done(p, s);
}
END_TEST

static void expect_refused(struct plan_problem *p, const char *words)
{
    char why[256] = "";
    ck_assert_int_eq(plan_problem_check(p, why, sizeof(why)), AEMS_E_RANGE);
    ck_assert_msg(strstr(why, words) != NULL, "%s", why);
}

START_TEST(a_curve_that_no_linear_program_can_keep_is_refused_by_name)
{
    struct plan_problem *p = battery(1);
    struct plan_battery *b = &p->batteries[0];
    give_curve(&b->charge_curve, 5, 5, 10, 8);
    expect_refused(p, "batteries.s0.charge_curve: does not fall");
    b->charge_curve = (struct plan_curve){3, {2e3, 5e3, 10e3}, {10e3, 2e3, 0}};
    expect_refused(p, "charge_curve: not concave");
    give_curve(&b->charge_curve, 5, 10, 9, 1);
    expect_refused(p, "charge_curve: ends below max_wh");
    b->charge_curve.n = 0;
    give_curve(&b->discharge_curve, 0, 8, 5, 5);
    expect_refused(p, "discharge_curve: does not rise");
    b->discharge_curve = (struct plan_curve){3, {0, 5e3, 10e3}, {0, 1e3, 10e3}};
    expect_refused(p, "discharge_curve: not concave");
    give_curve(&b->discharge_curve, 3, 1, 5, 10);
    expect_refused(p, "discharge_curve: begins above min_wh");
    plan_problem_free(p);
}
END_TEST

START_TEST(points_of_a_device_become_the_concave_curve_above_them)
{
    struct plan_curve c;
    const double wh[] = {80, 95}, w[] = {100, 30};
    curve_make_concave(wh, w, 2, HUGE_VAL, 100, &c); // at 100 still 30: the point at 95 lies below that line
    ck_assert_int_eq(c.n, 2);
    ASSERT_NEAR(c.energy_wh[1], 100);
    ASSERT_NEAR(c.power_w[1], 30);
    ASSERT_NEAR(curve_power_w(&c, 50), 100);
    ASSERT_NEAR(curve_power_w(&c, 90), 65);
    ASSERT_NEAR(curve_power_w(&c, 120), 30);
    const double many_wh[] = {50, 60, 70, 80, 90, 100}, many_w[] = {100, 98, 90, 70, 40, 0};
    curve_make_concave(many_wh, many_w, 6, HUGE_VAL, 100, &c);
    ck_assert_int_eq(c.n, PLAN_MAX_CURVE);
    for (int i = 0; i < 6; i++)
        ck_assert_double_le(curve_power_w(&c, many_wh[i]), many_w[i] + 1e-9); // never more than it can take
    curve_make_concave(wh, w, 0, HUGE_VAL, 100, &c);
    ck_assert_int_eq(c.n, 0);
}
END_TEST

// ---- stores ---------------------------------------------------------------------------------------------------------

static struct plan_problem *heat(size_t n_steps)
{
    struct plan_problem *p = battery(n_steps);
    p->carriers[0] = CARRIER_HEAT;
    p->batteries[0].kind = ASSET_STORE;
    return p;
}

START_TEST(a_store_of_heat_loses_what_it_keeps)
{
    struct plan_problem *p = heat(3);
    FILL(p->grids[0].import_price_per_kwh, 10, 12, 40);
    FILL_KW(p->loads[0].demand_w, 0, 0, 9);
    p->batteries[0].self_discharge_per_h = 0.1;
    struct schedule *s = solved(p);
    // A kWh of hour 3 costs 10 / 0.81 = 12.3 from hour 1, 12 / 0.9 = 13.3 from hour 2: the store is filled at once, and
    // the kWh that it has lost is bought again.
    ASSERT_MONEY(s, 10 * 10 + 1 * 12);
    ck_assert_int_eq(schedule_find(s, "s0")->kind, ASSET_STORE);
    done(p, s);
}
END_TEST

START_TEST(heat_does_not_run_in_circles_when_it_costs_less_than_nothing)
{
    struct plan_problem *p = heat(1);
    FILL(p->grids[0].import_price_per_kwh, -10);
    FILL(p->grids[0].export_price_per_kwh, -10);
    p->batteries[0].charge_efficiency = p->batteries[0].discharge_efficiency = 0.8;
    p->batteries[0].energy_wh = 10e3;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 0);
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden storage");
    TCase *tc = tcase_create("storage");
    tcase_add_test(tc, charging_slows_down_when_the_battery_is_nearly_full);
    tcase_add_test(tc, a_curve_of_two_slopes_holds_on_each);
    tcase_add_test(tc, discharging_slows_down_when_the_battery_is_nearly_empty);
    tcase_add_test(tc, a_full_battery_above_its_limit_has_a_plan_in_spite_of_its_curve);
    tcase_add_test(tc, an_empty_battery_below_its_limit_is_charged_in_spite_of_its_curve);
    tcase_add_test(tc, a_battery_that_cannot_be_told_anything_heeds_no_curve);
    tcase_add_test(tc, a_curve_that_no_linear_program_can_keep_is_refused_by_name);
    tcase_add_test(tc, points_of_a_device_become_the_concave_curve_above_them);
    tcase_add_test(tc, a_store_of_heat_loses_what_it_keeps);
    tcase_add_test(tc, heat_does_not_run_in_circles_when_it_costs_less_than_nothing);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
