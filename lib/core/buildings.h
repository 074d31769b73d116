// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine keeps of each building: its word, what it is asked for, and what it gives. For the buildings*.c files
// and those that write the engine's memory.
//
// An event of a building is the time from the first slot in which it is asked for something until nothing is asked of
// the area any more, or for a day. What it would have drawn is fixed when that begins: the mean of the half hour
// before, in the shape of its forecast.
#pragma once

#include "core/dr.h"

enum {
    BUILDING_SLOT_MS = 900 * 1000,
    BUILDING_RECENT = 24, // parts of the two hours before an event, of ...
    BUILDING_RECENT_MS = 300 * 1000,
    BUILDING_BEFORE = 6, // of them are the half hour before
    BUILDING_LOOKS = 6,
    BUILDING_EXPECTED = 96, // quarter hours from the event's start
    BUILDING_HISTORY = 192, // quarter hours of what was asked for
};

struct building_recent { // of what it drew
    int64_t start_utc_ms;
    double wh, measured_s;
};

struct building_past { // a quarter hour that has passed, or passes
    int64_t start_utc_ms;
    double asked_wh;
};

struct building_look { // some minutes
    double asked_wh, delivered_wh;
    double s, lost_s; // in all, and without its meter
};

struct building_watch {
    double asked_w; // what it is watched for: it had time to act on it
    double next_w;  // the same from `from_utc_ms` on, where it is more
    int64_t from_utc_ms;
    struct building_look looks[BUILDING_LOOKS]; // the last, a ring, and the one under way
    uint64_t n_looks;                           // that are complete
    int64_t slot_utc_ms;                        // start of the slot under way
    double slot_wh, slot_s;                     // delivered in it
};

struct building_state {
    // its word
    bool accepted, opted_out;
    int64_t word_until_utc_ms; // of these, and of its offers where it said so
    bool has_offers;           // its own, instead of what is configured
    int64_t offers_until_utc_ms;
    struct site_offer offers[SITE_MAX_OFFERS];
    size_t n_offers;

    // what it is asked for
    struct building_slot slots[SIGNAL_MAX_SLOTS];
    size_t n_slots;
    uint64_t version;
    int64_t signalled_utc_ms;
    struct building_past past[BUILDING_HISTORY]; // a ring by time

    // what it gives
    int64_t event_utc_ms; // since when it is asked; 0: it is not
    double used_wh[SITE_MAX_OFFERS];
    double expected_w[BUILDING_EXPECTED];
    double noise_w; // how far such an expectation is off, rms over ten minutes
    bool failing;
    double most_w; // while it is: what it was seen to deliver
    struct building_recent recent[BUILDING_RECENT];
    struct building_watch watch;
};

// What is known of a building's offers at present: its own, or the configured ones. Borrowed.
size_t building_offers(const struct engine *e, int building, const struct site_offer **ret_offers);
// How much of each may be asked for within [from, to) when its loads draw `drawn_w`: the cheapest first. W.
void building_share_w(const struct engine *e, int building, int64_t from_utc_ms, int64_t to_utc_ms, double drawn_w,
                      double ret_w[static SITE_MAX_OFFERS]);
double building_left_wh(const struct engine *e, int building, size_t number); // of an offer, in this event
// What its loads are expected to draw without an event, mean over [from, to), W.
double building_expected_w(const struct engine *e, int building, int64_t now_utc_ms, int64_t from_utc_ms,
                           int64_t to_utc_ms);
const struct building_slot *building_slot_at(const struct engine *e, int building, int64_t utc_ms); // NULL: nothing
void building_signalled(struct engine *e, int building, int64_t utc_ms);  // its slots have changed: say so, and keep it
void building_refill(struct engine *e, int building, struct instant now); // limits, as its event begins
// `asked`: something is asked of the area in the next quarter of an hour.
void building_watch_tick(struct engine *e, int building, struct instant now, double seconds, bool asked);
void building_offer_id(const struct engine *e, int building, size_t number, char ret_id[static SITE_ID_MAX]);
int building_bus(const struct engine *e, int building); // of its first load
