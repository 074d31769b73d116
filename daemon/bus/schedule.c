// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/schedule.h"

#include <stdlib.h>

#include "base/error.h"

enum {
    CONNECT_FIRST_MS = 500,
    CONNECT_LONGEST_MS = 10000,
    POLL_LONGEST_MS = 10000,
    BUSY_MS = 200,
    BUSY_TRIES = 3,
    WRITE_FIRST_MS = 1000,
    WRITE_LONGEST_MS = 10000,
    FOREIGN_MS = 60000, // until a device that is not the expected one is looked at again
    STOP_TRIES = 2,
};

enum hold { HOLD_NONE, HOLD_SET, HOLD_RELEASE };

struct bus_device {
    struct bus_timing timing;

    bool identified;
    bool foreign;
    uint64_t poll_at_ms; // absolute, so that polls do not drift
    int poll_failures;

    enum hold hold;
    double power_w;
    int lease_ms;
    uint64_t lease_until_ms;
    unsigned version; // of the command; grows with each change
    bool changed;     // `power_w` is not on the device yet
    bool lost;        // it may be gone from the device: write again
    bool touched;     // a write was tried: something of ours may stand on the device
    bool ever_changed;
    uint64_t changed_at_ms, written_at_ms;
    uint64_t retry_at_ms; // no write before
    int write_failures;
    bool refused; // the last write was understood and refused
};

struct bus_schedule {
    struct bus_device *devices;
    size_t n;
    uint64_t random;
    bool connected;
    int link_failures;
    uint64_t connect_at_ms;
    uint64_t connected_at_ms;
    bool stopping;
};

int bus_schedule_new(const struct bus_timing *devices, size_t n, uint64_t seed, uint64_t now_ms,
                     struct bus_schedule **ret_schedule)
{
    struct bus_schedule *s = calloc(1, sizeof(*s));
    struct bus_device *d = calloc(n > 0 ? n : 1, sizeof(*d));
    if (!s || !d) {
        free(s);
        free(d);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        d[i].timing = devices[i];
        if (d[i].timing.poll_ms < 1)
            d[i].timing.poll_ms = 1;
        d[i].poll_at_ms = now_ms;
    }
    *s = (struct bus_schedule){.devices = d, .n = n, .random = seed | 1, .connect_at_ms = now_ms};
    *ret_schedule = s;
    return 0;
}

void bus_schedule_free(struct bus_schedule *s)
{
    if (!s)
        return;
    free(s->devices);
    free(s);
}

// ---- back-off -----------------------------------------------------------------------------------------------------

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// Doubles with every failure, spread by +-25 % so that a hundred buses do not knock in step.
static uint64_t back_off(struct bus_schedule *s, int failures, int first_ms, int longest_ms)
{
    uint64_t delay_ms = (uint64_t)first_ms;
    for (int i = 1; i < failures && delay_ms < (uint64_t)longest_ms; i++)
        delay_ms *= 2;
    if (delay_ms > (uint64_t)longest_ms)
        delay_ms = (uint64_t)longest_ms;
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return delay_ms * 3 / 4 + s->random % (delay_ms / 2 + 1);
}

// ---- commands -----------------------------------------------------------------------------------------------------

void bus_schedule_write(struct bus_schedule *s, int device, double power_w, int lease_ms, uint64_t at_ms)
{
    struct bus_device *d = &s->devices[device];
    if (s->stopping)
        return;
    d->lease_ms = lease_ms;
    d->lease_until_ms = at_ms + (uint64_t)(lease_ms > 0 ? lease_ms : 0);
    if (d->hold == HOLD_SET && d->power_w == power_w)
        return;
    if (d->refused)
        d->retry_at_ms = 0; // another value may be welcome
    d->hold = HOLD_SET;
    d->power_w = power_w;
    d->changed = true;
    d->version++;
}

void bus_schedule_release(struct bus_schedule *s, int device, uint64_t at_ms)
{
    struct bus_device *d = &s->devices[device];
    (void)at_ms;
    if (s->stopping || d->hold == HOLD_RELEASE)
        return;
    // Also without a setpoint of ours: one may stand there from before a restart.
    d->hold = HOLD_RELEASE;
    d->version++;
    d->write_failures = 0;
    d->retry_at_ms = 0;
}

void bus_schedule_stop(struct bus_schedule *s, uint64_t now_ms)
{
    s->stopping = true;
    if (!s->connected)
        s->connect_at_ms = now_ms;
    for (size_t i = 0; i < s->n; i++) {
        struct bus_device *d = &s->devices[i];
        d->hold = d->hold != HOLD_NONE && d->touched ? HOLD_RELEASE : HOLD_NONE;
        d->version++;
        d->write_failures = 0;
        d->retry_at_ms = 0;
    }
}

// ---- what is due --------------------------------------------------------------------------------------------------

static void expire_leases(struct bus_schedule *s, uint64_t now_ms)
{
    for (size_t i = 0; i < s->n; i++) {
        struct bus_device *d = &s->devices[i];
        if (d->hold != HOLD_SET || now_ms < d->lease_until_ms)
            continue;
        d->hold = d->touched ? HOLD_RELEASE : HOLD_NONE;
        d->version++;
        d->write_failures = 0;
        d->retry_at_ms = 0;
    }
}

// A device that reverts by itself needs its refresh well within the lease it was told.
static uint64_t refresh_interval(const struct bus_device *d)
{
    int half_lease_ms = d->lease_ms / 2;
    int interval_ms = d->timing.refresh_ms < half_lease_ms ? d->timing.refresh_ms : half_lease_ms;
    return (uint64_t)(interval_ms > 0 ? interval_ms : 1);
}

static bool next_write(const struct bus_device *d, enum bus_task_kind *ret_kind, uint64_t *ret_due_ms)
{
    uint64_t due_ms = d->retry_at_ms;
    switch (d->hold) {
    case HOLD_NONE:
        return false;
    case HOLD_RELEASE:
        *ret_kind = BUS_TASK_RELEASE;
        break;
    case HOLD_SET:
        *ret_kind = BUS_TASK_SET;
        if (d->changed && d->ever_changed)
            due_ms = later(due_ms, d->changed_at_ms + (uint64_t)d->timing.min_interval_ms);
        if (d->changed || d->lost)
            break;
        if (d->timing.refresh_ms <= 0)
            return false;
        *ret_kind = BUS_TASK_REFRESH;
        due_ms = later(due_ms, d->written_at_ms + refresh_interval(d));
        break;
    }
    *ret_due_ms = due_ms;
    return true;
}

// Lower goes first. A device that did not answer last may hold the bus for a whole time-out: its write waits for those
// of the others, which may be as urgent as its own.
static int rank(const struct bus_device *d, enum bus_task_kind kind)
{
    int doubtful = d->poll_failures > 0 || d->write_failures > 0 ? 3 : 0;
    switch (kind) {
    case BUS_TASK_RELEASE:
        return doubtful;
    case BUS_TASK_SET:
        return 1 + doubtful;
    case BUS_TASK_REFRESH:
        return 2 + doubtful;
    default:
        return 6;
    }
}

struct choice {
    struct bus_task task;
    int rank;
    uint64_t due_ms;      // of `task`
    uint64_t earliest_ms; // of anything, for the wait
};

static void consider(struct choice *c, size_t device, const struct bus_device *d, enum bus_task_kind kind,
                     uint64_t due_ms, uint64_t now_ms)
{
    if (due_ms < c->earliest_ms)
        c->earliest_ms = due_ms;
    int r = rank(d, kind);
    if (due_ms > now_ms || (c->task.kind != BUS_TASK_NONE && (r > c->rank || (r == c->rank && due_ms >= c->due_ms))))
        return;
    c->rank = r;
    c->due_ms = due_ms;
    c->task = (struct bus_task){
        .kind = d->identified ? kind : BUS_TASK_IDENTIFY,
        .device = (int)device,
        .power_w = d->power_w,
        .lease_s = d->lease_ms / 1000 + (d->lease_ms % 1000 != 0),
        .version = d->version,
    };
}

static void consider_device(struct bus_schedule *s, struct choice *c, size_t i, uint64_t now_ms)
{
    const struct bus_device *d = &s->devices[i];
    enum bus_task_kind kind = BUS_TASK_NONE;
    uint64_t due_ms = 0;
    bool gave_up = s->stopping && d->write_failures >= STOP_TRIES;
    if (!d->foreign && !gave_up && next_write(d, &kind, &due_ms))
        consider(c, i, d, kind, due_ms, now_ms);
    if (d->hold == HOLD_SET && d->lease_until_ms < c->earliest_ms)
        c->earliest_ms = d->lease_until_ms;
    if (!s->stopping)
        consider(c, i, d, BUS_TASK_POLL, d->poll_at_ms, now_ms);
}

struct bus_task bus_schedule_next(struct bus_schedule *s, uint64_t now_ms, uint64_t *ret_wait_until_ms)
{
    struct choice c = {.task = {.kind = BUS_TASK_NONE}, .earliest_ms = UINT64_MAX};
    if (!s->stopping)
        expire_leases(s, now_ms);
    for (size_t i = 0; i < s->n; i++)
        consider_device(s, &c, i, now_ms);
    if (s->stopping && c.earliest_ms == UINT64_MAX)
        return (struct bus_task){.kind = BUS_TASK_END};
    if (!s->connected) {
        if (now_ms >= s->connect_at_ms)
            return (struct bus_task){.kind = BUS_TASK_CONNECT};
        *ret_wait_until_ms = s->connect_at_ms;
        return (struct bus_task){.kind = BUS_TASK_NONE};
    }
    *ret_wait_until_ms = c.earliest_ms;
    return c.task;
}

// ---- what came of it ----------------------------------------------------------------------------------------------

static void connected(struct bus_schedule *s, uint64_t now_ms)
{
    s->connected = true;
    s->connected_at_ms = now_ms;
    if (s->link_failures == 0)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct bus_device *d = &s->devices[i];
        d->identified = d->foreign = false; // somebody may have swapped it
        // Nobody waits for the back-off of a device that was only cut off.
        if (d->poll_at_ms > now_ms)
            d->poll_at_ms = now_ms;
        d->retry_at_ms = 0;
    }
}

// A connection that served for a while is opened again at once. One that was cut short would only be cut short again,
// hundreds of times a second, though other devices may have answered over it.
static void lose_link(struct bus_schedule *s, uint64_t now_ms)
{
    s->link_failures++;
    uint64_t wait_ms = 0;
    bool short_lived = s->connected && now_ms - s->connected_at_ms < CONNECT_FIRST_MS;
    if (s->link_failures > 1 || !s->connected || short_lived)
        wait_ms = back_off(s, s->link_failures, CONNECT_FIRST_MS, CONNECT_LONGEST_MS);
    s->connected = false;
    s->connect_at_ms = now_ms + wait_ms;
    for (size_t i = 0; i < s->n; i++)
        s->devices[i].lost = s->devices[i].touched;
}

void bus_schedule_closed(struct bus_schedule *s)
{
    s->connected = false;
    s->connect_at_ms = 0;
}

void bus_schedule_hung_up(struct bus_schedule *s, uint64_t now_ms)
{
    lose_link(s, now_ms);
}

static void next_beat(struct bus_device *d, uint64_t now_ms)
{
    uint64_t period_ms = (uint64_t)d->timing.poll_ms;
    d->poll_at_ms += period_ms;
    if (d->poll_at_ms <= now_ms)
        d->poll_at_ms += period_ms * ((now_ms - d->poll_at_ms) / period_ms + 1);
}

static void poll_failed(struct bus_schedule *s, struct bus_device *d, uint64_t now_ms)
{
    d->poll_failures++;
    next_beat(d, now_ms);
    if (d->poll_failures < 2)
        return; // a single slip costs one beat, no more
    int longest_ms = d->timing.poll_ms > POLL_LONGEST_MS ? d->timing.poll_ms : POLL_LONGEST_MS;
    d->poll_at_ms = later(d->poll_at_ms, now_ms + back_off(s, d->poll_failures - 1, d->timing.poll_ms, longest_ms));
}

static void poll_done(struct bus_schedule *s, struct bus_device *d, enum bus_outcome outcome, uint64_t now_ms)
{
    if (outcome == OUTCOME_DONE) {
        d->lost |= d->poll_failures > 0 && d->touched; // it may have restarted meanwhile
        d->poll_failures = 0;
        next_beat(d, now_ms);
    } else if (outcome == OUTCOME_BUSY) {
        next_beat(d, now_ms);
    } else {
        poll_failed(s, d, now_ms);
    }
}

static void write_succeeded(struct bus_device *d, const struct bus_task *task, uint64_t now_ms)
{
    d->write_failures = 0;
    d->retry_at_ms = 0;
    d->refused = false;
    d->written_at_ms = now_ms;
    if (task->kind == BUS_TASK_SET) {
        d->changed_at_ms = now_ms;
        d->ever_changed = true;
    }
    if (task->version != d->version)
        return; // a newer command came in meanwhile
    d->changed = false;
    d->lost = false;
    if (task->kind == BUS_TASK_RELEASE) {
        d->hold = HOLD_NONE;
        d->touched = false;
    }
}

static void write_done(struct bus_schedule *s, struct bus_device *d, const struct bus_task *task,
                       enum bus_outcome outcome, uint64_t now_ms)
{
    if (task->kind != BUS_TASK_RELEASE)
        d->touched = true;
    if (outcome == OUTCOME_DONE) {
        write_succeeded(d, task, now_ms);
        return;
    }
    d->write_failures++;
    d->refused = outcome == OUTCOME_REFUSED;
    if (outcome == OUTCOME_BUSY && d->write_failures <= BUSY_TRIES)
        d->retry_at_ms = now_ms + BUSY_MS;
    else if (s->stopping)
        d->retry_at_ms = now_ms;
    else
        d->retry_at_ms = now_ms + back_off(s, d->write_failures, WRITE_FIRST_MS, WRITE_LONGEST_MS);
}

// A device that does not even say who it is holds back its polls and its writes alike.
static void identify_done(struct bus_schedule *s, struct bus_device *d, enum bus_outcome outcome, uint64_t now_ms)
{
    d->identified = outcome == OUTCOME_DONE;
    d->foreign = outcome == OUTCOME_FOREIGN;
    if (outcome == OUTCOME_DONE)
        return;
    poll_failed(s, d, now_ms);
    if (outcome == OUTCOME_FOREIGN)
        d->poll_at_ms = now_ms + FOREIGN_MS;
    d->retry_at_ms = s->stopping ? now_ms : d->poll_at_ms;
    d->write_failures++;
}

void bus_schedule_done(struct bus_schedule *s, const struct bus_task *task, enum bus_outcome outcome, uint64_t now_ms)
{
    if (task->kind == BUS_TASK_NONE || task->kind == BUS_TASK_END)
        return;
    if (task->kind == BUS_TASK_CONNECT) {
        if (outcome == OUTCOME_DONE)
            connected(s, now_ms);
        else
            lose_link(s, now_ms);
        for (size_t i = 0; s->stopping && outcome != OUTCOME_DONE && i < s->n; i++)
            s->devices[i].write_failures++;
        return;
    }
    struct bus_device *d = &s->devices[task->device];
    if (outcome == OUTCOME_FAILED)
        d->identified = false;
    if (outcome == OUTCOME_LOST)
        lose_link(s, now_ms);
    else if (outcome != OUTCOME_FAILED && task->kind != BUS_TASK_IDENTIFY) // which may have asked for nothing
        s->link_failures = 0;

    if (task->kind == BUS_TASK_POLL)
        poll_done(s, d, outcome, now_ms);
    else if (task->kind == BUS_TASK_IDENTIFY)
        identify_done(s, d, outcome, now_ms);
    else
        write_done(s, d, task, outcome, now_ms);
}
