// SPDX-License-Identifier: GPL-3.0-or-later
// Demand response inside the engine: what was asked for, what buildings can and do give, what the area could give, and
// what was delivered. For the files of this room; one group of functions a file.
#pragma once

#include "core/engine.h"

// ---- dr.c: events, fail-safe, what holds ----------------------------------------------------------------------------

struct dr_book {
    struct dr_timeline timeline;
    struct guard guard;
    bool sender_lost;
    enum dr_state told[DR_MAX_EVENTS]; // last published, in the timeline's order
    struct dr_status news;             // of what was just taken in, changed or taken out
};

int dr_consume(struct engine *e, const struct event *event);        // EVENT_DR
int dr_sender_consume(struct engine *e, const struct event *event); // EVENT_DR_SENDER
void dr_start(struct engine *e, struct instant now);
void dr_free(struct engine *e);
void dr_tick(struct engine *e, struct instant now); // begins, ends, fail-safe; once a tick

// The tightest that holds of events, fail-safe and default for the area as a whole within [from, to), net, W;
// PLAN_NO_LIMIT_W: nothing. Those of single connections are part of limits_within.
void dr_area_limits(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms, double *ret_import_limit_w,
                    double *ret_export_limit_w);
// Is less import asked for, by a limit, a level, a setpoint or an incentive, at any time within [from, to)?
bool dr_asks(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms);
// The next instant after `utc_ms` at which anything of this changes: a plan's steps are cut there.
int64_t dr_next_change(const struct engine *e, int64_t utc_ms);

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
