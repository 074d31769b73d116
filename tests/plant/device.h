// SPDX-License-Identifier: GPL-3.0-or-later
// One simulated device: the registers of its profile, filled from what its asset really does and read for commands.
// Pure: time comes in.
#pragma once

#include "command.h"
#include "fault.h"
#include "modbus/profile.h"
#include "simulate/model.h"

enum { // Modbus exception codes
    EXCEPTION_FUNCTION = 1,
    EXCEPTION_ADDRESS = 2,
    EXCEPTION_VALUE = 3,
};

struct plant_writes {
    unsigned accepted, refused;
    uint64_t last_mono_ms; // of an accepted write; 0: none yet
    unsigned reversions;   // setpoints that were dropped for want of renewal
};

// What it sees of the world beside its asset.
struct plant_around {
    double voltage_v, frequency_hz; // of its bus bar; of a grid's meter: on the supply's side
    bool closed;                    // the contact that it is, or watches
    bool grid_present;
};

struct plant_device;

// Borrows `site` and `profile`. AEMS_E_NOMEM.
int plant_device_new(const struct site *site, int index, const struct profile *profile,
                     struct plant_device **ret_device);
void plant_device_free(struct plant_device *d);

// Brings the registers up to date with the asset (its true state; of a sensor one that has no more than the temperature
// outside), as far as the device's fault lets it.
void plant_device_show(struct plant_device *d, const struct plant_asset *asset, double soc_frac, struct instant now);

// What it sees from now on; at first a grid of 230 V and 50 Hz, and a closed contact.
void plant_device_set_around(struct plant_device *d, const struct plant_around *around);

// The value of a quantity as this device shows it: meters count what is drawn, some devices are wired in reverse.
double plant_device_value(const struct plant_device *d, enum quantity q, const struct plant_asset *asset,
                          double soc_frac, struct instant now);

// Functions 1 to 4, a bit being a register of 0 or 1; `ret_registers` has room for `count` (1-125). 0 or an exception
// code.
bool plant_device_has(const struct plant_device *d, int function, int address); // Modbus function, read or write
int plant_device_read(struct plant_device *d, int function, int address, int count, uint16_t *ret_registers);

// True when a read of these registers shows this quantity.
bool plant_device_shows(const struct plant_device *d, enum quantity q, int function, int address, int count);

// False under a fault that keeps it from doing what it is told.
bool plant_device_obeys(const struct plant_device *d);

// Functions 5 (a register of 0 or 1), 6 and 16. 0 or an exception code; the command may have changed afterwards.
int plant_device_write(struct plant_device *d, int function, int address, int count, const uint16_t *registers,
                       uint64_t mono_ms);

// Drops a setpoint that was not renewed in time, true when one was dropped by this call; ends a reboot.
bool plant_device_expire(struct plant_device *d, uint64_t mono_ms);

// What the registers tell the device to do, and what it lets its asset do (not the same under FAULT_IGNORE).
struct command plant_device_told(const struct plant_device *d);
struct command plant_device_does(const struct plant_device *d);

struct fault plant_device_fault(const struct plant_device *d);
void plant_device_set_fault(struct plant_device *d, struct fault fault,
                            uint64_t mono_ms);       // FAULT_REBOOT loses the setpoint at once
void plant_device_use_fault(struct plant_device *d); // one of a counted fault's turns is over (reset, spike)

const struct plant_writes *plant_device_writes(const struct plant_device *d);
