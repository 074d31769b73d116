// SPDX-License-Identifier: GPL-3.0-or-later
// Messages of demand response that wait to be judged: a tray a sender, so that who sends too much delays nobody else.
//
// What lies in a tray claims to be of its sender and looks sound; only its signature will tell. Trays are emptied in
// turn, each from its oldest message on. While a tray's signatures turn out to be wrong by the dozen its newest and its
// oldest message come alternately: a good one that is sent behind a heap of forgeries does not wait for them all. All
// trays together are bounded in bytes: beyond that the oldest message of the fullest gives way.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
    DR_TRAY_NOBODY,
    DR_TRAY_LOCAL, // of what comes over the control socket
    DR_TRAY_FIRST, // senders share this and the following by their number
    DR_TRAYS = DR_TRAY_FIRST + 16,
    DR_TRAYS_MAX_BYTES = 24 * 1024 * 1024,
    DR_FORGED_MANY = 32, // in a second: its newest message comes every other time
    DR_PER_SECOND = 20,  // good ones of a tray; what comes faster waits
    DR_BURST = 64,       // as many as may be known at a time
    DR_LETTER_MIN = 256, // bytes that a message counts at least
};

struct dr_letter {
    bool heartbeat;
    bool local;  // from the control socket: the operator's
    char *topic; // as signatures bind it; in the same allocation, as is the payload
    char *payload;
    size_t length;
    TAILQ_ENTRY(dr_letter) next;
};

TAILQ_HEAD(dr_letters, dr_letter);

struct dr_tray {
    struct dr_letters letters;
    size_t count, bytes;
    int forged; // since `forged_mono_ms`, for a second
    uint64_t forged_mono_ms;
    bool newest_next;
    double tokens;
    uint64_t tokens_mono_ms;
};

struct dr_trays {
    struct dr_tray trays[DR_TRAYS];
    size_t count, bytes, next;
};

void dr_trays_start(struct dr_trays *t);
void dr_trays_clear(struct dr_trays *t);

// Copies; NULL without memory.
struct dr_letter *dr_letter_new(const char *topic, const char *payload, size_t length);

int dr_tray_of(int sender); // -1: nobody known

// Takes the letter over. One that had to give way is handed over, or NULL.
struct dr_letter *dr_trays_put(struct dr_trays *t, int tray, struct dr_letter *letter);

// The next one, owned by the caller (free), and its tray; NULL: there is none that may be judged now.
struct dr_letter *dr_trays_take(struct dr_trays *t, uint64_t now_mono_ms, int *ret_tray);

void dr_trays_forged(struct dr_trays *t, int tray, uint64_t now_mono_ms); // its signature was wrong
void dr_trays_good(struct dr_trays *t, int tray);                         // it was right: it costs a token
