// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/extract.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "plan/assets.h"
#include "plan/extract_asset.h"
#include "plan/schedule_alloc.h"

// Below this a flow is rounding of the solver, not a decision.
static const double NOTHING_KW = 2e-5;

double reader_value(const struct reader *r, int first, size_t k)
{
    return first < 0 ? 0 : r->solution->x[model_column(r->m, first + (int)k)];
}

double reader_watts(double kw)
{
    return fabs(kw) < NOTHING_KW ? 0 : kw * KILO;
}

static int read_assets(const struct reader *r)
{
    static void (*const read[ASSET_KIND_COUNT])(const struct reader *, size_t, struct schedule_asset *) = {
        [ASSET_GRID] = extract_grid,           [ASSET_PV] = extract_pv,
        [ASSET_BATTERY] = extract_battery,     [ASSET_STORE] = extract_battery,
        [ASSET_CHARGER] = extract_flexible,    [ASSET_FLEXIBLE] = extract_flexible,
        [ASSET_LOAD] = extract_load,           [ASSET_GENERATOR] = extract_generator,
        [ASSET_CONVERTER] = extract_converter, [ASSET_TIE] = extract_tie};
    for (size_t n = 0; n < r->s->n_assets; n++) {
        struct plan_asset asset = plan_asset_at(r->m->p, n);
        int rc = schedule_alloc_asset(r->s, n, asset.id, asset.kind);
        if (rc < 0)
            return rc;
        read[asset.kind](r, asset.index, &r->s->assets[n]);
    }
    return 0;
}

// ---- prices and objective -------------------------------------------------------------------------------------------

static double price_of(double dual, double hours)
{
    return clamp(dual / hours, -1e6, 1e6);
}

static void read_prices(const struct reader *r)
{
    struct schedule *s = r->s;
    for (size_t b = 0; b < s->n_buses; b++)
        for (size_t k = 0; k < s->n_steps; k++)
            s->price_per_kwh[b * s->n_steps + k] =
                price_of(r->solution->row_dual[model_balance(r->m, (int)b, k)], s->hours[k]);
    for (size_t c = 0; c < s->n_communities; c++)
        for (size_t k = 0; k < s->n_steps; k++)
            s->community_price_per_kwh[c * s->n_steps + k] =
                price_of(-r->solution->row_dual[model_community_row(r->m, c, k)], s->hours[k]);
}

static double unmodelled_cost(const struct reader *r)
{
    return extract_start_costs(r) - extract_incentives(r);
}

static void read_objective(const struct reader *r)
{
    double *objective = r->s->objective;
    objective[OBJECTIVE_MONEY] = r->m->money_constant;
    for (size_t j = 0; j < lp_columns(r->m->lp); j++) {
        objective[OBJECTIVE_MONEY] += r->m->expected[j] * r->solution->x[j];
        if (r->m->tier[j] < OBJECTIVE_MONEY && r->m->tier[j] != OBJECTIVE_RESERVE)
            objective[r->m->tier[j]] += r->m->kwh[j] * r->solution->x[j];
    }
    const struct plan_problem *p = r->m->p;
    for (size_t i = 0; i < p->n_flexibles; i++)
        objective[stay_tier(&p->flexibles[i])] += r->s->assets[plan_first_asset(p, ASSET_CHARGER) + i].missed_wh / KILO;
    objective[OBJECTIVE_MONEY] += unmodelled_cost(r);
    objective[OBJECTIVE_RESERVE] = extract_reserve_missed(r);
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++)
        if (objective[tier] < 1e-5)
            objective[tier] = 0;
}

// Money over all courses, with what the program leaves out.
double extract_expected_cost(const struct model *m, const struct lp_solution *solution)
{
    double sum = 0;
    struct model at = *m;
    struct reader r = {.m = &at, .solution = solution};
    for (size_t block = 0; block < m->courses.count; block++) {
        model_at_block(&at, block);
        sum += m->courses.weights[block] * unmodelled_cost(&r);
    }
    return model_expected_cost(m, solution->x) + sum / m->courses.weight_sum;
}

static void read_emissions(const struct reader *r)
{
    const struct model *m = r->m;
    r->s->co2_kg = 0;
    for (size_t j = 0; j < lp_columns(m->lp); j++)
        r->s->co2_kg += m->expected_kg[j] * r->solution->x[j];
    r->s->co2_price_per_kg = m->p->co2_price_per_kg;
    if (m->co2_row >= 0)
        r->s->co2_price_per_kg += clamp(-r->solution->row_dual[m->co2_row], 0, 1e6);
}

int extract_schedule(const struct model *m, const struct lp_solution *solution, struct schedule **ret_schedule)
{
    const struct plan_problem *p = m->p;
    struct reader r = {.m = m, .solution = solution};
    int rc = schedule_alloc(p->n_steps, plan_assets(p), p->n_buses, p->n_grids, p->n_communities, p->n_offers, &r.s);
    if (rc < 0)
        return rc;
    r.s->made_utc_ms = p->made_utc_ms;
    memcpy(r.s->start_utc_ms, p->start_utc_ms, p->n_steps * sizeof(*p->start_utc_ms));
    memcpy(r.s->hours, p->hours, p->n_steps * sizeof(*p->hours));
    rc = read_assets(&r);
    if (rc == 0) {
        extract_offers(&r);
        read_prices(&r);
        extract_peaks(&r);
        read_objective(&r);
        r.s->scenarios = (int)m->courses.count;
        r.s->expected_cost = extract_expected_cost(m, solution);
        read_emissions(&r);
        strcpy(r.s->status, "optimal");
        rc = reasons_fill(m, solution, r.s);
    }
    if (rc < 0) {
        schedule_free(r.s);
        return rc;
    }
    *ret_schedule = r.s;
    return 0;
}
