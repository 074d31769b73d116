// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/csv.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { BUFFER_SIZE = CSV_LINE_MAX + 65536 };

// ---- lines --------------------------------------------------------------------------------------------------------

// Reads more behind what is left. AEMS_E_IO or 0, at the end of the stream too.
static int fill(struct csv_reader *r)
{
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    errno = 0;
    size_t got = fread(r->buffer + r->end, 1, BUFFER_SIZE - 1 - r->end, r->stream);
    r->end += got;
    if (got > 0)
        return 0;
    r->ended = true;
    return ferror(r->stream) ? AEMS_E_IO : 0;
}

static int open_buffer(struct csv_reader *r)
{
    static const char mark[] = "\xEF\xBB\xBF"; // that some spreadsheets write in front of UTF-8
    r->buffer = malloc(BUFFER_SIZE);
    if (r->buffer == NULL)
        return AEMS_E_NOMEM;
    int code = fill(r);
    if (r->end >= 3 && memcmp(r->buffer, mark, 3) == 0)
        r->begin = 3;
    return code;
}

// Passes over the rest of a line that has no end within the buffer.
static int skip_line(struct csv_reader *r)
{
    for (;;) {
        char *newline = memchr(r->buffer + r->begin, '\n', r->end - r->begin);
        if (newline != NULL) {
            r->begin = (size_t)(newline + 1 - r->buffer);
            return AEMS_E_LIMIT;
        }
        r->begin = r->end;
        int code = r->ended ? AEMS_E_LIMIT : fill(r);
        if (code < 0)
            return code;
    }
}

// Takes the bytes until `stop` as a line, and goes on at `past`.
static int take_line(struct csv_reader *r, char *stop, char *past, struct csv_line *ret_line)
{
    char *from = r->buffer + r->begin;
    r->begin = (size_t)(past - r->buffer);
    if (stop - from > CSV_LINE_MAX)
        return AEMS_E_LIMIT;
    if (stop > from && stop[-1] == '\r')
        stop--;
    *stop = '\0';
    if (memchr(from, '\0', (size_t)(stop - from)) != NULL)
        return AEMS_E_FORMAT;
    *ret_line = (struct csv_line){.at = from, .end = stop, .begin = from, .more = true};
    return 1;
}

int csv_next_line(struct csv_reader *r, struct csv_line *ret_line)
{
    int code = r->buffer == NULL ? open_buffer(r) : 0;
    if (code < 0)
        return code;
    char *newline;
    while ((newline = memchr(r->buffer + r->begin, '\n', r->end - r->begin)) == NULL && !r->ended &&
           r->end - r->begin <= CSV_LINE_MAX)
        if ((code = fill(r)) < 0)
            return code;
    if (newline == NULL && r->begin == r->end)
        return 0;
    r->line += r->line < INT_MAX;
    if (newline != NULL)
        return take_line(r, newline, newline + 1, ret_line);
    if (r->end - r->begin > CSV_LINE_MAX)
        return skip_line(r);
    return take_line(r, r->buffer + r->end, r->buffer + r->end, ret_line);
}

bool csv_line_is_silent(const struct csv_line *line)
{
    size_t blanks = strspn(line->at, " \t");
    return line->at[blanks] == '\0' || line->at[blanks] == '#';
}

void csv_close(struct csv_reader *r)
{
    free(r->buffer);
    r->buffer = NULL;
}

// ---- cells --------------------------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// Ends the cell's text at `to`, and goes on behind the comma at `stop`, or at the line's end.
static void end_cell(struct csv_line *line, char *to, char *stop)
{
    line->more = stop < line->end;
    line->at = line->more ? stop + 1 : line->end;
    *to = '\0';
}

// `from` is behind the opening quote; a doubled quote within stands for one.
static int take_quoted(struct csv_line *line, char *from)
{
    char *to = from, *at = from;
    while (at < line->end && (*at != '"' || at[1] == '"')) {
        at += *at == '"';
        *to++ = *at++;
    }
    if (at == line->end)
        return AEMS_E_FORMAT;
    for (at++; at < line->end && is_blank(*at);)
        at++;
    if (at < line->end && *at != ',')
        return AEMS_E_FORMAT;
    end_cell(line, to, at);
    return 1;
}

int csv_next_cell(struct csv_line *line, struct csv_cell *ret_cell)
{
    if (!line->more)
        return 0;
    char *from = line->at;
    while (from < line->end && is_blank(*from))
        from++;
    ret_cell->column = (int)(from - line->begin) + 1;
    if (*from == '"') {
        ret_cell->text = from + 1;
        return take_quoted(line, from + 1);
    }
    char *stop = from;
    while (stop < line->end && *stop != ',')
        stop++;
    char *to = stop;
    while (to > from && is_blank(to[-1]))
        to--;
    ret_cell->text = from;
    end_cell(line, to, stop);
    return 1;
}
