// SPDX-License-Identifier: GPL-3.0-or-later
// Regulation against a simulated plant whose devices lag and whose readings are late: steps are answered and settle,
// noise does not become movement, and nobody takes turns with another.
#include <check.h>
#include <math.h>

#include "tests/unit/control_assets.h"
#include "tests/unit/run_suite.h"

enum { MAX_DEVICES = 12, MAX_DELAY = 3 };

// Grids come first in `assets`, the devices after them. Readings of all are of the same instant, `delay` s ago; the
// engine sees to that.
struct plant {
    struct regulate_asset assets[OUTCOME_ASSETS];
    size_t n_grids, n_devices;
    double grid_share[2]; // of the bus's flow
    const struct regulate_group *groups;
    size_t n_groups;
    double lag_s;
    bool second_order; // swings a little over
    int delay;
    double load_w;
    double power_w[MAX_DEVICES], slope_w[MAX_DEVICES];
    double past_w[MAX_DELAY + 1][MAX_DEVICES], past_load_w[MAX_DELAY + 1];
    double last_move_w[MAX_DEVICES];
    int turns[MAX_DEVICES];  // of the setpoint
    int starts[MAX_DEVICES]; // and stops
    double grid_w;
};

static void move_device(struct plant *p, size_t d, double setpoint_w)
{
    if (p->second_order) { // damping 0.7
        double omega = 2 / fmax(p->lag_s, 0.5);
        for (int k = 0; k < 20; k++) {
            p->slope_w[d] += 0.05 * (omega * omega * (setpoint_w - p->power_w[d]) - 1.4 * omega * p->slope_w[d]);
            p->power_w[d] += 0.05 * p->slope_w[d];
        }
    } else {
        p->power_w[d] += (setpoint_w - p->power_w[d]) * (p->lag_s > 0 ? 1 - exp(-1 / p->lag_s) : 1);
    }
}

static void read_meters(struct plant *p)
{
    const double *seen_w = p->past_w[p->delay];
    double flow_w = p->past_load_w[p->delay];
    for (size_t d = 0; d < p->n_devices; d++) {
        p->assets[p->n_grids + d].measured_w = seen_w[d];
        flow_w -= seen_w[d];
    }
    for (size_t g = 0; g < p->n_grids; g++)
        p->assets[g].measured_w = flow_w * (p->n_grids > 1 ? p->grid_share[g] : 1);
}

static void remember(struct plant *p)
{
    for (int k = MAX_DELAY; k > 0; k--) {
        memcpy(p->past_w[k], p->past_w[k - 1], sizeof p->past_w[k]);
        p->past_load_w[k] = p->past_load_w[k - 1];
    }
    memcpy(p->past_w[0], p->power_w, sizeof p->power_w);
    p->past_load_w[0] = p->load_w;
}

static void take_command(struct plant *p, size_t d, double setpoint_w)
{
    struct regulate_asset *a = &p->assets[p->n_grids + d];
    double move_w = setpoint_w - a->setpoint_w;
    p->turns[d] += move_w * p->last_move_w[d] < 0;
    p->starts[d] += (setpoint_w == 0) != (a->setpoint_w == 0);
    if (move_w != 0)
        p->last_move_w[d] = move_w;
    a->setpoint_w = setpoint_w;
    a->has_setpoint = true;
}

static void second(struct plant *p)
{
    remember(p);
    read_meters(p);
    struct outcome o = step_groups(p->assets, p->n_grids + p->n_devices, 1, p->groups, p->n_groups);
    p->grid_w = p->load_w;
    for (size_t d = 0; d < p->n_devices; d++) {
        ck_assert(o.commands[p->n_grids + d].command);
        take_command(p, d, o.commands[p->n_grids + d].setpoint_w);
        move_device(p, d, p->assets[p->n_grids + d].setpoint_w);
        p->grid_w -= p->power_w[d];
    }
}

static void seconds(struct plant *p, int n)
{
    for (int k = 0; k < n; k++)
        second(p);
}

static void forget_turns(struct plant *p)
{
    memset(p->turns, 0, sizeof p->turns);
    memset(p->starts, 0, sizeof p->starts);
}

static double noise(unsigned *seed) // -1 to 1
{
    *seed = *seed * 1103515245u + 12345u;
    return ((*seed >> 16) % 2001 - 1000.0) / 1000;
}

// Every kind of lag and delay.
enum { DYNAMICS = 12 };

static struct plant plant_of(int dynamics)
{
    static const double lags_s[] = {0, 1, 3};
    return (struct plant){.n_grids = 1,
                          .assets = {grid(0)},
                          .lag_s = lags_s[dynamics % 3],
                          .second_order = dynamics / 3 % 2,
                          .delay = dynamics / 6 * 2};
}

static struct plant four_batteries(int dynamics)
{
    struct plant p = plant_of(dynamics);
    p.n_devices = 4;
    for (int d = 0; d < 4; d++) {
        p.assets[1 + d] = battery(0);
        p.assets[1 + d].min_w = -2e5;
        p.assets[1 + d].max_w = 2e5;
    }
    return p;
}

// ---- batteries ------------------------------------------------------------------------------------------------------

START_TEST(a_load_step_of_thirty_percent_settles_without_a_swing)
{
    struct plant p = four_batteries(_i);
    p.load_w = 0.9e6;
    seconds(&p, 20);
    forget_turns(&p);
    p.load_w = 1.2e6;
    seconds(&p, 25);
    ck_assert_double_eq_tol(p.grid_w, 1e6, 2e3);
    seconds(&p, 60);
    ck_assert_double_eq_tol(p.grid_w, 1e6, 2e3);
    p.load_w = 0.9e6;
    seconds(&p, 60);
    for (int d = 0; d < 4; d++) {
        ck_assert_int_le(p.turns[d], 1); // up, and down again
        ck_assert_double_eq_tol(p.power_w[d], 0, 100);
    }
}
END_TEST

START_TEST(batteries_of_equal_value_do_not_take_turns)
{
    struct plant p = four_batteries(_i);
    unsigned seed = 5;
    p.load_w = 1.2e6;
    seconds(&p, 30);
    forget_turns(&p);
    for (int k = 0; k < 300; k++) {
        for (int d = 0; d < 4; d++) // a new plan each second, with values that are equal but for rounding
            p.assets[1 + d].more_cost_per_kwh = 35 + 0.01 * noise(&seed);
        second(&p);
        for (int d = 0; d < 4; d++)
            ck_assert_double_eq_tol(p.power_w[d], 50e3, 1e3);
    }
    for (int d = 0; d < 4; d++)
        ck_assert_int_le(p.turns[d], 1);
}
END_TEST

START_TEST(noise_at_the_limit_turns_a_battery_less_than_once_a_minute)
{
    struct plant p = plant_of(_i);
    unsigned seed = 9;
    p.n_devices = 1;
    p.assets[1] = battery(0);
    double most_w = 0;
    for (int k = 0; k < 660; k++) {
        if (k == 60)
            forget_turns(&p);
        p.load_w = 1.2e6 + 4e3 * noise(&seed);
        second(&p);
        most_w = k < 60 ? 0 : fmax(most_w, p.grid_w);
    }
    ck_assert_int_le(p.turns[0], 10);
    ck_assert_double_le(most_w, 1e6 + 9e3); // the noise itself, which no reading of the past foretells
}
END_TEST

START_TEST(a_bus_with_two_connections_settles_at_the_limit_of_the_weaker)
{
    struct plant p = four_batteries(_i);
    memmove(p.assets + 2, p.assets + 1, 4 * sizeof *p.assets);
    p.n_grids = 2;
    p.assets[1] = grid(0);
    p.assets[0].import_limit_w = 0.3e6;
    p.grid_share[0] = 0.7; // physics does not ask for contracts
    p.grid_share[1] = 0.3;
    p.load_w = 0.4e6;
    seconds(&p, 20);
    forget_turns(&p);
    p.load_w = 0.7e6;
    seconds(&p, 40);
    ck_assert_double_eq_tol(0.7 * p.grid_w, 0.3e6, 3e3);
    for (int d = 0; d < 4; d++)
        ck_assert_int_le(p.turns[d], 1);
}
END_TEST

// ---- chargers and generators ----------------------------------------------------------------------------------------

static struct plant depot(int dynamics, const struct regulate_group *groups)
{
    struct plant p = plant_of(dynamics);
    p.n_devices = 10;
    p.groups = groups;
    p.n_groups = 3;
    for (int d = 0; d < 10; d++) {
        p.assets[1 + d] = charger(0, 1 + d / 5);
        p.assets[1 + d].plan_w = -11e3;
        p.assets[1 + d].more_cost_per_kwh = 50 + d / 4;
    }
    return p;
}

static double draw_w(const struct plant *p, size_t from, size_t to)
{
    double sum_w = 0;
    for (size_t d = from; d < to; d++)
        sum_w -= p->power_w[d];
    return sum_w;
}

START_TEST(a_depot_never_draws_more_than_its_breakers_allow_while_values_change)
{
    const struct regulate_group groups[] = {{-1, 60e3}, {0, 40e3}, {0, 40e3}};
    struct plant p = depot(_i, groups);
    unsigned seed = 11;
    for (int k = 0; k < 400; k++) {
        if (k % 50 == 49) // somebody leaves sooner than was thought
            p.assets[1 + (k / 50 * 7) % 10].more_cost_per_kwh = 60 + 20 * noise(&seed);
        second(&p);
        double over = p.second_order ? 1.08 : 1.01; // a device that swings over does so behind the breaker as well
        ck_assert_double_le(draw_w(&p, 0, 10), 60e3 * over);
        ck_assert_double_le(draw_w(&p, 0, 5), 40e3 * over);
        ck_assert_double_le(draw_w(&p, 5, 10), 40e3 * over);
    }
    seconds(&p, 40);
    ck_assert_double_ge(draw_w(&p, 0, 10), 59e3); // and what they allow is used
    for (int d = 0; d < 10; d++)
        ck_assert_int_le(p.starts[d], 6); // eight changes of values, and the first start
}
END_TEST

START_TEST(a_grid_limit_that_wanders_does_not_switch_chargers_on_and_off)
{
    const struct regulate_group groups[] = {{-1, 1e6}, {0, 1e6}, {0, 1e6}};
    struct plant p = depot(_i, groups);
    unsigned seed = 3;
    p.load_w = 955e3; // about 45 kW are left
    for (int k = 0; k < 600; k++) {
        if (k == 60)
            forget_turns(&p);
        p.load_w = 955e3 + 1e3 * noise(&seed);
        second(&p);
    }
    for (int d = 0; d < 10; d++)
        ck_assert_int_le(p.starts[d], 2);
}
END_TEST

START_TEST(a_generator_at_its_minimum_does_not_start_and_stop_with_the_noise)
{
    struct plant p = plant_of(_i);
    unsigned seed = 21;
    p.n_devices = 1;
    p.assets[1] = generator(0);
    p.assets[1].more_cost_per_kwh = p.assets[1].less_saving_per_kwh = 20; // less than import, more than export
    for (int k = 0; k < 600; k++) {
        p.load_w = 50e3 + 8e3 * noise(&seed); // half of what it runs at
        second(&p);
    }
    ck_assert_int_le(p.starts[0], 1);
    p.load_w = 90e3;
    seconds(&p, 20);
    ck_assert_double_eq_tol(p.power_w[0], 100e3, 1e3);
    for (int k = 0; k < 600; k++) {
        p.load_w = 50e3 + 8e3 * noise(&seed);
        second(&p);
    }
    ck_assert_int_le(p.starts[0], 2);
}
END_TEST

static Suite *control_response_suite(void)
{
    Suite *s = suite_create("control_response");
    TCase *batteries = tcase_create("batteries");
    tcase_add_loop_test(batteries, a_load_step_of_thirty_percent_settles_without_a_swing, 0, DYNAMICS);
    tcase_add_loop_test(batteries, batteries_of_equal_value_do_not_take_turns, 0, DYNAMICS);
    tcase_add_loop_test(batteries, noise_at_the_limit_turns_a_battery_less_than_once_a_minute, 0, DYNAMICS);
    tcase_add_loop_test(batteries, a_bus_with_two_connections_settles_at_the_limit_of_the_weaker, 0, DYNAMICS);
    suite_add_tcase(s, batteries);
    TCase *others = tcase_create("chargers and generators");
    tcase_add_loop_test(others, a_depot_never_draws_more_than_its_breakers_allow_while_values_change, 0, DYNAMICS);
    tcase_add_loop_test(others, a_grid_limit_that_wanders_does_not_switch_chargers_on_and_off, 0, DYNAMICS);
    tcase_add_loop_test(others, a_generator_at_its_minimum_does_not_start_and_stop_with_the_noise, 0, DYNAMICS);
    suite_add_tcase(s, others);
    return s;
}

int main(void)
{
    return run_suite(control_response_suite());
}
