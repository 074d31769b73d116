// SPDX-License-Identifier: GPL-3.0-or-later
#include "site/site.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

const char *asset_kind_name(enum asset_kind kind)
{
    static const char *const names[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = "grid",           [ASSET_PV] = "pv",
        [ASSET_BATTERY] = "battery",     [ASSET_STORE] = "store",
        [ASSET_CHARGER] = "charger",     [ASSET_FLEXIBLE] = "flexible",
        [ASSET_LOAD] = "load",           [ASSET_GENERATOR] = "generator",
        [ASSET_CONVERTER] = "converter", [ASSET_TIE] = "tie",
    };
    return (unsigned)kind < ASSET_KIND_COUNT ? names[kind] : "unknown";
}

const char *carrier_name(enum carrier carrier)
{
    static const char *const names[CARRIER_COUNT] = {"electricity", "heat", "cooling"};
    return (unsigned)carrier < CARRIER_COUNT ? names[carrier] : "unknown";
}

const char *load_tier_name(enum load_tier tier)
{
    static const char *const names[TIER_COUNT] = {
        [TIER_LIFELINE] = "lifeline",
        [TIER_IMPORTANT] = "important",
        [TIER_ORDINARY] = "ordinary",
        [TIER_DEFERRABLE] = "deferrable",
    };
    return (unsigned)tier < TIER_COUNT ? names[tier] : "unknown";
}

int site_island_of_grid(const struct site *s, int grid)
{
    for (size_t i = 0; i < s->n_islands; i++)
        if (s->islands[i].grid == grid)
            return (int)i;
    return -1;
}

int site_island_of_bus(const struct site *s, int bus)
{
    for (size_t i = 0; i < s->n_islands; i++)
        if (s->islands[i].bus == bus)
            return (int)i;
    return -1;
}

int site_island_of_breaker(const struct site *s, int of_switch)
{
    for (size_t i = 0; i < s->n_islands; i++)
        if (s->islands[i].breaker >= 0 && s->islands[i].breaker == of_switch)
            return (int)i;
    return -1;
}

int site_tie_other_end(const struct site_tie *t, int bus)
{
    return t->to == bus ? t->from : t->from == bus ? t->to : -1;
}

int site_device_of_switch(const struct site *s, int of_switch)
{
    for (size_t i = 0; i < s->n_devices; i++)
        if (of_switch >= 0 && s->devices[i].of_switch == of_switch)
            return (int)i;
    return -1;
}

// ---- the list of all assets -----------------------------------------------------------------------------------------

static void add_asset(struct site *s, const char *id, struct site_asset asset)
{
    memcpy(asset.id, id, SITE_ID_MAX);
    s->assets[s->n_assets++] = asset;
}

static void add_grids_and_pvs(struct site *s)
{
    for (size_t i = 0; i < s->n_grids; i++) {
        const struct site_grid *g = &s->grids[i];
        add_asset(s, g->id,
                  (struct site_asset){.kind = ASSET_GRID,
                                      .bus = g->bus,
                                      .of_kind = (int)i,
                                      .min_power_w = -g->export_limit_w,
                                      .max_power_w = g->import_limit_w});
    }
    for (size_t i = 0; i < s->n_pvs; i++) {
        const struct site_pv *p = &s->pvs[i];
        add_asset(
            s, p->id,
            (struct site_asset){.kind = ASSET_PV, .bus = p->bus, .of_kind = (int)i, .max_power_w = p->peak_power_w});
    }
}

static void add_storages(struct site *s, enum asset_kind kind, const struct site_battery *batteries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_asset(s, batteries[i].id,
                  (struct site_asset){.kind = kind,
                                      .bus = batteries[i].bus,
                                      .of_kind = (int)i,
                                      .min_power_w = -batteries[i].max_charge_w,
                                      .max_power_w = batteries[i].max_discharge_w});
}

static void add_flexibles(struct site *s, enum asset_kind kind, const struct site_flexible *flexibles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_asset(s, flexibles[i].id,
                  (struct site_asset){.kind = kind,
                                      .bus = flexibles[i].bus,
                                      .of_kind = (int)i,
                                      .min_power_w = -flexibles[i].max_charge_w,
                                      .max_power_w = flexibles[i].max_discharge_w});
}

static void add_loads(struct site *s)
{
    for (size_t i = 0; i < s->n_loads; i++) {
        const struct site_load *l = &s->loads[i];
        // The configured peak is that of the standard profile; on a hot day a building draws more.
        add_asset(
            s, l->id,
            (struct site_asset){.kind = ASSET_LOAD, .bus = l->bus, .of_kind = (int)i, .min_power_w = -2 * l->peak_w});
    }
}

static void add_generators(struct site *s)
{
    for (size_t i = 0; i < s->n_generators; i++) {
        const struct site_generator *g = &s->generators[i];
        add_asset(s, g->id,
                  (struct site_asset){
                      .kind = ASSET_GENERATOR, .bus = g->bus, .of_kind = (int)i, .max_power_w = g->max_power_w});
    }
}

static void add_converters_and_ties(struct site *s)
{
    for (size_t i = 0; i < s->n_converters; i++) {
        const struct site_converter *c = &s->converters[i];
        add_asset(s, c->id,
                  (struct site_asset){
                      .kind = ASSET_CONVERTER, .bus = c->from, .of_kind = (int)i, .min_power_w = -c->max_power_w});
    }
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct site_tie *t = &s->ties[i];
        add_asset(s, t->id,
                  (struct site_asset){.kind = ASSET_TIE,
                                      .bus = t->to,
                                      .of_kind = (int)i,
                                      .min_power_w = -t->limit_w,
                                      .max_power_w = t->limit_w});
    }
}

int site_index_assets(struct site *s)
{
    size_t count = s->n_grids + s->n_pvs + s->n_batteries + s->n_stores + s->n_chargers + s->n_flexibles + s->n_loads +
                   s->n_generators + s->n_converters + s->n_ties;
    struct site_asset *assets = calloc(count > 0 ? count : 1, sizeof *assets);
    if (assets == NULL)
        return AEMS_E_NOMEM;
    free(s->assets);
    s->assets = assets;
    s->n_assets = 0;
    add_grids_and_pvs(s);
    add_storages(s, ASSET_BATTERY, s->batteries, s->n_batteries);
    add_storages(s, ASSET_STORE, s->stores, s->n_stores);
    add_flexibles(s, ASSET_CHARGER, s->chargers, s->n_chargers);
    add_flexibles(s, ASSET_FLEXIBLE, s->flexibles, s->n_flexibles);
    add_loads(s);
    add_generators(s);
    add_converters_and_ties(s);
    return AEMS_OK;
}

const struct site_battery *site_storage_of(const struct site *s, int asset)
{
    const struct site_asset *a = &s->assets[asset];
    if (a->kind == ASSET_BATTERY)
        return &s->batteries[a->of_kind];
    return a->kind == ASSET_STORE ? &s->stores[a->of_kind] : NULL;
}

const struct site_flexible *site_flexible_of(const struct site *s, int asset)
{
    const struct site_asset *a = &s->assets[asset];
    if (a->kind == ASSET_CHARGER)
        return &s->chargers[a->of_kind];
    return a->kind == ASSET_FLEXIBLE ? &s->flexibles[a->of_kind] : NULL;
}

int site_community_of(const struct site *s, int grid)
{
    for (size_t i = 0; i < s->n_communities; i++)
        for (size_t g = 0; g < s->communities[i].n_grids; g++)
            if (s->communities[i].grids[g] == grid)
                return (int)i;
    return -1;
}

int site_building_of(const struct site *s, int load)
{
    for (size_t i = 0; i < s->n_buildings; i++)
        for (size_t l = 0; l < s->buildings[i].n_loads; l++)
            if (s->buildings[i].loads[l] == load)
                return (int)i;
    return -1;
}

const struct site_asset *site_device_asset(const struct site *s, const struct site_device *device)
{
    return device->asset >= 0 && (size_t)device->asset < s->n_assets ? &s->assets[device->asset] : NULL;
}

int site_find_asset(const struct site *s, const char *id)
{
    for (size_t i = 0; i < s->n_assets; i++)
        if (strcmp(s->assets[i].id, id) == 0)
            return (int)i;
    return -1;
}

const char *site_nearest_asset(const struct site *s, const char *id)
{
    const char *names[SITE_MAX_ASSETS];
    size_t count = s->n_assets < SITE_MAX_ASSETS ? s->n_assets : SITE_MAX_ASSETS;
    for (size_t i = 0; i < count; i++)
        names[i] = s->assets[i].id;
    return text_nearest(id, names, count);
}

static void free_storages(struct site_battery *batteries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(batteries[i].charge_curve);
        free(batteries[i].discharge_curve);
        free(batteries[i].efficiency_curve);
    }
    free(batteries);
}

static void free_flexibles(struct site_flexible *flexibles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(flexibles[i].sessions);
    free(flexibles);
}

void site_free(struct site *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_tariffs; i++) {
        free(s->tariffs[i].import);
        free(s->tariffs[i].export);
        free(s->tariffs[i].series);
    }
    free(s->tariffs);
    free(s->holidays);
    free(s->buses);
    free(s->grids);
    for (size_t i = 0; s->communities != NULL && i < s->n_communities; i++)
        free(s->communities[i].grids);
    free(s->communities);
    free(s->pvs);
    free_storages(s->batteries, s->n_batteries);
    free_storages(s->stores, s->n_stores);
    free(s->groups);
    free_flexibles(s->chargers, s->n_chargers);
    free_flexibles(s->flexibles, s->n_flexibles);
    free(s->loads);
    free(s->generators);
    free(s->converters);
    free(s->ties);
    free(s->links);
    free(s->devices);
    for (size_t i = 0; s->buildings != NULL && i < s->n_buildings; i++) {
        free(s->buildings[i].loads);
        free(s->buildings[i].offers);
    }
    free(s->buildings);
    for (size_t i = 0; s->dr.senders != NULL && i < s->dr.n_senders; i++)
        free(s->dr.senders[i].keys);
    free(s->dr.senders);
    free(s->dr.topics);
    free(s->dr.targets);
    free(s->islands);
    free(s->switches);
    free(s->assets);
    explicit_bzero(s->mqtt.password, sizeof s->mqtt.password);
    free(s);
}
