// SPDX-License-Identifier: GPL-3.0-or-later
// The physics of a simulated area: what every asset really does. Pure: time comes in, nothing goes out.
//
//     plant_model_new(site, seed, now, &m);
//     plant_model_command(m, battery, 100e3);
//     plant_model_step(m, later);
//     plant_model_asset(m, battery)->power_w;
//
// The instant's two clocks have different parts here: weather, people and energies follow UTC, which a demonstration
// may let run faster; ramps and lags of the equipment follow the monotonic clock, which control lives by.
// Every grid connection carries exactly what its bus lacks, so all meters of a bus add up to zero after each step. On
// a bus of heat or cold the stores do so, as far as they can; what they cannot give is heat that nobody is served.
// Nothing here keeps a limit that control is there to keep: what goes beyond it is counted.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "site/site.h"

// How long something was outside its limits, in monotonic seconds.
struct plant_violation {
    double import_s, export_s; // in all; of a group: drawn and fed back
    double running_s;          // of the run under way, 0 inside the limits
    double longest_s;          // longest run
    double worst_w;            // furthest beyond a limit
};

// Demand windows of a grid connection that have ended; averages of import.
struct plant_windows {
    unsigned ended;
    unsigned over_contract;  // above contract_power_w, where there is one
    unsigned over_limit;     // above a limit set by plant_model_limit that covered the whole window
    double worst_contract_w; // furthest above
    double worst_limit_w;
    double peak_w; // highest average
};

// Where a battery has been.
struct plant_wear {
    double lowest_frac, highest_frac; // state of charge
    double outside_s;                 // monotonic seconds beyond soc_min or soc_max
    unsigned turns;                   // from charging to discharging or back, by more than a little
    unsigned most_turns_per_min;      // in a monotonic minute
};

// A vehicle that is plugged in, or the window of a flexible load.
struct plant_stay {
    bool present;
    int64_t from_utc_ms, until_utc_ms;
    double wanted_wh;   // into the vehicle, or out of the bus
    double session_wh;  // given so far, less what was fed back
    double capacity_wh; // of the vehicle; flexible loads: 0
    double arrived_wh;  // in the vehicle when it came
};

struct plant_stays {
    unsigned ended;
    unsigned short_of; // ended with less than was wanted and possible
    double missing_wh; // in them
    double wanted_wh;  // in all that have ended
};

struct plant_asset {
    bool commanded;      // a setpoint is in force
    double setpoint_w;   // signed as the asset
    double power_w;      // into its bus; of a tie: into `to`; of a converter: into `from`
    double from_power_w; // of a tie: into `from`; otherwise 0
    double natural_w;    // magnitude: what a load would draw, a PV plant could give, a store or vehicle could give back
    double max_charge_w; // batteries, stores, chargers: what can be charged now
    double energy_wh;    // batteries, stores: stored; chargers: in the vehicle
    double energy_in_wh, energy_out_wh; // counters: into and out of the bus
    double heat_w;                      // CHP, converters: heat or cold given, >= 0
    double fuel_wh;                     // generators with a tank: electric energy left
    double started_s;                   // generators: monotonic seconds since they were told to start
    double outside_degc;                // temperature, the same for all
    bool tripped;                       // batteries, generators, PV: it gives and takes nothing
    double extra_w;                     // loads: drawn on top of the standard
    bool fixed;                         // loads, PV: `fixed_w` stands in for the standard
    double fixed_w;
    struct plant_stay stay;            // chargers, flexible loads
    struct plant_stays stays;          // chargers, flexible loads
    struct plant_violation violation;  // grids, against the site's limits
    struct plant_violation over_limit; // grids, against plant_model_limit
    struct plant_windows windows;      // grids
    struct plant_wear wear;            // batteries
};

struct plant_bus {
    double lacking_w;   // without a grid connection: what nobody gives (> 0) or takes
    double unserved_wh; // of it, in all
    double spilled_wh;
};

struct plant_group {
    double power_w; // of all behind it, positive into the bus
    struct plant_violation violation;
};

// Disturbances beyond the usual: none at first.
enum plant_noise {
    PLANT_NOISE_STEPS,  // loads jump by up to this share of themselves, at random instants some minutes apart
    PLANT_NOISE_CLOUDS, // clouds pass that take this share of the sun
    PLANT_NOISE_COUNT
};

struct plant_model;

// Batteries and stores start half full, tanks full; vehicles are there where a session is under way. Borrows `site`.
// AEMS_E_NOMEM.
int plant_model_new(const struct site *site, uint64_t seed, struct instant start, struct plant_model **ret_model);
void plant_model_free(struct plant_model *m);

// Moves everything on to `now`. Does nothing when no clock has moved; UTC that goes back counts as standing still.
void plant_model_step(struct plant_model *m, struct instant now);

// A setpoint in W, signed as the asset's power: batteries, ties, generators, converters and chargers follow it as far
// as they can, PV and loads stay below it, stores of heat follow their bus whatever they are told.
// AEMS_E_RANGE when it is not finite or there is no such asset.
int plant_model_command(struct plant_model *m, int asset, double power_w);

// The asset goes its own way: battery, tie and generator 0 W, PV and loads without a limit, a converter gives what its
// bus draws, chargers and flexible loads take all they can until they have what is wanted.
void plant_model_release(struct plant_model *m, int asset);

// Hooks of the tests. AEMS_E_STATE when the asset is of another kind, AEMS_E_RANGE.
int plant_model_set_soc(struct plant_model *m, int asset, double soc_frac);   // batteries, stores, vehicles
int plant_model_set_fuel(struct plant_model *m, int asset, double fuel_frac); // generators with a tank
int plant_model_set_extra(struct plant_model *m, int asset, double extra_w);  // loads
int plant_model_fix(struct plant_model *m, int asset, double magnitude_w);    // loads, PV: instead of their own
int plant_model_unfix(struct plant_model *m, int asset);                      // back to the standard, no extra
int plant_model_set_noise(struct plant_model *m, enum plant_noise kind, double share); // 0-1; 0: none

// A vehicle comes, or a flexible load's window opens, now, in the place of one that is there; until `until_utc_ms`.
// AEMS_E_STATE when the asset is of another kind, AEMS_E_RANGE.
int plant_model_plug_in(struct plant_model *m, int asset, double wanted_wh, int64_t until_utc_ms);

// It leaves now; the next one comes when its own time begins. AEMS_E_STATE also when there is none.
int plant_model_unplug(struct plant_model *m, int asset);

// Counts a grid's import beyond `import_limit_w` in [from, until); takes the place of the limit before.
int plant_model_limit(struct plant_model *m, int grid, double import_limit_w, int64_t from_utc_ms,
                      int64_t until_utc_ms);

// ---- outages, and a plant that is led from outside ------------------------------------------------------------------

// A grid connection that is away carries nothing.
int plant_model_set_grid(struct plant_model *m, int grid, bool available); // AEMS_E_RANGE

// With forming, what an electric bus without a grid connection still lacks or has over after every step is taken at
// once by who holds its voltage, within its own limits: when it is lacking, generators that run, batteries with a
// setpoint, ties without one, generators that stand still; when it is over, generators and these batteries, then PV,
// which gives less. A boiler without a setpoint gives what its bus lacks. Off at first: control is to be tested alone.
void plant_model_set_forming(struct plant_model *m, bool on);

// From now on nothing comes by itself: no weather, no people, no vehicles. Loads and PV are what they are fixed to,
// 0 before that.
void plant_model_lead(struct plant_model *m);
int plant_model_set_outside(struct plant_model *m, double outside_degc); // of a plant that is led; AEMS_E_RANGE

// ---- islands
// ----------------------------------------------------------------------------------------------------------

// With islands, the site's islands are made up with their breakers, switches and black bus bars, in place of the plain
// forming above. A bus lives while its grid connection is there with its breaker closed, or while one of the island's
// forming assets, the first in its order that can, gives or takes what is left within its limits; a little more for a
// second or two. Else it goes black: nothing is drawn or given there, generators stop. A black bus lives again when it
// is connected, when a forming battery is given a setpoint, a forming generator has started, or a forming tie's other
// end lives and it is given a setpoint; what was told within two seconds of going black does not count. Who forms goes
// on when its setpoint lapses. A battery that is nearly empty hands over to the next who can, and takes over again when
// it is clearly above; one that tripped follows for five minutes, while somebody else can. Off at first.
//
// Limits are exceeded by a fifth for two seconds, by more for half a second, while voltage sags and loads get what is
// left; where steps are long against that, for three of them.
int plant_model_set_islands(struct plant_model *m, bool on); // AEMS_E_STATE: the site has none

struct plant_island {
    bool supplied; // the public grid is there, on its side of the breaker
    bool breaker_closed;
    bool lives;
    int forming;                    // asset that holds it, -1: the grid, or nobody
    double supply_v, supply_hz;     // on the grid's side, as its meter sees them
    double voltage_v, frequency_hz; // of the bus bar
    double backfeed_s;              // it was connected to a grid that is away: nobody may ever do that
    double black_s, overload_s;
    unsigned blackouts; // it lived and went black
};
const struct plant_island *plant_model_island(const struct plant_model *m, int island);

// The interconnection's own protection opens the breaker when the grid is gone, on at first, and so it is where an
// island has none; off, the breaker stays closed until somebody opens it and the dead grid pulls the bus down.
int plant_model_set_protection(struct plant_model *m, int island, bool on);
int plant_model_set_supply(struct plant_model *m, int island, double voltage_v,
                           double frequency_hz); // while it is there

struct plant_switch {
    bool closed;
    bool stuck;      // does not move any more
    double inrush_s; // since it was closed, or had voltage again
};
int plant_model_switch(struct plant_model *m, int of_switch, bool closed); // AEMS_E_RANGE
int plant_model_stick(struct plant_model *m, int of_switch, bool stuck);
const struct plant_switch *plant_model_switch_at(const struct plant_model *m, int of_switch);

// A battery, generator or PV plant that has tripped gives and takes nothing until it is reset.
int plant_model_trip(struct plant_model *m, int asset, bool tripped);

// What a load got and would have drawn, by tier, since plant_model_reset_violations. Wh.
struct plant_served {
    double wanted_wh[TIER_COUNT], served_wh[TIER_COUNT];
};
const struct plant_served *plant_model_served(const struct plant_model *m, int load);

// All counters of violations, windows, stays, wear and unserved energy begin anew.
void plant_model_reset_violations(struct plant_model *m);

double plant_model_outside_degc(const struct plant_model *m);
const struct plant_asset *plant_model_asset(const struct plant_model *m, int asset);
const struct plant_bus *plant_model_bus(const struct plant_model *m, int bus);
const struct plant_group *plant_model_group(const struct plant_model *m, int group);
double plant_model_soc_frac(const struct plant_model *m, int asset);  // 0 when it stores nothing or nobody is there
double plant_model_fuel_frac(const struct plant_model *m, int asset); // 1 when its fuel does not end
