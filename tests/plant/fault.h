// SPDX-License-Identifier: GPL-3.0-or-later
// What can go wrong with a device, on purpose.
#pragma once

#include <stdbool.h>

enum fault_kind {
    FAULT_NONE,
    // the line
    FAULT_SILENT,     // no reply
    FAULT_LATE,       // the reply comes after `argument` ms
    FAULT_REFUSE,     // the link's port is closed
    FAULT_RESET,      // the connection is reset at each of the next `argument` requests
    FAULT_EXCEPTION,  // every reply is exception `argument`
    FAULT_WRONG_UNIT, // replies carry another unit id
    FAULT_DRIP,       // one byte every `argument` ms
    FAULT_PARTIAL,    // half a reply, then silence
    FAULT_EXTRA,      // junk after each reply
    // the values
    FAULT_FROZEN,          // values stop
    FAULT_NOT_IMPLEMENTED, // every value says that it does not exist
    FAULT_OUT_OF_RANGE,    // every value is outside the profile's range, as far as its type reaches
    FAULT_SPIKE,           // `argument` W on top of the power, in one reply
    FAULT_SIGN_FLIP,       // the power has the wrong sign
    FAULT_SWAPPED,         // another serial number
    // the commands
    FAULT_FALSE_ECHO, // writes are acknowledged and forgotten
    FAULT_IGNORE,     // setpoints are accepted, read back, and not followed
    FAULT_REBOOT,     // the setpoint is lost once, and no reply for `argument` ms
    FAULT_KIND_COUNT
};

struct fault {
    enum fault_kind kind;
    double argument;
};

const char *fault_name(enum fault_kind kind); // as on the control socket, e.g. "sign_flip"

// A fault by its name, with its usual argument or with `argument` (NULL: the usual one). AEMS_E_NOT_FOUND for a name
// that is none, AEMS_E_RANGE for an argument that is no number >= 0 (or not 1-255 for an exception).
int fault_parse(const char *name, const char *argument, struct fault *ret_fault);
