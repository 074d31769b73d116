// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the desk share: dr_desk.c (arrival, judging), dr_desk_keep.c (to the disk, then to the engine),
// dr_desk_tell.c (refusals).
#pragma once

#include "daemon/app/dr_desk.h"
#include "daemon/app/dr_trays.h"
#include "dr/openadr.h"

enum {
    DESK_REFUSALS_TOLD = 5, // a second, in the log and over MQTT, of what proved nothing; the others are counted
    DESK_PROVEN_TOLD = 20,  // over MQTT, of what its sender signed: no stranger's noise hides these
    DESK_DISK_MS = 5000,    // longest wait for the disk
    DESK_WHY_SIZE = 192,
};

struct dr_sequence { // the last one that was used up
    char sender[SITE_ID_MAX];
    uint64_t number;
};

// Topic of refusals that are nobody's; no event is called so.
#define DR_UNKNOWN "unknown"

// Who says it, and how sure that is.
struct dr_origin {
    char sender[SITE_ID_MAX]; // empty: nobody
    bool proven;              // by a signature, or by the control socket
};

enum pending_kind { PENDING_NOTHING, PENDING_PUT, PENDING_WITHDRAW, PENDING_HEARTBEAT };

struct pending { // waits for the disk
    enum pending_kind kind;
    struct dr_origin origin;
    char id[DR_ID_SIZE];
    struct dr_event *event; // owned; of PENDING_PUT
    uint64_t mark, since_mono_ms;
};

struct dr_desk {
    struct loop *loop;
    struct driver *driver;
    dr_clock_fn *is_synchronised;
    void *user;
    struct loop_waker *waker; // there is something to judge, or the disk has written
    struct loop_timer *later; // a sender is out of tokens
    struct dr_trays trays;
    bool arrived;                  // messages, since the last turn
    struct dr_sequence *sequences; // owned
    size_t n_sequences;
    struct pending pending;
    struct dr_desk_counters counters;
    int told, told_proven; // refusals in this second
    uint64_t untold, second_mono_ms;
    bool connected, lost;
    uint64_t away_mono_ms; // since when there is no connection
};

// dr_desk_tell.c
void desk_refuse(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why);
// Of an event that was said to be received: always told, and in the place of that.
void desk_take_back(struct dr_desk *d, const struct dr_origin *origin, const char *id, const char *why);
void desk_pass_over(struct dr_desk *d, const struct dr_origin *origin, const char *id); // an event for others
void desk_tell_tick(struct dr_desk *d, uint64_t now_mono_ms);

// dr_desk_keep.c
int desk_sequence_judge(const struct dr_desk *d, const char *sender, uint64_t number, char *ret_why, size_t size);
int desk_sequence_use(struct dr_desk *d, const char *sender, uint64_t number); // AEMS_E_NOMEM
void desk_heartbeat(struct dr_desk *d, const struct dr_origin *origin);
// Whether it would be taken now; of DR_PUT fills the event's sender, order and reference. 0, or a negative code with a
// sentence.
int desk_judge(struct dr_desk *d, const struct dr_origin *origin, struct openadr_message *m, struct instant now,
               char *ret_why, size_t size);
void desk_keep(struct dr_desk *d, const struct dr_origin *origin, struct openadr_message *m); // takes its event over
void desk_act(struct dr_desk *d); // as soon as the disk has it
void desk_drop_pending(struct dr_desk *d, const char *why);
