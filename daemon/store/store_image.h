// SPDX-License-Identifier: GPL-3.0-or-later
// The store's content in memory: what is read, and what a failing disk cannot take away. The disk follows it.
//
// Changes are remembered only as "differs from the disk", so a value that changes faster than the disk writes costs one
// write and no queue grows. No locks in here: store.c has the mutex.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_MAX_ITEMS = 100000, OUTBOX_MAX_MESSAGES = 10000, OUTBOX_MAX_BYTES = 64 << 20 };

struct image;

int image_new(struct image **ret_image);
void image_free(struct image *m);

int image_put(struct image *m, const char *kind, const char *id, const char *json); // AEMS_E_NOMEM, AEMS_E_LIMIT
void image_delete(struct image *m, const char *kind, const char *id);

// Returns the sequence number or a negative code. The oldest messages are dropped when it gets too full.
int64_t image_outbox_add(struct image *m, const char *topic, const char *payload, size_t length, bool retain);
int image_outbox_done(struct image *m, int64_t sequence); // AEMS_E_NOT_FOUND
size_t image_outbox_count(const struct image *m);
uint64_t image_outbox_dropped(const struct image *m);

// What the disk has, told while loading. Neither counts as a change; what the image has already wins.
int image_load_item(struct image *m, const char *kind, const char *id, const char *json);
int image_load_message(struct image *m, int64_t sequence, const char *topic, const char *payload, size_t length,
                       bool retain);
void image_merge(struct image *m, struct image *loaded);   // empties `loaded`
void image_start_sequence(struct image *m, int64_t first); // never lowers it

enum change_kind { CHANGE_PUT, CHANGE_DELETE, CHANGE_ADD, CHANGE_DONE };

struct change {
    enum change_kind kind;
    char *name;    // kind of an item, topic of a message
    char *id;      // of an item
    char *data;    // JSON or payload, NUL-terminated
    size_t length; // of `data`
    int64_t sequence;
    bool retain;
};

struct changes {
    struct change *items; // owned copies
    size_t count, capacity;
};

// Everything that differs from the disk, or everything there is; from then on it counts as written. AEMS_E_NOMEM:
// nothing was taken.
int image_take_changes(struct image *m, bool everything, struct changes *ret_changes);
// Copies as CHANGE_PUT and CHANGE_ADD.
int image_copy_kind(const struct image *m, const char *kind, struct changes *ret_changes);
int image_copy_outbox(const struct image *m, int64_t after, size_t limit, struct changes *ret_changes);
void changes_free(struct changes *c);
