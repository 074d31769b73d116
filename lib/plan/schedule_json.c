// SPDX-License-Identifier: GPL-3.0-or-later
// A schedule as JSON and back, every number with all its digits.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/text.h"
#include "plan/json_io.h"
#include "plan/schedule_alloc.h"

static const char *const tier_names[OBJECTIVE_COUNT] = {"lifelines_kwh", "limits_kwh", "reserve_kwh", "comfort_kwh",
                                                        "money"};

// ---- writing --------------------------------------------------------------------------------------------------------

static json_t *reason_out(const struct reason *r)
{
    return json_pack("{s:s, s:s, s:o}", "kind", reason_kind_name(r->kind), "asset", r->asset, "price_per_kwh",
                     json_out_number(r->price_per_kwh));
}

static json_t *asset_out(const struct schedule *s, const struct schedule_asset *a)
{
    json_t *reasons = json_array();
    for (size_t k = 0; k < s->n_steps; k++)
        json_array_append_new(reasons, reason_out(&a->reasons[k]));
    json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "id", a->id, "kind", asset_kind_name(a->kind), "power_w",
                               json_out_numbers(a->power_w, s->n_steps), "reasons", reasons);
    if (a->energy_wh)
        json_object_set_new(object, "energy_wh", json_out_numbers(a->energy_wh, s->n_steps));
    if (a->energy_value_per_kwh)
        json_object_set_new(object, "energy_value_per_kwh", json_out_numbers(a->energy_value_per_kwh, s->n_steps));
    if (a->heat_w)
        json_object_set_new(object, "heat_w", json_out_numbers(a->heat_w, s->n_steps));
    if (a->shed_w)
        json_object_set_new(object, "shed_w", json_out_numbers(a->shed_w, s->n_steps * TIER_COUNT));
    if (a->kind == ASSET_CHARGER || a->kind == ASSET_FLEXIBLE)
        json_object_update_new(object, json_pack("{s:o, s:b}", "missed_wh", json_out_number(a->missed_wh),
                                                 "below_lowest", a->below_lowest));
    return object;
}

static json_t *objective_out(const struct schedule *s)
{
    json_t *object = json_object();
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        json_object_set_new(object, tier_names[tier], json_out_number(s->objective[tier]));
    return object;
}

// How the answer was found, and what it is worth over all courses.
static void solving_out(const struct schedule *s, json_t *root)
{
    json_object_set_new(root, "iterations", json_integer(s->iterations));
    json_object_set_new(root, "solve_ms", json_out_number(s->solve_ms));
    json_object_set_new(root, "solves", json_integer(s->solves));
    json_object_set_new(root, "fallbacks", json_integer(s->fallbacks));
    json_object_set_new(root, "repairs", json_integer(s->repairs));
    json_object_set_new(root, "scenarios", json_integer(s->scenarios));
    json_object_set_new(root, "gap", json_out_number(s->gap));
    json_object_set_new(root, "expected_cost", json_out_number(s->expected_cost));
    json_object_set_new(root, "co2_kg", json_out_number(s->co2_kg));
    json_object_set_new(root, "co2_price_per_kg", json_out_number(s->co2_price_per_kg));
}

static void communities_out(const struct schedule *s, json_t *root)
{
    json_object_set_new(root, "n_communities", json_integer((json_int_t)s->n_communities));
    json_object_set_new(root, "community_price_per_kwh",
                        json_out_numbers(s->community_price_per_kwh, s->n_communities * s->n_steps));
}

static void offers_out(const struct schedule *s, json_t *root)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < s->n_offers; i++)
        json_array_append_new(ids, json_string(s->offer_ids[i]));
    json_object_set_new(root, "offers", ids);
    json_object_set_new(root, "offer_w", json_out_numbers(s->offer_w, s->n_offers * s->n_steps));
}

int schedule_to_json(const struct schedule *s, char **ret_text)
{
    char made[RFC3339_SIZE];
    json_t *assets = json_array();
    for (size_t i = 0; i < s->n_assets; i++)
        json_array_append_new(assets, asset_out(s, &s->assets[i]));
    rfc3339_format(s->made_utc_ms, made);
    json_t *root = json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:s}", "t", made, "made_utc_ms", (json_int_t)s->made_utc_ms,
        "start_utc_ms", json_out_integers(s->start_utc_ms, s->n_steps), "hours", json_out_numbers(s->hours, s->n_steps),
        "assets", assets, "n_buses", (int)s->n_buses, "price_per_kwh",
        json_out_numbers(s->price_per_kwh, s->n_buses * s->n_steps), "peak_w", json_out_numbers(s->peak_w, s->n_grids),
        "objective", objective_out(s), "lp_objective", json_out_number(s->lp_objective), "status", s->status);
    communities_out(s, root);
    offers_out(s, root);
    solving_out(s, root);
    return json_out_text(root, ret_text);
}

// ---- reading --------------------------------------------------------------------------------------------------------

static int kind_by_name(struct json_in *in, const json_t *object, const char *(*name_of)(int), int count)
{
    const char *name = json_string_value(json_object_get(object, "kind"));
    for (int kind = 0; name && kind < count; kind++)
        if (strcmp(name, name_of(kind)) == 0)
            return kind;
    in->failed = true;
    return 0;
}

static const char *asset_kind_at(int kind)
{
    return asset_kind_name((enum asset_kind)kind);
}

static const char *reason_kind_at(int kind)
{
    return reason_kind_name((enum reason_kind)kind);
}

static void reasons_in(struct json_in *in, const struct schedule *s, const json_t *object, struct schedule_asset *a)
{
    const json_t *array = json_in_array(in, object, "reasons", s->n_steps);
    if (json_array_size(array) != s->n_steps)
        in->failed = true;
    for (size_t k = 0; k < s->n_steps && !in->failed; k++) {
        const json_t *item = json_array_get(array, k);
        a->reasons[k].kind = (enum reason_kind)kind_by_name(in, item, reason_kind_at, REASON_KIND_COUNT);
        json_in_text(in, item, "asset", a->reasons[k].asset, sizeof(a->reasons[k].asset));
        bool none = json_is_null(json_object_get(item, "price_per_kwh"));
        a->reasons[k].price_per_kwh = none ? (double)NAN : json_in_number(in, item, "price_per_kwh");
    }
}

static int asset_in(struct json_in *in, struct schedule *s, size_t i, const json_t *object)
{
    char id[SITE_ID_MAX];
    json_in_text(in, object, "id", id, sizeof(id));
    enum asset_kind kind = (enum asset_kind)kind_by_name(in, object, asset_kind_at, ASSET_KIND_COUNT);
    if (in->failed)
        return AEMS_E_FORMAT;
    int rc = schedule_alloc_asset(s, i, id, kind);
    if (rc < 0)
        return rc;
    struct schedule_asset *a = &s->assets[i];
    json_in_numbers(in, object, "power_w", a->power_w, s->n_steps);
    if (a->energy_wh)
        json_in_numbers(in, object, "energy_wh", a->energy_wh, s->n_steps);
    if (a->energy_value_per_kwh)
        json_in_numbers(in, object, "energy_value_per_kwh", a->energy_value_per_kwh, s->n_steps);
    if (a->heat_w)
        json_in_numbers(in, object, "heat_w", a->heat_w, s->n_steps);
    if (a->shed_w)
        json_in_numbers(in, object, "shed_w", a->shed_w, s->n_steps * TIER_COUNT);
    if (kind == ASSET_CHARGER || kind == ASSET_FLEXIBLE) {
        a->missed_wh = json_in_number(in, object, "missed_wh");
        a->below_lowest = json_in_bool(in, object, "below_lowest");
    }
    reasons_in(in, s, object, a);
    return in->failed ? AEMS_E_FORMAT : 0;
}

static void solving_in(struct json_in *in, const json_t *root, struct schedule *s)
{
    s->iterations = (int)json_in_integer(in, root, "iterations", 0, INT32_MAX);
    s->solve_ms = json_in_number(in, root, "solve_ms");
    s->solves = (int)json_in_integer(in, root, "solves", 0, INT32_MAX);
    s->fallbacks = (int)json_in_integer(in, root, "fallbacks", 0, INT32_MAX);
    s->repairs = (int)json_in_integer(in, root, "repairs", 0, INT32_MAX);
    s->scenarios = (int)json_in_integer(in, root, "scenarios", 0, PLAN_MAX_SCENARIOS);
    s->gap = json_in_number(in, root, "gap");
    s->expected_cost = json_in_number(in, root, "expected_cost");
    s->co2_kg = json_in_number(in, root, "co2_kg");
    s->co2_price_per_kg = json_in_number(in, root, "co2_price_per_kg");
}

static void offers_in(struct json_in *in, const json_t *root, struct schedule *s)
{
    const json_t *ids = json_object_get(root, "offers");
    for (size_t i = 0; i < s->n_offers; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (id && text_is_id(id))
            snprintf(s->offer_ids[i], SITE_ID_MAX, "%s", id);
        else
            in->failed = true;
    }
    json_in_numbers(in, root, "offer_w", s->offer_w, s->n_offers * s->n_steps);
}

static void head_in(struct json_in *in, const json_t *root, struct schedule *s)
{
    const json_t *objective = json_object_get(root, "objective");
    s->made_utc_ms = json_in_integer(in, root, "made_utc_ms", 0, INT64_MAX / 2);
    json_in_integers(in, root, "start_utc_ms", s->start_utc_ms, s->n_steps);
    json_in_numbers(in, root, "hours", s->hours, s->n_steps);
    json_in_numbers(in, root, "price_per_kwh", s->price_per_kwh, s->n_buses * s->n_steps);
    json_in_numbers(in, root, "peak_w", s->peak_w, s->n_grids);
    json_in_numbers(in, root, "community_price_per_kwh", s->community_price_per_kwh, s->n_communities * s->n_steps);
    offers_in(in, root, s);
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        s->objective[tier] = json_in_number(in, objective, tier_names[tier]);
    s->lp_objective = json_in_number(in, root, "lp_objective");
    solving_in(in, root, s);
    json_in_text(in, root, "status", s->status, sizeof(s->status));
}

static int fill(struct json_in *in, const json_t *root, struct schedule *s)
{
    int rc = 0;
    const json_t *assets = json_object_get(root, "assets");
    for (size_t i = 0; i < s->n_assets && rc == 0; i++)
        rc = asset_in(in, s, i, json_array_get(assets, i));
    if (rc == 0)
        head_in(in, root, s);
    return rc == 0 && in->failed ? AEMS_E_FORMAT : rc;
}

static int schedule_in(const json_t *root, struct schedule **ret_schedule)
{
    struct json_in in = {0};
    size_t n_steps = json_array_size(json_in_array(&in, root, "hours", PLAN_MAX_STEPS));
    size_t n_assets = json_array_size(json_in_array(&in, root, "assets", SITE_MAX_ASSETS));
    size_t n_grids = json_array_size(json_in_array(&in, root, "peak_w", SITE_MAX_ASSETS));
    size_t n_buses = (size_t)json_in_integer(&in, root, "n_buses", 0, SITE_MAX_BUSES);
    size_t n_communities = (size_t)json_in_integer(&in, root, "n_communities", 0, SITE_MAX_ASSETS);
    size_t n_offers = json_array_size(json_in_array(&in, root, "offers", SITE_MAX_ASSETS));
    if (in.failed)
        return AEMS_E_FORMAT;
    struct schedule *s;
    int rc = schedule_alloc(n_steps, n_assets, n_buses, n_grids, n_communities, n_offers, &s);
    if (rc < 0)
        return rc == AEMS_E_NOMEM ? rc : AEMS_E_FORMAT;
    rc = fill(&in, root, s);
    if (rc < 0) {
        schedule_free(s);
        return rc;
    }
    *ret_schedule = s;
    return 0;
}

int schedule_from_json(const char *text, size_t length, struct schedule **ret_schedule)
{
    json_t *root = json_in_object(text, length);
    if (!root)
        return AEMS_E_FORMAT;
    int rc = schedule_in(root, ret_schedule);
    json_decref(root);
    return rc;
}
