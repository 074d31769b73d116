// SPDX-License-Identifier: GPL-3.0-or-later
// Merit order of one bus: the grid's cost curve against what each asset's next kWh costs.
#include <math.h>

#include "control/bus.h"

// Stands for "at any cost" in the grid's curve beyond its limits; far above every price and shedding cost.
static const double ANY_COST = 1e12;

// Values this close to the price are equal: the plan's power stands then and the grid takes the deviation.
static double price_band(double a, double b)
{
    return 0.005 * fmax(fabs(a), fabs(b)) + 1e-6;
}

// One piece of the grid's curve beside its present power.
struct segment {
    double price;  // of one kWh there
    double room_w; // until the piece ends
    enum reason_kind reason;
};

// A negative export limit is an import to be kept.
static struct segment segment_below(const struct bus_balance *b)
{
    double g = b->grid_w, peak = fmin(b->peak_limit_w, b->import_limit_w);
    double floor = fmax(-b->export_limit_w, 0);
    if (g > b->import_limit_w + BALANCE_TOLERANCE_W)
        return (struct segment){ANY_COST, g - b->import_limit_w, REASON_IMPORT_LIMIT};
    if (g > peak + BALANCE_TOLERANCE_W)
        return (struct segment){b->peak_price, fmin(g - peak, g - floor), REASON_PEAK};
    if (g > floor + BALANCE_TOLERANCE_W)
        return (struct segment){b->import_price, g - floor, REASON_REGULATION};
    if (g > -b->export_limit_w + BALANCE_TOLERANCE_W)
        return (struct segment){b->export_price, g + b->export_limit_w, REASON_REGULATION};
    return (struct segment){-ANY_COST, 0, REASON_EXPORT_LIMIT};
}

static struct segment segment_above(const struct bus_balance *b)
{
    double g = b->grid_w, peak = fmin(b->peak_limit_w, b->import_limit_w);
    double export_w = fmax(b->export_limit_w, 0);
    if (g < -export_w - BALANCE_TOLERANCE_W)
        return (struct segment){-ANY_COST, -export_w - g, REASON_EXPORT_LIMIT};
    if (g < -BALANCE_TOLERANCE_W)
        return (struct segment){b->export_price, -g, REASON_REGULATION};
    if (g < peak - BALANCE_TOLERANCE_W)
        return (struct segment){b->import_price, peak - g, REASON_REGULATION};
    if (g < b->import_limit_w - BALANCE_TOLERANCE_W)
        return (struct segment){b->peak_price, b->import_limit_w - g, REASON_PEAK};
    return (struct segment){ANY_COST, 0, REASON_IMPORT_LIMIT};
}

static bool may_rise(const struct regulation *r, int i, bool shed)
{
    const struct member *m = &r->members[i];
    if (r->assets[i].kind == ASSET_TIE || (r->assets[i].kind == ASSET_LOAD && !shed))
        return false;
    return !m->falls && m->high_w - m->power_w > BALANCE_TOLERANCE_W / 10;
}

static bool may_fall(const struct regulation *r, int i, double floor_w)
{
    const struct member *m = &r->members[i];
    return r->assets[i].kind != ASSET_TIE && !m->rises &&
           m->power_w - fmax(m->low_w, floor_w) > BALANCE_TOLERANCE_W / 10;
}

static int cheapest_to_rise(const struct regulation *r, int bus, bool shed)
{
    int best = -1;
    for (int i = r->buses[bus].first_member; i >= 0; i = r->members[i].next)
        if (may_rise(r, i, shed) && (best < 0 || r->assets[i].more_cost_per_kwh < r->assets[best].more_cost_per_kwh))
            best = i;
    return best;
}

static int best_to_fall(const struct regulation *r, int bus, double floor_w)
{
    int best = -1;
    for (int i = r->buses[bus].first_member; i >= 0; i = r->members[i].next)
        if (may_fall(r, i, floor_w) &&
            (best < 0 || r->assets[i].less_saving_per_kwh > r->assets[best].less_saving_per_kwh))
            best = i;
    return best;
}

static void move(struct regulation *r, int bus, int i, double change_w, enum reason_kind reason)
{
    struct member *m = &r->members[i];
    struct bus_balance *b = &r->buses[bus];
    m->power_w += change_w;
    b->grid_w -= change_w;
    m->rises |= change_w > 0;
    m->falls |= change_w < 0;
    m->reason = reason == REASON_REGULATION && !r->assets[i].has_plan ? REASON_RULE : reason;
    m->reason_asset = reason == REASON_REGULATION ? -1 : b->grid;
}

static bool rise_once(struct regulation *r, int bus, bool shed)
{
    struct segment s = segment_below(&r->buses[bus]);
    int i = s.room_w > 0 ? cheapest_to_rise(r, bus, shed) : -1;
    if (i < 0)
        return false;
    double cost = r->assets[i].more_cost_per_kwh;
    if (s.price < ANY_COST && cost + price_band(cost, s.price) >= s.price)
        return false;
    // One that would rise for the import price alone does not do it for the peak.
    double import_price = r->buses[bus].import_price;
    if (s.reason == REASON_PEAK && cost + price_band(cost, import_price) < import_price)
        s.reason = REASON_REGULATION;
    move(r, bus, i, fmin(s.room_w, r->members[i].high_w - r->members[i].power_w), s.reason);
    return true;
}

// For an import that is to be kept, what gives gives less; nobody has to draw for it.
static bool keep_import_once(struct regulation *r, int bus)
{
    const struct bus_balance *b = &r->buses[bus];
    double room_w = b->export_limit_w < 0 ? -b->export_limit_w - b->grid_w : 0;
    int i = room_w > BALANCE_TOLERANCE_W ? best_to_fall(r, bus, 0) : -1;
    if (i < 0)
        return false;
    const struct member *m = &r->members[i];
    move(r, bus, i, -fmin(room_w, m->power_w - fmax(m->low_w, 0)), REASON_EXPORT_LIMIT);
    return true;
}

static bool fall_once(struct regulation *r, int bus)
{
    struct segment s = segment_above(&r->buses[bus]);
    int i = s.room_w > 0 ? best_to_fall(r, bus, -INFINITY) : -1;
    if (i < 0)
        return false;
    double saving = r->assets[i].less_saving_per_kwh;
    if (s.price > -ANY_COST && saving - price_band(saving, s.price) <= s.price)
        return false;
    move(r, bus, i, -fmin(s.room_w, r->members[i].power_w - r->members[i].low_w), s.reason);
    return true;
}

void merit_take(struct regulation *r, int bus, bool shed)
{
    // Every round ends a segment or an asset's room; the bound only guards against rounding.
    size_t rounds = 2 * r->n_assets + 16;
    while (rounds > 0 && rise_once(r, bus, shed))
        rounds--;
    while (rounds > 0 && (fall_once(r, bus) || keep_import_once(r, bus)))
        rounds--;
}

double bus_excess_import_w(const struct bus_balance *b)
{
    double excess = b->grid_w - b->import_limit_w;
    return excess > BALANCE_TOLERANCE_W ? excess : 0;
}

double bus_excess_export_w(const struct bus_balance *b)
{
    double excess = -b->grid_w - fmax(b->export_limit_w, 0);
    return excess > BALANCE_TOLERANCE_W ? excess : 0;
}
