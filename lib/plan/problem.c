// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of a problem, and a new one with the site's limits.
#include "plan/problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/problem_alloc.h"
#include "plan/steps.h"

// ---- memory -------------------------------------------------------------------------------------------------------

static bool sizes_fit(const struct plan_sizes *n)
{
    return n->n_steps >= 1 && n->n_steps <= PLAN_MAX_STEPS && n->n_buses >= 1 && n->n_buses <= SITE_MAX_BUSES &&
           n->n_grids <= SITE_MAX_ASSETS && n->n_pvs <= SITE_MAX_ASSETS && n->n_batteries <= SITE_MAX_ASSETS &&
           n->n_loads <= SITE_MAX_ASSETS && n->n_generators <= SITE_MAX_ASSETS && n->n_ties <= SITE_MAX_ASSETS;
}

// At least one element, so that NULL always means "no memory".
static void *zeroed(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

static bool alloc_kinds(struct plan_problem *p, const struct plan_sizes *n)
{
    p->start_utc_ms = zeroed(n->n_steps, sizeof(*p->start_utc_ms));
    p->hours = zeroed(n->n_steps, sizeof(*p->hours));
    p->bus_ids = zeroed(n->n_buses, sizeof(*p->bus_ids));
    p->grids = zeroed(n->n_grids, sizeof(*p->grids));
    p->pvs = zeroed(n->n_pvs, sizeof(*p->pvs));
    p->batteries = zeroed(n->n_batteries, sizeof(*p->batteries));
    p->loads = zeroed(n->n_loads, sizeof(*p->loads));
    p->generators = zeroed(n->n_generators, sizeof(*p->generators));
    p->ties = zeroed(n->n_ties, sizeof(*p->ties));
    return p->start_utc_ms && p->hours && p->bus_ids && p->grids && p->pvs && p->batteries && p->loads &&
           p->generators && p->ties;
}

// Counts are set kind by kind, so that plan_problem_free sees only arrays that exist.
static bool alloc_series(struct plan_problem *p, const struct plan_sizes *n)
{
    bool done = true;
    p->n_grids = n->n_grids;
    for (size_t i = 0; i < n->n_grids; i++) {
        p->grids[i].import_price_per_kwh = zeroed(n->n_steps, sizeof(double));
        p->grids[i].export_price_per_kwh = zeroed(n->n_steps, sizeof(double));
        done = done && p->grids[i].import_price_per_kwh && p->grids[i].export_price_per_kwh;
    }
    p->n_pvs = n->n_pvs;
    for (size_t i = 0; i < n->n_pvs; i++)
        done = (p->pvs[i].available_w = zeroed(n->n_steps, sizeof(double))) && done;
    p->n_loads = n->n_loads;
    for (size_t i = 0; i < n->n_loads; i++)
        done = (p->loads[i].demand_w = zeroed(n->n_steps, sizeof(double))) && done;
    return done;
}

int plan_problem_alloc(const struct plan_sizes *sizes, struct plan_problem **ret_problem)
{
    if (!sizes_fit(sizes))
        return AEMS_E_LIMIT;
    struct plan_problem *p = calloc(1, sizeof(*p));
    if (!p)
        return AEMS_E_NOMEM;
    if (!alloc_kinds(p, sizes) || !alloc_series(p, sizes)) {
        plan_problem_free(p);
        return AEMS_E_NOMEM;
    }
    p->n_steps = sizes->n_steps;
    p->n_buses = sizes->n_buses;
    p->n_batteries = sizes->n_batteries;
    p->n_generators = sizes->n_generators;
    p->n_ties = sizes->n_ties;
    *ret_problem = p;
    return 0;
}

void plan_problem_free(struct plan_problem *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_grids; i++) {
        free(p->grids[i].import_price_per_kwh);
        free(p->grids[i].export_price_per_kwh);
    }
    for (size_t i = 0; i < p->n_pvs; i++)
        free(p->pvs[i].available_w);
    for (size_t i = 0; i < p->n_loads; i++)
        free(p->loads[i].demand_w);
    free(p->start_utc_ms);
    free(p->hours);
    free(p->bus_ids);
    free(p->grids);
    free(p->pvs);
    free(p->batteries);
    free(p->loads);
    free(p->generators);
    free(p->ties);
    free(p);
}

// ---- the site's limits ----------------------------------------------------------------------------------------------

static void copy_id(char target[SITE_ID_MAX], const char source[SITE_ID_MAX])
{
    memcpy(target, source, SITE_ID_MAX);
}

static void copy_grid(const struct site *s, const struct site_grid *from, struct plan_grid *to)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    to->import_limit_w = from->import_limit_w;
    to->export_limit_w = from->export_limit_w;
    to->co2_cost_per_kwh = from->co2_g_per_kwh / 1000 * s->co2_price_per_kg;
    if (from->tariff >= 0 && s->tariffs[from->tariff].demand_charge_per_kw > 0) {
        to->demand_charge_per_kw = s->tariffs[from->tariff].demand_charge_per_kw;
        to->demand_window_s = s->tariffs[from->tariff].demand_window_s;
    }
}

static void copy_battery(const struct site_battery *from, struct plan_battery *to)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    to->min_wh = from->soc_min_frac * from->capacity_wh;
    to->max_wh = from->soc_max_frac * from->capacity_wh;
    to->reserve_wh = from->reserve_frac * from->capacity_wh;
    to->max_charge_w = from->max_charge_w;
    to->max_discharge_w = from->max_discharge_w;
    to->charge_efficiency = from->charge_efficiency;
    to->discharge_efficiency = from->discharge_efficiency;
    to->self_discharge_per_h = from->self_discharge_per_h;
    to->wear_per_kwh = from->wear_per_kwh;
    to->available = true;
}

static void copy_load(const struct site_load *from, struct plan_load *to)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    memcpy(to->tier_share, from->tier_share, sizeof(to->tier_share));
    memcpy(to->sheddable, from->sheddable, sizeof(to->sheddable));
    memcpy(to->shed_cost_per_kwh, from->shed_cost_per_kwh, sizeof(to->shed_cost_per_kwh));
}

static void copy_generator(const struct site *s, const struct site_generator *from, struct plan_generator *to)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    to->max_power_w = from->emergency ? 0 : from->max_power_w;
    to->cost_per_kwh = from->fuel_cost_per_kwh + from->co2_g_per_kwh / 1000 * s->co2_price_per_kg;
}

static void copy_tie(const struct site_tie *from, struct plan_tie *to)
{
    copy_id(to->id, from->id);
    to->from = from->from;
    to->to = from->to;
    to->limit_w = from->limit_w;
    to->loss_frac = from->loss_frac;
    to->transfer_price_per_kwh = from->transfer_price_per_kwh;
    to->available = true;
}

static void copy_site(const struct site *s, struct plan_problem *p)
{
    copy_id(p->area, s->id);
    for (size_t i = 0; i < s->n_buses; i++)
        copy_id(p->bus_ids[i], s->buses[i].id);
    for (size_t i = 0; i < s->n_grids; i++)
        copy_grid(s, &s->grids[i], &p->grids[i]);
    for (size_t i = 0; i < s->n_pvs; i++) {
        copy_id(p->pvs[i].id, s->pvs[i].id);
        p->pvs[i].bus = s->pvs[i].bus;
        p->pvs[i].curtailable = s->pvs[i].curtailable;
    }
    for (size_t i = 0; i < s->n_batteries; i++)
        copy_battery(&s->batteries[i], &p->batteries[i]);
    for (size_t i = 0; i < s->n_loads; i++)
        copy_load(&s->loads[i], &p->loads[i]);
    for (size_t i = 0; i < s->n_generators; i++)
        copy_generator(s, &s->generators[i], &p->generators[i]);
    for (size_t i = 0; i < s->n_ties; i++)
        copy_tie(&s->ties[i], &p->ties[i]);
}

int plan_problem_new(const struct site *s, int64_t now_utc_ms, struct plan_problem **ret_problem)
{
    struct plan_sizes sizes = {.n_steps = plan_steps(now_utc_ms, s->plan.horizon_s, NULL, NULL),
                               .n_buses = s->n_buses,
                               .n_grids = s->n_grids,
                               .n_pvs = s->n_pvs,
                               .n_batteries = s->n_batteries,
                               .n_loads = s->n_loads,
                               .n_generators = s->n_generators,
                               .n_ties = s->n_ties};
    struct plan_problem *p;
    int rc = plan_problem_alloc(&sizes, &p);
    if (rc < 0)
        return rc;
    plan_steps(now_utc_ms, s->plan.horizon_s, p->start_utc_ms, p->hours);
    p->made_utc_ms = now_utc_ms;
    copy_site(s, p);
    *ret_problem = p;
    return 0;
}
