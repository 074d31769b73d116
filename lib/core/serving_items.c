// SPDX-License-Identifier: GPL-3.0-or-later
// What can be shed or served of an island: circuits behind switches, tiers of loads that a device limits, chargers and
// flexible loads; what of a load that takes away, and what its device is told for it.
#include <math.h>

#include "base/number.h"
#include "core/serving_items.h"

static const double LIMIT_LEAVES = 0.4; // of what a limit sheds
static const double BINDS = 0.95;       // a limit with so much of it drawn
static const double LEAST_ON = 0.2;     // of a load: less does not tell what all of it would draw

enum { HURRY_MS = 5000 }; // what was shed so soon after a loss was shed in a hurry

// ---- items ----------------------------------------------------------------------------------------------------------

static bool is_switched(const struct engine *e, int load, enum load_tier tier)
{
    for (int i = e->outage.first_switch[load]; i >= 0; i = e->outage.switches[i].next_of_load)
        if (e->site->switches[i].tier == tier)
            return true;
    return false;
}

// In an outage switches go before the device that limits the load while there is a grid: they act at once, and what is
// behind them is known.
static bool is_limited(const struct engine *e, int load, enum load_tier tier)
{
    const struct site_load *l = &e->site->loads[load];
    if (is_switched(e, load, tier))
        return false;
    return e->assets[asset_of(e, ASSET_LOAD, load)].control >= 0 && l->sheddable[tier] && l->tier_share[tier] > 0;
}

size_t items_list(const struct engine *e, int island, struct item *ret)
{
    int bus = e->site->islands[island].bus;
    size_t n = 0;
    for (size_t i = 0; i < outage_switches(e); i++) {
        int load = e->site->switches[i].load;
        if (load >= 0 && e->site->loads[load].bus == bus)
            ret[n++] = (struct item){ITEM_SWITCH, (int)i, e->site->switches[i].tier};
    }
    for (size_t i = 0; i < e->site->n_loads; i++)
        for (int t = 0; t < TIER_COUNT; t++)
            if (e->site->loads[i].bus == bus && is_limited(e, (int)i, (enum load_tier)t))
                ret[n++] = (struct item){ITEM_LIMITED, (int)i, (enum load_tier)t};
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_flexible *f = site_flexible_of(e->site, (int)i);
        if (f != NULL && f->bus == bus && e->assets[i].control >= 0)
            ret[n++] = (struct item){ITEM_PAUSED, (int)i, f->priority};
    }
    return n;
}

// ---- loads that a device limits -------------------------------------------------------------------------------------

static bool is_limited_away(const struct engine *e, int load, enum load_tier tier)
{
    return (e->outage.limited[load] & 1U << tier) != 0;
}

// ---- what is shed ---------------------------------------------------------------------------------------------------

// Of a tier what stands behind open switches, or what the device limits away.
double serving_tier_shed_frac(const struct engine *e, int load, enum load_tier tier)
{
    const struct site_load *l = &e->site->loads[load];
    double open = 0;
    if (!outage_is_watched(e) || l->tier_share[tier] <= 0)
        return 0;
    if (is_limited_away(e, load, tier))
        return 1;
    for (int i = e->outage.first_switch[load]; i >= 0; i = e->outage.switches[i].next_of_load)
        if (e->site->switches[i].tier == tier && switch_is_open(e, i))
            open += e->site->switches[i].share;
    return fmin(open / l->tier_share[tier], 1);
}

double serving_shed_frac(const struct engine *e, int load)
{
    double sum = 0;
    for (int t = 0; t < TIER_COUNT; t++)
        sum += e->site->loads[load].tier_share[t] * serving_tier_shed_frac(e, load, (enum load_tier)t);
    return fmin(sum, 1);
}

double serving_limited_frac(const struct engine *e, int load)
{
    double sum = 0;
    for (int t = 0; t < TIER_COUNT && outage_is_watched(e); t++)
        sum += is_limited_away(e, load, (enum load_tier)t) ? e->site->loads[load].tier_share[t] : 0;
    return sum;
}

// Behind switches that were told to open and are on their way.
static double going_frac(const struct engine *e, int load)
{
    double sum = 0;
    for (int i = e->outage.first_switch[load]; i >= 0; i = e->outage.switches[i].next_of_load) {
        const struct switch_state *s = &e->outage.switches[i];
        bool goes = s->told && !s->wanted_closed && !s->disobeys && switch_reachable(e, i);
        sum += goes && !switch_is_open(e, i) ? e->site->switches[i].share : 0;
    }
    return sum;
}

double serving_left_w(const struct engine *e, int load)
{
    return outage_is_watched(e) ? e->outage.served_w[load] : INFINITY;
}

double serving_seen_frac(const struct engine *e, int load, double *io_drawn_w)
{
    double off = serving_shed_frac(e, load), limited = serving_limited_frac(e, load), left_w = serving_left_w(e, load);
    if (limited <= 0)
        return 1 - off;
    if (*io_drawn_w < BINDS * left_w)
        return 1 - off + limited;
    *io_drawn_w = left_w - e->outage.spare_w[load];
    return fmax(1 - off - going_frac(e, load), 0) + LIMIT_LEAVES * limited;
}

// What is drawn under a limit that binds does not tell what would be drawn without it, so the limit follows the
// forecast, or what is drawn by what is switched on where that is more; and it leaves some of what it sheds, so that a
// forecast that is a little low does not take what matters more. What is about to be switched off is off when the
// device hears of it.
void item_refresh_limit(struct engine *e, int load, struct instant now)
{
    for (int t = 0; t < TIER_COUNT && e->outage.limited[load] != 0; t++)
        if (!is_limited(e, load, (enum load_tier)t)) // a new configuration gave it switches
            e->outage.limited[load] &= ~(1U << t);
    double limited = serving_limited_frac(e, load);
    if (limited <= 0) {
        e->outage.served_w[load] = INFINITY;
        return;
    }
    double expected_w = forecast_load_w(e->forecast, load, now.utc_ms, now.utc_ms, now.utc_ms + 60 * 1000);
    double switched_on = 1 - clamp(serving_shed_frac(e, load) - limited, 0, 1),
           on = switched_on - going_frac(e, load) - (1 - LIMIT_LEAVES) * limited;
    double drawn_w = fmax(-e->assets[asset_of(e, ASSET_LOAD, load)].good.v, 0);
    if (switched_on > LEAST_ON)
        expected_w = fmax(expected_w, drawn_w / switched_on);
    e->outage.served_w[load] = expected_w * fmax(on, 0) + e->outage.spare_w[load];
}

// ---- items as shedding sees them ------------------------------------------------------------------------------------

// What was shed in the hurry of a loss need not rest: it comes back as soon as engines run and there is a plan.
static uint64_t changed_mono_ms(const struct engine *e, int island, uint64_t mono_ms)
{
    uint64_t lost = e->outage.islands[island].lost_mono_ms;
    bool in_a_hurry = lost != 0 && mono_ms >= lost && mono_ms - lost < HURRY_MS;
    return in_a_hurry ? 0 : mono_ms;
}

static void fill_switch(const struct engine *e, int of_switch, int island, struct instant now, struct shed_item *ret)
{
    const struct switch_state *s = &e->outage.switches[of_switch];
    bool obeys = !s->disobeys && switch_reachable(e, of_switch);
    ret->power_w = switch_power_w(e, of_switch, now);
    ret->inrush_w = ret->power_w * fmax(e->site->switches[of_switch].inrush, 1);
    ret->served = !switch_is_open(e, of_switch);
    ret->can_shed = obeys;
    ret->can_serve = obeys && s->told && !s->wanted_closed && // not what hands have opened
                     !switch_rests(e, of_switch, now.mono_ms);
    if (s->told && !s->disobeys) // on its way
        ret->served = s->wanted_closed && (ret->served || !s->obeyed);
    ret->changed_mono_ms = changed_mono_ms(e, island, s->changed_mono_ms);
}

static void fill_limited(const struct engine *e, int load, enum load_tier tier, struct instant now,
                         struct shed_item *ret)
{
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_LOAD, load)];
    double share = e->site->loads[load].tier_share[tier] * (1 - LIMIT_LEAVES); // the rest goes on in any case
    ret->power_w = ret->inrush_w = load_natural_w(e, load, now) * share;
    ret->served = !is_limited_away(e, load, tier);
    ret->can_shed = ret->can_serve = a->reachable && !a->obedience.unwilling;
}

static void fill_paused(const struct engine *e, int asset, struct shed_item *ret)
{
    const struct asset_state *a = &e->assets[asset];
    ret->served = !e->outage.paused[asset];
    ret->power_w = ret->inrush_w = ret->served ? fmax(-a->good.v, 0) : site_flexible_of(e->site, asset)->min_charge_w;
    ret->can_shed = ret->can_serve = a->reachable && !a->obedience.unwilling;
}

size_t serving_items(const struct engine *e, int island, struct instant now, struct shed_item *ret_items)
{
    struct item items[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    for (size_t i = 0; i < n; i++) {
        struct shed_item *s = &ret_items[i];
        *s = (struct shed_item){.tier = items[i].tier};
        s->changed_mono_ms = changed_mono_ms(e, island, e->outage.islands[island].shed_mono_ms);
        if (items[i].kind == ITEM_SWITCH)
            fill_switch(e, items[i].index, island, now, s);
        else if (items[i].kind == ITEM_LIMITED)
            fill_limited(e, items[i].index, items[i].tier, now, s);
        else
            fill_paused(e, items[i].index, s);
    }
    return n;
}

void item_set(struct engine *e, const struct item *item, bool served, struct instant now)
{
    unsigned bit = 1U << item->tier;
    if (item->kind == ITEM_SWITCH) {
        switch_want(e, item->index, served, now);
    } else if (item->kind == ITEM_LIMITED) {
        e->outage.limited[item->index] =
            served ? e->outage.limited[item->index] & ~bit : e->outage.limited[item->index] | bit;
        item_refresh_limit(e, item->index, now);
        queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    } else {
        e->outage.paused[item->index] = !served;
    }
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

void serving_name(const struct engine *e, int island, int item, int *ret_switch, int *ret_asset,
                  enum load_tier *ret_tier)
{
    struct item items[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    const struct item *i = item >= 0 && (size_t)item < n ? &items[item] : NULL;
    *ret_switch = *ret_asset = -1;
    *ret_tier = TIER_DEFERRABLE;
    if (i == NULL)
        return;
    *ret_switch = i->kind == ITEM_SWITCH ? i->index : -1;
    *ret_asset = i->kind == ITEM_PAUSED    ? i->index
                 : i->kind == ITEM_LIMITED ? asset_of(e, ASSET_LOAD, i->index)
                                           : asset_of(e, ASSET_LOAD, e->site->switches[i->index].load);
    *ret_tier = i->tier;
}

void serving_set(struct engine *e, int island, int item, bool served, struct instant now)
{
    struct item items[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    if (item >= 0 && (size_t)item < n)
        item_set(e, &items[item], served, now);
}

int serving_limited_load(const struct engine *e, int island, int item)
{
    struct item items[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    return item >= 0 && (size_t)item < n && items[item].kind == ITEM_LIMITED ? items[item].index : -1;
}

int serving_paused_asset(const struct engine *e, int island, int item)
{
    struct item items[SERVING_MAX_ITEMS];
    size_t n = items_list(e, island, items);
    return item >= 0 && (size_t)item < n && items[item].kind == ITEM_PAUSED ? items[item].index : -1;
}
