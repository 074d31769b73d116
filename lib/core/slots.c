// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of demand response that are kept over the average of a slot: what is left of it, or was taken too much, is
// spread over its rest. What flowed counts from when a limit holds, so that events may begin and end within a slot.
#include "core/slots.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "core/saving.h"

static const double LATEST_MS = 253402300799e3; // 9999

enum { GAP_MS = 5000, GAP_PARTS = 16 };

static int64_t slot_start_ms(const struct engine *e, int64_t utc_ms)
{
    int64_t length = (int64_t)e->site->dr.slot_s * 1000, gone = utc_ms % length;
    return utc_ms - (gone < 0 ? gone + length : gone);
}

bool slots_average(const struct engine *e)
{
    return e->site->dr.enabled && e->site->dr.average && e->site->dr.slot_s > 0;
}

// ---- who is limited -------------------------------------------------------------------------------------------------

bool area_is_shared(const struct engine *e)
{
    int count = 0;
    for (size_t g = 0; g < e->site->n_grids; g++)
        count += e->site->buses[e->site->grids[g].bus].carrier == CARRIER_ELECTRICITY;
    return count > 1;
}

// Without a margin. `grid` -1: the area.
static void limits_at(const struct engine *e, int grid, int64_t utc_ms, double *ret_import_w, double *ret_export_w)
{
    if (grid < 0) {
        area_limits_within(e, utc_ms, utc_ms + 1, ret_import_w, ret_export_w);
        return;
    }
    struct limit_in_force l = limits_within(e, grid, utc_ms, utc_ms + 1);
    *ret_import_w = l.import_limit_w;
    *ret_export_w = l.export_limit_w;
}

// What flows in at all electric connections; false: one of them is not known.
bool area_power_w(const struct engine *e, struct instant now, double *ret_power_w)
{
    double sum_w = 0;
    for (size_t g = 0; g < e->site->n_grids; g++) {
        int asset = asset_of(e, ASSET_GRID, (int)g);
        if (e->site->buses[e->site->grids[g].bus].carrier != CARRIER_ELECTRICITY || grid_is_lost(e, (int)g))
            continue;
        if (!asset_known(e, asset, now.mono_ms))
            return false;
        sum_w += e->assets[asset].good.v;
    }
    *ret_power_w = sum_w;
    return true;
}

static double kept(const struct engine *e)
{
    return 1 - clamp(e->site->control.limit_margin_frac, 0, 1);
}

// ---- counting -------------------------------------------------------------------------------------------------------

// What slots_restore takes back.
static double bounded(double left_wh)
{
    return clamp(left_wh, -PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W);
}

static void count_span(const struct engine *e, struct slot_state *s, int grid, int64_t from_utc_ms, int64_t to_utc_ms,
                       double power_w)
{
    double import_w, export_w, hours = (double)(to_utc_ms - from_utc_ms) / 3600e3;
    limits_at(e, grid, from_utc_ms + (to_utc_ms - from_utc_ms) / 2, &import_w, &export_w);
    if (import_w < PLAN_NO_LIMIT_W)
        s->import_left_wh = bounded(s->import_left_wh + (import_w * kept(e) - power_w) * hours);
    if (export_w < PLAN_NO_LIMIT_W)
        s->export_left_wh = bounded(s->export_left_wh + (export_w * kept(e) + power_w) * hours);
}

// Nobody measured what flowed in a gap: as much as flows now is the guess. A limit may have begun in it.
static void count(const struct engine *e, struct slot_state *s, int grid, double power_w, struct instant now)
{
    int64_t start = slot_start_ms(e, now.utc_ms);
    if (s->start_utc_ms != start)
        *s = (struct slot_state){.start_utc_ms = start, .counted_utc_ms = s->counted_utc_ms};
    int64_t from = s->counted_utc_ms > start ? s->counted_utc_ms : start, span = now.utc_ms - from;
    int parts = span > GAP_MS && !is_coarse(e) ? GAP_PARTS : 1;
    for (int i = 0; i < parts && span > 0; i++)
        count_span(e, s, grid, from + span * i / parts, from + span * (i + 1) / parts, power_w);
    bool set_back = -span > (int64_t)e->site->dr.slot_s * 1000;
    if (span >= 0 || set_back)
        s->counted_utc_ms = now.utc_ms;
}

void slots_start(struct engine *e)
{
    for (size_t g = 0; g < e->site->n_grids; g++)
        e->grids[g].slot = (struct slot_state){NEVER_MS, NEVER_MS, 0, 0};
    e->area_slot = (struct slot_state){NEVER_MS, NEVER_MS, 0, 0};
}

void slots_tick(struct engine *e, struct instant now)
{
    double power_w;
    if (!slots_average(e))
        return;
    for (size_t g = 0; g < e->site->n_grids; g++) {
        int asset = asset_of(e, ASSET_GRID, (int)g);
        if (asset_known(e, asset, now.mono_ms))
            count(e, &e->grids[g].slot, (int)g, e->assets[asset].good.v, now);
    }
    if (area_is_shared(e) && area_power_w(e, now, &power_w))
        count(e, &e->area_slot, -1, power_w, now);
}

// ---- what is left ---------------------------------------------------------------------------------------------------

static double rest_s(const struct engine *e, struct instant now)
{
    int64_t end = slot_start_ms(e, now.utc_ms) + (int64_t)e->site->dr.slot_s * 1000, next = limits_next_change(e, now);
    return (double)((next < end ? next : end) - now.utc_ms) / 1000;
}

bool slots_are_present(const struct engine *e, int64_t end_utc_ms, struct instant now)
{
    return slots_average(e) && end_utc_ms <= slot_start_ms(e, now.utc_ms) + (int64_t)e->site->dr.slot_s * 1000;
}

static double spread_w(const struct engine *e, double limit_w, double left_wh, double most_w, struct instant now)
{
    // What is over at the end is not spent all at once, what is short is saved in time.
    double left_s = rest_s(e, now), cycles_s = area_seconds(e, 2 * (uint64_t)e->site->control.cycle_ms);
    double slow_w = limit_w + left_wh * 3600 / fmax(left_s, fmax(60, cycles_s));
    double fast_w = limit_w + left_wh * 3600 / fmax(left_s, fmax(10, cycles_s));
    return clamp(fmin(slow_w, fast_w), 0, fmax(most_w, limit_w));
}

static const struct slot_state *state_of(const struct engine *e, int grid)
{
    return grid < 0 ? &e->area_slot : &e->grids[grid].slot;
}

static double left_wh(const struct engine *e, int grid, bool import, struct instant now)
{
    const struct slot_state *s = state_of(e, grid);
    if (s->start_utc_ms != slot_start_ms(e, now.utc_ms))
        return 0;
    return import ? s->import_left_wh : s->export_left_wh;
}

double slots_import_limit_w(const struct engine *e, int grid, double limit_w, double most_w, struct instant now)
{
    if (!slots_average(e) || limit_w >= PLAN_NO_LIMIT_W)
        return limit_w;
    return spread_w(e, limit_w, left_wh(e, grid, true, now), most_w, now);
}

double slots_export_limit_w(const struct engine *e, int grid, double limit_w, double most_w, struct instant now)
{
    if (!slots_average(e) || limit_w >= PLAN_NO_LIMIT_W)
        return limit_w;
    return spread_w(e, limit_w, left_wh(e, grid, false, now), most_w, now);
}

// ---- what must survive ----------------------------------------------------------------------------------------------

json_t *slots_save(const struct slot_state *s)
{
    return json_pack("{s:I, s:I, s:f, s:f}", "start_ms", (json_int_t)s->start_utc_ms, "counted_ms",
                     (json_int_t)s->counted_utc_ms, "import_left_wh", s->import_left_wh, "export_left_wh",
                     s->export_left_wh);
}

// Whether the slot is still the present one is found out on the first tick.
bool slots_restore(json_t *json, struct slot_state *ret_slot)
{
    json_int_t start, counted;
    double import_wh, export_wh;
    if (json_unpack(json, "{s:I, s:I, s:F, s:F!}", "start_ms", &start, "counted_ms", &counted, "import_left_wh",
                    &import_wh, "export_left_wh", &export_wh) < 0)
        return false;
    if (!in_range((double)start, 0, LATEST_MS) || !in_range((double)counted, 0, LATEST_MS))
        return false;
    if (!in_range(import_wh, -PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W) ||
        !in_range(export_wh, -PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W))
        return false;
    *ret_slot = (struct slot_state){start, counted, import_wh, export_wh};
    return true;
}
