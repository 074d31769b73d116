// SPDX-License-Identifier: GPL-3.0-or-later
// One regulation step: balance of every bus, a start from the plan, groups, the merit order, ties, and calm setpoints.
#include "control/regulate.h"

#include <math.h>

#include "base/number.h"
#include "control/bus.h"

static const double LONGEST_STEP_S = 24 * 3600;
static const double SOON_S = 1; // a limit may be exceeded for so long while a ramp runs

// ---- balance --------------------------------------------------------------------------------------------------------

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
        if (a->kind == ASSET_GRID || !bus_exists(r, a->bus))
            continue;
        double power_w = present_w(a);
        count_flow(&r->buses[a->bus], r->members[i].steered, power_w);
        if (a->kind != ASSET_TIE || !bus_exists(r, a->from_bus) || !in_range(a->loss_frac, 0, 0.999))
            continue;
        double from_w = power_w + (a->measured && isfinite(a->from_skew_w) ? a->from_skew_w : 0);
        count_flow(&r->buses[a->from_bus], r->members[i].steered, tie_from_flow_w(from_w, a->loss_frac));
    }
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
    for (size_t i = 0; i < r->n_assets; i++) {
        const struct regulate_asset *a = &r->assets[i];
        double power_w = r->members[i].power_w;
        if (!r->members[i].steered)
            continue;
        r->buses[a->bus].grid_w -= power_w;
        if (a->kind == ASSET_TIE)
            r->buses[a->from_bus].grid_w -= tie_from_flow_w(power_w, a->loss_frac);
    }
}

// ---- solution -------------------------------------------------------------------------------------------------------

// What the bus's assets and ties will give within moments, once their ramps allow.
static double soon_w(const struct regulation *r, int bus)
{
    double sum_w = 0;
    for (int k = 0; k < r->buses[bus].n_members; k++) {
        int i = r->bus_by_cost[r->buses[bus].first + k];
        const struct regulate_asset *a = &r->assets[i];
        if (a->ramp_w_per_s > 0)
            sum_w += fmax(fmin(a->max_w - r->members[i].high_w, a->ramp_w_per_s * SOON_S), 0);
    }
    return sum_w + ties_soon_w(r, bus, SOON_S);
}

// Those that have not run for their least time stop before a light goes out, and no light goes out for what a battery
// on its way up will have covered in a moment.
static void last_resorts(struct regulation *r, int bus)
{
    struct bus_balance *b = &r->buses[bus];
    double patience_w = soon_w(r, bus);
    if (bus_excess_import_w(b) <= patience_w && bus_excess_export_w(b) <= 0)
        return;
    b->import_limit_w += patience_w;
    r->force = true;
    merit_take(r, bus, false);
    r->force = false;
    merit_take(r, bus, true);
    b->import_limit_w -= patience_w;
}

// The buses are balanced once more with those that have to wait.
static void settle_again(struct regulation *r)
{
    for (size_t b = 0; b < r->n_buses; b++)
        merit_take(r, (int)b, false);
}

static void solve(struct regulation *r)
{
    groups_count(r);
    groups_keep(r);
    balance_all(r);
    ties_buy(r);
    for (size_t b = 0; b < r->n_buses; b++)
        merit_take(r, (int)b, false);
    ties_help(r);
    for (size_t b = 0; b < r->n_buses; b++)
        last_resorts(r, (int)b);
    if (groups_hand_over(r))
        settle_again(r);
}

// ---- answers --------------------------------------------------------------------------------------------------------

static void write_results(const struct regulation *r, struct regulate_bus_result *buses,
                          struct regulate_group_result *groups)
{
    for (size_t b = 0; b < r->n_buses; b++) {
        const struct bus_balance *balance = &r->buses[b];
        buses[b] = (struct regulate_bus_result){0};
        if (balance->electric)
            buses[b] = (struct regulate_bus_result){bus_excess_import_w(balance), bus_excess_export_w(balance)};
    }
    for (size_t g = 0; groups != NULL && g < r->n_groups; g++) {
        double excess_w = fabs(r->groups[g].flow_w) - r->groups[g].limit_w;
        groups[g] = (struct regulate_group_result){excess_w > BALANCE_TOLERANCE_W ? excess_w : 0};
    }
}

static void refuse(const struct regulate_area *area, struct regulate_command *commands,
                   struct regulate_bus_result *buses, struct regulate_group_result *groups)
{
    for (size_t i = 0; i < area->n_assets; i++)
        commands[i] = (struct regulate_command){.reason_asset = -1};
    for (size_t b = 0; b < area->n_buses; b++)
        buses[b] = (struct regulate_bus_result){0};
    for (size_t g = 0; groups != NULL && g < area->n_groups; g++)
        groups[g] = (struct regulate_group_result){0};
}

void regulate(const struct regulate_area *area, struct regulate_command *commands, struct regulate_bus_result *buses,
              struct regulate_group_result *groups)
{
    if (area->n_assets > SITE_MAX_ASSETS || area->n_buses > SITE_MAX_BUSES || area->n_groups > SITE_MAX_ASSETS) {
        refuse(area, commands, buses, groups);
        return;
    }
    struct regulation r;
    r.assets = area->assets;
    r.n_assets = area->n_assets;
    r.n_buses = area->n_buses;
    r.n_groups = area->n_groups;
    r.exact = area->exact;
    r.force = false;
    r.first_group = 0;
    for (size_t b = 0; b < r.n_buses; b++)
        r.buses[b] = (struct bus_balance){
            .electric = area->buses[b].electric, .measured = true, .import_grid = -1, .export_grid = -1};
    groups_start(&r, area->groups);
    members_start(&r, clamp(area->dt_s, 0, LONGEST_STEP_S));
    members_sort(&r);
    connections_start(&r);
    count_uncontrolled(&r);
    solve(&r);
    write_results(&r, buses, groups);
    calm_commands(&r, commands);
}
