// SPDX-License-Identifier: GPL-3.0-or-later
// The temperature outside, of one sensor or of several.
#include "core/internal.h"

enum { MAX_SENSORS = 16 };

// Of several the one in the middle, or the mean of the two: one that stands in the sun must not count.
static double middle_of(const double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static void insert(double *sorted, size_t n, double value)
{
    for (; n > 0 && sorted[n - 1] > value; n--)
        sorted[n] = sorted[n - 1];
    sorted[n] = value;
}

void outside_refresh(struct engine *e, struct instant now)
{
    double sorted[MAX_SENSORS];
    size_t n = 0;
    for (size_t d = 0; d < e->site->n_devices && n < MAX_SENSORS; d++) {
        struct value v = device_value(e, (int)d, QUANTITY_OUTSIDE_DEGC, now.mono_ms);
        if (value_usable(v))
            insert(sorted, n++, v.v);
    }
    struct value *value = &e->outside.value;
    if (n > 0)
        *value = (struct value){.v = middle_of(sorted, n), .mono_ms = now.mono_ms, .quality = QUALITY_GOOD};
    else if (value->quality != QUALITY_NONE)
        value->quality = QUALITY_STALE;
}

void outside_sample(struct engine *e)
{
    if (!value_usable(e->outside.value))
        return;
    e->outside.learned_sum_degc += e->outside.value.v;
    e->outside.learned_count++;
}

void outside_forget(struct engine *e)
{
    e->outside.learned_sum_degc = 0;
    e->outside.learned_count = 0;
}

void outside_teach(struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct outside_state *o = &e->outside;
    if (o->learned_count > 0)
        forecast_learn_temperature(e->forecast, from_utc_ms, to_utc_ms, o->learned_sum_degc / o->learned_count);
}
