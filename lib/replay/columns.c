// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/columns.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { NAME_SIZE = 2 * SITE_ID_MAX };

// How much of their peak a load or plant may be recorded with: a site's `peak` is often a guess, a factor of 1000
// between W and kW is not.
static const double load_of_peak = 10, pv_of_peak = 2;
// What an inverter draws at night, or an offset of a meter.
static const double idle_of_peak = 0.01;

static const char *const names[REPLAY_QUANTITY_COUNT] = {
    [REPLAY_LOAD_W] = "load_w",
    [REPLAY_HEAT_W] = "heat_w",
    [REPLAY_PV_W] = "pv_w",
    [REPLAY_IRRADIANCE_WM2] = "irradiance_wm2",
    [REPLAY_IMPORT_PRICE] = "import_price",
    [REPLAY_EXPORT_PRICE] = "export_price",
    [REPLAY_CO2_G_PER_KWH] = "co2_g_per_kwh",
    [REPLAY_GRID_AVAILABLE] = "grid_available",
    [REPLAY_TEMP_DEGC] = "temp_degc",
    [REPLAY_CONNECTED] = "connected",
};

const char *replay_quantity_name(enum replay_quantity quantity)
{
    return quantity < REPLAY_QUANTITY_COUNT ? names[quantity] : "";
}

// ---- names --------------------------------------------------------------------------------------------------------

static bool fits(const struct site *site, int asset, enum replay_quantity quantity)
{
    const struct site_asset *a = &site->assets[asset];
    switch (quantity) {
    case REPLAY_LOAD_W:
        return a->kind == ASSET_LOAD;
    case REPLAY_HEAT_W:
        return a->kind == ASSET_LOAD && site->buses[a->bus].carrier != CARRIER_ELECTRICITY;
    case REPLAY_PV_W:
    case REPLAY_IRRADIANCE_WM2:
        return a->kind == ASSET_PV;
    case REPLAY_IMPORT_PRICE:
    case REPLAY_EXPORT_PRICE:
    case REPLAY_CO2_G_PER_KWH:
    case REPLAY_GRID_AVAILABLE:
        return a->kind == ASSET_GRID;
    case REPLAY_CONNECTED:
        return a->kind == ASSET_CHARGER;
    case REPLAY_TEMP_DEGC:
        return true;
    case REPLAY_QUANTITY_COUNT:
        break;
    }
    return false;
}

// "load_w, temp_degc"
static void list_quantities(const struct site *site, int asset, char *ret_text, size_t size)
{
    size_t length = 0;
    ret_text[0] = '\0';
    for (int q = 0; q < REPLAY_QUANTITY_COUNT; q++)
        if (fits(site, asset, (enum replay_quantity)q) && length < size)
            length += (size_t)snprintf(ret_text + length, size - length, "%s%s", length > 0 ? ", " : "", names[q]);
}

static int refuse_asset(const struct site *site, const char *asset, char *ret_why, size_t size)
{
    const char *near = site_nearest_asset(site, asset);
    snprintf(ret_why, size, "the site has no \"%.40s\"%s%s%s", asset, near != NULL ? "; did you mean " : "",
             near != NULL ? near : "", near != NULL ? "?" : "");
    return AEMS_E_NOT_FOUND;
}

static int refuse_quantity(const struct site *site, int asset, const char *quantity, char *ret_why, size_t size)
{
    char known[160];
    const char *near = text_nearest(quantity, names, REPLAY_QUANTITY_COUNT);
    list_quantities(site, asset, known, sizeof(known));
    bool likely = near != NULL && strcmp(near, quantity) != 0 && strstr(known, near) != NULL;
    snprintf(ret_why, size, "%s is a %s and has no \"%.40s\"; expected %s%s%s", site->assets[asset].id,
             asset_kind_name(site->assets[asset].kind), quantity, known, likely ? ", most likely " : "",
             likely ? near : "");
    return AEMS_E_NOT_FOUND;
}

int replay_column_find(const struct site *site, const char *name, struct replay_column *ret_column, char *ret_why,
                       size_t size)
{
    char asset[NAME_SIZE];
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name || (size_t)(dot - name) >= sizeof(asset)) {
        snprintf(ret_why, size, "expected the name of an asset, a point and a quantity, such as home.load_w");
        return AEMS_E_NOT_FOUND;
    }
    memcpy(asset, name, (size_t)(dot - name));
    asset[dot - name] = '\0';
    int a = site_find_asset(site, asset);
    if (a < 0)
        return refuse_asset(site, asset, ret_why, size);
    int q = 0;
    while (q < REPLAY_QUANTITY_COUNT && strcmp(names[q], dot + 1) != 0)
        q++;
    if (!fits(site, a, (enum replay_quantity)q))
        return refuse_quantity(site, a, dot + 1, ret_why, size);
    *ret_column = (struct replay_column){.asset = a, .quantity = (enum replay_quantity)q};
    return 0;
}

// ---- ranges -------------------------------------------------------------------------------------------------------

struct replay_range replay_column_range(const struct site *site, const struct replay_column *column)
{
    static const struct replay_range ranges[REPLAY_QUANTITY_COUNT] = {
        [REPLAY_IRRADIANCE_WM2] = {0, 1500, -20}, // a sensor that radiates its heat to a clear night sky
        [REPLAY_IMPORT_PRICE] = {-1e6, 1e6, 0},   [REPLAY_EXPORT_PRICE] = {-1e6, 1e6, 0},
        [REPLAY_CO2_G_PER_KWH] = {0, 5000, 0},    [REPLAY_GRID_AVAILABLE] = {0, 1, 0},
        [REPLAY_TEMP_DEGC] = {-60, 60, 0},        [REPLAY_CONNECTED] = {0, 1, 0},
    };
    const struct site_asset *a = &site->assets[column->asset];
    if (a->kind == ASSET_LOAD && column->quantity != REPLAY_TEMP_DEGC) {
        const struct site_load *load = &site->loads[a->of_kind];
        double peak_w = load->peak_w > load->average_w ? load->peak_w : load->average_w;
        return (struct replay_range){0, load_of_peak * peak_w, -idle_of_peak * peak_w};
    }
    if (column->quantity == REPLAY_PV_W) {
        double peak_w = site->pvs[a->of_kind].peak_power_w;
        return (struct replay_range){0, pv_of_peak * peak_w, -idle_of_peak * peak_w};
    }
    return ranges[column->quantity];
}
