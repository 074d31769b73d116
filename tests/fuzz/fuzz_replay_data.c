// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes are recorded data whose times ascend and whose values are in range, or are refused with a reason.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "replay/data.h"
#include "tests/fuzz/every_kind.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_values(const struct replay_data *data)
{
    for (size_t c = 0; c < data->n_columns; c++) {
        const struct replay_column *column = &data->columns[c];
        for (size_t row = 0; row < data->n_rows; row++)
            require(isnan(column->values[row]) || fabs(column->values[row]) <= 1e9);
        replay_data_mean(data, column->asset, column->quantity, data->utc_ms[0] - 1, data->end_utc_ms + 1);
    }
}

static void check(const struct replay_data *data)
{
    require(data->n_rows > 0 && data->n_columns > 0 && data->step_ms > 0);
    require(data->told.refused + data->n_rows == data->told.rows);
    require(data->end_utc_ms == data->utc_ms[data->n_rows - 1] + data->step_ms);
    for (size_t row = 0; row < data->n_rows; row++) {
        require(row == 0 || data->utc_ms[row] > data->utc_ms[row - 1]);
        require(replay_data_row(data, data->utc_ms[row]) == (int64_t)row);
    }
    check_values(data);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static const char head[] =
        "time,house.load_w,radiators.heat_w,sun.pv_w,sun.irradiance_wm2,grid.import_price,grid.grid_available,"
        "c1.connected\n";
    static struct site *site;
    struct diagnostics d = {0};
    struct replay_data *data = NULL;
    if (site == NULL)
        site = every_kind_load();
    char *text = malloc(size + sizeof(head));
    require(text != NULL);
    bool with_head = size > 0 && bytes[0] % 2 == 0; // chance alone does not find the names
    size_t length = with_head ? sizeof(head) - 1 : 0;
    memcpy(text, head, length);
    memcpy(text + length, bytes, size);
    length += size;
    FILE *stream = length > 0 ? fmemopen(text, length, "r") : NULL;
    int code = stream != NULL ? replay_data_read(stream, "data.csv", site, &d, &data) : AEMS_E_FORMAT;
    require(code == AEMS_OK || code == AEMS_E_FORMAT);
    require(stream == NULL || (code == AEMS_OK) != diagnostics_has_errors(&d));
    if (code == AEMS_OK)
        check(data);
    replay_data_free(data);
    diagnostics_free(&d);
    if (stream != NULL)
        fclose(stream);
    free(text);
    return 0;
}
