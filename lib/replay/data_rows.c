// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/number.h"
#include "conf/measure.h"
#include "replay/reading.h"

enum { FIRST_ROWS = 1024, TIME_SIZE = 40 };

// ---- cells --------------------------------------------------------------------------------------------------------

// Most cells are short decimals: they are exact as a whole number over a power of ten. False for all others.
static bool parse_short(const char *text, double *ret_value)
{
    static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *c = text + (*text == '-');
    int64_t whole = 0;
    int digits = 0, fraction = 0;
    for (; *c >= '0' && *c <= '9' && digits < 15; c++, digits++)
        whole = whole * 10 + (*c - '0');
    if (digits > 0 && *c == '.')
        for (c++; *c >= '0' && *c <= '9' && digits < 15; c++, digits++, fraction++)
            whole = whole * 10 + (*c - '0');
    if (*c != '\0' || digits == 0 || c[-1] == '.')
        return false;
    double value = (double)whole / tens[fraction];
    *ret_value = *text == '-' ? -value : value;
    return true;
}

static bool is_switch(enum replay_quantity quantity)
{
    return quantity == REPLAY_GRID_AVAILABLE || quantity == REPLAY_CONNECTED;
}

static void refuse_cell(struct reading *r, size_t column, const struct csv_cell *cell, const char *expected,
                        const char *hint)
{
    const struct replay_column *c = &r->data->columns[column];
    char quoted[QUOTED_SIZE];
    r->data->told.cells++;
    reading_refuse(r, r->csv.line, cell->column, "%s.%s: \"%s\": expected %s%s", r->site->assets[c->asset].id,
                   replay_quantity_name(c->quantity), reading_quote(cell->text, quoted), expected, hint);
}

// The value of a cell; NAN where it is empty or refused.
static double read_cell(struct reading *r, size_t column, const struct csv_cell *cell)
{
    const struct replay_range *range = &r->ranges[column];
    double value = NAN;
    char expected[64];
    if (*cell->text == '\0')
        return (double)NAN;
    if (!parse_short(cell->text, &value) && measure_parse(CONF_NUMBER, cell->text, &value) < 0) {
        refuse_cell(r, column, cell, "a number such as 480.5 without a unit, or nothing",
                    measure_hint(CONF_NUMBER, cell->text));
        return (double)NAN;
    }
    if (value < 0 && value >= range->zero_from)
        value = 0;
    if (is_switch(r->data->columns[column].quantity) && value != 0 && value != 1) {
        refuse_cell(r, column, cell, "0 or 1", "");
        return (double)NAN;
    }
    if (!in_range(value, range->low, range->high)) {
        snprintf(expected, sizeof(expected), "%.10g to %.10g", range->low, range->high);
        refuse_cell(r, column, cell, expected, "");
        return (double)NAN;
    }
    return value;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

// RFC 3339, with a blank for its T as well.
static int parse_time(const char *text, int64_t *ret_utc_ms)
{
    char copy[TIME_SIZE];
    size_t length = strlen(text);
    if (length < 11 || length >= sizeof(copy))
        return AEMS_E_FORMAT;
    memcpy(copy, text, length + 1);
    if (copy[10] == ' ')
        copy[10] = 'T';
    return rfc3339_parse(copy, ret_utc_ms);
}

static int refuse_row(struct reading *r, int column, const char *why)
{
    r->data->told.refused++;
    reading_refuse(r, r->csv.line, column, "%s: row refused", why);
    return 0;
}

static int refuse_time(struct reading *r, const struct csv_cell *cell)
{
    char quoted[QUOTED_SIZE], why[192], with_zone[TIME_SIZE + 2];
    int64_t utc_ms;
    snprintf(with_zone, sizeof(with_zone), "%.*sZ", TIME_SIZE, cell->text);
    bool zoneless = parse_time(with_zone, &utc_ms) == 0;
    snprintf(why, sizeof(why), "time: \"%s\": expected a date and time such as 2026-01-14T08:00:00+09:00%s",
             reading_quote(cell->text, quoted),
             zoneless ? ", with its zone: local time says one hour twice in autumn" : "");
    return refuse_row(r, cell->column, why);
}

static int grow(struct reading *r)
{
    struct replay_data *data = r->data;
    size_t capacity = r->capacity == 0 ? FIRST_ROWS : r->capacity * 2;
    int64_t *utc_ms = reallocarray(data->utc_ms, capacity, sizeof(*utc_ms));
    data->utc_ms = utc_ms != NULL ? utc_ms : data->utc_ms;
    int *lines = reallocarray(r->lines, capacity, sizeof(*lines));
    r->lines = lines != NULL ? lines : r->lines;
    bool failed = utc_ms == NULL || lines == NULL;
    for (size_t i = 0; i < data->n_columns && !failed; i++) {
        double *values = reallocarray(data->columns[i].values, capacity, sizeof(*values));
        data->columns[i].values = values != NULL ? values : data->columns[i].values;
        failed = values == NULL;
    }
    if (failed)
        return AEMS_E_NOMEM;
    r->capacity = capacity;
    return 0;
}

static int add_row(struct reading *r, int64_t utc_ms)
{
    struct replay_data *data = r->data;
    if ((data->n_rows + 1) * data->n_columns > READING_MAX_CELLS)
        return reading_fail(r, r->csv.line, "expected at most %d cells: split the file, a year for each",
                            READING_MAX_CELLS);
    if (data->n_rows == r->capacity && grow(r) < 0)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < data->n_columns; i++) {
        double value = read_cell(r, i, &r->cells[i + 1]);
        r->known += !isnan(value);
        data->columns[i].values[data->n_rows] = value;
    }
    data->utc_ms[data->n_rows] = utc_ms;
    r->lines[data->n_rows++] = r->csv.line;
    return 0;
}

int reading_row(struct reading *r, struct csv_line *line)
{
    struct csv_cell cell;
    size_t expected = r->data->n_columns + 1, n = 0;
    int code;
    char why[96];
    int64_t utc_ms;
    r->data->told.rows++;
    for (; (code = csv_next_cell(line, &cell)) > 0; n++)
        if (n < expected)
            r->cells[n] = cell;
    if (code < 0)
        return refuse_row(r, cell.column, "a quote does not close, or does not end its cell");
    if (n != expected) {
        snprintf(why, sizeof(why), "expected %zu cells as in the first line, found %zu", expected, n);
        return refuse_row(r, 1, why);
    }
    if (parse_time(r->cells[0].text, &utc_ms) < 0)
        return refuse_time(r, &r->cells[0]);
    return add_row(r, utc_ms);
}
