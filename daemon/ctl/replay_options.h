// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of `aemsctl replay`, judged.
#pragma once

#include "daemon/ctl/ctl.h"
#include "replay/replay.h"

struct replay_call {
    const char *data, *out;        // paths, borrowed from the command line
    const char *forecast;          // "daemon", "perfect", "persistence"
    struct replay_options options; // the controller aside
    int scenarios;                 // 0: as configured
    bool runs[REPLAY_CONTROLLER_COUNT];
    enum replay_controller asked; // the one that the report is about
};

// CTL_OK, or CTL_USAGE with a sentence in `ret_why`.
int replay_options_read(const struct ctl_options *o, struct replay_call *ret_call, char *ret_why, size_t size);
