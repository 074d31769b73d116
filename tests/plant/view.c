// SPDX-License-Identifier: GPL-3.0-or-later
#include "view.h"

static json_t *number_or_null(bool present, double value)
{
    return present ? json_real(value) : json_null();
}

static void add_violation(json_t *object, const struct plant_violation *v)
{
    json_object_set_new(object, "violation",
                        json_pack("{s:f,s:f,s:f,s:f,s:f}", "import_s", v->import_s, "export_s", v->export_s,
                                  "running_s", v->running_s, "longest_s", v->longest_s, "worst_w", v->worst_w));
}

static json_t *view_asset(const struct area *area, int asset)
{
    const struct site_asset *of = &area->site->assets[asset];
    const struct plant_asset *a = plant_model_asset(area->model, asset);
    json_t *o = json_pack("{s:s,s:f,s:b,s:o,s:f,s:f}", "kind", asset_kind_name(of->kind), "power_w", a->power_w,
                          "commanded", a->commanded, "setpoint_w", number_or_null(a->commanded, a->setpoint_w),
                          "energy_in_wh", a->energy_in_wh, "energy_out_wh", a->energy_out_wh);
    if (!o)
        return NULL;
    if (of->kind == ASSET_BATTERY)
        json_object_set_new(o, "soc_frac", json_real(plant_model_soc_frac(area->model, asset)));
    if (of->kind == ASSET_LOAD || of->kind == ASSET_PV)
        json_object_set_new(o, "natural_w", json_real(a->natural_w));
    if (of->kind == ASSET_TIE)
        json_object_set_new(o, "from_power_w", json_real(a->from_power_w));
    if (of->kind == ASSET_GRID)
        add_violation(o, &a->violation);
    return o;
}

static json_t *view_device(const struct area *area, int device)
{
    const struct site_device *of = &area->site->devices[device];
    const struct plant_device *d = area->devices[device];
    const struct plant_writes *w = plant_device_writes(d);
    struct command told = plant_device_told(d);
    json_t *last = w->last_mono_ms > 0 ? json_integer((json_int_t)w->last_mono_ms) : json_null();
    return json_pack("{s:s,s:s,s:b,s:o,s:s,s:i,s:i,s:i,s:o}", "asset", area->site->assets[of->asset].id, "link",
                     area->site->links[of->link].id, "commanded", told.commanded, "setpoint_w",
                     number_or_null(told.commanded, told.setpoint_w), "fault", fault_name(plant_device_fault(d).kind),
                     "writes", (int)w->accepted, "refused_writes", (int)w->refused, "reversions", (int)w->reversions,
                     "last_write_mono_ms", last);
}

json_t *view_area(const struct area *area, const struct server *server)
{
    char t[RFC3339_SIZE];
    rfc3339_format(area_instant(area, area->last_mono_ms).utc_ms, t);
    json_t *assets = json_object(), *devices = json_object(), *links = json_object(), *lacking = json_object();
    for (size_t i = 0; i < area->site->n_assets; i++)
        json_object_set_new(assets, area->site->assets[i].id, view_asset(area, (int)i));
    for (size_t i = 0; i < area->site->n_devices; i++)
        json_object_set_new(devices, area->site->devices[i].id, view_device(area, (int)i));
    for (size_t i = 0; i < area->site->n_links; i++)
        json_object_set_new(links, area->site->links[i].id, json_string(server_endpoint(server, (int)i)));
    for (size_t i = 0; i < area->site->n_buses; i++)
        json_object_set_new(lacking, area->site->buses[i].id, json_real(plant_model_lacking_w(area->model, (int)i)));
    return json_pack("{s:b,s:s,s:I,s:f,s:o,s:o,s:o,s:o}", "ok", 1, "t", t, "mono_ms", (json_int_t)area->last_mono_ms,
                     "speed", area->speed, "assets", assets, "devices", devices, "links", links, "lacking_w", lacking);
}

json_t *view_event(const struct area *area, const struct area_event *event)
{
    const struct plant_device *d = area->devices[event->device];
    struct command told = plant_device_told(d);
    json_t *o =
        json_pack("{s:s,s:s,s:I,s:b,s:o,s:s}", "event", event->what, "device", area->site->devices[event->device].id,
                  "mono_ms", (json_int_t)event->mono_ms, "commanded", told.commanded, "setpoint_w",
                  number_or_null(told.commanded, told.setpoint_w), "fault", fault_name(plant_device_fault(d).kind));
    if (!o || event->count == 0)
        return o;
    json_t *values = json_array();
    for (int i = 0; i < event->count; i++)
        json_array_append_new(values, json_integer(event->registers[i]));
    json_object_set_new(o, "function", json_integer(event->function));
    json_object_set_new(o, "register", json_integer(event->address));
    json_object_set_new(o, "values", values);
    json_object_set_new(o, "exception", json_integer(event->exception));
    return o;
}
