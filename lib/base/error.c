// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

const char *aems_error_text(int code)
{
    switch (code) {
    case AEMS_OK:
        return "success";
    case AEMS_E_NOMEM:
        return "out of memory";
    case AEMS_E_FORMAT:
        return "malformed";
    case AEMS_E_RANGE:
        return "out of range";
    case AEMS_E_NOT_FOUND:
        return "not found";
    case AEMS_E_IO:
        return "input/output error";
    case AEMS_E_TIMEOUT:
        return "timed out";
    case AEMS_E_STATE:
        return "not possible in the present state";
    case AEMS_E_LIMIT:
        return "limit exceeded";
    case AEMS_E_REFUSED:
        return "refused";
    default:
        return "unknown error";
    }
}
