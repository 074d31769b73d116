// SPDX-License-Identifier: GPL-3.0-or-later
// Several replays of the same data side by side: a process for each controller, as many at a time as there are
// processors. A process is spared the memory of the others, GLPK's included, and what becomes of it is noticed.
#pragma once

#include <signal.h>

#include "replay/replay.h"
#include "replay/report.h"

struct replay_task { // borrowed
    const struct site *site;
    const struct replay_data *data;
    struct replay_options options; // the controller aside
    enum replay_controller controllers[REPLAY_CONTROLLER_COUNT];
    int n_controllers;
};

// Called in this process. Steps of one controller come in order of time, those of several in no order at all. A
// negative code ends everything.
struct replay_listener {
    void *user;
    int (*step)(void *user, enum replay_controller controller, const struct replay_step *step);
    int (*done)(void *user, enum replay_controller controller, const struct replay_figures *figures,
                const struct replay_solve_times *times);
    void (*tick)(void *user); // several times a second
};

// 0 when all are done. AEMS_E_TIMEOUT when `*stop` became true, else another code with a sentence in `ret_why`. No
// process is left behind.
int replay_run(const struct replay_task *task, const struct replay_listener *listener,
               const volatile sig_atomic_t *stop, char *ret_why, size_t size);
