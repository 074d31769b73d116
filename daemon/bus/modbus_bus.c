// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/bus/modbus_bus.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "core/engine.h"
#include "daemon/bus/mailbox.h"
#include "daemon/bus/modbus_link.h"
#include "daemon/bus/modbus_session.h"
#include "daemon/bus/schedule.h"
#include "daemon/loop/clock.h"

enum { STACK_SIZE = 512 * 1024 };

struct unit {
    int device; // number in the site
    const struct site_device *config;
    bool can_write;
    struct modbus_session *session;
    char complaint[SESSION_WHY_SIZE]; // logged last
};

struct modbus_bus {
    const struct site_link *config;
    bus_report_fn *report;
    void *user;

    struct unit *units;
    size_t n;
    int *units_of; // number in the site -> number here, -1: on another bus
    size_t n_devices;

    struct bus_mailbox *mailbox;
    struct loop_waker *waker;      // wakes the loop
    struct bus_delivery *delivery; // the loop's
    int wake_fd, done_fd;          // wake the thread; the thread has ended
    atomic_bool stopping, cancelled;
    atomic_bool polling; // a poll is under way, which nobody misses when the bus stops

    struct modbus_link *link; // from here on the thread's
    struct bus_schedule *schedule;
    pthread_t thread;
};

// ---- the loop's side ----------------------------------------------------------------------------------------------

static void ring_bell(int fd)
{
    uint64_t one = 1;
    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void on_wake(void *user)
{
    struct modbus_bus *b = user;
    while (bus_mailbox_next_report(b->mailbox, b->delivery)) {
        b->delivery->report.device = b->units[b->delivery->report.device].device;
        b->report(b->user, &b->delivery->report);
    }
}

static void post(struct modbus_bus *b, const struct bus_report *report)
{
    bus_mailbox_report(b->mailbox, report);
    loop_wake(b->waker);
}

static int unit_of(const struct modbus_bus *b, int device)
{
    return device >= 0 && (size_t)device < b->n_devices ? b->units_of[device] : -1;
}

static void command(struct modbus_bus *b, int unit, bool release, double power_w, int lease_ms)
{
    struct bus_command c = {.release = release, .power_w = power_w, .lease_ms = lease_ms, .at_ms = clock_mono_ms()};
    bus_mailbox_command(b->mailbox, (size_t)unit, &c);
    ring_bell(b->wake_fd);
}

void modbus_bus_write(struct modbus_bus *b, int device, double power_w, int lease_ms)
{
    int unit = unit_of(b, device);
    if (unit < 0)
        return;
    const struct unit *u = &b->units[unit];
    if (u->can_write && isfinite(power_w) && lease_ms > 0) {
        command(b, unit, false, power_w, lease_ms);
        return;
    }
    struct bus_report report = {.kind = BUS_WRITTEN, .device = unit, .mono_ms = clock_mono_ms()};
    report.write_status = WRITE_FAILED;
    report.power_w = report.readback_w = isfinite(power_w) ? power_w : 0;
    report.why = u->can_write ? "not a setpoint" : "this device is not commanded";
    post(b, &report);
}

void modbus_bus_release(struct modbus_bus *b, int device)
{
    int unit = unit_of(b, device);
    if (unit >= 0 && b->units[unit].can_write)
        command(b, unit, true, 0, 0);
}

// ---- the thread's side: reports -----------------------------------------------------------------------------------

static void report_down(struct modbus_bus *b, size_t unit, const char *why)
{
    struct bus_report report = {.kind = BUS_DOWN, .device = (int)unit, .mono_ms = clock_mono_ms(), .why = why};
    bus_mailbox_report(b->mailbox, &report);
}

static void report_readings(struct modbus_bus *b, size_t unit, const struct reading *readings, size_t count)
{
    struct bus_report report = {
        .kind = BUS_READINGS, .device = (int)unit, .mono_ms = clock_mono_ms(), .readings = readings, .count = count};
    bus_mailbox_report(b->mailbox, &report);
}

static void report_written(struct modbus_bus *b, size_t unit, const struct session_written *w, const char *why)
{
    struct bus_report report = {.kind = BUS_WRITTEN,
                                .device = (int)unit,
                                .mono_ms = clock_mono_ms(),
                                .why = why,
                                .write_status = w->status,
                                .power_w = w->power_w,
                                .readback_w = w->readback_w};
    bus_mailbox_report(b->mailbox, &report);
}

// A register that a device refuses does not make it "down", but an operator should hear of it once.
static void complain_once(const struct modbus_bus *b, struct unit *u, const char *why)
{
    if (strcmp(u->complaint, why) == 0)
        return;
    snprintf(u->complaint, sizeof(u->complaint), "%s", why);
    if (*why != '\0')
        log_warning("modbus.%s: device %s: %s", b->config->id, u->config->id, why);
}

// ---- the thread's side: tasks -------------------------------------------------------------------------------------

static enum bus_outcome run_connect(struct modbus_bus *b)
{
    struct link_error e;
    if (modbus_link_open(b->link, &e) == LINK_OK)
        return OUTCOME_DONE;
    for (size_t i = 0; i < b->n; i++)
        report_down(b, i, e.text);
    return OUTCOME_LOST;
}

static enum bus_outcome run_identify(struct modbus_bus *b, size_t unit)
{
    char why[SESSION_WHY_SIZE];
    enum bus_outcome outcome = modbus_session_identify(b->units[unit].session, b->link, why);
    if (outcome != OUTCOME_DONE)
        report_down(b, unit, why);
    return outcome;
}

static enum bus_outcome run_poll(struct modbus_bus *b, size_t unit)
{
    char why[SESSION_WHY_SIZE];
    const struct reading *readings = NULL;
    size_t count = 0;
    atomic_store(&b->polling, true);
    enum bus_outcome outcome = modbus_session_poll(b->units[unit].session, b->link, &readings, &count, why);
    atomic_store(&b->polling, false);
    if (outcome == OUTCOME_DONE) {
        report_readings(b, unit, readings, count);
        complain_once(b, &b->units[unit], why);
    } else if (!atomic_load(&b->stopping)) {
        report_down(b, unit, why);
    }
    return outcome;
}

static enum bus_outcome run_write(struct modbus_bus *b, const struct bus_task *task)
{
    char why[SESSION_WHY_SIZE];
    struct session_written written;
    size_t unit = (size_t)task->device;
    enum bus_outcome outcome = modbus_session_write(b->units[unit].session, b->link, task, &written, why);
    report_written(b, unit, &written, *why != '\0' ? why : NULL);
    return outcome;
}

static enum bus_outcome run_on_device(struct modbus_bus *b, const struct bus_task *task)
{
    switch (task->kind) {
    case BUS_TASK_IDENTIFY:
        return run_identify(b, (size_t)task->device);
    case BUS_TASK_POLL:
        return run_poll(b, (size_t)task->device);
    default:
        return run_write(b, task);
    }
}

static void run_task(struct modbus_bus *b, const struct bus_task *task)
{
    if (task->kind == BUS_TASK_CONNECT) {
        enum bus_outcome outcome = run_connect(b);
        bus_schedule_done(b->schedule, task, outcome, clock_mono_ms());
    } else if (!modbus_link_alive(b->link)) {
        bus_schedule_hung_up(b->schedule, clock_mono_ms());
    } else {
        enum bus_outcome outcome = run_on_device(b, task);
        bus_schedule_done(b->schedule, task, outcome, clock_mono_ms());
        if (outcome != OUTCOME_LOST && !modbus_link_is_open(b->link))
            bus_schedule_closed(b->schedule);
    }
    loop_wake(b->waker);
}

// ---- the thread's side: its round ---------------------------------------------------------------------------------

static void take_commands(struct modbus_bus *b)
{
    size_t unit = 0;
    struct bus_command c;
    while (bus_mailbox_next_command(b->mailbox, &unit, &c)) {
        if (c.release)
            bus_schedule_release(b->schedule, (int)unit, c.at_ms);
        else
            bus_schedule_write(b->schedule, (int)unit, c.power_w, c.lease_ms, c.at_ms);
    }
}

static void wait_for_bell(const struct modbus_bus *b, uint64_t until_ms)
{
    uint64_t now_ms = clock_mono_ms(), bells = 0;
    struct pollfd bell = {.fd = b->wake_fd, .events = POLLIN};
    int timeout_ms = -1;
    if (until_ms != UINT64_MAX)
        timeout_ms = until_ms <= now_ms ? 0 : until_ms - now_ms < INT_MAX ? (int)(until_ms - now_ms) : INT_MAX;
    if (poll(&bell, 1, timeout_ms) > 0 && read(b->wake_fd, &bells, sizeof(bells)) < 0 && errno != EAGAIN)
        log_error("modbus.%s: wake-up cannot be read: %s", b->config->id, strerrordesc_np(errno));
}

static void *run(void *user)
{
    struct modbus_bus *b = user;
    bool told_to_stop = false;
    while (!atomic_load(&b->cancelled)) {
        uint64_t wait_until_ms = UINT64_MAX, now_ms = clock_mono_ms();
        take_commands(b);
        if (!told_to_stop && atomic_load(&b->stopping)) {
            bus_schedule_stop(b->schedule, now_ms);
            told_to_stop = true;
        }
        struct bus_task task = bus_schedule_next(b->schedule, now_ms, &wait_until_ms);
        if (task.kind == BUS_TASK_END)
            break;
        if (task.kind == BUS_TASK_NONE)
            wait_for_bell(b, wait_until_ms);
        else
            run_task(b, &task);
    }
    modbus_link_close(b->link);
    ring_bell(b->done_fd);
    return NULL;
}

// ---- starting -----------------------------------------------------------------------------------------------------

static void bus_free(struct modbus_bus *b)
{
    loop_waker_free(b->waker);
    for (size_t i = 0; i < b->n; i++)
        modbus_session_free(b->units[i].session);
    free(b->units);
    free(b->units_of);
    free(b->delivery);
    bus_mailbox_free(b->mailbox);
    bus_schedule_free(b->schedule);
    modbus_link_free(b->link);
    if (b->wake_fd >= 0)
        close(b->wake_fd);
    if (b->done_fd >= 0)
        close(b->done_fd);
    free(b);
}

static int add_units(struct modbus_bus *b, const struct site *site, int link, const struct profile *const *profiles)
{
    b->n_devices = site->n_devices;
    b->units = calloc(site->n_devices + 1, sizeof(*b->units));
    b->units_of = calloc(site->n_devices + 1, sizeof(*b->units_of));
    if (!b->units || !b->units_of)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < site->n_devices; i++) {
        const struct site_device *d = &site->devices[i];
        b->units_of[i] = d->link == link ? (int)b->n : -1;
        if (d->link != link)
            continue;
        struct unit *u = &b->units[b->n];
        *u = (struct unit){.device = (int)i, .config = d, .can_write = d->control && profile_can_write(profiles[i])};
        int r = modbus_session_new(site, d, profiles[i], &u->session);
        if (r < 0)
            return r;
        b->n++;
    }
    return 0;
}

static int add_schedule(struct modbus_bus *b, int link, const struct profile *const *profiles)
{
    struct bus_timing *timings = calloc(b->n + 1, sizeof(*timings));
    uint64_t now_ms = clock_mono_ms();
    if (!timings)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < b->n; i++) {
        const struct profile *p = profiles[b->units[i].device];
        timings[i] = (struct bus_timing){b->units[i].config->poll_ms, p->refresh_ms, p->min_interval_ms};
    }
    uint64_t seed = (now_ms + 1) * 0x9E3779B97F4A7C15u + (uint64_t)link * 0xD1B54A32D192ED03u;
    int r = bus_schedule_new(timings, b->n, seed, now_ms, &b->schedule);
    free(timings);
    return r;
}

static int add_parts(struct modbus_bus *b, struct loop *loop, const struct site *site, int link,
                     const struct profile *const *profiles)
{
    int r = add_units(b, site, link, profiles);
    if (r >= 0)
        r = add_schedule(b, link, profiles);
    if (r >= 0)
        r = bus_mailbox_new(b->n, &b->mailbox);
    if (r >= 0)
        r = modbus_link_new(&site->links[link], &b->link);
    if (r >= 0)
        r = loop_waker_new(loop, on_wake, b, &b->waker);
    b->delivery = calloc(1, sizeof(*b->delivery));
    if (r >= 0 && !b->delivery)
        r = AEMS_E_NOMEM;
    if (r >= 0 && (b->wake_fd < 0 || b->done_fd < 0))
        r = AEMS_E_IO;
    return r;
}

// Signals are the loop's: the new thread inherits a mask that blocks them all.
static int start_thread(struct modbus_bus *b)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    char name[16];
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&b->thread, &attributes, run, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        errno = error;
        return AEMS_E_IO;
    }
    snprintf(name, sizeof(name), "bus-%.11s", b->config->id);
    pthread_setname_np(b->thread, name);
    return 0;
}

int modbus_bus_start(struct loop *loop, const struct site *site, int link, const struct profile *const *profiles,
                     bus_report_fn *report, void *user, struct modbus_bus **ret_bus)
{
    struct modbus_bus *b = calloc(1, sizeof(*b));
    if (!b)
        return AEMS_E_NOMEM;
    b->config = &site->links[link];
    b->report = report;
    b->user = user;
    b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    b->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_init(&b->stopping, false);
    atomic_init(&b->cancelled, false);
    atomic_init(&b->polling, false);
    int r = add_parts(b, loop, site, link, profiles);
    if (r >= 0)
        r = start_thread(b);
    if (r < 0) {
        bus_free(b);
        return r;
    }
    *ret_bus = b;
    return 0;
}

// ---- stopping -----------------------------------------------------------------------------------------------------

void modbus_bus_begin_stop(struct modbus_bus *b)
{
    atomic_store(&b->stopping, true);
    ring_bell(b->wake_fd);
}

static bool has_ended(const struct modbus_bus *b, int within_ms)
{
    struct pollfd done = {.fd = b->done_fd, .events = POLLIN};
    return poll(&done, 1, within_ms) > 0;
}

void modbus_bus_stop(struct modbus_bus *b, int deadline_ms)
{
    if (!b)
        return;
    modbus_bus_begin_stop(b);
    int patience_ms = deadline_ms / 4;
    if (!has_ended(b, patience_ms) && atomic_load(&b->polling))
        modbus_link_interrupt(b->link); // a device that does not answer must not keep the others from their release
    if (!has_ended(b, deadline_ms - patience_ms)) {
        atomic_store(&b->cancelled, true);
        modbus_link_cancel(b->link);
        ring_bell(b->wake_fd);
    }
    pthread_join(b->thread, NULL);
    bus_free(b);
}
