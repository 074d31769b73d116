// SPDX-License-Identifier: GPL-3.0-or-later
// Working state of one regulation step: what each bus and group draws and what each asset may still do about it.
#pragma once

#include "control/regulate.h"

struct bus_balance {
    bool electric;
    bool has_grid;
    bool measured;         // closed loop: the grid's reading holds everything, metered or not
    double uncontrolled_w; // flows into the bus that this step does not set
    double grid_w;         // what the grid connections will carry once the setpoints are reached
    double import_limit_w, export_limit_w, peak_limit_w, peak_slack_w;
    double import_price, export_price, peak_price; // per kWh
    int import_grid, export_grid;                  // assets that stand for the limits, -1 none
    enum reason_kind import_reason, export_reason;
    int first, n_members; // its part of `bus_by_cost` and `bus_by_saving`
};

struct group_balance {
    int within; // -1 none
    double limit_w;
    double flow_w; // of everything behind it, decided so far; draws are negative
    double held_w; // draws that have been given up but still flow
    double wish_w; // what a fill would add to it
};

struct member { // one per asset
    bool steered;
    bool follows;      // commanded as planned and no more: still starting, or on a bus that is not balanced
    bool running;      // now, before this step
    bool rises, falls; // already moved that way in this step
    double low_w, high_w;
    double on_w;    // runs at this power at least, or stands still; 0: any
    double start_w; // wanted by plan or rule, within what it can do and what its groups allow
    double power_w; // decided so far
    int group;      // -1 none
    enum reason_kind reason;
    int reason_asset;
};

struct regulation {
    const struct regulate_asset *assets;
    size_t n_assets, n_buses, n_groups;
    struct member members[SITE_MAX_ASSETS];
    struct bus_balance buses[SITE_MAX_BUSES];
    struct group_balance groups[SITE_MAX_ASSETS];
    bool exact;      // small changes are made as well
    bool force;      // those that should go on running may be stopped
    bool careful;    // no start or stop relies on others to make up for it
    int first_group; // groups before it, further out, are not looked at: they are next

    // Steered assets but ties, cheapest to rise and best to fall first: all of them, and bus by bus.
    int by_cost[SITE_MAX_ASSETS], by_saving[SITE_MAX_ASSETS];
    int bus_by_cost[SITE_MAX_ASSETS], bus_by_saving[SITE_MAX_ASSETS];
    int n_sorted;
};

// Slack of limits and prices' steps; below any meter's resolution.
#define BALANCE_TOLERANCE_W 0.5

// Smaller moves are none.
#define CRUMB_W 0.05

// Part of a start or stop that must be wanted where no limit asks for it: less where it stays as it is now.
#define STAY_SHARE   0.4
#define CHANGE_SHARE 0.6

// connections.c: what the grid connections of each bus allow together, and at which prices.
void connections_start(struct regulation *r);

// members.c: where each asset starts from, and the order in which they are asked.
void members_start(struct regulation *r, double dt_s);
void members_sort(struct regulation *r);
double present_w(const struct regulate_asset *a);
bool bus_exists(const struct regulation *r, int bus);

// How far it can rise (sign 1) or fall (sign -1) without a start or stop.
double member_room_w(const struct regulation *r, int i, int sign);

// Power after a start or stop in that direction. False when there is none, or it is not at that point.
bool member_jump(const struct regulation *r, int i, int sign, double *ret_w);

void member_shift(struct regulation *r, int i, double change_w);

// Values this close are equal: such assets share, and one whose value is the price keeps to its plan.
double price_band(double a, double b);

// ---- classes: assets of equal value --------------------------------------------------------------------------------

// `n` assets of `list`, from the first on, that are of equal value: by cost (sign 1) or saving (sign -1).
int class_size(const struct regulation *r, const int *list, int n, int sign);

struct demand {
    int sign;           // powers are to rise (1) or fall (-1)
    double need_w;      // in all
    double hard_w;      // of it, for a limit: worth any start or stop
    double most_w;      // no start or stop goes beyond this, which would break a limit on the other side ...
    double most_hard_w; // ... or beyond this for a limit, as others can give way
    bool of_group;      // a stop may overshoot the group's limit the other way, which is looked after next
};

// Moves them by what is needed in all: those that run first and in proportion to their room, then by stops and starts,
// which may overshoot. Returns what was moved.
double class_take(struct regulation *r, const int *list, int n, const struct demand *d);

// Moves each by the same share of `rooms`, less where a group is full, up to `need_w` in all. Returns what was moved.
double class_fill(struct regulation *r, const int *list, const double *rooms, int n, double need_w, int sign);

// ---- groups ---------------------------------------------------------------------------------------------------------

void groups_start(struct regulation *r, const struct regulate_group *groups);
void groups_count(struct regulation *r);     // flows from the members' powers
void groups_keep(struct regulation *r);      // members give way, the cheapest first
bool groups_hand_over(struct regulation *r); // true: some have to wait
double group_own_room_w(const struct group_balance *g, int sign);
double group_room_w(const struct regulation *r, int group, int sign); // of the whole chain; INFINITY for -1

// ---- buses ----------------------------------------------------------------------------------------------------------

// Lets the assets of a bus take what is cheaper than the grid and what the limits ask for, cheapest first. Loads are
// shed only with `shed`, and for nothing but the import limit.
void merit_take(struct regulation *r, int bus, bool shed);

// Before the assets of the buses are asked: what would lift the peak here and is cheaper at the other end of a tie,
// below the peak there, is bought there.
void ties_buy(struct regulation *r);

// Buses that cannot hold a limit, or the peak of the month, alone get help over their ties, as far as the bus at the
// other end has room: below its own peak, when it is for a peak.
void ties_help(struct regulation *r);

// What more ties could bring to a bus within `seconds`, once their ramps allow.
double ties_soon_w(const struct regulation *r, int bus, double seconds);

// Flow of a tie into its `from` bus while `power_w` flows into `to`.
double tie_from_flow_w(double power_w, double loss_frac);
double tie_power_for_from_flow(double flow_w, double loss_frac); // the other way round

void balance_update(struct regulation *r, int bus);
double bus_excess_import_w(const struct bus_balance *b);
double bus_excess_export_w(const struct bus_balance *b);

// calm.c: setpoints from the powers decided; small changes leave them standing.
void calm_commands(struct regulation *r, struct regulate_command *commands);
