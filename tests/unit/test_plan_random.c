// SPDX-License-Identifier: GPL-3.0-or-later
// Two hundred areas by the dice: every one gets a plan that passes its check, and another solver finds the same cost.
#include <unistd.h>

#include "plan_fixture.h"

enum { PROBLEMS = 200 };

// ---- the dice -------------------------------------------------------------------------------------------------------

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double between(uint64_t *dice, double low, double high)
{
    return low + (high - low) * (double)(next(dice) % 1000001) / 1e6;
}

static bool chance(uint64_t *dice, double probability)
{
    return between(dice, 0, 1) < probability;
}

static size_t count(uint64_t *dice, size_t low, size_t high)
{
    return low + next(dice) % (high - low + 1);
}

static void draw_series(uint64_t *dice, double *values, size_t n, double low, double high)
{
    for (size_t k = 0; k < n; k++)
        values[k] = between(dice, low, high);
}

// ---- an area --------------------------------------------------------------------------------------------------------

static void draw_grid(uint64_t *dice, struct plan_problem *p, struct plan_grid *g)
{
    double lowest = chance(dice, 0.2) ? -8 : 5;
    g->bus = (int)count(dice, 0, p->n_buses - 1);
    g->import_limit_w = between(dice, 50e3, 900e3);
    g->export_limit_w = chance(dice, 0.3) ? 0 : between(dice, 10e3, 500e3);
    draw_series(dice, g->import_price_per_kwh, p->n_steps, lowest, 40);
    draw_series(dice, g->export_price_per_kwh, p->n_steps, lowest, chance(dice, 0.2) ? 45 : 12);
    g->demand_charge_per_kw = chance(dice, 0.5) ? between(dice, 10, 1800) : 0;
    g->demand_window_s = chance(dice, 0.5) ? 900 : 1800;
    g->peak_so_far_w = between(dice, 0, 300e3);
    g->window_elapsed_wh = between(dice, 0, 50e3);
    p->co2_price_per_kg = 1;
    double co2_kg_per_kwh = between(dice, 0, 3);
    for (size_t k = 0; k < p->n_steps; k++)
        g->co2_kg_per_kwh[k] = co2_kg_per_kwh;
    g->away = chance(dice, 0.1);
}

static void draw_battery(uint64_t *dice, struct plan_problem *p, struct plan_battery *b)
{
    double capacity_wh = between(dice, 10e3, 2000e3);
    b->bus = (int)count(dice, 0, p->n_buses - 1);
    b->energy_wh = between(dice, 0, 1) * capacity_wh;
    b->min_wh = 0.1 * capacity_wh;
    b->max_wh = 0.95 * capacity_wh;
    b->reserve_wh = chance(dice, 0.5) ? 0.3 * capacity_wh : b->min_wh;
    b->max_charge_w = between(dice, 0, 0.5) * capacity_wh;
    b->max_discharge_w = between(dice, 0, 0.5) * capacity_wh;
    b->charge_efficiency = between(dice, 0.7, 1);
    b->discharge_efficiency = between(dice, 0.7, 1);
    b->self_discharge_per_h = chance(dice, 0.3) ? between(dice, 0, 0.02) : 0;
    b->wear_per_kwh = between(dice, 0, 4);
    b->end_value_per_kwh = between(dice, 0, 30);
    b->available = chance(dice, 0.85);
    b->held_power_w = between(dice, -100e3, 100e3);
}

static void draw_load(uint64_t *dice, struct plan_problem *p, struct plan_load *l)
{
    l->bus = (int)count(dice, 0, p->n_buses - 1);
    draw_series(dice, l->demand_w, p->n_steps, 0, between(dice, 10e3, 400e3));
    fixture_tiers(l);
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        l->sheddable[tier] = chance(dice, 0.6);
        l->shed_cost_per_kwh[tier] = between(dice, 0, 200);
    }
}

static void draw_tie(uint64_t *dice, struct plan_problem *p, struct plan_tie *t)
{
    t->from = (int)count(dice, 0, p->n_buses - 1);
    t->to = (t->from + 1) % (int)p->n_buses;
    t->limit_w = between(dice, 0, 500e3);
    t->loss_frac = chance(dice, 0.3) ? 0 : between(dice, 0, 0.1);
    t->transfer_price_per_kwh = between(dice, 0, 2);
    t->available = chance(dice, 0.85);
    t->held_power_w = between(dice, -50e3, 50e3);
}

static struct plan_problem *draw(uint64_t *dice)
{
    struct plan_sizes sizes = {.n_steps = count(dice, 1, 20), .n_buses = count(dice, 1, 3)};
    sizes.n_grids = count(dice, 0, 2);
    sizes.n_pvs = count(dice, 0, 2);
    sizes.n_batteries = count(dice, 0, 3);
    sizes.n_loads = count(dice, 1, 3);
    sizes.n_generators = count(dice, 0, 1);
    sizes.n_ties = sizes.n_buses > 1 ? count(dice, 1, 2) : 0;
    struct plan_problem *p = fixture(sizes);
    double hours[PLAN_MAX_STEPS];
    for (size_t k = 0; k < p->n_steps; k++)
        hours[k] = k < 6 ? 1.0 / 12 : k < 12 ? 0.25 : 1;
    fixture_hours(p, hours);
    for (size_t i = 0; i < p->n_grids; i++)
        draw_grid(dice, p, &p->grids[i]);
    for (size_t i = 0; i < p->n_pvs; i++) {
        p->pvs[i].bus = (int)count(dice, 0, p->n_buses - 1);
        p->pvs[i].curtailable = chance(dice, 0.7);
        draw_series(dice, p->pvs[i].available_w, p->n_steps, 0, between(dice, 0, 500e3));
    }
    for (size_t i = 0; i < p->n_batteries; i++)
        draw_battery(dice, p, &p->batteries[i]);
    for (size_t i = 0; i < p->n_loads; i++)
        draw_load(dice, p, &p->loads[i]);
    for (size_t i = 0; i < p->n_generators; i++) {
        p->generators[i].max_power_w = between(dice, 0, 300e3);
        p->generators[i].fuel_cost_per_kwh = between(dice, 10, 60);
    }
    for (size_t i = 0; i < p->n_ties; i++)
        draw_tie(dice, p, &p->ties[i]);
    return p;
}

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

static void compare(const struct planner *planner, const struct schedule *s, int number, bool as_lp)
{
    char path[64]; // clp goes by the name's end
    snprintf(path, sizeof(path), "/tmp/aems-random-XXXXXX.%s", as_lp ? "lp" : "mps");
    int fd = mkstemps(path, as_lp ? 3 : 4);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(as_lp ? planner_write_lp(planner, path) : planner_write_mps(planner, path), 0);
    double other = clp_objective(path);
    ck_assert_msg(fabs(other - s->lp_objective) <= 1e-6 * (1 + fabs(other)), "%s, problem %d: clp %.12g, here %.12g",
                  path, number, other, s->lp_objective);
    unlink(path);
}

START_TEST(every_random_area_gets_a_plan_that_another_solver_confirms)
{
    uint64_t dice = 88172645463325252u;
    struct planner *planner;
    int tiers_needed = 0;
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_msg(has_clp(), "clp is missing, and without it no cost is compared: install coinor-clp");
    for (int i = 0; i < PROBLEMS; i++) {
        struct plan_problem *p = draw(&dice);
        struct schedule *s = NULL;
        char why[256] = "";
        int rc = planner_solve(planner, p, 20000, &s, why, sizeof(why));
        ck_assert_msg(rc == 0, "problem %d: %d: %s", i, rc, why);
        ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "problem %d: %s", i, why);
        compare(planner, s, i, i % 2 == 1);
        tiers_needed += s->solves > 1;
        done(p, s);
    }
    ck_assert_int_gt(tiers_needed, 20); // the dice also throw what cannot all be kept
    ck_assert_int_lt(tiers_needed, 180);
    planner_free(planner);
}
END_TEST

START_TEST(the_same_problem_gets_the_same_plan_from_a_warm_planner)
{
    uint64_t dice = 4711;
    struct planner *planner;
    ck_assert_int_eq(planner_new(&planner), 0);
    for (int i = 0; i < 20; i++) {
        struct plan_problem *p = draw(&dice);
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

int main(void)
{
    Suite *suite = suite_create("plan random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, every_random_area_gets_a_plan_that_another_solver_confirms);
    tcase_add_test(tc, the_same_problem_gets_the_same_plan_from_a_warm_planner);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
