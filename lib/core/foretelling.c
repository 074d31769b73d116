// SPDX-License-Identifier: GPL-3.0-or-later
// How good the forecasts of loads and PV are: told, kept and watched once an hour, each asset at a time of its own, so
// that neither the disk nor a cycle has to take all of them at once.
#include "core/internal.h"

static bool is_foretold(const struct engine *e, int asset)
{
    enum asset_kind kind = site_asset_at(e, asset)->kind;
    return kind == ASSET_LOAD || kind == ASSET_PV;
}

// Hours since the start, of the area's time, for the `place`th of `places` that take turns.
static uint64_t hour_of(const struct engine *e, uint64_t mono_ms, size_t place, size_t places)
{
    double since_s = area_seconds(e, elapsed_ms(e->started.mono_ms, mono_ms));
    return (uint64_t)(since_s / 3600 + (double)place / (double)places);
}

static void refresh_alarm(struct engine *e, int asset, struct instant now)
{
    const struct site_asset *site = site_asset_at(e, asset);
    struct forecast_accuracy a = {0};
    int result = site->kind == ASSET_LOAD ? forecast_load_accuracy(e->forecast, site->of_kind, &a)
                                          : forecast_pv_accuracy(e->forecast, site->of_kind, &a);
    if (result < 0)
        return;
    alarm_set(
        e, ALARM_FORECAST, asset, a.replaced, now.utc_ms,
        "The forecast of %s errs by %.3g kW, the values of yesterday or last week by %.3g kW: they take its place "
        "until it is better again",
        site->id, a.mae_w / 1000, a.persistence_mae_w / 1000);
}

void foretelling_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    size_t n = e->site->n_assets;
    uint64_t before_mono_ms = now.mono_ms - dt_mono_ms;
    bool first = dt_mono_ms == 0; // what was restored may be bad news
    for (size_t i = 0; i < n; i++) {
        bool due = hour_of(e, before_mono_ms, i, n + 1) != hour_of(e, now.mono_ms, i, n + 1);
        if ((!due && !first) || !is_foretold(e, (int)i))
            continue;
        refresh_alarm(e, (int)i, now);
        if (!due)
            continue;
        queue_add(&e->queue, TASK_PUBLISH_FORECAST, (int)i);
        queue_add(&e->queue, TASK_SAVE_FORECAST, (int)i);
    }
    if (hour_of(e, before_mono_ms, n, n + 1) != hour_of(e, now.mono_ms, n, n + 1))
        queue_add(&e->queue, TASK_SAVE_FORECAST_AREA, 0);
}
