// SPDX-License-Identifier: GPL-3.0-or-later
#include "pdu.h"

#include <string.h>

#include "base/error.h"

enum { TCP_HEADER = 7, RTU_EXTRA = 3, COIL_ON = 0xFF00 }; // bytes around a PDU

static int word_at(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

static void put_word(uint8_t *bytes, unsigned word)
{
    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
}

void pdu_exception(const struct pdu *request, int code, struct pdu *ret_reply)
{
    uint8_t function = request->length > 0 ? request->bytes[0] : 0;
    ret_reply->bytes[0] = function | 0x80;
    ret_reply->bytes[1] = (uint8_t)code;
    ret_reply->length = 2;
}

// ---- requests -----------------------------------------------------------------------------------------------------

// Eight to a byte, the first in the lowest bit.
static void put_bits(const uint16_t *registers, int count, struct pdu *reply)
{
    int bytes = (count + 7) / 8;
    reply->bytes[1] = (uint8_t)bytes;
    memset(reply->bytes + 2, 0, (size_t)bytes);
    for (int i = 0; i < count; i++)
        reply->bytes[2 + i / 8] |= (uint8_t)((registers[i] != 0 ? 1 : 0) << i % 8);
    reply->length = 2 + (size_t)bytes;
}

static int answer_read(struct plant_device *d, const struct pdu *request, struct pdu *reply)
{
    if (request->length != 5)
        return EXCEPTION_VALUE;
    uint16_t registers[PROFILE_MAX_BLOCK];
    int count = word_at(request->bytes + 3);
    int exception = plant_device_read(d, request->bytes[0], word_at(request->bytes + 1), count, registers);
    if (exception)
        return exception;
    reply->bytes[0] = request->bytes[0];
    if (request->bytes[0] <= 2) {
        put_bits(registers, count, reply);
        return 0;
    }
    reply->bytes[1] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++)
        put_word(reply->bytes + 2 + 2 * i, registers[i]);
    reply->length = 2 + 2 * (size_t)count;
    return 0;
}

// Understands a request of function 5, 6 or 16; false when its lengths contradict each other.
static bool parse_write(const struct pdu *request, struct pdu_write *ret_write)
{
    if (request->length < 5)
        return false;
    struct pdu_write w = {.function = request->bytes[0], .address = word_at(request->bytes + 1), .count = 1};
    if (w.function == 5 || w.function == 6) {
        int word = word_at(request->bytes + 3);
        bool sound = w.function == 6 || word == 0 || word == COIL_ON;
        w.registers[0] = (uint16_t)(w.function == 6 ? word : word == COIL_ON);
        *ret_write = w;
        return sound && request->length == 5;
    }
    w.count = word_at(request->bytes + 3);
    if (w.count < 1 || w.count > PROFILE_MAX_WRITE || request->length != 6 + 2 * (size_t)w.count ||
        request->bytes[5] != 2 * w.count)
        return false;
    for (int i = 0; i < w.count; i++)
        w.registers[i] = (uint16_t)word_at(request->bytes + 6 + 2 * i);
    *ret_write = w;
    return true;
}

static int answer_write(struct plant_device *d, const struct pdu *request, uint64_t mono_ms, struct pdu *reply,
                        struct pdu_write *write)
{
    if (!parse_write(request, write))
        return EXCEPTION_VALUE;
    int exception = plant_device_write(d, write->function, write->address, write->count, write->registers, mono_ms);
    if (exception)
        return exception;
    memcpy(reply->bytes, request->bytes, 5);
    reply->length = 5;
    return 0;
}

void pdu_answer(struct plant_device *d, const struct pdu *request, uint64_t mono_ms, struct pdu *ret_reply,
                struct pdu_write *ret_write)
{
    int exception = EXCEPTION_FUNCTION;
    int function = request->length > 0 ? request->bytes[0] : 0;
    ret_write->count = 0;
    if (function >= 1 && function <= 4)
        exception = answer_read(d, request, ret_reply);
    else if (function == 5 || function == 6 || function == 16)
        exception = answer_write(d, request, mono_ms, ret_reply, ret_write);
    if (exception)
        pdu_exception(request, exception, ret_reply);
}

// ---- frames -------------------------------------------------------------------------------------------------------

int frame_take_tcp(const uint8_t *bytes, size_t length, struct frame *ret_frame)
{
    if (length < TCP_HEADER)
        return 0;
    int rest = word_at(bytes + 4); // unit and PDU
    if (word_at(bytes + 2) != 0 || rest < 2 || rest > PDU_MAX + 1)
        return AEMS_E_FORMAT;
    size_t whole = 6 + (size_t)rest;
    if (length < whole)
        return 0;
    ret_frame->transaction = (unsigned)word_at(bytes);
    ret_frame->unit = bytes[6];
    ret_frame->pdu.length = (size_t)rest - 1;
    memcpy(ret_frame->pdu.bytes, bytes + TCP_HEADER, ret_frame->pdu.length);
    return (int)whole;
}

size_t frame_put_tcp(const struct frame *f, uint8_t *ret_bytes)
{
    put_word(ret_bytes, f->transaction);
    put_word(ret_bytes + 2, 0);
    put_word(ret_bytes + 4, (unsigned)f->pdu.length + 1);
    ret_bytes[6] = (uint8_t)f->unit;
    memcpy(ret_bytes + TCP_HEADER, f->pdu.bytes, f->pdu.length);
    return TCP_HEADER + f->pdu.length;
}

static unsigned crc16(const uint8_t *bytes, size_t length)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

int frame_take_rtu(const uint8_t *bytes, size_t length, struct frame *ret_frame)
{
    if (length < 8) // the shortest request
        return 0;
    size_t whole = bytes[1] == 16 ? 9 + (size_t)bytes[6] : 8;
    if (whole > RTU_EXTRA + PDU_MAX)
        return AEMS_E_FORMAT;
    if (length < whole)
        return 0;
    unsigned crc = crc16(bytes, whole - 2);
    if (bytes[whole - 2] != (crc & 0xFF) || bytes[whole - 1] != crc >> 8)
        return AEMS_E_FORMAT;
    *ret_frame = (struct frame){.unit = bytes[0], .pdu.length = whole - RTU_EXTRA};
    memcpy(ret_frame->pdu.bytes, bytes + 1, ret_frame->pdu.length);
    return (int)whole;
}

size_t frame_put_rtu(const struct frame *f, uint8_t *ret_bytes)
{
    ret_bytes[0] = (uint8_t)f->unit;
    memcpy(ret_bytes + 1, f->pdu.bytes, f->pdu.length);
    unsigned crc = crc16(ret_bytes, 1 + f->pdu.length);
    ret_bytes[1 + f->pdu.length] = (uint8_t)crc; // low byte first
    ret_bytes[2 + f->pdu.length] = (uint8_t)(crc >> 8);
    return RTU_EXTRA + f->pdu.length;
}
