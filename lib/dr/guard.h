// SPDX-License-Identifier: GPL-3.0-or-later
// What holds while the sender of limits is not heard: a state machine shaped after EEBUS LPC and LPP. Pure: time comes
// in, by the monotonic clock, so that setting the clock neither shortens nor stretches anything.
//
//     start -> INIT (fail-safe limit)
//     INIT      a limit, after a heartbeat -> CONTROLLED; heartbeats for `heartbeat_ms` without a limit -> AUTONOMOUS
//     CONTROLLED  no heartbeat for `heartbeat_ms` -> FAILSAFE
//     AUTONOMOUS  a limit, after a heartbeat -> CONTROLLED; no heartbeat for `heartbeat_ms` -> FAILSAFE
//     FAILSAFE  heartbeat, and a limit after it -> CONTROLLED
//               heartbeat back for `heartbeat_ms` without a limit, and fail-safe for `failsafe_ms` -> AUTONOMOUS
//               without a heartbeat it stays: on loss, limits only tighten
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum guard_state { GUARD_OFF, GUARD_INIT, GUARD_CONTROLLED, GUARD_FAILSAFE, GUARD_AUTONOMOUS, GUARD_STATE_COUNT };

struct guard_settings {
    uint64_t heartbeat_ms; // 120 s
    uint64_t failsafe_ms;  // 2 to 24 h
};

struct guard { // zero: off
    enum guard_state state;
    bool heard;                 // a heartbeat not older than heartbeat_ms; in fail-safe: one that came since it began
    uint64_t heartbeat_mono_ms; // the last
    uint64_t back_mono_ms;      // since when heartbeats come without a break
    uint64_t since_mono_ms;     // when the state began
};

void guard_start(struct guard *g, uint64_t now_mono_ms); // -> INIT

// Each returns true when the state has changed. A limit that comes while no heartbeat is heard does not leave the
// fail-safe state.
bool guard_heartbeat(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms);
bool guard_limit(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms);
bool guard_tick(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms);

bool guard_is_failsafe(const struct guard *g);        // INIT or FAILSAFE: the fail-safe limits hold
const char *guard_state_name(enum guard_state state); // "off", "init", "controlled", "failsafe", "autonomous"
