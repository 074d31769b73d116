// SPDX-License-Identifier: GPL-3.0-or-later
// Islands of the simulated area: who holds a bus bar, when it goes black, how it comes back, who is served.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "simulate/model.h"
#include "tests/unit/run_suite.h"

enum { GATE, MALL };
enum { GRID_GATE, GRID_MALL, PV, BATTERY, OFFICES, SHOPS, ENGINE, TIE }; // as in site->assets
enum { BREAKER, LIGHTS, VENTILATION };                                   // switches

static const int64_t start_utc_ms = INT64_C(1768359600000);

static void *some(size_t count, size_t size)
{
    void *array = calloc(count, size);
    ck_assert_ptr_nonnull(array);
    return array;
}

static void add_islands(struct site *s)
{
    s->switches = some(s->n_switches = 3, sizeof *s->switches);
    s->switches[BREAKER] = (struct site_switch){.id = "breaker", .load = -1};
    s->switches[LIGHTS] =
        (struct site_switch){.id = "lights", .load = 0, .tier = TIER_IMPORTANT, .share = 0.25, .inrush = 3};
    s->switches[VENTILATION] =
        (struct site_switch){.id = "ventilation", .load = 0, .tier = TIER_DEFERRABLE, .share = 0.5, .inrush = 1};
    s->islands = some(s->n_islands = 2, sizeof *s->islands);
    s->islands[GATE] = (struct site_island){.id = "gate",
                                            .grid = 0,
                                            .bus = GATE,
                                            .forming = {BATTERY, ENGINE},
                                            .n_forming = 2,
                                            .breaker = BREAKER,
                                            .voltage_v = 6600,
                                            .frequency_hz = 50};
    s->islands[MALL] =
        (struct site_island){.id = "mall", .grid = 1, .bus = MALL, .forming = {TIE}, .n_forming = 1, .breaker = -1};
}

static struct site *two_islands(void)
{
    struct site *s = some(1, sizeof *s);
    s->buses = some(s->n_buses = 2, sizeof *s->buses);
    s->grids = some(s->n_grids = 2, sizeof *s->grids);
    s->grids[0] = (struct site_grid){.id = "gate_grid", .bus = GATE, .import_limit_w = 1e6};
    s->grids[1] = (struct site_grid){.id = "mall_grid", .bus = MALL, .import_limit_w = 1e6};
    s->pvs = some(s->n_pvs = 1, sizeof *s->pvs);
    s->pvs[0] = (struct site_pv){.id = "pv", .bus = GATE, .peak_power_w = 200e3};
    s->batteries = some(s->n_batteries = 1, sizeof *s->batteries);
    s->batteries[0] = (struct site_battery){.id = "battery",
                                            .bus = GATE,
                                            .capacity_wh = 1e6,
                                            .max_charge_w = 200e3,
                                            .max_discharge_w = 200e3,
                                            .charge_efficiency = 1,
                                            .discharge_efficiency = 1,
                                            .soc_min_frac = 0.1,
                                            .soc_max_frac = 0.9};
    s->loads = some(s->n_loads = 2, sizeof *s->loads);
    s->loads[0] = (struct site_load){.id = "offices", .bus = GATE, .tier_share = {0.25, 0.25, 0, 0.5}};
    s->loads[1] = (struct site_load){.id = "shops", .bus = MALL, .tier_share = {1, 0, 0, 0}};
    s->generators = some(s->n_generators = 1, sizeof *s->generators);
    s->generators[0] = (struct site_generator){
        .id = "engine", .bus = GATE, .max_power_w = 300e3, .min_power_w = 100e3, .heat_bus = -1, .fuel_wh = 1e6};
    s->ties = some(s->n_ties = 1, sizeof *s->ties);
    s->ties[0] = (struct site_tie){.id = "tie", .from = GATE, .to = MALL, .limit_w = 100e3, .loss_frac = 0.1};
    ck_assert_int_eq(site_index_assets(s), 0);
    add_islands(s);
    return s;
}

struct world {
    struct site *site;
    struct plant_model *model;
    struct instant now;
};

// Led from outside: 100 kW at the gate, 45 kW in the mall, no sun; the battery is steered.
static struct world begin(void)
{
    struct world w = {.site = two_islands(), .now = {.utc_ms = start_utc_ms, .mono_ms = 5000}};
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(plant_model_new(w.site, 1, w.now, &w.model), 0);
    plant_model_lead(w.model);
    ck_assert_int_eq(plant_model_set_islands(w.model, true), 0);
    plant_model_fix(w.model, OFFICES, 100e3);
    plant_model_fix(w.model, SHOPS, 45e3);
    plant_model_command(w.model, BATTERY, 0);
    return w;
}

static void end(struct world *w)
{
    plant_model_free(w->model);
    site_free(w->site);
}

static void pass(struct world *w, double seconds, int step_ms)
{
    for (int i = 0; i < (int)lround(seconds * 1000 / step_ms); i++) {
        w->now.mono_ms += (uint64_t)step_ms;
        w->now.utc_ms += step_ms;
        plant_model_step(w->model, w->now);
    }
}

static double power(const struct world *w, int asset)
{
    return plant_model_asset(w->model, asset)->power_w;
}

static const struct plant_island *gate(const struct world *w)
{
    return plant_model_island(w->model, GATE);
}

static const struct plant_island *mall(const struct world *w)
{
    return plant_model_island(w->model, MALL);
}

static void adds_up(const struct world *w)
{
    double from_tie = plant_model_asset(w->model, TIE)->from_power_w;
    double at_gate = power(w, GRID_GATE) + power(w, PV) + power(w, BATTERY) + power(w, OFFICES) + power(w, ENGINE);
    ck_assert_double_eq_tol(at_gate + from_tie, 0, 1e-3);
    ck_assert_double_eq_tol(power(w, GRID_MALL) + power(w, SHOPS) + power(w, TIE), 0, 1e-3);
}

static void lose_both(struct world *w)
{
    plant_model_set_grid(w->model, 0, false);
    plant_model_set_grid(w->model, 1, false);
}

START_TEST(a_battery_takes_over_at_once_and_its_neighbour_is_fed_over_the_tie)
{
    struct world w = begin();
    pass(&w, 1, 100);
    ck_assert_double_eq_tol(power(&w, GRID_GATE), 100e3, 1);
    ck_assert_int_eq(gate(&w)->forming, -1);
    lose_both(&w);
    pass(&w, 0.1, 100);
    adds_up(&w);
    ck_assert_double_eq(power(&w, GRID_GATE), 0);
    ck_assert_double_eq_tol(power(&w, BATTERY), 150e3, 1); // a tenth is lost on the way to the mall
    ck_assert_int_eq(gate(&w)->forming, BATTERY);
    ck_assert_int_eq(mall(&w)->forming, TIE);
    ck_assert(!gate(&w)->supplied && !gate(&w)->breaker_closed && gate(&w)->lives && mall(&w)->lives);
    ck_assert(!plant_model_switch_at(w.model, BREAKER)->closed);
    ck_assert_double_eq(gate(&w)->supply_v, 0);
    ck_assert_double_eq_tol(gate(&w)->voltage_v, 6600, 1e-9);
    ck_assert_double_eq_tol(gate(&w)->frequency_hz, 50 * (1 - 0.01 * 0.75), 1e-9);
    ck_assert_double_eq(gate(&w)->backfeed_s, 0);
    plant_model_release(w.model, BATTERY); // its setpoint lapses: it goes on
    pass(&w, 60, 100);
    ck_assert_int_eq(gate(&w)->forming, BATTERY);
    ck_assert_uint_eq(gate(&w)->blackouts + mall(&w)->blackouts, 0);
    end(&w);
}
END_TEST

START_TEST(without_anybody_who_forms_it_goes_black_and_nothing_flows)
{
    struct world w = begin();
    plant_model_release(w.model, BATTERY);
    plant_model_command(w.model, TIE, 20e3);
    plant_model_fix(w.model, PV, 30e3);
    pass(&w, 5, 100);
    lose_both(&w);
    pass(&w, 10, 100);
    for (int asset = 0; asset <= TIE; asset++)
        ck_assert_double_eq(power(&w, asset), 0);
    ck_assert(!gate(&w)->lives && !mall(&w)->lives);
    ck_assert_double_eq(gate(&w)->voltage_v, 0);
    ck_assert_double_eq(gate(&w)->frequency_hz, 0);
    ck_assert_uint_eq(gate(&w)->blackouts, 1);
    ck_assert_double_eq_tol(gate(&w)->black_s, 10, 1e-6);
    ck_assert_double_eq(plant_model_asset(w.model, OFFICES)->natural_w, 100e3);
    end(&w);
}
END_TEST

START_TEST(a_little_too_much_is_borne_for_two_seconds_and_far_too_much_for_half_of_one)
{
    struct world w = begin();
    plant_model_set_grid(w.model, 0, false);
    plant_model_fix(w.model, OFFICES, 220e3);
    pass(&w, 1.9, 100);
    adds_up(&w);
    ck_assert(gate(&w)->lives);
    ck_assert_double_eq_tol(power(&w, BATTERY), 220e3, 1);
    plant_model_fix(w.model, OFFICES, 150e3); // in time
    pass(&w, 10, 100);
    ck_assert(gate(&w)->lives);
    plant_model_fix(w.model, OFFICES, 480e3); // half of it is given, at a voltage that sags
    pass(&w, 0.5, 100);
    adds_up(&w);
    ck_assert_double_eq_tol(power(&w, OFFICES), -240e3, 1);
    ck_assert_double_eq_tol(gate(&w)->voltage_v, 6600 * sqrt(0.5), 1);
    pass(&w, 0.1, 100);
    ck_assert(!gate(&w)->lives);
    ck_assert_double_eq_tol(gate(&w)->overload_s, 2.4, 1e-6);
    end(&w);
}
END_TEST

START_TEST(too_much_sun_for_who_forms_ends_in_black_unless_it_is_curtailed)
{
    struct world w = begin();
    plant_model_set_soc(w.model, BATTERY, 0.9); // full, as far as it is used
    plant_model_set_grid(w.model, 0, false);
    plant_model_fix(w.model, PV, 110e3);
    pass(&w, 0.3, 100);
    adds_up(&w);
    ck_assert(gate(&w)->lives);
    ck_assert_double_gt(gate(&w)->frequency_hz, 50.1);
    plant_model_command(w.model, PV, 60e3);
    pass(&w, 10, 100);
    ck_assert(gate(&w)->lives);
    plant_model_release(w.model, PV);
    plant_model_set_soc(w.model, BATTERY, 0.9);
    pass(&w, 1, 100);
    ck_assert(!gate(&w)->lives);
    end(&w);
}
END_TEST

START_TEST(long_steps_leave_time_to_act)
{
    struct world w = begin();
    plant_model_set_grid(w.model, 0, false);
    plant_model_fix(w.model, OFFICES, 400e3);
    pass(&w, 120, 60000);
    ck_assert(gate(&w)->lives);
    plant_model_switch(w.model, VENTILATION, false);
    pass(&w, 120, 60000);
    ck_assert(gate(&w)->lives);
    ck_assert_double_eq_tol(power(&w, BATTERY), 200e3, 1);
    plant_model_switch(w.model, VENTILATION, true);
    pass(&w, 300, 60000);
    ck_assert(!gate(&w)->lives);
    end(&w);
}
END_TEST

START_TEST(the_next_in_order_takes_over_when_a_battery_trips_or_is_empty)
{
    struct world w = begin();
    plant_model_command(w.model, ENGINE, 120e3);
    pass(&w, 10, 100);
    plant_model_set_grid(w.model, 0, false);
    pass(&w, 1, 100);
    ck_assert_int_eq(gate(&w)->forming, BATTERY);
    ck_assert_double_eq_tol(power(&w, BATTERY), -20e3, 10);
    ck_assert_int_eq(plant_model_trip(w.model, BATTERY, true), 0);
    pass(&w, 1, 100);
    adds_up(&w);
    ck_assert_int_eq(gate(&w)->forming, ENGINE);
    ck_assert_double_eq(power(&w, BATTERY), 0);
    ck_assert_double_eq_tol(power(&w, ENGINE), 100e3, 1);
    ck_assert_int_eq(plant_model_trip(w.model, BATTERY, false), 0);
    plant_model_set_soc(w.model, BATTERY, 0.1);
    pass(&w, 1, 100);
    ck_assert_int_eq(gate(&w)->forming, ENGINE);
    plant_model_set_fuel(w.model, ENGINE, 0);
    pass(&w, 5, 100);
    ck_assert(!gate(&w)->lives);
    end(&w);
}
END_TEST

START_TEST(a_black_bus_lives_again_when_a_battery_is_told_to_start_or_an_engine_has_started)
{
    struct world w = begin();
    plant_model_fix(w.model, OFFICES, 500e3);
    plant_model_set_grid(w.model, 0, false);
    pass(&w, 2, 100);
    ck_assert(!gate(&w)->lives);
    plant_model_fix(w.model, OFFICES, 50e3);
    plant_model_command(w.model, BATTERY, 0); // too early to be a word to start again
    pass(&w, 10, 100);
    ck_assert(!gate(&w)->lives);
    plant_model_command(w.model, BATTERY, 0);
    pass(&w, 0.1, 100);
    ck_assert(gate(&w)->lives);
    ck_assert_double_eq_tol(power(&w, BATTERY), 75e3, 1e3); // the lights come back all at once
    plant_model_trip(w.model, BATTERY, true);
    pass(&w, 5, 100);
    ck_assert(!gate(&w)->lives);
    plant_model_command(w.model, ENGINE, 100e3);
    pass(&w, 4, 100);
    ck_assert(!gate(&w)->lives);
    pass(&w, 2, 100);
    ck_assert(gate(&w)->lives);
    ck_assert_int_eq(gate(&w)->forming, ENGINE);
    ck_assert_double_eq_tol(power(&w, ENGINE), 75e3, 25e3);
    ck_assert(mall(&w)->lives); // its own grid is there
    end(&w);
}
END_TEST

START_TEST(a_tie_starts_its_bus_when_the_other_end_lives_and_it_is_told)
{
    struct world w = begin();
    plant_model_set_grid(w.model, 1, false);
    pass(&w, 1, 100);
    ck_assert_int_eq(mall(&w)->forming, TIE);
    plant_model_fix(w.model, SHOPS, 300e3);
    pass(&w, 5, 100);
    ck_assert(!mall(&w)->lives && gate(&w)->lives);
    plant_model_fix(w.model, SHOPS, 45e3);
    pass(&w, 5, 100);
    ck_assert(!mall(&w)->lives);
    plant_model_command(w.model, TIE, 1e3);
    pass(&w, 1, 100);
    ck_assert(mall(&w)->lives);
    ck_assert_double_eq_tol(power(&w, GRID_GATE), 150e3, 1);
    end(&w);
}
END_TEST

START_TEST(a_live_island_is_synchronised_before_its_breaker_closes)
{
    struct world w = begin();
    plant_model_set_grid(w.model, 0, false);
    pass(&w, 5, 100);
    plant_model_set_grid(w.model, 0, true);
    pass(&w, 5, 100);
    ck_assert(gate(&w)->supplied && !gate(&w)->breaker_closed);
    plant_model_switch(w.model, BREAKER, true);
    pass(&w, 1.8, 100);
    ck_assert(!gate(&w)->breaker_closed);
    ck_assert_int_eq(gate(&w)->forming, BATTERY);
    pass(&w, 0.2, 100);
    ck_assert(gate(&w)->breaker_closed && plant_model_switch_at(w.model, BREAKER)->closed);
    ck_assert_int_eq(gate(&w)->forming, -1);
    pass(&w, 5, 100);
    ck_assert_double_eq_tol(power(&w, GRID_GATE), 100e3, 10);
    plant_model_set_grid(w.model, 1, false);
    plant_model_set_grid(w.model, 1, true);
    pass(&w, 3, 100);
    ck_assert(mall(&w)->breaker_closed); // the interconnection does so by itself
    ck_assert_uint_eq(gate(&w)->blackouts + mall(&w)->blackouts, 0);
    ck_assert_double_eq(gate(&w)->backfeed_s, 0);
    end(&w);
}
END_TEST

START_TEST(closing_onto_a_dead_grid_is_counted_and_pulls_the_bus_down)
{
    struct world w = begin();
    plant_model_set_grid(w.model, 0, false);
    pass(&w, 5, 100);
    ck_assert(gate(&w)->lives);
    plant_model_switch(w.model, BREAKER, true);
    pass(&w, 1, 100);
    ck_assert(!gate(&w)->lives && !gate(&w)->breaker_closed); // tripped, too late
    ck_assert_double_gt(gate(&w)->backfeed_s, 0.05);
    end(&w);
}
END_TEST

START_TEST(without_protection_the_dead_grid_pulls_the_bus_down_until_somebody_opens)
{
    struct world w = begin();
    plant_model_set_protection(w.model, GATE, false);
    plant_model_set_grid(w.model, 0, false);
    pass(&w, 5, 100);
    ck_assert(!gate(&w)->lives && gate(&w)->breaker_closed);
    ck_assert_double_eq(gate(&w)->backfeed_s, 0);
    plant_model_command(w.model, BATTERY, 0); // onto the dead grid
    pass(&w, 1, 100);
    ck_assert(!gate(&w)->lives);
    ck_assert_double_eq_tol(gate(&w)->backfeed_s, 1, 1e-6);
    plant_model_stick(w.model, BREAKER, true);
    plant_model_switch(w.model, BREAKER, false);
    pass(&w, 1, 100);
    ck_assert(gate(&w)->breaker_closed);
    plant_model_stick(w.model, BREAKER, false);
    plant_model_switch(w.model, BREAKER, false);
    pass(&w, 0.1, 100);
    ck_assert(gate(&w)->lives);
    end(&w);
}
END_TEST

START_TEST(a_switch_takes_its_share_off_and_draws_more_when_it_is_closed_again)
{
    struct world w = begin();
    pass(&w, 1, 100);
    plant_model_switch(w.model, LIGHTS, false);
    pass(&w, 1, 100);
    ck_assert_double_eq_tol(power(&w, OFFICES), -75e3, 1e-6);
    plant_model_switch(w.model, LIGHTS, true);
    pass(&w, 0.1, 100);
    ck_assert_double_eq_tol(power(&w, OFFICES), -150e3, 2e3); // three times its 25 kW
    pass(&w, 10, 100);
    ck_assert_double_eq_tol(power(&w, OFFICES), -100e3, 3e3);
    plant_model_stick(w.model, LIGHTS, true);
    plant_model_switch(w.model, LIGHTS, false);
    pass(&w, 60, 100);
    ck_assert_double_eq_tol(power(&w, OFFICES), -100e3, 1);
    ck_assert(plant_model_switch_at(w.model, LIGHTS)->closed);
    ck_assert_int_eq(plant_model_switch(w.model, 3, true), AEMS_E_RANGE);
    end(&w);
}
END_TEST

START_TEST(what_was_served_is_counted_by_tier)
{
    struct world w = begin();
    pass(&w, 60, 100);
    plant_model_reset_violations(w.model);
    plant_model_switch(w.model, VENTILATION, false);
    pass(&w, 36, 100); // 1 kWh is wanted
    const struct plant_served *s = plant_model_served(w.model, 0);
    ck_assert_double_eq_tol(s->wanted_wh[TIER_LIFELINE], 250, 1e-6);
    ck_assert_double_eq_tol(s->wanted_wh[TIER_DEFERRABLE], 500, 1e-6);
    ck_assert_double_eq_tol(s->served_wh[TIER_LIFELINE], 250, 1e-6);
    ck_assert_double_eq_tol(s->served_wh[TIER_DEFERRABLE], 0, 1e-6);
    plant_model_command(w.model, OFFICES, -30e3); // its controller gives up the least important
    pass(&w, 10, 100);
    plant_model_reset_violations(w.model);
    pass(&w, 36, 100);
    ck_assert_double_eq_tol(s->served_wh[TIER_LIFELINE], 250, 1e-6);
    ck_assert_double_eq_tol(s->served_wh[TIER_IMPORTANT], 50, 1e-3);
    plant_model_set_grid(w.model, 0, false);
    plant_model_trip(w.model, BATTERY, true);
    plant_model_reset_violations(w.model);
    pass(&w, 36, 100);
    ck_assert_double_eq_tol(s->wanted_wh[TIER_LIFELINE], 250, 1e-6);
    ck_assert_double_eq(s->served_wh[TIER_LIFELINE], 0);
    end(&w);
}
END_TEST

static unsigned dice(unsigned *state, unsigned sides)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % sides;
}

static void do_anything(struct world *w, unsigned *state)
{
    struct plant_model *m = w->model;
    bool flag = dice(state, 2);
    switch (dice(state, 12)) {
    case 0:
        plant_model_set_grid(m, (int)dice(state, 2), flag || dice(state, 2));
        break;
    case 1:
        plant_model_set_protection(m, (int)dice(state, 2), flag);
        break;
    case 2:
        plant_model_switch(m, (int)dice(state, 3), flag);
        break;
    case 3:
        plant_model_stick(m, (int)dice(state, 3), flag);
        break;
    case 4:
        plant_model_trip(m, dice(state, 2) ? BATTERY : ENGINE, flag && dice(state, 2));
        break;
    case 5:
        plant_model_release(m, BATTERY + (int)dice(state, 4));
        break;
    case 6:
        plant_model_set_soc(m, BATTERY, dice(state, 101) / 100.0);
        break;
    case 7:
        plant_model_set_fuel(m, ENGINE, flag ? 1 : dice(state, 2) * 0.001);
        break;
    case 8:
        plant_model_fix(m, PV, dice(state, 5) * 50e3);
        break;
    case 9:
        plant_model_fix(m, dice(state, 2) ? OFFICES : SHOPS, dice(state, 5) * 60e3);
        break;
    default:
        plant_model_command(m, PV + (int)dice(state, 6), (dice(state, 9) - 4.0) * 50e3);
        break;
    }
}

static void nothing_flows_on_a_black_bus(const struct world *w)
{
    static const int at_gate[] = {GRID_GATE, PV, BATTERY, OFFICES, ENGINE, TIE}, at_mall[] = {GRID_MALL, SHOPS, TIE};
    for (size_t i = 0; !gate(w)->lives && i < sizeof at_gate / sizeof *at_gate; i++)
        ck_assert_double_eq(power(w, at_gate[i]), 0);
    for (size_t i = 0; !mall(w)->lives && i < sizeof at_mall / sizeof *at_mall; i++)
        ck_assert_double_eq(power(w, at_mall[i]), 0);
}

START_TEST(whatever_happens_power_adds_up_and_nothing_flows_without_voltage)
{
    static const int steps_ms[] = {50, 1000, 60000};
    struct world w = begin();
    unsigned state = 42;
    double unbalanced_s = 0;
    for (int i = 0; i < 30000; i++) {
        int step_ms = steps_ms[i / 10000];
        if (dice(&state, 4) == 0)
            do_anything(&w, &state);
        pass(&w, step_ms / 1000.0, step_ms);
        double left_w = fabs(plant_model_bus(w.model, GATE)->lacking_w);
        left_w = fmax(left_w, fabs(plant_model_bus(w.model, MALL)->lacking_w));
        ck_assert(isfinite(left_w));
        if (left_w < 2) // what nobody could take or give is over with the next step
            unbalanced_s = 0;
        else
            ck_assert_double_le(unbalanced_s += step_ms / 1000.0, step_ms / 1000.0 + 1e-9);
        ck_assert_double_le(fabs(power(&w, BATTERY)), 1.2 * 200e3 + 1);
        ck_assert_double_le(power(&w, ENGINE), 1.2 * 300e3 + 1);
        ck_assert(plant_model_soc_frac(w.model, BATTERY) >= 0 && plant_model_soc_frac(w.model, BATTERY) <= 1);
        ck_assert(gate(&w)->lives || gate(&w)->voltage_v <= 0);
        nothing_flows_on_a_black_bus(&w);
    }
    ck_assert_uint_gt(gate(&w)->blackouts, 20);
    ck_assert_uint_gt(mall(&w)->blackouts, 20);
    end(&w);
}
END_TEST

START_TEST(an_area_without_islands_has_none_to_make_up)
{
    struct world w = begin();
    plant_model_free(w.model);
    w.site->n_islands = 0;
    ck_assert_int_eq(plant_model_new(w.site, 1, w.now, &w.model), 0);
    ck_assert_int_eq(plant_model_set_islands(w.model, true), AEMS_E_STATE);
    ck_assert_ptr_null(plant_model_island(w.model, 0));
    ck_assert_int_eq(plant_model_set_supply(w.model, 0, 400, 50), AEMS_E_RANGE);
    ck_assert_int_eq(plant_model_trip(w.model, OFFICES, true), AEMS_E_STATE);
    end(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulated islands");
    TCase *c = tcase_create("islands");
    tcase_add_test(c, a_battery_takes_over_at_once_and_its_neighbour_is_fed_over_the_tie);
    tcase_add_test(c, without_anybody_who_forms_it_goes_black_and_nothing_flows);
    tcase_add_test(c, a_little_too_much_is_borne_for_two_seconds_and_far_too_much_for_half_of_one);
    tcase_add_test(c, too_much_sun_for_who_forms_ends_in_black_unless_it_is_curtailed);
    tcase_add_test(c, long_steps_leave_time_to_act);
    tcase_add_test(c, the_next_in_order_takes_over_when_a_battery_trips_or_is_empty);
    tcase_add_test(c, a_black_bus_lives_again_when_a_battery_is_told_to_start_or_an_engine_has_started);
    tcase_add_test(c, a_tie_starts_its_bus_when_the_other_end_lives_and_it_is_told);
    tcase_add_test(c, a_live_island_is_synchronised_before_its_breaker_closes);
    tcase_add_test(c, closing_onto_a_dead_grid_is_counted_and_pulls_the_bus_down);
    tcase_add_test(c, without_protection_the_dead_grid_pulls_the_bus_down_until_somebody_opens);
    tcase_add_test(c, a_switch_takes_its_share_off_and_draws_more_when_it_is_closed_again);
    tcase_add_test(c, what_was_served_is_counted_by_tier);
    tcase_add_test(c, whatever_happens_power_adds_up_and_nothing_flows_without_voltage);
    tcase_add_test(c, an_area_without_islands_has_none_to_make_up);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
