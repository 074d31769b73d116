// SPDX-License-Identifier: GPL-3.0-or-later
// Each asset by itself: where it starts from, what it can do in this step, and its place in the merit order.
#include <math.h>

#include "base/number.h"
#include "control/bus.h"

// One that rests is started for a little more than its lowest power, so that the start is not taken back at once.
static const double START_MARGIN = 1.1;

bool bus_exists(const struct regulation *r, int bus)
{
    return bus >= 0 && (size_t)bus < r->n_buses && r->buses[bus].electric;
}

static bool finite_all(const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

static bool has_place(const struct regulation *r, const struct regulate_asset *a)
{
    bool is_place = a->bus >= 0 && (size_t)a->bus < r->n_buses;
    return is_place && (r->buses[a->bus].electric || a->kind == ASSET_GENERATOR);
}

// A steerable asset has a place and only finite numbers; anything else is left alone.
static bool is_sound(const struct regulation *r, const struct regulate_asset *a)
{
    const double numbers[] = {
        a->min_w,  a->max_w, a->more_cost_per_kwh, a->less_saving_per_kwh, a->ramp_w_per_s, a->loss_frac,
        a->plan_w, a->on_w};
    if (!finite_all(numbers, sizeof numbers / sizeof *numbers))
        return false;
    if ((a->measured && !isfinite(a->measured_w)) || (a->has_setpoint && !isfinite(a->setpoint_w)))
        return false;
    if (a->kind == ASSET_TIE && (!bus_exists(r, a->from_bus) || a->loss_frac < 0 || a->loss_frac >= 1))
        return false;
    return a->min_w <= a->max_w && a->on_w >= 0;
}

double present_w(const struct regulate_asset *a)
{
    if (a->measured && isfinite(a->measured_w))
        return a->measured_w;
    if (a->commandable && a->has_setpoint && isfinite(a->setpoint_w))
        return a->setpoint_w;
    return isfinite(a->assumed_w) ? a->assumed_w : 0;
}

// ---- start ----------------------------------------------------------------------------------------------------------

static double wanted_w(const struct regulate_asset *a)
{
    if (a->kind == ASSET_PV) // what the sun gives is used unless prices or limits say otherwise
        return a->max_w;
    return a->kind == ASSET_LOAD ? a->min_w : a->plan_w;
}

static void start_window(const struct regulate_asset *a, double dt_s, struct member *m)
{
    m->low_w = a->min_w;
    m->high_w = a->max_w;
    if (a->ramp_w_per_s <= 0)
        return;
    double from_w = clamp(a->has_setpoint ? a->setpoint_w : present_w(a), m->low_w, m->high_w);
    double step_w = a->ramp_w_per_s * dt_s;
    if (a->starting &&
        a->has_setpoint) { // no further ahead of what it gives than it has to be, or it is believed later
        double ahead_w = fmax(fabs(present_w(a)), a->on_w);
        from_w = clamp(from_w, -ahead_w, ahead_w);
        step_w = 0;
    }
    m->low_w = fmax(m->low_w, from_w - step_w);
    m->high_w = fmin(m->high_w, from_w + step_w);
}

// The lowest power counts where standing still is possible at all.
static void start_on(const struct regulate_asset *a, struct member *m)
{
    if (a->on_w <= 0 || a->min_w > 0 || a->max_w < 0 || a->kind == ASSET_TIE || a->kind == ASSET_LOAD)
        return;
    double now_w = a->has_setpoint ? a->setpoint_w : present_w(a);
    m->running = fabs(now_w) >= a->on_w / 2;
    m->on_w = a->on_w;
    double largest_w = fmax(a->max_w, -a->min_w);
    if (!m->running && a->kind != ASSET_GENERATOR && largest_w >= a->on_w)
        m->on_w = fmin(START_MARGIN * a->on_w, largest_w);
}

// Runs at `on_w` or more, or stands still: whichever is nearer to what is wanted, with some inertia.
static double runs_or_rests_w(const struct regulate_asset *a, const struct member *m, double wanted_w)
{
    double now_w = a->has_setpoint ? a->setpoint_w : present_w(a);
    double share = fabs(wanted_w) / m->on_w;
    double side = (m->running && share < STAY_SHARE ? now_w : wanted_w) < 0 ? -1 : 1;
    double reach_w = side < 0 ? -a->min_w : a->max_w;
    bool runs = share >= (m->running ? STAY_SHARE : CHANGE_SHARE);
    if (a->stay_off && !m->running)
        runs = false;
    if (a->stay_on && m->running)
        runs = true;
    if (m->running && (side < 0 ? m->high_w < -m->on_w : m->low_w > m->on_w)) // ramps down first
        runs = true;
    if (!runs || reach_w < m->on_w)
        return 0;
    double low_w = fmin(fmax(side < 0 ? -m->high_w : m->low_w, m->on_w), reach_w);
    double high_w = fmax(side < 0 ? -m->low_w : m->high_w, low_w);
    return side * clamp(side * wanted_w, low_w, high_w);
}

static void start_member(const struct regulate_asset *a, double dt_s, struct member *m)
{
    start_window(a, dt_s, m);
    start_on(a, m);
    m->power_w = m->on_w > 0 ? runs_or_rests_w(a, m, clamp(wanted_w(a), a->min_w, a->max_w))
                             : clamp(wanted_w(a), m->low_w, m->high_w);
    m->low_w = fmin(m->low_w, m->power_w);
    m->high_w = fmax(m->high_w, m->power_w);
    m->start_w = m->power_w;
    m->reason = a->has_plan ? REASON_NONE : REASON_RULE;
}

void members_start(struct regulation *r, double dt_s)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        struct member *m = &r->members[i];
        *m = (struct member){.reason_asset = -1, .group = -1};
        if (a->group >= 0 && (size_t)a->group < r->n_groups && a->kind != ASSET_GRID && a->kind != ASSET_TIE)
            m->group = a->group;
        bool may =
            a->commandable && a->kind != ASSET_GRID && a->kind != ASSET_STORE && has_place(r, a) && is_sound(r, a);
        m->follows = may && (a->starting || !r->buses[a->bus].electric);
        m->steered = may && !m->follows;
        if (may)
            start_member(a, dt_s, m);
    }
}

// ---- moves ----------------------------------------------------------------------------------------------------------

double member_room_w(const struct regulation *r, int i, int sign)
{
    const struct member *m = &r->members[i];
    double low_w = m->low_w, high_w = m->high_w;
    if (m->on_w > 0) {
        if (fabs(m->power_w) < m->on_w / 2)
            return 0;
        if (m->power_w < 0)
            high_w = fmin(high_w, -m->on_w);
        else
            low_w = fmax(low_w, m->on_w);
    }
    return fmax(sign > 0 ? high_w - m->power_w : m->power_w - low_w, 0);
}

bool member_jump(const struct regulation *r, int i, int sign, double *ret_w)
{
    const struct regulate_asset *a = &r->assets[i];
    const struct member *m = &r->members[i];
    double along_w = m->power_w * sign; // seen in the direction of the move
    if (m->on_w <= 0 || along_w > m->on_w / 2)
        return false;
    if (along_w < -m->on_w / 2) { // a stop, from its lowest power on
        if (along_w < -m->on_w - CRUMB_W || (a->stay_on && m->running && !r->force))
            return false;
        *ret_w = 0;
        return true;
    }
    if ((sign > 0 ? a->max_w : -a->min_w) < m->on_w || (a->stay_off && !m->running))
        return false;
    *ret_w = sign * m->on_w;
    return true;
}

void member_shift(struct regulation *r, int i, double change_w)
{
    struct member *m = &r->members[i];
    m->power_w += change_w;
    m->low_w = fmin(m->low_w, m->power_w); // a start or stop leads out of what the ramp spans
    m->high_w = fmax(m->high_w, m->power_w);
    r->buses[r->assets[i].bus].grid_w -= change_w;
    for (int g = m->group; g >= 0; g = r->groups[g].within)
        r->groups[g].flow_w += change_w;
}

// ---- order ----------------------------------------------------------------------------------------------------------

double price_band(double a, double b)
{
    return 0.005 * fmax(fabs(a), fabs(b)) + 1e-6;
}

static double key_of(const struct regulation *r, int i, int sign)
{
    return sign > 0 ? r->assets[i].more_cost_per_kwh : -r->assets[i].less_saving_per_kwh;
}

// Shell's sort: the library's may allocate.
static void sort(const struct regulation *r, int *list, int n, int sign)
{
    static const int gaps[] = {132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (int k = gaps[g]; k < n; k++) {
            int moving = list[k], to = k;
            double key = key_of(r, moving, sign);
            for (; to >= gaps[g]; to -= gaps[g]) {
                int other = list[to - gaps[g]];
                double other_key = key_of(r, other, sign);
                if (other_key < key || (other_key == key && other < moving))
                    break;
                list[to] = other;
            }
            list[to] = moving;
        }
}

static void part_by_bus(const struct regulation *r, const int *all, int *parted)
{
    int next[SITE_MAX_BUSES];
    for (size_t b = 0; b < r->n_buses; b++)
        next[b] = r->buses[b].first;
    for (int k = 0; k < r->n_sorted; k++)
        parted[next[r->assets[all[k]].bus]++] = all[k];
}

void members_sort(struct regulation *r)
{
    r->n_sorted = 0;
    for (size_t i = 0; i < r->n_assets; i++) {
        if (!r->members[i].steered || r->assets[i].kind == ASSET_TIE)
            continue;
        r->by_cost[r->n_sorted] = r->by_saving[r->n_sorted] = (int)i;
        r->n_sorted++;
        r->buses[r->assets[i].bus].n_members++;
    }
    int first = 0;
    for (size_t b = 0; b < r->n_buses; b++) {
        r->buses[b].first = first;
        first += r->buses[b].n_members;
    }
    sort(r, r->by_cost, r->n_sorted, 1);
    sort(r, r->by_saving, r->n_sorted, -1);
    part_by_bus(r, r->by_cost, r->bus_by_cost);
    part_by_bus(r, r->by_saving, r->bus_by_saving);
}
