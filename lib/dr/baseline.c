// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/baseline.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "tariff/tariff.h"

enum { MOST_DAYS = 10, ADJUSTMENT_SLOTS = 12, ADJUSTMENT_FROM_SLOTS = 16 };

static const int64_t SLOT_MS = METER_SLOT_S * INT64_C(1000);
static const int64_t HOUR_MS = INT64_C(3600000);
static const int64_t DAY_MS = INT64_C(86400000);
static const double LOW_FRAC = 0.25; // of the mean of all: no day like the others

const char *baseline_method_name(enum baseline_method method)
{
    static const char *const names[BASELINE_METHOD_COUNT] = {[BASELINE_HIGH_4_OF_5] = "high-4-of-5",
                                                             [BASELINE_10_OF_10] = "10-of-10",
                                                             [BASELINE_METER_BEFORE] = "meter-before"};
    return (unsigned)method < BASELINE_METHOD_COUNT ? names[method] : "unknown";
}

void baseline_free(struct baseline *b)
{
    free(b->mean_w);
    *b = (struct baseline){0};
}

// ---- the same time of another day -----------------------------------------------------------------------------------

// Starts of local days by their number, 0 the day in which the event begins; found out once, they are asked for often.
enum { DAYS_BEFORE = 48, DAYS_AFTER = METER_DAYS + 3 };

struct days {
    int64_t first;                               // start of day 0
    int64_t start[DAYS_BEFORE + DAYS_AFTER + 1]; // 0: not known yet
};

// Noon is the same day whatever the clock does at night.
static int64_t day_start(struct days *d, int number)
{
    int64_t *start = &d->start[DAYS_BEFORE + number];
    if (*start == 0)
        *start = local_day_start_ms(d->first + DAY_MS / 2 + number * DAY_MS);
    return *start;
}

static int64_t day_length(struct days *d, int number)
{
    return day_start(d, number + 1) - day_start(d, number);
}

static int day_of(struct days *d, int64_t utc_ms)
{
    int number = (int)((utc_ms - d->first) / DAY_MS) - 1;
    while (day_start(d, number + 1) <= utc_ms)
        number++;
    while (day_start(d, number) > utc_ms)
        number--;
    return number;
}

static int minute_of(struct days *d, int64_t utc_ms, int number)
{
    bool plain = day_length(d, number) == DAY_MS;
    return plain ? (int)((utc_ms - day_start(d, number)) / 60000) : local_time_at(utc_ms).minute;
}

// The slots of a day at a wall-clock time: one; two in an hour that comes twice; none in one that is skipped.
static int slots_of_wall(struct days *d, int day, int minute, int64_t ret_utc_ms[static 2])
{
    int64_t start = day_start(d, day), end = day_start(d, day + 1), guess = start + minute * INT64_C(60000);
    if (end - start == DAY_MS) {
        ret_utc_ms[0] = guess;
        return 1;
    }
    int n = 0;
    for (int64_t t = guess - 2 * HOUR_MS; t <= guess + 2 * HOUR_MS && n < 2; t += SLOT_MS)
        if (t >= start && t < end && local_time_at(t).minute == minute)
            ret_utc_ms[n++] = t;
    return n;
}

// The mean power at a wall-clock time of a day; NAN: not measured, or there is no such time.
static double wall_mean_w(const struct meter *m, struct days *d, int day, int minute)
{
    int64_t at[2];
    int n = slots_of_wall(d, day, minute, at), measured = 0;
    double sum_w = 0;
    for (int i = 0; i < n; i++) {
        const struct meter_slot *slot = meter_slot_at(m, at[i]);
        sum_w += slot != NULL ? (double)slot->mean_w : 0;
        measured += slot != NULL;
    }
    return measured > 0 ? sum_w / measured : NAN;
}

// ---- former days ----------------------------------------------------------------------------------------------------

struct search {
    const struct site *site;
    const struct meter *meter;
    int64_t from, to; // of the event, whole slots
    struct days *days;
    bool weekend;
    int back[MOST_DAYS];      // the days that were chosen, so many before the event, the nearest first
    double mean_w[MOST_DAYS]; // of each in the event's hours
    int n;
};

static double slot_mean_w(const struct search *s, int64_t utc_ms, int back)
{
    int day = day_of(s->days, utc_ms);
    return wall_mean_w(s->meter, s->days, day - back, minute_of(s->days, utc_ms, day));
}

static bool had_event(const struct search *s, int back)
{
    int64_t from = day_start(s->days, -back), to = day_start(s->days, day_of(s->days, s->to - 1) - back + 1);
    for (int64_t t = meter_slot_start(from); t < to; t += SLOT_MS) {
        const struct meter_slot *slot = meter_slot_kept(s->meter, t);
        if (slot != NULL && slot->event)
            return true;
    }
    return false;
}

// The mean of a day in the event's hours; NAN: it lacks one of them.
static double hours_mean_w(const struct search *s, int back)
{
    double sum_w = 0;
    for (int64_t t = s->from; t < s->to; t += SLOT_MS) {
        sum_w += slot_mean_w(s, t, back);
        if (!isfinite(sum_w))
            return NAN;
    }
    return sum_w / (double)((s->to - s->from) / SLOT_MS);
}

// Adds days up to `wanted`, looking on from `*io_back`.
static void find_days(struct search *s, int wanted, int furthest, int *io_back)
{
    for (; s->n < wanted && *io_back <= furthest; ++*io_back) {
        if (calendar_is_weekend(s->site, day_start(s->days, -*io_back)) != s->weekend || had_event(s, *io_back))
            continue;
        double mean_w = hours_mean_w(s, *io_back);
        if (!isfinite(mean_w))
            continue;
        s->back[s->n] = *io_back;
        s->mean_w[s->n++] = mean_w;
    }
}

static void drop(struct search *s, int index)
{
    for (int i = index; i + 1 < s->n; i++) {
        s->back[i] = s->back[i + 1];
        s->mean_w[i] = s->mean_w[i + 1];
    }
    s->n--;
}

// Returns whether any was dropped. Where more is fed in than drawn no day is a low one.
static bool drop_low_days(struct search *s)
{
    double sum_w = 0;
    int before = s->n;
    for (int i = 0; i < s->n; i++)
        sum_w += s->mean_w[i];
    double least_w = before > 0 && sum_w > 0 ? LOW_FRAC * sum_w / before : -INFINITY;
    for (int i = s->n - 1; i >= 0; i--)
        if (s->mean_w[i] < least_w)
            drop(s, i);
    return s->n < before;
}

static void drop_lowest(struct search *s)
{
    int lowest = 0;
    for (int i = 1; i < s->n; i++)
        if (s->mean_w[i] <= s->mean_w[lowest])
            lowest = i;
    drop(s, lowest);
}

// ---- the methods ----------------------------------------------------------------------------------------------------

static double mean_of_days_w(const struct search *s, int64_t utc_ms)
{
    double sum_w = 0;
    for (int i = 0; i < s->n; i++)
        sum_w += slot_mean_w(s, utc_ms, s->back[i]);
    return s->n > 0 ? sum_w / s->n : NAN;
}

static void take_days(const struct search *s, struct baseline *b)
{
    for (size_t k = 0; k < b->n_slots; k++)
        b->mean_w[k] = mean_of_days_w(s, s->from + (int64_t)k * SLOT_MS);
    b->days = s->n;
}

static void adjust(const struct search *s, struct baseline *b)
{
    double sum_w = 0;
    int n = 0;
    for (int i = 0; i < ADJUSTMENT_SLOTS; i++) {
        int64_t t = s->from + (i - ADJUSTMENT_FROM_SLOTS) * SLOT_MS;
        const struct meter_slot *today = meter_slot_at(s->meter, t);
        double then_w = mean_of_days_w(s, t);
        if (today == NULL || today->event || !isfinite(then_w))
            continue;
        sum_w += (double)today->mean_w - then_w;
        n++;
    }
    if (n < ADJUSTMENT_SLOTS / 2)
        return;
    b->adjustment_slots = n;
    b->adjustment_w = sum_w / n;
    for (size_t k = 0; k < b->n_slots; k++)
        b->mean_w[k] += b->adjustment_w;
}

static int high_4_of_5(struct search *s, struct baseline *b)
{
    const int all = s->weekend ? 3 : 5, furthest = 30;
    int back = 1;
    do {
        find_days(s, all, furthest, &back);
    } while (drop_low_days(s));
    if (s->n < all - 1)
        return AEMS_E_STATE;
    if (s->n == all)
        drop_lowest(s);
    take_days(s, b);
    adjust(s, b);
    return 0;
}

static int ten_of_ten(struct search *s, struct baseline *b)
{
    const int all = 10, least = 5, furthest = 45;
    int back = 1;
    find_days(s, all, furthest, &back);
    if (s->n < least)
        return AEMS_E_STATE;
    take_days(s, b);
    return 0;
}

static int meter_before(const struct search *s, int64_t announced_utc_ms, struct baseline *b)
{
    int64_t end = meter_slot_start(announced_utc_ms < s->from ? announced_utc_ms : s->from);
    double sum_w = 0;
    int n = 0;
    for (int64_t t = end - SLOT_MS; t >= end - 4 * HOUR_MS && n < 2; t -= SLOT_MS) {
        const struct meter_slot *slot = meter_slot_at(s->meter, t);
        if (slot == NULL || slot->event)
            continue;
        sum_w += (double)slot->mean_w;
        n++;
    }
    if (n == 0)
        return AEMS_E_STATE;
    for (size_t k = 0; k < b->n_slots; k++)
        b->mean_w[k] = sum_w / n;
    return 0;
}

static int fill(struct search *s, enum baseline_method method, int64_t announced_utc_ms, struct baseline *b)
{
    switch (method) {
    case BASELINE_HIGH_4_OF_5:
        return high_4_of_5(s, b);
    case BASELINE_10_OF_10:
        return ten_of_ten(s, b);
    default:
        return meter_before(s, announced_utc_ms, b);
    }
}

int baseline_of(const struct site *s, const struct meter *m, enum baseline_method method, int64_t from_utc_ms,
                int64_t to_utc_ms, int64_t announced_utc_ms, struct baseline *ret_baseline)
{
    struct search search = {.site = s, .meter = m};
    if (to_utc_ms <= from_utc_ms || (to_utc_ms - from_utc_ms) / SLOT_MS > METER_SLOTS - 2)
        return AEMS_E_RANGE;
    search.from = meter_slot_start(from_utc_ms);
    search.to = meter_slot_end(to_utc_ms);
    search.weekend = calendar_is_weekend(s, search.from);
    struct days days = {.first = local_day_start_ms(search.from)};
    search.days = &days;
    struct baseline b = {.n_slots = (size_t)((search.to - search.from) / SLOT_MS)};
    b.mean_w = calloc(b.n_slots, sizeof *b.mean_w);
    int result = b.mean_w != NULL ? fill(&search, method, announced_utc_ms, &b) : AEMS_E_NOMEM;
    if (result < 0)
        baseline_free(&b);
    else
        *ret_baseline = b;
    return result;
}
