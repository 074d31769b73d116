// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads.
#include <math.h>
#include <string.h>

#include "plan/reasons.h"

static const double NEAR_WH = 1.0;

struct moment { // one of them, in one step
    const struct plan_flexible *f;
    const struct model_flexible *c;
    const struct stay *stay;
    const struct schedule_asset *a;
    double power_w, share, before_wh;
};

// The group around it whose limit has a price in this step: the innermost.
static struct reason group_near(const struct look *l, const struct moment *n, size_t k)
{
    const struct plan_problem *p = l->m->p;
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = look_price(l, n->f->bus, k)};
    for (int g = n->f->group; g >= 0 && r.kind == REASON_NONE; g = p->groups[g].within) {
        int row = l->m->group_row[(size_t)g * p->n_steps + k];
        if (row < 0 || !look_is_much(l, fabs(l->solution->row_dual[row]) / l->s->hours[k]))
            continue;
        r.kind = REASON_GROUP_LIMIT;
        memcpy(r.asset, p->groups[g].id, SITE_ID_MAX);
    }
    return r;
}

// From here on it has to charge with all its power to have what it wants in time.
static bool is_pressed(const struct look *l, const struct moment *n, size_t k)
{
    double possible_wh = 0;
    for (size_t j = k; j < n->stay->first + n->stay->count; j++)
        possible_wh += n->f->charge_efficiency * n->f->max_charge_w * n->c->stays->share[j] * l->s->hours[j];
    return n->stay->wanted_wh - n->before_wh > possible_wh - NEAR_WH;
}

static enum reason_kind moving(const struct look *l, const struct moment *n, size_t k)
{
    double limit_w = (n->power_w < 0 ? n->f->max_charge_w : n->f->max_discharge_w) * n->share;
    if (n->power_w < 0 && is_pressed(l, n, k))
        return REASON_DEPARTURE;
    if (fabs(n->power_w) >= limit_w - REASON_NEAR_W)
        return REASON_POWER_LIMIT;
    if (n->power_w < 0 && n->a->energy_wh[k] >= n->stay->high_wh - NEAR_WH)
        return REASON_FULL;
    if (n->power_w > 0 && n->a->energy_wh[k] <= n->stay->low_wh + NEAR_WH)
        return REASON_EMPTY;
    return n->power_w < 0 && look_has_surplus(l, k) ? REASON_SURPLUS : REASON_PRICE;
}

static enum reason_kind resting(const struct moment *n)
{
    if (n->before_wh >= n->stay->high_wh - NEAR_WH)
        return REASON_FULL;
    return n->before_wh < n->stay->wanted_wh - NEAR_WH ? REASON_PRICE : REASON_NONE; // waits for a better one
}

struct reason reason_of_flexible(const struct look *l, size_t i, size_t asset, size_t k)
{
    const struct model_flexible *c = &l->m->flexibles[i];
    struct moment n = {.f = &l->m->p->flexibles[i], .c = c, .a = &l->s->assets[asset], .share = c->stays->share[k]};
    struct reason r = {.kind = REASON_NONE, .price_per_kwh = look_price(l, n.f->bus, k)};
    if (!n.f->available || c->stays->owner[k] < 0)
        return r;
    n.stay = &c->stays->at[(int)c->stays->owner[k]];
    n.power_w = n.a->power_w[k];
    n.before_wh = k == n.stay->first ? n.stay->start_wh : n.a->energy_wh[k - 1];
    bool moves = fabs(n.power_w) > REASON_NEAR_W;
    r.kind = moves ? moving(l, &n, k) : resting(&n);
    if (r.kind == REASON_FULL || r.kind == REASON_EMPTY || r.kind == REASON_NONE ||
        fabs(n.power_w) >= n.f->max_charge_w * n.share - REASON_NEAR_W)
        return r;
    struct reason shared = group_near(l, &n, k);
    if (shared.kind == REASON_NONE)
        shared = look_outside(l, n.f->bus, k);
    bool own = shared.kind == REASON_NONE || (shared.kind == REASON_OUTAGE && r.kind != REASON_PRICE);
    return own ? r : shared;
}
