// SPDX-License-Identifier: GPL-3.0-or-later
// What an event asked for, what was delivered, and what that is worth: per building and for the area.
#pragma once

#include "dr/baseline.h"
#include "dr/event.h"

struct settled_slot {
    int64_t from_utc_ms, until_utc_ms; // a quarter hour, cut by the event's start and end
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
    struct settled_slot *slots; // owned
    size_t n_slots;
    double requested_wh, delivered_wh, measured_wh, baseline_wh;
    double incentive, penalty; // currency, >= 0; what the party is paid, and what it owes
};

struct settlement { // of one event
    char event[DR_ID_SIZE], name[DR_ID_SIZE];
    int64_t from_utc_ms, until_utc_ms; // of its part that has passed
    bool cancelled;
    struct settled_party *parties; // the area first; owned
    size_t n_parties;
};

void settlement_free(struct settlement *s);

// Terms of a party. Delivered counts up to what was requested; penalties for what is missing of it.
//   FIXED          incentive per kWh delivered
//   CRITICAL_PEAK  the party pays `incentive_per_kwh` more for each kWh drawn: a penalty; no incentive
//   REBATE         incentive per kWh below the baseline, asked for or not; never a penalty
//   TIME_OF_USE    prices tell all: neither
void settle_money(struct settled_party *p, enum incentive_kind kind, double incentive_per_kwh, double penalty_per_kwh);

int settlement_to_json(const struct settlement *s, char **ret_text);
int settlement_from_json(const char *text, size_t length, struct settlement **ret_settlement);
