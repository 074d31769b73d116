// SPDX-License-Identifier: GPL-3.0-or-later
// Drives the engine: tells it what happened and carries out what it says. It decides nothing.
//
// The parts it acts through are lent to it and filled in by the application as they start.
#pragma once

#include "core/engine.h"
#include "daemon/app/alarms.h"
#include "daemon/app/buses.h"
#include "daemon/app/publisher.h"
#include "daemon/app/recorder.h"
#include "daemon/loop/clock.h"
#include "daemon/planner/planner_link.h"
#include "daemon/store/store.h"

struct driver {
    const struct clock_source *clock;
    struct engine *engine;
    struct store *store;
    struct buses *buses;
    struct planner_link *planner;
    struct publisher *publisher;
    struct alarm_board *alarms;
    struct recorder *recorder;
    bool draining;          // an action's consequence came back at once: the outer drain goes on with it
    size_t told;            // forecasts of so many assets were published since the broker came
    uint64_t cycles;        // finished control cycles
    uint64_t stopped_short; // drains that reached their bound
};

struct instant driver_now(const struct driver *d);

// engine_consume, then everything that follows from it. The code of engine_consume.
int driver_consume(struct driver *d, const struct event *event);

void driver_tick(struct driver *d);                                   // one control cycle
void driver_tell_forecasts(struct driver *d);                         // anew: one an asset and cycle
void driver_bus_report(struct driver *d, const struct bus_report *r); // what a bus said
void driver_schedule(struct driver *d, struct schedule *schedule);    // taken over
void driver_plan_failed(struct driver *d, const char *why);

// Gives the engine back what it knew before the last end, however that came. Before the first tick.
void driver_restore(struct driver *d);
void driver_save_all(struct driver *d);
