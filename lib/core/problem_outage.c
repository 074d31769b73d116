// SPDX-License-Identifier: GPL-3.0-or-later
// Outages in the problem: how far it looks, which connections are away, what may run, what is kept free, who can be
// shed, and how cautiously the sun is counted on. Without an outage, under way or planned, nothing changes.
#include <math.h>

#include "base/number.h"
#include "core/outage.h"
#include "core/problem.h"

enum { HOUR_MS = 3600 * 1000 };

static const int64_t LONGEST_MS = INT64_C(7) * 24 * HOUR_MS; // that a plan looks ahead
static const int64_t RETURNS_MS = INT64_C(4) * HOUR_MS;      // and beyond the end of an outage: reserves come back

static const double KEPT_BACK = 0.03; // of a battery's capacity above its lower limit, while it may form an island ...
static const double KEPT_LAST = 0.01; // ... at the end of what was to be bridged: there is nothing after it to keep for
static const double LAST_H = 6;       // before it that begins to be given out
static const double MEAN_FRAC = 0.93; // of what who forms may give: it follows what is drawn, below that limit
static const double LEFT_OVER = 0.05; // of what energy costs, is it worth where no grid is back at the end
static const double A_LITTLE = 0.2;   // of the way from the median of a load to the 90 % that it stays below
static const double LEAST_FRAC = 1e-3; // without a least share what is short is spread evenly all the same

// ---- how far --------------------------------------------------------------------------------------------------------

// A planned outage that begins within the time for which supply has to last is seen to its end.
static int64_t planned_end_ms(const struct engine *e, int64_t now_utc_ms)
{
    int64_t end = now_utc_ms, within = now_utc_ms + (int64_t)e->site->outage.horizon_s * 1000;
    for (size_t i = 0; i < e->outage.n_words; i++) {
        const struct outage_word *w = &e->outage.words[i];
        if (w->kind == OUTAGE_PLANNED && w->from_utc_ms < within && w->until_utc_ms + RETURNS_MS > end)
            end = w->until_utc_ms + RETURNS_MS;
    }
    return end;
}

int64_t problem_horizon_s(const struct engine *e, int64_t now_utc_ms)
{
    int64_t end = now_utc_ms + (int64_t)e->site->plan.horizon_s * 1000, most = now_utc_ms + LONGEST_MS;
    if (!outage_is_watched(e))
        return e->site->plan.horizon_s;
    int64_t lifelines = outage_horizon_ms(e, now_utc_ms, true), planned = planned_end_ms(e, now_utc_ms);
    end = lifelines != NEVER_MS && lifelines > end ? lifelines : end;
    end = planned > end ? planned : end;
    return (int64_t)((end < most ? end : most) - now_utc_ms) / 1000;
}

size_t problem_outage_marks(const struct engine *e, int64_t now_utc_ms, int64_t ret_utc_ms[static PROBLEM_OUTAGE_MARKS])
{
    size_t n = 0;
    if (!outage_is_watched(e))
        return 0;
    if (outage_horizon_ms(e, now_utc_ms, true) != NEVER_MS) {
        ret_utc_ms[n++] = outage_horizon_ms(e, now_utc_ms, false);
        ret_utc_ms[n++] = outage_horizon_ms(e, now_utc_ms, true);
    }
    for (size_t i = 0; i < e->outage.n_words; i++)
        if (e->outage.words[i].kind == OUTAGE_PLANNED) {
            ret_utc_ms[n++] = e->outage.words[i].from_utc_ms;
            ret_utc_ms[n++] = e->outage.words[i].until_utc_ms;
        }
    return n;
}

// Of an outage under way the lifelines' time counts: longer than it is expected to last.
bool problem_is_away(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms)
{
    if (!outage_is_watched(e) || site_island_of_grid(e->site, grid) < 0)
        return false;
    bool under_way = bus_is_alone(e, e->site->grids[grid].bus) && from_utc_ms < outage_horizon_ms(e, now_utc_ms, true);
    return under_way || outage_expected(e, grid, from_utc_ms, to_utc_ms, now_utc_ms);
}

bool problem_has_outage(const struct engine *e, const struct plan_problem *p)
{
    for (size_t g = 0; g < p->n_grids && outage_is_watched(e); g++)
        for (size_t k = 0; k < p->n_steps; k++)
            if (p->grids[g].available[k] <= 0)
                return true;
    return false;
}

// ---- where there is no grid -----------------------------------------------------------------------------------------

static bool pass_on(const struct plan_problem *p, bool *fed)
{
    bool changed = false;
    for (size_t t = 0; t < p->n_ties; t++) {
        int from = p->ties[t].from, to = p->ties[t].to;
        changed |= fed[from] != fed[to];
        fed[from] = fed[to] = fed[from] || fed[to];
    }
    return changed;
}

// By its own connection; a bus that has none by those of others.
static bool is_fed(const struct plan_problem *p, int bus, size_t k)
{
    bool fed[SITE_MAX_BUSES] = {false}, own = false;
    for (size_t g = 0; g < p->n_grids; g++) {
        fed[p->grids[g].bus] |= p->grids[g].available[k] > 0;
        own |= p->grids[g].bus == bus;
    }
    for (size_t round = 0; round < p->n_buses && !own && pass_on(p, fed); round++)
        ;
    return fed[bus];
}

static bool is_ever_alone(const struct plan_problem *p, int bus)
{
    for (size_t k = 0; k < p->n_steps; k++)
        if (!is_fed(p, bus, k))
            return true;
    return false;
}

// Who holds the island at a bus, or will; -1 nobody of that kind (number within it).
static double kept_by(const struct engine *e, enum asset_kind kind, int of_kind, int bus)
{
    int island = site_island_of_bus(e->site, bus), asset = asset_of(e, kind, of_kind);
    if (island < 0)
        return 0;
    const struct site_island *site = &e->site->islands[island];
    int now = e->outage.islands[island].forming, first = site->n_forming > 0 ? site->forming[0] : -1;
    return (now >= 0 ? now : first) == asset ? clamp(site->headroom_frac, 0, 0.9) : 0;
}

// ---- what runs, what is kept ----------------------------------------------------------------------------------------

static void fill_generators(const struct engine *e, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_generators; i++) {
        struct plan_generator *g = &p->generators[i];
        double kept = kept_by(e, ASSET_GENERATOR, (int)i, g->bus);
        for (size_t k = 0; k < p->n_steps; k++)
            if (!is_fed(p, g->bus, k))
                g->allowed[k] = 1 - kept;
    }
}

static double kept_back(const struct engine *e, struct instant now)
{
    int64_t end = outage_horizon_ms(e, now.utc_ms, true);
    double left_h = end == NEVER_MS ? LAST_H : (double)(end - now.utc_ms) / HOUR_MS;
    return KEPT_LAST + (KEPT_BACK - KEPT_LAST) * clamp(left_h / LAST_H, 0, 1);
}

// Its reserve is there to be used. Who forms the island stays a little off its lower limit, where it would have to hand
// over to another; nobody goes without to bring it back there.
static void fill_battery(const struct engine *e, int battery, struct plan_problem *p, struct instant now)
{
    struct plan_battery *b = &p->batteries[battery];
    double kept = kept_by(e, ASSET_BATTERY, battery, b->bus), capacity_wh = e->site->batteries[battery].capacity_wh;
    if (!is_ever_alone(p, b->bus))
        return;
    if (kept > 0)
        b->min_wh = clamp(b->energy_wh, b->min_wh, fmin(b->min_wh + kept_back(e, now) * capacity_wh, b->max_wh));
    for (size_t k = 0; k < p->n_steps; k++) {
        if (is_fed(p, b->bus, k))
            continue;
        b->keeps_reserve[k] = 0;
        b->dr_wanted_wh[k] = 0;
        b->kept_frac[k] = kept > 0 ? 1 - (1 - kept) * MEAN_FRAC : 0;
    }
    if (!is_fed(p, b->bus, p->n_steps - 1))
        b->end_value_per_kwh *= LEFT_OVER;
}

// What is warned of now comes back as any reserve that is missing; what begins later is there by then.
static void fill_warned(const struct engine *e, int battery, struct plan_problem *p, struct instant now)
{
    struct plan_battery *b = &p->batteries[battery];
    double capacity_wh = e->site->batteries[battery].capacity_wh, frac = outage_reserve_frac(e, now.utc_ms);
    if (site_island_of_bus(e->site, b->bus) < 0 && e->site->n_islands < e->site->n_grids)
        return;
    b->reserve_wh = fmax(b->reserve_wh, fmin(frac * capacity_wh, b->max_wh));
    for (size_t k = 0; k < p->n_steps; k++) {
        double then = outage_reserve_frac(e, problem_step_end_ms(p, k));
        if (then > frac && is_fed(p, b->bus, k))
            b->dr_wanted_wh[k] = fmax(b->dr_wanted_wh[k], fmin(then * capacity_wh, b->max_wh));
    }
}

// ---- who can be shed ------------------------------------------------------------------------------------------------

static double switched_share(const struct engine *e, int load, enum load_tier tier)
{
    double share = 0;
    for (size_t i = 0; i < outage_switches(e); i++) {
        const struct site_switch *s = &e->site->switches[i];
        if (s->load == load && s->tier == tier && site_device_of_switch(e->site, (int)i) >= 0)
            share += s->share;
    }
    return share;
}

// What neither a switch nor a limit reaches cannot be shed: it is served first, as lifelines are.
static void fill_load(const struct engine *e, int load, struct plan_problem *p)
{
    struct plan_load *l = &p->loads[load];
    bool limited = e->assets[asset_of(e, ASSET_LOAD, load)].control >= 0;
    for (int t = TIER_LIFELINE + 1; t < TIER_COUNT; t++) {
        double reach = switched_share(e, load, (enum load_tier)t);
        if (reach <= 0 && l->sheddable[t] && limited)
            reach = l->tier_share[t];
        double rest = fmax(l->tier_share[t] - reach, 0);
        l->tier_share[TIER_LIFELINE] += rest;
        l->tier_share[t] -= rest;
        l->sheddable[t] = l->tier_share[t] > 0;
    }
}

static double cautious_w(const struct engine *e, int pv, double quantile, const struct plan_problem *p, size_t k,
                         struct instant now)
{
    double q[FORECAST_QUANTILES];
    forecast_pv_quantiles_w(e->forecast, pv, now.utc_ms, p->start_utc_ms[k], problem_step_end_ms(p, k), q);
    if (quantile < 0.5)
        return q[FORECAST_P10] + (q[FORECAST_P50] - q[FORECAST_P10]) * clamp((quantile - 0.1) / 0.4, 0, 1);
    return q[FORECAST_P50] + (q[FORECAST_P90] - q[FORECAST_P50]) * clamp((quantile - 0.5) / 0.4, 0, 1);
}

static double a_little_more_w(const struct engine *e, int load, const struct plan_problem *p, size_t k,
                              struct instant now)
{
    double q[FORECAST_QUANTILES];
    forecast_load_quantiles_w(e->forecast, load, now.utc_ms, p->start_utc_ms[k], problem_step_end_ms(p, k), q);
    return A_LITTLE * fmax(q[FORECAST_P90] - q[FORECAST_P50], 0);
}

static void fill_courses(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        for (size_t i = 0; i < p->n_pvs; i++)
            if (!is_fed(p, p->pvs[i].bus, k))
                p->pvs[i].available_w[k] = cautious_w(e, (int)i, e->site->outage.pv_quantile, p, k, now);
        for (size_t i = 0; i < p->n_loads; i++)
            if (!is_fed(p, p->loads[i].bus, k))
                p->loads[i].demand_w[k] += a_little_more_w(e, (int)i, p, k, now);
    }
}

// ---- the whole ------------------------------------------------------------------------------------------------------

void problem_fill_outage(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t i = 0; i < e->site->n_batteries && outage_is_watched(e); i++)
        fill_warned(e, (int)i, p, now);
    if (!problem_has_outage(e, p))
        return;
    int64_t end = outage_horizon_ms(e, now.utc_ms, false);
    p->least_frac = fmax(e->site->outage.least_frac, LEAST_FRAC);
    for (size_t k = 0; k < p->n_steps && end != NEVER_MS; k++)
        p->lifelines_only[k] = p->start_utc_ms[k] >= end && p->start_utc_ms[k] < outage_horizon_ms(e, now.utc_ms, true);
    fill_courses(e, p, now);
    fill_generators(e, p);
    for (size_t i = 0; i < e->site->n_batteries; i++)
        fill_battery(e, (int)i, p, now);
    for (size_t i = 0; i < p->n_loads; i++)
        if (is_ever_alone(p, p->loads[i].bus))
            fill_load(e, (int)i, p);
}
