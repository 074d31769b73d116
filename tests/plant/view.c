// SPDX-License-Identifier: GPL-3.0-or-later
#include "view.h"

static json_t *number_or_null(bool present, double value)
{
    return present ? json_real(value) : json_null();
}

static json_t *view_violation(const struct plant_violation *v)
{
    return json_pack("{s:f,s:f,s:f,s:f,s:f}", "import_s", v->import_s, "export_s", v->export_s, "running_s",
                     v->running_s, "longest_s", v->longest_s, "worst_w", v->worst_w);
}

static void add_grid(json_t *o, const struct plant_asset *a)
{
    const struct plant_windows *w = &a->windows;
    json_object_set_new(o, "violation", view_violation(&a->violation));
    json_object_set_new(o, "over_limit", view_violation(&a->over_limit));
    json_object_set_new(o, "windows",
                        json_pack("{s:i,s:i,s:i,s:f,s:f,s:f}", "ended", (int)w->ended, "over_contract",
                                  (int)w->over_contract, "over_limit", (int)w->over_limit, "worst_contract_w",
                                  w->worst_contract_w, "worst_limit_w", w->worst_limit_w, "peak_w", w->peak_w));
}

static void add_wear(json_t *o, const struct plant_wear *w)
{
    json_object_set_new(o, "wear",
                        json_pack("{s:f,s:f,s:f,s:i,s:i}", "lowest_frac", w->lowest_frac, "highest_frac",
                                  w->highest_frac, "outside_s", w->outside_s, "turns", (int)w->turns,
                                  "most_turns_per_min", (int)w->most_turns_per_min));
}

static void add_stay(json_t *o, const struct plant_asset *a)
{
    char until[RFC3339_SIZE];
    rfc3339_format(a->stay.until_utc_ms, until);
    json_object_set_new(o, "connected", json_boolean(a->stay.present));
    if (a->stay.present) {
        json_object_set_new(o, "until", json_string(until));
        json_object_set_new(o, "wanted_wh", json_real(a->stay.wanted_wh));
        json_object_set_new(o, "session_wh", json_real(a->stay.session_wh));
    }
    json_object_set_new(o, "stays",
                        json_pack("{s:i,s:i,s:f,s:f}", "ended", (int)a->stays.ended, "short", (int)a->stays.short_of,
                                  "missing_wh", a->stays.missing_wh, "wanted_wh", a->stays.wanted_wh));
}

// Of a load behind switches, by tier.
static void add_served(json_t *o, const struct area *area, int asset)
{
    const struct plant_served *s = plant_model_served(area->model, area->site->assets[asset].of_kind);
    json_t *wanted = json_object(), *served = json_object();
    for (int t = 0; t < TIER_COUNT; t++) {
        json_object_set_new(wanted, load_tier_name((enum load_tier)t), json_real(s->wanted_wh[t]));
        json_object_set_new(served, load_tier_name((enum load_tier)t), json_real(s->served_wh[t]));
    }
    json_object_set_new(o, "wanted_wh", wanted);
    json_object_set_new(o, "served_wh", served);
}

static void add_by_kind(json_t *o, const struct area *area, int asset, const struct plant_asset *a)
{
    enum asset_kind kind = area->site->assets[asset].kind;
    if (kind == ASSET_BATTERY || kind == ASSET_STORE || (kind == ASSET_CHARGER && a->stay.present))
        json_object_set_new(o, "soc_frac", json_real(plant_model_soc_frac(area->model, asset)));
    if (kind == ASSET_BATTERY || kind == ASSET_GENERATOR || kind == ASSET_PV)
        json_object_set_new(o, "tripped", json_boolean(a->tripped));
    if (kind == ASSET_LOAD || kind == ASSET_PV)
        json_object_set_new(o, "natural_w", json_real(a->natural_w));
    if (kind == ASSET_LOAD && area->site->n_islands > 0)
        add_served(o, area, asset);
    if (kind == ASSET_TIE)
        json_object_set_new(o, "from_power_w", json_real(a->from_power_w));
    if (kind == ASSET_CONVERTER || kind == ASSET_GENERATOR)
        json_object_set_new(o, "heat_w", json_real(a->heat_w));
    if (kind == ASSET_CONVERTER)
        json_object_set_new(o, "outside_degc", json_real(a->outside_degc));
    if (kind == ASSET_GENERATOR)
        json_object_set_new(o, "fuel_frac", json_real(plant_model_fuel_frac(area->model, asset)));
    if (kind == ASSET_GRID)
        add_grid(o, a);
    if (kind == ASSET_BATTERY)
        add_wear(o, &a->wear);
    if (kind == ASSET_CHARGER || kind == ASSET_FLEXIBLE)
        add_stay(o, a);
}

static json_t *view_asset(const struct area *area, int asset)
{
    const struct plant_asset *a = plant_model_asset(area->model, asset);
    json_t *o =
        json_pack("{s:s,s:f,s:b,s:o,s:f,s:f}", "kind", asset_kind_name(area->site->assets[asset].kind), "power_w",
                  a->power_w, "commanded", a->commanded, "setpoint_w", number_or_null(a->commanded, a->setpoint_w),
                  "energy_in_wh", a->energy_in_wh, "energy_out_wh", a->energy_out_wh);
    if (o)
        add_by_kind(o, area, asset, a);
    return o;
}

static json_t *view_buses(const struct area *area)
{
    json_t *buses = json_object();
    for (size_t i = 0; i < area->site->n_buses; i++) {
        const struct plant_bus *b = plant_model_bus(area->model, (int)i);
        json_object_set_new(buses, area->site->buses[i].id,
                            json_pack("{s:f,s:f,s:f}", "lacking_w", b->lacking_w, "unserved_wh", b->unserved_wh,
                                      "spilled_wh", b->spilled_wh));
    }
    return buses;
}

static json_t *view_groups(const struct area *area)
{
    json_t *groups = json_object();
    for (size_t i = 0; i < area->site->n_groups; i++) {
        const struct plant_group *g = plant_model_group(area->model, (int)i);
        json_object_set_new(groups, area->site->groups[i].id,
                            json_pack("{s:f,s:o}", "power_w", g->power_w, "violation", view_violation(&g->violation)));
    }
    return groups;
}

static json_t *when_or_null(uint64_t mono_ms)
{
    return mono_ms > 0 ? json_integer((json_int_t)mono_ms) : json_null();
}

static json_t *view_islands(const struct area *area)
{
    json_t *islands = json_object();
    for (size_t k = 0; k < area->site->n_islands; k++) {
        const struct plant_island *i = plant_model_island(area->model, (int)k);
        const struct area_island *noted = &area->islands[k];
        json_t *o = json_pack("{s:b,s:b,s:b,s:s?,s:f,s:f,s:f,s:f}", "supplied", i->supplied, "breaker_closed",
                              i->breaker_closed, "lives", i->lives, "forming",
                              i->forming >= 0 ? area->site->assets[i->forming].id : NULL, "supply_v", i->supply_v,
                              "supply_hz", i->supply_hz, "voltage_v", i->voltage_v, "frequency_hz", i->frequency_hz);
        json_t *counted = json_pack("{s:f,s:f,s:f,s:i,s:o,s:o}", "backfeed_s", i->backfeed_s, "black_s", i->black_s,
                                    "overload_s", i->overload_s, "blackouts", (int)i->blackouts, "lost_mono_ms",
                                    when_or_null(noted->lost_ms), "shown_mono_ms", when_or_null(noted->shown_ms));
        json_object_update(o, counted);
        json_decref(counted);
        json_object_set_new(islands, area->site->islands[k].id, o);
    }
    return islands;
}

static json_t *view_switches(const struct area *area)
{
    json_t *switches = json_object();
    for (size_t k = 0; k < area->site->n_switches; k++) {
        const struct plant_switch *s = plant_model_switch_at(area->model, (int)k);
        const struct area_switch *noted = &area->switches[k];
        json_object_set_new(switches, area->site->switches[k].id,
                            json_pack("{s:b,s:b,s:b,s:o}", "closed", s->closed, "stuck", s->stuck, "told_closed",
                                      noted->told_closed, "told_mono_ms", when_or_null(noted->told_ms)));
    }
    return switches;
}

static json_t *view_device(const struct area *area, int device)
{
    const struct site_device *of = &area->site->devices[device];
    const struct site_asset *asset = site_device_asset(area->site, of);
    const struct plant_device *d = area->devices[device];
    const struct plant_writes *w = plant_device_writes(d);
    struct command told = plant_device_told(d);
    return json_pack("{s:s?,s:s,s:b,s:o,s:s,s:i,s:i,s:i,s:o}", "asset", asset ? asset->id : NULL, "link",
                     area->site->links[of->link].id, "commanded", told.commanded, "setpoint_w",
                     number_or_null(told.commanded, told.setpoint_w), "fault", fault_name(plant_device_fault(d).kind),
                     "writes", (int)w->accepted, "refused_writes", (int)w->refused, "reversions", (int)w->reversions,
                     "last_write_mono_ms", when_or_null(w->last_mono_ms));
}

json_t *view_area(const struct area *area, const struct server *server)
{
    char t[RFC3339_SIZE];
    rfc3339_format(area_instant(area, area->last_mono_ms).utc_ms, t);
    json_t *assets = json_object(), *devices = json_object(), *links = json_object();
    for (size_t i = 0; i < area->site->n_assets; i++)
        json_object_set_new(assets, area->site->assets[i].id, view_asset(area, (int)i));
    for (size_t i = 0; i < area->site->n_devices; i++)
        json_object_set_new(devices, area->site->devices[i].id, view_device(area, (int)i));
    for (size_t i = 0; i < area->site->n_links; i++)
        json_object_set_new(links, area->site->links[i].id, json_string(server_endpoint(server, (int)i)));
    return json_pack("{s:b,s:s,s:I,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "ok", 1, "t", t, "mono_ms",
                     (json_int_t)area->last_mono_ms, "speed", area->speed, "assets", assets, "devices", devices,
                     "links", links, "buses", view_buses(area), "groups", view_groups(area), "islands",
                     view_islands(area), "switches", view_switches(area));
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
