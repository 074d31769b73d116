// SPDX-License-Identifier: GPL-3.0-or-later
// Time as the engine sees it: injected, never read.
//
// An instant carries two clocks because they answer different questions. UTC says what day and price it is and may
// step when the clock is set; the monotonic clock says how old a value or lease is and never steps. In a speeded-up
// demonstration only UTC runs faster.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instant {
    int64_t utc_ms;   // milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted
    uint64_t mono_ms; // milliseconds of the monotonic clock
};

enum { RFC3339_SIZE = 25 }; // "2026-01-31T12:34:56.789Z" and its NUL

// Writes `utc_ms` as RFC 3339 in UTC; milliseconds are left out when zero. Years 1970 to 9999; others write "invalid".
void rfc3339_format(int64_t utc_ms, char ret_text[static RFC3339_SIZE]);

// Reads an RFC 3339 date-time with `Z` or a numeric offset; fractions beyond milliseconds are cut off.
// AEMS_E_FORMAT when anything is malformed, missing or left over.
int rfc3339_parse(const char *text, int64_t *ret_utc_ms);
