// SPDX-License-Identifier: GPL-3.0-or-later
// Breakers and charging stations: what hangs behind them draws, and feeds back, no more than their limit in any second.
//
// What cannot be steered counts with what it draws or its worst case. The others share what is left by the value of
// their energy: when the sum must fall the cheapest falls first, to its lowest power and then to rest.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"

static const double LARGEST_W = 1e12;
static const double FOLLOWS_FRAC = 0.02; // of an asset's range: this close to its setpoint it has arrived

void groups_start(struct regulation *r, const struct regulate_group *groups)
{
    for (size_t g = 0; g < r->n_groups; g++) {
        bool behind = groups[g].within >= 0 && (size_t)groups[g].within < g;
        double limit_w = isnan(groups[g].limit_w) ? 0 : clamp(fmin(groups[g].limit_w, LARGEST_W), 0, LARGEST_W);
        r->groups[g] = (struct group_balance){.within = behind ? groups[g].within : -1, .limit_w = limit_w};
    }
}

void groups_count(struct regulation *r)
{
    for (size_t g = 0; g < r->n_groups; g++)
        r->groups[g].flow_w = 0;
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct member *m = &r->members[i];
        double power_w = m->steered ? m->power_w : present_w(&r->assets[i]);
        for (int g = m->group; g >= 0; g = r->groups[g].within)
            r->groups[g].flow_w += power_w;
    }
}

double group_own_room_w(const struct group_balance *g, int sign)
{
    return sign > 0 ? g->limit_w - g->flow_w : g->limit_w + g->flow_w - g->held_w;
}

double group_room_w(const struct regulation *r, int group, int sign)
{
    double room_w = INFINITY;
    for (int g = group; g >= r->first_group; g = r->groups[g].within)
        room_w = fmin(room_w, group_own_room_w(&r->groups[g], sign));
    return fmax(room_w, 0);
}

static bool is_behind(const struct regulation *r, int asset, int group)
{
    int g = r->members[asset].group;
    while (g > group) // numbers rise from the outermost to the innermost
        g = r->groups[g].within;
    return g == group;
}

static double excess_w(const struct group_balance *g, int sign)
{
    return -sign * g->flow_w - g->limit_w;
}

// Lets the draw (sign 1: powers rise) or the feed of a group fall to its limit.
static void keep_one(struct regulation *r, int group, int sign)
{
    int list[SITE_MAX_ASSETS], n = 0;
    const int *order = sign > 0 ? r->by_cost : r->by_saving;
    for (int k = 0; k < r->n_sorted; k++)
        if (is_behind(r, order[k], group))
            list[n++] = order[k];
    for (int from = 0, size; from < n; from += size) {
        double need_w = excess_w(&r->groups[group], sign);
        if (need_w <= CRUMB_W)
            break;
        size = class_size(r, list + from, n - from, sign);
        double before_w[SITE_MAX_ASSETS];
        for (int k = 0; k < size; k++)
            before_w[k] = r->members[list[from + k]].power_w;
        struct demand demand = {sign, need_w, need_w, INFINITY, INFINITY, true};
        class_take(r, list + from, size, &demand);
        for (int k = 0; k < size; k++) {
            struct member *m = &r->members[list[from + k]];
            if (fabs(m->power_w - before_w[k]) <= CRUMB_W)
                continue;
            m->reason = REASON_GROUP_LIMIT;
            m->reason_asset = group;
        }
    }
}

void groups_keep(struct regulation *r)
{
    for (r->first_group = (int)r->n_groups - 1; r->first_group >= 0; r->first_group--)
        for (int g = r->first_group, sign = 1; sign >= -1; sign -= 2) {
            if (excess_w(&r->groups[g], sign) > CRUMB_W)
                keep_one(r, g, sign);
            r->force = true; // nobody's least time stands above a breaker
            if (excess_w(&r->groups[g], sign) > CRUMB_W)
                keep_one(r, g, sign);
            r->force = false;
        }
    r->first_group = 0;
    for (size_t i = 0; i < r->n_assets; i++)
        r->members[i].start_w = r->members[i].power_w;
}

// ---- handing over ---------------------------------------------------------------------------------------------------
//
// One that is told to draw less takes its time. Until it does, nobody else draws what it still holds.

// Draw that an asset has not given up yet.
static double held_w(const struct regulation *r, int i)
{
    const struct regulate_asset *a = &r->assets[i];
    const struct member *m = &r->members[i];
    if (m->group < 0 || !m->steered || !a->measured)
        return 0;
    double over_w = fmin(m->power_w, 0) - a->measured_w;
    return over_w > FOLLOWS_FRAC * (a->max_w - a->min_w) ? over_w : 0;
}

// How much more than now it would draw.
static double increase_w(const struct regulation *r, int i)
{
    const struct regulate_asset *a = &r->assets[i];
    const struct member *m = &r->members[i];
    if (!m->steered)
        return 0;
    double now_w = fmin(present_w(a), 0);
    if (a->has_setpoint) // on its way to what it was told, it may be there any moment
        now_w = fmin(now_w, a->setpoint_w);
    return fmax(fmin(now_w, 0) - m->power_w, 0);
}

// Takes back increases behind a group until its limit holds with what others still hold.
static bool hand_over(struct regulation *r, int group, double over_w)
{
    double sum_w = 0;
    for (size_t i = 0; i < r->n_assets; i++)
        if (is_behind(r, (int)i, group))
            sum_w += increase_w(r, (int)i);
    if (sum_w <= 0)
        return false;
    double share = fmin(over_w / sum_w, 1);
    for (size_t i = 0; i < r->n_assets; i++) {
        if (!is_behind(r, (int)i, group))
            continue;
        struct member *m = &r->members[i];
        double back_w = share * increase_w(r, (int)i);
        if (m->on_w > 0 && m->power_w + back_w > -m->on_w) // not below its lowest power: then it waits
            back_w = m->running ? fmin(back_w, fmax(-m->on_w - m->power_w, 0)) : -m->power_w;
        if (back_w <= CRUMB_W)
            continue;
        member_shift(r, (int)i, back_w);
        m->low_w = m->power_w;
        m->reason = REASON_GROUP_LIMIT;
        m->reason_asset = group;
    }
    return true;
}

bool groups_hand_over(struct regulation *r)
{
    bool waits = false;
    for (size_t i = 0; i < r->n_assets; i++)
        for (int g = r->members[i].group; g >= 0; g = r->groups[g].within)
            r->groups[g].held_w += held_w(r, (int)i);
    for (int g = (int)r->n_groups - 1; g >= 0; g--) {
        double held_w = r->groups[g].held_w, over_w = held_w > 0 ? held_w + excess_w(&r->groups[g], 1) : 0;
        if (over_w > CRUMB_W)
            waits |= hand_over(r, g, over_w);
    }
    return waits;
}
