// SPDX-License-Identifier: GPL-3.0-or-later
// What a device understands from the registers that were written to it: the profile's steps read backwards.
//
// The rule for every profile: where the constants of `release` stand in the registers, the device is free; else, where
// the constants of `set` stand and a setpoint was written since the device last came up or reverted, it is commanded.
#pragma once

#include "image.h"
#include "modbus/profile.h"

struct command {
    bool commanded;
    double setpoint_w;
};

// `per_cent_base_w` is what 100 % of WRITE_PERCENT means where the profile names no base. `armed`: see above.
struct command command_read(const struct profile *p, struct image *image, double per_cent_base_w, bool armed);

// True when a write to [address, address + count) is allowed: every register belongs to a step, one of them with this
// function code.
bool command_accepts(const struct profile *p, int function, int address, int count);

// True when the stretch covers a register that carries (part of) the setpoint.
bool command_carries_setpoint(const struct profile *p, int address, int count);

// True when the stretch covers a register of `set` or `refresh`: the write renews the setpoint.
bool command_renews(const struct profile *p, int address, int count);

// Milliseconds until the device drops a setpoint that is not renewed; 0: never. From the lease register where there is
// one; else three refresh periods of a device that reverts by itself.
uint64_t command_lease_ms(const struct profile *p, struct image *image);

// Puts the registers of all steps into the state after a power-up or a reversion: 0, then the constants of `release`.
void command_clear(const struct profile *p, struct image *image);
