// SPDX-License-Identifier: GPL-3.0-or-later
// An island in a regulation step: who forms it stands where the grid stood, with what it may give and take as limits
// and the value of its energy as price. It is not steered: all the others are, so that it keeps within its limits.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"
#include "solver/solver.h"

static const double HALF_FRAC = 0.5, HALF_BAND_FRAC = 0.05; // of what a battery can hold: by rule, generators run below
static const double FLOOR_FRAC = 0.03,
                    FLOOR_BAND_FRAC = 0.05; // above its lower limit: whatever the plan says, they run
static const double WORTH_BY_RULE = 2;      // of a generator's cost, then
static const double ROOM_SPARE_FRAC = 0.05; // of what is to come back: it may draw a little more by then
static const double ROOM_TIMES = 2;         // of the dearest energy: the plan has said already that it is to be served

bool asset_forms(const struct engine *e, int asset)
{
    for (size_t i = 0; i < outage_islands(e); i++)
        if (e->outage.islands[i].forming == asset && island_is_alone(&e->outage.islands[i].island))
            return true;
    return false;
}

// ---- what its energy is worth ---------------------------------------------------------------------------------------

static bool generator_runs(const struct engine *e)
{
    for (size_t i = 0; i < e->site->n_generators; i++) {
        const struct asset_state *a = &e->assets[asset_of(e, ASSET_GENERATOR, (int)i)];
        if (a->has_setpoint && a->told_to_run)
            return true;
    }
    return false;
}

// Below `frac`, and once somebody runs for it until it is clearly above.
static bool is_below(const struct engine *e, double soc_frac, double frac, double band_frac)
{
    return soc_frac < frac + (generator_runs(e) ? band_frac : 0);
}

static bool near_floor(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind != ASSET_BATTERY)
        return false;
    double floor_frac = e->site->batteries[of->of_kind].soc_min_frac;
    return is_below(e, e->assets[asset].good_soc.v, floor_frac + FLOOR_FRAC, FLOOR_BAND_FRAC);
}

static bool below_half(const struct engine *e, int asset)
{
    const struct site_battery *b = &e->site->batteries[site_asset_at(e, asset)->of_kind];
    double width = fmax(b->soc_max_frac - b->soc_min_frac, 1e-6);
    double full = (e->assets[asset].good_soc.v - b->soc_min_frac) / width;
    return is_below(e, full, HALF_FRAC, HALF_BAND_FRAC);
}

struct worth {
    double more, less; // per kWh: of one more out of it, of one less
};

static struct worth planned_worth(const struct engine *e, const struct assembling *c, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind == ASSET_BATTERY) {
        const struct site_battery *b = &e->site->batteries[of->of_kind];
        double value = planned_value(e, c, asset);
        return (struct worth){value / b->discharge_efficiency + b->wear_per_kwh,
                              value * b->charge_efficiency - b->wear_per_kwh};
    }
    if (of->kind == ASSET_GENERATOR) {
        const struct site_generator *g = &e->site->generators[of->of_kind];
        double cost = g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * c->co2_price_per_kg;
        return (struct worth){cost, cost};
    }
    double price = planned_price(e, c, of->bus);
    return (struct worth){price, price};
}

static struct worth worth_of(const struct engine *e, const struct assembling *c, int asset)
{
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    // A generator may not be able to give as little as is drawn: then what it gives beyond that is stored.
    if (near_floor(e, asset))
        return (struct worth){COST_RESERVE, WORTH_BY_RULE * COST_GENERATOR};
    if (c->planned)
        return planned_worth(e, c, asset);
    if (kind == ASSET_GENERATOR)
        return (struct worth){COST_GENERATOR, COST_GENERATOR};
    if (kind == ASSET_BATTERY && below_half(e, asset))
        return (struct worth){WORTH_BY_RULE * COST_GENERATOR, WORTH_BY_RULE * COST_GENERATOR};
    return (struct worth){RULE_STORE, RULE_STORE};
}

// ---- as a connection ------------------------------------------------------------------------------------------------

static int island_formed_by(const struct engine *e, int asset)
{
    size_t i = 0;
    while (e->outage.islands[i].forming != asset || !island_is_alone(&e->outage.islands[i].island))
        i++;
    return (int)i;
}

// For a circuit that is to come back it gives less for a while, as far as others can give more.
static void make_room(const struct serving *s, double high_w, struct regulate_asset *r)
{
    if (s->room_w <= 0)
        return;
    r->peak_limit_w = fmax(high_w - s->room_w * (1 + ROOM_SPARE_FRAC), 0);
    r->peak_price_per_kwh = ROOM_TIMES * fmax(r->import_price_per_kwh, COST_RESERVE);
}

void assemble_forming(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    int island = island_formed_by(e, asset);
    struct worth worth = worth_of(e, c, asset);
    double low_w, high_w;
    forming_limits(e, island, c->now, &low_w, &high_w);
    r->kind = ASSET_GRID;
    r->bus = e->site->islands[island].bus;
    r->commandable = false;
    r->measured_w = forming_power_w(e, island);
    r->import_limit_w = high_w;
    r->export_limit_w = -low_w;
    r->import_price_per_kwh = r->peak_price_per_kwh = worth.more;
    r->export_price_per_kwh = fmin(worth.less, worth.more);
    r->peak_limit_w = LP_INFINITY;
    make_room(&e->outage.islands[island].by_plan, high_w, r);
}

// The connection that is gone carries nothing and stands for nothing.
void assemble_lost_grid(struct regulate_asset *r)
{
    r->kind = ASSET_STORE; // nobody regulates these
    r->commandable = false;
    r->measured = true;
    r->measured_w = r->import_limit_w = r->export_limit_w = 0;
}

// As the price of a grid: what the plan wants of the others stands against what the forming asset's energy is worth.
void stand_by_island(const struct engine *e, const struct assembling *c, struct regulate_asset *r)
{
    int forming = forming_asset(e, r->bus);
    if (forming < 0 || near_floor(e, forming))
        return;
    struct worth worth = worth_of(e, c, forming);
    r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, worth.more);
    r->less_saving_per_kwh = fmin(r->less_saving_per_kwh, fmin(worth.less, worth.more));
}

// ---- what it is told ------------------------------------------------------------------------------------------------

// A setpoint is how it knows that it is to form; what it gives is up to the island. The plan's, so that it stays where
// it is meant to be should it not form after all.
double forming_setpoint_w(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    int island = island_formed_by(e, asset), step;
    double low_w, high_w, wanted_w = a->has_setpoint ? a->setpoint_w : 0;
    forming_limits(e, island, now, &low_w, &high_w);
    if (planning_current(e, now, &step))
        wanted_w = e->plan.schedule->assets[asset].power_w[step];
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind == ASSET_GENERATOR)
        return fmax(wanted_w, e->site->generators[of->of_kind].min_power_w);
    if (of->kind == ASSET_TIE && of->bus != e->site->islands[island].bus)
        return clamp(wanted_w, -high_w, -low_w);
    return clamp(wanted_w, low_w, high_w);
}
