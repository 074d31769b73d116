// SPDX-License-Identifier: GPL-3.0-or-later
// A plan as people and spreadsheets read it.
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "daemon/ctl/table.h"
#include "plan/schedule.h"

enum { PLAN_VIEW_CROWD = 12 }; // more assets of a kind on a bus share a column

struct plan_view {
    const struct schedule *schedule;
    const char *currency;
    const json_t *buses;  // array of ids
    const json_t *assets; // array of {"id", "bus", "from", "to", "capacity_wh"}, in the schedule's order
    int64_t now_utc_ms;   // to mark the present step; < 0: none
    bool all;             // a column and the reasons of every asset
};

// A table a bus, then what each asset does and why. Local times of the process's zone.
void plan_view_text(const struct plan_view *v, const struct style *style, struct text *out);

// One line a step: time, hours, price.<bus>, then <asset>.power_w, .energy_wh, .shed_w and .reason.
void plan_view_csv(const struct plan_view *v, struct text *out);
