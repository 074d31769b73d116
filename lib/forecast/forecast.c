// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

static const int64_t last_utc_ms = INT64_C(253402300799999); // the end of 9999
static const int64_t longest_span_ms = INT64_C(86400000);

static const double memory_days[3] = {2, 7, 30};
static const double band_memory_days = 14;

static void weigh_days(struct forecast *f)
{
    for (int back = 0; back <= HISTORY_LONG_DAYS; back++) {
        for (int m = 0; m < 3; m++)
            f->decay[m][back] = exp(-back / memory_days[m]);
        f->band_decay[back] = exp(-back / band_memory_days);
    }
}

int forecast_new(const struct site *s, struct forecast **ret_forecast)
{
    struct forecast *f = calloc(1, sizeof *f);
    if (f == NULL)
        return AEMS_E_NOMEM;
    f->site = s;
    f->n_series = s->n_loads + s->n_pvs;
    f->series = calloc(f->n_series + 1, sizeof *f->series);
    if (history_init(&f->history, f->n_series + s->n_pvs) < 0 || f->series == NULL) {
        forecast_free(f);
        return AEMS_E_NOMEM;
    }
    weigh_days(f);
    for (size_t i = 0; i < f->n_series; i++)
        forecast_series_begin(f, i, &f->series[i]);
    forecast_temperature_begin(&f->temperature);
    *ret_forecast = f;
    return AEMS_OK;
}

void forecast_free(struct forecast *f)
{
    if (f == NULL)
        return;
    free(f->series);
    history_free(&f->history);
    free(f);
}

bool forecast_has(int index, size_t count)
{
    return index >= 0 && (size_t)index < count;
}

bool forecast_is_instant(int64_t utc_ms)
{
    return utc_ms > 0 && utc_ms <= last_utc_ms;
}

bool forecast_is_span(int64_t *io_from_ms, int64_t to_ms)
{
    if (!forecast_is_instant(*io_from_ms) || !forecast_is_instant(to_ms) || to_ms <= *io_from_ms)
        return false;
    if (to_ms - *io_from_ms > longest_span_ms)
        *io_from_ms = to_ms - longest_span_ms;
    return true;
}

int forecast_samples(int64_t from_ms, int64_t to_ms)
{
    return (int)clamp(ceil((double)(to_ms - from_ms) / FORECAST_SAMPLE_MS), 1, FORECAST_MAX_SAMPLES);
}

int64_t forecast_sample_ms(int64_t from_ms, int64_t to_ms, int samples, int i)
{
    return from_ms + (int64_t)((double)(to_ms - from_ms) * (i + 0.5) / samples);
}

// ---- one span of time -----------------------------------------------------------------------------------------------

enum { KNOTS = 4 };

// What is asked of all samples of a span, by the same road as the steps of a plan take.
struct asked {
    const struct forecast *f;
    size_t series;
    int64_t now_ms;
    struct forecast_difference difference;
    double age_h; // of the difference
    int64_t hour; // of the second knot; 0: none yet
    double expected[KNOTS], quantile[KNOTS][FORECAST_QUANTILES];
    bool quantiles;
};

static void ask_knots(struct asked *a, int64_t hour)
{
    const struct forecast_series *s = &a->f->series[a->series];
    struct forecast_carry c;
    for (int i = 0; i < KNOTS && hour != a->hour; i++) {
        struct forecast_hour h = forecast_hour_at(a->f->site, hour - 1 + i);
        double lead_h = forecast_lead_h(s, a->now_ms, h.hour);
        a->expected[i] = forecast_expected(a->f, a->series, &h, a->now_ms, &a->difference, a->age_h + lead_h, &c);
        if (a->quantiles)
            forecast_quantiles(a->f, a->series, &h, a->expected[i], lead_h, c.left, a->quantile[i]);
    }
    a->hour = hour;
}

// Adds what is expected at the sample, and the quantiles.
static void add_sample(struct asked *a, int64_t at_ms, double *io_expected_w, double *io_quantile_w)
{
    const struct site *site = a->f->site;
    int64_t knot = (at_ms - HISTORY_HOUR_MS / 2) / HISTORY_HOUR_MS;
    double frac = (double)(float)((double)(at_ms - knot * HISTORY_HOUR_MS) / HISTORY_HOUR_MS - 0.5);
    double unit_w = 1, most_w = INFINITY;
    bool pv = forecast_is_pv(a->f, a->series);
    ask_knots(a, knot);
    if (pv) {
        struct sun_sky sky = sun_clear_sky_at(at_ms, site->latitude_deg, site->longitude_deg);
        unit_w = forecast_clear_w(&site->pvs[a->series - site->n_loads], &sky);
        most_w = forecast_pv_most_w(a->f, (int)(a->series - site->n_loads));
    }
    const double *e = a->expected;
    *io_expected_w += fmin(unit_w * forecast_between(pv, e[0], e[1], e[2], e[3], frac), most_w);
    for (int q = 0; a->quantiles && q < FORECAST_QUANTILES; q++)
        io_quantile_w[q] += fmin(unit_w * forecast_between(pv, a->quantile[0][q], a->quantile[1][q], a->quantile[2][q],
                                                           a->quantile[3][q], frac),
                                 most_w);
}

static bool is_askable(int64_t from_ms, int64_t to_ms)
{
    return forecast_is_instant(from_ms) && forecast_is_instant(to_ms) && from_ms > 2 * HISTORY_HOUR_MS;
}

static double mean_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                     double *ret_quantile_w)
{
    struct asked a = {f, series, now_ms, .difference = forecast_present_difference(f, series),
                      .quantiles = ret_quantile_w != NULL};
    a.age_h = forecast_age_h(&f->series[series], &a.difference);
    double sum_w = 0, quantile_w[FORECAST_QUANTILES] = {0};
    if (!is_askable(from_ms, to_ms))
        return 0;
    int samples = to_ms > from_ms ? forecast_samples(from_ms, to_ms) : 1;
    for (int i = 0; i < samples; i++)
        add_sample(&a, to_ms > from_ms ? forecast_sample_ms(from_ms, to_ms, samples, i) : from_ms, &sum_w, quantile_w);
    for (int q = 0; ret_quantile_w != NULL && q < FORECAST_QUANTILES; q++)
        ret_quantile_w[q] = fmax(quantile_w[q] / samples, 0);
    return fmax(sum_w / samples, 0);
}

static double expected_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms)
{
    double power_w;
    if (is_askable(from_ms, to_ms) && forecast_replaced_w(f, series, now_ms, from_ms, to_ms, &power_w))
        return power_w;
    return mean_w(f, series, now_ms, from_ms, to_ms, NULL);
}

double forecast_load_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return forecast_has(load, f->site->n_loads) ? expected_w(f, (size_t)load, now_utc_ms, from_utc_ms, to_utc_ms) : 0;
}

double forecast_pv_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return 0;
    return expected_w(f, forecast_series_of(f, ASSET_PV, pv), now_utc_ms, from_utc_ms, to_utc_ms);
}

// Around what another method expects the band is as wide as the learned one is.
static void quantiles_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                        double *ret_w)
{
    double learned_w = mean_w(f, series, now_ms, from_ms, to_ms, ret_w);
    double moved_w = expected_w(f, series, now_ms, from_ms, to_ms) - learned_w;
    for (int q = 0; moved_w != 0 && q < FORECAST_QUANTILES; q++)
        ret_w[q] = fmax(ret_w[q] + moved_w, 0);
    // Lines between hours, and the most that was ever seen, may have crossed a narrow band.
    ret_w[FORECAST_P10] = fmin(ret_w[FORECAST_P10], ret_w[FORECAST_P50]);
    ret_w[FORECAST_P90] = fmax(ret_w[FORECAST_P90], ret_w[FORECAST_P50]);
}

void forecast_load_quantiles_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms,
                               int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES])
{
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        ret_w[q] = 0;
    if (forecast_has(load, f->site->n_loads))
        quantiles_w(f, (size_t)load, now_utc_ms, from_utc_ms, to_utc_ms, ret_w);
}

void forecast_pv_quantiles_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms,
                             int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES])
{
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        ret_w[q] = 0;
    if (forecast_has(pv, f->site->n_pvs))
        quantiles_w(f, forecast_series_of(f, ASSET_PV, pv), now_utc_ms, from_utc_ms, to_utc_ms, ret_w);
}
