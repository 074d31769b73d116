// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/quantity.h"

#include <string.h>

static const char *const names[QUANTITY_COUNT] = {
    [QUANTITY_POWER_W] = "power_w",
    [QUANTITY_SOC_FRAC] = "soc_frac",
    [QUANTITY_ENERGY_IN_WH] = "energy_in_wh",
    [QUANTITY_ENERGY_OUT_WH] = "energy_out_wh",
    [QUANTITY_VOLTAGE_V] = "voltage_v",
    [QUANTITY_FREQUENCY_HZ] = "frequency_hz",
    [QUANTITY_AVAILABLE_W] = "available_w",
    [QUANTITY_MAX_CHARGE_W] = "max_charge_w",
    [QUANTITY_TEMP_DEGC] = "temp_degc",
    [QUANTITY_OUTSIDE_DEGC] = "outside_degc",
    [QUANTITY_CONNECTED] = "connected",
    [QUANTITY_SESSION_WH] = "session_wh",
    [QUANTITY_HEAT_W] = "heat_w",
    [QUANTITY_FUEL_FRAC] = "fuel_frac",
    [QUANTITY_CLOSED] = "closed",
    [QUANTITY_GRID_PRESENT] = "grid_present",
    [QUANTITY_STATUS] = "status",
};

const char *quantity_name(enum quantity q)
{
    return (unsigned)q < QUANTITY_COUNT ? names[q] : "unknown";
}

enum quantity quantity_by_name(const char *name)
{
    int q = 0;
    while (q < QUANTITY_COUNT && strcmp(names[q], name) != 0)
        q++;
    return (enum quantity)q;
}
