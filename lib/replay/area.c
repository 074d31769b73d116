// SPDX-License-Identifier: GPL-3.0-or-later
// Every asset has a device of its own that is read each cycle; who may be steered is as configured.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "replay/internal.h"

static bool is_sheddable(const struct site_load *l)
{
    for (int t = 0; t < TIER_COUNT; t++)
        if (l->sheddable[t] && l->tier_share[t] > 0)
            return true;
    return false;
}

static bool could_follow(const struct site *s, int asset)
{
    const struct site_asset *a = &s->assets[asset];
    switch (a->kind) {
    case ASSET_GRID:
    case ASSET_STORE: // takes what its bus has over
        return false;
    case ASSET_PV:
        return s->pvs[a->of_kind].curtailable;
    case ASSET_LOAD:
        return is_sheddable(&s->loads[a->of_kind]);
    default:
        return true;
    }
}

// A configuration without any device is one that is only thought about: everything can be steered then.
static bool is_connected(const struct site *s, int asset)
{
    for (size_t d = 0; d < s->n_devices; d++)
        if (s->devices[d].asset == asset && s->devices[d].control)
            return true;
    return s->n_devices == 0;
}

static void add_devices(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++) {
        bool control = could_follow(r->site, (int)i) && is_connected(r->site, (int)i);
        struct site_device *d = &r->devices[i];
        // A value that is not renewed is out of date when the cycle has ended.
        *d = (struct site_device){.asset = (int)i, .poll_ms = (int)r->cycle_ms - 1, .control = control};
        memcpy(d->id, r->site->assets[i].id, sizeof d->id);
        r->engine_device[i] = (struct engine_device){
            .kind = profile_kind_of_asset(r->site->assets[i].kind), .can_write = control, .device_reverts = control};
    }
    r->own.devices = r->devices;
    r->own.n_devices = r->site->n_assets;
}

static int longer(int a, int64_t b)
{
    return a > b ? a : (int)b;
}

// A divisor of the hour that is no longer than the cycle.
static int step_s(int cycle_s)
{
    static const int steps_s[] = {3600, 1800, 1200, 900, 600, 300};
    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++)
        if (cycle_s >= steps_s[i])
            return steps_s[i];
    return 0;
}

static void set_rhythm(struct replay *r)
{
    int cycle_s = (int)(r->cycle_ms / 1000);
    struct site_plan_settings *p = &r->own.plan;
    struct site_control_settings *c = &r->own.control;
    p->interval_s = longer(r->options.plan_interval_s > 0 ? r->options.plan_interval_s : p->interval_s, cycle_s);
    p->max_age_s = longer(p->max_age_s, 2 * (int64_t)p->interval_s);
    p->shared_s = longer(p->shared_s, cycle_s);
    p->shortest_step_s = longer(p->shortest_step_s, step_s(cycle_s));
    bool one_course =
        r->options.perfect || r->options.controller == REPLAY_PERFECT || r->options.controller == REPLAY_PERSISTENCE;
    if (one_course) // others would be the same
        p->scenarios = 1;
    c->cycle_ms = (int)r->cycle_ms;
    c->stale_polls = 1;
    c->lease_s = longer(c->lease_s, 3 * (int64_t)cycle_s);
    r->own.simulation.speed = 1;
}

int area_prepare(struct replay *r)
{
    r->own = *r->site; // what it points to is shared, and not freed with it
    r->devices = calloc(r->site->n_assets + 1, sizeof *r->devices);
    r->engine_device = calloc(r->site->n_assets + 1, sizeof *r->engine_device);
    if (r->devices == NULL || r->engine_device == NULL)
        return AEMS_E_NOMEM;
    r->own.dr.enabled |= r->options.n_events > 0;
    r->own.dr.failsafe.enabled = false; // there is nobody whose heartbeat could be missed
    add_devices(r);
    set_rhythm(r);
    return 0;
}
