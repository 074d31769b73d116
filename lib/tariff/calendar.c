// SPDX-License-Identifier: GPL-3.0-or-later
#include "tariff/tariff.h"

#include "base/local_time.h"

enum { SUNDAY = 0, SATURDAY = 6 };

static bool is_holiday(const struct site *s, int32_t date)
{
    size_t low = 0, high = s->n_holidays;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->holidays[middle] < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n_holidays && s->holidays[low] == date;
}

bool calendar_is_weekend(const struct site *s, int64_t utc_ms)
{
    struct local_time t = local_time_at(utc_ms);
    return t.weekday == SUNDAY || t.weekday == SATURDAY || is_holiday(s, t.year * 10000 + t.month * 100 + t.day);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t rest = a % b;
    return rest < 0 ? rest + b : rest;
}

int64_t demand_window_start_ms(const struct site_tariff *t, int64_t utc_ms)
{
    int64_t window_ms = (t->demand_window_s > 0 ? t->demand_window_s : 1800) * INT64_C(1000);
    int64_t local_ms = utc_ms + local_time_at(utc_ms).utc_offset_s * INT64_C(1000);
    return utc_ms - floor_mod(local_ms, window_ms);
}
