// SPDX-License-Identifier: GPL-3.0-or-later
// A new configuration goes on where the former stood.
#include <stdlib.h>
#include <string.h>

#include "core/buildings.h"
#include "core/internal.h"
#include "core/proving.h"

static int former_device(const struct engine *e, const struct engine *former, int device)
{
    const struct site_device *site = &e->site->devices[device];
    for (size_t i = 0; i < former->site->n_devices; i++) {
        const struct site_device *old = &former->site->devices[i];
        const struct site_asset *was = site_device_asset(former->site, old), *is = site_device_asset(e->site, site);
        bool same_asset = was != NULL && is != NULL ? strcmp(was->id, is->id) == 0 : was == is;
        if (strcmp(old->id, site->id) == 0 && same_asset && old->invert == site->invert &&
            former->devices[i].info.kind == e->devices[device].info.kind)
            return (int)i;
    }
    return -1;
}

static void adopt_device(struct engine *e, int device, const struct device_state *old)
{
    struct device_state *d = &e->devices[device];
    memcpy(d->judges, old->judges, sizeof d->judges);
    d->answered = old->answered;
    d->answer_mono_ms = old->answer_mono_ms;
    d->failures = old->failures;
    d->down = old->down;
    memcpy(d->why, old->why, sizeof d->why);
    d->held = old->held;
    d->taken_over = old->taken_over;
    d->written_w = old->written_w;
    d->write_mono_ms = old->write_mono_ms;
    d->lease_until_mono_ms = old->lease_until_mono_ms;
    d->rewrite = old->held; // its bus may have been started anew and have released it
    d->mismatch = old->mismatch;
}

static bool same_control(const struct engine *e, const struct asset_state *a, const struct engine *former,
                         const struct asset_state *old)
{
    if (a->control < 0 || old->control < 0)
        return false;
    return strcmp(e->site->devices[a->control].id, former->site->devices[old->control].id) == 0;
}

static void adopt_asset(struct engine *e, int asset, const struct engine *former, int old_asset)
{
    struct asset_state *a = &e->assets[asset];
    struct asset_state old = former->assets[old_asset];
    bool keeps = same_control(e, a, former, &old);
    int first_device = a->first_device, control = a->control;
    *a = old;
    a->first_device = first_device;
    a->control = control;
    a->learned_count = 0;
    a->learned_sum_w = 0;
    if (keeps)
        return;
    a->has_setpoint = false;
    a->manual.active = false;
    a->cap = (struct cap){0};
    a->obedience = (struct obedience){0};
}

static void adopt_forecast(struct engine *e, int asset, const struct engine *former, int old_asset)
{
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    int now = site_asset_at(e, asset)->of_kind, then = site_asset_at(former, old_asset)->of_kind;
    if (kind == ASSET_LOAD)
        forecast_adopt_load(e->forecast, now, former->forecast, then);
    else if (kind == ASSET_PV)
        forecast_adopt_pv(e->forecast, now, former->forecast, then);
}

// An interval of another length would not fit between its neighbours: then the one under way is given up.
static void adopt_ledger(struct engine *e, int tie, const struct engine *former, int old)
{
    if (e->site->settlement_s == former->site->settlement_s)
        e->ledgers[tie] = former->ledgers[old];
}

static void adopt_assets(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        int old = site_find_asset(former->site, site_asset_at(e, (int)i)->id);
        if (old < 0 || site_asset_at(former, old)->kind != site_asset_at(e, (int)i)->kind)
            continue;
        adopt_asset(e, (int)i, former, old);
        e->regulate_assets[i].plan_w = former->regulate_assets[old].plan_w;
        adopt_forecast(e, (int)i, former, old);
        if (site_asset_at(e, (int)i)->kind == ASSET_GRID)
            e->grids[site_asset_at(e, (int)i)->of_kind] = former->grids[site_asset_at(former, old)->of_kind];
        if (site_asset_at(e, (int)i)->kind == ASSET_TIE)
            adopt_ledger(e, site_asset_at(e, (int)i)->of_kind, former, site_asset_at(former, old)->of_kind);
    }
}

// A copy by way of its text: the former engine keeps its own.
static void adopt_plan(struct engine *e, const struct engine *former)
{
    char *text;
    struct schedule *copy;
    if (former->plan.schedule == NULL || schedule_to_json(former->plan.schedule, &text) < 0)
        return;
    if (schedule_from_json(text, strlen(text), &copy) == 0) {
        if (schedule_fits(e, copy)) {
            schedule_free(e->plan.schedule);
            e->plan.schedule = copy;
        } else {
            schedule_free(copy);
        }
    }
    free(text);
}

static int present_grid(const struct engine *e, const struct engine *former, int former_grid_number)
{
    int asset = site_find_asset(e->site, former->site->grids[former_grid_number].id);
    return asset >= 0 && site_asset_at(e, asset)->kind == ASSET_GRID ? site_asset_at(e, asset)->of_kind : -1;
}

static void adopt_told(struct engine *e, const struct engine *former)
{
    for (size_t i = 0; i < former->limits.count; i++) {
        struct grid_limit limit = former->limits.limits[i];
        limit.grid = present_grid(e, former, limit.grid);
        if (limit.grid >= 0)
            e->limits.limits[e->limits.count++] = limit;
    }
    for (size_t t = 0; t < e->site->n_tariffs; t++)
        for (size_t i = 0; i < former->site->n_tariffs; i++)
            if (strcmp(e->site->tariffs[t].id, former->site->tariffs[i].id) == 0) {
                e->prices[t].count = former->prices[i].count;
                memcpy(e->prices[t].prices, former->prices[i].prices,
                       former->prices[i].count * sizeof(struct known_price));
            }
}

static void adopt_buildings(struct engine *e, const struct engine *former)
{
    for (size_t b = 0; b < e->site->n_buildings; b++)
        for (size_t i = 0; i < former->site->n_buildings; i++)
            if (strcmp(e->site->buildings[b].id, former->site->buildings[i].id) == 0) {
                e->buildings[b] = former->buildings[i];
                queue_add(&e->queue, TASK_SAVE_BUILDING, (int)b);
            }
}

static void adopt_buses(struct engine *e, const struct engine *former)
{
    for (size_t b = 0; b < e->site->n_buses; b++)
        for (size_t i = 0; i < former->site->n_buses; i++)
            if (strcmp(e->site->buses[b].id, former->site->buses[i].id) == 0)
                e->buses[b].mode = former->buses[i].mode;
}

void engine_adopt(struct engine *e, const struct engine *former, struct instant now)
{
    (void)now;
    forecast_adopt_area(e->forecast, former->forecast);
    for (size_t i = 0; i < e->site->n_devices; i++) {
        int old = former_device(e, former, (int)i);
        if (old >= 0)
            adopt_device(e, (int)i, &former->devices[old]);
    }
    adopt_assets(e, former);
    adopt_buses(e, former);
    adopt_plan(e, former);
    adopt_told(e, former);
    dr_adopt(e, former);
    outage_adopt(e, former);
    adopt_buildings(e, former);
    proving_adopt(e, former);
    alarms_adopt(e, former);
    e->area_slot = former->area_slot;
    e->last_tick = former->last_tick;
    e->ticked = former->ticked;
    e->received = former->received;
    e->fresh_from_mono_ms = former->fresh_from_mono_ms;
    e->regulated_mono_ms = former->regulated_mono_ms;
    e->mode = former->mode;
    queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
}
