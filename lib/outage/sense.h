// SPDX-License-Identifier: GPL-3.0-or-later
// Is the grid there? One answer from several witnesses: voltage and frequency on the supply's side of the breaker, the
// breaker's contact, and a relay input. Pure: time comes in, by the monotonic clock.
//
// Two questions are kept apart, because the safe answer differs: may this island rely on the grid (at the least doubt:
// no, it looks after itself), and may it be connected to it again (only when every witness that there is has said yes
// for the whole of the stable time). Witnesses that disagree count as the worse of them on both questions.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum witness { WITNESS_SILENT, WITNESS_YES, WITNESS_NO }; // silent: there is none, or it cannot be believed now

struct sense_settings {
    double nominal_v;           // of the grid's meter; 0: voltage is not judged
    double nominal_hz;          // 50 or 60; 0: frequency is not judged
    double lost_voltage_frac;   // of nominal: further off than this, the grid is gone (0.2)
    double lost_frequency_hz;   // likewise (2.5)
    double stable_voltage_frac; // no further off than this to connect again (0.1)
    double stable_frequency_hz; // likewise (0.2)
    uint64_t confirm_ms;        // one witness alone is believed after so long; two that agree at once
    uint64_t silent_ms;         // without any witness for so long, the grid counts as gone
    uint64_t stable_ms;         // 300 s
};

// What was read, at one instant. Numbers are finite where `has_` says so.
struct sense_reading {
    bool has_voltage, has_frequency;
    double voltage_v, frequency_hz;
    enum witness relay;   // an input that is closed while the grid is there
    enum witness breaker; // YES: closed. Open, nothing can be drawn, whatever is behind it
};

enum supply { SUPPLY_UNKNOWN, SUPPLY_THERE, SUPPLY_GONE };

struct sense {                 // zero: nothing is known
    enum supply supply;        // of the grid itself, on its side of the breaker
    bool breaker_open;         // as far as is known; false where nobody says
    bool breaker_known;        // its contact has stayed as it is for `confirm_ms`, or another witness agrees with it
    enum witness breaker_seen; // its contact as it was last read
    uint64_t breaker_mono_ms;  // since when
    bool hears_supply;         // voltage, frequency or the relay has ever spoken; else the contact stands for them
    bool hears_frequency;      // it has ever been measured
    bool disagree;             // witnesses contradict each other now
    uint64_t doubt_mono_ms;    // since when a single witness says no; 0: none does
    uint64_t heard_mono_ms;    // when any witness last spoke; at first the first update
    uint64_t steady_mono_ms;   // since when all say yes without a break; 0: they do not
};

// At every reading, and once a tick. Silence is no loss before `silent_ms`, also at the start; a witness who said no
// and then fell silent has not taken it back.
void sense_update(struct sense *s, const struct sense_settings *settings, const struct sense_reading *reading,
                  uint64_t now_mono_ms);

// The program stood still, and nobody was listened to: silence, doubt and the stable time begin anew.
void sense_wake(struct sense *s, uint64_t now_mono_ms);

bool sense_relies(const struct sense *s); // the island may draw from the grid now
// It has been there, within the narrow band and undisputed, for the stable time. The breaker need not be closed.
bool sense_is_stable(const struct sense *s, const struct sense_settings *settings, uint64_t now_mono_ms);
// What is left of the stable time, ms; UINT64_MAX while it does not run.
uint64_t sense_wait_ms(const struct sense *s, const struct sense_settings *settings, uint64_t now_mono_ms);
const char *supply_name(enum supply supply); // "unknown", "there", "gone"
