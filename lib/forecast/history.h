// SPDX-License-Identifier: GPL-3.0-or-later
// What was measured: means of each quarter of an hour for two weeks, and of each hour for four. For the files of this
// room.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_QUARTER_MS = 15 * 60 * 1000,
    HISTORY_HOUR_MS = 60 * 60 * 1000,
    HISTORY_QUARTERS_A_DAY = 96,
    HISTORY_DAYS = 21,      // of quarters, before the present day
    HISTORY_LONG_DAYS = 28, // of hours
    HISTORY_QUARTERS = (HISTORY_DAYS + 1) * HISTORY_QUARTERS_A_DAY,
    HISTORY_HOURS = (HISTORY_LONG_DAYS + 1) * 24
};

// Values have ten binary digits (0.1 %): of a float the last ones are dropped.
enum { HISTORY_DROPPED_BITS = 13 };

// Quarters and hours are numbered since 1970; both begin on the quarter, and the hour, of UTC.
struct history {
    size_t n_series;
    float *quarters; // HISTORY_QUARTERS a series, by quarter modulo their number; negative: nothing is known
    float *hours;    // HISTORY_HOURS a series, likewise
    int64_t *newest; // quarter of each series; 0 before the first
};

int history_init(struct history *h, size_t n_series); // AEMS_E_NOMEM; free either way
void history_free(struct history *h);

// What is negative is not known. A quarter that lies more than a day before the newest one, since the clock was set
// back, begins the series anew; one that is less old takes the place of what was known of it.
void history_put_quarter(struct history *h, size_t series, int64_t quarter, double value);
void history_put_hour(struct history *h, size_t series, int64_t hour, double value);
void history_clear(struct history *h, size_t series);

// Negative where nothing is known.
double history_quarter(const struct history *h, size_t series, int64_t quarter);
double history_hour(const struct history *h, size_t series, int64_t hour);

// The series by quarter modulo their number, for a quarter that it keeps; negative where nothing is known.
const float *history_series(const struct history *h, size_t series);
bool history_keeps(const struct history *h, size_t series, int64_t quarter);

// What is known of the quarters since `quarter` is known no more, nor of their hours.
void history_forget(struct history *h, size_t series, int64_t quarter);

void history_adopt(struct history *h, size_t series, const struct history *from, size_t from_series);
