// SPDX-License-Identifier: GPL-3.0-or-later
// Merit order of one bus: the grid's cost curve against what each asset's next kWh costs.
#include <math.h>

#include "control/bus.h"

// How far down an asset of this cost takes the grid's flow: what lies above costs more than it does.
static double level_below_w(const struct bus_balance *b, double cost)
{
    double peak_w = fmin(b->peak_limit_w + b->peak_slack_w, b->import_limit_w), floor_w = fmax(-b->export_limit_w, 0);
    if (cost + price_band(cost, b->peak_price) >= b->peak_price)
        return b->import_limit_w;
    if (cost + price_band(cost, b->import_price) >= b->import_price)
        return peak_w;
    if (cost + price_band(cost, b->export_price) >= b->export_price)
        return fmin(floor_w, peak_w);
    return fmin(-b->export_limit_w, peak_w);
}

// How far up one takes it that saves so much: what lies below is worth less.
static double level_above_w(const struct bus_balance *b, double saving)
{
    double peak_w = fmin(b->peak_limit_w, b->import_limit_w), export_w = fmax(b->export_limit_w, 0);
    if (saving - price_band(saving, b->export_price) <= b->export_price)
        return -export_w;
    if (saving - price_band(saving, b->import_price) <= b->import_price)
        return fmax(fmin(0, b->import_limit_w), -export_w); // below 0: it feeds in for other buses
    if (saving - price_band(saving, b->peak_price) <= b->peak_price)
        return fmax(peak_w, -export_w);
    return fmax(b->import_limit_w, -export_w);
}

struct why {
    enum reason_kind reason;
    int asset;
};

// The limit at which the flow came to rest; one that would have risen for the import price alone did it for that.
static struct why why_rises(const struct bus_balance *b, double cost)
{
    if (b->grid_w >= b->import_limit_w - BALANCE_TOLERANCE_W)
        return (struct why){b->import_reason, b->import_grid};
    bool cheap = cost + price_band(cost, b->import_price) < b->import_price;
    if (!cheap && b->grid_w >= fmin(b->peak_limit_w, b->import_limit_w) - BALANCE_TOLERANCE_W)
        return (struct why){REASON_PEAK, b->import_grid};
    if (!cheap) // a start went beyond the limit that it was for
        return (struct why){b->peak_limit_w < b->import_limit_w ? REASON_PEAK : b->import_reason, b->import_grid};
    return (struct why){REASON_REGULATION, -1};
}

static struct why why_falls(const struct bus_balance *b, double saving)
{
    bool dear = saving - price_band(saving, b->export_price) > b->export_price;
    if (!dear || b->grid_w <= -fmax(b->export_limit_w, 0) + BALANCE_TOLERANCE_W)
        return (struct why){b->export_reason, b->export_grid};
    return (struct why){REASON_REGULATION, -1};
}

static void mark(struct regulation *r, int i, double before_w, struct why why)
{
    struct member *m = &r->members[i];
    if (fabs(m->power_w - before_w) <= CRUMB_W / 100)
        return;
    m->rises |= m->power_w > before_w;
    m->falls |= m->power_w < before_w;
    m->reason = why.reason == REASON_REGULATION && !r->assets[i].has_plan ? REASON_RULE : why.reason;
    m->reason_asset = why.asset;
}

static bool may_move(const struct regulation *r, int i, int sign, bool shed)
{
    const struct member *m = &r->members[i];
    if (r->assets[i].kind == ASSET_LOAD && sign > 0 && !shed)
        return false;
    return sign > 0 ? !m->falls : !m->rises;
}

// How far the others of the bus can go the other way, should a start or stop go too far.
static double others_w(const struct regulation *r, int bus, int sign)
{
    const struct bus_balance *b = &r->buses[bus];
    double sum_w = 0;
    for (int k = 0; k < b->n_members; k++) {
        int i = r->bus_by_cost[b->first + k];
        if (r->assets[i].kind != ASSET_LOAD)
            sum_w += fmin(member_room_w(r, i, -sign), group_room_w(r, r->members[i].group, -sign));
    }
    return sum_w;
}

// What a class is asked for in that direction. `others_w`: see above, before the first class moved; as the flow
// changes, what the others can take back changes by as much.
static struct demand demand_of(const struct bus_balance *b, int sign, double need_w, double hard_w, double others_w)
{
    double export_w = fmax(b->export_limit_w, 0);
    double most_w = (sign > 0 ? b->grid_w + export_w : b->import_limit_w - b->grid_w) + BALANCE_TOLERANCE_W;
    return (struct demand){sign, need_w, hard_w, most_w, most_w + others_w, false};
}

// Moves a class as far as is demanded, and says why.
static void take(struct regulation *r, int bus, const int *list, int n, const struct demand *d, bool shed)
{
    int sign = d->sign;
    int chosen[SITE_MAX_ASSETS], n_chosen = 0;
    double before_w[SITE_MAX_ASSETS];
    for (int k = 0; k < n; k++)
        if (may_move(r, list[k], sign, shed)) {
            before_w[n_chosen] = r->members[list[k]].power_w;
            chosen[n_chosen++] = list[k];
        }
    if (n_chosen == 0)
        return;
    class_take(r, chosen, n_chosen, d);
    const struct bus_balance *b = &r->buses[bus];
    const struct regulate_asset *first = &r->assets[list[0]];
    struct why why = sign > 0 ? why_rises(b, first->more_cost_per_kwh) : why_falls(b, first->less_saving_per_kwh);
    for (int k = 0; k < n_chosen; k++)
        mark(r, chosen[k], before_w[k], why);
}

// After a start or stop that went beyond the limit it was for, those that moved for that limit and are not needed go
// back: the dearest first.
static void take_back(struct regulation *r, int bus, int sign)
{
    const struct bus_balance *b = &r->buses[bus];
    const int *list = (sign > 0 ? r->bus_by_cost : r->bus_by_saving) + b->first;
    enum reason_kind reason = sign > 0 ? b->import_reason : b->export_reason;
    for (int k = b->n_members - 1; k >= 0; k--) {
        double over_w = sign > 0 ? b->import_limit_w - b->grid_w : b->grid_w + fmax(b->export_limit_w, 0);
        const struct member *m = &r->members[list[k]];
        if (over_w <= BALANCE_TOLERANCE_W)
            return;
        if (!(sign > 0 ? m->rises : m->falls) || m->reason != reason)
            continue;
        double room_w = fmin(fmax(sign * (m->power_w - m->start_w), 0), member_room_w(r, list[k], -sign));
        class_fill(r, list + k, &room_w, 1, over_w, -sign);
    }
}

static void rise(struct regulation *r, int bus, bool shed)
{
    const struct bus_balance *b = &r->buses[bus];
    const int *list = r->bus_by_cost + b->first;
    bool over = b->grid_w > b->import_limit_w + BALANCE_TOLERANCE_W;
    double before_w = b->grid_w, others_before_w = over && !r->careful ? others_w(r, bus, 1) : 0;
    for (int from = 0, size; from < b->n_members; from += size) {
        double hard_w = b->grid_w - b->import_limit_w;
        double need_w = shed ? hard_w : b->grid_w - level_below_w(b, r->assets[list[from]].more_cost_per_kwh);
        if (need_w <= BALANCE_TOLERANCE_W && hard_w <= BALANCE_TOLERANCE_W)
            break;
        size = class_size(r, list + from, b->n_members - from, 1);
        struct demand d =
            demand_of(b, 1, need_w, hard_w, over && !r->careful ? others_before_w + before_w - b->grid_w : 0);
        take(r, bus, list + from, size, &d, shed);
    }
    if (over && b->grid_w < b->import_limit_w - BALANCE_TOLERANCE_W)
        take_back(r, bus, 1);
}

static void fall(struct regulation *r, int bus)
{
    const struct bus_balance *b = &r->buses[bus];
    const int *list = r->bus_by_saving + b->first;
    bool over = b->grid_w < -fmax(b->export_limit_w, 0) - BALANCE_TOLERANCE_W;
    double before_w = b->grid_w, others_before_w = over && !r->careful ? others_w(r, bus, -1) : 0;
    for (int from = 0, size; from < b->n_members; from += size) {
        double hard_w = -fmax(b->export_limit_w, 0) - b->grid_w;
        double need_w = level_above_w(b, r->assets[list[from]].less_saving_per_kwh) - b->grid_w;
        if (need_w <= BALANCE_TOLERANCE_W && hard_w <= BALANCE_TOLERANCE_W)
            break;
        size = class_size(r, list + from, b->n_members - from, -1);
        struct demand d =
            demand_of(b, -1, need_w, hard_w, over && !r->careful ? others_before_w + b->grid_w - before_w : 0);
        take(r, bus, list + from, size, &d, false);
    }
    if (over && b->grid_w > -fmax(b->export_limit_w, 0) + BALANCE_TOLERANCE_W)
        take_back(r, bus, -1);
}

// For an import that is to be kept, what gives gives less; nobody has to draw for it.
static void keep_import(struct regulation *r, int bus)
{
    const struct bus_balance *b = &r->buses[bus];
    const int *list = r->bus_by_saving + b->first;
    struct why why = {b->export_reason, b->export_grid};
    for (int k = 0; b->export_limit_w < 0 && k < b->n_members; k++) {
        const struct member *m = &r->members[list[k]];
        double need_w = -b->export_limit_w - b->grid_w, before_w = m->power_w, target_w;
        if (need_w <= BALANCE_TOLERANCE_W)
            return;
        if (m->rises || m->power_w <= 0)
            continue;
        double room_w = fmin(member_room_w(r, list[k], -1), m->power_w);
        double moved_w = class_fill(r, list + k, &room_w, 1, need_w, -1);
        bool stops = need_w - moved_w > BALANCE_TOLERANCE_W && m->power_w > 0 &&
                     member_jump(r, list[k], -1, &target_w) && group_room_w(r, m->group, -1) >= m->power_w;
        if (stops)
            member_shift(r, list[k], target_w - m->power_w);
        mark(r, list[k], before_w, why);
    }
}

static void forget_moves(struct regulation *r, int bus)
{
    const struct bus_balance *b = &r->buses[bus];
    for (int k = 0; k < b->n_members; k++) {
        struct member *m = &r->members[r->bus_by_cost[b->first + k]];
        m->rises = m->falls = false;
    }
}

// The second time for what starts and stops have left over or done too much; none of them breaks a limit then.
void merit_take(struct regulation *r, int bus, bool shed)
{
    for (int round = 0; round < 2; round++) {
        r->careful = round > 0;
        rise(r, bus, shed);
        fall(r, bus);
        keep_import(r, bus);
        forget_moves(r, bus);
    }
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
