// SPDX-License-Identifier: GPL-3.0-or-later
// Energies, demand windows and the month's peak. Energy is counted with the monotonic clock, so that setting the clock
// neither adds nor loses any; windows and months follow UTC.
#include <math.h>

#include "base/local_time.h"
#include "base/number.h"
#include "core/internal.h"
#include "core/slots.h"
#include "solver/solver.h"
#include "tariff/tariff.h"

static const int64_t MONTH_SLACK_MS = INT64_C(40) * 24 * 3600 * 1000;
static const int64_t SANE_UTC_MS = INT64_C(1704067200000); // 2024: earlier, the clock was never set

static double positive(double v)
{
    return v > 0 ? v : 0;
}

// Trapezoid between two usable ticks, or the mean since the last; what lies in a gap is not made up. Returns what
// flowed in.
static double integrate(struct engine *e, int asset, uint64_t now_mono_ms, uint64_t dt_mono_ms)
{
    struct asset_state *a = &e->assets[asset];
    bool known = asset_known(e, asset, now_mono_ms);
    double in_wh = 0;
    if (known && a->integrates && dt_mono_ms <= suspend_gap_ms(e)) {
        double half_h = area_seconds(e, dt_mono_ms) / 3600 / 2, before_w = is_coarse(e) ? a->good.v : a->integrated_w;
        in_wh = half_h * (positive(before_w) + positive(a->good.v));
        a->energy_in_wh += in_wh;
        a->energy_out_wh += half_h * (positive(-before_w) + positive(-a->good.v));
    }
    a->integrates = known;
    a->integrated_w = a->good.v;
    return in_wh;
}

// ---- peaks ----------------------------------------------------------------------------------------------------------

static int window_s(const struct engine *e, int grid)
{
    return e->site->tariffs[e->site->grids[grid].tariff].demand_window_s;
}

static void take_peak(struct engine *e, int grid, double average_w)
{
    struct grid_state *g = &e->grids[grid];
    if (average_w > g->month_peak_w) {
        g->month_peak_w = average_w;
        queue_add(&e->queue, TASK_SAVE_PEAK, grid);
    }
}

static void close_window(struct engine *e, int grid)
{
    take_peak(e, grid, window_s(e, grid) > 0 ? e->grids[grid].window_wh * 3600 / window_s(e, grid) : 0);
}

// A clock set back over the turn of a month must not lose the peak of either.
static void refresh_month(struct engine *e, int grid, int64_t utc_ms)
{
    struct grid_state *g = &e->grids[grid];
    if (utc_ms < SANE_UTC_MS && g->month_start_utc_ms != NEVER_MS)
        return;
    int64_t start = local_month_start_ms(utc_ms);
    bool later = start > g->month_start_utc_ms, far_back = start < g->month_start_utc_ms - MONTH_SLACK_MS;
    if (!later && !far_back)
        return;
    g->month_start_utc_ms = start;
    g->month_peak_w = 0;
    queue_add(&e->queue, TASK_SAVE_PEAK, grid);
}

static void refresh_window(struct engine *e, int grid, int64_t utc_ms)
{
    struct grid_state *g = &e->grids[grid];
    int64_t start = demand_window_start_ms(&e->site->tariffs[e->site->grids[grid].tariff], utc_ms);
    if (start != g->window_start_utc_ms) {
        if (g->window_start_utc_ms != NEVER_MS)
            close_window(e, grid);
        g->window_start_utc_ms = start;
        g->window_wh = 0;
    }
    refresh_month(e, grid, utc_ms);
}

// Nobody measured what flowed before the start, or while the meter was away: as much as flows now is the guess. Nothing
// would be a worse one, for the rest of the window could then be filled up to a multiple of its peak.
static void fill_window(struct engine *e, int grid, struct instant now)
{
    struct grid_state *g = &e->grids[grid];
    int asset = asset_of(e, ASSET_GRID, grid);
    if (window_s(e, grid) <= 0 || !asset_known(e, asset, now.mono_ms))
        return;
    int64_t from = g->counted_utc_ms > g->window_start_utc_ms ? g->counted_utc_ms : g->window_start_utc_ms;
    if (now.utc_ms > from)
        g->window_wh += positive(e->assets[asset].good.v) * (double)(now.utc_ms - from) / 3600e3;
    g->counted_utc_ms = now.utc_ms;
}

// A tick over the end of a window belongs to both, by its time in each.
static void count_import(struct engine *e, int grid, double in_wh, struct instant now, uint64_t dt_mono_ms)
{
    struct grid_state *g = &e->grids[grid];
    int64_t start = demand_window_start_ms(&e->site->tariffs[e->site->grids[grid].tariff], now.utc_ms);
    double tick_ms = fmax(area_seconds(e, dt_mono_ms) * 1000, 1);
    double after = start > g->window_start_utc_ms ? clamp((double)(now.utc_ms - start) / tick_ms, 0, 1) : 0;
    double window_ms = window_s(e, grid) * 1000.0, before = 1 - after;
    if (window_ms > 0 && tick_ms * before > window_ms) { // whole windows within the tick have its mean
        take_peak(e, grid, in_wh * 3600e3 / tick_ms);
        before = 0;
    }
    g->window_wh += in_wh * before;
    refresh_window(e, grid, now.utc_ms);
    g->window_wh += in_wh * after;
}

static void count(struct engine *e, int asset, struct instant now, uint64_t dt_mono_ms)
{
    const struct site_asset *site = site_asset_at(e, asset);
    bool continued = e->assets[asset].integrates && dt_mono_ms <= suspend_gap_ms(e);
    double out_before_wh = e->assets[asset].energy_out_wh;
    double in_wh = integrate(e, asset, now.mono_ms, dt_mono_ms);
    continued = continued && e->assets[asset].integrates;
    if (site->kind == ASSET_TIE)
        ledger_count(e, site->of_kind, in_wh, e->assets[asset].energy_out_wh - out_before_wh,
                     continued ? area_seconds(e, dt_mono_ms) : 0, now);
    if (site->kind != ASSET_GRID)
        return;
    count_import(e, site->of_kind, in_wh, now, dt_mono_ms);
    if (continued)
        e->grids[site->of_kind].counted_utc_ms = now.utc_ms;
    fill_window(e, site->of_kind, now);
}

// What the plan has this window's average come to, at least what it wants for the rest of it: growth of the peak that
// it expects of a later window is not for this one to use up, since it may not come.
static double planned_average_w(const struct engine *e, int grid, struct instant now)
{
    const struct schedule *s = e->plan.schedule;
    const double *power_w = s->assets[asset_of(e, ASSET_GRID, grid)].power_w;
    int64_t length_ms = (int64_t)window_s(e, grid) * 1000, end_ms = e->grids[grid].window_start_utc_ms + length_ms;
    double rest_wh = 0, rest_h = 0;
    for (size_t k = 0; k < s->n_steps && s->start_utc_ms[k] < end_ms; k++) {
        double from_ms = fmax((double)s->start_utc_ms[k], (double)now.utc_ms);
        double to_ms = fmin((double)s->start_utc_ms[k] + s->hours[k] * 3600e3, (double)end_ms);
        double hours = fmax(to_ms - from_ms, 0) / 3600e3;
        rest_wh += positive(power_w[k]) * hours;
        rest_h += hours;
    }
    if (length_ms <= 0 || rest_h <= 0)
        return s->peak_w[grid];
    double average_w = (e->grids[grid].window_wh + rest_wh) * 3600e3 / (double)length_ms;
    return fmin(fmax(average_w, rest_wh / rest_h), s->peak_w[grid]);
}

double accounting_peak_limit_w(const struct engine *e, int grid, struct instant now)
{
    double allowed_w = e->grids[grid].month_peak_w;
    if (e->site->tariffs[e->site->grids[grid].tariff].demand_charge_per_kw <= 0)
        return LP_INFINITY;
    if (planning_current(e, now, NULL) && (size_t)grid < e->plan.schedule->n_grids)
        allowed_w = fmax(allowed_w, planned_average_w(e, grid, now));
    return accounting_window_limit_w(e, grid, allowed_w, now);
}

// So that `left_wh` lasts for `left_s`. Of the last `least_s` it looks on into the next window, as if that had the same
// average: else the quotient of two small numbers would leave all sense.
static double lasting_w(double left_wh, double left_s, double least_s, double allowed_w)
{
    double beyond_wh = allowed_w * fmax(least_s - left_s, 0) / 3600;
    return (left_wh + beyond_wh) * 3600 / fmax(left_s, least_s);
}

double accounting_window_limit_w(const struct engine *e, int grid, double allowed_w, struct instant now)
{
    const struct grid_state *g = &e->grids[grid];
    const struct site_tariff *t = &e->site->tariffs[e->site->grids[grid].tariff];
    if (t->demand_window_s <= 0 || g->window_start_utc_ms == NEVER_MS)
        return LP_INFINITY;
    double length_s = t->demand_window_s, gone_s = (double)(now.utc_ms - g->window_start_utc_ms) / 1000;
    double left_s = fmin(fmax(length_s - gone_s, 0), length_s), left_wh = allowed_w * length_s / 3600 - g->window_wh;
    // What is over at the end is not spent all at once, what is short is saved in time.
    double two_cycles_s = area_seconds(e, (is_coarse(e) ? 1 : 2) * (uint64_t)e->site->control.cycle_ms);
    double limit_w = fmin(lasting_w(left_wh, left_s, fmax(60, two_cycles_s), allowed_w),
                          lasting_w(left_wh, left_s, fmax(10, two_cycles_s), allowed_w));
    return fmin(fmax(limit_w, 0), LP_INFINITY);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

void accounting_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    for (size_t i = 0; i < e->site->n_assets; i++)
        count(e, (int)i, now, dt_mono_ms);
    slots_tick(e, now);
}
