// SPDX-License-Identifier: GPL-3.0-or-later
// What an event asked for, what was delivered, and what that is worth: per building and for the area.
#pragma once

#include "dr/baseline.h"
#include "dr/event.h"

struct settled_slot {
    int64_t from_utc_ms, until_utc_ms; // a quarter hour, cut by the event's start and end; longer by settle_merge
    double baseline_w, measured_w;     // mean drawn; the area: net import
    double requested_w;                // reduction, >= 0
    double delivered_w;                // baseline less measured; negative: more was drawn
    bool measured;                     // false: nothing was, and nothing is claimed
};

struct settled_party {
    char id[SITE_ID_MAX]; // a building, or the area
    enum baseline_method method;
    bool has_baseline; // false: too few days, slots hold measured powers only
    int baseline_days;
    double adjustment_w;        // same-day, in the baseline already; of several runs of slots the last one's
    struct settled_slot *slots; // owned
    size_t n_slots;
    // Sums of the slots that were measured; requested of all of them. Delivered is 0 without a baseline.
    double requested_wh, delivered_wh, measured_wh, baseline_wh;
    double unmeasured_s;
    double incentive, penalty; // currency, >= 0; what the party is paid, and what it owes
};

struct settlement { // of one event
    char event[DR_ID_SIZE], name[DR_ID_SIZE], program[DR_ID_SIZE];
    int64_t from_utc_ms, until_utc_ms; // of its part that has passed
    bool cancelled;
    struct settled_party *parties; // the area, or the connection that the event aims at, first; owned
    size_t n_parties;
};

void settlement_free(struct settlement *s); // NULL is fine

// ---- one party ------------------------------------------------------------------------------------------------------

// The slots of the event's part before `until_utc_ms` in which it has any signal, with what was measured and the
// baseline of each run of slots that belong together (at most a day each); nothing is requested yet. Of a slot that the
// event's start or end cuts the meter's part during events counts. At most SETTLE_MAX_SLOTS, the last. A baseline of
// single runs only is none. AEMS_E_NOT_FOUND: no such part; AEMS_E_NOMEM. settled_party_free after success.
enum { SETTLE_MAX_SLOTS = 31 * 96 };
int settle_slots(struct settled_party *p, const struct site *s, const struct meter *m, const struct dr_event *event,
                 int64_t until_utc_ms);
void settled_party_free(struct settled_party *p);

// What the event asks its target for: baseline less limit, mean over each slot by time. Limits of events are raised to
// the site's floor; levels and emergencies are their shares of the event's reference, a relative setpoint asks for
// itself. Needs the baseline: without it what a limit asks for is not known (NAN). Prices and emissions ask for
// nothing.
void settle_request_of_event(struct settled_party *p, const struct site *s, const struct dr_event *event);
// What the meter says that was asked for (meter_mark).
void settle_request_of_meter(struct settled_party *p, const struct meter *m);
// Delivered per slot, and all sums but the money.
void settle_sums(struct settled_party *p);

// Terms of a party. Delivered counts up to what was requested, slot by slot; penalties for what is missing of it. What
// was not measured, or has no baseline, is neither paid nor owed.
//   FIXED          incentive per kWh delivered
//   CRITICAL_PEAK  the party pays `incentive_per_kwh` more for each kWh drawn: a penalty; no incentive
//   REBATE         incentive per kWh below the baseline in sum over the event, asked for or not; never a penalty
//   TIME_OF_USE    prices tell all: neither
void settle_money(struct settled_party *p, enum incentive_kind kind, double incentive_per_kwh, double penalty_per_kwh);

// ---- the whole ------------------------------------------------------------------------------------------------------

// Makes its slots longer, for all parties alike, until none has more than SETTLE_MOST_TOLD and all together no more
// than SETTLE_MOST_ALL_TOLD: an hour, 4 h, 24 h or 7 days from the quarter hour on in which the event began. Powers
// become means over the slot; time in it without a signal counts as 0, so that energies stay. One that was not measured
// in part was not measured. Sums and money are those of the quarter hours: call it after settle_money.
enum { SETTLE_MOST_TOLD = 192, SETTLE_MOST_ALL_TOLD = 1600 };
void settle_merge(struct settlement *s);

// ---- as text --------------------------------------------------------------------------------------------------------

// {"event", "name", "program", "from", "until" (RFC 3339), "cancelled", "parties": [{"id", "method", "has_baseline",
//  "baseline_days", "adjustment_w", "requested_wh", "delivered_wh", "measured_wh", "baseline_wh", "unmeasured_s",
//  "incentive", "penalty", "slots": [{"from", "until", "baseline_w", "measured_w", "requested_w", "delivered_w"}]}]}
// What is not known is null: without a baseline the sums of it and of what was delivered as well. AEMS_E_NOMEM;
// AEMS_E_FORMAT.
int settlement_to_json(const struct settlement *s, char **ret_text);
int settlement_from_json(const char *text, size_t length, struct settlement **ret_settlement);
