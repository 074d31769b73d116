// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and prices that others tell, contract power, and what a full area costs in each second.
#include "allocations.h"
#include "area_world.h"
#include "base/error.h"
#include "base/text.h"
#include "tests/unit/run_suite.h"

#include <time.h>

#define HEAD                                                                                                           \
    "area: {id: told, name: Told, timezone: UTC, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"                \
    "plan: {interval: 5 min, horizon: 24 h, deadline: 10 s, max_age: 15 min}\n"                                        \
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"                  \
    "mqtt: {enabled: false}\n"                                                                                         \
    "tariffs:\n"                                                                                                       \
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}], demand_window: 15 min}\n"

static const char SITE[] =
    HEAD "buses: {gate: {}}\n"
         "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t, contract_power: 700 kW,\n"
         "               co2: 400 g/kWh}}\n"
         "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %,\n"
         "                  soc_max: 95 %, reserve: 10 %}}\n"
         "loads: {hall: {bus: gate, shape: flat, average: 400 kW, peak: 900 kW}}\n";

static struct area_world w;
static struct thing *battery, *hall;

static void setup(void)
{
    area_start(&w, SITE, "2026-01-05T12:00:00Z");
    battery = area_thing(&w, "bat");
    hall = area_thing(&w, "hall");
    battery->soc = 0.9;
    hall->power_w = 400e3;
}

static void teardown(void)
{
    area_end(&w);
}

// The battery is worth as much as the import price: it rests, but for limits.
static double community_price_per_kwh;

static void rest(void)
{
    struct schedule *s;
    ck_assert_int_eq(
        schedule_alloc(24, w.site->n_assets, w.site->n_buses, w.site->n_grids, w.site->n_communities, 0, &s), 0);
    s->made_utc_ms = w.now.utc_ms;
    strcpy(s->status, "optimal");
    for (size_t i = 0; i < w.site->n_assets; i++)
        ck_assert_int_eq(schedule_alloc_asset(s, i, w.site->assets[i].id, w.site->assets[i].kind), 0);
    for (size_t k = 0; k < 24; k++) {
        s->start_utc_ms[k] = w.now.utc_ms / 300000 * 300000 + (int64_t)k * 300000;
        s->hours[k] = 1.0 / 12;
        for (size_t b = 0; b < w.site->n_buses; b++)
            s->price_per_kwh[b * 24 + k] = 0.3;
        for (size_t c = 0; c < w.site->n_communities; c++)
            s->community_price_per_kwh[c * 24 + k] = community_price_per_kwh;
        for (size_t i = 0; i < w.site->n_assets; i++)
            if (s->assets[i].energy_value_per_kwh != NULL)
                s->assets[i].energy_value_per_kwh[k] = 0.3;
        s->assets[0].power_w[k] = 400e3;
    }
    for (size_t g = 0; g < w.site->n_grids; g++)
        s->peak_w[g] = 1e6;
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static struct grid_limit limit(const char *id, int from_s, int until_s, double import_w)
{
    struct grid_limit l = {.from_utc_ms = w.now.utc_ms + from_s * INT64_C(1000),
                           .until_utc_ms = w.now.utc_ms + until_s * INT64_C(1000),
                           .import_limit_w = import_w,
                           .export_limit_w = PLAN_NO_LIMIT_W};
    strcpy(l.id, id);
    return l;
}

static int tell_limit(struct grid_limit l)
{
    return area_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l});
}

static size_t n_limits(void)
{
    const struct grid_limit *limits;
    return engine_limits(w.engine, &limits);
}

// ---- limits ---------------------------------------------------------------------------------------------------------

START_TEST(a_demand_response_limit_is_kept_from_its_first_second_to_its_last)
{
    area_run(&w, 3);
    rest();
    ck_assert_int_eq(tell_limit(limit("dr-1", 20, 80, 300e3)), 0);
    area_run(&w, 15);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    area_run(&w, 10);
    ck_assert_double_le(area_grid_w(&w), 300e3);
    ck_assert_int_eq(area_view(&w, "bat").reason.kind, REASON_DR_LIMIT);
    hall->power_w = 600e3; // a step of 200 kW is answered on the meter's reading
    w.now.utc_ms += 300;
    w.now.mono_ms += 300;
    area_read(&w, 0);
    ck_assert_double_ge(battery->goal_w, 300e3);
    area_run(&w, 40);
    ck_assert_double_le(area_grid_w(&w), 300e3);
    area_run(&w, 30);
    ck_assert_uint_eq(n_limits(), 0); // over
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
}
END_TEST

START_TEST(of_several_limits_the_tightest_holds_and_one_of_the_same_name_is_replaced)
{
    area_run(&w, 3);
    rest();
    ck_assert_int_eq(tell_limit(limit("a", 0, 900, 350e3)), 0);
    ck_assert_int_eq(tell_limit(limit("b", 0, 900, 300e3)), 0);
    area_run(&w, 5);
    ck_assert_double_le(area_grid_w(&w), 300e3);
    ck_assert_int_eq(tell_limit(limit("b", 0, 900, 380e3)), 0);
    ck_assert_uint_eq(n_limits(), 2);
    area_run(&w, 5);
    ck_assert_double_gt(area_grid_w(&w), 300e3);
    ck_assert_double_le(area_grid_w(&w), 350e3);
    ck_assert_int_eq(tell_limit(limit("a", 0, 0, 0)), 0); // withdrawn
    ck_assert_int_eq(tell_limit(limit("b", 0, 0, 0)), 0);
    ck_assert_int_lt(tell_limit(limit("b", 0, 0, 0)), 0);
    area_run(&w, 5);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
}
END_TEST

START_TEST(the_plan_knows_limits_by_steps_that_end_where_they_do)
{
    area_run(&w, 3);
    struct grid_limit l = limit("dr", 40 * 60, 70 * 60, 250e3);
    l.incentive_per_kwh = 0.5;
    l.baseline_w = 450e3;
    ck_assert_int_eq(tell_limit(l), 0);
    const struct plan_problem *p = area_problem(&w);
    bool begins = false, ends = false;
    for (size_t k = 0; k < p->n_steps; k++) {
        bool within = p->start_utc_ms[k] >= l.from_utc_ms && p->start_utc_ms[k] < l.until_utc_ms;
        begins |= p->start_utc_ms[k] == l.from_utc_ms;
        ends |= p->start_utc_ms[k] == l.until_utc_ms;
        ck_assert_double_eq_tol(p->grids[0].dr_import_limit_w[k], within ? 245e3 : PLAN_NO_LIMIT_W, 1);
        ck_assert_double_eq_tol(p->grids[0].dr_incentive_per_kwh[k], within ? 0.5 : 0, 1e-9);
        if (within)
            ck_assert_double_eq_tol(p->grids[0].dr_baseline_w[k], 450e3, 1e-6);
    }
    ck_assert(begins && ends);
}
END_TEST

START_TEST(below_its_baseline_an_incentive_makes_import_dearer)
{
    area_run(&w, 3);
    rest();
    struct grid_limit l = limit("pays", 0, 900, PLAN_NO_LIMIT_W);
    l.incentive_per_kwh = 0.4;
    l.baseline_w = 500e3;
    area_run(&w, 3);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    ck_assert_int_eq(tell_limit(l), 0);
    area_run(&w, 5);
    ck_assert_double_ge(battery->power_w, 390e3);
}
END_TEST

START_TEST(limits_that_cannot_be_are_refused_and_change_nothing)
{
    ck_assert_int_eq(tell_limit(limit("good", 0, 900, 300e3)), 0);
    struct grid_limit bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = limit("good", 0, 900, 300e3);
    bad[0].import_limit_w = NAN;
    bad[1].import_limit_w = -1;
    bad[2].export_limit_w = INFINITY;
    bad[3].incentive_per_kwh = NAN;
    bad[4].baseline_w = -INFINITY;
    bad[5].grid = 7;
    bad[6].id[0] = '\0';
    bad[7].from_utc_ms = bad[7].until_utc_ms - INT64_C(400) * 24 * 3600 * 1000;
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_lt(tell_limit(bad[i]), 0);
    const struct grid_limit *limits;
    ck_assert_uint_eq(engine_limits(w.engine, &limits), 1);
    ck_assert_double_eq(limits[0].import_limit_w, 300e3);
    for (int i = 0; i < ENGINE_MAX_LIMITS - 1; i++) {
        char id[16];
        snprintf(id, sizeof id, "n%d", i);
        ck_assert_int_eq(tell_limit(limit(id, 0, 900, 300e3)), 0);
    }
    ck_assert_int_lt(tell_limit(limit("too-many", 0, 900, 300e3)), 0);
}
END_TEST

// ---- outages --------------------------------------------------------------------------------------------------------

static int tell_outage(bool away)
{
    return area_tell(&w, (struct event){.kind = EVENT_GRID, .grid = {.grid = 0, .available = !away}});
}

START_TEST(a_connection_that_is_away_neither_gives_nor_takes_in_the_plan_until_the_hour_is_over)
{
    area_run(&w, 3);
    rest();
    int solves = w.solves;
    ck_assert_int_eq(tell_outage(true), 0);
    ck_assert_int_eq(tell_outage(true), 0); // known
    area_run(&w, 1);
    ck_assert_int_gt(w.solves, solves); // at once
    const struct plan_problem *p = w.problem;
    int64_t hour = (w.now.utc_ms / 3600000 + 1) * 3600000;
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_eq(p->grids[0].available[k], p->start_utc_ms[k] >= hour);
    ck_assert_int_eq(tell_outage(false), 0);
    p = area_problem(&w);
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_eq(p->grids[0].available[k], 1);
    struct event none = {.kind = EVENT_GRID, .grid = {.grid = 7, .available = true}};
    ck_assert_int_eq(area_tell(&w, none), AEMS_E_RANGE);
}
END_TEST

static bool there_in_even_hours(void *context, int grid, int64_t from_utc_ms, int64_t to_utc_ms)
{
    ++*(int *)context;
    ck_assert_int_eq(grid, 0);
    return from_utc_ms / 3600000 % 2 == 0 && (to_utc_ms - 1) / 3600000 % 2 == 0;
}

START_TEST(what_a_driver_knows_of_outages_is_planned_with_and_what_holds_now_before_that)
{
    int asked = 0;
    engine_set_grid_forecast(w.engine, there_in_even_hours, &asked);
    area_run(&w, 3);
    const struct plan_problem *p = area_problem(&w);
    ck_assert_int_gt(asked, 0);
    for (size_t k = 0; k < p->n_steps; k++)
        ck_assert_double_eq(p->grids[0].available[k], p->start_utc_ms[k] / 3600000 % 2 == 0);
    ck_assert_int_eq(tell_outage(true), 0);
    p = area_problem(&w);
    ck_assert_double_eq(p->grids[0].available[0], 0);
    ck_assert_double_eq(p->grids[0].available[1], 1);
}
END_TEST

START_TEST(while_a_connection_is_away_its_limits_are_zero)
{
    struct grid_view v;
    area_run(&w, 3);
    rest();
    area_run(&w, 5);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    ck_assert_int_eq(tell_outage(true), 0);
    engine_grid(w.engine, 0, w.now, &v);
    ck_assert(!v.available && v.import_limit_w == 0 && v.export_limit_w == 0);
    area_run(&w, 10); // what the meter here would still see is more than nothing: the battery feeds the hall
    ck_assert_double_eq_tol(area_grid_w(&w), 0, 5);
    ck_assert_int_eq(tell_outage(false), 0);
    area_run(&w, 10);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    engine_grid(w.engine, 0, w.now, &v);
    ck_assert(v.available && v.import_limit_w > 0);
}
END_TEST

// ---- contract power -------------------------------------------------------------------------------------------------

START_TEST(the_contract_is_kept_in_every_window_of_a_noisy_load)
{
    unsigned seed = 7;
    double window_wh = 0;
    int seconds = 0, windows = 0, turns = 0;
    double last_w = 0, direction = 0;
    area_run(&w, 3);
    battery->soc = 0.9;
    for (int s = 3; s < 3 * 900; s++) {
        seed = seed * 1103515245 + 12345;
        double noise = ((double)(seed >> 16 & 0x7fff) / 32768 - 0.5) * 2;
        double base_w = s / 300 % 3 == 2 ? 900e3 : 600e3; // steps over the contract
        hall->power_w = base_w * (1 + 0.1 * noise);
        if (s % 600 == 3)
            rest();
        area_second(&w);
        window_wh += fmax(area_grid_w(&w), 0) / 3600;
        seconds++;
        double move_w = battery->power_w - last_w;
        turns += move_w * direction < 0 && fabs(move_w) > 20e3;
        direction = battery->power_w - last_w;
        last_w = battery->power_w;
        if (w.now.utc_ms % 900000 == 0) {
            ck_assert_double_le(window_wh / seconds * 3600, 700e3);
            window_wh = seconds = 0;
            windows++;
        }
    }
    ck_assert_int_ge(windows, 2);
    ck_assert_int_lt(turns, 60); // of 2700 seconds: what noise does is left to the average
}
END_TEST

// ---- prices ---------------------------------------------------------------------------------------------------------

static int tell_prices(const struct site_price_point *points, size_t count)
{
    return area_tell(&w, (struct event){.kind = EVENT_PRICES, .prices = {.points = points, .count = count}});
}

static double import_price(int64_t after_s)
{
    struct grid_view v;
    struct instant at = {w.now.utc_ms + after_s * 1000, w.now.mono_ms};
    engine_grid(w.engine, 0, at, &v);
    return v.import_price_per_kwh;
}

static struct site_price_point point(int64_t after_s, double import)
{
    return (struct site_price_point){.from_utc_ms = w.now.utc_ms + after_s * 1000,
                                     .import_price_per_kwh = import,
                                     .export_price_per_kwh = import / 2,
                                     .co2_g_per_kwh = -1};
}

START_TEST(told_prices_hold_at_once_and_replace_what_they_cover)
{
    area_run(&w, 3);
    rest();
    int solves = w.solves;
    struct site_price_point first[] = {point(0, 0.1), point(3600, 0.2), point(7200, 0.4)};
    ck_assert_int_eq(tell_prices(first, 3), 0);
    area_run(&w, 2);
    ck_assert_int_gt(w.solves, solves);
    ck_assert_double_eq(import_price(60), 0.1);
    ck_assert_double_eq(import_price(7300), 0.4);
    ck_assert_double_eq(import_price(10700), 0.4); // as long as the one before it
    ck_assert_double_eq(import_price(10900), 0.3); // as configured
    struct site_price_point second[] = {point(1800, 0.7), point(3600, 0.8)};
    ck_assert_int_eq(tell_prices(second, 2), 0);
    ck_assert_double_eq(import_price(60), 0.1);
    ck_assert_double_eq(import_price(1900), 0.7);
    ck_assert_double_eq(import_price(3700), 0.8);
    ck_assert_double_eq(import_price(5500), 0.2);
    ck_assert_double_eq(import_price(7300), 0.4);
    const struct plan_problem *p = area_problem(&w);
    ck_assert_double_eq_tol(p->grids[0].import_price_per_kwh[0], 0.1, 1e-9);
    ck_assert_double_eq_tol(p->grids[0].export_price_per_kwh[0], 0.05, 1e-9);
    ck_assert_double_eq_tol(p->grids[0].co2_kg_per_kwh[0], 0.4, 1e-9);
}
END_TEST

START_TEST(prices_that_cannot_be_are_refused_whole_and_the_last_good_ones_stay)
{
    struct site_price_point good[] = {point(0, 0.1), point(3600, 0.2)};
    ck_assert_int_eq(tell_prices(good, 2), 0);
    for (int i = 0; i < 7; i++) {
        struct site_price_point bad[] = {point(0, 0.5), point(3600, 0.6)};
        if (i == 0)
            bad[1].import_price_per_kwh = NAN;
        if (i == 1)
            bad[1].export_price_per_kwh = INFINITY;
        if (i == 2)
            bad[1].import_price_per_kwh = 1e9;
        if (i == 3)
            bad[1].from_utc_ms = bad[0].from_utc_ms;
        if (i == 4)
            bad[1].co2_g_per_kwh = NAN;
        if (i == 5)
            bad[0].from_utc_ms = -1;
        if (i == 6)
            bad[0].from_utc_ms -= 7200 * 1000, bad[1].from_utc_ms -= 9 * 3600 * 1000;
        ck_assert_int_lt(tell_prices(bad, 2), 0);
        ck_assert_int_gt(strlen(engine_last_refusal(w.engine)), 0);
        ck_assert_double_eq(import_price(60), 0.1);
    }
    ck_assert_int_lt(tell_prices(good, 0), 0);
}
END_TEST

START_TEST(a_restart_keeps_limits_and_prices_until_they_are_over)
{
    struct site_price_point prices[] = {point(0, 0.1), point(3600, 0.2)};
    ck_assert_int_eq(tell_prices(prices, 2), 0);
    ck_assert_int_eq(tell_limit(limit("short", 0, 600, 300e3)), 0);
    ck_assert_int_eq(tell_limit(limit("long", 0, 7000, 350e3)), 0);
    ck_assert_int_gt(w.saves[SAVED_LIMITS], 0);
    ck_assert_int_gt(w.saves[SAVED_PRICES], 0);
    area_restart(&w, 1200 * 1000);
    ck_assert_uint_eq(n_limits(), 1);
    ck_assert_double_eq(import_price(0), 0.1);
    ck_assert_double_eq(import_price(3000), 0.2);
    area_restart(&w, 2 * 3600 * 1000);
    ck_assert_uint_eq(n_limits(), 0);
    ck_assert_double_eq(import_price(0), 0.3);
}
END_TEST

START_TEST(what_this_program_cannot_have_written_is_not_taken_over)
{
    static const struct {
        enum saved_kind kind;
        const char *id, *json;
    } items[] = {
        {SAVED_LIMITS, "all", "{}"},
        {SAVED_LIMITS, "all", "{\"limits\":[{\"id\":\"x\"}]}"},
        {SAVED_LIMITS, "all",
         "{\"limits\":[{\"id\":\"x\",\"grid\":\"grid\",\"from_ms\":1,\"until_ms\":9,\"import_limit_w\":-4,"
         "\"export_limit_w\":1,\"incentive_per_kwh\":0,\"baseline_w\":0}]}"},
        {SAVED_PRICES, "t", "{\"prices\":[[1,2,3]]}"},
        {SAVED_PRICES, "t", "{\"prices\":[[5,2,0.1,0.1,-1,false,false]]}"},
        {SAVED_PRICES, "t", "{\"prices\":[[1,2,1e300,0.1,-1,false,false]]}"},
        {SAVED_SESSION, "bat", "{}"},
    };
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        struct saved item = {.kind = items[i].kind, .json = strdup(items[i].json)};
        strcpy(item.id, items[i].id);
        ck_assert_int_lt(engine_restore(w.engine, &item, w.now), 0);
        saved_free(&item);
    }
}
END_TEST

// ---- communities ----------------------------------------------------------------------------------------------------

static const char COMMUNITY[] =
    HEAD "  network: {import: [{price: 0.01 /kWh}]}\n"
         "buses: {gate: {}}\n"
         "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: network}}\n"
         "communities: {street: {tariff: t, grids: [grid]}}\n"
         "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW}}\n"
         "loads: {hall: {bus: gate, shape: flat, average: 400 kW, peak: 900 kW}}\n";

static void five_to_import(void *context, int community, int64_t utc_ms, struct engine_price *ret_price)
{
    ck_assert_ptr_nonnull(context);
    ck_assert_int_eq(community, 0);
    ck_assert_int_gt(utc_ms, 0);
    ret_price->import_price_per_kwh = 5;
}

// In store a kWh is worth 0.3: what is over goes to the neighbours while they pay as much, else into the battery.
START_TEST(regulation_has_the_price_that_the_plan_expects_of_the_community)
{
    struct text t = {0};
    area_end(&w);
    text_appendf(&t, "%spv: {roof: {bus: gate, peak_power: 900 kW}}\n", COMMUNITY);
    area_start(&w, t.data, "2026-01-05T12:00:00Z");
    text_free(&t);
    battery = area_thing(&w, "bat");
    hall = area_thing(&w, "hall");
    battery->soc = 0.5;
    hall->power_w = 400e3;
    area_run(&w, 3);
    (void)area_problem(&w);
    struct thing *roof = area_thing(&w, "roof");
    roof->stubborn = true;
    roof->power_w = 600e3;
    community_price_per_kwh = 0.7; // more than anybody pays: 0.3 at most
    rest();
    area_run(&w, 10);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    community_price_per_kwh = 0.2;
    rest();
    area_run(&w, 10);
    ck_assert_double_eq_tol(battery->power_w, -200e3, 5e3);
}
END_TEST

START_TEST(a_community_is_planned_and_regulated_by_its_own_prices_beside_those_of_its_members)
{
    struct community_view v;
    area_end(&w);
    area_start(&w, COMMUNITY, "2026-01-05T12:00:00Z");
    battery = area_thing(&w, "bat");
    hall = area_thing(&w, "hall");
    battery->soc = 0.5;
    hall->power_w = 400e3;
    area_run(&w, 3);
    ck_assert_double_eq_tol(engine_bus_price_per_kwh(w.engine, 0, w.now), 0.31, 1e-9);
    struct plan_problem *p = area_problem(&w);
    ck_assert_int_eq(p->grids[0].community, 0);
    ck_assert_double_eq(p->grids[0].import_price_per_kwh[0], 0.01);
    ck_assert_double_eq(p->communities[0].import_price_per_kwh[5], 0.3);
    ck_assert_double_eq(p->communities[0].export_price_per_kwh[5], 0.08);
    ck_assert_double_gt(p->batteries[0].end_value_per_kwh, 0.29);
    community_price_per_kwh = 0.3;
    rest(); // by its own price alone everything would be stored
    area_run(&w, 10);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    struct site_price_point now = {.from_utc_ms = w.now.utc_ms, .import_price_per_kwh = 2, .export_price_per_kwh = 1};
    struct event e = {.kind = EVENT_PRICES,
                      .prices = {.tariff = w.site->communities[0].tariff, .points = &now, .count = 1}};
    ck_assert_int_eq(area_tell(&w, e), 0);
    engine_community(w.engine, 0, w.now, &v);
    ck_assert(v.import_price_per_kwh == 2 && v.export_price_per_kwh == 1);
    engine_set_community_price_source(w.engine, five_to_import, &v);
    engine_community(w.engine, 0, w.now, &v);
    ck_assert(v.import_price_per_kwh == 5 && v.export_price_per_kwh == 1);
}
END_TEST

// ---- the largest area -----------------------------------------------------------------------------------------------

static void large_site(struct text *t)
{
    text_append(t, HEAD "buses: {gate: {}}\n"
                        "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t}}\n"
                        "groups: {breaker: {limit: 600 kW}, a: {limit: 400 kW, within: breaker}}\nchargers:\n");
    for (int i = 0; i < 250; i++)
        text_appendf(t,
                     "  c%d: {bus: gate, group: %s, max_charge: 11 kW, min_charge: 4 kW, sessions: [{from: \"11:00\", "
                     "until: \"18:00\", energy: 20 kWh}]}\n",
                     i, i % 2 ? "a" : "breaker");
    text_append(t, "batteries:\n");
    for (int i = 0; i < 19; i++)
        text_appendf(t, "  b%d: {bus: gate, capacity: 50 kWh, max_charge: 20 kW, max_discharge: 20 kW}\n", i);
    text_append(t, "loads:\n");
    for (int i = 0; i < 30; i++)
        text_appendf(t, "  l%d: {bus: gate, shape: flat, average: 10 kW, peak: 20 kW}\n", i);
}

START_TEST(three_hundred_assets_take_milliseconds_and_no_memory)
{
    struct text t = {0};
    struct timespec from, to;
    large_site(&t);
    area_end(&w);
    area_start(&w, t.data, "2026-01-05T12:00:00Z");
    text_free(&t);
    ck_assert_uint_eq(w.site->n_assets, 300);
    for (size_t i = 0; i < 300; i++) {
        if (w.site->assets[i].kind == ASSET_BATTERY)
            w.things[i].soc = 0.5;
        if (w.site->assets[i].kind == ASSET_LOAD)
            w.things[i].power_w = 10e3;
        if (w.site->assets[i].kind == ASSET_CHARGER)
            w.things[i].connected = i % 3 != 0;
    }
    allocations_watch();
    area_run(&w, 40); // within the interval of the first plan
    size_t before = allocation_count;
    double group_w = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    area_run(&w, 20);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    ck_assert_uint_eq(allocation_count, before);
    double ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    ck_assert_double_lt(ms / 20, 200); // readings and a tick, without optimisation and with sanitizers
    if (getenv("WORLD_TALKS") != NULL)
        fprintf(stderr, "%.2f ms a second\n", ms / 20);
    for (size_t i = 0; i < 300; i++)
        if (w.site->assets[i].kind == ASSET_CHARGER)
            group_w -= w.things[i].power_w;
    ck_assert_double_gt(group_w, 300e3);
    ck_assert_double_le(group_w, 600e3 + 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core told");
    TCase *t = tcase_create("told");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_demand_response_limit_is_kept_from_its_first_second_to_its_last);
    tcase_add_test(t, of_several_limits_the_tightest_holds_and_one_of_the_same_name_is_replaced);
    tcase_add_test(t, the_plan_knows_limits_by_steps_that_end_where_they_do);
    tcase_add_test(t, below_its_baseline_an_incentive_makes_import_dearer);
    tcase_add_test(t, limits_that_cannot_be_are_refused_and_change_nothing);
    tcase_add_test(t, a_connection_that_is_away_neither_gives_nor_takes_in_the_plan_until_the_hour_is_over);
    tcase_add_test(t, what_a_driver_knows_of_outages_is_planned_with_and_what_holds_now_before_that);
    tcase_add_test(t, while_a_connection_is_away_its_limits_are_zero);
    tcase_add_test(t, the_contract_is_kept_in_every_window_of_a_noisy_load);
    tcase_add_test(t, told_prices_hold_at_once_and_replace_what_they_cover);
    tcase_add_test(t, prices_that_cannot_be_are_refused_whole_and_the_last_good_ones_stay);
    tcase_add_test(t, a_restart_keeps_limits_and_prices_until_they_are_over);
    tcase_add_test(t, what_this_program_cannot_have_written_is_not_taken_over);
    tcase_add_test(t, regulation_has_the_price_that_the_plan_expects_of_the_community);
    tcase_add_test(t, a_community_is_planned_and_regulated_by_its_own_prices_beside_those_of_its_members);
    tcase_add_test(t, three_hundred_assets_take_milliseconds_and_no_memory);
    suite_add_tcase(s, t);
    return run_suite(s);
}
