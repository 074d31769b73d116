// SPDX-License-Identifier: GPL-3.0-or-later
#include "modbus/codec.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

int register_count(enum register_type type)
{
    switch (type) {
    case REGISTER_INT16:
    case REGISTER_UINT16:
        return 1;
    case REGISTER_INT32:
    case REGISTER_UINT32:
    case REGISTER_FLOAT32:
        return 2;
    case REGISTER_INT64:
    case REGISTER_UINT64:
    case REGISTER_FLOAT64:
        return 4;
    case REGISTER_STRING:
    case REGISTER_TYPE_COUNT:
        break;
    }
    return 0;
}

static uint16_t swap_bytes(uint16_t word)
{
    return (uint16_t)(word << 8 | word >> 8);
}

static bool words_are_swapped(enum word_order order)
{
    return order == ORDER_CDAB || order == ORDER_DCBA;
}

static bool bytes_are_swapped(enum word_order order)
{
    return order == ORDER_BADC || order == ORDER_DCBA;
}

uint64_t registers_raw(enum register_type type, enum word_order order, const uint16_t *registers)
{
    int count = register_count(type);
    uint64_t raw = 0;
    for (int i = 0; i < count; i++) {
        uint16_t word = registers[words_are_swapped(order) ? count - 1 - i : i];
        raw = raw << 16 | (bytes_are_swapped(order) ? swap_bytes(word) : word);
    }
    return raw;
}

static void raw_to_registers(enum register_type type, enum word_order order, uint64_t raw, uint16_t *ret_registers)
{
    int count = register_count(type);
    for (int i = 0; i < count; i++) {
        uint16_t word = (uint16_t)(raw >> (16 * (count - 1 - i)));
        ret_registers[words_are_swapped(order) ? count - 1 - i : i] =
            bytes_are_swapped(order) ? swap_bytes(word) : word;
    }
}

static double float32_of(uint64_t raw)
{
    uint32_t bits = (uint32_t)raw;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double float64_of(uint64_t raw)
{
    double value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

// Two's complement of `bits` bits; written without a cast whose result the compiler chooses.
static double signed_of(uint64_t raw, int bits)
{
    uint64_t sign = (uint64_t)1 << (bits - 1);
    if (!(raw & sign))
        return (double)raw;
    uint64_t mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    return -(double)((~raw & mask) + 1);
}

int registers_decode(enum register_type type, enum word_order order, const uint16_t *registers, double *ret_value)
{
    uint64_t raw = registers_raw(type, order, registers);
    double value = 0;
    switch (type) {
    case REGISTER_INT16:
    case REGISTER_INT32:
    case REGISTER_INT64:
        value = signed_of(raw, 16 * register_count(type));
        break;
    case REGISTER_UINT16:
    case REGISTER_UINT32:
    case REGISTER_UINT64:
        value = (double)raw;
        break;
    case REGISTER_FLOAT32:
        value = float32_of(raw);
        break;
    case REGISTER_FLOAT64:
        value = float64_of(raw);
        break;
    case REGISTER_STRING:
    case REGISTER_TYPE_COUNT:
        return AEMS_E_RANGE;
    }
    if (!isfinite(value))
        return AEMS_E_RANGE;
    *ret_value = value;
    return 0;
}

// 2^bits is exact in a double, 2^bits - 1 not always: the upper end is compared as "below".
static int encode_unsigned(double value, int bits, uint64_t *ret_raw)
{
    double rounded = round(value);
    if (rounded < 0 || rounded >= ldexp(1, bits))
        return AEMS_E_RANGE;
    *ret_raw = (uint64_t)rounded;
    return 0;
}

static int encode_signed(double value, int bits, uint64_t *ret_raw)
{
    double rounded = round(value);
    double end = ldexp(1, bits - 1);
    if (rounded < -end || rounded >= end)
        return AEMS_E_RANGE;
    *ret_raw = (uint64_t)(int64_t)rounded;
    return 0;
}

static int encode_float32(double value, uint64_t *ret_raw)
{
    if (fabs(value) > FLT_MAX)
        return AEMS_E_RANGE;
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    *ret_raw = bits;
    return 0;
}

static int encode_raw(enum register_type type, double value, uint64_t *ret_raw)
{
    switch (type) {
    case REGISTER_INT16:
    case REGISTER_INT32:
    case REGISTER_INT64:
        return encode_signed(value, 16 * register_count(type), ret_raw);
    case REGISTER_UINT16:
    case REGISTER_UINT32:
    case REGISTER_UINT64:
        return encode_unsigned(value, 16 * register_count(type), ret_raw);
    case REGISTER_FLOAT32:
        return encode_float32(value, ret_raw);
    case REGISTER_FLOAT64:
        memcpy(ret_raw, &value, sizeof value);
        return 0;
    case REGISTER_STRING:
    case REGISTER_TYPE_COUNT:
        break;
    }
    return AEMS_E_RANGE;
}

int registers_encode(enum register_type type, enum word_order order, double value, uint16_t *ret_registers)
{
    uint64_t raw = 0;
    if (!isfinite(value) || encode_raw(type, value, &raw) < 0)
        return AEMS_E_RANGE;
    raw_to_registers(type, order, raw, ret_registers);
    return 0;
}

void registers_text(const uint16_t *registers, int count, char *ret_text, size_t size)
{
    size_t length = 0, end = 0;
    for (int i = 0; i < 2 * count && length + 1 < size; i++) {
        unsigned char c = (unsigned char)(i % 2 == 0 ? registers[i / 2] >> 8 : registers[i / 2] & 0xFF);
        if (c == '\0')
            break;
        if (length == 0 && c == ' ')
            continue;
        ret_text[length++] = c >= 0x20 && c < 0x7F ? (char)c : '?';
        if (c != ' ')
            end = length;
    }
    if (size > 0)
        ret_text[end] = '\0';
}
