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

enum profile_kind { PROFILE_METER, PROFILE_PV, PROFILE_BATTERY, PROFILE_GENERATOR, PROFILE_TIE, PROFILE_LOAD,
                    PROFILE_KIND_COUNT };

enum { PROFILE_MAX_SKIP = 4, PROFILE_MAX_BLOCK = 125, PROFILE_MAX_WRITE = 123 };

struct profile_point {
    enum quantity quantity;
    enum register_type type;
    enum word_order order;
    int function;    // 3 or 4
    int address;     // 0-based
    double scale;    // value = raw * scale * 10^scale_register + offset, then negated if asked
    double offset;
    int scale_address;   // register of an int16 power of ten (SunSpec), -1 none; same function
    bool negate;
    uint64_t not_implemented[PROFILE_MAX_SKIP]; // raw bits that mean "no value"; SunSpec's are known by type
    size_t n_not_implemented;
    bool sunspec;        // the type's own "not implemented" pattern holds
    double minimum, maximum; // plausible range of the value; outside: invalid
    int sum_with;        // index of another point added to this one (e.g. charge and discharge magnitudes), -1 none
};

enum write_source {
    WRITE_CONSTANT,   // `value`
    WRITE_SETPOINT,   // the setpoint in W, signed as in the program
    WRITE_PERCENT,    // the setpoint in per cent of `base_w` (or of the rating read from `base_address`)
    WRITE_CHARGE,     // its charging part, >= 0
    WRITE_DISCHARGE,  // its discharging part, >= 0
    WRITE_LEASE_S,    // seconds until the device is to revert by itself
    WRITE_COUNTER,    // a number that grows with every refresh (heartbeat)
};

struct profile_write {
    enum write_source source;
    enum register_type type;
    enum word_order order;
    int function;   // 6 or 16
    int address;    // 0-based
    double scale;   // raw = value / scale
    bool negate;
    double value;   // of WRITE_CONSTANT
    double low, high; // raw value is limited to these after scaling; low > high: only by the type
    int delay_ms;   // silence after this write
};

struct profile_readback {
    bool present;
    int point_write; // index into `set`: which write is read back
    double tolerance_w;
};

struct profile {
    char name[48];
    char description[128];
    enum profile_kind kind;
    struct profile_point *points;
    size_t n_points;
    struct profile_write *set; // in order, at every new setpoint
    size_t n_set;
    struct profile_write *refresh; // keeps a setpoint alive; empty: `set` is repeated
    size_t n_refresh;
    struct profile_write *release; // hands control back
    size_t n_release;
    struct profile_readback readback;
    int refresh_ms;        // how often; 0: the setpoint holds by itself
    bool device_reverts;   // the device drops an unrefreshed setpoint by itself
    int min_interval_ms;   // flash wear: changed setpoints are not written more often
    int max_read, max_write, max_gap; // block limits of this device
    bool writes_wear;      // setpoint registers are in flash: said in --check
    double base_w;         // of WRITE_PERCENT; 0: the asset's maximum
    int serial_address, serial_count, serial_function; // text registers of the serial number; count 0: none
    char file[256];
};

// Reads and judges a profile. `name_or_path` is looked up as given if it has a slash, else as NAME.yaml in each folder
// of `folders` (colon-separated). Owned by the caller. AEMS_E_NOT_FOUND, AEMS_E_FORMAT (see `d`), AEMS_E_NOMEM.
int profile_load(const char *name_or_path, const char *folders, struct diagnostics *d, struct profile **ret_profile);
int profile_load_text(const char *name, const char *text, size_t length, struct diagnostics *d,
                      struct profile **ret_profile);
void profile_free(struct profile *p);

bool profile_can_write(const struct profile *p);
const struct profile_point *profile_find_point(const struct profile *p, enum quantity q);
