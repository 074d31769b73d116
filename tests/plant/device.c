// SPDX-License-Identifier: GPL-3.0-or-later
#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "encode.h"
#include "layout.h"
#include "modbus/block.h"
#include "modbus/codec.h"
#include "quality/sign.h"

struct plant_device {
    const struct site *site;
    const struct site_device *of;
    const struct site_asset *asset; // NULL: a sensor of the area
    struct profile *profile;        // its scales and base resolved by this device's own registers
    struct image *image;
    double rating_w; // largest magnitude of the asset's power
    bool armed;      // a setpoint was written since the device came up or reverted
    struct command told, does;
    uint64_t renewed_mono_ms;
    struct fault fault;
    uint64_t rebooted_mono_ms; // FAULT_REBOOT: until when it is away
    struct plant_writes writes;
    struct plant_around around;
};

// ---- making -------------------------------------------------------------------------------------------------------

static int read_own(void *user, int function, int address, int count, uint16_t *ret_registers)
{
    const uint16_t *at = image_at(user, function, address, count);
    if (!at)
        return AEMS_E_NOT_FOUND;
    memcpy(ret_registers, at, sizeof(uint16_t) * (size_t)count);
    return 0;
}

static void put_text(struct image *image, const struct profile *p, const char *text)
{
    uint16_t *at = p->serial_count > 0 ? image_at(image, p->serial_function, p->serial_address, p->serial_count) : NULL;
    size_t length = strlen(text);
    for (size_t i = 0; at && i < (size_t)p->serial_count; i++) {
        unsigned high = 2 * i < length ? (unsigned char)text[2 * i] : 0;
        unsigned low = 2 * i + 1 < length ? (unsigned char)text[2 * i + 1] : 0;
        at[i] = (uint16_t)(high << 8 | low);
    }
}

int plant_device_new(const struct site *site, int index, const struct profile *profile,
                     struct plant_device **ret_device)
{
    struct plant_device *d = calloc(1, sizeof *d);
    if (!d)
        return AEMS_E_NOMEM;
    d->site = site;
    d->of = &site->devices[index];
    d->asset = site_device_asset(site, d->of);
    d->rating_w = d->asset ? fmax(fabs(d->asset->min_power_w), fabs(d->asset->max_power_w)) : 0.0;
    int status = layout_image(profile, &d->image);
    if (status == 0) {
        double beyond_contract =
            d->asset && d->asset->kind == ASSET_GRID ? 2.0 : 1.0; // a meter shows violations as well
        encode_nameplate(profile, beyond_contract * d->rating_w, d->image);
        status = profile_resolve(profile, read_own, d->image, &d->profile);
    }
    if (status < 0) {
        plant_device_free(d);
        return status;
    }
    d->around = (struct plant_around){.voltage_v = 230.0, .frequency_hz = 50.0, .closed = true, .grid_present = true};
    command_clear(d->profile, d->image);
    *ret_device = d;
    return 0;
}

void plant_device_free(struct plant_device *d)
{
    if (!d)
        return;
    profile_resolved_free(d->profile);
    image_free(d->image);
    free(d);
}

// ---- showing ------------------------------------------------------------------------------------------------------

static double wave(struct instant now, double period_s)
{
    return sin((double)now.utc_ms / 1000.0 * 6.283185307179586 / period_s);
}

static bool is_turned(const struct plant_device *d)
{
    return d->asset && sign_is_turned(d->profile->kind, d->asset->kind, d->of->invert);
}

static double fuel_frac(const struct plant_device *d, const struct plant_asset *asset)
{
    bool has_tank = d->asset && d->asset->kind == ASSET_GENERATOR;
    double tank_wh = has_tank ? d->site->generators[d->asset->of_kind].fuel_wh : 0.0;
    return tank_wh > 0.0 ? asset->fuel_wh / tank_wh : 1.0;
}

// How warm the device itself is.
static double temp_degc(const struct plant_device *d, const struct plant_asset *asset)
{
    return 25.0 + 15.0 * fabs(asset->power_w) / fmax(d->rating_w, 1.0);
}

// 0 stopped, 1 running, 2 fault. An engine that was told to run runs before it gives anything.
static double status(const struct plant_device *d, const struct plant_asset *asset)
{
    bool stands = d->asset && d->asset->kind == ASSET_GENERATOR && asset->power_w <= 0.0 && asset->started_s <= 0.0;
    return asset->tripped ? 2.0 : stands ? 0.0 : 1.0;
}

double plant_device_value(const struct plant_device *d, enum quantity q, const struct plant_asset *asset,
                          double soc_frac, struct instant now)
{
    bool turned = is_turned(d);
    q = sign_quantity_at_bus(q, turned);
    switch (q) {
    case QUANTITY_POWER_W:
        return sign_value_at_bus(q, asset->power_w, turned);
    case QUANTITY_ENERGY_IN_WH:
        return asset->energy_in_wh;
    case QUANTITY_ENERGY_OUT_WH:
        return asset->energy_out_wh;
    case QUANTITY_SOC_FRAC:
        return soc_frac;
    case QUANTITY_VOLTAGE_V:
        return d->around.voltage_v * (1.0 + 0.01 * wave(now, 610.0));
    case QUANTITY_FREQUENCY_HZ:
        return d->around.frequency_hz > 0.0 ? d->around.frequency_hz + 0.02 * wave(now, 47.0) : 0.0;
    case QUANTITY_AVAILABLE_W:
        return asset->natural_w;
    case QUANTITY_MAX_CHARGE_W:
        return asset->max_charge_w;
    case QUANTITY_TEMP_DEGC:
        return temp_degc(d, asset);
    case QUANTITY_OUTSIDE_DEGC:
        return asset->outside_degc;
    case QUANTITY_CLOSED:
        return d->around.closed ? 1.0 : 0.0;
    case QUANTITY_GRID_PRESENT:
        return d->around.grid_present ? 1.0 : 0.0;
    case QUANTITY_STATUS:
        return status(d, asset);
    case QUANTITY_CONNECTED:
        return asset->stay.present ? 1.0 : 0.0;
    case QUANTITY_SESSION_WH:
        return fmax(asset->stay.session_wh, 0.0);
    case QUANTITY_HEAT_W:
        return asset->heat_w;
    case QUANTITY_FUEL_FRAC:
        return fuel_frac(d, asset);
    case QUANTITY_COUNT:
        break;
    }
    return 0.0;
}

static double faulty(const struct plant_device *d, const struct profile_point *point, double value)
{
    if (d->fault.kind == FAULT_OUT_OF_RANGE)
        return point->maximum + fabs(point->maximum) + 1.0;
    if (point->quantity != QUANTITY_POWER_W)
        return value;
    if (d->fault.kind == FAULT_SIGN_FLIP)
        return -value;
    return d->fault.kind == FAULT_SPIKE ? value + d->fault.argument : value;
}

// Some devices show their rating where a profile takes a present limit from; it does not change.
static bool is_rating(const struct profile *p, const struct profile_point *point)
{
    return p->has_base && point->function == p->base.function && point->address == p->base.address;
}

void plant_device_show(struct plant_device *d, const struct plant_asset *asset, double soc_frac, struct instant now)
{
    const struct profile *p = d->profile;
    if (d->fault.kind == FAULT_FROZEN)
        return;
    char serial[SITE_ID_MAX + 16];
    snprintf(serial, sizeof serial, "%s%s", d->fault.kind == FAULT_SWAPPED ? "SWAPPED-" : "",
             d->of->serial_number[0] ? d->of->serial_number : d->of->id);
    put_text(d->image, p, serial);
    for (size_t i = 0; i < p->n_points; i++) {
        const struct profile_point *point = &p->points[i];
        if (d->fault.kind == FAULT_NOT_IMPLEMENTED)
            encode_missing(p, i, d->image);
        else if (!is_rating(p, point))
            encode_point(p, i, faulty(d, point, plant_device_value(d, point->quantity, asset, soc_frac, now)),
                         d->image);
    }
}

// ---- answering ----------------------------------------------------------------------------------------------------

bool plant_device_shows(const struct plant_device *d, enum quantity q, int function, int address, int count)
{
    const struct profile_point *point = profile_find_point(d->profile, q);
    return point && point->function == function && point->address >= address && point->address < address + count;
}

void plant_device_set_around(struct plant_device *d, const struct plant_around *around)
{
    d->around = *around;
}

bool plant_device_obeys(const struct plant_device *d)
{
    return d->fault.kind != FAULT_IGNORE && d->fault.kind != FAULT_FALSE_ECHO;
}

bool plant_device_has(const struct plant_device *d, int function, int address)
{
    bool reads = function >= 1 && function <= 4;
    return address >= 0 && image_at(d->image, reads ? function : register_read_function(function), address, 1) != NULL;
}

int plant_device_read(struct plant_device *d, int function, int address, int count, uint16_t *ret_registers)
{
    if (function < 1 || function > 4)
        return EXCEPTION_FUNCTION;
    if (count < 1 || count > PROFILE_MAX_BLOCK)
        return EXCEPTION_VALUE;
    const uint16_t *at = image_at(d->image, function, address, count);
    if (!at || count > d->profile->max_read)
        return EXCEPTION_ADDRESS;
    memcpy(ret_registers, at, sizeof(uint16_t) * (size_t)count);
    if (d->fault.kind == FAULT_SPIKE && plant_device_shows(d, QUANTITY_POWER_W, function, address, count))
        plant_device_use_fault(d);
    return 0;
}

static void understand(struct plant_device *d)
{
    d->told = command_read(d->profile, d->image, d->rating_w, d->armed);
    d->told.setpoint_w = sign_value_at_bus(QUANTITY_POWER_W, d->told.setpoint_w, is_turned(d));
    if (d->fault.kind != FAULT_IGNORE)
        d->does = d->told;
}

static int check_write(const struct plant_device *d, int function, int address, int count)
{
    if (function != 5 && function != 6 && function != 16)
        return EXCEPTION_FUNCTION;
    if (count < 1 || count > PROFILE_MAX_WRITE || count > d->profile->max_write)
        return EXCEPTION_VALUE;
    if (!command_accepts(d->profile, function, address, count) ||
        !image_at(d->image, register_read_function(function), address, count))
        return EXCEPTION_ADDRESS;
    return 0;
}

int plant_device_write(struct plant_device *d, int function, int address, int count, const uint16_t *registers,
                       uint64_t mono_ms)
{
    int exception = check_write(d, function, address, count);
    if (exception) {
        d->writes.refused++;
        return exception;
    }
    d->writes.accepted++;
    d->writes.last_mono_ms = mono_ms;
    if (d->fault.kind == FAULT_FALSE_ECHO)
        return 0;
    memcpy(image_at(d->image, register_read_function(function), address, count), registers,
           sizeof(uint16_t) * (size_t)count);
    if (command_carries_setpoint(d->profile, address, count))
        d->armed = true;
    if (command_renews(d->profile, address, count))
        d->renewed_mono_ms = mono_ms;
    understand(d);
    return 0;
}

static void forget_command(struct plant_device *d)
{
    d->armed = false;
    command_clear(d->profile, d->image);
    understand(d);
}

bool plant_device_expire(struct plant_device *d, uint64_t mono_ms)
{
    if (d->fault.kind == FAULT_REBOOT && mono_ms >= d->rebooted_mono_ms)
        d->fault = (struct fault){0};
    if (!d->told.commanded)
        return false;
    uint64_t lease_ms = command_lease_ms(d->profile, d->image);
    if (lease_ms == 0 || mono_ms < d->renewed_mono_ms + lease_ms)
        return false;
    forget_command(d);
    d->writes.reversions++;
    return true;
}

struct command plant_device_told(const struct plant_device *d)
{
    return d->told;
}

struct command plant_device_does(const struct plant_device *d)
{
    return d->does;
}

// ---- faults -------------------------------------------------------------------------------------------------------

struct fault plant_device_fault(const struct plant_device *d)
{
    return d->fault;
}

void plant_device_set_fault(struct plant_device *d, struct fault fault, uint64_t mono_ms)
{
    d->fault = fault;
    d->rebooted_mono_ms = mono_ms + (uint64_t)fault.argument;
    if (fault.kind == FAULT_REBOOT)
        forget_command(d);
    else
        understand(d);
}

void plant_device_use_fault(struct plant_device *d)
{
    if (d->fault.kind == FAULT_RESET && d->fault.argument > 1.0)
        d->fault.argument -= 1.0;
    else
        d->fault = (struct fault){0};
}

const struct plant_writes *plant_device_writes(const struct plant_device *d)
{
    return &d->writes;
}
