// SPDX-License-Identifier: GPL-3.0-or-later
// Which way round a device counts.
//
// Inside the program positive power flows into the bus the asset hangs on. Devices of the asset's own kind (inverter,
// generator) have profiles that already say so. A meter counts what is drawn through it: from a source (grid, PV,
// battery, generator, tie) that flows into the bus, by a load, charger or converter it flows out of it. `invert` is the
// wiring: current transformers the other way round turn any of this once more.
#pragma once

#include <stdbool.h>

#include "modbus/profile.h"
#include "site/site.h"

// True when power changes its sign and the two energy counters change places between the device and the bus.
static inline bool sign_is_turned(enum profile_kind device, enum asset_kind asset, bool invert)
{
    bool draws = asset == ASSET_LOAD || asset == ASSET_CHARGER || asset == ASSET_FLEXIBLE || asset == ASSET_CONVERTER;
    return (device == PROFILE_METER && draws) != invert;
}

// The quantity, as seen from the bus, that a device's `q` is. With `turned` only counters change their name.
static inline enum quantity sign_quantity_at_bus(enum quantity q, bool turned)
{
    if (turned && q == QUANTITY_ENERGY_IN_WH)
        return QUANTITY_ENERGY_OUT_WH;
    if (turned && q == QUANTITY_ENERGY_OUT_WH)
        return QUANTITY_ENERGY_IN_WH;
    return q;
}

// The value, as seen from the bus, of a device's reading of `q`. Also the other way: from the bus to the device.
static inline double sign_value_at_bus(enum quantity q, double value, bool turned)
{
    return turned && q == QUANTITY_POWER_W ? -value : value;
}
