// SPDX-License-Identifier: GPL-3.0-or-later
// Does a device do what it was told?
#include <math.h>

#include "core/internal.h"

enum { FAILED_WRITES = 3 };

static const double PROGRESS = 0.02; // share of the range that counts as having moved

// How far the measured power is from the setpoint in a way that matters: a cap may be undercut.
static double gap_w(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    double difference = a->good.v - a->setpoint_w;
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    if (kind == ASSET_PV)
        return fmax(difference, 0);
    if (kind == ASSET_LOAD)
        return fmax(-difference, 0);
    return fabs(difference);
}

// True when the device cannot reach a setpoint (tapering, empty, ramping down), false when it goes beyond or against
// it.
static bool falls_short(const struct asset_state *a, double slack_w)
{
    bool too_low = a->good.v < a->setpoint_w;
    return too_low ? a->setpoint_w > 0 && a->good.v > -slack_w : a->setpoint_w < 0 && a->good.v < slack_w;
}

static void judge_deviation(struct engine *e, int asset, uint64_t now)
{
    struct asset_state *a = &e->assets[asset];
    struct obedience *o = &a->obedience;
    double slack_w = 0.02 * asset_range_w(e, asset);
    if (!falls_short(a, slack_w)) {
        o->unwilling = true;
        return;
    }
    if (o->derated_until_mono_ms == 0) {
        o->derated_min_w = -INFINITY;
        o->derated_max_w = INFINITY;
    }
    if (a->setpoint_w > 0)
        o->derated_max_w = fmax(a->good.v, 0) + slack_w;
    else
        o->derated_min_w = fmin(a->good.v, 0) - slack_w;
    o->derated_until_mono_ms = now + DERATED_MS;
}

// Time in which one that follows must have come closer: a slow ramp takes as long as it takes.
static uint64_t progress_ms(const struct engine *e, int asset, double range_w)
{
    const struct site_asset *of = site_asset_at(e, asset);
    double ramp_w_per_s = of->kind == ASSET_GENERATOR   ? e->site->generators[of->of_kind].ramp_w_per_s
                          : of->kind == ASSET_CONVERTER ? e->site->converters[of->of_kind].ramp_w_per_s
                                                        : 0;
    double step_s = ramp_w_per_s > 0 ? fmin(2 * PROGRESS * range_w / ramp_w_per_s, 3600) : 0;
    return OBEY_TIME_MS + (uint64_t)(1000 * step_s);
}

static void follow(struct engine *e, int asset, uint64_t now)
{
    struct asset_state *a = &e->assets[asset];
    struct obedience *o = &a->obedience;
    double range_w = asset_range_w(e, asset), gap = gap_w(e, asset);
    if (gap <= 0.1 * range_w) {
        o->deviating = false;
        o->unwilling &= gap > 0.05 * range_w;
        return;
    }
    // One that is still on its way is given more time, counted from where it has come, even if its setpoint moves on
    // as fast.
    double come_w = a->setpoint_w > a->good.v ? a->good.v - o->from_w : o->from_w - a->good.v;
    if (!o->deviating || fmax(come_w, o->gap_w - gap) > PROGRESS * range_w) {
        o->deviating = true;
        o->since_mono_ms = now;
        o->gap_w = gap;
        o->from_w = a->good.v;
    }
    if (elapsed_ms(o->since_mono_ms, now) > progress_ms(e, asset, range_w))
        judge_deviation(e, asset, now);
}

static void refresh(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct obedience *o = &a->obedience;
    if (o->derated_until_mono_ms != 0 && now.mono_ms >= o->derated_until_mono_ms)
        o->derated_until_mono_ms = 0;
    const struct device_state *d = &e->devices[a->control];
    bool comparable = a->has_setpoint && d->held && asset_known(e, asset, now.mono_ms);
    bool fresh = a->good.mono_ms > a->setpoint_mono_ms; // measured since the setpoint changed
    if (!comparable || asset_forms(e, asset))           // what an island takes is no disobedience
        o->deviating = o->unwilling = false;
    else if (asset_starting(e, asset, now.mono_ms))
        o->deviating = false;
    else if (fresh)
        follow(e, asset, now.mono_ms);
    if (asset_forms(e, asset))
        o->derated_until_mono_ms = 0;
    bool refuses = (d->mismatch || d->write_failures >= FAILED_WRITES) && !asset_forms(e, asset);
    if (refuses && comparable)
        o->unwilling = true;
    // A vehicle that is full, or slower than its charger, takes less than it might: that is no disobedience.
    bool short_is_fine = site_flexible_of(e->site, asset) != NULL;
    bool derated = o->derated_until_mono_ms != 0 && !short_is_fine;
    alarm_set(e, ALARM_DEVICE_DISOBEYS, a->control, comparable && (o->unwilling || derated), now.utc_ms,
              "Device %s does not follow its setpoint of %.1f kW (%s): its own power is counted instead",
              e->site->devices[a->control].id, a->setpoint_w / 1000,
              refuses ? "the write is refused or reads back otherwise" : "it does something else");
}

void obedience_refresh(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < e->site->n_assets && !is_coarse(e); i++)
        if (e->assets[i].control >= 0)
            refresh(e, (int)i, now);
}
