// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the drill share.
#pragma once

#include "plan/planner.h"
#include "replay/drill.h"

struct drill_order { // a write on its way to its device
    bool given, release, done;
    double power_w;
};

struct drill {
    const struct site *site;
    const struct engine_device *devices;
    struct drill_options options;
    struct engine *engine;
    struct planner *planner;
    struct plant_model *model;
    struct instant now;
    struct drill_order *orders; // as site->devices
    struct schedule *answer;    // of the planner, on its way
    uint64_t answer_mono_ms;
    uint64_t tick_mono_ms;
    bool away, back; // the grid is; it was, and is there again
    int64_t lost_utc_ms, back_utc_ms;
    int64_t minute_utc_ms;
    double minute_wh;
    enum island_state *states; // as told last
    struct drill_figures f;
};

// What the devices of the simulated area say now, told to the engine.
void drill_read(struct drill *d);
// Writes of the last step reach their devices; then the engine hears that they did.
void drill_deliver(struct drill *d);
void drill_confirm(struct drill *d);

int drill_tell(struct drill *d, struct event event);
__attribute__((format(printf, 2, 3))) void drill_say(struct drill *d, const char *format, ...);
