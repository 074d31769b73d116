// SPDX-License-Identifier: GPL-3.0-or-later
// While there is a grid: could each island do without it in the next second? Circuits go off at once, a tie is too slow
// to take back what it carries away. So no more goes out over ties than who would form the island then bears, beside
// what no switch takes off.
//
// An island for which even that is too much is held up over its ties before the grid is lost: what is missing comes in
// from a neighbour that could do without its own grid and would go on sending. Anything else that comes in is not
// counted upon, and need not be bounded: it may be gone in the same second.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"
#include "core/internal.h"

enum {
    LESS_MS = 60 * 1000, // so long less is missing before less comes in
    SAME_MS = 3 * 1000,  // the grids of two islands are lost at once, and their meters are read one after the other
};

static const double SOON_S = 1;        // in which ties take back
static const double SHORT_FRAC = 0.02; // of what the forming asset can: less is not worth a word
static const double LEAST_SHORT_W = 1e3;
static const double SPARE_FRAC = 0.05; // of what is missing: so much more comes in, as lifelines may draw more by then
static const double LONGEST_STEP_S = 10;

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

// What it holds up an island with comes in at this end, >= 0.
static double brings_w(const struct engine *e, int tie, int bus)
{
    double brought_w = e->outage.brought_w[tie];
    return fmax(e->site->ties[tie].to == bus ? brought_w : -brought_w, 0);
}

// ... and goes out of this one.
static double promises_w(const struct engine *e, int tie, int bus)
{
    const struct site_tie *t = &e->site->ties[tie];
    int end = site_tie_other_end(t, bus);
    return end >= 0 ? brings_w(e, tie, end) / (1 - t->loss_frac) : 0;
}

// What is promised goes on.
static double taken_back_w(const struct engine *e, int tie, int bus)
{
    const struct site_tie *t = &e->site->ties[tie];
    double most_w = fmax(t->limit_w - promises_w(e, tie, bus), 0);
    if (!e->assets[asset_of(e, ASSET_TIE, tie)].commandable)
        return 0;
    return t->ramp_w_per_s > 0 ? fmin(most_w, t->ramp_w_per_s * SOON_S) : most_w;
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
    int bus = e->site->islands[island].bus;
    double headroom = clamp(e->site->islands[island].headroom_frac, 0, 0.9), back_w = 0;
    for (size_t t = 0; t < e->site->n_ties; t++)
        back_w += site_tie_other_end(&e->site->ties[t], bus) >= 0 ? taken_back_w(e, (int)t, bus) : 0;
    return fmax(s->spare_w + fmin(back_w, s->high_w * headroom / (1 - headroom)), 0);
}

// A tie has what it promised and, of the rest, at least its share by their limits and what others leave.
static double share_w(const struct engine *e, int tie, int bus, double all_w, struct instant now)
{
    double limits_w = 0, others_w = 0, free_w = all_w;
    for (size_t t = 0; t < e->site->n_ties; t++) {
        if (site_tie_other_end(&e->site->ties[t], bus) < 0)
            continue;
        double promised_w = promises_w(e, (int)t, bus);
        limits_w += e->site->ties[t].limit_w;
        free_w -= promised_w;
        if ((int)t != tie)
            others_w += fmax(leaves_w(e, (int)t, bus, now) - hangs_w(e, (int)t, bus, now) - promised_w, 0);
    }
    double share = limits_w > 0 ? e->site->ties[tie].limit_w / limits_w : 0;
    return promises_w(e, tie, bus) + fmax(fmax(free_w * share, free_w - others_w), 0);
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

// ---- who is held up ------------------------------------------------------------------------------------------------

static double least_short_w(const struct strength *s)
{
    return fmax(SHORT_FRAC * s->high_w, LEAST_SHORT_W);
}

// Of nothing that flows over its ties, so that it does not answer itself. It stands until it is clearly another one: a
// larger one at once, a smaller one when it has been so for a while.
static void refresh_need(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    struct strength s = strength_of(e, island, now);
    double short_w = -s.spare_w, more_w = fmax(SPARE_FRAC * short_w, least_short_w(&s));
    bool alone = bus_is_alone(e, e->site->islands[island].bus), answered = !outage_looks_around(e, now.mono_ms),
         none = alone || s.forming < 0 || short_w <= (b->needs_w > 0 ? 0 : least_short_w(&s)),
         more = !none && answered && b->needs_w < short_w + more_w / 2,
         less = none || b->needs_w > short_w + 2 * more_w;
    if (!less)
        b->needed_mono_ms = now.mono_ms;
    if (more || alone || (less && elapsed_ms(b->needed_mono_ms, now.mono_ms) >= LESS_MS))
        b->needs_w = none ? 0 : short_w + more_w;
}

// Of a tie when the grid at that end was read, > 0 into the bus.
static double flow_w(const struct engine *e, int tie, int bus)
{
    const struct site_tie *t = &e->site->ties[tie];
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_TIE, tie)];
    return t->to == bus ? a->estimated_w : tie_from_flow_w(a->estimated_from_w, t->loss_frac);
}

// What the batteries of a bus give beyond what plan, rule or a person wants of them: because somebody has to.
static double makeshift_w(const struct engine *e, int bus)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++) {
        int asset = asset_of(e, ASSET_BATTERY, (int)i);
        if (site_asset_at(e, asset)->bus == bus && e->assets[asset].commandable)
            sum_w += e->assets[asset].estimated_w - e->regulate_assets[asset].plan_w;
    }
    return sum_w;
}

// What the connections of a bus have left for a tie when its batteries do as planned, with what it carries already:
// whether it does or not, and who makes up for it, is the same. While that cannot be told it goes on as it is.
static double connection_w(const struct engine *e, int tie, int bus, struct instant now)
{
    double kept = clamp(1 - e->site->control.limit_margin_frac, 0, 1),
           sum_w = -flow_w(e, tie, bus) - makeshift_w(e, bus);
    for (size_t t = 0; t < e->site->n_ties; t++) // what is promised otherwise and still on its way
        if ((int)t != tie && promises_w(e, (int)t, bus) > 0)
            sum_w -= fmax(promises_w(e, (int)t, bus) + flow_w(e, (int)t, bus), 0);
    for (size_t g = 0; g < e->site->n_grids; g++) {
        const struct site_grid *site = &e->site->grids[g];
        int asset = asset_of(e, ASSET_GRID, (int)g);
        if (site->bus != bus)
            continue;
        if (!asset_known(e, asset, now.mono_ms))
            return promises_w(e, tie, bus);
        double limit_w = grid_import_limit_w(e, (int)g, now);
        if (site->contract_power_w > 0)
            limit_w = fmin(limit_w, accounting_window_limit_w(e, (int)g, site->contract_power_w, now));
        sum_w += limit_w * kept - e->assets[asset].good.v;
    }
    return sum_w;
}

// What the neighbour can send for as long as it takes, grid or not: to one who hangs on it itself, nothing.
static double neighbour_gives_w(const struct engine *e, int tie, int bus, struct instant now)
{
    int island = site_island_of_bus(e->site, bus);
    if (island < 0)
        return 0;
    const struct island_book *b = &e->outage.islands[island];
    if (bus_is_alone(e, bus))
        return b->lives && elapsed_ms(b->lost_mono_ms, now.mono_ms) < SAME_MS ? promises_w(e, tie, bus) : 0;
    struct strength s = strength_of(e, island, now);
    if (s.forming < 0 || site_asset_at(e, s.forming)->kind == ASSET_TIE)
        return 0;
    for (size_t t = 0; t < e->site->n_ties; t++)
        s.spare_w -= (int)t != tie ? promises_w(e, (int)t, bus) : 0;
    return fmax(fmin(s.spare_w, connection_w(e, tie, bus, now)), 0);
}

// What the device lets through lately, and a person.
static double let_through_w(const struct engine *e, int tie, int bus)
{
    const struct site_tie *t = &e->site->ties[tie];
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_TIE, tie)];
    bool derated = a->obedience.derated_until_mono_ms != 0, here = t->to == bus;
    double most_w = t->limit_w * (1 - t->loss_frac), by_hand_w = INFINITY;
    if (derated)
        most_w =
            fmin(most_w, here ? a->obedience.derated_max_w : tie_from_flow_w(a->obedience.derated_min_w, t->loss_frac));
    if (a->manual.active)
        by_hand_w = here ? a->manual.power_w : tie_from_flow_w(a->manual.power_w, t->loss_frac);
    return fmax(fmin(most_w, by_hand_w), 0);
}

static double most_w(const struct engine *e, int tie, int island, struct instant now)
{
    int bus = e->site->islands[island].bus, asset = asset_of(e, ASSET_TIE, tie);
    const struct site_tie *t = &e->site->ties[tie];
    if (!e->assets[asset].commandable || !asset_known(e, asset, now.mono_ms) || forming_next(e, island, now) == asset)
        return 0;
    double arrives_w = neighbour_gives_w(e, tie, site_tie_other_end(t, bus), now) * (1 - t->loss_frac);
    return fmin(arrives_w, let_through_w(e, tie, bus));
}

// As fast as the tie may; and up again only by what is more than the noise of that which bounds it.
static double next_w(const struct engine *e, int tie, int bus, double wanted_w, double most_now_w, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_TIE, tie)];
    double was_w = brings_w(e, tie, bus), next = fmin(wanted_w, most_now_w);
    if (next > was_w && next < wanted_w && next < was_w + fmax(SHORT_FRAC * t->limit_w, LEAST_SHORT_W))
        next = was_w;
    double told_w = a->has_setpoint ? a->setpoint_w : a->good.v;
    double from_w = fmax(t->to == bus ? told_w : tie_from_flow_w(told_w, t->loss_frac), 0);
    double dt_s = fmin((double)elapsed_ms(e->regulated_mono_ms, now.mono_ms) / 1000, LONGEST_STEP_S);
    return t->ramp_w_per_s > 0 ? fmin(next, from_w + t->ramp_w_per_s * dt_s) : next;
}

static void bring(struct engine *e, int island, struct instant now)
{
    int bus = e->site->islands[island].bus;
    double left_w = e->outage.islands[island].needs_w;
    for (size_t t = 0; t < e->site->n_ties; t++) {
        if (site_tie_other_end(&e->site->ties[t], bus) < 0)
            continue;
        double brought_w = left_w > 0 ? next_w(e, (int)t, bus, left_w, most_w(e, (int)t, island, now), now) : 0;
        if (brought_w > 0 || brings_w(e, (int)t, bus) > 0) // else it may hold up the other end
            e->outage.brought_w[t] = e->site->ties[t].to == bus ? brought_w : -brought_w;
        left_w -= brought_w;
    }
}

void surviving_refresh(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < outage_islands(e); i++)
        refresh_need(e, (int)i, now);
    for (size_t i = 0; i < outage_islands(e); i++)
        bring(e, (int)i, now);
}

double surviving_import_w(const struct engine *e, int tie, int bus)
{
    return outage_is_watched(e) ? brings_w(e, tie, bus) : 0;
}

int surviving_for(const struct engine *e, int tie, double power_w, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    double brought_w = outage_is_watched(e) ? e->outage.brought_w[tie] : 0;
    int bus = brought_w > 0 ? t->to : t->from, island = site_island_of_bus(e->site, bus);
    double arrives_w = brought_w > 0 ? power_w : tie_from_flow_w(power_w, t->loss_frac);
    return brought_w != 0 && arrives_w < fabs(brought_w) + 1 ? forming_next(e, island, now) : -1;
}

// ---- a word to people -----------------------------------------------------------------------------------------------

// What is brought in counts as far as it does arrive.
static double arrives_w(const struct engine *e, int bus)
{
    double sum_w = 0;
    for (size_t t = 0; t < e->site->n_ties; t++)
        if (site_tie_other_end(&e->site->ties[t], bus) >= 0)
            sum_w += fmin(brings_w(e, (int)t, bus), fmax(flow_w(e, (int)t, bus), 0));
    return sum_w;
}

double surviving_short_w(const struct engine *e, int island, struct instant now)
{
    int bus = e->site->islands[island].bus;
    if (bus_is_alone(e, bus))
        return 0;
    struct strength s = strength_of(e, island, now);
    double short_w = -s.spare_w - arrives_w(e, bus);
    return short_w > (e->outage.islands[island].needs_w > 0 ? 0 : least_short_w(&s)) ? short_w : 0;
}
