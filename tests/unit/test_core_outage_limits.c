// SPDX-License-Identifier: GPL-3.0-or-later
// A building whose controller limits it, in an island: who forms it keeps within its limits meanwhile, and where there
// are switches as well, the controller serves the grid's limits and the switches the island.
#include "outage_world.h"
#include "tests/unit/run_suite.h"

static struct outage_world w;

// The hall's controller limits `sheddable`, and instead of a few switches, or beside them, there are `switches`.
static void begin(const char *sheddable, const char *switches, const char *devices)
{
    char text[6000];
    int n =
        snprintf(text, sizeof text,
                 "%s"
                 "buses: {gate: {}}\n"
                 "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t}}\n"
                 "pv: {sun: {bus: gate, peak_power: 10 kW, curtailable: true}}\n"
                 "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 160 kW, max_discharge: 320 kW,\n"
                 "                  soc_min: 10 %%, soc_max: 90 %%, reserve: 10 %%}}\n"
                 "loads: {hall: {bus: gate, shape: flat, average: 300 kW, peak: 600 kW, sheddable: [%s],\n"
                 "               tiers: {lifeline: 20 %%, important: 30 %%, ordinary: 30 %%, deferrable: 20 %%}}}\n"
                 "generators: {gas: {bus: gate, max_power: 300 kW, min_power: 60 kW, fuel_cost: 0.4 /kWh,\n"
                 "                   fuel: 3 MWh, emergency: true}}\n"
                 "islands: {block: {grid: grid, forming: [bat, gas], breaker: brk, voltage: 230 V,\n"
                 "                  frequency: 50 Hz}}\n"
                 "switches:\n"
                 "  brk: {}\n"
                 "%s"
                 "devices:\n"
                 "  m_grid: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}\n"
                 "  m_sun: {link: wire, unit: 2, profile: generic-pv, asset: sun, poll: 1 s, control: true}\n"
                 "  m_bat: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true}\n"
                 "  m_hall: {link: wire, unit: 5, profile: generic-load, asset: hall, poll: 1 s, control: true}\n"
                 "  m_gas: {link: wire, unit: 6, profile: generic-generator, asset: gas, poll: 1 s, control: true}\n"
                 "  m_brk: {link: wire, unit: 7, profile: generic-switch, switch: brk, poll: 1 s, control: true}\n"
                 "  m_relay: {link: wire, unit: 12, profile: generic-grid-relay, island: block, poll: 1 s}\n"
                 "%s",
                 OUTAGE_HEAD, sheddable, switches, devices);
    ck_assert_int_lt(n, (int)sizeof text);
    outage_begin(&w, text);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.4), 0);
    outage_load(&w, 300e3, 0);
    outage_run(&w, 30);
}

static void lose_grid(void)
{
    outage_grid(&w, false);
    outage_until(&w, ISLAND_ISLANDED, 10);
}

static double limit_w(void)
{
    struct asset_view v;
    engine_asset(w.engine, outage_asset(&w, "hall"), w.now, &v);
    return v.has_setpoint ? v.setpoint_w : -INFINITY;
}

START_TEST(while_a_building_is_limited_who_forms_is_charged_with_no_more_than_it_takes)
{
    begin("ordinary, deferrable", "  light: {load: hall, tier: important}\n",
          "  m_light: {link: wire, unit: 8, profile: generic-switch, switch: light, poll: 1 s, control: true}\n");
    lose_grid();
    ck_assert(isfinite(limit_w())); // 300 kW are drawn, and it gives 272 kW
    for (int s = 0; s < 300; s++) { // by rule the generator runs, and after two minutes all but lifelines is given up
        outage_second(&w);
        ck_assert_double_ge(outage_power_w(&w, "bat"), s < 130 ? -176e3 : -140e3);
    }
    ck_assert(isfinite(limit_w()));
    ck_assert_double_gt(outage_power_w(&w, "gas"), 59e3); // it runs, below half
    ck_assert_double_lt(outage_power_w(&w, "gas"), 300e3);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    outage_end(&w);
}
END_TEST

START_TEST(a_tier_with_switches_is_limited_while_there_is_a_grid_and_switched_without_one)
{
    begin("ordinary, deferrable",
          "  light: {load: hall, tier: important}\n  heat: {load: hall, tier: ordinary}\n"
          "  pool: {load: hall, tier: deferrable}\n",
          "  m_light: {link: wire, unit: 8, profile: generic-switch, switch: light, poll: 1 s, control: true}\n"
          "  m_heat: {link: wire, unit: 9, profile: generic-switch, switch: heat, poll: 1 s, control: true}\n"
          "  m_pool: {link: wire, unit: 10, profile: generic-switch, switch: pool, poll: 1 s, control: true}\n");
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.1), 0); // it has nothing to give
    struct grid_limit l = {.id = "dr",
                           .from_utc_ms = w.now.utc_ms,
                           .until_utc_ms = w.now.utc_ms + 600 * 1000,
                           .import_limit_w = 200e3,
                           .export_limit_w = 0};
    ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l}), 0);
    outage_run(&w, 60);
    ck_assert_double_eq_tol(limit_w(), -196e3, 5e3);
    ck_assert_double_le(outage_power_w(&w, "grid"), 200e3);
    ck_assert(outage_closed(&w, "heat") && outage_closed(&w, "pool"));

    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.7), 0);
    outage_run(&w, 10);
    lose_grid();
    outage_run(&w, 300);
    ck_assert(!isfinite(limit_w()));
    ck_assert(!outage_closed(&w, "heat") && !outage_closed(&w, "pool"));
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    outage_end(&w);
}
END_TEST

START_TEST(what_a_limit_leaves_does_not_count_as_shed_and_what_it_takes_is_known)
{
    begin("ordinary, deferrable", "", "");
    outage_load(&w, 320e3, 0);
    outage_run(&w, 10);
    lose_grid(); // it gives 272 kW: limiting what can wait, 64 kW, takes 38 kW off
    ck_assert_double_gt(limit_w(), -230e3);
    for (int s = 0; s < 60; s++) {
        struct island_view v = outage_island(&w, 0);
        double demand_w = 0;
        for (int t = 0; t < TIER_COUNT; t++)
            demand_w += v.demand_w[t];
        if (s > 10)
            ck_assert_double_eq_tol(demand_w, 310e3, 15e3); // 300 kW are expected
        outage_second(&w);
    }
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    outage_end(&w);
}
END_TEST

START_TEST(a_limit_that_is_set_at_a_loss_reckons_with_the_circuits_that_go_in_the_same_moment)
{
    begin("ordinary, deferrable", "  light: {load: hall, tier: important}\n",
          "  m_light: {link: wire, unit: 8, profile: generic-switch, switch: light, poll: 1 s, control: true}\n");
    outage_load(&w, 500e3, 0); // the battery gives 272 kW
    outage_run(&w, 30);
    outage_grid(&w, false);
    w.now.mono_ms += 1000;
    w.now.utc_ms += 1000;
    plant_model_step(w.plant, w.now);
    outage_poll(&w, 0); // the grid's meter
    ck_assert(!outage_closed(&w, "light"));
    ck_assert_double_eq_tol(limit_w(), -200e3,
                            10e3); // lifelines, and some of what is limited: 350 kW is what is drawn yet
    outage_run(&w, 10);
    ck_assert_double_gt(outage_power_w(&w, "hall"), -272e3);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    outage_end(&w);
}
END_TEST

START_TEST(an_operators_limit_holds_on_an_island_as_well)
{
    begin("ordinary, deferrable", "", "");
    outage_load(&w, 200e3, 0);
    outage_run(&w, 10);
    lose_grid();
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {COMMAND_MANUAL_SETPOINT, outage_asset(&w, "hall"), -150e3, w.now.utc_ms + 60 * 1000}};
    ck_assert_int_eq(outage_tell(&w, e), 0);
    outage_run(&w, 20);
    ck_assert_double_eq(limit_w(), -150e3);
    ck_assert_double_eq_tol(outage_power_w(&w, "hall"), -150e3, 1e3);
    outage_run(&w, 60);
    ck_assert(!isfinite(limit_w()));
    outage_end(&w);
}
END_TEST

START_TEST(a_building_stays_limited_when_who_forms_strains_just_after_a_new_configuration)
{
    begin("ordinary, deferrable", "", "");
    lose_grid();
    outage_run(&w, 20);
    double before_w = limit_w();
    ck_assert(isfinite(before_w));
    struct engine *former = w.engine;
    outage_new_engine(&w);
    engine_adopt(w.engine, former, w.now);
    engine_free(former);
    w.now.mono_ms += 700; // one more circuit came on, and no tick has been since
    w.now.utc_ms += 700;
    ck_assert_int_eq(plant_model_command(w.plant, outage_asset(&w, "hall"), -300e3), 0);
    plant_model_step(w.plant, w.now);
    ck_assert_double_gt(outage_power_w(&w, "bat"), 280e3);
    for (size_t d = 0; d < w.site->n_devices; d++)
        outage_poll(&w, (int)d);
    ck_assert_double_eq_tol(limit_w(), before_w, 1);
    outage_end(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage limits");
    TCase *tc = tcase_create("limits");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, while_a_building_is_limited_who_forms_is_charged_with_no_more_than_it_takes);
    tcase_add_test(tc, a_tier_with_switches_is_limited_while_there_is_a_grid_and_switched_without_one);
    tcase_add_test(tc, what_a_limit_leaves_does_not_count_as_shed_and_what_it_takes_is_known);
    tcase_add_test(tc, a_limit_that_is_set_at_a_loss_reckons_with_the_circuits_that_go_in_the_same_moment);
    tcase_add_test(tc, an_operators_limit_holds_on_an_island_as_well);
    tcase_add_test(tc, a_building_stays_limited_when_who_forms_strains_just_after_a_new_configuration);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
