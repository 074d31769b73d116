// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings offer, in the steps of a plan in which something is asked of the area.
#include <math.h>
#include <string.h>

#include "core/buildings.h"
#include "core/problem.h"

// Offers of all buildings: the first of each, then the second, as many as a plan takes.
struct listed {
    int building;
    size_t number;
};

static size_t list_offers(const struct engine *e, struct listed ret[static SITE_MAX_ASSETS])
{
    size_t n = 0;
    for (size_t number = 0; number < SITE_MAX_OFFERS; number++)
        for (size_t b = 0; b < e->site->n_buildings && n < SITE_MAX_ASSETS; b++) {
            const struct site_offer *offers;
            if (number < building_offers(e, (int)b, &offers))
                ret[n++] = (struct listed){(int)b, number};
        }
    return n;
}

// False: in none of the steps.
static bool asks(const struct engine *e, const struct plan_problem *p, bool ret_asks[static PLAN_MAX_STEPS])
{
    bool any = false;
    for (size_t k = 0; k < p->n_steps; k++) {
        ret_asks[k] = dr_asks(e, p->start_utc_ms[k], problem_step_end_ms(p, k));
        any |= ret_asks[k];
    }
    return any;
}

// What the building's loads at the offer's bus draw in the expected course.
static double drawn_w(const struct engine *e, const struct plan_problem *p, int building, size_t k)
{
    const struct site_building *b = &e->site->buildings[building];
    int bus = building_bus(e, building);
    double sum_w = 0;
    for (size_t i = 0; i < b->n_loads; i++)
        if (e->site->loads[b->loads[i]].bus == bus)
            sum_w += p->loads[b->loads[i]].demand_w[k];
    return sum_w;
}

static void fill_offer(const struct engine *e, const struct listed *l, const bool *asked, struct plan_problem *p,
                       struct plan_offer *o)
{
    const struct site_offer *offers;
    building_offers(e, l->building, &offers);
    building_offer_id(e, l->building, l->number, o->id);
    o->bus = building_bus(e, l->building);
    o->price_per_kwh = offers[l->number].price_per_kwh;
    o->energy_wh = building_left_wh(e, l->building, l->number);
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t from = p->start_utc_ms[k], to = problem_step_end_ms(p, k);
        double share_w[SITE_MAX_OFFERS];
        if (!asked[k])
            continue;
        building_share_w(e, l->building, from, to, drawn_w(e, p, l->building, k), share_w);
        o->available_w[k] = share_w[l->number];
    }
}

int problem_fill_offers(const struct engine *e, struct plan_problem *p)
{
    struct listed list[SITE_MAX_ASSETS];
    bool asked[PLAN_MAX_STEPS];
    if (e->site->n_buildings == 0 || !asks(e, p, asked))
        return 0;
    size_t n = list_offers(e, list);
    int result = n > 0 ? plan_problem_add_offers(p, n) : 0;
    for (size_t i = 0; i < n && result == 0; i++)
        fill_offer(e, &list[i], asked, p, &p->offers[i]);
    return result;
}
