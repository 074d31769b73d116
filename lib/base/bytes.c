// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct bytes *b, size_t more)
{
    if (b->failed || more > SIZE_MAX / 4 - b->length)
        b->failed = true;
    if (b->failed || b->length + more <= b->capacity)
        return !b->failed;
    size_t capacity = b->capacity > 0 ? b->capacity : 256;
    while (capacity < b->length + more)
        capacity *= 2;
    uint8_t *data = realloc(b->data, capacity);
    b->failed = data == NULL;
    if (b->failed)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

void bytes_put(struct bytes *b, const void *data, size_t length)
{
    if (length == 0 || !make_room(b, length))
        return;
    memcpy(b->data + b->length, data, length);
    b->length += length;
}

void bytes_put_byte(struct bytes *b, uint8_t value)
{
    if (make_room(b, 1))
        b->data[b->length++] = value;
}

void bytes_put_unsigned(struct bytes *b, uint64_t value)
{
    if (!make_room(b, 10))
        return;
    while (value >= 0x80) {
        b->data[b->length++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    b->data[b->length++] = (uint8_t)value;
}

void bytes_put_varint(struct bytes *b, int64_t value)
{
    bytes_put_unsigned(b, bytes_zigzag(value));
}

static void put_low_first(struct bytes *b, uint64_t value, size_t n)
{
    uint8_t out[8];
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(value >> (8 * i));
    bytes_put(b, out, n);
}

void bytes_put_u32(struct bytes *b, uint32_t value)
{
    put_low_first(b, value, 4);
}

void bytes_put_u64(struct bytes *b, uint64_t value)
{
    put_low_first(b, value, 8);
}

void bytes_put_double(struct bytes *b, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_low_first(b, bits, 8);
}

void bytes_put_text(struct bytes *b, const char *text)
{
    size_t length = strlen(text);
    bytes_put_unsigned(b, length);
    bytes_put(b, text, length);
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

// ---- taking apart -------------------------------------------------------------------------------------------------

struct bytes_in bytes_in_of(const void *data, size_t length)
{
    static const uint8_t nothing[1];
    const uint8_t *begin = data != NULL ? data : nothing;
    return (struct bytes_in){.at = begin, .end = begin + (data != NULL ? length : 0)};
}

const uint8_t *bytes_take(struct bytes_in *in, size_t length)
{
    if (in->failed || length > (size_t)(in->end - in->at)) {
        in->failed = true;
        return NULL;
    }
    const uint8_t *at = in->at;
    in->at += length;
    return at;
}

uint8_t bytes_take_byte(struct bytes_in *in)
{
    const uint8_t *at = bytes_take(in, 1);
    return at != NULL ? *at : 0;
}

uint64_t bytes_take_unsigned(struct bytes_in *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_take_byte(in);
        if (shift == 63 && byte > 1)
            break; // more than 64 bits
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return in->failed ? 0 : value;
    }
    in->failed = true;
    return 0;
}

int64_t bytes_take_varint(struct bytes_in *in)
{
    return bytes_unzigzag(bytes_take_unsigned(in));
}

static uint64_t take_low_first(struct bytes_in *in, size_t n)
{
    const uint8_t *at = bytes_take(in, n);
    uint64_t value = 0;
    for (size_t i = 0; at != NULL && i < n; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

uint32_t bytes_take_u32(struct bytes_in *in)
{
    return (uint32_t)take_low_first(in, 4);
}

uint64_t bytes_take_u64(struct bytes_in *in)
{
    return take_low_first(in, 8);
}

double bytes_take_double(struct bytes_in *in)
{
    uint64_t bits = take_low_first(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

const char *bytes_take_text(struct bytes_in *in, size_t limit, size_t *ret_length)
{
    uint64_t length = bytes_take_unsigned(in);
    in->failed |= length > limit;
    const uint8_t *at = bytes_take(in, in->failed ? 0 : (size_t)length);
    if (at == NULL || memchr(at, '\0', (size_t)length) != NULL) {
        in->failed = true;
        return NULL;
    }
    *ret_length = (size_t)length;
    return (const char *)at;
}

void bytes_take_chars(struct bytes_in *in, char *target, size_t size)
{
    size_t length = 0;
    const char *text = bytes_take_text(in, size - 1, &length);
    if (text != NULL)
        memcpy(target, text, length);
    target[length] = '\0';
}
