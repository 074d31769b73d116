// SPDX-License-Identifier: GPL-3.0-or-later
#include "conf/price_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "conf/measure.h"

enum { CELL_SIZE = 64, MAX_COLUMNS = 8 };

enum column { COLUMN_TIME, COLUMN_IMPORT, COLUMN_EXPORT, COLUMN_CO2, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = {"time", "import_price", "export_price", "co2_g_per_kwh"};

struct series_reader {
    struct diagnostics *d;
    struct place place;
    const char *next, *end; // what is not read yet
    enum column columns[MAX_COLUMNS];
    int n_columns; // 0: the head is not read yet
    struct site_price_point *points;
    size_t count;
    bool inverted; // a row with a higher price of export than of import was reported
};

// ---- cells --------------------------------------------------------------------------------------------------------

struct line {
    const char *at, *end; // what is not read yet of it
    const char *begin;
    bool more; // another cell follows, maybe an empty one
};

// The next line without its end; false after the last one.
static bool next_line(struct series_reader *r, struct line *ret_line)
{
    if (r->next >= r->end)
        return false;
    const char *newline = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *stop = newline != NULL ? newline : r->end;
    const char *past = newline != NULL ? newline + 1 : r->end;
    if (stop > r->next && stop[-1] == '\r')
        stop--;
    *ret_line = (struct line){.at = r->next, .end = stop, .begin = r->next, .more = true};
    r->next = past;
    r->place.line++;
    r->place.column = 1;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// The next cell without blanks around it; a cell that does not fit is cut, as no sensible one is that long. False when
// there is none. The reader's place is the cell's then.
static bool next_cell(struct series_reader *r, struct line *line, char ret_cell[static CELL_SIZE])
{
    if (!line->more)
        return false;
    const char *comma = memchr(line->at, ',', (size_t)(line->end - line->at));
    const char *from = line->at, *to = comma != NULL ? comma : line->end;
    line->more = comma != NULL;
    line->at = comma != NULL ? comma + 1 : line->end;
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    size_t length = (size_t)(to - from) < CELL_SIZE ? (size_t)(to - from) : CELL_SIZE - 1;
    r->place.column = (int)(from - line->begin) + 1;
    for (size_t i = 0; i < length; i++) // a cell may hold anything, and stands in messages
        ret_cell[i] = (unsigned char)from[i] < ' ' || (unsigned char)from[i] > 126 ? '?' : from[i];
    ret_cell[length] = '\0';
    return true;
}

static void refuse(struct series_reader *r, const char *column, const char *cell, const char *expected)
{
    diagnostics_add(r->d, SEVERITY_ERROR, r->place, "%s: \"%s\": expected %s", column, cell, expected);
}

// ---- head ---------------------------------------------------------------------------------------------------------

static bool has_column(const struct series_reader *r, enum column column)
{
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i] == column)
            return true;
    return false;
}

static enum column column_by_name(const char *name)
{
    int column = 0;
    while (column < COLUMN_COUNT && strcmp(column_names[column], name) != 0)
        column++;
    return (enum column)column;
}

static bool read_head(struct series_reader *r, struct line *line)
{
    static const char names[] = "time, then any of import_price, export_price, co2_g_per_kwh, each once";
    char cell[CELL_SIZE];
    while (next_cell(r, line, cell)) {
        enum column column = column_by_name(cell);
        bool first = r->n_columns == 0;
        if (column == COLUMN_COUNT || first != (column == COLUMN_TIME) || has_column(r, column)) {
            refuse(r, "head", cell, names);
            return false;
        }
        r->columns[r->n_columns++] = column;
    }
    if (r->n_columns < 2) {
        refuse(r, "head", "time alone", names);
        return false;
    }
    return true;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void read_time(struct series_reader *r, const char *cell, struct site_price_point *point)
{
    if (rfc3339_parse(cell, &point->from_utc_ms) < 0)
        refuse(r, "time", cell, "a date and time such as 2026-01-14T08:00:00+09:00");
    else if (r->count > 0 && point->from_utc_ms <= r->points[r->count - 1].from_utc_ms)
        refuse(r, "time", cell, "a later time than that of the row before");
}

// False when the cell is empty, or refused.
static bool read_number(struct series_reader *r, enum column column, const char *cell, double low, double high,
                        double *ret_value)
{
    double value;
    if (*cell == '\0')
        return false;
    if (measure_parse(CONF_NUMBER, cell, &value) < 0)
        refuse(r, column_names[column], cell, "a number such as 0.31 without a unit, or nothing");
    else if (value < low || value > high)
        diagnostics_add(r->d, SEVERITY_ERROR, r->place, "%s: \"%s\": expected %g to %g", column_names[column], cell,
                        low, high);
    else {
        *ret_value = value;
        return true;
    }
    return false;
}

static void read_cell(struct series_reader *r, enum column column, const char *cell, struct site_price_point *point)
{
    if (column == COLUMN_TIME)
        read_time(r, cell, point);
    else if (column == COLUMN_IMPORT)
        point->lacks_import = !read_number(r, column, cell, -1e6, 1e6, &point->import_price_per_kwh);
    else if (column == COLUMN_EXPORT)
        point->lacks_export = !read_number(r, column, cell, -1e6, 1e6, &point->export_price_per_kwh);
    else
        read_number(r, column, cell, 0, 1e5, &point->co2_g_per_kwh);
}

static void judge_inversion(struct series_reader *r, const struct site_price_point *point)
{
    if (r->inverted || point->lacks_import || point->lacks_export ||
        point->export_price_per_kwh <= point->import_price_per_kwh)
        return;
    r->inverted = true;
    diagnostics_add(r->d, SEVERITY_WARNING, r->place,
                    "expected export to pay at most what import costs; it pays %g /kWh and import costs %g /kWh",
                    point->export_price_per_kwh, point->import_price_per_kwh);
}

static void read_row(struct series_reader *r, struct line *line)
{
    struct site_price_point point = {.co2_g_per_kwh = -1, .lacks_import = true, .lacks_export = true};
    char cell[CELL_SIZE];
    size_t errors = r->d->errors;
    int i = 0;
    for (; next_cell(r, line, cell); i++)
        if (i < r->n_columns)
            read_cell(r, r->columns[i], cell, &point);
    if (i != r->n_columns)
        diagnostics_add(r->d, SEVERITY_ERROR, r->place, "expected %d cells as in the head, found %d", r->n_columns, i);
    judge_inversion(r, &point);
    if (r->d->errors == errors)
        r->points[r->count++] = point;
}

// Whether a line says nothing: empty, blank or a comment.
static bool is_silent(const struct line *line)
{
    const char *c = line->at;
    while (c < line->end && is_blank(*c))
        c++;
    return c == line->end || *c == '#';
}

// Stops at what makes the rest meaningless.
static void read_lines(struct series_reader *r)
{
    struct line line;
    while (next_line(r, &line)) {
        if (is_silent(&line))
            continue;
        if (r->n_columns == 0) {
            if (!read_head(r, &line))
                return;
        } else if (r->count == SITE_MAX_PRICES) {
            diagnostics_add(r->d, SEVERITY_ERROR, r->place, "expected at most %d rows", SITE_MAX_PRICES);
            return;
        } else {
            read_row(r, &line);
        }
    }
}

int price_series_parse(const char *file, const char *text, size_t length, struct diagnostics *d,
                       struct site_price_point **ret_points, size_t *ret_count)
{
    static const char mark[] = "\xEF\xBB\xBF"; // that some spreadsheets write in front of UTF-8
    size_t skipped = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0, errors = d->errors;
    struct series_reader r = {.d = d, .place = {file, 0, 1}, .next = text + skipped, .end = text + length};
    r.points = calloc(SITE_MAX_PRICES, sizeof(*r.points));
    if (r.points == NULL)
        return AEMS_E_NOMEM;
    read_lines(&r);
    if (d->errors == errors && r.count == 0)
        diagnostics_add(d, SEVERITY_ERROR, (struct place){file, 0, 0},
                        "expected a head and at least one row of prices");
    if (d->failed || d->errors > errors) {
        free(r.points);
        return d->failed ? AEMS_E_NOMEM : AEMS_E_FORMAT;
    }
    *ret_points = r.points;
    *ret_count = r.count;
    return 0;
}
