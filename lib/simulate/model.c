// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "simulate/internal.h"

// Counters do not begin at zero: no real meter's does, and SunSpec reads 0 as "not implemented".
static const double counter_start_wh = 1e6;
static const double start_soc_frac = 0.5;
static const double hour_ms = 3600000.0;
static const double largest = 1e12; // W and Wh that a hook takes

// ---- making -------------------------------------------------------------------------------------------------------

static bool make_room(struct plant_model *m)
{
    const struct site *s = m->site;
    m->assets = calloc(s->n_assets + 1, sizeof *m->assets);
    m->buses = calloc(s->n_buses + 1, sizeof *m->buses);
    m->bus_w = calloc(s->n_buses + 1, sizeof *m->bus_w);
    m->bus_grids = calloc(s->n_buses + 1, sizeof *m->bus_grids);
    m->groups = calloc(s->n_groups + 1, sizeof *m->groups);
    m->coming = calloc(s->n_assets + 1, sizeof *m->coming);
    m->turning = calloc(s->n_assets + 1, sizeof *m->turning);
    m->limits = calloc(s->n_grids + 1, sizeof *m->limits);
    m->windows = calloc(s->n_grids + 1, sizeof *m->windows);
    m->away = calloc(s->n_grids + 1, sizeof *m->away);
    m->before = calloc(s->n_assets + 1, sizeof *m->before);
    if (islands_new(m) < 0)
        return false;
    bool flows = m->assets && m->buses && m->bus_w && m->bus_grids && m->groups && m->before;
    return flows && m->coming && m->turning && m->limits && m->windows && m->away;
}

static void fill(struct plant_model *m)
{
    const struct site *s = m->site;
    for (size_t i = 0; i < s->n_assets; i++) {
        struct plant_asset *a = &m->assets[i];
        const struct site_battery *b = site_storage_of(s, (int)i);
        a->energy_in_wh = a->energy_out_wh = counter_start_wh;
        if (b)
            a->energy_wh = start_soc_frac * b->capacity_wh;
        if (s->assets[i].kind == ASSET_GENERATOR)
            a->fuel_wh = s->generators[s->assets[i].of_kind].fuel_wh;
    }
    islands_count_grids(m);
    counting_reset(m);
}

int plant_model_new(const struct site *site, uint64_t seed, struct instant start, struct plant_model **ret_model)
{
    struct plant_model *m = calloc(1, sizeof *m);
    if (!m)
        return AEMS_E_NOMEM;
    m->site = site;
    m->seed = seed;
    m->now = start;
    if (!make_room(m) || nature_new(site, seed, start.utc_ms, &m->nature) < 0) {
        plant_model_free(m);
        return AEMS_E_NOMEM;
    }
    fill(m);
    plant_model_step(m, start);
    *ret_model = m;
    return 0;
}

void plant_model_free(struct plant_model *m)
{
    if (!m)
        return;
    nature_free(m->nature);
    free(m->assets);
    free(m->buses);
    free(m->bus_w);
    free(m->bus_grids);
    free(m->groups);
    free(m->coming);
    free(m->turning);
    free(m->limits);
    free(m->windows);
    free(m->away);
    free(m->before);
    islands_free(m);
    free(m);
}

void plant_model_step(struct plant_model *m, struct instant now)
{
    m->dt_s = now.mono_ms > m->now.mono_ms ? (double)(now.mono_ms - m->now.mono_ms) / 1000.0 : 0.0;
    m->hours = now.utc_ms > m->now.utc_ms ? (double)(now.utc_ms - m->now.utc_ms) / hour_ms : 0.0;
    m->now = now;
    if (!m->led)
        nature_advance(m->nature, now.utc_ms);
    movement_step(m);
    counting_step(m);
}

// ---- commands -----------------------------------------------------------------------------------------------------

static struct plant_asset *find(const struct plant_model *m, int asset)
{
    return asset >= 0 && (size_t)asset < m->site->n_assets ? &m->assets[asset] : NULL;
}

int plant_model_command(struct plant_model *m, int asset, double power_w)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !isfinite(power_w))
        return AEMS_E_RANGE;
    a->commanded = true;
    a->setpoint_w = power_w;
    m->told_ms[asset] = m->now.mono_ms;
    return 0;
}

void plant_model_release(struct plant_model *m, int asset)
{
    struct plant_asset *a = find(m, asset);
    if (!a)
        return;
    a->commanded = false;
    a->setpoint_w = 0.0;
}

// ---- hooks --------------------------------------------------------------------------------------------------------

int plant_model_set_soc(struct plant_model *m, int asset, double soc_frac)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(soc_frac, 0.0, 1.0))
        return AEMS_E_RANGE;
    const struct site_battery *b = site_storage_of(m->site, asset);
    bool vehicle = a->stay.present && a->stay.capacity_wh > 0.0;
    if (!b && !vehicle)
        return AEMS_E_STATE;
    a->energy_wh = soc_frac * (b ? b->capacity_wh : a->stay.capacity_wh);
    return 0;
}

int plant_model_set_fuel(struct plant_model *m, int asset, double fuel_frac)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(fuel_frac, 0.0, 1.0))
        return AEMS_E_RANGE;
    const struct site_asset *of = &m->site->assets[asset];
    if (of->kind != ASSET_GENERATOR || m->site->generators[of->of_kind].fuel_wh <= 0.0)
        return AEMS_E_STATE;
    a->fuel_wh = fuel_frac * m->site->generators[of->of_kind].fuel_wh;
    return 0;
}

int plant_model_set_extra(struct plant_model *m, int asset, double extra_w)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(extra_w, -largest, largest))
        return AEMS_E_RANGE;
    if (m->site->assets[asset].kind != ASSET_LOAD)
        return AEMS_E_STATE;
    a->extra_w = extra_w;
    return 0;
}

int plant_model_fix(struct plant_model *m, int asset, double magnitude_w)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(magnitude_w, 0.0, largest))
        return AEMS_E_RANGE;
    if (m->site->assets[asset].kind != ASSET_LOAD && m->site->assets[asset].kind != ASSET_PV)
        return AEMS_E_STATE;
    a->fixed = true;
    a->fixed_w = magnitude_w;
    return 0;
}

int plant_model_unfix(struct plant_model *m, int asset)
{
    struct plant_asset *a = find(m, asset);
    if (!a)
        return AEMS_E_RANGE;
    a->fixed = false;
    a->extra_w = 0.0;
    return 0;
}

int plant_model_set_noise(struct plant_model *m, enum plant_noise kind, double share)
{
    if (!in_range(share, 0.0, 1.0) || (unsigned)kind >= PLANT_NOISE_COUNT)
        return AEMS_E_RANGE;
    nature_set_noise(m->nature, kind, share);
    return 0;
}

int plant_model_plug_in(struct plant_model *m, int asset, double wanted_wh, int64_t until_utc_ms)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(wanted_wh, 0.0, largest) || until_utc_ms <= m->now.utc_ms)
        return AEMS_E_RANGE;
    const struct site_flexible *f = site_flexible_of(m->site, asset);
    if (!f)
        return AEMS_E_STATE;
    if (a->stay.present)
        stays_end(m, asset);
    struct plant_stay stay = {
        .present = true, .from_utc_ms = m->now.utc_ms, .until_utc_ms = until_utc_ms, .wanted_wh = wanted_wh};
    if (m->site->assets[asset].kind == ASSET_CHARGER) {
        stay.capacity_wh = fmax(f->capacity_wh, wanted_wh);
        stay.arrived_wh = fmin(0.2 * stay.capacity_wh, stay.capacity_wh - wanted_wh);
    }
    stays_begin(m, asset, stay);
    return 0;
}

int plant_model_unplug(struct plant_model *m, int asset)
{
    struct plant_asset *a = find(m, asset);
    if (!a)
        return AEMS_E_RANGE;
    if (!a->stay.present)
        return AEMS_E_STATE;
    stays_end(m, asset);
    m->coming[asset].begun_utc_ms = m->now.utc_ms; // a stay that is under way is over
    return 0;
}

int plant_model_limit(struct plant_model *m, int grid, double import_limit_w, int64_t from_utc_ms, int64_t until_utc_ms)
{
    if (grid < 0 || (size_t)grid >= m->site->n_grids || !in_range(import_limit_w, 0.0, largest))
        return AEMS_E_RANGE;
    m->limits[grid] =
        (struct limit){.import_w = import_limit_w, .from_utc_ms = from_utc_ms, .until_utc_ms = until_utc_ms};
    return 0;
}

int plant_model_set_grid(struct plant_model *m, int grid, bool available)
{
    if (grid < 0 || (size_t)grid >= m->site->n_grids)
        return AEMS_E_RANGE;
    m->away[grid] = !available;
    islands_count_grids(m);
    return 0;
}

void plant_model_set_forming(struct plant_model *m, bool on)
{
    m->forms = on;
}

void plant_model_lead(struct plant_model *m)
{
    m->led = true;
    m->outside_degc = nature_temp_degc(m->nature);
    for (size_t i = 0; i < m->site->n_assets; i++) {
        if (m->assets[i].stay.present)
            stays_end(m, (int)i);
        m->assets[i].fixed = m->site->assets[i].kind == ASSET_LOAD || m->site->assets[i].kind == ASSET_PV;
    }
    counting_reset(m);
}

int plant_model_set_outside(struct plant_model *m, double outside_degc)
{
    if (!m->led || !in_range(outside_degc, -90.0, 70.0))
        return AEMS_E_RANGE;
    m->outside_degc = outside_degc;
    return 0;
}

void plant_model_reset_violations(struct plant_model *m)
{
    counting_reset(m);
}

// ---- looking ------------------------------------------------------------------------------------------------------

double plant_model_outside_degc(const struct plant_model *m)
{
    return nature_temp_degc(m->nature);
}

const struct plant_asset *plant_model_asset(const struct plant_model *m, int asset)
{
    return find(m, asset);
}

const struct plant_bus *plant_model_bus(const struct plant_model *m, int bus)
{
    return bus >= 0 && (size_t)bus < m->site->n_buses ? &m->buses[bus] : NULL;
}

const struct plant_group *plant_model_group(const struct plant_model *m, int group)
{
    return group >= 0 && (size_t)group < m->site->n_groups ? &m->groups[group] : NULL;
}

double plant_model_soc_frac(const struct plant_model *m, int asset)
{
    const struct plant_asset *a = find(m, asset);
    if (!a)
        return 0.0;
    const struct site_battery *b = site_storage_of(m->site, asset);
    double capacity_wh = b ? b->capacity_wh : a->stay.capacity_wh;
    return capacity_wh > 0.0 ? a->energy_wh / capacity_wh : 0.0;
}

double plant_model_fuel_frac(const struct plant_model *m, int asset)
{
    const struct plant_asset *a = find(m, asset);
    if (!a || m->site->assets[asset].kind != ASSET_GENERATOR)
        return 1.0;
    double tank_wh = m->site->generators[m->site->assets[asset].of_kind].fuel_wh;
    return tank_wh > 0.0 ? a->fuel_wh / tank_wh : 1.0;
}
