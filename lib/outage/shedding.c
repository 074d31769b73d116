// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/shedding.h"

#include <math.h>

static double watts(double power_w)
{
    return isfinite(power_w) && power_w > 0 ? power_w : 0;
}

static bool rests(const struct shed_item *item, uint64_t rest_ms, uint64_t now_mono_ms)
{
    uint64_t since = item->changed_mono_ms;
    return since != 0 && now_mono_ms - since < rest_ms && since <= now_mono_ms;
}

// ---- off ------------------------------------------------------------------------------------------------------------

// The item of this tier that goes next: the smallest that is enough alone, else the largest; -1 none.
static int next_to_shed(const struct shed_item *items, size_t n, enum load_tier tier, double deficit_w,
                        const bool *shed)
{
    int best = -1;
    for (size_t i = 0; i < n; i++) {
        if (items[i].tier != tier || !items[i].served || !items[i].can_shed || shed[i])
            continue;
        double power_w = watts(items[i].power_w), best_w = best < 0 ? 0 : watts(items[best].power_w);
        bool enough = power_w >= deficit_w, best_enough = best_w >= deficit_w;
        if (best < 0 || (enough && !best_enough) || (enough && power_w < best_w) || (!best_enough && power_w > best_w))
            best = (int)i;
    }
    return best;
}

// Those of the tier that were chosen first and are not needed any more after a later one.
static double take_back(const struct shed_item *items, size_t n, enum load_tier tier, double spare_w, bool *ret_shed)
{
    double back_w = 0;
    for (size_t i = 0; i < n; i++) {
        double power_w = watts(items[i].power_w);
        if (items[i].tier == tier && ret_shed[i] && power_w <= spare_w - back_w) {
            ret_shed[i] = false;
            back_w += power_w;
        }
    }
    return back_w;
}

double shedding_shed(const struct shed_item *items, size_t n, double deficit_w, bool *ret_shed)
{
    double off_w = 0;
    for (size_t i = 0; i < n; i++)
        ret_shed[i] = false;
    for (int tier = TIER_COUNT - 1; tier >= 0 && off_w < deficit_w; tier--) {
        int next;
        while (off_w < deficit_w && (next = next_to_shed(items, n, tier, deficit_w - off_w, ret_shed)) >= 0) {
            ret_shed[next] = true;
            off_w += watts(items[next].power_w);
        }
        if (off_w >= deficit_w)
            off_w -= take_back(items, n, tier, off_w - deficit_w, ret_shed);
    }
    return off_w;
}

// ---- on -------------------------------------------------------------------------------------------------------------

// The most important tier in which something is off that could be on; TIER_COUNT: none.
static enum load_tier first_to_serve(const struct shed_item *items, size_t n)
{
    enum load_tier first = TIER_COUNT;
    for (size_t i = 0; i < n; i++)
        if (!items[i].served && items[i].can_serve && items[i].tier < first)
            first = items[i].tier;
    return first;
}

int shedding_serve(const struct shed_item *items, size_t n, double room_w, double step_w, double easy_w,
                   uint64_t rest_ms, uint64_t now_mono_ms)
{
    enum load_tier tier = first_to_serve(items, n);
    int best = -1;
    for (size_t i = 0; i < n; i++) {
        const struct shed_item *item = &items[i];
        double power_w = watts(item->power_w);
        if (item->tier != tier || item->served || !item->can_serve || !(power_w <= room_w) ||
            !(fmax(watts(item->inrush_w), power_w) <= step_w))
            continue;
        if (rests(item, rest_ms, now_mono_ms) && !(power_w < easy_w))
            continue;
        if (best < 0 || item->changed_mono_ms < items[best].changed_mono_ms)
            best = (int)i;
    }
    return best;
}

// ---- as a budget allows ---------------------------------------------------------------------------------------------

struct fitting {
    const struct shed_item *items;
    size_t n;
    double budget_w, band_w;
    uint64_t rest_ms, now_mono_ms;
    bool *served;
    double drawn_w;
};

static bool can_change(const struct shed_item *item)
{
    return item->served ? item->can_shed : item->can_serve;
}

// Who is asked first within a tier: those that were just served, then those that are served, then those that are off,
// the longest first.
static int rank(const struct fitting *f, const struct shed_item *item)
{
    if (!item->served)
        return 2;
    return rests(item, f->rest_ms, f->now_mono_ms) ? 0 : 1;
}

static bool goes_before(const struct fitting *f, size_t a, size_t b)
{
    const struct shed_item *x = &f->items[a], *y = &f->items[b];
    if (rank(f, x) != rank(f, y))
        return rank(f, x) < rank(f, y);
    if (!x->served && x->changed_mono_ms != y->changed_mono_ms)
        return x->changed_mono_ms < y->changed_mono_ms;
    return a < b;
}

// The next of its tier after `last` in that order, -1 none.
static int next_to_fit(const struct fitting *f, enum load_tier tier, int last)
{
    int best = -1;
    for (size_t i = 0; i < f->n; i++) {
        if (f->items[i].tier != tier || !can_change(&f->items[i]) || (int)i == last)
            continue;
        if (last >= 0 && !goes_before(f, (size_t)last, i))
            continue;
        if (best < 0 || goes_before(f, i, (size_t)best))
            best = (int)i;
    }
    return best;
}

static bool any_served_below(const struct fitting *f, enum load_tier tier)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].tier > tier && f->items[i].served && f->items[i].can_shed)
            return true;
    return false;
}

// False when something of the tier stays off that could be on: then nothing comes after it.
static bool fit_tier(struct fitting *f, enum load_tier tier)
{
    bool all = true;
    bool waits = !any_served_below(f, tier); // what was just shed may stay so: nothing less important is on
    for (int i = next_to_fit(f, tier, -1); i >= 0; i = next_to_fit(f, tier, i)) {
        const struct shed_item *item = &f->items[i];
        double power_w = watts(item->power_w);
        bool recent = rests(item, f->rest_ms, f->now_mono_ms);
        double budget_w = f->budget_w + (item->served && recent ? f->band_w : 0);
        bool stays_off = !item->served && recent && waits;
        f->served[i] = !stays_off && f->drawn_w + power_w <= budget_w;
        if (f->served[i])
            f->drawn_w += power_w;
        else if (item->can_serve || item->served) // what goes off now could be on
            all = false;
    }
    return all;
}

double shedding_fit(const struct shed_item *items, size_t n, double budget_w, double band_w, uint64_t rest_ms,
                    uint64_t now_mono_ms, bool *ret_served)
{
    struct fitting f = {items, n, budget_w, band_w, rest_ms, now_mono_ms, ret_served, 0};
    for (size_t i = 0; i < n; i++) {
        ret_served[i] = items[i].served && !can_change(&items[i]);
        if (ret_served[i])
            f.drawn_w += watts(items[i].power_w);
    }
    for (int tier = 0; tier < TIER_COUNT; tier++)
        if (!fit_tier(&f, tier))
            break;
    return f.drawn_w;
}

bool shedding_is_in_order(const struct shed_item *items, size_t n)
{
    enum load_tier first = first_to_serve(items, n);
    for (size_t i = 0; i < n; i++)
        if (items[i].served && items[i].can_shed && items[i].tier > first)
            return false;
    return true;
}
