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
// Every grid connection carries exactly what its bus lacks, so all meters of a bus add up to zero after each step.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "site/site.h"

// How long a grid connection was outside its contract, in monotonic seconds.
struct plant_violation {
    double import_s, export_s; // in all
    double running_s;          // of the run under way, 0 inside the limits
    double longest_s;          // longest run
    double worst_w;            // furthest beyond a limit
};

struct plant_asset {
    bool commanded;      // a setpoint is in force
    double setpoint_w;   // signed as the asset
    double power_w;      // into its bus; of a tie: into `to`
    double from_power_w; // of a tie: into `from`; otherwise 0
    double natural_w;    // magnitude: what a load would draw, a PV plant could give, a battery could discharge
    double max_charge_w; // batteries: what can be charged now
    double energy_wh;    // batteries: stored
    double energy_in_wh, energy_out_wh; // counters: into and out of the bus
    double extra_w;                     // loads: drawn on top of the standard
    bool fixed;                         // loads, PV: `fixed_w` stands in for the standard
    double fixed_w;
    struct plant_violation violation; // grids
};

struct plant_model;

// Batteries start half full. Borrows `site`. AEMS_E_NOMEM.
int plant_model_new(const struct site *site, uint64_t seed, struct instant start, struct plant_model **ret_model);
void plant_model_free(struct plant_model *m);

// Moves everything on to `now`. Does nothing when no clock has moved; UTC that goes back counts as standing still.
void plant_model_step(struct plant_model *m, struct instant now);

// A setpoint in W, signed as the asset's power: batteries, ties and generators follow it, PV and loads stay below it.
// AEMS_E_RANGE when it is not finite or there is no such asset.
int plant_model_command(struct plant_model *m, int asset, double power_w);

// The asset goes its own way: battery, tie and generator 0 W, PV and loads without a limit.
void plant_model_release(struct plant_model *m, int asset);

// Hooks of the tests. AEMS_E_STATE when the asset is of another kind, AEMS_E_RANGE.
int plant_model_set_soc(struct plant_model *m, int asset, double soc_frac);
int plant_model_set_extra(struct plant_model *m, int asset, double extra_w); // loads
int plant_model_fix(struct plant_model *m, int asset, double magnitude_w);   // loads, PV: instead of their own
int plant_model_unfix(struct plant_model *m, int asset);                     // back to the standard, no extra
void plant_model_reset_violations(struct plant_model *m);

const struct plant_asset *plant_model_asset(const struct plant_model *m, int asset);
double plant_model_soc_frac(const struct plant_model *m, int asset); // 0 when it is no battery

// What a bus without a grid connection lacks (> 0) or has too much; 0 on every other bus.
double plant_model_lacking_w(const struct plant_model *m, int bus);
