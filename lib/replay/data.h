// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded inputs of an area: a CSV file whose first column is `time` (RFC 3339) and whose others are named
// `<asset>.<quantity>`. A value holds until the next row's time; an empty cell means that nothing is known.
//
// Rows may come in any order and more than once. What cannot be used is refused row by row, counted, and named with
// its line; only a file without any usable row, or with a header that cannot be, is an error.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/diagnostics.h"
#include "site/site.h"

enum replay_quantity {
    REPLAY_LOAD_W,         // loads: drawn, >= 0
    REPLAY_HEAT_W,         // loads of a heat or cooling bus: drawn, >= 0; another name of load_w there
    REPLAY_PV_W,           // PV: what it could give, >= 0
    REPLAY_IRRADIANCE_WM2, // PV: in its plane, 0-1500; stands in for pv_w where that is missing
    REPLAY_IMPORT_PRICE,   // grids: per kWh
    REPLAY_EXPORT_PRICE,   // grids: per kWh
    REPLAY_CO2_G_PER_KWH,  // grids: of import, 0-5000
    REPLAY_GRID_AVAILABLE, // grids: 0 or 1
    REPLAY_TEMP_DEGC,      // any asset: outside, -60 to 60
    REPLAY_CONNECTED,      // chargers: a vehicle is plugged in, 0 or 1
    REPLAY_QUANTITY_COUNT
};

struct replay_column {
    int asset; // of site->assets
    enum replay_quantity quantity;
    double *values; // one per row; NAN: nothing is known
};

struct replay_data {
    size_t n_rows, n_columns;
    int64_t *utc_ms;    // ascending, no instant twice
    int64_t step_ms;    // the most frequent distance of two rows
    int64_t end_utc_ms; // until when the last row holds: step_ms after it
    struct replay_column *columns;
    int *column_of; // n_assets x REPLAY_QUANTITY_COUNT: its column, -1 none
    struct {
        size_t rows;      // lines with something in them, without the header
        size_t refused;   // of them: not used at all, each named in the diagnostics (the first 1,000)
        size_t cells;     // refused in rows that were used: read as empty, named likewise
        size_t reordered; // came later than a row of a later time
        size_t gaps;      // distances of more than step_ms
    } told;
};

// Reads a stream; `name` is for messages. Warnings for refused rows and cells and unordered rows, errors for what makes
// the file useless. `columns` need not cover all assets. Of rows of the same instant the last one counts, the others
// are refused. AEMS_E_FORMAT, AEMS_E_IO (both said in `d`), AEMS_E_NOMEM. Owned by the caller.
//
// Lines end with LF or CR LF; empty ones and comments (#) do not count; cells may stand in quotes. Times carry their
// zone (Z or an offset): local time says one hour twice in autumn. Loads may be up to ten times their peak, PV up to
// twice its own; down to -1 % of it (-20 W/m2 of irradiance) counts as 0, which is what sensors show when there is
// nothing. Of lines longer than 1 MiB nothing is read, and there are at most 20 million cells.
int replay_data_read(FILE *stream, const char *name, const struct site *site, struct diagnostics *d,
                     struct replay_data **ret_data);
void replay_data_free(struct replay_data *data);

// The row that holds at an instant, or -1.
int64_t replay_data_row(const struct replay_data *data, int64_t utc_ms);
// NAN where nothing is known.
double replay_data_value(const struct replay_data *data, int asset, enum replay_quantity quantity, int64_t utc_ms);
// Mean over [from, to) of what is known; NAN where nothing is.
double replay_data_mean(const struct replay_data *data, int asset, enum replay_quantity quantity, int64_t from_utc_ms,
                        int64_t to_utc_ms);
