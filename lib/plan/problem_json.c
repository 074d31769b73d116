// SPDX-License-Identifier: GPL-3.0-or-later
// A problem as JSON and back, every number with all its digits.
#include <stdio.h>

#include "base/error.h"
#include "plan/json_io.h"
#include "plan/problem_alloc.h"

// ---- writing --------------------------------------------------------------------------------------------------------

static json_t *grid_out(const struct plan_problem *p, const struct plan_grid *g)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:b}", "id", g->id, "bus", g->bus,
                     "import_limit_w", json_out_number(g->import_limit_w), "export_limit_w",
                     json_out_number(g->export_limit_w), "import_price_per_kwh",
                     json_out_numbers(g->import_price_per_kwh, p->n_steps), "export_price_per_kwh",
                     json_out_numbers(g->export_price_per_kwh, p->n_steps), "demand_charge_per_kw",
                     json_out_number(g->demand_charge_per_kw), "demand_window_s", g->demand_window_s, "peak_so_far_w",
                     json_out_number(g->peak_so_far_w), "window_elapsed_wh", json_out_number(g->window_elapsed_wh),
                     "co2_cost_per_kwh", json_out_number(g->co2_cost_per_kwh), "away", g->away);
}

static json_t *pv_out(const struct plan_problem *p, const struct plan_pv *v)
{
    return json_pack("{s:s, s:i, s:o, s:b}", "id", v->id, "bus", v->bus, "available_w",
                     json_out_numbers(v->available_w, p->n_steps), "curtailable", v->curtailable);
}

static json_t *battery_out(const struct plan_battery *b)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "id", b->id, "bus",
                     b->bus, "energy_wh", json_out_number(b->energy_wh), "min_wh", json_out_number(b->min_wh), "max_wh",
                     json_out_number(b->max_wh), "reserve_wh", json_out_number(b->reserve_wh), "max_charge_w",
                     json_out_number(b->max_charge_w), "max_discharge_w", json_out_number(b->max_discharge_w),
                     "charge_efficiency", json_out_number(b->charge_efficiency), "discharge_efficiency",
                     json_out_number(b->discharge_efficiency), "self_discharge_per_h",
                     json_out_number(b->self_discharge_per_h), "wear_per_kwh", json_out_number(b->wear_per_kwh),
                     "end_value_per_kwh", json_out_number(b->end_value_per_kwh), "available", b->available,
                     "held_power_w", json_out_number(b->held_power_w));
}

static json_t *load_out(const struct plan_problem *p, const struct plan_load *l)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "id", l->id, "bus", l->bus, "demand_w",
                     json_out_numbers(l->demand_w, p->n_steps), "tier_share",
                     json_out_numbers(l->tier_share, TIER_COUNT), "sheddable", json_out_bools(l->sheddable, TIER_COUNT),
                     "shed_cost_per_kwh", json_out_numbers(l->shed_cost_per_kwh, TIER_COUNT));
}

static json_t *generator_out(const struct plan_generator *g)
{
    return json_pack("{s:s, s:i, s:o, s:o}", "id", g->id, "bus", g->bus, "max_power_w", json_out_number(g->max_power_w),
                     "cost_per_kwh", json_out_number(g->cost_per_kwh));
}

static json_t *tie_out(const struct plan_tie *t)
{
    return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:b, s:o}", "id", t->id, "from", t->from, "to", t->to, "limit_w",
                     json_out_number(t->limit_w), "loss_frac", json_out_number(t->loss_frac), "transfer_price_per_kwh",
                     json_out_number(t->transfer_price_per_kwh), "available", t->available, "held_power_w",
                     json_out_number(t->held_power_w));
}

static json_t *buses_out(const struct plan_problem *p)
{
    json_t *array = json_array();
    for (size_t b = 0; b < p->n_buses; b++)
        json_array_append_new(array, json_string(p->bus_ids[b]));
    return array;
}

static void sources_out(const struct plan_problem *p, json_t *root)
{
    json_t *grids = json_array(), *pvs = json_array(), *generators = json_array();
    for (size_t i = 0; i < p->n_grids; i++)
        json_array_append_new(grids, grid_out(p, &p->grids[i]));
    for (size_t i = 0; i < p->n_pvs; i++)
        json_array_append_new(pvs, pv_out(p, &p->pvs[i]));
    for (size_t i = 0; i < p->n_generators; i++)
        json_array_append_new(generators, generator_out(&p->generators[i]));
    json_object_set_new(root, "grids", grids);
    json_object_set_new(root, "pvs", pvs);
    json_object_set_new(root, "generators", generators);
}

static void others_out(const struct plan_problem *p, json_t *root)
{
    json_t *batteries = json_array(), *loads = json_array(), *ties = json_array();
    for (size_t i = 0; i < p->n_batteries; i++)
        json_array_append_new(batteries, battery_out(&p->batteries[i]));
    for (size_t i = 0; i < p->n_loads; i++)
        json_array_append_new(loads, load_out(p, &p->loads[i]));
    for (size_t i = 0; i < p->n_ties; i++)
        json_array_append_new(ties, tie_out(&p->ties[i]));
    json_object_set_new(root, "batteries", batteries);
    json_object_set_new(root, "loads", loads);
    json_object_set_new(root, "ties", ties);
}

int plan_problem_to_json(const struct plan_problem *p, char **ret_text)
{
    json_t *root = json_pack("{s:s, s:I, s:o, s:o, s:o}", "area", p->area, "made_utc_ms", (json_int_t)p->made_utc_ms,
                             "start_utc_ms", json_out_integers(p->start_utc_ms, p->n_steps), "hours",
                             json_out_numbers(p->hours, p->n_steps), "buses", buses_out(p));
    if (root) {
        sources_out(p, root);
        others_out(p, root);
    }
    return json_out_text(root, ret_text);
}

// ---- reading --------------------------------------------------------------------------------------------------------

static int bus_in(struct json_in *in, const struct plan_problem *p, const json_t *o, const char *name)
{
    return (int)json_in_integer(in, o, name, 0, (int64_t)p->n_buses - 1);
}

static void grid_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_grid *g)
{
    json_in_text(in, o, "id", g->id, sizeof(g->id));
    g->bus = bus_in(in, p, o, "bus");
    g->import_limit_w = json_in_number(in, o, "import_limit_w");
    g->export_limit_w = json_in_number(in, o, "export_limit_w");
    json_in_numbers(in, o, "import_price_per_kwh", g->import_price_per_kwh, p->n_steps);
    json_in_numbers(in, o, "export_price_per_kwh", g->export_price_per_kwh, p->n_steps);
    g->demand_charge_per_kw = json_in_number(in, o, "demand_charge_per_kw");
    g->demand_window_s = (int)json_in_integer(in, o, "demand_window_s", 0, 86400);
    g->peak_so_far_w = json_in_number(in, o, "peak_so_far_w");
    g->window_elapsed_wh = json_in_number(in, o, "window_elapsed_wh");
    g->co2_cost_per_kwh = json_in_number(in, o, "co2_cost_per_kwh");
    g->away = json_in_bool(in, o, "away");
}

static void pv_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_pv *v)
{
    json_in_text(in, o, "id", v->id, sizeof(v->id));
    v->bus = bus_in(in, p, o, "bus");
    json_in_numbers(in, o, "available_w", v->available_w, p->n_steps);
    v->curtailable = json_in_bool(in, o, "curtailable");
}

static void battery_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_battery *b)
{
    json_in_text(in, o, "id", b->id, sizeof(b->id));
    b->bus = bus_in(in, p, o, "bus");
    b->energy_wh = json_in_number(in, o, "energy_wh");
    b->min_wh = json_in_number(in, o, "min_wh");
    b->max_wh = json_in_number(in, o, "max_wh");
    b->reserve_wh = json_in_number(in, o, "reserve_wh");
    b->max_charge_w = json_in_number(in, o, "max_charge_w");
    b->max_discharge_w = json_in_number(in, o, "max_discharge_w");
    b->charge_efficiency = json_in_number(in, o, "charge_efficiency");
    b->discharge_efficiency = json_in_number(in, o, "discharge_efficiency");
    b->self_discharge_per_h = json_in_number(in, o, "self_discharge_per_h");
    b->wear_per_kwh = json_in_number(in, o, "wear_per_kwh");
    b->end_value_per_kwh = json_in_number(in, o, "end_value_per_kwh");
    b->available = json_in_bool(in, o, "available");
    b->held_power_w = json_in_number(in, o, "held_power_w");
}

static void load_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_load *l)
{
    json_in_text(in, o, "id", l->id, sizeof(l->id));
    l->bus = bus_in(in, p, o, "bus");
    json_in_numbers(in, o, "demand_w", l->demand_w, p->n_steps);
    json_in_numbers(in, o, "tier_share", l->tier_share, TIER_COUNT);
    json_in_bools(in, o, "sheddable", l->sheddable, TIER_COUNT);
    json_in_numbers(in, o, "shed_cost_per_kwh", l->shed_cost_per_kwh, TIER_COUNT);
}

static void generator_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_generator *g)
{
    json_in_text(in, o, "id", g->id, sizeof(g->id));
    g->bus = bus_in(in, p, o, "bus");
    g->max_power_w = json_in_number(in, o, "max_power_w");
    g->cost_per_kwh = json_in_number(in, o, "cost_per_kwh");
}

static void tie_in(struct json_in *in, const struct plan_problem *p, const json_t *o, struct plan_tie *t)
{
    json_in_text(in, o, "id", t->id, sizeof(t->id));
    t->from = bus_in(in, p, o, "from");
    t->to = bus_in(in, p, o, "to");
    t->limit_w = json_in_number(in, o, "limit_w");
    t->loss_frac = json_in_number(in, o, "loss_frac");
    t->transfer_price_per_kwh = json_in_number(in, o, "transfer_price_per_kwh");
    t->available = json_in_bool(in, o, "available");
    t->held_power_w = json_in_number(in, o, "held_power_w");
}

static void head_in(struct json_in *in, const json_t *root, struct plan_problem *p)
{
    json_in_text(in, root, "area", p->area, sizeof(p->area));
    p->made_utc_ms = json_in_integer(in, root, "made_utc_ms", 0, INT64_MAX / 2);
    json_in_integers(in, root, "start_utc_ms", p->start_utc_ms, p->n_steps);
    json_in_numbers(in, root, "hours", p->hours, p->n_steps);
    const json_t *buses = json_object_get(root, "buses");
    for (size_t b = 0; b < p->n_buses; b++) {
        const json_t *name = json_array_get(buses, b);
        if (!json_is_string(name) || json_string_length(name) >= SITE_ID_MAX)
            in->failed = true;
        else
            snprintf(p->bus_ids[b], SITE_ID_MAX, "%s", json_string_value(name));
    }
}

static void assets_in(struct json_in *in, const json_t *root, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_grids; i++)
        grid_in(in, p, json_array_get(json_object_get(root, "grids"), i), &p->grids[i]);
    for (size_t i = 0; i < p->n_pvs; i++)
        pv_in(in, p, json_array_get(json_object_get(root, "pvs"), i), &p->pvs[i]);
    for (size_t i = 0; i < p->n_batteries; i++)
        battery_in(in, p, json_array_get(json_object_get(root, "batteries"), i), &p->batteries[i]);
    for (size_t i = 0; i < p->n_loads; i++)
        load_in(in, p, json_array_get(json_object_get(root, "loads"), i), &p->loads[i]);
    for (size_t i = 0; i < p->n_generators; i++)
        generator_in(in, p, json_array_get(json_object_get(root, "generators"), i), &p->generators[i]);
    for (size_t i = 0; i < p->n_ties; i++)
        tie_in(in, p, json_array_get(json_object_get(root, "ties"), i), &p->ties[i]);
}

static size_t count_in(struct json_in *in, const json_t *root, const char *name, size_t limit)
{
    return json_array_size(json_in_array(in, root, name, limit));
}

static int problem_in(const json_t *root, struct plan_problem **ret_problem)
{
    struct json_in in = {0};
    struct plan_sizes sizes = {.n_steps = count_in(&in, root, "hours", PLAN_MAX_STEPS),
                               .n_buses = count_in(&in, root, "buses", SITE_MAX_BUSES),
                               .n_grids = count_in(&in, root, "grids", SITE_MAX_ASSETS),
                               .n_pvs = count_in(&in, root, "pvs", SITE_MAX_ASSETS),
                               .n_batteries = count_in(&in, root, "batteries", SITE_MAX_ASSETS),
                               .n_loads = count_in(&in, root, "loads", SITE_MAX_ASSETS),
                               .n_generators = count_in(&in, root, "generators", SITE_MAX_ASSETS),
                               .n_ties = count_in(&in, root, "ties", SITE_MAX_ASSETS)};
    struct plan_problem *p;
    if (in.failed)
        return AEMS_E_FORMAT;
    int rc = plan_problem_alloc(&sizes, &p);
    if (rc < 0)
        return rc == AEMS_E_NOMEM ? rc : AEMS_E_FORMAT;
    head_in(&in, root, p);
    assets_in(&in, root, p);
    if (in.failed) {
        plan_problem_free(p);
        return AEMS_E_FORMAT;
    }
    *ret_problem = p;
    return 0;
}

int plan_problem_from_json(const char *text, size_t length, struct plan_problem **ret_problem)
{
    json_t *root = json_in_object(text, length);
    if (!root)
        return AEMS_E_FORMAT;
    int rc = problem_in(root, ret_problem);
    json_decref(root);
    return rc;
}
