// SPDX-License-Identifier: GPL-3.0-or-later
// Lines and cells of a CSV stream of any size, in memory of one line.
//
//     struct csv_reader csv = {.stream = stream};
//     while ((r = csv_next_line(&csv, &line)) > 0)
//         while ((r = csv_next_cell(&line, &cell)) > 0)
//             use(cell.text, csv.line, cell.column);
//     csv_close(&csv);
//
// Lines end with LF or CR LF; a byte order mark is skipped; cells are separated by commas and may stand in quotes, but
// not reach over the end of a line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CSV_LINE_MAX = 1 << 20 }; // bytes; longer lines are passed over

struct csv_reader {
    FILE *stream; // borrowed
    int line;     // number of the last line read, 1-based; stays at INT_MAX
    char *buffer; // owned
    size_t begin, end;
    bool ended;
};

struct csv_line {
    char *at, *end; // what is not read yet; points into the reader until its next line
    const char *begin;
    bool more; // another cell follows, maybe an empty one
};

struct csv_cell {
    const char *text; // without blanks and quotes around it; as long as the line
    int column;       // 1-based, of its first byte
};

// 1 for a line, 0 after the last one, AEMS_E_LIMIT for one that is too long, AEMS_E_FORMAT for one with NUL bytes,
// AEMS_E_IO (errno) or AEMS_E_NOMEM. After AEMS_E_LIMIT and AEMS_E_FORMAT the next line can be read.
int csv_next_line(struct csv_reader *r, struct csv_line *ret_line);

// 1 for a cell, 0 after the last one, AEMS_E_FORMAT for quotes that do not close or do not end the cell: the rest of
// the line has no meaning then.
int csv_next_cell(struct csv_line *line, struct csv_cell *ret_cell);

// Whether a line says nothing: empty, blank, or a comment (#).
bool csv_line_is_silent(const struct csv_line *line);

void csv_close(struct csv_reader *r);
