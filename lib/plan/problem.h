// SPDX-License-Identifier: GPL-3.0-or-later
// One dispatch problem, complete in itself: the site's limits that matter, the state, forecasts and prices per step.
// The engine makes it, the planner process solves it, a file keeps it for replay. Sets and equations: see
// docs/dispatch.md.
//
// Arrays over steps have `n_steps` entries. Powers in W are averages over a step; signs as everywhere: magnitudes here,
// with their direction in the name.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum { PLAN_MAX_STEPS = 400 };

struct plan_grid {
    char id[SITE_ID_MAX];
    int bus;
    double import_limit_w, export_limit_w; // kept in every step
    double *import_price_per_kwh;          // per step
    double *export_price_per_kwh;
    double demand_charge_per_kw;
    int demand_window_s;      // 0: no demand charge
    double peak_so_far_w;     // this month
    double window_elapsed_wh; // imported in the demand window that is under way at the start
    double co2_cost_per_kwh;  // of import, at the CO2 price
    bool away;                // outage: nothing can flow, and no tier can buy what cannot flow
};

struct plan_pv {
    char id[SITE_ID_MAX];
    int bus;
    double *available_w; // per step
    bool curtailable;
};

struct plan_battery {
    char id[SITE_ID_MAX];
    int bus;
    double energy_wh; // at the start; may lie outside its limits
    double min_wh, max_wh, reserve_wh;
    double max_charge_w, max_discharge_w;
    double charge_efficiency, discharge_efficiency, self_discharge_per_h;
    double wear_per_kwh;
    double end_value_per_kwh; // of what is left above min_wh at the end of the horizon
    bool available;           // false: holds still (unreachable or faulted); `held_power_w` counts instead
    double held_power_w;
};

struct plan_load {
    char id[SITE_ID_MAX];
    int bus;
    double *demand_w; // per step
    double tier_share[TIER_COUNT];
    bool sheddable[TIER_COUNT];
    double shed_cost_per_kwh[TIER_COUNT];
};

struct plan_generator {
    char id[SITE_ID_MAX];
    int bus;
    double max_power_w;  // 0 while it may not run
    double cost_per_kwh; // fuel and CO2
};

struct plan_tie {
    char id[SITE_ID_MAX];
    int from, to;
    double limit_w, loss_frac, transfer_price_per_kwh;
    bool available;
    double held_power_w;
};

struct plan_problem {
    char area[SITE_ID_MAX];
    int64_t made_utc_ms;
    size_t n_steps;
    int64_t *start_utc_ms; // per step
    double *hours;         // per step, > 0
    size_t n_buses;
    char (*bus_ids)[SITE_ID_MAX];
    struct plan_grid *grids;
    size_t n_grids;
    struct plan_pv *pvs;
    size_t n_pvs;
    struct plan_battery *batteries;
    size_t n_batteries;
    struct plan_load *loads;
    size_t n_loads;
    struct plan_generator *generators;
    size_t n_generators;
    struct plan_tie *ties;
    size_t n_ties;
};

// Arrays of every asset kind as configured, with room for the steps; limits copied from the site, states and
// forecasts left for the caller. Steps: 5 min up to the first hour, then 15 min to 6 h, then 60 min, each ending on a
// clock mark. AEMS_E_NOMEM, AEMS_E_LIMIT.
int plan_problem_new(const struct site *s, int64_t now_utc_ms, struct plan_problem **ret_problem);
void plan_problem_free(struct plan_problem *p);

// Refuses numbers that are not finite or not sensible, with a name and a place in `ret_why` ("batteries.b1.energy_wh:
// nan"). AEMS_E_RANGE.
int plan_problem_check(const struct plan_problem *p, char *ret_why, size_t size);

// JSON text of a problem and back; the wire between daemon and planner. Owned by the caller (free, plan_problem_free).
int plan_problem_to_json(const struct plan_problem *p, char **ret_text);
int plan_problem_from_json(const char *text, size_t length, struct plan_problem **ret_problem);
