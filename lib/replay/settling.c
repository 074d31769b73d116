// SPDX-License-Identifier: GPL-3.0-or-later
// What a cycle has cost and moved, from the plant's own powers: means of the whole cycle.
#include <math.h>

#include "base/local_time.h"
#include "base/number.h"
#include "replay/internal.h"
#include "tariff/tariff.h"

static const double METER_SHARE = 0.001; // of a limit: no meter is more exact

// ---- before the cycle -----------------------------------------------------------------------------------------------

static void begin_asset(struct replay *r, int asset)
{
    struct replay_asset_step *s = &r->assets[asset];
    const struct plant_asset *a = plant_model_asset(r->plant, asset);
    *s = (struct replay_asset_step){.setpoint_w = (double)NAN, .soc_frac = (double)NAN};
    s->measured_w = r->inputs[asset].known ? a->power_w : (double)NAN;
    s->planned_w = deciding_planned_w(r, asset);
    if (a->commanded)
        s->setpoint_w = a->setpoint_w;
}

static void begin_grid(struct replay *r, int grid)
{
    int64_t from = r->step.start_utc_ms;
    struct engine_price p = input_price(r, grid, from, from + r->cycle_ms);
    struct grid_view v;
    engine_grid(r->engine, grid, (struct instant){from, r->now.mono_ms}, &v);
    bool available = input_grid_available(r, grid, from);
    r->grids[grid] = (struct replay_grid_step){.import_price_per_kwh = p.import_price_per_kwh,
                                               .export_price_per_kwh = p.export_price_per_kwh,
                                               .co2_kg_per_kwh = p.co2_g_per_kwh / 1000,
                                               .import_limit_w = available ? v.import_limit_w : 0,
                                               .export_limit_w = available ? v.export_limit_w : 0,
                                               .available = available};
}

void settling_begin(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++)
        begin_asset(r, (int)i);
    for (size_t g = 0; g < r->site->n_grids; g++)
        begin_grid(r, (int)g);
}

// ---- peaks ----------------------------------------------------------------------------------------------------------

static const struct site_tariff *tariff_of(const struct replay *r, int grid)
{
    return &r->site->tariffs[r->site->grids[grid].tariff];
}

static double month_charge(const struct replay *r, int grid)
{
    const struct window *w = &r->windows[grid];
    double running_w = w->hours > 0 ? w->import_wh / w->hours : 0;
    return tariff_of(r, grid)->demand_charge_per_kw * fmax(w->peak_w, running_w) / 1000;
}

static void close_window(struct window *w)
{
    if (w->hours > 0)
        w->peak_w = fmax(w->peak_w, w->import_wh / w->hours);
    w->import_wh = w->hours = 0;
}

// A cycle that is longer than a window is taken for its mean.
static void count_window(struct replay *r, int grid, double import_w)
{
    struct window *w = &r->windows[grid];
    const struct site_tariff *t = tariff_of(r, grid);
    int64_t at = r->step.start_utc_ms, start = t->demand_window_s > 0 ? demand_window_start_ms(t, at) : at;
    if (start != w->start_utc_ms)
        close_window(w);
    w->start_utc_ms = start;
    int64_t month = local_month_start_ms(at);
    if (month != w->month_utc_ms) {
        r->figures.demand_charge += month_charge(r, grid);
        *w = (struct window){.start_utc_ms = start, .month_utc_ms = month};
    }
    w->import_wh += import_w * r->step.hours;
    w->hours += r->step.hours;
}

double settling_demand_charge(const struct replay *r)
{
    double sum = r->figures.demand_charge;
    for (size_t g = 0; g < r->site->n_grids; g++)
        sum += month_charge(r, (int)g);
    return sum;
}

// ---- assets ---------------------------------------------------------------------------------------------------------

struct costs {
    double energy, wear, fuel, start, shed, transfer, co2_kg;
};

static double in_kwh(const struct replay *r, double power_w)
{
    return fmax(power_w, 0) * r->step.hours / 1000;
}

static void settle_grid(struct replay *r, int grid, const struct plant_asset *a, struct costs *c)
{
    struct replay_figures *f = &r->figures;
    struct replay_grid_step *g = &r->grids[grid];
    double import_kwh = in_kwh(r, a->power_w), export_kwh = in_kwh(r, -a->power_w);
    c->energy += import_kwh * g->import_price_per_kwh - export_kwh * g->export_price_per_kwh;
    c->co2_kg += import_kwh * g->co2_kg_per_kwh;
    f->import_kwh += import_kwh;
    f->export_kwh += export_kwh;
    f->peak_import_kw = fmax(f->peak_import_kw, a->power_w / 1000);
    double over_w =
        fmax(a->power_w - g->import_limit_w * (1 + METER_SHARE), -a->power_w - g->export_limit_w * (1 + METER_SHARE));
    g->over = over_w > 1;
    count_window(r, grid, fmax(a->power_w, 0));
}

static void settle_battery(struct replay *r, const struct site_battery *b, const struct plant_asset *a, bool electric,
                           struct costs *c)
{
    double out_kwh = in_kwh(r, a->power_w), in = in_kwh(r, -a->power_w);
    c->wear += b->wear_per_kwh * (in + out_kwh);
    r->figures.battery_in_kwh += electric ? in : 0;
    r->figures.battery_out_kwh += electric ? out_kwh : 0;
}

static void settle_generator(struct replay *r, int asset, const struct plant_asset *a, struct costs *c)
{
    const struct site_generator *g = &r->site->generators[r->site->assets[asset].of_kind];
    double kwh = in_kwh(r, a->power_w);
    bool runs = a->power_w > 0.01 * g->max_power_w;
    r->figures.fuel_kwh += kwh;
    c->fuel += kwh * g->fuel_cost_per_kwh;
    c->co2_kg += kwh * g->co2_g_per_kwh / 1000;
    c->start += runs && !r->running[asset] ? g->start_cost : 0;
    r->running[asset] = runs;
}

// What a load did not get is taken from its tiers in the order in which they are given up: by the controller from
// those that it may shed, by a lack of power from all.
static void settle_load(struct replay *r, int asset, const struct plant_asset *a, struct costs *c)
{
    const struct site_load *l = &r->site->loads[r->site->assets[asset].of_kind];
    struct replay_asset_step *s = &r->assets[asset];
    double h = r->step.hours / 1000, shed_kwh = fmax(a->natural_w + a->power_w, 0) * h;
    double lacked_kwh = s->unserved_w * h;
    s->unserved_w += shed_kwh / h;
    s->realised_w = -fmax(a->natural_w - s->unserved_w, 0);
    for (int t = TIER_COUNT - 1; t >= 0; t--) {
        double room_kwh = l->tier_share[t] * a->natural_w * h;
        double shed = l->sheddable[t] ? fmin(shed_kwh, room_kwh) : 0, lacked = fmin(lacked_kwh, room_kwh - shed);
        r->figures.shed_kwh[t] += shed;
        c->shed += (shed + lacked) * l->shed_cost_per_kwh[t];
        shed_kwh -= shed;
        lacked_kwh -= lacked;
    }
}

static void settle_asset(struct replay *r, int asset, struct costs *c)
{
    const struct site *s = r->site;
    const struct site_asset *of = &s->assets[asset];
    const struct plant_asset *a = plant_model_asset(r->plant, asset);
    bool electric = s->buses[of->bus].carrier == CARRIER_ELECTRICITY;
    r->assets[asset].realised_w = a->power_w;
    switch (of->kind) {
    case ASSET_GRID:
        settle_grid(r, of->of_kind, a, c);
        break;
    case ASSET_PV:
        r->figures.pv_kwh += a->natural_w * r->step.hours / 1000;
        r->figures.pv_used_kwh += in_kwh(r, a->power_w);
        break;
    case ASSET_BATTERY:
    case ASSET_STORE:
        settle_battery(r, site_storage_of(s, asset), a, electric, c);
        break;
    case ASSET_LOAD:
        settle_load(r, asset, a, c);
        r->figures.load_kwh += electric ? in_kwh(r, -r->assets[asset].realised_w) : 0;
        break;
    case ASSET_GENERATOR:
        settle_generator(r, asset, a, c);
        break;
    case ASSET_CHARGER:
    case ASSET_FLEXIBLE:
        c->wear += site_flexible_of(s, asset)->wear_per_kwh * in_kwh(r, a->power_w);
        r->figures.load_kwh += in_kwh(r, -a->power_w) - in_kwh(r, a->power_w);
        break;
    case ASSET_CONVERTER:
        r->figures.load_kwh += in_kwh(r, -a->power_w);
        break;
    case ASSET_TIE:
        c->transfer +=
            s->ties[of->of_kind].transfer_price_per_kwh * (in_kwh(r, a->power_w) + in_kwh(r, a->from_power_w));
        break;
    case ASSET_KIND_COUNT:
        break;
    }
    if (site_storage_of(s, asset) != NULL || (of->kind == ASSET_CHARGER && a->stay.present))
        r->assets[asset].soc_frac = plant_model_soc_frac(r->plant, asset);
}

// ---- buses ----------------------------------------------------------------------------------------------------------

// What a bus lacks is missing from all of its loads alike; of heat and cold it is the first load's.
static void share_lack(struct replay *r, int bus)
{
    double lacking_w = fmax(plant_model_bus(r->plant, bus)->lacking_w, 0), drawn_w = 0;
    bool electric = r->site->buses[bus].carrier == CARRIER_ELECTRICITY;
    double kwh = lacking_w > 1e-3 ? lacking_w * r->step.hours / 1000 : 0;
    *(electric ? &r->figures.unserved_kwh : &r->figures.unserved_heat_kwh) += kwh;
    for (size_t i = 0; i < r->site->n_assets; i++)
        if (r->site->assets[i].kind == ASSET_LOAD && r->site->assets[i].bus == bus)
            drawn_w += fmax(-plant_model_asset(r->plant, (int)i)->power_w, 0);
    double share = kwh > 0 && drawn_w > 0 ? fmin(lacking_w / drawn_w, 1) : 0;
    for (size_t i = 0; i < r->site->n_assets; i++)
        if (r->site->assets[i].kind == ASSET_LOAD && r->site->assets[i].bus == bus)
            r->assets[i].unserved_w = share * fmax(-plant_model_asset(r->plant, (int)i)->power_w, 0);
}

// The sum of what the members draw and feed in is billed beside what each pays by itself.
static void settle_community(const struct replay *r, const struct site_community *of, struct costs *c)
{
    double sum_w = 0;
    for (size_t i = 0; i < of->n_grids; i++)
        sum_w += plant_model_asset(r->plant, asset_number(r, ASSET_GRID, of->grids[i]))->power_w;
    int64_t from = r->step.start_utc_ms;
    struct engine_price p = input_tariff_price(r, of->tariff, from, from + r->cycle_ms);
    c->energy += in_kwh(r, sum_w) * p.import_price_per_kwh - in_kwh(r, -sum_w) * p.export_price_per_kwh;
}

static void book(struct replay *r, const struct costs *c)
{
    struct replay_figures *f = &r->figures;
    double co2 = c->co2_kg * r->site->co2_price_per_kg;
    f->energy_cost += c->energy;
    f->wear_cost += c->wear;
    f->fuel_cost += c->fuel;
    f->start_cost += c->start;
    f->shed_cost += c->shed;
    f->transfer_cost += c->transfer;
    f->co2_kg += c->co2_kg;
    f->co2_cost += co2;
    r->step.cost = c->energy + c->wear + c->fuel + c->start + c->shed + c->transfer + co2;
}

void settling_end(struct replay *r)
{
    struct costs c = {0};
    const struct alarm *alarms;
    for (size_t b = 0; b < r->site->n_buses; b++)
        share_lack(r, (int)b);
    for (size_t i = 0; i < r->site->n_assets; i++)
        settle_asset(r, (int)i, &c);
    for (size_t i = 0; i < r->site->n_communities; i++)
        settle_community(r, &r->site->communities[i], &c);
    book(r, &c);
    bool over = false, known = inputs_are_known(r);
    for (size_t g = 0; g < r->site->n_grids; g++)
        over |= r->grids[g].over;
    r->figures.hours_over_limit += over ? r->step.hours : 0;
    r->figures.unknown_hours += known ? 0 : r->step.hours;
    r->step.alarms = engine_alarms(r->engine, &alarms);
}
