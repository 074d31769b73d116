// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/data.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "replay/reading.h"

// ---- messages -----------------------------------------------------------------------------------------------------

__attribute__((format(printf, 4, 0))) static void say(struct reading *r, enum severity severity, struct place place,
                                                      const char *format, va_list arguments)
{
    struct text t = {0};
    text_vappendf(&t, format, arguments);
    if (t.failed)
        r->d->failed = true;
    else
        diagnostics_add(r->d, severity, place, "%s", t.data);
    text_free(&t);
}

void reading_refuse(struct reading *r, int line, int column, const char *format, ...)
{
    if (r->named == READING_MAX_TOLD) {
        r->unnamed++;
        return;
    }
    r->named++;
    va_list arguments;
    va_start(arguments, format);
    say(r, SEVERITY_WARNING, (struct place){r->name, line, column}, format, arguments);
    va_end(arguments);
}

int reading_fail(struct reading *r, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(r, SEVERITY_ERROR, (struct place){r->name, line, line > 0 ? 1 : 0}, format, arguments);
    va_end(arguments);
    return AEMS_E_FORMAT;
}

const char *reading_quote(const char *text, char ret_text[static QUOTED_SIZE])
{
    size_t n = 0;
    for (; text[n] != '\0' && n < QUOTED_SIZE - 4; n++)
        ret_text[n] = (unsigned char)text[n] < ' ' || (unsigned char)text[n] > 126 ? '?' : text[n];
    strcpy(ret_text + n, text[n] != '\0' ? "..." : "");
    return ret_text;
}

// ---- lines --------------------------------------------------------------------------------------------------------

// A line that is none: the rest of the file may be good. Passes on what ends the reading.
static int refuse_line(struct reading *r, int code)
{
    const char *why = code == AEMS_E_LIMIT ? "longer than 1 MiB" : "has a NUL byte";
    if (code != AEMS_E_LIMIT && code != AEMS_E_FORMAT)
        return code == AEMS_E_IO ? (reading_fail(r, 0, "cannot be read: %s", strerror(errno)), code) : code;
    if (r->data->n_columns == 0)
        return reading_fail(r, r->csv.line,
                            "expected a CSV text that begins with the names of its columns: this line %s",
                            code == AEMS_E_LIMIT ? "is longer than 1 MiB" : "has NUL bytes; it may be UTF-16");
    r->data->told.rows++;
    r->data->told.refused++;
    reading_refuse(r, r->csv.line, 1, "%s: refused", why);
    return 0;
}

static int read_lines(struct reading *r)
{
    struct csv_line line;
    int code;
    while ((code = csv_next_line(&r->csv, &line)) != 0) {
        if (code < 0)
            code = refuse_line(r, code);
        else if (csv_line_is_silent(&line))
            code = 0;
        else
            code = r->data->n_columns == 0 ? reading_head(r, &line) : reading_row(r, &line);
        if (code < 0)
            return code;
    }
    return 0;
}

// Whether anything can be done with what was read.
static int judge(struct reading *r)
{
    const struct replay_data *data = r->data;
    if (data->n_columns == 0)
        return reading_fail(r, 0, "expected a CSV text that begins with the names of its columns: it is empty");
    if (data->told.rows == 0)
        return reading_fail(r, 0, "expected rows: there are none but the names of the columns");
    if (data->n_rows == 0)
        return reading_fail(r, 0, "expected rows: none of %zu can be used", data->told.rows);
    if (r->known == 0)
        return reading_fail(r, 0, "expected values: none of %zu rows has any that can be used", data->told.rows);
    return 0;
}

static void say_summary(struct reading *r)
{
    const struct replay_data *data = r->data;
    struct place whole = {r->name, 0, 0};
    if (r->unnamed > 0)
        diagnostics_add(r->d, SEVERITY_WARNING, whole, "%zu more rows and cells were refused", r->unnamed);
    if (data->told.reordered > 0)
        diagnostics_add(r->d, SEVERITY_WARNING, (struct place){r->name, r->first_reordered, 1},
                        "earlier than a row before it, and %zu rows more: sorted", data->told.reordered - 1);
}

static int read_all(struct reading *r)
{
    int code = read_lines(r);
    if (code == 0)
        code = judge(r);
    if (code == 0)
        code = reading_arrange(r);
    say_summary(r);
    return code == 0 && r->d->failed ? AEMS_E_NOMEM : code;
}

int replay_data_read(FILE *stream, const char *name, const struct site *site, struct diagnostics *d,
                     struct replay_data **ret_data)
{
    struct reading r = {.site = site, .d = d, .name = name, .csv = {.stream = stream}};
    r.data = calloc(1, sizeof(*r.data));
    int code = r.data != NULL ? read_all(&r) : AEMS_E_NOMEM;
    csv_close(&r.csv);
    free(r.ranges);
    free(r.cells);
    free(r.row);
    free(r.lines);
    if (code == 0)
        *ret_data = r.data;
    else
        replay_data_free(r.data);
    return code;
}

void replay_data_free(struct replay_data *data)
{
    if (data == NULL)
        return;
    for (size_t i = 0; data->columns != NULL && i < data->n_columns; i++)
        free(data->columns[i].values);
    free(data->columns);
    free(data->column_of);
    free(data->utc_ms);
    free(data);
}

// ---- values -------------------------------------------------------------------------------------------------------

int64_t replay_data_row(const struct replay_data *data, int64_t utc_ms)
{
    if (data->n_rows == 0 || utc_ms < data->utc_ms[0] || utc_ms >= data->end_utc_ms)
        return -1;
    size_t low = 0, high = data->n_rows; // row `low` is not after it, `high` is
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (data->utc_ms[middle] <= utc_ms)
            low = middle;
        else
            high = middle;
    }
    return (int64_t)low;
}

static const double *values_of(const struct replay_data *data, int asset, enum replay_quantity quantity)
{
    int column = data->column_of[asset * REPLAY_QUANTITY_COUNT + (int)quantity];
    return column >= 0 ? data->columns[column].values : NULL;
}

double replay_data_value(const struct replay_data *data, int asset, enum replay_quantity quantity, int64_t utc_ms)
{
    const double *values = values_of(data, asset, quantity);
    int64_t row = values != NULL ? replay_data_row(data, utc_ms) : -1;
    return row >= 0 ? values[row] : (double)NAN;
}

double replay_data_mean(const struct replay_data *data, int asset, enum replay_quantity quantity, int64_t from_utc_ms,
                        int64_t to_utc_ms)
{
    const double *values = values_of(data, asset, quantity);
    if (values == NULL || to_utc_ms <= from_utc_ms)
        return (double)NAN;
    int64_t first = replay_data_row(data, from_utc_ms);
    double sum = 0, weight = 0;
    if (first < 0 && from_utc_ms >= data->end_utc_ms)
        return (double)NAN;
    for (size_t row = first < 0 ? 0 : (size_t)first; row < data->n_rows && data->utc_ms[row] < to_utc_ms; row++) {
        int64_t from = data->utc_ms[row] > from_utc_ms ? data->utc_ms[row] : from_utc_ms;
        int64_t to = row + 1 < data->n_rows ? data->utc_ms[row + 1] : data->end_utc_ms;
        to = to < to_utc_ms ? to : to_utc_ms;
        if (isnan(values[row]))
            continue;
        sum += values[row] * (double)(to - from);
        weight += (double)(to - from);
    }
    return weight > 0 ? sum / weight : (double)NAN;
}
