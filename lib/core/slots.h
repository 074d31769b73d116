// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of demand response over the average of a slot, and of the area as a whole. For the files of this room.
#pragma once

#include <jansson.h>

#include "core/internal.h"

// Are limits kept over the average of each slot, rather than in every second?
bool slots_average(const struct engine *e);

void slots_start(struct engine *e);
void slots_tick(struct engine *e, struct instant now); // counts what flowed while a limit held

// What may flow for the rest of the slot under way, so that it averages `limit_w` (with its margin): at most `most_w`,
// never below 0. Where limits are kept in every second, or there is none, `limit_w` itself. `grid` -1: the area.
double slots_import_limit_w(const struct engine *e, int grid, double limit_w, double most_w, struct instant now);
double slots_export_limit_w(const struct engine *e, int grid, double limit_w, double most_w, struct instant now);

// One as JSON and back; false: it is none.
json_t *slots_save(const struct slot_state *s);
bool slots_restore(json_t *json, struct slot_state *ret_slot);

// Does a step that ends then lie within the slot under way?
bool slots_are_present(const struct engine *e, int64_t end_utc_ms, struct instant now);

// ---- the area as a whole --------------------------------------------------------------------------------------------

// Has it several electric connections, which share its limits? With one, they are that connection's.
bool area_is_shared(const struct engine *e);
// What flows in at all of them now; false: that is not known.
bool area_power_w(const struct engine *e, struct instant now, double *ret_power_w);
