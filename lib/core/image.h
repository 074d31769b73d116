// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's memory as bytes and back: one walk over its members serves both ways, so that what is written is what
// is read. For the image*.c files.
//
// What is read was perhaps damaged: no member takes a value that this program could not have given it where an index,
// a kind or a count depends on it.
#pragma once

#include "base/bytes.h"
#include "core/internal.h"

// A new member of the engine's memory is part of its image: walk over it in image.c or image_parts.c, then
// mend the number. (Sizes are those of the usual 64-bit machines; others are not judged.)
#define KNOWS(type, size)                                                                                              \
    _Static_assert(sizeof(void *) != 8 || sizeof(double) != 8 || sizeof(type) == (size),                               \
                   #type " has changed: let the image*.c files know, then mend this number")

struct image {
    struct bytes *out;   // written to; NULL: `in` is read
    struct bytes_in *in; // its `failed` says that the rest is worthless
};

void image_bool(struct image *m, bool *value);
void image_unsigned(struct image *m, uint64_t *value);
void image_signed(struct image *m, int64_t *value);
void image_count(struct image *m, size_t *value, size_t most);
void image_int(struct image *m, int *value, int low, int high);
void image_u32(struct image *m, uint32_t *value);
void image_double(struct image *m, double *value);
void image_chars(struct image *m, char *text, size_t size);
void image_value(struct image *m, struct value *value);
void image_reason(struct image *m, struct reason *reason);

// An enumeration of `count` kinds, 0 and up.
#define IMAGE_ENUM(m, member, count)                                                                                   \
    do {                                                                                                               \
        int image_kind_ = (int)(member);                                                                               \
        image_int((m), &image_kind_, 0, (int)(count)-1);                                                               \
        (member) = image_kind_;                                                                                        \
    } while (0)

void image_device(struct image *m, struct device_state *d);
void image_asset(struct image *m, struct asset_state *a);
void image_dr_slot(struct image *m, struct slot_state *s);
void image_grid(struct image *m, struct grid_state *g);
void image_bus(struct image *m, struct bus_state *b);
void image_ledger(struct image *m, struct ledger_state *l, int tie);
void image_dr(struct image *m, struct engine *e);
void image_alarms(struct image *m, struct engine *e);
void image_told(struct image *m, struct engine *e); // limits and prices
void image_building(struct image *m, struct building_state *b);
void image_outage(struct image *m, struct engine *e);
void image_queue(struct image *m, struct queue *q);
