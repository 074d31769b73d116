// SPDX-License-Identifier: GPL-3.0-or-later
// Why each setpoint is what it is: from the limits that are reached and have a price.
#include "plan/reasons.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/limits.h"

// A limit binds when moving it would earn more than what the small costs that break ties amount to.
static const double WORTH = 3e-4; // per kWh, in units of the largest price
static const double DEAREST = 10; // times the dearest kWh that is paid for: more is none

const double *look_power(const struct look *l, size_t asset)
{
    return l->s->assets[asset].power_w;
}

double look_price(const struct look *l, int bus, size_t k)
{
    return l->s->price_per_kwh[(size_t)bus * l->s->n_steps + k];
}

bool look_is_worth(const struct look *l, int column, size_t k)
{
    return l->solution->reduced_cost[column + (int)k] < -WORTH * l->m->price_unit * l->s->hours[k];
}

bool look_is_much(const struct look *l, double per_kwh)
{
    return per_kwh > WORTH * l->m->price_unit;
}

// ---- grids and ties near a bus --------------------------------------------------------------------------------------

// Buses whose prices differ much are not one market in this step: a limit at one says nothing about the other.
static bool is_one_market(const struct look *l, int bus, int other, size_t k)
{
    double here = look_price(l, bus, k), there = look_price(l, other, k);
    return bus == other || fabs(here - there) <= 0.1 * fmax(fabs(here), fabs(there)) + WORTH * l->m->price_unit;
}

// The connection that shapes `bus` in this step: its own if that binds, else another of the same market.
static struct reason binding_near(const struct look *l, int bus, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct reason found = {.kind = REASON_NONE, .price_per_kwh = look_price(l, bus, k)};
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        enum reason_kind kind = l->grid[i * p->n_steps + k];
        if (kind == REASON_NONE || (found.kind != REASON_NONE && g->bus != bus) || !is_one_market(l, bus, g->bus, k))
            continue;
        found.kind = kind;
        memcpy(found.asset, l->area[i * p->n_steps + k] ? p->area : g->id, SITE_ID_MAX);
    }
    return found;
}

bool look_tie_is_full(const struct look *l, size_t i, size_t k)
{
    const struct model_tie *c = &l->m->ties[i];
    return l->m->p->ties[i].available && (look_is_worth(l, c->forward, k) || look_is_worth(l, c->backward, k));
}

static struct reason tie_near(const struct look *l, int bus, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct reason found = {.kind = REASON_NONE, .price_per_kwh = look_price(l, bus, k)};
    for (size_t i = 0; i < p->n_ties; i++)
        if ((p->ties[i].from == bus || p->ties[i].to == bus) && look_tie_is_full(l, i, k)) {
            found.kind = REASON_TIE_LIMIT;
            memcpy(found.asset, p->ties[i].id, SITE_ID_MAX);
        }
    return found;
}

struct reason look_outside(const struct look *l, int bus, size_t k)
{
    struct reason r = binding_near(l, bus, k);
    if (r.kind != REASON_NONE && r.kind != REASON_OUTAGE)
        return r;
    struct reason tie = tie_near(l, bus, k);
    return tie.kind != REASON_NONE ? tie : r;
}

bool look_has_surplus(const struct look *l, size_t k)
{
    const struct plan_problem *p = l->m->p;
    double pv_w = 0, import_w = 0;
    size_t first_pv = plan_first_asset(p, ASSET_PV);
    for (size_t i = 0; i < p->n_grids; i++)
        import_w += fmax(0, look_power(l, i)[k]);
    for (size_t i = 0; i < p->n_pvs; i++)
        pv_w += look_power(l, first_pv + i)[k];
    return pv_w > REASON_NEAR_W && import_w < REASON_NEAR_W;
}

// ---- all ------------------------------------------------------------------------------------------------------------

static double dearest(const struct plan_problem *p, double price_unit)
{
    double most = price_unit;
    for (size_t i = 0; i < p->n_generators; i++)
        most = fmax(most, plan_generator_cost_per_kwh(p, &p->generators[i]));
    return DEAREST * most;
}

static bool is_away(const struct plan_problem *p, size_t k)
{
    bool away = false;
    for (size_t i = 0; i < p->n_grids; i++)
        away |= plan_is_away(&p->grids[i], k);
    return away;
}

static bool is_short(const struct look *l)
{
    const struct plan_problem *p = l->m->p;
    size_t first = plan_first_asset(p, ASSET_LOAD);
    for (size_t i = 0; i < p->n_loads; i++)
        for (size_t k = 0; k < p->n_steps; k++)
            if (is_away(p, k) && -look_power(l, first + i)[k] < plan_demand_w(p, &p->loads[i], k) - REASON_NEAR_W)
                return true;
    return false;
}

// Without the grid, and short of energy or power now or later, a kWh is worth what going without it weighs: that is no
// price.
static bool is_priced(const struct look *l, const struct reason *r, size_t k)
{
    return !is_away(l->m->p, k) || (!l->is_short && fabs(r->price_per_kwh) <= l->dearest);
}

static void fill(const struct look *l)
{
    static struct reason (*const find[ASSET_KIND_COUNT])(const struct look *, size_t, size_t, size_t) = {
        [ASSET_GRID] = reason_of_grid,           [ASSET_PV] = reason_of_pv,
        [ASSET_BATTERY] = reason_of_battery,     [ASSET_STORE] = reason_of_battery,
        [ASSET_CHARGER] = reason_of_flexible,    [ASSET_FLEXIBLE] = reason_of_flexible,
        [ASSET_LOAD] = reason_of_load,           [ASSET_GENERATOR] = reason_of_generator,
        [ASSET_CONVERTER] = reason_of_converter, [ASSET_TIE] = reason_of_tie};
    for (size_t n = 0; n < l->s->n_assets; n++) {
        struct plan_asset asset = plan_asset_at(l->m->p, n);
        for (size_t k = 0; k < l->s->n_steps; k++) {
            struct reason *r = &l->s->assets[n].reasons[k];
            *r = find[asset.kind](l, asset.index, n, k);
            if (!is_priced(l, r, k))
                r->price_per_kwh = NAN;
        }
    }
}

int reasons_fill(const struct model *m, const struct lp_solution *solution, struct schedule *s)
{
    struct look l = {.m = m, .solution = solution, .s = s, .dearest = dearest(m->p, m->price_unit)};
    l.grid = calloc(s->n_grids * s->n_steps + 1, 1);
    l.area = calloc(s->n_grids * s->n_steps + 1, sizeof(*l.area));
    bool done = l.grid && l.area;
    l.is_short = is_short(&l);
    if (done) {
        reasons_mark_grids(&l);
        fill(&l);
    }
    free(l.grid);
    free(l.area);
    return done ? 0 : AEMS_E_NOMEM;
}
