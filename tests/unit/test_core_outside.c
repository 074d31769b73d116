// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside: who may tell it, who is believed, and what it is good for.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "forecast/forecast.h"
#include "tests/unit/run_suite.h"

static const char AREA[] =
    "area: {id: yard, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}, warm: {carrier: heat}}\n"
    "grids: {grid: {bus: main, import_limit: 60 kW, tariff: t}}\n"
    "loads: {radiators: {bus: warm, shape: flat, average: 10 kW, peak: 12 kW}}\n"
    "converters: {pump: {from: main, to: warm, max_power: 6 kW, cop: 3, cop_per_degc: 0.06}}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  m: {link: wire, unit: 1, profile: generic-meter, asset: grid}\n"
    "  p: {link: wire, unit: 2, profile: generic-converter, asset: pump}\n"
    "  north: {link: wire, unit: 3, profile: generic-sensor}\n"
    "  roof: {link: wire, unit: 4, profile: generic-sensor}\n";

enum { METER, PUMP, NORTH, ROOF, COUNT };
static const struct engine_device DEVICES[COUNT] = {[METER] = {.kind = PROFILE_METER},
                                                    [PUMP] = {.kind = PROFILE_CONVERTER},
                                                    [NORTH] = {.kind = PROFILE_SENSOR},
                                                    [ROOF] = {.kind = PROFILE_SENSOR}};

static struct site *site;
static struct engine *engine;
static struct instant now;
static double degc[COUNT]; // what each tells; NAN: it is silent

static void setup(void)
{
    struct diagnostics d = {0};
    int status = conf_load_text("yard.yaml", AREA, strlen(AREA), &d, &site);
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(local_time_set_zone(site->timezone), 0);
    now.mono_ms = 1000000;
    ck_assert_int_eq(rfc3339_parse("2026-01-14T12:00:00Z", &now.utc_ms), 0);
    ck_assert_int_eq(engine_new(site, DEVICES, now, &engine), 0);
    for (int i = 0; i < COUNT; i++)
        degc[i] = NAN;
}

static void teardown(void)
{
    engine_free(engine);
    site_free(site);
}

static void tell(struct event event)
{
    struct action a;
    event.at = now;
    ck_assert_int_eq(engine_consume(engine, &event), 0);
    while (engine_produce(engine, now, &a))
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
}

static void read_device(int device)
{
    struct reading r[2] = {
        {.quantity = QUANTITY_OUTSIDE_DEGC, .value = degc[device]},
        {.quantity = QUANTITY_POWER_W, .value = device == METER ? 1000 + (double)(now.utc_ms / 1000 % 2) : 0}};
    bool silent = isnan(degc[device]);
    if (silent && device >= NORTH)
        return;
    tell((struct event){.kind = EVENT_READINGS,
                        .readings = {.device = device, .readings = silent ? r + 1 : r, .count = silent ? 1 : 2}});
}

static void run(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        for (int d = 0; d < COUNT; d++)
            read_device(d);
        tell((struct event){.kind = EVENT_TICK});
    }
}

static double outside_degc(void)
{
    return forecast_outside_degc(engine_forecast(engine), now.utc_ms);
}

START_TEST(a_sensor_without_an_asset_is_believed)
{
    ck_assert(isnan(engine_outside_degc(engine)));
    degc[NORTH] = -9.5;
    run(130);
    ck_assert_double_eq_tol(engine_outside_degc(engine), -9.5, 1e-9);
    ck_assert_double_eq_tol(outside_degc(), -9.5, 0.01);
}
END_TEST

START_TEST(a_heat_pump_may_have_the_sensor)
{
    degc[PUMP] = 2.5;
    run(130);
    ck_assert_double_eq_tol(outside_degc(), 2.5, 0.01);
}
END_TEST

START_TEST(of_three_the_one_in_the_sun_does_not_count)
{
    degc[PUMP] = 2;
    degc[NORTH] = 3;
    degc[ROOF] = 31;
    run(130);
    ck_assert_double_eq_tol(outside_degc(), 3, 0.01);
    degc[ROOF] = NAN;
    run(130);
    ck_assert_double_eq_tol(outside_degc(), 2.5, 0.01);
}
END_TEST

START_TEST(an_absurd_temperature_is_not_learned)
{
    degc[NORTH] = 4;
    run(130);
    degc[NORTH] = 850; // a broken wire
    run(600);
    ck_assert_double_eq_tol(outside_degc(), 4, 0.3);
}
END_TEST

START_TEST(a_silent_sensor_is_an_alarm_of_its_own_and_no_more)
{
    const struct alarm *alarms;
    struct asset_view pump;
    degc[NORTH] = degc[ROOF] = 4;
    run(130);
    degc[NORTH] = degc[ROOF] = NAN;
    run(60);
    ck_assert(isnan(engine_outside_degc(engine)));
    degc[ROOF] = 4;
    run(60);
    size_t n = engine_alarms(engine, &alarms);
    ck_assert_uint_ge(n, 1);
    ck_assert_str_eq(alarms[0].id, "device-north-down");
    for (size_t i = 1; i < n; i++)
        ck_assert_ptr_null(strstr(alarms[i].id, "pump"));
    engine_asset(engine, site_find_asset(site, "pump"), now, &pump);
    ck_assert(pump.reachable);
}
END_TEST

// A heat pump gives less in the cold: 3 at 15 degC, 1.8 at -5.
START_TEST(heat_pumps_are_planned_at_the_temperature_outside)
{
    struct plan_problem *p;
    degc[NORTH] = -5;
    run(130);
    ck_assert_int_eq(engine_make_problem(engine, now, &p), 0);
    ck_assert_double_eq_tol(p->converters[0].cop[0], 1.8, 0.02);
    double best = 0; // it is not as cold tomorrow at noon
    for (size_t k = 0; k < p->n_steps; k++)
        best = fmax(best, p->converters[0].cop[k]);
    ck_assert(best > 1.85 && best < 2.6);
    plan_problem_free(p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outside");
    TCase *c = tcase_create("outside");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_sensor_without_an_asset_is_believed);
    tcase_add_test(c, a_heat_pump_may_have_the_sensor);
    tcase_add_test(c, of_three_the_one_in_the_sun_does_not_count);
    tcase_add_test(c, an_absurd_temperature_is_not_learned);
    tcase_add_test(c, a_silent_sensor_is_an_alarm_of_its_own_and_no_more);
    tcase_add_test(c, heat_pumps_are_planned_at_the_temperature_outside);
    suite_add_tcase(s, c);
    return run_suite(s);
}
