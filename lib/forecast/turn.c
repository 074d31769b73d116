// SPDX-License-Identifier: GPL-3.0-or-later
// How what was measured differs from what is typical, and how much of such a difference is left some hours later.
//
// A difference is carried over in proportion: a building that draws more by day than is typical does so at night as
// well, by less. What is left of it is what was left of former ones after as many hours, those of the same local day
// apart from those that a midnight lies between: a cold day, or one with many guests, is one until it ends.
#include <math.h>

#include "base/number.h"
#include "forecast/internal.h"

static const int turns_h[FORECAST_TURN_LEADS] = {1, 3, 6, FORECAST_TURN_HOURS};
static const double gone_h = 24;         // what lasts longer is in the profile
static const double memory_h = 14 * 24;  // of how differences persist
static const double usually_left = 0.9;  // after an hour, where nothing was learned ...
static const double usual_counts_h = 1;  // ... which counts as so many hours
static const double busier = 1.25;       // times: a difference in a quiet hour may say little of a busy one ...
static const double most_grown = 3;      // ... and nothing beyond
static const double least_square = 1e-6; // W2: nothing is divided by less

void forecast_turns_begin(const struct forecast *f, size_t series, struct forecast_turns *t)
{
    bool pv = forecast_is_pv(f, series);
    double doubt_w = pv ? 0.03 * f->site->pvs[series - f->site->n_loads].peak_power_w
                        : 0.3 * fmax(f->site->loads[series].average_w, 1);
    *t = (struct forecast_turns){0};
    for (int kind = 0; kind < FORECAST_TURN_KINDS; kind++)
        for (int i = 0; i < FORECAST_TURN_LEADS; i++) {
            bool lasts = !pv || kind != FORECAST_TURN_NEXT_DAY; // the next day's sky is another
            t->square[kind][i] = usual_counts_h * doubt_w * doubt_w;
            t->product[kind][i] = lasts ? pow(usually_left, turns_h[i]) * t->square[kind][i] : 0;
        }
}

double forecast_residual_of(const struct forecast *f, size_t series, double measured, double typical)
{
    if (!forecast_is_pv(f, series))
        return measured - typical;
    return typical > 0 ? clamp(measured / typical - 1, -1, 1) : 0;
}

// Of a load; shares of the clear sky's light are in proportion as they are.
static double proportion_of(const struct forecast *f, size_t series, const struct forecast_difference *d,
                            double typical)
{
    return forecast_is_pv(f, series) || !(d->typical > 0) ? 1 : clamp(typical / d->typical, 0, most_grown);
}

static enum forecast_turn_kind kind_of(const struct forecast_difference *d, int64_t local_day, double proportion)
{
    if (local_day != d->local_day)
        return FORECAST_TURN_NEXT_DAY;
    return proportion > busier ? FORECAST_TURN_BUSIER : FORECAST_TURN_DAY;
}

static struct forecast_difference *place_of(struct forecast_turns *t, int64_t hour)
{
    return &t->past[(hour % FORECAST_TURN_HOURS + FORECAST_TURN_HOURS) % FORECAST_TURN_HOURS];
}

void forecast_forget_differences(struct forecast_turns *t, int64_t after_hour)
{
    for (int i = 0; i < FORECAST_TURN_HOURS; i++)
        if (t->past[i].hour > after_hour)
            t->past[i] = (struct forecast_difference){0};
}

// Where the clock was set back, what seemed to come later is no more.
void forecast_keep_difference(struct forecast_turns *t, const struct forecast_difference *d)
{
    forecast_forget_differences(t, d->hour);
    *place_of(t, d->hour) = *d;
}

// By how much power both were off: what the low sun says counts for little.
static void learn(struct forecast_turns *t, enum forecast_turn_kind kind, int lead, double residual_w, double carried_w)
{
    double kept = exp(-1 / memory_h);
    t->product[kind][lead] = t->product[kind][lead] * kept + residual_w * carried_w;
    t->square[kind][lead] = fmax(t->square[kind][lead] * kept + carried_w * carried_w, least_square);
}

void forecast_learn_turn(const struct forecast *f, size_t series, const struct forecast_difference *now)
{
    struct forecast_turns *t = &f->series[series].turns;
    double w = 1;
    if (forecast_is_pv(f, series))
        w = now->typical * forecast_clear_hour_w(f, series, f->past.skies[0]);
    for (int i = 0; i < FORECAST_TURN_LEADS; i++) {
        const struct forecast_difference *then = place_of(t, now->hour - turns_h[i]);
        if (then->hour != now->hour - turns_h[i] || !(then->typical > 0))
            continue;
        double proportion = proportion_of(f, series, then, now->typical);
        learn(t, kind_of(then, now->local_day, proportion), i, now->residual * w, then->residual * proportion * w);
    }
    forecast_keep_difference(t, now);
}

// On straight lines between the hours that are learned, never more than after fewer hours.
static double left_after(const struct forecast_turns *t, enum forecast_turn_kind kind, double hours)
{
    double from_h = 0, left = 1;
    for (int i = 0; i <= FORECAST_TURN_LEADS; i++) {
        double to_h = i < FORECAST_TURN_LEADS ? turns_h[i] : gone_h, then = 0;
        if (i < FORECAST_TURN_LEADS)
            then = clamp(t->product[kind][i] / t->square[kind][i], 0, left);
        if (hours < to_h)
            return left + (then - left) * fmax(hours - from_h, 0) / (to_h - from_h);
        from_h = to_h;
        left = then;
    }
    return 0;
}

struct forecast_carry forecast_carry_of(const struct forecast *f, size_t series, const struct forecast_difference *d,
                                        const struct forecast_hour *h, double typical, double hours)
{
    struct forecast_carry c = {.proportion = proportion_of(f, series, d, typical)};
    c.left = left_after(&f->series[series].turns, kind_of(d, h->local_day, c.proportion), hours);
    return c;
}

const struct forecast_difference *forecast_last_difference(const struct forecast_turns *t)
{
    const struct forecast_difference *last = &t->past[0];
    for (int i = 1; i < FORECAST_TURN_HOURS; i++)
        if (t->past[i].hour > last->hour)
            last = &t->past[i];
    return last;
}

double forecast_age_h(const struct forecast_series *s, const struct forecast_difference *d)
{
    return fmax((double)(s->known_ms / HISTORY_HOUR_MS - 1 - d->hour), 0);
}

// Of the hour under way as far as it is known, and of the last one.
struct forecast_difference forecast_present_difference(const struct forecast *f, size_t series)
{
    const struct forecast_series *s = &f->series[series];
    const struct forecast_difference *last = forecast_last_difference(&s->turns);
    double share, present = forecast_hour_so_far(f, series, &share);
    if (present < 0)
        return *last;
    struct forecast_hour now = forecast_hour_at(f->site, s->known_ms / HISTORY_HOUR_MS);
    struct forecast_difference d = {now.hour, now.local_day, .typical = forecast_typical(f, series, &now)};
    double between_h = forecast_age_h(s, last) + (last->local_day != now.local_day); // a new day begins
    struct forecast_carry c = forecast_carry_of(f, series, last, &now, d.typical, between_h);
    double before = last->residual * c.proportion * c.left;
    d.residual = share * forecast_residual_of(f, series, present, d.typical) + (1 - share) * before;
    return d;
}
