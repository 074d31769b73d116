// SPDX-License-Identifier: GPL-3.0-or-later
// Limits that follow from several members of a problem: for the model and for the judgement of its answers alike.
#pragma once

#include <math.h>

#include "plan/problem.h"

#define PLAN_RUNS_W 1.0 // a generator or converter above this runs

// What a grid connection may carry in step k, W: by its contract and by a demand-response event.
static inline double plan_import_limit_w(const struct plan_grid *g, size_t k)
{
    return fmin(g->import_limit_w, g->dr_import_limit_w[k]);
}

static inline double plan_export_limit_w(const struct plan_grid *g, size_t k)
{
    return fmin(g->export_limit_w, g->dr_export_limit_w[k]);
}

// Is what all electric connections draw or feed in together limited in step k? And is this one of them?
static inline bool plan_has_area_limit(const struct plan_problem *p, size_t k)
{
    return p->area_import_limit_w[k] < PLAN_NO_LIMIT_W || p->area_export_limit_w[k] < PLAN_NO_LIMIT_W;
}

static inline bool plan_is_electric(const struct plan_problem *p, const struct plan_grid *g)
{
    return p->carriers[g->bus] == CARRIER_ELECTRICITY;
}

// What the community of a grid connection pays for the next kWh drawn there while it draws, and gets for one fed in
// while it feeds in; 0 without a community.
static inline double plan_community_import_price(const struct plan_problem *p, const struct plan_grid *g, size_t k)
{
    return g->community >= 0 ? p->communities[g->community].import_price_per_kwh[k] : 0;
}

static inline double plan_community_export_price(const struct plan_problem *p, const struct plan_grid *g, size_t k)
{
    return g->community >= 0 ? p->communities[g->community].export_price_per_kwh[k] : 0;
}

// Is the average of demand windows of any interest?
static inline bool plan_has_windows(const struct plan_grid *g)
{
    return g->demand_window_s > 0 && (g->demand_charge_per_kw > 0 || g->contract_w < PLAN_NO_LIMIT_W);
}

static inline bool plan_has_contract(const struct plan_grid *g)
{
    return g->demand_window_s > 0 && g->contract_w < PLAN_NO_LIMIT_W;
}

// Nothing flows, whatever that costs.
static inline bool plan_is_away(const struct plan_grid *g, size_t k)
{
    return g->available[k] <= 0;
}

// An outage, and the end of one, come all at once.
static inline bool plan_has_grid_ramp(const struct plan_grid *g, size_t k)
{
    return g->ramp_w_per_s > 0 && !plan_is_away(g, k) && (k == 0 || !plan_is_away(g, k - 1));
}

// What an event pays per kWh below the baseline in step k: nothing for an outage.
static inline double plan_incentive_per_kwh(const struct plan_grid *g, size_t k)
{
    return plan_is_away(g, k) ? 0 : g->dr_incentive_per_kwh[k];
}

// What it pays per hour at this import: for what stays below the baseline, once, whatever is exported.
static inline double plan_incentive_per_h(const struct plan_grid *g, size_t k, double import_w)
{
    return plan_incentive_per_kwh(g, k) * fmax(0, g->dr_baseline_w[k] - import_w) / 1000;
}

// Most that an average power may change from step k - 1 to step k (from the start to step 0), W: a ramp runs from the
// middle of a step to the middle of the next.
static inline double plan_ramp_w(const struct plan_problem *p, double ramp_w_per_s, size_t k)
{
    return fmin(PLAN_NO_LIMIT_W, ramp_w_per_s * 1800 * (p->hours[k] + (k > 0 ? p->hours[k - 1] : 0)));
}

// Does anything live without a grid connection in step k?
static inline bool plan_is_outage(const struct plan_problem *p, size_t k)
{
    for (size_t i = 0; i < p->n_grids; i++)
        if (plan_is_away(&p->grids[i], k))
            return true;
    return p->n_grids == 0;
}

// What nobody can switch off counts as lifeline.
static inline bool plan_is_lifeline(const struct plan_load *l, int tier)
{
    return tier == TIER_LIFELINE || !l->sheddable[tier];
}

// What of a load's tier is wanted in step k, and of the whole load.
static inline double plan_tier_demand_w(const struct plan_problem *p, const struct plan_load *l, int tier, size_t k)
{
    bool is_wanted = p->lifelines_only[k] <= 0 || plan_is_lifeline(l, tier);
    return is_wanted ? l->tier_share[tier] * l->demand_w[k] : 0;
}

static inline double plan_demand_w(const struct plan_problem *p, const struct plan_load *l, size_t k)
{
    if (p->lifelines_only[k] <= 0)
        return l->demand_w[k];
    double sum_w = 0;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        sum_w += plan_tier_demand_w(p, l, tier, k);
    return sum_w;
}

// Largest powers of a battery in step k.
static inline double plan_charge_limit_w(const struct plan_battery *b, size_t k)
{
    return b->max_charge_w * (1 - b->kept_frac[k]);
}

static inline double plan_discharge_limit_w(const struct plan_battery *b, size_t k)
{
    return b->max_discharge_w * (1 - b->kept_frac[k]);
}

// What of its energy is a reserve in step k.
static inline double plan_reserve_wh(const struct plan_battery *b, size_t k)
{
    return b->keeps_reserve[k] > 0 ? b->reserve_wh : b->min_wh;
}

// What a generator can give at most in step k: nothing where its lowest power is more than it may give.
static inline double plan_generator_most_w(const struct plan_generator *g, size_t k)
{
    double most_w = g->max_power_w * g->allowed[k];
    return most_w < g->min_power_w ? 0 : most_w;
}

// The same in any step of the plan.
static inline double plan_generator_ever_w(const struct plan_problem *p, const struct plan_generator *g)
{
    double most_w = 0;
    for (size_t k = 0; k < p->n_steps; k++)
        most_w = fmax(most_w, plan_generator_most_w(g, k));
    return most_w;
}

static inline double plan_converter_most_w(const struct plan_converter *c)
{
    return c->max_power_w < c->min_power_w ? 0 : c->max_power_w;
}

// Can its ramp hold it back in any step? Most are faster than steps are long.
static inline bool plan_generator_has_ramp(const struct plan_problem *p, const struct plan_generator *g)
{
    bool binds = false;
    for (size_t k = 0; k < p->n_steps && g->ramp_w_per_s > 0; k++)
        binds |= plan_ramp_w(p, g->ramp_w_per_s, k) < fmax(g->max_power_w, g->power_before_w);
    return binds;
}

static inline bool plan_generator_runs_before(const struct plan_generator *g)
{
    return g->has_run_h > 0 || g->power_before_w > PLAN_RUNS_W;
}

// What a generator that cannot be told anything gives in step k: its held power, as long as its fuel lasts.
double plan_generator_held_w(const struct plan_problem *p, const struct plan_generator *g, size_t k);

// What a converter that cannot be told anything draws.
static inline double plan_converter_held_w(const struct plan_converter *c)
{
    return fmax(0, -c->held_power_w);
}
