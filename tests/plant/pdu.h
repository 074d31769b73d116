// SPDX-License-Identifier: GPL-3.0-or-later
// Modbus requests and replies without their frames, and the two frames they travel in.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

enum { PDU_MAX = 253, ADU_MAX = 260, EXCEPTION_GATEWAY = 0x0B };

struct pdu {
    size_t length;
    uint8_t bytes[PDU_MAX];
};

// A write as it was asked for; `count` 0: the request was none.
struct pdu_write {
    int function, address, count;
    uint16_t registers[PROFILE_MAX_WRITE];
};

// Answers a request at `mono_ms`. Every request gets a reply: malformed ones exception 3, unknown functions
// exception 1.
void pdu_answer(struct plant_device *d, const struct pdu *request, uint64_t mono_ms, struct pdu *ret_reply,
                struct pdu_write *ret_write);
void pdu_exception(const struct pdu *request, int code, struct pdu *ret_reply);

struct frame {
    unsigned transaction; // TCP
    int unit;
    struct pdu pdu;
};

// Takes one whole frame off `bytes`. Returns how many bytes it took, 0 when it is not complete yet, or AEMS_E_FORMAT:
// the bytes are no such frame (close a TCP connection, throw a serial line's bytes away).
int frame_take_tcp(const uint8_t *bytes, size_t length, struct frame *ret_frame);
int frame_take_rtu(const uint8_t *bytes, size_t length, struct frame *ret_frame);

// Returns the length; `ret_bytes` has room for ADU_MAX.
size_t frame_put_tcp(const struct frame *f, uint8_t *ret_bytes);
size_t frame_put_rtu(const struct frame *f, uint8_t *ret_bytes);
