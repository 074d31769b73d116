// SPDX-License-Identifier: GPL-3.0-or-later
// Who forms an island takes what is left on its bus bar, at once. Beyond its limits voltage and frequency give way
// until the bus goes black.
#include <math.h>

#include "base/number.h"
#include "simulate/dynamics.h"
#include "simulate/internal.h"

static const double crumb_w = 1e-3;
static const double beyond = 1.2;      // of its limits, which it bears for `patient_s`
static const double patient_s = 2.0;   // a little beyond
static const double impatient_s = 0.5; // further beyond: what it does not give is missing
// Nobody can act within a step. Where steps are long, overload is borne for so many of them instead.
static const double patient_steps = 3.0;
static const double droop_frac = 0.01; // of the frequency, at the limits of who forms it

struct reach { // of who forms an island, in this step, >= 0: within its limits, and while it bears more
    double give_w, take_w;
    double most_give_w, most_take_w;
};

static struct reach battery_reach(const struct plant_model *m, int asset)
{
    const struct site_battery *b = site_storage_of(m->site, asset);
    double before_wh = m->before[asset].energy_wh;
    struct dynamics_store s = dynamics_battery(b, before_wh);
    s.low_wh = fmin(b->soc_min_frac * b->capacity_wh, before_wh);
    s.high_wh = fmax(b->soc_max_frac * b->capacity_wh, before_wh);
    struct reach r = {.give_w = dynamics_store_power(&s, b->max_discharge_w, m->hours),
                      .take_w = -dynamics_store_power(&s, -b->max_charge_w, m->hours)};
    s.max_charge_w *= beyond;
    s.max_discharge_w *= beyond;
    r.most_give_w = dynamics_store_power(&s, beyond * b->max_discharge_w, m->hours);
    r.most_take_w = -dynamics_store_power(&s, -beyond * b->max_charge_w, m->hours);
    return r;
}

static struct reach generator_reach(const struct plant_model *m, int asset)
{
    const struct site_generator *g = &m->site->generators[m->site->assets[asset].of_kind];
    double fuel_w = INFINITY;
    if (g->fuel_wh > 0.0)
        fuel_w = m->before[asset].fuel_wh <= 0.0 ? 0.0
                 : m->hours > 0.0                ? m->before[asset].fuel_wh / m->hours
                                                 : INFINITY;
    return (struct reach){.give_w = fmin(g->max_power_w, fuel_w), .most_give_w = fmin(beyond * g->max_power_w, fuel_w)};
}

static struct reach tie_reach(const struct plant_model *m, int asset)
{
    const struct site_tie *t = &m->site->ties[m->site->assets[asset].of_kind];
    double arrives_w = t->limit_w * (1.0 - t->loss_frac);
    return (struct reach){.give_w = arrives_w,
                          .take_w = t->limit_w,
                          .most_give_w = beyond * arrives_w,
                          .most_take_w = beyond * t->limit_w};
}

static struct reach reach_of(const struct plant_model *m, int asset)
{
    enum asset_kind kind = m->site->assets[asset].kind;
    return kind == ASSET_BATTERY     ? battery_reach(m, asset)
           : kind == ASSET_GENERATOR ? generator_reach(m, asset)
                                     : tie_reach(m, asset);
}

static void tie_gives(struct plant_model *m, int asset, int bus, double power_w)
{
    const struct site_tie *t = &m->site->ties[m->site->assets[asset].of_kind];
    double through = 1.0 - t->loss_frac;
    double back_w = power_w > 0.0 ? -power_w / through : -power_w * through; // into `to`, when `from` is given that
    movement_tie_gives(m, asset, t->to == bus ? power_w : back_w);
}

static void gives(struct plant_model *m, int asset, int bus, double power_w)
{
    enum asset_kind kind = m->site->assets[asset].kind;
    movement_flow(m, asset, -1);
    if (kind == ASSET_BATTERY)
        movement_battery_bears(m, asset, power_w, beyond);
    else if (kind == ASSET_GENERATOR)
        movement_generator_gives(m, asset, power_w);
    else
        tie_gives(m, asset, bus, power_w);
    movement_flow(m, asset, 1);
}

// All of a kind at the bus carry less in proportion, `less_w` together; returns the share that is left of them.
static double sag(struct plant_model *m, int bus, enum asset_kind kind, double less_w)
{
    double all_w = 0.0;
    for (size_t i = 0; i < m->site->n_assets; i++)
        if (m->site->assets[i].bus == bus && m->site->assets[i].kind == kind)
            all_w += fabs(m->assets[i].power_w);
    double frac = all_w > 0.0 ? clamp(1.0 - less_w / all_w, 0.0, 1.0) : 0.0;
    for (size_t i = 0; i < m->site->n_assets; i++) {
        if (m->site->assets[i].bus != bus || m->site->assets[i].kind != kind)
            continue;
        movement_flow(m, (int)i, -1);
        m->assets[i].power_w *= frac;
        movement_flow(m, (int)i, 1);
    }
    return frac;
}

static void bear(const struct plant_model *m, struct island_now *n, const struct reach *r, double lacking_w)
{
    bool within = lacking_w <= r->give_w + crumb_w && lacking_w >= -r->take_w - crumb_w;
    bool far = lacking_w > r->most_give_w + crumb_w || lacking_w < -r->most_take_w - crumb_w;
    if (within) {
        n->stress_frac = 0.0;
        return;
    }
    n->seen.overload_s += m->dt_s;
    if (m->dt_s > 0.0)
        n->stress_frac += m->dt_s / fmax(far ? impatient_s : patient_s, patient_steps * m->dt_s);
}

static double load_frac(const struct reach *r, double lacking_w)
{
    double limit_w = lacking_w > 0.0 ? r->give_w : r->take_w;
    double frac = limit_w > 0.0 ? lacking_w / limit_w : copysign(beyond, lacking_w);
    return fabs(lacking_w) <= crumb_w ? 0.0 : clamp(frac, -beyond, beyond);
}

static void hold(struct plant_model *m, int island)
{
    struct island_now *n = &m->islands[island];
    int asset = n->seen.forming, bus = m->site->islands[island].bus;
    gives(m, asset, bus, 0.0);
    struct reach r = reach_of(m, asset);
    double lacking_w = -m->bus_w[bus];
    bear(m, n, &r, lacking_w);
    double left = 1.0;
    if (lacking_w > r.most_give_w)
        left = sag(m, bus, ASSET_LOAD, lacking_w - r.most_give_w);
    else if (lacking_w < -r.most_take_w)
        sag(m, bus, ASSET_PV, -lacking_w - r.most_take_w);
    gives(m, asset, bus, clamp(-m->bus_w[bus], -r.most_take_w, r.most_give_w));
    if (fabs(m->bus_w[bus]) > 1.0)
        n->stress_frac = 1.0; // there is nothing that could give way
    const struct site_island *of = &m->site->islands[island];
    n->seen.voltage_v = islands_nominal_v(of) * sqrt(left);
    n->seen.frequency_hz = islands_nominal_hz(of) * (1.0 - droop_frac * load_frac(&r, lacking_w));
}

// Those who are fed over a tie first: what they take is a load to the other end.
void balance_step(struct plant_model *m)
{
    for (size_t k = m->n_alive; k-- > 0;) {
        struct island_now *n = &m->islands[m->island_order[k]];
        if (n->seen.forming >= 0) {
            hold(m, m->island_order[k]);
            continue;
        }
        n->stress_frac = 0.0;
        n->seen.voltage_v = n->seen.supply_v;
        n->seen.frequency_hz = n->seen.supply_hz;
    }
}
