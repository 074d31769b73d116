// SPDX-License-Identifier: GPL-3.0-or-later
// What forecasts are taught, and what is kept from them.
#include "world.h"

#include "forecast/forecast.h"
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

// A living plant.
static void run_sunny(int minutes, double pv_w)
{
    for (int i = 0; i < minutes * 60; i++) {
        w.pv_w = pv_w + i % 3;
        world_run(&w, 1);
    }
}

static double pv_forecast_w(void)
{
    return forecast_pv_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms, w.now.utc_ms + 60000);
}

static double load_forecast_w(void)
{
    return forecast_load_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms, w.now.utc_ms + 60000);
}

static void by_hand(int asset, double power_w)
{
    struct event e = {.kind = EVENT_COMMAND};
    e.command.kind = COMMAND_MANUAL_SETPOINT;
    e.command.asset = asset;
    e.command.power_w = power_w;
    e.command.valid_until_utc_ms = w.now.utc_ms + 6 * 3600000;
    ck_assert_int_eq(world_tell(&w, e), 0);
}

static void automatic(int asset)
{
    struct event e = {.kind = EVENT_COMMAND};
    e.command.kind = COMMAND_AUTOMATIC;
    e.command.asset = asset;
    ck_assert_int_eq(world_tell(&w, e), 0);
}

START_TEST(a_curtailed_plant_is_not_learned)
{
    run_sunny(40, 60e3);
    double before = pv_forecast_w();
    ck_assert_double_eq_tol(before, 60e3, 10e3);
    by_hand(A_PV, 5e3);
    run_sunny(30, 60e3);
    ck_assert_double_le(w.cap_w, 5e3 + 1);
    ck_assert_double_gt(pv_forecast_w(), 0.7 * before);
    automatic(A_PV);
    run_sunny(30, 60e3);
    ck_assert_double_eq_tol(pv_forecast_w(), 60e3, 10e3);
}
END_TEST

// What a former process did to the plant is not the weather either.
START_TEST(a_plant_that_a_former_process_capped_is_not_learned)
{
    struct saved lease;
    run_sunny(30, 60e3);
    by_hand(A_PV, 5e3);
    run_sunny(1, 60e3);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_LEASE, DEV_PV, &lease), 0);
    engine_free(w.engine);
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    double fresh = pv_forecast_w();
    ck_assert_int_eq(engine_restore(w.engine, &lease, w.now), 0);
    saved_free(&lease);
    for (int i = 0; i < 90; i++) { // it comes back slowly
        w.pv_w = 60e3 + i % 3;
        w.cap_w = 5e3;
        world_run(&w, 1);
        if (i < 55)
            ck_assert_double_eq_tol(pv_forecast_w(), fresh, 0.05 * fresh);
    }
}
END_TEST

START_TEST(a_load_that_is_held_down_is_not_learned)
{
    static const char plain[] = "asset: hall, poll: 1 s}", steered[] = "asset: hall, poll: 1 s, control: true}";
    struct engine_device devices[DEV_COUNT];
    char text[sizeof WORLD_SITE + sizeof steered];
    strcpy(text, WORLD_SITE);
    strcpy(strstr(text, plain), steered);
    memcpy(devices, WORLD_DEVICES, sizeof devices);
    devices[DEV_LOAD].can_write = true;
    engine_free(w.engine);
    site_free(w.site);
    w.site = world_site(strcat(text, "\n"));
    ck_assert_int_eq(engine_new(w.site, devices, w.now, &w.engine), 0);
    world_run(&w, 3600);
    double before = load_forecast_w();
    ck_assert_double_eq_tol(before, 500e3, 20e3);
    by_hand(A_LOAD, -100e3);
    w.load_w = 100e3;
    world_run(&w, 3600);
    ck_assert_double_gt(load_forecast_w(), 0.9 * before);
    automatic(A_LOAD);
    world_run(&w, 20); // it takes a while to come back
    ck_assert_double_gt(load_forecast_w(), 0.9 * before);
    w.load_w = 300e3;
    world_run(&w, 3600);
    ck_assert_double_lt(load_forecast_w(), 0.8 * before); // and is learned again
}
END_TEST

START_TEST(a_plant_whose_reading_stands_still_is_not_learned)
{
    run_sunny(40, 60e3);
    w.pv_w = 12345;
    world_run(&w, 905);
    double then = pv_forecast_w();
    world_run(&w, 1800);
    ck_assert_double_gt(then, 14e3);
    ck_assert_double_ge(pv_forecast_w(), 0.9 * then);
}
END_TEST

START_TEST(a_load_of_which_nothing_is_known_teaches_nothing)
{
    world_run(&w, 3600);
    double before = load_forecast_w();
    w.dead[DEV_LOAD] = true;
    world_run(&w, 3600);
    ck_assert_double_eq_tol(load_forecast_w(), before, 0.05 * before);
    w.dead[DEV_LOAD] = false;
    w.load_w = 1e9; // no meter of this hall can show that
    world_run(&w, 1800);
    ck_assert_double_eq_tol(load_forecast_w(), before, 0.05 * before);
}
END_TEST

START_TEST(a_load_that_is_dark_without_the_grid_is_not_learned)
{
    struct event away = {.kind = EVENT_GRID, .grid = {.grid = 0, .available = false}};
    world_run(&w, 3600);
    double before = load_forecast_w();
    ck_assert_int_eq(world_tell(&w, away), 0);
    w.load_w = 2;
    world_run(&w, 3600);
    ck_assert_double_gt(load_forecast_w(), 0.9 * before);
}
END_TEST

// ---- clocks ---------------------------------------------------------------------------------------------------------

static char *history(void)
{
    struct saved item;
    ck_assert_int_eq(engine_saved(w.engine, SAVED_FORECAST, A_LOAD, &item), 0);
    return item.json;
}

START_TEST(a_clock_that_goes_astray_for_a_while_spoils_nothing)
{
    static const int64_t steps_ms[] = {INT64_C(315360000000), -INT64_C(315360000000), INT64_C(90000000), -3600000};
    world_run(&w, 7200);
    double before = load_forecast_w();
    for (size_t i = 0; i < sizeof steps_ms / sizeof *steps_ms; i++) {
        char *then = history();
        w.load_w = 100e3;
        w.now.utc_ms += steps_ms[i];
        world_run(&w, 300);
        w.now.utc_ms -= steps_ms[i];
        w.load_w = 500e3;
        world_run(&w, 1);
        char *now = history();
        ck_assert_str_eq(now, then);
        ck_assert_double_eq_tol(load_forecast_w(), before, 0.05 * before);
        free(then);
        free(now);
        world_run(&w, 7 * 3600); // trusted again
        before = load_forecast_w();
    }
}
END_TEST

START_TEST(after_a_small_correction_of_the_clock_learning_goes_on)
{
    world_run(&w, 7200);
    double before = load_forecast_w();
    w.now.utc_ms += 7000;
    w.load_w = 250e3;
    world_run(&w, 3600);
    ck_assert_double_lt(load_forecast_w(), 0.8 * before);
}
END_TEST

// A gateway without a clock of its own begins in 1970, with the history of today.
START_TEST(a_clock_that_was_never_set_teaches_nothing_until_it_is)
{
    struct saved item;
    int64_t really = w.now.utc_ms + 2 * 3600000;
    world_run(&w, 7200);
    char *then = history();
    ck_assert_int_eq(engine_saved(w.engine, SAVED_FORECAST, A_LOAD, &item), 0);
    engine_free(w.engine);
    w.now.utc_ms = 60000;
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    ck_assert_int_eq(engine_restore(w.engine, &item, w.now), 0);
    saved_free(&item);
    w.load_w = 100e3;
    world_run(&w, 600);
    char *now = history();
    ck_assert_str_eq(now, then);
    free(now);
    w.now.utc_ms = really + 3600000;
    world_run(&w, 600);
    now = history();
    ck_assert_str_ne(now, then); // set at last: learned at once
    free(now);
    free(then);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core learning");
    TCase *c = tcase_create("learning");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_curtailed_plant_is_not_learned);
    tcase_add_test(c, a_plant_that_a_former_process_capped_is_not_learned);
    tcase_add_test(c, a_load_that_is_held_down_is_not_learned);
    tcase_add_test(c, a_plant_whose_reading_stands_still_is_not_learned);
    tcase_add_test(c, a_load_of_which_nothing_is_known_teaches_nothing);
    tcase_add_test(c, a_load_that_is_dark_without_the_grid_is_not_learned);
    tcase_add_test(c, a_clock_that_goes_astray_for_a_while_spoils_nothing);
    tcase_add_test(c, after_a_small_correction_of_the_clock_learning_goes_on);
    tcase_add_test(c, a_clock_that_was_never_set_teaches_nothing_until_it_is);
    suite_add_tcase(s, c);
    return run_suite(s);
}
