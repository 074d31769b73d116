// SPDX-License-Identifier: GPL-3.0-or-later
// Demand response inside the engine: what was asked for, what buildings can and do give, what the area could give, and
// what was delivered. For the files of this room; one group of functions a file.
#pragma once

#include "core/engine.h"

// ---- dr.c: events and fail-safe -------------------------------------------------------------------------------------

enum { DR_PLACES = 2 * DR_MAX_EVENTS, DR_MAX_MARKS = 96 };

struct dr_book {
    struct dr_timeline timeline;
    struct guard guard;
    bool sender_lost;
    // Of each event that is known, or just gone, what was last told: found by its id, which names it to the store as
    // well. A place is used again when its event is gone and all of that was said.
    struct dr_status places[DR_PLACES];
    // Events that ended while the clock jumped ahead are kept for a while: it may have been wrong, and come back.
    int64_t ticked_utc_ms; // the last; 0: none yet
    int64_t doubt_from_utc_ms, doubt_until_utc_ms;
    uint64_t doubt_over_mono_ms;
};

int dr_consume(struct engine *e, const struct event *event);        // EVENT_DR
int dr_sender_consume(struct engine *e, const struct event *event); // EVENT_DR_SENDER
void dr_start(struct engine *e, struct instant now);
void dr_free(struct engine *e);
void dr_tick(struct engine *e, struct instant now); // begins, ends, fail-safe; once a tick

// ---- dr_saving.c ----------------------------------------------------------------------------------------------------

const char *dr_saved_id(const struct engine *e, int place); // NULL: nothing was ever there
// The event at a place as JSON, NULL when it is over and to be deleted; owned by the caller. AEMS_E_NOMEM.
int dr_saved(const struct engine *e, int place, char **ret_json);
int dr_restore(struct engine *e, const char *id, const char *json, struct instant now);
void dr_adopt(struct engine *e, const struct engine *former);
int dr_place(struct engine *e, const char *id); // of an event, or a free one; -1: none is left
void dr_tell(struct engine *e, int place, enum dr_state state, const char *why);

// ---- dr_holds.c: what holds -----------------------------------------------------------------------------------------

// The tightest that holds of events, fail-safe and default for the area as a whole within [from, to), net, W;
// PLAN_NO_LIMIT_W: nothing. In an area with one electric connection it is part of that one's as well.
void dr_area_limits(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms, double *ret_import_limit_w,
                    double *ret_export_limit_w);
// The same of a single connection: part of limits_within.
void dr_grid_limits(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms,
                    double *ret_import_limit_w, double *ret_export_limit_w);
int dr_only_grid(const struct engine *e); // the one electric connection of the area; -1: none, or several
// A price or emissions (DR_PRICE, DR_EXPORT_PRICE, DR_GHG) for a connection, the connection's own before the area's;
// NAN: none.
double dr_price(const struct engine *e, int grid, enum dr_signal_kind kind, int64_t utc_ms);
// Is less import asked for, by a limit, a level, a setpoint or an incentive, at any time within [from, to)?
bool dr_asks(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms);
bool dr_alerts(const struct engine *e, enum dr_signal_kind kind, int64_t utc_ms, const struct dr_event **ret_event);
// The next instant after `utc_ms` at which anything of this changes: a plan's steps are cut there.
int64_t dr_next_change(const struct engine *e, int64_t utc_ms);
// Those after `utc_ms`, ascending, DR_MAX_MARKS at most. Returns their number.
size_t dr_marks(const struct engine *e, int64_t utc_ms, int64_t ret_utc_ms[static DR_MAX_MARKS]);
// State of charge that events want of the batteries at a bus, 0-1; 0: none.
double dr_charge_frac(const struct engine *e, int bus, int64_t utc_ms);

// ---- dr_expected.c: without events ----------------------------------------------------------------------------------

// Import of a target (-1: the area) that is expected without events, mean over the first 24 h of [from, to), W >= 0:
// loads less PV as they are forecast, and what the present plan has for converters, chargers and flexible loads as far
// as it reaches. Batteries and generators do not count: they are what an event is met with. < 0: no memory. Allocates.
double dr_expected_w(const struct engine *e, int grid, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms);

// ---- buildings.c: offers, signals, replies, and who does not deliver ------------------------------------------------

int buildings_start(struct engine *e); // AEMS_E_NOMEM
void buildings_free(struct engine *e);
int buildings_consume(struct engine *e, const struct event *event); // EVENT_REPLY
void buildings_tick(struct engine *e, struct instant now,
                    uint64_t dt_mono_ms);                       // watches, and gives up those who do not deliver
void buildings_take_plan(struct engine *e, struct instant now); // a plan was accepted: new signals
// How much of an offer (`number` of the building's) may be asked for within [from, to), W.
double building_offer_w(const struct engine *e, int building, size_t number, int64_t from_utc_ms, int64_t to_utc_ms);
// What a building draws now, W >= 0; NAN: one of its loads is not known.
double building_drawn_w(const struct engine *e, int building, uint64_t now_mono_ms);
// How much of it was, or is now, asked for: what a forecast must not learn as the load's habit.
double building_asked_w(const struct engine *e, int building, int64_t utc_ms);

// ---- capability.c ---------------------------------------------------------------------------------------------------

void capability_free(struct engine *e);
void capability_tick(struct engine *e, struct instant now); // published when it has changed

// ---- proving.c: quarter hours of the area and every building, and what events delivered -----------------------------

int proving_start(struct engine *e); // AEMS_E_NOMEM
void proving_free(struct engine *e);
void proving_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms);
// `event` has ended, or was withdrawn, at `utc_ms`: it is settled as soon as its last quarter hour is complete.
void proving_event_over(struct engine *e, const struct dr_event *event, int64_t utc_ms, bool cancelled);
struct settlement *proving_take(struct engine *e); // the next that is done; owned by the caller, NULL none
