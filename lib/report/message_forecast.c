// SPDX-License-Identifier: GPL-3.0-or-later
// What is expected of loads and PV plants, and how good that was.
#include <jansson.h>
#include <math.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/pack.h"

enum { HOURS_AHEAD = 24 };

static const int64_t HOUR_MS = INT64_C(3600) * 1000;
static const char *const QUANTILES[FORECAST_QUANTILES] = {
    [FORECAST_P10] = "p10_w", [FORECAST_P50] = "p50_w", [FORECAST_P90] = "p90_w"};

static int accuracy_of(const struct engine *e, const struct site_asset *a, struct forecast_accuracy *ret)
{
    if (a->kind == ASSET_LOAD)
        return forecast_load_accuracy(engine_forecast(e), a->of_kind, ret);
    return a->kind == ASSET_PV ? forecast_pv_accuracy(engine_forecast(e), a->of_kind, ret) : AEMS_E_NOT_FOUND;
}

static const char *method_of(const struct forecast_accuracy *accuracy)
{
    return accuracy->replaced ? "persistence" : accuracy->hours > 0 ? "learned" : "standard";
}

// Where nothing was compared yet the figures are null.
static json_t *pack_figure(const struct forecast_accuracy *a, double figure)
{
    return a->hours > 0 ? pack_number(figure) : json_null();
}

static json_t *pack_accuracy(const struct engine *e, int asset, struct instant now)
{
    const struct site_asset *a = &engine_site(e)->assets[asset];
    struct forecast_accuracy acc;
    if (accuracy_of(e, a, &acc) < 0)
        return NULL;
    return json_pack("{s:o, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "t", pack_time(now.utc_ms), "id", a->id,
                     "kind", asset_kind_name(a->kind), "method", method_of(&acc), "hours", (int)acc.hours, "mae_w",
                     pack_figure(&acc, acc.mae_w), "pinball_w", pack_figure(&acc, acc.pinball_w), "bias_w",
                     pack_figure(&acc, acc.bias_w), "persistence_mae_w", pack_figure(&acc, acc.persistence_mae_w),
                     "skill", pack_figure(&acc, acc.skill), "band_frac", pack_figure(&acc, acc.band_frac));
}

static void quantiles_of(const struct engine *e, const struct site_asset *a, int64_t now, int64_t from, int64_t to,
                         double ret_w[static FORECAST_QUANTILES])
{
    if (a->kind == ASSET_LOAD)
        forecast_load_quantiles_w(engine_forecast(e), a->of_kind, now, from, to, ret_w);
    else
        forecast_pv_quantiles_w(engine_forecast(e), a->of_kind, now, from, to, ret_w);
}

// From the hour under way on, of which the rest counts.
static void add_courses(json_t *json, const struct engine *e, const struct site_asset *a, struct instant now)
{
    int64_t begin = now.utc_ms - ((now.utc_ms % HOUR_MS) + HOUR_MS) % HOUR_MS;
    json_t *courses[FORECAST_QUANTILES];
    json_object_set_new(json, "from", pack_time(begin));
    json_object_set_new(json, "step_s", json_integer(HOUR_MS / 1000));
    for (int q = 0; q < FORECAST_QUANTILES; q++) {
        courses[q] = json_array();
        json_object_set_new(json, QUANTILES[q], courses[q]);
    }
    for (int h = 0; h < HOURS_AHEAD; h++) {
        int64_t from = begin + h * HOUR_MS, to = from + HOUR_MS;
        double power_w[FORECAST_QUANTILES];
        quantiles_of(e, a, now.utc_ms, h == 0 ? now.utc_ms : from, to, power_w);
        for (int q = 0; q < FORECAST_QUANTILES; q++)
            json_array_append_new(courses[q], pack_number(round(10 * power_w[q]) / 10));
    }
}

int message_forecast(const struct engine *e, int asset, struct instant now, char **ret_json)
{
    struct forecast_accuracy accuracy;
    const struct site_asset *a = &engine_site(e)->assets[asset];
    if (accuracy_of(e, a, &accuracy) < 0)
        return AEMS_E_NOT_FOUND;
    json_t *json = pack_accuracy(e, asset, now);
    if (json != NULL)
        add_courses(json, e, a, now);
    return pack_finish(json, ret_json);
}

int message_accuracies(const struct engine *e, struct instant now, char **ret_json)
{
    json_t *list = json_array();
    for (size_t i = 0; i < engine_site(e)->n_assets; i++) {
        enum asset_kind kind = engine_site(e)->assets[i].kind;
        if (kind == ASSET_LOAD || kind == ASSET_PV)
            json_array_append_new(list, pack_accuracy(e, (int)i, now));
    }
    return pack_finish(list, ret_json);
}
