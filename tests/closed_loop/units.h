// SPDX-License-Identifier: GPL-3.0-or-later
// How the units of the simulated area were run: starts, hours and how short a run or rest was, and where stores went.
#pragma once

#include "simulate/model.h"

struct unit_figures {
    unsigned starts;
    double run_s, energy_wh;                // energy at its bus, magnitude
    double shortest_run_s, shortest_rest_s; // of those that began and ended; INFINITY: there was none
    double lowest_frac, highest_frac;       // of a store: state of charge
};

struct units;

// AEMS_E_NOMEM. Borrows `site`.
int units_new(const struct site *site, struct units **ret_units);
void units_free(struct units *u);

// Once after every move of the model, `dt_s` after the last.
void units_step(struct units *u, const struct plant_model *m, double dt_s);
const struct unit_figures *units_of(const struct units *u, int asset);
