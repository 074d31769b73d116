// SPDX-License-Identifier: GPL-3.0-or-later
#include "blackout_scene.h"

#include "base/local_time.h"
#include "conf/conf.h"

static const double half = 0.5;

int scene_load(const char *config_path, struct site **ret_site)
{
    struct diagnostics d = {0};
    int status = conf_load(config_path, &d, ret_site);
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return status == 0 ? local_time_set_zone((*ret_site)->timezone) : status;
}

int scene_draw(const struct blackout *b, const struct site *site, struct draw *ret_draw)
{
    int64_t first_day_ms = local_day_start_ms(b->at_utc_ms) - INT64_C(86400000) * BLACKOUT_HISTORY_DAYS;
    return draw_new(site, b->seed, b->future, first_day_ms, BLACKOUT_HISTORY_DAYS + 1, ret_draw);
}

void scene_weather(const struct site *site, const struct draw *draw, struct plant_model *m, int64_t utc_ms)
{
    for (size_t i = 0; i < site->n_assets; i++) {
        const struct site_asset *a = &site->assets[i];
        if (a->kind == ASSET_LOAD)
            plant_model_fix(m, (int)i, draw_load_w(draw, a->of_kind, utc_ms));
        else if (a->kind == ASSET_PV)
            plant_model_fix(m, (int)i, draw_pv_w(draw, a->of_kind, utc_ms));
    }
}

int scene_step_ms(const struct blackout *b, int64_t utc_ms)
{
    const int64_t sudden_until_ms = 3000, settling_until_ms = 600000, hour_ms = 3600000;
    int64_t since_ms = utc_ms - b->at_utc_ms, left_ms = hour_ms - since_ms % hour_ms;
    int step_ms = since_ms < sudden_until_ms ? 100 : since_ms < settling_until_ms ? 1000 : b->step_ms;
    return left_ms < step_ms ? (int)left_ms : step_ms;
}

void scene_begin(const struct site *site, struct plant_model *m)
{
    for (size_t i = 0; i < site->n_assets; i++) {
        const struct site_asset *a = &site->assets[i];
        if (a->kind == ASSET_BATTERY)
            plant_model_set_soc(m, (int)i, half);
        else if (a->kind == ASSET_GENERATOR && site->generators[a->of_kind].fuel_wh > 0.0)
            plant_model_set_fuel(m, (int)i, 1.0);
        else if (a->kind == ASSET_GRID)
            plant_model_set_grid(m, a->of_kind, false);
    }
    plant_model_reset_violations(m);
}

void scene_end(const struct site *site, const struct plant_model *m, struct blackout_outcome *o)
{
    for (size_t i = 0; i < site->n_assets; i++) {
        const struct site_battery *b = site_storage_of(site, (int)i);
        const struct plant_asset *a = plant_model_asset(m, (int)i);
        if (site->assets[i].kind == ASSET_BATTERY)
            o->stored_left_wh += a->energy_wh - b->soc_min_frac * b->capacity_wh;
        else if (site->assets[i].kind == ASSET_GENERATOR && site->generators[site->assets[i].of_kind].fuel_wh > 0.0)
            o->fuel_left_wh += a->fuel_wh;
    }
    for (size_t i = 0; i < site->n_islands; i++) {
        const struct plant_island *island = plant_model_island(m, (int)i);
        o->blackouts += island->blackouts;
        o->backfeed_s += island->backfeed_s;
        o->black_s += island->black_s;
    }
    for (size_t i = 0; i < site->n_switches; i++)
        o->circuits += site->switches[i].load >= 0;
}
