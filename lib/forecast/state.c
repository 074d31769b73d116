// SPDX-License-Identifier: GPL-3.0-or-later
// What was learned, for the next start and for the next configuration.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "forecast/series_text.h"

// ---- loads and plants -----------------------------------------------------------------------------------------------

int forecast_load_to_json(const struct forecast *f, int load, json_t **ret_json)
{
    return forecast_has(load, f->site->n_loads) ? forecast_series_to_json(f, (size_t)load, ret_json) : AEMS_E_NOT_FOUND;
}

int forecast_pv_to_json(const struct forecast *f, int pv, json_t **ret_json)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    return forecast_series_to_json(f, forecast_series_of(f, ASSET_PV, pv), ret_json);
}

int forecast_load_from_json(struct forecast *f, int load, const json_t *json)
{
    return forecast_has(load, f->site->n_loads) ? forecast_series_from_json(f, (size_t)load, json) : AEMS_E_NOT_FOUND;
}

int forecast_pv_from_json(struct forecast *f, int pv, const json_t *json)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    return forecast_series_from_json(f, forecast_series_of(f, ASSET_PV, pv), json);
}

// ---- the area -------------------------------------------------------------------------------------------------------

int forecast_area_to_json(const struct forecast *f, json_t **ret_json)
{
    const struct forecast_temperature *t = &f->temperature;
    json_t *usual = json_array();
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        json_array_append_new(usual, isnan(t->usual_degc[slot]) ? json_null() : json_real((double)t->usual_degc[slot]));
    json_t *json =
        json_pack("{s:f, s:f, s:f, s:f, s:I, s:o, s:o}", "outside_degc", t->outside_degc, "unusual_degc",
                  t->unusual_degc, "hour_sum", t->hour_sum, "hour_ms", t->hour_ms, "utc_ms", (json_int_t)t->utc_ms,
                  "usual_degc", usual, "past_degc", series_text_of_floats(t->past_degc, HISTORY_HOURS));
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

static int read_usual(const json_t *array, float *ret)
{
    if (json_array_size(array) != FORECAST_SLOTS)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < FORECAST_SLOTS; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item) && !json_is_null(item))
            return AEMS_E_FORMAT;
        if (json_is_number(item) && !in_range(json_number_value(item), -60, 60))
            return AEMS_E_RANGE;
        ret[i] = json_is_null(item) ? NAN : (float)json_number_value(item);
    }
    return 0;
}

int forecast_area_from_json(struct forecast *f, const json_t *json)
{
    struct forecast_temperature t = {0};
    json_int_t utc_ms;
    const json_t *usual;
    if (json_unpack((json_t *)json, "{s:F, s:F, s:F, s:F, s:I, s:o}", "outside_degc", &t.outside_degc, "unusual_degc",
                    &t.unusual_degc, "hour_sum", &t.hour_sum, "hour_ms", &t.hour_ms, "utc_ms", &utc_ms, "usual_degc",
                    &usual) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(t.outside_degc, -60, 60) || !in_range(t.unusual_degc, -120, 120) || !in_range(t.hour_ms, 0, 1e8) ||
        !in_range(t.hour_sum, -60 * t.hour_ms, 60 * t.hour_ms) || (utc_ms != 0 && !forecast_is_instant(utc_ms)))
        return AEMS_E_RANGE;
    int result = read_usual(usual, t.usual_degc);
    if (result == 0)
        result = series_text_floats(json_object_get(json, "past_degc"), HISTORY_HOURS, (double)FORECAST_NO_DEGC, 60,
                                    t.past_degc);
    if (result < 0)
        return result;
    t.utc_ms = utc_ms;
    t.hour = utc_ms > 0 ? (utc_ms - 1) / HISTORY_HOUR_MS : 0;
    f->temperature = t;
    return AEMS_OK;
}

// ---- a new configuration --------------------------------------------------------------------------------------------

static void adopt(struct forecast *f, size_t series, const struct forecast *former, size_t former_series)
{
    history_adopt(&f->history, series, &former->history, former_series);
    if (forecast_is_pv(f, series))
        history_adopt(&f->history, forecast_unit_series(f, series), &former->history,
                      forecast_unit_series(former, former_series));
    f->series[series] = former->series[former_series];
    f->latest_quarter = former->latest_quarter;
    memcpy(f->covered, former->covered, sizeof(f->covered));
}

void forecast_adopt_load(struct forecast *f, int load, const struct forecast *former, int former_load)
{
    if (forecast_has(load, f->site->n_loads) && forecast_has(former_load, former->site->n_loads))
        adopt(f, (size_t)load, former, (size_t)former_load);
}

void forecast_adopt_pv(struct forecast *f, int pv, const struct forecast *former, int former_pv)
{
    if (forecast_has(pv, f->site->n_pvs) && forecast_has(former_pv, former->site->n_pvs))
        adopt(f, forecast_series_of(f, ASSET_PV, pv), former, forecast_series_of(former, ASSET_PV, former_pv));
}

void forecast_adopt_area(struct forecast *f, const struct forecast *former)
{
    f->temperature = former->temperature;
    f->n_weather = former->n_weather;
    memcpy(f->weather, former->weather, sizeof(f->weather));
    f->method = former->method;
    f->given = former->given;
    f->given_context = former->given_context;
}
