// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "dynamics.h"
#include "nature.h"

// Counters do not begin at zero: no real meter's does, and SunSpec reads 0 as "not implemented".
static const double counter_start_wh = 1e6;
static const double start_soc_frac = 0.5;
static const double hour_ms = 3600000.0;

struct plant_model {
    const struct site *site;
    struct instant now;
    struct nature *nature;
    struct plant_asset *assets; // as site->assets
    double *bus_w;              // what flows into each bus from all but the grid connections
    int *bus_grids;             // grid connections of each bus
};

int plant_model_new(const struct site *site, uint64_t seed, struct instant start, struct plant_model **ret_model)
{
    struct plant_model *m = calloc(1, sizeof *m);
    if (!m)
        return AEMS_E_NOMEM;
    m->site = site;
    m->now = start;
    m->assets = calloc(site->n_assets + 1, sizeof *m->assets);
    m->bus_w = calloc(site->n_buses + 1, sizeof *m->bus_w);
    m->bus_grids = calloc(site->n_buses + 1, sizeof *m->bus_grids);
    int status = nature_new(site, seed, start.utc_ms, &m->nature);
    if (status < 0 || !m->assets || !m->bus_w || !m->bus_grids) {
        plant_model_free(m);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < site->n_assets; i++) {
        m->assets[i].energy_in_wh = m->assets[i].energy_out_wh = counter_start_wh;
        if (site->assets[i].kind == ASSET_BATTERY)
            m->assets[i].energy_wh = start_soc_frac * site->batteries[site->assets[i].of_kind].capacity_wh;
    }
    for (size_t i = 0; i < site->n_grids; i++)
        m->bus_grids[site->grids[i].bus]++;
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
    free(m->bus_w);
    free(m->bus_grids);
    free(m);
}

// ---- one asset, one step ------------------------------------------------------------------------------------------

// What is left on of a limited load stays a little below the limit and never stands quite still.
static double ripple(struct instant now)
{
    return 0.998 + 0.002 * sin((double)now.mono_ms / 2700.0);
}

static void move_load(struct plant_model *m, int of_kind, struct plant_asset *a, double dt_s)
{
    double standard = a->fixed ? a->fixed_w : nature_load_w(m->nature, of_kind);
    a->natural_w = fmax(standard + a->extra_w, 0.0);
    double limit = a->commanded ? fmax(-a->setpoint_w, 0.0) * ripple(m->now) : INFINITY;
    a->power_w = -dynamics_limited(-a->power_w, a->natural_w, limit, dt_s);
}

static void move_pv(struct plant_model *m, int of_kind, struct plant_asset *a, double dt_s)
{
    a->natural_w = a->fixed ? a->fixed_w : nature_pv_w(m->nature, of_kind);
    double limit = a->commanded ? fmax(a->setpoint_w, 0.0) : INFINITY;
    a->power_w = dynamics_limited(a->power_w, a->natural_w, limit, dt_s);
}

static void move_battery(const struct site_battery *b, struct plant_asset *a, double dt_s, double hours)
{
    double target = a->commanded ? a->setpoint_w : 0.0;
    double wanted =
        dynamics_follow(a->power_w, clamp(target, -b->max_charge_w, b->max_discharge_w), b->ramp_w_per_s, dt_s);
    a->power_w = dynamics_battery_power(b, a->energy_wh, wanted, hours);
    a->energy_wh = dynamics_battery_energy(b, a->energy_wh, a->power_w, hours);
    a->natural_w = a->energy_wh > 0.0 ? b->max_discharge_w : 0.0;
    a->max_charge_w = a->energy_wh < b->capacity_wh ? b->max_charge_w : 0.0;
}

static void move_generator(const struct site_generator *g, struct plant_asset *a, double dt_s)
{
    a->natural_w = g->max_power_w;
    a->power_w = dynamics_follow(a->power_w, dynamics_generator_target(g, a), g->ramp_w_per_s, dt_s);
}

static void move_tie(const struct site_tie *t, struct plant_asset *a, double dt_s)
{
    a->power_w = dynamics_follow(a->power_w, dynamics_tie_target(t, a), t->ramp_w_per_s, dt_s);
    a->from_power_w = dynamics_tie_from_power(t, a->power_w);
}

static void move_asset(struct plant_model *m, int asset, double dt_s, double hours)
{
    const struct site *s = m->site;
    const struct site_asset *of = &s->assets[asset];
    struct plant_asset *a = &m->assets[asset];
    switch (of->kind) {
    case ASSET_LOAD:
        move_load(m, of->of_kind, a, dt_s);
        break;
    case ASSET_PV:
        move_pv(m, of->of_kind, a, dt_s);
        break;
    case ASSET_BATTERY:
        move_battery(&s->batteries[of->of_kind], a, dt_s, hours);
        break;
    case ASSET_GENERATOR:
        move_generator(&s->generators[of->of_kind], a, dt_s);
        break;
    case ASSET_TIE:
        move_tie(&s->ties[of->of_kind], a, dt_s);
        break;
    case ASSET_GRID:
    case ASSET_STORE:
    case ASSET_CHARGER:
    case ASSET_FLEXIBLE:
    case ASSET_CONVERTER:
    case ASSET_KIND_COUNT:
        break;
    }
}

// ---- the whole area -----------------------------------------------------------------------------------------------

static void balance_buses(struct plant_model *m)
{
    const struct site *s = m->site;
    for (size_t b = 0; b < s->n_buses; b++)
        m->bus_w[b] = 0.0;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_asset *of = &s->assets[i];
        if (of->kind == ASSET_GRID)
            continue;
        m->bus_w[of->bus] += m->assets[i].power_w;
        if (of->kind == ASSET_TIE)
            m->bus_w[s->ties[of->of_kind].from] += m->assets[i].from_power_w;
    }
    for (size_t i = 0; i < s->n_assets; i++)
        if (s->assets[i].kind == ASSET_GRID)
            m->assets[i].power_w = -m->bus_w[s->assets[i].bus] / m->bus_grids[s->assets[i].bus];
}

static void count_energy(struct plant_asset *a, double hours)
{
    if (a->power_w > 0.0)
        a->energy_in_wh += a->power_w * hours;
    else
        a->energy_out_wh -= a->power_w * hours;
}

static void count_violation(const struct site_grid *g, struct plant_asset *a, double dt_s)
{
    struct plant_violation *v = &a->violation;
    const double rounding_w = 1.0;
    double over_import = a->power_w - g->import_limit_w, over_export = -a->power_w - g->export_limit_w;
    double over = fmax(over_import, over_export);
    if (over <= rounding_w) {
        v->running_s = 0.0;
        return;
    }
    *(over_import > over_export ? &v->import_s : &v->export_s) += dt_s;
    v->running_s += dt_s;
    v->longest_s = fmax(v->longest_s, v->running_s);
    v->worst_w = fmax(v->worst_w, over);
}

void plant_model_step(struct plant_model *m, struct instant now)
{
    double dt_s = now.mono_ms > m->now.mono_ms ? (double)(now.mono_ms - m->now.mono_ms) / 1000.0 : 0.0;
    double hours = now.utc_ms > m->now.utc_ms ? (double)(now.utc_ms - m->now.utc_ms) / hour_ms : 0.0;
    m->now = now;
    nature_advance(m->nature, now.utc_ms);
    for (size_t i = 0; i < m->site->n_assets; i++)
        move_asset(m, (int)i, dt_s, hours);
    balance_buses(m);
    for (size_t i = 0; i < m->site->n_assets; i++) {
        count_energy(&m->assets[i], hours);
        if (m->site->assets[i].kind == ASSET_GRID)
            count_violation(&m->site->grids[m->site->assets[i].of_kind], &m->assets[i], dt_s);
    }
}

// ---- commands and hooks -------------------------------------------------------------------------------------------

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

int plant_model_set_soc(struct plant_model *m, int asset, double soc_frac)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(soc_frac, 0.0, 1.0))
        return AEMS_E_RANGE;
    if (m->site->assets[asset].kind != ASSET_BATTERY)
        return AEMS_E_STATE;
    a->energy_wh = soc_frac * m->site->batteries[m->site->assets[asset].of_kind].capacity_wh;
    return 0;
}

int plant_model_set_extra(struct plant_model *m, int asset, double extra_w)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(extra_w, -1e12, 1e12))
        return AEMS_E_RANGE;
    if (m->site->assets[asset].kind != ASSET_LOAD)
        return AEMS_E_STATE;
    a->extra_w = extra_w;
    return 0;
}

int plant_model_fix(struct plant_model *m, int asset, double magnitude_w)
{
    struct plant_asset *a = find(m, asset);
    if (!a || !in_range(magnitude_w, 0.0, 1e12))
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

void plant_model_reset_violations(struct plant_model *m)
{
    for (size_t i = 0; i < m->site->n_assets; i++)
        m->assets[i].violation = (struct plant_violation){0};
}

const struct plant_asset *plant_model_asset(const struct plant_model *m, int asset)
{
    return find(m, asset);
}

double plant_model_soc_frac(const struct plant_model *m, int asset)
{
    const struct plant_asset *a = find(m, asset);
    if (!a || m->site->assets[asset].kind != ASSET_BATTERY)
        return 0.0;
    return a->energy_wh / m->site->batteries[m->site->assets[asset].of_kind].capacity_wh;
}

double plant_model_lacking_w(const struct plant_model *m, int bus)
{
    return m->bus_grids[bus] > 0 ? 0.0 : -m->bus_w[bus];
}
