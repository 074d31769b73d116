// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the physics share: the memory of the model, and who works on it.
#pragma once

#include "simulate/model.h"
#include "simulate/nature.h"

struct schedule_of_stays { // of one charger or flexible load
    int64_t next_utc_ms;   // when somebody may come; until then it is not asked again
    int64_t begun_utc_ms;  // begin of the last stay that was taken up or sent away: none is taken up twice
};

struct limit { // of a grid connection, for some time
    double import_w;
    int64_t from_utc_ms, until_utc_ms;
};

struct window { // the demand window under way at a grid connection
    int64_t start_utc_ms, end_utc_ms;
    double import_wh, hours;
    double limited_hours; // under a limit
};

struct turning { // of a battery: which way it went last, and its turns of the minute under way
    int direction;
    double minute_s;
    unsigned turns;
};

struct before { // of a store or tank, before the step under way
    double energy_wh, fuel_wh;
};

struct island_now {
    struct plant_island seen;
    double nominal_v, nominal_hz; // of the grid's supply while it is there
    bool is_protected;
    bool is_asked;      // to close the breaker: the synchroniser works
    double asked_s;     // for so long
    double steady_s;    // without a break, by the clock of the area
    bool onto_dead;     // the breaker was closed onto a grid that is away
    double stress_frac; // of the overload that it bears; at 1 it goes black
    uint64_t black_ms;  // monotonic: when it went black
    bool is_decided;    // in the step under way
    int will_form;
};

struct plant_model {
    const struct site *site;
    uint64_t seed;
    struct instant now;
    double dt_s, hours; // of the step under way: monotonic time, and UTC
    struct nature *nature;
    struct plant_asset *assets;       // as site->assets
    struct plant_bus *buses;          // as site->buses
    double *bus_w;                    // what has flowed into each bus so far in this step
    int *bus_grids;                   // grid connections of each bus
    struct plant_group *groups;       // as site->groups
    struct schedule_of_stays *coming; // as site->assets
    struct turning *turning;          // as site->assets
    struct limit *limits;             // as site->grids
    struct window *windows;           // as site->grids
    bool *away;                       // as site->grids
    bool led, forms;
    double outside_degc;   // of one that is led
    struct before *before; // as site->assets, while it forms

    bool has_islands;              // they are made up
    struct island_now *islands;    // as site->islands
    int *island_order;             // in which they came to life in this step, as far as they live
    size_t n_alive;                // of these
    bool *bus_lives;               // as site->buses
    struct plant_switch *switches; // as site->switches
    struct plant_served *served;   // as site->loads
    uint64_t *told_ms;             // as site->assets; monotonic, of the last setpoint; 0: never
    uint64_t *tripped_ms;          // as site->assets; monotonic, last time; 0: never
};

// movement.c: every asset but the grids, and what they carry in the end.
void movement_step(struct plant_model *m);

// With what it held before the step, a battery or generator gives `power_w` at once, as far as it can.
void movement_battery_gives(struct plant_model *m, int asset, double power_w);
void movement_generator_gives(struct plant_model *m, int asset, double power_w);
void movement_tie_gives(struct plant_model *m, int asset, double power_w);
void movement_battery_bears(struct plant_model *m, int asset, double power_w, double beyond); // times its most power
void movement_flow(struct plant_model *m, int asset, int sign); // its flows are added to its buses, or taken off

// forming.c: who holds the voltage of a bus takes what is left.
void forming_step(struct plant_model *m, bool electric);

// islands.c: breakers, who lives, who forms.
int islands_new(struct plant_model *m); // AEMS_E_NOMEM
void islands_free(struct plant_model *m);
void islands_begin(struct plant_model *m);
void islands_count_grids(struct plant_model *m); // that carry, by bus
bool islands_carries(const struct plant_model *m, int grid);
bool islands_powers(const struct plant_model *m, int asset); // it has voltage, at both ends, and has not tripped
void islands_reset(struct plant_model *m);
// A setpoint is in force that came after the island went black.
bool islands_told_since(const struct plant_model *m, const struct island_now *n, int asset);
bool islands_is_breaker(const struct plant_model *m, int of_switch);
void islands_told(struct plant_model *m, int of_switch, bool closed); // a breaker that is not stuck
double islands_nominal_v(const struct site_island *of);
double islands_nominal_hz(const struct site_island *of);

// deciding.c: which bus bars live, and who holds them. Writes what is decided into islands, island_order and bus_lives.
void deciding_all(struct plant_model *m);

// balance.c: who forms an island takes what is left.
void balance_step(struct plant_model *m);

// switched.c: loads behind switches.
double switched_most_w(const struct plant_model *m, int load, double natural_w); // of what it would draw now
void switched_count(struct plant_model *m);

// stays.c: vehicles and windows come and go.
void stays_step(struct plant_model *m, int asset);
void stays_begin(struct plant_model *m, int asset, struct plant_stay stay);
void stays_end(struct plant_model *m, int asset);

// counting.c: energies, and what went beyond a limit.
void counting_step(struct plant_model *m);
void counting_reset(struct plant_model *m);
