// SPDX-License-Identifier: GPL-3.0-or-later
// What others told the engine: known prices, limits at grid connections, whether these are there at all, and what
// vehicles and flexible loads need. For the files of this room.
#pragma once

#include "core/dr.h"

// ---- prices ---------------------------------------------------------------------------------------------------------

struct known_price {
    int64_t from_utc_ms, until_utc_ms;
    double import_price_per_kwh, export_price_per_kwh;
    double co2_g_per_kwh;            // < 0: not known
    bool lacks_import, lacks_export; // not known: the tariff's own holds
};

struct price_source {
    engine_price_fn *at; // NULL: none
    void *context;
};

enum { PRICE_BOOK_MAX = 2 * SITE_MAX_PRICES };

struct price_book { // one a tariff: ascending, not overlapping, perhaps with gaps
    struct known_price *prices;
    size_t count;
};

int prices_start(struct engine *e); // AEMS_E_NOMEM
void prices_free(struct engine *e);
int prices_consume(struct engine *e, const struct event *event);
int prices_restore(struct engine *e, int tariff, const struct known_price *prices, size_t count, int64_t now_utc_ms);

// Told prices before the tariff's own.
double grid_import_price_per_kwh(const struct engine *e, int grid, int64_t utc_ms);
double grid_export_price_per_kwh(const struct engine *e, int grid, int64_t utc_ms);
double community_import_price_per_kwh(const struct engine *e, int community, int64_t utc_ms);
double community_export_price_per_kwh(const struct engine *e, int community, int64_t utc_ms);
double grid_co2_kg_per_kwh(const struct engine *e, int grid, int64_t utc_ms); // of import

// ---- weather --------------------------------------------------------------------------------------------------------

int weather_consume(struct engine *e, const struct event *event); // lib/forecast keeps it

// ---- limits ---------------------------------------------------------------------------------------------------------

struct limit_book {
    struct grid_limit limits[ENGINE_MAX_LIMITS];
    size_t count;
};

struct limit_in_force { // of all that hold at some time within a span
    double import_limit_w, export_limit_w;
    double incentive_per_kwh, baseline_w;
};

int limits_consume(struct engine *e, const struct event *event);
int limits_judge(const struct engine *e, const struct grid_limit *limit, char *ret_why, size_t size);
void limits_expire(struct engine *e, struct instant now);

// The tightest limits within [from, to); incentives by their share of it, with the baseline that pays the same in sum.
struct limit_in_force limits_within(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms);

// What holds now: the connection's own limit and those of demand response.
double grid_import_limit_w(const struct engine *e, int grid, struct instant now);
double grid_export_limit_w(const struct engine *e, int grid, struct instant now);

// What demand response allows all electric connections together, net, the tightest within [from, to); PLAN_NO_LIMIT_W:
// anything.
void area_limits_within(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms, double *ret_import_w,
                        double *ret_export_w);

// The next instant at which any of this changes.
int64_t limits_next_change(const struct engine *e, struct instant now);

// Beginnings and ends of limits, those of the grid operator's events after an instant: a plan's steps are cut there.
// Returns their number.
enum { LIMITS_MAX_MARKS = 2 * ENGINE_MAX_LIMITS + DR_MAX_MARKS };
size_t limits_marks(const struct engine *e, int64_t after_utc_ms, int64_t ret_utc_ms[static LIMITS_MAX_MARKS]);

// ---- outages --------------------------------------------------------------------------------------------------------

int outages_consume(struct engine *e, const struct event *event);
// What a plan takes for granted: is the connection there throughout the step?
bool grid_expected(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms);

// ---- sessions -------------------------------------------------------------------------------------------------------

// The stay of a vehicle, or the run of a flexible load, that is under way or was asked for. Energy is counted in the
// vehicle where its device tells the state of charge or the session's energy, else from the power that flows.
struct session_state {
    bool connected; // a vehicle is there; where the device does not tell: a stay is under way
    bool active;    // something is wanted, or was until its end
    bool wished;    // by somebody's word, not by what was expected
    bool soc_told;  // start_wh goes back to a measured state of charge
    bool missed;    // its end has passed without all that was wanted
    int64_t until_utc_ms;
    double capacity_wh;    // of the vehicle; 0: not known
    double start_wh;       // in the vehicle when this began
    double had_wh;         // since then
    double wanted_wh;      // since then, until the end
    double counter_wh;     // the device's count of the session when last seen; < 0: none
    double takes_w;        // a little more than it takes, when that is less than it is told; 0: what it is told
    int64_t over_utc_ms;   // end of the last one: what was expected for the time before is over with it
    int64_t looked_utc_ms; // when the calendar was last asked
};

int sessions_consume(struct engine *e, const struct event *event);
void sessions_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms);
bool session_is_present(const struct engine *e, int asset); // there, and something may be wanted
double session_missing_wh(const struct session_state *s);   // still wanted, >= 0
double session_energy_wh(const struct session_state *s);    // in the vehicle, or had
double session_target_wh(const struct session_state *s);    // that, at the end
double session_largest_wh(const struct session_state *s);   // that it can hold
double session_hours_left(const struct session_state *s, struct instant now);

// Expected stays that end after `after_utc_ms` and begin before `to_utc_ms`, in order and apart from each other; the
// first `max` of them. Returns their number.
size_t sessions_expected(const struct site *s, const struct site_flexible *f, int64_t after_utc_ms, int64_t to_utc_ms,
                         struct plan_session *ret_sessions, size_t max);
