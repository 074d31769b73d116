// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/loop/clock.h"

#include <math.h>
#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec t;
    if (clock_gettime(which, &t) != 0) // cannot happen: both clocks exist since Linux 2.6.39
        return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Boot time goes on during suspend: after ten minutes asleep every value must look ten minutes old, which
// CLOCK_MONOTONIC would hide.
uint64_t clock_mono_ms(void)
{
    return (uint64_t)read_ms(CLOCK_BOOTTIME);
}

double clock_cpu_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

void clock_start(struct clock_source *c, double speed, int64_t start_utc_ms)
{
    bool usable = isfinite(speed) && speed > 0;
    *c = (struct clock_source){
        .speed = usable ? speed : 1, .base_utc_ms = start_utc_ms, .base_mono_ms = clock_mono_ms()};
    if (start_utc_ms < 0 && c->speed != 1)
        c->base_utc_ms = read_ms(CLOCK_REALTIME);
}

struct instant clock_now(const struct clock_source *c)
{
    uint64_t mono_ms = clock_mono_ms();
    bool real = c->speed == 1 && c->base_utc_ms < 0;
    if (real)
        return (struct instant){.utc_ms = read_ms(CLOCK_REALTIME), .mono_ms = mono_ms};
    double passed_ms = (double)(mono_ms - c->base_mono_ms) * c->speed;
    return (struct instant){.utc_ms = c->base_utc_ms + (int64_t)passed_ms, .mono_ms = mono_ms};
}

struct timespec clock_deadline(uint64_t after_ms)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(after_ms / 1000);
    t.tv_nsec += (long)(after_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}
