// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads in a regulation step.
//
// By the plan they are storages like any other, with the value of their energy. By rule a vehicle charges evenly until
// its departure, so that many of them do not all charge at once, and takes a surplus before anybody else does.
#include <math.h>

#include "core/assembling.h"

static const double LITTLE_TIME = 1.25; // of the time that charging at full power takes: no more waiting then
static const double SLACK_H = 0.1;

// How long a wish is kept in a shortage: above the peak, but for what may be put off; below the reserve for outages.
static double departure_cost(enum load_tier priority)
{
    static const double costs[TIER_COUNT] = {
        [TIER_LIFELINE] = 5e4, [TIER_IMPORTANT] = 1e4, [TIER_ORDINARY] = 1e3, [TIER_DEFERRABLE] = RULE_PEAK / 2};
    return costs[priority];
}

struct need {
    double wh;     // still wanted, at the bus
    double full_h; // time that it takes at full power
    double left_h; // until its end
    bool pressing; // there is no time to lose
};

static struct need need_of(const struct engine *e, const struct assembling *c, int asset, double efficiency)
{
    const struct session_state *s = &e->assets[asset].session;
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    struct need n = {.wh = session_missing_wh(s) / efficiency, .left_h = session_hours_left(s, c->now)};
    n.full_h = n.wh / fmax(f->max_charge_w, 1);
    n.pressing = n.wh > 0 && n.left_h <= LITTLE_TIME * n.full_h + SLACK_H;
    return n;
}

// Below its lowest power it stands still: the last crumb is taken at that.
static double lowest_w(const struct asset_state *a, const struct site_flexible *f, double room_wh, double hours)
{
    double most_w = fmin(f->max_charge_w, a->max_charge_w);
    double power_w = fmin(most_w, fmax(room_wh, 0) / hours);
    if (power_w < f->min_charge_w)
        return room_wh > f->min_charge_w * hours / 10 && most_w >= f->min_charge_w ? -f->min_charge_w : 0;
    return -power_w;
}

static double rule_w(const struct site_flexible *f, const struct need *n)
{
    if (n->wh <= 0)
        return 0;
    double even_w = n->left_h > 0 ? n->wh / n->left_h : INFINITY;
    return n->pressing ? -f->max_charge_w : -fmin(fmax(even_w, f->min_charge_w), f->max_charge_w);
}

static void set_costs(const struct engine *e, const struct assembling *c, int asset, const struct need *n,
                      double efficiency, struct regulate_asset *r)
{
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    double keep = n->wh > 0 ? departure_cost(f->priority) : -1;
    if (!c->planned) {
        r->more_cost_per_kwh = keep;
        r->less_saving_per_kwh = n->wh > 0 ? RULE_SURPLUS : -1;
        return;
    }
    double value = planned_value(e, c, asset);
    r->less_saving_per_kwh = value * efficiency;
    r->more_cost_per_kwh = r->max_w > 0 ? value / f->discharge_efficiency + f->wear_per_kwh : value * efficiency;
    if (n->pressing)
        r->more_cost_per_kwh = fmax(r->more_cost_per_kwh, keep);
}

// In an outage it waits until there is energy to spare.
static bool is_paused(const struct engine *e, int asset)
{
    return outage_is_watched(e) && e->outage.paused[asset];
}

void assemble_flexible(const struct engine *e, const struct assembling *c, int asset, struct regulate_asset *r)
{
    const struct asset_state *a = &e->assets[asset];
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    const struct session_state *s = &a->session;
    bool vehicle = site_asset_at(e, asset)->kind == ASSET_CHARGER;
    double efficiency = vehicle ? f->charge_efficiency : 1;
    struct need n = need_of(e, c, asset, efficiency);
    r->group = f->group;
    r->on_w = f->min_charge_w;
    if (session_is_present(e, asset)) {
        double room_wh = session_largest_wh(s) - session_energy_wh(s);
        double spare_wh = session_energy_wh(s) - f->min_frac * s->capacity_wh;
        r->min_w = lowest_w(a, f, room_wh / efficiency, taper_h(e));
        if (s->takes_w > 0)
            r->min_w = fmax(r->min_w, -s->takes_w);
        if (vehicle && f->max_discharge_w > 0 && !n.pressing)
            r->max_w = fmin(f->max_discharge_w, fmax(spare_wh, 0) * f->discharge_efficiency / taper_h(e));
    }
    if (!c->planned)
        r->plan_w = rule_w(f, &n);
    if (is_paused(e, asset)) {
        r->min_w = fmax(r->min_w, 0);
        r->plan_w = fmax(r->plan_w, 0);
        n.pressing = false;
    }
    set_costs(e, c, asset, &n, efficiency, r);
}
