// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/pack.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

json_t *pack_time(int64_t utc_ms)
{
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    return json_string(text);
}

json_t *pack_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *pack_value(struct value v)
{
    return v.mono_ms == 0 && v.quality != QUALITY_GOOD ? json_null() : pack_number(v.v);
}

json_t *pack_age_s(struct value v, struct instant now)
{
    if (v.quality == QUALITY_NONE || v.mono_ms > now.mono_ms)
        return v.quality == QUALITY_NONE ? json_null() : json_real(0);
    return json_real((double)(now.mono_ms - v.mono_ms) / 1000);
}

json_t *pack_reason(const struct engine *e, int asset, const struct asset_view *v)
{
    char text[256];
    const struct site_asset *a = &engine_site(e)->assets[asset];
    if (!v->has_setpoint)
        return json_null();
    reason_text(a->id, a->kind, v->setpoint_w, &v->reason, text, sizeof text);
    return json_string(text);
}

int pack_finish(json_t *json, char **ret_text)
{
    if (json == NULL)
        return AEMS_E_NOMEM;
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(json);
    if (text == NULL)
        return AEMS_E_NOMEM;
    *ret_text = text;
    return 0;
}
