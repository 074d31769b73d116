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

static double standard_w(const struct forecast *f, size_t series, int64_t utc_ms)
{
    if (series < f->site->n_loads)
        return load_standard_w(f->site, &f->site->loads[series], utc_ms);
    return forecast_clear_sky_w(f, (int)(series - f->site->n_loads), utc_ms);
}

// The same minute of the local day, so many days before; over a clock change an hour more or less ago.
static int64_t days_before(int64_t utc_ms, int days)
{
    int64_t then = utc_ms - days * DAY_MS;
    return then + (int64_t)(local_time_at(utc_ms).utc_offset_s - local_time_at(then).utc_offset_s) * 1000;
}

// What was measured at this local time of the last day that is known at `now`; negative: of none.
static double persistence_at_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t utc_ms)
{
    for (int days = 1; days <= HISTORY_DAYS + 2; days++) {
        int64_t then = days_before(utc_ms, days);
        double ratio = then < now_ms ? history_ratio(&f->history, series, then / HISTORY_QUARTER_MS) : -1;
        if (ratio >= 0)
            return ratio * standard_w(f, series, then);
    }
    return -1;
}

static bool persistence_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                          double *ret_w)
{
    int samples = to_ms > from_ms ? forecast_samples(from_ms, to_ms) : 1, known = 0;
    double sum_w = 0;
    for (int i = 0; i < samples; i++) {
        double power_w = persistence_at_w(f, series, now_ms,
                                          to_ms > from_ms ? forecast_sample_ms(from_ms, to_ms, samples, i) : from_ms);
        sum_w += power_w >= 0 ? power_w : 0;
        known += power_w >= 0;
    }
    if (known == 0)
        return false;
    *ret_w = sum_w / known;
    return true;
}

bool forecast_replaced_w(const struct forecast *f, enum asset_kind kind, int of_kind, int64_t now_ms, int64_t from_ms,
                         int64_t to_ms, double *ret_w)
{
    if (!forecast_is_instant(now_ms) || !forecast_is_instant(from_ms) || !forecast_is_instant(to_ms))
        return false;
    if (f->method == FORECAST_GIVEN && f->given != NULL) {
        double given_w = f->given(f->given_context, kind, of_kind, from_ms, to_ms);
        if (!in_range(given_w, 0, INFINITY))
            return false;
        *ret_w = given_w;
        return true;
    }
    size_t series = (size_t)of_kind + (kind == ASSET_LOAD ? 0 : f->site->n_loads);
    return f->method == FORECAST_PERSISTENCE && persistence_w(f, series, now_ms, from_ms, to_ms, ret_w);
}
