// SPDX-License-Identifier: GPL-3.0-or-later
// What would be if the grid failed now.
#include "base/error.h"
#include "core/rehearsing.h"
#include "report/messages.h"
#include "report/pack.h"

static json_t *pack_step(const struct site *s, const struct rehearsal *r, const struct rehearsal_step *step)
{
    json_t *json = json_pack("{s:f, s:f}", "at_s", (double)step->at_ms / 1000, "drawn_w", step->drawn_w);
    if (step->item < 0) {
        json_object_set_new(json, "what", json_string(step->what));
        return json;
    }
    const struct rehearsed_item *i = &r->items[step->item];
    json_object_set_new(json, "what", json_string(step->served ? "served" : "shed"));
    json_object_set_new(json, "switch", i->of_switch >= 0 ? json_string(s->switches[i->of_switch].id) : json_null());
    json_object_set_new(json, "load", i->asset >= 0 ? json_string(s->assets[i->asset].id) : json_null());
    json_object_set_new(json, "tier", json_string(load_tier_name(i->tier)));
    json_object_set_new(json, "power_w", json_real(step->power_w));
    return json;
}

static json_t *pack_part(const struct site *s, const struct rehearsal *r, enum rehearsal_part part)
{
    const struct rehearsal_end *end = &r->ends[part];
    json_t *steps = json_array();
    for (size_t i = 0; i < r->n_steps; i++)
        if (r->steps[i].part == part)
            json_array_append_new(steps, pack_step(s, r, &r->steps[i]));
    return json_pack("{s:b, s:f, s:f, s:f, s:s?, s:o}", "served_all", (int)end->served_all, "drawn_w", end->drawn_w,
                     "deficit_w", end->deficit_w, "took_s", (double)end->took_ms / 1000, "failed", end->why, "steps",
                     steps);
}

static json_t *pack_asset(const struct site *s, int asset)
{
    return asset >= 0 && (size_t)asset < s->n_assets ? json_string(s->assets[asset].id) : json_null();
}

static int add_island(const struct engine *e, int island, struct instant now, json_t *list)
{
    const struct site *s = engine_site(e);
    struct rehearsal *r = NULL;
    int result = engine_rehearse(e, island, now, &r);
    if (result < 0)
        return result;
    json_t *json =
        json_pack("{s:s, s:o, s:f, s:f, s:o, s:f, s:f}", "id", s->islands[island].id, "forming",
                  pack_asset(s, r->forming), "forming_w", r->forming_w, "deficit_w", r->deficit_w, "restarting",
                  pack_asset(s, r->restarting), "restarting_w", r->restarting_w, "fixed_w", r->fixed_w);
    for (int part = 0; part < REHEARSAL_PART_COUNT; part++)
        json_object_set_new(json, rehearsal_part_name((enum rehearsal_part)part),
                            pack_part(s, r, (enum rehearsal_part)part));
    rehearsal_free(r);
    return json_array_append_new(list, json) < 0 ? AEMS_E_NOMEM : 0;
}

int message_rehearsal(const struct engine *e, struct instant now, char **ret_json)
{
    const struct site *s = engine_site(e);
    json_t *list = json_array();
    int result = engine_looks_after_outages(e) ? 0 : AEMS_E_STATE;
    for (size_t i = 0; result == 0 && i < s->n_islands; i++)
        result = add_island(e, (int)i, now, list);
    if (result < 0) {
        json_decref(list);
        return result;
    }
    return pack_finish(json_pack("{s:o, s:s, s:o, s:o}", "t", pack_time(now.utc_ms), "area", s->id, "outage",
                                 pack_outage(e, now), "islands", list),
                       ret_json);
}
