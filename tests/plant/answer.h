// SPDX-License-Identifier: GPL-3.0-or-later
// From a request's frame to the bytes of its reply, and when and how they go out: devices and their faults.
#pragma once

#include "area.h"
#include "pdu.h"

struct answer {
    bool reset;       // the connection is to be reset instead
    size_t length;    // of the bytes; 0: no reply
    uint64_t due_ms;  // monotonic
    unsigned drip_ms; // between two bytes; 0: all at once
    uint8_t bytes[ADU_MAX + 8];
};

void answer_request(struct area *area, int link, bool rtu, const struct frame *request, uint64_t mono_ms,
                    struct answer *ret_answer);
