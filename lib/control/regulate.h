// SPDX-License-Identifier: GPL-3.0-or-later
// Regulation between plans: one pure step, every second or sooner, that allocates nothing.
//
// The plan says who is worth what (bus prices, storage values); measured powers say what is really so. A deviation is
// taken by the cheapest asset within its limits, the grid connections' limits hold whatever the plan says, and with no
// plan the costs of a self-consumption rule stand in for the plan's values.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan/schedule.h"

struct regulate_asset {
    enum asset_kind kind;
    int bus;
    int from_bus;     // of a tie, else -1
    double loss_frac; // of a tie

    bool commandable; // reachable, and setpoints may be written
    bool measured;    // `measured_w` may be relied upon
    double measured_w;
    double assumed_w; // counted when not measured: the worst case for the bus's limits
    bool has_setpoint;
    double setpoint_w; // last commanded

    double min_w, max_w; // what it may do now: device, SoC, lease; signed. PV: max_w is what it could give
    bool has_plan;
    double plan_w;              // planned power of this step
    double more_cost_per_kwh;   // cost of one more kWh into the bus (storage value / efficiency + wear, fuel)
    double less_saving_per_kwh; // what one kWh less into the bus is worth (storage value * efficiency - wear)
    double ramp_w_per_s;        // 0: none

    // grid connections only
    double import_limit_w, export_limit_w; // hard, margins taken off; an export limit below 0 is an
                                           // import that no asset's giving may undercut
    double peak_limit_w;                   // import above it raises the month's peak; LP_INFINITY: no demand charge
    double import_price_per_kwh, export_price_per_kwh;
    double peak_price_per_kwh; // whole price of import above peak_limit_w
};

struct regulate_command {
    bool command; // a setpoint is to stand (new or renewed)
    double setpoint_w;
    enum reason_kind reason;
    int reason_asset; // what binds, -1 the asset itself
};

struct regulate_bus_result {
    double excess_import_w; // above the limit and out of anybody's reach, >= 0
    double excess_export_w;
};

// One step of `dt_s` seconds since the last. `commands` has n_assets, `results` n_buses entries, both written by this
// call. Assets with non-finite numbers are left alone (command = false). A reason of REASON_NONE stands for the plan's
// own.
void regulate(const struct regulate_asset *assets, size_t n_assets, size_t n_buses, double dt_s,
              struct regulate_command *commands, struct regulate_bus_result *results);
