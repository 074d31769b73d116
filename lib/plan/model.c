// SPDX-License-Identifier: GPL-3.0-or-later
// Tiers, small costs and the order in which the parts are put together.
#include "plan/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/limits.h"
#include "plan/steps.h"

// ---- tiers ----------------------------------------------------------------------------------------------------------

int model_set_objective(struct model *m, enum objective_tier tier)
{
    int rc = 0;
    for (size_t j = 0; j < lp_columns(m->lp) && rc == 0; j++) {
        double slack = m->tier[j] == (int)tier ? m->weight[j] : 0;
        rc = lp_set_cost(m->lp, (int)j, tier == OBJECTIVE_MONEY ? m->money[j] + m->tie_break[j] : slack);
    }
    return rc;
}

int model_hold(struct model *m, enum objective_tier tier, double value, double room)
{
    return lp_set_row_bounds(m->lp, m->tier_row[tier], -LP_INFINITY, fmax(0, value) + room * (1 + fabs(value)));
}

int model_set_co2_objective(struct model *m)
{
    int rc = 0;
    for (size_t j = 0; j < lp_columns(m->lp) && rc == 0; j++)
        rc = lp_set_cost(m->lp, (int)j, m->kg[j]);
    return rc;
}

// A ten-thousandth of room: what is left to choose for money then is more than rounding.
int model_hold_co2(struct model *m, double kg)
{
    return lp_set_row_bounds(m->lp, m->co2_row, 0, fmax(0, kg) * (1 + 1e-4) + 1e-6);
}

static void add_tier_rows(struct model *m)
{
    static const char *const names[OBJECTIVE_MONEY] = {"lifelines", "limits", "reserve", "comfort"};
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++) {
        m->tier_row[tier] = m->with_slack ? model_rows(m, "tier", (size_t)tier, names[tier], 1) : -1;
        if (m->with_slack)
            model_row_is(m, m->tier_row[tier], 0, LP_INFINITY);
    }
    m->co2_row = m->p->co2_first ? model_rows(m, "tier", OBJECTIVE_MONEY, "co2", 1) : -1;
    if (m->p->co2_first)
        model_row_is(m, m->co2_row, 0, LP_INFINITY);
}

// ---- costs that break ties ------------------------------------------------------------------------------------------

static const double SHARE_OF_PART = 0.05;

enum { PART_MS = 300000, HOUR_MS = 3600000 };

static double hash_unit(const char *id, int64_t slot)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *c = id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (unsigned char)(slot >> (8 * i))) * 1099511628211u;
    return (double)((hash ^ hash >> 29) % 1000003 + 1) / 1000003;
}

double model_tie_break(const struct plan_problem *p, const char *id, size_t k)
{
    // Nearly the same throughout an hour: were its parts much dearer and cheaper, cutting it into them would move
    // energy between hours. But not on a line either: then a store could spread from one part to both sides for
    // nothing.
    int64_t begin = p->start_utc_ms[k], end = plan_step_end_ms(p, k);
    double sum = 0;
    for (int64_t at = begin, next; at < end; at = next) {
        next = (at / PART_MS + 1) * PART_MS;
        next = next < end ? next : end;
        double number = (1 - SHARE_OF_PART) * hash_unit(id, at / HOUR_MS) + SHARE_OF_PART * hash_unit(id, at / PART_MS);
        sum += number * (double)(next - at);
    }
    return sum / (double)(end - begin);
}

double model_negative_price(const struct plan_problem *p, size_t k)
{
    double lowest = 0;
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        double in = plan_community_import_price(p, g, k), out = plan_community_export_price(p, g, k);
        lowest = fmin(lowest, fmin(plan_import_cost_per_kwh(p, g, k), g->export_price_per_kwh[k]) + fmin(in, out));
    }
    return -lowest;
}

static double price_unit(const struct plan_problem *p)
{
    double largest = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        for (size_t k = 0; k < p->n_steps; k++)
            largest = fmax(largest,
                           fabs(p->grids[i].import_price_per_kwh[k] + plan_community_import_price(p, &p->grids[i], k)));
    return largest > 1e-3 ? pow(10, ceil(log10(largest) - 1e-9)) : 1;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static size_t most_columns(const struct plan_problem *p)
{
    size_t depths = p->least_frac > 0 ? MODEL_DEPTHS * p->n_buses : 0;
    return p->n_steps * (depths + 10 * p->n_grids + 2 * p->n_pvs + 7 * p->n_batteries + 5 * p->n_flexibles +
                         TIER_COUNT * p->n_loads + 4 * p->n_generators + 2 * p->n_converters + 4 * p->n_ties +
                         2 * p->n_communities + p->n_offers + 2) +
           p->n_grids + PLAN_MAX_SESSIONS * p->n_flexibles + 1;
}

static int allocate(struct model *m)
{
    const struct plan_problem *p = m->p;
    size_t blocks = m->courses.count, n = blocks * most_columns(p);
    m->expected = calloc(n, sizeof(double));
    m->money = calloc(n, sizeof(double));
    m->tie_break = calloc(n, sizeof(double));
    m->weight = calloc(n, sizeof(double));
    m->kwh = calloc(n, sizeof(double));
    m->expected_kg = calloc(n, sizeof(double));
    m->kg = calloc(n, sizeof(double));
    m->tier = calloc(n, sizeof(int));
    m->balance_rhs = calloc(p->n_buses * p->n_steps, sizeof(double));
    m->balance_rows = calloc(blocks, sizeof(int));
    m->grids = calloc(blocks * p->n_grids + 1, sizeof(*m->grids));
    m->communities = calloc(blocks * p->n_communities + 1, sizeof(*m->communities));
    m->pvs = calloc(blocks * p->n_pvs + 1, sizeof(*m->pvs));
    m->batteries = calloc(blocks * p->n_batteries + 1, sizeof(*m->batteries));
    m->flexibles = calloc(blocks * p->n_flexibles + 1, sizeof(*m->flexibles));
    m->area_row = calloc(blocks * p->n_steps, sizeof(int));
    m->group_row = calloc(blocks * p->n_groups * p->n_steps + 1, sizeof(int));
    m->loads = calloc(blocks * p->n_loads + 1, sizeof(*m->loads));
    m->generators = calloc(blocks * p->n_generators + 1, sizeof(*m->generators));
    m->converters = calloc(blocks * p->n_converters + 1, sizeof(*m->converters));
    m->ties = calloc(blocks * p->n_ties + 1, sizeof(*m->ties));
    m->offer_column = calloc(blocks * p->n_offers * p->n_steps + 1, sizeof(int));
    bool done = m->expected && m->money && m->tie_break && m->weight && m->kwh && m->expected_kg && m->kg && m->tier &&
                m->balance_rhs && m->balance_rows && m->grids && m->communities && m->pvs && m->batteries &&
                m->flexibles && m->area_row && m->group_row && m->loads && m->generators && m->converters && m->ties &&
                m->offer_column;
    return done ? lp_new(&m->lp) : AEMS_E_NOMEM;
}

// ---- blocks ---------------------------------------------------------------------------------------------------------

void model_at_block(struct model *m, size_t block)
{
    const struct plan_problem *p = m->p;
    ptrdiff_t by = (ptrdiff_t)block - (ptrdiff_t)m->block;
    m->grids += by * (ptrdiff_t)p->n_grids;
    m->communities += by * (ptrdiff_t)p->n_communities;
    m->pvs += by * (ptrdiff_t)p->n_pvs;
    m->batteries += by * (ptrdiff_t)p->n_batteries;
    m->flexibles += by * (ptrdiff_t)p->n_flexibles;
    m->area_row += by * (ptrdiff_t)p->n_steps;
    m->group_row += by * (ptrdiff_t)(p->n_groups * p->n_steps);
    m->loads += by * (ptrdiff_t)p->n_loads;
    m->generators += by * (ptrdiff_t)p->n_generators;
    m->converters += by * (ptrdiff_t)p->n_converters;
    m->offer_column += by * (ptrdiff_t)(p->n_offers * p->n_steps);
    m->forgoes = m->directions->forgoes + block * p->n_grids * p->n_steps;
    m->ties += by * (ptrdiff_t)p->n_ties;
    m->balance_row = m->balance_rows[block];
    m->block = block;
    m->p = &m->courses.problems[block];
}

static bool is_fed(const struct plan_problem *p, int bus, size_t k)
{
    for (size_t i = 0; i < p->n_grids; i++)
        if (p->grids[i].bus == bus && !plan_is_away(&p->grids[i], k))
            return true;
    return false;
}

// Where another course can draw from the grid what this one did not expect, decisions can be the same in all. Behind a
// tie, in an outage and on heat and cooling buses they have to follow the course.
size_t model_steps_shared_at(const struct model *m, int bus)
{
    size_t shared = 0;
    while (shared < m->courses.shared_steps && is_fed(m->p, bus, shared))
        shared++;
    return shared;
}

// Steps that are shared by an asset at two buses, of which the second may be none.
static void share_at(struct model *m, int bus, int other)
{
    size_t there = other >= 0 ? model_steps_shared_at(m, other) : m->p->n_steps, here = model_steps_shared_at(m, bus);
    m->n_shared = here < there ? here : there;
}

static void add_assets(struct model *m, const signed char *sign)
{
    const struct plan_problem *p = m->p;
    const signed char *runs = m->directions->runs,
                      *flexible_runs = runs + (p->n_generators + p->n_converters) * p->n_steps;
    for (size_t i = 0; i < p->n_grids; i++, sign += p->n_steps)
        model_add_grid(m, i, sign, m->forgoes + i * p->n_steps);
    model_add_area_limits(m);
    for (size_t i = 0; i < p->n_communities; i++)
        model_add_community(m, i);
    for (size_t i = 0; i < p->n_pvs; i++)
        model_add_pv(m, i);
    for (size_t i = 0; i < p->n_batteries; i++, sign += p->n_steps) {
        share_at(m, p->batteries[i].bus, -1);
        model_add_battery(m, i, sign);
    }
    for (size_t i = 0; i < p->n_flexibles; i++, sign += p->n_steps) {
        share_at(m, p->flexibles[i].bus, -1);
        model_add_flexible(m, i, sign, m->block == 0 ? flexible_runs + i * p->n_steps : NULL);
    }
    model_add_groups(m);
    for (size_t i = 0; i < p->n_loads; i++)
        model_add_load(m, i);
    model_add_depths(m);
    for (size_t i = 0; i < p->n_offers; i++) {
        share_at(m, p->offers[i].bus, -1);
        model_add_offer(m, i);
    }
    model_add_offer_bounds(m);
    for (size_t i = 0; i < p->n_generators; i++, runs += p->n_steps) {
        share_at(m, p->generators[i].bus, p->generators[i].heat_bus);
        model_add_generator(m, i, runs);
    }
    for (size_t i = 0; i < p->n_converters; i++, runs += p->n_steps) {
        share_at(m, p->converters[i].from, p->converters[i].to);
        model_add_converter(m, i, runs);
    }
    for (size_t i = 0; i < p->n_ties; i++, sign += p->n_steps) {
        share_at(m, p->ties[i].from, p->ties[i].to);
        model_add_tie(m, i, sign);
    }
}

static void build_block(struct model *m, const signed char *sign)
{
    const struct plan_problem *p = m->p;
    memset(m->balance_rhs, 0, p->n_buses * p->n_steps * sizeof(double));
    for (size_t b = 0; b < p->n_buses; b++) {
        int first = model_rows(m, "balance", b, p->bus_ids[b], p->n_steps);
        if (b == 0)
            m->balance_row = m->balance_rows[m->block] = first;
    }
    add_assets(m, sign);
    for (size_t i = 0; i < p->n_buses * p->n_steps; i++)
        model_row_is(m, m->balance_row + (int)i, m->balance_rhs[i], m->balance_rhs[i]);
}

static void build(struct model *m, const struct directions *d)
{
    size_t flows = directions_per_course(d);
    add_tier_rows(m);
    m->rows.first = m->rows.count;
    for (size_t block = 0; block < m->courses.count && m->error == 0; block++) {
        double constant = m->money_constant; // the same in every course
        model_at_block(m, block);
        build_block(m, d->sign + block * flows);
        if (block == 0) {
            m->columns.per_block = m->columns.count;
            m->rows.per_block = m->rows.count - m->rows.first;
        } else {
            m->money_constant = constant;
        }
    }
    model_at_block(m, 0);
}

int model_new(const struct plan_problem *p, const struct directions *directions, bool with_slack,
              struct model **ret_model)
{
    struct model *m = calloc(1, sizeof(*m));
    if (!m)
        return AEMS_E_NOMEM;
    m->p = p;
    m->with_slack = with_slack;
    m->directions = directions;
    m->price_unit = price_unit(p);
    m->error = plan_courses_new(p, &m->courses);
    if (m->error == 0)
        m->error = allocate(m);
    if (m->error == 0)
        build(m, directions);
    if (m->error < 0) {
        int rc = m->error;
        model_free(m);
        return rc;
    }
    *ret_model = m;
    return 0;
}

// ---- what the answer means ------------------------------------------------------------------------------------------

void model_expect_duals(const struct model *m, struct lp_solution *solution)
{
    const struct plan_problem *p = m->p;
    double share = 1 / m->courses.weight_sum;
    for (size_t b = 0; b < p->n_buses; b++)
        for (size_t k = 0; k < model_steps_shared_at(m, (int)b); k++) {
            double sum = 0;
            for (size_t block = 0; block < m->courses.count; block++)
                sum += solution->row_dual[m->rows.lp[m->balance_rows[block] + (int)(b * p->n_steps + k)]];
            solution->row_dual[model_balance(m, (int)b, k)] = sum * share;
        }
    for (size_t c = 0; c < p->n_communities; c++)
        for (size_t k = 0; k < m->courses.shared_steps; k++) {
            double sum = 0;
            for (size_t block = 0; block < m->courses.count; block++)
                sum += solution->row_dual[m->rows.lp[block * m->rows.per_block + (size_t)model_community_row(m, c, k)]];
            solution->row_dual[model_community_row(m, c, k)] = sum * share;
        }
    if (m->courses.count < 2)
        return;
    // A number of the second block that stands for a line of the first is what is shared.
    for (size_t j = 0; j < m->columns.per_block; j++)
        if (m->columns.lp[m->columns.per_block + j] == (int)j)
            solution->reduced_cost[j] *= share;
    for (size_t i = 0; i < m->rows.per_block; i++)
        if (m->rows.lp[m->rows.first + m->rows.per_block + i] == (int)(m->rows.first + i))
            solution->row_dual[m->rows.first + i] *= share;
}

double model_expected_cost(const struct model *m, const double *x)
{
    double sum = 0;
    for (size_t j = 0; j < lp_columns(m->lp); j++)
        sum += m->money[j] * x[j];
    return sum / m->courses.weight_sum + m->money_constant;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    lp_free(m->lp);
    free(m->columns.lp);
    free(m->rows.lp);
    free(m->expected);
    free(m->money);
    free(m->tie_break);
    free(m->weight);
    free(m->kwh);
    free(m->expected_kg);
    free(m->kg);
    free(m->tier);
    free(m->balance_rhs);
    free(m->balance_rows);
    free(m->grids);
    free(m->communities);
    free(m->pvs);
    free(m->batteries);
    for (size_t i = 0; m->flexibles && i < m->courses.count * m->p->n_flexibles; i++)
        model_free_flexible(&m->flexibles[i], i < m->p->n_flexibles);
    plan_courses_free(&m->courses); // m->p is one of them
    free(m->flexibles);
    free(m->area_row);
    free(m->group_row);
    free(m->loads);
    free(m->generators);
    free(m->converters);
    free(m->ties);
    free(m->offer_column);
    free(m);
}
