// SPDX-License-Identifier: GPL-3.0-or-later
// What only one who knows plan and truth can tell: windows beyond the peak that was planned, batteries that move more
// than planned, and turns that nothing asked for.
#pragma once

#include <stdio.h>

#include "core/engine.h"
#include "simulate/model.h"

struct judging;

struct judgement {
    unsigned over_peak;
    double worst_peak_w;
    double planned_wh;
    unsigned turns_per_min, restless_minutes;
};

int judging_new(const struct site *site, struct judging **ret_judging);
void judging_free(struct judging *j);

// Once a second, after the model has moved. `talk`: may be NULL.
void judging_step(struct judging *j, const struct engine *e, const struct plant_model *m, int64_t utc_ms, FILE *talk);
const struct judgement *judging_result(const struct judging *j);
