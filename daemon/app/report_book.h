// SPDX-License-Identifier: GPL-3.0-or-later
// What events of demand response came to, kept in the store: one item an event and start, as settlement_to_json writes
// it. Whoever settles by them takes them away within REPORT_DAYS (aemsctl report, or MQTT). And which days of meters
// the store may forget.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "daemon/store/store.h"
#include "dr/settlement.h"

enum { REPORT_DAYS = 400 };

// Keeps one durably. The same event again, because a crash came before its end was noted, is replaced; what began more
// than REPORT_DAYS before it is dropped. AEMS_E_NOMEM.
int report_book_add(struct store *s, const struct settlement *settlement);

// Those of events that began in [from, to), the earliest first; owned by the caller. NULL: no memory.
json_t *report_book_read(struct store *s, int64_t from_utc_ms, int64_t to_utc_ms);

// Drops stored days of meters that are older than METER_DAYS.
void report_book_clean_meters(struct store *s, int64_t now_utc_ms);
