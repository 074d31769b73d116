// SPDX-License-Identifier: GPL-3.0-or-later
// The engine loses its grid: what it sheds at once, who holds the island, how it comes back, whatever goes wrong
// meanwhile.
#include "allocations.h"
#include "base/error.h"
#include "base/text.h"
#include "outage_world.h"
#include "tests/unit/run_suite.h"

#include <time.h>

enum { GAS_DEVICE = 5 };

static struct outage_world w;

static void setup(void)
{
    outage_begin(&w, BLOCK);
    outage_load(&w, 300e3, 0);
    outage_run(&w, 30);
}

static void teardown(void)
{
    outage_end(&w);
}

// ---- a sudden loss --------------------------------------------------------------------------------------------------

START_TEST(connected_nothing_is_told_to_anybody_and_autonomy_is_known)
{
    struct outage_view v;
    outage_run(&w, 120);
    engine_outage(w.engine, w.now, &v);
    ck_assert(outage_is_in(&w, ISLAND_CONNECTED) && !v.on);
    ck_assert_int_eq(w.switch_writes, 0);
    ck_assert_uint_eq(w.last_entry, 0);
    ck_assert_double_gt(v.autonomy_h[TIER_LIFELINE], v.autonomy_h[TIER_DEFERRABLE]);
    ck_assert_double_gt(v.autonomy_h[TIER_DEFERRABLE], 5); // 3.4 MWh for 300 kW
    ck_assert_double_lt(v.autonomy_h[TIER_DEFERRABLE], 15);
}
END_TEST

START_TEST(just_after_a_start_nothing_is_said_of_autonomy)
{
    struct outage_view v;
    engine_free(w.engine);
    outage_new_engine(&w);
    engine_outage(w.engine, w.now, &v);
    ck_assert(!v.reckoned);
    outage_run(&w, 10);
    engine_outage(w.engine, w.now, &v);
    ck_assert(v.reckoned);
}
END_TEST

START_TEST(on_the_reading_that_shows_a_loss_the_deficit_is_shed_by_tier)
{
    outage_grid(&w, false);
    w.now.mono_ms += 300;
    w.now.utc_ms += 300;
    plant_model_step(w.plant, w.now);
    int before = w.switch_writes;
    outage_poll(&w, 0); // the grid's meter: no volts
    ck_assert(!outage_is_in(&w, ISLAND_CONNECTED));
    // 300 kW are drawn, the battery gives 200 kW less its headroom: deferrable and ordinary loads go at once.
    ck_assert_int_gt(w.switch_writes, before);
    ck_assert(!outage_closed(&w, "pool") && !outage_closed(&w, "brk"));
    ck_assert(outage_closed(&w, "light"));
    outage_run(&w, 5);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert(plant_model_island(w.plant, 0)->lives);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    ck_assert_int_eq(outage_island(&w, 0).forming, outage_asset(&w, "bat"));
    ck_assert(outage_alarm(&w, "island-block"));
}
END_TEST

START_TEST(with_a_surplus_nothing_is_shed_and_the_sun_is_curtailed)
{
    outage_load(&w, 100e3, 380e3);
    outage_run(&w, 30);
    outage_lose_grid(&w);
    outage_run(&w, 30);
    ck_assert(outage_closed(&w, "pool") && outage_closed(&w, "air"));
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
    ck_assert_double_ge(outage_power_w(&w, "bat"), -200e3);
    ck_assert_double_lt(outage_power_w(&w, "sun"), 300e3); // 100 kW and what the battery takes with headroom
    ck_assert_double_gt(outage_power_w(&w, "sun"), 200e3);
}
END_TEST

START_TEST(without_a_plan_the_generator_runs_below_half_and_not_above)
{
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.8), 0);
    outage_load(&w, 120e3, 0);
    outage_run(&w, 30);
    outage_lose_grid(&w);
    outage_run(&w, 120);
    ck_assert_double_lt(outage_power_w(&w, "gas"), 1);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.45), 0);
    outage_run(&w, 120);
    ck_assert_double_gt(outage_power_w(&w, "gas"), 59e3);
    ck_assert_double_lt(outage_power_w(&w, "bat"), 0);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
}
END_TEST

// ---- witnesses ------------------------------------------------------------------------------------------------------

START_TEST(one_witness_alone_is_believed_when_it_goes_on_saying_so)
{
    w.relay = 0; // the meter sees volts
    outage_second(&w);
    outage_run(&w, 3);
    ck_assert(!outage_is_in(&w, ISLAND_CONNECTED));
    ck_assert(!outage_alarm(&w, "island-block-witnesses")); // they are read one after the other at any loss
    outage_run(&w, 4);
    ck_assert(outage_alarm(&w, "island-block-witnesses"));
    ck_assert(!outage_closed(&w, "brk"));
    outage_run(&w, 600);
    ck_assert(!outage_is_in(&w, ISLAND_CONNECTED)); // never onto a grid in doubt
    w.relay = NAN;
    outage_until(&w, ISLAND_CONNECTED, 420);
    ck_assert(!outage_alarm(&w, "island-block-witnesses"));
}
END_TEST

START_TEST(a_flapping_grid_has_to_be_stable_for_the_whole_time)
{
    outage_lose_grid(&w);
    for (int i = 0; i < 4; i++) {
        outage_grid(&w, true);
        outage_run(&w, 200);
        ck_assert(outage_is_in(&w, ISLAND_WAITING));
        ck_assert(!plant_model_island(w.plant, 0)->breaker_closed);
        outage_grid(&w, false);
        outage_run(&w, 10);
        ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    }
    outage_grid(&w, true);
    outage_run(&w, 295);
    ck_assert(!plant_model_island(w.plant, 0)->breaker_closed);
    outage_until(&w, ISLAND_CONNECTED, 60);
    ck_assert(plant_model_island(w.plant, 0)->breaker_closed);
}
END_TEST

START_TEST(circuits_come_back_one_by_one_and_in_order_when_the_grid_is_there_again)
{
    static const char *const circuits[] = {"light", "air", "heat", "pool"};
    outage_lose_grid(&w);
    outage_grid(&w, true);
    outage_until(&w, ISLAND_CONNECTED, 420);
    int closed = 0, most_at_once = 0;
    for (int s = 0; s < 120; s++) {
        int now = 0;
        for (int i = 0; i < 4; i++)
            now += outage_closed(&w, circuits[i]);
        most_at_once = s > 0 && now - closed > most_at_once ? now - closed : most_at_once;
        closed = now;
        outage_second(&w);
    }
    ck_assert_int_eq(closed, 4);
    ck_assert_int_le(most_at_once, 1);
    ck_assert(!outage_alarm(&w, "island-block"));
    ck_assert_str_eq(w.journal[w.last_entry - 1].cause, "all loads are served again");
    struct outage_view v;
    engine_outage(w.engine, w.now, &v);
    ck_assert(!v.on);
}
END_TEST

// ---- what does not obey ---------------------------------------------------------------------------------------------

START_TEST(a_breaker_that_does_not_open_is_named_and_nobody_feeds_the_grid)
{
    plant_model_set_protection(w.plant, 0, false);
    plant_model_stick(w.plant, outage_switch(&w, "brk"), true);
    outage_grid(&w, false);
    outage_run(&w, 30);
    ck_assert(outage_alarm(&w, "island-block-breaker"));
    ck_assert(!outage_is_in(&w, ISLAND_ISLANDED) && !outage_is_in(&w, ISLAND_RESTARTING));
    outage_run(&w, 400); // outage_watch: no backfeed
    plant_model_stick(w.plant, outage_switch(&w, "brk"), false);
    outage_until(&w, ISLAND_ISLANDED, 400);
    outage_run(&w, 120);
    ck_assert(outage_alarm(&w, "island-block-breaker")); // some minutes of quiet: it may do so only now and then
    outage_run(&w, 120);
    ck_assert(!outage_alarm(&w, "island-block-breaker"));
    ck_assert(plant_model_island(w.plant, 0)->lives);
}
END_TEST

START_TEST(a_circuit_that_does_not_obey_is_named_and_the_next_one_goes)
{
    plant_model_stick(w.plant, outage_switch(&w, "pool"), true);
    outage_lose_grid(&w);
    outage_run(&w, 30);
    ck_assert(outage_alarm(&w, "switch-pool"));
    ck_assert(outage_journaled(&w, "switch pool does not obey"));
    ck_assert(plant_model_island(w.plant, 0)->lives);
    ck_assert(!outage_closed(&w, "air") || !outage_closed(&w, "heat"));
    ck_assert_double_le(outage_power_w(&w, "bat"), 200e3);
}
END_TEST

START_TEST(when_the_battery_trips_the_generator_restarts_the_island_from_black)
{
    outage_lose_grid(&w);
    outage_run(&w, 30);
    plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
    outage_until(&w, ISLAND_RESTARTING, 180);
    ck_assert(outage_journaled(&w, "bat does not hold the island any more"));
    ck_assert(!outage_closed(&w, "light") && !outage_closed(&w, "brk")); // all is open before there is voltage
    outage_until(&w, ISLAND_ISLANDED, 400);
    ck_assert_int_eq(outage_island(&w, 0).forming, outage_asset(&w, "gas"));
    ck_assert(plant_model_island(w.plant, 0)->lives);
    outage_run(&w, 300);
    ck_assert_double_le(outage_power_w(&w, "hall"), -50e3); // its lifelines
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 1);
}
END_TEST

START_TEST(nobody_can_hold_it_and_it_comes_back_with_the_grid_circuit_by_circuit)
{
    plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
    plant_model_trip(w.plant, outage_asset(&w, "gas"), true);
    outage_run(&w, 10);
    w.dead[GAS_DEVICE] = true; // the generator does not answer either
    outage_run(&w, 10);
    outage_grid(&w, false);
    outage_until(&w, ISLAND_BLACK, 20);
    ck_assert(outage_alarm(&w, "island-block-forming"));
    outage_run(&w, 310);
    ck_assert(outage_alarm(&w, "island-block-black"));
    outage_grid(&w, true);
    outage_run(&w, 290);
    ck_assert(!plant_model_island(w.plant, 0)->breaker_closed);
    outage_until(&w, ISLAND_CONNECTED, 90);
    outage_run(&w, 120);
    ck_assert(outage_closed(&w, "light") && outage_closed(&w, "pool"));
}
END_TEST

// ---- demand response ------------------------------------------------------------------------------------------------

START_TEST(limits_of_the_grid_operator_do_not_hold_for_an_island)
{
    struct grid_limit l = {.id = "dr",
                           .from_utc_ms = w.now.utc_ms,
                           .until_utc_ms = w.now.utc_ms + 3600 * 1000,
                           .import_limit_w = 10e3,
                           .export_limit_w = 0};
    outage_load(&w, 120e3, 0);
    outage_run(&w, 10);
    outage_lose_grid(&w);
    double before_w = outage_power_w(&w, "hall");
    ck_assert_int_eq(outage_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l}), 0);
    outage_run(&w, 30);
    ck_assert_double_eq_tol(outage_power_w(&w, "hall"), before_w, 5e3);
    ck_assert(!outage_alarm(&w, "limit-grid"));
    const struct grid_limit *known;
    ck_assert_uint_eq(engine_limits(w.engine, &known), 1); // known all the same
}
END_TEST

// ---- words ----------------------------------------------------------------------------------------------------------

static struct outage_word word(enum outage_word_kind kind, enum island_state state, int from_s, int until_s)
{
    return (struct outage_word){.kind = kind,
                                .island = 0,
                                .state = state,
                                .from_utc_ms = w.now.utc_ms + from_s * INT64_C(1000),
                                .until_utc_ms = w.now.utc_ms + until_s * INT64_C(1000)};
}

static int say(struct outage_word said)
{
    return outage_tell(&w, (struct event){.kind = EVENT_OUTAGE, .outage = said});
}

START_TEST(an_operator_forces_an_island_and_forbids_the_return_with_a_lease)
{
    ck_assert_int_eq(say(word(OUTAGE_FORCE, ISLAND_ISLANDED, 0, 600)), 0);
    outage_run(&w, 10);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    outage_run(&w, 580);
    ck_assert(outage_is_in(&w, ISLAND_ISLANDED));
    ck_assert_int_eq(say(word(OUTAGE_FORBID, ISLAND_RESYNCHRONISING, 0, 900)), 0);
    outage_run(&w, 600);
    ck_assert(outage_is_in(&w, ISLAND_WAITING));
    struct outage_word free = {.kind = OUTAGE_FREE, .island = 0, .state = ISLAND_RESYNCHRONISING};
    ck_assert_int_eq(say(free), 0);
    ck_assert_int_eq(say(free), AEMS_E_REFUSED);
    outage_until(&w, ISLAND_CONNECTED, 90);
}
END_TEST

START_TEST(words_that_cannot_be_are_refused)
{
    struct outage_word bad = word(OUTAGE_WARNING, ISLAND_CONNECTED, 10, 5);
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED);
    bad = word(OUTAGE_WARNING, ISLAND_CONNECTED, -20, -10);
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED);
    bad = word(OUTAGE_PLANNED, ISLAND_CONNECTED, 0, 10);
    bad.island = 7;
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED);
    bad = word(OUTAGE_FORBID, ISLAND_STATE_COUNT, 0, 10);
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED);
    bad = word(OUTAGE_FORCE, ISLAND_ISLANDED, 0, 24 * 3600 + 1);
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED);
    bad = word(OUTAGE_EXPECT, ISLAND_CONNECTED, 0, 3600);
    ck_assert_int_eq(say(bad), AEMS_E_REFUSED); // of an outage under way
    for (int i = 0; i < ENGINE_MAX_WORDS + 1; i++) {
        struct outage_word many = word(OUTAGE_WARNING, ISLAND_CONNECTED, 0, 3600);
        snprintf(many.id, sizeof many.id, "storm-%d", i);
        ck_assert_int_eq(say(many), i < ENGINE_MAX_WORDS ? 0 : AEMS_E_REFUSED);
    }
    ck_assert_ptr_nonnull(strstr(engine_last_refusal(w.engine), "32 words"));
}
END_TEST

START_TEST(words_survive_a_kill_and_end_by_themselves)
{
    struct outage_word storm = word(OUTAGE_WARNING, ISLAND_CONNECTED, 0, 100);
    strcpy(storm.id, "storm");
    ck_assert_int_eq(say(storm), 0);
    outage_kill(&w);
    struct outage_view v;
    engine_outage(w.engine, w.now, &v);
    ck_assert(v.warned && v.n_words == 1);
    ck_assert_str_eq(v.words[0].id, "storm");
    ck_assert_double_ge(v.reserve_frac, w.site->outage.warned_frac - 1e-9);
    outage_run(&w, 100);
    engine_outage(w.engine, w.now, &v);
    ck_assert(!v.warned && v.n_words == 0);
}
END_TEST

// ---- the largest area -----------------------------------------------------------------------------------------------

enum { LARGE_ISLANDS = 12, LARGE_LOADS = 20, LARGE_SWITCHES = 23 }; // per island

// Twelve islands of 25 assets and 24 switches each.
static void large_site(struct text *t)
{
    text_append(t, OUTAGE_HEAD "  wire1: {tcp: \"127.0.0.2:502\"}\n  wire2: {tcp: \"127.0.0.3:502\"}\n"
                               "  wire3: {tcp: \"127.0.0.4:502\"}\nbuses:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++)
        text_appendf(t, "  bus%d: {}\n", i);
    text_append(t, "grids:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++)
        text_appendf(t, "  grid%d: {bus: bus%d, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n", i, i);
    text_append(t, "pv:\n");
    for (int i = 0; i < 3 * LARGE_ISLANDS; i++)
        text_appendf(t, "  pv%d: {bus: bus%d, peak_power: 50 kW, curtailable: true}\n", i, i / 3);
    text_append(t, "batteries:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++)
        text_appendf(t, "  bat%d: {bus: bus%d, capacity: 1 MWh, max_charge: 200 kW, max_discharge: 200 kW}\n", i, i);
    text_append(t, "loads:\n");
    for (int i = 0; i < LARGE_ISLANDS * LARGE_LOADS; i++)
        text_appendf(t,
                     "  load%d: {bus: bus%d, shape: flat, average: 10 kW, peak: 20 kW, sheddable: [], tiers: "
                     "{lifeline: 20 %%, important: 30 %%, ordinary: 50 %%}}\n",
                     i, i / LARGE_LOADS);
    text_append(t, "islands:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++)
        text_appendf(t, "  isle%d: {grid: grid%d, forming: [bat%d], breaker: brk%d, voltage: 230 V}\n", i, i, i, i);
    text_append(t, "switches:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++)
        text_appendf(t, "  brk%d: {}\n", i);
    for (int i = 0; i < LARGE_ISLANDS * LARGE_SWITCHES; i++)
        text_appendf(t, "  s%d: {load: load%d, tier: %s}\n", i, i % (LARGE_ISLANDS * LARGE_LOADS),
                     i < LARGE_ISLANDS * LARGE_LOADS ? "ordinary" : "important");
}

static void add_device(struct text *t, int *unit, const char *profile, const char *what, const char *name, int i)
{
    static const char *const wires[] = {"", "1", "2", "3"};
    text_appendf(t, "  d_%s%d: {link: wire%s, unit: %d, profile: %s, %s: %s%d, poll: 1 s%s}\n", name, i,
                 wires[*unit / 200], *unit % 200 + 1, profile, what, name, i,
                 strcmp(profile, "generic-meter") != 0 ? ", control: true" : "");
    ++*unit;
}

static void large_devices(struct text *t)
{
    int unit = 0;
    text_append(t, "devices:\n");
    for (int i = 0; i < LARGE_ISLANDS; i++) {
        add_device(t, &unit, "generic-meter", "asset", "grid", i);
        add_device(t, &unit, "generic-battery", "asset", "bat", i);
        add_device(t, &unit, "generic-switch", "switch", "brk", i);
    }
    for (int i = 0; i < 3 * LARGE_ISLANDS; i++)
        add_device(t, &unit, "generic-pv", "asset", "pv", i);
    for (int i = 0; i < LARGE_ISLANDS * LARGE_LOADS; i++)
        add_device(t, &unit, "generic-meter", "asset", "load", i);
    for (int i = 0; i < LARGE_ISLANDS * LARGE_SWITCHES; i++)
        add_device(t, &unit, "generic-switch", "switch", "s", i);
}

static double tick_ms(struct outage_world *of, int ticks)
{
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < ticks; i++) {
        of->now.utc_ms += 10;
        of->now.mono_ms += 10;
        outage_tell(of, (struct event){.kind = EVENT_TICK});
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) / ticks;
}

START_TEST(a_tick_of_three_hundred_assets_and_as_many_switches_allocates_nothing)
{
    struct text t = {0};
    struct outage_world *large = calloc(1, sizeof *large);
    large_site(&t);
    large_devices(&t);
    outage_begin(large, t.data);
    text_free(&t);
    for (size_t i = 0; i < large->site->n_loads; i++)
        plant_model_fix(large->plant, outage_asset(large, large->site->loads[i].id), 8e3);
    ck_assert_uint_eq(large->site->n_assets, 25 * LARGE_ISLANDS);
    outage_run(large, 12);
    allocations_watch();
    size_t before = allocation_count;
    double connected_ms = tick_ms(large, 50);
    ck_assert_uint_eq(allocation_count, before);
    for (int i = 0; i < LARGE_ISLANDS; i++)
        plant_model_set_grid(large->plant, i, false);
    outage_run(large, 5);
    for (int i = 0; i < LARGE_ISLANDS; i++)
        ck_assert_int_eq(outage_island(large, i).state, ISLAND_ISLANDED);
    double islanded_ms = tick_ms(large, 50);
    if (getenv("WORLD_TALKS") != NULL)
        fprintf(stderr, "a tick takes %.3f ms connected, %.3f ms islanded\n", connected_ms, islanded_ms);
    ck_assert_double_lt(connected_ms, 100);
    ck_assert_double_lt(islanded_ms, 100);
    outage_end(large);
    free(large);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage");
    TCase *t = tcase_create("outage");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, connected_nothing_is_told_to_anybody_and_autonomy_is_known);
    tcase_add_test(t, just_after_a_start_nothing_is_said_of_autonomy);
    tcase_add_test(t, on_the_reading_that_shows_a_loss_the_deficit_is_shed_by_tier);
    tcase_add_test(t, with_a_surplus_nothing_is_shed_and_the_sun_is_curtailed);
    tcase_add_test(t, without_a_plan_the_generator_runs_below_half_and_not_above);
    tcase_add_test(t, one_witness_alone_is_believed_when_it_goes_on_saying_so);
    tcase_add_test(t, a_flapping_grid_has_to_be_stable_for_the_whole_time);
    tcase_add_test(t, circuits_come_back_one_by_one_and_in_order_when_the_grid_is_there_again);
    tcase_add_test(t, a_breaker_that_does_not_open_is_named_and_nobody_feeds_the_grid);
    tcase_add_test(t, a_circuit_that_does_not_obey_is_named_and_the_next_one_goes);
    tcase_add_test(t, when_the_battery_trips_the_generator_restarts_the_island_from_black);
    tcase_add_test(t, nobody_can_hold_it_and_it_comes_back_with_the_grid_circuit_by_circuit);
    tcase_add_test(t, limits_of_the_grid_operator_do_not_hold_for_an_island);
    tcase_add_test(t, an_operator_forces_an_island_and_forbids_the_return_with_a_lease);
    tcase_add_test(t, words_that_cannot_be_are_refused);
    tcase_add_test(t, words_survive_a_kill_and_end_by_themselves);
    tcase_add_test(t, a_tick_of_three_hundred_assets_and_as_many_switches_allocates_nothing);
    suite_add_tcase(s, t);
    return run_suite(s);
}
