// SPDX-License-Identifier: GPL-3.0-or-later
// The devices of a drill: what the simulated area shows, and how it is told what to do.
#include <math.h>

#include "quality/sign.h"
#include "replay/drill_internal.h"

enum { MAX_READINGS = 10 };

static void add(struct reading *r, size_t *n, enum quantity q, double value)
{
    r[(*n)++] = (struct reading){.quantity = q, .value = value};
}

static bool is_switch(const struct drill *d, const struct site_device *of)
{
    return of->asset < 0 && of->of_switch >= 0 && (size_t)of->of_switch < d->site->n_switches;
}

static bool is_witness(const struct drill *d, const struct site_device *of)
{
    return of->asset < 0 && of->of_island >= 0 && (size_t)of->of_island < d->site->n_islands;
}

// ---- reading -------------------------------------------------------------------------------------------------------

// Of the bus that the asset hangs on; a tie's where it ends.
static void read_bus(const struct drill *d, int asset, struct reading *r, size_t *n)
{
    int island = site_island_of_bus(d->site, d->site->assets[asset].bus);
    if (island < 0)
        return;
    const struct plant_island *p = plant_model_island(d->model, island);
    add(r, n, QUANTITY_VOLTAGE_V, p->lives ? p->voltage_v : 0);
    add(r, n, QUANTITY_FREQUENCY_HZ, p->lives ? p->frequency_hz : 0);
}

static void read_grid(const struct drill *d, int asset, struct reading *r, size_t *n)
{
    int island = site_island_of_grid(d->site, d->site->assets[asset].of_kind);
    if (island < 0)
        return;
    const struct plant_island *p = plant_model_island(d->model, island);
    add(r, n, QUANTITY_VOLTAGE_V, p->supply_v);
    add(r, n, QUANTITY_FREQUENCY_HZ, p->supply_hz);
}

static void read_storage(const struct drill *d, int asset, struct reading *r, size_t *n)
{
    const struct plant_asset *a = plant_model_asset(d->model, asset);
    const struct site_battery *b = site_storage_of(d->site, asset);
    double capacity_wh = b != NULL ? b->capacity_wh : a->stay.capacity_wh;
    if (capacity_wh > 0)
        add(r, n, QUANTITY_SOC_FRAC, a->energy_wh / capacity_wh);
    add(r, n, QUANTITY_MAX_CHARGE_W, a->max_charge_w);
    add(r, n, QUANTITY_AVAILABLE_W, a->natural_w);
}

static size_t read_asset(const struct drill *d, size_t device, struct reading *r)
{
    const struct site_device *of = &d->site->devices[device];
    const struct site_asset *asset = &d->site->assets[of->asset];
    const struct plant_asset *a = plant_model_asset(d->model, of->asset);
    bool turned = sign_is_turned(d->devices[device].kind, asset->kind, of->invert);
    size_t n = 0;
    add(r, &n, QUANTITY_POWER_W, sign_value_at_bus(QUANTITY_POWER_W, a->power_w, turned));
    if (asset->kind == ASSET_GRID)
        read_grid(d, of->asset, r, &n);
    else
        read_bus(d, of->asset, r, &n);
    if (site_storage_of(d->site, of->asset) != NULL || asset->kind == ASSET_CHARGER)
        read_storage(d, of->asset, r, &n);
    if (asset->kind == ASSET_PV)
        add(r, &n, QUANTITY_AVAILABLE_W, a->natural_w);
    if (asset->kind == ASSET_GENERATOR)
        add(r, &n, QUANTITY_FUEL_FRAC, plant_model_fuel_frac(d->model, of->asset));
    if (asset->kind == ASSET_CHARGER) {
        add(r, &n, QUANTITY_CONNECTED, a->stay.present);
        add(r, &n, QUANTITY_SESSION_WH, fmax(a->stay.session_wh, 0));
    }
    return n;
}

static size_t read_device(const struct drill *d, size_t device, struct reading *r)
{
    const struct site_device *of = &d->site->devices[device];
    size_t n = 0;
    if (of->asset >= 0)
        return read_asset(d, device, r);
    if (is_switch(d, of))
        add(r, &n, QUANTITY_CLOSED, plant_model_switch_at(d->model, of->of_switch)->closed);
    else if (is_witness(d, of))
        add(r, &n, QUANTITY_GRID_PRESENT, plant_model_island(d->model, of->of_island)->supplied);
    else
        add(r, &n, QUANTITY_OUTSIDE_DEGC, plant_model_outside_degc(d->model));
    return n;
}

void drill_read(struct drill *d)
{
    for (size_t i = 0; i < d->site->n_devices; i++) {
        struct reading readings[MAX_READINGS];
        size_t n = read_device(d, i, readings);
        drill_tell(d, (struct event){.kind = EVENT_READINGS,
                                     .readings = {.device = (int)i, .readings = readings, .count = n}});
    }
}

// ---- writing -------------------------------------------------------------------------------------------------------

static void deliver(struct drill *d, size_t device, const struct drill_order *o)
{
    const struct site_device *of = &d->site->devices[device];
    if (is_switch(d, of)) {
        if (!o->release)
            plant_model_switch(d->model, of->of_switch, o->power_w > 0.5);
    } else if (of->asset >= 0 && o->release) {
        plant_model_release(d->model, of->asset);
    } else if (of->asset >= 0) {
        plant_model_command(d->model, of->asset, o->power_w);
    }
}

void drill_deliver(struct drill *d)
{
    for (size_t i = 0; i < d->site->n_devices; i++) {
        struct drill_order *o = &d->orders[i];
        if (!o->given)
            continue;
        deliver(d, i, o);
        o->given = false;
        o->done = true;
    }
}

void drill_confirm(struct drill *d)
{
    for (size_t i = 0; i < d->site->n_devices; i++) {
        struct drill_order *o = &d->orders[i];
        if (!o->done)
            continue;
        o->done = false;
        struct event e = {.kind = EVENT_WRITE_RESULT};
        e.write_result.device = (int)i;
        e.write_result.status = o->release ? WRITE_RELEASED : WRITE_DONE;
        e.write_result.power_w = e.write_result.readback_w = o->power_w;
        drill_tell(d, e);
    }
}
