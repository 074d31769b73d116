// SPDX-License-Identifier: GPL-3.0-or-later
// What the writer and the reader of records share: the entries' tags, and what "since the last" refers to.
//
// An entry begins with its tag. Events add their kind to TAG_EVENT and may carry flags.
#pragma once

#include "replay/record.h"
#include "replay/record_number.h"

enum record_tag {
    TAG_BEGIN = 1,
    TAG_MEMORY,
    TAG_WRITE,
    TAG_RELEASE,
    TAG_SOLVE,
    TAG_ALARM,
    TAG_DRAINED,
    TAG_END,
    TAG_EVENT = 16, // + enum event_kind, up to 63
    TAG_KIND = 63,
    TAG_FLAG_CODE = 64,   // event: the engine refused it, the code is at its end. Drained: the engine had more to do
    TAG_FLAG_QUIET = 128, // event: nothing was to be done
};

enum { RECORD_MAX_READINGS = 1024, RECORD_MAX_TEXT = 16 << 20, RECORD_MAX_WHY = 4096 };

enum { // of a write's result
    RESULT_STATUS = 3,
    RESULT_AS_WRITTEN = 4,    // its power is the setpoint last written
    RESULT_READ_AS_ASKED = 8, // what was read back is that power
    RESULT_READ_NOTHING = 16, // ... or 0
};

enum { // of a price
    PRICE_LACKS_IMPORT = 1,
    PRICE_LACKS_EXPORT = 2,
};

struct record_device {
    uint8_t *layout; // quantity and status of each reading, as last time
    size_t n;
    struct record_number *values; // n
    double written_w;
    int lease_ms;
};

struct record_state {
    struct instant last;
    double speed;
    struct record_device *devices;
    size_t n_devices;
};

int record_state_init(struct record_state *s, size_t n_devices); // AEMS_E_NOMEM
void record_state_free(struct record_state *s);

// UTC as it would be at `mono_ms` if nobody had set the clock.
int64_t record_expected_utc_ms(const struct record_state *s, uint64_t mono_ms);

// Another layout: all values begin anew. AEMS_E_NOMEM.
int record_set_layout(struct record_device *d, const uint8_t *layout, size_t n);

static inline uint8_t record_layout_of(const struct reading *r)
{
    return (uint8_t)((unsigned)r->quantity * 4 + (unsigned)r->status);
}

uint64_t record_digest(const void *data, size_t length);
