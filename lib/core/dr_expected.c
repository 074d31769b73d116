// SPDX-License-Identifier: GPL-3.0-or-later
// What would be drawn without an event: what its levels are shares of.
#include <math.h>

#include "core/internal.h"

enum { REFERENCE_HOURS = 24 };
static const int64_t HOUR_MS = 3600 * 1000;

static bool belongs(const struct engine *e, int bus, int grid)
{
    return e->site->buses[bus].carrier == CARRIER_ELECTRICITY && (grid < 0 || e->site->grids[grid].bus == bus);
}

// Hours from `from` on, the last one shorter; REFERENCE_HOURS at most. Returns their number.
static size_t lay_hours(int64_t from_utc_ms, int64_t to_utc_ms, int64_t ret_from_ms[static REFERENCE_HOURS],
                        int64_t ret_to_ms[static REFERENCE_HOURS])
{
    size_t n = 0;
    for (int64_t at_ms = from_utc_ms; at_ms < to_utc_ms && n < REFERENCE_HOURS; at_ms += HOUR_MS, n++) {
        ret_from_ms[n] = at_ms;
        ret_to_ms[n] = to_utc_ms - at_ms < HOUR_MS ? to_utc_ms : at_ms + HOUR_MS;
    }
    return n;
}

static void add(double *io_sum_w, const double *w, size_t n, double sign)
{
    for (size_t k = 0; k < n; k++)
        io_sum_w[k] += sign * w[k];
}

static void add_forecasts(const struct engine *e, int grid, struct forecast_steps *steps, size_t n, double *io_sum_w)
{
    double w[REFERENCE_HOURS];
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (belongs(e, e->site->loads[i].bus, grid)) {
            forecast_steps_load_w(steps, (int)i, 0, w);
            add(io_sum_w, w, n, 1);
        }
    for (size_t i = 0; i < e->site->n_pvs; i++)
        if (belongs(e, e->site->pvs[i].bus, grid)) {
            forecast_steps_pv_w(steps, (int)i, 0, w);
            add(io_sum_w, w, n, -1);
        }
}

// Mean of what the plan has for an asset within [from, to), W at its bus; nothing where the plan does not reach.
static double planned_w(const struct schedule *s, size_t asset, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double w_ms = 0;
    for (size_t k = 0; k < s->n_steps; k++) {
        int64_t end_ms = s->start_utc_ms[k] + (int64_t)(s->hours[k] * (double)HOUR_MS + 0.5);
        int64_t from_ms = s->start_utc_ms[k] > from_utc_ms ? s->start_utc_ms[k] : from_utc_ms;
        int64_t to_ms = end_ms < to_utc_ms ? end_ms : to_utc_ms;
        if (to_ms > from_ms)
            w_ms += s->assets[asset].power_w[k] * (double)(to_ms - from_ms);
    }
    return w_ms / (double)(to_utc_ms - from_utc_ms);
}

// Heat pumps, vehicles and what else is planned draw as well: nobody forecasts them, the present plan says when.
static void add_planned(const struct engine *e, int grid, const int64_t *from_ms, const int64_t *to_ms, size_t n,
                        double *io_sum_w)
{
    for (size_t i = 0; e->plan.schedule != NULL && i < e->site->n_assets; i++) {
        const struct site_asset *a = &e->site->assets[i];
        bool planned = a->kind == ASSET_CONVERTER || a->kind == ASSET_CHARGER || a->kind == ASSET_FLEXIBLE;
        for (size_t k = 0; planned && belongs(e, a->bus, grid) && k < n; k++)
            io_sum_w[k] -= planned_w(e->plan.schedule, i, from_ms[k], to_ms[k]);
    }
}

double dr_expected_w(const struct engine *e, int grid, int64_t now_utc_ms, int64_t from_utc_ms, int64_t to_utc_ms)
{
    int64_t from_ms[REFERENCE_HOURS], to_ms[REFERENCE_HOURS];
    double sum_w[REFERENCE_HOURS] = {0}, wh = 0, hours = 0;
    struct forecast_steps *steps;
    size_t n = lay_hours(from_utc_ms, to_utc_ms, from_ms, to_ms);
    if (n == 0 || forecast_steps_new(e->forecast, now_utc_ms, from_ms, to_ms, n, 0, &steps) < 0)
        return n == 0 ? 0 : -1;
    add_forecasts(e, grid, steps, n, sum_w);
    forecast_steps_free(steps);
    add_planned(e, grid, from_ms, to_ms, n, sum_w);
    for (size_t k = 0; k < n; k++) {
        double h = (double)(to_ms[k] - from_ms[k]) / (double)HOUR_MS;
        wh += fmax(sum_w[k], 0) * h;
        hours += h;
    }
    return fmin(wh / hours, PLAN_NO_LIMIT_W);
}
