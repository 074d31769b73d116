// SPDX-License-Identifier: GPL-3.0-or-later
// What must survive a restart, kill -9 and power loss. sqlite3.h only in store.c.
//
// Writes happen on a thread of their own, in the order of the calls, so that a slow disk does not stall control.
// Durable items are synced (synchronous=FULL) before the next; the others are batched.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum store_health { STORE_OK, STORE_MEMORY_ONLY, STORE_QUARANTINED }; // the disk failed; a corrupt file was set aside

// Opens <directory>/state.db, creating what is missing. A second instance on the same directory: AEMS_E_STATE. A corrupt
// file is renamed to state.db.corrupt-<time> and a new one begun. Without a usable disk it keeps all in memory.
int store_open(const char *directory, struct store **ret_store);
enum store_health store_health(const struct store *s);
void store_close(struct store *s); // writes what is queued first

void store_put(struct store *s, const char *kind, const char *id, const char *json, bool durable);
void store_delete(struct store *s, const char *kind, const char *id);

// Reads back, waiting for queued writes. Texts are borrowed for the call.
typedef void store_each_fn(void *user, const char *kind, const char *id, const char *json);
int store_each(struct store *s, const char *kind, store_each_fn *fn, void *user);

// The outbox: messages that must arrive. Kept until acknowledged; the oldest go first; bounded, the oldest being dropped
// and counted. Returns the sequence number, or a negative code.
int64_t outbox_add(struct store *s, const char *topic, const char *payload, size_t length, bool retain);
int outbox_done(struct store *s, int64_t sequence);
typedef void outbox_each_fn(void *user, int64_t sequence, const char *topic, const char *payload, size_t length,
                            bool retain);
int outbox_each(struct store *s, outbox_each_fn *fn, void *user);
