// SPDX-License-Identifier: GPL-3.0-or-later
// What must survive, as JSON and back.
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/proving.h"
#include "core/saving.h"
#include "core/slots.h"

static const double LARGEST = 1e15;
static const double LARGEST_OF_PLAN = PLAN_NO_LIMIT_W;     // what a plan takes for a peak in W, or a window in Wh
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

const char *saved_kind_name(enum saved_kind kind)
{
    static const char *const names[SAVED_KIND_COUNT] = {[SAVED_PEAK] = "peak",
                                                        [SAVED_ENERGY] = "energy",
                                                        [SAVED_LEASE] = "lease",
                                                        [SAVED_PLAN] = "plan",
                                                        [SAVED_FORECAST] = "forecast",
                                                        [SAVED_LEDGER] = "ledger",
                                                        [SAVED_SESSION] = "session",
                                                        [SAVED_LIMITS] = "limits",
                                                        [SAVED_PRICES] = "prices",
                                                        [SAVED_WEATHER] = "weather",
                                                        [SAVED_FORECAST_AREA] = "forecast_area",
                                                        [SAVED_DR_EVENT] = "dr_event",
                                                        [SAVED_BUILDING] = "building",
                                                        [SAVED_METER] = "meter",
                                                        [SAVED_OUTAGE] = "outage",
                                                        [SAVED_DR_ENDED] = "dr_ended"};
    return (unsigned)kind < SAVED_KIND_COUNT ? names[kind] : "unknown";
}

void saved_free(struct saved *item)
{
    if (item == NULL)
        return;
    free(item->json);
    item->json = NULL;
}

// ---- out ------------------------------------------------------------------------------------------------------------

// Slots of demand response, where one is under way; that of the area with the first connection.
static void pack_slots(const struct engine *e, int grid, json_t *json)
{
    if (slots_average(e) && e->grids[grid].slot.start_utc_ms != NEVER_MS)
        json_object_set_new(json, "slot", slots_save(&e->grids[grid].slot));
    if (slots_average(e) && grid == 0 && e->area_slot.start_utc_ms != NEVER_MS)
        json_object_set_new(json, "area_slot", slots_save(&e->area_slot));
}

static json_t *pack_peak(const struct engine *e, int grid)
{
    const struct grid_state *g = &e->grids[grid];
    if (g->window_start_utc_ms == NEVER_MS || g->month_start_utc_ms == NEVER_MS)
        return NULL;
    json_t *json = json_pack("{s:I, s:f, s:I, s:f, s:I}", "month_start_ms", (json_int_t)g->month_start_utc_ms, "peak_w",
                             g->month_peak_w, "window_start_ms", (json_int_t)g->window_start_utc_ms, "window_wh",
                             g->window_wh, "counted_ms", (json_int_t)g->counted_utc_ms);
    if (json != NULL)
        pack_slots(e, grid, json);
    return json;
}

static json_t *pack_lease(const struct engine *e, int device)
{
    const struct device_state *d = &e->devices[device];
    return json_pack("{s:b, s:f}", "held", (int)(d->held || d->taken_over), "power_w", d->written_w);
}

static json_t *pack_forecast(const struct engine *e, int asset)
{
    const struct site_asset *site = site_asset_at(e, asset);
    json_t *json = NULL;
    if (site->kind == ASSET_LOAD)
        (void)forecast_load_to_json(e->forecast, site->of_kind, &json);
    else if (site->kind == ASSET_PV)
        (void)forecast_pv_to_json(e->forecast, site->of_kind, &json);
    return json;
}

static json_t *pack_forecast_area(const struct engine *e)
{
    json_t *json = NULL;
    (void)forecast_area_to_json(e->forecast, &json);
    return json;
}

static json_t *pack(const struct engine *e, enum saved_kind kind, int index)
{
    switch (kind) {
    case SAVED_PEAK:
        return pack_peak(e, index);
    case SAVED_ENERGY:
        return json_pack("{s:f, s:f}", "in_wh", e->assets[index].energy_in_wh, "out_wh",
                         e->assets[index].energy_out_wh);
    case SAVED_LEASE:
        return pack_lease(e, index);
    case SAVED_FORECAST:
        return pack_forecast(e, index);
    case SAVED_LEDGER:
        return ledger_pack(e, index);
    case SAVED_SESSION:
        return save_session(e, index);
    case SAVED_LIMITS:
        return save_limits(e);
    case SAVED_PRICES:
        return save_prices(e, index);
    case SAVED_WEATHER:
        return save_weather(e);
    case SAVED_BUILDING:
        return save_building(e, index);
    case SAVED_FORECAST_AREA:
        return pack_forecast_area(e);
    default:
        return NULL;
    }
}

static const char *saved_id(const struct engine *e, enum saved_kind kind, int index)
{
    size_t i = (size_t)index;
    switch (kind) {
    case SAVED_PEAK:
        return index >= 0 && i < e->site->n_grids ? e->site->grids[i].id : NULL;
    case SAVED_ENERGY:
    case SAVED_FORECAST:
    case SAVED_SESSION:
        return index >= 0 && i < e->site->n_assets ? e->site->assets[i].id : NULL;
    case SAVED_PRICES:
        return index >= 0 && i < e->site->n_tariffs ? e->site->tariffs[i].id : NULL;
    case SAVED_LIMITS:
    case SAVED_WEATHER:
    case SAVED_FORECAST_AREA:
        return index == 0 ? "all" : NULL;
    case SAVED_LEASE:
        return index >= 0 && i < e->site->n_devices ? e->site->devices[i].id : NULL;
    case SAVED_LEDGER:
        return index >= 0 && i < e->site->n_ties ? e->site->ties[i].id : NULL;
    case SAVED_BUILDING:
        return index >= 0 && i < e->site->n_buildings ? e->site->buildings[index].id : NULL;
    case SAVED_PLAN:
        return index == 0 && e->plan.schedule != NULL ? "current" : NULL;
    case SAVED_DR_EVENT:
        return dr_saved_id(e, index);
    case SAVED_OUTAGE:
        return index == 0 && outage_is_watched(e) ? "area" : NULL;
    default:
        return NULL;
    }
}

int engine_saved(const struct engine *e, enum saved_kind kind, int index, struct saved *ret_saved)
{
    if (kind == SAVED_METER || kind == SAVED_DR_ENDED)
        return proving_saved(e, kind, index, ret_saved);
    const char *id = saved_id(e, kind, index);
    if (id == NULL)
        return AEMS_E_NOT_FOUND;
    struct saved item = {.kind = kind};
    text_copy(item.id, sizeof item.id, id);
    if (kind == SAVED_PLAN) {
        int result = schedule_to_json(e->plan.schedule, &item.json);
        if (result < 0)
            return result;
    } else if (kind == SAVED_OUTAGE) {
        int result = outage_saved(e, &item.json);
        if (result < 0)
            return result;
    } else if (kind == SAVED_DR_EVENT) {
        int result = dr_saved(e, index, &item.json);
        if (result == 0)
            *ret_saved = item;
        return result;
    } else {
        json_t *json = pack(e, kind, index);
        if (json == NULL)
            return AEMS_E_NOT_FOUND;
        item.json = json_dumps(json, JSON_COMPACT);
        json_decref(json);
    }
    if (item.json == NULL)
        return AEMS_E_NOMEM;
    *ret_saved = item;
    return 0;
}

// ---- and back -------------------------------------------------------------------------------------------------------

// Differences of saved instants must not leave the range of the type.
static bool is_instant(json_int_t utc_ms)
{
    return utc_ms >= -LATEST_MS && utc_ms <= LATEST_MS;
}

static int restore_peak(struct engine *e, int grid, json_t *json)
{
    json_int_t month, window, counted = NEVER_MS;
    double peak_w, window_wh;
    json_t *slot = NULL, *area_slot = NULL;
    struct slot_state of_grid = e->grids[grid].slot, of_area = e->area_slot;
    if (json_unpack(json, "{s:I, s:F, s:I, s:F, s?:I, s?:o, s?:o!}", "month_start_ms", &month, "peak_w", &peak_w,
                    "window_start_ms", &window, "window_wh", &window_wh, "counted_ms", &counted, "slot", &slot,
                    "area_slot", &area_slot) < 0)
        return AEMS_E_FORMAT;
    if ((slot != NULL && !slots_restore(slot, &of_grid)) || (area_slot != NULL && !slots_restore(area_slot, &of_area)))
        return AEMS_E_FORMAT;
    if (!in_range(peak_w, 0, LARGEST_OF_PLAN) || !in_range(window_wh, 0, LARGEST_OF_PLAN))
        return AEMS_E_FORMAT;
    if (!is_instant(month) || !is_instant(window) || (counted != NEVER_MS && !is_instant(counted)))
        return AEMS_E_FORMAT;
    // Whether month and window are still the present ones is found out on the first tick.
    e->grids[grid] = (struct grid_state){.month_peak_w = peak_w,
                                         .month_start_utc_ms = month,
                                         .window_wh = window_wh,
                                         .window_start_utc_ms = window,
                                         .counted_utc_ms = counted,
                                         .slot = of_grid};
    e->area_slot = of_area;
    return 0;
}

static int restore_energy(struct engine *e, int asset, json_t *json)
{
    double in_wh, out_wh;
    if (json_unpack(json, "{s:F, s:F!}", "in_wh", &in_wh, "out_wh", &out_wh) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(in_wh, 0, LARGEST) || !in_range(out_wh, 0, LARGEST))
        return AEMS_E_FORMAT;
    e->assets[asset].energy_in_wh = in_wh;
    e->assets[asset].energy_out_wh = out_wh;
    return 0;
}

// The device may still stand at what we last told it: it is taken over or released when it first answers.
static int restore_lease(struct engine *e, int device, json_t *json)
{
    int held;
    double power_w;
    if (json_unpack(json, "{s:b, s:F!}", "held", &held, "power_w", &power_w) < 0 || !isfinite(power_w))
        return AEMS_E_FORMAT;
    e->devices[device].taken_over = held;
    return 0;
}

static int restore_forecast(struct engine *e, int asset, json_t *json)
{
    const struct site_asset *site = site_asset_at(e, asset);
    if (site->kind == ASSET_LOAD)
        return forecast_load_from_json(e->forecast, site->of_kind, json) < 0 ? AEMS_E_FORMAT : 0;
    if (site->kind == ASSET_PV)
        return forecast_pv_from_json(e->forecast, site->of_kind, json) < 0 ? AEMS_E_FORMAT : 0;
    return AEMS_E_NOT_FOUND;
}

static int restore_plan(struct engine *e, const char *json)
{
    struct schedule *s;
    int result = schedule_from_json(json, strlen(json), &s);
    if (result < 0)
        return AEMS_E_FORMAT;
    if (!schedule_fits(e, s)) {
        schedule_free(s);
        return AEMS_E_NOT_FOUND;
    }
    schedule_free(e->plan.schedule);
    e->plan.schedule = s; // followed while it is young enough and covers the present
    return 0;
}

static int find_saved(const struct engine *e, enum saved_kind kind, const char *id)
{
    const char *name;
    for (int i = 0; (name = saved_id(e, kind, i)) != NULL; i++)
        if (strcmp(name, id) == 0)
            return i;
    return -1;
}

static int restore_at(struct engine *e, enum saved_kind kind, int index, json_t *json, struct instant now)
{
    switch (kind) {
    case SAVED_PEAK:
        return restore_peak(e, index, json);
    case SAVED_ENERGY:
        return restore_energy(e, index, json);
    case SAVED_LEASE:
        return restore_lease(e, index, json);
    case SAVED_LEDGER:
        return ledger_restore(e, index, json) ? 0 : AEMS_E_FORMAT;
    case SAVED_SESSION:
        return restore_session(e, index, json, now);
    case SAVED_LIMITS:
        return restore_limits(e, json, now);
    case SAVED_PRICES:
        return restore_prices(e, index, json, now);
    case SAVED_WEATHER:
        return restore_weather(e, json, now);
    case SAVED_BUILDING:
        return restore_building(e, index, json);
    case SAVED_FORECAST_AREA:
        return forecast_area_from_json(e->forecast, json) < 0 ? AEMS_E_FORMAT : 0;
    default:
        return restore_forecast(e, index, json);
    }
}

int engine_restore(struct engine *e, const struct saved *item, struct instant now)
{
    if ((unsigned)item->kind >= SAVED_KIND_COUNT || item->json == NULL)
        return AEMS_E_FORMAT;
    if (item->kind == SAVED_PLAN)
        return restore_plan(e, item->json);
    if (item->kind == SAVED_METER || item->kind == SAVED_DR_ENDED)
        return proving_restore(e, item, now);
    if (item->kind == SAVED_OUTAGE)
        return strcmp(item->id, "area") == 0 ? outage_restore(e, item->json, now) : AEMS_E_NOT_FOUND;
    if (item->kind == SAVED_DR_EVENT)
        return dr_restore(e, item->id, item->json, now);
    int index = find_saved(e, item->kind, item->id);
    if (index < 0)
        return AEMS_E_NOT_FOUND;
    json_t *json = json_loads(item->json, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        return AEMS_E_FORMAT;
    int result = restore_at(e, item->kind, index, json, now);
    json_decref(json);
    return result;
}
