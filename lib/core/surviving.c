// SPDX-License-Identifier: GPL-3.0-or-later
// While there is a grid: could each island do without it in the next second? Circuits go off at once, a tie is too slow
// to take back what it carries away. So no more goes out over ties than who would form the island then bears, beside
// what no switch takes off.
//
// What comes in over ties is not counted upon, and need not be bounded: it may be gone in the same second.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"

static const double SOON_S = 1;        // in which ties take back
static const double SHORT_FRAC = 0.02; // of what the forming asset can: less is not worth a word
static const double LEAST_SHORT_W = 1e3;

// ---- what would hang on who forms -----------------------------------------------------------------------------------

static double switched_share(const struct engine *e, int load)
{
    double share = 0;
    for (int i = e->outage.first_switch[load]; i >= 0; i = e->outage.switches[i].next_of_load) {
        const struct switch_state *s = &e->outage.switches[i];
        bool obeys = switch_reachable(e, i) && e->devices[s->device].info.can_write && !s->disobeys;
        share += obeys || switch_is_open(e, i) ? e->site->switches[i].share : 0;
    }
    return fmin(share, 1);
}

// Controllers that limit a load take too long.
static double stuck_w(const struct engine *e, int bus, struct instant now)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (e->site->loads[i].bus == bus)
            sum_w += load_natural_w(e, (int)i, now) * (1 - switched_share(e, (int)i));
    return sum_w;
}

// Sun and generators beside the one who forms go on; others take their time to give more.
static double given_w(const struct engine *e, int bus, int forming, struct instant now)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (gives_beside(e, (int)i, bus, forming, now))
            sum_w += fmax(e->assets[i].good.v, 0);
    return sum_w;
}

// ---- ties -----------------------------------------------------------------------------------------------------------

// What an island would draw over the tie that forms it.
static double hangs_w(const struct engine *e, int tie, int bus, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    int end = site_tie_other_end(t, bus), island = site_island_of_bus(e->site, end),
        asset = asset_of(e, ASSET_TIE, tie);
    if (island < 0 || forming_next(e, island, now) != asset)
        return 0;
    return clamp((stuck_w(e, end, now) - given_w(e, end, asset, now)) / (1 - t->loss_frac), 0, t->limit_w);
}

// Out of the bus, >= 0: as it is, or as it was told to be.
static double leaves_w(const struct engine *e, int tie, int bus, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_TIE, tie)];
    double sign = t->to == bus ? -1 : 1 / (1 - t->loss_frac), most_w = 0;
    if (asset_known(e, asset_of(e, ASSET_TIE, tie), now.mono_ms))
        most_w = fmax(sign * a->good.v, 0);
    return a->has_setpoint && a->commandable ? fmax(sign * a->setpoint_w, most_w) : most_w;
}

static double taken_back_w(const struct engine *e, int tie)
{
    const struct site_tie *t = &e->site->ties[tie];
    if (!e->assets[asset_of(e, ASSET_TIE, tie)].commandable)
        return 0;
    return t->ramp_w_per_s > 0 ? fmin(t->limit_w, t->ramp_w_per_s * SOON_S) : t->limit_w;
}

// ---- what is left for them ------------------------------------------------------------------------------------------

struct strength {
    int forming;
    double high_w;  // it can, less headroom
    double spare_w; // beside what cannot be got rid of at once; < 0: that is too much
};

static struct strength strength_of(const struct engine *e, int island, struct instant now)
{
    int bus = e->site->islands[island].bus;
    struct strength s = {.forming = forming_next(e, island, now)};
    double low_w;
    if (s.forming >= 0)
        forming_limits_of(e, island, s.forming, now, &low_w, &s.high_w);
    s.spare_w = s.high_w + given_w(e, bus, s.forming, now) - stuck_w(e, bus, now);
    for (size_t t = 0; t < e->site->n_ties; t++)
        if (site_tie_other_end(&e->site->ties[t], bus) >= 0 && asset_of(e, ASSET_TIE, (int)t) != s.forming)
            s.spare_w -= hangs_w(e, (int)t, bus, now);
    return s;
}

// For the second until ties have taken back what they carried, headroom may be used for it: never more than it can.
static double for_ties_w(const struct engine *e, int island, const struct strength *s)
{
    double headroom = clamp(e->site->islands[island].headroom_frac, 0, 0.9), back_w = 0;
    for (size_t t = 0; t < e->site->n_ties; t++)
        back_w +=
            site_tie_other_end(&e->site->ties[t], e->site->islands[island].bus) >= 0 ? taken_back_w(e, (int)t) : 0;
    return fmax(s->spare_w + fmin(back_w, s->high_w * headroom / (1 - headroom)), 0);
}

// A tie has at least its share by their limits, and what others leave.
static double share_w(const struct engine *e, int tie, int bus, double all_w, struct instant now)
{
    double limits_w = 0, others_w = 0;
    for (size_t t = 0; t < e->site->n_ties; t++) {
        if (site_tie_other_end(&e->site->ties[t], bus) < 0)
            continue;
        limits_w += e->site->ties[t].limit_w;
        if ((int)t != tie)
            others_w += fmax(leaves_w(e, (int)t, bus, now) - hangs_w(e, (int)t, bus, now), 0);
    }
    double share = limits_w > 0 ? e->site->ties[tie].limit_w / limits_w : 0;
    return fmax(all_w * share, all_w - others_w);
}

double surviving_export_w(const struct engine *e, int tie, int bus, struct instant now)
{
    int end = site_tie_other_end(&e->site->ties[tie], bus);
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    if (island < 0 || bus_is_alone(e, bus) || bus_is_alone(e, end)) // who is without a grid now comes first
        return INFINITY;
    struct strength s = strength_of(e, island, now);
    if (s.forming < 0 || site_asset_at(e, s.forming)->kind == ASSET_TIE) // nobody to spare
        return INFINITY;
    return hangs_w(e, tie, bus, now) + share_w(e, tie, bus, for_ties_w(e, island, &s), now);
}

// ---- a word to people -----------------------------------------------------------------------------------------------

double surviving_short_w(const struct engine *e, int island, struct instant now)
{
    if (bus_is_alone(e, e->site->islands[island].bus))
        return 0;
    struct strength s = strength_of(e, island, now);
    return -s.spare_w > fmax(SHORT_FRAC * s.high_w, LEAST_SHORT_W) ? -s.spare_w : 0;
}
