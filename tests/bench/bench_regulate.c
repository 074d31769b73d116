// SPDX-License-Identifier: GPL-3.0-or-later
// How long one regulation step takes in the largest area: 300 assets on 10 buses, loads and sun by the dice.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/regulate.h"
#include "solver/solver.h"

enum { ASSETS = 300, BUSES = 10, ROUNDS = 20000, WARM_UP = 500 };

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
    struct regulate_asset a = {.kind = kind, .bus = bus, .from_bus = -1, .measured = true, .commandable = true};
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

// The world goes on: everything that is measured wanders, grids up to and beyond their limits.
static void live(struct regulate_asset *assets, uint64_t *state)
{
    for (int i = 0; i < ASSETS; i++) {
        struct regulate_asset *a = &assets[i];
        a->measured_w = a->kind == ASSET_GRID ? dice(state, -4e5, 2.4e6) : dice(state, a->min_w, a->max_w);
        a->has_plan = a->kind == ASSET_BATTERY || a->kind == ASSET_TIE;
        a->plan_w = a->has_plan ? dice(state, a->min_w, a->max_w) : 0;
    }
}

static double elapsed_us(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) * 1e6 + (double)(now.tv_nsec - from->tv_nsec) / 1e3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static struct regulate_asset assets[ASSETS];
    static struct regulate_command commands[ASSETS];
    static double times_us[ROUNDS];
    struct regulate_bus_result results[BUSES];
    struct regulate_bus buses[BUSES];
    const struct regulate_area area = {
        .assets = assets, .n_assets = ASSETS, .buses = buses, .n_buses = BUSES, .dt_s = 1};
    for (int b = 0; b < BUSES; b++)
        buses[b].electric = true;
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < ASSETS; i++)
        assets[i] = asset_of(i, &state);
    for (int round = -WARM_UP; round < ROUNDS; round++) {
        struct timespec begin;
        live(assets, &state);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        regulate(&area, commands, results, NULL);
        if (round >= 0)
            times_us[round] = elapsed_us(&begin);
        for (int i = 0; i < ASSETS; i++) {
            assets[i].has_setpoint = commands[i].command;
            assets[i].setpoint_w = commands[i].setpoint_w;
        }
    }
    qsort(times_us, ROUNDS, sizeof *times_us, ascending);
    printf("%-22s %10s\n", "one step, 300 assets", "us");
    printf("%-22s %10.1f\n%-22s %10.1f\n%-22s %10.1f\n", "half of all below", times_us[ROUNDS / 2], "99 of 100 below",
           times_us[ROUNDS * 99 / 100], "longest", times_us[ROUNDS - 1]);
    printf("regulate: p50_us=%.1f p99_us=%.1f\n", times_us[ROUNDS / 2], times_us[ROUNDS * 99 / 100]);
    return 0;
}
