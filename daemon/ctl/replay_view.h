// SPDX-License-Identifier: GPL-3.0-or-later
// A replay for people: how far it is, and its controllers side by side.
#pragma once

#include "base/text.h"
#include "daemon/ctl/table.h"
#include "replay/replay.h"
#include "replay/report.h"

struct replay_result { // of a controller
    enum replay_controller controller;
    struct replay_figures figures;
    struct replay_solve_times times;
};

// A column each, in the order given; costs in `currency`, and against the first one where there are more.
void replay_view_table(const struct replay_result *results, size_t n, const char *currency, const struct style *style,
                       struct text *out);

// One line without its end: a bar, the share done (0-1) and the time that is left. `elapsed_s` since the start.
void replay_view_progress(double share, double elapsed_s, const struct style *style, struct text *out);
