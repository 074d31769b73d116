// SPDX-License-Identifier: GPL-3.0-or-later
// Evenness in an outage: what is short at a bus counts the more the larger a share of its demand is short already, so
// that no hour and no bus goes without while another has all.
//
// A further price on what is shed of a step, in the tier of comfort, rising with the share that is: below what a more
// important load costs, so that the order of loads holds over all steps, and steeply beyond the least share.
#include "plan/limits.h"
#include "plan/model.h"

// Up to which share of what may be short, the least share kept, and of the least share itself, and at which price
// beside that of the load. Ordinary load costs 10, deferrable 1, important 100: see model_comfort_weight. Above the
// least share evenness is not worth storing energy for: what a battery takes away on the way there and back, a fifth
// and more, would be missing in all; so no price there is more than a fifth above that of the load.
static const struct depth {
    double of_free, of_least, weight;
} depths[MODEL_DEPTHS] = {{0.5, 0, 0},   {0.8, 0, 0.8}, {0.92, 0, 1.6}, {1, 0, 2.2},
                          {1, 0.08, 35}, {1, 0.16, 42}, {1, 1, 50}};

static double demand_kw(const struct plan_problem *p, int bus, size_t k)
{
    double sum_w = 0;
    for (size_t i = 0; i < p->n_loads; i++)
        if (p->loads[i].bus == bus)
            sum_w += plan_demand_w(p, &p->loads[i], k);
    return sum_w / KILO;
}

static double reach(const struct plan_problem *p, int depth)
{
    return depth < 0 ? 0 : depths[depth].of_free * (1 - p->least_frac) + depths[depth].of_least * p->least_frac;
}

static int add_columns(struct model *m, size_t bus, size_t k, double all_kw)
{
    static const char *const families[MODEL_DEPTHS] = {"short_1", "short_2", "short_3", "short_4",
                                                       "short_5", "short_6", "short_7"};
    double h = m->p->hours[k];
    int first = -1;
    for (int d = 0; d < MODEL_DEPTHS && m->error == 0; d++) {
        int column = model_column_at(m, families[d], bus, m->p->bus_ids[bus], k, k, false);
        first = d == 0 ? column : first;
        if (m->error < 0)
            break;
        model_bound(m, column, 0, (reach(m->p, d) - reach(m->p, d - 1)) * all_kw);
        model_penalise(m, column, OBJECTIVE_COMFORT, depths[d].weight * h, 0);
    }
    return first;
}

// What is shed at the bus <= the sum of the depths.
static void add_row(struct model *m, size_t bus, size_t k, int first)
{
    int row = model_row_at(m, "short", bus, m->p->bus_ids[bus], k, k, false);
    for (int d = 0; d < MODEL_DEPTHS && m->error == 0; d++)
        model_entry(m, row, first + d, -1);
    for (size_t i = 0; i < m->p->n_loads && m->error == 0; i++)
        for (int tier = 0; tier < TIER_COUNT && m->p->loads[i].bus == (int)bus; tier++)
            if (m->loads[i].shed[tier] >= 0)
                model_entry(m, row, m->loads[i].shed[tier] + (int)k, 1);
    if (m->error == 0)
        model_row_is(m, row, -LP_INFINITY, 0);
}

static bool counts(const struct plan_problem *p, size_t bus, size_t k)
{
    return p->least_frac > 0 && p->carriers[bus] == CARRIER_ELECTRICITY && p->lifelines_only[k] <= 0 &&
           plan_is_outage(p, k);
}

void model_add_depths(struct model *m)
{
    for (size_t b = 0; b < m->p->n_buses && m->with_slack; b++)
        for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
            double all_kw = counts(m->p, b, k) ? demand_kw(m->p, (int)b, k) : 0;
            if (all_kw <= 0)
                continue;
            int first = add_columns(m, b, k, all_kw);
            if (m->error == 0)
                add_row(m, b, k, first);
        }
}
