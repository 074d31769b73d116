// SPDX-License-Identifier: GPL-3.0-or-later
// Forecasts of all steps of a plan at once: what does not depend on the load or plant is worked out once. And
// scenarios.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "forecast/sun.h"
#include "tariff/tariff.h"

enum { HALF_HOUR_QUARTERS = 2, MINUTE_MS = 60000, MOST_SAMPLES = 366 * 288 };

static const int64_t DAY_MS = INT64_C(86400000);
static const double PV_MEAN_SHARE = 0.15; // of its peak, under a clear sky over day and night; to weigh it against load
static const int COVERED_ENOUGH = 24;     // quarters of a day with any measurement; PV alone has some 40 of them

// Without a day to go by: how far a scenario ends up from the expected course.
static const double load_spread[FORECAST_MAX_SCENARIOS] = {0.15, -0.15, 0.15, -0.15, 0.08, -0.08, 0, 0, 0.08};
static const double pv_spread[FORECAST_MAX_SCENARIOS] = {-0.5, 0.4, 0.4, -0.5, -0.25, 0.2, -0.5, 0.4, -0.25};

enum { OWN_SPREAD = -1, UNKNOWN = -2 }; // instead of a quarter: no former day; not kept of that day

struct forecast_steps {
    const struct forecast *f;
    int64_t now_ms;
    size_t n_steps, n_samples;
    int scenarios;
    int64_t *from_ms, *to_ms;           // of each step
    int64_t *at_ms;                     // of each sample
    size_t *first;                      // sample of each step, and one more
    double *depths[SHAPE_COUNT];        // of each sample; NULL: not asked for yet
    struct sun_sky *skies;              // likewise
    double *opened;                     // of each sample: how far a spread is open
    int *place[FORECAST_MAX_SCENARIOS]; // that each sample repeats, in a series of the history; or OWN_SPREAD
    int64_t now_quarter[FORECAST_MAX_SCENARIOS];
    double *standard_w, *left; // of each sample, for the series that was asked for last
    size_t series;
    bool has_series;
};

// ---- which day ------------------------------------------------------------------------------------------------------

struct past_day {
    int64_t start_ms;
    double net_w; // what the area drew on average
    bool weekend;
};

struct past_days {
    struct past_day at[HISTORY_DAYS];
    size_t count;
};

static int64_t day_before_ms(int64_t day_start_ms)
{
    return local_day_start_ms(day_start_ms - DAY_MS / 2);
}

static bool is_covered(const struct history *h, int64_t day_start_ms)
{
    int covered = 0;
    for (int i = 0; i < HISTORY_QUARTERS_A_DAY; i++)
        covered += history_covers(h, day_start_ms / HISTORY_QUARTER_MS + i);
    return covered >= COVERED_ENOUGH;
}

static double mean_ratio(const struct history *h, size_t series, int64_t day_start_ms)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < HISTORY_QUARTERS_A_DAY; i++) {
        double ratio = history_ratio(h, series, day_start_ms / HISTORY_QUARTER_MS + i);
        sum += ratio >= 0 ? ratio : 0;
        n += ratio >= 0;
    }
    return n > 0 ? sum / n : 1;
}

static double net_w(const struct forecast *f, int64_t day_start_ms)
{
    const struct site *s = f->site;
    double sum_w = 0;
    for (size_t i = 0; i < s->n_loads; i++)
        sum_w += s->loads[i].average_w * mean_ratio(&f->history, i, day_start_ms);
    for (size_t i = 0; i < s->n_pvs; i++)
        sum_w -= PV_MEAN_SHARE * s->pvs[i].peak_power_w * mean_ratio(&f->history, s->n_loads + i, day_start_ms);
    return sum_w;
}

// Whole days before the present one that something is known of, the latest first.
static void find_past_days(const struct forecast *f, int64_t now_ms, struct past_days *ret)
{
    int64_t start = local_day_start_ms(now_ms);
    ret->count = 0;
    for (int back = 0; back < HISTORY_DAYS; back++) {
        start = day_before_ms(start);
        if (!is_covered(&f->history, start))
            continue;
        ret->at[ret->count++] = (struct past_day){
            .start_ms = start, .net_w = net_w(f, start), .weekend = calendar_is_weekend(f->site, start + DAY_MS / 2)};
    }
}

static int by_net(const void *a, const void *b)
{
    double left = ((const struct past_day *)a)->net_w, right = ((const struct past_day *)b)->net_w;
    return left < right ? -1 : left > right;
}

// The start of the day that each scenario repeats on a day of this kind, or OWN_SPREAD. Days of the kind, and others
// only if those are too few. Of more than are wanted, some that stand for all: evenly from the one that drew least to
// the one that drew most, since the latest few are often alike.
static void choose_days(const struct past_days *days, bool weekend, int wanted, int64_t *ret_start_ms)
{
    struct past_day pool[HISTORY_DAYS];
    size_t count = 0;
    for (int same = 1; same >= 0 && count < (size_t)wanted; same--)
        for (size_t i = 0; i < days->count; i++)
            if ((days->at[i].weekend == weekend) == same)
                pool[count++] = days->at[i];
    bool some = count > (size_t)wanted;
    if (some)
        qsort(pool, count, sizeof(*pool), by_net);
    for (size_t c = 0; c < (size_t)wanted; c++) {
        size_t place = some ? (2 * c + 1) * count / (2 * (size_t)wanted) : c;
        ret_start_ms[c] = place < count ? pool[place].start_ms : OWN_SPREAD;
    }
}

static int64_t quarter_at(int64_t day_start_ms, int64_t utc_ms)
{
    if (day_start_ms < 0)
        return OWN_SPREAD;
    return (day_start_ms + (int64_t)local_time_at(utc_ms).minute * MINUTE_MS) / HISTORY_QUARTER_MS;
}

static int place_of(const struct history *h, int64_t day_start_ms, int64_t in_day_ms)
{
    int64_t quarter = (day_start_ms + in_day_ms) / HISTORY_QUARTER_MS;
    if (day_start_ms < 0)
        return OWN_SPREAD;
    return history_keeps(h, quarter) ? (int)(quarter % HISTORY_QUARTERS) : UNKNOWN;
}

static void choose_quarters(struct forecast_steps *s)
{
    struct past_days days;
    int64_t source[FORECAST_MAX_SCENARIOS], until = INT64_MIN;
    find_past_days(s->f, s->now_ms, &days);
    choose_days(&days, calendar_is_weekend(s->f->site, s->now_ms), s->scenarios, source);
    for (int c = 0; c < s->scenarios; c++)
        s->now_quarter[c] = quarter_at(source[c], s->now_ms);
    for (size_t j = 0; j < s->n_samples; j++) {
        int64_t at = s->at_ms[j];
        if (at >= until) { // another day begins
            until = local_day_start_ms(local_day_start_ms(at) + DAY_MS + DAY_MS / 4);
            choose_days(&days, calendar_is_weekend(s->f->site, at), s->scenarios, source);
        }
        int64_t in_day_ms = (int64_t)local_time_at(at).minute * MINUTE_MS;
        for (int c = 0; c < s->scenarios; c++)
            s->place[c][j] = place_of(&s->f->history, source[c], in_day_ms);
    }
}

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
    s->from_ms = calloc(s->n_steps + 1, sizeof(*s->from_ms));
    s->to_ms = calloc(s->n_steps + 1, sizeof(*s->to_ms));
    s->at_ms = calloc(s->n_samples + 1, sizeof(*s->at_ms));
    s->first = calloc(s->n_steps + 1, sizeof(*s->first));
    s->standard_w = calloc(s->n_samples + 1, sizeof(double));
    s->left = calloc(s->n_samples + 1, sizeof(double));
    s->opened = calloc(s->n_samples + 1, sizeof(double));
    bool done = s->from_ms && s->to_ms && s->at_ms && s->first && s->standard_w && s->left && s->opened;
    for (int c = 0; c < s->scenarios; c++)
        done = (s->place[c] = calloc(s->n_samples + 1, sizeof(int))) && done;
    return done ? 0 : AEMS_E_NOMEM;
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
    for (j = 0; j < s->n_samples; j++)
        s->opened[j] = 1 - forecast_left_after((double)(s->at_ms[j] - s->now_ms));
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
    if (allocate(s) < 0) {
        forecast_steps_free(s);
        return AEMS_E_NOMEM;
    }
    lay_samples(s, from_utc_ms, to_utc_ms);
    choose_quarters(s);
    *ret_steps = s;
    return 0;
}

void forecast_steps_free(struct forecast_steps *s)
{
    if (!s)
        return;
    for (int i = 0; i < SHAPE_COUNT; i++)
        free(s->depths[i]);
    free(s->skies);
    free(s->opened);
    for (int c = 0; c < s->scenarios; c++)
        free(s->place[c]);
    free(s->from_ms);
    free(s->to_ms);
    free(s->at_ms);
    free(s->first);
    free(s->standard_w);
    free(s->left);
    free(s);
}

// ---- one series -----------------------------------------------------------------------------------------------------

// Without memory for what is common each load and plant works out its own.
static const double *depths_of(struct forecast_steps *s, enum load_shape shape)
{
    if ((unsigned)shape >= SHAPE_COUNT || s->depths[shape])
        return (unsigned)shape < SHAPE_COUNT ? s->depths[shape] : NULL;
    double *depths = s->depths[shape] = calloc(s->n_samples + 1, sizeof(double));
    for (size_t j = 0; depths && j < s->n_samples; j++)
        depths[j] = load_shape_depth(s->f->site, shape, s->at_ms[j]);
    return depths;
}

static const struct sun_sky *skies_of(struct forecast_steps *s)
{
    const struct site *site = s->f->site;
    if (s->skies)
        return s->skies;
    s->skies = calloc(s->n_samples + 1, sizeof(*s->skies));
    for (size_t j = 0; s->skies && j < s->n_samples; j++)
        s->skies[j] = sun_clear_sky_at(s->at_ms[j], site->latitude_deg, site->longitude_deg);
    return s->skies;
}

static void take_load(struct forecast_steps *s, const struct site_load *load)
{
    const double *depths = depths_of(s, load->shape);
    for (size_t j = 0; j < s->n_samples; j++)
        s->standard_w[j] =
            depths ? load_standard_of_depth_w(load, depths[j]) : load_standard_w(s->f->site, load, s->at_ms[j]);
}

static void take_pv(struct forecast_steps *s, const struct site_pv *p)
{
    const struct site *site = s->f->site;
    const struct sun_sky *skies = skies_of(s);
    for (size_t j = 0; j < s->n_samples; j++) {
        double frac = skies ? sun_plant_frac(&skies[j], p->tilt_deg, p->azimuth_deg)
                            : sun_clear_sky_frac(s->at_ms[j], site->latitude_deg, site->longitude_deg, p->tilt_deg,
                                                 p->azimuth_deg);
        s->standard_w[j] = p->peak_power_w * frac;
    }
}

static void take_series(struct forecast_steps *s, size_t series)
{
    const struct forecast *f = s->f;
    bool is_load = series < f->site->n_loads;
    if (s->has_series && s->series == series)
        return;
    int pv = (int)(series - f->site->n_loads);
    const struct forecast_memory *m = is_load ? &f->loads[series] : &f->pvs[pv];
    int64_t known_ms = forecast_known_ms(m, s->now_ms);
    if (is_load)
        take_load(s, &f->site->loads[series]);
    else
        take_pv(s, &f->site->pvs[pv]);
    for (size_t j = 0; j < s->n_samples; j++)
        s->left[j] = forecast_left_after((double)(s->at_ms[j] - known_ms));
    s->series = series;
    s->has_series = true;
}

// What the repeated day did in the half hour before this time of day; negative when it is not known.
static double ratio_then(const struct forecast_steps *s, size_t series, int64_t quarter)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; quarter >= 0 && i < HALF_HOUR_QUARTERS; i++) {
        double ratio = history_ratio(&s->f->history, series, quarter - i);
        sum += ratio >= 0 ? ratio : 0;
        n += ratio >= 0;
    }
    return n > 0 ? sum / n : -1;
}

struct course {
    const struct forecast_memory *memory;
    double (*level)(const struct forecast_memory *, double left); // of the expected course
    double spread;
    double moved;      // from the repeated day to what was measured now
    const int *places; // of the scenario, NULL: the expected course
    const float *ratios;
};

static double level_at(const struct forecast_steps *s, const struct course *c, size_t j)
{
    int place = c->places ? c->places[j] : UNKNOWN;
    double ratio = place >= 0 ? (double)c->ratios[place] : -1;
    if (ratio >= 0)
        return ratio + c->moved * s->left[j];
    double expected = c->level(c->memory, s->left[j]); // fills a gap as well
    return place == OWN_SPREAD ? expected * (1 + c->spread * s->opened[j]) : expected;
}

// Without the calls that fmin and fmax are: this runs a million times a plan.
static double limited(double power_w, double most_w)
{
    return power_w < 0 ? 0 : power_w < most_w ? power_w : most_w;
}

static void sum_up(const struct forecast_steps *s, const struct course *c, double most_w, double *ret_power_w)
{
    for (size_t k = 0; k < s->n_steps; k++) {
        double sum_w = 0;
        for (size_t j = s->first[k]; j < s->first[k + 1]; j++)
            sum_w += limited(s->standard_w[j] * level_at(s, c, j), most_w);
        ret_power_w[k] = fmax(sum_w / (double)(s->first[k + 1] - s->first[k]), 0);
    }
}

static void forecast_series(struct forecast_steps *s, size_t series, int scenario, struct course c, double most_w,
                            double *ret_power_w)
{
    take_series(s, series);
    if (scenario > 0) {
        c.places = s->place[scenario - 1];
        c.ratios = history_series(&s->f->history, series);
        double then = ratio_then(s, series, s->now_quarter[scenario - 1]);
        c.moved = then >= 0 && c.memory->utc_ms > 0 ? c.level(c.memory, 1) - then : 0;
    }
    sum_up(s, &c, most_w, ret_power_w);
}

// Another method than the learned one has one course.
static void replace(const struct forecast_steps *s, enum asset_kind kind, int of_kind, double *ret_power_w)
{
    for (size_t k = 0; s->f->method != FORECAST_LEARNED && k < s->n_steps; k++)
        (void)forecast_replaced_w(s->f, kind, of_kind, s->now_ms, s->from_ms[k], s->to_ms[k], &ret_power_w[k]);
}

static bool is_known(const struct forecast_steps *s, int index, size_t count, int scenario, double *ret_power_w)
{
    for (size_t k = 0; k < s->n_steps; k++)
        ret_power_w[k] = 0;
    return index >= 0 && (size_t)index < count && scenario >= 0 && scenario <= s->scenarios;
}

void forecast_steps_load_w(struct forecast_steps *s, int load, int scenario, double *ret_power_w)
{
    const struct forecast *f = s->f;
    if (!is_known(s, load, f->site->n_loads, scenario, ret_power_w))
        return;
    struct course c = {.memory = &f->loads[load],
                       .level = forecast_load_level,
                       .spread = scenario > 0 ? load_spread[scenario - 1] : 0};
    forecast_series(s, (size_t)load, scenario, c, INFINITY, ret_power_w);
    replace(s, ASSET_LOAD, load, ret_power_w);
}

void forecast_steps_pv_w(struct forecast_steps *s, int pv, int scenario, double *ret_power_w)
{
    const struct forecast *f = s->f;
    if (!is_known(s, pv, f->site->n_pvs, scenario, ret_power_w))
        return;
    struct course c = {
        .memory = &f->pvs[pv], .level = forecast_pv_level, .spread = scenario > 0 ? pv_spread[scenario - 1] : 0};
    forecast_series(s, f->site->n_loads + (size_t)pv, scenario, c, forecast_pv_most_w(f, pv), ret_power_w);
    replace(s, ASSET_PV, pv, ret_power_w);
}
