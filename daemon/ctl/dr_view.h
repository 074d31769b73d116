// SPDX-License-Identifier: GPL-3.0-or-later
// Events of demand response for people. `reply` is that of the call `dr_list`.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

// Shows times in the area's zone, where the reply says it.
void dr_view_zone(const json_t *reply);

// What holds of the area as a whole, then a table of all events.
void dr_view_list(const json_t *reply, const struct style *style, struct text *out);

// One event with everything it asks for.
void dr_view_event(const json_t *event, const struct style *style, struct text *out);

// The event of that id, borrowed; NULL: not known.
const json_t *dr_view_find(const json_t *reply, const char *id);
