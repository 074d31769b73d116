// SPDX-License-Identifier: GPL-3.0-or-later
// Events of demand response for a replay, from a file.
#pragma once

#include "daemon/ctl/ctl.h"
#include "dr/event.h"

struct replay_events {      // zero-initialise
    struct dr_event **list; // owned; by the time at which they are told
    size_t count;
};

// A JSON list of OpenADR events, or one. Each is told when it was modified last, at `from_utc_ms` at the earliest.
// CTL_OK or CTL_FAILED after a message was printed.
int replay_events_read(const char *path, const struct site *s, int64_t from_utc_ms, struct replay_events *ret_events);
void replay_events_free(struct replay_events *e);
