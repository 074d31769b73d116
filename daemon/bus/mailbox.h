// SPDX-License-Identifier: GPL-3.0-or-later
// What passes between a bus's thread and the loop's thread: the newest command for each device one way, its newest poll
// and its newest write the other. Room for both is made at the start, so that neither side ever waits for memory or
// falls behind without bound.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/bus/modbus_bus.h"
#include "modbus/block.h"

struct bus_mailbox;

struct bus_command {
    bool release; // else: set or renew
    double power_w;
    int lease_ms;
    uint64_t at_ms;
};

enum { MAILBOX_WHY_SIZE = 160 };

// A report with its own memory; `report` points into it. Kept by the loop's side and used again.
struct bus_delivery {
    struct bus_report report;
    char why[MAILBOX_WHY_SIZE];
    struct reading readings[PROFILE_MAX_POINTS];
};

int bus_mailbox_new(size_t n_devices, struct bus_mailbox **ret_mailbox);
void bus_mailbox_free(struct bus_mailbox *m);

// The loop's side.
void bus_mailbox_command(struct bus_mailbox *m, size_t device, const struct bus_command *command);
bool bus_mailbox_next_report(struct bus_mailbox *m, struct bus_delivery *ret_delivery); // .device is the bus's number

// The bus's side. A newer poll takes the place of one that was not delivered, and so does a newer write.
bool bus_mailbox_next_command(struct bus_mailbox *m, size_t *ret_device, struct bus_command *ret_command);
void bus_mailbox_report(struct bus_mailbox *m, const struct bus_report *report);
