// SPDX-License-Identifier: GPL-3.0-or-later
// One Modbus bus: one thread, one connection, one request in flight.
//
// The thread polls its devices, writes and refreshes setpoints, reads them back, and is the guard of their leases: a
// setpoint that is not renewed in time is released by the thread itself, so that a hanging loop cannot hold a battery.
#pragma once

#include "daemon/loop/loop.h"
#include "modbus/block.h"
#include "modbus/profile.h"
#include "site/site.h"

struct modbus_bus;

enum bus_report_kind { BUS_READINGS, BUS_DOWN, BUS_WRITTEN };

struct bus_report {
    enum bus_report_kind kind;
    int device;
    uint64_t mono_ms;               // when the last reply of this poll arrived
    const struct reading *readings; // BUS_READINGS
    size_t count;
    const char *why;  // "connection refused", "register 30775: exception 2"; of BUS_READINGS: NULL
    int write_status; // BUS_WRITTEN: enum write_status of core/engine.h
    double power_w, readback_w;
};

typedef void bus_report_fn(void *user, const struct bus_report *report); // on the loop's thread

// Starts the thread for site->links[link]. `profiles` has site->n_devices entries. Both are borrowed until
// modbus_bus_stop. AEMS_E_NOMEM; AEMS_E_IO when there is no descriptor or thread left.
int modbus_bus_start(struct loop *loop, const struct site *site, int link, const struct profile *const *profiles,
                     bus_report_fn *report, void *user, struct modbus_bus **ret_bus);

// Sets or renews a setpoint; returns at once. A newer one for the same device replaces one that is still waiting. A
// device without `control`, without a way to write, or a number that is not finite is answered with WRITE_FAILED.
void modbus_bus_write(struct modbus_bus *b, int device, double power_w, int lease_ms);

// Hands the device back, whether a setpoint of ours stands there or not: one may be left from before a restart.
void modbus_bus_release(struct modbus_bus *b, int device);

// Begins to release every device under lease and returns at once; commands are ignored from now on. Several buses that
// are told first and stopped afterwards release side by side.
void modbus_bus_begin_stop(struct modbus_bus *b);

// Releases every device under lease (at most `deadline_ms`), ends the thread and frees. No reports come afterwards. Not
// from within a report.
void modbus_bus_stop(struct modbus_bus *b, int deadline_ms);
