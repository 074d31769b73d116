// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/mailbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// A ring of device numbers; each stands in it once at most, so that it cannot overflow.
struct ring {
    size_t *devices;
    size_t first, count;
};

struct slot {
    bool full;
    struct bus_report report; // its pointers are not used
    char why[MAILBOX_WHY_SIZE];
};

struct box {
    bool has_command, has_reports;
    struct bus_command command;
    struct slot poll; // BUS_READINGS or BUS_DOWN
    struct slot write;
    struct reading readings[PROFILE_MAX_POINTS]; // of `poll`
};

struct bus_mailbox {
    pthread_mutex_t lock;
    struct box *boxes;
    size_t n;
    struct ring commands, reports;
};

int bus_mailbox_new(size_t n_devices, struct bus_mailbox **ret_mailbox)
{
    struct bus_mailbox *m = calloc(1, sizeof(*m));
    size_t n = n_devices > 0 ? n_devices : 1;
    if (!m)
        return AEMS_E_NOMEM;
    m->boxes = calloc(n, sizeof(*m->boxes));
    m->commands.devices = calloc(n, sizeof(size_t));
    m->reports.devices = calloc(n, sizeof(size_t));
    m->n = n;
    pthread_mutex_init(&m->lock, NULL);
    if (!m->boxes || !m->commands.devices || !m->reports.devices) {
        bus_mailbox_free(m);
        return AEMS_E_NOMEM;
    }
    *ret_mailbox = m;
    return 0;
}

void bus_mailbox_free(struct bus_mailbox *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m->boxes);
    free(m->commands.devices);
    free(m->reports.devices);
    free(m);
}

static void ring_put(struct ring *r, size_t n, size_t device)
{
    r->devices[(r->first + r->count++) % n] = device;
}

static size_t ring_take(struct ring *r, size_t n)
{
    size_t device = r->devices[r->first];
    r->first = (r->first + 1) % n;
    r->count--;
    return device;
}

// ---- commands -----------------------------------------------------------------------------------------------------

void bus_mailbox_command(struct bus_mailbox *m, size_t device, const struct bus_command *command)
{
    pthread_mutex_lock(&m->lock);
    struct box *b = &m->boxes[device];
    b->command = *command;
    if (!b->has_command)
        ring_put(&m->commands, m->n, device);
    b->has_command = true;
    pthread_mutex_unlock(&m->lock);
}

bool bus_mailbox_next_command(struct bus_mailbox *m, size_t *ret_device, struct bus_command *ret_command)
{
    pthread_mutex_lock(&m->lock);
    bool found = m->commands.count > 0;
    if (found) {
        *ret_device = ring_take(&m->commands, m->n);
        *ret_command = m->boxes[*ret_device].command;
        m->boxes[*ret_device].has_command = false;
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

// ---- reports ------------------------------------------------------------------------------------------------------

void bus_mailbox_report(struct bus_mailbox *m, const struct bus_report *report)
{
    size_t device = (size_t)report->device;
    pthread_mutex_lock(&m->lock);
    struct box *b = &m->boxes[device];
    struct slot *slot = report->kind == BUS_WRITTEN ? &b->write : &b->poll;
    slot->full = true;
    slot->report = *report;
    snprintf(slot->why, sizeof(slot->why), "%s", report->why ? report->why : "");
    if (report->kind == BUS_READINGS) {
        slot->report.count = report->count < PROFILE_MAX_POINTS ? report->count : PROFILE_MAX_POINTS;
        memcpy(b->readings, report->readings, slot->report.count * sizeof(*b->readings));
    }
    if (!b->has_reports)
        ring_put(&m->reports, m->n, device);
    b->has_reports = true;
    pthread_mutex_unlock(&m->lock);
}

static void deliver(struct box *b, struct bus_delivery *ret)
{
    struct slot *slot = b->write.full ? &b->write : &b->poll;
    ret->report = slot->report;
    memcpy(ret->why, slot->why, sizeof(ret->why));
    ret->report.why = *ret->why ? ret->why : NULL;
    ret->report.readings = NULL;
    if (slot->report.kind == BUS_READINGS) {
        memcpy(ret->readings, b->readings, slot->report.count * sizeof(*b->readings));
        ret->report.readings = ret->readings;
    }
    slot->full = false;
}

bool bus_mailbox_next_report(struct bus_mailbox *m, struct bus_delivery *ret_delivery)
{
    pthread_mutex_lock(&m->lock);
    bool found = m->reports.count > 0;
    if (found) {
        size_t device = ring_take(&m->reports, m->n);
        struct box *b = &m->boxes[device];
        deliver(b, ret_delivery);
        b->has_reports = b->write.full || b->poll.full;
        if (b->has_reports)
            ring_put(&m->reports, m->n, device);
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}
