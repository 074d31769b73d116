// SPDX-License-Identifier: GPL-3.0-or-later
// What an area without any planning does in an outage: circuits go and come back in a fixed order at steps of the
// batteries' state of charge and of the fuel that is left. It stands beside aems in the benchmark of outages, and is
// given what real ones of its kind lack: it sees all powers as they are, at once, and everything obeys.
#pragma once

#include "simulate/model.h"

struct fixed_order_steps {
    double low_frac, high_frac;     // state of charge below which nothing above the important is served, and all is
    double important_frac;          // below this the important go as well
    double full_frac;               // state of charge from which the engine only follows the load
    double fuel_first, fuel_second; // shares of the tank: below the first ...
    double most_first, most_second; // ... so large a share of the circuits is served at most
};

struct fixed_order;

// AEMS_E_NOMEM. Borrows `site`, which has one generator, and batteries at each end of a tie.
int fixed_order_new(const struct site *site, const struct fixed_order_steps *steps, struct fixed_order **ret_order);
void fixed_order_free(struct fixed_order *f);

// Looks and acts, before each step of the model.
void fixed_order_act(struct fixed_order *f, struct plant_model *m);
unsigned fixed_order_switchings(const struct fixed_order *f);
