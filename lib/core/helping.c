// SPDX-License-Identifier: GPL-3.0-or-later
// Islands that help each other at once: lifelines of one, when nothing is left there to shed, are fed over a tie by
// another that sheds for it what is less important.
#include <math.h>

#include "core/internal.h"

static bool is_led(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    return a->control >= 0 && a->reachable && !a->faulted && !a->obedience.unwilling &&
           asset_known(e, asset, now.mono_ms);
}

// W that can still come over a tie, as it arrives; 0 where it forms an island itself.
static double tie_room_w(const struct engine *e, int tie, int bus, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    int asset = asset_of(e, ASSET_TIE, tie);
    if (!is_led(e, asset, now) || forming_asset(e, t->to) == asset || forming_asset(e, t->from) == asset)
        return 0;
    double now_w = e->assets[asset].good.v, through = 1 - t->loss_frac;
    return fmax(t->to == bus ? t->limit_w * through - now_w : t->limit_w * through + now_w * through, 0);
}

// Returns what it can give, W.
static double give_up(struct engine *e, int island, double wanted_w, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    double low_w, high_w;
    if (!island_is_alone(&b->island) || !b->lives || b->forming < 0)
        return 0;
    forming_limits(e, island, now, &low_w, &high_w);
    double spare_w = high_w - forming_power_w(e, island);
    if (spare_w >= wanted_w)
        return wanted_w;
    double off_w = serving_shed(e, island, wanted_w - fmax(spare_w, 0), now);
    b->shed_w += off_w;
    return fmin(fmax(spare_w, 0) + off_w, wanted_w);
}

static void help(struct engine *e, int island, double short_w, struct instant now)
{
    int bus = e->site->islands[island].bus;
    for (size_t i = 0; i < e->site->n_ties && short_w > 0; i++) {
        int other = site_tie_other_end(&e->site->ties[i], bus),
            helper = other >= 0 ? site_island_of_bus(e->site, other) : -1;
        double through = 1 - e->site->ties[i].loss_frac, arrives_w = fmin(short_w, tie_room_w(e, (int)i, bus, now));
        if (helper >= 0 && arrives_w > 0)
            short_w -= give_up(e, helper, arrives_w / through, now) * through;
    }
}

void serving_help(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < outage_islands(e); i++) {
        const struct island_book *b = &e->outage.islands[i];
        if (island_is_alone(&b->island) && b->forming >= 0 && site_asset_at(e, b->forming)->kind != ASSET_TIE)
            help(e, (int)i, forming_deficit_w(e, (int)i, now), now);
    }
}
