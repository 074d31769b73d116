// SPDX-License-Identifier: GPL-3.0-or-later
// Grid connections that are away: what was told of now, and what is expected of later.
#include "base/error.h"
#include "base/local_time.h"
#include "core/internal.h"

enum { HOUR_MS = 3600 * 1000 };

int outages_consume(struct engine *e, const struct event *event)
{
    int grid = event->grid.grid;
    if (grid < 0 || (size_t)grid >= e->site->n_grids)
        return AEMS_E_RANGE;
    if (e->grids[grid].away != event->grid.available)
        return 0; // as known
    e->grids[grid].away = !event->grid.available;
    planning_request(e);
    return 0;
}

void engine_set_grid_forecast(struct engine *e, engine_grid_forecast_fn *forecast, void *context)
{
    e->grid_forecast = forecast;
    e->grid_forecast_context = context;
}

static int64_t next_full_hour_ms(int64_t utc_ms)
{
    int64_t local_ms = utc_ms + (int64_t)local_time_at(utc_ms).utc_offset_s * 1000;
    return utc_ms + HOUR_MS - local_ms % HOUR_MS;
}

// What is known now holds for what begins now, whatever was expected.
bool grid_expected(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms)
{
    bool away = e->grids[grid].away;
    if (from_utc_ms <= now_utc_ms && away)
        return false;
    if (e->grid_forecast != NULL)
        return e->grid_forecast(e->grid_forecast_context, grid, from_utc_ms, to_utc_ms);
    return !away || from_utc_ms >= next_full_hour_ms(now_utc_ms);
}
