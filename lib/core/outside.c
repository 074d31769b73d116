// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside: of one sensor or of several, and what forecasts learn of it.
#include "core/internal.h"

enum { MAX_SENSORS = 16 };

// Of several the one in the middle, or the mean of the two: one that stands in the sun must not count.
static double middle_of(double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static void insert(double *sorted, size_t n, double value)
{
    for (; n > 0 && sorted[n - 1] > value; n--)
        sorted[n] = sorted[n - 1];
    sorted[n] = value;
}

void outside_tick(struct engine *e, struct instant now)
{
    double sorted[MAX_SENSORS];
    size_t n = 0;
    for (size_t d = 0; d < e->site->n_devices && n < MAX_SENSORS; d++) {
        struct value v = device_value(e, (int)d, QUANTITY_OUTSIDE_DEGC, now.mono_ms);
        if (value_usable(v))
            insert(sorted, n++, v.v);
    }
    struct outside_state *o = &e->outside;
    if (n == 0) {
        o->now.quality = o->now.quality == QUALITY_NONE ? QUALITY_NONE : QUALITY_STALE;
        return;
    }
    o->now = (struct value){.v = middle_of(sorted, n), .mono_ms = now.mono_ms, .quality = QUALITY_GOOD};
    o->learned_sum_degc += o->now.v;
    o->learned_count++;
}

void outside_teach(struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct outside_state *o = &e->outside;
    if (o->learned_count > 0)
        forecast_learn_temperature(e->forecast, from_utc_ms, to_utc_ms, o->learned_sum_degc / o->learned_count);
    o->learned_sum_degc = 0;
    o->learned_count = 0;
}
