// SPDX-License-Identifier: GPL-3.0-or-later
// Why each setpoint is what it is: from the limits that are reached and have a price.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/extract.h"
#include "plan/steps.h"

// A limit binds when moving it would earn more than what the small costs that break ties amount to.
static const double WORTH = 2e-4; // per kWh, in units of the largest price
static const double NEAR_W = 1.0, NEAR_WH = 1.0;

struct look {
    const struct model *m;
    const struct lp_solution *solution;
    struct schedule *s;
    unsigned char *grid; // enum reason_kind that binds each grid in each step, grid-major
};

static const double *power_of(const struct look *l, size_t asset)
{
    return l->s->assets[asset].power_w;
}

static double bus_price(const struct look *l, int bus, size_t k)
{
    return l->s->price_per_kwh[(size_t)bus * l->s->n_steps + k];
}

static bool worth(const struct look *l, int column, size_t k)
{
    return l->solution->reduced_cost[column + (int)k] < -WORTH * l->m->price_unit * l->s->hours[k];
}

// ---- grids and ties -------------------------------------------------------------------------------------------------

static enum reason_kind grid_binding(const struct look *l, size_t i, size_t k)
{
    const struct plan_grid *g = &l->m->p->grids[i];
    const struct model_grid *c = &l->m->grids[i];
    double power_w = power_of(l, i)[k];
    bool imports_all = power_w >= g->import_limit_w - NEAR_W, exports_all = -power_w >= g->export_limit_w - NEAR_W;
    if (g->away)
        return REASON_IMPORT_LIMIT;
    if (power_w > g->import_limit_w + NEAR_W || (imports_all && worth(l, c->import, k)))
        return REASON_IMPORT_LIMIT;
    if (-power_w > g->export_limit_w + NEAR_W || (exports_all && worth(l, c->export, k)))
        return REASON_EXPORT_LIMIT;
    return REASON_NONE;
}

static void mark_peaks(struct look *l, size_t i)
{
    const struct plan_problem *p = l->m->p;
    int64_t at = p->start_utc_ms[0];
    struct demand_window w;
    int row = l->m->grids[i].peak_row;
    if (row < 0)
        return;
    for (; demand_window_next(p, &p->grids[i], &at, &w); row++)
        for (size_t k = w.first; k <= w.last; k++) {
            unsigned char *binding = &l->grid[i * p->n_steps + k];
            bool binds = -l->solution->row_dual[row] > WORTH * l->m->price_unit;
            if (binds && *binding == REASON_NONE && power_of(l, i)[k] > NEAR_W)
                *binding = REASON_PEAK;
        }
}

// Buses whose prices differ much are not one market in this step: a limit at one says nothing about the other.
static bool is_one_market(const struct look *l, int bus, int other, size_t k)
{
    double here = bus_price(l, bus, k), there = bus_price(l, other, k);
    return bus == other || fabs(here - there) <= 0.1 * fmax(fabs(here), fabs(there)) + WORTH * l->m->price_unit;
}

// The connection that shapes `bus` in this step: its own if that binds, else another of the same market.
static struct reason binding_near(const struct look *l, int bus, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct reason found = {.kind = REASON_NONE, .price_per_kwh = bus_price(l, bus, k)};
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        enum reason_kind kind = l->grid[i * p->n_steps + k];
        if (kind == REASON_NONE || (found.kind != REASON_NONE && g->bus != bus) || !is_one_market(l, bus, g->bus, k))
            continue;
        found.kind = kind;
        memcpy(found.asset, g->id, SITE_ID_MAX);
    }
    return found;
}

static bool tie_is_full(const struct look *l, size_t i, size_t k)
{
    const struct model_tie *c = &l->m->ties[i];
    return l->m->p->ties[i].available && (worth(l, c->forward, k) || worth(l, c->backward, k));
}

static struct reason tie_near(const struct look *l, int bus, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct reason found = {.kind = REASON_NONE, .price_per_kwh = bus_price(l, bus, k)};
    for (size_t i = 0; i < p->n_ties; i++)
        if ((p->ties[i].from == bus || p->ties[i].to == bus) && tie_is_full(l, i, k)) {
            found.kind = REASON_TIE_LIMIT;
            memcpy(found.asset, p->ties[i].id, SITE_ID_MAX);
        }
    return found;
}

static struct reason outside(const struct look *l, int bus, size_t k)
{
    struct reason r = binding_near(l, bus, k);
    return r.kind != REASON_NONE ? r : tie_near(l, bus, k);
}

// ---- one kind after the other ---------------------------------------------------------------------------------------

static enum reason_kind grid_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    enum reason_kind binding = l->grid[i * l->s->n_steps + k];
    if (binding != REASON_NONE)
        return binding;
    return fabs(power_of(l, asset)[k]) > NEAR_W ? REASON_PRICE : REASON_NONE;
}

static struct reason pv_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_pv *v = &l->m->p->pvs[i];
    struct reason none = {.kind = REASON_NONE, .price_per_kwh = bus_price(l, v->bus, k)};
    if (power_of(l, asset)[k] >= v->available_w[k] - NEAR_W)
        return none;
    struct reason r = outside(l, v->bus, k);
    if (r.kind == REASON_NONE)
        r.kind = r.price_per_kwh < 0 ? REASON_PRICE : REASON_SURPLUS;
    return r;
}

static bool has_surplus(const struct look *l, size_t k)
{
    const struct plan_problem *p = l->m->p;
    double pv_w = 0, import_w = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        import_w += fmax(0, power_of(l, i)[k]);
    for (size_t i = 0; i < p->n_pvs; i++)
        pv_w += power_of(l, p->n_grids + i)[k];
    return pv_w > NEAR_W && import_w < NEAR_W;
}

static enum reason_kind energy_reason(const struct look *l, size_t i, double energy_wh)
{
    const struct plan_battery *b = &l->m->p->batteries[i];
    if (energy_wh >= b->max_wh - NEAR_WH)
        return REASON_FULL;
    if (energy_wh <= fmax(b->min_wh, b->reserve_wh) + NEAR_WH)
        return b->reserve_wh > b->min_wh ? REASON_RESERVE : REASON_EMPTY;
    return REASON_NONE;
}

// A battery at its own limit is not held back by a limit of the grid that would hold it back as well.
static bool opposes(enum reason_kind kind, double power_w)
{
    if (kind == REASON_EXPORT_LIMIT)
        return power_w > 0;
    return (kind == REASON_IMPORT_LIMIT || kind == REASON_PEAK) && power_w < 0;
}

static struct reason battery_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_battery *b = &l->m->p->batteries[i];
    double power_w = power_of(l, asset)[k], limit_w = power_w < 0 ? b->max_charge_w : b->max_discharge_w;
    enum reason_kind energy = energy_reason(l, i, l->s->assets[asset].energy_wh[k]);
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = bus_price(l, b->bus, k)};
    if (!b->available)
        return r;
    if (fabs(power_w) > NEAR_W) {
        struct reason from_outside = outside(l, b->bus, k);
        bool is_at_limit = fabs(power_w) >= limit_w - NEAR_W;
        if (from_outside.kind != REASON_NONE && !(is_at_limit && opposes(from_outside.kind, power_w)))
            return from_outside;
        if (is_at_limit)
            r.kind = REASON_POWER_LIMIT;
        else if (energy != REASON_NONE && (energy == REASON_FULL) == (power_w < 0))
            r.kind = energy;
        else
            r.kind = power_w < 0 && has_surplus(l, k) ? REASON_SURPLUS : REASON_PRICE;
        return r;
    }
    r.kind = energy;
    return r;
}

static struct reason load_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_load *load = &l->m->p->loads[i];
    struct reason r = outside(l, load->bus, k);
    if (-power_of(l, asset)[k] < load->demand_w[k] - NEAR_W) {
        r.kind = REASON_SHORTAGE;
        return r;
    }
    return (struct reason){.kind = REASON_NONE, .price_per_kwh = r.price_per_kwh};
}

static struct reason generator_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct plan_generator *g = &l->m->p->generators[i];
    double power_w = power_of(l, asset)[k];
    if (power_w < NEAR_W)
        return (struct reason){.kind = REASON_NONE, .price_per_kwh = bus_price(l, g->bus, k)};
    struct reason r = outside(l, g->bus, k);
    if (r.kind == REASON_NONE)
        r.kind = power_w >= g->max_power_w - NEAR_W ? REASON_POWER_LIMIT : REASON_PRICE;
    return r;
}

static enum reason_kind tie_reason(const struct look *l, size_t i, size_t asset, size_t k)
{
    if (tie_is_full(l, i, k))
        return REASON_TIE_LIMIT;
    bool moves = l->m->p->ties[i].available && fabs(power_of(l, asset)[k]) > NEAR_W;
    return moves ? REASON_PRICE : REASON_NONE;
}

// ---- all ------------------------------------------------------------------------------------------------------------

static void fill_step(const struct look *l, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct schedule_asset *a = l->s->assets;
    size_t n = 0;
    for (size_t i = 0; i < p->n_grids; i++, n++)
        a[n].reasons[k] =
            (struct reason){.kind = grid_reason(l, i, n, k), .price_per_kwh = bus_price(l, p->grids[i].bus, k)};
    for (size_t i = 0; i < p->n_pvs; i++, n++)
        a[n].reasons[k] = pv_reason(l, i, n, k);
    for (size_t i = 0; i < p->n_batteries; i++, n++)
        a[n].reasons[k] = battery_reason(l, i, n, k);
    for (size_t i = 0; i < p->n_loads; i++, n++)
        a[n].reasons[k] = load_reason(l, i, n, k);
    for (size_t i = 0; i < p->n_generators; i++, n++)
        a[n].reasons[k] = generator_reason(l, i, n, k);
    for (size_t i = 0; i < p->n_ties; i++, n++)
        a[n].reasons[k] =
            (struct reason){.kind = tie_reason(l, i, n, k), .price_per_kwh = bus_price(l, p->ties[i].to, k)};
}

int reasons_fill(const struct model *m, const struct lp_solution *solution, struct schedule *s)
{
    struct look l = {.m = m, .solution = solution, .s = s};
    l.grid = calloc(s->n_grids * s->n_steps + 1, 1);
    if (!l.grid)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < s->n_grids; i++) {
        for (size_t k = 0; k < s->n_steps; k++)
            l.grid[i * s->n_steps + k] = (unsigned char)grid_binding(&l, i, k);
        mark_peaks(&l, i);
    }
    for (size_t k = 0; k < s->n_steps; k++)
        fill_step(&l, k);
    free(l.grid);
    return 0;
}
