// SPDX-License-Identifier: GPL-3.0-or-later
// What forecasts learn from: powers that were measured, can be believed, and were nobody's doing here.
#include <math.h>

#include "base/number.h"
#include "core/dr.h"
#include "core/internal.h"
#include "core/outage.h"

enum {
    RECOVERS_MS = 60 * 1000,            // so long a plant or load takes to come back after a cap
    STEADY_MS = 900 * 1000,             // of UTC: the sun is not as steady as this
    MISTRUST_MS = 60 * 1000,            // after the clock was set: least ...
    MOST_MISTRUST_MS = 6 * 3600 * 1000, // ... and most
};

static const double BINDS = 0.98;    // of a limit: who draws this much would perhaps draw more
static const double MOST_SHED = 0.6; // of a load: of what is left less is known of the rest

static const int64_t SET_UTC_MS = INT64_C(631152000000); // 1990: earlier, the clock was never set

// ---- lessons --------------------------------------------------------------------------------------------------------

static void teach(struct engine *e, int asset, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct asset_state *a = &e->assets[asset];
    const struct site_asset *site = site_asset_at(e, asset);
    if (a->learned_count == 0)
        return;
    double mean_w = a->learned_sum_w / a->learned_count;
    if (site->kind == ASSET_LOAD)
        forecast_learn_load(e->forecast, site->of_kind, from_utc_ms, to_utc_ms, fmax(-mean_w, 0));
    else
        forecast_learn_pv(e->forecast, site->of_kind, from_utc_ms, to_utc_ms, fmax(mean_w, 0));
}

static void forget_samples(struct engine *e)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        e->assets[i].learned_sum_w = 0;
        e->assets[i].learned_count = 0;
    }
    outside_forget(e);
}

// What was measured stands for the time since the last lesson, but not for longer than the cycles are: ticks may have
// failed to come.
static int64_t lesson_start_ms(const struct engine *e, int64_t utc_ms)
{
    double longest_s = fmax(LONGEST_LESSON_MS / 1000.0, area_seconds(e, 2 * (uint64_t)e->site->control.cycle_ms));
    return (int64_t)fmax((double)e->learned_utc_ms, (double)utc_ms - longest_s * 1000);
}

static void give_lesson(struct engine *e, struct instant now)
{
    int64_t from = lesson_start_ms(e, now.utc_ms);
    for (size_t i = 0; i < e->site->n_assets; i++)
        teach(e, (int)i, from, now.utc_ms);
    outside_teach(e, from, now.utc_ms);
    forget_samples(e);
    e->learned_utc_ms = now.utc_ms;
}

// ---- what is natural ------------------------------------------------------------------------------------------------

// A load without a meter of its own is what the bus's other meters leave over, where it is alone in that.
static bool is_left_over(const struct engine *e, int load, struct instant now, double *ret_w)
{
    int bus = site_asset_at(e, load)->bus;
    if (e->assets[load].first_device >= 0 || e->buses[bus].mode != BUS_CLOSED || !e->buses[bus].has_uncontrolled)
        return false;
    double rest_w = e->buses[bus].uncontrolled_w;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_asset *other = site_asset_at(e, (int)i);
        bool from_here = other->kind == ASSET_TIE && e->site->ties[other->of_kind].from == bus;
        if ((int)i == load || (other->bus != bus && !from_here))
            continue;
        if (!asset_known(e, (int)i, now.mono_ms))
            return false;
        if (other->kind == ASSET_LOAD)
            rest_w -= e->assets[i].good.v;
    }
    *ret_w = fmin(rest_w, 0);
    return true;
}

// A cap that is, or may be, in force: a former process may have left one behind.
static void note_cap(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    if (a->cap.active || (a->control >= 0 && e->devices[a->control].taken_over))
        a->capped_mono_ms = now.mono_ms;
}

static void note_steadiness(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    if (a->good.v == a->steady_w && now.utc_ms >= a->steady_utc_ms)
        return;
    a->steady_w = a->good.v;
    a->steady_utc_ms = now.utc_ms;
}

// A reading of a plant that stands still in the middle of its range is a device that has stopped to measure.
static bool stands_still(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    double peak_w = site_asset_at(e, asset)->max_power_w;
    bool may_vary = a->steady_w > 0.01 * peak_w && a->steady_w < 0.95 * peak_w;
    return may_vary && !is_coarse(e) && now.utc_ms - a->steady_utc_ms >= STEADY_MS;
}

// Without the grid some inverters rest, and some loads are dark: that is not what they would do.
static bool is_dark(const struct engine *e, int asset)
{
    const struct site_asset *site = site_asset_at(e, asset);
    for (size_t g = 0; g < e->site->n_grids; g++)
        if (e->site->grids[g].bus == site->bus && grid_is_lost(e, (int)g))
            return fabs(e->assets[asset].good.v) < 0.01 * asset_range_w(e, asset);
    return false;
}

// A building that was asked to draw less, or was just before, does not do what it would do otherwise.
static bool is_asked(const struct engine *e, int load, int64_t utc_ms)
{
    for (size_t b = 0; b < e->site->n_buildings; b++)
        for (size_t i = 0; i < e->site->buildings[b].n_loads; i++)
            if (asset_of(e, ASSET_LOAD, e->site->buildings[b].loads[i]) == load)
                return building_asked_w(e, (int)b, utc_ms) > 0 || building_asked_w(e, (int)b, utc_ms - RECOVERS_MS) > 0;
    return false;
}

// Of a load that is shed in part in an outage what is left tells what all of it would draw, if that is enough of it.
static bool is_left_w(const struct engine *e, int asset, struct instant now, double *ret_w)
{
    int load = site_asset_at(e, asset)->of_kind;
    double drawn_w = -e->assets[asset].good.v, limited = serving_limited_frac(e, load);
    double shed = serving_shed_frac(e, load) - limited;
    bool bound = limited > 0 && drawn_w > BINDS * e->outage.served_w[load];
    if (bound || shed > MOST_SHED || !asset_known(e, asset, now.mono_ms) || is_dark(e, asset))
        return false;
    *ret_w = -drawn_w / (1 - shed);
    return true;
}

static bool natural_w(const struct engine *e, int asset, struct instant now, double *ret_w)
{
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    const struct asset_state *a = &e->assets[asset];
    bool recovers = a->capped_mono_ms != 0 && elapsed_ms(a->capped_mono_ms, now.mono_ms) < RECOVERS_MS;
    bool capped = a->cap.active || recovers, tells = kind == ASSET_PV && isfinite(a->available_w);
    if (kind == ASSET_LOAD && is_asked(e, asset, now.utc_ms))
        return false;
    if (kind == ASSET_LOAD && a->first_device < 0)
        return is_left_over(e, asset, now, ret_w);
    if (kind == ASSET_LOAD && serving_shed_frac(e, site_asset_at(e, asset)->of_kind) > 0)
        return is_left_w(e, asset, now, ret_w);
    if ((capped && !tells) || is_dark(e, asset) || (kind == ASSET_PV && !capped && stands_still(e, asset, now)))
        return false;
    *ret_w = capped ? fmax(a->available_w, a->good.v) : a->good.v;
    return asset_known(e, asset, now.mono_ms);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

static void sample(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        enum asset_kind kind = site_asset_at(e, (int)i)->kind;
        double power_w;
        if (kind != ASSET_LOAD && kind != ASSET_PV)
            continue;
        note_cap(e, (int)i, now);
        note_steadiness(e, (int)i, now);
        if (!natural_w(e, (int)i, now, &power_w))
            continue;
        e->assets[i].learned_sum_w += power_w;
        e->assets[i].learned_count++;
    }
    outside_sample(e);
}

// What is learned at a wrong time is worse than nothing, and a clock that was set far may be set back: the farther, the
// longer nothing is learned. From a clock that was never set it can only have become right.
void learning_mistrusts(struct engine *e, double step_ms, struct instant now)
{
    bool was_set = (double)now.utc_ms - step_ms >= (double)SET_UTC_MS;
    double least = MISTRUST_MS, most = was_set ? MOST_MISTRUST_MS : MISTRUST_MS;
    uint64_t until = now.mono_ms + (uint64_t)(clamp(fabs(step_ms), least, most));
    e->mistrusted_until_mono_ms = until > e->mistrusted_until_mono_ms ? until : e->mistrusted_until_mono_ms;
}

// A measurement holds until the next tick, so what this tick has seen belongs to the next lesson; unless it is the mean
// since the last one.
void learning_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    bool is_mean = is_coarse(e) && 2 * dt_mono_ms >= (uint64_t)e->site->control.cycle_ms;
    if (now.utc_ms < SET_UTC_MS || now.mono_ms < e->mistrusted_until_mono_ms) {
        forget_samples(e);
        e->learned_utc_ms = now.utc_ms;
        return;
    }
    if (is_mean)
        sample(e, now);
    if (now.utc_ms - e->learned_utc_ms >= LEARN_MS || now.utc_ms < e->learned_utc_ms)
        give_lesson(e, now);
    if (!is_coarse(e))
        sample(e, now);
}
