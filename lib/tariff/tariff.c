// SPDX-License-Identifier: GPL-3.0-or-later
#include "tariff/tariff.h"

#include "base/local_time.h"

enum { MS_PER_S = 1000, MS_PER_HOUR = 3600000, MINUTES_PER_DAY = 1440 };

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

// ---- series of known prices -----------------------------------------------------------------------------------------

// When the last point ends: it holds for as long as the one before it.
static int64_t series_end_ms(const struct site_tariff *t)
{
    const struct site_price_point *last = &t->series[t->n_series - 1];
    return last->from_utc_ms + (t->n_series > 1 ? last->from_utc_ms - last[-1].from_utc_ms : MS_PER_HOUR);
}

// How many points begin at `utc_ms` or before.
static size_t points_until(const struct site_tariff *t, int64_t utc_ms)
{
    size_t low = 0, high = t->n_series;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->series[middle].from_utc_ms <= utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The point that holds; NULL before the first and after the last.
static const struct site_price_point *point_at(const struct site_tariff *t, int64_t utc_ms)
{
    size_t n = points_until(t, utc_ms);
    return n > 0 && (n < t->n_series || utc_ms < series_end_ms(t)) ? &t->series[n - 1] : NULL;
}

static int64_t next_point_ms(const struct site_tariff *t, int64_t utc_ms, int64_t soonest_ms)
{
    if (t->n_series == 0)
        return soonest_ms;
    size_t n = points_until(t, utc_ms);
    int64_t next_ms = n < t->n_series ? t->series[n].from_utc_ms : series_end_ms(t);
    return next_ms > utc_ms && next_ms < soonest_ms ? next_ms : soonest_ms;
}

double tariff_import_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms)
{
    const struct site_tariff *t = find_tariff(s, tariff);
    if (t == NULL)
        return 0;
    const struct site_price_point *point = point_at(t, utc_ms);
    bool known = point != NULL && !point->lacks_import;
    return known ? point->import_price_per_kwh : price_at(s, t->import, t->n_import, utc_ms);
}

double tariff_export_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms)
{
    const struct site_tariff *t = find_tariff(s, tariff);
    if (t == NULL)
        return 0;
    const struct site_price_point *point = point_at(t, utc_ms);
    bool known = point != NULL && !point->lacks_export;
    return known ? point->export_price_per_kwh : price_at(s, t->export, t->n_export, utc_ms);
}

double tariff_co2_g_per_kwh(const struct site *s, int grid, int64_t utc_ms)
{
    if (grid < 0 || (size_t)grid >= s->n_grids)
        return 0;
    const struct site_tariff *t = find_tariff(s, s->grids[grid].tariff);
    const struct site_price_point *point = t != NULL ? point_at(t, utc_ms) : NULL;
    return point != NULL && point->co2_g_per_kwh >= 0 ? point->co2_g_per_kwh : s->grids[grid].co2_g_per_kwh;
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

static int64_t next_period_ms(const struct site_tariff *t, int64_t utc_ms)
{
    struct local_time now = local_time_at(utc_ms);
    int edge = MINUTES_PER_DAY; // day and month may change at midnight
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

int64_t tariff_next_change_ms(const struct site *s, int tariff, int64_t utc_ms)
{
    const struct site_tariff *t = find_tariff(s, tariff);
    int64_t change_ms = next_period_ms(t, utc_ms);
    return t != NULL ? next_point_ms(t, utc_ms, change_ms) : change_ms;
}
