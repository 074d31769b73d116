// SPDX-License-Identifier: GPL-3.0-or-later
// What an outage must bear besides the grid's loss: a machine that sleeps, links that are silent, contacts that
// chatter, ties that go round in a ring.
#include "outage_world.h"
#include "tests/unit/run_suite.h"

static struct outage_world w;

static void setup(void)
{
    outage_begin(&w, BLOCK);
    outage_load(&w, 120e3, 0);
    outage_run(&w, 30);
}

static void teardown(void)
{
    outage_end(&w);
}

static void pass(int seconds)
{
    w.now.utc_ms += seconds * INT64_C(1000);
    w.now.mono_ms += (uint64_t)seconds * 1000;
    for (int s = 0; s < seconds; s++) {
        struct instant at = {w.now.utc_ms - (seconds - 1 - s) * INT64_C(1000),
                             w.now.mono_ms - (uint64_t)(seconds - 1 - s) * 1000};
        plant_model_step(w.plant, at);
    }
}

// ---- who forms is driven by nobody --------------------------------------------------------------------------------

START_TEST(an_engine_is_not_left_with_more_sun_than_is_drawn_when_circuits_are_given_up)
{
    outage_load(&w, 300e3, 0);
    plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
    outage_grid(&w, false);
    outage_until(&w, ISLAND_ISLANDED, 200);
    for (int s = 0; s < 400; s++) { // the sun rises, and by rule nobody but lifelines lasts until the grid is back
        outage_load(&w, 300e3, fmin(5e3 * s, 225e3));
        outage_second(&w);
        ck_assert_double_ge(outage_power_w(&w, "gas"), -1);
    }
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 1); // the engine stood still at the loss
    ck_assert(!outage_closed(&w, "pool"));
}
END_TEST

START_TEST(a_circuit_that_is_too_much_when_it_comes_back_from_black_goes_again)
{
    outage_load(&w, 300e3, 0);
    plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
    outage_grid(&w, false);
    for (int s = 0; s < 200 && !(s > 20 && outage_closed(&w, "light")); s++)
        outage_second(&w);
    ck_assert(outage_is_in(&w, ISLAND_RESTARTING));
    outage_load(&w, 640e3, 0); // half of it is on, of an engine of 300 kW
    outage_run(&w, 60);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 1); // the engine stood still at the loss
    ck_assert(plant_model_island(w.plant, 0)->lives && !outage_closed(&w, "light"));
}
END_TEST

// ---- sleep and restart ----------------------------------------------------------------------------------------------

START_TEST(a_machine_that_slept_does_not_take_its_own_silence_for_a_loss)
{
    int before = w.switch_writes;
    pass(600);
    for (int i = 0; i < 3; i++) { // ticks before the first reading
        w.now.utc_ms += 500, w.now.mono_ms += 500;
        outage_tell(&w, (struct event){.kind = EVENT_TICK});
    }
    ck_assert(outage_is_in(&w, ISLAND_CONNECTED));
    outage_run(&w, 30);
    ck_assert(outage_is_in(&w, ISLAND_CONNECTED));
    ck_assert_int_eq(w.switch_writes, before);
}
END_TEST

// Ticks half a second apart before any device is read; nothing comes of it.
static void tick_unread_and_live_on(int ticks)
{
    uint64_t entries = w.last_entry;
    for (int i = 0; i < ticks; i++) {
        w.now.utc_ms += 500, w.now.mono_ms += 500;
        plant_model_step(w.plant, w.now);
        outage_tell(&w, (struct event){.kind = EVENT_TICK});
    }
    outage_run(&w, 30);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert_int_eq(outage_island(&w, 0).forming, outage_asset(&w, "bat"));
    ck_assert(outage_closed(&w, "light"));
    ck_assert_uint_eq(w.last_entry, entries);
}

START_TEST(an_island_lives_on_over_a_stall_of_the_daemon)
{
    outage_lose_grid(&w);
    outage_run(&w, 30);
    pass(15);
    tick_unread_and_live_on(3);
}
END_TEST

START_TEST(an_island_lives_on_over_a_restart_whose_first_ticks_come_before_any_reading)
{
    outage_lose_grid(&w);
    outage_run(&w, 30);
    outage_kill(&w);
    tick_unread_and_live_on(6);
}
END_TEST

START_TEST(a_clock_that_is_set_back_does_not_keep_loads_on_that_cannot_last)
{
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.5), 0);
    outage_lose_grid(&w);
    outage_run(&w, 10);
    w.now.utc_ms -= 3600 * 1000;
    outage_run(&w, 600); // without a plan: the rule
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0); // what is shed, a battery can take
    ck_assert(!outage_closed(&w, "pool") && !outage_closed(&w, "air") && !outage_closed(&w, "heat"));
    struct outage_view v;
    engine_outage(w.engine, w.now, &v);
    ck_assert_int_gt(w.now.utc_ms - v.since_utc_ms, 600 * 1000);
    ck_assert_int_lt(w.now.utc_ms - v.since_utc_ms, 630 * 1000);
}
END_TEST

// ---- silence and chatter --------------------------------------------------------------------------------------------

static int find_device(const char *id)
{
    for (size_t d = 0; d < w.site->n_devices; d++)
        if (strcmp(w.site->devices[d].id, id) == 0)
            return (int)d;
    ck_abort_msg("%s", id);
    return -1;
}

START_TEST(a_gateway_that_is_silent_for_minutes_sheds_nothing_while_the_grid_is_there)
{
    for (size_t d = 0; d < w.site->n_devices; d++)
        w.dead[d] = true;
    outage_run(&w, 180);
    ck_assert(!outage_is_in(&w, ISLAND_BLACK));
    memset(w.dead, 0, sizeof w.dead);
    for (int i = 0; i < 60; i++) {
        outage_second(&w);
        ck_assert(outage_closed(&w, "light") && outage_closed(&w, "air"));
        ck_assert_double_le(outage_power_w(&w, "hall"), -100e3);
    }
}
END_TEST

START_TEST(an_island_whose_battery_is_out_of_reach_for_a_while_is_not_black)
{
    int battery = find_device("m_bat");
    outage_lose_grid(&w);
    outage_run(&w, 30);
    w.dead[battery] = true;
    for (int s = 0; s < 60; s++) {
        outage_second(&w);
        ck_assert(outage_is_in(&w, ISLAND_ISLANDED) && outage_closed(&w, "light"));
    }
    w.dead[battery] = false;
    outage_run(&w, 10);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED) && outage_closed(&w, "light"));
    ck_assert_int_eq(outage_island(&w, 0).forming, outage_asset(&w, "bat"));
}
END_TEST

START_TEST(a_breaker_that_was_told_to_open_too_late_is_not_opened_when_the_grid_is_back)
{
    plant_model_set_protection(w.plant, 0, false);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), true);
    outage_grid(&w, false);
    outage_run(&w, 2);
    outage_grid(&w, true);
    outage_until(&w, ISLAND_CONNECTED, 10);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), false);
    outage_run(&w, 60);
    ck_assert(outage_is_in(&w, ISLAND_CONNECTED) && outage_closed(&w, "brk"));
    ck_assert(!outage_alarm(&w, "switch-brk"));
}
END_TEST

START_TEST(a_relay_that_chatters_fills_no_journal)
{
    outage_lose_grid(&w);
    outage_grid(&w, true);
    outage_until(&w, ISLAND_WAITING, 10);
    uint64_t before = w.last_entry;
    for (int s = 0; s < 600; s++) {
        w.relay = s % 2;
        outage_second(&w);
        ck_assert(!plant_model_island(w.plant, 0)->breaker_closed);
    }
    ck_assert_uint_le(w.last_entry - before, 40);
    w.relay = NAN;
    outage_until(&w, ISLAND_CONNECTED, 420);
}
END_TEST

static void chatter(const char *device, int seconds)
{
    int d = find_device(device);
    for (int s = 0; s < seconds; s++) {
        outage_second(&w);
        for (int i = 0; i < 2; i++) {
            struct reading r = {.quantity = QUANTITY_CLOSED, .value = (s + i) % 2};
            w.now.mono_ms += 400, w.now.utc_ms += 400;
            outage_tell(&w,
                        (struct event){.kind = EVENT_READINGS, .readings = {.device = d, .readings = &r, .count = 1}});
            outage_tell(&w, (struct event){.kind = EVENT_TICK});
        }
    }
}

START_TEST(a_contact_that_chatters_fills_no_journal)
{
    outage_lose_grid(&w);
    outage_run(&w, 30);
    uint64_t before = w.last_entry;
    chatter("m_brk", 300);
    ck_assert(plant_model_island(w.plant, 0)->lives);
    ck_assert(!plant_model_island(w.plant, 0)->breaker_closed);
    ck_assert_uint_le(w.last_entry - before, 30);
    before = w.last_entry;
    int writes = w.switch_writes;
    chatter("m_light", 300);
    ck_assert_uint_le(w.last_entry - before, 10);
    ck_assert_int_le(w.switch_writes - writes, 100);
}
END_TEST

// ---- wear -----------------------------------------------------------------------------------------------------------

START_TEST(a_grid_that_flickers_wears_no_contactor_out)
{
    int closings = 0;
    bool was = true;
    char text[sizeof BLOCK + 8];
    const char *dwell = strstr(BLOCK, "dwell: 60 s");
    snprintf(text, sizeof text, "%.*sdwell: 15 min%s", (int)(dwell - BLOCK), BLOCK, dwell + strlen("dwell: 60 s"));
    outage_end(&w);
    outage_begin(&w, text);
    outage_load(&w, 300e3, 0);
    plant_model_set_protection(w.plant, 0, false);
    outage_run(&w, 30);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), true); // slow to open: the grid is back before
    for (int i = 0; i < 120; i++) {
        outage_grid(&w, i % 2 != 0);
        outage_run(&w, i % 2 != 0 ? 58 : 2);
        bool is = outage_closed(&w, "pool");
        closings += is && !was;
        was = is;
    }
    ck_assert_int_le(closings, 14);
    ck_assert_uint_le(w.last_entry, 400);
}
END_TEST

// ---- a ring of ties -------------------------------------------------------------------------------------------------

static const char RING[] =
    OUTAGE_HEAD "buses: {a: {}, b: {}, c: {}}\n"
                "grids:\n"
                "  ga: {bus: a, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n"
                "  gb: {bus: b, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n"
                "  gc: {bus: c, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n"
                "batteries:\n"
                "  bat_a: {bus: a, capacity: 1000 kWh, max_charge: 200 kW, max_discharge: 200 kW}\n"
                "  bat_b: {bus: b, capacity: 1000 kWh, max_charge: 200 kW, max_discharge: 200 kW}\n"
                "  bat_c: {bus: c, capacity: 1000 kWh, max_charge: 200 kW, max_discharge: 200 kW}\n"
                "loads:\n"
                "  la: {bus: a, shape: flat, average: 50 kW, peak: 90 kW, sheddable: [], tiers: {lifeline: 100 %}}\n"
                "  lb: {bus: b, shape: flat, average: 50 kW, peak: 90 kW, sheddable: [], tiers: {lifeline: 100 %}}\n"
                "  lc: {bus: c, shape: flat, average: 50 kW, peak: 90 kW, sheddable: [], tiers: {lifeline: 100 %}}\n"
                "ties:\n"
                "  ab: {from: a, to: b, limit: 200 kW, loss: 2 %}\n"
                "  bc: {from: b, to: c, limit: 200 kW, loss: 2 %}\n"
                "  ca: {from: c, to: a, limit: 200 kW, loss: 2 %}\n"
                "islands:\n"
                "  isle_a: {grid: ga, forming: [bat_a, ca], breaker: ka, voltage: 230 V, frequency: 50 Hz}\n"
                "  isle_b: {grid: gb, forming: [bat_b, ab], breaker: kb, voltage: 230 V, frequency: 50 Hz}\n"
                "  isle_c: {grid: gc, forming: [bat_c, bc], breaker: kc, voltage: 230 V, frequency: 50 Hz}\n"
                "switches: {ka: {}, kb: {}, kc: {}}\n"
                "devices:\n"
                "  m_ga: {link: wire, unit: 1, profile: generic-meter, asset: ga, poll: 1 s}\n"
                "  m_gb: {link: wire, unit: 2, profile: generic-meter, asset: gb, poll: 1 s}\n"
                "  m_gc: {link: wire, unit: 3, profile: generic-meter, asset: gc, poll: 1 s}\n"
                "  m_ba: {link: wire, unit: 4, profile: generic-battery, asset: bat_a, poll: 1 s, control: true}\n"
                "  m_bb: {link: wire, unit: 5, profile: generic-battery, asset: bat_b, poll: 1 s, control: true}\n"
                "  m_bc: {link: wire, unit: 6, profile: generic-battery, asset: bat_c, poll: 1 s, control: true}\n"
                "  m_la: {link: wire, unit: 7, profile: generic-meter, asset: la, poll: 1 s}\n"
                "  m_lb: {link: wire, unit: 8, profile: generic-meter, asset: lb, poll: 1 s}\n"
                "  m_lc: {link: wire, unit: 9, profile: generic-meter, asset: lc, poll: 1 s}\n"
                "  m_ab: {link: wire, unit: 10, profile: generic-tie, asset: ab, poll: 1 s, control: true}\n"
                "  m_tbc: {link: wire, unit: 11, profile: generic-tie, asset: bc, poll: 1 s, control: true}\n"
                "  m_ca: {link: wire, unit: 12, profile: generic-tie, asset: ca, poll: 1 s, control: true}\n"
                "  m_ka: {link: wire, unit: 13, profile: generic-switch, switch: ka, poll: 1 s, control: true}\n"
                "  m_kb: {link: wire, unit: 14, profile: generic-switch, switch: kb, poll: 1 s, control: true}\n"
                "  m_kc: {link: wire, unit: 15, profile: generic-switch, switch: kc, poll: 1 s, control: true}\n";

static void setup_ring(void)
{
    outage_begin(&w, RING);
    for (int i = 0; i < 3; i++)
        plant_model_fix(w.plant, outage_asset(&w, w.site->loads[i].id), 50e3);
    outage_run(&w, 30);
}

START_TEST(islands_in_a_ring_do_not_hold_each_other_up)
{
    static const char *const batteries[] = {"bat_a", "bat_b", "bat_c"};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(plant_model_set_grid(w.plant, i, false), 0);
    outage_run(&w, 20);
    int on_ties = 0;
    for (int i = 0; i < 3; i++) { // one after the other is nearly empty, and hands over
        int asset = outage_asset(&w, batteries[i]);
        ck_assert_int_eq(outage_island(&w, i).state, ISLAND_ISLANDED);
        double low = w.site->batteries[w.site->assets[asset].of_kind].soc_min_frac + 0.015;
        ck_assert_int_eq(plant_model_set_soc(w.plant, asset, low), 0);
        outage_run(&w, 5);
    }
    for (int i = 0; i < 3; i++)
        on_ties += w.site->assets[outage_island(&w, i).forming].kind == ASSET_TIE;
    ck_assert_int_eq(on_ties, 2); // the last holds them all
    for (int i = 0; i < 3; i++)
        plant_model_trip(w.plant, outage_asset(&w, batteries[i]), true);
    outage_run(&w, 400);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(island_state_name(outage_island(&w, i).state), "black");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage harm");
    TCase *t = tcase_create("harm"), *ring = tcase_create("ring");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_circuit_that_is_too_much_when_it_comes_back_from_black_goes_again);
    tcase_add_test(t, an_engine_is_not_left_with_more_sun_than_is_drawn_when_circuits_are_given_up);
    tcase_add_test(t, a_machine_that_slept_does_not_take_its_own_silence_for_a_loss);
    tcase_add_test(t, an_island_lives_on_over_a_stall_of_the_daemon);
    tcase_add_test(t, an_island_lives_on_over_a_restart_whose_first_ticks_come_before_any_reading);
    tcase_add_test(t, a_clock_that_is_set_back_does_not_keep_loads_on_that_cannot_last);
    tcase_add_test(t, a_gateway_that_is_silent_for_minutes_sheds_nothing_while_the_grid_is_there);
    tcase_add_test(t, an_island_whose_battery_is_out_of_reach_for_a_while_is_not_black);
    tcase_add_test(t, a_breaker_that_was_told_to_open_too_late_is_not_opened_when_the_grid_is_back);
    tcase_add_test(t, a_relay_that_chatters_fills_no_journal);
    tcase_add_test(t, a_contact_that_chatters_fills_no_journal);
    tcase_add_test(t, a_grid_that_flickers_wears_no_contactor_out);
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(ring, setup_ring, teardown);
    tcase_set_timeout(ring, 60);
    tcase_add_test(ring, islands_in_a_ring_do_not_hold_each_other_up);
    suite_add_tcase(s, ring);
    return run_suite(s);
}
