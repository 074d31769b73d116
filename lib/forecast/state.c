// SPDX-License-Identifier: GPL-3.0-or-later
// What was learned, for the next start and for the next configuration.
#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"

const struct forecast_bounds forecast_load_bounds = {0.2, 3, 0.5, 2};
const struct forecast_bounds forecast_pv_bounds = {0, 1.2, 0.05, 1.1};

static int to_json(const struct forecast_memory *m, json_t **ret_json)
{
    json_t *json = json_pack("{s:f, s:f, s:I}", "recent", m->recent, "slow", m->slow, "utc_ms", (json_int_t)m->utc_ms);
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

int forecast_load_to_json(const struct forecast *f, int load, json_t **ret_json)
{
    return forecast_has(load, f->site->n_loads) ? to_json(&f->loads[load], ret_json) : AEMS_E_NOT_FOUND;
}

int forecast_pv_to_json(const struct forecast *f, int pv, json_t **ret_json)
{
    return forecast_has(pv, f->site->n_pvs) ? to_json(&f->pvs[pv], ret_json) : AEMS_E_NOT_FOUND;
}

int forecast_area_to_json(const struct forecast *f, json_t **ret_json)
{
    json_t *json = json_pack("{s:f, s:I}", "outside_degc", f->temperature.outside_degc, "utc_ms",
                             (json_int_t)f->temperature.utc_ms);
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

static bool is_instant_or_none(json_int_t utc_ms)
{
    return utc_ms == 0 || forecast_is_instant(utc_ms);
}

static int from_json(struct forecast_memory *memory, const json_t *json, const struct forecast_bounds *b)
{
    struct forecast_memory m = {0};
    json_int_t utc_ms;
    if (json_unpack((json_t *)json, "{s:F, s:F, s:I}", "recent", &m.recent, "slow", &m.slow, "utc_ms", &utc_ms) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(m.recent, b->recent_low, b->recent_high) || !in_range(m.slow, b->slow_low, b->slow_high) ||
        !is_instant_or_none(utc_ms))
        return AEMS_E_RANGE;
    m.utc_ms = utc_ms;
    *memory = m;
    return AEMS_OK;
}

int forecast_load_from_json(struct forecast *f, int load, const json_t *json)
{
    if (!forecast_has(load, f->site->n_loads))
        return AEMS_E_NOT_FOUND;
    return from_json(&f->loads[load], json, &forecast_load_bounds);
}

int forecast_pv_from_json(struct forecast *f, int pv, const json_t *json)
{
    if (!forecast_has(pv, f->site->n_pvs))
        return AEMS_E_NOT_FOUND;
    return from_json(&f->pvs[pv], json, &forecast_pv_bounds);
}

int forecast_area_from_json(struct forecast *f, const json_t *json)
{
    struct forecast_temperature t;
    json_int_t utc_ms;
    if (json_unpack((json_t *)json, "{s:F, s:I}", "outside_degc", &t.outside_degc, "utc_ms", &utc_ms) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(t.outside_degc, -60, 60) || !is_instant_or_none(utc_ms))
        return AEMS_E_RANGE;
    t.utc_ms = utc_ms;
    f->temperature = t;
    return AEMS_OK;
}

void forecast_adopt_load(struct forecast *f, int load, const struct forecast *former, int former_load)
{
    if (!forecast_has(load, f->site->n_loads) || !forecast_has(former_load, former->site->n_loads))
        return;
    history_adopt(&f->history, (size_t)load, &former->history, (size_t)former_load);
    f->loads[load] = former->loads[former_load];
}

void forecast_adopt_pv(struct forecast *f, int pv, const struct forecast *former, int former_pv)
{
    if (!forecast_has(pv, f->site->n_pvs) || !forecast_has(former_pv, former->site->n_pvs))
        return;
    history_adopt(&f->history, f->site->n_loads + (size_t)pv, &former->history,
                  former->site->n_loads + (size_t)former_pv);
    f->pvs[pv] = former->pvs[former_pv];
}

void forecast_adopt_area(struct forecast *f, const struct forecast *former)
{
    f->temperature = former->temperature;
    f->n_weather = former->n_weather;
    for (size_t i = 0; i < former->n_weather; i++)
        f->weather[i] = former->weather[i];
}
