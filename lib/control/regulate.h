// SPDX-License-Identifier: GPL-3.0-or-later
// Regulation between plans: one pure step, every second or sooner, that allocates nothing.
//
// The plan says who is worth what (bus prices, energy values); measured powers say what is really so. A deviation is
// taken by the cheapest asset within its limits, the limits of grid connections and groups hold whatever the plan says,
// and with no plan the costs of a rule stand in for the plan's values.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan/schedule.h"

struct regulate_bus {
    bool electric; // others are not balanced: their generators follow plan and rule, their stores carry what is over
};

// A breaker or charging station: what the assets behind it draw, or feed back, stays within the limit.
struct regulate_group {
    int within; // group that it hangs behind itself, of a lower number than its own; -1 none
    double limit_w;
};

struct regulate_asset {
    enum asset_kind kind; // stores are not regulated
    int bus;              // of a converter: the one it draws from
    int from_bus;         // of a tie, else -1
    double loss_frac;     // of a tie
    int group;            // -1 none

    bool commandable; // reachable, and setpoints may be written
    bool measured;    // `measured_w` may be relied upon
    double measured_w;
    double from_skew_w; // of a tie: its power when its `from` bus was read, less `measured_w`; 0: read together
    double assumed_w;   // counted when not measured: the worst case for the limits of bus and group
    bool has_setpoint;
    double setpoint_w; // last commanded

    double min_w, max_w; // what it may do now: device, SoC, lease; signed. PV: max_w is what it could give
    double on_w;         // lowest power it runs at in either direction, or it stands still (0 W, if min_w and max_w
                         // allow it); 0: any. An on/off charger has on_w = -min_w = what it draws.

    bool starting; // told to run, and not there yet: what it gives now counts, not what it will give

    // Against starting and stopping in turns. A setpoint or, without one, a measured power says whether it runs now.
    bool stay_on;  // has not run for its least time yet: stopped only for a limit that nothing else can hold
    bool stay_off; // has not rested for its least time yet: started for nothing

    bool has_plan;
    double plan_w;              // planned power of this step; without a plan, what a rule wants (0: stands still)
    double more_cost_per_kwh;   // cost of one more kWh into the bus (energy value / efficiency + wear, fuel; of a
                                // tie what its use costs beside the energy)
    double less_saving_per_kwh; // what one kWh less into the bus is worth (energy value * efficiency - wear)
    double ramp_w_per_s;        // of its running power; a start to on_w and a stop from it are at once. 0: none

    // grid connections only
    double import_limit_w, export_limit_w; // hard: the least of connection, contract or window budget and demand
                                           // response, margins taken off; an export limit below 0 is an import that no
                                           // asset's giving may undercut, an import limit below 0
                                           // a feeding in that no taking may lessen
    enum reason_kind import_reason, export_reason; // what makes that limit; REASON_NONE: the connection itself
    double peak_limit_w;                           // import above it raises the month's peak; LP_INFINITY: no charge
    double import_price_per_kwh, export_price_per_kwh;
    double peak_slack_w;       // what may flow above it for now before anybody gives; nobody takes for it. >= 0
    double peak_price_per_kwh; // whole price of import above peak_limit_w
};

// What one step looks at. Borrowed. At most SITE_MAX_ASSETS, SITE_MAX_BUSES and SITE_MAX_ASSETS groups: of more,
// nothing is steered.
struct regulate_area {
    const struct regulate_asset *assets;
    size_t n_assets;
    const struct regulate_bus *buses;
    size_t n_buses;
    const struct regulate_group *groups; // NULL when there are none
    size_t n_groups;
    double dt_s; // since the last step
    bool exact;  // setpoints stand for long, so that small changes are worth making
};

struct regulate_command {
    bool command; // a setpoint is to stand (new or renewed)
    double setpoint_w;
    enum reason_kind reason;
    int reason_asset; // what binds, -1 the asset itself; the group's number with REASON_GROUP_LIMIT
};

struct regulate_bus_result {
    double excess_import_w; // above the limit and out of anybody's reach, >= 0
    double excess_export_w;
};

struct regulate_group_result {
    double excess_w; // above the limit in either direction and out of anybody's reach, >= 0
};

// One step. `commands` has n_assets, `buses` n_buses, `groups` n_groups entries, all written by this call; `groups` may
// be NULL. Assets with non-finite numbers are left alone (command = false). A reason of REASON_NONE stands for the
// plan's own.
void regulate(const struct regulate_area *area, struct regulate_command *commands, struct regulate_bus_result *buses,
              struct regulate_group_result *groups);
