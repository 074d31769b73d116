// SPDX-License-Identifier: GPL-3.0-or-later
// One regulation step: balance of every bus, a start from the plan, the merit order, ties, and calm setpoints.
#include "control/regulate.h"

#include <math.h>

#include "base/number.h"
#include "control/bus.h"

static const double LARGEST_W = 1e12;
static const double SOON_S = 1; // a limit may be exceeded for so long while a ramp runs

static bool finite_all(const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

static bool bus_exists(int bus, size_t n_buses)
{
    return bus >= 0 && (size_t)bus < n_buses;
}

// A steerable asset has a place and only finite numbers; anything else is left alone.
static bool is_sound(const struct regulate_asset *a, size_t n_buses)
{
    const double numbers[] = {a->min_w,        a->max_w,    a->more_cost_per_kwh, a->less_saving_per_kwh,
                              a->ramp_w_per_s, a->loss_frac};
    if (!bus_exists(a->bus, n_buses) || !finite_all(numbers, sizeof numbers / sizeof *numbers))
        return false;
    if ((a->measured && !isfinite(a->measured_w)) || (a->has_setpoint && !isfinite(a->setpoint_w)) ||
        !isfinite(a->plan_w))
        return false;
    if (a->kind == ASSET_TIE && (!bus_exists(a->from_bus, n_buses) || a->loss_frac < 0 || a->loss_frac >= 1))
        return false;
    return a->min_w <= a->max_w;
}

static double present_w(const struct regulate_asset *a)
{
    if (a->measured && isfinite(a->measured_w))
        return a->measured_w;
    if (a->commandable && a->has_setpoint && isfinite(a->setpoint_w))
        return a->setpoint_w;
    return isfinite(a->assumed_w) ? a->assumed_w : 0;
}

static double sound_limit(double limit_w)
{
    return isnan(limit_w) ? 0 : fmin(fmax(limit_w, -LARGEST_W), LARGEST_W);
}

// Several connections of one bus share its flow as physics will have it: their limits add up, the dearest price leads.
static void add_grid(struct bus_balance *b, const struct regulate_asset *a, int index)
{
    b->measured = (b->has_grid ? b->measured : true) && a->measured && isfinite(a->measured_w);
    b->import_limit_w += sound_limit(a->import_limit_w);
    b->export_limit_w += sound_limit(a->export_limit_w);
    b->peak_limit_w += isnan(a->peak_limit_w) ? LARGEST_W : fmin(fmax(a->peak_limit_w, 0), LARGEST_W);
    double import_price = isfinite(a->import_price_per_kwh) ? a->import_price_per_kwh : 0;
    double export_price = isfinite(a->export_price_per_kwh) ? a->export_price_per_kwh : 0;
    double peak_price = isfinite(a->peak_price_per_kwh) ? a->peak_price_per_kwh : import_price;
    b->import_price = b->has_grid ? fmax(b->import_price, import_price) : import_price;
    b->export_price = b->has_grid ? fmax(b->export_price, export_price) : export_price;
    b->peak_price = fmax(b->has_grid ? fmax(b->peak_price, peak_price) : peak_price, b->import_price);
    b->grid = b->has_grid ? b->grid : index;
    b->has_grid = true;
    if (a->measured && isfinite(a->measured_w))
        b->uncontrolled_w -= a->measured_w;
}

// A bus without a connection is one whose "grid" carries nothing and may carry nothing.
static void start_buses(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++)
        r->buses[b] = (struct bus_balance){.measured = true, .grid = -1, .first_member = -1};
    for (size_t i = 0; i < r->n_assets; i++)
        if (r->assets[i].kind == ASSET_GRID && bus_exists(r->assets[i].bus, r->n_buses))
            add_grid(&r->buses[r->assets[i].bus], &r->assets[i], (int)i);
    for (size_t b = 0; b < r->n_buses; b++)
        if (!r->buses[b].measured)
            r->buses[b].uncontrolled_w = 0;
}

// Closed loop: what steered assets do now is taken off the reading. Open loop: what the others do is added up.
static void count_flow(struct bus_balance *b, bool steered, double flow_w)
{
    if (b->measured && steered)
        b->uncontrolled_w -= flow_w;
    else if (!b->measured && !steered)
        b->uncontrolled_w += flow_w;
}

static void count_uncontrolled(struct regulation *r)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        if (a->kind == ASSET_GRID || !bus_exists(a->bus, r->n_buses))
            continue;
        double power_w = present_w(a);
        count_flow(&r->buses[a->bus], r->members[i].steered, power_w);
        if (a->kind == ASSET_TIE && bus_exists(a->from_bus, r->n_buses) && in_range(a->loss_frac, 0, 0.999))
            count_flow(&r->buses[a->from_bus], r->members[i].steered, tie_from_flow_w(power_w, a->loss_frac));
    }
}

static double start_power(const struct regulate_asset *a)
{
    if (a->kind == ASSET_PV) // what the sun gives is used unless prices or limits say otherwise
        return a->max_w;
    if (a->kind == ASSET_LOAD)
        return a->min_w;
    return a->plan_w;
}

static void start_member(const struct regulate_asset *a, double dt_s, struct member *m)
{
    m->low_w = a->min_w;
    m->high_w = a->max_w;
    if (a->ramp_w_per_s > 0) {
        double from_w = clamp(a->has_setpoint ? a->setpoint_w : present_w(a), m->low_w, m->high_w);
        double step_w = a->ramp_w_per_s * dt_s;
        m->low_w = fmax(m->low_w, from_w - step_w);
        m->high_w = fmin(m->high_w, from_w + step_w);
    }
    m->power_w = clamp(start_power(a), m->low_w, m->high_w);
    m->reason = a->has_plan ? REASON_NONE : REASON_RULE;
    m->reason_asset = -1;
}

static void start_members(struct regulation *r, double dt_s)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        struct member *m = &r->members[i];
        *m = (struct member){.next = -1, .reason_asset = -1};
        m->steered = a->commandable && a->kind != ASSET_GRID && is_sound(a, r->n_buses);
        if (!m->steered)
            continue;
        start_member(a, dt_s, m);
        m->next = r->buses[a->bus].first_member;
        r->buses[a->bus].first_member = (int)i;
    }
}

static void add_to_grid(struct regulation *r, size_t i, double sign)
{
    const struct regulate_asset *a = &r->assets[i];
    double power_w = r->members[i].power_w;
    r->buses[a->bus].grid_w -= sign * power_w;
    if (a->kind == ASSET_TIE)
        r->buses[a->from_bus].grid_w -= sign * tie_from_flow_w(power_w, a->loss_frac);
}

void balance_update(struct regulation *r, int bus)
{
    struct bus_balance *b = &r->buses[bus];
    b->grid_w = -b->uncontrolled_w;
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        if (!r->members[i].steered)
            continue;
        if (a->bus == bus)
            b->grid_w -= r->members[i].power_w;
        else if (a->kind == ASSET_TIE && a->from_bus == bus)
            b->grid_w -= tie_from_flow_w(r->members[i].power_w, a->loss_frac);
    }
}

static void balance_all(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++)
        r->buses[b].grid_w = -r->buses[b].uncontrolled_w;
    for (size_t i = 0; i < r->n_assets; i++)
        if (r->members[i].steered)
            add_to_grid(r, i, 1);
}

// A generator runs at its minimum or not at all. What is left of the balance goes through the merit order once more.
static void settle_generators(struct regulation *r)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        struct member *m = &r->members[i];
        if (!m->steered || a->kind != ASSET_GENERATOR || m->power_w <= 0 || m->power_w >= a->on_w)
            continue;
        bool needed = m->reason == REASON_IMPORT_LIMIT;
        double power_w = needed || m->power_w >= a->on_w / 2 ? a->on_w : 0;
        add_to_grid(r, i, -1);
        m->power_w = m->low_w = m->high_w = power_w;
        add_to_grid(r, i, 1);
        merit_take(r, a->bus, false);
    }
}

// Small changes are not worth a write, and noise must not become movement. Rest is rest, though: what the plan wants
// still does not stay at the crumb that was left over.
static double calm(const struct regulate_asset *a, const struct member *m)
{
    double band_w = fmax(0.002 * (a->max_w - a->min_w), 50);
    bool holds = a->has_setpoint && fabs(m->power_w - a->setpoint_w) < band_w;
    bool allowed = a->setpoint_w >= m->low_w && a->setpoint_w <= m->high_w;
    bool rests = m->reason == REASON_NONE && m->power_w == 0;
    return holds && allowed && !rests ? a->setpoint_w : m->power_w;
}

static void write_commands(const struct regulation *r, struct regulate_command *commands)
{
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct member *m = &r->members[i];
        commands[i] = (struct regulate_command){.reason_asset = -1};
        if (!m->steered)
            continue;
        commands[i].command = true;
        commands[i].setpoint_w = calm(&r->assets[i], m);
        commands[i].reason = m->reason;
        commands[i].reason_asset = m->reason_asset;
    }
}

// What the bus's assets will give within moments, once their ramps allow.
static double soon_w(const struct regulation *r, int bus)
{
    double sum_w = 0;
    for (int i = r->buses[bus].first_member; i >= 0; i = r->members[i].next) {
        const struct regulate_asset *a = &r->assets[i];
        if (a->ramp_w_per_s > 0 && a->kind != ASSET_TIE)
            sum_w += fmax(fmin(a->max_w - r->members[i].high_w, a->ramp_w_per_s * SOON_S), 0);
    }
    return sum_w;
}

// Nobody's light goes out for what a battery on its way up will have covered in a moment.
static void shed(struct regulation *r, int bus)
{
    struct bus_balance *b = &r->buses[bus];
    double patience_w = soon_w(r, bus);
    if (bus_excess_import_w(b) <= patience_w)
        return;
    b->import_limit_w += patience_w;
    merit_take(r, bus, true);
    b->import_limit_w -= patience_w;
}

static void solve(struct regulation *r)
{
    balance_all(r);
    for (size_t b = 0; b < r->n_buses; b++)
        merit_take(r, (int)b, false);
    settle_generators(r);
    ties_help(r);
    for (size_t b = 0; b < r->n_buses; b++)
        shed(r, (int)b);
}

void regulate(const struct regulate_area *area, struct regulate_command *commands, struct regulate_bus_result *buses,
              struct regulate_group_result *groups)
{
    struct member members[SITE_MAX_ASSETS];
    struct bus_balance balances[SITE_MAX_BUSES];
    for (size_t g = 0; groups != NULL && g < area->n_groups; g++)
        groups[g] = (struct regulate_group_result){0};
    if (area->n_assets > SITE_MAX_ASSETS || area->n_buses > SITE_MAX_BUSES) {
        for (size_t i = 0; i < area->n_assets; i++)
            commands[i] = (struct regulate_command){.reason_asset = -1};
        for (size_t b = 0; b < area->n_buses; b++)
            buses[b] = (struct regulate_bus_result){0};
        return;
    }
    struct regulation r = {area->assets, area->n_assets, members, balances, area->n_buses};
    start_buses(&r);
    start_members(&r, clamp(area->dt_s, 0, 60));
    count_uncontrolled(&r);
    solve(&r);
    write_commands(&r, commands);
    for (size_t b = 0; b < area->n_buses; b++)
        buses[b] = (struct regulate_bus_result){bus_excess_import_w(&balances[b]), bus_excess_export_w(&balances[b])};
}
