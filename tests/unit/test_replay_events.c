// SPDX-License-Identifier: GPL-3.0-or-later
// Replays of what does not happen every day: clocks that change, gaps, outages, areas without a grid, vehicles, heat.
#include "dr/event.h"
#include "replay_world.h"
#include "tests/unit/run_suite.h"

#define HEAD(zone)                                                                                                     \
    "area: {id: test, timezone: " zone ", latitude: 45 deg, longitude: 0 deg}\n"                                       \
    "plan: {interval: 1 h, max_age: 3 h, horizon: 24 h, scenarios: 1}\n"                                               \
    "control: {limit_margin: 0 %}\n"                                                                                   \
    "tariffs:\n"                                                                                                       \
    "  t: {import: [{price: 0.4 /kWh, from: \"06:00\", to: \"18:00\"}, {price: 0.2 /kWh}]}\n"
#define BATTERY                                                                                                        \
    "batteries:\n"                                                                                                     \
    "  bat: {bus: b, capacity: 10 kWh, max_charge: 5 kW, max_discharge: 5 kW, soc_min: 10 %}\n"
#define GRID "grids: {pcc: {bus: b, import_limit: 20 kW, export_limit: 20 kW, tariff: t}}\n"

static const enum replay_controller all[] = {REPLAY_NONE,        REPLAY_RULE,    REPLAY_DAEMON,
                                             REPLAY_PERSISTENCE, REPLAY_PERFECT, REPLAY_SCHEDULE};

#define EVERY_CONTROLLER(c)                                                                                            \
    enum replay_controller c = all[0];                                                                                 \
    for (size_t at_ = 0; at_ < sizeof all / sizeof *all && (c = all[at_], true); at_++)

static void run(struct replay_world *w, enum replay_controller controller, replay_look_fn *look)
{
    replay_run(w, &(struct replay_options){.controller = controller, .soc_frac = -1, .seed = 7}, look);
}

// ---- clocks and gaps ------------------------------------------------------------------------------------------------

static void one_kilowatt(struct text *t, double hour)
{
    (void)hour;
    text_appendf(t, ",1000");
}

static void expect_days(const char *from, int hours, int day_hours)
{
    struct replay_world w;
    replay_world_start(
        &w, HEAD("Europe/Berlin") "buses: {b: {}}\n" GRID "loads: {l: {bus: b, average: 1 kW, peak: 2 kW}}\n" BATTERY,
        ",l.load_w", from, 1, hours, one_kilowatt);
    run(&w, REPLAY_NONE, NULL);
    ck_assert_uint_eq(w.steps, (unsigned)hours);
    ck_assert_double_eq_tol(w.figures.energy_cost, day_hours * 0.4 + (hours - day_hours) * 0.2, 1e-9);
    double none = w.figures.total_cost;
    EVERY_CONTROLLER(c)
    {
        run(&w, c, NULL);
        ck_assert_uint_eq(w.steps, (unsigned)hours);
        ck_assert_double_le(w.figures.total_cost, none + 1e-9);
        ck_assert_uint_eq(w.figures.failed_plans, 0);
        ck_assert_double_lt(w.worst_balance_wh, 0.001);
    }
    replay_world_end(&w);
}

START_TEST(days_of_23_and_25_hours_have_as_many_cycles)
{
    expect_days("2026-03-27T23:00:00Z", 24 + 23 + 24, 36);
    expect_days("2026-10-23T22:00:00Z", 24 + 25 + 24, 36);
}
END_TEST

// ---- demand response ------------------------------------------------------------------------------------------------

START_TEST(an_event_is_followed_and_settled)
{
    struct replay_world w;
    struct dr_signal limit = {.kind = DR_IMPORT_LIMIT, .until_ms = 2 * 3600000, .value = 400};
    replay_world_start(&w,
                       HEAD("UTC") "buses: {b: {}}\n" GRID "loads: {l: {bus: b, average: 1 kW, peak: 2 kW}}\n" BATTERY
                                   "demand_response: {baseline: meter-before}\n",
                       ",l.load_w", "2026-01-12T00:00:00Z", 1, 48, one_kilowatt);
    struct dr_event event = {
        .id = "e1", .grid = -1, .priority = DR_PRIORITY_NULL, .signals = &limit, .n_signals = 1, .reference_w = -1};
    ck_assert_int_eq(rfc3339_parse("2026-01-12T20:00:00Z", &event.from_utc_ms), 0);
    event.until_utc_ms = event.from_utc_ms + limit.until_ms;
    event.received_utc_ms = event.modified_utc_ms = event.from_utc_ms - 3600000;
    const struct dr_event *events[] = {&event};
    replay_run(&w,
               &(struct replay_options){
                   .controller = REPLAY_DAEMON, .soc_frac = -1, .seed = 7, .events = events, .n_events = 1},
               NULL);
    ck_assert_uint_eq(w.figures.dr.events, 1);
    ck_assert_double_gt(w.figures.dr.requested_kwh, 0.1);
    ck_assert_double_ge(w.figures.dr.delivered_kwh, w.figures.dr.requested_kwh - 0.01);
    run(&w, REPLAY_DAEMON, NULL);
    ck_assert_uint_eq(w.figures.dr.events, 0);
    replay_world_end(&w);
}
END_TEST

// Two hours are missing altogether, in five nothing is known of the load.
static void with_holes(struct text *t, double hour)
{
    if (hour == 30 || hour == 31)
        return;
    if (hour >= 40 && hour < 45)
        text_appendf(t, ",");
    else
        text_appendf(t, ",%.0f", hour < 40 ? 1000.0 : 2000.0);
}

static void expect_holes(struct replay_world *w, const struct replay_step *step)
{
    int load = site_find_asset(w->site, "l");
    bool unknown = w->steps > 40 && w->steps <= 45; // they were counted before
    ck_assert(isnan(step->assets[load].measured_w) == unknown);
    ck_assert_double_eq_tol(step->assets[load].realised_w, w->steps <= 45 ? -1000 : -2000, 1e-6);
}

START_TEST(in_gaps_the_last_value_holds_and_nothing_is_measured)
{
    struct replay_world w;
    replay_world_start(&w,
                       HEAD("UTC") "buses: {b: {}}\n" GRID "loads: {l: {bus: b, average: 1 kW, peak: 2 kW}}\n" BATTERY,
                       ",l.load_w", "2026-03-02T00:00:00Z", 1, 72, with_holes);
    EVERY_CONTROLLER(c)
    {
        run(&w, c, expect_holes);
        ck_assert_uint_eq(w.steps, 72);
        ck_assert_double_eq_tol(w.figures.unknown_hours, 5, 1e-9);
        ck_assert_double_eq_tol(w.figures.load_kwh, 45 + 27 * 2, 1e-9);
        ck_assert_double_lt(w.worst_balance_wh, 0.001);
    }
    replay_world_end(&w);
}
END_TEST

// ---- without a grid -------------------------------------------------------------------------------------------------

// Away from 14 to 20 o'clock of the second day.
static bool is_away(double hour)
{
    return hour >= 38 && hour < 44;
}

static void outage(struct text *t, double hour)
{
    text_appendf(t, ",3000,%.0f,%d", 4000 * replay_sun(hour), !is_away(hour));
}

static void expect_outage(struct replay_world *w, const struct replay_step *step)
{
    bool away = is_away(w->steps - 1.0);
    ck_assert(step->grids[0].available == !away);
    if (away)
        ck_assert_double_eq(step->assets[site_find_asset(w->site, "pcc")].realised_w, 0);
}

static const char with_genset[] =
    HEAD("UTC") "buses: {b: {}}\n" GRID BATTERY "loads: {l: {bus: b, average: 3 kW, peak: 4 kW}}\n"
                "pv: {sun: {bus: b, peak_power: 5 kW}}\n"
                "generators:\n"
                "  genset: {bus: b, max_power: 5 kW, min_power: 1 kW, fuel_cost: 0.8 /kWh}\n";

START_TEST(an_outage_is_covered_by_the_generator_under_every_controller)
{
    struct replay_world w;
    replay_world_start(&w, with_genset, ",l.load_w,sun.pv_w,pcc.grid_available", "2026-06-01T00:00:00Z", 1, 72, outage);
    EVERY_CONTROLLER(c)
    {
        run(&w, c, expect_outage);
        ck_assert_double_lt(w.figures.unserved_kwh, 1e-6);
        ck_assert_double_lt(w.worst_balance_wh, 0.01);
        ck_assert_double_eq(w.figures.hours_over_limit, 0);
        if (c == REPLAY_NONE)
            ck_assert_double_gt(w.figures.fuel_kwh, 8);
    }
    replay_world_end(&w);
}
END_TEST

START_TEST(who_foresees_an_outage_has_filled_the_battery)
{
    struct replay_world w;
    replay_world_start(&w,
                       HEAD("UTC") "buses: {b: {}}\n" GRID BATTERY "loads: {l: {bus: b, average: 3 kW, peak: 4 kW}}\n"
                                   "pv: {sun: {bus: b, peak_power: 5 kW}}\n",
                       ",l.load_w,sun.pv_w,pcc.grid_available", "2026-06-01T00:00:00Z", 1, 72, outage);
    run(&w, REPLAY_NONE, expect_outage);
    double none_kwh = w.figures.unserved_kwh;
    ck_assert_double_gt(none_kwh, 8);
    ck_assert_double_gt(w.figures.shed_cost, 0);
    ck_assert_double_lt(w.worst_balance_wh, 0.01);
    run(&w, REPLAY_PERFECT, expect_outage);
    ck_assert_double_lt(w.figures.unserved_kwh + w.figures.shed_kwh[TIER_LIFELINE] + w.figures.shed_kwh[TIER_ORDINARY] +
                            w.figures.shed_kwh[TIER_DEFERRABLE] + w.figures.shed_kwh[TIER_IMPORTANT],
                        0.6 * none_kwh);
    replay_world_end(&w);
}
END_TEST

static void island_row(struct text *t, double hour)
{
    double h = replay_hour_of_day(hour);
    text_appendf(t, ",%.1f,%.1f", 2000 + (h >= 18 && h < 22 ? 1500 : 0) + 40 * h, 7000 * replay_sun(hour));
}

START_TEST(an_area_without_a_grid_feeds_itself_under_every_controller)
{
    struct replay_world w;
    double cost[REPLAY_CONTROLLER_COUNT];
    replay_world_start(&w,
                       "area: {id: isle, timezone: UTC, latitude: 45 deg, longitude: 0 deg}\n"
                       "plan: {interval: 1 h, max_age: 3 h, horizon: 24 h, scenarios: 1}\n"
                       "buses: {b: {}}\n" BATTERY "loads: {l: {bus: b, average: 2.5 kW, peak: 4 kW}}\n"
                       "pv: {sun: {bus: b, peak_power: 8 kW}}\n"
                       "generators:\n"
                       "  genset: {bus: b, max_power: 5 kW, min_power: 200 W, fuel_cost: 0.5 /kWh}\n",
                       ",l.load_w,sun.pv_w", "2026-06-01T00:00:00Z", 1, 5 * 24, island_row);
    EVERY_CONTROLLER(c)
    {
        run(&w, c, NULL);
        cost[c] = w.figures.total_cost;
        ck_assert_double_lt(w.figures.unserved_kwh, 1e-6);
        ck_assert_double_lt(w.worst_balance_wh, 0.01);
        ck_assert_uint_eq(w.figures.failed_plans, 0);
        ck_assert_double_lt(w.figures.pv_used_kwh, w.figures.pv_kwh);
    }
    ck_assert_double_lt(cost[REPLAY_RULE], 0.9 * cost[REPLAY_NONE]);
    ck_assert_double_le(cost[REPLAY_PERFECT], cost[REPLAY_DAEMON] + 1e-9);
    ck_assert_double_lt(cost[REPLAY_DAEMON], cost[REPLAY_NONE]);
    replay_world_end(&w);
}
END_TEST

START_TEST(more_load_than_anybody_can_give_is_unserved_and_named)
{
    struct replay_world w;
    replay_world_start(&w,
                       "area: {id: isle, timezone: UTC, latitude: 45 deg, longitude: 0 deg}\n"
                       "buses: {b: {}}\n"
                       "loads: {l: {bus: b, average: 1 kW, peak: 4 kW}}\n"
                       "generators: {genset: {bus: b, max_power: 600 W, fuel_cost: 0.5 /kWh}}\n",
                       ",l.load_w", "2026-06-01T00:00:00Z", 1, 24, one_kilowatt);
    EVERY_CONTROLLER(c)
    {
        run(&w, c, NULL);
        ck_assert_double_eq_tol(w.figures.unserved_kwh, 24 * 0.4, 0.02);
        ck_assert_double_eq_tol(w.figures.load_kwh, 24 * 0.6, 0.02);
        ck_assert_double_lt(w.worst_balance_wh, 0.01);
    }
    replay_world_end(&w);
}
END_TEST

static void two_loads(struct text *t, double hour)
{
    (void)hour;
    text_appendf(t, ",1000,500");
}

START_TEST(a_bus_that_hangs_on_a_tie_alone_is_fed_over_it)
{
    struct replay_world w;
    replay_world_start(&w,
                       HEAD("UTC") "buses: {b: {}, far: {}}\n" GRID "loads:\n"
                                   "  l: {bus: b, average: 1 kW, peak: 2 kW}\n"
                                   "  m: {bus: far, average: 500 W, peak: 2 kW}\n"
                                   "ties: {cable: {from: b, to: far, limit: 5 kW, loss: 2 %}}\n",
                       ",l.load_w,m.load_w", "2026-06-01T00:00:00Z", 1, 24, two_loads);
    EVERY_CONTROLLER(c)
    {
        run(&w, c, NULL);
        ck_assert_double_lt(w.figures.unserved_kwh, 0.01);
        ck_assert_double_eq_tol(w.figures.import_kwh, 24 * (1 + 0.5 / 0.98), 0.05);
    }
    replay_world_end(&w);
}
END_TEST

// ---- vehicles and heat ----------------------------------------------------------------------------------------------

// There from 18 to 8 o'clock.
static void visitor(struct text *t, double hour)
{
    double h = replay_hour_of_day(hour);
    text_appendf(t, ",500,%d,%.2f", h >= 18 || h < 8, h >= 1 && h < 5 ? 0.1 : 0.4);
}

static void expect_visitor(struct replay_world *w, const struct replay_step *step)
{
    double h = replay_hour_of_day(w->steps - 1.0);
    const struct replay_asset_step *s = &step->assets[site_find_asset(w->site, "cp")];
    ck_assert(isnan(s->soc_frac) == (h >= 8 && h < 18));
    if (h >= 8 && h < 18)
        ck_assert_double_eq(s->realised_w, 0);
}

START_TEST(vehicles_charge_while_they_are_connected_and_with_a_plan_when_it_is_cheap)
{
    struct replay_world w;
    replay_world_start(&w,
                       HEAD("UTC") "buses: {b: {}}\n" GRID "loads: {l: {bus: b, average: 500 W, peak: 2 kW}}\n"
                                   "chargers:\n"
                                   "  cp: {bus: b, max_charge: 7 kW, capacity: 50 kWh,\n"
                                   "       sessions: [{from: \"18:00\", until: \"08:00\", energy: 20 kWh}]}\n",
                       ",l.load_w,cp.connected,pcc.import_price", "2026-06-01T00:00:00Z", 1, 5 * 24 + 8, visitor);
    run(&w, REPLAY_NONE, expect_visitor);
    double none = w.figures.energy_cost;
    double charged_kwh = w.figures.load_kwh - 128 * 0.5;
    ck_assert_double_gt(charged_kwh, 6 * 20);
    ck_assert_double_lt(w.figures.missed_kwh, 0.1);
    for (int c = REPLAY_DAEMON; c <= REPLAY_PERFECT; c++) {
        run(&w, (enum replay_controller)c, expect_visitor);
        ck_assert_double_lt(w.figures.missed_kwh, 0.5);
        ck_assert_double_eq_tol(w.figures.load_kwh - 128 * 0.5, charged_kwh, 0.03 * charged_kwh);
        ck_assert_double_lt(w.figures.energy_cost, 0.6 * none);
    }
    replay_world_end(&w);
}
END_TEST

static void cold_days(struct text *t, double hour)
{
    double h = replay_hour_of_day(hour);
    text_appendf(t, ",500,%.0f,%.1f", h >= 6 && h < 22 ? 6000.0 : 3000.0, 2 + 5 * replay_sun(hour));
}

START_TEST(heat_is_served_under_every_controller_that_may_act_freely)
{
    struct replay_world w;
    replay_world_start(
        &w,
        HEAD("UTC") "buses: {b: {}, warm: {carrier: heat}}\n" GRID "loads:\n"
                    "  l: {bus: b, average: 500 W, peak: 2 kW}\n"
                    "  rooms: {bus: warm, average: 5 kW, peak: 9 kW}\n"
                    "stores: {tank: {bus: warm, capacity: 20 kWh, max_charge: 10 kW, max_discharge: 10 kW}}\n"
                    "converters: {pump: {from: b, to: warm, max_power: 4 kW, cop: 3}}\n",
        ",l.load_w,rooms.heat_w,l.temp_degc", "2026-02-02T00:00:00Z", 1, 4 * 24, cold_days);
    run(&w, REPLAY_NONE, NULL);
    double heat_kwh = 4 * (16 * 6 + 8 * 3.0);
    ck_assert_double_lt(w.figures.unserved_heat_kwh, 0.01 * heat_kwh);
    double none = w.figures.total_cost;
    for (int c = REPLAY_RULE; c <= REPLAY_PERFECT; c++) {
        run(&w, (enum replay_controller)c, NULL);
        ck_assert_double_lt(w.figures.unserved_heat_kwh, 0.02 * heat_kwh);
        ck_assert_double_lt(w.worst_balance_wh, 0.01);
        ck_assert(c == REPLAY_RULE || w.figures.total_cost < 1.02 * none);
    }
    replay_world_end(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay of events");
    TCase *c = tcase_create("events");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, an_event_is_followed_and_settled);
    tcase_add_test(c, days_of_23_and_25_hours_have_as_many_cycles);
    tcase_add_test(c, in_gaps_the_last_value_holds_and_nothing_is_measured);
    tcase_add_test(c, an_outage_is_covered_by_the_generator_under_every_controller);
    tcase_add_test(c, who_foresees_an_outage_has_filled_the_battery);
    tcase_add_test(c, an_area_without_a_grid_feeds_itself_under_every_controller);
    tcase_add_test(c, more_load_than_anybody_can_give_is_unserved_and_named);
    tcase_add_test(c, a_bus_that_hangs_on_a_tie_alone_is_fed_over_it);
    tcase_add_test(c, vehicles_charge_while_they_are_connected_and_with_a_plan_when_it_is_cheap);
    tcase_add_test(c, heat_is_served_under_every_controller_that_may_act_freely);
    suite_add_tcase(s, c);
    return run_suite(s);
}
