// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of a problem, and a new one with the site's limits.
#include "plan/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/curve.h"
#include "plan/problem_fields.h"
#include "plan/steps.h"

// ---- memory -------------------------------------------------------------------------------------------------------

static size_t size_of(const struct plan_sizes *n, const struct plan_section *s)
{
    return *(const size_t *)((const char *)n + s->size);
}

static bool sizes_fit(const struct plan_sizes *n)
{
    for (size_t i = 0; i < PLAN_SECTIONS; i++)
        if (size_of(n, &plan_sections[i]) > SITE_MAX_ASSETS)
            return false;
    return n->n_steps >= 1 && n->n_steps <= PLAN_MAX_STEPS && n->n_buses >= 1 && n->n_buses <= SITE_MAX_BUSES &&
           n->n_scenarios < PLAN_MAX_SCENARIOS;
}

// At least one element, so that NULL always means "no memory".
static void *zeroed(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

static double *series(size_t count, double initial)
{
    double *values = zeroed(count, sizeof(*values));
    for (size_t k = 0; values && initial != 0 && k < count; k++)
        values[k] = initial;
    return values;
}

// Writes a member's initial value. False without memory.
static bool start_field(const struct plan_field *f, void *item, size_t n_steps)
{
    void *at = plan_field_at(item, f);
    switch (f->type) {
    case FIELD_SERIES:
        return (*(double **)at = series(n_steps, f->initial)) != NULL;
    case FIELD_NUMBER:
        *(double *)at = f->initial;
        return true;
    case FIELD_BOOL:
        *(bool *)at = f->initial != 0;
        return true;
    case FIELD_KIND:
    case FIELD_TIER:
    case FIELD_GROUP:
    case FIELD_COMMUNITY:
    case FIELD_BUS_OR_NONE:
        *(int *)at = (int)f->initial;
        return true;
    default:
        return true;
    }
}

static bool alloc_section(struct plan_problem *p, const struct plan_section *s, size_t count)
{
    char *array = zeroed(count, s->stride);
    if (!array)
        return false;
    memcpy((char *)p + s->array, &array, sizeof(array));
    *(size_t *)((char *)p + s->count) = count;
    bool done = true;
    for (size_t i = 0; i < count; i++)
        for (const struct plan_field *f = s->fields; f->name; f++)
            done = start_field(f, array + i * s->stride, p->n_steps) && done;
    return done;
}

static bool alloc_scenarios(struct plan_problem *p, size_t count)
{
    p->scenarios = zeroed(count, sizeof(*p->scenarios));
    if (!p->scenarios)
        return false;
    p->n_scenarios = count;
    bool done = true;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < PLAN_COURSES; c++) {
            size_t n = plan_course_assets(p, &plan_courses[c]) * p->n_steps;
            done = (*plan_course_at(&p->scenarios[i], &plan_courses[c]) = series(n, 0)) && done;
        }
    return done;
}

static bool alloc_all(struct plan_problem *p, const struct plan_sizes *n)
{
    p->start_utc_ms = zeroed(n->n_steps, sizeof(*p->start_utc_ms));
    p->hours = zeroed(n->n_steps, sizeof(*p->hours));
    p->bus_ids = zeroed(n->n_buses, sizeof(*p->bus_ids));
    p->carriers = zeroed(n->n_buses, sizeof(*p->carriers));
    p->n_steps = n->n_steps;
    p->n_buses = n->n_buses;
    p->area_import_limit_w = series(n->n_steps, PLAN_NO_LIMIT_W);
    p->area_export_limit_w = series(n->n_steps, PLAN_NO_LIMIT_W);
    p->lifelines_only = series(n->n_steps, 0);
    bool done = p->start_utc_ms && p->hours && p->bus_ids && p->carriers && p->area_import_limit_w &&
                p->area_export_limit_w && p->lifelines_only;
    for (size_t i = 0; i < PLAN_SECTIONS && done; i++)
        done = alloc_section(p, &plan_sections[i], size_of(n, &plan_sections[i]));
    return done && alloc_scenarios(p, n->n_scenarios);
}

int plan_problem_alloc(const struct plan_sizes *sizes, struct plan_problem **ret_problem)
{
    if (!sizes_fit(sizes))
        return AEMS_E_LIMIT;
    struct plan_problem *p = calloc(1, sizeof(*p));
    if (!p)
        return AEMS_E_NOMEM;
    if (!alloc_all(p, sizes)) {
        plan_problem_free(p);
        return AEMS_E_NOMEM;
    }
    *ret_problem = p;
    return 0;
}

static void free_section(struct plan_problem *p, const struct plan_section *s)
{
    for (size_t i = 0; i < plan_section_count(p, s); i++)
        for (const struct plan_field *f = s->fields; f->name; f++)
            if (f->type == FIELD_SERIES)
                free(*(double **)plan_field_at(plan_section_item(p, s, i), f));
    free(plan_section_item(p, s, 0));
}

void plan_problem_free(struct plan_problem *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_scenarios; i++)
        for (size_t c = 0; c < PLAN_COURSES; c++)
            free(*plan_course_at(&p->scenarios[i], &plan_courses[c]));
    free(p->scenarios);
    for (size_t i = 0; i < PLAN_SECTIONS; i++)
        free_section(p, &plan_sections[i]);
    free(p->start_utc_ms);
    free(p->hours);
    free(p->area_import_limit_w);
    free(p->area_export_limit_w);
    free(p->lifelines_only);
    free(p->bus_ids);
    free(p->carriers);
    free(p);
}

// ---- scenarios ------------------------------------------------------------------------------------------------------

static void copy_expected(const struct plan_problem *p, struct plan_scenario *s)
{
    size_t size = p->n_steps * sizeof(double);
    for (size_t i = 0; i < p->n_loads; i++)
        memcpy(s->demand_w + i * p->n_steps, p->loads[i].demand_w, size);
    for (size_t i = 0; i < p->n_pvs; i++)
        memcpy(s->available_w + i * p->n_steps, p->pvs[i].available_w, size);
    for (size_t i = 0; i < p->n_grids; i++) {
        memcpy(s->import_price_per_kwh + i * p->n_steps, p->grids[i].import_price_per_kwh, size);
        memcpy(s->export_price_per_kwh + i * p->n_steps, p->grids[i].export_price_per_kwh, size);
    }
    for (size_t i = 0; i < p->n_communities; i++) {
        const struct plan_community *c = &p->communities[i];
        memcpy(s->community_import_price_per_kwh + i * p->n_steps, c->import_price_per_kwh, size);
        memcpy(s->community_export_price_per_kwh + i * p->n_steps, c->export_price_per_kwh, size);
    }
}

int plan_problem_add_scenarios(struct plan_problem *p, size_t count)
{
    if (count >= PLAN_MAX_SCENARIOS || p->n_scenarios > 0)
        return AEMS_E_LIMIT;
    free(p->scenarios);
    if (!alloc_scenarios(p, count))
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        p->scenarios[i].weight = 1.0 / (double)(count + 1);
        copy_expected(p, &p->scenarios[i]);
    }
    return 0;
}

int plan_problem_add_offers(struct plan_problem *p, size_t count)
{
    const struct plan_section *s = &plan_sections[PLAN_SECTION_OFFERS];
    if (count > SITE_MAX_ASSETS || p->n_offers > 0)
        return AEMS_E_LIMIT;
    free(p->offers);
    p->offers = NULL;
    return alloc_section(p, s, count) ? 0 : AEMS_E_NOMEM;
}

double plan_problem_expected_weight(const struct plan_problem *p)
{
    double weight = 1;
    for (size_t i = 0; i < p->n_scenarios; i++)
        weight -= p->scenarios[i].weight;
    return weight;
}

// ---- the site's limits ----------------------------------------------------------------------------------------------

static void copy_id(char target[SITE_ID_MAX], const char source[SITE_ID_MAX])
{
    memcpy(target, source, SITE_ID_MAX);
}

static void copy_grid(const struct site *s, const struct site_grid *from, struct plan_grid *to, size_t n_steps)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    to->import_limit_w = from->import_limit_w;
    to->export_limit_w = from->export_limit_w;
    to->ramp_w_per_s = from->ramp_w_per_s;
    for (size_t k = 0; k < n_steps; k++)
        to->co2_kg_per_kwh[k] = from->co2_g_per_kwh / 1000;
    if (from->contract_power_w > 0)
        to->contract_w = from->contract_power_w;
    if (from->tariff >= 0 && (s->tariffs[from->tariff].demand_charge_per_kw > 0 || from->contract_power_w > 0)) {
        to->demand_charge_per_kw = s->tariffs[from->tariff].demand_charge_per_kw;
        to->demand_window_s = s->tariffs[from->tariff].demand_window_s;
    }
}

static void copy_community(const struct site_community *from, int number, struct plan_problem *p)
{
    copy_id(p->communities[number].id, from->id);
    for (size_t i = 0; i < from->n_grids; i++)
        p->grids[from->grids[i]].community = number;
}

static void copy_curve(const struct site_battery *from, const struct site_curve_point *points, size_t count,
                       double low_wh, double high_wh, struct plan_curve *to)
{
    double energy_wh[CURVE_MOST], power_w[CURVE_MOST];
    count = count < CURVE_MOST ? count : CURVE_MOST;
    for (size_t i = 0; i < count; i++) {
        energy_wh[i] = points[i].soc_frac * from->capacity_wh;
        power_w[i] = points[i].power_w;
    }
    curve_make_concave(energy_wh, power_w, count, low_wh, high_wh, to);
}

// What falls again near full concerns little energy: regulation keeps it, and plans leave it out.
static size_t rising_points(const struct site_curve_point *points, size_t count)
{
    size_t n = count > 0 ? 1 : 0;
    while (n < count && points[n].power_w >= points[n - 1].power_w)
        n++;
    return n;
}

static void copy_battery(const struct site_battery *from, enum asset_kind kind, struct plan_battery *to)
{
    copy_id(to->id, from->id);
    to->kind = kind;
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
    copy_curve(from, from->charge_curve, from->n_charge_curve, HUGE_VAL, to->max_wh, &to->charge_curve);
    copy_curve(from, from->discharge_curve, rising_points(from->discharge_curve, from->n_discharge_curve), to->min_wh,
               -HUGE_VAL, &to->discharge_curve);
}

static void copy_group(const struct site_group *from, struct plan_group *to)
{
    copy_id(to->id, from->id);
    to->within = from->within;
    to->limit_w = from->limit_w;
}

static void copy_flexible(const struct site_flexible *from, enum asset_kind kind, struct plan_flexible *to)
{
    copy_id(to->id, from->id);
    to->kind = kind;
    to->bus = from->bus;
    to->group = from->group;
    to->max_charge_w = from->max_charge_w;
    to->max_discharge_w = from->max_discharge_w;
    to->min_charge_w = from->min_charge_w;
    to->charge_efficiency = from->charge_efficiency;
    to->discharge_efficiency = from->discharge_efficiency;
    to->wear_per_kwh = from->wear_per_kwh;
    to->priority = from->priority;
}

static void copy_load(const struct site_load *from, struct plan_load *to)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    memcpy(to->tier_share, from->tier_share, sizeof(to->tier_share));
    memcpy(to->sheddable, from->sheddable, sizeof(to->sheddable));
    memcpy(to->shed_cost_per_kwh, from->shed_cost_per_kwh, sizeof(to->shed_cost_per_kwh));
}

static void copy_generator(const struct site_generator *from, struct plan_generator *to, size_t n_steps)
{
    copy_id(to->id, from->id);
    to->bus = from->bus;
    to->max_power_w = from->max_power_w;
    for (size_t k = 0; k < n_steps && from->emergency; k++)
        to->allowed[k] = 0;
    to->min_power_w = from->min_power_w;
    to->fuel_cost_per_kwh = from->fuel_cost_per_kwh;
    to->co2_kg_per_kwh = from->co2_g_per_kwh / 1000;
    to->fuel_wh = from->fuel_wh > 0 ? from->fuel_wh : PLAN_NO_LIMIT_W;
    to->ramp_w_per_s = from->ramp_w_per_s;
    to->start_cost = from->start_cost;
    to->min_run_h = from->min_run_s / 3600.0;
    to->heat_bus = from->heat_ratio > 0 ? from->heat_bus : -1;
    to->heat_ratio = from->heat_ratio;
}

static void copy_converter(const struct site_converter *from, struct plan_converter *to, size_t n_steps)
{
    copy_id(to->id, from->id);
    to->from = from->from;
    to->to = from->to;
    to->max_power_w = from->max_power_w;
    to->min_power_w = from->min_power_w;
    for (size_t k = 0; k < n_steps; k++)
        to->cop[k] = from->cop;
}

static void copy_tie(const struct site_tie *from, struct plan_tie *to)
{
    copy_id(to->id, from->id);
    to->from = from->from;
    to->to = from->to;
    to->limit_w = from->limit_w;
    to->loss_frac = from->loss_frac;
    to->transfer_price_per_kwh = from->transfer_price_per_kwh;
}

static void copy_storages_and_flexibles(const struct site *s, struct plan_problem *p)
{
    for (size_t i = 0; i < s->n_batteries; i++)
        copy_battery(&s->batteries[i], ASSET_BATTERY, &p->batteries[i]);
    for (size_t i = 0; i < s->n_stores; i++)
        copy_battery(&s->stores[i], ASSET_STORE, &p->batteries[s->n_batteries + i]);
    for (size_t i = 0; i < s->n_groups; i++)
        copy_group(&s->groups[i], &p->groups[i]);
    for (size_t i = 0; i < s->n_chargers; i++)
        copy_flexible(&s->chargers[i], ASSET_CHARGER, &p->flexibles[i]);
    for (size_t i = 0; i < s->n_flexibles; i++)
        copy_flexible(&s->flexibles[i], ASSET_FLEXIBLE, &p->flexibles[s->n_chargers + i]);
}

static void copy_site(const struct site *s, struct plan_problem *p)
{
    copy_id(p->area, s->id);
    p->co2_price_per_kg = s->co2_price_per_kg;
    p->co2_first = s->plan.co2_first;
    p->shared_s = s->plan.shared_s;
    for (size_t i = 0; i < s->n_buses; i++) {
        copy_id(p->bus_ids[i], s->buses[i].id);
        p->carriers[i] = s->buses[i].carrier;
    }
    for (size_t i = 0; i < s->n_grids; i++)
        copy_grid(s, &s->grids[i], &p->grids[i], p->n_steps);
    for (size_t i = 0; i < s->n_communities; i++)
        copy_community(&s->communities[i], (int)i, p);
    for (size_t i = 0; i < s->n_pvs; i++) {
        copy_id(p->pvs[i].id, s->pvs[i].id);
        p->pvs[i].bus = s->pvs[i].bus;
        p->pvs[i].curtailable = s->pvs[i].curtailable;
    }
    copy_storages_and_flexibles(s, p);
    for (size_t i = 0; i < s->n_loads; i++)
        copy_load(&s->loads[i], &p->loads[i]);
    for (size_t i = 0; i < s->n_generators; i++)
        copy_generator(&s->generators[i], &p->generators[i], p->n_steps);
    for (size_t i = 0; i < s->n_converters; i++)
        copy_converter(&s->converters[i], &p->converters[i], p->n_steps);
    for (size_t i = 0; i < s->n_ties; i++)
        copy_tie(&s->ties[i], &p->ties[i]);
}

int plan_problem_new(const struct site *s, int64_t now_utc_ms, int64_t horizon_s, const int64_t *cuts_utc_ms,
                     size_t n_cuts, struct plan_problem **ret_problem)
{
    struct plan_sizes sizes = {
        .n_steps = plan_steps(now_utc_ms, horizon_s, s->plan.shortest_step_s, cuts_utc_ms, n_cuts, NULL, NULL),
        .n_buses = s->n_buses,
        .n_grids = s->n_grids,
        .n_pvs = s->n_pvs,
        .n_batteries = s->n_batteries + s->n_stores,
        .n_groups = s->n_groups,
        .n_flexibles = s->n_chargers + s->n_flexibles,
        .n_loads = s->n_loads,
        .n_generators = s->n_generators,
        .n_converters = s->n_converters,
        .n_ties = s->n_ties,
        .n_communities = s->n_communities};
    struct plan_problem *p;
    int rc = plan_problem_alloc(&sizes, &p);
    if (rc < 0)
        return rc;
    plan_steps(now_utc_ms, horizon_s, s->plan.shortest_step_s, cuts_utc_ms, n_cuts, p->start_utc_ms, p->hours);
    p->made_utc_ms = now_utc_ms;
    copy_site(s, p);
    *ret_problem = p;
    return 0;
}
