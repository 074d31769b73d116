// SPDX-License-Identifier: GPL-3.0-or-later
// A register profile: how one family of devices is read and commanded. A text file in config/devices/*.yaml, judged by
// the same machinery as the configuration, with file:line messages.
//
// A profile is a descriptor without code: points to read (type, word order, scale, sign, "not implemented" values),
// steps to write a setpoint, to keep it alive, to read it back and to hand control back to the device.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diagnostics.h"
#include "base/quantity.h"
#include "modbus/codec.h"
#include "site/site.h"

enum profile_kind {
    PROFILE_METER,
    PROFILE_PV,
    PROFILE_BATTERY,
    PROFILE_GENERATOR,
    PROFILE_TIE,
    PROFILE_LOAD,
    PROFILE_STORE,     // of heat or cold
    PROFILE_CHARGER,   // or any flexible load
    PROFILE_CONVERTER, // heat pump, chiller, electric boiler
    PROFILE_SWITCH,    // relay, contactor, breaker: a setpoint of 1 closes it, 0 opens it
    PROFILE_SENSOR,    // not of an asset: weather of the area, or a witness of an island's grid
    PROFILE_KIND_COUNT
};

enum {
    PROFILE_MAX_SKIP = 4,
    PROFILE_MAX_STATES = 16,
    PROFILE_MAX_POINTS = 32,
    PROFILE_MAX_STEPS = 16,
    PROFILE_MAX_BLOCK = 125, // registers of one read
    PROFILE_MAX_WRITE = 123,
    PROFILE_MAX_CHANNELS = 64,
    PROFILE_MAX_SERIAL = 32, // registers of a serial number
};

struct profile_state {
    double raw, value; // what the device says, and what it is called here
};

struct profile_point {
    char id[SITE_ID_MAX];   // the quantity's name; of a part: a name of its own
    enum quantity quantity; // QUANTITY_COUNT: a part
    enum register_type type;
    enum word_order order;
    int function; // 3 or 4 for registers, 1 or 2 for bits
    int address;  // 0-based
    double scale; // value = raw * scale * 10^scale_register + offset, then negated if asked
    double offset;
    int scale_address; // register of an int16 power of ten (SunSpec), -1 none; same function
    bool negate;
    uint64_t not_implemented[PROFILE_MAX_SKIP]; // raw bits that mean "no value"; SunSpec's are known by type
    size_t n_not_implemented;
    bool sunspec;                                    // the type's own "not implemented" pattern holds
    struct profile_state states[PROFILE_MAX_STATES]; // value = the one beside the raw number; others are out of range
    size_t n_states;                                 // 0: the number counts as it is
    double minimum, maximum;                         // plausible range of the value; outside: invalid
    char sum_name[SITE_ID_MAX];
    int sum_with; // index into `parts`: added to this one (e.g. charge and discharge magnitudes), -1 none
};

enum write_source {
    WRITE_CONSTANT,  // `value`
    WRITE_SETPOINT,  // the setpoint in W, signed as in the program
    WRITE_PERCENT,   // the setpoint in per cent of `base_w`
    WRITE_CHARGE,    // its charging part in W, >= 0
    WRITE_DISCHARGE, // its discharging part in W, >= 0
    WRITE_LEASE_S,   // seconds until the device is to revert by itself
    WRITE_COUNTER,   // a number that grows with every refresh (heartbeat); starts again at 0 after 65535
};

struct profile_write {
    enum write_source source;
    enum register_type type;
    enum word_order order;
    int function;      // 5 for a coil, 6 or 16 for registers
    int address;       // 0-based
    double scale;      // raw = value / (scale * 10^scale_register)
    int scale_address; // holding register of an int16 power of ten, -1 none; see profile_resolve
    bool negate;
    double value;     // of WRITE_CONSTANT
    double low, high; // the value is limited to these before scaling, negated if asked; low > high: only by the type
    int delay_ms;     // silence after this write
};

// A register whose value is known in advance, so that a device of another layout is never read or commanded.
struct profile_expectation {
    enum register_type type;
    enum word_order order;
    int function; // 3 or 4
    int address;
    double value;
};

struct profile_readback {
    bool present;
    int point_write; // index into `set`: which write is read back (with function 3)
    double tolerance_w;
};

struct profile {
    char name[48];
    char description[128];
    int channels; // alike, at addresses one after the other; 1: it is one thing
    int channel;  // that was asked for, and that the addresses are of; 0: none was, they are the first one's
    enum profile_kind kind;
    bool sunspec;
    struct profile_point *points; // one a quantity
    size_t n_points;
    struct profile_point *parts; // what points are summed up from; no readings of their own
    size_t n_parts;
    struct profile_expectation *expectations;
    size_t n_expectations;
    struct profile_write *set; // in order, at every new setpoint
    size_t n_set;
    struct profile_write *refresh; // keeps a setpoint alive; empty: `set` is repeated
    size_t n_refresh;
    struct profile_write *release; // hands control back
    size_t n_release;
    struct profile_readback readback;
    int refresh_ms;                   // how often; 0: the setpoint holds by itself
    bool device_reverts;              // the device drops an unrefreshed setpoint by itself
    int min_interval_ms;              // flash wear: changed setpoints are not written more often
    int max_read, max_write, max_gap; // block limits of this device
    bool writes_wear;                 // setpoint registers are in flash: said in --check
    double base_w;                    // of WRITE_PERCENT; 0: the asset's maximum
    bool has_base;                    // it is read from `base`; see profile_resolve
    struct profile_point base;
    int serial_address, serial_count, serial_function; // text registers of the serial number; count 0: none
    char file[256];
};

// Reads and judges a profile. `name_or_path` is looked up as given if it has a slash, else as NAME.yaml in each folder
// of `folders` (colon-separated). NAME:3 is the third of a device's channels. Owned by the caller. AEMS_E_NOT_FOUND,
// AEMS_E_RANGE (no such channel), AEMS_E_FORMAT (see `d`), AEMS_E_NOMEM.
int profile_load(const char *name_or_path, const char *folders, struct diagnostics *d, struct profile **ret_profile);
int profile_load_text(const char *name, const char *text, size_t length, struct diagnostics *d,
                      struct profile **ret_profile);
void profile_free(struct profile *p);

bool profile_can_write(const struct profile *p);

// Whether two profiles read and command a device alike; used when a new configuration is swapped in.
bool profile_equal(const struct profile *a, const struct profile *b);

const struct profile_point *profile_find_point(const struct profile *p, enum quantity q);

// The name of a kind or register type as in profile files, e.g. "battery", "int32"; static.
const char *profile_kind_name(enum profile_kind kind);
// What a device is that is itself what it stands for, and no meter beside it: an inverter, a charger, a contactor.
// Grids have meters alone.
enum profile_kind profile_kind_of_asset(enum asset_kind asset);
enum profile_kind profile_kind_of_device(const struct site *s, const struct site_device *device);
const char *register_type_name(enum register_type type);

// Some numbers stand in the device itself: powers of ten beside setpoint registers and the base of per cent.
// profile_resolve reads them through `read` (0 or a negative code, which ends the work and is returned) and gives a
// copy of `p` with plain scales and base_w; it borrows the rest of `p`. AEMS_E_RANGE when a register holds no power of
// ten within 10^+-10 or no positive base, AEMS_E_NOMEM.
typedef int profile_read_fn(void *user, int function, int address, int count, uint16_t *ret_registers);
int profile_resolve(const struct profile *p, profile_read_fn *read, void *user, struct profile **ret_resolved);
bool profile_needs_resolving(const struct profile *p);
void profile_resolved_free(struct profile *resolved);
