// SPDX-License-Identifier: GPL-3.0-or-later
// What events of demand response came to in a month, for people and for spreadsheets. `reply` is that of the call
// `report`. Times of the text are local (base/local_time.h).
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

// One line an event and party, then the sums of each party.
void report_view_text(const json_t *reply, const struct style *style, struct text *out);

// One line an event, party and quarter hour, after a line of headings; what is not known is empty.
void report_view_csv(const json_t *reply, struct text *out);
