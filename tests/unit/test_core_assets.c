// SPDX-License-Identifier: GPL-3.0-or-later
// The engine and the planner in one loop over vehicles, heat, a CHP and a breaker: what is planned is what happens.
#include "area_world.h"
#include "plan/planner.h"
#include "tests/unit/run_suite.h"

static const char SITE[] =
    "area: {id: yard, name: Yard, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.4 /kWh, from: \"16:00\", to: \"20:00\"}, {price: 0.2 /kWh}],\n"
    "              export: [{price: 0.05 /kWh}]}}\n"
    "buses: {main: {}, warm: {carrier: heat}}\n"
    "grids: {grid: {bus: main, import_limit: 60 kW, export_limit: 60 kW, tariff: t}}\n"
    "batteries: {bat: {bus: main, capacity: 40 kWh, max_charge: 20 kW, max_discharge: 20 kW, soc_min: 10 %}}\n"
    "stores: {tank: {bus: warm, capacity: 60 kWh, max_charge: 30 kW, max_discharge: 30 kW, soc_max: 95 %,\n"
    "                 self_discharge: 0.5 %/h}}\n"
    "groups: {breaker: {limit: 30 kW}}\n"
    "chargers:\n"
    "  c1: {bus: main, group: breaker, max_charge: 22 kW, min_charge: 4 kW, capacity: 60 kWh}\n"
    "  c2: {bus: main, group: breaker, max_charge: 22 kW, min_charge: 4 kW, capacity: 60 kWh}\n"
    "loads:\n"
    "  house: {bus: main, shape: flat, average: 15 kW, peak: 20 kW}\n"
    "  radiators: {bus: warm, shape: flat, average: 12 kW, peak: 15 kW}\n"
    "generators: {chp: {bus: main, max_power: 10 kW, min_power: 5 kW, fuel_cost: 0.25 /kWh, fuel: 100 kWh,\n"
    "                   min_run: 30 min, start_time: 2 min, heat_bus: warm, heat_ratio: 1.5}}\n"
    "converters: {pump: {from: main, to: warm, max_power: 8 kW, min_power: 2 kW, cop: 3.2, cop_per_degc: 0.05}}\n";

static struct area_world w;
static struct planner *planner;
static int solved, refused;
static char why[200];

static void setup(void)
{
    area_start(&w, SITE, "2026-01-05T13:00:00Z");
    ck_assert_int_eq(planner_new(&planner), 0);
    area_thing(&w, "bat")->soc = 0.5;
    area_thing(&w, "tank")->soc = 0.5;
    area_thing(&w, "house")->power_w = 15e3;
    area_thing(&w, "radiators")->power_w = 12e3;
    area_thing(&w, "chp")->fuel = 0.5;
    area_thing(&w, "c1")->connected = area_thing(&w, "c2")->connected = 1;
    area_thing(&w, "c1")->session_wh = area_thing(&w, "c2")->session_wh = 0;
    solved = refused = 0;
}

static void teardown(void)
{
    planner_free(planner);
    area_end(&w);
}

static void wish(const char *id, const char *until, double wanted_wh)
{
    struct session_wish s = {.asset = area_find(&w, id), .wanted_wh = wanted_wh, .energy_wh = -1};
    ck_assert_int_eq(rfc3339_parse(until, &s.until_utc_ms), 0);
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_SESSION, .session = s}), 0);
}

// What was asked for is answered a second later.
static void answer(void)
{
    struct schedule *s = NULL;
    if (w.problem == NULL)
        return;
    ck_assert_msg(plan_problem_check(w.problem, why, sizeof why) == 0, "%s", why);
    int r = planner_solve(planner, w.problem, 10000, &s, why, sizeof why);
    ck_assert_msg(r == 0, "%s", why);
    if (schedule_check(s, w.problem, why, sizeof why) < 0)
        refused++;
    plan_problem_free(w.problem);
    w.problem = NULL;
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
    solved++;
}

// The tank takes what heat pump and CHP give beyond what the radiators draw.
static void heat(void)
{
    struct thing *tank = area_thing(&w, "tank");
    double given_w = -area_thing(&w, "pump")->power_w * 2.8 + area_thing(&w, "chp")->power_w * 1.5;
    double over_w = given_w - area_thing(&w, "radiators")->power_w;
    tank->power_w = -over_w;
    tank->soc = fmin(fmax(tank->soc + over_w / 3600 / 60e3, 0), 1);
    struct thing *bat = area_thing(&w, "bat");
    bat->soc -= bat->power_w / 3600 / 40e3;
}

static void run(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        area_run(&w, 1);
        heat();
        answer();
        if (getenv("WORLD_TALKS") != NULL && w.now.utc_ms % 300000 == 0) {
            for (size_t a = 0; a < w.site->n_assets; a++)
                fprintf(stderr, "%s %.1f  ", w.site->assets[a].id,
                        (a == 0 ? area_grid_w(&w) : w.things[a].power_w) / 1000);
            fprintf(stderr, "tank %.2f bat %.2f\n", area_thing(&w, "tank")->soc, area_thing(&w, "bat")->soc);
        }
    }
}

START_TEST(vehicles_have_what_they_want_when_they_leave_and_the_breaker_holds)
{
    double worst_w = 0, worst_grid_w = 0;
    area_run(&w, 3);
    wish("c1", "2026-01-05T16:00:00Z", 25e3);
    wish("c2", "2026-01-05T17:00:00Z", 15e3);
    for (int i = 0; i < 3 * 3600 / 10; i++) {
        run(10);
        worst_w = fmax(worst_w, -area_thing(&w, "c1")->power_w - area_thing(&w, "c2")->power_w);
        worst_grid_w = fmax(worst_grid_w, area_grid_w(&w));
    }
    ck_assert_double_ge(area_thing(&w, "c1")->session_wh, 24.5e3);
    ck_assert(!area_alarm(&w, "session-c1-short"));
    run(3600);
    ck_assert_double_ge(area_thing(&w, "c2")->session_wh, 14.5e3);
    ck_assert_double_le(worst_w, 30e3 + 50);
    ck_assert_double_le(worst_grid_w, 60e3 + 50);
    ck_assert_int_gt(solved, 40);
    ck_assert_int_eq(refused, 0);
}
END_TEST

START_TEST(the_tank_stays_within_its_bounds_and_the_radiators_warm)
{
    double lowest = 1, highest = 0;
    int starts = 0;
    bool ran = false;
    area_run(&w, 3);
    for (int i = 0; i < 4 * 360; i++) {
        run(10);
        lowest = fmin(lowest, area_thing(&w, "tank")->soc);
        highest = fmax(highest, area_thing(&w, "tank")->soc);
        bool runs = area_thing(&w, "pump")->power_w < -500;
        starts += runs && !ran;
        ran = runs;
    }
    ck_assert_double_gt(lowest, 0.02);
    ck_assert_double_lt(highest, 0.99);
    ck_assert_int_lt(starts, 12); // three an hour
    ck_assert_int_eq(refused, 0);
}
END_TEST

START_TEST(without_a_planner_rules_keep_the_tank_and_the_wishes)
{
    area_run(&w, 3);
    wish("c1", "2026-01-05T15:00:00Z", 20e3);
    for (int i = 0; i < 2 * 3600; i++) {
        area_run(&w, 1);
        heat();
    }
    ck_assert_double_ge(area_thing(&w, "c1")->session_wh, 19.5e3);
    ck_assert_double_gt(area_thing(&w, "tank")->soc, 0.4);
    ck_assert_double_lt(area_thing(&w, "tank")->soc, 1);
    ck_assert_double_eq(area_thing(&w, "chp")->power_w, 0);
    ck_assert_int_eq(area_view(&w, "c1").reason.kind == REASON_NONE, 0);
    ck_assert_double_eq_tol(engine_bus_price_per_kwh(w.engine, 0, w.now), 0.4, 1e-9);
    ck_assert(isnan(engine_bus_price_per_kwh(w.engine, 1, w.now))); // nobody knows what heat is worth
}
END_TEST

START_TEST(a_hand_on_a_heat_pump_or_charger_counts_for_all_kinds)
{
    area_run(&w, 3);
    struct event e = {.kind = EVENT_COMMAND};
    e.command.kind = COMMAND_MANUAL_SETPOINT;
    e.command.valid_until_utc_ms = w.now.utc_ms + 600 * 1000;
    e.command.asset = area_find(&w, "pump");
    e.command.power_w = -6e3;
    ck_assert_int_eq(area_tell(&w, e), 0);
    wish("c1", "2026-01-05T20:00:00Z", 20e3);
    e.command.asset = area_find(&w, "c1");
    e.command.power_w = -12e3;
    ck_assert_int_eq(area_tell(&w, e), 0);
    e.command.asset = area_find(&w, "tank");
    ck_assert_int_lt(area_tell(&w, e), 0); // nobody steers a tank
    area_run(&w, 20);
    ck_assert_double_eq_tol(area_thing(&w, "pump")->power_w, -6e3, 10);
    ck_assert_double_eq_tol(area_thing(&w, "c1")->power_w, -12e3, 10);
    ck_assert_int_eq(area_view(&w, "pump").reason.kind, REASON_MANUAL);
    const struct plan_problem *p = area_problem(&w);
    ck_assert(!p->converters[0].available);
    ck_assert_double_eq(p->converters[0].held_power_w, -6e3);
    ck_assert(!p->flexibles[0].available);
    ck_assert_double_eq_tol(p->generators[0].fuel_wh, 50e3, 1);
}
END_TEST

START_TEST(an_engine_that_takes_minutes_to_start_is_waited_for_and_not_counted_on)
{
    struct thing *chp = area_thing(&w, "chp");
    area_thing(&w, "house")->power_w = 62e3; // above the connection: a full battery could hold it
    area_thing(&w, "bat")->soc = 0.10;       // but it is empty
    area_run(&w, 3);
    chp->stubborn = true; // it warms up
    area_run(&w, 30);
    ck_assert_double_gt(chp->goal_w, 0); // needed for the limit
    area_run(&w, 60);
    ck_assert_double_gt(chp->goal_w, 0);
    ck_assert(!area_alarm(&w, "device-chp-disobeys"));
    ck_assert(area_alarm(&w, "limit-grid") || area_grid_w(&w) <= 60e3 + 10);
    chp->stubborn = false;
    area_run(&w, 20);
    ck_assert_double_gt(chp->power_w, 4e3);
    ck_assert_double_le(area_grid_w(&w), 60e3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core assets");
    TCase *t = tcase_create("assets");
    tcase_set_timeout(t, 100);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, vehicles_have_what_they_want_when_they_leave_and_the_breaker_holds);
    tcase_add_test(t, the_tank_stays_within_its_bounds_and_the_radiators_warm);
    tcase_add_test(t, without_a_planner_rules_keep_the_tank_and_the_wishes);
    tcase_add_test(t, a_hand_on_a_heat_pump_or_charger_counts_for_all_kinds);
    tcase_add_test(t, an_engine_that_takes_minutes_to_start_is_waited_for_and_not_counted_on);
    suite_add_tcase(s, t);
    return run_suite(s);
}
