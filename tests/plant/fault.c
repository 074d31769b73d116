// SPDX-License-Identifier: GPL-3.0-or-later
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const struct {
    const char *name;
    double usual;
} table[FAULT_KIND_COUNT] = {
    [FAULT_NONE] = {"none", 0},
    [FAULT_SILENT] = {"silent", 0},
    [FAULT_LATE] = {"late", 1500},
    [FAULT_REFUSE] = {"refuse", 0},
    [FAULT_RESET] = {"reset", 1},
    [FAULT_EXCEPTION] = {"exception", 4},
    [FAULT_WRONG_UNIT] = {"wrong_unit", 0},
    [FAULT_DRIP] = {"drip", 400},
    [FAULT_PARTIAL] = {"partial", 0},
    [FAULT_EXTRA] = {"extra", 0},
    [FAULT_FROZEN] = {"frozen", 0},
    [FAULT_NOT_IMPLEMENTED] = {"not_implemented", 0},
    [FAULT_OUT_OF_RANGE] = {"out_of_range", 0},
    [FAULT_SPIKE] = {"spike", 1e6},
    [FAULT_SIGN_FLIP] = {"sign_flip", 0},
    [FAULT_SWAPPED] = {"swapped", 0},
    [FAULT_FALSE_ECHO] = {"false_echo", 0},
    [FAULT_IGNORE] = {"ignore", 0},
    [FAULT_REBOOT] = {"reboot", 0},
};

const char *fault_name(enum fault_kind kind)
{
    return kind < FAULT_KIND_COUNT ? table[kind].name : "unknown";
}

static int parse_argument(enum fault_kind kind, const char *text, double *ret_argument)
{
    char *end = NULL;
    double value = strtod(text, &end);
    double low = kind == FAULT_EXCEPTION ? 1.0 : kind == FAULT_SPIKE ? -1e12 : 0.0;
    double high = kind == FAULT_EXCEPTION ? 255.0 : kind == FAULT_SPIKE ? 1e12 : 86400e3;
    if (end == text || *end || !in_range(value, low, high))
        return AEMS_E_RANGE;
    *ret_argument = value;
    return 0;
}

int fault_parse(const char *name, const char *argument, struct fault *ret_fault)
{
    for (int kind = FAULT_NONE + 1; kind < FAULT_KIND_COUNT; kind++) {
        if (strcmp(table[kind].name, name))
            continue;
        struct fault f = {.kind = (enum fault_kind)kind, .argument = table[kind].usual};
        if (argument) {
            int status = parse_argument(f.kind, argument, &f.argument);
            if (status < 0)
                return status;
        }
        *ret_fault = f;
        return 0;
    }
    return AEMS_E_NOT_FOUND;
}
