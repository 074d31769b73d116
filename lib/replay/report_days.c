// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "replay/report_internal.h"

static const int64_t HOUR_MS = 3600000;

int report_days_list(int64_t from_utc_ms, int64_t to_utc_ms, int64_t **ret_starts, size_t *ret_count)
{
    size_t capacity = (size_t)((to_utc_ms - from_utc_ms) / (20 * HOUR_MS)) + 4, count = 0;
    int64_t *starts = calloc(capacity, sizeof(starts[0]));
    if (starts == NULL)
        return AEMS_E_NOMEM;
    int64_t start = local_day_start_ms(from_utc_ms);
    while (start < to_utc_ms && count + 2 < capacity) {
        starts[count++] = start;
        int64_t next = local_day_start_ms(start + 26 * HOUR_MS); // days last 23 to 25 hours
        start = next > start ? next : start + 24 * HOUR_MS;
    }
    starts[count] = start;
    *ret_starts = starts;
    *ret_count = count;
    return 0;
}

static size_t day_of(const struct replay_report *r, int64_t utc_ms)
{
    size_t low = 0, high = r->n_days - 1;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (r->day_starts[middle] <= utc_ms)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void end_window(struct replay_report *r, struct report_run *run, size_t grid)
{
    struct report_window *w = &run->windows[grid];
    if (w->index == INT64_MIN || w->hours <= 0)
        return;
    double average_w = w->import_wh / w->hours, *peak_w = &run->peaks_w[w->day * r->site->n_grids + grid];
    if (isnan(*peak_w) || average_w > *peak_w)
        *peak_w = average_w;
}

static void add_to_window(struct replay_report *r, struct report_run *run, size_t grid, const struct replay_step *step,
                          double import_wh)
{
    struct report_window *w = &run->windows[grid];
    const struct site *s = r->site;
    int window_s = s->tariffs[s->grids[grid].tariff].demand_window_s;
    int64_t index = step->start_utc_ms / (INT64_C(1000) * (window_s > 0 ? window_s : 900));
    if (index != w->index) {
        end_window(r, run, grid);
        *w = (struct report_window){.index = index, .day = day_of(r, step->start_utc_ms)};
    }
    w->import_wh += import_wh;
    w->hours += step->hours;
}

static void add_grid(struct replay_report *r, struct report_run *run, size_t asset, const struct replay_step *step,
                     double *sums)
{
    size_t grid = (size_t)r->site->assets[asset].of_kind;
    double energy_wh = step->assets[asset].realised_w * step->hours, import_wh = fmax(energy_wh, 0);
    if (!isfinite(energy_wh))
        return;
    sums[DAY_IMPORT_KWH] += import_wh / 1e3;
    sums[DAY_EXPORT_KWH] += fmax(-energy_wh, 0) / 1e3;
    if (isfinite(step->grids[grid].co2_kg_per_kwh))
        sums[DAY_CO2_KG] += import_wh / 1e3 * step->grids[grid].co2_kg_per_kwh;
    add_to_window(r, run, grid, step, import_wh);
}

static void add_charge(const struct replay_report *r, struct report_run *run, size_t day, size_t asset, double soc_frac)
{
    double *low = &run->lowest[day * r->site->n_assets + asset], *high = &run->highest[day * r->site->n_assets + asset];
    if (!isfinite(soc_frac))
        return;
    if (isnan(*low) || soc_frac < *low)
        *low = soc_frac;
    if (isnan(*high) || soc_frac > *high)
        *high = soc_frac;
}

static bool is_over(const struct site *s, const struct replay_step *step)
{
    for (size_t g = 0; g < s->n_grids; g++)
        if (step->grids[g].over)
            return true;
    return false;
}

void report_days_add(struct replay_report *r, struct report_run *run, const struct replay_step *step)
{
    const struct site *s = r->site;
    size_t day = day_of(r, step->start_utc_ms);
    double *sums = run->days + day * DAY_SUM_COUNT;
    bool unknown = false;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct replay_asset_step *a = &step->assets[i];
        enum asset_kind kind = s->assets[i].kind;
        double energy_kwh = isfinite(a->realised_w) ? a->realised_w * step->hours / 1e3 : 0;
        if (kind == ASSET_GRID)
            add_grid(r, run, i, step, sums);
        else if (kind == ASSET_PV)
            sums[DAY_PV_KWH] += energy_kwh;
        else if (kind == ASSET_LOAD && report_is_electric(s, i)) {
            sums[DAY_LOAD_KWH] -= energy_kwh;
            sums[DAY_UNSERVED_KWH] += isfinite(a->unserved_w) ? a->unserved_w * step->hours / 1e3 : 0;
        } else if (report_stores_energy(s, i))
            add_charge(r, run, day, i, a->soc_frac);
        unknown = unknown || ((kind == ASSET_PV || kind == ASSET_LOAD) && !isfinite(a->measured_w));
    }
    sums[DAY_COST] += isfinite(step->cost) ? step->cost : 0;
    sums[DAY_HOURS] += step->hours;
    sums[DAY_UNKNOWN_HOURS] += unknown ? step->hours : 0;
    sums[DAY_OVER_HOURS] += is_over(s, step) ? step->hours : 0;
    sums[DAY_ALARM_HOURS] += step->alarms > 0 ? step->hours : 0;
}

void report_days_close(struct replay_report *r, struct report_run *run)
{
    for (size_t g = 0; g < r->site->n_grids; g++) {
        end_window(r, run, g);
        run->windows[g].index = INT64_MIN;
    }
}
