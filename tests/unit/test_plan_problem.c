// SPDX-License-Identifier: GPL-3.0-or-later
// The problem itself: its steps, its numbers, its JSON.
#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "plan/steps.h"
#include "plan_fixture.h"

static int64_t at(const char *text)
{
    int64_t utc_ms = 0;
    ck_assert_int_eq(rfc3339_parse(text, &utc_ms), 0);
    return utc_ms;
}

static int shortest_step_s; // 0: as usual

static struct plan_problem *new_with_cuts(const char *zone, const char *now, int horizon_s, const int64_t *cuts,
                                          size_t n_cuts)
{
    struct site_bus bus = {.id = "main"};
    struct site_tariff tariff = {.id = "tou", .demand_charge_per_kw = 1800, .demand_window_s = 1800};
    struct site_grid grid = {.id = "pcc", .import_limit_w = 1e6, .export_limit_w = 2e5, .co2_g_per_kwh = 450};
    struct site_curve_point discharge_curve[] = {{0.1, 20e3}, {0.2, 60e3}, {0.8, 60e3}, {0.9, 30e3}};
    struct site_battery battery = {.id = "b1",
                                   .capacity_wh = 200e3,
                                   .max_charge_w = 50e3,
                                   .max_discharge_w = 60e3,
                                   .charge_efficiency = 0.95,
                                   .discharge_efficiency = 0.94,
                                   .soc_min_frac = 0.1,
                                   .soc_max_frac = 0.9,
                                   .reserve_frac = 0.3,
                                   .wear_per_kwh = 2,
                                   .discharge_curve = discharge_curve,
                                   .n_discharge_curve = 4};
    struct site_generator generators[] = {
        {.id = "g1", .max_power_w = 3e5, .fuel_cost_per_kwh = 20, .co2_g_per_kwh = 600},
        {.id = "g2", .max_power_w = 2e6, .fuel_cost_per_kwh = 30, .emergency = true}};
    struct site s = {.id = "area",
                     .co2_price_per_kg = 10,
                     .tariffs = &tariff,
                     .n_tariffs = 1,
                     .buses = &bus,
                     .n_buses = 1,
                     .grids = &grid,
                     .n_grids = 1,
                     .batteries = &battery,
                     .n_batteries = 1,
                     .generators = generators,
                     .n_generators = 2,
                     .plan = {.horizon_s = horizon_s, .shortest_step_s = shortest_step_s}};
    struct plan_problem *p = NULL;
    ck_assert_int_eq(local_time_set_zone(zone), 0);
    ck_assert_int_eq(plan_problem_new(&s, at(now), horizon_s, cuts, n_cuts, &p), 0);
    return p;
}

static struct plan_problem *new_at(const char *zone, const char *now, int horizon_s)
{
    return new_with_cuts(zone, now, horizon_s, NULL, 0);
}

// ---- steps ----------------------------------------------------------------------------------------------------------

START_TEST(a_discharge_curve_that_falls_near_full_is_planned_as_far_as_it_rises)
{
    struct plan_problem *p = new_at("Asia/Tokyo", "2026-01-05T08:02:10Z", 36 * 3600);
    const struct plan_curve *c = &p->batteries[0].discharge_curve;
    ck_assert_int_eq(c->n, 3);
    ck_assert_double_eq(c->power_w[0], 20e3);
    ck_assert_double_eq(c->power_w[c->n - 1], 60e3);
    ck_assert_double_eq_tol(c->energy_wh[c->n - 1], 0.8 * 200e3, 1e-6);
    plan_problem_free(p);
}
END_TEST

START_TEST(steps_grow_and_end_on_clock_marks)
{
    struct plan_problem *p = new_at("Asia/Tokyo", "2026-01-05T08:02:10Z", 36 * 3600);
    ck_assert_int_eq(p->start_utc_ms[0], at("2026-01-05T08:02:10Z"));
    ck_assert_int_eq(p->start_utc_ms[1], at("2026-01-05T08:05:00Z"));
    ck_assert_int_eq(p->start_utc_ms[12], at("2026-01-05T09:00:00Z"));
    ck_assert_int_eq(p->start_utc_ms[13], at("2026-01-05T09:05:00Z")); // the first hour ends at 09:02:10
    ck_assert_int_eq(p->start_utc_ms[14], at("2026-01-05T09:15:00Z"));
    ck_assert_int_eq(p->start_utc_ms[15], at("2026-01-05T09:30:00Z"));
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t length = p->start_utc_ms[k] < at("2026-01-05T09:02:10Z")   ? 300000
                         : p->start_utc_ms[k] < at("2026-01-05T14:02:10Z") ? 900000
                                                                           : 3600000;
        ck_assert_int_eq(plan_step_end_ms(p, k) % length, 0);
    }
    ck_assert_int_ge(plan_step_end_ms(p, p->n_steps - 1), at("2026-01-06T20:02:10Z"));
    ck_assert_uint_lt(p->n_steps, 75);
    plan_problem_free(p);
}
END_TEST

START_TEST(marks_are_those_of_the_local_clock)
{
    struct plan_problem *p = new_at("Asia/Kolkata", "2026-01-05T08:02:10Z", 24 * 3600); // +05:30
    ck_assert_int_eq(plan_step_end_ms(p, p->n_steps - 1) % 3600000, 1800000);
    plan_problem_free(p);
}
END_TEST

START_TEST(data_of_an_hour_are_planned_in_hours)
{
    shortest_step_s = 3600;
    struct plan_problem *p = new_at("Asia/Kolkata", "2026-01-05T08:30:00Z", 24 * 3600); // 14:00 there
    ck_assert_uint_eq(p->n_steps, 28);
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_eq(p->hours[k], 1);
    plan_problem_free(p);
    p = new_at("UTC", "2026-01-05T08:50:00Z", 24 * 3600); // the first step ends at the hour
    ck_assert_int_eq(p->start_utc_ms[1], at("2026-01-05T09:00:00Z"));
    ck_assert_double_eq(p->hours[1], 1);
    plan_problem_free(p);
    shortest_step_s = 0;
}
END_TEST

START_TEST(the_shortest_step_takes_the_place_of_shorter_ones_only)
{
    const struct {
        int shortest_s;
        double first_h, second_h, last_h;
    } cases[] = {{60, 1.0 / 60, 0.25, 1}, {900, 0.25, 0.25, 1}, {1800, 0.5, 0.5, 1}};
    for (size_t i = 0; i < 3; i++) {
        shortest_step_s = cases[i].shortest_s;
        struct plan_problem *p = new_at("UTC", "2026-01-05T12:00:00Z", 24 * 3600);
        for (size_t k = 0; k < p->n_steps; k++) {
            double from_now_h = (double)(p->start_utc_ms[k] - p->start_utc_ms[0]) / 3.6e6;
            double expected_h = from_now_h < 1   ? cases[i].first_h
                                : from_now_h < 6 ? cases[i].second_h
                                                 : cases[i].last_h;
            ck_assert_double_eq_tol(p->hours[k], expected_h, 1e-9);
        }
        plan_problem_free(p);
    }
    shortest_step_s = 0;
}
END_TEST

START_TEST(a_first_step_of_seconds_is_joined_to_the_next)
{
    struct plan_problem *p = new_at("UTC", "2026-01-05T08:04:30Z", 24 * 3600);
    ck_assert_int_eq(p->start_utc_ms[1], at("2026-01-05T08:10:00Z"));
    plan_problem_free(p);
}
END_TEST

START_TEST(a_horizon_of_nothing_or_of_weeks_is_refused)
{
    struct site_bus bus = {.id = "main"};
    struct site s = {.id = "area", .buses = &bus, .n_buses = 1, .plan = {.horizon_s = 40 * 86400}};
    struct plan_problem *p = NULL;
    ck_assert_int_eq(plan_problem_new(&s, FIXTURE_START_MS, s.plan.horizon_s, NULL, 0, &p), AEMS_E_LIMIT);
    s.plan.horizon_s = 0;
    ck_assert_int_eq(plan_problem_new(&s, FIXTURE_START_MS, s.plan.horizon_s, NULL, 0, &p), AEMS_E_LIMIT);
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(limits_come_from_the_site)
{
    struct plan_problem *p = new_at("Asia/Tokyo", "2026-01-05T08:02:10Z", 24 * 3600);
    ck_assert_str_eq(p->area, "area");
    ck_assert_str_eq(p->bus_ids[0], "main");
    ck_assert_double_eq_tol(p->grids[0].co2_kg_per_kwh[0] * p->co2_price_per_kg, 4.5, 1e-12);
    ck_assert_double_eq(p->grids[0].demand_charge_per_kw, 1800);
    ck_assert_int_eq(p->grids[0].demand_window_s, 1800);
    ck_assert_double_eq_tol(p->batteries[0].min_wh, 20e3, 1e-6);
    ck_assert_double_eq_tol(p->batteries[0].max_wh, 180e3, 1e-6);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 60e3, 1e-6);
    ck_assert(p->batteries[0].available);
    ck_assert_double_eq_tol(plan_generator_cost_per_kwh(p, &p->generators[0]), 26, 1e-12);
    ck_assert_double_eq(p->generators[1].allowed[0], 0); // an emergency generator, and there is a grid
    plan_problem_free(p);
}
END_TEST

// ---- demand windows -------------------------------------------------------------------------------------------------

static bool has_step_at(const struct plan_problem *p, int64_t utc_ms)
{
    for (size_t k = 0; k < p->n_steps; k++)
        if (p->start_utc_ms[k] == utc_ms)
            return true;
    return false;
}

START_TEST(an_event_in_the_middle_of_a_step_cuts_it)
{
    int64_t cuts[] = {at("2026-01-05T18:20:00Z"), at("2026-01-05T17:10:00Z"), at("2026-01-01T00:00:00Z")};
    struct plan_problem *p = new_with_cuts("UTC", "2026-01-05T08:00:00Z", 36 * 3600, cuts, 3);
    struct plan_problem *plain = new_at("UTC", "2026-01-05T08:00:00Z", 36 * 3600);
    ck_assert(has_step_at(p, cuts[0]) && has_step_at(p, cuts[1]));
    ck_assert_uint_eq(p->n_steps, plain->n_steps + 2);
    for (size_t k = 0; k < plain->n_steps; k++) // clock marks stay
        ck_assert(has_step_at(p, plain->start_utc_ms[k]));
    plan_problem_free(plain);
    plan_problem_free(p);
}
END_TEST

START_TEST(no_cut_makes_a_step_shorter_than_a_minute)
{
    int64_t cuts[] = {at("2026-01-05T17:00:30Z"), at("2026-01-05T17:01:00Z"), at("2026-01-05T19:59:45Z"),
                      at("2026-01-05T08:00:20Z"), at("2026-01-05T08:04:59Z")};
    struct plan_problem *p = new_with_cuts("UTC", "2026-01-05T08:00:00Z", 36 * 3600, cuts, 5);
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_ge(p->hours[k], 1 / 60.0 - 1e-9);
    ck_assert(has_step_at(p, cuts[0]) && has_step_at(p, cuts[2]) && has_step_at(p, cuts[4]));
    ck_assert(!has_step_at(p, cuts[1]) && !has_step_at(p, at("2026-01-05T17:00:00Z")));
    plan_problem_free(p);
}
END_TEST

START_TEST(more_cuts_than_there_is_room_for_are_left_out_from_the_last)
{
    enum { CUTS = 2 * PLAN_MAX_STEPS };
    int64_t cuts[CUTS];
    for (int i = 0; i < CUTS; i++)
        cuts[i] = at("2026-01-05T08:00:00Z") + (int64_t)(i + 1) * 120000;
    struct plan_problem *p = new_with_cuts("UTC", "2026-01-05T08:00:00Z", 36 * 3600, cuts, CUTS);
    ck_assert_uint_le(p->n_steps, PLAN_MAX_STEPS);
    ck_assert(has_step_at(p, cuts[0]) && has_step_at(p, cuts[100]) && !has_step_at(p, cuts[CUTS - 2]));
    plan_problem_free(p);
}
END_TEST

START_TEST(windows_follow_one_another_and_long_steps_count_once)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 3, .n_grids = 1});
    fixture_hours(p, (double[]){0.25, 0.5, 1.25});
    p->grids[0].demand_window_s = 1800;
    p->grids[0].window_elapsed_wh = 7;
    int64_t instant = FIXTURE_START_MS;
    struct demand_window w;
    const size_t first[] = {0, 1, 2}, last[] = {1, 2, 2};
    const double elapsed[] = {7, 0, 0};
    for (int i = 0; i < 3; i++) {
        ck_assert(demand_window_next(p, &p->grids[0], &instant, &w));
        ck_assert_uint_eq(w.first, first[i]);
        ck_assert_uint_eq(w.last, last[i]);
        ck_assert_double_eq(w.elapsed_wh, elapsed[i]);
        double sum = 0;
        for (size_t k = w.first; k <= w.last; k++)
            sum += demand_window_overlap_h(p, &p->grids[0], &w, k);
        ck_assert_double_eq_tol(sum, 0.5, 1e-9);
    }
    ck_assert(!demand_window_next(p, &p->grids[0], &instant, &w)); // 09:00-09:30 and 09:30-10:00 came as one
    p->grids[0].demand_window_s = 0;
    instant = FIXTURE_START_MS;
    ck_assert(!demand_window_next(p, &p->grids[0], &instant, &w));
    plan_problem_free(p);
}
END_TEST

// ---- numbers --------------------------------------------------------------------------------------------------------

static struct plan_problem *one_of_each(void)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 2,
                                                         .n_buses = 2,
                                                         .n_grids = 1,
                                                         .n_pvs = 1,
                                                         .n_batteries = 1,
                                                         .n_loads = 1,
                                                         .n_generators = 1,
                                                         .n_ties = 1});
    FILL(p->grids[0].import_price_per_kwh, 0.1, 1.0 / 3);
    FILL_KW(p->loads[0].demand_w, 1.1, M_PI);
    fixture_outage(&p->grids[0], 1, 2);
    p->pvs[0].curtailable = false;
    p->batteries[0].held_power_w = -1e-3;
    p->batteries[0].energy_wh = 4096.000000000001;
    return p;
}

static void expect_refusal(const struct plan_problem *p, const char *expected)
{
    char why[256] = "";
    ck_assert_int_eq(plan_problem_check(p, why, sizeof(why)), AEMS_E_RANGE);
    ck_assert_msg(strstr(why, expected) != NULL, "\"%s\" does not say \"%s\"", why, expected);
}

static void expect_refused_value(struct plan_problem *p, double *place, double value, const char *expected)
{
    double before = *place;
    *place = value;
    expect_refusal(p, expected);
    *place = before;
}

START_TEST(numbers_that_cannot_be_are_refused_by_name_and_place)
{
    struct plan_problem *p = one_of_each();
    char why[256] = "";
    ck_assert_msg(plan_problem_check(p, why, sizeof(why)) == 0, "%s", why);
    expect_refused_value(p, &p->batteries[0].energy_wh, NAN, "batteries.s0.energy_wh: nan");
    expect_refused_value(p, &p->batteries[0].charge_efficiency, 0, "batteries.s0.charge_efficiency");
    expect_refused_value(p, &p->batteries[0].discharge_efficiency, 1.01, "batteries.s0.discharge_efficiency");
    expect_refused_value(p, &p->batteries[0].min_wh, 11e3, "batteries.s0.max_wh");
    expect_refused_value(p, &p->batteries[0].reserve_wh, 11e3, "batteries.s0.reserve_wh");
    expect_refused_value(p, &p->batteries[0].self_discharge_per_h, 0.9, "batteries.s0.self_discharge_per_h");
    expect_refused_value(p, &p->grids[0].import_price_per_kwh[1], INFINITY, "grids.g0.import_price_per_kwh[1]: inf");
    expect_refused_value(p, &p->grids[0].import_limit_w, -1, "grids.g0.import_limit_w");
    expect_refused_value(p, &p->grids[0].window_elapsed_wh, NAN, "grids.g0.window_elapsed_wh");
    expect_refused_value(p, &p->grids[0].available[0], 0.5, "grids.g0.available");
    expect_refused_value(p, &p->grids[0].available[1], -1, "grids.g0.available[1]");
    expect_refused_value(p, &p->pvs[0].available_w[0], -1, "pvs.v0.available_w[0]");
    expect_refused_value(p, &p->loads[0].demand_w[1], 1e300, "loads.l0.demand_w[1]");
    expect_refused_value(p, &p->loads[0].tier_share[1], 0.5, "loads.l0.tier_share (sum)");
    expect_refused_value(p, &p->generators[0].fuel_cost_per_kwh, -1, "generators.n0.fuel_cost_per_kwh");
    expect_refused_value(p, &p->ties[0].loss_frac, 1, "ties.t0.loss_frac");
    expect_refused_value(p, &p->hours[0], 0, "hours");
    expect_refused_value(p, &p->hours[0], 0.9, "hours");
    p->loads[0].bus = 2;
    expect_refusal(p, "loads.l0.bus");
    p->loads[0].bus = 0;
    p->ties[0].to = 0;
    expect_refusal(p, "ties.t0.to");
    p->ties[0].to = 1;
    strcpy(p->ties[0].id, "a b");
    expect_refusal(p, "ties");
    plan_problem_free(p);
}
END_TEST

START_TEST(a_planner_refuses_what_the_check_refuses)
{
    struct plan_problem *p = one_of_each();
    struct planner *planner;
    struct schedule *s = NULL;
    char why[256] = "";
    p->loads[0].demand_w[0] = NAN;
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_int_eq(planner_write_lp(planner, "/tmp/never"), AEMS_E_STATE);
    ck_assert_int_eq(planner_solve(planner, p, 1000, &s, why, sizeof(why)), AEMS_E_RANGE);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(why, "demand_w[0]"));
    p->loads[0].demand_w[0] = 1;
    ck_assert_int_eq(planner_solve(planner, p, 0, &s, why, sizeof(why)), AEMS_E_TIMEOUT);
    planner_free(planner);
    plan_problem_free(p);
}
END_TEST

// ---- JSON -----------------------------------------------------------------------------------------------------------

START_TEST(a_problem_comes_back_from_json_with_every_digit)
{
    struct plan_problem *p = one_of_each(), *again = NULL;
    char *text = NULL, *second = NULL;
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    ck_assert_int_eq(plan_problem_from_json(text, strlen(text), &again), 0);
    ck_assert_int_eq(plan_problem_to_json(again, &second), 0);
    ck_assert_str_eq(text, second);
    ck_assert(again->batteries[0].energy_wh == p->batteries[0].energy_wh);
    ck_assert(again->loads[0].demand_w[1] == p->loads[0].demand_w[1]);
    ck_assert(again->grids[0].available[0] == 1 && again->grids[0].available[1] == 0);
    ck_assert(!again->pvs[0].curtailable);
    ck_assert_int_eq(again->start_utc_ms[1], p->start_utc_ms[1]);
    free(text);
    free(second);
    plan_problem_free(again);
    plan_problem_free(p);
}
END_TEST

START_TEST(a_text_cut_anywhere_is_no_problem)
{
    struct plan_problem *p = one_of_each(), *again = NULL;
    char *text = NULL;
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    for (size_t length = 0; length < strlen(text); length += 7)
        ck_assert_int_eq(plan_problem_from_json(text, length, &again), AEMS_E_FORMAT);
    ck_assert_ptr_null(again);
    free(text);
    plan_problem_free(p);
}
END_TEST

static void expect_format_error(const char *text, const char *from, const char *to)
{
    struct plan_problem *again = NULL;
    const char *found = strstr(text, from);
    ck_assert_msg(found != NULL, "%s", from);
    size_t size = strlen(text) + strlen(to) + 1;
    char *changed = malloc(size);
    snprintf(changed, size, "%.*s%s%s", (int)(found - text), text, to, found + strlen(from));
    ck_assert_msg(plan_problem_from_json(changed, strlen(changed), &again) == AEMS_E_FORMAT, "%s", to);
    free(changed);
}

START_TEST(members_that_are_missing_twice_or_of_another_type_are_refused)
{
    struct plan_problem *p = one_of_each();
    char *text = NULL;
    ck_assert_int_eq(plan_problem_to_json(p, &text), 0);
    expect_format_error(text, "\"import_limit_w\":100000.0", "\"import_limit_w\":\"100000\"");
    expect_format_error(text, "\"import_limit_w\":100000.0", "\"import_limit_w\":null");
    expect_format_error(text, "\"import_limit_w\":100000.0", "\"import_limit_w\":1e400");
    expect_format_error(text, "\"import_limit_w\":100000.0,", "");
    expect_format_error(text, "\"import_limit_w\":100000.0", "\"import_limit_w\":1,\"import_limit_w\":2");
    expect_format_error(text, "\"bus\":0", "\"bus\":7");
    expect_format_error(text, "\"bus\":0", "\"bus\":0.5");
    expect_format_error(text, "\"available\":[1.0,0.0]", "\"available\":true");
    expect_format_error(text, "\"hours\":[1.0,1.0]", "\"hours\":[1.0]");
    expect_format_error(text, "\"hours\":[1.0,1.0]", "\"hours\":[1.0,true]");
    expect_format_error(text, "\"hours\":[1.0,1.0]", "\"hours\":[]");
    expect_format_error(text, "\"buses\":[", "\"buses\":[1,");
    expect_format_error(text, "\"grids\":[", "\"grids\":[5,");
    expect_format_error(text, "\"tier_share\":[1.0", "\"tier_share\":[1.0,1.0");
    free(text);
    plan_problem_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan problem");
    TCase *tc = tcase_create("problem");
    tcase_add_test(tc, steps_grow_and_end_on_clock_marks);
    tcase_add_test(tc, a_discharge_curve_that_falls_near_full_is_planned_as_far_as_it_rises);
    tcase_add_test(tc, data_of_an_hour_are_planned_in_hours);
    tcase_add_test(tc, the_shortest_step_takes_the_place_of_shorter_ones_only);
    tcase_add_test(tc, marks_are_those_of_the_local_clock);
    tcase_add_test(tc, a_first_step_of_seconds_is_joined_to_the_next);
    tcase_add_test(tc, a_horizon_of_nothing_or_of_weeks_is_refused);
    tcase_add_test(tc, limits_come_from_the_site);
    tcase_add_test(tc, an_event_in_the_middle_of_a_step_cuts_it);
    tcase_add_test(tc, no_cut_makes_a_step_shorter_than_a_minute);
    tcase_add_test(tc, more_cuts_than_there_is_room_for_are_left_out_from_the_last);
    tcase_add_test(tc, windows_follow_one_another_and_long_steps_count_once);
    tcase_add_test(tc, numbers_that_cannot_be_are_refused_by_name_and_place);
    tcase_add_test(tc, a_planner_refuses_what_the_check_refuses);
    tcase_add_test(tc, a_problem_comes_back_from_json_with_every_digit);
    tcase_add_test(tc, a_text_cut_anywhere_is_no_problem);
    tcase_add_test(tc, members_that_are_missing_twice_or_of_another_type_are_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
