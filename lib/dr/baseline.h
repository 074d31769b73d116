// SPDX-License-Identifier: GPL-3.0-or-later
// What a building, or the area, would have drawn without an event: from the meter's own slots of former days.
//
// Slots are quarter hours of UTC: a meter keeps them for METER_DAYS, mean power of each (W, drawn from the area
// positive), with a mark where an event was on. A local day of 23 or 25 hours has 92 or 100 of them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum { METER_SLOT_S = 900, METER_DAYS = 64, METER_SLOTS = METER_DAYS * 96, METER_DATE_SIZE = 11 };

struct meter_slot {
    float mean_w;   // over the part that was measured
    float measured; // share of the slot, 0-1; less than 0.8 counts as missing
    float during_w; // mean over the part of it in which an event was on, ...
    float during;   // ... and that part's share of the slot
    float asked_w;  // reduction that was asked for, mean over the whole slot
    bool event;     // an event of demand response was on, or asked for, in a part of it
};

struct meter_open { // of the newest slot: single precision would lose what comes in small pieces
    double ms, wh, during_ms, during_wh, asked_wh;
};

struct meter {                // a ring by time; zero-initialise
    struct meter_slot *slots; // METER_SLOTS, owned
    int64_t last_utc_ms;      // start of the newest slot; 0: none yet
    struct meter_open open;   // of the newest slot
};

int meter_start(struct meter *m); // AEMS_E_NOMEM
void meter_free(struct meter *m);

static inline int64_t meter_slot_start(int64_t utc_ms)
{
    int64_t rest = utc_ms % (METER_SLOT_S * 1000);
    return utc_ms - rest - (rest < 0 ? METER_SLOT_S * 1000 : 0);
}

static inline int64_t meter_slot_end(int64_t utc_ms) // utc_ms itself, where a slot begins there
{
    return meter_slot_start(utc_ms + METER_SLOT_S * 1000 - 1);
}

// Opens the slot of an instant; what was not counted until then stays missing. When the clock was set back, the slots
// after it are given up, so that they are counted once, and the one that is under way again is the mean of all that was
// measured in it. Nothing is allocated here or below.
void meter_reach(struct meter *m, int64_t utc_ms);
void meter_reopen(struct meter *m); // the newest slot was written to from outside: it goes on from there
// Adds the energy of a span, ascending in time and over any number of slots; `wh` drawn (negative: fed in).
void meter_count(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms, double wh);
// An event was on in this span of what was counted, and asked for a reduction (W, 0: nothing in particular). `wh` is
// NAN where nothing was measured.
void meter_mark(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms, double wh, double asked_w);
// NULL: not kept, or missing.
const struct meter_slot *meter_slot_at(const struct meter *m, int64_t utc_ms);
// The same without asking how much of it was measured; NULL: not kept.
const struct meter_slot *meter_slot_kept(const struct meter *m, int64_t utc_ms);

// The slots of one local day for the store, and back. Days are local: "2026-01-14".
void meter_date(int64_t utc_ms, char ret_date[static METER_DATE_SIZE]);
int meter_day_to_json(const struct meter *m, int64_t day_utc_ms, char **ret_text); // AEMS_E_NOT_FOUND: nothing kept
int meter_day_from_json(struct meter *m, const char *text, size_t length);         // AEMS_E_FORMAT, without effect

struct baseline {
    double *mean_w; // per slot of the event, owned
    size_t n_slots;
    int days;             // former days that it rests on; of BASELINE_METER_BEFORE 0
    double adjustment_w;  // same-day: added to every slot
    int adjustment_slots; // quarter hours that it rests on; 0: not adjusted
};

// Of the event's slots [from, to), which are rounded outwards to whole slots.
//
// A former day is the event moved back by whole local days: each slot goes to the same wall-clock time, so that an
// event over midnight finds whole nights. Its first day says what kind it is: a weekday that is no holiday, or a
// weekend or holiday; only days of its kind count, the nearest first, and only those
//   - on which no event was on at any time of the local day, and
//   - of which every slot of the event's hours was measured.
// A wall-clock time that a day has twice is the mean of both; a day that skips one of the event's hours is not used.
// Where the event itself lies in an hour that its day has twice, both hours look at the same hour of former days.
//
//   BASELINE_HIGH_4_OF_5  Japan's standard baseline of the guidelines for energy resource aggregation: of the last five
//     weekdays the four with the highest mean in the event's hours; on weekends and holidays of the last three the two
//     highest. Of equal ones the farthest is left out; mean by slot. Days of a mean below a quarter of the mean of the
//     five (three) are replaced by earlier ones. Fewer than five (three) within 30 days: what there is, all of it;
//     fewer than 4 (2): AEMS_E_STATE. Same-day adjustment: mean of (today less the same four days) from four hours to
//     one hour before the event, six half hours, added to every slot; quarter hours in which another event was on, or
//     that were not measured, are left out, and with less than half of them there is no adjustment. Checked against
//     published terms that apply the guidelines of June 2020: numbers of days, the 30 days, equal days and the quarter.
//     They count half hours; two quarter hours have the same mean. The adjustment's hours could not be checked there
//     and are as they are commonly given.
//   BASELINE_10_OF_10     mean of the last ten days by slot, not adjusted. Fewer than ten within 45 days: what there
//     is; fewer than 5: AEMS_E_STATE.
//   BASELINE_METER_BEFORE mean of the last two slots that ended before `announced_utc_ms` or the event's start,
//     whichever is earlier, at most four hours before, without those in which an event was on; constant. None:
//     AEMS_E_STATE.
// Uses the site's holidays and the process's time zone. AEMS_E_RANGE: no slot, or more than METER_SLOTS; AEMS_E_NOMEM.
int baseline_of(const struct site *s, const struct meter *m, enum baseline_method method, int64_t from_utc_ms,
                int64_t to_utc_ms, int64_t announced_utc_ms, struct baseline *ret_baseline);
void baseline_free(struct baseline *b);
const char *baseline_method_name(enum baseline_method method); // "high-4-of-5", "10-of-10", "meter-before"
