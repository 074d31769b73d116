// SPDX-License-Identifier: GPL-3.0-or-later
// Any small area around an engine, one device an asset in the same order, all in injected time: what is set flows a
// second later, the grid carries the rest. For assets that world.h has no room for.
#pragma once

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "dr/settlement.h"
#include "plan/schedule_alloc.h"

struct thing { // the device of one asset
    double power_w, goal_w;
    double soc, connected, session_wh, fuel; // NAN: it does not tell
    double most_w;                           // it never takes more than this
    bool dead, stubborn;
    int writes;
};

struct area_world {
    struct site *site;
    struct engine *engine;
    struct engine_device *devices;
    struct instant now;
    struct thing *things;         // per asset; the grid, the first asset, follows from the others
    struct plan_problem *problem; // the last that was asked for
    int solves;
    int capabilities; // so often it was to be published
    int saves[SAVED_KIND_COUNT];
    struct settlement *report; // the last
    int reports;
    struct dr_status status; // the last that was told of an event
    int statuses;
};

static inline struct engine_device area_device(enum asset_kind kind)
{
    bool steered = kind != ASSET_GRID && kind != ASSET_LOAD && kind != ASSET_STORE;
    return (struct engine_device){.kind = kind == ASSET_LOAD ? PROFILE_METER : profile_kind_of_asset(kind),
                                  .can_write = steered};
}

static inline void area_new_engine(struct area_world *w)
{
    ck_assert_int_eq(engine_new(w->site, w->devices, w->now, &w->engine), 0);
}

static inline void area_start(struct area_world *w, const char *text, const char *start)
{
    struct diagnostics d = {0};
    *w = (struct area_world){0};
    if (conf_load_text("area.yaml", text, strlen(text), &d, &w->site) < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_ptr_nonnull(w->site);
    ck_assert_int_eq(local_time_set_zone(w->site->timezone), 0);
    ck_assert_int_eq(rfc3339_parse(start, &w->now.utc_ms), 0);
    w->now.mono_ms = 1000000;
    w->things = calloc(w->site->n_assets, sizeof *w->things);
    w->devices = calloc(w->site->n_assets, sizeof *w->devices);
    w->site->n_devices = w->site->n_assets;
    w->site->devices = realloc(w->site->devices, w->site->n_assets * sizeof *w->site->devices);
    for (size_t i = 0; i < w->site->n_assets; i++) {
        struct site_device *device = &w->site->devices[i];
        *device = (struct site_device){.asset = (int)i, .poll_ms = 1000, .control = true};
        memcpy(device->id, w->site->assets[i].id, sizeof device->id);
        w->devices[i] = area_device(w->site->assets[i].kind);
        w->things[i] = (struct thing){.soc = NAN, .connected = NAN, .session_wh = NAN, .fuel = NAN, .most_w = INFINITY};
    }
    area_new_engine(w);
}

static inline void area_end(struct area_world *w)
{
    engine_free(w->engine);
    plan_problem_free(w->problem);
    settlement_free(w->report);
    free(w->things);
    free(w->devices);
    site_free(w->site);
}

static inline int area_find(const struct area_world *w, const char *id)
{
    int asset = site_find_asset(w->site, id);
    ck_assert_msg(asset >= 0, "%s", id);
    return asset;
}

static inline struct thing *area_thing(const struct area_world *w, const char *id)
{
    return &w->things[area_find(w, id)];
}

static inline bool is_drawn(const struct area_world *w, size_t i) // a meter counts what is drawn
{
    return w->devices[i].kind == PROFILE_METER;
}

static inline void area_drain(struct area_world *w)
{
    struct action a;
    while (engine_produce(w->engine, w->now, &a)) {
        if (a.kind == ACTION_WRITE) {
            w->things[a.write.asset].goal_w = a.write.power_w;
            w->things[a.write.asset].writes++;
        } else if (a.kind == ACTION_DR_STATUS) {
            w->status = a.dr;
            w->statuses++;
        } else if (a.kind == ACTION_SAVE) {
            w->saves[a.save.kind]++;
        } else if (a.kind == ACTION_CAPABILITY) {
            w->capabilities++;
        } else if (a.kind == ACTION_SOLVE) {
            plan_problem_free(w->problem);
            w->problem = a.problem;
            w->solves++;
        } else if (a.kind == ACTION_DR_REPORT) {
            settlement_free(w->report);
            w->report = a.report;
            w->reports++;
        }
    }
}

static inline int area_tell(struct area_world *w, struct event event)
{
    event.at = w->now;
    int result = engine_consume(w->engine, &event);
    area_drain(w);
    return result;
}

static inline bool area_is_electric(const struct area_world *w, size_t i)
{
    return w->site->buses[w->site->assets[i].bus].carrier == CARRIER_ELECTRICITY;
}

static inline double area_grid_w(const struct area_world *w)
{
    double sum = 0;
    for (size_t i = 1; i < w->site->n_assets; i++)
        if (area_is_electric(w, i))
            sum -= is_drawn(w, i) ? -w->things[i].power_w : w->things[i].power_w;
    return sum;
}

static inline void area_read(struct area_world *w, size_t i)
{
    const struct thing *t = &w->things[i];
    struct reading all[] = {{.quantity = QUANTITY_POWER_W, .value = i == 0 ? area_grid_w(w) : t->power_w},
                            {.quantity = QUANTITY_SOC_FRAC, .value = t->soc},
                            {.quantity = QUANTITY_CONNECTED, .value = t->connected},
                            {.quantity = QUANTITY_SESSION_WH, .value = t->session_wh},
                            {.quantity = QUANTITY_FUEL_FRAC, .value = t->fuel}};
    struct reading told[5];
    size_t n = 0;
    for (size_t q = 0; q < 5; q++)
        if (!isnan(all[q].value))
            told[n++] = all[q];
    area_tell(w, (struct event){.kind = EVENT_READINGS, .readings = {.device = (int)i, .readings = told, .count = n}});
}

static inline void area_follow(struct area_world *w, size_t i)
{
    struct thing *t = &w->things[i];
    if (!t->stubborn && w->devices[i].can_write)
        t->power_w = fmin(fmax(t->goal_w, -t->most_w), t->most_w);
    if (!isnan(t->connected) && t->connected < 0.5)
        t->power_w = 0;
    if (!isnan(t->session_wh) && t->power_w < 0)
        t->session_wh += -t->power_w / 3600;
}

static inline void area_second(struct area_world *w)
{
    w->now.utc_ms += 1000;
    w->now.mono_ms += 1000;
    for (size_t i = 1; i < w->site->n_assets; i++)
        area_follow(w, i);
    for (size_t i = 0; i < w->site->n_assets; i++) {
        if (w->things[i].dead)
            area_tell(w,
                      (struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {.device = (int)i, .why = "time-out"}});
        else
            area_read(w, i);
    }
    area_tell(w, (struct event){.kind = EVENT_TICK});
}

static inline void area_run(struct area_world *w, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        for (size_t i = 1; i < w->site->n_assets; i++)
            if (is_drawn(w, i) && w->things[i].power_w != 0)
                w->things[i].power_w += w->now.utc_ms / 1000 % 2 ? 1 : -1; // a living meter is never still
        area_second(w);
    }
}

static inline struct asset_view area_view(const struct area_world *w, const char *id)
{
    struct asset_view v;
    engine_asset(w->engine, area_find(w, id), w->now, &v);
    return v;
}

static inline bool area_alarm(const struct area_world *w, const char *id)
{
    const struct alarm *alarms;
    size_t n = engine_alarms(w->engine, &alarms);
    for (size_t i = 0; i < n; i++)
        if (strcmp(alarms[i].id, id) == 0)
            return true;
    return false;
}

// Kill -9: a new engine knows only what was saved.
static inline void area_restart(struct area_world *w, int64_t away_ms)
{
    enum { MOST = 900, MOST_INDEX = 300 }; // of assets, or of events
    struct saved items[MOST];
    size_t n = 0;
    for (int kind = 0; kind < SAVED_KIND_COUNT; kind++)
        for (int i = 0; i < MOST_INDEX && n < MOST; i++)
            if (engine_saved(w->engine, (enum saved_kind)kind, i, &items[n]) == 0 && items[n].json != NULL)
                n++;
    engine_free(w->engine);
    w->now.utc_ms += away_ms;
    w->now.mono_ms += (uint64_t)away_ms;
    area_new_engine(w);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(engine_restore(w->engine, &items[i], w->now), 0);
        saved_free(&items[i]);
    }
}

static inline struct plan_problem *area_problem(struct area_world *w)
{
    struct plan_problem *p;
    char why[160] = "";
    ck_assert_int_eq(engine_make_problem(w->engine, w->now, &p), 0);
    ck_assert_msg(plan_problem_check(p, why, sizeof why) == 0, "%s", why);
    plan_problem_free(w->problem);
    w->problem = p;
    return p;
}
