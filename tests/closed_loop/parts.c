// SPDX-License-Identifier: GPL-3.0-or-later
#include "parts.h"

#include <math.h>

#include "core/dr.h"
#include "core/engine.h"
#include "plan/schedule.h"

void parts_mark(struct parts *p, const struct closed_loop *c)
{
    const struct site *s = closed_loop_site(c);
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct plant_asset *a = plant_model_asset(closed_loop_model(c), (int)i);
        p->wh[p->n][i] = a->energy_in_wh - a->energy_out_wh;
    }
    p->n++;
}

void parts_second(struct parts *p, const struct closed_loop *c)
{
    const struct site *s = closed_loop_site(c);
    const struct schedule *plan = engine_plan(closed_loop_engine(c));
    int64_t now_ms = closed_loop_now(c).utc_ms;
    int step = plan != NULL ? schedule_step_at(plan, now_ms) : -1;
    for (size_t b = 0; b < s->n_buildings; b++)
        p->asked_wh[p->n - 1] += building_asked_w(closed_loop_engine(c), (int)b, now_ms) / 3600;
    double planned_w = 0;
    for (size_t o = 0; step >= 0 && o < plan->n_offers; o++)
        planned_w += plan->offer_w[o * plan->n_steps + (size_t)step];
    p->planned_wh[p->n - 1] += planned_w / 3600;
    p->most_planned_w[p->n - 1] = fmax(p->most_planned_w[p->n - 1], planned_w);
}

static int building_of(const struct site *s, size_t asset) // -1: none
{
    for (size_t b = 0; b < s->n_buildings; b++)
        for (size_t i = 0; i < s->buildings[b].n_loads; i++)
            if (site_find_asset(s, s->loads[s->buildings[b].loads[i]].id) == (int)asset)
                return (int)b;
    return -1;
}

struct parts_given parts_given(const struct site *s, const struct parts *with, const struct parts *without, size_t from,
                               size_t to)
{
    struct parts_given g = {0};
    for (size_t i = 0; i < s->n_assets; i++) {
        double wh = (with->wh[to][i] - with->wh[from][i]) - (without->wh[to][i] - without->wh[from][i]);
        enum asset_kind kind = s->assets[i].kind;
        if (kind == ASSET_GRID)
            g.area_wh -= wh;
        else if (kind == ASSET_BATTERY)
            g.storages_wh += wh;
        else if (kind == ASSET_PV)
            g.pv_wh += wh;
        else if (building_of(s, i) >= 0)
            g.buildings_wh += wh;
        else if (kind != ASSET_TIE)
            g.others_wh += wh;
    }
    return g;
}

double parts_drawn_wh(const struct site *s, const struct parts *p, int building)
{
    double sum_wh = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        double wh = p->wh[p->n - 1][i] - p->wh[0][i];
        if (building < 0 && s->assets[i].kind == ASSET_GRID)
            sum_wh += wh;
        else if (building >= 0 && building_of(s, i) == building)
            sum_wh -= wh;
    }
    return sum_wh;
}
