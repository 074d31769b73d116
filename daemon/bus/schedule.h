// SPDX-License-Identifier: GPL-3.0-or-later
// What a bus is to do next: which poll, write, refresh or release is due when, how long what failed is left alone, and
// whose lease has run out. No sockets and no clock: `now_ms` is the monotonic time of the call.
//
//     struct bus_task task = bus_schedule_next(s, now_ms, &wait_until_ms);
//     if (task.kind == BUS_TASK_NONE) wait until then, or for a command
//     else { carry it out; bus_schedule_done(s, &task, outcome, now_ms); }
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_timing { // of one device
    int poll_ms;
    int refresh_ms;      // how often a setpoint is written again; 0: it holds by itself
    int min_interval_ms; // between changed setpoints
};

enum bus_task_kind {
    BUS_TASK_NONE,
    BUS_TASK_CONNECT,
    BUS_TASK_IDENTIFY, // look whether it is the device that the configuration means
    BUS_TASK_POLL,
    BUS_TASK_SET,
    BUS_TASK_REFRESH,
    BUS_TASK_RELEASE,
    BUS_TASK_END, // stopping, and everything is released that could be
};

struct bus_task {
    enum bus_task_kind kind;
    int device;
    double power_w;   // of SET and REFRESH
    int lease_s;      // of SET and REFRESH: when the device is to revert by itself
    unsigned version; // of the command that this task carries out
};

enum bus_outcome {
    OUTCOME_DONE,
    OUTCOME_BUSY,    // exceptions 5 and 6: come back soon
    OUTCOME_REFUSED, // other exceptions, or a number that does not fit: the device lives, asking again at once is vain
    OUTCOME_FAILED,  // silence or nonsense: the device may be gone
    OUTCOME_LOST,    // the connection is gone, and with it all devices
    OUTCOME_FOREIGN, // another device than expected answers
};

struct bus_schedule;

// `seed` makes the jitter of this bus its own. AEMS_E_NOMEM.
int bus_schedule_new(const struct bus_timing *devices, size_t n, uint64_t seed, uint64_t now_ms,
                     struct bus_schedule **ret_schedule);
void bus_schedule_free(struct bus_schedule *s);

// Commands. A setpoint holds for `lease_ms` from `at_ms`; the same one again only renews it.
void bus_schedule_write(struct bus_schedule *s, int device, double power_w, int lease_ms, uint64_t at_ms);
void bus_schedule_release(struct bus_schedule *s, int device, uint64_t at_ms);
void bus_schedule_stop(struct bus_schedule *s, uint64_t now_ms);

struct bus_task bus_schedule_next(struct bus_schedule *s, uint64_t now_ms, uint64_t *ret_wait_until_ms);
void bus_schedule_done(struct bus_schedule *s, const struct bus_task *task, enum bus_outcome outcome, uint64_t now_ms);

// The connection was closed on purpose (after nonsense on TCP): it is opened again at once.
void bus_schedule_closed(struct bus_schedule *s);

// The peer has hung up between two tasks: no device's fault, but each may have restarted.
void bus_schedule_hung_up(struct bus_schedule *s, uint64_t now_ms);
