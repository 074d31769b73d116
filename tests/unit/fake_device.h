// SPDX-License-Identifier: GPL-3.0-or-later
// A Modbus TCP server on a free loopback port, in a thread of its own, that misbehaves when told.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fake_fault {
    FAKE_HEALTHY,
    FAKE_SILENT,      // takes requests, answers none
    FAKE_EXCEPTION,   // answers with `exception`
    FAKE_LATE,        // answers after `delay_ms`
    FAKE_DRIP,        // answers one byte every `delay_ms`
    FAKE_WRONG_UNIT,  // answers in the name of unit 9
    FAKE_FALSE_ECHO,  // confirms a write with another value
    FAKE_IGNORES,     // confirms writes and forgets them
    FAKE_EXTRA_BYTES, // sends more than the answer
    FAKE_HANGS_UP,    // closes instead of answering
    FAKE_HALF,        // sends half of the answer and closes
    FAKE_WEB_PAGE,    // is no Modbus device
};

struct fake_device;

struct fake_device *fake_device_start(void); // fails the test when it cannot
void fake_device_stop(struct fake_device *f);
int fake_device_port(const struct fake_device *f);

// The same port again after fake_device_pause: a device that restarts, with registers of its own choice.
void fake_device_pause(struct fake_device *f);
void fake_device_resume(struct fake_device *f);

// `unit` 0: for all units.
void fake_device_fault(struct fake_device *f, enum fake_fault fault, int unit, int exception, int delay_ms);
void fake_device_set(struct fake_device *f, int address, uint16_t value);
uint16_t fake_device_get(struct fake_device *f, int address);
void fake_device_set_input(struct fake_device *f, int address, bool on); // a discrete input
bool fake_device_coil(struct fake_device *f, int address);
int fake_device_writes(struct fake_device *f, int address); // how often a write to it was asked for
uint64_t fake_device_last_write_ms(struct fake_device *f);  // monotonic
