// SPDX-License-Identifier: GPL-3.0-or-later
// The registers that a device has, as stretches of addresses. Addresses between two known ones that lie close together
// answer 0; everything else does not exist.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct image_range {
    int function; // 1 coils, 2 discrete inputs, 3 holding, 4 input; a bit is a register of 0 or 1
    int address;
    int count;
};

struct image;

// `ranges` may overlap and is sorted in place; neighbours up to `max_gap` registers apart are joined. AEMS_E_NOMEM.
int image_new(struct image_range *ranges, size_t count, int max_gap, struct image **ret_image);
void image_free(struct image *i);

// The registers at [address, address + count), or NULL when one of them does not exist. Borrowed.
uint16_t *image_at(struct image *i, int function, int address, int count);
