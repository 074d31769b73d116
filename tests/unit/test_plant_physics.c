// SPDX-License-Identifier: GPL-3.0-or-later
// The simulated area has to be right before anything is tested against it.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "simulate/model.h"
#include "tests/unit/run_suite.h"

enum { LEFT, RIGHT };
enum { GRID_LEFT, GRID_RIGHT, PV, BATTERY, OFFICES, SHOPS, ENGINE, TIE }; // as in site->assets
enum { HOUR_MS = 3600000, STEP_MS = 100 };

static const int64_t winter_noon_utc_ms = INT64_C(1768359600000); // 2026-01-14T12:00+09:00

static void *some(size_t count, size_t size)
{
    void *array = calloc(count, size);
    ck_assert_ptr_nonnull(array);
    return array;
}

static struct site *two_blocks(void)
{
    struct site *s = some(1, sizeof *s);
    s->latitude_deg = 35.9;
    s->longitude_deg = 139.9;
    s->buses = some(s->n_buses = 2, sizeof *s->buses);
    s->grids = some(s->n_grids = 2, sizeof *s->grids);
    s->grids[0] = (struct site_grid){.id = "left", .bus = LEFT, .import_limit_w = 1e6};
    s->grids[1] = (struct site_grid){.id = "right", .bus = RIGHT, .import_limit_w = 5e6, .export_limit_w = 1e6};
    s->pvs = some(s->n_pvs = 1, sizeof *s->pvs);
    s->pvs[0] = (struct site_pv){.id = "pv", .bus = LEFT, .peak_power_w = 200e3, .tilt_deg = 20, .azimuth_deg = 180};
    s->batteries = some(s->n_batteries = 1, sizeof *s->batteries);
    s->batteries[0] = (struct site_battery){.id = "battery",
                                            .bus = LEFT,
                                            .capacity_wh = 1e6,
                                            .max_charge_w = 500e3,
                                            .max_discharge_w = 400e3,
                                            .charge_efficiency = 0.9,
                                            .discharge_efficiency = 0.8,
                                            .soc_max_frac = 1};
    s->loads = some(s->n_loads = 2, sizeof *s->loads);
    s->loads[0] =
        (struct site_load){.id = "offices", .bus = LEFT, .shape = SHAPE_OFFICE, .average_w = 300e3, .peak_w = 600e3};
    s->loads[1] = (struct site_load){.id = "shops", .bus = RIGHT, .shape = SHAPE_MALL, .average_w = 1e6, .peak_w = 2e6};
    s->generators = some(s->n_generators = 1, sizeof *s->generators);
    s->generators[0] = (struct site_generator){
        .id = "engine", .bus = LEFT, .max_power_w = 2e6, .min_power_w = 600e3, .ramp_w_per_s = 20e3};
    s->ties = some(s->n_ties = 1, sizeof *s->ties);
    s->ties[0] = (struct site_tie){.id = "tie", .from = LEFT, .to = RIGHT, .limit_w = 1e6, .loss_frac = 0.04};
    ck_assert_int_eq(site_index_assets(s), 0);
    return s;
}

struct world {
    struct site *site;
    struct plant_model *model;
    struct instant now;
};

static struct world begin(uint64_t seed)
{
    struct world w = {.site = two_blocks(), .now = {.utc_ms = winter_noon_utc_ms, .mono_ms = 5000}};
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(plant_model_new(w.site, seed, w.now, &w.model), 0);
    return w;
}

static void end(struct world *w)
{
    plant_model_free(w->model);
    site_free(w->site);
}

// Lets `seconds` of the monotonic clock pass while UTC runs `speed` times as fast.
static void pass(struct world *w, double seconds, double speed)
{
    for (int i = 0; i < (int)lround(seconds * 1000 / STEP_MS); i++) {
        w->now.mono_ms += STEP_MS;
        w->now.utc_ms += (int64_t)(STEP_MS * speed);
        plant_model_step(w->model, w->now);
    }
}

static double power(const struct world *w, int asset)
{
    return plant_model_asset(w->model, asset)->power_w;
}

START_TEST(the_meters_of_a_bus_add_up_to_zero)
{
    struct world w = begin(7);
    plant_model_command(w.model, BATTERY, 123e3);
    plant_model_command(w.model, TIE, 300e3);
    plant_model_command(w.model, ENGINE, 700e3);
    for (int i = 0; i < 50; i++) {
        pass(&w, 1, 60);
        double from_tie = plant_model_asset(w.model, TIE)->from_power_w;
        double left = power(&w, GRID_LEFT) + power(&w, PV) + power(&w, BATTERY) + power(&w, OFFICES) +
                      power(&w, ENGINE) + from_tie;
        double right = power(&w, GRID_RIGHT) + power(&w, SHOPS) + power(&w, TIE);
        ck_assert_double_eq_tol(left, 0, 1e-6);
        ck_assert_double_eq_tol(right, 0, 1e-6);
    }
    end(&w);
}
END_TEST

START_TEST(the_tie_loses_its_share_in_either_direction)
{
    struct world w = begin(7);
    plant_model_command(w.model, TIE, 480e3);
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(power(&w, TIE), 480e3, 1);
    ck_assert_double_eq_tol(plant_model_asset(w.model, TIE)->from_power_w, -500e3, 1);
    plant_model_command(w.model, TIE, -500e3);
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(plant_model_asset(w.model, TIE)->from_power_w, 480e3, 1);
    plant_model_command(w.model, TIE, 2e6); // the limit holds at the sending end
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(plant_model_asset(w.model, TIE)->from_power_w, -1e6, 1);
    end(&w);
}
END_TEST

START_TEST(a_battery_stores_what_it_takes_less_its_losses)
{
    struct world w = begin(1);
    ck_assert_double_eq(plant_model_soc_frac(w.model, BATTERY), 0.5);
    plant_model_command(w.model, BATTERY, -100e3);
    pass(&w, 60, 60); // an hour
    const struct plant_asset *b = plant_model_asset(w.model, BATTERY);
    double taken_wh = b->energy_out_wh - 1e6;
    ck_assert_double_gt(taken_wh, 95e3);
    ck_assert_double_eq_tol(b->energy_wh, 0.5e6 + 0.9 * taken_wh, 1);
    double before_wh = b->energy_wh, counted_wh = b->energy_in_wh;
    plant_model_command(w.model, BATTERY, 100e3);
    pass(&w, 60, 60);
    double stored_more_wh = 0.9 * (b->energy_out_wh - 1e6 - taken_wh); // while it was still turning round
    ck_assert_double_eq_tol(b->energy_wh, before_wh + stored_more_wh - (b->energy_in_wh - counted_wh) / 0.8, 1);
    end(&w);
}
END_TEST

START_TEST(a_battery_stops_when_it_is_full_and_when_it_is_empty)
{
    struct world w = begin(1);
    plant_model_command(w.model, BATTERY, -500e3);
    pass(&w, 120, 60);
    ck_assert_double_eq_tol(plant_model_soc_frac(w.model, BATTERY), 1, 1e-9);
    ck_assert_double_eq_tol(power(&w, BATTERY), 0, 1e-6);
    ck_assert_double_eq(plant_model_asset(w.model, BATTERY)->max_charge_w, 0);
    plant_model_command(w.model, BATTERY, 400e3);
    pass(&w, 240, 60);
    ck_assert_double_eq_tol(plant_model_soc_frac(w.model, BATTERY), 0, 1e-9);
    ck_assert_double_eq_tol(power(&w, BATTERY), 0, 1e-6);
    end(&w);
}
END_TEST

START_TEST(a_battery_follows_its_setpoint_within_its_limits_in_two_seconds)
{
    struct world w = begin(1);
    plant_model_command(w.model, BATTERY, 300e3);
    pass(&w, 0.5, 1);
    ck_assert_double_gt(power(&w, BATTERY), 150e3);
    ck_assert_double_lt(power(&w, BATTERY), 250e3);
    pass(&w, 2, 1);
    ck_assert_double_eq_tol(power(&w, BATTERY), 300e3, 3e3);
    plant_model_command(w.model, BATTERY, 9e9);
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(power(&w, BATTERY), 400e3, 1);
    plant_model_release(w.model, BATTERY);
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(power(&w, BATTERY), 0, 1);
    ck_assert(!plant_model_asset(w.model, BATTERY)->commanded);
    end(&w);
}
END_TEST

START_TEST(a_limit_curtails_pv_and_loads_and_its_release_frees_them)
{
    struct world w = begin(1);
    ck_assert_int_eq(plant_model_fix(w.model, PV, 150e3), 0);
    ck_assert_int_eq(plant_model_fix(w.model, OFFICES, 500e3), 0);
    plant_model_command(w.model, PV, 40e3);
    plant_model_command(w.model, OFFICES, -200e3);
    pass(&w, 10, 1);
    ck_assert_double_eq_tol(power(&w, PV), 40e3, 1);
    ck_assert_double_ge(power(&w, OFFICES), -200e3 - 1);
    ck_assert_double_le(power(&w, OFFICES), -199e3);
    ck_assert_double_eq(plant_model_asset(w.model, PV)->natural_w, 150e3);
    plant_model_release(w.model, PV);
    plant_model_release(w.model, OFFICES);
    pass(&w, 1, 1);
    ck_assert_double_eq(power(&w, PV), 150e3);
    ck_assert_double_eq(power(&w, OFFICES), -500e3);
    end(&w);
}
END_TEST

START_TEST(a_generator_climbs_by_its_ramp_and_does_not_run_below_its_minimum)
{
    struct world w = begin(1);
    plant_model_command(w.model, ENGINE, 2e6);
    pass(&w, 10, 60);
    ck_assert_double_eq_tol(power(&w, ENGINE), 200e3, 1e3); // 20 kW/s of monotonic time, whatever UTC does
    plant_model_command(w.model, ENGINE, 400e3);
    pass(&w, 60, 1);
    ck_assert_double_eq_tol(power(&w, ENGINE), 600e3, 1e3);
    plant_model_command(w.model, ENGINE, 100e3);
    pass(&w, 60, 1);
    ck_assert_double_eq_tol(power(&w, ENGINE), 0, 1e3);
    end(&w);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_day_whatever_the_steps)
{
    struct world a = begin(42), b = begin(42), c = begin(43);
    pass(&a, 30, 600);
    pass(&c, 30, 600);
    b.now.utc_ms = a.now.utc_ms;
    b.now.mono_ms = a.now.mono_ms;
    plant_model_step(b.model, b.now);
    ck_assert_double_eq(power(&a, OFFICES), power(&b, OFFICES));
    ck_assert_double_eq(power(&a, PV), power(&b, PV));
    ck_assert_double_ne(power(&a, OFFICES), power(&c, OFFICES));
    ck_assert_double_gt(-power(&a, OFFICES), 50e3);
    end(&a);
    end(&b);
    end(&c);
}
END_TEST

START_TEST(pv_gives_nothing_at_night_and_something_at_noon)
{
    struct world w = begin(3);
    ck_assert_double_gt(power(&w, PV), 10e3);
    ck_assert_double_le(power(&w, PV), 220e3);
    w.now.utc_ms += INT64_C(12) * HOUR_MS;
    plant_model_step(w.model, w.now);
    ck_assert_double_eq_tol(power(&w, PV), 0, 1e-9);
    end(&w);
}
END_TEST

START_TEST(counters_count_energy_in_the_time_of_the_area)
{
    struct world w = begin(3);
    plant_model_fix(w.model, SHOPS, 600e3);
    pass(&w, 1, 1);
    double before_wh = plant_model_asset(w.model, SHOPS)->energy_out_wh;
    double grid_wh = plant_model_asset(w.model, GRID_RIGHT)->energy_in_wh;
    pass(&w, 10, 360); // an hour
    ck_assert_double_eq_tol(plant_model_asset(w.model, SHOPS)->energy_out_wh - before_wh, 600e3, 1);
    ck_assert_double_eq_tol(plant_model_asset(w.model, GRID_RIGHT)->energy_in_wh - grid_wh, 600e3, 1);
    end(&w);
}
END_TEST

START_TEST(a_violated_grid_limit_is_timed)
{
    struct world w = begin(3);
    plant_model_fix(w.model, OFFICES, 500e3);
    plant_model_fix(w.model, PV, 0);
    plant_model_set_extra(w.model, OFFICES, 800e3);
    pass(&w, 3, 10);
    plant_model_set_extra(w.model, OFFICES, 0);
    pass(&w, 2, 10);
    const struct plant_violation *v = &plant_model_asset(w.model, GRID_LEFT)->violation;
    ck_assert_double_eq_tol(v->import_s, 3, 1e-6);
    ck_assert_double_eq_tol(v->longest_s, 3, 1e-6);
    ck_assert_double_eq(v->running_s, 0);
    ck_assert_double_eq_tol(v->worst_w, 300e3, 1);
    plant_model_fix(w.model, OFFICES, 0);
    plant_model_fix(w.model, PV, 50e3); // no export is allowed here
    pass(&w, 1, 1);
    ck_assert_double_eq_tol(v->export_s, 1, 1e-6);
    plant_model_reset_violations(w.model);
    ck_assert_double_eq(v->import_s + v->export_s, 0);
    end(&w);
}
END_TEST

START_TEST(hooks_refuse_what_cannot_be)
{
    struct world w = begin(3);
    ck_assert_int_eq(plant_model_set_soc(w.model, BATTERY, 1.5), AEMS_E_RANGE);
    ck_assert_int_eq(plant_model_set_soc(w.model, PV, 0.5), AEMS_E_STATE);
    ck_assert_int_eq(plant_model_set_soc(w.model, 99, 0.5), AEMS_E_RANGE);
    ck_assert_int_eq(plant_model_command(w.model, BATTERY, NAN), AEMS_E_RANGE);
    ck_assert_int_eq(plant_model_fix(w.model, OFFICES, -1), AEMS_E_RANGE);
    ck_assert_int_eq(plant_model_set_extra(w.model, PV, 1), AEMS_E_STATE);
    ck_assert_int_eq(plant_model_set_soc(w.model, BATTERY, 0.25), 0);
    ck_assert_double_eq(plant_model_soc_frac(w.model, BATTERY), 0.25);
    end(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plant physics");
    TCase *c = tcase_create("physics");
    tcase_add_test(c, the_meters_of_a_bus_add_up_to_zero);
    tcase_add_test(c, the_tie_loses_its_share_in_either_direction);
    tcase_add_test(c, a_battery_stores_what_it_takes_less_its_losses);
    tcase_add_test(c, a_battery_stops_when_it_is_full_and_when_it_is_empty);
    tcase_add_test(c, a_battery_follows_its_setpoint_within_its_limits_in_two_seconds);
    tcase_add_test(c, a_limit_curtails_pv_and_loads_and_its_release_frees_them);
    tcase_add_test(c, a_generator_climbs_by_its_ramp_and_does_not_run_below_its_minimum);
    tcase_add_test(c, the_same_seed_gives_the_same_day_whatever_the_steps);
    tcase_add_test(c, pv_gives_nothing_at_night_and_something_at_noon);
    tcase_add_test(c, counters_count_energy_in_the_time_of_the_area);
    tcase_add_test(c, a_violated_grid_limit_is_timed);
    tcase_add_test(c, hooks_refuse_what_cannot_be);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
