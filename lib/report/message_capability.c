// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "report/messages.h"
#include "report/pack.h"

static json_t *pack_slot(const struct capability_slot *s)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "from", pack_time(s->from_utc_ms), "down_w",
                     pack_number(floor(s->down_w)), "down_h", pack_number(s->down_h), "down_price_per_kwh",
                     s->down_w > 0 ? pack_number(round(s->down_price_per_kwh * 1e5) / 1e5) : json_null(), "up_w",
                     pack_number(floor(s->up_w)), "up_h", pack_number(s->up_h), "up_price_per_kwh",
                     s->up_w > 0 ? pack_number(round(s->up_price_per_kwh * 1e5) / 1e5) : json_null(), "from_plan",
                     (int)s->from_plan);
}

int message_capability(const struct engine *e, struct instant now, char **ret_json)
{
    struct capability_slot slots[CAPABILITY_SLOTS];
    const struct site *s = engine_site(e);
    const struct schedule *plan = engine_plan(e);
    size_t n = engine_capability(e, now, slots);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, pack_slot(&slots[i]));
    return pack_finish(json_pack("{s:o, s:s, s:s, s:o, s:i, s:o}", "t", pack_time(now.utc_ms), "area", s->id,
                                 "currency", s->currency, "plan_made",
                                 plan != NULL && n > 0 ? pack_time(plan->made_utc_ms) : json_null(), "slot_s", 900,
                                 "slots", list),
                       ret_json);
}
