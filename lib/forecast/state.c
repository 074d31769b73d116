// SPDX-License-Identifier: GPL-3.0-or-later
// What was learned, for the next start and for the next configuration. What follows from the history is worked out
// anew.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "forecast/series_text.h"

enum { VERSION = 2 };

static const double LARGEST = 1e15; // of any sum

// ---- out ------------------------------------------------------------------------------------------------------------

static json_t *pack_errors(const struct forecast_errors *e)
{
    return json_pack("[f, f, f, f, f, f, f, f, b]", e->hours, e->mae_w, e->bias_w, e->pinball_w, e->band_frac,
                     e->yesterday_mae_w, e->week_hours, e->week_mae_w, (int)e->replaced);
}

static json_t *pack_numbers(const double *numbers, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(array, json_real(numbers[i])) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

// Numbers that are kept as they are, in this order: the same for both directions.
enum { N_NUMBERS = 14 + FORECAST_KINDS * FORECAST_EXPERTS + 2 * FORECAST_LEADS + FORECAST_SLOTS };

static void list_numbers(const struct forecast_series *s, double *ret)
{
    const struct forecast_heating *b = &s->heating;
    double plain[] = {s->level_sum, s->level_standard,  s->residual,        s->turn_product, s->turn_square,
                      b->cold_cold, b->cold_warm,       b->warm_warm,       b->cold_load,    b->warm_load,
                      s->highest_w, (double)s->sky_mae, (double)s->own_mae, s->usual_same};
    size_t n = 14;
    memcpy(ret, plain, sizeof(plain));
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int e = 0; e < FORECAST_EXPERTS; e++)
            ret[n++] = (double)s->expert_mae[kind][e];
    for (int lead = 0; lead < FORECAST_LEADS; lead++)
        for (int side = 0; side < 2; side++)
            ret[n++] = (double)s->widen[lead][side];
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        ret[n++] = (double)s->sky_response[slot];
}

static int series_to_json(const struct forecast *f, size_t series, json_t **ret_json)
{
    const struct forecast_series *s = &f->series[series];
    double numbers[N_NUMBERS];
    list_numbers(s, numbers);
    json_t *json = json_pack("{s:i, s:I, s:I, s:I, s:o, s:o, s:o}", "version", VERSION, "known_ms",
                             (json_int_t)s->known_ms, "newest", (json_int_t)f->history.newest[series], "residual_hour",
                             (json_int_t)s->residual_hour, "numbers", pack_numbers(numbers, N_NUMBERS), "errors",
                             pack_errors(&s->errors), "history", series_text_pack(&f->history, series));
    if (json != NULL && forecast_is_pv(f, series) &&
        json_object_set_new(json, "clearness", series_text_pack(&f->history, forecast_unit_series(f, series))) < 0) {
        json_decref(json);
        json = NULL;
    }
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

int forecast_load_to_json(const struct forecast *f, int load, json_t **ret_json)
{
    return forecast_has(load, f->site->n_loads) ? series_to_json(f, (size_t)load, ret_json) : AEMS_E_NOT_FOUND;
}

int forecast_pv_to_json(const struct forecast *f, int pv, json_t **ret_json)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    return series_to_json(f, forecast_series_of(f, ASSET_PV, pv), ret_json);
}

int forecast_area_to_json(const struct forecast *f, json_t **ret_json)
{
    const struct forecast_temperature *t = &f->temperature;
    json_t *usual = json_array();
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        json_array_append_new(usual, isnan(t->usual_degc[slot]) ? json_null() : json_real((double)t->usual_degc[slot]));
    json_t *json = json_pack("{s:f, s:f, s:I, s:o}", "outside_degc", t->outside_degc, "unusual_degc", t->unusual_degc,
                             "utc_ms", (json_int_t)t->utc_ms, "usual_degc", usual);
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

// ---- back -----------------------------------------------------------------------------------------------------------

static bool is_instant_or_none(json_int_t utc_ms)
{
    return utc_ms == 0 || forecast_is_instant(utc_ms);
}

static int read_numbers(const json_t *array, double *ret, size_t count)
{
    if (!json_is_array(array) || json_array_size(array) != count)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(array, i);
        if (json_is_boolean(number))
            ret[i] = json_is_true(number);
        else if (json_is_number(number))
            ret[i] = json_number_value(number);
        else
            return AEMS_E_FORMAT;
        if (!in_range(ret[i], -LARGEST, LARGEST))
            return AEMS_E_RANGE;
    }
    return 0;
}

static bool are_positive(const double *numbers, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (numbers[i] < 0)
            return false;
    return true;
}

static int take_numbers(struct forecast_series *s, const double *n)
{
    size_t maes = 14, widths = maes + FORECAST_KINDS * FORECAST_EXPERTS, sky = widths + 2 * FORECAST_LEADS;
    if (!are_positive(n, 0, 2) || !(n[4] > 0) || fabs(n[3]) > n[4] * 1.01 || !are_positive(n, maes, N_NUMBERS) ||
        !are_positive(n, 10, 14) || n[5] < 0 || n[7] < 0 || n[13] > 1000)
        return AEMS_E_RANGE;
    for (size_t i = widths; i < sky; i++)
        if (!in_range(n[i], 0.1, 10))
            return AEMS_E_RANGE;
    s->level_sum = n[0], s->level_standard = n[1], s->residual = n[2], s->turn_product = n[3], s->turn_square = n[4];
    s->heating = (struct forecast_heating){n[5], n[6], n[7], n[8], n[9]};
    s->highest_w = n[10], s->sky_mae = (float)n[11], s->own_mae = (float)n[12], s->usual_same = (int)n[13];
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int e = 0; e < FORECAST_EXPERTS; e++)
            s->expert_mae[kind][e] = (float)n[maes++];
    for (int lead = 0; lead < FORECAST_LEADS; lead++)
        for (int side = 0; side < 2; side++)
            s->widen[lead][side] = (float)n[widths++];
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        s->sky_response[slot] = (float)clamp(n[sky++], 0, 3);
    return 0;
}

static int read_errors(const json_t *array, struct forecast_errors *ret)
{
    double n[9];
    int result = read_numbers(array, n, 9);
    if (result < 0)
        return result;
    if (n[0] < 0 || n[1] < 0 || !are_positive(n, 3, 9) || n[4] > 1)
        return AEMS_E_RANGE;
    *ret = (struct forecast_errors){.hours = n[0],
                                    .mae_w = n[1],
                                    .bias_w = n[2],
                                    .pinball_w = n[3],
                                    .band_frac = n[4],
                                    .yesterday_mae_w = n[5],
                                    .week_hours = n[6],
                                    .week_mae_w = n[7],
                                    .replaced = n[8] > 0};
    return 0;
}

static void renew_slots(struct forecast *f, size_t series)
{
    const struct forecast_series *s = &f->series[series];
    int64_t newest = s->known_ms / HISTORY_HOUR_MS;
    for (int64_t hour = newest - FORECAST_SLOTS; hour < newest; hour++) {
        forecast_past_to(f, hour);
        forecast_refresh_slots(f, series);
    }
    for (int i = HISTORY_QUARTERS - 1; i >= 0; i--)
        if (history_quarter(&f->history, series, f->history.newest[series] - i) >= 0)
            forecast_cover(f, f->history.newest[series] - i);
}

static int from_text(struct forecast *f, size_t series, const json_t *json, int64_t newest)
{
    size_t unit = forecast_unit_series(f, series);
    const json_t *history = json_object_get(json, "history"), *clearness = json_object_get(json, "clearness");
    int result = series_text_check(history, 1e12);
    if (result == 0 && unit != series)
        result = series_text_check(clearness, 10);
    if (result < 0)
        return result;
    series_text_unpack(&f->history, series, history, newest);
    if (unit != series)
        series_text_unpack(&f->history, unit, clearness, newest);
    return 0;
}

static int series_from_json(struct forecast *f, size_t series, const json_t *json)
{
    json_int_t known_ms, newest, residual_hour;
    int version;
    double numbers[N_NUMBERS];
    struct forecast_series s;
    forecast_series_begin(f, series, &s);
    if (json_unpack((json_t *)json, "{s:i, s:I, s:I, s:I}", "version", &version, "known_ms", &known_ms, "newest",
                    &newest, "residual_hour", &residual_hour) < 0)
        return AEMS_E_FORMAT;
    if (version != VERSION || !is_instant_or_none(known_ms) || newest < 0 || residual_hour < 0 ||
        newest > known_ms / HISTORY_QUARTER_MS || residual_hour > known_ms / HISTORY_HOUR_MS)
        return AEMS_E_RANGE;
    int result = read_numbers(json_object_get(json, "numbers"), numbers, N_NUMBERS);
    if (result == 0)
        result = take_numbers(&s, numbers);
    if (result == 0)
        result = read_errors(json_object_get(json, "errors"), &s.errors);
    if (result == 0)
        result = from_text(f, series, json, newest);
    if (result < 0)
        return result;
    s.known_ms = known_ms;
    s.residual_hour = residual_hour;
    f->series[series] = s;
    if (newest > HISTORY_QUARTERS)
        renew_slots(f, series);
    return AEMS_OK;
}

// Of the versions before there was a history: a level beside the standard, or the clear sky.
static int older_from_json(struct forecast *f, size_t series, const json_t *json)
{
    double recent, slow;
    json_int_t utc_ms;
    bool pv = forecast_is_pv(f, series);
    if (json_unpack((json_t *)json, "{s:F, s:F, s:I}", "recent", &recent, "slow", &slow, "utc_ms", &utc_ms) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(recent, 0, 3) || !in_range(slow, pv ? 0.05 : 0.5, pv ? 1.1 : 2) || !is_instant_or_none(utc_ms))
        return AEMS_E_RANGE;
    forecast_series_begin(f, series, &f->series[series]);
    forecast_set_level(f, series, slow);
    f->series[series].known_ms = utc_ms;
    return AEMS_OK;
}

static int from_json(struct forecast *f, size_t series, const json_t *json)
{
    return json_object_get(json, "version") != NULL ? series_from_json(f, series, json)
                                                    : older_from_json(f, series, json);
}

int forecast_load_from_json(struct forecast *f, int load, const json_t *json)
{
    return forecast_has(load, f->site->n_loads) ? from_json(f, (size_t)load, json) : AEMS_E_NOT_FOUND;
}

int forecast_pv_from_json(struct forecast *f, int pv, const json_t *json)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    return from_json(f, forecast_series_of(f, ASSET_PV, pv), json);
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
    if (json_unpack((json_t *)json, "{s:F, s:F, s:I, s:o}", "outside_degc", &t.outside_degc, "unusual_degc",
                    &t.unusual_degc, "utc_ms", &utc_ms, "usual_degc", &usual) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(t.outside_degc, -60, 60) || !in_range(t.unusual_degc, -120, 120) || !is_instant_or_none(utc_ms))
        return AEMS_E_RANGE;
    int result = read_usual(usual, t.usual_degc);
    if (result < 0)
        return result;
    t.utc_ms = utc_ms;
    t.hour = utc_ms / HISTORY_HOUR_MS;
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
