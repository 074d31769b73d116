// SPDX-License-Identifier: GPL-3.0-or-later
// What must survive a restart, kill -9 and power loss. The file itself: store_disk.h.
//
// Everything is held in memory and read from there; a thread of its own carries changes to the disk, so that a slow
// disk does not stall control. What changed since the last write goes into one transaction: the disk always shows a
// state that existed. Durable items make it start at once and are synced (synchronous=FULL); the others wait up to 5 s
// for company. When the disk fails the store goes on in memory, tries again every few seconds and then writes all of
// it.
//
// Calls come from one thread. The program ignores SIGXFSZ, so that a file size limit shows as a failing disk.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum store_health { STORE_OK, STORE_MEMORY_ONLY, STORE_QUARANTINED }; // the disk failed; a corrupt file was set aside

// Opens <directory>/state.db, creating what is missing (the directory with mode 0750). A second instance on the same
// directory: AEMS_E_STATE. A corrupt file is renamed to state.db.corrupt-<time> and a new one begun. Without a usable
// disk it keeps all in memory; `directory` NULL does so on purpose. AEMS_E_NOMEM, AEMS_E_LIMIT (no thread can be made).
// The file is locked while it is open; read it with sqlite3 when the daemon is stopped.
int store_open(const char *directory, struct store **ret_store);
enum store_health store_health(const struct store *s);
void store_close(struct store *s); // writes what is left first

// Waits until all earlier calls are synced to the disk. AEMS_E_TIMEOUT, AEMS_E_IO (memory only).
int store_flush(struct store *s, int deadline_ms);

// For those who act only upon what is safe: the mark of all earlier calls, which it makes durable, and later whether
// the disk has them. STORE_NOT_SAFE: it failed meanwhile; they are in memory, and written when it is back.
enum store_safety { STORE_WAITING, STORE_SAFE, STORE_NOT_SAFE };
uint64_t store_mark(struct store *s);
enum store_safety store_safety(struct store *s, uint64_t mark);
// `fn` is called whenever an answer may have changed, from a thread of the store: it may wake a loop, and no more.
// NULL: not any more.
void store_on_written(struct store *s, void (*fn)(void *user), void *user);

// `json` is stored as given. What does not fit into memory is logged and lost.
void store_put(struct store *s, const char *kind, const char *id, const char *json, bool durable);
void store_delete(struct store *s, const char *kind, const char *id);

// What is put and deleted between these two reaches the disk in one transaction, or not at all. Not for long: nothing
// is written meanwhile.
void store_begin_together(struct store *s);
void store_end_together(struct store *s);

// Calls `fn` for each item of a kind, in the order in which they came up. Texts are borrowed for the call, which may
// change the store. AEMS_E_NOMEM.
typedef void store_each_fn(void *user, const char *kind, const char *id, const char *json);
int store_each(struct store *s, const char *kind, store_each_fn *fn, void *user);

// The outbox: messages that must arrive. Kept until acknowledged; the oldest go first; bounded, the oldest being
// dropped and counted. Returns the sequence number, or a negative code.
int64_t outbox_add(struct store *s, const char *topic, const char *payload, size_t length, bool retain);
int outbox_done(struct store *s, int64_t sequence);
typedef void outbox_each_fn(void *user, int64_t sequence, const char *topic, const char *payload, size_t length,
                            bool retain);
int outbox_each(struct store *s, outbox_each_fn *fn, void *user);
// At most `limit` messages with a higher sequence number than `after`.
int outbox_after(struct store *s, int64_t after, size_t limit, outbox_each_fn *fn, void *user);
size_t outbox_count(struct store *s);
uint64_t outbox_dropped(struct store *s);
