// SPDX-License-Identifier: GPL-3.0-or-later
// Ties between buses: they follow the plan, and help where a bus cannot hold its limit, or the peak of the month,
// alone.
#include <math.h>

#include "control/bus.h"

// What a tie is moved for.
struct help {
    int bus;     // that needs it
    int sign;    // more (1) or less (-1) is to flow into it
    bool peak;   // not for a limit: at the other end only what costs less than the peak here is used, no new peak made
    bool bought; // what the grid at the other end sells, without its assets, if that is cheaper than this bus's own
};

double tie_from_flow_w(double power_w, double loss_frac)
{
    return power_w >= 0 ? -power_w / (1 - loss_frac) : -power_w * (1 - loss_frac);
}

double tie_power_for_from_flow(double flow_w, double loss_frac)
{
    return flow_w <= 0 ? -flow_w * (1 - loss_frac) : -flow_w / (1 - loss_frac);
}

static int other_end(const struct regulate_asset *tie, int bus)
{
    return bus == tie->bus ? tie->from_bus : tie->bus;
}

// ---- who has how much -----------------------------------------------------------------------------------------------

static double most_import_w(const struct bus_balance *b, bool peak)
{
    return peak ? fmin(b->peak_limit_w, b->import_limit_w) : b->import_limit_w;
}

// Beyond what the bus may carry. For a peak that is what may flow for now: whoever helps pays it back like one's own.
static double excess_w(const struct regulation *r, int bus, const struct help *h)
{
    const struct bus_balance *b = &r->buses[bus];
    if (h->sign < 0)
        return bus_excess_export_w(b);
    double over_w = b->grid_w - fmin(most_import_w(b, h->peak) + (h->peak ? b->peak_slack_w : 0), b->import_limit_w);
    return over_w > BALANCE_TOLERANCE_W ? over_w : 0;
}

// What the bus at the other end could still give or take within its limits, its own assets included; groups and lowest
// powers may leave less.
static double room_w(const struct regulation *r, int bus, const struct help *h)
{
    const struct bus_balance *b = &r->buses[bus];
    double room = h->sign > 0 ? most_import_w(b, h->peak) - b->grid_w : fmax(b->export_limit_w, 0) + b->grid_w;
    for (int k = 0; k < b->n_members && !h->bought; k++) {
        int i = r->bus_by_cost[b->first + k];
        const struct member *m = &r->members[i];
        if (r->assets[i].kind == ASSET_LOAD)
            continue;
        if (h->peak && r->assets[i].more_cost_per_kwh >= r->buses[h->bus].peak_price)
            continue;
        room += h->sign > 0 ? m->high_w - m->power_w : m->power_w - m->low_w;
    }
    return fmax(room, 0);
}

double ties_soon_w(const struct regulation *r, int bus, double seconds)
{
    const struct help h = {.bus = bus, .sign = 1};
    double sum_w = 0;
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        const struct member *m = &r->members[i];
        if (a->kind != ASSET_TIE || !m->steered || (a->bus != bus && a->from_bus != bus) || a->ramp_w_per_s <= 0)
            continue;
        double left_w = bus == a->bus ? a->max_w - m->high_w : m->low_w - a->min_w;
        double soon_w = fmin(left_w, a->ramp_w_per_s * seconds);
        sum_w += fmax(fmin(soon_w, room_w(r, other_end(a, bus), &h)), 0);
    }
    return sum_w;
}

// ---- moving them ----------------------------------------------------------------------------------------------------

static double flow_into(const struct regulate_asset *a, double power_w, int bus)
{
    return bus == a->bus ? power_w : tie_from_flow_w(power_w, a->loss_frac);
}

// Sets the tie so that `flow_w` flows into `bus`, as far as it can.
static void set_flow(struct regulation *r, int tie, int bus, double flow_w)
{
    const struct regulate_asset *a = &r->assets[tie];
    struct member *m = &r->members[tie];
    double power_w = bus == a->bus ? flow_w : tie_power_for_from_flow(flow_w, a->loss_frac);
    m->power_w = fmin(fmax(power_w, m->low_w), m->high_w);
    balance_update(r, a->bus);
    balance_update(r, a->from_bus);
}

// What the bus at the other end turns out not to be able to bear, it gets back.
static void trim(struct regulation *r, int tie, const struct help *h, double before_w)
{
    const struct regulate_asset *a = &r->assets[tie];
    double over_w = excess_w(r, other_end(a, h->bus), h);
    if (over_w <= 0)
        return;
    double flow_w = flow_into(a, r->members[tie].power_w, h->bus);
    double less_w = h->sign > 0 ? over_w : over_w / (1 - a->loss_frac);
    set_flow(r, tie, h->bus, h->sign > 0 ? fmax(flow_w - less_w, before_w) : fmin(flow_w + less_w, before_w));
}

static void name_cause(const struct regulation *r, const struct help *h, bool limited, struct member *m)
{
    const struct bus_balance *b = &r->buses[h->bus];
    m->reason = h->peak && !limited ? REASON_PEAK : h->sign > 0 ? b->import_reason : b->export_reason;
    m->reason_asset = h->sign > 0 ? b->import_grid : b->export_grid;
}

// Moves the tie so that up to `need_w` more or less flows into the bus.
static void shift(struct regulation *r, int tie, const struct help *h, double need_w)
{
    const struct regulate_asset *a = &r->assets[tie];
    struct member *m = &r->members[tie];
    int other = other_end(a, h->bus);
    double available_w = room_w(r, other, h);
    // The other bus bears the loss when it sends: what arrives is less than what it has room for.
    double change_w = fmin(need_w, h->sign > 0 ? available_w * (1 - a->loss_frac) : available_w) * h->sign;
    double before_w = flow_into(a, m->power_w, h->bus), power_before_w = m->power_w;
    bool limited = bus_excess_import_w(&r->buses[h->bus]) > 0;
    if (fabs(change_w) < BALANCE_TOLERANCE_W)
        return;
    set_flow(r, tie, h->bus, before_w + change_w);
    if (fabs(m->power_w - power_before_w) < BALANCE_TOLERANCE_W)
        return;
    if (!h->bought) // else nobody there has had a say yet
        merit_take(r, other, false);
    trim(r, tie, h, before_w);
    name_cause(r, h, limited, m);
}

// ---- who needs it ---------------------------------------------------------------------------------------------------

// What a kWh more costs on the bus by its own assets; INFINITY where none can give more.
static double own_cost(const struct regulation *r, int bus)
{
    const struct bus_balance *b = &r->buses[bus];
    for (int k = 0; k < b->n_members; k++) {
        int i = r->bus_by_cost[b->first + k];
        if (r->assets[i].kind != ASSET_LOAD && member_room_w(r, i, 1) > BALANCE_TOLERANCE_W)
            return r->assets[i].more_cost_per_kwh;
    }
    return INFINITY;
}

static bool can_help(const struct regulation *r, size_t tie, const struct help *h)
{
    const struct regulate_asset *a = &r->assets[tie];
    if (a->kind != ASSET_TIE || !r->members[tie].steered || (a->bus != h->bus && a->from_bus != h->bus))
        return false;
    if (!h->peak)
        return true;
    const struct bus_balance *other = &r->buses[other_end(a, h->bus)];
    double price = other->import_price / (1 - a->loss_frac) + a->more_cost_per_kwh, peak = r->buses[h->bus].peak_price;
    return (other->has_grid || !h->bought) && price < (h->bought ? fmin(own_cost(r, h->bus), peak) : peak);
}

static void help(struct regulation *r, const struct help *h)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        double need_w = excess_w(r, h->bus, h);
        if (need_w > 0 && can_help(r, i, h))
            shift(r, (int)i, h, need_w);
    }
}

void ties_buy(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++) {
        const struct help peak = {.bus = (int)b, .sign = 1, .peak = true, .bought = true};
        if (r->buses[b].has_grid)
            help(r, &peak);
    }
}

void ties_help(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++) {
        const struct help limit = {.bus = (int)b, .sign = bus_excess_import_w(&r->buses[b]) > 0 ? 1 : -1};
        help(r, &limit);
    }
    for (size_t b = 0; b < r->n_buses; b++) {
        const struct help peak = {.bus = (int)b, .sign = 1, .peak = true};
        if (r->buses[b].has_grid)
            help(r, &peak);
    }
}
