// SPDX-License-Identifier: GPL-3.0-or-later
// One asset, one step. Order matters: what heats follows what is drawn, stores of heat take what is left over, and the
// grid connections carry the rest.
#include <math.h>

#include "base/number.h"
#include "simulate/dynamics.h"
#include "simulate/internal.h"

static const double start_s = 5.0; // of a CHP's engine, until it gives power

// ---- what people and the sky do -----------------------------------------------------------------------------------

// What is left on of a limited load stays a little below the limit and never stands quite still.
static double ripple(struct instant now)
{
    return 0.998 + 0.002 * sin((double)now.mono_ms / 2700.0);
}

static void move_load(const struct plant_model *m, int of_kind, struct plant_asset *a)
{
    double standard = a->fixed ? a->fixed_w : nature_load_w(m->nature, of_kind);
    a->natural_w = fmax(standard + a->extra_w, 0.0);
    double limit = a->commanded ? fmax(-a->setpoint_w, 0.0) * (m->led ? 1.0 : ripple(m->now)) : INFINITY;
    double most_w = m->has_islands ? switched_most_w(m, of_kind, a->natural_w) : a->natural_w;
    a->power_w = -dynamics_limited(-a->power_w, most_w, limit, m->dt_s);
}

static void move_pv(const struct plant_model *m, int of_kind, struct plant_asset *a)
{
    a->natural_w = a->fixed ? a->fixed_w : nature_pv_w(m->nature, of_kind);
    double limit = a->commanded ? fmax(a->setpoint_w, 0.0) : INFINITY;
    a->power_w = dynamics_limited(a->power_w, a->natural_w, limit, m->dt_s);
}

// ---- stores and vehicles ------------------------------------------------------------------------------------------

static void exchange(const struct plant_model *m, struct plant_asset *a, const struct dynamics_store *s, double power_w)
{
    a->power_w = dynamics_store_power(s, power_w, m->hours);
    a->energy_wh = dynamics_store_energy(s, a->power_w, m->hours);
}

static void bear(const struct plant_model *m, const struct site_battery *b, struct plant_asset *a, double power_w,
                 double beyond)
{
    struct dynamics_store s = dynamics_battery(b, a->energy_wh);
    s.max_charge_w *= beyond;
    s.max_discharge_w *= beyond;
    exchange(m, a, &s, power_w);
    double kept = fmax(1.0 - b->self_discharge_per_h * m->hours, 0.0);
    a->energy_wh = clamp(a->energy_wh * kept, 0.0, b->capacity_wh);
    struct dynamics_store next = dynamics_battery(b, a->energy_wh);
    a->natural_w = next.max_discharge_w;
    a->max_charge_w = next.max_charge_w;
}

static void move_storage(const struct plant_model *m, const struct site_battery *b, struct plant_asset *a,
                         double power_w)
{
    bear(m, b, a, power_w, 1.0);
}

static void move_battery(const struct plant_model *m, const struct site_battery *b, struct plant_asset *a)
{
    double target = a->commanded ? clamp(a->setpoint_w, -b->max_charge_w, b->max_discharge_w) : 0.0;
    move_storage(m, b, a, dynamics_follow(a->power_w, target, b->ramp_w_per_s, m->dt_s));
}

static struct dynamics_store vehicle(const struct site_flexible *f, const struct plant_asset *a)
{
    double soc_frac = a->stay.capacity_wh > 0.0 ? a->energy_wh / a->stay.capacity_wh : 1.0;
    return (struct dynamics_store){
        .energy_wh = a->energy_wh,
        .low_wh = fmin(f->min_frac * a->stay.capacity_wh, a->energy_wh),
        .high_wh = a->stay.capacity_wh,
        .charge_efficiency = f->charge_efficiency,
        .discharge_efficiency = f->discharge_efficiency,
        .max_charge_w = dynamics_taper_w(f->max_charge_w, soc_frac),
        .max_discharge_w = f->max_discharge_w,
    };
}

// A flexible load runs until it has drawn what its run takes.
static struct dynamics_store run_of(const struct site_flexible *f, const struct plant_asset *a)
{
    return (struct dynamics_store){
        .energy_wh = a->stay.session_wh,
        .low_wh = a->stay.session_wh,
        .high_wh = a->stay.wanted_wh,
        .charge_efficiency = 1.0,
        .discharge_efficiency = 1.0,
        .max_charge_w = f->max_charge_w,
    };
}

static double flexible_target_w(const struct site_flexible *f, const struct plant_asset *a)
{
    double by_itself = a->stay.session_wh < a->stay.wanted_wh ? -f->max_charge_w : 0.0;
    double target = a->commanded ? a->setpoint_w : by_itself;
    if (target < 0.0 && -target < f->min_charge_w)
        return 0.0;
    return clamp(target, -f->max_charge_w, f->max_discharge_w);
}

static void move_flexible(struct plant_model *m, int asset, const struct site_flexible *f)
{
    struct plant_asset *a = &m->assets[asset];
    stays_step(m, asset);
    if (!a->stay.present) {
        a->power_w = a->natural_w = a->max_charge_w = a->energy_wh = 0.0;
        return;
    }
    bool is_vehicle = m->site->assets[asset].kind == ASSET_CHARGER;
    struct dynamics_store s = is_vehicle ? vehicle(f, a) : run_of(f, a);
    if (!a->commanded) // left to itself it stops when it has what it wants, however long the step is
        s.high_wh = fmin(s.high_wh, s.energy_wh + fmax(a->stay.wanted_wh - a->stay.session_wh, 0.0));
    double before_wh = s.energy_wh;
    exchange(m, a, &s, dynamics_follow(a->power_w, flexible_target_w(f, a), 0.0, m->dt_s));
    a->stay.session_wh += a->energy_wh - before_wh;
    s = is_vehicle ? vehicle(f, a) : run_of(f, a);
    a->max_charge_w = s.high_wh > s.energy_wh ? s.max_charge_w : 0.0;
    a->natural_w = s.energy_wh > s.low_wh ? s.max_discharge_w : 0.0;
}

// ---- engines, heat and ties ---------------------------------------------------------------------------------------

static bool gives_heat(const struct site_generator *g)
{
    return g->heat_bus >= 0 && g->heat_ratio > 0.0;
}

static void burn(const struct plant_model *m, const struct site_generator *g, struct plant_asset *a)
{
    if (g->fuel_wh > 0.0 && m->hours > 0.0) {
        a->power_w = fmin(a->power_w, a->fuel_wh / m->hours);
        a->fuel_wh = fmax(a->fuel_wh - a->power_w * m->hours, 0.0);
    }
    a->heat_w = gives_heat(g) ? a->power_w * g->heat_ratio : 0.0;
}

static void move_generator(const struct plant_model *m, const struct site_generator *g, struct plant_asset *a)
{
    bool has_tank = g->fuel_wh > 0.0;
    double target = dynamics_generator_target(g, a, has_tank ? a->fuel_wh : INFINITY);
    a->started_s = target > 0.0 ? a->started_s + m->dt_s : 0.0;
    double wait_s = m->has_islands ? g->start_time_s : gives_heat(g) ? start_s : 0.0;
    if (a->started_s < wait_s)
        target = 0.0;
    a->natural_w = has_tank && a->fuel_wh <= 0.0 ? 0.0 : g->max_power_w;
    a->power_w = dynamics_follow(a->power_w, target, g->ramp_w_per_s, m->dt_s);
    burn(m, g, a);
}

static void move_tie(const struct plant_model *m, const struct site_tie *t, struct plant_asset *a)
{
    a->power_w = dynamics_follow(a->power_w, dynamics_tie_target(t, a), t->ramp_w_per_s, m->dt_s);
    a->from_power_w = dynamics_tie_from_power(t, a->power_w);
}

// Left to itself it follows its thermostat: it gives what its bus still lacks.
static void move_converter(const struct plant_model *m, const struct site_converter *c, struct plant_asset *a)
{
    double cop = dynamics_cop(c, a->outside_degc);
    double lacking_w = fmax(-m->bus_w[c->to], 0.0);
    double draw_w = dynamics_converter_draw_w(c, a->commanded ? -a->setpoint_w : lacking_w / cop);
    a->power_w = dynamics_follow(a->power_w, -draw_w, c->ramp_w_per_s, m->dt_s);
    a->heat_w = -a->power_w * cop;
}

// ---- without voltage, or tripped ----------------------------------------------------------------------------------

static void stand_vehicle(struct plant_model *m, int asset)
{
    struct plant_asset *a = &m->assets[asset];
    stays_step(m, asset);
    if (!a->stay.present)
        a->natural_w = a->max_charge_w = a->energy_wh = 0.0;
}

// Nothing flows. An engine that was told to run turns meanwhile, and may bring its bus to life.
static void stand(struct plant_model *m, int asset)
{
    const struct site_asset *of = &m->site->assets[asset];
    struct plant_asset *a = &m->assets[asset];
    a->power_w = a->from_power_w = a->heat_w = 0.0;
    if (of->kind == ASSET_BATTERY)
        move_storage(m, &m->site->batteries[of->of_kind], a, 0.0);
    else if (of->kind == ASSET_CHARGER || of->kind == ASSET_FLEXIBLE)
        stand_vehicle(m, asset);
    else if (of->kind == ASSET_PV)
        a->natural_w = a->fixed ? a->fixed_w : nature_pv_w(m->nature, of->of_kind);
    else if (of->kind == ASSET_GENERATOR && m->assets[asset].tripped)
        a->started_s = 0.0;
}

// ---- the whole area -----------------------------------------------------------------------------------------------

static void move_asset(struct plant_model *m, int asset)
{
    const struct site *s = m->site;
    const struct site_asset *of = &s->assets[asset];
    struct plant_asset *a = &m->assets[asset];
    if (m->has_islands && of->kind != ASSET_LOAD && !islands_powers(m, asset)) {
        stand(m, asset);
        return;
    }
    switch (of->kind) {
    case ASSET_LOAD:
        move_load(m, of->of_kind, a);
        break;
    case ASSET_PV:
        move_pv(m, of->of_kind, a);
        break;
    case ASSET_BATTERY:
        move_battery(m, &s->batteries[of->of_kind], a);
        break;
    case ASSET_CHARGER:
    case ASSET_FLEXIBLE:
        move_flexible(m, asset, site_flexible_of(s, asset));
        break;
    case ASSET_GENERATOR:
        move_generator(m, &s->generators[of->of_kind], a);
        break;
    case ASSET_TIE:
        move_tie(m, &s->ties[of->of_kind], a);
        break;
    case ASSET_CONVERTER:
        move_converter(m, &s->converters[of->of_kind], a);
        break;
    case ASSET_STORE: // what the others leave over
        move_storage(m, &s->stores[of->of_kind], a, -m->bus_w[of->bus]);
        break;
    case ASSET_GRID:
    case ASSET_KIND_COUNT:
        break;
    }
}

void movement_flow(struct plant_model *m, int asset, int sign)
{
    const struct site *s = m->site;
    const struct site_asset *of = &s->assets[asset];
    const struct plant_asset *a = &m->assets[asset];
    m->bus_w[of->bus] += sign * a->power_w;
    if (of->kind == ASSET_TIE)
        m->bus_w[s->ties[of->of_kind].from] += sign * a->from_power_w;
    else if (of->kind == ASSET_CONVERTER)
        m->bus_w[s->converters[of->of_kind].to] += sign * a->heat_w;
    else if (of->kind == ASSET_GENERATOR && gives_heat(&s->generators[of->of_kind]))
        m->bus_w[s->generators[of->of_kind].heat_bus] += sign * a->heat_w;
}

// ---- at once, whatever the step did --------------------------------------------------------------------------------

void movement_battery_bears(struct plant_model *m, int asset, double power_w, double beyond)
{
    m->assets[asset].energy_wh = m->before[asset].energy_wh;
    bear(m, site_storage_of(m->site, asset), &m->assets[asset], power_w, beyond);
}

void movement_battery_gives(struct plant_model *m, int asset, double power_w)
{
    movement_battery_bears(m, asset, power_w, 1.0);
}

void movement_generator_gives(struct plant_model *m, int asset, double power_w)
{
    struct plant_asset *a = &m->assets[asset];
    a->fuel_wh = m->before[asset].fuel_wh;
    a->power_w = power_w;
    burn(m, &m->site->generators[m->site->assets[asset].of_kind], a);
}

void movement_tie_gives(struct plant_model *m, int asset, double power_w)
{
    struct plant_asset *a = &m->assets[asset];
    a->power_w = power_w;
    a->from_power_w = dynamics_tie_from_power(&m->site->ties[m->site->assets[asset].of_kind], power_w);
}

static int turn_of(enum asset_kind kind)
{
    return kind == ASSET_CONVERTER ? 1 : kind == ASSET_STORE ? 2 : kind == ASSET_GRID ? 3 : 0;
}

void movement_step(struct plant_model *m)
{
    const struct site *s = m->site;
    double outside_degc = m->led ? m->outside_degc : nature_temp_degc(m->nature);
    for (size_t b = 0; b < s->n_buses; b++)
        m->bus_w[b] = 0.0;
    for (size_t i = 0; i < s->n_assets; i++)
        m->assets[i].outside_degc = outside_degc;
    if (m->has_islands)
        islands_begin(m);
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < s->n_assets; i++) {
            if (turn_of(s->assets[i].kind) != turn)
                continue;
            m->before[i] = (struct before){m->assets[i].energy_wh, m->assets[i].fuel_wh};
            move_asset(m, (int)i);
            movement_flow(m, (int)i, 1);
        }
        if (m->has_islands && turn == 1)
            balance_step(m);
        else if (m->forms && turn > 0)
            forming_step(m, turn == 1);
    }
    if (m->has_islands)
        switched_count(m);
    for (size_t i = 0; i < s->n_assets; i++)
        if (s->assets[i].kind == ASSET_GRID)
            m->assets[i].power_w = islands_carries(m, s->assets[i].of_kind)
                                       ? -m->bus_w[s->assets[i].bus] / m->bus_grids[s->assets[i].bus]
                                       : 0.0;
    for (size_t b = 0; b < s->n_buses; b++)
        m->buses[b].lacking_w = m->bus_grids[b] > 0 ? 0.0 : -m->bus_w[b];
}
