// SPDX-License-Identifier: GPL-3.0-or-later
// The sharing ledger's closed intervals, kept in the store: one item a tie and UTC day, a JSON array of messages as
// message_ledger makes them. Whoever settles by them takes them away within LEDGER_DAYS (aemsctl ledger --csv, or
// MQTT).
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "daemon/store/store.h"

enum { LEDGER_DAYS = 100 };

// Adds one interval. One that is there already, because a crash came between keeping it and forgetting it, is replaced.
// What is older than LEDGER_DAYS is dropped.
void ledger_book_add(struct store *s, int64_t start_utc_ms, const char *tie, const char *json);

// Intervals that start in [from, to), in order of days and ties; owned by the caller. NULL: no memory.
json_t *ledger_book_read(struct store *s, int64_t from_utc_ms, int64_t to_utc_ms);
