// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting times between attempts: doubled after each failure, with jitter so that many clients do not come back at
// once.
#pragma once

#include <stdint.h>

struct backoff {
    uint32_t first_ms, max_ms;
    uint32_t next_ms; // 0: first_ms
};

// Between half and all of the present waiting time, which is then doubled.
uint32_t backoff_next(struct backoff *b);
void backoff_reset(struct backoff *b);
