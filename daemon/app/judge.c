// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/app/judge.h"

#include <string.h>

struct hearing {
    const struct site *site;
    const struct profile *const *profiles;
    const struct conf_tree *tree;
    const char *file;
    struct diagnostics *d;
};

static struct place pair_place(const struct conf_node *map, const char *key, struct place otherwise)
{
    if (map == NULL || map->kind != CONF_MAP)
        return otherwise;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->pairs[i].key, key) == 0)
            return map->pairs[i].key_place;
    }
    return otherwise;
}

struct place app_entry_place(const struct conf_tree *tree, const char *file, const char *section, const char *id,
                             const char *key)
{
    struct place whole = {file, 0, 0};
    if (tree == NULL || tree->root == NULL)
        return whole;
    const struct conf_node *entries = conf_node_get(tree->root, section);
    struct place place = pair_place(entries, id, whole);
    const struct conf_node *entry = entries != NULL && entries->kind == CONF_MAP ? conf_node_get(entries, id) : NULL;
    if (entry == NULL || entry->kind != CONF_MAP)
        return place;
    const struct conf_node *value = conf_node_get(entry, key);
    return value != NULL ? value->place : place;
}

struct place app_device_place(const struct conf_tree *tree, const char *file, const char *id, const char *key)
{
    return app_entry_place(tree, file, "devices", id, key);
}

bool app_kinds_fit(enum profile_kind profile, enum asset_kind asset)
{
    return profile == PROFILE_METER || profile == profile_kind_of_asset(asset);
}

static struct place place_of(const struct hearing *h, size_t device, const char *key)
{
    return app_device_place(h->tree, h->file, h->site->devices[device].id, key);
}

static const char *profile_kind_word(enum profile_kind kind)
{
    static const char *const words[PROFILE_KIND_COUNT] = {"meter",     "PV plant", "battery", "generator",
                                                          "tie",       "load",     "store",   "charger",
                                                          "converter", "switch",   "sensor"};
    return kind < PROFILE_KIND_COUNT ? words[kind] : "?";
}

static bool is_switch(const struct hearing *h, size_t i)
{
    return h->site->devices[i].of_switch >= 0 && (size_t)h->site->devices[i].of_switch < h->site->n_switches;
}

static bool is_witness(const struct hearing *h, size_t i)
{
    return h->site->devices[i].of_island >= 0 && (size_t)h->site->devices[i].of_island < h->site->n_islands;
}

// A switch is one, and whoever is a witness of the grid tells of it.
static void judge_outage_kind(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    bool tells = profile_find_point(p, QUANTITY_GRID_PRESENT) != NULL || profile_find_point(p, QUANTITY_CLOSED) != NULL;
    if (is_switch(h, i) && p->kind != PROFILE_SWITCH)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.profile: \"%s\" is for a %s, but %s is a switch", device->id, device->profile,
                        profile_kind_word(p->kind), h->site->switches[device->of_switch].id);
    else if (!is_switch(h, i) && !tells)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.profile: \"%s\" tells nothing of the grid: expected a profile with grid_present, "
                        "such as generic-grid-relay",
                        device->id, device->profile);
    else if (is_switch(h, i) && profile_find_point(p, QUANTITY_CLOSED) == NULL &&
             !h->site->switches[device->of_switch].unconfirmed)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.profile: \"%s\" has no `closed`, so nobody can see whether %s obeys: expected a "
                        "profile with feedback, or `unconfirmed: true` at switches.%s",
                        device->id, device->profile, h->site->switches[device->of_switch].id,
                        h->site->switches[device->of_switch].id);
}

// What belongs to nothing yet: it measures the area as a whole, or is told what it lacks.
static void judge_unattached(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    if (p->kind != PROFILE_SENSOR)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.asset: expected the asset that it measures: \"%s\" is for a %s", device->id,
                        device->profile, profile_kind_word(p->kind));
    else if (profile_find_point(p, QUANTITY_OUTSIDE_DEGC) == NULL)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s: expected `island` with the name of the island for whose grid it is a witness",
                        device->id);
}

static void judge_asset_kind(const struct hearing *h, size_t i, const struct site_asset *asset)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    if (p->kind == PROFILE_SENSOR)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "asset"),
                        "devices.%s.asset: expected none: \"%s\" is for a sensor of the whole area", device->id,
                        device->profile);
    else if (!app_kinds_fit(p->kind, asset->kind))
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.profile: \"%s\" is for a %s, but %s is a %s", device->id, device->profile,
                        profile_kind_word(p->kind), asset->id, asset_kind_name(asset->kind));
}

static void judge_kind(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct site_asset *asset = site_device_asset(h->site, device);
    if (is_switch(h, i) || is_witness(h, i))
        judge_outage_kind(h, i);
    else if (h->profiles[i]->kind == PROFILE_SWITCH)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, asset != NULL ? "asset" : "profile"),
                        "devices.%s: expected `switch` with the name of the switch that it is: \"%s\" is for a switch",
                        device->id, device->profile);
    else if (asset == NULL)
        judge_unattached(h, i);
    else
        judge_asset_kind(h, i, asset);
}

static void judge_channel(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    if (p->channels > 1 && p->channel == 0)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                        "devices.%s.profile: \"%s\": expected the channel as well, from %s:1 to %s:%d", device->id,
                        device->profile, device->profile, device->profile, p->channels);
}

static void judge_control(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    if (!device->control)
        return;
    if (!profile_can_write(p)) {
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "control"),
                        "devices.%s.control: the profile \"%s\" cannot write setpoints", device->id, device->profile);
        return;
    }
    if (p->n_release == 0 && !p->device_reverts && !device->has_safe_power && !is_switch(h, i))
        diagnostics_add(h->d, SEVERITY_WARNING, place_of(h, i, "control"),
                        "devices.%s: its last setpoint stands for ever when aems ends: the profile has no release "
                        "and the device does not revert; give a safe_power",
                        device->id);
    if (p->writes_wear)
        diagnostics_add(h->d, SEVERITY_WARNING, place_of(h, i, "profile"),
                        "devices.%s: setpoints wear out the memory of this device; they are written at most every %d s",
                        device->id, p->min_interval_ms / 1000);
}

// One request in flight a link: while one device is silent, the others wait for its time-out.
static void judge_timing(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    const struct site_link *link = &h->site->links[device->link];
    int wait_ms = link->response_timeout_ms + link->request_delay_ms;
    if (wait_ms > device->poll_ms * h->site->control.stale_polls)
        diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "poll"),
                        "devices.%s.poll: %d ms: expected at least %d ms, since one silent device on modbus.%s "
                        "takes %d ms and values are stale after %d polls",
                        device->id, device->poll_ms,
                        (wait_ms + h->site->control.stale_polls - 1) / h->site->control.stale_polls, link->id, wait_ms,
                        h->site->control.stale_polls);
    else if (wait_ms > device->poll_ms)
        diagnostics_add(h->d, SEVERITY_WARNING, place_of(h, i, "poll"),
                        "devices.%s.poll: %d ms is less than the %d ms that one silent device on modbus.%s takes",
                        device->id, device->poll_ms, wait_ms, link->id);
}

// Side information may come from several devices; what the engine decides by may not.
static bool is_exclusive(enum quantity q)
{
    return q != QUANTITY_VOLTAGE_V && q != QUANTITY_FREQUENCY_HZ && q != QUANTITY_TEMP_DEGC &&
           q != QUANTITY_OUTSIDE_DEGC && q != QUANTITY_STATUS;
}

static void judge_quantities(const struct hearing *h, size_t i, size_t other)
{
    const struct site_device *device = &h->site->devices[i];
    const struct profile *p = h->profiles[i];
    for (size_t k = 0; k < p->n_points; k++) {
        enum quantity q = p->points[k].quantity;
        if (is_exclusive(q) && profile_find_point(p, q) == &p->points[k] &&
            profile_find_point(h->profiles[other], q) != NULL)
            diagnostics_add(h->d, SEVERITY_ERROR, place_of(h, i, "profile"),
                            "devices.%s: %s of %s is already measured by %s; expected one device a quantity",
                            device->id, quantity_name(q), h->site->assets[device->asset].id,
                            h->site->devices[other].id);
    }
}

static void judge_rivals(const struct hearing *h, size_t i)
{
    const struct site_device *device = &h->site->devices[i];
    for (size_t other = 0; other < i; other++) {
        const struct site_device *o = &h->site->devices[other];
        if (device->asset < 0 || o->asset != device->asset || h->profiles[other] == NULL)
            continue;
        judge_quantities(h, i, other);
    }
}

void app_judge_devices(const struct site *site, const struct profile *const *profiles, const struct conf_tree *tree,
                       const char *file, struct diagnostics *d)
{
    struct hearing h = {site, profiles, tree, file, d};
    for (size_t i = 0; i < site->n_devices; i++) {
        judge_timing(&h, i);
        if (profiles[i] == NULL)
            continue;
        judge_kind(&h, i);
        judge_channel(&h, i);
        judge_control(&h, i);
        judge_rivals(&h, i);
    }
    app_judge_islands(site, profiles, tree, file, d);
}
