// SPDX-License-Identifier: GPL-3.0-or-later
// Error codes of every room.
//
// Functions that can fail return 0 or one of these negative codes and write their results (`ret_x`, always the last
// parameters) only on success. What went wrong in words travels beside the code: configuration errors in a
// `struct diagnostics`, everything else is named by the caller, who knows the device or the file.
#pragma once

enum aems_error {
    AEMS_OK = 0,
    AEMS_E_NOMEM = -1,     // no memory; nothing was changed
    AEMS_E_FORMAT = -2,    // bytes or text that do not follow their format
    AEMS_E_RANGE = -3,     // a number that is not finite or outside its range
    AEMS_E_NOT_FOUND = -4, // no such name, file or key
    AEMS_E_IO = -5,        // the operating system refused; errno says why
    AEMS_E_TIMEOUT = -6,   // no answer before the deadline
    AEMS_E_STATE = -7,     // the call does not fit the present state
    AEMS_E_LIMIT = -8,     // more than fits or is allowed
    AEMS_E_REFUSED = -9,   // understood, and turned down
};

// Short English text, e.g. "out of range"; never NULL, borrowed, static.
const char *aems_error_text(int code);
