// SPDX-License-Identifier: GPL-3.0-or-later
// Heat and cold in a regulation step.
//
// Nothing measures whether a bus of heat is in balance: what its sources give and its loads do not take, its stores do.
// So plan and rule stand as long as the stores can bear it. What must be given at least, and may be given at most, is
// what the loads draw, less and more what the stores could give and take until they are empty or full in some minutes:
// a bound that comes gently, and returns gently, as they near their ends. Sources are corrected into these bounds, the
// cheapest heat first; a start or stop only for a good part of what it brings. Without a store they follow the loads.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"

static const double REACH_H = 5.0 / 60;                     // a store near its end has so much time to slow down
static const double GUARD_FRAC = 0.02, RELEASE_FRAC = 0.07; // of its range: kept free at the ends, and then a while
static const double START_SHARE = 0.5, KEEP_SHARE = 0.05;   // of the lowest power that must be needed
static const double LITTLE_W = 50;

struct source {
    int asset;
    bool steered, runs, stay_on, stay_off;
    bool has_cooler;        // a CHP: what nobody takes does no harm
    double heat_per_w;      // of its power's magnitude
    double least_w, most_w; // heat
    double planned_w, heat_w;
    double cost_per_kwh; // of its heat
};

struct heat {
    struct source sources[SITE_MAX_ASSETS];
    int n;
    double low_w, high_w; // what the sources are to give together
};

// ---- what is wanted -------------------------------------------------------------------------------------------------

// What the loads on a bus of heat or cold draw now, or usually do.
static double demand_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_loads; i++) {
        int asset = asset_of(e, ASSET_LOAD, (int)i);
        if (e->site->loads[i].bus != bus)
            continue;
        bool known = asset_known(e, asset, now.mono_ms);
        sum += known ? fmax(-e->assets[asset].good.v, 0)
                     : forecast_load_w(e->forecast, (int)i, now.utc_ms, now.utc_ms, now.utc_ms + 60 * 1000);
    }
    return sum;
}

struct room {                           // of all stores on a bus
    double above_wh, below_wh, size_wh; // to their lowest and highest charge, and between these
    double charge_w, discharge_w;
};

static struct room room_of(const struct engine *e, int bus, struct instant now)
{
    struct room r = {0};
    for (size_t i = 0; i < e->site->n_stores; i++) {
        const struct site_battery *b = &e->site->stores[i];
        int asset = asset_of(e, ASSET_STORE, (int)i);
        if (b->bus != bus || !soc_known(e, asset, now.mono_ms))
            continue;
        double soc = e->assets[asset].good_soc.v;
        r.above_wh += (soc - b->soc_min_frac) * b->capacity_wh;
        r.below_wh += (b->soc_max_frac - soc) * b->capacity_wh;
        r.size_wh += (b->soc_max_frac - b->soc_min_frac) * b->capacity_wh;
        r.charge_w += storage_charge_w(e, asset);
        r.discharge_w += storage_discharge_w(e, asset);
    }
    return r;
}

double heat_filling(const struct engine *e, int bus, struct instant now)
{
    struct room r = room_of(e, bus, now);
    return r.size_wh > 0 ? clamp(r.above_wh / r.size_wh, 0, 1) : -1;
}

double heat_rule_share(const struct engine *e, const struct assembling *c, int asset, int bus)
{
    double full = heat_filling(e, bus, c->now);
    return full >= 0 && (full < 0.5 || (e->assets[asset].runs && full < 0.98)) ? 1 : 0;
}

static bool latched(bool before, double room_wh, double size_wh)
{
    return size_wh > 0 && room_wh < (before ? RELEASE_FRAC : GUARD_FRAC) * size_wh;
}

static void set_bounds(struct engine *e, const struct assembling *c, int bus, struct heat *h)
{
    struct bus_state *b = &e->buses[bus];
    struct room r = room_of(e, bus, c->now);
    double reach_h = fmax(REACH_H, 5 * taper_h(e)), drawn_w = demand_w(e, bus, c->now);
    b->stores_empty = latched(b->stores_empty, r.above_wh, r.size_wh);
    b->stores_full = latched(b->stores_full, r.below_wh, r.size_wh);
    double above_wh = r.above_wh - (b->stores_empty ? RELEASE_FRAC : GUARD_FRAC) * r.size_wh;
    double below_wh = r.below_wh - (b->stores_full ? RELEASE_FRAC : GUARD_FRAC) * r.size_wh;
    h->low_w = drawn_w - clamp(above_wh / reach_h, -r.charge_w, r.discharge_w);
    h->high_w = drawn_w + clamp(below_wh / reach_h, -r.discharge_w, r.charge_w);
}

// ---- who gives ------------------------------------------------------------------------------------------------------

static double fuel_per_kwh(const struct assembling *c, const struct site_generator *g)
{
    return g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * c->co2_price_per_kg;
}

// False: it gives nothing to this bus.
static bool describe(const struct engine *e, const struct assembling *c, int asset, int bus, struct source *s)
{
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind == ASSET_CONVERTER && e->site->converters[of->of_kind].to == bus) {
        int from = e->site->converters[of->of_kind].from;
        s->heat_per_w = converter_cop(e, of->of_kind, c->now.utc_ms);
        s->cost_per_kwh = bus_price_per_kwh(e, from, c->now) / s->heat_per_w;
        return true;
    }
    if (of->kind != ASSET_GENERATOR)
        return false;
    const struct site_generator *g = &e->site->generators[of->of_kind];
    s->has_cooler = g->heat_bus == bus && g->heat_ratio > 0;
    s->heat_per_w = s->has_cooler ? g->heat_ratio : 1;
    s->cost_per_kwh = fuel_per_kwh(c, g);
    if (s->has_cooler)
        s->cost_per_kwh = (s->cost_per_kwh - bus_price_per_kwh(e, of->bus, c->now)) / g->heat_ratio;
    return of->bus == bus || s->has_cooler;
}

// What cannot be steered, or is in a person's hand, gives what it gives.
static void add_source(const struct engine *e, struct source s, struct heat *h)
{
    const struct regulate_asset *r = &e->regulate_assets[s.asset];
    double most_w = fmax(r->max_w, -r->min_w);
    s.steered = r->commandable && !e->assets[s.asset].manual.active && most_w > 0 && most_w >= r->on_w;
    s.runs = r->has_setpoint ? e->assets[s.asset].told_to_run : e->assets[s.asset].runs;
    s.stay_on = r->stay_on;
    s.stay_off = r->stay_off;
    s.least_w = s.heat_per_w * r->on_w;
    s.most_w = s.heat_per_w * most_w;
    bool stands = s.steered || e->assets[s.asset].manual.active;
    double power_w = stands ? fmin(fabs(r->plan_w), most_w) : fabs(r->measured ? r->measured_w : 0);
    if (s.steered && s.stay_on && s.runs)
        power_w = fmax(power_w, r->on_w);
    s.heat_w = s.planned_w = s.heat_per_w * (power_w < r->on_w / 2 ? 0 : fmax(power_w, r->on_w));
    int at = h->n++;
    for (; at > 0 && h->sources[at - 1].cost_per_kwh > s.cost_per_kwh; at--)
        h->sources[at] = h->sources[at - 1];
    h->sources[at] = s;
}

static double given_w(const struct heat *h)
{
    double sum = 0;
    for (int i = 0; i < h->n; i++)
        sum += h->sources[i].heat_w;
    return sum;
}

// ---- corrections ----------------------------------------------------------------------------------------------------

static void raise_running(struct heat *h)
{
    for (int i = 0; i < h->n; i++) {
        struct source *s = &h->sources[i];
        double need_w = h->low_w - given_w(h);
        if (need_w > LITTLE_W && s->steered && (s->heat_w > 0 || s->least_w <= 0))
            s->heat_w = fmin(s->heat_w + need_w, fmax(s->most_w, s->heat_w));
    }
}

// Those that run already first, however little is needed: they only have not stopped yet.
static void start_some(struct heat *h, bool running)
{
    for (int i = 0; i < h->n; i++) {
        struct source *s = &h->sources[i];
        double need_w = h->low_w - given_w(h);
        double from_w = fmax((running ? KEEP_SHARE : START_SHARE) * s->least_w, LITTLE_W);
        if (need_w >= from_w && s->steered && s->heat_w <= 0 && s->runs == running && !s->stay_off)
            s->heat_w = clamp(need_w, s->least_w, s->most_w);
    }
}

static void lower_running(struct heat *h)
{
    for (int i = h->n - 1; i >= 0; i--) {
        struct source *s = &h->sources[i];
        double excess_w = given_w(h) - h->high_w;
        if (excess_w > LITTLE_W && s->steered && !s->has_cooler && s->heat_w > s->least_w)
            s->heat_w = fmax(s->heat_w - excess_w, s->least_w);
    }
}

static void stop_some(struct heat *h)
{
    for (int i = h->n - 1; i >= 0; i--) {
        struct source *s = &h->sources[i];
        double excess_w = given_w(h) - h->high_w;
        bool may = s->steered && !s->has_cooler && s->heat_w > 0 && !s->stay_on;
        if (may && excess_w >= fmax((s->runs ? START_SHARE : KEEP_SHARE) * s->heat_w, LITTLE_W))
            s->heat_w = 0;
    }
}

static void correct(struct heat *h)
{
    if (given_w(h) < h->low_w) {
        raise_running(h);
        start_some(h, true);
        start_some(h, false);
        raise_running(h);
    }
    if (given_w(h) > h->high_w) { // also for what a start brought too much
        lower_running(h);
        stop_some(h);
    }
}

// While stores are near an end, prices do not take a source's heat away, or add to it.
static void write_source(const struct engine *e, const struct source *s, int bus)
{
    struct regulate_asset *r = &e->regulate_assets[s->asset];
    const struct bus_state *b = &e->buses[bus];
    bool draws = site_asset_at(e, s->asset)->kind == ASSET_CONVERTER;
    if (!s->steered)
        return;
    if (fabs(s->heat_w - s->planned_w) > LITTLE_W) {
        r->plan_w = (draws ? -1 : 1) * s->heat_w / s->heat_per_w;
        r->has_plan = false;
    }
    bool kept = s->heat_w > 0 && (b->stores_empty || s->heat_w > s->planned_w + LITTLE_W);
    bool enough = !s->has_cooler && (b->stores_full || s->heat_w < s->planned_w - LITTLE_W);
    double *keep = draws ? &r->more_cost_per_kwh : &r->less_saving_per_kwh;
    double *add = draws ? &r->less_saving_per_kwh : &r->more_cost_per_kwh;
    if (kept)
        *keep = draws ? fmax(*keep, COST_HEAT) : -COST_HEAT;
    if (enough)
        *add = draws ? -COST_HEAT : fmax(*add, COST_HEAT);
}

void assemble_heat(struct engine *e, const struct assembling *c, int bus)
{
    struct heat h = {.n = 0};
    set_bounds(e, c, bus, &h);
    for (size_t i = 0; i < e->site->n_assets; i++) {
        struct source s = {.asset = (int)i};
        if (describe(e, c, (int)i, bus, &s))
            add_source(e, s, &h);
    }
    correct(&h);
    for (int i = 0; i < h.n; i++)
        write_source(e, &h.sources[i], bus);
}
