// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "replay/reading.h"

static const char expected_time[] = "expected the column time first, then columns such as home.load_w";

// What is most likely wrong with a first name that is not `time`.
static int refuse_first(struct reading *r, const struct csv_line *line, const char *name)
{
    static const char *const time_name[] = {"time"};
    const char *rest = line->more ? "," : "";
    char quoted[QUOTED_SIZE];
    int at = r->csv.line;
    reading_quote(name, quoted);
    if (*rest == '\0' && strpbrk(name, ";\t|") != NULL)
        return reading_fail(r, at, "\"%s\": expected cells separated by commas; here they are by \"%s\"", quoted,
                            strchr(name, ';') != NULL    ? ";"
                            : strchr(name, '\t') != NULL ? "tab"
                                                         : "|");
    if ((unsigned char)name[0] >= 0xFE)
        return reading_fail(r, at, "expected UTF-8: this may be UTF-16");
    if (text_nearest(name, time_name, 1) != NULL)
        return reading_fail(r, at, "\"%s\": %s; did you mean time?", quoted, expected_time);
    return reading_fail(r, at, "\"%s\": %s", quoted, expected_time);
}

static int make_room(struct reading *r, size_t columns)
{
    struct replay_data *data = r->data;
    size_t cells = r->site->n_assets * REPLAY_QUANTITY_COUNT;
    data->columns = calloc(columns + 1, sizeof(*data->columns));
    data->column_of = calloc(cells + 1, sizeof(*data->column_of));
    r->ranges = calloc(columns + 1, sizeof(*r->ranges));
    r->cells = calloc(columns + 2, sizeof(*r->cells));
    r->row = calloc(columns + 1, sizeof(*r->row));
    for (size_t i = 0; data->column_of != NULL && i < cells; i++)
        data->column_of[i] = -1;
    return data->columns != NULL && data->column_of != NULL && r->ranges != NULL && r->cells != NULL && r->row != NULL
               ? 0
               : AEMS_E_NOMEM;
}

// On a bus of heat or cold both names mean the same.
static void enter_column(struct replay_data *data, const struct site *site, const struct replay_column *column)
{
    int index = (int)data->n_columns, *of = data->column_of + column->asset * REPLAY_QUANTITY_COUNT;
    of[column->quantity] = index;
    if (site->assets[column->asset].kind == ASSET_LOAD && column->quantity != REPLAY_TEMP_DEGC) {
        bool electric = site->buses[site->assets[column->asset].bus].carrier == CARRIER_ELECTRICITY;
        of[REPLAY_LOAD_W] = index;
        of[REPLAY_HEAT_W] = electric ? -1 : index;
    }
    data->columns[data->n_columns++] = *column;
}

// Every mistake in the names is said before the reader gives up.
static int add_column(struct reading *r, const struct csv_cell *cell)
{
    struct replay_data *data = r->data;
    struct place place = {r->name, r->csv.line, cell->column};
    struct replay_column column;
    char why[256], quoted[QUOTED_SIZE];
    reading_quote(cell->text, quoted);
    if (replay_column_find(r->site, cell->text, &column, why, sizeof(why)) < 0) {
        diagnostics_add(r->d, SEVERITY_ERROR, place, "\"%s\": %s", quoted, why);
        return AEMS_E_FORMAT;
    }
    if (data->column_of[column.asset * REPLAY_QUANTITY_COUNT + (int)column.quantity] >= 0) {
        diagnostics_add(r->d, SEVERITY_ERROR, place, "\"%s\": expected each column once", quoted);
        return AEMS_E_FORMAT;
    }
    r->ranges[data->n_columns] = replay_column_range(r->site, &column);
    enter_column(data, r->site, &column);
    return 0;
}

static size_t count_commas(const struct csv_line *line)
{
    size_t n = 0;
    for (const char *c = line->at; c < line->end; c++)
        n += *c == ',';
    return n;
}

int reading_head(struct reading *r, struct csv_line *line)
{
    struct csv_cell cell;
    size_t columns = count_commas(line); // at most
    int code = csv_next_cell(line, &cell), refused = 0;
    if (code > 0 && strcmp(cell.text, "time") != 0)
        return refuse_first(r, line, cell.text);
    if (code > 0 && make_room(r, columns) < 0)
        return AEMS_E_NOMEM;
    while (code > 0 && (code = csv_next_cell(line, &cell)) > 0)
        if (add_column(r, &cell) < 0)
            refused = AEMS_E_FORMAT;
    if (code < 0)
        return reading_fail(r, r->csv.line, "expected names of columns: a quote does not close");
    if (refused == 0 && r->data->n_columns == 0)
        return reading_fail(r, r->csv.line, "\"time\" alone: %s", expected_time);
    return refused;
}
