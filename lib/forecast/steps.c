// SPDX-License-Identifier: GPL-3.0-or-later
// Forecasts of all steps of a plan at once: what does not depend on the load or plant is worked out once.
//
// Each step is the mean of samples, a quarter of an hour apart. A sample lies between the middles of two hours; what is
// expected of the hours is worked out for each load or plant, and the samples lie on lines between them.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

enum { MOST_SAMPLES = 366 * HISTORY_QUARTERS_A_DAY, BESIDE = 2 }; // hours before the first sample, and after the last

static const double opening_ms = 3 * 3600e3; // of the spread, where no former day is known

enum { UNKNOWN = -2 }; // instead of a place: not kept of that day

struct forecast_steps {
    const struct forecast *f;
    int64_t now_ms;
    size_t n_steps, n_samples, n_hours;
    int scenarios;
    int64_t *from_ms, *to_ms; // of each step
    int64_t *at_ms;           // of each sample
    size_t *first;            // sample of each step, and one more
    int *knot;                // of each sample: the hour whose middle lies before it
    float *frac;              // from there to the next hour's middle
    struct forecast_hour *hours;
    struct sun_sky *skies; // of each sample
    struct forecast_days days;
    int now_back[FORECAST_MAX_SCENARIOS];
    int *load_place[FORECAST_MAX_SCENARIOS]; // that each sample repeats, in a series of the history
    int *pv_place[FORECAST_MAX_SCENARIOS];
    // Of the series that was asked for last:
    bool has_series;
    size_t series;
    double *expected, *left; // of each hour: in the unit, and the share of the present difference
    double *value, *clear_w; // of each sample: in the unit, and what that is in W
};

// ---- what is common -------------------------------------------------------------------------------------------------

static size_t count_samples(const int64_t *from_ms, const int64_t *to_ms, size_t n_steps)
{
    size_t n = 0;
    for (size_t k = 0; k < n_steps; k++)
        n += (size_t)forecast_samples(from_ms[k], to_ms[k]);
    return n;
}

static int allocate(struct forecast_steps *s)
{
    size_t n = s->n_samples + 1;
    s->from_ms = calloc(s->n_steps + 1, sizeof(*s->from_ms));
    s->to_ms = calloc(s->n_steps + 1, sizeof(*s->to_ms));
    s->at_ms = calloc(n, sizeof(*s->at_ms));
    s->first = calloc(s->n_steps + 1, sizeof(*s->first));
    s->knot = calloc(n, sizeof(*s->knot));
    s->frac = calloc(n, sizeof(*s->frac));
    s->value = calloc(n, sizeof(double));
    s->clear_w = calloc(n, sizeof(double));
    s->skies = s->f->site->n_pvs > 0 ? calloc(n, sizeof(*s->skies)) : NULL;
    bool done = s->from_ms && s->to_ms && s->at_ms && s->first && s->knot && s->frac && s->value && s->clear_w &&
                (s->skies || s->f->site->n_pvs == 0);
    for (int c = 0; c < s->scenarios; c++) {
        s->load_place[c] = calloc(n, sizeof(int));
        s->pv_place[c] = calloc(n, sizeof(int));
        done = done && s->load_place[c] && s->pv_place[c];
    }
    return done ? 0 : AEMS_E_NOMEM;
}

static int64_t knot_of(int64_t at_ms)
{
    return (at_ms - HISTORY_HOUR_MS / 2) / HISTORY_HOUR_MS;
}

static void lay_samples(struct forecast_steps *s, const int64_t *from_ms, const int64_t *to_ms)
{
    size_t j = 0;
    for (size_t k = 0; k < s->n_steps; k++) {
        int samples = forecast_samples(from_ms[k], to_ms[k]);
        s->from_ms[k] = from_ms[k];
        s->to_ms[k] = to_ms[k];
        for (int i = 0; i < samples; i++)
            s->at_ms[j++] = forecast_sample_ms(from_ms[k], to_ms[k], samples, i);
        s->first[k + 1] = j;
    }
}

static int lay_hours(struct forecast_steps *s)
{
    int64_t first = INT64_MAX, last = 0;
    for (size_t j = 0; j < s->n_samples; j++) {
        int64_t knot = knot_of(s->at_ms[j]);
        first = knot < first ? knot : first;
        last = knot > last ? knot : last;
    }
    if (s->n_samples == 0 || last - first > MOST_SAMPLES)
        return s->n_samples == 0 ? 0 : AEMS_E_LIMIT;
    s->n_hours = (size_t)(last - first) + 2 * BESIDE;
    s->hours = calloc(s->n_hours, sizeof(*s->hours));
    s->expected = calloc(s->n_hours, sizeof(double));
    s->left = calloc(s->n_hours, sizeof(double));
    if (!s->hours || !s->expected || !s->left)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < s->n_hours; i++)
        s->hours[i] = forecast_hour_at(s->f->site, first - 1 + (int64_t)i);
    for (size_t j = 0; j < s->n_samples; j++) {
        int64_t knot = knot_of(s->at_ms[j]);
        s->knot[j] = (int)(knot - first) + 1;
        s->frac[j] = (float)((double)(s->at_ms[j] - knot * HISTORY_HOUR_MS) / HISTORY_HOUR_MS - 0.5);
        if (s->skies)
            s->skies[j] = sun_clear_sky_at(s->at_ms[j], s->f->site->latitude_deg, s->f->site->longitude_deg);
    }
    return 0;
}

static int place_of(int64_t quarter)
{
    return quarter > 0 ? (int)(quarter % HISTORY_QUARTERS) : UNKNOWN;
}

static const struct forecast_hour *hour_of(const struct forecast_steps *s, size_t sample)
{
    return &s->hours[s->knot[sample] + (s->frac[sample] >= 0.5F)];
}

static bool is_kept(const struct forecast *f, int64_t quarter)
{
    return quarter > 0 && quarter <= f->latest_quarter && quarter > f->latest_quarter - HISTORY_QUARTERS;
}

static void choose_places(struct forecast_steps *s)
{
    int back[FORECAST_MAX_SCENARIOS];
    const struct forecast_hour *chosen = NULL;
    struct forecast_hour now = forecast_hour_at(s->f->site, s->now_ms / HISTORY_HOUR_MS);
    forecast_find_days(s->f, s->now_ms, &s->days);
    forecast_choose_days(&s->days, &now, s->scenarios, s->now_back);
    for (size_t j = 0; j < s->n_samples; j++) {
        const struct forecast_hour *h = hour_of(s, j);
        if (!chosen || h->local_day != chosen->local_day)
            forecast_choose_days(&s->days, h, s->scenarios, back);
        chosen = h;
        for (int c = 0; c < s->scenarios; c++) {
            int64_t load = forecast_days_before(&s->days, h, s->at_ms[j], back[c]) / HISTORY_QUARTER_MS;
            int64_t pv = s->at_ms[j] / HISTORY_QUARTER_MS - (int64_t)back[c] * HISTORY_QUARTERS_A_DAY;
            bool own = back[c] == FORECAST_OWN_SPREAD;
            s->load_place[c][j] = own ? FORECAST_OWN_SPREAD : is_kept(s->f, load) ? place_of(load) : UNKNOWN;
            s->pv_place[c][j] = own ? FORECAST_OWN_SPREAD : is_kept(s->f, pv) ? place_of(pv) : UNKNOWN;
        }
    }
}

int forecast_steps_new(const struct forecast *f, int64_t now_utc_ms, const int64_t *from_utc_ms,
                       const int64_t *to_utc_ms, size_t n_steps, int scenarios, struct forecast_steps **ret_steps)
{
    size_t n_samples = count_samples(from_utc_ms, to_utc_ms, n_steps);
    if (n_samples > MOST_SAMPLES)
        return AEMS_E_LIMIT;
    struct forecast_steps *s = calloc(1, sizeof(*s));
    if (!s)
        return AEMS_E_NOMEM;
    s->f = f;
    s->now_ms = now_utc_ms;
    s->n_steps = n_steps;
    s->n_samples = n_samples;
    s->scenarios = (int)clamp(scenarios, 0, FORECAST_MAX_SCENARIOS);
    int result = allocate(s);
    if (result == 0) {
        lay_samples(s, from_utc_ms, to_utc_ms);
        result = lay_hours(s);
    }
    if (result < 0) {
        forecast_steps_free(s);
        return result;
    }
    if (s->scenarios > 0)
        choose_places(s);
    *ret_steps = s;
    return 0;
}

void forecast_steps_free(struct forecast_steps *s)
{
    if (!s)
        return;
    for (int c = 0; c < s->scenarios; c++) {
        free(s->load_place[c]);
        free(s->pv_place[c]);
    }
    free(s->from_ms);
    free(s->to_ms);
    free(s->at_ms);
    free(s->first);
    free(s->knot);
    free(s->frac);
    free(s->hours);
    free(s->skies);
    free(s->expected);
    free(s->left);
    free(s->value);
    free(s->clear_w);
    free(s);
}

int forecast_steps_days(const struct forecast_steps *s)
{
    int days = 0;
    for (int c = 0; c < s->scenarios; c++)
        days += s->now_back[c] != FORECAST_OWN_SPREAD;
    return days;
}

// ---- one series -----------------------------------------------------------------------------------------------------

static void expect_hours(struct forecast_steps *s, size_t series)
{
    const struct forecast *f = s->f;
    const struct forecast_series *own = &f->series[series];
    struct forecast_difference present = forecast_present_difference(f, series);
    double age_h = forecast_age_h(own, &present);
    for (size_t i = 0; i < s->n_hours; i++) {
        double lead_h = forecast_lead_h(own, s->now_ms, s->hours[i].hour);
        struct forecast_carry c;
        s->expected[i] = forecast_expected(f, series, &s->hours[i], s->now_ms, &present, age_h + lead_h, &c);
        s->left[i] = c.proportion * c.left;
    }
}

static void take_series(struct forecast_steps *s, size_t series)
{
    const struct forecast *f = s->f;
    if ((s->has_series && s->series == series) || s->n_samples == 0)
        return;
    const struct site_pv *pv = forecast_is_pv(f, series) ? &f->site->pvs[series - f->site->n_loads] : NULL;
    expect_hours(s, series);
    for (size_t j = 0; j < s->n_samples; j++) {
        const double *v = &s->expected[s->knot[j]];
        s->value[j] = forecast_between(pv != NULL, v[-1], v[0], v[1], v[2], (double)s->frac[j]);
        s->clear_w[j] = pv ? forecast_clear_w(pv, &s->skies[j]) : 1;
    }
    s->series = series;
    s->has_series = true;
}

// Without the calls that fmin and fmax are: this runs a million times a plan.
static double limited(double power_w, double most_w)
{
    return power_w < 0 ? 0 : power_w < most_w ? power_w : most_w;
}

struct course {
    const int *places; // NULL: the expected course
    const float *then; // the history in the unit
    double moved, spread, most_w;
    bool pv;
};

static double value_at(const struct forecast_steps *s, const struct course *c, size_t j)
{
    int place = c->places ? c->places[j] : UNKNOWN;
    double left = s->left[s->knot[j] + (s->frac[j] >= 0.5F)];
    if (place >= 0 && c->then[place] >= 0)
        return (double)c->then[place] + c->moved * left * (c->pv ? s->value[j] : 1);
    if (place != FORECAST_OWN_SPREAD)
        return s->value[j]; // fills a gap
    double opened = -expm1((double)(s->now_ms - s->at_ms[j]) / opening_ms);
    return s->value[j] * (1 + c->spread * fmax(opened, 0));
}

static void sum_up(const struct forecast_steps *s, const struct course *c, double *ret_power_w)
{
    for (size_t k = 0; k < s->n_steps; k++) {
        double sum_w = 0;
        for (size_t j = s->first[k]; j < s->first[k + 1]; j++)
            sum_w += limited(s->clear_w[j] * value_at(s, c, j), c->most_w);
        ret_power_w[k] = fmax(sum_w / (double)(s->first[k + 1] - s->first[k]), 0);
    }
}

// What is given, or persists, is the only course; of an asset whose forecast is replaced it is the expected one.
static void replace(const struct forecast_steps *s, size_t series, int scenario, double *ret_power_w)
{
    bool given_only = scenario > 0 && s->f->method != FORECAST_PERSISTENCE;
    for (size_t k = 0; k < s->n_steps; k++)
        if (given_only)
            (void)forecast_given_w(s->f, series, s->from_ms[k], s->to_ms[k], &ret_power_w[k]);
        else
            (void)forecast_replaced_w(s->f, series, s->now_ms, s->from_ms[k], s->to_ms[k], &ret_power_w[k]);
}

static void forecast_series(struct forecast_steps *s, size_t series, int scenario, double *ret_power_w)
{
    const struct forecast *f = s->f;
    bool pv = forecast_is_pv(f, series);
    struct course c = {.pv = pv, .most_w = pv ? forecast_pv_most_w(f, (int)(series - f->site->n_loads)) : INFINITY};
    take_series(s, series);
    if (scenario > 0) {
        c.places = pv ? s->pv_place[scenario - 1] : s->load_place[scenario - 1];
        c.then = history_series(&f->history, forecast_unit_series(f, series));
        c.moved = forecast_moved(f, &s->days, series, s->now_back[scenario - 1]);
        c.spread = forecast_own_spread(pv, scenario);
    }
    sum_up(s, &c, ret_power_w);
    replace(s, series, scenario, ret_power_w);
}

static bool is_known(const struct forecast_steps *s, int index, size_t count, int scenario, double *ret_power_w)
{
    for (size_t k = 0; k < s->n_steps; k++)
        ret_power_w[k] = 0;
    return forecast_has(index, count) && scenario >= 0 && scenario <= s->scenarios;
}

void forecast_steps_load_w(struct forecast_steps *s, int load, int scenario, double *ret_power_w)
{
    if (is_known(s, load, s->f->site->n_loads, scenario, ret_power_w))
        forecast_series(s, (size_t)load, scenario, ret_power_w);
}

void forecast_steps_pv_w(struct forecast_steps *s, int pv, int scenario, double *ret_power_w)
{
    if (is_known(s, pv, s->f->site->n_pvs, scenario, ret_power_w))
        forecast_series(s, forecast_series_of(s->f, ASSET_PV, pv), scenario, ret_power_w);
}
