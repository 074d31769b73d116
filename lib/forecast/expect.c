// SPDX-License-Identifier: GPL-3.0-or-later
// What is expected of an hour: what is typical of it, the weather, and what is left of how the present differs.
#include <math.h>

#include "base/number.h"
#include "forecast/internal.h"

static const double level_prior_h = 6; // hours that the standard counts against what was measured
static const double most_sure =
    0.9; // of what is left of a difference, for the band: tomorrow it may turn out otherwise

double forecast_clear_w(const struct site_pv *p, const struct sun_sky *sky)
{
    return p->peak_power_w * sun_plant_frac(sky, p->tilt_deg, p->azimuth_deg);
}

double forecast_clear_hour_w(const struct forecast *f, size_t series, const struct sun_sky *skies)
{
    double sum_w = 0;
    for (int q = 0; q < FORECAST_QUARTERS_AN_HOUR; q++)
        sum_w += forecast_clear_w(&f->site->pvs[series - f->site->n_loads], &skies[q]);
    return sum_w / FORECAST_QUARTERS_AN_HOUR;
}

// So many watt-hours the standard counts against what was measured.
static double prior_wh(const struct forecast *f, size_t series)
{
    if (forecast_is_pv(f, series))
        return level_prior_h * 0.3 * f->site->pvs[series - f->site->n_loads].peak_power_w;
    return level_prior_h * fmax(f->site->loads[series].average_w, 1);
}

static double prior_level(const struct forecast *f, size_t series)
{
    return forecast_is_pv(f, series) ? 0.6 : 1;
}

double forecast_prior(const struct forecast *f, size_t series, int slot, int kind)
{
    const struct forecast_series *s = &f->series[series];
    bool pv = forecast_is_pv(f, series);
    double wh = prior_wh(f, series);
    double level = (s->level_sum + prior_level(f, series) * wh) / (s->level_standard + wh);
    if (pv)
        return clamp(level, 0, 1.2);
    return load_standard_hour_w(&f->site->loads[series], slot, kind) * clamp(level, 0.1, 5);
}

void forecast_set_level(const struct forecast *f, size_t series, double level)
{
    struct forecast_series *s = &f->series[series];
    double wh = prior_wh(f, series);
    s->level_standard = 3 * wh;
    s->level_sum = fmax(level * (s->level_standard + wh) - prior_level(f, series) * wh, 0);
}

double forecast_pv_most_w(const struct forecast *f, int pv)
{
    return f->site->pvs[pv].peak_power_w * 1.1;
}

double forecast_most(const struct forecast *f, size_t series)
{
    return forecast_is_pv(f, series) ? 10 : 1e12; // a plant that faces the low sun, or is not as it is configured
}

// The expert who erred less lately counts far more.
static double mixed(const struct forecast_slot *slot, const float *mae)
{
    double first = pow((double)mae[1], 4), second = pow((double)mae[0], 4);
    double share = first + second > 0 ? first / (first + second) : 0.5;
    return share * (double)slot->expert[0] + (1 - share) * (double)slot->expert[1];
}

const struct forecast_slot *forecast_slot_of(const struct forecast *f, size_t series, const struct forecast_hour *h)
{
    bool pv = forecast_is_pv(f, series);
    return &f->series[series].slots[pv ? 0 : h->kind][pv ? h->utc_slot : h->slot];
}

double forecast_typical(const struct forecast *f, size_t series, const struct forecast_hour *h)
{
    const struct forecast_series *s = &f->series[series];
    const struct forecast_slot *slot = forecast_slot_of(f, series, h);
    bool pv = forecast_is_pv(f, series);
    if (slot->expert[0] < 0)
        return forecast_prior(f, series, pv ? h->utc_slot : h->slot, h->kind);
    double typical = mixed(slot, s->expert_mae[pv ? 0 : h->kind]);
    return pv ? forecast_with_sky(f, series, typical, h) : fmax(typical + forecast_heating_at(f, s, h), 0);
}

double forecast_hour_so_far(const struct forecast *f, size_t series, double *ret_share)
{
    const struct forecast_series *s = &f->series[series];
    bool pv = forecast_is_pv(f, series);
    double open = pv ? 0 : s->sum_ms / HISTORY_QUARTER_MS; // the clear sky of a part of a quarter is not known
    double standard = s->hour.standard + open;
    *ret_share = (s->hour.n + open) / FORECAST_QUARTERS_AN_HOUR;
    if (!(standard > 0) || s->quarter / FORECAST_QUARTERS_AN_HOUR != s->known_ms / HISTORY_HOUR_MS)
        return -1;
    return clamp((s->hour.w + (pv ? 0 : s->sum_w_ms / HISTORY_QUARTER_MS)) / standard, 0, forecast_most(f, series));
}

double forecast_lead_h(const struct forecast_series *s, int64_t now_ms, int64_t hour)
{
    int64_t known = forecast_is_instant(now_ms) && now_ms < s->known_ms ? now_ms : s->known_ms;
    double middle_ms = (double)(hour * HISTORY_HOUR_MS + HISTORY_HOUR_MS / 2);
    return fmax((middle_ms - (double)known) / HISTORY_HOUR_MS, 0) + 0.5;
}

double forecast_expected(const struct forecast *f, size_t series, const struct forecast_hour *h, int64_t now_ms,
                         const struct forecast_difference *d, double hours, struct forecast_carry *ret_carry)
{
    double typical = forecast_typical(f, series, h);
    *ret_carry = forecast_carry_of(f, series, d, h, typical, hours);
    if ((h->hour + 1) * HISTORY_HOUR_MS <= now_ms) {
        double measured = history_hour(&f->history, forecast_unit_series(f, series), h->hour);
        if (measured >= 0)
            return measured;
    }
    double moved = d->residual * ret_carry->proportion * ret_carry->left;
    return clamp(typical + moved * (forecast_is_pv(f, series) ? typical : 1), 0, forecast_most(f, series));
}

// Between the leads that are kept account of: on a straight line of the lead's logarithm.
static double widened(const struct forecast_series *s, double lead_h, int side)
{
    for (int i = 1; i < FORECAST_LEADS; i++) {
        double from = log(forecast_leads_h[i - 1]), to = log(forecast_leads_h[i]);
        double at = clamp((log(fmax(lead_h, 1)) - from) / (to - from), 0, 1);
        if (lead_h <= forecast_leads_h[i] || i == FORECAST_LEADS - 1)
            return (double)s->widen[i - 1][side] * (1 - at) + (double)s->widen[i][side] * at;
    }
    return 1;
}

void forecast_quantiles(const struct forecast *f, size_t series, const struct forecast_hour *h, double expected,
                        double lead_h, double left, double ret[static FORECAST_QUANTILES])
{
    const struct forecast_series *s = &f->series[series];
    const struct forecast_slot *slot = forecast_slot_of(f, series, h);
    bool pv = forecast_is_pv(f, series);
    double below = (pv ? 0.6 : 0.4) * expected, above = (pv ? 0.4 : 0.5) * expected;
    if (slot->expert[0] >= 0) {
        below = fmax(expected - (double)slot->quantile[FORECAST_P10], 0.02 * expected);
        above = fmax((double)slot->quantile[FORECAST_P90] - expected, 0.02 * expected);
    }
    double sure = fmin(left, most_sure), opened = sqrt(1 - sure * sure); // of the present less is uncertain
    ret[FORECAST_P10] = fmax(expected - below * opened * widened(s, lead_h, 0), 0);
    ret[FORECAST_P50] = expected;
    ret[FORECAST_P90] = fmin(expected + above * opened * widened(s, lead_h, 1), forecast_most(f, series));
}

// The knots are further out than the hours' means by as much as the lines between them would take away.
static double knot(double before, double at, double after)
{
    return 1.25 * at - 0.125 * (before + after);
}

double forecast_between(bool pv, double before, double at, double after, double beyond, double frac)
{
    if (pv)
        return frac < 0.5 ? at : after; // the course within the hour is the clear sky's
    double from = knot(before, at, after), to = knot(at, after, beyond);
    return fmax(from + (to - from) * frac, 0);
}
