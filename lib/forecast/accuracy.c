// SPDX-License-Identifier: GPL-3.0-or-later
// How good the forecasts were: each hour's mean against what was forecast of it before, and against yesterday and last
// week. What is learned of that: which expert errs less, and how wide the band must be.
#include <math.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

const int forecast_leads_h[FORECAST_LEADS] = {1, 6, 24};

static const double memory_h = 14 * 24;       // old hours fade over this: about four weeks count
static const double expert_memory_h = 7 * 24; // of the hours of a kind
static const double sensible_h = 7 * 24;      // before an asset's forecast is replaced
static const double worse = 1.03, better = 0.98;
static const double step = 0.02; // of the band's width, in a logarithm
static const double out_share = 0.1;
static const double narrowest = 0.2, widest = 5;

static struct forecast_ahead *waiting(struct forecast_series *s, int lead, int64_t hour)
{
    return lead == FORECAST_DAY_AHEAD ? &s->day_ahead[hour % FORECAST_WAITING] : &s->soon[lead][hour % 8];
}

// What one unit is in W in the hour that ended, or `lead` ahead of it.
static double watts(const struct forecast *f, size_t series, const struct sun_sky *skies)
{
    return forecast_is_pv(f, series) ? forecast_clear_hour_w(f, series, skies) : 1;
}

// ---- what came ------------------------------------------------------------------------------------------------------

static void follow(double *mean, double value, double hours, double memory)
{
    *mean += (value - *mean) / fmin(hours + 1, memory);
}

static double pinball(double measured, const float *quantile)
{
    static const double of[FORECAST_QUANTILES] = {0.1, 0.5, 0.9};
    double sum = 0;
    for (int q = 0; q < FORECAST_QUANTILES; q++) {
        double short_w = measured - (double)quantile[q];
        sum += short_w > 0 ? of[q] * short_w : (of[q] - 1) * short_w;
    }
    return sum / FORECAST_QUANTILES;
}

static void widen(struct forecast_series *s, int lead, double measured, const struct forecast_ahead *a)
{
    bool below = measured<(double)a->quantile[FORECAST_P10], above = measured>(double) a->quantile[FORECAST_P90];
    float *width = s->widen[lead];
    width[0] = (float)clamp((double)width[0] * exp(step * (below - out_share)), narrowest, widest);
    width[1] = (float)clamp((double)width[1] * exp(step * (above - out_share)), narrowest, widest);
}

static void compare_experts(struct forecast_series *s, int kind, double measured, const struct forecast_ahead *a)
{
    for (int e = 0; e < FORECAST_EXPERTS; e++) {
        float *mae = &s->expert_mae[kind][e];
        double error = fabs(measured - (double)a->expert[e]);
        *mae = *mae > 0 ? *mae + (float)((error - (double)*mae) / expert_memory_h) : (float)error;
    }
}

static double recent_persistence_mae(const struct forecast_errors *e)
{
    return e->week_hours >= sensible_h ? fmin(e->recent_yesterday_mae_w, e->recent_week_mae_w)
                                       : e->recent_yesterday_mae_w;
}

static double persistence_mae(const struct forecast_errors *e)
{
    return e->week_hours >= sensible_h ? fmin(e->yesterday_mae_w, e->week_mae_w) : e->yesterday_mae_w;
}

static void compare_day_ahead(struct forecast *f, size_t series, double measured_w, const struct forecast_ahead *a)
{
    struct forecast_errors *e = &f->series[series].errors;
    double yesterday_w = history_hour(&f->history, series, f->past.now.hour - 24);
    double week_w = history_hour(&f->history, series, f->past.now.hour - 7 * 24);
    if (yesterday_w < 0)
        return;
    double error_w = (double)a->expected - measured_w;
    bool held = measured_w >= (double)a->quantile[FORECAST_P10] && measured_w <= (double)a->quantile[FORECAST_P90];
    follow(&e->mae_w, fabs(error_w), e->hours, memory_h);
    follow(&e->bias_w, error_w, e->hours, memory_h);
    follow(&e->pinball_w, pinball(measured_w, a->quantile), e->hours, memory_h);
    follow(&e->band_frac, held, e->hours, memory_h);
    follow(&e->yesterday_mae_w, fabs(yesterday_w - measured_w), e->hours, memory_h);
    follow(&e->recent_mae_w, fabs(error_w), e->hours, sensible_h);
    follow(&e->recent_yesterday_mae_w, fabs(yesterday_w - measured_w), e->hours, sensible_h);
    e->hours++;
    if (week_w >= 0) {
        follow(&e->week_mae_w, fabs(week_w - measured_w), e->week_hours, memory_h);
        follow(&e->recent_week_mae_w, fabs(week_w - measured_w), e->week_hours, sensible_h);
        e->week_hours++;
    }
    double persisted_w = persistence_mae(e), recently_w = recent_persistence_mae(e);
    if (e->hours >= sensible_h && e->mae_w > worse * persisted_w && e->recent_mae_w > worse * recently_w)
        e->replaced = true;
    else if (e->mae_w < better * persisted_w || e->recent_mae_w < better * recently_w)
        e->replaced = false;
}

void forecast_judge_hour(struct forecast *f, size_t series, double power_w)
{
    struct forecast_series *s = &f->series[series];
    const struct forecast_hour *h = &f->past.now;
    double least_w = forecast_is_pv(f, series) ? 0.01 * f->site->pvs[series - f->site->n_loads].peak_power_w : 0;
    if (watts(f, series, f->past.skies[0]) < least_w)
        return; // by night there is nothing to forecast
    for (int lead = 0; lead < FORECAST_LEADS; lead++) {
        const struct forecast_ahead *a = waiting(s, lead, h->hour);
        if (a->hour != h->hour)
            continue;
        widen(s, lead, power_w, a);
        if (lead != FORECAST_DAY_AHEAD)
            continue;
        compare_experts(s, forecast_is_pv(f, series) ? 0 : h->kind, power_w, a);
        compare_day_ahead(f, series, power_w, a);
    }
}

// ---- what is to come ------------------------------------------------------------------------------------------------

static void look(struct forecast *f, size_t series, int lead)
{
    struct forecast_series *s = &f->series[series];
    const struct forecast_hour *h = &f->past.ahead[lead];
    double lead_h = forecast_leads_h[lead];
    const struct forecast_difference *last = forecast_last_difference(&s->turns);
    struct forecast_carry c;
    double hours = fmax((double)(h->hour - last->hour), 0);
    double expected = forecast_expected(f, series, h, s->known_ms, last, hours, &c);
    double quantile[FORECAST_QUANTILES], unit_w = watts(f, series, f->past.skies[1 + lead]);
    const struct forecast_slot *slot = forecast_slot_of(f, series, h);
    struct forecast_ahead *a = waiting(s, lead, h->hour);
    forecast_quantiles(f, series, h, expected, lead_h, c.left, quantile);
    *a = (struct forecast_ahead){.hour = h->hour, .expected = (float)(expected * unit_w)};
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        a->quantile[q] = (float)(quantile[q] * unit_w);
    for (int e = 0; e < FORECAST_EXPERTS; e++)
        a->expert[e] = (float)((slot->expert[e] >= 0 ? (double)slot->expert[e] : expected) * unit_w);
}

void forecast_look_ahead(struct forecast *f, size_t series)
{
    for (int lead = 0; lead < FORECAST_LEADS; lead++)
        look(f, series, lead);
}

bool forecast_is_replaced(const struct forecast *f, size_t series)
{
    return f->method == FORECAST_PERSISTENCE || f->series[series].errors.replaced;
}

bool forecast_last_week_is_better(const struct forecast_series *s)
{
    return s->errors.week_hours >= sensible_h && s->errors.recent_week_mae_w < s->errors.recent_yesterday_mae_w;
}

// ---- for others -----------------------------------------------------------------------------------------------------

static void tell(const struct forecast_errors *e, struct forecast_accuracy *ret)
{
    *ret = (struct forecast_accuracy){0};
    if (e->hours < 1)
        return;
    double persisted_w = persistence_mae(e);
    *ret = (struct forecast_accuracy){.hours = (unsigned)fmin(e->hours, 2 * memory_h),
                                      .mae_w = e->mae_w,
                                      .bias_w = e->bias_w,
                                      .pinball_w = e->pinball_w,
                                      .persistence_mae_w = persisted_w,
                                      .skill = persisted_w > 0 ? 1 - e->mae_w / persisted_w : 0,
                                      .band_frac = e->band_frac,
                                      .replaced = e->replaced};
}

int forecast_load_accuracy(const struct forecast *f, int load, struct forecast_accuracy *ret_accuracy)
{
    if (!forecast_has(load, f->site->n_loads))
        return AEMS_E_NOT_FOUND;
    tell(&f->series[load].errors, ret_accuracy);
    return AEMS_OK;
}

int forecast_pv_accuracy(const struct forecast *f, int pv, struct forecast_accuracy *ret_accuracy)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    tell(&f->series[forecast_series_of(f, ASSET_PV, pv)].errors, ret_accuracy);
    return AEMS_OK;
}
