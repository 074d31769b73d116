// SPDX-License-Identifier: GPL-3.0-or-later
// A driver without devices, planner and broker, for the calls of the control socket: unit test and fuzz target.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "daemon/app/calls.h"

struct calls_world {
    struct app_area area;
    struct engine_device device;
    struct clock_source clock;
    struct driver driver;
    struct commands commands;
    struct replies replies;
    struct notices notices;
    struct calls calls;
};

static const char calls_world_site[] =
    "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "mqtt: {enabled: false}\n"
    "demand_response: {enabled: true, signed: false}\n"
    "modbus: {east: {tcp: \"127.0.0.1:15020\"}}\n"
    "devices: {d1: {link: east, unit: 1, profile: none, asset: b1, control: true}}\n";

// 0, or what failed. The broker is to be disabled, so that no loop is needed. `devices` are borrowed.
static inline int calls_world_make_of(struct calls_world *w, const char *text, struct engine_device *devices)
{
    struct diagnostics d = {0};
    struct publisher_callbacks callbacks = {.user = NULL};
    int r = conf_load_text("site", text, strlen(text), &d, &w->area.site);
    diagnostics_free(&d);
    clock_start(&w->clock, 1, 1767225600000);
    w->area.devices = devices;
    w->area.holders = 1000; // the area is not on the heap
    w->driver.clock = &w->clock;
    if (r == 0)
        r = engine_new(w->area.site, devices, driver_now(&w->driver), &w->driver.engine);
    if (r == 0)
        r = store_open(NULL, &w->driver.store);
    if (r == 0)
        r = publisher_start(NULL, &w->area, w->driver.store, &callbacks, &w->driver.publisher);
    if (r == 0)
        r = alarm_board_new(w->driver.publisher, w->driver.store, &w->driver.alarms);
    w->commands.driver = &w->driver;
    w->calls = (struct calls){&w->driver, &w->commands, &w->replies, clock_mono_ms(), NULL, &w->notices};
    w->notices.driver = &w->driver;
    return r;
}

static inline int calls_world_make(struct calls_world *w)
{
    *w = (struct calls_world){.device = {.kind = PROFILE_BATTERY, .can_write = true}};
    return calls_world_make_of(w, calls_world_site, &w->device);
}

static inline void calls_world_free(struct calls_world *w)
{
    alarm_board_free(w->driver.alarms);
    publisher_stop(w->driver.publisher);
    store_close(w->driver.store);
    engine_free(w->driver.engine);
    site_free(w->area.site);
}
