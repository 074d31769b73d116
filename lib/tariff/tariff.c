// SPDX-License-Identifier: GPL-3.0-or-later
#include "tariff/tariff.h"

#include "base/local_time.h"

enum { MS_PER_S = 1000, MINUTES_PER_DAY = 1440 };

static bool minute_matches(const struct site_price_period *p, int minute)
{
    if (p->to_minute < p->from_minute)
        return minute >= p->from_minute || minute < p->to_minute;
    return minute >= p->from_minute && minute < p->to_minute;
}

static bool day_matches(const struct site_price_period *p, bool weekend)
{
    return p->days == DAYS_ALL || (p->days == DAYS_WEEKENDS) == weekend;
}

// Of a period over midnight, too, day and month are those of the instant itself, not of the evening it began.
static double price_at(const struct site *s, const struct site_price_period *periods, size_t count, int64_t utc_ms)
{
    struct local_time t = local_time_at(utc_ms);
    bool weekend = calendar_is_weekend(s, utc_ms);
    for (size_t i = 0; i < count; i++) {
        const struct site_price_period *p = &periods[i];
        if ((p->months >> (t.month - 1) & 1) && day_matches(p, weekend) && minute_matches(p, t.minute))
            return p->price_per_kwh;
    }
    return 0;
}

static const struct site_tariff *find_tariff(const struct site *s, int tariff)
{
    return tariff >= 0 && (size_t)tariff < s->n_tariffs ? &s->tariffs[tariff] : NULL;
}

double tariff_import_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms)
{
    const struct site_tariff *t = find_tariff(s, tariff);
    return t != NULL ? price_at(s, t->import, t->n_import, utc_ms) : 0;
}

double tariff_export_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms)
{
    const struct site_tariff *t = find_tariff(s, tariff);
    return t != NULL ? price_at(s, t->export, t->n_export, utc_ms) : 0;
}

// ---- changes --------------------------------------------------------------------------------------------------------

// The first edge of a period after `minute`, or `soonest` when that comes before.
static int next_edge(const struct site_price_period *periods, size_t count, int minute, int soonest)
{
    for (size_t i = 0; i < count; i++) {
        if (periods[i].from_minute > minute && periods[i].from_minute < soonest)
            soonest = periods[i].from_minute;
        if (periods[i].to_minute > minute && periods[i].to_minute < soonest)
            soonest = periods[i].to_minute;
    }
    return soonest;
}

// The first second in (from_ms, to_ms] with another UTC offset than `from_ms`; the two ends differ in it.
static int64_t clock_change_ms(int64_t from_ms, int64_t to_ms)
{
    int offset_s = local_time_at(from_ms).utc_offset_s;
    int64_t before = from_ms / MS_PER_S;
    int64_t after = to_ms / MS_PER_S;
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (local_time_at(middle * MS_PER_S).utc_offset_s == offset_s)
            before = middle;
        else
            after = middle;
    }
    return after * MS_PER_S;
}

int64_t tariff_next_change_ms(const struct site *s, int tariff, int64_t utc_ms)
{
    struct local_time now = local_time_at(utc_ms);
    int edge = MINUTES_PER_DAY; // day and month may change at midnight
    const struct site_tariff *t = find_tariff(s, tariff);
    if (t != NULL) {
        edge = next_edge(t->import, t->n_import, now.minute, edge);
        edge = next_edge(t->export, t->n_export, now.minute, edge);
    }
    int64_t since_minute_ms = now.second * INT64_C(1000) + (utc_ms % MS_PER_S + MS_PER_S) % MS_PER_S;
    int64_t change_ms = utc_ms - since_minute_ms + (edge - now.minute) * INT64_C(60000);
    // When the clocks change on the way, local time jumps over or back to an edge: look again from there.
    if (local_time_at(change_ms).utc_offset_s != now.utc_offset_s)
        return clock_change_ms(utc_ms, change_ms);
    return change_ms;
}
