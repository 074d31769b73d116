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

enum { METER_SLOT_S = 900, METER_DAYS = 64, METER_SLOTS = METER_DAYS * 96 };

struct meter_slot {
    float mean_w;   // over the part that was measured
    float measured; // share of the slot, 0-1; less than 0.8 counts as missing
    bool event;     // an event of demand response was on, or asked for, in a part of it
};

struct meter {                // a ring by time; zero-initialise
    struct meter_slot *slots; // METER_SLOTS, owned
    int64_t last_utc_ms;      // start of the newest slot; 0: none yet
};

int meter_start(struct meter *m); // AEMS_E_NOMEM
void meter_free(struct meter *m);
// Adds the energy of a span within one slot, ascending in time; `wh` drawn (negative: fed in).
void meter_count(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms, double wh);
void meter_mark(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms); // an event was on
// NULL: not kept, or missing.
const struct meter_slot *meter_slot_at(const struct meter *m, int64_t utc_ms);

// One slot's energy of a day's file in the store and back: see meter_json.c. Days are local, "2026-01-14".
int meter_day_to_json(const struct meter *m, int64_t day_utc_ms, char **ret_text);
int meter_day_from_json(struct meter *m, const char *text, size_t length); // AEMS_E_FORMAT, without effect

struct baseline {
    double *mean_w; // per slot of the event, owned
    size_t n_slots;
    int days;            // former days that it rests on; of BASELINE_METER_BEFORE 0
    double adjustment_w; // same-day: added to every slot
};

// Of the event's slots [from, to), which are rounded outwards to whole slots.
//   BASELINE_HIGH_4_OF_5  Japan: of the last five like days (weekdays without holidays; or weekends and holidays)
//     without an event, the four with the highest mean in the event's hours; mean by slot. Same-day adjustment: mean of
//     (today - baseline) over the four half hours that end an hour before the event, as long as no event was on there.
//     Days of a mean below a quarter of the mean of the five are replaced by earlier ones. Fewer than 4 days in 30:
//     AEMS_E_STATE.
//   BASELINE_10_OF_10     mean of the last ten like days without an event, not adjusted. Fewer than 5 in 45:
//     AEMS_E_STATE.
//   BASELINE_METER_BEFORE mean of the two slots before `announced_utc_ms` or the event's start, whichever is earlier,
//     constant. None measured: AEMS_E_STATE.
// Uses the site's holidays and time zone. AEMS_E_NOMEM.
int baseline_of(const struct site *s, const struct meter *m, enum baseline_method method, int64_t from_utc_ms,
                int64_t to_utc_ms, int64_t announced_utc_ms, struct baseline *ret_baseline);
void baseline_free(struct baseline *b);
const char *baseline_method_name(enum baseline_method method); // "high-4-of-5", "10-of-10", "meter-before"
