// SPDX-License-Identifier: GPL-3.0-or-later
// Working state of one regulation step: what each bus draws and what each asset may still do about it.
#pragma once

#include "control/regulate.h"

struct bus_balance {
    bool has_grid;
    bool measured;         // closed loop: the grid's reading holds everything, metered or not
    double uncontrolled_w; // flows into the bus that this step does not set
    double grid_w;         // what the grid connection will carry once the setpoints are reached
    double import_limit_w, export_limit_w, peak_limit_w;
    double import_price, export_price, peak_price; // per kWh
    int grid;                                      // asset that stands for the limits, -1 none
    int first_member;                              // chain of steerable assets on this bus, -1 end
};

struct member { // one per asset
    bool steered;
    bool rises, falls; // already moved that way in this step
    double low_w, high_w;
    double power_w; // decided so far
    enum reason_kind reason;
    int reason_asset;
    int next; // in the bus's chain
};

struct regulation {
    const struct regulate_asset *assets;
    size_t n_assets;
    struct member *members;
    struct bus_balance *buses;
    size_t n_buses;
};

// Slack of limits and segments; below any meter's resolution.
#define BALANCE_TOLERANCE_W 0.5

// Lets the assets of a bus take what is cheaper than the grid and what the limits ask for, cheapest first. Loads are
// shed only with `shed`.
void merit_take(struct regulation *r, int bus, bool shed);

// Buses that cannot hold a limit alone get help over their ties, as far as the bus at the other end has room.
void ties_help(struct regulation *r);

// Flow of a tie into its `from` bus while `power_w` flows into `to`.
double tie_from_flow_w(double power_w, double loss_frac);

void balance_update(struct regulation *r, int bus);
double bus_excess_import_w(const struct bus_balance *b);
double bus_excess_export_w(const struct bus_balance *b);
