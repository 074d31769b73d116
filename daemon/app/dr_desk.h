// SPDX-License-Identifier: GPL-3.0-or-later
// The desk: where messages of the grid operator are received, judged and kept before the engine hears of them.
//
//     broker -> shape, header, sequence -> trays -> signature -> sequence and event to the disk -> synced -> engine
//
// What costs nothing comes first. Retained messages are passed over; what is too large, has not the shape of what is
// expected, is not for this area or repeats a sequence number is refused where it arrives. The rest waits in a tray of
// its sender (daemon/app/dr_trays.h) and is judged a few milliseconds at a time, so that a flood neither stalls the
// loop nor keeps a good message waiting. One event is under way at a time: what is judged next sees what it did.
//
// Every refusal is counted, the first of each second are logged and told on `dr/event/<id>/status`, those of proven
// senders apart from all others. A refusal is not retained, so that it changes nothing of what is said of an event that
// is known or was, and leaves nothing at the broker; it is where the event was said to be received before its disk
// failed. What proved nothing is told on `dr/event/unknown/status`.
#pragma once

#include "daemon/app/driver.h"

struct dr_desk;

struct dr_desk_counters {
    uint64_t retained;                      // passed over
    uint64_t accepted, refused, not_for_us; // events
    uint64_t heartbeats;
    size_t waiting; // in the trays
};

// Whether the machine's clock is set by somebody who knows the time.
typedef bool dr_clock_fn(void *user);

// `driver` is borrowed; its engine, store and publisher may be filled in later. `is_synchronised` NULL: the system's
// own word. AEMS_E_NOMEM, AEMS_E_IO.
int dr_desk_new(struct loop *loop, struct driver *driver, dr_clock_fn *is_synchronised, void *user,
                struct dr_desk **ret_desk);
void dr_desk_free(struct dr_desk *d); // before the store; NULL is fine

void dr_desk_restore(struct dr_desk *d); // sequence numbers; before the first message
void dr_desk_changed(struct dr_desk *d); // another configuration is in force

// A message of `dr/event`, `dr/heartbeat` or a configured topic.
void dr_desk_message(struct dr_desk *d, const struct mqtt_message *m);
void dr_desk_broker(struct dr_desk *d, bool connected);
void dr_desk_tick(struct dr_desk *d); // once a cycle

// The sender of what comes over the control socket; no signature is needed there.
#define DR_OPERATOR "operator"

// An event or notification of the operator. 0: it looks good and is under way, its state tells what came of it;
// otherwise a negative code with a sentence in `ret_why`. `ret_id` is filled as soon as it was readable.
int dr_desk_local(struct dr_desk *d, const char *payload, size_t length, char ret_id[static DR_ID_SIZE], char *ret_why,
                  size_t size);

void dr_desk_counters(const struct dr_desk *d, struct dr_desk_counters *ret_counters);
