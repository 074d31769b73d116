// SPDX-License-Identifier: GPL-3.0-or-later
#include "devices.h"

#include <math.h>

#include "quality/sign.h"

static bool is_switch(const struct site *s, const struct site_device *of)
{
    return of->of_switch >= 0 && (size_t)of->of_switch < s->n_switches;
}

static bool is_witness(const struct site *s, const struct site_device *of)
{
    return of->of_island >= 0 && (size_t)of->of_island < s->n_islands;
}

// A contactor stays as it was told; everything else goes its own way when nobody speaks to it any more.
void devices_describe(const struct site *s, struct engine_device *ret_kinds)
{
    for (size_t i = 0; i < s->n_devices; i++) {
        const struct site_device *of = &s->devices[i];
        bool meter = of->asset >= 0 && !of->control;
        ret_kinds[i] = (struct engine_device){.kind = meter ? PROFILE_METER : profile_kind_of_device(s, of),
                                              .can_write = of->control,
                                              .device_reverts = of->control && of->asset >= 0};
    }
}

// ---- readings -----------------------------------------------------------------------------------------------------

static void add(struct reading *r, size_t *n, enum quantity q, double value)
{
    r[(*n)++] = (struct reading){.quantity = q, .value = value};
}

static double with_noise(struct devices *d, double value, double rating)
{
    double step = d->step_w, read = value + d->noise_frac * rating * noise_gaussian(&d->noise);
    return step > 0.0 ? round(read / step) * step : read;
}

static size_t read_other(const struct devices *d, const struct site_device *of, struct reading *ret_readings)
{
    size_t n = 0;
    if (is_switch(d->site, of))
        add(ret_readings, &n, QUANTITY_CLOSED, plant_model_switch_at(d->model, of->of_switch)->closed);
    else if (is_witness(d->site, of))
        add(ret_readings, &n, QUANTITY_GRID_PRESENT, plant_model_island(d->model, of->of_island)->supplied);
    else
        add(ret_readings, &n, QUANTITY_OUTSIDE_DEGC, round(10.0 * plant_model_outside_degc(d->model)) / 10.0);
    return n;
}

// A connection's meter sits on the supply's side of the breaker, what forms an island on the bus bar.
static void read_voltage(const struct devices *d, const struct site_asset *asset, struct reading *r, size_t *n)
{
    int island = site_island_of_bus(d->site, asset->bus);
    bool forms = asset->kind == ASSET_BATTERY || asset->kind == ASSET_GENERATOR || asset->kind == ASSET_TIE;
    if (island < 0 || (asset->kind != ASSET_GRID && !forms))
        return;
    const struct plant_island *i = plant_model_island(d->model, island);
    add(r, n, QUANTITY_VOLTAGE_V, round(10.0 * (forms ? i->voltage_v : i->supply_v)) / 10.0);
    add(r, n, QUANTITY_FREQUENCY_HZ, round(100.0 * (forms ? i->frequency_hz : i->supply_hz)) / 100.0);
}

static void read_storage(const struct plant_asset *a, double capacity_wh, struct reading *r, size_t *n)
{
    if (capacity_wh > 0.0)
        add(r, n, QUANTITY_SOC_FRAC, ceil(1000.0 * a->energy_wh / capacity_wh) / 1000.0); // it knows before it tells
    add(r, n, QUANTITY_MAX_CHARGE_W, a->max_charge_w);
    add(r, n, QUANTITY_AVAILABLE_W, a->natural_w);
}

size_t devices_read(struct devices *d, int device, const struct plant_asset *assets,
                    struct reading ret_readings[static DEVICES_MAX_READINGS])
{
    const struct site_device *of = &d->site->devices[device];
    const struct site_asset *asset = site_device_asset(d->site, of);
    size_t n = 0;
    if (!asset)
        return read_other(d, of, ret_readings);
    const struct plant_asset *a = assets ? &assets[of->asset] : plant_model_asset(d->model, of->asset);
    bool turned = sign_is_turned(d->kinds[device].kind, asset->kind, of->invert);
    double rating_w = fmax(fabs(asset->min_power_w), fabs(asset->max_power_w));
    double power_w = fabs(a->power_w) > 0.0 ? with_noise(d, a->power_w, rating_w) : 0.0;
    const struct site_battery *b = site_storage_of(d->site, of->asset);
    add(ret_readings, &n, QUANTITY_POWER_W, sign_value_at_bus(QUANTITY_POWER_W, power_w, turned));
    if (b || asset->kind == ASSET_CHARGER)
        read_storage(a, b ? b->capacity_wh : a->stay.capacity_wh, ret_readings, &n);
    if (asset->kind == ASSET_PV)
        add(ret_readings, &n, QUANTITY_AVAILABLE_W, a->natural_w);
    if (asset->kind == ASSET_GENERATOR && d->site->generators[asset->of_kind].fuel_wh > 0.0)
        add(ret_readings, &n, QUANTITY_FUEL_FRAC, round(1000.0 * plant_model_fuel_frac(d->model, of->asset)) / 1000.0);
    if (asset->kind == ASSET_CHARGER) {
        add(ret_readings, &n, QUANTITY_CONNECTED, a->stay.present);
        add(ret_readings, &n, QUANTITY_SESSION_WH, round(fmax(a->stay.session_wh, 0.0)));
    }
    read_voltage(d, asset, ret_readings, &n);
    return n;
}

// ---- orders -------------------------------------------------------------------------------------------------------

void devices_set(struct devices *d, int device, double power_w)
{
    const struct site_device *of = &d->site->devices[device];
    if (site_device_asset(d->site, of))
        plant_model_command(d->model, of->asset, power_w);
    else if (is_switch(d->site, of))
        plant_model_switch(d->model, of->of_switch, power_w > 0.5);
}

void devices_release(struct devices *d, int device)
{
    const struct site_device *of = &d->site->devices[device];
    if (site_device_asset(d->site, of))
        plant_model_release(d->model, of->asset);
}
