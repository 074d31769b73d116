// SPDX-License-Identifier: GPL-3.0-or-later
// What loads and PV did in each quarter of an hour of the last days, relative to their standard profile or the clear
// sky. For the files of this room.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_DAYS = 10, // before the present day
    HISTORY_QUARTER_MS = 15 * 60 * 1000,
    HISTORY_QUARTERS_A_DAY = 96,
    HISTORY_QUARTERS = (HISTORY_DAYS + 1) * HISTORY_QUARTERS_A_DAY
};

struct history {
    size_t n_series;
    float *ratios;         // HISTORY_QUARTERS a series, by quarter modulo their number; negative: nothing measured
    unsigned char *counts; // readings in the newest quarter, of each series
    bool *covered;         // quarters in which any series was measured
    int64_t newest;        // quarter since 1970; 0 before the first
};

int history_init(struct history *h, size_t n_series); // AEMS_E_NOMEM; free either way
void history_free(struct history *h);

// `ratio` >= 0; readings come in order of time. After the clock was set back by more than a day it begins anew.
void history_learn(struct history *h, size_t series, int64_t utc_ms, double ratio);

// The mean of a quarter (utc_ms / HISTORY_QUARTER_MS); negative where nothing is known.
double history_ratio(const struct history *h, size_t series, int64_t quarter);
// The series by quarter modulo their number, for a quarter that history_keeps; negative where nothing is known.
const float *history_series(const struct history *h, size_t series);
bool history_keeps(const struct history *h, int64_t quarter);
bool history_covers(const struct history *h, int64_t quarter);

// Takes over a series of another history.
void history_adopt(struct history *h, size_t series, const struct history *from, size_t from_series);
