// SPDX-License-Identifier: GPL-3.0-or-later
// Readings become judged values of assets; devices that fall silent are named.
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/internal.h"
#include "quality/sign.h"

static const double LARGEST_MEAN_W = 1e12;

// ---- what is plausible ----------------------------------------------------------------------------------------------

static double bus_power_w(const struct engine *e, int bus)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_asset *a = site_asset_at(e, (int)i);
        if (a->bus == bus)
            sum += fmax(fabs(a->min_power_w), fabs(a->max_power_w));
    }
    return sum;
}

// A grid may well exceed its contract, and a step up to its size must be seen at once; the others know their size.
static struct quality_limits power_limits(const struct engine *e, int asset)
{
    if (is_coarse(e)) // means over minutes or hours, judged by whoever keeps them: they may jump, and stand still
        return (struct quality_limits){.low = -LARGEST_MEAN_W, .high = LARGEST_MEAN_W};
    const struct site_asset *a = site_asset_at(e, asset);
    double size = fmax(fabs(a->min_power_w), fabs(a->max_power_w));
    double slack = 0.05 * size + 1000;
    uint32_t frozen_ms = size < SMALL_W ? FROZEN_SMALL_MS : FROZEN_MS;
    switch (a->kind) {
    case ASSET_GRID: {
        double all = 2 * bus_power_w(e, a->bus) + slack;
        return (struct quality_limits){.low = -all, .high = all, .max_step = size + slack, .frozen_ms = frozen_ms};
    }
    case ASSET_LOAD:
        return (struct quality_limits){
            .low = -4 * size - slack, .high = slack, .max_step = size + slack, .frozen_ms = frozen_ms};
    case ASSET_PV:
        return (struct quality_limits){.low = -slack, .high = 1.3 * size + slack};
    default:
        return (struct quality_limits){.low = 1.3 * a->min_power_w - slack, .high = 1.3 * a->max_power_w + slack};
    }
}

static struct quality_limits limits_of(const struct engine *e, int asset, enum quantity q)
{
    switch (q) {
    case QUANTITY_POWER_W:
        return power_limits(e, asset);
    case QUANTITY_SOC_FRAC: // another vehicle may come with any
        return (struct quality_limits){
            .low = 0, .high = 1, .max_step = site_asset_at(e, asset)->kind == ASSET_CHARGER || is_coarse(e) ? 0 : 0.2};
    case QUANTITY_CONNECTED:
    case QUANTITY_CLOSED:
    case QUANTITY_GRID_PRESENT:
    case QUANTITY_FUEL_FRAC:
        return (struct quality_limits){.low = 0, .high = 1};
    case QUANTITY_SESSION_WH:
        return (struct quality_limits){.low = 0, .high = 1e9};
    case QUANTITY_MAX_CHARGE_W:
    case QUANTITY_AVAILABLE_W:
        return (struct quality_limits){.low = 0, .high = 1e10};
    case QUANTITY_OUTSIDE_DEGC: // fog may keep it to the digit for hours, no weather does so for a day
        return (struct quality_limits){.low = -60, .high = 60, .max_step = 5, .frozen_ms = 24 * 3600 * 1000};
    default:
        return (struct quality_limits){.low = -1e15, .high = 1e15};
    }
}

// What sensors of the area, witnesses of a grid and switches tell.
static bool is_told_without_asset(enum quantity q)
{
    return q == QUANTITY_OUTSIDE_DEGC || q == QUANTITY_CLOSED || q == QUANTITY_GRID_PRESENT;
}

static void start_device(struct engine *e, int index)
{
    struct device_state *d = &e->devices[index];
    const struct site_device *site = &e->site->devices[index];
    int polls = e->site->control.stale_polls > 0 ? e->site->control.stale_polls : 1;
    for (int q = 0; q < QUANTITY_COUNT; q++) {
        if (site->asset >= 0 || is_told_without_asset((enum quantity)q))
            d->limits[q] = limits_of(e, site->asset, (enum quantity)q);
        d->limits[q].stale_ms = (uint32_t)(site->poll_ms * polls);
    }
    d->next_of_asset = -1;
    if (site->asset < 0)
        return;
    struct asset_state *a = &e->assets[site->asset];
    d->next_of_asset = a->first_device;
    a->first_device = index;
    if (site->control && d->info.can_write && site_asset_at(e, site->asset)->kind != ASSET_GRID)
        a->control = index;
}

void values_start(struct engine *e)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        e->assets[i].first_device = e->assets[i].control = -1;
        e->assets[i].max_charge_w = e->assets[i].available_w = INFINITY;
    }
    for (size_t i = e->site->n_devices; i-- > 0;) // the first of the file comes first in the chain
        start_device(e, (int)i);
}

// ---- from devices to assets -----------------------------------------------------------------------------------------

struct value device_value(const struct engine *e, int device, enum quantity q, uint64_t now_mono_ms)
{
    const struct device_state *d = &e->devices[device];
    struct value v = judge_value(&d->judges[q], &d->limits[q], now_mono_ms);
    if (v.quality != QUALITY_NONE && v.mono_ms < e->fresh_from_mono_ms)
        v.quality = QUALITY_STALE;
    return v;
}

// The first usable value of an asset's devices; of power a meter's before its own device's. What is not usable is still
// shown when there is nothing better.
static struct value best_value(const struct engine *e, int asset, enum quantity q, uint64_t now, int *ret_device)
{
    struct value best = {0};
    int best_rank = -1;
    for (int d = e->assets[asset].first_device; d >= 0; d = e->devices[d].next_of_asset) {
        struct value v = device_value(e, d, q, now);
        bool meter = e->devices[d].info.kind == PROFILE_METER;
        int rank = v.quality == QUALITY_NONE ? 0 : (value_usable(v) ? 4 : 2) + (meter && q == QUANTITY_POWER_W);
        if (rank <= best_rank)
            continue;
        best = v;
        best_rank = rank;
        *ret_device = d;
    }
    return best;
}

static double bound_or_none(const struct engine *e, int asset, enum quantity q, uint64_t now)
{
    int device;
    struct value v = best_value(e, asset, q, now, &device);
    return value_usable(v) ? v.v : INFINITY;
}

static void refresh_asset(struct engine *e, int asset, uint64_t now)
{
    struct asset_state *a = &e->assets[asset];
    int device = -1;
    a->power = best_value(e, asset, QUANTITY_POWER_W, now, &device);
    if (value_usable(a->power) && a->power.mono_ms != a->good.mono_ms) {
        a->previous = a->good;
        a->good = a->power;
        a->stale_ms = e->devices[device].limits[QUANTITY_POWER_W].stale_ms;
        e->received = true;
    }
    a->soc = best_value(e, asset, QUANTITY_SOC_FRAC, now, &device);
    if (value_usable(a->soc))
        a->good_soc = a->soc;
    a->max_charge_w = bound_or_none(e, asset, QUANTITY_MAX_CHARGE_W, now);
    a->available_w = bound_or_none(e, asset, QUANTITY_AVAILABLE_W, now);
    a->connected = best_value(e, asset, QUANTITY_CONNECTED, now, &device);
    a->session_count = best_value(e, asset, QUANTITY_SESSION_WH, now, &device);
    a->fuel = best_value(e, asset, QUANTITY_FUEL_FRAC, now, &device);
    struct value status = best_value(e, asset, QUANTITY_STATUS, now, &device);
    a->faulted = value_usable(status) && status.v == 2;
    a->status_runs = value_usable(status) && status.v == 1;
}

static bool is_fresh(const struct engine *e, struct value good, uint32_t stale_ms, uint64_t now)
{
    return good.quality == QUALITY_GOOD && good.mono_ms >= e->fresh_from_mono_ms &&
           elapsed_ms(good.mono_ms, now) <= stale_ms;
}

bool asset_known(const struct engine *e, int asset, uint64_t now_mono_ms)
{
    return is_fresh(e, e->assets[asset].good, e->assets[asset].stale_ms, now_mono_ms);
}

bool soc_known(const struct engine *e, int asset, uint64_t now_mono_ms)
{
    const struct asset_state *a = &e->assets[asset];
    return is_fresh(e, a->good_soc, a->stale_ms, now_mono_ms);
}

bool asset_doubtful(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    return a->power.quality == QUALITY_INVALID || a->soc.quality == QUALITY_INVALID;
}

// ---- events ---------------------------------------------------------------------------------------------------------

static void take_reading(struct engine *e, int device, const struct reading *r, uint64_t now)
{
    const struct site_device *site = &e->site->devices[device];
    struct device_state *d = &e->devices[device];
    const struct site_asset *asset = site_device_asset(e->site, site);
    if (asset == NULL && !is_told_without_asset(r->quantity))
        return; // a sensor has no more to tell
    bool turned = asset != NULL && sign_is_turned(d->info.kind, asset->kind, site->invert);
    struct reading at_bus = *r;
    at_bus.quantity = sign_quantity_at_bus(r->quantity, turned);
    at_bus.value = sign_value_at_bus(r->quantity, r->value, turned);
    judge_reading(&d->judges[at_bus.quantity], &d->limits[at_bus.quantity], &at_bus, now);
}

static void mark_answered(struct engine *e, int device, uint64_t now)
{
    struct device_state *d = &e->devices[device];
    d->answered = true;
    d->answer_mono_ms = now;
    d->failures = 0;
    if (d->down)
        d->rewrite = true; // it may have forgotten its setpoint
}

int values_consume(struct engine *e, const struct event *event)
{
    int device = event->readings.device;
    for (size_t i = 0; i < event->readings.count; i++)
        if ((unsigned)event->readings.readings[i].quantity >= QUANTITY_COUNT)
            return AEMS_E_RANGE;
    mark_answered(e, device, event->at.mono_ms);
    for (size_t i = 0; i < event->readings.count; i++)
        take_reading(e, device, &event->readings.readings[i], event->at.mono_ms);
    if (e->site->devices[device].asset >= 0)
        refresh_asset(e, e->site->devices[device].asset, event->at.mono_ms);
    return 0;
}

void values_device_down(struct engine *e, const struct event *event)
{
    struct device_state *d = &e->devices[event->device_down.device];
    d->failures++;
    snprintf(d->why, sizeof d->why, "%s", event->device_down.why != NULL ? event->device_down.why : "no answer");
}

// ---- each tick ------------------------------------------------------------------------------------------------------

static bool is_down(const struct engine *e, const struct device_state *d, uint64_t now)
{
    if (d->failures >= DOWN_FAILURES)
        return true;
    uint64_t since = d->answered ? d->answer_mono_ms : e->started.mono_ms + START_GRACE_MS;
    since = since > e->fresh_from_mono_ms ? since : e->fresh_from_mono_ms;
    return elapsed_ms(since, now) > d->limits[QUANTITY_POWER_W].stale_ms;
}

static void refresh_device(struct engine *e, int index, struct instant now)
{
    struct device_state *d = &e->devices[index];
    d->down = is_down(e, d, now.mono_ms);
    alarm_set(e, ALARM_DEVICE_DOWN, index, d->down, now.utc_ms,
              "Device %s gives no values (%s): check its power, cable, address and profile", e->site->devices[index].id,
              d->why[0] != '\0' ? d->why : "no answer");
}

static bool all_answer(const struct engine *e, int asset)
{
    for (int d = e->assets[asset].first_device; d >= 0; d = e->devices[d].next_of_asset)
        if (e->devices[d].down || !e->devices[d].answered)
            return false;
    return e->assets[asset].first_device >= 0;
}

static void refresh_running(struct engine *e, int asset, uint64_t now)
{
    struct asset_state *a = &e->assets[asset];
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    if ((kind != ASSET_GENERATOR && kind != ASSET_CONVERTER) || !asset_known(e, asset, now))
        return;
    bool runs = fabs(a->good.v) > 0.02 * asset_range_w(e, asset);
    if (runs != a->runs)
        a->switched_mono_ms = now;
    a->runs = runs;
}

static void refresh_alarms(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    const char *id = site_asset_at(e, asset)->id;
    bool wrong = a->power.quality == QUALITY_SUSPECT || a->power.quality == QUALITY_INVALID;
    bool lost = a->reachable && wrong && !asset_known(e, asset, now.mono_ms);
    alarm_set(e, ALARM_VALUE, asset, lost, now.utc_ms, "The power of %s is %s and is not used: check its meter", id,
              a->power.quality == QUALITY_INVALID ? "implausible or missing" : "frozen or jumping");
    alarm_set(e, ALARM_FAULT, asset, a->faulted, now.utc_ms, "The device of %s reports a fault", id);
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    bool blind = (kind == ASSET_BATTERY || kind == ASSET_STORE) && a->reachable && !soc_known(e, asset, now.mono_ms);
    alarm_set(e, ALARM_SOC, asset, blind, now.utc_ms,
              kind == ASSET_BATTERY ? "Battery %s has no usable state of charge: it is not dispatched"
                                    : "Store %s has no usable state of charge: it counts as half full",
              id);
}

void values_refresh(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_devices; i++)
        refresh_device(e, (int)i, now);
    for (size_t i = 0; i < e->site->n_assets; i++) {
        refresh_asset(e, (int)i, now.mono_ms);
        e->assets[i].reachable = all_answer(e, (int)i);
        refresh_running(e, (int)i, now.mono_ms);
        refresh_alarms(e, (int)i, now);
    }
}
