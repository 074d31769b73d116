// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded data while they are read: shared by the files of the reader only.
#pragma once

#include "replay/columns.h"
#include "replay/csv.h"

enum {
    READING_MAX_TOLD = 1000,      // refusals that are named; the rest is counted
    READING_MAX_CELLS = 20000000, // 160 MB: a year of minutes for 38 columns
};

struct reading {
    const struct site *site;
    struct diagnostics *d;
    const char *name;
    struct csv_reader csv;
    struct replay_data *data;
    struct replay_range *ranges; // per column
    struct csv_cell *cells;      // of the present row: time and columns
    double *row;                 // its values
    int *lines;                  // per row: where it stands
    size_t capacity;             // rows
    size_t known;                // cells with a value
    size_t unnamed;              // refusals that are only counted
    size_t named;
    int first_reordered;
};

// Says why a row or cell is refused, or counts it once many have been named.
void reading_refuse(struct reading *r, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Says what makes the file useless. AEMS_E_FORMAT.
int reading_fail(struct reading *r, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

// A cell for a message: printable, and short.
enum { QUOTED_SIZE = 48 };
const char *reading_quote(const char *text, char ret_text[static QUOTED_SIZE]);

// Reads the names of the columns. 0, AEMS_E_FORMAT (said), AEMS_E_NOMEM.
int reading_head(struct reading *r, struct csv_line *line);

// Reads one row, or refuses it. 0 in both cases; AEMS_E_FORMAT (said) when there are more cells than can be kept,
// AEMS_E_NOMEM.
int reading_row(struct reading *r, struct csv_line *line);

// Sorts the rows, drops the former ones of the same instant, and finds the step. AEMS_E_NOMEM.
int reading_arrange(struct reading *r);
