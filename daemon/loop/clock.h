// SPDX-License-Identifier: GPL-3.0-or-later
// The only place that reads a clock. In a demonstration UTC runs faster than the monotonic clock (site.simulation).
#pragma once

#include <time.h>

#include "base/instant.h"

struct clock_source {
    double speed;
    int64_t base_utc_ms;
    uint64_t base_mono_ms;
};

// `start_utc_ms` < 0: begins at the real time. A speed of 1 without a start follows the system's clock, steps included.
void clock_start(struct clock_source *c, double speed, int64_t start_utc_ms);
struct instant clock_now(const struct clock_source *c);
uint64_t clock_mono_ms(void);
double clock_cpu_ms(void); // that this process has worked

// The absolute time for pthread_cond_timedwait, `after_ms` from now, on a condition made with CLOCK_MONOTONIC.
struct timespec clock_deadline(uint64_t after_ms);
