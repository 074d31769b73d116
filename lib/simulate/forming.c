// SPDX-License-Identifier: GPL-3.0-or-later
// A bus without a grid connection balances itself: who holds its voltage gives what is lacking and takes what is over.
#include <math.h>

#include "base/number.h"
#include "simulate/dynamics.h"
#include "simulate/internal.h"

static const double crumb_w = 1e-6;

typedef void give_fn(struct plant_model *m, int asset, double power_w);

// Moves the asset by `change_w`; the flows of its buses follow.
static void move(struct plant_model *m, int asset, double change_w, give_fn *give)
{
    double power_w = m->assets[asset].power_w + change_w;
    movement_flow(m, asset, -1);
    give(m, asset, power_w);
    movement_flow(m, asset, 1);
}

// ---- who can do what ------------------------------------------------------------------------------------------------

static const struct site_generator *generator(const struct plant_model *m, int asset)
{
    return &m->site->generators[m->site->assets[asset].of_kind];
}

static double generator_most_w(const struct plant_model *m, int asset)
{
    const struct site_generator *g = generator(m, asset);
    double fuel_w = g->fuel_wh > 0.0 && m->hours > 0.0 ? m->before[asset].fuel_wh / m->hours : INFINITY;
    bool empty = g->fuel_wh > 0.0 && m->before[asset].fuel_wh <= 0.0;
    return empty ? 0.0 : fmin(g->max_power_w, fuel_w);
}

static void raise_running(struct plant_model *m, int asset, double lacking_w)
{
    double now_w = m->assets[asset].power_w;
    if (now_w > 0.0)
        move(m, asset, clamp(lacking_w, 0.0, fmax(generator_most_w(m, asset) - now_w, 0.0)), movement_generator_gives);
}

static void start_standing(struct plant_model *m, int asset, double lacking_w)
{
    double least_w = generator(m, asset)->min_power_w, most_w = generator_most_w(m, asset);
    if (m->assets[asset].power_w <= 0.0 && most_w > 0.0)
        move(m, asset, fmin(fmax(lacking_w, least_w), most_w), movement_generator_gives);
}

static void lower_running(struct plant_model *m, int asset, double over_w)
{
    const struct plant_asset *a = &m->assets[asset];
    double least_w = fmin(generator(m, asset)->min_power_w, a->power_w);
    if (!a->commanded && over_w >= a->power_w)
        least_w = 0.0;
    move(m, asset, -clamp(over_w, 0.0, a->power_w - least_w), movement_generator_gives);
}

// Within the limits of its use, not of its cells. Only one that is steered forms the bus.
static void shift_battery(struct plant_model *m, int asset, double change_w)
{
    const struct site_battery *b = site_storage_of(m->site, asset);
    const struct plant_asset *a = &m->assets[asset];
    double before_wh = m->before[asset].energy_wh;
    if (!a->commanded)
        return;
    struct dynamics_store s = dynamics_battery(b, before_wh);
    s.low_wh = fmin(b->soc_min_frac * b->capacity_wh, before_wh);
    s.high_wh = fmax(b->soc_max_frac * b->capacity_wh, before_wh);
    double wanted_w = dynamics_store_power(&s, a->power_w + change_w, m->hours);
    bool helps = (wanted_w - a->power_w) * change_w > 0.0;
    if (helps)
        move(m, asset, wanted_w - a->power_w, movement_battery_gives);
}

static void curtail(struct plant_model *m, int asset, double over_w)
{
    double less_w = clamp(over_w, 0.0, m->assets[asset].power_w);
    m->assets[asset].power_w -= less_w;
    m->bus_w[m->site->assets[asset].bus] -= less_w;
}

// A tie that nobody steers feeds a bus that has nothing else from one that has.
static void feed_over_tie(struct plant_model *m, int asset, int bus, double lacking_w)
{
    const struct site_tie *t = &m->site->ties[m->site->assets[asset].of_kind];
    int other = t->from == bus ? t->to : t->from;
    if (m->assets[asset].commanded || m->bus_grids[other] == 0)
        return;
    double through = 1.0 - t->loss_frac, most_w = t->limit_w * through;
    double arrives_w = fmin(lacking_w, most_w);
    move(m, asset, t->to == bus ? arrives_w : -arrives_w / through, movement_tie_gives);
}

// ---- in turn --------------------------------------------------------------------------------------------------------

enum turn { RAISE, DISCHARGE, FEED, START, LOWER, CHARGE, CURTAIL, TURN_COUNT };

static void take_turn(struct plant_model *m, int asset, int bus, enum turn turn, double lacking_w)
{
    enum asset_kind kind = m->site->assets[asset].kind;
    if (turn == RAISE && kind == ASSET_GENERATOR)
        raise_running(m, asset, lacking_w);
    else if ((turn == DISCHARGE || turn == CHARGE) && kind == ASSET_BATTERY)
        shift_battery(m, asset, lacking_w);
    else if (turn == FEED && kind == ASSET_TIE)
        feed_over_tie(m, asset, bus, lacking_w);
    else if (turn == START && kind == ASSET_GENERATOR)
        start_standing(m, asset, lacking_w);
    else if (turn == LOWER && kind == ASSET_GENERATOR)
        lower_running(m, asset, -lacking_w);
    else if (turn == CURTAIL && kind == ASSET_PV)
        curtail(m, asset, -lacking_w);
}

static bool hangs_on(const struct plant_model *m, int asset, int bus)
{
    const struct site_asset *of = &m->site->assets[asset];
    return of->bus == bus || (of->kind == ASSET_TIE && m->site->ties[of->of_kind].from == bus);
}

// A start may go beyond what was lacking: what is over is taken afterwards.
static void form(struct plant_model *m, int bus)
{
    for (int turn = 0; turn < TURN_COUNT; turn++)
        for (size_t i = 0; i < m->site->n_assets; i++) {
            double lacking_w = -m->bus_w[bus];
            bool due = turn < LOWER ? lacking_w > crumb_w : lacking_w < -crumb_w;
            if (due && hangs_on(m, (int)i, bus))
                take_turn(m, (int)i, bus, (enum turn)turn, lacking_w);
        }
}

static void heat(struct plant_model *m, int bus)
{
    for (size_t i = 0; i < m->site->n_assets; i++) {
        double lacking_w = -m->bus_w[bus];
        bool boiler = m->site->assets[i].kind == ASSET_GENERATOR && m->site->assets[i].bus == bus;
        if (boiler && !m->assets[i].commanded && lacking_w > crumb_w)
            start_standing(m, (int)i, lacking_w);
    }
}

void forming_step(struct plant_model *m, bool electric)
{
    for (size_t b = 0; b < m->site->n_buses; b++) {
        bool is_electric = m->site->buses[b].carrier == CARRIER_ELECTRICITY;
        if (electric && is_electric && m->bus_grids[b] == 0)
            form(m, (int)b);
        else if (!electric && !is_electric)
            heat(m, (int)b);
    }
}
