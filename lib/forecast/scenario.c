// SPDX-License-Identifier: GPL-3.0-or-later
// Which former days the scenarios repeat, and how they are moved to the present.
#include <math.h>

#include "base/local_time.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "tariff/tariff.h"

static const int64_t DAY_MS = INT64_C(86400000);
static const int COVERED_ENOUGH = 24; // quarters of a day with any measurement; PV alone has some 40 of them
static const double TWO_WEEKS_H = 14 * 24;
static const double NO_DIFFERENCE = 0.97;

// Without a day to go by: how far a scenario ends up from the expected course.
static const double load_spread[FORECAST_MAX_SCENARIOS] = {0, 0.15, -0.15, 0.15, -0.15, 0.08, -0.08, 0, 0, 0.08};
static const double pv_spread[FORECAST_MAX_SCENARIOS] = {0, -0.5, 0.4, 0.4, -0.5, -0.25, 0.2, -0.5, 0.4, -0.25};

double forecast_own_spread(bool pv, int scenario)
{
    return pv ? pv_spread[scenario - 1] : load_spread[scenario - 1];
}

static int64_t noon_ms(const struct forecast_days *days, int age)
{
    return (days->today - age) * DAY_MS + DAY_MS / 2 - days->zone_s[0] * INT64_C(1000);
}

static int64_t start_ms(const struct forecast_days *days, int age)
{
    return (days->today - age) * DAY_MS - days->zone_s[age] * INT64_C(1000);
}

static bool is_covered(const struct forecast *f, int64_t day_start_ms)
{
    int covered = 0;
    for (int i = 0; i < HISTORY_QUARTERS_A_DAY; i++) {
        int64_t quarter = day_start_ms / HISTORY_QUARTER_MS + i;
        if (quarter > 0 && quarter <= f->latest_quarter && quarter > f->latest_quarter - HISTORY_QUARTERS)
            covered += f->covered[quarter % HISTORY_QUARTERS];
    }
    return covered >= COVERED_ENOUGH;
}

// What the area drew on average.
static double net_w(const struct forecast *f, int64_t first_hour)
{
    double sum_w = 0;
    for (size_t i = 0; i < f->n_series; i++) {
        double series_w = 0;
        int known = 0;
        for (int hour = 0; hour < 24; hour++) {
            double hour_w = history_hour(&f->history, i, first_hour + hour);
            series_w += hour_w >= 0 ? hour_w : 0;
            known += hour_w >= 0;
        }
        if (known > 0)
            sum_w += (forecast_is_pv(f, i) ? -series_w : series_w) / known;
    }
    return sum_w;
}

// Whether days of the same kind alone have been the better guess lately. Until that is known they should be.
static bool do_kinds_matter(const struct forecast *f)
{
    double all = 0, own = 0;
    for (size_t i = 0; i < f->site->n_loads; i++)
        for (int kind = 0; kind < FORECAST_KINDS; kind++) {
            if (f->series[i].errors.hours < TWO_WEEKS_H)
                continue;
            all += (double)f->series[i].expert_mae[kind][0];
            own += (double)f->series[i].expert_mae[kind][1];
        }
    return f->site->n_loads > 0 && (all <= 0 || own < NO_DIFFERENCE * all);
}

void forecast_find_days(const struct forecast *f, int64_t now_ms, struct forecast_days *ret)
{
    ret->zone_s[0] = local_time_at(now_ms).utc_offset_s;
    ret->today = (now_ms + ret->zone_s[0] * INT64_C(1000)) / DAY_MS;
    ret->n_ages = 0;
    ret->kinds_matter = do_kinds_matter(f);
    for (int age = 1; age <= HISTORY_DAYS; age++) {
        ret->zone_s[age] = local_time_at(noon_ms(ret, age)).utc_offset_s;
        ret->weekend[age] = calendar_is_weekend(f->site, noon_ms(ret, age));
        if (!is_covered(f, start_ms(ret, age)))
            continue;
        ret->ages[ret->n_ages++] = age;
        ret->net_w[age] = net_w(f, start_ms(ret, age) / HISTORY_HOUR_MS);
    }
}

// Of more days than are wanted some that stand for all: evenly from the one that drew least to the one that drew most,
// since the latest few are often alike. In the order of time, so that a scenario goes on from day to day.
static void keep_some(const struct forecast_days *days, int wanted, int count, int *io_ages)
{
    int by_net[HISTORY_DAYS];
    for (int i = 0; i < count; i++) {
        int k = i;
        for (; k > 0 && days->net_w[by_net[k - 1]] > days->net_w[io_ages[i]]; k--)
            by_net[k] = by_net[k - 1];
        by_net[k] = io_ages[i];
    }
    for (int c = 0; c < wanted; c++) {
        int age = by_net[(2 * c + 1) * count / (2 * wanted)], k = c;
        for (; k > 0 && io_ages[k - 1] > age; k--)
            io_ages[k] = io_ages[k - 1];
        io_ages[k] = age;
    }
}

// Where kinds matter, days of the same kind, and others only if those are too few.
static int gather_pool(const struct forecast_days *days, bool weekend, int wanted, int *ret_ages)
{
    int count = 0;
    for (int i = 0; i < days->n_ages; i++)
        if (!days->kinds_matter || days->weekend[days->ages[i]] == weekend)
            ret_ages[count++] = days->ages[i];
    for (int i = 0; days->kinds_matter && count < wanted && i < days->n_ages; i++)
        if (days->weekend[days->ages[i]] != weekend)
            ret_ages[count++] = days->ages[i];
    return count;
}

// Where kinds do not matter a scenario goes on from day to
// day as the former days did.
void forecast_choose_days(const struct forecast_days *days, const struct forecast_hour *h, int scenarios, int *ret_back)
{
    int pool[HISTORY_DAYS], ahead = (int)clamp((double)(h->local_day - days->today), 0, 366);
    int count = gather_pool(days, h->kind > 0, scenarios, pool);
    if (count > scenarios)
        keep_some(days, scenarios, count, pool);
    for (int c = 0; c < scenarios; c++) {
        if (c >= count)
            ret_back[c] = FORECAST_OWN_SPREAD;
        else if (days->kinds_matter || pool[c] <= ahead)
            ret_back[c] = pool[c] + ahead;
        else
            ret_back[c] = pool[c];
    }
}

int64_t forecast_days_before(const struct forecast_days *days, const struct forecast_hour *h, int64_t utc_ms, int back)
{
    int age = (int)clamp((double)(days->today - h->local_day + back), 0, HISTORY_DAYS);
    return utc_ms - back * DAY_MS + (h->zone_s - days->zone_s[age]) * INT64_C(1000);
}

static double difference(const struct forecast *f, size_t series, int64_t hour, double present, double past)
{
    if (present < 0 || past < 0)
        return 0;
    if (!forecast_is_pv(f, series))
        return present - past;
    struct forecast_hour h = forecast_hour_at(f->site, hour);
    double typical = forecast_typical(f, series, &h);
    return typical > 0 ? clamp((present - past) / typical, -1, 1) : 0;
}

double forecast_moved(const struct forecast *f, const struct forecast_days *days, size_t series, int back)
{
    size_t unit = forecast_unit_series(f, series);
    int64_t hour = f->series[series].known_ms / HISTORY_HOUR_MS;
    if (back < 0 || hour == 0)
        return 0;
    struct forecast_hour h = forecast_hour_at(f->site, hour);
    int64_t then_ms = hour * HISTORY_HOUR_MS - back * DAY_MS;
    if (!forecast_is_pv(f, series))
        then_ms = forecast_days_before(days, &h, hour * HISTORY_HOUR_MS, back);
    int64_t then = then_ms / HISTORY_HOUR_MS;
    double last = difference(f, series, hour - 1, history_hour(&f->history, unit, hour - 1),
                             history_hour(&f->history, unit, then - 1));
    double share, present = forecast_hour_so_far(f, series, &share), past = history_hour(&f->history, unit, then);
    if (present < 0 || past < 0)
        return last;
    return share * difference(f, series, hour, present, past) + (1 - share) * last;
}
