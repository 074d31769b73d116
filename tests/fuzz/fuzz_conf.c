// SPDX-License-Identifier: GPL-3.0-or-later
// Any text is a configuration or is refused with a reason, and what is accepted holds together.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_assets(const struct site *s)
{
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_asset *a = &s->assets[i];
        require(a->bus >= 0 && (size_t)a->bus < s->n_buses);
        require(isfinite(a->min_power_w) && isfinite(a->max_power_w) && a->min_power_w <= a->max_power_w);
        require(site_find_asset(s, a->id) == (int)i);
    }
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_battery *b = site_storage_of(s, (int)i);
        if (b == NULL)
            continue;
        require(b->capacity_wh > 0 && b->charge_efficiency > 0 && b->discharge_efficiency > 0);
        require(b->soc_min_frac < b->soc_max_frac);
    }
}

static void check_flexibles(const struct site *s)
{
    for (size_t i = 0; i < s->n_groups; i++)
        require(s->groups[i].limit_w > 0 && s->groups[i].within < (int)i);
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_flexible *f = site_flexible_of(s, (int)i);
        if (f == NULL)
            continue;
        require(f->group < (int)s->n_groups && f->charge_efficiency > 0 && f->discharge_efficiency > 0);
        require(f->min_charge_w <= f->max_charge_w && f->n_sessions <= SITE_MAX_SESSIONS);
    }
    for (size_t i = 0; i < s->n_converters; i++)
        require(s->converters[i].cop > 0 && s->converters[i].from != s->converters[i].to);
}

static void check_prices(const struct site *s)
{
    for (size_t i = 0; i < s->n_grids; i++)
        require(s->grids[i].tariff >= 0 && (size_t)s->grids[i].tariff < s->n_tariffs);
    for (size_t i = 0; i < s->n_tariffs; i++) {
        require(s->tariffs[i].n_import > 0);
        for (size_t k = 0; k < s->tariffs[i].n_import; k++)
            require(isfinite(s->tariffs[i].import[k].price_per_kwh));
    }
}

static void check_devices(const struct site *s)
{
    for (size_t i = 0; i < s->n_devices; i++) {
        const struct site_device *device = &s->devices[i];
        require(device->link >= 0 && (size_t)device->link < s->n_links);
        require(device->asset == -1 || site_device_asset(s, device) != NULL);
        require(device->asset >= 0 || !device->control);
        require(device->poll_ms > 0 && device->unit >= 0 && device->unit <= 255);
    }
}

static void try_text(const char *text, size_t length)
{
    struct diagnostics d = {0};
    struct site *s = NULL;
    int code = conf_load_text("fuzz.yaml", text, length, &d, &s);
    require(code == AEMS_OK || code == AEMS_E_FORMAT);
    require((code == AEMS_OK) == (s != NULL));
    require((code == AEMS_OK) != diagnostics_has_errors(&d));
    if (s != NULL) {
        require(s->n_buses > 0 && s->plan.interval_s > 0);
        check_assets(s);
        check_flexibles(s);
        check_prices(s);
        check_devices(s);
    }
    diagnostics_free(&d);
    site_free(s);
}

// Alone, and behind what a house needs, so that single options are reached.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char house[] = "area: {id: a, latitude: 1, longitude: 1}\n"
                                "tariffs: {t: {import: [{price: 1}]}}\n"
                                "buses: {b: {}, h: {carrier: heat}}\n"
                                "grids: {g: {bus: b, import_limit: 1 kW, tariff: t}}\n";
    size_t length = strlen(house);
    char *text = malloc(length + size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, house, length);
    if (size > 0)
        memcpy(text + length, data, size);
    try_text(text + length, size);
    try_text(text, length + size);
    free(text);
    return 0;
}
