// SPDX-License-Identifier: GPL-3.0-or-later
// What a device can tell and be told. Profiles, quality checks and the engine share these names.
//
// Sign: positive power flows into the bus the asset hangs on (import, PV, discharge, generation); load, export and
// charging are negative. Profiles of kind `meter` are the one exception, since meters count what is drawn through them:
// the engine turns them round by the kind of the asset they measure (see quality/sign.h).
#pragma once

enum quantity {
    QUANTITY_POWER_W,       // active power
    QUANTITY_SOC_FRAC,      // state of charge, 0-1
    QUANTITY_ENERGY_IN_WH,  // counter: energy that flowed into the bus (meter: drawn)
    QUANTITY_ENERGY_OUT_WH, // counter: energy that flowed out of the bus (meter: fed back)
    QUANTITY_VOLTAGE_V,
    QUANTITY_FREQUENCY_HZ,
    QUANTITY_AVAILABLE_W,  // what a PV inverter could give, or a battery could discharge, now
    QUANTITY_MAX_CHARGE_W, // present charge limit of a battery, >= 0
    QUANTITY_TEMP_DEGC,    // of the device itself
    QUANTITY_OUTSIDE_DEGC, // outside, in the shade
    QUANTITY_CONNECTED,    // a vehicle is plugged in: 0 or 1
    QUANTITY_SESSION_WH,   // energy given to the vehicle since it was plugged in
    QUANTITY_HEAT_W,       // heat or cold given by a CHP or converter, >= 0
    QUANTITY_FUEL_FRAC,    // what is left in a generator's tank, 0-1
    QUANTITY_CLOSED,       // feedback of a switch: 1 closed, 0 open
    QUANTITY_GRID_PRESENT, // relay input: 1 while the grid is there
    QUANTITY_STATUS,       // enumeration of the device: 0 stopped, 1 running, 2 fault
    QUANTITY_COUNT
};

// Stable name as in profiles and payloads, e.g. "power_w"; static.
const char *quantity_name(enum quantity q);

// QUANTITY_COUNT when no quantity has this name.
enum quantity quantity_by_name(const char *name);
