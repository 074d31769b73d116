// SPDX-License-Identifier: GPL-3.0-or-later
// Who fills which part of a problem. For the files of this room.
#pragma once

#include "core/internal.h"
#include "core/outage.h"

void problem_fill_grids(const struct engine *e, struct plan_problem *p, struct instant now);
void problem_fill_storages(const struct engine *e, struct plan_problem *p, struct instant now);
void problem_fill_flexibles(const struct engine *e, struct plan_problem *p, struct instant now);
void problem_fill_supply(const struct engine *e, struct plan_problem *p, struct instant now);
int problem_fill_offers(const struct engine *e, struct plan_problem *p); // of buildings; once demand is there
void problem_fill_converters(const struct engine *e, struct plan_problem *p, struct instant now);

// Outages (problem_outage.c). How far a plan made now looks ahead, and instants that its steps are cut at.
enum { PROBLEM_OUTAGE_MARKS = 2 + 2 * ENGINE_MAX_WORDS };
int64_t problem_horizon_s(const struct engine *e, int64_t now_utc_ms);
size_t problem_outage_marks(const struct engine *e, int64_t now_utc_ms,
                            int64_t ret_utc_ms[static PROBLEM_OUTAGE_MARKS]);
// Is this connection away in [from, to), as far as the area's own islands and planned outages go?
bool problem_is_away(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms);
bool problem_has_outage(const struct engine *e, const struct plan_problem *p);                // once grids are there
void problem_fill_outage(const struct engine *e, struct plan_problem *p, struct instant now); // at last

// An asset that goes its own way: its devices are away, faulted or do not obey, or a person has taken it.
bool problem_follows(const struct engine *e, int asset);
double problem_held_w(const struct engine *e, int asset, struct instant now); // what it then does

static inline int64_t problem_step_end_ms(const struct plan_problem *p, size_t k)
{
    return p->start_utc_ms[k] + (int64_t)(p->hours[k] * 3600e3);
}
