// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that an operator asks for at a glance.
#include <jansson.h>

#include "report/messages.h"
#include "report/pack.h"

static json_t *pack_plan(const struct engine *e, struct instant now)
{
    const struct schedule *s = engine_plan(e);
    if (s == NULL)
        return json_null();
    return json_pack("{s:o, s:f, s:s, s:o, s:I, s:i, s:i, s:i}", "made", pack_time(s->made_utc_ms), "age_s",
                     (double)(now.utc_ms - s->made_utc_ms) / 1000, "status", s->status, "solve_ms",
                     pack_number(s->solve_ms), "steps", (json_int_t)s->n_steps, "scenarios", s->scenarios, "fallbacks",
                     s->fallbacks, "repairs", s->repairs);
}

static json_t *pack_buses(const struct engine *e, struct instant now)
{
    const struct site *s = engine_site(e);
    json_t *list = json_array();
    for (size_t b = 0; b < s->n_buses; b++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", s->buses[b].id, "carrier",
                                              carrier_name(s->buses[b].carrier), "price_per_kwh",
                                              pack_number(engine_bus_price_per_kwh(e, (int)b, now))));
    return list;
}

static void add_setpoint(json_t *json, const struct engine *e, int asset, const struct asset_view *v)
{
    json_object_set_new(json, "setpoint_w", v->has_setpoint ? pack_number(v->setpoint_w) : json_null());
    json_object_set_new(json, "valid_until", v->has_setpoint ? pack_time(v->setpoint_valid_until_utc_ms) : json_null());
    json_object_set_new(json, "reason", pack_reason(e, asset, v));
    json_object_set_new(json, "marginal_price_per_kwh", pack_number(v->marginal_price_per_kwh));
}

// What only some kinds of assets have.
static void add_state(json_t *json, const struct engine *e, int asset, const struct asset_view *v, struct instant now)
{
    const struct site *s = engine_site(e);
    const struct site_battery *storage = site_storage_of(s, asset);
    const struct site_flexible *flexible = site_flexible_of(s, asset);
    if (storage != NULL)
        json_object_set_new(json, "capacity_wh", pack_number(storage->capacity_wh));
    if (storage != NULL || flexible != NULL)
        json_object_set_new(json, "energy_value_per_kwh", pack_energy_value(e, asset, now));
    if (flexible != NULL) {
        json_object_set_new(json, "group",
                            flexible->group >= 0 ? json_string(s->groups[flexible->group].id) : json_null());
        json_object_set_new(json, "session", pack_session(v));
    }
    if (s->assets[asset].kind == ASSET_GENERATOR)
        json_object_set_new(json, "fuel_frac", pack_value(v->fuel));
}

static json_t *pack_asset(const struct engine *e, int asset, struct instant now)
{
    struct asset_view v;
    const struct site *s = engine_site(e);
    const struct site_asset *a = &s->assets[asset];
    engine_asset(e, asset, now, &v);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "id", a->id, "kind", asset_kind_name(a->kind), "bus",
                  s->buses[a->bus].id, "power_w", pack_value(v.power), "quality", quality_name(v.power.quality),
                  "age_s", pack_age_s(v.power, now), "soc_frac", pack_value(v.soc));
    if (json == NULL)
        return NULL;
    if (a->kind == ASSET_TIE)
        json_object_set_new(json, "from", json_string(s->buses[s->ties[a->of_kind].from].id));
    if (a->kind == ASSET_CONVERTER)
        json_object_set_new(json, "to", json_string(s->buses[s->converters[a->of_kind].to].id));
    add_setpoint(json, e, asset, &v);
    add_state(json, e, asset, &v, now);
    json_object_set_new(json, "energy_in_wh", pack_number(v.energy_in_wh));
    json_object_set_new(json, "energy_out_wh", pack_number(v.energy_out_wh));
    json_object_set_new(json, "min_power_w", pack_number(a->min_power_w));
    json_object_set_new(json, "max_power_w", pack_number(a->max_power_w));
    json_object_set_new(json, "reachable", json_boolean(v.reachable));
    json_object_set_new(json, "obeys", json_boolean(v.obeys));
    return json;
}

static json_t *pack_assets(const struct engine *e, struct instant now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < engine_site(e)->n_assets; i++)
        json_array_append_new(list, pack_asset(e, (int)i, now));
    return list;
}

static json_t *pack_grid(const struct engine *e, int grid, struct instant now)
{
    struct grid_view v;
    const struct site *s = engine_site(e);
    const struct site_grid *g = &s->grids[grid];
    engine_grid(e, grid, now, &v);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", g->id, "import_limit_w",
                     pack_number(g->import_limit_w), "export_limit_w", pack_number(g->export_limit_w), "month_peak_w",
                     pack_number(v.month_peak_w), "window_wh", pack_number(v.window_wh), "window_start",
                     v.window_start_utc_ms > 0 ? pack_time(v.window_start_utc_ms) : json_null(), "import_price_per_kwh",
                     pack_number(v.import_price_per_kwh), "export_price_per_kwh", pack_number(v.export_price_per_kwh),
                     "co2_g_per_kwh", pack_number(v.co2_g_per_kwh), "import_limit_now_w", pack_number(v.import_limit_w),
                     "export_limit_now_w", pack_number(v.export_limit_w), "contract_power_w",
                     g->contract_power_w > 0 ? pack_number(g->contract_power_w) : json_null(), "incentive_per_kwh",
                     pack_number(v.incentive_per_kwh));
}

static json_t *pack_grids(const struct engine *e, struct instant now)
{
    json_t *list = json_array();
    for (size_t g = 0; g < engine_site(e)->n_grids; g++)
        json_array_append_new(list, pack_grid(e, (int)g, now));
    return list;
}

static json_t *pack_alarms(const struct engine *e)
{
    static const char *const severities[] = {
        [ALARM_NOTICE] = "notice", [ALARM_WARNING] = "warning", [ALARM_CRITICAL] = "critical"};
    const struct alarm *alarms;
    size_t n = engine_alarms(e, &alarms);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:o}", "id", alarms[i].id, "text", alarms[i].text, "severity",
                                        severities[alarms[i].severity], "since", pack_time(alarms[i].since_utc_ms)));
    return list;
}

int message_status(const struct engine *e, struct instant now, char **ret_json)
{
    const struct site *s = engine_site(e);
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "t",
                                 pack_time(now.utc_ms), "area", s->id, "name", s->name, "timezone", s->timezone,
                                 "currency", s->currency, "mode", engine_mode_name(engine_mode(e)), "outside_degc",
                                 pack_number(engine_outside_degc(e)), "plan", pack_plan(e, now), "buses",
                                 pack_buses(e, now), "assets", pack_assets(e, now), "grids", pack_grids(e, now),
                                 "limits", pack_limits(e), "alarms", pack_alarms(e), "outage", pack_outage(e, now)),
                       ret_json);
}
