// SPDX-License-Identifier: GPL-3.0-or-later
// A new configuration for a running daemon: judged, solved on trial while control goes on, and only then swapped in
// whole; or refused, with everything that is wrong with it logged and the present one kept.
#pragma once

#include "daemon/app/area.h"
#include "daemon/loop/clock.h"
#include "daemon/loop/loop.h"

struct reload;

struct reload_settings {
    const char *config, *folders, *planner; // borrowed
    const struct clock_source *clock;
    const struct app_area *(*present)(void *user);
    // Swaps `area` in. 0, or a negative code: then the present one is still in force.
    int (*swap)(void *user, struct app_area *area);
    void *user;
};

int reload_new(struct loop *loop, const struct reload_settings *settings, struct reload **ret_reload);
void reload_free(struct reload *r);

// SIGHUP. A request during a reload is carried out after it.
void reload_request(struct reload *r);
