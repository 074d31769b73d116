// SPDX-License-Identifier: GPL-3.0-or-later
// For how long each tier could be served, as if the grid failed now or by what is left of an outage: hours of expected
// load and cautious sun are gathered a few at a time, so that no tick is held up by it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "core/assembling.h"
#include "core/enduring.h"
#include "outage/autonomy.h"

enum {
    HOUR_MS = 3600 * 1000,
    HOURS = ENDURING_HOURS,
    LOOKS_PER_TICK = 20,
    FIRST_LOOKS = 400,
    GATHER_MS = 10 * 60 * 1000,
};

// ---- parts ----------------------------------------------------------------------------------------------------------

static void join(struct enduring *d, size_t n_buses, int keep, int drop)
{
    for (size_t b = 0; b < n_buses; b++)
        if (d->part_of_bus[b] == drop)
            d->part_of_bus[b] = keep;
}

static void find_parts(const struct site *s, struct enduring *d)
{
    for (size_t b = 0; b < s->n_buses; b++)
        d->part_of_bus[b] = s->buses[b].carrier == CARRIER_ELECTRICITY ? (int)b : -1;
    for (size_t t = 0; t < s->n_ties; t++)
        join(d, s->n_buses, d->part_of_bus[s->ties[t].from], d->part_of_bus[s->ties[t].to]);
    // Numbered without gaps, those alone that an island is part of.
    for (size_t i = 0; i < s->n_islands; i++) {
        int part = d->part_of_bus[s->islands[i].bus];
        if (part < 0 || part >= SITE_MAX_BUSES)
            continue;
        join(d, s->n_buses, SITE_MAX_BUSES + (int)d->n_parts, part);
        d->n_parts++;
    }
    for (size_t b = 0; b < s->n_buses; b++)
        d->part_of_bus[b] = d->part_of_bus[b] >= SITE_MAX_BUSES ? d->part_of_bus[b] - SITE_MAX_BUSES : -1;
}

int enduring_start(struct engine *e)
{
    struct enduring *d = calloc(1, sizeof *d);
    e->outage.enduring = d;
    if (d == NULL)
        return AEMS_E_NOMEM;
    find_parts(e->site, d);
    for (int t = 0; t < TIER_COUNT; t++) // nothing is given up for what is not known yet
        e->outage.autonomy_h[t] = HOURS;
    d->parts = calloc(d->n_parts + 1, sizeof *d->parts);
    d->next = calloc(d->n_parts + 1, sizeof *d->next);
    return d->parts != NULL && d->next != NULL ? 0 : AEMS_E_NOMEM;
}

void enduring_free(struct engine *e)
{
    if (e->outage.enduring == NULL)
        return;
    free(e->outage.enduring->parts);
    free(e->outage.enduring->next);
    free(e->outage.enduring);
}

// ---- gathering ------------------------------------------------------------------------------------------------------

// Between the three quantiles that forecasts tell, on straight lines.
static double cautious_pv_w(const struct engine *e, int pv, int64_t now_utc_ms, int64_t from_utc_ms)
{
    double q[FORECAST_QUANTILES], at = clamp(e->site->outage.pv_quantile, 0.1, 0.9);
    forecast_pv_quantiles_w(e->forecast, pv, now_utc_ms, from_utc_ms, from_utc_ms + HOUR_MS, q);
    if (at <= 0.5)
        return q[FORECAST_P10] + (q[FORECAST_P50] - q[FORECAST_P10]) * (at - 0.1) / 0.4;
    return q[FORECAST_P50] + (q[FORECAST_P90] - q[FORECAST_P50]) * (at - 0.5) / 0.4;
}

static void gather(const struct engine *e, size_t asset, size_t hour, int64_t now_utc_ms)
{
    struct enduring *d = e->outage.enduring;
    const struct site_asset *site = site_asset_at(e, (int)asset);
    int64_t from = d->next_from_utc_ms + (int64_t)hour * HOUR_MS;
    int part = d->part_of_bus[site->bus];
    if (site->kind == ASSET_PV) {
        d->next[part].pv_w[hour] += fmax(cautious_pv_w(e, site->of_kind, now_utc_ms, from), 0);
        return;
    }
    const struct site_load *l = &e->site->loads[site->of_kind];
    double load_w = fmax(forecast_load_w(e->forecast, site->of_kind, now_utc_ms, from, from + HOUR_MS), 0);
    for (int t = 0; t < TIER_COUNT; t++)
        d->next[part].load_w[t][hour] += load_w * l->tier_share[t];
}

static void begin(struct enduring *d, int64_t now_utc_ms)
{
    memset(d->next, 0, d->n_parts * sizeof *d->next);
    d->begun_utc_ms = now_utc_ms;
    d->next_from_utc_ms = now_utc_ms / HOUR_MS * HOUR_MS;
    d->asset = d->hour = 0;
}

static void finish(struct enduring *d)
{
    struct enduring_part *old = d->parts;
    d->parts = d->next;
    d->next = old;
    d->from_utc_ms = d->next_from_utc_ms;
    d->complete = true;
}

static void gather_some(struct engine *e, int64_t now_utc_ms)
{
    struct enduring *d = e->outage.enduring;
    int most = d->complete ? LOOKS_PER_TICK : FIRST_LOOKS;
    bool is_fresh = d->complete && now_utc_ms >= d->begun_utc_ms && now_utc_ms - d->begun_utc_ms < GATHER_MS;
    if (d->asset == 0 && d->hour == 0) {
        if (is_fresh) // what is expected does not change that fast, and looking costs more than all of regulation
            return;
        begin(d, now_utc_ms);
    }
    for (int looks = 0; looks < most && d->asset < e->site->n_assets; d->hour++) {
        const struct site_asset *site = site_asset_at(e, (int)d->asset);
        bool counts = (site->kind == ASSET_PV || site->kind == ASSET_LOAD) && d->part_of_bus[site->bus] >= 0;
        if (!counts || d->hour == HOURS) {
            d->asset++;
            d->hour = SIZE_MAX; // to be 0 in a moment
            continue;
        }
        gather(e, d->asset, d->hour, now_utc_ms);
        looks++;
    }
    if (d->asset < e->site->n_assets)
        return;
    finish(d);
    d->asset = d->hour = 0;
}

// ---- what there is --------------------------------------------------------------------------------------------------

static void add_battery(const struct engine *e, int battery, struct instant now, struct autonomy_input *in,
                        double *io_lost)
{
    const struct site_battery *b = &e->site->batteries[battery];
    int asset = asset_of(e, ASSET_BATTERY, battery);
    if (!soc_known(e, asset, now.mono_ms) || e->assets[asset].faulted)
        return;
    double soc = e->assets[asset].good_soc.v;
    in->stored_wh += fmax(soc - b->soc_min_frac, 0) * b->capacity_wh * b->discharge_efficiency;
    in->room_wh += fmax(b->soc_max_frac - soc, 0) * b->capacity_wh * b->discharge_efficiency;
    in->give_w += b->max_discharge_w;
    in->take_w += b->max_charge_w;
    *io_lost += b->capacity_wh * (1 - b->charge_efficiency * b->discharge_efficiency);
}

static double tank_wh(const struct engine *e, int generator)
{
    const struct site_generator *g = &e->site->generators[generator];
    const struct value fuel = e->assets[asset_of(e, ASSET_GENERATOR, generator)].fuel;
    return g->fuel_wh > 0 ? g->fuel_wh * (fuel.quality == QUALITY_NONE ? 1 : clamp(fuel.v, 0, 1)) : INFINITY;
}

static void add_generator(const struct engine *e, int generator, struct autonomy_input *in)
{
    const struct asset_state *a = &e->assets[asset_of(e, ASSET_GENERATOR, generator)];
    if (a->control < 0 || a->faulted)
        return;
    in->generator_w += e->site->generators[generator].max_power_w;
    in->fuel_wh += tank_wh(e, generator);
}

static void add_sources(const struct engine *e, int part, struct instant now, struct autonomy_input *in)
{
    const struct enduring *d = e->outage.enduring;
    double lost = 0, capacity = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++)
        if (d->part_of_bus[e->site->batteries[i].bus] == part) {
            add_battery(e, (int)i, now, in, &lost);
            capacity += e->site->batteries[i].capacity_wh;
        }
    for (size_t i = 0; i < e->site->n_generators; i++)
        if (d->part_of_bus[e->site->generators[i].bus] == part)
            add_generator(e, (int)i, in);
    in->charge_efficiency = capacity > 0 ? clamp(1 - lost / capacity, 0.1, 1) : 1;
}

double outage_stored_wh(const struct engine *e, struct instant now)
{
    struct autonomy_input in = {0};
    double lost = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++)
        add_battery(e, (int)i, now, &in, &lost);
    return in.stored_wh;
}

double outage_fuel_wh(const struct engine *e)
{
    struct autonomy_input in = {0};
    for (size_t i = 0; i < e->site->n_generators; i++)
        if (e->site->buses[e->site->generators[i].bus].carrier == CARRIER_ELECTRICITY)
            add_generator(e, (int)i, &in);
    return in.fuel_wh;
}

// ---- once a minute --------------------------------------------------------------------------------------------------

static void reckon(struct engine *e, struct instant now)
{
    const struct enduring *d = e->outage.enduring;
    int64_t gone = (now.utc_ms - d->from_utc_ms) / HOUR_MS;
    size_t first = gone > 0 ? (size_t)gone : 0;
    if (first >= HOURS)
        return;
    for (int t = 0; t < TIER_COUNT; t++)
        e->outage.autonomy_h[t] = HOURS;
    for (size_t p = 0; p < d->n_parts; p++) {
        double hours[TIER_COUNT];
        struct autonomy_input in = {.n_steps = HOURS - first, .step_h = 1, .pv_w = d->parts[p].pv_w + first};
        for (int t = 0; t < TIER_COUNT; t++)
            in.load_w[t] = d->parts[p].load_w[t] + first;
        add_sources(e, (int)p, now, &in);
        autonomy_hours(&in, hours);
        for (int t = 0; t < TIER_COUNT; t++)
            e->outage.autonomy_h[t] = fmin(e->outage.autonomy_h[t], hours[t]);
    }
}

void enduring_tick(struct engine *e, struct instant now)
{
    gather_some(e, now.utc_ms);
    int64_t since = now.utc_ms - e->outage.told_utc_ms;
    if (!e->outage.enduring->complete || (since >= 0 && since < OUTAGE_TELL_MS))
        return;
    e->outage.told_utc_ms = now.utc_ms;
    reckon(e, now);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}
