// SPDX-License-Identifier: GPL-3.0-or-later
// Flexible loads and chargers that run at a lowest power or not at all.
#include "plan_fixture.h"
#include "random_area.h"

static const double HALF_HOURS[48] = {
    .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5,
    .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5,
};

static void wants(struct plan_flexible *f, double power_w, double lowest_w, double until_h, double kwh)
{
    f->kind = ASSET_FLEXIBLE;
    f->max_charge_w = power_w;
    f->min_charge_w = lowest_w;
    *fixture_session(f, 0, until_h, kwh) =
        (struct plan_session){.from_utc_ms = FIXTURE_START_MS,
                              .until_utc_ms = FIXTURE_START_MS + (int64_t)(until_h * 3.6e6),
                              .wanted_wh = kwh * 1000,
                              .max_wh = kwh * 1000};
}

// ---- a house --------------------------------------------------------------------------------------------------------

// A day of half hours: sun, load and two tariffs by the dice, one load of 3 kW for five hours and one of 750 W for
// eight.
static struct plan_problem *house(uint64_t *dice, bool on_or_off)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = 48, .n_grids = 1, .n_pvs = 1, .n_loads = 1, .n_flexibles = 2});
    double sun_w = random_between(dice, 500, 6000), peak_price = random_between(dice, 0.16, 0.4);
    fixture_hours(p, HALF_HOURS);
    p->pvs[0].curtailable = false;
    for (size_t k = 0; k < 48; k++) {
        double h = (double)k / 2;
        bool peak = (h > 7 && h < 10) || (h > 17 && h < 21);
        p->pvs[0].available_w[k] = fmax(0, sun_w * sin((h - 6) / 12 * M_PI)) * random_between(dice, 0.3, 1);
        p->loads[0].demand_w[k] = random_between(dice, 100, 1500);
        p->grids[0].import_price_per_kwh[k] = peak ? peak_price : 0.14;
        p->grids[0].export_price_per_kwh[k] = 0.065;
    }
    wants(&p->flexibles[0], 3000, on_or_off ? 3000 : 0, 24, 15);
    wants(&p->flexibles[1], 750, on_or_off ? 750 : 0, 24, 6);
    return p;
}

static double cost_of_step(const struct plan_problem *p, size_t k, double flexible_w)
{
    double net_kw = (p->loads[0].demand_w[k] + flexible_w - p->pvs[0].available_w[k]) / 1000;
    return 0.5 * net_kw * (net_kw > 0 ? p->grids[0].import_price_per_kwh[k] : p->grids[0].export_price_per_kwh[k]);
}

// The lowest cost of all ways to run both, by how many half hours each has had.
static double best_of_all(const struct plan_problem *p)
{
    double best[11][17];
    for (int a = 0; a <= 10; a++)
        for (int b = 0; b <= 16; b++)
            best[a][b] = a + b == 0 ? 0 : INFINITY;
    for (size_t k = 0; k < 48; k++) {
        double c[2][2];
        for (int i = 0; i < 4; i++)
            c[i / 2][i % 2] = cost_of_step(p, k, (i / 2) * 3000 + (i % 2) * 750);
        for (int a = 10; a >= 0; a--)
            for (int b = 16; b >= 0; b--) {
                double least = best[a][b] + c[0][0];
                least = a > 0 ? fmin(least, best[a - 1][b] + c[1][0]) : least;
                least = b > 0 ? fmin(least, best[a][b - 1] + c[0][1]) : least;
                best[a][b] = a > 0 && b > 0 ? fmin(least, best[a - 1][b - 1] + c[1][1]) : least;
            }
    }
    return best[10][16];
}

static void assert_on_or_off(const struct schedule *s, const char *id, double kw)
{
    for (size_t k = 0; k < s->n_steps; k++)
        ck_assert(fabs(power_kw(s, id, k)) < 1e-3 || fabs(power_kw(s, id, k) + kw) < 1e-3);
}

START_TEST(two_loads_of_a_house_are_switched_within_half_a_percent_of_the_best)
{
    uint64_t dice = 4711;
    double worst = 0, sum = 0;
    int most_solves = 0;
    for (int day = 0; day < 40; day++) {
        struct plan_problem *p = house(&dice, true);
        struct schedule *s = solved(p);
        double best = best_of_all(p), above = (s->objective[OBJECTIVE_MONEY] - best) / fmax(fabs(best), 0.5);
        ASSERT_NOTHING_MISSED(s);
        assert_on_or_off(s, "f0", 3);
        assert_on_or_off(s, "f1", 0.75);
        ck_assert_double_ge(above, -1e-6);
        worst = fmax(worst, above);
        sum += above;
        most_solves = s->solves > most_solves ? s->solves : most_solves;
        done(p, s);
    }
    if (getenv("PLAN_TALKS"))
        fprintf(stderr, "above the best: %.3f %% at worst, %.3f %% on average; %d solves\n", 100 * worst,
                100 * sum / 40, most_solves);
    ck_assert_double_le(worst, 0.005);
    ck_assert_double_le(sum / 40, 0.0005);
    ck_assert_int_le(most_solves, 20);
}
END_TEST

START_TEST(loads_that_run_at_any_power_need_one_solve)
{
    uint64_t dice = 12;
    struct plan_problem *p = house(&dice, false);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ck_assert_double_le(s->objective[OBJECTIVE_MONEY], best_of_all(p) + 1e-6);
    ck_assert_int_eq(s->solves, 1);
    done(p, s);
}
END_TEST

// ---- by hand --------------------------------------------------------------------------------------------------------

static struct plan_problem *hours(size_t n, size_t flexibles)
{
    struct plan_problem *p =
        fixture((struct plan_sizes){.n_steps = n, .n_grids = 1, .n_flexibles = flexibles, .n_groups = 1});
    for (size_t k = 0; k < n; k++)
        p->grids[0].import_price_per_kwh[k] = 20;
    return p;
}

START_TEST(what_is_no_whole_number_of_steps_ends_within_one)
{
    struct plan_problem *p = hours(4, 1);
    FILL(p->grids[0].import_price_per_kwh, 40, 20, 30, 10);
    wants(&p->flexibles[0], 3000, 3000, 4, 4);
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 3 * 10 + 20);
    ck_assert(!schedule_find(s, "f0")->below_lowest);
    done(p, s);
}
END_TEST

// Sun of 2 kW for four hours would be taken at half power; on or off needs two of them and what they lack.
START_TEST(surplus_below_the_lowest_power_is_not_followed)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_pvs = 1, .n_flexibles = 1});
    FILL(p->grids[0].import_price_per_kwh, 20, 20, 20, 20);
    FILL(p->grids[0].export_price_per_kwh, 5, 5, 5, 5);
    FILL_KW(p->pvs[0].available_w, 2, 2, 2, 2);
    wants(&p->flexibles[0], 4000, 4000, 4, 8);
    struct schedule *s = solved(p);
    ASSERT_MONEY(s, 4 * 20 - 4 * 5);
    assert_on_or_off(s, "f0", 4);
    p->flexibles[0].min_charge_w = 0;
    schedule_free(s);
    s = solved(p);
    ASSERT_MONEY(s, 0);
    done(p, s);
}
END_TEST

START_TEST(a_charger_stays_above_its_lowest_power_where_it_charges)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4, .n_grids = 1, .n_pvs = 1, .n_flexibles = 1});
    FILL(p->grids[0].import_price_per_kwh, 30, 30, 20, 20);
    FILL_KW(p->pvs[0].available_w, 1, 3, 1, 1);
    p->flexibles[0].min_charge_w = 2e3;
    fixture_session(&p->flexibles[0], 0, 4, 16);
    struct schedule *s = solved(p);
    int below = 0;
    for (size_t k = 0; k < 4; k++)
        below += power_kw(s, "f0", k) < -0.01 && power_kw(s, "f0", k) > -1.99;
    ck_assert_int_le(below, 1);
    ASSERT_NOTHING_MISSED(s);
    ck_assert_double_le(s->objective[OBJECTIVE_MONEY], 2 * 20 + 0.5);
    done(p, s);
}
END_TEST

// Two runs of 3 kW for two hours each behind a breaker of 3 kW, within four hours: they take turns.
START_TEST(two_that_share_a_breaker_take_turns_or_it_is_said_that_they_will)
{
    struct plan_problem *p = hours(4, 2);
    p->groups[0].limit_w = 3000;
    for (int i = 0; i < 2; i++) {
        wants(&p->flexibles[i], 3000, 3000, 4, 6);
        p->flexibles[i].group = 0;
    }
    struct schedule *s = solved(p);
    ASSERT_NOTHING_MISSED(s);
    ASSERT_MONEY(s, 12 * 20);
    ck_assert_int_le(s->solves, 20);
    done(p, s);
}
END_TEST

START_TEST(an_answer_below_the_lowest_power_is_refused_unless_it_says_so)
{
    struct plan_problem *p = hours(4, 1);
    char why[256] = "";
    wants(&p->flexibles[0], 4000, 0, 4, 4);
    FILL(p->grids[0].import_price_per_kwh, 20, 20, 20, 20);
    p->grids[0].import_limit_w = 1e3;
    struct schedule *s = solved(p);
    p->flexibles[0].min_charge_w = 4000;
    ck_assert_int_lt(schedule_check(s, p, why, sizeof why), 0);
    ck_assert_ptr_nonnull(strstr(why, "lowest power"));
    schedule_free(s);
    s = solved(p); // 1 kW of grid cannot run it: what it wants goes before that
    ASSERT_NOTHING_MISSED(s);
    ck_assert(schedule_find(s, "f0")->below_lowest);
    p->flexibles[0].min_charge_w = 5000;
    ck_assert_int_lt(plan_problem_check(p, why, sizeof why), 0);
    done(p, s);
}
END_TEST

START_TEST(the_next_plan_of_the_same_day_takes_the_same_turns)
{
    uint64_t dice = 77;
    struct plan_problem *p = house(&dice, true);
    struct planner *planner;
    struct schedule *first, *next;
    char why[256];
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_msg(planner_solve(planner, p, 20000, &first, why, sizeof why) == 0, "%s", why);
    ck_assert_msg(planner_solve(planner, p, 20000, &next, why, sizeof why) == 0, "%s", why);
    ck_assert_double_le(next->objective[OBJECTIVE_MONEY], first->objective[OBJECTIVE_MONEY] + 1e-6);
    ck_assert_int_le(next->solves, first->solves + 1);
    schedule_free(next);
    planner_free(planner);
    done(p, first);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan turns");
    TCase *tc = tcase_create("turns");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_loads_of_a_house_are_switched_within_half_a_percent_of_the_best);
    tcase_add_test(tc, loads_that_run_at_any_power_need_one_solve);
    tcase_add_test(tc, what_is_no_whole_number_of_steps_ends_within_one);
    tcase_add_test(tc, surplus_below_the_lowest_power_is_not_followed);
    tcase_add_test(tc, a_charger_stays_above_its_lowest_power_where_it_charges);
    tcase_add_test(tc, two_that_share_a_breaker_take_turns_or_it_is_said_that_they_will);
    tcase_add_test(tc, an_answer_below_the_lowest_power_is_refused_unless_it_says_so);
    tcase_add_test(tc, the_next_plan_of_the_same_day_takes_the_same_turns);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
