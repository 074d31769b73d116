// SPDX-License-Identifier: GPL-3.0-or-later
// A bus, its loop and a fake device, and what came of them. Time is real here, and short.
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "daemon/bus/modbus_bus.h"
#include "fake_device.h"

enum { RESPONSE_MS = 100, POLL_MS = 40, POWER_W = 1234, VOLTAGE_V = 230, LEASE_AT = 200, SETPOINT_AT = 202 };

struct seen { // of one device
    int readings, downs, written[4], wrong;
    double power_w, readback_w;
    double closed; // of a switch
    enum quantity energy;
    char why[160];
    uint64_t written_ms;
};

struct rig {
    struct loop *loop;
    struct loop_timer *tick;
    struct fake_device *fake;
    struct profile *profile;
    const struct profile *profiles[2];
    struct site site;
    struct site_link link;
    struct site_device devices[2];
    struct site_asset asset;
    struct modbus_bus *bus;
    struct seen seen[2];
    bool (*done)(const struct rig *r);
    uint64_t end_ms;
    bool in_time;
};

// One bus with `devices` batteries (units 1 and 2); the second form has a fake device to talk to as well.
void rig_prepare(struct rig *r, int devices);
void rig_prepare_with_device(struct rig *r, int devices);
void rig_start(struct rig *r);
void rig_start_running(struct rig *r); // all of it, until readings arrive
void rig_finish(struct rig *r);        // a NULL bus was stopped before

// Runs the loop until `done`, or for the whole time when it is NULL.
bool run_until(struct rig *r, bool (*done)(const struct rig *r), int ms);

bool has_readings(const struct rig *r);
bool is_down(const struct rig *r);
bool is_written(const struct rig *r);
bool is_released(const struct rig *r);
bool has_failed(const struct rig *r);

int32_t setpoint_of(struct rig *r);
void assert_why(const struct rig *r, const char *part); // of the first device

#define ck_assert_seen(r, condition)                                                                                   \
    ck_assert_msg(run_until(r, condition, 6000), #condition ": %d readings, %d downs, last why \"%s\"",                \
                  (r)->seen[0].readings, (r)->seen[0].downs, (r)->seen[0].why)
