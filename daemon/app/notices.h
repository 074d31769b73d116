// SPDX-License-Identifier: GPL-3.0-or-later
// Notices to people in buildings, on `building/<id>/advice`: of outages, warnings and drills, and of emergencies that
// the grid operator declares. A building has one notice at a time: an outage that is on goes before all others.
#pragma once

#include "daemon/app/driver.h"
#include "report/notice.h"

enum { NOTICES_PAUSE_MS = 3 * 60 * 1000 }; // between changes of what is served, unless they are urgent

enum advice_kind { ADVICE_NONE, ADVICE_EMERGENCY, ADVICE_BLACK_START };

struct told_notice {
    struct notice notice;    // kind NONE: nothing of outages
    enum advice_kind advice; // of demand response, where nothing of outages is
    uint64_t mono_ms;
    bool once; // since the program runs
};

struct notices { // zero-initialise, then set `driver`
    struct driver *driver;
    struct told_notice told[SITE_MAX_BUILDINGS];
    const struct site *told_to;
    int64_t drill_until_utc_ms;
    bool drill_shed[SITE_MAX_SWITCHES]; // would be opened
    uint64_t second_mono_ms;
    uint64_t outage_mono_ms; // when `outage` was last published
};

// Once a second or so.
void notices_tick(struct notices *n, uint64_t now_mono_ms);

// Buildings are told what they would be if the grid failed now, marked as a drill, until then; a time that has passed
// ends it. Nothing is switched. A sentence in `ret_why`, else "": there is an outage already.
void notices_drill(struct notices *n, int64_t until_utc_ms, char *ret_why, size_t size);
