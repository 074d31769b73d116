// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/assets.h"

// One of the problem's arrays: every struct begins with its id, `stride` leads from one to the next.
struct run {
    enum asset_kind kind; // the lowest it may hold
    const void *first;
    size_t count, stride;
};

enum { RUNS = 8 };

static void list_runs(const struct plan_problem *p, struct run ret_runs[RUNS])
{
    const struct run runs[RUNS] = {
        {ASSET_GRID, p->grids, p->n_grids, sizeof(*p->grids)},
        {ASSET_PV, p->pvs, p->n_pvs, sizeof(*p->pvs)},
        {ASSET_BATTERY, p->batteries, p->n_batteries, sizeof(*p->batteries)},
        {ASSET_CHARGER, p->flexibles, p->n_flexibles, sizeof(*p->flexibles)},
        {ASSET_LOAD, p->loads, p->n_loads, sizeof(*p->loads)},
        {ASSET_GENERATOR, p->generators, p->n_generators, sizeof(*p->generators)},
        {ASSET_CONVERTER, p->converters, p->n_converters, sizeof(*p->converters)},
        {ASSET_TIE, p->ties, p->n_ties, sizeof(*p->ties)},
    };
    for (int i = 0; i < RUNS; i++)
        ret_runs[i] = runs[i];
}

size_t plan_assets(const struct plan_problem *p)
{
    struct run runs[RUNS];
    size_t count = 0;
    list_runs(p, runs);
    for (int i = 0; i < RUNS; i++)
        count += runs[i].count;
    return count;
}

struct plan_asset plan_asset_at(const struct plan_problem *p, size_t number)
{
    struct run runs[RUNS];
    int i = 0;
    list_runs(p, runs);
    while (i < RUNS - 1 && number >= runs[i].count)
        number -= runs[i++].count;
    struct plan_asset a = {
        .id = (const char *)runs[i].first + number * runs[i].stride, .kind = runs[i].kind, .index = number};
    if (a.kind == ASSET_BATTERY)
        a.kind = p->batteries[number].kind;
    if (a.kind == ASSET_CHARGER)
        a.kind = p->flexibles[number].kind;
    return a;
}

size_t plan_first_asset(const struct plan_problem *p, enum asset_kind kind)
{
    struct run runs[RUNS];
    size_t first = 0;
    list_runs(p, runs);
    for (int i = 0; i + 1 < RUNS && runs[i + 1].kind <= kind; i++)
        first += runs[i].count;
    return first;
}
