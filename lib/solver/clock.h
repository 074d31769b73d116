// SPDX-License-Identifier: GPL-3.0-or-later
// The one clock of this room: how long a solve takes. For the files of this room.
#pragma once

#include <time.h>

static inline double solver_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}
