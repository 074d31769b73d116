// SPDX-License-Identifier: GPL-3.0-or-later
// A problem as JSON and back, every number with all its digits. What there is to write: problem_fields.c.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "plan/json_io.h"
#include "plan/limits.h"
#include "plan/problem_fields.h"

// ---- writing --------------------------------------------------------------------------------------------------------

static json_t *curve_out(const struct plan_curve *c)
{
    return json_pack("{s:o, s:o}", "energy_wh", json_out_numbers(c->energy_wh, (size_t)c->n), "power_w",
                     json_out_numbers(c->power_w, (size_t)c->n));
}

static json_t *session_out(const struct plan_session *s)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "from_utc_ms", (json_int_t)s->from_utc_ms, "until_utc_ms",
                     (json_int_t)s->until_utc_ms, "energy_wh", json_out_number(s->energy_wh), "wanted_wh",
                     json_out_number(s->wanted_wh), "max_wh", json_out_number(s->max_wh), "min_wh",
                     json_out_number(s->min_wh));
}

static json_t *sessions_out(const struct plan_flexible *f)
{
    json_t *array = json_array();
    for (int i = 0; i < f->n_sessions; i++)
        json_array_append_new(array, session_out(&f->sessions[i]));
    return array;
}

static json_t *field_out(const struct plan_problem *p, const struct plan_field *f, const void *item)
{
    const void *at = (const char *)item + f->offset;
    switch (f->type) {
    case FIELD_ID:
        return json_string(at);
    case FIELD_KIND:
        return json_string(asset_kind_name(*(const enum asset_kind *)at));
    case FIELD_TIER:
        return json_string(load_tier_name(*(const enum load_tier *)at));
    case FIELD_BUS:
    case FIELD_BUS_OR_NONE:
    case FIELD_GROUP:
    case FIELD_COMMUNITY:
    case FIELD_INTEGER:
        return json_integer(*(const int *)at);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_NUMBER:
        return json_out_number(*(const double *)at);
    case FIELD_SERIES:
        return json_out_numbers(*(double *const *)at, p->n_steps);
    case FIELD_TIER_NUMBERS:
        return json_out_numbers(at, TIER_COUNT);
    case FIELD_TIER_BOOLS:
        return json_out_bools(at, TIER_COUNT);
    case FIELD_CURVE:
        return curve_out(at);
    case FIELD_SESSIONS:
        return sessions_out(item);
    }
    return NULL;
}

static json_t *section_out(const struct plan_problem *p, const struct plan_section *s)
{
    json_t *array = json_array();
    for (size_t i = 0; i < plan_section_count(p, s); i++) {
        json_t *object = json_object();
        for (const struct plan_field *f = s->fields; f->name; f++)
            json_object_set_new(object, f->name, field_out(p, f, plan_section_item(p, s, i)));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *scenarios_out(const struct plan_problem *p)
{
    json_t *array = json_array();
    for (size_t i = 0; i < p->n_scenarios; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "weight", json_out_number(p->scenarios[i].weight));
        for (size_t c = 0; c < PLAN_COURSES; c++) {
            size_t count = plan_course_assets(p, &plan_courses[c]) * p->n_steps;
            json_object_set_new(object, plan_courses[c].name,
                                json_out_numbers(*plan_course_at(&p->scenarios[i], &plan_courses[c]), count));
        }
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *buses_out(const struct plan_problem *p)
{
    json_t *array = json_array();
    for (size_t b = 0; b < p->n_buses; b++)
        json_array_append_new(array,
                              json_pack("{s:s, s:s}", "id", p->bus_ids[b], "carrier", carrier_name(p->carriers[b])));
    return array;
}

// Only where there is one: most problems have none.
static void area_limits_out(const struct plan_problem *p, json_t *root)
{
    bool limited = false;
    for (size_t k = 0; k < p->n_steps; k++)
        limited |= plan_has_area_limit(p, k);
    if (!limited)
        return;
    json_object_set_new(root, "area_import_limit_w", json_out_numbers(p->area_import_limit_w, p->n_steps));
    json_object_set_new(root, "area_export_limit_w", json_out_numbers(p->area_export_limit_w, p->n_steps));
}

static void outage_out(const struct plan_problem *p, json_t *root)
{
    bool lifelines_only = false;
    for (size_t k = 0; k < p->n_steps; k++)
        lifelines_only |= p->lifelines_only[k] > 0;
    if (p->least_frac > 0)
        json_object_set_new(root, "least_frac", json_out_number(p->least_frac));
    if (lifelines_only)
        json_object_set_new(root, "lifelines_only", json_out_numbers(p->lifelines_only, p->n_steps));
}

int plan_problem_to_json(const struct plan_problem *p, char **ret_text)
{
    json_t *root = json_pack(
        "{s:s, s:I, s:o, s:b, s:i, s:o, s:o, s:o, s:o}", "area", p->area, "made_utc_ms", (json_int_t)p->made_utc_ms,
        "co2_price_per_kg", json_out_number(p->co2_price_per_kg), "co2_first", p->co2_first, "shared_s", p->shared_s,
        "start_utc_ms", json_out_integers(p->start_utc_ms, p->n_steps), "hours", json_out_numbers(p->hours, p->n_steps),
        "buses", buses_out(p), "scenarios", scenarios_out(p));
    for (size_t i = 0; i < PLAN_SECTIONS && root; i++)
        json_object_set_new(root, plan_sections[i].name, section_out(p, &plan_sections[i]));
    if (root) {
        area_limits_out(p, root);
        outage_out(p, root);
    }
    return json_out_text(root, ret_text);
}

// ---- reading --------------------------------------------------------------------------------------------------------

static int name_in(struct json_in *in, const json_t *o, const char *name, const char *(*name_of)(int), int count)
{
    const char *text = json_string_value(json_object_get(o, name));
    for (int i = 0; text && i < count; i++)
        if (strcmp(text, name_of(i)) == 0)
            return i;
    in->failed = true;
    return 0;
}

static const char *kind_at(int kind)
{
    return asset_kind_name((enum asset_kind)kind);
}

static const char *tier_at(int tier)
{
    return load_tier_name((enum load_tier)tier);
}

static const char *carrier_at(int carrier)
{
    return carrier_name((enum carrier)carrier);
}

static void curve_in(struct json_in *in, const json_t *o, const char *name, struct plan_curve *c)
{
    const json_t *curve = json_object_get(o, name);
    c->n = (int)json_array_size(json_in_array(in, curve, "energy_wh", PLAN_MAX_CURVE));
    json_in_numbers(in, curve, "energy_wh", c->energy_wh, (size_t)c->n);
    json_in_numbers(in, curve, "power_w", c->power_w, (size_t)c->n);
}

static void sessions_in(struct json_in *in, const json_t *o, const char *name, struct plan_flexible *f)
{
    const json_t *array = json_in_array(in, o, name, PLAN_MAX_SESSIONS);
    f->n_sessions = (int)json_array_size(array);
    for (int i = 0; i < f->n_sessions; i++) {
        const json_t *item = json_array_get(array, (size_t)i);
        struct plan_session *s = &f->sessions[i];
        s->from_utc_ms = json_in_integer(in, item, "from_utc_ms", 0, INT64_MAX / 2);
        s->until_utc_ms = json_in_integer(in, item, "until_utc_ms", 0, INT64_MAX / 2);
        s->energy_wh = json_in_number(in, item, "energy_wh");
        s->wanted_wh = json_in_number(in, item, "wanted_wh");
        s->max_wh = json_in_number(in, item, "max_wh");
        s->min_wh = json_in_number(in, item, "min_wh");
    }
}

static void field_in(struct json_in *in, const struct plan_problem *p, const struct plan_field *f, const json_t *o,
                     void *item)
{
    void *at = plan_field_at(item, f);
    switch (f->type) {
    case FIELD_ID:
        json_in_text(in, o, f->name, at, SITE_ID_MAX);
        break;
    case FIELD_KIND:
        *(enum asset_kind *)at = (enum asset_kind)name_in(in, o, f->name, kind_at, ASSET_KIND_COUNT);
        break;
    case FIELD_TIER:
        *(enum load_tier *)at = (enum load_tier)name_in(in, o, f->name, tier_at, TIER_COUNT);
        break;
    case FIELD_BUS:
        *(int *)at = (int)json_in_integer(in, o, f->name, 0, (int64_t)p->n_buses - 1);
        break;
    case FIELD_BUS_OR_NONE:
        *(int *)at = (int)json_in_integer(in, o, f->name, -1, (int64_t)p->n_buses - 1);
        break;
    case FIELD_GROUP:
        *(int *)at = (int)json_in_integer(in, o, f->name, -1, (int64_t)p->n_groups - 1);
        break;
    case FIELD_COMMUNITY:
        *(int *)at = (int)json_in_integer(in, o, f->name, -1, (int64_t)p->n_communities - 1);
        break;
    case FIELD_INTEGER:
        *(int *)at = (int)json_in_integer(in, o, f->name, (int64_t)f->low, (int64_t)f->high);
        break;
    case FIELD_BOOL:
        *(bool *)at = json_in_bool(in, o, f->name);
        break;
    case FIELD_NUMBER:
        *(double *)at = json_in_number(in, o, f->name);
        break;
    case FIELD_SERIES:
        json_in_numbers(in, o, f->name, *(double **)at, p->n_steps);
        break;
    case FIELD_TIER_NUMBERS:
        json_in_numbers(in, o, f->name, at, TIER_COUNT);
        break;
    case FIELD_TIER_BOOLS:
        json_in_bools(in, o, f->name, at, TIER_COUNT);
        break;
    case FIELD_CURVE:
        curve_in(in, o, f->name, at);
        break;
    case FIELD_SESSIONS:
        sessions_in(in, o, f->name, item);
        break;
    }
}

static void head_in(struct json_in *in, const json_t *root, struct plan_problem *p)
{
    json_in_text(in, root, "area", p->area, sizeof(p->area));
    p->made_utc_ms = json_in_integer(in, root, "made_utc_ms", 0, INT64_MAX / 2);
    p->co2_price_per_kg = json_in_number(in, root, "co2_price_per_kg");
    p->co2_first = json_in_bool(in, root, "co2_first");
    p->shared_s = (int)json_in_integer(in, root, "shared_s", 0, INT32_MAX);
    json_in_integers(in, root, "start_utc_ms", p->start_utc_ms, p->n_steps);
    json_in_numbers(in, root, "hours", p->hours, p->n_steps);
    if (json_object_get(root, "area_import_limit_w")) {
        json_in_numbers(in, root, "area_import_limit_w", p->area_import_limit_w, p->n_steps);
        json_in_numbers(in, root, "area_export_limit_w", p->area_export_limit_w, p->n_steps);
    }
    if (json_object_get(root, "least_frac"))
        p->least_frac = json_in_number(in, root, "least_frac");
    if (json_object_get(root, "lifelines_only"))
        json_in_numbers(in, root, "lifelines_only", p->lifelines_only, p->n_steps);
    const json_t *buses = json_object_get(root, "buses");
    for (size_t b = 0; b < p->n_buses; b++) {
        const json_t *bus = json_array_get(buses, b);
        json_in_text(in, bus, "id", p->bus_ids[b], SITE_ID_MAX);
        p->carriers[b] = (enum carrier)name_in(in, bus, "carrier", carrier_at, CARRIER_COUNT);
    }
}

static void section_in(struct json_in *in, const json_t *root, const struct plan_section *s, struct plan_problem *p)
{
    const json_t *array = json_object_get(root, s->name);
    for (size_t i = 0; i < plan_section_count(p, s); i++)
        for (const struct plan_field *f = s->fields; f->name; f++)
            field_in(in, p, f, json_array_get(array, i), plan_section_item(p, s, i));
}

static void scenarios_in(struct json_in *in, const json_t *root, struct plan_problem *p)
{
    const json_t *array = json_object_get(root, "scenarios");
    for (size_t i = 0; i < p->n_scenarios; i++) {
        const json_t *item = json_array_get(array, i);
        p->scenarios[i].weight = json_in_number(in, item, "weight");
        for (size_t c = 0; c < PLAN_COURSES; c++)
            json_in_numbers(in, item, plan_courses[c].name, *plan_course_at(&p->scenarios[i], &plan_courses[c]),
                            plan_course_assets(p, &plan_courses[c]) * p->n_steps);
    }
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
                               .n_scenarios = count_in(&in, root, "scenarios", PLAN_MAX_SCENARIOS - 1)};
    for (size_t i = 0; i < PLAN_SECTIONS; i++)
        *(size_t *)((char *)&sizes + plan_sections[i].size) =
            count_in(&in, root, plan_sections[i].name, SITE_MAX_ASSETS);
    struct plan_problem *p;
    if (in.failed)
        return AEMS_E_FORMAT;
    int rc = plan_problem_alloc(&sizes, &p);
    if (rc < 0)
        return rc == AEMS_E_NOMEM ? rc : AEMS_E_FORMAT;
    head_in(&in, root, p);
    for (size_t i = 0; i < PLAN_SECTIONS; i++)
        section_in(&in, root, &plan_sections[i], p);
    scenarios_in(&in, root, p);
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
