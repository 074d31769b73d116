// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings do without when they are asked to: power into their bus, at its price, so much energy at most.
//
// Like every decision an offer is the same in all courses in the first steps, and free later. What is asked for at a
// bus and what is shed there come from the same loads: together no more than these draw, in each course.
#include "plan/limits.h"
#include "plan/model.h"

static bool may_be_asked(const struct plan_offer *o, size_t k)
{
    return o->available_w[k] > 0;
}

static void add_power(struct model *m, const struct plan_offer *o, int column, size_t k)
{
    double h = m->p->hours[k];
    model_bound(m, column, 0, o->available_w[k] / KILO);
    model_cost(m, column, o->price_per_kwh * h, model_small_cost(m, o->id, k) * h);
    model_entry(m, model_balance(m, o->bus, k), column, 1);
}

// Only where the powers could exceed it.
static void add_energy(struct model *m, const struct plan_offer *o, size_t i, const int *column)
{
    double most_kwh = 0;
    size_t last = 0;
    for (size_t k = 0; k < m->p->n_steps; k++)
        if (may_be_asked(o, k)) {
            most_kwh += o->available_w[k] / KILO * m->p->hours[k];
            last = k;
        }
    if (most_kwh <= o->energy_wh / KILO)
        return;
    int row = model_row_at(m, "offer_energy", i, o->id, 0, last, true);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++)
        if (column[k] >= 0)
            model_entry(m, row, column[k], m->p->hours[k]);
    if (m->error == 0)
        model_row_is(m, row, -LP_INFINITY, o->energy_wh / KILO);
}

void model_add_offer(struct model *m, size_t i)
{
    const struct plan_offer *o = &m->p->offers[i];
    int *column = m->offer_column + i * m->p->n_steps;
    for (size_t k = 0; k < m->p->n_steps; k++) {
        column[k] = may_be_asked(o, k) ? model_column_at(m, "offer", i, o->id, k, k, true) : -1;
        if (column[k] >= 0)
            add_power(m, o, column[k], k);
    }
    if (m->error == 0)
        add_energy(m, o, i, column);
}

// ---- no more than loads draw ----------------------------------------------------------------------------------------

static bool is_asked_at(const struct model *m, int bus, size_t k)
{
    for (size_t i = 0; i < m->p->n_offers; i++)
        if (m->p->offers[i].bus == bus && m->offer_column[i * m->p->n_steps + k] >= 0)
            return true;
    return false;
}

static void add_offers_at(struct model *m, int row, int bus, size_t k)
{
    for (size_t i = 0; i < m->p->n_offers; i++) {
        int column = m->offer_column[i * m->p->n_steps + k];
        if (m->p->offers[i].bus == bus && column >= 0)
            model_entry(m, row, column, 1);
    }
}

static double add_loads_at(struct model *m, int row, int bus, size_t k)
{
    double kw = 0;
    for (size_t i = 0; i < m->p->n_loads; i++) {
        if (m->p->loads[i].bus != bus)
            continue;
        kw += plan_demand_w(m->p, &m->p->loads[i], k) / KILO;
        for (int tier = 0; tier < TIER_COUNT; tier++)
            if (m->loads[i].shed[tier] >= 0)
                model_entry(m, row, m->loads[i].shed[tier] + (int)k, 1);
    }
    return kw;
}

void model_add_offer_bounds(struct model *m)
{
    for (size_t b = 0; b < m->p->n_buses && m->p->n_offers > 0; b++)
        for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
            if (!is_asked_at(m, (int)b, k))
                continue;
            int row = model_row_at(m, "offers", b, m->p->bus_ids[b], k, k, false);
            if (m->error < 0)
                return;
            add_offers_at(m, row, (int)b, k);
            model_row_is(m, row, -LP_INFINITY, add_loads_at(m, row, (int)b, k));
        }
}
