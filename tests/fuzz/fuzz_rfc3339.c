// SPDX-License-Identifier: GPL-3.0-or-later
// Any text is read or refused, and what is read is written and read back as the same instant.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_round_trip(int64_t utc_ms)
{
    char text[RFC3339_SIZE];
    int64_t again = -1;
    rfc3339_format(utc_ms, text);
    if (rfc3339_parse(text, &again) != AEMS_OK || again != utc_ms)
        abort();
}

// The bytes as a number: every instant is written within its bounds.
static void check_any_instant(const unsigned char *data, size_t size)
{
    int64_t utc_ms = 0;
    memcpy(&utc_ms, data, size < sizeof utc_ms ? size : sizeof utc_ms);
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    if (strcmp(text, "invalid") != 0)
        check_round_trip(utc_ms);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    int64_t utc_ms = -1;
    int r = rfc3339_parse(text, &utc_ms);
    if (r == AEMS_OK)
        check_round_trip(utc_ms);
    else if (r != AEMS_E_FORMAT || utc_ms != -1)
        abort();
    if (size > 0)
        check_any_instant(data, size);
    free(text);
    return 0;
}
