// SPDX-License-Identifier: GPL-3.0-or-later
// Is it worth while to weigh scenarios? A month of days of two kinds - dull ones with much load, sunny ones with little
// - in an order that nobody can know, planned each hour with the forecasts and the planner of the daemon. What a plan
// decides for the next hour is carried out; the grid takes what differs.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "plan/planner.h"
#include "plan/problem_alloc.h"
#include "plan/steps.h"
#include "tests/unit/run_suite.h"

enum { DAYS_BEFORE = 12, DAYS = 30, PIECES = 12, HOUR_MS = 3600000, PIECE_MS = HOUR_MS / PIECES };

static const int64_t FIRST_UTC_MS = INT64_C(1774969200000); // 2026-04-01T00:00 in Tokyo
static const int64_t DAY_MS = INT64_C(86400000);
static const double CAPACITY_WH = 30e3, EXPORT_PRICE = 0.05, PIECE_H = 1.0 / PIECES;

static struct site_load loads[] = {{.id = "homes", .shape = SHAPE_HOME, .average_w = 4e3, .peak_w = 8e3}};
static struct site_pv pvs[] = {{.id = "roof", .peak_power_w = 20e3, .tilt_deg = 20, .azimuth_deg = 180}};
static const struct site site = {
    .latitude_deg = 35.89, .longitude_deg = 139.63, .loads = loads, .n_loads = 1, .pvs = pvs, .n_pvs = 1};

enum knowledge { FORECAST, FORESIGHT };

struct month {
    struct forecast *forecast;
    struct planner *planner;
    double energy_wh, cost;
    int courses;
    enum knowledge knowledge;
    int fallbacks;
};

// ---- what happens ---------------------------------------------------------------------------------------------------

static bool is_sunny(int64_t utc_ms)
{
    uint64_t x = (uint64_t)((utc_ms - FIRST_UTC_MS) / DAY_MS + 100) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 31) * 0xd6e8feb86659fd93u;
    return x >> 63;
}

static double load_w(int64_t utc_ms)
{
    return load_standard_w(&site, &loads[0], utc_ms) * (is_sunny(utc_ms) ? 0.7 : 1.3);
}

static double pv_w(int64_t utc_ms)
{
    double frac = sun_clear_sky_frac(utc_ms, site.latitude_deg, site.longitude_deg, 20, 180);
    return pvs[0].peak_power_w * frac * (is_sunny(utc_ms) ? 0.9 : 0.15);
}

static double price(int64_t utc_ms)
{
    int hour = local_time_at(utc_ms).minute / 60;
    return hour < 6 ? 0.15 : 0.4;
}

static void learn(struct forecast *f, int64_t from_ms, int64_t to_ms)
{
    for (int64_t t = from_ms; t < to_ms; t += PIECE_MS) {
        forecast_learn_load(f, 0, t, t + PIECE_MS, load_w(t));
        forecast_learn_pv(f, 0, t, t + PIECE_MS, pv_w(t));
    }
}

// ---- what is planned ------------------------------------------------------------------------------------------------

static double mean_of(double (*what)(int64_t), int64_t from_ms, int64_t to_ms)
{
    double sum = 0;
    for (int i = 0; i < PIECES; i++)
        sum += what(from_ms + (to_ms - from_ms) * (2 * i + 1) / (2 * PIECES));
    return sum / PIECES;
}

static void fill_assets(const struct month *m, struct plan_problem *p)
{
    struct plan_battery *b = &p->batteries[0];
    strcpy(p->area, "test");
    strcpy(p->bus_ids[0], "bus");
    strcpy(p->grids[0].id, "grid");
    strcpy(p->loads[0].id, "homes");
    strcpy(p->pvs[0].id, "roof");
    strcpy(b->id, "battery");
    p->grids[0].import_limit_w = p->grids[0].export_limit_w = 50e3;
    p->loads[0].tier_share[TIER_LIFELINE] = 1;
    p->pvs[0].curtailable = true;
    // Its series are allocated with the problem and stay.
    b->kind = ASSET_BATTERY;
    b->energy_wh = m->energy_wh;
    b->max_wh = CAPACITY_WH;
    b->max_charge_w = b->max_discharge_w = 10e3;
    b->charge_efficiency = b->discharge_efficiency = 0.95;
    b->wear_per_kwh = 0.01;
    b->end_value_per_kwh = 0.15;
    b->available = true;
}

static void fill_courses(const struct month *m, struct plan_problem *p, int64_t now_ms)
{
    int64_t ends[PLAN_MAX_STEPS];
    struct forecast_steps *steps;
    for (size_t k = 0; k < p->n_steps; k++)
        ends[k] = plan_step_end_ms(p, k);
    ck_assert_int_eq(forecast_steps_new(m->forecast, now_ms, p->start_utc_ms, ends, p->n_steps, m->courses - 1, &steps),
                     0);
    forecast_steps_load_w(steps, 0, 0, p->loads[0].demand_w);
    forecast_steps_pv_w(steps, 0, 0, p->pvs[0].available_w);
    for (int c = 1; c < m->courses; c++) {
        forecast_steps_load_w(steps, 0, c, p->scenarios[c - 1].demand_w);
        forecast_steps_pv_w(steps, 0, c, p->scenarios[c - 1].available_w);
        p->scenarios[c - 1].weight = 0.95 / (m->courses - 1); // as the engine weighs former days
    }
    forecast_steps_free(steps);
    for (size_t k = 0; m->knowledge == FORESIGHT && k < p->n_steps; k++) {
        p->loads[0].demand_w[k] = mean_of(load_w, p->start_utc_ms[k], ends[k]);
        p->pvs[0].available_w[k] = mean_of(pv_w, p->start_utc_ms[k], ends[k]);
    }
}

static struct plan_problem *make_problem(const struct month *m, int64_t now_ms)
{
    struct plan_problem *p;
    struct plan_sizes sizes = {.n_steps = plan_steps(now_ms, 36 * 3600, 0, NULL, 0, NULL, NULL),
                               .n_buses = 1,
                               .n_grids = 1,
                               .n_pvs = 1,
                               .n_batteries = 1,
                               .n_loads = 1};
    ck_assert_int_eq(plan_problem_alloc(&sizes, &p), 0);
    plan_steps(now_ms, 36 * 3600, 0, NULL, 0, p->start_utc_ms, p->hours);
    p->made_utc_ms = now_ms;
    p->shared_s = 3600;
    fill_assets(m, p);
    for (size_t k = 0; k < p->n_steps; k++) {
        p->grids[0].import_price_per_kwh[k] = mean_of(price, p->start_utc_ms[k], plan_step_end_ms(p, k));
        p->grids[0].export_price_per_kwh[k] = EXPORT_PRICE;
    }
    if (m->courses > 1)
        ck_assert_int_eq(plan_problem_add_scenarios(p, (size_t)m->courses - 1), 0);
    fill_courses(m, p, now_ms);
    return p;
}

// ---- what comes of it -----------------------------------------------------------------------------------------------

static void carry_out(struct month *m, int64_t at_ms, double wanted_w)
{
    double room_w = (CAPACITY_WH - m->energy_wh) / 0.95 / PIECE_H, stock_w = m->energy_wh * 0.95 / PIECE_H;
    double battery_w = fmax(-room_w, fmin(stock_w, wanted_w));
    double import_w = load_w(at_ms) - pv_w(at_ms) - battery_w;
    double taken_wh = (battery_w > 0 ? battery_w / 0.95 : battery_w * 0.95) * PIECE_H;
    m->energy_wh = fmax(0, fmin(CAPACITY_WH, m->energy_wh - taken_wh));
    m->cost += import_w / 1000 * PIECE_H * (import_w > 0 ? price(at_ms) : EXPORT_PRICE);
    m->cost += fabs(battery_w) / 1000 * PIECE_H * 0.01;
}

static void live_hour(struct month *m, int64_t now_ms)
{
    struct plan_problem *p = make_problem(m, now_ms);
    struct schedule *s = NULL;
    char why[200] = "";
    int rc = planner_solve(m->planner, p, 60000, &s, why, sizeof(why));
    ck_assert_msg(rc == 0, "%d: %s", rc, why);
    ck_assert_int_eq(s->scenarios, m->courses);
    m->fallbacks += s->fallbacks;
    for (int64_t t = now_ms; t < now_ms + HOUR_MS; t += PIECE_MS) {
        int step = schedule_step_at(s, t);
        carry_out(m, t, schedule_find(s, "battery")->power_w[step]);
    }
    learn(m->forecast, now_ms, now_ms + HOUR_MS);
    schedule_free(s);
    plan_problem_free(p);
}

// What the month costs; what is left in the battery is worth the lowest price.
static double month_costs(int courses, enum knowledge knowledge)
{
    struct month m = {.courses = courses, .knowledge = knowledge, .energy_wh = CAPACITY_WH / 2};
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(forecast_new(&site, &m.forecast), 0);
    ck_assert_int_eq(planner_new(&m.planner), 0);
    learn(m.forecast, FIRST_UTC_MS - DAYS_BEFORE * DAY_MS, FIRST_UTC_MS);
    for (int hour = 0; hour < DAYS * 24; hour++)
        live_hour(&m, FIRST_UTC_MS + hour * (int64_t)HOUR_MS);
    ck_assert_int_eq(m.fallbacks, 0);
    forecast_free(m.forecast);
    planner_free(m.planner);
    return m.cost - (m.energy_wh - CAPACITY_WH / 2) / 1000 * 0.15;
}

START_TEST(a_month_planned_with_scenarios_costs_less_than_one_planned_for_the_mean)
{
    double mean = month_costs(1, FORECAST), four = month_costs(4, FORECAST), perfect = month_costs(1, FORESIGHT);
    printf("mean %.2f, 4 courses %.2f, perfect foresight %.2f\n", mean, four, perfect);
    ck_assert_double_lt(perfect, four);
    ck_assert_double_lt(four, 0.97 * mean);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_worth");
    TCase *tc = tcase_create("scenarios");
    tcase_set_timeout(tc, 110);
    tcase_add_test(tc, a_month_planned_with_scenarios_costs_less_than_one_planned_for_the_mean);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
