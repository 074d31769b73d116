// SPDX-License-Identifier: GPL-3.0-or-later
// The judgement of answers with events, generators and converters: each rule by a schedule that breaks it and agrees
// with itself in everything else; and choices of running against all that there are.
#include "base/error.h"
#include "plan/planner_choose.h"
#include "plan_fixture.h"

// A grid with an event, a CHP, a heat pump, a load of current and one of heat; everything moves.
static struct plan_problem *busy(void)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 3, .n_buses = 2, .n_grids = 1, .n_loads = 2, .n_generators = 1, .n_converters = 1});
    p->carriers[1] = CARRIER_HEAT;
    p->co2_price_per_kg = 1;
    FILL(p->grids[0].import_price_per_kwh, 30, 40, 40);
    FILL(p->grids[0].co2_kg_per_kwh, 0.4, 0.4, 0.4);
    FILL_KW(p->grids[0].dr_import_limit_w, 100, 30, 100);
    FILL_KW(p->grids[0].dr_baseline_w, 50, 50, 0);
    FILL(p->grids[0].dr_incentive_per_kwh, 5, 5, 0);
    FILL_KW(p->loads[0].demand_w, 40, 50, 40);
    p->loads[1].bus = 1;
    FILL_KW(p->loads[1].demand_w, 20, 30, 20);
    p->generators[0].max_power_w = 20e3;
    p->generators[0].min_power_w = 5e3;
    p->generators[0].fuel_cost_per_kwh = 35;
    p->generators[0].co2_kg_per_kwh = 0.6;
    p->generators[0].start_cost = 7;
    p->generators[0].heat_bus = 1;
    p->generators[0].heat_ratio = 1;
    strcpy(p->converters[0].id, "h0");
    p->converters[0].to = 1;
    p->converters[0].max_power_w = 10e3;
    FILL(p->converters[0].cop, 3, 3, 3);
    return p;
}

static void expect_refused(const struct schedule *s, const struct plan_problem *p, const char *expected)
{
    char why[256] = "";
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == AEMS_E_REFUSED, "not noticed: %s", expected);
    ck_assert_msg(strstr(why, expected), "\"%s\" instead of \"%s\"", why, expected);
}

// The same answer, judged by a problem that allows less.
START_TEST(each_rule_that_an_answer_breaks_is_named)
{
    struct plan_problem *p = busy();
    struct schedule *s = solved(p);
    struct plan_generator *g = &p->generators[0], allowed = *g;
    ck_assert_double_gt(power_kw(s, "n0", 1), 5);
    g->min_power_w = g->max_power_w = 20e3;
    g->power_before_w = 20e3; // no start
    if (power_kw(s, "n0", 1) < 19.9)
        expect_refused(s, p, "or off");
    *g = allowed;
    g->fuel_wh = 1e3;
    expect_refused(s, p, "fuel for");
    *g = allowed;
    g->ramp_w_per_s = 0.1;
    g->min_power_w = 0;
    expect_refused(s, p, "possible are");
    *g = allowed;
    g->heat_ratio = 0.1;
    expect_refused(s, p, "of heat");
    *g = allowed;
    g->start_cost = 17;
    expect_refused(s, p, "claimed are");
    *g = allowed;
    g->co2_kg_per_kwh = 0.7;
    g->fuel_cost_per_kwh -= 0.1; // costs the same
    expect_refused(s, p, "kg CO2");
    *g = allowed;
    p->converters[0].cop[1] = 2.9;
    expect_refused(s, p, "its power makes");
    p->converters[0].cop[1] = 3;
    p->converters[0].min_power_w = p->converters[0].max_power_w;
    expect_refused(s, p, "or off");
    p->converters[0].min_power_w = 0;
    p->grids[0].dr_import_limit_w[0] = 1e3;
    expect_refused(s, p, "limits: misses");
    p->grids[0].dr_import_limit_w[0] = 100e3;
    p->grids[0].demand_window_s = 1800;
    p->grids[0].contract_w = 20e3;
    s->peak_w[0] = fmax(power_kw(s, "g0", 0), fmax(power_kw(s, "g0", 1), power_kw(s, "g0", 2))) * 1000;
    expect_refused(s, p, "limits: misses");
    p->grids[0].demand_window_s = 0;
    s->peak_w[0] = 0;
    p->grids[0].ramp_w_per_s = 0.01;
    expect_refused(s, p, "limits: misses");
    p->grids[0].ramp_w_per_s = 0;
    p->grids[0].dr_incentive_per_kwh[1] = 6;
    expect_refused(s, p, "claimed are");
    p->grids[0].dr_incentive_per_kwh[1] = 5;
    done(p, s);
}
END_TEST

static int tamper(struct schedule *s, const struct plan_problem *p, double *place, const char *what)
{
    const double changes[] = {500, -500, 1e6, NAN};
    double before = *place;
    char why[256];
    for (size_t i = 0; i < 4; i++) {
        *place = before + changes[i];
        ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == AEMS_E_REFUSED, "%s was not noticed", what);
    }
    *place = before;
    return 4;
}

START_TEST(every_changed_power_heat_and_emission_is_refused)
{
    struct plan_problem *p = busy();
    struct schedule *s = solved(p);
    int tampered = 0;
    for (size_t i = 0; i < s->n_assets; i++)
        for (size_t k = 0; k < s->n_steps; k++) {
            tampered += tamper(s, p, &s->assets[i].power_w[k], s->assets[i].id);
            tampered += s->assets[i].heat_w ? tamper(s, p, &s->assets[i].heat_w[k], "heat") : 0;
        }
    tampered += tamper(s, p, &s->co2_kg, "emissions");
    tampered += tamper(s, p, &s->co2_price_per_kg, "the price of CO2");
    ck_assert_int_ge(tampered, 80);
    done(p, s);
}
END_TEST

// ---- all patterns ---------------------------------------------------------------------------------------------------

static double between(uint64_t *dice, double low, double high)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    return low + (high - low) * (double)(*dice % 1000001) / 1e6;
}

enum { STEPS = 5, UNITS = 2 };

static struct plan_problem *two_generators(uint64_t *dice)
{
    struct plan_problem *p = fixture(
        (struct plan_sizes){.n_steps = STEPS, .n_grids = 1, .n_loads = 1, .n_batteries = 1, .n_generators = UNITS});
    for (size_t k = 0; k < STEPS; k++) {
        p->grids[0].import_price_per_kwh[k] = between(dice, 15, 40);
        p->grids[0].export_price_per_kwh[k] = between(dice, 0, 10);
        p->loads[0].demand_w[k] = between(dice, 0, 30e3);
    }
    p->batteries[0].charge_efficiency = 0.9;
    p->batteries[0].energy_wh = between(dice, 0, 10e3);
    for (int i = 0; i < UNITS; i++) {
        struct plan_generator *g = &p->generators[i];
        g->max_power_w = between(dice, 8e3, 25e3);
        g->min_power_w = between(dice, 0.2, 0.8) * g->max_power_w;
        g->fuel_cost_per_kwh = between(dice, 18, 30);
        g->start_cost = between(dice, -40, 60) > 0 ? between(dice, 0, 60) : 0;
    }
    return p;
}

// Money of one pattern, INFINITY when it has no answer that keeps everything.
static double pattern_money(const struct plan_problem *p, struct solver *solver, unsigned pattern)
{
    signed char sign[64] = {0}, runs[STEPS * UNITS], forgoes[STEPS] = {0};
    struct directions d = {.sign = sign,
                           .n_courses = 1,
                           .n_steps = STEPS,
                           .n_grids = 1,
                           .n_batteries = 1,
                           .runs = runs,
                           .forgoes = forgoes};
    struct model *m;
    struct lp_solution solution = {0};
    for (int i = 0; i < STEPS * UNITS; i++)
        runs[i] = pattern >> i & 1 ? 1 : -1;
    ck_assert_int_eq(model_new(p, &d, false, &m), 0);
    ck_assert_int_eq(model_set_objective(m, OBJECTIVE_MONEY), 0);
    ck_assert_int_eq(solver_solve(solver, m->lp, 1000, &solution), 0);
    double money = solution.status == LP_OPTIMAL ? extract_expected_cost(m, &solution) : INFINITY;
    lp_solution_free(&solution);
    model_free(m);
    return money;
}

START_TEST(the_pattern_that_is_chosen_is_near_the_best_of_all)
{
    uint64_t dice = 99;
    struct solver *solver;
    double worst = 0, sum = 0;
    int problems = 12, solves = 0, exact = 0;
    ck_assert_int_eq(solver_new(&solver), 0);
    for (int n = 0; n < problems; n++) {
        struct plan_problem *p = two_generators(&dice);
        struct schedule *s = solved(p);
        double best = INFINITY;
        for (unsigned pattern = 0; pattern < 1u << (STEPS * UNITS); pattern++)
            best = fmin(best, pattern_money(p, solver, pattern));
        double gap = (s->objective[OBJECTIVE_MONEY] - best) / best;
        ck_assert_double_ge(gap, -1e-5);
        worst = fmax(worst, gap);
        sum += gap;
        exact += gap < 1e-5;
        solves += s->solves;
        done(p, s);
    }
    printf("patterns: %d of %d exact, mean gap %.3f %%, worst %.3f %%, %.1f solves\n", exact, problems,
           100 * sum / problems, 100 * worst, (double)solves / problems);
    ck_assert_double_lt(sum / problems, 0.005);
    ck_assert_double_lt(worst, 0.03);
    solver_free(solver);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan units check");
    TCase *tc = tcase_create("units");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, each_rule_that_an_answer_breaks_is_named);
    tcase_add_test(tc, every_changed_power_heat_and_emission_is_refused);
    tcase_add_test(tc, the_pattern_that_is_chosen_is_near_the_best_of_all);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
