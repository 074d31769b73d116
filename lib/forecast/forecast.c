// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/sun.h"

static const double ms_per_minute = 60e3;

static const double recent_memory_ms = 30 * 60e3;     // over which a recent level is averaged
static const double slow_memory_ms = 3 * 24 * 3600e3; // over which the lasting level is
static const double fading_ms = 3 * 3600e3;           // in which the recent level gives way to the lasting one
static const double longest_step_ms = 5 * 60e3;       // one reading after a gap counts no more than this

static const int64_t longest_span_ms = INT64_C(86400000);
static const int64_t last_utc_ms = INT64_C(253402300799999); // the end of 9999

static struct forecast_memory *new_memories(size_t count, struct forecast_memory fresh)
{
    struct forecast_memory *memories = calloc(count > 0 ? count : 1, sizeof *memories);
    for (size_t i = 0; memories != NULL && i < count; i++)
        memories[i] = fresh;
    return memories;
}

int forecast_new(const struct site *s, struct forecast **ret_forecast)
{
    struct forecast *f = calloc(1, sizeof *f);
    if (f == NULL)
        return AEMS_E_NOMEM;
    f->site = s;
    f->loads = new_memories(s->n_loads, (struct forecast_memory){.recent = 1, .slow = 1});
    f->pvs = new_memories(s->n_pvs, (struct forecast_memory){.recent = 0.6, .slow = 0.6});
    if (history_init(&f->history, s->n_loads + s->n_pvs) < 0 || f->loads == NULL || f->pvs == NULL) {
        forecast_free(f);
        return AEMS_E_NOMEM;
    }
    *ret_forecast = f;
    return AEMS_OK;
}

void forecast_free(struct forecast *f)
{
    if (f == NULL)
        return;
    free(f->loads);
    free(f->pvs);
    history_free(&f->history);
    free(f);
}

// ---- learning -------------------------------------------------------------------------------------------------------

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

double forecast_left_after(double elapsed_ms)
{
    return exp(-fmax(elapsed_ms, 0) / fading_ms);
}

// How long the reading at `utc_ms` stands for; the clock may have been set back. A long gap lets the recent level fade
// to `resting`.
static double step_of(struct forecast_memory *m, int64_t utc_ms, double resting)
{
    double elapsed_ms = m->utc_ms > 0 ? (double)(utc_ms - m->utc_ms) : ms_per_minute;
    m->utc_ms = utc_ms;
    if (elapsed_ms > longest_step_ms)
        m->recent = resting + (m->recent - resting) * forecast_left_after(elapsed_ms - longest_step_ms);
    return clamp(elapsed_ms, 0, longest_step_ms);
}

static double towards(double old, double measured, double step_ms, double memory_ms)
{
    return old + (measured - old) * -expm1(-step_ms / memory_ms);
}

static void learn_load_at(struct forecast *f, int load, int64_t utc_ms, double power_w)
{
    const struct site_load *l = &f->site->loads[load];
    double highest_w = 3 * fmax(l->peak_w, l->average_w);
    double standard_w = load_standard_w(f->site, l, utc_ms);
    if (!in_range(power_w, 0, highest_w) || !(standard_w > 0.02 * l->average_w))
        return; // beyond what a building draws, or too little to compare with

    struct forecast_memory *m = &f->loads[load];
    const struct forecast_bounds *b = &forecast_load_bounds;
    double step_ms = step_of(m, utc_ms, 1);
    double ratio = power_w / standard_w;
    m->recent = towards(m->recent, clamp(ratio / m->slow, b->recent_low, b->recent_high), step_ms, recent_memory_ms);
    m->slow = towards(m->slow, clamp(ratio, b->slow_low, b->slow_high), step_ms, slow_memory_ms);
    history_learn(&f->history, (size_t)load, utc_ms, ratio);
}

double forecast_clear_sky_w(const struct forecast *f, int pv, int64_t utc_ms)
{
    const struct site *s = f->site;
    const struct site_pv *p = &s->pvs[pv];
    return p->peak_power_w * sun_clear_sky_frac(utc_ms, s->latitude_deg, s->longitude_deg, p->tilt_deg, p->azimuth_deg);
}

static void learn_pv_at(struct forecast *f, int pv, int64_t utc_ms, double power_w)
{
    double peak_w = f->site->pvs[pv].peak_power_w;
    if (!in_range(power_w, -0.05 * peak_w, 1.5 * peak_w)) // an idle inverter draws a little
        return;
    // With the sun low, shadows and the model's own errors say nothing about the sky.
    struct sun_position sun = sun_position_at(utc_ms, f->site->latitude_deg, f->site->longitude_deg);
    double clear_w = forecast_clear_sky_w(f, pv, utc_ms);
    if (!(sun.elevation_deg > 5) || !(clear_w > 0.02 * peak_w))
        return;

    struct forecast_memory *m = &f->pvs[pv];
    const struct forecast_bounds *b = &forecast_pv_bounds;
    double step_ms = step_of(m, utc_ms, m->slow);
    double ratio = clamp(power_w / clear_w, b->recent_low, b->recent_high);
    m->recent = towards(m->recent, ratio, step_ms, recent_memory_ms);
    m->slow = towards(m->slow, clamp(ratio, b->slow_low, b->slow_high), step_ms, slow_memory_ms);
    history_learn(&f->history, f->site->n_loads + (size_t)pv, utc_ms, ratio);
}

// Of long spans each piece is judged by its own standard.
static void learn_pieces(struct forecast *f, int index, int64_t from_ms, int64_t to_ms, double power_w,
                         void (*learn)(struct forecast *, int, int64_t, double))
{
    if (!forecast_is_span(&from_ms, to_ms))
        return;
    for (int64_t t = from_ms; t < to_ms; t += FORECAST_SAMPLE_MS)
        learn(f, index, t + (to_ms - t < FORECAST_SAMPLE_MS ? to_ms - t : FORECAST_SAMPLE_MS), power_w);
}

void forecast_learn_load(struct forecast *f, int load, int64_t from_utc_ms, int64_t to_utc_ms, double power_w)
{
    if (forecast_has(load, f->site->n_loads))
        learn_pieces(f, load, from_utc_ms, to_utc_ms, power_w, learn_load_at);
}

void forecast_learn_pv(struct forecast *f, int pv, int64_t from_utc_ms, int64_t to_utc_ms, double power_w)
{
    if (forecast_has(pv, f->site->n_pvs))
        learn_pieces(f, pv, from_utc_ms, to_utc_ms, power_w, learn_pv_at);
}

// ---- forecasting ----------------------------------------------------------------------------------------------------

double forecast_load_level(const struct forecast_memory *m, double left)
{
    return m->slow * (1 + (m->recent - 1) * left);
}

double forecast_pv_level(const struct forecast_memory *m, double left)
{
    return m->slow + (m->recent - m->slow) * left;
}

double forecast_pv_most_w(const struct forecast *f, int pv)
{
    return f->site->pvs[pv].peak_power_w * 1.1;
}

static double load_at(const struct forecast *f, int load, int64_t known_utc_ms, int64_t utc_ms)
{
    double level = forecast_load_level(&f->loads[load], forecast_left_after((double)(utc_ms - known_utc_ms)));
    return load_standard_w(f->site, &f->site->loads[load], utc_ms) * level;
}

static double pv_at(const struct forecast *f, int pv, int64_t known_utc_ms, int64_t utc_ms)
{
    double clearness = forecast_pv_level(&f->pvs[pv], forecast_left_after((double)(utc_ms - known_utc_ms)));
    return fmin(forecast_clear_sky_w(f, pv, utc_ms) * clearness, forecast_pv_most_w(f, pv));
}

typedef double (*power_at)(const struct forecast *, int, int64_t, int64_t);

int forecast_samples(int64_t from_ms, int64_t to_ms)
{
    return (int)clamp(ceil((double)(to_ms - from_ms) / FORECAST_SAMPLE_MS), 1, FORECAST_MAX_SAMPLES);
}

int64_t forecast_sample_ms(int64_t from_ms, int64_t to_ms, int samples, int i)
{
    return from_ms + (int64_t)((double)(to_ms - from_ms) * (i + 0.5) / samples);
}

// A correction measured before `now` has faded since; one that seems to come from the future, because the clock was set
// back, counts as fresh.
int64_t forecast_known_ms(const struct forecast_memory *m, int64_t now_ms)
{
    return forecast_is_instant(now_ms) && now_ms < m->utc_ms ? now_ms : m->utc_ms;
}

// Samples the middles of equal pieces.
static double mean_w(const struct forecast *f, int index, power_at at, const struct forecast_memory *m, int64_t now_ms,
                     int64_t from_ms, int64_t to_ms)
{
    if (!forecast_is_instant(from_ms) || !forecast_is_instant(to_ms))
        return 0;
    int64_t known_ms = forecast_known_ms(m, now_ms);
    if (to_ms <= from_ms)
        return at(f, index, known_ms, from_ms);
    int samples = forecast_samples(from_ms, to_ms);
    double sum_w = 0;
    for (int i = 0; i < samples; i++)
        sum_w += at(f, index, known_ms, forecast_sample_ms(from_ms, to_ms, samples, i));
    return fmax(sum_w / samples, 0);
}

double forecast_load_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double power_w;
    if (!forecast_has(load, f->site->n_loads))
        return 0;
    if (forecast_replaced_w(f, ASSET_LOAD, load, now_utc_ms, from_utc_ms, to_utc_ms, &power_w))
        return power_w;
    return mean_w(f, load, load_at, &f->loads[load], now_utc_ms, from_utc_ms, to_utc_ms);
}

double forecast_pv_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double power_w;
    if (!forecast_has(pv, f->site->n_pvs))
        return 0;
    if (forecast_replaced_w(f, ASSET_PV, pv, now_utc_ms, from_utc_ms, to_utc_ms, &power_w))
        return power_w;
    return mean_w(f, pv, pv_at, &f->pvs[pv], now_utc_ms, from_utc_ms, to_utc_ms);
}

// What a building's hours and a sky do around what is expected, until their own errors say better.
static const double load_quantiles[FORECAST_QUANTILES] = {0.6, 1, 1.5};
static const double pv_quantiles[FORECAST_QUANTILES] = {0.4, 1, 1.4};

void forecast_load_quantiles_w(const struct forecast *f, int load, int64_t now_utc_ms, int64_t from_utc_ms,
                               int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES])
{
    double expected_w = forecast_load_w(f, load, now_utc_ms, from_utc_ms, to_utc_ms);
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        ret_w[q] = expected_w * load_quantiles[q];
}

void forecast_pv_quantiles_w(const struct forecast *f, int pv, int64_t now_utc_ms, int64_t from_utc_ms,
                             int64_t to_utc_ms, double ret_w[static FORECAST_QUANTILES])
{
    double expected_w = forecast_pv_w(f, pv, now_utc_ms, from_utc_ms, to_utc_ms);
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        ret_w[q] = expected_w * pv_quantiles[q];
}

// ---- how good they were ---------------------------------------------------------------------------------------------

int forecast_load_accuracy(const struct forecast *f, int load, struct forecast_accuracy *ret_accuracy)
{
    if (!forecast_has(load, f->site->n_loads))
        return AEMS_E_NOT_FOUND;
    *ret_accuracy = (struct forecast_accuracy){0};
    return AEMS_OK;
}

int forecast_pv_accuracy(const struct forecast *f, int pv, struct forecast_accuracy *ret_accuracy)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    *ret_accuracy = (struct forecast_accuracy){0};
    return AEMS_OK;
}
