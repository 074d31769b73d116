// SPDX-License-Identifier: GPL-3.0-or-later
// Registers <-> numbers. No sockets, no libmodbus: its float helpers are not trusted (they put wrong values on the
// wire).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum register_type {
    REGISTER_INT16,
    REGISTER_UINT16,
    REGISTER_INT32,
    REGISTER_UINT32,
    REGISTER_INT64,
    REGISTER_UINT64,
    REGISTER_FLOAT32,
    REGISTER_FLOAT64,
    REGISTER_STRING,
    REGISTER_TYPE_COUNT
};

// Bytes of a 32-bit value ABCD as they arrive. CDAB swaps the words, BADC the bytes of each word, DCBA both.
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

// Registers a value of this type takes; 0 for REGISTER_STRING.
int register_count(enum register_type type);

// Raw bits of a value, low-order aligned.
uint64_t registers_raw(enum register_type type, enum word_order order, const uint16_t *registers);

// Decodes without scaling. AEMS_E_RANGE when the bits are a float that is not finite, or the type is text.
int registers_decode(enum register_type type, enum word_order order, const uint16_t *registers, double *ret_value);

// Encodes a value that is rounded to the type. AEMS_E_RANGE when it is not finite or does not fit: nothing is written.
int registers_encode(enum register_type type, enum word_order order, double value, uint16_t *ret_registers);

// Copies up to `count` registers of text, first character in the high byte, trimmed, `?` for what cannot be printed;
// ends at the first NUL; always NUL-terminates.
void registers_text(const uint16_t *registers, int count, char *ret_text, size_t size);
