// SPDX-License-Identifier: GPL-3.0-or-later
// Areas by the dice, with every kind of asset: each one gets a plan that passes its check, and another solver finds the
// same optimum of every tier. `test_plan_random SOURCE [PROBLEMS]`.
#include <unistd.h>

#include "plan_fixture.h"
#include "tests/unit/random_area.h"

static int problems = 200;

// ---- another solver -------------------------------------------------------------------------------------------------

static bool has_clp(void)
{
    return system("command -v clp >/dev/null 2>&1") == 0;
}

// NAN when it finds no optimum.
static double clp_objective(const char *path)
{
    char command[256], line[512];
    double objective = NAN;
    snprintf(command, sizeof(command), "clp %s -dualsimplex 2>&1", path);
    FILE *out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    while (fgets(line, sizeof(line), out)) {
        const char *found = strstr(line, "Optimal objective ");
        if (found)
            objective = strtod(found + strlen("Optimal objective "), NULL);
    }
    pclose(out);
    return objective;
}

struct comparison {
    int problem, tiers; // of this problem so far
    int compared, infeasible;
};

static double other_objective(const struct lp *lp, bool as_lp)
{
    char path[64]; // clp goes by the name's end
    snprintf(path, sizeof(path), "/tmp/aems-random-XXXXXX.%s", as_lp ? "lp" : "mps");
    int fd = mkstemps(path, as_lp ? 3 : 4);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(as_lp ? lp_write_lp(lp, path) : lp_write_mps(lp, path), 0);
    double objective = clp_objective(path);
    unlink(path);
    return objective;
}

static void compare(void *user, const struct lp *lp, const struct lp_solution *solution)
{
    struct comparison *c = user;
    double other = other_objective(lp, c->problem % 2 == 1), here = solution->objective;
    c->tiers++;
    if (solution->status == LP_INFEASIBLE) {
        c->infeasible++;
        ck_assert_msg(isnan(other), "problem %d, LP %d: clp finds %.12g, here it is infeasible", c->problem, c->tiers,
                      other);
        return;
    }
    c->compared++;
    ck_assert_msg(fabs(other - here) <= 1e-6 * (1 + fabs(other)), "problem %d, LP %d: clp %.12g, here %.12g (%s)",
                  c->problem, c->tiers, other, here, lp_status_name(solution->status));
}

static const struct random_area ANY_AREA = {
    .lowest_price = -8, .highest_price = 40, .most_steps = 20, .most_scenarios = 3};

START_TEST(every_random_area_gets_a_plan_and_another_solver_confirms_each_tier)
{
    uint64_t dice = 88172645463325252u;
    struct planner *planner;
    struct comparison c = {0};
    int tiers_needed = 0;
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_msg(has_clp(), "clp is missing, and without it no cost is compared: install coinor-clp");
    planner_watch(planner, compare, &c);
    for (c.problem = 0; c.problem < problems; c.problem++) {
        struct plan_problem *p = random_area_draw(&dice, &ANY_AREA);
        struct schedule *s = NULL;
        char why[256] = "";
        c.tiers = 0;
        int rc = planner_solve(planner, p, 60000, &s, why, sizeof(why));
        ck_assert_msg(rc == 0, "problem %d: %d: %s", c.problem, rc, why);
        ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "problem %d: %s", c.problem, why);
        tiers_needed += s->solves > 1;
        done(p, s);
    }
    printf("%d problems: %d optima confirmed, %d infeasible models confirmed\n", problems, c.compared, c.infeasible);
    ck_assert_int_gt(tiers_needed, problems / 10); // the dice also throw what cannot all be kept
    ck_assert_int_ge(c.compared, problems);
    planner_free(planner);
}
END_TEST

START_TEST(areas_of_extreme_scale_get_a_plan_too_and_no_model_is_called_infeasible_that_is_not)
{
    static const struct random_area how = {.lowest_price = -8, .highest_price = 40, .most_steps = 20};
    uint64_t dice = 88172645463325252u;
    struct planner *planner;
    struct comparison c = {0};
    ck_assert_int_eq(planner_new(&planner), 0);
    planner_watch(planner, compare, &c);
    for (c.problem = 0; c.problem < problems / 5; c.problem++) {
        struct plan_problem *p = random_area_draw(&dice, &how);
        struct schedule *s = NULL;
        char why[256] = "";
        random_area_stretch(&dice, p);
        c.tiers = 0;
        ck_assert_msg(plan_problem_check(p, why, sizeof(why)) == 0, "problem %d: %s", c.problem, why);
        int rc = planner_solve(planner, p, 60000, &s, why, sizeof(why));
        ck_assert_msg(rc == 0, "problem %d: %d: %s", c.problem, rc, why);
        done(p, s);
    }
    printf("%d extreme problems: %d optima confirmed, %d infeasible models\n", c.problem, c.compared, c.infeasible);
    planner_free(planner);
}
END_TEST

START_TEST(the_same_problem_gets_the_same_plan_from_a_warm_planner)
{
    uint64_t dice = 4711;
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    for (int i = 0; i < 20; i++) {
        struct plan_problem *p = random_area_draw(&dice, &ANY_AREA);
        struct schedule *first = NULL, *second = NULL;
        char why[256] = "";
        ck_assert_msg(planner_solve(planner, p, 20000, &first, why, sizeof(why)) == 0, "%s", why);
        ck_assert_msg(planner_solve(planner, p, 20000, &second, why, sizeof(why)) == 0, "%s", why);
        ASSERT_NEAR(second->objective[OBJECTIVE_MONEY], first->objective[OBJECTIVE_MONEY]);
        if (first->solves == 1)
            ck_assert_int_le(second->iterations, 2); // starts where it ended
        schedule_free(first);
        done(p, second);
    }
    planner_free(planner);
}
END_TEST

int main(int argc, char *argv[])
{
    if (argc > 2)
        problems = atoi(argv[2]);
    Suite *suite = suite_create("plan random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 1200);
    tcase_add_test(tc, every_random_area_gets_a_plan_and_another_solver_confirms_each_tier);
    tcase_add_test(tc, areas_of_extreme_scale_get_a_plan_too_and_no_model_is_called_infeasible_that_is_not);
    tcase_add_test(tc, the_same_problem_gets_the_same_plan_from_a_warm_planner);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
