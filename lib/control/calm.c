// SPDX-License-Identifier: GPL-3.0-or-later
// Setpoints that do not move for nothing: small changes are not worth a write, and noise must not become movement.
//
// What is held back on a bus adds up to no more than one asset's band, so that many small assets that share a change
// keep a limit as well as a single large one. A setpoint that errs on the safe side of the limit it is for stands
// longer: it follows noise up to the limit's side and stays there.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"

static const double BAND_FRAC = 0.002, SAFE_BANDS = 5;

static double band_w(const struct regulate_asset *a)
{
    return fmax(BAND_FRAC * (a->max_w - a->min_w), 50);
}

// Does a setpoint that gives `change_w` more than decided err on the safe side?
static bool is_safe(const struct regulation *r, int i, double change_w)
{
    const struct regulate_asset *a = &r->assets[i];
    const struct member *m = &r->members[i];
    const struct bus_balance *b = &r->buses[a->bus];
    if (change_w > 0)
        return m->reason == REASON_PEAK || (b->has_grid && m->reason == b->import_reason) ||
               (m->reason == REASON_GROUP_LIMIT && m->power_w <= 0);
    return b->has_grid && m->reason == b->export_reason && a->kind != ASSET_PV;
}

static bool may_stand(const struct regulation *r, int i)
{
    const struct regulate_asset *a = &r->assets[i];
    const struct member *m = &r->members[i];
    if (r->exact || !a->has_setpoint || a->setpoint_w < m->low_w || a->setpoint_w > m->high_w)
        return false;
    if (m->on_w > 0 && (m->power_w == 0 || fabs(a->setpoint_w) < m->on_w))
        return false;
    // Rest is rest: what the plan wants still does not stay at the crumb that was left over.
    return m->reason != REASON_NONE || m->power_w != 0;
}

// `bus_band_w`: the largest of the bus. `held_w`: what stands on it already, more into the bus is positive.
static bool stands(const struct regulation *r, int i, double bus_band_w, double held_w)
{
    const struct regulate_asset *a = &r->assets[i];
    if (!may_stand(r, i))
        return false;
    double change_w = a->setpoint_w - r->members[i].power_w, sum_w = held_w + change_w;
    if (group_room_w(r, r->members[i].group, change_w > 0 ? 1 : -1) < fabs(change_w))
        return false;
    if (fabs(change_w) < band_w(a) && fabs(sum_w) < bus_band_w)
        return true;
    return is_safe(r, i, change_w) && fabs(change_w) < SAFE_BANDS * band_w(a) && fabs(sum_w) < SAFE_BANDS * bus_band_w;
}

static struct regulate_command follow(const struct regulation *r, const struct regulate_asset *a,
                                      const struct member *m)
{
    bool near = !r->exact && a->has_setpoint && fabs(a->setpoint_w - m->power_w) < band_w(a) && m->power_w != 0 &&
                a->setpoint_w >= m->low_w && a->setpoint_w <= m->high_w && fabs(a->setpoint_w) >= m->on_w;
    return (struct regulate_command){true, near ? a->setpoint_w : m->power_w, m->reason, m->reason_asset};
}

void calm_commands(struct regulation *r, struct regulate_command *commands)
{
    double bus_band_w[SITE_MAX_BUSES] = {0}, held_w[SITE_MAX_BUSES] = {0};
    for (size_t i = 0; i < r->n_assets; i++)
        if (r->members[i].steered)
            bus_band_w[r->assets[i].bus] = fmax(bus_band_w[r->assets[i].bus], band_w(&r->assets[i]));
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        struct member *m = &r->members[i];
        commands[i] = (struct regulate_command){.reason_asset = -1};
        if (m->follows)
            commands[i] = follow(r, a, m);
        if (!m->steered)
            continue;
        m->power_w = clamp(m->power_w, a->min_w, a->max_w); // sums of many moves are off by the last digit
        if (stands(r, (int)i, bus_band_w[a->bus], held_w[a->bus])) {
            double change_w = a->setpoint_w - m->power_w;
            held_w[a->bus] += change_w;
            member_shift(r, (int)i, change_w);
            m->power_w = a->setpoint_w; // to the bit
        }
        commands[i] = (struct regulate_command){true, m->power_w, m->reason, m->reason_asset};
    }
}
