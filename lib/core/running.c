// SPDX-License-Identifier: GPL-3.0-or-later
// Starts and stops of what cannot do either at once: how long a start may take, and how long a run or rest has to last.
#include <math.h>

#include "core/internal.h"

// What counts as running: half of the lowest power, or a little of what has none.
static double least_w(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    double least = 0;
    if (of->kind == ASSET_GENERATOR)
        least = e->site->generators[of->of_kind].min_power_w;
    else if (of->kind == ASSET_CONVERTER)
        least = e->site->converters[of->of_kind].min_power_w;
    else if (f != NULL)
        least = f->min_charge_w;
    return fmax(least, 0.04 * asset_range_w(e, asset));
}

void asset_told(struct engine *e, int asset, double setpoint_w, uint64_t now_mono_ms)
{
    struct asset_state *a = &e->assets[asset];
    bool runs = fabs(setpoint_w) >= least_w(e, asset) / 2;
    if (runs == a->told_to_run)
        return;
    a->told_to_run = runs;
    a->told_run_mono_ms = now_mono_ms;
}

// ---- starting -------------------------------------------------------------------------------------------------------

static uint64_t start_ms(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    double wait_s, ramp_w_per_s;
    if (of->kind == ASSET_GENERATOR) {
        wait_s = e->site->generators[of->of_kind].start_time_s;
        ramp_w_per_s = e->site->generators[of->of_kind].ramp_w_per_s;
    } else if (of->kind == ASSET_CONVERTER) {
        wait_s = e->site->converters[of->of_kind].start_time_s;
        ramp_w_per_s = e->site->converters[of->of_kind].ramp_w_per_s;
    } else {
        return 0;
    }
    double rise_s = ramp_w_per_s > 0 ? least_w(e, asset) / ramp_w_per_s : 0;
    return (uint64_t)(fmin(wait_s + rise_s, 7200) * 1000) + OBEY_TIME_MS;
}

bool asset_starting(const struct engine *e, int asset, uint64_t now_mono_ms)
{
    const struct asset_state *a = &e->assets[asset];
    if (!a->has_setpoint || !a->told_to_run || fabs(a->good.v) >= 0.9 * least_w(e, asset))
        return false;
    return elapsed_ms(a->told_run_mono_ms, now_mono_ms) < start_ms(e, asset);
}

// ---- least times ----------------------------------------------------------------------------------------------------

struct stay {
    double on_ms, off_ms;
};

// Of chargers only those that know nothing between on and off: the others slow down first.
static struct stay stay_of(const struct engine *e, int asset)
{
    const struct site_asset *of = site_asset_at(e, asset);
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    struct stay usual = {MIN_ON_MS, MIN_OFF_MS}, none = {0, 0};
    if (of->kind == ASSET_CONVERTER)
        return e->site->converters[of->of_kind].min_power_w > 0 ? usual : none;
    if (f != NULL)
        return f->min_charge_w >= f->max_charge_w ? usual : none;
    if (of->kind != ASSET_GENERATOR)
        return none;
    const struct site_generator *g = &e->site->generators[of->of_kind];
    if (g->min_run_s > 0)
        usual.on_ms = g->min_run_s * 1000.0;
    else if (g->min_power_w <= 0)
        usual.on_ms = 0;
    return usual;
}

// Milliseconds of the area's time since it was told, or seen, to start or stop; INFINITY: it never was.
static double since_ms(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    uint64_t since = a->has_setpoint ? a->told_run_mono_ms : a->switched_mono_ms;
    return since != 0 ? 1000 * area_seconds(e, elapsed_ms(since, now.mono_ms)) : INFINITY;
}

static bool runs(const struct asset_state *a)
{
    return a->has_setpoint ? a->told_to_run : a->runs;
}

bool asset_stays_on(const struct engine *e, int asset, struct instant now)
{
    return runs(&e->assets[asset]) && since_ms(e, asset, now) < stay_of(e, asset).on_ms;
}

bool asset_stays_off(const struct engine *e, int asset, struct instant now)
{
    return !runs(&e->assets[asset]) && since_ms(e, asset, now) < stay_of(e, asset).off_ms;
}
