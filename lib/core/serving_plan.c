// SPDX-License-Identifier: GPL-3.0-or-later
// Who is served while an island lives on: the plan says how much of a bus's demand, the order of tiers says whom.
//
// Circuits are coarse, so what one leaves of the budget, or takes beyond it, is carried over: the mean of some hours'
// quarters meets the plan. Loads whose device limits them take what circuits leave. Without a plan a tier is served as
// long as all up to it would last until the grid is expected back. Whatever a plan says, tiers are given up one after
// the other when hardly any energy is left, and come back only when there is clearly more.
#include <math.h>

#include "base/number.h"
#include "core/internal.h"

enum {
    LOOK_MS = 60 * 1000,            // between two looks at the budget, in the area's time
    STAGE_MS = 5 * 1000,            // between what is shed in stages
    SEEN_OFF_MS = 1500,             // what was shed is off, and others were told with it in mind
    PLAN_COMES_MS = 2 * 60 * 1000,  // so long the first plan of an outage is waited for
    ROOM_COMES_MS = 60 * 1000,      // so long others may take to relieve the one who forms ...
    ROOM_AGAIN_MS = 15 * 60 * 1000, // ... and are asked again, when they could not
};

static const double ALL_FRAC = 0.995;  // a plan that serves this much of a bus serves all
static const double CARRY_H = 0.5;     // what was left of the budget, or exceeded, is made good within so long ...
static const double CARRY_FRAC = 0.25; // ... and is no more than so much of half an hour's demand, each way
static const double BAND_FRAC = 0.2;   // of a bus's demand: what was just served stays so within this
// A tier is given up while lifelines alone would last for less than this, and comes back when they last so many times
// as long.
static const double LIFELINES_H[TIER_COUNT] = {0, 0.5, 1.0, 1.5};
static const double ENOUGH = 2.0;
static const double LASTS = 0.95, LASTS_WELL = 1.1; // by rule: of the time until the grid is expected back
static const double CLEAR_SPARE = 0.1;              // it may draw a little more when it goes than when others were told
static const double RUNS_W = 1;                     // a charger that the plan has draw more than this may draw

// ---- what is wanted of a bus ----------------------------------------------------------------------------------------

static double natural_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (e->site->loads[i].bus == bus)
            sum += load_natural_w(e, (int)i, now);
    return sum;
}

// Share of the bus's demand that the plan serves in its present step; < 0 without a plan.
static double planned_frac(const struct engine *e, int bus, struct instant now)
{
    double served_w = 0, shed_w = 0;
    int step;
    // What was planned while there was a grid says nothing.
    if (!planning_current(e, now, &step) || e->plan.schedule->made_utc_ms < e->outage.since_utc_ms)
        return -1;
    for (size_t i = 0; i < e->site->n_loads; i++) {
        const struct schedule_asset *a = &e->plan.schedule->assets[asset_of(e, ASSET_LOAD, (int)i)];
        if (e->site->loads[i].bus != bus)
            continue;
        served_w -= a->power_w[step];
        for (int t = 0; t < TIER_COUNT; t++)
            shed_w += a->shed_w[step * TIER_COUNT + t];
    }
    return served_w + shed_w > 0 ? clamp(served_w / (served_w + shed_w), 0, 1) : 1;
}

static double planned_w(const struct engine *e, int asset, struct instant now)
{
    int step;
    return planning_current(e, now, &step) ? fmax(-e->plan.schedule->assets[asset].power_w[step], 0) : 0;
}

// ---- what is left ---------------------------------------------------------------------------------------------------

// Hours for which what is in store and in tanks would last for lifelines alone.
static double lifelines_h(const struct engine *e, struct instant now)
{
    double energy_wh = outage_stored_wh(e, now) + outage_fuel_wh(e), draws_w = 0;
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (bus_is_alone(e, e->site->loads[i].bus))
            draws_w += load_natural_w(e, (int)i, now) * e->site->loads[i].tier_share[TIER_LIFELINE];
    return draws_w > 0 ? energy_wh / draws_w : INFINITY;
}

static double until_back_h(const struct engine *e, struct instant now)
{
    int64_t end = outage_horizon_ms(e, now.utc_ms, false);
    return end == NEVER_MS ? 0 : fmax((double)(end - now.utc_ms) / 3600e3, 1);
}

// Until the end of the time that was to be bridged, and of what is kept for lifelines beyond it.
static double to_bridge_h(const struct engine *e, struct instant now)
{
    int64_t end = outage_horizon_ms(e, now.utc_ms, true);
    return end == NEVER_MS ? 0 : fmax((double)(end - now.utc_ms) / 3600e3, 0);
}

// The least important tier that may be served. What is given up comes back with room, so that nothing flickers. Nothing
// is kept for longer than was asked for: else the last hour would go without what was planned for it.
static enum load_tier last_tier(const struct engine *e, enum load_tier former, bool by_rule, struct instant now)
{
    int last = TIER_LIFELINE;
    double back_h = until_back_h(e, now), left_h = lifelines_h(e, now), bridge_h = to_bridge_h(e, now);
    for (int t = TIER_IMPORTANT; t < TIER_COUNT; t++) {
        bool had = t <= (int)former;
        bool enough = left_h >= fmin(LIFELINES_H[t], bridge_h) * (had ? 1 : ENOUGH);
        bool lasts = !by_rule || e->outage.autonomy_h[t] >= back_h * (had ? LASTS : LASTS_WELL);
        if (!enough || !lasts)
            break;
        last = t;
    }
    return (enum load_tier)last;
}

// ---- the budget -----------------------------------------------------------------------------------------------------

static double drawn_w(const struct engine *e, int bus, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_loads; i++) {
        int asset = asset_of(e, ASSET_LOAD, (int)i);
        if (e->site->loads[i].bus != bus)
            continue;
        sum += asset_known(e, asset, now.mono_ms) ? fmax(-e->assets[asset].good.v, 0)
                                                  : e->site->loads[i].average_w * (1 - serving_shed_frac(e, (int)i));
    }
    return sum;
}

// What may be drawn now, W: the plan's share of what is demanded, and what the last time has left of it.
static double budget_w(struct engine *e, int island, double frac, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    int bus = e->site->islands[island].bus;
    double demand_w = natural_w(e, bus, now), most_wh = CARRY_FRAC * CARRY_H * demand_w;
    bool goes_on = b->by_plan.budget_mono_ms != 0 && frac < ALL_FRAC;
    if (goes_on) {
        double hours = area_seconds(e, elapsed_ms(b->by_plan.budget_mono_ms, now.mono_ms)) / 3600;
        b->by_plan.carry_wh += (frac * demand_w - drawn_w(e, bus, now)) * fmin(hours, CARRY_H);
    }
    b->by_plan.carry_wh = goes_on ? clamp(b->by_plan.carry_wh, -most_wh, most_wh) : 0;
    b->by_plan.budget_mono_ms = now.mono_ms;
    return frac >= ALL_FRAC ? INFINITY : frac * demand_w + b->by_plan.carry_wh / CARRY_H;
}

// ---- whom it serves -------------------------------------------------------------------------------------------------

struct choice {
    size_t n;
    struct shed_item items[SERVING_MAX_ITEMS];
    bool wanted[SERVING_MAX_ITEMS];
};

// Chargers and flexible loads count with what the plan has them draw; what it has stand still stands still.
static double add_paused(const struct engine *e, int island, struct choice *c, struct instant now)
{
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) {
        int asset = serving_paused_asset(e, island, (int)i);
        if (asset < 0)
            continue;
        c->items[i].power_w = c->items[i].inrush_w = planned_w(e, asset, now);
        c->items[i].can_serve &= c->items[i].power_w > RUNS_W;
        sum += c->items[i].can_serve || c->items[i].served ? c->items[i].power_w : 0;
    }
    return sum;
}

// What hangs on no switch draws in any case.
static double unswitched_w(const struct engine *e, int island, const struct choice *c, struct instant now)
{
    double sum = natural_w(e, e->site->islands[island].bus, now);
    for (size_t i = 0; i < c->n; i++)
        if (serving_paused_asset(e, island, (int)i) < 0)
            sum -= c->items[i].power_w;
    return fmax(sum, 0);
}

// Loads whose device limits them fill what circuits leave of the budget: the first that is off, no less important one.
static void share_rest(struct engine *e, int island, const struct choice *c, double rest_w)
{
    int best = -1;
    for (size_t i = 0; i < c->n; i++) {
        int load = serving_limited_load(e, island, (int)i);
        if (load >= 0)
            e->outage.spare_w[load] = 0;
        bool first = best < 0 || c->items[i].tier < c->items[best].tier;
        bool alike = best >= 0 && c->items[i].tier == c->items[best].tier && load >= 0;
        if (!c->wanted[i] && c->items[i].can_serve && (first || alike))
            best = (int)i;
    }
    int load = best >= 0 ? serving_limited_load(e, island, best) : -1;
    if (load >= 0)
        e->outage.spare_w[load] = clamp(rest_w, 0, c->items[best].power_w);
}

static void choose(struct engine *e, int island, double frac, enum load_tier last, struct choice *c, struct instant now)
{
    double demand_w = natural_w(e, e->site->islands[island].bus, now);
    double may_w = frac >= 0 ? budget_w(e, island, frac, now) : INFINITY;
    may_w += add_paused(e, island, c, now) - unswitched_w(e, island, c, now);
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].tier > last)
            c->items[i].can_serve = false;
    double served_w = shedding_fit(c->items, c->n, fmax(may_w, 0), BAND_FRAC * demand_w,
                                   area_ms(e, e->site->outage.dwell_s), now.mono_ms, c->wanted);
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].tier > last && c->items[i].can_shed)
            c->wanted[i] = false;
    share_rest(e, island, c, last < TIER_DEFERRABLE && !isfinite(may_w) ? 0 : may_w - served_w);
}

// ---- carrying it out ------------------------------------------------------------------------------------------------

static int next_to_serve(const struct choice *c)
{
    int best = -1;
    for (size_t i = 0; i < c->n; i++) {
        const struct shed_item *item = &c->items[i];
        if (item->served || !item->can_serve || !c->wanted[i])
            continue;
        bool first = best < 0 || item->tier < c->items[best].tier;
        bool longer =
            best >= 0 && item->tier == c->items[best].tier && item->changed_mono_ms < c->items[best].changed_mono_ms;
        if (first || longer)
            best = (int)i;
    }
    return best;
}

// What would come back finds no room beside what is less important: that goes first.
static int next_to_yield(const struct choice *c, enum load_tier to)
{
    int last = -1;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].served && c->items[i].can_shed && c->items[i].tier > to &&
            (last < 0 || c->items[i].tier > c->items[last].tier))
            last = (int)i;
    return last;
}

// What would come back fits into what the plan has for the island, though not beside what who forms gives now: others
// are to give more first, over ties too. They may not be able to.
static void ask_for_room(const struct engine *e, struct serving *s, double room_w, struct instant now)
{
    uint64_t asked_ms = s->asked_mono_ms != 0 ? elapsed_ms(s->asked_mono_ms, now.mono_ms) : UINT64_MAX;
    if (asked_ms >= area_ms(e, ROOM_AGAIN_MS / 1000)) {
        s->asked_mono_ms = now.mono_ms;
        asked_ms = 0;
    }
    s->room_w = asked_ms < area_ms(e, ROOM_COMES_MS / 1000) ? room_w : 0;
}

static void serve_next(struct engine *e, int island, struct choice *c, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    uint64_t settle_ms = area_ms(e, e->site->outage.settle_s);
    double step_w, room_w = serving_room_w(e, island, now, &step_w);
    if (elapsed_ms(b->served_mono_ms, now.mono_ms) < settle_ms || elapsed_ms(b->shed_mono_ms, now.mono_ms) < settle_ms)
        return; // what came back has to show before the room that was made for it is given up
    int next = next_to_serve(c);
    bool fits = next >= 0 && c->items[next].power_w <= room_w && c->items[next].inrush_w <= step_w;
    if (fits) {
        b->served_mono_ms = now.mono_ms;
        b->by_plan.asked_mono_ms = 0;
        serving_set(e, island, next, true, now);
        return;
    }
    b->by_plan.room_w = 0;
    if (next < 0)
        return;
    int yields = next_to_yield(c, c->items[next].tier);
    if (yields >= 0)
        serving_set(e, island, yields, false, now);
    else
        ask_for_room(e, &b->by_plan, fmax(c->items[next].power_w + step_w - room_w, c->items[next].inrush_w), now);
}

// What the one who forms can give less at once, W. An engine may go below what it is to give at least, but not be
// driven.
static double lower_room_w(const struct engine *e, int island, struct instant now)
{
    double low_w, high_w;
    int forming = e->outage.islands[island].forming;
    forming_limits_of(e, island, forming, now, &low_w, &high_w);
    if (site_asset_at(e, forming)->kind == ASSET_GENERATOR)
        low_w = 0;
    return is_coarse(e) ? INFINITY : forming_power_w(e, island) - low_w;
}

// Until a circuit is seen to be off, or before it goes, others at the island give so much less than they could.
static void clear_way(struct engine *e, int island, double power_w, uint64_t lasts_ms, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->clear_w = power_w * (1 + CLEAR_SPARE);
    b->clear_mono_ms = now.mono_ms + lasts_ms;
}

// The least important first, and no more at once than the one who forms can take until the others give less: a battery
// that charges from a generator at full power would trip, and so would an engine that is left with the sun alone. Where
// there is no room for a single one, the others are to give less before it goes; while they cannot, it costs nobody's
// energy that it stays. True when something is left for later.
static bool shed_unwanted(struct engine *e, int island, struct choice *c, struct instant now)
{
    double off_w = 0, room_w = lower_room_w(e, island, now);
    for (int t = TIER_COUNT - 1; t >= 0; t--)
        for (size_t i = 0; i < c->n; i++) {
            bool goes = (int)c->items[i].tier == t && c->items[i].served && c->items[i].can_shed && !c->wanted[i];
            if (goes && c->items[i].power_w > 0 && off_w + c->items[i].power_w > room_w) {
                clear_way(e, island, off_w + c->items[i].power_w, area_ms(e, STAGE_MS / 1000) + SEEN_OFF_MS, now);
                return true;
            }
            if (!goes)
                continue;
            off_w += c->items[i].power_w;
            serving_set(e, island, (int)i, false, now);
            c->items[i].served = false;
        }
    if (off_w > 0 && !is_coarse(e))
        clear_way(e, island, off_w, SEEN_OFF_MS, now);
    return false;
}

// A circuit that did not obey when its turn was may do so now, while a more important one is off: that does not wait
// for a plan.
static void set_right(struct engine *e, int island, const struct choice *c, struct instant now)
{
    enum load_tier first = TIER_COUNT;
    for (size_t i = 0; i < c->n; i++)
        if (!c->items[i].served && c->items[i].can_serve && c->items[i].tier < first &&
            serving_paused_asset(e, island, (int)i) < 0)
            first = c->items[i].tier;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].served && c->items[i].can_shed && c->items[i].tier > first)
            serving_set(e, island, (int)i, false, now);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

void serving_follow_plan(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    struct choice c;
    bool looks = b->by_plan.looked_mono_ms == 0 ||
                 elapsed_ms(b->by_plan.looked_mono_ms, now.mono_ms) >= area_ms(e, LOOK_MS / 1000);
    bool serves = elapsed_ms(b->served_mono_ms, now.mono_ms) >= area_ms(e, e->site->outage.settle_s);
    if (!looks && !(b->by_plan.waits && serves))
        return;
    double frac = planned_frac(e, e->site->islands[island].bus, now);
    c.n = serving_items(e, island, now, c.items);
    if (frac < 0 && now.utc_ms - e->outage.since_utc_ms < PLAN_COMES_MS) {
        set_right(e, island, &c, now);
        return;
    }
    b->by_plan.last_tier = last_tier(e, b->by_plan.last_tier, frac < 0, now);
    choose(e, island, frac, b->by_plan.last_tier, &c, now);
    bool left = shed_unwanted(e, island, &c, now);
    serving_tell(e, island, now);
    b->by_plan.waits = next_to_serve(&c) >= 0;
    if (!left)
        serve_next(e, island, &c, now);
    uint64_t sooner_ms = left ? area_ms(e, (LOOK_MS - STAGE_MS) / 1000) : 0;
    b->by_plan.looked_mono_ms = now.mono_ms > sooner_ms ? now.mono_ms - sooner_ms : 0;
}
