// SPDX-License-Identifier: GPL-3.0-or-later
// How many courses a plan weighs follows the time that is left, and bases are carried over when their number changes.
#include "base/error.h"
#include "plan_fixture.h"

// A clock that moves on each time somebody looks, and once by more.
struct hands {
    double now_ms, each_look_ms, jump_ms;
    int looks, jumps_at;
};

static double look(void *context)
{
    struct hands *h = context;
    h->now_ms += h->each_look_ms + (++h->looks == h->jumps_at ? h->jump_ms : 0);
    return h->now_ms;
}

static double wobble(size_t course, size_t asset, size_t k)
{
    return 0.5 + 0.5 * sin(1.7 * (double)course + 2.9 * (double)asset + 0.8 * (double)(k * (course + 1)));
}

// A day of two batteries, PV, two loads and a demand charge; `plan` moves forecasts and stocks a little.
static struct plan_problem *a_day(size_t courses, size_t plan)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 24, .n_grids = 1, .n_loads = 2, .n_pvs = 1, .n_batteries = 2, .n_scenarios = courses - 1});
    size_t n = p->n_steps;
    p->shared_s = 3600;
    p->grids[0].demand_charge_per_kw = 20;
    p->grids[0].demand_window_s = 3600;
    p->batteries[0].charge_efficiency = p->batteries[1].discharge_efficiency = 0.9;
    p->batteries[0].energy_wh = 500.0 * (double)plan;
    for (size_t k = 0; k < n; k++) {
        p->grids[0].import_price_per_kwh[k] = k < 6 ? 10 : k > 16 ? 40 : 25;
        p->grids[0].export_price_per_kwh[k] = 5;
        p->pvs[0].available_w[k] = 8e3 * wobble(0, 0, k + plan);
        for (size_t i = 0; i < 2; i++)
            p->loads[i].demand_w[k] = 6e3 * wobble(0, i, k + plan);
    }
    for (size_t s = 0; s < p->n_scenarios; s++) {
        p->scenarios[s].weight = 1.0 / (double)courses;
        memcpy(p->scenarios[s].import_price_per_kwh, p->grids[0].import_price_per_kwh, n * sizeof(double));
        memcpy(p->scenarios[s].export_price_per_kwh, p->grids[0].export_price_per_kwh, n * sizeof(double));
        for (size_t i = 0; i < 2 * n; i++)
            p->scenarios[s].demand_w[i] = 6e3 * wobble(s + 1, i / n, i % n + plan);
        for (size_t k = 0; k < n; k++)
            p->scenarios[s].available_w[k] = 8e3 * wobble(s + 1, 0, k + plan);
    }
    return p;
}

static struct schedule *plan_within(struct planner *planner, const struct plan_problem *p, int deadline_ms)
{
    struct schedule *s = NULL;
    char why[200] = "";
    int rc = planner_solve(planner, p, deadline_ms, &s, why, sizeof(why));
    ck_assert_msg(rc == 0, "%d: %s", rc, why);
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);
    return s;
}

static int weighed(struct planner *planner, const struct plan_problem *p, int deadline_ms)
{
    struct schedule *s = plan_within(planner, p, deadline_ms);
    int courses = s->scenarios;
    schedule_free(s);
    return courses;
}

static struct planner *planner_with(struct hands *h)
{
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    planner_set_clock(planner, look, h);
    return planner;
}

START_TEST(a_long_deadline_allows_all_courses)
{
    struct hands h = {.each_look_ms = 10};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    struct schedule *s = plan_within(planner, p, 1000);
    ck_assert_int_eq(s->scenarios, 4);
    ck_assert_int_eq(s->solves, 2); // the expected course alone, then all
    ck_assert_double_le(h.now_ms, 1000);
    done(p, s);
    planner_free(planner);
}
END_TEST

START_TEST(a_deadline_that_only_allows_one_course_gives_one)
{
    struct hands h = {.each_look_ms = 10};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    struct schedule *s = plan_within(planner, p, 80);
    ck_assert_int_eq(s->scenarios, 1);
    ck_assert_int_eq(s->solves, 1);
    ck_assert_double_eq_tol(s->expected_cost, s->objective[OBJECTIVE_MONEY], 1e-6);
    ck_assert_double_le(h.now_ms, 80);
    done(p, s);
    planner_free(planner);
}
END_TEST

// As replay asks: the same answer on a slow machine and on a fast one.
START_TEST(without_a_deadline_all_courses_are_weighed_at_once)
{
    struct hands h = {.each_look_ms = 1e6};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    struct schedule *s = plan_within(planner, p, PLANNER_NO_DEADLINE);
    ck_assert_int_eq(s->scenarios, 4);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
    planner_free(planner);
}
END_TEST

START_TEST(experience_allows_more_courses_in_the_same_time)
{
    struct hands h = {.each_look_ms = 10};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    ck_assert_int_eq(weighed(planner, p, 150), 2); // two are thought to take 100 ms, and take 20
    ck_assert_int_eq(weighed(planner, p, 150), 4);
    plan_problem_free(p);
    planner_free(planner);
}
END_TEST

START_TEST(an_answer_in_hand_stands_when_the_next_comes_too_late)
{
    struct hands h = {.each_look_ms = 10, .jumps_at = 8, .jump_ms = 2000}; // while the second solve is prepared
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    ck_assert_int_eq(weighed(planner, p, 1000), 1);
    ck_assert_int_eq(weighed(planner, p, 1000), 3); // and four are not tried at once again
    plan_problem_free(p);
    planner_free(planner);
}
END_TEST

START_TEST(what_was_too_slow_once_is_tried_again_later)
{
    struct hands h = {.each_look_ms = 10, .jumps_at = 8, .jump_ms = 2000};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    int plans = 0;
    while (weighed(planner, p, 1000) < 4)
        ck_assert_int_lt(++plans, 30);
    ck_assert_int_gt(plans, 1);
    plan_problem_free(p);
    planner_free(planner);
}
END_TEST

START_TEST(a_larger_problem_is_thought_to_take_longer)
{
    struct hands h = {.each_look_ms = 10};
    struct planner *planner = planner_with(&h);
    struct plan_problem *small = fixture((struct plan_sizes){.n_steps = 2, .n_grids = 1, .n_loads = 1});
    struct plan_problem *p = a_day(4, 0);
    ck_assert_int_eq(plan_problem_add_scenarios(small, 3), 0);
    ck_assert_int_eq(weighed(planner, small, 1000), 4);
    ck_assert_int_lt(weighed(planner, p, 150), 4); // 36 times as large
    plan_problem_free(small);
    plan_problem_free(p);
    planner_free(planner);
}
END_TEST

START_TEST(without_a_first_answer_in_time_there_is_none)
{
    struct hands h = {.each_look_ms = 10, .jumps_at = 2, .jump_ms = 2000};
    struct planner *planner = planner_with(&h);
    struct plan_problem *p = a_day(4, 0);
    struct schedule *s = NULL;
    char why[200];
    ck_assert_int_eq(planner_solve(planner, p, 1000, &s, why, sizeof(why)), AEMS_E_TIMEOUT);
    ck_assert_ptr_null(s);
    plan_problem_free(p);
    planner_free(planner);
}
END_TEST

START_TEST(bases_serve_plans_with_other_numbers_of_courses)
{
    static const size_t courses[] = {1, 4, 10, 10, 3, 1, 10, 2, 4};
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    for (size_t i = 0; i < sizeof(courses) / sizeof(*courses); i++) {
        struct plan_problem *p = a_day(courses[i], i);
        struct schedule *warm = plan_within(planner, p, 20000), *cold = solved(p);
        ck_assert_int_eq(warm->scenarios, (int)courses[i]);
        ck_assert_int_le(warm->fallbacks, 1); // a basis that turns out to be far away is given up
        ASSERT_NEAR(warm->lp_objective, cold->lp_objective);
        ASSERT_NEAR(warm->expected_cost, cold->expected_cost);
        schedule_free(cold);
        done(p, warm);
    }
    planner_free(planner);
}
END_TEST

START_TEST(an_unchanged_problem_with_scenarios_takes_no_steps)
{
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    struct plan_problem *p = a_day(10, 0);
    struct schedule *first = plan_within(planner, p, 20000), *second = plan_within(planner, p, 20000);
    ck_assert_int_gt(first->iterations, 50);
    ck_assert_int_le(second->iterations, 2);
    schedule_free(first);
    done(p, second);
    planner_free(planner);
}
END_TEST

START_TEST(equal_courses_plan_as_the_expected_one_alone)
{
    struct plan_problem *p = a_day(1, 0), *same = a_day(1, 0);
    p->grids[0].demand_charge_per_kw = same->grids[0].demand_charge_per_kw = 0; // at a peak there are several prices
    ck_assert_int_eq(plan_problem_add_scenarios(same, 5), 0);
    struct schedule *s = solved(p), *t = solved(same);
    ASSERT_NEAR(t->objective[OBJECTIVE_MONEY], s->objective[OBJECTIVE_MONEY]);
    ASSERT_NEAR(t->expected_cost, s->expected_cost);
    for (size_t i = 0; i < s->n_assets; i++)
        for (size_t k = 0; k < s->n_steps; k++)
            ck_assert_double_eq_tol(t->assets[i].power_w[k], s->assets[i].power_w[k], 1);
    for (size_t k = 0; k < s->n_steps; k++) // prices in shared steps are expectations, not sums
        ck_assert_double_eq_tol(t->price_per_kwh[k], s->price_per_kwh[k], 0.1);
    done(p, s);
    done(same, t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_scenarios");
    TCase *tc = tcase_create("scenarios");
    tcase_add_test(tc, a_long_deadline_allows_all_courses);
    tcase_add_test(tc, a_deadline_that_only_allows_one_course_gives_one);
    tcase_add_test(tc, without_a_deadline_all_courses_are_weighed_at_once);
    tcase_add_test(tc, experience_allows_more_courses_in_the_same_time);
    tcase_add_test(tc, an_answer_in_hand_stands_when_the_next_comes_too_late);
    tcase_add_test(tc, what_was_too_slow_once_is_tried_again_later);
    tcase_add_test(tc, a_larger_problem_is_thought_to_take_longer);
    tcase_add_test(tc, without_a_first_answer_in_time_there_is_none);
    tcase_add_test(tc, bases_serve_plans_with_other_numbers_of_courses);
    tcase_add_test(tc, an_unchanged_problem_with_scenarios_takes_no_steps);
    tcase_add_test(tc, equal_courses_plan_as_the_expected_one_alone);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
