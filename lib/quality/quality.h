// SPDX-License-Identifier: GPL-3.0-or-later
// A reading becomes a value one may rely on, or is named for what it is.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/quantity.h"
#include "modbus/block.h"

enum quality {
    QUALITY_NONE, // never read
    QUALITY_GOOD,
    QUALITY_SUSPECT, // frozen, spiking, of the wrong sign, or in contradiction to the bus balance
    QUALITY_STALE,   // older than the allowed number of polls
    QUALITY_INVALID, // not implemented or out of range; the last good value stays, with its age
};

struct value {
    double v;         // last accepted value; 0 while there never was one
    uint64_t mono_ms; // when it was read
    enum quality quality;
};

const char *quality_name(enum quality q);

struct quality_limits {
    double low, high;   // plausible range of this asset and quantity
    double max_step;    // a larger change between two polls must be seen twice; 0: no check
    uint32_t frozen_ms; // an analogue value that is bitwise unchanged for so long is suspect, unless it is exactly 0
                        // (a plant at night); 0: no check
    uint32_t stale_ms;  // since the last accepted reading
};

// The memory of one value's judge. Zero-initialise.
struct judge {
    struct value value;
    bool has_value;   // a reading was accepted at some time
    double candidate; // a spike waiting to be confirmed
    bool has_candidate;
    double last_raw;
    uint64_t last_change_mono_ms;
};

// Takes a reading at `now_mono_ms`. One that is missing changes nothing; the value grows old. Returns the quality of
// the new state.
enum quality judge_reading(struct judge *j, const struct quality_limits *limits, const struct reading *r,
                           uint64_t now_mono_ms);

// The value as it stands at `now_mono_ms`, i.e. with staleness applied.
struct value judge_value(const struct judge *j, const struct quality_limits *limits, uint64_t now_mono_ms);

// True when it may steer a device: good, and not older than `stale_ms`.
bool value_usable(struct value v);
