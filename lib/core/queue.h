// SPDX-License-Identifier: GPL-3.0-or-later
// What waits to be done. Each (kind, index) waits at most once, so that the ring never overflows and a late driver
// finds the latest value instead of a backlog.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum task_kind {
    TASK_WRITE,            // index: device
    TASK_RELEASE,          // device
    TASK_ALARM,            // alarm slot
    TASK_PUBLISH_SETPOINT, // asset
    TASK_PUBLISH_ASSET,    // asset
    TASK_PUBLISH_STATE,
    TASK_PUBLISH_PLAN,
    TASK_PUBLISH_FORECAST, // asset
    TASK_SAVE_PEAK,        // grid
    TASK_SAVE_ENERGY,      // asset
    TASK_SAVE_LEASE,       // device
    TASK_SAVE_PLAN,
    TASK_SAVE_FORECAST, // asset
    TASK_SAVE_LEDGER,   // tie
    TASK_LEDGER,        // tie
    TASK_SAVE_SESSION,  // asset
    TASK_SAVE_LIMITS,
    TASK_SAVE_PRICES, // tariff
    TASK_SAVE_WEATHER,
    TASK_SAVE_FORECAST_AREA,
    TASK_DR_STATUS,     // place of an event, see dr.h
    TASK_SAVE_DR_EVENT, // place
    TASK_SIGNAL,        // building
    TASK_SAVE_BUILDING, // building
    TASK_SAVE_METER,    // party, or that and their number: the day before
    TASK_SAVE_ENDED,    // event that waits for its settlement
    TASK_DR_REPORT,     // event that waits for its settlement
    TASK_CAPABILITY,
    TASK_OUTAGE,
    TASK_JOURNAL,
    TASK_SAVE_OUTAGE,
    TASK_KIND_COUNT
};

struct task {
    enum task_kind kind;
    int index;
};

struct ring {
    struct task *tasks;
    size_t capacity, head, count;
};

struct queue {
    struct ring urgent; // writes and releases go first, and what is kept of outages before what it has switches told
    struct ring other;
    bool *waiting[TASK_KIND_COUNT];
    size_t sizes[TASK_KIND_COUNT];
};

// Room for `sizes[kind]` indices of each kind. AEMS_E_NOMEM.
int queue_new(struct queue *q, const size_t sizes[static TASK_KIND_COUNT]);
void queue_free(struct queue *q);
void queue_add(struct queue *q, enum task_kind kind, int index);
void queue_drop(struct queue *q, enum task_kind kind, int index); // it will not come out any more
bool queue_take(struct queue *q, struct task *ret_task);
