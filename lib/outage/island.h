// SPDX-License-Identifier: GPL-3.0-or-later
// One island: the part of the area behind one grid connection, from losing the grid to having it back. Pure: what is
// known comes in, what is to be done comes out, and every transition is a record for the journal.
//
//     CONNECTED  grid gone, or the breaker open, or an operator's word -> ISLANDING; grid gone and islanding is
//                forbidden -> BLACK, once the bus is dead
//     ISLANDING  the breaker is open and the island lives -> ISLANDED; it does not live -> BLACK;
//                the grid is there again, undisputed, and the breaker was never opened -> CONNECTED;
//                it is there, and the breaker closed again or not known -> WAITING
//     ISLANDED   it does not live any more -> BLACK; the grid is there -> WAITING; the breaker is closed -> ISLANDING
//     BLACK      the grid is there -> WAITING; somebody can form and all switches stand open -> RESTARTING
//     RESTARTING it lives and the sequence is done -> ISLANDED; it failed, or the breaker does not stay open -> BLACK;
//                the grid is there -> WAITING
//     WAITING    the grid was stable for the stable time -> RESYNCHRONISING; gone again -> ISLANDED or BLACK, with a
//                breaker that is not known to be open ISLANDING; it does not live any more -> BLACK
//     RESYNCHRONISING  the breaker is closed and the grid carries -> CONNECTED; not within its time, or the grid gone
//                again -> WAITING (the stable time begins anew)
//
// Words of operators hurry or hold decisions, never facts. Forced: the way to that state is taken as soon as it can be,
// and not left by a decision (a bus that is dead, a grid that is gone are none). Forbidden: that state is not decided
// for; a forbidden ISLANDING leaves the breaker alone. No word closes the breaker before the stable time, brings
// voltage to a bus whose breaker is not known to be open, or calls an island what still hangs on the grid. Of two words
// that contradict each other, the one that forbids holds, then the one that keeps the island by itself.
//
// Where contacts or the grid flutter, states do not: once the grid went again while WAITING, or it found its breaker
// closed, or the grid was there again with the breaker never opened, the same is not begun again for a fifth of the
// stable time.
//
// A breaker that opened although nobody told it to had a reason, a fault behind it, a grid that is not what its
// witnesses say, or somebody's hand: it is not closed again before the stable time has run from there on, however long
// the grid was called stable before.
//
// In BLACK nobody is told to form. An island whose breaker does not open stays ISLANDING with `breaker_stuck`, or goes
// BLACK; the grid's return brings it back at once.
//
// Without a breaker of its own the island's interconnection protection opens and closes by itself; its contact, or the
// meter, says so. Such an island cannot be forced off the grid.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum island_state {
    ISLAND_CONNECTED,
    ISLAND_ISLANDING,
    ISLAND_ISLANDED,
    ISLAND_BLACK,
    ISLAND_RESTARTING,
    ISLAND_WAITING, // for a stable grid; it goes on as an island meanwhile, or stays black
    ISLAND_RESYNCHRONISING,
    ISLAND_STATE_COUNT
};

// What an operator may forbid or force, each for a time: the transition into that state.
enum island_word { ISLAND_FREE, ISLAND_FORBIDDEN, ISLAND_FORCED };

struct island_settings {
    bool has_breaker;    // that is opened and closed by us
    uint64_t open_ms;    // a breaker obeys within so long (2 s), or it counts as stuck
    uint64_t close_ms;   // likewise closing, with the time its synchroniser takes (60 s)
    uint64_t restart_ms; // a restart that is not done in so long has failed (15 min)
    uint64_t retry_ms;   // between attempts to restart (2 min)
    uint64_t stable_ms;  // after a failed connection none is tried for so long (as of sense, 300 s)
};

struct island_orders { // by state that is to be entered
    enum island_word words[ISLAND_STATE_COUNT];
};

// What is known now.
struct island_input {
    bool relies;     // sense_relies
    bool stable;     // sense_is_stable
    bool grid_there; // supply there, disputed by nobody
    bool breaker_known, breaker_open;
    bool lives;         // its bus has voltage: somebody forms it; true while nobody can say yet
    bool can_form;      // somebody could
    bool switches_open; // every switch that a restart wants open is seen, or where nobody can see told, to be so
    bool restarted;     // the sequence is done
    bool failed;        // the sequence failed
    bool drill;         // told, not switched: while the grid is there the breaker counts as being where it is wished
};

enum breaker_wish { BREAKER_LEAVE, BREAKER_OPEN, BREAKER_CLOSE }; // leave: as it stands, nothing is told again

struct island { // zero: connected, since ever
    enum island_state state;
    uint64_t since_mono_ms;
    uint64_t wished_mono_ms; // when the breaker was first told what it is told now; 0: nothing
    uint64_t failed_mono_ms; // the last attempt to restart or to connect, done or not; 0: none
    uint64_t turned_mono_ms; // when it last went back instead of on, see above; 0: never
    uint64_t parted_mono_ms; // when its own breaker was last found open while connected; 0: never
    bool was_black;          // since the grid was lost: while waiting it must not be taken for alive
    bool was_open;           // the breaker was seen to be, since the grid was lost
    bool breaker_stuck;      // it did not obey in its time, or nobody can say that it did
    bool resumed;            // after a restart of the program: what is not known yet is not believed for a moment
    enum breaker_wish wish;
};

struct island_step {
    enum island_state from, to;
    char cause[96]; // why, for people: "grid lost: 0 V, frequency not measured"
};

// One step at most; true when the state has changed and `ret_step` is written. Call again until false: that is after a
// few steps, whatever the words are.
bool island_advance(struct island *i, const struct island_settings *settings, const struct island_orders *orders,
                    const struct island_input *input, uint64_t now_mono_ms, struct island_step *ret_step);

// What is left of the time in which no connection is begun, whatever the witnesses say, ms: after an attempt, and after
// the breaker opened by itself.
uint64_t island_rest_ms(const struct island *i, uint64_t stable_ms, uint64_t now_mono_ms);

enum breaker_wish island_breaker(const struct island *i); // what it is to be told now
bool island_is_connected(const struct island *i);         // the grid may be drawn from: CONNECTED alone
bool island_is_alone(const struct island *i);             // it must look after itself: any other
const char *island_state_name(enum island_state state);   // "connected", "islanding", ... "resynchronising"
enum island_state island_state_by_name(const char *name); // ISLAND_STATE_COUNT: no such state

// Taken up again after a restart of the program, from what was saved: times begin anew, the safe way round (a stable
// time that had run is run again).
void island_resume(struct island *i, enum island_state state, bool was_black, uint64_t now_mono_ms);
// The program stood still for a while: what is not known yet is not believed for a moment.
void island_wake(struct island *i, uint64_t now_mono_ms);
