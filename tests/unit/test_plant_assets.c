// SPDX-License-Identifier: GPL-3.0-or-later
// What the simulated area does beyond grids, sun, batteries and loads: heat, fuel, vehicles, and what it counts.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "simulate/dynamics.h"
#include "simulate/model.h"
#include "tests/unit/run_suite.h"

enum { ELECTRIC, HEAT };
enum { GRID, PV, BATTERY, STORE, BAY, BUS_BAY, LAUNDRY, HOUSES, WARMTH, CHP, PUMP }; // as in site->assets
enum { HOUR_MS = 3600000, DAY_H = 24 };

static const int64_t midnight_utc_ms = INT64_C(1768316400000); // 2026-01-14T00:00+09:00, a Wednesday

static void *some(size_t count, size_t size)
{
    void *array = calloc(count, size);
    ck_assert_ptr_nonnull(array);
    return array;
}

static struct site_session *one_session(struct site_session session)
{
    struct site_session *s = some(1, sizeof *s);
    *s = session;
    return s;
}

static void add_sources(struct site *s)
{
    s->tariffs = some(s->n_tariffs = 1, sizeof *s->tariffs);
    s->tariffs[0].demand_window_s = 1800;
    s->grids = some(s->n_grids = 1, sizeof *s->grids);
    s->grids[0] = (struct site_grid){.id = "grid", .import_limit_w = 1e6, .contract_power_w = 300e3};
    s->pvs = some(s->n_pvs = 1, sizeof *s->pvs);
    s->pvs[0] = (struct site_pv){.id = "pv", .peak_power_w = 200e3, .tilt_deg = 20, .azimuth_deg = 180};
    s->generators = some(s->n_generators = 1, sizeof *s->generators);
    s->generators[0] = (struct site_generator){
        .id = "chp", .max_power_w = 100e3, .min_power_w = 50e3, .fuel_wh = 400e3, .heat_bus = HEAT, .heat_ratio = 1.5};
}

static void add_storages(struct site *s)
{
    s->batteries = some(s->n_batteries = 1, sizeof *s->batteries);
    s->batteries[0] = (struct site_battery){.id = "battery",
                                            .capacity_wh = 100e3,
                                            .max_charge_w = 100e3,
                                            .max_discharge_w = 100e3,
                                            .charge_efficiency = 1,
                                            .discharge_efficiency = 1,
                                            .soc_min_frac = 0.1,
                                            .soc_max_frac = 0.9};
    s->batteries[0].charge_curve = some(s->batteries[0].n_charge_curve = 2, sizeof(struct site_curve_point));
    s->batteries[0].charge_curve[0] = (struct site_curve_point){0.6, 100e3};
    s->batteries[0].charge_curve[1] = (struct site_curve_point){1.0, 20e3};
    s->stores = some(s->n_stores = 1, sizeof *s->stores);
    s->stores[0] = (struct site_battery){.id = "store",
                                         .bus = HEAT,
                                         .capacity_wh = 200e3,
                                         .max_charge_w = 150e3,
                                         .max_discharge_w = 80e3,
                                         .charge_efficiency = 1,
                                         .discharge_efficiency = 1,
                                         .self_discharge_per_h = 0.01};
}

static void add_flexibles(struct site *s)
{
    struct site_session day = {.from_minute = 540, .until_minute = 1020, .energy_wh = 20e3};
    struct site_session night = {.from_minute = 1320, .until_minute = 300, .energy_wh = 200e3};
    s->groups = some(s->n_groups = 1, sizeof *s->groups);
    s->groups[0] = (struct site_group){.id = "station", .within = -1, .limit_w = 100e3};
    s->chargers = some(s->n_chargers = 2, sizeof *s->chargers);
    s->chargers[0] = (struct site_flexible){.id = "bay",
                                            .max_charge_w = 22e3,
                                            .min_charge_w = 4e3,
                                            .max_discharge_w = 10e3,
                                            .charge_efficiency = 0.9,
                                            .discharge_efficiency = 0.9,
                                            .capacity_wh = 60e3,
                                            .min_frac = 0.5,
                                            .sessions = one_session(day),
                                            .n_sessions = 1};
    s->chargers[1] = (struct site_flexible){.id = "bus_bay",
                                            .max_charge_w = 150e3,
                                            .charge_efficiency = 1,
                                            .discharge_efficiency = 1,
                                            .capacity_wh = 300e3,
                                            .sessions = one_session(night),
                                            .n_sessions = 1};
    s->flexibles = some(s->n_flexibles = 1, sizeof *s->flexibles);
    s->flexibles[0] = (struct site_flexible){
        .id = "laundry", .group = -1, .max_charge_w = 10e3, .sessions = one_session(day), .n_sessions = 1};
}

static struct site *campus(void)
{
    struct site *s = some(1, sizeof *s);
    s->latitude_deg = 35.9;
    s->longitude_deg = 139.9;
    s->buses = some(s->n_buses = 2, sizeof *s->buses);
    s->buses[HEAT].carrier = CARRIER_HEAT;
    add_sources(s);
    add_storages(s);
    add_flexibles(s);
    s->loads = some(s->n_loads = 2, sizeof *s->loads);
    s->loads[0] = (struct site_load){.id = "houses", .shape = SHAPE_FLAT, .average_w = 100e3, .peak_w = 200e3};
    s->loads[1] =
        (struct site_load){.id = "warmth", .bus = HEAT, .shape = SHAPE_FLAT, .average_w = 60e3, .peak_w = 90e3};
    s->converters = some(s->n_converters = 1, sizeof *s->converters);
    s->converters[0] = (struct site_converter){.id = "pump",
                                               .from = ELECTRIC,
                                               .to = HEAT,
                                               .max_power_w = 50e3,
                                               .min_power_w = 10e3,
                                               .cop = 3,
                                               .cop_per_degc = 0.05};
    ck_assert_int_eq(site_index_assets(s), 0);
    return s;
}

struct world {
    struct site *site;
    struct plant_model *model;
    struct instant now;
};

static struct world begin_at(double hour, uint64_t seed)
{
    struct world w = {.site = campus(),
                      .now = {.utc_ms = midnight_utc_ms + (int64_t)(hour * HOUR_MS), .mono_ms = 5000}};
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(plant_model_new(w.site, seed, w.now, &w.model), 0);
    return w;
}

static void end(struct world *w)
{
    plant_model_free(w->model);
    site_free(w->site);
}

static void pass(struct world *w, double seconds)
{
    for (int i = 0; i < (int)lround(seconds); i++) {
        w->now.mono_ms += 1000;
        w->now.utc_ms += 1000;
        plant_model_step(w->model, w->now);
    }
}

static const struct plant_asset *at(const struct world *w, int asset)
{
    return plant_model_asset(w->model, asset);
}

// ---- heat -----------------------------------------------------------------------------------------------------------

START_TEST(a_store_takes_and_gives_what_its_bus_leaves_over)
{
    struct world w = begin_at(0, 1);
    plant_model_fix(w.model, WARMTH, 60e3);
    plant_model_command(w.model, PUMP, 0);
    plant_model_command(w.model, STORE, -5e3); // it follows its bus whatever it is told
    pass(&w, 60);
    ck_assert_double_eq_tol(at(&w, STORE)->power_w, 60e3, 1);
    double before_wh = at(&w, STORE)->energy_wh;
    plant_model_command(w.model, PUMP, -50e3);
    pass(&w, 60);
    ck_assert_double_eq_tol(at(&w, STORE)->power_w, 60e3 - at(&w, PUMP)->heat_w, 1);
    ck_assert_double_lt(at(&w, STORE)->power_w, 0);
    pass(&w, 600);
    ck_assert_double_gt(at(&w, STORE)->energy_wh, before_wh);
    end(&w);
}
END_TEST

START_TEST(a_store_loses_heat_while_nothing_happens)
{
    struct world w = begin_at(0, 1);
    plant_model_fix(w.model, WARMTH, 0);
    plant_model_command(w.model, PUMP, 0);
    pass(&w, 3600);
    ck_assert_double_eq_tol(at(&w, STORE)->energy_wh, 100e3 * exp(-0.01), 1);
    end(&w);
}
END_TEST

START_TEST(heat_that_neither_sources_nor_store_give_is_counted_as_unserved)
{
    struct world w = begin_at(0, 1);
    plant_model_fix(w.model, WARMTH, 90e3); // the store gives 80 kW
    plant_model_command(w.model, PUMP, 0);
    pass(&w, 2);
    plant_model_reset_violations(w.model);
    pass(&w, 1800);
    ck_assert_double_eq_tol(plant_model_bus(w.model, HEAT)->lacking_w, 10e3, 1);
    ck_assert_double_eq_tol(plant_model_bus(w.model, HEAT)->unserved_wh, 5e3, 10);
    plant_model_set_soc(w.model, STORE, 0);
    pass(&w, 1);
    ck_assert_double_eq_tol(plant_model_bus(w.model, HEAT)->lacking_w, 90e3, 1);
    ck_assert_double_eq(plant_model_bus(w.model, ELECTRIC)->unserved_wh, 0);
    end(&w);
}
END_TEST

START_TEST(a_heat_pump_gives_less_in_the_cold_and_does_not_run_below_its_minimum)
{
    struct world w = begin_at(4, 1);
    plant_model_command(w.model, PUMP, -40e3);
    pass(&w, 10);
    const struct plant_asset *pump = at(&w, PUMP);
    ck_assert_double_lt(pump->outside_degc, 10); // a winter night
    ck_assert_double_eq_tol(pump->heat_w, 40e3 * (3 + 0.05 * (pump->outside_degc - 15)), 100);
    plant_model_command(w.model, PUMP, -7e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(pump->power_w, -10e3, 1);
    plant_model_command(w.model, PUMP, -4e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(pump->power_w, 0, 1);
    end(&w);
}
END_TEST

START_TEST(a_heat_pump_that_is_free_gives_what_its_bus_draws)
{
    struct world w = begin_at(4, 1);
    plant_model_fix(w.model, WARMTH, 60e3);
    pass(&w, 20);
    ck_assert_double_eq_tol(at(&w, PUMP)->heat_w, 60e3, 100);
    ck_assert_double_eq_tol(at(&w, STORE)->power_w, 0, 100);
    end(&w);
}
END_TEST

START_TEST(a_chp_gives_heat_with_its_power_once_it_has_started)
{
    struct world w = begin_at(0, 1);
    plant_model_fix(w.model, WARMTH, 60e3);
    plant_model_command(w.model, PUMP, 0);
    plant_model_command(w.model, CHP, 80e3);
    pass(&w, 4);
    ck_assert_double_eq(at(&w, CHP)->power_w, 0);
    pass(&w, 20);
    ck_assert_double_eq_tol(at(&w, CHP)->power_w, 80e3, 1);
    ck_assert_double_eq_tol(at(&w, CHP)->heat_w, 120e3, 1);
    ck_assert_double_eq_tol(at(&w, STORE)->power_w, -60e3, 1);
    plant_model_set_soc(w.model, STORE, 1);
    pass(&w, 1);
    ck_assert_double_gt(plant_model_bus(w.model, HEAT)->spilled_wh, 0); // to the cooler
    end(&w);
}
END_TEST

START_TEST(a_generator_runs_until_its_tank_is_empty)
{
    struct world w = begin_at(0, 1);
    ck_assert_double_eq(plant_model_fuel_frac(w.model, CHP), 1);
    ck_assert_int_eq(plant_model_set_fuel(w.model, CHP, 0.1), 0);
    plant_model_command(w.model, CHP, 80e3);
    pass(&w, 900);
    ck_assert_double_gt(plant_model_fuel_frac(w.model, CHP), 0.04);
    ck_assert_double_lt(plant_model_fuel_frac(w.model, CHP), 0.06);
    pass(&w, 1200);
    ck_assert_double_eq(plant_model_fuel_frac(w.model, CHP), 0);
    ck_assert_double_eq(at(&w, CHP)->power_w, 0);
    ck_assert_double_eq_tol(at(&w, CHP)->energy_in_wh - 1e6, 40e3, 1);
    ck_assert_int_eq(plant_model_set_fuel(w.model, BATTERY, 1), AEMS_E_STATE);
    end(&w);
}
END_TEST

// ---- stores of electricity and vehicles -----------------------------------------------------------------------------

START_TEST(a_battery_charges_more_slowly_when_it_is_nearly_full)
{
    struct world w = begin_at(0, 1);
    plant_model_command(w.model, BATTERY, -100e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BATTERY)->power_w, -100e3, 1);
    plant_model_set_soc(w.model, BATTERY, 0.8);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BATTERY)->power_w, -60e3, 1e3);
    ck_assert_double_eq_tol(at(&w, BATTERY)->max_charge_w, 60e3, 1e3);
    plant_model_command(w.model, BATTERY, 100e3); // no curve in this direction
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BATTERY)->power_w, 100e3, 1);
    end(&w);
}
END_TEST

START_TEST(a_battery_is_as_efficient_as_its_curve_at_its_power)
{
    struct site_efficiency_point points[] = {{0.2, 0.8}, {0.6, 0.9}};
    struct site_battery b = {.capacity_wh = 1e6,
                             .max_charge_w = 500e3,
                             .max_discharge_w = 250e3,
                             .charge_efficiency = 0.5,
                             .discharge_efficiency = 0.5,
                             .efficiency_curve = points,
                             .n_efficiency_curve = 2};
    struct dynamics_store s = dynamics_battery(&b, 0.5e6);
    ck_assert_double_eq_tol(dynamics_efficiency(&s, -10e3), 0.8, 1e-12);
    ck_assert_double_eq_tol(dynamics_efficiency(&s, -200e3), 0.85, 1e-12); // 40 % of its power
    ck_assert_double_eq_tol(dynamics_efficiency(&s, 100e3), 0.85, 1e-12);
    ck_assert_double_eq_tol(dynamics_efficiency(&s, -500e3), 0.9, 1e-12);
    ck_assert_double_eq_tol(dynamics_store_energy(&s, -200e3, 0.5), 0.5e6 + 85e3, 1e-3);
    ck_assert_double_eq_tol(dynamics_store_energy(&s, 100e3, 0.5), 0.5e6 - 50e3 / 0.85, 1e-3);
    s.energy_wh = 0.95e6; // an hour fills it exactly
    double in_w = dynamics_store_power(&s, -500e3, 1);
    ck_assert_double_eq_tol(dynamics_store_energy(&s, in_w, 1), 1e6, 1e-3);
    s.energy_wh = 0.1e6;
    double out_w = dynamics_store_power(&s, 250e3, 1);
    ck_assert_double_eq_tol(dynamics_store_energy(&s, out_w, 1), 0, 1e-3);
    ck_assert_double_gt(out_w, 80e3);
}
END_TEST

START_TEST(a_vehicle_comes_and_goes_within_a_quarter_of_an_hour_of_its_session)
{
    bool early = false, late = false;
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct world w = begin_at(8.7, seed);
        ck_assert(!at(&w, BAY)->stay.present);
        pass(&w, 0.3 * 3600);
        early = early || at(&w, BAY)->stay.present;
        late = late || !at(&w, BAY)->stay.present;
        pass(&w, 0.3 * 3600);
        const struct plant_stay *stay = &at(&w, BAY)->stay;
        ck_assert(stay->present);
        ck_assert_double_ge(stay->wanted_wh, 16e3);
        ck_assert_double_le(stay->wanted_wh, 24e3);
        ck_assert_int_eq((int)((stay->until_utc_ms - midnight_utc_ms) / 60000), 1020);
        end(&w);
    }
    ck_assert(early && late);
}
END_TEST

START_TEST(a_session_over_midnight_is_under_way_in_the_morning_and_ends_once)
{
    struct world w = begin_at(3, 5);
    ck_assert(at(&w, BUS_BAY)->stay.present);
    pass(&w, 3 * 3600);
    ck_assert(!at(&w, BUS_BAY)->stay.present);
    ck_assert_uint_eq(at(&w, BUS_BAY)->stays.ended, 1);
    pass(&w, 12 * 3600);
    ck_assert_uint_eq(at(&w, BUS_BAY)->stays.ended, 1);
    ck_assert_uint_eq(at(&w, BAY)->stays.ended, 1);
    end(&w);
}
END_TEST

START_TEST(a_free_charger_gives_what_is_wanted_and_a_vehicle_tapers_near_full)
{
    struct world w = begin_at(1, 1);
    int64_t until = w.now.utc_ms + 10 * HOUR_MS;
    ck_assert_int_eq(plant_model_plug_in(w.model, BAY, 48e3, until), 0);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, -22e3, 1);
    plant_model_set_soc(w.model, BAY, 0.9);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, -11e3, 100);
    plant_model_set_soc(w.model, BAY, 0.2);
    pass(&w, 6 * 3600); // the last tenth takes long
    ck_assert_double_ge(at(&w, BAY)->stay.session_wh, 48e3 - 1);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, 0, 1);
    end(&w);
}
END_TEST

START_TEST(a_charger_follows_its_setpoint_but_not_below_its_minimum)
{
    struct world w = begin_at(1, 1);
    plant_model_plug_in(w.model, BAY, 20e3, w.now.utc_ms + 10 * HOUR_MS);
    plant_model_command(w.model, BAY, -7e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, -7e3, 1);
    plant_model_command(w.model, BAY, -3e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, 0, 1);
    plant_model_command(w.model, BAY, -7e3);
    plant_model_unplug(w.model, BAY);
    pass(&w, 10);
    ck_assert_double_eq(at(&w, BAY)->power_w, 0);
    ck_assert_int_eq(plant_model_unplug(w.model, BAY), AEMS_E_STATE);
    ck_assert_int_eq(plant_model_plug_in(w.model, PV, 1e3, w.now.utc_ms + 1000), AEMS_E_STATE);
    end(&w);
}
END_TEST

START_TEST(a_vehicle_feeds_back_as_far_as_its_owner_allows)
{
    struct world w = begin_at(1, 1);
    plant_model_plug_in(w.model, BAY, 20e3, w.now.utc_ms + 10 * HOUR_MS);
    plant_model_command(w.model, BAY, 10e3);
    pass(&w, 10);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, 0, 1); // it came with less than half
    plant_model_set_soc(w.model, BAY, 0.6);
    pass(&w, 60);
    ck_assert_double_eq_tol(at(&w, BAY)->power_w, 10e3, 1);
    pass(&w, 3600);
    ck_assert_double_eq_tol(plant_model_soc_frac(w.model, BAY), 0.5, 1e-6);
    end(&w);
}
END_TEST

START_TEST(a_vehicle_that_leaves_with_too_little_is_counted)
{
    struct world w = begin_at(1, 1);
    plant_model_plug_in(w.model, BAY, 10e3, w.now.utc_ms + HOUR_MS);
    plant_model_command(w.model, BAY, -5e3);
    pass(&w, 3601);
    ck_assert_uint_eq(at(&w, BAY)->stays.short_of, 1);
    ck_assert_double_eq_tol(at(&w, BAY)->stays.missing_wh, 10e3 - 5e3 * 0.9, 20);
    plant_model_plug_in(w.model, BAY, 40e3, w.now.utc_ms + HOUR_MS); // more than an hour can give: no fault
    plant_model_release(w.model, BAY);
    pass(&w, 3601);
    ck_assert_uint_eq(at(&w, BAY)->stays.short_of, 1);
    ck_assert_uint_eq(at(&w, BAY)->stays.ended, 2);
    end(&w);
}
END_TEST

START_TEST(a_flexible_load_draws_its_energy_within_its_window)
{
    struct world w = begin_at(8, 1);
    pass(&w, 10 * 3600);
    const struct plant_asset *laundry = at(&w, LAUNDRY);
    ck_assert_uint_eq(laundry->stays.ended, 1);
    ck_assert_uint_eq(laundry->stays.short_of, 0);
    ck_assert_double_eq_tol(laundry->energy_out_wh - 1e6, laundry->stays.wanted_wh, 1);
    end(&w);
}
END_TEST

START_TEST(a_group_that_draws_too_much_is_not_stopped_but_counted)
{
    struct world w = begin_at(3, 5);
    plant_model_plug_in(w.model, BUS_BAY, 200e3, w.now.utc_ms + HOUR_MS);
    pass(&w, 3);
    plant_model_reset_violations(w.model);
    pass(&w, 10);
    const struct plant_group *g = plant_model_group(w.model, 0);
    ck_assert_double_eq_tol(g->power_w, -150e3, 1);
    ck_assert_double_eq_tol(g->violation.import_s, 10, 1e-6);
    ck_assert_double_eq_tol(g->violation.worst_w, 50e3, 1);
    end(&w);
}
END_TEST

// ---- counters and disturbances --------------------------------------------------------------------------------------

static struct world with_load(double load_w)
{
    struct world w = begin_at(10, 1);
    plant_model_fix(w.model, PV, 0);
    plant_model_fix(w.model, HOUSES, load_w);
    for (int asset = BAY; asset <= LAUNDRY; asset++)
        plant_model_command(w.model, asset, 0);
    plant_model_command(w.model, PUMP, 0);
    pass(&w, 60);
    plant_model_reset_violations(w.model);
    return w;
}

START_TEST(demand_windows_above_contract_and_limit_are_counted)
{
    struct world w = with_load(310e3);
    int64_t half_past = midnight_utc_ms + 10 * HOUR_MS + HOUR_MS / 2;
    ck_assert_int_eq(plant_model_limit(w.model, 0, 200e3, half_past, half_past + HOUR_MS / 2), 0);
    pass(&w, 1740);
    const struct plant_windows *windows = &at(&w, GRID)->windows;
    ck_assert_uint_eq(windows->ended, 1);
    ck_assert_uint_eq(windows->over_contract, 1);
    ck_assert_uint_eq(windows->over_limit, 0);
    plant_model_fix(w.model, HOUSES, 250e3);
    pass(&w, 1800);
    ck_assert_uint_eq(windows->ended, 2);
    ck_assert_uint_eq(windows->over_contract, 1);
    ck_assert_uint_eq(windows->over_limit, 1);
    ck_assert_double_eq_tol(windows->worst_limit_w, 50e3, 100);
    ck_assert_double_eq_tol(at(&w, GRID)->over_limit.import_s, 1800, 1);
    pass(&w, 1800);
    ck_assert_uint_eq(windows->over_limit, 1);
    end(&w);
}
END_TEST

START_TEST(turns_and_reach_of_a_battery_are_counted)
{
    struct world w = with_load(100e3);
    for (int i = 0; i < 6; i++) {
        plant_model_command(w.model, BATTERY, i % 2 ? 50e3 : -50e3);
        pass(&w, 10);
    }
    const struct plant_wear *wear = &at(&w, BATTERY)->wear;
    ck_assert_uint_eq(wear->turns, 5);
    ck_assert_uint_ge(wear->most_turns_per_min, 4);
    plant_model_command(w.model, BATTERY, 100e3);
    pass(&w, 1500); // from one half down to below a tenth
    ck_assert_double_lt(wear->lowest_frac, 0.1);
    ck_assert_double_gt(wear->outside_s, 10);
    ck_assert_uint_eq(wear->turns, 5);
    end(&w);
}
END_TEST

START_TEST(loads_jump_when_asked_to_and_the_same_way_each_time)
{
    struct world w = begin_at(10, 1), same = begin_at(10, 1);
    double largest = 0, last = 0;
    ck_assert_int_eq(plant_model_set_noise(w.model, PLANT_NOISE_STEPS, 0.3), 0);
    ck_assert_int_eq(plant_model_set_noise(same.model, PLANT_NOISE_STEPS, 0.3), 0);
    for (int i = 0; i < 7200; i++) {
        pass(&w, 1);
        double now = at(&w, HOUSES)->power_w;
        largest = i > 0 ? fmax(largest, fabs(now - last) / 100e3) : 0;
        last = now;
    }
    same.now = w.now;
    plant_model_step(same.model, same.now);
    ck_assert_double_eq(at(&same, HOUSES)->power_w, last);
    ck_assert_double_gt(largest, 0.25);
    ck_assert_double_lt(largest, 0.6); // of a load that lies above its average at this time
    ck_assert_int_eq(plant_model_set_noise(w.model, PLANT_NOISE_STEPS, 1.5), AEMS_E_RANGE);
    end(&w);
    end(&same);
}
END_TEST

START_TEST(clouds_pass_when_asked_to)
{
    struct world w = begin_at(11, 1), clear = begin_at(11, 1);
    double least = 1, most = 0;
    plant_model_set_noise(w.model, PLANT_NOISE_CLOUDS, 0.7);
    for (int i = 0; i < 3600; i++) {
        pass(&w, 1);
        pass(&clear, 1);
        double share = at(&w, PV)->power_w / at(&clear, PV)->power_w;
        least = fmin(least, share);
        most = fmax(most, share);
    }
    ck_assert_double_lt(least, 0.7);
    ck_assert_double_ge(least, 0.299);
    ck_assert_double_eq_tol(most, 1, 1e-9);
    end(&w);
    end(&clear);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plant assets");
    TCase *c = tcase_create("assets");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_store_takes_and_gives_what_its_bus_leaves_over);
    tcase_add_test(c, a_store_loses_heat_while_nothing_happens);
    tcase_add_test(c, heat_that_neither_sources_nor_store_give_is_counted_as_unserved);
    tcase_add_test(c, a_heat_pump_gives_less_in_the_cold_and_does_not_run_below_its_minimum);
    tcase_add_test(c, a_heat_pump_that_is_free_gives_what_its_bus_draws);
    tcase_add_test(c, a_chp_gives_heat_with_its_power_once_it_has_started);
    tcase_add_test(c, a_generator_runs_until_its_tank_is_empty);
    tcase_add_test(c, a_battery_charges_more_slowly_when_it_is_nearly_full);
    tcase_add_test(c, a_battery_is_as_efficient_as_its_curve_at_its_power);
    tcase_add_test(c, a_vehicle_comes_and_goes_within_a_quarter_of_an_hour_of_its_session);
    tcase_add_test(c, a_session_over_midnight_is_under_way_in_the_morning_and_ends_once);
    tcase_add_test(c, a_free_charger_gives_what_is_wanted_and_a_vehicle_tapers_near_full);
    tcase_add_test(c, a_charger_follows_its_setpoint_but_not_below_its_minimum);
    tcase_add_test(c, a_vehicle_feeds_back_as_far_as_its_owner_allows);
    tcase_add_test(c, a_vehicle_that_leaves_with_too_little_is_counted);
    tcase_add_test(c, a_flexible_load_draws_its_energy_within_its_window);
    tcase_add_test(c, a_group_that_draws_too_much_is_not_stopped_but_counted);
    tcase_add_test(c, demand_windows_above_contract_and_limit_are_counted);
    tcase_add_test(c, turns_and_reach_of_a_battery_are_counted);
    tcase_add_test(c, loads_jump_when_asked_to_and_the_same_way_each_time);
    tcase_add_test(c, clouds_pass_when_asked_to);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
