// SPDX-License-Identifier: GPL-3.0-or-later
// Columns and rows of the blocks: their names, bounds, costs and entries.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/model.h"
#include "plan/steps.h"

enum { NAME_SIZE = 112 }; // stems are shorter by more than three digits

static void note(struct model *m, int code)
{
    if (code < 0 && m->error == 0)
        m->error = code;
}

// ---- names and places -----------------------------------------------------------------------------------------------

static void keep_letters(char *name)
{
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
}

// Every block but the first has its number before all its names; the first has those of a plan without scenarios.
static void make_family(const struct model *m, char *ret_name, size_t size, const char *family)
{
    if (m->block > 0)
        snprintf(ret_name, size, "course%zu_%.24s", m->block % PLAN_MAX_SCENARIOS, family);
    else
        snprintf(ret_name, size, "%.24s", family);
}

// What the names of a run have in common. Most of a model's time would go into names if each were made anew.
struct stem {
    char text[NAME_SIZE];
    size_t length;
};

static void make_stem(const struct model *m, struct stem *ret_stem, const char *family, size_t index, const char *id)
{
    char whole[40];
    make_family(m, whole, sizeof(whole), family);
    snprintf(ret_stem->text, sizeof(ret_stem->text), "%s_%zu_%.47s_", whole, index % 1000, id);
    keep_letters(ret_stem->text);
    ret_stem->length = strlen(ret_stem->text);
}

// The stem's own text, with the last three digits of `number` behind it until the next call.
static const char *name_of(struct stem *stem, size_t number)
{
    char *end = stem->text + stem->length;
    size_t n = number % 1000;
    if (n >= 100)
        *end++ = (char)('0' + n / 100);
    if (n >= 10)
        *end++ = (char)('0' + n / 10 % 10);
    *end++ = (char)('0' + n % 10);
    *end = '\0';
    return stem->text;
}

static void make_series(const struct model *m, char *ret_name, size_t size, const char *family, const char *id)
{
    char whole[40];
    make_family(m, whole, sizeof(whole), family);
    snprintf(ret_name, size, "%s_%.47s", whole, id);
    keep_letters(ret_name);
}

// A run over steps, all or the first few, is placed by their ends, which the next plan shares.
static int64_t place_at(const struct model *m, size_t count, size_t k)
{
    return count > 1 && k < m->p->n_steps ? plan_step_end_ms(m->p, k) : (int64_t)k;
}

// ---- lines ----------------------------------------------------------------------------------------------------------

static bool has_room(struct model *m, struct model_lines *l, size_t count)
{
    if (l->count + count <= l->capacity)
        return true;
    size_t capacity = 2 * (l->count + count) + 64;
    int *lp = realloc(l->lp, capacity * sizeof(int));
    if (!lp) {
        note(m, AEMS_E_NOMEM);
        return false;
    }
    l->lp = lp;
    l->capacity = capacity;
    return true;
}

// The line of block 0 that the next one stands for. All blocks are built alike.
static int shared_line(struct model *m, const struct model_lines *l)
{
    size_t line = l->count - m->block * l->per_block;
    if (line >= l->first + l->per_block) {
        note(m, AEMS_E_STATE);
        return -1;
    }
    return (int)line;
}

// In a block that is not the first, a line of a step that is shared: written by the first block.
static bool stands_for_another(const struct model *m, const struct model_lines *l, int line)
{
    return m->block > 0 && (size_t)l->lp[line] < l->first + l->per_block && (size_t)line >= l->first + l->per_block;
}

static int new_column(struct model *m, const char *name, const char *series, int64_t at)
{
    int column = lp_add_column(m->lp, 0, 0, 0, name);
    note(m, column);
    if (column < 0)
        return -1;
    note(m, lp_place_column(m->lp, column, series, at));
    m->tier[column] = OBJECTIVE_MONEY;
    return column;
}

static int new_row(struct model *m, const char *name, const char *series, int64_t at)
{
    int row = lp_add_row(m->lp, 0, 0, name);
    note(m, row);
    if (row >= 0)
        note(m, lp_place_row(m->lp, row, series, at));
    return row;
}

typedef int new_fn(struct model *m, const char *name, const char *series, int64_t at);

static int add_lines(struct model *m, struct model_lines *l, new_fn *add, const char *family, size_t index,
                     const char *id, size_t count, size_t n_shared)
{
    char series[NAME_SIZE];
    struct stem stem;
    make_series(m, series, sizeof(series), family, id);
    make_stem(m, &stem, family, index, id);
    if (m->error < 0 || !has_room(m, l, count))
        return -1;
    int first = count > 0 ? (int)l->count : -1;
    for (size_t k = 0; k < count; k++) {
        bool again = m->block > 0 && k < n_shared;
        int line = again ? shared_line(m, l) : add(m, name_of(&stem, k), series, place_at(m, count, k));
        if (line < 0)
            return -1;
        l->lp[l->count++] = line;
    }
    return first;
}

int model_columns(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    return add_lines(m, &m->columns, new_column, family, index, id, count, 0);
}

int model_rows(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    return add_lines(m, &m->rows, new_row, family, index, id, count, 0);
}

static int add_line(struct model *m, struct model_lines *l, new_fn *add, const char *family, size_t index,
                    const char *id, size_t number, int64_t at, bool shared)
{
    char series[NAME_SIZE];
    struct stem stem;
    make_stem(m, &stem, family, index, id);
    make_series(m, series, sizeof(series), family, id);
    if (m->error < 0 || !has_room(m, l, 1))
        return -1;
    int line = shared && m->block > 0 ? shared_line(m, l) : add(m, name_of(&stem, number), series, at);
    if (line < 0)
        return -1;
    l->lp[l->count] = line;
    return (int)l->count++;
}

int model_column_at(struct model *m, const char *family, size_t index, const char *id, size_t number, size_t last_step,
                    bool decides)
{
    return add_line(m, &m->columns, new_column, family, index, id, number, plan_step_end_ms(m->p, last_step),
                    decides && last_step < m->n_shared);
}

int model_row_at(struct model *m, const char *family, size_t index, const char *id, size_t number, size_t last_step,
                 bool decides)
{
    return add_line(m, &m->rows, new_row, family, index, id, number, plan_step_end_ms(m->p, last_step),
                    decides && last_step < m->n_shared);
}

int model_decisions(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    return add_lines(m, &m->columns, new_column, family, index, id, count, m->n_shared);
}

int model_decision_rows(struct model *m, const char *family, size_t index, const char *id, size_t count)
{
    return add_lines(m, &m->rows, new_row, family, index, id, count, m->n_shared);
}

// ---- what stands in them --------------------------------------------------------------------------------------------

void model_place_row(struct model *m, int row, const char *family, const char *id, int64_t end_utc_ms)
{
    char series[NAME_SIZE];
    make_series(m, series, sizeof(series), family, id);
    if (m->error == 0 && !stands_for_another(m, &m->rows, row))
        note(m, lp_place_row(m->lp, m->rows.lp[row], series, end_utc_ms));
}

void model_bound(struct model *m, int column, double lower, double upper)
{
    if (m->error == 0 && !stands_for_another(m, &m->columns, column))
        note(m, lp_set_column_bounds(m->lp, m->columns.lp[column], lower, upper));
}

void model_cost(struct model *m, int column, double money, double tie_break)
{
    if (m->error < 0)
        return;
    int j = m->columns.lp[column];
    double weight = m->courses.weights[m->block];
    if (m->block == 0)
        m->expected[j] = money;
    m->money[j] += weight * money;
    m->tie_break[j] += weight * tie_break;
}

void model_penalise(struct model *m, int column, enum objective_tier tier, double weight, double kwh)
{
    if (m->error < 0)
        return;
    int j = m->columns.lp[column];
    double weighed = weight * m->courses.weights[m->block];
    m->tier[j] = (int)tier;
    m->weight[j] += weighed;
    if (m->block == 0)
        m->kwh[j] = kwh;
    note(m, lp_add(m->lp, m->tier_row[tier], j, weighed));
}

void model_emit(struct model *m, int column, double kg)
{
    if (m->error < 0)
        return;
    int j = m->columns.lp[column];
    double weighed = kg * m->courses.weights[m->block];
    if (m->block == 0)
        m->expected_kg[j] = kg;
    m->kg[j] += weighed;
    if (m->co2_row >= 0)
        note(m, lp_add(m->lp, m->co2_row, j, weighed));
}

void model_miss(struct model *m, int row, int column, int miss, size_t k, double held_kw)
{
    double h = m->p->hours[k];
    model_bound(m, miss, 0, held_kw);
    model_penalise(m, miss, OBJECTIVE_LIMITS, h, h);
    model_entry(m, row, column, 1);
    model_entry(m, row, miss, 1);
    model_row_is(m, row, held_kw, held_kw);
}

void model_entry(struct model *m, int row, int column, double value)
{
    if (m->error == 0 && !stands_for_another(m, &m->rows, row))
        note(m, lp_add(m->lp, m->rows.lp[row], m->columns.lp[column], value));
}

void model_row_is(struct model *m, int row, double lower, double upper)
{
    if (m->error == 0 && !stands_for_another(m, &m->rows, row))
        note(m, lp_set_row_bounds(m->lp, m->rows.lp[row], lower, upper));
}
