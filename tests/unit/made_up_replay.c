// SPDX-License-Identifier: GPL-3.0-or-later
#include "made_up_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "base/text.h"
#include "conf/conf.h"

static const char AREA[] =
    "tariffs:\n"
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}], demand_charge: 10 /kW, demand_window: 15 min}\n"
    "buses: {gate: {}, heat: {carrier: heat}}\n"
    "grids: {grid: {bus: gate, import_limit: 400 kW, export_limit: 150 kW, contract_power: 320 kW, tariff: t,\n"
    "               co2: 380 g/kWh}}\n"
    "pv: {roof: {bus: gate, peak_power: 300 kW, curtailable: true}}\n"
    "batteries: {cellar: {bus: gate, capacity: 600 kWh, max_charge: 150 kW, max_discharge: 150 kW, soc_min: 10 %,\n"
    "                     soc_max: 95 %, wear: 0.01 /kWh}}\n"
    "stores: {tank: {bus: heat, capacity: 400 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "chargers: {cars: {bus: gate, max_charge: 44 kW}}\n"
    "loads:\n"
    "  offices: {bus: gate, shape: office, average: 120 kW, peak: 260 kW}\n"
    "  shops: {bus: gate, shape: mall, average: 60 kW, peak: 120 kW}\n"
    "  warmth: {bus: heat, shape: home, average: 50 kW, peak: 110 kW}\n"
    "generators:\n"
    "  genset: {bus: gate, max_power: 100 kW, fuel_cost: 0.4 /kWh}\n"
    "  boiler: {bus: heat, max_power: 150 kW, fuel_cost: 0.09 /kWh}\n";

struct site *made_up_site(const char *name)
{
    struct text t = {0};
    struct diagnostics d = {0};
    struct site *site = NULL;
    text_append(
        &t, "area: {id: block, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR, name: '");
    text_append(&t, name);
    text_append(&t, "'}\n");
    text_append(&t, AREA);
    if (conf_load_text("made_up.yaml", t.data, t.length, &d, &site) < 0 || site->n_assets != M_ASSETS)
        diagnostics_print(&d, stderr), abort();
    diagnostics_free(&d);
    text_free(&t);
    if (local_time_set_zone(site->timezone) < 0)
        abort();
    return site;
}

void made_up_start(struct made_up *m, struct site *site, enum replay_controller controller, int64_t from_utc_ms,
                   int64_t step_ms)
{
    *m = (struct made_up){.site = site, .controller = controller, .step_ms = step_ms, .next_utc_ms = from_utc_ms};
    m->start_utc_ms = m->figures.from_utc_ms = from_utc_ms;
    m->stored_wh = 0.5 * site->batteries[0].capacity_wh;
    m->step.assets = m->assets;
    m->step.grids = m->grids;
}

static double bump(double hour, double centre, double width)
{
    return exp(-pow((hour - centre) / width, 2));
}

// What the battery does: nothing, takes what is over, or keeps what it has for the expensive evening.
static double battery_power(const struct made_up *m, double lacking_w, double hour)
{
    const struct site_battery *b = &m->site->batteries[0];
    double hours = (double)m->step_ms / 3.6e6, goal_w = 0;
    if (m->controller == REPLAY_NONE)
        return 0;
    if (lacking_w < 0 || m->controller == REPLAY_RULE)
        goal_w = lacking_w;
    else if (hour >= 16 && hour < 22)
        goal_w = lacking_w - 90e3;
    else if (hour >= 1 && hour < 5)
        goal_w = -60e3;
    double room_w = (0.95 * b->capacity_wh - m->stored_wh) / hours,
           left_w = (m->stored_wh - 0.1 * b->capacity_wh) / hours;
    return fmax(-fmin(b->max_charge_w, room_w), fmin(goal_w, fmin(b->max_discharge_w, left_w)));
}

static void set(struct made_up *m, int asset, double power_w, double error_frac)
{
    bool plans = m->controller >= REPLAY_DAEMON;
    m->assets[asset] = (struct replay_asset_step){.measured_w = power_w,
                                                  .planned_w = plans ? power_w * (1 + error_frac) : NAN,
                                                  .setpoint_w = NAN,
                                                  .realised_w = power_w,
                                                  .soc_frac = NAN};
}

static void set_natural(struct made_up *m, double days, double hour, int weekday)
{
    bool work = weekday >= 1 && weekday <= 5;
    double cloud = 0.6 + 0.4 * sin(2.1 * floor(days)), season = 1 + 0.35 * sin((days + 5) / 365 * 6.283);
    set(m, M_PV, hour > 6 && hour < 19 ? 240e3 * cloud * season * pow(sin((hour - 6) / 13 * 3.1416), 1.5) : 0, 0.1);
    set(m, M_OFFICES, -50e3 - (work ? 190e3 : 20e3) * (bump(hour, 10.5, 2.6) + 0.9 * bump(hour, 15, 2.5)), -0.06);
    set(m, M_SHOPS, weekday == 0 ? -20e3 : -22e3 - 80e3 * bump(hour, 16.5, 4), 0.05);
    set(m, M_CARS, work ? -38e3 * bump(hour, 9, 1.2) : 0, 0);
    set(m, M_WARMTH, -40e3 - 50e3 * (bump(hour, 7, 2) + bump(hour, 20, 2.5)) * (2 - season), 0.03);
    set(m, M_GENSET, m->controller != REPLAY_NONE && work && hour >= 10 && hour < 11 ? 60e3 : 0, 0);
    set(m, M_STORE, 20e3 * (bump(hour, 7, 2) + bump(hour, 20, 2.5)) - 10e3, 0);
    set(m, M_BOILER, -m->assets[M_WARMTH].realised_w - m->assets[M_STORE].realised_w, 0);
    m->assets[M_STORE].soc_frac = 0.5 + 0.3 * sin(hour / 24 * 6.283);
    m->assets[M_CARS].soc_frac = work && hour > 7 && hour < 18 ? fmin(0.3 + 0.06 * (hour - 7), 0.8) : NAN;
}

static void set_grid(struct made_up *m, double hour)
{
    m->grids[0] = (struct replay_grid_step){
        .import_price_per_kwh = 0.22 + 0.1 * bump(hour, 8, 2) + 0.18 * bump(hour, 19, 2.2) - 0.08 * bump(hour, 13, 2),
        .export_price_per_kwh = 0.08,
        .co2_kg_per_kwh = 0.38,
        .import_limit_w = hour >= 18 && hour < 20 ? 250e3 : 400e3,
        .export_limit_w = 150e3,
        .available = true};
}

static void count(struct made_up *m)
{
    struct replay_figures *f = &m->figures;
    double h = m->step.hours, grid_w = m->assets[M_GRID].realised_w, battery_w = m->assets[M_BATTERY].realised_w;
    double import_kwh = fmax(grid_w, 0) * h / 1e3, export_kwh = fmax(-grid_w, 0) * h / 1e3;
    f->import_kwh += import_kwh;
    f->export_kwh += export_kwh;
    f->energy_cost += import_kwh * m->grids[0].import_price_per_kwh - export_kwh * m->grids[0].export_price_per_kwh;
    f->wear_cost += 0.01 * fabs(battery_w) * h / 1e3;
    f->fuel_cost += 0.4 * m->assets[M_GENSET].realised_w * h / 1e3 + 0.09 * m->assets[M_BOILER].realised_w * h / 1e3;
    f->peak_import_kw = fmax(f->peak_import_kw, grid_w / 1e3);
    f->demand_charge = 10 * f->peak_import_kw;
    f->total_cost = f->energy_cost + f->wear_cost + f->fuel_cost + f->demand_charge;
    f->co2_kg += 0.38 * import_kwh;
    f->pv_kwh += m->assets[M_PV].realised_w * h / 1e3;
    f->pv_used_kwh = f->pv_kwh;
    f->load_kwh -= (m->assets[M_OFFICES].realised_w + m->assets[M_SHOPS].realised_w) * h / 1e3;
    f->battery_in_kwh += fmax(-battery_w, 0) * h / 1e3;
    f->battery_out_kwh += fmax(battery_w, 0) * h / 1e3;
    f->unserved_kwh += m->assets[M_SHOPS].unserved_w * h / 1e3;
    f->self_sufficiency = fmax(0, 1 - f->import_kwh / f->load_kwh);
    f->unknown_hours += isnan(m->assets[M_OFFICES].measured_w) ? h : 0;
    f->hours_over_limit += m->grids[0].over ? h : 0;
    f->plans += m->step.planned;
    f->solves = 2 * f->plans;
    f->to_utc_ms = m->next_utc_ms;
    f->dr.events = 3;
    f->dr.requested_kwh = 120;
    f->dr.delivered_kwh = m->controller == REPLAY_NONE ? 20 : 110;
}

bool made_up_step(struct made_up *m, int64_t to_utc_ms)
{
    if (m->next_utc_ms >= to_utc_ms)
        return false;
    int64_t start = m->next_utc_ms;
    struct local_time t = local_time_at(start);
    double hour = t.minute / 60.0, days = (double)(start - m->start_utc_ms) / 86.4e6,
           hours = (double)m->step_ms / 3.6e6;
    set_natural(m, days, hour, t.weekday);
    set_grid(m, hour);
    double lacking_w = 0;
    for (int i = M_PV; i < M_ASSETS; i++)
        if (m->site->assets[i].bus == m->site->assets[M_GRID].bus && i != M_BATTERY)
            lacking_w -= m->assets[i].realised_w;
    double battery_w = battery_power(m, lacking_w, hour);
    m->stored_wh -= battery_w * hours * (battery_w > 0 ? 1 / 0.95 : 0.95);
    set(m, M_BATTERY, battery_w, 0.08);
    m->assets[M_BATTERY].setpoint_w = m->controller == REPLAY_NONE ? NAN : battery_w;
    m->assets[M_BATTERY].soc_frac = m->stored_wh / m->site->batteries[0].capacity_wh;
    if (days >= 4 && days < 5 && t.minute / 60 == 18) {
        m->assets[M_SHOPS].unserved_w = 15e3;
        lacking_w -= 15e3;
    }
    set(m, M_GRID, lacking_w - battery_w, 0.12);
    m->grids[0].over = m->assets[M_GRID].realised_w > 1.001 * m->grids[0].import_limit_w;
    if (days >= 2 && days < 3 && hour >= 13 && hour < 16)
        m->assets[M_OFFICES].measured_w = NAN;
    m->step.start_utc_ms = start;
    m->step.hours = hours;
    m->step.planned = m->controller >= REPLAY_DAEMON && t.minute % 60 == 0;
    m->step.alarms = m->grids[0].over;
    m->step.cost = hours / 1e3 *
                   (fmax(m->assets[M_GRID].realised_w, 0) * m->grids[0].import_price_per_kwh -
                    fmax(-m->assets[M_GRID].realised_w, 0) * 0.08);
    m->next_utc_ms += m->step_ms;
    count(m);
    return true;
}
