// SPDX-License-Identifier: GPL-3.0-or-later
// Assets for tests of the regulation step: a connection of 1 MW, a battery of 500 kW, a charger of 11 kW, and so on,
// all on bus 0 and in no group.
#pragma once

#include <string.h>

#include "control/regulate.h"
#include "solver/solver.h"

static inline struct regulate_asset grid(double measured_w)
{
    return (struct regulate_asset){.kind = ASSET_GRID,
                                   .from_bus = -1,
                                   .group = -1,
                                   .measured = true,
                                   .measured_w = measured_w,
                                   .import_limit_w = 1e6,
                                   .export_limit_w = 1e6,
                                   .peak_limit_w = LP_INFINITY,
                                   .import_price_per_kwh = 30,
                                   .export_price_per_kwh = 8,
                                   .peak_price_per_kwh = 3600};
}

static inline struct regulate_asset battery(double measured_w)
{
    return (struct regulate_asset){.kind = ASSET_BATTERY,
                                   .from_bus = -1,
                                   .group = -1,
                                   .commandable = true,
                                   .measured = true,
                                   .measured_w = measured_w,
                                   .has_setpoint = true,
                                   .setpoint_w = measured_w,
                                   .min_w = -5e5,
                                   .max_w = 5e5,
                                   .has_plan = true,
                                   .plan_w = 0,
                                   .more_cost_per_kwh = 35,
                                   .less_saving_per_kwh = 5};
}

static inline struct regulate_asset pv(double measured_w)
{
    return (struct regulate_asset){.kind = ASSET_PV,
                                   .from_bus = -1,
                                   .group = -1,
                                   .commandable = true,
                                   .measured = true,
                                   .measured_w = measured_w,
                                   .min_w = 0,
                                   .max_w = measured_w};
}

// 200 kW from bus 0 to bus 1.
static inline struct regulate_asset tie(void)
{
    return (struct regulate_asset){.kind = ASSET_TIE,
                                   .bus = 1,
                                   .from_bus = 0,
                                   .loss_frac = 0.02,
                                   .commandable = true,
                                   .measured = true,
                                   .min_w = -200e3,
                                   .max_w = 200e3};
}

static inline struct regulate_asset sheddable_load(void) // 400 of its 900 kW
{
    return (struct regulate_asset){.kind = ASSET_LOAD,
                                   .from_bus = -1,
                                   .group = -1,
                                   .commandable = true,
                                   .measured = true,
                                   .measured_w = -900e3,
                                   .min_w = -900e3,
                                   .max_w = -500e3,
                                   .more_cost_per_kwh = 2000};
}

static inline struct regulate_asset generator(double measured_w)
{
    return (struct regulate_asset){.kind = ASSET_GENERATOR,
                                   .from_bus = -1,
                                   .group = -1,
                                   .commandable = true,
                                   .measured = true,
                                   .measured_w = measured_w,
                                   .on_w = 100e3,
                                   .max_w = 200e3,
                                   .more_cost_per_kwh = 60};
}

// Charges `power_w` now, as it was told and as is planned; worth more than the import price. Runs at 4 kW at least.
static inline struct regulate_asset charger(double power_w, int group)
{
    return (struct regulate_asset){.kind = ASSET_CHARGER,
                                   .from_bus = -1,
                                   .group = group,
                                   .commandable = true,
                                   .measured = true,
                                   .measured_w = -power_w,
                                   .assumed_w = -11e3,
                                   .has_setpoint = true,
                                   .setpoint_w = -power_w,
                                   .min_w = -11e3,
                                   .on_w = 4e3,
                                   .has_plan = true,
                                   .plan_w = -power_w,
                                   .more_cost_per_kwh = 50,
                                   .less_saving_per_kwh = 20};
}

enum { OUTCOME_ASSETS = 16, OUTCOME_BUSES = 4, OUTCOME_GROUPS = 4 };

struct outcome {
    struct regulate_command commands[OUTCOME_ASSETS];
    struct regulate_bus_result buses[OUTCOME_BUSES];
    struct regulate_group_result groups[OUTCOME_GROUPS];
};

static inline struct outcome step_groups(const struct regulate_asset *assets, size_t n, size_t n_buses,
                                         const struct regulate_group *groups, size_t n_groups)
{
    static const struct regulate_bus electric[OUTCOME_BUSES] = {{true}, {true}, {true}, {true}};
    struct outcome o;
    memset(&o, 0xEE, sizeof o);
    const struct regulate_area area = {.assets = assets,
                                       .n_assets = n,
                                       .buses = electric,
                                       .n_buses = n_buses,
                                       .groups = groups,
                                       .n_groups = n_groups,
                                       .dt_s = 1};
    regulate(&area, o.commands, o.buses, o.groups);
    return o;
}

static inline struct outcome step(const struct regulate_asset *assets, size_t n, size_t n_buses)
{
    return step_groups(assets, n, n_buses, NULL, 0);
}
