// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons become quarters, quarters become hours; when an hour ends the profile is renewed. Nothing is allocated.
#include <math.h>

#include "base/number.h"
#include "forecast/internal.h"

static const double least_share = 1.0 / 3; // of a quarter that must be known
static const double level_memory_h = 72;   // of the level that the standard is moved to

// Beyond what a building draws, even one that was configured far too small.
static double highest_w(const struct forecast *f, size_t series)
{
    if (forecast_is_pv(f, series))
        return 1.5 * f->site->pvs[series - f->site->n_loads].peak_power_w;
    const struct site_load *load = &f->site->loads[series];
    return 10 * fmax(fmax(load->peak_w, load->average_w), 1);
}

void forecast_series_begin(const struct forecast *f, size_t series, struct forecast_series *s)
{
    *s = (struct forecast_series){0};
    forecast_turns_begin(f, series, &s->turns);
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int slot = 0; slot < FORECAST_SLOTS; slot++)
            s->slots[kind][slot] = (struct forecast_slot){.expert = {-1, -1}};
    for (int lead = 0; lead < FORECAST_LEADS; lead++)
        s->widen[lead][0] = s->widen[lead][1] = 1;
}

// ---- an hour has ended ----------------------------------------------------------------------------------------------

// In the unit; negative: too little is known, or the sun is too low to say anything of the sky.
static double hour_value(const struct forecast *f, size_t series)
{
    const struct forecast_series *s = &f->series[series];
    if (s->hour.n < FORECAST_QUARTERS_AN_HOUR / 2)
        return -1;
    if (!forecast_is_pv(f, series))
        return s->hour.w / s->hour.standard;
    double least_w = 0.01 * f->site->pvs[series - f->site->n_loads].peak_power_w * s->hour.n;
    return s->hour.standard > least_w ? clamp(s->hour.w / s->hour.standard, 0, forecast_most(f, series)) : -1;
}

static void learn_level(const struct forecast *f, size_t series, double value)
{
    struct forecast_series *s = &f->series[series];
    const struct forecast_hour *h = &f->past.now;
    double left = exp(-1 / level_memory_h);
    double standard = forecast_is_pv(f, series) ? forecast_clear_hour_w(f, series, f->past.skies[0])
                                                : load_standard_hour_w(&f->site->loads[series], h->slot, h->kind);
    s->level_sum = s->level_sum * left + (forecast_is_pv(f, series) ? value * standard : value);
    s->level_standard = s->level_standard * left + standard;
}

// How far off the standard is says nothing of how days differ; nor is what the level has just taken up to be added once
// more.
static void learn_difference(struct forecast *f, size_t series, double value, double typical, bool by_standard)
{
    struct forecast_difference d = {.hour = f->past.now.hour,
                                    .local_day = f->past.now.local_day,
                                    .residual = forecast_residual_of(f, series, value, typical),
                                    .typical = by_standard ? 0 : typical};
    if (by_standard)
        forecast_keep_difference(&f->series[series].turns, &d);
    else
        forecast_learn_turn(f, series, &d);
}

static void learn_hour(struct forecast *f, size_t series, double value)
{
    struct forecast_series *s = &f->series[series];
    const struct forecast_hour *h = &f->past.now;
    double typical = forecast_typical(f, series, h);
    bool new = forecast_slot_of(f, series, h)->expert[0] < 0;
    if (forecast_is_pv(f, series))
        forecast_learn_sky(f, series, value);
    else
        forecast_learn_heating(f, series, value - typical + forecast_heating_at(f, s, h));
    learn_level(f, series, value);
    learn_difference(f, series, value, new ? forecast_typical(f, series, h) : typical, new);
    forecast_refresh_slots(f, series);
}

static void end_hour(struct forecast *f, size_t series, int64_t hour)
{
    struct forecast_series *s = &f->series[series];
    if (s->hour.n == 0)
        return;
    forecast_past_to(f, hour);
    double value = hour_value(f, series);
    double mean_w = s->hour.n >= FORECAST_QUARTERS_AN_HOUR / 2 ? s->hour.w / s->hour.n : -1;
    history_put_hour(&f->history, series, hour, mean_w);
    if (forecast_is_pv(f, series))
        history_put_hour(&f->history, forecast_unit_series(f, series), hour, value);
    if (mean_w >= 0)
        forecast_judge_hour(f, series, mean_w);
    if (value >= 0)
        learn_hour(f, series, value);
    s->hour.w = s->hour.standard = 0;
    s->hour.n = 0;
    forecast_look_ahead(f, series);
}

// ---- a quarter has ended --------------------------------------------------------------------------------------------

static double clear_quarter_w(struct forecast *f, size_t series, int64_t quarter)
{
    struct forecast_quarter_sky *c = &f->quarter_skies[quarter % FORECAST_QUARTERS_AN_HOUR];
    if (c->quarter != quarter) {
        c->quarter = quarter;
        c->sky = sun_clear_sky_at(quarter * HISTORY_QUARTER_MS + HISTORY_QUARTER_MS / 2, f->site->latitude_deg,
                                  f->site->longitude_deg);
    }
    return forecast_clear_w(&f->site->pvs[series - f->site->n_loads], &c->sky);
}

void forecast_cover(struct forecast *f, int64_t quarter)
{
    if (quarter - f->latest_quarter >= HISTORY_QUARTERS || f->latest_quarter - quarter > HISTORY_QUARTERS_A_DAY)
        f->latest_quarter = quarter - HISTORY_QUARTERS;
    for (; f->latest_quarter < quarter; f->latest_quarter++)
        f->covered[(f->latest_quarter + 1) % HISTORY_QUARTERS] = 0;
    f->covered[quarter % HISTORY_QUARTERS] = 1;
}

static void keep_quarter(struct forecast *f, size_t series, int64_t quarter, double power_w)
{
    struct forecast_series *s = &f->series[series];
    double standard = 1;
    history_put_quarter(&f->history, series, quarter, power_w);
    if (forecast_is_pv(f, series)) {
        double peak_w = f->site->pvs[series - f->site->n_loads].peak_power_w;
        standard = clear_quarter_w(f, series, quarter);
        bool lit = power_w >= 0 && standard > 0.01 * peak_w;
        history_put_quarter(&f->history, forecast_unit_series(f, series), quarter,
                            lit ? clamp(power_w / standard, 0, forecast_most(f, series)) : -1);
    }
    if (power_w < 0)
        return;
    forecast_cover(f, quarter);
    s->hour.w += power_w;
    s->hour.standard += standard;
    s->hour.n++;
}

static void end_quarter(struct forecast *f, size_t series)
{
    struct forecast_series *s = &f->series[series];
    bool known = s->sum_ms >= least_share * HISTORY_QUARTER_MS;
    if (known)
        keep_quarter(f, series, s->quarter, forecast_screened_w(f, series, s->quarter, s->sum_w_ms / s->sum_ms));
    s->sum_w_ms = s->sum_ms = 0;
}

// To a later quarter, or to another time altogether.
static void go_to(struct forecast *f, size_t series, int64_t quarter)
{
    struct forecast_series *s = &f->series[series];
    int64_t hour = s->quarter / FORECAST_QUARTERS_AN_HOUR;
    end_quarter(f, series);
    if (s->quarter > 0 && hour != quarter / FORECAST_QUARTERS_AN_HOUR)
        end_hour(f, series, hour);
    s->quarter = quarter;
}

static void learn_span(struct forecast *f, size_t series, int64_t from_ms, int64_t to_ms, double power_w)
{
    struct forecast_series *s = &f->series[series];
    for (int64_t at = from_ms; at < to_ms;) {
        int64_t quarter = at / HISTORY_QUARTER_MS, end = (quarter + 1) * HISTORY_QUARTER_MS;
        int64_t until = to_ms < end ? to_ms : end;
        if (quarter > s->quarter || s->quarter - quarter > FORECAST_QUARTERS_AN_HOUR) // the clock was set back
            go_to(f, series, quarter);
        if (quarter == s->quarter) {
            s->sum_w_ms += power_w * (double)(until - at);
            s->sum_ms += (double)(until - at);
            s->known_ms = until;
            if (until == end)
                go_to(f, series, quarter + 1);
        }
        at = until;
    }
}

static void learn(struct forecast *f, size_t series, int64_t from_ms, int64_t to_ms, double power_w)
{
    double most_w = highest_w(f, series);
    double least_w = forecast_is_pv(f, series) ? -0.05 * most_w : 0; // an idle inverter draws a little
    if (forecast_is_span(&from_ms, to_ms) && in_range(power_w, least_w, most_w))
        learn_span(f, series, from_ms, to_ms, fmax(power_w, 0));
}

void forecast_learn_load(struct forecast *f, int load, int64_t from_utc_ms, int64_t to_utc_ms, double power_w)
{
    if (forecast_has(load, f->site->n_loads))
        learn(f, (size_t)load, from_utc_ms, to_utc_ms, power_w);
}

void forecast_learn_pv(struct forecast *f, int pv, int64_t from_utc_ms, int64_t to_utc_ms, double power_w)
{
    if (forecast_has(pv, f->site->n_pvs))
        learn(f, forecast_series_of(f, ASSET_PV, pv), from_utc_ms, to_utc_ms, power_w);
}
