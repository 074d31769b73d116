// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine keeps over a restart, and over a change of its configuration.
#include "world.h"

#include "base/error.h"
#include "tests/unit/run_suite.h"

static struct world w;

static void setup(void)
{
    world_start(&w);
}

static void teardown(void)
{
    world_end(&w);
}

enum { MAX_SAVED = 32 };

static size_t save_everything(struct saved *items)
{
    size_t n = 0;
    const size_t counts[SAVED_KIND_COUNT] = {
        [SAVED_PEAK] = 1,     [SAVED_ENERGY] = 4,  [SAVED_LEASE] = 4,        [SAVED_PLAN] = 1,
        [SAVED_FORECAST] = 4, [SAVED_WEATHER] = 1, [SAVED_FORECAST_AREA] = 1};
    for (int kind = 0; kind < SAVED_KIND_COUNT; kind++)
        for (size_t i = 0; i < counts[kind]; i++)
            if (engine_saved(w.engine, (enum saved_kind)kind, (int)i, &items[n]) == 0)
                n++;
    return n;
}

// kill -9: a new engine knows only what was saved.
static void restart(uint64_t seconds_away)
{
    struct saved items[MAX_SAVED];
    size_t n = save_everything(items);
    ck_assert_uint_gt(n, 8);
    engine_free(w.engine);
    w.now.utc_ms += (int64_t)seconds_away * 1000;
    w.now.mono_ms = 5000; // the machine may have been started anew
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(engine_restore(w.engine, &items[i], w.now), 0);
        saved_free(&items[i]);
    }
    world_clear(&w);
}

START_TEST(peak_energies_and_window_survive_a_restart)
{
    struct grid_view before, after;
    w.soc = 0.10;
    world_run(&w, 1000);
    engine_grid(w.engine, 0, w.now, &before);
    struct asset_view load = world_view(&w, A_LOAD);
    ck_assert_double_gt(before.month_peak_w, 400e3);
    restart(2);
    world_run(&w, 1);
    engine_grid(w.engine, 0, w.now, &after);
    ck_assert_double_eq_tol(after.month_peak_w, before.month_peak_w, 1e-6);
    // In the three seconds that nobody counted the grid gave what it gives now.
    ck_assert_double_eq_tol(after.window_wh - before.window_wh, 500e3 * 3 / 3600, 1);
    ck_assert_double_eq_tol(world_view(&w, A_LOAD).energy_out_wh, load.energy_out_wh, 1e-6);
}
END_TEST

START_TEST(the_last_good_plan_is_followed_again_while_it_is_young)
{
    world_run(&w, 2);
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
    restart(60);
    world_run(&w, 3);
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    ck_assert_double_eq_tol(w.battery_goal_w, 80e3, 1);
    restart(3600);
    world_run(&w, 3);
    ck_assert_int_eq(engine_mode(w.engine), MODE_RULES);
}
END_TEST

START_TEST(a_device_that_held_a_setpoint_is_taken_over_on_first_contact)
{
    world_run(&w, 2);
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
    restart(2);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 0);
    world_run(&w, 2);
    ck_assert_int_gt(w.seen.writes[DEV_BATTERY], 0);
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 0);
}
END_TEST

START_TEST(a_device_that_held_a_setpoint_and_cannot_be_steered_is_released)
{
    world_run(&w, 2);
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
    restart(2);
    w.broken_soc = true;
    world_run(&w, 5);
    ck_assert_int_eq(w.seen.writes[DEV_BATTERY], 0);
    ck_assert_int_eq(w.seen.releases[DEV_BATTERY], 1);
}
END_TEST

START_TEST(a_capped_plant_that_needs_no_cap_any_more_is_released)
{
    w.load_w = 50e3;
    w.pv_w = 200e3;
    w.soc = 0.95;
    world_run(&w, 6);
    ck_assert_double_lt(w.cap_w, 200e3);
    restart(2);
    w.load_w = 500e3;
    world_run(&w, 3);
    ck_assert_int_eq(w.seen.releases[DEV_PV], 1);
}
END_TEST

START_TEST(malformed_and_foreign_items_are_refused)
{
    static const struct {
        enum saved_kind kind;
        const char *id, *json;
        int code;
    } cases[] = {
        {SAVED_PEAK, "grid", "{\"peak_w\":1}", AEMS_E_FORMAT},
        {SAVED_PEAK, "grid", "not json", AEMS_E_FORMAT},
        {SAVED_PEAK, "grid", "[]", AEMS_E_FORMAT},
        {SAVED_PEAK, "grid", "{\"month_start_ms\":1,\"peak_w\":-5,\"window_start_ms\":1,\"window_wh\":0}",
         AEMS_E_FORMAT},
        {SAVED_PEAK, "grid",
         "{\"month_start_ms\":-9223372036854775808,\"peak_w\":1,\"window_start_ms\":1,\"window_wh\":0}", AEMS_E_FORMAT},
        {SAVED_PEAK, "grid",
         "{\"month_start_ms\":1,\"peak_w\":1,\"window_start_ms\":1,\"window_wh\":0,\"counted_ms\":9223372036854775807}",
         AEMS_E_FORMAT},
        {SAVED_LIMITS, "all",
         "{\"limits\":[{\"id\":\"x\",\"grid\":\"grid\",\"from_ms\":9223372036854775807,\"until_ms\":"
         "9223372036854775806,"
         "\"import_limit_w\":-1.0,\"export_limit_w\":1.0,\"incentive_per_kwh\":0.0,\"baseline_w\":0.0}]}",
         AEMS_E_FORMAT},
        {SAVED_PEAK, "other", "{}", AEMS_E_NOT_FOUND},
        {SAVED_ENERGY, "bat", "{\"in_wh\":1e300,\"out_wh\":0}", AEMS_E_FORMAT},
        {SAVED_ENERGY, "bat", "{\"in_wh\":\"1\",\"out_wh\":0}", AEMS_E_FORMAT},
        {SAVED_LEASE, "b", "{\"held\":7,\"power_w\":0}", AEMS_E_FORMAT},
        {SAVED_PLAN, "current", "{}", AEMS_E_FORMAT},
        {SAVED_FORECAST, "hall", "{\"recent\":1}", AEMS_E_FORMAT},
        {SAVED_KIND_COUNT, "x", "{}", AEMS_E_FORMAT},
        {SAVED_PEAK, "grid", NULL, AEMS_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct saved item = {.kind = cases[i].kind};
        strcpy(item.id, cases[i].id);
        item.json = cases[i].json != NULL ? strdup(cases[i].json) : NULL;
        ck_assert_msg(engine_restore(w.engine, &item, w.now) == cases[i].code, "case %zu", i);
        saved_free(&item);
    }
    ck_assert_ptr_null(engine_plan(w.engine));
}
END_TEST

START_TEST(names_of_kinds_are_stable)
{
    ck_assert_str_eq(saved_kind_name(SAVED_PEAK), "peak");
    ck_assert_str_eq(saved_kind_name(SAVED_FORECAST), "forecast");
    ck_assert_str_eq(engine_mode_name(MODE_SAFE), "safe");
}
END_TEST

// ---- a new configuration --------------------------------------------------------------------------------------------

// The same area with another battery besides and without its load meter's device.
static void reload(const char *find, const char *put)
{
    char text[4096];
    const char *at = strstr(WORLD_SITE, find);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - WORLD_SITE), WORLD_SITE, put, at + strlen(find));
    struct site *site = world_site(text);
    struct engine_device devices[DEV_COUNT];
    struct engine *engine;
    memcpy(devices, WORLD_DEVICES, sizeof devices);
    ck_assert_int_eq(engine_new(site, devices, w.now, &engine), 0);
    engine_adopt(engine, w.engine, w.now);
    world_end(&w);
    w.site = site;
    w.engine = engine;
    world_clear(&w);
    world_drain(&w);
}

START_TEST(a_new_configuration_goes_on_where_the_former_stood)
{
    struct grid_view before, after;
    w.soc = 0.10;
    world_run(&w, 950);
    w.soc = 0.5;
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
    engine_grid(w.engine, 0, w.now, &before);
    double energy_wh = world_view(&w, A_LOAD).energy_out_wh;
    reload("max_discharge: 500 kW", "max_discharge: 60 kW");
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
    engine_grid(w.engine, 0, w.now, &after);
    ck_assert_double_eq(after.month_peak_w, before.month_peak_w);
    ck_assert_double_eq(world_view(&w, A_LOAD).energy_out_wh, energy_wh);
    ck_assert_int_eq(world_view(&w, A_GRID).power.quality, QUALITY_GOOD);
    world_run(&w, 2);
    ck_assert_double_eq_tol(w.battery_goal_w, 60e3, 1); // the new limit
    ck_assert_int_eq(engine_mode(w.engine), MODE_PLAN);
}
END_TEST

START_TEST(alarms_of_things_that_are_gone_are_taken_back)
{
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.3);
    w.dead[DEV_LOAD] = true;
    world_run(&w, 5);
    ck_assert(world_alarm(&w, "device-l-down"));
    reload("  l: {", "  other: {");
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
    ck_assert_str_eq(w.seen.last_alarm, "device-l-down");
    ck_assert(!world_alarm(&w, "device-l-down"));
}
END_TEST

START_TEST(alarms_that_go_on_are_not_said_again)
{
    world_run(&w, 2);
    world_give_plan(&w, 0, 0.3);
    w.dead[DEV_LOAD] = true;
    world_run(&w, 5);
    reload("wear: 0.01", "wear: 0.02");
    ck_assert(world_alarm(&w, "device-l-down"));
    world_run(&w, 5);
    ck_assert_int_eq(w.seen.alarms_raised, 0);
    w.dead[DEV_LOAD] = false;
    world_run(&w, 2);
    ck_assert_int_eq(w.seen.alarms_cleared, 1);
}
END_TEST

START_TEST(a_plan_for_other_assets_is_not_taken_over)
{
    world_run(&w, 2);
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
    reload("loads: {hall:", "loads: {extra: {bus: gate, shape: flat, average: 1 kW, peak: 2 kW}, hall:");
    ck_assert_ptr_null(engine_plan(w.engine));
}
END_TEST

static Suite *state_suite(void)
{
    Suite *s = suite_create("core state");
    TCase *c = tcase_create("what is kept");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, peak_energies_and_window_survive_a_restart);
    tcase_add_test(c, the_last_good_plan_is_followed_again_while_it_is_young);
    tcase_add_test(c, a_device_that_held_a_setpoint_is_taken_over_on_first_contact);
    tcase_add_test(c, a_device_that_held_a_setpoint_and_cannot_be_steered_is_released);
    tcase_add_test(c, a_capped_plant_that_needs_no_cap_any_more_is_released);
    tcase_add_test(c, malformed_and_foreign_items_are_refused);
    tcase_add_test(c, names_of_kinds_are_stable);
    tcase_add_test(c, a_new_configuration_goes_on_where_the_former_stood);
    tcase_add_test(c, alarms_of_things_that_are_gone_are_taken_back);
    tcase_add_test(c, alarms_that_go_on_are_not_said_again);
    tcase_add_test(c, a_plan_for_other_assets_is_not_taken_over);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(state_suite());
}
