// SPDX-License-Identifier: GPL-3.0-or-later
// How long one regulation step takes in the largest areas, loads and sun by the dice: 300 assets of every kind on 10
// buses, and a depot of 200 chargers in nested groups among 300. In time of this thread, whatever else the machine
// does.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/regulate.h"
#include "solver/solver.h"

enum { ASSETS = 300, BUSES = 10, ROUNDS = 5000, WARM_UP = 500, CHARGERS = 200, GROUPS = 51 };

static double dice(uint64_t *state, double low, double high)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return low + (high - low) * (double)(*state % 1000001) / 1e6;
}

// Grids first, then by turns a battery, a PV plant, a load, a battery and, now and then, a tie or a generator.
static enum asset_kind kind_of(int asset)
{
    static const enum asset_kind turns[] = {ASSET_BATTERY, ASSET_PV,      ASSET_LOAD, ASSET_BATTERY,
                                            ASSET_LOAD,    ASSET_BATTERY, ASSET_PV,   ASSET_LOAD,
                                            ASSET_TIE,     ASSET_LOAD,    ASSET_PV,   ASSET_GENERATOR};
    return asset < BUSES ? ASSET_GRID : turns[asset / BUSES % 12];
}

static struct regulate_asset grid_of(int bus)
{
    return (struct regulate_asset){.kind = ASSET_GRID,
                                   .bus = bus,
                                   .from_bus = -1,
                                   .measured = true,
                                   .import_limit_w = 2e6,
                                   .export_limit_w = 2e5,
                                   .peak_limit_w = bus % 2 ? 1.5e6 : LP_INFINITY,
                                   .import_price_per_kwh = 30,
                                   .export_price_per_kwh = 8,
                                   .peak_price_per_kwh = 3600};
}

static struct regulate_asset asset_of(int asset, uint64_t *state)
{
    int bus = asset % BUSES;
    enum asset_kind kind = kind_of(asset);
    if (kind == ASSET_GRID)
        return grid_of(bus);
    struct regulate_asset a = {
        .kind = kind, .bus = bus, .from_bus = -1, .group = -1, .measured = true, .commandable = true};
    a.max_w = dice(state, 5e4, 3e5);
    a.min_w = kind == ASSET_BATTERY || kind == ASSET_TIE ? -a.max_w : 0;
    a.more_cost_per_kwh = dice(state, 5, 50);
    a.less_saving_per_kwh = a.more_cost_per_kwh * 0.8;
    a.ramp_w_per_s = kind == ASSET_BATTERY ? a.max_w / 4 : 0;
    if (kind == ASSET_TIE) {
        a.from_bus = (bus + 1) % BUSES;
        a.loss_frac = 0.02;
    }
    if (kind == ASSET_LOAD) {
        a.min_w = -a.max_w;
        a.max_w = a.min_w / 2;
        a.more_cost_per_kwh = 1e7;
    }
    return a;
}

// A depot: one bus, a breaker for all, ten behind it, four stations behind each of them with five chargers each. Half
// of them are worth the same, a tenth feed back.
static struct regulate_asset charger_of(int number, uint64_t *state)
{
    struct regulate_asset a = {.kind = ASSET_CHARGER, .from_bus = -1, .commandable = true, .measured = true};
    a.group = 11 + number / 5;
    a.min_w = number % 3 ? -22e3 : -150e3;
    a.max_w = number % 10 == 0 ? 11e3 : 0;
    a.on_w = 4e3;
    a.more_cost_per_kwh = number % 2 ? 40 : dice(state, 10, 60);
    a.less_saving_per_kwh = a.more_cost_per_kwh * 0.9;
    return a;
}

static void depot_groups(struct regulate_group *groups)
{
    groups[0] = (struct regulate_group){-1, 2e6};
    for (int g = 1; g < GROUPS; g++)
        groups[g] = g < 11 ? (struct regulate_group){0, 3e5} : (struct regulate_group){1 + (g - 11) / 4, 1e5};
}

// The world goes on: everything that is measured wanders, grids up to and beyond their limits.
static void live(struct regulate_asset *assets, uint64_t *state)
{
    for (int i = 0; i < ASSETS; i++) {
        struct regulate_asset *a = &assets[i];
        a->measured_w = a->kind == ASSET_GRID ? dice(state, -4e5, 2.4e6) : dice(state, a->min_w, a->max_w);
        a->has_plan = a->kind == ASSET_BATTERY || a->kind == ASSET_TIE || a->kind == ASSET_CHARGER;
        a->plan_w = a->has_plan ? dice(state, a->min_w, a->max_w) : 0;
    }
}

static double elapsed_us(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)(now.tv_sec - from->tv_sec) * 1e6 + (double)(now.tv_nsec - from->tv_nsec) / 1e3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct figures {
    double p50_us, p99_us, longest_us;
};

static struct figures measure(struct regulate_asset *assets, const struct regulate_area *area, uint64_t *state)
{
    static struct regulate_command commands[ASSETS];
    static double times_us[ROUNDS];
    struct regulate_bus_result results[BUSES];
    struct regulate_group_result group_results[GROUPS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
        struct timespec begin;
        live(assets, state);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        regulate(area, commands, results, group_results);
        if (round >= 0)
            times_us[round] = elapsed_us(&begin);
        for (int i = 0; i < ASSETS; i++) {
            assets[i].has_setpoint = commands[i].command;
            assets[i].setpoint_w = commands[i].setpoint_w;
        }
    }
    qsort(times_us, ROUNDS, sizeof *times_us, ascending);
    return (struct figures){times_us[ROUNDS / 2], times_us[ROUNDS * 99 / 100], times_us[ROUNDS - 1]};
}

int main(void)
{
    static struct regulate_asset mixed[ASSETS], depot[ASSETS];
    struct regulate_bus buses[BUSES];
    struct regulate_group groups[GROUPS];
    uint64_t state = 88172645463325252u;
    for (int b = 0; b < BUSES; b++)
        buses[b].electric = true;
    depot_groups(groups);
    for (int i = 0; i < ASSETS; i++)
        depot[i] = mixed[i] = asset_of(i, &state);
    for (int i = 0; i < CHARGERS; i++)
        depot[ASSETS - CHARGERS + i] = charger_of(i, &state);
    struct regulate_area area = {.assets = mixed, .n_assets = ASSETS, .buses = buses, .n_buses = BUSES, .dt_s = 1};
    struct figures a = measure(mixed, &area, &state);
    area.assets = depot;
    area.groups = groups;
    area.n_groups = GROUPS;
    struct figures b = measure(depot, &area, &state);
    printf("%-22s %14s %14s\n", "one step, us", "every kind", "200 chargers");
    printf("%-22s %14.1f %14.1f\n", "half of all below", a.p50_us, b.p50_us);
    printf("%-22s %14.1f %14.1f\n", "99 of 100 below", a.p99_us, b.p99_us);
    printf("%-22s %14.1f %14.1f\n", "longest", a.longest_us, b.longest_us);
    const struct figures *worst = a.p99_us > b.p99_us ? &a : &b;
    printf("regulate: p50_us=%.1f p99_us=%.1f\n", worst->p50_us, worst->p99_us);
    return 0;
}
