// SPDX-License-Identifier: GPL-3.0-or-later
// Forecasts by another method than the learned one: persistence, and what a replay gives.
#include "base/local_time.h"
#include "base/number.h"
#include "forecast/internal.h"

static const int64_t DAY_MS = INT64_C(86400000);

void forecast_set_method(struct forecast *f, enum forecast_method method)
{
    f->method = method;
}

void forecast_set_given(struct forecast *f, forecast_given_fn *given, void *context)
{
    f->given = given;
    f->given_context = context;
}

// The same minute of the local day, so many days before; over a clock change an hour more or less ago.
static int64_t days_before(int64_t utc_ms, int days)
{
    int64_t then = utc_ms - days * DAY_MS;
    return then + (int64_t)(local_time_at(utc_ms).utc_offset_s - local_time_at(then).utc_offset_s) * 1000;
}

static double then_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t utc_ms, int days)
{
    int64_t then = days_before(utc_ms, days);
    return then < now_ms ? history_quarter(&f->history, series, then / HISTORY_QUARTER_MS) : -1;
}

// What was measured at this local time of the last day that is known at `now`; negative: of none. An asset whose own
// forecast was replaced takes last week if that is the better guess.
static double persistence_at_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t utc_ms)
{
    double power_w = -1;
    if (f->method != FORECAST_PERSISTENCE && forecast_last_week_is_better(&f->series[series]))
        power_w = then_w(f, series, now_ms, utc_ms, 7);
    for (int days = 1; days <= HISTORY_DAYS + 2 && power_w < 0; days++)
        power_w = then_w(f, series, now_ms, utc_ms, days);
    return power_w;
}

static bool persistence_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                          double *ret_w)
{
    int samples = to_ms > from_ms ? forecast_samples(from_ms, to_ms) : 1, known = 0;
    double sum_w = 0;
    for (int i = 0; i < samples; i++) {
        int64_t at_ms = to_ms > from_ms ? forecast_sample_ms(from_ms, to_ms, samples, i) : from_ms;
        double power_w = persistence_at_w(f, series, now_ms, at_ms);
        sum_w += power_w >= 0 ? power_w : 0;
        known += power_w >= 0;
    }
    if (known == 0)
        return false;
    *ret_w = sum_w / known;
    return true;
}

bool forecast_given_w(const struct forecast *f, size_t series, int64_t from_ms, int64_t to_ms, double *ret_w)
{
    if (f->method != FORECAST_GIVEN || f->given == NULL)
        return false;
    bool pv = forecast_is_pv(f, series);
    double given_w = f->given(f->given_context, pv ? ASSET_PV : ASSET_LOAD, (int)(series - (pv ? f->site->n_loads : 0)),
                              from_ms, to_ms);
    if (!in_range(given_w, 0, INFINITY))
        return false;
    *ret_w = given_w;
    return true;
}

bool forecast_replaced_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                         double *ret_w)
{
    return forecast_given_w(f, series, from_ms, to_ms, ret_w) ||
           (forecast_is_replaced(f, series) && persistence_w(f, series, now_ms, from_ms, to_ms, ret_w));
}
