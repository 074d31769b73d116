// SPDX-License-Identifier: GPL-3.0-or-later
// Which registers to ask for together: the fewest reads that cover every point within the device's limits.
#pragma once

#include "modbus/profile.h"

struct register_block {
    int function; // 1 to 4
    int address;
    int count; // 1 to max_read
};

// Plans the reads of a profile. The array is owned by the caller (free). A value is never split over two blocks.
int blocks_plan(const struct profile *p, struct register_block **ret_blocks, size_t *ret_count);

enum reading_status {
    READING_GOOD,
    READING_NOT_IMPLEMENTED, // the device says that it has no such value
    READING_OUT_OF_RANGE,    // not finite, or outside the profile's plausible range
    READING_MISSING,         // its block was not answered
};

struct reading {
    enum quantity quantity;
    enum reading_status status;
    double value; // in the unit of the quantity; 0 unless status is READING_GOOD or READING_OUT_OF_RANGE
};

// Decodes all points from the answered blocks: registers[i] holds block i, or NULL when it was not answered.
// `ret_readings` has room for p->n_points.
void blocks_decode(const struct profile *p, const struct register_block *blocks, size_t n_blocks,
                   const uint16_t *const *registers, struct reading *ret_readings);

// One write on the wire, ready to send.
struct register_write {
    int function; // 5, 6 or 16
    int address;
    int count;
    uint16_t registers[4];
    int delay_ms;
};

// The function that reads what this one writes: coils, or holding registers.
int register_read_function(int written_by);

// Encodes the steps of `writes` for a setpoint. `asset_max_w` > 0 is the base of per cent where the profile has
// none; `lease_s` >= 0. A profile with profile_needs_resolving must have been resolved.
// AEMS_E_RANGE when a number does not fit: nothing may be written then. `ret` has room for n.
int writes_encode(const struct profile *p, const struct profile_write *writes, size_t n, double setpoint_w,
                  double asset_max_w, int lease_s, unsigned counter, struct register_write *ret);

// The setpoint that the registers read back at the place of the read-back write stand for.
int readback_decode(const struct profile *p, const uint16_t *registers, double asset_max_w, double *ret_power_w);
