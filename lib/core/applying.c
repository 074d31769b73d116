// SPDX-License-Identifier: GPL-3.0-or-later
// Commands of a regulation step become setpoints, and setpoints become leases on devices.
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "core/internal.h"

// ---- leases ---------------------------------------------------------------------------------------------------------

static uint64_t lease_ms(const struct engine *e)
{
    return (uint64_t)e->site->control.lease_s * 1000;
}

void release_device(struct engine *e, int device)
{
    struct device_state *d = &e->devices[device];
    queue_drop(&e->queue, TASK_WRITE, device);
    queue_add(&e->queue, TASK_RELEASE, device);
    d->held = d->taken_over = d->rewrite = d->mismatch = false;
    queue_add(&e->queue, TASK_SAVE_LEASE, device);
}

static void hold_device(struct engine *e, int device, double power_w, uint64_t now_mono_ms)
{
    struct device_state *d = &e->devices[device];
    bool changed = !d->held || d->written_w != power_w;
    bool renewal = elapsed_ms(d->write_mono_ms, now_mono_ms) * 3 >= lease_ms(e);
    if (!changed && !renewal && !d->rewrite)
        return;
    queue_drop(&e->queue, TASK_RELEASE, device);
    queue_add(&e->queue, TASK_WRITE, device);
    if (!d->held || d->taken_over)
        queue_add(&e->queue, TASK_SAVE_LEASE, device);
    d->held = true;
    d->taken_over = d->rewrite = false;
    d->written_w = power_w;
    d->write_mono_ms = now_mono_ms;
    d->lease_until_mono_ms = now_mono_ms + lease_ms(e);
}

static void forget_lease(struct engine *e, int device)
{
    struct device_state *d = &e->devices[device];
    d->held = false;
    queue_drop(&e->queue, TASK_WRITE, device);
    queue_add(&e->queue, TASK_SAVE_LEASE, device);
}

int64_t setpoint_valid_until_ms(const struct engine *e, int asset, struct instant now)
{
    int device = e->assets[asset].control;
    if (device < 0 || !e->devices[device].held)
        return now.utc_ms;
    uint64_t until = e->devices[device].lease_until_mono_ms;
    return now.utc_ms + (int64_t)(area_seconds(e, elapsed_ms(now.mono_ms, until)) * 1000);
}

// ---- reasons --------------------------------------------------------------------------------------------------------

// In regulation who holds an island stands where its grid stood, and a lost grid has limits of 0: people are told what
// that means.
static enum reason_kind limit_kind(const struct engine *e, const struct regulate_command *c)
{
    bool gives = c->reason == REASON_IMPORT_LIMIT;
    if ((!gives && c->reason != REASON_EXPORT_LIMIT) || c->reason_asset < 0)
        return c->reason;
    const struct site_asset *by = site_asset_at(e, c->reason_asset);
    if (asset_forms(e, c->reason_asset))
        return gives ? REASON_ISLAND_GIVE : REASON_ISLAND_TAKE;
    return by->kind == ASSET_GRID && grid_is_lost(e, by->of_kind) ? REASON_OUTAGE : c->reason;
}

// Whose reason is neither a limit nor the plan's; REASON_NONE: it has one of these.
static enum reason_kind island_kind(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    if (asset_forms(e, asset))
        return REASON_FORMING;
    bool shed = of->kind == ASSET_LOAD && bus_is_alone(e, of->bus) && isfinite(serving_left_w(e, of->of_kind));
    return shed && !e->assets[asset].manual.active ? REASON_SHORTAGE : REASON_NONE;
}

// A tie that carries no more than what keeps an island from failing with its grid: who would form that; -1: it is for
// something else.
static int held_up_over(const struct engine *e, int asset, struct instant now)
{
    const struct site_asset *of = site_asset_at(e, asset);
    return of->kind == ASSET_TIE ? surviving_for(e, of->of_kind, e->commands[asset].setpoint_w, now) : -1;
}

// While an engine starts it is left alone by regulation: it does so for what it was started for.
static bool keeps_reason(const struct engine *e, int asset, const struct regulate_command *c, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    bool for_island = a->reason.kind == REASON_ISLAND_GIVE && bus_is_alone(e, site_asset_at(e, asset)->bus);
    return for_island && c->reason == REASON_RULE && !a->manual.active && asset_starting(e, asset, now.mono_ms);
}

static struct reason reason_of(const struct engine *e, int asset, struct instant now)
{
    const struct regulate_command *c = &e->commands[asset];
    int bus = site_asset_at(e, asset)->bus, step;
    double price = bus_is_alone(e, bus) ? engine_bus_price_per_kwh(e, bus, now) : bus_price_per_kwh(e, bus, now);
    struct reason r = {.kind = island_kind(e, asset), .price_per_kwh = price};
    if (r.kind != REASON_NONE)
        return r;
    r.kind = limit_kind(e, c);
    if (keeps_reason(e, asset, c, now))
        return e->assets[asset].reason;
    bool untouched = c->reason == REASON_NONE || c->reason == REASON_RULE;
    int held_up = untouched && !e->assets[asset].manual.active ? held_up_over(e, asset, now) : -1;
    if (held_up >= 0) {
        r.kind = REASON_ISLAND_GIVE;
        text_copy(r.asset, sizeof r.asset, site_asset_at(e, held_up)->id);
        return r;
    }
    if (untouched && e->assets[asset].manual.active)
        r.kind = REASON_MANUAL;
    else if (c->reason == REASON_NONE && planning_current(e, now, &step))
        return e->plan.schedule->assets[asset].reasons[step];
    if (c->reason == REASON_GROUP_LIMIT)
        text_copy(r.asset, sizeof r.asset, e->site->groups[c->reason_asset].id);
    else if (c->reason_asset >= 0)
        text_copy(r.asset, sizeof r.asset, site_asset_at(e, c->reason_asset)->id);
    return r;
}

// ---- setpoints ------------------------------------------------------------------------------------------------------

static void set_setpoint(struct engine *e, int asset, double setpoint_w, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    asset_told(e, asset, setpoint_w, now.mono_ms);
    if (!a->has_setpoint || a->setpoint_w != setpoint_w)
        a->setpoint_mono_ms = now.mono_ms;
    a->has_setpoint = true;
    a->setpoint_w = setpoint_w;
    a->reason = reason_of(e, asset, now);
    hold_device(e, a->control, setpoint_w, now.mono_ms);
}

// As in regulation, a change too small to matter leaves the cap standing.
static double calm_cap(const struct engine *e, int asset, double wanted_w)
{
    const struct asset_state *a = &e->assets[asset];
    double band_w = fmax(0.002 * asset_range_w(e, asset), 50);
    double peak_w = site_asset_at(e, asset)->max_power_w;
    if (is_coarse(e))
        return wanted_w;
    if (site_asset_at(e, asset)->kind == ASSET_PV && wanted_w > peak_w - band_w)
        return peak_w;
    return a->cap.active && fabs(wanted_w - a->setpoint_w) < band_w ? a->setpoint_w : wanted_w;
}

// A cap stays while it binds, and is lifted for good only after it has not bound for a while: a plant that is on its
// way up to a raised cap does not bind either.
static void set_cap_pv(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    double peak_w = site_asset_at(e, asset)->max_power_w;
    double could_w = e->regulate_assets[asset].max_w, wanted_w = e->commands[asset].setpoint_w;
    bool manual = a->manual.active && a->manual.power_w < peak_w;
    if (cap_binds(e, asset) || wanted_w < could_w - 1)
        a->cap.bound_mono_ms = now.mono_ms;
    if (wanted_w < could_w - 1 || cap_binds(e, asset) || manual) {
        double cap_w = wanted_w < could_w - 1 || !manual ? wanted_w : a->manual.power_w;
        set_setpoint(e, asset, calm_cap(e, asset, cap_w), now);
        a->cap.active = true;
    } else if (a->cap.active && elapsed_ms(a->cap.bound_mono_ms, now.mono_ms) >= CAP_RELEASE_MS) {
        a->cap.active = false;
    }
    if (!a->cap.active && a->has_setpoint) // once capped, it is held at its peak rather than released to its safe power
        set_setpoint(e, asset, peak_w, now);
    else if (a->cap.active)
        set_setpoint(e, asset, a->setpoint_w, now);
}

static void cap_load(struct engine *e, int asset, double wanted_w, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    if (!a->cap.active)
        a->cap.natural_w = fmin(a->good.v, 0);
    set_setpoint(e, asset, calm_cap(e, asset, wanted_w), now);
    a->cap.active = true;
}

static void uncap_load(struct engine *e, int asset)
{
    struct asset_state *a = &e->assets[asset];
    if (!a->cap.active)
        return;
    a->cap.active = false;
    a->has_setpoint = false;
    release_device(e, a->control);
}

// On an island: by the order of tiers, and by hand.
static void set_cap_island(struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    double wanted_w = fmin(-serving_left_w(e, site_asset_at(e, asset)->of_kind), 0);
    if (a->manual.active)
        wanted_w = fmin(fmax(wanted_w, a->manual.power_w), 0);
    if (isfinite(wanted_w))
        cap_load(e, asset, wanted_w, now);
    else
        uncap_load(e, asset);
}

static void set_cap_load(struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    double left_w = -serving_left_w(e, site_asset_at(e, asset)->of_kind),
           wanted_w = fmax(e->commands[asset].setpoint_w, left_w);
    if (bus_is_alone(e, site_asset_at(e, asset)->bus))
        set_cap_island(e, asset, now);
    else if (wanted_w > e->regulate_assets[asset].min_w + 1 || isfinite(left_w) || a->manual.active)
        cap_load(e, asset, wanted_w, now);
    else
        uncap_load(e, asset);
}

static void let_go(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct device_state *d = &e->devices[a->control];
    if (!d->held && !d->taken_over) {
        a->has_setpoint = false;
        a->cap.active = false;
        return;
    }
    if (!d->down && d->answered) {
        a->has_setpoint = false;
        a->cap.active = false;
        release_device(e, a->control);
    } else if (d->held && now.mono_ms >= d->lease_until_mono_ms) {
        a->has_setpoint = false;
        forget_lease(e, a->control);
    }
}

static bool waits(const struct engine *e, int asset)
{
    const struct site_asset *site = site_asset_at(e, asset);
    bool waiting = e->buses[site->bus].mode == BUS_WAITING;
    if (site->kind == ASSET_TIE)
        waiting |= e->buses[e->site->ties[site->of_kind].from].mode == BUS_WAITING;
    return waiting;
}

// One odd answer of a battery is no reason to let it go, but none to move it either.
static bool pauses(const struct engine *e, int asset, struct instant now)
{
    return site_asset_at(e, asset)->kind == ASSET_BATTERY && asset_doubtful(e, asset) &&
           asset_known(e, asset, now.mono_ms) && soc_known(e, asset, now.mono_ms);
}

static bool is_dark(const struct engine *e, int bus)
{
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    const struct island_book *b = island >= 0 ? &e->outage.islands[island] : NULL;
    return b != NULL && !b->lives && (b->island.state == ISLAND_RESTARTING || b->island.was_black);
}

// It comes up from black, and has nothing yet that anybody could help with: an engine that turns may not hold it yet.
static bool comes_up(const struct engine *e, int bus)
{
    int island = outage_is_watched(e) ? site_island_of_bus(e->site, bus) : -1;
    const struct island_book *b = island >= 0 ? &e->outage.islands[island] : NULL;
    return b != NULL && b->island.state == ISLAND_RESTARTING && b->restart.phase < RESTART_SERVING;
}

// Whoever is given a setpoint may bring a dead bus to life: nobody does so beside the one that is to.
static bool would_energise(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    if (of->kind == ASSET_TIE)
        return is_dark(e, of->bus) || is_dark(e, e->site->ties[of->of_kind].from) || comes_up(e, of->bus) ||
               comes_up(e, e->site->ties[of->of_kind].from);
    return (of->kind == ASSET_BATTERY || of->kind == ASSET_GENERATOR) && is_dark(e, of->bus);
}

static void apply_command(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    bool forms = asset_forms(e, asset);
    if (bus_hangs_on_dead_grid(e, site_asset_at(e, asset)->bus, now.mono_ms))
        return;
    if (a->control < 0 || (!forms && (waits(e, asset) || pauses(e, asset, now))))
        return;
    if (forms) {
        set_setpoint(e, asset, forming_setpoint_w(e, asset, now), now);
    } else if (would_energise(e, asset)) {
        let_go(e, asset, now);
    } else if (e->commands[asset].command) {
        if (kind == ASSET_PV)
            set_cap_pv(e, asset, now);
        else if (kind == ASSET_LOAD)
            set_cap_load(e, asset, now);
        else
            set_setpoint(e, asset, e->commands[asset].setpoint_w, now);
    } else if (a->obedience.unwilling && a->has_setpoint && !e->devices[a->control].down &&
               e->buses[site_asset_at(e, asset)->bus].mode != BUS_BLIND) {
        hold_device(e, a->control, a->setpoint_w, now.mono_ms); // keep telling it
    } else {
        let_go(e, asset, now);
    }
    if (e->devices[a->control].taken_over && !e->devices[a->control].down && e->devices[a->control].answered)
        release_device(e, a->control); // of a former process, and not wanted
}

void apply_commands(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_assets; i++)
        apply_command(e, (int)i, now);
}

void apply_write_result(struct engine *e, const struct event *event)
{
    int device = event->write_result.device;
    struct device_state *d = &e->devices[device];
    switch (event->write_result.status) {
    case WRITE_DONE:
        d->mismatch = false;
        d->write_failures = 0;
        break;
    case WRITE_FAILED:
        d->write_failures++;
        d->rewrite = d->held;
        break;
    case WRITE_MISMATCH:
        d->mismatch = d->held;
        break;
    case WRITE_RELEASED:
        if (d->held) // by the bus itself, because a renewal came too late
            forget_lease(e, device);
        break;
    }
}
