// SPDX-License-Identifier: GPL-3.0-or-later
// Batteries and stores in the problem: what is in them, and what it is worth at the end.
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "core/dr.h"
#include "core/problem.h"
#include "plan/limits.h"

// ---- value at the end -----------------------------------------------------------------------------------------------
//
// What is left at the end is worth what it costs to fill it again at the cheapest time, a little less so that nothing
// is bought only to be left over.

static const double LESS = 0.98;

struct sources { // per bus: the lowest cost of a kWh there, INFINITY where none is known
    double lowest_per_kwh[SITE_MAX_BUSES];
};

static bool improve(double *io, double candidate)
{
    bool better = isfinite(candidate) && candidate < *io;
    *io = better ? candidate : *io;
    return better;
}

static double lowest_import_cost(const struct plan_problem *p, const struct plan_grid *g)
{
    double lowest = INFINITY;
    for (size_t k = 0; k < p->n_steps; k++)
        lowest = fmin(lowest, plan_import_cost_per_kwh(p, g, k) + plan_community_import_price(p, g, k));
    return lowest;
}

static double highest_cop(const struct plan_problem *p, const struct plan_converter *c)
{
    double highest = 0;
    for (size_t k = 0; k < p->n_steps; k++)
        highest = fmax(highest, c->cop[k]);
    return highest;
}

static bool pass_on(const struct plan_problem *p, struct sources *s)
{
    bool changed = false;
    for (size_t i = 0; i < p->n_ties; i++) {
        const struct plan_tie *t = &p->ties[i];
        double kept = fmax(1 - t->loss_frac, 0.01);
        changed |= improve(&s->lowest_per_kwh[t->to], s->lowest_per_kwh[t->from] / kept + t->transfer_price_per_kwh);
        changed |= improve(&s->lowest_per_kwh[t->from], s->lowest_per_kwh[t->to] / kept + t->transfer_price_per_kwh);
    }
    for (size_t i = 0; i < p->n_converters; i++) {
        const struct plan_converter *c = &p->converters[i];
        double cop = highest_cop(p, c);
        if (cop > 0)
            changed |= improve(&s->lowest_per_kwh[c->to], fmax(s->lowest_per_kwh[c->from], 0) / cop);
    }
    return changed;
}

static void find_sources(const struct plan_problem *p, struct sources *ret)
{
    for (size_t b = 0; b < SITE_MAX_BUSES; b++)
        ret->lowest_per_kwh[b] = INFINITY;
    for (size_t g = 0; g < p->n_grids; g++)
        improve(&ret->lowest_per_kwh[p->grids[g].bus], lowest_import_cost(p, &p->grids[g]));
    for (size_t round = 0; round <= p->n_buses && pass_on(p, ret); round++)
        ;
}

static double end_value(const struct sources *s, const struct plan_battery *b)
{
    double lowest = s->lowest_per_kwh[b->bus];
    return isfinite(lowest) ? clamp(LESS * lowest / b->charge_efficiency, 0, 1e6) : 0;
}

// ---- state ----------------------------------------------------------------------------------------------------------

// Before the first readings the trial solve still wants a problem: a storage then counts as half full, and so does a
// store that nobody measures.
static void fill_storage(const struct engine *e, int asset, struct plan_battery *b, const struct sources *sources,
                         struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_battery *site = site_storage_of(e->site, asset);
    bool is_store = b->kind == ASSET_STORE;
    bool seen = a->good_soc.quality == QUALITY_GOOD && (!is_store || soc_known(e, asset, now.mono_ms));
    double soc = seen ? a->good_soc.v : (site->soc_min_frac + site->soc_max_frac) / 2;
    b->energy_wh = clamp(soc, 0, 1) * site->capacity_wh;
    if (!is_store && !bus_is_alone(e, b->bus) &&
        dr_alerts(e, DR_BLACK_START, now.utc_ms, NULL)) // nothing more is taken out than limits need
        b->reserve_wh = clamp(b->energy_wh, b->reserve_wh, fmax(b->max_wh, b->reserve_wh));
    b->end_value_per_kwh = end_value(sources, b);
    b->held_power_w = problem_held_w(e, asset, now);
    if (is_store) // it takes what its bus has over, by itself
        b->available = a->control < 0 || problem_follows(e, asset);
    else
        b->available = problem_follows(e, asset) && (!e->received || soc_known(e, asset, now.mono_ms));
}

// What events want in a battery is there when they begin, and until they end.
static void fill_wanted(const struct engine *e, int battery, struct plan_problem *p)
{
    const struct site_battery *site = &e->site->batteries[battery];
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t end = problem_step_end_ms(p, k);
        double frac = fmax(dr_charge_frac(e, site->bus, end), dr_charge_frac(e, site->bus, end - 1));
        if (bus_is_alone(e, site->bus)) // an island looks after itself
            frac = 0;
        p->batteries[battery].dr_wanted_wh[k] = fmin(frac, site->soc_max_frac) * site->capacity_wh;
    }
}

void problem_fill_storages(const struct engine *e, struct plan_problem *p, struct instant now)
{
    struct sources sources;
    find_sources(p, &sources);
    size_t batteries = e->site->n_batteries;
    for (size_t i = 0; i < p->n_batteries; i++) {
        int asset = i < batteries ? asset_of(e, ASSET_BATTERY, (int)i) : asset_of(e, ASSET_STORE, (int)(i - batteries));
        fill_storage(e, asset, &p->batteries[i], &sources, now);
        if (i < batteries)
            fill_wanted(e, (int)i, p);
    }
}
