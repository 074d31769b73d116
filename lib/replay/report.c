// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/report.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "replay/report_internal.h"

static const int64_t MINUTE_MS = 60000, DAY_MS = 86400000;
static const int64_t LONGEST_MS = INT64_C(50) * 366 * 86400000; // that anybody replays
static const double PAGE_NUMBERS = 2.2e6; // so many of at most five characters each leave the page below 15 MB
static const double MOST_HOURS = 24 * 366;

bool report_stores_energy(const struct site *site, size_t asset)
{
    enum asset_kind kind = site->assets[asset].kind;
    return kind == ASSET_BATTERY || kind == ASSET_STORE || kind == ASSET_CHARGER;
}

bool report_is_electric(const struct site *site, size_t asset)
{
    return site->buses[site->assets[asset].bus].carrier == CARRIER_ELECTRICITY;
}

// ---- making ---------------------------------------------------------------------------------------------------------

// Points as long as the steps, or as the next longer round time of which the page can carry as many as it takes.
static void choose_points(struct replay_report *r)
{
    static const int ROUND_MIN[] = {1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440};
    const struct site *s = r->site;
    double per_run = 2.0 * (double)s->n_assets;
    for (size_t i = 0; i < s->n_assets; i++)
        per_run += report_stores_energy(s, i);
    double series = r->about.n_controllers * per_run + GRID_SERIES_COUNT * (double)s->n_grids + 1;
    double most = fmax(PAGE_NUMBERS / series, 100);
    int64_t from = r->about.from_utc_ms, span = r->about.to_utc_ms - from, point = r->about.step_ms;
    for (size_t i = 0; (double)span / (double)point > most && i < sizeof(ROUND_MIN) / sizeof(ROUND_MIN[0]); i++)
        if (ROUND_MIN[i] * MINUTE_MS > point)
            point = ROUND_MIN[i] * MINUTE_MS;
    while ((double)span / (double)point > most)
        point += DAY_MS;
    r->point_ms = point;
    r->origin_utc_ms = point == r->about.step_ms ? from : r->day_starts[0]; // longer points begin at midnight
    r->n_points = (size_t)((r->about.to_utc_ms - r->origin_utc_ms + point - 1) / point);
}

int replay_report_new(const struct site *site, const struct replay_report_about *about,
                      struct replay_report **ret_report)
{
    if (about->from_utc_ms < 0 || about->to_utc_ms <= about->from_utc_ms ||
        about->to_utc_ms - about->from_utc_ms > LONGEST_MS || about->step_ms < 1 || about->step_ms > LONGEST_MS ||
        about->n_controllers < 1 || about->n_controllers > REPLAY_CONTROLLER_COUNT ||
        about->asked >= REPLAY_CONTROLLER_COUNT)
        return AEMS_E_RANGE;
    struct replay_report *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return AEMS_E_NOMEM;
    r->site = site;
    r->about = *about;
    r->n_series = site->n_assets * ASSET_SERIES_COUNT + site->n_grids * GRID_SERIES_COUNT;
    int result = report_days_list(about->from_utc_ms, about->to_utc_ms, &r->day_starts, &r->n_days);
    if (result < 0) {
        replay_report_free(r);
        return result;
    }
    choose_points(r);
    *ret_report = r;
    return 0;
}

static void free_run(struct report_run *run)
{
    free(run->bins);
    free(run->values);
    free(run->unknown);
    free(run->days);
    free(run->peaks_w);
    free(run->lowest);
    free(run->highest);
    free(run->windows);
    *run = (struct report_run){0};
}

void replay_report_free(struct replay_report *r)
{
    if (r == NULL)
        return;
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++)
        free_run(&r->runs[c]);
    free(r->day_starts);
    free(r);
}

static double *unknown_numbers(size_t count)
{
    double *numbers = malloc((count > 0 ? count : 1) * sizeof(numbers[0]));
    for (size_t i = 0; numbers != NULL && i < count; i++)
        numbers[i] = NAN;
    return numbers;
}

static int begin_run(const struct replay_report *r, struct report_run *run)
{
    const struct site *s = r->site;
    size_t n_values = r->n_series * r->n_points, n_grids = s->n_grids;
    run->bins = calloc(r->n_series + 1, sizeof(run->bins[0]));
    run->values = malloc((n_values + 1) * sizeof(run->values[0]));
    run->unknown = malloc(r->n_points * sizeof(run->unknown[0]));
    run->days = calloc(r->n_days * DAY_SUM_COUNT, sizeof(run->days[0]));
    run->peaks_w = unknown_numbers(r->n_days * n_grids);
    run->lowest = unknown_numbers(r->n_days * s->n_assets);
    run->highest = unknown_numbers(r->n_days * s->n_assets);
    run->windows = calloc(n_grids + 1, sizeof(run->windows[0]));
    if (run->bins == NULL || run->values == NULL || run->unknown == NULL || run->days == NULL || run->peaks_w == NULL ||
        run->lowest == NULL || run->highest == NULL || run->windows == NULL) {
        free_run(run);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < n_values; i++)
        run->values[i] = NAN;
    for (size_t i = 0; i < r->n_points; i++)
        run->unknown[i] = 1; // until a step says otherwise
    for (size_t g = 0; g < n_grids; g++)
        run->windows[g].index = INT64_MIN;
    run->point = -1;
    run->last_utc_ms = INT64_MIN;
    run->begun = true;
    return 0;
}

// ---- collecting -----------------------------------------------------------------------------------------------------

static void end_point(const struct replay_report *r, struct report_run *run)
{
    if (run->point < 0)
        return;
    for (size_t i = 0; i < r->n_series; i++) {
        struct report_bin *b = &run->bins[i];
        if (b->hours > 0)
            run->values[i * r->n_points + (size_t)run->point] = (float)(b->sum / b->hours);
        *b = (struct report_bin){0};
    }
    struct report_bin *unknown = &run->bins[r->n_series];
    run->unknown[run->point] = unknown->hours > 0 ? (float)(unknown->sum / unknown->hours) : 1;
    *unknown = (struct report_bin){0};
}

static void bin_mean(struct report_bin *b, double value, double hours)
{
    if (!isfinite(value))
        return;
    b->sum += value * hours;
    b->hours += hours;
}

static void bin_last(struct report_bin *b, double value)
{
    *b = isfinite(value) ? (struct report_bin){.sum = value, .hours = 1} : (struct report_bin){0};
}

static void bin_least(struct report_bin *b, double value)
{
    if (isfinite(value) && (b->hours <= 0 || value < b->sum))
        *b = (struct report_bin){.sum = value, .hours = 1};
}

static void bin_step(const struct replay_report *r, struct report_run *run, const struct replay_step *step)
{
    const struct site *s = r->site;
    bool unknown = false;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct replay_asset_step *a = &step->assets[i];
        struct report_bin *bins = &run->bins[report_asset_series(i, 0)];
        enum asset_kind kind = s->assets[i].kind;
        bin_mean(&bins[SERIES_POWER], a->realised_w, step->hours);
        bin_mean(&bins[SERIES_PLANNED], a->planned_w, step->hours);
        if (report_stores_energy(s, i))
            bin_last(&bins[SERIES_SOC], a->soc_frac);
        if (kind == ASSET_LOAD)
            bin_mean(&bins[SERIES_UNSERVED], a->unserved_w, step->hours);
        unknown = unknown || ((kind == ASSET_PV || kind == ASSET_LOAD) && !isfinite(a->measured_w));
    }
    for (size_t g = 0; g < s->n_grids; g++) {
        const struct replay_grid_step *grid = &step->grids[g];
        struct report_bin *bins = &run->bins[report_grid_series(r, g, 0)];
        bin_mean(&bins[SERIES_IMPORT_PRICE], grid->import_price_per_kwh, step->hours);
        bin_mean(&bins[SERIES_EXPORT_PRICE], grid->export_price_per_kwh, step->hours);
        bin_least(&bins[SERIES_IMPORT_LIMIT], grid->import_limit_w);
        bin_least(&bins[SERIES_EXPORT_LIMIT], grid->export_limit_w);
        bin_least(&bins[SERIES_AVAILABLE], grid->available);
    }
    bin_mean(&run->bins[r->n_series], unknown, step->hours);
}

int replay_report_add(struct replay_report *r, enum replay_controller controller, const struct replay_step *step)
{
    if (controller >= REPLAY_CONTROLLER_COUNT)
        return AEMS_E_RANGE;
    struct report_run *run = &r->runs[controller];
    if (!in_range(step->hours, 1e-6, MOST_HOURS) || step->start_utc_ms < r->about.from_utc_ms ||
        step->start_utc_ms >= r->about.to_utc_ms || run->closed ||
        (run->begun && step->start_utc_ms <= run->last_utc_ms))
        return AEMS_E_RANGE;
    int result = run->begun ? 0 : begin_run(r, run);
    if (result < 0)
        return result;
    int64_t point = (step->start_utc_ms - r->origin_utc_ms) / r->point_ms;
    if (point != run->point)
        end_point(r, run);
    run->point = point;
    run->last_utc_ms = step->start_utc_ms;
    bin_step(r, run, step);
    report_days_add(r, run, step);
    return 0;
}

int replay_report_close(struct replay_report *r, enum replay_controller controller,
                        const struct replay_figures *figures, const struct replay_solve_times *times)
{
    if (controller >= REPLAY_CONTROLLER_COUNT || !r->runs[controller].begun || r->runs[controller].closed)
        return AEMS_E_STATE;
    struct report_run *run = &r->runs[controller];
    end_point(r, run);
    report_days_close(r, run);
    run->figures = *figures;
    run->has_times = times != NULL;
    if (times != NULL)
        run->times = *times;
    run->closed = true;
    return 0;
}
