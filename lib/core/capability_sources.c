// SPDX-License-Identifier: GPL-3.0-or-later
// What each source could give beside the plan, and still make up for. Everything errs on the safe side: losses are
// taken the way that hurts, what others may need of a bus or breaker is left to them, and what begins or ends within a
// step does not count.
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "core/buildings.h"
#include "core/capability.h"
#include "core/problem.h"

static const double PLENTY_WH = 1e12; // of what has no end

static const struct schedule_asset *planned(const struct engine *e, const struct source *s)
{
    return &e->plan.schedule->assets[s->asset];
}

// ---- batteries ------------------------------------------------------------------------------------------------------

static double curve_w(const struct site_curve_point *points, size_t n, double soc, double without_w)
{
    if (n == 0)
        return without_w;
    size_t i = 0;
    while (i < n && points[i].soc_frac < soc)
        i++;
    if (i == 0 || i == n)
        return fmin(points[i == 0 ? 0 : n - 1].power_w, without_w);
    double part = (soc - points[i - 1].soc_frac) / (points[i].soc_frac - points[i - 1].soc_frac);
    return fmin(points[i - 1].power_w + part * (points[i].power_w - points[i - 1].power_w), without_w);
}

// How much more there is in it now than the plan has it.
static double strayed_wh(const struct engine *e, const struct source *s, struct instant now)
{
    const struct site_battery *site = &e->site->batteries[s->of_kind];
    const struct schedule *plan = e->plan.schedule;
    const struct schedule_asset *a = planned(e, s);
    int step = schedule_step_at(plan, now.utc_ms);
    if (step < 0)
        return 0;
    double w = a->power_w[step];
    double begun_wh =
        step > 0
            ? a->energy_wh[step - 1]
            : a->energy_wh[0] + (w > 0 ? w / site->discharge_efficiency : w * site->charge_efficiency) * plan->hours[0];
    double gone = clamp((double)(now.utc_ms - plan->start_utc_ms[step]) / 3600e3 / plan->hours[step], 0, 1);
    double planned_wh = begun_wh + (a->energy_wh[step] - begun_wh) * gone;
    return e->assets[s->asset].good_soc.v * site->capacity_wh - planned_wh;
}

// The power left beside the plan, where it has the least of it: after all that may be missing, or be too much, by then.
static float power_left_w(const struct site_battery *b, double w, double energy_wh, enum side side)
{
    double soc = energy_wh / b->capacity_wh;
    double most_w = side == SIDE_DOWN ? curve_w(b->discharge_curve, b->n_discharge_curve, soc, b->max_discharge_w) - w
                                      : curve_w(b->charge_curve, b->n_charge_curve, soc, b->max_charge_w) + w;
    return (float)fmax(most_w, 0);
}

// From the last step backwards: what is missing may be no more than is in store above what is kept, and no more than
// can be charged again later on. What is too much, likewise.
static void fill_battery(const struct engine *e, const struct capability_book *b, size_t number, struct instant now)
{
    const struct source *s = &b->sources[number];
    const struct site_battery *site = &e->site->batteries[s->of_kind];
    const struct schedule_asset *a = planned(e, s);
    double kept_wh = fmax(site->soc_min_frac, site->reserve_frac) * site->capacity_wh;
    double strayed = strayed_wh(e, s, now), missing_wh = INFINITY, excess_wh = INFINITY;
    for (size_t k = e->plan.schedule->n_steps; k-- > 0;) {
        struct leeway_side *down = leeway_of(b, number, k, SIDE_DOWN), *up = leeway_of(b, number, k, SIDE_UP);
        double lowest_wh = a->energy_wh[k] + fmin(strayed, 0), highest_wh = a->energy_wh[k] + fmax(strayed, 0);
        down->slack_wh = (float)fmax(lowest_wh - kept_wh, 0);
        up->slack_wh = (float)fmax(site->soc_max_frac * site->capacity_wh - highest_wh, 0);
        missing_wh = fmin(missing_wh, down->slack_wh);
        excess_wh = fmin(excess_wh, up->slack_wh);
        down->bearable_wh = (float)missing_wh;
        up->bearable_wh = (float)excess_wh;
        down->power_w = power_left_w(site, a->power_w[k], lowest_wh - missing_wh, SIDE_DOWN);
        up->power_w = power_left_w(site, a->power_w[k], highest_wh + excess_wh, SIDE_UP);
        double h = site->charge_efficiency * e->plan.schedule->hours[k];
        missing_wh += h * fmin(up->power_w, capability_bus_share_w(b, s, k, SIDE_UP));
        excess_wh += h * fmin(down->power_w, capability_bus_share_w(b, s, k, SIDE_DOWN));
    }
}

// ---- chargers and flexible loads ------------------------------------------------------------------------------------

static bool in_session(const struct schedule_asset *a, size_t k)
{
    return a->energy_wh[k] > 0 || a->power_w[k] < 0;
}

// Does what is drawn in step k + 1 lead from one energy to the other? If not, somebody else is there.
static bool goes_on(const struct engine *e, const struct schedule_asset *a, const struct site_flexible *f, size_t k)
{
    double w = a->power_w[k + 1];
    double gained_wh =
        (w < 0 ? -w * f->charge_efficiency : -w / f->discharge_efficiency) * e->plan.schedule->hours[k + 1];
    return in_session(a, k) && in_session(a, k + 1) &&
           fabs(a->energy_wh[k + 1] - a->energy_wh[k] - gained_wh) < 1 + 1e-3 * fabs(gained_wh);
}

// What is not drawn now has to be drawn before the session ends; what is drawn now will not be later. The first and the
// last step of a session may hold only a part of it: nothing is added there.
static void fill_flexible(const struct engine *e, const struct capability_book *b, size_t number)
{
    const struct source *s = &b->sources[number];
    const struct site_flexible *f = site_flexible_of(e->site, s->asset);
    const struct schedule *plan = e->plan.schedule;
    const struct schedule_asset *a = planned(e, s);
    double missing_wh = 0, excess_wh = 0;
    for (size_t k = plan->n_steps; k-- > 0;) {
        struct leeway_side *down = leeway_of(b, number, k, SIDE_DOWN), *up = leeway_of(b, number, k, SIDE_UP);
        bool last = k + 1 == plan->n_steps || !goes_on(e, a, f, k), first = k > 0 && !goes_on(e, a, f, k - 1);
        double drawn_w = fmax(-a->power_w[k], 0), h = plan->hours[k];
        double room_w = fmin(f->max_charge_w - drawn_w, capability_group_share_w(e, b, f, k));
        bool adds = in_session(a, k) && a->power_w[k] <= 0 && !last && !first;
        if (last)
            missing_wh = excess_wh = 0;
        *down = (struct leeway_side){(float)drawn_w, (float)missing_wh, (float)missing_wh};
        *up = (struct leeway_side){(float)(adds ? fmax(room_w, 0) : 0), (float)excess_wh, (float)excess_wh};
        if (adds)
            missing_wh += f->charge_efficiency * h * fmax(fmin(room_w, capability_bus_share_w(b, s, k, SIDE_UP)), 0);
        excess_wh += f->charge_efficiency * h * fmin(drawn_w, capability_bus_share_w(b, s, k, SIDE_DOWN));
    }
}

// ---- generators and PV ----------------------------------------------------------------------------------------------

static double fuel_left_wh(const struct engine *e, const struct source *s, struct instant now)
{
    const struct site_generator *g = &e->site->generators[s->of_kind];
    const struct asset_state *a = &e->assets[s->asset];
    const struct schedule *plan = e->plan.schedule;
    if (g->fuel_wh <= 0)
        return PLENTY_WH;
    double left_wh = g->fuel_wh * (a->fuel.quality == QUALITY_NONE ? 1 : clamp(a->fuel.v, 0, 1));
    for (size_t k = 0; k < plan->n_steps; k++)
        if (capability_step_end_ms(plan, k) > now.utc_ms)
            left_wh -= planned(e, s)->power_w[k] * plan->hours[k];
    return fmax(left_wh, 0);
}

// A CHP whose heat is wanted is not turned down.
static void fill_generator(const struct engine *e, const struct capability_book *b, size_t number, struct instant now)
{
    const struct source *s = &b->sources[number];
    const struct site_generator *g = &e->site->generators[s->of_kind];
    float fuel_wh = (float)fuel_left_wh(e, s, now);
    for (size_t k = 0; k < e->plan.schedule->n_steps; k++) {
        double w = fmax(planned(e, s)->power_w[k], 0);
        bool ready = w > 0 || e->plan.schedule->start_utc_ms[k] >= s->ready_utc_ms;
        double less_w = g->heat_bus < 0 && w > g->min_power_w ? w - g->min_power_w : 0;
        *leeway_of(b, number, k, SIDE_DOWN) =
            (struct leeway_side){(float)(ready ? fmax(g->max_power_w - w, 0) : 0), fuel_wh, fuel_wh};
        *leeway_of(b, number, k, SIDE_UP) = (struct leeway_side){(float)less_w, (float)PLENTY_WH, (float)PLENTY_WH};
    }
}

static void fill_pv(const struct engine *e, const struct capability_book *b, size_t number)
{
    for (size_t k = 0; k < e->plan.schedule->n_steps; k++) {
        double w = fmax(planned(e, &b->sources[number])->power_w[k], 0);
        *leeway_of(b, number, k, SIDE_DOWN) = (struct leeway_side){0, 0, 0};
        *leeway_of(b, number, k, SIDE_UP) = (struct leeway_side){(float)w, (float)PLENTY_WH, (float)PLENTY_WH};
    }
}

// ---- offers of buildings --------------------------------------------------------------------------------------------

static double building_planned_w(const struct engine *e, int building, size_t k)
{
    const struct site_building *b = &e->site->buildings[building];
    double sum_w = 0;
    for (size_t i = 0; i < b->n_loads; i++)
        if (e->site->loads[b->loads[i]].bus == building_bus(e, building))
            sum_w -= e->plan.schedule->assets[asset_of(e, ASSET_LOAD, b->loads[i])].power_w[k];
    return fmax(sum_w, 0);
}

// What the plan asks for already, per step; NULL: nothing.
static const double *offer_planned_w(const struct engine *e, int building, size_t number)
{
    const struct schedule *plan = e->plan.schedule;
    char id[SITE_ID_MAX];
    building_offer_id(e, building, number, id);
    for (size_t i = 0; i < plan->n_offers; i++)
        if (strcmp(plan->offer_ids[i], id) == 0)
            return plan->offer_w + i * plan->n_steps;
    return NULL;
}

// It may be asked for so long in one event, so that what is planned counts.
static void fill_offer(const struct engine *e, const struct capability_book *b, size_t number)
{
    const struct source *s = &b->sources[number];
    const struct schedule *plan = e->plan.schedule;
    const double *planned_w = offer_planned_w(e, s->of_kind, (size_t)s->offer);
    double left_wh = building_left_wh(e, s->of_kind, (size_t)s->offer);
    for (size_t k = 0; k < plan->n_steps && planned_w != NULL; k++)
        left_wh -= planned_w[k] * plan->hours[k];
    float wh = (float)fmax(left_wh, 0);
    for (size_t k = 0; k < plan->n_steps; k++) {
        double share_w[SITE_MAX_OFFERS];
        building_share_w(e, s->of_kind, plan->start_utc_ms[k], capability_step_end_ms(plan, k),
                         building_planned_w(e, s->of_kind, k), share_w);
        double w = share_w[s->offer] - (planned_w != NULL ? planned_w[k] : 0);
        *leeway_of(b, number, k, SIDE_DOWN) = (struct leeway_side){(float)fmax(w, 0), wh, wh};
        *leeway_of(b, number, k, SIDE_UP) = (struct leeway_side){0, 0, 0};
    }
}

// What lasts less than the shortest time that is promised is not spread over it.
static void add_offers(const struct engine *e, struct capability_book *b)
{
    const struct site_offer *offers;
    for (size_t i = 0; i < e->site->n_buildings; i++)
        for (size_t o = 0; o < building_offers(e, (int)i, &offers); o++)
            if (offers[o].max_duration_s >= 3600)
                b->sources[b->n_sources++] = (struct source){.kind = ASSET_KIND_COUNT,
                                                             .asset = -1,
                                                             .of_kind = (int)i,
                                                             .offer = (int)o,
                                                             .bus = building_bus(e, (int)i),
                                                             .stored_per_given = 1};
}

// ---- who is there ---------------------------------------------------------------------------------------------------

static struct source describe(const struct engine *e, int asset, struct instant now)
{
    const struct site_asset *a = &e->site->assets[asset];
    struct source s = {.kind = a->kind, .asset = asset, .of_kind = a->of_kind, .offer = -1, .bus = a->bus};
    s.stored_per_given = 1;
    if (a->kind == ASSET_BATTERY) {
        const struct site_battery *b = &e->site->batteries[a->of_kind];
        s.weight_w = fmax(b->max_charge_w, b->max_discharge_w);
        s.stored_per_given = 1 / b->discharge_efficiency;
    } else if (a->kind == ASSET_CHARGER || a->kind == ASSET_FLEXIBLE) {
        const struct site_flexible *f = site_flexible_of(e->site, asset);
        s.weight_w = f->max_charge_w;
        s.stored_per_given = f->charge_efficiency;
        s.follows_plan = true;
        s.whole = f->min_charge_w > 0;
    } else if (a->kind == ASSET_GENERATOR) {
        const struct site_generator *g = &e->site->generators[a->of_kind];
        s.least_w = g->min_power_w;
        s.start_cost = g->start_cost;
        s.ready_utc_ms = now.utc_ms + (int64_t)g->start_time_s * 1000;
    }
    return s;
}

static bool can_be_asked(const struct engine *e, int asset, struct instant now)
{
    const struct site_asset *a = &e->site->assets[asset];
    const struct schedule_asset *planned = &e->plan.schedule->assets[asset];
    if (e->site->buses[a->bus].carrier != CARRIER_ELECTRICITY || !problem_follows(e, asset))
        return false;
    switch (a->kind) {
    case ASSET_BATTERY:
        return planned->energy_wh != NULL && soc_known(e, asset, now.mono_ms);
    case ASSET_CHARGER:
    case ASSET_FLEXIBLE:
        return planned->energy_wh != NULL;
    case ASSET_GENERATOR:
        return !e->site->generators[a->of_kind].emergency;
    case ASSET_PV:
        return e->site->pvs[a->of_kind].curtailable && e->assets[asset].control >= 0;
    default:
        return false;
    }
}

static void fill_source(const struct engine *e, const struct capability_book *b, size_t number, struct instant now)
{
    switch (b->sources[number].kind) {
    case ASSET_KIND_COUNT:
        fill_offer(e, b, number);
        break;
    case ASSET_BATTERY:
        fill_battery(e, b, number, now);
        break;
    case ASSET_GENERATOR:
        fill_generator(e, b, number, now);
        break;
    case ASSET_PV:
        fill_pv(e, b, number);
        break;
    default:
        fill_flexible(e, b, number);
    }
}

// ---- what it costs --------------------------------------------------------------------------------------------------

static double value_per_kwh(const struct schedule_asset *a, size_t k)
{
    return a->energy_value_per_kwh != NULL && isfinite(a->energy_value_per_kwh[k]) ? a->energy_value_per_kwh[k] : 0;
}

static double battery_cost_per_kwh(const struct site_battery *b, double value, enum side side)
{
    return side == SIDE_DOWN ? value / b->discharge_efficiency + b->wear_per_kwh
                             : b->wear_per_kwh - value * b->charge_efficiency;
}

static double generator_cost_per_kwh(const struct engine *e, const struct source *s, double planned_w, enum side side)
{
    const struct site_generator *g = &e->site->generators[s->of_kind];
    double fuel = g->fuel_cost_per_kwh + g->co2_g_per_kwh / 1000 * e->plan.schedule->co2_price_per_kg;
    if (side == SIDE_UP)
        return -fuel;
    return planned_w > 0 ? fuel : fuel + s->start_cost / fmax(g->max_power_w / 1000, 1e-3);
}

double capability_cost_per_kwh(const struct engine *e, const struct source *s, size_t step, enum side side)
{
    const struct site_offer *offers;
    if (s->offer >= 0)
        return building_offers(e, s->of_kind, &offers) > (size_t)s->offer ? offers[s->offer].price_per_kwh : 0;
    const struct schedule_asset *a = planned(e, s);
    double value = value_per_kwh(a, step);
    switch (s->kind) {
    case ASSET_BATTERY:
        return battery_cost_per_kwh(&e->site->batteries[s->of_kind], value, side);
    case ASSET_GENERATOR:
        return generator_cost_per_kwh(e, s, a->power_w[step], side);
    case ASSET_PV:
        return 0;
    default:
        return (side == SIDE_DOWN ? value : -value) * s->stored_per_given;
    }
}

// ---- all of them ----------------------------------------------------------------------------------------------------

static void rank(const struct engine *e, struct capability_book *b, enum side side)
{
    size_t n_steps = e->plan.schedule->n_steps;
    for (size_t i = 0; i < b->n_sources; i++) {
        struct source *s = &b->sources[i];
        s->merit[side] = 0;
        for (size_t k = 0; k < n_steps; k++)
            s->merit[side] += capability_cost_per_kwh(e, s, k, side) / (double)n_steps;
        size_t place = i;
        for (; place > 0 && b->sources[b->order[side][place - 1]].merit[side] > s->merit[side]; place--)
            b->order[side][place] = b->order[side][place - 1];
        b->order[side][place] = (int)i;
    }
}

void capability_fill(const struct engine *e, struct capability_book *b, struct instant now)
{
    capability_fill_rooms(e, b);
    b->n_sources = 0;
    memset(b->bus_weight_w, 0, e->site->n_buses * sizeof(double));
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (can_be_asked(e, (int)i, now)) {
            b->sources[b->n_sources] = describe(e, (int)i, now);
            b->bus_weight_w[b->sources[b->n_sources].bus] += b->sources[b->n_sources].weight_w;
            b->n_sources++;
        }
    add_offers(e, b);
    for (size_t i = 0; i < b->n_sources; i++)
        fill_source(e, b, i, now);
    rank(e, b, SIDE_DOWN);
    rank(e, b, SIDE_UP);
}
