// SPDX-License-Identifier: GPL-3.0-or-later
// A drill in one process and in injected time: the engine and the planner against the simulated area. The grid fails,
// the islands look after themselves, the grid comes back.
//
//     drill_new(site, devices, &options, &d);
//     drill_run(d);
//     drill_figures(d, &figures);
#pragma once

#include "core/engine.h"
#include "simulate/model.h"

struct drill_options {
    int64_t start_utc_ms; // when the grid fails
    int outage_s;         // it is away for so long, 60 s to 7 days
    double soc_frac;      // of all batteries when it fails; < 0: half full
    uint64_t seed;
    // What happens, in its order; `text` is borrowed for the call. NULL: nobody listens.
    void (*say)(void *user, int64_t utc_ms, const char *text);
    void *user;
};

struct drill_figures {
    double wanted_wh[TIER_COUNT], served_wh[TIER_COUNT]; // while the grid was away
    double worst_lifeline_frac;                          // of the load whose lifelines were served least, 0-1
    int worst_lifeline_load;                             // that load; -1: all lifelines were served whole
    double balance_s;                   // from the loss until every island was in balance; INFINITY: never
    double return_s;                    // from the grid's return until all was as before; INFINITY: never
    double black_s;                     // of the island that was black for longest
    double peak_before_w, peak_after_w; // import of all connections: highest of a minute, before and after
    double backfeed_s;                  // nobody may ever feed a grid that is away
    unsigned blackouts;
    unsigned switched, setpoints; // writes
    unsigned plans, failed_plans;
};

struct drill;

// Borrows `site` and `devices`. AEMS_E_STATE: the site has no islands; AEMS_E_RANGE; AEMS_E_NOMEM.
int drill_new(const struct site *site, const struct engine_device *devices, const struct drill_options *options,
              struct drill **ret_drill);
void drill_free(struct drill *d);

void drill_run(struct drill *d); // all of it

// No more than what comes before the grid fails: the area as it usually is, measured and planned.
void drill_settle(struct drill *d);
const struct engine *drill_engine(const struct drill *d); // borrowed
struct instant drill_now(const struct drill *d);

void drill_figures(const struct drill *d, struct drill_figures *ret_figures);
