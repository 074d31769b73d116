// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a device answers: readings are finite or named as none, replies are judged within their bytes, and numbers
// survive the way to the wire and back.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/block.h"
#include "modbus/message.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { REGISTERS = 32 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

// Points of every type, order and option, made from the bytes.
static struct profile_point point_of(const unsigned char *data, int i)
{
    struct profile_point p = {
        .quantity = (enum quantity)(i % QUANTITY_COUNT),
        .type = (enum register_type)(data[0] % REGISTER_STRING),
        .order = (enum word_order)(data[1] % 4),
        .function = 3,
        .address = data[2] % (REGISTERS - 4),
        .scale = data[3] % 2 ? 0.001 : 1e300,
        .scale_address = data[4] % 2 ? data[4] % REGISTERS : -1,
        .negate = data[5] % 2,
        .sunspec = data[5] & 2,
        .n_not_implemented = data[5] & 4 ? 1 : 0,
        .minimum = data[6] % 2 ? -INFINITY : -1000,
        .maximum = data[6] % 2 ? INFINITY : 1000,
        .sum_with = data[7] % 2 ? 0 : -1,
    };
    return p;
}

static void check_decoding(const unsigned char *data)
{
    enum { POINTS = 3, EACH = 8 };
    struct profile_point points[POINTS], part = point_of(data + POINTS * EACH, 0);
    struct profile p = {.points = points, .n_points = POINTS, .parts = &part, .n_parts = 1};
    struct register_block block = {3, 0, REGISTERS};
    uint16_t registers[REGISTERS];
    const uint16_t *answers[] = {registers};
    struct reading readings[POINTS];
    for (int i = 0; i < POINTS; i++)
        points[i] = point_of(data + i * EACH, i);
    memcpy(registers, data + (POINTS + 1) * EACH, sizeof(registers));
    blocks_decode(&p, &block, 1, answers, readings);
    for (int i = 0; i < POINTS; i++) {
        require(isfinite(readings[i].value));
        if (readings[i].status == READING_GOOD)
            require(readings[i].value >= points[i].minimum && readings[i].value <= points[i].maximum);
        else
            require(readings[i].status == READING_OUT_OF_RANGE || readings[i].value == 0);
    }
}

static void check_round_trip(const unsigned char *data)
{
    enum register_type type = (enum register_type)(data[0] % REGISTER_STRING);
    enum word_order order = (enum word_order)(data[1] % 4);
    uint16_t registers[4], again[4];
    double value = 0, back = 0;
    memcpy(registers, data + 2, sizeof(registers));
    if (registers_decode(type, order, registers, &value) < 0)
        return;
    if (registers_encode(type, order, value, again) < 0)
        return; // the ends of 64 bits are beyond a double
    require(registers_decode(type, order, again, &back) == 0 && back == value);
}

static void check_reply(const unsigned char *data, size_t size)
{
    uint8_t request[MESSAGE_REQUEST_MAX];
    uint16_t registers[PROFILE_MAX_BLOCK];
    int exception = 0;
    struct register_block block = {1 + data[0] % 4, data[1], 1 + data[2] % PROFILE_MAX_BLOCK};
    struct register_write w = {data[0] % 3 == 0 ? 5 : data[0] % 3 == 1 ? 6 : 16, data[1], 1, {data[2], 0, 0, 0}, 0};
    unsigned char *reply = malloc(size); // so that a step beyond its end is seen
    if (!reply)
        return;
    memcpy(reply, data, size);
    message_judge(request, message_read_request(reply[0], &block, request), reply, size, registers, &exception);
    message_judge(request, message_write_request(reply[0], &w, request), reply, size, NULL, &exception);
    free(reply);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size >= 4 * 8 + REGISTERS * sizeof(uint16_t))
        check_decoding(data);
    if (size >= 10)
        check_round_trip(data);
    if (size >= 3)
        check_reply(data, size);
    return 0;
}
