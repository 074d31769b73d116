// SPDX-License-Identifier: GPL-3.0-or-later
// aems-plant: the simulated area. See aems-plant(8).
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "area.h"
#include "base/error.h"
#include "base/local_time.h"
#include "base/log.h"
#include "base/number.h"
#include "conf/conf.h"
#include "connection.h"
#include "control.h"
#include "poller.h"
#include "server.h"

enum { STEP_MS = 50, EXIT_USAGE = 2 };

struct options {
    const char *file, *overlay, *control, *profiles;
    double speed;         // < 0: as configured
    int64_t start_utc_ms; // < 0: as configured
    uint64_t seed;
    bool die_with_parent;
};

static const char usage[] = "usage: aems-plant -c FILE [--free-ports OVERLAY] [--speed X] [--start TIME] [--seed N]\n"
                            "                  [--control SOCKET] [--profiles FOLDERS] [--die-with-parent]\n";

// ---- options ------------------------------------------------------------------------------------------------------

static bool parse_number(const char *text, double low, double high, double *ret_value)
{
    char *end = NULL;
    *ret_value = strtod(text, &end);
    return end != text && !*end && in_range(*ret_value, low, high);
}

static bool take_option(int letter, const char *argument, struct options *o)
{
    double number = 0.0;
    bool good = true;
    switch (letter) {
    case 'c':
        o->file = argument;
        break;
    case 'f':
        o->overlay = argument;
        break;
    case 's':
        good = parse_number(argument, 0.0, 100000.0, &o->speed);
        break;
    case 't':
        good = rfc3339_parse(argument, &o->start_utc_ms) == 0 && o->start_utc_ms >= 0;
        break;
    case 'n':
        good = parse_number(argument, 0.0, 9e15, &number);
        o->seed = good ? (uint64_t)number : 0;
        break;
    case 'k':
        o->control = argument;
        break;
    case 'p':
        o->profiles = argument;
        break;
    case 'd':
        o->die_with_parent = true;
        break;
    default:
        return false;
    }
    if (!good)
        fprintf(stderr, "aems-plant: \"%s\" is no sensible value\n", argument);
    return good;
}

static bool parse_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},   {"free-ports", required_argument, NULL, 'f'},
        {"speed", required_argument, NULL, 's'},    {"start", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 'n'},     {"control", required_argument, NULL, 'k'},
        {"profiles", required_argument, NULL, 'p'}, {"die-with-parent", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    struct options o = {.profiles = AEMS_PROFILE_DIR, .speed = -1.0, .start_utc_ms = -1, .seed = 1};
    int letter;
    while ((letter = getopt_long(argc, argv, "c:h", names, NULL)) != -1)
        if (!take_option(letter, optarg, &o))
            return false;
    if (!o.file || optind != argc)
        return false;
    *ret_options = o;
    return true;
}

// ---- running ------------------------------------------------------------------------------------------------------

struct plant {
    struct site *site;
    struct area area;
    struct poller *poller;
    struct server *server;
    struct control *control;
    struct pollee signals; // SIGTERM and SIGINT
    bool stop;
};

static void on_signal(struct pollee *p, uint32_t events)
{
    struct plant *plant = (struct plant *)((char *)p - offsetof(struct plant, signals));
    (void)events;
    plant->stop = true;
}

static void keep(struct pollee *p)
{
    (void)p; // part of struct plant
}

// Signals become readable, so that no handler runs between two lines of anything else.
static int watch_signals(struct plant *p)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return AEMS_E_IO;
    p->signals =
        (struct pollee){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .fn = on_signal, .free_fn = keep};
    if (p->signals.fd < 0)
        return AEMS_E_IO;
    return poller_add(p->poller, &p->signals, EPOLLIN);
}

static int64_t wall_clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int open_area(struct plant *p, const struct options *o)
{
    struct diagnostics d = {0};
    int status = conf_load(o->file, &d, &p->site);
    if (status == 0) {
        const struct site_simulation *s = &p->site->simulation;
        int64_t configured = s->start_utc_ms >= 0 ? s->start_utc_ms : wall_clock_ms();
        struct area_options options = {
            .profile_folders = o->profiles,
            .seed = o->seed,
            .speed = o->speed >= 0.0 ? o->speed : s->speed,
            .start_utc_ms = o->start_utc_ms >= 0 ? o->start_utc_ms : configured,
            .start_mono_ms = monotonic_ms(),
        };
        local_time_set_zone(p->site->timezone);
        status = area_open(p->site, &options, &d, &p->area);
    }
    if (status < 0 && !diagnostics_has_errors(&d))
        fprintf(stderr, "aems-plant: %s: %s\n", o->file, aems_error_text(status));
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return status;
}

static int open_doors(struct plant *p, const struct options *o)
{
    char why[512] = "";
    int status = server_open(&p->area, p->poller, o->overlay != NULL, why, sizeof why, &p->server);
    if (status < 0) {
        log_error("%s", why[0] ? why : aems_error_text(status));
        return status;
    }
    if (o->control) {
        status = control_open(&p->area, p->server, p->poller, o->control, &p->control);
        if (status < 0) {
            log_error("%s: %s", o->control, status == AEMS_E_IO ? strerror(errno) : aems_error_text(status));
            return status;
        }
    }
    if (o->overlay) {
        status = server_write_overlay(p->server, o->overlay);
        if (status < 0)
            log_error("%s: %s", o->overlay, strerror(errno));
    }
    return status;
}

static void say_ready(const struct plant *p)
{
    for (size_t i = 0; i < p->site->n_links; i++)
        printf("ready %s %s\n", p->site->links[i].id, server_endpoint(p->server, (int)i));
    printf("ready\n");
    fflush(stdout);
}

static int run(struct plant *p)
{
    uint64_t next_step_ms = monotonic_ms();
    int status = 0;
    while (!p->stop && status == 0) {
        uint64_t now_ms = monotonic_ms();
        if (now_ms >= next_step_ms) {
            area_step(&p->area, now_ms);
            next_step_ms += STEP_MS * ((now_ms - next_step_ms) / STEP_MS + 1); // beats that have passed are skipped
        }
        int wait_ms = (int)(next_step_ms - now_ms);
        int due_ms = server_flush(p->server, now_ms);
        if (due_ms >= 0 && due_ms < wait_ms)
            wait_ms = due_ms;
        status = poller_wait(p->poller, wait_ms);
    }
    return status;
}

static void close_all(struct plant *p)
{
    control_close(p->control);
    server_close(p->server);
    if (p->signals.fd > 0)
        poller_retire(p->poller, &p->signals);
    poller_free(p->poller);
    if (p->area.site)
        area_close(&p->area);
    site_free(p->site);
}

int main(int argc, char **argv)
{
    struct options o;
    if (!parse_options(argc, argv, &o)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (o.die_with_parent) {
        pid_t parent = getppid();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || parent == 1) // it died meanwhile
            return EXIT_FAILURE;
    }
    struct plant p = {0};
    int status = poller_new(&p.poller);
    if (status == 0)
        status = watch_signals(&p);
    if (status == 0)
        status = open_area(&p, &o);
    if (status == 0)
        status = open_doors(&p, &o);
    if (status == 0) {
        say_ready(&p);
        status = run(&p);
    }
    close_all(&p);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
