// SPDX-License-Identifier: GPL-3.0-or-later
// What is not to be learned: meters that stand still, and peaks that no plant or building makes.
//
// Numbers that cannot be at all never come here. A meter that repeats its value is frozen when it does so for longer
// than this load ever did; when that lasts for days it is how the load has become. A quarter far above everything of
// the last weeks is a fault unless more of its kind follow.
#include <math.h>

#include "forecast/internal.h"

static const double SAME = 1e-6;          // relative
static const int FROZEN_QUARTERS = 48;    // twelve hours
static const int USUAL_TIMES = 3;         // and so many times longer than ever before
static const int ACCEPTED_QUARTERS = 480; // five days: the load has become so
static const double ABSURD_TIMES = 3;     // above the highest of the last weeks
static const int BELIEVED_QUARTERS = 4;   // in a row
static const double FADING = 0.9998;      // of the highest in a quarter: a month to fall by half
static const int64_t EXPERIENCE_QUARTERS = 3 * HISTORY_QUARTERS_A_DAY;

static bool is_experienced(const struct forecast *f, size_t series, int64_t quarter)
{
    int64_t first = quarter - EXPERIENCE_QUARTERS;
    int known = 0;
    for (int i = 0; i < HISTORY_QUARTERS_A_DAY; i++)
        known += history_quarter(&f->history, series, first + i) >= 0;
    return known > HISTORY_QUARTERS_A_DAY / 4;
}

// What was learned of the quarters since `first` is unlearned.
static void unlearn(struct forecast *f, size_t series, int64_t first)
{
    int64_t newest = f->history.newest[series];
    history_forget(&f->history, series, first);
    if (forecast_unit_series(f, series) != series)
        history_forget(&f->history, forecast_unit_series(f, series), first);
    for (int64_t hour = first / FORECAST_QUARTERS_AN_HOUR; hour <= newest / FORECAST_QUARTERS_AN_HOUR; hour++) {
        forecast_past_to(f, hour);
        forecast_refresh_slots(f, series);
    }
    forecast_forget_differences(&f->series[series].turns, 0);
}

// By night a plant rests, and rightly; so may a load that is switched off.
static bool is_frozen(struct forecast *f, size_t series, int64_t quarter, double power_w)
{
    struct forecast_series *s = &f->series[series];
    if (power_w > 0 && fabs(power_w - s->same_w) <= SAME * s->same_w) {
        s->same++;
    } else {
        if (s->same > s->usual_same && s->same < FROZEN_QUARTERS * USUAL_TIMES)
            s->usual_same = s->same;
        s->same_w = power_w;
        s->same = 1;
    }
    int longest = USUAL_TIMES * s->usual_same > FROZEN_QUARTERS ? USUAL_TIMES * s->usual_same : FROZEN_QUARTERS;
    if (s->same < longest || s->same > ACCEPTED_QUARTERS)
        return false;
    if (s->same == longest && is_experienced(f, series, quarter)) // what came before was no better
        unlearn(f, series, quarter - longest + 1);
    return true;
}

static bool is_absurd(struct forecast_series *s, double power_w)
{
    bool absurd = s->highest_w > 0 && power_w > ABSURD_TIMES * s->highest_w;
    s->suspects = absurd ? s->suspects + 1 : 0;
    return absurd && s->suspects < BELIEVED_QUARTERS;
}

double forecast_screened_w(struct forecast *f, size_t series, int64_t quarter, double power_w)
{
    struct forecast_series *s = &f->series[series];
    bool experienced = is_experienced(f, series, quarter);
    if (experienced && is_absurd(s, power_w))
        return -1;
    if (is_frozen(f, series, quarter, power_w) && experienced)
        return -1;
    s->highest_w = fmax(s->highest_w * FADING, power_w);
    return power_w;
}
