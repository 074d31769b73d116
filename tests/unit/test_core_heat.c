// SPDX-License-Identifier: GPL-3.0-or-later
// Heat between plans and without one: boilers, heat pumps and CHPs serve the loads, stores take what is over, and
// nothing starts or stops in turns.
#include "area_world.h"
#include "plan/planner.h"
#include "tests/unit/run_suite.h"

#define HEAD                                                                                                           \
    "area: {id: yard, name: Yard, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"      \
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"                                        \
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"                  \
    "mqtt: {enabled: false}\n"                                                                                         \
    "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"                                                                    \
    "buses: {main: {}, warm: {carrier: heat}}\n"                                                                       \
    "grids: {grid: {bus: main, import_limit: 60 kW, export_limit: 0 kW, tariff: t}}\n"                                 \
    "loads:\n"                                                                                                         \
    "  house: {bus: main, shape: flat, average: 15 kW, peak: 20 kW}\n"                                                 \
    "  radiators: {bus: warm, shape: flat, average: 20 kW, peak: 40 kW}\n"
#define SOURCES                                                                                                        \
    "generators:\n"                                                                                                    \
    "  boiler: {bus: warm, max_power: 60 kW, min_power: 8 kW, fuel_cost: 0.12 /kWh, ramp: 1 kW/s}\n"                   \
    "converters: {pump: {from: main, to: warm, max_power: 6 kW, min_power: 2 kW, cop: 3}}\n"
#define TANK "stores: {tank: {bus: warm, capacity: 60 kWh, max_charge: 60 kW, max_discharge: 60 kW, soc_min: 10 %}}\n"
#define CHP                                                                                                            \
    "  chp: {bus: main, max_power: 10 kW, min_power: 5 kW, fuel_cost: 0.1 /kWh, min_run: 30 min, heat_bus: warm,\n"    \
    "        heat_ratio: 1.5, start_time: 90 s}\n"

static struct area_world w;
static struct planner *planner;
static double lacking_wh, spilled_wh;
static int starts, shortest_s;

static void start(const char *text)
{
    area_start(&w, text, "2026-01-05T13:00:00Z");
    ck_assert_int_eq(planner_new(&planner), 0);
    if (site_find_asset(w.site, "tank") >= 0)
        area_thing(&w, "tank")->soc = 0.5;
    area_thing(&w, "house")->power_w = 15e3;
    area_thing(&w, "radiators")->power_w = 20e3;
    lacking_wh = spilled_wh = 0;
    starts = 0;
    shortest_s = 1 << 20;
}

static void finish(void)
{
    planner_free(planner);
    area_end(&w);
}

static double power_w(const char *id)
{
    int asset = site_find_asset(w.site, id);
    return asset >= 0 ? w.things[asset].power_w : 0;
}

static double heat_w(void)
{
    return power_w("boiler") - power_w("pump") * 3 + power_w("chp") * 1.5;
}

// The tank takes and gives what is over and what lacks, as far as it can.
static void heat(void)
{
    double over_wh = (heat_w() - power_w("radiators")) / 3600, moved_wh = 0;
    if (site_find_asset(w.site, "tank") >= 0) {
        struct thing *tank = area_thing(&w, "tank");
        moved_wh = fmin(fmax(over_wh, -tank->soc * 60e3), (1 - tank->soc) * 60e3);
        tank->soc += moved_wh / 60e3;
        tank->power_w = -moved_wh * 3600;
    }
    lacking_wh += fmax(moved_wh - over_wh, 0);
    spilled_wh += fmax(over_wh - moved_wh, 0);
}

static void answer(void)
{
    struct schedule *s = NULL;
    char why[200];
    ck_assert_msg(planner_solve(planner, w.problem, 10000, &s, why, sizeof why) == 0, "%s", why);
    plan_problem_free(w.problem);
    w.problem = NULL;
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static void run(int seconds, bool planned)
{
    static int since_s;
    static bool ran;
    for (int i = 0; i < seconds; i++, since_s++) {
        area_run(&w, 1);
        heat();
        if (planned && w.problem != NULL)
            answer();
        bool runs = power_w("boiler") > 0;
        if (runs != ran) {
            shortest_s = starts > 0 && since_s < shortest_s ? since_s : shortest_s;
            starts += runs;
            since_s = 0;
        }
        ran = runs;
    }
}

START_TEST(a_boiler_follows_its_plan)
{
    start(HEAD SOURCES TANK);
    run(5, true);
    run(3600, true);
    struct asset_view v = area_view(&w, "boiler");
    ck_assert_int_gt(area_thing(&w, "boiler")->writes, 0);
    ck_assert(v.reason.kind != REASON_RULE);
    run(3 * 3600, true);
    ck_assert_double_le(lacking_wh, 1);
    ck_assert_double_le(spilled_wh, 1);
    ck_assert_int_ge(starts, 1);
    finish();
}
END_TEST

START_TEST(without_a_plan_a_boiler_fills_the_store_and_rests)
{
    start(HEAD SOURCES TANK);
    area_thing(&w, "tank")->soc = 0.3;
    double lowest = 1;
    run(60, false);
    ck_assert_double_gt(power_w("boiler"), 8e3);
    for (int i = 0; i < 6 * 360; i++) {
        run(10, false);
        lowest = fmin(lowest, area_thing(&w, "tank")->soc);
    }
    ck_assert_double_gt(lowest, 0.3);
    ck_assert_double_le(lacking_wh + spilled_wh, 1);
    ck_assert_int_ge(starts, 2);
    ck_assert_int_le(starts, 2 * 6); // two an hour
    ck_assert_int_ge(shortest_s, 120);
    finish();
}
END_TEST

START_TEST(without_a_store_sources_follow_the_load)
{
    start(HEAD SOURCES);
    run(300, false);
    area_thing(&w, "radiators")->power_w = 45e3;
    run(120, false);
    ck_assert_double_eq_tol(heat_w(), 45e3, 1e3);
    area_thing(&w, "radiators")->power_w = 12e3;
    run(120, false);
    ck_assert_double_eq_tol(heat_w(), 12e3, 1e3);
    finish();
}
END_TEST

START_TEST(a_store_that_empties_between_plans_brings_up_the_boiler)
{
    start(HEAD SOURCES TANK);
    run(60, true);
    area_thing(&w, "radiators")->power_w = 50e3; // nobody foresaw it, and no plan comes
    area_thing(&w, "tank")->soc = 0.12;
    run(600, false);
    ck_assert_double_le(lacking_wh, 1);
    ck_assert_double_ge(area_thing(&w, "tank")->soc, 0.08);
    ck_assert_double_ge(heat_w(), 49e3);
    finish();
}
END_TEST

START_TEST(a_store_that_fills_between_plans_takes_the_boiler_back)
{
    start(HEAD SOURCES TANK);
    area_thing(&w, "tank")->soc = 0.2;
    area_thing(&w, "radiators")->power_w = 40e3;
    run(900, true);
    area_thing(&w, "radiators")->power_w = 2e3;
    area_thing(&w, "tank")->soc = 0.97;
    run(840, false);
    ck_assert_double_le(spilled_wh, 1);
    finish();
}
END_TEST

START_TEST(an_engine_may_take_its_time_to_start)
{
    start(HEAD SOURCES TANK);
    finish();
    start(HEAD "generators:\n" CHP TANK);
    struct thing *chp = area_thing(&w, "chp");
    chp->stubborn = true; // still starting
    for (int i = 0; i < 600 && chp->goal_w == 0; i++)
        run(1, true);
    ck_assert_double_ge(chp->goal_w, 5e3);
    run(85, true);
    ck_assert(!area_alarm(&w, "device-chp-disobeys"));
    ck_assert_double_ge(chp->goal_w, 5e3);
    chp->stubborn = false;
    run(1500, true); // and goes on for its least time
    ck_assert(!area_alarm(&w, "device-chp-disobeys"));
    ck_assert_double_ge(chp->power_w, 5e3);
    finish();
}
END_TEST

START_TEST(an_engine_that_never_starts_disobeys)
{
    start(HEAD "generators:\n" CHP TANK);
    struct thing *chp = area_thing(&w, "chp");
    chp->stubborn = true;
    for (int i = 0; i < 600 && chp->goal_w == 0; i++)
        run(1, true);
    run(140, true);
    ck_assert(area_alarm(&w, "device-chp-disobeys"));
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core heat");
    TCase *c = tcase_create("heat");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, a_boiler_follows_its_plan);
    tcase_add_test(c, without_a_plan_a_boiler_fills_the_store_and_rests);
    tcase_add_test(c, without_a_store_sources_follow_the_load);
    tcase_add_test(c, a_store_that_empties_between_plans_brings_up_the_boiler);
    tcase_add_test(c, a_store_that_fills_between_plans_takes_the_boiler_back);
    tcase_add_test(c, an_engine_may_take_its_time_to_start);
    tcase_add_test(c, an_engine_that_never_starts_disobeys);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
