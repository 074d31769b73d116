// SPDX-License-Identifier: GPL-3.0-or-later
// One size of area, planned again and again: `bench_solver uniform|anchored STEPS SITES PLANS MPS`.
//
// Each site has a battery, PV, a load with tiers and a feeder with a limit, the first one without, as it has the grid
// connection, which all share, with a demand charge. The first plan is solved cold and dumped for other solvers, every
// further one is one step on with 5 % new noise in its forecasts; then the same again with an unchanged forecast, for
// the drift. Prints one JSON object.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/model.h"
#include "plan/problem_alloc.h"
#include "plan/steps.h"

enum { STEP_MS = 300000, HOUR_MS = 3600000, DEADLINE_MS = 600000, MOST_PLANS = 200, WINDOW_S = 1800 };

static const int64_t FIRST_UTC_MS = INT64_C(1767600000000); // 2026-01-05T08:00:00Z, a Monday

struct area {
    bool anchored;
    size_t n_steps, n_sites; // steps of the uniform grid
    double noise;            // of the forecasts, and anew in each plan
    int plan;
    double *energy_wh;
    double peak_w, window_wh; // so far this month; of the demand window that is under way
};

struct figures {
    double warm_ms[MOST_PLANS];
    size_t warm_count, not_warm, repairs; // not warm: a fallback answered
    long iterations;
    double moved, power; // drift: kWh that differ, kWh in all
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_solver: %s\n", what);
    exit(EXIT_FAILURE);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

// ---- the area -------------------------------------------------------------------------------------------------------

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

static double hour_of_day(int64_t utc_ms)
{
    return fmod((double)utc_ms / 3.6e6, 24);
}

static double load_w(const struct area *a, size_t site, int64_t utc_ms)
{
    double hour = hour_of_day(utc_ms), evening = exp(-pow((hour - 18.5) / 2.5, 2)), day = hour > 7 && hour < 19;
    double shape = 12 + 14 * day + 24 * evening + 8 * dice(site, 1, (uint64_t)(utc_ms / STEP_MS));
    double noise = a->noise * (2 * dice(site + 1000, (uint64_t)a->plan, (uint64_t)(utc_ms / STEP_MS)) - 1);
    return 1000 * shape * (0.8 + 0.3 * dice(site, 2, 0)) * (1 + noise);
}

static double pv_w(const struct area *a, size_t site, int64_t utc_ms)
{
    double sun = fmax(0, sin((hour_of_day(utc_ms) - 6) / 12 * 3.14159265358979));
    double cloud = 0.5 + 0.5 * dice(site, 3, (uint64_t)(utc_ms / (6 * STEP_MS)));
    double noise = a->noise * (2 * dice(site + 2000, (uint64_t)a->plan, (uint64_t)(utc_ms / STEP_MS)) - 1);
    return 80e3 * sun * cloud * (0.6 + 0.6 * dice(site, 4, 0)) * (1 + noise);
}

typedef double series_fn(const struct area *a, size_t site, int64_t utc_ms);

// Without noise the forecast is the same throughout an hour: else it would change when the hour is cut into quarters.
static void fill(const struct area *a, const struct plan_problem *p, size_t site, series_fn *series, double *ret)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t end = plan_step_end_ms(p, k);
        double sum = 0;
        int n = 0;
        for (int64_t at = p->start_utc_ms[k]; at < end; at += STEP_MS, n++)
            sum += series(a, site, a->noise > 0 ? at : at - at % HOUR_MS + HOUR_MS / 2);
        ret[k] = sum / n;
    }
}

static void make_grid(const struct area *a, struct plan_problem *p)
{
    struct plan_grid *g = &p->grids[0];
    snprintf(g->id, SITE_ID_MAX, "pcc");
    g->import_limit_w = 75e3 * (double)a->n_sites;
    g->export_limit_w = 30e3 * (double)a->n_sites;
    for (size_t k = 0; k < p->n_steps; k++) {
        double hour = hour_of_day(p->start_utc_ms[k]), day = hour > 7 && hour < 21;
        g->import_price_per_kwh[k] = 0.15 + 0.1 * day + 0.15 * dice(9, 9, (uint64_t)(p->start_utc_ms[k] / 3600000));
        g->export_price_per_kwh[k] = 0.08;
    }
    g->demand_charge_per_kw = 10;
    g->demand_window_s = WINDOW_S;
    g->peak_so_far_w = fmax(a->peak_w, 15e3 * (double)a->n_sites);
    g->window_elapsed_wh = a->window_wh;
}

static void make_battery(const struct area *a, struct plan_problem *p, size_t site)
{
    struct plan_battery *b = &p->batteries[site];
    double size = 0.6 + 0.8 * dice(site, 5, 0);
    snprintf(b->id, SITE_ID_MAX, "battery%zu", site);
    b->bus = (int)site;
    b->min_wh = b->reserve_wh = 10e3 * size;
    b->max_wh = 95e3 * size;
    b->energy_wh = fmin(b->max_wh, fmax(b->min_wh, a->energy_wh[site] > 0 ? a->energy_wh[site] : 50e3 * size));
    b->max_charge_w = b->max_discharge_w = 50e3 * size;
    b->charge_efficiency = 0.94 + 0.03 * dice(site, 6, 0);
    b->discharge_efficiency = 0.95;
    b->wear_per_kwh = 0.01 + 0.01 * dice(site, 7, 0);
    b->end_value_per_kwh = 0.2;
    b->available = true;
}

static void make_site(const struct area *a, struct plan_problem *p, size_t site)
{
    struct plan_load *l = &p->loads[site];
    make_battery(a, p, site);
    snprintf(p->bus_ids[site], SITE_ID_MAX, "site%zu", site);
    snprintf(p->pvs[site].id, SITE_ID_MAX, "pv%zu", site);
    p->pvs[site].bus = l->bus = (int)site;
    p->pvs[site].curtailable = true;
    fill(a, p, site, pv_w, p->pvs[site].available_w);
    snprintf(l->id, SITE_ID_MAX, "load%zu", site);
    fill(a, p, site, load_w, l->demand_w);
    memcpy(l->tier_share, (double[TIER_COUNT]){0.4, 0.3, 0.2, 0.1}, sizeof(l->tier_share));
}

static void make_feeder(struct plan_problem *p, size_t site)
{
    struct plan_tie *t = &p->ties[site - 1];
    snprintf(t->id, SITE_ID_MAX, "feeder%zu", site);
    t->to = (int)site;
    t->limit_w = 75e3;
    t->loss_frac = 0.01;
    t->available = true;
}

// The plan made `plan` steps of 5 min after the first.
static struct plan_problem *make_problem(const struct area *a)
{
    int64_t now = FIRST_UTC_MS + (int64_t)a->plan * STEP_MS, horizon_s = 36 * 3600;
    struct plan_sizes sizes = {.n_steps = a->anchored ? plan_steps(now, horizon_s, 0, NULL, 0, NULL, NULL) : a->n_steps,
                               .n_buses = a->n_sites,
                               .n_grids = 1,
                               .n_pvs = a->n_sites,
                               .n_batteries = a->n_sites,
                               .n_loads = a->n_sites,
                               .n_ties = a->n_sites - 1};
    struct plan_problem *p;
    if (plan_problem_alloc(&sizes, &p) < 0)
        fail("no problem of this size");
    p->made_utc_ms = now;
    if (a->anchored)
        plan_steps(now, horizon_s, 0, NULL, 0, p->start_utc_ms, p->hours);
    for (size_t k = 0; k < p->n_steps && !a->anchored; k++) {
        p->start_utc_ms[k] = now + (int64_t)k * STEP_MS;
        p->hours[k] = 1.0 / 12;
    }
    snprintf(p->area, SITE_ID_MAX, "bench");
    make_grid(a, p);
    for (size_t i = 0; i < a->n_sites; i++)
        make_site(a, p, i);
    for (size_t i = 1; i < a->n_sites; i++)
        make_feeder(p, i);
    char why[200];
    if (plan_problem_check(p, why, sizeof(why)) < 0)
        fail(why);
    return p;
}

// ---- plans ----------------------------------------------------------------------------------------------------------

struct plan {
    struct plan_problem *problem;
    struct model *model;
    struct lp_solution solution;
    double cpu_ms;
};

static struct directions allow_all_directions(const struct plan_problem *p)
{
    struct directions d = {.n_courses = 1,
                           .n_steps = p->n_steps,
                           .n_grids = p->n_grids,
                           .n_batteries = p->n_batteries,
                           .n_ties = p->n_ties};
    d.sign = calloc(directions_per_course(&d) + 1, 1);
    d.runs = calloc((p->n_generators + p->n_converters) * p->n_steps + 1, 1);
    d.forgoes = calloc(p->n_grids * p->n_steps + 1, 1);
    if (!d.sign || !d.runs || !d.forgoes)
        fail("no memory");
    return d;
}

static void plan_new(const struct area *a, struct solver *solver, struct plan *ret)
{
    ret->problem = make_problem(a);
    struct directions both = allow_all_directions(ret->problem);
    if (model_new(ret->problem, &both, false, &ret->model) < 0 || model_set_objective(ret->model, OBJECTIVE_MONEY) < 0)
        fail("no model of this size");
    free(both.sign);
    free(both.runs);
    free(both.forgoes);
    double begin = cpu_ms();
    int rc = solver_solve(solver, ret->model->lp, DEADLINE_MS, &ret->solution);
    ret->cpu_ms = cpu_ms() - begin;
    if (rc < 0 || ret->solution.status != LP_OPTIMAL)
        fail(rc < 0 ? "no memory" : lp_status_name(ret->solution.status));
}

static void plan_free(struct plan *p)
{
    lp_solution_free(&p->solution);
    model_free(p->model);
    plan_problem_free(p->problem);
}

// Everybody does as planned for the first five minutes. What a demand window has had counts in it: without that, each
// plan would find its peak anew.
static void step_on(struct area *a, const struct plan *p)
{
    for (size_t i = 0; i < a->n_sites; i++)
        a->energy_wh[i] = 1000 * p->solution.x[p->model->batteries[i].energy];
    a->window_wh += 1000 * p->solution.x[p->model->grids[0].import] * STEP_MS / 3.6e6;
    a->plan++;
    if ((FIRST_UTC_MS + (int64_t)a->plan * STEP_MS) % (1000 * WINDOW_S) == 0) {
        a->peak_w = fmax(a->peak_w, a->window_wh * 3600 / WINDOW_S);
        a->window_wh = 0;
    }
}

static double battery_kw(const struct plan *p, size_t i, size_t k)
{
    const struct model_battery *b = &p->model->batteries[i];
    return p->solution.x[b->discharge + (int)k] - p->solution.x[b->charge + (int)k];
}

// Steps that two plans share: the same start and length.
static void add_drift(const struct area *a, const struct plan *old, const struct plan *new, struct figures *f)
{
    for (size_t k = 0; k < new->problem->n_steps; k++)
        for (size_t o = 0; o < old->problem->n_steps; o++) {
            double h = new->problem->hours[k];
            if (old->problem->start_utc_ms[o] != new->problem->start_utc_ms[k] ||
                fabs(old->problem->hours[o] - h) > 1e-9)
                continue;
            for (size_t i = 0; i < a->n_sites; i++) {
                f->moved += h * fabs(battery_kw(new, i, k) - battery_kw(old, i, o));
                f->power += h * fabs(battery_kw(old, i, o));
            }
        }
}

static void count_warm(const struct plan *p, struct figures *f)
{
    f->warm_ms[f->warm_count++] = p->cpu_ms;
    f->not_warm += !p->solution.warm || p->solution.fallbacks > 0;
    f->repairs += (size_t)p->solution.repairs;
    f->iterations += p->solution.iterations;
}

// `last` is the plan to go on from, and is replaced.
static void roll(struct area *a, struct solver *solver, size_t plans, bool drift, struct plan *last, struct figures *f)
{
    for (size_t i = 0; i < plans; i++) {
        struct plan next;
        step_on(a, last);
        if (!drift)
            plan_free(last); // as the planner does, so that the peak of memory is its own
        plan_new(a, solver, &next);
        if (drift) {
            add_drift(a, last, &next, f);
            plan_free(last);
        } else {
            count_warm(&next, f);
        }
        *last = next;
    }
}

// ---- figures --------------------------------------------------------------------------------------------------------

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// Not of getrusage, which counts the program that started this one as well.
static double peak_mb(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];
    long peak_kb = -1;
    while (status && peak_kb < 0 && fgets(line, sizeof(line), status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak_kb = strtol(line + 6, NULL, 10);
    if (!status || peak_kb < 0)
        fail("no peak of memory");
    fclose(status);
    return (double)peak_kb / 1024;
}

static void print_first(const struct plan *first)
{
    printf("{\"steps\": %zu, \"rows\": %zu, \"columns\": %zu, \"cold_ms\": %.2f, \"cold_iterations\": %d, "
           "\"cold_method\": \"%s\", \"objective\": %.12g, ",
           first->problem->n_steps, lp_rows(first->model->lp), lp_columns(first->model->lp), first->cpu_ms,
           first->solution.iterations, first->solution.method, first->solution.objective);
}

static void print_rolling(struct figures *f)
{
    qsort(f->warm_ms, f->warm_count, sizeof(f->warm_ms[0]), compare);
    double n = (double)f->warm_count;
    printf("\"warm_ms\": %.3f, \"warm_worst_ms\": %.3f, \"warm_iterations\": %.1f, \"repairs\": %.1f, "
           "\"plans\": %zu, \"fallbacks\": %zu, \"rss_mb\": %.1f, ",
           f->warm_ms[f->warm_count / 2], f->warm_ms[f->warm_count - 1], (double)f->iterations / n,
           (double)f->repairs / n, f->warm_count, f->not_warm, peak_mb());
}

static void print_drift(const struct figures *f)
{
    printf("\"drift_percent\": %.4f}\n", f->power > 0 ? 100 * f->moved / f->power : 0);
}

static void run(struct area *a, struct solver *solver, size_t plans, const char *mps)
{
    struct figures figures = {0};
    struct plan last;
    plan_new(a, solver, &last);
    print_first(&last);
    if (lp_write_mps(last.model->lp, mps) < 0)
        fail("cannot write the model");
    roll(a, solver, plans, false, &last, &figures);
    print_rolling(&figures);
    a->noise = 0;
    roll(a, solver, 1, false, &last, &figures); // to the forecast that does not change
    roll(a, solver, plans, true, &last, &figures);
    print_drift(&figures);
    plan_free(&last);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        fail("use: bench_solver uniform|anchored STEPS SITES PLANS MPS");
    struct area area = {.anchored = strcmp(argv[1], "anchored") == 0, .noise = 0.05};
    area.n_steps = strtoul(argv[2], NULL, 10);
    area.n_sites = strtoul(argv[3], NULL, 10);
    size_t plans = strtoul(argv[4], NULL, 10);
    struct solver *solver;
    area.energy_wh = calloc(area.n_sites + 1, sizeof(double));
    if (plans < 1 || plans >= MOST_PLANS || area.n_sites < 1 || !area.energy_wh || solver_new(&solver) < 0)
        fail("at least one site, 1 to 199 plans");
    run(&area, solver, plans, argv[5]);
    solver_free(solver);
    free(area.energy_wh);
    return EXIT_SUCCESS;
}
