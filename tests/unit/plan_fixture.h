// SPDX-License-Identifier: GPL-3.0-or-later
// Small dispatch problems for the tests of lib/plan: whole hours, one bus, round numbers, unless a test says otherwise.
#pragma once

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/planner.h"
#include "plan/problem_alloc.h"
#include "tests/unit/run_suite.h"

#define FIXTURE_START_MS INT64_C(1767600000000) // 2026-01-05T08:00:00Z, a Monday

// Values of an array over steps; the second takes kW.
#define FILL(array, ...)    memcpy((array), (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}))
#define FILL_KW(array, ...) fixture_fill_kw((array), (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / 8)

static inline void fixture_fill_kw(double *array, const double *kw, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array[i] = kw[i] * 1000;
}

static inline void fixture_hours(struct plan_problem *p, const double *hours)
{
    int64_t at = FIXTURE_START_MS;
    for (size_t k = 0; k < p->n_steps; k++) {
        p->start_utc_ms[k] = at;
        p->hours[k] = hours ? hours[k] : 1;
        at += (int64_t)(p->hours[k] * 3600000 + 0.5);
    }
}

static inline void fixture_assets(struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_grids; i++) {
        snprintf(p->grids[i].id, SITE_ID_MAX, "g%zu", i);
        p->grids[i].import_limit_w = p->grids[i].export_limit_w = 100e3;
    }
    for (size_t i = 0; i < p->n_communities; i++)
        snprintf(p->communities[i].id, SITE_ID_MAX, "m%zu", i);
    for (size_t i = 0; i < p->n_pvs; i++) {
        snprintf(p->pvs[i].id, SITE_ID_MAX, "v%zu", i);
        p->pvs[i].curtailable = true;
    }
    for (size_t i = 0; i < p->n_batteries; i++) {
        struct plan_battery *b = &p->batteries[i];
        snprintf(b->id, SITE_ID_MAX, "s%zu", i);
        b->charge_efficiency = b->discharge_efficiency = 1;
        b->max_charge_w = b->max_discharge_w = 10e3;
        b->max_wh = 10e3;
        b->available = true;
    }
    for (size_t i = 0; i < p->n_groups; i++)
        snprintf(p->groups[i].id, SITE_ID_MAX, "b%zu", i);
    for (size_t i = 0; i < p->n_flexibles; i++) {
        snprintf(p->flexibles[i].id, SITE_ID_MAX, "f%zu", i);
        p->flexibles[i].max_charge_w = 10e3;
    }
    for (size_t i = 0; i < p->n_loads; i++) {
        snprintf(p->loads[i].id, SITE_ID_MAX, "l%zu", i);
        p->loads[i].tier_share[TIER_LIFELINE] = 1;
    }
    for (size_t i = 0; i < p->n_generators; i++)
        snprintf(p->generators[i].id, SITE_ID_MAX, "n%zu", i);
    for (size_t i = 0; i < p->n_ties; i++) {
        snprintf(p->ties[i].id, SITE_ID_MAX, "t%zu", i);
        p->ties[i].to = 1;
        p->ties[i].available = true;
    }
}

// Grids of 100 kW, free batteries of 10 kW and 10 kWh without losses (empty), loads that nobody can shed.
static inline struct plan_problem *fixture(struct plan_sizes sizes)
{
    struct plan_problem *p;
    if (sizes.n_buses == 0)
        sizes.n_buses = 1;
    ck_assert_int_eq(plan_problem_alloc(&sizes, &p), 0);
    strcpy(p->area, "test");
    p->made_utc_ms = FIXTURE_START_MS;
    for (size_t b = 0; b < p->n_buses; b++)
        snprintf(p->bus_ids[b], SITE_ID_MAX, "bus%zu", b);
    fixture_hours(p, NULL);
    fixture_assets(p);
    return p;
}

// The connection is away from step `from` until the beginning of step `to`.
static inline void fixture_outage(struct plan_grid *g, size_t from, size_t to)
{
    for (size_t k = from; k < to; k++)
        g->available[k] = 0;
}

// A stay from hour `from_h` of the plan to `until_h`, with 10 kWh in a vehicle that holds 100.
static inline struct plan_session *fixture_session(struct plan_flexible *f, double from_h, double until_h,
                                                   double wanted_kwh)
{
    struct plan_session *s = &f->sessions[f->n_sessions++];
    *s = (struct plan_session){.from_utc_ms = FIXTURE_START_MS + (int64_t)(from_h * 3.6e6),
                               .until_utc_ms = FIXTURE_START_MS + (int64_t)(until_h * 3.6e6),
                               .energy_wh = 10e3,
                               .wanted_wh = wanted_kwh * 1000,
                               .max_wh = 100e3};
    return s;
}

// 40 % lifeline, 30 % important, 20 % ordinary, 10 % deferrable; all but the lifeline can be shed.
static inline void fixture_tiers(struct plan_load *l)
{
    FILL(l->tier_share, 0.4, 0.3, 0.2, 0.1);
    memcpy(l->sheddable, (bool[]){false, true, true, true}, sizeof(l->sheddable));
}

// The schedule, which has passed its check and a journey through JSON.
static inline struct schedule *solved(const struct plan_problem *p)
{
    struct planner *planner;
    struct schedule *s = NULL, *again = NULL;
    char why[256] = "", *text = NULL;
    ck_assert_int_eq(planner_new(&planner), 0);
    int rc = planner_solve(planner, p, 20000, &s, why, sizeof(why));
    ck_assert_msg(rc == 0, "%d: %s", rc, why);
    planner_free(planner);
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);
    ck_assert_int_eq(schedule_to_json(s, &text), 0);
    ck_assert_int_eq(schedule_from_json(text, strlen(text), &again), 0);
    ck_assert_msg(schedule_check(again, p, why, sizeof(why)) == 0, "%s", why);
    free(text);
    schedule_free(s);
    return again;
}

static inline double power_kw(const struct schedule *s, const char *id, size_t k)
{
    const struct schedule_asset *a = schedule_find(s, id);
    ck_assert_ptr_nonnull(a);
    return a->power_w[k] / 1000;
}

static inline void done(struct plan_problem *p, struct schedule *s)
{
    schedule_free(s);
    plan_problem_free(p);
}

#define ASSERT_NEAR(found, expected)     ck_assert_double_eq_tol((found), (expected), 1e-5 * (1 + fabs((double)(expected))))
#define ASSERT_MONEY(s, expected)        ASSERT_NEAR((s)->objective[OBJECTIVE_MONEY], expected)
#define ASSERT_MISSED(s, tier, expected) ASSERT_NEAR((s)->objective[tier], expected)

#define ASSERT_NOTHING_MISSED(s)                                                                                       \
    for (int tier_ = 0; tier_ < OBJECTIVE_MONEY; tier_++)                                                              \
    ASSERT_MISSED(s, tier_, 0)
