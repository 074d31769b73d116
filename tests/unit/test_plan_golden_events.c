// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections by hand: demand-response limits and incentives, contract power, windows, ramps, days of 25 hours.
#include "base/instant.h"
#include "base/local_time.h"
#include "plan/steps.h"
#include "plan_fixture.h"

static enum reason_kind reason_kind(const struct schedule *s, const char *id, size_t k)
{
    return schedule_find(s, id)->reasons[k].kind;
}

// Two hours at 10 kW; a battery of 10 kW and 10 kWh, empty.
static struct plan_problem *two_hours(double low, double high)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, low, high);
    FILL_KW(p->loads[0].demand_w, 10, 10);
    return p;
}

// ---- limits of events -----------------------------------------------------------------------------------------------

START_TEST(an_event_limit_is_kept_by_buying_before)
{
    struct plan_problem *p = two_hours(30, 20);
    FILL_KW(p->grids[0].dr_import_limit_w, 1e6, 4);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, (10 + 6) * 30 + 4 * 20); // 6 kWh are stored, dear as they are
    ck_assert_int_eq(reason_kind(s, "g0", 1), REASON_DR_LIMIT);
    ck_assert_int_eq(reason_kind(s, "s0", 1), REASON_DR_LIMIT);
    ck_assert_str_eq(schedule_find(s, "s0")->reasons[1].asset, "g0");
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

START_TEST(the_contract_limit_counts_where_it_is_the_tighter_one)
{
    struct plan_problem *p = two_hours(20, 30);
    p->grids[0].import_limit_w = 12e3;
    FILL_KW(p->grids[0].dr_import_limit_w, 15, 15);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 12 * 20 + 8 * 30);
    ck_assert_int_eq(reason_kind(s, "g0", 0), REASON_IMPORT_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(an_event_limit_below_the_load_sheds_and_then_is_missed_by_the_lifelines)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1});
    FILL(p->grids[0].import_price_per_kwh, 20);
    FILL_KW(p->grids[0].dr_import_limit_w, 3);
    FILL_KW(p->loads[0].demand_w, 10);
    fixture_tiers(&p->loads[0]);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 1); // 4 kW of lifelines
    ASSERT_MISSED(s, OBJECTIVE_COMFORT, 6);
    ASSERT_MONEY(s, 4 * 20);
    ck_assert_int_eq(reason_kind(s, "g0", 0), REASON_DR_LIMIT);
    done(p, s);
}
END_TEST

START_TEST(events_that_contradict_each_other_still_make_a_plan)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[0].import_price_per_kwh, 20, 20);
    FILL(p->grids[0].export_price_per_kwh, 5, 5);
    FILL_KW(p->grids[0].dr_import_limit_w, 0, 0);
    FILL_KW(p->grids[0].dr_export_limit_w, 0, 0);
    p->pvs[0].curtailable = false;
    FILL_KW(p->pvs[0].available_w, 9, 1);
    FILL_KW(p->loads[0].demand_w, 4, 4);
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 5 + 3); // 5 kW out in the first hour, 3 kW in in the second
    ASSERT_MONEY(s, 3 * 20 - 5 * 5);
    done(p, s);
}
END_TEST

START_TEST(an_event_that_forbids_export_curtails_the_sun)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_pvs = 1});
    FILL(p->grids[0].export_price_per_kwh, 5);
    FILL_KW(p->grids[0].dr_export_limit_w, 0);
    FILL_KW(p->pvs[0].available_w, 9);
    FILL_KW(p->loads[0].demand_w, 4);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "v0", 0), 4);
    ck_assert_int_eq(reason_kind(s, "v0", 0), REASON_DR_LIMIT);
    done(p, s);
}
END_TEST

// 12:20 to 12:50 within an hour's step: cut there, the limit holds for exactly that half an hour.
START_TEST(an_event_in_the_middle_of_a_step_is_planned_exactly)
{
    int64_t start[PLAN_MAX_STEPS],
        cuts[] = {FIXTURE_START_MS + 11 * 3600000 + 1200000, FIXTURE_START_MS + 11 * 3600000 + 3000000};
    double hours[PLAN_MAX_STEPS];
    ck_assert_int_eq(local_time_set_zone("UTC"), 0);
    size_t n = plan_steps(FIXTURE_START_MS, 14 * 3600, 0, cuts, 2, start, hours), during = 0;
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = n, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    fixture_hours(p, hours);
    for (size_t k = 0; k < n; k++) {
        p->grids[0].import_price_per_kwh[k] = 20;
        p->loads[0].demand_w[k] = 10e3;
        if (start[k] == cuts[0])
            during = k;
    }
    p->grids[0].dr_import_limit_w[during] = 2e3;
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(hours[during], 0.5, 1e-9);
    ck_assert_double_eq_tol(hours[during - 1], 1 / 3.0, 1e-9);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "s0", during), 8);
    ASSERT_NEAR(schedule_find(s, "s0")->energy_wh[during - 1], 4000); // 8 kW for half an hour, no more
    done(p, s);
}
END_TEST

// ---- incentives -----------------------------------------------------------------------------------------------------

// Baseline 10 kW in the second hour; the round trip costs 20 %.
static struct plan_problem *with_incentive(double incentive)
{
    struct plan_problem *p = two_hours(20, 20);
    p->batteries[0].charge_efficiency = 0.8;
    FILL_KW(p->grids[0].dr_baseline_w, 0, 10);
    FILL(p->grids[0].dr_incentive_per_kwh, 0, incentive);
    return p;
}

START_TEST(an_incentive_above_the_losses_moves_load_out_of_the_event)
{
    struct plan_problem *p = with_incentive(8);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, (10 + 10) * 20 + 2 * 20 - 8 * 8); // 10 kW charged, 8 kWh back: 8 (20 + 8) > 10 * 20
    ASSERT_NEAR(power_kw(s, "g0", 1), 2);
    ck_assert_int_eq(reason_kind(s, "g0", 1), REASON_DR_INCENTIVE);
    done(p, s);
}
END_TEST

START_TEST(an_incentive_below_the_losses_moves_nothing)
{
    struct plan_problem *p = with_incentive(4);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 20 * 20); // 8 (20 + 4) < 10 * 20
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(import_above_the_baseline_is_not_dearer_for_the_incentive)
{
    struct plan_problem *p = with_incentive(8);
    FILL_KW(p->grids[0].dr_baseline_w, 0, 1); // 8 kWh from the battery leave 2 kW: still above
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 20 * 20);
    ASSERT_NEAR(power_kw(s, "s0", 0), 0);
    done(p, s);
}
END_TEST

START_TEST(a_cheap_event_hour_may_be_worth_more_than_its_incentive)
{
    struct plan_problem *p = two_hours(5, 30);
    FILL_KW(p->grids[0].dr_baseline_w, 10, 0);
    FILL(p->grids[0].dr_incentive_per_kwh, 26, 0);
    FILL_KW(p->loads[0].demand_w, 1, 10);
    struct schedule *s = solved(p);
    // Charging nothing: 1 * 5 + 10 * 30 - 9 * 26 = 71. Charging 10 kWh: 11 * 5 and no incentive: 55.
    ASSERT_MONEY(s, 11 * 5);
    done(p, s);
}
END_TEST

START_TEST(export_during_an_event_is_not_paid_as_a_reduction)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    FILL(p->grids[0].import_price_per_kwh, 20);
    FILL(p->grids[0].export_price_per_kwh, 2);
    FILL_KW(p->grids[0].dr_baseline_w, 5);
    FILL(p->grids[0].dr_incentive_per_kwh, 50);
    FILL_KW(p->loads[0].demand_w, 5);
    p->batteries[0].energy_wh = 10e3;
    p->batteries[0].end_value_per_kwh = 10;
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, -5 * 50 - 5 * 10); // down to no import; beyond that a kWh earns 2, not 52
    ASSERT_NEAR(power_kw(s, "g0", 0), 0);
    done(p, s);
}
END_TEST

// ---- contract power and windows -------------------------------------------------------------------------------------

static struct plan_problem *with_contract(double contract_kw, int window_s)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_loads = 1, .n_batteries = 1});
    fixture_hours(p, (double[]){0.25, 0.25, 0.25, 0.25});
    FILL(p->grids[0].import_price_per_kwh, 20, 20, 20, 20);
    FILL_KW(p->loads[0].demand_w, 4, 12, 4, 4);
    p->grids[0].contract_w = contract_kw * 1000;
    p->grids[0].demand_window_s = window_s;
    p->batteries[0].wear_per_kwh = 1;
    return p;
}

START_TEST(contract_power_holds_for_the_average_of_half_an_hour)
{
    struct plan_problem *p = with_contract(8, 1800);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 24 * 0.25 * 20); // (4 + 12) / 2 = 8: nothing to do
    ASSERT_NEAR(s->peak_w[0], 8e3);
    done(p, s);
}
END_TEST

START_TEST(contract_power_of_a_quarter_needs_the_battery)
{
    struct plan_problem *p = with_contract(8, 900);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 24 * 0.25 * 20 + 2); // 1 kWh in and out, wear 1 each
    ASSERT_NEAR(power_kw(s, "g0", 1), 8);
    ck_assert_int_eq(reason_kind(s, "g0", 1), REASON_CONTRACT);
    done(p, s);
}
END_TEST

START_TEST(contract_power_that_cannot_be_kept_is_missed_by_what_is_drawn)
{
    struct plan_problem *p = with_contract(8, 900);
    p->batteries[0].max_discharge_w = 0;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 4 * 0.25);
    ASSERT_MISSED(s, OBJECTIVE_LIFELINES, 0);
    done(p, s);
}
END_TEST

START_TEST(what_the_window_has_had_already_counts_against_the_contract)
{
    struct plan_problem *p = with_contract(8, 1800);
    int64_t later_ms = FIXTURE_START_MS + 900000; // the window began a quarter ago
    for (size_t k = 0; k < 4; k++)
        p->start_utc_ms[k] = later_ms + (int64_t)k * 900000;
    FILL_KW(p->loads[0].demand_w, 4, 4, 4, 4);
    p->grids[0].window_elapsed_wh = 3500; // of 4000: 500 Wh are left for a quarter
    p->batteries[0].energy_wh = 1000;
    p->batteries[0].end_value_per_kwh = 30;
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_NEAR(power_kw(s, "g0", 0), 2);
    ASSERT_NEAR(s->peak_w[0], 8e3);
    done(p, s);
}
END_TEST

// ---- ramps ----------------------------------------------------------------------------------------------------------

START_TEST(the_flow_of_a_grid_changes_no_faster_than_its_ramp)
{
    struct plan_problem *p = two_hours(20, 20);
    FILL_KW(p->loads[0].demand_w, 2, 10);
    p->grids[0].power_before_w = 2e3;
    p->grids[0].ramp_w_per_s = 5.0 / 3.6; // 5 kW an hour: from hour to hour 5 kW, at the start 2.5 kW
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    // g1 = g0 + 5 and g0 + g1 = 12, if nothing is left in store: 3.5 and 8.5 kW
    ASSERT_MONEY(s, 12 * 20);
    ASSERT_NEAR(power_kw(s, "g0", 0), 3.5);
    ASSERT_NEAR(power_kw(s, "g0", 1), 8.5);
    done(p, s);
}
END_TEST

START_TEST(a_ramp_that_cannot_be_kept_is_a_limit_missed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1});
    FILL_KW(p->loads[0].demand_w, 2, 10);
    p->grids[0].power_before_w = 2e3;
    p->grids[0].ramp_w_per_s = 5.0 / 3.6;
    struct schedule *s = solved(p);
    ASSERT_MISSED(s, OBJECTIVE_LIMITS, 3); // 8 kW instead of 5 kW, for an hour
    done(p, s);
}
END_TEST

// ---- several connections, long days ---------------------------------------------------------------------------------

START_TEST(two_connections_at_one_bus_each_keep_their_own_event)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 1, .n_grids = 2, .n_loads = 1});
    FILL(p->grids[0].import_price_per_kwh, 10);
    FILL(p->grids[1].import_price_per_kwh, 30);
    FILL_KW(p->grids[0].dr_import_limit_w, 6);
    FILL_KW(p->loads[0].demand_w, 10);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 6 * 10 + 4 * 30);
    done(p, s);
}
END_TEST

// The night of 25 October 2026 has 02:00 to 03:00 twice in Berlin: cheap from 22 to 6 are nine hours, not eight.
START_TEST(a_day_of_25_hours_has_its_hour_twice)
{
    int64_t start[PLAN_MAX_STEPS], now = 0;
    double hours[PLAN_MAX_STEPS], cheap_h = 0, total_h = 0;
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    ck_assert_int_eq(rfc3339_parse("2026-10-24T22:00:00Z", &now), 0); // midnight
    size_t n = plan_steps(now, 25 * 3600, 0, NULL, 0, start, hours);
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = n, .n_grids = 1, .n_loads = 1});
    for (size_t k = 0; k < n; k++) {
        int64_t local_ms = start[k] + (int64_t)local_time_at(start[k]).utc_offset_s * 1000;
        int hour = (int)(local_ms / 3600000 % 24);
        bool cheap = hour < 6 || hour >= 22;
        p->start_utc_ms[k] = start[k];
        p->hours[k] = hours[k];
        p->grids[0].import_price_per_kwh[k] = cheap ? 10 : 30;
        p->loads[0].demand_w[k] = 1e3;
        cheap_h += cheap ? hours[k] : 0;
        total_h += hours[k];
    }
    struct schedule *s = solved(p);
    ck_assert_double_eq_tol(total_h, 25, 1e-9);
    ck_assert_double_eq_tol(cheap_h, 9, 1e-9); // 0 to 6 are seven hours, 22 to 24 two
    ASSERT_MONEY(s, 9 * 10 + 16 * 30);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan golden events");
    TCase *tc = tcase_create("events");
    tcase_add_test(tc, an_event_limit_is_kept_by_buying_before);
    tcase_add_test(tc, the_contract_limit_counts_where_it_is_the_tighter_one);
    tcase_add_test(tc, an_event_limit_below_the_load_sheds_and_then_is_missed_by_the_lifelines);
    tcase_add_test(tc, events_that_contradict_each_other_still_make_a_plan);
    tcase_add_test(tc, an_event_that_forbids_export_curtails_the_sun);
    tcase_add_test(tc, an_event_in_the_middle_of_a_step_is_planned_exactly);
    tcase_add_test(tc, an_incentive_above_the_losses_moves_load_out_of_the_event);
    tcase_add_test(tc, an_incentive_below_the_losses_moves_nothing);
    tcase_add_test(tc, import_above_the_baseline_is_not_dearer_for_the_incentive);
    tcase_add_test(tc, a_cheap_event_hour_may_be_worth_more_than_its_incentive);
    tcase_add_test(tc, export_during_an_event_is_not_paid_as_a_reduction);
    tcase_add_test(tc, contract_power_holds_for_the_average_of_half_an_hour);
    tcase_add_test(tc, contract_power_of_a_quarter_needs_the_battery);
    tcase_add_test(tc, contract_power_that_cannot_be_kept_is_missed_by_what_is_drawn);
    tcase_add_test(tc, what_the_window_has_had_already_counts_against_the_contract);
    tcase_add_test(tc, the_flow_of_a_grid_changes_no_faster_than_its_ramp);
    tcase_add_test(tc, a_ramp_that_cannot_be_kept_is_a_limit_missed);
    tcase_add_test(tc, two_connections_at_one_bus_each_keep_their_own_event);
    tcase_add_test(tc, a_day_of_25_hours_has_its_hour_twice);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
