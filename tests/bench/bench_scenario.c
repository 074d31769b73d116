// SPDX-License-Identifier: GPL-3.0-or-later
// Plans that weigh 1, 4 and 10 courses: five sites, the 75 steps of a 36-hour plan, one plan after the other. Prints a
// table, then `scenario: figure=value ...`: the p50 time of a plan in ms with each number, of the forecasts of 300
// assets with ten courses, and the peak memory.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/local_time.h"
#include "forecast/forecast.h"
#include "plan/planner.h"
#include "plan/problem_alloc.h"
#include "plan/steps.h"

enum { SITES = 5, PLANS = 40, HORIZON_S = 36 * 3600, DEADLINE_MS = 60000 };

static const int64_t FIRST_UTC_MS = INT64_C(1767600000000); // 2026-01-05T08:00:00Z, a Monday
static const double PI = 3.14159265358979;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_scenario: %s\n", what);
    exit(EXIT_FAILURE);
}

static double monotonic_ms(void *context)
{
    struct timespec t;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

// The same number in [0, 1] for the same three.
static double dice(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t x = a * 0x9e3779b97f4a7c15u ^ (b + 0x632be59bd9b4e019u) * 0xbf58476d1ce4e5b9u ^ c * 0x94d049bb133111ebu;
    for (int i = 0; i < 3; i++) {
        x ^= x >> 31;
        x *= 0xd6e8feb86659fd93u;
    }
    return (double)(x >> 11) / 9007199254740992.0;
}

// Course 0 is the mean of what days are like, the others are days.
static double load_w(size_t site, size_t course, int64_t utc_ms)
{
    double hour = fmod((double)utc_ms / 3.6e6, 24), evening = exp(-pow((hour - 17 - 3 * dice(site, course, 9)) / 2, 2));
    double level = course == 0 ? 1 : 0.7 + 0.6 * dice(site, course, 1);
    return 1e3 * level * (12 + (hour > 7 && hour < 19 ? 14 : 0) + 30 * evening);
}

static double pv_w(size_t site, size_t course, int64_t utc_ms)
{
    double sun = fmax(0, sin((fmod((double)utc_ms / 3.6e6, 24) - 6) / 12 * PI));
    return 1e3 * (30 + 10 * (double)site) * sun * (course == 0 ? 0.6 : 0.2 + 0.8 * dice(7, course, 2));
}

static void name(char id[SITE_ID_MAX], const char *kind, size_t i)
{
    snprintf(id, SITE_ID_MAX, "%s%zu", kind, i);
}

static void fill_site(struct plan_problem *p, size_t i)
{
    struct plan_battery *b = &p->batteries[i];
    name(p->bus_ids[i], "bus", i);
    name(p->pvs[i].id, "pv", i);
    name(p->loads[i].id, "load", i);
    name(b->id, "battery", i);
    p->pvs[i].bus = p->loads[i].bus = b->bus = (int)i;
    p->pvs[i].curtailable = true;
    p->loads[i].tier_share[TIER_LIFELINE] = 1;
    b->energy_wh = 20e3;
    b->max_wh = 100e3;
    b->max_charge_w = b->max_discharge_w = 30e3;
    b->charge_efficiency = b->discharge_efficiency = 0.95;
    b->wear_per_kwh = 0.02;
    b->end_value_per_kwh = 0.1;
    b->available = true;
    if (i == 0)
        return;
    struct plan_tie *t = &p->ties[i - 1];
    name(t->id, "tie", i);
    t->to = (int)i;
    t->limit_w = 60e3;
    t->loss_frac = 0.01;
    t->available = true;
}

static double price(int64_t utc_ms)
{
    double hour = fmod((double)utc_ms / 3.6e6, 24);
    return hour < 6 ? 0.12 : hour > 16 && hour < 21 ? 0.42 : 0.26;
}

static void fill_courses(struct plan_problem *p)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t at = p->start_utc_ms[k] + (int64_t)(p->hours[k] * 1.8e6);
        p->grids[0].import_price_per_kwh[k] = price(at);
        p->grids[0].export_price_per_kwh[k] = 0.06;
        for (size_t i = 0; i < SITES; i++) {
            p->loads[i].demand_w[k] = load_w(i, 0, at);
            p->pvs[i].available_w[k] = pv_w(i, 0, at);
        }
    }
    for (size_t s = 0; s < p->n_scenarios; s++)
        for (size_t i = 0; i < SITES * p->n_steps; i++) {
            size_t site = i / p->n_steps, k = i % p->n_steps;
            int64_t at = p->start_utc_ms[k] + (int64_t)(p->hours[k] * 1.8e6);
            p->scenarios[s].demand_w[i] = load_w(site, s + 1, at);
            p->scenarios[s].available_w[i] = pv_w(site, s + 1, at);
        }
}

static struct plan_problem *make_problem(int64_t now_utc_ms, size_t courses)
{
    size_t n_steps = plan_steps(now_utc_ms, HORIZON_S, 0, NULL, 0, NULL, NULL);
    struct plan_sizes sizes = {.n_steps = n_steps,
                               .n_buses = SITES,
                               .n_grids = 1,
                               .n_pvs = SITES,
                               .n_batteries = SITES,
                               .n_loads = SITES,
                               .n_ties = SITES - 1};
    struct plan_problem *p;
    if (plan_problem_alloc(&sizes, &p) < 0)
        fail("no memory");
    plan_steps(now_utc_ms, HORIZON_S, 0, NULL, 0, p->start_utc_ms, p->hours);
    strcpy(p->area, "bench");
    p->made_utc_ms = now_utc_ms;
    p->shared_s = 3600;
    name(p->grids[0].id, "grid", 0);
    p->grids[0].import_limit_w = p->grids[0].export_limit_w = 250e3;
    p->grids[0].demand_charge_per_kw = 10;
    p->grids[0].demand_window_s = 900;
    for (size_t i = 0; i < SITES; i++)
        fill_site(p, i);
    fill_courses(p); // prices before they are copied
    if (courses > 1 && plan_problem_add_scenarios(p, courses - 1) < 0)
        fail("no memory");
    fill_courses(p);
    return p;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

// The p50 of all plans but the first. The stock is where the last plan has it.
static double measure(size_t courses)
{
    struct planner *planner;
    double ms[PLANS], energy_wh[SITES], first_ms = 0;
    int fallbacks = 0, repairs = 0, iterations = 0, fewest = PLAN_MAX_SCENARIOS;
    if (planner_new(&planner) < 0)
        fail("no memory");
    planner_set_clock(planner, monotonic_ms, NULL);
    for (size_t i = 0; i < SITES; i++)
        energy_wh[i] = 20e3;
    for (int n = 0; n < PLANS; n++) {
        struct plan_problem *p = make_problem(FIRST_UTC_MS + n * INT64_C(300000), courses);
        struct schedule *s;
        char why[200];
        for (size_t i = 0; i < SITES; i++)
            p->batteries[i].energy_wh = energy_wh[i];
        double begin = monotonic_ms(NULL);
        if (planner_solve(planner, p, DEADLINE_MS, &s, why, sizeof(why)) < 0)
            fail(why);
        ms[n] = monotonic_ms(NULL) - begin;
        fewest = s->scenarios < fewest ? s->scenarios : fewest;
        fallbacks += n > 0 ? s->fallbacks : 0;
        repairs += n > 0 ? s->repairs : 0;
        iterations += n > 0 ? s->iterations : 0;
        for (size_t i = 0; i < SITES; i++)
            energy_wh[i] = fmin(fmax(schedule_find(s, p->batteries[i].id)->energy_wh[0], 0), 100e3);
        schedule_free(s);
        plan_problem_free(p);
    }
    planner_free(planner);
    first_ms = ms[0];
    qsort(ms + 1, PLANS - 1, sizeof(double), ascending);
    printf("%2zu courses: first %7.1f ms, then p50 %7.1f ms, worst %7.1f ms, %5d iterations, %3d repairs, "
           "%d fallbacks a plan of %d; at least %d weighed\n",
           courses, first_ms, ms[PLANS / 2], ms[PLANS - 1], iterations / (PLANS - 1), repairs / (PLANS - 1), fallbacks,
           PLANS - 1, fewest);
    return ms[PLANS / 2];
}

// ---- forecasts ------------------------------------------------------------------------------------------------------

enum { ASSETS = 300, HISTORY_DAYS = 10, MINUTE_MS = 60000 };

// A third of the assets is PV; ten days are known of all.
static struct forecast *make_forecast(struct site *s)
{
    static struct site_load loads[ASSETS * 2 / 3];
    static struct site_pv pvs[ASSETS / 3];
    struct forecast *f;
    *s = (struct site){
        .latitude_deg = 35.9, .longitude_deg = 139.6, .loads = loads, .pvs = pvs, .n_loads = 200, .n_pvs = 100};
    for (size_t i = 0; i < s->n_loads; i++)
        loads[i] = (struct site_load){.shape = (enum load_shape)(i % SHAPE_COUNT), .average_w = 30e3, .peak_w = 60e3};
    for (size_t i = 0; i < s->n_pvs; i++)
        pvs[i] = (struct site_pv){.peak_power_w = 100e3, .tilt_deg = 10 + (double)i / 5, .azimuth_deg = 180};
    if (forecast_new(s, &f) < 0)
        fail("no memory");
    for (int64_t t = FIRST_UTC_MS - HISTORY_DAYS * 1440 * MINUTE_MS; t < FIRST_UTC_MS; t += 5 * MINUTE_MS) {
        for (size_t i = 0; i < s->n_loads; i++)
            forecast_learn_load(f, (int)i, t, t + 5 * MINUTE_MS, load_w(i, 0, t));
        for (size_t i = 0; i < s->n_pvs; i++)
            forecast_learn_pv(f, (int)i, t, t + 5 * MINUTE_MS, pv_w(i % SITES, 0, t));
    }
    return f;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

// ms of CPU for all courses of all assets.
static double measure_forecasts(int courses)
{
    struct site s;
    struct forecast *f = make_forecast(&s);
    struct forecast_steps *steps;
    int64_t from[PLAN_MAX_STEPS], to[PLAN_MAX_STEPS];
    double hours[PLAN_MAX_STEPS], power_w[PLAN_MAX_STEPS];
    size_t n = plan_steps(FIRST_UTC_MS, HORIZON_S, 0, NULL, 0, from, hours);
    for (size_t k = 0; k < n; k++)
        to[k] = from[k] + (int64_t)(hours[k] * 3600e3);
    double begin = cpu_ms();
    if (forecast_steps_new(f, FIRST_UTC_MS, from, to, n, courses - 1, &steps) < 0)
        fail("no memory");
    for (size_t i = 0; i < s.n_loads; i++)
        for (int c = 0; c < courses; c++)
            forecast_steps_load_w(steps, (int)i, c, power_w);
    for (size_t i = 0; i < s.n_pvs; i++)
        for (int c = 0; c < courses; c++)
            forecast_steps_pv_w(steps, (int)i, c, power_w);
    forecast_steps_free(steps);
    double ms = cpu_ms() - begin;
    forecast_free(f);
    printf("%2d courses of %d forecasts: %.1f ms\n", courses, ASSETS, ms);
    return ms;
}

int main(void)
{
    (void)local_time_set_zone("Asia/Tokyo");
    double forecast_ms = (measure_forecasts(1), measure_forecasts(10));
    struct rusage usage;
    double one = measure(1), four = measure(4), ten = measure(10);
    getrusage(RUSAGE_SELF, &usage);
    printf("scenario: one_ms=%.1f four_ms=%.1f ten_ms=%.1f forecast_ms=%.1f rss_mb=%.1f\n", one, four, ten, forecast_ms,
           (double)usage.ru_maxrss / 1024);
    return 0;
}
