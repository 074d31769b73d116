// SPDX-License-Identifier: GPL-3.0-or-later
// What a report has collected; only replay/report*.c and steps_csv.c look into it.
//
// A run is one controller's replay. Of it are kept: its figures, sums of each local day, and series of at most
// `n_points` values each, means of what fell into a point.
#pragma once

#include "replay/report.h"
#include "replay/writer.h"

enum asset_series { SERIES_POWER, SERIES_PLANNED, SERIES_SOC, SERIES_UNSERVED, ASSET_SERIES_COUNT };
enum grid_series {
    SERIES_IMPORT_PRICE,
    SERIES_EXPORT_PRICE,
    SERIES_IMPORT_LIMIT,
    SERIES_EXPORT_LIMIT,
    SERIES_AVAILABLE,
    GRID_SERIES_COUNT
};

enum day_sum { // of a day and run
    DAY_COST,  // without the demand charge
    DAY_IMPORT_KWH,
    DAY_EXPORT_KWH,
    DAY_LOAD_KWH, // electric
    DAY_PV_KWH,   // used
    DAY_UNSERVED_KWH,
    DAY_CO2_KG, // of import
    DAY_HOURS,
    DAY_UNKNOWN_HOURS, // with a load or PV plant that was not measured
    DAY_OVER_HOURS,    // beyond a limit of a grid
    DAY_ALARM_HOURS,
    DAY_SUM_COUNT
};

struct report_bin { // of the point under way
    double sum, hours;
};

struct report_window { // of the demand window under way, of a grid
    int64_t index;     // of all since 1970, INT64_MIN: none
    size_t day;
    double import_wh, hours;
};

struct report_run {
    bool begun, closed;
    int64_t last_utc_ms;
    int64_t point;                 // under way, -1: none
    struct report_bin *bins;       // of each series
    float *values;                 // n_series x n_points, NAN where nothing is known
    float *unknown;                // n_points: share of the point with a load or PV plant that was not measured
    double *days;                  // n_days x DAY_SUM_COUNT
    double *peaks_w;               // n_days x n_grids: highest average of a demand window's import, NAN none
    double *lowest, *highest;      // n_days x n_assets: state of charge, NAN none
    struct report_window *windows; // n_grids
    struct replay_figures figures;
    bool has_times;
    struct replay_solve_times times;
};

struct replay_report {
    const struct site *site;
    struct replay_report_about about;
    int64_t origin_utc_ms, point_ms;
    size_t n_points, n_series, n_days;
    int64_t *day_starts; // n_days + 1, UTC ms of local days; the last one ends
    struct report_run runs[REPLAY_CONTROLLER_COUNT];
};

bool report_stores_energy(const struct site *site, size_t asset);
bool report_is_electric(const struct site *site, size_t asset);

static inline size_t report_asset_series(size_t asset, enum asset_series kind)
{
    return asset * ASSET_SERIES_COUNT + kind;
}

static inline size_t report_grid_series(const struct replay_report *r, size_t grid, enum grid_series kind)
{
    return r->site->n_assets * ASSET_SERIES_COUNT + grid * GRID_SERIES_COUNT + kind;
}

static inline const float *report_values(const struct replay_report *r, const struct report_run *run, size_t series)
{
    return run->values + series * r->n_points;
}

// report_days.c. Days of the time in the process's zone; `ret_starts` owned. AEMS_E_NOMEM.
int report_days_list(int64_t from_utc_ms, int64_t to_utc_ms, int64_t **ret_starts, size_t *ret_count);
void report_days_add(struct replay_report *r, struct report_run *run, const struct replay_step *step);
void report_days_close(struct replay_report *r, struct report_run *run); // ends the demand windows under way

// report_json.c: members of an open object.
void report_write_about(struct json_writer *w, const struct replay_report *r);
void report_write_figures(struct json_writer *w, const struct report_run *run);
