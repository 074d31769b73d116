// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out over MQTT.
#include "report/messages.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/pack.h"

static json_t *pack_plan_age(const struct engine *e, struct instant now)
{
    const struct schedule *s = engine_plan(e);
    return s != NULL ? json_real((double)(now.utc_ms - s->made_utc_ms) / 1000) : json_null();
}

static json_t *pack_alarm_ids(const struct engine *e)
{
    const struct alarm *alarms;
    size_t n = engine_alarms(e, &alarms);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(alarms[i].id));
    return list;
}

// Sums over the assets of a kind; null as soon as one of them is not known.
static json_t *pack_kind_power(const struct engine *e, enum asset_kind kind, struct instant now)
{
    const struct site *s = engine_site(e);
    double sum = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        struct asset_view v;
        if (s->assets[i].kind != kind || s->buses[s->assets[i].bus].carrier != CARRIER_ELECTRICITY)
            continue;
        engine_asset(e, (int)i, now, &v);
        if (!value_usable(v.power))
            return json_null();
        sum += v.power.v;
    }
    return pack_number(sum);
}

static void sum_grid_energies(const struct engine *e, struct instant now, double *ret_in_wh, double *ret_out_wh)
{
    const struct site *s = engine_site(e);
    *ret_in_wh = *ret_out_wh = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        struct asset_view v;
        if (s->assets[i].kind != ASSET_GRID)
            continue;
        engine_asset(e, (int)i, now, &v);
        *ret_in_wh += v.energy_in_wh;
        *ret_out_wh += v.energy_out_wh;
    }
}

int message_area_state(const struct engine *e, struct instant now, char **ret_json)
{
    double import_wh, export_wh;
    sum_grid_energies(e, now, &import_wh, &export_wh);
    return pack_finish(
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o, s:o}", "t",
                  pack_time(now.utc_ms), "area", engine_site(e)->id, "mode", engine_mode_name(engine_mode(e)),
                  "plan_age_s", pack_plan_age(e, now), "grid_w", pack_kind_power(e, ASSET_GRID, now), "pv_w",
                  pack_kind_power(e, ASSET_PV, now), "battery_w", pack_kind_power(e, ASSET_BATTERY, now), "load_w",
                  pack_kind_power(e, ASSET_LOAD, now), "generator_w", pack_kind_power(e, ASSET_GENERATOR, now),
                  "charger_w", pack_kind_power(e, ASSET_CHARGER, now), "converter_w",
                  pack_kind_power(e, ASSET_CONVERTER, now), "import_wh", import_wh, "export_wh", export_wh,
                  "outside_degc", pack_number(engine_outside_degc(e)), "alarms", pack_alarm_ids(e)),
        ret_json);
}

int message_asset_state(const struct engine *e, int asset, struct instant now, char **ret_json)
{
    struct asset_view v;
    engine_asset(e, asset, now, &v);
    const struct site_asset *a = &engine_site(e)->assets[asset];
    json_t *json =
        json_pack("{s:o, s:s, s:s, s:o, s:s, s:o, s:f, s:f, s:b, s:b}", "t", pack_time(now.utc_ms), "id", a->id, "kind",
                  asset_kind_name(a->kind), "power_w", pack_value(v.power), "quality", quality_name(v.power.quality),
                  "soc_frac", pack_value(v.soc), "energy_in_wh", v.energy_in_wh, "energy_out_wh", v.energy_out_wh,
                  "reachable", (int)v.reachable, "obeys", (int)v.obeys);
    if (json != NULL && site_flexible_of(engine_site(e), asset) != NULL)
        json_object_set_new(json, "session", pack_session(&v));
    if (json != NULL && a->kind == ASSET_GENERATOR)
        json_object_set_new(json, "fuel_frac", pack_value(v.fuel));
    return pack_finish(json, ret_json);
}

int message_setpoint(const struct engine *e, int asset, struct instant now, char **ret_json)
{
    struct asset_view v;
    engine_asset(e, asset, now, &v);
    return pack_finish(json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "t", pack_time(now.utc_ms), "id",
                                 engine_site(e)->assets[asset].id, "power_w",
                                 v.has_setpoint ? pack_number(v.setpoint_w) : json_null(), "valid_until",
                                 pack_time(v.setpoint_valid_until_utc_ms), "reason", pack_reason(e, asset, &v),
                                 "reason_kind", reason_kind_name(v.reason.kind), "marginal_price",
                                 pack_number(v.marginal_price_per_kwh)),
                       ret_json);
}

// What the schedule knows by its number alone.
static void name_rows(json_t *json, const struct site *s)
{
    json_t *buses = json_array(), *grids = json_array();
    for (size_t i = 0; i < s->n_buses; i++)
        json_array_append_new(buses, json_string(s->buses[i].id));
    for (size_t i = 0; i < s->n_grids; i++)
        json_array_append_new(grids, json_string(s->grids[i].id));
    json_object_set_new(json, "buses", buses);
    json_object_set_new(json, "grids", grids);
}

int message_plan(const struct engine *e, struct instant now, char **ret_json)
{
    char *text;
    const struct schedule *s = engine_plan(e);
    if (s == NULL)
        return AEMS_E_STATE;
    int result = schedule_to_json(s, &text);
    if (result < 0)
        return result;
    json_t *json = json_loads(text, 0, NULL);
    free(text);
    if (json != NULL) {
        json_object_set_new(json, "t", pack_time(now.utc_ms));
        name_rows(json, engine_site(e));
    }
    return pack_finish(json, ret_json);
}

static const char *severity_name(enum alarm_severity severity)
{
    static const char *const names[] = {
        [ALARM_NOTICE] = "notice", [ALARM_WARNING] = "warning", [ALARM_CRITICAL] = "critical"};
    return (unsigned)severity < sizeof names / sizeof *names ? names[severity] : "unknown";
}

int message_alarm(const struct alarm *a, struct instant now, char **ret_json)
{
    if (!a->active) {
        char *empty = calloc(1, 1);
        if (empty == NULL)
            return AEMS_E_NOMEM;
        *ret_json = empty;
        return 0;
    }
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s, s:o}", "t", pack_time(now.utc_ms), "id", a->id, "text", a->text,
                                 "severity", severity_name(a->severity), "since", pack_time(a->since_utc_ms)),
                       ret_json);
}
