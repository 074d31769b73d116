// SPDX-License-Identifier: GPL-3.0-or-later
// Columns, rows, tiers and the order in which the parts are put together.
#include "plan/model.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "plan/steps.h"

// ---- columns and rows -----------------------------------------------------------------------------------------------

static void note(struct model *m, int code)
{
    if (code < 0 && m->error == 0)
        m->error = code;
}

static void make_name(char *ret_name, size_t size, const char *family, size_t index, const char *id, size_t k)
{
    snprintf(ret_name, size, "%s_%zu_%.47s_%zu", family, index, id, k);
    for (char *c = ret_name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
}

// A run over steps, all or the first few, is placed by their ends, which the next plan shares.
static int64_t place_at(const struct model *m, size_t count, size_t k)
{
    return count > 1 && k < m->p->n_steps ? plan_step_end_ms(m->p, k) : (int64_t)k;
}

static void make_series(char *ret_name, size_t size, const char *family, const char *id)
{
    snprintf(ret_name, size, "%s_%.47s", family, id);
    for (char *c = ret_name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
}

int model_columns(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    int first = -1;
    char series[96];
    make_series(series, sizeof(series), family, id);
    for (size_t k = 0; k < count; k++) {
        char name[96];
        make_name(name, sizeof(name), family, index, id, k);
        int column = lp_add_column(m->lp, 0, 0, 0, name);
        note(m, column);
        if (column < 0)
            return -1;
        note(m, lp_place_column(m->lp, column, series, place_at(m, count, k)));
        m->tier[column] = OBJECTIVE_MONEY;
        if (k == 0)
            first = column;
    }
    return first;
}

int model_rows(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    int first = -1;
    char series[96];
    make_series(series, sizeof(series), family, id);
    for (size_t k = 0; k < count; k++) {
        char name[96];
        make_name(name, sizeof(name), family, index, id, k);
        int row = lp_add_row(m->lp, 0, 0, name);
        note(m, row);
        if (row >= 0)
            note(m, lp_place_row(m->lp, row, series, place_at(m, count, k)));
        if (k == 0)
            first = row;
    }
    return first;
}

void model_place_row(struct model *m, int row, const char *family, const char *id, int64_t end_utc_ms)
{
    char series[96];
    make_series(series, sizeof(series), family, id);
    if (m->error == 0)
        note(m, lp_place_row(m->lp, row, series, end_utc_ms));
}

void model_bound(struct model *m, int column, double lower, double upper)
{
    if (m->error == 0)
        note(m, lp_set_column_bounds(m->lp, column, lower, upper));
}

void model_cost(struct model *m, int column, double money, double tie_break)
{
    if (m->error < 0)
        return;
    m->money[column] = money;
    m->tie_break[column] = tie_break;
}

void model_penalise(struct model *m, int column, enum objective_tier tier, double weight, double kwh)
{
    if (m->error < 0)
        return;
    m->tier[column] = (int)tier;
    m->weight[column] = weight;
    m->kwh[column] = kwh;
    model_entry(m, m->tier_row[tier], column, weight);
}

void model_entry(struct model *m, int row, int column, double value)
{
    if (m->error == 0)
        note(m, lp_add(m->lp, row, column, value));
}

void model_row_is(struct model *m, int row, double lower, double upper)
{
    if (m->error == 0)
        note(m, lp_set_row_bounds(m->lp, row, lower, upper));
}

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

int model_hold(struct model *m, enum objective_tier tier, double value)
{
    double room = 1e-6 * (1 + fabs(value));
    return lp_set_row_bounds(m->lp, m->tier_row[tier], -LP_INFINITY, fmax(0, value) + room);
}

static void add_tier_rows(struct model *m)
{
    static const char *const names[OBJECTIVE_MONEY] = {"lifelines", "limits", "reserve", "comfort"};
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++) {
        m->tier_row[tier] = m->with_slack ? model_rows(m, "tier", (size_t)tier, names[tier], 1) : -1;
        if (m->with_slack)
            model_row_is(m, m->tier_row[tier], 0, LP_INFINITY);
    }
}

// ---- costs that break ties ------------------------------------------------------------------------------------------

static double hash_unit(const char *id, int64_t hour)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *c = id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (unsigned char)(hour >> (8 * i))) * 1099511628211u;
    return (double)((hash ^ hash >> 29) % 1000003 + 1) / 1000003;
}

double model_tie_break(const char *id, int64_t utc_ms)
{
    // Linear within the hour, so that an hour's step costs the mean of the quarters it is later cut into.
    int64_t hour = utc_ms / 3600000;
    double part = (double)(utc_ms % 3600000) / 3600000;
    return (1 - part) * hash_unit(id, hour) + part * hash_unit(id, hour + 1);
}

double model_negative_price(const struct plan_problem *p, size_t k)
{
    double lowest = 0;
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        lowest = fmin(lowest, fmin(plan_import_cost_per_kwh(p, g, k), g->export_price_per_kwh[k]));
    }
    return -lowest;
}

static double price_unit(const struct plan_problem *p)
{
    double largest = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        for (size_t k = 0; k < p->n_steps; k++)
            largest = fmax(largest, fabs(p->grids[i].import_price_per_kwh[k]));
    return largest > 1e-3 ? pow(10, ceil(log10(largest) - 1e-9)) : 1;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static size_t most_columns(const struct plan_problem *p)
{
    return p->n_steps * (5 * p->n_grids + 2 * p->n_pvs + 7 * p->n_batteries + TIER_COUNT * p->n_loads +
                         p->n_generators + 4 * p->n_ties) +
           p->n_grids + 1;
}

static int allocate(struct model *m)
{
    const struct plan_problem *p = m->p;
    size_t n = most_columns(p);
    m->money = calloc(n, sizeof(double));
    m->tie_break = calloc(n, sizeof(double));
    m->weight = calloc(n, sizeof(double));
    m->kwh = calloc(n, sizeof(double));
    m->tier = calloc(n, sizeof(int));
    m->balance_rhs = calloc(p->n_buses * p->n_steps, sizeof(double));
    m->grids = calloc(p->n_grids + 1, sizeof(*m->grids));
    m->pvs = calloc(p->n_pvs + 1, sizeof(*m->pvs));
    m->batteries = calloc(p->n_batteries + 1, sizeof(*m->batteries));
    m->loads = calloc(p->n_loads + 1, sizeof(*m->loads));
    m->generators = calloc(p->n_generators + 1, sizeof(*m->generators));
    m->ties = calloc(p->n_ties + 1, sizeof(*m->ties));
    bool done = m->money && m->tie_break && m->weight && m->kwh && m->tier && m->balance_rhs && m->grids && m->pvs &&
                m->batteries && m->loads && m->generators && m->ties;
    return done ? lp_new(&m->lp) : AEMS_E_NOMEM;
}

static void add_assets(struct model *m, const struct directions *d)
{
    const struct plan_problem *p = m->p;
    const signed char *sign = d->sign;
    for (size_t i = 0; i < p->n_grids; i++, sign += p->n_steps)
        model_add_grid(m, i, sign);
    for (size_t i = 0; i < p->n_pvs; i++)
        model_add_pv(m, i);
    for (size_t i = 0; i < p->n_batteries; i++, sign += p->n_steps)
        model_add_battery(m, i, sign);
    for (size_t i = 0; i < p->n_loads; i++)
        model_add_load(m, i);
    for (size_t i = 0; i < p->n_generators; i++)
        model_add_generator(m, i);
    for (size_t i = 0; i < p->n_ties; i++, sign += p->n_steps)
        model_add_tie(m, i, sign);
}

static void build(struct model *m, const struct directions *directions)
{
    const struct plan_problem *p = m->p;
    add_tier_rows(m);
    for (size_t b = 0; b < p->n_buses; b++) {
        int first = model_rows(m, "balance", b, p->bus_ids[b], p->n_steps);
        if (b == 0)
            m->balance_row = first;
    }
    add_assets(m, directions);
    for (size_t i = 0; i < p->n_buses * p->n_steps; i++)
        model_row_is(m, m->balance_row + (int)i, m->balance_rhs[i], m->balance_rhs[i]);
}

int model_new(const struct plan_problem *p, const struct directions *directions, bool with_slack,
              struct model **ret_model)
{
    struct model *m = calloc(1, sizeof(*m));
    if (!m)
        return AEMS_E_NOMEM;
    m->p = p;
    m->with_slack = with_slack;
    m->price_unit = price_unit(p);
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

void model_free(struct model *m)
{
    if (!m)
        return;
    lp_free(m->lp);
    free(m->money);
    free(m->tie_break);
    free(m->weight);
    free(m->kwh);
    free(m->tier);
    free(m->balance_rhs);
    free(m->grids);
    free(m->pvs);
    free(m->batteries);
    free(m->loads);
    free(m->generators);
    free(m->ties);
    free(m);
}
