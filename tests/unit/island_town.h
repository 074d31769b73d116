// SPDX-License-Identifier: GPL-3.0-or-later
// A block with an island: a connection, a battery that holds it, a load in three tiers behind two switches, a building.
#pragma once

#include "core/engine.h"

static const char ISLAND_TOWN[] =
    "area: {id: town, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "loads: {homes: {bus: main, shape: flat, average: 150 kW, peak: 200 kW,\n"
    "                tiers: {lifeline: 20 %, important: 30 %, ordinary: 50 %}}}\n"
    "outage: {enabled: true, horizon: 24 h, stable_time: 60 s, settle: 5 s}\n"
    "islands: {square: {grid: pcc, forming: [b1], breaker: gate, voltage: 230 V, frequency: 50 Hz}}\n"
    "switches: {gate: {}, important: {load: homes, tier: important}, ordinary: {load: homes, tier: ordinary}}\n"
    "buildings: {tower: {name: Tower, loads: [homes]}}\n"
    "mqtt: {enabled: false}\n"
    "modbus: {east: {tcp: \"127.0.0.1:15020\"}}\n"
    "devices:\n"
    "  m: {link: east, unit: 1, profile: generic-meter, asset: pcc}\n"
    "  b: {link: east, unit: 2, profile: generic-battery, asset: b1, control: true, safe_power: 0 kW}\n"
    "  l: {link: east, unit: 3, profile: generic-meter, asset: homes}\n"
    "  g: {link: east, unit: 4, profile: generic-switch, switch: gate, control: true}\n"
    "  i: {link: east, unit: 5, profile: generic-switch, switch: important, control: true}\n"
    "  o: {link: east, unit: 6, profile: generic-switch, switch: ordinary, control: true}\n";

enum { TOWN_METER, TOWN_BATTERY, TOWN_LOAD, TOWN_GATE, TOWN_IMPORTANT, TOWN_ORDINARY, TOWN_DEVICES };

static const struct engine_device ISLAND_TOWN_DEVICES[TOWN_DEVICES] = {
    [TOWN_METER] = {.kind = PROFILE_METER},
    [TOWN_BATTERY] = {.kind = PROFILE_BATTERY, .can_write = true, .device_reverts = true},
    [TOWN_LOAD] = {.kind = PROFILE_METER},
    [TOWN_GATE] = {.kind = PROFILE_SWITCH, .can_write = true},
    [TOWN_IMPORTANT] = {.kind = PROFILE_SWITCH, .can_write = true},
    [TOWN_ORDINARY] = {.kind = PROFILE_SWITCH, .can_write = true},
};

// What the devices say of a town that draws `load_w`; `volts` of the public grid; `closed`: all switches.
static inline size_t island_town_readings(int device, double load_w, double volts, bool closed,
                                          struct reading ret[static 3])
{
    bool there = volts > 100;
    switch (device) {
    case TOWN_METER:
        ret[0] = (struct reading){.quantity = QUANTITY_POWER_W, .value = there ? load_w : 0};
        ret[1] = (struct reading){.quantity = QUANTITY_VOLTAGE_V, .value = volts};
        ret[2] = (struct reading){.quantity = QUANTITY_FREQUENCY_HZ, .value = there ? 50 : 0};
        return 3;
    case TOWN_BATTERY:
        ret[0] = (struct reading){.quantity = QUANTITY_POWER_W, .value = there ? 0 : load_w};
        ret[1] = (struct reading){.quantity = QUANTITY_SOC_FRAC, .value = 0.6};
        return 2;
    case TOWN_LOAD:
        ret[0] = (struct reading){.quantity = QUANTITY_POWER_W, .value = load_w};
        return 1;
    default:
        ret[0] = (struct reading){.quantity = QUANTITY_CLOSED, .value = closed ? 1 : 0};
        return 1;
    }
}
