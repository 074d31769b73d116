// SPDX-License-Identifier: GPL-3.0-or-later
// Modbus buses and what hangs on them.
#include "conf/check.h"

#include <string.h>

static void check_link(struct check *c, const struct site_link *l)
{
    char path[CONF_PATH_SIZE], serial[CONF_PATH_SIZE], tcp[CONF_PATH_SIZE];
    conf_path_key(path, "modbus", l->id);
    check_path(serial, "modbus", l->id, "serial");
    check_path(tcp, "modbus", l->id, "tcp");
    bool has_serial = check_is_written(c, serial), has_tcp = check_is_written(c, tcp);
    if (has_serial && has_tcp)
        check_report(c, SEVERITY_ERROR, serial, "expected either tcp or serial, found both");
    else if (!has_serial && !has_tcp)
        check_report(c, SEVERITY_ERROR, tcp, "expected either tcp or serial, found none of them");
    else if (has_serial && l->serial[0] != '/')
        check_report(c, SEVERITY_ERROR, serial, "expected the path of a device such as /dev/ttyUSB0");
}

static void check_shared_endpoints(struct check *c, size_t index)
{
    const struct site_link *links = c->site->links;
    const struct site_link *l = &links[index];
    for (size_t i = 0; i < index; i++) {
        bool same_tcp = l->host[0] != '\0' && strcmp(l->host, links[i].host) == 0 && l->port == links[i].port;
        bool same_serial = l->serial[0] != '\0' && strcmp(l->serial, links[i].serial) == 0;
        if (!same_tcp && !same_serial)
            continue;
        char path[CONF_PATH_SIZE];
        check_path(path, "modbus", l->id, same_tcp ? "tcp" : "serial");
        check_report(c, SEVERITY_ERROR, path, "expected another endpoint than that of %s", links[i].id);
        return;
    }
}

// Serial lines have no other ids, and 0 would speak to all devices at once.
static void check_unit(struct check *c, const struct site_device *d)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "devices", d->id, "unit");
    if (d->link >= 0 && c->site->links[d->link].serial[0] != '\0' && (d->unit < 1 || d->unit > 247))
        check_report(c, SEVERITY_ERROR, path, "expected 1 to 247 on a serial line");
}

// A grid is what it is; a setpoint can only go to what the plan may move.
static void check_control(struct check *c, const struct site_device *d)
{
    const struct site_asset *asset = site_device_asset(c->site, d);
    char path[CONF_PATH_SIZE];
    check_path(path, "devices", d->id, "control");
    if (d->control && asset == NULL && d->of_switch < 0)
        check_report(c, SEVERITY_ERROR, path, "expected false: without an asset or switch there is nothing to control");
    if (asset == NULL)
        return;
    if (d->control && asset->kind == ASSET_GRID)
        check_report(c, SEVERITY_ERROR, path, "expected false: a grid connection takes no setpoints");
    check_path(path, "devices", d->id, "safe_power");
    if (d->has_safe_power && !d->control)
        check_report(c, SEVERITY_WARNING, path, "nothing is written to this device without control: true");
    if (!d->has_safe_power || asset->kind == ASSET_LOAD)
        return;
    if (d->safe_power_w < asset->min_power_w)
        check_report_limit(c, path, "what the asset can do, at least", CONF_POWER, asset->min_power_w);
    else if (d->safe_power_w > asset->max_power_w)
        check_report_limit(c, path, "what the asset can do, at most", CONF_POWER, asset->max_power_w);
}

// One unit may serve several assets, as a hybrid inverter does its roof and its battery, and several switches, as a
// board of relays does; each of them once.
static void check_pairs(struct check *c, size_t index)
{
    const struct site_device *devices = c->site->devices;
    const struct site_device *d = &devices[index];
    char path[CONF_PATH_SIZE];
    for (size_t i = 0; i < index; i++) {
        bool same_unit = d->link >= 0 && devices[i].link == d->link && devices[i].unit == d->unit;
        bool same_part = devices[i].asset == d->asset && devices[i].of_switch == d->of_switch &&
                         devices[i].of_island == d->of_island;
        if (same_unit && same_part) {
            check_path(path, "devices", d->id, "unit");
            check_report(c, SEVERITY_ERROR, path, "expected another unit or asset than that of %s", devices[i].id);
        }
        if (d->control && devices[i].control && d->asset >= 0 && devices[i].asset == d->asset) {
            check_path(path, "devices", d->id, "control");
            check_report(c, SEVERITY_ERROR, path, "expected one controlling device for an asset; %s is another",
                         devices[i].id);
        }
    }
}

static bool has_device(const struct site *s, size_t asset)
{
    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i].asset >= 0 && (size_t)s->devices[i].asset == asset)
            return true;
    return false;
}

// A load without a meter is what the others leave over; anything else should be seen. An area without any device is a
// study on paper.
static void check_seen(struct check *c, size_t index)
{
    static const char *const sections[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = "grids",
        [ASSET_PV] = "pv",
        [ASSET_BATTERY] = "batteries",
        [ASSET_STORE] = "stores",
        [ASSET_CHARGER] = "chargers",
        [ASSET_FLEXIBLE] = "flexible_loads",
        [ASSET_GENERATOR] = "generators",
        [ASSET_CONVERTER] = "converters",
        [ASSET_TIE] = "ties",
    };
    const struct site_asset *asset = &c->site->assets[index];
    char path[CONF_PATH_SIZE];
    if (sections[asset->kind] == NULL || has_device(c->site, index))
        return;
    conf_path_key(path, sections[asset->kind], asset->id);
    check_report(c, SEVERITY_WARNING, path,
                 asset->kind == ASSET_GRID ? "no device measures it: its limits cannot be watched"
                                           : "no device measures or drives it");
}

void check_devices(struct check *c)
{
    const struct site *s = c->site;
    for (size_t i = 0; i < s->n_links; i++) {
        check_link(c, &s->links[i]);
        check_shared_endpoints(c, i);
    }
    for (size_t i = 0; i < s->n_devices; i++) {
        check_unit(c, &s->devices[i]);
        check_control(c, &s->devices[i]);
        check_pairs(c, i);
    }
    for (size_t i = 0; s->n_devices > 0 && c->reader.d->errors == 0 && i < s->n_assets; i++)
        check_seen(c, i);
}
