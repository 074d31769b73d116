// SPDX-License-Identifier: GPL-3.0-or-later
#include "modbus/message.h"

#include <string.h>

enum { AT_UNIT = 0, AT_FUNCTION = 1, AT_DATA = 2, EXCEPTION_BIT = 0x80, COIL_ON = 0xFF00 };

static void put16(uint8_t *bytes, int value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static int get16(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

size_t message_read_request(int unit, const struct register_block *block, uint8_t ret[static MESSAGE_REQUEST_MAX])
{
    ret[AT_UNIT] = (uint8_t)unit;
    ret[AT_FUNCTION] = (uint8_t)block->function;
    put16(&ret[AT_DATA], block->address);
    put16(&ret[AT_DATA + 2], block->count);
    return 6;
}

size_t message_write_request(int unit, const struct register_write *w, uint8_t ret[static MESSAGE_REQUEST_MAX])
{
    ret[AT_UNIT] = (uint8_t)unit;
    ret[AT_FUNCTION] = (uint8_t)w->function;
    put16(&ret[AT_DATA], w->address);
    if (w->function == 5 || w->function == 6) {
        int coil = w->registers[0] != 0 ? COIL_ON : 0;
        put16(&ret[AT_DATA + 2], w->function == 5 ? coil : w->registers[0]);
        return 6;
    }
    put16(&ret[AT_DATA + 2], w->count);
    ret[AT_DATA + 4] = (uint8_t)(2 * w->count);
    for (int i = 0; i < w->count; i++)
        put16(&ret[AT_DATA + 5 + 2 * i], w->registers[i]);
    return (size_t)(7 + 2 * w->count);
}

static enum reply_verdict judge_read(const uint8_t *request, const uint8_t *reply, size_t length,
                                     uint16_t *ret_registers)
{
    int count = get16(&request[AT_DATA + 2]);
    if (length != (size_t)(3 + 2 * count) || reply[AT_DATA] != 2 * count || !ret_registers)
        return REPLY_MALFORMED;
    for (int i = 0; i < count; i++)
        ret_registers[i] = (uint16_t)get16(&reply[AT_DATA + 1 + 2 * i]);
    return REPLY_GOOD;
}

// Eight to a byte, the first in the lowest bit; each becomes a register of 0 or 1.
static enum reply_verdict judge_bits(const uint8_t *request, const uint8_t *reply, size_t length,
                                     uint16_t *ret_registers)
{
    int count = get16(&request[AT_DATA + 2]), bytes = (count + 7) / 8;
    if (length != (size_t)(3 + bytes) || reply[AT_DATA] != bytes || !ret_registers)
        return REPLY_MALFORMED;
    for (int i = 0; i < count; i++)
        ret_registers[i] = reply[AT_DATA + 1 + i / 8] >> (i % 8) & 1;
    return REPLY_GOOD;
}

// Functions 5, 6 and 16 repeat the first six bytes of the request: register, and value or count.
static enum reply_verdict judge_echo(const uint8_t *request, const uint8_t *reply, size_t length)
{
    if (length != 6)
        return REPLY_MALFORMED;
    return memcmp(request, reply, 6) == 0 ? REPLY_GOOD : REPLY_FALSE_ECHO;
}

enum reply_verdict message_judge(const uint8_t *request, size_t request_length, const uint8_t *reply, size_t length,
                                 uint16_t *ret_registers, int *ret_exception)
{
    if (request_length < 6 || length < 3)
        return REPLY_MALFORMED;
    if (reply[AT_UNIT] != request[AT_UNIT])
        return REPLY_FOREIGN;
    if (reply[AT_FUNCTION] == (request[AT_FUNCTION] | EXCEPTION_BIT) && length == 3) {
        *ret_exception = reply[AT_DATA];
        return REPLY_EXCEPTION;
    }
    if (reply[AT_FUNCTION] != request[AT_FUNCTION])
        return REPLY_MALFORMED;
    if (request[AT_FUNCTION] == 1 || request[AT_FUNCTION] == 2)
        return judge_bits(request, reply, length, ret_registers);
    if (request[AT_FUNCTION] == 3 || request[AT_FUNCTION] == 4)
        return judge_read(request, reply, length, ret_registers);
    return judge_echo(request, reply, length);
}

const char *message_exception_text(int code)
{
    static const char *const texts[] = {
        [1] = "illegal function",
        [2] = "illegal data address",
        [3] = "illegal data value",
        [4] = "device failure",
        [5] = "acknowledge",
        [6] = "device busy",
        [7] = "negative acknowledge",
        [8] = "memory parity error",
        [10] = "gateway path unavailable",
        [11] = "gateway target did not respond",
    };
    size_t known = sizeof(texts) / sizeof(texts[0]);
    return code > 0 && (size_t)code < known && texts[code] ? texts[code] : "unknown";
}
