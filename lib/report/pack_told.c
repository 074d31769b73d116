// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions, limits in force and the value of what is stored, as several messages show them.
#include <math.h>

#include "plan/problem.h"
#include "report/pack.h"

static json_t *pack_time_or_null(int64_t utc_ms)
{
    return utc_ms > 0 ? pack_time(utc_ms) : json_null();
}

json_t *pack_session(const struct asset_view *v)
{
    const struct session_view *s = &v->session;
    return json_pack("{s:b, s:b, s:b, s:o, s:o, s:o, s:o}", "connected", (int)s->connected, "active", (int)s->active,
                     "wished", (int)s->wished, "until", pack_time_or_null(s->until_utc_ms), "missing_wh",
                     pack_number(s->missing_wh), "energy_wh", s->active ? pack_number(s->energy_wh) : json_null(),
                     "capacity_wh", s->active && s->capacity_wh > 0 ? pack_number(s->capacity_wh) : json_null());
}

// What going without it weighs is no value that people know.
json_t *pack_energy_value(const struct engine *e, int asset, struct instant now)
{
    const struct schedule *s = engine_plan(e);
    int step = s != NULL ? schedule_step_at(s, now.utc_ms) : -1;
    const double *value = step >= 0 ? s->assets[asset].energy_value_per_kwh : NULL;
    bool priced = step >= 0 && isfinite(s->assets[asset].reasons[step].price_per_kwh);
    return value != NULL && priced ? pack_number(value[step]) : json_null();
}

static json_t *pack_limit_w(double limit_w)
{
    return limit_w < PLAN_NO_LIMIT_W ? pack_number(limit_w) : json_null();
}

json_t *pack_limits(const struct engine *e)
{
    const struct grid_limit *limits;
    size_t n = engine_limits(e, &limits);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", limits[i].id, "grid",
                            engine_site(e)->grids[limits[i].grid].id, "from", pack_time(limits[i].from_utc_ms), "until",
                            pack_time(limits[i].until_utc_ms), "import_limit_w", pack_limit_w(limits[i].import_limit_w),
                            "export_limit_w", pack_limit_w(limits[i].export_limit_w), "incentive_per_kwh",
                            pack_number(limits[i].incentive_per_kwh), "baseline_w", pack_number(limits[i].baseline_w)));
    return list;
}
