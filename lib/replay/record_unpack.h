// SPDX-License-Identifier: GPL-3.0-or-later
// The chunks of a record's file, for record_read.c.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum unpacked { UNPACKED_CHUNK, UNPACKED_END, UNPACKED_CUT, UNPACKED_DAMAGED, UNPACKED_NO_MEMORY };

struct unpacker;

// `data` is borrowed. AEMS_E_FORMAT without RECORD_MARK at its beginning, AEMS_E_NOMEM.
int unpacker_new(const void *data, size_t length, struct unpacker **ret_unpacker);
void unpacker_free(struct unpacker *u);

// The next chunk's bytes, which live until the next call. After anything but UNPACKED_CHUNK there are no more.
enum unpacked unpacker_next(struct unpacker *u, const uint8_t **ret_raw, size_t *ret_length);

size_t unpacker_position(const struct unpacker *u); // bytes of the file that were whole chunks
