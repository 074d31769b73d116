// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that grow, and the same bytes taken apart again: small numbers take few bytes, whatever the machine.
//
//     struct bytes b = {0};
//     bytes_put_varint(&b, -3);
//     struct bytes_in in = bytes_in_of(b.data, b.length);
//     int64_t v = bytes_take_varint(&in);      // check in.failed once at the end
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Zero-initialise; release with bytes_free. Once an allocation fails, `failed` stays set and further puts do nothing.
struct bytes {
    uint8_t *data; // owned
    size_t length, capacity;
    bool failed;
};

void bytes_put(struct bytes *b, const void *data, size_t length);
void bytes_put_byte(struct bytes *b, uint8_t value);
void bytes_put_unsigned(struct bytes *b, uint64_t value); // 1 to 10 bytes, 7 bits each, the lowest first
void bytes_put_varint(struct bytes *b, int64_t value);    // likewise, small magnitudes of either sign are short
void bytes_put_u32(struct bytes *b, uint32_t value);      // 4 bytes, the lowest first
void bytes_put_u64(struct bytes *b, uint64_t value);      // 8 bytes
void bytes_put_double(struct bytes *b, double value);     // 8 bytes, to the bit
void bytes_put_text(struct bytes *b, const char *text);   // its length, then its characters
void bytes_free(struct bytes *b);                         // leaves empty bytes

// A reader over borrowed bytes. After the first failure everything that is taken is 0.
struct bytes_in {
    const uint8_t *at, *end;
    bool failed;
};

struct bytes_in bytes_in_of(const void *data, size_t length);
const uint8_t *bytes_take(struct bytes_in *in, size_t length); // borrowed; NULL when there are not so many
uint8_t bytes_take_byte(struct bytes_in *in);
uint64_t bytes_take_unsigned(struct bytes_in *in);
int64_t bytes_take_varint(struct bytes_in *in);
uint32_t bytes_take_u32(struct bytes_in *in);
uint64_t bytes_take_u64(struct bytes_in *in);
double bytes_take_double(struct bytes_in *in);

// The text without a NUL at its end, borrowed. NULL when it is cut off, longer than `limit`, or has a NUL in it.
const char *bytes_take_text(struct bytes_in *in, size_t limit, size_t *ret_length);

// The same into `target`, which is always NUL-terminated; a text that does not fit is a failure.
void bytes_take_chars(struct bytes_in *in, char *target, size_t size);

static inline uint64_t bytes_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t bytes_unzigzag(uint64_t value)
{
    return (int64_t)((value >> 1) ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}
