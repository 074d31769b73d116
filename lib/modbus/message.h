// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and replies between unit id and checksum, so that a reply is believed only when it answers the question:
// libmodbus accepts replies of another unit and echoes of another register or value.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "modbus/block.h"

enum { MESSAGE_REQUEST_MAX = 16 };

// Write unit, function and data; return their length.
size_t message_read_request(int unit, const struct register_block *block, uint8_t ret[static MESSAGE_REQUEST_MAX]);
size_t message_write_request(int unit, const struct register_write *w, uint8_t ret[static MESSAGE_REQUEST_MAX]);

enum reply_verdict {
    REPLY_GOOD,
    REPLY_EXCEPTION, // the device understood and says no: `*ret_exception` is its code
    REPLY_FOREIGN,   // from another unit
    REPLY_MALFORMED, // not an answer to this request
    REPLY_FALSE_ECHO // a write is confirmed with another register, count or value
};

// Coils and discrete inputs (functions 1, 2 and 5) are registers of 0 or 1 here.
//
// `reply` starts with the unit id and ends before any checksum. For reads `ret_registers` gets the block's registers;
// NULL for writes.
enum reply_verdict message_judge(const uint8_t *request, size_t request_length, const uint8_t *reply, size_t length,
                                 uint16_t *ret_registers, int *ret_exception);

// "illegal data address" and the like; static.
const char *message_exception_text(int code);
