// SPDX-License-Identifier: GPL-3.0-or-later
// What autonomy is reckoned from: expected load and cautious sun, hour by hour. For enduring.c, which gathers it, and
// for image_outage.c, because a replay has to expect the same.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

enum { ENDURING_HOURS = 168 };

// Buses that ties connect help each other: they are one part.
struct enduring_part {
    double load_w[TIER_COUNT][ENDURING_HOURS];
    double pv_w[ENDURING_HOURS];
};

struct enduring {
    size_t n_parts;                     // by the site alone, as part_of_bus
    int part_of_bus[SITE_MAX_BUSES];    // -1: not electric, or without an island
    struct enduring_part *parts, *next; // complete, and being gathered
    int64_t from_utc_ms, next_from_utc_ms;
    bool complete;
    int64_t begun_utc_ms; // gathering, the last time
    size_t asset, hour;   // where it stands; both 0: it has not begun
};
