// SPDX-License-Identifier: GPL-3.0-or-later
// The sessions of a charger or flexible load as far as the plan reaches: which steps are theirs, and what can be had in
// them. Without the linear program, so that the answer can be judged by it. For the files of this room.
//
// A step belongs to the session that covers most of it, the sooner of equals; what that session does not cover of it is
// time in which nothing flows, so that its average power is limited in proportion.
#pragma once

#include "plan/schedule.h"

struct stay {
    size_t first, count; // its steps; none if it is shorter than what another covers of its only step
    double start_wh;
    double wanted_wh; // at the end of its last step. Of one that outlasts the horizon: what a constant power would have
                      // reached by then, so that charging is not put off to where nobody plans
    double goal_wh;   // of that, what it can reach by its own power
    double low_wh, high_wh;
    // Is it present with its own limits kept? One that begins below what it has to keep does not feed back: the energy
    // would have to be bought first, and the next plan knows more.
    bool feeds_back;
};

struct stays {
    size_t count;
    struct stay at[PLAN_MAX_SESSIONS];
    signed char owner[PLAN_MAX_STEPS]; // stay of each step, -1 none
    double share[PLAN_MAX_STEPS];      // of the step, in which it is there
    double held_w[PLAN_MAX_STEPS];     // of an unavailable one, as far as its energy permits; signed
};

void plan_stays(const struct plan_problem *p, const struct plan_flexible *f, struct stays *ret_stays);

// Energy after a step at this power (W at the bus, signed).
double stay_energy_after(const struct plan_flexible *f, double energy_wh, double power_w, double hours);

// Short of what is wanted when it ends with this energy; what rounding could be is nothing.
double stay_missed_wh(const struct stay *s, double energy_wh);

// Whether its powers are none, or its lowest power at least, in all steps of the stay but one: there a run may end.
// Where it feeds back, and where it cannot be told anything, its lowest power is left to regulation.
bool stay_keeps_lowest_power(const struct plan_flexible *f, const struct stays *stays, size_t stay,
                             const double *power_w);

// Where what its sessions miss is counted.
enum objective_tier stay_tier(const struct plan_flexible *f);
