// SPDX-License-Identifier: GPL-3.0-or-later
// Ties between buses: they follow the plan, and help where a bus cannot hold its limit alone.
#include <math.h>

#include "control/bus.h"

double tie_from_flow_w(double power_w, double loss_frac)
{
    return power_w >= 0 ? -power_w / (1 - loss_frac) : -power_w * (1 - loss_frac);
}

// The tie's power (into `to`) at which `flow_w` flows into `from`.
static double tie_power_for_from_flow(double flow_w, double loss_frac)
{
    return flow_w <= 0 ? -flow_w * (1 - loss_frac) : -flow_w / (1 - loss_frac);
}

// What a bus could still give (sign > 0) or take (sign < 0) within its limits, its own assets included; groups and
// lowest powers may leave less.
static double room_w(const struct regulation *r, int bus, int sign)
{
    const struct bus_balance *b = &r->buses[bus];
    double room = sign > 0 ? b->import_limit_w - b->grid_w : fmax(b->export_limit_w, 0) + b->grid_w;
    for (int k = 0; k < b->n_members; k++) {
        int i = r->bus_by_cost[b->first + k];
        const struct member *m = &r->members[i];
        if (r->assets[i].kind != ASSET_LOAD)
            room += sign > 0 ? m->high_w - m->power_w : m->power_w - m->low_w;
    }
    return fmax(room, 0);
}

static double flow_into(const struct regulate_asset *a, double power_w, int bus)
{
    return bus == a->bus ? power_w : tie_from_flow_w(power_w, a->loss_frac);
}

// Sets the tie so that `flow_w` flows into `bus`, as far as it can. Returns what flows.
static double set_flow(struct regulation *r, int tie, int bus, double flow_w)
{
    const struct regulate_asset *a = &r->assets[tie];
    struct member *m = &r->members[tie];
    double power_w = bus == a->bus ? flow_w : tie_power_for_from_flow(flow_w, a->loss_frac);
    m->power_w = fmin(fmax(power_w, m->low_w), m->high_w);
    balance_update(r, a->bus);
    balance_update(r, a->from_bus);
    return flow_into(a, m->power_w, bus);
}

// What the bus at the other end turns out not to be able to bear, it gets back.
static void trim(struct regulation *r, int tie, int bus, double before_w, int sign)
{
    const struct regulate_asset *a = &r->assets[tie];
    int other = bus == a->bus ? a->from_bus : a->bus;
    const struct bus_balance *b = &r->buses[other];
    double over_w = sign > 0 ? bus_excess_import_w(b) : bus_excess_export_w(b);
    if (over_w <= 0)
        return;
    double flow_w = flow_into(a, r->members[tie].power_w, bus);
    double less_w = sign > 0 ? over_w : over_w / (1 - a->loss_frac);
    set_flow(r, tie, bus, sign > 0 ? fmax(flow_w - less_w, before_w) : fmin(flow_w + less_w, before_w));
}

// Moves the tie so that up to `need_w` more (sign > 0) or less flows into `bus`.
static void shift(struct regulation *r, int tie, int bus, double need_w, int sign)
{
    const struct regulate_asset *a = &r->assets[tie];
    struct member *m = &r->members[tie];
    int other = bus == a->bus ? a->from_bus : a->bus;
    double available_w = room_w(r, other, sign);
    // The other bus bears the loss when it sends: what arrives is less than what it has room for.
    double change_w = fmin(need_w, sign > 0 ? available_w * (1 - a->loss_frac) : available_w) * sign;
    double before_w = flow_into(a, m->power_w, bus), power_before_w = m->power_w;
    if (fabs(change_w) < BALANCE_TOLERANCE_W)
        return;
    set_flow(r, tie, bus, before_w + change_w);
    if (fabs(m->power_w - power_before_w) < BALANCE_TOLERANCE_W)
        return;
    merit_take(r, other, false);
    trim(r, tie, bus, before_w, sign);
    m->reason = sign > 0 ? r->buses[bus].import_reason : r->buses[bus].export_reason;
    m->reason_asset = sign > 0 ? r->buses[bus].import_grid : r->buses[bus].export_grid;
}

static void help(struct regulation *r, int bus)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        if (a->kind != ASSET_TIE || !r->members[i].steered || (a->bus != bus && a->from_bus != bus))
            continue;
        double import_w = bus_excess_import_w(&r->buses[bus]), export_w = bus_excess_export_w(&r->buses[bus]);
        if (import_w > 0)
            shift(r, (int)i, bus, import_w, 1);
        else if (export_w > 0)
            shift(r, (int)i, bus, export_w, -1);
    }
}

void ties_help(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++)
        if (bus_excess_import_w(&r->buses[b]) > 0 || bus_excess_export_w(&r->buses[b]) > 0)
            help(r, (int)b);
}
