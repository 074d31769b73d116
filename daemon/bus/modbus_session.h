// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation with one device: who it is, what it reads, how it is told a setpoint. Speaks over the link of its
// bus, on the thread of its bus.
#pragma once

#include <stdint.h>

#include "daemon/bus/modbus_link.h"
#include "daemon/bus/schedule.h"
#include "modbus/block.h"
#include "site/site.h"

enum { SESSION_WHY_SIZE = 160 };

struct modbus_session;

// `device` and `profile` are borrowed until modbus_session_free. AEMS_E_NOMEM.
int modbus_session_new(const struct site *site, const struct site_device *device, const struct profile *profile,
                       struct modbus_session **ret_session);
void modbus_session_free(struct modbus_session *s);

// Whether it is the device that the configuration means: known registers and serial number.
enum bus_outcome modbus_session_identify(struct modbus_session *s, struct modbus_link *l,
                                         char ret_why[static SESSION_WHY_SIZE]);

// Reads all points. The readings are the session's until the next call; A register that the
// device refuses leaves its points missing: the rest is read, and `ret_why` names it.
enum bus_outcome modbus_session_poll(struct modbus_session *s, struct modbus_link *l,
                                     const struct reading **ret_readings, size_t *ret_count,
                                     char ret_why[static SESSION_WHY_SIZE]);

struct session_written {
    int status;        // enum write_status of core/engine.h
    double power_w;    // asked for
    double readback_w; // what the device says it was told; `power_w` where it is not asked
};

// Carries out a SET, REFRESH or RELEASE, and reads the setpoint back where the profile says how.
enum bus_outcome modbus_session_write(struct modbus_session *s, struct modbus_link *l, const struct bus_task *task,
                                      struct session_written *ret_written, char ret_why[static SESSION_WHY_SIZE]);
